"""A segment beside everyone else: where the averages really differ, and what its conversations that went badly have in common."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rapport.analytics import insights
from rapport.analytics.insights import Insights
from rapport.analytics.simple import Totals
from rapport.analytics.wording import many
from rapport.domain.scope import Scope
from rapport.store.database import Connection

MEASURES = (
    ("rating", "average rating", "rating_n", 1.1),
    ("sentiment", "average sentiment", "sentiment_n", 0.45),
    ("quality", "quality index", "quality_n", 0.2),
    ("frustration", "frustration", "struggle_n", 0.3),
    ("struggle", "struggle", "struggle_n", 0.3),
    ("commercial", "commercial intent", "struggle_n", 0.25),
)
"""(property of Totals, name, its count, usual standard deviation of one conversation: rollups keep no squares, so the spread of
the measure on the demo tenant stands in for it)."""
CLEAR = 2.6
"""Standard errors between two means that make a difference worth naming: p < 0.01, two-sided."""
LEAST = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of the segment beside everyone else's. `clear`: not explained by chance."""

    measure: str
    segment: float
    everyoneElse: float
    difference: float
    n: int
    clear: bool


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """What sets the segment apart, in words and figures."""

    analysis: str
    comparison: Sequence[Difference]
    findings: Insights | None


async def against_everyone_else(connection: Connection, scope: Scope, name: str, mine: Totals, everyone: Totals) -> SegmentSummary | None:
    """None where the segment has no analysed conversation."""
    if not mine.conversations:
        return None
    others = everyone.minus(mine)
    compared = [found for measure in MEASURES if (found := _difference(mine, others, *measure))]
    clear = sorted((d for d in compared if d.clear), key=lambda d: -abs(d.difference))
    head = f"{name}: {many(mine.conversations, 'conversation')}, beside {others.conversations:,} of everyone else."
    if clear:
        told = "; ".join(f"{d.measure} {d.segment:.2f} against {d.everyoneElse:.2f} ({d.n} measured)" for d in clear)
        text = f"{head} They differ in {told}."
    elif compared:
        text = f"{head} No average differs by more than chance explains."
    else:
        text = f"{head} There is too little to compare."
    return SegmentSummary(text, compared, await insights.product(connection, scope))


def _difference(mine: Totals, others: Totals, name: str, measure: str, count: str, deviation: float) -> Difference | None:
    here, there = getattr(mine, name), getattr(others, name)
    n, m = getattr(mine, count), getattr(others, count)
    if here is None or there is None or n < LEAST or m < LEAST:
        return None
    error = deviation * math.sqrt(1 / n + 1 / m)
    return Difference(measure, round(here, 3), round(there, 3), round(here - there, 3), n, abs(here - there) > CLEAR * error)
