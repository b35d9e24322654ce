"""Drafts of tickets, tickets that exist, and the local ticket system (the provider that needs no other service)."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rapport.domain.ids import new_id
from rapport.domain.ticket import Ticket, TicketDraft, TicketLabel, TicketTarget
from rapport.errors import ProviderError
from rapport.store.database import Connection, Database

CLAIM = timedelta(seconds=60)
"""How long a dead process can keep others from creating tickets; longer than any provider may take."""
POLL_S = 0.05
LOCAL_TARGET = TicketTarget("local", "Local", "LOC")
LOCAL_LABELS = (
    TicketLabel("bug", "bug", "#d73a4a"),
    TicketLabel("feature", "feature", "#0e8a16"),
    TicketLabel("question", "question", "#d876e3"),
)


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as this tenant remembers it; for external providers a copy of what was filed."""

    id: UUID
    provider: str
    identifier: str
    url: str
    title: str
    description: str
    label_ids: tuple[str, ...]
    priority: str | None
    source_type: str | None
    source_id: str | None
    status: str
    created_at: datetime


_COLUMNS = "id, provider, identifier, url, title, description, label_ids, priority, source_type, source_id, status, created_at"


def _stored(row: Any) -> StoredTicket:
    return StoredTicket(**{**row, "label_ids": tuple(row["label_ids"])})


def title_key(title: str) -> str:
    """A title without case, punctuation and spacing: two tickets of one team with the same key are about the same."""
    return " ".join(re.findall(r"\w+", title.casefold()))


async def save_draft(connection: Connection, tenant_id: int, chat_id: UUID, draft: TicketDraft) -> None:
    """Keep a draft for the conversation with the analyst in which it was made."""
    await connection.execute(
        "INSERT INTO ticket_draft (tenant_id, id, conversation_id, draft) VALUES ($1, $2, $3, $4)",
        tenant_id, draft.id, chat_id, msgspec.to_builtins(draft),
    )  # fmt: skip


async def drafts(connection: Connection, tenant_id: int, chat_id: UUID) -> tuple[TicketDraft, ...]:
    """The drafts of a conversation with the analyst, newest first, at most 20."""
    rows = await connection.fetch(
        "SELECT draft FROM ticket_draft WHERE tenant_id = $1 AND conversation_id = $2 ORDER BY created_at DESC, id DESC LIMIT 20",
        tenant_id, chat_id,
    )  # fmt: skip
    return tuple(msgspec.convert(row["draft"], TicketDraft) for row in rows)


async def duplicate(connection: Connection, tenant_id: int, draft: TicketDraft) -> StoredTicket | None:
    """The ticket that this draft has become, or that is about the same conversation, or has the same title in the same team."""
    row = await connection.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM ticket
        WHERE tenant_id = $1 AND provider = $2 AND status = 'open'
          AND (id = (SELECT ticket_id FROM ticket_draft WHERE tenant_id = $1 AND id = $3)
               OR ($4 = 'conversation' AND source_type = 'conversation' AND source_id = $5)
               OR (title_key = $6 AND target ->> 'team_id' = $7))
        ORDER BY source_id IS NOT DISTINCT FROM $5 DESC, created_at LIMIT 1
        """,
        tenant_id, draft.provider, draft.id, draft.source_type, draft.source_id, title_key(draft.title), draft.target.team_id,
    )  # fmt: skip
    return _stored(row) if row else None


async def record(connection: Connection, tenant_id: int, draft: TicketDraft, ticket: Ticket) -> None:
    """Remember that this draft became this ticket."""
    id = await connection.fetchval(
        """
        INSERT INTO ticket (tenant_id, id, provider, identifier, url, title, title_key, description, target, label_ids, priority,
                            source_type, source_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (tenant_id, provider, identifier) DO UPDATE SET title = excluded.title
        RETURNING id
        """,
        tenant_id, new_id(), ticket.provider, ticket.identifier, ticket.url, ticket.title, title_key(ticket.title), draft.description,
        msgspec.to_builtins(draft.target), list(draft.label_ids), draft.priority, draft.source_type, draft.source_id,
    )  # fmt: skip
    await connection.execute(
        "UPDATE ticket_draft SET confirmed_at = now(), ticket_id = $3 WHERE tenant_id = $1 AND id = $2", tenant_id, draft.id, id
    )


async def recent(connection: Connection, tenant_id: int, *, provider: str | None = None, limit: int = 200) -> Sequence[StoredTicket]:
    """The newest tickets that are open, of one provider or of all."""
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS} FROM ticket WHERE tenant_id = $1 AND status = 'open' AND ($2::text IS NULL OR provider = $2)
        ORDER BY created_at DESC, id DESC LIMIT $3
        """,
        tenant_id, provider, limit,
    )  # fmt: skip
    return [_stored(row) for row in rows]


