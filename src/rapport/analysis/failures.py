"""Replies that left the user without what was asked for: something failed, was misunderstood, or was searched for and not found.

A fact is no failure: to "is there a pool?", "no, there is no pool" is the answer; to "find me a hotel with a pool", "there are none" is
an empty search. What the user asked decides, since the reply reads the same.
"""

import re
from typing import NamedTuple

from rapport.analysis import phrases
from rapport.analysis.dialogue import Utterance

MISUNDERSTOOD, FAILED, NOTHING_FOUND = "misunderstood", "failed reply", "nothing found"
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]?")
_ASKED_ABOUT = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|and|so|also|great|good|thanks|thank you|but|then|yes|no|well)\W+)*"
    r"(?:is|are|does|do|did|was|were|has|have|will|what(?:['’]s| is| are)|how (?:many|much|far|long|late|old|big)"
    r"|(?:(?:can|could) you )?(?:please )?(?:tell me|check|confirm|find out|see|i (?:also |just )?(?:need|want) to know|i(?:['’]d| would) like to know|i wonder) (?:if|whether))\b",
    re.IGNORECASE,
)
"""A question about a thing: "does it have", "is there", "can you tell me whether"."""
_OF_SOME_KIND = re.compile(r"\bthere (?:\w+ )?(?:any|another|other|others|anything)\b|\bdo you have (?:any|another|other)\b", re.IGNORECASE)
"""Turns a question about a thing into a search: "is there any other hotel?"."""
_IN_A_SEARCH = re.compile(
    r"\b(?:match\w*|criteria|that (?:fit|meet|suit|have|serve|offer)\w*|your (?:request|search|price range|budget)|with th(?:at|ose|ese) \w+|near(?:by)?"
    r"|in (?:the|that|this|your) (?:\w+ )?(?:area|part|city|town|region|cent(?:re|er)|north|south|east|west|vicinity)|(?:on|at|for) (?:that|this) (?:day|date|time)|(?:on|this|next) \w+day)\b",
    re.IGNORECASE,
)
"""How a reply speaks of a search rather than of one thing."""


class Failure(NamedTuple):
    """Which kind, and the words that say so (offsets in the reply)."""

    signal: str
    start: int
    end: int
    text: str


def find(reply: Utterance | None, asked: Utterance | None) -> Failure | None:
    """How a reply failed the user's message before it (None: nobody asked); None where it did not."""
    if reply is None:
        return None
    for signal, pattern in ((MISUNDERSTOOD, phrases.MISUNDERSTOOD), (FAILED, phrases.FAILURE), (NOTHING_FOUND, phrases.NOTHING_FOUND)):
        if hit := pattern.search(reply.masked):
            return Failure(signal, hit.start(), hit.end(), hit[0])
    for hit in phrases.ABSENT.finditer(reply.masked):
        if _IN_A_SEARCH.search(_SENTENCE.match(reply.masked, hit.start())[0]) or (asked is not None and searches(asked.masked)):  # type: ignore[index]
            return Failure(NOTHING_FOUND, hit.start(), hit.end(), hit[0])
    return None


def searches(said: str) -> bool:
    """Whether a message looks for something to be had, or has it done, and asks nothing about a thing: then what is not there fails it."""
    sentences = [sentence for sentence in _SENTENCE.findall(said) if sentence.strip()]
    if any(_ASKED_ABOUT.search(sentence) and not _OF_SOME_KIND.search(sentence) for sentence in sentences):
        return False
    return any(phrases.SEARCHING.search(sentence) or phrases.ACCEPT.search(sentence) for sentence in sentences)
