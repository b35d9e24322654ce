"""Who is asking, and what may they do: `Authorization: Bearer <key>`, where the key is everything after `Bearer ` (keys may
hold blanks); `X-API-Key: <key>` means the same. A key is looked up at most once in two seconds per process, so a revoked key
works that long at other processes.

Dependencies: `Talker` (chats with agents: also a visitor's token), `Caller` (any key of the API that is not limited to an agent or
team), `Unlimited` and `Writer` (not limited to one organization or user; `Writer` nor to an agent), `Analytics` (Growth plan and up),
`Administrator` (scope admin).
"""

import hashlib
import time
from typing import Annotated

from fastapi import Depends, Request

from rapport.api import visitors
from rapport.api.brands import only_tenant
from rapport.api.state import State, state
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, PlanRequired, Unauthorized
from rapport.store import keys

KEY_CACHE_S = 2.0
KEY_CACHE_SIZE = 10_000

Parts = Annotated[State, Depends(state)]


async def principal(request: Request) -> Principal:
    """Dependency: the holder of the request's key. Raises Unauthorized."""
    return await holder_here(request, _key(request))


async def holder_here(request: Request, key: str) -> Principal:
    """Who holds this key, on the host of this request: on a custom domain only keys of its tenant are known. Raises Unauthorized."""
    found = await holder(key, request.app.state.rapport, origin=request.headers.get("origin"))
    if only_tenant(request) not in (None, found.tenant_id):
        raise Unauthorized
    return found


async def holder(key: str, parts: State, *, origin: str | None = None) -> Principal:
    """Who holds this key, or this visitor's token. Raises Unauthorized."""
    if visitors.looks_like_token(key):
        return await visitors.holder(parts, key, origin=origin)
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
    cached = parts.key_cache.get(digest)
    if cached and cached[0] > time.monotonic():
        return cached[1]
    async with parts.database.connection() as connection:
        found = await keys.find(connection, key)
    if found is None:
        raise Unauthorized
    if len(parts.key_cache) >= KEY_CACHE_SIZE:
        parts.key_cache.clear()
    parts.key_cache[digest] = (time.monotonic() + KEY_CACHE_S, found)
    return found


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        key = request.headers.get("x-api-key", "")
    if not key or "\x00" in key:
        raise Unauthorized
    return key


# They call each other instead of depending on each other: a chain of dependencies costs a request more than its parsing.


async def caller(request: Request) -> Principal:
    """Dependency: a key with the scope `api` that is not limited to one agent or team: such keys talk, and read no figures."""
    found = with_api(await principal(request))
    if found.agent_id:
        raise Forbidden("This key may only chat with its agent or team; use a key without such a limit.")
    return found


def with_api(found: Principal) -> Principal:
    """The same, where its key has the scope `api`. Raises Forbidden."""
    if "api" not in found.scopes:
        raise Forbidden("This key has no access to the API; use one with the scope `api`.")
    return found


async def talker(request: Request) -> Principal:
    """Dependency: whoever may talk to a representative: a key with the scope `api`, or a visitor's token."""
    found = await principal(request)
    if not found.scopes & {"api", "visitor"}:
        raise Forbidden("This key has no access to the API; use one with the scope `api`.")
    if found.organization_id or found.user_id:
        raise Forbidden("This key may only read what it is limited to; talk with an unlimited key, or a visitor's token.")
    return found


async def unlimited(request: Request) -> Principal:
    """Dependency: a key with the scope `api` that is not limited to one organization or user."""
    found = with_api(await principal(request))
    if found.organization_id or found.user_id:
        raise Forbidden("This key may only read what it is limited to; use an unlimited key.")
    return found


async def writer(request: Request) -> Principal:
    """Dependency: a key that may log and change data: not one that is limited to an organization, a user or an agent."""
    found = await caller(request)
    if found.organization_id or found.user_id:
        raise Forbidden("This key may only read what it is limited to; use an unlimited key.")
    return found


async def analytics(request: Request) -> Principal:
    """Dependency: a key of a tenant whose plan has analytics and chat. Raises PlanRequired."""
    found = await caller(request)
    if found.plan == "free":
        raise PlanRequired("Analytics and chat need the Growth plan or higher; this tenant is on the free plan.")
    return found


async def administrator(request: Request) -> Principal:
    """Dependency: a key with the scope `admin`."""
    found = await principal(request)
    if "admin" not in found.scopes:
        raise Forbidden("This key may not administer; use one with the scope `admin`.")
    return found


Caller = Annotated[Principal, Depends(caller)]
Talker = Annotated[Principal, Depends(talker)]
Unlimited = Annotated[Principal, Depends(unlimited)]
Writer = Annotated[Principal, Depends(writer)]
Analytics = Annotated[Principal, Depends(analytics)]
Administrator = Annotated[Principal, Depends(administrator)]
