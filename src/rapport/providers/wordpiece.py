"""BERT's WordPiece tokenizer: text to the piece numbers that the encoder was trained on.

Written here because the `tokenizers` package brings a hub client and 30 MB; the algorithm is 80 lines. Words are cached, since
a few thousand words make up most of any conversation. Gives the same numbers as `tokenizers` on the samples in the tests.
Source: Devlin et al. 2018, and the `BertNormalizer`, `BertPreTokenizer` and `WordPiece` sections of a tokenizer.json.
"""

import json
import unicodedata
from functools import lru_cache
from pathlib import Path

LONGEST_WORD = 100
CACHED_WORDS = 50_000


class WordPiece:
    """Immutable after construction; safe to share between threads."""

    def __init__(self, vocabulary: dict[str, int], *, lowercase: bool = True, max_length: int = 128):
        self.vocabulary = vocabulary
        self.lowercase = lowercase
        self.max_length = max_length
        self.unknown = vocabulary["[UNK]"]
        self.start, self.end = vocabulary["[CLS]"], vocabulary["[SEP]"]
        self._pieces = lru_cache(maxsize=CACHED_WORDS)(self._split)

    def encode(self, text: str) -> list[int]:
        """Piece numbers with [CLS] and [SEP], at most `max_length`; what is longer is cut at the end."""
        room = self.max_length - 2
        ids: list[int] = []
        # Megabyte messages: ordinary text fills the room within a tenth of this many characters.
        for word in words(text[: room * LONGEST_WORD], lowercase=self.lowercase):
            ids.extend(self._pieces(word))
            if len(ids) >= room:
                break
        return [self.start, *ids[:room], self.end]

    def _split(self, word: str) -> tuple[int, ...]:
        """Longest match first; a word that cannot be built from pieces is one [UNK]."""
        if len(word) > LONGEST_WORD:
            return (self.unknown,)
        ids, begin = [], 0
        while begin < len(word):
            prefix = "##" if begin else ""
            end = next((end for end in range(len(word), begin, -1) if prefix + word[begin:end] in self.vocabulary), None)
            if end is None:
                return (self.unknown,)
            ids.append(self.vocabulary[prefix + word[begin:end]])
            begin = end
        return tuple(ids)


def load(folder: Path, *, max_length: int = 128) -> WordPiece:
    """The tokenizer of a model folder: vocab.txt, else a WordPiece tokenizer.json. Raises ValueError for other kinds."""
    listed = folder / "vocab.txt"
    if listed.exists():
        pieces = listed.read_text(encoding="utf-8").split("\n")
        return WordPiece({piece: number for number, piece in enumerate(pieces) if piece}, max_length=max_length)
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    if described["model"].get("type", "WordPiece") != "WordPiece":
        raise ValueError(f"its tokenizer is {described['model']['type']}, not WordPiece")
    lowercase = bool((described.get("normalizer") or {}).get("lowercase", True))
    return WordPiece(described["model"]["vocab"], lowercase=lowercase, max_length=max_length)


def words(text: str, *, lowercase: bool) -> list[str]:
    """Words and single punctuation marks, normalised as BERT does: no control characters, lower case, no accents."""
    if text.isascii():
        return _split_ascii(text.lower() if lowercase else text)
    text = "".join(_clean(char) for char in text)
    if lowercase:
        # Lowered one by one: str.lower() knows the final sigma of Greek, the original does not.
        text = "".join(char.lower() for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")
    return _split_unicode(text)


def _clean(char: str) -> str:
    if char in "\t\n\r":
        return " "
    if char in "\0�" or unicodedata.category(char) in ("Cc", "Cf", "Co"):
        return ""
    if _is_cjk(ord(char)):
        return f" {char} "
    return " " if char.isspace() else char


def _is_cjk(point: int) -> bool:
    return (
        0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x2A6DF or 0x2A700 <= point <= 0x2B73F
        or 0x2B740 <= point <= 0x2B81F or 0x2B820 <= point <= 0x2CEAF or 0xF900 <= point <= 0xFAFF or 0x2F800 <= point <= 0x2FA1F
    )  # fmt: skip


def _ascii(char: str) -> str:
    if char in "\t\n\r ":
        return " "
    if ord(char) < 32 or ord(char) == 127:
        return ""
    return char if char.isalnum() else f" {char} "


_ASCII = {point: _ascii(chr(point)) for point in range(128)}


def _split_ascii(text: str) -> list[str]:
    return text.translate(_ASCII).split()


def _split_unicode(text: str) -> list[str]:
    return "".join(f" {char} " if _is_punctuation(char) else char for char in text).split()


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or (ord(char) < 128 and not char.isalnum() and not char.isspace())
