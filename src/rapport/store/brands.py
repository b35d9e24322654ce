"""Brands of tenants and their custom domains. A brand counts while its tenant is on the enterprise plan."""

from collections.abc import Sequence
from typing import Any

from rapport.domain.brand import OWN, Brand
from rapport.domain.ids import new_id
from rapport.errors import Conflict
from rapport.store.database import Connection


async def of_tenant(connection: Connection, tenant_id: int) -> Brand:
    """The tenant's brand, the product's own where it has none."""
    row = await connection.fetchrow(
        "SELECT id, settings -> 'brand' AS brand FROM tenant WHERE id = $1 AND plan = 'enterprise' AND deleted_at IS NULL", tenant_id
    )
    return (_brand(row) if row else None) or OWN


async def of_host(connection: Connection, host: str) -> Brand | None:
    """The brand of the tenant that has this domain, None where nobody has it."""
    row = await connection.fetchrow(
        """
        SELECT t.id, t.settings -> 'brand' AS brand FROM public_handle h JOIN tenant t ON t.id = h.tenant_id
        WHERE h.kind = 'domain' AND h.handle = $1 AND t.plan = 'enterprise' AND t.deleted_at IS NULL
        """,
        host,
    )
    return _brand(row) if row else None


def _brand(row: Any) -> Brand | None:
    kept = row["brand"]
    if not kept:
        return None
    domains = tuple(domain.lower() for domain in kept.get("domains") or ())
    return Brand(row["id"], kept["name"], kept.get("primaryColor"), kept.get("logoUrl"), domains)


# Custom domains ------------------------------------------------------------------------------------------------------


async def claim_domain(connection: Connection, tenant_id: int, domain: str) -> None:
    """Requests to this host are this tenant's from now on. Raises Conflict where another tenant has it."""
    holder = await connection.fetchval(
        """
        INSERT INTO public_handle (kind, handle, tenant_id, target_id) VALUES ('domain', $2, $1, $3)
        ON CONFLICT (kind, handle) DO UPDATE SET handle = excluded.handle RETURNING tenant_id
        """,
        tenant_id, domain, new_id(),
    )  # fmt: skip
    if holder != tenant_id:
        raise Conflict(f"The domain {domain!r} belongs to another tenant.")


async def release_domains(connection: Connection, tenant_id: int, keep: Sequence[str]) -> None:
    """Gives back the tenant's domains that are not in `keep`."""
    await connection.execute(
        "DELETE FROM public_handle WHERE kind = 'domain' AND tenant_id = $1 AND handle <> ALL($2)", tenant_id, list(keep)
    )
