"""Ratings and business events: what people say about a conversation, and what happened to them outside of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id, parse_id
from rapport.errors import NotFound
from rapport.store import catalog, jobs, people, privacy
from rapport.store.conversations import ANALYSIS_DELAY, ARRIVAL_LOCK
from rapport.store.database import Connection
from rapport.store.privacy import Redactor

IMPACT = {"positive": 0.5, "neutral": 0.0, "negative": -0.5}
"""Quality impact of an event that states none, by its influence."""


@dataclass(frozen=True, slots=True)
class RatingTarget:
    """What is rated. A message wins over a conversation; internal ids win over external ones."""

    message_id: str | None = None
    external_message_id: str | None = None
    conversation_id: str | None = None
    external_conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    product_id: UUID
    event_type: str
    value: str
    value_type: str = "text"
    influence: str = "neutral"
    quality_impact: float | None = None
    insert_id: str | None = None
    user_id: UUID | None = None
    external_user_id: str | None = None
    organization_id: UUID | None = None
    external_organization_id: str | None = None
    conversation_id: UUID | None = None
    external_conversation_id: str | None = None
    event_at: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


async def rate(
    connection: Connection, tenant_id: int, target: RatingTarget, *, product_id: UUID, value: float, low: float, high: float,
    feedback: str | None = None, rated_at: datetime | None = None, redactor: Redactor | None = None,
    analysis_delay: timedelta = ANALYSIS_DELAY,
) -> UUID:  # fmt: skip
    """Keep a rating and bring the conversation's up to date. The id of the rated conversation.
    Raises NotFound where the product or the target is unknown."""
    await catalog.resolve_product(connection, tenant_id, str(product_id))
    conversation_id, message_id = await _target(connection, tenant_id, target, product_id)
    if feedback:
        feedback = (await privacy.of_conversation(connection, tenant_id, conversation_id, redactor))(feedback)
    await connection.execute("SELECT 1 FROM conversation WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, conversation_id)
    await connection.execute(
        """
        INSERT INTO rating (tenant_id, id, product_id, conversation_id, message_id, rating, rating_min, rating_max, feedback, rated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        tenant_id, new_id(), product_id, conversation_id, message_id, value, low, high, feedback, rated_at or datetime.now(UTC),
    )  # fmt: skip
    await refresh_rating(connection, tenant_id, conversation_id)
    await jobs.queue_analysis(connection, tenant_id, conversation_id, due_at=datetime.now(UTC) + analysis_delay)
    return conversation_id


async def refresh_rating(connection: Connection, tenant_id: int, conversation_id: UUID) -> None:
    """A conversation's rating is its latest own one, else the mean of its messages' latest ones on 1..5."""
    await connection.execute(
        """
        WITH latest AS (
            SELECT DISTINCT ON (message_id) message_id, rating, rating_min, rating_max, feedback, rated_at,
                   1 + 4 * (rating - rating_min) / (rating_max - rating_min) AS score
            FROM rating WHERE tenant_id = $1 AND conversation_id = $2
            ORDER BY message_id, rated_at DESC, created_at DESC, id DESC
        ), chosen AS (
            SELECT rating, rating_min, rating_max, score, feedback, rated_at, 1 AS rank FROM latest WHERE message_id IS NULL
            UNION ALL
            SELECT avg(score), 1, 5, avg(score), NULL, max(rated_at), 2 FROM latest WHERE message_id IS NOT NULL HAVING count(*) > 0
            ORDER BY rank LIMIT 1
        )
        UPDATE conversation c
        SET rating = chosen.rating, rating_min = chosen.rating_min, rating_max = chosen.rating_max, rating_score = chosen.score,
            feedback = chosen.feedback, rated_at = chosen.rated_at, updated_at = now()
        FROM chosen WHERE c.tenant_id = $1 AND c.id = $2
        """,
        tenant_id, conversation_id,
    )  # fmt: skip


async def _target(connection: Connection, tenant_id: int, target: RatingTarget, product_id: UUID) -> tuple[UUID, UUID | None]:
    """(conversation, message or None). An external message id is unique in its conversation only: without one, the newest of the
    product is meant. Raises NotFound."""
    conversation_id = await _rated_conversation(connection, tenant_id, target)
    wants_message = target.message_id or target.external_message_id
    if wants_message:
        row = await connection.fetchrow(
            """
            SELECT m.conversation_id, m.id FROM message m JOIN conversation c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
            WHERE m.tenant_id = $1 AND c.kind = 'conversation' AND (m.id = $2 OR m.external_id = $3 OR m.external_id = $4)
            ORDER BY m.id = $2 DESC NULLS LAST, m.conversation_id = $5 DESC NULLS LAST, c.product_id = $6 DESC, m.created_at DESC LIMIT 1
            """,
            tenant_id, parse_id(target.message_id or ""), target.external_message_id, target.message_id, conversation_id, product_id,
        )  # fmt: skip
        if row is None:
            raise NotFound(f"There is no message {wants_message[:80]!r} to rate; send the messageId that POST /messages returned.")
        return row["conversation_id"], row["id"]
    if conversation_id is None:
        named = target.conversation_id or target.external_conversation_id or ""
        raise NotFound(f"There is no conversation {named[:80]!r} to rate; log it with POST /messages first.")
    return conversation_id, None


