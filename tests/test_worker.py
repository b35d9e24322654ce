"""What is logged is analysed within seconds, counted once, and told in the numbers."""

import time
from typing import Any

import pytest


def log(client, product: str, conversation: str, *texts: str, user: str = "u-1") -> str:
    messages = [
        {"role": ("user", "assistant")[i % 2], "content": text, "externalMessageId": f"{conversation}-{i}"} for i, text in enumerate(texts)
    ]
    body = {"externalUserId": user, "externalConversationId": conversation, "productId": product, "messages": messages}
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["conversationId"]


def settled(client, seconds: float = 30) -> dict[str, Any]:
    """The worker's state once nothing waits."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        worker = client.get("/healthz").json()["worker"]
        if worker["pending"] == 0:
            return worker
        time.sleep(0.05)
    raise AssertionError(f"still waiting: {worker}")


@pytest.fixture
def product(server) -> str:
    return server.new_product("Pilot")


def test_a_conversation_is_analysed(client, product):
    log(
        client,
        product,
        "c-1",
        "My order is late again and I am really angry about it!",
        "I am sorry.",
        "This is useless, I want my money back!",
    )
    worker = settled(client)
    assert (worker["state"], worker["lastError"], worker["failed"]) == ("running", None, 0)
    found = client.get("/api/v1/interactions/c-1/analytics").json()
    assert found["averageUserSentiment"]["label"] == "negative"
    assert found["messageCount"] == 3
    assert client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json()["totalConversations"] == 1


def test_a_conversation_that_grows_is_counted_once(client, product):
    for turns in (2, 4, 4):
        log(client, product, "c-1", *["Hello there", "Hello, how can I help?", "Where is my parcel?", "On its way."][:turns])
        settled(client)
    found = client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json()
    assert found["totalConversations"] == 1
    assert client.get("/api/v1/interactions/c-1/analytics", params={"mode": "simple"}).json()["messageCount"] == 4


def test_a_late_rating_and_a_late_event_reach_the_numbers(client, product):
    conversation = log(client, product, "c-1", "Where is my parcel?", "On its way.")
    settled(client)
    before = client.get("/api/v1/interactions/c-1/analytics", params={"mode": "simple"}).json()
    assert before["rating"] is None
    rating = {"externalConversationId": "c-1", "productId": product, "rating": 0, "ratingMin": 0, "ratingMax": 10}
    assert client.post("/api/v1/ratings", json=rating).status_code == 200
    settled(client)
    rated = client.get("/api/v1/interactions/c-1/analytics", params={"mode": "simple"}).json()
    assert rated["rating"] == 1
    assert rated["conversationQualityIndex"] < before["conversationQualityIndex"]
    event = {
        "eventType": "refund", "value": "10", "valueType": "numeric", "productId": product, "conversationId": conversation,
        "influence": "negative", "qualityImpactScore": -1,
    }  # fmt: skip
    assert client.post("/api/v1/events", json=event).status_code == 200
    settled(client)
    late = client.get("/api/v1/interactions/c-1/analytics", params={"mode": "simple"}).json()
    assert late["conversationQualityIndex"] < rated["conversationQualityIndex"]
    found = client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json()
    assert (found["ratingCount"], found["averageConversationRating"]) == (1, 1)


def test_topics_appear_once_there_are_enough_conversations(client, product):
    subjects = ("My parcel has not arrived", "I forgot my password and cannot log in", "Please send me the invoice for March")
    for i in range(45):
        log(client, product, f"c-{i}", f"{subjects[i % 3]}, number {i}", "Let me check.", user=f"u-{i % 6}")
    settled(client)
    deadline = time.monotonic() + 40
    while not (topics := client.get(f"/api/v1/products/{product}/analytics").json()["topics"]) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert topics
    settled(client)
    assert sum(topic["count"] for topic in topics) <= 45
    assert client.get("/api/v1/interactions/c-0/analytics").json()["topic"]


def test_topics_are_found_anew_when_an_import_is_over(client, product):
    def topics() -> str:
        return " ".join(topic["name"] for topic in client.get(f"/api/v1/products/{product}/analytics").json()["topics"])

    def until(word: str) -> None:
        deadline = time.monotonic() + 40
        while word not in topics() and time.monotonic() < deadline:
            time.sleep(0.3)
        assert word in topics()

    subjects = ("My parcel has not arrived", "I forgot my password and cannot log in")
    for i in range(50):
        log(client, product, f"c-{i}", f"{subjects[i % 2]}, number {i}", "Let me check.", user=f"u-{i % 6}")
    until("parcel")
    for i in range(12):  # fewer than would be a reason by their number alone
        log(client, product, f"d-{i}", f"Please cancel my gym membership, number {i}", "Let me check.", user=f"u-{i % 6}")
    until("membership")
