"""Products whose users' identifiers are taken out before anything is stored (`user_privacy`: standard | mask | hash).

What an identifier looks like is not the store's business: callers pass a `Redactor`. Where a product asks for redaction and
nobody passed one, nothing is stored.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from rapport.domain.catalog import PromptGiven
from rapport.store import keys
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Connection

Redact = Callable[[Any], Any]
"""A JSON value without the identifiers in its strings; the same kind of value as was given."""
Redactor = Callable[[str, bytes], Redact]
"""(mode, salt) -> Redact. mode: mask | hash; the salt is the tenant's secret, empty for mask."""

STANDARD = "standard"


def as_it_is(value: Any) -> Any:
    """The Redact of products that store what they are given."""
    return value


async def by_mode(connection: Connection, tenant_id: int, modes: Collection[str], redactor: Redactor | None) -> dict[str, Redact]:
    """How each of these modes redacts for the tenant."""
    asked = set(modes) - {STANDARD}
    if not asked:
        return {STANDARD: as_it_is}
    if redactor is None:
        raise RuntimeError("a product asks for redaction, but whoever writes to it brought no redactor")
    salt = await keys.secret(connection, tenant_id, "privacy") if "hash" in asked else b""
    return {STANDARD: as_it_is} | {mode: redactor(mode, salt) for mode in asked}


async def of_product(connection: Connection, tenant_id: int, product_id: UUID | None, redactor: Redactor | None) -> Redact:
    """How the product redacts; an unknown one leaves all as it is."""
    mode = await connection.fetchval("SELECT user_privacy FROM product WHERE tenant_id = $1 AND id = $2", tenant_id, product_id)
    return (await by_mode(connection, tenant_id, [mode or STANDARD], redactor))[mode or STANDARD]


async def of_conversation(connection: Connection, tenant_id: int, conversation_id: UUID, redactor: Redactor | None) -> Redact:
    """How the product of the conversation redacts."""
    product_id = await connection.fetchval(
        "SELECT product_id FROM conversation WHERE tenant_id = $1 AND id = $2", tenant_id, conversation_id
    )
    return await of_product(connection, tenant_id, product_id, redactor)


async def of_tenant(connection: Connection, tenant_id: int, redactor: Redactor | None) -> Redact:
    """How what belongs to no product is redacted, users and organizations: as the tenant's most careful product does it
    (mask, then hash, then standard)."""
    rows = await connection.fetch("SELECT DISTINCT user_privacy FROM product WHERE tenant_id = $1", tenant_id)
    found = {row["user_privacy"] for row in rows}
    mode = next((mode for mode in ("mask", "hash") if mode in found), STANDARD)
    return (await by_mode(connection, tenant_id, [mode], redactor))[mode]


def redacted_batch(batch: Batch, redact: Redact) -> Batch:
    """The batch without identifiers in what people and tools wrote. Ids, names of models and tools stay: they are what the
    caller finds its own things by."""
    if redact is as_it_is:
        return batch
    return replace(
        batch, messages=tuple(_message(message, redact) for message in batch.messages), properties=redact(batch.properties),
        voice_call=redact(batch.voice_call), title=redact(batch.title),
    )  # fmt: skip


def _message(message: NewMessage, redact: Redact) -> NewMessage:
    return replace(
        message, content=redact(message.content), context=redact(message.context), input=redact(message.input),
        output=redact(message.output), properties=redact(message.properties), voice=redact(message.voice),
    )  # fmt: skip


def redacted_prompt(given: PromptGiven, redact: Redact) -> PromptGiven:
    """The prompt without identifiers in its content and variables."""
    if redact is as_it_is:
        return given
    components = tuple(replace(component, content=redact(component.content)) for component in given.components)
    return replace(given, components=components, variables=redact(dict(given.variables)))
