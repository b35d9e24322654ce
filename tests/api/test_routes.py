"""Laws of all routes: a key is needed, errors have their API's envelope, another tenant's ids are not found."""

import asyncio
import re

import pytest

from rapport.api.envelopes import DETAIL_PREFIXES
from rapport.app import create_app
from rapport.config import Settings
from rapport.store import database, fixtures

OPEN = {"/healthz"}
HANDLED = re.compile(r"^/(api/v1/public/|api/v1/contacts/|api/v1/profiles/p/|api/webhook/)")
"""Published representatives, and incoming webhooks, whose token in the path is the credential: 404 for what nobody gave out."""
PUBLIC = re.compile(rf"{HANDLED.pattern}|^/tickets/")
"""Also the page of a ticket, which asks for the key in a form before it tells anything."""
TEXTS = ("content", "message", "question", "name", "title", "text")
IDS = ("session_id", "sessionId", "agent_id", "agentId")
BODY = dict.fromkeys(TEXTS, "hi") | dict.fromkeys(IDS, str(fixtures.SDK_ID)) | {"command": "navigate", "args": {"url": "/"}}


def operations() -> list[tuple[str, str]]:
    """(method, path) of every documented operation."""
    paths = create_app(Settings()).openapi()["paths"]
    return sorted((method.upper(), path) for path, item in paths.items() for method in item if path not in OPEN)


def call(client, method: str, path: str, ident: str):
    url = re.sub(r"\{[^}]+\}", ident, path)
    return client.request(method, url, **({"json": BODY} if method in ("POST", "PUT", "PATCH") else {}))


def assert_envelope(path: str, body: dict) -> None:
    if path.startswith(DETAIL_PREFIXES):
        assert body["detail"]
    else:
        assert body["success"] is False
        assert body["error"]
    assert body["code"]


@pytest.mark.parametrize(("method", "path"), operations())
def test_every_operation_needs_a_key(method, path, unknown_caller):
    if PUBLIC.match(path):
        pytest.skip("open to visitors by design")
    answer = call(unknown_caller, method, path, "x")
    assert answer.status_code == 401, answer.text
    assert_envelope(path, answer.json())


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in operations() if HANDLED.match(p) and "{" in p])
def test_what_is_open_needs_a_handle_or_token_that_was_given_out(method, path, unknown_caller):
    answer = call(unknown_caller, method, path, "nobody-gave-this-out")
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in operations() if "{" in p])
def test_ids_of_another_tenant_are_not_found(method, path, stranger):
    if PUBLIC.match(path):
        pytest.skip("open to visitors by design")
    answer = call(stranger, method, path, str(fixtures.SDK_ID))
    assert answer.status_code in (404, 400, 422), answer.text
    if answer.status_code != 404:  # the body was refused before the id was looked up: nothing is told about the id
        assert answer.json() == call(stranger, method, path, "182bd5e5-0000-4fe4-a799-aa6d9a6ab26e").json()
    assert_envelope(path, answer.json())
    assert "SDK" not in answer.text


# One server for all of these: they change nothing.


@pytest.fixture(scope="module")
def shared_server(postgres, template, tmp_path_factory):
    from tests import conftest

    name = "t_routes"
    url = conftest._sibling(postgres, name)
    asyncio.run(conftest._execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    asyncio.run(_write_fixtures(url))
    settings = Settings(database_url=url, data_dir=tmp_path_factory.mktemp("routes"), encoder="off", analysis_delay_s=0.05)  # type: ignore[arg-type]
    with conftest.running(settings) as address:
        yield conftest.Server(address, asyncio.run(conftest._make_key(url, "stranger", "enterprise")), url)
    asyncio.run(conftest._execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


async def _write_fixtures(url: str) -> None:
    opened = await database.connect(url, connections=2)
    async with opened.transaction() as connection:
        await fixtures.write_sdk_fixtures(connection)
    await opened.close()


@pytest.fixture(scope="module")
def stranger(shared_server):
    with shared_server.client() as client:
        yield client


@pytest.fixture(scope="module")
def unknown_caller(shared_server):
    with shared_server.client(key="wrong") as client:
        yield client
