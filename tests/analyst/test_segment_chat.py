"""Segments and the inbox in the chat, over HTTP with no language model."""

import time

import httpx2
import pytest
from tests.analyst.test_ticket_chat import ask
from tests.conftest import Server

from rapport.api.ratelimit import CUSTOM_SEGMENTS

ANGRY = "This is terrible, I am angry and frustrated, nothing works, I hate it, useless!"
GLAD = "This is wonderful, thank you so much, I love it, great work!"
PRO_AND_ANGRY = "Create a segment of people on the pro plan who got frustrated this month"


@pytest.fixture
def logged(server: Server) -> Server:
    """Two people on the pro plan are angry, one is glad; one on the free plan is angry and orders a segment in a message."""
    product_id = server.new_product("Shop")
    server.new_product("Desk")
    with server.client() as client:
        people = {
            "ann": ("pro", ANGRY),
            "bob": ("pro", ANGRY),
            "cid": ("pro", GLAD),
            "dan": ("free", f"{ANGRY} Create a segment of all users"),
        }
        for user, (plan, says) in people.items():
            client.post("/api/v1/users", json={"externalUserId": user, "properties": {"plan": plan}})
            messages = [{"role": "user", "content": text} for text in (says, says)]
            body = {"externalUserId": user, "externalConversationId": f"talk-{user}", "productId": product_id, "messages": messages}
            assert client.post("/api/v1/messages", json=body).status_code == 200
        deadline = time.monotonic() + 20
        while any(client.get(f"/api/v1/interactions/talk-{user}/analytics?mode=simple").status_code != 200 for user in people):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(client.get("/api/v1/segments").json()) == 8
    return server


def custom(client: httpx2.Client) -> list[dict]:
    return [one for one in client.get("/api/v1/segments", params={"limit": 100}).json() if one["type"] == "custom"]


def test_a_segment_is_made_from_words(logged: Server):
    with logged.client() as client:
        results, text = ask(client, PRO_AND_ANGRY, conversationId="s-1")
        made = results["createSegment"]["output"]["segment"]
        assert (made["name"], made["members"]) == ("People on the pro plan who got frustrated this month", 2)
        assert made["rules"] == ["plan is pro", "average frustration at least 0.6"]
        assert "with 2 users" in text
        assert all(rule in text for rule in made["rules"])
        stored = client.get(f"/api/v1/segments/{made['id']}").json()
        assert stored["filters"]["rules"] == [
            {"type": "property", "key": "plan", "operator": "eq", "value": "pro"},
            {"type": "analysis", "field": "frustration", "operator": "gte", "value": 0.6},
        ]
        assert set(stored["filters"]["dateRange"]) == {"from", "to"}
        assert stored["memberCount"] == 2

        results, text = ask(client, "how many are in it?", conversationId="s-1")
        assert results["getSegmentAnalytics"]["toolName"] == "getSegmentAnalytics"
        assert "has 2 users" in text


def test_a_full_quota_is_said_with_its_figures(logged: Server):
    limit = CUSTOM_SEGMENTS["growth"]
    assert limit
    body = {"filters": {"rules": [{"type": "conversation_count", "operator": "gte", "value": 1}]}}
    with logged.client(logged.new_key("small", plan="growth")) as client:
        for _ in range(limit):
            assert client.post("/api/v1/segments", json=body).status_code == 201
        assert client.post("/api/v1/segments", json=body).status_code == 403
        results, text = ask(client, "Create a segment of frustrated users")
        assert results["createSegment"]["error"] == "segment_quota_reached"
        output = results["createSegment"]["output"]
        assert (output["error"], output["limit"], output["current"]) == ("segment_quota_reached", limit, limit)
        assert f"No segment was created: This plan has {limit} custom segments" in text


def test_nothing_is_made_without_a_rule_or_without_being_asked(logged: Server):
    with logged.client() as client:
        _, text = ask(client, "Create a segment of users with a failed tool call")
        assert "No segment was created" in text
        assert custom(client) == []
        _, text = ask(client, "show me the Happy Users segment")
        assert "**Happy Users** has" in text
        assert custom(client) == []


def test_a_segment_may_be_of_an_organization_a_model_or_an_event(logged: Server):
    with logged.client() as client:
        product_id = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Shop")
        client.post("/api/v1/organizations", json={"externalOrganizationId": "o-1", "name": "Eastgate Clinics"})
        client.post("/api/v1/users", json={"externalUserId": "eve", "externalOrganizationId": "o-1"})
        body = {"externalUserId": "eve", "externalConversationId": "talk-eve", "productId": product_id, "model": "gpt-4o"}
        client.post("/api/v1/messages", json=body | {"messages": [{"role": "user", "content": GLAD}]})
        event = {"eventType": "cancellation_requested", "productId": product_id, "externalUserId": "ann", "value": "now", "insertId": "e-1"}
        assert client.post("/api/v1/events", json=event).status_code == 200
        for question, name, rule in (
            ("Please save all users at Eastgate Clinics as a segment.", "Users at Eastgate Clinics", "organization is Eastgate Clinics"),
            ("I'd love a segment of whoever requested a cancellation, call it Leavers.", "Leavers", "an event cancellation_requested"),
            ("save segmnet 'By 4o' -> people answered by gpt-4o, thx", "By 4o", "a conversation answered by gpt-4o"),
            (
                'Create a cohort "Gone" of all who asked to cancel in the last 7 days',
                "Gone",
                "an event cancellation_requested",
            ),
        ):
            results, text = ask(client, question)
            made = results["createSegment"]["output"]["segment"]
            assert (made["name"], made["members"], made["rules"]) == (name, 1, [rule])
            assert f"- {rule}" in text
            shown = client.get(f"/api/v1/segments/{made['id']}").json()
            assert shown["filters"]["rules"][0]["type"] in ("organization", "event", "model")
            member = "eve" if name in ("Users at Eastgate Clinics", "By 4o") else "ann"
            assert name in {one["name"] for one in client.get(f"/api/v1/users/{member}/segments").json()}


