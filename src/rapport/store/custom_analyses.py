"""Custom analyses: questions in plain words that are put to every conversation with a product."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.domain.judging import CustomAnalysis, Plan
from rapport.errors import NotFound
from rapport.store.database import Connection

COLUMNS = "id, product_id, name, kind, instruction, severity, enabled, created_at, updated_at"
EDITABLE = ("name", "instruction", "severity", "enabled")


async def create(
    connection: Connection, tenant_id: int, product_id: UUID, *, name: str, kind: str, instruction: str, severity: int, enabled: bool
) -> CustomAnalysis:
    """A new custom analysis of a product of the tenant."""
    row = await connection.fetchrow(
        f"""
        INSERT INTO custom_analysis (tenant_id, id, product_id, name, kind, instruction, severity, enabled)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}
        """,
        tenant_id, new_id(), product_id, name, kind, instruction, severity, enabled,
    )  # fmt: skip
    return CustomAnalysis(**row)  # type: ignore[arg-type]


async def get(connection: Connection, tenant_id: int, custom_analysis_id: UUID) -> CustomAnalysis:
    """Raises NotFound."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM custom_analysis WHERE tenant_id = $1 AND id = $2", tenant_id, custom_analysis_id
    )
    if row is None:
        raise NotFound(f"There is no custom analysis {custom_analysis_id}; GET /api/admin/v1/custom-analyses lists them.")
    return CustomAnalysis(**row)


async def list_(
    connection: Connection, tenant_id: int, *, product_id: UUID | None = None, limit: int, offset: int
) -> tuple[list[CustomAnalysis], int]:
    """(one page, oldest first; how many there are)."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM custom_analysis WHERE tenant_id = $1 AND ($2::uuid IS NULL OR product_id = $2)
        ORDER BY id LIMIT $3 OFFSET $4
        """,
        tenant_id, product_id, limit, offset,
    )  # fmt: skip
    total = await connection.fetchval(
        "SELECT count(*) FROM custom_analysis WHERE tenant_id = $1 AND ($2::uuid IS NULL OR product_id = $2)", tenant_id, product_id
    )
    return [CustomAnalysis(**row) for row in rows], total


async def all_of(connection: Connection, tenant_id: int, ids: Collection[UUID]) -> list[CustomAnalysis]:
    """Those of these ids that there are, the oldest first."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM custom_analysis WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id", tenant_id, list(ids)
    )
    return [CustomAnalysis(**row) for row in rows]


async def update(connection: Connection, tenant_id: int, custom_analysis_id: UUID, changes: Mapping[str, Any]) -> CustomAnalysis:
    """Changes only what is given. Raises NotFound. Call inside a transaction."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    assignments = "".join(f", {name} = ${n}" for n, name in enumerate(columns, start=3))
    await connection.execute(
        f"UPDATE custom_analysis SET updated_at = now(){assignments} WHERE tenant_id = $1 AND id = $2",
        tenant_id, custom_analysis_id, *columns.values(),
    )  # fmt: skip
    await _look_again(connection, tenant_id, custom_analysis_id)
    return await get(connection, tenant_id, custom_analysis_id)


async def remove(connection: Connection, tenant_id: int, custom_analysis_id: UUID) -> None:
    """Forget it and all it found. Raises NotFound. Call inside a transaction."""
    gone = await connection.fetchval(
        "DELETE FROM custom_analysis WHERE tenant_id = $1 AND id = $2 RETURNING true", tenant_id, custom_analysis_id
    )
    if not gone:
        raise NotFound(f"There is no custom analysis {custom_analysis_id}; GET /api/admin/v1/custom-analyses lists them.")
    await _look_again(connection, tenant_id, custom_analysis_id)
    await connection.execute("DELETE FROM finding WHERE tenant_id = $1 AND custom_analysis_id = $2", tenant_id, custom_analysis_id)


async def _look_again(connection: Connection, tenant_id: int, custom_analysis_id: UUID) -> None:
    """The analyses of conversations that it put into the inbox count as new, so that the next refresh of the inbox looks at them."""
    await connection.execute(
        """
        UPDATE analysis SET analysed_at = now() WHERE tenant_id = $1 AND conversation_id IN (
            SELECT conversation_id FROM finding WHERE tenant_id = $1 AND custom_analysis_id = $2 AND status = 'fail')
        """,
        tenant_id, custom_analysis_id,
    )  # fmt: skip


async def plans(connection: Connection, tenant_id: int, product_ids: Sequence[UUID]) -> dict[UUID, Plan]:
    """What these products want a language model for; those that want it for nothing are absent."""
    settings = await connection.fetch(
        """
        SELECT id, coalesce(settings ->> 'analysis_mode', 'embedded') AS mode, (settings ->> 'analysis_tokens_per_day')::bigint AS tokens
        FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])
        """,
        tenant_id, product_ids,
    )  # fmt: skip
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM custom_analysis WHERE tenant_id = $1 AND product_id = ANY($2::uuid[]) AND enabled ORDER BY id",
        tenant_id, product_ids,
    )  # fmt: skip
    enabled = [CustomAnalysis(**row) for row in rows]
    found = {}
    for row in settings:
        custom = tuple(one for one in enabled if one.product_id == row["id"])
        if custom or row["mode"] != "embedded":
            found[row["id"]] = Plan(row["id"], row["mode"], row["tokens"], custom)
    return found
