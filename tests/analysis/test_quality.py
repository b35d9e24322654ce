"""The quality index: within 0..1, and monotone where people expect it."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.analysis.conversations import LEXICAL, PRODUCT, conversation, event, rating

from rapport.analysis import pipeline, quality
from rapport.analysis.quality import Signals
from rapport.analysis.toolkit import Toolkit
from rapport.domain.analysis import FLAGS, PILLARS, Analysis

unit = st.floats(0, 1)
SIGNALS = st.builds(
    Signals,
    sentiment=st.none() | st.floats(-1, 1),
    dissatisfied=st.none() | unit,
    resolution=st.none() | unit,
    frustration=st.none() | unit,
    struggle=st.none() | unit,
    commercial_intent=st.none() | unit,
    leaving=st.booleans(),
    flags=st.frozensets(st.sampled_from(FLAGS)),
    rating=st.none() | st.floats(1, 5),
    event_impact=st.floats(-1, 1),
)
WEIGHTS = st.fixed_dictionaries({pillar: st.floats(0, 1) for pillar in PILLARS})


def index(signals: Signals, weights) -> float | None:
    return quality.index(quality.pillars(signals), signals, weights)


@given(SIGNALS, WEIGHTS)
def test_the_index_is_within_its_range(signals, weights):
    value = index(signals, weights)
    assert value is None or -1e-9 <= value <= 1 + 1e-9


@pytest.mark.parametrize(
    ("name", "rises"),
    [
        ("sentiment", True),
        ("resolution", True),
        ("rating", True),
        ("event_impact", True),
        ("commercial_intent", True),
        ("frustration", False),
        ("struggle", False),
        ("dissatisfied", False),
    ],
)
@given(data=st.data(), signals=SIGNALS, weights=WEIGHTS)
def test_the_index_follows_each_signal(name, rises, data, signals, weights):
    low, high = sorted((data.draw(unit), data.draw(unit)))
    if name == "rating":
        low, high = 1 + 4 * low, 1 + 4 * high
    if name in ("sentiment", "event_impact"):
        low, high = 2 * low - 1, 2 * high - 1
    worse, better = (low, high) if rises else (high, low)
    below, above = index(replace(signals, **{name: worse}), weights), index(replace(signals, **{name: better}), weights)
    if below is not None and above is not None:
        assert above >= below - 1e-9


@given(SIGNALS, st.sampled_from(sorted(quality.SEVERITY)))
def test_a_flag_never_raises_the_index(signals, flag):
    without, with_flag = replace(signals, flags=signals.flags - {flag}), replace(signals, flags=signals.flags | {flag})
    weights = dict.fromkeys(PILLARS, 0.25)
    if quality.pillars(without):
        assert index(with_flag, weights) <= index(without, weights) + 1e-9  # type: ignore[operator]


@given(SIGNALS, WEIGHTS)
def test_a_conversation_without_commerce_neither_gains_nor_loses(signals, weights):
    neutral = replace(signals, commercial_intent=0.0, leaving=False, flags=signals.flags - {"missing_capability_detected"})
    if quality.pillars(replace(neutral, commercial_intent=None)) and any(weights[name] for name in ("satisfaction", "friction", "safety")):
        absent = index(replace(neutral, commercial_intent=None), weights)
        if absent is not None:
            assert index(neutral, weights) == pytest.approx(absent)


@given(SIGNALS, WEIGHTS, unit)
def test_wishing_to_leave_never_raises_the_index(signals, weights, intent):
    stays, leaves = (replace(signals, commercial_intent=intent, leaving=leaving) for leaving in (False, True))
    before, after = index(stays, weights), index(leaves, weights)
    assert before is None or after <= before + 1e-9  # type: ignore[operator]


def test_explanations_name_what_moved_the_index():
    signals = Signals(sentiment=-0.6, dissatisfied=0.9, resolution=0.1, frustration=0.8, struggle=0.2, commercial_intent=0.0, rating=1.0)
    moved = dict(quality.explain(signals))
    assert moved["rating"] < 0
    assert moved["dissatisfied"] < 0
    assert "leaving" not in moved


def analysed(**given) -> Analysis:
    [result] = pipeline.analyse([conversation(("user", "Where is my order?"), ("assistant", "It comes today."), **given)], LEXICAL)
    assert isinstance(result, Analysis)
    return result


def test_ratings_and_events_reach_the_index():
    plain = analysed().quality_index
    assert analysed(ratings=(rating(1),)).quality_index < plain < analysed(ratings=(rating(5),)).quality_index  # type: ignore[operator]
    assert analysed(events=(event(-1),)).quality_index < plain < analysed(events=(event(0.5),)).quality_index  # type: ignore[operator]


def test_a_product_has_its_own_weights():
    weights = {"satisfaction": 0.0, "friction": 0.0, "growth": 1.0, "safety": 0.0}
    own = Toolkit(LEXICAL.encoder, LEXICAL.heads, weights={PRODUCT: weights})
    [result] = pipeline.analyse([conversation(("user", "Where is my order?"))], own)
    assert isinstance(result, Analysis)
    assert result.quality_index == pytest.approx(result.pillars["growth"])
