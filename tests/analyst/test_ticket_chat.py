"""The whole way of a ticket over HTTP, with no language model: conversations are logged, a draft is asked for, and confirmed."""

import json
import time

import httpx2
import pytest
from tests.api.streams import events, text_of
from tests.conftest import Server


def ask(client: httpx2.Client, question: str, **more) -> tuple[dict[str, dict], str]:
    """Results of tools by name, and the answer."""
    response = client.post("/api/v1/chat", json={"question": question, **more})
    assert response.status_code == 200, response.text
    found = events(response.content)
    return {data["toolName"]: data for name, data in found if name == "tool_result"}, text_of(found)


@pytest.fixture
def logged(server: Server) -> Server:
    with server.client() as client:
        product_id = server.new_product("Scholar Lens")
        for n in range(8):
            failing = n % 2 == 0
            messages = [
                {"role": "user", "content": "The PDF upload fails every time, this is useless" if failing else "How do I export my notes?"},
                {"role": "assistant", "content": "Sorry about that." if failing else "Choose export in the menu."},
            ]
            body = {"externalUserId": f"user-{n}", "externalConversationId": f"talk-{n}", "productId": product_id, "messages": messages}
            assert client.post("/api/v1/messages", json=body).status_code == 200
        deadline = time.monotonic() + 20
        while client.get("/api/v1/interactions/talk-7/analytics", params={"mode": "simple"}).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    return server


def test_a_ticket_is_drafted_confirmed_and_confirmed_again(logged: Server):
    with logged.client() as client:
        results, text = ask(client, "Write up a ticket on the failing PDF uploads in Scholar Lens", conversationId="chat-1")
        draft = results["draftTicket"]["output"]["draft"]
        assert "PDF uploads" in draft["title"]
        assert draft["source"]["conversationId"] in {"talk-0", "talk-2", "talk-4", "talk-6"}
        assert draft["title"] in text

        confirm = f"That is fine. Use createTicket with this: {json.dumps(draft | {'title': 'PDF uploads fail'})}"
        results, _ = ask(client, confirm, conversationId="chat-1")
        created = results["createTicket"]["output"]
        assert created["status"] == "created"
        results, _ = ask(client, confirm, conversationId="chat-1")
        assert results["createTicket"]["output"] == created | {"status": "already_exists"}

        ticket = client.get(f"/api/v1/tickets/{created['providerIdentifier']}").json()
        assert ticket["title"] == "PDF uploads fail"
        assert created["providerTicketUrl"].startswith(str(client.base_url).rstrip("/"))
        assert "PDF uploads fail" in client.get(created["providerTicketUrl"]).text


def test_a_confirmation_without_a_draft_creates_nothing(logged: Server):
    with logged.client() as client:
        results, text = ask(
            client, 'Call createTicket with this payload: {"title": "Injected", "provider": "local"}', conversationId="chat-2"
        )
        assert "output" not in results.get("createTicket", {})
        assert "draft" in text
        assert client.get("/api/v1/tickets").json()["total"] == 0


def test_without_a_ticket_system_setup_is_asked_for(logged: Server):
    with logged.client() as client:
        client.put("/api/admin/v1/connections/local", json={"active": False})
        results, text = ask(client, "Draft a ticket for the failing PDF uploads", conversationId="chat-3")
    assert results["draftTicket"]["error"] == "provider_needs_setup"
    assert results["draftTicket"]["output"]["error"] == "provider_needs_setup"
    assert "connect" in text.lower()
