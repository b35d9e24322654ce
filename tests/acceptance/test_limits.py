"""The hourly limits of a plan, asked for at two servers of one database at the same time."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx2
import pytest
from tests import conftest
from tests.acceptance.conftest import Installation, last_line

pytestmark = pytest.mark.acceptance

CHATS, INSIGHTS = 20, 50
"""What the growth plan has in an hour."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def shared_url(postgres: str, template: str) -> Iterator[str]:
    """A database for all of these tests; each has a tenant of its own."""
    asyncio.run(conftest._execute(postgres, f"CREATE DATABASE t_limits TEMPLATE {template}"))
    yield conftest._sibling(postgres, "t_limits")
    asyncio.run(conftest._execute(postgres, "DROP DATABASE t_limits WITH (FORCE)"))


@pytest.fixture(scope="module")
def pair(shared_url: str, tmp_path_factory) -> Iterator[tuple[Installation, Installation]]:
    """Two servers, each with a data folder of its own, that share nothing but the database."""
    environment = {"RAPPORT_DATABASE_URL": shared_url, "RAPPORT_WORKER": "false", "RAPPORT_DATABASE_CONNECTIONS": "8"}
    servers = tuple(Installation(tmp_path_factory.mktemp("limits"), free_port(), environment) for _ in range(2))
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.close()


@pytest.fixture
def growth(pair, request) -> Iterator[list[httpx2.Client]]:
    """A client of each server with a key of one tenant on the growth plan."""
    made = ["--tenant", request.node.name, "--data-dir", str(pair[0].data_dir)]
    key = last_line("key", "create", *made, "--plan", "growth", **pair[0].environment)
    clients = [server.client(key) for server in pair]
    yield clients
    for client in clients:
        client.close()


@pytest.fixture
def product(growth) -> str:
    return growth[0].post("/api/admin/v1/products", json={"name": "Shop"}).json()["id"]


def at_once(asking) -> list[httpx2.Response]:
    """The answers to all of these, asked at the same time."""
    with ThreadPoolExecutor(16) as pool:
        return [future.result() for future in [pool.submit(ask) for ask in asking]]


def chats(clients: list[httpx2.Client], count: int, mark: str) -> list[httpx2.Response]:
    """So many questions, spread over the servers."""

    def ask(number: int) -> httpx2.Response:
        body = {"question": "How many conversations are there?", "conversationId": f"{mark}-{number}"}
        return clients[number % 2].post("/api/v1/chat", json=body)

    return at_once([lambda number=number: ask(number) for number in range(count)])


def insights(clients: list[httpx2.Client], product: str, days: range) -> list[tuple[int, httpx2.Response]]:
    """The insights since each of these days, asked for at both servers."""

    def ask(client: httpx2.Client, day: int) -> httpx2.Response:
        return client.get(f"/api/v1/products/{product}/analytics", params={"from": f"20{day:02d}-01-01"})

    asked = [(day, client) for day in days for client in clients]
    answers = at_once([lambda day=day, client=client: ask(client, day) for day, client in asked])
    return [(day, answer) for (day, _), answer in zip(asked, answers, strict=True)]


def move(url: str, bucket: str, by: str, most: int) -> None:
    """Makes the oldest uses of a bucket so much older."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "UPDATE rate_use SET at = at - $2::text::interval WHERE (tenant_id, bucket, at, id) IN"
            " (SELECT tenant_id, bucket, at, id FROM rate_use WHERE bucket = $1 ORDER BY at LIMIT $3)",
            bucket, by, most,
        )  # fmt: skip
        await connection.close()

    asyncio.run(run())


def test_chats_are_counted_together(growth, product, shared_url):
    answers = chats(growth, CHATS + 14, "first")
    assert Counter(answer.status_code for answer in answers) == {200: CHATS, 429: 14}
    remaining = sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in answers if answer.status_code == 200)
    assert remaining == list(range(CHATS))  # each place was given away once
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(3_000 < int(answer.headers["Retry-After"]) <= 3_600 for answer in refused)
    move(shared_url, "chat", "59 minutes", CHATS)
    late = chats(growth, 2, "not yet")
    assert [answer.status_code for answer in late] == [429, 429]
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in late)
    move(shared_url, "chat", "1 hour", 3)  # the three oldest leave the window
    assert Counter(answer.status_code for answer in chats(growth, 10, "second")) == {200: 3, 429: 7}


def test_insights_are_counted_together_and_each_question_once(growth, product, shared_url):
    answers = insights(growth, product, range(INSIGHTS + 10))
    by_day = {day: {answer.status_code for other, answer in answers if other == day} for day, _ in answers}
    granted = [day for day, codes in by_day.items() if codes == {200}]
    assert len(granted) == INSIGHTS
    assert [codes for day, codes in by_day.items() if day not in granted] == [{429}] * 10
    again = insights(growth, product, range(granted[0], granted[0] + 1))
    assert [(answer.status_code, answer.headers["X-Cache"]) for _, answer in again] == [(200, "HIT")] * 2
    move(shared_url, "insights", "1 hour", 4)
    later = insights(growth, product, range(70, 80))
    assert Counter(answer.status_code for _, answer in later) == {200: 8, 429: 12}
    assert len({day for day, answer in later if answer.status_code == 200}) == 4


def test_plans_are_the_same_at_every_server(pair, growth, product):
    free = last_line("key", "create", "--tenant", "poor", "--plan", "free", "--data-dir", str(pair[0].data_dir), **pair[0].environment)
    for server in pair:
        with server.client(free) as client:
            refused = client.post("/api/v1/chat", json={"question": "How many?"})
            assert (refused.status_code, refused.json()["code"]) == (403, "plan_required")
    for client in growth:
        assert client.get(f"/api/v1/products/{product}/analytics", params={"mode": "simple"}).status_code == 200
