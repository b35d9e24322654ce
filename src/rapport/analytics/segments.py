"""A segment's rules as SQL over users, and in words. Only fields and operators of the tables below become SQL text; values are
parameters."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.domain.segment import Segment
from rapport.errors import Invalid
from rapport.store import catalog, jobs
from rapport.store import segments as stored
from rapport.store.database import Connection

FIELDS = {
    "sentiment": "(avg(a.sentiment) + 1) / 2",
    "sentimentChange": "avg(a.sentiment_change)",
    "frustration": "avg(a.frustration)",
    "struggle": "avg(a.struggle)",
    "commercialIntent": "avg(a.commercial_intent)",
    "cqi": "avg(a.quality_index)",
    "rating": "avg(c.rating_score)",
}
"""What an analysis rule compares: the user's mean over the conversations in range. 0 to 1, the rating 1 to 5; sentiment -1..1 is put
on 0 to 1, as the documented stock segments have it."""

FLAGS = {
    "jailbreakDetected": "jailbreak_detected", "hallucinationDetected": "hallucination_detected",
    "userToxicityDetected": "user_toxicity_detected", "modelToxicityDetected": "model_toxicity_detected",
    "userBiasDetected": "user_bias_detected", "modelBiasDetected": "model_bias_detected",
    "missingCapabilityDetected": "missing_capability_detected",
}  # fmt: skip
HAPPENED = {
    "handover": "in which a human was asked for", "abandoned": "that was abandoned", "unresolved": "that was not resolved",
    "resolved": "that was resolved", "repeated": "with a repeated question", "tool_failed": "with a failed tool call",
    "tool_used": "with tool calls",
}  # fmt: skip
"""What a rule about one conversation may ask of it, by the names of `predicates`, in words."""
_ANALYSED = "FROM conversation c JOIN analysis a ON a.tenant_id = c.tenant_id AND a.conversation_id = c.id"
OPERATORS = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "="}
DURATION = re.compile(r"([1-9]\d{0,4})([dhm])")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}
LONGEST_DAYS = 3_650


def duration(text: str) -> timedelta:
    """7d, 24h, 30m. Raises Invalid, also for more than ten years."""
    found = DURATION.fullmatch(text.strip())
    span = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else None
    if span is None or span > timedelta(days=LONGEST_DAYS):
        raise Invalid(f"filters.rules.value: {text[:40]!r} is not a duration such as 7d, 24h or 30m, of at most ten years.")
    return span


def members(tenant_id: int, filters: Mapping[str, Any], *, now: datetime | None = None) -> tuple[str, list[Any]]:
    """(SQL, arguments) that give `user_id` of every user in the segment. $1 is the tenant. Raises Invalid for a broken rule."""
    arguments, now = Arguments(tenant_id), now or datetime.now(UTC)
    rules = filters.get("rules") or ()
    kinds = {rule.get("type") for rule in rules}
    scope = _in_range(filters, arguments, now) if kinds - {"property", "organization", "event"} else ""
    events = _of_events(filters, arguments, now) if "event" in kinds else ""
    conditions = [_about_names(rule, scope, events, arguments) or _condition(rule, scope, arguments) for rule in rules]
    sql = "SELECT u.id AS user_id FROM app_user u LEFT JOIN organization o ON o.tenant_id = u.tenant_id AND o.id = u.organization_id"
    return f"{sql} WHERE u.tenant_id = $1 AND " + " AND ".join(f"({condition})" for condition in conditions or ["true"]), list(arguments)


def _in_range(filters: Mapping[str, Any], arguments: Arguments, now: datetime) -> str:
    """Conditions on conversation `c`: date range and products."""
    own = ["c.tenant_id = $1", "c.user_id = u.id", "c.kind = 'conversation'"]
    return " AND ".join([*own, *_ranged("c", "created_at", filters, arguments, now)])


def _of_events(filters: Mapping[str, Any], arguments: Arguments, now: datetime) -> str:
    """Conditions on event `e`: of the user, or of the whole organization; date range and products."""
    whose = "(e.user_id = u.id OR (e.user_id IS NULL AND e.organization_id = u.organization_id))"
    return " AND ".join(["e.tenant_id = $1", whose, *_ranged("e", "event_at", filters, arguments, now)])


def _ranged(alias: str, column: str, filters: Mapping[str, Any], arguments: Arguments, now: datetime) -> Iterator[str]:
    dates = filters.get("dateRange") or {}
    preset = dates.get("preset")
    if preset and preset != "all":
        yield f"{alias}.{column} >= {arguments.add(now - duration(preset))}"
    elif not preset:
        for key, operator in (("from", ">="), ("to", "<=")):
            if at := _moment(dates.get(key)):
                yield f"{alias}.{column} {operator} {arguments.add(at)}"
    if products := filters.get("productIds"):
        yield f"{alias}.product_id = ANY({arguments.add(_ids(products))}::uuid[])"


def _ids(given: Iterable[Any]) -> list[UUID]:
    return [UUID(str(one)) for one in given]


def _moment(text: str | None) -> datetime | None:
    """A time or day; what is neither is no bound, as documented clients send words there."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _about_names(rule: Mapping[str, Any], scope: str, events: str, arguments: Arguments) -> str | None:
    """A rule about organizations, models, tools or types of events, of which any fits, or about what happened in one conversation; None
    for every other rule. The documented criteria have none of these; such rules are made in the chat."""
    match rule.get("type"):
        case "organization":
            return f"u.organization_id = ANY({arguments.add(_ids(rule['value']))}::uuid[])"
        case "model":
            return f"EXISTS (SELECT FROM conversation c WHERE {scope} AND c.model_id = ANY({arguments.add(_ids(rule['value']))}::uuid[]))"
        case "tool":
            failed = " AND (use ->> 2)::int > 0" if rule.get("failed") else ""
            calls = f"{_ANALYSED} CROSS JOIN LATERAL jsonb_array_elements(a.tools) t(use) WHERE {scope}"
            return f"EXISTS (SELECT {calls} AND use ->> 0 = ANY({arguments.add(list(rule['value']))}::text[]){failed})"
        case "conversation":
            _known(HAPPENED, rule, "value")
            return f"EXISTS (SELECT {_ANALYSED} WHERE {scope} AND {PREDICATES[str(rule['value'])].sql})"
        case "event":
            return f"EXISTS (SELECT FROM event e WHERE {events} AND e.event_type = ANY({arguments.add(list(rule['value']))}::text[]))"
    return None


