"""Leases, retries and hints of durable work."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rapport.domain.ids import new_id
from rapport.store import jobs, keys
from rapport.store.database import Connection, Database

pytestmark = pytest.mark.anyio

PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def tenant_id(db: Database) -> int:
    async with db.transaction() as connection:
        return await keys.ensure_tenant(connection, "acme")


async def queue(db: Database, tenant_id: int, n: int, *, kind: str = "conversation", due_at: datetime = PAST) -> list[UUID]:
    ids = [new_id() for _ in range(n)]
    async with db.transaction() as connection:
        for i in ids:
            await connection.execute(
                """
                INSERT INTO conversation (tenant_id, id, kind, product_id, version_id, user_id, created_at, last_message_at)
                VALUES ($1, $2, $3, $2, $2, $2, $4, $4)
                """,
                tenant_id, i, kind, PAST,
            )  # fmt: skip
        await jobs.queue_analyses(connection, tenant_id, ids, due_at=due_at)
    return ids


async def claim(db: Database, tenant_id: int, limit: int = 100) -> list[jobs.Claim]:
    async with db.transaction() as connection:
        return await jobs.claim_analyses(connection, tenant_id, limit=limit)


async def expire_leases(connection: Connection) -> None:
    await connection.execute("UPDATE analysis_pending SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL")


async def test_a_claimed_conversation_is_not_claimed_again(db: Database, tenant_id: int):
    ids = await queue(db, tenant_id, 5)
    first, second = await claim(db, tenant_id, 3), await claim(db, tenant_id, 3)
    assert sorted(c.conversation_id for c in first + second) == sorted(ids)
    assert await claim(db, tenant_id) == []


async def test_a_conversation_that_is_not_due_waits(db: Database, tenant_id: int):
    await queue(db, tenant_id, 1, due_at=datetime.now(UTC) + timedelta(hours=1))
    assert await claim(db, tenant_id) == []


async def test_conversations_with_the_analyst_are_never_queued(db: Database, tenant_id: int):
    await queue(db, tenant_id, 1, kind="analyst")
    assert await claim(db, tenant_id) == []


async def test_what_a_dead_worker_held_is_claimed_again(db: Database, tenant_id: int):
    ids = await queue(db, tenant_id, 1)
    await claim(db, tenant_id)
    async with db.connection() as connection:
        await expire_leases(connection)
    assert [c.conversation_id for c in await claim(db, tenant_id)] == ids


async def test_a_conversation_that_kills_its_worker_is_isolated_and_then_given_up_visibly(db: Database, tenant_id: int):
    await queue(db, tenant_id, 64)
    sizes = []
    for _ in range(5):
        sizes.append(len(await claim(db, tenant_id, 64)))
        async with db.connection() as connection:
            await expire_leases(connection)
            await connection.execute("UPDATE analysis_pending SET attempts = (SELECT max(attempts) FROM analysis_pending)")
    assert sizes == [64, 16, 4, 1, 1]
    assert await claim(db, tenant_id) == []
    async with db.connection() as connection:
        assert (await jobs.counts(connection))["failed_analyses"] == 64
        assert "died" in await connection.fetchval("SELECT min(last_error) FROM analysis_pending")


async def test_a_failure_is_retried_later_and_given_up_after_five(db: Database, tenant_id: int):
    (conversation_id,) = await queue(db, tenant_id, 1)
    for attempt in range(1, 6):
        assert [c.attempts for c in await claim(db, tenant_id)] == [attempt]
        async with db.transaction() as connection:
            await jobs.fail_analyses(connection, tenant_id, {conversation_id: "odd content"})
            row = await connection.fetchrow("SELECT due_at > now() AS later, last_error, failed_at FROM analysis_pending")
            await connection.execute("UPDATE analysis_pending SET due_at = $1", PAST)
        assert row["later"]
        assert row["last_error"] == "odd content"
        assert (row["failed_at"] is not None) == (attempt == 5)
    assert await claim(db, tenant_id) == []


async def test_asking_again_forgives_failures(db: Database, tenant_id: int):
    (conversation_id,) = await queue(db, tenant_id, 1)
    async with db.transaction() as connection:
        await connection.execute("UPDATE analysis_pending SET failed_at = now(), attempts = 5")
        await jobs.queue_analysis(connection, tenant_id, conversation_id, due_at=PAST)
    assert [c.attempts for c in await claim(db, tenant_id)] == [1]


async def test_finishing_keeps_what_grew_meanwhile(db: Database, tenant_id: int):
    _, grew = await queue(db, tenant_id, 2)
    revisions = {c.conversation_id: c.revision for c in await claim(db, tenant_id)}
    async with db.transaction() as connection:
        await jobs.queue_analysis(connection, tenant_id, grew, due_at=PAST)
        await jobs.finish(connection, tenant_id, revisions)
    assert [c.conversation_id for c in await claim(db, tenant_id)] == [grew]


async def test_a_restless_conversation_is_due_after_the_longest_debounce(db: Database, tenant_id: int):
    start = datetime.now(UTC)
    (conversation_id,) = await queue(db, tenant_id, 1, due_at=start)
    async with db.transaction() as connection:
        await jobs.queue_analysis(connection, tenant_id, conversation_id, due_at=start + timedelta(hours=1))
        assert await connection.fetchval("SELECT due_at FROM analysis_pending") == start + jobs.LONGEST_DEBOUNCE


async def test_the_backlog_waits_apart_until_its_conversation_grows(db: Database, tenant_id: int):
    ids = sorted(await queue(db, tenant_id, 5))
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM analysis_pending")
        await jobs.begin_backlog(connection, tenant_id)
        pages = [await jobs.queue_backlog(connection, tenant_id, limit=3) for _ in range(3)]
        assert pages == [True, True, False]
        await jobs.queue_analysis(connection, tenant_id, ids[1], due_at=PAST)
    async with db.connection() as connection:
        assert await jobs.tenants_due(connection, "backlog") == [tenant_id]
    assert [c.conversation_id for c in await claim(db, tenant_id)] == [ids[1]]
    async with db.transaction() as connection:
        backlog = await jobs.claim_analyses(connection, tenant_id, limit=9, backlog=True)
    assert sorted(c.conversation_id for c in backlog) == [ids[0], *ids[2:]]


async def test_hints_follow_the_queue_and_lost_ones_are_found(db: Database, tenant_id: int):
    await queue(db, tenant_id, 1)
    async with db.transaction() as connection:
        assert await jobs.tenants_due(connection, "analysis") == [tenant_id]
        await connection.execute("DELETE FROM tenant_work")
        assert await jobs.tenants_due(connection, "analysis") == []
        await jobs.find_due(connection)
        assert await jobs.tenants_due(connection, "analysis") == [tenant_id]
    (claimed,) = await claim(db, tenant_id)
    async with db.transaction() as connection:
        await jobs.finish(connection, tenant_id, {claimed.conversation_id: claimed.revision})
    assert await claim(db, tenant_id) == []
    async with db.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM tenant_work") == 0


async def test_jobs_of_one_key_are_one_until_it_starts(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        await jobs.enqueue(connection, tenant_id, "topics_fit", {"n": 1}, key="all", due_at=PAST)
        await jobs.enqueue(connection, tenant_id, "topics_fit", {"n": 2}, key="all", due_at=PAST)
        first = await jobs.claim(connection, tenant_id, kinds=["topics_fit"])
        assert first
        assert first.payload == {"n": 2}
        assert await jobs.claim(connection, tenant_id, kinds=["topics_fit"]) is None
        await jobs.enqueue(connection, tenant_id, "topics_fit", {"n": 3}, key="all", due_at=PAST)
        await jobs.fail(connection, tenant_id, first, "no luck")
        second = await jobs.claim(connection, tenant_id, kinds=["topics_fit"])
        assert second
        assert second.payload == {"n": 3}
        await jobs.finish_job(connection, tenant_id, second.id)
        assert await connection.fetchval("SELECT count(*) FROM job") == 0


async def test_a_failing_job_backs_off_and_is_given_up_visibly(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        await jobs.enqueue(connection, tenant_id, "webhook", due_at=PAST)
        waits = []
        for _ in range(jobs.MOST_JOB_ATTEMPTS):
            job = await jobs.claim(connection, tenant_id, kinds=["webhook"])
            assert job
            await jobs.fail(connection, tenant_id, job, "refused")
            waits.append(await connection.fetchval("SELECT extract(epoch FROM due_at - now())::float FROM job"))
            await connection.execute("UPDATE job SET due_at = $1", PAST)
        assert waits == sorted(waits)
        assert waits[0] > 5
        assert await jobs.claim(connection, tenant_id, kinds=["webhook"]) is None
        assert (await jobs.counts(connection))["failed_jobs"] == 1


async def killed(db: Database, does) -> None:
    async with db.transaction() as connection:
        await does(connection)
        raise RuntimeError("killed")


async def test_whoever_is_killed_while_it_fills_the_backlog_leaves_nothing_out(db: Database, tenant_id: int):
    """Pages of 4 of 10 conversations; what is done between two pages is not asked for again."""
    await queue(db, tenant_id, 10)

    async def page(connection: Connection) -> bool:
        return await jobs.queue_backlog(connection, tenant_id, limit=4)

    async with db.transaction() as connection:
        await connection.execute("DELETE FROM analysis_pending")
        assert not await page(connection)  # nobody asked
        await jobs.begin_backlog(connection, tenant_id)
        assert await page(connection)
        await connection.execute("DELETE FROM analysis_pending")
    with pytest.raises(RuntimeError, match="killed"):
        await killed(db, page)
    async with db.transaction() as connection:
        await jobs.begin_backlog(connection, tenant_id)
        assert [await page(connection) for _ in range(3)] == [True, True, False]
        assert await jobs.backlog(connection, tenant_id) == 6
        assert not await page(connection)
