"""A model that does what a file says: for tests, demonstrations and client development without a model.

The format is in docs/reference/scripted-model.md. The same question always gives the same answer.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rapport.domain.agent import ChatMessage, ModelEvent, ModelFinish, ModelReasoning, ModelRequest, ModelText, ModelToolCall, ToolCall
from rapport.errors import ModelError, ModelRefused, ModelTimeout, ModelUnavailable, RapportError

ERRORS: dict[str, type[RapportError]] = {
    "unavailable": ModelUnavailable, "timeout": ModelTimeout, "refused": ModelRefused, "error": ModelError,
}  # fmt: skip


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """One thing that the model does. Exactly one of the first six is set."""

    text: str | None = None
    reasoning: str | None = None
    tool: str | None = None
    error: str | None = None
    hang: bool = False
    sleep_s: float | None = None
    arguments: Any = None  # of `tool`: an object, or a string that is sent as it is
    message: str | None = None  # of `error`
    characters: int | None = None  # of `text`: per delta
    delay_s: float | None = None  # of `text`: before each delta


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    """The answer to a question that `when` is found in, under instructions that `system` is found in. One list of parts for each
    call of the model."""

    rounds: list[list[Part]]
    when: str = ""
    system: str = ""
    finish: str = "stop"


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    replies: list[Reply]
    characters: int = 8
    delay_s: float = 0.0
    requests_log: str | None = None  # every request is appended to this file as one JSON line
    usage: bool = True  # whether token counts are reported


def load(path: Path) -> "Scripted":
    """The model of this file. Raises ModelError where the file is missing or not in the format."""
    try:
        script = msgspec.json.decode(path.read_bytes(), type=Script)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"The script {path} cannot be used: {error}. Its format is in docs/reference/scripted-model.md.") from error
    return Scripted(script, name=f"scripted:{path.name}", folder=path.parent)


class Scripted:
    """A ports.ModelProvider."""

    def __init__(self, script: Script, *, name: str = "scripted", folder: Path | None = None):
        self.name = name
        self._script = script
        self._log = (folder or Path()) / script.requests_log if script.requests_log else None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        question, round_number = _where(request.messages)
        if self._log:
            with self._log.open("ab") as file:
                file.write(msgspec.json.encode(_logged(request)) + b"\n")
        reply = self._reply(question, request.system)
        parts = reply.rounds[min(round_number, len(reply.rounds) - 1)]
        written, calls = 0, 0
        for part in parts:
            async for event in self._play(part, question, request.messages):
                calls += isinstance(event, ModelToolCall)
                written += len(event.text) if isinstance(event, ModelText) else 0
                yield event
        tokens = (sum(len(m.content) for m in request.messages) // 4, written // 4 + 1) if self._script.usage else (None, None)
        yield ModelFinish("tool_calls" if calls else reply.finish, *tokens)

    def _reply(self, question: str, system: str) -> Reply:
        for reply in self._script.replies:
            if re.search(reply.when, question, re.IGNORECASE) and re.search(reply.system, system, re.IGNORECASE):
                return reply
        raise ModelError("The script has no reply for this question; add one without `when`.")

    async def _play(self, part: Part, question: str, messages: tuple[ChatMessage, ...]) -> AsyncIterator[ModelEvent]:
        if part.sleep_s is not None:
            await asyncio.sleep(part.sleep_s)
        elif part.hang:
            await asyncio.Event().wait()
        elif part.error is not None:
            raise ERRORS.get(part.error, ModelError)(part.message)
        elif part.tool is not None:
            arguments = part.arguments if isinstance(part.arguments, str) else msgspec.json.encode(part.arguments or {}).decode()
            yield ModelToolCall(ToolCall(f"call_{len(messages)}_{part.tool}", part.tool, arguments))
        elif part.reasoning is not None:
            yield ModelReasoning(part.reasoning)
        elif part.text is not None:
            delay_s = self._script.delay_s if part.delay_s is None else part.delay_s
            for piece in _pieces(_filled(part.text, question, messages), part.characters or self._script.characters):
                if delay_s:
                    await asyncio.sleep(delay_s)
                yield ModelText(piece)


def _where(messages: tuple[ChatMessage, ...]) -> tuple[str, int]:
    """The question, and how many times the model was called about it before."""
    calls = 0
    for message in reversed(messages):
        if message.role == "user":
            return message.content, calls
        calls += message.role == "assistant"
    return "", calls


def _filled(text: str, question: str, messages: tuple[ChatMessage, ...]) -> str:
    results = "\n".join(m.content for m in messages if m.role == "tool")
    return text.replace("{question}", question).replace("{results}", results).replace("{messages}", str(len(messages)))


def _pieces(text: str, characters: int) -> Iterator[str]:
    return (text[start : start + characters] for start in range(0, len(text), characters))


def _logged(request: ModelRequest) -> dict[str, Any]:
    messages = [{"role": m.role, "content": m.content, "toolCalls": [c.name for c in m.tool_calls]} for m in request.messages]
    return {"system": request.system, "messages": messages, "tools": [tool.name for tool in request.tools]}
