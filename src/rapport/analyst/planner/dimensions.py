"""What an answer runs over: of all the nouns of a question, the one that is asked for.

"Which model is rated worst by the users" runs over models: a noun counts by the words that lead to it ("which", "name of the", "each of
our", "best rated"), and people who only do something ("by users", "do customers", "of their people") count least.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.english import is_english
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.subject import STOP
from rapport.analyst.planner.words import Word

ANYONE = frozenset("who whom someone somebody anyone anybody everyone everybody human guy".split())


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun of the question that an answer could run over. `weight`: how much it is asked for; `splits`: "per X", "each of our X"."""

    dimension: str
    start: int
    weight: int
    splits: bool = False


ASKED, SPLIT, NAMED, HEAD, WHO, SPOKEN, ACTING = 100, 95, 80, 60, 30, 20, 5
"""Weights, strongest first: "which X" · "per X", "each X" · "best X", "rank the X" · "the X with" · "who" · any noun · who only acts."""

_LEAD = r"(?:(?:the|our|my|all|of|these|those|your|their|its|single|one|ones|types?|kinds?|sorts?|different|various|individual|customer|client|user|paying|pricing|price|subscription|language|existing|known|\d+|two|three|four|five|six|ten|[\w-]+(?:est|iest|ed|ing)|best|worst|top|most|least)[\s-]+){0,4}"
_ASKED = re.compile(
    rf"\b(?:which|what|whichever)(?:'s)?\s+(?:(?:is|are|was|were)\s+(?:the|our)\s+|of\s+|(?!(?:the|our|my|these|those|their|your)\b)){_LEAD}$",
    re.I,
)
_SPLIT = re.compile(
    rf"\b(?:by|per|each|every|according\s+to|broken\s+down\s+into|(?:distribut\w+|spread|split|divided?|shared?|break\w*)\s+(?:\w+\s+){{0,4}}?(?:over|across|among|amongst|between|into|on|onto|to|by))[\s-]+{_LEAD}$",
    re.I,
)
_ALL = re.compile(rf"\b(?:across|among|amongst|for\s+all|of\s+all|on\s+every|all)\s+{_LEAD}$", re.I)
_NAMED = re.compile(
    rf"\b(?:rank(?:ing)?|order|sort|list|arrange|put|compare|leaderboard|league\s+table|names?|table|who(?:\s+is|'s|\s+are|\s+was|\s+were)|whos)\s+(?:of\s+|me\s+|us\s+)*{_LEAD}$"
    r"|\b(?:top|bottom|best|worst|highest|lowest|weakest|strongest|poorest|biggest|largest|smallest|leading|favou?rite|number\s+one|least|most|(?!request|interest|suggest|latest)[a-z]{3,}est)(?:[\s-]+(?!number|count|of|by|per|in|from|for|to|with)[\w-]+){0,2}\s+$",
    re.I,
)
_COUNTED = re.compile(
    r"\b(?:how\s+many|numbers?\s+of|counts?\s+of|share\s+of|percentage\s+of|amount\s+of|most|fewest|more|fewer|many)\s+(?:(?:different|distinct|unique|separate|of|the|our|individual|active|single)\s+)*$",
    re.I,
)
_ACTING = re.compile(
    r"\b(?:by|from|to|with|for|of|at|among|about|do|does|did|have|has|had|are|is|were|can|could|would|will|what|how|where|when|if|when|that|because|often|much|well|badly)\s+(?:(?:the|our|my|their|its|all|any|these|those|some|most|other|actual|single|individual)\s+)*$",
    re.I,
)
_OUT_OF = re.compile(rf"(?:^|[,.;:?!])\s*(?:and\s+|now\s+)?(?:of|out\s+of|among|amongst|from|across|looking\s+at)\s+{_LEAD}$", re.I)
_MOST = re.compile(r"\b(?:most|least|fewest|best|worst|highest|lowest|top|(?!request|interest|suggest|latest)[a-z]{3,}est)\b", re.I)
_HEAD = re.compile(r"\s+(?:with|whose|that|who|which|having|where)\b", re.I)
_PEOPLE = re.compile(r"(?:employees?|people|users?|customers?|clients?|staff|teams?|members?|folks|visitors|persons?)\b", re.I)
_GROUPS = re.compile(r"\b(?:break|broken|split|group|breakdown|divide|sliced?)\w*\b", re.I)


