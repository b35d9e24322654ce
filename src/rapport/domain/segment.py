"""Segments: groups of users by rules. All rules must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of users. `filters` are its rules as they were given; `member_count` is as of the last refresh."""

    id: UUID
    type: str  # system | custom
    name: str
    filters: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    preset_id: str | None = None
    description: str | None = None
    icon: str | None = None
    is_favorited: bool = False
    created_by: UUID | None = None
    member_count: int = 0
    refreshed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A segment that every tenant has."""

    preset_id: str
    name: str
    description: str
    icon: str
    rules: tuple[Mapping[str, Any], ...]

    @property
    def filters(self) -> dict[str, Any]:
        return {"rules": [dict(rule) for rule in self.rules]}


def _analysis(name: str, operator: str, value: float) -> dict[str, Any]:
    return {"type": "analysis", "field": name, "operator": operator, "value": value}


def _at_least(conversations: int) -> dict[str, Any]:
    return {"type": "conversation_count", "operator": "gte", "value": conversations}


_SAFETY = ("jailbreakDetected", "userToxicityDetected", "modelToxicityDetected", "userBiasDetected", "modelBiasDetected")

PRESETS = tuple(
    Preset(preset_id, name, description, icon, rules)
    for preset_id, name, description, icon, rules in (
        ("churn-risk", "Churn Risk Users", "Sentiment falls, frustration is high, quality is low.", "TrendingDown",
         (_analysis("sentimentChange", "lt", 0), _analysis("frustration", "gte", 0.4), _analysis("cqi", "lt", 0.55))),
        ("product-champions", "Product Champions", "Come back, are positive, and their conversations go well.", "Trophy",
         (_analysis("sentiment", "gte", 0.6), _analysis("cqi", "gte", 0.7), _at_least(2))),
        ("biggest-opportunity", "Biggest Opportunity", "Talk about buying, in several conversations.", "DollarSign",
         (_analysis("commercialIntent", "gte", 0.4), _at_least(2))),
        ("happy-users", "Happy Users", "Sentiment of 0.7 or more, on a scale from 0 to 1.", "Smile", (_analysis("sentiment", "gte", 0.7),)),
        ("unhappy-users", "Unhappy Users", "Sentiment of 0.3 or less, on a scale from 0 to 1.", "Frown",
         (_analysis("sentiment", "lte", 0.3),)),
        ("safety-concerns", "Safety Concerns", "Toxicity, bias or jailbreak attempts.", "ShieldAlert",
         ({"type": "any_flag", "fields": list(_SAFETY), "value": True},)),
        ("feature-gaps", "Feature Gaps", "Asked for something that the product cannot do.", "Puzzle",
         ({"type": "analysis_flag", "field": "missingCapabilityDetected", "value": True},)),
        ("power-users", "Power Users", "At least 10 conversations, and not unhappy.", "Zap",
         (_at_least(10), _analysis("sentiment", "gte", 0.65))),
    )
)  # fmt: skip
"""The seven stock segments of the documentation's guide, and its older example Power Users. Churn Risk, Champions and Opportunity
are described in words there; the numbers are ours."""
