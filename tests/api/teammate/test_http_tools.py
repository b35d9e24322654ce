"""HTTP tools that an agent declares, with a scripted model that calls them and a local server that answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.api.teammate.test_agents import ask, make_agent

from rapport.config import Settings

CALLS = {
    "order": {"id": "a/../b?x=1", "verbose": True}, "escape": {"id": ".."}, "missing": {}, "unknown": {"id": "7", "host": "evil.test"},
    "large": {"id": "large"}, "broken": {"id": "broken"}, "moved": {"id": "moved"},
}  # fmt: skip


class Shop:
    def __init__(self):
        self.seen: list[tuple[str, str | None]] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                shop.seen.append((self.path, self.headers["X-Key"]))
                self.send_response(500 if "broken" in self.path else 302 if "moved" in self.path else 200)
                if "moved" in self.path:
                    self.send_header("Location", "/orders/secret")
                self.end_headers()
                self.wfile.write(b"x" * 3_000_000 if "large" in self.path else b'{"state": "shipped"}')

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/orders/{{id}}"


@pytest.fixture
def shop():
    made = Shop()
    yield made
    made.server.shutdown()


@pytest.fixture
def settings(settings: Settings, tmp_path, request) -> Settings:
    replies = [
        {"when": f"^{name}", "rounds": [[{"tool": "getOrder", "arguments": given}], [{"text": "{results}"}]]}
        for name, given in CALLS.items()
    ]
    (tmp_path / "script.json").write_text(json.dumps({"replies": replies}))
    private = "private" not in request.node.name
    return settings.model_copy(update={"model": f"scripted:{tmp_path / 'script.json'}", "allow_private_urls": private})


def tool(url: str, **fields) -> dict:
    parameters = {"type": "object", "properties": {"id": {"type": "string"}, "verbose": {"type": "boolean"}}, "required": ["id"]}
    return {"name": "getOrder", "description": "An order", "url": url, "parameters": parameters, "headers": {"X-Key": "s3cret"},
            "hosts": ["127.0.0.1"]} | fields  # fmt: skip


def test_a_tool_is_called_and_its_answer_told(client, shop):
    agent = make_agent(client, tools=[tool(shop.url)])
    answer = ask(client, agent, "order")
    assert "shipped" in answer["response"]
    assert shop.seen == [("/orders/a%2F..%2Fb%3Fx%3D1?verbose=true", "s3cret")]
    assert answer["tool_calls"] == [{"name": "getOrder", "args": json.dumps(CALLS["order"], separators=(",", ":")), "result": "ok"}]


@pytest.mark.parametrize(
    ("question", "said", "calls"),
    [("escape", "cannot be", 0), ("missing", "Missing: id", 0), ("unknown", "no parameter host", 0), ("broken", "answered with 500", 1),
     ("moved", "answered with 302", 1)],
)  # fmt: skip
def test_what_goes_wrong_is_told_to_the_model(client, shop, question: str, said: str, calls: int):
    assert said in ask(client, make_agent(client, tools=[tool(shop.url)]), question)["response"]
    assert len(shop.seen) == calls


def test_a_large_answer_is_cut(client, shop):
    text = ask(client, make_agent(client, tools=[tool(shop.url)]), "large")["response"]
    assert 20_000 < len(text) < 21_000


def test_private_addresses_are_refused(client, shop):
    answer = ask(client, make_agent(client, tools=[tool(shop.url)]), "order")
    assert "private address" in answer["response"]
    assert shop.seen == []


@pytest.mark.anyio
async def test_header_values_are_secret(client, shop, db):
    agent = make_agent(client, tools=[tool(shop.url)])
    shown = client.get(f"/api/agents/{agent}").json()["tools"]
    assert shown[0]["headers"] == {"X-Key": "***"}
    async with db.connection() as connection:
        assert "s3cret" not in await connection.fetchval("SELECT tools::text FROM agent")
    shown[0]["description"] = "Any order"
    assert client.put(f"/api/agents/{agent}", json={"tools": shown}).status_code == 200
    ask(client, agent, "order")
    assert shop.seen[0][1] == "s3cret"


def test_a_stored_header_does_not_move_to_another_server(client, shop):
    agent = make_agent(client, tools=[tool(shop.url)])
    [shown] = client.get(f"/api/agents/{agent}").json()["tools"]
    moved = client.put(f"/api/agents/{agent}", json={"tools": [shown | {"url": "http://localhost:1/{id}", "hosts": ["localhost"]}]})
    assert moved.status_code == 422
    plain = {name: value for name, value in shown.items() if name != "headers"}
    assert client.put(f"/api/agents/{agent}", json={"tools": [plain]}).json()["tools"][0]["headers"] == {}


@pytest.mark.parametrize(
    "wrong",
    [{"hosts": ["shop.test"]}, {"hosts": []}, {"url": "http://{id}.shop.test/", "hosts": ["{id}.shop.test"]}, {"url": "file:///etc/passwd"},
     {"url": "http://127.0.0.1/{other}"}, {"name": "searchKnowledge"}, {"name": "no spaces"}, {"headers": {"X-Key": "***"}},
     {"headers": {"X Y": "1"}}, {"headers": {"host": "evil.test"}}, {"headers": {"X": "a\r\nb"}}, {"parameters": {"type": "array"}}],
)  # fmt: skip
def test_bad_declarations_are_refused(client, shop, wrong: dict):
    assert client.post("/api/agents", json={"name": "Ada", "tools": [tool(**{"url": shop.url} | wrong)]}).status_code == 422
