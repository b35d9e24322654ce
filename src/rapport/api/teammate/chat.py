"""Talking to an agent: one JSON answer, or a stream of chunks that ends with `data: [DONE]`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from rapport.api.auth import Parts, Unlimited
from rapport.api.frames import TEAMMATE
from rapport.api.state import State
from rapport.api.streaming import request_hash, stream_started, wait_for_end
from rapport.api.teammate.agents import agent_of
from rapport.api.teammate.conversations import said, session_of
from rapport.domain.agent import ChatMessage
from rapport.domain.events import Usage
from rapport.domain.scope import Principal
from rapport.errors import Interrupted
from rapport.runs.chat import Answered, ChatTurn, Question, nothing
from rapport.runs.hub import Started
from rapport.runs.run import Order
from rapport.store import runs

router = APIRouter(prefix="/api", tags=["agents"])

LONGEST_MESSAGE = 16_000


class Turn(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["user", "assistant", "system"]
    content: Annotated[str, Field(max_length=32_000)]


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_meta: bool = False
    include_usage: bool = False


class ChatBody(BaseModel):
    """A message to an agent. `context`, where given, stands in for the stored history of this turn."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    message: Annotated[str, Field(max_length=LONGEST_MESSAGE, validation_alias=AliasChoices("message", "content"))]
    context: Annotated[list[Turn] | None, Field(max_length=200)] = None
    conversation_id: Annotated[str | None, Field(max_length=128)] = None
    user_id: Annotated[str | None, Field(max_length=256)] = None
    metadata: Annotated[dict[str, str] | None, Field(max_length=16)] = None
    idempotency_key: Annotated[str | None, Field(max_length=255)] = None
    stream_options: StreamOptions = StreamOptions()

    @field_validator("message")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        text = text.replace("\0", "").strip()
        if not text:
            raise ValueError("the message is blank")
        return text


@router.post("/agents/{agent_id}/chat")
async def chat(
    agent_id: str, body: ChatBody, caller: Unlimited, parts: Parts, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """One answer as JSON."""
    question = await _question(parts, caller, agent_id, body)
    turn, started = await _start(parts, caller, question, body, idempotency_key, unread=False)
    await wait_for_end(parts.hub, started.log)
    answer = await answer_of(parts, caller, question, turn, started)
    headers = {"X-Run-Id": str(started.id), "X-Conversation-Id": str(question.session.id)}
    return Response(msgspec.json.encode(answer), media_type="application/json", headers=headers)


@router.post("/agents/{agent_id}/chat/stream")
async def stream(
    agent_id: str, body: ChatBody, caller: Unlimited, parts: Parts, idempotency_key: Annotated[str | None, Header()] = None,
    x_on_disconnect: Annotated[str | None, Header()] = None,
) -> Response:  # fmt: skip
    """The answer as a stream of `text` chunks, then `done`, then `[DONE]`; an `error` chunk instead of `done` where it fails."""
    question = await _question(parts, caller, agent_id, body)
    turn, started = await _start(parts, caller, question, body, idempotency_key, unread=True)
    headers = {"X-Conversation-Id": str(question.session.id), "X-Message-Id": str(turn.message_id)}
    leaving = x_on_disconnect or parts.settings.run_on_disconnect
    return stream_started(parts.hub, started, on_disconnect=leaving, with_ids=False, headers=headers)


async def _question(parts: State, caller: Principal, agent_id: str, body: ChatBody) -> Question:
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        session = await session_of(connection, caller, agent, body.conversation_id, user_id=body.user_id)
    history = None
    if body.context is not None:
        history = tuple(ChatMessage(turn.role, turn.content) for turn in body.context if turn.role != "system")
    user = body.user_id or caller.visitor or f"key-{caller.key_id.hex[-12:]}"
    return Question(session, agent, user, body.message, source="agent", history=history, properties=body.metadata or {})


async def _start(
    parts: State, caller: Principal, question: Question, body: ChatBody, key: str | None, *, unread: bool
) -> tuple[ChatTurn, Started]:
    options = body.stream_options
    turn = ChatTurn(parts.desk, question, render=_usage if options.include_usage else nothing, unread=unread, announce=options.include_meta)
    key = key or body.idempotency_key
    order = Order(
        caller.tenant_id, "agent", str(question.session.id), TEAMMATE, request_hash=request_hash(question.session.id, body),
        conversation_id=question.session.id, idempotency_key=f"agents:{question.session.id}:{key}" if key else None,
    )  # fmt: skip
    return turn, await parts.hub.start(order, turn)


def _usage(answered: Answered) -> Mapping[str, Any]:
    return {"usage": usage_shown(answered.ending.usage)}


def usage_shown(usage: Usage) -> dict[str, int]:
    """Token counts; the client takes whole numbers only."""
    return {
        "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "total_tokens": usage.input_tokens + usage.output_tokens,
    }  # fmt: skip


async def answer_of(parts: State, caller: Principal, question: Question, turn: ChatTurn, started: Started) -> dict[str, Any]:
    """The stored answer. Raises what ended the run, where it did not end well."""
    agent, session = question.agent, question.session
    head = {"response": "", "agent_id": str(agent.id), "agent_name": agent.name, "conversation_id": str(session.id)}
    if turn.answered and not started.joined:
        ending = turn.answered.ending
        if ending.error:
            raise ending.error
        calls = [{"name": use.call.name, "args": use.call.arguments, "result": use.error or "ok"} for use in turn.tool_uses]
        return head | {
            "response": ending.text, "message_id": str(turn.message_id), "tool_calls": calls, "usage": usage_shown(ending.usage),
        }  # fmt: skip
    async with parts.database.connection() as connection:
        row = await runs.get(connection, caller.tenant_id, started.id)
        messages = await said(connection, caller.tenant_id, session)
    answers = [m for m in messages if m.is_assistant]
    if row.status != "complete" or not answers:
        raise Interrupted(f"The answer ended early ({row.error_code or row.status}); ask again.")
    return head | {"response": answers[-1].content or "", "message_id": str(answers[-1].id), "tool_calls": []}
