"""Groups by a bound on a figure of each: "how many companies have more than ten users", "how many accounts rate us below 3 on average"."""

import operator
import re
from dataclasses import dataclass, replace

from rapport.analyst.planner import days
from rapport.analyst.planner.answers.asking import Answer, Asked, bullets, heading, number, phrase
from rapport.analyst.planner.answers.rankings import grouping, row
from rapport.analyst.planner.answers.totals import size, size_words
from rapport.analyst.planner.asked import AVERAGE
from rapport.analyst.planner.reading import Reading

_NUMBER = "|".join(word for word in days.NUMBERS if re.fullmatch(r"[a-z]{3,}", word) and word not in ("few", "several", "couple"))
_SIGNS = {
    "more than": ">", "over": ">", "above": ">", "at least": ">=", "no less than": ">=", "no fewer than": ">=", "a minimum of": ">=", "fewer than": "<",
    "less than": "<", "under": "<", "below": "<", "at most": "<=", "no more than": "<=", "up to": "<=", "exactly": "=", "only": "=", "just": "=",
}  # fmt: skip
_HEADS = re.compile(
    rf"\b(?:(?P<sign>{'|'.join(sorted(_SIGNS, key=len, reverse=True))})\s+(?P<n>\d{{1,4}}|{_NUMBER})|(?P<m>\d{{1,4}}|{_NUMBER})\s*(?:\+|or more|and more|plus))\s+"
    r"(?:(?:different|distinct|active|individual|unique|separate|of (?:its|their)|our) )*(?:users|people|persons|employees|staff|members|colleagues|heads|individuals)\b",
    re.I,
)
_TESTS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}
_WORDS = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly"}
_OF_HEADS, _OF_STARS = ("organization", "product", "model", "tool"), ("user", "organization", "product", "model")
_INTENTS = frozenset("count ranking list_entities level breakdown compare summary user_profile examples".split())
MOST = 50


@dataclass(frozen=True, slots=True)
class Cut:
    """A bound on a figure of each group: `metric` is users | rating."""

    metric: str
    sign: str
    value: float


def wanted(reading: Reading) -> bool:
    """Whether the question sets a bound on each group that no ranking keeps by itself."""
    if reading.intent not in _INTENTS or reading.conditions or reading.slots.of_kind(_kind(reading)):
        return False
    return (cut := cut_of(reading)) is not None and (cut.metric == "users" or reading.intent in ("count", "level", "list_entities"))


def cut_of(reading: Reading) -> Cut | None:
    """The bound that the question sets on each group; None where it sets none."""
    kind, says = _kind(reading), reading.slots.says
    if kind in _OF_HEADS and (match := _HEADS.search(reading.slots.text)):
        sign = _SIGNS.get((match["sign"] or "").lower(), ">=")
        return Cut("users", sign, days.number((match["n"] or match["m"]).lower()))
    stars = next((threshold for threshold in reading.thresholds if threshold.metric == "rating"), None)
    if (
        stars
        and stars.operator != "="
        and kind in _OF_STARS
        and says(AVERAGE)
        and says(r"how many|number of|count|which|who|list|name|show")
    ):
        return Cut("rating", stars.operator, stars.value)
    return None


_NOUNS = {
    "companies": "organization", "accounts": "organization", "firms": "organization", "customers": "organization", "clients": "organization",
    "organizations": "organization", "users": "user", "people": "user", "products": "product", "assistants": "product", "bots": "product", "models": "model",
}  # fmt: skip


def _kind(reading: Reading) -> str:
    """What is bounded: the groups that are counted, else those that are listed."""
    counted = reading.slots.says(r"how many (?:of our |of the |our |different )?(\w+)")
    return _NOUNS.get(counted.group(1).lower() if counted else "", "") or str(reading.dimension)


def cuts(asked: Asked) -> Answer:
    """How many groups keep to the bound, and which."""
    reading = asked.reading
    cut = cut_of(reading)
    assert cut is not None
    dimension = _kind(reading)
    kept = tuple(threshold for threshold in reading.thresholds if threshold.metric == "conversations")
    own = replace(reading, thresholds=kept)
    order = "lowest" if cut.sign.startswith("<") else "highest"
    metrics = [cut.metric, "conversations"]
    (output,) = yield [grouping(dimension, metrics, order, MOST, size(own), own.filter())]
    words = (
        f"{_WORDS[cut.sign]} {number(cut.value)} users" if cut.metric == "users" else f"an average {_BOUND[cut.sign]} {cut.value:g} stars"
    )
    text = heading(f"{dimension}s with {words}", own.scope(period=False), size_words(own), own.when())
    if output.error:
        return text + output.error
    groups = output.data["groups"]
    found = [group for group in groups if _passes(group["figures"][0].get("value"), cut)]
    of = output.data.get("total", len(groups))
    # averages of few are ranked nearer to the middle, so that more of them may follow the groups that are looked at
    least = "at least " if of > len(groups) and (cut.metric == "rating" or len(found) == len(groups)) else ""
    text += f"{least}**{len(found)} {dimension}{'' if len(found) == 1 else 's'}** of {number(of)} with {words}{phrase(own)}, {own.when()}"
    rows = [row(group) for group in found[: own.limit or 20]]
    return f"{text}:\n{bullets(rows, numbered=True)}" if rows else f"{text}."


_BOUND = {">": "above", ">=": "of at least", "<": "below", "<=": "of at most", "=": "of exactly"}


def _passes(value: float | None, cut: Cut) -> bool:
    return value is not None and _TESTS[cut.sign](value, cut.value)


__all__ = ["Cut", "cut_of", "cuts", "wanted"]
