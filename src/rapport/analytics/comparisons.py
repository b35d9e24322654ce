"""A model beside the other models: where it does worse or better than its alternatives, by how much, and what to do about it.
Like is compared with like (analytics.strata); what cannot be told from chance is not said."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from rapport.analytics.examples import examples
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import LARGE, LEAST, Difference, Stratum, compare
from rapport.analytics.wording import about, listed, many, percent, quoted
from rapport.domain.scope import Scope
from rapport.store.database import Connection

CHEAPER = 0.7
"""A model is called cheaper where it costs at most this share."""
TOOL_FAILURES = 0.1
"""Share of failed tool calls that is an issue by itself."""


# Models ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Issue:
    """severity: critical | warning | info."""

    id: str
    severity: str
    title: str


@dataclass(frozen=True, slots=True)
class Snippets:
    example_snippets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rationale:
    observed_pattern: str
    why_this_matters: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """category: model_switch | cost_optimization | use_case_fit | prompt_optimization_link. priority: high | medium | low."""

    title: str
    action: str
    category: str
    priority: str
    evidence: Snippets
    expected_impact: tuple[str, ...]
    rationale: Rationale


@dataclass(frozen=True, slots=True)
class Recommendations:
    """health_level: healthy | needs_attention | critical."""

    health_level: str
    summary: str
    strengths: tuple[str, ...]
    detected_issues: tuple[Issue, ...]
    recommendations: tuple[Recommendation, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    id: UUID
    name: str
    cost: float | None  # USD per 1,000 tokens, input and output equally


@dataclass(frozen=True, slots=True)
class _Contrast:
    """The model in question beside one other, or beside all others (`other` None); about one topic where `topic` is set."""

    difference: Difference
    other: _Model | None = None
    topic: str | None = None


async def model(connection: Connection, scope: Scope, model_id: UUID) -> Recommendations | None:
    """What to do about this model, from its conversations and those of the other models in the same period on the same products and
    with the same organizations; None where none of its conversations is analysed."""
    everyone = replace(scope, model_ids=())
    counted = await _counts(connection, everyone, "c.model_id", "c.product_id, c.organization_id")
    mine = counted.get(model_id)
    if not mine:
        return None
    models = await _models(connection, scope.tenant_id, list(counted))
    n, bad = sum(c.n for c in mine.values()), sum(c.bad for c in mine.values())
    overall = _beside(mine, _merged(counted, without=model_id))
    single = [_Contrast(d, models[i]) for i in counted if i != model_id and (d := _beside(mine, counted[i]))]
    fits = await _topic_fits(connection, everyone, model_id)
    said = await snippets(connection, scope)
    issues = tuple(_issues(n, bad, overall, fits, await _tool_failures(connection, scope)))
    strengths = tuple(_strengths(overall, fits))
    return Recommendations(
        health_level=_health(issues),
        summary=_model_summary(models[model_id], n, bad, overall, single),
        strengths=strengths,
        detected_issues=issues,
        recommendations=tuple(_recommendations(models[model_id], single, fits, said, await _prompt_gap(connection, scope))),
    )


@dataclass(frozen=True, slots=True)
class _Count:
    n: int
    bad: int


_Counts = dict[Any, dict[Any, _Count]]
"""Group -> stratum -> conversations whose outcome is known, and those that went badly."""


async def _counts(connection: Connection, scope: Scope, group: str, stratum: str) -> _Counts:
    arguments = Arguments(scope.tenant_id)
    outcome = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        SELECT {group}, count({outcome}), count(*) FILTER (WHERE {outcome}), {stratum}
        {relation(scope, arguments)} AND {group} IS NOT NULL GROUP BY {group}, {stratum} HAVING count({outcome}) > 0
        """,
        *arguments,
    )
    found: _Counts = defaultdict(dict)
    for side, n, bad, *strata in rows:
        found[side][tuple(strata)] = _Count(n, bad)
    return found


def _merged(counts: _Counts, *, without: Any) -> dict[Any, _Count]:
    merged: dict[Any, _Count] = {}
    for side, strata in counts.items():
        for stratum, count in strata.items() if side != without else ():
            there = merged.get(stratum, _Count(0, 0))
            merged[stratum] = _Count(there.n + count.n, there.bad + count.bad)
    return merged


def _beside(mine: Mapping[Any, _Count], others: Mapping[Any, _Count]) -> Difference | None:
    return compare(Stratum(mine[s].n, mine[s].bad, others[s].n, others[s].bad) for s in mine if s in others)