def _condition(rule: Mapping[str, Any], scope: str, arguments: Arguments) -> str:
    add = arguments.add
    analysed = f"{_ANALYSED} WHERE {scope}"
    match rule.get("type"):
        case "analysis":
            measure, operator = _known(FIELDS, rule, "field"), _known(OPERATORS, rule, "operator")
            left = f"round(({measure})::numeric, 2)" if operator == "=" else measure
            return f"(SELECT {left} {analysed}) {operator} {add(float(rule['value']))}::float8"
        case "analysis_flag":
            found = f"EXISTS (SELECT {analysed} AND {add(_known(FLAGS, rule, 'field'))}::text = ANY(a.flags))"
            return found if rule.get("value") else f"NOT {found}"
        case "any_flag":
            return f"EXISTS (SELECT {analysed} AND a.flags && {add([FLAGS[name] for name in rule['fields']])}::text[])"
        case "property":
            key = add(str(rule["key"]))
            return _compared(f"coalesce(u.properties ->> {key}::text, o.properties ->> {key}::text)", rule, arguments)
        case "conversation_property":
            held = _compared(f"c.properties ->> {add(str(rule['key']))}::text", rule, arguments)
            return f"EXISTS (SELECT FROM conversation c WHERE {scope} AND {held})"
        case "conversation_count":
            operator = _known(OPERATORS, rule, "operator")
            return f"(SELECT count(*) FROM conversation c WHERE {scope}) {operator} {add(int(rule['value']))}::bigint"
        case "last_seen":
            operator = {"within": ">=", "before": "<"}.get(str(rule.get("operator")))
            if operator is None:
                raise Invalid("filters.rules.operator: last_seen takes within or before.")
            span = add(duration(str(rule["value"])))
            return f"(SELECT max(c.last_message_at) FROM conversation c WHERE {scope}) {operator} now() - {span}::interval"
    raise Invalid(f"filters.rules.type: {str(rule.get('type'))[:40]!r} is not a kind of rule.")


def _known(table: Mapping[str, str], rule: Mapping[str, Any], name: str) -> str:
    if rule.get(name) not in table:
        raise Invalid(f"filters.rules.{name}: {str(rule.get(name))[:40]!r} is unknown; use one of {', '.join(table)}.")
    return table[str(rule[name])]


NUMBER = "'^-?[0-9]+([.][0-9]+)?$'"


