"""Rollups: counts and sums per day, so that a dashboard reads tens of rows instead of a million.

An analysis contributes to the day of its conversation, once for the tenant and once for each thing it belongs to (ENTITIES).
A re-analysis adds new minus old. Scores are kept as multiples of 2**-20, which a `real` column holds exactly up to 8 and a
double adds exactly up to 2**32 times: sums depend on no order, parts add up to the whole to the last bit, and what was
added and taken away leaves nothing. `rebuild` makes the same tables from `analysis` alone; a property test compares the two.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from rapport.domain.analysis import level_label, sentiment_label
from rapport.store.database import Connection

WHOLE_TENANT = UUID(int=0)
ENTITIES = {"product": "product_id", "organization": "organization_id", "model": "model_id", "prompt": "prompt_id"}
TERMLESS = frozenset({"model", "prompt"})
"""Their answers show no topics and keywords; keeping those would double the writes."""

FLAG_COUNTERS = {
    "jailbreak": "jailbreak_detected", "hallucination": "hallucination_detected", "user_toxicity": "user_toxicity_detected",
    "model_toxicity": "model_toxicity_detected", "user_bias": "user_bias_detected", "model_bias": "model_bias_detected",
    "missing_capability": "missing_capability_detected",
}  # fmt: skip
COUNTERS = (
    "conversations", "messages", "sentiment_n", "sentiment_sum", "change_n", "change_sum", "struggle_n", "frustration_sum", "struggle_sum",
    "commercial_sum", "quality_n", "quality_sum", "satisfaction_sum", "friction_sum", "growth_sum", "safety_sum", "rating_n", "rating_sum",
    *FLAG_COUNTERS,
)  # fmt: skip
LONGEST_TERM = 200  # characters; an index entry must stay under 2,700 bytes

DayKey = tuple[str, UUID, date]
TermKey = tuple[str, UUID, str, date, str]


def exact(score: float | None) -> float | None:
    """The nearest multiple of 2**-20: an error of 5e-7, for sums without any."""
    return None if score is None else round(score * 1048576) / 1048576


def _counters(row: Mapping[str, Any]) -> list[float]:
    def count(name: str) -> int:
        return int(row[name] is not None)

    def value(name: str) -> float:
        return row[name] or 0.0

    numbers = [
        1, row["message_count"], count("sentiment"), value("sentiment"), count("sentiment_change"), value("sentiment_change"),
        count("struggle"), value("frustration"), value("struggle"), value("commercial_intent"),
        count("quality_index"), value("quality_index"), value("satisfaction"), value("friction"), value("growth"), value("safety"),
        count("rating_score"), value("rating_score"),
    ]  # fmt: skip
    return numbers + [int(flag in row["flags"]) for flag in FLAG_COUNTERS.values()]


def _terms(row: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(term kind, term, n) of what can be counted in this analysis."""
    for kind, name in (("topic", "topic_id"), ("topic_group", "topic_group_id"), ("emotion", "emotion"), ("root_cause", "root_cause")):
        if row[name] is not None:
            yield kind, str(row[name]), 1
    for keyword in set(row["keywords"]):
        yield "keyword", keyword, 1
    if row["sentiment"] is not None:
        yield "sentiment", sentiment_label(row["sentiment"]), 1
    for kind in ("frustration", "struggle"):
        if row[kind] is not None:
            yield kind, level_label(row[kind]), 1
    if row["rating_score"] is not None:
        yield "rating", str(int(row["rating_score"] + 0.5)), 1
    if row["quality_index"] is not None:
        yield "quality", str(min(9, int(row["quality_index"] * 10))), 1
    for name, calls, failures in row["tools"]:
        yield "tool", name, calls
        yield "tool_failure", name, failures


@dataclass(slots=True)
class Deltas:
    """What a batch changes, added up in memory: one write per row that changes."""

    days: dict[DayKey, list[float]] = field(default_factory=dict)
    terms: Counter[TermKey] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any], sign: int) -> None:
        """Fold one row of `analysis` in (sign 1) or out (-1)."""
        numbers, terms = _counters(row), list(_terms(row))
        owners = [("tenant", WHOLE_TENANT), *((kind, row[column]) for kind, column in ENTITIES.items() if row[column] is not None)]
        for kind, entity_id in owners:
            sums = self.days.setdefault((kind, entity_id, row["day"]), [0] * len(COUNTERS))
            for i, number in enumerate(numbers):
                sums[i] += sign * number
            if kind not in TERMLESS:
                for term_kind, term, n in terms:
                    self.terms[kind, entity_id, term_kind, row["day"], term[:LONGEST_TERM]] += sign * n


