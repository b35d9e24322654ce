"""What the tenant's custom analyses found in the conversations of a scope."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapport.analytics.filters import relation
from rapport.analytics.queries import Arguments
from rapport.domain.judging import RAISED
from rapport.domain.scope import Scope
from rapport.store.database import Connection


@dataclass(frozen=True, slots=True)
class Tally:
    """One custom analysis: its findings by status, and the latest that count, as (reference, reasoning, quotes, confidence)."""

    id: UUID
    name: str
    kind: str
    severity: int
    enabled: bool
    counts: dict[str, int]
    latest: list[tuple[str, str, list[str], float | None]]


async def tallies(connection: Connection, scope: Scope, *, kind: str | None, name: str | None, examples: int) -> list[Tally]:
    """Custom analyses of the scope's products, those with most that counts first: failed guardrails and expectations, found evidence.
    `name` is part of a name."""
    arguments = Arguments(scope.tenant_id)
    inside = relation(scope, arguments)
    kinds, named = arguments.add(kind), arguments.add(name)
    raised = " ".join(f"WHEN '{each}' THEN f.status = '{result}'" for each, (result, _) in RAISED.items())
    rows = await connection.fetch(
        f"""
        SELECT d.id, d.name, d.kind, d.severity, d.enabled,
               jsonb_object_agg(g.status, g.n) FILTER (WHERE g.status IS NOT NULL) AS counts, coalesce(sum(g.raised), 0) AS raised
        FROM custom_analysis d
        LEFT JOIN (
            SELECT f.custom_analysis_id, f.status, count(*) AS n, count(*) FILTER (WHERE CASE d.kind {raised} END) AS raised
            FROM finding f JOIN custom_analysis d ON d.tenant_id = $1 AND d.id = f.custom_analysis_id
            WHERE f.tenant_id = $1 AND f.conversation_id IN (SELECT c.id {inside}) GROUP BY 1, 2
        ) g ON g.custom_analysis_id = d.id
        WHERE d.tenant_id = $1 AND ({kinds}::text IS NULL OR d.kind = {kinds})
          AND ({named}::text IS NULL OR strpos(lower(d.name), lower({named})) > 0)
        GROUP BY d.tenant_id, d.id ORDER BY raised DESC, d.id LIMIT 50
        """,
        *arguments,
    )
    return [
        Tally(
            row["id"], row["name"], row["kind"], row["severity"], row["enabled"], row["counts"] or {},
            await _latest(connection, scope, row["id"], RAISED[row["kind"]][0], examples) if row["raised"] else [],
        )
        for row in rows
        if row["counts"] or not (scope.product_ids or scope.conversation_ids)
    ]  # fmt: skip


async def _latest(connection: Connection, scope: Scope, id: UUID, status: str, limit: int) -> list[tuple[Any, ...]]:
    arguments = Arguments(scope.tenant_id)
    inside = relation(scope, arguments, joins="JOIN finding f ON f.tenant_id = c.tenant_id AND f.conversation_id = c.id")
    rows = await connection.fetch(
        f"""
        SELECT coalesce(c.external_id, c.id::text) AS reference, f.reasoning, f.quotes, f.confidence
        {inside} AND f.custom_analysis_id = {arguments.add(id)} AND f.status = {arguments.add(status)}
        ORDER BY f.evaluated_at DESC LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    return [(row["reference"], row["reasoning"], [quote["text"] for quote in row["quotes"]], row["confidence"]) for row in rows]
