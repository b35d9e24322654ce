"""The agent loop: what the model asks for, what it is told, and where it ends."""

import asyncio

import pytest

from rapport.domain.agent import ChatMessage, ModelRequest, Tool, ToolResult
from rapport.domain.events import ToolCalled, ToolReturned
from rapport.errors import LimitReached, ModelError, ModelRefused, ToolError
from rapport.providers.scripted import Part, Reply, Script, Scripted
from rapport.runs import engine
from rapport.runs.meter import Meter

pytestmark = pytest.mark.anyio


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self):
        self.text = ""
        self.events = []

    def say(self, text, agent_id=None):
        self.text += text

    def emit(self, event):
        self.events.append(event)


def tool(name, call, display_name="Looking"):
    return Tool(name, display_name, "", {"type": "object"}, call)


def model(*rounds, **options):
    return Scripted(Script([Reply(list(rounds), **options)]))


async def ask(provider, *tools, limits=engine.Limits(), question="hello?"):
    heard, meter = Heard(), Meter()
    request = ModelRequest((ChatMessage("user", question),), tools=tools)
    answer = await engine.run(provider, request, sink=heard, meter=meter, limits=limits)
    return answer, heard, meter


async def test_text_is_passed_on_as_it_comes():
    answer, heard, meter = await ask(model([Part(text="A whole answer.")]))
    assert answer.text == heard.text == "A whole answer."
    assert meter.usage().output_tokens > 0


async def test_tools_of_one_response_run_at_the_same_time_and_are_paired_by_step():
    both = asyncio.Barrier(2)

    async def call(arguments):
        await both.wait()  # passes only when the other call has started
        return ToolResult({"found": arguments["q"]}, public=None)

    asked = [Part(tool="a", arguments={"q": 1}), Part(tool="b", arguments={"q": 2})]
    answer, heard, meter = await ask(model(asked, [Part(text="Done: {results}")]), tool("a", call), tool("b", call))
    assert [e.step for e in heard.events if isinstance(e, ToolCalled)] == [1, 2]
    assert {(e.step, e.tool) for e in heard.events if isinstance(e, ToolReturned)} == {(1, "a"), (2, "b")}
    assert answer.text == 'Done: {"found":1}\n{"found":2}'
    assert (meter.tool_calls, meter.tools) == (2, ["a", "b"])
    assert [use.result.output for use in answer.tool_uses if use.result] == [{"found": 1}, {"found": 2}]


async def test_what_the_model_can_mend_goes_back_to_it():
    async def picky(arguments):
        raise ToolError("Give a date.")

    asked = [Part(tool="nothing"), Part(tool="picky", arguments="{broken"), Part(tool="picky", arguments="[1]"), Part(tool="picky")]
    answer, heard, _ = await ask(model(asked, [Part(text="{results}")]), tool("picky", picky))
    errors = [e.error for e in heard.events if isinstance(e, ToolReturned)]
    assert len(errors) == 4
    assert "There is no tool called nothing. Tools: picky." in answer.text
    assert "not valid JSON" in answer.text
    assert "must be one JSON object" in answer.text
    assert "Give a date." in answer.text
    assert {e.step for e in heard.events if isinstance(e, ToolCalled)} <= {e.step for e in heard.events if isinstance(e, ToolReturned)}


async def test_any_other_failure_of_a_tool_ends_the_run():
    async def broken(arguments):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        await ask(model([Part(tool="broken")]), tool("broken", broken))


async def test_a_model_that_only_calls_tools_reaches_the_limit():
    async def call(arguments):
        return ToolResult("again")

    with pytest.raises(LimitReached):
        await ask(model([Part(tool="a")]), tool("a", call), limits=engine.Limits(steps=3))
    with pytest.raises(LimitReached):
        await ask(model([Part(tool="a")]), tool("a", call), limits=engine.Limits(tokens=2))


async def test_refusals_and_answers_that_break_off_are_errors():
    with pytest.raises(ModelRefused):
        await ask(model([Part(text="No.")], finish="refusal"))

    class BreaksOff:
        name = "breaks off"

        async def stream(self, request):
            for event in ():
                yield event

    with pytest.raises(ModelError):
        await ask(BreaksOff())


async def test_reasoning_is_not_part_of_the_answer():
    answer, heard, _ = await ask(model([Part(reasoning="Hmm."), Part(text="Yes.")]))
    assert answer.text == heard.text == "Yes."


async def test_cancelling_closes_the_stream_of_the_provider():
    closed = asyncio.Event()

    class Endless:
        name = "endless"

        async def stream(self, request):
            try:
                await asyncio.Event().wait()
                yield
            finally:
                closed.set()

    asking = asyncio.create_task(ask(Endless()))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert closed.is_set()


async def test_tokens_are_estimated_where_the_model_reports_none():
    provider = Scripted(Script([Reply([[Part(text="x" * 400)]])], usage=False))
    _, _, meter = await ask(provider)
    assert meter.usage().estimated
    assert meter.usage().output_tokens == 100
