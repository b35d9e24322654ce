"""The bridge to Pydantic AI, with the models that it ships for tests: what a model gets, and what its answer becomes."""

import asyncio
import json
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

pytest.importorskip("pydantic_ai", reason="the extra pydantic-ai is not installed")

from pydantic_ai import exceptions
from pydantic_ai.models.function import DeltaThinkingPart, DeltaToolCall, FunctionModel
from tests.api.teammate.test_agents import ask, make_agent
from tests.providers.test_model_providers import DIALOGUE, HELLO, answer, text_of

from rapport.config import Settings
from rapport.domain.agent import ModelFinish, ModelReasoning, ModelText, ModelToolCall, ToolCall
from rapport.errors import Invalid, ModelError, ModelRefused, ModelTimeout, ModelUnavailable
from rapport.providers.models import model_provider
from rapport.providers.pydantic_ai import PydanticAI


def provider_of(stream) -> PydanticAI:
    return PydanticAI(FunctionModel(stream_function=stream, model_name="fake"))


@pytest.mark.anyio
async def test_text_and_thinking_come_as_they_are_written():
    async def stream(said, info):
        yield {0: DeltaThinkingPart(content="Let me ")}
        yield {0: DeltaThinkingPart(content="see.")}
        yield "Hi"
        yield " there \u2028 \U0001f600"

    events = await answer(provider_of(stream))
    assert [event.text for event in events if isinstance(event, ModelReasoning)] == ["Let me ", "see."]
    assert [event.text for event in events if isinstance(event, ModelText)] == ["Hi", " there \u2028 \U0001f600"]
    assert isinstance(events[-1], ModelFinish)
    assert events[-1].reason == "stop"
    assert events[-1].output_tokens > 0


@pytest.mark.anyio
async def test_fragments_of_parallel_calls_are_joined():
    async def stream(said, info):
        yield "Looking."
        yield {1: DeltaToolCall(name="rank", json_args='{"to', tool_call_id="a")}
        yield {2: DeltaToolCall(name="rank", json_args="{oops", tool_call_id="b")}
        yield {1: DeltaToolCall(json_args='p":1}')}

    events = await answer(provider_of(stream), DIALOGUE)
    calls = [event.call for event in events if isinstance(event, ModelToolCall)]
    assert calls == [ToolCall("a", "rank", '{"top":1}'), ToolCall("b", "rank", "{oops")]
    assert (text_of(events), events[-1].reason) == ("Looking.", "tool_calls")


@pytest.mark.anyio
async def test_the_model_gets_the_dialogue_the_tools_and_the_limits():
    seen = []

    async def stream(said, info):
        seen.append((said, info))
        yield "{}"

    schema = {"type": "object", "properties": {"mood": {"type": "string"}}}
    await answer(provider_of(stream), replace(DIALOGUE, response_schema=schema))
    [(said, info)] = seen
    assert [type(message).__name__ for message in said] == [
        "ModelRequest",
        "ModelResponse",
        "ModelRequest",
        "ModelResponse",
        "ModelRequest",
    ]
    assert [part.args for part in said[1].parts] == ['{"top":1}', "{oops"]
    assert [(part.tool_call_id, part.content) for part in said[2].parts] == [("a", '{"rows":[]}'), ("b", "")]
    assert said[-1].parts[0].content == "And now?"
    assert info.instructions == "Be brief."
    assert [(tool.name, tool.parameters_json_schema) for tool in info.function_tools] == [("rank", DIALOGUE.tools[0].parameters)]
    assert (info.model_settings["max_tokens"], info.model_settings["temperature"]) == (99, 0.5)
    assert info.model_request_parameters.output_object.json_schema == schema


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("raised", "becomes"),
    [
        (exceptions.ModelHTTPError(401, "fake", {"error": "no"}), ModelError),
        (exceptions.ModelHTTPError(429, "fake"), ModelUnavailable),
        (exceptions.ModelHTTPError(503, "fake"), ModelUnavailable),
        (exceptions.ModelConnectionError("fake", "refused"), ModelUnavailable),
        (exceptions.ModelTimeoutError("fake", "slow"), ModelTimeout),
        (exceptions.ContentFilterError("blocked"), ModelRefused),
        (exceptions.UnexpectedModelBehavior("what?"), ModelError),
        (exceptions.UserError("no such setting"), ModelError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("begun", [False, True])
async def test_failures_before_and_within_an_answer(raised: Exception, becomes: type[ModelError], begun: bool):
    async def stream(said, info):
        if begun:
            yield "Half an"
        raise raised
        yield ""

    got = []

    async def read():
        async with aclosing(provider_of(stream).stream(HELLO)) as events:
            async for event in events:
                got.append(event)

    with pytest.raises(becomes) as failure:
        await read()
    assert type(failure.value) is becomes
    assert [event.text for event in got] == (["Half an"] if begun else [])


@pytest.mark.anyio
async def test_leaving_and_cancelling_close_the_models_stream():
    closed = []

    async def stream(said, info):
        try:
            while True:
                yield "word "
                await asyncio.sleep(0.001)
        finally:
            closed.append(True)

    async with aclosing(provider_of(stream).stream(HELLO)) as events:
        async for _ in events:
            break
    reading = asyncio.create_task(answer(provider_of(stream)))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    for _ in range(100):
        if len(closed) == 2:
            break
        await asyncio.sleep(0.01)
    assert closed == [True, True]


class Ending(FunctionModel):
    """Writes "Half", and ends as `how` says."""

    def __init__(self, **how):
        async def stream(said, info):
            yield "Half"

        super().__init__(stream_function=stream)
        self.how = how

    @asynccontextmanager
    async def request_stream(self, *arguments):
        async with super().request_stream(*arguments) as opened:
            for name, value in self.how.items():
                setattr(opened, name, value)
            yield opened


@pytest.mark.anyio
@pytest.mark.parametrize("how", [{"finish_reason": "error"}, {"state": "incomplete"}])
async def test_an_answer_that_breaks_off_is_an_error(how: dict):
    with pytest.raises(ModelError, match="broke off"):
        await answer(PydanticAI(Ending(**how)))


@pytest.mark.anyio
@pytest.mark.parametrize("reason", ["length", "content_filter", "stop"])
async def test_why_an_answer_ended_is_passed_on(reason: str):
    assert (await answer(PydanticAI(Ending(finish_reason=reason))))[-1].reason == reason


@pytest.mark.parametrize("name", ["nothing", "nobody:model", "openai-chat:gpt-5-mini", ":", "test:"])
def test_what_cannot_be_opened_is_said_at_the_start(name: str):
    with pytest.raises(Invalid, match="pydantic_ai"):
        model_provider(f"pydantic_ai:{name}", key=None)


class TestThroughTheServer:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"model": "pydantic_ai:test"})

    def test_an_agent_answers_with_its_tools(self, client):
        said = ask(client, make_agent(client), "How are you?")
        assert [call["name"] for call in said["tool_calls"]] == ["searchKnowledge"]
        assert "searchKnowledge" in json.loads(said["response"])
        assert said["usage"]["input_tokens"] > 0
        assert client.get("/healthz").json()["model"] == "test"
