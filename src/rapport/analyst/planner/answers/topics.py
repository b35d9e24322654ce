"""What people talk about: topics, topics that grow or shrink, and complaints with quotes."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    Output,
    bullets,
    counted,
    heading,
    measured,
    number,
    phrase,
    quoted,
)
from rapport.analyst.planner.answers.changes import periods
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.subject import STOP
from rapport.analyst.planner.words import parts, stem


def top_topics(asked: Asked) -> Answer:
    """Topics by the number of conversations."""
    reading = asked.reading
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "topic" or link.negated))
    shown = reading.limit or 5
    bad_first = reading.bad and not reading.conditions
    arguments = {"metrics": ["conversations", "negative_share", "rating"], "limit": shown, "filter": own.filter(text=True)}
    if bad_first:
        arguments |= {"filter": {**own.filter(text=True), "conditions": [*own.conditions, "unhappy"]}}
    topics, total = yield [Call("getTopics", arguments), Call("countConversations", {"filter": arguments["filter"]})]
    if not total.figure("conversations").get("value"):
        return (yield from none(asked))
    groups = topics.data.get("groups", [])
    if not groups:
        return (yield from _keywords(asked, own))
    text = heading("topics by conversations", own.scope(), f"n = {number(total.figure('conversations')['value'])}")
    return text + bullets([_topic(group) for group in groups], numbered=True)


GROWTH_DAYS = 14
"""Two weeks against the two before: long enough to hold each weekday twice."""


def growing_topics(asked: Asked) -> Answer:
    """Topics by how their number of conversations moved between two periods."""
    reading = asked.reading
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "topic" or link.negated))
    own = own if reading.slots.framed else replace(own, subject="")  # "grew" is no word to look for
    now, before = periods(reading) if reading.period else _last_days(reading)
    falling = bool(
        reading.slots.says(
            r"shr[aiu]nk\w*|declin\w*|fad(?:e|ed|ing)|dying|died|f[ae]ll\w*|decreas\w*|dwindl\w*|wan(?:ed|ing)|ebb\w*|cool(?:ed|ing)|dropp\w*|lost|less|fewer|down"
        )
    )
    arguments = {"metrics": ["conversations"], "limit": 50}
    new, old = yield [Call("getTopics", {**arguments, "filter": own.filter(period=span, text=True)}) for span in (now, before)]
    if new.error or old.error:
        return heading("topics", own.scope()) + str(new.error or old.error)
    counts = {group["name"]: [0, group["conversations"]] for group in old.data.get("groups", [])}
    for group in new.data.get("groups", []):
        counts.setdefault(group["name"], [0, 0])[0] = group["conversations"]
    moved = sorted(
        ((now_n - old_n, name) for name, (now_n, old_n) in counts.items()), key=lambda pair: (pair[0] if falling else -pair[0], pair[1])
    )
    moved = [(by, name) for by, name in moved if (by < 0 if falling else by > 0)][: reading.limit or 5]
    word = "falling" if falling else "growing"
    text = heading(f"topics that are {word}", own.scope(period=False), f"{reading.when(now)} vs {reading.when(before)}")
    if not moved:
        return text + f"No topic is {word}{phrase(own)}."
    rows = [
        f"**{name}** {'fell' if falling else 'rose'}: {counted(counts[name][0], 'conversations')} now, {number(counts[name][1])} before"
        for _, name in moved
    ]
    return text + bullets(rows, numbered=True)


def _last_days(reading: Reading) -> tuple[Period, Period]:
    since = reading.today - timedelta(days=GROWTH_DAYS - 1)
    now = Period(since, reading.today, "range")
    return now, Period(since - timedelta(days=GROWTH_DAYS), since - timedelta(days=1), "range")


def _keywords(asked: Asked, reading: Reading) -> Answer:
    """Where there are no topics yet, what words stand out."""
    (output,) = yield [
        Call(
            "getBreakdown",
            {"dimension": "keyword", "metrics": ["conversations"], "limit": reading.limit or 8, "filter": reading.filter(text=True)},
        )
    ]
    groups = output.data.get("groups", [])
    if not groups:
        return (
            heading("topics", reading.scope()) + "There are no topics yet: they are found once some dozens of conversations are analysed."
        )
    return heading("keywords by conversations (none of these has a topic)", reading.scope()) + bullets(
        [f"**{g['name']}**: {counted(g['conversations'], 'conversations')}" for g in groups], numbered=True
    )


_PRAISE = r"love|loves|like (?:most|best|about)|likes? (?:most|best|about)|prais\w*|happy (?:about|with)|enjoy\w*|appreciat\w*|compliment\w*|positive feedback|goes well|going well|works? well|satisfied with|good feedback"


def complaints(asked: Asked) -> Answer:
    """What conversations that went badly are about, with quotes."""
    reading = asked.reading
    kept = {"negative", "unhappy", "unresolved", "handover", "abandoned", "tool_failed"}
    if reading.slots.says(
        r"(?:frustrated|angry|annoyed|furious|irritated) (?:\w+ )?(?:users?|customers?|people|folks|clients?|conversations?|chats?)"
    ):
        kept.add("frustrated")
    conditions = tuple(c for c in reading.conditions if c in kept) or ("unhappy",)
    praised = bool(reading.slots.says(_PRAISE)) and not reading.slots.says(r"complain\w*|not|bad|worst|problems?")
    conditions = ("happy",) if praised else conditions
    own = replace(reading, conditions=conditions)
    filter = own.filter(text=True)
    arguments: dict[str, Any] = {"filter": own.filter(), "order": "best" if praised else "worst", "limit": 3}
    if reading.subject:
        arguments["query"] = reading.subject
    topics, total, whole = yield [
        Call("getTopics", {"metrics": ["conversations", "rating"], "limit": 20, "filter": own.filter(text=True)}),
        Call("countConversations", {"filter": filter}),
        Call("countConversations", {"filter": replace(reading, conditions=()).filter(text=True)}),
    ]
    everything = whole.figure("conversations").get("value")
    if not everything and reading.subject and not reading.slots.framed:
        return (yield from complaints(replace(asked, reading=replace(reading, subject=""))))
    if not everything:
        return (yield from none(replace(asked, reading=replace(reading, conditions=()))))
    bad = total.figure("conversations").get("value") or 0
    text = heading("what went well" if praised else "complaints", reading.scope())
    if not bad:
        return (
            text
            + f"None of {counted(everything, 'conversations')}{phrase(reading)}, {reading.when()}, went {'well' if praised else 'badly'}."
        )
    text += f"**{number(bad)} of {counted(everything, 'conversations')}**{phrase(reading)} went {'well' if praised else 'badly'}, {reading.when()}."
    groups = yield from _measured(own, one_cause(topics.data.get("groups", []))[: reading.limit or 5])
    if groups:
        text += " They are about:\n" + bullets([_topic(group) for group in groups], numbered=True)
    found = (yield from _telling(own, groups[:2])) if groups and not reading.subject else []
    if not found:
        (quotes,) = yield [Call("getQuotes", arguments)]
        found = quotes.data.get("conversations", [])
    if found:
        text += "\n\nIn their words:\n" + bullets([quoted(one) for one in found])
    elif reading.subject:
        text += f"\nNone of them mentions “{reading.subject}”."
    return text


def _telling(own: Reading, groups: Sequence[Mapping[str, Any]]) -> Generator[Sequence[Call], Sequence[Output], list[Mapping[str, Any]]]:
    """Two quotes of the first topic and one of the second, those that say most of what the topic is called by: the angriest line of all
    ("this is ridiculous") tells nobody what it is about."""
    outputs = yield [
        Call(
            "getQuotes",
            {
                "filter": {**own.filter(), "topics": group.get("topics", [group["id"]])},
                "query": group["name"].partition(" / ")[0],
                "limit": limit,
            },
        )
        for group, limit in zip(groups, (2, 1), strict=False)
    ]
    found = [one for output in outputs if not output.error for one in output.data.get("conversations", [])]
    return list({one["quote"]: one for one in reversed(found)}.values())[::-1]


def _topic(group: Mapping[str, Any]) -> str:
    figures = {figure["metric"]: figure for figure in group["figures"]}
    text = f"**{group['name']}**: {counted(group['conversations'], 'conversations')}"
    if figures.get("negative_share", {}).get("value") is not None:
        text += f", {measured(figures['negative_share'])} negative"
    if figures.get("rating", {}).get("value") is not None:
        text += f", rated {figures['rating']['value']:.2f}"
    return text


_ALIKE = 0.5
"""Least part of the words of the shorter name that two names of one cause have in common."""


def one_cause(groups: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Topics whose names say the same are counted together, under the names of all, largest first. A topic model cuts a frequent cause
    into several topics; one by one each may come after a smaller cause that it left whole."""
    merged: list[tuple[set[str], list[Mapping[str, Any]]]] = []
    for group in groups:
        words = {stem(part) for part in parts(group["name"]) if part not in STOP and len(part) > 2}
        near = next((m for m in merged if _same_cause(m[0], words)), None)
        if near is None:
            merged.append((words, [group]))
        else:
            near[1].append(group)
    found = [_together(alike) for _, alike in merged]
    return sorted(found, key=lambda group: -group["conversations"])


