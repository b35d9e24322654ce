"""What was computed about each conversation, kept exactly as it was folded into the rollups.

`save` is one transaction for a batch: it takes the old values from the table, writes the new ones, and adds new minus old to
the rollups, so saving the same analysis twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from rapport.domain.analysis import PILLARS, Analysis, Evidence, MessageAnalysis, ToolUse
from rapport.domain.conversation import Conversation
from rapport.errors import NotFound
from rapport.store import cache, jobs, rollups, webhooks
from rapport.store.database import Connection

FOLDED = (
    "conversation_id", "product_id", "prompt_id", "organization_id", "model_id", "day", "message_count", "sentiment", "sentiment_change",
    "emotion", "frustration", "struggle", "commercial_intent", "quality_index", "satisfaction", "friction", "growth", "safety",
    "rating_score", "topic_id", "topic_group_id", "keywords", "root_cause", "flags", "tools", "revision",
)  # fmt: skip
"""The columns that rollups are made of."""

COLUMNS = (
    *FOLDED, "version_id", "user_id", "created_at", "user_message_count", "language", "language_confidence", "dissatisfied", "resolution",
    "abandoned", "handover_requested", "repeated_questions", "commercial_signal", "topic_similarity", "summary", "root_cause_confidence",
    "messages", "evidence", "embedding", "method", "judged_by", "embedded",
)  # fmt: skip

UPSERT = f"""
    INSERT INTO analysis (tenant_id, {", ".join(COLUMNS)}) VALUES ({", ".join(f"${i + 1}" for i in range(len(COLUMNS) + 1))})
    ON CONFLICT (tenant_id, conversation_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "conversation_id")}, analysed_at = now()
"""


async def save(connection: Connection, tenant_id: int, results: Sequence[tuple[Conversation, Analysis, int]]) -> frozenset[UUID]:
    """Store analyses of (conversation, analysis, revision), fold them into the rollups and take them off the queue.

    Returns the ids that were saved. Left out are conversations that are gone, that someone writes to at this moment, or that have
    a newer analysis; what is still on the queue is analysed again. Call inside a transaction.
    """
    zone = ZoneInfo(await connection.fetchval("SELECT time_zone FROM tenant WHERE id = $1 FOR SHARE", tenant_id))
    given = {conversation.id: (conversation, analysis, revision) for conversation, analysis, revision in results}
    previous = await _lock(connection, tenant_id, sorted(given))
    deltas, rows, changes = rollups.Deltas(), [], []
    for conversation_id, old in sorted(previous.items()):
        conversation, analysis, revision = given[conversation_id]
        if old and old["revision"] > revision:
            continue
        row = _row(conversation, analysis, revision, zone)
        rows.append(row)
        changes.append((conversation, old, row))
        if old:
            deltas.add(old, -1)
        deltas.add(row, 1)
    await connection.executemany(UPSERT, [(tenant_id, *(row[name] for name in COLUMNS)) for row in rows])
    await jobs.finish(connection, tenant_id, {row["conversation_id"]: row["revision"] for row in rows})
    await rollups.apply(connection, tenant_id, deltas)
    await webhooks.on_analysed(connection, tenant_id, changes)
    return frozenset(row["conversation_id"] for row in rows)


async def _lock(connection: Connection, tenant_id: int, ids: list[UUID]) -> dict[UUID, Mapping[str, Any] | None]:
    """The previous analysis, or None, of each conversation that exists and is free. Waits for nobody: who writes to a
    conversation now makes this analysis of it out of date anyway."""
    free = await connection.fetch(
        "SELECT id FROM conversation WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'conversation' FOR UPDATE SKIP LOCKED",
        tenant_id, ids,
    )  # fmt: skip
    found: dict[UUID, Mapping[str, Any] | None] = {row["id"]: None for row in free}
    rows = await connection.fetch(
        f"SELECT {', '.join(FOLDED)} FROM analysis WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[]) FOR UPDATE",
        tenant_id, list(found),
    )  # fmt: skip
    return found | {row["conversation_id"]: dict(row) for row in rows}


def _row(conversation: Conversation, analysis: Analysis, revision: int, zone: ZoneInfo) -> dict[str, Any]:
    score = rollups.exact
    return {
        "conversation_id": conversation.id, "product_id": conversation.product_id, "version_id": conversation.version_id,
        "prompt_id": conversation.prompt_id, "user_id": conversation.user_id, "organization_id": conversation.organization_id,
        "model_id": conversation.model_id, "created_at": conversation.created_at,
        "day": conversation.created_at.astimezone(zone).date(),
        "message_count": analysis.message_count, "user_message_count": analysis.user_message_count,
        "language": analysis.language, "language_confidence": analysis.language_confidence,
        "sentiment": score(analysis.sentiment), "sentiment_change": score(analysis.sentiment_change), "emotion": analysis.emotion,
        "frustration": score(analysis.frustration), "struggle": score(analysis.struggle), "dissatisfied": analysis.dissatisfied,
        "resolution": analysis.resolution, "abandoned": analysis.abandoned, "handover_requested": analysis.handover_requested,
        "repeated_questions": analysis.repeated_questions, "commercial_intent": score(analysis.commercial_intent),
        "commercial_signal": analysis.commercial_signal, "quality_index": score(analysis.quality_index),
        **{pillar: score(analysis.pillars.get(pillar)) for pillar in PILLARS},
        "rating_score": score(conversation.rating_score),
        "topic_id": analysis.topic_id, "topic_group_id": analysis.topic_group_id, "topic_similarity": analysis.topic_similarity,
        "keywords": list(analysis.keywords), "summary": analysis.summary, "root_cause": analysis.root_cause,
        "root_cause_confidence": analysis.root_cause_confidence, "flags": sorted(analysis.flags),
        "tools": [[tool.name, tool.calls, tool.failures] for tool in analysis.tools],
        "messages": msgspec.to_builtins(analysis.messages), "evidence": msgspec.to_builtins(analysis.evidence),
        "embedding": analysis.embedding, "method": analysis.method, "revision": revision,
        "judged_by": analysis.judged_by, "embedded": dict(analysis.embedded),
    }  # fmt: skip


async def get(connection: Connection, tenant_id: int, conversation_id: UUID) -> Analysis:
    """The analysis of a conversation, with the present names of its topic and topic group. Raises NotFound where there is none yet."""
    row = await connection.fetchrow(
        """
        SELECT a.*, t.name AS topic, g.name AS topic_group
        FROM analysis a
        LEFT JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id
        LEFT JOIN topic_group g ON g.tenant_id = $1 AND g.id = a.topic_group_id
        WHERE a.tenant_id = $1 AND a.conversation_id = $2
        """,
        tenant_id, conversation_id,
    )  # fmt: skip
    if row is None:
        raise NotFound("This conversation is not analysed yet; ask again in a few seconds.")
    taken = {name: row[name] for name in Analysis.__dataclass_fields__ if name in row}
    return Analysis(**{
        **taken,
        "pillars": {pillar: row[pillar] for pillar in PILLARS if row[pillar] is not None},
        "keywords": tuple(row["keywords"]),
        "flags": frozenset(row["flags"]),
        "tools": tuple(ToolUse(*tool) for tool in row["tools"]),
        "messages": msgspec.convert(row["messages"], tuple[MessageAnalysis, ...]),
        "evidence": msgspec.convert(row["evidence"], tuple[Evidence, ...]),
    })  # fmt: skip


async def rating_score(connection: Connection, tenant_id: int, conversation_id: UUID) -> float | None:
    """The conversation's rating on 1..5, as analysed; None where it is not rated."""
    return await connection.fetchval(
        "SELECT rating_score::float8 FROM analysis WHERE tenant_id = $1 AND conversation_id = $2", tenant_id, conversation_id
    )


