"""The numbers of a question: how many rows are wanted ("top 5"), which one ("the second"), and thresholds ("rated below 3")."""

import re
from collections.abc import Sequence

from rapport.analyst.planner import days
from rapport.analyst.planner.slots import Threshold
from rapport.analyst.planner.stars import OF_RATINGS, WHOLE, ratings_told

_NUMBER = "|".join(
    word for word in days.NUMBERS if word not in ("a", "an", "few", "several", "couple", "a few", "couple of", "a couple of")
)

_LIMIT = re.compile(
    rf"(?:top|bottom|first|worst|best|last|latest|newest|give me|show me|list|name|find|get|pull|need|want|any|quote|cite|pick)\s+(?:the\s+|me\s+|us\s+|my\s+|top\s+|up to\s+|at least\s+)*(\d{{1,3}}|{_NUMBER})\b(?!\s*(?:days?|weeks?|months?|quarters?|years?|hours?|stars?|%|percent|-star))"
    rf"|(?<!\bis )\b(\d{{1,2}}|{_NUMBER})\s+(?:most|least|worst|best|(?!rest\b|test\b|guest|request)\w{{3,}}est|happiest|unhappiest|angriest|busiest|chattiest|biggest|highest|lowest|examples?|quotes?|conversations?|chats?|transcripts?|dialogues?|users?|people|customers?|accounts?|companies|organi[sz]ations?|orgs|topics?|tools?|products?|sessions?|ids?|comments?|things?|reasons?)\b",
    re.I,
)  # fmt: skip

_SOME_TALKS = re.compile(
    rf"(?<![\w-])(\d{{1,2}}|{_NUMBER}|(?:a )?couple(?: of)?)\s+(?:(?!(?:of|by|with|in|on|per|and|or|for|from|vs|that|which|who|whose|stars?|days?|weeks?|months?|years?|hours?|times|to|more|out|plus)\b)[\w'’&-]+\s+){{1,4}}?"
    r"(?:conversations|chats|convos|transcripts|dialogues|dialogs|sessions|threads|talks|exchanges|interactions|ids|quotes|verbatims|remarks|comments|examples)\b"
    rf"|(?<![\w-])(\d{{1,2}}|{_NUMBER}|(?:a )?couple(?: of)?)\s+(?:threads|talks|exchanges|interactions|verbatims|remarks|voices|citations|quotes|chats|conversations|lines|examples|transcripts|ids|comments)\b",
    re.I,
)
""" "Two Juniper Cover sessions", "three angry chats"."""

_OF_THEM = re.compile(
    rf"(?:^|[?.!,;:–-]|\b(?:give|show|quote|cite|name|list|read|see|pick)(?: me| us)?) *(?:just |only |any )?(\d{{1,2}}|{_NUMBER}) of (?:them|those|these)(?: (?:please|pls|will do|is enough|are enough))?\W*$",
    re.I,
)
""" "What do people write under a bad rating? Two of them."."""

_ONE_THAT = re.compile(r"(?:top|bottom|first|worst|best|last) one", re.I)
"""No number: "with the best one at the top"."""

_NOT_A_LIMIT = re.compile(
    r"(?:than|least|over|under|above|below|below|more|fewer|exactly|rated|with|of the|by|has|have|had|in|longer|after|before|gave)\s*$",
    re.I,
)


_AT_THE_END = re.compile(
    rf"\b(?:conversations|chats|convos|transcripts|sessions|threads|talks|quotes|verbatims|ids|examples|comments)\b.*[,:]\s*(?:just |only )?(\d{{1,2}}|{_NUMBER})(?: (?:please|pls|will do|is enough|are enough))?\W*$",
    re.I,
)
""" "Some chats where people thank the bot, 2"."""


