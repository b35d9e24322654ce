"""The exemplar bank: questions with what they ask for, and how alike a new question is to each of them.

Every exemplar has an intent; those that ask for a figure also have its metric, what it runs over, and which end of it comes first.

Cosine over word stems, pairs of words and letter runs, TF-IDF weighted (Salton & Buckley 1988); names, dates and numbers are masked first,
so that "rating of Acme in May" is like "rating of Globex last week", and readings of the lexicon are terms too, so that synonyms meet.
Where the sentence encoder is there that the vectors in exemplars.npz were made with, closeness in meaning is added: the squared cosine of the
masked wordings. Leaving one exemplar out, 86 % of them then vote for their own intent.
Each exemplar's weight in the votes is fitted by kernel ridge regression; `make train-heads` writes the weights to exemplars.npz.
"""

import hashlib
import io
import itertools
import json
import math
import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

import numpy as np

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.words import plain, split, stem
from rapport.ports import Encoder

RIDGE = 0.6  # of 0.1 .. 2, best at leaving one exemplar out
WIDTH = 128
"""Principal components kept of an encoder's vectors; 79.5 % with 128 of 384, a third of the bytes."""
_STANDS_FOR = {"xname": "Acme", "xdate": "last week", "xnum": "5", "xid": "c-123"}
"""What a mask is for an encoder, which knows words."""

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
    """`asks`: (metric, dimension, order) as the vote names them, "-" where the question has none; () where nobody said. Names are
    written Xname."""

    text: str
    intent: str
    asks: tuple[str, ...] = ()


ASKS = ("metric", "dimension", "order")


class _Terms(NamedTuple):
    """The terms of one question: a number for each, the root of its weight, and whether it is a word."""

    keys: np.ndarray
    roots: np.ndarray
    words: np.ndarray


def _terms(text: str, wording: str) -> _Terms:
    """Terms as 64-bit digests, the same in every process: 8 bytes each, where the strings of a hundred thousand would take 15 MB."""
    counted = features(text, wording)
    keys = np.frombuffer(b"".join(blake2b(term.encode(), digest_size=8).digest() for term in counted), np.uint64)
    roots = np.sqrt(np.fromiter(counted.values(), np.float64, len(counted)))
    return _Terms(keys, roots, np.fromiter((term[0] == "w" for term in counted), bool, len(counted)))


def sentence(wording: str) -> str:
    """A masked wording as an encoder can read it."""
    return " ".join(_STANDS_FOR.get(word, word) for word in wording.split())


