"""Tools: what they answer, and that no argument reaches what the chat may not see."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.analytics.world import World, as_numbers, new_world

from rapport.analyst import tools
from rapport.analyst.tools.desk import Desk
from rapport.analytics.lexicon import Lexicons
from rapport.domain.ids import new_id
from rapport.domain.judging import Finding, Quote
from rapport.domain.segment import PRESETS
from rapport.errors import ToolError
from rapport.store import custom_analyses, judgements
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


class Chat:
    """Tools called by name, as a model would."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.tools = {tool.name: tool for tool in tools.bind(desk)}

    async def call(self, name: str, **arguments: Any) -> Any:
        return (await self.tools[name].call(arguments)).output


@pytest.fixture
async def world(db: Database) -> World:
    async with db.transaction() as connection:
        world = await new_world(connection)
        await world.organization("Acme", plan="enterprise")
        for day in range(12):
            await world.conversation(user="Ann", organization="Acme", day=day, rating=5, sentiment=0.6, topic="billing", model="gpt-4o")
            await world.conversation(
                user="Bob",
                day=day,
                rating=2,
                sentiment=-0.7 + day / 100,
                frustration=0.9,
                dissatisfied=0.9,
                topic="delivery",
                says=("My parcel never came", "I am angry"),
                product="Shop",
                model="small-1",
                tools=[["track", 1, 1]],
            )
        other = await new_world(connection, "other")
        await other.conversation(user="Zoe", product="Foreign", external_id="foreign-1")
    return world


@pytest.fixture
def chat(db: Database, world: World) -> Chat:
    return Chat(Desk(db, world.scope, new_id(), Lexicons()))


async def test_every_tool_answers_with_its_defaults(chat: Chat, world: World):
    given = {
        "getMetrics": {"metrics": ["rating"]}, "getBreakdown": {"dimension": "topic"}, "getTrends": {"metric": "rating"},
        "compareGroups": {"sides": [{"name": "a", "filter": {"users": ["Ann"]}}, {"name": "b", "filter": {"users": ["Bob"]}}]},
        "comparePeriods": {"filter": {"since": "2026-09-14", "until": "2026-09-20"}},
        "getConversationDetail": {"conversation": "c-1"},
        "getChanges": {"filter": {"since": "2026-09-14"}}, "getNewcomers": {"filter": {"since": "2026-09-14"}},
        "getUserDetail": {"user": "bob@example.com"}, "getUserTrajectory": {"user": "u-ann"},
        "getToolOnset": {"tool": "track"}, "getOrganizationDetail": {"organization": "Acme"},
        "getSegmentAnalytics": {"segment": "unhappy-users"}, "compareSegments": {"segments": ["Unhappy Users", "power-users"]},
    }  # fmt: skip
    assert (await chat.call("getSegmentList"))["total"] == len(PRESETS)
    for name in set(chat.tools) - {"draftTicket", "createTicket", "createSegment", "getInboxDetail"}:
        assert await chat.call(name, **given.get(name, {})), name


async def test_names_ids_and_addresses_are_understood(chat: Chat, world: World):
    ann = str(world.ids["app_user", "Ann"])
    for spelling in ("Ann", "ann", "u-ann", "ann@example.com", ann):
        assert as_numbers(await chat.call("countConversations", filter={"users": [spelling]}))["conversations"] == 12


async def test_an_unknown_name_is_refused_with_its_neighbours(chat: Chat):
    with pytest.raises(ToolError, match=r"no organization called Acmee\. .*Acme"):
        await chat.call("countConversations", filter={"organizations": ["Acmee"]})


async def test_names_of_another_tenant_are_unknown(chat: Chat):
    with pytest.raises(ToolError, match="no user called Zoe"):
        await chat.call("getUserDetail", user="Zoe")
    with pytest.raises(ToolError, match="no conversation foreign-1"):
        await chat.call("getConversationDetail", conversation="foreign-1")


