"""Date phrases to periods of whole days: "last 3 weeks", "since Monday", "9 Nov", "Q3", "the week of Nov 9", "one day later".

The clock is passed in as `today`, a day in the tenant's time zone. Both ends of a period are included, as in `domain.scope.Scope`;
None is open. "this week" and "last month" are calendar readings (weeks start on Monday), "last 7 days" ends today. A date without a
year is its latest occurrence that is not in the future.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from rapport.analyst.planner.periods import DAY, Period, add_months, last, month_of, move, shift, unit_at

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60,
    "ninety": 90, "couple": 2, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 5, "dozen": 12, "a dozen": 12,
}  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}


@dataclass(frozen=True, slots=True)
class Mention:
    """A date phrase in a text: where it stands and what it means. `shift` (count, unit) moves the period of the turn before."""

    start: int
    end: int
    period: Period | None = None
    shift: tuple[int, str] | None = None
    kind: str = "period"  # period | all | against (a period to compare with) | over (unit over unit)


# --- Single days -----------------------------------------------------------------------------------------------------

_MONTH = "|".join([*MONTHS, "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec"])
_WEEKDAY = "monday|mon|tuesday|tues|tue|wednesday|wed|thursday|thurs|thur|thu|friday|fri|saturday|sat|sunday|sun"
_COUNT = r"\d{1,3}|" + "|".join(sorted((re.escape(word) for word in NUMBERS), key=len, reverse=True))
_UNIT = "hour|day|week|fortnight|month|quarter|year"
_YEAR = r"(?:19|20)\d\d"
_DAY = rf"""(?:
    (?P<@iso>\d{{4}}[-/]\d\d?[-/]\d\d?)
  | (?P<@num>\d\d?[./]\d\d?[./](?:\d{{4}}|\d\d))
  | (?:the\s+)?(?P<@d1>\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<@m1>{_MONTH})\b\.?,?(?:\s+(?P<@y1>{_YEAR}))?
  | (?P<@m2>{_MONTH})\.?\s+(?:the\s+)?(?P<@d2>\d\d?)(?:st|nd|rd|th)?\b(?!\s*(?:{_UNIT})s?\b)(?:,?\s+(?P<@y2>{_YEAR}))?
  | (?P<@rel>the\s+day\s+before\s+yesterday|day\s+before\s+yesterday|yesterday|today|tonight|now|this\s+(?:morning|afternoon|evening)|tomorrow)
  | (?P<@ago>{_COUNT})\s+days?\s+ago
  | (?:the\s+)?(?P<@wmod>(?:this\s+past|last|this|past|previous)\s+)?(?P<@wd>{_WEEKDAY})\b(?!['’]?s?\s+(?:deck|meeting|review|stand-?up|call|report|slides?|presentation|board|newsletter|mail|sync|update|demo)\b)
  | the\s+(?P<@nth>\d\d?)(?:st|nd|rd|th)\b(?!\s+(?:one|place|rank\w*|item|entry|best|worst|most|biggest|user|person|customer|company|organi[sz]ation|org|account|product|tool|model|topic|example|chat|conversation)\b|['’]s)
)"""


def number(text: str) -> int:
    text = " ".join(text.split())
    return int(text) if text.isdigit() else NUMBERS[text]


def month_number(text: str) -> int:
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(text[:3]))


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    years = [int(year)] if year else [today.year, today.year - 1, today.year - 2, today.year - 3]
    for candidate in years:
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year or found <= today:
            return found
    return None


def _numeric(text: str, today: date) -> date | None:
    first, second, year = (int(part) for part in re.split("[./]", text))
    year += 2000 if year < 100 else 0
    day_first = "." in text or first > 12
    day, month = (first, second) if day_first and second <= 12 else (second, first)
    return _dated(day, month, str(year), today)


def _weekday(name: str, modifier: str, today: date) -> date:
    back = (today.weekday() - next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name[:3]))) % 7
    if back == 0 and modifier.strip() in ("last", "past", "previous"):
        back = 7
    return today - back * DAY


def _relative(text: str, today: date) -> date:
    if "before" in text:
        return today - 2 * DAY
    return today - DAY if text == "yesterday" else today + DAY if text == "tomorrow" else today


def _day(match: re.Match, prefix: str, today: date) -> date | None:
    """The day that the groups of `_DAY` with this prefix caught; None where the calendar has no such day."""
    got = {
        name: match.group(prefix + name) for name in ("iso", "num", "d1", "m1", "y1", "m2", "d2", "y2", "rel", "ago", "wmod", "wd", "nth")
    }
    if got["iso"]:
        year, month, day = re.split("[-/]", got["iso"])
        return _dated(int(day), int(month), year, today)
    if got["num"]:
        return _numeric(got["num"], today)
    if got["m1"]:
        return _dated(int(got["d1"]), month_number(got["m1"]), got["y1"], today)
    if got["m2"]:
        return _dated(int(got["d2"]), month_number(got["m2"]), got["y2"], today)
    if got["rel"]:
        return _relative(" ".join(got["rel"].split()), today)
    if got["ago"]:
        return today - number(got["ago"]) * DAY
    if got["wd"]:
        return _weekday(got["wd"], got["wmod"] or "", today)
    return _nth(int(got["nth"]), today) if got["nth"] else None


def _nth(day: int, today: date) -> date | None:
    for months in range(3):
        start = add_months(today.replace(day=1), -months)
        if 1 <= day <= monthrange(start.year, start.month)[1] and start.replace(day=day) <= today:
            return start.replace(day=day)
    return None


# --- Phrases ---------------------------------------------------------------------------------------------------------
# Each rule is a pattern and a function (match, today) -> Mention fields, tried in this order; a phrase that is taken is not
# read again. Patterns hold "{D}" and "{E}" where a single day stands.

Build = Callable[[re.Match, date], Period | Mention | None]


def _between(m: re.Match, today: date) -> Period | None:
    first, second = _day(m, "a", today), _day(m, "b", today)
    if first is None or second is None or (m.group("join") == "and" and not (m.group("lead") or "").startswith("between")):
        return None
    if first > second and m.group("by1") is None and m.group("ay1") is None and (first - second).days < 366:
        first = add_months(first, -12)  # "20 Dec to 5 Jan"
    return Period(min(first, second), max(first, second), "range")


def _days_of_month(m: re.Match, today: date) -> Period | None:
    month, year = month_number(m.group("m")), m.group("y")
    first, second = _dated(int(m.group("d")), month, year, today), _dated(int(m.group("e")), month, year, today)
    if first is None or second is None:
        return None
    if second < first:
        second = _dated(int(m.group("e")), month, str(first.year), today) or first
    return Period(min(first, second), max(first, second), "range")


def _since(m: re.Match, today: date) -> Period | None:
    day = _day(m, "a", today)
    if day and m.group().startswith("from") and m.group("arel") and not re.search(r"\bon", m.group()):
        return Period(day, day, "day")  # "from yesterday" is of yesterday
    return Period(day + (DAY if m.group("excl") else timedelta(0)), None, "range") if day else None


def _until(m: re.Match, today: date) -> Period | None:
    day = _day(m, "a", today)
    return Period(None, day - (DAY if m.group("excl") else timedelta(0)), "range") if day else None


def _from_unit(m: re.Match, today: date) -> Period | None:
    unit = m.group("u")
    start = unit_at(today, unit)
    if m.group("mod") in ("last", "past", "previous"):
        start = shift(start, -1, unit)
    return Period(start.since, today, "range")


def _since_month(m: re.Match, today: date) -> Period | None:
    first = _month(m.group("m"), m.group("y"), today)
    return Period(first.since, today, "range")


def _month(name: str, year: str | None, today: date, *, earlier: bool = False) -> Period:
    month = month_number(name)
    if year:
        return month_of(int(year), month)
    at = today.year if month <= today.month else today.year - 1
    if earlier and month == today.month:
        at -= 1
    return month_of(at, month)


def _named_month(m: re.Match, today: date) -> Period | None:
    word, lead = m.group("m"), (m.group("lead") or "").strip()
    year = m.group("y") or (f"20{m.group('yy')}" if m.group("yy") else None)
    if word in ("may", "march", "mar", "sep", "dec", "jan", "jun") and not (lead or year):
        return None
    period = _month(word, year, today, earlier=lead.startswith(("last", "previous")))
    part = (m.group("part") or "").strip()
    return _part(period, part) if part else period


def _part(period: Period, part: str) -> Period:
    first = period.since
    assert first is not None
    assert period.until is not None
    if part.startswith(("early", "start", "beginning")):
        return Period(first, first + 9 * DAY, "range")
    if part.startswith(("late", "end")):
        return Period(first + 20 * DAY, period.until, "range")
    if part.startswith("mid"):
        return Period(first + 10 * DAY, first + 19 * DAY, "range")
    if part.startswith("first half"):
        return Period(first, first + 14 * DAY, "range")
    return Period(first + 15 * DAY, period.until, "range")


def _month_said(m: re.Match, today: date) -> Period:
    """The month that the groups m, y or mod name."""
    if m.group("m"):
        return _month(m.group("m"), m.group("y"), today)
    here = unit_at(today, "month")
    return shift(here, -1, "month") if m.group("mod") else here


def _days_of(m: re.Match, today: date) -> Period | None:
    month, days = _month_said(m, today), number(m.group("n")) * (7 if m.group("u") == "week" else 1)
    assert month.since is not None
    assert month.until is not None
    if m.group("end") == "first":
        return Period(month.since, month.since + (days - 1) * DAY, "range")
    return Period(month.until - (days - 1) * DAY, month.until, "range")


def _week_of_month(m: re.Match, today: date) -> Period | None:
    month = _month_said(m, today)
    assert month.since is not None
    assert month.until is not None
    if m.group("n") in ("last", "final"):
        return Period(month.until - 6 * DAY, month.until, "range")
    start = month.since + (ORDINALS[m.group("n")] - 1) * 7 * DAY
    return Period(start, min(start + 6 * DAY, month.until), "range")


def _half_of_month(m: re.Match, today: date) -> Period | None:
    month = unit_at(today, "month")
    half = "first half" if m.group("part") in ("first", "1st") else "second half"
    return _part(shift(month, -1, "month") if m.group("mod") else month, half)


def _quarter(m: re.Match, today: date) -> Period | None:
    index = int(m.group("q")) if m.group("q") else ORDINALS[m.group("ord")]
    year = int(m.group("y")) if m.group("y") else today.year
    first = date(year, 3 * index - 2, 1)
    if not m.group("y") and first > today:
        first = first.replace(year=year - 1)
    return unit_at(first, "quarter")


def _half(m: re.Match, today: date) -> Period | None:
    year = int(m.group("y")) if m.group("y") else today.year
    first = date(year, 1 if m.group("h") == "1" else 7, 1)
    return Period(first, add_months(first, 6) - DAY, "range")


def _calendar(m: re.Match, today: date) -> Period | None:
    """this / last / previous unit; "past week" without a number is rolling."""
    unit, modifier = m.group("u"), m.group("mod").split()[-1]
    if unit == "fortnight":
        return last(1, "fortnight", today)
    if modifier == "past":
        return last(1, "week" if unit == "weekend" else unit, today) if unit != "weekend" else shift(unit_at(today, unit), -1, unit)
    here = unit_at(today, unit)
    if modifier in ("this", "current", "present"):
        if unit == "weekend" and today.weekday() < 5:
            return shift(here, -1, "weekend")
        return here
    if modifier == "next":
        return shift(here, 1, unit)
    if unit == "weekend":
        return shift(here, -1, "weekend")
    return shift(here, -1, unit)


def _ago(m: re.Match, today: date) -> Period | None:
    unit, count = m.group("u"), number(m.group("n"))
    if unit == "week" and re.search(r"\b(?:about|around|roughly|some|approximately|circa|maybe|or so)\s+$", m.string[: m.start()], re.I):
        middle = move(today, -count, unit)
        return Period(middle - 3 * DAY, middle + 3 * DAY, "range")
    return unit_at(move(today, -count, unit), unit if unit != "fortnight" else "week")


def _week_of(m: re.Match, today: date) -> Period | None:
    day = _day(m, "a", today)
    if day is None:
        return None
    return unit_at(day, "week") if m.group("of") else Period(day, day + 6 * DAY, "week")


def _year(m: re.Match, today: date) -> Period | None:
    return Period(date(int(m.group("y")), 1, 1), date(int(m.group("y")), 12, 31), "year")


def _offset(m: re.Match, today: date) -> Mention | None:
    """ "one day later", "the week before", "the next one" (its unit is that of the period): moves the period of the turn before."""
    count = number(m.group("n")) if m.groupdict().get("n") else 1
    back = m.group("dir") in ("before", "earlier", "prior", "previous", "preceding")
    return Mention(0, 0, shift=(-count if back else count, m.groupdict().get("u") or ""))


def _anchored(m: re.Match, today: date) -> Period | None:
    """ "two days after 9 Nov", "the week before Oct 3"."""
    day, unit = _day(m, "a", today), m.group("u")
    if day is None:
        return None
    count = number(m.group("n")) if m.group("n") else 1
    if unit == "day":
        moved = day + (-count if m.group("dir") == "before" else count) * DAY
        return Period(moved, moved, "day")
    if m.group("dir") == "before":
        return Period(move(day, -count, unit), day - DAY, "range")
    return Period(day + DAY, move(day, count, unit), "range")


_D, _E = _DAY.replace("@", "a"), _DAY.replace("@", "b")
_MOD = r"(?:the\s+)?(?P<mod>this|current|last|past|previous|prior|next|this\s+past|this\s+current)"

RULES: tuple[tuple[str, Build], ...] = (
    (r"(?:week|month|day|quarter|year)[\s-]+(?:over|on|by)[\s-]+(?P<u>week|month|day|quarter|year)\b|\b(?P<short>wow|mom|qoq|yoy|dod)\b",
     lambda m, t: Mention(0, 0, kind="over", shift=(1, m.group("u") or {"w": "week", "m": "month", "q": "quarter", "y": "year", "d": "day"}[m.group("short")[0]]))),
    (r"(?:the\s+)?(?P<u>week|weekend|month|quarter|year)\s+before\s+last\b", lambda m, t: shift(unit_at(t, m.group("u")), -2, m.group("u"))),
    (r"mon(?:day)?\s*(?:-|–|—|to|through|until|till)\s*sun(?:day)?", lambda m, t: Mention(0, 0, Period(), kind="all")),
    (rf"(?P<n>{_COUNT})?\s*\b(?P<u>day|week|month)s?\s+(?P<dir>before|after)\s+(?!yesterday){_D}", _anchored),
    (r"(?:in\s+|during\s+|over\s+)?(?:the\s+)?(?P<part>first|second|1st|2nd)\s+half\s+of\s+(?:the\s+)?(?:(?P<mod>last|previous|past)\s+|this\s+|current\s+)?month\b", _half_of_month),
    (rf"(?:starting|beginning|started|began)\s+(?:on\s+|from\s+)?{_D}\s*,?\s*(?:and\s+)?(?P<lead>)(?P<join>end(?:ing|ed)|finish(?:ing|ed)|stopp(?:ing|ed)|until|to)\s+(?:on\s+|at\s+|with\s+)?{_E}", _between),
    (rf"(?P<lead>from\s+|between\s+)?{_D}\s*(?P<join>-|–|—|to|until|till|til|through|thru|and|up\s+to)\s*(?:the\s+)?{_E}", _between),
    (rf"(?:from\s+|between\s+)?(?:the\s+)?(?P<d>\d\d?)(?:st|nd|rd|th)?\s*(?:-|–|to|and|through|until)\s*(?:the\s+)?(?P<e>\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m>{_MONTH})\b\.?(?:,?\s+(?P<y>{_YEAR}))?", _days_of_month),
    (rf"(?:from\s+|between\s+)?(?P<m>{_MONTH})\.?\s+(?P<d>\d\d?)(?:st|nd|rd|th)?\s*(?:-|–|to|and|through|until)\s*(?:the\s+)?(?P<e>\d\d?)(?:st|nd|rd|th)?\b(?:,?\s+(?P<y>{_YEAR}))?", _days_of_month),
    (r"(?:since|starting|beginning|as\s+of|from)\s+(?:the\s+)?(?:start|beginning|first\s+day)\s+of\s+(?:the\s+|this\s+|(?P<mod>last|past|previous)\s+)?(?P<u>week|month|quarter|year)", _from_unit),
    (r"since\s+(?:the\s+)?(?P<mod>last|this|past|previous)\s+(?P<u>week|month|quarter|year)\b", _from_unit),
    (rf"(?:since|from)\s+(?:the\s+(?:start|beginning)\s+of\s+)?(?P<m>{_MONTH})\b(?!\.?\s+\d\d?\b)(?:\s+(?P<y>{_YEAR}))?(?:\s+on(?:wards?)?)?", _since_month),
    (rf"(?:week)\s+(?:(?P<of>of|containing|around|with)|starting|beginning|from)\s+(?:on\s+)?{_D}", _week_of),
    (rf"(?:(?P<excl>(?:(?:all\s+)?(?:the\s+)?days?\s+)?(?:after|following)|later\s+than)|since|starting(?:\s+(?:from|on|with))?|beginning|from|as\s+of|on\s+or\s+after)\s+{_D}(?:\s+(?:on|onwards?|forward))?(?!\s*\d)", _since),
    (r"(?P<u>week|month|quarter|year)[\s-]+to[\s-]+date\b|\b(?P<s>wtd|mtd|qtd|ytd)\b",
     lambda m, t: unit_at(t, m.group("u") or {"w": "week", "m": "month", "q": "quarter", "y": "year"}[m.group("s")[0]])),
    (r"(?:all[\s-]+(?:the\s+)?time|since\s+(?:the\s+)?(?:(?:very\s+)?beginning|start|launch|day\s+one|forever)|since\s+we\s+(?:started|began|launched|went\s+live|first)(?:\s+(?:to\s+)?(?:logging|log|collecting|collect|counting|recording|record|tracking|track|measuring)\b)?|life[\s-]?time|from\s+the\s+(?:very\s+)?(?:beginning|start)(?!\s+of)|all\s+the\s+way\s+back|at\s+any\s+time|so\s+far(?!\s+(?:this|today))|up\s+(?:to|till|until)\s+(?:now|today|this\s+point)|(?:until|till|as\s+of)\s+(?:now|today)|to\s+date|to\s+this\s+day|ever|in\s+total|overall|everything\s+we\s+have|over\s+the\s+(?:whole|entire)\s+period|whole\s+(?:history|period))\b",
     lambda m, t: Mention(0, 0, Period(), kind="all")),
    (rf"(?:(?P<excl>(?<!day\s)before|prior\s+to|earlier\s+than)|until|till|up\s+to|through|by|no\s+later\s+than)\s+{_D}", _until),
    (rf"(?:over|within|during|across)\s+(?P<n>{_COUNT})\s+(?P<u>{_UNIT})s?\b(?!\s+(?:ago|before|after|later|earlier))", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (r"(?P<n>\d{1,3})[\s-]+(?P<u>day|week|month)\s+(?:window|trend|view|period|average)", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"(?P<end>first|last|final)\s+(?P<n>{_COUNT})\s+(?P<u>day|week)s\s+(?:of|in)\s+(?:(?P<m>{_MONTH})\b(?:\s+(?P<y>{_YEAR}))?|(?:the\s+|this\s+)?(?P<mod>last\s+|previous\s+)?month\b)", _days_of),
    (rf"(?:(?:over|in|during|for|within|across|throughout)\s+)?(?:the\s+|these\s+|our\s+)?(?:last|past|previous|trailing|latest|recent|most\s+recent|prior|rolling)\s+(?P<n>{_COUNT})[\s-]+(?P<u>{_UNIT})s?\b",
     lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"since\s+(?P<n>{_COUNT})\s+(?P<u>day|week|month)s?\s+ago", lambda m, t: Period(move(t, -number(m.group("n")), m.group("u")), t, "range")),
    (r"(?:in|over|during|within|for)\s+the\s+(?:last|past|previous)\s+(?P<u>week|month|quarter|year)\b(?!\s+of)", lambda m, t: last(1, m.group("u"), t)),
    (rf"(?P<n>first|second|third|fourth|1st|2nd|3rd|4th|last|final)\s+week\s+(?:of|in)\s+(?:(?P<m>{_MONTH})\b(?:\s+(?P<y>{_YEAR}))?|(?:the\s+|this\s+)?(?P<mod>last\s+|previous\s+)?month\b)", _week_of_month),
    (rf"(?P<n>{_COUNT})\s+(?P<u>week|fortnight|month|quarter|year)s?\s+ago", _ago),
    (rf"(?P<n>{_COUNT})\s+(?P<u>day|week|month)s?\s+(?P<dir>later|earlier|before|after|prior)\b(?!\s+(?:that\s+)?\w*\d)", _offset),
    (r"(?:the|a)\s+(?P<u>day|week|month)\s+(?P<dir>before|after|prior|earlier|later)\b(?!\s+yesterday)", _offset),
    (r"(?:the\s+)?(?P<dir>next|following|preceding)\s+(?P<u>day|week|month)\b", _offset),
    (r"the\s+(?P<dir>previous|prior)\s+(?P<u>day)\b", _offset),
    (r"(?:the\s+)?(?P<u>day|week|month)\s+(?:right\s+|directly\s+|immediately\s+|just\s+)?(?P<dir>before|after|prior|preceding|following)(?:\s+(?:to\s+)?(?:that|this|it))?\b(?!\s+\w)", _offset),
    (r"(?:in|on|for|about|was|with|to|and|vs\.?)\s+the\s+(?P<dir>next|following|previous|preceding|prior)\s+one\b", _offset),
    (r"the\s+one\s+(?:right\s+|directly\s+|immediately\s+|just\s+)?(?P<dir>before|after|prior|preceding|following)(?:\s+(?:to\s+)?(?:that|this|it))?\b(?!\s+\w)", _offset),
    (rf"{_MOD}\s+(?P<u>week|weekend|fortnight|month|quarter|year)\b(?!\s+of)", _calendar),
    (rf"(?:\bq(?P<q>[1-4])|(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter)\b(?:\s+(?:of\s+)?(?P<y>{_YEAR}))?", _quarter),
    (rf"\bh(?P<h>[12])\b(?:\s+(?:of\s+)?(?P<y>{_YEAR}))?", _half),
    (rf"(?:on\s+|for\s+|at\s+)?{_D}(?![\w-]*\d)", lambda m, t: (lambda d: Period(d, d, "day") if d else None)(_day(m, "a", t))),
    (rf"(?P<lead>in\s+|during\s+|for\s+|of\s+|over\s+|throughout\s+|from\s+|last\s+|previous\s+|this\s+|since\s+|about\s+|vs\.?\s+|versus\s+|and\s+|to\s+)?(?:the\s+)?(?P<part>(?:early|late|mid|first\s+half|second\s+half|start|beginning|end)(?:[\s-]+of)?[\s-]+)?\b(?P<m>{_MONTH})\b(?:(?:,|\s+of|\s+in|\s+the\s+year)?\s+(?P<y>{_YEAR})|\s*['’](?P<yy>\d\d)\b)?", _named_month),
    (rf"(?:in\s+|for\s+|during\s+)?(?P<mm>0?[1-9]|1[0-2])[/.](?P<y>{_YEAR})(?![\d/.-])", lambda m, t: month_of(int(m.group("y")), int(m.group("mm")))),
    (rf"(?:in\s+|for\s+|during\s+)?(?P<y>{_YEAR})-(?P<mm>0[1-9]|1[0-2])(?![\d/.-])", lambda m, t: month_of(int(m.group("y")), int(m.group("mm")))),
    (rf"(?:in\s+|during\s+|for\s+|of\s+|year\s+|back\s+in\s+)(?P<y>{_YEAR})\b", _year),
    (r"(?:right\s+now|currently|these\s+days|lately|recently|of\s+late)\b", lambda m, t: None),
)  # fmt: skip

_COMPILED = tuple((re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.X), build) for pattern, build in RULES)
_BARE_SHORT_DAY = re.compile(r"(?:the\s+)?(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|now)$", re.I)


_TYPOS = {
    "thsi": "this", "tihs": "this", "lsat": "last", "lats": "last", "weke": "week", "wek": "week", "weeek": "week", "mounth": "month", "mnth": "month", "motnh": "month", "yesturday": "yesterday",
    "yesterady": "yesterday", "yestarday": "yesterday", "yday": "yesterday", "tody": "today", "todya": "today", "wknd": "weekend", "wk": "week", "wks": "weeks", "mth": "month", "mths": "months", "dyas": "days",
    "ocotber": "october", "novemeber": "november", "septmber": "september", "feburary": "february", "wendesday": "wednesday",
}  # fmt: skip
_TYPO = re.compile(rf"\b(?:{'|'.join(_TYPOS)})\b", re.I)


def mended(text: str) -> str:
    """`text` with common typing errors and short forms in words of time put right."""
    return _TYPO.sub(lambda match: _TYPOS[match.group().lower()], text)


def find(text: str, today: date) -> list[Mention]:
    """All date phrases of `text`, in order, none overlapping. A period is cut at today where it began before."""
    text = text.lower() if len(text.lower()) == len(text) else text
    taken: list[Mention] = []
    for pattern, build in _COMPILED:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in taken) or _BARE_SHORT_DAY.match(match.group()):
                continue
            try:
                built = build(match, today)
            except (ValueError, OverflowError):  # the calendar has no such day
                continue
            if isinstance(built, Period):
                built = Mention(0, 0, _cut(built, today))
            if built is not None:
                taken.append(Mention(start, end, built.period, built.shift, built.kind))
    dated = [mention for mention in taken if mention.period and mention.kind == "period"]
    if dated:  # "today so far" is about today
        taken = [mention for mention in taken if mention.kind != "all"]
    return sorted(taken, key=lambda mention: mention.start)


def _cut(period: Period, today: date) -> Period:
    if period.until and period.until > today and (period.since is None or period.since <= today):
        return Period(period.since, today, period.grain, period.rolling)
    return period
