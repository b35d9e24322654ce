"""Chats with agents: the state that a conversation does not have (title, star, archive, summary, owner). A session's id is
its conversation's id; the conversation is made with the first message, so an empty session has none.

`owner` keeps visitors apart: '' is the tenant's own server keys, which see all; anyone else sees only what they own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.ids import new_id
from rapport.errors import NotFound
from rapport.store.database import Connection

DEFAULT_TITLE = "New chat"
EDITABLE = frozenset({"title", "is_starred", "archived_at", "metadata", "scan_context", "agent_id"})


@dataclass(frozen=True, slots=True)
class Session:
    """One chat. Counts and preview are of its conversation's user and assistant messages."""

    id: UUID
    surface: str
    owner: str
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    agent_id: UUID | None = None
    team_id: UUID | None = None
    visitor: str | None = None
    title: str | None = None
    is_default: bool = False
    is_starred: bool = False
    archived_at: datetime | None = None
    scan_context: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    summary: str | None = None
    summary_through: int = -1
    compactions: int = 0
    last_compacted_at: datetime | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    message_count: int = 0
    last_role: str | None = None
    last_content: str | None = None
    last_message_at: datetime | None = None
    unread_count: int = 0


VIEW = """
    SELECT s.*, coalesce(c.chat_message_count, 0) AS message_count, m.type AS last_type, m.content AS last_content,
           m.created_at AS last_message_at,
           (SELECT count(*) FROM inbox_message i
            WHERE i.tenant_id = s.tenant_id AND i.session_id = s.id AND i.read_at IS NULL) AS unread_count
    FROM session s
    LEFT JOIN conversation c ON c.tenant_id = s.tenant_id AND c.id = s.id
    LEFT JOIN LATERAL (
        SELECT type, left(content, 400) AS content, created_at FROM message
        WHERE tenant_id = s.tenant_id AND conversation_id = s.id AND type IN ('user_message', 'assistant_message')
        ORDER BY seq DESC LIMIT 1
    ) m ON true
"""


def _session(row: asyncpg.Record) -> Session:
    values = {name: row[name] for name in row.keys() if name in Session.__dataclass_fields__}  # noqa: SIM118 a Record iterates over values
    values["last_role"] = {"user_message": "user", "assistant_message": "assistant"}.get(row["last_type"])
    return Session(**values)


