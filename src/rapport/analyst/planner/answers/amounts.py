"""Whose the business events of one amount are: "who bought an upgrade worth more than 100"."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Call, bullets, counted, heading, number, phrase
from rapport.analyst.planner.reading import Reading

_SIGNS = {
    "=": (operator.eq, ""),
    ">": (operator.gt, "more than "),
    ">=": (operator.ge, "at least "),
    "<": (operator.lt, "less than "),
    "<=": (operator.le, "at most "),
}
MOST = 100


def of_whom(own: Reading, types: Sequence[str], cut: tuple[str, float]) -> Answer:
    """The people who had an event of an amount, or of more or less than it. Of somebody with more than three events only the ends and the
    sum are known, and so only a lower bound of how many of them have it."""
    sign, amount = cut
    named = {"types": list(types)} if types else {}
    (people,) = yield [Call("getOutcomes", {"filter": own.filter(), **named, "groupBy": "user", "limit": MOST})]
    told = f"{_SIGNS[sign][1]}{number(amount)}"
    text = heading(", ".join(types) or "business events", f"worth {told} each", own.scope())
    if people.error:
        return text + people.error
    found = [(group["name"], *matching(group, sign, amount)) for group in people.data["groups"]]
    rows = [f"**{name}**: {'' if exact else 'at least '}{n}" for name, n, exact in found if n]
    text += f"**{counted(len(rows), 'users')}** with an event worth {told}{phrase(own)}, {own.when()}"
    return f"{text}:\n{bullets(rows, numbered=True)}" if rows else f"{text}."


def matching(group: Mapping[str, Any], sign: str, amount: float) -> tuple[int, bool]:
    """(how many of a person's events have the amount, whether that is exact)."""
    n, low, high, total = group["events"], group.get("smallest"), group.get("largest"), group.get("total")
    fits = _SIGNS[sign][0]
    if low is None or high is None:
        return 0, True
    if low == high:
        return (n if fits(low, amount) else 0), True
    known = [low, high, *([total - low - high] if n == 3 and total is not None else [])]
    return sum(fits(value, amount) for value in known), n <= len(known)


__all__ = ["matching", "of_whom"]
