"""Keeps the inbox up to date, a moment after something was analysed. Running the job twice does the same again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.analytics import triggers
from rapport.store import inbox, jobs
from rapport.store.database import Connection, Database

PAUSE = timedelta(seconds=1)
"""So that a worker with much to do refreshes the inbox for a second's analyses at once and not after each batch."""


async def ask(connection: Connection, tenant_id: int) -> None:
    """Ask for a refresh soon; asking again before it starts is the same asking."""
    await jobs.enqueue(connection, tenant_id, "inbox_refresh", key="all", due_at=datetime.now(UTC) + PAUSE)


class InboxJobs:
    """Does the job `inbox_refresh`."""

    def __init__(self, database: Database, *, step: int = inbox.STEP):
        self._database = database
        self._step = step

    async def refresh(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `inbox_refresh`: afterwards the inbox shows everything that was analysed before it. One transaction a step."""
        raised = triggers.raised()
        reached = None
        while True:
            async with self._database.transaction() as connection:
                reached = await inbox.refresh(connection, tenant_id, raised, reached, step=self._step)
            if reached is None:
                return
