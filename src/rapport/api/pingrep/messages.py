"""A visitor's message and the answer as a stream; compaction; how full the window is; commands of the page."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Response
from pydantic import AliasChoices, ConfigDict, Field, field_validator

from rapport.analysis import pii
from rapport.api import ratelimit
from rapport.api.auth import Parts, Talker
from rapport.api.frames import PINGREP_CHAT
from rapport.api.pingrep.sessions import ScanContext, summary_shown
from rapport.api.pingrep.wire import Body, owner_of, session_of, time
from rapport.api.state import State
from rapport.api.streaming import RunStream, request_hash, stream_started, wait_for_end
from rapport.domain.agent import Agent
from rapport.domain.ids import new_id
from rapport.domain.scope import Principal
from rapport.errors import Conflict, Interrupted, Invalid, NotFound
from rapport.runs import commands
from rapport.runs.chat import Answered, ChatTurn, Question
from rapport.runs.compaction import KEEP_RECENT, CompactionTurn, Fold, context_usage
from rapport.runs.desk import said_after
from rapport.runs.hub import Started
from rapport.runs.representative import Page
from rapport.runs.run import Ending, Order
from rapport.store import agents, sessions, signals
from rapport.store.sessions import Session
from rapport.store.signals import RatingTarget

router = APIRouter(prefix="/api/v1/chat", tags=["representatives"])

LONGEST_MESSAGE = 8_000
CONTEXT_BYTES = 16 * 1024
FORM_BYTES = 8 * 1024
FORM_DEPTH = 4
FINISH = {"stop": "stop", "length": "length", "content_filter": "content_filter", "cancelled": "cancelled"}


class UiContext(Body):
    model_config = ConfigDict(extra="allow")

    current_page: Annotated[str | None, Field(max_length=2_048)] = None
    selected_elements: Annotated[list[Annotated[str, Field(max_length=256)]] | None, Field(max_length=50)] = None
    form_data: dict[str, Any] | None = None
    scan_context: ScanContext | None = None

    @field_validator("form_data")
    @classmethod
    def _bounded(cls, form: dict[str, Any] | None) -> dict[str, Any] | None:
        if form is not None and (len(json.dumps(form, default=str)) > FORM_BYTES or _depth(form) > FORM_DEPTH):
            raise ValueError(f"formData may have {FORM_BYTES // 1024} KiB and be {FORM_DEPTH} levels deep")
        return form


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_depth(v) for v in value.values()), default=0)
    return 1 + max((_depth(v) for v in value), default=0) if isinstance(value, list) else 0


class NewMessage(Body):
    content: str
    ui_context: UiContext | None = None
    scan_context: ScanContext | None = None

    @field_validator("content")
    @classmethod
    def _some(cls, text: str) -> str:
        text = text.replace("\0", "").strip()
        if not text:
            raise ValueError("the message is blank")
        if len(text) > LONGEST_MESSAGE:
            raise ValueError(f"the message is longer than {LONGEST_MESSAGE} characters")
        return text

    @field_validator("ui_context")
    @classmethod
    def _bounded(cls, context: UiContext | None) -> UiContext | None:
        if context is not None and len(context.model_dump_json()) > CONTEXT_BYTES:
            raise ValueError(f"uiContext may have {CONTEXT_BYTES // 1024} KiB")
        return context


class Compaction(Body):
    keep_recent: Annotated[int, Field(ge=0, le=50)] = KEEP_RECENT
    instructions: Annotated[str | None, Field(max_length=2_000)] = None
    force: bool = False


class Rating(Body):
    rating: Annotated[float, Field(allow_inf_nan=False)]
    rating_min: Annotated[float, Field(allow_inf_nan=False)] = 1
    rating_max: Annotated[float, Field(allow_inf_nan=False)] = 5
    message_id: Annotated[str | None, Field(max_length=128)] = None
    feedback: Annotated[str | None, Field(max_length=5_000)] = None


class CommandResult(Body):
    status: Literal["ok", "error", "ignored"] = "ok"
    detail: Annotated[str | None, Field(max_length=2_000)] = None


class Command(Body):
    session_id: Annotated[str, Field(max_length=128)]
    command: str | dict[str, Any]
    args: Annotated[dict[str, Any] | None, Field(validation_alias=AliasChoices("args", "params", "payload"))] = None
    command_id: Annotated[str | None, Field(max_length=128)] = None
    result: CommandResult | None = None


@router.post("/sessions/{session_id}/messages")
async def send_message(
    session_id: str, body: NewMessage, caller: Talker, parts: Parts, idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    x_on_disconnect: Annotated[str | None, Header()] = None, accept: Annotated[str | None, Header()] = None,
    framing: Annotated[Literal["data", "named"], Query()] = "data", x_stream_framing: Annotated[str | None, Header()] = None,
) -> Response:  # fmt: skip
    """Say something; the answer streams as `token` events and ends with one `done` or `error`. `Accept: application/json` waits
    for the whole answer instead."""
    agent, session = await _with_whom(parts, caller, session_id)
    limits = await ratelimit.take(parts, caller, f"messages:{owner_of(caller) or caller.key_id}", limit=_messages_per_hour(caller, agent))
    page = _page(body, session)
    question = Question(session, agent, _who(caller, session), body.content, source="representative", page=page, propose_commands=True)
    turn = ChatTurn(parts.desk, question, render=_done, auto_compact=True)
    started = await parts.hub.start(_order(caller, session, "representative", body, idempotency_key), turn)
    if "application/json" in (accept or ""):
        await wait_for_end(parts.hub, started.log)
        return await _whole(parts, caller, turn, started)
    leaving = x_on_disconnect or parts.settings.run_on_disconnect
    named = framing == "named" or x_stream_framing == "named"
    return stream_started(parts.hub, started, on_disconnect=leaving, with_ids=named, headers=limits)


def _messages_per_hour(caller: Principal, agent: Agent) -> int | None:
    own = agent.limits.get("messages_per_hour") if caller.visitor else None
    return own or caller.limits.get("messages_per_hour")


async def _with_whom(parts: State, caller: Principal, session_id: str) -> tuple[Agent, Session]:
    async with parts.database.connection() as connection:
        session = await session_of(connection, caller, session_id)
        if session.agent_id is None:
            raise NotFound("The representative of this session is gone; start a new session.")
        return await agents.get(connection, caller.tenant_id, session.agent_id), session


def _who(caller: Principal, session: Session) -> str:
    """A visitor is a user whose external id is the fingerprint."""
    return caller.visitor or session.visitor or f"key-{caller.key_id.hex[-12:]}"


def _page(body: NewMessage, session: Session) -> Page:
    context = body.ui_context
    scan = body.scan_context or (context.scan_context if context else None)
    remembered = session.scan_context or {}
    title = scan.tab_title if scan else remembered.get("tabTitle")
    address = scan.page_url if scan else remembered.get("pageUrl")
    if context is None:
        return Page(current_page=address, title=title)
    return Page(
        context.current_page or address, title, tuple(context.selected_elements or ()), context.form_data, context.model_extra or None
    )


def _order(caller: Principal, session: Session, kind: str, body: Body, key: str | None) -> Order:
    return Order(
        caller.tenant_id, kind, str(session.id), PINGREP_CHAT, request_hash=request_hash(session.id, body), conversation_id=session.id,
        idempotency_key=f"{kind}:{session.id}:{key}" if key else None,
    )  # fmt: skip


def _done(answered: Answered) -> dict[str, Any]:
    """What `done` carries beside the text, and what an error says of the half that is kept."""
    question, ending = answered.question, answered.ending
    if ending.status == "error":
        return {"messageId": str(answered.message_id)}
    usage = {
        "inputTokens": ending.usage.input_tokens, "outputTokens": ending.usage.output_tokens,
        "totalTokens": ending.usage.input_tokens + ending.usage.output_tokens,
    }  # fmt: skip
    metadata = {
        "sessionId": str(question.session.id), "messageId": str(answered.message_id), "userMessageId": str(answered.user_message_id),
        "model": answered.model, "finishReason": FINISH.get(answered.finish, "stop"), "usage": usage, "contextUsage": answered.context,
        "commands": list(answered.commands), "suggestedQuestions": list(question.agent.suggested_questions[:3]),
        "durationMs": ending.duration_ms, "firstTokenMs": ending.first_text_ms, "autoCompacted": answered.auto_compacted,
    }  # fmt: skip
    message = {
        "id": str(answered.message_id), "sessionId": str(question.session.id), "role": "assistant", "content": ending.text,
        "createdAt": time(answered.stored_at), "status": ending.message_status, "kind": "message",
        "metadata": {"model": answered.model, "usage": usage, "commands": list(answered.commands)},
    }  # fmt: skip
    return {"message": message, "metadata": metadata}


async def _whole(parts: State, caller: Principal, turn: ChatTurn, started: Started) -> Response:
    if turn.answered is None or started.joined:
        raise Interrupted("Another request is getting this answer; read it in the session.")
    if turn.answered.ending.error:
        raise turn.answered.ending.error
    body = {"type": "done", "content": turn.answered.ending.text} | _done(turn.answered)
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"X-Run-Id": str(started.id)})


@router.post("/sessions/{session_id}/rating")
async def rate_answer(session_id: str, body: Rating, caller: Talker, parts: Parts) -> dict[str, Any]:
    """Rate an answer, or the whole session; 1 to 5 unless the scale is given."""
    if not body.rating_min <= body.rating <= body.rating_max or body.rating_min >= body.rating_max:
        raise Invalid(f"rating: must lie from {body.rating_min:g} to {body.rating_max:g}.")
    agent, session = await _with_whom(parts, caller, session_id)
    target = RatingTarget(body.message_id, None, str(session.id), None)
    async with parts.database.transaction() as connection:
        await signals.rate(
            connection, caller.tenant_id, target, product_id=agent.product_id, value=body.rating, low=body.rating_min, high=body.rating_max,
            feedback=body.feedback, rated_at=None, redactor=pii.redactor, analysis_delay=parts.analysis_delay,
        )  # fmt: skip
    return {"success": True}


@router.post("/sessions/{session_id}/stop")
async def stop_answer(session_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """End the answer that is being given, if there is one. Safe to repeat."""
    async with parts.database.connection() as connection:
        session = await session_of(connection, caller, session_id)
    stopped = await parts.hub.stop_thread(caller.tenant_id, str(session.id))
    return {"stopped": stopped is not None, "runId": str(stopped.id) if stopped else None}


@router.get("/sessions/{session_id}/messages/{message_id}/stream")
async def follow_answer(
    session_id: str, message_id: str, caller: Talker, parts: Parts, after: Annotated[int, Query(ge=0, le=100_000_000)] = 0
) -> Response:
    """The answer that is being given, from the event after `after`; 204 when none is."""
    async with parts.database.connection() as connection:
        session = await session_of(connection, caller, session_id)
    run_id = await parts.hub.answering(caller.tenant_id, str(session.id))
    if run_id is None:
        return Response(status_code=204)
    return RunStream(parts.hub, await parts.hub.log(caller.tenant_id, run_id), run_id, after=after)


@router.post("/sessions/{session_id}/compact")
async def compact(
    session_id: str, caller: Talker, parts: Parts, body: Compaction | None = None, x_on_disconnect: Annotated[str | None, Header()] = None
) -> Response:
    """Fold older messages into a summary that streams as it is written; the messages themselves stay stored."""
    wanted = body or Compaction()
    agent, session = await _with_whom(parts, caller, session_id)

    async def done(fold: Fold, ending: Ending) -> dict[str, Any]:
        if ending.status == "error":
            return {}
        async with parts.database.connection() as connection:
            now = await session_of(connection, caller, session_id)
        said = await said_after(parts.database, caller.tenant_id, now)
        metadata = {
            "sessionId": str(now.id), "compacted": fold.compacted, "messagesCompacted": fold.messages_compacted,
            "messagesKept": fold.messages_kept, "tokensBefore": fold.tokens_before, "tokensAfter": fold.tokens_after,
            "tokensFreed": fold.tokens_before - fold.tokens_after, "contextUsage": context_usage(parts.desk, agent, now, said),
        } | ({"reason": fold.reason} if fold.reason else {})  # fmt: skip
        shown = {"message": summary_shown(now)} if fold.compacted else {}
        return {"summary": ending.text, **shown, "metadata": metadata}

    turn = CompactionTurn(
        parts.desk, agent, session, keep_recent=wanted.keep_recent, instructions=wanted.instructions, force=wanted.force, render=done
    )
    started = await parts.hub.start(_order(caller, session, "compaction", wanted, None), turn)
    return stream_started(parts.hub, started, on_disconnect=x_on_disconnect or parts.settings.run_on_disconnect, with_ids=False)


@router.get("/sessions/{session_id}/context-usage")
async def get_context_usage(session_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """How full the model's window is, to decide when to compact."""
    agent, session = await _with_whom(parts, caller, session_id)
    return context_usage(parts.desk, agent, session, await said_after(parts.database, caller.tenant_id, session))


