"""Overviews: the standard briefing, lists of names, and versions of prompts side by side."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, measured, number, phrase, quoted, said
from rapport.analyst.planner.answers.breakdowns import breakdown
from rapport.analyst.planner.answers.changes import against, clear, periods
from rapport.analyst.planner.answers.conversations import examples
from rapport.analyst.planner.answers.totals import none


def summary(asked: Asked) -> Answer:
    """The standard briefing of a scope: level, what people talk about, what went badly, examples."""
    reading = asked.reading
    own = replace(reading, conditions=reading.conditions)
    calls = [
        Call("getProductAnalytics", {"filter": own.filter(text=True)}),
        Call("getTopics", {"metrics": ["conversations", "negative_share"], "limit": 4, "filter": own.filter(text=True)}),
        Call(
            "getConversations",
            {"filter": {**own.filter(), "conditions": [*own.conditions, "unhappy"]}, "order": "worst", "limit": 2}
            | ({"query": reading.subject} if reading.subject else {}),
        ),
    ]
    if reading.period and reading.period.since:
        calls.append(Call("comparePeriods", against(own, *periods(own))))
    level_of, topics, worst, *compared = yield calls
    if level_of.error:
        return heading(reading.scope()) + level_of.error
    figures = {figure["metric"]: figure for figure in level_of.data["figures"]}
    if not figures["conversations"]["value"]:
        return (yield from none(asked))
    text = heading("briefing", own.scope())
    text += f"**{counted(figures['conversations']['value'], 'conversations')}** by {counted(figures['users']['value'], 'users')}{phrase(own)}, {own.when()}.\n"
    lines = [measure(f) for name, f in figures.items() if name not in ("conversations", "users") and f.get("value") is not None]
    text += bullets(lines)
    if compared and not compared[0].error:
        moved = [c for c in compared[0].data["changes"] if clear(c) and c["other"] is not None]
        if moved:
            text += (
                "\n\nAgainst the period before: "
                + "; ".join(
                    f"{c['title']} {measured({'value': c['value'], 'unit': c['unit']})} after {measured({'value': c['other'], 'unit': c['unit']})}"
                    for c in moved[:4]
                )
                + "."
            )
    groups = topics.data.get("groups", [])
    if groups:
        text += "\n\nPeople talk about: " + ", ".join(f"{g['name']} ({number(g['conversations'])})" for g in groups) + "."
    found = worst.data.get("conversations", [])
    if found:
        text += "\n\nWent worst:\n" + bullets([quoted(one) for one in found])
    return text


def measure(figure: Mapping[str, Any]) -> str:
    rests = f", n = {number(figure['n'])}" if figure["metric"] == "rating" else ""
    return f"{figure['title']}: {said(figure)}{rests}"


def list_entities(asked: Asked) -> Answer:
    """The names of products, models, organizations ..."""
    reading = asked.reading
    counted_kind = {"organizations": "organization", "users": "user"}.get(str(reading.metric), "product")
    dimension = reading.dimension or counted_kind
    if dimension in ("event_type", "segment"):
        names = [name.text for name in asked.setting.names.of_kind(dimension)]
        yield [Call("countConversations")]
        return heading(dimension.replace("_", " ") + "s") + (
            bullets(names[:30]) if names else f"There are no {dimension.replace('_', ' ')}s yet."
        )
    if dimension in ("conversation", "day", "week", "month"):
        return (yield from examples(asked))
    if dimension in ("organization", "user") and reading.slots.says("how many"):
        (whole,) = yield [Call("countConversations", {"filter": reading.filter()})]
        total = f"**{counted(whole.figure(f'{dimension}s').get('value') or 0, f'{dimension}s')}**{phrase(reading)}, {reading.when()}.\n\n"
    else:
        total = ""
    own = replace(
        reading,
        dimension=dimension,
        metrics=("conversations",),
        limit=reading.limit or 20,
        order="highest",
        links=tuple(link for link in reading.links if link.kind != dimension),
    )
    listed = yield from breakdown(replace(asked, reading=own))
    head, _, rest = listed.partition("\n\n")
    return f"{head}\n\n{total}{rest}"
