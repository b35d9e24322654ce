"""How many there are of what the question names, and an exact zero where nothing fits."""

from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, measured, nothing, phrase, quoted
from rapport.analyst.planner.reading import Reading, days

TITLES = {
    "rating": "average rating",
    "sentiment": "average sentiment",
    "frustration": "average frustration",
    "struggle": "average struggle",
    "quality_index": "quality index",
}


def title(metric: str) -> str:
    return TITLES.get(metric) or (lexicon.METRICS[metric].label if metric in lexicon.METRICS else metric.replace("_", " "))


def size(reading: Reading) -> dict[str, int]:
    """How many conversations a group must have, as arguments: "more than 20 conversations" is {"minSize": 21}."""
    given = {"minConversations": 1}
    for threshold in reading.thresholds:
        if threshold.metric == "conversations" and threshold.operator in (">", ">=", "="):
            given["minSize"] = max(1, int(threshold.value) + (threshold.operator == ">"))
        if threshold.metric == "conversations" and threshold.operator in ("<", "<=", "="):
            given["maxSize"] = max(1, int(threshold.value) - (threshold.operator == "<"))
    return given


def size_words(reading: Reading) -> str:
    """The same in words, as the question put it: "more than 20 conversations", "between 5 and 8 conversations"."""
    asked = [threshold for threshold in reading.thresholds if threshold.metric == "conversations"]
    if len(asked) == 2:
        return f"between {asked[0].value:g} and {counted(int(asked[1].value), 'conversations')}"
    signs = {"<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least", "=": "exactly"}
    return " ".join(f"{signs[threshold.operator]} {counted(int(threshold.value), 'conversations')}" for threshold in asked)


def total(asked: Asked, metric: str) -> Answer:
    """How many of one metric there are, and what they rest on."""
    reading = asked.reading
    tool = "countConversations" if metric in ("conversations", "users", "organizations", "messages") else "getMetrics"
    arguments: dict[str, Any] = {"filter": reading.filter(text=True)} | (
        {} if tool == "countConversations" else {"metrics": [metric, "conversations", *(["rating"] if metric == "ratings" else [])]}
    )
    (output,) = yield [Call(tool, arguments)]
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    value = output.figure(metric).get("value")
    of = output.figure("conversations").get("value")
    if not of:
        return (yield from none(asked))
    text = heading(title(metric), reading.scope())
    about = f" that mention {reading.sought}" if reading.subject else ""
    summed = bool(reading.former and any(len(link.names) > 1 and not link.negated for link in reading.links))
    text += f"{'Together: ' if summed else ''}**{counted(value, metric)}**{about}{phrase(reading)}, {reading.when()}."
    if metric in ("conversations",) and output.figure("users").get("value") is not None:
        people = output.figure("users").get("value")
        text += f" They come from {counted(people, 'users')}."
    elif metric in ("messages", "users", "organizations", "ratings") and metric != "conversations":
        text += f" They rest on {counted(of, 'conversations')}."
        if metric == "ratings" and output.figure("rating").get("value") is not None:
            text += f" Their average is {measured(output.figure('rating'))}."
    return text


def none(asked: Asked) -> Answer:
    """An exact zero where the period itself has data; else that there is no data."""
    reading = asked.reading
    narrowed = bool(
        reading.links
        or reading.conditions
        or reading.subject
        or reading.thresholds
        or reading.events
        or reading.languages
        or reading.not_subject
    )
    if not narrowed:
        return (yield from nothing(asked))
    (whole,) = yield [Call("countConversations", {"filter": days(reading.period)})]
    if not whole.figure("conversations").get("value"):
        return (yield from nothing(asked))
    if reading.subject and not reading.slots.framed and not reading.slots.quoted:
        (rest,) = yield [Call("countConversations", {"filter": reading.filter()})]
        if found := rest.figure("conversations").get("value"):
            lead = f"No conversations hold “{reading.subject}”{phrase(replace(reading, subject=''))}, {reading.when()}."
            return (
                heading(reading.scope())
                + f"{lead} Without these words there are **{counted(found, 'conversations')}**; say it in other words if I took them wrongly."
            )
    what = reading.scope(period=False)
    if reading.subject and len(reading.subject.split()) > 1:
        (near,) = yield [Call("getConversations", {"query": reading.subject, "limit": 3, "filter": reading.filter()})]
        if close := near.data.get("conversations"):
            return (
                heading(reading.scope())
                + f"No message holds {'all of ' if len(reading.slots.quoted) < 2 else ''}{reading.sought}{phrase(reading)}, {reading.when()}. The nearest by words and meaning:\n"
                + bullets([quoted(one) for one in close])
            )
    return (
        heading(reading.scope())
        + f"**0 conversations** fit {what}, {reading.when()}, of {counted(whole.figure('conversations')['value'], 'conversations')} in that time."
    )
