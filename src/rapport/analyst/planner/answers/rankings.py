"""Who or what has the most or the least of something."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    bullets,
    day,
    heading,
    measured,
    number,
    phrase,
    said,
    small,
)
from rapport.analyst.planner.answers.totals import at_least, none, title
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.words import split

RANKING_TOOLS = {
    "user": "getUserRanking",
    "organization": "getOrganizationRanking",
    "model": "getModelMetrics",
    "prompt_version": "getPromptAnalytics",
}

MEANS = frozenset({"rating", "sentiment", "frustration", "struggle", "quality_index", "commercial_intent", "tool_failure_rate"})


def ranking(asked: Asked) -> Answer:
    """Who or what has the most or the least of something; the first name that is said is the first of the list."""
    reading = asked.reading
    dimension = ranked_dimension(reading)
    metric = ranked_metric(reading, dimension)
    order = ranked_order(reading, metric)
    single = singular(reading)
    whole = reading.slots.says(r"rank(?:ing)?|order|sort|all|every|(?:best|worst|highest|lowest|most) first")
    ordinal = reading.slots.ordinal or 1
    place = ordinal if ordinal > 1 and _RANKED_PLACE.search(reading.slots.text) else 1
    shown = reading.limit if place == 1 and reading.limit else (place + 2 if single or place > 1 else 12 if whole else 5)
    cut = _group_cut(reading, dimension)
    if cut:
        reading, shown, single = replace(reading, thresholds=(), conditions=()), 50, False
        metric, order = "rating", "lowest" if cut.operator.startswith("<") else "highest"
        asked = replace(asked, reading=reading)
    skipped = (
        _shown_before(asked)
        if reading.slots.says(
            r"who else|what else|which else|anyone else|anybody else|the next|others?|other than (?:that|them|those|him|her)"
        )
        and asked.before
        else set()
    )
    rows_wanted = min(50, shown + len(skipped))
    metrics = [metric, *[m for m in _beside(metric) if m != metric]]
    ranked = replace(reading, links=tuple(link for link in reading.links if link.kind != dimension or link.negated or len(link.names) > 1))
    least = max(at_least(reading), 3 if metric in MEANS and dimension in ("user", "organization", "topic", "day") else 1)
    for min_n in (least, at_least(reading)):
        (output,) = yield [grouping(dimension, metrics, order, rows_wanted, min_n, ranked.filter(text=True))]
        if output.error or output.data.get("groups") or min_n == at_least(reading):
            break
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    groups = [group for group in output.data["groups"] if group["name"] not in skipped][:shown]
    if cut:
        groups = [group for group in groups if group["figures"][0].get("value") is not None and _passes(group["figures"][0]["value"], cut)][
            :15
        ]
        if not groups:
            return (
                heading(f"{dimension}s by {title(metric)}", reading.scope())
                + f"None has an average rating {'below' if cut.operator.startswith('<') else 'above'} {cut.value:g}{phrase(reading)}, {reading.when()}."
            )
    if not groups:
        return (yield from none(asked))
    if metric in ("tool_failures",) and not groups[0]["figures"][0]["value"]:
        return heading(title(metric), ranked.scope()) + f"No tool call failed{phrase(ranked)}, {reading.when()}."
    note = f"at least {output.data['minConversations']} conversations each" if output.data.get("minConversations", 1) > 1 else ""
    text = heading(
        f"{_plural(output.data['dimension'].replace('property:', '').replace('_', ' '))} by {title(metric)}, {order} first",
        ranked.scope(),
        note,
    )
    if place > 1:
        if len(groups) < place:
            return text + f"There are only {number(len(groups))}:\n" + bullets([row(group) for group in groups], numbered=True)
        ahead = ", ".join(f"{_dated(group['name'])} ({measured(group['figures'][0])})" for group in groups[: place - 1])
        return text + _winner(groups[place - 1 : place], metric, reading) + f" Ahead: {ahead}."
    if single:
        return text + _winner(groups, metric, reading)
    return text + bullets([row(group) for group in groups], numbered=True)


_RANKED_PLACE = re.compile(
    r"\b(?:second|third|fourth|fifth|2nd|3rd|4th|5th|number (?:two|three|2|3))[\s-]+(?:most|least|best|worst|highest|lowest|top|largest|biggest|smallest|busiest|fewest|\w+iest|\w+est)\b|\b(?:second|third|2nd|3rd) (?:place|rank)\b|\brunner[ -]up\b",
    re.I,
)
"""A place in a ranking: "the second most active account"."""


def _group_cut(reading: Reading, dimension: str) -> Any:
    """A threshold on the average of each group ("organizations with an average rating below 3"), not on single conversations."""
    threshold = next((t for t in reading.thresholds if t.metric == "rating"), None)
    grouped = reading.slots.says(r"average|mean|csat|overall") and dimension in (
        "user",
        "organization",
        "product",
        "model",
        "prompt_version",
    )
    return threshold if threshold and grouped else None


def _passes(value: float, cut: Any) -> bool:
    return {"<": value < cut.value, "<=": value <= cut.value, ">": value > cut.value, ">=": value >= cut.value, "=": value == cut.value}[
        cut.operator
    ]


def grouping(dimension: str, metrics: Sequence[str], order: str, limit: int, min_n: int, filter: Mapping[str, Any]) -> Call:
    arguments: dict[str, Any] = {"metrics": list(metrics), "order": order, "limit": limit, "minConversations": min_n, "filter": filter}
    tool = RANKING_TOOLS.get(dimension)
    return Call(tool, arguments) if tool else Call("getBreakdown", {"dimension": dimension, **arguments})


def _plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


def _beside(metric: str) -> list[str]:
    """Figures that help to judge the ranked one."""
    return {"conversations": ["messages"], "messages": ["conversations"], "tool_failures": ["tool_calls", "tool_failure_rate"], "tool_failure_rate": ["tool_failures", "tool_calls"],
            "users": ["conversations"]}.get(metric, ["conversations"])  # fmt: skip


def row(group: Mapping[str, Any]) -> str:
    first, *others = group["figures"]
    beside = [
        said(figure) if figure["unit"] in ("count", "stars") else f"{figure['title']} {measured(figure)}"
        for figure in others
        if figure["metric"] != first["metric"] and figure.get("value") is not None
    ]
    n = (
        f", n = {number(first['n'])}"
        if first["unit"] not in ("count",) and first.get("n") is not None and "rating" in first["metric"]
        else ""
    )
    return f"**{_dated(group['name'])}**: {said(first) if first['unit'] in ('count', 'stars', 'percent') else measured(first)}{n}" + (
        f" ({', '.join(beside)})" if beside else ""
    )


def _winner(groups: Sequence[Mapping[str, Any]], metric: str, reading: Reading) -> str:
    first, others = groups[0], groups[1:]
    figure = first["figures"][0]
    beside = [said(f) for f in first["figures"][1:] if f.get("value") is not None]
    text = (
        f"**{_dated(first['name'])}**: {said(figure)}"
        + (f" ({', '.join(beside)})" if beside else "")
        + f"{phrase(reading, leave_out=())}, {reading.when()}.{small(figure.get('n') if figure['unit'] != 'count' else None)}"
    )
    if others:
        text += " Next: " + ", ".join(f"{_dated(group['name'])} ({measured(group['figures'][0])})" for group in others) + "."
    return text


def _dated(name: str) -> str:
    if name.isdigit() and len(name) <= 2:  # an hour of the day
        return f"{int(name):02d}:00"
    return day(name) if len(name) == 10 and name[4] == name[7] == "-" and name[:4].isdigit() else name


def ranked_dimension(reading: Reading) -> str:
    dimension = reading.dimension
    if dimension in (None, "conversation", "event_type", "segment"):
        dimension = "tool" if (reading.metric or "").startswith("tool") else "user"
    return str(dimension)


def ranked_metric(reading: Reading, dimension: str) -> str:
    if (reading.metric and reading.metric not in ("users", "organizations", "events")) or (
        reading.metric in ("users", "organizations") and reading.metric != f"{dimension}s"
    ):
        return {"ratings": "ratings"}.get(str(reading.metric), str(reading.metric))
    if dimension == "tool":
        return "tool_failures" if reading.bad else "conversations"
    if reading.bad is not None:
        return "rating" if dimension in ("product", "model", "prompt_version") or dimension.startswith("property:") else "sentiment"
    return "conversations"


def ranked_order(reading: Reading, metric: str) -> str:
    if reading.order:
        return reading.order
    good = lexicon.METRICS[metric].good if metric in lexicon.METRICS else 0
    if reading.bad:
        return "highest" if good < 0 or metric in lexicon.COUNTS else "lowest"
    return "highest"


def singular(reading: Reading) -> bool:
    """Whether one name is asked for."""
    if reading.limit is not None:
        return reading.limit == 1
    slots = reading.slots
    if slots.says(
        r"top|bottom|ranking|rank|order|sort|(?:best|worst|highest|lowest|most) first|list|leaderboard|which (?:\w+ )?(?:users|people|customers|accounts|companies|organi[sz]ations|orgs|products|models|tools|assistants|bots|topics|days|clients|plans|countries)|who are|users|people|accounts|companies|organi[sz]ations|orgs|customers|clients"
    ):
        return bool(
            slots.says(
                r"(?:most|least|top|worst|best|\w+iest|number one) (?:\w+ )?(?:user|person|customer|account|company|organi[sz]ation|org|product|model|tool|assistant|bot|day|client|plan|country|one)\b|who is|which (?:\w+ )?(?:user|person|customer|account|company|organi[sz]ation|org|product|model|tool|assistant|bot|day|client|plan|country)\b|which of"
            )
        ) and not slots.says(r"top (?:\d+|ten|five|three)")
    return True


def _shown_before(asked: Asked) -> set[str]:
    text = asked.before[-1].answer
    names = asked.setting.names
    return {name.text for link in names.link(text, split(text)) if link.score >= 100 for name in link.names}
