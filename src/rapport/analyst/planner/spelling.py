"""Typing errors of a question put right towards the words that questions are made of: "entreprise custmers", "delte", "ratng".

A word is an error where no exemplar, no English word, no word of the lexicon and no name of the tenant is spelled so, and where a word that
many exemplars hold begins with the same letter and is one slip away (two from eight letters on): a letter too many, too few, wrong, or two
that changed places. What follows "about", is quoted or looks like a name stays: it may be a word of the conversations.
"""

import re
from collections import Counter
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.common import common
from rapport.analyst.planner.english import is_english
from rapport.analyst.planner.exemplars import exemplars
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.subject import STOP, SUBJECT_BEFORE
from rapport.analyst.planner.words import stem

SEEN, OFTEN, SHORT_OFTEN = 4, 9, 38
"""Times that a word occurs in the exemplars: to be no error, to be what an error stands for, and the same for up to five letters."""
LEAST, LONG = 4, 8

_WORD = re.compile(r"(?<![\w@./#+-])[A-Za-z]{4,18}(?![\w@#/+-]|\.\w)")
_ALSO = "delete refund tenant tenants jailbreak spanish german french norwegian ticket segment password password upgrade downgrade translate".split()


@cache
def _counted() -> Counter[str]:
    found = Counter(word for exemplar in exemplars() for word in re.findall(r"[a-z]{2,}", exemplar.text.lower()))
    found.update(dict.fromkeys((*_ALSO, *lexicon.vocabulary()), SHORT_OFTEN))
    return found


@cache
def _targets() -> dict[str, tuple[str, ...]]:
    """First letter -> the words that an error may stand for."""
    grouped: dict[str, list[str]] = {}
    for word, times in _counted().items():
        if len(word) >= LEAST and times >= (SHORT_OFTEN if len(word) <= 5 else OFTEN) and word.isalpha():
            grouped.setdefault(word[0], []).append(word)
    return {letter: tuple(sorted(words)) for letter, words in grouped.items()}


def _known(word: str) -> bool:
    return word in common() or word in STOP or _counted()[word] >= SEEN or stem(word) in lexicon.stems() or is_english(word)


def _slipped(typed: str, meant: str) -> bool:
    """Whether `typed` is how fingers miss `meant`: letters left out, doubled or changed about. Another letter in place of one makes
    another word as often ("hall", "half"), and so does an ending."""
    if typed.startswith(meant) or meant.startswith(typed):
        return len(meant) > len(typed) and meant[len(typed) :] not in ("s", "d", "r", "ed", "es", "er")
    if len(typed) < len(meant):
        return True
    if len(typed) == len(meant):
        return sorted(typed) == sorted(meant) or len(typed) >= LONG
    return _single(typed) == _single(meant) or (len(typed) >= LONG and len(typed) == len(meant) + 1) or len(typed) >= LONG + 2


def _single(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def spelled(text: str, names: Names) -> str:
    """`text` with its typing errors put right."""
    quoted = [match.span() for match in re.finditer(r"[\"“'‘][^\"”'’]{2,80}[\"”'’]|\{.*\}", text, re.S)]
    shouted = text.isupper()

    def right(match: re.Match) -> str:
        word = match.group()
        lower = word.lower()
        start = match.start()
        named = word[0].isupper() and not shouted and text[:start].rstrip()[-1:] not in ("", ".", "?", "!", ":")
        if named or _known(lower) or names.knows(lower) or SUBJECT_BEFORE.search(text[:start]):
            return word
        if any(first <= start < last for first, last in quoted):
            return word
        near = process.extract(
            lower,
            _targets().get(lower[0], ()),
            scorer=DamerauLevenshtein.distance,
            score_cutoff=2 if len(lower) >= LONG else 1,
            limit=5,
        )
        likely = [(distance, -_counted()[meant], meant) for meant, distance, _ in near if _slipped(lower, meant)]
        return min(likely)[2] if likely else word

    return _WORD.sub(right, text)
