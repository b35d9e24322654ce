"""Periods of whole days: calendar arithmetic, and how they are written. `dates` finds them in a text."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included; None is open. `grain` is the unit that was said (day, week, month, ...)."""

    since: date | None = None
    until: date | None = None
    grain: str = "day"
    rolling: bool = False

    @property
    def days(self) -> int | None:
        return (self.until - self.since).days + 1 if self.since and self.until else None

    def before(self) -> "Period":
        """The period of the same unit and length just before this one; for a calendar unit the whole unit before."""
        if self.since is None:
            return Period(None, None)
        if self.grain in ("week", "month", "quarter", "year") and not self.rolling:
            return shift(self, -1, self.grain)
        length = self.days or 1
        return Period(self.since - length * DAY, self.since - DAY, self.grain, self.rolling)


def month_of(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]), "month")


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def unit_at(day: date, unit: str) -> Period:
    """The calendar unit that `day` is in."""
    if unit == "week":
        monday = day - day.weekday() * DAY
        return Period(monday, monday + 6 * DAY, "week")
    if unit == "weekend":
        saturday = day - day.weekday() * DAY + 5 * DAY
        return Period(saturday, saturday + DAY, "weekend")
    if unit == "month":
        return month_of(day.year, day.month)
    if unit == "quarter":
        first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        return Period(first, add_months(first, 3) - DAY, "quarter")
    if unit == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31), "year")
    return Period(day, day, "day")


def move(day: date, count: int, unit: str) -> date:
    if unit in ("month", "quarter", "year"):
        return add_months(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])
    return day + count * {"week": 7, "weekend": 7, "fortnight": 14}.get(unit, 1) * DAY


def shift(period: Period, count: int, unit: str) -> Period:
    """`period` moved by `count` units; a whole calendar unit stays one (October to September, not 1..30)."""
    if period.since is None or period.until is None:
        return period
    if period.grain == unit and unit != "day" and not period.rolling:
        return unit_at(move(period.since, count, unit), unit)
    since = move(period.since, count, unit)
    return Period(since, since + (period.until - period.since), period.grain, period.rolling)


def last(count: int, unit: str, today: date) -> Period:
    """The `count` units that end today, today included."""
    if unit == "hour":
        return Period(today - max(0, -(-count // 24)) * DAY, today, "day", True)
    if unit in ("month", "quarter", "year"):
        return Period(move(today, -count, unit) + DAY, today, "day", True)
    return Period(today - (count * {"week": 7, "fortnight": 14}.get(unit, 1) - 1) * DAY, today, "day", True)


def half(period: Period, *, first: bool) -> Period:
    """One half of a period of known ends; of a month up to the 15th, or from the 16th."""
    if period.since is None or period.until is None:
        return period
    days = 15 if period.grain == "month" else ((period.until - period.since).days + 1) // 2
    middle = period.since + (days - 1) * DAY
    return Period(period.since, middle, "range") if first else Period(middle + DAY, period.until, "range")


def next_to(period: Period, count: int, unit: str) -> Period:
    """The `count` units that follow on `period`; before it where `count` is negative."""
    if count < 0 and period.since:
        return Period(move(period.since, count, unit), period.since - DAY, "range")
    if count > 0 and period.until:
        return Period(period.until + DAY, move(period.until, count, unit), "range")
    return period


def after(period: Period, *, day_too: bool = False) -> Period:
    """From the end of `period` on; "since" a single day holds that day."""
    if period.until is None:
        return period
    return Period(period.until + (timedelta(0) if day_too and period.since == period.until else DAY), None, "range")


def before(period: Period) -> Period:
    """Up to the day before `period` begins."""
    return Period(None, period.since - DAY, "range") if period.since else period


def spell(period: Period, today: date) -> str:
    """The period as people write it: "9 Nov 2026", "1-30 Sep 2026", "since 3 Nov 2026", "all time"."""
    since, until = period.since, period.until
    if since is None and until is None:
        return "all time"
    if since is None:
        return f"up to {_spell_day(until)}" if until else "all time"
    if until is None:
        until = today
    if since == until:
        return _spell_day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}–{_spell_day(until)}"
    if since.year == until.year:
        return f"{since.day} {since:%b} – {_spell_day(until)}"
    return f"{_spell_day(since)} – {_spell_day(until)}"


def _spell_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
