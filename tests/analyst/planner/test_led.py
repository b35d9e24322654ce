"""Which end leads a list, figures of conversations that led to an event, and periods that a second sentence or an "or" sets."""

from datetime import date

import pytest
from tests.analyst.planner.test_understand import read

from rapport.analyst.planner.answers import spans
from rapport.analyst.planner.not_kept import not_kept
from rapport.analyst.planner.periods import Period


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("sort our products by stars, the ugly end on top", "lowest"),
        ("rank the models by average sentiment with the nastiest up top", "lowest"),
        ("order the products by rating, winners first", "highest"),
    ],
)
def test_the_end_that_leads_a_list_is_told_in_many_words(question: str, order: str):
    assert (read(question).intent, read(question).order) == ("ranking", order)


@pytest.mark.parametrize(
    "question",
    ["chats where they asked to cancel, how are they rated on average?", "Conversations that led to a cancellation: their average rating?"],
)
def test_a_figure_of_chats_that_led_to_an_event_is_of_those_chats(question: str):
    reading = read(question)
    assert (reading.intent, reading.metric, reading.led_to) == ("level", "rating", True)
    assert reading.events


def test_the_sentence_that_says_which_days_are_meant_is_part_of_the_request():
    reading = read("Which way is the average rating of enterprise accounts headed? I mean the last 7 days versus the 7 before those.")
    assert (reading.intent, reading.when()) == ("change", "15–21 Nov 2026")
    assert reading.against is not None


def test_a_week_or_the_one_before_it_are_set_side_by_side():
    reading = read("Did Basket Buddy have a busier week last week or the week before it?")
    assert reading.against is not None
    assert (reading.intent, reading.against.since) == ("change", date(2026, 11, 2))


@pytest.mark.parametrize(
    ("question", "periods"),
    [
        ("chats on 1, 2 and 3 November each", 3),
        ("how many conversations in September, October and November?", 3),
        ("chats on 3 and 4 November", 1),
    ],
)
def test_three_periods_or_more_are_each_told(question: str, periods: int):
    reading = read(question)
    assert (len(spans.told(reading)), spans.wanted(reading)) == (periods, periods >= 3)


def test_chats_without_a_rating_are_a_share_of_all_and_what_went_badly_is_no_sentiment():
    assert read("share of unrated chats by product").metric == "conversations"
    badly = read("what percentage of Harbor Guide's chats went badly, by week")
    assert (badly.metric, badly.conditions) == ("unhappy_share", ())


def test_halves_of_a_month_and_both_sides_of_a_day_are_set_beside():
    halves = read("Ratings of enterprise accounts: first half of November vs second half")
    assert halves.against == Period(date(2026, 11, 1), date(2026, 11, 15), "range")
    sides = read("Harbor Guide's average rating before 10 November vs since then")
    assert (sides.intent, sides.period and sides.period.since) == ("change", date(2026, 11, 10))


def test_another_value_beside_one_that_is_named_is_taken_too():
    assert len(read("how many chats did enterprise have, and how many did free have").of_kind("property")) == 2


def test_bad_chats_of_two_days_are_those_that_went_badly():
    reading = read("did Harbor Guide have more bad chats on 10 November than on 9 November?")
    assert (reading.intent, reading.conditions) == ("change", ("unhappy",))


def test_two_grades_beside_each_other_are_the_split_of_all_and_two_moods_a_share_each():
    assert read("one star vs five star count for Harbor Guide").dimension == "rating"
    assert read("what's the ratio of positive to negative chats").metrics == ("positive_share", "negative_share")


@pytest.mark.parametrize(
    "question",
    [
        "users active this week but not last week",
        "how many users rated every chat",
        "which accounts gave us nothing but fives",
        "how many users gave both a 1 and a 5?",
        "longest streak of days with a one star rating",
    ],
)
def test_what_figures_do_not_tell_is_said(question: str):
    assert not_kept(read(question), "")
