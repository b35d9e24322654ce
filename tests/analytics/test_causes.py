"""Failing tools, business events, what moved and unusual days, through the tools."""

from typing import Any

import pytest
from tests.analytics.world import World, new_world

from rapport.analyst import tools
from rapport.analyst.tools.desk import Desk
from rapport.analytics.lexicon import Lexicons
from rapport.domain.ids import new_id
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


async def ask(db: Database, world: World, name: str, **arguments: Any) -> Any:
    named = {tool.name: tool for tool in tools.bind(Desk(db, world.scope, new_id(), Lexicons()))}
    return (await named[name].call(arguments)).output


async def test_failing_tools_are_counted_by_call_and_by_conversation(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        await world.conversation(tools=[["upload", 3, 2], ["search", 4, 0]])
        await world.conversation(tools=[["upload", 1, 1]])
        await world.conversation(tools=[["upload", 4, 0]])
    found = await ask(db, world, "getToolFailures")
    assert found["tools"][0] == {
        "name": "upload", "calls": 8, "failures": 3, "failureRate": 37.5, "conversations": 3, "conversationsWithFailure": 2,
        "latestError": None,
    }  # fmt: skip
    assert (found["calls"], found["failures"], found["failureRate"]) == (12, 3, 25.0)


async def test_events_are_counted_summed_and_led_up_to(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(4):
            await world.conversation(user=f"gone {n}", day=10, topic="double charge", rating=1)
            await world.event("cancellation", user=f"gone {n}", day=12, influence="negative")
            await world.conversation(user=f"here {n}", day=10, topic="how to", rating=5)
            await world.conversation(user=f"gone {n}", day=30, topic="how to", rating=5)
        await world.event("upgrade", "149.50", user="here 1", day=11, value_type="currency", influence="positive")
        await world.event("upgrade", "50.5", user="here 2", day=13, value_type="currency", influence="positive")
    counted = await ask(db, world, "getOutcomes")
    assert [(group["name"], group["events"]) for group in counted["groups"]] == [("cancellation", 4), ("upgrade", 2)]
    assert counted["groups"][1]["total"] == 200.0
    gone = await ask(db, world, "getOutcomes", types=["cancellation"], groupBy="user")
    assert {group["name"] for group in gone["groups"]} == {f"gone {n}" for n in range(4)}
    before = gone["before"]
    assert (before["people"], before["conversations"], before["unhappyShare"], before["usualUnhappyShare"]) == (4, 4, 100.0, 33.3)
    assert before["topics"][0] == {"name": "double charge", "conversations": 4, "users": 4, "share": 100.0, "usualShare": 33.3}
    late = await ask(db, world, "getOutcomes", filter={"since": "2026-09-19"})
    assert [(group["name"], group["events"]) for group in late["groups"]] == [("cancellation", 4), ("upgrade", 1)]


async def test_what_moved_is_named_and_parts_add_up(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(40):
            await world.conversation(day=n % 7, topic="billing" if n % 2 else "delivery", rating=5)
            await world.conversation(day=7 + n % 7, topic="billing" if n % 2 else "delivery", rating=5 if n % 2 else 2)
    found = await ask(db, world, "getChanges", metric="rating", filter={"since": "2026-09-14", "until": "2026-09-20"})
    assert (found["change"]["value"], found["change"]["other"], found["change"]["verdict"]) == (3.5, 5.0, "lower")
    assert found["previous"] == {"since": "2026-09-07", "until": "2026-09-13", "timeZone": "UTC"}
    by_topic = [mover for mover in found["movers"] if mover["dimension"] == "topic"]
    assert [(mover["name"], mover["value"], mover["other"], mover["contribution"]) for mover in by_topic] == [("delivery", 2.0, 5.0, -1.5)]


async def test_an_unusual_day_is_found_and_usual_ones_are_not(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for day in range(20):
            for n in range(4 + day % 3):
                await world.conversation(day=day, topic="account", user=f"u{n}")
        quiet = await ask(db, world, "getAnomalies")
        for _ in range(30):
            await world.conversation(day=9, topic="outage", user="many")
    found = await ask(db, world, "getAnomalies")
    assert quiet["spikes"] == []
    assert {"conversations", "conversations about outage"} <= {spike["what"] for spike in found["spikes"]}
    assert {spike["since"] for spike in found["spikes"]} == {"2026-09-16"}