def nouns(slots: Slots, names: Names) -> list[Noun]:
    """The nouns of the question that an answer could run over, each with its weight, in the order of the question."""
    return sorted([*_of_lexicon(slots, names), *_of_properties(slots, names)], key=lambda noun: noun.start)


def asked_for(slots: Slots, names: Names) -> Noun | None:
    """The noun that weighs most; of two that weigh the same, things go before people, and then the first."""
    found = nouns(slots, names)
    return max(found, key=lambda noun: (noun.weight + (4 if noun.dimension != "user" else 0), -noun.start)) if found else None


def is_asked_for(slots: Slots, names: Names) -> bool:
    """Whether the noun that the answer would run over is asked for, and not only told ("something our bots call keeps crashing")."""
    noun = asked_for(slots, names)
    return noun is not None and noun.weight >= WHO


_MATTERS = re.compile(
    r"['’]?s?['’]? (?:issues?|problems?|features?|topics?|complaints?|answers?|things?|matters?|questions?|errors?|faults?)\b", re.I
)


def asks_where(slots: Slots, names: Names) -> bool:
    """ "With which of our products does she have so much trouble?": one of them is asked for, and not what the trouble is about."""
    noun = asked_for(slots, names)
    if noun is None or noun.weight < ASKED or noun.dimension not in ("product", "model", "organization"):
        return False
    word = re.match(r"[\w-]+", slots.text[noun.start :])
    return not (word and _MATTERS.match(slots.text[noun.start + word.end() :]))


def split_by(slots: Slots, names: Names) -> str | None:
    """What the figure is wanted for each of: "per plan", "for each of our models", "of every single assistant"; no time."""
    if slots.says(r"what|which|how") and slots.says(r"in total across|overall across|altogether"):
        return None
    found = [noun for noun in nouns(slots, names) if noun.splits and noun.dimension not in TIMES]
    return found[0].dimension if found else None


_SPREAD = r"(?:shares?|numbers?|counts?|how many|percentages?|percent|split|breakdown|spread) (?:of )?(?:the |our |all |my )*(?:chats|conversations|ratings|votes|reviews|dialogues|sessions)(?: \w+){0,4} (?:by|per|for each|for every|at each|with each) (?:number of )?stars?(?: ratings?| values?| levels?| marks?| scores?| counts?)?|(?:by|per) stars?(?=\W|$)(?! (?:ratings?|averages?|scores?|means?|values?|marks?|counts?|figures?)\b)|1s,? 2s|ones,? twos|ones? (?:to|through|-|–) fives?|1s? (?:to|through|-|–) 5s?(?! (?:chats|messages|days))|(?:ratings?|stars?|score) (?:split|breakdown|mix|histogram|profile)|(?:ratings?|stars?|scores?) (?:distribution|histogram|spread)|(?:distribution|histogram|spread) of (?:the |our |all )?(?:ratings?|stars?|scores?)|(?:split|spread|breakdown|distribution|histogram|mix) of (?:the |our |all )?(?:(?:one|1) ?(?:to|-|–|through) ?(?:five|5) )?(?:stars?|ratings?|scores?|marks?)\b|how (?:do|are) the (?:ratings|stars) (?:spread|distributed)"
_BY_VALUE = re.compile(
    r"\b(?:by|per|each|every|for each|across|grouped by)\s+(?:the\s+)?(?P<value>days?|weeks?|months?|hour|weekday|date|sentiment|rating|stars?)\b",
    re.I,
)
_VALUES = {"days": "day", "date": "day", "weeks": "week", "months": "month", "stars": "rating", "star": "rating"}
_FIGURES = frozenset({"level", "breakdown", "count", "compare", "trend", "change", "summary"})
"""Intents that people who only act, or "who", do not split."""


