"""MCP servers that an agent declares: a real server of the protocol's own package, and a scripted model that calls its tools."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from mcp.server.mcpserver import MCPServer
from tests.api.teammate.test_agents import ask, make_agent

from rapport.config import Settings
from rapport.providers import mcp

CALLS = {"add": {"a": 2, "b": 40}, "wrong": {"a": "many"}, "fail": {}, "large": {}, "stop": {}, "hang": {}, "picture": {}, "secret": {}}


def tools_of_a_shop() -> MCPServer:
    made = MCPServer("shop")

    @made.tool(title="Sum")
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    @made.tool()
    def fail() -> str:
        """Never works."""
        raise ValueError("out of stock")

    @made.tool(name="large")
    def large_answer(size: int = 100_000) -> str:
        """Says much."""
        return "x" * size

    @made.tool()
    async def hang() -> str:
        """Takes its time."""
        await asyncio.sleep(60)
        return ""

    @made.tool(name="admin.secret/all")
    def secret() -> str:
        """Not for everyone."""
        return "hidden"

    return made


class Shop:
    """The server, what it was sent, and how it answers: `down` is a status for everything."""

    def __init__(self, token: str | None = None):
        self.token, self.down = token, 0
        self.tokens: list[str] = []
        self.methods: list[str] = []
        self._app = tools_of_a_shop().streamable_http_app(stateless_http=True)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        self.tokens.append(headers.get(b"authorization", b"").decode())
        status = self.down or (401 if self.token and self.tokens[-1] != f"Bearer {self.token}" else 0)
        if status:
            moved = [(b"location", b"http://localhost:1/mcp")] if status == 307 else []
            await send({"type": "http.response.start", "status": status, "headers": moved})
            return await send({"type": "http.response.body", "body": b"no"})
        body = await receive()
        self.methods.append(json.loads(body["body"] or b"{}").get("method", ""))
        pending = [body]

        async def replay():
            return pending.pop() if pending else await receive()

        return await self._app(scope, replay, send)


@contextlib.contextmanager
def serving(shop: Shop) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(shop, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def shop() -> Shop:
    return Shop(token="s3cret")


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    with serving(shop) as address:
        yield address


@pytest.fixture
def settings(settings: Settings, tmp_path, request) -> Settings:
    names = {"wrong": "shop__add", "stop": "shop__unavailable", "secret": "shop__admin_secret_all"}
    replies = [
        {"when": f"^{name}", "rounds": [[{"tool": names.get(name, f"shop__{name}"), "arguments": given}], [{"text": "{results}"}]]}
        for name, given in CALLS.items()
    ]
    (tmp_path / "script.json").write_text(json.dumps({"replies": replies}))
    private = "private" not in request.node.name
    return settings.model_copy(update={"model": f"scripted:{tmp_path / 'script.json'}", "allow_private_urls": private})


def server_at(url: str, **fields) -> dict:
    return {"name": "shop", "url": url, "hosts": ["127.0.0.1"], "token": "s3cret", **fields}


def test_a_tool_is_called_with_the_token_and_its_answer_told(client, shop, url):
    agent = make_agent(client, mcp_servers=[server_at(url)])
    answer = ask(client, agent, "add")
    assert '"42"' in answer["response"]
    assert answer["tool_calls"] == [{"name": "shop__add", "args": '{"a":2,"b":40}', "result": "ok"}]
    assert set(shop.tokens) == {"Bearer s3cret"}
    ask(client, agent, "add")
    assert shop.methods.count("tools/call") == 2


def test_what_a_server_offers_is_shown_and_its_names_suit_models(client, url):
    [listed] = client.get(f"/api/agents/{make_agent(client, mcp_servers=[server_at(url)])}/mcp-tools").json()
    assert [tool["name"] for tool in listed["tools"]] == ["shop__add", "shop__fail", "shop__large", "shop__hang", "shop__admin_secret_all"]
    assert (listed["server"], listed["error"], listed["tools"][0]["description"]) == ("shop", None, "Adds two numbers.")


@pytest.mark.parametrize(("question", "said"), [("wrong", "validation error"), ("fail", "shop__fail failed")])
def test_what_goes_wrong_is_told_to_the_model(client, url, question: str, said: str):
    answer = ask(client, make_agent(client, mcp_servers=[server_at(url)]), question)
    assert said in answer["response"]
    assert answer["tool_calls"][0]["result"] != "ok"


def test_only_allowed_tools_are_offered_and_called(client, shop, url):
    limited = make_agent(client, mcp_servers=[server_at(url, tools=["add"])])
    assert "There is no tool called shop__admin_secret_all" in ask(client, limited, "secret")["response"]
    assert "tools/call" not in shop.methods
    assert "42" in ask(client, limited, "add")["response"]
    assert "hidden" in ask(client, make_agent(client, mcp_servers=[server_at(url)]), "secret")["response"]


def test_a_large_answer_is_cut(client, url):
    agent = make_agent(client, mcp_servers=[server_at(url)])
    assert 20_000 < len(ask(client, agent, "large")["response"]) < 21_000


@pytest.mark.anyio
async def test_a_session_is_bounded_in_bytes_and_time(shop, url):
    endpoint = mcp.Endpoint(url, "s3cret", allow_private=True)
    with pytest.raises(mcp.ProviderError, match="larger than 1024 KiB"):
        await mcp.call_tool(endpoint, "large", {"size": 3_000_000})
    with pytest.raises(mcp.ProviderError, match=r"No answer within 0\.5 s"):
        await mcp.call_tool(endpoint, "hang", {}, seconds=0.5)


@pytest.mark.parametrize(("status", "said"), [(401, "401"), (500, "500"), (404, "404"), (307, "307")])
def test_a_server_that_refuses_is_a_tool_that_says_so(client, shop, url, status: int, said: str):
    shop.down = status
    agent = make_agent(client, mcp_servers=[server_at(url)])
    answer = ask(client, agent, "stop")
    assert f"The tools of shop are not available now: It answered with {said}" in answer["response"]
    assert client.get(f"/api/agents/{agent}/mcp-tools").json()[0]["error"] == f"It answered with {said}."


def test_a_wrong_token_is_a_tool_that_says_so(client, url):
    assert "It answered with 401" in ask(client, make_agent(client, mcp_servers=[server_at(url, token="other")]), "stop")["response"]


def test_private_addresses_are_refused(client, shop, url):
    answer = ask(client, make_agent(client, mcp_servers=[server_at(url)]), "stop")
    assert "private address" in answer["response"]
    assert shop.tokens == []


def test_a_team_uses_the_tools_of_its_members(client, shop, url):
    team = client.post("/api/teams", json={"name": "Both", "chat_mode": "parallel"}).json()["id"]
    for name in ("Ada", "Ben"):
        agent = make_agent(client, name=name, mcp_servers=[server_at(url)])
        assert client.post(f"/api/teams/{team}/agents/{agent}").status_code == 200
    said = client.post(f"/api/teams/{team}/chat", json={"message": "add them"})
    assert said.status_code == 200
    assert shop.methods.count("tools/call") >= 2


@pytest.mark.anyio
async def test_tokens_are_secret_and_stay_with_their_server(client, shop, url, db):
    agent = make_agent(client, mcp_servers=[server_at(url)])
    [shown] = client.get(f"/api/agents/{agent}").json()["mcp_servers"]
    assert shown == server_at(url, token="***") | {"tools": None}
    async with db.connection() as connection:
        assert "s3cret" not in await connection.fetchval("SELECT mcp_servers::text FROM agent")
    assert client.put(f"/api/agents/{agent}", json={"mcp_servers": [shown | {"tools": ["add"]}]}).status_code == 200
    assert "42" in ask(client, agent, "add")["response"]
    with serving(Shop()) as other:
        moved = client.put(f"/api/agents/{agent}", json={"mcp_servers": [shown | {"url": other}]})
        assert moved.status_code == 422
        assert "send the token" in moved.text


@pytest.mark.parametrize(
    "wrong",
    [{"hosts": ["shop.test"]}, {"hosts": []}, {"url": "file:///etc/passwd"}, {"url": "http://user:pass@127.0.0.1/"}, {"name": "a_b"},
     {"token": "***"}, {"token": "a b"}, {"token": "a\r\nb"}, {"unknown": 1}],
)  # fmt: skip
def test_bad_declarations_are_refused(client, wrong: dict):
    servers = [server_at("http://127.0.0.1:1/mcp") | wrong]
    assert client.post("/api/agents", json={"name": "Ada", "mcp_servers": servers}).status_code == 422


def test_too_many_servers_and_names_that_repeat_are_refused(client):
    one = server_at("http://127.0.0.1:1/mcp")
    assert client.post("/api/agents", json={"name": "Ada", "mcp_servers": [one, one]}).status_code == 422
    many = [one | {"name": f"s{n}"} for n in range(6)]
    assert client.post("/api/agents", json={"name": "Ada", "mcp_servers": many}).status_code == 422
