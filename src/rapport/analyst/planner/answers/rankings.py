"""Who or what has the most or the least of something."""

import operator
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    Output,
    bullets,
    day,
    heading,
    measured,
    number,
    phrase,
    said,
    small,
)
from rapport.analyst.planner.answers.totals import none, size, size_words, title
from rapport.analyst.planner.asked import AVERAGE, RANGE, SHARE
from rapport.analyst.planner.dimensions import either_kind
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Threshold
from rapport.analyst.planner.words import split

_WHOLE = rf"{RANGE}|and so on|down to the (?:last|worst|lowest)|one (?:by|after) (?:one|another|the other)|in (?:descending |ascending |that )?order"
"""A list of all is wanted, not the first of them."""

RANKING_TOOLS = {
    "user": "getUserRanking",
    "organization": "getOrganizationRanking",
    "model": "getModelMetrics",
    "prompt_version": "getPromptAnalytics",
}

MEANS = frozenset({"rating", "sentiment", "frustration", "struggle", "quality_index", "commercial_intent", "tool_failure_rate"})


_ENDS = r"(?<!at )least|lowest|highest|worst|best|fewest|most"
_ONE_ASKED = r"who(?:['’]s| is| was)?|which|the (?:\w+est|most \w+|least \w+) (?:user|person|customer|client|account|company|organi[sz]ation|firm|product|model)\b|(?!request|interest|latest)\w+est (?:user|person|customer|client|account|company|organi[sz]ation|firm|product|model|regular|soul|contact|caller|visitor)(?!s)"


_WHO_RATED = r"(?:who|which (?:users?|people|customers?|organi[sz]ations?|compan(?:y|ies)|accounts?)) (?:has |have |all )?(?:rated|gave|given|left|scored|awarded)"
"""All are wanted: "who rated us one star last week"."""
_NOUN = r"(?:users?|person|customer|client|account|company|organi[sz]ation|firm)"
_ANY_ONE = rf"is there (?:even |perhaps )?(?:an?|any|one|some) (?:\w+ )?{_NOUN}|(?:(?:show|give|tell|name|find|point)(?: (?:me|us|out))* )(?:an?|one|the|the one|any) (?:single )?{_NOUN}|(?:an?|one) name|name,? (?:please|pls)|some(?:one|body) (?:who|that|with)"
"""One is wanted, however many fit: "is there a person who came back ten times and ..."."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is ranked, and by what. `shown` rows are wanted; `place` is the one that is asked for; `single`: one name is the answer."""

    dimension: str
    metric: str
    order: str
    shown: int
    place: int
    single: bool


def ranking(asked: Asked) -> Answer:
    """Who or what has the most or the least of something; the first name that is said is the first of the list."""
    reading = asked.reading
    if _of_shares(reading):
        return (yield from by_share(asked))
    by = _order(reading)
    cut = _group_cut(reading, by.dimension)
    if cut:
        kept = tuple(threshold for threshold in reading.thresholds if threshold.metric == "conversations")
        reading = replace(reading, thresholds=kept, conditions=())
        asked = replace(asked, reading=reading)
        by = replace(by, metric="rating", order="lowest" if cut.operator.startswith("<") else "highest", shown=50, single=False)
    skipped = _shown_before(asked)
    ranked = replace(reading, links=tuple(k for k in reading.links if k.kind != by.dimension or k.negated or len(k.names) > 1))
    output = yield from _groups(ranked, by, min(50, by.shown + len(skipped)))
    if output.error:
        return heading(title(by.metric), reading.scope()) + output.error
    groups = [group for group in output.data["groups"] if group["name"] not in skipped][: by.shown]
    if cut:
        groups = [group for group in groups if _passes(group["figures"][0].get("value"), cut)][:15]
        if not groups:
            side = "below" if cut.operator.startswith("<") else "above"
            text = heading(f"{by.dimension}s by {title(by.metric)}", reading.scope())
            return text + f"None has an average rating {side} {cut.value:g}{phrase(reading)}, {reading.when()}."
    if not groups:
        return (yield from none(asked))
    if by.metric == "tool_failures" and not groups[0]["figures"][0]["value"]:
        return heading(title(by.metric), ranked.scope()) + f"No tool call failed{phrase(ranked)}, {reading.when()}."
    least = output.data.get("minConversations", 1)
    note = f"at least {least} conversations each" if least > 1 and not size_words(reading) else ""
    if _is_weighed(groups, by):
        note += ", few conversations count for less"
    groups = [{**group, "name": _spanned(group["name"], by.dimension)} for group in groups]
    nouns = _plural(output.data["dimension"].replace("property:", "").replace("_", " "))
    employer = yield from _employer(groups, by, reading)
    others = yield from _among_the_others(asked, ranked, by)
    text = heading(f"{nouns} by {title(by.metric)}, {by.order} first", ranked.scope(), note)
    return text + _listed(groups, by, reading) + employer + others


