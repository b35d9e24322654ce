"""Keys, plans and scopes."""

import asyncio

import pytest

from rapport.store import database, keys


def key_with(server, **given) -> str:
    async def make() -> str:
        opened = await database.connect(server.database_url, connections=1)
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, "default")
            key = (await keys.create_key(connection, tenant_id, **given))[1]
        await opened.close()
        return key

    return asyncio.run(make())


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer wrong", "Bearer My Other Key"])
def test_wrong_keys(server, header):
    with server.client() as client:
        client.headers.pop("authorization")
        answer = client.get("/api/v1/products", headers={"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


def test_keys_may_hold_blanks_and_come_in_either_header(server):
    key = key_with(server, secret="My API Key")
    with server.client(key) as client:
        assert client.get("/api/v1/products").status_code == 200
        client.headers.pop("authorization")
        assert client.get("/api/v1/products", headers={"X-API-Key": key}).status_code == 200


def test_scopes(server):
    with server.client(key_with(server, scopes=frozenset({"admin"}))) as client:
        answer = client.get("/api/v1/products")
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_free_plan_logs_but_has_no_analytics_and_no_chat(server):
    product = server.new_product("P", tenant="poor")
    with server.client(server.new_key("poor", "free")) as client:
        assert client.get("/api/v1/interactions").status_code == 200
        answers = [client.get(f"/api/v1/products/{product}/analytics"), client.post("/api/v1/chat", json={"question": "hi"})]
    assert [a.status_code for a in answers] == [403, 403]
    assert {a.json()["code"] for a in answers} == {"plan_required"}
    assert all("Growth" in a.json()["error"] for a in answers)


def test_growth_plan_has_twenty_chats_an_hour(server):
    server.new_product("P", tenant="grown")
    with server.client(server.new_key("grown", "growth")) as client:
        answers = [client.post("/api/v1/chat", json={"question": "How many conversations?"}) for _ in range(21)]
    assert [a.status_code for a in answers] == [200] * 20 + [429]
    last = answers[-1]
    assert 3_500 < int(last.headers["Retry-After"]) <= 3_600
    assert last.headers["x-should-retry"] == "false"
    assert (last.headers["X-RateLimit-Limit"], last.headers["X-RateLimit-Remaining"]) == ("20", "0")
    assert last.json()["code"] == "rate_limited"


def test_every_answer_carries_its_request_id(client):
    assert client.get("/api/v1/products", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    made = client.get("/nowhere", headers={"X-Request-Id": "no good; id"}).headers["X-Request-Id"]
    assert len(made) == 32


@pytest.mark.parametrize(
    "path", ["interactions", "users", "organizations", "products", "models", "prompts", "segments", "inbox", "tickets"]
)
def test_a_key_of_one_agent_reads_nothing_else(server, client, path: str):
    agent = client.post("/api/agents", json={"name": "Ada"}).json()["id"]
    key = client.post("/api/admin/v1/keys", json={"agentId": agent}).json()["key"]
    with server.client(key) as limited:
        assert limited.get(f"/api/v1/{path}").status_code == 403
        assert limited.post("/api/v1/chat", json={"question": "How many users are there?"}).status_code == 403
        assert limited.get(f"/api/agents/{agent}/history").status_code == 200
