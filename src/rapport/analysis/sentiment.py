"""Sentiment of user messages and of a conversation, -1..1.

Method: a logistic regression over sentence vectors, trained on 4,200 tweets with human scores (MIT licence; classes cut at -0.5 and
0.5 of the human mean) and on dialogue turns of our own, shifted a little by word scores. The score is laid out so that the label
bands -0.2 and 0.2 are the class bounds. Without an encoder: word scores alone (lexicon.py). Emoji are read from a table, since the
encoder does not know them. Limits: sarcasm is read literally ("great, another delay" is positive to it); a polite report of a
problem is often neutral.
"""

from collections.abc import Sequence

import numpy as np

from rapport.analysis import lexicon, text
from rapport.analysis.dialogue import Utterance
from rapport.analysis.heads import Heads

BAND = 0.2
EMOJI_SHARE = 0.4
FEWEST_LETTERS = 2


def score_messages(utterances: Sequence[Utterance], vectors: np.ndarray | None, heads: Heads) -> list[float | None]:
    """One score for each utterance; None where there is neither a word nor an emoji. `vectors`: rows of the same order."""
    by_words = [heads.lexicon.score(utterance.spoken) for utterance in utterances]
    if heads.sentiment is not None and vectors is not None and by_words:
        scores = from_probabilities(heads.sentiment.probabilities(vectors, np.array(by_words))).tolist()
    else:
        scores = by_words
    return [_with_emoji(utterance, score) for utterance, score in zip(utterances, scores, strict=True)]


def from_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """[n, 3] class probabilities to [n] scores: beyond the band by how sure the class is, inside it by the chance of negative."""
    negative, _, positive = probabilities.T
    least = 1 / 3
    below = -BAND - (1 - BAND) * (negative - least) / (1 - least)
    above = BAND + (1 - BAND) * (positive - least) / (1 - least)
    inside = (BAND - 1e-3) * np.clip(2 * (positive - negative), -1, 1)
    best = probabilities.argmax(axis=1)
    return np.clip(np.where(best == 0, below, np.where(best == 2, above, inside)), -1, 1)


def average(scores: Sequence[float | None]) -> float | None:
    """Mean over the user messages that have a score."""
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def change(scores: Sequence[float | None]) -> float | None:
    """Mean of the last third of the scored user messages minus that of the first third; None below two."""
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return None
    third = max(1, len(known) // 3)
    return sum(known[-third:]) / third - sum(known[:third]) / third


def _with_emoji(utterance: Utterance, score: float) -> float | None:
    emoji = lexicon.emoji_score(utterance.masked)
    if text.letters(utterance.spoken) < FEWEST_LETTERS:
        return emoji
    return score if emoji is None else (1 - EMOJI_SHARE) * score + EMOJI_SHARE * emoji
