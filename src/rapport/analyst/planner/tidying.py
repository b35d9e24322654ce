"""What the chosen kind of answer makes of the slots: which words are conditions, and which chose the figure already."""

import re
from dataclasses import replace

from rapport.analyst.planner.asked import AVERAGE, BROKEN, SHARE, since
from rapport.analyst.planner.conditions import COMPLAINED, FELL_OVER
from rapport.analyst.planner.evidence import GRADES, graded, told_by_metrics
from rapport.analyst.planner.moving import DIRECTION
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Threshold

_SHOWN = frozenset({"examples", "quotes"})

_TURN_UP = r"(?:hear\w*|writ\w+|wrote|talk\w*|chat\w*|come back|came back|reach\w* out|knock\w*|show\w* up|turn\w* up|get in touch|contact\w*) (?:\w+ ){0,3}?(?:more|less|fewer|often|seldom)|(?:more|less) (?:often )?(?:from|of|in touch)|busier|quieter"


def tidied(reading: Reading) -> Reading:
    """What the chosen intent makes of the slots."""
    return _movement(_figures(_moods(_grades(_evidence(_praised_or_missed(reading))))))


_MISSED = r"(?:features?|capabilit(?:y|ies)|functions?|functionality)\b.{0,20}\b(?:miss(?:ing|ed)|lack(?:ing|ed)?|wish(?:ed)? for|request(?:ed)?|wanted|ask(?:ed)? for)|missing (?:features?|capabilit(?:y|ies)|functions?|functionality)|feature (?:requests?|gaps?|wishes)"
_PRAISED = r"what (?:do|does|did) (?:the |our |most |all )?(?:\w+ ){1,6}(?:like|love|appreciate|enjoy|praise|value)(?: (?:about|most|best|in|with|us)\b.*)?\W*$|what (?:are|is) .{2,30} (?:happy|pleased|satisfied) (?:about|with)|what (?:goes|went|works?|is working|is going) (?:really |particularly )?well|what are we (?:good at|doing (?:well|right))"
_ABOUT_THINGS = frozenset("ranking top_topics complaints recommend level summary why list_entities breakdown user_profile".split())


def _praised_or_missed(reading: Reading) -> Reading:
    """What people miss, or like: the topics of the conversations that show it."""
    if reading.intent not in _ABOUT_THINGS or reading.slots.thresholds or reading.of_kind("user"):
        return reading
    if reading.slots.says(_MISSED):
        return replace(reading, intent="top_topics", dimension="topic", metrics=(), conditions=("missing_capability_detected",), subject="")
    if reading.slots.says(_PRAISED):
        return replace(reading, intent="top_topics", dimension="topic", metrics=(), conditions=("happy",), bad=None, subject="")
    return reading


_COUNTS_GRADES = r"(?:numbers?|counts?|amounts?|volumes?|totals?|most|fewest|how many|how often|more|fewer|share|percent\w*|portion|part|slice|fraction|proportion|%)(?: \w+){0,3}?"
_OF_GRADES = frozenset({"ranking", "breakdown", "count", "trend", "change", "compare", "level"})


def _grades(reading: Reading) -> Reading:
    """ "Which bot got the most bad ratings?", "how many poor reviews": ratings of a grade are counted, and no average is ordered."""
    slots = reading.slots
    if reading.intent not in _OF_GRADES or slots.thresholds or not slots.says(rf"{_COUNTS_GRADES} (?:{GRADES})"):
        return reading
    grade = graded(slots)
    if grade is None:
        return reading
    bound = Threshold("rating", "<=", 2) if grade == "low_rated" else Threshold("rating", ">=", 4)
    order = ("lowest" if slots.says("fewest|least") else "highest") if reading.intent == "ranking" else reading.order
    rest = tuple(name for name in reading.conditions if name not in ("happy", "unhappy", "negative", "positive"))
    return replace(reading, metrics=("ratings",), conditions=rest, thresholds=(bound,), order=order, bad=None)


