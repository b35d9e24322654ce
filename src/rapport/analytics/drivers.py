"""Why: what distinguishes the conversations that went badly from those that did not.

1. Every value of every factor (topic, tool, model, organization ...) is counted with and without the bad outcome, in SQL over the whole
   scope.
2. Those that are worse beyond chance, after correction for how many were looked at (Benjamini and Hochberg 1995), are candidates.
3. Candidates are tested against each other (Cochran-Mantel-Haenszel, strata = all combinations of the ones already chosen): what is bad
   only because it goes together with a chosen driver is explained by it and not blamed; what cannot be told apart from it is said so.
4. Topics come last, given all else: people talk about what failed, so a topic is often the symptom of a tool, a model or a prompt.
So an organization is not blamed for the one model it uses, and where nothing distinguishes the bad ones, nothing is reported.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rapport.analytics import dimensions
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES, Predicate
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import SIGNIFICANT, normal_p
from rapport.analytics.strata import Stratum, fisher_p
from rapport.domain.scope import Scope
from rapport.errors import Invalid
from rapport.store.database import Connection

PLAIN = {
    "topic": "a.topic_id", "model": "c.model_id", "prompt_version": "c.prompt_id", "product": "c.product_id",
    "organization": "c.organization_id", "language": "a.language", "topic_group": "a.topic_group_id",
}  # fmt: skip
"""What can be a cause, beside tools, failing tools and properties. Topic groups are asked only where no topic stands out: a topic says
more, but one subject may have been cut into several. Users are left out: they are who is affected."""
TOPICS = ("topic", "topic_group")
PEOPLE = (
    "LEFT JOIN app_user u ON u.tenant_id = c.tenant_id AND u.id = c.user_id"
    " LEFT JOIN organization o ON o.tenant_id = c.tenant_id AND o.id = c.organization_id"
)
MOST_PROPERTIES = 6
EXACT_UP_TO = 100
"""Bad conversations, or conversations of a value, up to which Fisher's test is computed."""
LEAST_N = 5
"""A value of a factor that fewer conversations have is not judged."""
LEAST_DIFFERENCE = 5.0
"""Percentage points; smaller differences are real only in huge samples and change nothing."""
MOST_CANDIDATES = 8
"""Of topics, and of all else."""
TECHNICAL = ("failed_tool", "tool", "model", "prompt_version")
"""What a topic can be a symptom of; these are not tested within topics."""
EXPLAINED = 0.5
"""A candidate that keeps less than this part of its strength with a driver held fixed is explained by it."""
SEPARABLE = 0.1
"""Share of the usual contrast that must remain within strata for two candidates to be told apart."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Something that goes with the bad outcome. Rates are percents; `adjusted` is the difference in points with all other drivers held
    fixed; `confidence` is solid (n >= 30) or small sample; `together_with` are values that cannot be told apart from it here;
    `explains` are values that look bad only because of it."""

    dimension: str
    key: str
    label: str
    n: int
    bad: int
    rate: float
    rest_rate: float
    adjusted: float
    p: float
    together_with: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()

    @property
    def lift(self) -> float | None:
        """How many times as often as elsewhere; None where it happens nowhere else."""
        return self.rate / self.rest_rate if self.rest_rate else None

    @property
    def confidence(self) -> str:
        return "solid" if self.n >= 30 else "small sample"


@dataclass(frozen=True, slots=True)
class Drivers:
    """`n` conversations could be judged, `bad` of them were bad, and `unjudged` more could not be (nothing was computed or rated that
    tells); `tested` values were looked at. No drivers is a finding too."""

    outcome: Predicate
    n: int
    bad: int
    unjudged: int
    tested: int
    drivers: tuple[Driver, ...]


@dataclass(slots=True)
class _Candidate:
    dimension: str
    key: Any
    label: str
    n: int
    bad: int
    z: float = 0.0
    explained: list[str] = field(default_factory=list)
    inseparable: list[str] = field(default_factory=list)


async def drivers(connection: Connection, scope: Scope, outcome: str, *, limit: int = 5, skip: Sequence[str] = ()) -> Drivers:
    """What goes with `outcome` (a bad one of PREDICATES) in this scope, strongest first, topics last. `skip` leaves out factors
    (`property`: all properties).
    Raises Invalid where the outcome is unknown."""
    if outcome not in PREDICATES:
        raise Invalid(f"{outcome} cannot be explained; use one of {', '.join(PREDICATES)}.")
    predicate = PREDICATES[outcome]
    total, bad, unjudged, found = await _plain(connection, scope, predicate)
    found += await _tools(connection, scope, predicate)
    found += await _properties(connection, scope, predicate)
    left_out = {*skip, *(("failed_tool", "tool") if outcome in ("tool_failed", "tool_used") else ())}
    found = [c for c in found if c.dimension.split(":")[0] not in left_out and LEAST_N <= c.n < total]
    for candidate in found:
        candidate.z = _z(candidate, total, bad)
    chosen: list[tuple[_Candidate, float]] = []
    for aside in ("topic_group", "topic"):
        likely = await _named(connection, scope, _beyond_chance([c for c in found if c.dimension != aside], total, bad))
        chosen = _choose(likely, await _patterns(connection, scope, predicate, likely)) if likely else []
        if chosen:
            break
    return Drivers(predicate, total, bad, unjudged, len(found), tuple(_driver(c, total, bad, adjusted) for c, adjusted in chosen[:limit]))


