"""Claim, load, analyse, save, repeat; and the generic jobs.

Any number of workers share one database: a claim is a lease, a result is fenced, so work that is done twice counts once and
work of a killed worker is done by another. It polls instead of being told: two index reads every POLL_S while idle, which is
quicker than the seconds a conversation must rest anyway.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from rapport.analysis.pipeline import AnalysisFailure
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import Conversation
from rapport.store import analyses, jobs, transcripts
from rapport.store.database import Connection, Database

log = structlog.get_logger()

Analyse = Callable[[Sequence[Conversation]], Awaitable[list[Analysis | AnalysisFailure]]]
"""Slow, in a thread or another process: one result for each conversation, in their order."""

JobHandler = Callable[[int, Mapping[str, Any]], Awaitable[None]]
"""Does a job of a tenant, given its payload. Jobs can run twice; a handler must bear that. Raises to be tried again."""

Heard = Callable[[int, Sequence[Analysis]], Awaitable[None]]
"""What else is to happen with a tenant's fresh analyses, after they are saved."""

Overlay = Callable[[int, Sequence[tuple[Conversation, Analysis]]], Awaitable[list[Analysis]]]
"""What becomes of a tenant's fresh analyses before they are saved: one for each, in their order."""

POLL_S = 0.25
FIND_LOST_HINTS_S = 5.0
MOST_CONVERSATIONS = 64  # per batch: storing is 16-28 times cheaper in batches of 100 than one by one, and flat from 50 on
MOST_BYTES = 2 * 2**20  # of messages per batch, see jobs.Claim: bounds memory, as analysing takes some fifty times as much


