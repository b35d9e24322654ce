"""What the tools of one chat work with, and how their arguments become a Scope that cannot leave the tenant or the product."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from typing import Any
from uuid import UUID

import numpy as np

from rapport.analytics.examples import find_conversation
from rapport.analytics.lexicon import Lexicon, Lexicons, Name, close_to, look_up
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import asking
from rapport.domain.agent import Tool, ToolResult
from rapport.domain.analysis import FLAGS
from rapport.domain.scope import PropertyFilter, Scope
from rapport.errors import Invalid, NotFound, ProviderNeedsSetup, ToolError
from rapport.ports import Encoder, TicketProvider
from rapport.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Desk:
    """Bound below the model: whose data (`base`: tenant, time zone, and what the key or the chat is limited to), and where to look.
    `chat_id` is the conversation with the analyst, to which drafts of tickets belong; `question` is what the person just wrote;
    `drafted` are the tickets that were drafted in this turn."""

    database: Database
    base: Scope
    chat_id: UUID
    lexicons: Lexicons
    encoder: Encoder | None = None
    question: str | None = None
    open_provider: Callable[[], Awaitable[TicketProvider]] | None = None  # the tenant's ticket system
    key_id: UUID | None = None  # of the API key that asks
    segment_limit: int | None = None  # custom segments that the tenant may have
    drafted: set[UUID] = field(default_factory=set)

    async def provider(self) -> TicketProvider:
        """The tenant's ticket system. Raises ProviderNeedsSetup where there is none."""
        if self.open_provider is None:
            raise ProviderNeedsSetup
        return await self.open_provider()


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a tool: its arguments, the scope they select, and a connection that cannot write. `meaning` is the vector of the
    argument that the tool searches by, where there is a semantic encoder."""

    desk: Desk
    connection: Connection
    lexicon: Lexicon
    scope: Scope
    arguments: Mapping[str, Any]
    meaning: np.ndarray | None = None

    def get(self, name: str, default: Any) -> Any:
        """An argument, or its default where it is absent or null."""
        value = self.arguments.get(name)
        return default if value is None else value

    def narrowed(self, **conditions: Any) -> Scope:
        """The scope with further conditions."""
        return replace(self.scope, **conditions)

    async def identify(self, kind: str, spelling: str) -> Name:
        """The thing that an argument names. Raises ToolError, with names that look alike."""
        return await identify(self.connection, self.lexicon, self.scope.tenant_id, kind, spelling)


Answer = Callable[[Asked], Awaitable[ToolResult]]

KINDS = {
    "products": ("product", "product_ids"), "organizations": ("organization", "organization_ids"), "users": ("user", "user_ids"),
    "models": ("model", "model_ids"), "topics": ("topic", "topic_ids"), "topicGroups": ("topic_group", "topic_group_ids"),
    "promptVersions": ("prompt_version", "prompt_ids"), "segments": ("segment", "segment_ids"),
}  # fmt: skip
"""Filter argument -> kind of name, field of Scope."""

LIMITS = {
    "ratingMin": "rating_min", "ratingMax": "rating_max", "qualityMin": "quality_min", "qualityMax": "quality_max",
    "frustrationMin": "frustration_min", "frustrationMax": "frustration_max", "messagesMin": "messages_min", "messagesMax": "messages_max",
    "toolCallsMin": "tool_calls_min", "toolCallsMax": "tool_calls_max",
}  # fmt: skip

_NAMES = {"type": "array", "items": {"type": "string"}, "maxItems": 50}
_DAY = {"type": "string", "format": "date", "description": "YYYY-MM-DD, a day of the tenant's time zone, included"}
CONDITIONS: dict[str, Any] = {
    "since": _DAY,
    "until": _DAY,
    **{name: _NAMES | {"description": f"ids or names of {name}"} for name in (*KINDS, "prompts")},
    "conversations": _NAMES | {"description": "ids of conversations"},
    "tools": _NAMES | {"description": "conversations that called any of these tools"},
    "failedTools": _NAMES | {"description": "conversations in which any of these tools failed"},
    "eventTypes": _NAMES | {"description": "conversations of users with a business event of any of these types"},
    "ledTo": _NAMES | {"description": "conversations that a business event of any of these types belongs to, or came right before"},
    "hours": {
        "type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 23}, "description": "hours of the day in which they began",
    },
    "afterEvents": _NAMES | {"description": "conversations of users after their last business event of any of these types"},
    "languages": _NAMES | {"description": "ISO 639-1 codes"},
    "flags": {"type": "array", "items": {"enum": list(FLAGS)}},
    "conditions": {"type": "array", "items": {"enum": list(PREDICATES)}, "description": "facts that must hold for a conversation"},
    "text": {"type": "string", "maxLength": 300, "description": "words that one message must hold"},
    **{name: {"type": "number"} for name in LIMITS},
    "properties": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "key": {"type": "string"}, "value": {"type": "string"}, "negate": {"type": "boolean"},
                "owner": {"enum": ["any", "user", "organization", "conversation"]},
            },
            "required": ["key", "value"],
        },
        "description": "properties of users, organizations or conversations, such as plan = enterprise",
    },
}  # fmt: skip
LIMIT = {"type": "integer", "minimum": 1, "maximum": 100}
FILTER = {
    "type": "object",
    "description": "Which conversations are meant; empty: all.",
    "properties": CONDITIONS | {"without": {"type": "object", "properties": CONDITIONS, "description": "conversations to leave out"}},
    "additionalProperties": False,
}


def schema(properties: Mapping[str, Any], required: Sequence[str] = (), *, filtered: bool = True) -> dict[str, Any]:
    """JSON schema of a tool's arguments; `filter` is one of them unless the tool is about one named thing."""
    everything = {**properties, **({"filter": FILTER} if filtered else {})}
    return {"type": "object", "properties": everything, "required": list(required), "additionalProperties": False}


