"""Drivers: planted causes are found, bystanders are not blamed, and where there is no cause none is reported."""

import random

import pytest
from tests.analytics.world import World, new_world

from rapport.analytics import metrics
from rapport.analytics.breakdown import breakdown
from rapport.analytics.drivers import Drivers, drivers
from rapport.analytics.queries import asking
from rapport.store.database import Database

pytestmark = pytest.mark.anyio

ORGANIZATIONS = ("Acme", "Birch", "Cedar", "Dune", "Elm")


async def why(db: Database, world: World, **options) -> Drivers:
    async with asking(db) as connection:
        return await drivers(connection, world.scope, "low_rated", **options)


async def plant(db: Database, n: int, choose) -> World:
    """n conversations; `choose(random)` gives what each has and the chance that it is rated badly."""
    chance = random.Random(7)
    async with db.transaction() as connection:
        world = await new_world(connection)
        for _ in range(n):
            given, bad = choose(chance)
            rating = 1 if chance.random() < bad else 5
            await world.conversation(user=f"u{chance.randrange(40)}", rating=rating, **given)
        return world


def anything(chance: random.Random) -> dict:
    return {
        "organization": chance.choice(ORGANIZATIONS), "model": chance.choice(["large", "small"]),
        "topic": chance.choice(["billing", "delivery", "account"]), "tools": chance.choice([[], [["search", 1, 0]]]),
    }  # fmt: skip


async def test_a_planted_cause_is_found_with_its_size(db: Database):
    def choose(chance):
        given = anything(chance)
        return given, 0.7 if given["topic"] == "delivery" else 0.1

    world = await plant(db, 500, choose)
    found = await why(db, world)
    (driver,) = found.drivers
    assert (driver.dimension, driver.label) == ("topic", "delivery")
    assert 60 < driver.rate < 80
    assert driver.rest_rate < 20
    assert found.n == 500


async def test_none_is_reported_where_there_is_none(db: Database):
    world = await plant(db, 500, lambda chance: (anything(chance), 0.3))
    assert (await why(db, world)).drivers == ()


async def test_an_organization_is_not_blamed_for_the_model_it_uses(db: Database):
    """The bad model is used everywhere, by Acme most of the time."""

    def choose(chance):
        given = anything(chance)
        given["model"] = "small" if chance.random() < (0.8 if given["organization"] == "Acme" else 0.25) else "large"
        return given, 0.7 if given["model"] == "small" else 0.1

    world = await plant(db, 600, choose)
    (driver,) = (await why(db, world)).drivers
    assert driver.label == "small"
    assert "Acme" in driver.explains


async def test_a_model_of_one_organization_is_blamed_alone_where_that_organization_uses_others_too(db: Database):
    def choose(chance):
        given = anything(chance)
        if given["organization"] == "Acme" and chance.random() < 0.5:
            given["model"] = "beta"
        return given, 0.8 if given["model"] == "beta" else 0.1

    world = await plant(db, 700, choose)
    (driver,) = (await why(db, world)).drivers
    assert (driver.label, driver.explains, driver.together_with) == ("beta", ("Acme",), ())


async def test_what_cannot_be_told_apart_is_said_so(db: Database):
    """Acme uses one model only, and nobody else does."""

    def choose(chance):
        given = anything(chance)
        if given["organization"] == "Acme":
            given["model"] = "beta"
        return given, 0.7 if given["organization"] == "Acme" else 0.1

    world = await plant(db, 500, choose)
    (driver,) = (await why(db, world)).drivers
    assert {driver.label, *driver.together_with} == {"beta", "Acme"}


async def test_two_causes_are_both_found_and_failing_tools_are_told_from_used_ones(db: Database):
    def choose(chance):
        given = anything(chance)
        failed = chance.random() < 0.2
        given["tools"] = [["upload", 1, int(failed)]] if failed or chance.random() < 0.5 else []
        return given, 0.75 if failed else 0.5 if given["organization"] == "Birch" else 0.08

    world = await plant(db, 800, choose)
    found = (await why(db, world)).drivers
    assert [(driver.dimension, driver.label) for driver in found] == [("failed_tool", "upload"), ("organization", "Birch")]


async def test_properties_are_factors(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for name in ORGANIZATIONS:
            await world.organization(name, plan="free" if name in ("Acme", "Birch", "Cedar") else "paid")
        chance = random.Random(3)
        for _ in range(400):
            organization = chance.choice(ORGANIZATIONS)
            bad = chance.random() < (0.6 if organization in ("Acme", "Birch", "Cedar") else 0.1)
            await world.conversation(organization=organization, rating=1 if bad else 5, user=organization)
    (driver,) = (await why(db, world)).drivers
    assert (driver.dimension, driver.label) == ("property:plan", "free")


async def test_what_people_complain_of_does_not_hide_what_failed(db: Database):
    """A new prompt version goes wrong, and those who suffer talk about little else: the topic is its symptom."""

    def choose(chance):
        given = anything(chance)
        given["prompt"] = ("helper", 2 if chance.random() < 0.3 else 1)
        bad = chance.random() < (0.7 if given["prompt"][1] == 2 else 0.1)
        if bad and given["prompt"][1] == 2:
            given["topic"] = "wrong codes"
        return given, 1.0 if bad else 0.0

    world = await plant(db, 600, choose)
    assert (await why(db, world)).drivers[0].label == "helper v2"


async def test_a_user_with_few_conversations_does_not_lead_a_ranking_of_averages(db: Database):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(60):
            await world.conversation(user=f"calm {n % 20}", frustration=0.1)
        for _ in range(15):
            await world.conversation(user="Angry", frustration=0.7)
        for _ in range(3):
            await world.conversation(user="Once", frustration=0.8)
    async with asking(db) as connection:
        measured = metrics.find(["frustration"])
        plain = await breakdown(connection, world.scope, measured, "user", limit=1)
        steady = await breakdown(connection, world.scope, measured, "user", limit=1, steady=0.2)
    assert (plain.groups[0].label, steady.groups[0].label) == ("Once", "Angry")
    assert round(steady.groups[0].figures[0].value or 0, 2) == 0.7
