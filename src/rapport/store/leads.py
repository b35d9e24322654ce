"""Contacts that visitors left with a representative."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.store.database import Connection


@dataclass(frozen=True, slots=True)
class Lead:
    id: UUID
    name: str
    email: str
    phone: str | None
    notes: str | None
    created_at: datetime


async def save(
    connection: Connection, tenant_id: int, agent_id: UUID, *, name: str, email: str, phone: str | None, notes: str | None
) -> None:
    """Keeps a contact; the same address again updates it."""
    await connection.execute(
        """
        INSERT INTO lead (tenant_id, id, agent_id, name, email, phone, notes, consent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now())
        ON CONFLICT (tenant_id, agent_id, email) DO UPDATE
        SET name = excluded.name, phone = coalesce(excluded.phone, lead.phone), notes = coalesce(excluded.notes, lead.notes)
        """,
        tenant_id, new_id(), agent_id, name, email.lower(), phone, notes,
    )  # fmt: skip


async def list_(connection: Connection, tenant_id: int, agent_id: UUID) -> list[Lead]:
    """Newest first, at most 500."""
    rows = await connection.fetch(
        """
        SELECT id, name, email, phone, notes, created_at FROM lead
        WHERE tenant_id = $1 AND agent_id = $2 ORDER BY created_at DESC, id DESC LIMIT 500
        """,
        tenant_id, agent_id,
    )  # fmt: skip
    return [Lead(**row) for row in rows]
