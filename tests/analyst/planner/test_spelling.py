"""Typing errors are put right; words that are spelled as they are meant stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyst.planner.test_understand import NAMES, read

from rapport.analyst.planner.spelling import spelled


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("convos from entreprise custmers", "convos from enterprise customers"),
        ("delte all chats of Globex", "delete all chats of Globex"),
        ("did the ratngs go donw", "did the ratings go down"),
        ("quick overveiw of Ledger Mate", "quick overview of Ledger Mate"),
    ],
)
def test_errors_are_put_right(typed: str, meant: str):
    assert spelled(typed, NAMES) == meant


@pytest.mark.parametrize(
    "text",
    [
        "chats that mention hoses and tulip bulbs",
        "how did plasma toaster do",
        "did Zerbinetta write",
        'quote "whoops, delte that"',
        "stars of Globex in the first half of May",
    ],
)
def test_other_words_stay(text: str):
    assert spelled(text, NAMES) == text


def test_an_order_is_declined_however_it_is_typed():
    assert read("pls delte all convos of Globex").intent == "refuse_write"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_it_is_stable_and_only_touches_letters(text: str):
    once = spelled(text, NAMES)
    assert [c for c in once if not c.isalpha()] == [c for c in text if not c.isalpha()]
