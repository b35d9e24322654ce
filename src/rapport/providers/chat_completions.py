"""Decoder of OpenAI chat completion streams, as OpenAI, Azure, OpenRouter, vLLM, Ollama, llama.cpp, Mistral, DeepSeek, Groq and
Gemini's compatible endpoint send them. Where they differ, all forms are read.
"""

from typing import Any

import msgspec

from rapport.domain.agent import ModelEvent, ModelFinish, ModelReasoning, ModelText
from rapport.errors import ModelError
from rapport.providers.decoding import PartialCall, as_json, parse, whole_calls
from rapport.providers.model_errors import error_in_stream

FINISHES = {
    "stop": "stop", "eos": "stop", "end_turn": "stop", "length": "length", "max_tokens": "length", "tool_calls": "tool_calls",
    "function_call": "tool_calls", "content_filter": "content_filter", "refusal": "refusal",
}  # fmt: skip


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: Any = None


class _Call(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None  # DeepSeek, vLLM
    reasoning: str | None = None  # OpenRouter, Groq, Ollama
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None  # of a server that does not stream
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_chunks = msgspec.json.Decoder(_Chunk)


class ChatDecoder:
    """A decoding.Decoder."""

    def __init__(self) -> None:
        self.done = False
        self._calls: list[PartialCall] = []
        self._by_index: dict[int, PartialCall] = {}
        self._finish: str | None = None
        self._refused = False
        self._usage: _Usage | None = None
        self._thoughts = ThoughtFilter()

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        if data == b"[DONE]":
            self._finish = self._finish or ("tool_calls" if self._calls else "stop")
            self.done = True
            return self._finished()
        chunk = parse(data, _chunks)
        if chunk.error is not None:
            raise error_in_stream(chunk.error)
        if chunk.usage is not None:
            self._usage = chunk.usage
        events: list[ModelEvent] = []
        for choice in chunk.choices or ():
            delta = choice.delta or choice.message
            if delta is not None:
                self._read(delta, events)
            if choice.finish_reason == "error":
                raise ModelError("The language model's server broke the answer off; ask again.")
            if choice.finish_reason:
                self._finish = FINISHES.get(choice.finish_reason, "stop")
        return events

    def end(self) -> list[ModelEvent]:
        if self.done:
            return []
        if self._finish is None:
            raise ModelError("The language model's answer broke off; ask again.")
        return self._finished()

    def _read(self, delta: _Delta, events: list[ModelEvent]) -> None:
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            events.append(ModelReasoning(thought))
        content = delta.content
        if content:
            events += self._thoughts.split(content) if isinstance(content, str) else _parts(content)
        if delta.refusal:
            self._refused = True
        for call in delta.tool_calls or ():
            self._collect(call)

    def _collect(self, fragment: _Call) -> None:
        """Fragments belong together by index. A server that sends whole calls may give all of them index 0, or none."""
        function = fragment.function or _Function()
        call = self._calls[-1] if fragment.index is None and self._calls else self._by_index.get(fragment.index or 0)
        is_new = call is None or (fragment.id and call.id and fragment.id != call.id) or (fragment.index is None and bool(function.name))
        if is_new or call is None:
            call = PartialCall(fragment.id or "", function.name or "")
            self._calls.append(call)
            if fragment.index is not None:
                self._by_index[fragment.index] = call
        else:
            call.id = call.id or fragment.id or ""
            call.name = call.name or function.name or ""
        if function.arguments is not None:
            call.arguments.append(as_json(function.arguments))

    def _finished(self) -> list[ModelEvent]:
        events = [*self._thoughts.rest(), *whole_calls(iter(self._calls))]
        usage = self._usage or _Usage()
        reason = "refusal" if self._refused else "tool_calls" if self._calls and self._finish == "stop" else self._finish or "stop"
        return [*events, ModelFinish(reason, usage.prompt_tokens, usage.completion_tokens)]


class ThoughtFilter:
    """Takes `<think>...</think>` off the beginning of an answer: some servers pass a model's thinking on as content."""

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._state = "start"  # start | thinking | answer
        self._held = ""

    def split(self, text: str) -> list[ModelEvent]:
        if self._state == "answer":
            return [ModelText(text)]
        self._held += text
        if self._state == "start":
            begun = self._held.lstrip()
            if self.OPEN.startswith(begun):
                return []  # blank, or the tag so far
            if not begun.startswith(self.OPEN):
                return self._answer(self._held)
            self._state, self._held = "thinking", begun.removeprefix(self.OPEN)
        thought, closed, answer = self._held.partition(self.CLOSE)
        if closed:
            answer = answer.lstrip("\n")
            return [*([ModelReasoning(thought)] if thought else []), *(self._answer(answer) if answer else self._answer(""))]
        keep = len(self.CLOSE) - 1
        shown, self._held = self._held[:-keep], self._held[-keep:]
        return [ModelReasoning(shown)] if shown else []

    def rest(self) -> list[ModelEvent]:
        """What was held back at the end: text if the tag never came, else a thought."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [ModelText(held)] if self._state == "start" else [ModelReasoning(held)]

    def _answer(self, text: str) -> list[ModelEvent]:
        self._state, self._held = "answer", ""
        return [ModelText(text)] if text else []


def _parts(content: list[dict[str, Any]]) -> list[ModelEvent]:
    """Content as typed parts (Mistral): text, and thinking that holds parts itself."""
    events: list[ModelEvent] = []
    for part in content:
        if isinstance(part.get("text"), str):
            events.append(ModelText(part["text"]))
        elif isinstance(part.get("thinking"), list):
            events += [ModelReasoning(inner["text"]) for inner in part["thinking"] if isinstance(inner.get("text"), str)]
    return [event for event in events if event.text]  # type: ignore[union-attr]