class Index(NamedTuple):
    """Which exemplars hold a term, with its weight in them: `keys` are the terms, sorted, `idf` how rare each is, and `at` and `of` the
    exemplars and the weights of term i from `starts[i]` to `starts[i + 1]`."""

    keys: np.ndarray
    idf: np.ndarray
    starts: np.ndarray
    at: np.ndarray
    of: np.ndarray

    @classmethod
    def made(cls, texts: Sequence[str]) -> "Index":
        counted = [_terms(text, masked(text)) for text in texts]
        keys, term_of, seen = np.unique(np.concatenate([terms.keys for terms in counted]), return_inverse=True, return_counts=True)
        idf = (np.log((1 + len(counted)) / (1 + seen)) + 0.3).astype(np.float32)
        bare = cls(keys, idf, *(np.zeros(0),) * 3)
        weights = np.concatenate([bare.weigh(terms, len(texts)) for terms in counted])
        order = np.argsort(term_of, kind="stable")
        at = np.repeat(np.arange(len(texts), dtype=np.uint16), [len(terms.keys) for terms in counted])[order]
        starts = np.searchsorted(term_of[order], np.arange(len(keys) + 1)).astype(np.int32)
        return cls(keys, idf, starts, at, weights[order].astype(np.float16))

    def places(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(where each term is in the index, whether it is there at all)."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return places, self.keys[places] == keys

    def weigh(self, terms: _Terms, exemplars: int) -> np.ndarray:
        """TF-IDF of unit length. A word that no exemplar holds counts as the rarest, so that it makes all of them less alike."""
        places, known = self.places(terms.keys)
        rarest = math.log(1 + exemplars) + 0.3
        weights = terms.roots * np.where(known, self.idf[places], terms.words * rarest)
        return weights / (np.linalg.norm(weights) or 1.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What exemplars.npz holds. `words` and `both`: the weights of the exemplars [n, intents], by words alone and with meaning; `rows`:
    int8 vectors [n, WIDTH] of an encoder, `projection` [dimensions, WIDTH] from its space; `digest`: of the exemplars it was made of;
    the rest is their Index, which takes three seconds to make and a tenth of one to read."""

    encoder: str
    digest: str
    projection: np.ndarray
    rows: np.ndarray
    words: np.ndarray
    both: np.ndarray
    keys: np.ndarray
    idf: np.ndarray
    starts: np.ndarray
    at: np.ndarray
    of: np.ndarray

    @property
    def index(self) -> Index:
        return Index(self.keys, self.idf, self.starts, self.at, self.of)

    def packed(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{name: getattr(self, name) for name in self.__slots__})
        return buffer.getvalue()

    @classmethod
    def made(cls, encoder: Encoder) -> "Fitted":
        """Encodes the exemplars and fits their weights: some minutes and 4 GB."""
        known = exemplars()
        whole = encoder.encode([sentence(masked(exemplar.text)) for exemplar in known])
        projection = np.linalg.svd(whole, full_matrices=False)[2][:WIDTH].T.astype(np.float16)
        rows = whole @ projection.astype(np.float32)
        rows = np.round(127 * rows / np.abs(rows).max()).astype(np.int8)
        index = Index.made([exemplar.text for exemplar in known])
        words, both = (Bank(known, index, rows=given).fit().astype(np.float16) for given in (None, rows))
        return cls(encoder.name, digest(), projection, rows, words, both, *index)


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


class Meaning:
    """Vectors of wordings, in the space of the exemplars; the last ones are kept, since a turn is read again at each step of its answer."""

    KEPT = 512

    def __init__(self, encoder: Encoder, projection: np.ndarray):
        self._encoder, self._projection = encoder, projection.astype(np.float32)
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, encoder: Encoder | None) -> "Meaning | None":
        """None for an encoder that the exemplars have no vectors of."""
        if encoder is None or encoder.name != str(_kept("encoder")[0]):
            return None
        return cls(encoder, _kept("projection")[0])

    def __call__(self, wording: str) -> np.ndarray:
        """A vector of length 1. Some milliseconds for a wording that was not met before."""
        with self._lock:
            found = self._kept.get(wording)
        if found is None:
            found = _unit(self._encoder.encode([sentence(wording)])[0] @ self._projection)
        with self._lock:
            self._kept[wording] = found
            self._kept.move_to_end(wording)
            while len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True)
class Heard:
    """What a question asks for as the exemplars tell it: value to score, near 1 where they speak for it. "-": nothing of the kind."""

    metric: Mapping[str, float]
    dimension: Mapping[str, float]
    order: Mapping[str, float]


class Bank:
    """The exemplars by their terms, and as vectors where `rows` are given."""

    def __init__(self, exemplars: Sequence[Exemplar], index: Index, *, rows: np.ndarray | None = None, weights: np.ndarray | None = None):
        """Without `weights` it knows what is alike, and can `fit` them, but has no vote."""
        self.exemplars = tuple(exemplars) if weights is None else ()  # a bank that votes needs their numbers alone
        self._many = len(exemplars)
        self._rows = None if rows is None else _unit(rows)
        self.intents = tuple(dict.fromkeys(exemplar.intent for exemplar in exemplars))
        told = [exemplar.asks for exemplar in exemplars if exemplar.asks]
        self.asks = tuple(tuple(sorted({asked[place] for asked in told})) for place in range(len(ASKS)))
        self._index = index
        self._votes = self._asks = None
        if weights is not None:  # whole arrays: a product with a slice of one would copy it each time
            self._votes, self._asks = (
                np.ascontiguousarray(part, np.float32) for part in (weights[:, : len(self.intents)], weights[:, len(self.intents) :])
            )

    def _kernel(self) -> np.ndarray:
        """How alike the exemplars are to each other, with the ridge on the diagonal."""
        kernel = np.empty((len(self.exemplars), len(self.exemplars)), np.float32)
        for at, exemplar in enumerate(self.exemplars):
            alike = self._similar(_terms(exemplar.text, masked(exemplar.text)))
            kernel[at] = alike + (0 if self._rows is None else self._close(self._rows[at]))
        kernel[np.diag_indices_from(kernel)] += RIDGE
        return kernel

    def fit(self) -> np.ndarray:
        """The weights of kernel ridge regression: [exemplar, intents and then the values of each of ASKS]. What is asked is learnt from
        those exemplars alone that say it."""
        kernel = self._kernel()
        told = [place for place, exemplar in enumerate(self.exemplars) if exemplar.asks]
        asks = np.zeros((len(self.exemplars), sum(map(len, self.asks))))
        if told:
            asks[told] = np.linalg.solve(kernel[np.ix_(told, told)], self._wanted_asks(told))
        return np.hstack([np.linalg.solve(kernel, self._wanted()), asks])

    def _wanted(self) -> np.ndarray:
        return np.array([[exemplar.intent == intent for intent in self.intents] for exemplar in self.exemplars], np.float32)

    def _wanted_asks(self, told: Sequence[int]) -> np.ndarray:
        values = [(place, value) for place, known in enumerate(self.asks) for value in known]
        return np.array([[self.exemplars[at].asks[place] == value for place, value in values] for at in told], np.float32)

    def _similar(self, terms: _Terms) -> np.ndarray:
        index = self._index
        places, known = index.places(terms.keys)
        starts, ends = index.starts[places[known]], index.starts[places[known] + 1]
        sizes = ends - starts
        held = np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)  # the slices, one after the other
        weights = np.repeat(index.weigh(terms, self._many)[known], sizes) * index.of[held]
        return np.bincount(index.at[held], weights, self._many).astype(np.float32)

    def _close(self, vector: np.ndarray) -> np.ndarray:
        """The squared cosine to each exemplar. Not by BLAS, whose threads wait for each other on a busy machine: 23 ms against 1.3."""
        assert self._rows is not None
        return np.maximum(np.einsum("ij,j->i", self._rows, vector), 0) ** 2

    def similarities(self, text: str, spans: Iterable[tuple[int, int]] = (), meaning: Meaning | None = None) -> np.ndarray:
        """0..1 to each exemplar, 0..2 with `meaning`; `spans` are the names in `text`."""
        wording = masked(text, spans)
        alike = self._similar(_terms(text, wording))
        return alike + self._close(meaning(wording)) if meaning and self._rows is not None else alike

    def vote(self, similarities: np.ndarray) -> dict[str, float]:
        """Intent to its score: near 1 where the exemplars of that intent speak for it, near 0 where they do not."""
        assert self._votes is not None
        return dict(zip(self.intents, map(float, similarities @ self._votes), strict=True))

    def heard(self, similarities: np.ndarray) -> "Heard":
        """What the exemplars say the question asks for."""
        assert self._asks is not None
        scores = similarities @ self._asks
        ends = np.cumsum([len(known) for known in self.asks])
        return Heard(
            *(dict(zip(known, map(float, scores[end - len(known) : end]), strict=True)) for known, end in zip(self.asks, ends, strict=True))
        )

    def left_out(self) -> np.ndarray:
        """The votes for each exemplar by all the others [exemplar, intent], in closed form: what the bank is worth on unseen wordings."""
        inverse = np.linalg.inv(self._kernel())
        wanted = self._wanted()
        return wanted - (inverse @ wanted) / np.diag(inverse)[:, None]


def fitted() -> Fitted:
    """exemplars.npz of the package, whole. A test compares its digest with the exemplars."""
    encoder, digest, *arrays = _kept(*Fitted.__slots__)
    return Fitted(str(encoder), str(digest), *arrays)


def _kept(*names: str) -> list[np.ndarray]:
    """These arrays of exemplars.npz, and no other."""
    with resources.as_file(_file("exemplars.npz")) as path, np.load(path) as held:
        return [held[name] for name in names]


_READING = threading.Lock()


def bank(*, with_meaning: bool = False) -> Bank:
    """The bank that ships with the package; read at the first question, once, however many ask meanwhile."""
    with _READING:
        return _read(with_meaning)


@cache
def _read(with_meaning: bool) -> Bank:
    index = Index(*_kept(*Index._fields))
    if with_meaning:
        rows, weights = _kept("rows", "both")
        return Bank(exemplars(), index, rows=rows, weights=weights)
    return Bank(exemplars(), index, weights=_kept("words")[0])


def exemplars() -> list[Exemplar]:
    lines = _file("exemplars.jsonl").read_text("utf-8").splitlines()
    rows = map(json.loads, filter(None, lines))
    return [Exemplar(row["text"], row["intent"], tuple(row[name] for name in ASKS) if "metric" in row else ()) for row in rows]


def digest() -> str:
    """Of the exemplars, as exemplars.npz names what it was made of."""
    return hashlib.sha256(_file("exemplars.jsonl").read_bytes()).hexdigest()


def _file(name: str) -> Traversable:
    return resources.files("rapport.analyst.planner").joinpath(name)