_MOODS = {
    "unhappy": "unhappy|bad|dissatisfied|disappointed|disgruntled|upset|terrible|awful|poor|miserable", "negative": "negative",
    "frustrated": "angry|frustrated|furious|annoyed|irate|mad", "happy": "happy|satisfied|good|great|delighted", "positive": "positive",
}  # fmt: skip
_SO_MANY = r"(?:most|fewest|highest number of|largest number of|greatest number of|biggest number of|number of|least)"
_TALKS = r"(?:conversations|chats|convos|convs|dialog(?:ue)?s|sessions|threads|interactions|talks)"


TROUBLE = r"troubles?|grief|problems?|hassles?|difficult(?:y|ies)|headaches?|issues?|struggl\w*|suffer\w*|unhappy|annoyed|frustrated|complain\w*|aggravation|bother"


def _finds_trouble(reading: Reading) -> bool:
    """ "Which product gives Carmen so much trouble?": where the chats of one person, or company, went badly."""
    one = reading.of_kind("user", "organization")
    told = reading.metric in (None, "conversations", "struggle") and reading.slots.says(TROUBLE)
    return bool(told and len(one) == 1 and reading.dimension in ("product", "model") and not reading.conditions)


def _moods(reading: Reading) -> Reading:
    """ "Which client has the most unhappy chats?": the chats of one mood are counted, and no share of them is ordered."""
    slots = reading.slots
    if reading.intent != "ranking" or reading.dimension in (None, "conversation") or slots.says(SHARE):
        return reading
    if _finds_trouble(reading):
        return replace(reading, metrics=("conversations",), conditions=("unhappy",), order="highest", bad=None)
    mood = next((name for name, words in _MOODS.items() if slots.says(rf"{_SO_MANY} (?:of (?:the|our) )?(?:{words}) {_TALKS}")), None)
    if mood is None:
        return reading
    rest = tuple(name for name in reading.conditions if name not in _MOODS)
    order = "lowest" if slots.says("fewest|least") else "highest"
    return replace(reading, metrics=("conversations",), conditions=(*rest, mood), order=order, bad=None)


_LATEST_COMPLAINTS = r"(?:latest|newest|freshest|(?:most )?recent|last|first|oldest|earliest)(?: (?:\d{1,2}|two|three|four|five|six|ten|few|couple(?: of)?|handful of))?(?: [\w-]+){0,2} (?:complaints?|grievances?|gripes|grumbles)\b"
""" "The latest three complaints": single ones in their order, not what most of them are about."""


def _evidence(reading: Reading) -> Reading:
    """What is shown, and what failed: the grade and the failing tool that a question tells of are conditions."""
    slots = reading.slots
    if reading.metric == "messages" and slots.says(rf"{AVERAGE}|typical\w*|per (?:chat|conversation|dialogue|session|interaction)"):
        reading = replace(reading, metrics=("messages_per_conversation",), intent="level" if reading.intent == "count" else reading.intent)
    if reading.intent in _SHOWN:
        reading = replace(reading, conditions=tuple(dict.fromkeys([*reading.conditions, *told_by_metrics(reading)])))
    if reading.intent in _SHOWN and not slots.thresholds and (grade := graded(slots)):
        reading = replace(reading, conditions=tuple(dict.fromkeys([*reading.conditions, grade])))
    if reading.intent in ("complaints", "quotes", "top_topics") and slots.says(_LATEST_COMPLAINTS):
        return replace(reading, intent="examples", conditions=tuple(dict.fromkeys([*reading.conditions, "unhappy"])), bad=True)
    if reading.intent == "complaints" and reading.dimension == "tool" and not reading.of_kind("tool"):
        return replace(reading, intent="tool_failures", conditions=())  # "the most complained about tool"
    if reading.intent == "complaints" and "unhappy" in reading.conditions and slots.says(COMPLAINED):
        reading = replace(reading, conditions=tuple(name for name in reading.conditions if name != "unhappy"))
    if reading.intent == "inbox" and "jailbreak_detected" in reading.conditions and not slots.quoted:
        reading = replace(reading, subject="", not_subject="")
    if reading.intent in ("examples", "quotes", "count") and reading.of_kind("tool") and slots.says(rf"{BROKEN}|{FELL_OVER}"):
        rest = " ".join(word for word in reading.subject.split() if not re.fullmatch(BROKEN, word))
        reading = replace(reading, conditions=tuple(dict.fromkeys([*reading.conditions, "tool_failed"])), subject=rest)
    by_failures = reading.intent in ("ranking", "breakdown", "trend", "change") and reading.dimension != "tool"
    if by_failures and reading.metric in ("tool_calls", "tool_failures") and slots.says(BROKEN):
        part = slots.says(rf"{SHARE}|(?:failure|error|fail(?:ing)?) rates?|rates? of (?:\w+ )?(?:fail\w*|errors?)")
        reading = replace(reading, metrics=("tool_failure_rate" if part else "tool_failures", *reading.metrics[1:]))
    return reading


