"""What agents were told to remember: short texts that every conversation of the agent knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.errors import NotFound
from rapport.store.database import Connection

COLUMNS = "id, content, category, url, tags, created_at"


@dataclass(frozen=True, slots=True)
class Memory:
    id: UUID
    content: str
    category: str | None
    url: str | None
    tags: tuple[str, ...]
    created_at: datetime


def _memory(row: Any) -> Memory:
    return Memory(row["id"], row["content"], row["category"], row["url"], tuple(row["tags"]), row["created_at"])


async def add(
    connection: Connection, tenant_id: int, agent_id: UUID, *, content: str, category: str | None, url: str | None, tags: Sequence[str]
) -> Memory:  # fmt: skip
    """A new memory of this agent."""
    row = await connection.fetchrow(
        f"""
        INSERT INTO agent_memory (tenant_id, id, agent_id, content, category, url, tags) VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING {COLUMNS}
        """,
        tenant_id, new_id(), agent_id, content, category, url, list(tags),
    )  # fmt: skip
    return _memory(row)


async def list_(
    connection: Connection, tenant_id: int, agent_id: UUID, *, limit: int, offset: int = 0, category: str | None = None,
    query: str | None = None,
) -> list[Memory]:  # fmt: skip
    """Newest first; with `query` those that hold all of its words, in any order."""
    words = (query or "").split()[:20]
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM agent_memory
        WHERE tenant_id = $1 AND agent_id = $2 AND ($3::text IS NULL OR category = $3)
          AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS word
                          WHERE strpos(lower(concat_ws(' ', content, category, array_to_string(tags, ' '))), lower(word)) = 0)
        ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6
        """,
        tenant_id, agent_id, category, words, limit, offset,
    )  # fmt: skip
    return [_memory(row) for row in rows]


async def get(connection: Connection, tenant_id: int, agent_id: UUID, memory_id: UUID) -> Memory:
    """Raises NotFound."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM agent_memory WHERE tenant_id = $1 AND agent_id = $2 AND id = $3", tenant_id, agent_id, memory_id
    )
    if row is None:
        raise NotFound(f"There is no memory {memory_id}.")
    return _memory(row)


async def remove(connection: Connection, tenant_id: int, agent_id: UUID, memory_id: UUID) -> None:
    """Raises NotFound."""
    await get(connection, tenant_id, agent_id, memory_id)
    await connection.execute("DELETE FROM agent_memory WHERE tenant_id = $1 AND id = $2", tenant_id, memory_id)
