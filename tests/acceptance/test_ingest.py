"""A 200 means durable: what was acknowledged before a kill -9 is there afterwards, and sending all of it again doubles nothing."""

import concurrent.futures
import os
import signal
import threading

import httpx2
import pytest
from tests.acceptance.conftest import last_line

pytestmark = pytest.mark.acceptance

SENDERS = 8
EACH = 60


def body(product: str, sender: int, number: int) -> dict:
    """Every fourth batch goes to a conversation that several senders share."""
    conversation = f"shared-{number % 5}" if number % 4 == 0 else f"c-{sender}-{number}"
    messages = [{"role": "user", "content": f"{sender} {number} {i}", "externalMessageId": f"{sender}-{number}-{i}"} for i in range(3)]
    return {"externalUserId": f"u{sender}", "productId": product, "externalConversationId": conversation, "messages": messages}


def send(client: httpx2.Client, given: dict, acknowledged: list[dict]) -> bool:
    """Whether the server answered; what it acknowledged is kept."""
    try:
        answer = client.post("/api/v1/messages", json=given)
    except httpx2.TransportError:
        return False
    assert answer.status_code == 200, answer.text
    acknowledged.append(given | {"ids": [m["messageId"] for m in answer.json()["messages"]]})
    return True


@pytest.mark.parametrize("both", [False, True], ids=["server", "server and database"])
def test_kill_during_ingest_loses_and_doubles_nothing(installation, both):
    installation.start()
    key = installation.key()
    product = last_line("product", "create", "--data-dir", str(installation.data_dir), "--product", "P")
    acknowledged: list[dict] = []
    enough = threading.Event()

    def sender(number: int) -> None:
        with installation.client(key) as client:
            for i in range(EACH):
                if not send(client, body(product, number, i), acknowledged):
                    return
                if len(acknowledged) > SENDERS * EACH // 3:
                    enough.set()

    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        runs = [pool.submit(sender, n) for n in range(SENDERS)]
        assert enough.wait(60)
        database = installation.postgres_pids()
        installation.end(signal.SIGKILL)
        if both:
            for pid in database:
                os.kill(pid, signal.SIGKILL)
        for run in runs:
            run.result()

    installation.start()
    with installation.client(key) as client:
        for given in acknowledged:
            again = client.post("/api/v1/messages", json={k: v for k, v in given.items() if k != "ids"}).json()
            assert [(m["messageId"], m["status"]) for m in again["messages"]] == [(i, "deduplicated") for i in given["ids"]]
        for number in range(SENDERS):
            for i in range(EACH):
                send(client, body(product, number, i), [])
        shared = [client.get(f"/api/v1/interactions/shared-{n}").json()["messages"] for n in range(5)]
        total = int(client.get("/api/v1/interactions?limit=1").headers["X-Total-Count"])
    assert [len(messages) for messages in shared] == [SENDERS * EACH // 20 * 3] * 5
    assert total == 5 + SENDERS * EACH * 3 // 4
