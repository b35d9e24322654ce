"""The inbox is what the analyses raise, however many steps a refresh takes, and whatever happens meanwhile."""

import random
from uuid import UUID

import anyio
import pytest
from tests.store.test_analyses import conversation, insert

from rapport.analytics import triggers
from rapport.domain.analysis import Analysis
from rapport.domain.ids import stable_id
from rapport.store import analyses, inbox, keys
from rapport.store.database import Connection, Database
from rapport.worker.inbox_jobs import InboxJobs

pytestmark = pytest.mark.anyio

RAISED = triggers.raised()
CALM = Analysis(sentiment=0.4)
KINDS = (
    CALM,
    Analysis(flags=frozenset({"secret_leaked"})),
    Analysis(flags=frozenset({"jailbreak_detected", "missing_capability_detected"})),
    Analysis(abandoned=True, struggle=0.7),
    Analysis(commercial_intent=0.8),
)


@pytest.fixture
async def tenant_id(db: Database) -> int:
    return await tenant(db, "acme")


async def tenant(db: Database, name: str) -> int:
    async with db.transaction() as connection:
        return await keys.ensure_tenant(connection, name)


async def save(connection: Connection, tenant_id: int, found: dict[int, Analysis]) -> None:
    """Analyses of the conversations of these numbers, all saved at the same time."""
    items = {number: conversation(number) for number in found}
    for item in items.values():
        await insert(connection, tenant_id, item)
    await analyses.save(connection, tenant_id, [(items[number], analysis, 0) for number, analysis in found.items()])


async def shown(db: Database, tenant_id: int) -> dict[UUID, tuple]:
    async with db.connection() as connection:
        rows = await connection.fetch(
            """
            SELECT conversation_id, status, axis, trigger_type, severity, attention, rank, triggers FROM inbox_item WHERE tenant_id = $1
            """,
            tenant_id,
        )
        listed, total = await inbox.list_(
            connection, tenant_id, status="unreviewed", trigger_type=None, axis=None, min_severity=1, limit=1000, offset=0
        )
    waiting = {row["conversation_id"] for row in rows if row["status"] == "unreviewed"}
    assert {item.conversation_id for item in listed} == waiting
    assert total == len(waiting)
    return {row["conversation_id"]: tuple(row)[1:] for row in rows}


async def step(db: Database, tenant_id: int, after: inbox.Reached | None = None, *, size: int = 2) -> inbox.Reached | None:
    async with db.transaction() as connection:
        return await inbox.refresh(connection, tenant_id, RAISED, after, step=size)


@pytest.mark.parametrize("seed", range(6))
async def test_many_steps_make_the_inbox_that_one_makes(db: Database, seed: int):
    """Both tenants live the same history; groups of analyses have one time, larger than a step too."""
    chance = random.Random(seed)
    tenants = {await tenant(db, "small steps"): InboxJobs(db, step=3), await tenant(db, "at once"): InboxJobs(db)}
    for _ in range(12):
        found = {number: chance.choice(KINDS) for number in chance.sample(range(25), chance.randint(1, 8))}
        does = chance.choice(("refresh", "review", "flag", "wait"))
        for tenant_id, worker in tenants.items():
            async with db.transaction() as connection:
                await save(connection, tenant_id, found)
            if does == "refresh":
                await worker.refresh(tenant_id, {})
            elif does == "flag":
                async with db.transaction() as connection:
                    await inbox.flag(connection, tenant_id, stable_id("conversation", min(found)), severity=2, note="look")
    for tenant_id, worker in tenants.items():
        await worker.refresh(tenant_id, {})
    small, at_once = [await shown(db, tenant_id) for tenant_id in tenants]
    assert small == at_once
    assert small


async def test_what_raises_nothing_any_more_leaves_and_what_was_reviewed_or_flagged_stays(db: Database, tenant_id: int):
    worker, ids = InboxJobs(db, step=2), [stable_id("conversation", number) for number in range(9)]
    async with db.transaction() as connection:
        await save(connection, tenant_id, dict.fromkeys(range(9), KINDS[1]))
    await worker.refresh(tenant_id, {})
    async with db.transaction() as connection:
        await inbox.review(connection, tenant_id, ids[0], "reviewed")
        await inbox.flag(connection, tenant_id, ids[1], severity=3, note=None)
        await save(connection, tenant_id, dict.fromkeys(range(8), CALM))
    await worker.refresh(tenant_id, {})
    assert {i: found[0] for i, found in (await shown(db, tenant_id)).items()} == {
        ids[0]: "reviewed", ids[1]: "unreviewed", ids[8]: "unreviewed"
    }  # fmt: skip


async def test_a_refresh_that_was_interrupted_goes_on_where_it_was(db: Database, tenant_id: int):
    """Saved by hand further apart than refreshes overlap."""
    async with db.transaction() as connection:
        await save(connection, tenant_id, dict.fromkeys(range(40), KINDS[1]))
        await connection.execute(
            """
            UPDATE analysis a SET analysed_at = now() - interval '1 hour' + n * interval '1 minute'
            FROM (SELECT conversation_id, row_number() OVER (ORDER BY conversation_id) AS n FROM analysis WHERE tenant_id = $1) o
            WHERE a.tenant_id = $1 AND a.conversation_id = o.conversation_id
            """,
            tenant_id,
        )
    await step(db, tenant_id, await step(db, tenant_id, size=15), size=15)
    assert len(await shown(db, tenant_id)) == 30
    async with db.connection() as connection:
        await connection.execute("DELETE FROM inbox_item WHERE tenant_id = $1", tenant_id)  # to see what is looked at again
    await InboxJobs(db, step=15).refresh(tenant_id, {})
    assert 10 <= len(await shown(db, tenant_id)) <= 11


async def test_what_is_saved_during_a_refresh_is_found_by_the_next_one(db: Database, tenant_id: int):
    """A transaction gives its rows the time at which it began, which a refresh may have passed when it ends."""
    worker = InboxJobs(db, step=2)
    async with db.transaction() as late:
        began = await late.fetchval("SELECT now()")
        for number in range(6):
            async with db.transaction() as connection:
                await save(connection, tenant_id, {number: KINDS[1]})
        await anyio.sleep(2.1)  # more than refreshes overlap
        reached = await step(db, tenant_id, await step(db, tenant_id))
        await save(late, tenant_id, {100: KINDS[1]})
    assert reached
    assert reached.analysed_at > began
    while reached:
        reached = await step(db, tenant_id, reached)
    assert len(await shown(db, tenant_id)) == 6
    await worker.refresh(tenant_id, {})
    assert len(await shown(db, tenant_id)) == 7


async def test_refreshes_at_the_same_time_make_the_same_inbox(db: Database, tenant_id: int):
    for numbers in (range(20), range(20, 40)):
        async with db.transaction() as connection:
            await save(connection, tenant_id, {number: KINDS[number % len(KINDS)] for number in numbers})
    async with anyio.create_task_group() as group:
        for size in (3, 4, 50):
            group.start_soon(InboxJobs(db, step=size).refresh, tenant_id, {})
    found = await shown(db, tenant_id)
    assert set(found) == {stable_id("conversation", number) for number in range(40) if number % len(KINDS)}
