"""Users who have to ask again: how close each user turn is to an earlier one of the same conversation."""

import re
from collections.abc import Sequence

import numpy as np

from rapport.analysis import phrases
from rapport.analysis.dialogue import Utterance

LOOK_BACK = 20
"""Earlier user turns that a turn is compared with; bounds the work on conversations of thousands of turns."""
FEWEST_WORDS = 3
REPEATED = 0.85
REPEATED_LEXICAL = 0.7
FREELY = re.compile(r"\b(?:another|other|others|else|more|different|next|suits?|works?|sounds?|fine)\b", re.IGNORECASE)
WORD = re.compile(r"\w+")


def similarities(utterances: Sequence[Utterance], vectors: np.ndarray | None) -> list[float]:
    """Highest similarity 0..1 of each user turn to one of the LOOK_BACK turns before it: cosine with vectors, shared words without.
    0 for the first turn and for turns under three words: "yes" and "no" are said again without being a repeat."""
    words = [frozenset(WORD.findall(utterance.spoken.lower())) for utterance in utterances]
    found: list[float] = []
    for index in range(len(utterances)):
        before = [earlier for earlier in range(max(0, index - LOOK_BACK), index) if len(words[earlier]) >= FEWEST_WORDS]
        if not before or len(words[index]) < FEWEST_WORDS:
            found.append(0.0)
        elif vectors is not None:
            found.append(float(np.clip((vectors[before] @ vectors[index]).max(), 0, 1)))
        else:
            found.append(max(len(words[index] & words[earlier]) / len(words[index] | words[earlier]) for earlier in before))
    return found


def asks_again(utterance: Utterance, similarity: float, *, semantic: bool) -> bool:
    """Whether a turn repeats an earlier one because it had to: agreeing, thanking and asking for another one are said twice freely."""
    if similarity < (REPEATED if semantic else REPEATED_LEXICAL):
        return False
    return not any(
        pattern.search(utterance.masked) for pattern in (phrases.ACCEPT, phrases.THANKS, phrases.PRAISE, phrases.CLOSING, FREELY)
    )


def count(utterances: Sequence[Utterance], similar: Sequence[float], *, semantic: bool) -> int:
    """How many turns ask again for what was asked before."""
    return sum(asks_again(utterance, likeness, semantic=semantic) for utterance, likeness in zip(utterances, similar, strict=True))
