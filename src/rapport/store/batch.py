"""What a caller wants stored: messages for one conversation, and who and what they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.domain.catalog import PromptGiven


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to store. Without `created_at` it follows the one before it by a millisecond."""

    type: str
    content: str | None = None
    external_id: str | None = None
    created_at: datetime | None = None
    context: str | None = None
    tool_name: str | None = None
    input: Any = None
    output: Any = None
    model: str | None = None
    parent_id: UUID | None = None
    parent_external_id: str | None = None
    status: str = "complete"
    properties: Mapping[str, Any] = field(default_factory=dict)
    voice: Mapping[str, Any] | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages for one conversation: the one of `conversation_id`, else that of `external_id` (made where unknown), else a new
    one. A new one needs `product_id`, or a tenant with exactly one product. `conversation_id` with `make` true may be new too."""

    external_user_id: str
    messages: tuple[NewMessage, ...] = ()
    conversation_id: UUID | None = None
    external_id: str | None = None
    product_id: UUID | None = None
    version_id: UUID | None = None
    external_organization_id: str | None = None
    model: str | None = None
    prompt: PromptGiven | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    voice_call: Mapping[str, Any] | None = None
    title: str | None = None
    kind: str = "conversation"
    source: str = "api"
    make: bool = False