async def page(connection: Connection, tenant_id: int, *, offset: int, limit: int) -> tuple[Sequence[StoredTicket], int]:
    """Tickets, newest first, and how many there are."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM ticket WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT $3", tenant_id, offset, limit
    )
    total = await connection.fetchval("SELECT count(*) FROM ticket WHERE tenant_id = $1", tenant_id)
    return [_stored(row) for row in rows], total


async def find(connection: Connection, tenant_id: int, identifier: str) -> StoredTicket | None:
    """The ticket that people call by this identifier."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM ticket WHERE tenant_id = $1 AND identifier = $2 LIMIT 1", tenant_id, identifier
    )
    return _stored(row) if row else None


@asynccontextmanager
async def one_at_a_time(database: Database, tenant_id: int, provider: str, *, wait_s: float = 30):
    """While this is held, no other process creates a ticket of this tenant and provider, so that looking for duplicates and creating
    are one step. No transaction stays open. Raises ProviderError where the wait is in vain."""
    holder = new_id()
    for _ in range(int(wait_s / POLL_S)):
        if await _claim(database, tenant_id, provider, holder):
            break
        await asyncio.sleep(POLL_S)
    else:
        raise ProviderError("Another ticket is being created; confirm again in a moment.")
    try:
        yield
    finally:
        async with database.connection() as connection:
            await connection.execute(
                "DELETE FROM ticket_claim WHERE tenant_id = $1 AND provider = $2 AND holder = $3", tenant_id, provider, holder
            )


async def _claim(database: Database, tenant_id: int, provider: str, holder: UUID) -> bool:
    async with database.connection() as connection:
        claimed = await connection.fetchval(
            """
            INSERT INTO ticket_claim (tenant_id, provider, holder, locked_until) VALUES ($1, $2, $3, now() + $4)
            ON CONFLICT (tenant_id, provider) DO UPDATE SET holder = excluded.holder, locked_until = excluded.locked_until
            WHERE ticket_claim.locked_until < now() RETURNING holder
            """,
            tenant_id, provider, holder, CLAIM,
        )  # fmt: skip
    return claimed is not None


class LocalTickets:
    """Tickets in our own database: one team "Local", labels bug, feature and question, identifiers LOC-1, LOC-2 ..."""

    name = "local"

    def __init__(self, database: Database, tenant_id: int, public_url: str):
        self._database, self._tenant_id, self._public_url = database, tenant_id, public_url.rstrip("/")

    async def targets(self) -> tuple[TicketTarget, ...]:
        """The one team."""
        return (LOCAL_TARGET,)

    async def labels(self, target: TicketTarget) -> tuple[TicketLabel, ...]:
        """The three labels."""
        return LOCAL_LABELS

    async def create(self, draft: TicketDraft, *, idempotency_key: str) -> Ticket:
        """A number of its own; the row is written by `record`. The same draft gives the same ticket."""
        async with self._database.transaction() as connection:
            known = await connection.fetchrow(
                """
                SELECT t.identifier, t.url, t.title FROM ticket_draft d JOIN ticket t ON t.tenant_id = d.tenant_id AND t.id = d.ticket_id
                WHERE d.tenant_id = $1 AND d.id = $2
                """,
                self._tenant_id, draft.id,
            )  # fmt: skip
            if known:
                return Ticket(self.name, known["identifier"], known["url"], known["title"])
            number = await connection.fetchval(
                """
                INSERT INTO ticket_counter (tenant_id, last) VALUES ($1, 1)
                ON CONFLICT (tenant_id) DO UPDATE SET last = ticket_counter.last + 1 RETURNING last
                """,
                self._tenant_id,
            )
        identifier = f"{LOCAL_TARGET.team_key}-{number}"
        return Ticket(self.name, identifier, f"{self._public_url}/tickets/{identifier}", draft.title)
