"""Exact rolling windows: one row per counted request, so that limits survive restarts and hold across processes."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapport.domain.ids import new_id
from rapport.store.database import Connection

LIMIT_LOCK = 72_303
"""Class of the advisory locks that make counting and taking one step, per tenant and bucket."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Use:
    """How a window stands after a request. `granted` False: it was not counted. `repeated`: it was counted before, under the same
    key, and cost nothing now. `frees_at` is when the oldest counted request leaves the window (or when enough of them have)."""

    granted: bool
    limit: int
    used: int
    frees_at: datetime
    retry_after_s: int
    repeated: bool = False

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


async def take(
    connection: Connection, tenant_id: int, bucket: str, *, limit: int, cost: int = 1, key: bytes | None = None, window: timedelta = HOUR
) -> Use:
    """Count `cost` against the window where it fits. A `key` that is still in the window is free. `cost` 0 asks whether anything
    is left and counts nothing. Call it inside a transaction: others wait at this bucket until it ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", LIMIT_LOCK, f"{tenant_id}/{bucket}")
    now = await connection.fetchval("SELECT clock_timestamp()")  # now() is the time of BEGIN, before the wait for the lock
    await connection.execute("DELETE FROM rate_use WHERE tenant_id = $1 AND bucket = $2 AND at <= $3", tenant_id, bucket, now - window)
    rows = await connection.fetch("SELECT at, cost, key FROM rate_use WHERE tenant_id = $1 AND bucket = $2 ORDER BY at", tenant_id, bucket)
    used = sum(row["cost"] for row in rows)
    repeated = key is not None and any(row["key"] == key for row in rows)
    granted = repeated or used + max(cost, 1) <= limit
    if granted and cost and not repeated:
        await _count(connection, tenant_id, bucket, now, cost, key)
        used += cost
    oldest = rows[0]["at"] if rows else now
    frees_at = oldest if granted else _enough_gone(rows, used + max(cost, 1) - limit, oldest)
    frees_at += window
    return Use(granted, limit, used, frees_at, max(1, math.ceil((frees_at - now).total_seconds())), repeated)


async def record(connection: Connection, tenant_id: int, bucket: str, cost: int) -> None:
    """Count a cost that is only known afterwards (tokens), whatever the limit."""
    if cost > 0:
        await _count(connection, tenant_id, bucket, await connection.fetchval("SELECT clock_timestamp()"), cost, None)


async def _count(connection: Connection, tenant_id: int, bucket: str, at: datetime, cost: int, key: bytes | None) -> None:
    await connection.execute(
        "INSERT INTO rate_use (tenant_id, bucket, at, id, cost, key) VALUES ($1, $2, $3, $4, $5, $6)",
        tenant_id, bucket, at, new_id(), cost, key,
    )  # fmt: skip


def _enough_gone(rows: list, excess: int, otherwise: datetime) -> datetime:
    """When so much of the oldest cost lies behind that the request would fit. A request over the whole limit waits for all."""
    for row in rows:
        excess -= row["cost"]
        if excess <= 0:
            return row["at"]
    return rows[-1]["at"] if rows else otherwise
