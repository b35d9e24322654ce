"""The inbox: which conversations someone should look at, why, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rapport.errors import NotFound
from rapport.store.database import Connection

CLUSTER_SHOWN = 20
STEP = 2_000  # analyses that are looked at in one transaction, 30 to 140 ms
OVERLAP = "2 seconds"  # by which a transaction may be older than it was seen to be
NIL = UUID(int=0)
RANK = "{attention} + 0.05 * extract(epoch FROM {said_at}) / 86400"
"""Attention fades by 0.05 a day since the last message: the order of this at any time."""


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
           c.chat_message_count AS message_count, a.topic_id, t.name AS topic, a.root_cause
    FROM inbox_item i
    JOIN conversation c ON c.tenant_id = i.tenant_id AND c.id = i.conversation_id
    LEFT JOIN analysis a ON a.tenant_id = i.tenant_id AND a.conversation_id = i.conversation_id
    LEFT JOIN topic t ON t.tenant_id = a.tenant_id AND t.id = a.topic_id
"""
RAISED = "(i.trigger_type = {0} OR i.triggers @> jsonb_build_array(jsonb_build_object('triggerType', {0}::text)))"
CLUSTERS = f"""
    SELECT cause, topic_id, (array_agg(conversation_id ORDER BY attention DESC, conversation_id))[1 : {CLUSTER_SHOWN + 1}] AS ids,
           count(*) AS size
    FROM (SELECT DISTINCT root_cause AS cause, topic_id FROM analysis
          WHERE tenant_id = $1 AND conversation_id = ANY($2) AND root_cause IS NOT NULL AND topic_id IS NOT NULL) k,
         LATERAL (SELECT i.conversation_id, i.attention
                  FROM analysis o
                  JOIN inbox_item i ON i.tenant_id = $1 AND i.conversation_id = o.conversation_id AND i.status = 'unreviewed'
                  WHERE o.tenant_id = $1 AND o.root_cause = k.cause AND o.topic_id = k.topic_id) m
    GROUP BY cause, topic_id
"""
NEXT = """
    SELECT conversation_id, analysed_at FROM analysis
    WHERE tenant_id = $1 AND (analysed_at, conversation_id) > ($2, $3) ORDER BY analysed_at, conversation_id LIMIT $4
"""
RENEW = f"""
    WITH found AS MATERIALIZED (
        SELECT r.conversation_id, max(c.last_message_at) AS said_at,
               (array_agg(axis ORDER BY severity DESC, confidence DESC, ordinal))[1] AS axis,
               (array_agg(type ORDER BY severity DESC, confidence DESC, ordinal))[1] AS trigger_type, max(severity) AS severity,
               max(severity) / 5.0 * max(confidence) + 0.1 * (count(*) - 1) AS attention,
               jsonb_agg(trigger ORDER BY severity DESC, confidence DESC, ordinal) AS triggers
        FROM ({{raised}}) r JOIN conversation c ON c.tenant_id = $1 AND c.id = r.conversation_id GROUP BY r.conversation_id
    ), settled AS (
        DELETE FROM inbox_item i
        WHERE i.tenant_id = $1 AND i.conversation_id = ANY($2::uuid[]) AND i.status = 'unreviewed' AND i.axis <> 'manual'
          AND NOT EXISTS (SELECT FROM found f WHERE f.conversation_id = i.conversation_id)
    )
    INSERT INTO inbox_item (tenant_id, conversation_id, axis, trigger_type, severity, attention, rank, triggers)
    SELECT $1, conversation_id, axis, trigger_type, severity, attention, {RANK.format(attention="attention", said_at="said_at")}, triggers
    FROM found
    ON CONFLICT (tenant_id, conversation_id) DO UPDATE
    SET severity = excluded.severity, attention = excluded.attention, rank = excluded.rank, triggers = excluded.triggers,
        updated_at = CASE WHEN inbox_item.triggers IS DISTINCT FROM excluded.triggers THEN now() ELSE inbox_item.updated_at END,
        axis = CASE WHEN inbox_item.axis = 'manual' THEN 'manual' ELSE excluded.axis END,
        trigger_type = CASE WHEN inbox_item.axis = 'manual' THEN 'manual_review' ELSE excluded.trigger_type END
    WHERE (inbox_item.triggers, inbox_item.rank) IS DISTINCT FROM (excluded.triggers, excluded.rank)
"""
"""The items of the conversations $2 of tenant $1, made anew from what they raise."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to which analysis a refresh has come, in the order of (analysed_at, conversation_id). `horizon` is of its first step: whatever
    was saved before it could be seen by all steps, and what is saved later is for the next refresh."""

    analysed_at: datetime
    conversation_id: UUID
    horizon: datetime


