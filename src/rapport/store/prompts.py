"""System prompts: immutable content with a lineage, and the product versions that put them in force.

A prompt is found by its fingerprint inside a product. New content under a known external id is the next number of that
lineage. Every distinct prompt makes a version of its product: a copy of the active version's roles with one role replaced.
Messages that name a prompt activate its version.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from rapport.domain.catalog import Component, NewComponent, Prompt, PromptGiven, PromptInForce, TemplateMatch
from rapport.domain.ids import new_id, parse_id
from rapport.errors import Invalid, NotFound
from rapport.store import lists, templates
from rapport.store.catalog import empty_prompt_fingerprint, empty_prompt_id
from rapport.store.database import Connection
from rapport.store.privacy import Redact, as_it_is, redacted_prompt

HELD = """
    SELECT p.id, p.product_id, p.lineage_id, p.number, p.archived_at, held.version_id, held.is_active,
           ARRAY(SELECT c.id FROM prompt_component c WHERE c.tenant_id = p.tenant_id AND c.prompt_id = p.id ORDER BY c.position)
               AS component_ids
    FROM prompt p
    LEFT JOIN LATERAL (
        SELECT v.id AS version_id, v.is_active
        FROM product_version_prompt r JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
        WHERE r.tenant_id = p.tenant_id AND r.prompt_id = p.id
        ORDER BY v.is_active DESC, v.number DESC LIMIT 1
    ) held ON true
