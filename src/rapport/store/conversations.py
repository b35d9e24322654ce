"""The single write path of conversations, and how they are read back.

`append` (one batch) and `append_many` (the batches of concurrent requests of one tenant) are the same code: a handful of
multi-row statements, each with its tenant, in the caller's transaction. Rows are touched in one order everywhere (organizations,
users, models, products, new conversations, stored conversations; by key inside each), so that writers wait but never deadlock.
A message with an external id is stored once per conversation; sending it again changes nothing. `seq` is the order of
arrival; conversations are read by created_at, then seq.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from rapport.domain.catalog import PromptInForce
from rapport.domain.conversation import BusinessEvent, Conversation, Message, Rating
from rapport.domain.ids import new_id, parse_id
from rapport.errors import Invalid, NotFound, RapportError
from rapport.store import catalog, jobs, people, privacy, prompts
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Connection

CHAT_TYPES = frozenset({"user_message", "assistant_message", "final_response"})
ANALYSIS_DELAY = timedelta(seconds=2)
NOBODY = UUID(int=0)
"""Product, version and user of conversations with the analyst: they are about all products, and belong to nobody's users."""
FASTEST_CLOCK = timedelta(minutes=1)
"""How far ahead a stored message may be for the next one without a time to follow it; beyond that its time is taken for a mistake."""
ARRIVAL_LOCK = 72_302
"""Class of the advisory locks between the first message of a conversation (shared) and an event that names it before (exclusive)."""


@dataclass(frozen=True, slots=True)
class AppendedMessage:
    """status: created | deduplicated (then `id` is that of the stored original)."""

    id: UUID
    type: str
    status: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch; `messages` has one entry per message of it, in its order."""

    conversation_id: UUID
    product_id: UUID
    user_id: UUID
    prompt: PromptInForce
    messages: tuple[AppendedMessage, ...]


@dataclass(slots=True)
class _Thread:
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
class _Item:
    """One batch on its way; `error` set means that it fails alone."""

    batch: Batch
    thread: _Thread | None = None
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


async def append(
    connection: Connection, tenant_id: int, batch: Batch, *, redactor: privacy.Redactor | None = None,
    analysis_delay: timedelta = ANALYSIS_DELAY,
) -> Appended:  # fmt: skip
    """Store one batch and ask for the analysis of its conversation (kind `analyst` excepted). Call it inside a transaction.
    Raises NotFound (conversation, product, version, prompt) and Invalid (a product that contradicts the conversation's)."""
    (result,) = await append_many(connection, tenant_id, [batch], redactor=redactor, analysis_delay=analysis_delay)
    if isinstance(result, RapportError):
        raise result
    return result


async def append_many(
    connection: Connection, tenant_id: int, batches: Sequence[Batch], *, redactor: privacy.Redactor | None = None,
    analysis_delay: timedelta = ANALYSIS_DELAY,
) -> list[Appended | RapportError]:  # fmt: skip
    """Store batches of one tenant in their order. One that is refused leaves nothing behind, its error stands in the result.
    What products with `user_privacy` mask or hash get passes through `redactor` first; without one, nothing is stored for them."""
    now = datetime.now(UTC)
    items = [_Item(batch) for batch in batches]
    if any(b.external_id for b in batches):
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1, $2)", ARRIVAL_LOCK, tenant_id)
    await _find_threads(connection, tenant_id, items)
    await _check_versions(connection, tenant_id, items)
    redact = await _redact(connection, tenant_id, items, redactor)
    await _bring_prompts(connection, tenant_id, items, redact)
    accepted = [item for item in items if item.error is None]
    await _bring_people(connection, tenant_id, accepted, now)
    await _bring_models(connection, tenant_id, accepted, now)
    threads = list({id(item.thread): item.thread for item in accepted if item.thread}.values())
    fresh = [thread for thread in threads if not thread.is_stored]
    for item in accepted:
        if not item.thread.is_stored:  # type: ignore[union-attr]
            _place(item, now)
    await _insert_threads(connection, tenant_id, accepted, fresh, now)
    await _lock_threads(connection, tenant_id, threads, accepted)
    for item in accepted:
        if item.thread.is_stored:  # type: ignore[union-attr]
            _place(item, now)
    await _insert_messages(connection, tenant_id, threads)
    await _update_threads(connection, tenant_id, [item for item in accepted if item.thread.is_stored])  # type: ignore[union-attr]
    await _link_late_parents(connection, tenant_id, [thread for thread in threads if thread.is_stored])
    await _link_events(connection, tenant_id, [thread for thread in fresh if thread.kind != "analyst"])
    changed = [thread.id for thread in threads if thread.rows and thread.kind != "analyst"]
    await jobs.queue_analyses(connection, tenant_id, changed, due_at=now + analysis_delay)
    return [item.error or _appended(item) for item in items]


def _appended(item: _Item) -> Appended:
    assert item.thread
    assert item.user_id
    assert item.prompt
    return Appended(item.thread.id, item.thread.product_id, item.user_id, item.prompt, item.messages)


# Which conversation, product, version and prompt ----------------------------------------------------------------------