class Worker:
    """Does what waits, for all tenants in turn. `analyser` gives a tenant's Analyse; `handlers` do jobs by their kind; `overlay`
    may change a batch before it is saved, `heard` hears of it afterwards. With `backlog` it also re-analyses what `rapport reanalyse`
    asked for, when nothing fresh waits."""

    def __init__(
        self,
        database: Database,
        *,
        analyser: Callable[[int], Awaitable[Analyse]],
        handlers: Mapping[str, JobHandler],
        heard: Heard | None = None,
        overlay: Overlay | None = None,
        backlog: bool = False,
    ):
        self._database = database
        self._analyser = analyser
        self._handlers = handlers
        self._heard = heard
        self._overlay = overlay
        self._backlog = backlog
        self._stopping = asyncio.Event()
        self._hints_found_at = 0.0
        self.analysed = 0
        self.last_error: str | None = None

    async def run(self) -> None:
        """Work until `stop`. An error is logged and shown in /healthz, and the work goes on."""
        while not self._stopping.is_set():
            try:
                busy = await self.step()
                self.last_error = None
            except Exception as error:
                log.exception("worker failed; it goes on in a second")
                self.last_error = f"{type(error).__name__}: {error}"
                busy = False
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 1.0 if self.last_error else POLL_S)

    def stop(self) -> None:
        """End after the batch or job in hand."""
        self._stopping.set()

    async def step(self) -> bool:
        """One batch and one job for each tenant that has some; whether there was any."""
        async with self._database.connection() as connection:
            if time.monotonic() - self._hints_found_at > FIND_LOST_HINTS_S:
                await jobs.find_due(connection)
                self._hints_found_at = time.monotonic()
            fresh = await jobs.tenants_due(connection, "analysis")
            waiting = await jobs.tenants_due(connection, "job")
        did = [await self._analyse_some(tenant_id, backlog=False) for tenant_id in fresh]
        did += [await self._do_a_job(tenant_id) for tenant_id in waiting]
        if self._backlog and not any(did):
            async with self._database.connection() as connection:
                stale = await jobs.tenants_due(connection, "backlog")
            did = [await self._analyse_some(tenant_id, backlog=True) for tenant_id in stale]
        return any(did)

    async def _analyse_some(self, tenant_id: int, *, backlog: bool) -> bool:
        async with self._database.transaction() as connection:
            claims = await jobs.claim_analyses(connection, tenant_id, limit=MOST_CONVERSATIONS, backlog=backlog)
        if not claims:
            return False
        ids = [claim.conversation_id for claim in claims]
        async with kept(self._database, lambda connection: jobs.renew_analyses(connection, tenant_id, ids)):
            for batch in _by_size(claims):
                await self._analyse_batch(tenant_id, batch)
        return True

    async def _analyse_batch(self, tenant_id: int, claims: Sequence[jobs.Claim]) -> None:
        """Analyse and save. What neither was saved nor failed goes back to the queue."""
        revisions = {claim.conversation_id: claim.revision for claim in claims}
        try:
            saved, errors = await self._analyse_and_save(tenant_id, revisions)
        except Exception as error:  # a fault of ours in one batch must not stop the others
            log.exception("analysis failed", tenant_id=tenant_id, conversations=len(claims))
            saved, errors = frozenset(), dict.fromkeys(revisions, f"{type(error).__name__}: {error}")
        self.analysed += len(saved)
        async with self._database.connection() as connection:
            await jobs.fail_analyses(connection, tenant_id, errors)
            await jobs.release_analyses(connection, tenant_id, sorted(revisions.keys() - saved - errors.keys()))

    async def _analyse_and_save(self, tenant_id: int, revisions: Mapping[UUID, int]) -> tuple[frozenset[UUID], dict[UUID, str]]:
        async with self._database.connection() as connection:
            found = await transcripts.load_many(connection, tenant_id, list(revisions))
        analyse = await self._analyser(tenant_id)
        outcomes = list(zip(found, await analyse(found), strict=True))
        analysed = [(item, outcome) for item, outcome in outcomes if isinstance(outcome, Analysis)]
        if self._overlay:
            final = await self._overlay(tenant_id, analysed)
            analysed = [(item, analysis) for (item, _), analysis in zip(analysed, final, strict=True)]
        done = [(item, analysis, revisions[item.id]) for item, analysis in analysed]
        async with self._database.transaction() as connection:
            saved = await analyses.save(connection, tenant_id, done)
        if self._heard:
            await self._heard(tenant_id, [analysis for _, analysis, _ in done])
        return saved, {item.id: str(outcome) for item, outcome in outcomes if not isinstance(outcome, Analysis)}

    async def _do_a_job(self, tenant_id: int) -> bool:
        async with self._database.transaction() as connection:
            job = await jobs.claim(connection, tenant_id, kinds=list(self._handlers))
        if job is None:
            return False
        await do_job(self._database, tenant_id, job, self._handlers)
        return True


async def do_job(database: Database, tenant_id: int, job: jobs.Job, handlers: Mapping[str, JobHandler]) -> None:
    """Do a claimed job and take it off the queue; where it fails, note why, to be tried again."""
    try:
        async with kept(database, lambda connection: jobs.renew(connection, tenant_id, job.id)):
            await handlers[job.kind](tenant_id, job.payload)
    except Exception as error:
        log.exception("job failed", tenant_id=tenant_id, kind=job.kind, attempts=job.attempts)
        async with database.transaction() as connection:
            await jobs.fail(connection, tenant_id, job, f"{type(error).__name__}: {error}")
    else:
        async with database.connection() as connection:
            await jobs.finish_job(connection, tenant_id, job.id)


@contextlib.asynccontextmanager
async def kept(database: Database, renew: Callable[[Connection], Awaitable[None]]) -> AsyncIterator[None]:
    """Renew a lease while the block runs."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(jobs.LEASE.total_seconds() / 3)
            async with database.connection() as connection:
                await renew(connection)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


def _by_size(claims: Sequence[jobs.Claim]) -> list[list[jobs.Claim]]:
    """Batches of at most MOST_BYTES; a larger conversation is a batch of its own."""
    batches: list[list[jobs.Claim]] = []
    room = 0
    for claim in claims:
        if claim.size > room or not batches:
            batches.append([])
            room = MOST_BYTES
        batches[-1].append(claim)
        room -= claim.size
    return batches
