"""What stands before a request and asks for nothing: what the answer is wanted for, or the thing that "that" points at."""

import re

from rapport.analyst.planner.names import Names
from rapport.analyst.planner.words import split

_OCCASION = re.compile(
    r"^\W*(?:(?:need|want|looking for|something|anything|stuff|material|input|food|quick one|one|this is|it['’]s|that['’]s|a bit|\w+ thing|(?:some|any)thing \w+|nice|good)\W+){0,4}(?:for|in) (?:the|my|our|your|his|her|their|an?|this|that|tomorrow['’]s|today['’]s|tonight['’]s|[a-z]+day['’]s|next week['’]s)\s+(?P<what>[^.?!,;:]{0,60}?"
    r"\b(?:slides?|decks?|presentations?|meetings?|memos?|newsletters?|shout-?outs?|stand-?ups?|posts?|e-?mails?|reviews?|agendas?|briefings?|talks?|keynote|pitch|offsite|all-hands|town hall|retros?|sections?|chapters?|paragraphs?|one-pagers?|pagers?|write-?ups?|posters?|handouts?|minutes|wiki|blog|speech|workshop|budget|audit|roadmap|okrs?|qbr)"
    r"(?: (?:about|on|for|with|covering|regarding|titled|called) [^.?!,;:]{1,40}?)?)\s*(?:[:,;–—]|\s-\s)\s*",
    re.I,
)
"""What the answer is wanted for, before the request: "for the board slide about geography: ..."."""


def without_occasion(text: str, names: Names) -> str:
    """`text` without what the answer is wanted for, where that names nothing of the tenant's."""
    lead = _OCCASION.match(text)
    if lead is None or len(text[lead.end() :].split()) < _LEAST or names.link(lead["what"], split(lead["what"])):
        return text
    return text[lead.end() :]


_LEAST = 3
"""Words that a request has."""
_THAT_OBJECT = re.compile(
    r"\b(?:with|of|like|by|gave|give|gives|given|left|leaves?|handed|hands?|served|awarded|dealt|us|got|get|did|does|do|had|has) (?:us )?(?:that|this|those|these|it|one of (?:those|these))\b(?! (?:week|month|year|day|time|period|product|assistant|bot|model|plan|tool|user|company|account)\b)",
    re.I,
)
_A_VERB = re.compile(
    r"\b(?:is|are|was|were|am|be|has|have|had|do|does|did|will|would|can|could|should|must|may|might|i|we|he|she|they|you|[a-z]+['’](?:s|m|re|ve|ll|d))\b",
    re.I,
)


_PLACE = re.compile(
    r"\b(?:who|which|what)\b[^.?!]{0,30}\b(?:the (?:second|third) one|(?:come|is|rank|stand|end|finish)\w*(?: in| up)* (?:second|third|next)|next in line|right behind|close behind|hot on)\b",
    re.I,
)
_LEADS = re.compile(
    r"\b(?:top|number one|no\.? ?1|first|best|most|biggest|busiest|[a-z]{3,}est|champion|winner|leader|leads?|king|queen)\b", re.I
)


def is_of_a_line(said: str, before: str) -> bool:
    """Whether a request asks for a place in the line whose first the sentence before it names: "... our number one by stars. Who comes second?"."""
    return bool(_PLACE.search(said) and _LEADS.search(before))


def points_at(said: str, before: str) -> bool:
    """Whether "that" of a request is what stands before it and is no sentence: "one star, one star ... who gave us that most often"."""
    return bool(_THAT_OBJECT.search(said)) and _is_fragment(re.split(r",\s", before)[0])


def _is_fragment(said: str) -> bool:
    return not _A_VERB.search(said) and bool(re.search(r"\b(?:[1-5]|one|two|three|four|five)[ -]stars?\b", said, re.I))