async def create(
    connection: Connection, tenant_id: int, *, surface: str, owner: str, agent_id: UUID | None = None, team_id: UUID | None = None,
    visitor: str | None = None, title: str | None = None, is_default: bool = False, scan_context: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Session:  # fmt: skip
    """A new, empty session."""
    session_id = new_id()
    await connection.execute(
        """
        INSERT INTO session (tenant_id, id, surface, owner, agent_id, team_id, visitor, title, is_default, scan_context, metadata)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT DO NOTHING
        """,
        tenant_id, session_id, surface, owner, agent_id, team_id, visitor, title, is_default, scan_context, metadata or {},
    )  # fmt: skip
    if is_default:  # another request may have made it at the same moment
        return await default(connection, tenant_id, surface=surface, owner=owner, agent_id=agent_id, team_id=team_id)
    return await get(connection, tenant_id, session_id, surface=surface, owner=owner)


async def default(
    connection: Connection, tenant_id: int, *, surface: str, owner: str, agent_id: UUID | None = None, team_id: UUID | None = None
) -> Session:
    """The one session that chat without a conversation id goes to; made where it does not exist."""
    row = await connection.fetchrow(
        f"""{VIEW} WHERE s.tenant_id = $1 AND s.surface = $2 AND s.owner = $3 AND s.is_default
            AND s.agent_id IS NOT DISTINCT FROM $4 AND s.team_id IS NOT DISTINCT FROM $5""",
        tenant_id, surface, owner, agent_id, team_id,
    )  # fmt: skip
    if row:
        return _session(row)
    return await create(connection, tenant_id, surface=surface, owner=owner, agent_id=agent_id, team_id=team_id, is_default=True)


async def get(connection: Connection, tenant_id: int, session_id: UUID, *, surface: str, owner: str) -> Session:
    """Raises NotFound, also for sessions of another owner."""
    row = await connection.fetchrow(
        f"{VIEW} WHERE s.tenant_id = $1 AND s.id = $2 AND s.surface = $3 AND ($4 = '' OR s.owner = $4)",
        tenant_id,
        session_id,
        surface,
        owner,
    )
    if row is None:
        raise NotFound("There is no such session.")
    return _session(row)


async def owner(connection: Connection, tenant_id: int, session_id: UUID) -> tuple[str, UUID | None, UUID | None] | None:
    """(owner, agent id, team id) of a session of any surface, None where there is none."""
    row = await connection.fetchrow("SELECT owner, agent_id, team_id FROM session WHERE tenant_id = $1 AND id = $2", tenant_id, session_id)
    return (row["owner"], row["agent_id"], row["team_id"]) if row else None


async def list_(
    connection: Connection, tenant_id: int, *, surface: str, owner: str, agent_id: UUID | None = None, archived: bool | None = False,
    starred: bool | None = None, query: str | None = None, limit: int = 50, offset: int = 0,
) -> tuple[list[Session], int]:  # fmt: skip
    """(sessions, total): starred first, then by last activity. `archived` None lists both; `query` is matched in titles."""
    where = """
        WHERE s.tenant_id = $1 AND s.surface = $2 AND ($3 = '' OR s.owner = $3) AND ($4::uuid IS NULL OR s.agent_id = $4)
          AND ($5::boolean IS NULL OR (s.archived_at IS NOT NULL) = $5) AND ($6::boolean IS NULL OR s.is_starred = $6)
          AND ($7::text IS NULL OR position(lower($7) IN lower(coalesce(s.title, ''))) > 0)
    """
    filters = (tenant_id, surface, owner, agent_id, archived, starred, query)
    rows = await connection.fetch(
        f"{VIEW} {where} ORDER BY s.is_starred DESC, s.last_activity_at DESC, s.id LIMIT $8 OFFSET $9", *filters, limit, offset
    )
    total = await connection.fetchval(f"SELECT count(*) FROM session s {where}", *filters)
    return [_session(row) for row in rows], total


async def update(
    connection: Connection, tenant_id: int, session_id: UUID, changes: Mapping[str, Any], *, surface: str, owner: str
) -> Session:
    """Changes only what is given. Raises NotFound."""
    before = await get(connection, tenant_id, session_id, surface=surface, owner=owner)
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    if not columns:
        return before
    assignments = "".join(f", {name} = ${n}" for n, name in enumerate(columns, start=3))
    await connection.execute(
        f"UPDATE session SET updated_at = now(){assignments} WHERE tenant_id = $1 AND id = $2", tenant_id, session_id, *columns.values()
    )
    return await get(connection, tenant_id, session_id, surface=surface, owner=owner)


async def touch(connection: Connection, tenant_id: int, session_id: UUID, *, title: str | None = None) -> None:
    """Something was said: moves the session up, takes it out of the archive, and names it where it has no name."""
    await connection.execute(
        """
        UPDATE session SET last_activity_at = now(), updated_at = now(), archived_at = NULL, title = coalesce(title, $3)
        WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, session_id, title,
    )  # fmt: skip


async def add_usage(connection: Connection, tenant_id: int, session_id: UUID, *, input_tokens: int, output_tokens: int) -> None:
    """Adds to the tokens that this session has cost so far."""
    await connection.execute(
        "UPDATE session SET input_tokens = input_tokens + $3, output_tokens = output_tokens + $4 WHERE tenant_id = $1 AND id = $2",
        tenant_id, session_id, input_tokens, output_tokens,
    )  # fmt: skip


async def save_summary(connection: Connection, tenant_id: int, session_id: UUID, *, summary: str, through: int) -> None:
    """The summary of all messages up to seq `through`; the messages stay where they are."""
    await connection.execute(
        """
        UPDATE session SET summary = $3, summary_through = $4, compactions = compactions + 1, last_compacted_at = now(), updated_at = now()
        WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, session_id, summary, through,
    )  # fmt: skip


async def delete(connection: Connection, tenant_id: int, session_ids: Sequence[UUID], *, surface: str, owner: str) -> list[UUID]:
    """Removes these sessions and what hangs on them; the ids that were removed. Their conversations are deleted by the caller."""
    rows = await connection.fetch(
        "DELETE FROM session WHERE tenant_id = $1 AND id = ANY($2) AND surface = $3 AND ($4 = '' OR owner = $4) RETURNING id",
        tenant_id, list(session_ids), surface, owner,
    )  # fmt: skip
    removed = [row["id"] for row in rows]
    for table in ("ui_command", "inbox_message"):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND session_id = ANY($2)", tenant_id, removed)
    return removed


# Commands of the page that the visitor looks at -------------------------------------------------------------------------------


async def propose_commands(connection: Connection, tenant_id: int, session_id: UUID, commands: Sequence[Mapping[str, Any]]) -> None:
    """Remembers the commands that an answer proposed, so that they can be told from made-up ones."""
    await connection.executemany(
        "INSERT INTO ui_command (tenant_id, session_id, id, command, status) VALUES ($1, $2, $3, $4, 'proposed') ON CONFLICT DO NOTHING",
        [(tenant_id, session_id, command["id"], command) for command in commands],
    )


async def command(connection: Connection, tenant_id: int, session_id: UUID, command_id: str) -> asyncpg.Record | None:
    """The command of that id, or None."""
    return await connection.fetchrow(
        "SELECT * FROM ui_command WHERE tenant_id = $1 AND session_id = $2 AND id = $3", tenant_id, session_id, command_id
    )


async def record_command(
    connection: Connection, tenant_id: int, session_id: UUID, command_id: str, *, command: Mapping[str, Any], status: str, result: Any
) -> asyncpg.Record:
    """Stores what became of a command; the first outcome stays."""
    row = await connection.fetchrow(
        """
        INSERT INTO ui_command (tenant_id, session_id, id, command, status, result) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, session_id, id) DO UPDATE
        SET status = CASE WHEN ui_command.status = 'proposed' THEN excluded.status ELSE ui_command.status END,
            result = CASE WHEN ui_command.status = 'proposed' THEN excluded.result ELSE ui_command.result END,
            updated_at = now()
        RETURNING *
        """,
        tenant_id, session_id, command_id, command, status, result,
    )  # fmt: skip
    assert row
    return row


# The inbox: answers that their reader has not received ------------------------------------------------------------------------


async def add_to_inbox(
    connection: Connection, tenant_id: int, *, agent_id: UUID, session_id: UUID, owner: str, content: str, type_: str = "message",
    message_id: UUID | None = None,
) -> None:  # fmt: skip
    """An answer that nobody has read yet. Adding the same message twice adds it once."""
    await connection.execute(
        """
        INSERT INTO inbox_message (tenant_id, agent_id, id, session_id, owner, type, content) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING
        """,
        tenant_id, agent_id, message_id or new_id(), session_id, owner, type_, content,
    )  # fmt: skip


async def inbox(
    connection: Connection, tenant_id: int, agent_id: UUID, *, owner: str, session_id: UUID | None, limit: int
) -> tuple[list[asyncpg.Record], int]:
    """(messages, unread count), newest first."""
    where = "tenant_id = $1 AND agent_id = $2 AND ($3 = '' OR owner = $3) AND ($4::uuid IS NULL OR session_id = $4)"
    rows = await connection.fetch(
        f"SELECT * FROM inbox_message WHERE {where} ORDER BY created_at DESC, id DESC LIMIT $5",
        tenant_id,
        agent_id,
        owner,
        session_id,
        limit,
    )
    unread = await connection.fetchval(
        f"SELECT count(*) FROM inbox_message WHERE {where} AND read_at IS NULL", tenant_id, agent_id, owner, session_id
    )
    return rows, unread


async def mark_read(
    connection: Connection, tenant_id: int, agent_id: UUID, *, owner: str, message_ids: Sequence[UUID] | None = None,
    session_id: UUID | None = None, before: datetime | None = None,
) -> int:  # fmt: skip
    """How many became read; nothing given marks all."""
    rows = await connection.fetch(
        """
        UPDATE inbox_message SET read_at = now()
        WHERE tenant_id = $1 AND agent_id = $2 AND ($3 = '' OR owner = $3) AND read_at IS NULL
          AND ($4::uuid[] IS NULL OR id = ANY($4)) AND ($5::uuid IS NULL OR session_id = $5)
          AND ($6::timestamptz IS NULL OR created_at <= $6)
        RETURNING id
        """,
        tenant_id, agent_id, owner, list(message_ids) if message_ids is not None else None, session_id, before,
    )  # fmt: skip
    return len(rows)