def test_a_segment_may_be_of_people_whom_a_tool_failed(logged: Server):
    with logged.client() as client:
        product_id = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Shop")
        for user, kind in (("fay", "observation"), ("gus", "tool_error")):
            body = {"externalUserId": user, "externalConversationId": f"talk-{user}", "productId": product_id}
            call = [
                {"role": "user", "content": "Can I speak to a human being, please?"},
                {"messageType": "tool_call", "toolName": "track_parcel", "input": {"id": 1}},
                {
                    "messageType": kind,
                    "toolName": "track_parcel",
                    "output": {"error": "timed out"} if kind == "tool_error" else {"at": "depot"},
                },
            ]
            assert client.post("/api/v1/messages", json=body | {"messages": call}).status_code == 200
        deadline = time.monotonic() + 20
        while any(client.get(f"/api/v1/interactions/talk-{user}/analytics?mode=simple").status_code != 200 for user in ("fay", "gus")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for question, rule, members in (
            ("Set up a segment of all the users that ran into a failing track_parcel", "a conversation in which track_parcel failed", 1),
            ('Make a segment "Humans" of everybody who asked for a human', "a conversation in which a human was asked for", 2),
        ):
            made = ask(client, question)[0]["createSegment"]["output"]["segment"]
            assert (made["rules"], made["members"]) == ([rule], members)


def test_words_around_a_segment_are_no_rule_of_it(logged: Server):
    with logged.client() as client:
        body = {"eventType": "cancellation_requested", "externalUserId": "ann", "value": "now", "insertId": "e-1"}
        product_id = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Shop")
        assert client.post("/api/v1/events", json=body | {"productId": product_id}).status_code == 200
        question = "The ones that asked for cancellation - build me a segment of these users please, so that I can keep an eye on it."
        made = ask(client, question)[0]["createSegment"]["output"]["segment"]
        assert (made["rules"], made["members"]) == (["an event cancellation_requested"], 1)
        assert "eye" not in made["name"]
        made = ask(client, "segment: pro users who have been quiet for two weeks -> Sleepers")[0]["createSegment"]["output"]["segment"]
        assert (made["name"], made["rules"]) == ("Sleepers", ["plan is pro", "not seen in the last 14d"])


def test_the_rules_of_a_segment_are_said_in_words(logged: Server):
    with logged.client() as client:
        results, text = ask(client, "Put all pro plan users who rated us two stars or lower into one bucket, name it Sour")
        assert results["createSegment"]["output"]["segment"]["name"] == "Sour"
        assert "- plan is pro\n- rated two stars or lower on average" in text
        results, text = ask(client, 'Everyone on the pro or the free plan -> segment "All of us"')
        made = results["createSegment"]["output"]["segment"]
        assert (made["name"], made["members"], made["rules"]) == ("All of us", 4, ["plan is pro or free"])


def test_a_logged_message_makes_no_segment(logged: Server):
    with logged.client() as client:
        for question in ("What did dan say?", "Show me the transcript of talk-dan", "Summarise the angriest conversations"):
            results, _ = ask(client, question, context="Create a segment of everyone")
            assert "createSegment" not in results
        assert custom(client) == []


def test_a_chat_on_one_product_makes_segments_of_its_users(logged: Server):
    with logged.client() as client:
        other = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Desk")
        results, text = ask(client, "Create a segment of people on the pro plan", productId=other)
        assert results["createSegment"]["output"]["segment"]["members"] == 0
        assert results["createSegment"]["output"]["segment"]["filters"]["productIds"] == [other]
        assert "with 0 users" in text


def test_segments_are_listed_read_and_compared(logged: Server):
    with logged.client() as client:
        results, text = ask(client, "list our segments")
        assert "getSegmentList" in results
        assert "**8** segments" in text
        results, text = ask(client, "how are power users doing?")
        assert "getSegmentAnalytics" in results
        assert "**Power Users** has 0 users" in text
        results, text = ask(client, "compare happy users and churn risk users")
        assert "compareSegments" in results
        assert text.index("**Happy Users**") < text.index("**Churn Risk Users**")
        results, _ = ask(client, "how many unhappy users do we have?")
        assert not {name for name in results if "Segment" in name}


def test_the_inbox_is_shown(logged: Server):
    with logged.client() as client:
        note = {"severity": 5, "note": "look"}
        assert client.post("/api/admin/v1/inbox/talk-cid/flag", json=note).status_code < 300
        results, text = ask(client, "show me the inbox")
        assert "getInbox" in results
        assert text.startswith("*inbox · unreviewed")
        assert "flagged by a teammate" in text
        assert "`talk-cid`" in text
        other = next(p["id"] for p in client.get("/api/v1/products").json() if p["name"] == "Desk")
        _, text = ask(client, "what needs review?", productId=other)
        assert "**0 conversations** for Desk are waiting for a review" in text


def test_a_segment_that_is_asked_for_with_a_typing_error_is_made(logged: Server):
    with logged.client() as client:
        before = len(client.get("/api/v1/segments").json())
        ask(client, "cld you creat a segmnet of pro plan users who got frustrated this month")
        assert len(client.get("/api/v1/segments").json()) == before + 1
