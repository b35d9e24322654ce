"""Incoming webhooks of agents: a URL whose token lets another system talk to one agent. The token is shown once; its hash is its
public handle."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.errors import NotFound
from rapport.store.agents import claim_handle, find_handle, secret_handle
from rapport.store.database import Connection

KIND = "webhook"
EDITABLE = frozenset({"name", "outgoing_url", "is_active"})
COLUMNS = "id, agent_id, name, outgoing_url, token_prefix, is_active, created_at, last_used_at"


@dataclass(frozen=True, slots=True)
class AgentWebhook:
    id: UUID
    agent_id: UUID
    name: str
    outgoing_url: str | None
    token_prefix: str
    is_active: bool
    created_at: datetime
    last_used_at: datetime | None


def _new_token() -> str:
    return "whk_" + secrets.token_urlsafe(32)


async def create(
    connection: Connection, tenant_id: int, agent_id: UUID, *, name: str, outgoing_url: str | None
) -> tuple[AgentWebhook, str]:
    """A new webhook and its token, which is not kept: show it now. Call inside a transaction."""
    token, webhook_id = _new_token(), new_id()
    row = await connection.fetchrow(
        f"""
        INSERT INTO agent_webhook (tenant_id, id, agent_id, name, outgoing_url, token_prefix) VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING {COLUMNS}
        """,
        tenant_id, webhook_id, agent_id, name, outgoing_url, token[:8],
    )  # fmt: skip
    await claim_handle(connection, tenant_id, kind=KIND, handle=secret_handle(token), target_id=webhook_id)
    return _webhook(row), token


def _webhook(row: Any) -> AgentWebhook:
    return AgentWebhook(**row)


async def of_agent(connection: Connection, tenant_id: int, agent_id: UUID) -> list[AgentWebhook]:
    """Oldest first."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM agent_webhook WHERE tenant_id = $1 AND agent_id = $2 ORDER BY created_at, id", tenant_id, agent_id
    )
    return [_webhook(row) for row in rows]


async def get(connection: Connection, tenant_id: int, webhook_id: UUID) -> AgentWebhook:
    """Raises NotFound."""
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM agent_webhook WHERE tenant_id = $1 AND id = $2", tenant_id, webhook_id)
    if row is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return _webhook(row)


async def update(connection: Connection, tenant_id: int, webhook_id: UUID, changes: Mapping[str, Any]) -> AgentWebhook:
    """Changes only what is given. Raises NotFound."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    if columns:
        assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=3))
        await connection.execute(
            f"UPDATE agent_webhook SET {assignments} WHERE tenant_id = $1 AND id = $2", tenant_id, webhook_id, *columns.values()
        )
    return await get(connection, tenant_id, webhook_id)


async def regenerate(connection: Connection, tenant_id: int, webhook_id: UUID) -> tuple[AgentWebhook, str]:
    """The webhook with a new token; the old one stops working at once. Raises NotFound. Call inside a transaction."""
    token = _new_token()
    await connection.execute(
        "UPDATE agent_webhook SET token_prefix = $3 WHERE tenant_id = $1 AND id = $2", tenant_id, webhook_id, token[:8]
    )
    changed = await get(connection, tenant_id, webhook_id)
    await _forget_tokens(connection, tenant_id, webhook_id)
    await claim_handle(connection, tenant_id, kind=KIND, handle=secret_handle(token), target_id=webhook_id)
    return changed, token


async def remove(connection: Connection, tenant_id: int, webhook_id: UUID) -> None:
    """The conversations stay. Raises NotFound. Call inside a transaction."""
    gone = await connection.fetchval("DELETE FROM agent_webhook WHERE tenant_id = $1 AND id = $2 RETURNING true", tenant_id, webhook_id)
    if not gone:
        raise NotFound(f"There is no webhook {webhook_id}.")
    await _forget_tokens(connection, tenant_id, webhook_id)


async def _forget_tokens(connection: Connection, tenant_id: int, webhook_id: UUID) -> None:
    await connection.execute("DELETE FROM public_handle WHERE kind = $1 AND tenant_id = $2 AND target_id = $3", KIND, tenant_id, webhook_id)


async def by_token(connection: Connection, token: str, *, of: int | None = None) -> tuple[int, AgentWebhook]:
    """(tenant_id, webhook) of a token, of the tenant `of` or of whichever. Raises NotFound, also where the webhook is switched off."""
    found = await find_handle(connection, kind=KIND, handle=secret_handle(token))
    webhook = await get(connection, *found) if found else None
    if found is None or webhook is None or not webhook.is_active or of not in (None, found[0]):
        raise NotFound("There is no such webhook, or it is switched off.")
    return found[0], webhook


async def used(connection: Connection, tenant_id: int, webhook_id: UUID) -> None:
    """Note that it was called now."""
    await connection.execute("UPDATE agent_webhook SET last_used_at = now() WHERE tenant_id = $1 AND id = $2", tenant_id, webhook_id)


async def signing_secret(connection: Connection, tenant_id: int, webhook_id: UUID) -> str | None:
    """What answers are signed with: the token's SHA-256 in hex, which the holder of the token can compute. None without a token."""
    return await connection.fetchval(
        "SELECT handle FROM public_handle WHERE kind = $1 AND tenant_id = $2 AND target_id = $3", KIND, tenant_id, webhook_id
    )
