"""The analytics endpoints: exact numbers, documented shapes, limits and caches, and insights that name what was planted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from tests.analytics.world import World, new_world

from rapport.store import database, rollups

GOOD = {
    "sentiment": 0.5, "sentiment_change": 0.2, "frustration": 0.1, "struggle": 0.1, "dissatisfied": 0.1, "commercial_intent": 0.0,
    "quality_index": 0.75, "flags": [], "resolution": 0.9,
}  # fmt: skip
BAD = {
    "sentiment": -0.5, "sentiment_change": -0.4, "frustration": 0.75, "struggle": 0.5, "dissatisfied": 0.875, "commercial_intent": 0.0,
    "quality_index": 0.25, "flags": [], "resolution": 0.1,
}  # fmt: skip


def tell(server, story: Callable[[World], Awaitable[None]], tenant: str = "default") -> World:
    """Write a world into the server's database, with its rollups."""

    async def run() -> World:
        opened = await database.connect(server.database_url, connections=2)
        try:
            async with opened.transaction() as connection:
                world = await new_world(connection, tenant)
                world.start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=40)
                await story(world)
                await rollups.rebuild(connection, world.tenant_id)
            return world
        finally:
            await opened.close()

    return asyncio.run(run())


def get(client, path: str, **parameters) -> dict:
    answer = client.get(f"/api/v1/{path}/analytics", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def small(world: World) -> None:
    """Four conversations of Ann and Bob with the product Pilot: three good, one bad."""
    for i, (user, mood, rating) in enumerate([("Ann", GOOD, 5), ("Ann", GOOD, None), ("Bob", GOOD, 4), ("Bob", BAD, 1)]):
        await world.conversation(
            user=user, organization="Acme", model="gpt-4o", prompt=("core", 1), topic="login" if i % 2 else "refund", day=30 + i,
            rating=rating, keywords=["password", "reset"] if i % 2 else ["refund"], tools=[["lookup", 2, 1]], **mood,
        )  # fmt: skip


def test_product_numbers_are_exact(server, client):
    product = tell(server, small).ids["product", "Pilot"]
    found = get(client, f"products/{product}", mode="simple")
    assert found["totalConversations"] == 4
    assert found["averageUserSentiment"] == {"label": "positive", "score": 0.25}
    assert found["averageChangeInUserSentiment"]["score"] == pytest.approx(0.05, abs=1e-5)
    assert found["averageStruggle"]["label"] == "low"
    assert found["averageConversationQualityIndex"] == found["productQualityIndex"] == 0.625
    assert found["averageConversationRating"] == pytest.approx(10 / 3, abs=1e-5)
    assert found["ratingCount"] == 3
    assert found["distributions"]["sentiment"] == {"negative": 1, "neutral": 0, "positive": 3}
    assert found["distributions"]["rating"] == {"1": 1, "2": 0, "3": 0, "4": 1, "5": 1}
    assert sum(found["distributions"]["quality"].values()) == 4
    assert found["insights"] is None
    assert found["topics"] == []


def test_insights_add_topics_keywords_and_tools(server, client):
    product = tell(server, small).ids["product", "Pilot"]
    found = get(client, f"products/{product}")
    assert found["topics"] == [{"name": "login", "count": 2}, {"name": "refund", "count": 2}]
    assert found["keywords"] == ["password", "refund", "reset"]
    assert found["topFailingTools"] == [{"toolName": "lookup", "totalCalls": 8, "failureCount": 4, "failureRate": 0.5}]
    explicit = get(client, f"products/{product}", mode="insights")
    assert explicit["keywords"] == explicit["keywordCounts"] == [{"name": n, "count": 2} for n in ("password", "refund", "reset")]


def test_days_narrow_what_is_counted(server, client):
    world = tell(server, small)
    product = world.ids["product", "Pilot"]
    first = (world.start + timedelta(days=30)).date().isoformat()
    assert get(client, f"products/{product}", mode="simple", to=first)["totalConversations"] == 1
    assert get(client, f"products/{product}", mode="simple", **{"from": first, "to": first + "T23:59:59Z"})["totalConversations"] == 1
    assert get(client, f"products/{product}", mode="simple", period="9d")["totalConversations"] == 2
    assert get(client, f"products/{product}", mode="simple", to="2020-01-01")["averageUserSentiment"] == {"label": "unknown", "score": 0.0}


def test_rows_and_rollups_agree(server, client):
    world = tell(server, small)
    organization, product = world.ids["organization", "Acme"], world.ids["product", "Pilot"]
    from_rollups = get(client, f"organizations/{organization}", mode="simple")
    from_rows = get(client, f"organizations/{organization}", mode="simple", productId=str(product))
    assert from_rollups == from_rows
    people = [get(client, f"users/{world.ids['app_user', name]}", mode="simple") for name in ("Ann", "Bob")]
    assert sum(person["totalConversations"] for person in people) == from_rollups["totalConversations"] == 4


def test_people_are_found_by_external_id(server, client):
    tell(server, small)
    assert get(client, "users/u-ann")["totalConversations"] == 2
    assert get(client, "organizations/acme")["totalConversations"] == 4
    assert get(client, "models/gpt-4o")["conversationCount"] == 4
    assert get(client, "prompts/core")["totalConversations"] == 4
    assert get(client, "interactions/c-4")["rating"] == 1


def test_one_interaction(server, client):
    tell(server, small)
    simple = get(client, "interactions/c-4", mode="simple")
    assert simple["averageUserSentiment"] == {"label": "negative", "score": -0.5}
    assert simple["frustration"] == {"label": "high", "score": 0.75}
    assert simple["topic"] == "login"
    assert "keywords" not in simple
    assert get(client, "interactions/c-4")["keywords"] == ["password", "reset"]


def test_model_has_a_point_for_each_day(server, client):
    tell(server, small)
    found = get(client, "models/gpt-4o", mode="simple")
    assert len(found["dataPoints"]) == 30
    assert sum(point["conversationCount"] for point in found["dataPoints"]) == found["conversationCount"] == 4
    assert found["dataPoints"] == sorted(found["dataPoints"], key=lambda point: point["date"])
    assert found["recommendations"] is None
    assert len(get(client, "models/gpt-4o", mode="simple", period="90d")["dataPoints"]) == 90


def test_an_unused_model_and_an_empty_product(server, client):
    async def nothing(world: World) -> None:
        await world.model("unused")
        await world.product("Empty")

    world = tell(server, nothing)
    model = get(client, "models/unused")
    assert model["averageUserSentiment"] is None
    assert model["conversationCount"] == 0
    product = get(client, f"products/{world.ids['product', 'Empty']}")
    assert product["totalConversations"] == 0
    assert product["productQualityIndex"] is None
    assert product["insights"] is None


@pytest.mark.parametrize("path", ["interactions/x", "users/x", "organizations/x", "products/x", "models/x", "prompts/x"])
def test_the_unknown_is_404(client, path):
    assert client.get(f"/api/v1/{path}/analytics").status_code == 404


def test_things_of_another_tenant_are_404(server, client):
    world = tell(server, small, tenant="other")
    for path in ("users/u-ann", "organizations/acme", "models/gpt-4o", "prompts/core", "interactions/c-1"):
        assert client.get(f"/api/v1/{path}/analytics").status_code == 404
    assert client.get(f"/api/v1/products/{world.ids['product', 'Pilot']}/analytics").status_code == 404


def test_a_user_without_conversations_and_a_conversation_without_analysis_are_404(server, client):
    async def story(world: World) -> None:
        await world.user("Silent")
        await world.conversation(external_id="fresh", analysed=False)

    tell(server, story)
    assert client.get("/api/v1/users/u-silent/analytics").status_code == 404
    answer = client.get("/api/v1/interactions/fresh/analytics")
    assert answer.status_code == 404
    assert "not analysed yet" in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "value"), [("mode", "full"), ("period", "month"), ("period", "0d"), ("from", "yesterday"), ("to", "2026-13-01")]
)
def test_bad_parameters_are_400_and_named(server, client, name, value):
    tell(server, small)
    answer = client.get("/api/v1/users/u-ann/analytics", params={name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error"]


def test_the_free_plan_has_no_analytics(server):
    key = server.new_key("poor", plan="free")
    tell(server, small, tenant="poor")
    with server.client(key) as client:
        answer = client.get("/api/v1/users/u-ann/analytics", params={"mode": "simple"})
    assert answer.status_code == 403
    assert "Growth" in answer.json()["error"]


def test_insights_are_cached_until_the_scope_changes(server, client):
    tell(server, small)
    url = "/api/v1/users/u-ann/analytics"
    assert [client.get(url).headers["x-cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert "x-cache" not in client.get(url, params={"mode": "simple"}).headers

    async def more(world: World) -> None:
        user = await world.connection.fetchval("SELECT id FROM app_user WHERE external_id = 'u-ann'")
        product = await world.connection.fetchval("SELECT id FROM product")
        world.ids |= {("app_user", "Ann"): user, ("product", "Pilot"): product}
        await world.conversation(user="Ann", external_id="later", day=39, **BAD)

    tell(server, more)
    answer = client.get(url)
    assert answer.headers["x-cache"] == "MISS"
    assert answer.json()["totalConversations"] == 3


def test_the_quota_counts_questions_once_and_spares_the_cache(server):
    key = server.new_key("growing", plan="growth")

    async def story(world: World) -> None:
        await small(world)
        await world.connection.execute("UPDATE tenant SET limits = '{\"insights_per_hour\": 2}' WHERE id = $1", world.tenant_id)

    tell(server, story, tenant="growing")
    with server.client(key) as client:
        codes = [client.get(f"/api/v1/users/{user}/analytics").status_code for user in ("u-ann", "u-ann", "u-bob", "u-ann")]
        assert codes == [200] * 4
        refused = client.get("/api/v1/organizations/acme/analytics")
        assert refused.status_code == 429
        assert refused.headers["x-should-retry"] == "false"
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/api/v1/organizations/acme/analytics", params={"mode": "simple"}).status_code == 200
        assert client.get("/api/v1/users/u-bob/analytics").headers["x-cache"] == "HIT"


# Insights -------------------------------------------------------------------------------------------------------------


async def crowd(world: World, planted: str | None = None) -> None:
    """200 conversations over 40 days; one in eight goes badly, evenly. With a plant, most conversations in which the tool
    `planted` failed in the last ten days go badly too."""
    chance = Random(1)
    for i in range(200):
        day = i / 5
        failed = planted is not None and day >= 30 and i % 3 == 0
        mood = BAD if chance.random() < 0.125 or failed else GOOD
        await world.conversation(
            user=f"User {i % 25}", organization=f"Org {i % 7}", model=("gpt-4o", "claude")[i % 2],
            topic=("login", "refund", "delivery")[i % 3], day=day, external_id=f"c-{i}",
            says=(f"The {planted} page shows an error again" if failed else "How do I do this?",),
            tools=[[planted or "search", 1, int(failed)]], keywords=[], **mood,
        )  # fmt: skip


def test_insights_name_the_planted_cause_with_its_n_and_words(server, client):
    product = tell(server, lambda world: crowd(world, "track_order")).ids["product", "Pilot"]
    found = get(client, f"products/{product}")["insights"]
    first = found["findings"][0]
    assert "track_order" in found["headline"]
    assert first["conversations"] == 17
    assert first["p"] < 0.001
    assert "17" in first["text"]
    assert first["quotes"][0]["text"] == "The track_order page shows an error again"
    assert first["quotes"][0]["conversationId"].startswith("c-")


def test_another_plant_gives_another_text(server, client):
    one = tell(server, lambda world: crowd(world, "track_order")).ids["product", "Pilot"]
    other = tell(server, lambda world: crowd(world, "pay_invoice"), tenant="other").ids["product", "Pilot"]
    with server.client(server.new_key("other")) as other_client:
        second = get(other_client, f"products/{other}")["insights"]["narrative"]
    first = get(client, f"products/{one}")["insights"]["narrative"]
    assert "track_order" in first
    assert "track_order" not in second
    assert "pay_invoice" in second


def test_without_a_cause_nothing_stands_out(server, client):
    product = tell(server, crowd).ids["product", "Pilot"]
    found = get(client, f"products/{product}")["insights"]
    assert found["headline"] == "Nothing stands out"
    assert found["findings"] == []
    assert "of 200 conversations" in found["narrative"]
    assert "none goes badly surely more often" in found["narrative"]


def test_a_spike_of_a_topic_is_found(server, client):
    async def story(world: World) -> None:
        await crowd(world)
        for i in range(30):
            await world.conversation(user=f"User {i % 25}", topic="strike", day=20 + i // 6, external_id=f"s-{i}", keywords=[], **GOOD)

    product = tell(server, story).ids["product", "Pilot"]
    spikes = [finding for finding in get(client, f"products/{product}")["insights"]["findings"] if finding["kind"] == "spike"]
    assert [(spike["conversations"], "strike" in spike["title"]) for spike in spikes] == [(30, True)]


def test_an_unhappy_organization_is_explained(server, client):
    async def story(world: World) -> None:
        await crowd(world)
        for i in range(15):
            mood = BAD if i < 12 else GOOD
            await world.conversation(
                user="Nora", organization="Northgate", topic="sso loop" if i < 12 else "login", day=i,
                says=("The SSO login keeps looping",), keywords=[], **mood,
            )  # fmt: skip

    tell(server, story)
    summary = get(client, "organizations/northgate")["summary"]
    assert "12 of 15 conversations" in summary["analysis"]
    assert "more than everyone else" in summary["analysis"]
    assert "sso loop" in summary["reason"]
    other = get(client, "organizations/org 1")["summary"]
    assert "not surely different" in other["analysis"]
    assert "sso loop" not in other["reason"]


def test_a_profile_tells_what_the_user_does(server, client):
    async def story(world: World) -> None:
        for i in range(12):
            await world.conversation(
                user="Ann", topic="invoices" if i < 7 else "login", day=15 + 2 * i, external_id=f"a-{i}",
                says=("I would like to buy the bigger plan",) if i == 10 else ("My invoice is wrong again",),
                **(BAD if i in (5, 11) else GOOD) | {"commercial_intent": 0.75 if i == 10 else 0.0, "repeated_questions": 0},
            )  # fmt: skip

    tell(server, story)
    profile = get(client, "users/u-ann")["summary"]
    assert profile["engagement"]["level"] == "power_user"
    assert "12 conversations" in profile["profileSummary"]
    assert 'mostly about "invoices" (7)' in profile["profileSummary"]
    assert profile["behavioralPatterns"][0]["frequency"] == "recurring"
    assert {signal["type"] for signal in profile["signals"]} == {"risk", "opportunity"}
    assert any("I would like to buy the bigger plan" in signal["description"] for signal in profile["signals"])
    assert profile["productAlignment"] is None


def test_a_user_who_left_is_churning(server, client):
    async def story(world: World) -> None:
        world.start -= timedelta(days=60)
        for i in range(6):
            await world.conversation(user="Gone", day=2 * i, **GOOD)
        await world.conversation(user="Here", day=99, **GOOD)

    tell(server, story)
    assert get(client, "users/u-gone")["summary"]["engagement"]["level"] == "churning"
    assert get(client, "users/u-here")["summary"]["engagement"]["level"] == "casual"


async def models(world: World, *, only_one_customer: bool) -> None:
    """`weak` goes badly in half of its conversations, `strong` in a tenth. Or it only has the customer with whom all goes badly."""
    for i in range(160):
        weak = i % 2 == 0
        organization = "Grumpy" if only_one_customer and weak else f"Org {i % 4 // 2}"
        mood = BAD if (i % 4 == 0 if weak else i % 20 == 1) else GOOD
        await world.conversation(
            user=f"{organization} {i % 5}", organization=organization, model="weak" if weak else "strong", topic="login", day=15 + i / 8,
            says=("It does not work at all",) if mood is BAD else ("Thank you",), **mood,
        )  # fmt: skip


def test_a_worse_model_is_named_with_a_better_one(server, client):
    tell(server, lambda world: models(world, only_one_customer=False))
    found = get(client, "models/weak")["recommendations"]
    assert found["healthLevel"] == "critical"
    assert found["detectedIssues"][0]["id"] == "worse_than_other_models"
    switch = [r for r in found["recommendations"] if r["category"] == "model_switch"]
    assert "strong" in switch[0]["title"]
    assert "It does not work at all" in switch[0]["evidence"]["exampleSnippets"][0]
    good = get(client, "models/strong")["recommendations"]
    assert good["healthLevel"] == "healthy"
    assert good["strengths"]
    assert [r for r in good["recommendations"] if r["category"] == "model_switch"] == []


def test_a_model_is_not_blamed_for_its_only_customer(server, client):
    tell(server, lambda world: models(world, only_one_customer=True))
    found = get(client, "models/weak")["recommendations"]
    assert "cannot be compared" in found["summary"]
    assert [r for r in found["recommendations"] if r["category"] == "model_switch"] == []


def test_a_prompt_version_that_made_things_worse(server, client):
    async def story(world: World) -> None:
        for i in range(80):
            version = 1 if i < 40 else 2
            mood = BAD if (version == 2 and i % 2) or i % 10 == 0 else GOOD
            await world.conversation(user=f"User {i % 9}", prompt=("desk", version), topic="booking", day=15 + i / 4, **mood)

    world = tell(server, story)
    worse = get(client, f"prompts/{world.ids['prompt', 'desk v2']}")
    assert worse["suggestionCount"] == 1
    assert worse["effectiveSuggestionCount"] == 0  # no product version uses it
    assert worse["needsReview"] is False
    assert [(v["version"], v["totalConversations"]) for v in worse["versions"]] == [(1, 40), (2, 40)]
    assert worse["suggestions"][0]["title"].startswith("Go back to version 1")
    assert get(client, f"prompts/{world.ids['prompt', 'desk v1']}")["suggestionCount"] == 0
    assert "versions" not in get(client, f"prompts/{world.ids['prompt', 'desk v1']}", mode="simple")
