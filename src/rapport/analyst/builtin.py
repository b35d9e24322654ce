"""The analyst without a language model, as one more ModelProvider: it plans tool calls, and writes the answer from their results.

Each call of `stream` replays the answer's generator with the tool results that the request already holds, so nothing is kept between
calls and the same request always gives the same answer.
"""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rapport.analyst.planner.answers.asking import Asked, Call, Output
from rapport.analyst.planner.answers.segments import called_so_already
from rapport.analyst.planner.compose import answer
from rapport.analyst.planner.exemplars import Meaning
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.setting import Setting, Turn
from rapport.analyst.planner.understand import understand
from rapport.analyst.tools.desk import Desk
from rapport.analytics.lexicon import Lexicon
from rapport.analytics.queries import asking
from rapport.domain.agent import ChatMessage, ModelEvent, ModelFinish, ModelRequest, ModelText, ModelToolCall, ToolCall

PIECE = re.compile(r"\S+\s*(?:\S+\s*){0,4}")
"""Text is streamed five words at a time: enough to be read as it comes, few enough events."""


def warm_up(meaning: Meaning | None) -> None:
    """Reads a first question, so that nobody's has to wait a second for the exemplars, the word lists and the patterns to be read."""
    understand("how many conversations were there last week?", [], Setting(Names(()), datetime.now(UTC).date(), meaning=meaning))


class Indexes:
    """The names of the tenants that asked lately, indexed once for each Lexicon that was loaded."""

    def __init__(self, *, most: int = 32):
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Lexicon, Names]] = OrderedDict()

    async def of(self, reach: Hashable, lexicon: Lexicon) -> Names:
        """The index of this lexicon; one that names the same things is used again, because indexing 20,000 names takes half a second, in
        a thread."""
        kept = self._kept.get(reach)
        if kept is None or kept[0] is not lexicon:
            kept = (lexicon, await asyncio.to_thread(_indexed, lexicon, kept))
            self._kept[reach] = kept
        self._kept.move_to_end(reach)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept[1]


def _indexed(lexicon: Lexicon, kept: tuple[Lexicon, Names] | None) -> Names:
    return kept[1] if kept and _spellings(kept[0]) == _spellings(lexicon) else Names(lexicon.names)


def _spellings(lexicon: Lexicon) -> frozenset[tuple[str, str, str, tuple[str, ...]]]:
    return frozenset((name.kind, name.id, name.text, name.also) for name in lexicon.names)


@dataclass(frozen=True, slots=True)
class BuiltinAnalyst:
    """Answers for one Desk. `context` is the client's hint for this turn; `now` the clock."""

    desk: Desk
    indexes: Indexes
    context: str | None = None
    meaning: Meaning | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    name: str = "builtin"

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Tool calls, or the text of the answer once all that it needs is there."""
        setting = await self._setting()
        step = await asyncio.to_thread(plan, request, setting)  # some milliseconds, of which the sentence encoder takes most
        if isinstance(step, str):
            for piece in PIECE.findall(step) or [step]:
                yield ModelText(piece)
            yield ModelFinish("stop")
            return
        place = sum(1 for message in request.messages if message.tool_calls)
        for i, call in enumerate(step):
            yield ModelToolCall(ToolCall(f"call-{place}-{i}", call.tool, json.dumps(call.arguments, ensure_ascii=False)))
        yield ModelFinish("tool_calls")

    async def _setting(self) -> Setting:
        base = self.desk.base
        async with asking(self.desk.database) as connection:
            lexicon = await self.desk.lexicons.of(connection, base)
        product = next((name.text for name in lexicon.of("product") if name.id in map(str, base.product_ids)), None)
        today = self.now().astimezone(ZoneInfo(base.time_zone)).date()
        names = await self.indexes.of((base.tenant_id, base.organization_ids, base.user_ids), lexicon)
        return Setting(names, today, product, self.context or "", self.meaning)


def plan(request: ModelRequest, setting: Setting) -> Sequence[Call] | str:
    """The next tool calls, or the answer. Pure."""
    question, before, rounds = _split(request.messages)
    reading = understand(question, before, setting)
    if reading.intent == "segment_create" and (same := called_so_already(reading)):
        setting = replace(setting, names=Names(name for name in setting.names.all if name.id not in same))
        reading = understand(question, before, setting)
    steps = answer(Asked(reading, setting, question, before, frozenset(tool.name for tool in request.tools)))
    try:
        calls = next(steps)
        for outputs in rounds:
            calls = steps.send(outputs)
    except StopIteration as done:
        return done.value
    return calls


def _split(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn], list[list[Output]]]:
    """(the question, the turns before it, the outputs of each round of tools since)."""
    at = max((i for i, message in enumerate(messages) if message.role == "user"), default=0)
    question = messages[at].content if messages else ""
    return question, list(_turns(messages[:at])), list(_rounds(messages[at + 1 :]))


def _turns(messages: Sequence[ChatMessage]) -> Iterator[Turn]:
    asked: str | None = None
    said: list[str] = []
    for message in messages:
        if message.role == "user":
            if asked is not None:
                yield Turn(asked, "\n".join(said))
            asked, said = message.content, []
        elif message.role == "assistant" and message.content:
            said.append(message.content)
    if asked is not None:
        yield Turn(asked, "\n".join(said))


def _rounds(messages: Sequence[ChatMessage]) -> Iterator[list[Output]]:
    outputs: list[Output] = []
    for message in messages:
        if message.role == "assistant" and outputs:
            yield outputs
            outputs = []
        elif message.role == "tool":
            outputs.append(_output(message.content))
    if outputs:
        yield outputs


def _output(text: str) -> Output:
    try:
        data = json.loads(text)
    except ValueError:
        return Output(error="The tool gave more than can be read; ask about a shorter period.")
    if isinstance(data, dict) and set(data) == {"error"}:
        return Output(error=_plainly(str(data["error"])))
    return Output(data if isinstance(data, dict) else {"value": data})


_OF_ARGUMENTS = re.compile(
    r"^\w+: |^Give \w|^There is no argument|is not one of|must be of type|must be between|characters are possible"
    r"|are possible\.$|^needs |has no \w+; it has|is not a day; write"
)


def _plainly(problem: str) -> str:
    """What a tool refused, for a reader: texts about its arguments are meant for a model that can mend them."""
    if not _OF_ARGUMENTS.search(problem):
        return problem
    return "I could not look that up as it was asked. Ask about one thing at a time, or name what you mean in other words."