async def apply(connection: Connection, tenant_id: int, deltas: Deltas) -> None:
    """Add a batch's deltas. Keys are written in sorted order, so that two workers of one tenant wait for each other in line
    and never in a circle."""
    days = sorted((key, sums) for key, sums in deltas.days.items() if any(sums))
    terms = sorted((key, n) for key, n in deltas.terms.items() if n)
    if days:
        columns = list(zip(*(sums for _, sums in days), strict=True))
        await connection.execute(ADD_DAYS, tenant_id, *_split(key for key, _ in days), *map(list, columns))
    if terms:
        await connection.execute(ADD_TERMS, tenant_id, *_split(key for key, _ in terms), [n for _, n in terms])
    emptied_days = [key for key, sums in days if sums[0] < 0]
    emptied_terms = [key for key, n in terms if n < 0]
    if emptied_days:
        await connection.execute(DROP_EMPTY_DAYS, tenant_id, *_split(emptied_days))
    if emptied_terms:
        await connection.execute(DROP_EMPTY_TERMS, tenant_id, *_split(emptied_terms))


def _split(keys: Any) -> list[list]:
    return [list(column) for column in zip(*keys, strict=True)]


_COLUMNS = ", ".join(COUNTERS)
_ARRAYS = ", ".join(f"${i + 5}::{'float8' if name.endswith('_sum') else 'int'}[]" for i, name in enumerate(COUNTERS))

ADD_DAYS = f"""
    INSERT INTO rollup_day (tenant_id, kind, entity_id, day, {_COLUMNS})
    SELECT $1, d.* FROM unnest($2::text[], $3::uuid[], $4::date[], {_ARRAYS}) AS d (kind, entity_id, day, {_COLUMNS})
    ON CONFLICT (tenant_id, kind, entity_id, day) DO UPDATE
    SET {", ".join(f"{name} = rollup_day.{name} + excluded.{name}" for name in COUNTERS)}
"""

ADD_TERMS = """
    INSERT INTO rollup_term_day (tenant_id, kind, entity_id, term_kind, day, term, n)
    SELECT $1, d.* FROM unnest($2::text[], $3::uuid[], $4::text[], $5::date[], $6::text[], $7::int[]) AS d
    ON CONFLICT (tenant_id, kind, entity_id, term_kind, day, term) DO UPDATE SET n = rollup_term_day.n + excluded.n
"""

DROP_EMPTY_DAYS = """
    DELETE FROM rollup_day r USING unnest($2::text[], $3::uuid[], $4::date[]) AS k (kind, entity_id, day)
    WHERE r.tenant_id = $1 AND r.kind = k.kind AND r.entity_id = k.entity_id AND r.day = k.day AND r.conversations = 0
"""

DROP_EMPTY_TERMS = """
    DELETE FROM rollup_term_day r
    USING unnest($2::text[], $3::uuid[], $4::text[], $5::date[], $6::text[]) AS k (kind, entity_id, term_kind, day, term)
    WHERE r.tenant_id = $1 AND r.kind = k.kind AND r.entity_id = k.entity_id AND r.term_kind = k.term_kind AND r.day = k.day
      AND r.term = k.term AND r.n = 0
"""


async def conversations(connection: Connection, tenant_id: int) -> int:
    """How many conversations of the tenant are analysed."""
    return await connection.fetchval(
        "SELECT coalesce(sum(conversations), 0)::int FROM rollup_day WHERE tenant_id = $1 AND kind = 'tenant' AND entity_id = $2",
        tenant_id, WHOLE_TENANT,
    )  # fmt: skip


async def rebuild(connection: Connection, tenant_id: int) -> None:
    """Make the tenant's rollups anew from its analyses, with days cut in its present time zone. Holds the tenant's analyses
    back for as long as it takes (1.5 s per 100,000 conversations); running it twice changes nothing. Call inside a transaction."""
    time_zone = await connection.fetchval("SELECT time_zone FROM tenant WHERE id = $1 FOR UPDATE", tenant_id)
    await connection.execute(
        """
        UPDATE analysis SET day = (created_at AT TIME ZONE $2)::date
        WHERE tenant_id = $1 AND day <> (created_at AT TIME ZONE $2)::date
        """,
        tenant_id, time_zone,
    )  # fmt: skip
    await connection.execute("DELETE FROM rollup_day WHERE tenant_id = $1 AND kind <> 'segment'", tenant_id)
    await connection.execute("DELETE FROM rollup_term_day WHERE tenant_id = $1 AND kind <> 'segment'", tenant_id)
    await connection.execute(REBUILD_DAYS, tenant_id, WHOLE_TENANT)
    await connection.execute(REBUILD_TERMS, tenant_id, WHOLE_TENANT, LONGEST_TERM)


