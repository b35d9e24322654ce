"""What the database knows of runs: a row when one starts, one group-committed write when it ends, and while several serving
processes share the database also the events in between, so that any of them can serve or stop any run.

Processes show a sign of life every two seconds. A run whose process is dead is ended as `interrupted`.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog

from rapport.domain.events import RunFailed
from rapport.domain.ids import new_id
from rapport.errors import Gone, Interrupted, NotFound, RapportError
from rapport.runs.log import LOST_SEQ, Dialect, Log
from rapport.runs.run import Run
from rapport.store import runs
from rapport.store.database import Connection, Database

log = structlog.get_logger()

BEAT_S = 2.0
ALIVE_WITHIN = timedelta(seconds=15)
SHARE_S = 0.05
"""Between two looks at what other processes need to know; a stop or a reader elsewhere waits this long at most."""
FORGET_EVERY_S = 3600.0
END_WAIT_S = 10.0


def _namespace() -> str:
    """This machine and process namespace: only inside it does a process id mean anything."""
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def _started(pid: int) -> str:
    """When a process of this machine started, in clock ticks since boot; empty where there is no such process, or no /proc."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[19]
    return ""


def _is_gone(process: runs.Process, *, namespace: str) -> bool:
    """Whether this row is of a process that ended without a word. Process ids are used again, so its start counts too."""
    where, _, started = process.host.rpartition("#")
    return where == namespace and bool(started) and started != _started(process.pid)


