"""The encoder that needs no file: hashed words and word pairs. It knows spelling, not meaning, and says so (`semantic` is False)."""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log1p, sqrt

import numpy as np

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
COMMON = frozenset(
    "a about am an and any are as at be been but by can could did do does for from get had has have he her him his how i if in is it its"
    " just let like me my need no not of on or our out please she so some than that the their them then there they this to too up us"
    " want was we were what when where which who why will with would yes you your".split()
)
"""Words that say little about a subject. A hashed space keeps no document frequencies, so they are weighted down by name."""
COMMON_WEIGHT = 0.15
PAIR_WEIGHT = 0.5


class LexicalEncoder:
    """Signed feature hashing (Weinberger et al. 2009) of words, word stems of five letters and pairs; log-scaled counts; length 1."""

    name = "lexical"
    semantic = False
    head: bytes | None = None
    languages: frozenset[str] | None = None

    def __init__(self, dimensions: int = 512):
        self.dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dimensions]; a text without words is a zero row."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _features(text[:20_000]).items():
                hashed = zlib.crc32(feature.encode())
                vectors[row, hashed % self.dimensions] += weight if hashed & 0x80000000 else -weight
            vectors[row] /= max(sqrt(float(vectors[row] @ vectors[row])), 1e-12)
        return vectors


def _features(text: str) -> dict[str, float]:
    words = [word.lower() for word in WORD.findall(text)]
    telling = [word for word in words if word not in COMMON]
    weights = {word: log1p(count) * (COMMON_WEIGHT if word in COMMON else 1.0) for word, count in Counter(words).items()}
    for word in set(telling):
        if len(word) > 5:
            weights[word[:5] + "*"] = 0.7
    for pair in pairwise(telling):
        weights[" ".join(pair)] = PAIR_WEIGHT
    return weights