async def _find_threads(connection: Connection, tenant_id: int, items: list[_Item]) -> None:
    """Give each item its thread. Items of one group that name the same conversation share one."""
    rows = await connection.fetch(
        """
        SELECT c.id, c.kind, c.external_id, c.product_id, c.version_id, c.prompt_id, c.user_id, coalesce(p.user_privacy, $5) AS user_privacy
        FROM (
            SELECT * FROM conversation WHERE tenant_id = $1 AND id = ANY($2)
            UNION ALL
            SELECT * FROM conversation WHERE tenant_id = $1 AND kind = ANY($4) AND external_id = ANY($3)
        ) c
        LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id
        """,
        tenant_id, [i.batch.conversation_id for i in items if i.batch.conversation_id],
        [i.batch.external_id for i in items if i.batch.external_id and not i.batch.conversation_id],
        list({i.batch.kind for i in items}), privacy.STANDARD,
    )  # fmt: skip
    known: dict[Any, _Thread] = {}
    for row in rows:
        thread = known.get(row["id"]) or _Thread(is_stored=True, **row)
        known[row["id"]] = known[row["kind"], row["external_id"]] = thread
    products = await catalog.active_versions(connection, tenant_id, [i.batch.product_id for i in items if i.batch.product_id])
    for item in items:
        try:
            item.thread = await _thread_of(connection, tenant_id, item.batch, known, products)
        except RapportError as error:
            item.error = error


async def _thread_of(
    connection: Connection, tenant_id: int, batch: Batch, known: dict[Any, _Thread], products: dict[UUID, tuple[UUID, str]]
) -> _Thread:
    key = batch.conversation_id or ((batch.kind, batch.external_id) if batch.external_id else None)
    thread = known.get(key) if key is not None else None
    if thread and thread.kind == batch.kind:
        if not batch.conversation_id and batch.product_id and batch.product_id != thread.product_id:
            raise Invalid(f"productId: the conversation {batch.external_id!r} belongs to the product {thread.product_id}.")
        return thread
    if thread or (batch.conversation_id and not batch.make):
        raise NotFound(f"There is no conversation {batch.conversation_id}; leave conversationId out to start one.")
    if batch.kind == "analyst":
        return _Thread(batch.conversation_id or new_id(), batch.kind, batch.external_id, NOBODY, is_stored=False, version_id=NOBODY)
    product_id = batch.product_id or await catalog.only_product(connection, tenant_id)
    if product_id not in products:
        products |= await catalog.active_versions(connection, tenant_id, [product_id])
    if product_id not in products:
        raise NotFound(f"There is no product {product_id}; GET /products lists them, POST /api/admin/v1/products makes one.")
    thread = _Thread(batch.conversation_id or new_id(), batch.kind, batch.external_id, product_id, is_stored=False)
    thread.version_id, thread.user_privacy = products[product_id]
    if key is not None:
        known[key] = thread
    return thread


async def _check_versions(connection: Connection, tenant_id: int, items: list[_Item]) -> None:
    """An explicitly named version must be one of the product's."""
    for item in items:
        if item.thread and item.batch.version_id:
            product_id = await connection.fetchval(
                "SELECT product_id FROM product_version WHERE tenant_id = $1 AND id = $2", tenant_id, item.batch.version_id
            )
            if product_id is None or (product_id != item.thread.product_id and not item.thread.is_stored):
                item.error = NotFound(f"The product has no version {item.batch.version_id}; leave versionId out to use the active one.")


async def _redact(
    connection: Connection, tenant_id: int, items: list[_Item], redactor: privacy.Redactor | None
) -> dict[str, privacy.Redact]:
    """Take the identifiers out of what goes to products that ask for it; how each `user_privacy` among them does that."""
    redact = await privacy.by_mode(connection, tenant_id, {i.thread.user_privacy for i in items if i.thread}, redactor)
    for item in items:
        if item.thread:
            item.batch = privacy.redacted_batch(item.batch, redact[item.thread.user_privacy])
    return redact


async def _bring_prompts(connection: Connection, tenant_id: int, items: list[_Item], redact: dict[str, privacy.Redact]) -> None:
    """Find or store the prompts, product by product, and note the version that each conversation starts under."""
    in_force: dict[Any, PromptInForce] = {}
    waiting = [item for item in items if item.thread and not item.error]
    for item in sorted(waiting, key=lambda i: i.thread.product_id):  # type: ignore[union-attr]
        thread, given = item.thread, item.batch.prompt
        assert thread
        if given is None:
            continue
        key = (thread.product_id, given.components, given.prompt_id, given.external_id)
        try:
            if key not in in_force:
                in_force[key] = await prompts.bring_into_force(
                    connection, tenant_id, thread.product_id, given, redact=redact[thread.user_privacy]
                )
            found = in_force[key]
            variables = redact[thread.user_privacy](dict(given.variables) or (dict(found.match.variables) if found.match else None))
            item.prompt = PromptInForce(found.prompt_id, found.component_ids, found.version_id, variables, found.match)
        except RapportError as error:
            item.error = error
    for item in waiting:
        await _settle_prompt(connection, tenant_id, item)


