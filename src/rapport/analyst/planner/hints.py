"""Words beside a name that say which kind of thing it is: "user X", "the X tool", "X customers"."""

import re
from collections.abc import Sequence

from rapport.analyst.planner.words import Word

_HINTS = {
    "user": "user customer person buyer student learner shopper mr mrs ms", "organization": "organization company account client org customer organisation firm team",
    "product": "product app assistant bot", "model": "model llm", "tool": "tool function integration call", "segment": "segment cohort", "topic": "topic theme subject",
    "prompt": "prompt", "property": "plan tier customers users people accounts companies clients organizations orgs folks subscribers members shoppers buyers buyer students customer user account crowd lot camp bunch crew gang brigade clientele folk guys bunch riders payers holders tribe ones signups",
    "event_type": "event events",
}  # fmt: skip

_HINT_WORDS = {
    word: kind
    for kind in ("property", "organization", "user", "product", "model", "tool", "segment", "topic", "prompt", "event_type")
    for word in _HINTS[kind].split()
}

_PROPERTY_WORDS = frozenset(_HINTS["property"].split())


def hinted(text: str, window: Sequence[Word]) -> str | None:
    """The kind that the word before or after the window names: "user X", "the X tool", "X customers" (a property value)."""
    after = re.match(r"[\s'’\"-]*(?:s\s)?([\w]+)", text[window[-1].end :])
    before = re.search(r"([\w]+)[\s:'\"“]*$", text[: window[0].start])
    if after and after.group(1).lower() in _PROPERTY_WORDS:
        return "property"
    for match in (after, before):
        word = match.group(1).lower() if match else ""
        for form in (word, word[:-1] if word.endswith("s") else word):
            if form in _HINT_WORDS and (match is after or form not in ("customers", "users", "people")):
                return (
                    next((kind for kind, words in _HINTS.items() if form in words.split() and kind != "property"), "property")
                    if form not in ("plan", "tier")
                    else "property"
                )
    return None
