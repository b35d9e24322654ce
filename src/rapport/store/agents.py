"""Agents and their public names. A name that the public may say (`slug`) is unique across tenants; everything else is the tenant's own."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.agent import Agent
from rapport.domain.ids import new_id, parse_id
from rapport.errors import Conflict, NotFound
from rapport.store.database import Connection

EDITABLE = frozenset({
    "slug", "name", "title", "description", "personality", "tone", "skills", "system_prompt", "model", "avatar_url", "is_public",
    "greeting", "suggested_questions", "profile", "interface", "tools", "mcp_servers", "origins", "limits",
    "product_id",
})  # fmt: skip
"""Columns that create and update take; their names are those of domain.agent.Agent."""

WITH_COUNTS = """
    SELECT a.*,
           (SELECT count(DISTINCT c.user_id) FROM conversation c JOIN session s ON s.tenant_id = c.tenant_id AND s.id = c.id
            WHERE s.tenant_id = a.tenant_id AND s.agent_id = a.id) AS user_count,
           (SELECT coalesce(sum(c.chat_message_count), 0) FROM conversation c JOIN session s ON s.tenant_id = c.tenant_id AND s.id = c.id
            WHERE s.tenant_id = a.tenant_id AND s.agent_id = a.id) AS message_count
    FROM agent a
"""


def _agent(row: asyncpg.Record) -> Agent:
    known = {name: row[name] for name in row.keys() if name in Agent.__dataclass_fields__}  # noqa: SIM118 a Record iterates over values
    for name in ("skills", "suggested_questions", "tools", "mcp_servers", "origins"):
        known[name] = tuple(known[name])
    return Agent(**known)


async def create(connection: Connection, tenant_id: int, *, product_id: UUID, agent_id: UUID | None = None, **values: Any) -> Agent:
    """A new agent. Raises Conflict where its slug is taken."""
    agent_id = agent_id or new_id()
    columns: dict[str, Any] = {"product_id": product_id} | {name: value for name, value in values.items() if name in EDITABLE}
    names = ", ".join(columns)
    places = ", ".join(f"${n}" for n in range(3, 3 + len(columns)))
    await connection.execute(
        f"INSERT INTO agent (tenant_id, id, {names}) VALUES ($1, $2, {places})", tenant_id, agent_id, *columns.values()
    )
    if slug := columns.get("slug"):
        await claim_handle(connection, tenant_id, kind="slug", handle=slug, target_id=agent_id)
    return await get(connection, tenant_id, agent_id)


async def get(connection: Connection, tenant_id: int, agent_id: UUID) -> Agent:
    """The agent without its counts, which are as slow as it has conversations: every message to it comes by here. Raises NotFound."""
    row = await connection.fetchrow("SELECT * FROM agent WHERE tenant_id = $1 AND id = $2", tenant_id, agent_id)
    if row is None:
        raise NotFound(f"There is no agent {agent_id}.")
    return _agent(row)


async def counted(connection: Connection, agent: Agent) -> Agent:
    """The same with the number of its users and messages. Raises NotFound."""
    row = await connection.fetchrow(f"{WITH_COUNTS} WHERE a.tenant_id = $1 AND a.id = $2", agent.tenant_id, agent.id)
    if row is None:
        raise NotFound(f"There is no agent {agent.id}.")
    return _agent(row)


async def resolve(connection: Connection, tenant_id: int, reference: str) -> Agent:
    """The tenant's agent with that id or slug. Raises NotFound."""
    if agent_id := parse_id(reference):
        return await get(connection, tenant_id, agent_id)
    found = await connection.fetchval("SELECT id FROM agent WHERE tenant_id = $1 AND slug = $2", tenant_id, reference)
    if found is None:
        raise NotFound(f"There is no agent {reference!r}.")
    return await get(connection, tenant_id, found)


async def oldest(connection: Connection, tenant_id: int) -> Agent | None:
    """The tenant's first agent, None where it has none."""
    row = await connection.fetchrow("SELECT * FROM agent WHERE tenant_id = $1 ORDER BY created_at, id LIMIT 1", tenant_id)
    return _agent(row) if row else None


async def list_(connection: Connection, tenant_id: int, *, limit: int, offset: int) -> list[Agent]:
    """Newest first."""
    rows = await connection.fetch(
        f"{WITH_COUNTS} WHERE a.tenant_id = $1 ORDER BY a.created_at DESC, a.id DESC LIMIT $2 OFFSET $3", tenant_id, limit, offset
    )
    return [_agent(row) for row in rows]


