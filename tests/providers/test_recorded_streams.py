"""Recorded exchanges of real model servers, folded, however their bytes are cut."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import TEST_DATA

from rapport.domain.agent import ModelFinish, ModelReasoning, ModelText, ModelToolCall
from rapport.errors import ModelError, ModelUnavailable
from rapport.providers.anthropic import MessagesDecoder
from rapport.providers.decoding import Decoder
from rapport.providers.model_errors import error_of_response
from rapport.providers.openai_compatible import GatewayDecoder
from rapport.providers.sse import EventDecoder

STREAMS = TEST_DATA / "llm-streams"
OWN = Path(__file__).parent / "recordings"
FINISHES = {"end_turn": "stop", "STOP": "stop", "completed": "stop", "tool_use": "tool_calls"}


def recordings(kind: str) -> list[Any]:
    if not STREAMS.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(f"no recorded streams in {STREAMS}: set RAPPORT_TEST_DATA"))]
    found = [path for path in sorted(STREAMS.glob("[0-9]*.json")) if path.with_suffix(".sse").exists() == (kind == "stream")]
    return [pytest.param(path, id=path.stem) for path in found]


def own() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(OWN.glob("*.json"))]


def decoder_for(path: Path) -> Decoder:
    return MessagesDecoder() if "anthropic" in path.stem else GatewayDecoder()


def fold(chunks: Iterator[bytes], decoder: Decoder) -> dict[str, Any]:
    events, found = EventDecoder(), []
    for chunk in chunks:
        for name, data in events.feed(chunk):
            found += decoder.decode(name, data)
        if decoder.done:
            break
    else:
        for name, data in events.end():
            found += decoder.decode(name, data)
    found += decoder.end()
    (finish,) = [event for event in found if isinstance(event, ModelFinish)]
    assert found[-1] is finish
    return {
        "text": "".join(event.text for event in found if isinstance(event, ModelText)),
        "reasoning_chars": sum(len(event.text) for event in found if isinstance(event, ModelReasoning)),
        "tool_calls": [(event.call.name, json.loads(event.call.arguments or "{}")) for event in found if isinstance(event, ModelToolCall)],
        "ids": [event.call.id for event in found if isinstance(event, ModelToolCall)],
        "finish": finish.reason,
        "tokens": (finish.input_tokens, finish.output_tokens),
    }


def expected(path: Path) -> dict[str, Any]:
    expect = json.loads(path.read_text())["expect"]
    usage = expect["usage"]
    calls = [(call["name"], json.loads(call["args"] or "{}")) for call in expect["tool_calls"]]
    if "server-tool-use" in path.stem:
        calls = []  # the vendor ran that tool itself
    written = next((usage[key] for key in ("completion_tokens", "output_tokens", "candidatesTokenCount") if key in usage), None)
    read = next((usage[key] for key in ("prompt_tokens", "input_tokens", "promptTokenCount") if key in usage), None)
    return {
        "text": expect["text"], "reasoning_chars": expect["reasoning_chars"], "tool_calls": calls,
        "finish": "tool_calls" if calls else FINISHES.get(expect["finish"], expect["finish"]), "tokens": (read, written),
    }  # fmt: skip


@pytest.mark.parametrize("path", [*recordings("stream"), *own()])
def test_a_recorded_stream_is_folded_as_its_vendor_meant_it(path):
    folded = fold(iter([path.with_suffix(".sse").read_bytes()]), decoder_for(path))
    assert all(folded.pop("ids"))
    assert folded == expected(path)


@pytest.mark.parametrize("path", [*recordings("stream"), *own()])
def test_every_cut_of_the_bytes_gives_the_same(path):
    whole = path.with_suffix(".sse").read_bytes()
    once = fold(iter([whole]), decoder_for(path))
    assert fold((whole[i : i + 1] for i in range(len(whole))), decoder_for(path)) == once
    step = max(1, len(whole) // 4000)  # every byte of most recordings, every few bytes of the longest
    for cut in range(1, len(whole), step):
        assert fold(iter([whole[:cut], whole[cut:]]), decoder_for(path)) == once


@pytest.mark.parametrize("path", [*recordings("stream"), *own()])
def test_line_ends_do_not_matter(path):
    whole = path.with_suffix(".sse").read_bytes()
    once = fold(iter([whole]), decoder_for(path))
    plain = whole.replace(b"\r\n", b"\n")
    for ends in (b"\n", b"\r\n", b"\r"):
        assert fold(iter([b"\xef\xbb\xbf" + plain.replace(b"\n", ends)]), decoder_for(path)) == once


@pytest.mark.parametrize("path", [*recordings("stream"), *own()])
def test_a_stream_that_dies_early_is_an_error_and_never_a_short_answer(path):
    whole = path.with_suffix(".sse").read_bytes()
    finish_at = min(whole.find(mark) for mark in FINISH_MARKS if mark in whole)
    for cut in range(0, finish_at, max(1, finish_at // 50)):
        with pytest.raises(ModelError):
            fold(iter([whole[:cut]]), decoder_for(path))


FINISH_MARKS = (b'"finish_reason":"', b'"finish_reason": "', b'"stop_reason":"', b'"finishReason"', b"response.completed")


@pytest.mark.parametrize("path", recordings("body"))
def test_error_bodies_are_told_apart(path):
    recorded = json.loads(path.read_text())
    error = error_of_response(recorded["status"], json.dumps(recorded["response"]).encode())
    assert isinstance(error, ModelUnavailable) == (recorded["status"] == 429)
    assert recorded["response"]["error"]["message"] not in error.message
