"""Ratings that are told by their number of stars: "a four or a five", "one or two stars", "fives", "three stars or better"."""

import re

from rapport.analyst.planner.days import NUMBERS
from rapport.analyst.planner.slots import Threshold

_MARKS = r"stars?|marks?|ratings?|rated?|scor(?:es?|ed|ing)|votes?|grades?|graded|reviews?|csat|raters?"
_VALUE = r"(?:[1-5](?![\d.,]*\d)|one|two|three|four|five)"
_STARRED = r"(?:[\s-]*(?:stars?|\*+|★+)(?!\w))"
_A = r"(?:an?\s+|only\s+|just\s+|even\s+|merely\s+|either\s+)*"
_SAID = r"\b(?:is|are|was|were|be|being|been|rated|scored|scoring|marked|graded|g[ai]ve|gives|given|giving|got|gets|getting|(?:press|click|tapp?|pick|select|award|submit|punch|choos|chos)\w*(?: most often| mostly| usually)?|hits?|hitting|left|leaves|us|it|them|of|as|with|at|either|between|from|for|(?:marks?|ratings?|scores?|votes?|grades?)\s*[(:,]?)\s*"
_ENDS = r"(?=\s*(?:$|[?.!,;:)]|(?:on|for|in|from|at|as|to|among|during|over|since|by|that|which|when|vs|versus|did|do|does|per)\b))"
_LIST = re.compile(
    rf"(?P<said>{_SAID})?{_A}(?<![\w.,])(?P<a>{_VALUE})(?P<sa>{_STARRED})?-?\s*(?P<join>,|/|&|-|–|or|and|to|through|up to)\s*{_A}(?P<b>{_VALUE})(?P<sb>{_STARRED})?"
    rf"(?:\s*,?\s*(?:or|and)\s+{_A}(?P<c>{_VALUE})(?P<sc>{_STARRED})?)?(?P<noun>[\s-]*(?:{_MARKS})\b)?(?P<end>{_ENDS})?(?![\w%])",
    re.I,
)
_SO_MANY = r"(?:more|fewer|less|over|up)\s+(?:times|occasions|conversations?|chats?|sessions?|threads?|dialogues?|users?|people|customers?|ratings|reviews|votes|days|weeks)\b"
""" "Two or more times": how often, and no number of stars."""
_BOUND = re.compile(
    rf"(?<![\w.,])(?P<a>{_VALUE})(?P<starred>{_STARRED})?[\s-]+(?:or|and)[\s-]+(?(starred)|(?!{_SO_MANY}))(?:(?P<down>less|lower|below|under|worse|fewer|down|downwards?)|more|higher|above|better|up|upwards?|over)\b(?!\s+(?:\d|one|two|three|four|five))",
    re.I,
)
_SIGNS = {"above": ">", "over": ">", "more than": ">", "higher than": ">", "better than": ">", "at least": ">=", "below": "<", "under": "<", "less than": "<", "lower than": "<", "worse than": "<", "at most": "<="}  # fmt: skip
_BOTH = re.compile(
    rf"\b({'|'.join(_SIGNS)})\s+(?P<a>{_VALUE})(?:{_STARRED})?\s*,?\s*(?:and|but|yet|or)\s+(?:also |still )?({'|'.join(_SIGNS)})\s+(?P<b>{_VALUE})",
    re.I,
)
"""Two bounds at once, which may leave nothing between them: "above 4 and below 2"."""
_ONE = re.compile(rf"{_SAID}an?\s+(?P<a>{_VALUE})(?:{_STARRED})?{_ENDS}", re.I)
_RATED = re.compile(
    rf"\b(?:rated|rates?|gave|gives?|given|giving|scored|scores?|marked|graded|awarded|handed)\s+(?:us|it|them|him|her|this|that)\s+{_A}(?P<a>{_VALUE})(?:{_STARRED})?{_ENDS}",
    re.I,
)
_NOUNS = r"(?:marks?|scores?|grades?|ratings?|stars?|votes?)"
OF_RATINGS = re.compile(
    r"\b(?:(?P<op>at least|no (?:less|fewer) than|a minimum of|minimum|more than|over|exactly)\s+(?P<n>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)"
    r"|(?P<m>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\s*(?:\+|or more|and more|or above|plus))\s+(?:star )?(?:ratings|reviews|votes|scores given)\b(?! (?:of|or|above|below))"
    r"|\b(?P<k>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:ratings|reviews|votes)\s*,?\s*(?:(?:or|and)\s+(?:more|up|over|above)\b(?! (?:of|than))|(?:at (?:the )?(?:very )?least|(?:as (?:a|the) )?minimum|and upwards)\b)",
    re.I,
)
"""How many ratings each of a list must have: "users with at least five ratings"."""
_UTMOST = re.compile(
    rf"\b(?:(?:full|perfect|maximum|max|clean) (?:five|5)(?:{_STARRED})?{_ENDS}|(?:full|perfect|straight|glowing|clean) (?:fives|5s)(?!\w)"
    rf"|(?:full|perfect|maximum|max|(?:highest|best|top) possible) {_NOUNS}\b|top marks\b)",
    re.I,
)
_LEAST = re.compile(
    rf"\b(?:(?:lowest|worst|poorest|bottom|minimum) (?:possible {_NOUNS}|{_NOUNS} (?:there is|possible|you can give|on offer|available))|bottom marks?)\b",
    re.I,
)
_OUT_OF = re.compile(
    rf"(?<![\w.,])(?P<a>{_VALUE})(?: stars?)? out of (?:five|5)\b(?! (?:{_NOUNS} (?:are|were|is)\b|chats?|conversations?|users?|people))(?: stars?)?(?P<more> (?:or|and) (?:more|better|above|higher|up))?(?P<less> (?:or|and) (?:less|worse|below|lower))?|\b(?:(?:five|5) of (?:five|5)|5/5)(?![\w/])",
    re.I,
)
"""The scale told with it, or an end of the scale told as such: "4 out of 5", "top marks", "the full five", "the lowest possible grade"."""
WHOLE = re.compile(r"\b(?:ones?|1s?)(?:[- ]stars?)? ?(?:to|-|–|through) ?(?:fives?|5s?)(?:[- ]stars?)?\b", re.I)
"""The whole scale, which bounds nothing: "the split of one to five stars"."""
_PLURALS = {"ones": 1, "twos": 2, "threes": 3, "fours": 4, "fives": 5}
_PLURAL = re.compile(
    rf"(?<!in )\b(?P<a>{'|'.join(_PLURALS)})(?:\s*(?:,|/|&|or|and|to)\s*(?P<b>{'|'.join(_PLURALS)}))?\b", re.I
)  # fmt: skip


