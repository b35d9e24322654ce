"""Teams of agents, in the order that their members were given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.domain.agent import Agent
from rapport.domain.ids import new_id, parse_id
from rapport.errors import NotFound
from rapport.store import agents
from rapport.store.database import Connection

EDITABLE = frozenset({"name", "description", "avatar_url", "chat_mode", "default_agent_id"})


@dataclass(frozen=True, slots=True)
class Team:
    """A team. `turns` counts its questions; `members` are (agent, role) in their order."""

    tenant_id: int
    id: UUID
    product_id: UUID
    name: str
    chat_mode: str
    turns: int
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    avatar_url: str | None = None
    default_agent_id: UUID | None = None
    members: tuple[tuple[Agent, str | None], ...] = ()


async def create(connection: Connection, tenant_id: int, *, product_id: UUID, name: str, **values: Any) -> Team:
    """A new team without members."""
    columns = {"product_id": product_id, "name": name} | {n: v for n, v in values.items() if n in EDITABLE}
    places = ", ".join(f"${n}" for n in range(3, 3 + len(columns)))
    team_id = new_id()
    await connection.execute(
        f"INSERT INTO team (tenant_id, id, {', '.join(columns)}) VALUES ($1, $2, {places})", tenant_id, team_id, *columns.values()
    )
    return await get(connection, tenant_id, str(team_id))


async def get(connection: Connection, tenant_id: int, reference: str) -> Team:
    """The team with its members. Raises NotFound."""
    team_id = parse_id(reference)
    row = team_id and await connection.fetchrow("SELECT * FROM team WHERE tenant_id = $1 AND id = $2", tenant_id, team_id)
    if not row:
        raise NotFound(f"There is no team {reference!r}.")
    return await _team(connection, row)


async def list_(connection: Connection, tenant_id: int) -> list[Team]:
    """All teams with their members, newest first; at most 500."""
    rows = await connection.fetch("SELECT * FROM team WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 500", tenant_id)
    return [await _team(connection, row) for row in rows]


async def _team(connection: Connection, row: asyncpg.Record) -> Team:
    rows = await connection.fetch(
        "SELECT agent_id, role FROM team_agent WHERE tenant_id = $1 AND team_id = $2 ORDER BY position, agent_id",
        row["tenant_id"],
        row["id"],
    )
    members = tuple([(await agents.get(connection, row["tenant_id"], r["agent_id"]), r["role"]) for r in rows])
    return Team(**row, members=members)


async def update(connection: Connection, tenant_id: int, team_id: UUID, changes: Mapping[str, Any]) -> Team:
    """Changes only what is given."""
    columns = {name: value for name, value in changes.items() if name in EDITABLE}
    assignments = "".join(f", {name} = ${n}" for n, name in enumerate(columns, start=3))
    await connection.execute(
        f"UPDATE team SET updated_at = now(){assignments} WHERE tenant_id = $1 AND id = $2", tenant_id, team_id, *columns.values()
    )
    return await get(connection, tenant_id, str(team_id))


async def next_turn(connection: Connection, tenant_id: int, team_id: UUID) -> int:
    """How many questions the team had before this one."""
    return await connection.fetchval(
        "UPDATE team SET turns = turns + 1 WHERE tenant_id = $1 AND id = $2 RETURNING turns - 1", tenant_id, team_id
    )


async def delete(connection: Connection, tenant_id: int, team_id: UUID) -> list[UUID]:
    """Removes the team; the ids of its sessions, whose conversations the caller deletes. Its agents stay."""
    await connection.execute("DELETE FROM team WHERE tenant_id = $1 AND id = $2", tenant_id, team_id)
    await connection.execute("DELETE FROM team_agent WHERE tenant_id = $1 AND team_id = $2", tenant_id, team_id)
    rows = await connection.fetch("DELETE FROM session WHERE tenant_id = $1 AND team_id = $2 RETURNING id", tenant_id, team_id)
    return [row["id"] for row in rows]


async def add_member(connection: Connection, tenant_id: int, team_id: UUID, agent_id: UUID, *, role: str | None) -> None:
    """Adds an agent at the end; adding it again changes only its role."""
    await connection.execute(
        """
        INSERT INTO team_agent (tenant_id, team_id, agent_id, position, role)
        VALUES ($1, $2, $3, (SELECT coalesce(max(position), 0) + 1 FROM team_agent WHERE tenant_id = $1 AND team_id = $2), $4)
        ON CONFLICT (tenant_id, team_id, agent_id) DO UPDATE SET role = coalesce(excluded.role, team_agent.role)
        """,
        tenant_id, team_id, agent_id, role,
    )  # fmt: skip


async def remove_member(connection: Connection, tenant_id: int, team_id: UUID, agent_id: UUID) -> None:
    """Raises NotFound where the agent is not in the team."""
    gone = await connection.fetchval(
        "DELETE FROM team_agent WHERE tenant_id = $1 AND team_id = $2 AND agent_id = $3 RETURNING agent_id", tenant_id, team_id, agent_id
    )
    if gone is None:
        raise NotFound(f"The agent {agent_id} is not in this team.")