def limit_of(text: str, taken: Sequence[tuple[int, int]]) -> int | None:
    if some := _OF_THEM.search(text):
        return max(1, min(50, days.number(some.group(1).lower())))
    for match in (*_LIMIT.finditer(text), *_SOME_TALKS.finditer(text)):
        group = 1 if match.group(1) else 2
        if _ONE_THAT.fullmatch(match.group()):
            continue
        if any(start <= match.start(group) < end for start, end in taken) or _NOT_A_LIMIT.search(text[: match.start(group)]):
            continue
        return max(1, min(50, days.number(match.group(group).lower())))
    if last := _AT_THE_END.search(text):
        return None if any(start <= last.start(1) < end for start, end in taken) else max(1, min(50, days.number(last.group(1).lower())))
    return None


_ORDINAL = re.compile(
    r"(?:the\s+)?(first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th|last|other|former|latter|#\s?[2-5])\s*(?:-?\s*(?:ranked|placed|listed)\s*)?(?:one|entry|item|org|company|user|person|customer|conversation|chat|example|product|account|organization|company|topic|tool|model|quote)?\b",
    re.I,
)

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "former": 1, "latter": 2, "last": -1, "other": 2}


def ordinal_of(text: str, taken: Sequence[tuple[int, int]]) -> int | None:
    for match in _ORDINAL.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            word = match.group(1).lower()
            bare = match.group().strip().lower() in (word, f"the {word}") and not re.match(r"\s*[?.!]*\s*$", text[match.end() :])
            if word in ("last", "first", "other") and (bare or (word == "last" and not match.group().lower().endswith("one"))):
                continue
            return _ORDINALS.get(word) or int(word.lstrip("# ")[0])
    return None


_CMP = (
    (r"(?:at least|no less than|(?<!the )minimum of|>=|not less than)", ">="), (r"(?:at most|no more than|<=|up to|not more than)", "<="),
    (r"(?:below|under|less than|lower than|fewer than|worse than|<)", "<"), (r"(?:above|over|more than|higher than|greater than|better than|longer than|exceeding|>)", ">"),
    (r"(?:exactly|equal to|of exactly|==?|of|with)?", "="),
)  # fmt: skip

MEAN_BOUND = rf"(?:averages?|averaging|mean|avg)\s+(?:of\s+|is\s+|are\s+|was\s+|lies\s+|sits\s+)*(?P<sign>{'|'.join(said for said, sign in _CMP if sign != '=')})\s*(?P<v>[1-5](?:[.,]\d+)?)(?![\d.]*\d)(?!\s*(?:%|percent|messages|turns|chats|conversations|words|minutes|calls))"
""" "Products with an average under 3.4": of the stars, where nothing else is averaged."""
_STARS = r"(?P<v>\d(?:[.,]\d+)?|one|two|three|four|five)"


