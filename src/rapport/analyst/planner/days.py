"""Single days in a text, and days that are told by way of others: "the day after 4 November", "Monday of last week", "two weeks ago today".

`resolved` writes the second kind as dates, so that whoever reads "since", "until", "from ... to" or "the week of" need only know the first.
A date without a year is its latest occurrence that is not in the future.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date

from rapport.analyst.planner.periods import DAY, Period, add_months, month_of, move, shift, unit_at

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60,
    "ninety": 90, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "fifty": 50, "hundred": 100, "a hundred": 100,
    "twenty-one": 21, "twenty-four": 24, "twenty-eight": 28, "forty-five": 45, "couple": 2, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 5, "dozen": 12, "a dozen": 12, "handful": 4,
}  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

MONTH = "|".join([*MONTHS, "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec"])
WEEKDAY = "monday|mon|tuesday|tues|tue|wednesday|wed|thursday|thurs|thur|thu|friday|fri|saturday|sat|sunday|sun"
COUNT = r"\d{1,3}|" + "|".join(sorted((re.escape(word) for word in NUMBERS), key=len, reverse=True))
UNIT = "hour|day|week|fortnight|month|quarter|year"
YEAR = r"(?:19|20)\d\d"
DAY_SAID = rf"""(?:
    (?P<@iso>\d{{4}}[-/]\d\d?[-/]\d\d?)
  | (?P<@num>\d\d?[./]\d\d?[./](?:\d{{4}}|\d\d))
  | (?:the\s+)?(?P<@d1>\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<@m1>{MONTH})\b\.?,?(?:\s+(?P<@y1>{YEAR}))?
  | (?P<@m2>{MONTH})\.?\s+(?:the\s+)?(?P<@d2>\d\d?)(?:st|nd|rd|th)?\b(?!\s*(?:{UNIT})s?\b)(?:,?\s+(?P<@y2>{YEAR}))?
  | (?P<@rel>the\s+day\s+before\s+yesterday|day\s+before\s+yesterday|yesterday|today|tonight|(?<!for\s)now|this\s+(?:morning|afternoon|evening)|tomorrow)
  | (?P<@ago>{COUNT})\s+days?\s+ago
  | (?:the\s+)?(?P<@wmod>(?:this\s+past|last|this|past|previous)\s+)?(?<!black\s)(?!(?<=for\sthe\s)(?:{WEEKDAY})\s+(?!(?:before|after|of|in|morning|afternoon|evening|night|and|or|to|until|till|through|last|this|past|just|gone|only|please|pls|total|count|figures?|numbers?|chats?|conversations?|sessions?|messages|ratings?)\b)[a-z])(?P<@wd>{WEEKDAY})\b(?!['’]?s?\s+(?:shout-?outs?|call-?outs?|all-?hands|town ?hall|round-?up|digest|memo|e-?mail|retro|planning|kick-?off|deck|meeting|review|stand-?up|call|report|slides?|presentation|board|newsletter|mail|sync|update|demo)\b)
  | the\s+(?P<@nth>\d\d?)(?:st|nd|rd|th)\b(?!\s+(?:one|place|rank\w*|item|entry|best|worst|most|biggest|user|person|customer|company|organi[sz]ation|org|account|product|tool|model|topic|example|chat|conversation)\b|['’]s)
)"""


_ROUND_IT = re.compile(r"^an? (?=\w{3})| of$")


def number(text: str) -> int:
    """A number as it is said: "12", "twelve", "a couple", "a handful of"."""
    text = " ".join(text.lower().split())
    return int(text) if text.isdigit() else NUMBERS.get(text) or NUMBERS[_ROUND_IT.sub("", _ROUND_IT.sub("", text))]


def month_number(text: str) -> int:
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(text[:3]))


def dated(day: int, month: int, year: str | None, today: date) -> date | None:
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
    return dated(day, month, str(year), today)


def _weekday(name: str, modifier: str, today: date) -> date:
    back = (today.weekday() - next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name[:3]))) % 7
    if back == 0 and modifier.strip() in ("last", "past", "previous"):
        back = 7
    return today - back * DAY


def _relative(text: str, today: date) -> date:
    if "before" in text:
        return today - 2 * DAY
    return today - DAY if text == "yesterday" else today + DAY if text == "tomorrow" else today


def day_of(match: re.Match, prefix: str, today: date) -> date | None:
    """The day that the groups of `DAY_SAID` with this prefix caught; None where the calendar has no such day."""
    got = {
        name: match.group(prefix + name) for name in ("iso", "num", "d1", "m1", "y1", "m2", "d2", "y2", "rel", "ago", "wmod", "wd", "nth")
    }
    if got["iso"]:
        year, month, day = re.split("[-/]", got["iso"])
        return dated(int(day), int(month), year, today)
    if got["num"]:
        return _numeric(got["num"], today)
    if got["m1"]:
        return dated(int(got["d1"]), month_number(got["m1"]), got["y1"], today)
    if got["m2"]:
        return dated(int(got["d2"]), month_number(got["m2"]), got["y2"], today)
    if got["rel"]:
        return _relative(" ".join(got["rel"].split()), today)
    if got["ago"]:
        return today - number(got["ago"]) * DAY
    if got["wd"]:
        return _weekday(got["wd"], got["wmod"] or "", today)
    return nth_day(int(got["nth"]), today) if got["nth"] else None


def nth_day(day: int, today: date) -> date | None:
    for months in range(3):
        start = add_months(today.replace(day=1), -months)
        if 1 <= day <= monthrange(start.year, start.month)[1] and start.replace(day=day) <= today:
            return start.replace(day=day)
    return None


def month_named(name: str, year: str | None, today: date, *, earlier: bool = False) -> Period:
    month = month_number(name)
    if year:
        return month_of(int(year), month)
    at = today.year if month <= today.month else today.year - 1
    if earlier and month == today.month:
        at -= 1
    return month_of(at, month)


# --- Units that are named, and days told by way of others -------------------------------------------------------------

_UNIT_NAME = "week|weekend|month|quarter|year"
UNIT_SAID = rf"""(?:the\s+)?(?:
    (?P<@mod>this|current|present|running|ongoing|last|past|previous|prior|preceding)\s+(?:(?:full|whole|complete|calendar)\s+)?(?P<@u>{_UNIT_NAME}|one)
  | (?P<@bl>{_UNIT_NAME})\s+before\s+last
  | (?P<@m>{MONTH})\b\.?(?:\s+(?P<@y>{YEAR}))?
  | q(?P<@q>[1-4])
  | (?P<@bare>{_UNIT_NAME})(?!\s+(?:of|before|starting|beginning|after|to|from|that)\b)
)(?!\w)"""
"""A calendar unit by its name: "last week", "the month before last", "October", "the quarter"."""


def unit_said(match: re.Match, prefix: str, today: date) -> Period:
    """The unit that the groups of `UNIT_SAID` with this prefix caught; "one" is a week."""
    got = {name: match.group(prefix + name) for name in ("mod", "u", "bl", "m", "y", "q", "bare")}
    if got["m"]:
        return month_named(got["m"], got["y"], today)
    if got["q"]:
        first = date(today.year, 3 * int(got["q"]) - 2, 1)
        return unit_at(first if first <= today else first.replace(year=today.year - 1), "quarter")
    if got["bl"]:
        return shift(unit_at(today, got["bl"]), -2, got["bl"])
    unit = "week" if got["u"] == "one" else got["u"] or got["bare"]
    here = unit_at(today, unit)
    return shift(here, -1, unit) if got["mod"] in ("last", "past", "previous", "prior", "preceding") else here


_ORDINALS: tuple[str, ...] = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
)
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True)) + r"|\d\d?(?:st|nd|rd|th)|last|final"
_D, _U = DAY_SAID.replace("@", "a"), UNIT_SAID.replace("@", "u")
_TO = r"\s*(?:to|until|till|through|thru|up\s+to|-|–|—)\s"
_EDGE_LEAD = r"since|from|starting|beginning|as\s+of|after|before|until|till|til|up\s+to(?:\s+and\s+including)?|up\s+till|up\s+until|to|through|thru|by|between|prior\s+to|than|between\s+[\d-]{10}\s+and"


def _place(text: str) -> int:
    """The number that an ordinal says; -1 is the last."""
    if text in ("last", "final"):
        return -1
    return int(re.sub(r"\D", "", text)) if text[0].isdigit() else _ORDINALS.index(text) + 1


def _in_unit(period: Period, place: int) -> date | None:
    assert period.since is not None
    assert period.until is not None
    day = period.until if place < 0 else period.since + (place - 1) * DAY
    return day if day <= period.until else None


_RANGE_BEFORE = re.compile(rf"\b(?:{WEEKDAY})\s*(?:-|–|—|to|and|through|thru|until|till|til)\s*$")


def _weekday_of_week(m: re.Match, today: date) -> date | None:
    week = unit_said(m, "u", today)
    if _RANGE_BEFORE.search(m.string[: m.start()]):
        return None  # "Monday to Wednesday of this week"
    return week.since + weekday_number(m.group("wd")) * DAY if week.grain == "week" and week.since else None


def weekday_number(name: str) -> int:
    return next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name[:3]))


def _nth_weekday(m: re.Match, today: date) -> date | None:
    period, place = unit_said(m, "u", today), _place(m.group("n"))
    assert period.since is not None
    assert period.until is not None
    if place < 0:
        return period.until - (period.until.weekday() - weekday_number(m.group("wd"))) % 7 * DAY
    day = period.since + ((weekday_number(m.group("wd")) - period.since.weekday()) % 7 + 7 * (place - 1)) * DAY
    return day if day <= period.until else None


def _edge(m: re.Match, today: date) -> date | None:
    period, edge = unit_said(m, "u", today), m.group("edge")
    assert period.since is not None
    assert period.until is not None
    if edge.startswith(("end", "close")):
        return period.until
    return period.since + (period.until - period.since) // 2 if edge.startswith("mid") else period.since


def _beside_day(m: re.Match, today: date) -> date | None:
    day = day_of(m, "a", today)
    back = (m.group("dir") or "eve").startswith(("before", "prior", "prec", "eve"))
    return day + (-DAY if back else DAY) if day else None


def _moved_back(m: re.Match, today: date) -> date | None:
    """ "A week ago today", "two weeks ago on Monday", "a fortnight before yesterday"."""
    from_day = m.groupdict().get("from")
    day = today if from_day is None or from_day in ("today", "now") else today - DAY
    if from_day and re.match(WEEKDAY, from_day):
        day = _weekday(from_day, m.groupdict().get("wmod") or "", today)
    return move(day, -number(m.group("n")), m.group("u"))


def _same_date(m: re.Match, today: date) -> date | None:
    """The day with its weekday, or with its number again in brackets."""
    return None if m.group("arel") or m.group("aago") or m.group("awd") else day_of(m, "a", today)


def _by_numbers(m: re.Match, today: date) -> date | None:
    first, second = int(m.group("x")), int(m.group("z"))
    day, month = (first, second) if "." in m.group() or first > 12 else (second, first)
    return None if (first, second) == (24, 7) else dated(day, month, None, today)


_GRADED = re.compile(r"\b(?:rat\w+|stars?|scor\w+|marks?|grad\w+|got|gave)\W+(?:\w+\W+){0,2}$")


def _end_by_numbers(m: re.Match, today: date) -> date | None:
    """The second day of "15/10 to 5/11", in the order of day and month that the first one shows."""
    first, second = int(m.group("x")), int(m.group("z"))
    if _GRADED.search(m.string[: m.start()]):
        return None
    days_first = int(m.group("x0")) > 12 or first > 12
    return dated(*((first, second) if days_first else (second, first)), None, today)


def _holiday(m: re.Match, today: date) -> date | None:
    name = re.sub(r"['’]", "", " ".join(m.group("name").split()))
    if name in ("thanksgiving", "black friday"):
        found = [_fourth_thursday(year) + (DAY if name == "black friday" else 0 * DAY) for year in (today.year, today.year - 1)]
        return next(day for day in found if day <= today)
    day, month = next(when for start, when in _HOLIDAYS.items() if name.startswith(start))
    return dated(day, month, None, today)


def _fourth_thursday(year: int) -> date:
    first = date(year, 11, 1)
    return first + ((3 - first.weekday()) % 7 + 21) * DAY


_HOLIDAYS = {
    "halloween": (31, 10), "christmas eve": (24, 12), "christmas": (25, 12), "xmas": (25, 12), "boxing day": (26, 12),
    "new years eve": (31, 12), "new year": (1, 1), "valentine": (14, 2), "st patrick": (17, 3), "april fool": (1, 4), "may day": (1, 5),
}  # fmt: skip
"""(day, month) of holidays that are told like dates; a longer name stands before a shorter one that begins alike."""


def _two_digit_year(m: re.Match, today: date) -> date | None:
    year = m.group("y")
    return dated(int(m.group("d")), month_number(m.group("m")), f"20{year[-2:]}" if year and len(year) == 2 else year, today)


_TOLD: tuple[tuple[str, Callable[[re.Match, date], date | None]], ...] = (
    (r"(?P<keep>\b(?P<x0>\d\d?)/(?P<z0>\d\d?)\s*(?:-|–|—|\.\.+|to|until|till|through|thru|and)\s*)(?P<x>\d\d?)/(?P<z>\d\d?)(?![\w/.%-]\w|\s*(?:stars?|ratings?|rated|scores?|points?)\b)", _end_by_numbers),
    (r"(?P<x>\d\d?)/(?P<z>\d\d?)(?=\s*(?:-|–|—|\.\.+|to|until|till|through|thru|and)\s*\d{4}-\d\d-\d\d)", _by_numbers),
    (rf"(?P<d>\d\d?)[-/](?P<m>{MONTH})\b(?:[-/]['’]?(?P<y>\d{{4}}|\d\d)\b)?", _two_digit_year),
    (r"(?P<y>20\d\d)(?P<z>0[1-9]|1[0-2])(?P<x>[0-3]\d)", lambda m, t: date(int(m.group("y")), int(m.group("z")), int(m.group("x")))),
    (r"(?P<keep>(?:\b(?:on|from|since|until|till|between|after|before|by|dated|through)\s+(?:the\s+)?|[\d-]{10}\s*(?:to|and|until|till|through|-|–)\s*))(?P<x>\d\d?)(?:/(?P<z>\d\d?)(?![\w/.%-]\w)|\.(?P<z2>\d\d?)\.)(?!\d|\s*(?:stars?|ratings?|rated|scores?|points?)\b)",
     lambda m, t: _by_numbers(m, t) if m.group("z") else dated(int(m.group("x")), int(m.group("z2")), None, t)),
    (r"(?P<keep>\b(?:on|from|since|until|till|between|after|before|by|to|through)\s+(?:the\s+)?(?:last\s+)?)(?P<name>halloween|christmas(?:\s+(?:eve|day))?|xmas|boxing\s+day|new\s+year['’]?s?(?:\s+(?:eve|day))?|valentine['’]?s?(?:\s+day)?|st\.?\s+patrick['’]?s(?:\s+day)?|april\s+fool['’]?s['’]?(?:\s+day)?|may\s+day|thanksgiving|black\s+friday)\b(?!\s+(?!and\b|to\b|until\b|on\b|onwards?\b|through\b|till\b)\w)", _holiday),
    (r"^(?P<x>[0-3]?\d)/(?P<z>[0-3]?\d)(?=\s*(?:[-–—:,]|$))", _by_numbers),
    (rf"(?:(?:last|past|previous|this\s+past|this)\s+)?(?:{WEEKDAY})\b\.?,?\s+(?:the\s+)?{_D}", _same_date),
    (rf"(?<!the\s)(?<!in\s)(?<!last\s)(?:exactly\s+|precisely\s+)?(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month|year)s?\s+(?:ago|earlier|before)\s+(?:from\s+|than\s+|on\s+)?(?P<wmod>(?:last|this\s+past|this|past)\s+)?(?P<from>today|now|yesterday|{WEEKDAY})\b", _moved_back),
    (rf"{_D}\s*\((?:i\.?e\.?\s+)?(?:the\s+)?(?:\d\d?(?:st|nd|rd|th)|{WEEKDAY})(?:\s+of\s+(?:{MONTH}))?\)", lambda m, t: day_of(m, "a", t)),
    (rf"(?:the\s+)?(?:very\s+)?(?P<n>{_ORDINAL})\s+(?P<wd>{WEEKDAY})\s+(?:of|in)\s+{_U}", _nth_weekday),
    (rf"(?:the\s+)?(?P<wd>{WEEKDAY})\s+(?:of\s+|in\s+|from\s+)?{_U}", _weekday_of_week),
    (rf"{_U}(?:['’]s?)?,?\s+(?:on\s+)?(?P<wd>{WEEKDAY})\b(?!\s*(?:to|through|thru|until|till|and|-|–)\s*(?:{WEEKDAY})\b)", _weekday_of_week),
    (rf"(?:the\s+)?(?:very\s+)?(?P<n>{_ORDINAL}|opening|closing)\s+day\s+(?:of|in)\s+{_U}",
     lambda m, t: _in_unit(unit_said(m, "u", t), {"opening": 1, "closing": -1}.get(m.group("n")) or _place(m.group("n")))),
    (rf"the\s+(?!last|final)(?P<n>{_ORDINAL})\s+of\s+{_U}", lambda m, t: _in_unit(unit_said(m, "u", t), _place(m.group("n")))),
    (rf"(?P<m>{MONTH})\s+(?:the\s+)?(?P<n>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})\b(?!\s+(?:half|week|weekend|quarter|day|\w*(?:{WEEKDAY})))",
     lambda m, t: dated(_place(m.group("n")), month_number(m.group("m")), None, t)),
    (rf"(?P<keep>\b(?:{_EDGE_LEAD})\s+)(?:the\s+)?(?:very\s+)?(?P<edge>start|beginning|outset|middle|mid|end|close)[\s-]+(?:of\s+)?{_U}", _edge),
    (rf"(?:the\s+)?(?P<edge>start|beginning|middle|mid|end|close)[\s-]+(?:of\s+)?{_U}(?={_TO})", _edge),
    (rf"(?:the\s+)?(?:day\s+(?:right\s+|just\s+|directly\s+)?(?P<dir>before|after|following|preceding|prior\s+to)|eve\s+of)\s+(?!yesterday){_D}", _beside_day),
    (rf"(?:exactly|precisely)\s+(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month|year)s?\s+(?:ago|back(?:\s+from\s+(?:today|now))?)", _moved_back),
    (rf"(?:back\s+)?(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month|year)s?\s+(?:(?:ago|back)\s*,?\s*)?(?:to\s+the\s+day|on\s+this\s+day)", _moved_back),
    (rf"(?:(?:this|the|that)\s+(?:same\s+|very\s+)?(?:day|date|time)|same\s+day|today)\s+(?:(?P<n>{COUNT})\s+(?P<u>week|fortnight|month|year)s?\s+(?:ago|back|earlier)|last\s+(?P<v>week|month|year))",
     lambda m, t: move(t, -number(m.group("n") or "1"), m.group("u") or m.group("v"))),
    (rf"(?P<keep>\b(?:since|until|till|up\s+to|up\s+until|before|after|prior\s+to|starting)\s+)(?:about\s+|some\s+|around\s+)?(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month|year)s?\s+(?:ago|back)", _moved_back),
    (rf"(?P<keep>\bfrom\s+)(?P<n>{COUNT})\s+(?P<u>day|week|fortnight|month|year)s?\s+(?:ago|back)(?=\s+(?:on|onwards?|forward|up|to|until|till|through)\b)", _moved_back),
)  # fmt: skip
_TOLD_COMPILED = tuple((re.compile(rf"(?<![\w/-])(?:{pattern})(?![\w])", re.X), build) for pattern, build in _TOLD)


def resolved(text: str, today: date) -> tuple[str, list[tuple[int, int]]]:
    """`text` (lower case) with every such day as YYYY-MM-DD, and for each of its characters where in `text` it comes from (start, end)."""
    places = [(at, at + 1) for at in range(len(text))]
    for _ in range(3):  # a day told by a day that is told: "a week ago last Monday (the 9th)"
        before = text
        for pattern, build in _TOLD_COMPILED:
            for match in reversed(list(pattern.finditer(text))):
                text, places = _written(text, places, match, build, today)
        if text == before:
            break
    return text, places


def _written(text: str, places: list[tuple[int, int]], match: re.Match, build: Callable, today: date) -> tuple[str, list[tuple[int, int]]]:
    start = match.end("keep") if match.groupdict().get("keep") else match.start()
    try:
        day = build(match, today)
    except (ValueError, OverflowError):  # the calendar has no such day
        return text, places
    if day is None:
        return text, places
    from_, to = places[start][0], places[match.end() - 1][1]
    return f"{text[:start]}{day.isoformat()}{text[match.end() :]}", [*places[:start], *[(from_, to)] * 10, *places[match.end() :]]
