"""The bytes of each documented stream."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.api.frames import DIALECTS, GREENFLASH, PINGREP_ASK, PINGREP_CHAT, TEAMMATE, compact
from rapport.domain.events import Notice, RunFailed, RunFinished, ToolCalled, ToolReturned, Usage

USAGE = Usage(812, 96, 2, ("getConversations", "draftTicket"))
FAILED = RunFailed("model_error", "It broke.", retryable=True, text="Par")

GOLDEN = [
    (GREENFLASH, ToolCalled(1, "getConversations", "Searching conversations", {"a": 1}),
     b'event: tool_call\ndata: {"step":1,"toolName":"getConversations","displayName":"Searching conversations"}\n\n'),
    (GREENFLASH, ToolReturned(1, "getConversations", "Searching conversations"),
     b'event: tool_result\ndata: {"step":1,"toolName":"getConversations","displayName":"Searching conversations"}\n\n'),
    (GREENFLASH, ToolReturned(2, "draftTicket", "Drafting ticket", output={"draft": {"title": "T"}, "dedupWarning": None}),
     b'event: tool_result\ndata: {"step":2,"toolName":"draftTicket","displayName":"Drafting ticket",'
     b'"output":{"draft":{"title":"T"},"dedupWarning":null}}\n\n'),
    (GREENFLASH, ToolReturned(2, "createTicket", "Creating ticket", error="provider_needs_setup"),
     b'event: tool_result\ndata: {"step":2,"toolName":"createTicket","displayName":"Creating ticket","error":"provider_needs_setup"}\n\n'),
    (GREENFLASH, RunFinished(USAGE, {"conversationId": "chat-9"}),
     b'event: done\ndata: {"conversationId":"chat-9","status":"complete","usage":{"toolCalls":2,'
     b'"tools":["getConversations","draftTicket"],"inputTokens":812,"outputTokens":96}}\n\n'),
    (GREENFLASH, FAILED, b'event: error\ndata: {"error":"It broke.","code":"model_error"}\n\n'),
    (GREENFLASH, Notice("meta", {}), None),
    (PINGREP_CHAT, RunFinished(USAGE, {"message": {"id": "m"}, "metadata": {"finishReason": "stop"}}, text="Hi"),
     b'data: {"type":"done","seq":7,"content":"Hi","message":{"id":"m"},"metadata":{"finishReason":"stop"}}\n\n'),
    (PINGREP_CHAT, RunFailed("cancelled", "Stopped.", data={"metadata": {"messageId": "m"}}, text="Par"),
     b'data: {"type":"done","seq":7,"content":"Par","metadata":{"messageId":"m","finishReason":"cancelled"}}\n\n'),
    (PINGREP_CHAT, FAILED,
     b'data: {"type":"error","seq":7,"message":"It broke.","detail":"It broke.","code":"model_error","retryable":true,'
     b'"partial":"Par"}\n\n'),
    (PINGREP_CHAT, ToolCalled(1, "search", "Searching"), None),
    (PINGREP_ASK, Notice("connected", {"session_id": "s"}), b'event: connected\ndata: {"type":"connected","session_id":"s"}\n\n'),
    (PINGREP_ASK, RunFinished(USAGE), b'event: done\ndata: {"type":"done"}\n\n'),
    (PINGREP_ASK, FAILED, b'event: error\ndata: {"type":"error","message":"It broke.","code":"model_error"}\n\n'),
    (TEAMMATE, ToolCalled(1, "search", "Searching", {"q": "x"}),
     b'data: {"type":"tool_start","tool":"search","args":{"q":"x"},"id":1}\n\n'),
    (TEAMMATE, ToolReturned(1, "search", "Searching", output="3 hits", duration_ms=4),
     b'data: {"type":"tool_end","tool":"search","content":"3 hits","id":1,"status":"ok","duration_ms":4}\n\n'),
    (TEAMMATE, RunFinished(USAGE), b'data: {"type":"done","content":""}\n\n'),
    (TEAMMATE, FAILED, b'data: {"type":"error","content":"It broke.","code":"model_error","retryable":true}\n\n'),
    (TEAMMATE, Notice("agent_start", {"agent_id": "a", "round": 1}), b'data: {"type":"agent_start","agent_id":"a","round":1}\n\n'),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "event", "expected"), GOLDEN)
def test_events_are_written_as_documented(dialect, event, expected):
    assert dialect.event(7, event) == expected


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (GREENFLASH, b'event: text_delta\ndata: {"text":"Hello"}\n\n'),
        (PINGREP_CHAT, b'data: {"type":"token","content":"Hello","seq":7}\n\n'),
        (PINGREP_ASK, b'event: text\ndata: {"type":"text","content":"Hello"}\n\n'),
        (TEAMMATE, b'data: {"type":"text","content":"Hello"}\n\n'),
    ],
)
def test_text_is_written_as_documented(dialect, expected):
    assert dialect.text(7, "Hello", None) == expected


def test_only_the_teammate_dialect_has_a_sentinel():
    assert {d.name: d.sentinel for d in DIALECTS.values() if d.sentinel} == {"teammate": b"data: [DONE]\n\n"}


AWKWARD = st.text(st.sampled_from('a"\\\n\r\t\x85  é漢😀:\x00\x1b')) | st.text() | st.just("data: x\n\nevent: y\n\n")


@given(AWKWARD.filter(bool))
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_any_text_is_one_event_that_gives_it_back(dialect, text):
    frame = dialect.text(1, text, None).decode()
    assert frame.endswith("\n\n")
    lines = frame[:-2].splitlines()  # Python splits on more than SSE does, as real clients do
    data = [line for line in lines if line.startswith("data: ")]
    assert len(data) == 1
    assert len(lines) == (2 if lines[0].startswith("event: ") else 1)
    payload = json.loads(data[0].removeprefix("data: "))
    assert payload.get("text", payload.get("content")) == text


def test_a_lone_surrogate_inside_a_tool_output_does_not_break_the_stream():
    assert compact({"text": "\ud83d"}) == b'{"text":"\\ud83d"}'
