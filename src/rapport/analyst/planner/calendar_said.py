"""Date phrases that count whole calendar units, seasons, holidays or working days: "the past four full weeks", "the last month and a half",
"the 30 days before November", "in autumn", "the last ten working days". Tried by `dates.find` before those of `periods_said`."""

import re
from collections.abc import Callable
from datetime import date

from rapport.analyst.planner.days import COUNT, UNIT_SAID, YEAR, number, unit_said
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.periods import DAY, Period, add_months, after, last, move, shift, unit_at

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Month in which each begins in the northern half of the world (meteorological seasons, World Meteorological Organization)."""


def _whole_units(m: re.Match, today: date) -> Period:
    """The units that have ended, without the one that is under way."""
    count, unit = number(m.group("n")), m.group("u")
    latest = shift(unit_at(today, unit), -1, unit)
    return Period(shift(latest, 1 - count, unit).since, latest.until, "range")


def _and_a_half(m: re.Match, today: date) -> Period:
    count, unit = number(m.group("n")) if m.group("n") else 1, m.group("u")
    whole = last(count, unit, today)
    assert whole.since is not None
    first = move(whole.since, -6, "month") if unit == "year" else whole.since - {"week": 4, "month": 15, "quarter": 45}[unit] * DAY
    return Period(first, today, "day", True)


def _beside_unit(m: re.Match, today: date) -> Period | None:
    """ "The 30 days before November": what lies next to a calendar unit."""
    beside, count, unit = unit_said(m, "b", today), number(m.group("n")), m.group("u")
    assert beside.since is not None
    assert beside.until is not None
    if m.group("dir").startswith(("before", "prec", "prior", "lead")):
        return Period(move(beside.since, -count, unit), beside.since - DAY, "range")
    return Period(beside.until + DAY, move(beside.until, count, unit), "range")


def _season(m: re.Match, today: date) -> Period | None:
    month, year = _SEASONS[m.group("season")], int(m.group("y") or today.year)
    first = date(year, month, 1)
    if not m.group("y") and first > today:
        first = first.replace(year=year - 1)
    if m.group("mod") in ("last", "past", "previous") and add_months(first, 3) > today:
        first = first.replace(year=first.year - 1)
    since = (m.group("lead") or "").startswith("since")
    return Period(first, today if since else add_months(first, 3) - DAY, "range")


def _working_days(m: re.Match, today: date) -> Period:
    """From the day on which the last n working days began up to today; Saturdays and Sundays in between are part of it."""
    left, day = number(m.group("n")), today
    while left > 1 or day.weekday() > 4:
        left -= day.weekday() < 5
        day -= DAY
    return Period(day, today, "range")


_UNITS = "week|month|quarter|year"
_WHOLE = r"(?:full|whole|complete|completed|finished|entire|calendar)"
_LAST = r"(?:last|past|previous|latest|most\s+recent|preceding)"
_IN = r"(?:(?:over|in|during|for|within|across)\s+)?(?:the\s+|our\s+)?"


def _before_last(m: re.Match, today: date) -> Period:
    unit = m.group("u") or m.group("v") or m.group("w")
    return shift(unit_at(today, unit), -2, unit)


_THESE = r"(?:last|past|previous|recent)"
_UNTIL_NOW = r"(?:and\s+)?(?:(?:right\s+)?(?:until|till|to|up\s+to|through\s+to)\s+)(?:now|today|date|the\s+present)"
_ANY = r"week|weekend|month|quarter|year"

RULES: tuple[tuple[str, Callable[[re.Match, date], Period | Mention | None]], ...] = (
    (rf"(?:the\s+)?(?P<u>{_ANY})\s+(?:before|prior\s+to|preceding)\s+last\b(?:\s+(?:{_ANY})\b)?|(?:the\s+)?(?:last\s+(?P<v>{_ANY})\s+but\s+one|penultimate\s+(?P<w>{_ANY}))\b", _before_last),
    (rf"(?:in|over|during|within|across)\s+(?:the|these)\s+{_THESE}\s+(?P<u>day|week|month)s\b", lambda m, t: last(number("few") if m.group("u") != "week" else 4, m.group("u"), t)),
    (rf"(?:after|since|from|later\s+than)\s+(?:then|that|it|(?:that|this|the\s+same)\s+(?:very\s+)?(?:day|date|point))(?:\s+on(?:wards?)?)?\s*,?\s*(?:{_UNTIL_NOW})(?=\W*$)|(?:after|later\s+than)\s+(?:that|this|the\s+same)\s+(?:very\s+)?(?:day|date|point)(?=\W*$)", lambda m, t: Mention(0, 0, moves=after)),
    (rf"(?:not|no,?)\s+(?:the\s+)?last\s+(?P<u>{_ANY})\s*[-,;:–—(]*\s*(?:but\s+|rather\s+)?(?:the\s+)?(?:one|{_ANY})\s+(?:right\s+|just\s+|directly\s+)?(?:before|prior|preceding)(?:\s+(?:it|that|last))?(?P<v>)(?P<w>)(?!\w)", _before_last),
    (rf"(?:the\s+)?(?P<u>{_ANY})\s+(?:(?:that|which)(?:['’]s|\s+has|\s+is)?\s+)?(?:just\s+|now\s+)?(?:gone(?:\s+by)?|past|passed|ended|behind\s+us)(?!\s+\w)", lambda m, t: shift(unit_at(t, m.group("u")), -1, m.group("u"))),
    (rf"{_IN}{_LAST}\s+(?P<n>{COUNT})\s+{_WHOLE}\s+(?:calendar\s+)?(?P<u>{_UNITS})s?\b(?!\s+(?:of|in|before)\b)", _whole_units),
    (rf"{_IN}(?P<n>{COUNT})\s+{_LAST}\s+{_WHOLE}\s+(?P<u>{_UNITS})s\b", _whole_units),
    (rf"{_IN}(?:last|past|previous)\s+(?:(?P<n>{COUNT})\s+)?(?P<u>{_UNITS})s?\s+and\s+a\s+half\b", _and_a_half),
    (rf"{_IN}(?:last|past|previous)\s+(?P<n>{COUNT})\s+and\s+a\s+half\s+(?P<u>{_UNITS})s\b", _and_a_half),
    (rf"(?:(?:in|over|during)\s+)?(?:the|those|these)\s+(?P<n>{COUNT})\s+(?P<u>day|week|month)s\s+(?:(?:right|just|directly|immediately|straight)\s+)?(?P<dir>before|after|following|preceding|prior\s+to|leading\s+up\s+to)\s+{UNIT_SAID.replace('@', 'b')}(?!\s+\d)", _beside_unit),
    (rf"(?P<lead>in|since|during|over|for|throughout|from)\s+(?:the\s+|(?P<mod>this|last|past|previous)\s+)?(?P<season>spring|summer|autumn|fall|winter)\b(?!\s+(?:in|of)\s+(?!{YEAR}))(?:\s+(?:of\s+)?(?P<y>{YEAR}))?", lambda m, t: None if m.group("season") == "fall" and " the" not in m.group() and not m.group("mod") else _season(m, t)),
    (r"(?P<lead>)(?P<y>)(?P<mod>this|last|past|previous)\s+(?P<season>spring|summer|autumn|fall|winter)\b", _season),
    (rf"{_IN}(?:last|past|previous|latest)\s+(?P<n>{COUNT})\s+(?:work(?:ing)?|business|office|week)[\s-]*days\b", _working_days),
)  # fmt: skip
