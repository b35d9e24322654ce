"""Users and organizations: found or made by the customer's own ids, changed field by field, never blanked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.ids import new_id, parse_id
from rapport.domain.people import Organization, PersonChange, User
from rapport.errors import NotFound
from rapport.store import lists
from rapport.store.database import Connection

USER = """
    SELECT u.id, u.external_id, u.organization_id, o.external_id AS external_organization_id, u.name, u.email, u.phone,
           u.anonymized, u.properties, u.created_at, u.updated_at
    FROM app_user u LEFT JOIN organization o ON o.tenant_id = u.tenant_id AND o.id = u.organization_id
"""


def _user(row: asyncpg.Record) -> User:
    return User(**row)


def _organization(row: asyncpg.Record) -> Organization:
    return Organization(**row)


def _merge(properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """(keys to set, keys to remove)."""
    return {k: v for k, v in properties.items() if v is not None}, [k for k, v in properties.items() if v is None]


async def resolve_user(connection: Connection, tenant_id: int, ref: str) -> UUID:
    """The id of the user with this internal id, else with this external id. Raises NotFound."""
    return await _resolve(connection, tenant_id, ref, table="app_user", noun="user")


async def resolve_organization(connection: Connection, tenant_id: int, ref: str) -> UUID:
    """The id of the organization with this internal id, else with this external id. Raises NotFound."""
    return await _resolve(connection, tenant_id, ref, table="organization", noun="organization")


async def _resolve(connection: Connection, tenant_id: int, ref: str, *, table: str, noun: str) -> UUID:
    found = await connection.fetchval(
        f"""
        SELECT id FROM {table}
        WHERE tenant_id = $1 AND (id = $2 OR external_id = $3)
        ORDER BY id = $2 DESC NULLS LAST LIMIT 1
        """,
        tenant_id, parse_id(ref), ref,
    )  # fmt: skip
    if found is None:
        raise NotFound(f"There is no {noun} {ref[:80]!r}; use the id that the list shows, or your own external id.")
    return found


async def get_user(connection: Connection, tenant_id: int, user_id: UUID) -> User:
    """Raises NotFound."""
    row = await connection.fetchrow(f"{USER} WHERE u.tenant_id = $1 AND u.id = $2", tenant_id, user_id)
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return _user(row)


async def get_organization(connection: Connection, tenant_id: int, organization_id: UUID) -> Organization:
    """Raises NotFound."""
    row = await connection.fetchrow(
        """
        SELECT id, external_id, name, properties, created_at, updated_at FROM organization WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, organization_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(f"There is no organization {organization_id}.")
    return _organization(row)


async def ensure_users(
    connection: Connection, tenant_id: int, seen: Mapping[str, tuple[UUID | None, datetime]]
) -> dict[str, tuple[UUID, UUID | None]]:
    """(id, organization) of these users by external id, made where unknown. `seen` gives for each the organization (None: unchanged)
    and when it was last seen. Rows are written in the order of their keys, so that two writers cannot deadlock."""
    if not seen:
        return {}
    ordered = sorted(seen)
    rows = await connection.fetch(
        """
        INSERT INTO app_user (tenant_id, id, external_id, organization_id, last_seen_at)
        SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[])
        ON CONFLICT (tenant_id, external_id) DO UPDATE
        SET organization_id = coalesce(excluded.organization_id, app_user.organization_id),
            last_seen_at    = greatest(app_user.last_seen_at, excluded.last_seen_at)
        RETURNING external_id, id, organization_id
        """,
        tenant_id, [new_id() for _ in ordered], ordered, [seen[key][0] for key in ordered], [seen[key][1] for key in ordered],
    )  # fmt: skip
    return {row["external_id"]: (row["id"], row["organization_id"]) for row in rows}


async def ensure_organizations(connection: Connection, tenant_id: int, external_ids: Sequence[str]) -> dict[str, UUID]:
    """The ids of these organizations by external id, made where unknown."""
    if not external_ids:
        return {}
    ordered = sorted(set(external_ids))
    known = await _organization_ids(connection, tenant_id, ordered)
    missing = [key for key in ordered if key not in known]
    if missing:
        await connection.execute(
            """
            INSERT INTO organization (tenant_id, id, external_id) SELECT $1, * FROM unnest($2::uuid[], $3::text[])
            ON CONFLICT (tenant_id, external_id) DO NOTHING
            """,
            tenant_id, [new_id() for _ in missing], missing,
        )  # fmt: skip
        known |= await _organization_ids(connection, tenant_id, missing)
    return known


