"""The builtin analyst on a small tenant, through its tools: every figure it writes is one that a tool gave."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rapport import demo
from rapport.analyst import figures
from rapport.analyst.builtin import BuiltinAnalyst, Indexes
from rapport.analyst.tools import Desk, bind
from rapport.analytics.lexicon import Lexicons
from rapport.domain.agent import ChatMessage, ModelFinish, ModelRequest, ModelText, ModelToolCall
from rapport.domain.ids import new_id
from rapport.domain.scope import Scope
from rapport.errors import ToolError
from rapport.store import catalog, database, jobs, keys

CHATS = 140
QUESTIONS = (
    "how many conversations did Tally have up to now?", "what do the stars say about Docsmith? Just the mean.", "name the chattiest person",
    "put Tally and Penny side by side on star ratings", "top 3 accounts by frustration", "rating by plan", "sentiment week by week",
    "what changed in the last 30 days", "why are people unhappy", "what do people ask about", "what do enterprise users complain about",
    "which tools fail the most", "show me two bad conversations", "quotes about delivery", "who is at risk", "who cancelled and why",
    "what should we fix first", "anything unusual?", "how was last week", "which prompt version is best", "any jailbreak attempts?",
    "which products do we have", "how many chats in March 2019?", "what share of chats went badly", "how is Tally doing",
    "busiest weekday?", "how many new users this week?", "which users are new this week?", "how many chats in the mornings?",
    "average number of messages for bad chats vs good chats", "tool failure rate per product", "how many chats had 2 or more tool calls",
    "how many users had more than 2 conversations", "worst rated model", "rating distribution", "what can you do",
)  # fmt: skip


@pytest.fixture
def told(server, client):
    """The desk of a tenant with the first conversations of the demo's story, analysed."""
    story = list(demo.requests(datetime.now(UTC)))
    posts = [(path, body) for method, path, body in story if method == "POST"]
    chats = [body for path, body in posts if path == "/messages"][-CHATS:]
    shown = {body["externalConversationId"] for body in chats}

    async def products() -> int:
        opened = await database.connect(server.database_url, connections=2)
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, "default")
            for method, name, body in story:
                if method == "PRODUCT":
                    await catalog.create_product(connection, tenant_id, name, product_id=UUID(body["id"]))
        await opened.close()
        return tenant_id

    tenant_id = asyncio.run(products())
    for path, body in posts:
        about = body.get("externalConversationId")
        if path in ("/organizations", "/users") or about in shown:
            assert client.post(f"/api/v1{path}", json=body).status_code == 200
    asyncio.run(_analysed(server.database_url, tenant_id))
    return server.database_url, tenant_id


async def _analysed(url: str, tenant_id: int) -> None:
    opened = await database.connect(url, connections=2)
    async with asyncio.timeout(60):
        while True:
            async with opened.connection() as connection:
                if not (await jobs.waiting(connection, tenant_id)):
                    break
            await asyncio.sleep(0.2)
    await opened.close()


async def answer(desk: Desk, question: str, *history: ChatMessage) -> tuple[str, list[str], list[Any]]:
    """(text, names of the tools used, what they gave)."""
    analyst, tools = BuiltinAnalyst(desk, Indexes()), {tool.name: tool for tool in bind(desk)}
    request = ModelRequest((*history, ChatMessage("user", question)), tools=tuple(tools.values()))
    used: list[str] = []
    gave: list[Any] = []
    while True:
        events = [event async for event in analyst.stream(request)]
        assert isinstance(events[-1], ModelFinish)
        calls = [event.call for event in events if isinstance(event, ModelToolCall)]
        if not calls:
            return "".join(event.text for event in events if isinstance(event, ModelText)), used, gave
        outputs = []
        for call in calls:
            used.append(call.name)
            try:
                output = (await tools[call.name].call(json.loads(call.arguments))).output
            except ToolError as error:
                output = {"error": error.message}
            gave.append(output)
            outputs.append(
                ChatMessage("tool", json.dumps(output, ensure_ascii=False, default=str), tool_call_id=call.id, tool_name=call.name)
            )
        asked = ChatMessage("assistant", tool_calls=tuple(calls))
        request = ModelRequest((*request.messages, asked, *outputs), tools=request.tools)


@pytest.mark.anyio
async def test_every_figure_is_a_tools(told):
    url, tenant_id = told
    opened = await database.connect(url, connections=4)
    desk = Desk(opened, Scope(tenant_id), new_id(), Lexicons())
    unsupported = {}
    for question in QUESTIONS:
        text, used, gave = await answer(desk, question)
        strange = figures.unsupported(text, gave, said=question)
        if strange or not used or len(text) > 8000 or len(re.findall(r"\d+(?:\.\d+)?", text)) > 120:
            unsupported[question] = (strange, used, text)
    await opened.close()
    assert not unsupported


@pytest.mark.anyio
async def test_the_same_question_gives_the_same_answer(told):
    url, tenant_id = told
    opened = await database.connect(url, connections=4)
    desk = Desk(opened, Scope(tenant_id), new_id(), Lexicons())
    assert await answer(desk, "why are people unhappy") == await answer(desk, "why are people unhappy")
    await opened.close()


@pytest.mark.anyio
async def test_counts_agree_with_the_list_of_conversations(told, client):
    url, tenant_id = told
    opened = await database.connect(url, connections=4)
    desk = Desk(opened, Scope(tenant_id), new_id(), Lexicons())
    text, used, _ = await answer(desk, "how many conversations are there in total?")
    assert f"**{CHATS} conversations**" in text
    assert used == ["countConversations"]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    first, _, _ = await answer(desk, "how many conversations yesterday?")
    assert f"{yesterday.day} {yesterday:%b %Y}" in first
    await opened.close()
