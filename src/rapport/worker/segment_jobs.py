"""Keeps segment membership up to date: all segments of a tenant a little while after something was analysed, and one when it is made.
Running a job twice does the same again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.analytics import segments as rules
from rapport.domain.analysis import Analysis
from rapport.store import jobs, segments
from rapport.store.database import Database

PAUSE = timedelta(seconds=20)
PAGE = 1_000


class SegmentJobs:
    """Hears of fresh analyses, and does the job `segments_refresh`."""

    def __init__(self, database: Database):
        self._database = database

    async def heard(self, tenant_id: int, fresh: Sequence[Analysis]) -> None:
        """Ask for a refresh soon; asking again before it starts is the same asking."""
        async with self._database.connection() as connection:
            await jobs.enqueue(connection, tenant_id, "segments_refresh", key="all", due_at=datetime.now(UTC) + PAUSE)

    async def refresh(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `segments_refresh`: one transaction a segment."""
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
