"""Who met one thing and never another: people who fell silent, people who never rated better than two stars."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, bullets, counted, heading, measured, phrase
from rapport.analyst.planner.answers.rankings import grouping
from rapport.analyst.planner.days import COUNT, NUMBERS
from rapport.analyst.planner.days import number as number_of
from rapport.analyst.planner.periods import Period, move
from rapport.analyst.planner.reading import FILTERS, Reading, days
from rapport.analyst.planner.slots import Threshold

_QUIET = (
    r"(?:gone|went|fallen|fell|turned|been|go|going) (?:\w+ )?(?:silent|quiet|dark|cold|missing)|(?:disappeared|vanished)(?: \w+)?|dropped off the (?:radar|map)"
    r"|(?:not a single|not one|no|none|nothing|zero|never)\b[^.?!]{0,40}\b(?:since|afterwards|thereafter|from (?:that|then)|after (?:that|it))"
    r"|(?:have|has)(?:n['’]t| not) (?:been (?:back|seen|heard from)|come back|returned|written|chatted|talked|shown up)|(?:not|never) (?:been )?(?:seen|back|heard (?:of|from)) (?:again |any ?more )?since"
    r"|never (?:\w+ ){0,2}?(?:c[ao]me|wr[oi]te|written|chatt?e?d?|talk(?:ed)?|sp[eo]ken?|return(?:ed)?|show(?:ed|n)?|turned|logged|seen|heard)(?: \w+){0,2}? (?:again|since|afterwards|thereafter|back|after that)"
    r"|stopped (?:writing|chatting|coming|talking|using|contacting|showing up)|no longer (?:write|chat|come|talk|show)s?"
)
_NONE = r"(?:zero|no|not (?:a single|any|one)|never any|without (?:a single|any|an?)) (?:conversations?|chats?|dialogues?|sessions?|contact|talks?|interactions?)(?! (?:with|about|on|that|where))|(?:did|do|have|has)(?: not|n['’]t) (?:chat|talk|write|contact|show|spoken|talked|written|chatted|contacted)\w*"
_STAR = r"(?P<stars>[1-5]|one|two|three|four|five)"
_NEVER = re.compile(
    rf"\b(?:never|not once|nothing|no (?:rating|mark|score))\b[^.?!,]{{0,30}}?\b(?:(?P<up>better|higher|more|above|over)|worse|lower|less|below|under)(?: than)?(?: an?)? {_STAR}\b(?! (?:conversations?|chats?|times|days))",
    re.I,
)
_UNRATED = (
    r"(?:never|(?:have|has|had|did|do|does)(?:n['’]t| not)|(?:have|has) yet to) (?:\w+ ){0,2}?(?:(?:given|gave|give|left|leave|submit\w*)\b.{0,15}\b(?:ratings?|stars?|scores?|marks?)"
    r"|rated?)(?! (?:\w+ ){0,2}(?:better|worse|above|below|higher|lower|more|less|under|over|[1-5]|one|two|three|four|five)\b)"
)
_ONLY_THERE = (
    r"(?:only|exclusively|solely) (?:ever )?(?:talk\w*|use[sd]?|chat\w*|visit\w*|writ\w*|wrote|work\w*|spoke|speak\w*)(?: (?:to|with|on))?"
)
_ONLY = re.compile(
    r"\b(?:(?:only|exclusively|nothing (?:but|other than)|always)\b[^.?!,]{0,25}?|(?:all|every one) of whose ratings (?:is|are) )(?P<stars>[15]|one|five)[- ]?stars?\b",
    re.I,
)
_OFTEN = re.compile(
    r"\b(?:at least|no less than|minimum of|a minimum of) (\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) (?:\w+ )?(?:ratings|scores|marks|votes|reviews|grades)\b",
    re.I,
)
SILENT_DAYS, MANY, LEAST, PAGES = 14, 50, 3, 6
"""Days without a word that count as silence where no day is said; groups looked at at once; conversations that a group must have had
before; how often more groups are looked at."""


@dataclass(frozen=True, slots=True)
class Lack:
    """`had`: what each group met; `never`: the filter of what none of its conversations met; `told`: both in words."""

    had: Reading
    never: Mapping[str, Any]
    told: str
    metric: str
    order: str


def lack_of(reading: Reading) -> Lack | None:
    """What the question says that people, or companies, never did; None where it says nothing of that kind."""
    if reading.intent.startswith(("ticket", "refuse", "segment")) or reading.of_kind("user") or reading.dimension not in _GROUPS:
        return None
    often = tuple(threshold for threshold in reading.thresholds if threshold.metric == "conversations")
    if not often and (rated := _OFTEN.search(reading.slots.text)):
        often = (Threshold("conversations", ">=", number_of(rated.group(1).lower())),)
    if match := _NEVER.search(reading.slots.text):
        value = float(NUMBERS.get(match.group("stars").lower(), match.group("stars")))
        had = replace(reading, thresholds=often or (Threshold("conversations", ">=", LEAST),), conditions=("rated",), bad=None)
        up = bool(match.group("up"))
        never = {"ratingMin": value + 0.001} if up else {"ratingMax": value - 0.001}
        return Lack(had, never, f"never rated {'above' if up else 'below'} {value:g}", "rating", "lowest" if up else "highest")
    if reading.slots.says(_UNRATED):
        had = replace(reading, thresholds=often or (Threshold("conversations", ">=", 1),), conditions=(), bad=None)
        return Lack(had, {"conditions": ["rated"]}, "never gave a rating", "conversations", "lowest")
    place = reading.of_kind("product")
    if len(place) == 1 and reading.slots.says(_ONLY_THERE) and not reading.slots.says(r"how many (?:chats|conversations)|average"):
        had = replace(reading, thresholds=often or (Threshold("conversations", ">=", 1),), conditions=(), bad=None)
        elsewhere = {"without": {"products": [name.id for name in place[0].names]}}
        return Lack(had, elsewhere, f"only with {place[0].names[0].text}", "conversations", "lowest")
    if (only := _ONLY.search(reading.slots.text)) and reading.slots.says(r"who|whom|which|users?|people|customers?|accounts?|companies"):
        value = float(NUMBERS.get(only.group("stars").lower(), only.group("stars")))
        had = replace(reading, thresholds=often or (Threshold("conversations", ">=", 1),), conditions=("rated",), bad=None)
        never = {"ratingMin": value + 0.001} if value == 1 else {"ratingMax": value - 0.001}
        return Lack(had, never, f"every rating {value:g}", "rating", "lowest" if value == 1 else "highest")
    if reading.period and reading.slots.says(_NONE) and not reading.slots.says(_QUIET):
        had = replace(
            reading, period=None, against=None, thresholds=often or (Threshold("conversations", ">=", 1),), conditions=(), subject=""
        )
        return Lack(had, days(reading.period), f"no conversation {reading.when()}", "conversations", "highest")
    if not reading.slots.says(_QUIET) or reading.slots.says("why|reasons?"):
        return None
    if reading.events and _after_the_event(reading):
        had = replace(
            reading, period=None, against=None, thresholds=often or (Threshold("conversations", ">=", 1),), conditions=(), subject=""
        )
        never = {"afterEvents": list(reading.events)}
        return Lack(had, never, f"no conversation after their {' or '.join(reading.events)}", "conversations", "highest")
    since = _silent_since(reading)
    before = Period(None, since.since - timedelta(days=1), "range") if since.since else None
    had = replace(
        reading, period=before, against=None, thresholds=often or (Threshold("conversations", ">=", LEAST),), conditions=(), subject=""
    )
    return Lack(had, days(since), f"no conversation {reading.when(since)}", "conversations", "highest")


_GROUPS = (None, "user", "organization")
_AFTER_IT = r"(?:and|but) (?:then|afterwards|thereafter|after that|later|since|has|have|never|not)|then|afterwards|thereafter|since(?: then)?|after (?:that|it|this)|from then on|ever again|again|back"


def _after_the_event(reading: Reading) -> bool:
    """ "Asked to cancel and then went silent": silent since the event, where no days are named."""
    return bool(reading.slots.says(_AFTER_IT)) and not reading.period and not reading.slots.says(_FOR_SO_LONG)


def _silent_since(reading: Reading) -> Period:
    period = reading.period
    if period and period.since and (period.until is None or period.until >= reading.today):
        return Period(period.since, None, "range")
    if period and period.until and period.until < reading.today:
        return Period(period.until + timedelta(days=1), None, "range")
    if said := reading.slots.says(_FOR_SO_LONG):
        return Period(move(reading.today, -number_of(said.group("n").lower()), said.group("u").lower()), None, "range")
    return Period(reading.today - timedelta(days=SILENT_DAYS - 1), None, "range")


_FOR_SO_LONG = (
    rf"(?:for|in)(?: the)?(?: (?:more than|over|at least|about|almost|last|past))* (?P<n>{COUNT}) (?P<u>day|week|fortnight|month)s?"
)
""" "Not seen for three weeks", "in over a month"."""


def absent(asked: Asked) -> Answer:
    """The groups that had what is asked for and nothing of what they never had, most first."""
    lack = lack_of(asked.reading)
    assert lack is not None
    had, dimension = lack.had, asked.reading.dimension or "user"
    least = max(int(t.value) + (t.operator == ">") for t in had.thresholds)
    filter = replace(had, thresholds=()).filter()
    by = list(dict.fromkeys([lack.metric, "conversations"]))
    found, groups = yield from _groups_of(dimension, by, lack.order, least, filter)
    text = heading(f"{dimension}s, {lack.told}", had.scope())
    if found.error:
        return text + found.error
    kept = [group for group in groups if group.get("id")]
    if kept:
        rest = {key: value for key, value in filter.items() if key not in ("since", "until") or "since" not in lack.never}
        rest = {key: value for key, value in rest.items() if key != "products" or "without" not in lack.never}
        parts = [{FILTERS[dimension]: [group["id"] for group in kept[at : at + MANY]]} for at in range(0, len(kept), MANY)]
        others = yield [grouping(dimension, ["conversations"], "highest", MANY, {}, {**rest, **ids, **lack.never}) for ids in parts]
        if error := next((output.error for output in others if output.error), None):
            return text + error
        seen = {group["id"] for output in others for group in output.data["groups"]}
        kept = [group for group in kept if group["id"] not in seen]
    cut = len(groups) < found.data.get("total", 0)
    noun = ("at least " if cut else "") + counted(len(kept), f"{dimension}s")
    of = f", of the {len(groups)} that come first" if cut else ""
    if not kept:
        return (
            text
            + f"**0 {dimension}s**{phrase(had)}: each of the {len(groups)} with at least {counted(least, 'conversations')} {'has' if 'rated' in lack.told else 'had one'}{of}."
        )
    rows = [_row(group) for group in kept]
    return text + f"**{noun}**{phrase(had)}, {lack.told}{of}:\n" + bullets(rows[: had.limit or 15], numbered=len(rows) > 1)


def _groups_of(
    dimension: str, by: Sequence[str], order: str, least: int, filter: Mapping[str, Any]
) -> Generator[Sequence[Call], Sequence[Output], tuple[Output, list[Mapping[str, Any]]]]:
    """The first answer, and the groups with at least so many conversations: where they stand by that number, as many as PAGES hold."""
    bounds: dict[str, int] = {"minConversations": 1, "minSize": least}
    (found,) = yield [grouping(dimension, by, order, MANY, bounds, filter)]
    groups = {group["id"]: group for group in found.data.get("groups", ())}
    page = list(groups.values())
    for _ in range(PAGES - 1):
        if len(page) < MANY or by != ["conversations"]:
            break
        (more,) = yield [grouping(dimension, by, order, MANY, {**bounds, "maxSize": int(page[-1]["figures"][0]["value"])}, filter)]
        page = list(more.data.get("groups", ()))
        groups |= {group["id"]: group for group in page}
    return found, list(groups.values())


def _row(group: Mapping[str, Any]) -> str:
    return f"**{group['name']}**: " + ", ".join(measured(figure) if figure["unit"] != "count" else counted(figure["value"], figure["metric"]) for figure in group["figures"] if figure.get("value") is not None)  # fmt: skip
