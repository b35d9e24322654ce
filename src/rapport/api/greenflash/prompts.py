"""/prompts: system prompts, their versions and variables."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ConfigDict, Field

from rapport.api import pagination
from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.messages import Component, new_component
from rapport.api.greenflash.wire import OptionalExternalId, Wire
from rapport.api.pagination import Page
from rapport.domain import templates
from rapport.domain.catalog import Prompt, PromptGiven
from rapport.errors import Invalid
from rapport.store import catalog, prompts

router = APIRouter(prefix="/api/v1", tags=["prompts"])

LARGEST_PAGE_SIZE = 30
Role = Annotated[str, Field(min_length=1, max_length=512)]
Source = Literal["customer", "participant", "greenflash", "agent"]
Name = Annotated[str, Field(max_length=1_000)]


class NewPrompt(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"productId": "5b1f0b1e-8f5d-4a52-9f0e-3c1d0d6f9a10", "name": "Helpdesk", "role": "system",
                 "externalPromptId": "helpdesk", "components": [{"type": "system", "content": "Help customers of {{shop}}."}]},
            ]
        }
    )  # fmt: skip

    components: Annotated[list[Component], Field(min_length=1, max_length=200)]
    name: Name
    product_id: UUID
    role: Role
    description: Annotated[str | None, Field(max_length=10_000)] = None
    external_prompt_id: OptionalExternalId = None
    source: Source | None = None
    tags: Annotated[list[Name], Field(max_length=100)] | None = None


class PromptChange(Wire):
    components: Annotated[list[Component], Field(max_length=200)] | None = None
    name: Name | None = None
    description: Annotated[str | None, Field(max_length=10_000)] = None
    role: Role | None = None
    source: Source | None = None


class PromptCreated(Wire):
    component_ids: list[UUID]
    prompt_id: UUID
    version_id: UUID
    external_prompt_id: str | None = None


class PromptChanged(Wire):
    prompt_id: UUID
    version_id: UUID | None
    external_prompt_id: str | None = None


class PromptArchived(Wire):
    archived_at: datetime
    prompt_id: UUID
    external_prompt_id: str | None = None


class ComponentPair(Wire):
    id: UUID
    external_component_id: str | None


class PromptListed(Wire):
    id: UUID
    archived_at: datetime | None
    components: list[ComponentPair]
    created_at: datetime
    external_prompt_id: str | None
    name: str | None
    product_id: UUID | None
    updated_at: datetime
    version_id: UUID | None
    role: str
    number: int
    tags: list[str]


class ComponentOut(Wire):
    id: UUID
    content: str
    created_at: datetime
    is_dynamic: bool | None
    name: str | None
    source: str
    updated_at: datetime
    type: str
    external_component_id: str | None = None


class PromptOut(Wire):
    id: UUID
    archived_at: datetime | None
    components: list[ComponentOut]
    created_at: datetime
    description: str | None
    name: str | None
    product_id: UUID | None
    source: str | None
    updated_at: datetime
    role: str
    number: int
    version_id: UUID | None
    tags: list[str]
    external_prompt_id: str | None = None


class PromptComposed(Wire):
    composed_prompt: str
    prompt: PromptOut


def _named(prompt: Prompt) -> dict[str, Any]:
    return {"externalPromptId": prompt.external_id} if prompt.external_id else {}


def _shared(prompt: Prompt) -> dict[str, Any]:
    return {
        "id": prompt.id, "archivedAt": prompt.archived_at, "createdAt": prompt.created_at, "name": prompt.name,
        "productId": prompt.product_id, "updatedAt": prompt.updated_at, "versionId": prompt.version_id, "role": prompt.role,
        "number": prompt.number, "tags": list(prompt.tags),
    }  # fmt: skip


def prompt_listed(prompt: Prompt) -> dict[str, Any]:
    pairs = [{"id": c.id, "externalComponentId": c.external_id} for c in prompt.components]
    return _shared(prompt) | {"externalPromptId": prompt.external_id, "components": pairs}


def prompt_out(prompt: Prompt) -> dict[str, Any]:
    pieces = [
        {
            "id": c.id, "content": c.content, "createdAt": c.created_at, "isDynamic": c.is_dynamic, "name": c.name, "source": c.source,
            "updatedAt": c.updated_at, "type": c.type,
        }
        | ({"externalComponentId": c.external_id} if c.external_id else {})
        for c in prompt.components
    ]  # fmt: skip
    return _shared(prompt) | {"description": prompt.description, "source": prompt.source, "components": pieces} | _named(prompt)


@router.get("/prompts", response_model=list[PromptListed])
async def list_prompts(
    request: Request,
    response: Response,
    _: Writer,
    page: Annotated[Page, Depends(pagination.page)],
    include_archived: Annotated[bool, Query(alias="includeArchived")] = False,
    active_only: Annotated[bool, Query(alias="activeOnly", description="Only prompts of an active product version.")] = False,
    product_id: Annotated[UUID | None, Query(alias="productId")] = None,
    version_id: Annotated[UUID | None, Query(alias="versionId")] = None,
) -> list[dict]:
    """Prompts, newest first. `pageSize` is at most 30 here, `limit` 100."""
    if "pageSize" in request.query_params and page.limit > LARGEST_PAGE_SIZE and "limit" not in request.query_params:
        raise Invalid(f"pageSize: must be a whole number from 1 to {LARGEST_PAGE_SIZE}.")
    async with page.parts.database.connection() as connection:
        tenant_id = page.principal.tenant_id
        found, total = await prompts.list_prompts(
            connection, tenant_id, limit=page.limit, offset=page.offset, after=page.after,
            product_id=await catalog.resolve_product(connection, tenant_id, str(product_id)) if product_id else None,
            version_id=await catalog.resolve_version(connection, tenant_id, version_id) if version_id else None,
            include_archived=include_archived, active_only=active_only,
        )  # fmt: skip
    last = (found[-1].created_at, found[-1].id) if found else None
    await pagination.finish(response, page, count=len(found), total=total, last_key=last)
    return [prompt_listed(prompt) for prompt in found]


@router.post("/prompts", status_code=201, response_model=PromptCreated, response_model_exclude_unset=True)
async def create_prompt(body: NewPrompt, parts: Parts, caller: Writer) -> dict:
    """Store a prompt and a product version that holds it, not activated. A known `externalPromptId` makes the next number of its
    lineage; the same content again changes nothing."""
    given = PromptGiven(tuple(new_component(c) for c in body.components), external_id=body.external_prompt_id or None)
    async with parts.database.transaction() as connection:
        product_id = await catalog.resolve_product(connection, caller.tenant_id, str(body.product_id))
        prompt_id, version_id = await prompts.create(
            connection, caller.tenant_id, product_id, given, name=body.name, role=body.role, description=body.description,
            source=body.source or "customer", tags=body.tags or (),
        )  # fmt: skip
        prompt = await prompts.get(connection, caller.tenant_id, prompt_id)
    return {"promptId": prompt_id, "versionId": version_id, "componentIds": [c.id for c in prompt.components]} | _named(prompt)


@router.get("/prompts/{prompt_id}", response_model=PromptComposed, response_model_exclude_unset=True)
async def get_prompt(prompt_id: str, request: Request, parts: Parts, caller: Writer) -> dict:
    """A prompt, by id or external id, and its text with the query's parameters put in for `{{name}}`."""
    async with parts.database.connection() as connection:
        known = await prompts.resolve_prompt(connection, caller.tenant_id, prompt_id)
        prompt = await prompts.get(connection, caller.tenant_id, known)
    text = "\n\n".join(c.content for c in prompt.components)
    return {"composedPrompt": templates.fill(text, dict(request.query_params)), "prompt": prompt_out(prompt)}