async def _organization_ids(connection: Connection, tenant_id: int, external_ids: list[str]) -> dict[str, UUID]:
    rows = await connection.fetch(
        "SELECT external_id, id FROM organization WHERE tenant_id = $1 AND external_id = ANY($2)", tenant_id, external_ids
    )
    return {row["external_id"]: row["id"] for row in rows}


async def upsert_user(connection: Connection, tenant_id: int, external_id: str, change: PersonChange) -> User:
    """The user of that external id, made where unknown, with the change applied."""
    await connection.execute(
        """
        INSERT INTO app_user (tenant_id, id, external_id) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, external_id) DO NOTHING
        """,
        tenant_id, new_id(), external_id,
    )  # fmt: skip
    user_id = await connection.fetchval("SELECT id FROM app_user WHERE tenant_id = $1 AND external_id = $2", tenant_id, external_id)
    return await change_user(connection, tenant_id, user_id, change)


async def change_user(connection: Connection, tenant_id: int, user_id: UUID, change: PersonChange) -> User:
    """Change the fields that are given. An anonymized user keeps no name, e-mail or phone. Raises NotFound."""
    set_properties, removed = _merge(change.properties)
    await connection.execute(
        """
        UPDATE app_user
        SET anonymized      = coalesce($3, anonymized),
            name            = CASE WHEN coalesce($3, anonymized) THEN NULL ELSE coalesce($4, name) END,
            email           = CASE WHEN coalesce($3, anonymized) THEN NULL ELSE coalesce($5, email) END,
            phone           = CASE WHEN coalesce($3, anonymized) THEN NULL ELSE coalesce($6, phone) END,
            organization_id = coalesce($7, organization_id),
            properties      = (properties || $8) - $9::text[],
            updated_at      = now()
        WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, user_id, change.anonymized, change.name, change.email, change.phone, change.organization_id,
        set_properties, removed,
    )  # fmt: skip
    return await get_user(connection, tenant_id, user_id)


async def upsert_organization(connection: Connection, tenant_id: int, external_id: str, change: PersonChange) -> Organization:
    """The organization of that external id, made where unknown, with the change applied."""
    ids = await ensure_organizations(connection, tenant_id, [external_id])
    return await change_organization(connection, tenant_id, ids[external_id], change)


async def change_organization(connection: Connection, tenant_id: int, organization_id: UUID, change: PersonChange) -> Organization:
    """Change the fields that are given. Raises NotFound."""
    set_properties, removed = _merge(change.properties)
    await connection.execute(
        """
        UPDATE organization
        SET name = coalesce($3, name), properties = (properties || $4) - $5::text[], updated_at = now()
        WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, organization_id, change.name, set_properties, removed,
    )  # fmt: skip
    return await get_organization(connection, tenant_id, organization_id)


async def list_users(
    connection: Connection, tenant_id: int, *, limit: int, offset: int, after: Sequence[Any] | None = None,
    organization_id: UUID | None = None, user_id: UUID | None = None, search: str | None = None,
) -> tuple[list[User], int]:  # fmt: skip
    """(one page of users, newest first; how many match)."""
    conditions = lists.Conditions(("u.tenant_id = $?", tenant_id))
    if organization_id:
        conditions.add("u.organization_id = $?", organization_id)
    if user_id:
        conditions.add("u.id = $?", user_id)
    if search:
        conditions.add("concat_ws(' ', u.external_id, u.name, u.email) ILIKE $?", lists.contains(search))
    rows, total = await lists.newest(
        connection, select=USER, table="app_user", alias="u", conditions=conditions, limit=limit, offset=offset, after=after
    )
    return [_user(row) for row in rows], total


async def list_organizations(
    connection: Connection, tenant_id: int, *, limit: int, offset: int, after: Sequence[Any] | None = None,
    organization_id: UUID | None = None, user_id: UUID | None = None, search: str | None = None,
) -> tuple[list[Organization], int]:  # fmt: skip
    """(one page of organizations, newest first; how many match). `user_id`: only the organization of that user."""
    conditions = lists.Conditions(("o.tenant_id = $?", tenant_id))
    if organization_id:
        conditions.add("o.id = $?", organization_id)
    if user_id:
        conditions.add("o.id = (SELECT u.organization_id FROM app_user u WHERE u.tenant_id = o.tenant_id AND u.id = $?)", user_id)
    if search:
        conditions.add("concat_ws(' ', o.external_id, o.name) ILIKE $?", lists.contains(search))
    select = "SELECT o.id, o.external_id, o.name, o.properties, o.created_at, o.updated_at FROM organization o"
    rows, total = await lists.newest(
        connection, select=select, table="organization", alias="o", conditions=conditions, limit=limit, offset=offset, after=after
    )
    return [_organization(row) for row in rows], total
