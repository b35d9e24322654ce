"""Counts, levels, rankings, breakdowns, comparisons, trends and changes."""

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
    counted,
    day,
    heading,
    measured,
    nothing,
    number,
    phrase,
    quoted,
    said,
    small,
)
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.dates import Period, unit_at
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.reading import Reading, days, spoken
from rapport.analyst.planner.slots import Slots

SHARES = {
    "negative": "negative_share", "positive": "positive_share", "neutral": "neutral_share", "frustrated": "frustrated_share", "unhappy": "unhappy_share", "resolved": "resolved_share",
    "unresolved": "unresolved_share", "abandoned": "abandoned_share", "handover": "handover_share", "repeated": "repeated_share", "tool_failed": "tool_failed_share", "flagged": "flagged_share",
    "rated": "rated_share", "unrated": "unrated_share", "commercial": "commercial_share", "jailbreak_detected": "jailbreak_share", "hallucination_detected": "hallucination_share",
    "user_toxicity_detected": "user_toxicity_share", "missing_capability_detected": "missing_capability_share",
}  # fmt: skip
TITLES = {
    "rating": "average rating",
    "sentiment": "average sentiment",
    "frustration": "average frustration",
    "struggle": "average struggle",
    "quality_index": "quality index",
}
RANKING_TOOLS = {
    "user": "getUserRanking",
    "organization": "getOrganizationRanking",
    "model": "getModelMetrics",
    "prompt_version": "getPromptAnalytics",
}
MEANS = frozenset({"rating", "sentiment", "frustration", "struggle", "quality_index", "commercial_intent", "tool_failure_rate"})


def title(metric: str) -> str:
    return TITLES.get(metric) or (lexicon.METRICS[metric].label if metric in lexicon.METRICS else metric.replace("_", " "))


# --- How many, how good ------------------------------------------------------------------------------------------------


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
        return (yield from compare(asked))
    return (yield from _count(asked, metric))


def _split_by(slots: Slots, dimension: str) -> bool:
    """Whether the dimension itself follows "per" or "by"."""
    key = dimension.removeprefix("property:").replace("_", " ")
    nouns = lexicon.DIMENSIONS.get(dimension, key)
    return bool(
        slots.says(
            rf"(?:by|per|for each|for every|in each|across|each)(?: (?:the|our|all|pricing|customer|language))* (?:{nouns}|{re.escape(key)})s?"
        )
    )


def _count(asked: Asked, metric: str) -> Answer:
    reading = asked.reading
    tool = "countConversations" if metric in ("conversations", "users", "organizations", "messages") else "getMetrics"
    arguments: dict[str, Any] = {"filter": reading.filter(text=True)} | (
        {} if tool == "countConversations" else {"metrics": [metric, "conversations", *(["rating"] if metric == "ratings" else [])]}
    )
    (output,) = yield [Call(tool, arguments)]
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    value = output.figure(metric).get("value")
    total = output.figure("conversations").get("value")
    if not total:
        return (yield from _none(asked))
    text = heading(title(metric), reading.scope())
    about = f" that mention “{reading.subject}”" if reading.subject else ""
    text += f"**{counted(value, metric)}**{about}{phrase(reading)}, {reading.when()}."
    if metric in ("conversations",) and output.figure("users").get("value") is not None:
        people = output.figure("users").get("value")
        text += f" They come from {counted(people, 'users')}."
    elif metric in ("messages", "users", "organizations", "ratings") and metric != "conversations":
        text += f" They rest on {counted(total, 'conversations')}."
        if metric == "ratings" and output.figure("rating").get("value") is not None:
            text += f" Their average is {measured(output.figure('rating'))}."
    return text


