"""/users and /organizations: who talks, and where they belong."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, ConfigDict, Field

from rapport.analysis import pii
from rapport.api import pagination
from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.wire import ExternalId, OptionalExternalId, OptionalId, Properties, Wire
from rapport.api.pagination import Page
from rapport.domain.people import Organization, PersonChange, User
from rapport.errors import Invalid
from rapport.store import people, privacy
from rapport.store.database import Connection

router = APIRouter(prefix="/api/v1")

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*")


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value


Email = Annotated[str, Field(max_length=320), AfterValidator(_email)]
Text = Annotated[str, Field(max_length=1_000)]


class UserFields(Wire):
    anonymized: bool | None = None
    email: Email | None = None
    external_organization_id: OptionalExternalId = None
    name: Text | None = None
    organization_id: OptionalId = None
    phone: Text | None = None
    properties: Properties | None = None


class NewUser(UserFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"externalUserId": "u-7", "name": "Ann Lee", "email": "ann@example.org", "externalOrganizationId": "acme",
                 "properties": {"plan": "pro"}},
            ]
        }
    )  # fmt: skip

    external_user_id: ExternalId


class OrganizationFields(Wire):
    name: Text | None = None
    properties: Properties | None = None


class NewOrganization(OrganizationFields):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"externalOrganizationId": "acme", "name": "Acme", "properties": {"tier": "enterprise"}}]}
    )

    external_organization_id: ExternalId


class Participant(Wire):
    id: UUID
    anonymized: bool
    external_id: str
    external_organization_id: str | None
    organization_id: UUID | None
    properties: Properties
    created_at: datetime
    updated_at: datetime
    email: str | None = None
    name: str | None = None
    phone: str | None = None


class ParticipantStored(Wire):
    success: bool
    participant: Participant


class OrganizationOut(Wire):
    id: UUID
    properties: Properties
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    name: str | None = None


class OrganizationStored(Wire):
    success: bool
    organization: OrganizationOut


def participant(user: User) -> dict[str, Any]:
    """The wire form of a user; unknown name, e-mail and phone are left out."""
    always = {
        "id": user.id, "anonymized": user.anonymized, "externalId": user.external_id,
        "externalOrganizationId": user.external_organization_id, "organizationId": user.organization_id,
        "properties": user.properties, "createdAt": user.created_at, "updatedAt": user.updated_at,
    }  # fmt: skip
    return always | {name: value for name in ("email", "name", "phone") if (value := getattr(user, name)) is not None}


def organization_out(organization: Organization) -> dict[str, Any]:
    always = {
        "id": organization.id, "properties": organization.properties, "createdAt": organization.created_at,
        "updatedAt": organization.updated_at,
    }  # fmt: skip
    named = {"externalId": organization.external_id, "name": organization.name}
    return always | {name: value for name, value in named.items() if value is not None}


async def _change(connection: Connection, tenant_id: int, body: UserFields, *, strict: bool) -> PersonChange:
    """The internal organization id wins over the external one; where the two disagree it is an error in strict mode."""
    organization_id = body.organization_id
    if organization_id:
        organization_id = await people.resolve_organization(connection, tenant_id, str(organization_id))
    if body.external_organization_id:
        made = await people.ensure_organizations(connection, tenant_id, [body.external_organization_id])
        named = made[body.external_organization_id]
        if strict and organization_id and organization_id != named:
            raise Invalid("organizationId: it is another organization than externalOrganizationId names; give one of them.")
        organization_id = organization_id or named
    redact = await privacy.of_tenant(connection, tenant_id, pii.redactor)
    return PersonChange(
        name=redact(body.name), email=body.email, phone=body.phone, anonymized=body.anonymized, organization_id=organization_id,
        properties=redact(body.properties or {}),
    )  # fmt: skip


async def _organization_change(connection: Connection, tenant_id: int, body: OrganizationFields) -> PersonChange:
    redact = await privacy.of_tenant(connection, tenant_id, pii.redactor)
    return PersonChange(name=body.name, properties=redact(body.properties or {}))


@router.post("/users", tags=["users"], response_model=ParticipantStored, response_model_exclude_unset=True)
async def create_user(body: NewUser, parts: Parts, caller: Writer) -> dict:
    """Create a user, or change the given fields of the one with this external id."""
    async with parts.database.transaction() as connection:
        change = await _change(connection, caller.tenant_id, body, strict=parts.settings.compat == "strict")
        user = await people.upsert_user(connection, caller.tenant_id, body.external_user_id, change)
    return {"success": True, "participant": participant(user)}


@router.put("/users/{user_id}", tags=["users"], response_model=ParticipantStored, response_model_exclude_unset=True)
async def update_user(user_id: str, body: UserFields, parts: Parts, caller: Writer) -> dict:
    """Change the given fields of a user, named by internal or external id."""
    async with parts.database.transaction() as connection:
        known = await people.resolve_user(connection, caller.tenant_id, user_id)
        change = await _change(connection, caller.tenant_id, body, strict=parts.settings.compat == "strict")
        user = await people.change_user(connection, caller.tenant_id, known, change)
    return {"success": True, "participant": participant(user)}


@router.get("/users", tags=["users"], response_model=list[Participant], response_model_exclude_unset=True)
async def list_users(
    response: Response,
    page: Annotated[Page, Depends(pagination.page)],
    organization_id: Annotated[str | None, Query(alias="organizationId", description="Internal or external id.")] = None,
    search: Annotated[str | None, Query(max_length=200, description="Part of a name, an e-mail address or an external id.")] = None,
) -> list[dict]:
    """Users, newest first."""
    async with page.parts.database.connection() as connection:
        tenant_id = page.principal.tenant_id
        organization = await people.resolve_organization(connection, tenant_id, organization_id) if organization_id else None
        users, total = await people.list_users(
            connection, tenant_id, limit=page.limit, offset=page.offset, after=page.after, search=search,
            organization_id=page.principal.organization_id or organization, user_id=page.principal.user_id,
        )  # fmt: skip
    last = (users[-1].created_at, users[-1].id) if users else None
    await pagination.finish(response, page, count=len(users), total=total, last_key=last)
    return [participant(user) for user in users]


@router.post("/organizations", tags=["organizations"], response_model=OrganizationStored, response_model_exclude_unset=True)
async def create_organization(body: NewOrganization, parts: Parts, caller: Writer) -> dict:
    """Create an organization, or change the given fields of the one with this external id."""
    async with parts.database.transaction() as connection:
        change = await _organization_change(connection, caller.tenant_id, body)
        organization = await people.upsert_organization(connection, caller.tenant_id, body.external_organization_id, change)
    return {"success": True, "organization": organization_out(organization)}


@router.put(
    "/organizations/{organization_id}", tags=["organizations"], response_model=OrganizationStored, response_model_exclude_unset=True
)
async def update_organization(organization_id: str, body: OrganizationFields, parts: Parts, caller: Writer) -> dict:
    """Change the given fields of an organization, named by internal or external id."""
    async with parts.database.transaction() as connection:
        change = await _organization_change(connection, caller.tenant_id, body)
        known = await people.resolve_organization(connection, caller.tenant_id, organization_id)
        organization = await people.change_organization(connection, caller.tenant_id, known, change)
    return {"success": True, "organization": organization_out(organization)}


@router.get("/organizations", tags=["organizations"], response_model=list[OrganizationOut], response_model_exclude_unset=True)
async def list_organizations(
    response: Response,
    page: Annotated[Page, Depends(pagination.page)],
    search: Annotated[str | None, Query(max_length=200, description="Part of a name or an external id.")] = None,
) -> list[dict]:
    """Organizations, newest first."""
    async with page.parts.database.connection() as connection:
        found, total = await people.list_organizations(
            connection, page.principal.tenant_id, limit=page.limit, offset=page.offset, after=page.after, search=search,
            organization_id=page.principal.organization_id, user_id=page.principal.user_id,
        )  # fmt: skip
    last = (found[-1].created_at, found[-1].id) if found else None
    await pagination.finish(response, page, count=len(found), total=total, last_key=last)
    return [organization_out(organization) for organization in found]
