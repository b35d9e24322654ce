"""The list of conversations: pages, filters, what a limited key sees."""

import asyncio

import pytest

from rapport.store import catalog, conversations, keys
from rapport.store import database as databases
from rapport.store.batch import Batch, NewMessage


@pytest.fixture
def product(server) -> str:
    return server.new_product("Support")


def log(client, product, number, **given) -> dict:
    message = {"role": "user", "content": f"Number {number}", "createdAt": f"2025-03-{number:02}T10:00:00Z"}
    body = {"externalUserId": "u", "productId": product, "externalConversationId": f"c{number}", "messages": [message]} | given
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [i["externalId"] for i in answer.json()]


def walk(client, path, **params) -> list[str]:
    answer = client.get(path, params=params)
    found = ids(answer)
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        found += ids(answer)
    return found


@pytest.mark.parametrize("params", [{"limit": 3}, {"pageSize": 4}, {"limit": 1, "page": 1}, {"limit": 3, "offset": 0}, {"page": 1}])
def test_pages_join_to_the_list(client, product, params):
    for number in range(1, 11):
        log(client, product, number)
    assert walk(client, "/api/v1/interactions", **params) == [f"c{n}" for n in range(10, 0, -1)]


def test_links_keep_the_callers_words(server, client, product):
    for number in range(1, 8):
        log(client, product, number)
    answer = client.get("/api/v1/interactions?page=2&limit=3")
    base = f"{server.url}/api/v1/interactions"
    links = answer.headers["Link"].split(", ")
    assert links[:2] == [f'<{base}?page=1&limit=3>; rel="first"', f'<{base}?page=1&limit=3>; rel="prev"']
    assert links[2].startswith(f"<{base}?page=3&limit=3&cursor=")
    assert answer.headers["X-Total-Count"] == "7"
    last = client.get(answer.links["next"]["url"])
    assert ids(last) == ["c1"]
    assert set(last.links) == {"first", "prev"}
    assert (
        client.get("/v1/interactions?pageSize=5").links["next"]["url"].startswith(f"{server.url}/v1/interactions?page=2&pageSize=5&cursor=")
    )
    assert ids(client.get("/api/v1/interactions?page=2&limit=2&offset=1")) == ["c6", "c5"]
    assert ids(client.get("/api/v1/interactions?page=1.0&limit=2.0&nonsense=1")) == ["c7", "c6"]


@pytest.mark.parametrize(
    "query", ["page=0", "limit=0", "limit=101", "pageSize=1000", "offset=-1", "page=1.5", "limit=x", "page=nan", "cursor=AAAA"]
)
def test_bad_pages_name_the_parameter(client, query):
    answer = client.get(f"/api/v1/interactions?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["error"]


def test_cursors_are_signed_for_their_tenant_and_list(server, client, product):
    for number in range(1, 4):
        log(client, product, number)
    url = client.get("/api/v1/interactions?limit=1").links["next"]["url"]
    tampered = url[:-3] + ("AAA" if not url.endswith("AAA") else "BBB")
    assert client.get(tampered).status_code == 400
    assert client.get(url.replace("/interactions", "/users")).status_code == 400
    with server.client(server.new_key("other")) as other:
        assert other.get(url).status_code == 400


def test_rows_that_arrive_while_walking_do_not_shift_the_pages(client, product):
    for number in range(1, 7):
        log(client, product, number)
    first = client.get("/api/v1/interactions?limit=3")
    log(client, product, 20)
    assert ids(client.get(first.links["next"]["url"])) == ["c3", "c2", "c1"]


def test_filters(server, client, product):
    other = server.new_product("Sales")
    log(client, product, 1, externalUserId="ann", externalOrganizationId="acme", model="gpt-4o-2024-08-06")
    log(client, product, 2, externalUserId="bob", messages=[{"role": "user", "content": "My refunds failed", "createdAt": "2025-03-02"}])
    log(client, other, 3, externalUserId="ann", model="gpt-4o-mini")
    client.post(
        "/api/v1/ratings", json={"productId": product, "rating": 0, "ratingMin": 0, "ratingMax": 10, "externalConversationId": "c2"}
    )
    version = client.get("/api/v1/interactions/c3").json()["versionId"]
    expected = {
        "productId=" + product: ["c2", "c1"], "versionId=" + version: ["c3"], "userId=ann": ["c3", "c1"],
        "organizationId=acme": ["c3", "c1"],
        "model=gpt-4o": ["c1"], "text=refund": ["c2"], "text=%22refunds failed%22": ["c2"], "text=number -refund": ["c3", "c1"],
        "from=2025-03-02": ["c3", "c2"], "to=2025-03-02": ["c2", "c1"], "from=2025-03-01T10:00:00Z&to=2025-03-01T10:00:01%2B00:00": ["c1"],
        "maxRating=2": ["c2"], "minRating=2": [], "userId=ann&productId=" + product: ["c1"],
    }  # fmt: skip
    assert {query: ids(client.get(f"/api/v1/interactions?{query}")) for query in expected} == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("productId=x", 400), ("productId=182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", 404), ("userId=nobody", 404), ("from=soon", 400),
        ("to=0001-01-01", 400), ("flags=shiny", 400), ("sentiment=blue", 400), ("minQuality=2", 400), ("text=a%00b", 400),
    ],
)  # fmt: skip
def test_bad_filters(client, query, status):
    assert client.get(f"/api/v1/interactions?{query}").status_code == status


