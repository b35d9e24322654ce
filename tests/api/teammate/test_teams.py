"""Teams. What each member saw is read from the requests that the scripted model logged."""

import json
from pathlib import Path

import pytest

from rapport.config import Settings

IDEAS = {"Ann": ["a red door", "a blue roof"], "Bob": ["a blue roof", "a green gate"], "Cid": ["a yellow path"]}


def rule(when: str, text: str, **more) -> dict:
    return {"when": when, "rounds": [[{"text": text, **more}]]}


@pytest.fixture
def script(tmp_path: Path) -> dict:
    """Change its replies before the first request; the file is written by `settings`."""
    return {"requests_log": "requests.jsonl", "replies": [rule("", "I have a view.")]}


@pytest.fixture
def settings(settings: Settings, script: dict, tmp_path: Path) -> Settings:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script))
    return settings.model_copy(update={"model": f"scripted:{path}", "team_member_seconds": 1.0})


def requests_seen(tmp_path: Path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]


def team_of(client, *names: str, **roles: str) -> tuple[str, dict[str, str]]:
    team = client.post("/api/teams", json={"name": "Crew"}).json()["id"]
    ids = {}
    for name in names:
        body = {"name": name, "system_prompt": f"You are {name}.", "description": f"{name} knows things"}
        ids[name] = client.post("/api/agents", json=body).json()["id"]
        answer = client.post(f"/api/teams/{team}/agents", json={"agent_id": ids[name], "role": roles.get(name)})
        assert answer.status_code == 200, answer.text
    return team, ids


