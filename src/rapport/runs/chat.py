"""One message to an agent and its answer, as a run: the visitor's message is stored first, the answer (whole or partial) last.

The conversation is logged through the single write path under the agent's product, so that it is analysed and counted like any
other; tool calls and what was found are logged with it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from rapport.domain.agent import Agent, ChatMessage, Tool
from rapport.domain.catalog import NewComponent, PromptGiven
from rapport.domain.conversation import Message
from rapport.domain.events import Notice
from rapport.domain.ids import new_id
from rapport.errors import NotFound
from rapport.ports import ModelProvider
from rapport.runs import commands, engine
from rapport.runs.knowledge import Knowledge
from rapport.runs.representative import BuiltinResponder, Page, request_for
from rapport.runs.run import Ending, Run
from rapport.store import conversations, sessions
from rapport.store.conversations import Batch, NewMessage
from rapport.store.database import Database
from rapport.store.sessions import Session

TITLE_CHARACTERS = 60
HISTORY_MESSAGES = 200
"""Most messages that are sent to a model; compaction folds away older ones long before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What agents of this server work with. `provider` None: the builtin responder."""

    database: Database
    knowledge: Knowledge
    provider: ModelProvider | None
    window: int = 128_000  # tokens that the model can take in
    background: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def model(self) -> str:
        """What answers: the name that the provider goes by."""
        return self.provider.name if self.provider else "builtin"

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task alive that nobody waits for, such as the late answer of a team's member."""
        self.background.add(task)
        task.add_done_callback(self.background.discard)


