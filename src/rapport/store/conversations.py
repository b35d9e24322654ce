"""The single write path of conversations.

`append` (one batch) and `append_many` (the batches of concurrent requests of one tenant) are the same code: a handful of
multi-row statements, each with its tenant, in the caller's transaction. Rows are touched in one order everywhere (organizations,
users, models, products, new conversations, stored conversations; by key inside each), so that writers wait but never deadlock.
A message with an external id is stored once per conversation; sending it again changes nothing. `seq` is the order of
arrival; `transcripts` reads them by created_at, then seq.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.domain.catalog import PromptInForce
from rapport.domain.ids import new_id
from rapport.errors import Invalid, NotFound, RapportError
from rapport.store import catalog, jobs, people, privacy, prompts
from rapport.store.batch import Batch
from rapport.store.database import Connection
from rapport.store.threads import (
    AppendedMessage,
    Item,
    Thread,
    insert_messages,
    insert_threads,
    link_events,
    link_late_parents,
    lock_threads,
    place,
    update_threads,
)

ANALYSIS_DELAY = timedelta(seconds=2)
NOBODY = UUID(int=0)
"""Product, version and user of conversations with the analyst: they are about all products, and belong to nobody's users."""
ARRIVAL_LOCK = 72_302
"""Class of the advisory locks between the first message of a conversation (shared) and an event that names it before (exclusive)."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch; `messages` has one entry per message of it, in its order."""

    conversation_id: UUID
    product_id: UUID
    user_id: UUID
    prompt: PromptInForce
    messages: tuple[AppendedMessage, ...]


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
    items = [Item(batch) for batch in batches]
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
            place(item, now)
    await insert_threads(connection, tenant_id, accepted, fresh, now)
    await lock_threads(connection, tenant_id, threads, accepted)
    for item in accepted:
        if item.thread.is_stored:  # type: ignore[union-attr]
            place(item, now)
    await insert_messages(connection, tenant_id, threads)
    await update_threads(connection, tenant_id, [item for item in accepted if item.thread.is_stored])  # type: ignore[union-attr]
    await link_late_parents(connection, tenant_id, [thread for thread in threads if thread.is_stored])
    await link_events(connection, tenant_id, [thread for thread in fresh if thread.kind != "analyst"])
    changed = [thread for thread in threads if thread.rows and thread.kind != "analyst"]
    due_at = now + analysis_delay
    await jobs.queue_first_analyses(connection, tenant_id, [thread.id for thread in changed if not thread.is_stored], due_at=due_at)
    await jobs.queue_analyses(connection, tenant_id, [thread.id for thread in changed if thread.is_stored], due_at=due_at)
    return [item.error or _appended(item) for item in items]


def _appended(item: Item) -> Appended:
    assert item.thread
    assert item.user_id
    assert item.prompt
    return Appended(item.thread.id, item.thread.product_id, item.user_id, item.prompt, item.messages)


# Which conversation, product, version and prompt ----------------------------------------------------------------------


async def _find_threads(connection: Connection, tenant_id: int, items: list[Item]) -> None:
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
    known: dict[Any, Thread] = {}
    for row in rows:
        thread = known.get(row["id"]) or Thread(is_stored=True, **row)
        known[row["id"]] = known[row["kind"], row["external_id"]] = thread
    products = await catalog.active_versions(connection, tenant_id, [i.batch.product_id for i in items if i.batch.product_id])
    for item in items:
        try:
            item.thread = await _thread_of(connection, tenant_id, item.batch, known, products)
        except RapportError as error:
            item.error = error


async def _thread_of(
    connection: Connection, tenant_id: int, batch: Batch, known: dict[Any, Thread], products: dict[UUID, tuple[UUID, str]]
) -> Thread:
    key = batch.conversation_id or ((batch.kind, batch.external_id) if batch.external_id else None)
    thread = known.get(key) if key is not None else None
    if thread and thread.kind == batch.kind:
        if not batch.conversation_id and batch.product_id and batch.product_id != thread.product_id:
            raise Invalid(f"productId: the conversation {batch.external_id!r} belongs to the product {thread.product_id}.")
        return thread
    if thread or (batch.conversation_id and not batch.make):
        raise NotFound(f"There is no conversation {batch.conversation_id}; leave conversationId out to start one.")
    if batch.kind == "analyst":
        return Thread(batch.conversation_id or new_id(), batch.kind, batch.external_id, NOBODY, is_stored=False, version_id=NOBODY)
    product_id = batch.product_id or await catalog.only_product(connection, tenant_id)
    if product_id not in products:
        products |= await catalog.active_versions(connection, tenant_id, [product_id])
    if product_id not in products:
        raise NotFound(f"There is no product {product_id}; GET /products lists them, POST /api/admin/v1/products makes one.")
    thread = Thread(batch.conversation_id or new_id(), batch.kind, batch.external_id, product_id, is_stored=False)
    thread.version_id, thread.user_privacy = products[product_id]
    if key is not None:
        known[key] = thread
    return thread


async def _check_versions(connection: Connection, tenant_id: int, items: list[Item]) -> None:
    """An explicitly named version must be one of the product's."""
    for item in items:
        if item.thread and item.batch.version_id:
            product_id = await connection.fetchval(
                "SELECT product_id FROM product_version WHERE tenant_id = $1 AND id = $2", tenant_id, item.batch.version_id
            )
            if product_id is None or (product_id != item.thread.product_id and not item.thread.is_stored):
                item.error = NotFound(f"The product has no version {item.batch.version_id}; leave versionId out to use the active one.")


async def _redact(
    connection: Connection, tenant_id: int, items: list[Item], redactor: privacy.Redactor | None
) -> dict[str, privacy.Redact]:
    """Take the identifiers out of what goes to products that ask for it; how each `user_privacy` among them does that."""
    redact = await privacy.by_mode(connection, tenant_id, {i.thread.user_privacy for i in items if i.thread}, redactor)
    for item in items:
        if item.thread:
            item.batch = privacy.redacted_batch(item.batch, redact[item.thread.user_privacy])
    return redact


async def _bring_prompts(connection: Connection, tenant_id: int, items: list[Item], redact: dict[str, privacy.Redact]) -> None:
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


async def _settle_prompt(connection: Connection, tenant_id: int, item: Item) -> None:
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


async def _bring_people(connection: Connection, tenant_id: int, items: list[Item], now: datetime) -> None:
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


async def _bring_models(connection: Connection, tenant_id: int, items: list[Item], now: datetime) -> None:
    ids = await catalog.ensure_models(connection, tenant_id, {item.model: now for item in items if item.model})
    for item in items:
        item.model_id = ids.get(item.model or "")
