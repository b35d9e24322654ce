"""How a metric moves over time, and whether two sets of conversations differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rapport.analytics import dimensions, metrics
from rapport.analytics.filters import relation
from rapport.analytics.metrics import Figure, Metric
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import SIGNIFICANT, Line, Sample, fit_line, poisson_p, welch_p
from rapport.domain.scope import Scope
from rapport.errors import Invalid
from rapport.store.database import Connection

BUCKETS = ("day", "week", "month")
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week or month. `partial` where the asked period, or today, ends inside it."""

    start: date
    figure: Figure
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """direction: rising | falling | flat (no slope that chance would not give, p >= 0.05) | unknown (too few points)."""

    metric: Metric
    bucket: str
    points: tuple[Point, ...]
    direction: str
    line: Line | None


async def trend(connection: Connection, scope: Scope, metric: Metric, bucket: str | None = None, *, today: date | None = None) -> Trend:
    """The metric by day, week or month of the tenant's clock, oldest first, empty buckets included. The direction is that of a
    line weighted by n; partial buckets of counts do not take part."""
    today = today or datetime.now(ZoneInfo(scope.time_zone)).date()
    scope = await _closed(connection, scope, today)
    if scope.since is None or scope.until is None:
        return Trend(metric, bucket or "day", (), "unknown", None)
    bucket = bucket or _fitting_bucket(scope.since, scope.until)
    arguments = Arguments(scope.tenant_id)
    key = dimensions.find(bucket, scope, arguments).key
    rows = await connection.fetch(
        f"SELECT {key} AS start, {metrics.columns([metric])} {relation(scope, arguments)} GROUP BY 1 ORDER BY 1", *arguments
    )
    there = {row["start"]: metrics.figures([metric], row)[0] for row in rows}
    nothing = Figure(metric, 0.0 if metric.kind in ("count", "sum", "distinct") else None, 0)
    points = []
    for start in _starts(scope.since, scope.until, bucket):
        end = _next(start, bucket) - timedelta(days=1)
        points.append(Point(start, there.get(start, nothing), start < scope.since or end > min(scope.until, today)))
    return _judged(metric, bucket, tuple(points))


def _judged(metric: Metric, bucket: str, points: tuple[Point, ...]) -> Trend:
    counts = metric.kind in ("count", "sum", "distinct")
    whole = [p for p in points if not (counts and p.partial)]
    weights = [1.0 if counts else float(p.figure.n) for p in whole]
    line = fit_line([p.figure.value or 0.0 for p in whole], weights)
    direction = "unknown" if line is None else "flat" if line.p >= SIGNIFICANT else "rising" if line.slope > 0 else "falling"
    return Trend(metric, bucket, points, direction, line)


async def _closed(connection: Connection, scope: Scope, today: date) -> Scope:
    """The scope with both ends known: from its first conversation to its last, or to today where an end was asked for."""
    if scope.since and scope.until:
        return replace(scope, until=max(min(scope.until, today), scope.since))
    arguments = Arguments(scope.tenant_id)
    zone = arguments.add(scope.time_zone)
    row = await connection.fetchrow(
        f"SELECT (min(c.created_at) AT TIME ZONE {zone})::date, (max(c.created_at) AT TIME ZONE {zone})::date {relation(scope, arguments)}",
        *arguments,
    )
    assert row is not None
    return replace(scope, since=scope.since or row[0], until=scope.until or row[1])


def _fitting_bucket(since: date, until: date) -> str:
    days = (until - since).days + 1
    return "day" if days <= 31 else "week" if days <= 270 else "month"


def _starts(since: date, until: date, bucket: str) -> list[date]:
    start = since if bucket == "day" else since - timedelta(days=since.weekday()) if bucket == "week" else since.replace(day=1)
    starts = []
    while start <= until:
        starts.append(start)
        if len(starts) > MOST_POINTS:
            raise Invalid(f"That is more than {MOST_POINTS} {bucket}s; ask by week or month.")
        start = _next(start, bucket)
    return starts


