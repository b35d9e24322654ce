"""POST /chat with a scripted model: the documented stream, what is refused before it, and what is stored."""

import json
import threading
import time

import pytest
from tests.api.streams import events, text_of

from rapport.config import Settings

SCRIPT = {
    "requests_log": "requests.jsonl",
    "replies": [
        {"when": "^count", "rounds": [[{"tool": "getProductList"}, {"tool": "nonsense"}], [{"text": "There are none.\n\u2028data: x"}]]},
        {"when": "^hang", "rounds": [[{"text": "Let me"}, {"hang": True}]]},
        {"when": "^slow", "rounds": [[{"text": "one two three four five six", "characters": 4, "delay_s": 0.05}]]},
        {"when": "^die", "rounds": [[{"text": "Well"}, {"error": "unavailable"}]]},
        {"rounds": [[{"text": "You said: {question} ({messages})"}]]},
    ],
}


@pytest.fixture
def settings(settings: Settings, tmp_path) -> Settings:
    (tmp_path / "script.json").write_text(json.dumps(SCRIPT))
    return settings.model_copy(update={"model": f"scripted:{tmp_path / 'script.json'}"})


def ask(client, question, **body):
    answer = client.post("/api/v1/chat", json={"question": question, **body})
    assert answer.status_code == 200, answer.text
    return events(answer.content)


def last_request(tmp_path):
    return json.loads((tmp_path / "requests.jsonl").read_text().splitlines()[-1])


