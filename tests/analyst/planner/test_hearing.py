"""What is asked for is heard from the exemplars where no word of the lexicon names it."""

import pytest
from tests.analyst.planner.test_understand import read


@pytest.mark.parametrize(
    ("question", "metric", "dimension", "order"),
    [
        ("Which firm is hardest on us with its stars?", "rating", "organization", "lowest"),
        ("Which company hardly ever talks to us?", "conversations", "organization", "lowest"),
        ("lowest rated user with at least 7 conversations", "rating", "user", "lowest"),
        ("Who gets the most people talking to it, which assistant?", "users", "product", "highest"),
    ],
)
def test_a_ranking_by_other_words(question: str, metric: str, dimension: str, order: str):
    reading = read(question)
    assert (reading.intent, reading.metric, reading.dimension, reading.order) == ("ranking", metric, dimension, order)


def test_putting_things_in_order_is_no_purchase():
    reading = read("Put the plans in order, most separate people first")
    assert (reading.intent, reading.events) == ("ranking", ())


def test_a_noun_that_is_asked_for_in_so_many_words_stays():
    assert read("Which person has talked to our assistants the most, by conversations?").dimension == "user"


def test_a_count_of_people_stays_one():
    assert read("how many users had more than 20 chats?").metric == "users"


def test_which_of_them_asks_for_what_was_named_before():
    assert read("We run several models behind the scenes. Which of them gets the worst ratings?").dimension == "model"
