"""Who is asking: `Authorization: Bearer <key>`, where the key is everything after `Bearer ` (keys may hold blanks)."""

from typing import Annotated

from fastapi import Depends, Request

from rapport.api.state import State, state
from rapport.domain.scope import Principal
from rapport.errors import Unauthorized
from rapport.store import keys


async def principal(request: Request, parts: Annotated[State, Depends(state)]) -> Principal:
    """Dependency: the holder of the request's key. Raises Unauthorized."""
    header = request.headers.get("authorization", "")
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Unauthorized
    async with parts.database.connection() as connection:
        found = await keys.find(connection, key)
    if found is None:
        raise Unauthorized
    return found


Parts = Annotated[State, Depends(state)]
Caller = Annotated[Principal, Depends(principal)]
