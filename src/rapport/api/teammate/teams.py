"""Teams: make them, and ask them. A long JSON answer is kept alive by spaces before its object; failures inside a committed answer are
told inside it, member by member."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import StreamingResponse

from rapport.api.auth import Parts, Unlimited
from rapport.api.frames import TEAMMATE
from rapport.api.state import State
from rapport.api.streaming import request_hash, stream_started, wait_for_end
from rapport.api.teammate import agents as agents_api
from rapport.api.teammate.agents import DEFAULT_PRODUCT, id_of, only_own_agents, wire_time
from rapport.api.teammate.chat import ChatBody, usage_shown
from rapport.api.teammate.conversations import owner_of
from rapport.domain.agent import ChatMessage
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, Interrupted, Invalid, NotFound
from rapport.runs.hub import Started
from rapport.runs.modes import MODES, conduct, mode_named
from rapport.runs.run import Order
from rapport.runs.teams import Member, Outcome, TeamQuestion, TeamTurn
from rapport.runs.teams import Response as MemberResponse
from rapport.store import agents, catalog, deletion, sessions, teams
from rapport.store.database import Connection
from rapport.store.teams import Team

router = APIRouter(prefix="/api", tags=["teams"])

SURFACE = "team"
KEEP_ALIVE_S = 10.0


def _mode(text: str) -> str:
    if found := mode_named(text):
        return found
    raise ValueError(f"unknown mode {text!r}; known: auto, {', '.join(MODES)}")


class TeamBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    description: Annotated[str | None, Field(max_length=2_000)] = None
    avatar_url: Annotated[str | None, Field(max_length=2_048)] = None
    chat_mode: str | None = None
    default_agent_id: UUID | None = None

    @field_validator("chat_mode")
    @classmethod
    def _known(cls, text: str | None) -> str | None:
        return _mode(text) if text is not None else None


class NewTeam(TeamBody):
    name: Annotated[str, Field(min_length=1, max_length=100)]  # type: ignore[assignment]


class MemberBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    agent_id: Annotated[str, Field(max_length=128)]
    role: Annotated[str | None, Field(max_length=100)] = None


class TeamChatBody(ChatBody):
    """A question to a team."""

    mode: str | None = None
    target_agent_id: Annotated[str | None, Field(max_length=128)] = None
    rounds: Annotated[int, Field(ge=1, le=3)] = 1
    summary: bool = True

    @field_validator("mode")
    @classmethod
    def _known(cls, text: str | None) -> str | None:
        return _mode(text) if text is not None else None


def _shown(team: Team) -> dict[str, Any]:
    return {
        "id": str(team.id), "name": team.name, "description": team.description, "avatar_url": team.avatar_url, "chat_mode": team.chat_mode,
        "agents": [{"id": str(agent.id), "name": agent.name, "role": role} for agent, role in team.members],
        "default_agent_id": str(team.default_agent_id) if team.default_agent_id else None, "created_at": wire_time(team.created_at),
    }  # fmt: skip


async def _default_agent(connection: Connection, caller: Principal, agent_id: UUID | None) -> None:
    if agent_id:
        await agents.get(connection, caller.tenant_id, agent_id)


@router.get("/teams")
async def list_teams(caller: Unlimited, parts: Parts) -> list[dict[str, Any]]:
    """All teams, newest first."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        return [_shown(team) for team in await teams.list_(connection, caller.tenant_id)]