_OWNERS = """
    (VALUES ('tenant', $2::uuid), ('product', a.product_id), ('organization', a.organization_id), ('model', a.model_id),
            ('prompt', a.prompt_id)) AS k (kind, entity_id)
"""

AGGREGATES = f"""
    count(*) AS conversations, coalesce(sum(a.message_count), 0) AS messages,
    count(a.sentiment) AS sentiment_n, coalesce(sum(a.sentiment::float8), 0) AS sentiment_sum,
    count(a.sentiment_change) AS change_n, coalesce(sum(a.sentiment_change::float8), 0) AS change_sum,
    count(a.struggle) AS struggle_n, coalesce(sum(a.frustration::float8), 0) AS frustration_sum,
    coalesce(sum(a.struggle::float8), 0) AS struggle_sum, coalesce(sum(a.commercial_intent::float8), 0) AS commercial_sum,
    count(a.quality_index) AS quality_n, coalesce(sum(a.quality_index::float8), 0) AS quality_sum,
    coalesce(sum(a.satisfaction::float8), 0) AS satisfaction_sum, coalesce(sum(a.friction::float8), 0) AS friction_sum,
    coalesce(sum(a.growth::float8), 0) AS growth_sum, coalesce(sum(a.safety::float8), 0) AS safety_sum,
    count(a.rating_score) AS rating_n, coalesce(sum(a.rating_score::float8), 0) AS rating_sum,
    {", ".join(f"count(*) FILTER (WHERE '{flag}' = ANY (a.flags)) AS {name}" for name, flag in FLAG_COUNTERS.items())}
"""
"""COUNTERS over rows of `analysis a`, in their order."""

REBUILD_DAYS = f"""
    INSERT INTO rollup_day (tenant_id, kind, entity_id, day, {_COLUMNS})
    SELECT $1, k.kind, k.entity_id, a.day, {AGGREGATES}
    FROM analysis a CROSS JOIN LATERAL {_OWNERS}
    WHERE a.tenant_id = $1 AND k.entity_id IS NOT NULL
    GROUP BY k.kind, k.entity_id, a.day
"""

REBUILD_TERMS = f"""
    INSERT INTO rollup_term_day (tenant_id, kind, entity_id, term_kind, day, term, n)
    SELECT $1, k.kind, k.entity_id, t.kind, a.day, left(t.term, $3), sum(t.n)
    FROM analysis a
    CROSS JOIN LATERAL {_OWNERS}
    CROSS JOIN LATERAL (
        SELECT v.kind, v.term, 1 AS n FROM (VALUES
            ('topic', a.topic_id::text), ('topic_group', a.topic_group_id::text), ('emotion', a.emotion), ('root_cause', a.root_cause),
            ('sentiment', CASE WHEN a.sentiment::float8 <= -0.2 THEN 'negative' WHEN a.sentiment::float8 >= 0.2 THEN 'positive'
                               WHEN a.sentiment IS NOT NULL THEN 'neutral' END),
            ('frustration', CASE WHEN a.frustration::float8 < 0.3 THEN 'low' WHEN a.frustration::float8 < 0.6 THEN 'moderate'
                                 WHEN a.frustration IS NOT NULL THEN 'high' END),
            ('struggle', CASE WHEN a.struggle::float8 < 0.3 THEN 'low' WHEN a.struggle::float8 < 0.6 THEN 'moderate'
                              WHEN a.struggle IS NOT NULL THEN 'high' END),
            ('rating', floor(a.rating_score::float8 + 0.5)::int::text),
            ('quality', CASE WHEN a.quality_index IS NOT NULL THEN least(9, floor(a.quality_index::float8 * 10)::int)::text END)
        ) AS v (kind, term) WHERE v.term IS NOT NULL
        UNION ALL
        SELECT DISTINCT 'keyword', keyword, 1 FROM unnest(a.keywords) AS keyword
        UNION ALL
        SELECT u.kind, tool ->> 0, (tool ->> u.place)::int
        FROM jsonb_array_elements(a.tools) AS tool, (VALUES ('tool', 1), ('tool_failure', 2)) AS u (kind, place)
    ) AS t
    WHERE a.tenant_id = $1 AND k.entity_id IS NOT NULL AND k.kind NOT IN ('model', 'prompt')
    GROUP BY k.kind, k.entity_id, t.kind, a.day, left(t.term, $3)
    HAVING sum(t.n) <> 0
"""
