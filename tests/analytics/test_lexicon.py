"""The tenant's own names: found by every spelling, only within the tenant, and without rows that were made for other purposes."""

import pytest
from tests.analytics.world import World, new_world

from rapport.analytics.lexicon import Lexicons, close_to, load, look_up, property_values
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(db: Database) -> World:
    async with db.transaction() as connection:
        world = await new_world(connection)
        await world.organization("Acme Corp", plan="enterprise", region="EU")
        await world.conversation(user="Ann Lee", organization="Acme Corp", model="gpt-4o", topic="billing", prompt=("refund-bot", 1))
        await world.conversation(user="Ann Lee", organization="Acme Corp", prompt=("refund-bot", 2), tools=[["search_flights", 1, 0]])
        await world.conversation(user="Bob", product="Desk", tools=[["get_weather", 1, 1]], properties={"channel": "mail"})
        await world.event("cancellation", user="Bob")
        await world.event("upgrade", user="Bob")
        other = await new_world(connection, "other")
        await other.conversation(user="Zoe", organization="Foreign", topic="secret", tools=[["hack", 1, 0]])
        await other.event("acquisition", user="Zoe")
        return world


async def test_everything_with_a_name_is_in_the_lexicon(db: Database, world: World):
    async with db.connection() as connection:
        lexicon = await load(connection, world.scope)
    names = {kind: {name.text for name in lexicon.of(kind)} for kind in {name.kind for name in lexicon.names}}
    assert names == {
        "user": {"Ann Lee", "Bob"}, "organization": {"Acme Corp"}, "product": {"Pilot", "Desk"}, "model": {"gpt-4o"}, "topic": {"billing"},
        "topic_group": {"everything"}, "prompt": {"refund-bot"}, "prompt_version": {"refund-bot v1", "refund-bot v2"},
        "tool": {"search_flights", "get_weather"}, "event_type": {"cancellation", "upgrade"}, "property": {"enterprise", "EU", "mail"},
    }  # fmt: skip
    assert {(key, value) for key, value, _ in property_values(lexicon)} == {("plan", "enterprise"), ("region", "EU"), ("channel", "mail")}


@pytest.mark.parametrize("spelling", ["Ann Lee", "ann lee", "u-ann lee", "ann.lee@example.com"])
async def test_a_user_is_found_by_every_spelling(db: Database, world: World, spelling: str):
    async with db.connection() as connection:
        found = (await load(connection, world.scope)).find("user", spelling)
        looked_up = await look_up(connection, world.tenant_id, "user", spelling)
    assert found is not None
    assert looked_up is not None
    assert found.id == looked_up.id == str(world.ids["app_user", "Ann Lee"])
    assert found.weight == 2


async def test_names_of_another_tenant_are_not_looked_up(db: Database, world: World):
    async with db.connection() as connection:
        assert await look_up(connection, world.tenant_id, "user", "Zoe") is None
        assert await look_up(connection, world.tenant_id, "organization", "Foreign") is None


async def test_versions_of_a_prompt_know_their_prompt(db: Database, world: World):
    async with db.connection() as connection:
        lexicon = await load(connection, world.scope)
    (prompt,) = lexicon.of("prompt")
    assert {version.part_of for version in lexicon.of("prompt_version")} == {prompt.id}


async def test_the_busiest_come_first_and_near_spellings_are_offered(db: Database, world: World):
    async with db.connection() as connection:
        lexicon = await load(connection, world.scope)
    assert [name.text for name in lexicon.of("user")] == ["Ann Lee", "Bob"]
    assert close_to(lexicon.of("organization"), "Acme Crop") == ["Acme Corp"]
    assert close_to(lexicon.of("organization"), "Xyzzy") == []


async def test_what_was_loaded_is_kept_until_it_is_forgotten(db: Database, world: World):
    kept = Lexicons()
    async with db.connection() as connection:
        first = await kept.of(connection, world.scope)
        assert await kept.of(connection, world.scope) is first
        kept.forget(world.tenant_id)
        assert await kept.of(connection, world.scope) is not first
