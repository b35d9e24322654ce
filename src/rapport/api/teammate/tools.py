"""What an agent's model may use beside its documents, as it is declared: HTTP tools and MCP servers. Secrets are stored encrypted,
shown as ***, and stay where *** is sent back for the same server."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rapport.api.state import State
from rapport.domain.agent import Agent
from rapport.domain.scope import Principal
from rapport.errors import Invalid
from rapport.runs import http_tools, mcp_tools

HIDDEN = "***"
HEADER = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class HttpTool(BaseModel):
    """A request that the agent's model may make. Header values are stored encrypted and shown as ***; sent back as *** they stay."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
    description: Annotated[str, Field(min_length=1, max_length=1_000)]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Annotated[str, Field(max_length=2_048, description="May hold {places} of parameters in path and query.")]
    parameters: dict[str, Any] = {"type": "object", "properties": {}}
    headers: Annotated[dict[HEADER, Annotated[str, Field(max_length=4_096, pattern=r"^[\x20-\x7e]*$")]], Field(max_length=20)] = {}
    hosts: Annotated[list[str], Field(min_length=1, max_length=20, description="The hosts that it may call.")]

    @model_validator(mode="after")
    def _sound(self) -> "HttpTool":
        if found := http_tools.problem(self.model_dump()):
            raise ValueError(found)
        return self


class McpServer(BaseModel):
    """A server of the Model Context Protocol (streamable HTTP) whose tools the agent's model may use, as `<name>__<tool>`. The token is
    stored encrypted and shown as ***; sent back as *** it stays. `tools` names those that may be used; null: all."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,31}$")]
    url: Annotated[str, Field(max_length=2_048)]
    hosts: Annotated[list[str], Field(min_length=1, max_length=20, description="The hosts that it may be on.")]
    tools: Annotated[list[Annotated[str, Field(max_length=128)]] | None, Field(max_length=100)] = None
    token: Annotated[
        str | None, Field(min_length=1, max_length=8_192, pattern=r"^[\x21-\x7e]+$", description="Sent as a bearer token.")
    ] = None

    @model_validator(mode="after")
    def _sound(self) -> "McpServer":
        if found := mcp_tools.problem(self.model_dump()):
            raise ValueError(found)
        return self


def sealed(parts: State, caller: Principal, given: Mapping[str, Any], before: Agent | None) -> dict[str, Any]:
    """The declarations among `given` (tools, mcp_servers) as they are stored. Raises Invalid for names that repeat, and for *** where
    nothing is stored for that server: a stored secret never goes to another one."""
    vault, found = parts.trackers.vault, {}
    for name, before_it, secret in (("tools", before and before.tools, _headers), ("mcp_servers", before and before.mcp_servers, _token)):
        if name not in given:
            continue
        if len({declared["name"] for declared in given[name]}) < len(given[name]):
            raise Invalid(f"{name}: two of them have the same name.")
        stored = {(known["name"], *_origin(known)): known for known in before_it or ()}
        seal = partial(http_tools.seal, vault, caller.tenant_id)
        found[name] = [
            declared | secret(declared, stored.get((declared["name"], *_origin(declared)), {}), seal) for declared in given[name]
        ]
    return found


def _origin(declared: Mapping[str, Any]) -> tuple[str, str]:
    parts = urlsplit(declared["url"])
    return parts.scheme, parts.netloc


def _headers(declared: Mapping[str, Any], stored: Mapping[str, Any], seal: Callable[[str], str]) -> dict[str, Any]:
    headers = {}
    for name, value in declared["headers"].items():
        kept = stored.get("headers", {}).get(name)
        if value == HIDDEN and kept is None:
            raise Invalid(f"tools: the header {name} of {declared['name']} has no stored value for this server; send its value.")
        headers[name] = kept if value == HIDDEN else seal(value)
    return {"headers": headers}


def _token(declared: Mapping[str, Any], stored: Mapping[str, Any], seal: Callable[[str], str]) -> dict[str, Any]:
    token, kept = declared["token"], stored.get("token")
    if token == HIDDEN and kept is None:
        raise Invalid(f"mcp_servers: {declared['name']} has no stored token for this server; send the token.")
    return {"token": kept if token == HIDDEN else seal(token) if token else None}


def shown_tools(agent: Agent) -> list[dict[str, Any]]:
    """HTTP tools without the values of their headers."""
    return [{**tool, "headers": dict.fromkeys(tool["headers"], HIDDEN)} for tool in agent.tools]


def shown_servers(agent: Agent) -> list[dict[str, Any]]:
    """MCP servers without their tokens."""
    return [{**server, "token": server["token"] and HIDDEN} for server in agent.mcp_servers]
