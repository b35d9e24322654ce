"""Which words are English, and which of them stand for no name."""

import pytest

from rapport.analyst.planner.english import is_english, is_form


@pytest.mark.parametrize(
    "word", ["brunt", "stinkers", "likeliest", "curdled", "bitten", "thank-you", "harbour", "harbor", "slogged", "busier"]
)
def test_words_and_their_forms_are_english(word: str):
    assert is_english(word)


@pytest.mark.parametrize("word", ["globex", "zorblax", "segmnt", "teh", "custmers", "initech", "xs"])
def test_names_and_typing_errors_are_not(word: str):
    assert not is_english(word)


def test_a_form_is_told_from_a_word_that_a_name_may_be():
    assert all(map(is_form, ("bitten", "sweetest", "duties", "slogged")))
    assert not any(map(is_form, ("plasma", "toaster", "harmony", "globex")))