async def test_a_chat_on_one_product_cannot_leave_it(db: Database, world: World):
    chat = Chat(Desk(db, replace(world.scope, product_ids=(world.ids["product", "Shop"],)), new_id(), Lexicons()))
    assert as_numbers(await chat.call("countConversations"))["conversations"] == 12
    assert [group["name"] for group in (await chat.call("getProductList"))["groups"]] == ["Shop"]
    with pytest.raises(ToolError, match="limited"):
        await chat.call("countConversations", filter={"products": ["Pilot"]})
    with pytest.raises(ToolError, match="limited"):
        await chat.call("compareProducts", products=["Pilot", "Shop"])
    with pytest.raises(ToolError, match="no conversation"):
        await chat.call("getConversationDetail", conversation="c-1")


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("getMetrics", {}, "Give metrics"),
        ("getMetrics", {"metrics": ["love"]}, "love is not one of"),
        ("getTrends", {"metric": "rating", "bucket": 3}, "3 is not one of"),
        ("getUserRanking", {"limit": 1000}, "between 1 and 100"),
        ("getUserRanking", {"filter": {"colour": "red"}}, "has no colour"),
        ("countConversations", {"filter": {"since": "soon"}}, "YYYY-MM-DD"),
        ("countConversations", {"filter": {"without": {"sql": "1=1"}}}, "has no sql"),
    ],
)
async def test_wrong_arguments_are_told_to_the_model(chat: Chat, name: str, arguments: dict, problem: str):
    with pytest.raises(ToolError, match=problem):
        await chat.call(name, **arguments)


async def test_users_are_ranked(chat: Chat):
    ranked = await chat.call("getUserRanking", metrics=["frustration"], order="highest")
    assert ranked["groups"][0] | {"id": ""} == {
        "id": "", "name": "Bob", "externalId": "u-bob", "conversations": 12,
        "figures": [{"metric": "frustration", "title": "average frustration", "value": 0.9, "unit": "score", "n": 12}],
    }  # fmt: skip


async def test_conversations_are_found_by_words_and_quoted(chat: Chat):
    found = await chat.call("getConversations", query="parcels that never came", limit=3)
    assert len(found["conversations"]) == 3
    assert {one["user"] for one in found["conversations"]} == {"Bob"}
    assert found["conversations"][0]["quote"] == "My parcel never came"
    assert (await chat.call("getConversations", query="xylophone lessons"))["conversations"] == []


async def test_an_order_holds_among_the_conversations_that_fit_words(chat: Chat):
    found = await chat.call("getConversations", query="parcel never came", order="oldest", limit=3)
    newest = await chat.call("getConversations", query="parcel never came", order="newest", limit=3)
    days = [one["at"] for one in found["conversations"]]
    assert len(days) == 3
    assert days == sorted(days)
    assert days[0] < newest["conversations"][0]["at"]
    assert all("parcel" in one["quote"] for one in (*found["conversations"], *newest["conversations"]))


async def test_who_is_at_risk_is_who_fared_badly(chat: Chat):
    found = await chat.call("getAtRisk")
    assert [(one["name"], one["badConversations"]) for one in found["found"]] == [("Bob", 12)]


async def test_who_is_new_had_no_conversation_before(db: Database, chat: Chat, world: World):
    async with db.transaction() as connection:
        world = replace(world, connection=connection)
        await world.organization("Zenith")
        for day in (8, 9):
            await world.conversation(user="Cid", day=day, organization="Zenith")
    days = [(world.start.date() + timedelta(days=n)).isoformat() for n in range(12)]
    new = await chat.call("getNewcomers", filter={"since": days[8]})
    assert (new["new"], new["active"]) == (1, 3)
    assert [(one["name"], one["firstDay"]) for one in new["found"]] == [("Cid", days[8])]
    assert (await chat.call("getNewcomers", filter={"since": days[9]}))["new"] == 0
    assert (await chat.call("getNewcomers", filter={"since": days[0]}))["new"] == 3
    firms = await chat.call("getNewcomers", who="organization", filter={"since": days[8]})
    assert [one["name"] for one in firms["found"]] == ["Zenith"]


async def test_conversations_are_bounded_by_their_tool_calls(chat: Chat):
    for bounds, n in (({"toolCallsMin": 1}, 12), ({"toolCallsMax": 0}, 12), ({"toolCallsMin": 2}, 0)):
        found = await chat.call("countConversations", filter=bounds)
        assert next(figure["value"] for figure in found["figures"] if figure["metric"] == "conversations") == n


