"""The exemplar bank: questions with their intents, and how alike a new question is to each of them.

Cosine over word stems, pairs of words and letter runs, TF-IDF weighted (Salton & Buckley 1988); names, dates and numbers are masked first,
so that "rating of Acme in May" is like "rating of Globex last week", and readings of the lexicon are terms too, so that synonyms meet.
Each exemplar's weight in the vote is fitted by kernel ridge regression when the bank is read (a fifth of a second for 1,300 exemplars).
"""

import itertools
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.words import plain, split, stem

RIDGE = 0.6  # of 0.1 .. 2, best at leaving one exemplar out

_ID = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\b(?=[\w.:-]*\d)(?=[\w.:-]*[a-z])[\w]+(?:[-_.:][\w]+)+|[0-9a-f]{8}-[0-9a-f-]{27}", re.I)
_DATE = re.compile(
    r"\b(?:(?:on|in|since|until|before|after|during|for)\s+)?(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?:january|february|march|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec|(?:in|since|for|during)\s+may|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b(?:\s+\d{1,2}(?:st|nd|rd|th)?\b)?(?:,?\s+\d{4}\b)?"
    r"|\b(?:yesterday|today|(?:this|last|past|previous)\s+(?:\d+\s+|few\s+|two\s+|three\s+|couple\s+of\s+)?(?:days?|weeks?|months?|quarters?|years?|weekend)|q[1-4]|\d{4}-\d\d-\d\d)\b",
    re.I,
)
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?%?\b")


