"""Properties of the write path: sending again changes nothing, in whatever order and company batches arrive."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.errors import NotFound
from rapport.store import catalog, conversations, transcripts
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import connect
from rapport.store.group_commit import GroupCommit

CONVERSATIONS = ("a", "b", "c")
NAMES = tuple(f"m{i}" for i in range(6))


def batch(conversation: str, names: list[str], product_id) -> Batch:
    messages = tuple(NewMessage("user_message", f"{conversation} {name}", external_id=name) for name in names)
    return Batch(f"user of {conversation}", messages, external_id=conversation, product_id=product_id)


sends = st.lists(
    st.tuples(st.sampled_from(CONVERSATIONS), st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), st.integers(1, 3)),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.fixture
def product(database_url):
    async def make():
        opened = await connect(database_url, connections=1)
        async with opened.transaction() as connection:
            made = await catalog.create_product(connection, 1, "P")
        await opened.close()
        return made.id

    return asyncio.run(make())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sends=sends)
def test_any_interleaving_of_retries_stores_each_message_once(database_url, product, sends):
    """Two processes (two pools, each with its group commit) send the batches, each up to three times, all at once."""

    async def run():
        pools = [await connect(database_url, connections=3) for _ in range(2)]
        writers = [GroupCommit(pool, analysis_delay=timedelta(0)) for pool in pools]
        try:
            await pools[0]._pool.execute("TRUNCATE conversation, message, analysis_pending")
            answers = await asyncio.gather(
                *(
                    writers[(i + again) % 2].append(1, batch(conversation, names, product))
                    for i, (conversation, names, times) in enumerate(sends)
                    for again in range(times)
                )
            )
            async with pools[0].connection() as connection:
                stored = await connection.fetch(
                    """
                    SELECT c.external_id AS conversation, c.message_count, c.chat_message_count, m.external_id AS name, m.id, m.seq
                    FROM conversation c JOIN message m ON m.conversation_id = c.id
                    """
                )
                pending = await connection.fetchval("SELECT count(*) FROM analysis_pending")
        finally:
            for pool in pools:
                await pool.close()
        return answers, stored, pending

    answers, stored, pending = asyncio.run(run())
    expected = {(conversation, name) for conversation, names, _ in sends for name in names}
    assert sorted((row["conversation"], row["name"]) for row in stored) == sorted(expected)
    ids = {row["id"] for row in stored}
    assert {message.id for answer in answers for message in answer.messages} == ids
    created = [message.id for answer in answers for message in answer.messages if message.status == "created"]
    assert sorted(created) == sorted(ids)
    for conversation in {c for c, _ in expected}:
        rows = [row for row in stored if row["conversation"] == conversation]
        assert rows[0]["message_count"] == rows[0]["chat_message_count"] == len(rows)
        assert sorted(row["seq"] for row in rows) == list(range(len(rows)))
    assert pending == len({c for c, _ in expected})


@pytest.mark.anyio
async def test_a_refused_batch_fails_alone(db, product):
    async with db.connection() as connection:
        await connection.execute("SELECT 1")
    writer = GroupCommit(db, analysis_delay=timedelta(0))
    unknown = Batch("u", (NewMessage("user_message", "x"),), conversation_id=product)
    unstorable = Batch("u\x00", (NewMessage("user_message", "x"),), external_id="z", product_id=product)
    good = [batch(name, ["m1"], product) for name in CONVERSATIONS]
    results = await asyncio.gather(*(writer.append(1, b) for b in (good[0], unknown, good[1], unstorable, good[2])), return_exceptions=True)
    assert [type(r).__name__ for r in results[::2]] == ["Appended", "Appended", "Appended"]
    assert isinstance(results[1], NotFound)
    assert isinstance(results[3], asyncpg.PostgresError)
    async with db.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM conversation") == 3
        assert await connection.fetchval("SELECT count(*) FROM app_user") == 3


@pytest.mark.anyio
async def test_reading_gives_what_was_written(db, product):
    async with db.transaction() as connection:
        stored = await conversations.append(connection, 1, batch("a", ["m1", "m2"], product))
        found = await transcripts.get(connection, 1, stored.conversation_id)
    assert [m.content for m in found.messages] == ["a m1", "a m2"]
    assert (found.external_id, found.product_id, found.user_id) == ("a", product, stored.user_id)
    async with db.connection() as connection:
        assert await transcripts.resolve(connection, 1, "a") == stored.conversation_id
        assert await transcripts.load_many(connection, 2, [stored.conversation_id]) == []
        with pytest.raises(NotFound):
            await transcripts.resolve(connection, 2, str(stored.conversation_id))
