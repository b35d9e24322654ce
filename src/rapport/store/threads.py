"""Conversations while batches are added to them: their messages' places, and the statements that store them.

Used by `conversations.append_many` alone, in its transaction and in its order of locks.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rapport.domain.catalog import PromptInForce
from rapport.domain.ids import new_id
from rapport.errors import RapportError
from rapport.store import privacy
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Connection

CHAT_TYPES = frozenset({"user_message", "assistant_message", "final_response"})
FASTEST_CLOCK = timedelta(minutes=1)
"""How far ahead a stored message may be for the next one without a time to follow it; beyond that its time is taken for a mistake."""
_NO_PROMPT = PromptInForce(UUID(int=0), (), UUID(int=0))


@dataclass(frozen=True, slots=True)
class AppendedMessage:
    """status: created | deduplicated (then `id` is that of the stored original)."""

    id: UUID
    type: str
    status: str
    external_id: str | None


@dataclass(slots=True)
class Thread:
    """A conversation while batches are added to it."""

    id: UUID
    kind: str
    external_id: str | None
    product_id: UUID
    is_stored: bool
    version_id: UUID | None = None
    prompt_id: UUID | None = None
    user_id: UUID | None = None
    user_privacy: str = privacy.STANDARD
    next_seq: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    stored_ids: dict[str, tuple[UUID, str]] = field(default_factory=dict)  # external id -> (id, type)
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """One batch on its way; `error` set means that it fails alone."""

    batch: Batch
    thread: Thread | None = None
    error: RapportError | None = None
    organization_id: UUID | None = None
    user_id: UUID | None = None
    model_id: UUID | None = None
    prompt: PromptInForce | None = None
    messages: tuple[AppendedMessage, ...] = ()

    @property
    def model(self) -> str | None:
        """The batch's model, else that of its last message that names one."""
        return self.batch.model or next((m.model for m in reversed(self.batch.messages) if m.model), None)


# Messages into their places -------------------------------------------------------------------------------------------


def place(item: Item, now: datetime) -> None:
    """Decide for each message whether it is new, its time, its place and its parent; new ones join thread.rows."""
    thread = item.thread
    assert thread
    previous = now - timedelta(milliseconds=1)
    if thread.last_at and previous < thread.last_at < now + FASTEST_CLOCK:
        previous = thread.last_at
    placed = []
    for message in item.batch.messages:
        original = thread.stored_ids.get(message.external_id) if message.external_id else None
        if original:
            placed.append(AppendedMessage(original[0], original[1], "deduplicated", message.external_id))
            continue
        at = message.created_at or previous + timedelta(milliseconds=1)
        previous = at
        row = _row(thread, message, at)
        thread.rows.append(row)
        thread.next_seq += 1
        thread.first_at = min(at, thread.first_at or at)
        thread.last_at = max(at, thread.last_at or at)
        if message.external_id:
            thread.stored_ids[message.external_id] = (row["id"], message.type)
        placed.append(AppendedMessage(row["id"], message.type, "created", message.external_id))
    for row in thread.rows:
        if row["parent_id"] is None and row["parent_external_id"] in thread.stored_ids:
            row["parent_id"] = thread.stored_ids[row["parent_external_id"]][0]
    item.messages = tuple(placed)


def _row(thread: Thread, message: NewMessage, at: datetime) -> dict[str, Any]:
    return {
        "seq": thread.next_seq, "id": message.id or new_id(), "external_id": message.external_id, "type": message.type,
        "content": message.content, "context": message.context, "tool_name": message.tool_name, "input": _json(message.input),
        "output": _json(message.output), "model": message.model, "parent_id": message.parent_id,
        "parent_external_id": message.parent_external_id, "status": message.status, "properties": _json(message.properties) or "{}",
        "voice": _json(message.voice), "created_at": at,
    }  # fmt: skip


def _json(value: Any) -> str | None:
    """JSON as text: an array parameter of JSON values cannot hold values that are lists themselves."""
    return None if value is None else msgspec.json.encode(value).decode()


# Writing --------------------------------------------------------------------------------------------------------------


