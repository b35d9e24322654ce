"""Does something go badly more often here than there, like compared with like?

Two sides are compared within strata (the same product, the same organization), so that a model that only the grumpiest customer
uses is not blamed for the customer. What shares no stratum with the other side cannot be compared, and says so.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rapport.analytics.statistics import normal_p

LEAST = 5
"""Conversations on either side below which nothing is claimed."""
SURE = 0.01
"""p-value below which a difference is called one; several things are looked at, so it is stricter than the usual 0.05."""
EXACT_UP_TO = 2_000
"""Conversations up to which Fisher's test is computed; above, the normal approximation agrees with it."""
LARGE = 0.15
"""Difference of shares that calls for action at once."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Conversations of both sides that are alike otherwise: how many, and how many of them went badly."""

    n: int
    bad: int
    other_n: int
    other_bad: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`share` and `other_share` (0..1) are standardised to the same mix; n counts the conversations that could be compared.
    `difference` is their difference, `p` the two-sided probability of one at least as large by chance."""

    share: float
    other_share: float
    n: int
    other_n: int
    bad: int
    p: float

    @property
    def difference(self) -> float:
        return self.share - self.other_share

    @property
    def sure(self) -> bool:
        """Large enough on both sides, and unlikely to be chance."""
        return min(self.n, self.other_n) >= LEAST and self.p < SURE


def compare(strata: Iterable[Stratum]) -> Difference | None:
    """The Mantel-Haenszel risk difference (Greenland & Robins 1985; variance of Sato 1989); Fisher's exact test for one small stratum.
    None where no stratum holds both sides."""
    shared = [s for s in strata if s.n and s.other_n]
    if not shared:
        return None
    weight = sum(s.n * s.other_n / (s.n + s.other_n) for s in shared)
    share = sum(s.bad * s.other_n / (s.n + s.other_n) for s in shared) / weight
    other = sum(s.other_bad * s.n / (s.n + s.other_n) for s in shared) / weight
    n, other_n, bad = sum(s.n for s in shared), sum(s.other_n for s in shared), sum(s.bad for s in shared)
    if len(shared) == 1 and n + other_n <= EXACT_UP_TO:
        return Difference(share, other, n, other_n, bad, fisher_p(shared[0]))
    return Difference(share, other, n, other_n, bad, _sato_p(shared, share - other, weight))


def _sato_p(strata: list[Stratum], difference: float, weight: float) -> float:
    spread, rest = 0.0, 0.0
    for s in strata:
        whole = s.n + s.other_n
        spread += (s.n**2 * s.other_bad - s.other_n**2 * s.bad + s.n * s.other_n * (s.other_n - s.n) / 2) / whole**2
        rest += (s.bad * (s.other_n - s.other_bad) + s.other_bad * (s.n - s.bad)) / (2 * whole)
    variance = (difference * spread + rest) / weight**2
    if variance <= 0:
        return 1.0 if difference == 0 else 0.0
    return normal_p(difference / math.sqrt(variance))


def fisher_p(s: Stratum) -> float:
    """Fisher's exact test of one fourfold table, two-sided: the sum of all tables that are no likelier than this one."""
    bad, whole = s.bad + s.other_bad, s.n + s.other_n
    low, high = max(0, bad - s.other_n), min(bad, s.n)

    def log_chance(a: int) -> float:
        return _log_choose(s.n, a) + _log_choose(s.other_n, bad - a) - _log_choose(whole, bad)

    observed = log_chance(s.bad) + 1e-9
    return min(1.0, sum(math.exp(chance) for chance in map(log_chance, range(low, high + 1)) if chance <= observed))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