async def _models(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> dict[UUID, _Model]:
    rows = await connection.fetch(
        """
        SELECT id, display_name, (input_cost_per_1k + output_cost_per_1k) / 2 AS cost FROM model
        WHERE tenant_id = $1 AND id = ANY($2::uuid[])
        """,
        tenant_id, list(ids),
    )  # fmt: skip
    return {row["id"]: _Model(row["id"], row["display_name"], row["cost"]) for row in rows}


async def _topic_fits(connection: Connection, scope: Scope, model_id: UUID) -> list[_Contrast]:
    """The model beside all others on each topic, the surest differences first."""
    counts = await _counts(connection, scope, "a.topic_id", "c.product_id, c.model_id")
    names = await connection.fetch(
        "SELECT id, name FROM topic WHERE tenant_id = $1 AND id = ANY($2::uuid[])", scope.tenant_id, list(counts)
    )
    found = []
    for row in names:
        by_model: _Counts = defaultdict(dict)
        for (product, used), count in counts[row["id"]].items():
            by_model[used][product] = count
        difference = _beside(by_model.get(model_id, {}), _merged(by_model, without=model_id))
        if difference and difference.p < 0.05 / max(len(counts), 1) and min(difference.n, difference.other_n) >= LEAST:
            found.append(_Contrast(difference, topic=row["name"]))
    return sorted(found, key=lambda contrast: contrast.difference.p)


async def _tool_failures(connection: Connection, scope: Scope) -> tuple[int, int]:
    """(failed calls, calls) of all tools."""
    arguments = Arguments(scope.tenant_id)
    found = relation(scope, arguments, joins="CROSS JOIN LATERAL jsonb_array_elements(a.tools) AS t")
    row = await connection.fetchrow(
        f"SELECT coalesce(sum((t ->> 2)::int), 0) AS failed, coalesce(sum((t ->> 1)::int), 0) AS calls {found}", *arguments
    )
    return (row["failed"], row["calls"]) if row else (0, 0)


async def snippets(connection: Connection, scope: Scope) -> tuple[str, ...]:
    """What users said in the worst conversations of the scope, each with the conversation's id; at most three."""
    worst = await examples(connection, replace(scope, predicates=(*scope.predicates, "unhappy")), order="worst", limit=3)
    return tuple(f"{quoted(example.quote)} ({example.reference})" for example in worst if example.quote)


async def _prompt_gap(connection: Connection, scope: Scope) -> tuple[str, Difference] | None:
    """The prompt version under this model that does surely worse than this model's other prompts on the same product."""
    counts = await _counts(connection, scope, "c.prompt_id", "c.product_id")
    found = [(i, d) for i in counts if (d := _beside(counts[i], _merged(counts, without=i))) and d.sure and d.difference >= 0.1]
    if not found:
        return None
    prompt_id, difference = max(found, key=lambda item: item[1].difference)
    name = await connection.fetchval(
        "SELECT coalesce(external_id, name, id::text) || ' v' || number FROM prompt WHERE tenant_id = $1 AND id = $2",
        scope.tenant_id,
        prompt_id,
    )
    return (name, difference) if name else None


def _issues(n: int, bad: int, overall: Difference | None, fits: Sequence[_Contrast], tools: tuple[int, int]) -> Iterator[Issue]:
    if overall and overall.sure and overall.difference > 0:
        severity = "critical" if overall.difference >= LARGE else "warning"
        yield Issue("worse_than_other_models", severity, f"Goes badly more often than the other models: {told(overall)}")
    for fit in fits[:3]:
        if fit.difference.difference > 0:
            severity = "warning" if fit.difference.difference >= LARGE else "info"
            yield Issue(f"weak_on_{_slug(fit.topic)}", severity, f"Weak on {about(fit.topic or '')}: {told(fit.difference)}")
    failed, calls = tools
    if calls >= 10 and failed / calls >= TOOL_FAILURES:
        severity = "critical" if failed / calls >= 0.3 else "warning"
        yield Issue("failing_tools", severity, f"{failed} of {calls} tool calls failed ({percent(failed, calls)})")
    if n < 4 * LEAST:
        yield Issue(
            "few_conversations", "info", f"Only {many(n, 'conversation')} with a known outcome ({bad} went badly): too few to be sure"
        )


def _strengths(overall: Difference | None, fits: Sequence[_Contrast]) -> Iterator[str]:
    if overall and overall.sure and overall.difference < 0:
        yield f"Goes badly less often than the other models: {told(overall)}"
    for fit in fits[:5]:
        if fit.difference.difference < 0:
            yield f"Strong on {about(fit.topic or '')}: {told(fit.difference)}"


def _health(issues: Sequence[Issue]) -> str:
    severities = {issue.severity for issue in issues}
    return "critical" if "critical" in severities else "needs_attention" if "warning" in severities else "healthy"


def _recommendations(
    mine: _Model, single: Sequence[_Contrast], fits: Sequence[_Contrast], said: tuple[str, ...], prompt: tuple[str, Difference] | None
) -> Iterator[Recommendation]:
    better = [c for c in single if c.difference.sure and c.difference.difference > 0]
    if better:
        best = max(better, key=lambda contrast: contrast.difference.difference)
        yield _switch(mine, best, said)
    for fit in [f for f in fits if f.difference.difference > 0][:2]:
        yield _fit(mine, fit, said)
    cheaper = [c for c in single if _saves(mine, c)]
    if cheaper and not better:
        yield _cost(mine, min(cheaper, key=lambda contrast: contrast.other.cost or 0 if contrast.other else 0))
    if prompt:
        name, difference = about(prompt[0]), prompt[1]
        yield Recommendation(
            f"Look at prompt {name} before the model", f"Compare {name} with its other versions: GET /prompts/{{id}}/analytics.",
            "prompt_optimization_link", "high" if difference.difference >= LARGE else "medium", Snippets(said),
            (f"Up to {_points(difference)} fewer conversations going badly where this prompt is in force",),
            Rationale(f"Under {name}: {told(difference)}", "The model is the same on both sides, so the prompt makes the difference."),
        )  # fmt: skip


def _switch(mine: _Model, best: _Contrast, said: tuple[str, ...]) -> Recommendation:
    other = best.other.name if best.other else "the other models"
    return Recommendation(
        f"Try {other} instead of {mine.name}",
        f"Send the same kind of conversations to {other} and compare again after {2 * best.difference.n} more.",
        "model_switch", "high" if best.difference.difference >= LARGE else "medium", Snippets(said),
        (f"About {_points(best.difference)} fewer conversations going badly",),
        Rationale(
            f"{mine.name} beside {other}: {told(best.difference)}",
            "Compared on the same products and organizations, so the mix does not explain it.",
        ),
    )  # fmt: skip


def _fit(mine: _Model, fit: _Contrast, said: tuple[str, ...]) -> Recommendation:
    topic = about(fit.topic or "")
    return Recommendation(
        f"Route {topic} to another model",
        f"Keep {mine.name} for the rest; send conversations about {topic} elsewhere, or give it what it lacks there.",
        "use_case_fit", "high" if fit.difference.difference >= 2 * LARGE else "medium", Snippets(said),
        (f"About {_points(fit.difference)} fewer conversations about {topic} going badly",),
        Rationale(f"About {topic}: {told(fit.difference)}", "The other models answer the same topic on the same products."),
    )  # fmt: skip


def _saves(mine: _Model, contrast: _Contrast) -> bool:
    """Cheaper, and not worse by more than five points: the upper end of what the data allows (95 %) is checked, not the middle."""
    other, found = contrast.other, contrast.difference
    if not (other and other.cost and mine.cost and other.cost <= CHEAPER * mine.cost):
        return False
    spread = (found.share * (1 - found.share) / found.n + found.other_share * (1 - found.other_share) / found.other_n) ** 0.5
    return min(found.n, found.other_n) >= 30 and -found.difference + 1.645 * spread < 0.05


def _cost(mine: _Model, contrast: _Contrast) -> Recommendation:
    other = contrast.other or mine
    saved = 1 - (other.cost or 0) / (mine.cost or 1)
    return Recommendation(
        f"{other.name} would cost {percent(saved, 1)} less",
        f"Move a part of the conversations to {other.name} and watch the share that goes badly.",
        "cost_optimization", "medium", Snippets(()), (f"{percent(saved, 1)} lower price per token",),
        Rationale(
            f"{mine.name} beside {other.name}: {told(contrast.difference)}",
            "No sign that the cheaper model does worse by more than five points.",
        ),
    )  # fmt: skip


def _model_summary(mine: _Model, n: int, bad: int, overall: Difference | None, single: Sequence[_Contrast]) -> str:
    begin = f"{mine.name}: {bad} of {many(n, 'conversation')} with a known outcome went badly ({percent(bad, n)})."
    if overall is None:
        return f"{begin} No other model talks about the same products with the same organizations, so it cannot be compared."
    if not overall.sure:
        return f"{begin} That is not surely different from the other models on the same products and organizations: {told(overall)}."
    word = "more" if overall.difference > 0 else "less"
    named = [c.other.name for c in sorted(single, key=lambda c: c.difference.p) if c.other and c.difference.sure][:3]
    beside = f" Surely so beside {listed(named)}." if named else ""
    return f"{begin} It goes badly {word} often than the other models on the same products and organizations: {told(overall)}.{beside}"


def told(found: Difference) -> str:
    """ "38 % of 120 against 14 % of 400 (p < 0.001)"."""
    chance = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}" if found.p < 0.1 else f"p = {found.p:.2f}"
    return f"{percent(found.share, 1)} of {found.n} against {percent(found.other_share, 1)} of {found.other_n} ({chance})"


def _points(found: Difference) -> str:
    return f"{100 * abs(found.difference):.0f} percentage points"


def _slug(name: str | None) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in (name or "").lower()).split())[:40]