def thresholds_of(text: str) -> list[Threshold]:
    text = WHOLE.sub(" ", text)
    bound = OF_RATINGS.search(text) if not re.search(r"\bhow many\b", text, re.I) or re.search(r"\busers?|people\b", text, re.I) else None
    if bound:
        text = f"{text[: bound.start()]} {text[bound.end() :]}"
    found: list[Threshold] = ratings_told(text)
    if bound:
        many = days.number((bound["n"] or bound["m"] or bound["k"]).lower())
        operator = {"more than": ">", "over": ">", "exactly": "="}.get((bound["op"] or "").lower(), ">=")
        found.append(Threshold("conversations", operator, many))

    def value(match: re.Match) -> float:
        word = match.group("v").lower().replace(",", ".")
        return float(days.NUMBERS[word]) if word in days.NUMBERS else float(word)

    for pattern, operator in _CMP:
        rating = rf"(?:rat(?:ed|ings?|es?)|scor(?:ed|es?|ing)|stars?|csat|reviews?)\s*(?:x{{3,}}\s+|are\s+|is\s+|was\s+|of\s+|us\s+|me\s+|them\s+|it\s+|us\s+|with\s+|that\s+|on average\s+)*{pattern}\s*{_STARS}(?:\s*(?P<m>or\s+(?:less|lower|below|under|worse|fewer)|or\s+(?:more|higher|above|better)|(?:and|&)\s+(?:below|above|up|under|better|higher|more|worse|lower|less|fewer)(?!\s+\d)|or\s+up|\+))?(?!\w)(?!(?:\s*(?:or|and)\s+(?:more|less|fewer|over|up))?\s*(?:conv|chat|days?|weeks?|times|occasions|months?|users?|%|of\b)|,? (?:and |what |or |\w+ ){{0,3}}(?:of )?(?:the |an)other\b)"
        stars = rf"{pattern}\s*(?<![\d.]){_STARS}[\s-]*(?:stars?)\b(?:\s*(?P<m>or\s+(?:less|lower|below|under|worse|fewer)|or\s+(?:more|higher|above|better)|(?:and|&)\s+(?:below|above|up|under|better|higher|more|worse|lower|less|fewer)(?!\s+\d)|or\s+up|\+))?"
        average = rf"averages?\s+(?:rating\s+|score\s+|stars\s+|mark\s+|is\s+|are\s+|of\s+|rated\s+)*{pattern}\s*(?P<v>[1-5](?:[.,]\d+)?)(?![\w.%]|\s*(?:conv|chat|mess|user|people|times|days))"
        length = rf"{pattern}\s*(?P<v>\d{{1,3}}|{_NUMBER})\s*(?:messages|turns|utterances)"
        times = rf"{pattern}\s*(?P<v>\d{{1,3}}|{_NUMBER})\s*(?P<plus>\+)?\s*(?:conversations?|chats?|times|sessions?|dialogues?|dialogs?|interactions?|threads?|talks|exchanges?)(?:\s*(?P<m>or\s+(?:less|fewer)|or\s+more|(?:and|&)\s+(?:up|more)|at\s+least))?\b"
        grade = r"(?:given|g[ao]ve|g[eo]ts?|earn(?:ed|s)|award(?:ed|s)|receiv(?:ed|es)|scor(?:ed|es)|collected|(?:mark|grade|score|verdict) of)\s+(?:it |us |them |only |just )*an? (?P<v>[1-5]|one|two|three|four|five)(?=\W*$|\s*[,.;]|\s+(?:on|for|from|in|by|and)\b)"
        shapes = [("rating", grade)] if operator == "=" else []
        for metric, shape in (
            ("rating", rating),
            ("rating", stars),
            *([("rating", average)] if operator != "=" else []),
            *shapes,
            ("messages", length),
            ("conversations", times),
        ):
            match = re.search(shape, text, re.I)
            more = match and (match.groupdict().get("m") or match.groupdict().get("plus"))
            if operator == "=" and metric in ("messages", "conversations") and not more:
                continue
            if match and not any(t.metric == metric for t in found):
                tail = (more or "").lower()
                op = "<=" if re.search("less|lower|below|under|worse|fewer", tail) else ">=" if tail else operator
                found.append(Threshold(metric, op, value(match)))
    if not any(threshold.metric == "rating" for threshold in found) and (mean := re.search(rf"\b{MEAN_BOUND}", text, re.I)):
        sign = next(sign for said, sign in _CMP if re.fullmatch(said, mean.group("sign"), re.I))
        found.append(Threshold("rating", sign, value(mean)))
    found += feelings_of(text, "frustration")
    share = re.search(
        r"quality(?:\s+index|\s+score)?\s*(?:is\s+|of\s+)?(below|under|above|over|less than|more than|<|>)\s*(0?\.\d+|\d{1,3}\s*%)",
        text,
        re.I,
    )
    if share:
        amount = float(share.group(2).rstrip("% ")) / (100 if "%" in share.group(2) else 1)
        found.append(Threshold("quality_index", "<" if re.match("below|under|less|<", share.group(1), re.I) else ">", amount))
    if not any(threshold.metric == "conversations" for threshold in found):
        found += _how_often(text)
    if not any(threshold.metric == "messages" for threshold in found):
        found += _how_long(text)
    return found


