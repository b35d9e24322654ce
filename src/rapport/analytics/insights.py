"""What a product manager would want to hear about a product or an organization, in sentences that are made from findings.

No sentence is there for its own sake: each states a finding with its n, what it was compared with, and the words of users. Where
nothing stands out, that is said, with what was looked at. No language model is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapport.analytics import dimensions, findings, friction
from rapport.analytics.comparisons import told
from rapport.analytics.examples import Example, examples
from rapport.analytics.filters import relation
from rapport.analytics.findings import Cause, Findings, Surge
from rapport.analytics.friction import Place
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import SURE, Stratum, compare
from rapport.analytics.versions import Regression, regressions
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
    """kind: cause | friction | spike. `conversations` is the n that it rests on; `p` the probability of it by chance."""

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
    found = await findings.find(connection, scope, skip=("product",))
    if not found.n:
        return None
    named = {cause.driver.dimension for cause in found.causes}
    worse = [] if "prompt_version" in named else (await regressions(connection, scope))[:1]
    told_already = {cause.driver.label for cause in found.causes if cause.driver.dimension == "topic"}
    stuck = [place for place in await friction.places(connection, scope) if place.topic not in told_already]
    all_told = [
        *map(_cause, found.causes), *[await _regression(connection, scope, one) for one in worse], *map(_friction, stuck),
        *map(_surge, found.surges),
    ]  # fmt: skip
    level = f"{found.bad} of {many(found.n, 'conversation')} with a known outcome went badly ({percent(found.bad, found.n)})."
    headline = all_told[0].title if all_told else "Nothing stands out"
    narrative = " ".join([level, *(finding.text for finding in all_told)] if all_told else [level, _nothing(found)])
    return Insights(headline, narrative, tuple(all_told), _method(found))


def _nothing(found: Findings) -> str:
    if not found.looked_at:
        return "There are too few alike to compare: a topic, tool, model, prompt version or organization needs five conversations."
    return (
        f"Of the {found.looked_at} topics, tools, models, prompt versions, organizations, languages and properties with at least five"
        " conversations, none goes badly surely more often than the rest, no topic meets one obstacle more than others do, and nothing"
        " came up far more than usual."
    )


def _method(found: Findings) -> str:
    return (
        f"{many(found.looked_at, 'value')} tested against the rest, corrected for their number, then against each other."
        " A conversation went badly when it was rated 2 or lower or, unrated, when its user was dissatisfied or highly frustrated."
    )


NOUNS = {
    "topic": 'Conversations about "{}"', "failed_tool": "Conversations in which {} failed", "tool": "Conversations that use {}",
    "model": "Conversations with {}", "prompt_version": "Conversations under prompt {}", "product": "Conversations with {}",
    "organization": "Conversations of {}", "language": "Conversations in language {}",
}  # fmt: skip


def _cause(cause: Cause) -> Finding:
    found = cause.driver
    noun = NOUNS.get(found.dimension) or f"Conversations where {about(found.dimension.removeprefix('property:'))} is {{}}"
    subject = noun.format(about(found.label))
    more = f"{found.lift:.1f} times as often as" if found.lift and found.lift < 20 else "far more often than"
    since = f", since {cause.since:%Y-%m-%d}" if cause.since else ""
    chance = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    text = (
        f"{subject} go badly {more} the others{since}: {found.bad} of {found.n} ({percent(found.bad, found.n)}) against"
        f" {percent(found.rest_rate, 100)} elsewhere ({chance}{', a small sample' if found.n < 30 else ''})."
    )
    if cause.commonest:
        reason, n, whole = cause.commonest
        text += f" The reason found most often: {reason} ({n} of {whole})."
    if found.explains:
        names = listed([about(name) for name in found.explains[:3]])
        text += f" {names} only {'seems' if len(found.explains) == 1 else 'seem'} worse because of this."
    if found.together_with:
        text += f" Cannot be told apart from {listed([about(name) for name in found.together_with[:3]])}: they always come together."
    return Finding(
        "cause", f"{subject} go badly more often: {percent(found.bad, found.n)}, elsewhere {percent(found.rest_rate, 100)}",
        text + _words(cause.examples), found.n, found.p, cause.since, _quotes(cause.examples),
    )  # fmt: skip


async def _regression(connection: Connection, scope: Scope, found: Regression) -> Finding:
    inside = replace(scope, prompt_ids=(found.mine.prompt_id,), predicates=(*scope.predicates, "unhappy"))
    shown = await examples(connection, inside, order="worst", limit=3)
    name, number = about(found.prompt), found.mine.version
    text = (
        f"Since version {number} of prompt {name}, conversations go badly more often than under the versions before: {told(found.change)}."
    )
    return Finding(
        "cause", f"Version {number} of prompt {name} made things worse", text + _words(shown), found.change.n, found.change.p, None,
        _quotes(shown),
    )  # fmt: skip


def _friction(place: Place) -> Finding:
    share, elsewhere = percent(place.hits, place.n), percent(place.other_hits, place.other_n)
    text = (
        f'{place.hits} of {many(place.n, "conversation")} about "{about(place.topic)}" met the same obstacle, {place.cause}'
        f" ({share}); of all others {elsewhere} did."
    )
    title = f'{place.cause[0].upper()}{place.cause[1:]} in {share} of the conversations about "{about(place.topic)}"'
    return Finding("friction", title, text + _words(place.examples), place.n, place.p, None, _quotes(place.examples))


def _surge(surge: Surge) -> Finding:
    spike, name = surge.spike, about(surge.spike.name)
    when = f"on {spike.since:%Y-%m-%d}" if spike.since == spike.until else f"from {spike.since:%Y-%m-%d} to {spike.until:%Y-%m-%d}"
    what = f"{name} failed" if spike.measure == "failures of" else f"{name} came up"
    bad = f", {surge.bad} of which went badly" if surge.bad else ""
    days = (spike.until - spike.since).days + 1
    text = f"{what[0].upper()}{what[1:]} {spike.observed:.0f} times {when}{bad}; {spike.expected * days:.0f} would be usual."
    title = f"A spike of {'failures of ' if spike.measure == 'failures of' else ''}{name} {when}"
    return Finding("spike", title, text + _words(surge.examples), int(spike.observed), None, spike.since, _quotes(surge.examples))


def _quotes(shown: Sequence[Example]) -> tuple[Quote, ...]:
    return tuple(Quote(example.reference, example.quote) for example in shown if example.quote)


def _words(shown: Sequence[Example]) -> str:
    said = [f"{quoted(example.quote)} ({example.reference})" for example in shown[:2] if example.quote]
    return f" Users wrote: {'; '.join(said)}." if said else ""


# Organizations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """`analysis`: how the organization fares beside all others. `reason`: what explains it."""

    analysis: str
    reason: str


async def organization(connection: Connection, scope: Scope, name: str) -> Explanation | None:
    """How this organization fares beside everyone else in the same period, on the same products, and why; None without a known
    outcome. `scope` names one organization."""
    mine = await findings.find(connection, scope, skip=("organization",))
    if not mine.n:
        return None
    beside = compare([side.outcomes for side in await _sides(connection, scope, "product")])
    analysis = f"{name}: {mine.bad} of {many(mine.n, 'conversation')} with a known outcome went badly ({percent(mine.bad, mine.n)})."
    if beside is None:
        analysis += " There is nobody else to compare with in this period."
    elif beside.sure:
        analysis += f" That is {'more' if beside.difference > 0 else 'less'} than everyone else: {told(beside)}."
    else:
        analysis += f" That is not surely different from everyone else: {told(beside)}."
    return Explanation(analysis, await _reason(connection, scope, mine))


@dataclass(frozen=True, slots=True)
class _Side:
    """Conversations with one value of a dimension: the organization's and everyone else's, and how those with a known outcome went."""

    label: str
    here: int
    elsewhere: int
    outcomes: Stratum


async def _sides(connection: Connection, scope: Scope, dimension: str) -> list[_Side]:
    arguments = Arguments(scope.tenant_id)
    everyone = replace(scope, organization_ids=())
    found = dimensions.find(dimension, everyone, arguments)
    source = relation(everyone, arguments, joins=found.joins)
    mine = f"(c.organization_id = {arguments.add(scope.organization_ids[0])}) IS TRUE"
    outcome = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        SELECT {found.label} AS label, g.* FROM (
            SELECT {found.key} AS key, count(*) FILTER (WHERE {mine}) AS here, count(*) FILTER (WHERE NOT {mine}) AS elsewhere,
                   count({outcome}) FILTER (WHERE {mine}) AS n, count(*) FILTER (WHERE {mine} AND {outcome}) AS bad,
                   count({outcome}) FILTER (WHERE NOT {mine}) AS other_n, count(*) FILTER (WHERE NOT {mine} AND {outcome}) AS other_bad
            {source} GROUP BY 1
        ) g
        """,
        *arguments,
    )
    return [
        _Side(row["label"], row["here"], row["elsewhere"], Stratum(row["n"], row["bad"], row["other_n"], row["other_bad"])) for row in rows
    ]


