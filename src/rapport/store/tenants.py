"""A tenant as its administrators see it: plan, zone, limits, brand, keys, members; and its removal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.errors import NotFound
from rapport.store.database import Connection

EDITABLE = frozenset({"plan", "time_zone", "limits", "settings"})


@dataclass(frozen=True, slots=True)
class Tenant:
    """`limits` overrides the plan's; `settings` holds retention_days and brand."""

    id: int
    name: str
    plan: str
    time_zone: str
    created_at: datetime
    limits: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `hint` is how it begins."""

    id: UUID
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: datetime
    organization_id: UUID | None = None
    user_id: UUID | None = None
    agent_id: UUID | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


async def get(connection: Connection, tenant_id: int) -> Tenant:
    """Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT id, name, plan, time_zone, created_at, limits, settings FROM tenant WHERE id = $1 AND deleted_at IS NULL", tenant_id
    )
    if row is None:
        raise NotFound("There is no such tenant.")
    return Tenant(**row)


async def update(connection: Connection, tenant_id: int, changes: Mapping[str, Any]) -> Tenant:
    """Changes what is given; a new zone needs the job rollup_rebuild, which the caller enqueues."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    if columns:
        assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
        await connection.execute(f"UPDATE tenant SET {assignments} WHERE id = $1", tenant_id, *columns.values())
    return await get(connection, tenant_id)


async def keys(connection: Connection, tenant_id: int) -> list[Key]:
    """All keys, newest first; at most 1,000."""
    rows = await connection.fetch(
        """
        SELECT id, name, hint, scopes, created_at, organization_id, user_id, agent_id, expires_at, revoked_at
        FROM api_key WHERE tenant_id = $1 ORDER BY created_at DESC, id LIMIT 1000
        """,
        tenant_id,
    )
    return [Key(**row) for row in rows]


async def revoke_key(connection: Connection, tenant_id: int, key_id: UUID) -> None:
    """The key stops working (within two seconds on every server). Raises NotFound."""
    done = await connection.fetchval(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1 AND id = $2 RETURNING 1", tenant_id, key_id
    )
    if done is None:
        raise NotFound(f"There is no key {key_id}.")