def _is_weighed(groups: Sequence[Mapping[str, Any]], by: _Order) -> bool:
    """Whether the order is not that of the figures alone, because means of few conversations are drawn to the mean of all."""
    values = [group["figures"][0]["value"] for group in groups if group["figures"][0].get("value") is not None]
    return by.metric in MEANS and values != sorted(values, reverse=by.order == "highest")


_OTHER_KIND = {"organization": ("user", "single people"), "user": ("organization", "organizations")}


def _among_the_others(asked: Asked, ranked: Reading, by: _Order) -> Generator[Sequence[Call], Sequence[Output], str]:
    """Where "customer" may mean a person as well as a company: who leads among those that are not listed."""
    if by.dimension not in _OTHER_KIND or by.metric in ("users", "organizations") or not either_kind(ranked.slots, asked.setting.names):
        return ""
    kind, noun = _OTHER_KIND[by.dimension]
    output = yield from _groups(ranked, replace(by, dimension=kind), by.place)
    groups = output.data.get("groups", [])
    if output.error or len(groups) < by.place:
        return ""
    first = groups[by.place - 1]
    return f"\n\nIf you mean {noun}: {first['name']} ({measured(first['figures'][0])})."


def _employer(groups: Sequence[Mapping[str, Any]], by: _Order, reading: Reading) -> Generator[Sequence[Call], Sequence[Output], str]:
    """The company of the one who was asked for, where it is asked for too."""
    if by.dimension != "user" or not by.single or len(groups) < by.place or not reading.slots.says(_WORKS_FOR):
        return ""
    (known,) = yield [Call("getUserDetail", {"user": groups[by.place - 1]["id"]})]
    firm = (known.data.get("user") or {}).get("organization")
    return f" {groups[by.place - 1]['name']} is with {firm}." if firm else ""


_WORKS_FOR = r"(?:which|what|whose) (?:compan(?:y|ies)|organi[sz]ation|account|firm|employer|org)(?: \w+){0,2}? (?:do|does|is|are|did) (?:they|he|she|that|this)|where (?:do|does|did) (?:they|he|she) work|(?:and|with|plus) (?:their|his|her|the) (?:company|employer|organi[sz]ation|firm)"


_RELATIVELY = r"relatively(?: \w+){0,3} (?:most|more|fewest|least|often)|(?:most|more|fewest|least|often)(?: [\w-]+){0,3} relatively|proportionally|proportionate\w*|in proportion|relative to|for its size|compared (?:to|with) its (?:size|traffic|volume)"


def _of_shares(reading: Reading) -> bool:
    """ "Which product has the largest share of 1-star ratings": groups by how large a part of them meets a threshold or a condition."""
    return bool(
        (reading.thresholds or reading.conditions)
        and reading.slots.says(rf"{SHARE}|{_RELATIVELY}")
        and not _group_cut(reading, str(reading.dimension))
    )


