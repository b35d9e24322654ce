"""Rolling windows are exact at the boundary, under concurrency and across processes (each pool stands for one)."""

import asyncio
from datetime import date, timedelta

import pytest

from rapport.domain.ids import new_id
from rapport.store import database, judgements, keys, limits

pytestmark = pytest.mark.anyio


async def _take(db, **given) -> limits.Use:
    async with db.transaction() as connection:
        return await limits.take(connection, 1, "chat", **({"limit": 20} | given))


async def test_exactly_the_limit_passes_under_concurrency(db, database_url):
    other = await database.connect(database_url, connections=8)
    try:
        uses = await asyncio.gather(*(_take(pool) for _ in range(25) for pool in (db, other)))
    finally:
        await other.close()
    assert sum(use.granted for use in uses) == 20
    refused = [use for use in uses if not use.granted]
    assert all(3590 <= use.retry_after_s <= 3600 and use.remaining == 0 for use in refused)


async def test_same_key_is_charged_once(db):
    first = await _take(db, key=b"a", limit=1)
    again = await _take(db, key=b"a", limit=1)
    other = await _take(db, key=b"b", limit=1)
    assert (first.granted, again.granted, again.repeated, other.granted) == (True, True, True, False)


async def test_window_rolls(db):
    window = timedelta(milliseconds=300)
    assert (await _take(db, limit=1, window=window)).granted
    assert not (await _take(db, limit=1, window=window)).granted
    await asyncio.sleep(0.35)
    assert (await _take(db, limit=1, window=window)).granted


async def test_tokens_are_counted_afterwards(db):
    assert (await _take(db, limit=100, cost=0)).granted
    async with db.connection() as connection:
        await limits.record(connection, 1, "chat", 250)
    assert not (await _take(db, limit=100, cost=0)).granted


async def test_tenants_and_buckets_do_not_share(db):
    async with db.transaction() as connection:
        assert (await limits.take(connection, 1, "chat", limit=1)).granted
        assert (await limits.take(connection, 2, "chat", limit=1)).granted
        assert (await limits.take(connection, 1, "insights", limit=1)).granted


async def test_a_daily_budget_is_never_held_beyond_its_limit(db):
    async with db.transaction() as connection:
        tenant_id = await keys.ensure_tenant(connection, "t")
    product_id = new_id()

    async def take() -> date | None:
        async with db.transaction() as connection:
            return await judgements.hold(connection, tenant_id, product_id, 100, limit=1_000)

    days = [day for day in await asyncio.gather(*(take() for _ in range(30))) if day]
    assert len(days) == 10
    async with db.connection() as connection:
        used = await judgements.used_today(connection, tenant_id, product_id)
        assert (used.tokens, used.refused, used.calls) == (1_000, 20, 0)
        await judgements.settle(connection, tenant_id, product_id, days[0], held=100, used=30)
        used = await judgements.used_today(connection, tenant_id, product_id)
    assert (used.tokens, used.calls) == (930, 1)
