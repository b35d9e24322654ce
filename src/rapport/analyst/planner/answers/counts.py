"""How many, and which share."""

import re
from dataclasses import replace
from datetime import date

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    bullets,
    counted,
    heading,
    joined,
    nothing,
    number,
    phrase,
)
from rapport.analyst.planner.answers.breakdowns import breakdown
from rapport.analyst.planner.answers.rankings import grouping
from rapport.analyst.planner.answers.shares import share_answer, share_of
from rapport.analyst.planner.answers.sides import compared, side_by_side
from rapport.analyst.planner.answers.totals import size, size_words, total
from rapport.analyst.planner.asked import SHARE, weekdays
from rapport.analyst.planner.slots import Slots


def count(asked: Asked) -> Answer:
    reading = asked.reading
    slots = reading.slots
    if reading.whole:
        return (yield from share_of(asked, reading.whole))
    share = bool(slots.says(SHARE))
    if share and (answer := share_answer(asked)):
        return (yield from answer)
    metric = reading.metric or "conversations"
    if metric == "days" and slots.says(_EMPTY):
        return (yield from _empty_days(asked))
    if days := weekdays(slots):
        return (yield from _on_weekdays(asked, days))
    if reading.dimension and slots.says(_EACH) and reading.dimension not in ("conversation", "user"):
        return (yield from breakdown(asked))
    if slots.says(_DAILY) and not share:
        return (yield from breakdown(replace(asked, reading=replace(reading, dimension="day"))))
    if (
        reading.dimension
        and slots.says(r"(?:by|per|for each|for every|in each|across|each)(?: \w+)? (?:of )?\w+")
        and _split_by(slots, reading.dimension)
    ):
        return (yield from breakdown(asked))
    repeated = next((t for t in reading.thresholds if t.metric == "conversations"), None)
    if metric in ("users", "organizations", "days", "topics") and repeated:
        return (yield from _count_frequent(asked, metric, share=bool(share)))
    if metric.endswith("_share") or metric in ("rating", "sentiment", "frustration", "quality_index", "struggle"):
        metric = "conversations" if (reading.thresholds or reading.conditions) else "ratings" if metric == "rating" else "conversations"
    if metric in ("products", "models", "tools", "topics", "segments", "prompt_versions", "event_types", "languages", "days"):
        return (yield from _count_kinds(asked, metric))
    sides = compared(reading)
    if len(sides) >= 2:
        return (yield from side_by_side(asked, sides))
    return (yield from total(asked, metric))


_EACH = r"each\W*$|each one\b|each of (?:them|these|those)|respectively|one by one|apiece"
_DAILY = r"day[ -]by[ -]day|daily|per day|each day|every day|for every single day"


_EMPTY = r"(?:zero|no|0|not (?:a|one) single|without (?:any|a)) (?:single )?(?:chats?|conversations?|traffic|sessions?|dialog(?:ue)?s?|messages?|activity)|(?:empty|silent|idle) days|not one (?:chat|conversation)"


def _empty_days(asked: Asked) -> Answer:
    """Days between the first and the last one without any conversation."""
    links = tuple(replace(link, negated=False) for link in asked.reading.links)  # "days without any chats on X"
    reading = replace(asked.reading, subject="", thresholds=(), links=links)
    whole, days = yield [
        Call("countConversations", {"filter": reading.filter()}),
        Call("getBreakdown", {"dimension": "day", "metrics": ["conversations"], "limit": 1, "filter": reading.filter()}),
    ]
    if whole.error or days.error or not whole.data.get("firstDay"):
        return (yield from nothing(asked))
    period = reading.period
    first = period.since if period and period.since else date.fromisoformat(whole.data["firstDay"])
    last = min(period.until, reading.today) if period and period.until else reading.today
    span, with_some = (last - first).days + 1, days.data["total"]
    return (
        heading("days without conversations", reading.scope())
        + f"**{number(span - with_some)}** of the {number(span)} days from {first.day} {first:%b %Y} to {last.day} {last:%b %Y} are without any conversation{phrase(reading)}."
    )


def _on_weekdays(asked: Asked, days: tuple[str, ...]) -> Answer:
    """How many conversations fall on some days of the week, together and each."""
    reading = asked.reading
    said = any(mention.period and mention.period.grain == "day" for mention in reading.slots.dates)
    reading = replace(reading, period=None if said else reading.period)
    (output,) = yield [
        Call(
            "getBreakdown",
            {"dimension": "weekday", "metrics": ["conversations"], "order": "key", "limit": 7, "filter": reading.filter(text=True)},
        )
    ]
    if output.error:
        return heading("conversations by weekday", reading.scope()) + output.error
    found = {group["name"]: group["conversations"] for group in output.data.get("groups", [])}
    n, of = sum(found.get(day, 0) for day in days), sum(found.values())
    if not of:
        return (yield from nothing(asked))
    text = heading("conversations by weekday", reading.scope())
    text += f"**{counted(n, 'conversations')}** on {joined([f'{day}s' for day in days])}{phrase(reading)}, {reading.when()}: {100 * n / of:.1f}% of {number(of)}.\n"
    return text + bullets([f"{day}: {number(found.get(day, 0))}" for day in days])


def _split_by(slots: Slots, dimension: str) -> bool:
    """Whether the dimension itself follows "per" or "by"."""
    key = dimension.removeprefix("property:").replace("_", " ")
    nouns = lexicon.DIMENSIONS.get(dimension, key)
    return bool(
        slots.says(
            rf"(?:by|per|for each|for every|in each|across|each)(?: (?:the|our|all|pricing|customer|language))* (?:{nouns}|{re.escape(key)})s?"
        )
    )


def _count_frequent(asked: Asked, metric: str, *, share: bool) -> Answer:
    """ "How many users had more than five conversations": groups of such a size are counted; `share`: as a part of all such groups."""
    reading = asked.reading
    filter = reading.filter(text=True)
    part, every = yield [
        grouping(metric.removesuffix("s"), ["conversations"], "highest", 3, bounds, filter) for bounds in (size(reading), {})
    ]
    if part.error:
        return heading(metric, reading.scope()) + part.error
    found, of = part.data["total"], every.data["total"]
    said = (
        f"**{counted(found, metric)}**" if not share or not of else f"**{100 * found / of:.1f}%**: {number(found)} of {counted(of, metric)}"
    )
    return heading(metric, reading.scope()) + f"{said} with {size_words(reading)}{phrase(reading)}, {reading.when()}."


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
