"""Segments: groups of users by rules. They are read like any other set of conversations; one is made only when the person asks for it."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from rapport.analyst.tools.desk import Asked, Desk, Reading, check, identify, period, read_day, schema
from rapport.analyst.tools.numbers import METRIC_LIST, OVERVIEW, comparison_json
from rapport.analytics import breakdown, metrics, trends
from rapport.analytics import segments as rules
from rapport.analytics.filters import midnight
from rapport.analytics.queries import asking
from rapport.domain.agent import Tool, ToolResult
from rapport.domain.scope import Scope
from rapport.domain.segment import Segment
from rapport.errors import Invalid, NotFound, SegmentQuotaReached, ToolError
from rapport.store import jobs, segments

MOST_LISTED = 100
_WORDS = ("segment", "cohort", "audience", "group", "list", "bucket", "bundle", "basket", "collection", "roof")
_ARROW = re.compile(r"\b(?:save|keep|store|collect|gather|bundle|put|pack|lump)\b.{0,80}(?:->|→|=>)\s*[\"“'‘]?[A-Z]", re.S)
""" "Save everyone at Acme -> Acme folk"."""


def asks_for_one(question: str) -> bool:
    """Whether the person's own words ask for a segment, typing errors in longer words allowed: a model may have been talked into a call
    by what it read in a conversation."""
    if _ARROW.search(question):
        return True
    said = [word.removesuffix("s") for word in re.findall(r"[a-z]+", question.lower())]
    return any(
        word in _WORDS or any(noun in word for noun in _WORDS[:3]) or (len(word) >= 6 and get_close_matches(word, _WORDS[:3], 1, 0.8))
        for word in said
    )


SEGMENT = {"type": "string", "maxLength": 255, "description": "id, preset id or name"}
_NAMED = {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 255}}
CREATE_ARGUMENTS = schema(
    {
        "name": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 2000},
        "measures": {
            "type": "array", "maxItems": 20, "description": "a user's mean over the period; sentiment 0 to 1, rating 1 to 5",
            "items": {
                "type": "object", "required": ["measure", "operator", "value"],
                "properties": {"measure": {"enum": [*rules.FIELDS, "conversations"]}, "operator": {"enum": list(rules.OPERATORS)},
                               "value": {"type": "number"}},
            },
        },
        "conditions": {"type": "array", "maxItems": 20, "items": {"type": "string"}, "description": "such as unhappy or frustrated"},
        "properties": {
            "type": "array", "maxItems": 20, "description": "of users or their organizations, such as plan = pro",
            "items": {
                "type": "object", "required": ["key", "value"],
                "properties": {"key": {"type": "string"}, "value": {"type": "string"}, "negate": {"type": "boolean"}},
            },
        },
        "products": _NAMED | {"description": "ids or names"},
        "organizations": _NAMED | {"description": "ids or names; the people of any of them"},
        "models": _NAMED | {"description": "ids or names; people whom any of them answered"},
        "tools": _NAMED | {"description": "names; people in whose conversations any of them was called"},
        "failedTools": _NAMED | {"description": "names; people for whom any of them failed"},
        "events": _NAMED | {"description": "types of events; people with any of them"},
        "lastSeen": {
            "type": "object", "required": ["operator", "value"],
            "properties": {"operator": {"enum": ["within", "before"]}, "value": {"type": "string", "maxLength": 20}},
            "description": "a duration back from now, such as 7d",
        },
        "since": {"type": "string", "format": "date", "description": "YYYY-MM-DD, a day of the tenant's time zone, included"},
        "until": {"type": "string", "format": "date", "description": "YYYY-MM-DD, included"},
        "rolling": {"enum": ["7d", "30d", "90d"], "description": "a period that moves on with time, instead of since and until"},
    },
    filtered=False,
)  # fmt: skip


def _measure(name: str, operator: str, value: float) -> dict[str, Any]:
    return {"type": "analysis", "field": name, "operator": operator, "value": value}


CONDITIONS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "unhappy": (_measure("sentiment", "lte", 0.3),), "happy": (_measure("sentiment", "gte", 0.7),),
    "negative": (_measure("sentiment", "lte", 0.4),), "positive": (_measure("sentiment", "gte", 0.6),),
    "dissatisfied": (_measure("sentiment", "lte", 0.3),), "worsening": (_measure("sentimentChange", "lt", 0),),
    "frustrated": (_measure("frustration", "gte", 0.6),), "struggling": (_measure("struggle", "gte", 0.6),),
    "low_rated": (_measure("rating", "lte", 2),), "high_rated": (_measure("rating", "gte", 4),),
    "low_quality": (_measure("cqi", "lt", 0.5),), "commercial": (_measure("commercialIntent", "gte", 0.4),),
    "flagged": ({"type": "any_flag", "fields": list(rules.FLAGS), "value": True},),
} | {column: ({"type": "analysis_flag", "field": name, "value": True},) for name, column in rules.FLAGS.items()} | {
    name: ({"type": "conversation", "operator": "eq", "value": name},) for name in rules.HAPPENED
}  # fmt: skip
"""What a word about conversations means of a user: the stock segments' cuts for happy and unhappy, else those of
analytics.predicates, on the mean of the user's conversations."""


