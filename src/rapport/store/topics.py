"""The tenant's topics: one fitted model at a time, and the names that its ids bear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rapport.store.database import Connection


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A fit as analysis.topics serialised it. `fitted_on` counts conversations."""

    version: int
    blob: bytes
    method: str
    fitted_on: int
    fitted_at: datetime


async def load(connection: Connection, tenant_id: int, *, newer_than: int = 0) -> StoredModel | None:
    """The present model, or None where there is none newer than that version."""
    row = await connection.fetchrow(
        """
        SELECT version, blob, method, fitted_on, fitted_at FROM topic_model
        WHERE tenant_id = $1 AND version > $2 ORDER BY version DESC LIMIT 1
        """,
        tenant_id, newer_than,
    )  # fmt: skip
    return StoredModel(**row) if row else None


async def version(connection: Connection, tenant_id: int) -> int:
    """The version of the present model; 0 before the first fit."""
    return await connection.fetchval("SELECT coalesce(max(version), 0) FROM topic_model WHERE tenant_id = $1", tenant_id)


async def last_fit(connection: Connection, tenant_id: int) -> tuple[str, int, datetime] | None:
    """(method, conversations, when) of the present model, without the model itself; None before the first fit."""
    row = await connection.fetchrow(
        "SELECT method, fitted_on, fitted_at FROM topic_model WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1", tenant_id
    )
    return (row["method"], row["fitted_on"], row["fitted_at"]) if row else None


async def save(
    connection: Connection,
    tenant_id: int,
    *,
    blob: bytes,
    method: str,
    fitted_on: int,
    topics: Sequence[tuple[UUID, UUID, str, int]],
    groups: Sequence[tuple[UUID, str]],
) -> int:
    """Make this fit the present one; its version. topics: (id, group id, name, size); groups: (id, name). Topics that are gone are
    retired, not deleted, as conversations point at them until they are assigned anew. Call inside a transaction."""
    await connection.fetchval("SELECT 1 FROM tenant WHERE id = $1 FOR NO KEY UPDATE", tenant_id)
    number = 1 + await version(connection, tenant_id)
    await connection.execute("DELETE FROM topic_model WHERE tenant_id = $1 AND version < $2", tenant_id, number - 1)
    await connection.execute(
        "INSERT INTO topic_model (tenant_id, version, blob, method, fitted_on) VALUES ($1, $2, $3, $4, $5)",
        tenant_id, number, blob, method, fitted_on,
    )  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO topic_group (tenant_id, id, name) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name
        """,
        [(tenant_id, group_id, name) for group_id, name in groups],
    )
    await connection.executemany(
        """
        INSERT INTO topic (tenant_id, id, group_id, name, size) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, id) DO UPDATE
        SET group_id = excluded.group_id, name = excluded.name, size = excluded.size, retired_at = NULL
        """,
        [(tenant_id, topic_id, group_id, name, size) for topic_id, group_id, name, size in topics],
    )
    await connection.execute(
        "UPDATE topic SET retired_at = now() WHERE tenant_id = $1 AND retired_at IS NULL AND id <> ALL($2::uuid[])",
        tenant_id, [topic_id for topic_id, *_ in topics],
    )  # fmt: skip
    return number
