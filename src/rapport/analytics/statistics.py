"""The few tests that answers rest on. Each returns a two-sided p-value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SIGNIFICANT = 0.05


def normal_p(z: float) -> float:
    """Of a standard normal deviate."""
    return math.erfc(abs(z) / math.sqrt(2))


def student_p(t: float, freedom: float) -> float:
    """Of Student's t, by Wallace's normalising transformation (1959): within 0.002 from 3 degrees of freedom on."""
    if freedom <= 0:
        return 1.0
    z = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return normal_p(z)


@dataclass(frozen=True, slots=True)
class Sample:
    """Size, mean and variance (n - 1) of numbers, one for each conversation."""

    n: int
    mean: float
    variance: float


def welch_p(one: Sample, other: Sample) -> float:
    """Whether two means differ, their variances unknown (Welch 1947). 1.0 where one sample has fewer than two numbers."""
    if min(one.n, other.n) < 2:
        return 1.0
    a, b = one.variance / one.n, other.variance / other.n
    if a + b == 0:
        return 1.0 if one.mean == other.mean else 0.0
    freedom = (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (other.n - 1))
    return student_p((one.mean - other.mean) / math.sqrt(a + b), freedom)


def poisson_p(one: float, one_days: float, other: float, other_days: float) -> float:
    """Whether two counts come from the same rate, by the square-root transformation (Huffman 1984). Conversations of one user come in
    bursts, so counts spread more than Poisson; the factor 1.5 on the standard deviation allows for it."""
    if one + other == 0 or not one_days or not other_days:
        return 1.0
    z = 2 * (math.sqrt((one + 0.375) / one_days) - math.sqrt((other + 0.375) / other_days)) / math.sqrt(1 / one_days + 1 / other_days)
    return normal_p(z / 1.5)


@dataclass(frozen=True, slots=True)
class Line:
    """A weighted least-squares line: rise for each step, its p-value, and the fitted ends."""

    slope: float
    p: float
    first: float
    last: float


def fit_line(values: Sequence[float], weights: Sequence[float]) -> Line | None:
    """The line through values at 0, 1, 2 ... None for fewer than three values with a weight."""
    points = [(x, y, w) for x, (y, w) in enumerate(zip(values, weights, strict=True)) if w > 0]
    if len(points) < 3:
        return None
    total = sum(w for _, _, w in points)
    mean_x, mean_y = sum(w * x for x, _, w in points) / total, sum(w * y for _, y, w in points) / total
    spread = sum(w * (x - mean_x) ** 2 for x, _, w in points)
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / spread
    rest = sum(w * (y - mean_y - slope * (x - mean_x)) ** 2 for x, y, w in points) / (len(points) - 2)
    p = student_p(slope / math.sqrt(rest / spread), len(points) - 2) if rest > 0 else (1.0 if slope == 0 else 0.0)
    return Line(slope, p, mean_y + slope * (points[0][0] - mean_x), mean_y + slope * (points[-1][0] - mean_x))


@dataclass(frozen=True, slots=True)
class Rise:
    """Where a rate rose for good: place of the first trial after it, the rates (0..1) before and after, trials after it, and G, twice the
    logarithm of the likelihood ratio against one rate throughout."""

    at: int
    before: float
    after: float
    trials: int
    g: float


RISE_G = 14.0
"""Least G of a rise. Over some dozens of places the greatest G of a steady rate stays below this but for about one case in a hundred."""


def find_rise(counts: Sequence[tuple[int, int]], *, least: int = 5) -> Rise | None:
    """The change point of a series of (failures, trials): the split into two rates that is most likely, if the later rate is higher, each
    side with any trials has `least` of them after the split, and G reaches RISE_G. None where the rate does not rise."""
    failures, trials = sum(f for f, _ in counts), sum(n for _, n in counts)
    best: Rise | None = None
    f, n = 0, 0
    for at, (failed, tried) in enumerate(counts):
        if failed and n and trials - n >= least:
            before, after = f / n, (failures - f) / (trials - n)
            g = 2 * (_log_likelihood(f, n) + _log_likelihood(failures - f, trials - n) - _log_likelihood(failures, trials))
            if after > before and g >= RISE_G and (best is None or g > best.g):
                best = Rise(at, before, after, trials - n, g)
        f, n = f + failed, n + tried
    return best


def _log_likelihood(failures: int, trials: int) -> float:
    return sum(k * math.log(k / trials) for k in (failures, trials - failures) if k)
