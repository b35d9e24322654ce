"""What agents of this server work with, and what was said to them before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from rapport.domain.agent import Agent, ChatMessage, Tool
from rapport.domain.conversation import Message
from rapport.errors import NotFound
from rapport.ports import ModelProvider
from rapport.runs.http_tools import HttpTools
from rapport.runs.knowledge import Knowledge
from rapport.runs.mcp_tools import McpTools
from rapport.store import transcripts
from rapport.store.database import Database
from rapport.store.sessions import Session

HISTORY_MESSAGES = 200
"""Most messages that are sent to a model; compaction folds away older ones long before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What agents of this server work with. `provider` None: the builtin responder."""

    database: Database
    knowledge: Knowledge
    provider: ModelProvider | None
    window: int = 128_000  # tokens that the model can take in
    http_tools: HttpTools | None = None
    mcp_tools: McpTools | None = None
    background: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def model(self) -> str:
        """What answers: the name that the provider goes by."""
        return self.provider.name if self.provider else "builtin"

    async def tools_of(self, agent: Agent) -> list[Tool]:
        """What every answer of this agent may use: its documents, the HTTP tools that it declares, and the tools of its MCP servers."""
        declared = self.http_tools.of(agent) if self.http_tools else []
        served = await self.mcp_tools.of(agent) if self.mcp_tools and self.provider else []  # the builtin responder calls none
        return [self.knowledge.tool(agent.tenant_id, agent.id), *declared, *served]

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task alive that nobody waits for, such as the late answer of a team's member."""
        self.background.add(task)
        task.add_done_callback(self.background.discard)


async def stored_history(database: Database, tenant_id: int, session: Session, *, until: UUID | None = None) -> list[ChatMessage]:
    """What was said in this session after its summary, oldest first, without the message `until` and what follows it."""
    return as_history(await said_after(database, tenant_id, session, until=until))


def as_history(messages: Sequence[Message]) -> list[ChatMessage]:
    """Stored messages as a model gets them."""
    return [ChatMessage("user" if m.is_user else "assistant", m.content or "") for m in messages[-HISTORY_MESSAGES:]]


async def said_after(database: Database, tenant_id: int, session: Session, *, until: UUID | None = None) -> list[Message]:
    """The chat messages that the session's summary does not cover, oldest first, up to `until`."""
    async with database.connection() as connection:
        try:
            conversation = await transcripts.get(connection, tenant_id, session.id)
        except NotFound:  # nothing was said yet
            return []
    said: list[Message] = []
    for message in conversation.messages:
        if message.id == until:
            break
        if message.seq > session.summary_through and message.content and (message.is_user or message.is_assistant):
            said.append(message)
    return said