"""


def fingerprint(components: Sequence[NewComponent]) -> bytes:
    """SHA-256 of the static components in order."""
    return hashlib.sha256(msgspec.json.encode([[c.type, c.content] for c in components if not c.is_dynamic])).digest()


async def resolve_prompt(connection: Connection, tenant_id: int, ref: str) -> UUID:
    """The id of the prompt with this id, else of the lineage with this external id: the one in the active version, else the
    newest that is not archived. Raises NotFound."""
    found = await connection.fetchval(
        """
        SELECT p.id FROM prompt p
        WHERE p.tenant_id = $1 AND (p.id = $2 OR p.external_id = $3)
        ORDER BY p.id = $2 DESC NULLS LAST,
                 EXISTS (SELECT 1 FROM product_version_prompt r
                         JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
                         WHERE r.tenant_id = p.tenant_id AND r.prompt_id = p.id AND v.is_active) DESC,
                 p.archived_at IS NULL DESC, p.number DESC
        LIMIT 1
        """,
        tenant_id, parse_id(ref), ref,
    )  # fmt: skip
    if found is None:
        raise NotFound(f"There is no prompt {ref[:80]!r}; GET /prompts lists them.")
    return found


def none_given(product_id: UUID, version_id: UUID) -> PromptInForce:
    """What a conversation without a prompt runs under."""
    return PromptInForce(empty_prompt_id(product_id), (), version_id)


async def kept(connection: Connection, tenant_id: int, prompt_id: UUID, version_id: UUID) -> PromptInForce:
    """The prompt that a conversation already runs under."""
    ids = await connection.fetch(
        "SELECT id FROM prompt_component WHERE tenant_id = $1 AND prompt_id = $2 ORDER BY position", tenant_id, prompt_id
    )
    return PromptInForce(prompt_id, tuple(row["id"] for row in ids), version_id)


async def bring_into_force(
    connection: Connection, tenant_id: int, product_id: UUID, given: PromptGiven, *, redact: Redact = as_it_is
) -> PromptInForce:
    """Find the prompt that was given with messages, or store it, redacted, and activate its version. A prompt of the product's own
    that holds a link or an address is still found by its content as it is.
    Raises NotFound, before anything is written, where a prompt is only named and unknown."""
    if not given.components:
        row = await _named(connection, tenant_id, given)
    else:
        row = await _same_content(connection, tenant_id, product_id, fingerprint(given.components), given)
        if row is None and not given.has_reference and (match := await templates.find(connection, tenant_id, product_id, given.components)):
            row = await connection.fetchrow(f"{HELD} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, match.prompt_id)
            assert row is not None
            return await _put_into_force(connection, tenant_id, product_id, row, given, match)
        if row is None:
            row = await _create(connection, tenant_id, product_id, redacted_prompt(given, redact))
    return await _put_into_force(connection, tenant_id, product_id, row, given)


async def _put_into_force(
    connection: Connection, tenant_id: int, product_id: UUID, row: asyncpg.Record, given: PromptGiven, match: TemplateMatch | None = None
) -> PromptInForce:
    version_id = row["version_id"]
    if row["product_id"] == product_id and not row["is_active"]:
        version_id = await activate(connection, tenant_id, product_id, row["id"])
    if version_id is None or row["product_id"] != product_id:
        version_id = await connection.fetchval(
            "SELECT id FROM product_version WHERE tenant_id = $1 AND product_id = $2 AND is_active", tenant_id, product_id
        )
    return PromptInForce(row["id"], tuple(row["component_ids"]), version_id, dict(given.variables) or None, match)


async def _named(connection: Connection, tenant_id: int, given: PromptGiven) -> asyncpg.Record:
    refs = [str(given.prompt_id)] if given.prompt_id else []
    refs += [given.external_id] if given.external_id else []
    for position, ref in enumerate(refs, start=1):
        try:
            prompt_id = await resolve_prompt(connection, tenant_id, ref)
        except NotFound:
            if position == len(refs):
                raise
            continue
        row = await connection.fetchrow(f"{HELD} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, prompt_id)
        if row is not None:
            return row
    raise NotFound("The system prompt names no prompt.")


async def _same_content(
    connection: Connection, tenant_id: int, product_id: UUID, digest: bytes, given: PromptGiven
) -> asyncpg.Record | None:
    """The stored prompt of this content; of the named lineage, where one is named."""
    return await connection.fetchrow(
        f"""
        {HELD}
        WHERE p.tenant_id = $1 AND p.product_id = $2 AND p.fingerprint = $3
          AND ($4::text IS NULL OR p.external_id = $4)
          AND ($5::uuid IS NULL OR p.lineage_id = (SELECT lineage_id FROM prompt WHERE tenant_id = $1 AND id = $5))
        ORDER BY p.archived_at IS NULL DESC, p.number DESC LIMIT 1
        """,
        tenant_id, product_id, digest, given.external_id, given.prompt_id,
    )  # fmt: skip


async def _create(connection: Connection, tenant_id: int, product_id: UUID, given: PromptGiven) -> asyncpg.Record:
    digest = fingerprint(given.components)
    row = await _same_content(connection, tenant_id, product_id, digest, given)  # as it was redacted before
    if row is None:
        await lock_product(connection, tenant_id, product_id)
        row = await _same_content(connection, tenant_id, product_id, digest, given)  # someone else may have made it meanwhile
    if row is None:
        prompt_id = await insert_prompt(connection, tenant_id, product_id, given)
        await insert_version(connection, tenant_id, product_id, "system", prompt_id)
        row = await connection.fetchrow(f"{HELD} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, prompt_id)
    assert row is not None
    return row


async def lock_product(connection: Connection, tenant_id: int, product_id: UUID) -> None:
    """Until the end of the transaction nobody else makes or activates versions of this product."""
    await connection.execute("SELECT 1 FROM product WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, product_id)


async def insert_prompt(
    connection: Connection, tenant_id: int, product_id: UUID, given: PromptGiven, *, name: str | None = None,
    description: str | None = None, role: str = "system", source: str = "customer", tags: Sequence[str] = (),
    prompt_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Store new content: the next number of the lineage that is named, else the first of a new one."""
    prompt_id = prompt_id or new_id()
    lineage = await connection.fetchrow(
        """
        SELECT lineage_id, number, external_id, name, description FROM prompt
        WHERE tenant_id = $1 AND (lineage_id = (SELECT lineage_id FROM prompt WHERE tenant_id = $1 AND id = $2) OR external_id = $3)
        ORDER BY number DESC LIMIT 1
        """,
        tenant_id, given.prompt_id, given.external_id,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO prompt (tenant_id, id, lineage_id, number, product_id, external_id, fingerprint, name, description, role, source, tags)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        tenant_id, prompt_id, lineage["lineage_id"] if lineage else prompt_id, lineage["number"] + 1 if lineage else 1, product_id,
        given.external_id or (lineage["external_id"] if lineage else None), fingerprint(given.components),
        name or (lineage["name"] if lineage else None), description or (lineage["description"] if lineage else None),
        role, source, list(tags),
    )  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO prompt_component (tenant_id, prompt_id, position, id, external_id, name, type, source, is_dynamic, content)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        [
            (tenant_id, prompt_id, i, c.id or new_id(), c.external_id, c.name, c.type, c.source, c.is_dynamic, c.content)
            for i, c in enumerate(given.components)
        ],
    )
    await templates.index(connection, tenant_id, product_id, prompt_id, given.components)
    return prompt_id


