"""Segments: rules become members, members become numbers; the plan's quota holds."""

import time

import pytest
from tests.conftest import Server


def log(client, product: str, user: str, conversation: str, text: str, **fields) -> str:
    body = {
        "externalUserId": user, "externalConversationId": conversation, "productId": product,
        "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "I see."}], **fields,
    }  # fmt: skip
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["conversationId"]


@pytest.fixture
def product(server: Server) -> str:
    import asyncio

    from rapport.store import catalog, database, keys

    async def make() -> str:
        opened = await database.connect(server.database_url, connections=2)
        async with opened.transaction() as connection:
            tenant = await keys.ensure_tenant(connection, "default")
            made = await catalog.create_product(connection, tenant, "Shop")
        await opened.close()
        return str(made.id)

    return asyncio.run(make())


def members(client, segment_id: str, expected: int) -> int:
    """The member count, once the job has run."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        found = client.get(f"/api/v1/segments/{segment_id}").json()["memberCount"]
        if found == expected:
            return found
        time.sleep(0.1)
    return found


RULES = [
    ({"type": "property", "key": "plan", "operator": "eq", "value": "Pro"}, {"ann", "bob"}),
    ({"type": "property", "key": "seats", "operator": "gt", "value": 9}, {"bob"}),
    ({"type": "property", "key": "plan", "operator": "neq", "value": "pro"}, {"cid"}),
    ({"type": "conversation_property", "key": "channel", "operator": "contains", "value": "WEB"}, {"cid"}),
    ({"type": "conversation_count", "operator": "gte", "value": 2}, {"ann"}),
    ({"type": "last_seen", "operator": "within", "value": "7d"}, {"ann", "cid"}),
    ({"type": "last_seen", "operator": "before", "value": "24h"}, {"bob"}),
]


def test_each_rule_finds_its_users(client, product):
    client.post("/api/v1/users", json={"externalUserId": "ann", "properties": {"plan": "pro", "seats": 3}})
    client.post("/api/v1/users", json={"externalUserId": "bob", "properties": {"plan": "PRO", "seats": 12}})
    log(client, product, "ann", "a1", "hello there")
    log(client, product, "ann", "a2", "hello again")
    log(client, product, "cid", "c1", "hi", properties={"channel": "web-chat"})
    old = {"messages": [{"role": "user", "content": "long ago", "createdAt": "2020-01-01T00:00:00Z"}]}
    client.post("/api/v1/messages", json={"externalUserId": "bob", "externalConversationId": "b1", "productId": product, **old})
    for rule, expected in RULES:
        made = client.post("/api/v1/segments", json={"filters": {"rules": [rule]}, "name": str(rule)})
        assert made.status_code == 201, made.text
        assert members(client, made.json()["id"], len(expected)) == len(expected), rule
        inside = {
            user for user in ("ann", "bob", "cid")
            if made.json()["id"] in [s["id"] for s in client.get(f"/api/v1/users/{user}/segments").json()]
        }  # fmt: skip
        assert inside == expected, rule


def test_analysis_rules_and_numbers(client, product):
    for n in range(6):
        log(client, product, "sad", f"s{n}", "This is terrible, I am angry and frustrated, nothing works, I hate it!")
        log(client, product, "glad", f"g{n}", "This is wonderful, thank you so much, I love it, great work!")
    rule = {"type": "analysis", "field": "sentiment", "operator": "lte", "value": 0.4}
    made = client.post("/api/v1/segments", json={"filters": {"rules": [rule]}}).json()
    assert made["name"] == "sentiment lte 0.4"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and client.get("/healthz").json()["worker"]["pending"]:
        time.sleep(0.1)
    both = {"rules": [rule, {"type": "conversation_count", "operator": "gte", "value": 1}]}
    again = client.post("/api/v1/segments", json={"filters": both}).json()
    assert members(client, again["id"], 1) == 1
    assert [s["name"] for s in client.get("/api/v1/users/sad/segments").json()] != []
    numbers = client.get(f"/api/v1/segments/{again['id']}/analytics", params={"mode": "simple"}).json()
    assert (numbers["totalConversations"], numbers["participantCount"]) == (6, 1)
    assert numbers["averageUserSentiment"]["label"] == "negative"
    told = client.get(f"/api/v1/segments/{again['id']}/analytics").json()["summary"]
    assert "6 conversations, beside 6 of everyone else" in told["analysis"]


def test_stock_segments_are_there(client):
    listed = client.get("/api/v1/segments").json()
    assert {s["presetId"] for s in listed} >= {
        "power-users",
        "churn-risk",
        "happy-users",
        "unhappy-users",
        "feature-gaps",
        "safety-concerns",
    }
    assert client.get("/api/v1/segments/power-users").json()["type"] == "system"


def test_bad_rules_are_named(client):
    for rule, word in (
        ({"type": "analysis", "field": "height", "operator": "gt", "value": 1}, "field"),
        ({"type": "last_seen", "operator": "within", "value": "99999d"}, "value"),
        ({"type": "property", "key": "a' OR 1=1", "operator": "eq", "value": "x"}, "key"),
        ({"type": "teleport"}, "rules"),
    ):
        answer = client.post("/api/v1/segments", json={"filters": {"rules": [rule]}})
        assert answer.status_code == 400, rule
        assert word in answer.json()["error"]
    too_many = [{"type": "conversation_count", "operator": "gte", "value": 1}] * 1_000
    assert client.post("/api/v1/segments", json={"filters": {"rules": too_many}}).status_code == 400
    assert client.post("/api/v1/segments", json={"filters": {"rules": []}}).status_code == 400


def test_quota_of_the_plan(server):
    rule = {"filters": {"rules": [{"type": "conversation_count", "operator": "gte", "value": 1}]}}
    with server.client(server.new_key("small", "free")) as client:
        assert [client.post("/api/v1/segments", json=rule).status_code for _ in range(4)] == [201, 201, 201, 403]
