"""Date phrases to periods of whole days: "last 3 weeks", "since Monday", "9 Nov", "Q3", "the week of Nov 9", "one day later".

The clock is passed in as `today`, a day in the tenant's time zone. Both ends of a period are included, as in `domain.scope.Scope`;
None is open. "this week" and "last month" are calendar readings (weeks start on Monday), "last 7 days" ends today. A date without a
year is its latest occurrence that is not in the future.
"""

import re
from dataclasses import replace
from datetime import date

from rapport.analyst.planner import calendar_said, periods_said
from rapport.analyst.planner.days import resolved
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.periods import DAY, Period

_COMPILED = tuple(
    (re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.X), build) for pattern, build in (*calendar_said.RULES, *periods_said.RULES)
)
_BARE_SHORT_DAY = re.compile(r"(?:the\s+)?(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|now)$", re.I)


_TYPOS = {
    "prev": "previous", "fortnite": "fortnight", "fortnigth": "fortnight", "thsi": "this", "tihs": "this", "lsat": "last", "lats": "last", "weke": "week", "wek": "week", "weeek": "week", "mounth": "month", "mnth": "month", "motnh": "month", "yesturday": "yesterday",
    "yesterady": "yesterday", "yestarday": "yesterday", "yday": "yesterday", "tody": "today", "todya": "today", "wknd": "weekend", "wk": "week", "wks": "weeks", "mth": "month", "mths": "months", "dyas": "days",
    "teh": "the", "adn": "and", "lst": "last", "ths": "this", "abt": "about", "sme": "some", "wht": "what", "wat": "what", "hw": "how", "mny": "many", "mak": "make", "frm": "from", "othr": "other", "aftr": "after", "befor": "before", "wich": "which",
    "ocotber": "october", "novemeber": "november", "septmber": "september", "feburary": "february", "wendesday": "wednesday",
}  # fmt: skip
_TYPO = re.compile(rf"\b(?:{'|'.join(_TYPOS)})\b", re.I)


_GAP = re.compile(r"\s{8,}")


def mended(text: str) -> str:
    """`text` with common typing errors and short forms in words of time put right."""
    return _TYPO.sub(lambda match: _TYPOS[match.group().lower()], text)


def find(text: str, today: date) -> list[Mention]:
    """All date phrases of `text`, in order, none overlapping. A period is cut at today where it began before."""
    text = text.lower() if len(text.lower()) == len(text) else text
    text = _GAP.sub(lambda gap: "\0" * len(gap.group()), text)  # no phrase goes over a gap
    text, places = resolved(text, today)
    taken: list[Mention] = []
    for pattern, build in _COMPILED:
        for match in pattern.finditer(text):
            start, end = match.span()
            if start == end or any(start < other.end and other.start < end for other in taken) or _BARE_SHORT_DAY.match(match.group()):
                continue
            try:
                built = build(match, today)
            except (ValueError, OverflowError):  # the calendar has no such day
                continue
            if isinstance(built, Period):
                built = Mention(0, 0, _cut(built, today))
            if built is not None:
                taken.append(replace(built, start=start, end=end))
    dated = [mention for mention in taken if mention.period and mention.kind == "period"]
    if dated:  # "today so far" is about today
        taken = [mention for mention in taken if mention.kind != "all"]
    ordered = _joined(text, sorted(taken, key=lambda mention: mention.start))
    return [replace(mention, start=places[mention.start][0], end=places[mention.end - 1][1]) for mention in ordered]


_TOGETHER = re.compile(r"\b(?:combined|(?:taken |put |lumped |added )?together|summed(?: up)?|both (?:of them )?in one)\b")
_PLUS = re.compile(r"\s*(?:and|\+|&|plus)\s*(?:the\s+)?")


def _joined(text: str, mentions: list[Mention]) -> list[Mention]:
    """ "September and October combined" is one period; so is one that is told twice ("Thursday, the 19th")."""
    merged: list[Mention] = []
    for mention in mentions:
        old, new = merged[-1].period if merged else None, mention.period
        if old and new and mention.kind == merged[-1].kind == "period" and old.since and new.since and old.until and new.until:
            between = text[merged[-1].end : mention.start]
            lead = re.match(r"(?:and|plus)\s+", text[mention.start : mention.end])  # taken with the month
            plus = bool(_PLUS.fullmatch(between) or (lead and not between.strip())) and _TOGETHER.search(text)
            touch = max(old.since, new.since) <= min(old.until, new.until) + DAY
            if (plus and touch) or ((old.since, old.until) == (new.since, new.until) and re.fullmatch(r"\W*", between)):
                whole = Period(min(old.since, new.since), max(old.until, new.until), old.grain if old == new else "range")
                merged[-1] = replace(merged[-1], end=mention.end, period=whole)
                continue
        merged.append(mention)
    return merged


def _cut(period: Period, today: date) -> Period:
    if period.until and period.until > today and (period.since is None or period.since <= today):
        return Period(period.since, today, period.grain, period.rolling)
    return period
