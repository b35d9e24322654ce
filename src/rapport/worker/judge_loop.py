"""Does the jobs that wait for a language model, several at a time, so that nothing else waits with them."""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from rapport.store import jobs
from rapport.store.database import Database
from rapport.worker.loop import POLL_S, JobHandler, do_job

log = structlog.get_logger()

MOST_JOBS = 8
PAUSE_S = 1.0


class JudgeLoop:
    """Claims jobs of these kinds for all tenants in turn."""

    def __init__(self, database: Database, handlers: Mapping[str, JobHandler]):
        self._database = database
        self._handlers = handlers
        self._running: set[asyncio.Task[None]] = set()
        self._last = 0  # tenant whose job was started last
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`, then end what is under way. An error is logged, and the work goes on. Cancelled, it leaves the jobs in
        hand to whoever claims them when their leases run out."""
        try:
            while not self._stopping.is_set():
                try:
                    pause = 0.0 if await self._claim() else POLL_S
                except Exception:
                    log.exception("judging failed; it goes on in a second")
                    pause = PAUSE_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
            if self._running:
                await asyncio.wait(self._running)
        finally:
            for task in self._running:
                task.cancel()

    def stop(self) -> None:
        """End after the jobs in hand."""
        self._stopping.set()

    async def _claim(self) -> bool:
        """Start what is due, as far as there is room; whether there was any."""
        if len(self._running) >= MOST_JOBS:
            await asyncio.wait(self._running, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
            return False
        async with self._database.connection() as connection:
            tenants = await jobs.tenants_due(connection, "job")
        started = False
        for tenant_id in sorted(tenants, key=lambda tenant_id: (tenant_id <= self._last, tenant_id)):  # in turn
            if len(self._running) < MOST_JOBS:
                async with self._database.transaction() as connection:
                    job = await jobs.claim(connection, tenant_id, kinds=list(self._handlers))
                if job:
                    started, self._last = True, tenant_id
                    task = asyncio.create_task(do_job(self._database, tenant_id, job, self._handlers))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
        return started
