"""Ratings told by their number of stars."""

import pytest

from rapport.analyst.planner.stars import ratings_told


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("how many marks are a four or a five?", [(">=", 4)]),
        ("which part of the stars are one or two?", [("<=", 2)]),
        ("slapped us with one or two stars", [("<=", 2)]),
        ("percentage of fives per model", [("=", 5)]),
        ("all the ones and twos", [("<=", 2)]),
        ("ratings of two stars or worse", [("<=", 2)]),
        ("rated 4 or better", [(">=", 4)]),
        ("one- and two-star ratings", [("<=", 2)]),
        ("3 or 4 stars", [(">=", 3), ("<=", 4)]),
        ("ratings between two and four", [(">=", 2), ("<=", 4)]),
        ("who rated us one, two or three", [("<=", 3)]),
        ("four-star-or-better ratings in October", [(">=", 4)]),
        ("bad marks (1 or 2) by model", [("<=", 2)]),
        ("users who gave us a 1", [("=", 1)]),
    ],
)
def test_the_number_of_stars_makes_bounds(text: str, bounds: list[tuple[str, float]]):
    assert [(told.operator, told.value) for told in ratings_told(text)] == bounds


@pytest.mark.parametrize(
    "text",
    [
        "top three or four users by rating",
        "ratings in the last two or three weeks",
        "average rating on 4 and 5 November",
        "compare ratings of the old ones and the new ones",
        "one or two examples with a bad rating",
        "which of the two or three models has the best rating",
        "rating of version 1 and version 2",
        "four or five people",
    ],
)
def test_other_numbers_are_no_ratings(text: str):
    assert ratings_told(text) == []


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("what percentage is the full five?", [("=", 5)]),
        ("top marks (five out of five) so far", [("=", 5)]),
        ("how many straight fives", [("=", 5)]),
        ("threads that got the lowest possible grade", [("=", 1)]),
        ("conversations with 4 out of 5 stars", [("=", 4)]),
        ("rated 4 out of 5 or better", [(">=", 4)]),
        ("who pressed most often 1 or 2 when asked for a rating", [("<=", 2)]),
        ("which product has the highest rating", []),
        ("average score out of 5", []),
    ],
)
def test_the_ends_of_the_scale_are_ratings(text: str, bounds: list[tuple[str, float]]):
    assert [(told.operator, told.value) for told in ratings_told(text)] == bounds


@pytest.mark.parametrize("text", ["who left a mark two or more times", "users with ratings in three or more chats"])
def test_how_often_somebody_rated_is_no_number_of_stars(text: str):
    assert ratings_told(text) == []
