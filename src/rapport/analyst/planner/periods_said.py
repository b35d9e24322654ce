"""What date phrases look like and what each means: one table of patterns, read by `dates.find` in its order."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from rapport.analyst.planner.days import (
    COUNT,
    DAY_SAID,
    MONTH,
    ORDINALS,
    UNIT,
    UNIT_SAID,
    WEEKDAY,
    YEAR,
    dated,
    day_of,
    month_named,
    month_number,
    nth_day,
    number,
    unit_said,
    weekday_number,
)
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.periods import DAY, Period, add_months, after, before, half, last, month_of, move, next_to, shift, unit_at

# --- Phrases ---------------------------------------------------------------------------------------------------------
# Each rule is a pattern and a function (match, today) -> Mention fields, tried in this order; a phrase that is taken is not
# read again. Patterns hold "{D}" and "{E}" where a single day stands.

Build = Callable[[re.Match, date], Period | Mention | None]


def _between(m: re.Match, today: date) -> Period | None:
    first, second = day_of(m, "a", today), day_of(m, "b", today)
    if first is None or second is None or (m.group("join") == "and" and not (m.group("lead") or "").startswith("between")):
        return None
    if first > second and m.group("by1") is None and m.group("ay1") is None and (first - second).days < 366:
        first = add_months(first, -12)  # "20 Dec to 5 Jan"
    return Period(min(first, second), max(first, second), "range")


def _days_of_month(m: re.Match, today: date) -> Period | None:
    month, year = month_number(m.group("m")), m.group("y")
    first, second = dated(int(m.group("d")), month, year, today), dated(int(m.group("e")), month, year, today)
    if first is None or second is None:
        return None
    if second < first:
        second = dated(int(m.group("e")), month, str(first.year), today) or first
    return Period(min(first, second), max(first, second), "range")


def _since(m: re.Match, today: date) -> Period | None:
    day = day_of(m, "a", today)
    if day and m.group().startswith("from") and m.group("arel") and not re.search(r"\bon", m.group()):
        return Period(day, day, "day")  # "from yesterday" is of yesterday
    return Period(day + (DAY if m.group("excl") else timedelta(0)), None, "range") if day else None


def _until(m: re.Match, today: date) -> Period | None:
    day = day_of(m, "a", today)
    return Period(None, day - (DAY if m.group("excl") else timedelta(0)), "range") if day else None


def _from_unit(m: re.Match, today: date) -> Period | None:
    unit = m.group("u")
    start = unit_at(today, unit)
    if m.group("mod") in ("last", "past", "previous"):
        start = shift(start, -1, unit)
    return Period(start.since, today, "range")


def _since_month(m: re.Match, today: date) -> Period | None:
    first = month_named(m.group("m"), m.group("y"), today)
    return Period(first.since, today, "range")


_AS_A_VERB = re.compile(
    r"\s+(?:be|have|not|never|well|also|soon|even|just|still|yet|i|we|leave|go|quit|want|need|walk|cancel|turn|off|out|away)\b", re.I
)
"""After "may" and "march": "and may be gone soon"."""


def _named_month(m: re.Match, today: date) -> Period | None:
    word, lead = m.group("m"), (m.group("lead") or "").strip()
    year = m.group("y") or (f"20{m.group('yy')}" if m.group("yy") else None)
    if word in ("may", "march", "mar", "sep", "dec", "jan", "jun") and not (lead or year):
        return None
    if word in ("may", "march") and not year and _AS_A_VERB.match(m.string, m.end("m")):
        return None
    period = month_named(word, year, today, earlier=lead.startswith(("last", "previous")))
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
    return half(period, first=part.startswith("first half"))


def _month_said(m: re.Match, today: date) -> Period:
    """The month that the groups m, y or mod name."""
    if m.group("m"):
        return month_named(m.group("m"), m.group("y"), today)
    here = unit_at(today, "month")
    return shift(here, -1, "month") if m.group("mod") else here


def _days_of(m: re.Match, today: date) -> Period | None:
    unit, days = unit_said(m, "u", today), number(m.group("n")) * (7 if m.group("what") == "week" else 1)
    assert unit.since is not None
    assert unit.until is not None
    if m.group("end") in ("first", "opening"):
        return Period(unit.since, unit.since + (days - 1) * DAY, "range")
    return Period(unit.until - (days - 1) * DAY, unit.until, "range")


def _week_of_month(m: re.Match, today: date) -> Period | None:
    month = _month_said(m, today)
    assert month.since is not None
    assert month.until is not None
    if m.group("n") in ("last", "final"):
        return Period(month.until - 6 * DAY, month.until, "range")
    start = month.since + (ORDINALS[m.group("n")] - 1) * 7 * DAY
    return Period(start, min(start + 6 * DAY, month.until), "range")


def _half_of_unit(m: re.Match, today: date) -> Period:
    return half(unit_said(m, "u", today), first=m.group("part") in ("first", "1st", "former", "early"))


def _weekdays(m: re.Match, today: date) -> Period | None:
    """ "Monday to Wednesday of this week", "last week, Mon-Fri", "the working days of last week"."""
    week = unit_said(m, "u", today)
    if week.grain != "week" or week.since is None:
        return None
    first, second = (weekday_number(m.groupdict().get(group) or told) for group, told in (("from", "monday"), ("to", "friday")))
    if (first, second) == (0, 6):
        return week
    return Period(week.since + first * DAY, week.since + second * DAY, "range") if first <= second else None


def _full_week(m: re.Match, today: date) -> Period | None:
    """The first or the last Monday to Sunday that lies whole in a month."""
    unit = unit_said(m, "u", today)
    assert unit.since is not None
    assert unit.until is not None
    if m.group("n") == "first":
        return unit_at(unit.since + (-unit.since.weekday()) % 7 * DAY, "week")
    return unit_at(unit.until - (unit.until.weekday() + 1) % 7 * DAY, "week")


def _week_number(m: re.Match, today: date) -> Period:
    year = int(m.group("y") or today.year)
    monday = date.fromisocalendar(year, int(m.group("n")), 1)
    return unit_at(monday if m.group("y") or monday <= today else date.fromisocalendar(year - 1, int(m.group("n")), 1), "week")


def _length(m: re.Match) -> tuple[int, str]:
    return number(m.group("n")) if m.group("n") else 1, m.group("u")


def _starting(m: re.Match, today: date) -> Period | None:
    """ "The five-day stretch starting 19 October"."""
    day, (count, unit) = day_of(m, "a", today), _length(m)
    return Period(day, move(day, count, unit) - DAY, "range") if day else None


def _ending(m: re.Match, today: date) -> Period | None:
    """ "The fortnight to 15 November", "the week ending 8 Nov"; what leads up to a day ends before it."""
    day, (count, unit) = day_of(m, "a", today), _length(m)
    if day is None:
        return None
    day -= DAY if "leading" in m.group() else timedelta(0)
    return Period(move(day, -count, unit) + DAY, day, "range")


def _days_beside(m: re.Match, today: date) -> Period | None:
    """ "The three days before 9 Nov": all of them."""
    day, (count, unit) = day_of(m, "a", today), _length(m)
    if day is None:
        return None
    if m.group("dir").startswith(("before", "prec", "prior", "lead")):
        return Period(move(day, -count, unit), day - DAY, "range")
    return Period(day + DAY, move(day, count, unit), "range")


_NEEDED = re.compile(r"\b(?:need|want|due|ready|deliver\w*|done|send|finish\w*)\b[^.?!]{0,30}$")
_NEEDS = re.compile(r"\W*(?:i|we)\s+(?:need|want|must|have to)\b")


def _deadline(m: re.Match, today: date) -> Mention | None:
    """ "I need this by Friday": when the answer is due."""
    due = _NEEDED.search(m.string[: m.start()]) or _NEEDS.match(m.string[m.end() :])
    return Mention(0, 0, kind="none") if due else None


def _without_today(m: re.Match, today: date) -> Period:
    return last(number(m.group("n")), m.group("u"), today - DAY)


_SHORT_UNITS = {"d": "day", "w": "week", "h": "hour", "m": "month", "y": "year"}


def _beyond_unit(m: re.Match, today: date) -> Period | None:
    """ "Before October", "through last week", "since the month before last"."""
    if m.group("ubare"):
        return None
    unit, lead = unit_said(m, "u", today), m.group("lead")
    assert unit.since is not None
    assert unit.until is not None
    if lead.startswith("since"):
        return Period(unit.since, today, "range")
    if lead.startswith("after"):
        return Period(unit.until + DAY, None, "range")
    return Period(None, unit.until if lead.startswith(("through", "up")) else unit.since - DAY, "range")


def _compared(m: re.Match, today: date) -> Period | None:
    """ ">= 2026-10-20", "20 Oct or later"."""
    day, sign = day_of(m, "a", today), m.group("sign")
    if day is None:
        return None
    if sign in ("<", ">"):
        day += DAY if sign == ">" else -DAY
    later = sign[0] in ">≥" or sign.startswith(("later", "after", "newer", "onward", "since", "more", "there"))
    return Period(day, None, "range") if later else Period(None, day, "range")


def _weekend_of(m: re.Match, today: date) -> Period | None:
    day = day_of(m, "a", today)
    return unit_at(day, "weekend") if day else None


def _moves(change: Callable[[Period], Period]) -> Mention:
    return Mention(0, 0, moves=change)


def _next_to(m: re.Match, today: date) -> Mention:
    """ "The seven days right before those", "the fortnight straight after"."""
    (count, unit), back = _length(m), m.group("dir").startswith(("before", "prec", "prior"))
    return _moves(lambda period: next_to(period, -count if back else count, unit))


def _signed(m: re.Match, today: date) -> Mention:
    return Mention(0, 0, shift=(int(m.group("n")) * (1 if m.group("sign") == "+" else -1), "day"))


def _new_end(m: re.Match, today: date) -> Mention | None:
    day = day_of(m, "a", today)
    return _moves(lambda period: Period(period.since, day, "range") if day and not (period.since and day < period.since) else period)


def _new_start(m: re.Match, today: date) -> Mention | None:
    day = day_of(m, "a", today)
    return _moves(lambda period: Period(day, period.until, "range") if day and not (period.until and day > period.until) else period)


def _week_among(m: re.Match, today: date) -> Mention:
    """ "The second of those two weeks"."""
    place = ORDINALS.get(m.group("n"), 0)

    def chosen(period: Period) -> Period:
        if period.since is None or period.until is None:
            return period
        start = period.since + 7 * (place - 1) * DAY if place else period.until - 6 * DAY
        return Period(start, min(start + 6 * DAY, period.until), "range") if start <= period.until else period

    return _moves(chosen)


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
    if modifier in ("this", "current", "present", "running", "ongoing"):
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
    day = day_of(m, "a", today)
    if day is None:
        return None
    return unit_at(day, "week") if m.group("of") else Period(day, day + 6 * DAY, "week")


def _year(m: re.Match, today: date) -> Period | None:
    return Period(date(int(m.group("y")), 1, 1), date(int(m.group("y")), 12, 31), "year")


def _offset(m: re.Match, today: date) -> Mention | None:
    """ "one day later", "the week before", "the next one" (its unit is that of the period): moves the period of the turn before."""
    count = number(m.group("n")) if m.groupdict().get("n") else 1
    back = m.group("dir").startswith(("before", "earlier", "prior", "previous", "prec", "back", "sooner"))
    return Mention(0, 0, shift=(-count if back else count, m.groupdict().get("u") or ""))


def _anchored(m: re.Match, today: date) -> Period | None:
    """ "two days after 9 Nov", "the week before Oct 3"."""
    day, unit = day_of(m, "a", today), m.group("u")
    if day is None:
        return None
    count = number(m.group("n")) if m.group("n") else 1
    if unit == "day":
        moved = day + (-count if m.group("dir") == "before" else count) * DAY
        return Period(moved, moved, "day")
    if m.group("dir") == "before":
        return Period(move(day, -count, unit), day - DAY, "range")
    return Period(day + DAY, move(day, count, unit), "range")


_D, _E, _U = DAY_SAID.replace("@", "a"), DAY_SAID.replace("@", "b"), UNIT_SAID.replace("@", "u")
_ABOUT = r"(?:(?:about|around|roughly|approximately|approx\.?|circa|ca\.?|some\s+time\s+(?:around|about))\s+)?"
_TO = r"(?:-|–|—|to|and|through|thru|until|till|til)"
_WITH_TODAY = r",?\s*\(?(?:(?:with\s+)?today\s+(?:itself\s+)?(?:included|counted|inclusive)|(?:including|counting|incl\.?|inclusive\s+of|with)\s+today)"
_NO_TODAY = r",?\s*\(?(?:today\s+(?:itself\s+)?(?:excluded|left\s+out|not\s+(?:counted|included)|aside)|(?:not\s+(?:counting|including)|excluding|excl\.?|without|leaving\s+out|except|minus|but\s+not)\s+today(?:\s+itself)?)"
_ROLLING = rf"(?:(?:over|in|during|for|within|across)\s+)?(?:the\s+|these\s+)?(?:(?:last|past|previous)\s+)?(?P<n>{COUNT})\s+(?P<u>day|week|month)s?"
_MOD = r"(?:the\s+)?(?P<mod>this|current|present|running|ongoing|last|past|previous|prior|next|this\s+past|this\s+current)"

RULES: tuple[tuple[str, Build], ...] = (
    (r"(?:week|month|day|quarter|year)[\s-]+(?:over|on|by)[\s-]+(?P<u>week|month|day|quarter|year)\b|\b(?P<short>wow|mom|qoq|yoy|dod)\b",
     lambda m, t: Mention(0, 0, kind="over", shift=(1, m.group("u") or {"w": "week", "m": "month", "q": "quarter", "y": "year", "d": "day"}[m.group("short")[0]]))),
    (r"(?:the\s+)?(?P<u>week|weekend|month|quarter|year)\s+before\s+last\b", lambda m, t: shift(unit_at(t, m.group("u")), -2, m.group("u"))),
    (rf"(?:from\s+|between\s+)?(?P<from>{WEEKDAY})\s*{_TO}\s*(?P<to>{WEEKDAY})\s*,?\s*(?:of\s+|in\s+)?{_U}", _weekdays),
    (rf"{_U}\s*[,(:]?\s*(?:from\s+|between\s+)?(?P<from>{WEEKDAY})\s*{_TO}\s*(?P<to>{WEEKDAY})", _weekdays),
    (rf"(?:the\s+)?(?:five\s+|5\s+)?(?:work(?:ing)?[\s-]*days|weekdays|business\s+days)\s+(?:of|in)\s+{_U}", _weekdays),
    (rf"(?P<n>first|last)\s+(?:full|whole|complete)\s+(?:mon(?:day)?[\s-]+to[\s-]+sun(?:day)?\s+)?week\s+(?:of|in)\s+{_U}", _full_week),
    (r"mon(?:day)?\s*(?:-|–|—|to|through|until|till)\s*sun(?:day)?", lambda m, t: Mention(0, 0, Period(), kind="all")),
    (rf"(?:the|those|these|in|over|during)\s+(?P<n>{COUNT})\s+(?P<u>day|week|month)s\s+(?:(?:right|just|directly|immediately|straight)\s+)?(?P<dir>before|after|following|preceding|prior\s+to|leading\s+up\s+to)\s+{_D}", _days_beside),
    (rf"(?:w/e|week\s+(?:ending|ended|that\s+ended))\s+(?:on\s+)?(?P<n>)(?P<u>)?{_D}", lambda m, t: (lambda d: Period(d - 6 * DAY, d, "range") if d else None)(day_of(m, "a", t))),
    (rf"(?:(?P<n>{COUNT})[\s-]+)?(?P<u>day|week|month|fortnight)s?\s+(?:(?:stretch|period|window|span|block|run)\s+)?(?:that\s+)?(?:starting|beginning|commencing|starts|started|began|from)\s+(?:on\s+|from\s+|with\s+)?{_D}(?!\s*(?:-|–|to|until|till|through)\s)", lambda m, t: _starting(m, t) if m.group("n") or m.group("u") == "fortnight" else None),
    (rf"(?<!last\s)(?<!past\s)(?<!this\s)(?:(?P<n>{COUNT})[\s-]+)?(?P<u>day|week|month|fortnight)s?\s+(?:(?:stretch|period|window|span|block|run)\s+)?(?:that\s+)?(?:up\s+to(?:\s+and\s+including)?|to|till|until|ending|ended|through|leading\s+up\s+to)\s+(?:on\s+|with\s+)?{_D}(?:\s+(?:inclusive|included))?", lambda m, t: _ending(m, t) if m.group("n") or m.group("u") in ("fortnight", "week") else None),
    (rf"(?P<n>{COUNT})?\s*\b(?P<u>day|week|month)s?\s+(?P<dir>before|after)\s+(?!yesterday){_D}", _anchored),
    (rf"(?:in\s+|during\s+|over\s+)?(?:the\s+)?(?P<part>first|second|1st|2nd|former|latter|last|other|early|late)\s+half\s+of\s+{_U}", _half_of_unit),
    (rf"(?:starting|beginning|started|began)\s+(?:on\s+|from\s+)?{_D}\s*,?\s*(?:and\s+)?(?P<lead>)(?P<join>end(?:ing|ed)|finish(?:ing|ed)|stopp(?:ing|ed)|until|to)\s+(?:on\s+|at\s+|with\s+)?{_E}", _between),
    (rf"(?P<lead>from\s+|between\s+)?{_D}\s*(?P<join>-|–|—|\.\.+|→|[-=]>|(?:up\s+)?(?:to|until|till|through)\s+and\s+including|through\s+to|to|until|till|til|through|thru|and|up\s+to)\s*(?:the\s+)?{_E}", _between),
    (rf"(?:from\s+|between\s+)?(?:the\s+)?(?P<d>\d\d?)(?:st|nd|rd|th)?\s*(?:-|–|to|and|through|until)\s*(?:the\s+)?(?P<e>\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m>{MONTH})\b\.?(?:,?\s+(?P<y>{YEAR}))?", _days_of_month),
    (rf"(?:from\s+|between\s+)?(?P<m>{MONTH})\.?\s+(?P<d>\d\d?)(?:st|nd|rd|th)?\s*(?:-|–|to|and|through|until)\s*(?:the\s+)?(?P<e>\d\d?)(?:st|nd|rd|th)?\b(?:,?\s+(?P<y>{YEAR}))?", _days_of_month),
    (r"(?:since|starting|beginning|as\s+of|from)\s+(?:the\s+)?(?:start|beginning|first\s+day)\s+of\s+(?:the\s+|this\s+|(?P<mod>last|past|previous)\s+)?(?P<u>week|month|quarter|year)", _from_unit),
    (r"since\s+(?:the\s+)?(?P<mod>last|this|past|previous)\s+(?P<u>week|month|quarter|year)\b", _from_unit),
    (rf"(?:since|from)\s+(?:the\s+(?:start|beginning)\s+of\s+)?(?P<m>{MONTH})\b(?!\.?\s+\d\d?\b)(?:\s+(?P<y>{YEAR}))?(?:\s+on(?:wards?)?)?", _since_month),
    (rf"(?:week\s+(?:(?P<of>of|containing|around|with)|starting|beginning|commencing|that\s+(?:began|started|starts)|from)|w/?c|w/?b)\s+(?:on\s+)?{_D}", _week_of),
    (rf"(?:the\s+)?(?:(?:full|whole|entire|calendar)\s+)?(?P<of>week)\s+(?:that|which|in\s+which)\s+(?:the\s+)?{_D}\s+(?:falls?|fell|lies|lay|is|was|belongs?|belonged)(?:\s+(?:into|in|on|to|within))?", _week_of),
    (rf"(?:(?:(?:calendar|iso)\s+(?:week|wk)|kw|cw|(?:week|wk)\s+(?:no\.?|number|nr\.?|\#))[\s-]*(?:no\.?\s*|number\s+|nr\.?\s*|\#\s*)?(?P<n>5[0-3]|[1-4]\d|[1-9])\b)(?:\s*(?:of|in|,|/)?\s*(?P<y>{YEAR}))?", _week_number),
    (rf"(?<!this\s)(?<!last\s)(?<!past\s)(?<!per\s)(?<!each\s)(?<!a\s)week\s+(?P<n>5[0-3]|[1-4]\d|[1-9])\b(?=\s*(?:$|[?.,:;!)]|(?:was|were|is|and|to|vs|versus|compared|for|we|how|did|had|of\s+{YEAR}|{YEAR})\b))(?:\s+(?:of\s+|in\s+)?(?P<y>{YEAR}))?", _week_number),
    (rf"(?:the\s+)?weekend\s+(?:of\s+|on\s+|around\s+)?(?:the\s+)?(?:\d\d?(?:st|nd|rd|th)?\s*(?:and|to|-|–|/|&)\s*)?(?:the\s+)?{_D}", _weekend_of),
    (r"(?:the\s+)?weekend\s+(?:of\s+|on\s+)?the\s+(?P<x>\d\d?)(?:st|nd|rd|th)?\s*(?:and|to|-|–|/|&)\s*(?:the\s+)?\d\d?(?:st|nd|rd|th)", lambda m, t: unit_at(d, "weekend") if (d := nth_day(int(m.group("x")), t)) else None),
    (r"(?:(?:over|at|on|during|across|for)\s+the\s+weekend\b(?!\s+(?:of|before|after|that|in|around|\d))|\bsat(?:urday)?\s*(?:\+|&|/|plus)\s*sun(?:day)?\b)", lambda m, t: shift(unit_at(t, "weekend"), -1, "weekend")),
    (rf"(?:next|this\s+coming|coming|upcoming)\s+(?:{WEEKDAY}|weekend)\b", lambda m, t: Mention(0, 0, kind="none")),
    (rf"by\s+(?:the\s+)?(?:next\s+|this\s+)?(?:{WEEKDAY}|(?:end|close)\s+of\s+(?:the\s+|this\s+)?(?:day|week|month|play|business))\b", _deadline),
    (rf"{_ROLLING}{_WITH_TODAY}", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"{_ROLLING}{_NO_TODAY}", _without_today),
    (rf"{_WITH_TODAY}|{_NO_TODAY}", lambda m, t: Mention(0, 0, kind="none")),
    (rf"{_D}\s+(?:and|or)\s+(?P<sign>later|after|newer|onwards?|since|thereafter|more\s+recent|earlier|before|older|prior)\b", _compared),
    (rf">=?\s*{_D}\s*(?:and|&+|,)\s*(?:\w+\s*)?(?P<lead>)(?P<join><=?)\s*{_E}", _between),
    (rf"(?P<sign>>=|<=|≥|≤|>|<)\s*{_D}", _compared),
    (rf"(?:(?P<excl>(?:(?:all\s+)?(?:the\s+)?days?\s+)?(?:after|following)|later\s+than|newer\s+than)|(?:ever\s+)?since|(?:starting|dating|counting|beginning)(?:\s+(?:from|on|with))?|from|as\s+(?:of|from)|on\s+or\s+after|not\s+before|no\s+earlier\s+than)\s+{_ABOUT}{_D}(?:\s+(?:on|onwards?|forward))?(?!\s*\d)", _since),
    (r"(?:the|this)\s+(?:(?:current|present|running|ongoing)\s+)?(?P<u>week|month|quarter|year)\s+(?:so\s+far|to\s+date|(?:that\s+)?(?:we(?:['’]re|\s+are)|(?:it|this)\s+is)\s+(?:currently\s+|now\s+|presently\s+)?in|(?:up\s+to|until)\s+(?:now|today)|at\s+hand|in\s+progress|under\s*way)(?:\s*,?\s*(?:up\s+to|until)\s+(?:now|today))?", lambda m, t: unit_at(t, m.group("u"))),
    (rf"(?P<lead>before|prior\s+to|until|till|up\s+(?:to|till|until)(?:\s+and\s+including)?|through|after|since)\s+{_U}(?!\s+\d)", _beyond_unit),
    (r"(?P<u>week|month|quarter|year)[\s-]+to[\s-]+date\b|\b(?P<s>wtd|mtd|qtd|ytd)\b", lambda m, t: unit_at(t, m.group("u") or {"w": "week", "m": "month", "q": "quarter", "y": "year"}[m.group("s")[0]])),
    (rf"(?P<n>{COUNT})\s+(?P<u>{UNIT})s?\s+back\s*,?\s*(?:until|till|up\s+to|to|from|counting\s+from|through)\s+(?:now|today|this\s+(?:day|moment))", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (r"(?:all[\s-]+(?:the\s+)?time|since\s+(?:the\s+)?(?:(?:very\s+)?beginning|start|launch|day\s+one|forever)|since\s+we\s+(?:started|began|launched|went\s+live|first)(?:\s+(?:to\s+)?(?:logging|log|collecting|collect|counting|recording|record|tracking|track|measuring)\b)?|life[\s-]?time|from\s+the\s+(?:very\s+)?(?:beginning|start)(?!\s+of)|all\s+the\s+way\s+back|at\s+any\s+time|so\s+far(?!\s+(?:this|today))|up\s+(?:to|till|until)\s+(?:now|today|this\s+point)|(?:until|till|as\s+of)\s+(?:now|today)|to\s+date|to\s+this\s+day|ever|in\s+total|overall|everything\s+we\s+have|over\s+the\s+(?:whole|entire)\s+period|whole\s+(?:history|period))\b",
     lambda m, t: Mention(0, 0, Period(), kind="all")),
    (rf"(?:(?P<excl>(?<!day\s)before|prior\s+to|earlier\s+than|older\s+than)|(?:up\s+)?(?:until|till)(?:\s+and\s+including)?|up\s+(?:to|through)(?:\s+and\s+including)?|through|by(?:\s+the\s+(?:end|close)\s+of)?|no\s+later\s+than|not\s+after)\s+{_ABOUT}{_D}", _until),
    (rf"(?:over|within|during|across)\s+(?P<n>{COUNT})\s+(?P<u>{UNIT})s?\b(?!\s+(?:ago|before|after|later|earlier|of)\b)", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (r"(?P<n>\d{1,3})[\s-]+(?P<u>day|week|month)\s+(?:window|trend|view|period|average)", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"(?P<end>first|last|final|opening|closing)\s+(?P<n>{COUNT})\s+(?P<what>day|week)s\s+(?:of|in)\s+{_U}", _days_of),
    (r"(?:(?:last|past|trailing|rolling|previous|prior|latest|recent|window)\s*(?:of|=|:|is)?\s*(?:last\s+|past\s+|trailing\s+)?|\bl)(?P<n>\d{1,3})\s?(?P<u>[dwhmy])(?:ks?|rs?|ths?|os?)?\b", lambda m, t: last(int(m.group("n")), _SHORT_UNITS[m.group("u")], t)),
    (rf"^\W*(?!(?:a|an|one|1)\s)(?P<n>{COUNT})\s+(?P<u>day|week|month)s\s+of\b(?!\s+(?:the|this|last|an?)\b)", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"(?:(?:over|in|during|for|within|across|throughout)\s+)?(?:the\s+|these\s+|our\s+)?(?:last|past|previous|trailing|latest|recent|most\s+recent|prior|rolling)\s+(?P<n>{COUNT})[\s-]+(?P<u>{UNIT})s?\b", lambda m, t: last(number(m.group("n")), m.group("u"), t)),
    (rf"since\s+{_ABOUT}(?P<n>{COUNT})\s+(?P<u>day|week|month)s?\s+ago", lambda m, t: Period(move(t, -number(m.group("n")), m.group("u")), t, "range")),
    (r"(?:in|over|during|within|for)\s+the\s+(?:last|past|previous)\s+(?P<u>week|month|quarter|year)\b(?!\s+of)", lambda m, t: last(1, m.group("u"), t)),
    (rf"(?P<n>first|second|third|fourth|1st|2nd|3rd|4th|last|final)\s+week\s+(?:of|in)\s+(?:(?P<m>{MONTH})\b(?:\s+(?P<y>{YEAR}))?|(?:the\s+|this\s+)?(?P<mod>last\s+|previous\s+)?month\b)", _week_of_month),
    (rf"(?P<n>{COUNT})\s+(?P<u>week|fortnight|month|quarter|year)s?\s+ago", _ago),
    (r"[dt]\s?(?P<sign>[+−-])\s?(?P<n>\d{1,2})\b", _signed),
    (rf"(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month)s?\s+(?P<dir>on|forward|further|later\s+on|back|sooner)(?=\s*(?:[?.!,;]|$))", _offset),
    (r"(?:the|that)\s+(?P<u>day|week|month)\s+(?:that|which)\s+(?:(?:came|went|comes|was|is|lay|lies)\s+)?(?:right\s+|directly\s+|just\s+|immediately\s+)?(?P<dir>before|prior|preced\w+|after|follow\w+)(?:\s+(?:to\s+)?(?:that|this|it|those))?\b", _offset),
    (rf"(?:the|those)\s+(?:(?P<n>{COUNT})\s+(?=\w+s\b))?(?P<u>day|week|month|fortnight)s?\s+(?:right\s+|straight\s+|directly\s+|immediately\s+|just\s+)?(?P<dir>before|after|preceding|following|prior)(?:\s+(?:to\s+)?(?:that|this|it|those|these|them))?\b(?!\s+\w)",
     lambda m, t: _next_to(m, t) if m.group("n") or m.group("u") == "fortnight" else None),
    (r"(?P<n>first|second|third|fourth|last)\s+of\s+(?:those|these|the)\s+(?:two|three|four|\d)\s+weeks", _week_among),
    (rf"(?:let|make|have|set|move|push|put)\b[\w\s]{{0,16}}?(?:end|finish|stop)\w*\s+(?:on\s+|at\s+|with\s+)?{_D}", _new_end),
    (rf"(?:extend|stretch|prolong|shorten)\s+(?:it|that|this|the\s+(?:period|range|window))\s+(?:to|until|till)\s+{_D}", _new_end),
    (rf"(?:let|make|have|set|move|push|put)\b[\w\s]{{0,16}}?(?:start|begin)\w*\s+(?:on\s+|at\s+|with\s+|from\s+)?{_D}", _new_start),
    (rf"(?P<n>{COUNT})\s+(?P<u>day|week|month)s?\s+(?P<dir>later|earlier|before|after|prior)\b(?!\s+(?:that\s+)?\w*\d)", _offset),
    (r"(?:the|a)\s+(?P<u>day|week|month)\s+(?P<dir>before|after|prior|earlier|later)\b(?!\s+yesterday)", _offset),
    (r"(?:the\s+)?(?P<dir>next|following|preceding)\s+(?P<u>day|week|month)\b", _offset),
    (r"the\s+(?P<dir>previous|prior)\s+(?P<u>day)\b", _offset),
    (r"(?:the\s+)?(?P<u>day|week|month)\s+(?:right\s+|directly\s+|immediately\s+|just\s+)?(?P<dir>before|after|prior|preceding|following)(?:\s+(?:to\s+)?(?:that|this|it))?\b(?!\s+\w)", _offset),
    (rf"(?:the|those)\s+(?P<dir>previous|preceding|prior|earlier)\s+(?:{COUNT})\b(?!\s*[\w-])", _offset),
    (rf"(?:the|those|in)\s+(?:previous\s+|preceding\s+|earlier\s+)?(?:{COUNT})\s+(?:(?:right|just|immediately|directly)\s+)?(?P<dir>before|preceding|prior|previous(?:ly)?|earlier)(?:\s+(?:to\s+)?(?:that|this|it|those|these|them|then))?\b(?!\s+\w)", _offset),
    (r"(?:in|on|for|about|was|with|to|and|vs\.?)\s+the\s+(?P<dir>next|following|previous|preceding|prior)\s+one\b", _offset),
    (r"the\s+one\s+(?:right\s+|directly\s+|immediately\s+|just\s+)?(?P<dir>before|after|prior|preceding|following)(?:\s+(?:to\s+)?(?:that|this|it))?\b(?!\s+\w)", _offset),
    (r"(?:ever\s+)?since\s+(?:then|that(?:\s+(?:day|date|time))?)(?=\W|$)|from\s+(?:then|that\s+(?:day|date))\s+on(?:wards?)?", lambda m, t: _moves(lambda period: after(period, day_too=True))),
    (r"from\s+there\s+on(?:wards?)?|(?:everything|anything|all)\s+(?:that\s+(?:came\s+)?)?after(?=\W*$)|(?:after|later\s+than)\s+(?:that|then)(?=\W*$)", lambda m, t: _moves(after)),
    (r"(?:prior\s+to|before|until|till|up\s+to)\s+(?:that|then)(?:\s+(?:day|date|time|point))?(?=\W*$)|(?:everything|anything|all)\s+before(?=\W*$)", lambda m, t: _moves(before)),
    (r"(?:its|the|that)\s+(?P<part>first|second|former|latter|last|other)\s+half\b(?!\s+of\s+(?!it\b|that\b|those\b|this\b))", lambda m, t: _moves(lambda period: half(period, first=m.group("part") in ("first", "former")))),
    (rf"{_MOD}\s+(?P<u>week|weekend|fortnight|month|quarter|year)\b(?!\s+of)", _calendar),
    (rf"(?:\bq(?P<q>[1-4])|(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter)\b(?:\s+(?:of\s+)?(?P<y>{YEAR}))?", _quarter),
    (rf"\bh(?P<h>[12])\b(?:\s+(?:of\s+)?(?P<y>{YEAR}))?", _half),
    (rf"(?:on\s+|for\s+|at\s+)?{_D}(?![\w-]*\d)", lambda m, t: (lambda d: Period(d, d, "day") if d else None)(day_of(m, "a", t))),
    (rf"(?P<lead>in\s+|during\s+|for\s+|of\s+|over\s+|throughout\s+|from\s+|last\s+|previous\s+|this\s+|since\s+|about\s+|vs\.?\s+|versus\s+|and\s+|to\s+)?(?:the\s+)?(?P<part>(?:early|late|mid|first\s+half|second\s+half|start|beginning|end)(?:[\s-]+of)?[\s-]+)?\b(?P<m>{MONTH})\b(?:(?:,|\s+of|\s+in|\s+the\s+year)?\s+(?P<y>{YEAR})|\s*['’](?P<yy>\d\d)\b)?", _named_month),
    (rf"(?:in\s+|for\s+|during\s+)?(?P<mm>0?[1-9]|1[0-2])[/.](?P<y>{YEAR})(?![\d/.-])", lambda m, t: month_of(int(m.group("y")), int(m.group("mm")))),
    (rf"(?:in\s+|for\s+|during\s+)?(?P<y>{YEAR})-(?P<mm>0[1-9]|1[0-2])(?![\d/.-])", lambda m, t: month_of(int(m.group("y")), int(m.group("mm")))),
    (rf"(?:in\s+|during\s+|for\s+|of\s+|year\s+|back\s+in\s+)(?P<y>{YEAR})\b", _year),
    (r"(?:right\s+now|currently|these\s+days|lately|recently|of\s+late)\b", lambda m, t: None),
)  # fmt: skip