async def _reason(connection: Connection, scope: Scope, mine: Findings) -> str:
    """Causes inside the organization; else what it runs into more than others do; else that nothing explains it."""
    parts = [_cause(cause).text for cause in mine.causes[:2]]
    parts = parts or await _heavier(connection, scope)
    parts += [_surge(surge).text for surge in mine.surges[:1]]
    if parts:
        return " ".join(parts)
    if mine.n < 10:
        return f"{many(mine.n, 'conversation')} are too few to say why."
    return (
        f"Nothing in its conversations explains it: of {mine.looked_at} topics, tools, models, prompts, languages and properties none"
        " goes badly surely more often than the rest."
    )


HEAVIER = {"topic": "are about {}", "failed_tool": "meet failures of {}"}


async def _heavier(connection: Connection, scope: Scope) -> list[str]:
    """Topics and failing tools that this organization meets surely more often than the others, and how they go; at most two."""
    everything = await _sides(connection, scope, "product")
    n, other_n = sum(side.here for side in everything), sum(side.elsewhere for side in everything)
    found = []
    for dimension, words in HEAVIER.items():
        sides = [side for side in await _sides(connection, scope, dimension) if side.label]
        for side in sides:
            share = compare([Stratum(n, side.here, other_n, side.elsewhere)])
            if side.here >= 3 and share and share.sure and share.difference >= 0.1 and share.p < SURE / len(sides):
                meets = f"{side.here} of its {n} conversations {words.format(about(side.label))}"
                found.append((share.p, f"{meets} ({percent(side.elsewhere, other_n)} elsewhere), and {side.outcomes.bad} went badly."))
    return [text for _, text in sorted(found)[:2]]
