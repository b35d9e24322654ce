"""/api/admin/v1/custom-analyses and /findings: questions in plain words that a language model puts to every conversation with a
product, and what it found, with quotes that are checked to be there."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from rapport.api import pagination
from rapport.api.auth import Administrator, Parts
from rapport.api.pagination import Page
from rapport.api.state import State
from rapport.domain.judging import FINDING_STATUSES, KINDS, CustomAnalysis, Finding
from rapport.errors import Conflict, Invalid, ModelNeeded
from rapport.store import catalog, custom_analyses, jobs, judgements, transcripts
from rapport.store.database import Connection
from rapport.store.judgements import FindingFilter

router = APIRouter(prefix="/api/admin/v1", tags=["admin"])

MOST_PER_PRODUCT = 50
MOST_EXISTING = 10_000
NO_MODEL = "This needs a language model, and none is set (settings `model` and `analysis_model`): nothing is evaluated until there is one."

Name = Annotated[str, Field(min_length=1, max_length=200)]
Instruction = Annotated[str, Field(min_length=3, max_length=4_000)]
Severity = Annotated[int, Field(ge=1, le=5)]


class Change(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    name: Name | None = None
    instruction: Instruction | None = None
    severity: Severity | None = None
    enabled: bool | None = None

    @field_validator("name", "instruction")
    @classmethod
    def _said(cls, text: str | None) -> str | None:
        if text is not None and (not text.strip() or "\x00" in text):
            raise ValueError("must hold words, and no NUL characters")
        return text


class NewCustomAnalysis(Change):
    product_id: UUID
    name: Name  # type: ignore[assignment]
    kind: Literal[KINDS]  # type: ignore[valid-type]
    instruction: Instruction  # type: ignore[assignment]
    severity: Severity = 3  # type: ignore[assignment]
    enabled: bool = True  # type: ignore[assignment]


class Existing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_EXISTING, description="Conversations, the newest first.")] = 500


# Custom analyses ------------------------------------------------------------------------------------------------------


def shown(custom: CustomAnalysis, parts: State) -> dict[str, Any]:
    """A custom analysis on the wire."""
    status = "disabled" if not custom.enabled else "active" if parts.judge else "needs_model"
    return {
        "id": custom.id, "productId": custom.product_id, "name": custom.name, "kind": custom.kind, "instruction": custom.instruction,
        "severity": custom.severity, "enabled": custom.enabled, "status": status, "model": parts.judge,
        "reason": NO_MODEL if status == "needs_model" else None, "createdAt": custom.created_at, "updatedAt": custom.updated_at,
    }  # fmt: skip


@router.get("/custom-analyses")
async def list_custom_analyses(
    response: Response, page: Annotated[Page, Depends(pagination.administrators_page)],
    product_id: Annotated[str | None, Query(alias="productId")] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Custom analyses of the tenant, or of one product, the oldest first."""
    tenant_id = page.principal.tenant_id
    async with page.parts.database.connection() as connection:
        product = await catalog.resolve_product(connection, tenant_id, product_id) if product_id else None
        found, total = await custom_analyses.list_(connection, tenant_id, product_id=product, limit=page.limit, offset=page.offset)
    await pagination.finish(response, page, count=len(found), total=total, last_key=None)
    return [shown(custom, page.parts) for custom in found]


