"""Which end leads a list, figures of conversations that led to an event, and periods that a second sentence or an "or" sets."""

from datetime import date

import pytest
from tests.analyst.planner.test_understand import read


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
