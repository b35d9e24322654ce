"""What is computed about one conversation. Absent is None, never a made-up score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

FLAGS = (
    "jailbreak_detected", "hallucination_detected", "user_toxicity_detected", "model_toxicity_detected",
    "user_bias_detected", "model_bias_detected", "missing_capability_detected", "secret_leaked",
)  # fmt: skip

PILLARS = ("satisfaction", "friction", "growth", "safety")
"""The four pillars of the Conversation Quality Index, 0..1 each, higher is better for all (friction: 1 = no friction)."""

DEFAULT_WEIGHTS: Mapping[str, float] = {"satisfaction": 0.35, "safety": 0.30, "friction": 0.20, "growth": 0.15}
"""Weights of the documented product example (`qualityIndexMetricWeights`); a product may have its own."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a signal fired: which message, and where in its content (code points)."""

    signal: str
    seq: int
    start: int
    end: int
    text: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class MessageAnalysis:
    """One user message. sentiment -1..1; dissatisfied is a probability 0..1; language is ISO 639-1."""

    seq: int
    sentiment: float | None
    sentiment_label: str | None
    dissatisfied: float | None
    language: str | None
    emotion: str | None = None
    pii: tuple[tuple[str, int, int], ...] = ()  # (type, start, end), code points of the original text


@dataclass(frozen=True, slots=True)
class ToolUse:
    """Calls of one tool in one conversation, and how many of them failed."""

    name: str
    calls: int
    failures: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """All measures of one conversation, as stored and as folded into rollups.

    sentiment -1..1 · sentiment_change -2..2 · frustration, struggle, commercial_intent, dissatisfied, resolution 0..1 ·
    quality_index and pillars 0..1 · None where the conversation gives no ground for a score.
    """

    language: str | None = None
    language_confidence: float | None = None
    sentiment: float | None = None
    sentiment_change: float | None = None
    emotion: str | None = None
    frustration: float | None = None
    struggle: float | None = None
    dissatisfied: float | None = None
    resolution: float | None = None
    abandoned: bool | None = None
    handover_requested: bool = False
    repeated_questions: int = 0
    commercial_intent: float | None = None
    commercial_signal: str = "none"
    quality_index: float | None = None
    pillars: Mapping[str, float] = field(default_factory=dict)
    topic_id: UUID | None = None
    topic: str | None = None
    topic_group_id: UUID | None = None
    topic_group: str | None = None
    topic_similarity: float | None = None
    keywords: tuple[str, ...] = ()
    summary: str = ""
    root_cause: str | None = None
    root_cause_confidence: float | None = None
    flags: frozenset[str] = frozenset()
    tools: tuple[ToolUse, ...] = ()
    messages: tuple[MessageAnalysis, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    message_count: int = 0  # chat messages: user and assistant
    user_message_count: int = 0
    method: str = "lexical"  # name of the encoder that was used, or `lexical`
    embedding: bytes | None = None  # float16, L2-normalised, mean of the first three user messages; None without an encoder
    judged_by: str | None = None  # language model whose values took the place of embedded ones
    embedded: Mapping[str, Any] = field(default_factory=dict)  # those embedded values by field, as plain JSON


def sentiment_label(score: float) -> str:
    """negative | neutral | positive, at the bands -0.2 and 0.2 that the documented labels use (docs/reference/scales.md)."""
    return "negative" if score <= -0.2 else "positive" if score >= 0.2 else "neutral"


def change_label(score: float) -> str:
    """declining | slightly negative | stable | slightly positive | improving."""
    if score <= -0.2:
        return "declining"
    if score < -0.05:
        return "slightly negative"
    if score <= 0.05:
        return "stable"
    return "improving" if score >= 0.1 else "slightly positive"


def level_label(score: float) -> str:
    """low | moderate | high, cut at 0.3 and 0.6."""
    return "low" if score < 0.3 else "moderate" if score < 0.6 else "high"