def _next(start: date, bucket: str) -> date:
    if bucket == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=1 if bucket == "day" else 7)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same metric of two scopes. `p` is None for a metric that cannot be tested (sums over conversations)."""

    metric: Metric
    one: Figure
    other: Figure
    p: float | None

    @property
    def difference(self) -> float | None:
        """How much higher the first is than the other, of the figures as printed."""
        one, other = self.metric.shown(self.one.value), self.metric.shown(self.other.value)
        return None if one is None or other is None else self.metric.shown(one - other)

    @property
    def verdict(self) -> str:
        """higher | lower | same | unclear (the difference may be chance) | unknown (no figure on one side)."""
        if self.difference is None:
            return "unknown"
        if self.difference == 0:
            return "same"
        if self.p is not None and self.p >= SIGNIFICANT:
            return "unclear"
        return "higher" if self.difference > 0 else "lower"


async def compare(connection: Connection, one: Scope, other: Scope, measured: Sequence[Metric]) -> tuple[Comparison, ...]:
    """Each metric of two scopes, tested: means, shares and ratios by Welch's test, counts by rate where both scopes have their days."""
    first, second = await metrics.level(connection, one, measured), await metrics.level(connection, other, measured)
    samples_one, samples_other = await samples(connection, one, measured), await samples(connection, other, measured)
    found = []
    for metric, a, b in zip(measured, first, second, strict=True):
        p = None
        if metric.name in samples_one:
            p = welch_p(samples_one[metric.name], samples_other[metric.name])
        elif metric.kind in ("count", "distinct"):
            p = poisson_p(a.value or 0, _days(one), b.value or 0, _days(other))
        found.append(Comparison(metric, a, b, p))
    return tuple(found)


async def samples(connection: Connection, scope: Scope, measured: Sequence[Metric]) -> dict[str, Sample]:
    """Size, mean and variance by name of metric, for those that are a mean over conversations or a ratio of two sums over them."""
    wanted = [metric for metric in measured if metric.sample]
    ratios = [metric for metric in measured if metric.kind == "ratio"]
    found = {metric.name: await _ratio(connection, scope, metric) for metric in ratios}
    if not wanted:
        return found
    arguments = Arguments(scope.tenant_id)
    selected = ", ".join(
        f"count({m.sample}) AS n{i}, avg({m.sample}) AS m{i}, coalesce(var_samp({m.sample}), 0) AS s{i}" for i, m in enumerate(wanted)
    )
    row = await connection.fetchrow(f"SELECT {selected} {relation(scope, arguments)}", *arguments)
    assert row is not None
    return found | {m.name: Sample(row[f"n{i}"], row[f"m{i}"] or 0.0, row[f"s{i}"]) for i, m in enumerate(wanted)}


async def _ratio(connection: Connection, scope: Scope, metric: Metric) -> Sample:
    """A ratio of two sums as the mean of its linearised values, one for each conversation (Cochran, Sampling Techniques, 1977, 6.3):
    calls of one conversation fail together, so they are no trials of their own."""
    arguments = Arguments(scope.tenant_id)
    row = await connection.fetchrow(
        f"""
        SELECT count(y) AS n, coalesce(sum(y), 0)::float8 AS y, coalesce(sum(x), 0)::float8 AS x, coalesce(sum(y * y), 0)::float8 AS yy,
               coalesce(sum(x * y), 0)::float8 AS xy, coalesce(sum(x * x), 0)::float8 AS xx
        FROM (SELECT {metric.row} AS y, {metric.per} AS x {relation(scope, arguments)}) r WHERE y IS NOT NULL
        """,
        *arguments,
    )
    assert row is not None
    if row["n"] < 2 or not row["x"]:
        return Sample(row["n"], 0.0, 0.0)
    ratio, mean_x = row["y"] / row["x"], row["x"] / row["n"]
    spread = max(row["yy"] - 2 * ratio * row["xy"] + ratio * ratio * row["xx"], 0.0)
    return Sample(row["n"], ratio, spread / (row["n"] - 1) / mean_x**2)


def _days(scope: Scope) -> float:
    return (scope.until - scope.since).days + 1.0 if scope.since and scope.until else 0.0
