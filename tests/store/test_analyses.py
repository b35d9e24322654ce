"""Rollups are nothing but the analyses added up, whatever happened in which order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.domain.analysis import Analysis, Evidence, MessageAnalysis, ToolUse
from rapport.domain.conversation import Conversation, Rating
from rapport.domain.ids import new_id, stable_id
from rapport.store import analyses, jobs, keys, rollups
from rapport.store.database import Connection, Database

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def conversation(number: int, *, product: int = 0, at: datetime = NOON, **fields) -> Conversation:
    return Conversation(
        tenant_id=1, id=stable_id("conversation", number), product_id=stable_id("product", product), version_id=stable_id("version"),
        user_id=stable_id("user", number % 3), created_at=at, updated_at=at, messages=(), **fields,
    )  # fmt: skip


async def insert(connection: Connection, tenant_id: int, item: Conversation) -> None:
    await connection.execute(
        """
        INSERT INTO conversation (tenant_id, id, product_id, version_id, user_id, created_at, last_message_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING
        """,
        tenant_id, item.id, item.product_id, item.version_id, item.user_id, item.created_at,
    )  # fmt: skip


async def revision(connection: Connection, tenant_id: int, conversation_id: UUID) -> int:
    return await connection.fetchval(
        "SELECT analysis_revision FROM conversation WHERE tenant_id = $1 AND id = $2", tenant_id, conversation_id
    )


async def contents(connection: Connection, tenant_id: int) -> tuple[list, list]:
    days = await connection.fetch("SELECT * FROM rollup_day WHERE tenant_id = $1 ORDER BY kind, entity_id, day", tenant_id)
    terms = await connection.fetch(
        "SELECT * FROM rollup_term_day WHERE tenant_id = $1 ORDER BY kind, entity_id, term_kind, day, term", tenant_id
    )
    return [tuple(row) for row in days], [tuple(row) for row in terms]


@dataclass
class Step:
    action: str
    number: int
    analysis: Analysis
    product: int
    organization: int | None
    ratings: tuple[float, ...]
    hours: int


unit = st.none() | st.floats(0, 1)
signed = st.none() | st.floats(-1, 1)
bits = st.fixed_dictionaries({
    "sentiment": signed, "sentiment_change": st.none() | st.floats(-2, 2), "frustration": unit, "struggle": unit, "commercial_intent": unit,
    "quality_index": unit, "emotion": st.none() | st.sampled_from(["anger", "joy"]),
    "topic_id": st.none() | st.sampled_from([stable_id("topic", i) for i in range(3)]),
    "pillars": st.dictionaries(st.sampled_from(["satisfaction", "friction", "growth", "safety"]), st.floats(0, 1)),
    "keywords": st.lists(st.sampled_from(["refund", "login", "x" * 300]), max_size=4).map(tuple),
    "root_cause": st.none() | st.sampled_from(["tool_failure", "missing_capability"]),
    "flags": st.frozensets(st.sampled_from(["jailbreak_detected", "model_bias_detected", "secret_leaked"])),
    "tools": st.lists(st.builds(ToolUse, st.sampled_from(["search", "pay"]), st.integers(0, 5), st.integers(0, 5)), max_size=2).map(tuple),
    "message_count": st.integers(0, 50),
})  # fmt: skip
steps = st.builds(
    Step, action=st.sampled_from(["save", "save", "save", "remove"]), number=st.integers(0, 4), analysis=bits.map(lambda b: Analysis(**b)),
    product=st.integers(0, 1), organization=st.none() | st.integers(0, 1), ratings=st.lists(st.floats(1, 5), max_size=2).map(tuple),
    hours=st.integers(0, 40),
)  # fmt: skip


async def apply(connection: Connection, tenant_id: int, step: Step) -> None:
    organization_id = None if step.organization is None else stable_id("organization", step.organization)
    ratings = tuple(Rating(value, 1, 5, NOON + timedelta(hours=i)) for i, value in enumerate(step.ratings))
    item = conversation(
        step.number, product=step.product, at=NOON + timedelta(hours=step.hours), organization_id=organization_id, ratings=ratings
    )
    if step.action == "remove":
        await analyses.remove(connection, tenant_id, [item.id])
        return
    await insert(connection, tenant_id, item)
    await jobs.queue_analysis(connection, tenant_id, item.id, due_at=NOON)
    await analyses.save(connection, tenant_id, [(item, step.analysis, await revision(connection, tenant_id, item.id))])


@pytest.fixture
async def tenant_id(db: Database) -> int:
    async with db.transaction() as connection:
        return await keys.ensure_tenant(connection, "acme")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, max_size=12), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]))
async def test_rollups_equal_a_recomputation_from_the_analyses(db: Database, history: list[Step], zone: str):
    async with db.transaction() as connection:
        tenant_id = await keys.ensure_tenant(connection, str(new_id()))
        await connection.execute("UPDATE tenant SET time_zone = $2 WHERE id = $1", tenant_id, zone)
        for step in history:
            await apply(connection, tenant_id, step)
        folded = await contents(connection, tenant_id)
        await rollups.rebuild(connection, tenant_id)
        assert folded == await contents(connection, tenant_id)


async def test_parts_sum_to_the_whole(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        for number in range(20):
            analysis = Analysis(sentiment=0.1 * (number % 7) - 0.3, struggle=0.2, quality_index=0.05 * number, message_count=number)
            await apply(connection, tenant_id, Step("save", number, analysis, number % 2, None, (3.3,), number))
        whole = await connection.fetchrow(
            "SELECT sum(sentiment_sum), sum(quality_sum), sum(rating_sum), sum(messages) FROM rollup_day WHERE kind = 'tenant'"
        )
        parts = await connection.fetchrow(
            "SELECT sum(sentiment_sum), sum(quality_sum), sum(rating_sum), sum(messages) FROM rollup_day WHERE kind = 'product'"
        )
    assert whole == parts
    assert whole["sum"]


async def test_saving_again_changes_nothing(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        step = Step("save", 1, Analysis(sentiment=0.3, keywords=("refund",), tools=(ToolUse("pay", 3, 1),)), 0, 0, (4.0,), 0)
        await apply(connection, tenant_id, step)
        before = await contents(connection, tenant_id)
        await apply(connection, tenant_id, step)
        assert await contents(connection, tenant_id) == before


async def test_what_was_saved_is_read_back(db: Database, tenant_id: int):
    analysis = Analysis(
        sentiment=0.5,
        pillars={"safety": 1.0},
        keywords=("a", "b"),
        flags=frozenset({"jailbreak_detected"}),
        tools=(ToolUse("pay", 2, 1),),
        messages=(MessageAnalysis(3, -0.5, "negative", 0.8, "en", pii=(("EMAIL", 1, 9),)),),
        evidence=(Evidence("handover", 3, 0, 4, "help"),),
    )
    async with db.transaction() as connection:
        await apply(connection, tenant_id, Step("save", 1, analysis, 0, None, (), 0))
        assert await analyses.get(connection, tenant_id, stable_id("conversation", 1)) == analysis


async def test_an_older_analysis_does_not_replace_a_newer_one(db: Database, tenant_id: int):
    item = conversation(1)
    async with db.transaction() as connection:
        await insert(connection, tenant_id, item)
        await analyses.save(connection, tenant_id, [(item, Analysis(sentiment=0.5), 7)])
        assert await analyses.save(connection, tenant_id, [(item, Analysis(sentiment=-0.5), 6)]) == frozenset()
        assert (await analyses.get(connection, tenant_id, item.id)).sentiment == 0.5


async def test_a_deleted_conversation_is_not_analysed(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        assert await analyses.save(connection, tenant_id, [(conversation(1), Analysis(sentiment=0.5), 0)]) == frozenset()
        assert await contents(connection, tenant_id) == ([], [])


async def test_two_workers_saving_the_same_conversations_count_them_once(db: Database, tenant_id: int):
    items = [conversation(number) for number in range(30)]
    async with db.transaction() as connection:
        for item in items:
            await insert(connection, tenant_id, item)

    async def work(order: list[Conversation]) -> None:
        async with db.transaction() as connection:
            await analyses.save(
                connection, tenant_id, [(item, Analysis(sentiment=0.5, keywords=("refund", str(item.id))), 0) for item in order]
            )

    async with anyio.create_task_group() as group:
        for shift in range(6):
            group.start_soon(work, items[shift:] + items[:shift])
    async with db.connection() as connection:
        assert await connection.fetchval("SELECT sum(conversations) FROM rollup_day WHERE kind = 'tenant'") == 30
        folded = await contents(connection, tenant_id)
    async with db.transaction() as connection:
        await rollups.rebuild(connection, tenant_id)
        assert folded == await contents(connection, tenant_id)


async def test_a_time_zone_change_moves_days(db: Database, tenant_id: int):
    async with db.transaction() as connection:
        await apply(connection, tenant_id, Step("save", 1, Analysis(), 0, None, (), 11))  # 23:00 UTC
        await connection.execute("UPDATE tenant SET time_zone = 'Asia/Tokyo' WHERE id = $1", tenant_id)
        await rollups.rebuild(connection, tenant_id)
        assert await connection.fetchval("SELECT day FROM rollup_day WHERE kind = 'tenant'") == (NOON + timedelta(days=1)).date()


async def test_a_conversations_rating_is_its_latest_one_else_the_mean_of_its_messages(db: Database):
    on_message = Rating(2, 1, 5, NOON, message_id=new_id())
    item = conversation(1, ratings=(on_message, replace(on_message, value=3)))
    assert item.rating_score == 2.5
    late, early = Rating(1, 0, 1, NOON), Rating(0, 0, 1, NOON - timedelta(days=1))
    assert replace(item, ratings=(on_message, late, early)).rating_score == 5
