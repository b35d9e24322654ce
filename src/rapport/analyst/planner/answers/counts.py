"""How many, and which share."""

import re
from dataclasses import replace

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    bullets,
    counted,
    heading,
    measured,
    nothing,
    number,
    phrase,
)
from rapport.analyst.planner.answers.breakdowns import breakdown
from rapport.analyst.planner.answers.rankings import grouping
from rapport.analyst.planner.answers.sides import compared, side_by_side
from rapport.analyst.planner.answers.totals import at_least, none, total
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Slots

SHARES = {
    "negative": "negative_share", "positive": "positive_share", "neutral": "neutral_share", "frustrated": "frustrated_share", "unhappy": "unhappy_share", "resolved": "resolved_share",
    "unresolved": "unresolved_share", "abandoned": "abandoned_share", "handover": "handover_share", "repeated": "repeated_share", "tool_failed": "tool_failed_share", "flagged": "flagged_share",
    "rated": "rated_share", "unrated": "unrated_share", "commercial": "commercial_share", "jailbreak_detected": "jailbreak_share", "hallucination_detected": "hallucination_share",
    "user_toxicity_detected": "user_toxicity_share", "missing_capability_detected": "missing_capability_share",
}  # fmt: skip


def count(asked: Asked) -> Answer:
    reading = asked.reading
    slots = reading.slots
    share = slots.says(SHARE)
    if share and reading.conditions == ("rated",):
        return (yield from _share_of_all(asked, replace(reading, metrics=("conversations",))))
    if share and reading.conditions:
        return (yield from _share(asked))
    named = [link for link in reading.links if not link.negated]
    if (
        share
        and (named or reading.languages or reading.thresholds or reading.subject)
        and reading.metric in (None, "conversations", "rating", "ratings")
    ):
        return (yield from _share_of_all(asked, replace(reading, metrics=("conversations",))))
    metric = reading.metric or "conversations"
    if (
        reading.dimension
        and slots.says(r"(?:by|per|for each|for every|in each|across|each)(?: \w+)? (?:of )?\w+")
        and _split_by(slots, reading.dimension)
    ):
        return (yield from breakdown(asked))
    repeated = next((t for t in reading.thresholds if t.metric == "conversations"), None)
    if metric in ("users", "organizations", "days", "topics") and repeated:
        return (yield from _count_frequent(asked, metric))
    if metric in ("rating", "sentiment", "frustration", "quality_index", "struggle"):
        metric = "conversations" if (reading.thresholds or reading.conditions) else "ratings" if metric == "rating" else "conversations"
    if metric in ("products", "models", "tools", "topics", "segments", "prompt_versions", "event_types", "languages", "days"):
        return (yield from _count_kinds(asked, metric))
    sides = compared(reading)
    if len(sides) >= 2:
        return (yield from side_by_side(asked, sides))
    return (yield from total(asked, metric))


def _split_by(slots: Slots, dimension: str) -> bool:
    """Whether the dimension itself follows "per" or "by"."""
    key = dimension.removeprefix("property:").replace("_", " ")
    nouns = lexicon.DIMENSIONS.get(dimension, key)
    return bool(
        slots.says(
            rf"(?:by|per|for each|for every|in each|across|each)(?: (?:the|our|all|pricing|customer|language))* (?:{nouns}|{re.escape(key)})s?"
        )
    )


def _share(asked: Asked) -> Answer:
    reading = asked.reading
    name = reading.conditions[-1]
    metric = SHARES.get(name, "negative_share")
    rest = replace(reading, conditions=tuple(c for c in reading.conditions if c != name))
    own, all_of = yield [
        Call("getMetrics", {"metrics": [metric], "filter": rest.filter(text=True)}),
        Call("countConversations", {"filter": reading.filter(text=True)}),
    ]
    figure = own.figure(metric)
    if not figure.get("n"):
        return (yield from none(replace(asked, reading=rest)))
    hits = all_of.figure("conversations").get("value")
    return (
        heading(figure["title"], rest.scope(), f"n = {number(figure['n'])}")
        + f"**{measured(figure)}** of the conversations{phrase(rest)}, {reading.when()}: {number(hits)} of {number(figure['n'])}."
    )


def _share_of_all(asked: Asked, reading: Reading) -> Answer:
    """How large a part of all conversations of the same days has the last thing that is named: "what share was Harbor Guide"."""
    whole = replace(reading, conditions=(), thresholds=(), languages=(), subject="")
    if not (reading.conditions or reading.thresholds or reading.languages or reading.subject):
        asked_of = [link for link in reading.links if not link.negated]
        kinds = {link.kind for link in asked_of[:1]}
        whole = replace(whole, links=tuple(link for link in reading.links if link.negated or link.kind not in kinds))
    part, base = yield [
        Call("countConversations", {"filter": reading.filter(text=True)}),
        Call("countConversations", {"filter": whole.filter()}),
    ]
    n, of = part.figure("conversations").get("value") or 0, base.figure("conversations").get("value") or 0
    if part.error or base.error or not of:
        return (yield from nothing(asked))
    text = heading("share of conversations", reading.scope(), f"n = {number(of)}")
    return text + f"**{100 * n / of:.1f}%**: {number(n)} of {counted(of, 'conversations')}{phrase(whole)}, {reading.when()}."


def _count_frequent(asked: Asked, metric: str) -> Answer:
    """ "How many users had more than five conversations": groups that are large enough are counted."""
    reading = asked.reading
    least = at_least(reading)
    (output,) = yield [grouping(metric.removesuffix("s"), ["conversations"], "highest", 3, least, reading.filter(text=True))]
    if output.error:
        return heading(metric, reading.scope()) + output.error
    return (
        heading(metric, reading.scope())
        + f"**{counted(output.data['total'], metric)}** with at least {least} conversations{phrase(reading)}, {reading.when()}."
    )


_KINDS = {
    "products": ("product", "product"), "models": ("model", "model"), "tools": ("tool", "tool"), "topics": ("topic", "topic"), "prompt_versions": ("prompt_version", "prompt version"),
    "event_types": ("event_type", "event type"), "languages": ("language", "language"), "days": ("day", "day"), "segments": ("segment", "segment"),
}  # fmt: skip


def _count_kinds(asked: Asked, metric: str) -> Answer:
    kind, noun = _KINDS[metric]
    if kind in ("event_type", "segment"):
        (output,) = yield [Call("countConversations", {"filter": {}})]
        names = [name.text for name in asked.setting.names.of_kind(kind)]
        return heading(f"{noun}s") + f"**{len(names)}** {noun}s: {', '.join(names[:20]) or 'none'}."
    (output,) = yield [
        Call("getBreakdown", {"dimension": kind, "metrics": ["conversations"], "limit": 20, "filter": asked.reading.filter()})
    ]
    groups = output.data.get("groups", [])
    listed = bullets([f"{group['name']}: {counted(group['conversations'], 'conversations')}" for group in groups]) if kind != "day" else ""
    return (
        heading(f"{noun}s", asked.reading.scope())
        + f"**{number(output.data.get('total', 0))}** {noun}{'' if output.data.get('total') == 1 else 's'}{phrase(asked.reading)}.\n"
        + listed
    )
