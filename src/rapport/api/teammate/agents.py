"""Agents: create, read, change, delete; their documents. Every success of this API is 200 with a body: its client knows no other."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, UploadFile
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from rapport.analysis.documents import MAX_BYTES
from rapport.api.auth import Parts, Unlimited
from rapport.api.teammate.tools import HttpTool, McpServer, sealed, shown_servers, shown_tools
from rapport.domain.agent import Agent, Document
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal
from rapport.errors import Forbidden, NotFound, TooLarge
from rapport.runs import mcp_tools
from rapport.store import agents, catalog, deletion, documents
from rapport.store.database import Connection

router = APIRouter(prefix="/api", tags=["agents"])

DEFAULT_PRODUCT = "Agents"
SKILLS = {
    "core": "Conversation", "search": "Search in documents", "education": "Education", "translate": "Translate", "summarize": "Summarize",
    "productivity": "Productivity", "development": "Development", "finance": "Finance",
}  # fmt: skip


class AgentBody(BaseModel):
    """What creates or changes an agent; absent fields stay as they are."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    description: Annotated[str | None, Field(max_length=2_000)] = None
    personality: Annotated[str | None, Field(max_length=100)] = None
    tone: Annotated[str | None, Field(max_length=100)] = None
    skills: Annotated[list[str] | None, Field(max_length=50, validation_alias=AliasChoices("skills", "enabled_skills"))] = None
    system_prompt: Annotated[str | None, Field(max_length=100_000)] = None
    model: Annotated[str | None, Field(max_length=200)] = None
    avatar_url: Annotated[str | None, Field(max_length=2_048)] = None
    is_public: bool | None = None
    greeting: Annotated[str | None, Field(max_length=2_000)] = None
    suggested_questions: Annotated[list[str] | None, Field(max_length=10)] = None
    interface: dict[str, Any] | None = None
    product_id: UUID | None = None
    tools: Annotated[list[HttpTool] | None, Field(max_length=20)] = None
    mcp_servers: Annotated[list[McpServer] | None, Field(max_length=5)] = None


class NewAgentBody(AgentBody):
    name: Annotated[str, Field(min_length=1, max_length=100)]  # type: ignore[assignment]


def only_own_agents(caller: Principal) -> None:
    """Keys that are limited to one agent or team may talk to it, not manage anything."""
    if caller.agent_id:
        raise Forbidden("This key may only chat with its agent or team; use a key without such a limit.")


def id_of(noun: str, text: str) -> UUID:
    """The id that a request gives for a thing of this API. Raises NotFound where it is no id at all."""
    found = parse_id(text)
    if found is None:
        raise NotFound(f"There is no {noun} {text!r}.")
    return found


async def agent_of(connection: Connection, caller: Principal, reference: str) -> Agent:
    """The agent that the path names. Raises NotFound, Forbidden for a key of another agent."""
    found = await agents.resolve(connection, caller.tenant_id, reference)
    if caller.agent_id and caller.agent_id != found.id:
        raise Forbidden("This key belongs to another agent or team.")
    return found


def wire_time(moment: datetime) -> str:
    """2026-02-14T10:00:00Z"""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(agent: Agent) -> dict[str, Any]:
    """An agent as this API writes it."""
    return {
        "id": str(agent.id), "name": agent.name, "description": agent.description, "personality": agent.personality, "tone": agent.tone,
        "status": "active", "skills": list(agent.skills), "enabled_skills": list(agent.skills), "system_prompt": agent.system_prompt,
        "model": agent.model, "avatar_url": agent.avatar_url, "is_public": agent.is_public, "slug": agent.slug,
        "greeting": agent.greeting, "suggested_questions": list(agent.suggested_questions), "interface": agent.interface,
        "tools": shown_tools(agent), "mcp_servers": shown_servers(agent),
        "product_id": str(agent.product_id), "user_count": agent.user_count, "message_count": agent.message_count,
        "created_at": wire_time(agent.created_at), "updated_at": wire_time(agent.updated_at),
    }  # fmt: skip


