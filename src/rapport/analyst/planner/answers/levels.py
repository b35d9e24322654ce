"""How good or bad: one metric of one scope, with the figure it is judged against."""

from collections.abc import Mapping
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, counted, heading, measured, number, phrase, said, small
from rapport.analyst.planner.answers.shares import rated_share
from rapport.analyst.planner.answers.sides import compared, side_by_side
from rapport.analyst.planner.answers.totals import none, title, total
from rapport.analyst.planner.reading import Reading, days


def level(asked: Asked) -> Answer:
    """One metric of one scope, with the figure it is judged against."""
    reading = asked.reading
    if answer := rated_share(asked):
        return (yield from answer)
    sides = compared(reading)
    if len(sides) >= 2:
        return (yield from side_by_side(asked, sides))
    metrics = [name for name in reading.metrics if name not in ("conversations",)][:4]
    if "messages_per_conversation" in metrics:
        metrics = ["messages_per_conversation"]
    metrics = metrics or ["rating", "sentiment", "quality_index"]
    if metrics[0] in ("users", "messages", "organizations", "ratings", "tool_calls"):
        return (yield from total(asked, metrics[0]))
    more = [] if "conversations" in metrics else ["conversations"]
    narrowed = bool(reading.links or reading.conditions or reading.subject or reading.events)
    calls = [Call("getMetrics", {"metrics": [*metrics, *more], "filter": reading.filter(text=True)})]
    if narrowed:
        calls.append(Call("getMetrics", {"metrics": metrics, "filter": days(reading.period)}))
    outputs = yield calls
    if outputs[0].error:
        return heading(reading.scope()) + outputs[0].error
    logged = outputs[0].figure("conversations").get("value")
    if not logged:
        return (yield from none(asked))
    lines = []
    for place, metric in enumerate(metrics):
        figure = outputs[0].figure(metric)
        whole = outputs[1].figure(metric) if narrowed else {}
        if figure.get("value") is None:
            lines.append(_unmeasured(metric, reading, logged))
            continue
        name = figure["title"][0].upper() + figure["title"][1:] if place else ""
        lead = f"{name}: **{said(figure)}**" if place else f"**{said(figure)}** {_is_the(figure)}{phrase(reading)}, {reading.when()}"
        rests = _rests(metric, figure, logged)
        beside = f" Over everything in that time it is {measured(whole)}." if whole.get("value") is not None and not place else ""
        lines.append(f"{lead}{rests}{small(figure.get('n'))}.{beside}")
    return heading(
        ", ".join(title(metric) for metric in metrics), reading.scope(), f"n = {number(outputs[0].figure(metrics[0]).get('n', logged))}"
    ) + "\n".join(lines)


def _rests(metric: str, figure: Mapping[str, Any], logged: float) -> str:
    """What a figure rests on: "over 156 rated of 324 conversations"."""
    if not figure.get("n"):
        return ""
    n = number(figure["n"])
    return (
        f", over {n} rated of {counted(logged, 'conversations')}"
        if metric == "rating" and figure["n"] < logged
        else f", over {n} conversations"
    )


def _is_the(figure: Mapping[str, Any]) -> str:
    if figure["unit"] == "count":
        return ""
    return f"is the {'average number of ' if figure['unit'] == 'average' else ''}{figure['title']}"


def _unmeasured(metric: str, reading: Reading, total: int) -> str:
    """What is missing, and how to log it."""
    how = {
        "rating": "none of them is rated. Send ratings to `POST /api/v1/ratings`.",
        "tool_failure_rate": "none of them called a tool. Log tool calls as messages of type `tool_call` and `tool_error`.",
    }.get(metric, "none of them is analysed yet, or none gives ground for that score.")
    return f"There is no {title(metric)}{phrase(reading)}, {reading.when()}: of {counted(total, 'conversations')} {how}"
