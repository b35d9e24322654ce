"""What stands out in a set of conversations, with the words of users: the drivers of what goes badly, since when, and what there
was far more of than usual. The tests are those of `drivers` and `changes`; where nothing passes them, nothing is reported."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from rapport.analytics.changes import Spike, spikes
from rapport.analytics.drivers import Driver, drivers
from rapport.analytics.examples import Example, examples
from rapport.analytics.filters import relation
from rapport.analytics.friction import commonest
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import SURE, Stratum, compare
from rapport.domain.scope import PropertyFilter, Scope
from rapport.store.database import Connection

MOST_CAUSES = 4
MOST_SPIKES = 2
CLEAR_START = 0.25
"""A cause has a first day where the share that goes badly rises by so much on it."""
SPIKES_TOLD = ("conversations about", "failures of")

FIELDS = {
    "topic": "topic_ids", "model": "model_ids", "prompt_version": "prompt_ids", "product": "product_ids",
    "organization": "organization_ids",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cause:
    """A driver, the day since when it goes badly where there is a clear one, and its worst conversations. `commonest` is the root cause
    that most of the bad ones met: (cause, conversations with it, conversations with any)."""

    driver: Driver
    since: date | None
    examples: tuple[Example, ...]
    commonest: tuple[str, int, int] | None


@dataclass(frozen=True, slots=True)
class Surge:
    """A spike, how many of its conversations went badly (None where it does not count conversations), and some of them."""

    spike: Spike
    bad: int | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """`n` conversations have a known outcome, `bad` of them went badly; `looked_at` is the number of values that were tested."""

    n: int
    bad: int
    causes: tuple[Cause, ...]
    surges: tuple[Surge, ...]
    looked_at: int


async def find(connection: Connection, scope: Scope, *, skip: tuple[str, ...] = ()) -> Findings:
    """What stands out in this scope; `skip` leaves out dimensions that are the same in all of it. Reads only analysed conversations."""
    found = await drivers(connection, scope, "unhappy", limit=MOST_CAUSES, skip=(*skip, "property"))
    if not found.drivers:  # a property of one customer would often stand for that customer: first the things, then what they share
        found = await drivers(connection, scope, "unhappy", limit=MOST_CAUSES, skip=skip)
    causes = [await _cause(connection, scope, driver) for driver in found.drivers]
    told = [spike for spike in await spikes(connection, scope, limit=20) if spike.measure in SPIKES_TOLD][:MOST_SPIKES]
    surges = [await _surge(connection, scope, spike) for spike in told]
    return Findings(found.n, found.bad, tuple(causes), tuple(surges), found.tested)


async def _cause(connection: Connection, scope: Scope, driver: Driver) -> Cause:
    inside = narrowed(scope, driver)
    bad = replace(inside, predicates=(*inside.predicates, "unhappy"))
    shown = await examples(connection, bad, order="worst", limit=3)
    return Cause(driver, await _since(connection, inside), shown, await commonest(connection, bad))


def narrowed(scope: Scope, driver: Driver) -> Scope:
    """The conversations of the scope that the driver is about."""
    if driver.dimension in FIELDS:
        return replace(scope, **{FIELDS[driver.dimension]: (UUID(driver.key),)})  # type: ignore[arg-type]
    if driver.dimension == "language":
        return replace(scope, languages=(driver.key,))
    if driver.dimension == "tool":
        return replace(scope, tools=(driver.key,))
    if driver.dimension == "failed_tool":
        return replace(scope, failed_tools=(driver.key,))
    own = PropertyFilter(driver.dimension.removeprefix("property:"), driver.key)
    return replace(scope, properties=(*(one for one in scope.properties if one.negate or one.key != own.key), own))


async def _since(connection: Connection, scope: Scope) -> date | None:
    """The day on which these conversations began to go badly, where the shares before and after surely differ."""
    arguments = Arguments(scope.tenant_id)
    outcome = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        SELECT a.day, count({outcome}) AS n, count(*) FILTER (WHERE {outcome}) AS bad
        {relation(scope, arguments)} AND a.day IS NOT NULL GROUP BY 1 HAVING count({outcome}) > 0 ORDER BY 1
        """,
        *arguments,
    )
    whole_n, whole_bad = sum(row["n"] for row in rows), sum(row["bad"] for row in rows)
    before_n, before_bad, best = 0, 0, (SURE / max(len(rows), 1), None)
    for row in rows:
        found = compare([Stratum(whole_n - before_n, whole_bad - before_bad, before_n, before_bad)])
        if found and found.sure and found.difference >= CLEAR_START and found.p < best[0]:
            best = (found.p, row["day"])
        before_n, before_bad = before_n + row["n"], before_bad + row["bad"]
    return best[1]


async def _surge(connection: Connection, scope: Scope, spike: Spike) -> Surge:
    inside = replace(scope, since=spike.since, until=spike.until)
    if spike.measure == "failures of":
        return Surge(spike, None, await examples(connection, replace(inside, failed_tools=(spike.name,)), order="worst", limit=2))
    rows = await connection.fetch("SELECT id FROM topic WHERE tenant_id = $1 AND name = $2", scope.tenant_id, spike.name)
    inside = replace(inside, topic_ids=tuple(row["id"] for row in rows))
    arguments = Arguments(scope.tenant_id)
    bad = await connection.fetchval(
        f"SELECT count(*) {relation(replace(inside, predicates=(*inside.predicates, 'unhappy')), arguments)}", *arguments
    )
    return Surge(spike, bad, await examples(connection, inside, order="worst", limit=2))
