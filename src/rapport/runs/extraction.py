"""Answers without a language model: the sentences of given sources that answer a question, or none. Pure.

A sentence is scored by how much of the question's content it covers, each word weighted by how rare it is among the sources
(inverse document frequency), plus what the source's own similarity adds where an encoder was used. Numbers and dates get a
bonus where the question asks for one. What scores below FLOOR is not an answer: it is better to say so.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FLOOR = 0.36
"""Least coverage of the question's weighted words for an answer by words alone. A question with one word that the sources know and
one that they do not ("do you ship to Brazil?") lies just above and is answered with what is known; one known word of three is not."""
SIMILAR = 0.55
"""Cosine from which a passage counts as answering in other words (all-MiniLM-L6-v2: paraphrases of a support question lie above,
other subjects of the same trade mostly below)."""

STOP_WORDS = frozenset(
    """
    a about am an and any are as at be been but by can could did do does doing for from had has have how i if in into is it its just let
    like may me might mine my of off on or our ours please shall she should so some tell than that the their them then there these they
    this those to too us was we were what when where which who whom whose why will with would you your yours hi hello hey thanks thank
    know want need get got give show find explain say says said long much many often soon
    """.split()
)
WANTS_NUMBER = re.compile(r"\bhow (?:much|many|long|often|soon|old|far|big)\b|\bwhen\b|\bprice|\bcost|\bnumber\b|\bfee\b|\bdate\b", re.I)
HAS_NUMBER = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|free|daily|weekly|monthly|yearly)\b", re.I)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that may hold the answer. `label` is how it is cited; `similarity` is its cosine to the question, if known."""

    text: str
    label: str
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """An answer in the words of its source. `score` in [0, 1.5] orders extracts of one question."""

    text: str
    label: str
    score: float


def extract(question: str, sources: Sequence[Source], *, limit: int = 2) -> tuple[Extract, ...]:
    """The best sentences, best first, at most one per source; empty where none is good enough."""
    wanted = set(words(question))
    sentences = [(source, sentence, set(words(sentence))) for source in sources for sentence in split(source.text)]
    if not wanted or not sentences:
        return ()
    rarity = _rarity(wanted, (found for _, _, found in sentences))
    total = sum(rarity.values())
    asks_number = bool(WANTS_NUMBER.search(question))
    best: dict[str, Extract] = {}
    for source, sentence, found in sentences:
        covered = sum(rarity[word] for word in wanted & found) / total
        close = source.similarity is not None and source.similarity >= SIMILAR
        if covered < FLOOR and not (close and (covered > 0 or source.similarity >= SIMILAR + 0.1)):  # type: ignore[operator]
            continue
        score = covered + 0.3 * max(0.0, source.similarity or 0.0) + (0.15 if asks_number and HAS_NUMBER.search(sentence) else 0.0)
        if sentence.endswith("?"):
            score -= 0.4  # a question is seldom an answer
        if score > 0 and (source.label not in best or score > best[source.label].score):
            best[source.label] = Extract(sentence, source.label, min(score, 1.5))
    ordered = sorted(best.values(), key=lambda e: -e.score)[:limit]
    return tuple(e for e in ordered if e.score >= 0.75 * ordered[0].score)


def _rarity(wanted: set[str], sentences: Iterable[set[str]]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    n = 0
    for found in sentences:
        counts.update(wanted & found)
        n += 1
    return {word: math.log(1 + n / (0.5 + counts[word])) for word in wanted}


def words(text: str) -> list[str]:
    """Content words, lower case, with plural and verb endings cut."""
    return [_stem(word) for word in re.findall(r"[\w][\w'-]*", text.lower()) if word not in STOP_WORDS]


def _stem(word: str) -> str:
    for ending, least in (("ing", 6), ("ies", 5), ("ed", 5), ("es", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            stem = word[: -len(ending)] + ("y" if ending == "ies" else "")
            return stem.rstrip("e")
    return word.rstrip("e") if len(word) > 4 else word


def split(text: str) -> list[str]:
    """Sentences and lines of a text; a sentence too short to stand alone is kept with the one before."""
    pieces = [piece.strip() for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z\"'(\d])|\n+", text) if piece.strip()]
    joined: list[str] = []
    for piece in pieces:
        if joined and len(piece.split()) < 3:
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    return joined