async def _property_keys(connection: Connection, scope: Scope) -> list[str]:
    """Properties with a few values each, such as plan or region: the most common ones of organizations and users."""
    rows = await connection.fetch(
        f"""
        SELECT p.key FROM (SELECT properties FROM organization WHERE tenant_id = $1 LIMIT 2000) o, jsonb_each_text(o.properties) p
        WHERE length(p.value) <= 60 GROUP BY 1 HAVING count(DISTINCT p.value) BETWEEN 2 AND 12
        UNION
        SELECT p.key FROM (SELECT properties FROM app_user WHERE tenant_id = $1 LIMIT 2000) u, jsonb_each_text(u.properties) p
        WHERE length(p.value) <= 60 GROUP BY 1 HAVING count(DISTINCT p.value) BETWEEN 2 AND 12
        ORDER BY 1 LIMIT {MOST_PROPERTIES}
        """,
        scope.tenant_id,
    )
    return [row["key"] for row in rows]


async def _plain(connection: Connection, scope: Scope, outcome: Predicate) -> tuple[int, int, int, list[_Candidate]]:
    """Conversations that can be judged, bad ones, those that cannot be judged, and the first two for each value of the PLAIN factors."""
    arguments = Arguments(scope.tenant_id)
    selected = ", ".join(f"{key} AS k{i}" for i, key in enumerate(PLAIN.values()))
    keys = [f"k{i}" for i in range(len(PLAIN))]
    rows = await connection.fetch(
        f"""
        SELECT grouping({", ".join(keys)}) AS which, {", ".join(keys)},
               count(bad) AS n, count(*) FILTER (WHERE bad) AS bad, count(*) - count(bad) AS unjudged
        FROM (SELECT {selected}, ({outcome.sql}) AS bad {relation(scope, arguments)}) r
        GROUP BY GROUPING SETS ({", ".join(f"({key})" for key in keys)}, ())
        """,
        *arguments,
    )
    whole = 2 ** len(keys) - 1
    found = []
    for row in rows:
        for i, name in enumerate(PLAIN):
            if row["which"] == whole ^ 1 << (len(keys) - 1 - i) and row[f"k{i}"] is not None:
                found.append(_Candidate(name, row[f"k{i}"], "", row["n"], row["bad"]))
    total, bad, unjudged = next((row["n"], row["bad"], row["unjudged"]) for row in rows if row["which"] == whole)
    return total, bad, unjudged, found


async def _tools(connection: Connection, scope: Scope, outcome: Predicate) -> list[_Candidate]:
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"""
        SELECT use ->> 0 AS name, count(*) AS n, count(*) FILTER (WHERE {outcome.sql}) AS bad,
               count(*) FILTER (WHERE (use ->> 2)::int > 0) AS failed_n,
               count(*) FILTER (WHERE (use ->> 2)::int > 0 AND {outcome.sql}) AS failed_bad
        {relation(scope, arguments, joins="CROSS JOIN LATERAL jsonb_array_elements(a.tools) t(use)")}
          AND a.tool_calls > 0 AND ({outcome.sql}) IS NOT NULL
        GROUP BY 1 ORDER BY 2 DESC LIMIT 200
        """,
        *arguments,
    )
    used = [_Candidate("tool", row["name"], row["name"], row["n"], row["bad"]) for row in rows]
    return used + [_Candidate("failed_tool", row["name"], row["name"], row["failed_n"], row["failed_bad"]) for row in rows]


async def _properties(connection: Connection, scope: Scope, outcome: Predicate) -> list[_Candidate]:
    keys = await _property_keys(connection, scope)
    if not keys:
        return []
    arguments = Arguments(scope.tenant_id)
    wanted = arguments.add(keys)
    rows = await connection.fetch(
        f"""
        SELECT p.key, p.value, sum(c.n)::int AS n, sum(c.bad)::int AS bad
        FROM (SELECT $1::int AS tenant_id, c.user_id, c.organization_id, count(*) AS n, count(*) FILTER (WHERE {outcome.sql}) AS bad
              {relation(scope, arguments)} AND ({outcome.sql}) IS NOT NULL GROUP BY 2, 3) c
             {PEOPLE}
             CROSS JOIN LATERAL jsonb_each_text(coalesce(o.properties, '{{}}') || coalesce(u.properties, '{{}}')) p
        WHERE p.key = ANY({wanted}::text[]) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 200
        """,
        *arguments,
    )
    return [_Candidate(f"property:{row['key']}", row["value"], row["value"], row["n"], row["bad"]) for row in rows]


