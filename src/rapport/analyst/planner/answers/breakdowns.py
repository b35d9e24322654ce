"""A metric by every value of a dimension."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, number, said
from rapport.analyst.planner.answers.changes import trend
from rapport.analyst.planner.answers.levels import level
from rapport.analyst.planner.answers.rankings import by_share, ranked_order, row
from rapport.analyst.planner.answers.totals import none, size, title, total
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.slots import Slots


def breakdown(asked: Asked) -> Answer:
    """A metric by every value of a dimension."""
    reading = asked.reading
    dimension = reading.dimension or ("product" if not reading.of_kind("product") else "day")
    if _of_all(reading.slots):
        return (yield from (total(asked, reading.metric or "conversations") if reading.metric in (None, *lexicon.COUNTS) else level(asked)))
    if dimension in ("day", "week", "month"):
        return (yield from trend(asked))
    if dimension in ("conversation", "segment", "event_type"):
        dimension = "product"
    if reading.slots.says(SHARE) and any(threshold.metric == "rating" for threshold in reading.thresholds):
        return (yield from by_share(asked))
    metric = reading.metric or "conversations"
    if metric == "rating" and dimension == "rating":
        metric = "conversations"
    metrics = list(dict.fromkeys([*(reading.metrics[:3] or [metric]), "conversations"]))
    if dimension == "rating":
        metrics = ["conversations"]
    order = "key" if dimension in ("weekday", "hour", "rating") else ranked_order(reading, metric)
    key = dimension.removeprefix("property:") + "=" if dimension.startswith("property:") else "\0"
    named = [link for link in reading.links if not link.negated and (link.kind == dimension or link.names[0].id.startswith(key))]
    own = replace(reading, links=tuple(link for link in reading.links if link not in named))
    bounds = {"limit": reading.limit or 12, **size(reading), "filter": own.filter(text=True)}
    (output,) = yield [Call("getBreakdown", {"dimension": dimension, "metrics": metrics, "order": order, **bounds})]
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    groups = output.data.get("groups", [])
    if not groups:
        return (yield from none(asked))
    name = output.data["dimension"].replace("property:", "").replace("_", " ")
    whole = output.data["all"][0]
    text = heading(f"{title(metric)} by {name}", own.scope())
    of = whole["value"] if metric in _SUMMED and reading.slots.says(SHARE) else None
    text += bullets([_stars(group) if dimension == "rating" else row(group) + _share(group, of) for group in groups])
    if output.data["total"] > len(groups):
        text += f"\n({number(output.data['total'])} in all.)"
    if whole.get("value") is not None and dimension != "rating":
        text += f"\n\nAll together: {said(whole)}."
    return text


_SUMMED = ("conversations", "messages", "ratings", "tool_calls", "tool_failures")
"""Figures of which the groups make up the whole."""


def _share(group: Mapping[str, Any], whole: float | None) -> str:
    """What part of the whole a group is: " (36.8%)"."""
    value = group["figures"][0].get("value")
    return f", {100 * value / whole:.1f}%" if whole and value is not None else ""


def _of_all(slots: Slots) -> bool:
    """ "In total across all products": one figure, no split."""
    return bool(
        slots.says(r"total|overall|altogether|in all|in total|combined")
        and slots.says(r"across (?:all|every|our|the)|everything")
        and not slots.says(r"\bby\b|\bper\b|each|every (?:product|plan|model)|break\w*|split")
    )


def _stars(group: Mapping[str, Any]) -> str:
    return f"**{group['name']} star{'' if group['name'] == '1' else 's'}**: {counted(group['conversations'], 'conversations')}"