def _none(asked: Asked) -> Answer:
    """An exact zero where the period itself has data; else that there is no data."""
    reading = asked.reading
    narrowed = bool(
        reading.links
        or reading.conditions
        or reading.subject
        or reading.thresholds
        or reading.events
        or reading.languages
        or reading.not_subject
    )
    if not narrowed:
        return (yield from nothing(asked))
    (whole,) = yield [Call("countConversations", {"filter": days(reading.period)})]
    if not whole.figure("conversations").get("value"):
        return (yield from nothing(asked))
    what = reading.scope(period=False)
    if reading.subject and len(reading.subject.split()) > 1:
        (near,) = yield [Call("getConversations", {"query": reading.subject, "limit": 3, "filter": reading.filter()})]
        if close := near.data.get("conversations"):
            return (
                heading(reading.scope())
                + f"No message holds all of “{reading.subject}”{phrase(reading)}, {reading.when()}. The nearest by words and meaning:\n"
                + bullets([quoted(one) for one in close])
            )
    return (
        heading(reading.scope())
        + f"**0 conversations** fit {what}, {reading.when()}, of {counted(whole.figure('conversations')['value'], 'conversations')} in that time."
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
        return (yield from _none(replace(asked, reading=rest)))
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


def at_least(reading: Reading) -> int:
    """The fewest conversations of a group that is asked for: "more than 20 conversations" is 21."""
    threshold = next((t for t in reading.thresholds if t.metric == "conversations" and t.operator in (">", ">=", "=")), None)
    return 1 if threshold is None else max(1, int(threshold.value) + (threshold.operator == ">"))


def _count_frequent(asked: Asked, metric: str) -> Answer:
    """ "How many users had more than five conversations": groups that are large enough are counted."""
    reading = asked.reading
    least = at_least(reading)
    (output,) = yield [_grouping(metric.removesuffix("s"), ["conversations"], "highest", 3, least, reading.filter(text=True))]
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


def level(asked: Asked) -> Answer:
    """One metric of one scope, with the figure it is judged against."""
    reading = asked.reading
    if len(compared(reading)) >= 2:
        return (yield from compare(asked))
    metrics = [name for name in reading.metrics if name not in ("conversations",)][:4]
    if "messages_per_conversation" in metrics:
        metrics = ["messages_per_conversation"]
    metrics = metrics or ["rating", "sentiment", "quality_index"]
    if metrics[0] in ("users", "messages", "organizations", "ratings", "tool_calls"):
        return (yield from _count(asked, metrics[0]))
    more = [] if "conversations" in metrics else ["conversations"]
    narrowed = bool(reading.links or reading.conditions or reading.subject or reading.events)
    calls = [Call("getMetrics", {"metrics": [*metrics, *more], "filter": reading.filter(text=True)})]
    if narrowed:
        calls.append(Call("getMetrics", {"metrics": metrics, "filter": days(reading.period)}))
    outputs = yield calls
    if outputs[0].error:
        return heading(reading.scope()) + outputs[0].error
    total = outputs[0].figure("conversations").get("value")
    if not total:
        return (yield from _none(asked))
    lines = []
    for place, metric in enumerate(metrics):
        figure = outputs[0].figure(metric)
        whole = outputs[1].figure(metric) if narrowed else {}
        if figure.get("value") is None:
            lines.append(_unmeasured(metric, reading, total))
            continue
        name = figure["title"][0].upper() + figure["title"][1:] if place else ""
        lead = f"{name}: **{said(figure)}**" if place else f"**{said(figure)}** {_is_the(figure)}{phrase(reading)}, {reading.when()}"
        rests = f", over {number(figure['n'])} {'rated ' if metric == 'rating' else ''}conversations" if figure.get("n") else ""
        beside = f" Over everything in that time it is {measured(whole)}." if whole.get("value") is not None and not place else ""
        lines.append(f"{lead}{rests}{small(figure.get('n'))}.{beside}")
    return heading(
        ", ".join(title(metric) for metric in metrics), reading.scope(), f"n = {number(outputs[0].figure(metrics[0]).get('n', total))}"
    ) + "\n".join(lines)


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


# --- Rankings and breakdowns -------------------------------------------------------------------------------------------


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
        (output,) = yield [_grouping(dimension, metrics, order, rows_wanted, min_n, ranked.filter(text=True))]
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
        return (yield from _none(asked))
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
            return text + f"There are only {number(len(groups))}:\n" + bullets([_row(group) for group in groups], numbered=True)
        ahead = ", ".join(f"{_dated(group['name'])} ({measured(group['figures'][0])})" for group in groups[: place - 1])
        return text + _winner(groups[place - 1 : place], metric, reading) + f" Ahead: {ahead}."
    if single:
        return text + _winner(groups, metric, reading)
    return text + bullets([_row(group) for group in groups], numbered=True)


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


def _grouping(dimension: str, metrics: Sequence[str], order: str, limit: int, min_n: int, filter: Mapping[str, Any]) -> Call:
    arguments: dict[str, Any] = {"metrics": list(metrics), "order": order, "limit": limit, "minConversations": min_n, "filter": filter}
    tool = RANKING_TOOLS.get(dimension)
    return Call(tool, arguments) if tool else Call("getBreakdown", {"dimension": dimension, **arguments})


def _plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


def _beside(metric: str) -> list[str]:
    """Figures that help to judge the ranked one."""
    return {"conversations": ["messages"], "messages": ["conversations"], "tool_failures": ["tool_calls", "tool_failure_rate"], "tool_failure_rate": ["tool_failures", "tool_calls"],
            "users": ["conversations"]}.get(metric, ["conversations"])  # fmt: skip


def _row(group: Mapping[str, Any]) -> str:
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
    from rapport.analyst.planner.words import split

    return {name.text for link in names.link(text, split(text)) if link.score >= 100 for name in link.names}


def breakdown(asked: Asked) -> Answer:
    """A metric by every value of a dimension."""
    reading = asked.reading
    dimension = reading.dimension or ("product" if not reading.of_kind("product") else "day")
    if (
        reading.slots.says(r"total|overall|altogether|in all|in total|combined")
        and reading.slots.says(r"across (?:all|every|our|the)|everything")
        and not reading.slots.says(r"\bby\b|\bper\b|each|every (?:product|plan|model)|break\w*|split")
    ):
        return (
            yield from (_count(asked, reading.metric or "conversations") if reading.metric in (None, *lexicon.COUNTS) else level(asked))
        )
    if dimension in ("day", "week", "month") and (True):
        return (yield from trend(asked))
    if dimension in ("conversation", "segment", "event_type"):
        dimension = "product"
    metric = reading.metric or "conversations"
    if metric == "rating" and dimension == "rating":
        metric = "conversations"
    metrics = list(dict.fromkeys([*(reading.metrics[:3] or [metric]), "conversations"]))
    if dimension == "rating":
        metrics = ["conversations"]
    order = "key" if dimension in ("weekday", "hour", "rating") else ranked_order(reading, metric)
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != dimension or link.negated))
    (output,) = yield [
        Call(
            "getBreakdown",
            {
                "dimension": dimension,
                "metrics": metrics,
                "order": order,
                "limit": reading.limit or 12,
                "minConversations": at_least(reading),
                "filter": own.filter(text=True),
            },
        )
    ]
    if output.error:
        return heading(title(metric), reading.scope()) + output.error
    groups = output.data.get("groups", [])
    if not groups:
        return (yield from _none(asked))
    name = output.data["dimension"].replace("property:", "").replace("_", " ")
    whole = output.data["all"][0]
    text = heading(f"{title(metric)} by {name}", own.scope())
    text += bullets(
        [
            _row(group)
            if dimension != "rating"
            else f"**{group['name']} star{'' if group['name'] == '1' else 's'}**: {counted(group['conversations'], 'conversations')}"
            for group in groups
        ]
    )
    if output.data["total"] > len(groups):
        text += f"\n({number(output.data['total'])} in all.)"
    if whole.get("value") is not None and dimension != "rating":
        text += f"\n\nAll together: {said(whole)}."
    return text


