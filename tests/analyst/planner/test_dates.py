"""Date phrases to periods, with the clock at Saturday 21 November 2026."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.analyst.planner.dates import find
from rapport.analyst.planner.periods import Period, last, shift, spell, unit_at

TODAY = date(2026, 11, 21)


def read(text: str, today: date = TODAY) -> list[str]:
    return [spell(mention.period, today) for mention in find(text, today) if mention.period]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("how was traffic on 9 Nov?", "9 Nov 2026"),
        ("Nov 9th 2026", "9 Nov 2026"),
        ("November 9, 2026", "9 Nov 2026"),
        ("the 9th of November", "9 Nov 2026"),
        ("2026-11-09", "9 Nov 2026"),
        ("9.11.2026", "9 Nov 2026"),
        ("11/09/2026", "9 Nov 2026"),
        ("25/10/2026", "25 Oct 2026"),
        ("on the 9th", "9 Nov 2026"),
        ("today", "21 Nov 2026"),
        ("yesterday", "20 Nov 2026"),
        ("the day before yesterday", "19 Nov 2026"),
        ("3 days ago", "18 Nov 2026"),
        ("on Friday", "20 Nov 2026"),
        ("last saturday", "14 Nov 2026"),
        ("this week", "16–21 Nov 2026"),
        ("last week", "9–15 Nov 2026"),
        ("two weeks ago", "2–8 Nov 2026"),
        ("not last week, the one before it - total chats", "2–8 Nov 2026"),
        ("chats last week but one", "2–8 Nov 2026"),
        ("in the week just gone: chats", "9–15 Nov 2026"),
        ("at some point in the last weeks", "25 Oct – 21 Nov 2026"),
        ("last month", "1–31 Oct 2026"),
        ("this month", "1–21 Nov 2026"),
        ("last quarter", "1 Jul – 30 Sep 2026"),
        ("this weekend", "21 Nov 2026"),
        ("last 7 days", "15–21 Nov 2026"),
        ("over the past three weeks", "1–21 Nov 2026"),
        ("over the last 60 days", "23 Sep – 21 Nov 2026"),
        ("the last couple of weeks", "8–21 Nov 2026"),
        ("past month", "22 Oct – 21 Nov 2026"),
        ("since Monday", "16–21 Nov 2026"),
        ("since september", "1 Sep – 21 Nov 2026"),
        ("after Nov 10", "11–21 Nov 2026"),
        ("before 1 Nov", "up to 31 Oct 2026"),
        ("until yesterday", "up to 20 Nov 2026"),
        ("between Nov 3 and Nov 9", "3–9 Nov 2026"),
        ("from 3 to 9 November", "3–9 Nov 2026"),
        ("3-9 Nov", "3–9 Nov 2026"),
        ("between 20 December and 5 January", "20 Dec 2025 – 5 Jan 2026"),
        ("in May", "1–31 May 2026"),
        ("in December", "1–31 Dec 2025"),
        ("March 2019", "1–31 Mar 2019"),
        ("in 2019", "1 Jan – 31 Dec 2019"),
        ("Q3", "1 Jul – 30 Sep 2026"),
        ("third quarter 2025", "1 Jul – 30 Sep 2025"),
        ("the week of 9 Nov", "9–15 Nov 2026"),
        ("week starting Nov 2", "2–8 Nov 2026"),
        ("the first week of November", "1–7 Nov 2026"),
        ("the last ten days of october", "22–31 Oct 2026"),
        ("early november", "1–10 Nov 2026"),
        ("two days after 9 Nov", "11 Nov 2026"),
        ("month to date", "1–21 Nov 2026"),
        ("so far this month", "1–21 Nov 2026"),
        ("from monday to wednesday", "16–18 Nov 2026"),
        ("in the last year", "22 Nov 2025 – 21 Nov 2026"),
        ("the day after 4 November", "5 Nov 2026"),
        ("Monday of last week", "9 Nov 2026"),
        ("the Friday of the week before last", "6 Nov 2026"),
        ("Tuesday 17 Nov", "17 Nov 2026"),
        ("last Monday (the 16th)", "16 Nov 2026"),
        ("the second Tuesday in October", "13 Oct 2026"),
        ("from the last Monday of September to the first Friday of October", "28 Sep – 2 Oct 2026"),
        ("the last day of October", "31 Oct 2026"),
        ("the third of November", "3 Nov 2026"),
        ("a week ago yesterday", "13 Nov 2026"),
        ("since this day a week ago", "14–21 Nov 2026"),
        ("until a fortnight ago", "up to 7 Nov 2026"),
        ("since the first of the month", "1–21 Nov 2026"),
        ("up to the end of last week", "up to 15 Nov 2026"),
        ("from the start of October to mid October", "1–16 Oct 2026"),
        ("14-Nov-26", "14 Nov 2026"),
        ("on 10/28", "28 Oct 2026"),
        ("from 25/10 to 31/10", "25–31 Oct 2026"),
        ("on 13.11.", "13 Nov 2026"),
        ("the week we are in", "16–21 Nov 2026"),
        ("the month so far", "1–21 Nov 2026"),
        ("seven days back until now", "15–21 Nov 2026"),
        ("trailing 7d", "15–21 Nov 2026"),
        ("L28D", "25 Oct – 21 Nov 2026"),
        ("thirty days of Forge Locker", "23 Oct – 21 Nov 2026"),
        ("the last five days, today included", "17–21 Nov 2026"),
        ("last 3 days without today", "18–20 Nov 2026"),
        ("the three days before today", "18–20 Nov 2026"),
        ("the two days following 14 November", "15–16 Nov 2026"),
        ("the five-day stretch starting 19 October", "19–23 Oct 2026"),
        ("the fortnight to 15 November", "2–15 Nov 2026"),
        ("ISO week 43", "19–25 Oct 2026"),
        ("the week that 7 october falls into", "5–11 Oct 2026"),
        ("the weekend of 31 October", "31 Oct – 1 Nov 2026"),
        ("last week, Monday to Sunday", "9–15 Nov 2026"),
        ("Tue-Thu this week", "17–19 Nov 2026"),
        ("the working days of last week", "9–13 Nov 2026"),
        ("latter half of last month", "16–31 Oct 2026"),
        ("the first ten days of this month", "1–10 Nov 2026"),
        ("before October", "up to 30 Sep 2026"),
        ("20 Oct or later", "20 Oct – 21 Nov 2026"),
        (">= 2026-10-20 and date <= 2026-10-25", "20–25 Oct 2026"),
        ("Sept + Oct combined", "1 Sep – 31 Oct 2026"),
    ],
)
def test_phrase_is_read_as(phrase: str, expected: str):
    assert read(phrase) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "may I see the ratings",
        "how did may do",
        "the second one",
        "sun and sat",
        "top 3 users",
        "a 5 star rating",
        "rated 4/5 or better",
        "open 24/7",
        "I need this by Friday",
        "we meet them next Tuesday",
        "within 2 days of signing up",
        "rated above 2.5.",
    ],
)
def test_no_date_where_none_is_meant(text: str):
    assert read(text) == []


def test_two_periods_stay_two():
    assert read("compare October and November") == ["1–31 Oct 2026", "1–21 Nov 2026"]
    assert read("Nov 9 vs Nov 10") == ["9 Nov 2026", "10 Nov 2026"]
    assert read("this week vs last week") == ["16–21 Nov 2026", "9–15 Nov 2026"]


@pytest.mark.parametrize(
    ("phrase", "moved"),
    [
        ("one day later?", (1, "day")),
        ("and the week before", (-1, "week")),
        ("a month earlier", (-1, "month")),
        ("the next day", (1, "day")),
    ],
)
def test_relative_phrases_move_the_period_before(phrase: str, moved: tuple[int, str]):
    (mention,) = find(phrase, TODAY)
    assert mention.shift == moved


def test_up_to_now_is_all_time():
    (mention,) = find("number of dialogues up to now", TODAY)
    assert mention.kind == "all"


def test_a_calendar_unit_moves_to_a_whole_one():
    october = Period(date(2026, 10, 1), date(2026, 10, 31), "month")
    assert shift(october, -1, "month") == Period(date(2026, 9, 1), date(2026, 9, 30), "month")
    assert october.before() == Period(date(2026, 9, 1), date(2026, 9, 30), "month")
    assert last(7, "day", TODAY).before() == Period(date(2026, 11, 8), date(2026, 11, 14), "day", True)


DAYS = st.dates(date(2001, 1, 1), date(2090, 12, 31))


@given(DAYS, st.integers(1, 400))
def test_last_n_days_are_n_days_that_end_today(today: date, count: int):
    assert last(count, "day", today).days == count
    assert last(count, "day", today).until == today


@given(DAYS)
def test_a_written_day_is_read_back(today: date):
    day = today - timedelta(days=3)
    for text in (day.isoformat(), f"{day.day} {day:%B} {day.year}", f"{day:%b} {day.day}, {day.year}"):
        assert [mention.period for mention in find(text, today)] == [Period(day, day, "day")]


@given(DAYS, st.sampled_from(["week", "month", "quarter", "year"]))
def test_units_cover_all_days_without_a_gap(day: date, unit: str):
    here = unit_at(day, unit)
    assert here.since <= day <= here.until  # type: ignore[operator]
    assert unit_at(here.until + timedelta(days=1), unit).since == here.until + timedelta(days=1)  # type: ignore[operator]
    assert shift(shift(here, 1, unit), -1, unit) == here


@given(st.text(max_size=80), DAYS)
def test_no_text_is_too_odd(text: str, today: date):
    mentions = find(text, today)
    assert all(a.end <= b.start for a, b in itertools.pairwise(mentions))


@pytest.mark.parametrize(
    ("phrase", "period", "expected"),
    [
        ("and since then?", (3, 8), "9–21 Nov 2026"),
        ("and before that?", (3, 8), "up to 2 Nov 2026"),
        ("only its first half", (1, 14), "1–7 Nov 2026"),
        ("the fortnight straight after", (1, 4), "5–18 Nov 2026"),
        ("the three days right before those", (8, 12), "5–7 Nov 2026"),
        ("the second of those two weeks", (1, 14), "8–14 Nov 2026"),
        ("let it end on the 12th instead", (5, 10), "5–12 Nov 2026"),
    ],
)
def test_a_period_is_made_of_the_one_before(phrase: str, period: tuple[int, int], expected: str):
    (mention,) = find(phrase, TODAY)
    assert mention.moves is not None
    before = Period(date(2026, 11, period[0]), date(2026, 11, period[1]), "range")
    assert spell(mention.moves(before), TODAY) == expected


@given(st.text("0123456789/.-: thedayweekmonthofbeforeafterlastnovemberuesi", max_size=60), DAYS)
def test_any_text_is_read_and_mentions_lie_in_order(text: str, today: date):
    mentions = find(text, today)
    assert all(0 <= mention.start < mention.end <= len(text) for mention in mentions)
    assert all(first.end <= second.start for first, second in itertools.pairwise(mentions))


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("chats in the past four full weeks", "19 Oct – 15 Nov 2026"),
        ("the last three calendar weeks", "26 Oct – 15 Nov 2026"),
        ("the previous 2 complete months", "1 Sep – 31 Oct 2026"),
        ("over the last month and a half", "7 Oct – 21 Nov 2026"),
        ("in the last two and a half weeks", "4–21 Nov 2026"),
        ("during the 30 days before november", "2–31 Oct 2026"),
        ("the two weeks after october", "1–14 Nov 2026"),
        ("complaints in autumn", "1 Sep – 21 Nov 2026"),
        ("ratings last summer", "1 Jun – 31 Aug 2026"),
        ("in winter 2025", "1 Dec 2025 – 28 Feb 2026"),
        ("the last ten working days", "9–21 Nov 2026"),
        ("from 15/10 to 5/11", "15 Oct – 5 Nov 2026"),
        ("10/15 - 11/05", "15 Oct – 5 Nov 2026"),
        ("2026-10-15..2026-11-05", "15 Oct – 5 Nov 2026"),
        ("since Halloween", "31 Oct – 21 Nov 2026"),
        ("on black friday", "28 Nov 2025"),
        ("after christmas", "26 Dec 2025 – 21 Nov 2026"),
    ],
)
def test_units_that_have_ended_seasons_holidays_and_working_days(phrase, expected):
    assert read(phrase) == [expected]


@pytest.mark.parametrize(
    "phrase", ["the fall in ratings", "rated 4/5 to 5/5", "complaints about black friday deals", "christmas opening hours"]
)
def test_words_that_only_look_like_a_season_a_pair_of_days_or_a_holiday(phrase):
    assert read(phrase) == []


@pytest.mark.parametrize(
    "text", ["something nice for the friday shout-out: a chat", "draft only for now", "a slide for the monday all-hands"]
)
def test_what_a_text_is_for_is_no_day(text: str):
    assert find(text, date(2026, 11, 21)) == []
