"""A large tenant by COPY: conversations, one user message each, plausible analyses, and rollups rebuilt from them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from rapport.domain.ids import stable_id
from rapport.store import keys, rollups
from rapport.store.database import Connection, Database

DAYS = 365
PRODUCTS, ORGANIZATIONS, MODELS, TOPICS, GROUPS = 5, 300, 4, 40, 8
PER_USER = 12
CHUNK = 20_000
WORDS = "order parcel refund late broken invoice login password export report price upgrade cancel account team shipping".split()

CONVERSATION = (
    "tenant_id", "id", "external_id", "product_id", "version_id", "prompt_id", "user_id", "organization_id", "model_id", "message_count",
    "chat_message_count", "created_at", "last_message_at", "rating", "rating_min", "rating_max", "rating_score",
)  # fmt: skip
MESSAGE = ("tenant_id", "conversation_id", "seq", "id", "type", "content", "created_at")
ANALYSIS = (
    "tenant_id", "conversation_id", "product_id", "version_id", "prompt_id", "user_id", "organization_id", "model_id", "created_at", "day",
    "message_count", "user_message_count", "language", "sentiment", "sentiment_change", "emotion", "frustration", "struggle",
    "dissatisfied", "resolution", "commercial_intent", "quality_index", "satisfaction", "friction", "growth", "safety", "rating_score",
    "topic_id", "topic_group_id", "keywords", "flags", "tools", "method", "revision",
)  # fmt: skip


async def load(database: Database, conversations: int) -> tuple[str, dict[str, UUID]]:
    """(key, ids by kind of one product, user, organization, model and prompt) of a fresh tenant with so many conversations."""
    async with database.connection() as connection:
        tenant_id = await keys.ensure_tenant(connection, f"bench-{conversations}")
        _, key = await keys.create_key(connection, tenant_id)
        users = max(1, conversations // PER_USER)
        await _catalog(connection, tenant_id, users)
        await connection.reset_type_codec("jsonb", schema="pg_catalog")  # type: ignore[attr-defined]  # COPY takes JSON as text only
        for first in range(0, conversations, CHUNK):
            await _chunk(connection, tenant_id, first, min(CHUNK, conversations - first), users)
    async with database.transaction() as connection:
        await rollups.rebuild(connection, tenant_id)
    async with database.connection() as connection:
        for table in ("conversation", "analysis", "message", "rollup_day", "rollup_term_day"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    return key, {kind: _id(kind, 1) for kind in ("product", "user", "organization", "model", "prompt", "conversation")}


def _id(kind: str, number: int) -> UUID:
    return stable_id("bench", kind, number)


async def _catalog(connection: Connection, tenant_id: int, users: int) -> None:
    async def copy(table: str, columns: tuple[str, ...], rows: Iterator[tuple]) -> None:
        await connection.copy_records_to_table(table, records=[(tenant_id, *row) for row in rows], columns=("tenant_id", *columns))

    await copy("product", ("id", "name"), ((_id("product", i), f"Product {i}") for i in range(PRODUCTS)))
    await copy(
        "organization", ("id", "external_id", "name"), ((_id("organization", i), f"o-{i}", f"Org {i}") for i in range(ORGANIZATIONS))
    )
    await copy("model", ("id", "canonical_id", "display_name"), ((_id("model", i), f"model-{i}", f"Model {i}") for i in range(MODELS)))
    await copy("topic_group", ("id", "name"), ((_id("group", i), f"group {i}") for i in range(GROUPS)))
    await copy("topic", ("id", "group_id", "name"), ((_id("topic", i), _id("group", i % GROUPS), f"topic {i}") for i in range(TOPICS)))
    prompts = ((_id("prompt", i), _id("prompt", i), _id("product", i), f"p-{i}", str(i).encode()) for i in range(PRODUCTS))
    await copy("prompt", ("id", "lineage_id", "product_id", "external_id", "fingerprint"), prompts)
    people = ((_id("user", i), f"u-{i}", _id("organization", i % ORGANIZATIONS)) for i in range(users))
    await copy("app_user", ("id", "external_id", "organization_id"), people)


async def _chunk(connection: Connection, tenant_id: int, first: int, n: int, users: int) -> None:
    chance = np.random.default_rng(first)
    now = datetime.now(UTC)
    mood = chance.normal(0.1, 0.35, n).clip(-1, 1)
    rated = chance.random(n) < 0.3
    conversations, messages, analyses = [], [], []
    for i in range(n):
        number = first + i
        at = now - timedelta(days=float(chance.random() * DAYS))
        user = int(chance.integers(users))
        ids = (_id("product", int(chance.integers(PRODUCTS))), _id("version", 0))
        who = (_id("user", user), _id("organization", user % ORGANIZATIONS), _id("model", int(chance.integers(MODELS))))
        prompt = _id("prompt", int(chance.integers(PRODUCTS)))
        topic = int(chance.integers(TOPICS))
        conversation = _id("conversation", number)
        m = float(mood[i])
        bad = 0.5 - m / 2
        stars = float(np.clip(round(3 + 2 * m), 1, 5)) if rated[i] else None
        low, high = (1.0, 5.0) if rated[i] else (None, None)
        conversations.append((tenant_id, conversation, f"c-{number}", *ids, prompt, *who, 7, 7, at, at, stars, low, high, stars))
        messages.append((tenant_id, conversation, 0, conversation, "user_message", " ".join(chance.choice(WORDS, 12)), at))
        scores = tuple(rollups.exact(x) for x in (m, m / 3))
        levels = tuple(rollups.exact(x) for x in (bad * 0.8, bad * 0.6))
        pillars = tuple(rollups.exact(x) for x in (1 - bad, 1 - bad / 2, 1 - bad, 0.5, 1.0))
        analyses.append((
            tenant_id, conversation, *ids, prompt, *who, at, at.date(), 7, 4, "en", *scores, "neutral" if m > 0 else "frustration", *levels,
            bad * 0.7, 1 - bad, 0.1, *pillars, stars, _id("topic", topic), _id("group", topic % GROUPS),
            list(map(str, chance.choice(WORDS, 5, replace=False))), ["jailbreak_detected"] if m < -0.9 else [],
            f'[["lookup", 2, {int(m < -0.6)}]]', "bench", 1,
        ))  # fmt: skip
    await connection.copy_records_to_table("conversation", records=conversations, columns=CONVERSATION)
    await connection.copy_records_to_table("message", records=messages, columns=MESSAGE)
    await connection.copy_records_to_table("analysis", records=analyses, columns=ANALYSIS)
