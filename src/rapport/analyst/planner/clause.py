"""A clause of everyday words that says what is looked for: "people who could not log in"."""

import re
from collections.abc import Sequence, Set

from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.small_talk import TURNS_OF_PHRASE
from rapport.analyst.planner.words import Word, split

_CLAUSE = re.compile(
    r"\b(?:people|users?|customers?|someone|somebody|anyone|person|buyers?|shoppers?|students?|clients?|folks|conversations?|chats?|dialogues?|sessions?|transcripts?|threads?|talks?|exchanges?|cases?|those|they|one|ids?)\s+(?:who|whom|whose|where|that|in which)\s+(?:(?:(?:an?|the|some|our|one)\s+)?(?:people|users?|customers?|someone|somebody|anyone|persons?|buyers?|shoppers?|students?|clients?|folks|visitors?|learners?|members?|callers?|guests?|patients?|agents?|bots?|assistants?|ai|model)\s+)?(?P<rest>[^?!;.,]{4,80})", re.I
)  # fmt: skip

_SMALL = frozenset(
    "could can not did do does have has had was were is are be been being the a an to in on at for of with get got they their it its this that these we us our my me i you and or but so as by from".split()
)


_DEGREES = frozenset(
    "really very so quite rather pretty totally completely utterly terribly horribly absolutely just all super extremely properly thoroughly particularly especially kind sort".split()
)
FAILS = r"(?:where|in which|when|that|who) (?:[\w'’]+ ){0,4}?(?:(?:can|could|did|do|does|was|were|would|has|have|had|is|are) ?not|\w+n['’]t|never|wrong(?:ly)?|unable)"
"""A clause that tells what went wrong is looked for as a whole: "where the bot did not know the answer"."""


def clause_of(slots: Slots, spans: Sequence[tuple[int, int]], keys: Set[str], kept: Sequence[Word]) -> str:
    """A clause of everyday words that says what is looked for: "people who could not log in". It holds the words `kept`."""
    match = _CLAUSE.search(slots.text)
    if not match or not all(match.start("rest") <= word.start < match.end("rest") for word in kept):
        return ""
    stop = min([start for start, end in spans if start >= match.start("rest")] + [match.end("rest")])
    rest = slots.text[match.start("rest") : stop].strip(" ,")
    if stop < match.end("rest"):
        rest = re.sub(r"\s+(?:at|in|on|for|from|of|by|with|to|and|or)$", "", rest)
    if slots.thresholds and re.search(r"\d|\bstars?\b|\b(?:one|two|three|four|five)$", rest):
        return ""
    inside = [word for word in split(rest) if word.lower not in _SMALL and word.lower not in keys]
    inside = [word for word in inside if not TURNS_OF_PHRASE.search(rest)]
    judged = [hit for hit in slots.hits if hit.kind == "polarity" and match.start("rest") <= hit.start < stop]
    inside = [word for word in inside if word.lower not in _DEGREES] if judged else inside
    if judged and len(inside) - len(judged) < 2:
        return ""  # "that were bad"
    return rest if inside and stop - match.start("rest") > 5 else ""
