"""Analysis in another process: the same results, and a process that dies costs one batch."""

import asyncio
import os
import signal
from datetime import UTC, datetime

import pytest

from rapport.analysis import pipeline, toolkit
from rapport.domain.conversation import Conversation, Message
from rapport.domain.ids import new_id
from rapport.providers.encoders import open_encoder
from rapport.worker.apart import Apart

pytestmark = pytest.mark.anyio


def talk(*texts: str) -> Conversation:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    kinds = ("user_message", "assistant_message")
    messages = tuple(Message(new_id(), seq, kinds[seq % 2], at, text) for seq, text in enumerate(texts))
    return Conversation(1, new_id(), new_id(), at, at, messages)


@pytest.fixture
async def apart(tmp_path):
    opened = Apart("off", tmp_path)
    yield opened
    await opened.close()


TALKS = [talk("My parcel is late again, I am fed up.", "Sorry.", "You never help!"), talk("Thanks, that works.", "Great."), talk()]


async def test_it_gives_what_the_analysis_gives(apart, tmp_path):
    assert await apart.analyse(TALKS, topics=None, weights={}) == pipeline.analyse(TALKS, toolkit.load(open_encoder("off", tmp_path)))


async def test_one_that_was_killed_is_started_again(apart):
    first = await apart.analyse(TALKS, topics=None, weights={})
    os.kill(apart.pid, signal.SIGKILL)
    with pytest.raises(ChildProcessError):
        await apart.analyse(TALKS * 200, topics=None, weights={})
    assert await apart.analyse(TALKS, topics=None, weights={}) == first


async def test_a_cancelled_batch_leaves_nothing_for_the_next_one(apart):
    first = await apart.analyse(TALKS, topics=None, weights={})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(apart.analyse(TALKS * 500, topics=None, weights={}), 0.05)
    assert await apart.analyse(TALKS, topics=None, weights={}) == first


async def test_what_the_analysis_raises_is_raised_here(apart):
    with pytest.raises(RuntimeError, match="AttributeError"):
        await apart.analyse(["no conversation"], topics=None, weights={})  # type: ignore[list-item]
