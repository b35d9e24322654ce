"""How many of something there are for each of something else on average: "chats per day", "conversations per user"."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, counted, heading, number, phrase
from rapport.analyst.planner.answers.totals import none, title
from rapport.analyst.planner.asked import AVERAGE
from rapport.analyst.planner.reading import Reading

_EACH = {
    "users": r"users?|persons?|people|heads?|customers?|visitors?",
    "organizations": r"compan(?:y|ies)|organi[sz]ations?|accounts?|firms?|clients?",
    "day": r"days?",
    "week": r"weeks?",
}
_DAILY = {"day": r"daily", "week": r"weekly"}
_COUNTS = ("conversations", "messages", "users")


def wanted(reading: Reading) -> str | None:
    """users | organizations | day | week, where an average number for each of them is asked for."""
    says = reading.slots.says
    counted_in = {metric for metric in reading.metrics if metric not in ("users", "organizations", "days")}
    if reading.intent not in ("count", "level", "breakdown", "trend", "ranking", "summary") or not counted_in <= {
        "conversations",
        "messages",
        "messages_per_conversation",
    }:
        return None
    if not says(rf"{AVERAGE}|typical(?:ly)?|usually") or says(
        r"which|who|whose|what (?:day|user|company)|rank|top|stars?|ratings?|average (?:sentiment|frustration)"
    ):
        return None
    return _each(reading)


def _each(reading: Reading) -> str | None:
    says = reading.slots.says
    for each, nouns in _EACH.items():
        if each not in _DAILY and says(rf"(?:does|do|did|has|have|had) (?:the|an|our) (?:average|typical|mean|usual) (?:\w+ )?(?:{nouns})"):
            return each  # "how many chats did the average enterprise company have"
        if says(rf"(?:per|each|every) (?:single |active |calendar )?(?:{nouns})") or (
            each in _DAILY and says(rf"(?:a|{_DAILY[each]}) (?:day|week|average|number|mean)")
        ):
            if each in _DAILY and not says(rf"(?:per|each|every|a) (?:single |calendar )?{each}|{_DAILY[each]}"):
                continue
            return each
    return None


def average(asked: Asked) -> Answer:
    """The number of one thing for each of another, and both figures it comes from."""
    reading = asked.reading
    each = _each(reading) or "users"
    told = ("messages",) if "messages_per_conversation" in reading.metrics else reading.metrics
    metric = next((name for name in _COUNTS if name in told and name != each), "conversations")
    (output,) = yield [Call("countConversations", {"filter": reading.filter(text=True)})]
    text = heading(f"average number of {title(metric)} per {each.removesuffix('s')}", reading.scope())
    if output.error:
        return text + output.error
    value = output.figure(metric).get("value") or 0
    if not output.figure("conversations").get("value"):
        return (yield from none(asked))
    if each in _DAILY:
        days = _days(reading, output.data)
        of, beside = days / (7 if each == "week" else 1), counted(days, "days")
    else:
        of = output.figure(each).get("value") or 0
        beside = counted(of, each)
    if not of:
        return (yield from none(asked))
    noun = re.sub(r"^\S+ ", "", counted(2, metric))
    return (
        text
        + f"**{value / of:.2f} {noun}** per {each.removesuffix('s')} on average{phrase(reading)}, {reading.when()}: {number(value)} in {beside}."
    )


def _days(reading: Reading, data: Mapping[str, Any]) -> int:
    """Days of the period; where it has no beginning or no end, from the first day of data, or up to today."""
    period, first = reading.period, data.get("firstDay")
    since = (period and period.since) or (date.fromisoformat(first) if first else reading.today)
    until = min((period and period.until) or reading.today, reading.today)
    return max(1, (until - since).days + 1)
