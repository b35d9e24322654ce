"""Versions of a prompt that are told without the word."""

import pytest

from rapport.analyst.planner.wordings import asks_when_new, numbered, sets_wordings_beside


@pytest.mark.parametrize(
    "text",
    [
        "Average stars under the old instructions and under the new?",
        "It got new marching orders. How were its stars under the old one, and how are they under the new?",
        "Rating before and after we reworded the prompt?",
        "Did the new instructions do better than the old ones?",
        "stars with the previous wording against the current wording",
    ],
)
def test_old_and_new_instructions_are_versions(text: str):
    assert sets_wordings_beside(text)


@pytest.mark.parametrize(
    "text",
    [
        "Did old users rate better than new users?",
        "new topics and old topics",
        "ratings before and after 9 May",
        "which new tools fail",
    ],
)
def test_other_old_and_new_things_are_not(text: str):
    assert not sets_wordings_beside(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("On what date did the new prompt version first show up?", True),
        ("When did the latest instructions come into use?", True),
        ("When did Acme first get in touch?", False),
        ("What do the new instructions say?", False),
    ],
)
def test_the_day_of_the_new_version(text: str, asked: bool):
    assert asks_when_new(text) is asked


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("how much of the chats ran on prompt version 1 and how much on 2", ("1", "2")),
        ("number of chats on v1 and on v2", ("1", "2")),
        ("average stars on prompt version 1 versus 2", ("1", "2")),
        ("which day did prompt version 2 come in, and did 5 users notice", ()),
        ("stars on version 2 since 7 November", ()),
    ],
)
def test_versions_are_set_beside_by_their_numbers(text: str, numbers: tuple[str, ...]):
    assert numbered(text) == numbers
