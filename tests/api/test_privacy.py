"""Products with `userPrivacy` mask or hash: no identifier reaches the database, wherever it is sent."""

import asyncio
import json
import re
import time

import asyncpg
import pytest

EMAIL, PHONE, CARD, IBAN, SSN = (
    "zoe.quist@example.org",
    "+1 (415) 555-0132",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "536-22-8726",
)
IDENTIFIERS = (EMAIL, PHONE, CARD, IBAN, SSN)
TRACES = re.compile(r"zoe\.quist|555-?0132|4155550132|4111[ ]?1111|WEST[ ]?1234|536-?22-?8726", re.IGNORECASE)
SAID = "😀👩‍👩‍👧 Mail {}, ring {}, card {}, account {}, ssn {} 🎉 thanks".format(*IDENTIFIERS)
NESTED = {
    "contact": {"mail": EMAIL, "notes": [SAID, {"card": 4111111111111111}]},
    EMAIL: "key",
    "homePhone": "4155550132",
    "ssn": "536228726",
    "amount": 12,
}


@pytest.fixture
def product(server) -> str:
    return server.new_product("Shop")


def privacy(client, product: str, mode: str) -> None:
    assert client.patch(f"/api/admin/v1/products/{product}", json={"userPrivacy": mode}).json()["userPrivacy"] == mode