async def embeddings(
    connection: Connection, tenant_id: int, *, after: UUID | None = None, limit: int = 500, every: int = 1
) -> list[tuple[UUID, str, bytes | None]]:
    """(conversation id, method, embedding) of the next `limit` analysed conversations by id, of all or of one in `every`, the
    same ones each time."""
    rows = await connection.fetch(
        """
        SELECT conversation_id, method, embedding FROM analysis
        WHERE tenant_id = $1 AND ($2::uuid IS NULL OR conversation_id > $2) AND uuid_hash(conversation_id) % $4 = 0
        ORDER BY conversation_id LIMIT $3
        """,
        tenant_id, after, limit, every,
    )  # fmt: skip
    return [(row["conversation_id"], row["method"], row["embedding"]) for row in rows]


async def assign_topics(
    connection: Connection, tenant_id: int, assigned: Mapping[UUID, tuple[UUID | None, UUID | None, float | None]]
) -> None:
    """Give analysed conversations another (topic, topic group, similarity), here and in the rollups. Doing it twice changes
    nothing. Call inside a transaction."""
    await connection.fetchval("SELECT 1 FROM tenant WHERE id = $1 FOR SHARE", tenant_id)
    rows = await connection.fetch(
        f"""
        SELECT {", ".join(FOLDED)} FROM analysis WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[])
        ORDER BY conversation_id FOR UPDATE
        """,
        tenant_id, list(assigned),
    )  # fmt: skip
    deltas, changed = rollups.Deltas(), []
    for old in map(dict, rows):
        topic_id, group_id, similarity = assigned[old["conversation_id"]]
        deltas.add(old, -1)
        deltas.add(old | {"topic_id": topic_id, "topic_group_id": group_id}, 1)
        changed.append((tenant_id, old["conversation_id"], topic_id, group_id, similarity))
    await connection.executemany(
        """
        UPDATE analysis SET topic_id = $3, topic_group_id = $4, topic_similarity = $5
        WHERE tenant_id = $1 AND conversation_id = $2
          AND (topic_id, topic_group_id, topic_similarity) IS DISTINCT FROM ($3::uuid, $4::uuid, $5::real)
        """,
        changed,
    )
    await rollups.apply(connection, tenant_id, deltas)


async def remove(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID]) -> None:
    """Take back the analyses of these conversations, what they added to the rollups, and cached insights that may quote them. Call
    inside the transaction that deletes the conversations; they are locked, so that no worker saves one of them meanwhile."""
    ids = sorted(set(conversation_ids))
    await connection.fetchval("SELECT 1 FROM tenant WHERE id = $1 FOR SHARE", tenant_id)
    await connection.fetch(
        "SELECT 1 FROM conversation WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE", tenant_id, ids
    )
    await connection.execute("DELETE FROM analysis_pending WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[])", tenant_id, ids)
    rows = await connection.fetch(
        f"DELETE FROM analysis WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[]) RETURNING {', '.join(FOLDED)}", tenant_id, ids
    )
    deltas = rollups.Deltas()
    for row in rows:
        deltas.add(dict(row), -1)
    await rollups.apply(connection, tenant_id, deltas)
    await cache.forget(connection, tenant_id)
