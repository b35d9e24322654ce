"""Whether words that are a segment's name stand for it: "happy users" is said every day, and mostly names no segment."""

import re
from collections.abc import Callable, Sequence

from rapport.analyst.planner.lexicon import vocabulary
from rapport.analyst.planner.words import Word
from rapport.analytics.lexicon import Name

_MAKING = re.compile(
    r"\b(?:create?|make|build|define|set up|save|add|form|put together|new|turn|collect|gather|store|keep|bundle|assemble|group)\b.{0,60}\b(?:seg[emnt]{3,5}|cohort|audience)s?\b|^\W*(?:segment|cohort)(?: (?:please|pls|plz))?(?: (?:of|for|from|where|with)\b|\s*(?:[:,]|->|→|=>|[–—]| - ))|\b(?:in|into|as|to) an? (?:\w+ )?(?:seg[emnt]{3,5}|cohort|audience)\b"
    r"|\b(?:put|collect|gather|keep|save|store|bundle|group|lump|have)\b.{0,60}\b(?:in|into|under) (?:an?|one|the same|a single) (?:\w+ )?(?:bucket|basket|pool|group|roof|umbrella)\b|(?:->|→|=>)\s*(?:an? |new )*(?:seg[emnt]{3,5}|cohort|audience)\b",
    re.I,
)
_SEGMENT_AFTER = re.compile(r"[\s\"'”’]*(?:segment|cohort)s?\b", re.I)
_SEGMENT_BEFORE = re.compile(r"(?:\b(?:segment|cohort)s?\s+(?:of\s+|called\s+|named\s+)?(?:the\s+)?[\"'“‘]?|[\"“])$", re.I)
_GROUP_WORDS = frozenset(
    "of them all those these they it him her us you the a an our my and or who that with in on for from to users user people customers customer clients accounts everyone everybody buyers members plan only".split()
)
"""Words that any question may hold: a segment that is called by them, or by the value of a property, is linked only as a name."""
_NUMBERS = frozenset("one two three four five single ones".split())
"""With words of the lexicon: a segment called "One star" is no rating that a question names."""
_MEMBERS_OF = re.compile(
    r"\b(?:(?:everybody|everyone|all|users?|people|those|customers?|members?|anyone|anybody|persons?|who (?:is|are|sits?))(?: (?:of us|who (?:is|are)|that (?:is|are)))?(?: (?:not|also|both))? (?:in|from|inside|within|of|outside)|members? of|the segment) (?:the |our )?[\"“'‘]?$",
    re.I,
)
_NAMES_ONE = re.compile(r"\b(?:in|of|from|for|within|inside|compare|versus|vs\.?|and|than|with|by|do|are|is|did|about|the|our)\s+$", re.I)
_QUOTED = re.compile(r"[\"“'‘]$")
_RANKED = re.compile(
    r"\b(?:top|first|biggest|largest|busiest|heaviest|leading|number one|bottom|main|\d+|two|three|four|five|six|seven|eight|nine|ten|which|whose|any|an?|most|list|name|show)(?: (?:me|us|of|the|our|are|is|who|\d+|two|three|five|ten|biggest|real|true))*\s+$",
    re.I,
)
"""Before a group that is to be found, not one that is kept: "top five power users"."""
_EVERYDAY_SEGMENTS = frozenset(
    ("happy users", "unhappy users", "churn risk users", "biggest opportunity", "safety concerns", "feature gaps")
)


def stands_as_segment(name: Name, text: str, window: Sequence[Word], segments: Sequence[Name], is_value: Callable[[str], bool]) -> bool:
    """A stock segment's name is said every day ("our unhappy users"), and so is one of everyday words ("of them"): it is one beside the
    word segment, in quotes, with capitals, by its preset id, or where another segment is named in the same comparison. Names that hold a
    word of their own stand for themselves. `is_value` tells the values of properties ("enterprise users")."""
    start, end = window[0].start, window[-1].end
    if _MAKING.search(text):  # words of the new segment's own rules, unless its members are in that one
        capitals = all(word.text[:1].isupper() for word in window) or bool(_QUOTED.search(text[:start]))
        return bool(capitals and _MEMBERS_OF.search(text[:start]) and text != text.title())
    if _RANKED.search(text[:start]) and not _SEGMENT_AFTER.match(text[end:]):
        return False  # "top five power users, most chats first"
    if _SEGMENT_AFTER.match(text[end:]) or _SEGMENT_BEFORE.search(text[:start]) or text[start:end].lower() in (name.id, *name.also):
        return True
    if len(window) == 1 and text[start].isupper() and text[:start].strip() and text != text.title():
        return name.text.casefold() == window[0].lower and bool(_NAMES_ONE.search(text[:start]))  # "who is in Leavers"
    words = [word.lower for word in window]
    counted = bool(_NUMBERS & set(words)) and all(word in _NUMBERS or word in vocabulary() for word in words)
    everyday = counted or name.text.casefold() in _EVERYDAY_SEGMENTS or all(word in _GROUP_WORDS or is_value(word) for word in words)
    if len(window) > 1 and (all(word.text[:1].isupper() for word in window) or not everyday):
        return True
    others = [other for other in segments if other is not name and other.text.casefold() in text.casefold()]
    others = [other for other in others if name.text.casefold() not in other.text.casefold()]
    others = [other for other in others if other.text.casefold() not in name.text.casefold()]
    return bool(others) and len(window) > 1 and re.search(r"\b(?:compare|versus|vs\.?|against|than)\b", text, re.I) is not None
