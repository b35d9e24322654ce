"""Names of topics: the span of the members' own words that is nearest to the topic and far from its neighbours.

Spans of two to five words are cut from the messages in the middle of a topic, and scored by the encoder: cosine with the topic
minus 0.4 of the mean cosine with the five nearest other topics, with a small bonus for spans that many members use. On BANKING77 the
name identifies the right one of 77 intents in about 80 % of the cases, best words by class-based TF-IDF in 55 % (`make bench-quality`).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from rapport.analysis.terms import STOP_WORDS, stem, words

Encode = Callable[[Sequence[str]], np.ndarray]

CENTRAL = 24
"""Messages in the middle of a topic whose words may name it."""
CANDIDATES = 48
LONGEST = 5

_CLAUSE = re.compile(r"[.!?;:,()\[\]{}\"“”\n\r\t|/\\<>*#=~]+|\s-+\s|\s–\s")
_TOKEN = re.compile(r"\S+")
_KEPT = frozenset(["not", "no", "without", "off", "out", "up", "down", "back", "never"])
"""Stop words that may end or begin a name because they turn its meaning: `card not working`, `top up`."""
_BEGINNING = frozenset(["not", "no", "without", "never"])
_NO_END = frozenset(
    "another soon other such available until too instead same certain whole possible long able near around during via called using"
    " keeps keep got made make makes trying wanting looking needing having being says said".split()
)
_NEW_CLAUSE = frozenset((subject, verb) for subject in ("i", "you", "we") for verb in ("need", "want", "would", "am", "will", "can"))
"""Where people leave out the full stop: `in ny i need a car` is two clauses."""
_ENDING = frozenset(["off", "out", "up", "down", "back"])


def name_topics(texts: Sequence[Sequence[str]], centroids: np.ndarray, encode: Encode) -> list[str]:
    """One name per topic, all different, each of at most five words.

    texts: the messages of each topic, the most central first. centroids: float32 [topics, d], unit rows, in the space of `encode`.
    Words must occur in several messages of a topic, so that a name, a number or an address of one person never becomes a name.
    """
    spans = [_candidates(messages) for messages in texts]
    flat = [span for found in spans for span, _ in found]
    vectors = encode(flat) if flat else np.zeros((0, centroids.shape[1]), dtype=np.float32)
    likeness = vectors @ centroids.T
    names: list[str] = []
    start = 0
    for topic, found in enumerate(spans):
        scores = _scores(likeness[start : start + len(found)], topic, found)
        start += len(found)
        ranked = [found[i][0] for i in np.argsort(-scores, kind="stable")]
        names.append(_distinct(ranked, names) or _distinct([*_frequent(texts[topic]), f"topic {topic + 1}"], names) or f"topic {topic + 1}")
    return names


def _scores(likeness: np.ndarray, topic: int, found: Sequence[tuple[str, float]]) -> np.ndarray:
    if not found:
        return np.zeros(0)
    others = np.sort(np.delete(likeness, topic, axis=1), axis=1)[:, ::-1][:, :5]
    contrast = others.mean(axis=1) if others.shape[1] else 0.0
    share = np.array([share for _, share in found])
    length = np.array([len(span.split()) for span, _ in found])
    return likeness[:, topic] - 0.4 * contrast + 0.05 * np.sqrt(share) - 0.015 * np.abs(length - 3)


def _candidates(messages: Sequence[str]) -> list[tuple[str, float]]:
    """(span, share of the messages that hold it), the most promising first."""
    seen = Counter(stem(word) for message in messages for word in set(words(message)))
    least = 1 if len(messages) < 6 else max(2, 0.01 * len(messages))
    common = {root for root, count in seen.items() if count >= least}
    spans = [{span for clause in _CLAUSE.split(message) for span in _spans(clause, common)} for message in messages]
    everywhere = Counter(span for found in spans for span in found)
    central = Counter(span for found in spans[:CENTRAL] for span in found)
    weight = {span: sum(seen[stem(word)] for word in span.split() if word not in STOP_WORDS) for span in central}
    shared = {span: count for span, count in central.items() if everywhere[span] >= max(2, 0.015 * len(messages))}
    central = Counter(shared) if len(shared) >= 5 else central
    ranked = sorted(central, key=lambda span: (-central[span] * weight[span], span))[:CANDIDATES]
    return [(span, everywhere[span] / len(messages)) for span in ranked]


def _spans(clause: str, common: set[str]) -> list[str]:
    written = [token.strip("'’`´‘").replace("’", "'") for token in _TOKEN.findall(clause)]
    tokens = [token.lower() for token in written]
    found = []
    for start in range(len(tokens)):
        if not _may_begin(tokens[start]):
            continue
        for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
            span = tokens[start:end]
            if not _usable(span[-1], common):
                break
            whole = _may_end(span[-1]) and not _goes_on(written[end - 1 : end + 1])
            if end - start >= 2 and whole and not _NEW_CLAUSE.intersection(pairwise(span)):
                found.append(" ".join(span))
    return found


def _goes_on(last_and_next: Sequence[str]) -> bool:
    """Whether a name would be cut in two here: `top | up`, `San | Jose`."""
    if len(last_and_next) < 2:
        return False
    last, following = last_and_next
    return following.lower() in _ENDING or (last[:1].isupper() and following[:1].isupper())


def _usable(word: str, common: set[str]) -> bool:
    return bool(word) and word.replace("'", "").replace("-", "").isalpha() and all(stem(part) in common for part in words(word))


def _may_begin(word: str) -> bool:
    return word not in STOP_WORDS or word in _BEGINNING


def _may_end(word: str) -> bool:
    return word in _ENDING or (word not in STOP_WORDS and word not in _NO_END)


def _frequent(messages: Sequence[str]) -> list[str]:
    """Where no span qualifies (one-word messages, other scripts): the words that most members share."""
    counts = Counter(w for message in messages for w in set(words(message)) if w not in STOP_WORDS and not w[0].isdigit() and len(w) > 1)
    top = [word for word, count in counts.most_common(3) if count > 1]
    return [" ".join(top[:n]) for n in range(1, len(top) + 1)]


def _distinct(ranked: Sequence[str], taken: Sequence[str]) -> str | None:
    used = {_key(name) for name in taken}
    return next((name for name in ranked if _key(name) not in used), None)


def _key(name: str) -> tuple[str, ...]:
    return tuple(sorted({stem(word) for word in name.split() if word not in STOP_WORDS}))