class Ledger:
    """Rows of this process's runs. `active` is the hub's own table of live runs."""

    def __init__(self, database: Database, dialects: Mapping[str, Dialect], active: Mapping[UUID, Run], *, keep: timedelta):
        self._namespace = _namespace()
        self.process = runs.Process(new_id(), "serve", f"{self._namespace}#{_started(os.getpid())}", os.getpid())
        self.shared = False  # other processes serve this database too
        self._database = database
        self._dialects = dialects
        self._active = active
        self._keep = keep
        self._alive: frozenset[UUID] = frozenset()
        self._endings: list[tuple[runs.EndedRun, asyncio.Future[None]]] = []
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Register this process, and end what dead ones left behind."""
        await self.bury()
        self._tasks = [asyncio.create_task(work()) for work in (self._keep_alive, self._share, self._write_endings)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._endings:
            await self._commit([ended for ended, _ in self._endings])
        async with self._database.connection() as connection:
            await runs.remove_processes(connection, [self.process.id])

    async def end(self, ended: runs.EndedRun) -> None:
        """Returns when the end is durable. Ends that wait together are one transaction. Where the database is away it returns after
        END_WAIT_S, so that readers are not kept waiting; the end is stored when the database is back."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._endings.append((ended, done))
        self._ended.set()
        try:
            async with asyncio.timeout(END_WAIT_S):
                await done
        except TimeoutError:
            log.warning("the end of a run is not stored yet", run=str(ended.id))

    async def bury(self) -> None:
        """Show a sign of life; end the runs of dead processes with a terminal event."""
        async with self._database.connection() as connection:
            known = await runs.beat(connection, self.process, alive_within=ALIVE_WITHIN)
            others = [p for p in known if p.id != self.process.id]
            gone = [p.id for p in others if _is_gone(p, namespace=self._namespace)]
            alive = frozenset(p.id for p in known if p.id not in gone)
            self.shared = any(p.kind == "serve" for p in others if p.id not in gone)
            if gone or not self._alive or not self._alive <= alive:
                await self._end_orphans(connection, gone)
                await runs.remove_processes(connection, gone)
            self._alive = alive

    async def interrupt(self, run: runs.StoredRun) -> None:
        """End a run that nobody serves any more."""
        async with self._database.connection() as connection:
            await self._interrupt(connection, run)

    def follow(self, run: runs.StoredRun) -> tuple[Log, asyncio.Task[None]]:
        """A log of a run that another process serves, and the task that keeps it up to date."""
        copy = Log(self._dialects[run.dialect])
        return copy, asyncio.create_task(self._follow(copy, run.tenant_id, run.id))

    def stored_log(self, run: runs.StoredRun) -> Log:
        """The log of an ended run whose frames are kept."""
        return Log(self._dialects[run.dialect], runs.unpack(run.frames or runs.pack([])), ended=True, lost=run.last_seq == LOST_SEQ)

    async def _end_orphans(self, connection: Connection, gone: list[UUID]) -> None:
        while orphans := await runs.orphans(connection, gone=gone, alive_within=ALIVE_WITHIN):
            for run in orphans:
                await self._interrupt(connection, run)
            log.info("interrupted runs of dead processes were ended", runs=len(orphans))

    async def _interrupt(self, connection: Connection, run: runs.StoredRun) -> None:
        frames = await runs.events_after(connection, run.tenant_id, run.id, 0, limit=100_000)
        packed = runs.pack([*frames, self._terminal(self._dialects[run.dialect], Interrupted())])
        ended = runs.EndedRun(run.tenant_id, run.id, "interrupted", Interrupted.code, {}, {}, packed, LOST_SEQ)
        await runs.end(connection, [ended])
        await runs.delete_events(connection, run.tenant_id, [run.id])

    async def _follow(self, copy: Log, tenant_id: int, run_id: UUID) -> None:
        while True:
            try:
                async with self._database.connection() as connection:
                    for frame in await runs.events_after(connection, tenant_id, run_id, len(copy.frames)):
                        copy.append(frame)
                    run = await runs.get(connection, tenant_id, run_id)
            except NotFound as error:
                copy.end(self._terminal(copy.dialect, error))
                return
            except Exception as error:  # the edge of a background task: the next look tries again
                log.warning("a run of another process could not be read", run=str(run_id), error=str(error))
            else:
                if run.status != "running" and run.frames is None:
                    copy.end(self._terminal(copy.dialect, Gone("The answer is complete: read it in the conversation.")))
                    return
                if run.status != "running":
                    whole = self.stored_log(run)
                    copy.lost = whole.lost
                    for frame in whole.frames[len(copy.frames) : -1]:
                        copy.append(frame)
                    copy.end(whole.frames[-1])
                    return
            await asyncio.sleep(SHARE_S)

    def _terminal(self, dialect: Dialect, error: RapportError) -> bytes:
        return dialect.event(LOST_SEQ, RunFailed(error.code, error.message, error.retryable)) or b""

    # The three tasks of a serving process. Each survives a database that is away for a while.

    async def _keep_alive(self) -> None:
        forgotten_at = time.monotonic()
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.bury()
                if time.monotonic() - forgotten_at > FORGET_EVERY_S:
                    forgotten_at = time.monotonic()
                    async with self._database.connection() as connection:
                        while await runs.forget_frames(connection, older_than=self._keep):
                            log.debug("frames of old runs were dropped")
            except Exception as error:  # the edge of a background task: the next beat tries again
                log.warning("no sign of life could be stored", error=str(error))

    async def _share(self) -> None:
        while True:
            await asyncio.sleep(SHARE_S if self.shared else BEAT_S / 4)
            if not self.shared or not self._active:
                continue
            try:
                await self._share_once()
            except Exception as error:  # the edge of a background task
                log.warning("events of running runs could not be shared", error=str(error))

    async def _share_once(self) -> None:
        events, marks = [], []
        for run in self._active.values():
            frames = run.log.frames
            events += [(run.tenant_id, run.id, seq, frames[seq - 1]) for seq in range(run.shared_to + 1, len(frames) + 1)]
            marks.append((run, len(frames)))
        tenants = sorted({run.tenant_id for run, _ in marks})
        async with self._database.transaction() as connection:
            if events:
                await runs.add_events(connection, events)
            wanted = await runs.stop_requests(connection, tenants, self.process.id)
        for run, mark in marks:
            run.shared_to = mark
        for run_id in wanted:
            if run := self._active.get(run_id):
                run.cancel()

    async def _write_endings(self) -> None:
        pause_s = 0.0
        while True:
            await self._ended.wait()
            self._ended.clear()
            batch, self._endings = self._endings, []
            try:
                await self._commit([ended for ended, _ in batch])
            except Exception as error:  # the edge of a background task: nothing is lost, it is tried again
                log.warning("ends of runs could not be stored yet", runs=len(batch), error=str(error))
                self._endings = batch + self._endings
                pause_s = min(5.0, 2 * pause_s + 0.2)
                await asyncio.sleep(pause_s)
                self._ended.set()
                continue
            pause_s = 0.0
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    async def _commit(self, ended: list[runs.EndedRun]) -> None:
        async with self._database.transaction() as connection:
            await runs.end(connection, ended)
            if self.shared:
                for tenant_id in {run.tenant_id for run in ended}:
                    await runs.delete_events(connection, tenant_id, [run.id for run in ended if run.tenant_id == tenant_id])
