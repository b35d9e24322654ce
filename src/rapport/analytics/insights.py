"""What a product manager would want to hear about a product or an organization, in sentences that are made from findings.

No sentence is there for its own sake: each states a finding with its n, what it was compared with, and the words of users. Where
nothing stands out, that is said, with what was looked at. No language model is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rapport.analytics import findings
from rapport.analytics.comparisons import told
from rapport.analytics.examples import Example
from rapport.analytics.filters import relation
from rapport.analytics.findings import Cause, Findings, Spike, week_of
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import Stratum, compare
from rapport.analytics.wording import about, listed, many, percent, quoted
from rapport.domain.scope import Scope
from rapport.store.database import Connection

# Lists ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Theme:
    """A topic whose conversations go badly often; the averages are over all of its conversations."""

    topic_canonical: str
    topic_group: str
    count: int
    avg_cqi: float | None
    avg_frustration: float
    avg_struggle: float


@dataclass(frozen=True, slots=True)
class RootCause:
    cause: str
    count: int
    avg_confidence: float
    source: str = "root_cause_analysis"


@dataclass(frozen=True, slots=True)
class FailingTool:
    tool_name: str
    total_calls: int
    failure_count: int
    failure_rate: float


async def themes(connection: Connection, scope: Scope, *, limit: int = 10) -> tuple[Theme, ...]:
    """Topics of which at least a quarter, and at least two conversations, went badly; most bad conversations first."""
    arguments = Arguments(scope.tenant_id)
    joins = (
        "JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id"
        " LEFT JOIN topic_group g ON g.tenant_id = $1 AND g.id = t.group_id"
    )  # fmt: skip
    bad = f"count(*) FILTER (WHERE {PREDICATES['unhappy'].sql})"
    rows = await connection.fetch(
        f"""
        SELECT t.name, coalesce(g.name, '') AS topic_group, count(*) AS n, avg(a.quality_index::float8) AS quality,
               coalesce(avg(a.frustration::float8), 0) AS frustration, coalesce(avg(a.struggle::float8), 0) AS struggle
        {relation(scope, arguments, joins=joins)}
        GROUP BY 1, 2 HAVING {bad} >= 2 AND 4 * {bad} >= count(*) ORDER BY {bad} DESC, 1 LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    return tuple(Theme(*row) for row in rows)


async def root_causes(connection: Connection, scope: Scope) -> tuple[RootCause, ...]:
    """How often each root cause was found, the most frequent first."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"""
        SELECT a.root_cause, count(*), coalesce(avg(a.root_cause_confidence::float8), 0)
        {relation(scope, arguments)} AND a.root_cause IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
        """,
        *arguments,
    )
    return tuple(RootCause(*row) for row in rows)


async def failing_tools(connection: Connection, scope: Scope, *, limit: int = 10) -> tuple[FailingTool, ...]:
    """Tools with failed calls, most failures first. failure_rate 0..1."""
    arguments = Arguments(scope.tenant_id)
    joins = "CROSS JOIN LATERAL jsonb_array_elements(a.tools) AS u"
    rows = await connection.fetch(
        f"""
        SELECT u ->> 0 AS name, sum((u ->> 1)::int) AS calls, sum((u ->> 2)::int) AS failures
        {relation(scope, arguments, joins=joins)}
        GROUP BY 1 HAVING sum((u ->> 2)::int) > 0 ORDER BY 3 DESC, 1 LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    return tuple(FailingTool(name, calls, failures, round(failures / max(calls, failures), 4)) for name, calls, failures in rows)


# Products -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim words of a user, shortened; `conversation_id` is the tenant's id where it gave one."""

    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """kind: cause | spike. `conversations` is the n that it rests on; `p` the probability of it by chance."""

    kind: str
    title: str
    text: str
    conversations: int
    p: float | None
    since: date | None
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Insights:
    """`findings` is empty, and the headline says so, where nothing stands out."""

    headline: str
    narrative: str
    findings: tuple[Finding, ...]
    method: str


async def product(connection: Connection, scope: Scope) -> Insights | None:
    """What stands out in a product's conversations; None where none has a known outcome."""
    found = await findings.find(connection, scope)
    if not found.n:
        return None
    told_causes = [_cause(cause) for cause in found.causes]
    told_spikes = [_spike(spike) for spike in found.spikes]
    level = f"{found.bad} of {many(found.n, 'conversation')} with a known outcome went badly ({percent(found.bad, found.n)})."
    if not told_causes and not told_spikes:
        headline = "Nothing stands out"
        narrative = f"{level} {_nothing(found)}"
    else:
        headline = (told_causes or told_spikes)[0].title
        narrative = " ".join([level, *(finding.text for finding in told_causes + told_spikes)])
    return Insights(headline, narrative, (*told_causes, *told_spikes), _method(found))


def _nothing(found: Findings) -> str:
    if not found.looked_at:
        return "There are too few alike to compare: a topic, tool, model, prompt version or organization needs five conversations."
    return (
        f"Of {found.looked_at} topics, failing tools, models, prompt versions, organizations and languages with at least five"
        " conversations, none goes badly surely more often than the rest, and no topic was talked about far more than usual."
    )


def _method(found: Findings) -> str:
    return (
        f"{many(found.looked_at, 'candidate')} tested against the rest (Mantel-Haenszel, Fisher), at 1 % divided by their number."
        " A conversation went badly when it was rated 2 or lower or, unrated, when its user was dissatisfied or highly frustrated."
    )