def dimension_of(slots: Slots, intent: str, names: Names) -> str | None:
    """What the answer runs over."""
    best = asked_for(slots, names)
    weighs = intent in ("ranking", "compare") and best is not None and best.weight >= HEAD  # "which bot is best by stars"
    if slots.says(_SPREAD) and not weighs:
        return "rating"
    if intent in ("ranking", "breakdown", "count", "level", "compare") and slots.says(
        r"(?:which|what|best|worst|busiest|quietest|by|per|each|every) (?:\w+ )?(?:day of the week|weekday|days of the week)"
    ):
        return "weekday"
    value = _BY_VALUE.search(slots.text)
    if value and (best is None or best.weight < NAMED):
        found = value.group("value").lower()
        found = _VALUES.get(found, found)
        if not (intent in ("ranking", "compare") and found in ("rating", "sentiment")):
            return found
    if best is not None and not (intent in _FIGURES and best.weight <= ACTING):
        return best.dimension
    return "conversation" if "conversation" in slots.dimensions and intent in ("ranking", "examples") else None


TIMES = frozenset({"day", "week", "month", "hour", "weekday"})


def _of_lexicon(slots: Slots, names: Names) -> Iterator[Noun]:
    for hit in slots.hits:
        if hit.kind != "dimension" or hit.value == "conversation" or _names_a_link(slots, str(hit.value), hit.start, hit.end):
            continue
        word = slots.text[hit.start : hit.end].lower()
        if hit.value == "user" and _of_accounts(slots, hit.start, hit.end):
            yield _weighed(slots, "organization", hit.start, hit.end)
            continue
        if hit.value == "user" and _may_be_accounts(slots, names, hit.start, hit.end) and not _personal(slots):
            yield replace(_weighed(slots, "user", hit.start, hit.end), dimension="organization")
            continue
        if hit.value == "prompt_version" and not slots.says(r"prompts?|versions?|v\d+|revisions?"):
            continue
        if word in ANYONE:
            yield Noun("user", hit.start, ACTING - 2)
        else:
            yield _weighed(slots, str(hit.value), hit.start, hit.end)
    for who in re.finditer(r"(?<!\w)(?:who(?:'?s|m)?)(?!\w)", slots.text, re.I):
        if not re.search(r"(?:users?|people|customers?|those|person|[a-z]+s|one)\s+$", slots.text[: who.start()], re.I):
            yield Noun("user", who.start(), WHO)
    for whose in re.finditer(r"\bwhose\s+", slots.text, re.I):
        if not re.search(r"[a-z]\s+$", slots.text[: whose.start()], re.I) or re.match(r"\W*(?:and|of)\b", slots.text, re.I):
            people = bool(_PEOPLE.match(slots.text[whose.end() :]))
            yield Noun("organization" if people else "user", whose.start(), NAMED + 5 if people else WHO)


_CUSTOMER = re.compile(r"(?:customer|client)s?", re.I)
_WITH_PEOPLE = re.compile(
    r"[^.?!]{0,50}\b(?:its|their|whose|most|largest number of|highest number of|fewest|many) (?:of (?:its|their) )?(?:own |different |various |distinct |unique |individual |separate |active )*(?:people|staff|employees|users|persons|team members|members|workers|colleagues|individuals|folks|heads|seats|faces)\b",
    re.I,
)


_WITH_MOST_PEOPLE = re.compile(
    r"\W+(?:(?:has|have|had|with|by|brings?|brought|sends?|sent|counts?|by the) )?(?:\w+ ){0,2}?(?:most|fewest|more|fewer|least|many|highest number of|largest number of|number of)"
    r" (?:(?:different|distinct|unique|individual|separate|single|active|of its) )*(?:people|users|employees|staff|individuals|persons|heads|seats|team members)\b",
    re.I,
)
""" "Which customer has the most people chatting": a person has none."""
_BY_SIZE = re.compile(r"\b(?:biggest|largest|smallest|major|key|corporate|business)\s+$", re.I)
""" "Our biggest customers" are companies: a person has no size."""


def _of_accounts(slots: Slots, start: int, end: int) -> bool:
    """Whether "customer" means a company: it has people of its own, or a property that only organizations have ("enterprise customer")."""
    if not _CUSTOMER.fullmatch(slots.text[start:end]):
        return False
    if _WITH_PEOPLE.match(slots.text[end:]) or _WITH_MOST_PEOPLE.match(slots.text[end:]) or _BY_SIZE.search(slots.text[:start]):
        return True
    before = [
        link
        for link in slots.of_kind("property")
        if re.fullmatch(r"[\s-]*(?:(?:plan|tier)[\s-]+)?", slots.text[link.end : start] if link.end <= start else "x")
    ]
    return bool(before) and all(name.part_of == "organization" for link in before for name in link.names)


