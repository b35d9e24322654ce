"""One line of `rapport analyse`: a POST /messages body to a conversation, and an analysis to the documented output line."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rapport.domain.analysis import FLAGS, Analysis, change_label, level_label, sentiment_label
from rapport.domain.conversation import ROLE_TYPES, Conversation, Message
from rapport.errors import Invalid

NOBODY = UUID(int=0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEVELS = {"low": "low", "moderate": "medium", "high": "high"}


def conversation(body: Any) -> Conversation:
    """The conversation of a body; `seq` is a message's index in it. Only `messages` is needed, and only what is language or a tool
    is read from them. Raises Invalid where the shape is wrong."""
    if not isinstance(body, dict):
        raise Invalid("the line is not a JSON object.")
    said = body.get("messages")
    if not isinstance(said, list):
        raise Invalid("messages: must be a list.")
    messages = tuple(_message(item, index) for index, item in enumerate(said))
    name = body.get("externalConversationId")
    return Conversation(0, NOBODY, NOBODY, EPOCH, EPOCH, messages, external_id=name if isinstance(name, str) else None)


def _message(item: Any, index: int) -> Message:
    if not isinstance(item, dict):
        raise Invalid(f"messages.{index}: must be an object.")
    for name in ("content", "context", "role", "messageType", "toolName", "externalMessageId", "parentExternalMessageId"):
        if item.get(name) is not None and not isinstance(item[name], str):
            raise Invalid(f"messages.{index}.{name}: must be a string.")
    role = item.get("role") or ""
    return Message(
        id=UUID(int=index + 1), seq=index, type=item.get("messageType") or ROLE_TYPES.get(role, role), created_at=EPOCH,
        content=item.get("content"), external_id=item.get("externalMessageId"), parent_external_id=item.get("parentExternalMessageId"),
        tool_name=item.get("toolName"), input=item.get("input"), output=item.get("output"), context=item.get("context"),
    )  # fmt: skip


def line(read: Conversation, analysis: Analysis, *, topics: bool) -> dict[str, Any]:
    """The output object: user messages by their index in the body, offsets in code points, null for what is unknown."""
    told = {
        "externalConversationId": read.external_id,
        "language": None if analysis.language is None else {"code": analysis.language, "confidence": _round(analysis.language_confidence)},
        "sentiment": _scored(analysis.sentiment, sentiment_label),
        "sentimentChange": _scored(analysis.sentiment_change, change_label),
        "emotion": analysis.emotion,
        "frustration": _scored(analysis.frustration, _level),
        "struggle": _scored(analysis.struggle, _level),
        "dissatisfied": _round(analysis.dissatisfied),
        "resolution": _round(analysis.resolution),
        "abandoned": analysis.abandoned,
        "handoverRequested": analysis.handover_requested,
        "repeatedQuestions": analysis.repeated_questions,
        "commercialIntent": _commercial(analysis),
        "quality": {"index": _round(analysis.quality_index), "pillars": {name: _round(value) for name, value in analysis.pillars.items()}},
        "flags": {_camel(flag): flag in analysis.flags for flag in FLAGS},
        "rootCause": analysis.root_cause,
        "rootCauseConfidence": _round(analysis.root_cause_confidence),
        "keywords": list(analysis.keywords),
        "summary": analysis.summary or None,
        "tools": [{"name": tool.name, "calls": tool.calls, "failures": tool.failures} for tool in analysis.tools],
        "evidence": [
            {"signal": item.signal, "index": item.seq, "start": item.start, "end": item.end, "text": item.text}
            for item in analysis.evidence
        ],
        "method": analysis.method,
    }  # fmt: skip
    if topics:
        told["topic"] = None if analysis.topic_id is None else {"id": str(analysis.topic_id), "name": analysis.topic}
        told["topicGroup"] = None if analysis.topic_group_id is None else {"id": str(analysis.topic_group_id), "name": analysis.topic_group}
    told["messages"] = [
        {
            "index": message.seq,
            "sentiment": None if message.sentiment is None else {"score": _round(message.sentiment), "label": message.sentiment_label},
            "dissatisfied": _round(message.dissatisfied),
            "emotion": message.emotion,
            "language": message.language,
            "pii": [{"type": kind, "start": start, "end": end} for kind, start, end in message.pii],
        }
        for message in analysis.messages
    ]
    return told


def _commercial(analysis: Analysis) -> Mapping[str, Any] | None:
    if analysis.commercial_intent is None:
        return None
    return {"score": _round(analysis.commercial_intent), "primarySignal": analysis.commercial_signal}


def _scored(score: float | None, label: Callable[[float], str]) -> Mapping[str, Any] | None:
    return None if score is None else {"score": _round(score), "label": label(score)}


def _level(score: float) -> str:
    return LEVELS[level_label(score)]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
