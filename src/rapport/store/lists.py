"""One way to read a page of a list that is ordered by (created_at, id), newest first.

A page by number skips rows in the index alone and fetches only the rows that are shown; a page by cursor starts right
behind the last row of the page before, at the same price at any depth.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.store.database import Connection


class Conditions:
    """`AND` conditions with their parameters. `$?` stands for the next parameter."""

    def __init__(self, *always: tuple[str, Any]):
        self.sql: list[str] = []
        self.values: list[Any] = []
        for condition, value in always:
            self.add(condition, value)

    def add(self, condition: str, value: Any) -> None:
        self.values.append(value)
        self.sql.append(condition.replace("$?", f"${len(self.values)}"))

    def __str__(self) -> str:
        return " AND ".join(self.sql)


async def newest(
    connection: Connection, *, select: str, table: str, alias: str, conditions: Conditions, limit: int, offset: int,
    after: Sequence[Any] | None,
) -> tuple[list[asyncpg.Record], int]:  # fmt: skip
    """(rows of one page, number of all rows). `select` is a statement up to its FROM and JOINs, in which the rows of `table` are
    called `alias`; the conditions are about `alias` alone and begin with its tenant. `after` is [created_at, id]."""
    counted, values = str(conditions), list(conditions.values)
    if after is not None:
        at, last = after
        conditions.add(f"({alias}.created_at, {alias}.id) < ($?::timestamptz, ${len(conditions.values) + 2}::uuid)", _time(at))
        conditions.values.append(UUID(str(last)))
    rows = await connection.fetch(
        f"""
        WITH page AS MATERIALIZED (
            SELECT {alias}.id FROM {table} {alias} WHERE {conditions}
            ORDER BY {alias}.created_at DESC, {alias}.id DESC LIMIT {int(limit)} OFFSET {int(offset)}
        )
        {select} WHERE {alias}.tenant_id = $1 AND {alias}.id IN (SELECT id FROM page)
        ORDER BY {alias}.created_at DESC, {alias}.id DESC
        """,
        *conditions.values,
    )
    if after is None and len(rows) < limit and (rows or offset == 0):
        return rows, offset + len(rows)
    return rows, await connection.fetchval(f"SELECT count(*) FROM {table} {alias} WHERE {counted}", *values)


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def contains(text: str) -> str:
    """A pattern for ILIKE that finds the text literally."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
