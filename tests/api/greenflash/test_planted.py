"""Each narrative names what was planted, with its exact counts and the users' words; without the plant it is silent; with another
plant it says another thing. What must not be named is planted too: it looks alike, and is evenly spread."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from tests.analytics.world import World
from tests.api.greenflash.test_reports import BAD, GOOD, crowd, get, tell

PLANTS = ("track_order", "pay_invoice")


@dataclass(frozen=True)
class Narrative:
    """`story` plants a name, or nothing; `read` is the text that must name it; `figures` are all in it; `words` of users, too."""

    story: Callable[[World, str | None], Awaitable[None]]
    read: Callable[..., str]
    figures: tuple[str, ...]
    words: str


def product_text(client, world: World) -> str:
    return json.dumps(get(client, f"products/{world.ids['product', 'Pilot']}")["insights"])


def words(planted: str | None) -> tuple[str]:
    return (f"Nothing about {planted or 'it'} is right here",)


async def obstacle(world: World, planted: str | None) -> None:
    """40 conversations about a topic, 12 of which find nothing; without the plant the 12 are spread over all topics."""
    await crowd(world)
    for i in range(40):
        hit = i % 10 < 3
        topic = planted or ("login", "refund", "delivery")[i % 3]
        cause = {"root_cause": "nothing suitable found"} if hit else {}
        await world.conversation(user=f"User {i % 25}", topic=topic, day=i, says=words(planted), keywords=[], **GOOD | cause)


async def spike(world: World, planted: str | None) -> None:
    """30 conversations about a topic within six days; without the plant as many over forty days."""
    await crowd(world)
    for i in range(30):
        day = 20 + i // 6 if planted else 1.3 * i
        topic = planted or ("login", "refund", "delivery")[i % 3]
        await world.conversation(user=f"User {i % 25}", topic=topic, day=day, says=words(planted), keywords=[], **GOOD)


async def worse_version(world: World, planted: str | None) -> None:
    """The second version of a prompt goes badly in half of 40 conversations; without the plant in a tenth, as the first one."""
    for i in range(80):
        version = 1 if i < 40 else 2
        mood = BAD if (planted and version == 2 and i % 2) or i % 10 == 0 else GOOD
        await world.conversation(user=f"User {i % 9}", prompt=(planted or "even", version), topic="booking", day=i / 2, says=words(planted),
                                 keywords=[], **mood)  # fmt: skip


async def unhappy_organization(world: World, planted: str | None) -> None:
    """12 of 15 conversations of Northgate go badly, all about one topic; without the plant 2, as everywhere."""
    await crowd(world)
    for i in range(15):
        bad = i < 12 if planted else i < 2
        topic = planted if planted and bad else "login"
        await world.conversation(user="Nora", organization="Northgate", topic=topic, day=i, says=words(planted), keywords=[],
                                 **BAD if bad else GOOD)  # fmt: skip


async def unlucky_user(world: World, planted: str | None) -> None:
    """3 of the user's 8 conversations go badly, all about one topic; without the plant none does."""
    for i in range(8):
        bad = planted is not None and i in (2, 4, 7)
        await world.conversation(user="Ann", topic=planted if bad else f"topic {i}", day=25 + 2 * i, says=words(planted), keywords=[],
                                 **BAD if bad else GOOD)  # fmt: skip


async def unlucky_segment(world: World, planted: str | None) -> None:
    """The plan `trial` meets failures of one tool in 20 of 60 conversations, which go badly."""
    await crowd(world)
    for i in range(60):
        user = f"Trial {i % 6}"
        await world.user(user, plan="trial")
        failed = planted is not None and i % 3 == 0
        await world.conversation(user=user, topic=("login", "refund")[i % 2], day=i / 2, says=words(planted), keywords=[],
                                 tools=[[planted or "search", 1, int(failed)]], **BAD if failed or i % 11 == 1 else GOOD)  # fmt: skip


def segment_text(client, world: World) -> str:
    rule = {"type": "property", "key": "plan", "operator": "eq", "value": "trial"}
    made = client.post("/api/v1/segments", json={"filters": {"rules": [rule]}}).json()["id"]
    deadline = time.monotonic() + 20
    while client.get(f"/api/v1/segments/{made}/analytics", params={"mode": "simple"}).json()["participantCount"] < 6:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return json.dumps(get(client, f"segments/{made}")["summary"])


