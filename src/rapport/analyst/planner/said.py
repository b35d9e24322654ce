"""What people are told to have said: quoted, greeted with, or called by its number."""

import re
from collections.abc import Sequence

from rapport.analyst.planner.slots import Slots

_TELLS_BEFORE = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|writ(?:e|es|ing)|wrote|written|mention\w*|words?|phrases?|contain\w*|about|typ(?:e|es|ed|ing)|ask\w* for|holds?|holding|with)\W{0,3}$",
    re.I,
)


_GREETS = re.compile(
    r"\b(?:say|says|said|saying|write|writes|wrote|type|types|typed)(?: us| the word| a)? (?P<said>thanks|thank you|thank-you|sorry|hello|please|goodbye|bye|wow|hi|good morning)\b",
    re.I,
)
"""What people say that a request is made of as well: "how often do users say thanks"."""


def told_in_quotes(slots: Slots) -> str:
    """What is quoted as said by people, however plain its words: chats in which users say “thank you”."""
    told = next((quote for quote in slots.quoted if _TELLS_BEFORE.search(slots.text[: slots.text.find(quote)])), "")
    if not told and not slots.quoted and (numbered := A_NUMBER.search(slots.text)):
        return numbered.group()
    greeted = None if told or slots.quoted else _GREETS.search(slots.text)
    return greeted["said"] if greeted else told


A_NUMBER = re.compile(
    r"\b(?:order|invoice|booking|reservation|parcel|package|shipment|delivery|claim|payment|transaction|contract|bill|polic[ey]|receipt|purchase)s?(?: (?:number|no\.?|nr\.?|id))?\s*#?\s?\d{3,12}\b(?! (?:users|chats|conversations|times))",
    re.I,
)
"""One thing that people write of by its number: "order 4711"."""


def asks_of_a_number(slots: Slots) -> bool:
    """ "What happened with order 4711?": the conversations that speak of it."""
    return bool(A_NUMBER.search(slots.text)) and not slots.says(
        r"how many|how often|number of|why|tickets?|segment|quotes?|verbatims?|refund|cancel|delete|send|resend"
    )


def sought_instead(slots: Slots, intent: str, events: Sequence[str]) -> str:
    """ "How many asked for a discount since October": no kind of event, so that what they say is looked for."""
    if intent != "outcomes" or events or not (slots.framed and slots.subject):
        return intent
    return "count" if slots.says("how many|how often|number of|count|any ?(?:one|body)") else "quotes"
