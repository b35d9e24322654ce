"""Questions from anyone to a published representative: as a stream, or as one JSON answer. No key; limits per representative, visitor
fingerprint and address."""

import hashlib
import hmac
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import Field, field_validator

from rapport.api import ratelimit
from rapport.api.auth import Parts
from rapport.api.brands import only_tenant
from rapport.api.frames import PINGREP_ASK
from rapport.api.pingrep.wire import SURFACE, Body
from rapport.api.state import State
from rapport.api.streaming import request_hash, stream_started, wait_for_end
from rapport.domain.agent import Agent, ChatMessage
from rapport.domain.events import Notice
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, Interrupted, NotFound
from rapport.runs.chat import ChatTurn, Question
from rapport.runs.hub import Started
from rapport.runs.run import Order, Run
from rapport.store import agents, keys, sessions
from rapport.store.sessions import Session

router = APIRouter(prefix="/api/v1/public/ai", tags=["representatives"])

ASKS_PER_HOUR = 60
VISITOR_ASKS_PER_HOUR = 30
MOST_TURNS = 20


class PastTurn(Body):
    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=8_000)]


class Ask(Body):
    profile_id: Annotated[str, Field(min_length=1, max_length=128)]
    question: Annotated[str, Field(max_length=1_000)]
    mode: Literal["public", "owner"] | None = None
    visitor_fingerprint: Annotated[str | None, Field(max_length=128)] = None
    session_id: Annotated[str | None, Field(max_length=128)] = None
    conversation_history: Annotated[list[PastTurn] | None, Field(max_length=MOST_TURNS)] = None
    post_slug: Annotated[str | None, Field(max_length=200)] = None
    exchange_count: float | None = None

    @field_validator("question")
    @classmethod
    def _some(cls, text: str) -> str:
        text = text.replace("\0", "").strip()
        if not text:
            raise ValueError("the question is blank")
        return text


class AskTurn(ChatTurn):
    """A question of a visitor: the stream begins with who is there and how much may still be asked."""

    def __init__(self, parts: State, question: Question, remaining: int):
        super().__init__(parts.desk, question)
        self._first = (
            Notice("connected", {"session_id": str(question.session.id)}),
            Notice("meta", {"remaining_questions": remaining, "name": question.agent.name, "profile_id": str(question.agent.id),
                            "suggested_questions": list(question.agent.suggested_questions)}),
        )  # fmt: skip

    async def answer(self, run: Run) -> None:
        for notice in self._first:
            run.emit(notice)
        await super().answer(run)


@router.post("/ask")
async def ask(body: Ask, request: Request, parts: Parts, x_on_disconnect: Annotated[str | None, Header()] = None) -> Response:
    """Ask a published representative; the answer streams as `text` events between `connected` and `done`."""
    _, started, _ = await _start(parts, request, body)
    return stream_started(parts.hub, started, on_disconnect=x_on_disconnect or parts.settings.run_on_disconnect, with_ids=False)


@router.post("/ask-sync")
async def ask_sync(body: Ask, request: Request, parts: Parts) -> Response:
    """Ask a published representative and wait for the whole answer."""
    turn, started, remaining = await _start(parts, request, body)
    await wait_for_end(parts.hub, started.log)
    if turn.answered is None:
        raise Interrupted("The answer ended early; ask again.")
    if turn.answered.ending.error:
        raise turn.answered.ending.error
    question = turn.answered.question
    answer: dict[str, Any] = {
        "answer": turn.answered.ending.text, "suggested_questions": list(question.agent.suggested_questions),
        "remaining_questions": remaining, "session_id": str(question.session.id),
    }  # fmt: skip
    return Response(msgspec.json.encode(answer), media_type="application/json", headers={"X-Run-Id": str(started.id)})


async def _start(parts: State, request: Request, body: Ask) -> tuple[AskTurn, Started, int]:
    if body.mode == "owner":
        raise Forbidden("mode owner needs the owner's key; ask in a session of POST /api/v1/chat/sessions instead.")
    async with parts.database.connection() as connection:
        agent = await agents.find_public(connection, body.profile_id, of=only_tenant(request))
    visitor = body.visitor_fingerprint or await _address(parts, agent, request)
    remaining = await _count(parts, agent, visitor)
    session = await _session(parts, agent, body.session_id, visitor)
    history = None
    if body.conversation_history is not None:
        history = tuple(ChatMessage(turn.role, turn.content) for turn in body.conversation_history)
    properties = {"postSlug": body.post_slug} if body.post_slug else {}
    question = Question(session, agent, visitor, body.question, source="representative", history=history, properties=properties)
    turn = AskTurn(parts, question, remaining)
    order = Order(
        agent.tenant_id, "representative", str(session.id), PINGREP_ASK, request_hash=request_hash(session.id, body),
        conversation_id=session.id,
    )  # fmt: skip
    return turn, await parts.hub.start(order, turn), remaining


async def _address(parts: State, agent: Agent, request: Request) -> str:
    """Who asks without a fingerprint: the address, as a keyed hash, so that no address is stored."""
    async with parts.database.connection() as connection:
        secret = await keys.secret(connection, agent.tenant_id, "visitor")
    address = request.client.host if request.client else "unknown"
    return f"address-{hmac.digest(secret, address.encode(), hashlib.sha256).hex()[:16]}"


async def _count(parts: State, agent: Agent, visitor: str) -> int:
    """Counts the question; how many this visitor may still ask. Raises RateLimited."""
    asker = Principal(tenant_id=agent.tenant_id, tenant_name="", plan="enterprise", key_id=agent.id)
    of_agent = await ratelimit.take(parts, asker, f"ask:{agent.id}", limit=agent.limits.get("asks_per_hour", ASKS_PER_HOUR))
    of_visitor = await ratelimit.take(parts, asker, f"ask:{agent.id}:{visitor}"[:200], limit=VISITOR_ASKS_PER_HOUR)
    return min(int(of_agent["X-RateLimit-Remaining"]), int(of_visitor["X-RateLimit-Remaining"]))


async def _session(parts: State, agent: Agent, session_id: str | None, visitor: str) -> Session:
    """The visitor's session with this representative: the named one, if it is theirs, else a new one."""
    owner = f"visitor:{visitor}"
    async with parts.database.transaction() as connection:
        found = parse_id(session_id) if session_id else None
        if found:
            try:
                session = await sessions.get(connection, agent.tenant_id, found, surface=SURFACE, owner=owner)
            except NotFound:
                session = None
            if session and session.agent_id == agent.id:
                return session
        return await sessions.create(connection, agent.tenant_id, surface=SURFACE, owner=owner, agent_id=agent.id, visitor=visitor)
