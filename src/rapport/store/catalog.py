"""Products with their versions, and the language models that conversations named."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.catalog import Model, Product
from rapport.domain.ids import new_id, parse_id, stable_id
from rapport.errors import Conflict, Invalid, NotFound
from rapport.store.database import Connection
from rapport.store.model_families import Family, canonical

PRODUCT = """
    SELECT p.id, p.name, v.id AS version_id, p.created_at, p.updated_at, p.description, p.color, p.icon, p.optimization_notes,
           p.user_privacy, p.metric_weights, p.settings
    FROM product p JOIN product_version v ON v.tenant_id = p.tenant_id AND v.product_id = p.id AND v.is_active
"""


def empty_prompt_id(product_id: UUID) -> UUID:
    """The prompt of conversations that came without one: every product has it, it has no components and is never listed."""
    return stable_id("empty-prompt", product_id)


def empty_prompt_fingerprint() -> bytes:
    """No content has this SHA-256, so that the empty prompt is only ever found by its id."""
    return b""


def _product(row: asyncpg.Record) -> Product:
    return Product(**row)


async def create_product(
    connection: Connection, tenant_id: int, name: str, *, product_id: UUID | None = None, description: str | None = None,
    color: str | None = None, icon: str | None = None, version_id: UUID | None = None,
) -> Product:  # fmt: skip
    """A new product with an active version 1. Raises Conflict where the given id is taken."""
    made = await connection.fetchval(
        """
        INSERT INTO product (tenant_id, id, name, description, color, icon) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, id) DO NOTHING RETURNING id
        """,
        tenant_id, product_id or new_id(), name, description, color, icon,
    )  # fmt: skip
    if made is None:
        raise Conflict(f"There is already a product {product_id}; leave the id out, or choose another.")
    await connection.execute(
        """
        INSERT INTO product_version (tenant_id, id, product_id, number, is_active, activated_at) VALUES ($1, $2, $3, 1, true, now())
        """,
        tenant_id, version_id or new_id(), made,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO prompt (tenant_id, id, lineage_id, product_id, fingerprint) VALUES ($1, $2, $2, $3, $4)
        """,
        tenant_id, empty_prompt_id(made), made, empty_prompt_fingerprint(),
    )  # fmt: skip
    return await get_product(connection, tenant_id, made)


async def ensure_product(connection: Connection, tenant_id: int, name: str) -> UUID:
    """The id of the oldest product of that name, made where there is none. Call it inside a transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", PRODUCT_LOCK, tenant_id)
    found = await connection.fetchval(
        "SELECT id FROM product WHERE tenant_id = $1 AND name = $2 ORDER BY created_at, id LIMIT 1", tenant_id, name
    )
    return found or (await create_product(connection, tenant_id, name)).id


PRODUCT_LOCK = 72_301  # class of the advisory locks that guard the making of products; any constant of its own


async def get_product(connection: Connection, tenant_id: int, product_id: UUID) -> Product:
    """Raises NotFound."""
    row = await connection.fetchrow(f"{PRODUCT} WHERE p.tenant_id = $1 AND p.id = $2", tenant_id, product_id)
    if row is None:
        raise NotFound(f"There is no product {product_id}; GET /products lists them.")
    return _product(row)


EDITABLE = frozenset({"name", "description", "color", "icon", "optimization_notes", "user_privacy", "metric_weights", "settings"})


async def update_product(connection: Connection, tenant_id: int, product_id: UUID, changes: Mapping[str, Any]) -> Product:
    """Changes only what is given. Raises NotFound."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    assignments = "".join(f", {name} = ${n}" for n, name in enumerate(columns, start=3))
    await connection.execute(
        f"UPDATE product SET updated_at = now(){assignments} WHERE tenant_id = $1 AND id = $2", tenant_id, product_id, *columns.values()
    )
    return await get_product(connection, tenant_id, product_id)


