"""The twelve documented events that the outside can be told of, and when each fires."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

QUALITY_BELOW = 0.60  # "under 60 percent", on our scale of 0..1
NEGATIVE_AT = -0.2  # the documented label `negative`
FRUSTRATION_ABOVE = 0.5
STRUGGLE_ABOVE = 0.5
INTENT_ABOVE = 0.4  # "and label medium or high", which it then always has
PRODUCT_SENTIMENT_BELOW = 0.2  # "under 60 percent", where 0 % is -1 and 100 % is 1

CONVERSATION_EVENTS = (
    "conversation.started", "conversation.quality_index", "conversation.sentiment", "conversation.frustration", "conversation.struggle",
    "conversation.commercial_intent", "conversation.rating",
)  # fmt: skip
PRODUCT_EVENTS = ("product.quality_index", "product.sentiment")
CUSTOM_EVENTS = ("custom_analysis.guardrail_triggered", "custom_analysis.expectation_failed", "custom_analysis.evidence_found")
EVENTS = (*CONVERSATION_EVENTS, *PRODUCT_EVENTS, *CUSTOM_EVENTS)


@dataclass(frozen=True, slots=True)
class Alert:
    """An event with the figure that made it fire. `threshold` is None where none was crossed."""

    type: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    type: str
    measure: str
    threshold: float
    crossed: Callable[[float], bool]


_RULES = (
    _Rule("conversation.quality_index", "quality_index", QUALITY_BELOW, lambda x: x < QUALITY_BELOW),
    _Rule("conversation.sentiment", "sentiment", NEGATIVE_AT, lambda x: x <= NEGATIVE_AT),
    _Rule("conversation.frustration", "frustration", FRUSTRATION_ABOVE, lambda x: x > FRUSTRATION_ABOVE),
    _Rule("conversation.struggle", "struggle", STRUGGLE_ABOVE, lambda x: x > STRUGGLE_ABOVE),
    _Rule("conversation.commercial_intent", "commercial_intent", INTENT_ABOVE, lambda x: x > INTENT_ABOVE),
)


def alerts(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Iterator[Alert]:
    """What a new analysis of a conversation gives rise to. A threshold fires when it is crossed, not again while it stays crossed."""
    if old is None:
        yield Alert("conversation.started")
    for rule in _RULES:
        value, before = new[rule.measure], old[rule.measure] if old else None
        if value is not None and rule.crossed(value) and not (before is not None and rule.crossed(before)):
            yield Alert(rule.type, value, rule.threshold)
    if new["rating_score"] is not None and (old is None or old["rating_score"] != new["rating_score"]):
        yield Alert("conversation.rating", new["rating_score"])