_BY_PERSON = r"users?|persons?|people|individuals?|human|who|whom|he|she|him|her|his|hers|e-?mail|most (?:active|loyal)|single customers?|loyal\w*|regulars?"
_OF_FEELINGS = frozenset({"sentiment", "frustration", "struggle", "messages"})


def _personal(slots: Slots) -> bool:
    """Whether a question speaks of a person: feelings and loyalty are a person's, and so are "who" and "she"."""
    felt = _OF_FEELINGS & {str(extreme[0]) for extreme in slots.values("extreme")}
    return bool(felt or slots.says(_BY_PERSON) or slots.says(r"\w*(?:happi|angri|grumpi|sad|mad|calm|chatti|nic|rud)est"))


def _may_be_accounts(slots: Slots, names: Names, start: int, end: int) -> bool:
    """Whether "customer" is what a ranking runs over, in a tenant that has companies: "which customer marks us down the hardest"."""
    customer = _CUSTOMER.fullmatch(slots.text[start:end]) and len(names.of_kind("organization")) > 1
    ranked = _MOST.search(slots.text) or (slots.thresholds and re.search(r"\baverages?\b", slots.text, re.I))
    if not customer or not ranked or _held_by_people(slots, start):
        return False
    return _weighed(slots, "user", start, end).weight >= NAMED


def either_kind(slots: Slots, names: Names) -> bool:
    """Whether the customers that are ranked may as well be people as companies; the answer then says who leads among the others too."""
    nouns_said = [hit for hit in slots.hits if hit.kind == "dimension" and hit.value == "user"]
    if slots.says(_FIRM) or slots.says(r"users?|persons?|people|individuals?|who|whom|he|she"):
        return False
    return any(_may_be_accounts(slots, names, hit.start, hit.end) and not _of_accounts(slots, hit.start, hit.end) for hit in nouns_said)


_FIRM = r"compan(?:y|ies)|organi[sz]ations?|accounts?|firms?|business(?:es)?|orgs?|clients?"


def _held_by_people(slots: Slots, start: int) -> bool:
    """Whether a property of people stands before the noun: "admin customers"."""
    before = [
        link for link in slots.of_kind("property") if link.end <= start and slots.text[link.end : start].strip(" -") in ("", "plan", "tier")
    ]
    return any(name.part_of != "organization" for link in before for name in link.names)


def _of_properties(slots: Slots, names: Names) -> Iterator[Noun]:
    keys = property_keys(names)
    for word in slots.words:
        found = property_dimension(word.lower, keys)
        if (
            found
            and not _names_a_link(slots, found, word.start, word.end)
            and not _of_another_kind(slots, word)
            and not slots.says(rf"{re.escape(word.text)} (?:to|for|of) action")
        ):
            yield _weighed(slots, found, word.start, word.end)


_PRICED = frozenset("pricing price subscription paid paying cheap cheaper cheapest priciest free service commercial billing tier".split())


def _of_another_kind(slots: Slots, word: Word) -> bool:
    """ "The training plan", "a meal plan": a thing that people talk about, and no property of theirs."""
    before = [other for other in slots.words if other.end < word.start]
    if word.lower not in ("plan", "plans") or not before or slots.text[before[-1].end : word.start] != " ":
        return False
    kind = before[-1]
    if any(start <= kind.start < end for start, end in slots.taken) or kind.lower in _PRICED or kind.lower in STOP:
        return False
    return is_english(kind.lower) and kind.lower not in lexicon.vocabulary() and not kind.lower.endswith("est")


def _names_a_link(slots: Slots, dimension: str, start: int, end: int) -> bool:
    """ "the pro plan", "plan: enterprise", "tool search_web": the noun only says what the name is."""
    for link in slots.links:
        same = link.kind == dimension or (link.kind == "property" and dimension == f"property:{link.names[0].id.partition('=')[0]}")
        near = re.fullmatch(r"[\s'’\"“”-]*", slots.text[link.end : start]) if link.end <= start else None
        near = near or (
            re.fullmatch(r"[\s:='’\"“”-]*(?:(?:is|are|called|named)\s+)?", slots.text[end : link.start]) if end <= link.start else None
        )
        if near is not None and same:
            return True
    return False


