"""The agent loop: ask the model, run the tools it calls, tell it what they gave, until it answers in text or a limit is reached.

The tools of one response run at the same time. What the model can mend (an unknown tool, arguments that are not JSON, a
ToolError) goes back to it as that tool's result; anything else ends the run.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from rapport.domain.agent import ChatMessage, ModelFinish, ModelRequest, ModelText, ModelToolCall, Tool, ToolCall, ToolResult
from rapport.domain.events import RunEvent, ToolCalled, ToolReturned
from rapport.errors import LimitReached, ModelError, ModelRefused, ToolError
from rapport.ports import ModelProvider
from rapport.runs.context import estimate_request, estimate_tokens
from rapport.runs.meter import Meter

TOOL_OUTPUT_CHARACTERS = 60_000
"""Longest tool result that is shown to a model, some 15,000 tokens."""


class Sink(Protocol):
    """Where the answer goes: a Run, or something that marks what one member of a team says."""

    def say(self, text: str, agent_id: str | None = None) -> None: ...

    def emit(self, event: RunEvent) -> None: ...


class Nowhere:
    """A sink for calls whose words nobody should see: a router, a judge, a summary in passing."""

    def say(self, text: str, agent_id: str | None = None) -> None:
        """Said to nobody."""

    def emit(self, event: RunEvent) -> None:
        """Shown to nobody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one answer ends: model calls, and tokens of input and output together."""

    steps: int = 12
    tokens: int = 400_000


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call and what it gave. `error` is what the model was told instead of a result."""

    call: ToolCall
    result: ToolResult | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and what it rests on. finish: stop | length | content_filter."""

    text: str
    finish: str
    tool_uses: tuple[ToolUse, ...] = ()


@dataclass(slots=True)
class _Reply:
    """One response of the model, as far as it has come."""

    text: list[str]
    calls: list[ToolCall]
    finish: ModelFinish | None = None
    reasoning: int = 0  # characters


async def run(
    provider: ModelProvider, request: ModelRequest, *, sink: Sink, meter: Meter, limits: Limits = Limits(), agent_id: str | None = None
) -> Answer:
    """Answer `request`. Text is said to `sink` as it comes, calls and results are emitted to it.
    Raises LimitReached, ModelRefused, what the provider raises, and what a tool raises other than ToolError."""
    said: list[str] = []
    uses: list[ToolUse] = []
    for _ in range(limits.steps):
        reply = await _ask(provider, request, sink=sink, meter=meter, agent_id=agent_id)
        said += reply.text
        finish = reply.finish.reason if reply.finish else "stop"
        if finish == "refusal":
            raise ModelRefused
        if not reply.calls:
            return Answer("".join(said), finish, tuple(uses))
        done = await _use_tools(reply.calls, request.tools, sink=sink, meter=meter, agent_id=agent_id)
        uses += done
        asked = ChatMessage("assistant", "".join(reply.text), tool_calls=tuple(reply.calls))
        request = replace(request, messages=(*request.messages, asked, *(_told(use) for use in done)))
        if meter.input_tokens + meter.output_tokens > limits.tokens:
            raise LimitReached(f"The answer needed more than {limits.tokens:,} tokens; ask for less at once.")
    raise LimitReached(f"The model called tools {limits.steps} times without an answer; ask for less at once.")


async def _ask(provider: ModelProvider, request: ModelRequest, *, sink: Sink, meter: Meter, agent_id: str | None) -> _Reply:
    """One model call. It is counted also when it is cut short."""
    reply = _Reply([], [])
    say = sink.say
    try:
        async with aclosing(provider.stream(request)) as events:  # type: ignore[type-var]
            async for event in events:
                kind = type(event)
                if kind is ModelText:
                    reply.text.append(event.text)  # type: ignore[union-attr]
                    say(event.text, agent_id)  # type: ignore[union-attr]
                elif kind is ModelToolCall:
                    reply.calls.append(event.call)  # type: ignore[union-attr]
                elif kind is ModelFinish:
                    reply.finish = event  # type: ignore[assignment]
                else:
                    reply.reasoning += len(event.text)  # type: ignore[union-attr]
    finally:
        _count(reply, request, meter)
    if reply.finish is None:
        raise ModelError("The language model's answer broke off; ask again.")
    return reply


def _count(reply: _Reply, request: ModelRequest, meter: Meter) -> None:
    finish = reply.finish
    known_input = finish.input_tokens if finish else None
    known_output = finish.output_tokens if finish else None
    written = estimate_tokens("".join(reply.text)) + sum(estimate_tokens(call.arguments) for call in reply.calls) + reply.reasoning // 4
    meter.count_tokens(
        input_tokens=known_input if known_input is not None else estimate_request(request),
        output_tokens=known_output if known_output is not None else written,
        estimated=known_input is None or known_output is None,
    )


async def _use_tools(calls: Sequence[ToolCall], tools: Sequence[Tool], *, sink: Sink, meter: Meter, agent_id: str | None) -> list[ToolUse]:
    """All calls at once; results in the order of the calls, events in the order of their ends."""
    by_name = {tool.name: tool for tool in tools}
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_use(call, by_name, sink=sink, meter=meter, agent_id=agent_id)) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]


async def _use(call: ToolCall, tools: Mapping[str, Tool], *, sink: Sink, meter: Meter, agent_id: str | None) -> ToolUse:
    tool = tools.get(call.name)
    display_name = tool.display_name if tool else call.name
    step = meter.next_step(call.name)
    started = time.monotonic()
    arguments, error = _arguments(call)
    sink.emit(ToolCalled(step, call.name, display_name, arguments, agent_id=agent_id))
    result = None
    if tool is None:
        error = f"There is no tool called {call.name}. Tools: {', '.join(tools) or 'none'}."
    elif error is None:
        try:
            result = await tool.call(arguments)
        except ToolError as failure:
            error = failure.message
    duration_ms = round((time.monotonic() - started) * 1000)
    public = result.public if result else None
    shown = result.error if result else error
    sink.emit(ToolReturned(step, call.name, display_name, output=public, error=shown, duration_ms=duration_ms, agent_id=agent_id))
    return ToolUse(call, result, error)


def _arguments(call: ToolCall) -> tuple[Mapping[str, Any], str | None]:
    """The arguments as an object, or what is wrong with them. None at all are an empty object: models write both."""
    try:
        arguments = msgspec.json.decode(call.arguments.strip() or "{}")
    except msgspec.DecodeError as error:
        return {}, f"The arguments are not valid JSON ({error}); send one JSON object."
    if not isinstance(arguments, dict):
        return {}, "The arguments must be one JSON object."
    return arguments, None


def _told(use: ToolUse) -> ChatMessage:
    """What the model reads of a tool's result."""
    output = {"error": use.error} if use.result is None else use.result.output
    text = output if isinstance(output, str) else msgspec.json.encode(output).decode()
    if len(text) > TOOL_OUTPUT_CHARACTERS:
        text = f"{text[:TOOL_OUTPUT_CHARACTERS]}\n[cut: {len(text)} characters in all; ask for less]"
    return ChatMessage("tool", text, tool_call_id=use.call.id, tool_name=use.call.name)
