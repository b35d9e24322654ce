"""The hub: starts runs as detached tasks, and lets any number of readers follow, resume or stop them.

A run goes on when its readers leave, for a bounded time. Whatever happens, it ends with exactly one terminal event, after its
answer and its row were stored.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from rapport.domain.events import RunEvent, RunFailed, RunFinished
from rapport.domain.ids import new_id
from rapport.errors import Cancelled, Gone, IdempotencyKeyReused, Interrupted, ModelTimeout, RapportError, ServerShutdown, SessionBusy
from rapport.runs.ledger import Ledger
from rapport.runs.log import Dialect, Heartbeats, Log, Reader
from rapport.runs.run import FLUSH_S, Order, Run, Turn
from rapport.store import runs
from rapport.store.database import Database

log = structlog.get_logger()

STOP_S = 0.8
"""How long a stopped answer may take to close its connections before the run ends without it."""
RECENT_S = 600.0
RECENT_BYTES = 64 * 1024 * 1024
"""Logs of ended runs stay in memory this long, and up to this size together; later readers get them from the database."""
KEY_VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Started:
    """A run that a request started, or (`joined`) found running."""

    id: UUID
    log: Log
    joined: bool
    conversation_id: UUID | None = None


class Hub:
    """All runs of this process."""

    def __init__(
        self, database: Database, dialects: Mapping[str, Dialect], *, max_seconds: float = 300.0, abandoned_seconds: float = 120.0,
        keep_days: float = 7.0, heartbeat_s: float = 15.0,
    ):  # fmt: skip
        self._database = database
        self._max_s = max_seconds
        self._abandoned_s = abandoned_seconds
        self._active: dict[UUID, Run] = {}
        self._ledger = Ledger(database, dialects, self._active, keep=timedelta(days=keep_days))
        self._recent: OrderedDict[UUID, tuple[int, Log, float]] = OrderedDict()  # by time of the end: tenant, log, loop time
        self._recent_bytes = 0
        self._followed: dict[UUID, tuple[Log, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dirty: list[Run] = []
        self._heartbeats = Heartbeats(silence_s=heartbeat_s)
        self._ticking: asyncio.TimerHandle | None = None
        self._draining = False

    async def open(self) -> None:
        """Ready for runs; those that dead processes left are ended first."""
        await self._ledger.open()
        self._loop = asyncio.get_running_loop()
        self._tick()

    async def drain(self, seconds: float) -> None:
        """Take no new runs, give the running ones this long, then end them with `server_shutdown`."""
        self._draining = True
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for run in list(self._active.values()):
            run.stop(ServerShutdown())
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=2 * STOP_S)

    async def close(self) -> None:
        await self.drain(0)
        if self._ticking:
            self._ticking.cancel()
        for task in [*self._tasks, *(task for _, task in self._followed.values())]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ledger.close()

    # Starting ------------------------------------------------------------------------------------------------------

    async def start(self, order: Order, turn: Turn) -> Started:
        """Start a run, or join the one that the same request started before. Raises SessionBusy where the thread answers
        something else, IdempotencyKeyReused for a key that came with another body, and what `turn.begin` raises."""
        if self._draining:
            raise ServerShutdown
        row = runs.StoredRun(
            order.tenant_id, new_id(), order.kind, order.dialect.name, order.thread, self._ledger.process.id,
            conversation_id=order.conversation_id, idempotency_key=order.idempotency_key, request_hash=order.request_hash,
        )  # fmt: skip
        run = Run(row.id, order, flush_later=self._flush_later)
        self._active[run.id] = run  # before its row exists, or another request would take that row for an orphan
        try:
            for _ in range(5):  # the run that was in the way may end between two looks
                known = await self._claim(row)
                if known is None:
                    return await self._begin(run, turn)
                if joined := await self._join(order, known):
                    return joined
            raise SessionBusy
        finally:
            if run.task is None:
                del self._active[run.id]

    async def _claim(self, row: runs.StoredRun) -> runs.StoredRun | None:
        """None where the row was stored; else the run that is in the way."""
        async with self._database.transaction() as connection:
            if row.idempotency_key:
                known = await runs.by_idempotency_key(connection, row.tenant_id, row.idempotency_key, within=KEY_VALID)
                if known:
                    return known
            if await runs.start(connection, row):
                return None
            return await runs.active(connection, row.tenant_id, row.thread) or row

    async def _join(self, order: Order, known: runs.StoredRun) -> Started | None:
        """The known run, if this request is the one that started it. None where it is not running after all."""
        by_key = order.idempotency_key is not None and known.idempotency_key == order.idempotency_key
        same = known.request_hash == order.request_hash
        if by_key and not same:
            raise IdempotencyKeyReused
        if known.status == "running" and known.process_id == self._ledger.process.id and known.id not in self._active:
            if not any(known.id == recent for recent in self._recent):
                await self._ledger.interrupt(known)
            return None
        if known.status == "running" and known.process_id != self._ledger.process.id:
            await self._ledger.bury()
        if not (by_key or same):
            raise SessionBusy
        return Started(known.id, await self.log(order.tenant_id, known.id), joined=True, conversation_id=known.conversation_id)

    async def _begin(self, run: Run, turn: Turn) -> Started:
        try:
            await turn.begin(run)
        except BaseException as failure:
            error = failure if isinstance(failure, RapportError) else Interrupted()
            terminal = RunFailed(error.code, error.message, error.retryable)
            frame = run.log.dialect.event(1, terminal) or b""
            run.closed = True
            await self._ledger.end(self._ended(run, terminal, "error", frame))
            run.log.end(frame)  # for a request that has joined meanwhile
            raise
        run.task = asyncio.create_task(self._conduct(run, turn))
        self._tasks.add(run.task)
        run.task.add_done_callback(self._tasks.discard)
        return Started(run.id, run.log, joined=False, conversation_id=run.conversation_id)

    # One run -------------------------------------------------------------------------------------------------------

    async def _conduct(self, run: Run, turn: Turn) -> None:
        error = await self._answer(run, turn)
        run.flush(last=True)
        run.closed = True
        status = "complete" if error is None else _status(error)
        terminal = await self._conclude(run, turn, error, status)
        if isinstance(terminal, RunFailed) and error is None:
            status = "error"
        frame = run.log.dialect.event(len(run.log.frames) + 1, terminal) or b""
        await self._ledger.end(self._ended(run, terminal, status, frame))
        run.log.end(frame)
        del self._active[run.id]
        self._remember(run)

    async def _answer(self, run: Run, turn: Turn) -> RapportError | None:
        """Why the run ended, None when its answer is whole. Waits for the answer, a stop, or the longest time allowed."""
        answering = asyncio.ensure_future(turn.answer(run))
        await asyncio.wait((answering, run.stopping), timeout=self._max_s, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            answering.cancel()
            await asyncio.wait((answering,), timeout=STOP_S)
            if run.stopping.done():
                return run.stopping.result()
            return ModelTimeout(f"The answer took longer than {self._max_s:g} s; ask for less, or raise the setting `run_max_seconds`.")
        if answering.cancelled():
            return Interrupted()
        failure = answering.exception()
        if failure is None or isinstance(failure, RapportError):
            return failure
        log.error("run failed unexpectedly", run=str(run.id), exc_info=failure)
        return RapportError()

    async def _conclude(self, run: Run, turn: Turn, error: RapportError | None, status: str) -> RunEvent:
        """The terminal event, after the answer was stored."""
        ending = run.ending(error, status)
        try:
            data = await turn.conclude(run, ending)
        except Exception as failure:  # the edge of a run: the client is told
            log.error("an answer could not be stored", run=str(run.id), exc_info=failure)
            failed = failure if isinstance(failure, RapportError) else RapportError()
            return RunFailed(failed.code, failed.message, failed.retryable, text=ending.text)
        if error is None:
            return RunFinished(ending.usage, data, text=ending.text)
        return RunFailed(error.code, error.message, error.retryable, data, text=ending.text)

    def _ended(self, run: Run, terminal: RunEvent, status: str, frame: bytes) -> runs.EndedRun:
        ending = run.ending(None, status)
        usage = {"inputTokens": ending.usage.input_tokens, "outputTokens": ending.usage.output_tokens,
                 "toolCalls": ending.usage.tool_calls, "tools": ending.usage.tools, "estimated": ending.usage.estimated}  # fmt: skip
        metrics = {"ttft_ms": ending.first_text_ms, "duration_ms": ending.duration_ms,
                   "events": len(run.log.frames) + 1, "bytes": run.log.size + len(frame), "model_calls": run.meter.model_calls}  # fmt: skip
        code = terminal.code if isinstance(terminal, RunFailed) else None
        packed = runs.pack([*run.log.frames, frame]) if run.keep else None
        return runs.EndedRun(run.tenant_id, run.id, status, code, usage, metrics, packed, len(run.log.frames) + 1)

    # Reading and stopping ------------------------------------------------------------------------------------------

    async def log(self, tenant_id: int, run_id: UUID) -> Log:
        """The log of any run of this tenant: live, recent, served by another process, or stored.
        Raises NotFound, and Gone where its events are no longer kept."""
        if (run := self._active.get(run_id)) and run.tenant_id == tenant_id:
            return run.log
        if (recent := self._recent.get(run_id)) and recent[0] == tenant_id:
            return recent[1]
        row = await self._row(tenant_id, run_id)
        if row.status == "running":
            return self._follow(row)
        if row.frames is None:
            raise Gone("The events of this run are no longer kept; its conversation has the answer.")
        return self._ledger.stored_log(row)

    def reader(self, log: Log, *, after: int = 0, with_ids: bool = False) -> Reader:
        """A new reader of this log, which gets heartbeats. Say `leave` when it is done."""
        reader = Reader(log, after=after, with_ids=with_ids)
        log.readers += 1
        self._heartbeats.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        reader.leave()
        reader.log.readers -= 1
        reader.log.left_at = self._loop.time()

    async def stop(self, tenant_id: int, run_id: UUID) -> runs.StoredRun:
        """Stop a run and wait until it has ended; stopping an ended run changes nothing. Raises NotFound."""
        if (run := self._active.get(run_id)) and run.tenant_id == tenant_id:
            run.cancel()
        row = await self._row(tenant_id, run_id)
        waited_s = 0.0
        while row.status == "running" and waited_s < 2 * STOP_S:
            if row.process_id != self._ledger.process.id:
                async with self._database.connection() as connection:
                    await runs.request_stop(connection, tenant_id, run_id)
            await asyncio.sleep(0.02)
            waited_s += 0.02
            row = await self._row(tenant_id, run_id)
        return row

    async def stop_thread(self, tenant_id: int, thread: str) -> runs.StoredRun | None:
        """Stop whatever is being answered in this thread; None where nothing is."""
        async with self._database.connection() as connection:
            row = await runs.active(connection, tenant_id, thread)
        return await self.stop(tenant_id, row.id) if row else None

    async def answering(self, tenant_id: int, thread: str) -> UUID | None:
        """The run that answers something in this thread now, None where nothing is being answered."""
        async with self._database.connection() as connection:
            row = await runs.active(connection, tenant_id, thread)
        return row.id if row else None

    def cancel(self, run_id: UUID) -> None:
        """Stop a run of this process without waiting."""
        if run := self._active.get(run_id):
            run.cancel()

    async def _row(self, tenant_id: int, run_id: UUID) -> runs.StoredRun:
        async with self._database.connection() as connection:
            return await runs.get(connection, tenant_id, run_id)

    def _follow(self, row: runs.StoredRun) -> Log:
        if row.id not in self._followed:
            followed, task = self._ledger.follow(row)
            self._followed[row.id] = followed, task
            task.add_done_callback(lambda _: self._followed.pop(row.id, None))
        return self._followed[row.id][0]

    # Timers --------------------------------------------------------------------------------------------------------

    def _flush_later(self, run: Run) -> None:
        if not self._dirty:
            self._loop.call_later(FLUSH_S, self._flush)
        self._dirty.append(run)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for run in dirty:
            run.flush()

    def _tick(self) -> None:
        """Once a second: heartbeats, runs without readers, logs that leave the memory."""
        now = self._loop.time()
        self._ticking = self._loop.call_later(self._heartbeats.tick_s, self._tick)
        self._heartbeats.turn(now)
        for run in self._active.values():
            if not run.log.readers and run.log.left_at is not None and now - run.log.left_at > self._abandoned_s:
                run.stop(Cancelled("Nobody was reading the answer any more."))
        for _, (followed, task) in list(self._followed.items()):
            if not followed.readers and followed.left_at is not None:
                task.cancel()
        while self._recent and now - next(iter(self._recent.values()))[2] > RECENT_S:
            self._forget()

    def _remember(self, run: Run) -> None:
        self._recent[run.id] = (run.tenant_id, run.log, self._loop.time())
        self._recent_bytes += run.log.size
        while self._recent_bytes > RECENT_BYTES:
            self._forget()

    def _forget(self) -> None:
        _, (_, forgotten, _) = self._recent.popitem(last=False)
        self._recent_bytes -= forgotten.size


def _status(error: RapportError) -> str:
    if isinstance(error, Cancelled):
        return "cancelled"
    return "interrupted" if isinstance(error, Interrupted) else "error"