def segment_readings() -> tuple[Reading, ...]:
    """The tools of this file that read."""
    return (
        Reading("getSegmentAnalytics", "Reading a segment", "The figures of a segment's users, beside everyone else's.",
                schema({"segment": SEGMENT, "metrics": METRIC_LIST}, ["segment"]), analytics),
        Reading("compareSegments", "Comparing segments", "The same figures for two to six segments, tested.",
                schema({"segments": {"type": "array", "items": SEGMENT, "minItems": 2, "maxItems": 6}, "metrics": METRIC_LIST},
                       ["segments"]), compare),
    )  # fmt: skip


def segment_tools(desk: Desk) -> tuple[Tool, ...]:
    """The list, which gives a new tenant its stock segments, and createSegment, which writes."""
    listing = Reading("getSegmentList", "Listing segments", "All segments with their rules and how many users are in each.",
                      schema({}, filtered=False), listed).bound(desk)  # fmt: skip

    async def list_segments(arguments: Mapping[str, Any]) -> ToolResult:
        async with desk.database.transaction() as connection:
            if await segments.ensure_presets(connection, desk.base.tenant_id):
                await jobs.enqueue(connection, desk.base.tenant_id, "segments_refresh", key="all")
                desk.lexicons.forget(desk.base.tenant_id)
        return await listing.call(arguments)

    async def create(arguments: Mapping[str, Any]) -> ToolResult:
        check(arguments, CREATE_ARGUMENTS)
        try:
            return await _create(desk, arguments)
        except SegmentQuotaReached as error:
            output = {"error": error.code, "message": error.message, **error.details[0]}
            return ToolResult(output, public=output, error=error.code)
        except (Invalid, NotFound) as error:
            raise ToolError(error.message) from error

    return (
        replace(listing, call=list_segments),
        Tool("createSegment", "Creating a segment",
             "Make a segment of users by rules, all of which must hold, only when the person asks for one in their last message.",
             CREATE_ARGUMENTS, create),
    )  # fmt: skip


def limited(scope: Scope) -> bool:
    """Whether this chat sees only a part of the tenant's conversations."""
    return bool(scope.product_ids or scope.organization_ids or scope.user_ids)


async def listed(asked: Asked) -> ToolResult:
    if not asked.lexicon.whole:  # segments are of all users: a key of one organization or user sees none
        return ToolResult({"total": 0, "segments": []})
    found, total = await segments.list_(asked.connection, asked.scope.tenant_id, limit=MOST_LISTED, offset=0)
    counts = {segment.id: await _members(asked, segment) for segment in found}
    return ToolResult({"total": total, "segments": [segment_json(segment, counts[segment.id]) for segment in found]})


async def _members(asked: Asked, segment: Segment) -> int:
    """Users in the segment; where this chat sees only a part of the conversations, those with one in it."""
    if not limited(asked.desk.base):
        return segment.member_count
    (users,) = await metrics.level(asked.connection, replace(asked.desk.base, segment_ids=(segment.id,)), metrics.find(["users"]))
    return int(users.value or 0)


