"""The numbers of a dashboard: sums from rollups (0.1-1 ms at ten million messages), or, for users and filtered scopes, from rows.

Both ways give the same Totals: counts and sums of the same conversations, so any average is a sum over its own count and the
parts of a whole add up to it. Only analysed conversations count, so the last seconds are missing while the queue is worked off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from rapport.analytics.filters import relation
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.store.database import Connection
from rapport.store.rollups import AGGREGATES, COUNTERS, WHOLE_TENANT

__all__ = ["WHOLE_TENANT", "Entity", "Terms", "Totals"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts and sums over conversations; the columns of rollup_day. Averages are None where nothing was measured."""

    conversations: int = 0
    messages: int = 0
    sentiment_n: int = 0
    sentiment_sum: float = 0
    change_n: int = 0
    change_sum: float = 0
    struggle_n: int = 0
    frustration_sum: float = 0
    struggle_sum: float = 0
    commercial_sum: float = 0
    quality_n: int = 0
    quality_sum: float = 0
    satisfaction_sum: float = 0
    friction_sum: float = 0
    growth_sum: float = 0
    safety_sum: float = 0
    rating_n: int = 0
    rating_sum: float = 0
    jailbreak: int = 0
    hallucination: int = 0
    user_toxicity: int = 0
    model_toxicity: int = 0
    user_bias: int = 0
    model_bias: int = 0
    missing_capability: int = 0

    @property
    def sentiment(self) -> float | None:
        return _mean(self.sentiment_sum, self.sentiment_n)

    @property
    def change(self) -> float | None:
        return _mean(self.change_sum, self.change_n)

    @property
    def frustration(self) -> float | None:
        return _mean(self.frustration_sum, self.struggle_n)

    @property
    def struggle(self) -> float | None:
        return _mean(self.struggle_sum, self.struggle_n)

    @property
    def commercial(self) -> float | None:
        return _mean(self.commercial_sum, self.struggle_n)

    @property
    def quality(self) -> float | None:
        return _mean(self.quality_sum, self.quality_n)

    @property
    def rating(self) -> float | None:
        return _mean(self.rating_sum, self.rating_n)

    @property
    def pillars(self) -> dict[str, float] | None:
        """Mean of each pillar, 0..1, higher is better for all four."""
        if not self.quality_n:
            return None
        sums = {"friction": self.friction_sum, "growth": self.growth_sum, "safety": self.safety_sum, "satisfaction": self.satisfaction_sum}
        return {name: round(total / self.quality_n, DIGITS) for name, total in sums.items()}

    def minus(self, other: "Totals") -> "Totals":
        """Everyone else: these conversations without those of `other`, which are among them."""
        return Totals(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


DIGITS = 6
"""Decimal places of averages on the wire: scores are kept to 2**-20, more digits would say nothing."""


def _mean(total: float, n: int) -> float | None:
    return round(total / n, DIGITS) if n else None


@dataclass(frozen=True, slots=True)
class Entity:
    """What rollups are kept for: kind tenant, product, organization, model or prompt. Days in the tenant's zone, both included."""

    tenant_id: int
    kind: str
    id: UUID
    since: date | None = None
    until: date | None = None

    @property
    def _key(self) -> tuple[Any, ...]:
        return (self.tenant_id, self.kind, self.id, self.since or date.min, self.until or date.max)


IN_RANGE = "tenant_id = $1 AND kind = $2 AND entity_id = $3 AND day BETWEEN $4 AND $5"
SUMS = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in COUNTERS)


async def of_entity(connection: Connection, entity: Entity) -> Totals:
    """The totals of a product, organization, model, prompt or the whole tenant, from its rollups."""
    row = await connection.fetchrow(f"SELECT {SUMS} FROM rollup_day WHERE {IN_RANGE}", *entity._key)
    return _totals(row)


async def by_day(connection: Connection, entity: Entity) -> dict[date, Totals]:
    """The totals of each day that has any, oldest first."""
    rows = await connection.fetch(f"SELECT day, {', '.join(COUNTERS)} FROM rollup_day WHERE {IN_RANGE} ORDER BY day", *entity._key)
    return {row["day"]: _totals(row) for row in rows}


async def of_scope(connection: Connection, scope: Scope) -> Totals:
    """The totals of any scope, from the rows themselves."""
    arguments = Arguments(scope.tenant_id)
    analysed = replace(scope, predicates=(*scope.predicates, "analysed"))
    return _totals(await connection.fetchrow(f"SELECT {AGGREGATES} {relation(analysed, arguments)}", *arguments))


async def scope_by_day(connection: Connection, scope: Scope) -> dict[date, Totals]:
    """The totals of each day of any scope that has any, oldest first."""
    arguments = Arguments(scope.tenant_id)
    analysed = replace(scope, predicates=(*scope.predicates, "analysed"))
    rows = await connection.fetch(f"SELECT a.day, {AGGREGATES} {relation(analysed, arguments)} GROUP BY a.day ORDER BY a.day", *arguments)
    return {row["day"]: _totals(row) for row in rows}


