"""A run: one question being answered, as seen by whoever answers it.

Text enters the log merged: a piece that comes FLUSH_S or more after the last one at once (so does the first), quicker ones as one
event for each flush of the hub. Tool calls, notices and the terminal event enter at once, after the text that came before them.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from rapport.domain.events import RunEvent, TextDelta, Usage
from rapport.errors import Cancelled, LimitReached, RapportError
from rapport.runs.log import Dialect, Log
from rapport.runs.meter import Meter

FLUSH_S = 0.02
"""Text waits this long at most to be merged: 50 updates a second, more than a screen needs."""
RUN_BYTES = 8 * 1024 * 1024
"""Largest log of one run: some two million tokens. A model that babbles on must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Order:
    """A run that is asked for. `thread` may have one active run: it is the id of the conversation. `idempotency_key` is unique
    per tenant, so endpoints put their own name before the client's key. `request_hash` tells a repeated request from another one."""

    tenant_id: int
    kind: str  # analyst | representative | agent | team | compaction
    thread: str
    dialect: Dialect
    request_hash: bytes
    conversation_id: UUID | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. status: complete | cancelled | interrupted | error; `text` is all that was said."""

    status: str
    text: str
    usage: Usage
    error: RapportError | None
    duration_ms: int
    first_text_ms: int | None

    @property
    def message_status(self) -> str:
        """How the answer is stored: complete | interrupted | error."""
        return "interrupted" if self.status == "cancelled" else self.status


class Turn(Protocol):
    """What a run does."""

    async def begin(self, run: "Run") -> None:
        """Before the response starts: store the user's message. What it raises becomes the HTTP answer."""
        ...

    async def answer(self, run: "Run") -> None:
        """Say the answer to `run`. What it raises becomes the terminal error. Cancelled when the run is stopped."""
        ...

    async def conclude(self, run: "Run", ending: Ending) -> Mapping[str, Any]:
        """Store the answer, also a partial one; what the terminal event carries beside usage. Runs once, and before the
        terminal event is sent, so that what a client was told is durable."""
        ...


class Run:
    """The writing end of a log. A sink of text and events for the engine."""

    __slots__ = ("_flush_later", "_flushed_at", "_pending", "_said", "closed", "conversation_id", "first_text_at", "id", "keep", "log",
                 "meter", "shared_to", "started_at", "stopping", "task", "tenant_id", "thread")  # fmt: skip

    def __init__(self, run_id: UUID, order: Order, *, flush_later: Callable[["Run"], None]):
        self.id = run_id
        self.tenant_id = order.tenant_id
        self.conversation_id = order.conversation_id
        self.thread = order.thread
        self.log = Log(order.dialect)
        self.meter = Meter()
        self.keep = True  # False: its events, which may hold what users are promised not to be stored, end with it
        self.started_at = time.monotonic()
        self.first_text_at: float | None = None
        self.shared_to = 0  # events that other processes can read
        self.closed = False
        self.task: asyncio.Task[None] | None = None
        self.stopping: asyncio.Future[RapportError] = asyncio.get_running_loop().create_future()
        self._flush_later = flush_later
        self._flushed_at = float("-inf")
        self._pending: dict[str | None, list[str]] = {}
        self._said: list[str] = []

    def say(self, text: str, agent_id: str | None = None) -> None:
        """A piece of the answer."""
        if not text or self.closed:
            return
        pieces = self._pending.get(agent_id)
        if pieces is not None:
            pieces.append(text)
            return
        self._pending[agent_id] = [text]
        if len(self._pending) > 1:
            return
        if time.monotonic() - self._flushed_at >= FLUSH_S:
            self.flush()
        else:
            self._flush_later(self)

    def emit(self, event: RunEvent) -> None:
        """Anything that happens."""
        if isinstance(event, TextDelta):
            self.say(event.text, event.agent_id)
            return
        if self.closed:
            return
        if self._pending:
            self.flush()
        frame = self.log.dialect.event(len(self.log.frames) + 1, event)
        if frame is not None:
            self._append(frame)

    def flush(self, *, last: bool = False) -> None:
        """Put what was said into the log, one event for each speaker."""
        pending, self._pending = self._pending, {}
        if not pending:
            return
        self._flushed_at = time.monotonic()
        if self.first_text_at is None:
            self.first_text_at = self._flushed_at
        for agent_id, pieces in pending.items():
            text = pieces[0] if len(pieces) == 1 else "".join(pieces)
            if "\ud800" <= text[-1] <= "\udbff" and not last:  # the first half of a pair; the second is on its way
                self._pending[agent_id] = [text[-1]]
                text = text[:-1]
            self._write(text, agent_id)
        if self._pending:
            self._flush_later(self)

    def stop(self, error: RapportError) -> None:
        """End the run with this error, unless it is ending already."""
        if not self.stopping.done():
            self.stopping.set_result(error)

    def cancel(self) -> None:
        """End the run because someone asked for it."""
        self.stop(Cancelled())

    @property
    def text(self) -> str:
        """All that was said and is in the log."""
        return "".join(self._said)

    def ending(self, error: RapportError | None, status: str) -> Ending:
        now = time.monotonic()
        first = None if self.first_text_at is None else round((self.first_text_at - self.started_at) * 1000)
        return Ending(status, self.text, self.meter.usage(), error, round((now - self.started_at) * 1000), first)

    def _write(self, text: str, agent_id: str | None) -> None:
        seq = len(self.log.frames) + 1
        text = text.replace("\0", "")  # PostgreSQL cannot store it, and what is shown must equal what is stored
        if not text:
            return
        try:
            frame = self.log.dialect.text(seq, text, agent_id)
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            frame = self.log.dialect.text(seq, text, agent_id)
        self._said.append(text)
        self._append(frame)

    def _append(self, frame: bytes) -> None:
        self.log.append(frame)
        if self.log.size > RUN_BYTES:
            self.stop(LimitReached(f"The answer grew beyond {RUN_BYTES // 2**20} MiB."))
