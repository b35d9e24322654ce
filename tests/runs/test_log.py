"""Laws of the event log: what readers get, joined, is what was said, wherever they come in."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runs.turns import order

from rapport.api.frames import DIALECTS, GREENFLASH
from rapport.domain.events import RunFinished, ToolCalled, Usage
from rapport.runs.log import LOST_SEQ, Heartbeats, Log, Reader
from rapport.runs.run import Run

PIECE = st.text(max_size=8) | st.text(st.sampled_from('\u2028\u2029\x85\n\r\0"\\{}'), max_size=5) | st.just("data: x\n\n")
HALVES = st.sampled_from(["\ud83d", "\ude00", "\ud800"])
STEP = PIECE | HALVES | st.sampled_from([None, ToolCalled(1, "search", "Searching")])
"""A piece of text, None for a flush, or an event that is no text."""


def write(dialect, steps):
    """A run that did these things, ended, and what was scheduled meanwhile."""
    run = Run(order(dialect).conversation_id, order(dialect), flush_later=lambda run: None)  # type: ignore[arg-type]
    for step in steps:
        if step is None:
            run.flush()
        elif isinstance(step, str):
            run.say(step)
        else:
            run.emit(step)
    run.flush(last=True)
    run.closed = True
    ending = run.ending(None, "complete")
    run.log.end(dialect.event(len(run.log.frames) + 1, RunFinished(Usage(), text=ending.text)))
    return run, ending


async def rest_of(log, after):
    reader = Reader(log, after=after)
    chunks = []
    while chunk := await reader.next():
        chunks.append(chunk)
    return b"".join(chunks)


def said(frames):
    payloads = [json.loads(line[6:]) for frame in frames for line in frame.decode().splitlines() if line.startswith("data: ")]
    return "".join(p.get("text", p.get("content", "")) for p in payloads if p.get("type", "text") in ("text", "token"))


@settings(deadline=None)
@given(st.lists(STEP, max_size=20))
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_deltas_joined_are_the_answer_that_is_stored(dialect, steps):
    async def law():
        run, ending = write(dialect, steps)
        assert said(run.log.frames) == ending.text
        ending.text.encode()  # can be stored: no lone surrogates
        assert "\0" not in ending.text
        whole = "".join(step for step in steps if isinstance(step, str)).replace("\0", "")
        if all(half not in step for step in steps if isinstance(step, str) for half in "\ud83d\ude00\ud800"):
            assert ending.text == whole

    asyncio.run(law())


@settings(deadline=None)
@given(st.lists(STEP, max_size=20))
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_what_a_reader_saw_and_what_it_resumes_with_are_the_whole(dialect, steps):
    async def law():
        run, _ = write(dialect, steps)
        frames = run.log.frames
        for seen in range(len(frames)):
            assert b"".join(frames[:seen]) + await rest_of(run.log, seen) == b"".join(frames) + dialect.sentinel

    asyncio.run(law())


def test_a_pair_of_surrogates_that_comes_in_halves_is_one_character():
    async def law():
        run, ending = write(GREENFLASH, ["a", "b\ud83d", None, "\ude00c"])
        assert ending.text == "ab😀c"
        assert said(run.log.frames) == "ab😀c"

    asyncio.run(law())


def test_after_a_crash_the_terminal_event_is_beyond_all_that_was_seen():
    log = Log(GREENFLASH, [b"a\n\n", b"end\n\n"], ended=True, lost=True)
    assert asyncio.run(rest_of(log, 0)) == b"a\n\nend\n\n"
    assert asyncio.run(rest_of(log, 57)) == b"end\n\n"
    assert log.last_seq == LOST_SEQ


def test_heartbeats_come_only_after_silence():
    async def law():
        wheel = Heartbeats(silence_s=15, ticks=15)
        quiet, busy = Reader(Log(GREENFLASH)), Reader(Log(GREENFLASH))
        quiet.last_sent = busy.last_sent = 0.0
        wheel.add(quiet)
        wheel.add(busy)
        waiting = [asyncio.ensure_future(reader.next()) for reader in (quiet, busy)]
        await asyncio.sleep(0)
        for second in range(1, 16):
            busy.last_sent = float(second)
            wheel.turn(float(second))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert waiting[0].done()
        assert waiting[0].result() == b": ping\n\n"
        assert not waiting[1].done()
        waiting[1].cancel()

    asyncio.run(law())