_HOW_CHANGED = r"how (?:has|have|did|does|do)\b.{0,60}\b(?:chang\w*|mov\w*|develop\w*|evolv\w*|progress\w*|shift\w*)"


_MOOD_OF_TALKS = r"(?:un)?(?:bad|happy|good|terrible|awful|poor|dissatisfied|disappointed|satisfied|great) (?:\w+ )?(?:conversations|chats|convos|dialog(?:ue)?s|sessions|threads|interactions|talks)"
_NUMBERED = r"how many|numbers? of|counts?|more|fewer|less"
_RATIO = r"ratio|versus|vs\.?|against|compared (?:to|with)|to negative|to positive"
_GRADE = r"(?:[1-5]|one|two|three|four|five)"
_TWO_GRADES = rf"{_GRADE}[- ]?stars?(?: ratings?| chats?| counts?)? (?:vs\.?|versus|against|compared (?:to|with)|to|over) (?:the )?{_GRADE}[- ]?stars?"
""" "One star vs five star count": how many of each number of stars."""


def _figures(reading: Reading) -> Reading:
    """A word that already chose the figure, or the kind of answer, does not filter as well."""
    slots = reading.slots
    if reading.intent in ("ranking", "level", "trend", "compare", "breakdown", "count", "change", "summary", "at_risk", "why"):
        # an adjective that already chose the metric does not also filter
        told = {"frustrated": "frustration", "unhappy": "sentiment", "happy": "sentiment", "positive": "sentiment", "negative": "sentiment", "resolved": "resolved_share", "abandoned": "abandoned_share", "handover": "handover_share", "jailbreak_detected": "jailbreak_share", "hallucination_detected": "hallucination_share", "user_toxicity_detected": "user_toxicity_share", "missing_capability_detected": "missing_capability_share"}  # fmt: skip
        if reading.intent != "count":
            told |= {"rated": "rated_share", "unrated": "unrated_share"}
            kept = tuple(name for name in reading.conditions if not {told.get(name), f"{name}_share"} & set(reading.metrics))
            reading = replace(reading, conditions=kept)
    if reading.metric == "negative_share" and "unhappy" in reading.conditions and not slots.says(r"negative\w*|sentiment"):
        rest = tuple(name for name in reading.conditions if name != "unhappy")
        reading = replace(reading, metrics=("unhappy_share", *reading.metrics[1:]), conditions=rest)
    if reading.metric == "rated_share" and "unrated" in reading.conditions and reading.intent in ("breakdown", "ranking"):
        reading = replace(reading, intent="ranking" if slots.says(SHARE) else reading.intent, metrics=("conversations",))
    if (
        reading.intent == "level"
        and since(slots)
        and slots.says(
            r"chang\w*|mov\w*|develop\w*|better|worse|improv\w*|happen\w*|pick\w* up|slip\w*|r[io]se\w*|f[ae]ll\w*|climb\w*|dropp?\w*|sunk|sank|up or down|or down|recover\w*"
        )
    ):
        reading = replace(reading, intent="change")
    if reading.intent == "level" and not reading.against and slots.says(_HOW_CHANGED):
        reading = replace(reading, intent="trend")
    if reading.intent == "outcomes" and slots.quoted and not reading.events and slots.says("how many|number of|count"):
        words = reading.subject or " ".join(slots.quoted).lower()  # of what people write, not of what they did
        reading = replace(reading, intent="count", metrics=("conversations",), subject=words)
    if "commented" in reading.conditions and reading.intent in ("count", "level", "quotes"):
        reading = replace(reading, intent="count", metrics=("ratings",), subject="")
    if reading.intent == "count" and "unrated" in reading.conditions and reading.metric in ("rating", "ratings", "rated_share"):
        reading = replace(reading, metrics=("conversations",))
    if (reading.intent == "count" and reading.metric == "ratings") or reading.intent == "summary":
        reading = replace(reading, conditions=tuple(name for name in reading.conditions if name != "rated"))
    of_mood = reading.metric in (None, "conversations") and slots.says(_MOOD_OF_TALKS)  # "more bad chats on Monday than on Tuesday"
    if of_mood and reading.bad and reading.intent in ("trend", "change") and not reading.conditions and slots.says(_NUMBERED):
        reading = replace(reading, metrics=("conversations",), conditions=("unhappy",))
    if str(reading.metric) == "resolved_share" and reading.of_kind("tool"):
        reading = replace(reading, metrics=("tool_failure_rate", *reading.metrics[1:]))  # "its success rate"
    if reading.intent in ("trend", "change") and not of_mood:
        reading = replace(reading, conditions=tuple(name for name in reading.conditions if name not in ("happy", "unhappy")))
    if {"positive", "negative"} <= {*reading.conditions, str(reading.metric).removesuffix("_share")} and slots.says(_RATIO):
        return replace(reading, intent="level", metrics=("positive_share", "negative_share"), conditions=(), bad=None)
    if reading.intent in ("compare", "count", "change", "level") and reading.thresholds and not reading.against and slots.says(_TWO_GRADES):
        return replace(reading, intent="breakdown", dimension="rating", metrics=("conversations",), thresholds=(), conditions=())
    return reading