async def insert_threads(connection: Connection, tenant_id: int, items: list[Item], fresh: list[Thread], now: datetime) -> None:
    """Store the new conversations. One that someone else stored meanwhile becomes a stored one, its messages to be placed again."""
    if not fresh:
        return
    ordered = sorted(fresh, key=lambda t: (t.kind, t.external_id or "", t.id))
    first = {id(item.thread): item for item in reversed(items)}
    last = {id(item.thread): item for item in items}
    columns = [
        (
            t.id, t.kind, first[id(t)].batch.source, t.external_id, t.product_id, t.version_id, t.prompt_id, first[id(t)].user_id,
            last[id(t)].organization_id, last[id(t)].model_id, last[id(t)].model, first[id(t)].batch.title,
            _json(_merged(items, t)), _json((last[id(t)].prompt or _NO_PROMPT).variables), _json(last[id(t)].batch.voice_call),
            len(t.rows), sum(r["type"] in CHAT_TYPES for r in t.rows), t.first_at or now, t.last_at or now,
        )
        for t in ordered
    ]  # fmt: skip
    made = await connection.fetch(
        """
        INSERT INTO conversation (tenant_id, id, kind, source, external_id, product_id, version_id, prompt_id, user_id, organization_id,
                                  model_id, model, title, properties, prompt_variables, voice_call, message_count, chat_message_count,
                                  created_at, last_message_at, analysis_revision)
        SELECT $1, r.id, r.kind, r.source, r.external_id, r.product_id, r.version_id, r.prompt_id, r.user_id, r.organization_id,
               r.model_id, r.model, r.title, r.properties::jsonb, r.prompt_variables::jsonb, r.voice_call::jsonb, r.n, r.chat_n,
               r.first_at, r.last_at, (r.kind = 'conversation')::int
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[],
                    $11::uuid[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int[], $18::int[],
                    $19::timestamptz[], $20::timestamptz[])
             AS r (id, kind, source, external_id, product_id, version_id, prompt_id, user_id, organization_id, model_id, model, title,
                   properties, prompt_variables, voice_call, n, chat_n, first_at, last_at)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        tenant_id, *map(list, zip(*columns, strict=True)),
    )  # fmt: skip
    stored = {row["id"] for row in made}
    for thread in fresh:
        if thread.id not in stored:
            thread.is_stored, thread.rows, thread.stored_ids, thread.next_seq = True, [], {}, 0
            thread.first_at = thread.last_at = None


def _merged(items: list[Item], thread: Thread) -> dict[str, Any]:
    return {k: v for item in items if item.thread is thread for k, v in item.batch.properties.items()}


async def lock_threads(connection: Connection, tenant_id: int, threads: list[Thread], items: list[Item]) -> None:
    """Hold the stored conversations until the commit, and learn what they already have."""
    stored = [thread for thread in threads if thread.is_stored]
    if not stored:
        return
    rows = await connection.fetch(
        """
        SELECT id, kind, external_id, product_id, version_id, message_count, created_at, last_message_at FROM conversation
        WHERE tenant_id = $1 AND id IN (
            SELECT id FROM conversation WHERE tenant_id = $1 AND id = ANY($2)
            UNION ALL SELECT id FROM conversation WHERE tenant_id = $1 AND kind = ANY($4) AND external_id = ANY($3))
        ORDER BY id FOR UPDATE
        """,
        tenant_id, [t.id for t in stored], [t.external_id for t in stored if t.external_id], list({t.kind for t in stored}),
    )  # fmt: skip
    by_key = {row["id"]: row for row in rows} | {(row["kind"], row["external_id"]): row for row in rows if row["external_id"]}
    for thread in stored:
        row = by_key.get(thread.id) or by_key[thread.kind, thread.external_id]
        thread.id, thread.next_seq, thread.product_id = row["id"], row["message_count"], row["product_id"]
        thread.first_at, thread.last_at = row["created_at"], row["last_message_at"]
    await _load_stored_ids(connection, tenant_id, stored, items)


async def _load_stored_ids(connection: Connection, tenant_id: int, stored: list[Thread], items: list[Item]) -> None:
    named = {m.external_id for i in items for m in i.batch.messages} | {m.parent_external_id for i in items for m in i.batch.messages}
    named.discard(None)
    if not named:
        return
    by_id = {thread.id: thread for thread in stored}
    rows = await connection.fetch(
        """
        SELECT conversation_id, external_id, id, type FROM message
        WHERE tenant_id = $1 AND conversation_id = ANY($2) AND external_id = ANY($3)
        """,
        tenant_id, list(by_id), sorted(named),  # type: ignore[type-var]
    )  # fmt: skip
    for row in rows:
        by_id[row["conversation_id"]].stored_ids[row["external_id"]] = (row["id"], row["type"])


async def insert_messages(connection: Connection, tenant_id: int, threads: list[Thread]) -> None:
    rows = [(thread.id, *row.values()) for thread in threads for row in thread.rows]
    if rows:
        await connection.execute(
            """
            INSERT INTO message (tenant_id, conversation_id, seq, id, external_id, type, content, context, tool_name, input, output, model,
                                 parent_id, parent_external_id, status, properties, voice, created_at)
            SELECT $1, r.conversation_id, r.seq, r.id, r.external_id, r.type, r.content, r.context, r.tool_name, r.input::jsonb,
                   r.output::jsonb, r.model, r.parent_id, r.parent_external_id, r.status, r.properties::jsonb, r.voice::jsonb, r.created_at
            FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                        $11::text[], $12::text[], $13::uuid[], $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[])
                 AS r (conversation_id, seq, id, external_id, type, content, context, tool_name, input, output, model, parent_id,
                       parent_external_id, status, properties, voice, created_at)
            """,
            tenant_id, *map(list, zip(*rows, strict=True)),
        )  # fmt: skip


async def update_threads(connection: Connection, tenant_id: int, items: list[Item]) -> None:
    """Bump the stored conversations that got something new; a batch that was sent again changes nothing."""
    threads = list({id(i.thread): i.thread for i in items if i.thread and i.thread.rows}.values())
    if not threads:
        return
    last = {id(item.thread): item for item in items}
    columns = [
        (
            t.id, len(t.rows), sum(r["type"] in CHAT_TYPES for r in t.rows), t.first_at, t.last_at,
            last[id(t)].batch.external_organization_id and last[id(t)].organization_id, last[id(t)].model_id, last[id(t)].model,
            _json(_merged(items, t)), last[id(t)].batch.prompt and t.prompt_id, _json((last[id(t)].prompt or _NO_PROMPT).variables),
            _json(last[id(t)].batch.voice_call),
        )
        for t in threads
    ]  # fmt: skip
    await connection.execute(
        """
        UPDATE conversation c
        SET message_count      = c.message_count + r.n,
            chat_message_count = c.chat_message_count + r.chat_n,
            created_at         = CASE WHEN c.message_count = 0 THEN r.first_at ELSE least(c.created_at, r.first_at) END,
            last_message_at    = greatest(c.last_message_at, r.last_at),
            organization_id    = coalesce(r.organization_id, c.organization_id),
            model_id           = coalesce(r.model_id, c.model_id),
            model              = coalesce(r.model, c.model),
            properties         = c.properties || r.properties::jsonb,
            prompt_id          = coalesce(r.prompt_id, c.prompt_id),
            prompt_variables   = coalesce(r.prompt_variables::jsonb, c.prompt_variables),
            voice_call         = coalesce(r.voice_call::jsonb, c.voice_call),
            updated_at         = now()
        FROM unnest($2::uuid[], $3::int[], $4::int[], $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::uuid[], $9::text[],
                    $10::text[], $11::uuid[], $12::text[], $13::text[])
             AS r (id, n, chat_n, first_at, last_at, organization_id, model_id, model, properties, prompt_id, prompt_variables, voice_call)
        WHERE c.tenant_id = $1 AND c.id = r.id
        """,
        tenant_id, *map(list, zip(*columns, strict=True)),
    )  # fmt: skip


async def link_late_parents(connection: Connection, tenant_id: int, stored: list[Thread]) -> None:
    """Messages that named a parent before it arrived get it now."""
    arrived = [(thread.id, row["external_id"], row["id"]) for thread in stored for row in thread.rows if row["external_id"]]
    if arrived:
        await connection.execute(
            """
            UPDATE message m SET parent_id = r.id
            FROM unnest($2::uuid[], $3::text[], $4::uuid[]) AS r (conversation_id, external_id, id)
            WHERE m.tenant_id = $1 AND m.conversation_id = r.conversation_id
              AND m.parent_external_id = r.external_id AND m.parent_id IS NULL
            """,
            tenant_id, *map(list, zip(*arrived, strict=True)),
        )  # fmt: skip


async def link_events(connection: Connection, tenant_id: int, fresh: list[Thread]) -> None:
    """Events that named these conversations before they appeared belong to them now."""
    named = [thread.external_id for thread in fresh if thread.external_id and thread.kind == "conversation"]
    if named:
        await connection.execute(
            """
            UPDATE event e SET conversation_id = c.id
            FROM conversation c
            WHERE e.tenant_id = $1 AND e.conversation_id IS NULL AND e.external_conversation_id = ANY($2)
              AND c.tenant_id = $1 AND c.kind = 'conversation' AND c.external_id = e.external_conversation_id
            """,
            tenant_id, named,
        )  # fmt: skip
