"""Tickets and connections over HTTP: escaped pages, tokens that never come out, and nothing of another tenant."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Server

from rapport.domain.ids import new_id
from rapport.domain.ticket import Ticket, TicketDraft, TicketTarget
from rapport.store import database, keys, tickets
from rapport.store.vault import open_vault


@pytest.fixture
def ticket(server: Server) -> str:
    """A ticket of the tenant `default` with hostile text in it."""

    async def make() -> None:
        opened = await database.connect(server.database_url, connections=2)
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, "default")
            draft = TicketDraft(
                new_id(), "local", "<script>alert(1)</script>", "<img src=x onerror=alert(2)>", TicketTarget("local", "Local", "LOC"),
                source_id="c-1",
            )  # fmt: skip
            await tickets.save_draft(connection, tenant_id, new_id(), draft)
            await tickets.record(connection, tenant_id, draft, Ticket("local", "LOC-1", "http://x/tickets/LOC-1", draft.title))
        await opened.close()

    asyncio.run(make())
    return "LOC-1"


def test_tickets_are_listed_and_read(server: Server, ticket: str):
    with server.client() as client:
        listed = client.get("/api/v1/tickets").json()
        one = client.get(f"/api/v1/tickets/{ticket}").json()
    assert listed == {"tickets": [one], "total": 1}
    assert (one["identifier"], one["source"]) == ("LOC-1", {"type": "conversation", "conversationId": "c-1"})


def test_the_page_escapes_what_users_wrote_and_may_run_nothing(server: Server, ticket: str):
    with server.client() as client:
        page = client.get(f"/tickets/{ticket}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_without_a_key_the_page_asks_for_one_and_holds_nothing(server: Server, ticket: str):
    with server.client("wrong") as client:
        page = client.get(f"/tickets/{ticket}")
        refused = client.post(f"/tickets/{ticket}", data={"key": "nonsense"})
        opened = client.post(f"/tickets/{ticket}", data={"key": server.key})
    assert (page.status_code, refused.status_code, opened.status_code) == (401, 401, 200)
    assert "alert" not in page.text + refused.text
    assert "alert(1)" in opened.text


def test_tickets_of_another_tenant_are_unknown(server: Server, ticket: str):
    with server.client(server.new_key("other")) as client:
        assert client.get("/api/v1/tickets").json()["tickets"] == []
        assert client.get(f"/api/v1/tickets/{ticket}").status_code == 404
        assert client.get(f"/tickets/{ticket}").status_code == 404


def test_a_connection_keeps_its_token_to_itself(server: Server):
    with server.client() as client:
        assert client.get("/api/admin/v1/connections").json()["chosen"] == "local"
        saved = client.put("/api/admin/v1/connections/linear", json={"token": "lin_secret", "settings": {"defaultTeam": "ENG"}})
        assert saved.json()["hasToken"] is True
        kept = client.put("/api/admin/v1/connections/linear", json={"settings": {"defaultTeam": "OPS"}}).json()
        listed = client.get("/api/admin/v1/connections")
    assert (kept["hasToken"], kept["settings"]) == (True, {"defaultTeam": "OPS"})
    assert listed.json()["chosen"] == "linear"
    assert "lin_secret" not in saved.text + listed.text
    assert b"lin_secret" not in asyncio.run(stored_token(server))


async def stored_token(server: Server) -> bytes:
    connection = await asyncpg.connect(server.database_url)
    try:
        return await connection.fetchval("SELECT token FROM ticket_connection")
    finally:
        await connection.close()


def test_connections_can_be_switched_off_and_removed(server: Server):
    with server.client() as client:
        client.put("/api/admin/v1/connections/linear", json={"token": "lin_secret"})
        assert client.delete("/api/admin/v1/connections/linear").status_code == 200
        assert client.delete("/api/admin/v1/connections/linear").status_code == 404
        client.put("/api/admin/v1/connections/local", json={"active": False})
        assert client.get("/api/admin/v1/connections").json()["chosen"] is None
        assert client.post("/api/admin/v1/connections/github/test").json()["code"] == "provider_needs_setup"


@pytest.mark.parametrize(
    "body",
    [
        {"settings": {"baseUrl": "ftp://x"}},
        {"settings": {"baseUrl": "http://user@x"}},
        {"settings": {"repositories": ["../etc"]}},
        {"tok": "x"},
    ],
)
def test_odd_settings_are_refused(server: Server, body: dict):
    with server.client() as client:
        assert client.put("/api/admin/v1/connections/github", json=body).status_code == 400


def test_connections_need_an_administrators_key(server: Server):
    async def plain_key() -> str:
        opened = await database.connect(server.database_url, connections=2)
        async with opened.transaction() as connection:
            key = (await keys.create_key(connection, await keys.ensure_tenant(connection, "default"), scopes=frozenset({"api"})))[1]
        await opened.close()
        return key

    with server.client(asyncio.run(plain_key())) as client:
        assert client.get("/api/admin/v1/connections").status_code == 403


def test_a_vault_opens_only_what_was_sealed_for_the_same_purpose_with_the_same_key(tmp_path: Path):
    vault = open_vault(tmp_path, None)
    sealed = vault.seal("token", purpose="1/linear")
    assert open_vault(tmp_path, None).open(sealed, purpose="1/linear") == "token"
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    for other, purpose in ((vault, "2/linear"), (open_vault(tmp_path, "another"), "1/linear")):
        with pytest.raises(Exception, match="cannot be read"):
            other.open(sealed, purpose=purpose)