async def _settle_prompt(connection: Connection, tenant_id: int, item: _Item) -> None:
    thread = item.thread
    assert thread
    if item.prompt is None and thread.prompt_id not in (None, catalog.empty_prompt_id(thread.product_id)):
        item.prompt = await prompts.kept(connection, tenant_id, thread.prompt_id, thread.version_id)  # type: ignore[arg-type]
    elif item.prompt is None:
        item.prompt = prompts.none_given(thread.product_id, thread.version_id)  # type: ignore[arg-type]
    if not thread.is_stored and thread.prompt_id is None:
        thread.version_id = item.batch.version_id or item.prompt.version_id
    thread.prompt_id = item.prompt.prompt_id


# Who and with what ----------------------------------------------------------------------------------------------------


async def _bring_people(connection: Connection, tenant_id: int, items: list[_Item], now: datetime) -> None:
    organizations = await people.ensure_organizations(
        connection, tenant_id, [i.batch.external_organization_id for i in items if i.batch.external_organization_id]
    )
    seen: dict[str, tuple[UUID | None, datetime]] = {}
    for item in items:
        if item.batch.kind == "analyst":
            item.user_id = NOBODY
            continue
        item.organization_id = organizations.get(item.batch.external_organization_id or "")
        at = max((m.created_at for m in item.batch.messages if m.created_at), default=now)
        before = seen.get(item.batch.external_user_id, (None, at))
        seen[item.batch.external_user_id] = (item.organization_id or before[0], max(at, before[1]))
    users = await people.ensure_users(connection, tenant_id, seen)
    for item in items:
        if item.user_id != NOBODY:
            item.user_id, of_user = users[item.batch.external_user_id]
            item.organization_id = item.organization_id or of_user


async def _bring_models(connection: Connection, tenant_id: int, items: list[_Item], now: datetime) -> None:
    ids = await catalog.ensure_models(connection, tenant_id, {item.model: now for item in items if item.model})
    for item in items:
        item.model_id = ids.get(item.model or "")


# Messages into their places -------------------------------------------------------------------------------------------


def _place(item: _Item, now: datetime) -> None:
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


def _row(thread: _Thread, message: NewMessage, at: datetime) -> dict[str, Any]:
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


async def _insert_threads(connection: Connection, tenant_id: int, items: list[_Item], fresh: list[_Thread], now: datetime) -> None:
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
            _json(_merged(items, t)), _json((last[id(t)].prompt or none).variables), _json(last[id(t)].batch.voice_call),
            len(t.rows), sum(r["type"] in CHAT_TYPES for r in t.rows), t.first_at or now, t.last_at or now,
        )
        for t in ordered
    ]  # fmt: skip
    made = await connection.fetch(
        """
        INSERT INTO conversation (tenant_id, id, kind, source, external_id, product_id, version_id, prompt_id, user_id, organization_id,
                                  model_id, model, title, properties, prompt_variables, voice_call, message_count, chat_message_count,
                                  created_at, last_message_at)
        SELECT $1, r.id, r.kind, r.source, r.external_id, r.product_id, r.version_id, r.prompt_id, r.user_id, r.organization_id,
               r.model_id, r.model, r.title, r.properties::jsonb, r.prompt_variables::jsonb, r.voice_call::jsonb, r.n, r.chat_n,
               r.first_at, r.last_at
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


none = PromptInForce(UUID(int=0), (), UUID(int=0))


def _merged(items: list[_Item], thread: _Thread) -> dict[str, Any]:
    return {k: v for item in items if item.thread is thread for k, v in item.batch.properties.items()}


async def _lock_threads(connection: Connection, tenant_id: int, threads: list[_Thread], items: list[_Item]) -> None:
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


async def _load_stored_ids(connection: Connection, tenant_id: int, stored: list[_Thread], items: list[_Item]) -> None:
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


async def _insert_messages(connection: Connection, tenant_id: int, threads: list[_Thread]) -> None:
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


async def _update_threads(connection: Connection, tenant_id: int, items: list[_Item]) -> None:
    """Bump the stored conversations that got something new; a batch that was sent again changes nothing."""
    threads = list({id(i.thread): i.thread for i in items if i.thread and i.thread.rows}.values())
    if not threads:
        return
    last = {id(item.thread): item for item in items}
    columns = [
        (
            t.id, len(t.rows), sum(r["type"] in CHAT_TYPES for r in t.rows), t.first_at, t.last_at,
            last[id(t)].batch.external_organization_id and last[id(t)].organization_id, last[id(t)].model_id, last[id(t)].model,
            _json(_merged(items, t)), last[id(t)].batch.prompt and t.prompt_id, _json((last[id(t)].prompt or none).variables),
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


async def _link_late_parents(connection: Connection, tenant_id: int, stored: list[_Thread]) -> None:
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


async def _link_events(connection: Connection, tenant_id: int, fresh: list[_Thread]) -> None:
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


# Reading --------------------------------------------------------------------------------------------------------------


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