def segment_json(segment: Segment, members: int) -> dict[str, Any]:
    """A segment as tools give it."""
    refreshed = segment.refreshed_at
    return {
        "id": str(segment.id), "name": segment.name, "type": segment.type, "presetId": segment.preset_id, "members": members,
        "rules": rules.in_words(segment.filters), "refreshedAt": refreshed and refreshed.isoformat(timespec="minutes"),
    }  # fmt: skip


async def analytics(asked: Asked) -> ToolResult:
    name = await asked.identify("segment", asked.arguments["segment"])
    segment = await segments.get(asked.connection, asked.scope.tenant_id, name.id)
    measured = metrics.find(asked.get("metrics", OVERVIEW))
    inside = asked.narrowed(segment_ids=(segment.id,))
    others = asked.narrowed(without=Scope(asked.scope.tenant_id, asked.scope.time_zone, segment_ids=(segment.id,)))
    figures = await metrics.level(asked.connection, inside, measured)
    changes = await trends.compare(asked.connection, inside, others, measured)
    topics = await breakdown.breakdown(asked.connection, inside, metrics.find(["conversations"]), "topic", limit=5)
    return ToolResult(
        {
            "period": period(asked.scope), "segment": segment_json(segment, await _members(asked, segment)),
            "figures": [figure.json() for figure in figures], "everyoneElse": [comparison_json(change) for change in changes],
            "topics": [{"name": group.label, "conversations": group.conversations} for group in topics.groups],
        }
    )  # fmt: skip


async def compare(asked: Asked) -> ToolResult:
    """Each segment's figures; differences are of the first against each other one."""
    names = [await asked.identify("segment", spelling) for spelling in asked.arguments["segments"]]
    if len(names) < 2:
        raise ToolError("Give at least two segments.")
    measured = metrics.find(asked.get("metrics", ("rating", "sentiment", "frustration", "quality_index", "conversations")))
    scopes = [asked.narrowed(segment_ids=(UUID(name.id),)) for name in names]
    figures = [await metrics.level(asked.connection, scope, measured) for scope in scopes]
    comparisons = [await trends.compare(asked.connection, scopes[0], scope, measured) for scope in scopes[1:]]
    return ToolResult(
        {
            "sides": [
                {"name": name.text, "id": name.id, "period": period(scope), "figures": [figure.json() for figure in own]}
                for name, scope, own in zip(names, scopes, figures, strict=True)
            ],
            "differences": [
                {"of": names[0].text, "from": name.text, "changes": [comparison_json(change) for change in found]}
                for name, found in zip(names[1:], comparisons, strict=True)
            ],
        }
    )


async def _create(desk: Desk, arguments: Mapping[str, Any]) -> ToolResult:
    base = desk.base
    if desk.question is not None and not asks_for_one(desk.question):
        raise ToolError("The person has not asked for a segment; create one only when they do.")
    if base.organization_ids or base.user_ids:
        raise ToolError("This key sees one organization or user only, and a segment is of the whole tenant; use another key.")
    async with asking(desk.database) as connection:
        filters = await read_rules(connection, desk, arguments)
    async with desk.database.transaction() as connection:
        made = await rules.create(
            connection, base.tenant_id, filters, name=arguments.get("name"), description=arguments.get("description"),
            created_by=desk.key_id, limit=desk.segment_limit, at_once=True,
        )  # fmt: skip
    desk.lexicons.forget(base.tenant_id)
    output = {"status": "created", "segment": segment_json(made, made.member_count) | {"filters": made.filters}}
    return ToolResult(output, public=output)


_OF_A_PERIOD = frozenset(
    {"analysis", "analysis_flag", "any_flag", "conversation_count", "last_seen", "model", "tool", "conversation", "event"}
)
"""Rules that look at the conversations, or the events, of the period and the products."""


