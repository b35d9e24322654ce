"""The event log of one run, and those who read it.

An event is encoded once, in the dialect of the endpoint that started the run; live readers, later readers and the stored row
share those bytes. A reader holds an integer, so a slow one costs nothing: there is no queue. An event's sequence number is its
place in the log, from 1.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from rapport.domain.events import RunEvent

LOST_SEQ = 2**31 - 1
"""Number of the terminal event of a run whose process died: how many events its readers had seen is unknown, so this number
is above all of theirs."""

CHUNK_BYTES = 64 * 1024
"""Most bytes of one write to a reader, unless one event alone is larger. A server buffers what a slow client does not take."""


class Dialect(Protocol):
    """How one documented API writes run events. `ping` is a comment, `sentinel` follows the terminal event (or is empty)."""

    name: str
    ping: bytes
    sentinel: bytes

    def text(self, seq: int, text: str, agent_id: str | None) -> bytes:
        """One whole event with a piece of the answer. Raises UnicodeEncodeError for lone surrogates."""
        ...

    def event(self, seq: int, event: RunEvent) -> bytes | None:
        """One whole event; None where this dialect has no such event."""
        ...


class Log:
    """Encoded events in order, and whether more can come."""

    __slots__ = ("dialect", "ended", "frames", "left_at", "lost", "readers", "size", "waiting")

    def __init__(self, dialect: Dialect, frames: Sequence[bytes] = (), *, ended: bool = False, lost: bool = False):
        self.dialect = dialect
        self.frames = list(frames)
        self.size = sum(map(len, self.frames))
        self.ended = ended
        self.lost = lost  # the last event has the number LOST_SEQ
        self.readers = 0
        self.left_at: float | None = None  # event loop time at which the last reader left
        self.waiting: list[asyncio.Future[None]] = []

    @property
    def last_seq(self) -> int:
        return LOST_SEQ if self.lost else len(self.frames)

    def append(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.size += len(frame)
        if self.waiting:
            self.wake()

    def end(self, terminal: bytes) -> None:
        """Append the terminal event; nothing follows."""
        self.ended = True
        self.append(terminal)

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def position_after(self, seq: int) -> int:
        """Index of the first event that someone who has seen `seq` has not."""
        if self.lost and seq < LOST_SEQ:
            return min(seq, len(self.frames) - 1)
        return min(seq, len(self.frames)) if self.ended else seq

    def seq_at(self, position: int) -> int:
        return LOST_SEQ if self.lost and position == len(self.frames) - 1 else position + 1


class Reader:
    """Someone who follows a log from `after` on. `with_ids` puts an `id:` line before each event."""

    __slots__ = ("_ping_due", "_waiting", "gone", "last_sent", "log", "loop", "position", "with_ids")

    def __init__(self, log: Log, *, after: int = 0, with_ids: bool = False):
        self.log = log
        self.loop = asyncio.get_running_loop()
        self.position = log.position_after(after)
        self.with_ids = with_ids
        self.gone = False
        self.last_sent = self.loop.time()
        self._waiting: asyncio.Future[None] | None = None
        self._ping_due = False

    async def next(self) -> bytes | None:
        """Bytes to send now: all whole events not yet read (at most about CHUNK_BYTES), or a comment after a silence.
        None when there is nothing more, or the client has left."""
        log = self.log
        while not self.gone:
            if self.position < len(log.frames):
                self.last_sent = self.loop.time()
                chunk = self._take()
                return chunk + log.dialect.sentinel if self._at_end() else chunk
            if log.ended:
                return None
            if self._ping_due:
                self._ping_due = False
                self.last_sent = self.loop.time()
                return log.dialect.ping
            self._waiting = self.loop.create_future()
            log.waiting.append(self._waiting)
            await self._waiting
            self._waiting = None
        return None

    def ping(self) -> None:
        """Have the next bytes be a comment, if this reader waits for any."""
        if self._waiting and not self._waiting.done():
            self._ping_due = True
            self._waiting.set_result(None)

    def leave(self) -> None:
        """The client is gone: `next` gives None from now on."""
        self.gone = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def _at_end(self) -> bool:
        return self.log.ended and self.position == len(self.log.frames)

    def _take(self) -> bytes:
        log, start = self.log, self.position
        stop = len(log.frames)
        if log.size > CHUNK_BYTES:
            size, stop = len(log.frames[start]), start + 1
            while stop < len(log.frames) and size + len(log.frames[stop]) <= CHUNK_BYTES:
                size += len(log.frames[stop])
                stop += 1
        self.position = stop
        if self.with_ids:
            return b"".join(b"id: %d\n%b" % (log.seq_at(i), log.frames[i]) for i in range(start, stop))
        return log.frames[start] if stop == start + 1 else b"".join(log.frames[start:stop])


class Heartbeats:
    """A timer wheel: one slot a tick, each reader in the slot where its silence would become too long. Readers that were sent
    something since are only moved on, so that a busy stream costs one look per `ticks`, and nothing per event."""

    def __init__(self, *, silence_s: float = 15.0, ticks: int = 15):
        self.tick_s = silence_s / ticks
        self._silence_s = silence_s
        self._ticks = ticks
        self._slots: list[list[Reader]] = [[] for _ in range(ticks + 1)]
        self._hand = 0

    def add(self, reader: Reader) -> None:
        self._slots[(self._hand + self._ticks) % len(self._slots)].append(reader)

    def turn(self, now: float) -> None:
        """One tick has passed."""
        self._hand = (self._hand + 1) % len(self._slots)
        due, self._slots[self._hand] = self._slots[self._hand], []
        for reader in due:
            if reader.gone:
                continue
            left = self._silence_s - (now - reader.last_sent)
            if left < self.tick_s / 2:
                reader.ping()
                left = self._silence_s
            ticks = max(1, min(self._ticks, round(left / self.tick_s)))
            self._slots[(self._hand + ticks) % len(self._slots)].append(reader)
