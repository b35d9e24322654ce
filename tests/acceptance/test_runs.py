"""Answers under way when processes end: told so, stored, and resumed elsewhere."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.acceptance.conftest import Installation
from tests.api.streams import events, text_of

pytestmark = pytest.mark.acceptance

SCRIPT = {
    "replies": [
        {"when": "^hang", "rounds": [[{"text": "Let me"}, {"hang": True}]]},
        {"when": "^slow", "rounds": [[{"text": "one two three four", "characters": 2, "delay_s": 0.2}]]},
        {"rounds": [[{"text": "You said: {question} ({messages})"}]]},
    ]
}


def said(messages: int) -> str:
    """The whole answer to "hi" after so many messages: what the script says, and the mark of a figure that no tool gave."""
    return f"You said: hi ({messages})\n\n⚠ Not found in the results of the tools: {messages}. Do not rely on it."


@pytest.fixture
def served(installation: Installation) -> Installation:
    """A running server with a scripted model that stops within a second of SIGTERM, unless answers end earlier."""
    script = installation.data_dir.parent / "script.json"
    script.write_text(json.dumps(SCRIPT))
    installation.environment |= {"RAPPORT_MODEL": f"scripted:{script}", "RAPPORT_RUN_DRAIN_SECONDS": "3", "RAPPORT_WORKER": "false"}
    installation.start()
    return installation


class Reading:
    """A reader in a thread, so that the test can do something to the server meanwhile."""

    def __init__(self, client, method, path, **options):
        self.body = b""
        self.headers: dict[str, str] = {}
        self.begun = threading.Event()
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(client, method, path, options), daemon=True)
        self._thread.start()

    def _read(self, client, method, path, options):
        try:
            with client.stream(method, path, **options) as stream:
                self.headers = dict(stream.headers)
                for chunk in stream.iter_raw():
                    self.body += chunk
                    self.begun.set()
        except Exception:  # a connection that was cut: what came is in `body`
            self.begun.set()
        self.ended.set()


@contextmanager
def asking(installation: Installation, key: str, question: str, **body) -> Iterator[Reading]:
    with installation.client(key) as client:
        reading = Reading(client, "POST", "/api/v1/chat", json={"question": question, "conversationId": "c", **body})
        assert reading.begun.wait(20)
        yield reading


def test_sigterm_lets_short_answers_end_and_tells_long_ones(served):
    key = served.key()
    with asking(served, key, "hang") as long, asking(served, key, "slow", conversationId="d") as short:
        served.end(signal.SIGTERM)
        assert long.ended.wait(10)
        assert short.ended.wait(10)
    assert [name for name, _ in events(long.body)] == ["text_delta", "error"]
    assert events(long.body)[-1][1]["code"] == "server_shutdown"
    assert (text_of(events(short.body)), events(short.body)[-1][0]) == ("one two three four", "done")
    served.start()
    with served.client(key) as client:
        replay = client.get(f"/api/v1/runs/{long.headers['x-run-id']}/events?after=0")
        assert events(replay.content) == events(long.body)
        assert text_of(events(client.post("/api/v1/chat", json={"question": "hi", "conversationId": "c"}).content)) == said(3)


def test_after_kill_9_the_run_is_interrupted_and_the_chat_usable(served):
    key = served.key()
    with asking(served, key, "hang") as reading:
        served.end(signal.SIGKILL)
        assert reading.ended.wait(10)
    assert b"event: error" not in reading.body  # cut, not ended
    served.start()
    run = f"/api/v1/runs/{reading.headers['x-run-id']}"
    with served.client(key) as client:
        assert client.get(run).json()["status"] == "interrupted"
        rest = client.get(f"{run}/events", headers={"Last-Event-ID": "1"})
        assert [(name, data["code"]) for name, data in events(rest.content)] == [("error", "interrupted")]
        last = rest.text.splitlines()[0].removeprefix("id: ")
        assert client.get(f"{run}/events", headers={"Last-Event-ID": last}).status_code == 204
        again = client.post("/api/v1/chat", json={"question": "hi", "conversationId": "c"})
        assert text_of(events(again.content)) == said(2)


def test_any_server_of_a_database_resumes_and_stops_any_run(served):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        second = Installation(served.data_dir, probe.getsockname()[1], served.environment)
    second.start()
    try:
        key = served.key()
        time.sleep(2.5)  # a sign of life later, the first knows of the second
        with asking(served, key, "hang") as reading, second.client(key) as other, second.client(key) as elsewhere:
            run = f"/api/v1/runs/{reading.headers['x-run-id']}"
            resumed = Reading(elsewhere, "GET", f"{run}/events?after=0")
            assert resumed.begun.wait(5)
            busy = other.post("/api/v1/chat", json={"question": "other", "conversationId": "c"})
            assert busy.json()["code"] == "session_busy"
            assert other.post(f"{run}/stop").json()["status"] == "cancelled"
            assert reading.ended.wait(3)
            assert resumed.ended.wait(3)
            assert events(resumed.body) == events(reading.body)
            assert events(reading.body)[-1][1]["code"] == "cancelled"
    finally:
        second.end(signal.SIGTERM)
