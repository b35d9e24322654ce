"""Figures of the conversations that led to a business event: "chats where they bought an upgrade, how are they rated"."""

import re

from rapport.analyst.planner.asked import EVENT
from rapport.analyst.planner.slots import Slots

_HOLDERS = r"people|users?|customers?|accounts?|clients?|members?|organi[sz]ations?|compan(?:y|ies)|persons?|everyone|everybody|anyone|anybody|someone|somebody|those|folks|leavers|buyers?"
_OF_HOLDERS = re.compile(
    rf"\b(?:{_HOLDERS})\s+(?:who|that|which|having|with)\b.{{0,40}}\b(?:{EVENT})\b|\bwhoever\b.{{0,30}}\b(?:{EVENT})\b|\b(?:{EVENT})\s+(?:{_HOLDERS})\b|\b(?:of|by|from)\s+(?:leavers|buyers|churners)\b",
    re.I,
)


def of_holders(slots: Slots) -> bool:
    """Whether conversations are asked for by who held them ("a chat of someone who cancelled"), not by what they led to."""
    return bool(_OF_HOLDERS.search(slots.text))


_LED_THERE = re.compile(
    rf"\b(?:conversations?|chats?|dialogues?|sessions?|threads?|talks)\W+(?:\w+\W+){{0,2}}?(?:that|which|where|with|when|led|leading|lead|end\w*|follow\w*|result\w*|clos\w*|finish\w*)\b(?:(?!\b(?:by|of|from) ).){{0,50}}\b(?:{EVENT})",
    re.I,
)


def led_there(slots: Slots) -> bool:
    """Whether a figure is asked for of the conversations that led to an event: "chats where they bought an upgrade"."""
    return bool(_LED_THERE.search(slots.text)) and not of_holders(slots)


_TALKS_THAT = re.compile(
    r"\W*(?:(?:the|all|our|those|for|of|in|take|now|and|every)\s+)*(?:chats?|conversations?|dialogues?|sessions?|threads?|talks) (?:where|that|which|with|whose|in which|when|of|ending|led|leading|after|before)\b",
    re.I,
)
_THEY = re.compile(r"\b(?:they|those|these|them|their|it|its)\b", re.I)


def of_such_talks(lead: str, said: str) -> bool:
    """Whether a request only points at the conversations that the words before it tell: "chats where ..., how are they rated?"."""
    return bool(_TALKS_THAT.match(lead) and _THEY.search(said))
