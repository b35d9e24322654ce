"""Search: words by their stems, meaning where there are vectors, and nothing where nothing fits."""

from dataclasses import replace

import numpy as np
import pytest
from tests.analytics.world import World, new_world

from rapport.analytics.queries import asking
from rapport.analytics.search import search
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


def vector(*weights: float) -> np.ndarray:
    values = np.zeros(8, dtype=np.float32)
    values[: len(weights)] = weights
    return values / np.linalg.norm(values)


@pytest.fixture
async def world(db: Database) -> World:
    async with db.transaction() as connection:
        world = await new_world(connection)
        said = {"parcel": ("My parcels never arrived", vector(1, 0.2)), "package": ("Where is the box I ordered", vector(1, 0)),
                "refund": ("I want my money back", vector(0, 1)), "hello": ("Good morning", vector(0, 0, 1))}  # fmt: skip
        for name, (text, meaning) in said.items():
            world.ids["talk", name] = await world.conversation(
                external_id=name, says=(text,), embedding=meaning.astype(np.float16).tobytes(), product="Shop"
            )
        other = await new_world(connection, "other")
        await other.conversation(external_id="foreign", says=("My parcel never arrived",), embedding=vector(1).astype(np.float16).tobytes())
        return world


async def found(db: Database, world: World, text: str, **options) -> list[str]:
    names = {id: name for (kind, name), id in world.ids.items() if kind == "talk"}
    async with asking(db) as connection:
        hits = await search(connection, options.pop("scope", world.scope), text, **options)
    return [names[hit.id] for hit in hits]


async def test_words_are_found_by_their_stems(db: Database, world: World):
    assert await found(db, world, "parcel never arriving") == ["parcel"]


async def test_meaning_finds_what_words_do_not(db: Database, world: World):
    assert await found(db, world, "lost delivery", meaning=vector(1, 0)) == ["package", "parcel"]


async def test_words_and_meaning_together_come_first(db: Database, world: World):
    assert await found(db, world, "parcels that never arrived", meaning=vector(1, 0)) == ["parcel", "package"]


async def test_nothing_fits_nothing_is_found(db: Database, world: World):
    assert await found(db, world, "quantum knitting") == []
    assert await found(db, world, "quantum knitting", meaning=vector(0, 0, 0, 1)) == []


async def test_stop_words_and_odd_characters_are_no_errors(db: Database, world: World):
    for text in ("the and of", "'\"&|!():*<->\\", "", "日本語", "a" * 400):
        assert await found(db, world, text) == []


async def test_a_scope_narrows_what_is_found(db: Database, world: World):
    refunds = replace(world.scope, conversation_ids=(world.ids["talk", "refund"],))
    assert await found(db, world, "lost delivery", meaning=vector(1, 0.4), scope=refunds) == ["refund"]
