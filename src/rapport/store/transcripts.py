"""Conversations read back: whole, with their messages, ratings and events."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from rapport.domain.conversation import BusinessEvent, Conversation, Message, Rating
from rapport.domain.ids import parse_id
from rapport.errors import NotFound
from rapport.store.database import Connection


async def resolve(connection: Connection, tenant_id: int, ref: str, *, kind: str = "conversation") -> UUID:
    """The id of the conversation with this internal id, else with this external id. Raises NotFound."""
    found = await connection.fetchval(
        """
        SELECT id FROM conversation WHERE tenant_id = $1 AND kind = $2 AND (id = $3 OR external_id = $4)
        ORDER BY id = $3 DESC NULLS LAST LIMIT 1
        """,
        tenant_id, kind, parse_id(ref), ref,
    )  # fmt: skip
    if found is None:
        raise NotFound(f"There is no conversation {ref[:80]!r}; GET /interactions lists them.")
    return found


async def get(connection: Connection, tenant_id: int, conversation_id: UUID) -> Conversation:
    """The conversation with its messages in the order they were said, its ratings and events. Raises NotFound."""
    found = await load_many(connection, tenant_id, [conversation_id])
    if not found:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return found[0]


async def load_many(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> list[Conversation]:
    """These conversations, in the order of `ids`; unknown ones are absent."""
    heads = await connection.fetch(
        """
        SELECT id, product_id, created_at, updated_at, external_id, kind, source, version_id, prompt_id, user_id, organization_id,
               model_id, model, properties, voice_call
        FROM conversation WHERE tenant_id = $1 AND id = ANY($2)
        """,
        tenant_id, ids,
    )  # fmt: skip
    messages = _grouped(
        await connection.fetch(
            """
            SELECT conversation_id, id, seq, type, created_at, content, external_id, parent_id, parent_external_id, tool_name, input,
                   output, context, model, status, properties, voice
            FROM message WHERE tenant_id = $1 AND conversation_id = ANY($2) ORDER BY conversation_id, created_at, seq
            """,
            tenant_id, ids,
        ),
        Message,
    )  # fmt: skip
    ratings = _grouped(
        await connection.fetch(
            """
            SELECT conversation_id, rating AS value, rating_min AS low, rating_max AS high, rated_at, feedback, message_id
            FROM rating WHERE tenant_id = $1 AND conversation_id = ANY($2) ORDER BY rated_at, id
            """,
            tenant_id, ids,
        ),
        Rating,
    )  # fmt: skip
    events = _grouped(
        await connection.fetch(
            """
            SELECT conversation_id, event_type AS type, value, value_type, influence, quality_impact, event_at
            FROM event WHERE tenant_id = $1 AND conversation_id = ANY($2) ORDER BY event_at, id
            """,
            tenant_id, ids,
        ),
        BusinessEvent,
    )  # fmt: skip
    found = {
        row["id"]: Conversation(
            tenant_id=tenant_id, messages=messages.get(row["id"], ()), ratings=ratings.get(row["id"], ()),
            events=events.get(row["id"], ()), **row,
        )
        for row in heads
    }  # fmt: skip
    return [found[i] for i in ids if i in found]


def _grouped(rows: Sequence[asyncpg.Record], shape: type) -> dict[UUID, tuple]:
    groups: dict[UUID, list] = {}
    for row in rows:
        values = dict(row)
        groups.setdefault(values.pop("conversation_id"), []).append(shape(**values))
    return {key: tuple(values) for key, values in groups.items()}
