"""What changed: which groups moved a metric between two periods, and on which days something unusual happened."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from rapport.analytics import dimensions, metrics
from rapport.analytics.breakdown import MOST_GROUPS, breakdown
from rapport.analytics.filters import relation
from rapport.analytics.metrics import Figure, Metric
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.store.database import Connection

MOVERS = ("topic", "product", "organization", "model", "prompt_version", "failed_tool")
LEAST_PART = 0.15
"""A mover makes up at least this part of the whole change."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A group and its figure in both periods. `contribution` is its part of the change of the whole, in the metric's unit: for each
    dimension the contributions of all groups add up to the whole change. `before` or `now` is None where the group has none."""

    dimension: str
    label: str
    now: Figure | None
    before: Figure | None
    contribution: float


async def movers(
    connection: Connection, now: Scope, before: Scope, metric: Metric, *, by: Sequence[str] = MOVERS, limit: int = 6
) -> tuple[Mover, ...]:
    """The groups that made the metric change, the greatest part first. For means and shares a group counts by how much it moved and by
    how much of the conversations it is."""
    (whole_now,), (whole_before,) = await metrics.level(connection, now, [metric]), await metrics.level(connection, before, [metric])
    if whole_now.value is None or whole_before.value is None or whole_now.value == whole_before.value:
        return ()
    change, found = whole_now.value - whole_before.value, []
    for dimension in by:
        groups_now = await breakdown(connection, now, [metric], dimension, limit=MOST_GROUPS)
        groups_before = await breakdown(connection, before, [metric], dimension, limit=MOST_GROUPS)
        figures_now = {group.key: group.figures[0] for group in groups_now.groups}
        figures_before = {group.key: group.figures[0] for group in groups_before.groups}
        labels = {group.key: group.label for group in (*groups_before.groups, *groups_now.groups)}
        for key, label in labels.items():
            part = _part(metric, figures_now.get(key), whole_now, whole_before) - _part(
                metric, figures_before.get(key), whole_before, whole_before
            )
            if part / change >= LEAST_PART:
                found.append(Mover(dimension, label, figures_now.get(key), figures_before.get(key), part))
    return tuple(sorted(found, key=lambda mover: (-abs(mover.contribution), mover.dimension, mover.label))[:limit])


def _part(metric: Metric, figure: Figure | None, whole: Figure, base: Figure) -> float:
    if figure is None or figure.value is None:
        return 0.0
    if metric.sample is None:
        return figure.value
    return figure.n / whole.n * (figure.value - (base.value or 0.0))


@dataclass(frozen=True, slots=True)
class Spike:
    """An unusual day, or days in a row. `expected` is the mean of the other days; `strength` is in standard deviations."""

    measure: str
    name: str
    since: date
    until: date
    observed: float
    expected: float
    strength: float


_SERIES = {
    "conversations": ("count(*)", ""),
    "unhappy conversations": (f"count(*) FILTER (WHERE {PREDICATES['unhappy'].sql})", ""),
    "conversations about": ("count(*)", "topic"),
    "conversations of": ("count(*)", "organization"),
    "conversations on": ("count(*)", "product"),
    "failures of": ("sum((t.use ->> 2)::int)", "failed_tool"),
}
LEAST_COUNT = 5
LEAST_DAY, LEAST_STRENGTH = 2.0, 5.0
"""Standard deviations: of each day of an episode, and of the episode as a whole. Of hundreds of days and series, fewer than one episode
lies so far out by chance."""
BURSTS = 1.5
"""Conversations come in bursts (one user, several questions), so counts vary more than Poisson; factor on the variance."""


async def spikes(connection: Connection, scope: Scope, *, limit: int = 8) -> tuple[Spike, ...]:
    """Days on which there was far more than usual of something, strongest first. Needs at least seven days of data."""
    found: list[Spike] = []
    for measure, (value, dimension) in _SERIES.items():
        for name, by_day in (await _daily(connection, scope, value, dimension)).items():
            found += _unusual(measure, name, by_day)
    return tuple(sorted(found, key=lambda spike: (-spike.strength, spike.measure, spike.name))[:limit])


async def _daily(connection: Connection, scope: Scope, value: str, dimension: str) -> Mapping[str, dict[date, float]]:
    arguments = Arguments(scope.tenant_id)
    day = dimensions.find("day", scope, arguments).key
    group = dimensions.find(dimension, scope, arguments) if dimension else None
    key = group.key if group else "NULL::text"
    rows = await connection.fetch(
        f"""
        SELECT {group.label if group else "''"} AS name, g.day, g.n
        FROM (SELECT {key} AS key, {day} AS day, {value} AS n {relation(scope, arguments, joins=group.joins if group else "")}
              GROUP BY 1, 2 LIMIT 50000) g
        WHERE {"g.key IS NOT NULL" if group else "true"} AND $1::int IS NOT NULL
        """,
        *arguments,
    )
    series: defaultdict[str, dict[date, float]] = defaultdict(dict)
    days = [row["day"] for row in rows]
    for row in rows:
        if row["name"] is not None:
            series[row["name"]][row["day"]] = float(row["n"])
    if days:
        first, last = min(days), max(days)
        for by_day in series.values():
            for offset in range((last - first).days + 1):
                by_day.setdefault(first + timedelta(days=offset), 0.0)
    return series


def _unusual(measure: str, name: str, by_day: Mapping[date, float]) -> list[Spike]:
    """Runs of days that are each above the usual by LEAST_DAY deviations and together by LEAST_STRENGTH. Usual is the larger of the median
    and of the mean of the lower nine tenths: the median of something rare is 0, and a mean of all days holds the episode itself."""
    if len(by_day) < 7:
        return []
    low = sorted(by_day.values())[: math.ceil(len(by_day) * 0.9)]
    usual = max(median(by_day.values()), sum(low) / len(low))
    found: list[Spike] = []
    run: list[date] = []
    for day in [*sorted(by_day), date.max]:
        if day != date.max and by_day[day] - usual >= LEAST_DAY * _spread(usual, 1) and (not run or run[-1] + timedelta(days=1) == day):
            run.append(day)
            continue
        if run:
            observed = sum(by_day[one] for one in run)
            strength = (observed - len(run) * usual) / _spread(usual, len(run))
            if observed >= LEAST_COUNT and strength >= LEAST_STRENGTH:
                others = (sum(by_day.values()) - observed) / max(1, len(by_day) - len(run))
                found.append(Spike(measure, name, run[0], run[-1], observed, others, strength))
        run = [day] if day != date.max and by_day[day] - usual >= LEAST_DAY * _spread(usual, 1) else []
    return found


def _spread(usual: float, days: int) -> float:
    return math.sqrt(days * usual * BURSTS + 1)


def spike_json(spike: Spike) -> dict[str, Any]:
    """As tools give it. `observed` is the sum over the days, `usualPerDay` the mean of all other days."""
    return {
        "what": f"{spike.measure} {spike.name}".strip(), "measure": spike.measure, "name": spike.name or None,
        "since": spike.since.isoformat(), "until": spike.until.isoformat(), "days": (spike.until - spike.since).days + 1,
        "observed": round(spike.observed), "usualPerDay": round(spike.expected, 1), "strength": round(spike.strength, 1),
    }  # fmt: skip
