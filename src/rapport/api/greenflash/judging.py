"""What a language model judged of one conversation, beside its analysis: whose each value is, and what custom analyses found."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapport.domain.analysis import Analysis
from rapport.domain.judging import CustomAnalysis, Finding, Judgement
from rapport.store import custom_analyses, judgements
from rapport.store.conversation_list import ConversationHead
from rapport.store.database import Connection

VALUES = {
    "averageUserSentiment": "sentiment", "changeInUserSentiment": "sentiment_change", "commercialIntent": "commercial_intent",
    "conversationQualityIndex": "quality_index", "frustration": "frustration", "mostCommonUserEmotion": "emotion", "struggle": "struggle",
    "summary": "summary", "topic": "topic", "keywords": "keywords", "pillarScores": "pillars", "flags": "flags", "rootCause": "root_cause",
    "evidence": "evidence",
}  # fmt: skip
"""Value on the wire -> field of domain.analysis.Analysis."""

REASONS = {
    "waiting": "The language model has not judged this conversation as it is now yet; embedded values stand until then.",
    "needs_model": "No language model is set; embedded values stand.",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is stored about one conversation, and what its product wants."""

    mode: str
    judge: str | None
    judgement: Judgement | None
    custom: tuple[CustomAnalysis, ...]
    findings: dict[UUID, Finding]
    stale: bool = False  # something was said since


async def of_conversation(connection: Connection, tenant_id: int, head: ConversationHead, *, judge: str | None) -> Judged:
    """`judge` names the language model of this server; None where there is none."""
    plan = (await custom_analyses.plans(connection, tenant_id, [head.product_id])).get(head.product_id)
    judgement = (await judgements.judgements(connection, tenant_id, [head.id])).get(head.id)
    stale = judgement is not None and judgement.status in ("done", "nothing_said") and judgement.message_count != head.message_count
    if plan is None:
        return Judged("embedded", judge, judgement, (), {}, stale)
    found = await judgements.findings_of(connection, tenant_id, head.id) if plan.custom else {}
    return Judged(plan.mode, judge, judgement, plan.custom, found, stale)


def shown(judged: Judged, analysis: Analysis) -> dict[str, Any]:
    """`sources`, `judgement` and `customAnalyses` on the wire."""
    status, reason = _status(judged, analysis)
    return {
        "sources": {name: "model" if field in analysis.embedded else "embedded" for name, field in VALUES.items()},
        "judgement": {
            "mode": judged.mode, "status": status, "reason": reason,
            "model": analysis.judged_by or (judged.judgement.model if judged.judgement and status == "done" else None),
        },
        "customAnalyses": [_finding(custom, judged.findings.get(custom.id), judged.judge) for custom in judged.custom],
    }  # fmt: skip


def _status(judged: Judged, analysis: Analysis) -> tuple[str, str | None]:
    if judged.mode == "embedded" and not analysis.judged_by:
        return "off", None
    stored = judged.judgement
    if stored and stored.status in ("budget_spent", "failed"):
        return stored.status, f"{stored.reason} Embedded values stand." if not analysis.judged_by else stored.reason
    if analysis.judged_by or (stored and not judged.stale and (judged.mode == "compare" or stored.status == "nothing_said")):
        return stored.status if stored else "done", stored.reason if stored else None
    status = "waiting" if judged.judge else "needs_model"
    return status, REASONS[status]


def _finding(custom: CustomAnalysis, found: Finding | None, judge: str | None) -> dict[str, Any]:
    """The finding, or that there is none yet and why."""
    head = {"customAnalysisId": str(custom.id), "name": custom.name, "kind": custom.kind, "severity": custom.severity}
    if found is None:
        status = "waiting" if judge else "needs_model"
        reasoning = "It has not been evaluated yet." if judge else "It needs a language model, and none is set."
        found = Finding(custom.id, custom.id, custom.product_id, status, reasoning=reasoning)
    return head | {
        "status": found.status, "confidence": None if found.confidence is None else round(found.confidence, 4),
        "reasoning": found.reasoning, "droppedQuotes": found.dropped_quotes, "model": found.model,
        "quotes": [{"text": quote.text, "messageId": str(quote.message_id), "role": quote.role} for quote in found.quotes],
        "evaluatedAt": found.evaluated_at.isoformat() if found.evaluated_at else None,
    }  # fmt: skip