@router.post("/custom-analyses", status_code=201)
async def create_custom_analysis(body: NewCustomAnalysis, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Ask something of every conversation with a product from now on. Without a language model it waits, with `status` `needs_model`.

    `guardrail`: must not happen. `expectation`: should happen. `evidence_finder`: show where it happens."""
    async with parts.database.transaction() as connection:
        product_id = await catalog.resolve_product(connection, caller.tenant_id, str(body.product_id))
        _, there = await custom_analyses.list_(connection, caller.tenant_id, product_id=product_id, limit=1, offset=0)
        if there >= MOST_PER_PRODUCT:
            raise Conflict(f"This product has {MOST_PER_PRODUCT} custom analyses already; delete one first.")
        made = await custom_analyses.create(
            connection, caller.tenant_id, product_id, name=body.name, kind=body.kind, instruction=body.instruction, severity=body.severity,
            enabled=body.enabled,
        )  # fmt: skip
    return shown(made, parts)


@router.get("/custom-analyses/{custom_analysis_id}")
async def get_custom_analysis(custom_analysis_id: UUID, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """One custom analysis, its findings by status, and the run on existing conversations that is under way."""
    async with parts.database.connection() as connection:
        custom = await custom_analyses.get(connection, caller.tenant_id, custom_analysis_id)
        counts = await judgements.finding_counts(connection, caller.tenant_id, custom.id)
        run = await progress(connection, caller.tenant_id, str(custom.id))
    return shown(custom, parts) | {"findings": counts, "run": run}


@router.patch("/custom-analyses/{custom_analysis_id}")
async def change_custom_analysis(custom_analysis_id: UUID, body: Change, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Change what is given. Findings of the old wording stay until their conversation is evaluated again."""
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    async with parts.database.transaction() as connection:
        changed = await custom_analyses.update(connection, caller.tenant_id, custom_analysis_id, given)
        await jobs.enqueue(connection, caller.tenant_id, "inbox_refresh", key="all")
    return shown(changed, parts)


@router.delete("/custom-analyses/{custom_analysis_id}")
async def delete_custom_analysis(custom_analysis_id: UUID, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Forget a custom analysis and all it found."""
    async with parts.database.transaction() as connection:
        await custom_analyses.remove(connection, caller.tenant_id, custom_analysis_id)
        await jobs.enqueue(connection, caller.tenant_id, "inbox_refresh", key="all")
    return {"id": custom_analysis_id, "deleted": True}


@router.post("/custom-analyses/{custom_analysis_id}/run", status_code=202)
async def run_custom_analysis(custom_analysis_id: UUID, body: Existing, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Put it to conversations that are there already, the newest first. What was answered before costs nothing; with the day's budget
    spent it goes on when there is one again. 409 `needs_model` without a language model."""
    async with parts.database.transaction() as connection:
        custom = await custom_analyses.get(connection, caller.tenant_id, custom_analysis_id)
        if parts.judge is None:
            raise ModelNeeded
        if not custom.enabled:
            raise Conflict("This custom analysis is disabled; enable it first.")
        return await start(connection, caller.tenant_id, custom.product_id, body.limit, custom_analysis_id=custom.id)


async def start(
    connection: Connection, tenant_id: int, product_id: UUID, limit: int, *, custom_analysis_id: UUID | None = None
) -> dict[str, Any]:
    """Queue a run on existing conversations; its progress. One that waits already starts over."""
    key = str(custom_analysis_id or product_id)
    payload = {
        "productId": str(product_id), "customAnalysisId": custom_analysis_id and str(custom_analysis_id), "key": key,
        "left": limit, "done": 0,
    }  # fmt: skip
    await jobs.enqueue(connection, tenant_id, "judge_existing", payload, key=key)
    return await progress(connection, tenant_id, key) or {}


async def progress(connection: Connection, tenant_id: int, key: str) -> dict[str, Any] | None:
    """How far a run on existing conversations is: None where there is none, or it is done. Its status is running, budget_spent (it goes
    on at `nextAt`) or failed."""
    job = await jobs.find(connection, tenant_id, "judge_existing", key)
    if job is None:
        return None
    status = "failed" if job.failed else job.payload.get("paused") or "running"
    return {
        "status": status, "done": job.payload.get("done", 0), "left": job.payload["left"],
        "lastError": job.last_error, "nextAt": job.due_at,
    }  # fmt: skip


# Findings -------------------------------------------------------------------------------------------------------------


def finding(found: Finding, custom: CustomAnalysis) -> dict[str, Any]:
    """A finding on the wire. `status` is the result, or why there is none."""
    return {
        "conversationId": found.conversation_id, "customAnalysisId": custom.id, "productId": custom.product_id, "name": custom.name,
        "kind": custom.kind, "severity": custom.severity, "status": found.status,
        "confidence": None if found.confidence is None else round(found.confidence, 4),
        "reasoning": found.reasoning, "droppedQuotes": found.dropped_quotes, "omittedMessages": found.omitted_messages,
        "model": found.model, "evaluatedAt": found.evaluated_at,
        "quotes": [{"text": quote.text, "messageId": quote.message_id, "role": quote.role} for quote in found.quotes],
    }  # fmt: skip


def _aware(at: datetime | None) -> datetime | None:
    """Without an offset a time is UTC. Raises Invalid outside the years that are stored."""
    if at is None:
        return None
    if not 1970 < at.year <= 2100:
        raise Invalid("from: must lie between the years 1971 and 2100.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@router.get("/findings")
async def list_findings(
    response: Response, page: Annotated[Page, Depends(pagination.administrators_page)],
    product_id: Annotated[str | None, Query(alias="productId")] = None,
    custom_analysis_id: Annotated[UUID | None, Query(alias="customAnalysisId")] = None,
    conversation_id: Annotated[str | None, Query(alias="conversationId", description="Internal or external id.")] = None,
    kind: Literal[KINDS] | None = None,  # type: ignore[valid-type]
    status: Literal[FINDING_STATUSES] | None = None,  # type: ignore[valid-type]
    min_severity: Annotated[int, Query(alias="minSeverity", ge=1, le=5)] = 1,
    since: Annotated[datetime | None, Query(alias="from", description="Evaluated at this time or later.")] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """What custom analyses found, the latest first. All filters can be combined."""
    tenant_id = page.principal.tenant_id
    async with page.parts.database.connection() as connection:
        asked = FindingFilter(
            product_id=await catalog.resolve_product(connection, tenant_id, product_id) if product_id else None,
            custom_analysis_id=(await custom_analyses.get(connection, tenant_id, custom_analysis_id)).id if custom_analysis_id else None,
            conversation_id=await transcripts.resolve(connection, tenant_id, conversation_id) if conversation_id else None,
            kind=kind, status=status, min_severity=min_severity,
            since=_aware(since),
        )  # fmt: skip
        found, total = await judgements.findings(connection, tenant_id, asked, limit=page.limit, offset=page.offset)
        named = {one.id: one for one in await custom_analyses.all_of(connection, tenant_id, {item.custom_analysis_id for item in found})}
    await pagination.finish(response, page, count=len(found), total=total, last_key=None)
    return [finding(item, named[item.custom_analysis_id]) for item in found if item.custom_analysis_id in named]
