"""Forgets conversations that are older than the tenant keeps them, in small batches, once a day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.store import deletion, jobs, tenants
from rapport.store.database import Database

BATCH = 200


class Retention:
    """The job `retention`. Running it twice deletes nothing twice."""

    def __init__(self, database: Database):
        self._database = database

    async def expire(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """Delete what is too old, then ask to be run again tomorrow."""
        async with self._database.connection() as connection:
            days = (await tenants.get(connection, tenant_id)).settings.get("retention_days")
        if not days:
            return
        older_than = datetime.now(UTC) - timedelta(days=days)
        while True:
            async with self._database.transaction() as connection:
                if await deletion.delete_expired(connection, tenant_id, older_than=older_than, limit=BATCH) < BATCH:
                    break
        async with self._database.connection() as connection:
            await jobs.enqueue(connection, tenant_id, "retention", key="tomorrow", due_at=datetime.now(UTC) + timedelta(days=1))