def ratings_told(text: str) -> list[Threshold]:
    """The rating that is asked for as one threshold or two; empty where the number of stars is not told in such a way."""
    if told := _on_the_scale(text):
        return told
    marks = re.search(rf"\b(?:{_MARKS})\b|★", text, re.I)
    if marks and (match := _BOTH.search(text)):
        return [Threshold("rating", _SIGNS[match.group(at).lower()], _value(match.group(value))) for at, value in ((1, "a"), (3, "b"))]
    for match in _LIST.finditer(text) if marks else ():
        starred = match.group("noun") or any(match.group(group) for group in ("sa", "sb", "sc"))
        if starred or (match.group("said") and match.group("end") is not None):
            values = sorted({_value(match.group(group)) for group in "abc" if match.group(group)})
            spans = values[-1] - values[0] == len(values) - 1 or match.group("join").lower() in ("-", "–", "to", "through", "up to")
            between = (match.group("said") or "").strip().lower() in ("between", "from")
            if spans or between:
                return _within(values[0], values[-1])
    if marks and (match := _BOUND.search(text)):
        value = _value(match.group("a"))
        return [Threshold("rating", "<=" if match.group("down") else ">=", value)]
    if match := (marks and _ONE.search(text)) or _RATED.search(text):
        return [Threshold("rating", "=", _value(match.group("a")))]
    for match in _PLURAL.finditer(text):
        values = sorted(_PLURALS[word.lower()] for word in match.groups() if word)
        if values != [1]:  # "the old ones"
            return _within(values[0], values[-1])
    return []


def _on_the_scale(text: str) -> list[Threshold]:
    if match := _OUT_OF.search(text):
        operator = ">=" if match.group("more") else "<=" if match.group("less") else "="
        return [Threshold("rating", operator, _value(match.group("a") or "5"))]
    if _UTMOST.search(text):
        return [Threshold("rating", "=", 5.0)]
    return [Threshold("rating", "=", 1.0)] if _LEAST.search(text) else []


def _value(word: str) -> float:
    return float(NUMBERS.get(word.lower(), word))


def _within(low: float, high: float) -> list[Threshold]:
    if low == high:
        return [Threshold("rating", "=", float(low))]
    if low <= 1:
        return [Threshold("rating", "<=", float(high))]
    return [Threshold("rating", ">=", float(low)), *([Threshold("rating", "<=", float(high))] if high < 5 else [])]
