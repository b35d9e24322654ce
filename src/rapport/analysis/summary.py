"""One or two sentences of a conversation in its own words: what the user wanted, and how it ended. Nothing is invented."""

import re
from collections.abc import Sequence
from typing import Literal

from rapport.analysis.terms import STOP_WORDS, words
from rapport.analysis.topics import strip_courtesy

Role = Literal["user", "assistant"]

LONGEST = 180
"""Characters of one quoted sentence; longer ones are cut at a word."""

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WISH = re.compile(
    r"\?|n't\b|\b(?:how|why|where|when|what|which|can|could|cannot|need|want|would like|please|help|problem|issue|error|fail\w*|wrong|not"
    r"|looking for|trying|lost|stolen|refund|cancel\w*|change|broken|missing)\b",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"\b(?:anything else|something else|help you (?:with|today)|assist you|have a (?:great|good|nice|wonderful|lovely)"
    r"|you'?re (?:very )?welcome|my pleasure|glad (?:i could|to)|happy to help|thank(?:s| you)|goodbye|bye|take care|let me know if"
    r"|feel free|that(?:'s| is| will be) (?:all|it)|enjoy (?:your|the)|see you|no problem|of course|certainly)\b",
    re.IGNORECASE,
)


def summarise(turns: Sequence[tuple[Role, str]]) -> str:
    """`“What the user wanted.” It ended with the assistant: “What was said last.”` - empty where no user said anything.

    turns: (role, content) of the chat messages in order.
    """
    wanted = _wanted([text for role, text in turns if role == "user"])
    if not wanted:
        return ""
    closing = _closing(turns[1:])
    if closing is None or closing[1] == wanted:
        return f"“{wanted}”"
    return f"“{wanted}” It ended with the {closing[0]}: “{closing[1]}”"


def _wanted(said: Sequence[str]) -> str:
    """The sentence among the user's first messages that asks for most: it has a wish in it, and the most words with a meaning."""
    sentences = [(position, sentence) for position, text in enumerate(said[:3]) for sentence in _sentences(text)]
    if not sentences:
        return ""
    return max(sentences, key=lambda item: _weight(item[1]) / (1 + 0.5 * item[0]))[1]


def _closing(turns: Sequence[tuple[Role, str]]) -> tuple[Role, str] | None:
    """The last sentence that is more than politeness, and who said it."""
    for role, text in reversed(turns[-6:]):
        telling = [sentence for sentence in _sentences(text) if not _BOILERPLATE.search(sentence) and _content(sentence) >= 2]
        if telling:
            return role, max(telling, key=_content)
    return None


def _sentences(text: str) -> list[str]:
    parts = (" ".join(part.split()) for part in _SENTENCE.split(strip_courtesy(text)))
    return [_shortened(part) for part in parts if any(char.isalpha() for char in part)]


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rsplit(" ", 1)[0] + "…"


def _weight(sentence: str) -> float:
    return min(_content(sentence), 8) + (3 if _WISH.search(sentence) else 0)


def _content(sentence: str) -> int:
    return len({word for word in words(sentence) if word not in STOP_WORDS}) or (1 if sentence else 0)
