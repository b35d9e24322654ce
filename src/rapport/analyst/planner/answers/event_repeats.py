"""Whose business events there are several of: "which accounts have more than one cancellation", "who cancelled twice"."""

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import joined
from rapport.analyst.planner.days import COUNT
from rapport.analyst.planner.days import number as number_of
from rapport.analyst.planner.reading import CONDITION_WORDS, Reading

_EVENT = "|".join(phrase.replace(" ", r"\s+") for phrases in lexicon.EVENT_WORDS.values() for phrase in phrases.split("|"))
_SIGNS = {
    "more than": operator.gt,
    "over": operator.gt,
    "at least": operator.ge,
    "exactly": operator.eq,
    "only": operator.eq,
    "just": operator.eq,
}
_OFTEN = re.compile(
    rf"\b(?:(?P<sign>more than|over|at least|exactly|only|just) )?(?:(?P<word>once|twice|thrice)|(?P<times>{COUNT}) times)\b"
    rf"|\b(?P<sign2>more than|over|at least|exactly|only|just) (?P<n>{COUNT}) (?:\w+ ){{0,2}}?(?:(?:{_EVENT})\w*|events?|requests?)\b"
    r"|\b(?P<several>several|multiple|repeated|repeat)\b",
    re.I,
)
_WORDS = {"once": 1, "twice": 2, "thrice": 3}


def several(reading: Reading) -> tuple[str, int] | None:
    """(sign, number) of the events that each must have; None where the question bounds no number."""
    match = _OFTEN.search(reading.slots.text)
    if match is None or any(start < match.end() and match.start() < end for start, end in reading.slots.taken):
        return None
    if match["several"]:
        return "more than", 1
    sign = (match["sign"] or match["sign2"] or "").lower()
    number = _WORDS.get((match["word"] or "").lower()) or int(number_of((match["times"] or match["n"]).lower()))
    return (sign or "at least", number) if sign or number > 1 else None


def of_so_many(groups: Sequence[Mapping[str, Any]], bound: tuple[str, int]) -> list[Mapping[str, Any]]:
    """The groups that have so many events."""
    sign, number = bound
    return [group for group in groups if _SIGNS[sign](group["events"], number)]


def set_aside(reading: Reading) -> str:
    """What the question asks of conversations, which no event has: it is said to be left out."""
    told = [
        CONDITION_WORDS.get(name, name.replace("_", " ")) for name in reading.conditions if name not in ("rated", "unrated", "abandoned")
    ]
    told += ["tool failures"] if not told and {"tool_failures", "tool_failure_rate"} & set(reading.slots.metrics) else []
    if not told:
        return ""
    return f"\n\nNot taken into account: {joined([f'“{words}”' for words in told])}, which is told of conversations and not of events."
