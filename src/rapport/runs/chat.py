"""One message to an agent and its answer, as a run: the visitor's message is stored first, the answer (whole or partial) last.

The conversation is logged through the single write path under the agent's product, so that it is analysed and counted like any
other; tool calls and what was found are logged with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from rapport.analysis import pii
from rapport.domain.agent import Agent, ChatMessage, Tool
from rapport.domain.catalog import NewComponent, PromptGiven
from rapport.domain.events import Notice
from rapport.domain.ids import new_id
from rapport.runs import commands, engine
from rapport.runs.compaction import KEEP_RECENT, context_usage, divide, summarise
from rapport.runs.desk import Desk, as_history, said_after
from rapport.runs.meter import Meter
from rapport.runs.representative import BuiltinResponder, Page, request_for
from rapport.runs.run import Ending, Run
from rapport.store import conversations, memories, privacy, sessions
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Database
from rapport.store.sessions import Session

TITLE_CHARACTERS = 60
MEMORIES = 50
"""Most memories that an answer is given, the newest."""


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
    stored_at: datetime
    context: Mapping[str, Any] | None = None  # how full the window is, where the turn keeps count
    auto_compacted: bool = False


Render = Callable[[Answered], Mapping[str, Any]]


def nothing(answered: Answered) -> Mapping[str, Any]:
    """For dialects whose terminal event carries nothing."""
    return {}


class ChatTurn:
    """The Turn of one question. `render` makes what the terminal event carries; `unread` puts an answer that nobody reads into the
    inbox; `announce` begins with a notice that names the messages."""

    def __init__(
        self, desk: Desk, question: Question, *, render: Render = nothing, unread: bool = False, announce: bool = False,
        auto_compact: bool = False,
    ):  # fmt: skip
        self._auto_compact = auto_compact
        self._auto_compacted = False
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
        run.keep = await log(
            self._desk.database, self._question, [NewMessage("user_message", self._question.content, id=self.user_message_id)]
        )

    async def answer(self, run: Run) -> None:
        question, desk = self._question, self._desk
        if self._announce:
            ids = {"conversation_id": str(question.session.id), "message_id": str(self.message_id)}
            run.emit(Notice("meta", ids | {"user_message_id": str(self.user_message_id)}))
        history = question.history
        if history is None:
            history = await self._history()
            question = self._question
        tools = [*question.tools, *await desk.tools_of(question.agent)]
        if question.propose_commands:
            tools.append(commands.tool(question.agent.interface, self._proposed))
        known = await self._memories()
        provider = desk.provider or BuiltinResponder(question.agent, question.page, question.session.summary, memories=known)
        request = request_for(
            question.agent, [*history, ChatMessage("user", question.content)], tools=tools, page=question.page,
            summary=question.session.summary, memories=known,
        )  # fmt: skip
        self._answer = await engine.run(provider, request, sink=run, meter=run.meter)

    async def _memories(self) -> tuple[str, ...]:
        """What the agent was told to remember, the newest first."""
        agent = self._question.agent
        async with self._desk.database.connection() as connection:
            found = await memories.list_(connection, agent.tenant_id, agent.id, limit=MEMORIES)
        return tuple(memory.content for memory in found)

    async def _history(self) -> list[ChatMessage]:
        """What was said before; where it hardly fits any more, its older part is folded into a summary first."""
        question, desk = self._question, self._desk
        tenant_id, session = question.agent.tenant_id, question.session
        said = await said_after(desk.database, tenant_id, session, until=self.user_message_id)
        older, recent = divide(said, KEEP_RECENT)
        full = self._auto_compact and context_usage(desk, question.agent, session, said, question.page)["shouldCompact"]
        if full and sum(m.is_user for m in older) >= 2:
            summary = await summarise(desk, session, older, instructions=None, sink=engine.Nowhere(), meter=Meter())
            async with desk.database.transaction() as connection:
                await sessions.save_summary(connection, tenant_id, session.id, summary=summary, through=older[-1].seq)
                folded = await sessions.get(connection, tenant_id, session.id, surface=session.surface, owner="")
            self._question = replace(question, session=folded)
            self._auto_compacted, said = True, list(recent)
        return as_history(said)

    async def conclude(self, run: Run, ending: Ending) -> Mapping[str, Any]:
        """Store what was said, and what it rests on."""
        tenant_id, session = self._question.agent.tenant_id, self._question.session
        said = NewMessage("assistant_message", ending.text, id=self.message_id, status=ending.message_status, model=self.model)
        await log(self._desk.database, self._question, [*_logged(self.tool_uses), said], model=self.model)
        async with self._desk.database.transaction() as connection:
            await sessions.add_usage(
                connection, tenant_id, session.id, input_tokens=ending.usage.input_tokens, output_tokens=ending.usage.output_tokens
            )
            redact = await privacy.of_product(connection, tenant_id, self._question.agent.product_id, pii.redactor)
            await sessions.propose_commands(connection, tenant_id, session.id, self._proposed)
            if self._unread and run.log.readers == 0:
                await sessions.add_to_inbox(
                    connection, tenant_id, agent_id=self._question.agent.id, session_id=session.id, owner=session.owner,
                    content=redact(ending.text), message_id=self.message_id,
                )  # fmt: skip
        finish = self._answer.finish if self._answer else "cancelled" if ending.status == "cancelled" else "error"
        context = None
        if self._auto_compact:
            async with self._desk.database.connection() as connection:
                session = await sessions.get(connection, tenant_id, session.id, surface=session.surface, owner="")
            context = context_usage(self._desk, self._question.agent, session, await said_after(self._desk.database, tenant_id, session))
        self.answered = Answered(
            self._question, self.user_message_id, self.message_id, self.model, ending, finish, tuple(self._proposed), datetime.now(UTC),
            context, self._auto_compacted,
        )  # fmt: skip
        return self._render(self.answered)

    @property
    def tool_uses(self) -> Sequence[engine.ToolUse]:
        """The calls that the answer rests on."""
        return self._answer.tool_uses if self._answer else ()

    @property
    def model(self) -> str:
        """What answers: the name that the provider goes by."""
        return self._desk.model


async def log(database: Database, question: Question, messages: Sequence[NewMessage], *, model: str | None = None) -> bool:
    """Append to the question's conversation, which is made with its first message. Whether all was stored as it is."""
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
        await conversations.append(connection, agent.tenant_id, batch, redactor=pii.redactor)
        redact = await privacy.of_product(connection, agent.tenant_id, agent.product_id, pii.redactor)
        title = " ".join(redact(question.content).split())
        short = title if len(title) <= TITLE_CHARACTERS else title[: TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
        await sessions.touch(connection, agent.tenant_id, session.id, title=short)
    return redact is privacy.as_it_is


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
