"""Keys that are limited to one agent or one team: they chat with it and read what was said to it by them, and get a 403 elsewhere."""

import pytest
from tests.api.teammate.test_agents import ask, make_agent


def make_key(client, **body) -> dict:
    answer = client.post("/api/keys", json={"name": "Shop window", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def team(client) -> str:
    made = client.post("/api/teams", json={"name": "Crew"}).json()["id"]
    client.post(f"/api/teams/{made}/agents/{make_agent(client, name='Bob')}")
    return made


def forbidden_everywhere(client, mine: str, agent: str, team: str) -> None:
    """`mine` is the path of what the key belongs to."""
    hello = {"message": "hello"}
    calls = [
        ("GET", "/api/agents", None), ("POST", "/api/agents", {"name": "x"}), ("PUT", f"/api/agents/{agent}", {"name": "x"}),
        ("DELETE", f"/api/agents/{agent}", None), ("GET", f"/api/agents/{agent}/documents", None),
        ("POST", f"/api/agents/{agent}/webhooks", {"name": "x"}), ("GET", "/api/teams", None), ("POST", "/api/teams", {"name": "x"}),
        ("DELETE", f"/api/teams/{team}", None), ("GET", f"/api/teams/{team}/agents", None), ("GET", "/api/keys", None),
        ("POST", "/api/keys", {"name": "x"}), ("GET", "/api/v1/interactions", None), ("GET", "/api/v1/users", None),
        ("POST", "/api/v1/chat", {"question": "x"}), ("GET", "/api/v1/tickets", None),
        ("GET", "/api/v1/inbox", None), ("GET", "/api/v1/segments", None),
        ("POST", "/api/v1/messages", {"externalUserId": "u", "messages": [{"role": "user", "content": "x"}]}),
        ("GET", "/api/admin/v1/keys", None), ("GET", "/api/v1/models/analytics", None), ("POST", "/api/v1/profiles", {"name": "x"}),
    ]  # fmt: skip
    calls += [("POST", f"{path}/chat", hello) for path in (f"/api/agents/{agent}", f"/api/teams/{team}") if path != mine]
    if mine != f"/api/agents/{agent}":
        calls += [("GET", f"/api/agents/{agent}/{part}", None) for part in ("history", "conversations", "inbox")]
    answers = {f"{method} {path}": client.request(method, path, json=body).status_code for method, path, body in calls}
    assert {call: status for call, status in answers.items() if status != 403} == {}


def test_a_key_of_an_agent(server, client, team):
    mine, other = make_agent(client, system_prompt="Secret recipe."), make_agent(client, name="Other")
    ask(client, mine, "I am the owner.")
    made = make_key(client, agent_id=mine)
    assert made["key"].startswith("at_")
    assert (made["agent_id"], made["team_id"]) == (mine, None)
    with server.client(key=made["key"]) as limited:
        assert limited.get(f"/api/agents/{mine}").json()["system_prompt"] is None
        said = ask(limited, mine, "My order number is 88412.")
        history = limited.get(f"/api/agents/{mine}/history").json()["messages"]
        assert history[0]["content"] == "My order number is 88412."
        assert [c["id"] for c in limited.get(f"/api/agents/{mine}/conversations").json()] == [said["conversation_id"]]
        assert limited.post(f"/api/agents/{other}/chat", json={"message": "hello"}).status_code == 403
        forbidden_everywhere(limited, f"/api/agents/{mine}", mine, team)


def test_a_key_of_a_team(server, client, team):
    agent = make_agent(client)
    made = make_key(client, team_id=team)
    assert (made["agent_id"], made["team_id"]) == (None, team)
    with server.client(key=made["key"]) as limited:
        answer = limited.post(f"/api/teams/{team}/chat", json={"message": "hello"})
        assert answer.status_code == 200
        assert answer.json()["responses"][0]["agent_name"] == "Bob"
        other = client.post("/api/teams", json={"name": "Others"}).json()["id"]
        assert limited.post(f"/api/teams/{other}/chat", json={"message": "hello"}).status_code == 403
        forbidden_everywhere(limited, f"/api/teams/{team}", agent, team)


def test_keys_of_one_agent_do_not_see_each_other(server, client):
    agent = make_agent(client)
    one, two = (make_key(client, agent_id=agent)["key"] for _ in range(2))
    with server.client(key=one) as first, server.client(key=two) as second:
        said = ask(first, agent, "My order number is 88412.")
        assert "88412" not in ask(second, agent, "What is my order number?")["response"]
        assert second.get(f"/api/agents/{agent}/conversations/{said['conversation_id']}").status_code == 404


def test_keys_are_listed_without_secrets_and_revoked(server, client):
    whole = make_key(client)
    (listed,) = client.get("/api/keys").json()
    assert "key" not in listed
    assert listed["id"] == whole["id"]
    with server.client(key=whole["key"]) as other:
        agent = make_agent(other)
        assert other.get("/api/admin/v1/keys").status_code == 403
        assert client.delete(f"/api/keys/{whole['id']}").json() == {"status": "deleted", "id": whole["id"]}
        assert other.get(f"/api/agents/{agent}").status_code == 401
    assert client.get("/api/keys").json() == []


def test_what_a_key_cannot_be(server, client):
    agent = make_agent(client)
    assert client.post("/api/keys", json={"name": "x", "agent_id": agent, "team_id": agent}).status_code == 422
    assert client.post("/api/keys", json={"name": ""}).status_code == 422
    assert client.post("/api/keys", json={"name": "x", "team_id": agent}).status_code == 404
    (admin,) = client.get("/api/admin/v1/keys").json()
    assert client.delete(f"/api/keys/{admin['id']}").status_code == 404
    with server.client(key=server.new_key("other")) as stranger:
        assert stranger.post("/api/keys", json={"name": "x", "agent_id": agent}).status_code == 404
        assert stranger.delete(f"/api/keys/{make_key(client)['id']}").status_code == 404
