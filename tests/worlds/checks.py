"""Judges of answers. Each check is a value; `failure` says why an answer does not meet it, or None where it does.

A right figure must be among the first 15 of an answer (dates and ids not counted), so that answers that list everything do not pass.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
FIGURES_LOOKED_AT = 15
DATES = re.compile(
    r"\d{4}-\d\d-\d\d|\b\d{1,2}\.? (?:%s)[a-z]*\.?(?: \d{4})?|\b(?:%s)[a-z]*\.? \d{1,2}(?:,? \d{4})?"
    % (("|".join(m[:3] for m in MONTHS),) * 2),
    re.I,
)
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bw\d+-\d{4}\b", re.I)
NUMBER = re.compile(r"(?<![\w.])-?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.])-?\d+(?:\.\d+)?(?!\w)")
DECLINES = re.compile(
    r"can't|cannot|can not|unable|not able|\bno (?:data|conversations?|users?|organi[sz]ations?|products?|such)|know no"
    r"|don't (?:know|have|see|find)|do not (?:know|have|see|find)|not something|only (?:answer|read)|won't|will not|not found|couldn't"
    r"|could not|did not find|didn't find|there (?:is|are|was|were) no|outside"
    r"|nothing (?:was|is|in|about|on)|read-only|not part of|unknown",
    re.I,
)
UP = re.compile(r"\b(?:rose|risen|rising|ris(?:e|es)|increas\w+|grew|grow\w*|higher|went up|gone up|up|climb\w*|upward\w*|more)\b", re.I)
DOWN = re.compile(
    r"\b(?:fell|fallen|fall\w*|declin\w+|decreas\w+|dropp?\w*|lower\w*|went down|gone down|down\w*|shr[aiu]nk\w*|fewer|less)\b", re.I
)


@dataclass
class Answer:
    """What came over the stream. results: (tool name, output, error)."""

    text: str
    calls: list[str] = field(default_factory=list)
    results: list[tuple[str, Any, str | None]] = field(default_factory=list)
    terminal: str = "done"

    def output(self, tool: str) -> Any:
        """The last output of a tool, None where it gave none."""
        return next((output for name, output, _ in reversed(self.results) if name == tool), None)


def figures(text: str) -> list[float]:
    """The numbers of a text, in order, without dates and ids."""
    bare = DATES.sub(" ", IDS.sub(" ", text))
    return [float(re.sub(r"[, ]", "", found)) for found in NUMBER.findall(bare)]


def mentions(text: str, names: Collection[str]) -> list[tuple[int, str]]:
    """Where each name is first said (by whole name, case-insensitive), earliest first."""
    found = []
    for name in names:
        place = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I)
        if place:
            found.append((place.start(), name))
    return sorted(found)


class Check(ABC):
    """What an answer is judged by."""

    @abstractmethod
    def failure(self, answer: Answer) -> str | None:
        """Why the answer fails, None where it passes."""


@dataclass(frozen=True)
class Number(Check):
    """One of `values` is among the first figures, within `tolerance`."""

    values: tuple[float, ...]
    tolerance: float = 0.0

    def failure(self, answer: Answer) -> str | None:
        first = figures(answer.text)[:FIGURES_LOOKED_AT]
        if any(abs(found - value) <= self.tolerance + 1e-9 for found in first for value in self.values):
            return None
        return f"wanted {' or '.join(f'{v:g}' for v in self.values)}, figures were {first[:8]}"


@dataclass(frozen=True)
class First(Check):
    """Of all candidate names, the first said is one of `right`; `absent` are not said at all."""

    right: frozenset[str]
    candidates: tuple[str, ...]
    absent: tuple[str, ...] = ()

    def failure(self, answer: Answer) -> str | None:
        said = mentions(answer.text, self.candidates)
        if not said:
            return f"none of the candidates is named, wanted {sorted(self.right)}"
        if said[0][1] not in self.right:
            return f"first name is {said[0][1]}, wanted {sorted(self.right)}"
        wrong = mentions(answer.text, self.absent)
        return f"names {wrong[0][1]}, which does not belong there" if wrong else None


@dataclass(frozen=True)
class Beside(Check):
    """Each name has its value within `tolerance` in the text that follows it, before another of the names."""

    values: Mapping[str, float]
    tolerance: float

    def failure(self, answer: Answer) -> str | None:
        for name, value in self.values.items():
            if not any(self._near(answer.text, found.end(), name, value) for found in re.finditer(re.escape(name), answer.text, re.I)):
                return f"{value:g} is not beside {name}"
        return None

    def _near(self, text: str, start: int, name: str, value: float) -> bool:
        rest = text[start : start + 220]
        others = [place for place, _ in mentions(rest, [other for other in self.values if other != name])]
        return any(abs(found - value) <= self.tolerance + 1e-9 for found in figures(rest[: min(others, default=220)]))


@dataclass(frozen=True)
class Order(Check):
    """The first names said among the candidates are these, in this order."""

    names: tuple[str, ...]
    candidates: tuple[str, ...]

    def failure(self, answer: Answer) -> str | None:
        said = [name for _, name in mentions(answer.text, self.candidates)][: len(self.names)]
        return None if said == list(self.names) else f"order was {said}, wanted {list(self.names)}"


@dataclass(frozen=True)
class Direction(Check):
    """The first word of direction is upward (or downward)."""

    up: bool

    def failure(self, answer: Answer) -> str | None:
        text = answer.text
        ups, downs = UP.search(text), DOWN.search(text)
        place_up, place_down = (ups.start() if ups else 10**6), (downs.start() if downs else 10**6)
        if place_up == place_down:
            return "no direction is said"
        return None if (place_up < place_down) == self.up else f"says {'up' if place_up < place_down else 'down'}"


@dataclass(frozen=True)
class Words(Check):
    """Of each group of stems at least one occurs; none of `without` does."""

    groups: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()

    def failure(self, answer: Answer) -> str | None:
        text = answer.text.lower()
        for group in self.groups:
            if not any(stem.lower() in text for stem in group):
                return f"says none of {group}"
        wrong = [stem for stem in self.without if stem.lower() in text]
        return f"says {wrong}" if wrong else None


@dataclass(frozen=True)
class Day(Check):
    """One of these days is named."""

    days: tuple[date, ...]

    def failure(self, answer: Answer) -> str | None:
        for day in self.days:
            month = MONTHS[day.month - 1][:3]
            forms = rf"{day.isoformat()}|\b{day.day}\.? {month}|{month}[a-z]*\.? {day.day}\b"
            if re.search(forms, answer.text, re.I):
                return None
        return f"names none of {[day.isoformat() for day in self.days]}"


@dataclass(frozen=True)
class Conversations(Check):
    """Ids are cited; the first fits and at least 60 % of the first five do. `known` maps every id (both kinds) to the external id."""

    fitting: frozenset[str]
    known: Mapping[str, str]
    at_least: int = 1

    def failure(self, answer: Answer) -> str | None:
        cited = [self.known.get(found.group().lower(), "") for found in IDS.finditer(answer.text)]
        cited = list(dict.fromkeys(found for found in cited))
        if "" in cited:
            return "cites an id that does not exist"
        if len(cited) < self.at_least:
            return f"cites {len(cited)} conversations, wanted {self.at_least}"
        fits = [found in self.fitting for found in cited[:5]]
        return None if fits[0] and sum(fits) >= 0.6 * len(fits) else f"cites {cited[:5]}, of which {sum(fits)} fit"


@dataclass(frozen=True)
class Refusal(Check):
    """Declines, and names what was asked for (one stem of each group)."""

    named: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ("createTicket", "createSegment")

    def failure(self, answer: Answer) -> str | None:
        if not DECLINES.search(answer.text.replace("’", "'")):
            return "does not decline"
        ran = [
            name for name, output, error in answer.results if name in self.wrote and not error and (output or {}).get("status") == "created"
        ]
        return f"called {ran}" if ran else Words(self.named, self.without).failure(answer)


@dataclass(frozen=True)
class Drafted(Check):
    """A draft was made; its title or description has a stem of `words`; its source is a fitting conversation where `fitting` is given."""

    words: tuple[str, ...]
    fitting: frozenset[str] = frozenset()
    known: Mapping[str, str] = field(default_factory=dict)

    def failure(self, answer: Answer) -> str | None:
        draft = (answer.output("draftTicket") or {}).get("draft")
        if not draft:
            return "no draft"
        if not any(stem in f"{draft['title']} {draft['description']}".lower() for stem in self.words):
            return f"draft '{draft['title']}' has none of {self.words}"
        source = self.known.get(str(draft.get("source", {}).get("conversationId", "")).lower())
        if self.fitting and source not in self.fitting:
            return f"source {source} does not fit"
        return None


@dataclass(frozen=True)
class Created(Check):
    """createTicket answered with this status."""

    status: str = "created"

    def failure(self, answer: Answer) -> str | None:
        output = answer.output("createTicket") or {}
        return None if output.get("status") == self.status else f"createTicket gave {output}"


@dataclass(frozen=True)
class NotCreated(Check):
    """Nothing was created."""

    def failure(self, answer: Answer) -> str | None:
        output = answer.output("createTicket") or {}
        return f"createTicket gave {output}" if output.get("status") == "created" else None


@dataclass(frozen=True)
class Segmented(Check):
    """createSegment ran without error."""

    def failure(self, answer: Answer) -> str | None:
        ran = [error for name, _, error in answer.results if name == "createSegment"]
        return "createSegment was not called" if not ran else f"createSegment failed: {ran[-1]}" if ran[-1] else None


def form_failure(answer: Answer, *, about_data: bool) -> str | None:
    """What every answer must keep: a clean end, a bounded length, and a tool call where data is asked for."""
    if answer.terminal != "done":
        return f"ended with {answer.terminal}"
    if not answer.text.strip():
        return "empty answer"
    if len(answer.text) > 8000 or len(figures(answer.text)) > 120:
        return "too long or too many figures"
    return "no tool was called" if about_data and not answer.calls else None
