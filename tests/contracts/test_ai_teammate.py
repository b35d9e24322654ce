"""The official AI Teammate client, version 0.4.0, unmodified."""

import json
from pathlib import Path

import pytest

from rapport.config import Settings

ai_teammate = pytest.importorskip("ai_teammate", reason="the client `ai-teammate` is not installed; `make setup` installs it")

LINE_READER_TRAPS = "one\u2028two\u0085three\n\ndata: four 🙂"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    path = tmp_path / "script.json"
    replies = [
        {"when": "traps", "rounds": [[{"text": LINE_READER_TRAPS, "characters": 3}]]},
        {"when": "fail", "rounds": [[{"text": "half an "}, {"error": "error", "message": "The model broke."}]]},
        {"when": "The debate", "rounds": [[{"text": '{"winner": "B", "reasons": ["better"]}'}]]},
        {"rounds": [[{"text": "Paint it blue."}]]},
    ]
    path.write_text(json.dumps({"replies": replies}))
    return settings.model_copy(update={"model": f"scripted:{path}"})


@pytest.fixture
def sdk(server):
    with ai_teammate.AITeammate(api_key=server.key, base_url=f"{server.url}/api") as client:
        yield client


def test_agents(sdk):
    made = sdk.agents.create(name="Ada", description="Helps", system_prompt="You are Ada.")
    assert sdk.agents.get(made.id).name == "Ada"
    assert [agent.id for agent in sdk.agents.list()] == [made.id]
    assert sdk.agents.update(made.id, name="Ada L.").name == "Ada L."
    sdk.agents.delete(made.id)
    with pytest.raises(ai_teammate.NotFoundError):
        sdk.agents.get(made.id)


def test_chat_stream_and_history(sdk, client):
    agent = sdk.agents.create(name="Ada")
    answer = sdk.chat("What colour?", agent_id=agent.id)
    assert answer.response == "Paint it blue."
    assert answer.agent_name == "Ada"
    chunks = list(sdk.chat_stream("traps", agent_id=agent.id))
    assert "".join(c.content or "" for c in chunks if c.type == "text") == LINE_READER_TRAPS
    assert chunks[-1].type == "done"
    history = client.get(f"/api/agents/{agent.id}/history").json()["messages"]
    assert [m["content"] for m in history] == ["What colour?", "Paint it blue.", "traps", LINE_READER_TRAPS]


def test_an_error_in_the_stream_is_told_and_the_half_is_kept(sdk, client):
    agent = sdk.agents.create(name="Ada")
    chunks = list(sdk.chat_stream("fail", agent_id=agent.id))
    assert [c.type for c in chunks][-1] == "error"
    assert chunks[-1].content == "The model broke."
    history = client.get(f"/api/agents/{agent.id}/history").json()["messages"]
    assert (history[-1]["content"], history[-1]["status"]) == ("half an ", "error")
    assert sdk.chat("again", agent_id=agent.id).response == "Paint it blue."


def test_documents(sdk, tmp_path):
    agent = sdk.agents.create(name="Ada")
    file = tmp_path / "fees.txt"
    file.write_text("The monthly fee is 12 dollars.")
    uploaded = sdk.agents.upload_document(agent.id, str(file))
    assert uploaded.status == "ready"
    assert [d.filename for d in sdk.agents.list_documents(agent.id)] == ["fees.txt"]
    sdk.agents.delete_document(agent.id, uploaded.id)
    assert sdk.agents.list_documents(agent.id) == []


def test_memories(sdk):
    agent, other = sdk.agents.create(name="Ada"), sdk.agents.create(name="Bob")
    made = sdk.memories.create(agent_id=agent.id, content="The shop closes at 18:00", category="hours", tags=["shop"])
    sdk.memories.create(agent_id=agent.id, content="Ann likes tea")
    assert sdk.memories.get(agent.id, made.id).tags == ["shop"]
    assert [m.content for m in sdk.memories.list(agent.id)] == ["Ann likes tea", "The shop closes at 18:00"]
    assert [m.id for m in sdk.memories.list(agent.id, category="hours")] == [made.id]
    assert [m.id for m in sdk.memories.search(agent.id, "SHOP closes")] == [made.id]
    assert sdk.memories.search(agent.id, "100%") == []
    assert sdk.memories.list(other.id) == []
    with pytest.raises(ai_teammate.NotFoundError):
        sdk.memories.get(other.id, made.id)
    assert sdk.memories.delete(agent.id, made.id)
    assert len(sdk.memories.list(agent.id)) == 1


@pytest.mark.parametrize("mode", ["auto", "round_robin", "parallel", "debate", "brainstorm", "expert"])
def test_teams(sdk, mode: str):
    team = sdk.teams.create(name="Crew", description="Painters")
    for name in ("Ann", "Bob", "Cid"):
        sdk.teams.add_agent(team.id, sdk.agents.create(name=name, description=f"{name} paints").id)
    assert [a.name for a in sdk.teams.get_agents(team.id)] == ["Ann", "Bob", "Cid"]
    answer = sdk.teams.chat(team.id, "What colour?", mode=mode)
    assert answer.responses
    assert isinstance(answer.summary, str)
    assert answer.mode == mode if mode != "auto" else answer.auto_selected
    assert sdk.teams.delete(team.id)


def test_wrong_key(server):
    with ai_teammate.AITeammate(api_key="at_wrong", base_url=f"{server.url}/api") as client, pytest.raises(ai_teammate.AuthenticationError):
        client.agents.list()