_OF_ONE = re.compile(
    r"\s+(?:do|does|did|is|are|was)\s+(?:they|he|she|that (?:person|user|one)|this (?:person|user|one))\b(?=.{0,12}\b(?:work|with|at|from|belong|employ|in|come)\w*)",
    re.I,
)


def _weighed(slots: Slots, dimension: str, start: int, end: int) -> Noun:
    text = slots.text
    ahead = next((link for link in slots.links if link.end < start and text[link.end : start].isspace()), None)
    before, after = text[: ahead.start if ahead else start], text[end:]  # "which enterprise users" asks for users
    person = dimension == "user"
    plural = text[start:end].lower().endswith("s") or text[start:end].lower() in ("people", "folks")
    if re.search(r"\bwhose\s+$", before, re.I):
        return Noun(dimension, start, 0)
    if dimension == "organization" and _OF_ONE.match(after):
        return Noun(dimension, start, ACTING)  # "who is happiest, and for which company do they work?"
    if re.search(
        r"\w.*[\s,;:&](?:and|plus|&)\s+(?:in|on|for|at|with|under|of|from)\s+(?:which|what)\s+(?:of\s+(?:our|the)\s+)?$",
        before,
        re.I | re.S,
    ):
        return Noun(
            dimension, start, SPOKEN if slots.hits and slots.hits[0].start < start else ASKED
        )  # "the flakiest tool, and in which bot?"
    if _ASKED.search(before) and not re.search(rf"\bwhat\s+{_LEAD}$", before if person and plural else "", re.I):
        return Noun(dimension, start, ASKED)
    if split := _SPLIT.search(before):
        agents = (
            split.group().lower().startswith("by")
            and (plural or re.search(r"\b(?:the|a|an|our|its|their)\s+$", before, re.I))
            and dimension in ("user", "organization")
            and not _GROUPS.search(text)
        )
        return Noun(dimension, start, ACTING if agents else SPLIT, splits=not agents)
    if _OUT_OF.search(before) and re.search(r"\b(?:which|who|whose|what)\b", after, re.I):
        return Noun(dimension, start, NAMED)
    if _COUNTED.search(before):
        return Noun(dimension, start, 1)
    if _NAMED.search(before):
        return Noun(dimension, start, NAMED)
    if (person and _ACTING.search(before)) or re.search(r"\b(?:this|that)\s+$", before, re.I):
        return Noun(dimension, start, ACTING)
    if _ALL.search(before):
        return Noun(dimension, start, HEAD, splits=bool(re.search(r"\b(?:one by one|each|separately|individually|respectively)\b", text, re.I)) or bool(re.search(r"\bon\s+every\s+$", before, re.I)))  # fmt: skip
    if re.search(r"[.?!:;,]\s*(?:an?|the|one)\s+$", before, re.I) and re.match(
        r"\W*(?:please|pls|i mean|that is|not an? \w+)?\W*$", after, re.I
    ):
        return Noun(dimension, start, NAMED)  # "who gives the fewest stars? A company, please."
    if re.search(r"(?:^|[.?!:;,]|\b(?:the|a|an|one|any))\s*(?:[\w-]+\s+)?$", before, re.I) and _HEAD.match(after):
        return Noun(dimension, start, NAMED + 5 if _MOST.search(after.split(".")[0]) else HEAD)
    repeated = re.match(rf"\s+(?:by|for|after)\s+{re.escape(text[start:end])}\b", after, re.I)
    return Noun(dimension, start, SPLIT if repeated else ACTING * 2 if person else SPOKEN, splits=bool(repeated))


# --- Properties --------------------------------------------------------------------------------------------------------

_KEY_WORDS = {
    "tier": "plan", "subscription": "plan", "pricing": "plan", "region": "country", "location": "country", "nation": "country",
    "sector": "industry", "vertical": "industry",
}  # fmt: skip


def property_keys(names: Names) -> frozenset[str]:
    return frozenset(name.id.partition("=")[0] for name in names.of_kind("property"))


def property_dimension(word: str, keys: frozenset[str]) -> str | None:
    """The dimension of a word that is a key of the tenant's properties, or means one: "countries" is property:country."""
    for form in (word, word[:-1] if word.endswith("s") else word, word[:-3] + "y" if word.endswith("ies") else word):
        form = form if form in keys else _KEY_WORDS.get(form, form)
        if form in keys:
            return f"property:{form}"
    return None
