"""Keys of one organization or one user: every operation, asked with such a key, shows nothing of anybody else.

Everything of the others bears the word ZEBRA: names, ids, messages, topics, models, prompts, properties, events, tickets, agents. It is
asked for by internal id, so that an error that repeats the id repeats no such word.
"""

import asyncio
import re
import time
from typing import Any

import asyncpg
import pytest
from tests import conftest
from tests.api.streams import events, text_of
from tests.api.test_routes import BODY, operations

from rapport.config import Settings

OTHERS = "zebra"
SAID = f"Our {OTHERS} export keeps failing, this is terrible, I am angry, I want my money back"
QUESTIONS = (
    "How many conversations are there?", "How many users are there?", "Which organizations are there?", "List all users",
    "Which users are most frustrated?", "What do people talk about?", "Show me the worst conversations", "Which tools fail?",
    f"Show me conversations about {OTHERS}", f"What did {OTHERS}-user say?", f"How many conversations does {OTHERS}-org have?",
    "Why are users unhappy?", "What is in the inbox?", "Which models are used?", "Which segments are there?", "Compare the models",
    "How many refund events were there?", "Who is at risk of leaving?", "Draft a ticket about the failing export",
)  # fmt: skip


def log(client, who: str, number: int, said: str, **more: Any) -> None:
    call = {"messageType": "tool_call", "toolName": f"{who}_tool", "input": {"q": who}, "externalMessageId": "t"}
    body = {
        "externalUserId": f"{who}-user", "externalOrganizationId": f"{who}-org", "externalConversationId": f"{who}-{number}",
        "model": f"{who}-model", "properties": {"note": who}, "systemPrompt": f"Help the people of {who} number {number % 2}.",
        "messages": [
            {"role": "user", "content": said, "externalMessageId": "m"}, call,
            {"messageType": "tool_error", "toolName": f"{who}_tool", "output": {"error": who}, "parentExternalMessageId": "t"},
            {"role": "assistant", "content": f"Let me see about {who}.", "externalMessageId": "a"},
        ],
    } | more  # fmt: skip
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text