def masked(text: str, spans: Iterable[tuple[int, int]] = ()) -> str:
    """The wording of a question without what it is about: names (`spans`, and what is written like one), dates, ids and numbers."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} Xname {text[end:]}"
    text = _NUMBER.sub("xnum", _DATE.sub(" xdate ", _ID.sub(" xid ", text)))
    words = split(text)
    kept = []
    for i, word in enumerate(words):
        name = word.text == "Xname" or (
            i > 0 and word.text[:1].isupper() and not word.text.isupper() and text[: word.start].rstrip()[-1:] not in ".?!:"
        )
        kept.append("xname" if name else word.lower)
    return re.sub(r"xname( xname)+", "xname", plain(" ".join(kept)))


def features(text: str, wording: str) -> Mapping[str, float]:
    """Terms of a question with their weights: stems, pairs and triples of its masked wording, letter runs, and what the lexicon says."""
    words = wording.split()
    stems = ["^", *(stem(word) for word in words), "$"]
    counts: dict[str, float] = defaultdict(float)
    for word in stems[1:-1]:
        counts["w " + word] += 1.0
    for a, b in itertools.pairwise(stems):
        counts[f"p {a} {b}"] += 0.8
    for a, b, c in zip(stems, stems[1:], stems[2:], strict=False):
        counts[f"t {a} {b} {c}"] += 0.5
    for word in words:
        if len(word) >= 4 and not word.startswith("x"):
            bound = f"<{word}>"
            for at in range(len(bound) - 3):
                counts["c " + bound[at : at + 4]] += 0.3
    return {**counts, **_readings(text, words)}


def _readings(text: str, words: Sequence[str]) -> Mapping[str, float]:
    """What kinds of thing the question mentions, whichever synonym it uses."""
    found: dict[str, float] = {}
    keys = []
    for hit in lexicon.find(text, split(text)):
        value = hit.value[1] if isinstance(hit.value, tuple) else hit.value
        found[f"# {hit.kind}"] = 1.0
        found[f"# {hit.kind} {value}"] = 1.0
        keys.append(f"{hit.kind} {value}")
    for a, b in itertools.pairwise(keys):
        found[f"## {a} > {b}"] = 0.5
    found[f"# names {min(2, words.count('xname'))}"] = 0.7
    found[f"# dates {min(2, words.count('xdate'))}"] = 0.7
    found[f"# ids {min(1, words.count('xid'))}"] = 0.7
    found[f"# length {min(5, len(words) // 3)}"] = 0.5
    return found


@dataclass(frozen=True, slots=True)
class Exemplar:
    text: str
    intent: str


class Bank:
    """The exemplars as an inverted index."""

    def __init__(self, exemplars: Sequence[Exemplar]):
        self.exemplars = tuple(exemplars)
        counted = [features(exemplar.text, masked(exemplar.text)) for exemplar in exemplars]
        seen = Counter(term for terms in counted for term in terms)
        self._idf = {term: math.log((1 + len(counted)) / (1 + n)) + 0.3 for term, n in seen.items()}
        weighed = [self._weigh(terms) for terms in counted]
        del counted
        self._index(weighed)
        kernel = np.stack([self._similar(terms) for terms in weighed])
        del weighed
        self.intents = tuple(dict.fromkeys(exemplar.intent for exemplar in exemplars))
        self._weights = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), self._wanted())

    def _index(self, weighed: Sequence[Mapping[str, float]]) -> None:
        """Term -> the exemplars that hold it, as slices of two arrays: a hundred thousand small arrays would cost ten times the memory."""
        size = Counter(term for terms in weighed for term in terms)
        starts = np.concatenate(([0], np.cumsum([size[term] for term in size])))
        self._slices = {term: (int(starts[n]), int(starts[n + 1])) for n, term in enumerate(size)}
        self._at = np.empty(int(starts[-1]), np.int32)
        self._of = np.empty(int(starts[-1]), np.float32)
        filled = {term: start for term, (start, _) in self._slices.items()}
        for at, terms in enumerate(weighed):
            for term, weight in terms.items():
                self._at[filled[term]], self._of[filled[term]] = at, weight
                filled[term] += 1

    def _wanted(self) -> np.ndarray:
        return np.array([[exemplar.intent == intent for intent in self.intents] for exemplar in self.exemplars], np.float64)

    def _weigh(self, terms: Mapping[str, float]) -> dict[str, float]:
        default = math.log(1 + len(self.exemplars)) + 0.3
        weighed = {term: math.sqrt(count) * self._idf.get(term, default if term[0] == "w" else 0.0) for term, count in terms.items()}
        length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        return {term: weight / length for term, weight in weighed.items()}

    def _similar(self, terms: Mapping[str, float]) -> np.ndarray:
        found = np.zeros(len(self.exemplars), np.float64)
        for term, weight in terms.items():
            if span := self._slices.get(term):
                found[self._at[span[0] : span[1]]] += weight * self._of[span[0] : span[1]]
        return found

    def similarities(self, text: str, spans: Iterable[tuple[int, int]] = ()) -> np.ndarray:
        """0..1 to each exemplar; `spans` are the names in `text`."""
        return self._similar(self._weigh(features(text, masked(text, spans))))

    def vote(self, similarities: np.ndarray) -> dict[str, float]:
        """Intent to its score: near 1 where the exemplars of that intent speak for it, near 0 where they do not."""
        return dict(zip(self.intents, map(float, similarities @ self._weights), strict=True))

    def left_out(self) -> np.ndarray:
        """The votes for each exemplar by all the others [exemplar, intent], in closed form: what the bank is worth on unseen wordings."""
        kernel = np.stack([self.similarities(exemplar.text) for exemplar in self.exemplars])
        inverse = np.linalg.inv(kernel + RIDGE * np.eye(len(kernel)))
        wanted = self._wanted()
        return wanted - (inverse @ wanted) / np.diag(inverse)[:, None]


@cache
def bank() -> Bank:
    """The bank that ships with the package; read at the first question."""
    text = resources.files("rapport.analyst.planner").joinpath("exemplars.jsonl").read_text("utf-8")
    return Bank([Exemplar(row["text"], row["intent"]) for row in map(json.loads, filter(None, text.splitlines()))])
