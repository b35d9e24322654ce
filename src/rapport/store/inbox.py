"""The inbox: which conversations someone should look at, why, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.errors import NotFound
from rapport.store.database import Connection

OVERLAP = "5 minutes"  # transactions that were still open at the last look


@dataclass(frozen=True, slots=True)
class Item:
    """A conversation in the inbox. `cluster` are others with the same root cause and topic (at most 20 ids, `cluster_size` all)."""

    conversation_id: UUID
    status: str
    axis: str
    trigger_type: str
    attention: float
    triggers: Sequence[Mapping[str, Any]]
    flagged_at: datetime
    updated_at: datetime
    message_count: int
    topic: str | None
    root_cause: str | None
    note: str | None = None
    cluster: Sequence[UUID] = ()
    cluster_size: int = 0


VIEW = """
    SELECT i.conversation_id, i.status, i.axis, i.trigger_type, i.attention, i.triggers, i.flagged_at, i.updated_at, i.note,
           c.chat_message_count AS message_count, t.name AS topic, a.root_cause
    FROM inbox_item i
    JOIN conversation c ON c.tenant_id = i.tenant_id AND c.id = i.conversation_id
    LEFT JOIN analysis a ON a.tenant_id = i.tenant_id AND a.conversation_id = i.conversation_id
    LEFT JOIN topic t ON t.tenant_id = a.tenant_id AND t.id = a.topic_id
"""
CLUSTER = """
    SELECT array_agg(o.conversation_id ORDER BY i.attention DESC) AS ids, count(*) AS size
    FROM analysis a
    JOIN analysis o ON o.tenant_id = a.tenant_id AND o.root_cause = a.root_cause AND o.topic_id = a.topic_id
    JOIN inbox_item i ON i.tenant_id = o.tenant_id AND i.conversation_id = o.conversation_id AND i.status = 'unreviewed'
    WHERE a.tenant_id = $1 AND a.conversation_id = $2
"""


async def refresh(connection: Connection, tenant_id: int, raised: str) -> None:
    """Brings the inbox up to date with the analyses saved since the last refresh. `raised` is SQL of analytics.triggers. Reviews and
    what teammates flagged stay; what raises nothing any more and was not reviewed leaves. Call inside a transaction."""
    since = await connection.fetchval(
        f"SELECT coalesce((SELECT refreshed_to - interval '{OVERLAP}' FROM inbox_state WHERE tenant_id = $1), '-infinity')", tenant_id
    )
    found = f"""
        SELECT conversation_id, (array_agg(axis ORDER BY severity DESC, confidence DESC, ordinal))[1] AS axis,
               (array_agg(type ORDER BY severity DESC, confidence DESC, ordinal))[1] AS trigger_type, max(severity) AS severity,
               max(severity) / 5.0 * max(confidence) + 0.1 * (count(*) - 1) AS attention,
               jsonb_agg(trigger ORDER BY severity DESC, confidence DESC, ordinal) AS triggers
        FROM ({raised}) r GROUP BY conversation_id
    """
    await connection.execute(
        f"""
        DELETE FROM inbox_item i USING analysis a
        WHERE i.tenant_id = $1 AND i.status = 'unreviewed' AND i.axis <> 'manual'
          AND a.tenant_id = $1 AND a.conversation_id = i.conversation_id AND a.analysed_at >= $2
          AND i.conversation_id NOT IN (SELECT conversation_id FROM ({raised}) r)
        """,
        tenant_id, since,
    )  # fmt: skip
    await connection.execute(
        f"""
        INSERT INTO inbox_item (tenant_id, conversation_id, axis, trigger_type, severity, attention, triggers)
        SELECT $1, conversation_id, axis, trigger_type, severity, attention, triggers FROM ({found}) f
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE
        SET severity = excluded.severity, attention = excluded.attention, triggers = excluded.triggers, updated_at = now(),
            axis = CASE WHEN inbox_item.axis = 'manual' THEN 'manual' ELSE excluded.axis END,
            trigger_type = CASE WHEN inbox_item.axis = 'manual' THEN 'manual_review' ELSE excluded.trigger_type END
        WHERE inbox_item.triggers IS DISTINCT FROM excluded.triggers
        """,
        tenant_id, since,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO inbox_state (tenant_id, refreshed_to) VALUES ($1, now())
        ON CONFLICT (tenant_id) DO UPDATE SET refreshed_to = excluded.refreshed_to
        """,
        tenant_id,
    )


