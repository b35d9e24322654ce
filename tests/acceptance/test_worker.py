"""Workers that die: nothing is lost, nothing is counted twice."""

import signal
import time
from subprocess import Popen

import httpx2
import pytest
from tests.acceptance.conftest import Installation, last_line, rapport

pytestmark = pytest.mark.acceptance

CONVERSATIONS = 240


def log_all(client: httpx2.Client, product: str) -> None:
    for i in range(CONVERSATIONS):
        messages = [{"role": ("user", "assistant")[turn % 2], "content": f"Order {i} is late, turn {turn}."} for turn in range(12)]
        body = {"externalUserId": f"u-{i % 20}", "externalConversationId": f"c-{i}", "productId": product, "messages": messages}
        assert client.post("/api/v1/messages", json=body).status_code == 200


def waiting(client: httpx2.Client) -> int:
    return client.get("/healthz").json()["worker"]["pending"]


def until(client: httpx2.Client, most: int, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while waiting(client) > most:
        assert time.monotonic() < deadline, f"{waiting(client)} conversations still wait"
        time.sleep(0.05)


def start_worker(installation: Installation) -> Popen:
    return rapport("worker", "--data-dir", str(installation.data_dir))


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(installation: Installation):
    installation.environment["RAPPORT_WORKER"] = "false"
    installation.start()
    product = last_line("product", "create", "--data-dir", str(installation.data_dir), "--tenant", "default", "--product", "Pilot")
    with installation.client(installation.key()) as client:
        log_all(client, product)
        assert waiting(client) == CONVERSATIONS
        first = start_worker(installation)
        until(client, CONVERSATIONS - 1)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        assert waiting(client) > 0
        others = [start_worker(installation), start_worker(installation)]
        until(client, 0)
        for other in others:
            other.send_signal(signal.SIGTERM)
            assert other.wait(30) == 0
        found = client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json()
        assert found["totalConversations"] == CONVERSATIONS
        assert sum(found["distributions"]["sentiment"].values()) == CONVERSATIONS
        people = [client.get(f"/api/v1/users/u-{i}/analytics", params={"mode": "simple"}).json() for i in range(20)]
        assert sum(person["totalConversations"] for person in people) == CONVERSATIONS
        assert client.get("/healthz").json()["worker"]["failed"] == 0


def test_reanalysis_changes_no_number_and_can_be_interrupted(installation: Installation):
    installation.start()
    product = last_line("product", "create", "--data-dir", str(installation.data_dir), "--tenant", "default", "--product", "Pilot")
    with installation.client(installation.key()) as client:
        log_all(client, product)
        until(client, 0)
        before = client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json()
        interrupted = rapport("reanalyse", "--data-dir", str(installation.data_dir), "--tenant", "default")
        deadline = time.monotonic() + 60
        while client.get("/healthz").json()["worker"]["backlog"] == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        interrupted.send_signal(signal.SIGKILL)
        interrupted.wait(10)
        left = client.get("/healthz").json()["worker"]["backlog"]
        assert 0 < left <= CONVERSATIONS
        done = int(last_line("reanalyse", "--data-dir", str(installation.data_dir), "--tenant", "default"))
        assert done == left
        assert client.get("/healthz").json()["worker"]["backlog"] == 0
        assert client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).json() == before
