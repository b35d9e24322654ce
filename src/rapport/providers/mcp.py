"""A server of the Model Context Protocol over streamable HTTP, through the extra `rapport-server[mcp]`: which tools it has, and
calling one.

Each question is a session of its own, bounded in time and in bytes. The connection goes to the address that was checked, as for
webhooks; redirects stay on that server.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
from pydantic import ValidationError

from rapport.errors import ProviderError
from rapport.providers.webhook import address_of

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

PATIENCE_S = 20.0
"""Longest time for one listing or one call, connecting included."""
MOST_BYTES = 1024 * 1024
"""Most bytes of all that a server answers in one session."""
MOST_PAGES = 10

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool as its server describes it; `parameters` is a JSON schema of an object."""

    name: str
    title: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call gave: the text of all its parts, and the value, where the server gave one."""

    text: str
    value: Any
    failed: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is. `token` goes out as `Authorization: Bearer`."""

    url: str
    token: str | None = None
    allow_private: bool = False


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("mcp") is not None


async def list_tools(endpoint: Endpoint, *, seconds: float = PATIENCE_S) -> list[ServerTool]:
    """All tools of the server, of at most MOST_PAGES pages. Raises ProviderError, and Invalid for a refused URL."""

    async def ask(client: "Client") -> list[ServerTool]:
        found: list[ServerTool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += [ServerTool(tool.name, tool.title or tool.name, tool.description or "", tool.input_schema) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    return await _session(endpoint, ask, seconds)


async def call_tool(endpoint: Endpoint, name: str, arguments: Mapping[str, Any], *, seconds: float = PATIENCE_S) -> Returned:
    """Raises ProviderError, and Invalid for a refused URL; a tool's own failure is a result."""

    async def ask(client: "Client") -> Returned:
        return _returned(await client.call_tool(name, dict(arguments)))

    return await _session(endpoint, ask, seconds)


async def _session(endpoint: Endpoint, ask: "Callable[[Client], Awaitable[Found]]", seconds: float) -> Found:
    """What `ask` gets from a client that is connected."""
    address = await address_of(endpoint.url, allow_private=endpoint.allow_private)
    await asyncio.to_thread(importlib.import_module, "mcp")  # takes a second, the first time
    from mcp import Client, MCPError
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else {})}
    transport = _Pinned(httpx2.URL(endpoint.url), address)
    http = httpx2.AsyncClient(transport=transport, headers=headers, timeout=seconds)
    try:
        async with asyncio.timeout(seconds), http:
            streams = streamable_http_client(endpoint.url, http_client=http, max_sse_event_size=MOST_BYTES)
            async with Client(streams, cache=None) as client:
                return await ask(client)
    except TimeoutError as error:
        raise ProviderError(f"No answer within {seconds:g} s.") from error
    except (ExceptionGroup, MCPError, httpx2.HTTPError, ValidationError, RuntimeError) as error:
        raise ProviderError(transport.refused or _reason(error)) from error


class _Pinned(httpx2.AsyncBaseTransport):
    """Connects to one server, at the address that was checked, and reads MOST_BYTES of it in all. `refused` says in words what the
    library leaves out of its errors."""

    def __init__(self, url: httpx2.URL, address: str):
        self._url = url
        self._address = address
        self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=4), trust_env=False)
        self.left = MOST_BYTES
        self.refused = ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if (request.url.scheme, request.url.host, request.url.port) != (self._url.scheme, self._url.host, self._url.port):
            raise httpx2.UnsupportedProtocol(f"It redirects to {request.url.host}, which is another server.")
        request.extensions = {**request.extensions, "sni_hostname": self._url.host}
        request.url = request.url.copy_with(host=self._address)
        response = await self._inner.handle_async_request(request)
        request.url = request.url.copy_with(host=self._url.host)  # what a redirect is compared with
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.ReadError("Its answer is compressed, which was not asked for.")  # a few bytes may unpack to any number
        self.refused = f"It answered with {response.status_code}." if response.status_code >= 300 else ""
        response.stream = _Bounded(response.stream, self)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, transport: _Pinned):
        self._stream = stream
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._transport.left -= len(chunk)
            if self._transport.left < 0:
                self._transport.refused = f"Its answer is larger than {MOST_BYTES // 1024} KiB."
                raise httpx2.ReadError(self._transport.refused)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _reason(error: BaseException) -> str:
    """In words, the first failure inside: the library raises groups of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:500]


def _returned(result: "CallToolResult") -> Returned:
    return Returned("\n".join(map(_shown, result.content)), result.structured_content, result.is_error)


def _shown(block: Any) -> str:
    """A part of a result as text; pictures and sounds are only named."""
    match block.type:
        case "text":
            return block.text
        case "resource" if hasattr(block.resource, "text"):
            return block.resource.text
        case "resource" | "resource_link":
            return f"[{getattr(block, 'uri', None) or block.resource.uri}]"
        case kind:
            return f"[{kind}: {block.mime_type}]"
