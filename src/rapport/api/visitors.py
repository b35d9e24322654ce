"""Visitor tokens: what a page uses instead of a server key. A JSON Web Token (HS256) for one visitor of one representative, signed
with a secret of the tenant, short-lived, and bound to the representative's allowed origins."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from rapport.api.state import State
from rapport.domain.agent import Agent
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, NotFound, Unauthorized
from rapport.store import agents, keys

AUDIENCE = "visitor"


async def _secret(parts: State, tenant_id: int) -> bytes:
    async with parts.database.connection() as connection:
        return await keys.secret(connection, tenant_id, "visitor")


async def mint(parts: State, tenant_id: int, agent: Agent, visitor: str, seconds: int) -> tuple[str, datetime]:
    """(token, when it ends)."""
    now = datetime.now(UTC)
    claims = {
        "aud": AUDIENCE, "tenant": tenant_id, "agent": str(agent.id), "sub": visitor, "iat": now, "exp": now + timedelta(seconds=seconds),
    }  # fmt: skip
    return jwt.encode(claims, await _secret(parts, tenant_id), algorithm="HS256"), claims["exp"]


def looks_like_token(key: str) -> bool:
    """Whether this is a JSON Web Token rather than an API key."""
    return key.count(".") == 2 and key.startswith("eyJ")


async def holder(parts: State, token: str, *, origin: str | None) -> Principal:
    """The visitor of this token. Raises Unauthorized where it is forged or over, Forbidden from an origin that is not allowed."""
    refused = Unauthorized("This token is not valid, or no longer; get a new one from your server.")
    try:
        tenant_id = int(jwt.decode(token, options={"verify_signature": False})["tenant"])
        async with parts.database.connection() as connection:
            tenant = await keys.tenant(connection, tenant_id)
        if tenant is None:
            raise refused
        claims = jwt.decode(token, await _secret(parts, tenant_id), algorithms=["HS256"], audience=AUDIENCE)
        async with parts.database.connection() as connection:
            agent = await agents.get(connection, tenant_id, UUID(claims["agent"]))
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, OverflowError, NotFound) as error:
        raise refused from error
    if origin and agent.origins and origin not in agent.origins:
        raise Forbidden(f"The origin {origin} may not talk to this representative; add it to the profile's `origins`.")
    return Principal(
        tenant_id=tenant_id, tenant_name=tenant["name"], plan=tenant["plan"], key_id=agent.id, scopes=frozenset({"visitor"}),
        time_zone=tenant["time_zone"], agent_id=agent.id, visitor=claims["sub"], limits=tenant["limits"],
    )  # fmt: skip
