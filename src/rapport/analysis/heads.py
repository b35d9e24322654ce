"""The small trained parts: linear heads over the encoder's vectors and over dialogue features. Their weights are files with a card.

`make train-heads` rebuilds every file of analysis/weights from permissively licensed data and examples of our own.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from rapport.analysis import lexicon
from rapport.analysis.lexicon import Lexicon
from rapport.ports import Encoder

WORD_SHIFT = 0.6
SEMANTIC, LEXICAL = "dissatisfied.json", "dissatisfied_lexical.json"


@dataclass(frozen=True, eq=False, slots=True)
class SentimentHead:
    """Multinomial logistic regression over sentence vectors; classes negative, neutral, positive. Word scores shift its logits by
    WORD_SHIFT of what they say: fitted as a feature they are trusted too much outside of tweets, so the shift is fixed."""

    encoder: str
    weights: np.ndarray  # float32 [3, dimensions]
    bias: np.ndarray  # float32 [3]

    def probabilities(self, vectors: np.ndarray, words: np.ndarray) -> np.ndarray:
        """float32 [n, 3], rows sum to 1. `words`: lexicon scores [n], -1..1."""
        logits = vectors @ self.weights.T + self.bias
        logits[:, 0] += WORD_SHIFT * np.maximum(-words, 0)
        logits[:, 2] += WORD_SHIFT * np.maximum(words, 0)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False, slots=True)
class FeatureHead:
    """A linear score over named features, put on 0..1 by a logistic curve: 1 / (1 + exp(-(slope * score + intercept)))."""

    weights: Mapping[str, float]
    bias: float
    slope: float
    intercept: float

    def probability(self, features: Mapping[str, float]) -> float:
        score = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-np.clip(self.slope * score + self.intercept, -30, 30))))


@dataclass(frozen=True, eq=False, slots=True)
class Heads:
    """The heads that fit one encoder. `sentiment` is None where none was trained for it: words decide then."""

    dissatisfied: FeatureHead
    lexicon: Lexicon
    sentiment: SentimentHead | None = None


def load(encoder: Encoder) -> Heads:
    """The heads that fit this encoder: the shipped ones, or the sentiment head that lies beside it."""
    folder = files("rapport.analysis") / "weights"
    words = lexicon.parse((folder / "lexicon.tsv").read_text(encoding="utf-8"))
    trained = [_sentiment(raw) for raw in ((folder / "sentiment.npz").read_bytes(), encoder.head) if raw]
    fitting = next((head for head in trained if encoder.semantic and head.encoder == encoder.name), None)
    described = json.loads((folder / (SEMANTIC if fitting else LEXICAL)).read_text(encoding="utf-8"))
    return Heads(FeatureHead(described["weights"], described["bias"], described["slope"], described["intercept"]), words, fitting)


def dump_sentiment(encoder: str, weights: np.ndarray, bias: np.ndarray) -> bytes:
    """The file that `load` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, encoder=np.array(encoder), weights=weights.astype(np.float32), bias=bias.astype(np.float32))
    return buffer.getvalue()


def _sentiment(raw: bytes) -> SentimentHead:
    with np.load(io.BytesIO(raw)) as stored:
        return SentimentHead(str(stored["encoder"]), stored["weights"], stored["bias"])
