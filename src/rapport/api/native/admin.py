"""Administration, with a key of the scope `admin`: the tenant and its brand, products and versions, keys, reviews, segments, deletion,
export and import. Nothing here is part of the documented compatible APIs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel
from starlette.responses import StreamingResponse

from rapport.api.auth import Administrator, Parts
from rapport.api.state import State
from rapport.domain.analysis import PILLARS
from rapport.domain.brand import may_be_claimed
from rapport.domain.catalog import Product
from rapport.errors import Invalid, NotFound, PlanRequired
from rapport.store import brands, catalog, deletion, inbox, jobs, keys, people, prompts, segments, tenants, transcripts, transfer
from rapport.store.database import Connection
from rapport.store.tenants import Key, Tenant

router = APIRouter(prefix="/api/admin/v1", tags=["admin"])

SCOPES = ("api", "admin")
IMPORT_ROWS = 500
LOGO = r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[^\s\"'<>]*)?$"
"""Nothing in it can end an attribute of a page or a directive of its Content-Security-Policy."""


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Brand(Body):
    """White label (enterprise): what takes the place of the product's own name on pages, in links and to the outside. Requests to one
    of `domains` see nothing but this tenant."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    primary_color: Annotated[str | None, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = None
    logo_url: Annotated[str | None, Field(max_length=2_048, pattern=LOGO)] = None
    domains: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=20)] = []

    @field_validator("domains")
    @classmethod
    def _names(cls, domains: list[str]) -> list[str]:
        for domain in domains:
            if not may_be_claimed(domain):
                raise ValueError(f"{domain!r} is not a full domain name such as insights.example.com, without a port")
        return list(dict.fromkeys(domain.lower() for domain in domains))


class TenantChange(Body):
    plan: Literal["free", "growth", "enterprise"] | None = None
    time_zone: Annotated[str | None, Field(max_length=64)] = None
    limits: dict[str, Annotated[int, Field(ge=0, le=1_000_000_000)]] | None = None
    retention_days: Annotated[int | None, Field(ge=1, le=36_500)] = None
    brand: Brand | None = None

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError("is not a time zone of the IANA database, such as Europe/Berlin")
        return name


class Member(Body):
    user_id: Annotated[str, Field(min_length=1, max_length=200)]
    role: Annotated[str, Field(max_length=50)] = "member"
    avatar_url: Annotated[str | None, Field(max_length=2_048)] = None


class ProductChange(Body):
    name: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    description: Annotated[str | None, Field(max_length=5_000)] = None
    color: Annotated[str | None, Field(max_length=20)] = None
    icon: Annotated[str | None, Field(max_length=50)] = None
    optimization_notes: Annotated[str | None, Field(max_length=20_000)] = None
    user_privacy: Literal["standard", "mask", "hash"] | None = None
    metric_weights: dict[str, Annotated[float, Field(ge=0, le=1)]] | None = None
    members: Annotated[list[Member] | None, Field(max_length=200)] = None
    analysis_mode: Literal["embedded", "compare", "model"] | None = None
    analysis_tokens_per_day: Annotated[int | None, Field(ge=0, le=10_000_000_000)] = None

    @field_validator("metric_weights")
    @classmethod
    def _whole(cls, weights: dict[str, float] | None) -> dict[str, float] | None:
        if weights is not None and (set(weights) != set(PILLARS) or abs(sum(weights.values()) - 1) > 0.001):
            raise ValueError(f"needs a weight for each of {', '.join(PILLARS)}, 1 together")
        return weights


class NewProduct(ProductChange):
    name: Annotated[str, Field(min_length=1, max_length=200)]  # type: ignore[assignment]
    id: UUID | None = None


class NewKey(Body):
    name: Annotated[str, Field(max_length=200)] = ""
    scopes: Annotated[list[Literal["api", "admin"]], Field(min_length=1)] = ["api"]
    organization_id: Annotated[str | None, Field(max_length=512)] = None
    user_id: Annotated[str | None, Field(max_length=512)] = None
    agent_id: UUID | None = None


