"""Lists of conversations: what a support lead looks for, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.errors import NotFound
from rapport.store.database import Connection
from rapport.store.lists import Conditions, newest

HEAD = """
    SELECT c.id, c.external_id, c.product_id, c.version_id, c.prompt_id, c.user_id, u.external_id AS external_user_id, u.name AS user_name,
           u.email AS user_email, c.organization_id, o.external_id AS external_organization_id, c.model, c.properties, c.voice_call,
           c.rating, c.rating_min, c.rating_max, c.feedback, c.title, c.source, c.message_count, c.created_at, c.updated_at
    FROM conversation c
    LEFT JOIN app_user u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
    LEFT JOIN organization o ON o.tenant_id = c.tenant_id AND o.id = c.organization_id
"""

SENTIMENT_BANDS = {
    "negative": "a.sentiment <= -0.2",
    "neutral": "a.sentiment > -0.2 AND a.sentiment < 0.2",
    "positive": "a.sentiment >= 0.2",
}
"""The bands of domain.analysis.sentiment_label, as SQL."""


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations to list; None restricts nothing. Times are instants, `until` is excluded; ratings are on 1..5,
    quality on 0..1; `flags` are names of domain.analysis.FLAGS, all of which must be set."""

    product_id: UUID | None = None
    version_id: UUID | None = None
    user_id: UUID | None = None
    organization_id: UUID | None = None
    model_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    rating_min: float | None = None
    rating_max: float | None = None
    topic: str | None = None  # id or name of a topic or a topic group
    sentiment: str | None = None
    quality_min: float | None = None
    quality_max: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationHead:
    """A conversation as lists show it: everything but its messages."""

    id: UUID
    external_id: str | None
    product_id: UUID
    version_id: UUID
    prompt_id: UUID | None
    user_id: UUID
    external_user_id: str | None
    user_name: str | None
    user_email: str | None
    organization_id: UUID | None
    external_organization_id: str | None
    model: str | None
    properties: dict[str, Any]
    voice_call: dict[str, Any] | None
    rating: float | None
    rating_min: float | None
    rating_max: float | None
    feedback: str | None
    title: str | None
    source: str
    message_count: int
    created_at: datetime
    updated_at: datetime


async def list_conversations(
    connection: Connection, tenant_id: int, asked: ConversationFilter, *, limit: int, offset: int, after: Sequence[Any] | None = None
) -> tuple[list[ConversationHead], int]:
    """(one page, newest first; how many match). Conversations with the analyst are not among them."""
    conditions = _conditions(tenant_id, asked)
    if asked.topic:
        topics = await _topics(connection, tenant_id, asked.topic)
        conditions.add("c.id IN (SELECT a.conversation_id FROM analysis a WHERE a.tenant_id = $1 AND a.topic_id = ANY($?::uuid[]))", topics)
    rows, total = await newest(
        connection, select=HEAD, table="conversation", alias="c", conditions=conditions, limit=limit, offset=offset, after=after
    )
    return [_head(row) for row in rows], total


async def _topics(connection: Connection, tenant_id: int, named: str) -> list[UUID]:
    """The topics of this name or id, or of the group that has it. Asked beforehand, as only so the planner knows how few they are."""
    rows = await connection.fetch(
        """
        SELECT t.id FROM topic t LEFT JOIN topic_group g ON g.tenant_id = $1 AND g.id = t.group_id
        WHERE t.tenant_id = $1 AND lower($2) IN (lower(t.name), t.id::text, lower(g.name), g.id::text)
        """,
        tenant_id, named,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def head(connection: Connection, tenant_id: int, conversation_id: UUID) -> ConversationHead:
    """Raises NotFound."""
    row = await connection.fetchrow(f"{HEAD} WHERE c.tenant_id = $1 AND c.id = $2", tenant_id, conversation_id)
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return _head(row)


def _head(row: asyncpg.Record) -> ConversationHead:
    return ConversationHead(**row)


def _conditions(tenant_id: int, asked: ConversationFilter) -> Conditions:
    conditions = Conditions(("c.tenant_id = $?", tenant_id), ("c.kind = $?", "conversation"))
    plain = {
        "c.product_id = $?": asked.product_id, "c.version_id = $?": asked.version_id, "c.user_id = $?": asked.user_id,
        "c.organization_id = $?": asked.organization_id, "c.model_id = $?": asked.model_id, "c.created_at >= $?": asked.since,
        "c.created_at < $?": asked.until, "c.rating_score >= $?": asked.rating_min, "c.rating_score <= $?": asked.rating_max,
    }  # fmt: skip
    for condition, value in plain.items():
        if value is not None:
            conditions.add(condition, value)
    if asked.text:
        conditions.add(
            """
            c.id IN (SELECT m.conversation_id FROM message m
                     WHERE m.tenant_id = $1 AND m.type IN ('user_message', 'assistant_message', 'final_response')
                       AND to_tsvector('english', 'zt' || m.tenant_id || ' ' || left(coalesce(m.content, ''), 200000))
                           @@ (to_tsquery('english', 'zt' || $1::int) && websearch_to_tsquery('english', $?)))
            """,
            asked.text,
        )
    _add_analysis(conditions, asked)
    return conditions


def _add_analysis(conditions: Conditions, asked: ConversationFilter) -> None:
    """What only an analysed conversation has."""
    exists = "EXISTS (SELECT 1 FROM analysis a WHERE a.tenant_id = $1 AND a.conversation_id = c.id AND {})"
    if asked.sentiment:
        conditions.sql.append(exists.format(SENTIMENT_BANDS[asked.sentiment]))
    if asked.quality_min is not None:
        conditions.add(exists.format("a.quality_index >= $?"), asked.quality_min)
    if asked.quality_max is not None:
        conditions.add(exists.format("a.quality_index <= $?"), asked.quality_max)
    if asked.flags:
        conditions.add(exists.format("a.flags <> '{}' AND a.flags @> $?::text[]"), list(asked.flags))