def _compared(left: str, rule: Mapping[str, Any], arguments: Arguments) -> str:
    """A property against a value: numbers as numbers, all else as text without regard to case. What is absent equals nothing."""
    value = rule["value"]
    if rule.get("operator") == "in":
        return f"lower({left}) = ANY({arguments.add([str(one).lower() for one in value])}::text[])"
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    right = arguments.add(text)
    match rule.get("operator"):
        case "eq":
            return f"lower({left}) = lower({right}::text)"
        case "neq":
            return f"lower({left}) IS DISTINCT FROM lower({right}::text)"
        case "contains":
            return f"position(lower({right}::text) IN lower({left})) > 0"
        case "gt" | "lt":
            sign = OPERATORS[rule["operator"]]
            if re.fullmatch(r"-?\d+(\.\d+)?", text):
                return f"CASE WHEN {left} ~ {NUMBER} THEN ({left})::numeric {sign} ({right}::text)::numeric ELSE false END"
            return f"{left} {sign} {right}::text"
    raise Invalid("filters.rules.operator: properties take eq, neq, contains, gt or lt.")


async def create(
    connection: Connection, tenant_id: int, filters: Mapping[str, Any], *, name: str | None, created_by: UUID | None, limit: int | None,
    description: str | None = None, icon: str | None = None, at_once: bool = False,
) -> Segment:  # fmt: skip
    """A new custom segment; without a name it gets one from its first rules. Its members follow by a job, or `at_once`, in this
    transaction. Raises SegmentQuotaReached, NotFound for a foreign product, Invalid for a broken rule."""
    filters = dict(filters)
    if products := filters.get("productIds"):
        filters["productIds"] = [str(await catalog.resolve_product(connection, tenant_id, str(product))) for product in products]
    sql, arguments = members(tenant_id, filters)
    made = await stored.create(
        connection, tenant_id, name=name or _named(filters), description=description, icon=icon, filters=filters, created_by=created_by,
        limit=limit,
    )  # fmt: skip
    if at_once:
        count = await stored.refresh(connection, tenant_id, made.id, members=sql, arguments=arguments)
        return replace(made, member_count=count)
    await jobs.enqueue(connection, tenant_id, "segments_refresh", {"segmentId": str(made.id)}, key=str(made.id))
    return made


def _named(filters: Mapping[str, Any]) -> str:
    parts = []
    for rule in filters["rules"][:3]:
        subject = rule.get("field") or rule.get("key") or rule["type"]
        value = " or ".join(rule["names"]) if rule.get("names") else rule["value"]
        parts.append(" ".join(str(part) for part in (subject, rule.get("operator"), value) if part is not None))
    return " and ".join(parts)[:255]


MEASURED = {
    "sentiment": "average sentiment (0 to 1)", "sentimentChange": "average change of sentiment", "frustration": "average frustration",
    "struggle": "average struggle", "commercialIntent": "average commercial intent", "cqi": "average quality index",
    "rating": "average rating",
}  # fmt: skip
RATED = {"gt": "above {}", "lt": "below {}", "gte": "{} or higher", "lte": "{} or lower", "eq": "{}"}
SIGNS = {"gt": "above", "lt": "below", "gte": "at least", "lte": "at most", "eq": "of", "neq": "is not", "contains": "contains"}


def in_words(filters: Mapping[str, Any]) -> list[str]:
    """The rules as a person reads them: "plan is pro", "average frustration at least 0.6"."""
    return [_in_words(rule) for rule in filters.get("rules") or ()]


def _in_words(rule: Mapping[str, Any]) -> str:
    sign, value = SIGNS.get(str(rule.get("operator")), str(rule.get("operator"))), rule.get("value")
    names = " or ".join(rule.get("names") or ())
    match rule.get("type"):
        case "organization":
            return f"organization is {names}"
        case "model":
            return f"a conversation answered by {names}"
        case "tool":
            return f"a conversation in which {names} {'failed' if rule.get('failed') else 'was called'}"
        case "conversation":
            return f"a conversation {HAPPENED[str(value)]}"
        case "event":
            return f"an event {names}"
        case "analysis" if rule["field"] == "rating" and value is not None:
            stars = {1: "one star", 2: "two stars", 3: "three stars", 4: "four stars", 5: "five stars"}.get(value, f"{value:g} stars")
            return f"rated {RATED.get(str(rule.get('operator')), '{}').format(stars)} on average"
        case "analysis":
            return f"{MEASURED.get(rule['field'], rule['field'])} {sign} {value:g}"
        case "analysis_flag":
            name = FLAGS[rule["field"]].removesuffix("_detected").replace("_", " ")
            return f"{'a' if value else 'no'} conversation flagged {name}"
        case "any_flag":
            return "a conversation with a safety flag"
        case "conversation_count":
            return f"{sign} {value} conversation{'' if value == 1 else 's'}"
        case "last_seen":
            return f"{'seen' if rule.get('operator') == 'within' else 'not seen'} in the last {value}"
    if isinstance(value, list):
        return f"{rule.get('key')} is {' or '.join(map(str, value))}"
    return f"{rule.get('key')} {'is' if rule.get('operator') == 'eq' else sign} {value}"
