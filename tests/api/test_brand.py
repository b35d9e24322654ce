"""White label: on a tenant's own domain, and in what is served for it, nothing names the product."""

import asyncio
import http.server
import json
import re
import socketserver
import threading
from collections.abc import Iterator

import pytest
from tests import conftest
from tests.api.streams import events, text_of
from tests.api.test_routes import BODY, operations

from rapport.app import create_app
from rapport.config import Settings
from rapport.domain.brand import OWN, Brand, host_name, may_be_claimed

DOMAIN = "insights.brightfield.example"
HERE = {"Host": DOMAIN}
LOGO = "https://static.brightfield.example/logo.svg"
BRAND = {"name": "Brightfield & Sons", "primaryColor": "#0b5cad", "logoUrl": LOGO, "domains": [DOMAIN.upper(), "b.brightfield.example"]}


@pytest.fixture
def branded(server, client) -> Iterator:
    """A client of the tenant `default`, which has a brand."""
    changed = client.patch("/api/admin/v1/tenant", json={"brand": BRAND})
    assert changed.json()["brand"]["domains"] == [DOMAIN, "b.brightfield.example"]
    return client


@pytest.fixture
def stranger(server) -> Iterator:
    with server.client(server.new_key("stranger")) as opened:
        yield opened


def names_nobody(text: str) -> bool:
    return not re.search("rapport", text, re.IGNORECASE)


def made_ticket(client, headers=None) -> str:
    """Where a ticket that was made from a chat can be read."""
    product = client.post("/api/admin/v1/products", json={"name": "Shop"}).json()["id"]
    said = {"role": "user", "content": "The upload fails again, this is ridiculous."}
    client.post("/api/v1/messages", json={"externalUserId": "u", "externalConversationId": "c", "productId": product, "messages": [said]})
    for question in ("draft a ticket for conversation c", "yes, create it"):
        told = client.post("/api/v1/chat", json={"question": question, "conversationId": "t"}, headers=headers)
    found = re.search(r"https?://[^\s)\]]+/tickets/LOC-\d+", text_of(events(told.content)))
    assert found, told.text
    return found[0]


@pytest.mark.parametrize(("method", "path"), operations())
def test_no_answer_and_no_error_names_the_product(method, path, branded_server):
    for key in ("wrong", branded_server.key):
        with branded_server.client(key) as client:
            url = re.sub(r"\{[^}]+\}", "none-of-these", path)
            sent = {"json": BODY} if method in ("POST", "PUT", "PATCH") else {}
            answer = client.request(method, url, headers=HERE, **sent)
        assert names_nobody(answer.text), answer.text
        assert names_nobody(json.dumps(dict(answer.headers)))


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/tickets/LOC-1", "/nowhere", "/api/v1/nowhere", "/api/agents/%00", "/healthz"])
def test_what_needs_no_key_carries_the_brand(path, branded):
    answer = branded.get(path, headers=HERE | {"Authorization": ""})
    assert names_nobody(answer.text + json.dumps(dict(answer.headers)))
    if "html" in answer.headers["content-type"]:
        assert "Brightfield &amp; Sons" in answer.text
        assert ("#0b5cad" in answer.text, LOGO in answer.text) == (True, True)
        assert "img-src 'self' data: https://static.brightfield.example" in answer.headers["content-security-policy"]


def test_the_reference_is_read_without_a_network(client):
    page = client.get("/docs")
    assert "Rapport" in page.text
    outside = re.findall(r'(?:src|href|url)\s*[=:]\s*"(?:https?:)?//', page.text)
    assert outside == []
    for name in re.findall(r'"(/docs/[^"]+)"', page.text):
        assert client.get(name).status_code == 200
    assert client.get("/docs/../pyproject.toml").status_code == 404
    assert client.get("/openapi.json").json()["info"]["title"] == "Rapport"
    assert client.get("/openapi.json", headers={"Host": "unknown.example"}).json()["info"]["title"] == "Rapport"


def test_schema_names_are_plain():
    assert names_nobody(json.dumps(create_app(Settings()).openapi() | {"info": {}}))


