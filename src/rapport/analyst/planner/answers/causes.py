"""Reasons: what sets conversations that went badly apart, and what moved a figure."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    Output,
    bullets,
    counted,
    heading,
    joined,
    measured,
    number,
    phrase,
    quoted,
)
from rapport.analyst.planner.answers.changes import against, change, periods
from rapport.analyst.planner.answers.events import outcomes
from rapport.analyst.planner.answers.shares import share_change
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading

OUTCOMES = {
    "rating": "low_rated", "sentiment": "negative", "negative_share": "negative", "frustration": "frustrated", "struggle": "struggling", "resolved_share": "unresolved", "abandoned_share": "abandoned",
    "handover_share": "handover", "quality_index": "low_quality", "tool_failures": "tool_failed", "tool_failure_rate": "tool_failed", "hallucination_share": "hallucination_detected",
    "jailbreak_share": "jailbreak_detected",
}  # fmt: skip
"""Metric that is asked about -> what a conversation that makes it worse looks like."""


def why(asked: Asked) -> Answer:
    """What distinguishes the conversations that went badly: tested drivers, and who or what cannot be blamed."""
    reading = asked.reading
    if events := _of_leaving(asked):
        return (yield from outcomes(replace(asked, reading=replace(reading, events=events))))
    outcome = next((OUTCOMES[m] for m in reading.metrics if m in OUTCOMES), None) or next(
        (c for c in reading.conditions if c in OUTCOMES.values()), "unhappy"
    )
    own = replace(
        reading,
        conditions=tuple(c for c in reading.conditions if c not in (outcome, "unhappy", "negative", "frustrated", "happy")),
        thresholds=(),
    )
    filter = own.filter(text=True)
    worst = {"filter": {**own.filter(), "conditions": [*own.conditions, outcome]}, "order": "worst", "limit": 2}
    worst |= {"query": reading.subject} if reading.subject else {}
    calls = [Call("getDrivers", {"outcome": outcome, "limit": 4, "filter": filter})]
    if _about_a_change(reading):
        calls.append(Call("getChanges", {"metric": reading.metric or "unhappy_share", **against(own, *periods(reading))}))
    found, *moved = yield calls
    if found.error:
        return heading("causes", own.scope()) + found.error
    if not found.data["conversations"]:
        return (yield from none(replace(asked, reading=own)))
    apart = f"causes: what sets conversations apart that {_WORDED.get(outcome, outcome)}"
    text = heading(apart, own.scope(), f"n = {number(found.data['conversations'])}") + _bad(found.data, outcome, own)
    if moved and not moved[0].error:
        text += _moved(moved[0].data, own)
    text += (yield from _wider(own, outcome)) if moved and not found.data["drivers"] else _drivers(found.data)
    shown = yield from _examples(worst, found.data)
    return text + ("\n\nFor example:\n" + bullets([quoted(one) for one in shown]) if shown else "")


def _wider(own: Reading, outcome: str) -> Generator[Sequence[Call], Sequence[Output], str]:
    """What sets the bad ones apart once the time before is looked at too: what came in on the day that a period begins with holds for
    all of it, so that nothing within the period can be told from it."""
    now, before = periods(own)
    both = replace(own, period=Period(before.since, now.until))
    (found,) = yield [Call("getDrivers", {"outcome": outcome, "limit": 4, "filter": both.filter(text=True)})]
    if found.error or not found.data.get("drivers"):
        return "\nNothing distinguishes them beyond chance, neither in that time nor against the time before."
    lines = bullets([driver(d) for d in found.data["drivers"]], numbered=True)
    return f"\nWhat sets such conversations apart, with the time before ({own.when(both.period)}), strongest first:\n{lines}"


def _examples(worst: dict[str, Any], data: Mapping[str, Any]) -> Generator[Sequence[Call], Sequence[Output], Sequence[Mapping[str, Any]]]:
    """The worst conversations about what most of them are about, in the words that name it: an outcry alone explains nothing."""
    subject = next((one["name"] for one in data["mostlyAbout"] if one["bad"] > 1), None)
    if subject and "query" not in worst:
        (output,) = yield [Call("getConversations", {**worst, "query": subject})]
        if found := output.data.get("conversations"):
            return found
    (output,) = yield [Call("getConversations", worst)]
    return output.data.get("conversations", [])


def _of_leaving(asked: Asked) -> tuple[str, ...]:
    """Types of event that a question about events, or about people who leave, asks the reasons for."""
    reading = asked.reading
    if not reading.events and not reading.slots.says(r"cancel\w*|churn\w*|leav(?:e|ing)|left"):
        return ()
    known = asked.setting.names.of_kind("event_type")
    return reading.events or tuple(name.id for name in known if "cancel" in name.id or "churn" in name.id)


def _bad(data: Mapping[str, Any], outcome: str, reading: Reading) -> str:
    worded = _WORDED.get(outcome, data["outcomeTitle"])
    of = f"**{number(data['bad'])} of {counted(data['conversations'], 'conversations')} ({data['badShare']:g}%)**"
    return f"{of}{phrase(reading)} {worded}, {reading.when()}.{not_judged(data)}"


def not_judged(data: Mapping[str, Any]) -> str:
    """How many conversations are left out because nothing tells how they went, as a sentence of its own."""
    return f" {number(data['notJudged'])} more could not be judged." if data["notJudged"] else ""


def _drivers(data: Mapping[str, Any]) -> str:
    if data["drivers"]:
        text = "\nWhat sets them apart, strongest first:\n" + bullets([driver(d) for d in data["drivers"]], numbered=True)
    elif data["bad"]:
        text = "\nNothing distinguishes them beyond chance: no topic, tool, model, prompt version, organization or property goes with it."
    else:
        text = "\nNothing distinguishes them beyond chance: there is nothing to explain."
    if subjects := [f"{one['name']} ({one['bad']})" for one in data["mostlyAbout"] if one["bad"] > 1]:
        text += f"\n\nThe {number(data['bad'])} are mostly about {joined(subjects)}."
    return text


_WORDED = {
    "unhappy": "went badly", "low_rated": "are rated 2 or lower", "negative": "have negative sentiment", "frustrated": "show high frustration", "struggling": "show users who struggled",
    "unresolved": "were not resolved", "abandoned": "were abandoned", "handover": "asked for a human", "low_quality": "have a quality index below 0.5", "tool_failed": "had a failed tool call",
    "dissatisfied": "had a dissatisfied user", "hallucination_detected": "may hold a hallucination", "jailbreak_detected": "hold a jailbreak attempt",
}  # fmt: skip


def _about_a_change(reading: Reading) -> bool:
    if reading.period and reading.period.since and reading.period.until is None:
        return True  # "since the 6th"
    return bool(
        (reading.period or reading.against)
        and reading.slots.says(
            r"drop\w*|fall\w*|fell|ris(?:e|en|ing)|rose|went (?:up|down)|go(?:ing)? (?:up|down)|decline\w*|increase\w*|decrease\w*|spike\w*|jump\w*|chang\w*|worse|better|dip\w*|grew|grow\w*|lower|higher|sank|tank\w*|crash\w*"
        )
    )


def _moved(data: Mapping[str, Any], reading: Reading) -> str:
    c = data["change"]
    if c["value"] is None or c["other"] is None:
        return ""
    text = f" {c['title'][0].upper() + c['title'][1:]}: {measured({'value': c['value'], 'unit': c['unit']})}, against {measured({'value': c['other'], 'unit': c['unit']})} before"
    scope = {name.text for link in reading.links for name in link.names}
    movers = [f"{m['dimension'].replace('_', ' ')} {m['name']}" for m in data["movers"] if m["name"] not in scope][:3]
    return text + (f"; moved most by {joined(movers)}." if movers else ".")


def driver(d: Mapping[str, Any]) -> str:
    """One driver with its effect, its n, and what it cannot be told from."""
    dimension = d["dimension"].replace("property:", "").replace("_", " ")
    text = f"**{d['name']}** ({dimension}): {d['rate']:g}% of {number(d['n'])}, {d['rateElsewhere']:g}% elsewhere"
    if d["confidence"] != "solid":
        text += " (small sample)"
    if d.get("notSeparableFrom"):
        text += f"; cannot be told apart from {joined(list(d['notSeparableFrom']))}"
    if d.get("explains"):
        text += f"; it also explains {joined(list(d['explains'])[:3])}"
    return text


def changes(asked: Asked) -> Answer:
    """What is different between two periods, and what moved it where one metric is asked about."""
    reading = asked.reading
    starred = any(threshold.metric == "rating" for threshold in reading.thresholds)
    if reading.slots.says(SHARE) and (starred or (reading.conditions and reading.metric in (None, "conversations"))):
        return (yield from share_change(asked, *periods(reading)))
    text = yield from change(asked)
    if "There is no data" in text or "There are no" in text or "no data yet" in text:
        return text
    if reading.metric in lexicon.COUNTS or (reading.metric is None and reading.subject):
        return text  # what comes most often moves a number most: it explains nothing
    metric = reading.metric or "unhappy_share"
    (found,) = yield [Call("getChanges", {"metric": metric, **against(reading, *periods(reading))})]
    scope = {name.text for link in reading.links for name in link.names}
    movers = [mover for mover in found.data.get("movers", []) if mover["name"] not in scope][:3]
    if found.error or not movers or found.data["change"]["verdict"] not in ("higher", "lower"):
        return text
    unit = found.data["change"]["unit"]
    rows = [
        f"**{m['name']}** ({m['dimension'].replace('property:', '').replace('_', ' ')}): {measured({'value': m['value'], 'unit': unit})} now, {measured({'value': m['other'], 'unit': unit})} before"
        for m in movers
    ]
    return text + f"\n\nWhat moved {found.data['change']['title']} most:\n" + bullets(rows)
