"""What a turn does to the one before when it asks for nothing of its own: it keeps the split and changes the figure, narrows what is
looked at, adds two answers up, asks for a share of the last count or what a figure rests on, or wants to see such a case."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.asked import BROKEN, SHARE
from rapport.analyst.planner.conditions import FELL_OVER
from rapport.analyst.planner.days import number
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.periods import DAY, Period
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Slots

_OF_DATA = frozenset(
    "count level breakdown ranking compare trend change outcomes tool_failures summary complaints top_topics list_entities examples quotes at_risk why user_profile".split()
)
_LEAD = r"^\W*(?:(?:fine|ok|okay|good|great|right|sure|thanks|thank you|too bad|understood|all ?right|alright|fair enough|pity|no problem|well|and|but|so|now|then|please|pls|could you|can you|would you|let me|let us|let's|can i|could i|may i|i want to|i would like to|i'd like to|i'd love to|might i|just|also|never ?mind|is there|are there|do you have|have you got|got)[\s,.!;:–—-]+)*"

# --- Seeing a case -------------------------------------------------------------------------------------------------------

_AMOUNT = r"an?|any|some|a few|a couple(?: of)?|a handful(?: of)?|one|two|three|four|five|six|ten|\d{1,2}|those|these|them|it"
_CASE = r"cases?|instances?|examples?|occurrences?|conversations?|chats?|transcripts?|dialogues?|dialogs?|sessions?|threads?|interactions?|talks?|ids?|specimens?|samples?"
_BACK = r"(?:such|like (?:that|this|those|these)|of (?:them|those|these|that|its|the (?:bad|worst|first|failed|failing) ones?)|(?:where|when|in which|with which|during which|that show\w*|for) (?:\w+ ){0,3}(?:that|this|it|they|those)(?: \w+){0,3})"
_SEES = re.compile(
    rf"{_LEAD}(?:(?:to )?(?:see|show|read|open|cite|look(?: (?:in)?to| at)?|have a look at|pull up|give|get|find|bring up|pick|name|list|view|inspect|quote)\s+(?:me\s+|us\s+|out\s+|up\s+)?)?"
    rf"(?P<amount>{_AMOUNT})\b\s*(?P<such>such )?(?:(?:single|actual|concrete|real|typical|full|of (?:these|those|them|the)|affected|random|recent|more)\s+)*(?P<case>(?:{_CASE}))?\s*(?P<back>{_BACK})?(?:[\s,]*\b(?:please|pls|with (?:the )?ids?|then|now|too|instead|at least|rather|if you can|(?:that |which )?(?:i|we) (?:can|could|may|might) (?:read|see|look at|open|have)|to (?:read|look at|see)))*\W*$",
    re.I,
)


_OF_THESE = re.compile(r"\bof (?:these|those|them)\b", re.I)


def _sees(previous: Reading, slots: Slots) -> re.Match | None:
    """ "Let me look at one such case", "show me a conversation where that happened", "then show me two of them"."""
    match = _SEES.match(slots.text.strip())
    if not match or slots.links or previous.intent not in _OF_DATA:
        return None
    case = str(match["case"] or "").lower()
    points = (
        match["such"] or match["back"] or _OF_THESE.search(slots.text) or (not case and match["amount"].lower() not in ("a", "an", "it"))
    )
    verb = re.search(r"\b(?:see|show|read|open|cite|look|pull|give|get|find|bring|pick|view|inspect|list|name|quote)\b", slots.text, re.I)
    bare = case.startswith(("case", "instance", "occurrence", "specimen"))
    return match if (points and (verb or case)) or bare else None


def _how_many(match: re.Match) -> int | None:
    amount = " ".join(match["amount"].lower().split())
    if amount in ("those", "these", "them", "some", "any"):
        return 1 if amount == "any" or (match["case"] and not str(match["case"]).lower().endswith("s")) else None
    return 1 if amount == "it" else number(amount)


_BAD_AS = {"rating": "low_rated", "sentiment": "negative", "frustration": "frustrated", "handover_share": "handover", "abandoned_share": "abandoned", "resolved_share": "unresolved"}  # fmt: skip
"""What the conversations are that a figure is bad for, as the answer to "why" takes it."""


def _shown(previous: Reading, reading: Reading, match: re.Match) -> Reading:
    failed = ("tool_failed",) if previous.intent == "tool_failures" or str(previous.metric).startswith("tool_failure") else ()
    conditions = previous.conditions + (
        (("rated",) if previous.metric in ("ratings", "rating") and previous.intent == "count" else ()) + failed
    )
    explained = previous.intent in ("why", "complaints") and not conditions and not previous.thresholds
    if explained:  # what is bad was explained
        conditions = (_BAD_AS.get(str(previous.metric), "unhappy"),)
    links = tuple(dict.fromkeys((*previous.links, *reading.links)))
    own = replace(reading.slots, subject="", phrase="", framed=False)
    intent = "quotes" if reading.slots.says("quote") else "examples"
    return replace(
        previous, intent=intent, slots=own, links=links, conditions=tuple(dict.fromkeys(conditions)), limit=_how_many(match),
        dimension=None, order=None, metrics=(), led_to=previous.intent == "outcomes", bad=True if explained else previous.bad, former=previous, follows=True, earlier=(*previous.earlier, *previous.links),
    )  # fmt: skip


# --- What a figure rests on ------------------------------------------------------------------------------------------------

_VOTES = r"ratings?|votes?|stars|marks|scores|reviews|grades"
_TALKS = r"conversations?|chats?|dialogues?|dialogs?|sessions?|interactions?|threads?|talks?"
_BASIS = re.compile(
    rf"\b(?:over|on|from|of|behind|based on|out of) how many\b|\bhow many (?:\w+ ){{0,2}}?(?:does|do|did|is|are|was|were|went|go|goes|stand|lie) (?:\w+ ){{0,4}}?(?:(?:rest|rely|base)(?: on)?\b|(?:stand|build|lean|hinge|draw|depend) (?:up)?on\b|based (?:on|upon)\b|(?:behind|into|built on|over|from|under)\W*$)|"
    rf"\bhow many (?:{_VOTES}|{_TALKS}) (?:is|are|was|were) (?:that|this|it|they)\W*$|\bhow many (?:\w+ ){{0,2}}(?:rest|are behind|stand behind|went into|go into|lie behind) (?:that|this|it)|\b(?:sample size|base size)\b|^\W*(?:and )?(?:what(?:'s| is) )?(?:the )?n\W*$",
    re.I,
)


def _rests(previous: Reading, reading: Reading) -> bool:
    return bool(_BASIS.search(reading.slots.text)) and previous.intent in _OF_DATA and len(reading.slots.words) <= 12 and not reading.links


def _basis(previous: Reading, reading: Reading) -> Reading:
    says = reading.slots.says
    metric = "ratings" if says(_VOTES) or (previous.metric == "rating" and not says(_TALKS)) else "conversations"
    metric = "users" if says(r"users?|people|customers?|persons?|clients?") and not says(_VOTES) else metric
    return _again(previous, reading, intent="count", metrics=(metric,), dimension=None, limit=None, order=None)


# --- Two answers added up --------------------------------------------------------------------------------------------------

_TOGETHER = r"together|combined|in sum|(?:the )?sum(?: (?:of|up|them|it|that))?|add(?:ed|s|ing)? (?:up|them|those|these|the two|both|it|that|together)|jointly|put together|lumped together|the two of them in (?:all|total)|both in (?:all|total)|in total for (?:both|the two)|(?:joint|combined|common|grand) (?:total|sum|figure|number|average)|total (?:of|for) (?:both|the two|these|those|them|all)"


def _summed(previous: Reading, reading: Reading) -> tuple[Link, ...]:
    """The names, all of one kind, of which one figure is asked for; none where nothing is to be added up."""
    slots = reading.slots
    if not slots.says(_TOGETHER) or len(slots.words) > 12 or previous.intent not in ("count", "level", "compare", "outcomes", "summary"):
        return ()
    if reading.dimension and not slots.says("both|two|them|together|combined"):
        return ()
    seen = [link for link in (*previous.earlier, *previous.links, *reading.links) if not link.negated]
    if not seen:
        return ()
    kind = seen[-1].kind
    names = {link.names[0].id: link for link in seen if link.kind == kind}
    most = 3 if slots.says("three") else 2
    if slots.says("all") and not slots.says("in all"):
        most = len(names)
    return tuple(names.values())[-most:] if len(names) >= 2 else ()


def _spanned(previous: Reading, reading: Reading) -> Period | None:
    """The days of the last two answers as one period, where they follow each other and nothing else differs."""
    former = previous.former
    says = reading.slots.says(_TOGETHER)
    if not says or len(reading.slots.words) > 12 or not former or not previous.period or not former.period or reading.links:
        return None
    first, second = sorted((former.period, previous.period), key=lambda period: period.since or date.min)
    same = former.intent == previous.intent == "count" and former.metrics == previous.metrics
    meets = first.until and second.since and second.since - first.until <= DAY and first.since and second.until
    return Period(first.since, second.until, "range") if same and meets and former.links == previous.links else None


def _together(previous: Reading, reading: Reading, parts: Sequence[Link]) -> Reading:
    one = replace(parts[-1], names=tuple(dict.fromkeys(name for link in parts for name in link.names)))
    others = tuple(link for link in previous.links if link.kind != one.kind)
    intent = "count" if previous.metric in (None, *lexicon.COUNTS) and previous.intent != "outcomes" else previous.intent
    intent = "level" if intent == "compare" else intent
    return replace(
        _again(previous, reading, intent=intent, metrics=previous.metrics, dimension=None, limit=None, order=None), links=(*others, one)
    )


# --- A share of the last count ---------------------------------------------------------------------------------------------

_PART = rf"{SHARE}|percent\w*|percentage|how (?:large|big|great|high|small) (?:an? |is (?:the|that) )?(?:part|share|portion|fraction|proportion|percentage|slice)|(?:what|which) (?:part|share|portion|fraction|proportion|slice)|in relative terms|as a (?:share|fraction|proportion|ratio)|ratio"


def _asks_a_part(previous: Reading, reading: Reading) -> bool:
    """ "What is that in percent?", "how large a part of them came with a mark?" after a count."""
    slots = reading.slots
    counted = previous.intent == "count" and previous.metric in (None, "conversations", "ratings", "rating", "users", "messages")
    if not counted or not slots.says(_PART) or len(slots.words) > 14 or reading.links or reading.period:
        return False
    if [name for name in reading.metrics if name not in ("conversations", "ratings", "rating", "users", "messages", "rated_share")]:
        return False
    points = slots.says(r"that|this|it|them|those|these|their|the (?:former|whole|total|rest|lot)|its")
    return bool(points) or (len(slots.words) <= 5 and not (reading.conditions or reading.thresholds)) or bool(reading.conditions)


_OF_RATED = rf"(?:of|among|amongst) (?:\w+ ){{0,2}}(?:{_VOTES}|rated)"


def _part(previous: Reading, reading: Reading) -> Reading:
    """The share, with the scope that it is of as `whole`."""
    if reading.conditions or reading.thresholds:  # of the last count
        whole = _counted(previous)
        conditions = tuple(dict.fromkeys((*whole.conditions, *reading.conditions)))
        part = replace(whole, conditions=conditions, thresholds=reading.thresholds or whole.thresholds)
    else:
        part = _counted(previous)
        whole = _wider(previous)
        if reading.slots.says(_OF_RATED):
            whole = replace(_wider(replace(previous, former=None)), conditions=("rated",))
    metric = part.metric if part.metric in ("users", "messages") else "conversations"
    kept = replace(reading.slots, unknown=(), stray=())
    return replace(
        part, slots=kept, intent="count", metrics=(metric,), dimension=None, limit=None, whole=whole, former=previous, follows=True
    )


def _counted(reading: Reading) -> Reading:
    """A count of ratings as one of rated conversations."""
    if reading.metric not in ("ratings", "rating"):
        return reading
    return replace(reading, metrics=("conversations",), conditions=tuple(dict.fromkeys((*reading.conditions, "rated"))))


def _wider(previous: Reading) -> Reading:
    """What a count is a part of: the one before it that it narrows, else the same without its conditions, else without its last name."""
    former = previous.former
    if former and former.intent == "count" and _within(_counted(previous), _counted(former)):
        return _counted(former)
    if previous.conditions or previous.thresholds or previous.metric in ("ratings", "rating") or previous.subject or previous.languages:
        return replace(previous, conditions=(), thresholds=(), subject="", languages=(), events=(), metrics=("conversations",))
    kinds = [link.kind for link in previous.links if not link.negated]
    return replace(previous, links=tuple(link for link in previous.links if not kinds or link.kind != kinds[-1]))


def _within(narrow: Reading, wide: Reading) -> bool:
    """Whether one scope is a part of the other: all names of the wide one, and something more."""
    ids = [{(link.kind, link.names, link.negated) for link in reading.links} for reading in (narrow, wide)]
    same = set(wide.conditions) <= set(narrow.conditions) and set(wide.thresholds) <= set(narrow.thresholds)
    more = (len(ids[0]), len(narrow.conditions), len(narrow.thresholds), len(narrow.languages), bool(narrow.period)) != (
        len(ids[1]), len(wide.conditions), len(wide.thresholds), len(wide.languages), bool(wide.period),
    )  # fmt: skip
    return ids[1] <= ids[0] and same and more and wide.period in (None, narrow.period)


# --- The same split --------------------------------------------------------------------------------------------------------

_SAME = r"same (?:\w+ )?(?:split|breakdown|buckets?|groups?|grouping|cut|cuts|list|table|rows|order|view|segments|categories|columns|tiers?|plans?|products?|models?|countries)|(?:each|every one|every single one) of (?:them|these|those|em|the)|(?:for|in|of|per) (?:each|every)(?: one| group| of)?|per (?:group|bucket|row|one)|apiece|each|respectively|(?:those|these) (?:\w+ )?(?:groups?|buckets?|rows?|tiers?|plans?|products?|models?|countries|segments?|categories|lines)|(?:do|give me|show me|run|list) (?:that|this|it|the same) (?:again|once more)|(?:that|this) (?:split|breakdown|table|list)|likewise|(?:replace|swap|substitute|exchange|change) (?:that|this|it|them|the \w+) (?:with|by|for|to)"
_OVERALL = r"overall|in total|altogether|all together|in general|across (?:all|the)|everything|combined|as a whole|on the whole"
_NOT_THIS = re.compile(r"\b(?:rather than|instead of|not|no longer|in place of|other than)\s+(?:the\s+|by\s+)?", re.I)


_SPLITTING = ("breakdown", "list_entities", "count", "prompt_versions", "compare")


def _keeps_split(previous: Reading, reading: Reading) -> bool:
    """ "Avg stars for each of them?", "now the same split with the average mark", "stars rather than chats?" after a breakdown."""
    slots = reading.slots
    split = previous.dimension not in (None, "conversation") and previous.intent in _SPLITTING
    strange = reading.dimension not in (None, previous.dimension, "user", "conversation", "rating")
    if not split or strange or reading.links or slots.says(_OVERALL) or not _figures(slots) or slots.ordinal is not None:
        return False
    if slots.says(_SAME) and not (previous.intent == "compare" and len([link for link in previous.links if not link.negated]) >= 2):
        return True
    opens = re.match(r"^\W*(?:and|now|what about|how about|by|with|or|ok|then|plus|switch to)\b", slots.text, re.I)
    ranked = slots.values("extreme") or slots.values("order") or slots.says(r"which|who|why|how many")
    return not ranked and bool(_NOT_THIS.search(slots.text) or len(slots.words) <= 4 or (opens and len(slots.words) <= 6))


def _figures(slots: Slots) -> tuple[str, ...]:
    """Metrics that the turn names, without the one that it sets aside ("stars rather than chats")."""
    aside = _NOT_THIS.search(slots.text)
    end = aside.start() if aside and aside.start() > 0 else len(slots.text)
    hits = [hit for hit in sorted(slots.hits, key=lambda hit: hit.start) if hit.kind == "metric" and hit.start < end]
    named = list(dict.fromkeys(str(hit.value) for hit in hits))
    strong = [name for name in named if name not in ("conversations", "users", "organizations")]
    people = slots.says(r"(?:the |number of |how many |different )*(?:users|people|customers|persons)")
    return tuple(strong or named or (["users"] if people and slots.says(_SAME) else []))


def _split(previous: Reading, reading: Reading) -> Reading:
    metrics = _figures(reading.slots)
    slots = replace(reading.slots, limit=None)
    told = replace(
        reading, slots=slots, conditions=tuple(c for c in reading.conditions if c not in ("frustrated", "happy", "unhappy", "rated"))
    )
    return _again(previous, told, intent="breakdown", metrics=metrics, dimension=previous.dimension, limit=previous.limit, order=None)


# --- A narrower scope ------------------------------------------------------------------------------------------------------

_NOTHING_ELSE = (
    r"(?:nothing|nobody|no ?one|none|no others?) (?:but|except|besides|other than)|and (?:nobody|nothing|no ?one|none|no other\w*) else"
)
_IF_ONLY = r"(?:if|when|once|suppose|supposing|assuming|say)\s+(?:i|we|you|one)\s+(?:only|just|solely)?\s*(?:count|consider|look at|take|keep|include|leave|restrict|limit|exclude|drop|ignore|omit|focus|narrow|filter|use)\w*"
_ORDERS_LESS = re.compile(
    rf"{_LEAD}(?:(?:restrict|limit|narrow|filter|confine|focus|zoom|cut|boil|reduce)\b.{{0,40}}\b(?:to|on|in|down|for|by)\b|(?:count(?: in)?|leave in|leave|keep|take|use|consider|include|look at|look|show)\s+(?:in |at )?(?:it |that |this |them )?(?:only|just|solely|nothing|purely|in|for)\b|(?:looking|counting|considering|taking|keeping|using|restrict\w*|limit\w*|narrow\w*|filter\w*|confin\w*|seen)\s+(?:\w+ ){{0,2}}?(?:only|just|solely|exclusively|purely|to|by|on|down to)\b|(?:only|solely|exclusively|nothing but)\b)",
    re.I,
)
_IF_OUT = r"(?:if|when|once|suppose|supposing|assuming|say)\s+(?:i|we|you|one)\s+(?:\w+\s+)?(?:exclud|drop|ignor|omit|skip|disregard|tak\w* .{0,50}\bout\b|take out|leav\w* .{0,50}\b(?:out|aside)\b|leave out)\w*"
_JUST = re.compile(rf"{_LEAD.replace('|just|', '|')}(?:just|only|solely|exclusively|purely)\b|\b(?:only|alone|exclusively)\W*$", re.I)
_LEAVES_OUT = re.compile(
    rf"{_LEAD}(?:drop|leave out|leave(?= .{{1,50}}\b(?:out|aside|away)\b)|take out|take(?= .{{1,50}}\bout\b)|strip(?: out)?|kick out|cut(?: out)|throw out|disregard|ignore|exclud(?:e|ing)|subtract|without|minus|except(?: for)?|omit|skip|forget(?: about)?|not counting|setting aside|set(?= .{{1,50}}\baside\b))\b",
    re.I,
)
_ASKS = r"how (?:many|much|often)|which|who|whom|why|what(?! (?:about|if|of|is it|was it|would))|when|compare|draft|ticket|segment"


def _narrows(previous: Reading, reading: Reading) -> bool:
    """ "Count in nothing but gpt-4o", "leave in the enterprise clients and nobody else", "and if I only count Norway?", "drop the free plan"."""
    slots = reading.slots
    scope = reading.links or reading.languages or reading.conditions or reading.thresholds or reading.period or slots.unknown
    if not scope or previous.intent not in _OF_DATA or len(slots.words) > 18 or slots.conversation_ids:
        return False
    text = slots.text.strip()
    if slots.says(_NOTHING_ELSE) or slots.says(_IF_ONLY):
        return not (slots.says(r"how many|which|who|why") and not slots.says(r"it|that|this|they|them"))
    if (_LEAVES_OUT.match(text) or _ORDERS_LESS.match(text)) and not slots.says(r"how many|why|draft|tickets?|segments?|compare"):
        return True
    return bool(_JUST.search(text)) and len(slots.words) <= 8 and not slots.says(_ASKS)


def _narrowed(previous: Reading, reading: Reading) -> Reading:
    strong = tuple(name for name in _figures(reading.slots) if name not in lexicon.COUNTS)
    if _LEAVES_OUT.match(reading.slots.text.strip()) or reading.slots.says(_IF_OUT):
        reading = replace(reading, links=tuple(replace(link, negated=True) for link in reading.links))
    intent = "level" if strong and previous.intent == "count" else previous.intent
    slots = replace(reading.slots, limit=None)
    kept = _again(
        previous, replace(reading, slots=slots, subject=""), intent=intent, metrics=strong or previous.metrics,
        dimension=previous.dimension, limit=previous.limit, order=previous.order,
    )  # fmt: skip
    return replace(kept, conditions=tuple(dict.fromkeys((*previous.conditions, *reading.conditions))))


# --- All of them -------------------------------------------------------------------------------------------------------------


_WHO_MENTIONS = r"(?:who|which (?:users?|people|compan(?:y|ies)|organi[sz]ations?|accounts?|customers?|one)) (?:mention|talk|ask|complain|bring|sa[iy]|writ|rais|grumbl)\w*(?: \w+){0,2} (?:it|this|that)(?: up)? (?:the )?(?:most|most often)"
_AFFECTED = (
    r"affect\w*|hit|suffer\w*|impact\w*|involved|hurt|touch\w*|concerned|ran into (?:it|that|this)|saw (?:it|that|this)|behind (?:it|that)"
)


_WHICH_WAY = re.compile(
    r"\W*(?:so|and|then|is that|is it|did it go|are we|that['’]s|which is)?\W*(?:up or down|down or up|more or (?:less|fewer)|less or more|(?:rising|growing|climbing) or (?:falling|shrinking|dropping)|better or worse|worse or better|higher or lower|lower or higher|an? (?:increase|rise|gain) or an? (?:decrease|drop|fall|loss))(?: then| now)?\W*$",
    re.I,
)


def _two_periods(previous: Reading, reading: Reading) -> tuple[Period, Period] | None:
    """ "Last week?", "and the week before?", "up or down?": the two periods that were asked for, the later first."""
    former = previous.former.period if previous.former else None
    here = previous.period
    if not (_WHICH_WAY.match(reading.slots.text) and here and former and here.since and former.since) or here == former:
        return None
    return (here, former) if here.since > former.since else (former, here)


def rescoped(previous: Reading, reading: Reading) -> Reading | None:
    """`previous` as `reading` changes it; None where the turn is none of these."""
    if previous.intent not in _OF_DATA:
        return None
    if shows := _sees(previous, reading.slots):
        return _shown(previous, reading, shows)
    if _rests(previous, reading):
        return _basis(previous, reading)
    if previous.subject and reading.slots.says(_WHO_MENTIONS):
        return _again(previous, reading, intent="ranking", metrics=("conversations",), dimension=reading.dimension or "user", limit=None, order="highest")  # fmt: skip
    if both := _two_periods(previous, reading):
        later, earlier = both
        moved = _again(previous, reading, intent="change", metrics=previous.metrics, dimension=None, limit=None, order=None)
        return replace(moved, period=later, against=earlier)
    if previous.intent in ("tool_failures", "tool_onset") and reading.intent == "count" and reading.slots.says(_AFFECTED):
        failed = _again(previous, reading, intent="count", metrics=reading.metrics, dimension=None, limit=None, order=None)
        return replace(failed, conditions=("tool_failed",))
    if span := _spanned(previous, reading):
        return replace(
            _again(previous, reading, intent="count", metrics=previous.metrics, dimension=None, limit=None, order=None), period=span
        )
    if parts := _summed(previous, reading):
        return _together(previous, reading, parts)
    if _asks_a_part(previous, reading):
        return _part(previous, reading)
    if _keeps_split(previous, reading):
        return _split(previous, reading)
    return _narrowed(previous, reading) if _narrows(previous, reading) else None


def _again(
    previous: Reading,
    reading: Reading,
    *,
    intent: str,
    metrics: tuple[str, ...],
    dimension: str | None,
    limit: int | None,
    order: str | None,
) -> Reading:
    """The question before, with the names, days and conditions of this one in place of its own."""
    return replace(
        reading,
        intent=intent, metrics=metrics, dimension=dimension, limit=limit, order=order,
        links=joined(previous.links, reading.links, reading.slots),
        period=reading.period or (None if reading.slots.all_time else previous.period),
        bad=previous.bad, conditions=reading.conditions or previous.conditions, thresholds=reading.thresholds or previous.thresholds,
        subject=reading.subject if reading.slots.framed else previous.subject, not_subject=reading.not_subject or previous.not_subject,
        languages=reading.languages or previous.languages, events=previous.events,
        earlier=(*previous.earlier, *previous.links), former=previous, follows=True,
    )  # fmt: skip


def joined(old: Sequence[Link], new: Sequence[Link], slots: Slots) -> tuple[Link, ...]:
    """New names take the place of old ones of their kind, and of people where they are people; others stay."""
    replaced = {link.kind for link in new if not link.negated}
    if replaced & {"user", "organization"}:
        replaced |= {"user", "organization"}
    if slots.says(r"everyone|everybody|all (?:users|customers|products|accounts|of them)|overall|in general") and not any(
        link.negated for link in new
    ):
        return tuple(new)
    properties = {link.names[0].id.partition("=")[0] for link in new if link.kind == "property" and not link.negated}
    kept = [
        link
        for link in old
        if (link.kind not in replaced or (link.kind == "property" and link.names[0].id.partition("=")[0] not in properties))
    ]
    return (*kept, *new)


def where_it_failed(carried: Reading) -> Reading:
    """ "One id where it crashed": of the tool that the turn before named."""
    if carried.intent not in ("examples", "quotes") or not carried.of_kind("tool") or not carried.slots.says(rf"{BROKEN}|{FELL_OVER}"):
        return carried
    rest = " ".join(word for word in carried.subject.split() if not re.fullmatch(rf"{BROKEN}|{FELL_OVER}", word))
    return replace(carried, conditions=tuple(dict.fromkeys([*carried.conditions, "tool_failed"])), subject=rest)
