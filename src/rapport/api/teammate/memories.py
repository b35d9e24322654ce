"""Memories: what an agent knows in every conversation. Lists are objects here, unlike elsewhere in this API: its client wants that."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from rapport.api.auth import Parts, Unlimited
from rapport.api.teammate.agents import agent_of, id_of, wire_time
from rapport.store import memories
from rapport.store.memories import Memory

router = APIRouter(prefix="/api", tags=["agents"])


class NewMemory(BaseModel):
    model_config = ConfigDict(extra="ignore")

    content: Annotated[str, Field(min_length=1, max_length=4_000)]
    category: Annotated[str | None, Field(max_length=100)] = None
    url: Annotated[str | None, Field(max_length=2_048)] = None
    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)] = []


@router.get("/agents/{agent_id}/memories")
async def list_memories(
    agent_id: str, caller: Unlimited, parts: Parts, category: Annotated[str | None, Query(max_length=100)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1, per_page: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """What the agent was told to remember, newest first."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        found = await memories.list_(
            connection, caller.tenant_id, agent.id, limit=per_page, offset=(page - 1) * per_page, category=category
        )  # fmt: skip
    return {"memories": [_shown(memory) for memory in found]}


@router.post("/agents/{agent_id}/memories")
async def add_memory(agent_id: str, body: NewMemory, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Tell the agent something to remember."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        return _shown(await memories.add(connection, caller.tenant_id, agent.id, **body.model_dump()))


@router.get("/agents/{agent_id}/memories/search")
async def search_memories(
    agent_id: str, caller: Unlimited, parts: Parts, q: Annotated[str, Query(min_length=1, max_length=500)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:  # fmt: skip
    """Memories that hold all of these words."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        found = await memories.list_(connection, caller.tenant_id, agent.id, limit=limit, query=q)
    return {"memories": [_shown(memory) for memory in found]}


@router.get("/agents/{agent_id}/memories/{memory_id}")
async def get_memory(agent_id: str, memory_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """One memory."""
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        return _shown(await memories.get(connection, caller.tenant_id, agent.id, id_of("memory", memory_id)))


@router.delete("/agents/{agent_id}/memories/{memory_id}")
async def delete_memory(agent_id: str, memory_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Make the agent forget it."""
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        await memories.remove(connection, caller.tenant_id, agent.id, id_of("memory", memory_id))
    return {"status": "deleted", "id": memory_id}


def _shown(memory: Memory) -> dict[str, Any]:
    return {
        "id": str(memory.id), "content": memory.content, "category": memory.category, "url": memory.url, "tags": list(memory.tags),
        "created_at": wire_time(memory.created_at),
    }  # fmt: skip
