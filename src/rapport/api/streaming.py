"""A run's log as an HTTP response. Plain ASGI: one body chunk for each wake-up, whole events only, nothing per event."""

import asyncio
import hashlib
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rapport.runs.hub import Hub, Started
from rapport.runs.log import Log, Reader

HEADERS = {
    "Cache-Control": "no-cache, no-transform",  # no-transform: a proxy that compresses would hold events back
    "X-Accel-Buffering": "no",
}


class RunStream(Response):
    """Follows `log` until its terminal event or until the client leaves. `cancel_run` is stopped when it does."""

    media_type = "text/event-stream"

    def __init__(
        self, hub: Hub, log: Log, run_id: UUID, *, after: int = 0, with_ids: bool = False, cancel_run: bool = False,
        headers: dict[str, str] | None = None,
    ):  # fmt: skip
        super().__init__(headers={**HEADERS, "X-Run-Id": str(run_id), **(headers or {})})
        del self.headers["content-length"]
        self._hub = hub
        self._log = log
        self._run_id = run_id
        self._after = after
        self._with_ids = with_ids
        self._cancel_run = cancel_run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self._hub.reader(self._log, after=self._after, with_ids=self._with_ids)
        leaving = asyncio.ensure_future(_leave(receive, reader))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while chunk := await reader.next():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if not reader.gone:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            self._hub.leave(reader)
            if self._cancel_run and not self._log.ended:
                self._hub.cancel(self._run_id)


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