def test_a_key_of_another_tenant_is_unknown_on_the_domain(branded, stranger):
    here, elsewhere = stranger.get("/api/v1/products", headers=HERE), stranger.get("/api/v1/products")
    assert (here.status_code, elsewhere.status_code) == (401, 200)
    unknown = stranger.get("/api/v1/products", headers=HERE | {"Authorization": "Bearer nobody"})
    assert here.json() == unknown.json()
    assert branded.get("/api/v1/products", headers=HERE).status_code == 200
    assert branded.get("/api/v1/products", headers={"Host": "unknown.example"}).status_code == 200


def test_representatives_of_another_tenant_are_not_found_on_the_domain(branded, stranger):
    def published(client, name):
        made = client.post("/api/v1/profiles", data={"name": name}).json()
        return client.post(f"/api/v1/profiles/{made['id']}/publish").json()["slug"]

    mine, theirs = published(branded, "Mine"), published(stranger, "Theirs")
    token = stranger.post(f"/api/v1/profiles/{theirs}/visitor-tokens", json={"visitor": "v"}).json()["token"]
    open_to_all = [branded.get(f"/api/v1/profiles/p/{slug}", headers=HERE).status_code for slug in (mine, theirs)]
    assert open_to_all == [200, 404]
    assert branded.post("/api/v1/public/ai/ask-sync", json={"profile_id": theirs, "question": "Hi?"}, headers=HERE).status_code == 404
    assert branded.get(f"/api/v1/contacts/{theirs}/vcf", headers=HERE).status_code == 404
    listed = branded.get("/api/v1/public/directory/search", headers=HERE).json()["results"]
    assert [found["slug"] for found in listed] == [mine]
    assert {found["slug"] for found in branded.get("/api/v1/public/directory/search").json()["results"]} == {mine, theirs}
    spoken = {"json": {"agent_id": theirs}, "headers": HERE | {"Authorization": f"Bearer {token}"}}
    assert branded.post("/api/v1/chat/sessions", **spoken).status_code == 401


def test_webhooks_of_another_tenant_are_not_found_on_the_domain(branded, stranger):
    agent = stranger.post("/api/agents", json={"name": "Ada"}).json()["id"]
    made = stranger.post(f"/api/agents/{agent}/webhooks", json={"name": "w"}).json()
    assert branded.post(f"/api/webhook/{made['token']}", json={"message": "hi"}, headers=HERE).status_code == 404
    assert branded.post(f"/api/webhook/{made['token']}", json={"message": "hi"}).status_code == 200


def test_links_that_last_name_the_domain(branded):
    address = made_ticket(branded)
    assert address.startswith(f"http://{DOMAIN}/tickets/")
    page = branded.get(f"/tickets/{address.rsplit('/', 1)[1]}")  # also where it is read on the server's own address
    assert "Brightfield &amp; Sons" in page.text
    assert names_nobody(page.text)
    agent = branded.post("/api/agents", json={"name": "Ada"}).json()["id"]
    assert branded.post(f"/api/agents/{agent}/webhooks", json={"name": "w"}).json()["webhook_url"].startswith(f"http://{DOMAIN}/")
    listed = branded.get("/api/v1/interactions?limit=1", headers={"Host": f"{DOMAIN}:8443"})
    assert f"<http://{DOMAIN}:8443/api/v1/interactions" in listed.headers["link"]


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()} | {"body": body})  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_): ...


@pytest.fixture
def receiver():
    with socketserver.TCPServer(("127.0.0.1", 0), _Receiver) as listening:
        listening.seen = []  # type: ignore[attr-defined]
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


class TestToTheOutside:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"allow_private_urls": True})

    def test_webhooks_come_from_the_brand(self, branded, stranger, receiver):
        url = f"http://127.0.0.1:{receiver.server_address[1]}/"
        for client in (branded, stranger):
            made = client.post("/api/admin/v1/webhooks", json={"url": url, "events": ["conversation.rating"]}).json()
            assert client.post(f"/api/admin/v1/webhooks/{made['id']}/test").status_code == 200
        mine, theirs = receiver.seen
        assert mine["user-agent"] == "Brightfield-Sons-Webhooks/1"
        assert theirs["user-agent"] == "Rapport-Webhooks/1"
        assert names_nobody(json.dumps(mine))


