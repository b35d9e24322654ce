"""A Scope as SQL. Every question reads the same relation, `conversation c LEFT JOIN analysis a`: a conversation counts as soon as
it is logged, its measures once it is analysed. PostgreSQL drops the join where a question uses nothing of `a`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.domain.scope import PropertyFilter, Scope
from rapport.errors import Invalid

RELATION = "FROM conversation c LEFT JOIN analysis a ON a.tenant_id = c.tenant_id AND a.conversation_id = c.id"
SENTIMENTS = ("negative", "neutral", "positive")


def relation(scope: Scope, arguments: Arguments, *, joins: str = "") -> str:
    """`FROM ... WHERE ...` of the conversations in this scope, as `c` and `a`; `joins` may add to it. $1 is the tenant."""
    conditions = ["c.tenant_id = $1", "c.kind = 'conversation'", *_conditions(scope, arguments)]
    return f"{RELATION} {joins}\nWHERE " + "\n  AND ".join(conditions)


def midnight(day: date, time_zone: str) -> datetime:
    """When a day begins for the tenant, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def local_time(scope: Scope, arguments: Arguments) -> str:
    """SQL of a conversation's time on the tenant's clock."""
    return f"(c.created_at AT TIME ZONE {arguments.add(scope.time_zone)}::text)"


def _conditions(scope: Scope, arguments: Arguments) -> Iterator[str]:
    add = arguments.add
    if scope.since:
        yield f"c.created_at >= {add(midnight(scope.since, scope.time_zone))}"
    if scope.until:
        yield f"c.created_at < {add(midnight(scope.until + timedelta(days=1), scope.time_zone))}"
    if scope.hours:
        yield f"extract(hour FROM {local_time(scope, arguments)})::int = ANY({add(list(scope.hours))}::int[])"
    yield from _identities(scope, arguments)
    yield from _measures(scope, arguments)
    if scope.text:
        yield f"c.id IN ({mentions(scope.text, arguments)})"
    yield from _properties(scope.properties, arguments)
    if scope.event_types:
        types = add(list(scope.event_types))
        yield (
            "(c.user_id IN (SELECT e.user_id FROM event e WHERE e.tenant_id = $1 AND e.event_type = ANY"
            f"({types}::text[]) AND e.user_id IS NOT NULL) OR c.organization_id IN (SELECT e.organization_id FROM event e"
            f" WHERE e.tenant_id = $1 AND e.event_type = ANY({types}::text[]) AND e.user_id IS NULL AND e.organization_id IS NOT NULL))"
        )
    if scope.led_to:
        yield f"c.id IN ({_before_events(add(list(scope.led_to)))})"
    if scope.after_events:
        types = add(list(scope.after_events))
        yield (
            "c.created_at > (SELECT max(e.event_at) FROM event e WHERE e.tenant_id = $1 AND e.user_id = c.user_id"
            f" AND e.event_type = ANY({types}::text[]))"
        )
    if scope.without:
        inner = list(_conditions(scope.without, arguments))
        if inner:
            yield f"({' AND '.join(inner)}) IS NOT TRUE"


def _before_events(types: str) -> str:
    """A subquery of the conversations that events of these types are linked to; without a link, its user's last one before it."""
    return (
        "SELECT coalesce(e.conversation_id, (SELECT b.id FROM conversation b WHERE b.tenant_id = $1 AND b.user_id = e.user_id"
        " AND b.kind = 'conversation' AND b.created_at <= e.event_at ORDER BY b.created_at DESC LIMIT 1))"
        f" FROM event e WHERE e.tenant_id = $1 AND e.event_type = ANY({types}::text[])"
    )


def _identities(scope: Scope, arguments: Arguments) -> Iterator[str]:
    for column, ids in (
        ("c.product_id", scope.product_ids),
        ("c.organization_id", scope.organization_ids),
        ("c.user_id", scope.user_ids),
        ("c.model_id", scope.model_ids),
        ("c.prompt_id", scope.prompt_ids),
        ("c.version_id", scope.version_ids),
        ("c.id", scope.conversation_ids),
        ("a.topic_id", scope.topic_ids),
        ("a.topic_group_id", scope.topic_group_ids),
    ):
        if ids:
            yield f"{column} = ANY({arguments.add(list(ids))}::uuid[])"
    if scope.segment_ids:
        segments = arguments.add(list(scope.segment_ids))
        yield f"c.user_id IN (SELECT user_id FROM segment_user WHERE tenant_id = $1 AND segment_id = ANY({segments}::uuid[]))"