_FEELING = re.compile(
    r"\b(?P<of>frustration|sentiment)(?: (?:score|level|average|value|is|was|of|that is|stays|lies|sits|averaging))*\s*(?P<sign>at least|no less than|>=|at most|no more than|<=|below|under|less than|lower than|<|above|over|more than|higher than|greater than|>)\s*(?P<v>[-−]?(?:\d?\.\d+|[01])(?![\w.%]))",
    re.I,
)


def feelings_of(text: str, metric: str) -> list[Threshold]:
    """ "Frustration above 0.5", "sentiment below -0.2": bounds on the scale of one feeling."""
    found = []
    for match in _FEELING.finditer(text):
        sign = next(operator for pattern, operator in _CMP if re.fullmatch(pattern, match["sign"], re.I))
        if match["of"].lower() == metric:
            found.append(Threshold(metric, sign, float(match["v"].replace("−", "-"))))
    return found


_TALKS = r"(?:conversations?|chats?|times|sessions?|dialogues?|dialogs?|interactions?|threads?|talks|exchanges?)"
_AMOUNT = rf"\d{{1,3}}|{_NUMBER}"
_ONLY = r"(?:exactly|only|just|precisely|merely|no more than)"
_RANGE = re.compile(rf"\b(?:between|from)\s+({_AMOUNT})\s+(?:and|to)\s+({_AMOUNT})\s+{_TALKS}\b", re.I)
_OR_MORE = re.compile(rf"\b({_AMOUNT})\s*(?:\+|plus|(?:or|and) (?:more|up|over|(fewer|less)))\s+{_TALKS}\b", re.I)
_STARRED_OFTEN = re.compile(
    rf"(?:\b(?P<sign>more than|over|at least|exactly|fewer than|less than)\s+)?\b(?P<n>{_AMOUNT})\s*(?P<more>\+|plus|(?:or|and) (?:more|up|over|fewer|less))?\s+(?:[\w-]+\s+)?(?:[1-5]|one|two|three|four|five)[ -]star (?:ratings?|reviews?|votes?|marks?|scores?)\b",
    re.I,
)
_TIMES = (
    (">", r"(?:more than|over|beyond)\s+(?P<v>once|twice)|(?:came|come|comes|coming) back|return(?:ed|ing)? (?:users?|people|customers?|visitors?)|repeat (?:users?|customers?|visitors?)"),
    (">=", r"at least (?P<v>once|twice)"),
    ("=", rf"{_ONLY}\s+(?P<v>once|twice)\b(?! (?:a|per|every))|(?:had|have|has|having|with|wrote|made|held|started|did|logged)\s+(?:{_ONLY}\s+(?P<n>{_AMOUNT})|a single|one single)\s+(?:single )?{_TALKS}|one-time (?:users?|customers?|visitors?)|(?:never|not|did(?:n['’]t| not)) (?:\w+ )?(?:came|come|return\w*) back"),
)  # fmt: skip
"""How often people, or other groups, are there: an operator, and words without a number stand for one."""


def _how_often(text: str) -> list[Threshold]:
    """How many conversations each of the groups that are counted may have: "only once", "between 5 and 8 chats"."""
    if not re.search(_COUNTED, text, re.I):
        return []
    if span := _RANGE.search(text):
        low, high = sorted(days.number(word.lower()) for word in span.groups())
        return [Threshold("conversations", ">=", low), Threshold("conversations", "<=", high)]
    if (often := _STARRED_OFTEN.search(text)) and (often.group("sign") or often.group("more")):
        sign = {"more than": ">", "over": ">", "at least": ">=", "exactly": "=", "fewer than": "<", "less than": "<"}.get(
            (often.group("sign") or "").lower()
        )
        less = re.match(r"(?:or|and) (?:fewer|less)", often.group("more") or "", re.I)
        return [Threshold("conversations", sign or ("<=" if less else ">="), days.number(often.group("n").lower()))]
    if bound := _OR_MORE.search(text):
        return [Threshold("conversations", "<=" if bound.group(2) else ">=", days.number(bound.group(1).lower()))]
    for operator, said in reversed(_TIMES):
        if match := re.search(said, text, re.I):
            told = match.groupdict()
            amount = {"once": 1, "twice": 2}.get((told.get("v") or "").lower()) or days.number((told.get("n") or "one").lower())
            return [Threshold("conversations", operator, amount)]
    return []