class TestLanguageModel:
    @pytest.fixture
    def settings(self, settings: Settings, receiver) -> Settings:
        return settings.model_copy(update={"model": f"openai:m@http://127.0.0.1:{receiver.server_address[1]}/v1"})

    def test_the_analyst_is_told_whose_it_is(self, branded, stranger, receiver):
        for client in (branded, stranger):
            answer = client.post("/api/v1/chat", json={"question": "hi"})
            assert "model_error" in answer.text  # nobody there is a language model
            assert names_nobody(answer.text)
        mine, theirs = (seen["body"] for seen in receiver.seen)
        assert "analyst of Brightfield & Sons" in mine
        assert names_nobody(mine)
        assert "analyst of Rapport" in theirs


@pytest.mark.parametrize(
    "domain",
    ["localhost", "127.0.0.1", "10.1.2.3", "::1", "a b.example", "-x.example", "x..example", "example.com/x", "example.com:80", "1.2", ""],
)
def test_only_full_names_may_be_claimed(client, domain):
    refused = client.patch("/api/admin/v1/tenant", json={"brand": {"name": "X", "domains": [domain]}})
    assert refused.status_code == 400
    assert "domains" in refused.json()["error"]


@pytest.mark.parametrize(
    "logo", ["javascript:alert(1)", "https://x.example/a b", "https://x.example; script-src *", 'https://x/"onload=', "//x"]
)
def test_a_logo_cannot_break_out(client, logo):
    assert client.patch("/api/admin/v1/tenant", json={"brand": {"name": "X", "logoUrl": logo}}).status_code == 400


def test_a_domain_has_one_tenant_at_a_time(branded, stranger):
    taken = {"brand": {"name": "Other", "domains": [DOMAIN]}}
    assert stranger.patch("/api/admin/v1/tenant", json=taken).status_code == 409
    assert branded.patch("/api/admin/v1/tenant", json={"brand": None}).json()["brand"] is None
    assert stranger.patch("/api/admin/v1/tenant", json=taken).status_code == 200
    assert branded.get("/openapi.json", headers=HERE).json()["info"]["title"] == "Other"


def test_a_brand_ends_with_the_plan_that_has_it(branded, stranger):
    branded.patch("/api/admin/v1/tenant", json={"plan": "growth"})
    assert stranger.get("/openapi.json", headers=HERE).json()["info"]["title"] == "Rapport"
    assert stranger.get("/api/v1/products", headers=HERE).status_code == 200
    assert branded.patch("/api/admin/v1/tenant", json={"brand": BRAND}).status_code == 403
    assert branded.patch("/api/admin/v1/tenant", json={"brand": None}).status_code == 200


class TestPublicAddress:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://all.example/"})

    def test_nobody_may_claim_it_and_domains_take_its_scheme(self, client):
        refused = client.patch("/api/admin/v1/tenant", json={"brand": {"name": "X", "domains": ["all.example"]}})
        assert refused.status_code == 400
        assert client.get("/api/v1/users").headers["link"].startswith("<https://all.example/api")
        client.patch("/api/admin/v1/tenant", json={"brand": BRAND})
        assert made_ticket(client).startswith(f"https://{DOMAIN}/tickets/")
        assert client.get("/api/v1/users", headers=HERE).headers["link"].startswith(f"<https://{DOMAIN}/api")


@pytest.mark.parametrize(
    ("header", "name"),
    [("A.Example:80", "a.example"), ("a.example.", "a.example"), ("[::1]:8700", "::1"), ("::1", "::1"), ("", ""), (" x ", "x")],
)
def test_host_name(header, name):
    assert host_name(header) == name


def test_names_as_one_word():
    assert [Brand(1, name).token for name in ("Ärger & Co", "日本", "a  b")] == ["rger-Co", "Server", "a-b"]
    assert may_be_claimed("Insights.Example.COM")
    assert OWN.token == "Rapport"


# One server for all operations: what they change does not matter here.


@pytest.fixture(scope="module")
def branded_server(postgres, template, tmp_path_factory):
    name = "t_brand"
    url = conftest._sibling(postgres, name)
    asyncio.run(conftest._execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    settings = Settings(database_url=url, data_dir=tmp_path_factory.mktemp("brand"), encoder="off", analysis_delay_s=0.05)  # type: ignore[arg-type]
    with conftest.running(settings) as address:
        server = conftest.Server(address, asyncio.run(conftest._make_key(url, "default", "enterprise")), url)
        with server.client() as client:
            assert client.patch("/api/admin/v1/tenant", json={"brand": BRAND}).status_code == 200
        yield server
    asyncio.run(conftest._execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))
