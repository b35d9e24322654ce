"""The Representatives API, without a language model: sessions, answers, compaction, commands, profiles, visitors."""

import json

import pytest

PLANS = (
    b"# Plans\nThe Pro plan costs 29 dollars a month. The Team plan costs 99 dollars a month.\n\n"
    b"# Support\nSupport answers within 4 hours.\n"
)


def make_profile(client, **fields) -> dict:
    answer = client.post("/api/v1/profiles", data={"name": "Ada Byrne", "title": "Sales", **fields}, files={"ignored": ("", b"")})
    assert answer.status_code == 201, answer.text
    return answer.json()


def teach(client, profile_id: str, content: bytes = PLANS) -> None:
    answer = client.post(f"/api/agents/{profile_id}/documents/upload", files={"file": ("plans.md", content)})
    assert answer.status_code == 200, answer.text


def start(client, **fields) -> dict:
    answer = client.post("/api/v1/chat/sessions", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def frames(answer) -> list[dict]:
    body = answer.read().decode()
    assert body.endswith("\n\n")
    assert all(line == "" or line.startswith(("data: ", ":")) for line in body.split("\n"))
    return [json.loads(line[6:]) for line in body.split("\n") if line.startswith("data: ")]


def say(client, session_id: str, content: str, **fields) -> dict:
    """The done event."""
    with client.stream("POST", f"/api/v1/chat/sessions/{session_id}/messages", json={"content": content, **fields}) as answer:
        assert answer.status_code == 200, answer.read()
        events = frames(answer)
    assert {e["type"] for e in events} <= {"token", "done", "error"}
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert "".join(e["content"] for e in events if e["type"] == "token") == events[-1]["content"]
    return events[-1]


@pytest.fixture
def profile(client) -> dict:
    made = make_profile(client)
    teach(client, made["id"])
    return made


def test_answers_from_documents_and_counts_tokens(client, profile):
    session = start(client, profileId=profile["slug"])
    done = say(client, session["id"], "How much does the Team plan cost?")
    assert "99 dollars" in done["content"]
    assert "plans.md" in done["content"]
    metadata = done["metadata"]
    assert metadata["finishReason"] == "stop"
    assert metadata["usage"]["totalTokens"] == metadata["usage"]["inputTokens"] + metadata["usage"]["outputTokens"]
    usage = client.get(f"/api/v1/chat/sessions/{session['id']}/context-usage").json()
    assert usage == metadata["contextUsage"]
    assert usage["usedTokens"] == sum(usage["breakdown"].values())
    assert usage["usagePercent"] == round(100 * usage["usedTokens"] / usage["contextWindow"], 1)
    seen = client.get(f"/api/v1/chat/sessions/{session['id']}").json()
    assert [(m["role"], m["status"]) for m in seen["messages"]] == [("user", "complete"), ("assistant", "complete")]
    assert seen["title"] == "How much does the Team plan cost?"
    assert client.get(f"/api/v1/interactions/{session['id']}").status_code == 200


def test_life_of_a_session(client, profile):
    first, second = start(client), start(client, title="Second")
    listed = client.get("/api/v1/chat/sessions").json()
    assert (listed["total"], listed["hasMore"]) == (2, False)
    starred = client.patch(f"/api/v1/chat/sessions/{first['id']}", json={"is_starred": True}).json()
    assert starred["isStarred"]
    assert [s["id"] for s in client.get("/api/v1/chat/sessions").json()["sessions"]] == [first["id"], second["id"]]
    assert client.post(f"/api/v1/chat/sessions/{second['id']}/archive").json()["isArchived"]
    assert client.get("/api/v1/chat/sessions").json()["total"] == 1
    assert client.get("/api/v1/chat/sessions", params={"archived": "all"}).json()["total"] == 2
    assert not client.patch(f"/api/v1/chat/sessions/{second['id']}", json={"isArchived": False}).json()["isArchived"]
    assert client.patch(f"/api/v1/chat/sessions/{first['id']}", json={"title": "  "}).status_code == 422
    assert client.delete(f"/api/v1/chat/sessions/{first['id']}").status_code == 204
    assert client.delete(f"/api/v1/chat/sessions/{first['id']}").status_code == 404
    bulk = client.post("/api/v1/chat/sessions/bulk-delete", json={"ids": [second["id"], first["id"], "nonsense"]}).json()
    assert bulk == {"deleted": 1, "deletedIds": [second["id"]], "notFound": [first["id"], "nonsense"]}


FACTS = [
    ("My order number is 88412.", "What is my order number?", "88412"),
    ("I live in Lyon near the river.", "Where do I live?", "Lyon"),
    ("My daughter is called Marguerite.", "What is my daughter called?", "Marguerite"),
    ("The budget is 4500 euros.", "What is the budget?", "4500"),
    ("We decided to use the blue variant.", "Which variant did we decide on?", "blue"),
    ("My phone model is a Nokia 3310.", "Which phone model do I have?", "3310"),
    ("The meeting is on 14 March.", "When is the meeting?", "14 March"),
    ("My manager is Mr. Okonkwo.", "Who is my manager?", "Okonkwo"),
    ("The invoice total was 731 dollars.", "What was the invoice total?", "731"),
    ("The warehouse is in Rotterdam.", "Where is the warehouse?", "Rotterdam"),
    ("I prefer delivery by train.", "How do I prefer delivery?", "train"),
    ("The serial code is QX-77-B.", "What is the serial code?", "QX-77-B"),
    ("Our company has 62 employees.", "How many employees does our company have?", "62"),
    ("The contract ends in December 2027.", "When does the contract end?", "2027"),
    ("My colleague Ingrid handles refunds.", "Who handles refunds?", "Ingrid"),
    ("The printer stands on floor 9.", "On which floor stands the printer?", "9"),
    ("The password hint is my first dog Rex.", "What is the password hint?", "Rex"),
    ("Shipping to Oslo takes 3 days.", "How long takes shipping to Oslo?", "3 days"),
    ("The discount we agreed on is 15 percent.", "Which discount did we agree on?", "15"),
    ("Our domain is brightfield.example.", "What is our domain?", "brightfield"),
]


def test_planted_facts_survive_compaction(client, profile):
    session = start(client)["id"]
    for fact, _, _ in FACTS:
        say(client, session, fact)
    before = client.get(f"/api/v1/chat/sessions/{session}/context-usage").json()
    with client.stream("POST", f"/api/v1/chat/sessions/{session}/compact", json={"keepRecent": 2}) as answer:
        events = frames(answer)
    done = events[-1]
    assert done["type"] == "done"
    assert done["metadata"]["compacted"] is True
    assert done["metadata"]["messagesCompacted"] + done["metadata"]["messagesKept"] == 40
    assert "".join(e["content"] for e in events[:-1]) == done["content"]
    after = client.get(f"/api/v1/chat/sessions/{session}/context-usage").json()
    assert after["usedTokens"] < before["usedTokens"]
    messages = client.get(f"/api/v1/chat/sessions/{session}").json()["messages"]
    assert sum(m["kind"] == "message" for m in messages) == 40
    assert sum(m["kind"] == "summary" for m in messages) == 1
    known = sum(wanted in say(client, session, question)["content"] for _, question, wanted in FACTS)
    assert known >= 18, known


def test_compaction_of_a_short_session_does_nothing(client, profile):
    session = start(client)["id"]
    with client.stream("POST", f"/api/v1/chat/sessions/{session}/compact") as answer:
        events = frames(answer)
    assert [e["type"] for e in events] == ["done"]
    assert (events[0]["metadata"]["compacted"], events[0]["metadata"]["reason"]) == (False, "too_short")


def test_commands_only_where_declared(client, profile):
    interface = {"pages": [{"path": "/pricing", "title": "Pricing"}, "/orders"], "modals": ["contact"], "hosts": ["docs.example.com"]}
    client.patch(f"/api/v1/profiles/{profile['id']}", json={"interface": interface})
    session = start(client)["id"]
    done = say(client, session, "Take me to the pricing page", uiContext={"currentPage": "/orders"})
    (command,) = done["metadata"]["commands"]
    assert (command["type"], command["args"]) == ("navigate", {"url": "/pricing"})
    told = client.post("/api/v1/chat/command", json={"sessionId": session, "command": command, "result": {"status": "ok"}}).json()
    assert (told["success"], told["status"]) == (True, "recorded")
    again = client.post("/api/v1/chat/command", json={"session_id": session, "command": command, "result": {"status": "ok"}}).json()
    assert again == told
    for bad in ("javascript:alert(1)", "//evil.example/x", "https://evil.example", "/admin", "relative"):
        body = {"sessionId": session, "command": "navigate", "args": {"url": bad}}
        assert client.post("/api/v1/chat/command", json=body).json()["status"] == "rejected", bad
    assert client.post("/api/v1/chat/command", json={"sessionId": session, "command": "explode"}).status_code == 422


def test_bad_messages(client, profile, server):
    session = start(client)["id"]
    path = f"/api/v1/chat/sessions/{session}/messages"
    assert client.post(path, json={"content": " \n"}).status_code == 422
    assert client.post(path, json={"content": "x" * 8_001}).status_code == 422
    deep = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    assert client.post(path, json={"content": "x", "uiContext": {"formData": deep}}).status_code == 422
    assert client.post("/api/v1/chat/sessions/nope/messages", json={"content": "x"}).status_code == 404
    with server.client(server.new_key("other")) as stranger:
        assert stranger.post(path, json={"content": "x"}).status_code == 404
        assert stranger.get(f"/api/v1/chat/sessions/{session}").status_code == 404


def test_public_ask_as_the_command_line_reads_it(client, server, profile):
    import httpx2

    body = {"profile_id": profile["slug"], "question": "What does the Pro plan cost?", "visitor_fingerprint": "cli-1", "session_id": None}
    with httpx2.Client(base_url=server.url) as anyone:
        assert anyone.post("/api/v1/public/ai/ask", json=body).status_code == 404  # a draft
        published = client.post(f"/api/v1/profiles/{profile['id']}/publish").json()
        assert published["isPublic"]
        text = anyone.post("/api/v1/public/ai/ask", json=body).text
        events = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
        assert [e["event"] for e in events][:2] == ["connected", "meta"]
        assert events[-1]["event"] == "done"
        said = "".join(json.loads(e["data"])["content"] for e in events if e["event"] == "text")
        assert "29 dollars" in said
        body["session_id"] = json.loads(events[0]["data"])["session_id"]
        again = anyone.post("/api/v1/public/ai/ask-sync", json={"profileId": profile["id"], "question": "And support?"}).json()
        assert set(again) >= {"answer", "suggested_questions", "remaining_questions"}
        found = anyone.get("/api/v1/public/directory/search", params={"query": "ada"}).json()
        assert [r["slug"] for r in found["results"]] == [profile["slug"]]
        shown = anyone.get(f"/api/v1/profiles/p/{profile['slug']}").json()
        assert (shown["name"], shown["contactEmail"], "systemPrompt" in shown) == ("Ada Byrne", None, False)
        contact = {"profile_id": profile["slug"], "name": "Eve", "email": "eve@example.com"}
        assert anyone.post("/api/v1/public/save-contact", json=contact).status_code == 422
        assert anyone.post("/api/v1/public/save-contact", json=contact | {"tos_consent": True}).json() == {"contactSaved": True}
    assert client.get(f"/api/v1/profiles/{profile['id']}/leads").json()[0]["email"] == "eve@example.com"


def test_visitor_token_opens_its_own_sessions_and_nothing_else(client, server, profile):
    client.patch(f"/api/v1/profiles/{profile['id']}", json={"origins": ["https://shop.example"]})
    token = client.post(f"/api/v1/profiles/{profile['id']}/visitor-tokens", json={"visitor": "v1"}).json()["token"]
    other = client.post(f"/api/v1/profiles/{profile['id']}/visitor-tokens", json={"visitor": "v2"}).json()["token"]
    with server.client(token) as visitor, server.client(other) as stranger:
        session = start(visitor)["id"]
        done = say(visitor, session, "What does the Pro plan cost?")
        rating = {"rating": 2, "messageId": done["metadata"]["messageId"], "feedback": "too short"}
        assert visitor.post(f"/api/v1/chat/sessions/{session}/rating", json=rating).json() == {"success": True}
        assert stranger.get(f"/api/v1/chat/sessions/{session}").status_code == 404
        assert visitor.get("/api/v1/interactions").status_code == 403
        whole = visitor.post(f"/api/v1/chat/sessions/{session}/messages", json={"content": "hello"}, headers={"Accept": "application/json"})
        run = whole.headers["x-run-id"]
        assert visitor.get(f"/api/v1/runs/{run}").json()["status"] == "complete"
        assert stranger.get(f"/api/v1/runs/{run}").status_code == 404
        assert stranger.get(f"/api/v1/runs/{run}/events").status_code == 404
        assert visitor.get(f"/api/agents/{profile['id']}").status_code == 403
        assert visitor.post("/api/v1/messages", json={}).status_code == 403
        from_elsewhere = visitor.get("/api/v1/chat/sessions", headers={"Origin": "https://evil.example"})
        assert from_elsewhere.status_code == 403
        assert visitor.get("/api/v1/chat/sessions", headers={"Origin": "https://shop.example"}).status_code == 200
    with server.client(token[:-4] + "AAAA") as forged:
        assert forged.get("/api/v1/chat/sessions").status_code == 401
    seen = client.get(f"/api/v1/interactions/{session}").json()
    assert (seen["rating"], seen["externalParticipantId"]) == (2, "v1")


def test_browsers_may_ask_before_they_send(client):
    ask = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/api/v1/chat/sessions", headers=ask)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in client.options("/api/v1/messages", headers=ask).headers
    listed = client.get("/api/v1/chat/sessions", headers={"Origin": "https://a.example"})
    assert listed.headers["access-control-allow-origin"] == "https://a.example"
