"""The Conversation Quality Index, 0..1: four pillars, weighted by the product, moved by business events.

  satisfaction = mean of what is known of: 0.35 resolution, 0.40 (1 - dissatisfied), 0.25 (1 + sentiment) / 2; a rating counts as
                 much as all of them together
  friction     = 1 - (0.5 frustration + 0.5 struggle)
  growth       = 0.5 + 0.5 commercial intent - 0.3 if a capability was missing - 0.3 if the user wants to leave, within 0..1;
                 0.5 is neutral: most conversations have nothing to do with buying, and lose nothing by it
  safety       = product over the flags of (1 - severity)
  index        = weighted mean m of the other pillars that have ground; growth, with its share w of the weights, closes
                 w (2 growth - 1) of the way from m to 1, or w (1 - 2 growth) of the way to 0, so that growth of 0 and of 1 count as
                 in a weighted mean of all and neutral growth counts as absent; then moved by the events: with impact = their
                 clipped sum, a positive one closes 0.3 impact of the way to 1, a negative one 0.3 |impact| of the way to 0

Every part is monotone: a better rating, a positive event, less frustration never lowers the index. Without a user message, a rating
or an event there is no index. Source: the four pillars and weights of the documented API; the formulas are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapport.domain.analysis import DEFAULT_WEIGHTS
from rapport.domain.conversation import BusinessEvent, Rating

EVENT_WEIGHT = 0.3
SATISFACTION_PARTS = {"resolution": 0.35, "dissatisfied": 0.40, "sentiment": 0.25}
SEVERITY = {
    "model_toxicity_detected": 0.9, "secret_leaked": 0.7, "model_bias_detected": 0.6, "hallucination_detected": 0.5,
    "jailbreak_detected": 0.4, "user_toxicity_detected": 0.3, "user_bias_detected": 0.3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signals:
    """What the index is made of. None: unknown."""

    sentiment: float | None = None
    dissatisfied: float | None = None
    resolution: float | None = None
    frustration: float | None = None
    struggle: float | None = None
    commercial_intent: float | None = None
    leaving: bool = False
    flags: frozenset[str] = frozenset()
    rating: float | None = None  # 1..5
    event_impact: float = 0.0  # -1..1


def conversation_rating(ratings: Sequence[Rating]) -> float | None:
    """1..5: the latest rating of the conversation, else the mean of its message ratings; None without any."""
    whole = [rating for rating in ratings if rating.message_id is None]
    if whole:
        return max(whole, key=lambda rating: rating.rated_at).score
    return sum(rating.score for rating in ratings) / len(ratings) if ratings else None


def event_impact(events: Sequence[BusinessEvent]) -> float:
    """Sum of the quality impacts, within -1..1."""
    return max(-1.0, min(1.0, sum(event.quality_impact for event in events)))


def pillars(signals: Signals) -> dict[str, float]:
    """The pillars that have ground, 0..1, higher is better."""
    found: dict[str, float] = {}
    parts = {
        "resolution": signals.resolution,
        "dissatisfied": None if signals.dissatisfied is None else 1 - signals.dissatisfied,
        "sentiment": None if signals.sentiment is None else (1 + signals.sentiment) / 2,
    }
    satisfaction = _mean(parts, SATISFACTION_PARTS)
    if signals.rating is not None:
        rated = (signals.rating - 1) / 4
        satisfaction = rated if satisfaction is None else (satisfaction + rated) / 2
    if satisfaction is not None:
        found["satisfaction"] = satisfaction
    hurdles = _mean({"frustration": signals.frustration, "struggle": signals.struggle}, {"frustration": 0.5, "struggle": 0.5})
    if hurdles is not None:
        found["friction"] = 1 - hurdles
    if signals.commercial_intent is not None:
        missing = "missing_capability_detected" in signals.flags
        found["growth"] = max(0.0, min(1.0, 0.5 + 0.5 * signals.commercial_intent - 0.3 * missing - 0.3 * signals.leaving))
    if found or signals.flags & SEVERITY.keys():
        safety = 1.0
        for flag in signals.flags:
            safety *= 1 - SEVERITY.get(flag, 0.0)
        found["safety"] = safety
    return found


def index(found: Mapping[str, float], signals: Signals, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> float | None:
    """The index of these pillars, 0..1. `weights` need not sum to 1; pillars without ground are left out of the mean. Where growth
    alone has weight, the index is growth."""
    others = {name: score for name, score in found.items() if name != "growth"}
    mean, growth = _mean(others, weights), found.get("growth")
    if mean is None:
        mean = _mean(found, weights)
    elif growth is not None:
        mean = _moved(mean, _share(weights, others) * (2 * growth - 1))
    if mean is None:
        if not signals.event_impact:
            return None
        mean = 0.5
    return _moved(mean, EVENT_WEIGHT * signals.event_impact)


def explain(signals: Signals, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> list[tuple[str, float]]:
    """What moved the index, largest first: (signal, how much higher or lower the index is than with a neutral value of it)."""
    neutral = {"sentiment": 0.0, "dissatisfied": 0.1, "resolution": 0.5, "frustration": 0.1, "struggle": 0.1, "commercial_intent": 0.0,
               "leaving": False, "flags": frozenset(), "rating": 3.0, "event_impact": 0.0}  # fmt: skip
    actual = index(pillars(signals), signals, weights)
    if actual is None:
        return []
    moved = []
    for name, value in neutral.items():
        if getattr(signals, name) is None:
            continue
        changed = Signals(**{**{field: getattr(signals, field) for field in neutral}, name: value})
        without = index(pillars(changed), changed, weights)
        if without is not None and abs(actual - without) >= 0.005:
            moved.append((name, actual - without))
    return sorted(moved, key=lambda pair: -abs(pair[1]))


def _moved(value: float, impact: float) -> float:
    """A positive impact closes its share of the way to 1, a negative one of the way to 0."""
    return value + impact * (1 - value) if impact >= 0 else value * (1 + impact)


def _share(weights: Mapping[str, float], others: Mapping[str, float]) -> float:
    """The share 0..1 of growth in the weights of what is known; the others have some."""
    growth = weights.get("growth", 0.0)
    return growth / (growth + sum(weights.get(name, 0.0) for name in others))


def _mean(values: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """Weighted mean over what is known; None where nothing is, or where its weights are all zero."""
    known = [(value, weights.get(name, 0.0)) for name, value in values.items() if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total > 0 else None
