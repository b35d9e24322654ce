"""What the files of this API share: bodies in both casings, who owns a session, and how sessions and messages are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from rapport.domain.agent import Agent
from rapport.domain.conversation import Message
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, NotFound
from rapport.store import agents, sessions
from rapport.store.database import Connection
from rapport.store.sessions import DEFAULT_TITLE, Session

SURFACE = "representative"
PREVIEW_CHARACTERS = 140


class Body(BaseModel):
    """camelCase as documented, snake_case as its command line sends it; unknown keys are ignored, null is absent."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True)


def time(moment: datetime | None) -> str | None:
    """2026-02-14T10:00:00.123Z"""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def owner_of(caller: Principal) -> str:
    """Whose sessions the caller sees; '' sees all of the tenant's."""
    return f"visitor:{caller.visitor}" if caller.visitor else ""


async def session_of(connection: Connection, caller: Principal, session_id: str) -> Session:
    """The session that the path names. Raises NotFound, also for another visitor's."""
    found = parse_id(session_id)
    if found is None:
        raise NotFound("There is no such session.")
    session = await sessions.get(connection, caller.tenant_id, found, surface=SURFACE, owner=owner_of(caller))
    if caller.agent_id and session.agent_id != caller.agent_id:
        raise NotFound("There is no such session.")
    return session


async def representative_of(connection: Connection, caller: Principal, reference: str | None) -> Agent:
    """The representative that a session is with: the named one, else the key's, else the tenant's oldest."""
    if caller.agent_id:
        agent = await agents.get(connection, caller.tenant_id, caller.agent_id)
        if reference not in (None, str(agent.id), agent.slug):
            raise Forbidden("This key belongs to another representative.")
        return agent
    if reference:
        return await agents.resolve(connection, caller.tenant_id, reference)
    found = await agents.oldest(connection, caller.tenant_id)
    if found is None:
        raise NotFound("There is no representative yet; make one with POST /api/v1/profiles, or name one in profileId.")
    return found


def session_shown(session: Session) -> dict[str, Any]:
    """A session as this API writes it."""
    preview = session.last_content[:PREVIEW_CHARACTERS] if session.last_content else None
    return {
        "id": str(session.id), "title": session.title or DEFAULT_TITLE, "profileId": str(session.agent_id) if session.agent_id else None,
        "isStarred": session.is_starred, "isArchived": session.archived_at is not None, "messageCount": session.message_count,
        "lastMessagePreview": preview, "createdAt": time(session.created_at), "updatedAt": time(session.updated_at),
        "lastActivityAt": time(session.last_activity_at), "archivedAt": time(session.archived_at), "metadata": session.metadata,
    }  # fmt: skip


def message_shown(message: Message, session: Session) -> dict[str, Any]:
    """A message as this API writes it. `compacted`: the summary stands in for it when a model is asked."""
    role = "user" if message.is_user else "assistant" if message.is_assistant else "system"
    metadata: Mapping[str, Any] = message.properties.get("metadata") or {}
    return {
        "id": str(message.id), "sessionId": str(session.id), "role": role, "content": message.content or "",
        "createdAt": time(message.created_at), "status": message.status, "kind": "message",
        "compacted": message.seq <= session.summary_through, "metadata": metadata,
    }  # fmt: skip