def _movement(reading: Reading) -> Reading:
    """What is ranked or followed over time where no figure is named, or more than one."""
    slots = reading.slots
    if reading.intent in ("trend", "change") and reading.subject and not slots.quoted:
        rest = " ".join(word for word in reading.subject.split() if not re.fullmatch(DIRECTION, word, re.I))
        reading = replace(reading, subject=rest)
    if reading.intent == "ranking" and not reading.metrics and reading.bad:  # ranked by how badly it went
        reading = replace(
            reading, conditions=tuple(name for name in reading.conditions if name not in ("negative", "unhappy", "frustrated"))
        )
    if reading.intent == "change" and not reading.metrics and not reading.conditions and slots.says(_TURN_UP):
        reading = replace(reading, metrics=("conversations",))
    if str(reading.metric).startswith("tool_failure") and reading.intent not in _SHOWN:
        reading = replace(reading, conditions=tuple(name for name in reading.conditions if name != "tool_failed"))
    if reading.intent == "count" and reading.metric == "conversations" and "rating" in reading.metrics and slots.says(AVERAGE):
        reading = replace(reading, intent="summary", conditions=())
    tool_only = reading.of_kind("tool") and not slots.says(r"use[ds]?|usage|called|popular\w*|chats?|conversations?")
    if reading.intent in ("trend", "change") and not reading.metrics and (slots.says(rf"failures?|{BROKEN}") or tool_only):
        reading = replace(
            reading, metrics=("tool_failures",), subject="", conditions=tuple(c for c in reading.conditions if c != "tool_failed")
        )
    if (
        reading.intent in ("level", "ranking", "breakdown", "trend", "compare", "change")
        and any(threshold.metric == "rating" for threshold in slots.thresholds)
        and reading.metric == "rating"
        and not slots.says(AVERAGE)
    ):
        reading = replace(reading, metrics=tuple(name for name in reading.metrics if name != "rating") or ("ratings",))
    return reading