@router.get("/agents")
async def list_agents(
    caller: Unlimited, parts: Parts, page: Annotated[int, Query(ge=1)] = 1, per_page: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[dict[str, Any]]:
    """All agents, newest first."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        return [shown(agent) for agent in await agents.list_(connection, caller.tenant_id, limit=per_page, offset=(page - 1) * per_page)]


@router.post("/agents")
async def create_agent(body: NewAgentBody, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Make an agent. Its conversations are logged under `product_id`, by default under the product "Agents"."""
    only_own_agents(caller)
    values = {name: value for name, value in body.model_dump().items() if value is not None}
    values |= sealed(parts, caller, values, None)
    async with parts.database.transaction() as connection:
        product_id = values.pop("product_id", None)
        if product_id:
            await catalog.get_product(connection, caller.tenant_id, product_id)
        else:
            product_id = await catalog.ensure_product(connection, caller.tenant_id, DEFAULT_PRODUCT)
        return shown(await agents.create(connection, caller.tenant_id, product_id=product_id, **values))


@router.get("/agents/{agent_id}")
async def get_agent(agent_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """One agent; without its instructions for a key that is limited to it."""
    async with parts.database.connection() as connection:
        found = shown(await agents.counted(connection, await agent_of(connection, caller, agent_id)))
    return found | {"system_prompt": None, "tools": [], "mcp_servers": []} if caller.agent_id else found


@router.put("/agents/{agent_id}")
@router.patch("/agents/{agent_id}", include_in_schema=False)
async def update_agent(agent_id: str, body: AgentBody, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Change what is given; a new system prompt becomes a new prompt version with the next message."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        changes = {name: value for name, value in body.model_dump().items() if name in body.model_fields_set}
        if changes.get("name", "") is None:
            changes.pop("name")
        for name in ("skills", "suggested_questions", "interface", "is_public", "product_id", "tools", "mcp_servers"):
            if name in changes and changes[name] is None:
                changes.pop(name)
        changes |= sealed(parts, caller, changes, agent)
        if changes.get("product_id"):
            await catalog.get_product(connection, caller.tenant_id, changes["product_id"])
        return shown(await agents.counted(connection, await agents.update(connection, caller.tenant_id, agent.id, changes)))


@router.delete("/agents/{agent_id}")
async def delete_agent(agent_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Remove an agent with its documents and conversations, for good."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        gone = await agents.delete(connection, caller.tenant_id, agent.id)
        await deletion.delete_conversations(connection, caller.tenant_id, gone)
    return {"status": "deleted", "id": str(agent.id), "deleted_conversations": len(gone)}


@router.get("/agents/{agent_id}/mcp-tools")
async def list_mcp_tools(agent_id: str, caller: Unlimited, parts: Parts) -> list[dict[str, Any]]:
    """What the agent's MCP servers offer to its model, or why a server offers nothing."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
    reader, found = parts.desk.mcp_tools, []
    for server in agent.mcp_servers if reader else ():
        listing = await reader.listing(caller.tenant_id, server)  # type: ignore[union-attr]
        offered = [{"name": mcp_tools.offered_name(server["name"], tool.name), "description": tool.description} for tool in listing.tools]
        found.append({"server": server["name"], "tools": offered, "error": listing.error})
    return found


@router.get("/skills")
async def list_skills(caller: Unlimited) -> dict[str, Any]:
    """Names of skills that clients show; an agent's abilities come from its documents, tools and model."""
    return {"skills": [{"id": key, "emoji": "", "name": name, "included": True} for key, name in SKILLS.items()]}


# Documents ------------------------------------------------------------------------------------------------------------


def _document(document: Document) -> dict[str, Any]:
    return {
        "id": str(document.id), "filename": document.filename, "file_type": document.file_type, "file_size": document.file_size,
        "status": document.status, "chunk_count": document.passage_count, "agent_id": str(document.agent_id),
        "created_at": wire_time(document.created_at),
    }  # fmt: skip


@router.get("/agents/{agent_id}/documents")
async def list_documents(agent_id: str, caller: Unlimited, parts: Parts) -> list[dict[str, Any]]:
    """What the agent knows, oldest first."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        return [_document(row) for row in await documents.list_(connection, caller.tenant_id, agent.id)]


@router.post("/agents/{agent_id}/documents/upload")
async def upload_document(agent_id: str, file: UploadFile, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Give the agent a document (pdf, txt, md, docx, csv). It can be asked about as soon as this answers."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
    content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A document may have {MAX_BYTES // 1024**2} MiB; split it and upload the parts.")
    return _document(await parts.knowledge.add(caller.tenant_id, agent.id, filename=file.filename or "document.txt", content=content))


@router.delete("/agents/{agent_id}/documents/{document_id}")
async def delete_document(agent_id: str, document_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Take a document away from the agent."""
    only_own_agents(caller)
    found = id_of("document", document_id)
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        await documents.delete(connection, caller.tenant_id, agent.id, found)
    return {"status": "deleted", "id": document_id}