async def insert_version(connection: Connection, tenant_id: int, product_id: UUID, role: str, prompt_id: UUID) -> UUID:
    """A new, inactive version of the product: the active one's prompts with this role's replaced. Call lock_product first."""
    version_id = new_id()
    await connection.execute(
        """
        INSERT INTO product_version (tenant_id, id, product_id, number)
        SELECT $1, $2, $3, coalesce(max(number), 0) + 1 FROM product_version WHERE tenant_id = $1 AND product_id = $3
        """,
        tenant_id, version_id, product_id,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO product_version_prompt (tenant_id, version_id, role, prompt_id)
        SELECT $1::int, $2::uuid, r.role, r.prompt_id
        FROM product_version_prompt r JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
        WHERE r.tenant_id = $1 AND v.product_id = $3 AND v.is_active AND r.role <> $4
        UNION ALL SELECT $1, $2::uuid, $4, $5::uuid
        """,
        tenant_id, version_id, product_id, role, prompt_id,
    )  # fmt: skip
    return version_id


async def activate(connection: Connection, tenant_id: int, product_id: UUID, prompt_id: UUID) -> UUID | None:
    """Make the newest version that holds this prompt the active one. The version's id; None where no version holds it."""
    await lock_product(connection, tenant_id, product_id)
    version_id = await connection.fetchval(
        """
        SELECT v.id FROM product_version_prompt r JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
        WHERE r.tenant_id = $1 AND r.prompt_id = $2 AND v.product_id = $3
        ORDER BY v.is_active DESC, v.number DESC LIMIT 1
        """,
        tenant_id, prompt_id, product_id,
    )  # fmt: skip
    if version_id is not None:
        await activate_version(connection, tenant_id, product_id, version_id)
    return version_id


async def activate_version(connection: Connection, tenant_id: int, product_id: UUID, version_id: UUID) -> None:
    """Make this version the product's active one. Its prompts are no longer archived. Call lock_product first."""
    await connection.execute(
        "UPDATE product_version SET is_active = false WHERE tenant_id = $1 AND product_id = $2 AND is_active AND id <> $3",
        tenant_id, product_id, version_id,
    )  # fmt: skip
    await connection.execute(
        "UPDATE product_version SET is_active = true, activated_at = now() WHERE tenant_id = $1 AND id = $2 AND NOT is_active",
        tenant_id, version_id,
    )  # fmt: skip
    await connection.execute(
        """
        UPDATE prompt p SET archived_at = NULL FROM product_version_prompt r
        WHERE p.tenant_id = $1 AND r.tenant_id = $1 AND r.version_id = $2 AND p.id = r.prompt_id AND p.archived_at IS NOT NULL
        """,
        tenant_id, version_id,
    )  # fmt: skip


# For the API of prompts -----------------------------------------------------------------------------------------------


async def create(
    connection: Connection, tenant_id: int, product_id: UUID, given: PromptGiven, *, name: str, role: str,
    description: str | None = None, source: str = "customer", tags: Sequence[str] = (), prompt_id: UUID | None = None,
) -> tuple[UUID, UUID]:  # fmt: skip
    """(prompt, version) of new content, not activated. The same content again, in the named lineage or else of the same name and
    role, gives the same ids: a repeated request makes nothing new."""
    await lock_product(connection, tenant_id, product_id)
    row = await connection.fetchrow(
        f"""
        {HELD}
        WHERE p.tenant_id = $1 AND p.product_id = $2 AND p.fingerprint = $3 AND p.role = $5 AND p.archived_at IS NULL
          AND CASE WHEN $4::text IS NULL THEN p.external_id IS NULL AND p.name = $6 ELSE p.external_id = $4 END
        ORDER BY p.number DESC LIMIT 1
        """,
        tenant_id, product_id, fingerprint(given.components), given.external_id, role, name,
    )  # fmt: skip
    stored = row["id"] if row else await insert_prompt(
        connection, tenant_id, product_id, given, name=name, description=description, role=role, source=source, tags=tags,
        prompt_id=prompt_id,
    )  # fmt: skip
    version_id = row["version_id"] if row else None
    return stored, version_id or await insert_version(connection, tenant_id, product_id, role, stored)


async def revise(
    connection: Connection, tenant_id: int, prompt_id: UUID, components: tuple[NewComponent, ...], *, name: str | None = None,
    description: str | None = None, role: str | None = None, source: str | None = None,
) -> tuple[UUID, UUID | None]:  # fmt: skip
    """Change a prompt. With components: (the lineage's prompt of that content, its version). Without: its name, description,
    role and source change in place, and the version is None. Raises NotFound."""
    prompt = await get(connection, tenant_id, prompt_id)
    if not components:
        await connection.execute(
            """
            UPDATE prompt SET name = coalesce($3, name), description = coalesce($4, description), role = coalesce($5, role),
                              source = coalesce($6, source), updated_at = now()
            WHERE tenant_id = $1 AND id = $2
            """,
            tenant_id, prompt_id, name, description, role, source,
        )  # fmt: skip
        return prompt_id, None
    given = PromptGiven(components, prompt_id=prompt_id)
    await lock_product(connection, tenant_id, prompt.product_id)
    row = await _same_content(connection, tenant_id, prompt.product_id, fingerprint(components), given)
    revised = row["id"] if row else await insert_prompt(
        connection, tenant_id, prompt.product_id, given, name=name, description=description, role=role or prompt.role,
        source=source or prompt.source, tags=prompt.tags,
    )  # fmt: skip
    version_id = row["version_id"] if row else None
    return revised, version_id or await insert_version(connection, tenant_id, prompt.product_id, role or prompt.role, revised)


async def archive(connection: Connection, tenant_id: int, prompt_id: UUID, *, even_active: bool = False) -> datetime:
    """When the prompt was archived: now, or the first time. Raises NotFound, and Invalid for a prompt of the active version."""
    prompt = await get(connection, tenant_id, prompt_id)
    await lock_product(connection, tenant_id, prompt.product_id)
    row = await connection.fetchrow(f"{HELD} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, prompt_id)
    if row and row["is_active"] and row["archived_at"] is None and not even_active:
        raise Invalid("the prompt belongs to the product's active version; activate another version first.")
    return await connection.fetchval(
        """
        UPDATE prompt SET archived_at = coalesce(archived_at, now()), updated_at = now()
        WHERE tenant_id = $1 AND id = $2 RETURNING archived_at
        """,
        tenant_id, prompt_id,
    )  # fmt: skip


PROMPT = """
    SELECT p.id, p.lineage_id, p.number, p.product_id, p.external_id, p.name, p.description, p.role, p.source, p.tags, p.archived_at,
           p.created_at, p.updated_at, held.version_id
    FROM prompt p
    LEFT JOIN LATERAL (
        SELECT v.id AS version_id
        FROM product_version_prompt r JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
        WHERE r.tenant_id = p.tenant_id AND r.prompt_id = p.id
        ORDER BY v.is_active DESC, v.number DESC LIMIT 1
    ) held ON true
"""
HELD_BY_ACTIVE = """
    EXISTS (SELECT 1 FROM product_version_prompt r JOIN product_version v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
            WHERE r.tenant_id = p.tenant_id AND r.prompt_id = p.id AND v.is_active)
"""


async def get(connection: Connection, tenant_id: int, prompt_id: UUID) -> Prompt:
    """The prompt with its components. Raises NotFound."""
    row = await connection.fetchrow(f"{PROMPT} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, prompt_id)
    if row is None:
        raise NotFound(f"There is no prompt {prompt_id}; GET /prompts lists them.")
    return (await _with_components(connection, tenant_id, [row]))[0]


async def list_prompts(
    connection: Connection, tenant_id: int, *, limit: int, offset: int, after: Sequence[Any] | None = None,
    product_id: UUID | None = None, version_id: UUID | None = None, include_archived: bool = False, active_only: bool = False,
) -> tuple[list[Prompt], int]:  # fmt: skip
    """(one page, newest first; how many match). The empty prompts of the products are not among them."""
    conditions = lists.Conditions(("p.tenant_id = $?", tenant_id), ("p.fingerprint <> $?", empty_prompt_fingerprint()))
    if product_id:
        conditions.add("p.product_id = $?", product_id)
    if version_id:
        in_version = "SELECT 1 FROM product_version_prompt r WHERE r.tenant_id = p.tenant_id AND r.version_id = $? AND r.prompt_id = p.id"
        conditions.add(f"EXISTS ({in_version})", version_id)
    if not include_archived:
        conditions.sql.append("p.archived_at IS NULL")
    if active_only:
        conditions.sql.append(HELD_BY_ACTIVE)
    rows, total = await lists.newest(
        connection, select=PROMPT, table="prompt", alias="p", conditions=conditions, limit=limit, offset=offset, after=after
    )
    return await _with_components(connection, tenant_id, rows), total


async def _with_components(connection: Connection, tenant_id: int, rows: Sequence[asyncpg.Record]) -> list[Prompt]:
    pieces: dict[UUID, list[Component]] = {}
    for row in await connection.fetch(
        """
        SELECT prompt_id, id, content, type, source, name, external_id, is_dynamic, created_at, updated_at
        FROM prompt_component WHERE tenant_id = $1 AND prompt_id = ANY($2) ORDER BY prompt_id, position
        """,
        tenant_id, [row["id"] for row in rows],
    ):  # fmt: skip
        values = dict(row)
        pieces.setdefault(values.pop("prompt_id"), []).append(Component(**values))
    return [Prompt(**{**row, "tags": tuple(row["tags"]), "components": tuple(pieces.get(row["id"], ()))}) for row in rows]


async def versions(connection: Connection, tenant_id: int, product_id: UUID) -> list[asyncpg.Record]:
    """Versions of a product, newest first: id, number, is_active, created_at, prompts [{role, promptId}]; at most 500."""
    return await connection.fetch(
        """
        SELECT v.id, v.number, v.is_active, v.created_at,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('role', p.role, 'promptId', p.prompt_id) ORDER BY p.role), '[]')
                FROM product_version_prompt p WHERE p.tenant_id = v.tenant_id AND p.version_id = v.id) AS prompts
        FROM product_version v WHERE v.tenant_id = $1 AND v.product_id = $2 ORDER BY v.number DESC LIMIT 500
        """,
        tenant_id, product_id,
    )  # fmt: skip