@router.post("/teams")
async def create_team(body: NewTeam, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Make a team, still without members."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        await _default_agent(connection, caller, body.default_agent_id)
        product_id = await catalog.ensure_product(connection, caller.tenant_id, DEFAULT_PRODUCT)
        return _shown(await teams.create(connection, caller.tenant_id, product_id=product_id, **body.model_dump(exclude_none=True)))


@router.get("/teams/{team_id}")
async def get_team(team_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """One team with its members."""
    async with parts.database.connection() as connection:
        return _shown(await _team(connection, caller, team_id))


@router.put("/teams/{team_id}")
@router.patch("/teams/{team_id}", include_in_schema=False)
async def update_team(team_id: str, body: TeamBody, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Change what is given."""
    only_own_agents(caller)
    changes = body.model_dump(exclude_unset=True)
    for name in ("name", "chat_mode"):
        if changes.get(name, "") is None:
            changes.pop(name)
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        await _default_agent(connection, caller, changes.get("default_agent_id"))
        return _shown(await teams.update(connection, caller.tenant_id, team.id, changes))


@router.put("/teams/{team_id}/default-agent")
async def set_default_agent(team_id: str, body: MemberBody, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Who answers when no member fits a question better."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        agent = await agents.resolve(connection, caller.tenant_id, body.agent_id)
        return _shown(await teams.update(connection, caller.tenant_id, team.id, {"default_agent_id": agent.id}))


@router.delete("/teams/{team_id}")
async def delete_team(team_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Remove a team and its conversations; its agents stay."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        gone = await teams.delete(connection, caller.tenant_id, team.id)
        await deletion.delete_conversations(connection, caller.tenant_id, gone)
    return {"status": "deleted", "id": str(team.id)}


async def _team(connection: Connection, caller: Principal, team_id: str) -> Team:
    if caller.visitor:
        raise Forbidden("A visitor may only chat with its representative.")
    team = await teams.get(connection, caller.tenant_id, team_id)
    if caller.agent_id and caller.agent_id != team.id:
        raise Forbidden("This key belongs to another agent or team.")
    return team


# Members --------------------------------------------------------------------------------------------------------------


@router.get("/teams/{team_id}/agents")
async def list_members(team_id: str, caller: Unlimited, parts: Parts) -> list[dict[str, Any]]:
    """The team's agents, in their order."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        team = await _team(connection, caller, team_id)
    return [agents_api.shown(agent) | {"role": role} for agent, role in team.members]


@router.post("/teams/{team_id}/agents")
async def add_member(team_id: str, body: MemberBody, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Put an agent into the team; again changes only its role."""
    return await _add(parts, caller, team_id, body.agent_id, body.role)


@router.post("/teams/{team_id}/agents/{agent_id}")
async def add_named_member(team_id: str, agent_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Put an agent into the team."""
    return await _add(parts, caller, team_id, agent_id, None)


async def _add(parts: State, caller: Principal, team_id: str, agent_id: str, role: str | None) -> dict[str, Any]:
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        agent = await agents.resolve(connection, caller.tenant_id, agent_id)
        await teams.add_member(connection, caller.tenant_id, team.id, agent.id, role=role)
        return _shown(await teams.get(connection, caller.tenant_id, team_id))


@router.delete("/teams/{team_id}/agents/{agent_id}")
async def remove_member(team_id: str, agent_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Take an agent out of the team."""
    only_own_agents(caller)
    found = id_of("agent", agent_id)
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        await teams.remove_member(connection, caller.tenant_id, team.id, found)
        return _shown(await teams.get(connection, caller.tenant_id, team_id))


# Chat -----------------------------------------------------------------------------------------------------------------


@router.post("/teams/{team_id}/chat")
async def team_chat(
    team_id: str, body: TeamChatBody, caller: Unlimited, parts: Parts, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """Every member's answer and a summary, as one JSON object."""
    question = await _question(parts, caller, team_id, body)
    turn, started = await _start(parts, caller, question, body, idempotency_key)
    headers = {"X-Run-Id": str(started.id), "X-Conversation-Id": str(question.session.id)}
    waiting = asyncio.create_task(wait_for_end(parts.hub, started.log))
    done, _ = await asyncio.wait((waiting,), timeout=KEEP_ALIVE_S)
    if done:
        return Response(msgspec.json.encode(_answer(question, turn, started)), media_type="application/json", headers=headers)
    return StreamingResponse(_kept_alive(waiting, question, turn, started), media_type="application/json", headers=headers)


async def _kept_alive(waiting: asyncio.Task[None], question: TeamQuestion, turn: TeamTurn, started: Started) -> AsyncIterator[bytes]:
    """A space now and then, which JSON allows before its object, and then the object."""
    while not waiting.done():
        yield b" "
        await asyncio.wait((waiting,), timeout=KEEP_ALIVE_S)
    outcome = turn.outcome or Outcome(question.mode, (), "")
    error = turn.ending.error if turn.ending else None
    yield msgspec.json.encode(_written(question, turn, outcome) | ({"error": error.message, "code": error.code} if error else {}))


def _answer(question: TeamQuestion, turn: TeamTurn, started: Started) -> dict[str, Any]:
    if started.joined or turn.ending is None:
        raise Interrupted("Another request is getting this answer; read it in the team's conversation.")
    if turn.ending.error:
        raise turn.ending.error
    return _written(question, turn, turn.outcome or Outcome(question.mode, (), ""))


def _written(question: TeamQuestion, turn: TeamTurn, outcome: Outcome) -> dict[str, Any]:
    usage = {"usage": usage_shown(turn.ending.usage)} if turn.ending else {}
    return {
        "responses": [_response(response) for response in outcome.responses], "summary": outcome.summary, "mode": outcome.mode,
        "auto_selected": outcome.auto_selected, "memory_saved": False, "conversation_id": str(question.session.id),
        "ranking": list(outcome.ranking), "verdict": outcome.verdict, **usage,
    }  # fmt: skip


def _response(response: MemberResponse) -> dict[str, Any]:
    agent = response.agent
    return {
        "agent_id": str(agent.id), "agent_name": agent.name, "content": response.content, "avatar_url": agent.avatar_url,
        "round": response.round, "role": response.role, "status": response.status, "error": response.error, "votes": response.votes,
    }  # fmt: skip


@router.post("/teams/{team_id}/chat/stream")
async def team_stream(
    team_id: str, body: TeamChatBody, caller: Unlimited, parts: Parts, idempotency_key: Annotated[str | None, Header()] = None,
    x_on_disconnect: Annotated[str | None, Header()] = None,
) -> Response:  # fmt: skip
    """The members' answers as they speak, each chunk with its `agent_id`, then the summary, `done` and `[DONE]`."""
    question = await _question(parts, caller, team_id, body)
    _, started = await _start(parts, caller, question, body, idempotency_key)
    headers = {"X-Conversation-Id": str(question.session.id)}
    leaving = x_on_disconnect or parts.settings.run_on_disconnect
    return stream_started(parts.hub, started, on_disconnect=leaving, with_ids=False, headers=headers)


async def _question(parts: State, caller: Principal, team_id: str, body: TeamChatBody) -> TeamQuestion:
    async with parts.database.transaction() as connection:
        team = await _team(connection, caller, team_id)
        members = tuple(Member(agent, role) for agent, role in team.members)
        if body.target_agent_id:
            members = tuple(m for m in members if body.target_agent_id in (str(m.agent.id), m.agent.slug))
            if not members:
                raise NotFound(f"The agent {body.target_agent_id!r} is not in this team.")
        if not members:
            raise Invalid("Team has no agents: add one with POST /api/teams/{id}/agents.")
        owner = owner_of(caller, body.user_id)
        if body.conversation_id is None:
            session = await sessions.default(connection, caller.tenant_id, surface=SURFACE, owner=owner, team_id=team.id)
        else:
            found = id_of("conversation", body.conversation_id)
            session = await sessions.get(connection, caller.tenant_id, found, surface=SURFACE, owner=owner_of(caller))
            if session.team_id != team.id:
                raise NotFound(f"There is no conversation {body.conversation_id!r} with this team.")
        turn = await teams.next_turn(connection, caller.tenant_id, team.id)
    history = None
    if body.context is not None:
        history = tuple(ChatMessage(t.role, t.content) for t in body.context if t.role != "system")
    return TeamQuestion(
        tenant_id=caller.tenant_id, team_id=team.id, team_name=team.name, product_id=team.product_id, session=session, members=members,
        user=body.user_id or f"key-{caller.key_id.hex[-12:]}", content=body.message, mode=body.mode or team.chat_mode, turn=turn,
        rounds=body.rounds, summarise=body.summary, default_agent_id=team.default_agent_id, history=history,
        seconds_each=parts.settings.team_member_seconds, at_once=parts.settings.team_members_at_once,
    )  # fmt: skip


async def _start(parts: State, caller: Principal, question: TeamQuestion, body: TeamChatBody, key: str | None) -> tuple[TeamTurn, Started]:
    turn = TeamTurn(parts.desk, question, conduct)
    key = key or body.idempotency_key
    order = Order(
        caller.tenant_id, "team", str(question.session.id), TEAMMATE, request_hash=request_hash(question.session.id, body),
        conversation_id=question.session.id, idempotency_key=f"teams:{question.session.id}:{key}" if key else None,
    )  # fmt: skip
    return turn, await parts.hub.start(order, turn)
