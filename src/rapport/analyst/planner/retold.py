"""A request that only points at what the sentence before it says that people say."""

import re

from rapport.analyst.planner.words import sentences

_MENTIONS_IT = re.compile(
    r"(?P<verb>\b(?:mention\w*|brings? (?:it )?up|(?:talk|complain|moan|grumble|write|ask|chat)(?:s|ed|ing)?(?: \w+)? about|(?:are|were|is|was) about|discuss\w*|sa(?:y|ys|id)))\s+(?:exactly |just )?(?:that|this|it|so)\W*$",
    re.I,
)
_THEY_SAY = re.compile(
    r"^\W*(?:(?:and|but|so|some|many|apparently|the|our|most|a few) )*(?:people|users?|customers?|clients?|folks|they|everyone|everybody|someone|somebody|teachers|students|i (?:keep|kept) hear\w*|i(?:['’]m| am) told|i (?:hear|heard)|(?:rumou?r|word) has it) ?(?:(?:keep|kept|are|have been|do|always|often) )*(?:say\w*|said|claim\w*|complain\w*|moan\w*|tell\w*(?: me| us)?|grumbl\w*|report\w*|write|wrote|think)? ?(?:that |about )?",
    re.I,
)


def told_in_full(text: str) -> str:
    """ "People say the app is slow. How many chats mention that?" asks for chats that mention the app is slow."""
    *before, (start, end) = sentences(text) or [(0, 0)]
    it = _MENTIONS_IT.search(text[start:end])
    said = text[slice(*before[-1])].strip(" .!;") if before else ""
    if not it or not (told := _THEY_SAY.match(said)) or not said[told.end() :].strip():
        return text
    return f"{text[start:end][: it.start()].strip()} {it['verb']} {said[told.end() :]}?"
