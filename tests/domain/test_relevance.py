"""Meaning decides, shared words tip the balance, and what is found word for word comes first."""

from hypothesis import given
from hypothesis import strategies as st

from rapport.domain.relevance import fuse, shares


def best(cosines: dict[str, float], words: dict[str, float]) -> str:
    scores = fuse(cosines, words)
    return max(scores, key=lambda key: scores[key])


def test_meaning_beats_a_few_shared_words():
    assert best({"a": 0.7, "b": 0.5}, {"b": 0.4}) == "a"


def test_shared_words_decide_between_equals():
    assert best({"a": 0.50, "b": 0.51}, {"a": 0.6}) == "a"


def test_an_id_is_found_word_for_word():
    assert best({"a": 0.30, "b": 0.15}, {"b": 1.0}) == "b"


def test_words_alone_order_results_without_an_encoder():
    assert best({}, {"a": 0.3, "b": 0.6}) == "b"


def test_rare_words_count_more():
    found = {"a": ["card"], "b": ["swallowed"], "c": ["card"], "d": ["card"]}
    share = shares(["card", "swallowed"], found)
    assert share["b"] > share["a"]


SCORES = st.dictionaries(st.integers(0, 5), st.floats(0, 1), max_size=6)


@given(SCORES, SCORES)
def test_everything_found_has_a_score(cosines: dict[int, float], words: dict[int, float]):
    scores = fuse(cosines, words)
    assert scores.keys() == cosines.keys() | words.keys()
    assert all(0 <= score <= 1.2 for score in scores.values())
