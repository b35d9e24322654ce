"""Webhooks: the documented events arrive once, signed, again after a failure, and never at a private address."""

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import asyncpg
import pytest

from rapport.config import Settings
from rapport.domain.alerts import EVENTS, alerts

QUIET = {"quality_index": 0.8, "sentiment": 0.1, "frustration": 0.1, "struggle": 0.1, "commercial_intent": 0.0, "rating_score": None}


class Receiver:
    """A web server that keeps what it is sent; `answers` are the statuses to give first, then 200."""

    def __init__(self):
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://localhost:{self.server.server_port}/hook?x=1"

    def wait(self, n: int) -> list[dict]:
        """The first n events, once they are there."""
        deadline = time.monotonic() + 20
        while len(self.got) < n and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.got) >= n, f"{len(self.got)} of {n} events arrived"
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"allow_private_urls": "private" not in request.node.name})


@pytest.fixture
def execute_sql(server):
    """Run statements in the server's database."""

    def execute(statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(server.database_url)
            await connection.execute(statements)
            await connection.close()

        asyncio.run(run())

    return execute


def subscribe(client, url: str, *events: str) -> dict:
    answer = client.post("/api/admin/v1/webhooks", json={"url": url, "events": list(events)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def log(server, client, conversation: str, text: str) -> str:
    product = server.new_product("Pilot")
    body = {
        "externalUserId": "u-1", "externalConversationId": conversation, "productId": product,
        "messages": [{"role": "user", "content": text, "externalMessageId": f"{conversation}-0"}],
    }  # fmt: skip
    assert client.post("/api/v1/messages", json=body).status_code == 200
    return product


def test_events_arrive_signed(server, client, receiver):
    made = subscribe(client, receiver.url, "conversation.started", "conversation.sentiment")
    product = log(server, client, "c-1", "This is terrible, I am furious and I hate it!")
    events = receiver.wait(2)
    assert {event["type"] for event in events} == {"conversation.started", "conversation.sentiment"}
    assert all(event["data"]["externalConversationId"] == "c-1" and event["data"]["productId"] == product for event in events)
    headers, body = receiver.got[0]
    at, mark = (part.split("=")[1] for part in headers["X-Webhook-Signature"].split(","))
    assert mark == hmac.new(made["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Webhook-Id"] == events[0]["id"]
    assert headers["Host"].startswith("localhost:")


def test_only_chosen_events_arrive_and_a_rating_is_one(server, client, receiver):
    subscribe(client, receiver.url, "conversation.rating")
    product = log(server, client, "c-1", "This is terrible, I am furious and I hate it!")
    rating = {"externalConversationId": "c-1", "productId": product, "rating": 2, "ratingMin": 1, "ratingMax": 5}
    assert client.post("/api/v1/ratings", json=rating).status_code == 200
    assert [(e["type"], e["data"]["value"]) for e in receiver.wait(1)] == [("conversation.rating", 2)]


def test_a_failed_delivery_is_logged_and_tried_again(server, client, receiver, execute_sql):
    receiver.answers = [500]
    made = subscribe(client, receiver.url, "conversation.started")
    log(server, client, "c-1", "Hello")
    receiver.wait(1)
    path = f"/api/admin/v1/webhooks/{made['id']}/deliveries"
    deadline = time.monotonic() + 10
    while not client.get(path).json()["deliveries"] and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    execute_sql("UPDATE job SET due_at = now() - interval '1 second'; UPDATE tenant_work SET next_due_at = now() WHERE queue = 'job'")
    first, second = receiver.wait(2)[:2]
    assert first == second  # the same event, by its id
    while len(found := client.get(path).json()["deliveries"]) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [(d["attempt"], d["delivered"], d["status"]) for d in found] == [(2, True, 200), (1, False, 500)]


def test_a_test_event_tells_what_the_receiver_answered(client, receiver):
    made = subscribe(client, receiver.url, *EVENTS)
    assert len(made["events"]) == 12
    assert client.post(f"/api/admin/v1/webhooks/{made['id']}/test").json()["status"] == 200
    receiver.answers = [404]
    told = client.post(f"/api/admin/v1/webhooks/{made['id']}/test").json()
    assert (told["delivered"], told["status"], told["error"]) == (False, 404, "Answered with 404.")
    receiver.server.shutdown()
    receiver.server.server_close()
    assert client.post(f"/api/admin/v1/webhooks/{made['id']}/test").json()["delivered"] is False


def test_secrets_are_shown_once_and_removal_forgets(client, receiver):
    made = subscribe(client, receiver.url, "conversation.started")
    assert made["secret"] not in client.get("/api/admin/v1/webhooks").text
    assert client.delete(f"/api/admin/v1/webhooks/{made['id']}").json() == {"success": True}
    assert client.get("/api/admin/v1/webhooks").json()["webhooks"] == []
    assert client.delete(f"/api/admin/v1/webhooks/{made['id']}").status_code == 404


def test_webhooks_of_another_tenant_are_404(server, client, receiver):
    made = subscribe(client, receiver.url, "conversation.started")
    with server.client(server.new_key("other")) as other:
        assert other.get("/api/admin/v1/webhooks").json()["webhooks"] == []
        for path in ("deliveries", "test"):
            method = other.get if path == "deliveries" else other.post
            assert method(f"/api/admin/v1/webhooks/{made['id']}/{path}").status_code == 404


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x", "http://localhost:5432", "http://169.254.169.254/latest", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
     "http://10.1.2.3", "http://0.0.0.0:80", "http://2130706433/"],
)  # fmt: skip
def test_private_addresses_are_refused(client, url):
    answer = client.post("/api/admin/v1/webhooks", json={"url": url, "events": ["conversation.started"]})
    assert answer.status_code == 400
    assert "url" in answer.json()["error"]


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "https://user:secret@example.com/", "not a url at all", "http:///path", "http://[x"]
)
def test_odd_urls_are_refused(client, url):
    assert client.post("/api/admin/v1/webhooks", json={"url": url, "events": ["conversation.started"]}).status_code == 400


def test_unknown_events_are_refused(client, receiver):
    answer = client.post("/api/admin/v1/webhooks", json={"url": receiver.url, "events": ["conversation.ended"]})
    assert answer.status_code == 400


def test_a_threshold_fires_when_it_is_crossed_and_not_again():
    assert [alert.type for alert in alerts(None, QUIET)] == ["conversation.started"]
    worse = QUIET | {"quality_index": 0.59, "frustration": 0.51, "struggle": 0.5, "sentiment": -0.2, "commercial_intent": 0.41}
    crossed = [alert.type.split(".")[1] for alert in alerts(QUIET, worse)]
    assert crossed == ["quality_index", "sentiment", "frustration", "commercial_intent"]
    assert list(alerts(worse, worse)) == []
    assert [alert.value for alert in alerts(worse, worse | {"rating_score": 1.0})] == [1.0]


def test_a_product_is_told_when_it_falls_and_not_while_it_stays_low(server, client, receiver):
    subscribe(client, receiver.url, "product.sentiment")
    product = server.new_product("Pilot")
    for i in range(12):
        body = {
            "externalUserId": f"u-{i}", "externalConversationId": f"c-{i}", "productId": product,
            "messages": [{"role": "user", "content": f"This is terrible, I hate it, number {i}!", "externalMessageId": f"m-{i}"}],
        }  # fmt: skip
        assert client.post("/api/v1/messages", json=body).status_code == 200
    (event,) = receiver.wait(1)
    assert event["data"]["productId"] == product
    assert event["data"]["value"] < event["data"]["threshold"]
    time.sleep(1)
    assert len(receiver.got) == 1
