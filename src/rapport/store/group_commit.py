"""Concurrent requests share a commit: what arrives while one is being written goes into the next.

A commit costs the same for one batch as for thirty, so under load this multiplies what one database can take; a lone request
waits for nothing. A result is handed out only after the commit, so an answer means durable. If a group fails as a whole, its
batches are tried one by one, and each fails or succeeds alone.
"""

import asyncio
from collections import deque
from datetime import timedelta

import asyncpg
import structlog

from rapport.store import conversations
from rapport.store.batch import Batch
from rapport.store.conversations import Appended
from rapport.store.database import Database
from rapport.store.privacy import Redactor

log = structlog.get_logger()

LARGEST_GROUP = 64
MOST_MESSAGES = 4_000  # of a group, counted before the batch that passes it; bounds memory and the length of one transaction

Waiting = deque[tuple[Batch, asyncio.Future[Appended]]]


class GroupCommit:
    """The write path of the HTTP routes: `append` stores a batch together with those of other requests of the tenant."""

    def __init__(self, database: Database, *, redactor: Redactor | None = None, analysis_delay: timedelta):
        self._database = database
        self._redactor = redactor
        self._analysis_delay = analysis_delay
        self._waiting: dict[int, Waiting] = {}  # per tenant; a key exists while its writer task runs
        self._writers: set[asyncio.Task] = set()

    async def append(self, tenant_id: int, batch: Batch) -> Appended:
        """What `conversations.append` returns and raises; stored durably when it returns."""
        done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        if tenant_id in self._waiting:
            self._waiting[tenant_id].append((batch, done))
        else:
            self._waiting[tenant_id] = deque([(batch, done)])
            writer = asyncio.create_task(self._write_waiting(tenant_id))
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await done

    async def _write_waiting(self, tenant_id: int) -> None:
        waiting = self._waiting[tenant_id]
        try:
            while waiting:
                await asyncio.sleep(0)  # requests that are just as ready join
                await self._write(tenant_id, _take(waiting))
        finally:
            del self._waiting[tenant_id]
            for _, done in waiting:
                if not done.done():
                    done.cancel()

    async def _write(self, tenant_id: int, group: list[tuple[Batch, asyncio.Future[Appended]]]) -> None:
        try:
            async with self._database.transaction() as connection:
                results: list[Appended | BaseException] = list(
                    await conversations.append_many(
                        connection, tenant_id, [batch for batch, _ in group], redactor=self._redactor, analysis_delay=self._analysis_delay
                    )
                )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            if len(group) > 1:
                log.warning("group commit failed, trying one by one", size=len(group), error=str(error))
                for one in group:
                    await self._write(tenant_id, [one])
                return
            results = [error]
        except Exception as error:  # the edge of a request: whoever waits must hear of it
            results = [error] * len(group)
        for (_, done), result in zip(group, results, strict=True):
            if done.done():  # its request is gone
                continue
            if isinstance(result, BaseException):
                done.set_exception(result)
            else:
                done.set_result(result)


def _take(waiting: Waiting) -> list[tuple[Batch, asyncio.Future[Appended]]]:
    group = []
    messages = 0
    while waiting and len(group) < LARGEST_GROUP and messages < MOST_MESSAGES:
        group.append(waiting.popleft())
        messages += len(group[-1][0].messages)
    return group