@dataclass(frozen=True, slots=True)
class Question:
    """A message to an agent. `user` is the external id of who asks. `history`, where given, stands in for the stored one."""

    session: Session
    agent: Agent
    user: str
    content: str
    source: str = "agent"
    page: Page = field(default_factory=Page)
    history: tuple[ChatMessage, ...] | None = None
    propose_commands: bool = False
    tools: tuple[Tool, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a finished turn knows, for the dialect's terminal event."""

    question: Question
    user_message_id: UUID
    message_id: UUID
    model: str
    ending: Ending
    finish: str
    commands: tuple[Mapping[str, Any], ...]


Render = Callable[[Answered], Mapping[str, Any]]


def nothing(answered: Answered) -> Mapping[str, Any]:
    """For dialects whose terminal event carries nothing."""
    return {}


class ChatTurn:
    """The Turn of one question. `render` makes what the terminal event carries; `unread` puts an answer that nobody reads into the
    inbox; `announce` begins with a notice that names the messages."""

    def __init__(
        self, desk: Desk, question: Question, *, render: Render = nothing, unread: bool = False, announce: bool = False
    ):  # fmt: skip
        self._desk = desk
        self._question = question
        self._render = render
        self._unread = unread
        self._announce = announce
        self._proposed: list[dict[str, Any]] = []
        self._answer: engine.Answer | None = None
        self.answered: Answered | None = None
        self.user_message_id = new_id()
        self.message_id = new_id()

    async def begin(self, run: Run) -> None:
        """Store the user's message."""
        await log(self._desk.database, self._question, [NewMessage("user_message", self._question.content, id=self.user_message_id)])

    async def answer(self, run: Run) -> None:
        question, desk = self._question, self._desk
        if self._announce:
            ids = {"conversation_id": str(question.session.id), "message_id": str(self.message_id)}
            run.emit(Notice("meta", ids | {"user_message_id": str(self.user_message_id)}))
        history = question.history
        if history is None:
            history = await stored_history(desk.database, question.agent.tenant_id, question.session, until=self.user_message_id)
        tools = [*question.tools, desk.knowledge.tool(question.agent.tenant_id, question.agent.id)]
        if question.propose_commands:
            tools.append(commands.tool(question.agent.interface, self._proposed))
        provider = desk.provider or BuiltinResponder(question.agent, question.page, question.session.summary)
        request = request_for(
            question.agent, [*history, ChatMessage("user", question.content)], tools=tools, page=question.page,
            summary=question.session.summary,
        )  # fmt: skip
        self._answer = await engine.run(provider, request, sink=run, meter=run.meter)

    async def conclude(self, run: Run, ending: Ending) -> Mapping[str, Any]:
        """Store what was said, and what it rests on."""
        tenant_id, session = self._question.agent.tenant_id, self._question.session
        said = NewMessage("assistant_message", ending.text, id=self.message_id, status=ending.message_status, model=self.model)
        await log(self._desk.database, self._question, [*_logged(self.tool_uses), said], model=self.model)
        async with self._desk.database.transaction() as connection:
            await sessions.add_usage(
                connection, tenant_id, session.id, input_tokens=ending.usage.input_tokens, output_tokens=ending.usage.output_tokens
            )
            await sessions.propose_commands(connection, tenant_id, session.id, self._proposed)
            if self._unread and run.log.readers == 0:
                await sessions.add_to_inbox(
                    connection, tenant_id, agent_id=self._question.agent.id, session_id=session.id, owner=session.owner,
                    content=ending.text, message_id=self.message_id,
                )  # fmt: skip
        finish = self._answer.finish if self._answer else "cancelled" if ending.status == "cancelled" else "error"
        self.answered = Answered(self._question, self.user_message_id, self.message_id, self.model, ending, finish, tuple(self._proposed))
        return self._render(self.answered)

    @property
    def tool_uses(self) -> Sequence[engine.ToolUse]:
        """The calls that the answer rests on."""
        return self._answer.tool_uses if self._answer else ()

    @property
    def model(self) -> str:
        """What answers: the name that the provider goes by."""
        return self._desk.model


async def log(database: Database, question: Question, messages: Sequence[NewMessage], *, model: str | None = None) -> None:
    """Append to the question's conversation, which is made with its first message."""
    agent, session = question.agent, question.session
    prompt = None
    if agent.system_prompt:
        component = NewComponent(agent.system_prompt, source="agent")
        prompt = PromptGiven((component,), external_id=f"agent:{agent.id}")
    batch = Batch(
        external_user_id=question.user, messages=tuple(messages), conversation_id=session.id, make=True, product_id=agent.product_id,
        model=model, prompt=prompt, source=question.source,
        properties={"agentId": str(agent.id), "agent": agent.name, **question.properties},
    )  # fmt: skip
    async with database.transaction() as connection:
        await conversations.append(connection, agent.tenant_id, batch)
        title = " ".join(question.content.split())
        short = title if len(title) <= TITLE_CHARACTERS else title[: TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
        await sessions.touch(connection, agent.tenant_id, session.id, title=short)


def _logged(uses: Sequence[engine.ToolUse]) -> list[NewMessage]:
    """Tool calls as messages: a search of documents as a retrieval, anything else as a call and its result."""
    messages = []
    for use in uses:
        arguments = _json_object(use.call.arguments)
        output = None if use.result is None else use.result.output
        if use.call.name == "searchKnowledge":
            messages.append(NewMessage("retrieval", tool_name=use.call.name, input=arguments, output=output))
            continue
        call = NewMessage("tool_call", tool_name=use.call.name, input=arguments, id=new_id())
        kind, result = ("tool_error", {"error": use.error}) if use.error else ("observation", output)
        messages += [call, NewMessage(kind, tool_name=use.call.name, output=result, parent_id=call.id)]
    return messages


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {"text": text[:1000]}
    return found if isinstance(found, dict) else {"value": found}


async def stored_history(database: Database, tenant_id: int, session: Session, *, until: UUID | None = None) -> list[ChatMessage]:
    """What was said in this session after its summary, oldest first, without the message `until` and what follows it."""
    said = await said_after(database, tenant_id, session, until=until)
    return [ChatMessage("user" if m.is_user else "assistant", m.content or "") for m in said[-HISTORY_MESSAGES:]]


async def said_after(database: Database, tenant_id: int, session: Session, *, until: UUID | None = None) -> list[Message]:
    """The chat messages that the session's summary does not cover, oldest first, up to `until`."""
    async with database.connection() as connection:
        try:
            conversation = await conversations.get(connection, tenant_id, session.id)
        except NotFound:  # nothing was said yet
            return []
    said: list[Message] = []
    for message in conversation.messages:
        if message.id == until:
            break
        if message.seq > session.summary_through and message.content and (message.is_user or message.is_assistant):
            said.append(message)
    return said
