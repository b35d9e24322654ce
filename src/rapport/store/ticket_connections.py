"""Which ticket systems a tenant has connected. Tokens are encrypted; nothing here gives one out but `secret`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.store.database import Connection
from rapport.store.vault import Vault

PROVIDERS = ("local", "linear", "github", "jira")


@dataclass(frozen=True, slots=True)
class TicketConnection:
    """What is set up for one provider. `active` of `local` is False where it is disabled; of the others, the active one is used."""

    provider: str
    settings: Mapping[str, Any]
    has_token: bool
    active: bool
    updated_at: datetime | None


_SELECT = "SELECT provider, settings, token IS NOT NULL AS has_token, active, updated_at FROM ticket_connection WHERE tenant_id = $1"


async def all_of(connection: Connection, tenant_id: int) -> Sequence[TicketConnection]:
    """The connections of a tenant; the local one is always among them."""
    rows = await connection.fetch(f"{_SELECT} ORDER BY provider", tenant_id)
    found = [TicketConnection(**row) for row in rows]
    if not any(one.provider == "local" for one in found):
        found.append(TicketConnection("local", {}, has_token=False, active=True, updated_at=None))
    return found


async def chosen(connection: Connection, tenant_id: int) -> TicketConnection | None:
    """The connection that tickets go to: an active external one (the one changed last), else the local one, else None."""
    active = [one for one in await all_of(connection, tenant_id) if one.active]
    external = [one for one in active if one.provider != "local"]
    external.sort(key=lambda one: one.updated_at.timestamp() if one.updated_at else 0.0)
    return external[-1] if external else active[0] if active else None


async def save(
    connection: Connection,
    tenant_id: int,
    provider: str,
    *,
    settings: Mapping[str, Any] | None,
    token: str | None,
    active: bool,
    vault: Vault,
) -> None:
    """Set up a provider; None keeps what there was."""
    sealed = vault.seal(token, purpose=f"{tenant_id}/{provider}") if token else None
    await connection.execute(
        """
        INSERT INTO ticket_connection (tenant_id, provider, settings, token, active)
        VALUES ($1, $2, coalesce($3::jsonb, '{}'), $4::bytea, $5)
        ON CONFLICT (tenant_id, provider) DO UPDATE
        SET settings = coalesce($3::jsonb, ticket_connection.settings), token = coalesce($4::bytea, ticket_connection.token), active = $5,
            updated_at = now()
        """,
        tenant_id, provider, settings, sealed, active,
    )  # fmt: skip


async def remove(connection: Connection, tenant_id: int, provider: str) -> bool:
    """Forget a connection and its token; whether there was one."""
    done = await connection.execute("DELETE FROM ticket_connection WHERE tenant_id = $1 AND provider = $2", tenant_id, provider)
    return done != "DELETE 0"


async def secret(connection: Connection, tenant_id: int, provider: str, vault: Vault) -> str | None:
    """The token of a connection, readable; None where none is set."""
    sealed = await connection.fetchval("SELECT token FROM ticket_connection WHERE tenant_id = $1 AND provider = $2", tenant_id, provider)
    return vault.open(sealed, purpose=f"{tenant_id}/{provider}") if sealed else None