def test_detail_shows_what_the_transcript_needs(client, product):
    log(
        client, product, 1, properties={"channel": "web"}, voiceCall={"platform": "vapi", "durationMs": 5000},
        messages=[
            {"role": "user", "content": "Hi", "voice": {"startedAt": 1, "durationMs": 2}},
            {"messageType": "thought", "output": "hidden"},
            {"messageType": "tool_call", "toolName": "find", "input": {"q": 1}},
            {"messageType": "tool_error", "output": "timeout", "toolName": "find"},
            {"messageType": "retrieval", "output": [1, 2]},
            {"messageType": "final_response", "content": "Done"},
        ],
    )  # fmt: skip
    detail = client.get("/api/v1/interactions/c1").json()
    assert [(m["role"], m["content"]) for m in detail["messages"]] == [
        ("user", "Hi"), ("tool_call", 'find({"q":1})'), ("observation", "timeout"), ("observation", "[1,2]"), ("final_response", "Done"),
    ]  # fmt: skip
    assert detail["messages"][0]["voice"] == {"startedAt": 1, "durationMs": 2}
    assert detail["voiceCall"] == {"platform": "vapi", "durationMs": 5000}
    assert detail["properties"] == {"channel": "web"}


def test_limited_keys_see_only_their_own_and_change_nothing(server, client, product):
    log(client, product, 1, externalUserId="ann", externalOrganizationId="acme")
    log(client, product, 2, externalUserId="bob")
    organization = client.get("/api/v1/organizations").json()[0]["id"]

    async def limited() -> str:
        opened = await databases.connect(server.database_url, connections=1)
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, "default")
            key = (await keys.create_key(connection, tenant_id, organization_id=organization))[1]
        await opened.close()
        return key

    with server.client(asyncio.run(limited())) as narrow:
        assert ids(narrow.get("/api/v1/interactions")) == ["c1"]
        assert narrow.get("/api/v1/interactions/c2").status_code == 404
        assert [u["externalId"] for u in narrow.get("/api/v1/users").json()] == ["ann"]
        assert len(narrow.get("/api/v1/organizations").json()) == 1
        assert narrow.post("/api/v1/users", json={"externalUserId": "x"}).status_code == 403


@pytest.mark.anyio
async def test_conversations_with_the_analyst_are_nowhere(server, client, product):
    opened = await databases.connect(server.database_url, connections=1)
    async with opened.transaction() as connection:
        tenant_id = await keys.ensure_tenant(connection, "default")
        product_id = await catalog.resolve_product(connection, tenant_id, product)
        batch = Batch("me", (NewMessage("user_message", "What is wrong?"),), external_id="chat", product_id=product_id, kind="analyst")
        asked = await conversations.append(connection, tenant_id, batch)
    await opened.close()
    assert client.get("/api/v1/interactions").json() == []
    assert client.get(f"/api/v1/interactions/{asked.conversation_id}").status_code == 404
    body = {"externalUserId": "u", "conversationId": str(asked.conversation_id), "messages": [{"role": "user", "content": "x"}]}
    assert client.post("/api/v1/messages", json=body).status_code == 404
