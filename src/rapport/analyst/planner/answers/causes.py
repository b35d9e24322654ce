"""Reasons, failing tools, business events, what is unusual, what to do, and what was flagged."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    bullets,
    counted,
    day,
    heading,
    joined,
    measured,
    nothing,
    number,
    phrase,
    quoted,
)
from rapport.analyst.planner.answers.changes import change, periods
from rapport.analyst.planner.answers.totals import TITLES, none, title
from rapport.analyst.planner.dates import Period, spell
from rapport.analyst.planner.reading import Reading, days

OUTCOMES = {
    "rating": "low_rated", "sentiment": "negative", "negative_share": "negative", "frustration": "frustrated", "struggle": "struggling", "resolved_share": "unresolved", "abandoned_share": "abandoned",
    "handover_share": "handover", "quality_index": "low_quality", "tool_failures": "tool_failed", "tool_failure_rate": "tool_failed", "hallucination_share": "hallucination_detected",
    "jailbreak_share": "jailbreak_detected",
}  # fmt: skip
"""Metric that is asked about -> what a conversation that makes it worse looks like."""


def why(asked: Asked) -> Answer:
    """What distinguishes the conversations that went badly: tested drivers, and who or what cannot be blamed."""
    reading = asked.reading
    if reading.events or reading.slots.says(r"cancel\w*|churn\w*|leav(?:e|ing)|left"):
        known = reading.events or tuple(
            name.id for name in asked.setting.names.of_kind("event_type") if "cancel" in name.id or "churn" in name.id
        )
        if known:
            return (yield from outcomes(replace(asked, reading=replace(reading, events=known))))
    outcome = next((OUTCOMES[m] for m in reading.metrics if m in OUTCOMES), None) or next(
        (c for c in reading.conditions if c in OUTCOMES.values()), "unhappy"
    )
    own = replace(
        reading,
        conditions=tuple(c for c in reading.conditions if c not in (outcome, "unhappy", "negative", "frustrated", "happy")),
        thresholds=(),
    )
    filter = own.filter(text=True)
    calls = [
        Call("getDrivers", {"outcome": outcome, "limit": 4, "filter": filter}),
        Call(
            "getConversations",
            {"filter": {**own.filter(), "conditions": [*own.conditions, outcome]}, "order": "worst", "limit": 2}
            | ({"query": reading.subject} if reading.subject else {}),
        ),
    ]
    if _about_a_change(reading):
        now, before = periods(reading)
        metric = reading.metric or "unhappy_share"
        calls.append(
            Call(
                "getChanges",
                {
                    "metric": metric,
                    "filter": {**filter, **days(now)},
                    "previousSince": days(before).get("since"),
                    "previousUntil": days(before).get("until"),
                },
            )
        )
    found, worst, *moved = yield calls
    if found.error:
        return heading("causes", own.scope()) + found.error
    if not found.data["conversations"]:
        return (yield from none(replace(asked, reading=own)))
    text = heading(
        f"causes: what sets conversations apart that {_WORDED.get(outcome, outcome)}",
        own.scope(),
        f"n = {number(found.data['conversations'])}",
    )
    text += f"**{number(found.data['bad'])} of {counted(found.data['conversations'], 'conversations')} ({found.data['badShare']:g}%)**{phrase(own)} {_WORDED.get(outcome, found.data['outcomeTitle'])}, {own.when()}."
    drivers = found.data["drivers"]
    if moved and not moved[0].error:
        text += _moved(moved[0].data, own)
    if not drivers:
        text += "\nNothing distinguishes them beyond chance: " + (
            "no topic, tool, model, prompt version, organization or property goes with it."
            if found.data["bad"]
            else "there is nothing to explain."
        )
    else:
        text += "\nWhat sets them apart, strongest first:\n" + bullets([driver(d) for d in drivers], numbered=True)
    if subjects := [f"{one['name']} ({one['bad']})" for one in found.data["mostlyAbout"] if one["bad"] > 1]:
        text += f"\n\nThe {number(found.data['bad'])} are mostly about {joined(subjects)}."
    examples = worst.data.get("conversations", [])
    return text + ("\n\nFor example:\n" + bullets([quoted(one) for one in examples]) if examples else "")


_WORDED = {
    "unhappy": "went badly", "low_rated": "are rated 2 or lower", "negative": "have negative sentiment", "frustrated": "show high frustration", "struggling": "show users who struggled",
    "unresolved": "were not resolved", "abandoned": "were abandoned", "handover": "asked for a human", "low_quality": "have a quality index below 0.5", "tool_failed": "had a failed tool call",
    "dissatisfied": "had a dissatisfied user", "hallucination_detected": "may hold a hallucination", "jailbreak_detected": "hold a jailbreak attempt",
}  # fmt: skip


def _about_a_change(reading: Reading) -> bool:
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
    movers = [f"{m['dimension'].replace('_', ' ')} {m['name']}" for m in data["movers"][:3]]
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


# --- Tools -------------------------------------------------------------------------------------------------------------


def tool_failures(asked: Asked) -> Answer:
    """Calls and failures of each tool; of one tool where it is named."""
    reading = asked.reading
    named = [name.id for link in reading.of_kind("tool") for name in link.names]
    own = replace(
        reading,
        conditions=tuple(c for c in reading.conditions if c != "tool_failed"),
        links=tuple(link for link in reading.links if link.kind != "tool"),
        subject="",
    )
    rate = reading.slots.says(r"rates?|reliab\w*|unreliab\w*|percent\w*|share|depend\w*|flak\w*")
    used = reading.slots.says(r"called|used?|usage|popular|calls?") and not reading.slots.says(
        r"fail\w*|error\w*|br(?:ea|o)k\w*|crash\w*|unreliable|flak\w*"
    )
    order = "calls" if used else "rate" if rate else "failures"
    arguments: dict[str, Any] = {"order": order, "limit": 20, "filter": own.filter()}
    calls = [Call("getToolFailures", arguments)]
    if named:
        calls.append(Call("getConversations", {"filter": {**own.filter(), "failedTools": named}, "order": "newest", "limit": 2}))
    found, *broken = yield calls
    if found.error:
        return heading("failing tools", own.scope()) + found.error
    tools = [t for t in found.data["tools"] if not named or t["name"] in named]
    if not found.data["tools"]:
        (whole,) = yield [Call("countConversations", {"filter": own.filter()})]
        if not whole.figure("conversations").get("value"):
            return (yield from none(replace(asked, reading=own)))
        return (
            heading("failing tools", own.scope())
            + "No tool was called. Log calls as messages of type `tool_call`, failures as `tool_error`."
        )
    text = heading(
        {"rate": "tools by failure rate", "calls": "tools by calls", "failures": "tools by failures"}[order], own.scope(), *(named[:3])
    )
    if not tools:
        return text + f"{joined(named)} was not called{phrase(own)}, {own.when()}."
    failing = [t for t in tools if t["failures"]]
    if used and not named:
        return text + bullets(
            [f"**{t['name']}**: {counted(t['calls'], 'tool_calls')} ({number(t['failures'])} failed)" for t in tools[: reading.limit or 6]],
            numbered=True,
        )
    if not failing:
        return (
            text
            + f"No call failed: {counted(sum(t['calls'] for t in tools) if len(tools) == 1 else found.data['calls'], 'tool_calls')}{phrase(own)}, {own.when()}."
        )
    if len(failing) == 1 or named:
        text += "\n".join(f"{_tool(t)}{_error(t)}" for t in (failing if not named else tools))
    else:
        text += bullets([_tool(t) for t in failing[: reading.limit or 6]], numbered=True) + _error(failing[0])
    examples = broken[0].data.get("conversations", []) if broken else []
    return text + ("\n\nFor example:\n" + bullets([quoted(one) for one in examples]) if examples else "")


def tool_onset(asked: Asked) -> Answer:
    """Since when a tool fails: of the one that is named, else of the one that fails most."""
    reading = asked.reading
    own = replace(reading, conditions=(), subject="", links=tuple(link for link in reading.links if link.kind != "tool"))
    named = [name.id for link in reading.of_kind("tool") for name in link.names]
    if not named:
        (found,) = yield [Call("getToolFailures", {"order": "failures", "limit": 1, "filter": own.filter()})]
        named = [t["name"] for t in found.data.get("tools", ()) if t["failures"]]
        if not named:
            return heading("failing tools", own.scope()) + f"No tool call failed{phrase(own)}, {own.when()}."
    outputs = yield [Call("getToolOnset", {"tool": name, "filter": own.filter()}) for name in named[:3]]
    text = heading("since when tools fail", own.scope(), *named[:3])
    return text + "\n".join(_since(output.data, own) if not output.error else output.error for output in outputs)


def _since(found: Mapping[str, Any], reading: Reading) -> str:
    name, failed = found["tool"], f"{number(found['failures'])} of {counted(found['calls'], 'tool_calls')} failed"
    if not found["failures"]:
        return f"**{name}** has not failed: {counted(found['calls'], 'tool_calls')}{phrase(reading)}, {reading.when()}."
    if found["since"]:
        return (
            f"**{name}** has been failing since **{day(found['since'])}**: from that day on {found['rateAfter']:g}% of its calls failed, before it "
            f"{found['rateBefore']:g}%. In all {failed}, the last on {day(found['lastFailure'])}."
        )
    return (
        f"**{name}** shows no day from which it fails more often than before: {failed}, the first on **{day(found['firstFailure'])}**, "
        f"the last on {day(found['lastFailure'])}."
    )


def _tool(t: Mapping[str, Any]) -> str:
    return f"**{t['name']}**: {number(t['failures'])} of {counted(t['calls'], 'tool_calls')} failed ({t['failureRate']:g}%), in {counted(t['conversationsWithFailure'], 'conversations')}"


def _error(t: Mapping[str, Any]) -> str:
    return f"\nLatest error of {t['name']}: “{t['latestError']}”" if t.get("latestError") else ""


# --- Business events ---------------------------------------------------------------------------------------------------


def outcomes(asked: Asked) -> Answer:
    """Business events: how many, of whom, worth what, and what was talked about before."""
    reading = asked.reading
    slots = reading.slots
    types = list(reading.events)[:20]
    own = replace(reading, events=(), conditions=(), subject="")
    group = _event_grouping(reading)
    arguments: dict[str, Any] = {"filter": own.filter(), "groupBy": group, "limit": reading.limit or 12}
    if types:
        arguments["types"] = types
    found, by_type = yield [
        Call("getOutcomes", arguments),
        Call("getOutcomes", {"filter": own.filter(), "limit": 12} | ({"types": types} if types else {})),
    ]
    if found.error:
        return heading("business events", own.scope()) + found.error
    named = ", ".join(types) or "business events"
    text = heading(named, own.scope())
    total = found.data["events"]
    if not total:
        known = [name.text for name in asked.setting.names.of_kind("event_type")]
        if not known:
            return text + "No business events are logged yet. Send them to `POST /api/v1/events`."
        if slots.values("event") and not types:
            return text + f"No event of that kind is logged. The types I know: {', '.join(known[:12])}."
        return text + f"**0 events**{phrase(own)}, {own.when()}{_of_any(types, known)}."
    groups = by_type.data["groups"]
    people = next((g["users"] for g in groups), None) if len(groups) == 1 else None
    text += f"**{number(total)} {named if types and len(types) == 1 else 'events'}{(' event' if total == 1 else ' events') if types and len(types) == 1 else ''}**{phrase(own)}, {own.when()}"
    text += f", of {counted(people, 'users')}." if people else "."
    worth = [f"{g['name']} {number(g['total'])} in all, {number(g['average'])} on average" for g in groups if g.get("total") is not None]
    if worth and (slots.says(r"worth|value|revenue|money|sum|total|amount|much|spent|paid|average|mrr|arr") or len(groups) == 1):
        text += f" Value: {'; '.join(worth)}."
    if group != "type" or len(groups) > 1:
        shown = found.data["groups"]
        text += "\n" + bullets(
            [f"**{g['name']}**: {number(g['events'])}{_by_users(g, group)}" for g in shown],
            numbered=group in ("user", "organization", "product"),
        )
    before = found.data.get("before")
    if before and (
        reading.intent == "why"
        or slots.says(r"before|why|lead\w* up|preced\w*|reasons?|talk\w*|about|cause\w*|complain\w*|said|say|driv\w*|because|led to")
    ):
        text += _lead_up(before)
    return text


def _of_any(types: list[str], known: list[str]) -> str:
    return "" if types else f", of any type: {', '.join(known[:8])}"


def _by_users(group: Mapping[str, Any], kind: str) -> str:
    return f", by {counted(group['users'], 'users')}" if kind in ("type", "product", "organization") else ""


def _event_grouping(reading: Reading) -> str:
    slots = reading.slots
    if re.match(
        r"^\W*(?:and |so |ok |tell me |show me |list |do you know |can you tell me )*(?:who\b(?! else)|which (?:users?|people|persons?|customers?)|names?\b|everyone who|the (?:users|people|customers) who)",
        slots.text,
        re.I,
    ) or slots.says("by user|whose names|list of (?:users|people|customers)"):
        return "user"
    if reading.dimension == "organization" or slots.says(
        r"(?:which|what|by|per|each|top(?: \d+)?) (?:accounts?|organi[sz]ations?|orgs?|compan(?:y|ies)|clients?|business(?:es)?)"
    ):
        return "organization"
    if reading.dimension == "user" and slots.says(r"(?:which|what|by|per|each|top(?: \d+)?) (?:users?|people|persons?|customers?)"):
        return "user"
    if reading.dimension in ("product", "day", "week", "month"):
        return str(reading.dimension)
    if slots.says(r"(?:which|what|by|per|each|every|across(?: the| our)?) (?:products?|bots?|assistants?|apps?)"):
        return "product"
    if slots.says(r"trend|over time|per week|by week|weekly"):
        return "week"
    return "day" if slots.says(r"daily|per day|by day|when") else "type"


def _lead_up(before: Mapping[str, Any]) -> str:
    if not before["conversations"]:
        return f"\n\nNo conversation of theirs is logged in the {number(before['days'])} days before."
    text = f"\n\nIn the {number(before['days'])} days before: {counted(before['conversations'], 'conversations')} of {counted(before['people'], 'users')}"
    if before.get("unhappyShare") is not None and before.get("usualUnhappyShare") is not None:
        text += f", {before['unhappyShare']:g}% went badly, against {before['usualUnhappyShare']:g}% usually"
    text += "."
    if before["topics"]:
        text += (
            " They talked about: "
            + ", ".join(
                f"{t['name']} ({number(t['conversations'])}; {t['share']:g}%, usually {t['usualShare']:g}%)" for t in before["topics"][:4]
            )
            + "."
        )
    if before["examples"]:
        text += "\n" + bullets([f"“{one['quote']}” ({one['user']}; `{one['id']}`)" for one in before["examples"][:2]])
    return text


# --- Changes, unusual days, advice, flags ------------------------------------------------------------------------------


def changes(asked: Asked) -> Answer:
    """What is different between two periods, and what moved it where one metric is asked about."""
    text = yield from change(asked)
    reading = asked.reading
    if "There is no data" in text or "There are no" in text or "no data yet" in text:
        return text
    now, before = periods(reading)
    metric = reading.metric if reading.metric not in (None, "users", "organizations") else "unhappy_share"
    (found,) = yield [
        Call(
            "getChanges",
            {
                "metric": metric,
                "filter": {**reading.filter(text=True), **days(now)},
                "previousSince": days(before).get("since"),
                "previousUntil": days(before).get("until"),
            },
        )
    ]
    movers = found.data.get("movers", [])[:3]
    if found.error or not movers or found.data["change"]["verdict"] not in ("higher", "lower"):
        return text
    unit = found.data["change"]["unit"]
    rows = [
        f"**{m['name']}** ({m['dimension'].replace('property:', '').replace('_', ' ')}): {measured({'value': m['value'], 'unit': unit})} now, {measured({'value': m['other'], 'unit': unit})} before"
        for m in movers
    ]
    return text + f"\n\nWhat moved {found.data['change']['title']} most:\n" + bullets(rows)


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
    rows = [f"**{s['what']}**: {number(s['observed'])} on {_span(s)}, usually {s['usualPerDay']:g} a day" for s in spikes]
    return heading("unusual days, strongest first", own.scope()) + bullets(rows, numbered=True)


def _span(spike: Mapping[str, Any]) -> str:
    from datetime import date

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
            + f"Nothing stands out: {number(found.data['bad'])} of {counted(found.data['conversations'], 'conversations')} went badly, and nothing sets them apart."
        )
    return (
        text
        + f"{number(found.data['bad'])} of {counted(found.data['conversations'], 'conversations')}{phrase(own)} went badly, {own.when()}. In this order:\n"
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
        Call("getConversations", {"filter": filter, "order": "newest", "limit": reading.limit or 3}),
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


__all__ = ["TITLES", "anomalies", "changes", "driver", "inbox", "outcomes", "recommend", "title", "tool_failures", "tool_onset", "why"]
