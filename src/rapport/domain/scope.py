"""Scope: which conversations a question is about. Every analytics query starts from one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PropertyFilter:
    """`properties.<key>` of the user or its organization (`owner`: user | organization | conversation | any)."""

    key: str
    value: str
    owner: str = "any"
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Conversations of one tenant, narrowed. Dates are days in the tenant's time zone, both ends included;
    None means open. A tuple of ids means any of them; an empty tuple means no restriction."""

    tenant_id: int
    time_zone: str = "UTC"
    since: date | None = None
    until: date | None = None
    product_ids: tuple[UUID, ...] = ()
    organization_ids: tuple[UUID, ...] = ()
    user_ids: tuple[UUID, ...] = ()
    model_ids: tuple[UUID, ...] = ()
    prompt_ids: tuple[UUID, ...] = ()
    version_ids: tuple[UUID, ...] = ()
    segment_ids: tuple[UUID, ...] = ()
    topic_ids: tuple[UUID, ...] = ()
    topic_group_ids: tuple[UUID, ...] = ()
    sentiment: str | None = None  # positive | neutral | negative
    flags: tuple[str, ...] = ()  # names of domain.analysis.FLAGS, all of which must be set
    tools: tuple[str, ...] = ()  # conversations that called any of these tools
    failed_tools: tuple[str, ...] = ()
    text: str | None = None  # full-text query over message contents
    rating_min: float | None = None  # on 1..5
    rating_max: float | None = None
    quality_min: float | None = None  # 0..1
    quality_max: float | None = None
    frustration_min: float | None = None
    frustration_max: float | None = None
    properties: tuple[PropertyFilter, ...] = ()
    conversation_ids: tuple[UUID, ...] = ()
    languages: tuple[str, ...] = ()  # ISO 639-1
    event_types: tuple[str, ...] = ()  # conversations of users (or organizations) with an event of any of these types
    led_to: tuple[str, ...] = ()  # conversations that an event of any of these types belongs to, or came right before
    after_events: tuple[str, ...] = ()  # conversations of users after their last event of any of these types
    root_causes: tuple[str, ...] = ()  # of the analysis, any of them
    predicates: tuple[str, ...] = ()  # names of analytics.predicates.PREDICATES, all of which must hold
    messages_min: int | None = None  # user and assistant messages
    messages_max: int | None = None
    tool_calls_min: int | None = None
    tool_calls_max: int | None = None
    hours: tuple[int, ...] = ()  # of the day on the tenant's clock in which they began, 0..23, any of them
    without: "Scope | None" = None  # what this inner scope selects is taken out ("except Acme")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the tenant of the key, its plan, and what the key is limited to."""

    tenant_id: int
    tenant_name: str
    plan: str  # free | growth | enterprise
    key_id: UUID
    scopes: frozenset[str] = frozenset({"api"})
    time_zone: str = "UTC"
    organization_id: UUID | None = None
    user_id: UUID | None = None
    agent_id: UUID | None = None
    visitor: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
