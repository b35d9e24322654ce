"""Run events as the bytes of each documented stream.

Rules that all dialects share (what breaks clients otherwise is in docs/reference/events.md): lines end with LF, one event is
one `data:` line of compact JSON, U+0085, U+2028 and U+2029 are escaped because line readers of real clients split on them.
The frequent event, a piece of text, is framed by hand: constant prefix, escaped text, constant suffix.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from rapport.domain.events import Notice, RunEvent, RunFailed, RunFinished, TextDelta, ToolCalled, ToolReturned, Usage
from rapport.runs.log import Dialect

_encode = msgspec.json.Encoder().encode


def compact(value: Any) -> bytes:
    """JSON on one line, safe inside `data:`. A lone surrogate inside a value is written as an escape."""
    try:
        encoded = _encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()
    return _escape(encoded)


def _escape(encoded: bytes) -> bytes:
    if b"\xe2\x80" in encoded:
        encoded = encoded.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return encoded.replace(b"\xc2\x85", b"\\u0085") if b"\xc2\x85" in encoded else encoded


def _named(name: str, data: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), compact(data))


def _unnamed(data: Mapping[str, Any]) -> bytes:
    return b"data: %b\n\n" % compact(data)


class Greenflash:
    """`event:` and `data:`; the analyst's chat (contract: tool_call, tool_result, text_delta, done, error)."""

    name = "greenflash"
    ping = b": ping\n\n"
    sentinel = b""

    def text(self, seq: int, text: str, agent_id: str | None) -> bytes:
        return b'event: text_delta\ndata: {"text":%b}\n\n' % _escape(_encode(text))

    def event(self, seq: int, event: RunEvent) -> bytes | None:
        match event:
            case ToolCalled():
                return _named("tool_call", {"step": event.step, "toolName": event.tool, "displayName": event.display_name})
            case ToolReturned():
                data = {"step": event.step, "toolName": event.tool, "displayName": event.display_name}
                shown = {"output": event.output} if event.output is not None else {}
                return _named("tool_result", data | shown | ({"error": event.error} if event.error else {}))
            case RunFinished():
                return _named("done", {**event.data, "status": "complete", "usage": _tool_usage(event.usage)})
            case RunFailed():
                return _named("error", {"error": event.message, "code": event.code})
            case TextDelta() | Notice():
                return None


class PingrepChat:
    """`data:` with the type inside; token, done and error. A stopped answer ends with `done`, finishReason `cancelled`."""

    name = "pingrep"
    ping = b": keep-alive\n\n"
    sentinel = b""

    def text(self, seq: int, text: str, agent_id: str | None) -> bytes:
        return b'data: {"type":"token","content":%b,"seq":%d}\n\n' % (_escape(_encode(text)), seq)

    def event(self, seq: int, event: RunEvent) -> bytes | None:
        match event:
            case RunFinished():
                return _unnamed({"type": "done", "seq": seq, "content": event.text, **event.data})
            case RunFailed(code="cancelled"):
                metadata = {**event.data.get("metadata", {}), "finishReason": "cancelled"}
                return _unnamed({"type": "done", "seq": seq, "content": event.text, **event.data, "metadata": metadata})
            case RunFailed():
                head = {"type": "error", "seq": seq, "message": event.message, "detail": event.message, "code": event.code}
                return _unnamed({**head, "retryable": event.retryable, "partial": event.text, **event.data})
            case Notice(name="command"):
                return _unnamed({"type": "command", "seq": seq, **event.data})
            case _:
                return None


class PingrepAsk:
    """`event:` and `data:` with the type inside as well; the public ask of a representative."""

    name = "pingrep_ask"
    ping = b": keep-alive\n\n"
    sentinel = b""

    def text(self, seq: int, text: str, agent_id: str | None) -> bytes:
        return b'event: text\ndata: {"type":"text","content":%b}\n\n' % _escape(_encode(text))

    def event(self, seq: int, event: RunEvent) -> bytes | None:
        match event:
            case Notice():  # connected, meta, post_context
                return _named(event.name, {"type": event.name, **event.data})
            case RunFinished():
                return _named("done", {"type": "done", **event.data})
            case RunFailed():
                return _named("error", {"type": "error", "message": event.message, "code": event.code})
            case _:
                return None


class Teammate:
    """`data:` with the type first, then `data: [DONE]`, also after an error. `agent_id` appears on the chunks of teams only."""

    name = "teammate"
    ping = b": ping\n\n"
    sentinel = b"data: [DONE]\n\n"

    def text(self, seq: int, text: str, agent_id: str | None) -> bytes:
        if agent_id is None:
            return b'data: {"type":"text","content":%b}\n\n' % _escape(_encode(text))
        return b'data: {"type":"text","content":%b,"agent_id":%b}\n\n' % (_escape(_encode(text)), _encode(agent_id))

    def event(self, seq: int, event: RunEvent) -> bytes | None:
        match event:
            case ToolCalled():
                data = {"type": "tool_start", "tool": event.tool, "args": event.arguments, "id": event.step}
                return _unnamed(data | _agent(event.agent_id))
            case ToolReturned():
                shown = event.error or _short(event.output)
                data = {"type": "tool_end", "tool": event.tool, "content": shown, "id": event.step,
                        "status": "error" if event.error else "ok", "duration_ms": event.duration_ms}  # fmt: skip
                return _unnamed(data | _agent(event.agent_id))
            case Notice():
                return _unnamed({"type": event.name, **event.data})
            case RunFinished():
                return _unnamed({"type": "done", "content": "", **event.data})
            case RunFailed():
                return _unnamed({"type": "error", "content": event.message, "code": event.code, "retryable": event.retryable})
            case TextDelta():
                return None


def _tool_usage(usage: Usage) -> dict[str, Any]:
    return {"toolCalls": usage.tool_calls, "tools": usage.tools, "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}


def _agent(agent_id: str | None) -> dict[str, str]:
    return {"agent_id": agent_id} if agent_id else {}


def _short(output: Any) -> str:
    """At most 500 characters of a tool's public output."""
    text = output if isinstance(output, str) else "" if output is None else compact(output).decode()
    return text if len(text) <= 500 else text[:499] + "…"


GREENFLASH = Greenflash()
PINGREP_CHAT = PingrepChat()
PINGREP_ASK = PingrepAsk()
TEAMMATE = Teammate()

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (GREENFLASH, PINGREP_CHAT, PINGREP_ASK, TEAMMATE)}
