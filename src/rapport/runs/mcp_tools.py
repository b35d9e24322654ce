"""Tools of MCP servers that an agent's declaration names, offered to the model beside its HTTP tools.

A declaration is {name, url, hosts, tools: [name] or null for all, token: sealed or null}. A tool is offered as `<server>__<tool>`.
What a server has is asked once in LISTED_S. A server that does not answer is offered as one tool that says so, for the model to
pass on; failures of calls are the tool's result.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from rapport.domain.agent import Agent, Tool, ToolResult
from rapport.errors import Conflict, Invalid, ProviderError, ToolError
from rapport.providers import mcp
from rapport.providers.mcp import Endpoint, ServerTool
from rapport.runs.http_tools import ANSWER_CHARACTERS, opened
from rapport.store.vault import Vault

MOST_TOOLS = 40
"""Most tools of one server that are offered; beyond it a model chooses badly, and each costs tokens in every request."""
LONGEST_DESCRIPTION = 1_000
LARGEST_SCHEMA = 16_000
"""Bytes of JSON. A tool with a larger schema is not offered."""
LIST_PATIENCE_S = 8.0
"""Longest wait for a listing: the answer does not begin before it."""
LISTED_S = 300.0
FAILED_S = 10.0
"""Seconds that a listing is good for, and that a server which failed is left alone."""
LISTINGS = 1_000
NAME_CHARACTERS = 64
"""Longest name of a tool that models' APIs take."""


def problem(declaration: Mapping[str, Any]) -> str | None:
    """What is wrong with a declaration, in words for who wrote it; None where nothing is."""
    if not mcp.installed():
        return "this server cannot use MCP servers; its operator installs them with pip install 'rapport-server[mcp]'"
    parts = urlsplit(declaration["url"])
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        return "url must begin with https:// or http:// and a host, without a user name"
    if parts.hostname not in declaration["hosts"]:
        return f"the host {parts.hostname} is not among hosts"
    return None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server has, or why that is not known. `until` is a time of time.monotonic()."""

    tools: tuple[ServerTool, ...]
    error: str | None
    until: float


@dataclass(frozen=True, slots=True)
class McpTools:
    """Makes the tools of agents' MCP servers callable."""

    vault: Vault
    allow_private: bool
    listings: OrderedDict[tuple[int, str, str | None], Listing] = field(default_factory=OrderedDict)  # by tenant, URL and sealed token

    async def of(self, agent: Agent) -> list[Tool]:
        """The tools of all servers that the agent declares, asked at the same time."""
        if not agent.mcp_servers:
            return []
        found = await asyncio.gather(*(self.listing(agent.tenant_id, server) for server in agent.mcp_servers))
        return [tool for server, listing in zip(agent.mcp_servers, found, strict=True) for tool in self._tools(agent, server, listing)]

    async def listing(self, tenant_id: int, server: Mapping[str, Any]) -> Listing:
        """What this server has of what its declaration allows."""
        key = (tenant_id, server["url"], server["token"])
        known = self.listings.get(key)
        if known is None or known.until < time.monotonic():
            known = await self._ask(tenant_id, server)
            self.listings[key] = known
            if len(self.listings) > LISTINGS:
                self.listings.popitem(last=False)
        allowed = server["tools"]
        usable = [tool for tool in known.tools if allowed is None or tool.name in allowed]
        return Listing(tuple(usable[:MOST_TOOLS]), known.error, known.until)

    async def _ask(self, tenant_id: int, server: Mapping[str, Any]) -> Listing:
        try:
            tools = await mcp.list_tools(self._endpoint(tenant_id, server), seconds=LIST_PATIENCE_S)
        except (ProviderError, Invalid, Conflict) as error:
            return Listing((), error.message, time.monotonic() + FAILED_S)
        fitting = [tool for tool in tools if len(msgspec.json.encode(tool.parameters)) <= LARGEST_SCHEMA]
        return Listing(tuple(fitting), None, time.monotonic() + LISTED_S)

    def _endpoint(self, tenant_id: int, server: Mapping[str, Any]) -> Endpoint:
        token = None if server["token"] is None else opened(self.vault, tenant_id, server["token"])
        return Endpoint(server["url"], token, self.allow_private)

    def _tools(self, agent: Agent, server: Mapping[str, Any], listing: Listing) -> Sequence[Tool]:
        if listing.error:
            return [_absent(server["name"], listing.error)]
        by_name = {offered_name(server["name"], tool.name): tool for tool in listing.tools}
        return [self._tool(agent.tenant_id, server, name, tool) for name, tool in by_name.items()]

    def _tool(self, tenant_id: int, server: Mapping[str, Any], name: str, tool: ServerTool) -> Tool:
        async def call(arguments: Mapping[str, Any]) -> ToolResult:
            try:
                returned = await mcp.call_tool(self._endpoint(tenant_id, server), tool.name, arguments)
            except (ProviderError, Invalid, Conflict) as error:
                raise ToolError(f"{name} failed: {error.message}") from error
            text = returned.text or msgspec.json.encode(returned.value).decode()
            if returned.failed:
                raise ToolError(f"{name} failed: {_cut(text, 2_000)}")
            return ToolResult({"answer": _cut(text, ANSWER_CHARACTERS)}, public={"server": server["name"]})

        return Tool(name, tool.title, tool.description[:LONGEST_DESCRIPTION], tool.parameters, call)


def offered_name(server: str, tool: str) -> str:
    """What a model calls a tool: models' APIs take letters, digits, _ and - only."""
    return f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"[:NAME_CHARACTERS]


def _absent(server: str, reason: str) -> Tool:
    """Stands in for a server that did not answer."""
    words = f"The tools of {server} are not available now: {reason}"

    async def call(arguments: Mapping[str, Any]) -> ToolResult:
        raise ToolError(words)

    return Tool(f"{server}__unavailable", server, words[:LONGEST_DESCRIPTION], {"type": "object", "properties": {}}, call)


def _cut(text: str, longest: int) -> str:
    text = text.replace("\0", "")
    return text if len(text) <= longest else text[:longest] + " [cut]"
