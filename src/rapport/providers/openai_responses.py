"""Decoder of OpenAI's Responses streams, which some gateways answer with."""

from typing import Any

import msgspec

from rapport.domain.agent import ModelEvent, ModelFinish, ModelReasoning, ModelText
from rapport.errors import ModelError
from rapport.providers.decoding import PartialCall, parse, whole_calls
from rapport.providers.model_errors import error_in_stream


class _Item(msgspec.Struct):
    type: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Response(msgspec.Struct):
    status: str | None = None
    error: Any = None
    incomplete_details: dict[str, Any] | None = None
    usage: _Usage | None = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: Any = None
    output_index: int = 0
    item: _Item | None = None
    response: _Response | None = None
    message: str | None = None
    code: str | None = None


_events = msgspec.json.Decoder(_Event)


class ResponsesDecoder:
    """A decoding.Decoder."""

    def __init__(self) -> None:
        self.done = False
        self._calls: dict[int, PartialCall] = {}
        self._refused = False

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        event = parse(data, _events)
        match event.type:
            case "response.output_text.delta" if event.delta:
                return [ModelText(event.delta)]
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" if event.delta:
                return [ModelReasoning(event.delta)]
            case "response.refusal.delta":
                self._refused = True
            case "response.output_item.added" | "response.output_item.done" if event.item and event.item.type == "function_call":
                call = PartialCall(event.item.call_id or "", event.item.name or "")
                call.arguments.append(event.item.arguments or "")
                self._calls[event.output_index] = call  # `done` repeats the item with all its arguments
            case "response.function_call_arguments.delta" if event.output_index in self._calls and event.delta:
                self._calls[event.output_index].arguments.append(event.delta)
            case "response.completed" | "response.incomplete":
                self.done = True
                return self._finished(event.response or _Response())
            case "response.failed":
                raise error_in_stream(event.response.error if event.response else None)
            case "error":
                raise error_in_stream({"code": event.code, "message": event.message})
        return []

    def end(self) -> list[ModelEvent]:
        if not self.done:
            raise ModelError("The language model's answer broke off; ask again.")
        return []

    def _finished(self, response: _Response) -> list[ModelEvent]:
        cut = (response.incomplete_details or {}).get("reason")
        reason = "content_filter" if cut == "content_filter" else "length" if cut else "tool_calls" if self._calls else "stop"
        usage = response.usage or _Usage()
        calls = whole_calls(iter(self._calls[index] for index in sorted(self._calls)))
        return [*calls, ModelFinish("refusal" if self._refused else reason, usage.input_tokens, usage.output_tokens)]