def log(client, product: str, conversation: str, **fields) -> dict:
    body = {"externalUserId": "u-1", "externalConversationId": conversation, "productId": product} | fields
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored(url: str, *, skip: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """(table, row as JSON) of everything in the database; bytes as text."""

    async def read() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(url)
        try:
            tables = await connection.fetch(
                "SELECT table_name, array_agg(column_name::text) FILTER (WHERE data_type = 'bytea') AS raw FROM information_schema.columns"
                " WHERE table_schema = 'public' GROUP BY 1"
            )
            rows = []
            for name, raw in [(t[0], t[1] or []) for t in tables if t[0] not in skip]:
                also = "".join(f" || ' ' || coalesce(encode({column}, 'escape'), '')" for column in raw)
                rows += [(name, r[0]) for r in await connection.fetch(f'SELECT to_jsonb(t)::text{also} FROM "{name}" t')]
            return rows
        finally:
            await connection.close()

    return asyncio.run(read())


def traces(server, **options) -> list[tuple[str, str]]:
    return [(table, match[0]) for table, row in stored(server.database_url, **options) for match in TRACES.finditer(row)]


def settled(client) -> None:
    deadline = time.monotonic() + 20
    while client.get("/healthz").json()["worker"]["pending"] and time.monotonic() < deadline:
        time.sleep(0.05)


def log_everywhere(client, product: str) -> None:
    """Identifiers in every place that takes text or properties, new conversations and known ones."""
    voice = {"speaker": SAID, "audioUrl": f"https://media.example.org/{EMAIL}"}
    messages = [
        {"role": "user", "content": SAID, "context": SAID, "properties": NESTED, "voice": voice, "externalMessageId": "m1"},
        {"messageType": "tool_call", "toolName": "find", "input": NESTED},
        {"messageType": "observation", "output": NESTED},
        {"messageType": "tool_error", "output": SAID},
        {"role": "assistant", "content": f"I wrote to {EMAIL}."},
    ]
    prompt = {
        "components": [{"content": f"You help Zoe, {EMAIL}."}, {"content": SAID, "isDynamic": True}],
        "variables": {"customer": SAID, "phone": "4155550132"},
    }
    call = {"structuredOutputs": NESTED, "endedReason": SAID}
    for conversation in ("c-1", "c-1", "c-2"):
        log(client, product, conversation, messages=messages, properties=NESTED, voiceCall=call, systemPrompt=prompt)
    first = log(client, product, "c-1", messages=[{"role": "user", "content": SAID}])
    log(client, None, None, conversationId=first["conversationId"], messages=[{"role": "user", "content": SAID}])  # type: ignore[arg-type]
    rating = {"productId": product, "rating": 1, "ratingMin": 1, "ratingMax": 5, "feedback": SAID}
    for target in ({"externalConversationId": "c-1"}, {"messageId": first["messages"][0]["messageId"]}):
        assert client.post("/api/v1/ratings", json=rating | target).status_code == 200
    event = {"productId": product, "eventType": "note", "value": SAID, "properties": NESTED, "externalUserId": "u-1"}
    assert client.post("/api/v1/events", json=event | {"externalConversationId": "c-2"}).status_code == 200
    assert client.post("/api/v1/users", json={"externalUserId": "u-1", "name": EMAIL, "properties": NESTED}).status_code == 200
    assert client.put("/api/v1/users/u-1", json={"properties": {"note": SAID}}).status_code == 200
    assert client.post("/api/v1/organizations", json={"externalOrganizationId": "o", "properties": NESTED}).status_code == 200


@pytest.mark.parametrize("mode", ["mask", "hash"])
def test_nothing_identifiable_is_found_anywhere(client, server, product, mode):
    privacy(client, product, mode)
    log_everywhere(client, product)
    settled(client)
    assert traces(server) == []
    token = r"\[EMAIL\]" if mode == "mask" else r"\[EMAIL:[a-p]{10}\]"
    assert sum(bool(re.search(token, row)) for table, row in stored(server.database_url) if table == "message") >= 8


def test_standard_stores_what_it_is_given(client, server, product):
    log_everywhere(client, product)
    assert {"message", "conversation", "rating", "event", "app_user", "prompt_component"} <= {table for table, _ in traces(server)}
    assert json.dumps(SAID, ensure_ascii=False) in " ".join(row for table, row in stored(server.database_url) if table == "message")


def test_the_setting_holds_from_the_next_message_on(client, server, product):
    log(client, product, "c-1", messages=[{"role": "user", "content": f"before {EMAIL}"}])
    privacy(client, product, "mask")
    log(client, product, "c-1", messages=[{"role": "user", "content": f"after {EMAIL}"}])
    kept = " ".join(row for table, row in stored(server.database_url) if table == "message")
    assert f"before {EMAIL}" in kept
    assert "after [EMAIL]" in kept


def test_what_stands_around_an_identifier_stays(client, product):
    privacy(client, product, "mask")
    said = f"👩‍👩‍👧‍👦 é 𝄞 {EMAIL}🎉🎉 and {PHONE} 🏁, 3 items for 20.50 on 2026-03-04"
    found = log(client, product, "c-1", messages=[{"role": "user", "content": said}])
    seen = json.dumps(client.get(f"/api/v1/interactions/{found['conversationId']}").json(), ensure_ascii=False)
    assert "👩‍👩‍👧‍👦 é 𝄞 [EMAIL]🎉🎉 and [PHONE] 🏁, 3 items for 20.50 on 2026-03-04" in seen


def tokens(client, product: str) -> dict[str, str]:
    """What becomes of three addresses, by the letter before each."""
    privacy(client, product, "hash")
    said = [f"a {EMAIL}", f"b {EMAIL.upper()}", "c other@example.org"]
    found = log(client, product, product, messages=[{"role": "user", "content": text} for text in said])
    seen = client.get(f"/api/v1/interactions/{found['conversationId']}").json()
    return dict(re.findall(r"\b([abc]) (\[EMAIL:[a-p]{10}\])", json.dumps(seen)))


def test_equal_identifiers_have_equal_tokens_inside_a_tenant_only(client, server, product):
    here, also_here = tokens(client, product), tokens(client, server.new_product("Another"))
    with server.client(server.new_key("elsewhere")) as stranger:
        there = tokens(stranger, server.new_product("Their shop", "elsewhere"))
    assert len(here) == len(there) == 3
    assert here == also_here
    assert here["a"] == here["b"] != here["c"]
    assert set(here.values()).isdisjoint(there.values())


def test_a_prompt_of_ones_own_is_still_found_by_its_content(client, product):
    body = {"productId": product, "name": "Main", "role": "system", "components": [{"content": "Write to help@example.org."}]}
    made = client.post("/api/v1/prompts", json=body).json()
    privacy(client, product, "mask")
    found = log(client, product, "c-1", messages=[{"role": "user", "content": "hi"}], systemPrompt="Write to help@example.org.")
    assert found["systemPromptPromptId"] == made["promptId"]


def test_conversations_with_agents_and_teams(client, server, product):
    privacy(client, product, "mask")
    agent = client.post("/api/agents", json={"name": "Ann", "system_prompt": "You are Ann.", "product_id": product}).json()["id"]
    said = client.post(f"/api/agents/{agent}/chat", json={"message": SAID})
    assert said.status_code == 200, said.text
    team = client.post("/api/teams", json={"name": "Crew"}).json()["id"]
    assert client.post(f"/api/teams/{team}/agents", json={"agent_id": agent}).status_code == 200
    theirs = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Agents")
    privacy(client, theirs, "mask")
    assert client.post(f"/api/teams/{team}/chat", json={"message": SAID, "mode": "parallel"}).status_code == 200
    settled(client)
    assert traces(server) == []
    assert any("[EMAIL]" in row for table, row in stored(server.database_url) if table == "message")
