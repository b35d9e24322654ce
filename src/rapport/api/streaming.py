"""A run's log as an HTTP response. Plain ASGI: one body chunk for each wake-up, whole events only, nothing per event.

A stream is open for minutes and its request was read in milliseconds, so the two are taken apart: the route and the middleware send
the head of the response and return, and what they held (frames, exit stacks, the parsed body) is gone when `Streams`, which stands
outside of all of them, sends the rest.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rapport.runs.hub import Hub, Started
from rapport.runs.log import Log, Reader

HEADERS = {
    "Cache-Control": "no-cache, no-transform",  # no-transform: a proxy that compresses would hold events back
    "X-Accel-Buffering": "no",
}

HANDED_OVER = "rapport.streams"
SERVERS_OWN = frozenset({
    "type", "asgi", "http_version", "server", "client", "scheme", "method", "root_path", "path", "raw_path", "query_string", "headers",
    "state", "extensions",
})  # fmt: skip
"""Keys of a scope that come from the server; all others were put there by routing."""


class RunStream(Response):
    """Follows `log` until its terminal event or until the client leaves. `cancel_run` is stopped when it does."""

    media_type = "text/event-stream"

    def __init__(
        self, hub: Hub, log: Log, run_id: UUID, *, after: int = 0, with_ids: bool = False, cancel_run: bool = False,
        headers: dict[str, str] | None = None,
    ):  # fmt: skip
        super().__init__(headers={**HEADERS, "X-Run-Id": str(run_id), **(headers or {})})
        del self.headers["content-length"]
        self._open = lambda: _Body(hub, run_id, hub.reader(log, after=after, with_ids=with_ids), cancel_run)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The head. `Streams` sends the body."""
        scope[HANDED_OVER].append(self._open())
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


@dataclass(frozen=True, slots=True)
class _Body:
    """What is left of a stream's request while its run goes on."""

    hub: Hub
    run_id: UUID
    reader: Reader
    cancel_run: bool

    async def follow(self, receive: Receive, send: Send) -> None:
        reader = self.reader
        leaving = asyncio.ensure_future(_leave(receive, reader))
        try:
            while chunk := await reader.next():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if not reader.gone:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            self.close()

    def close(self) -> None:
        """Nobody reads any more."""
        self.hub.leave(self.reader)
        if self.cancel_run and not self.reader.log.ended:
            self.hub.cancel(self.run_id)


class Streams:
    """Outside of the whole application: sends the bodies of its run streams."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        opened: list[_Body] = []
        scope[HANDED_OVER] = opened
        try:
            await self.app(scope, receive, send)
        except BaseException:
            for body in opened:
                body.close()
            raise
        for name in scope.keys() - SERVERS_OWN:
            del scope[name]  # the server keeps the scope as long as the response lasts
        for body in opened:
            await body.follow(receive, send)


async def _leave(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.leave()


def stream_started(hub: Hub, started: Started, *, on_disconnect: str, with_ids: bool, headers: dict[str, str] | None = None) -> RunStream:
    """The response of the request that started (or joined) a run: its first reader."""
    return RunStream(hub, started.log, started.id, with_ids=with_ids, cancel_run=on_disconnect == "cancel", headers=headers)


async def wait_for_end(hub: Hub, log: Log) -> None:
    """Follow a run to its end without sending anything: for answers that are one JSON object."""
    reader = hub.reader(log)
    try:
        while await reader.next():
            pass
    finally:
        hub.leave(reader)


def request_hash(thread: object, body: BaseModel) -> bytes:
    """Tells a repeated request from another one: SHA-256 of the conversation and the parsed body."""
    return hashlib.sha256(f"{thread}\x1f{body.model_dump_json()}".encode()).digest()
