"""What the exemplars say a question asks for, set against what its words are in the lexicon.

People name a figure in more ways than any list of words holds ("how vexed are folk", "who is hardest on us with its stars"). On 1,080
questions by three writers whose wordings the bank did not hold, the vote of the exemplars had the metric right in 87 %, the lexicon in
53 %; which end comes first in 88 % against 60 %; what a list runs over in 93 % against 88 %. So the vote decides where it is clear, and
the lexicon where it is not.
"""

import re
from collections.abc import Mapping

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.asked import HARD_ON_US, RANGE, SHARE, USED_MOST, badly_most
from rapport.analyst.planner.conditions import conditions
from rapport.analyst.planner.exemplars import Heard
from rapport.analyst.planner.slots import Slots, Threshold

FIGURES = frozenset({"count", "level", "ranking", "breakdown", "compare", "trend"})
"""Intents that ask for a figure: the exemplars of these say which."""

CLEAR = 0.3
"""A metric with this score is right in 89 of 100, and 94 of 100 questions have one."""
CLEAR_SPLIT = 0.6
MARGIN = 0.1
"""By how much one end must lead, and what a noun of the question adds to its dimension."""

_COUNTED = frozenset(
    {"users", "organizations", "days", "products", "models", "tools", "topics", "segments", "prompt_versions", "languages", "event_types"}
)
"""What "how many ..." counts where it is no conversation: its noun is plain."""
_OF_TOOLS = (
    r"tools?|functions?|calls?|integrations?|look-?ups?|plug-?ins?|connectors?|fns?|apis?|api calls?|invocations?|invoked|triggered|fired"
)
NAMED, SAID = 0.5, 0.4
"""What an extreme that names a metric, or a word of the lexicon for it, adds to it; the words for conversations and messages say little."""

_STARS = {"one_star": 1.0}
_PROPERTIES = frozenset({"plan", "country"})


_OF_TALKS = r"(?:how many|numbers? of|counts? of) (?:(?:of|the|our|different|all|such|\w+ed) )*(?:conversations?|chats?|dialog(?:ue)?s?|sessions?|threads?|interactions?)"


def metrics(slots: Slots, found: tuple[str, ...], heard: Heard) -> tuple[str, ...]:
    """The metrics with the one first that was heard; those that only the lexicon found stay behind it where it knew that one too."""
    told = figure(heard, slots)
    if (
        not told
        or (found[:1] == ("conversations",) and conditions(slots) and slots.says(_OF_TALKS))
        or (found and found[0] in _COUNTED)
        or (conditions(slots) and slots.says(_MOST_TALKS) and not slots.says(SHARE))
        or (told.startswith("tool_failure") and slots.says(SHARE) and "tool_failed" in conditions(slots))
    ):
        return found
    starred = told == "rated_share" and any(threshold.metric == "rating" for threshold in slots.thresholds)
    name = "ratings" if told in _STARS or starred else told
    if name in found:
        return (name, *(other for other in found if other != name))
    return (name,)


def thresholds(slots: Slots, heard: Heard) -> tuple[Threshold, ...]:
    """The thresholds of the question; a rating of one star where that is what is counted."""
    told = figure(heard, slots)
    if told not in _STARS or any(known.metric == "rating" for known in slots.thresholds):
        return slots.thresholds
    return (*slots.thresholds, Threshold("rating", "=", _STARS[told]))


def _bounded(slots: Slots) -> bool:
    """Whether a number of conversations bounds the groups ("firms with 50 chats or more"): its words are no figure and no end of a list."""
    return any(threshold.metric == "conversations" for threshold in slots.thresholds)


def order(slots: Slots, metric: str | None, found: str | None, heard: Heard) -> str | None:
    """highest | lowest, by the value of the metric. An extreme of the lexicon that is of this metric ("harshest") is sure of its end."""
    if any(extreme[0] == metric for extreme in slots.values("extreme")) or (found and slots.says(rf"{HARD_ON_US}|{RANGE}")):
        return found
    if _bounded(slots) or badly_most(slots, metric):
        return found
    if found is None and slots.says(r"by (?:how (?:many|much|often)|(?:the )?(?:number|volume|count) of)"):
        return "highest"
    high, low = heard.order.get("high", 0.0), heard.order.get("low", 0.0)
    if abs(high - low) < MARGIN:
        return found
    return "highest" if high > low else "lowest"