# --- Side by side -----------------------------------------------------------------------------------------------------


def compared(reading: Reading) -> list[tuple[str, dict[str, Any], str]]:
    """The sides of a comparison: (name, filter that makes it, kind of link); empty where nothing is set side by side."""
    groups: dict[str, list[Link]] = {}
    for link in reading.links:
        if not link.negated:
            kind = link.kind if link.kind != "property" else f"property:{link.names[0].id.partition('=')[0]}"
            groups.setdefault(kind, []).append(link)
    for kind, links in groups.items():
        links = list({link.names[0].id: link for link in links}.values())
        if len(links) >= 2:
            plain = kind.partition(":")[0]
            return [
                (
                    spoken(link),
                    replace(
                        reading, links=(link,), conditions=(), thresholds=(), events=(), not_subject="", languages=(), period=Period()
                    ).filter(),
                    plain,
                )
                for link in links[:6]
            ]
    return []


def compare(asked: Asked) -> Answer:
    """Sets of conversations side by side: named things, a thing against the rest, or all values of a dimension."""
    reading = asked.reading
    sides = compared(reading)
    kind = sides[0][2] if sides else ""
    if not sides and (reading.against or any(mention.kind == "over" for mention in reading.slots.dates)):
        return (yield from change(asked))
    if not sides and reading.follows and reading.links and reading.metrics:
        return (yield from level(asked))
    if not sides:
        sides, kind = _against_the_rest(reading)
    if not sides:
        return (
            yield from breakdown(
                replace(
                    asked,
                    reading=replace(reading, dimension=reading.dimension or "product", metrics=reading.metrics or ("rating", "sentiment")),
                )
            )
        )
    metrics = list(dict.fromkeys([*(reading.metrics or ("rating", "sentiment", "frustration", "quality_index")), "conversations"]))[:6]
    rest = replace(reading, links=tuple(link for link in reading.links if link.kind != kind or link.negated))
    base = rest.filter(text=True)
    arguments = {"sides": [{"name": name, "filter": _both(base, own)} for name, own, _ in sides], "metrics": metrics}
    (output,) = yield [Call("compareGroups", arguments)]
    if output.error:
        return heading(reading.scope()) + output.error
    shown = output.data["sides"]
    if not any(_figure(side, "conversations").get("value") for side in shown):
        return (yield from _none(asked))
    asked_for = [metric for metric in metrics if metric != "conversations" or "conversations" in reading.metrics] or ["conversations"]
    text = heading(", ".join(title(m) for m in asked_for), " vs ".join(name for name, _, _ in sides), rest.scope())
    text += bullets([_side(side, asked_for) for side in shown])
    verdict = _verdict(output.data, asked_for[0], reading)
    return text + (f"\n\n{verdict}" if verdict else "")


