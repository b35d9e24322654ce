"""A conversation as every room sees it: who talked, about which product, and the messages in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

MESSAGE_TYPES = (
    "user_message", "assistant_message", "system_message", "final_response", "thought", "tool_call", "observation",
    "retrieval", "memory_read", "memory_write", "chain_start", "chain_end", "embedding", "tool_error", "callback",
    "llm", "task", "workflow",
)  # fmt: skip
"""The 18 documented message types; `role` user, assistant and system are short for the first three."""

ROLE_TYPES = {"user": "user_message", "assistant": "assistant_message", "system": "system_message"}
ASSISTANT_TYPES = frozenset({"assistant_message", "final_response"})


@dataclass(frozen=True, slots=True)
class Message:
    """One turn or one event of an agent. Only `content` is language; tools speak in `input` and `output`."""

    id: UUID
    seq: int
    type: str
    created_at: datetime
    content: str | None = None
    external_id: str | None = None
    parent_id: UUID | None = None
    parent_external_id: str | None = None
    tool_name: str | None = None
    input: Any = None
    output: Any = None
    context: str | None = None
    model: str | None = None
    status: str = "complete"
    properties: Mapping[str, Any] = field(default_factory=dict)
    voice: Mapping[str, Any] | None = None

    @property
    def is_user(self) -> bool:
        return self.type == "user_message"

    @property
    def is_assistant(self) -> bool:
        return self.type in ASSISTANT_TYPES


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as it was sent. `score` puts it on 1..5: 1 + 4 (value - low) / (high - low)."""

    value: float
    low: float
    high: float
    rated_at: datetime
    feedback: str | None = None
    message_id: UUID | None = None

    @property
    def score(self) -> float:
        return 1 + 4 * (self.value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """Something that happened to the user outside the conversation. `quality_impact` is in [-1, 1]."""

    type: str
    value: str
    value_type: str
    influence: str
    quality_impact: float
    event_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation with all that its analysis needs. `messages` are in the order they were said."""

    tenant_id: int
    id: UUID
    product_id: UUID
    created_at: datetime
    updated_at: datetime
    messages: tuple[Message, ...]
    external_id: str | None = None
    kind: str = "conversation"
    source: str = "api"
    version_id: UUID | None = None
    prompt_id: UUID | None = None
    user_id: UUID | None = None
    organization_id: UUID | None = None
    model_id: UUID | None = None
    model: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    voice_call: Mapping[str, Any] | None = None
    ratings: tuple[Rating, ...] = ()
    events: tuple[BusinessEvent, ...] = ()

    @property
    def user_messages(self) -> tuple[Message, ...]:
        return tuple(m for m in self.messages if m.is_user and m.content)

    @property
    def rating_score(self) -> float | None:
        """On 1..5: the latest rating of the conversation itself, else the mean of its message ratings; None without ratings."""
        whole = [r for r in self.ratings if r.message_id is None]
        if whole:
            return max(whole, key=lambda r: r.rated_at).score
        return sum(r.score for r in self.ratings) / len(self.ratings) if self.ratings else None
