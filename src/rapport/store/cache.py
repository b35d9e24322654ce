"""Cached insights, shared by all processes. An entry is valid while its scope has the same fingerprint (a digest of the numbers it
was computed from), at most for LONGEST_AGE: nobody has to remember to invalidate anything, and a slow writer cannot store a stale
answer as fresh."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from rapport.store.database import Connection

LONGEST_AGE = timedelta(hours=1)


def digest(*parts: object) -> bytes:
    """SHA-256 of values of plain types, in order."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).digest()


async def find(connection: Connection, tenant_id: int, key: bytes, fingerprint: bytes) -> dict[str, Any] | None:
    """The body cached under this key from this state of the scope, or None."""
    return await connection.fetchval(
        "SELECT body FROM insight_cache WHERE tenant_id = $1 AND key = $2 AND fingerprint = $3 AND created_at > now() - $4::interval",
        tenant_id, key, fingerprint, LONGEST_AGE,
    )  # fmt: skip


async def put(
    connection: Connection, tenant_id: int, key: bytes, fingerprint: bytes, body: Mapping[str, Any], *, scope_kind: str, scope_id: str
) -> None:
    """Keep a body, and drop the tenant's entries that are too old to serve."""
    await connection.execute("DELETE FROM insight_cache WHERE tenant_id = $1 AND created_at < now() - $2::interval", tenant_id, LONGEST_AGE)
    await connection.execute(
        """
        INSERT INTO insight_cache (tenant_id, key, fingerprint, scope_kind, scope_id, body) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, body = excluded.body, created_at = now()
        """,
        tenant_id, key, fingerprint, scope_kind, scope_id, dict(body),
    )  # fmt: skip


async def forget(connection: Connection, tenant_id: int, *, scope_kind: str | None = None, scope_id: str | None = None) -> None:
    """Drop the cached insights of one scope, or all of the tenant's: whose conversations are deleted must not live on in a quote."""
    await connection.execute(
        """
        DELETE FROM insight_cache
        WHERE tenant_id = $1 AND ($2::text IS NULL OR scope_kind = $2) AND ($3::text IS NULL OR scope_id = $3)
        """,
        tenant_id, scope_kind, scope_id,
    )  # fmt: skip
