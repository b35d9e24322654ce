"""Anthropic's messages API, and servers that speak it. The base URL does not include `/v1`, as in Anthropic's own client."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from rapport.domain.agent import ChatMessage, ModelEvent, ModelFinish, ModelReasoning, ModelRequest, ModelText
from rapport.errors import ModelError
from rapport.providers import model_http
from rapport.providers.decoding import PartialCall, as_json, parse
from rapport.providers.model_errors import error_in_stream

VERSION = "2023-06-01"
STRUCTURED = "structured_answer"
"""Name of the tool whose arguments are the answer, where a schema was asked for: works with every model that has tools."""

FINISHES = {
    "end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length", "model_context_window_exceeded": "length",
    "tool_use": "tool_calls", "refusal": "refusal",
}  # fmt: skip


class Anthropic:
    """A ports.ModelProvider."""

    def __init__(self, model: str, base_url: str, *, key: str | None, silence_s: float = model_http.SILENCE_S):
        self.name = model
        self._url = base_url.rstrip("/") + "/v1/messages"
        self._headers = {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})
        self._client = model_http.new_client(silence_s)

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        decoder = MessagesDecoder(structured=request.response_schema is not None)
        return model_http.stream_events(self._client, self._url, headers=self._headers, body=self._body(request), decoder=decoder)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name, "max_tokens": request.max_tokens, "messages": _messages(request.messages), "stream": True,
        }  # fmt: skip
        if request.system:
            body["system"] = request.system
        if request.temperature is not None:
            body["temperature"] = request.temperature
        tools = [{"name": t.name, "description": t.description, "input_schema": t.parameters} for t in request.tools]
        if request.response_schema is not None:
            tools.append({"name": STRUCTURED, "description": "Give the answer.", "input_schema": request.response_schema})
            body["tool_choice"] = {"type": "tool", "name": STRUCTURED}
        if tools:
            body["tools"] = tools
        return body


def _messages(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """Blocks in alternating roles, user first. Results of tools are blocks of the user; text blocks must not be empty."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if turns and turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": "(The conversation goes on.)"}]})
    return turns


def _blocks(message: ChatMessage) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content or "(nothing)"}]
    text = [{"type": "text", "text": message.content}] if message.content.strip() else []
    return text + [{"type": "tool_use", "id": c.id, "name": c.name, "input": _input(c.arguments)} for c in message.tool_calls]


def _input(arguments: str) -> Any:
    """The arguments as an object; what the model garbled is shown to it as it was."""
    try:
        value = msgspec.json.decode(arguments or "{}")
    except msgspec.DecodeError:
        value = None
    return value if isinstance(value, dict) else {"unreadable": arguments}


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Piece(msgspec.Struct):
    """A content block, or a change to one, or to the message."""

    type: str = ""
    id: str | None = None
    name: str | None = None
    input: Any = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    usage: _Usage | None = None
    content: list[_Piece] | None = None
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Piece | None = None
    delta: _Piece | None = None
    usage: _Usage | None = None
    error: Any = None
    content: list[_Piece] | None = None  # of a server that does not stream
    stop_reason: str | None = None


_events = msgspec.json.Decoder(_Event)


class MessagesDecoder:
    """A decoding.Decoder. Tools that the vendor runs itself (server_tool_use) are not calls of ours."""

    def __init__(self, *, structured: bool = False) -> None:
        self.done = False
        self._structured = structured
        self._calls: dict[int, PartialCall] = {}
        self._called = 0
        self._finish: str | None = None
        self._input_tokens: int | None = None
        self._output_tokens: int | None = None

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        event = parse(data, _events)
        match event.type:
            case "content_block_delta" if event.delta:
                return self._delta(event.index, event.delta)
            case "content_block_start" if event.content_block:
                return self._start(event.index, event.content_block)
            case "content_block_stop":
                return self._stop(event.index)
            case "message_start" if event.message:
                self._count(event.message.usage)
            case "message_delta":
                self._count(event.usage)
                if event.delta and event.delta.stop_reason:
                    self._finish = FINISHES.get(event.delta.stop_reason, "stop")
            case "message_stop":
                self.done = True
                return self._finished()
            case "message":
                return self._whole(event)
            case _ if event.type == "error" or event.error is not None:
                raise error_in_stream(event.error)
        return []

    def end(self) -> list[ModelEvent]:
        if self.done:
            return []
        if self._finish is None:
            raise ModelError("The language model's answer broke off; ask again.")
        return self._finished()

    def _start(self, index: int, block: _Piece) -> list[ModelEvent]:
        if block.type == "tool_use" and not self._is_answer(block):
            self._calls[index] = PartialCall(block.id or "", block.name or "")
            if block.input:
                self._calls[index].arguments.append(as_json(block.input))
        if block.type == "text" and block.text:
            return [ModelText(block.text)]
        return []

    def _delta(self, index: int, delta: _Piece) -> list[ModelEvent]:
        if delta.type == "text_delta" and delta.text:
            return [ModelText(delta.text)]
        if delta.type == "thinking_delta" and delta.thinking:
            return [ModelReasoning(delta.thinking)]
        if delta.type == "input_json_delta" and delta.partial_json:
            if index in self._calls:
                self._calls[index].arguments.append(delta.partial_json)
            elif self._structured:
                return [ModelText(delta.partial_json)]
        return []

    def _stop(self, index: int) -> list[ModelEvent]:
        call = self._calls.pop(index, None)
        if call is None:
            return []
        self._called += 1
        return [call.whole(self._called)]

    def _is_answer(self, block: _Piece) -> bool:
        return self._structured and block.name == STRUCTURED

    def _whole(self, message: _Event) -> list[ModelEvent]:
        """A message that did not come as a stream."""
        events: list[ModelEvent] = []
        for index, block in enumerate(message.content or ()):
            if block.type == "tool_use" and self._is_answer(block):
                events.append(ModelText(as_json(block.input)))
            events += self._start(index, block)
            events += [ModelReasoning(block.thinking)] if block.thinking else []
            events += self._stop(index)
        self._count(message.usage)
        self._finish = FINISHES.get(message.stop_reason or "", "stop")
        self.done = True
        return [*events, *self._finished()]

    def _count(self, usage: _Usage | None) -> None:
        if usage is None:
            return
        if usage.input_tokens is not None:
            cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
            self._input_tokens = usage.input_tokens + cached
        if usage.output_tokens is not None:
            self._output_tokens = usage.output_tokens

    def _finished(self) -> list[ModelEvent]:
        reason = self._finish or ("tool_calls" if self._called else "stop")
        if self._structured and reason == "tool_calls" and not self._called:
            reason = "stop"
        return [ModelFinish(reason, self._input_tokens, self._output_tokens)]
