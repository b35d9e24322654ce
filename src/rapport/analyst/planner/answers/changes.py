"""Over time: a metric by day, week or month, and what is different between two periods."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, day, heading, measured, nothing, phrase
from rapport.analyst.planner.answers.totals import none, title
from rapport.analyst.planner.periods import Period, unit_at
from rapport.analyst.planner.reading import Reading, days

DIRECTIONS = {
    "rising": "rising",
    "falling": "falling",
    "flat": "flat: it stays within what chance gives",
    "unknown": "not clear: there are too few points",
}


_FOR_THE_BETTER = (
    r"improv\w*|better|worse|worsen\w*|deteriorat\w*|(?:un)?happier|recover\w*|regress\w*|(?:gone|going|went) (?:downhill|south)"
)
""" "Is X improving?": how it is rated, not how much it is used."""


def trend(asked: Asked) -> Answer:
    """A metric by day, week or month, with its direction."""
    reading = asked.reading
    slots = reading.slots
    about = reading.subject or reading.of_kind("topic", "tool")
    judged = reading.bad is not None or slots.says(_FOR_THE_BETTER)
    metric = reading.metric or ("rating" if judged and not about else "conversations")
    arguments: dict[str, Any] = {"metric": metric, "filter": reading.filter(text=True)}
    bucket = reading.dimension if reading.dimension in ("day", "week", "month") else None
    bucket = bucket or next(
        (
            name
            for name, words in (
                ("day", r"dai?ly|per day|by day|day by day|each day|every day|day to day"),
                ("week", r"weekly|per week|by week|week by week|each week|every week|week to week|wow|week over week"),
                ("month", r"monthly|per month|by month|month by month|each month"),
            )
            if slots.says(words)
        ),
        None,
    )
    if bucket:
        arguments["bucket"] = bucket
    (output,) = yield [Call("getTrends", arguments)]
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    points = output.data.get("points", [])
    if not any(point["n"] for point in points):
        return (yield from none(asked))
    unit, name = output.data["unit"], output.data["title"]
    text = heading(f"{name} by {output.data['bucket']}", reading.scope())
    name = f"the number of {name}" if unit == "count" else name
    text += f"{name[0].upper() + name[1:]}{phrase(reading)} is **{DIRECTIONS[output.data['direction']]}**"
    if (
        output.data.get("from") is not None
        and output.data["direction"] in ("rising", "falling")
        and (unit != "count" or min(output.data["from"], output.data["to"]) >= 0)
    ):
        text += f", from about {measured({'value': output.data['from'], 'unit': unit})} to about {measured({'value': output.data['to'], 'unit': unit})}"
    elif output.data.get("from") is not None and output.data["direction"] == "flat":
        text += _slightly(output.data["from"], output.data["to"], unit)
    text += "."
    valued = [point for point in points if point["value"] is not None]
    points = points[points.index(valued[0]) :]  # days before the first figure say nothing
    high, low = max(valued, key=lambda p: p["value"]), min(valued, key=lambda p: p["value"])
    text += f" Highest: {_at(high, output.data['bucket'])}, {measured({'value': high['value'], 'unit': unit})}. Lowest: {_at(low, output.data['bucket'])}, {measured({'value': low['value'], 'unit': unit})}.\n\n"
    return text + bullets(
        [
            f"{_at(point, output.data['bucket'])}: {measured({'value': point['value'], 'unit': unit})}{' (so far)' if point['partial'] else ''}"
            for point in points[-14:]
        ]
    )


def _slightly(first: float, last: float, unit: str) -> str:
    """Which way the fitted line of a figure that is flat leans."""
    one, other = measured({"value": first, "unit": unit}), measured({"value": last, "unit": unit})
    return (
        "" if one == other else f", a little {'higher' if last > first else 'lower'} at the end (about {other}) than at the start ({one})"
    )


def _at(point: Mapping[str, Any], bucket: str) -> str:
    return f"week of {day(point['start'])}" if bucket == "week" else day(point["start"])


def change(asked: Asked) -> Answer:
    """What is different between two periods."""
    reading = asked.reading
    now, before = periods(reading)
    metrics = list(reading.metrics)[:4] or (["conversations"] if reading.subject or reading.of_kind("topic", "topic_group") else [])
    overview = (
        "conversations",
        "users",
        "rating",
        "sentiment",
        "frustration",
        "quality_index",
        "negative_share",
        "resolved_share",
        "tool_failure_rate",
    )
    figures = [*metrics, *([] if "conversations" in metrics else ["conversations"])] if metrics else list(overview)
    (output,) = yield [Call("comparePeriods", {"metrics": figures, **against(reading, now, before)})]
    if output.error:
        return heading(reading.scope(period=False)) + output.error
    changes = [c for c in output.data["changes"] if not metrics or c["metric"] in metrics]
    if not any(c["n"] or c["otherN"] for c in output.data["changes"]):
        return (yield from nothing(replace(asked, reading=replace(reading, period=now))))
    text = heading(
        ", ".join(title(m) for m in metrics) or "what changed",
        reading.scope(period=False),
        f"{reading.when(now)} vs {earlier(reading, before)}",
    )
    moved = [c for c in changes if clear(c)]
    lines = [_changed(c) for c in sorted(changes, key=lambda c: not clear(c))]
    if not metrics:
        text += (
            ("Clear changes: " + "; ".join(f"{c['title']} {'up' if c['verdict'] == 'higher' else 'down'}" for c in moved) + ".\n\n")
            if moved
            else "Nothing changed beyond what chance would give.\n\n"
        )
    return text + bullets(lines)


def earlier(reading: Reading, before: Period) -> str:
    """The period that another is set against; "up" is kept for what went up."""
    return reading.when(before).replace("up to", "until") if before.since is None else reading.when(before)


def against(reading: Reading, now: Period, before: Period) -> dict[str, Any]:
    """A scope and its two periods, as tools take them."""
    return {
        "filter": {**reading.filter(text=True), **days(now)},
        "previousSince": days(before).get("since"),
        "previousUntil": days(before).get("until"),
    }


def clear(change: Mapping[str, Any]) -> bool:
    """Whether a change was tested, and is beyond what chance would give."""
    return change.get("p") is not None and change["verdict"] in ("higher", "lower")


def _changed(c: Mapping[str, Any]) -> str:
    own, other = measured({"value": c["value"], "unit": c["unit"]}), measured({"value": c["other"], "unit": c["unit"]})
    by = f", {c['differencePercent']:+g}%" if c.get("differencePercent") is not None else ""
    sure = "" if clear(c) or c.get("p") is None else " (no clear difference)" if c["value"] is not None and c["other"] is not None else ""
    return f"**{c['title']}**{_direction(c)}: {own} now, {other} before{by}{sure}"


def _direction(c: Mapping[str, Any]) -> str:
    """Which way a figure went: said only where both sides have one."""
    if c["value"] is None or c["other"] is None:
        return ""
    if c["value"] == c["other"]:
        return " is unchanged"
    went = "rose" if c["value"] > c["other"] else "fell"
    return f" {went}" if clear(c) or c.get("p") is None or c["unit"] == "count" else f" {went} a little"


def periods(reading: Reading) -> tuple[Period, Period]:
    """(now, before) of a question about change; this week against last week where nothing is said."""
    if reading.period and reading.against:
        return reading.period, reading.against
    over = next((mention.shift[1] for mention in reading.slots.dates if mention.kind == "over" and mention.shift), None)
    period = reading.period
    if over:
        now = unit_at(reading.today, over)
        return Period(now.since, min(now.until or reading.today, reading.today), over), now.before()
    if period is None or period.since is None:
        period = Period(unit_at(reading.today, "week").since, reading.today, "week")
    if period.until is None:
        period = replace(period, until=reading.today)
    if reading.slots.says(r"since|after|before and after") and period.grain == "range" and period.since:
        length = period.until - period.since if period.until else reading.today - period.since
        return period, Period(period.since - length - timedelta(days=1), period.since - timedelta(days=1))
    return period, period.before()
