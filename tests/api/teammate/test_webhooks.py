"""Incoming webhooks of agents: a token talks to one agent, each external user in a conversation of their own."""

import hashlib
import hmac
import json

import httpx2
import pytest
from tests.api.native.test_webhooks import Receiver
from tests.api.teammate.test_agents import make_agent, teach

from rapport.config import Settings


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"allow_private_urls": "private" not in request.node.name})


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()


def make_webhook(client, agent: str, **fields) -> dict:
    answer = client.post(f"/api/agents/{agent}/webhooks", json={"name": "Shop", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def call(hook: dict, message: str, user: str | None = None) -> httpx2.Response:
    body = {"message": message} | ({"user_id": user} if user else {})
    return httpx2.post(hook["webhook_url"], json=body, timeout=30)


def test_each_user_has_a_conversation(server, client):
    agent = make_agent(client)
    teach(client, agent, "fees.txt", b"The monthly fee is 12 dollars.")
    hook = make_webhook(client, agent)
    assert hook["webhook_url"] == f"{server.url}/api/webhook/{hook['token']}"
    first = call(hook, "What is the monthly fee?", "ann").json()
    assert set(first) == {"response", "conversation_id", "credits_used"}
    assert "12 dollars" in first["response"]
    assert first["credits_used"] == 0
    assert call(hook, "thanks", "ann").json()["conversation_id"] == first["conversation_id"]
    others = {call(hook, "hello", "bob").json()["conversation_id"], call(hook, "hello").json()["conversation_id"]}
    assert len(others | {first["conversation_id"]}) == 3
    detail = client.get(f"/api/v1/interactions/{first['conversation_id']}").json()
    assert detail["externalParticipantId"] == "ann"


def test_another_webhook_does_not_see_what_was_said(client):
    agent = make_agent(client)
    one, two = make_webhook(client, agent), make_webhook(client, agent)
    call(one, "My order number is 88412.", "ann")
    assert "88412" in call(one, "What is my order number?", "ann").json()["response"]
    assert "88412" not in call(two, "What is my order number?", "ann").json()["response"]


def test_tokens_are_shown_once_and_can_be_replaced(client):
    agent = make_agent(client)
    hook = make_webhook(client, agent)
    assert hook["token"].startswith("whk_")
    (listed,) = client.get(f"/api/agents/{agent}/webhooks").json()
    assert "token" not in listed
    assert (listed["token_prefix"], listed["last_used_at"]) == (hook["token"][:8], None)
    fresh = client.post(f"/api/webhooks/{hook['id']}/regenerate").json()
    assert call(hook, "hello").status_code == 404
    assert call(fresh, "hello").status_code == 200
    assert client.get(f"/api/agents/{agent}/webhooks").json()[0]["last_used_at"]
    off = client.put(f"/api/webhooks/{hook['id']}", json={"is_active": False}).json()
    assert (off["is_active"], off["name"]) == (False, "Shop")
    assert call(fresh, "hello").status_code == 404
    assert client.delete(f"/api/webhooks/{hook['id']}").json() == {"status": "deleted", "id": hook["id"]}
    assert client.get(f"/api/agents/{agent}/webhooks").json() == []


@pytest.mark.anyio
async def test_tokens_are_not_stored(client, db):
    hook = make_webhook(client, make_agent(client))
    async with db.connection() as connection:
        rows = await connection.fetch(
            "SELECT to_jsonb(w)::text AS text FROM agent_webhook w UNION ALL SELECT to_jsonb(h)::text FROM public_handle h"
        )
    assert len(rows) == 2
    assert not any(hook["token"] in row["text"] for row in rows)


def test_a_removed_agent_takes_its_tokens_along(client):
    agent = make_agent(client)
    hook = make_webhook(client, agent)
    client.delete(f"/api/agents/{agent}")
    assert call(hook, "hello").status_code == 404


def test_bad_calls(server, client):
    hook = make_webhook(client, make_agent(client))
    refused = call(hook, "  ")
    assert (refused.status_code, "detail" in refused.json()) == (422, True)
    assert (
        httpx2.post(f"{server.url}/api/webhook/whk_unknown", json={"message": "hi"}).json()["detail"].startswith("There is no such webhook")
    )
    with server.client(key=server.new_key("other")) as stranger:
        for answer in (stranger.put(f"/api/webhooks/{hook['id']}", json={"name": "x"}), stranger.delete(f"/api/webhooks/{hook['id']}"),
                       stranger.post(f"/api/webhooks/{hook['id']}/regenerate")):  # fmt: skip
            assert answer.status_code == 404
    assert call(hook, "hello").status_code == 200


def test_the_61st_call_of_a_minute_is_a_429(client):
    hook = make_webhook(client, make_agent(client))
    answers = [call(hook, "hello", "ann") for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert int(answers[60].headers["retry-after"]) > 0


def test_answers_are_posted_to_the_outgoing_url(client, receiver):
    hook = make_webhook(client, make_agent(client, greeting="Hi."), outgoing_url=receiver.url)
    answer = call(hook, "hello", "ann").json()
    (told,) = receiver.wait(1)
    assert (told["response"], told["conversation_id"], told["user_id"]) == ("Hi.", answer["conversation_id"], "ann")
    headers, body = receiver.got[0]
    at, mark = (part.split("=")[1] for part in headers["X-Webhook-Signature"].split(","))
    secret = hashlib.sha256(hook["token"].encode()).hexdigest()
    assert mark == hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body)["message"] == "hello"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "ftp://example.com/", "https://user:pass@example.com/"]
)
def test_private_outgoing_urls_are_refused(client, url: str):
    agent = make_agent(client)
    assert client.post(f"/api/agents/{agent}/webhooks", json={"name": "x", "outgoing_url": url}).status_code == 422
    hook = make_webhook(client, agent)
    assert client.put(f"/api/webhooks/{hook['id']}", json={"outgoing_url": url}).status_code == 422
