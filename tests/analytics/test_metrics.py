"""Figures over conversations: exact, at once, and only over the tenant's own."""

from dataclasses import replace
from datetime import date

import pytest
from tests.analytics.world import World, new_world

from rapport.analytics import breakdown, metrics, trends
from rapport.analytics.queries import asking
from rapport.domain.scope import PropertyFilter, Scope
from rapport.errors import Invalid
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


async def value(db: Database, scope: Scope, name: str) -> float | int | None:
    async with asking(db) as connection:
        (figure,) = await metrics.level(connection, scope, metrics.find([name]))
    return figure.metric.shown(figure.value)


@pytest.fixture
async def world(db: Database) -> World:
    async with db.transaction() as connection:
        world = await new_world(connection)
        await world.organization("Acme", plan="Enterprise")
        await world.conversation(user="Ann", organization="Acme", rating=5, sentiment=0.5, topic="billing", tools=[["search", 2, 1]])
        await world.conversation(user="Ann", organization="Acme", rating=2, sentiment=-0.5, frustration=0.8, day=1, flags=["secret_leaked"])
        await world.conversation(
            user="Bob", product="Desk", rating=4, sentiment=0.0, day=7, language="de", says=("My parcel never came", "Hello?")
        )
        await world.conversation(user="Cid", analysed=False, day=8)
        await world.conversation(user="Cid", kind="analyst", analysed=False)
        other = await new_world(connection, "other")
        await other.conversation(rating=1)
        world.connection = None  # type: ignore[assignment]  # the transaction is over; the test asks on its own connections
        return world


async def test_conversations_count_before_they_are_analysed(db: Database, world: World):
    assert await value(db, world.scope, "conversations") == 4
    assert await value(db, world.scope, "users") == 3
    assert await value(db, world.scope, "messages") == 10


async def test_measures_are_means_over_those_that_have_them(db: Database, world: World):
    assert await value(db, world.scope, "rating") == 3.67
    assert await value(db, world.scope, "negative_share") == 33.3
    assert await value(db, world.scope, "tool_failure_rate") == 50.0
    assert await value(db, replace(world.scope, user_ids=(world.ids["app_user", "Cid"],)), "sentiment") is None


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"since": date(2026, 9, 8)}, 3),
        ({"since": date(2026, 9, 8), "until": date(2026, 9, 14)}, 2),
        ({"properties": (PropertyFilter("plan", "enterprise"),)}, 2),
        ({"properties": (PropertyFilter("plan", "enterprise", negate=True),)}, 2),
        ({"predicates": ("negative",)}, 1),
        ({"predicates": ("rated", "tool_failed")}, 1),
        ({"flags": ("secret_leaked",)}, 1),
        ({"tools": ("search",)}, 1),
        ({"failed_tools": ("search", "other")}, 1),
        ({"text": "parcels"}, 1),
        ({"text": "nothing like it"}, 0),
        ({"rating_max": 4}, 2),
        ({"languages": ("de",)}, 1),
        ({"messages_min": 3}, 1),
    ],
)
async def test_a_scope_selects(db: Database, world: World, narrowed: dict, expected: int):
    assert await value(db, replace(world.scope, **narrowed), "conversations") == expected


async def test_a_scope_and_what_it_leaves_out_make_the_whole(db: Database, world: World):
    acme = replace(world.scope, organization_ids=(world.ids["organization", "Acme"],))
    assert await value(db, replace(world.scope, without=acme), "conversations") == 2


async def test_days_are_cut_at_the_tenants_midnight(db: Database, world: World):
    noon_utc = date(2026, 9, 7)
    auckland = replace(world.scope, time_zone="Pacific/Auckland", since=noon_utc, until=noon_utc)
    assert await value(db, auckland, "conversations") == 0
    assert await value(db, replace(auckland, since=date(2026, 9, 8), until=date(2026, 9, 8)), "conversations") == 1


async def test_every_metric_can_be_asked_for_by_every_dimension(db: Database, world: World):
    from rapport.analytics import dimensions

    async with asking(db) as connection:
        measured = tuple(metrics.METRICS.values())
        for name in (*dimensions.DIMENSIONS, *dimensions.TIMES, "property:plan"):
            found = await breakdown.breakdown(connection, world.scope, measured, name)
            assert all(group.label for group in found.groups), name


async def test_groups_are_named_and_ordered(db: Database, world: World):
    async with asking(db) as connection:
        found = await breakdown.breakdown(connection, world.scope, metrics.find(["conversations", "rating"]), "user", limit=2)
        plans = await breakdown.breakdown(connection, world.scope, metrics.find(["rating"]), "property:plan")
        weekdays = await breakdown.breakdown(connection, world.scope, metrics.find(["conversations"]), "weekday", order="key")
    second = min("Bob", "Cid", key=lambda name: world.ids[("app_user", name)])  # equal counts are told in the order of their ids
    assert [(g.label, g.reference, g.conversations) for g in found.groups] == [("Ann", "u-ann", 2), (second, f"u-{second.lower()}", 1)]
    assert found.total == 3
    assert [(g.label, g.figures[0].value) for g in plans.groups] == [("Enterprise", 3.5)]
    assert [(g.label, g.conversations) for g in weekdays.groups] == [("Monday", 2), ("Tuesday", 2)]


async def test_unknown_names_are_told_with_those_that_exist(db: Database, world: World):
    async with asking(db) as connection:
        with pytest.raises(Invalid, match="prompt_version"):
            await breakdown.breakdown(connection, world.scope, metrics.find(["rating"]), "colour")


async def test_a_trend_has_no_gaps_and_a_direction_only_where_chance_gives_none(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for day in range(14):
            for n in range(6):
                await world.conversation(day=day, rating=5 - day * 0.2 + (n % 3 - 1) * 0.1, sentiment=0.1 if n % 2 else -0.1)
    async with asking(db) as connection:
        rating, sentiment = metrics.find(["rating", "sentiment"])
        falling = await trends.trend(connection, world.scope, rating, "day", today=date(2026, 10, 1))
        flat = await trends.trend(connection, world.scope, sentiment, "day", today=date(2026, 10, 1))
        weeks = await trends.trend(connection, replace(world.scope, since=date(2026, 8, 31)), metrics.find(["conversations"])[0], "week",
                                   today=date(2026, 10, 1))  # fmt: skip
    assert (falling.direction, len(falling.points)) == ("falling", 14)
    assert flat.direction == "flat"
    assert [(str(p.start), p.figure.value) for p in weeks.points] == [("2026-08-31", 0), ("2026-09-07", 42), ("2026-09-14", 42)]


async def test_a_difference_is_told_only_where_chance_gives_none(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(40):
            await world.conversation(product="Good", rating=4 + n % 2)
            await world.conversation(product="Bad", rating=1 + n % 4)
            await world.conversation(product="Same", rating=4 + (n + 1) % 2)
    measured = metrics.find(["rating"])
    good, bad, same = (replace(world.scope, product_ids=(world.ids["product", name],)) for name in ("Good", "Bad", "Same"))
    async with asking(db) as connection:
        (worse,) = await trends.compare(connection, bad, good, measured)
        (equal,) = await trends.compare(connection, same, good, measured)
    assert (worse.verdict, worse.difference) == ("lower", -2.0)
    assert equal.verdict == "same"
