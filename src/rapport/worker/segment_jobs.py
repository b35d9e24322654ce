"""Keeps segment membership up to date: all segments of a tenant a little while after something was analysed, and one when it is made.
Running a job twice does the same again."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.analytics import segments as rules
from rapport.domain.analysis import Analysis
from rapport.store import jobs, segments
from rapport.store.database import Database

PAUSE = timedelta(seconds=20)
SHARE = 20
"""A refresh waits at least so many times as long as the last one took: a large tenant's segments take 5 % of a worker's time at most."""
PAGE = 1_000


class SegmentJobs:
    """Hears of fresh analyses, and does the job `segments_refresh`."""

    def __init__(self, database: Database):
        self._database = database
        self._took: dict[int, timedelta] = {}

    async def heard(self, tenant_id: int, fresh: Sequence[Analysis]) -> None:
        """Ask for a refresh soon; asking again before it starts is the same asking."""
        due_at = datetime.now(UTC) + max(PAUSE, SHARE * self._took.get(tenant_id, timedelta()))
        async with self._database.connection() as connection:
            await jobs.enqueue(connection, tenant_id, "segments_refresh", key="all", due_at=due_at)

    async def refresh(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `segments_refresh`: one transaction a segment."""
        started = time.monotonic()
        async with self._database.transaction() as connection:
            await segments.ensure_presets(connection, tenant_id)
            wanted = payload.get("segmentId")
            if wanted:
                listed = [await segments.get(connection, tenant_id, wanted)]
            else:
                listed, _ = await segments.list_(connection, tenant_id, limit=PAGE, offset=0)
        for segment in listed:
            sql, arguments = rules.members(tenant_id, segment.filters)
            async with self._database.transaction() as connection:
                await segments.refresh(connection, tenant_id, segment.id, members=sql, arguments=arguments)
        self._took[tenant_id] = timedelta(seconds=time.monotonic() - started)