def _same_cause(one: set[str], other: set[str]) -> bool:
    """One word in common is enough only where it is nearly all that both say."""
    shared, least = len(one & other), min(len(one), len(other))
    return shared >= max(2, _ALIKE * least) or (shared == 1 == least and max(len(one), len(other)) <= 2)


def _together(alike: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(alike) == 1:
        return alike[0]
    return {
        **alike[0], "name": " / ".join(group["name"] for group in alike), "topics": [group["id"] for group in alike],
        "conversations": sum(group["conversations"] for group in alike),
    }  # fmt: skip


def _measured(
    own: Reading, groups: Sequence[Mapping[str, Any]]
) -> Generator[Sequence[Call], Sequence[Output], Sequence[Mapping[str, Any]]]:
    """Topics that were put together, with figures of all their conversations: what an answer says, a tool gave."""
    several = [group for group in groups if "topics" in group]
    if not several:
        return groups
    outputs = yield [
        Call("getMetrics", {"metrics": ["conversations", "rating"], "filter": {**own.filter(text=True), "topics": group["topics"]}})
        for group in several
    ]
    figures = {
        group["name"]: {"figures": output.data["figures"], "conversations": output.figure("conversations")["value"]}
        for group, output in zip(several, outputs, strict=True)
        if not output.error
    }
    return [{**group, **figures.get(group["name"], {})} for group in groups if "topics" not in group or group["name"] in figures]
