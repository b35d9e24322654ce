"""What asks for attention: unusual days, what to do first, and what was flagged."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, nothing, number, phrase, quoted
from rapport.analyst.planner.answers.causes import not_judged
from rapport.analyst.planner.answers.conversations import shown_at_once
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.periods import Period, spell


def anomalies(asked: Asked) -> Answer:
    """Days with far more than usual of something."""
    reading = asked.reading
    own = replace(reading, conditions=(), subject="")
    (found,) = yield [Call("getAnomalies", {"limit": reading.limit or 6, "filter": own.filter()})]
    if found.error:
        return heading("unusual days", own.scope()) + found.error
    spikes = found.data["spikes"]
    if not spikes:
        (whole,) = yield [Call("countConversations", {"filter": own.filter()})]
        if not whole.figure("conversations").get("value"):
            return (yield from nothing(asked))
        return (
            heading("unusual days", own.scope())
            + f"Nothing unusual: no day has far more than usual of any topic, tool failure or bad conversation{phrase(own)}, {own.when()}."
        )
    rows = [f"**{s['what']}**: {number(s['observed'])} on {_span(s)}, {s['usualPerDay']:g} a day on average otherwise" for s in spikes]
    return heading("unusual days, strongest first", own.scope()) + bullets(rows, numbered=True)


def _span(spike: Mapping[str, Any]) -> str:
    return spell(Period(date.fromisoformat(spike["since"]), date.fromisoformat(spike["until"])), date.fromisoformat(spike["until"]))


def recommend(asked: Asked) -> Answer:
    """What to do first, each with the evidence it rests on."""
    reading = asked.reading
    own = replace(reading, conditions=())
    filter = own.filter(text=True)
    found, failing, topics = yield [
        Call("getDrivers", {"outcome": "unhappy", "limit": 3, "filter": filter}),
        Call("getToolFailures", {"order": "failures", "limit": 2, "filter": filter}),
        Call(
            "getTopics",
            {"metrics": ["conversations", "rating"], "limit": 2, "filter": {**filter, "conditions": [*own.conditions, "unhappy"]}},
        ),
    ]
    if not found.data.get("conversations"):
        return (yield from none(replace(asked, reading=own)))
    steps = [
        f"Look into **{d['name']}** ({d['dimension'].replace('property:', '').replace('_', ' ')}): {d['rate']:g}% of its {counted(d['n'], 'conversations')} went badly, {d['rateElsewhere']:g}% elsewhere."
        for d in found.data["drivers"]
    ]
    named = {d["name"] for d in found.data["drivers"]}
    steps += [
        f"Fix the tool **{t['name']}**: {number(t['failures'])} of {counted(t['calls'], 'tool_calls')} failed ({t['failureRate']:g}%)."
        for t in failing.data.get("tools", [])
        if t["failures"] and t["name"] not in named
    ]
    steps += [
        f"Improve answers on **{g['name']}**: the subject of {counted(g['conversations'], 'conversations')} that went badly."
        for g in topics.data.get("groups", [])
        if g["name"] not in named
    ]
    text = heading("what to do first", own.scope(), f"n = {number(found.data['conversations'])}")
    if not steps:
        return (
            text
            + f"Nothing stands out: {number(found.data['bad'])} of {counted(found.data['conversations'], 'conversations')} went badly, and nothing sets them apart.{not_judged(found.data)}"
        )
    return (
        text
        + f"{number(found.data['bad'])} of {counted(found.data['conversations'], 'conversations')}{phrase(own)} went badly, {own.when()}.{not_judged(found.data)} In this order:\n"
        + bullets(steps[: reading.limit or 4], numbered=True)
    )


FLAGS = {
    "jailbreak_detected": "jailbreak attempts",
    "hallucination_detected": "possible hallucinations",
    "user_toxicity_detected": "abusive users",
    "missing_capability_detected": "missing capabilities",
    "flagged": "flagged",
}


def inbox(asked: Asked) -> Answer:
    """What was flagged, by kind, with conversations to look at."""
    reading = asked.reading
    flag = next((c for c in reading.conditions if c in FLAGS and c != "flagged"), None) or "flagged"
    own = replace(reading, conditions=tuple(c for c in reading.conditions if c not in FLAGS), subject="")
    filter = {**own.filter(), "conditions": [*own.conditions, flag]}
    kinds, total, shown = yield [
        Call("getBreakdown", {"dimension": "flag", "metrics": ["conversations"], "limit": 8, "filter": filter}),
        Call("countConversations", {"filter": filter}),
        Call("getConversations", {"filter": filter, "order": "newest", "limit": shown_at_once(reading)}),
    ]
    n = total.figure("conversations").get("value")
    text = heading("flagged conversations" if flag == "flagged" else FLAGS[flag], own.scope())
    if not n:
        (whole,) = yield [Call("countConversations", {"filter": own.filter()})]
        if not whole.figure("conversations").get("value"):
            return (yield from nothing(asked))
        return (
            text
            + f"**0 of {counted(whole.figure('conversations')['value'], 'conversations')}**{phrase(own)} are flagged{'' if flag == 'flagged' else f' for {FLAGS[flag]}'}, {own.when()}."
        )
    text += f"**{counted(n, 'conversations')}**{phrase(own)} {'are flagged' if flag == 'flagged' else f'are flagged for {FLAGS[flag]}'}, {own.when()}."
    if flag == "flagged":
        text += "\n" + bullets(
            [
                f"**{g['name'].removesuffix('_detected').replace('_', ' ')}**: {number(g['conversations'])}"
                for g in kinds.data.get("groups", [])
            ]
        )
    return text + "\n\nTo look at:\n" + bullets([quoted(one) for one in shown.data.get("conversations", [])])