def brief(shape: Any) -> Any:
    """The same schema for a model, with filters only named: what a filter may hold is in the instructions once. Thirty tools with all of
    it were 220 KB of every request, some 55,000 tokens."""
    if isinstance(shape, list):
        return [brief(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    if shape.get("properties") is FILTER["properties"]:
        return {"type": "object", "description": "A filter; empty: all conversations."}
    return {name: brief(value) for name, value in shape.items()}


@dataclass(frozen=True)
class Reading:
    """A tool that reads, before it is bound to a Desk: one declaration serves all chats, because a thousand open ones would each hold
    all schemas otherwise. `meaning` names the argument that is searched by meaning."""

    name: str
    display_name: str
    description: str
    parameters: Mapping[str, Any]
    answer: Answer
    meaning: str = ""

    @cached_property
    def shown(self) -> Mapping[str, Any]:
        """What a model sees of the parameters; calls are checked against all of them."""
        return brief(self.parameters)

    def bound(self, desk: Desk) -> Tool:
        return Tool(self.name, self.display_name, self.description, self.shown, partial(_read, self, desk))


async def _read(reading: Reading, desk: Desk, arguments: Mapping[str, Any]) -> ToolResult:
    """The arguments are resolved, then the tool is asked inside one read-only transaction. What is searched by meaning is encoded
    first, in a thread, while no transaction is open."""
    check(arguments, reading.parameters)
    vectors = await encode(desk.encoder, [arguments[reading.meaning]]) if arguments.get(reading.meaning) else None
    try:
        async with asking(desk.database) as connection:
            lexicon = await desk.lexicons.of(connection, desk.base)
            scope = await read_filter(connection, lexicon, desk.base, arguments.get("filter") or {})
            return await reading.answer(Asked(desk, connection, lexicon, scope, arguments, None if vectors is None else vectors[0]))
    except (Invalid, NotFound) as error:
        raise ToolError(error.message) from error


async def encode(encoder: Encoder | None, texts: Sequence[str]) -> np.ndarray | None:
    """float32 [texts, dimensions], each of length 1; None without a semantic encoder. Runs in a thread."""
    if encoder is None or not encoder.semantic:
        return None
    return await asyncio.to_thread(encoder.encode, texts)


def check(arguments: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Raises ToolError, in words that a model can mend, where arguments break the outline of their schema."""
    known = parameters["properties"]
    if missing := [name for name in parameters["required"] if arguments.get(name) in (None, "", [])]:
        raise ToolError(f"Give {', '.join(missing)}.")
    if unknown := set(arguments) - set(known):
        raise ToolError(f"There is no argument {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    for name, value in arguments.items():
        if value is not None and (problem := _problem(value, known[name])):
            raise ToolError(f"{name}: {problem}")


_TYPES = {"string": str, "integer": int, "number": (int, float), "array": list, "object": dict, "boolean": bool}


def _problem(value: Any, wanted: Mapping[str, Any]) -> str | None:
    if "enum" in wanted and value not in wanted["enum"]:
        return f"{value} is not one of {', '.join(map(str, wanted['enum']))}."
    expected = wanted.get("type")
    if expected and (not isinstance(value, _TYPES[expected]) or (isinstance(value, bool) and expected != "boolean")):
        return f"must be of type {expected}."
    if expected == "integer" and not wanted.get("minimum", value) <= value <= wanted.get("maximum", value):
        return f"must be between {wanted.get('minimum')} and {wanted.get('maximum')}."
    if isinstance(value, list) and len(value) > wanted.get("maxItems", len(value)):
        return f"at most {wanted['maxItems']} are possible."
    if isinstance(value, str) and len(value) > wanted.get("maxLength", len(value)):
        return f"at most {wanted['maxLength']} characters are possible."
    if isinstance(value, list):
        return next(filter(None, (_problem(item, wanted.get("items", {})) for item in value)), None)
    return _inside(value, wanted)


def _inside(value: Any, wanted: Mapping[str, Any]) -> str | None:
    if not isinstance(value, dict) or "properties" not in wanted:
        return None
    for name, item in value.items():
        if name not in wanted["properties"]:
            return f"has no {name}; it has {', '.join(wanted['properties'])}."
        if item is not None and (problem := _problem(item, wanted["properties"][name])):
            return f"{name}: {problem}"
    return next((f"needs {name}." for name in wanted.get("required", ()) if value.get(name) is None), None)


async def identify(connection: Connection, lexicon: Lexicon, tenant_id: int, kind: str, spelling: str) -> Name:
    """The thing of this kind that an id or a name stands for. Raises ToolError, with names that look alike."""
    found = lexicon.find(kind, str(spelling))
    if found is None and lexicon.whole and kind in ("user", "organization", "segment"):
        found = await look_up(connection, tenant_id, kind, str(spelling))
    if found is None:
        near = close_to(lexicon.of(kind), str(spelling))
        hint = f" Names that look like it: {', '.join(near)}." if near else ""
        raise ToolError(f"There is no {kind.replace('_', ' ')} called {spelling}.{hint}")
    return found


async def read_filter(connection: Connection, lexicon: Lexicon, base: Scope, given: Mapping[str, Any]) -> Scope:
    """The scope that a filter argument selects within `base`. Raises ToolError where it names what is unknown or out of reach."""
    found = await _conditions(connection, lexicon, base.tenant_id, given)
    for attribute in ("product_ids", "organization_ids", "user_ids"):
        allowed = getattr(base, attribute)
        if allowed and (outside := set(found.get(attribute, ())) - set(allowed)):
            raise ToolError(f"This conversation is limited to other {attribute.removesuffix('_ids')}s than {', '.join(map(str, outside))}.")
    without = given.get("without")
    if without:
        found["without"] = Scope(base.tenant_id, base.time_zone, **await _conditions(connection, lexicon, base.tenant_id, without))
    return replace(base, **{attribute: value for attribute, value in found.items() if value not in ((), None)})


async def _conditions(connection: Connection, lexicon: Lexicon, tenant_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"since": read_day(given.get("since")), "until": read_day(given.get("until"))}
    for argument, (kind, attribute) in KINDS.items():
        names = [await identify(connection, lexicon, tenant_id, kind, spelling) for spelling in given.get(argument) or ()]
        found[attribute] = tuple(UUID(name.id) for name in names)
    for spelling in given.get("prompts") or ():
        lineage = await identify(connection, lexicon, tenant_id, "prompt", spelling)
        found["prompt_ids"] += tuple(UUID(version.id) for version in lexicon.of("prompt_version") if version.part_of == lineage.id)
    for spelling in given.get("conversations") or ():
        found.setdefault("conversation_ids", ())
        found["conversation_ids"] += (await find_conversation(connection, tenant_id, str(spelling)),)
    for argument, attribute in (("tools", "tools"), ("failedTools", "failed_tools")):
        names = [await identify(connection, lexicon, tenant_id, "tool", spelling) for spelling in given.get(argument) or ()]
        found[attribute] = tuple(name.id for name in names)
    for argument, attribute in (("eventTypes", "event_types"), ("ledTo", "led_to"), ("afterEvents", "after_events")):
        types = [await identify(connection, lexicon, tenant_id, "event_type", spelling) for spelling in given.get(argument) or ()]
        found[attribute] = tuple(name.id for name in types)
    found["text"] = given.get("text")
    found |= {attribute: tuple(given.get(attribute) or ()) for attribute in ("languages", "flags", "hours")} | {
        "predicates": tuple(given.get("conditions") or ())
    }
    found |= {attribute: given.get(argument) for argument, attribute in LIMITS.items()}
    found["properties"] = tuple(
        PropertyFilter(str(p["key"]), str(p["value"]), p.get("owner") or "any", bool(p.get("negate")))
        for p in given.get("properties") or ()
    )
    return found


def read_day(text: Any) -> date | None:
    """A day as arguments spell it; None where there is none. Raises ToolError."""
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError as error:
        raise ToolError(f"{text} is not a day; write YYYY-MM-DD.") from error


def period(scope: Scope) -> dict[str, str | None]:
    """The days that an answer is about, as tools give them."""
    return {"since": _text(scope.since), "until": _text(scope.until), "timeZone": scope.time_zone}


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