async def resolve_product(connection: Connection, tenant_id: int, ref: str) -> UUID:
    """The id of the product with this id. Raises NotFound."""
    found = await connection.fetchval("SELECT id FROM product WHERE tenant_id = $1 AND id = $2", tenant_id, parse_id(ref))
    if found is None:
        raise NotFound(f"There is no product {ref[:80]!r}; GET /products lists them, POST /api/admin/v1/products makes one.")
    return found


async def resolve_version(connection: Connection, tenant_id: int, version_id: UUID) -> UUID:
    """The id of a product version of the tenant. Raises NotFound."""
    found = await connection.fetchval("SELECT id FROM product_version WHERE tenant_id = $1 AND id = $2", tenant_id, version_id)
    if found is None:
        raise NotFound(f"There is no version {version_id}; GET /prompts shows the versions that hold each prompt.")
    return found


async def metric_weights(connection: Connection, tenant_id: int) -> dict[UUID, dict[str, float]]:
    """Pillar weights of the products that have their own."""
    rows = await connection.fetch("SELECT id, metric_weights FROM product WHERE tenant_id = $1 AND metric_weights <> '{}'", tenant_id)
    return {row["id"]: row["metric_weights"] for row in rows}


async def only_product(connection: Connection, tenant_id: int) -> UUID:
    """The tenant's only product. Raises Invalid where it has none, or several."""
    rows = await connection.fetch("SELECT id FROM product WHERE tenant_id = $1 ORDER BY created_at LIMIT 2", tenant_id)
    if len(rows) != 1:
        count = "several products" if rows else "no product yet (POST /api/admin/v1/products makes one)"
        raise Invalid(f"productId: a new conversation needs it, because this tenant has {count}.")
    return rows[0]["id"]


