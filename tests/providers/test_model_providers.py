"""The adapters against a server on loopback: what they send, and what they make of servers that misbehave."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from tests.providers.model_server import DROP, HANG, chat, model_server

from rapport.domain.agent import (
    ChatMessage,
    ModelFinish,
    ModelReasoning,
    ModelRequest,
    ModelText,
    ModelToolCall,
    Tool,
    ToolCall,
    ToolResult,
)
from rapport.errors import Invalid, ModelError, ModelRefused, ModelTimeout, ModelUnavailable
from rapport.providers.anthropic import Anthropic
from rapport.providers.models import model_provider
from rapport.providers.openai_compatible import OpenAICompatible

pytestmark = pytest.mark.anyio

HELLO = ModelRequest((ChatMessage("user", "hello"),), system="Be brief.")
ANTHROPIC = (Path(__file__).parent / "recordings" / "anthropic-text-and-two-tools.sse").read_bytes()


async def answer(provider, request=HELLO):
    async with aclosing(provider.stream(request)) as events:
        return [event async for event in events]


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, ModelText))


async def nothing(arguments):
    return ToolResult(None)


RANK = Tool("rank", "Ranking", "Ranks users.", {"type": "object", "properties": {"top": {"type": "integer"}}}, nothing)
DIALOGUE = ModelRequest(
    (
        ChatMessage("user", "Who is sad?"),
        ChatMessage("assistant", "", tool_calls=(ToolCall("a", "rank", '{"top":1}'), ToolCall("b", "rank", "{oops"))),
        ChatMessage("tool", '{"rows":[]}', tool_call_id="a", tool_name="rank"),
        ChatMessage("tool", "", tool_call_id="b", tool_name="rank"),
        ChatMessage("assistant", "Nobody."),
        ChatMessage("user", "And now?"),
    ),
    system="Be brief.",
    tools=(RANK,),
    max_tokens=99,
    temperature=0.5,
)  # fmt: skip


async def test_a_chat_completion_request_has_the_documented_form():
    async with model_server(chat({"content": "Hi"}, {"content": " there"})) as fake:
        events = await answer(OpenAICompatible("llama3", f"{fake.url}/v1", key="secret"), DIALOGUE)
        assert text_of(events) == "Hi there"
        assert events[-1] == ModelFinish("stop")
        assert fake.paths == ["/v1/chat/completions"]
        assert fake.headers[0]["authorization"] == "Bearer secret"
        body = fake.requests[0]
        assert (body["model"], body["stream"], body["max_tokens"], body["temperature"]) == ("llama3", True, 99, 0.5)
        assert body["stream_options"] == {"include_usage": True}
        assert body["tools"][0]["function"] == {"name": "rank", "description": "Ranks users.", "parameters": dict(RANK.parameters)}
        assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "tool", "tool", "assistant", "user"]
        assert body["messages"][2]["tool_calls"][0]["function"] == {"name": "rank", "arguments": '{"top":1}'}
        assert body["messages"][3] == {"role": "tool", "tool_call_id": "a", "content": '{"rows":[]}'}


async def test_a_messages_request_has_the_documented_form():
    async with model_server((200, "text/event-stream", [ANTHROPIC])) as fake:
        events = await answer(Anthropic("claude", fake.url, key="secret"), DIALOGUE)
        assert [event.call.name for event in events if isinstance(event, ModelToolCall)] == ["rank", "list"]
        assert fake.paths == ["/v1/messages"]
        assert fake.headers[0]["x-api-key"] == "secret"
        body = fake.requests[0]
        assert (body["system"], body["max_tokens"]) == ("Be brief.", 99)
        assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
        assert body["messages"][1]["content"][1] == {"type": "tool_use", "id": "b", "name": "rank", "input": {"unreadable": "{oops"}}
        assert [block["type"] for block in body["messages"][2]["content"]] == ["tool_result", "tool_result"]


async def test_structured_output_is_asked_for_and_comes_as_text():
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    request = ModelRequest((ChatMessage("user", "ok?"),), response_schema=schema)
    async with model_server(chat({"content": '{"ok":'}, {"content": "true}"})) as fake:
        assert text_of(await answer(OpenAICompatible("m", f"{fake.url}/v1", key=None), request)) == '{"ok":true}'
        assert fake.requests[0]["response_format"]["json_schema"]["schema"] == schema
    stream = (
        b'data: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"tool_use","id":"t","name":"structured_answer","input":{}}}\n\n'
        b'data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"ok\\":true}"}}\n\n'
        b'data: {"type":"content_block_stop","index":0}\n\n'
        b'data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}\n\n'
        b'data: {"type":"message_stop"}\n\n'
    )
    async with model_server((200, "text/event-stream", [stream])) as fake:
        events = await answer(Anthropic("m", fake.url, key=None), request)
        assert text_of(events) == '{"ok":true}'
        assert events[-1].reason == "stop"
        assert fake.requests[0]["tool_choice"] == {"type": "tool", "name": "structured_answer"}


async def test_reasoning_and_refusals_are_kept_apart():
    async with model_server(chat({"reasoning_content": "Hm."}, {"content": "Yes."}), chat({"refusal": "I will not."})) as fake:
        provider = OpenAICompatible("m", fake.url, key=None)
        events = await answer(provider)
        assert (text_of(events), [e.text for e in events if isinstance(e, ModelReasoning)]) == ("Yes.", ["Hm."])
        assert (await answer(provider))[-1].reason == "refusal"


async def test_halves_of_a_surrogate_pair_survive():
    broken = b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude00"}}]}\n\n'
    async with model_server((200, "text/event-stream", [broken, b"data: [DONE]\n\n"])) as fake:
        text = text_of(await answer(OpenAICompatible("m", fake.url, key=None)))
        assert text.encode("utf-16", "surrogatepass").decode("utf-16") == "😀"


async def test_a_server_that_does_not_stream_is_understood():
    body = b'{"choices":[{"message":{"role":"assistant","content":"Whole."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}'
    async with model_server((200, "application/json", [body[:20], body[20:]])) as fake:
        events = await answer(OpenAICompatible("m", fake.url, key=None))
        assert (text_of(events), events[-1].input_tokens) == ("Whole.", 1)
    body = b'{"type":"message","content":[{"type":"text","text":"Whole."}],"stop_reason":"end_turn","usage":{"input_tokens":2}}'
    async with model_server((200, "application/json", [body])) as fake:
        events = await answer(Anthropic("m", fake.url, key=None))
        assert (text_of(events), events[-1].input_tokens) == ("Whole.", 2)


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_a_busy_server_is_asked_again_before_the_first_byte(status):
    async with model_server((status, "application/json", [b"{}"]), (0, "", []), chat({"content": "ok"})) as fake:
        assert text_of(await answer(OpenAICompatible("m", fake.url, key=None))) == "ok"
        assert len(fake.requests) == 3


async def test_nothing_is_repeated_after_the_first_byte():
    async with model_server((200, "text/event-stream", [b'data: {"choices":[{"delta":{"content":"Once"}}]}\n\n', DROP])) as fake:
        with pytest.raises(ModelUnavailable):
            await answer(OpenAICompatible("m", fake.url, key=None))
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((401, "application/json", [b'{"error":{"message":"bad key sk-123"}}']), "check the setting `model_api_key`"),
        ((404, "text/plain", [b"nope"]), "check the setting `model`"),
        ((400, "application/json", [b'{"error":{"code":"context_length_exceeded","message":"too big"}}']), "too long"),
        ((422, "text/html", [b"<html>\xff"]), "did not accept the request"),
    ],
)
async def test_errors_say_what_to_do_and_do_not_leak(reply, expected):
    async with model_server(reply) as fake:
        with pytest.raises(ModelError, match=expected) as raised:
            await answer(OpenAICompatible("m", fake.url, key="k"))
        assert "sk-123" not in raised.value.message
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([b'data: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n'], ModelUnavailable),
        ([b'data: {"error":"blocked by content_filter"}\n\n'], ModelRefused),
        ([b'data: {"choices":[{"delta":{"content":"Wor"}}]}\n\n'], ModelError),
        ([b"data: {not json}\n\n"], ModelError),
        ([b"data: [1,2]\n\n"], ModelError),
        ([b"\x00\xff\xfe garbage"], ModelError),
        ([b"<html>busy</html>\n\n"], ModelError),
        ([], ModelError),
    ],
)
async def test_a_stream_that_goes_wrong_is_an_error(pieces, error):
    for provider in (OpenAICompatible, Anthropic):
        async with model_server((200, "text/event-stream", pieces)) as fake:
            with pytest.raises(ModelError) as raised:
                await answer(provider("m", fake.url, key=None))
            assert isinstance(raised.value, error)


async def test_closing_the_stream_closes_the_connection():
    async with model_server((200, "text/event-stream", [b'data: {"choices":[{"delta":{"content":"Wait"}}]}\n\n', HANG])) as fake:
        asking = asyncio.create_task(answer(OpenAICompatible("m", fake.url, key=None)))
        await asyncio.sleep(0.1)
        asking.cancel()
        async with asyncio.timeout(1):
            await fake.left.wait()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_server_that_says_nothing_is_a_timeout():
    async with model_server((200, "text/event-stream", [HANG])) as fake:
        with pytest.raises(ModelTimeout):
            await answer(OpenAICompatible("m", fake.url, key=None, silence_s=0.1))


async def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(ModelUnavailable):
        await answer(OpenAICompatible("m", "http://127.0.0.1:9/v1", key=None))


def test_the_setting_names_a_provider(tmp_path):
    script = tmp_path / "script.json"
    script.write_text('{"replies":[{"rounds":[[{"text":"hi"}]]}]}')
    assert model_provider("builtin", key=None) is None
    assert model_provider(f"scripted:{script}", key=None).name == "scripted:script.json"
    named = model_provider("openai:org/model@v2@http://127.0.0.1:11434/v1", key=None)
    assert (named.name, named._url) == ("org/model@v2", "http://127.0.0.1:11434/v1/chat/completions")
    azure = model_provider("openai:gpt@https://x.openai.azure.com/openai/deployments/gpt?api-version=2026-01-01", key="k")
    assert azure._url == "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2026-01-01"
    assert model_provider("anthropic:claude", key="k")._url == "https://api.anthropic.com/v1/messages"
    for wrong in ("openai:", "gpt-5", "scripted:", "anthropic:@http://x", ""):
        with pytest.raises(Invalid):
            model_provider(wrong, key=None)
    with pytest.raises(ModelError, match=r"scripted-model\.md"):
        model_provider(f"scripted:{tmp_path / 'missing.json'}", key=None)