@router.post("/command")
async def run_command(body: Command, caller: Talker, parts: Parts) -> dict[str, Any]:
    """Carry out, or record, a command of the visitor's page. Only what the representative declares is accepted; the same command
    id gives the same answer."""
    agent, session = await _with_whom(parts, caller, body.session_id)
    given = body.command if isinstance(body.command, dict) else {"type": body.command}
    command_id = str(body.command_id or given.get("id") or f"cmd_{new_id().hex}")[:128]
    command = {"id": command_id, "type": given.get("type"), "target": given.get("target"), "args": body.args or given.get("args") or {}}
    try:
        commands.check(agent.interface, command)
    except Invalid as refusal:
        if command["type"] not in commands.TYPES:
            raise
        return _told(command, "rejected", None, refusal.message)
    result = body.result.model_dump(exclude_none=True) if body.result else None
    async with parts.database.transaction() as connection:
        row = await sessions.record_command(
            connection,
            caller.tenant_id,
            session.id,
            command_id,
            command=command,
            status="recorded" if result else "executed",
            result=result,
        )
    if result is not None and row["result"] not in (None, result):
        raise Conflict("This command was already carried out with another result.")
    return _told(command, row["status"], row["result"], None)


def _told(command: Mapping[str, Any], status: str, result: Any, message: str | None) -> dict[str, Any]:
    return {
        "success": status != "rejected", "commandId": command["id"], "command": command["type"], "status": status, "result": result,
        "message": message,
    }  # fmt: skip
