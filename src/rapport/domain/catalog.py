"""What conversations are about and made with: products, language models, prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

COMPONENT_SOURCES = ("customer", "participant", "greenflash", "agent")
COMPONENT_TYPES = ("system", "user", "tool", "guardrail", "rag", "agent", "other")


@dataclass(frozen=True, slots=True)
class Product:
    """What a customer builds. `version_id` is its active version; `metric_weights` {} means domain.analysis.DEFAULT_WEIGHTS."""

    id: UUID
    name: str
    version_id: UUID
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    optimization_notes: str | None = None
    user_privacy: str = "standard"
    metric_weights: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A language model that conversations named. Costs are USD per 1,000 tokens; the context window is in tokens."""

    id: UUID
    canonical_id: str
    display_name: str
    family: str | None
    provider: str
    source: str
    created_at: datetime
    last_used_at: datetime | None
    usage_count: int  # conversations
    description: str | None = None
    context_window: int | None = None
    input_cost_per_1k: float | None = None
    output_cost_per_1k: float | None = None


@dataclass(frozen=True, slots=True)
class NewComponent:
    """A piece of a prompt as a caller gives it. A dynamic piece changes per conversation and is not part of the prompt's identity."""

    content: str
    type: str = "system"
    source: str = "customer"
    name: str | None = None
    id: UUID | None = None
    external_id: str | None = None
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    id: UUID
    content: str
    type: str
    source: str
    name: str | None
    external_id: str | None
    is_dynamic: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    """Immutable content. All prompts that share `lineage_id` are versions 1, 2, 3 (`number`) of one thing.
    `version_id` is the newest version of the product that holds it; None where none does."""

    id: UUID
    lineage_id: UUID
    number: int
    product_id: UUID
    external_id: str | None
    name: str | None
    description: str | None
    role: str
    source: str
    tags: tuple[str, ...]
    components: tuple[Component, ...]
    version_id: UUID | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PromptGiven:
    """A system prompt as it came with messages: content, a reference to a known prompt, or both."""

    components: tuple[NewComponent, ...] = ()
    prompt_id: UUID | None = None
    external_id: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_reference(self) -> bool:
        return self.prompt_id is not None or self.external_id is not None


@dataclass(frozen=True, slots=True)
class TemplateMatch:
    """Literal prompt text recognised as a rendering of a stored template. confidence: exact | high | medium."""

    prompt_id: UUID
    confidence: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PromptInForce:
    """The prompt that a batch of messages ran under, and the product version that holds it."""

    prompt_id: UUID
    component_ids: tuple[UUID, ...]
    version_id: UUID
    variables: Mapping[str, str] | None = None
    match: TemplateMatch | None = None
