"""Versions of a prompt told without the word: "under the old instructions and under the new", "before and after we reworded it"."""

import re

_OLD = r"(?:old|older|previous|former|earlier|original|first|prior|preceding|last)"
_NEW = r"(?:new|newer|newest|latest|current|present|recent|revised|rewritten|reworded|updated|second)"
_TEXT = r"(?:(?:system |base )?prompts?|instructions?|wordings?|marching orders|orders|system messages?|phrasings?|(?:rule|play)book|briefings?|(?:prompt )?versions?)"
_CHANGED = r"(?:re-?word\w*|re-?wr(?:o|i)t\w*|re-?phras\w*|swapp?\w*|replac\w*|edit\w*|revis\w*|updat\w*|chang\w*|overhaul\w*|tweak\w*|alter\w*|switch\w*|new)"
_PAIR = rf"(?:{_OLD}\b.{{0,90}}\b{_NEW}|{_NEW}\b.{{0,90}}\b{_OLD})\b"
_UNDER = re.compile(rf"\b(?:under|with|on|using|by|during) (?:the |its |our |their |his )?(?:{_OLD}\b.{{0,90}}\b(?:under|with|on|using|by|during) (?:the |its |our |their )?{_NEW}|{_NEW}\b.{{0,90}}\b(?:under|with|on|using|by|during) (?:the |its |our |their )?{_OLD})(?: (?:ones?|{_TEXT}))?\b", re.I | re.S)  # fmt: skip
_BOTH = re.compile(_PAIR, re.I | re.S)
_NOUN = re.compile(rf"\b{_TEXT}\b", re.I)
_AROUND = re.compile(
    rf"\b(?:before\b.{{0,40}}\b(?:after|since)|after\b.{{0,40}}\bbefore)\b.{{0,60}}?(?:{_CHANGED}\b.{{0,40}}\b{_TEXT}|{_TEXT}\b.{{0,30}}\b{_CHANGED})\b",
    re.I | re.S,
)
_ARRIVAL = re.compile(
    rf"\b(?:when|since when|what day|which day|(?:what|which) date|from what|first|date|how long)\b.{{0,60}}\b{_NEW}\b.{{0,25}}\b{_TEXT}\b|\b{_NEW}\b.{{0,25}}\b{_TEXT}\b.{{0,60}}\b(?:first|come in|came in|appear\w*|show up|arriv\w*|take effect|took effect|go live|went live|start\w*|introduc\w*|roll\w* out|in use|in force)\b",
    re.I | re.S,
)
_SINCE = re.compile(
    rf"\b(?:after|since|once|because|when|from when) (?:we|they|the team|you) (?:have |had )?(?:{_CHANGED}|mov(?:ed|ing)|went|upgrad\w*|migrat\w*|roll(?:ed|ing) out|releas\w*|deploy\w*|introduc\w*|ship\w*)\b.{{0,30}}?\b(?:{_TEXT}|v\d)\b"
    rf"|\b(?:after|since) (?:the )?(?:change|switch|move|update|upgrade|rewrite|release|rollout) (?:of|to|in) (?:the |our |its )?(?:{_NEW} )?{_TEXT}\b",
    re.I | re.S,
)
_MOVED = re.compile(r"\b(?:go(?:ne|ing)?|went|better|worse|improv\w*|ris(?:e|en)|rose|drop\w*|f[ae]ll\w*|up|down|chang\w*|differen\w*|effect|impact|help\w*|hurt\w*|pay\w* off|paid off|higher|lower|compare\w*)\b", re.I)  # fmt: skip
"""What a new text did: "did ratings go up after we switched to prompt version 2"."""
_PROMPT = r"(?:system )?(?:prompts?|instructions|wording|marching orders|script|briefing)"
SINCE_WHEN = r"since when|since what (?:day|date)|when (?:did|was|were|has|is)|how long|(?:what|which) (?:day|date)|first (?:used|seen|in use|appear\w*|show\w*)"
OLD_AND_NEW = (
    rf"(?:old|previous|former|earlier|original|first)(?: {_PROMPT}| one)\b.{{0,60}}\b(?:new|current|present|latest|later|second|revised)\b"
    rf"|(?:new|current|present|latest|later|second|revised)(?: {_PROMPT}| one)\b.{{0,60}}\b(?:old|previous|former|earlier|original|first)\b"
    rf"|{_PROMPT}\b.{{0,90}}\b(?:old one|former one|previous one)\b.{{0,60}}\bnew"
)
""" "Under the old wording and under the new one"."""


_NUMBERED = re.compile(
    r"\b(?:(?:prompt )?versions?|prompts?|v\.?) ?(?P<a>\d{1,2})\b(?=.{0,60}?(?:\b(?:and|or|versus|vs|to|with|than|against|then|but)\b|[/,&])(?:.{0,30}?\b(?:on|with|under|versions?|v\.?|prompt|how (?:many|much)))? ?v?(?P<b>\d{1,2})\b(?! ?(?:stars?|%|percent|days?|weeks?|chats|conversations|users|ratings|november|october|\d)))",
    re.I | re.S,
)


def numbered(text: str) -> tuple[str, ...]:
    """The numbers of the versions that are set side by side: "how much ran on prompt version 1 and how much on 2"."""
    told = _NUMBERED.search(text)
    return (told["a"], told["b"]) if told and told["a"] != told["b"] else ()


def sets_wordings_beside(text: str) -> bool:
    """Whether an older and a newer text that an assistant is told to follow are set side by side."""
    return bool(
        _UNDER.search(text)
        or (_NOUN.search(text) and _BOTH.search(text))
        or _AROUND.search(text)
        or (_SINCE.search(text) and _MOVED.search(_SINCE.sub(" ", text)))
    )


def asks_when_new(text: str) -> bool:
    """Whether the day is asked for on which the new text came in."""
    asked = re.search(r"\b(?:when|what day|which day|date|how long|since what)\b", text, re.I)
    return bool(asked and _ARRIVAL.search(text))