_CALLS = r"(?:tool|function)[ -](?:calls?|invocations?)"
_PARTS = rf"(?:messages?|turns?|utterances|(?P<calls>{_CALLS}))"
_TO = rf"(?:between|from)\s+(?P<low>{_AMOUNT})\s+(?:and|to)\s+(?P<high>{_AMOUNT})|(?P<low2>\d{{1,3}})\s*(?:-|–|to)\s*(?P<high2>\d{{1,3}})"
_LONG = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?:{_TO})\s+{_PARTS}(?!\w)",
        rf"\b(?P<n>{_AMOUNT})\s*(?:(?P<more>\+|plus|(?:or|and)\s+(?:more|up|over))|or\s+(?:fewer|less))\s+{_PARTS}(?!\w)",
        rf"\b(?P<n>{_AMOUNT})\s+{_PARTS}\s+(?:(?P<more>(?:or|and)\s+(?:more|up|over|longer))|(?:or|and)\s+(?:fewer|less|under|shorter))\b",
        rf"\b(?P<over>more\s+than|over|above|at\s+least|fewer\s+than|less\s+than|under|at\s+most|no\s+more\s+than)\s+(?P<n>{_AMOUNT})\s+(?P<calls>{_CALLS})\b",
        rf"\b{_ONLY}\s+(?P<same>{_AMOUNT})\s+{_PARTS}(?!\w)",
    )
)
_SIGNS = {
    "more": ">",
    "over": ">",
    "above": ">",
    "at least": ">=",
    "fewer": "<",
    "less": "<",
    "under": "<",
    "at most": "<=",
    "no more": "<=",
}


def _how_long(text: str) -> list[Threshold]:
    """How many messages, or calls of tools, a conversation has: "between 5 and 8 messages", "two or more tool calls", "exactly 4 turns"."""
    found = next(filter(None, (pattern.search(text) for pattern in _LONG)), None)
    if not found:
        return []
    said = {name: value.lower() for name, value in found.groupdict().items() if value}
    metric = "tool_calls" if "calls" in said else "messages"
    told = sorted(days.number(said[name]) for name in ("low", "high", "low2", "high2", "n", "same") if name in said)
    if len(told) == 2:
        return [Threshold(metric, ">=", told[0]), Threshold(metric, "<=", told[1])]
    sign = next((sign for words, sign in _SIGNS.items() if " ".join(said.get("over", "").split()).startswith(words)), "")
    return [Threshold(metric, sign or ("=" if "same" in said else ">=" if "more" in said else "<="), told[0])]


_COUNTED = r"^\W*(?:(?:list|show|name|give|me|us|all|any|the|our|find|get) )*(?:users?|people|persons?|customers?|clients?|visitors?|accounts?|organi[sz]ations?|compan(?:y|ies)|firms?|everyone|everybody|anyone|those) (?:with|who|that|having|whose)\b|\b(?:how many|number of|count|which|who|what (?:share|part|percentage|fraction|portion))\b.{0,40}\b(?:users?|people|persons?|customers?|clients?|visitors?|buyers?|contacts?|folks?|accounts?|organi[sz]ations?|compan(?:y|ies)|firms?|days?|of (?:them|our|the))\b|\bwho\b"
