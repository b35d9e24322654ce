"""The Agents API without a language model: agents answer from what they were given, and say when they do not know."""

import json

RETURNS = (
    b"# Returns\nYou may return shoes within 30 days of delivery. Keep the receipt.\n\n## Refund time\nRefunds take 5 to 7 business days.\n"
)
SHIPPING = b"# Shipping\nWe ship to Canada and Mexico. Express shipping costs 9 dollars.\n"


def make_agent(client, **fields) -> str:
    answer = client.post("/api/agents", json={"name": "Ada", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def teach(client, agent_id: str, name: str, content: bytes) -> dict:
    answer = client.post(f"/api/agents/{agent_id}/documents/upload", files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(client, agent_id: str, message: str, **fields) -> dict:
    answer = client.post(f"/api/agents/{agent_id}/chat", json={"message": message, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_agents_with_different_documents_answer_differently(client):
    shop, post = make_agent(client, name="Shop"), make_agent(client, name="Post")
    teach(client, shop, "returns.md", RETURNS)
    teach(client, post, "shipping.md", SHIPPING)
    assert "5 to 7 business days" in ask(client, shop, "How long do refunds take?")["response"]
    assert "returns.md" in ask(client, shop, "How long do refunds take?")["response"]
    assert "do not know" in ask(client, post, "How long do refunds take?")["response"]
    assert "9 dollars" in ask(client, post, "what does express shipping cost")["response"]


def test_what_was_said_before_is_known(client):
    agent = make_agent(client)
    ask(client, agent, "My order number is 88412 and I live in Lyon.")
    assert "88412" in ask(client, agent, "What is my order number?")["response"]


def test_stream_is_byte_exact(client):
    agent = make_agent(client, greeting="Hi.")
    with client.stream("POST", f"/api/agents/{agent}/chat/stream", json={"message": "hello"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-run-id"]
        body = answer.read()
    assert body == b'data: {"type":"text","content":"Hi."}\n\ndata: {"type":"done","content":""}\n\ndata: [DONE]\n\n'


def test_conversation_is_logged_like_any_other(client):
    agent = make_agent(client, name="Shop")
    said = ask(client, agent, "My parcel never came", user_id="u-1")
    listed = client.get("/api/v1/interactions").json()
    assert [entry["id"] for entry in listed] == [said["conversation_id"]]
    detail = client.get(f"/api/v1/interactions/{said['conversation_id']}").json()
    assert [m["role"] for m in detail["messages"] if m["role"] in ("user", "assistant")] == ["user", "assistant"]
    assert detail["externalParticipantId"] == "u-1"


def test_history_and_conversations(client):
    agent = make_agent(client)
    ask(client, agent, "hello")
    other = client.post(f"/api/agents/{agent}/conversations", json={"title": "Trip"}).json()
    ask(client, agent, "thanks", conversation_id=other["id"])
    history = client.get(f"/api/agents/{agent}/history").json()["messages"]
    assert [m["role"] for m in history] == ["user", "assistant"]
    assert history[0]["content"] == "hello"
    listed = client.get(f"/api/agents/{agent}/conversations").json()
    assert [c["title"] for c in listed] == ["Trip", "hello"]
    assert listed[0]["message_count"] == 2
    renamed = client.put(f"/api/agents/{agent}/conversations/{other['id']}", json={"title": "Journey"}).json()
    assert renamed["title"] == "Journey"
    deleted = client.delete(f"/api/agents/{agent}/conversations/{other['id']}").json()
    assert deleted == {"status": "deleted", "id": other["id"], "deleted_messages": 2}
    assert client.get(f"/api/agents/{agent}/conversations/{other['id']}").status_code == 404
    assert client.get(f"/api/v1/interactions/{other['id']}").status_code == 404


def test_an_agent_is_shown_with_its_users_and_messages(client):
    agent = make_agent(client)
    for user in ("ann", "ben", "ben"):
        ask(client, agent, "Hello?", user_id=user)
    for shown in (client.get(f"/api/agents/{agent}").json(), client.get("/api/agents").json()[0]):
        assert (shown["user_count"], shown["message_count"]) == (2, 6)
    assert client.put(f"/api/agents/{agent}", json={"tone": "calm"}).json()["message_count"] == 6


def test_changes_only_what_is_given(client):
    agent = make_agent(client, description="Shop help", skills=["core"])
    changed = client.put(f"/api/agents/{agent}", json={"tone": "formal"}).json()
    assert (changed["tone"], changed["description"], changed["enabled_skills"]) == ("formal", "Shop help", ["core"])
    assert client.delete(f"/api/agents/{agent}").json()["status"] == "deleted"
    assert client.get(f"/api/agents/{agent}").status_code == 404


def test_bad_input_is_told_before_anything_starts(client, server):
    agent = make_agent(client)
    blank = client.post(f"/api/agents/{agent}/chat", json={"message": "  \n "})
    assert blank.status_code == 422
    assert blank.json()["detail"]
    assert client.post(f"/api/agents/{agent}/chat", json={"message": "x" * 16_001}).status_code == 422
    assert client.post(f"/api/agents/{agent}/chat", json={"message": "x", "conversation_id": "nope"}).status_code == 404
    refused = client.post(f"/api/agents/{agent}/documents/upload", files={"file": ("x.exe", b"MZ")})
    assert refused.status_code == 422
    assert "pdf" in refused.json()["detail"]
    with server.client(server.new_key("other")) as stranger:
        assert stranger.get(f"/api/agents/{agent}").status_code == 404
        assert stranger.post(f"/api/agents/{agent}/chat", json={"message": "x"}).status_code == 404


def test_same_key_joins_the_same_answer(client):
    agent = make_agent(client)
    headers = {"Idempotency-Key": "k1"}
    first = client.post(f"/api/agents/{agent}/chat", json={"message": "hello"}, headers=headers).json()
    again = client.post(f"/api/agents/{agent}/chat", json={"message": "hello"}, headers=headers).json()
    assert first["response"] == again["response"]
    assert len(client.get(f"/api/agents/{agent}/history").json()["messages"]) == 2


def test_meta_chunk_on_request(client):
    agent = make_agent(client)
    body = {"message": "hello", "stream_options": {"include_meta": True, "include_usage": True}}
    with client.stream("POST", f"/api/agents/{agent}/chat/stream", json=body) as answer:
        chunks = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")]
    assert chunks[0]["type"] == "meta"
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_a_memory_is_known_in_every_conversation(client):
    agent = make_agent(client)
    client.post(f"/api/agents/{agent}/memories", json={"content": "The shop closes at 18:00 on Fridays."})
    assert "18:00" in ask(client, agent, "When does the shop close on Fridays?", user_id="ann")["response"]
