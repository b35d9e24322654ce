"""Conversations of an agent, their history, and the inbox of answers that nobody has read yet."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from rapport.api.auth import Parts, Unlimited
from rapport.api.teammate.agents import agent_of, id_of, wire_time
from rapport.domain.agent import Agent
from rapport.domain.conversation import Message
from rapport.domain.scope import Principal
from rapport.errors import Conflict, NotFound
from rapport.store import deletion, sessions, transcripts
from rapport.store.database import Connection
from rapport.store.sessions import Session

router = APIRouter(prefix="/api", tags=["agents"])

SURFACE = "agent"
UNTITLED = "New conversation"


class Title(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    title: Annotated[str, Field(max_length=200, validation_alias=AliasChoices("title", "name"))]

    @field_validator("title")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the title is blank")
        return text.strip()


class NewConversation(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    title: Annotated[str | None, Field(max_length=200, validation_alias=AliasChoices("title", "name"))] = None


class MarkRead(BaseModel):
    model_config = ConfigDict(extra="ignore")

    message_ids: Annotated[list[UUID] | None, Field(max_length=1_000)] = None
    conversation_id: UUID | None = None
    before: datetime | None = None


def owner_of(caller: Principal, user_id: str | None = None) -> str:
    """Whose conversations the caller sees: '' sees all of the tenant's."""
    if caller.visitor:
        return f"visitor:{caller.visitor}"
    if user_id:
        return f"user:{user_id}"
    return f"key:{caller.key_id}" if caller.agent_id else ""


async def session_of(
    connection: Connection, caller: Principal, agent: Agent, conversation_id: str | None, *, user_id: str | None = None
) -> Session:
    """The named conversation of this agent, else the one that chat without an id goes to. Raises NotFound."""
    if conversation_id is None:
        return await sessions.default(connection, caller.tenant_id, surface=SURFACE, owner=owner_of(caller, user_id), agent_id=agent.id)
    found = id_of("conversation", conversation_id)
    session = await sessions.get(connection, caller.tenant_id, found, surface=SURFACE, owner=owner_of(caller))
    if session.agent_id != agent.id:
        raise NotFound(f"There is no conversation {conversation_id!r} with this agent.")
    return session


def shown(session: Session, agent: Agent) -> dict[str, Any]:
    """A conversation as this API writes it."""
    last = None
    if session.last_role and session.last_message_at:
        last = {"role": session.last_role, "content": (session.last_content or "")[:200], "created_at": wire_time(session.last_message_at)}
    return {
        "id": str(session.id), "agent_id": str(agent.id), "title": session.title or UNTITLED, "message_count": session.message_count,
        "unread_count": session.unread_count, "last_message": last,
        "created_at": wire_time(session.created_at), "updated_at": wire_time(session.last_activity_at),
    }  # fmt: skip


async def said(connection: Connection, tenant_id: int, session: Session) -> list[Message]:
    """The session's chat messages, oldest first; none where nothing was said yet."""
    try:
        conversation = await transcripts.get(connection, tenant_id, session.id)
    except NotFound:
        return []
    return [m for m in conversation.messages if m.is_user or m.is_assistant or m.type == "system_message"]


def message_shown(message: Message, session: Session) -> dict[str, Any]:
    """A message as this API writes it."""
    role = "user" if message.is_user else "assistant" if message.is_assistant else "system"
    return {
        "role": role, "content": message.content or "", "created_at": wire_time(message.created_at), "id": str(message.id),
        "conversation_id": str(session.id), "status": message.status,
    }  # fmt: skip


@router.get("/agents/{agent_id}/conversations")
async def list_conversations(
    agent_id: str, caller: Unlimited, parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0, q: Annotated[str | None, Query(max_length=200)] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Conversations of this agent, the last active first."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        found, _ = await sessions.list_(
            connection, caller.tenant_id, surface=SURFACE, owner=owner_of(caller), agent_id=agent.id, archived=None, query=q, limit=limit,
            offset=offset,
        )  # fmt: skip
        return [shown(session, agent) for session in found]


