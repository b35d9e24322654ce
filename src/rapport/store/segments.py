"""Segments and their members. Who belongs is computed from SQL that analytics.segments makes of the rules."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.ids import new_id, parse_id, stable_id
from rapport.domain.segment import PRESETS, Segment
from rapport.errors import Forbidden, NotFound, SegmentQuotaReached
from rapport.store.database import Connection

COLUMNS = (
    "id, type, name, filters, created_at, updated_at, preset_id, description, icon, is_favorited, created_by, member_count, refreshed_at"
)
QUOTA_LOCK = 72_340


def _segment(row: asyncpg.Record) -> Segment:
    return Segment(**row)


async def ensure_presets(connection: Connection, tenant_id: int) -> bool:
    """Gives the tenant the stock segments; whether any was missing."""
    known = await connection.fetchval("SELECT count(*) FROM segment WHERE tenant_id = $1 AND type = 'system'", tenant_id)
    if known >= len(PRESETS):
        return False
    await connection.executemany(
        """
        INSERT INTO segment (tenant_id, id, preset_id, type, name, description, icon, filters)
        VALUES ($1, $2, $3, 'system', $4, $5, $6, $7) ON CONFLICT (tenant_id, preset_id) DO NOTHING
        """,
        [(tenant_id, stable_id("segment", tenant_id, p.preset_id), p.preset_id, p.name, p.description, p.icon, p.filters) for p in PRESETS],
    )
    return True


async def create(
    connection: Connection, tenant_id: int, *, name: str, description: str | None, icon: str | None, filters: Mapping[str, Any],
    created_by: UUID | None, limit: int | None, segment_id: UUID | None = None,
) -> Segment:  # fmt: skip
    """A new segment, still without members. Raises SegmentQuotaReached where the tenant has `limit` custom ones already."""
    if limit is not None:
        await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", QUOTA_LOCK, tenant_id)
        used = await connection.fetchval("SELECT count(*) FROM segment WHERE tenant_id = $1 AND type = 'custom'", tenant_id)
        if used >= limit:
            raise SegmentQuotaReached(
                f"This plan has {limit} custom segments (maxCustomSegments), and {used} are used; delete one, or change the plan.",
                details=({"limit": limit, "current": used},),
            )
    row = await connection.fetchrow(
        f"""
        INSERT INTO segment (tenant_id, id, name, description, icon, filters, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING {COLUMNS}
        """,
        tenant_id, segment_id or new_id(), name, description, icon, filters, created_by,
    )  # fmt: skip
    assert row
    return _segment(row)


async def get(connection: Connection, tenant_id: int, reference: str) -> Segment:
    """By id, preset id or name. Raises NotFound."""
    row = await connection.fetchrow(
        f"""
        SELECT {COLUMNS} FROM segment
        WHERE tenant_id = $1 AND (id = $2 OR preset_id = $3 OR lower(name) = lower($3))
        ORDER BY id = $2 DESC NULLS LAST, preset_id = $3 DESC NULLS LAST, created_at LIMIT 1
        """,
        tenant_id, parse_id(reference), reference,
    )  # fmt: skip
    if row is None:
        raise NotFound(f"There is no segment {reference[:80]!r}; GET /segments lists them.")
    return _segment(row)


async def list_(connection: Connection, tenant_id: int, *, limit: int, offset: int) -> tuple[list[Segment], int]:
    """(segments, total): the stock ones first, then by name."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM segment WHERE tenant_id = $1 ORDER BY type DESC, name, id LIMIT $2 OFFSET $3", tenant_id, limit, offset
    )
    return [_segment(row) for row in rows], await connection.fetchval("SELECT count(*) FROM segment WHERE tenant_id = $1", tenant_id)


async def of_user(connection: Connection, tenant_id: int, user_id: UUID) -> list[Segment]:
    """The segments that a user is in, by name."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM segment s
        WHERE tenant_id = $1 AND id IN (SELECT segment_id FROM segment_user WHERE tenant_id = $1 AND user_id = $2) ORDER BY name, id
        """,
        tenant_id, user_id,
    )  # fmt: skip
    return [_segment(row) for row in rows]


async def change(connection: Connection, tenant_id: int, segment_id: UUID, *, is_favorited: bool) -> None:
    """Stars or unstars a segment."""
    await connection.execute(
        "UPDATE segment SET is_favorited = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2", tenant_id, segment_id, is_favorited
    )


async def delete(connection: Connection, tenant_id: int, segment_id: UUID) -> None:
    """Removes a custom segment. Raises Forbidden for a stock one."""
    gone = await connection.fetchval(
        "DELETE FROM segment WHERE tenant_id = $1 AND id = $2 AND type = 'custom' RETURNING id", tenant_id, segment_id
    )
    if gone is None:
        raise Forbidden("Stock segments cannot be deleted.")
    await connection.execute("DELETE FROM segment_user WHERE tenant_id = $1 AND segment_id = $2", tenant_id, segment_id)


async def refresh(connection: Connection, tenant_id: int, segment_id: UUID, *, members: str, arguments: Sequence[Any]) -> int:
    """Recomputes who is in the segment; how many. `members` is SQL that gives user_id, with `arguments`. Call inside a transaction."""
    place = len(arguments) + 1
    await connection.execute(
        f"DELETE FROM segment_user WHERE tenant_id = $1 AND segment_id = ${place} AND user_id NOT IN ({members})", *arguments, segment_id
    )
    await connection.execute(
        f"""
        INSERT INTO segment_user (tenant_id, segment_id, user_id)
        SELECT $1, ${place}, m.user_id FROM ({members}) m ON CONFLICT DO NOTHING
        """,
        *arguments, segment_id,
    )  # fmt: skip
    return await connection.fetchval(
        """
        UPDATE segment SET refreshed_at = now(),
            member_count = (SELECT count(*) FROM segment_user WHERE tenant_id = $1 AND segment_id = $2)
        WHERE tenant_id = $1 AND id = $2 RETURNING member_count
        """,
        tenant_id, segment_id,
    )  # fmt: skip
