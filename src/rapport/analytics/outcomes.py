"""What happens around conversations: tools that fail in them, and business events before or after them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.analytics.filters import midnight, relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import find_rise
from rapport.domain.scope import Scope
from rapport.errors import Invalid
from rapport.store.database import Connection

BEFORE_DAYS = 14
"""How far before an event a conversation may be to count as leading up to it."""


@dataclass(frozen=True, slots=True)
class ToolHealth:
    """Calls of one tool and how many failed; `broken` of `conversations` had at least one failure. `error` is what the newest failure
    said."""

    name: str
    calls: int
    failures: int
    conversations: int
    broken: int
    error: str | None = None

    @property
    def failure_rate(self) -> float:
        """Percent of calls."""
        return 100 * self.failures / self.calls if self.calls else 0.0


async def tool_failures(connection: Connection, scope: Scope, *, limit: int = 10, order: str = "failures") -> tuple[ToolHealth, ...]:
    """The tools that conversations of the scope called, by failures, failure rate (`order`: failures | rate | calls), most first."""
    arguments = Arguments(scope.tenant_id)
    by = {
        "failures": "failures DESC, calls DESC",
        "rate": "failures::float8 / greatest(calls, 1) DESC, failures DESC",
        "calls": "calls DESC",
    }
    rows = await connection.fetch(
        f"""
        SELECT name, calls, failures, conversations, broken,
               (SELECT left(coalesce(m.content, m.output ->> 'error', m.output ->> 'message', m.output #>> '{{}}'), 200) FROM message m
                WHERE m.tenant_id = $1 AND m.conversation_id = last_broken AND m.type = 'tool_error' AND coalesce(m.tool_name, name) = name
                ORDER BY m.seq DESC LIMIT 1) AS error
        FROM (SELECT use ->> 0 AS name, sum((use ->> 1)::int)::int AS calls, sum((use ->> 2)::int)::int AS failures,
                     count(*) AS conversations, count(*) FILTER (WHERE (use ->> 2)::int > 0) AS broken,
                     (array_agg(c.id ORDER BY c.created_at DESC) FILTER (WHERE (use ->> 2)::int > 0))[1] AS last_broken
              {relation(scope, arguments, joins="JOIN LATERAL jsonb_array_elements(a.tools) t(use) ON a.tool_calls > 0")}
              GROUP BY 1) tools
        ORDER BY {by[order]}, name LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    return tuple(ToolHealth(**row) for row in rows)


@dataclass(frozen=True, slots=True)
class Onset:
    """Since when a tool fails. `since` is the first day of a sustained rise, None where its failure rate never rose beyond chance;
    rates are percents of calls."""

    name: str
    calls: int
    failures: int
    first_failure: date | None
    last_failure: date | None
    since: date | None = None
    rate_before: float | None = None
    rate_after: float | None = None


async def tool_onset(connection: Connection, scope: Scope, name: str) -> Onset:
    """When a tool began to fail: the change point of its daily failures and calls, by likelihood ratio."""
    arguments = Arguments(scope.tenant_id)
    zone = f"{arguments.add(scope.time_zone)}::text"
    rows = await connection.fetch(
        f"""
        SELECT (c.created_at AT TIME ZONE {zone})::date AS day, sum((use ->> 2)::int)::int AS failures, sum((use ->> 1)::int)::int AS calls
        {relation(scope, arguments, joins="JOIN LATERAL jsonb_array_elements(a.tools) t(use) ON a.tool_calls > 0")}
          AND use ->> 0 = {arguments.add(name)}
        GROUP BY 1 ORDER BY 1
        """,
        *arguments,
    )
    broken = [row["day"] for row in rows if row["failures"]]
    onset = Onset(
        name, sum(row["calls"] for row in rows), sum(row["failures"] for row in rows), broken[0] if broken else None,
        broken[-1] if broken else None,
    )  # fmt: skip
    rise = find_rise([(row["failures"], row["calls"]) for row in rows])
    if rise is None:
        return onset
    return replace(onset, since=rows[rise.at]["day"], rate_before=100 * rise.before, rate_after=100 * rise.after)


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events of one type, user, organization, product or day. `total` sums the values that are numbers (currency included); `largest` and
    `smallest` are single ones of them."""

    key: str
    label: str
    events: int
    users: int
    total: float | None
    average: float | None
    largest: float | None
    smallest: float | None
    influence: str
    first_at: datetime
    last_at: datetime


_GROUPS = {
    "type": ("e.event_type", "g.key"),
    "user": ("e.user_id", "(SELECT coalesce(name, email, external_id) FROM app_user WHERE tenant_id = $1 AND id = g.key)"),
    "organization": (
        "coalesce(e.organization_id, u.organization_id)",
        "(SELECT coalesce(name, external_id) FROM organization WHERE tenant_id = $1 AND id = g.key)",
    ),
    "product": ("e.product_id", "(SELECT name FROM product WHERE tenant_id = $1 AND id = g.key)"),
    "value": ("e.value", "g.key"),
    "day": ("(e.event_at AT TIME ZONE {zone})::date", "g.key::text"),
    "week": ("date_trunc('week', e.event_at AT TIME ZONE {zone})::date", "g.key::text"),
    "month": ("date_trunc('month', e.event_at AT TIME ZONE {zone})::date", "g.key::text"),
    "all": ("'all'::text", "'all events'"),
}
EVENT_GROUPINGS = tuple(_GROUPS)


async def events(connection: Connection, scope: Scope, *, by: str = "type", limit: int = 20) -> tuple[EventGroup, ...]:
    """Business events in the scope's days, by group, most first (days and weeks: in order).

    Products, users, organizations and types are matched on the event itself; any other condition asks for users with such a conversation.
    """
    if by not in _GROUPS:
        raise Invalid(f"Events are not grouped by {by}; use one of {', '.join(_GROUPS)}.")
    arguments = Arguments(scope.tenant_id)
    key, label = _GROUPS[by]
    key = key.format(zone=f"{arguments.add(scope.time_zone)}::text") if "{zone}" in key else key
    order = "key" if by in ("day", "week", "month") else "events DESC, key"
    rows = await connection.fetch(
        f"""
        SELECT key::text AS key, {label} AS label, events, users, total, average, largest, smallest, influence, first_at, last_at
        FROM (SELECT {key} AS key, count(*) AS events, count(DISTINCT e.user_id) AS users, sum(e.value_number) AS total,
                     avg(e.value_number) AS average, max(e.value_number) AS largest, min(e.value_number) AS smallest,
                     mode() WITHIN GROUP (ORDER BY e.influence) AS influence,
                     min(e.event_at) AS first_at, max(e.event_at) AS last_at
              {_events(scope, arguments)} AND {key} IS NOT NULL
              GROUP BY 1 ORDER BY {order} LIMIT {arguments.add(limit)}) g
        ORDER BY {order}
        """,
        *arguments,
    )
    return tuple(EventGroup(**{**row, "label": row["label"] or row["key"]}) for row in rows)


def _events(scope: Scope, arguments: Arguments) -> str:
    """`FROM event e ... WHERE ...` of the events that a scope means."""
    conditions = ["e.tenant_id = $1"]
    if scope.since:
        conditions.append(f"e.event_at >= {arguments.add(midnight(scope.since, scope.time_zone))}")
    if scope.until:
        conditions.append(f"e.event_at < {arguments.add(midnight(scope.until + timedelta(days=1), scope.time_zone))}")
    if scope.event_types:
        conditions.append(f"e.event_type = ANY({arguments.add(list(scope.event_types))}::text[])")
    for column, ids in (
        ("e.product_id", scope.product_ids),
        ("e.user_id", scope.user_ids),
        ("coalesce(e.organization_id, u.organization_id)", scope.organization_ids),
    ):
        if ids:
            conditions.append(f"{column} = ANY({arguments.add(list(ids))}::uuid[])")
    rest = replace(scope, since=None, until=None, event_types=(), product_ids=(), user_ids=(), organization_ids=())
    if rest != Scope(scope.tenant_id, scope.time_zone):
        conditions.append(f"e.user_id IN (SELECT c.user_id {relation(rest, arguments)})")
    return "FROM event e LEFT JOIN app_user u ON u.tenant_id = e.tenant_id AND u.id = e.user_id WHERE " + " AND ".join(conditions)


@dataclass(frozen=True, slots=True)
class Before:
    """What was talked about in the two weeks before an event: `share` and `usual_share` are percents of conversations with a topic."""

    topic: str
    conversations: int
    users: int
    share: float
    usual_share: float


@dataclass(frozen=True, slots=True)
class LeadUp:
    """Conversations of people in the BEFORE_DAYS before their event, against all conversations of the scope."""

    people: int
    conversations: int
    unhappy_share: float | None
    usual_unhappy_share: float | None
    topics: tuple[Before, ...]
    conversation_ids: tuple[UUID, ...]


async def lead_up(connection: Connection, scope: Scope, types: Sequence[str]) -> LeadUp:
    """What the people with an event of these types talked about before it, topics with the greatest surplus first.
    The scope's days are those of the event."""
    arguments = Arguments(scope.tenant_id)
    happened = replace(scope, event_types=tuple(types))
    source = _events(happened, arguments)
    whole = relation(replace(scope, since=None, until=None, event_types=()), arguments)
    unhappy = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        WITH happened AS (SELECT e.user_id, e.event_at {source} AND e.user_id IS NOT NULL),
        led AS (SELECT DISTINCT x.id FROM happened h JOIN conversation x ON x.tenant_id = $1 AND x.user_id = h.user_id
                AND x.created_at <= h.event_at AND x.created_at > h.event_at - {arguments.add(timedelta(days=BEFORE_DAYS))}::interval),
        usual AS (SELECT grouping(a.topic_id) AS whole, a.topic_id, count(*) AS usual, count(a.topic_id) AS usual_with_topic,
                         100 * avg(({unhappy})::int) AS usual_unhappy_share
                  {whole} GROUP BY GROUPING SETS ((a.topic_id), ())),
        before AS (SELECT grouping(topic_id) AS whole, topic_id, count(*) AS conversations, count(DISTINCT user_id) AS users,
                          count(topic_id) AS with_topic, 100 * avg(unhappy::int) AS unhappy_share,
                          (array_agg(id ORDER BY created_at DESC))[1:3] AS ids
                   FROM (SELECT c.id, c.user_id, c.created_at, a.topic_id, ({unhappy}) AS unhappy
                         {whole} AND c.id IN (SELECT id FROM led)) b
                   GROUP BY GROUPING SETS ((topic_id), ()))
        SELECT u.*, (SELECT name FROM topic t WHERE t.tenant_id = $1 AND t.id = u.topic_id) AS topic,
               coalesce(b.conversations, 0) AS conversations, coalesce(b.users, 0) AS users, coalesce(b.with_topic, 0) AS with_topic,
               b.unhappy_share, b.ids
        FROM usual u LEFT JOIN before b ON b.whole = u.whole AND b.topic_id IS NOT DISTINCT FROM u.topic_id
        """,
        *arguments,
    )
    whole_row = next(row for row in rows if row["whole"])
    topics = [_before(row, whole_row) for row in rows if not row["whole"] and row["topic"] and row["conversations"]]
    topics.sort(key=lambda topic: (topic.usual_share - topic.share, topic.topic))
    return LeadUp(
        people=whole_row["users"], conversations=whole_row["conversations"], unhappy_share=_number(whole_row["unhappy_share"]),
        usual_unhappy_share=_number(whole_row["usual_unhappy_share"]), topics=tuple(topics[:5]),
        conversation_ids=tuple(whole_row["ids"] or ()),
    )  # fmt: skip


def _before(row: Any, whole: Any) -> Before:
    share = 100 * row["conversations"] / whole["with_topic"] if whole["with_topic"] else 0.0
    return Before(row["topic"], row["conversations"], row["users"], share, 100 * row["usual"] / whole["usual_with_topic"])


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