@router.post("/agents/{agent_id}/conversations")
async def create_conversation(agent_id: str, caller: Unlimited, parts: Parts, body: NewConversation | None = None) -> dict[str, Any]:
    """A new, empty conversation."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        title = body.title.strip() if body and body.title else None
        session = await sessions.create(
            connection, caller.tenant_id, surface=SURFACE, owner=owner_of(caller), agent_id=agent.id, title=title or None
        )
        return shown(session, agent)


@router.get("/agents/{agent_id}/conversations/{conversation_id}")
async def get_conversation(agent_id: str, conversation_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """A conversation with its messages, oldest first."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        session = await session_of(connection, caller, agent, conversation_id)
        messages = await said(connection, caller.tenant_id, session)
    return shown(session, agent) | {"messages": [message_shown(m, session) for m in messages]}


@router.put("/agents/{agent_id}/conversations/{conversation_id}")
@router.patch("/agents/{agent_id}/conversations/{conversation_id}", include_in_schema=False)
async def rename_conversation(agent_id: str, conversation_id: str, body: Title, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Give a conversation another title."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        session = await session_of(connection, caller, agent, conversation_id)
        changed = await sessions.update(
            connection, caller.tenant_id, session.id, {"title": body.title}, surface=SURFACE, owner=owner_of(caller)
        )
        return shown(changed, agent)


@router.delete("/agents/{agent_id}/conversations/{conversation_id}")
async def delete_conversation(agent_id: str, conversation_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Remove a conversation and its messages, for good."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        session = await session_of(connection, caller, agent, conversation_id)
        if await parts.hub.answering(caller.tenant_id, str(session.id)):
            raise Conflict("This conversation is being answered; stop it first.")
        deleted = len(await said(connection, caller.tenant_id, session))
        await sessions.delete(connection, caller.tenant_id, [session.id], surface=SURFACE, owner=owner_of(caller))
        await deletion.delete_conversations(connection, caller.tenant_id, [session.id])
    return {"status": "deleted", "id": str(session.id), "deleted_messages": deleted}


@router.get("/agents/{agent_id}/history")
async def history(
    agent_id: str, caller: Unlimited, parts: Parts, limit: Annotated[int, Query(ge=1, le=200)] = 20,
    conversation_id: Annotated[str | None, Query(max_length=128)] = None, user_id: Annotated[str | None, Query(max_length=256)] = None,
    before: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The last messages of a conversation, oldest first; by default of the one that chat without an id goes to."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        session = await session_of(connection, caller, agent, conversation_id, user_id=user_id)
        messages = await said(connection, caller.tenant_id, session)
    if before is not None:
        place = next((n for n, m in enumerate(messages) if m.id == before), None)
        if place is None:
            raise NotFound(f"There is no message {before} in this conversation.")
        messages = messages[:place]
    return {"messages": [message_shown(m, session) for m in messages[-limit:]]}


@router.get("/agents/{agent_id}/inbox")
async def inbox(
    agent_id: str, caller: Unlimited, parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 50, conversation_id: UUID | None = None
) -> dict[str, Any]:
    """Answers that were finished after their reader had left, and others that nobody asked for; newest first."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        rows, unread = await sessions.inbox(
            connection, caller.tenant_id, agent.id, owner=owner_of(caller), session_id=conversation_id, limit=limit
        )
    items = [
        {
            "id": str(row["id"]), "agent_id": str(agent.id), "agent_name": agent.name, "conversation_id": str(row["session_id"]),
            "role": "assistant", "content": row["content"], "type": row["type"], "created_at": wire_time(row["created_at"]),
            "read": row["read_at"] is not None,
        }
        for row in rows
    ]  # fmt: skip
    return {"messages": items, "unread_count": unread}


@router.post("/agents/{agent_id}/mark-read")
async def mark_read(agent_id: str, caller: Unlimited, parts: Parts, body: MarkRead | None = None) -> dict[str, Any]:
    """Mark answers as read: the named ones, those of a conversation, those before a moment, or all. Safe to repeat."""
    wanted = body or MarkRead()
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        owner = owner_of(caller)
        marked = await sessions.mark_read(
            connection, caller.tenant_id, agent.id, owner=owner, message_ids=wanted.message_ids, session_id=wanted.conversation_id,
            before=wanted.before,
        )  # fmt: skip
        _, unread = await sessions.inbox(connection, caller.tenant_id, agent.id, owner=owner, session_id=None, limit=1)
    return {"status": "ok", "marked": marked, "unread_count": unread}
