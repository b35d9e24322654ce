"""The inbox: conversations that someone should look at, the most urgent first."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from rapport.api import pagination
from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.interactions import ROLES, transcript_message, visible
from rapport.api.pagination import Page
from rapport.domain.analysis import level_label, sentiment_label
from rapport.errors import NotFound
from rapport.store import analyses, inbox, transcripts
from rapport.store.inbox import Item

router = APIRouter(prefix="/api/v1", tags=["inbox"])


def shown(item: Item) -> dict[str, Any]:
    """A card of the inbox."""
    cluster: dict[str, Any] = {}
    if item.cluster:
        cluster = {"clusterMemberIds": item.cluster, "clusterRootCause": item.root_cause, "clusterSize": item.cluster_size}
    return {
        "conversationId": item.conversation_id, "messageCount": item.message_count, "reviewStatus": item.status,
        "timestamp": item.flagged_at, "topic": item.topic, "triggerType": item.trigger_type, "axis": item.axis,
    } | cluster  # fmt: skip


@router.get("/inbox")
async def list_inbox(
    response: Response, page: Annotated[Page, Depends(pagination.page)], caller: Writer,
    status: Literal["unreviewed", "reviewed", "dismissed"] = "unreviewed",
    trigger_type: Annotated[
        Literal["guardrail", "expectation_check", "novelty", "manual_review", "revenue_risk", "opportunity"] | None,
        Query(alias="triggerType"),
    ] = None,
    axis: Literal["attention", "opportunity", "manual"] | None = None,
    min_severity: Annotated[int, Query(alias="minSeverity", ge=1, le=5)] = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """Flagged conversations: unreviewed ones by attention, reviewed and dismissed ones by their last update."""
    async with page.parts.database.connection() as connection:
        found, total = await inbox.list_(
            connection, caller.tenant_id, status=status, trigger_type=trigger_type, axis=axis, min_severity=min_severity,
            limit=page.limit, offset=page.offset,
        )  # fmt: skip
    await pagination.finish(response, page, count=len(found), total=total, last_key=None)
    return [shown(item) for item in found]


@router.get("/inbox/{conversation_id}")
async def get_inbox_item(conversation_id: str, parts: Parts, caller: Writer) -> dict[str, Any]:
    """One flagged conversation with its transcript, its scores, and everything that raised it."""
    async with parts.database.connection() as connection:
        head = await visible(connection, caller, conversation_id)
        found = head.id
        item = await inbox.get(connection, caller.tenant_id, found)
        conversation = await transcripts.get(connection, caller.tenant_id, found)
        try:
            analysis = await analyses.get(connection, caller.tenant_id, found)
        except NotFound:
            analysis = None
    scores = analysis and {
        "frustration": _scored(analysis.frustration, level_label), "qualityIndex": analysis.quality_index,
        "sentiment": _scored(analysis.sentiment, sentiment_label), "struggle": _scored(analysis.struggle, level_label),
    }  # fmt: skip
    return {
        "analysis": scores, "conversationId": found, "keywords": list(analysis.keywords) if analysis else None,
        "messageCount": item.message_count, "messages": [transcript_message(m) for m in conversation.messages if m.type in ROLES],
        "participant": {"id": head.user_id, "email": head.user_email, "externalId": head.external_user_id, "name": head.user_name},
        "reviewStatus": item.status, "summary": analysis.summary if analysis else None, "timestamp": item.flagged_at, "topic": item.topic,
        "triggers": item.triggers, "triggerType": item.trigger_type, "note": item.note,
    }  # fmt: skip


def _scored(score: float | None, label: Any) -> dict[str, Any] | None:
    return None if score is None else {"label": label(score), "score": round(score, 6)}
