"""Decoder of Gemini's own streams (streamGenerateContent with alt=sse), which some gateways answer with."""

from typing import Any

import msgspec

from rapport.domain.agent import ModelEvent, ModelFinish, ModelReasoning, ModelText, ModelToolCall, ToolCall
from rapport.errors import ModelError, ModelRefused
from rapport.providers.decoding import as_json, parse
from rapport.providers.model_errors import error_in_stream

FILTERED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})


class _Function(msgspec.Struct):
    name: str = ""
    args: Any = None
    id: str | None = None


class _Part(msgspec.Struct, rename="camel"):
    text: str | None = None
    thought: bool = False
    function_call: _Function | None = None


class _Content(msgspec.Struct):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Chunk(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    usage_metadata: _Usage | None = None
    prompt_feedback: dict[str, Any] | None = None
    error: Any = None


_chunks = msgspec.json.Decoder(_Chunk)


class GeminiDecoder:
    """A decoding.Decoder. The stream has no mark for its end: it is whole when a finish reason came."""

    def __init__(self) -> None:
        self.done = False
        self._called = 0
        self._finish: str | None = None
        self._usage = _Usage()

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        chunk = parse(data, _chunks)
        if chunk.error is not None:
            raise error_in_stream(chunk.error)
        if (chunk.prompt_feedback or {}).get("blockReason"):
            raise ModelRefused
        self._usage = chunk.usage_metadata or self._usage
        events: list[ModelEvent] = []
        for candidate in (chunk.candidates or ())[:1]:
            for part in (candidate.content and candidate.content.parts) or ():
                events += self._part(part)
            self._finish = candidate.finish_reason or self._finish
        return events

    def end(self) -> list[ModelEvent]:
        if self._finish is None:
            raise ModelError("The language model's answer broke off; ask again.")
        reason = "length" if self._finish == "MAX_TOKENS" else "content_filter" if self._finish in FILTERED else "stop"
        written = self._usage.candidates_token_count
        output = None if written is None else written + (self._usage.thoughts_token_count or 0)
        return [ModelFinish("tool_calls" if self._called else reason, self._usage.prompt_token_count, output)]

    def _part(self, part: _Part) -> list[ModelEvent]:
        if part.function_call:
            self._called += 1
            call = part.function_call
            return [ModelToolCall(ToolCall(call.id or f"call_{self._called}", call.name, as_json(call.args or {})))]
        if not part.text:
            return []
        return [ModelReasoning(part.text) if part.thought else ModelText(part.text)]