def by_share(asked: Asked) -> Answer:
    """Groups by how large a part of each meets what is asked of it."""
    reading = asked.reading
    rated = any(threshold.metric == "rating" for threshold in reading.thresholds)
    whole = replace(reading, thresholds=(), conditions=("rated",) if rated else ())
    dimension = ranked_dimension(reading)
    arguments = {"dimension": dimension, "metrics": ["conversations"], "order": "highest", "limit": 50}
    part, base = yield [
        Call("getBreakdown", {**arguments, "filter": reading.filter(text=True)}),
        Call("getBreakdown", {**arguments, "filter": whole.filter(text=True)}),
    ]
    if part.error or base.error:
        return heading("shares", reading.scope()) + (part.error or base.error or "")
    hits = {group["name"]: group["conversations"] for group in part.data["groups"]}
    least = 10 if dimension in ("user", "organization", "topic") else 1
    rows = [(hits.get(group["name"], 0), group["conversations"], group["name"]) for group in base.data["groups"]]
    rows = [(n / of, n, of, name) for n, of, name in rows if of >= least] or [(n / of, n, of, name) for n, of, name in rows]
    if not rows:
        return (yield from none(asked))
    rows.sort(key=lambda row: row[0], reverse=_largest_first(reading))
    of_what = "rated conversations" if rated else "conversations"
    note = f"at least {least} {of_what} each" if least > 1 else ""
    text = heading(f"{_plural(dimension.replace('property:', '').replace('_', ' '))} by share of {of_what}", reading.scope(), note)
    return text + bullets(
        [f"**{name}**: {100 * share:.1f}% ({n} of {of})" for share, n, of, name in rows[: reading.limit or 8]], numbered=True
    )


def _largest_first(reading: Reading) -> bool:
    """Whether the largest share comes first: "worst first" begins with the most of what is bad, and with the least of what is good."""
    end = reading.slots.says(r"(worst|best)(?: ones?)? (?:first|on top|at the top|to)")
    limits = [threshold.value for threshold in reading.thresholds if threshold.metric == "rating"]
    if end and limits:
        return (end.group(1).lower() == "worst") == (max(limits) < 3)
    return reading.order != "lowest"


def _order(reading: Reading) -> _Order:
    dimension = ranked_dimension(reading)
    metric = ranked_metric(reading, dimension)
    single = singular(reading)
    whole = reading.slots.says(rf"{_WHOLE}|rank(?:ing)?|order|sort|all|every")
    ordinal = reading.slots.ordinal or 1
    again = (
        reading.follows and not reading.slots.says("other") and reading.former is not None and reading.former.intent == "ranking"
    )  # "and the second one?"
    place = ordinal if ordinal > 1 and (again or _RANKED_PLACE.search(reading.slots.text)) else 1
    every = any(threshold.metric == "conversations" for threshold in reading.thresholds)  # "everybody with more than 20 chats"
    one = single and (reading.slots.values("extreme") or reading.slots.says(_ENDS)) and reading.slots.says(_ONE_ASKED)
    one = one or (single and bool(reading.slots.says(_ANY_ONE)))
    if every and not reading.limit and not one:
        return _Order(dimension, metric, ranked_order(reading, metric), 50, 1, single=False)
    if reading.slots.says(_WHOLE):
        place, single = 1, False
    if (
        not reading.limit
        and place == 1
        and dimension in ("user", "organization")
        and reading.slots.says(_WHO_RATED)
        and not reading.slots.says(_ENDS)
    ):
        return _Order(dimension, "ratings", "highest", 20, 1, single=False)
    shown = reading.limit if place == 1 and reading.limit else (place + 2 if single or place > 1 else 12 if whole else 5)
    return _Order(dimension, metric, ranked_order(reading, metric), shown, place, single)


def _groups(ranked: Reading, by: _Order, rows: int) -> Generator[Sequence[Call], Sequence[Output], Output]:
    """The groups in their order. Averages of people, topics and days rest on three conversations each, unless that leaves none."""
    asked_for = size(ranked)
    least = max(asked_for["minConversations"], 3 if by.metric in MEANS and by.dimension in ("user", "organization", "topic", "day") else 1)
    metrics = [by.metric, *[metric for metric in _beside(by.metric) if metric != by.metric]]
    filter = ranked.filter(text=True)
    (output,) = yield [grouping(by.dimension, metrics, by.order, rows, asked_for | {"minConversations": least}, filter)]
    if least > asked_for["minConversations"] and not output.error and not output.data.get("groups"):
        (output,) = yield [grouping(by.dimension, metrics, by.order, rows, asked_for, filter)]
    return output


