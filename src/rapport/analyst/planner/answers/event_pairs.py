"""Who had two events: "which companies upgraded and later asked to cancel", "who bought an upgrade but never cancelled"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, day, heading, phrase
from rapport.analyst.planner.reading import Reading, of_group
from rapport.analyst.planner.words import parts, stem

_MOST = 100
_APART = re.compile(
    r"\bor\b|\bversus\b|\bvs\b|\bagainst\b|/|\bhow (?:many|much|often)\b|\bnumber\b|\bcompared\b|\bthan\b|\bplus\b"
    r"|[.?!;]|\b(?:and|or) (?:the |those |all |which |what |who |whom )*(?:users?|people|persons?|customers?|compan(?:y|ies)|accounts?|organi[sz]ations?|firms?|clients?|ones|those|who)\b(?! (?:then|later|afterwards|subsequently|also))",
    re.I,
)
"""Between two events that are asked for one beside the other."""
_AND = re.compile(
    r"&|\b(?:and|as well as|along with|together with|in addition to|but|then|before|after|prior to|ahead of|later|who|that|which|also|yet|only to|having|followed by|without|despite|though|although|even though|once|since)\b",
    re.I,
)
_NOT = re.compile(r"\b(?:never|not|no|without|didn't|haven't|hasn't|did not|have not|has not|nor)\b", re.I)
_SECOND_FIRST = re.compile(r"\b(?:after|once|having|following|since|previously|earlier|already)\b", re.I)
_FIRST_FIRST = re.compile(
    r"\b(?:before|then|later|afterwards?|subsequently|eventually|prior to|ahead of|only to|followed by|in the end|ended up|went on to)\b",
    re.I,
)
_PEOPLE = r"who|whom|whose|everyone|everybody|anyone|people|persons?|users?|customers?|individuals?|members?|subscribers?|buyers?"
_FIRMS = r"accounts?|compan(?:y|ies)|organi[sz]ations?|orgs?|firms?|clients?"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two kinds of events as they are told, and what stands between them."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    between: str

    @property
    def without(self) -> bool:
        return bool(_NOT.search(self.between))

    @property
    def order(self) -> str:
        """before | after: where the first told lies; empty where nothing says so."""
        if self.without:
            return ""
        return "before" if _FIRST_FIRST.search(self.between) else "after" if _SECOND_FIRST.search(self.between) else ""


def two_events(reading: Reading, known: Sequence[str]) -> Pair | None:
    """The two events of the same people, or companies; None where one is asked for, or each for itself."""
    slots = reading.slots
    if len(reading.events) < 2 or not slots.says(f"{_PEOPLE}|{_FIRMS}"):
        return None
    places: dict[int, list[str]] = {}
    for event_type in reading.events:
        spans = [(hit.start, hit.end) for hit in slots.hits if hit.kind == "event" and event_type in of_group(str(hit.value), known)]
        spans += [(link.start, link.end) for link in slots.of_kind("event_type") if any(name.id == event_type for name in link.names)]
        told = {stem(part) for part in parts(event_type)}
        spans = spans or [(word.start, word.end) for word in slots.words if stem(word.lower) in told]
        if spans:
            places.setdefault(min(spans)[0], []).append(event_type)
    if len(places) != 2:
        return None
    first, second = sorted(places)
    between = slots.text[first:second]
    if _APART.search(between) or not _AND.search(between):
        return None
    return Pair(tuple(places[first]), tuple(places[second]), between)


def of_both(asked: Asked, own: Reading, both: Pair, group: str) -> Answer:
    """The people, or companies, that had one event and the other (or not the other), in the order that is asked for."""
    slots = own.slots
    kind = (
        group
        if group in ("user", "organization")
        else "organization"
        if slots.says(_FIRMS) and not slots.says("who|users?|people|persons?")
        else "user"
    )
    named: dict[str, Any] = {"filter": own.filter(), "groupBy": kind, "limit": _MOST}
    one, other = yield [Call("getOutcomes", {**named, "types": list(types)}) for types in (both.one, both.other)]
    link = "but not" if both.without else {"before": "and later", "after": "and earlier"}.get(both.order, "and")
    said = f"{', '.join(both.one)} {link} {', '.join(both.other)}"
    text = heading(f"{kind}s", said, own.scope())
    if one.error or other.error:
        return text + str(one.error or other.error)
    second = {row["id"]: row for row in other.data["groups"]}
    rows = [
        row for row in one.data["groups"] if (row["id"] not in second if both.without else _fits(row, second.get(row["id"]), both.order))
    ]
    most = max(len(one.data["groups"]), len(second))
    cut = f"\n(Of the first {_MOST} {kind}s of each.)" if most >= _MOST else ""
    text += f"**{counted(len(rows), f'{kind}s')}** with {said}{phrase(own)}, {own.when()}" + ("." if not rows else ":\n")
    lines = [f"**{row['name']}**: {_dates(row)}" + ("" if both.without else f"; {_dates(second[row['id']])}") for row in rows]
    return text + bullets(lines, numbered=True) + cut


def _fits(row: dict[str, Any], other: dict[str, Any] | None, order: str) -> bool:
    if other is None:
        return False
    if order == "before":
        return str(row["first"]) < str(other["last"])
    return str(other["first"]) < str(row["last"]) if order == "after" else True


def _dates(row: dict[str, Any]) -> str:
    first, last = day(row["first"]), day(row["last"])
    return f"{row['events']} on {first}" if first == last else f"{row['events']} from {first} to {last}"
