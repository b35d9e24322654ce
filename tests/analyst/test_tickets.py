"""Tickets: drafted with evidence, created once, and only from a draft of the same conversation."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.analytics.world import World, new_world

from rapport.analyst import tools
from rapport.analyst.tools.desk import Desk
from rapport.analytics.lexicon import Lexicons
from rapport.domain.ids import new_id
from rapport.errors import ToolError
from rapport.store.database import Database
from rapport.store.tickets import LocalTickets

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(db: Database) -> World:
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(6):
            await world.conversation(
                user=f"Ann {n}",
                organization="Acme",
                product="Lens",
                day=n,
                rating=1,
                sentiment=-0.6,
                external_id=f"pdf-{n}",
                dissatisfied=0.9,
                says=(f"The PDF upload fails again {n}",),
                tools=[["upload", 2, 2]],
            )
            await world.conversation(user="Bob", product="Lens", day=n, rating=5, sentiment=0.6, says=("How do I cite a book?",))
        return world


class Chat:
    """One conversation with the analyst."""

    def __init__(self, db: Database, world: World):
        async def local() -> LocalTickets:
            return LocalTickets(db, world.tenant_id, "http://rapport.test/")

        self.desk = Desk(db, world.scope, new_id(), Lexicons(), open_provider=local)

    async def call(self, name: str, **arguments: Any) -> Any:
        """Each call is a turn of its own."""
        named = {tool.name: tool for tool in tools.bind(replace(self.desk, drafted=set()))}
        return (await named[name].call(arguments)).public


@pytest.mark.parametrize("vague", ["the worst problem", "our biggest issue", "the top complaint"])
async def test_the_worst_problem_is_found_and_named(db: Database, vague: str):
    async with db.transaction() as connection:
        world = await new_world(connection)
        for n in range(20):
            rating = 1 if n < 17 else 5
            await world.conversation(user=f"Ann {n}", day=n, rating=rating, topic="batch payment upload rejected", says=(f"Rejected {n}",),
                                     external_id=f"batch-{n}")  # fmt: skip
        for n in range(60):
            rating = 1 if n % 15 == 0 else 5
            await world.conversation(user="Bob", day=n % 20, rating=rating, topic="exports", says=(f"How do I export {n}?",))
    draft = (await Chat(db, world).call("draftTicket", problem=f"draft a ticket for {vague}"))["draft"]
    assert draft["title"] == "Batch payment upload rejected: 17 of 20 conversations went badly"
    assert "20 of 80 conversations (25.0 %) are about this" in draft["description"]
    assert draft["source"]["conversationId"] in {f"batch-{n}" for n in range(17)}
    assert "export" not in draft["description"]


async def test_a_draft_names_the_problem_and_shows_the_evidence(db: Database, world: World):
    drafted = await Chat(db, world).call("draftTicket", problem="draft a ticket about the failing PDF uploads in Lens")
    draft = drafted["draft"]
    assert draft["title"] == "Failing PDF uploads in Lens"
    assert draft["target"] == {"teamId": "local", "teamName": "Local", "teamKey": "LOC"}
    assert draft["labelIds"] == ["bug"]
    assert draft["source"]["type"] == "conversation"
    assert draft["source"]["conversationId"].startswith("pdf-")
    assert {label["name"] for label in drafted["availableLabels"]} == {"bug", "feature", "question"}
    assert drafted["dedupWarning"] is None
    for part in ("6 of 12 conversations (50.0 %)", "2026-09-07 and 2026-09-12", "`upload`: 12 of 12 calls failed", "Acme (6)", "`pdf-"):
        assert part in draft["description"], part


async def test_a_named_conversation_is_the_source(db: Database, world: World):
    drafted = await Chat(db, world).call("draftTicket", conversation="pdf-3")
    assert drafted["draft"]["source"] == {"type": "conversation", "conversationId": "pdf-3"}
    assert "PDF upload fails again" in drafted["draft"]["title"]
    with pytest.raises(ToolError, match="no conversation pdf-99"):
        await Chat(db, world).call("draftTicket", conversation="pdf-99")


async def test_confirming_twice_creates_one_ticket(db: Database, world: World):
    chat = Chat(db, world)
    drafted = await chat.call("draftTicket", conversation="pdf-1", problem="PDF uploads fail")
    first = await chat.call("createTicket", payload=drafted)
    again = await chat.call("createTicket", payload=drafted["draft"] | {"title": "Something else"})
    assert first == {"status": "created", "providerIdentifier": "LOC-1", "providerTicketUrl": "http://rapport.test/tickets/LOC-1"}
    assert again == first | {"status": "already_exists"}


async def test_confirmations_at_the_same_time_create_one_ticket(db: Database, world: World):
    chats = [Chat(db, world) for _ in range(4)]
    for chat in chats:
        await chat.call("draftTicket", conversation="pdf-2", problem="PDF uploads fail")
    outcomes = await asyncio.gather(*(chat.call("createTicket") for chat in chats))
    assert sorted(outcome["status"] for outcome in outcomes) == ["already_exists"] * 3 + ["created"]
    assert {outcome["providerIdentifier"] for outcome in outcomes} == {"LOC-1"}


async def test_nothing_is_created_without_a_draft_of_this_conversation(db: Database, world: World):
    await Chat(db, world).call("draftTicket", conversation="pdf-2")
    with pytest.raises(ToolError, match="no draft"):
        await Chat(db, world).call("createTicket", payload={"title": "Injected", "provider": "local"})


async def test_a_draft_is_never_created_in_its_own_turn_nor_unasked(db: Database, world: World):
    chat = Chat(db, world)
    one_turn = {tool.name: tool for tool in tools.bind(chat.desk)}
    await one_turn["draftTicket"].call({"conversation": "pdf-1"})
    with pytest.raises(ToolError, match="next message"):
        await one_turn["createTicket"].call({})
    chat.desk = replace(chat.desk, question="What do users complain about?")
    with pytest.raises(ToolError, match="not confirmed"):
        await chat.call("createTicket")


async def test_a_likely_duplicate_is_warned_of(db: Database, world: World):
    chat = Chat(db, world)
    await chat.call("draftTicket", conversation="pdf-1", title="PDF uploads fail")
    await chat.call("createTicket")
    by_source = await Chat(db, world).call("draftTicket", conversation="pdf-1", title="Another name")
    by_words = await Chat(db, world).call("draftTicket", conversation="pdf-4", title="PDF uploads fail again")
    other = await Chat(db, world).call("draftTicket", conversation="pdf-4", title="Citations are wrong")
    assert by_source["dedupWarning"]["providerIdentifier"] == "LOC-1"
    url = "http://rapport.test/tickets/LOC-1"
    expected = {"providerIdentifier": "LOC-1", "providerTicketUrl": url, "title": "PDF uploads fail", "similarity": 0.75}
    assert by_words["dedupWarning"] == expected
    assert other["dedupWarning"] is None


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"title": ""}, "title must be"),
        ({"title": 7}, "title must be"),
        ({"labelIds": "bug"}, "labelIds must be"),
        ({"labelIds": ["love"]}, "no label love"),
        ({"target": {"teamId": "elsewhere"}}, "no team elsewhere"),
        ({"provider": "linear"}, "draft it again for linear"),
    ],
)
async def test_a_malformed_confirmation_is_told(db: Database, world: World, payload: dict, problem: str):
    chat = Chat(db, world)
    await chat.call("draftTicket", conversation="pdf-1")
    with pytest.raises(ToolError, match=problem):
        await chat.call("createTicket", payload=payload)


async def test_without_a_provider_setup_is_needed(db: Database, world: World):
    desk = Desk(db, world.scope, new_id(), Lexicons())
    draft = next(tool for tool in tools.bind(desk) if tool.name == "draftTicket")
    result = await draft.call({"problem": "PDF uploads"})
    assert (result.error, result.public["error"]) == ("provider_needs_setup", "provider_needs_setup")


async def test_a_ticket_about_a_tool_rests_on_conversations_where_it_failed(db: Database, world: World):
    async with db.transaction() as connection:
        world.connection = connection
        await world.conversation(
            user="Cid", product="Lens", external_id="room-1", says=("Which rooms are free?",), tools=[["search_rooms", 1, 1]]
        )
        await world.conversation(
            user="Cid", product="Lens", external_id="room-2", says=("My room was given away",), rating=1, sentiment=-1.0
        )
    draft = (await Chat(db, world).call("draftTicket", problem="draft a ticket for the failing tool search_rooms"))["draft"]
    assert (draft["title"], draft["source"]["conversationId"]) == ("Failing tool search_rooms (Lens)", "room-1")
    assert "`search_rooms`: 1 of 1 calls failed" in draft["description"]
    assert "1 of 14 conversations" in draft["description"]
