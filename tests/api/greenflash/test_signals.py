"""Ratings and events: targets, scales, the conversation's rating, idempotency, late conversations."""

import pytest


@pytest.fixture
def product(server) -> str:
    return server.new_product("Support")


@pytest.fixture
def conversation(client, product) -> dict:
    messages = [{"role": r, "content": r, "externalMessageId": f"m{i}"} for i, r in enumerate(("user", "assistant", "user", "assistant"))]
    body = {"externalUserId": "u", "productId": product, "externalConversationId": "c", "messages": messages}
    return client.post("/api/v1/messages", json=body).json()


def rate(client, product, rating, low=1, high=5, **target) -> None:
    body = {"productId": product, "rating": rating, "ratingMin": low, "ratingMax": high} | target
    answer = client.post("/api/v1/ratings", json=body)
    assert answer.status_code == 200, answer.text


def shown(client) -> tuple:
    detail = client.get("/api/v1/interactions/c").json()
    return detail["rating"], detail["ratingMin"], detail["ratingMax"], detail["feedback"]


def test_latest_conversation_rating_is_shown_as_sent(client, product, conversation):
    rate(client, product, 8, 0, 10, externalConversationId="c", feedback="good")
    assert shown(client) == (8, 0, 10, "good")
    rate(client, product, 1, -1, 1, conversationId=conversation["conversationId"], ratedAt="2020-01-01")
    assert shown(client) == (8, 0, 10, "good")
    rate(client, product, 2, 1, 5, conversationId=conversation["conversationId"])
    assert shown(client) == (2, 1, 5, None)


def test_message_ratings_count_by_their_mean_on_1_to_5(client, product, conversation):
    rate(client, product, 1, 0, 1, messageId=conversation["messages"][1]["messageId"])
    rate(client, product, 0, 0, 10, externalMessageId="m3", externalConversationId="c")
    assert shown(client) == (3, 1, 5, None)
    rate(client, product, 10, 0, 10, externalMessageId="m3")
    assert shown(client) == (5, 1, 5, None)
    rate(client, product, 4, externalConversationId="c")
    assert shown(client) == (4, 1, 5, None)


def test_message_target_wins_over_conversation(client, product, conversation):
    rate(client, product, 1, messageId=conversation["messages"][1]["messageId"], conversationId=conversation["conversationId"])
    rate(client, product, 5, messageId=conversation["messages"][3]["messageId"])
    assert shown(client)[0] == 3


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"rating": 6}, 400, "rating"),
        ({"rating": 0.99}, 400, "rating"),
        ({"ratingMin": 5}, 400, "ratingMin"),
        ({"rating": None}, 400, "rating"),
        ({"externalConversationId": None}, 400, "conversationId"),
        ({"externalConversationId": "unknown"}, 404, "conversation"),
        ({"messageId": "unknown"}, 404, "message"),
        ({"productId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "product"),
        ({"ratedAt": "1815-06-18"}, 400, "ratedAt"),
    ],
)
def test_broken_rating_rules(client, product, conversation, change, status, word):
    body = {"productId": product, "rating": 3, "ratingMin": 1, "ratingMax": 5, "externalConversationId": "c"} | change
    answer = client.post("/api/v1/ratings", json=body)
    assert answer.status_code == status, answer.text
    assert word in answer.json()["error"]
    assert shown(client)[0] is None


def log_event(client, product, **given) -> str:
    answer = client.post("/api/v1/events", json={"eventType": "upgrade", "productId": product, "value": "149.00"} | given)
    assert answer.status_code == 200, answer.text
    return answer.json()["eventId"]


async def rows(server) -> list:
    import asyncpg

    connection = await asyncpg.connect(server.database_url)
    try:
        return await connection.fetch(
            """
            SELECT e.event_type, e.value_number, e.quality_impact, u.external_id AS person, o.external_id AS organization,
                   c.external_id AS conversation
            FROM event e LEFT JOIN app_user u ON u.id = e.user_id LEFT JOIN organization o ON o.id = e.organization_id
            LEFT JOIN conversation c ON c.id = e.conversation_id ORDER BY e.created_at
            """
        )
    finally:
        await connection.close()


@pytest.mark.anyio
async def test_event_makes_its_people_and_finds_its_conversation(server, client, product, conversation):
    log_event(
        client, product, valueType="currency", influence="positive", externalUserId="new", externalOrganizationId="acme",
        externalConversationId="c",
    )  # fmt: skip
    assert [tuple(row) for row in await rows(server)] == [("upgrade", 149.0, 0.5, "new", "acme", "c")]


@pytest.mark.anyio
async def test_event_waits_for_its_conversation(server, client, product):
    log_event(client, product, externalConversationId="later", qualityImpactScore=-0.3)
    assert (await rows(server))[0]["conversation"] is None
    body = {"externalUserId": "u", "productId": product, "externalConversationId": "later", "messages": [{"role": "user", "content": "x"}]}
    client.post("/api/v1/messages", json=body)
    row = (await rows(server))[0]
    assert (row["conversation"], row["quality_impact"]) == ("later", -0.3)


@pytest.mark.anyio
async def test_insert_id_stores_once(server, client, product):
    first = log_event(client, product, insertId="i-1")
    assert log_event(client, product, insertId="i-1", value="other") == first
    assert len(await rows(server)) == 1


@pytest.mark.anyio
async def test_dropped_events_answer_alike_and_leave_nothing(server, client, product):
    answers = {log_event(client, product, insertId="i", sampleRate=0) for _ in range(2)}
    assert len(answers) == 1
    assert await rows(server) == []
    log_event(client, product, sampleRate=0, forceSample=True)
    assert len(await rows(server)) == 1


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"eventType": ""}, 400, "eventType"),
        ({"value": None}, 400, "value"),
        ({"qualityImpactScore": 1.01}, 400, "qualityImpactScore"),
        ({"sampleRate": -0.1}, 400, "sampleRate"),
        ({"influence": "huge"}, 400, "influence"),
        ({"valueType": "moods"}, 400, "valueType"),
        ({"conversationId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "conversation"),
        ({"userId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "user"),
        ({"organizationId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "organization"),
        ({"productId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "product"),
        ({"eventAt": "2525-01-01T00:00:00Z"}, 400, "eventAt"),
    ],
)
def test_broken_event_rules(client, product, change, status, word):
    answer = client.post("/api/v1/events", json={"eventType": "upgrade", "productId": product, "value": "1"} | change)
    assert answer.status_code == status, answer.text
    assert word in answer.json()["error"]