async def _rated_conversation(connection: Connection, tenant_id: int, target: RatingTarget) -> UUID | None:
    return await connection.fetchval(
        """
        SELECT id FROM conversation WHERE tenant_id = $1 AND kind = 'conversation' AND (id = $2 OR external_id = $3 OR external_id = $4)
        ORDER BY id = $2 DESC NULLS LAST LIMIT 1
        """,
        tenant_id, parse_id(target.conversation_id or ""), target.external_conversation_id, target.conversation_id,
    )  # fmt: skip


async def find_event(connection: Connection, tenant_id: int, insert_id: str) -> UUID | None:
    """The event that was stored under this insertId, or None."""
    return await connection.fetchval("SELECT id FROM event WHERE tenant_id = $1 AND insert_id = $2", tenant_id, insert_id)


async def log_event(
    connection: Connection, tenant_id: int, event: NewEvent, *, redactor: Redactor | None = None,
    analysis_delay: timedelta = ANALYSIS_DELAY,
) -> UUID:  # fmt: skip
    """Keep an event; the same insertId gives the first one's id and changes nothing. An unknown conversation is linked when it
    appears; unknown external users and organizations are made. Raises NotFound for unknown product and internal ids.
    Call it inside a transaction."""
    if event.insert_id and (known := await find_event(connection, tenant_id, event.insert_id)):
        return known
    await catalog.resolve_product(connection, tenant_id, str(event.product_id))
    redact = await privacy.of_product(connection, tenant_id, event.product_id, redactor)
    value = redact(event.value) if event.value_type == "text" else event.value
    conversation_id = await _event_conversation(connection, tenant_id, event)
    user_id, organization_id = await _event_people(connection, tenant_id, event)
    event_id = await connection.fetchval(
        """
        INSERT INTO event (tenant_id, id, insert_id, product_id, event_type, value, value_type, value_number, influence, quality_impact,
                           user_id, organization_id, conversation_id, external_conversation_id, properties, event_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (tenant_id, insert_id) DO NOTHING RETURNING id
        """,
        tenant_id, new_id(), event.insert_id, event.product_id, event.event_type, value, event.value_type,
        number_of(event.value, event.value_type), event.influence,
        IMPACT[event.influence] if event.quality_impact is None else event.quality_impact, user_id, organization_id, conversation_id,
        event.external_conversation_id, redact(dict(event.properties)), event.event_at or datetime.now(UTC),
    )  # fmt: skip
    if event_id is None:  # another request stored it first
        return await find_event(connection, tenant_id, event.insert_id or "")  # type: ignore[return-value]
    if conversation_id is not None:
        await jobs.queue_analysis(connection, tenant_id, conversation_id, due_at=datetime.now(UTC) + analysis_delay)
    return event_id


async def _event_conversation(connection: Connection, tenant_id: int, event: NewEvent) -> UUID | None:
    if event.conversation_id:
        known = await connection.fetchval(
            "SELECT id FROM conversation WHERE tenant_id = $1 AND id = $2 AND kind = 'conversation'", tenant_id, event.conversation_id
        )
        if known is None:
            raise NotFound(f"There is no conversation {event.conversation_id}; send externalConversationId to link it when it appears.")
        return known
    if event.external_conversation_id is None:
        return None
    find = "SELECT id FROM conversation WHERE tenant_id = $1 AND kind = 'conversation' AND external_id = $2"
    known = await connection.fetchval(find, tenant_id, event.external_conversation_id)
    if known is None:
        # Not there yet: hold back its first message until this event is stored, else each could miss the other.
        await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", ARRIVAL_LOCK, tenant_id)
        known = await connection.fetchval(find, tenant_id, event.external_conversation_id)
    return known


async def _event_people(connection: Connection, tenant_id: int, event: NewEvent) -> tuple[UUID | None, UUID | None]:
    organization_id = user_id = None
    if event.organization_id:
        organization_id = await people.resolve_organization(connection, tenant_id, str(event.organization_id))
    elif event.external_organization_id:
        made = await people.ensure_organizations(connection, tenant_id, [event.external_organization_id])
        organization_id = made[event.external_organization_id]
    if event.user_id:
        user_id = await people.resolve_user(connection, tenant_id, str(event.user_id))
    elif event.external_user_id:
        at = event.event_at or datetime.now(UTC)
        user_id, of_user = (await people.ensure_users(connection, tenant_id, {event.external_user_id: (organization_id, at)}))[
            event.external_user_id
        ]
        organization_id = organization_id or of_user
    return user_id, organization_id


def number_of(value: str, value_type: str) -> float | None:
    """The number that a value stands for; None where its type is text or it does not parse (then it is kept as text)."""
    if value_type == "boolean":
        return {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}.get(value.strip().lower())
    if value_type not in ("currency", "numeric"):
        return None
    try:
        number = float(value.replace(",", "").strip().lstrip("$€£"))
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None
