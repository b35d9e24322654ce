"""HTTP tools that an agent's declaration names: one request to a host that the declaration allows, its answer told to the model.

A declaration is {name, description, method, url, parameters (a JSON schema of an object), headers: {name: sealed value}, hosts}. What
the model writes may fill places in the path and query of `url` ("https://shop.test/orders/{id}"), never in the host; what is left goes
into the query (GET, DELETE) or a JSON body. Failures are the tool's result, for the model to read.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from rapport.domain.agent import Agent, Tool, ToolResult
from rapport.errors import Conflict, Invalid, ProviderError, ToolError
from rapport.providers import webhook
from rapport.store.vault import Vault

ANSWER_CHARACTERS = 20_000
PLACE = re.compile(r"\{(\w+)\}")
RESERVED = frozenset({"searchKnowledge", "proposeCommand"})
OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
"""Headers that the request itself sets: another Host would be another server behind the same address."""
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


def seal(vault: Vault, tenant_id: int, value: str) -> str:
    """A header's value, or a token, as it is stored."""
    return base64.b64encode(vault.seal(value, purpose=f"{tenant_id}/agent-tool")).decode()


def opened(vault: Vault, tenant_id: int, sealed: str) -> str:
    """What was sealed. Raises Conflict where the secret key is another one."""
    return vault.open(base64.b64decode(sealed), purpose=f"{tenant_id}/agent-tool")


def problem(declaration: Mapping[str, Any]) -> str | None:
    """What is wrong with a declaration, in words for who wrote it; None where nothing is."""
    if declaration["name"] in RESERVED:
        return f"the name {declaration['name']} is taken by a tool that every agent has"
    parts = urlsplit(declaration["url"])
    if parts.scheme not in ("http", "https") or not parts.hostname or PLACE.search(parts.netloc):
        return "url must begin with https:// or http:// and a host without places in braces"
    if parts.hostname not in declaration["hosts"]:
        return f"the host {parts.hostname} is not among hosts"
    if own := OWN_HEADERS & {name.lower() for name in declaration["headers"]}:
        return f"the headers {', '.join(sorted(own))} cannot be set"
    schema = declaration["parameters"]
    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties", {}), dict):
        return "parameters must be a JSON schema of an object"
    if unknown := set(PLACE.findall(declaration["url"])) - set(schema.get("properties", {})):
        return f"url has places that parameters do not describe: {', '.join(sorted(unknown))}"
    return None


@dataclass(frozen=True, slots=True)
class HttpTools:
    """Makes the declared tools of agents callable."""

    vault: Vault
    allow_private: bool

    def of(self, agent: Agent) -> list[Tool]:
        """The agent's declared tools."""
        return [self._tool(agent.tenant_id, declared) for declared in agent.tools]

    def _tool(self, tenant_id: int, declared: Mapping[str, Any]) -> Tool:
        async def call(arguments: Mapping[str, Any]) -> ToolResult:
            _check(declared["parameters"], arguments)
            url, body = _filled(declared, arguments)
            try:
                headers = {name: opened(self.vault, tenant_id, value) for name, value in declared["headers"].items()}
                status, answer = await webhook.fetch(declared["method"], url, body, headers, allow_private=self.allow_private)
            except (ProviderError, Invalid, Conflict) as error:
                raise ToolError(f"{declared['name']} failed: {error.message}") from error
            if not 200 <= status < 300:
                raise ToolError(f"{declared['name']} failed: it answered with {status}. {_text(answer)[:500]}")
            return ToolResult({"status": status, "answer": _text(answer)}, public={"status": status})

        return Tool(declared["name"], declared["name"], declared["description"], declared["parameters"], call)


def _check(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Required and known names, and the plain types of the values. Raises ToolError."""
    properties = schema.get("properties", {})
    if missing := [name for name in schema.get("required", []) if name not in arguments]:
        raise ToolError(f"Missing: {', '.join(missing)}.")
    for name, value in arguments.items():
        if name not in properties:
            raise ToolError(f"There is no parameter {name}; there are {', '.join(properties) or 'none'}.")
        kind = KINDS.get(str(properties[name].get("type")))
        if kind and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise ToolError(f"{name} must be of type {properties[name]['type']}.")


def _filled(declared: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """(URL, JSON body) of one call. Raises ToolError for a value that would change the path's shape."""
    places = set(PLACE.findall(declared["url"]))
    for name in places:
        if str(arguments.get(name, "")).strip() in ("", ".", ".."):
            raise ToolError(f"{name} must be given, and cannot be {arguments.get(name)!r}.")
    url = PLACE.sub(lambda found: quote(_plain(arguments[found.group(1)]), safe=""), declared["url"])
    rest = {name: value for name, value in arguments.items() if name not in places}
    if declared["method"] in ("GET", "DELETE"):
        query = urlencode({name: _plain(value) for name, value in rest.items()})
        return (f"{url}{'&' if urlsplit(url).query else '?'}{query}" if query else url), None
    return url, msgspec.json.encode(rest)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _text(answer: bytes) -> str:
    text = answer.decode("utf-8", "replace").replace("\0", "")
    return text if len(text) <= ANSWER_CHARACTERS else text[:ANSWER_CHARACTERS] + " [cut]"