def _both(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **own}
    if base.get("properties") and own.get("properties"):
        merged["properties"] = [*base["properties"], *own["properties"]]
    return merged


def _against_the_rest(reading: Reading) -> tuple[list[tuple[str, dict[str, Any], str]], str]:
    """ "Is Acme worse than the others": the one thing named, and everything without it."""
    links = [link for link in reading.links if not link.negated]
    if len(links) != 1 or not reading.slots.says(
        r"others?|rest|everyone else|everybody else|average|overall|all (?:the )?(?:others|users|customers|products)|everything else|the remaining|than most"
    ):
        return [], ""
    own = replace(
        reading, links=(links[0],), period=Period(), conditions=(), thresholds=(), events=(), not_subject="", languages=()
    ).filter()
    return [(spoken(links[0]), own, links[0].kind), ("everyone else", {"without": own}, links[0].kind)], links[0].kind


def _figure(side: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    return next((figure for figure in side["figures"] if figure["metric"] == metric), {})


def _side(side: Mapping[str, Any], metrics: Sequence[str]) -> str:
    parts = []
    for metric in metrics:
        figure = _figure(side, metric)
        n = f" (n = {number(figure.get('n'))})" if figure.get("unit") != "count" and figure.get("n") is not None else ""
        value = said(figure) if figure.get("unit") == "count" else measured(figure)
        parts.append(f"{'' if len(metrics) == 1 or figure.get('unit') in ('count',) else figure['title'] + ' '}{value}{n}")
    return f"**{side['name']}**: " + ", ".join(parts)


def _verdict(data: Mapping[str, Any], metric: str, reading: Reading) -> str:
    """Which side is ahead on the first metric, and whether chance would give such a difference."""
    sides = [side for side in data["sides"] if _figure(side, metric).get("value") is not None]
    if len(sides) < 2:
        return ""
    good = lexicon.METRICS[metric].good if metric in lexicon.METRICS else 0
    best = max(sides, key=lambda side: _figure(side, metric)["value"] * (good or 1))
    worst = min(sides, key=lambda side: _figure(side, metric)["value"] * (good or 1))
    if _figure(best, metric)["value"] == _figure(worst, metric)["value"]:
        return f"They are equal on {title(metric)}."
    word = ("lowest" if good < 0 else "highest") if len(sides) > 2 else ("lower" if good < 0 else "higher")
    text = f"{best['name']} has the {word} {f'number of {title(metric)}' if metric in lexicon.COUNTS else title(metric)}"
    if len(sides) > 2:
        return text + f", {worst['name']} the {'lowest' if good >= 0 else 'highest'}."
    change = next((c for d in data["differences"] for c in d["changes"] if c["metric"] == metric), {})
    if change.get("difference") is not None:
        text += f", by {measured({'value': abs(change['difference']), 'unit': change['unit']}) if change['unit'] != 'count' else number(abs(change['difference']))}"
    if change.get("p") is not None:
        text += " (a clear difference)" if change["p"] < 0.05 else " (within what chance would give)"
    return text + "."


# --- Over time ---------------------------------------------------------------------------------------------------------

DIRECTIONS = {
    "rising": "rising",
    "falling": "falling",
    "flat": "flat: it moves no more than chance would",
    "unknown": "not clear: there are too few points",
}


def trend(asked: Asked) -> Answer:
    """A metric by day, week or month, with its direction."""
    reading = asked.reading
    slots = reading.slots
    about = reading.subject or reading.of_kind("topic", "tool")
    metric = reading.metric or ("rating" if reading.bad is not None and not about else "conversations")
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
        return (yield from _none(asked))
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
    text += "."
    valued = [point for point in points if point["value"] is not None]
    high, low = max(valued, key=lambda p: p["value"]), min(valued, key=lambda p: p["value"])
    text += f" Highest: {_at(high, output.data['bucket'])}, {measured({'value': high['value'], 'unit': unit})}. Lowest: {_at(low, output.data['bucket'])}, {measured({'value': low['value'], 'unit': unit})}.\n\n"
    return text + bullets(
        [
            f"{_at(point, output.data['bucket'])}: {measured({'value': point['value'], 'unit': unit})}{' (so far)' if point['partial'] else ''}"
            for point in points[-14:]
        ]
    )


def _at(point: Mapping[str, Any], bucket: str) -> str:
    return f"week of {day(point['start'])}" if bucket == "week" else day(point["start"])


def change(asked: Asked) -> Answer:
    """What is different between two periods."""
    reading = asked.reading
    now, before = periods(reading)
    metrics = list(reading.metrics)[:4]
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
    arguments: dict[str, Any] = {
        "metrics": [*metrics, *([] if "conversations" in metrics else ["conversations"])] if metrics else list(overview)
    }
    arguments |= {
        "filter": {**reading.filter(text=True), **days(now)},
        "previousSince": days(before).get("since"),
        "previousUntil": days(before).get("until"),
    }
    (output,) = yield [Call("comparePeriods", arguments)]
    if output.error:
        return heading(reading.scope(period=False)) + output.error
    changes = [c for c in output.data["changes"] if not metrics or c["metric"] in metrics]
    if not any(c["n"] or c["otherN"] for c in output.data["changes"]):
        return (yield from nothing(replace(asked, reading=replace(reading, period=now))))
    text = heading(
        ", ".join(title(m) for m in metrics) or "what changed",
        reading.scope(period=False),
        f"{reading.when(now)} vs {reading.when(before)}",
    )
    moved = [c for c in changes if clear(c)]
    lines = [_changed(c) for c in sorted(changes, key=lambda c: not clear(c))]
    if not metrics:
        text += (
            ("Clear changes: " + "; ".join(f"{c['title']} {'up' if c['verdict'] == 'higher' else 'down'}" for c in moved) + ".\n\n")
            if moved
            else "No average or share changed beyond what chance would give.\n\n"
        )
    return text + bullets(lines)


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
    return f" {went}" if clear(c) or c.get("p") is None else f" {went} a little"


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
        from datetime import timedelta

        return period, Period(period.since - length - timedelta(days=1), period.since - timedelta(days=1))
    return period, period.before()
