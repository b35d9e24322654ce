"""Runs: started once, followed by any number of readers, resumed exactly once, stopped on request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from tests.runs.turns import Told, hanging, order, saying

from rapport.api.frames import DIALECTS, GREENFLASH, TEAMMATE
from rapport.domain.events import ToolCalled
from rapport.domain.ids import new_id
from rapport.errors import Gone, IdempotencyKeyReused, Invalid, ModelRefused, NotFound, SessionBusy
from rapport.runs.hub import Hub
from rapport.runs.log import Log, Reader
from rapport.store import keys, runs
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def opened(db: Database, **options) -> AsyncIterator[Hub]:
    async with db.transaction() as connection:
        await keys.ensure_tenant(connection, "default")
        await keys.ensure_tenant(connection, "other")
    hub = Hub(db, DIALECTS, **options)
    await hub.open()
    try:
        yield hub
    finally:
        await hub.close()


async def read_all(hub: Hub, log: Log, **options) -> bytes:
    reader = hub.reader(log, **options)
    try:
        chunks = []
        while chunk := await asyncio.wait_for(reader.next(), 10):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        hub.leave(reader)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition is not ours to signal
            await asyncio.sleep(0.02)


async def test_first_piece_is_an_event_of_its_own_and_later_ones_are_merged(db):
    async with opened(db) as hub:
        turn = Told(saying("One", " two", " three", " four"), {"conversationId": "c"})
        started = await hub.start(order(GREENFLASH), turn)
        assert await read_all(hub, started.log) == (
            b'event: text_delta\ndata: {"text":"One"}\n\n'
            b'event: text_delta\ndata: {"text":" two three four"}\n\n'
            b'event: done\ndata: {"conversationId":"c","status":"complete",'
            b'"usage":{"toolCalls":0,"tools":[],"inputTokens":0,"outputTokens":0}}\n\n'
        )
        assert turn.endings[0].text == "One two three four"


async def test_a_tool_event_comes_after_the_text_before_it(db):
    async def script(run):
        run.say("a")
        run.say("b")
        run.emit(ToolCalled(1, "search", "Searching"))
        run.say("c")

    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Told(script))
        whole = await read_all(hub, started.log)
        assert [whole.index(part) for part in (b'"a"', b'"b"', b"tool_call", b'"c"')] == sorted(
            whole.index(part) for part in (b'"a"', b'"b"', b"tool_call", b'"c"')
        )


async def test_a_second_request_in_a_busy_thread_is_refused_and_the_same_one_joins(db):
    async with opened(db) as hub:
        first = await hub.start(order(GREENFLASH), Told(hanging))
        with pytest.raises(SessionBusy):
            await hub.start(order(GREENFLASH, body=b"other"), Told(saying("no")))
        again = await hub.start(order(GREENFLASH), Told(saying("no")))
        assert (again.id, again.joined) == (first.id, True)
        assert again.log is first.log


async def test_an_idempotency_key_finds_its_run_also_after_the_end(db):
    async with opened(db) as hub:
        first = await hub.start(order(GREENFLASH, key="chat:k"), Told(saying("hello")))
        whole = await read_all(hub, first.log)
        again = await hub.start(order(GREENFLASH, thread="another", key="chat:k"), Told(saying("no")))
        assert await read_all(hub, again.log) == whole
        with pytest.raises(IdempotencyKeyReused):
            await hub.start(order(GREENFLASH, key="chat:k", body=b"other"), Told(saying("no")))


async def test_requests_with_one_key_at_the_same_time_are_one_run(db):
    async with opened(db) as hub:
        turns = [Told(saying("hello", pause_s=0.05)) for _ in range(6)]
        started = await asyncio.gather(*(hub.start(order(GREENFLASH, thread=f"t{i}", key="k"), turn) for i, turn in enumerate(turns)))
        assert len({run.id for run in started}) == 1
        assert sum(turn.begun for turn in turns) == 1


async def test_stop_ends_the_run_with_one_terminal_event_and_hands_over_the_partial_text(db):
    async with opened(db) as hub:
        turn = Told(hanging)
        started = await hub.start(order(TEAMMATE), turn)
        reading = asyncio.create_task(read_all(hub, started.log))
        await asyncio.sleep(0.05)
        stopped = await hub.stop(1, started.id)
        assert (stopped.status, stopped.error_code) == ("cancelled", "cancelled")
        assert (turn.endings[0].text, turn.endings[0].message_status) == ("I think that", "interrupted")
        assert (await reading).endswith(
            b'data: {"type":"error","content":"The run was stopped.","code":"cancelled","retryable":false}\n\ndata: [DONE]\n\n'
        )
        assert (await hub.stop(1, started.id)).status == "cancelled"
        assert len(turn.endings) == 1


async def test_stop_does_not_wait_for_an_answer_that_ignores_it(db):
    async def stubborn(run):
        run.say("still here")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        await asyncio.sleep(5)

    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Told(stubborn))
        await asyncio.sleep(0.05)
        assert (await hub.stop(1, started.id)).status == "cancelled"


async def test_runs_of_others_are_not_found(db):
    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Told(saying("secret")))
        await read_all(hub, started.log)
        for missing in (started.id, new_id()):
            with pytest.raises(NotFound):
                await hub.log(2, missing)
            with pytest.raises(NotFound):
                await hub.stop(2, missing)


async def test_a_run_without_readers_is_ended_after_a_while(db):
    async with opened(db, abandoned_seconds=0.1, heartbeat_s=0.75) as hub:
        turn = Told(hanging)
        started = await hub.start(order(GREENFLASH), turn)
        hub.leave(hub.reader(started.log))
        await until(lambda: started.log.ended)
        assert b'"code":"cancelled"' in started.log.frames[-1]
        assert turn.endings[0].status == "cancelled"


async def test_a_run_that_takes_too_long_ends_with_timeout(db):
    async with opened(db, max_seconds=0.1) as hub:
        turn = Told(hanging)
        started = await hub.start(order(GREENFLASH), turn)
        assert b'"code":"timeout"' in await read_all(hub, started.log)
        assert turn.endings[0].message_status == "error"


async def test_silence_is_filled_with_comments(db):
    async with opened(db, heartbeat_s=0.3) as hub:
        started = await hub.start(order(GREENFLASH), Told(hanging))
        reader = hub.reader(started.log, after=2)
        assert await asyncio.wait_for(reader.next(), 5) == b": ping\n\n"
        assert await asyncio.wait_for(reader.next(), 5) == b": ping\n\n"


async def test_what_begin_raises_leaves_the_thread_free(db):
    class Refused(Told):
        async def begin(self, run):
            raise Invalid("no")

    async with opened(db) as hub:
        with pytest.raises(Invalid):
            await hub.start(order(GREENFLASH), Refused(saying("x")))
        started = await hub.start(order(GREENFLASH, body=b"other"), Told(saying("x")))
        assert not started.joined


@pytest.mark.parametrize(("failure", "code"), [(ModelRefused(), "model_refused"), (ValueError("bug"), "internal_error")])
async def test_a_failure_is_a_terminal_event_and_the_thread_is_free_again(db, failure, code):
    async def failing(run):
        run.say("Well")
        raise failure

    async with opened(db) as hub:
        turn = Told(failing)
        started = await hub.start(order(GREENFLASH), turn)
        whole = await read_all(hub, started.log)
        assert whole.count(b"event: error\n") == 1
        assert f'"code":"{code}"'.encode() in whole
        assert b"bug" not in whole
        assert turn.endings[0].text == "Well"
        assert not (await hub.start(order(GREENFLASH), Told(saying("x")))).joined


async def test_an_answer_that_cannot_be_stored_ends_with_an_error(db):
    class Unstorable(Told):
        async def conclude(self, run, ending):
            raise RuntimeError("disk full")

    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Unstorable(saying("x")))
        whole = await read_all(hub, started.log)
        assert b"event: error" in whole
        assert b"event: done" not in whole
        async with db.connection() as connection:
            assert (await runs.get(connection, 1, started.id)).status == "error"


async def test_reading_from_every_event_on_gives_the_rest_exactly_once(db):
    async with opened(db) as hub:
        started = await hub.start(order(TEAMMATE), Told(saying(*"abcdefgh", pause_s=0.02)))
        whole = await read_all(hub, started.log)
        for after in range(len(started.log.frames) + 1):
            seen = b"".join(started.log.frames[:after])
            rest = await read_all(hub, started.log, after=after)
            assert seen + rest == whole or after == len(started.log.frames)


async def test_events_are_replayed_from_the_database_after_a_restart(db):
    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Told(saying("hello", " you")))
        whole = await read_all(hub, started.log)
    async with opened(db) as hub:
        log = await hub.log(1, started.id)
        assert await read_all(hub, log) == whole
        numbered = await read_all(hub, log, after=1, with_ids=True)
        assert numbered.startswith(b'id: 2\nevent: text_delta\ndata: {"text":" you"}\n\nid: 3\nevent: done')
        async with db.connection() as connection:
            await connection.execute("UPDATE run SET frames = NULL WHERE tenant_id = 1")
        with pytest.raises(Gone):
            await hub.log(1, started.id)


async def test_runs_of_a_dead_process_become_interrupted(db):
    row = runs.StoredRun(1, new_id(), "agent", "greenflash", "t", new_id(), request_hash=b"x")
    async with opened(db) as hub:
        async with db.connection() as connection:
            await runs.start(connection, row)
        with pytest.raises(SessionBusy):
            await hub.start(order(GREENFLASH), Told(saying("x")))
    async with opened(db) as hub:
        log = await hub.log(1, row.id)
        assert b'"code":"interrupted"' in await read_all(hub, log, after=7)
        assert log.last_seq == 2**31 - 1
        assert not (await hub.start(order(GREENFLASH), Told(saying("x")))).joined


async def test_another_process_can_follow_and_stop_a_run(db):
    async with opened(db) as other, opened(db) as owner:
        turn = Told(hanging)
        started = await owner.start(order(GREENFLASH), turn)
        log = await other.log(1, started.id)
        reading = asyncio.create_task(read_all(other, log))
        await until(lambda: len(log.frames) == 2)
        with pytest.raises(SessionBusy):
            await other.start(order(GREENFLASH, body=b"other"), Told(saying("x")))
        assert (await other.start(order(GREENFLASH), Told(saying("x")))).id == started.id
        assert (await other.stop(1, started.id)).status == "cancelled"
        assert await reading == b"".join(started.log.frames)


async def test_draining_ends_runs_with_server_shutdown_and_takes_no_new_ones(db):
    async with opened(db) as hub:
        turn = Told(hanging)
        started = await hub.start(order(GREENFLASH), turn)
        short = await hub.start(order(GREENFLASH, thread="u"), Told(saying("a", "b", pause_s=0.05)))
        await hub.drain(0.5)
        assert b'"code":"server_shutdown"' in await read_all(hub, started.log)
        assert b"event: done" in await read_all(hub, short.log)
        assert turn.endings[0].message_status == "interrupted"


async def test_a_reader_holds_an_integer_however_far_it_is_behind(db):
    async with opened(db) as hub:
        started = await hub.start(order(GREENFLASH), Told(saying(*(["word " * 4000] * 20), pause_s=0.016)))
        reader = hub.reader(started.log)
        assert isinstance(reader, Reader)
        await read_all(hub, started.log)
        chunks = []
        while chunk := await reader.next():
            chunks.append(chunk)
        assert b"".join(chunks) == b"".join(started.log.frames)
        assert all(chunk.endswith(b"\n\n") for chunk in chunks)
        assert max(map(len, chunks)) <= 64 * 1024