def _measures(scope: Scope, arguments: Arguments) -> Iterator[str]:
    add = arguments.add
    names = [*scope.predicates, *([scope.sentiment] if scope.sentiment else [])]
    for name in names:
        if name not in PREDICATES:
            raise Invalid(f"{name} is not something conversations are filtered by; use one of {', '.join(sorted(PREDICATES))}.")
        yield PREDICATES[name].sql
    if scope.flags:
        yield f"a.flags @> {add(list(scope.flags))}::text[]"
    if scope.languages:
        yield f"a.language = ANY({add(list(scope.languages))}::text[])"
    for column, low, high in (
        ("c.rating_score", scope.rating_min, scope.rating_max),
        ("a.quality_index", scope.quality_min, scope.quality_max),
        ("a.frustration", scope.frustration_min, scope.frustration_max),
        ("c.chat_message_count", scope.messages_min, scope.messages_max),
        ("a.tool_calls", scope.tool_calls_min, scope.tool_calls_max),
    ):
        if low is not None:
            yield f"{column} >= {add(low)}"
        if high is not None:
            yield f"{column} <= {add(high)}"
    if scope.root_causes:
        yield f"a.root_cause = ANY({add(list(scope.root_causes))}::text[])"
    if scope.tools:
        yield _any_tool(scope.tools, "", arguments)
    if scope.failed_tools:
        yield _any_tool(scope.failed_tools, " && @[2] > 0", arguments)


def _any_tool(names: tuple[str, ...], further: str, arguments: Arguments) -> str:
    variables = arguments.add({"names": list(names)})
    return f"a.tool_calls > 0 AND jsonb_path_exists(a.tools, 'strict $[*] ? (@[0] == $names[*]{further})', {variables}::jsonb)"


def mentions(text: str, arguments: Arguments) -> str:
    """A subquery of the conversations where one message holds all words of `text` ("quoted phrases", or, -not), in their stemmed form.
    A text of stop words alone is in none."""
    query = f"websearch_to_tsquery('english', {arguments.add(text)})"
    return (
        "SELECT m.conversation_id FROM message m WHERE m.tenant_id = $1"
        " AND m.type IN ('user_message', 'assistant_message', 'final_response')"
        " AND to_tsvector('english', 'zt' || tenant_id || ' ' || left(coalesce(content, ''), 200000))"
        f" @@ (to_tsquery('english', 'zt' || $1::int) && {query}) AND numnode({query}) > 0"
    )


def _properties(wanted: Sequence[PropertyFilter], arguments: Arguments) -> Iterator[str]:
    """One condition for each key: of several values of a key, any fits ("pro or free"); one that is excluded stands for itself."""
    keys: dict[tuple[str, str | None], list[str]] = {}
    for one in wanted:
        if one.negate:
            yield _has_property(one, arguments)
        else:
            keys.setdefault((one.key, one.owner), []).append(_has_property(one, arguments))
    for any_of in keys.values():
        yield any_of[0] if len(any_of) == 1 else f"({' OR '.join(any_of)})"


def _has_property(wanted: PropertyFilter, arguments: Arguments) -> str:
    key, value = arguments.add(wanted.key), arguments.add(wanted.value)
    same = f"lower(properties ->> {key}::text) = lower({value}::text)"
    holders = {
        "user": f"c.user_id IN (SELECT id FROM app_user WHERE tenant_id = $1 AND {same})",
        "organization": f"c.organization_id IN (SELECT id FROM organization WHERE tenant_id = $1 AND {same})",
        "conversation": f"lower(c.properties ->> {key}::text) = lower({value}::text)",
    }
    chosen = [holders[wanted.owner]] if wanted.owner in holders else list(holders.values())
    found = f"({' OR '.join(chosen)})"
    return f"{found} IS NOT TRUE" if wanted.negate else found
