"""Chat sessions: create, list, read, rename, star, archive, delete."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AliasChoices, Field, field_validator

from rapport.api.auth import Parts, Talker
from rapport.api.pingrep.wire import SURFACE, Body, message_shown, owner_of, representative_of, session_of, session_shown, time
from rapport.domain.ids import parse_id
from rapport.errors import Conflict, NotFound
from rapport.store import deletion, sessions, transcripts
from rapport.store.database import Connection
from rapport.store.sessions import Session

router = APIRouter(prefix="/api/v1/chat", tags=["representatives"])

CREATED = 201


class ScanContext(Body):
    tab_title: Annotated[str | None, Field(max_length=512)] = None
    page_url: Annotated[str | None, Field(max_length=2_048)] = None


class NewSession(Body):
    profile_id: Annotated[str | None, Field(max_length=128)] = None
    title: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    visitor_fingerprint: Annotated[str | None, Field(max_length=128)] = None
    scan_context: ScanContext | None = None
    metadata: Annotated[dict[str, str] | None, Field(max_length=16)] = None


class SessionChange(Body):
    title: Annotated[str | None, Field(max_length=255, validation_alias=AliasChoices("title", "name"))] = None
    is_starred: Annotated[bool | None, Field(validation_alias=AliasChoices("isStarred", "is_starred", "starred"))] = None
    is_archived: Annotated[bool | None, Field(validation_alias=AliasChoices("isArchived", "is_archived", "archived"))] = None

    @field_validator("title")
    @classmethod
    def _not_blank(cls, text: str | None) -> str | None:
        if text is not None and not text.strip():
            raise ValueError("the title is blank")
        return text


class BulkDelete(Body):
    session_ids: Annotated[
        list[str], Field(min_length=1, max_length=100, validation_alias=AliasChoices("sessionIds", "session_ids", "ids"))
    ]


@router.post("/sessions", status_code=CREATED)
async def create_session(caller: Talker, parts: Parts, body: NewSession | None = None) -> dict[str, Any]:
    """Start a session with a representative; an empty body starts one with the tenant's first."""
    wanted = body or NewSession()
    async with parts.database.transaction() as connection:
        agent = await representative_of(connection, caller, wanted.profile_id)
        session = await sessions.create(
            connection, caller.tenant_id, surface=SURFACE, owner=owner_of(caller), agent_id=agent.id,
            visitor=caller.visitor or wanted.visitor_fingerprint, title=wanted.title, metadata=wanted.metadata,
            scan_context=wanted.scan_context.model_dump(by_alias=True, exclude_none=True) if wanted.scan_context else None,
        )  # fmt: skip
    return session_shown(session)


@router.get("/sessions")
async def list_sessions(
    caller: Talker, parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
    archived: Literal["true", "false", "all"] = "false", starred: bool | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Sessions: starred first, then by last activity. Archived ones only when asked for."""
    async with parts.database.connection() as connection:
        found, total = await sessions.list_(
            connection, caller.tenant_id, surface=SURFACE, owner=owner_of(caller), agent_id=caller.agent_id,
            archived=None if archived == "all" else archived == "true", starred=starred, query=q, limit=limit, offset=offset,
        )  # fmt: skip
    return {"sessions": [session_shown(s) for s in found], "total": total, "hasMore": offset + len(found) < total}


@router.post("/sessions/bulk-delete")
async def bulk_delete(body: BulkDelete, caller: Talker, parts: Parts) -> dict[str, Any]:
    """Delete many sessions with their messages; ids that are unknown are told, and the others go."""
    ids = {text: parse_id(text) for text in dict.fromkeys(body.session_ids)}
    async with parts.database.transaction() as connection:
        removed = await sessions.delete(
            connection, caller.tenant_id, [i for i in ids.values() if i], surface=SURFACE, owner=owner_of(caller)
        )
        await deletion.delete_conversations(connection, caller.tenant_id, removed)
    gone = [text for text, found in ids.items() if found in removed]
    return {"deleted": len(gone), "deletedIds": gone, "notFound": [text for text in ids if text not in gone]}


@router.get("/sessions/{session_id}")
async def get_session(session_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """A session with its messages, oldest first; also those that a summary stands in for, and the summary in its place."""
    async with parts.database.connection() as connection:
        session = await session_of(connection, caller, session_id)
        messages = await shown_messages(connection, caller.tenant_id, session)
    return session_shown(session) | {"messages": messages}


async def shown_messages(connection: Connection, tenant_id: int, session: Session) -> list[dict[str, Any]]:
    """The session's chat messages with its summary where the summarised ones end."""
    try:
        conversation = await transcripts.get(connection, tenant_id, session.id)
    except NotFound:  # nothing was said yet
        return []
    shown: list[dict[str, Any]] = []
    for message in conversation.messages:
        if session.summary and message.seq > session.summary_through and not any(m["kind"] == "summary" for m in shown):
            shown.append(summary_shown(session))
        if message.is_user or message.is_assistant:
            shown.append(message_shown(message, session))
    return shown


def summary_shown(session: Session) -> dict[str, Any]:
    """The summary as a message. Its id is the session's own with another version, so that it stays the same."""
    return {
        "id": f"{session.id}-summary-{session.compactions}", "sessionId": str(session.id), "role": "system",
        "content": session.summary or "", "createdAt": time(session.last_compacted_at), "status": "complete", "kind": "summary",
        "compacted": False, "metadata": {},
    }  # fmt: skip


@router.patch("/sessions/{session_id}")
@router.put("/sessions/{session_id}", include_in_schema=False)
async def change_session(session_id: str, caller: Talker, parts: Parts, body: SessionChange | None = None) -> dict[str, Any]:
    """Rename, star, archive or restore a session; nothing given changes nothing."""
    given = (body or SessionChange()).model_dump(exclude_none=True)
    if "is_archived" in given:
        given["archived_at"] = datetime.now(UTC) if given.pop("is_archived") else None
    async with parts.database.transaction() as connection:
        session = await session_of(connection, caller, session_id)
        if given.get("archived_at") and session.archived_at:
            given.pop("archived_at")
        return session_shown(
            await sessions.update(connection, caller.tenant_id, session.id, given, surface=SURFACE, owner=owner_of(caller))
        )


@router.post("/sessions/{session_id}/archive")
@router.patch("/sessions/{session_id}/archive", include_in_schema=False)
async def archive_session(session_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """Put a session aside; it can be restored, and a new message restores it. Safe to repeat."""
    return await change_session(session_id, caller, parts, SessionChange(is_archived=True))


@router.delete("/sessions/{session_id}", status_code=204)
async def delete_session(session_id: str, caller: Talker, parts: Parts) -> Response:
    """Remove a session and its messages, for good."""
    async with parts.database.transaction() as connection:
        session = await session_of(connection, caller, session_id)
        if await parts.hub.answering(caller.tenant_id, str(session.id)):
            raise Conflict("This session is being answered; stop it first.")
        await sessions.delete(connection, caller.tenant_id, [session.id], surface=SURFACE, owner=owner_of(caller))
        await deletion.delete_conversations(connection, caller.tenant_id, [session.id])
    return Response(status_code=204)
