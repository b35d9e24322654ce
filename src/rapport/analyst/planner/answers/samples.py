"""One conversation, or quote, for each of several groups: "one example for each product"."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, heading, quoted
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.reading import Reading

MOST = 12
"""Groups that are shown."""
_KINDS = {
    "product": r"products?|assistants?|bots?",
    "model": r"(?:language )?models?|llms?",
    "organization": r"compan(?:y|ies)|organi[sz]ations?|accounts?|firms?|clients?",
    "topic": r"topics?|themes?|subjects?",
}
_EACH = r"(?:for|from|of|per|on|about|with|by|in) (?:each|every|all)(?: (?:one|single))?(?: of)?(?: (?:our|the|my|their|these|those))?(?: \w+)?|per"


def kind_of(reading: Reading) -> str | None:
    """The kind of thing for each of which one conversation is asked for; None where none is."""
    if reading.intent not in ("examples", "quotes") or reading.slots.quoted:
        return None
    return next(
        (kind for kind, noun in _KINDS.items() if reading.slots.says(rf"(?:{_EACH}) (?:{noun})") and not reading.of_kind(kind)), None
    )


def samples(asked: Asked, kind: str, search: Callable[[Reading, int], dict[str, Any]]) -> Answer:
    """The first conversation of each group in the order that suits the question; those that have none are named. `search` gives the arguments of a
    search from a reading and a limit."""
    reading = asked.reading
    names = asked.setting.names.of_kind(kind)[:MOST]
    tool = "getQuotes" if reading.intent == "quotes" else "getConversations"
    readings = [replace(reading, links=(*reading.links, Link(0, 0, name.text, (name,)))) for name in names]
    found = yield [Call(tool, search(one, reading.limit if reading.limit and reading.limit <= 3 else 1)) for one in readings]
    rows: list[str] = []
    for name, output in zip(names, found, strict=True):
        shown = output.data.get("conversations", []) if not output.error else []
        rows += [f"**{name.text}**: `{one['id']}`: {quoted(one, id=False)}" for one in shown] or [f"**{name.text}**: none fits"]
    more = len(asked.setting.names.of_kind(kind)) - len(names)
    text = heading(f"one conversation for each {kind}", reading.scope()) + bullets(rows, numbered=True)
    return text + (f"\n{more} more {kind}s are not shown." if more else "")