def ask(client, team: str, message: str, **fields) -> dict:
    answer = client.post(f"/api/teams/{team}/chat", json={"message": message, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_parallel_members_do_not_see_each_other(client, tmp_path):
    team, _ = team_of(client, "Ann", "Bob", "Cid")
    answer = ask(client, team, "What colour?", mode="parallel")
    assert [r["agent_name"] for r in answer["responses"]] == ["Ann", "Bob", "Cid"]
    assert {r["status"] for r in answer["responses"]} == {"ok"}
    assert answer["summary"]
    assert all(isinstance(n, int) for n in answer["usage"].values())
    openings = [r for r in requests_seen(tmp_path) if "You summarise" not in r["system"]]
    assert len(openings) == 3
    assert not any("said by" in json.dumps(r) for r in openings)


def test_round_robin_sees_what_was_said_before(client, tmp_path):
    team, _ = team_of(client, "Ann", "Bob", "Cid")
    answer = ask(client, team, "What colour?", mode="Round-Robin")
    assert answer["mode"] == "round_robin"
    seen = [json.dumps(r["messages"]).count("said by") for r in requests_seen(tmp_path) if "You summarise" not in r["system"]]
    assert seen == [0, 1, 2]
    ask(client, team, "And what shape?", mode="round_robin")
    starts = [r["system"] for r in requests_seen(tmp_path) if "You speak in a round" in r["system"]]
    assert "You are Bob." in starts[3]  # the second turn begins with the second member


def test_expert_is_one_answer_unchanged(client):
    team, ids = team_of(client, "Ann", "Bob")
    client.put(f"/api/agents/{ids['Bob']}", json={"description": "invoices, taxes and refunds"})
    answer = ask(client, team, "invoices taxes refunds", mode="expert")
    assert [(r["agent_name"], r["content"]) for r in answer["responses"]] == [("Bob", "I have a view.")]


def test_target_and_errors(client, server):
    team, ids = team_of(client, "Ann", "Bob")
    only = ask(client, team, "hello", target_agent_id=ids["Bob"])
    assert [r["agent_name"] for r in only["responses"]] == ["Bob"]
    unknown = client.post(f"/api/teams/{team}/chat", json={"message": "x", "mode": "duel"})
    assert unknown.status_code == 422
    assert "brainstorm" in json.dumps(unknown.json())
    empty = client.post("/api/teams", json={"name": "Nobody"}).json()["id"]
    assert (
        client.post(f"/api/teams/{empty}/chat", json={"message": "x"}).json()["detail"].startswith("Validation error: Team has no agents")
    )
    with server.client(server.new_key("other")) as stranger:
        assert stranger.get(f"/api/teams/{team}").status_code == 404


class TestBrainstorm:
    @pytest.fixture
    def script(self) -> dict:
        replies = [rule("", json.dumps(ideas)) | {"system": f"You are {name}"} for name, ideas in IDEAS.items()]
        replies.insert(0, rule("Ideas, without their authors", '{"ranking": [1, 2, 3]}'))
        return {
            "requests_log": "requests.jsonl",
            "replies": [rule("Ideas, without their authors", '{"ranking": [1, 2, 3]}'), *replies, rule("", "ok")],
        }

    def test_ballots_are_private_and_anonymous(self, client, tmp_path):
        team, ids = team_of(client, "Ann", "Bob", "Cid")
        answer = ask(client, team, "Ideas for the house?", mode="brainstorm")
        ballots = [r for r in requests_seen(tmp_path) if "Rank the three best" in r["system"]]
        assert len(ballots) == 3
        for ballot in ballots:
            text = json.dumps(ballot["messages"])
            assert not any(name in text for name in ids)
        assert answer["ranking"]
        assert sum(entry["idea"] == "a blue roof" for entry in answer["ranking"]) <= 1


class TestDebate:
    @pytest.fixture
    def script(self) -> dict:
        judged = rule("The debate", '{"winner": "A", "confidence": 0.8, "reasons": ["clear"]}')
        return {"requests_log": "requests.jsonl", "replies": [judged, rule("", "I say so.")]}

    def test_judge_sees_letters_instead_of_names(self, client, tmp_path):
        team, _ = team_of(client, "Ann", "Bob", "Cid")
        answer = ask(client, team, "Should we paint it?", mode="debate")
        judged = [r for r in requests_seen(tmp_path) if "You judge a debate" in r["system"]]
        assert len(judged) == 1
        text = json.dumps(judged[0]["messages"])
        assert "Ann" not in text
        assert "Bob" not in text
        assert 'by=\\"A\\"' in text
        openings = [r for r in requests_seen(tmp_path) if "Give your opening statement" in r["system"]]
        assert not any("Your opponent said" in json.dumps(r) for r in openings)
        assert answer["verdict"]["winner"] in ("pro", "con")
        assert [r["role"] for r in answer["responses"]] == ["pro", "con", "pro", "con", "judge"]


class TestSlowMember:
    @pytest.fixture
    def script(self) -> dict:
        slow = {"system": "You are Bob", "rounds": [[{"sleep_s": 1.8}, {"text": "Late, but here."}]]}
        return {"requests_log": "requests.jsonl", "replies": [slow, rule("", "On time.")]}

    def test_late_answer_goes_to_the_inbox(self, client):
        import time

        team, ids = team_of(client, "Ann", "Bob")
        answer = ask(client, team, "Well?", mode="parallel", summary=False)
        assert [(r["agent_name"], r["status"]) for r in answer["responses"]] == [("Ann", "ok"), ("Bob", "timeout")]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            inbox = client.get(f"/api/agents/{ids['Bob']}/inbox").json()
            if inbox["unread_count"]:
                break
            time.sleep(0.1)
        assert [m["content"] for m in inbox["messages"]] == ["Late, but here."]
        marked = client.post(f"/api/agents/{ids['Bob']}/mark-read").json()
        assert (marked["marked"], marked["unread_count"]) == (1, 0)


class TestWithoutModel:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"model": "builtin"})

    def test_modes_that_need_a_model_say_so(self, client):
        team, _ = team_of(client, "Ann", "Bob")
        for mode in ("debate", "brainstorm"):
            answer = ask(client, team, "Should we?", mode=mode)
            assert answer["responses"] == []
            assert "needs a language model" in answer["summary"]

    def test_members_answer_from_their_own_documents(self, client):
        team, ids = team_of(client, "Ann", "Bob")
        file = {"file": ("fees.md", b"# Fees\nThe monthly fee is 12 dollars.")}
        assert client.post(f"/api/agents/{ids['Bob']}/documents/upload", files=file).status_code == 200
        answer = ask(client, team, "What is the monthly fee?", mode="expert")
        assert [r["agent_name"] for r in answer["responses"]] == ["Bob"]
        assert "12 dollars" in answer["responses"][0]["content"]


def test_stream_names_the_speaker(client):
    team, ids = team_of(client, "Ann", "Bob")
    with client.stream("POST", f"/api/teams/{team}/chat/stream", json={"message": "Well?", "mode": "parallel"}) as answer:
        body = answer.read().decode()
    assert body.endswith("data: [DONE]\n\n")
    chunks = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    said = {name: "".join(c["content"] for c in chunks if c["type"] == "text" and c["agent_id"] == ids[name]) for name in ids}
    assert said == {"Ann": "I have a view.", "Bob": "I have a view."}
    assert [c["type"] for c in chunks][-1] == "done"