async def active_versions(connection: Connection, tenant_id: int, product_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """(active version, user_privacy) of each of these products; unknown products are absent."""
    rows = await connection.fetch(
        """
        SELECT v.product_id, v.id, p.user_privacy
        FROM product_version v JOIN product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
        WHERE v.tenant_id = $1 AND v.product_id = ANY($2) AND v.is_active
        """,
        tenant_id, product_ids,
    )  # fmt: skip
    return {row["product_id"]: (row["id"], row["user_privacy"]) for row in rows}


async def members(connection: Connection, tenant_id: int, product_id: UUID) -> list[dict[str, Any]]:
    """The people who look after a product, as {id, avatarUrl, role, userId}."""
    settings = await connection.fetchval("SELECT settings FROM product WHERE tenant_id = $1 AND id = $2", tenant_id, product_id)
    return (settings or {}).get("members", [])


async def list_products(
    connection: Connection, tenant_id: int, *, limit: int, offset: int, after: Sequence[Any] | None = None
) -> tuple[list[Product], int]:
    """(one page by name, how many there are). `after` is [name, id] of the last row of the page before."""
    name, last = after or (None, None)
    rows = await connection.fetch(
        f"""
        {PRODUCT} WHERE p.tenant_id = $1 AND ($4::text IS NULL OR (p.name, p.id) > ($4, $5::uuid))
        ORDER BY p.name, p.id LIMIT $2 OFFSET $3
        """,
        tenant_id, limit, offset, name, last,
    )  # fmt: skip
    total = await connection.fetchval("SELECT count(*) FROM product WHERE tenant_id = $1", tenant_id)
    return [_product(row) for row in rows], total


async def ensure_models(connection: Connection, tenant_id: int, used: dict[str, datetime]) -> dict[str, UUID]:
    """The ids of the models that these names stand for, made where unknown. `used` says when each was last used."""
    if not used:
        return {}
    families: dict[str, Family] = {}
    latest: dict[str, datetime] = {}
    for name, at in used.items():
        family = canonical(name)
        families[family.canonical_id] = family
        latest[family.canonical_id] = max(at, latest.get(family.canonical_id, at))
    ordered = sorted(families)
    rows = await connection.fetch(
        """
        INSERT INTO model (tenant_id, id, canonical_id, display_name, family, provider, source, context_window,
                           input_cost_per_1k, output_cost_per_1k, last_used_at)
        SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::float8[],
                                 $10::float8[], $11::timestamptz[])
        ON CONFLICT (tenant_id, canonical_id) DO UPDATE SET last_used_at = greatest(model.last_used_at, excluded.last_used_at)
        RETURNING canonical_id, id
        """,
        tenant_id, [new_id() for _ in ordered], ordered, [families[c].display_name for c in ordered],
        [families[c].family for c in ordered], [families[c].provider for c in ordered], [families[c].source for c in ordered],
        [families[c].context_window for c in ordered], [families[c].input_cost_per_1k for c in ordered],
        [families[c].output_cost_per_1k for c in ordered], [latest[c] for c in ordered],
    )  # fmt: skip
    ids = {row["canonical_id"]: row["id"] for row in rows}
    return {name: ids[canonical(name).canonical_id] for name in used}


async def resolve_model(connection: Connection, tenant_id: int, ref: str) -> UUID:
    """The id of the model with this id, else with this canonical name. Raises NotFound."""
    found = await connection.fetchval(
        """
        SELECT id FROM model WHERE tenant_id = $1 AND (id = $2 OR canonical_id = $3) ORDER BY id = $2 DESC NULLS LAST LIMIT 1
        """,
        tenant_id, parse_id(ref), canonical(ref).canonical_id,
    )  # fmt: skip
    if found is None:
        raise NotFound(f"There is no model {ref[:80]!r}; GET /models lists those that conversations named.")
    return found


MODEL = """
    SELECT m.id, m.canonical_id, m.display_name, m.family, m.provider, m.source, m.created_at, m.last_used_at, m.description,
           m.context_window, m.input_cost_per_1k, m.output_cost_per_1k,
           (SELECT count(*) FROM conversation c WHERE c.tenant_id = m.tenant_id AND c.model_id = m.id AND c.kind = 'conversation')
               AS usage_count
    FROM model m
"""


async def get_model(connection: Connection, tenant_id: int, model_id: UUID) -> Model:
    """Raises NotFound."""
    row = await connection.fetchrow(f"{MODEL} WHERE m.tenant_id = $1 AND m.id = $2", tenant_id, model_id)
    if row is None:
        raise NotFound(f"There is no model {model_id}; GET /models lists those that conversations named.")
    return Model(**row)


async def list_models(
    connection: Connection, tenant_id: int, *, limit: int, offset: int, after: Sequence[Any] | None = None
) -> tuple[list[Model], int]:
    """(one page, the most used first; how many there are). `after` is [usage count, id] of the last row of the page before."""
    count, last = after or (None, None)
    rows = await connection.fetch(
        f"""
        SELECT * FROM ({MODEL} WHERE m.tenant_id = $1) counted
        WHERE $4::bigint IS NULL OR usage_count < $4 OR (usage_count = $4 AND id > $5::uuid)
        ORDER BY usage_count DESC, id LIMIT $2 OFFSET $3
        """,
        tenant_id, limit, offset, count, last,
    )  # fmt: skip
    total = await connection.fetchval("SELECT count(*) FROM model WHERE tenant_id = $1", tenant_id)
    return [Model(**row) for row in rows], total


async def products_of_model(connection: Connection, tenant_id: int, model_id: UUID) -> list[tuple[UUID, str, str | None, int]]:
    """(id, name, icon, conversations) of the products that used this model, most first."""
    rows = await connection.fetch(
        """
        SELECT p.id, p.name, p.icon, count(*) AS n
        FROM conversation c JOIN product p ON p.tenant_id = c.tenant_id AND p.id = c.product_id
        WHERE c.tenant_id = $1 AND c.model_id = $2 AND c.kind = 'conversation'
        GROUP BY p.id, p.name, p.icon ORDER BY n DESC, p.id
        """,
        tenant_id, model_id,
    )  # fmt: skip
    return [(row["id"], row["name"], row["icon"], row["n"]) for row in rows]