async def refresh(connection: Connection, tenant_id: int, raised: str, after: Reached | None = None, *, step: int = STEP) -> Reached | None:
    """One step of bringing the inbox up to date with the analyses saved since the last refresh: the next `step` of them in the order of
    their saving. Returns what the next step goes on `after`, None at the end. `raised` is SQL of analytics.triggers. Reviews and what
    teammates flagged stay; what raises nothing any more and was not reviewed leaves.

    Call each step in a transaction of its own: what is done is kept, a refresh that was interrupted goes on where it was, and two
    refreshes of a tenant wait for each other no longer than a step.
    """
    since, horizon = await _since(connection, tenant_id)
    after = after or Reached(since, NIL, horizon)
    rows = await connection.fetch(NEXT, tenant_id, after.analysed_at, after.conversation_id, step)
    await connection.execute(RENEW.format(raised=raised), tenant_id, [row["conversation_id"] for row in rows])
    reached = Reached(rows[-1]["analysed_at"], rows[-1]["conversation_id"], after.horizon) if len(rows) == step else None
    await connection.execute(
        "UPDATE inbox_state SET refreshed_to = greatest(refreshed_to, $2) WHERE tenant_id = $1",
        tenant_id, min(reached.analysed_at, after.horizon) if reached else after.horizon,
    )  # fmt: skip
    return reached


async def _since(connection: Connection, tenant_id: int) -> tuple[datetime, datetime]:
    """(since when analyses are to be looked at, up to when nothing can be saved any more). Locks the tenant's refreshing."""
    await connection.execute("INSERT INTO inbox_state (tenant_id, refreshed_to) VALUES ($1, '-infinity') ON CONFLICT DO NOTHING", tenant_id)
    row = await connection.fetchrow(  # what is being saved at this moment has the time at which its transaction began
        f"""
        SELECT refreshed_to - interval '{OVERLAP}' AS since,
               (SELECT least(now(), min(xact_start)) FROM pg_stat_activity
                WHERE datname = current_database() AND backend_type = 'client backend') AS horizon
        FROM inbox_state WHERE tenant_id = $1 FOR UPDATE
        """,
        tenant_id,
    )  # fmt: skip
    assert row
    return row["since"], row["horizon"]


async def list_(
    connection: Connection, tenant_id: int, *, status: str, trigger_type: str | None, axis: str | None, min_severity: int, limit: int,
    offset: int, inside: str | None = None, arguments: Sequence[Any] = (),
) -> tuple[list[Item], int]:  # fmt: skip
    """(items, total): unreviewed ones by attention, which fades by 0.05 a day; others by their last update. `inside` is SQL that gives
    the ids of the conversations to look among, with `arguments`, of which the first is the tenant."""
    values = list(arguments or (tenant_id,))
    conditions = ["i.tenant_id = $1", *([f"i.conversation_id IN ({inside})"] if inside else [])]
    given = {"i.status = {0}": status, "i.severity >= {0}": min_severity, "i.axis = {0}": axis, RAISED: trigger_type}
    for condition, value in given.items():
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    where = "WHERE " + " AND ".join(conditions)
    order = "i.rank DESC" if status == "unreviewed" else "i.updated_at DESC"
    rows = await connection.fetch(
        f"{VIEW} {where} ORDER BY {order}, i.conversation_id LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}", *values, limit, offset
    )
    total = await connection.fetchval(f"SELECT count(*) FROM inbox_item i {where}", *values)
    return await _items(connection, tenant_id, rows), total


async def get(connection: Connection, tenant_id: int, conversation_id: UUID) -> Item:
    """Raises NotFound where the conversation is not in the inbox."""
    row = await connection.fetchrow(f"{VIEW} WHERE i.tenant_id = $1 AND i.conversation_id = $2", tenant_id, conversation_id)
    if row is None:
        raise NotFound("This conversation is not in the inbox.")
    return (await _items(connection, tenant_id, [row]))[0]


async def _items(connection: Connection, tenant_id: int, rows: Sequence[asyncpg.Record]) -> list[Item]:
    """Rows of VIEW with their clusters."""
    clusters = await connection.fetch(CLUSTERS, tenant_id, [row["conversation_id"] for row in rows if row["root_cause"]])
    found = {(cluster["cause"], cluster["topic_id"]): cluster for cluster in clusters}
    items = []
    for row in rows:
        shown = {name: value for name, value in row.items() if name != "topic_id"}
        cluster = found.get((row["root_cause"], row["topic_id"]))
        others = [i for i in (cluster["ids"] if cluster else ()) if i != row["conversation_id"]]
        items.append(Item(**shown, cluster=tuple(others[:CLUSTER_SHOWN]), cluster_size=cluster["size"] if cluster and others else 0))
    return items


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
        f"""
        INSERT INTO inbox_item (tenant_id, conversation_id, axis, trigger_type, severity, attention, rank, triggers, note)
        SELECT $1, $2, 'manual', 'manual_review', $3::int, $3::int / 5.0,
               {RANK.format(attention="$3::int / 5.0", said_at="last_message_at")}, jsonb_build_array($4::jsonb), $5
        FROM conversation WHERE tenant_id = $1 AND id = $2
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE
        SET axis = 'manual', trigger_type = 'manual_review', status = 'unreviewed', severity = greatest(inbox_item.severity, $3::int),
            attention = greatest(inbox_item.attention, $3::int / 5.0), rank = greatest(inbox_item.rank, excluded.rank),
            triggers = jsonb_build_array($4::jsonb) || inbox_item.triggers,
            note = $5, updated_at = now()
        """,
        tenant_id, conversation_id, severity, trigger, note,
    )  # fmt: skip