def test_the_stream_is_the_documented_one(client):
    answer = client.post("/api/v1/chat", json={"question": "count", "conversationId": "chat-9"})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert "content-length" not in answer.headers
    assert answer.headers["x-run-id"]
    found = events(answer.content)
    calls = [data for name, data in found if name == "tool_call"]
    results = [data for name, data in found if name == "tool_result"]
    assert [call["step"] for call in calls] == [1, 2]
    assert {result["step"] for result in results} == {1, 2}
    assert [set(call) for call in calls] == [{"step", "toolName", "displayName"}] * 2
    assert "no tool called nonsense" in next(r["error"] for r in results if r["toolName"] == "nonsense")
    assert text_of(found) == "There are none.\n\u2028data: x"
    assert "\u2028".encode() not in answer.content
    name, done = found[-1]
    assert (name, done["conversationId"], done["status"]) == ("done", "chat-9", "complete")
    assert done["usage"]["toolCalls"] == 2
    assert done["usage"]["tools"] == ["getProductList", "nonsense"]
    assert [name for name, _ in found].count("done") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"), ({"question": ""}, "question"), ({"question": " \n"}, "question"), ({"question": "x" * 4001}, "question"),
        ({"question": 5}, "question"), ({"question": "x", "context": "c" * 2001}, "context"),
        ({"question": "x", "conversationId": "c" * 129}, "conversationId"),
        ({"question": "x", "messages": [{"role": "user", "content": "c"}] * 51}, "messages"),
        ({"question": "x", "messages": [{"role": "system", "content": "c"}]}, "role"),
        ({"question": "x", "messages": [{"role": "user", "content": "c" * 32_001}]}, "content"),
        ({"question": "x", "productId": "not-a-uuid"}, "productId"),
    ],
)  # fmt: skip
def test_bad_requests_are_refused_before_the_stream(client, body, field):
    answer = client.post("/api/v1/chat", json=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["error"].startswith("Validation error: ")
    assert field in answer.json()["error"]


def test_limits_are_in_code_points(client):
    assert text_of(ask(client, "😀" * 4000, context="é" * 2000)).startswith("You said: 😀")


def test_unknown_products_keys_and_free_plans_are_refused(server, client):
    foreign = client.post("/api/v1/chat", json={"question": "x", "productId": "0191d5f0-0000-7000-8000-000000000000"})
    assert foreign.status_code == 404
    with server.client(key="wrong") as stranger:
        assert stranger.post("/api/v1/chat", json={"question": "x"}).status_code == 401
    with server.client(key=server.new_key("poor", plan="free")) as poor:
        refused = poor.post("/api/v1/chat", json={"question": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "plan_required")


def test_the_21st_chat_of_an_hour_is_a_429(server):
    with server.client(key=server.new_key("grower", plan="growth")) as growth:
        for number in range(20):
            assert growth.post("/api/v1/chat", json={"question": "hi"}).headers["x-ratelimit-remaining"] == str(19 - number)
        refused = growth.post("/api/v1/chat", json={"question": "hi"})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["x-should-retry"] == "false"
        assert refused.json()["code"] == "rate_limited"


def test_history_is_stored_and_given_back(client, tmp_path):
    ask(client, "first", conversationId="c", context="secret hint")
    assert "secret hint" in last_request(tmp_path)["system"]
    ask(client, "second", conversationId="c")
    request = last_request(tmp_path)
    assert [m["content"] for m in request["messages"]] == ["first", "You said: first (1)", "second"]
    assert "secret hint" not in request["system"]
    ask(client, "third", conversationId="c", messages=[{"role": "user", "content": "other"}, {"role": "assistant", "content": "yes"}])
    assert [m["content"] for m in last_request(tmp_path)["messages"]] == ["other", "yes", "third"]


def test_chats_are_not_interactions_and_make_no_users(client):
    ask(client, "hello", conversationId="c")
    assert client.get("/api/v1/interactions").json() == []
    assert client.get("/api/v1/users").json() == []
    assert client.get("/api/v1/interactions/c").status_code == 404


def test_a_conversation_id_is_made_where_none_is_given(client, tmp_path):
    made = ask(client, "first")[-1][1]["conversationId"]
    ask(client, "second", conversationId=made)
    assert len(last_request(tmp_path)["messages"]) == 3


def test_a_model_that_dies_is_an_error_event_and_the_partial_answer_is_kept(client, tmp_path):
    found = ask(client, "die", conversationId="c")
    assert [name for name, _ in found] == ["text_delta", "error"]
    assert found[-1][1]["code"] == "model_unavailable"
    ask(client, "next", conversationId="c")
    assert [m["content"] for m in last_request(tmp_path)["messages"]] == ["die", "Well", "next"]


def test_stop_ends_the_stream_and_frees_the_chat(server, client):
    with server.client() as reader, reader.stream("POST", "/api/v1/chat", json={"question": "hang", "conversationId": "c"}) as stream:
        run_id = stream.headers["x-run-id"]
        chunks = stream.iter_raw()
        first = next(chunks)
        busy = client.post("/api/v1/chat", json={"question": "other", "conversationId": "c"})
        assert (busy.status_code, busy.json()["code"], busy.headers["x-should-retry"]) == (409, "session_busy", "false")
        started = time.monotonic()
        stopped = client.post(f"/api/v1/runs/{run_id}/stop")
        assert stopped.json()["status"] == "cancelled"
        found = events(first + b"".join(chunks))
        assert time.monotonic() - started < 1.5  # the documented bound of a stop
    assert found == [("text_delta", {"text": "Let me"}), ("error", {"error": "The run was stopped.", "code": "cancelled"})]
    assert client.post(f"/api/v1/runs/{run_id}/stop").json()["status"] == "cancelled"
    assert text_of(ask(client, "again", conversationId="c")).startswith("You said: again")


def test_the_same_request_joins_the_run(server, client):
    body = {"question": "slow", "conversationId": "c"}
    answers = []

    def post():
        with server.client() as own:
            answers.append(own.post("/api/v1/chat", json=body))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.headers["x-run-id"] for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert text_of(events(answers[0].content)) == "one two three four five six"


def test_an_idempotency_key_repeats_the_answer(client):
    first = client.post("/api/v1/chat", json={"question": "hi"}, headers={"Idempotency-Key": "k1"})
    again = client.post("/api/v1/chat", json={"question": "hi"}, headers={"Idempotency-Key": "k1"})
    assert (again.headers["x-run-id"], again.content) == (first.headers["x-run-id"], first.content)
    other = client.post("/api/v1/chat", json={"question": "ho"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (400, "idempotency_key_reuse")


def test_a_reader_cut_off_at_any_event_resumes_exactly_once(client):
    answer = client.post("/api/v1/chat", json={"question": "slow"})
    run = f"/api/v1/runs/{answer.headers['x-run-id']}/events"
    blocks = [block + b"\n\n" for block in answer.content.split(b"\n\n")[:-1]]
    for seen in range(len(blocks)):
        rest = client.get(run, headers={"Last-Event-ID": str(seen)})
        numbered = b"".join(b"id: %d\n%b" % (number, block) for number, block in enumerate(blocks[seen:], seen + 1))
        assert rest.content == numbered
        assert client.get(f"{run}?after={seen}").content == numbered
    assert client.get(run, headers={"Last-Event-ID": str(len(blocks))}).status_code == 204
    assert client.get(run, headers={"Last-Event-ID": "x"}).status_code == 400


def test_event_ids_are_put_in_on_request(client):
    answer = client.post("/api/v1/chat", json={"question": "hi"}, headers={"X-Event-Ids": "true"})
    assert answer.content.startswith(b"id: 1\nevent: text_delta\n")


def test_runs_are_only_for_their_tenant(server, client):
    run_id = client.post("/api/v1/chat", json={"question": "hi"}).headers["x-run-id"]
    assert client.get(f"/api/v1/runs/{run_id}").json()["status"] == "complete"
    with server.client(key=server.new_key("other")) as other, server.client(key="wrong") as stranger:
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/stop")):
            assert other.request(method, f"/api/v1/runs/{run_id}{path}").status_code == 404
            assert stranger.request(method, f"/api/v1/runs/{run_id}{path}").status_code == 401
            assert client.request(method, f"/api/v1/runs/nonsense{path}").status_code == 404


@pytest.mark.parametrize(("header", "status"), [("continue", "running"), ("cancel", "cancelled")])
def test_a_reader_that_leaves_ends_the_run_only_when_it_said_so(server, client, header, status):
    with server.client() as leaver:
        request = leaver.build_request("POST", "/api/v1/chat", json={"question": "hang"}, headers={"X-On-Disconnect": header})
        stream = leaver.send(request, stream=True)
        run_id = stream.headers["x-run-id"]
        next(stream.iter_raw())
        stream.close()
    deadline = time.monotonic() + 3
    while client.get(f"/api/v1/runs/{run_id}").json()["status"] != status and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    assert client.get(f"/api/v1/runs/{run_id}").json()["status"] == status