def _listed(groups: Sequence[Mapping[str, Any]], by: _Order, reading: Reading) -> str:
    rows = bullets([row(group) for group in groups], numbered=True)
    if by.place > 1:
        if len(groups) < by.place:
            return f"There are only {number(len(groups))}:\n" + rows
        ahead = ", ".join(f"{_dated(group['name'])} ({measured(group['figures'][0])})" for group in groups[: by.place - 1])
        return _winner(groups[by.place - 1 : by.place], by.metric, reading) + f" Ahead: {ahead}."
    return _winner(groups, by.metric, reading) if by.single else rows


_RANKED_PLACE = re.compile(
    r"\b(?:second|third|fourth|fifth|2nd|3rd|4th|5th|number (?:two|three|2|3))[\s-]+(?:most|least|best|worst|highest|lowest|top|largest|biggest|smallest|busiest|fewest|\w+iest|\w+est)\b|\b(?:second|third|2nd|3rd) (?:place|rank)\b|\brunner[ -]up\b"
    r"|\b(?:who|which(?: \w+)?|what)\b[^.?!]{0,30}\b(?:(?:is|come|came|rank|stand|end|finish|place)\w*(?: in| up)* (?:second|third|2nd|3rd)|(?:is|has|gets?|takes?|holds?|wins?|won) the (?:second|third) one)\b",
    re.I,
)
"""A place in a ranking: "the second most active account"."""


def _group_cut(reading: Reading, dimension: str) -> Threshold | None:
    """A threshold on the average of each group ("organizations with an average rating below 3"), not on single conversations."""
    threshold = next((t for t in reading.thresholds if t.metric == "rating"), None)
    grouped = reading.slots.says(rf"{AVERAGE}|csat|overall") and dimension in (
        "user",
        "organization",
        "product",
        "model",
        "prompt_version",
    )
    return threshold if threshold and grouped else None


def _passes(value: float | None, cut: Threshold) -> bool:
    compares = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
    return value is not None and compares[cut.operator](value, cut.value)


def grouping(dimension: str, metrics: Sequence[str], order: str, limit: int, size: Mapping[str, int], filter: Mapping[str, Any]) -> Call:
    arguments: dict[str, Any] = {"metrics": list(metrics), "order": order, "limit": limit, **size, "filter": filter}
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


def _spanned(name: str, dimension: str) -> str:
    """A week or a month as it is called, not as the day that it begins with."""
    if dimension == "month" and len(name) == 10:
        return f"{date.fromisoformat(name):%B %Y}"
    return f"week of {day(name)}" if dimension == "week" and len(name) == 10 else name


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
        r"top|bottom|ranking|rank|order|sort|(?:best|worst|highest|lowest|most) first|list|leaderboard|which (?:\w+ )?(?:users|people|customers|accounts|companies|organi[sz]ations|orgs|products|models|tools|assistants|bots|topics|days|clients|plans|countries)|who are|users|people|accounts|companies|organi[sz]ations|orgs|customers|clients|products|assistants|bots|apps|models|tools|plans|tiers|countries|line up"
    ):
        return bool(
            slots.says(
                r"(?:most|least|top|worst|best|\w+iest|number one) (?:\w+ )?(?:user|person|customer|account|company|organi[sz]ation|org|product|model|tool|assistant|bot|day|client|plan|country|one)\b|who is|which (?:\w+ )?(?:user|person|customer|account|company|organi[sz]ation|org|product|model|tool|assistant|bot|day|client|plan|country)\b|which of"
            )
        ) and not slots.says(r"top (?:\d+|ten|five|three)")
    return True


_ELSE = r"who else|what else|which else|anyone else|anybody else|the next|others?(?! (?:way|end))|other than (?:that|them|those|him|her)"


def _shown_before(asked: Asked) -> set[str]:
    """The names of the last answer, where the question asks for others."""
    if not asked.before or not asked.reading.slots.says(_ELSE):
        return set()
    text = asked.before[-1].answer
    return {name.text for link in asked.setting.names.link(text, split(text)) if link.score >= 100 for name in link.names}