async def any_conversation(connection: Connection, scope: Scope) -> bool:
    """Whether the scope holds a conversation, analysed or not."""
    arguments = Arguments(scope.tenant_id)
    return bool(await connection.fetchval(f"SELECT true {relation(scope, arguments)} LIMIT 1", *arguments))


def _totals(row: Any) -> Totals:
    return Totals(*(row[name] for name in COUNTERS))


# Terms: topics, keywords and distributions -----------------------------------------------------------------------------

Terms = Mapping[str, Sequence[tuple[str, int]]]
"""Term kind -> (term, n), the most frequent first. Topics and topic groups by name."""

DISTRIBUTIONS = {
    "sentiment": ("negative", "neutral", "positive"),
    "frustration": ("low", "moderate", "high"),
    "struggle": ("low", "moderate", "high"),
    "rating": ("1", "2", "3", "4", "5"),
    "quality": tuple("0123456789"),
}
"""Term kinds whose terms are a fixed scale. `quality` has ten bins of 0.1; the last one holds 1.0."""


async def terms_of_entity(connection: Connection, entity: Entity, kinds: Sequence[str], *, limit: int = 20) -> Terms:
    """The most frequent terms of each of these kinds, from rollups."""
    rows = await connection.fetch(
        f"""
        SELECT r.term_kind, coalesce(t.name, g.name, r.term) AS name, r.n
        FROM (
            SELECT term_kind, term, sum(n) AS n, row_number() OVER (PARTITION BY term_kind ORDER BY sum(n) DESC, term) AS place
            FROM rollup_term_day WHERE {IN_RANGE} AND term_kind = ANY($6::text[]) GROUP BY term_kind, term
        ) r
        LEFT JOIN topic t ON r.term_kind = 'topic' AND t.tenant_id = $1 AND t.id::text = r.term
        LEFT JOIN topic_group g ON r.term_kind = 'topic_group' AND g.tenant_id = $1 AND g.id::text = r.term
        WHERE r.place <= $7 AND r.n > 0 ORDER BY r.n DESC, name
        """,
        *entity._key, list(kinds), limit,
    )  # fmt: skip
    return _grouped(rows, kinds)


SCOPE_TERMS = {
    "topic": "SELECT t.name FROM topic t WHERE t.tenant_id = $1 AND t.id = a.topic_id",
    "topic_group": "SELECT g.name FROM topic_group g WHERE g.tenant_id = $1 AND g.id = a.topic_group_id",
    "keyword": "SELECT DISTINCT k FROM unnest(a.keywords) AS k",
    "sentiment": "SELECT CASE WHEN a.sentiment <= -0.2 THEN 'negative' WHEN a.sentiment >= 0.2 THEN 'positive' ELSE 'neutral' END"
    " WHERE a.sentiment IS NOT NULL",
    "frustration": "SELECT CASE WHEN a.frustration < 0.3 THEN 'low' WHEN a.frustration < 0.6 THEN 'moderate' ELSE 'high' END"
    " WHERE a.frustration IS NOT NULL",
    "struggle": "SELECT CASE WHEN a.struggle < 0.3 THEN 'low' WHEN a.struggle < 0.6 THEN 'moderate' ELSE 'high' END"
    " WHERE a.struggle IS NOT NULL",
    "rating": "SELECT floor(a.rating_score::float8 + 0.5)::int::text WHERE a.rating_score IS NOT NULL",
    "quality": "SELECT least(9, floor(a.quality_index::float8 * 10)::int)::text WHERE a.quality_index IS NOT NULL",
}
"""Term kind -> SQL of the terms of one row of `analysis a`; the same as rollups hold."""


async def terms_of_scope(connection: Connection, scope: Scope, kinds: Sequence[str], *, limit: int = 20) -> Terms:
    """The most frequent terms of each of these kinds, from rows."""
    arguments = Arguments(scope.tenant_id)
    sources = " UNION ALL ".join(f"SELECT '{kind}' AS kind, term.* FROM ({SCOPE_TERMS[kind]}) AS term (name)" for kind in kinds)
    found = relation(scope, arguments, joins=f"CROSS JOIN LATERAL ({sources}) AS t")
    rows = await connection.fetch(
        f"""
        SELECT term_kind, name, n FROM (
            SELECT t.kind AS term_kind, t.name, count(*) AS n,
                   row_number() OVER (PARTITION BY t.kind ORDER BY count(*) DESC, t.name) AS place
            {found} GROUP BY t.kind, t.name
        ) ranked
        WHERE place <= {arguments.add(limit)} ORDER BY n DESC, name
        """,
        *arguments,
    )
    return _grouped(rows, kinds)


def _grouped(rows: Sequence[Any], kinds: Sequence[str]) -> Terms:
    found: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
    for row in rows:  # topics of the same name (one retired) are one
        found[row["term_kind"]][row["name"]] = found[row["term_kind"]].get(row["name"], 0) + row["n"]
    return {kind: sorted(terms.items(), key=lambda term: (-term[1], term[0])) for kind, terms in found.items()}


def distributions(terms: Terms) -> dict[str, dict[str, int]]:
    """Conversations by label or bin, also those that none is in; each sums to the number of measured conversations."""
    return {kind: {label: dict(terms.get(kind, ())).get(label, 0) for label in labels} for kind, labels in DISTRIBUTIONS.items()}