async def _named(connection: Connection, scope: Scope, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The candidates that people have a name for, with it. (The prompt of conversations without a prompt has none.)"""
    for candidate in candidates:
        if candidate.dimension in PLAIN and not candidate.label:
            label = dimensions.DIMENSIONS[candidate.dimension].label
            kind = "text" if candidate.dimension == "language" else "uuid"
            candidate.label = (
                await connection.fetchval(
                    f"SELECT {label} FROM (SELECT $2::{kind} AS key) g WHERE $1::int IS NOT NULL", scope.tenant_id, candidate.key
                )
                or ""
            )
    return [candidate for candidate in candidates if candidate.label]


def _z(candidate: _Candidate, total: int, bad: int) -> float:
    """How far the bad ones among the candidate's conversations exceed their expectation, in standard deviations."""
    spread = math.sqrt(candidate.n * (total - candidate.n) / total * (bad / total) * (1 - bad / total))
    return (candidate.bad - candidate.n * bad / total) / spread if spread else 0.0


def _beyond_chance(found: Sequence[_Candidate], total: int, bad: int) -> list[_Candidate]:
    """Those that are worse than the rest by LEAST_DIFFERENCE points and beyond chance, strongest first, topics last.

    Topics are one family of tests and all else another, each at half of SIGNIFICANT: of a few dozen organizations and properties that were
    looked at too, no topic of ten conversations gets weaker. Where there is no cause at all one is reported in at most 5 of 100 cases."""
    topics = [c for c in found if c.dimension in TOPICS]
    rest = [c for c in found if c.dimension not in TOPICS]
    return [c for family in (rest, topics) for c in _discoveries(family, total, bad)[:MOST_CANDIDATES]]


def _discoveries(family: Sequence[_Candidate], total: int, bad: int) -> list[_Candidate]:
    """Of one family of tests, those that hold by Benjamini and Hochberg's procedure at half of SIGNIFICANT."""
    worse = sorted((c for c in family if c.z > 0), key=lambda c: (-c.z, c.dimension, str(c.key)))
    chances = sorted(_chance(c, total, bad) for c in worse)
    bound = max((p for place, p in enumerate(chances, 1) if p <= SIGNIFICANT / 2 * place / len(family)), default=-1.0)
    return [c for c in worse if _chance(c, total, bad) <= bound and _difference(c, total, bad) >= LEAST_DIFFERENCE]


def _chance(candidate: _Candidate, total: int, bad: int) -> float:
    """Probability of such an excess by chance: Fisher's exact test where bad conversations are few, as the normal approximation then
    claims thousands of times too much."""
    if min(candidate.n, bad) <= EXACT_UP_TO:
        return fisher_p(Stratum(candidate.n, candidate.bad, total - candidate.n, bad - candidate.bad))
    return normal_p(candidate.z)


def _difference(candidate: _Candidate, total: int, bad: int) -> float:
    """Percentage points between the candidate's conversations and all others."""
    return 100 * (candidate.bad / candidate.n - (bad - candidate.bad) / (total - candidate.n))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Conversations with the same combination of candidates."""

    has: tuple[bool, ...]
    n: int
    bad: int


async def _patterns(connection: Connection, scope: Scope, outcome: Predicate, candidates: Sequence[_Candidate]) -> list[_Pattern]:
    arguments = Arguments(scope.tenant_id)
    flags = ", ".join(f"coalesce({_holds(c, scope, arguments)}, false) AS f{i}" for i, c in enumerate(candidates))
    marks = ", ".join(f"f{i}" for i in range(len(candidates)))
    rows = await connection.fetch(
        f"SELECT {marks}, count(*) AS n, count(*) FILTER (WHERE bad) AS bad"
        f" FROM (SELECT {flags}, ({outcome.sql}) AS bad {relation(scope, arguments, joins=PEOPLE)}) r"
        f" WHERE bad IS NOT NULL GROUP BY {marks}",
        *arguments,
    )
    return [_Pattern(tuple(row[f"f{i}"] for i in range(len(candidates))), row["n"], row["bad"]) for row in rows]


def _holds(candidate: _Candidate, scope: Scope, arguments: Arguments) -> str:
    if candidate.dimension == "tool":
        name = arguments.add({"name": candidate.key})
        return f"a.tool_calls > 0 AND jsonb_path_exists(a.tools, 'strict $[*] ? (@[0] == $name)', {name}::jsonb)"
    if candidate.dimension == "failed_tool":
        name = arguments.add({"name": candidate.key})
        return f"a.tool_failures > 0 AND jsonb_path_exists(a.tools, 'strict $[*] ? (@[0] == $name && @[2] > 0)', {name}::jsonb)"
    key = PLAIN.get(candidate.dimension) or dimensions.find(candidate.dimension, scope, arguments).key
    return f"{key} = {arguments.add(candidate.key)}"


@dataclass(frozen=True, slots=True)
class _Test:
    """One candidate within strata: z of Cochran-Mantel-Haenszel, adjusted difference in points, share of contrast that is left."""

    z: float
    difference: float
    overlap: float


def _within(patterns: Sequence[_Pattern], candidate: int, given: Sequence[int]) -> _Test:
    """The candidate's effect with the `given` ones held fixed (Mantel and Haenszel 1959)."""
    strata: dict[tuple[bool, ...], list[int]] = {}
    for pattern in patterns:
        cell = strata.setdefault(tuple(pattern.has[i] for i in given), [0, 0, 0, 0])  # with: n, bad; without: n, bad
        at = 0 if pattern.has[candidate] else 2
        cell[at] += pattern.n
        cell[at + 1] += pattern.bad
    excess = variance = weighted = weight = 0.0
    for n1, bad1, n0, bad0 in strata.values():
        n, bad = n1 + n0, bad1 + bad0
        if not n1 or not n0:
            continue
        excess += bad1 - n1 * bad / n
        variance += n1 * n0 * bad * (n - bad) / (n * n * max(n - 1, 1))
        weighted += (bad1 * n0 - bad0 * n1) / n
        weight += n1 * n0 / n
    n1, n0 = sum(cell[0] for cell in strata.values()), sum(cell[2] for cell in strata.values())
    usual = n1 * n0 / (n1 + n0) if n1 and n0 else 0.0
    return _Test(
        excess / math.sqrt(variance) if variance else 0.0, 100 * weighted / weight if weight else 0.0, weight / usual if usual else 0.0
    )


def _choose(candidates: Sequence[_Candidate], patterns: Sequence[_Pattern]) -> list[tuple[_Candidate, float]]:
    """Forward: the strongest given those chosen so far, topics after all else; then backward: who does not hold given the others goes.
    Each with its adjusted difference in points, topics last."""
    chosen: list[int] = []
    rejected: list[int] = []
    for topics in (False, True):
        rest = [i for i, c in enumerate(candidates) if (c.dimension in TOPICS) == topics]
        rejected += _forward(rest, chosen, candidates, patterns)

    def others(i: int) -> list[int]:
        technical = candidates[i].dimension in TECHNICAL
        return [j for j in chosen if j != i and not (technical and candidates[j].dimension in TOPICS)]

    for i in [i for i in chosen if not _holds_up(_within(patterns, i, others(i)), len(candidates))]:
        chosen.remove(i)
        rejected.append(i)
    for i in rejected:
        left = {j: _within(patterns, i, [j]).z for j in chosen}
        closest = min(left, key=left.__getitem__, default=None)
        if closest is not None and left[closest] < candidates[i].z * EXPLAINED:
            candidates[closest].explained.append(candidates[i].label)
    final = [(candidates[i], _within(patterns, i, others(i))) for i in chosen]
    final.sort(key=lambda pair: (pair[0].dimension in TOPICS, -pair[1].z))
    return [(candidate, test.difference) for candidate, test in final]


def _forward(rest: list[int], chosen: list[int], candidates: Sequence[_Candidate], patterns: Sequence[_Pattern]) -> list[int]:
    """Moves from `rest` to `chosen` what holds up given those before it; what is left over."""
    rest = list(rest)
    while rest:
        tests = {i: _within(patterns, i, chosen) for i in rest}
        best = max(rest, key=lambda i: (tests[i].z, candidates[i].z))
        if not _holds_up(tests[best], len(candidates)):
            break
        chosen.append(best)
        rest.remove(best)
        for i in [i for i in rest if _within(patterns, i, [best]).overlap < SEPARABLE]:
            candidates[best].inseparable.append(candidates[i].label)
            rest.remove(i)
    return rest


def _holds_up(test: _Test, candidates: int) -> bool:
    return test.z > 0 and normal_p(test.z) <= SIGNIFICANT / candidates and test.difference >= LEAST_DIFFERENCE


def _driver(candidate: _Candidate, total: int, bad: int, adjusted: float) -> Driver:
    rest = total - candidate.n
    return Driver(
        candidate.dimension, str(candidate.key), candidate.label, candidate.n, candidate.bad, 100 * candidate.bad / candidate.n,
        100 * (bad - candidate.bad) / rest if rest else 0.0, adjusted, _chance(candidate, total, bad), tuple(candidate.inseparable),
        tuple(candidate.explained),
    )  # fmt: skip