class Review(Body):
    status: Literal["unreviewed", "reviewed", "dismissed"]


class Flag(Body):
    severity: Annotated[int, Field(ge=1, le=5)] = 3
    note: Annotated[str | None, Field(max_length=5_000)] = None


class Favorite(Body):
    is_favorited: bool


# The tenant -----------------------------------------------------------------------------------------------------------


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name, "plan": tenant.plan, "timeZone": tenant.time_zone, "limits": tenant.limits,
        "retentionDays": tenant.settings.get("retention_days"), "brand": tenant.settings.get("brand"), "createdAt": tenant.created_at,
    }  # fmt: skip


@router.get("/tenant")
async def get_tenant(caller: Administrator, parts: Parts) -> dict[str, Any]:
    """The tenant of this key: plan, time zone, limits, retention, brand."""
    async with parts.database.connection() as connection:
        return _tenant(await tenants.get(connection, caller.tenant_id))


@router.patch("/tenant")
async def change_tenant(body: TenantChange, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Change plan, time zone, limits, retention or brand. A new zone moves the days of all rollups, which takes a moment."""
    given = body.model_dump(exclude_unset=True)
    async with parts.database.transaction() as connection:
        before = await tenants.get(connection, caller.tenant_id)
        settings = dict(before.settings)
        changes = {name: given[name] for name in ("plan", "time_zone", "limits") if given.get(name) is not None}
        if "retention_days" in given:
            settings["retention_days"] = given["retention_days"]
            await jobs.enqueue(connection, caller.tenant_id, "retention", key="retention")
        if "brand" in given:
            if body.brand and (body.plan or before.plan) != "enterprise":
                raise PlanRequired("A brand of one's own needs the enterprise plan.")
            settings["brand"] = body.brand.model_dump(by_alias=True) if body.brand else None
            await _take_domains(connection, parts, caller.tenant_id, body.brand.domains if body.brand else [])
        after = await tenants.update(connection, caller.tenant_id, changes | {"settings": settings})
        if after.time_zone != before.time_zone:
            ZoneInfo(after.time_zone)
            await jobs.enqueue(connection, caller.tenant_id, "rollup_rebuild", key="rollups")
    parts.key_cache.clear()
    parts.brands.clear()
    return _tenant(after)


async def _take_domains(connection: Connection, parts: State, tenant_id: int, domains: list[str]) -> None:
    """These and no others are the tenant's. Raises Invalid for the server's own name: it belongs to all tenants."""
    public = urlsplit(parts.settings.public_url or "").hostname
    if public and public in domains:
        raise Invalid(f"brand.domains: {public} is the address of the server itself; use a domain of your own.")
    await brands.release_domains(connection, tenant_id, domains)
    for domain in domains:
        await brands.claim_domain(connection, tenant_id, domain)


# Products and versions ------------------------------------------------------------------------------------------------


def _product(product: Product) -> dict[str, Any]:
    return {
        "id": product.id, "name": product.name, "description": product.description, "color": product.color, "icon": product.icon,
        "optimizationNotes": product.optimization_notes, "userPrivacy": product.user_privacy, "metricWeights": product.metric_weights,
        "members": product.settings.get("members", []), "analysisMode": product.settings.get("analysis_mode", "embedded"),
        "analysisTokensPerDay": product.settings.get("analysis_tokens_per_day"),
        "versionId": product.version_id, "createdAt": product.created_at, "updatedAt": product.updated_at,
    }  # fmt: skip


@router.post("/products", status_code=201)
async def create_product(body: NewProduct, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Make a product, with an id of your own if you like."""
    given = body.model_dump(exclude_unset=True, exclude={"name", "id", "description", "color", "icon"})
    async with parts.database.transaction() as connection:
        made = await catalog.create_product(
            connection, caller.tenant_id, body.name, product_id=body.id, description=body.description, color=body.color, icon=body.icon
        )
        return _product(await _change_product(connection, caller.tenant_id, made, given))


@router.patch("/products/{product_id}")
async def change_product(product_id: str, body: ProductChange, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Change what is given. New metric weights apply to conversations analysed from now on; the command `reanalyse` applies them to all.

    `analysisMode`: `embedded` (no language model), `compare` (a model's values are kept beside the embedded ones), `model` (they take
    their place)."""
    async with parts.database.transaction() as connection:
        known = await catalog.resolve_product(connection, caller.tenant_id, product_id)
        before = await catalog.get_product(connection, caller.tenant_id, known)
        return _product(await _change_product(connection, caller.tenant_id, before, body.model_dump(exclude_unset=True)))


async def _change_product(connection, tenant_id: int, before: Product, given: Mapping[str, Any]) -> Product:
    changes, settings = dict(given), {}
    if "members" in changes:
        members = [
            {
                "id": member["user_id"],
                "userId": member["user_id"],
                "role": member.get("role", "member"),
                "avatarUrl": member.get("avatar_url"),
            }
            for member in changes.pop("members") or ()
        ]
        settings["members"] = members
    settings |= {name: changes.pop(name) for name in ("analysis_mode", "analysis_tokens_per_day") if name in changes}
    if settings:
        changes["settings"] = {**before.settings, **settings}
    if changes.get("metric_weights", {}) is None:
        changes["metric_weights"] = {}
    return await catalog.update_product(connection, tenant_id, before.id, changes) if changes else before


@router.get("/products/{product_id}/versions")
async def list_versions(product_id: str, caller: Administrator, parts: Parts) -> list[dict[str, Any]]:
    """Versions of a product, the newest first, with the prompts that each maps its roles to."""
    async with parts.database.connection() as connection:
        known = await catalog.resolve_product(connection, caller.tenant_id, product_id)
        found = await prompts.versions(connection, caller.tenant_id, known)
    return [
        {"id": v["id"], "number": v["number"], "isActive": v["is_active"], "createdAt": v["created_at"], "prompts": v["prompts"]}
        for v in found
    ]


@router.post("/products/{product_id}/versions/{version_id}/activate")
async def activate_version(product_id: str, version_id: UUID, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Make a version the active one: roll forward, or back."""
    async with parts.database.transaction() as connection:
        known = await catalog.resolve_product(connection, caller.tenant_id, product_id)
        if not any(v["id"] == version_id for v in await prompts.versions(connection, caller.tenant_id, known)):
            raise NotFound(f"The product has no version {version_id}.")
        await prompts.activate_version(connection, caller.tenant_id, known, version_id)
    return {"productId": known, "versionId": version_id, "isActive": True}


# Keys -----------------------------------------------------------------------------------------------------------------


def _key(key: Key) -> dict[str, Any]:
    return {
        "id": key.id, "name": key.name, "hint": f"{key.hint}…", "scopes": key.scopes, "organizationId": key.organization_id,
        "userId": key.user_id, "agentId": key.agent_id, "createdAt": key.created_at, "revokedAt": key.revoked_at,
    }  # fmt: skip


@router.get("/keys")
async def list_keys(caller: Administrator, parts: Parts) -> list[dict[str, Any]]:
    """All keys of the tenant, without their secrets."""
    async with parts.database.connection() as connection:
        return [_key(key) for key in await tenants.keys(connection, caller.tenant_id)]


@router.post("/keys", status_code=201)
async def create_key(body: NewKey, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Make a key, limited to an organization, a user or an agent if you like. The key is shown once."""
    async with parts.database.transaction() as connection:
        organization = body.organization_id and await people.resolve_organization(connection, caller.tenant_id, body.organization_id)
        user = body.user_id and await people.resolve_user(connection, caller.tenant_id, body.user_id)
        if (organization or user or body.agent_id) and "admin" in body.scopes:
            raise Invalid("scopes: a limited key cannot administer.")
        key_id, key = await keys.create_key(
            connection, caller.tenant_id, name=body.name, scopes=frozenset(body.scopes), organization_id=organization or None,
            user_id=user or None, agent_id=body.agent_id,
        )  # fmt: skip
    return {"id": key_id, "key": key, "name": body.name, "scopes": body.scopes}


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: UUID, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Stop a key from working, within two seconds on every server."""
    async with parts.database.connection() as connection:
        await tenants.revoke_key(connection, caller.tenant_id, key_id)
    parts.key_cache.clear()
    return {"id": key_id, "revoked": True}


# Reviews and segments -------------------------------------------------------------------------------------------------


@router.post("/inbox/{conversation_id}/review")
async def review(conversation_id: str, body: Review, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Say what became of a flagged conversation."""
    async with parts.database.transaction() as connection:
        found = await transcripts.resolve(connection, caller.tenant_id, conversation_id)
        await inbox.review(connection, caller.tenant_id, found, body.status)
    return {"conversationId": found, "reviewStatus": body.status}


@router.post("/inbox/{conversation_id}/flag")
async def flag(conversation_id: str, body: Flag, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Put a conversation into the inbox by hand."""
    async with parts.database.transaction() as connection:
        found = await transcripts.resolve(connection, caller.tenant_id, conversation_id)
        await inbox.flag(connection, caller.tenant_id, found, severity=body.severity, note=body.note)
    return {"conversationId": found, "reviewStatus": "unreviewed", "triggerType": "manual_review"}


@router.patch("/segments/{segment_id}")
async def favorite_segment(segment_id: str, body: Favorite, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Star or unstar a segment."""
    async with parts.database.transaction() as connection:
        segment = await segments.get(connection, caller.tenant_id, segment_id)
        await segments.change(connection, caller.tenant_id, segment.id, is_favorited=body.is_favorited)
    return {"id": segment.id, "isFavorited": body.is_favorited}


@router.delete("/segments/{segment_id}")
async def delete_segment(segment_id: str, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Remove a custom segment."""
    async with parts.database.transaction() as connection:
        segment = await segments.get(connection, caller.tenant_id, segment_id)
        await segments.delete(connection, caller.tenant_id, segment.id)
    return {"id": segment.id, "deleted": True}


# Deletion, export, import ---------------------------------------------------------------------------------------------


@router.delete("/conversations/{conversation_id}")
async def delete_conversation(conversation_id: str, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Remove a conversation with its analysis, ratings and its share of all numbers."""
    async with parts.database.transaction() as connection:
        found = await transcripts.resolve(connection, caller.tenant_id, conversation_id)
        await deletion.delete_conversations(connection, caller.tenant_id, [found])
    return {"id": found, "deleted": True}


@router.delete("/users/{user_id}")
async def delete_user(user_id: str, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Remove a user with all conversations, events and memberships."""
    async with parts.database.transaction() as connection:
        found = await people.resolve_user(connection, caller.tenant_id, user_id)
        gone = await deletion.delete_user(connection, caller.tenant_id, found)
    return {"id": found, "deleted": True, "deletedConversations": gone}


@router.get("/export", response_class=StreamingResponse)
async def export_tenant(caller: Administrator, parts: Parts) -> StreamingResponse:
    """The whole tenant as JSON lines, as it is read; secrets, keys and what can be computed are left out."""
    return StreamingResponse(transfer.export(parts.database, caller.tenant_id), media_type="application/x-ndjson")


@router.post("/import")
async def import_tenant(request: Request, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Store what an export wrote (JSON lines), with its ids. What is there stays, so sending it again after a break is safe."""
    body = await request.body()
    rows = [transfer.parse(line, number) for number, line in enumerate(body.splitlines(), start=1) if line.strip()]
    stored = 0
    for start in range(0, len(rows), IMPORT_ROWS):
        async with parts.database.transaction() as connection:
            stored += await transfer.load(connection, caller.tenant_id, rows[start : start + IMPORT_ROWS])
    await _analyse_all(parts, caller.tenant_id)
    return {"rows": len(rows), "stored": stored}


async def _analyse_all(parts: State, tenant_id: int) -> None:
    after = None
    while True:
        async with parts.database.transaction() as connection:
            page = await transfer.conversations(connection, tenant_id, after)
            await jobs.queue_analyses(connection, tenant_id, page, due_at=datetime.now(UTC))
        if not page:
            return
        after = page[-1]