NOUNS = {
    "topic": "Conversations about {}", "tool": "Conversations in which {} failed", "model": "Conversations with {}",
    "prompt": "Conversations under prompt {}", "organization": "Conversations of {}", "language": "Conversations in language {}",
}  # fmt: skip


def _cause(cause: Cause) -> Finding:
    subject = NOUNS[cause.dimension].format(about(cause.name))
    times = cause.difference.share / cause.difference.other_share if cause.difference.other_share else None
    more = f"{times:.1f} times as often as" if times and times < 20 else "far more often than"
    since = f", since {cause.since:%Y-%m-%d}" if cause.since else ""
    text = f"{subject} go badly {more} the others{since}: {told(cause.difference)}."
    if cause.also:
        text += f" {listed([about(name) for name in cause.also])} only {'seems' if len(cause.also) == 1 else 'seem'} worse because of this."
    return Finding(
        "cause", f"{subject} go badly ({percent(cause.difference.share, 1)})", text + _words(cause.examples), cause.difference.n,
        cause.difference.p, cause.since, _quotes(cause.examples),
    )  # fmt: skip


def _spike(spike: Spike) -> Finding:
    bad = f", {spike.bad} of which went badly" if spike.bad else ""
    usual = f"{spike.usual:.1f} in an ordinary week" if spike.usual >= 0.05 else "none in an ordinary week"
    text = f"{about(spike.topic).capitalize()} came up {spike.n} times from {week_of(spike.start)}{bad}, against {usual}."
    return Finding(
        "spike", f"A spike of {about(spike.topic)} ({many(spike.n, 'conversation')} in a week)", text + _words(spike.examples), spike.n,
        None, spike.start, _quotes(spike.examples),
    )  # fmt: skip


def _quotes(examples: Sequence[Example]) -> tuple[Quote, ...]:
    return tuple(Quote(example.reference, example.quote) for example in examples if example.quote)


def _words(examples: Sequence[Example]) -> str:
    said = [f"{quoted(example.quote)} ({example.reference})" for example in examples[:2] if example.quote]
    return f" Users wrote: {'; '.join(said)}." if said else ""


# Organizations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """`analysis`: how the organization fares beside all others. `reason`: what explains it."""

    analysis: str
    reason: str


async def organization(connection: Connection, scope: Scope, name: str) -> Explanation | None:
    """How this organization fares beside everyone else in the same period, on the same products, and why; None without a known outcome."""
    everyone = replace(scope, organization_ids=())
    mine = await findings.find(connection, scope, dimensions=("topic", "tool", "model", "prompt", "language"))
    if not mine.n:
        return None
    known = await findings.facts(connection, everyone, ("topic", "tool"))
    members = await _members(connection, scope)
    mask = np.array([conversation_id in members for conversation_id in known.ids], dtype=bool)
    beside = findings.contrast(known, mask, ~mask)
    analysis = f"{name}: {mine.bad} of {many(mine.n, 'conversation')} with a known outcome went badly ({percent(mine.bad, mine.n)})."
    if beside is None:
        analysis += " There is nobody else to compare with in this period."
    elif beside.sure:
        analysis += f" That is {'more' if beside.difference > 0 else 'less'} than everyone else: {told(beside)}."
    else:
        analysis += f" That is not surely different from everyone else: {told(beside)}."
    return Explanation(analysis, _reason(mine, known, mask))


async def _members(connection: Connection, scope: Scope) -> set:
    arguments = Arguments(scope.tenant_id)
    return {row["id"] for row in await connection.fetch(f"SELECT c.id {relation(scope, arguments)}", *arguments)}


def _reason(mine: Findings, known: findings.Facts, mask: np.ndarray) -> str:
    """Causes inside the organization; else what it runs into more than others do; else that nothing explains it."""
    parts = [_cause(cause).text for cause in mine.causes[:2]]
    heavier = [] if parts else _heavier(known, mask)
    parts += heavier + [_spike(spike).text for spike in mine.spikes[:1]]
    if parts:
        return " ".join(parts)
    if mine.n < 10:
        return f"{many(mine.n, 'conversation')} are too few to say why."
    return (
        f"Nothing in its conversations explains it: of {mine.looked_at} topics, tools, models, prompts and languages none goes badly"
        " surely more often than the rest."
    )


def _heavier(known: findings.Facts, mask: np.ndarray) -> list[str]:
    """Topics and failing tools that this side meets surely more often than the others, and how they go; at most two."""
    n, other_n = int(mask.sum()), int((~mask).sum())
    found = []
    for (dimension, name), group in known.groups.items():
        here, there = int((group & mask).sum()), int((group & ~mask).sum())
        share = compare([Stratum(n, here, other_n, there)])
        if here >= 3 and share and share.sure and share.difference >= 0.1 and share.p < 0.01 / len(known.groups):
            bad = int((group & mask & (known.bad == 1)).sum())
            subject = {"topic": f"are about {about(name)}", "tool": f"meet failures of {about(name)}"}[dimension]
            found.append(
                (share.p, f"{here} of its {n} conversations {subject} ({percent(there, other_n)} elsewhere), and {bad} of them went badly.")
            )
    return [text for _, text in sorted(found)[:2]]
