"""What a language model is asked about conversations, and what came of it: the measures of a conversation, and custom analyses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

MODES = ("embedded", "compare", "model")
"""Whose values a product's analyses hold. embedded: no model is asked. compare: a model is asked, its values are kept beside the
embedded ones and change nothing. model: its values take the place of the embedded ones, which are kept."""

KINDS = ("guardrail", "expectation", "evidence_finder")
"""guardrail: must not happen. expectation: should happen. evidence_finder: show where it happens."""

RESULTS = ("pass", "fail", "found", "not_found", "not_applicable", "unsupported")
"""What a model answered. unsupported: it claimed something, and none of its quotes is in the transcript."""

FINDING_STATUSES = (*RESULTS, "budget_spent", "failed", "waiting", "needs_model")
JUDGEMENT_STATUSES = ("done", "nothing_said", "budget_spent", "failed", "waiting", "needs_model", "off")

RAISED = {"guardrail": ("fail", "custom_analysis.guardrail_triggered"), "expectation": ("fail", "custom_analysis.expectation_failed"),
          "evidence_finder": ("found", "custom_analysis.evidence_found")}  # fmt: skip
"""Kind -> the result that is told, and the event that tells it."""


@dataclass(frozen=True, slots=True)
class CustomAnalysis:
    """A question in plain words that is put to every conversation with a product. severity 1..5."""

    id: UUID
    product_id: UUID
    name: str
    kind: str
    instruction: str
    severity: int
    enabled: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand in message `seq` of a transcript, white space aside."""

    text: str
    seq: int
    message_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model answered to a custom analysis, checked. `dropped_quotes` were not in the transcript."""

    result: str
    confidence: float | None
    reasoning: str
    quotes: tuple[Quote, ...] = ()
    dropped_quotes: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a custom analysis found in a conversation. `status` is a result, or why there is none."""

    conversation_id: UUID
    custom_analysis_id: UUID
    product_id: UUID
    status: str
    confidence: float | None = None
    reasoning: str = ""
    quotes: tuple[Quote, ...] = ()
    dropped_quotes: int = 0
    omitted_messages: int = 0
    model: str | None = None
    digest: bytes | None = None
    evaluated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The measures of a conversation as a model filled them, by the names of domain.analysis.Analysis."""

    conversation_id: UUID
    product_id: UUID
    status: str
    measures: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    message_count: int = 0  # of the conversation when it was judged
    omitted_messages: int = 0
    model: str | None = None
    digest: bytes | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a product wants a language model for. `tokens_per_day` None: the default of the installation."""

    product_id: UUID
    mode: str = "embedded"
    tokens_per_day: int | None = None
    custom: tuple[CustomAnalysis, ...] = ()  # enabled ones
