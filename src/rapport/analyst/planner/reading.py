"""A question as it was understood: intent, metric, scope and period, with what is carried over from the turns before.

`understand` turns slots into a Reading; `following` does the same for a question that leans on the one before ("and last month?").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.periods import Period, last, shift, spell
from rapport.analyst.planner.slots import Slots, Threshold

FILTERS = {
    "product": "products", "organization": "organizations", "user": "users", "model": "models", "topic": "topics", "topic_group": "topicGroups",
    "prompt": "prompts", "prompt_version": "promptVersions", "tool": "tools",
    "segment": "segments",
}  # fmt: skip
"""Kind of name -> argument of a tool's filter."""

WHO = frozenset({"user", "organization", "property", "segment"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked. `order` is highest | lowest | None; `conditions` are names of analytics predicates; None period: all time."""

    intent: str
    slots: Slots
    today: date
    metrics: tuple[str, ...] = ()
    dimension: str | None = None
    links: tuple[Link, ...] = ()
    period: Period | None = None
    against: Period | None = None
    order: str | None = None
    bad: bool | None = None
    limit: int | None = None
    conditions: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    subject: str = ""
    not_subject: str = ""
    events: tuple[str, ...] = ()
    led_to: bool = False  # conversations that led to such an event, not all of the people who have one
    languages: tuple[str, ...] = ()
    hours: tuple[int, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    earlier: tuple[Link, ...] = ()  # names of the turns before
    former: "Reading | None" = field(default=None, repr=False)  # the question that this one narrows or goes on from
    whole: "Reading | None" = field(default=None, repr=False)  # what a share is asked of
    follows: bool = False
    edits: Mapping[str, str] = field(default_factory=dict)  # changes to a drafted ticket
    declined: str = ""  # a part of the question that is not done
    product: str | None = None  # what the chat is limited to, for the words only

    @property
    def metric(self) -> str | None:
        return self.metrics[0] if self.metrics else None

    def of_kind(self, *kinds: str) -> tuple[Link, ...]:
        """Names that are asked for, not excluded."""
        return tuple(link for link in self.links if link.kind in kinds and not link.negated)

    def filter(self, *, leave_out: Iterable[str] = (), period: Period | None = None, text: bool = False) -> dict[str, Any]:
        """The filter that tools take. `leave_out` names kinds of links; `text` also asks that one message holds the subject's words."""
        skipped = set(leave_out)
        wanted = [link for link in self.links if not link.negated and link.kind not in skipped]
        given = _named(wanted)
        excluded = _named([link for link in self.links if link.negated and link.kind not in skipped], negated=True)
        if self.not_subject:
            excluded["text"] = self.not_subject
        if self.events and "event_type" not in skipped:
            given["ledTo" if self.led_to else "eventTypes"] = list(self.events)
        if "tool_failed" in self.conditions and "tools" in given:
            given["failedTools"] = given.pop("tools")
        if self.languages:
            given["languages"] = list(self.languages)
        if self.hours:
            given["hours"] = list(self.hours)
        asked = [name for name in self.conditions if name != "tool_unused"]
        if asked:
            given["conditions"] = asked
        if "tool_unused" in self.conditions:
            excluded["conditions"] = ["tool_used"]
        given |= _limits(self.thresholds)
        if text and self.subject:
            given["text"] = self.subject
        properties = excluded.pop("properties", [])
        if properties:
            given["properties"] = [*given.get("properties", []), *properties]
        if excluded:
            given["without"] = excluded
        return given | days(period or self.period)

    def scope(self, *, leave_out: Iterable[str] = (), subject: bool = True, period: bool = True) -> str:
        """The scope in words: "Basket Buddy · enterprise · about refunds · 1-21 Nov 2026"."""
        skipped = set(leave_out)
        words = []
        if self.product and not self.of_kind("product"):
            words.append(self.product)
        words += [spoken(link) for link in self.links if not link.negated and link.kind not in skipped]
        words += [f"without {spoken(link)}" for link in self.links if link.negated and link.kind not in skipped]
        words += tongues(self.languages)
        words += [f"begun between {self.hours[0]:02}:00 and {(self.hours[-1] + 1) % 24:02}:00"] if self.hours else []
        words += [CONDITION_WORDS.get(name, name.replace("_", " ")) for name in self.conditions]
        words += [threshold_words(threshold) for threshold in self.thresholds]
        words += [f"{'led to' if self.led_to else 'people with'} {event}" for event in self.events if "event_type" not in skipped]
        if subject and self.subject:
            words.append(self.sought)
        if subject and self.not_subject:
            words.append(f"not “{self.not_subject}”")
        if period:
            words.append(self.when())
        return " · ".join(words)

    @property
    def sought(self) -> str:
        """The words that are looked for, in quotation marks; one of several has its own."""
        return self.subject if self.subject.startswith('"') else f"“{self.subject}”"

    def when(self, period: Period | None = None) -> str:
        return spell(period or self.period or Period(), self.today)


CONDITION_WORDS = {
    "negative": "negative sentiment", "positive": "positive sentiment", "neutral": "neutral sentiment", "unhappy": "went badly", "happy": "went well",
    "dissatisfied": "dissatisfied users", "frustrated": "high frustration", "struggling": "users who struggled", "handover": "asked for a human",
    "tool_failed": "with a failed tool call", "flagged": "with a safety flag", "low_rated": "rated 2 or lower", "high_rated": "rated 4 or higher",
    "repeated": "with a repeated question", "rated": "rated", "unrated": "not rated", "commented": "with a comment beside the rating", "jailbreak_detected": "jailbreak attempts",
    "hallucination_detected": "possible hallucinations", "user_toxicity_detected": "abusive users", "missing_capability_detected": "missing capability",
    "commercial": "commercial intent", "tool_used": "with tool calls", "tool_unused": "without tool calls",
}  # fmt: skip


def tongues(codes: Sequence[str]) -> list[str]:
    """The languages that are asked for; where nearly all are, those that are not."""
    if len(codes) <= len(lexicon.LANGUAGES) // 2:
        return [f"in {lexicon.LANGUAGES.get(code, code).title()}" for code in codes]
    return [f"not in {name.title()}" for code, name in lexicon.LANGUAGES.items() if code not in codes]


def spoken(link: Link) -> str:
    """A link as the answer names it; several names are joined, because the question fits them all."""
    names = [name.text if name.kind != "property" else name.id.replace("=", " ") for name in link.names]
    return " or ".join(names[:4]) + (" ..." if len(names) > 4 else "")


def threshold_words(threshold: Threshold) -> str:
    if threshold.metric == "conversations":
        often = {"<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least", "=": "exactly"}[threshold.operator]
        return f"{often} {threshold.value:g} conversation{'' if threshold.value == 1 else 's'} each"
    named = {"rating": "rated", "messages": "messages", "tool_calls": "tool calls"}.get(
        threshold.metric, threshold.metric.replace("_", " ")
    )
    sign = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "exactly"}[threshold.operator]
    return f"{named} {sign} {threshold.value:g}"


def days(period: Period | None) -> dict[str, str]:
    """A period as filter arguments."""
    given = {}
    if period and period.since:
        given["since"] = period.since.isoformat()
    if period and period.until:
        given["until"] = period.until.isoformat()
    return given


def _named(links: Sequence[Link], *, negated: bool = False) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for link in links:
        if link.kind == "property":
            for name in link.names:
                key, _, value = name.id.partition("=")
                given.setdefault("properties", []).append({"key": key, "value": value} | ({"negate": True} if negated else {}))
        elif link.kind in FILTERS:
            given.setdefault(FILTERS[link.kind], []).extend(name.id for name in link.names)
    return given


_JUST = 0.001
"""Filters include their ends; "below 3" ends just below it."""


def _limits(thresholds: Sequence[Threshold]) -> dict[str, float]:
    given: dict[str, float] = {}
    stems = {
        "rating": "rating",
        "quality_index": "quality",
        "messages": "messages",
        "tool_calls": "toolCalls",
        "frustration": "frustration",
    }
    for threshold in thresholds:
        stem = stems.get(threshold.metric)
        if stem is None:
            continue
        whole = threshold.metric in ("messages", "tool_calls")
        step = 1 if whole else _JUST
        value = int(threshold.value) if whole else threshold.value
        if threshold.operator in ("<", "<=", "="):
            given[f"{stem}Max"] = value - (step if threshold.operator == "<" else 0)
        if threshold.operator in (">", ">=", "="):
            given[f"{stem}Min"] = value + (step if threshold.operator == ">" else 0)
    return given


# --- From slots --------------------------------------------------------------------------------------------------------


def event_types(slots: Slots, known: Sequence[str]) -> tuple[str, ...]:
    """The tenant's event types that the question names, or means by a word for the same thing."""
    from rapport.analyst.planner.words import parts, stem

    exact = [name.id for link in slots.links if link.kind == "event_type" and not link.negated for name in link.names]
    said = {stem(part) for word in slots.words for part in parts(word.lower)}
    exact += [event_type for event_type in known if "_" in event_type and {stem(part) for part in parts(event_type)} <= said]
    found = list(exact)
    for group in dict.fromkeys(
        str(hit.value) for hit in slots.hits if hit.kind == "event" and not (exact and _IN_PASSING.match(slots.text[hit.start : hit.end]))
    ):
        meant = of_group(group, known)
        found += [] if set(meant) & set(exact) else meant
    return tuple(dict.fromkeys(found))


_IN_PASSING = re.compile(r"(?:left|leav|los[et]|return|pa[iy]|spen|activ|join|quit|order|subscri|sale|sold|revenue|trial|out)", re.I)
"""Words that mean an event less often than not: beside one that is named they add none."""


def of_group(group: str, known: Sequence[str]) -> list[str]:
    """The tenant's event types that a group of words for events means."""
    from rapport.analyst.planner.words import parts, stem

    told = {stem(word) for phrase in lexicon.EVENT_WORDS[group].split("|") for word in phrase.split()}
    told -= {"off", "up", "plan", "order", "subscript", "custom", "went", "go", "us", "out"}
    return [event_type for event_type in known if {stem(part) for part in parts(event_type)} & told]


SET_BESIDE = (
    r"compar\w*|against|versus|vs\.?|next to|beside|side by side|than|with (?:that|those|the one)|to that|relative to|differ\w*|and"
)
"""Words that set one period beside another."""


def _moved(period: Period, count: int, unit: str) -> Period:
    """`period` moved by its own length where no unit says otherwise ("the one before")."""
    if not unit and count == -1 and period.until:
        return period.before()
    if unit in ("", "day") and period.since and period.until and period.until > period.since and period.grain == "range":
        return shift(period, count * ((period.until - period.since).days + 1), "day")
    return shift(period, count, unit or (period.grain if period.grain in _GRAINS else "day"))


_BESIDE = r"(?:compar\w*(?: (?:to|with|against))?|against|versus|vs\.?|next to|beside|than|relative to|over|and)"
_WEIGHED = r"more|less|fewer|better|worse|higher|lower|busier|quieter|bigger|smaller|larger|happier|calmer|which|what|when|most|least"
""" "A busier week last week or the week before it?" """
_ALL_EARLIER = rf"{_BESIDE} (?:with |in |the )*(?:everything|anything|all|all that was|the rest|whatever (?:was|came|went))(?: (?:that )?(?:was|came|went|lies|is))? ?(?:of the time )?(?:earlier|before(?:hand)?|until then|up to then|previously|older)(?=\W|$)"
_TIME_BEFORE = rf"{_BESIDE} (?:with |in |during |that of )*(?:the |an? )?(?:(?:same |equal(?:ly long)? )?(?:time|days|period|stretch|span|weeks|window|interval)) (?:just |right |directly |immediately )?(?:before|earlier|prior|preceding)(?: (?:that|it|this|them|those))?(?=\W|$)"
""" "The last 7 days against everything earlier", "the last 14 days next to the time before"."""


_THAN_IN_FORMER_DAYS = r"(?:compar\w*(?: (?:to|with|against))?|against|versus|vs\.?|than|relative to|differ\w* from) (?:[a-z'’]+ ){0,5}?(?:before|until|till|up to|prior to)\b"
""" "Compared with how it did before November": against the days since."""


def period_of(slots: Slots) -> tuple[Period | None, Period | None]:
    """(period, the one to compare with)."""
    periods = slots.periods
    moved = [mention.shift for mention in slots.dates if mention.shift and mention.kind == "period"]
    if len(periods) == 1 and not moved and periods[0].since is None and periods[0].until and slots.says(_THAN_IN_FORMER_DAYS):
        return Period(periods[0].until + timedelta(days=1), None, "range"), periods[0]
    if len(periods) == 1 and not moved and periods[0].since and slots.says(_ALL_EARLIER):
        return periods[0], Period(None, periods[0].since - timedelta(days=1), "range")
    if len(periods) == 1 and not moved and periods[0].since and periods[0].until and slots.says(_TIME_BEFORE):
        return periods[0], periods[0].before()
    if (
        len(periods) == 1 and moved and (slots.says(SET_BESIDE) or (slots.says("or") and slots.says(_WEIGHED)))
    ):  # "last week against the week before it"
        return periods[0], _moved(periods[0], *moved[0])
    earlier = [mention.moves(periods[0]) for mention in slots.dates if mention.moves and len(periods) == 1]
    if earlier and earlier[0].until and periods[0].since and earlier[0].until < periods[0].since and slots.says(SET_BESIDE):
        return periods[0], earlier[0]  # "the past two weeks and the two weeks before"
    if len(periods) == 2 and periods[0] == periods[1] and periods[0].until:  # "the last 10 days against the previous 10 days"
        return periods[0], periods[0].before()
    if len(periods) >= 2:
        ordered = sorted(periods[:2], key=lambda period: period.since or date.min, reverse=True)
        return ordered[0], ordered[1]
    return (periods[0], None) if periods else (None, None)


_AGO = r"[\w-]+ (?:week|month|quarter|year|fortnight)s? ago\b"
_THAN_AGO = rf"(?:(?<!more )(?<!less )(?<!longer )(?<!older )(?<!earlier )(?<!\w)(?:than|against|versus|vs\.?|(?:compared|relative) (?:to|with)) {_AGO}|\b(?:than|as|against|compared (?:to|with)) (?:[a-z']+ ){{1,3}}{_AGO})"
""" "Than it did a month ago", "better than two weeks ago"; "more than three weeks ago" says when."""


def than_ago(slots: Slots, period: Period | None, against: Period | None, today: date) -> tuple[Period | None, Period | None]:
    """ "More often than a month ago": the days up to today, against as many that ended so long ago."""
    told = re.search(_THAN_AGO, slots.text, re.I)
    unit = re.search(r"(week|month|quarter|year|fortnight)s? ago", told.group(), re.I) if told else None
    if unit is None or against or period is None or period.since is None or len(slots.periods) != 1:
        return period, against
    now = last(1, unit.group(1).lower(), today)
    if now.since and period.since > now.since:
        return period, against
    back = shift(period, 0, "day").since
    length = (today - now.since).days if now.since else 0
    start = min(back or period.since, (now.since or today) - timedelta(days=length + 1))
    return now, Period(start, start + timedelta(days=length), "range")


_GRAINS = frozenset({"day", "week", "month", "quarter", "year"})


def shifted(period: Period | None, slots: Slots) -> Period | None:
    """The period of the turn before, moved by "one day later"; None where nothing was said."""
    for mention in slots.dates:
        if mention.moves and period:
            return mention.moves(period)
        if mention.shift and mention.kind == "period" and period:
            count, unit = mention.shift
            return shift(period, count, unit or (period.grain if period.grain in _GRAINS else "day"))
    return None


__all__ = ["Reading", "days", "event_types", "period_of", "replace", "shifted", "spoken"]