async def test_conversations_are_chosen_by_the_hour_in_which_they_began(chat: Chat):
    async def counted(*hours: int) -> float:
        found = await chat.call("countConversations", filter={"hours": list(hours)})
        return next(figure["value"] for figure in found["figures"] if figure["metric"] == "conversations")

    hours = {
        int(group["name"]): group["conversations"] for group in (await chat.call("getBreakdown", dimension="hour", limit=24))["groups"]
    }
    assert sum(hours.values()) == 24
    assert {hour: await counted(hour) for hour in hours} == hours
    assert await counted(*hours) == 24
    assert await counted(*(set(range(24)) - hours.keys())) == 0


async def test_a_users_way_is_followed(chat: Chat):
    found = await chat.call("getUserTrajectory", user="Bob")
    assert (found["direction"], len(found["conversations"])) == ("improving", 12)


async def test_custom_analyses_tell_what_they_found(db: Database, chat: Chat, world: World):
    async with db.transaction() as connection:
        shop = world.ids["product", "Shop"]
        made = await custom_analyses.create(
            connection, world.tenant_id, shop, name="No promises", kind="guardrail", instruction="Nothing is promised.", severity=4,
            enabled=True,
        )  # fmt: skip
        rows = await connection.fetch("SELECT id FROM conversation WHERE tenant_id = $1 AND product_id = $2", world.tenant_id, shop)
        for n, row in enumerate(rows[:5]):
            status, quotes = ("fail", (Quote("I promise", 1, row["id"], "assistant"),)) if n < 2 else ("pass", ())
            found = Finding(row["id"], made.id, shop, status, 0.9, "It promised." if quotes else "", quotes)
            await judgements.save_finding(connection, world.tenant_id, found)
    [told] = (await chat.call("getCustomAnalyses", called="PROMISES", kind="guardrail"))["customAnalyses"]
    assert (told["name"], told["severity"], told["conversations"]) == ("No promises", 4, {"fail": 2, "pass": 3})
    assert [example["quotes"] for example in told["examples"]] == [["I promise"]] * 2
    assert (await chat.call("getCustomAnalyses", kind="expectation"))["customAnalyses"] == []
    assert (await chat.call("getCustomAnalyses", filter={"users": ["Ann"]}))["customAnalyses"][0]["conversations"] == {}


async def test_an_event_selects_the_conversation_it_belongs_to(db: Database, chat: Chat, world: World):
    async with db.transaction() as connection:
        world.connection = connection
        linked = await world.conversation(user="Ann", day=3.5, external_id="ended")
        await world.event("cancelled", user="Ann", day=20, conversation_id=linked)
        await world.event("cancelled", user="Bob", day=4.5)
    found = await chat.call("getConversations", filter={"ledTo": ["cancelled"]}, limit=50)
    of_bob = [one for one in found["conversations"] if one["user"] == "Bob"]
    assert [one["id"] for one in found["conversations"] if one["user"] == "Ann"] == ["ended"]
    assert len(of_bob) == 1, "an event without a link belongs to the last conversation before it"
    assert of_bob[0]["at"].startswith((world.start + timedelta(days=4)).date().isoformat())


async def test_comments_beside_ratings_are_quoted(db: Database, chat: Chat, world: World):
    async with db.transaction() as connection:
        world.connection = connection
        for name, rating, comment in (("bad", 1, "It never came."), ("good", 5, "Lovely."), ("mute", 1, " ")):
            id = await world.conversation(user="Cleo", day=8, rating=rating, external_id=name)
            await world.thing(
                "rating", name, product_id=await world.product("Pilot"), conversation_id=id, rating=rating, rating_min=1,
                rating_max=5, feedback=comment, rated_at=world.start,
            )  # fmt: skip
    found = await chat.call("getQuotes", comments=True, filter={"ratingMax": 2})
    assert (found["comments"], [(one["id"], one["quote"]) for one in found["conversations"]]) == (1, [("bad", "It never came.")])
    about = await chat.call("getQuotes", comments=True, query="lovely")
    assert about["conversations"][0]["id"] == "good"
