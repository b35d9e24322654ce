"""Tickets that were created: a list and one as JSON, and a page to read one.

A page in a browser has no key to send, so it asks for one; without a key it holds nothing. All text is escaped, and the page may load
nothing and run nothing: what users wrote stands in tickets.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, JSONResponse

from rapport.api import auth, brands
from rapport.api.auth import Caller, Parts
from rapport.api.pages import page
from rapport.api.state import State
from rapport.domain.brand import Brand
from rapport.domain.scope import Principal
from rapport.errors import NotFound, Unauthorized
from rapport.store import tickets
from rapport.store.tickets import StoredTicket

router = APIRouter(tags=["tickets"])


@router.get("/api/v1/tickets")
async def list_tickets(
    parts: Parts, caller: Caller, page: Annotated[int, Query(ge=1, le=10_000)] = 1, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> JSONResponse:
    """Tickets that were created from chats with the analyst, newest first."""
    _unlimited(caller)
    async with parts.database.connection() as connection:
        found, total = await tickets.page(connection, caller.tenant_id, offset=(page - 1) * limit, limit=limit)
    return JSONResponse({"tickets": [_shown(ticket) for ticket in found], "total": total}, headers={"X-Total-Count": str(total)})


@router.get("/api/v1/tickets/{identifier:path}")
async def get_ticket(identifier: str, parts: Parts, caller: Caller) -> dict:
    """One ticket, as it was when it was created."""
    return _shown(await _find(parts, caller, identifier))


@router.get("/tickets/{identifier}", response_class=HTMLResponse)
async def ticket_page(identifier: str, request: Request, parts: Parts) -> HTMLResponse:
    """One ticket to read. Without a key the page asks for one."""
    try:
        caller = await auth.caller(request)
    except Unauthorized:
        return _ask_for_key(identifier, brands.served(request))
    return _page(await _find(parts, caller, identifier), await brands.of_tenant(request, parts, caller.tenant_id))


@router.post("/tickets/{identifier}", response_class=HTMLResponse)
async def open_ticket_page(identifier: str, request: Request, parts: Parts, key: Annotated[str, Form(max_length=300)]) -> HTMLResponse:
    """One ticket to read, with the key that the page asked for."""
    try:
        caller = auth.with_api(await auth.holder_here(request, key))
    except Unauthorized:
        return _ask_for_key(identifier, brands.served(request), "That key is not valid. ")
    return _page(await _find(parts, caller, identifier), await brands.of_tenant(request, parts, caller.tenant_id))


def _unlimited(caller: Principal) -> None:
    """Tickets quote conversations of anybody, so keys that see only some of them see no tickets."""
    if caller.organization_id or caller.user_id or caller.agent_id:
        raise NotFound("There are no tickets for a limited key.")


async def _find(parts: State, caller: Principal, identifier: str) -> StoredTicket:
    _unlimited(caller)
    async with parts.database.connection() as connection:
        found = await tickets.find(connection, caller.tenant_id, identifier)
    if found is None:
        raise NotFound(f"There is no ticket {identifier}.")
    return found


def _shown(ticket: StoredTicket) -> dict:
    return {
        "identifier": ticket.identifier, "provider": ticket.provider, "url": ticket.url, "title": ticket.title,
        "description": ticket.description, "labelIds": list(ticket.label_ids), "priority": ticket.priority, "status": ticket.status,
        "source": {"type": ticket.source_type, "conversationId": ticket.source_id}, "createdAt": ticket.created_at.isoformat(),
    }  # fmt: skip


def _page(ticket: StoredTicket, brand: Brand) -> HTMLResponse:
    labels = ", ".join([*ticket.label_ids, *([f"priority {ticket.priority}"] if ticket.priority else [])])
    source = f" · from conversation {ticket.source_id}" if ticket.source_id else ""
    head = f"{ticket.identifier} · {ticket.status} · {labels} · {ticket.created_at:%Y-%m-%d %H:%M} UTC{source}"
    body = f"<h1>{escape(ticket.title)}</h1><small>{escape(head)}</small><pre>{escape(ticket.description)}</pre>"
    return page(f"{ticket.identifier} {ticket.title}", body, brand)


def _ask_for_key(identifier: str, brand: Brand | None, problem: str = "") -> HTMLResponse:
    form = (
        f'<h1>{escape(identifier)}</h1><p>{escape(problem)}Enter an API key to read this ticket.</p><form method="post">'
        '<input type="password" name="key" autocomplete="off" required autofocus> <button>Open</button></form>'
    )
    return page(identifier, form, brand, status=401)
