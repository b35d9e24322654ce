"""The tests that answers rest on, on series whose truth is known."""

import random

from hypothesis import given
from hypothesis import strategies as st

from rapport.analytics.statistics import find_rise


def days(rng: random.Random, rates: list[float], calls: int) -> list[tuple[int, int]]:
    return [(sum(rng.random() < rate for _ in range(calls)), calls) for rate in rates]


@given(st.integers(0, 10_000), st.integers(10, 40), st.integers(5, 15))
def test_a_clear_rise_is_dated_to_within_a_day(seed: int, before: int, after: int):
    rise = find_rise(days(random.Random(seed), [0.02] * before + [0.8] * after, 8))
    assert rise is not None
    assert abs(rise.at - before) <= 1
    assert rise.before < 0.2 < 0.5 < rise.after


def test_a_steady_rate_has_hardly_ever_a_rise():
    rng = random.Random(5)
    assert sum(find_rise(days(rng, [0.1] * 60, 5)) is not None for _ in range(300)) <= 6


def test_a_fall_is_no_rise():
    assert find_rise([(8, 10)] * 10 + [(0, 10)] * 10) is None


def test_too_few_calls_after_the_change_say_nothing():
    assert find_rise([(0, 5)] * 20 + [(2, 2)]) is None
    assert find_rise([]) is None
