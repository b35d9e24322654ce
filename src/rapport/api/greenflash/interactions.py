"""GET /interactions and /interactions/{id}: the conversations, and one of them with its transcript."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from rapport.api import pagination
from rapport.api.auth import Caller, Parts
from rapport.api.greenflash.wire import EARLIEST, LATEST, Properties, Wire
from rapport.api.pagination import Page
from rapport.domain.analysis import FLAGS
from rapport.domain.conversation import Message
from rapport.domain.scope import Principal
from rapport.errors import Invalid, NotFound
from rapport.store import catalog, conversation_list, people, transcripts
from rapport.store.conversation_list import ConversationFilter, ConversationHead
from rapport.store.database import Connection

router = APIRouter(prefix="/api/v1", tags=["interactions"])

ROLES = {
    "user_message": "user", "assistant_message": "assistant", "system_message": "system", "final_response": "final_response",
    "tool_call": "tool_call", "observation": "observation", "tool_error": "observation", "retrieval": "observation",
    "memory_read": "observation", "memory_write": "observation",
}  # fmt: skip
"""Role in a transcript by message type; the other types (thoughts, framework events) are not shown."""


class Interaction(Wire):
    id: UUID
    created_at: datetime
    external_id: str | None
    external_participant_id: str | None
    feedback: str | None
    model: str | None
    organization_external_id: str | None
    organization_id: UUID | None
    participant_id: UUID
    product_id: UUID
    rating: float | None
    rating_max: float | None
    rating_min: float | None
    updated_at: datetime
    version_id: UUID
    properties: Properties
    title: str | None
    source: str
    message_count: int


class TranscriptMessage(Wire):
    content: str
    role: Literal["user", "assistant", "system", "tool_call", "observation", "final_response"]
    timestamp: datetime | None
    message_id: UUID
    message_type: str
    external_message_id: str | None = None
    parent_message_id: UUID | None = None
    tool_name: str | None = None
    input: Any = None
    output: Any = None
    context: str | None = None
    model: str | None = None
    status: str | None = None
    properties: Properties | None = None
    voice: Properties | None = None


class TranscriptParticipant(Wire):
    id: UUID
    email: str | None
    external_id: str | None
    name: str | None


class InteractionDetail(Interaction):
    messages: list[TranscriptMessage]
    participant: TranscriptParticipant | None
    system_prompt_prompt_id: UUID | None = None
    voice_call: Properties | None = None


async def filters(
    parts: Parts,
    caller: Caller,
    productId: Annotated[UUID | None, Query()] = None,
    versionId: Annotated[UUID | None, Query()] = None,
    userId: Annotated[str | None, Query(description="Internal or external id.")] = None,
    organizationId: Annotated[str | None, Query(description="Internal or external id.")] = None,
    model: Annotated[str | None, Query(description="Id or name of a model.")] = None,
    text: Annotated[str | None, Query(max_length=1_000, description="Words in the messages; quotes, OR and - work.")] = None,
    since: Annotated[str | None, Query(alias="from", description="First day (in the tenant's time zone) or instant.")] = None,
    until: Annotated[str | None, Query(alias="to", description="Last day (included) or instant.")] = None,
    minRating: Annotated[float | None, Query(ge=1, le=5, description="On 1..5.")] = None,
    maxRating: Annotated[float | None, Query(ge=1, le=5, description="On 1..5.")] = None,
    topic: Annotated[str | None, Query(max_length=300, description="Id or name of a topic or a topic group.")] = None,
    sentiment: Annotated[Literal["negative", "neutral", "positive"] | None, Query()] = None,
    minQuality: Annotated[float | None, Query(ge=0, le=1, description="Conversation Quality Index.")] = None,
    maxQuality: Annotated[float | None, Query(ge=0, le=1, description="Conversation Quality Index.")] = None,
    flags: Annotated[str | None, Query(description=f"Joined by commas, all must be set: {', '.join(FLAGS)}.")] = None,
) -> ConversationFilter:
    """Dependency: the filter that a request asks for. Raises Invalid, naming the parameter, and NotFound for unknown ids."""
    tenant_id = caller.tenant_id
    zone = ZoneInfo(caller.time_zone)
    async with parts.database.connection() as connection:
        return ConversationFilter(
            product_id=await catalog.resolve_product(connection, tenant_id, str(productId)) if productId else None,
            version_id=await catalog.resolve_version(connection, tenant_id, versionId) if versionId else None,
            user_id=caller.user_id or (await people.resolve_user(connection, tenant_id, userId) if userId else None),
            organization_id=caller.organization_id
            or (await people.resolve_organization(connection, tenant_id, organizationId) if organizationId else None),
            model_id=await catalog.resolve_model(connection, tenant_id, model) if model else None,
            since=_instant("from", since, zone, end=False), until=_instant("to", until, zone, end=True), text=text,
            rating_min=minRating, rating_max=maxRating, topic=topic, sentiment=sentiment, quality_min=minQuality,
            quality_max=maxQuality, flags=_flags(flags),
        )  # fmt: skip


def _instant(name: str, text: str | None, zone: ZoneInfo, *, end: bool) -> datetime | None:
    """A bare date is a day of the tenant: its start, or with `end` the start of the next."""
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid(f"{name}: must be a date such as 2026-05-31 or a timestamp such as 2026-05-31T12:00:00Z.") from error
    if not EARLIEST <= value.year <= LATEST:
        raise Invalid(f"{name}: must lie between the years {EARLIEST} and {LATEST}.")
    if len(text) <= 10:
        value += timedelta(days=1 if end else 0)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _flags(text: str | None) -> tuple[str, ...]:
    named = tuple(flag.strip() for flag in (text or "").split(",") if flag.strip())
    if unknown := set(named) - set(FLAGS):
        raise Invalid(f"flags: there is no flag {sorted(unknown)[0][:50]!r}; use any of {', '.join(FLAGS)}.")
    return named


@router.get("/interactions", response_model=list[Interaction])
async def list_interactions(
    response: Response, page: Annotated[Page, Depends(pagination.page)], asked: Annotated[ConversationFilter, Depends(filters)]
) -> list[dict]:
    """Conversations, newest first. All filters can be combined; ids are internal or external ones."""
    async with page.parts.database.connection() as connection:
        found, total = await conversation_list.list_conversations(
            connection, page.principal.tenant_id, asked, limit=page.limit, offset=page.offset, after=page.after
        )
    last = (found[-1].created_at, found[-1].id) if found else None
    await pagination.finish(response, page, count=len(found), total=total, last_key=last)
    return [interaction(head) for head in found]


@router.get("/interactions/{interaction_id}", response_model=InteractionDetail, response_model_exclude_unset=True)
async def get_interaction(interaction_id: str, parts: Parts, caller: Caller) -> dict:
    """One conversation with its transcript in the order it was said."""
    async with parts.database.connection() as connection:
        head = await visible(connection, caller, interaction_id)
        conversation = await transcripts.get(connection, caller.tenant_id, head.id)
    return interaction(head) | {
        "messages": [transcript_message(m) for m in conversation.messages if m.type in ROLES],
        "participant": {"id": head.user_id, "email": head.user_email, "externalId": head.external_user_id, "name": head.user_name},
        "systemPromptPromptId": head.prompt_id,
        **({"voiceCall": head.voice_call} if head.voice_call else {}),
    }


async def visible(connection: Connection, caller: Principal, ref: str) -> ConversationHead:
    """The conversation of this internal or external id. Raises NotFound, also where the key is limited to others."""
    conversation_id = await transcripts.resolve(connection, caller.tenant_id, ref)
    head = await conversation_list.head(connection, caller.tenant_id, conversation_id)
    hidden = caller.organization_id not in (None, head.organization_id) or caller.user_id not in (None, head.user_id)
    if hidden:
        raise NotFound(f"There is no conversation {ref[:80]!r}; GET /interactions lists them.")
    return head


def interaction(head: ConversationHead) -> dict[str, Any]:
    """The wire form of a conversation in lists."""
    return {
        "id": head.id, "createdAt": head.created_at, "externalId": head.external_id, "externalParticipantId": head.external_user_id,
        "feedback": head.feedback, "model": head.model, "organizationExternalId": head.external_organization_id,
        "organizationId": head.organization_id, "participantId": head.user_id, "productId": head.product_id, "rating": head.rating,
        "ratingMax": head.rating_max, "ratingMin": head.rating_min, "updatedAt": head.updated_at, "versionId": head.version_id,
        "properties": head.properties, "title": head.title, "source": head.source, "messageCount": head.message_count,
    }  # fmt: skip


def transcript_message(message: Message) -> dict[str, Any]:
    """The wire form of a message; details that it does not have are left out."""
    always = {
        "content": content_of(message), "role": ROLES[message.type], "timestamp": message.created_at, "messageId": message.id,
        "messageType": message.type,
    }  # fmt: skip
    details = {
        "externalMessageId": message.external_id, "parentMessageId": message.parent_id, "toolName": message.tool_name,
        "input": message.input, "output": message.output, "context": message.context, "model": message.model,
        "status": None if message.status == "complete" else message.status, "properties": message.properties or None,
        "voice": message.voice,
    }  # fmt: skip
    return always | {name: value for name, value in details.items() if value is not None}


def content_of(message: Message) -> str:
    """A text for every message: its content, else `tool(input)` of a call, else the output as compact JSON."""
    if message.content:
        return message.content
    if message.type == "tool_call":
        return f"{message.tool_name or ''}({_compact(message.input)})"
    return message.output if isinstance(message.output, str) else _compact(message.output)


def _compact(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
