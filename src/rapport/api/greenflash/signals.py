"""POST /ratings and POST /events: what people say about a conversation, and what happened to them outside of it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator, ConfigDict, Field

from rapport.analysis import pii
from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.messages import sampled
from rapport.api.greenflash.wire import ExternalId, Number, OptionalExternalId, OptionalId, Properties, Share, When, Wire
from rapport.domain.ids import stable_id
from rapport.errors import Invalid
from rapport.store import signals
from rapport.store.signals import NewEvent, RatingTarget

router = APIRouter(prefix="/api/v1")


class NewRating(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"productId": "5b1f0b1e-8f5d-4a52-9f0e-3c1d0d6f9a10", "externalConversationId": "c-31", "rating": 4, "ratingMin": 1,
                 "ratingMax": 5, "feedback": "Quick and friendly."},
            ]
        }
    )  # fmt: skip

    product_id: UUID
    rating: Number
    rating_max: Number
    rating_min: Number
    conversation_id: OptionalExternalId = None
    external_conversation_id: OptionalExternalId = None
    external_message_id: OptionalExternalId = None
    feedback: Annotated[str | None, Field(max_length=100_000)] = None
    message_id: OptionalExternalId = None
    rated_at: When | None = None


class Done(Wire):
    success: bool


@router.post("/ratings", tags=["ratings"], response_model=Done)
async def log_rating(body: NewRating, parts: Parts, caller: Writer) -> dict:
    """Rate a message or a conversation, on any scale. All ratings are kept; the latest is the conversation's."""
    if body.rating_min >= body.rating_max:
        raise Invalid("ratingMin: must be less than ratingMax.")
    if not body.rating_min <= body.rating <= body.rating_max:
        raise Invalid(f"rating: must lie from ratingMin ({body.rating_min:g}) to ratingMax ({body.rating_max:g}).")
    target = RatingTarget(body.message_id, body.external_message_id, body.conversation_id, body.external_conversation_id)
    if target == RatingTarget():
        if parts.settings.sdk_conformance:
            return {"success": True}
        raise Invalid("conversationId: give at least one of conversationId, externalConversationId, messageId and externalMessageId.")
    async with parts.database.transaction() as connection:
        await signals.rate(
            connection, caller.tenant_id, target, product_id=body.product_id, value=body.rating, low=body.rating_min, high=body.rating_max,
            feedback=body.feedback, rated_at=body.rated_at, redactor=pii.redactor, analysis_delay=parts.analysis_delay,
        )  # fmt: skip
    return {"success": True}


def _numeric_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class NewBusinessEvent(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"productId": "5b1f0b1e-8f5d-4a52-9f0e-3c1d0d6f9a10", "eventType": "upgrade_purchased", "value": "149.00",
                 "valueType": "currency", "influence": "positive", "externalUserId": "u-7", "insertId": "invoice-881"},
            ]
        }
    )  # fmt: skip

    event_type: ExternalId
    product_id: UUID
    value: Annotated[str, BeforeValidator(_numeric_as_text), Field(max_length=10_000)]
    conversation_id: OptionalId = None
    event_at: When | None = None
    external_conversation_id: OptionalExternalId = None
    external_organization_id: OptionalExternalId = None
    external_user_id: OptionalExternalId = None
    force_sample: bool | None = None
    influence: Literal["positive", "negative", "neutral"] | None = None
    insert_id: OptionalExternalId = None
    organization_id: OptionalId = None
    properties: Properties | None = None
    quality_impact_score: Annotated[float | None, Field(ge=-1, le=1, allow_inf_nan=False)] = None
    sample_rate: Share | None = None
    user_id: OptionalId = None
    value_type: Literal["currency", "numeric", "count", "text", "boolean"] | None = None


class EventStored(Wire):
    success: bool
    event_id: UUID


@router.post("/events", tags=["events"], response_model=EventStored)
async def log_event(body: NewBusinessEvent, parts: Parts, caller: Writer) -> dict:
    """Log what happened to a user, organization or conversation. The same `insertId` stores it once."""
    value_type = "numeric" if body.value_type == "count" else body.value_type or "text"
    if parts.settings.compat == "strict" and value_type != "text" and signals.number_of(body.value, value_type) is None:
        raise Invalid(f"value: {body.value[:50]!r} is not a {value_type} value.")
    # By type and organization, so that a group keeps all of a kind or nothing; without one by user, else by insertId.
    group = body.external_organization_id or body.organization_id or body.external_user_id or body.user_id or body.insert_id or ""
    if not body.force_sample and not sampled(body.sample_rate, caller.tenant_id, body.event_type, group):
        return {"success": True, "eventId": stable_id(caller.tenant_id, body.event_type, group, body.insert_id or body.value)}
    event = NewEvent(
        product_id=body.product_id, event_type=body.event_type, value=body.value, value_type=value_type,
        influence=body.influence or "neutral", quality_impact=body.quality_impact_score, insert_id=body.insert_id or None,
        user_id=body.user_id, external_user_id=body.external_user_id or None, organization_id=body.organization_id,
        external_organization_id=body.external_organization_id or None, conversation_id=body.conversation_id,
        external_conversation_id=body.external_conversation_id or None, event_at=body.event_at, properties=body.properties or {},
    )  # fmt: skip
    async with parts.database.transaction() as connection:
        event_id = await signals.log_event(connection, caller.tenant_id, event, redactor=pii.redactor, analysis_delay=parts.analysis_delay)
    return {"success": True, "eventId": event_id}
