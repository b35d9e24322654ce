"""How an answer is made: a generator yields the tool calls it needs, is sent their outputs, and returns the text.

Replayed from the turns of the run each time it is resumed, so nothing is kept between two calls of the provider.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading, spoken
from rapport.analyst.planner.setting import Setting, Turn


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and its arguments."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool gave: `data` where it answered, `error` where it could not."""

    data: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    def figure(self, metric: str) -> Mapping[str, Any]:
        """The figure of this metric in a tool's `figures`."""
        return next((f for f in self.data.get("figures", ()) if f["metric"] == metric), {})


Answer = Generator[Sequence[Call], Sequence[Output], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer works from."""

    reading: Reading
    setting: Setting
    question: str
    before: Sequence[Turn] = ()
    tools: frozenset[str] = frozenset()


# --- Writing -----------------------------------------------------------------------------------------------------------


def number(value: float | int | None) -> str:
    """A figure as it is read: no decimals that say nothing, thousands apart from 10,000 on."""
    if value is None:
        return "no value"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 100):
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:.2f}" if abs(value) < 10 else f"{value:g}"


def measured(figure: Mapping[str, Any]) -> str:
    """A figure with its unit: "4.21 stars", "12.5%", "312 conversations", "0.42"."""
    value, unit = figure.get("value"), figure.get("unit")
    if value is None:
        return "no value"
    if unit == "stars":
        return f"{value:.2f} stars"
    if unit == "percent":
        return f"{value:g}%"
    if unit == "score":
        return f"{value:.2f}"
    if unit == "average":
        return f"{value:g}"
    return number(value)


COUNTED = {"conversations": "conversation", "messages": "message", "users": "user", "organizations": "organization", "ratings": "rated conversation", "tool_calls": "tool call",
           "tool_failures": "failed tool call", "user_messages": "user message"}  # fmt: skip


def counted(value: float | int | None, metric: str) -> str:
    """ "1 conversation", "312 conversations"."""
    noun = COUNTED.get(metric, metric.replace("_", " ").removesuffix("s"))
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


SCALES = {
    "rating": "1 to 5", "sentiment": "-1 to 1", "frustration": "0 to 1", "struggle": "0 to 1", "quality_index": "0 to 1", "commercial_intent": "0 to 1", "dissatisfied": "0 to 1",
    "sentiment_change": "-2 to 2",
}  # fmt: skip


def said(figure: Mapping[str, Any]) -> str:
    """A figure with its unit or, for scores, its scale."""
    if figure.get("unit") == "count":
        return counted(figure.get("value"), str(figure.get("metric")))
    scale = SCALES.get(str(figure.get("metric"))) if figure.get("unit") == "score" else None
    return measured(figure) + (f" on a scale of {scale}" if scale else "")


def heading(*parts: str) -> str:
    """The reading of the question, in one line."""
    return "*" + " · ".join(part for part in parts if part) + "*\n\n"


def small(n: int | None) -> str:
    """A warning where a figure rests on little."""
    return " (few: read it with care)" if n is not None and 0 < n < 10 else ""


def joined(names: Sequence[str], last: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}" if names else ""


def phrase(asked: Reading, *, leave_out: Sequence[str] = ()) -> str:
    """The names of a scope as the end of a sentence: " for Basket Buddy, plan enterprise"."""
    words = [spoken(link) for link in asked.links if not link.negated and link.kind not in leave_out]
    without = [spoken(link) for link in asked.links if link.negated]
    text = f" for {', '.join(words)}" if words else f" for {asked.product}" if asked.product else ""
    return text + (f", without {joined(without)}" if without else "")


# --- Where nothing is there --------------------------------------------------------------------------------------------


def nothing(asked: Asked, what: str = "conversations") -> Answer:
    """Says that the scope is empty, and what there is instead."""
    reading = asked.reading
    open_filter = reading.filter(period=Period())
    for key in ("since", "until"):
        open_filter.pop(key, None)
    (same_scope, everything) = yield [Call("countConversations", {"filter": open_filter}), Call("countConversations")]
    first, last = everything.data.get("firstDay"), everything.data.get("lastDay")
    period = reading.period
    if not everything.figure("conversations").get("value"):
        return (
            heading(reading.scope())
            + "There is no data yet: no conversation is logged. Send conversations to `POST /api/v1/messages`, then ask again."
        )
    span = f" Conversations are logged from {day(first)} to {day(last)}." if first and last else ""
    scope = reading.scope(period=False)
    if period is None or same_scope.figure("conversations").get("value") == 0:
        return (
            heading(reading.scope())
            + f"There are no {what}{f' that fit {scope}' if scope else ''}{f' ({reading.when()})' if period else ''}.{span}"
        )
    own = same_scope.data
    if (reading.links or reading.conditions or reading.subject) and own.get("firstDay"):
        span = f" What fits otherwise is from {day(own['firstDay'])} to {day(own['lastDay'])}."
    return heading(reading.scope()) + f"There is no data for {reading.when()}{f' ({scope})' if scope else ''}.{span}"


def day(text: str | None) -> str:
    """2026-11-09 as 9 Nov 2026."""
    from datetime import date

    if not text:
        return "?"
    parsed = date.fromisoformat(text[:10])
    return f"{parsed.day} {parsed:%b %Y}"


def quoted(one: Mapping[str, Any], *, who: bool = True, id: bool = True) -> str:
    """One conversation as a line of a list: a quote, who said it, when, and its id."""
    rating = f", rated {one['rating']:g}" if one.get("rating") is not None else ""
    person = f"{one['user']}{', ' + one['organization'] if one.get('organization') else ''}, " if who and one.get("user") else ""
    text = one.get("quote") or one.get("summary") or "(no text)"
    return f"“{text}” ({person}{day(one.get('at'))}{rating}" + (f"; `{one['id']}`)" if id else ")")


def bullets(lines: Sequence[str], *, numbered: bool = False) -> str:
    return "\n".join(f"{f'{i}.' if numbered else '-'} {line}" for i, line in enumerate(lines, 1))
