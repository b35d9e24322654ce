"""Missing capabilities: the assistant says that it, or the product, cannot do what was asked. English wordings.

"There are no tables at eight" is a result, not a missing capability; "I can't make reservations" is one. Offers of the user ("can you
add dark mode?") count as half: a wish is not yet a refusal.
"""

import re
from collections.abc import Iterator, Sequence

from rapport.analysis.dialogue import Dialogue
from rapport.domain.analysis import Evidence

DETECTED_AT = 0.6
REFUSED = re.compile(
    r"\b(?:(?:i|we)(?:['’]m| am|['’]re| are)? (?:can ?not|can['’]?t|unable to|not able to|don['’]?t (?:currently )?have (?:the )?(?:ability|access|option|feature|capability)"
    r"|do not (?:currently )?have (?:the )?(?:ability|access|option|feature|capability)|(?:don['’]?t|do not) (?:currently )?(?:support|offer|provide)|can only (?:help|assist|answer))"
    r"(?! (?:find|see|locate|wait|thank|say|stress|tell for sure|be sure|apologi[sz]e|imagine|hear|reproduce|tell you (?:more|much|exactly)|share my|act outside|do (?:that|it|this)|(?:book|make|reserve|schedule|get|set|place|complete|buy|purchase|confirm|do) (?:it|that|this|the|an?|you|your|any|another)\b))"
    r"|(?:is|are)(?:n['’]?t| not) (?:currently |yet |something (?:i|we) )?(?:support(?:ed)?|possible (?:to|in|with|through|for me)|a feature|implemented|part of (?:the|our))"
    r"|(?:that|this|the) (?:feature|option|integration|function(?:ality)?)(?: \w+){0,3} (?:does(?:n['’]?t| not) exist|is(?:n['’]?t| not) available|is not yet)"
    r"|(?:beyond|outside) (?:of )?(?:my|our|the) (?:scope|capabilit(?:y|ies)|abilit(?:y|ies))|not (?:yet )?supported|there(?:['’]s| is) no (?:way|option|setting|feature|support) (?:to|for|that))",
    re.IGNORECASE,
)
FOR_NOW = re.compile(r"\b(?:at the moment|right now|just now|today|for (?:that|this|the requested) (?:time|date|day))\b", re.IGNORECASE)
WISHED = re.compile(
    r"\b(?:feature request|(?:would be|it['’]d be) (?:nice|great|good|helpful) (?:if|to have)|(?:wish|hope) (?:you|it|there|the app) (?:had|could|would|was|were)"
    r"|(?:can|could|will) you (?:please )?(?:add|support|implement|integrate with|build)|do(?:es)? (?:you|it|this|the app) (?:support|integrate with)|why (?:is there no|isn['’]?t there|don['’]?t you (?:have|support)))",
    re.IGNORECASE,
)


def missing(dialogue: Dialogue) -> list[Evidence]:
    """Where a capability was missing; strength 0..1."""
    return [*_refusals(dialogue), *_wishes(dialogue)]


def flags(found: Sequence[Evidence]) -> frozenset[str]:
    """`missing_capability_detected` where one is sure enough."""
    return frozenset({"missing_capability_detected"} if any(item.strength >= DETECTED_AT for item in found) else ())


def _refusals(dialogue: Dialogue) -> Iterator[Evidence]:
    for reply in dialogue.replies:
        hit = REFUSED.search(reply.masked)
        if hit:
            start, end = _sentence(reply.masked, hit.start(), hit.end())
            if FOR_NOW.search(reply.masked[start:end]):
                continue
            yield Evidence("missing capability", reply.seq, start, end, reply.masked[start:end], 0.8)


def _wishes(dialogue: Dialogue) -> Iterator[Evidence]:
    for turn in dialogue.turns:
        hit = WISHED.search(turn.user.masked)
        if hit:
            start, end = _sentence(turn.user.masked, hit.start(), hit.end())
            yield Evidence("wished capability", turn.user.seq, start, end, turn.user.masked[start:end], 0.4)


def _sentence(text: str, start: int, end: int, longest: int = 240) -> tuple[int, int]:
    """The sentence around a hit, without the white space at its edges."""
    begin = max(text.rfind(mark, max(0, start - longest), start) for mark in ".!?\n") + 1
    begin = max(begin, start - longest, 0)
    stops = [place for mark in ".!?\n" if (place := text.find(mark, end, end + longest)) >= 0]
    finish = min(stops) + 1 if stops else min(len(text), end + longest)
    part = text[begin:finish]
    return begin + len(part) - len(part.lstrip()), begin + len(part.rstrip())
