"""A model server on loopback that answers with given bytes, and tells what it was asked and whether its client left."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

HANG = object()
"""In a script: wait until the client leaves."""
DROP = object()
"""In a script: cut the connection."""


@dataclass
class ModelServer:
    """`replies` are played in order, the last one again and again. A reply is (status, content type, pieces)."""

    replies: list[tuple[int, str, list[Any]]]
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.paths.append(first.split()[1])
        self.headers.append(headers)
        self.requests.append(json.loads(body))
        status, kind, pieces = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if status == 0:
            return
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".encode())
        for piece in pieces:
            if piece is DROP:
                writer.transport.abort()
                return
            if piece is HANG:
                await writer.drain()
                await reader.read()
                self.left.set()
                return
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


@contextlib.asynccontextmanager
async def model_server(*replies: tuple[int, str, list[Any]]) -> AsyncIterator[ModelServer]:
    fake = ModelServer(list(replies))
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()


def chat(*deltas: dict[str, Any], finish: str | None = "stop") -> tuple[int, str, list[Any]]:
    """A chat completion stream of these deltas, one piece each."""
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if finish:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return 200, "text/event-stream", [*(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks), b"data: [DONE]\n\n"]