async def update(connection: Connection, tenant_id: int, agent_id: UUID, changes: Mapping[str, Any]) -> Agent:
    """Changes only what is given. Raises NotFound, and Conflict where a new slug is taken."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    assignments = "".join(f", {name} = ${n}" for n, name in enumerate(columns, start=3))
    found = await connection.fetchval(
        f"UPDATE agent SET updated_at = now(){assignments} WHERE tenant_id = $1 AND id = $2 RETURNING id",
        tenant_id,
        agent_id,
        *columns.values(),
    )
    if found is None:
        raise NotFound(f"There is no agent {agent_id}.")
    if slug := columns.get("slug"):
        await connection.execute(
            "DELETE FROM public_handle WHERE kind = 'slug' AND tenant_id = $1 AND target_id = $2 AND handle <> $3",
            tenant_id,
            agent_id,
            slug,
        )
        await claim_handle(connection, tenant_id, kind="slug", handle=slug, target_id=agent_id)
    return await get(connection, tenant_id, agent_id)


async def delete(connection: Connection, tenant_id: int, agent_id: UUID) -> list[UUID]:
    """Removes the agent with its documents, memberships, handles and sessions; the ids of its sessions, whose conversations the
    caller deletes. Raises NotFound."""
    if await connection.fetchval("DELETE FROM agent WHERE tenant_id = $1 AND id = $2 RETURNING id", tenant_id, agent_id) is None:
        raise NotFound(f"There is no agent {agent_id}.")
    await connection.execute(
        """
        DELETE FROM public_handle h USING agent_webhook w
        WHERE h.kind = 'webhook' AND h.tenant_id = $1 AND w.tenant_id = $1 AND w.agent_id = $2 AND h.target_id = w.id
        """,
        tenant_id, agent_id,
    )  # fmt: skip
    for table in ("passage", "document", "team_agent", "inbox_message", "lead", "agent_webhook", "agent_memory"):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND agent_id = $2", tenant_id, agent_id)
    await connection.execute("DELETE FROM public_handle WHERE tenant_id = $1 AND target_id = $2", tenant_id, agent_id)
    rows = await connection.fetch("DELETE FROM session WHERE tenant_id = $1 AND agent_id = $2 RETURNING id", tenant_id, agent_id)
    return [row["id"] for row in rows]


async def search_public(
    connection: Connection, tenant_id: int | None, *, query: str | None, role: str | None, location: str | None, limit: int
) -> list[Agent]:
    """Published representatives by words in their name, title, company, bio or description; of all tenants where tenant_id is None."""
    rows = await connection.fetch(
        """
        SELECT a.* FROM agent a
        WHERE a.is_public AND a.slug IS NOT NULL AND ($1::int IS NULL OR a.tenant_id = $1)
          AND ($2::text IS NULL
               OR concat_ws(' ', a.name, a.title, a.description, a.profile->>'company', a.profile->>'bio') ILIKE '%' || $2 || '%')
          AND ($3::text IS NULL OR a.title ILIKE '%' || $3 || '%')
          AND ($4::text IS NULL OR a.profile->>'location' ILIKE '%' || $4 || '%')
        ORDER BY a.name, a.id LIMIT $5
        """,
        tenant_id, _literal(query), _literal(role), _literal(location), limit,
    )  # fmt: skip
    return [_agent(row) for row in rows]


def _literal(text: str | None) -> str | None:
    """Text for ILIKE in which % and _ mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") if text else None


# What the public may say --------------------------------------------------------------------------------------------------


def secret_handle(token: str) -> str:
    """A token as it is kept in public_handle: only its hash."""
    return hashlib.sha256(token.encode()).hexdigest()


async def claim_handle(connection: Connection, tenant_id: int, *, kind: str, handle: str, target_id: UUID) -> None:
    """Makes `handle` find `target_id`. Raises Conflict where it finds something else."""
    holder = await connection.fetchrow(
        """
        INSERT INTO public_handle (kind, handle, tenant_id, target_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, handle) DO UPDATE SET handle = excluded.handle
        RETURNING tenant_id, target_id
        """,
        kind, handle, tenant_id, target_id,
    )  # fmt: skip
    if holder is None or (holder["tenant_id"], holder["target_id"]) != (tenant_id, target_id):
        raise Conflict(f"The name {handle!r} is taken; choose another.")


async def find_handle(connection: Connection, *, kind: str, handle: str) -> tuple[int, UUID] | None:
    """(tenant_id, target_id) of a public name, or None."""
    row = await connection.fetchrow("SELECT tenant_id, target_id FROM public_handle WHERE kind = $1 AND handle = $2", kind, handle)
    return (row["tenant_id"], row["target_id"]) if row else None


async def find_public(connection: Connection, reference: str, *, of: int | None = None) -> Agent:
    """The published representative with that id or slug, of the tenant `of`, or of whichever. Raises NotFound, also for drafts."""
    if agent_id := parse_id(reference):
        row = await connection.fetchrow("SELECT * FROM agent WHERE id = $1 AND is_public", agent_id)
    else:
        row = await connection.fetchrow(
            """
            SELECT a.* FROM public_handle h JOIN agent a ON a.tenant_id = h.tenant_id AND a.id = h.target_id
            WHERE h.kind = 'slug' AND h.handle = $1 AND a.is_public
            """,
            reference,
        )
    if row is None or of not in (None, row["tenant_id"]):
        raise NotFound("There is no published representative of that name.")
    return _agent(row)
