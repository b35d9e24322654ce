"""Segments: groups of users by rules; the stock ones that every tenant has, and custom ones within the plan's quota."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, field_validator

from rapport.analytics import segments as rules
from rapport.api import pagination, ratelimit
from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.wire import Wire
from rapport.api.pagination import Page
from rapport.domain.segment import Segment
from rapport.errors import Invalid
from rapport.store import jobs, people, segments

router = APIRouter(prefix="/api/v1", tags=["segments"])

MOST_RULES = 50
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")]
Value = Annotated[str, Field(max_length=1_000)] | float | bool


class Exact(Wire):
    """Unlike elsewhere, an unknown field is refused: left out of a rule, it would select other users than were meant."""

    model_config = ConfigDict(extra="forbid")


class AnalysisRule(Exact):
    type: Literal["analysis"]
    field: Literal["sentiment", "frustration", "struggle", "commercialIntent", "cqi", "rating"]
    operator: Literal["gt", "lt", "eq", "gte", "lte"]
    value: Annotated[float, Field(allow_inf_nan=False)]


class FlagRule(Exact):
    type: Literal["analysis_flag"]
    field: Literal[
        "jailbreakDetected", "hallucinationDetected", "userToxicityDetected", "modelToxicityDetected", "userBiasDetected",
        "modelBiasDetected", "missingCapabilityDetected",
    ]  # fmt: skip
    value: bool


class PropertyRule(Exact):
    type: Literal["property", "conversation_property"]
    key: Key
    operator: Literal["eq", "neq", "contains", "gt", "lt"]
    value: Value


class CountRule(Exact):
    type: Literal["conversation_count"]
    operator: Literal["gte", "lte"]
    value: Annotated[int, Field(ge=0, le=1_000_000_000)]


class SeenRule(Exact):
    type: Literal["last_seen"]
    operator: Literal["within", "before"]
    value: Annotated[str, Field(max_length=20)]

    @field_validator("value")
    @classmethod
    def _span(cls, text: str) -> str:
        try:
            rules.duration(text)
        except Invalid as error:
            raise ValueError(error.message) from error
        return text


Rule = Annotated[AnalysisRule | FlagRule | PropertyRule | CountRule | SeenRule, Field(discriminator="type")]


class DateRange(Exact):
    preset: Literal["7d", "30d", "90d", "all"] | None = None
    from_: Annotated[str | None, Field(alias="from", max_length=64)] = None
    to: Annotated[str | None, Field(max_length=64)] = None


class Filters(Exact):
    rules: Annotated[list[Rule], Field(min_length=1, max_length=MOST_RULES)]
    date_range: DateRange | None = None
    product_ids: Annotated[list[str] | None, Field(max_length=100)] = None


class NewSegment(Wire):
    filters: Filters
    name: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    description: Annotated[str | None, Field(max_length=2_000)] = None
    icon: Annotated[str | None, Field(max_length=50)] = None


def shown(segment: Segment) -> dict[str, Any]:
    """A segment as lists write it."""
    return {
        "id": segment.id, "isFavorited": segment.is_favorited, "memberCount": segment.member_count, "name": segment.name,
        "presetId": segment.preset_id, "type": segment.type,
    }  # fmt: skip


def detail(segment: Segment) -> dict[str, Any]:
    """A segment whole."""
    return shown(segment) | {
        "createdAt": segment.created_at, "createdBy": segment.created_by, "description": segment.description, "filters": segment.filters,
        "icon": segment.icon, "updatedAt": segment.updated_at,
    }  # fmt: skip


@router.post("/segments", status_code=201)
async def create_segment(body: NewSegment, parts: Parts, caller: Writer) -> dict[str, Any]:
    """Make a segment. It can be read at once; its members and their count follow within seconds."""
    async with parts.database.transaction() as connection:
        made = await rules.create(
            connection, caller.tenant_id, body.filters.model_dump(by_alias=True, exclude_none=True), name=body.name,
            description=body.description, icon=body.icon, created_by=caller.key_id, limit=ratelimit.custom_segments(caller),
        )  # fmt: skip
    return {
        "id": made.id, "createdAt": made.created_at, "description": made.description, "filters": made.filters, "icon": made.icon,
        "name": made.name, "type": made.type, "updatedAt": made.updated_at,
    }  # fmt: skip


@router.get("/segments")
async def list_segments(response: Response, page: Annotated[Page, Depends(pagination.page)], caller: Writer) -> list[dict[str, Any]]:
    """Stock segments first, then custom ones by name."""
    tenant_id = caller.tenant_id
    async with page.parts.database.transaction() as connection:
        if await segments.ensure_presets(connection, tenant_id):
            await jobs.enqueue(connection, tenant_id, "segments_refresh", key="all")
        found, total = await segments.list_(connection, tenant_id, limit=page.limit, offset=page.offset)
    await pagination.finish(response, page, count=len(found), total=total, last_key=None)
    return [shown(segment) for segment in found]


@router.get("/segments/{segment_id}")
async def get_segment(segment_id: str, parts: Parts, caller: Writer) -> dict[str, Any]:
    """One segment, by id, preset id or name."""
    async with parts.database.transaction() as connection:
        await segments.ensure_presets(connection, caller.tenant_id)
        return detail(await segments.get(connection, caller.tenant_id, segment_id))


@router.get("/users/{user_id}/segments", tags=["users"])
async def user_segments(user_id: str, parts: Parts, caller: Writer) -> list[dict[str, Any]]:
    """The segments that a user is in."""
    async with parts.database.connection() as connection:
        found = await people.resolve_user(connection, caller.tenant_id, user_id)
        listed = await segments.of_user(connection, caller.tenant_id, found)
    return [{"id": s.id, "name": s.name, "presetId": s.preset_id, "type": s.type} for s in listed]
