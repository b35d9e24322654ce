"""Keys of the Agents API. A key may be limited to one agent or one team: it may chat with it and read what was said, nothing else."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rapport.api.auth import Parts, Unlimited
from rapport.api.teammate.agents import only_own_agents, wire_time
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal
from rapport.errors import NotFound
from rapport.store import agents, keys, teams, tenants
from rapport.store.database import Connection
from rapport.store.tenants import Key

router = APIRouter(prefix="/api", tags=["agents"])

PREFIX = "at_"


class NewAgentKey(BaseModel):
    """A key of the whole tenant, or of one agent or team."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    agent_id: Annotated[str | None, Field(max_length=128)] = None
    team_id: Annotated[str | None, Field(max_length=128)] = None

    @model_validator(mode="after")
    def _one(self) -> "NewAgentKey":
        if self.agent_id and self.team_id:
            raise ValueError("give agent_id or team_id, not both")
        return self


@router.post("/keys")
async def create_key(body: NewAgentKey, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Make a key. It is shown once."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        agent_id, team_id = await _limit(connection, caller, body)
        key_id, key = await keys.create_key(
            connection, caller.tenant_id, name=body.name, scopes=frozenset({"api"}), agent_id=agent_id or team_id, prefix=PREFIX
        )
        made = next(one for one in await tenants.keys(connection, caller.tenant_id) if one.id == key_id)
    return _shown(made, team_id) | {"key": key}


@router.get("/keys")
async def list_keys(caller: Unlimited, parts: Parts) -> list[dict[str, Any]]:
    """The tenant's keys that work and may not administer, newest first, without their secrets."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        found = await _working(connection, caller)
        team_ids = {team.id for team in await teams.list_(connection, caller.tenant_id)}
    return [_shown(key, key.agent_id if key.agent_id in team_ids else None) for key in found]


@router.delete("/keys/{key_id}")
async def delete_key(key_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Stop a key from working, within two seconds on every server."""
    only_own_agents(caller)
    found = parse_id(key_id)
    async with parts.database.transaction() as connection:
        if found is None or found not in {key.id for key in await _working(connection, caller)}:
            raise NotFound(f"There is no key {key_id!r}; keys that administer are revoked with /api/admin/v1/keys.")
        await tenants.revoke_key(connection, caller.tenant_id, found)
    parts.key_cache.clear()
    return {"status": "deleted", "id": key_id}


async def _limit(connection: Connection, caller: Principal, body: NewAgentKey) -> tuple[UUID | None, UUID | None]:
    """(agent id, team id), at most one of them. Raises NotFound."""
    if body.agent_id:
        return (await agents.resolve(connection, caller.tenant_id, body.agent_id)).id, None
    if body.team_id:
        return None, (await teams.get(connection, caller.tenant_id, body.team_id)).id
    return None, None


async def _working(connection: Connection, caller: Principal) -> list[Key]:
    return [key for key in await tenants.keys(connection, caller.tenant_id) if key.revoked_at is None and "admin" not in key.scopes]


def _shown(key: Key, team_id: UUID | None) -> dict[str, Any]:
    agent_id = key.agent_id if team_id is None else None
    return {
        "id": str(key.id), "name": key.name, "key_prefix": key.hint, "agent_id": str(agent_id) if agent_id else None,
        "team_id": str(team_id) if team_id else None, "created_at": wire_time(key.created_at),
    }  # fmt: skip