async def list_(
    connection: Connection, tenant_id: int, *, status: str, trigger_type: str | None, axis: str | None, min_severity: int, limit: int,
    offset: int, inside: str | None = None, arguments: Sequence[Any] = (),
) -> tuple[list[Item], int]:  # fmt: skip
    """(items, total): unreviewed ones by attention, which fades by 0.05 a day; others by their last update. `inside` is SQL that gives
    the ids of the conversations to look among, with `arguments`, of which the first is the tenant."""
    given = tuple(arguments) or (tenant_id,)
    at = len(given)
    where = f"""
        WHERE i.tenant_id = $1 AND i.status = ${at + 1} AND i.severity >= ${at + 2} AND (${at + 3}::text IS NULL OR i.axis = ${at + 3})
          AND (${at + 4}::text IS NULL OR i.trigger_type = ${at + 4}
               OR i.triggers @> jsonb_build_array(jsonb_build_object('triggerType', ${at + 4}::text)))
          {f"AND i.conversation_id IN ({inside})" if inside else ""}
    """
    order = (
        "i.attention - 0.05 * extract(epoch FROM now() - c.last_message_at) / 86400 DESC" if status == "unreviewed" else "i.updated_at DESC"
    )
    filters = (*given, status, min_severity, axis, trigger_type)
    rows = await connection.fetch(
        f"{VIEW} {where} ORDER BY {order}, i.conversation_id LIMIT ${at + 5} OFFSET ${at + 6}", *filters, limit, offset
    )
    total = await connection.fetchval(f"SELECT count(*) FROM inbox_item i {where}", *filters)
    return [await _item(connection, tenant_id, row) for row in rows], total


async def get(connection: Connection, tenant_id: int, conversation_id: UUID) -> Item:
    """Raises NotFound where the conversation is not in the inbox."""
    row = await connection.fetchrow(f"{VIEW} WHERE i.tenant_id = $1 AND i.conversation_id = $2", tenant_id, conversation_id)
    if row is None:
        raise NotFound("This conversation is not in the inbox.")
    return await _item(connection, tenant_id, row)


async def _item(connection: Connection, tenant_id: int, row: asyncpg.Record) -> Item:
    cluster = await connection.fetchrow(CLUSTER, tenant_id, row["conversation_id"]) if row["root_cause"] else None
    ids = [i for i in (cluster["ids"] or ()) if i != row["conversation_id"]] if cluster else []
    return Item(**row, cluster=tuple(ids[:20]), cluster_size=cluster["size"] if cluster and ids else 0)


async def review(connection: Connection, tenant_id: int, conversation_id: UUID, status: str) -> None:
    """What became of it: unreviewed, reviewed or dismissed. Raises NotFound."""
    done = await connection.fetchval(
        "UPDATE inbox_item SET status = $3, updated_at = now() WHERE tenant_id = $1 AND conversation_id = $2 RETURNING 1",
        tenant_id, conversation_id, status,
    )  # fmt: skip
    if done is None:
        raise NotFound("This conversation is not in the inbox.")


async def flag(connection: Connection, tenant_id: int, conversation_id: UUID, *, severity: int, note: str | None) -> None:
    """A teammate puts a conversation into the inbox."""
    trigger = {
        "triggerType": "manual_review",
        "severity": severity,
        "confidence": None,
        "reason": note,
        "source": "teammate",
        "axis": "manual",
    }
    await connection.execute(
        """
        INSERT INTO inbox_item (tenant_id, conversation_id, axis, trigger_type, severity, attention, triggers, note)
        VALUES ($1, $2, 'manual', 'manual_review', $3::int, $3::int / 5.0, jsonb_build_array($4::jsonb), $5)
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE
        SET axis = 'manual', trigger_type = 'manual_review', status = 'unreviewed', severity = greatest(inbox_item.severity, $3::int),
            attention = greatest(inbox_item.attention, $3::int / 5.0), triggers = jsonb_build_array($4::jsonb) || inbox_item.triggers,
            note = $5, updated_at = now()
        """,
        tenant_id, conversation_id, severity, trigger, note,
    )  # fmt: skip
