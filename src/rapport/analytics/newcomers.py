"""Who had a first conversation in a period."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from rapport.analytics.dimensions import DIMENSIONS
from rapport.analytics.filters import local_time, relation
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.errors import Invalid
from rapport.store.database import Connection


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A user or an organization, and the day of the tenant's clock of their first conversation."""

    id: UUID
    name: str
    reference: str | None
    first: date


@dataclass(frozen=True, slots=True)
class Newcomers:
    """`total` came in the period, of `active` with a conversation in it; `found` are the latest of them."""

    total: int
    active: int
    found: tuple[Newcomer, ...]


async def newcomers(connection: Connection, scope: Scope, *, who: str = "user", limit: int = 10) -> Newcomers:
    """Users or organizations whose first conversation of all that the scope selects, whenever it was, lies in its period. Only what is
    logged counts: who was there before the first day of the log is new on it. Raises Invalid where the scope has no first day."""
    if scope.since is None:
        raise Invalid("Who is new is told for a period; give the day it begins as since.")
    arguments, dimension = Arguments(scope.tenant_id), DIMENSIONS[who]
    local = local_time(scope, arguments)
    since, most = arguments.add(scope.since), arguments.add(limit)
    source = relation(replace(scope, since=None), arguments)
    rows = await connection.fetch(
        f"""
        WITH g AS MATERIALIZED (
            SELECT {dimension.key} AS key, min({local})::date AS first, max({local})::date AS last
            {source} AND {dimension.key} IS NOT NULL GROUP BY 1
        )
        SELECT g.key AS id, g.first, {dimension.label} AS name, {dimension.reference} AS reference,
               (SELECT count(*) FROM g WHERE g.first >= {since}::date) AS total,
               (SELECT count(*) FROM g WHERE g.last >= {since}::date) AS active
        FROM g ORDER BY g.first DESC, name LIMIT {most}
        """,
        *arguments,
    )
    found = tuple(Newcomer(row["id"], row["name"], row["reference"], row["first"]) for row in rows if row["first"] >= scope.since)
    return Newcomers(rows[0]["total"], rows[0]["active"], found) if rows else Newcomers(0, 0, ())