def dimension(found: str | None, heard: Heard, keys: frozenset[str], *, asked: bool) -> str | None:
    """What a ranking or a breakdown runs over. `found` is the noun that the lexicon chose, and `asked` whether the question asks for it
    in so many words ("which X", "per X"); `keys`: of the tenant's properties, of which a plan or a country is one."""
    if asked:
        return found
    scores = {
        f"property:{name}" if name in _PROPERTIES else name: score
        for name, score in heard.dimension.items()
        if name != "-" and (name not in _PROPERTIES or name in keys)
    }
    if found is not None and found not in scores:
        return found
    if found is not None:
        scores[found] += MARGIN
    best = _best(scores)
    return best[0] if best and best[1] >= CLEAR else found


def figure(heard: Heard | None, slots: Slots) -> str:
    """The metric that was heard clearly; empty where none was. One that an extreme of the lexicon names ("lowest rated") counts more."""
    if heard is None:
        return ""
    named = {str(extreme[0]) for extreme in slots.values("extreme")}
    found = {name for name in slots.metrics if name not in ("conversations", "messages")}
    if slots.says(USED_MOST) and not (found or named - {"conversations", "None"}) and not slots.says("how many"):
        return "conversations"
    judged = _bounded(slots) and bool((named | found) - lexicon.COUNTS - {"None"})
    tools = slots.of_kind("tool") or slots.says(_OF_TOOLS)
    best = _best(
        {
            name: score + (NAMED if name in named else SAID if name in found else 0)
            for name, score in heard.metric.items()
            if (tools or not name.startswith("tool_")) and not (name == "conversations" and judged)
        }
    )
    if best and best[0] == "rated_share" and "unrated" in conditions(slots) and slots.says(_HOW_MANY) and not slots.says(SHARE):
        return "conversations"  # "how many chats were never rated" counts what the share leaves out
    return best[0] if best and best[1] >= CLEAR and best[0] != "-" else ""


_MOST_TALKS = r"(?:most|fewest|by (?:the )?(?:number|count) of|largest number of|highest number of|biggest number of) (?:of (?:the|our) )?(?:(?!or\b|and\b)[\w-]+ ){1,3}?(?:conversations?|chats?|dialog(?:ue)?s?|sessions?|threads?|interactions?)"
""" "The most unhappy chats": a number of them, however many others there are."""
_HOW_MANY = r"how many|numbers? of|counts?|total|tally|how often"


def intent(slots: Slots, chosen: str, figure: str) -> str:
    """Counts of events are outcomes; a share is a level."""
    if chosen not in FIGURES or not figure:
        return chosen
    if figure == "events":
        return "outcomes"
    known = lexicon.METRICS.get(figure)
    shared = figure == "rated_share" or (known is not None and known.unit == "share")
    if slots.says(SHARE):
        return "level" if chosen == "count" and shared and not (conditions(slots) or slots.thresholds) else chosen
    return "level" if chosen == "count" and shared and not slots.says(_HOW_MANY) else chosen


_HOW_MANY = r"how many|how often|numbers? of|counts? of|tally of|times"
"""A number is asked for, and no share of anything."""

_TIMES = frozenset({"day", "week", "month", "weekday", "hour"})
_EACH = r"each|every|per|by|individual\w*|respectively|separately|apart|split\w*|divid\w*|break\w*|spread|distribut\w*|daily|weekly|monthly|hourly|after|\w+[ -]wise|one by one|profile|tally"


def _of_a_group(slots: Slots) -> bool:
    """ "Average stars for pro accounts": one figure of them all."""
    members = r"\s+(?:plan |tier )?(?:accounts?|customers?|users?|clients?|compan(?:y|ies)|organi[sz]ations?|people)\b"
    whose = any(re.match(members, slots.text[link.end :], re.I) for link in slots.of_kind("property"))
    return whose and not slots.says(r"each|every|per|by|which|who|respectively|separately|individual\w*|list|rank\w*|one by one")


def splits(slots: Slots, found: str | None, metrics: tuple[str, ...], heard: Heard) -> bool:
    """Whether a figure is wanted for each of what a noun of the question names; days and weeks may only say when."""
    best = _best(heard.dimension)
    if (
        best is None
        or best[0] != (found or "").removeprefix("property:")
        or best[1] < CLEAR_SPLIT
        or slots.says(SHARE)
        or _of_a_group(slots)
    ):
        return False
    return f"{best[0]}s" not in metrics and (best[0] not in _TIMES | {"user"} or bool(slots.says(_EACH)))


def _best(scores: Mapping[str, float]) -> tuple[str, float] | None:
    return max(scores.items(), key=lambda item: item[1]) if scores else None