@router.put("/prompts/{prompt_id}", response_model=PromptChanged, response_model_exclude_unset=True)
async def update_prompt(prompt_id: str, body: PromptChange, parts: Parts, caller: Writer) -> dict:
    """With components: a new prompt of the lineage and a new inactive version. Without: name, description, role or source change."""
    components = tuple(new_component(c) for c in body.components or ())
    async with parts.database.transaction() as connection:
        known = await prompts.resolve_prompt(connection, caller.tenant_id, prompt_id)
        revised, version_id = await prompts.revise(
            connection, caller.tenant_id, known, components, name=body.name, description=body.description, role=body.role,
            source=body.source,
        )  # fmt: skip
        prompt = await prompts.get(connection, caller.tenant_id, revised)
    return {"promptId": revised, "versionId": version_id} | _named(prompt)


@router.delete("/prompts/{prompt_id}", response_model=PromptArchived, response_model_exclude_unset=True)
async def archive_prompt(prompt_id: str, parts: Parts, caller: Writer) -> dict:
    """Archive a prompt; history keeps it. A prompt of the active version cannot be archived."""
    async with parts.database.transaction() as connection:
        known = await prompts.resolve_prompt(connection, caller.tenant_id, prompt_id)
        at = await prompts.archive(connection, caller.tenant_id, known, even_active=parts.settings.sdk_conformance)
        prompt = await prompts.get(connection, caller.tenant_id, known)
    return {"archivedAt": at, "promptId": known} | _named(prompt)
