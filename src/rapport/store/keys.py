"""Tenants and API keys. A key is random, shown once and stored as its SHA-256: 256 bits of randomness need no slow hash."""

import hashlib
import secrets
from uuid import UUID

import asyncpg

from rapport.domain.ids import new_id
from rapport.domain.scope import Principal
from rapport.errors import NotFound
from rapport.store.database import Connection

PLANS = ("free", "growth", "enterprise")


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def ensure_tenant(connection: Connection, name: str, *, plan: str | None = None) -> int:
    """The id of the tenant of that name, made where it does not exist; `plan`, where given, becomes its plan."""
    return await connection.fetchval(
        """
        INSERT INTO tenant (name, plan) VALUES ($1, coalesce($2, 'enterprise'))
        ON CONFLICT (name) DO UPDATE SET plan = coalesce($2, tenant.plan)
        RETURNING id
        """,
        name,
        plan,
    )


async def tenants(connection: Connection) -> dict[str, int]:
    """Ids of all tenants by name."""
    return {row["name"]: row["id"] for row in await connection.fetch("SELECT name, id FROM tenant WHERE deleted_at IS NULL ORDER BY id")}


async def create_key(
    connection: Connection,
    tenant_id: int,
    *,
    name: str = "",
    secret: str | None = None,
    scopes: frozenset[str] = frozenset({"api", "admin"}),
    organization_id: UUID | None = None,
    user_id: UUID | None = None,
    agent_id: UUID | None = None,
    prefix: str = "rpt_",
) -> tuple[UUID, str]:
    """(id, key) of a new key. The key is not kept: show it now. A given `secret` that exists is moved to this tenant."""
    key = secret or prefix + secrets.token_urlsafe(32)
    key_id = await connection.fetchval(
        """
        INSERT INTO api_key (key_hash, id, tenant_id, name, hint, scopes, organization_id, user_id, agent_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (key_hash) DO UPDATE SET tenant_id = excluded.tenant_id, revoked_at = NULL
        RETURNING id
        """,
        _hash(key), new_id(), tenant_id, name, key[:8], sorted(scopes), organization_id, user_id, agent_id,
    )  # fmt: skip
    return key_id, key


async def find(connection: Connection, key: str) -> Principal | None:
    """Who holds this key, or None where it is unknown, revoked or expired."""
    row = await connection.fetchrow(
        """
        SELECT k.id, k.scopes, k.organization_id, k.user_id, k.agent_id,
               t.id AS tenant_id, t.name, t.plan, t.time_zone, t.limits
        FROM api_key k JOIN tenant t ON t.id = k.tenant_id
        WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND t.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
        """,
        _hash(key),
    )
    if row is None:
        return None
    return Principal(
        tenant_id=row["tenant_id"], tenant_name=row["name"], plan=row["plan"], key_id=row["id"], scopes=frozenset(row["scopes"]),
        time_zone=row["time_zone"], organization_id=row["organization_id"], user_id=row["user_id"], agent_id=row["agent_id"],
        limits=row["limits"],
    )  # fmt: skip


async def find_tenant(connection: Connection, name: str) -> int:
    """The id of the tenant of that name. Raises NotFound."""
    found = await connection.fetchval("SELECT id FROM tenant WHERE name = $1 AND deleted_at IS NULL", name)
    if found is None:
        raise NotFound(f"There is no tenant {name!r}; `rapport key create --tenant {name}` makes it.")
    return found


async def tenant(connection: Connection, tenant_id: int) -> asyncpg.Record | None:
    """Name, plan, time_zone and limits of a tenant, None where there is none."""
    return await connection.fetchrow("SELECT name, plan, time_zone, limits FROM tenant WHERE id = $1 AND deleted_at IS NULL", tenant_id)


async def secret(connection: Connection, tenant_id: int, name: str) -> bytes:
    """The tenant's secret of that name: 32 random bytes, made at its first use and the same for every process."""
    await connection.execute(
        "INSERT INTO secret (tenant_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, name) DO NOTHING",
        tenant_id, name, secrets.token_bytes(32),
    )  # fmt: skip
    return await connection.fetchval("SELECT value FROM secret WHERE tenant_id = $1 AND name = $2", tenant_id, name)
