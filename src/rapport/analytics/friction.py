"""Where it sticks: root causes that one topic meets surely more often than all others, whether or not the conversations went badly.

A conversation in which nothing suitable was found may well end politely; only a few users say that they are unhappy. Each pair of root
cause and topic is one test (Fisher's), corrected for their number (Bonferroni), so that nothing is claimed of chance.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from rapport.analytics.examples import Example, examples
from rapport.analytics.filters import relation
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import SURE, Stratum, compare
from rapport.domain.scope import Scope
from rapport.store.database import Connection

LEAST_HITS = 5
LEAST_DIFFERENCE = 0.05
"""Conversations with the cause, and difference of shares, below which a place is not worth telling."""
MOST_PLACES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """`hits` of the `n` conversations about a topic met the root cause; `other_hits` of the `other_n` others."""

    cause: str
    topic: str
    hits: int
    n: int
    other_hits: int
    other_n: int
    p: float
    examples: tuple[Example, ...]


async def places(connection: Connection, scope: Scope) -> tuple[Place, ...]:
    """The surest first, each topic once."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"""
        WITH told AS (SELECT a.topic_id, a.root_cause {relation(scope, arguments)} AND a.topic_id IS NOT NULL),
             size AS (SELECT topic_id, count(*) AS n FROM told GROUP BY 1),
             cell AS (SELECT topic_id, root_cause, count(*) AS hits FROM told WHERE root_cause IS NOT NULL GROUP BY 1, 2)
        SELECT t.id, t.name, s.n, c.root_cause, c.hits, sum(c.hits) OVER (PARTITION BY c.root_cause) AS all_hits,
               (SELECT sum(n) FROM size) AS whole
        FROM cell c JOIN size s USING (topic_id) JOIN topic t ON t.tenant_id = $1 AND t.id = c.topic_id
        """,
        *arguments,
    )
    sure: dict[UUID, Place] = {}
    for row in rows:
        n, hits = row["n"], row["hits"]
        other_n, other_hits = int(row["whole"]) - n, int(row["all_hits"]) - hits
        found = compare([Stratum(n, hits, other_n, other_hits)])
        if found is None or hits < LEAST_HITS or found.difference < LEAST_DIFFERENCE or not found.sure or found.p >= SURE / len(rows):
            continue
        if row["id"] not in sure or found.p < sure[row["id"]].p:
            sure[row["id"]] = Place(row["root_cause"], row["name"], hits, n, other_hits, other_n, found.p, ())
    surest = sorted(sure.items(), key=lambda place: (place[1].p, place[1].topic))[:MOST_PLACES]
    return tuple([replace(place, examples=await _examples(connection, scope, topic, place.cause)) for topic, place in surest])


async def _examples(connection: Connection, scope: Scope, topic: UUID, cause: str) -> tuple[Example, ...]:
    inside = replace(scope, topic_ids=(topic,), root_causes=(cause,))
    return await examples(connection, inside, order="worst", limit=3, signal="root cause")


async def commonest(connection: Connection, scope: Scope) -> tuple[str, int, int] | None:
    """(root cause, conversations with it, conversations with any) of this scope; None where fewer than three have one."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"SELECT a.root_cause, count(*) AS n {relation(scope, arguments)} AND a.root_cause IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
        *arguments,
    )
    whole = sum(row["n"] for row in rows)
    return (rows[0]["root_cause"], rows[0]["n"], whole) if whole >= 3 else None