def fill(client) -> None:
    """Six conversations of `mine`, two of its colleague in the same organization, twelve of the others."""
    product = client.post("/api/admin/v1/products", json={"name": "Desk"}).json()["id"]
    for number in range(6):
        log(client, "mine", number, "Where is my parcel? It was due on Monday.", productId=product)
    for number in range(2):
        log(client, "mine", 10 + number, "Can I change the address?", productId=product, externalUserId="mine-colleague")
    for number in range(12):
        log(client, OTHERS, number, SAID, productId=product)
    for who in ("mine", OTHERS):
        client.post("/api/v1/users", json={"externalUserId": f"{who}-user", "name": f"{who} Smith", "email": f"{who}@x.example"})
        client.post("/api/v1/organizations", json={"externalOrganizationId": f"{who}-org", "name": f"{who} Ltd"})
        client.post(
            "/api/v1/ratings", json={"externalConversationId": f"{who}-0", "rating": 1, "ratingMin": 1, "ratingMax": 5, "feedback": who}
        )
        event = {
            "eventType": f"{who} refund",
            "value": "12.50",
            "valueType": "currency",
            "externalUserId": f"{who}-user",
            "productId": product,
        }
        assert client.post("/api/v1/events", json=event | {"productId": product}).status_code in (200, 201)
        client.post(f"/api/admin/v1/inbox/{who}-1/flag", json={"severity": 5, "note": who})
    rule = {"type": "property", "key": "note", "operator": "eq", "value": OTHERS}
    client.post("/api/v1/segments", json={"name": f"{OTHERS} fans", "filters": {"rules": [rule]}})
    agent = client.post("/api/agents", json={"name": f"{OTHERS} agent", "system_prompt": OTHERS}).json()["id"]
    client.post(f"/api/agents/{agent}/chat", json={"message": SAID})
    client.post("/api/teams", json={"name": f"{OTHERS} team", "agent_ids": [agent]})
    client.post("/api/v1/profiles", data={"name": f"{OTHERS} face"})
    for question in (f"draft a ticket for conversation {OTHERS}-0", "yes, create it"):
        client.post("/api/v1/chat", json={"question": question, "conversationId": f"{OTHERS} chat"})
    deadline = time.monotonic() + 60
    while client.get("/healthz").json()["worker"]["pending"] or client.get("/healthz").json()["worker"]["jobs"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


async def ids(url: str) -> dict[str, dict[str, str]]:
    """By table: internal ids of what belongs to the others, and to `mine`."""
    named = {
        "conversation": "external_id", "app_user": "external_id", "organization": "external_id", "model": "canonical_id", "agent": "name",
        "team": "name", "segment": "name", "product": "name", "ticket": "identifier",
    }  # fmt: skip
    connection = await asyncpg.connect(url)
    found: dict[str, dict[str, str]] = {}
    for table, column in named.items():
        rows = await connection.fetch(f"SELECT id::text, {column} AS name FROM {table} ORDER BY id")
        found[table] = {row["name"]: row["id"] for row in rows}
    found["run"] = {row["id"]: row["id"] for row in await connection.fetch("SELECT id::text FROM run")}
    found["prompt"] = {
        row["name"]: row["id"]
        for row in await connection.fetch(
            "SELECT p.id::text, c.content AS name FROM prompt p JOIN prompt_component c ON c.tenant_id = p.tenant_id AND c.prompt_id = p.id"
        )
    }
    await connection.close()
    return found


@pytest.fixture(scope="module")
def filled(postgres, template, tmp_path_factory):
    url = conftest._sibling(postgres, "t_limited")
    asyncio.run(conftest._execute(postgres, f"CREATE DATABASE t_limited TEMPLATE {template}"))
    settings = Settings(database_url=url, data_dir=tmp_path_factory.mktemp("limited"), encoder="off", analysis_delay_s=0.05)  # type: ignore[arg-type]
    with conftest.running(settings) as address:
        server = conftest.Server(address, asyncio.run(conftest._make_key(url, "default", "enterprise")), url)
        with server.client() as client:
            fill(client)
        yield server
    asyncio.run(conftest._execute(postgres, "DROP DATABASE t_limited WITH (FORCE)"))


@pytest.fixture(scope="module")
def everything(filled) -> dict[str, dict[str, str]]:
    return asyncio.run(ids(filled.database_url))


@pytest.fixture(scope="module", params=["organizationId", "userId"])
def limited(filled, request):
    """A client with a key of the organization, or of the user, `mine`."""
    mine = {"organizationId": "mine-org", "userId": "mine-user"}[request.param]
    with filled.client() as admin:
        key = admin.post("/api/admin/v1/keys", json={request.param: mine}).json()["key"]
    with filled.client(key) as client:
        client.conversations = {"organizationId": 8, "userId": 6}[request.param]  # type: ignore[attr-defined]
        yield client


def names_others(text: str) -> bool:
    return OTHERS in text.lower()


@pytest.mark.parametrize(("method", "path"), operations())
def test_no_operation_shows_anything_of_others(method, path, limited, everything):
    theirs = [ident for table in everything.values() for ident in table.values()] if "{" in path else [""]
    assert len(theirs) > 20 or "{" not in path
    for ident in theirs:
        url = re.sub(r"\{[^}]+\}", ident, path)
        answer = limited.request(method, url, **({"json": BODY} if method in ("POST", "PUT", "PATCH") else {}))
        assert not names_others(answer.text), (url, answer.status_code, answer.text[:300])


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in operations() if m != "GET"])
def test_such_keys_change_nothing(method, path, limited, everything):
    if path == "/api/v1/chat" or re.match(r"/api/v1/public/|/api/webhook/|/tickets/", path):
        pytest.skip("asks, or is open to everybody")
    url = re.sub(r"\{[^}]+\}", everything["app_user"]["mine-user"], path)
    answer = limited.request(method, url, **({"json": BODY} if method != "DELETE" else {}))
    assert answer.status_code in (400, 403, 404, 422), (url, answer.status_code, answer.text[:300])


@pytest.mark.parametrize("mode", ["simple", "insights"])
def test_numbers_are_those_of_its_own_conversations(limited, everything, mode):
    count = limited.conversations
    product = everything["product"]["Desk"]
    found = limited.get(f"/api/v1/products/{product}/analytics", params={"mode": mode}).json()
    assert found["totalConversations"] == count
    own = limited.get(f"/api/v1/models/{everything['model']['mine-model']}/analytics", params={"mode": mode}).json()
    assert own["conversationCount"] == count
    assert not names_others(str(found) + str(own))
    assert len(limited.get("/api/v1/interactions").json()) == count
    assert limited.get("/api/v1/interactions").headers["X-Total-Count"] == str(count)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_analyst_knows_nobody_else(limited, question):
    answer = limited.post("/api/v1/chat", json={"question": question})
    assert answer.status_code == 200
    told = text_of(events(answer.content))
    if OTHERS in question:
        told = re.sub(rf"{OTHERS}(?:-user|-org)?(?! (?:Smith|Ltd))", "", told)  # what the question says itself
    assert not names_others(told), told
    assert "angry" not in told


def test_the_unlimited_key_sees_them_all(filled, everything):
    """The word is where it is looked for: without it the tests above would show nothing."""
    with filled.client() as client:
        for path in ("interactions", "users", "organizations", "models", "segments", "tickets"):
            assert names_others(client.get(f"/api/v1/{path}").text), path
        told = client.post("/api/v1/chat", json={"question": "Which organizations are there?"})
        assert names_others(text_of(events(told.content)))