async def read_rules(connection: Any, desk: Desk, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of a segment that arguments describe, within the product of the chat. Raises ToolError where there is no rule."""
    base = desk.base
    lexicon = await desk.lexicons.of(connection, base)
    found = [*_rules(arguments), *[rule async for rule in _named_rules(connection, lexicon, base.tenant_id, arguments)]]
    filters: dict[str, Any] = {}
    named = [await identify(connection, lexicon, base.tenant_id, "product", spelling) for spelling in arguments.get("products") or ()]
    products = [name.id for name in named] or [str(id) for id in base.product_ids]
    if base.product_ids and (outside := set(products) - set(map(str, base.product_ids))):
        raise ToolError(f"This conversation is limited to other products than {', '.join(sorted(outside))}.")
    if products:
        filters["productIds"] = products
    if dates := _dates(base, arguments):
        filters["dateRange"] = dates
    if filters and not any(rule["type"] in _OF_A_PERIOD for rule in found):
        found.append({"type": "conversation_count", "operator": "gte", "value": 1})  # properties alone know no product and no period
    if not found:
        raise ToolError(
            f"A segment needs a rule: a property, a condition ({', '.join(CONDITIONS)}), a measure, an organization, a model,"
            " a tool, an event, or when users were seen."
        )
    return {"rules": found, **filters}


async def _named_rules(connection: Any, lexicon: Any, tenant_id: int, arguments: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Rules about organizations, models, tools and events. Raises ToolError for a name that is unknown."""
    for argument, kind in (("organizations", "organization"), ("models", "model")):
        spellings = arguments.get(argument) or ()
        named = [await identify(connection, lexicon, tenant_id, kind, spelling) for spelling in spellings]
        if named:
            yield {"type": kind, "operator": "in", "value": [name.id for name in named], "names": [name.text for name in named]}
    for argument in ("tools", "failedTools"):
        spellings = arguments.get(argument) or ()
        if ids := [(await identify(connection, lexicon, tenant_id, "tool", spelling)).id for spelling in spellings]:
            yield {"type": "tool", "operator": "in", "value": ids, "names": ids, "failed": argument == "failedTools"}
    if types := list(arguments.get("events") or ()):
        known = {name.id for name in lexicon.of("event_type")}
        if unknown := [one for one in types if one not in known]:
            raise ToolError(f"No event of the type {unknown[0]} is logged. The types are {', '.join(sorted(known)) or 'none'}.")
        yield {"type": "event", "operator": "in", "value": types, "names": types}


def _rules(arguments: Mapping[str, Any]) -> Any:
    any_of: dict[str, list[str]] = {}
    for wanted in arguments.get("properties") or ():
        if wanted.get("negate"):
            yield {"type": "property", "key": wanted["key"], "operator": "neq", "value": wanted["value"]}
        elif wanted["value"] not in (values := any_of.setdefault(wanted["key"], [])):
            values.append(wanted["value"])
    for key, values in any_of.items():  # of several values of a key any fits, as in filters
        one = len(values) == 1
        yield {"type": "property", "key": key, "operator": "eq" if one else "in", "value": values[0] if one else values}
    for condition in arguments.get("conditions") or ():
        if condition not in CONDITIONS:
            raise ToolError(f"A segment has no rule for {condition.replace('_', ' ')}; there are {', '.join(CONDITIONS)}.")
        yield from map(dict, CONDITIONS[condition])
    for wanted in arguments.get("measures") or ():
        measure, operator, value = wanted["measure"], wanted["operator"], wanted["value"]
        if measure != "conversations":
            yield _measure(measure, operator, value)
            continue
        if operator in ("gt", "gte", "eq"):
            yield {"type": "conversation_count", "operator": "gte", "value": int(value) + (operator == "gt")}
        if operator in ("lt", "lte", "eq"):
            yield {"type": "conversation_count", "operator": "lte", "value": int(value) - (operator == "lt")}
    if seen := arguments.get("lastSeen"):
        yield {"type": "last_seen", "operator": seen["operator"], "value": seen["value"]}


def _dates(base: Scope, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The range as segments keep it: moments, both included, of the tenant's days."""
    if arguments.get("rolling"):
        return {"preset": arguments["rolling"]}
    since, until = read_day(arguments.get("since")), read_day(arguments.get("until"))
    found = {"from": midnight(since, base.time_zone).isoformat()} if since else {}
    if until:
        found["to"] = (midnight(until + timedelta(days=1), base.time_zone) - timedelta(microseconds=1)).isoformat()
    return found
