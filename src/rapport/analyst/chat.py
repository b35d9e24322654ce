"""One turn of a chat with the analyst, as a run: the question is stored, answered and the answer stored.

Chats with the analyst are conversations of kind `analyst`: never analysed, never counted.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from rapport.analyst.agent import LIMITS, Asking, ModelFor, prepare
from rapport.analyst.builtin import BuiltinAnalyst
from rapport.analyst.figures import unsupported, warning
from rapport.analyst.tools import Desk
from rapport.analyst.trackers import Trackers
from rapport.analytics.lexicon import Lexicons
from rapport.domain.agent import ChatMessage
from rapport.domain.ids import new_id
from rapport.domain.scope import Scope
from rapport.errors import NotFound
from rapport.ports import Encoder
from rapport.runs import engine
from rapport.runs.run import Ending, Run
from rapport.store import conversations, transcripts
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Database


@dataclass(frozen=True, slots=True)
class Office:
    """What every chat with the analyst works with."""

    database: Database
    lexicons: Lexicons
    model_for: ModelFor
    encoder: Encoder | None = None
    trackers: Trackers | None = None


@dataclass(slots=True)
class AnalystTurn:
    """A runs.Turn. `name` is the chat as its client calls it, `key` the same within its tenant; `given` is the history that came
    with the request, None where the stored one counts. `admit` counts the request against its limits, or refuses it."""

    office: Office
    scope: Scope
    asking: Asking
    name: str
    key: str
    given: Sequence[ChatMessage] | None
    admit: Callable[[], Awaitable[dict[str, str]]]
    spend: Callable[[int], Awaitable[None]]
    origin: str = ""  # this server's address as the asker sees it
    key_id: UUID | None = None
    segment_limit: int | None = None  # custom segments that the tenant may have
    headers: dict[str, str] = field(default_factory=dict)
    chat_id: UUID | None = None
    unsupported: tuple[str, ...] = ()  # figures of the answer that no tool gave

    async def begin(self, run: Run) -> None:
        self.headers = await self.admit()
        async with self.office.database.transaction() as connection:
            self.chat_id, stored = await _stored(connection, self.scope.tenant_id, self.key)
            history = stored if self.given is None else self.given
            self.asking = replace(self.asking, history=history)
            await conversations.append(
                connection, self.scope.tenant_id, self._batch(NewMessage("user_message", content=self.asking.question))
            )

    async def answer(self, run: Run) -> None:
        assert self.chat_id
        office, trackers = self.office, self.office.trackers
        desk = Desk(
            office.database, self.scope, self.chat_id, office.lexicons, office.encoder, question=self.asking.question,
            open_provider=partial(trackers.of, self.scope.tenant_id, self.origin) if trackers else None,
            key_id=self.key_id, segment_limit=self.segment_limit,
        )  # fmt: skip
        provider, request = prepare(self.asking, desk, self.office.model_for, now=datetime.now(UTC))
        answer = await engine.run(provider, request, sink=run, meter=run.meter, limits=LIMITS)
        if not isinstance(provider, BuiltinAnalyst):  # it writes nothing but results; a language model may
            self._check(run, answer)

    def _check(self, run: Run, answer: engine.Answer) -> None:
        """Say under the answer which of its figures no tool gave in this run. What was answered before supports nothing: it may be
        wrong, or the caller's own invention."""
        said = " ".join([self.asking.question, *(turn.content for turn in self.asking.history if turn.role == "user")])
        results = [use.result.output for use in answer.tool_uses if use.result]
        self.unsupported = unsupported(answer.text, results, said=said)
        if self.unsupported:
            run.say(warning(self.unsupported))

    async def conclude(self, run: Run, ending: Ending) -> Mapping[str, Any]:
        properties: dict[str, Any] = {"runId": str(run.id), "tools": list(ending.usage.tools)}
        if self.unsupported:
            properties["unsupportedFigures"] = list(self.unsupported)
        message = NewMessage("assistant_message", content=ending.text, status=ending.message_status, properties=properties)
        async with self.office.database.transaction() as connection:
            await conversations.append(connection, self.scope.tenant_id, self._batch(message))
        await self.spend(ending.usage.input_tokens + ending.usage.output_tokens)
        return {"conversationId": self.name}

    def _batch(self, message: NewMessage) -> Batch:
        return Batch(
            external_user_id="analyst", messages=(message,), conversation_id=self.chat_id, external_id=self.key,
            kind="analyst", source="analyst", make=True,
        )  # fmt: skip


async def _stored(connection: conversations.Connection, tenant_id: int, key: str) -> tuple[UUID, list[ChatMessage]]:
    """The chat of this name and what was said in it; a new id and nothing where there is none yet."""
    try:
        chat_id = await transcripts.resolve(connection, tenant_id, key, kind="analyst")
    except NotFound:
        return new_id(), []
    chat = await transcripts.get(connection, tenant_id, chat_id)
    return chat_id, [
        ChatMessage("user" if message.is_user else "assistant", message.content)
        for message in chat.messages
        if message.content and (message.is_user or message.is_assistant)
    ]