NARRATIVES = {
    "cause of a product": Narrative(crowd, product_text, ("17 of 17",), "The {} page shows an error again"),
    "obstacle of a product": Narrative(obstacle, product_text, ("12 of 40 conversations", "30 %"), "Nothing about {} is right here"),
    "spike of a product": Narrative(spike, product_text, ("30 times",), "Nothing about {} is right here"),
    "regression of a product": Narrative(worse_version, product_text, ("24 of 40",), "Nothing about {} is right here"),
    "organization": Narrative(
        unhappy_organization, lambda client, _: json.dumps(get(client, "organizations/northgate")["summary"]),
        ("12 of 15 conversations", "12 of 12"), "Nothing about {} is right here",
    ),
    "user": Narrative(
        unlucky_user, lambda client, _: json.dumps(get(client, "users/u-ann")["summary"]),
        ("3 of 8 conversations went badly", "3 of them about"), "Nothing about {} is right here",
    ),
    "segment": Narrative(unlucky_segment, segment_text, ("20 of 20",), "Nothing about {} is right here"),
}  # fmt: skip


@pytest.mark.parametrize("name", NARRATIVES)
def test_a_narrative_names_the_plant_and_nothing_else(server, name):
    narrative = NARRATIVES[name]
    told: dict[str | None, str] = {}
    for planted in (*PLANTS, None):
        tenant = planted or "nothing"
        with server.client(server.new_key(tenant)) as client:
            world = tell(server, lambda world, planted=planted: narrative.story(world, planted), tenant=tenant)
            told[planted] = narrative.read(client, world)
    for planted, other in (PLANTS, PLANTS[::-1]):
        text = told[planted]
        assert planted in text
        assert other not in text
        assert narrative.words.format(planted) in text
        assert [figure for figure in narrative.figures if figure not in text] == [], text
    assert not any(planted in told[None] for planted in PLANTS)
    assert [figure for figure in narrative.figures if figure in told[None]] == [], told[None]
    assert "more often" not in told[None].replace("surely more often than the rest", "")


def test_a_reason_is_told_with_the_cause(server, client):
    async def story(world: World) -> None:
        for i in range(120):
            bad = i % 4 == 0
            cause = {"root_cause": "request misunderstood" if i % 12 else "waiting too long"} if bad else {}
            await world.conversation(user=f"User {i % 9}", topic="booking" if bad or i % 8 == 1 else "login", day=i / 3, keywords=[],
                                     **(BAD if bad else GOOD) | cause)  # fmt: skip

    product = tell(server, story).ids["product", "Pilot"]
    text = get(client, f"products/{product}")["insights"]["findings"][0]["text"]
    assert "The reason found most often: request misunderstood (20 of 30)." in text


def test_few_bad_conversations_are_tested_exactly(server, client):
    """5 of 60 against 2 of 300: Fisher's exact test gives p = 0.0018; the normal approximation 0.00009."""

    async def story(world: World) -> None:
        for i in range(360):
            bad = i < 5 or i in (100, 200)
            await world.conversation(user=f"User {i % 50}", topic="booking" if i < 60 else f"topic {i % 5}", day=i / 10, keywords=[],
                                     **BAD if bad else GOOD)  # fmt: skip

    product = tell(server, story).ids["product", "Pilot"]
    found = get(client, f"products/{product}")["insights"]["findings"][0]
    assert found["p"] == pytest.approx(0.00178, rel=0.05)
    assert "5 of 60 (8.3 %) against 0.7 % elsewhere" in found["text"]


def test_the_words_of_a_buyer_are_those_that_mean_buying(server, client):
    async def story(world: World) -> None:
        for i in range(3):
            said = ("I want to upgrade to the big plan", "No, that's all")
            evidence = [{"signal": "commercial upgrade", "seq": 0, "start": 0, "end": 5, "text": "upgrade", "strength": 0.7}]
            await world.conversation(
                user="Ann", day=30 + i, says=said, commercial_intent=0.75, commercial_signal="upgrade", evidence=evidence,
                messages=[{"seq": 0, "sentiment": 0.3}, {"seq": 2, "sentiment": -0.2}],
            )  # fmt: skip

    tell(server, story)
    signals = get(client, "users/u-ann")["summary"]["signals"]
    assert [s["type"] for s in signals] == ["opportunity"]
    assert "I want to upgrade to the big plan" in signals[0]["description"]
