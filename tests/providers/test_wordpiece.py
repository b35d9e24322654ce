"""The tokenizer against the numbers that BERT's own gives (recorded with tokenizers 0.23.3 on bert-base-uncased)."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from rapport.providers import encoders, wordpiece
from rapport.providers.wordpiece import WordPiece

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "re", "##fun", "##d", "!", "cafe", "中"]
TINY = WordPiece({piece: number for number, piece in enumerate(PIECES)})
RECORDED = {
    "I've been charged twice!": [101, 1045, 1005, 2310, 2042, 5338, 3807, 999, 102],
    "Café NAÏVE": [101, 7668, 15743, 102],
    "中文 chat": [101, 1746, 1861, 11834, 102],
    "": [101, 102],
}


def test_words_are_built_from_the_longest_pieces():
    assert TINY.encode("Refund! Café 中") == [2, 4, 5, 6, 7, 8, 9, 3]


def test_a_word_without_pieces_is_unknown():
    assert TINY.encode("refundx " + "re" * 60) == [2, 1, 1, 3]


def test_long_texts_are_cut():
    assert len(TINY.encode("re " * 100_000)) == 128


@given(st.text())
def test_any_text_has_pieces(text: str):
    ids = TINY.encode(text)
    assert ids[0] == 2
    assert ids[-1] == 3
    assert len(ids) <= 128


@pytest.mark.parametrize("text", RECORDED)
def test_the_installed_vocabulary_gives_the_recorded_numbers(text: str):
    folder = encoders.shared_folder()
    if not (folder / "vocab.txt").exists():
        pytest.skip("the sentence encoder is not installed (rapport encoder install)")
    assert wordpiece.load(folder).encode(text) == RECORDED[text]
