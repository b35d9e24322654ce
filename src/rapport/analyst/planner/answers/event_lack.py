"""Who never had an event: "which enterprise firms have never bought an upgrade"."""

import re
from collections.abc import Sequence
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, phrase
from rapport.analyst.planner.answers.rankings import grouping
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading

_WHO = r"who|whom|whoever|everyone|everybody|anyone|people|persons?|users?|customers?|individuals?|members?|buyers?"
_FIRMS = r"accounts?|compan(?:y|ies)|organi[sz]ations?|orgs?|firms?|clients?"
_NEVER = re.compile(
    r"\b(?:(?:where|whose|in which|at which|of which|from which|with) (?:nobody|no one|no-one|none|not one|not a single (?:user|person))|never|not (?:yet |once |ever )?|no|without|zero|none of|(?:have|has) yet to|(?:did|have|has|had)(?:n['’]t| not)(?: yet| ever)?|free of|lack(?:s|ing)?)\s+(?:(?!one\b|longer\b|only\b|just\b)[\w'’]+\s+){0,4}?$",
    re.I,
)
SHOWN, MOST = 50, 100


def lacks_event(reading: Reading) -> bool:
    """Whether people, or companies, are asked for by an event that they never had."""
    slots = reading.slots
    if (
        len(reading.events) != 1
        or not slots.says(f"{_WHO}|{_FIRMS}")
        or slots.says(r"why|reasons?|share|percent\w*")
        or (slots.says(r"nobody|no one") and not slots.says(r"(?:where|whose|which|with) (?:nobody|no one)"))
    ):
        return False
    starts = [hit.start for hit in slots.hits if hit.kind == "event"] + [link.start for link in slots.of_kind("event_type")]
    return bool(starts) and bool(_NEVER.search(slots.text[: min(starts)]))


def without_event(asked: Asked, own: Reading, types: Sequence[str], group: str) -> Answer:
    """The people, or companies, of the scope that had no such event in the time that is asked about."""
    firms = own.slots.says(_FIRMS) and not own.slots.says(r"who|users?|people|persons?")
    kind = group if group in ("user", "organization") else "organization" if firms else "user"
    everyone = own.filter(period=Period())
    everyone = {key: value for key, value in everyone.items() if key not in ("since", "until")}
    had, whole = yield [
        Call("getOutcomes", {"filter": own.filter(), "types": list(types), "groupBy": kind, "limit": MOST}),
        grouping(kind, ["conversations"], "highest", SHOWN, {}, everyone),
    ]
    text = heading(f"{kind}s", f"without {', '.join(types)}", own.scope())
    if had.error or whole.error:
        return text + str(had.error or whole.error)
    seen: set[Any] = {group["id"] for group in had.data["groups"]}
    kept = [group for group in whole.data["groups"] if group["id"] not in seen]
    total = whole.data.get("total", 0)
    n = len(kept) if total <= SHOWN else max(0, total - len(seen))
    text += f"**{counted(n, f'{kind}s')}** of {total}{phrase(own)} had no {' or '.join(types)}, {own.when()}"
    rows = [f"**{group['name']}**: {counted(group['conversations'], 'conversations')}" for group in kept[: own.limit or 15]]
    more = f"\nThese are the {len(rows)} with the most conversations." if n > len(rows) else ""
    return f"{text}:\n{bullets(rows, numbered=True)}{more}" if rows else f"{text}."


__all__ = ["lacks_event", "without_event"]
