"""Named things side by side: their figures in one row each, and which is ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, heading, measured, number, said
from rapport.analyst.planner.answers.totals import none, title
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading, spoken

_HOW_MANY = r"(?:numbers?|counts?|volumes?|totals?|amounts?) of (?:their |the |all )?(?:chats|conversations|convos|talks|sessions|dialog(?:ue)?s)|how many (?:chats|conversations|convos|talks|sessions|dialog(?:ue)?s)|(?:chat|conversation|session) (?:counts?|numbers?|volumes?|totals?)|traffic|volume"

Side = tuple[str, dict[str, Any], str]
"""(name, filter that makes it, kind of its link)"""


def compared(reading: Reading) -> list[Side]:
    """The sides that a question names; empty where nothing is set side by side."""
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


_BAD = r"(?:bad|poor|negative|unhappy|sour|angry|frustrat\w+|dissatisfied|terrible)"
_GOOD = r"(?:good|great|positive|happy|satisfied|pleasant|nice)"
_KINDS = r"(?: (?:ones?|conversations?|chats?|users?|customers?|people|sessions?|dialogues?|threads?|talks?))"
_VS = r"(?:vs\.?|versus|and|against|than|to|or|with) (?:in |for |with )?(?:the |our )?"
_EFFECT = r"correlat\w*|relat(?:e|es|ed|ion\w*)|connect\w*|linked|affect\w*|impact\w*|influenc\w*|effects?|hurt\w*|drag\w*|lower\w*|lead to|cost us|make|cause\w*|to blame|depend\w*|matter\w*"
_FAILING = r"(?:tools? (?:fail\w*|error\w*|crash\w*|break\w*)|(?:fail\w*|broken|crash\w*) tools?(?: calls?)?)"
_POLES = (
    (
        rf"{_BAD}{_KINDS}?(?: \w+)? {_VS}{_GOOD}|{_GOOD}{_KINDS}?(?: \w+)? {_VS}{_BAD}",
        ("went badly", {"conditions": ["unhappy"]}), ("went well", {"conditions": ["happy"]}),
    ),
    (
        r"(?<!un)resolved\b.{0,30}\bunresolved|unresolved\b.{0,30}(?<!un)\bresolved",
        ("resolved", {"conditions": ["resolved"]}), ("unresolved", {"conditions": ["unresolved"]}),
    ),
    (
        rf"(?:{_FAILING}\b.{{0,60}}\b(?:{_EFFECT})|(?:{_EFFECT})\b.{{0,60}}\b{_FAILING})\b",
        ("with a failed tool call", {"conditions": ["tool_failed"]}),
        ("with tool calls that all worked", {"conditions": ["tool_used"], "without": {"conditions": ["tool_failed"]}}),
    ),
)  # fmt: skip
_OF_POLES = frozenset({"resolved_share", "unresolved_share", "unhappy_share", "negative_share", "positive_share"})
"""Two opposite states of conversations, each with its name and its condition."""


def opposed(reading: Reading) -> tuple[Reading, list[Side]]:
    """Conversations in two opposite states side by side ("bad chats vs good ones"), and what is asked of both; no sides elsewhere."""
    for pattern, *poles in _POLES:
        if reading.slots.says(pattern):
            metrics = tuple(name for name in reading.metrics if name not in _OF_POLES and not name.startswith("tool_failure"))
            plain = replace(reading, metrics=metrics, conditions=(), bad=None, subject="" if "tool" in pattern else reading.subject)
            return plain, [(name, filter, "condition") for name, filter in poles]
    return reading, []


def sets_failures_beside(reading: Reading) -> bool:
    """Whether it is asked what failing tools do to conversations: "do failing tools make people leave?"."""
    counted = reading.slots.says(r"how many|how often|numbers? of|counts?|which|who|whose|list")
    return bool(reading.slots.says(_POLES[-1][0])) and not reading.of_kind("tool") and not counted


def side_by_side(asked: Asked, sides: Sequence[Side]) -> Answer:
    """The metrics of each side, and which is ahead on the first. There is one side at least; all are of one kind."""
    reading = asked.reading
    metrics = list(dict.fromkeys([*(reading.metrics or ("rating", "sentiment", "frustration", "quality_index")), "conversations"]))[:6]
    rest = rest_of(reading, sides)
    arguments = {"sides": [{"name": name, "filter": filter_of(rest, own)} for name, own, _ in sides], "metrics": metrics}
    (output,) = yield [Call("compareGroups", arguments)]
    if output.error:
        return heading(reading.scope()) + output.error
    shown = output.data["sides"]
    if not any(figure_of(side, "conversations").get("value") for side in shown):
        return (yield from none(asked))
    counts = "conversations" in reading.metrics or bool("conversations" in reading.slots.metrics and reading.slots.says(_HOW_MANY))
    asked_for = [metric for metric in metrics if metric != "conversations" or counts] or ["conversations"]
    text = heading(", ".join(title(m) for m in asked_for), " vs ".join(name for name, _, _ in sides), rest.scope())
    text += bullets([_side(side, asked_for) for side in shown])
    verdict = _verdict(output.data, asked_for[0], reading)
    return text + (f"\n\n{verdict}" if verdict else "")


def rest_of(reading: Reading, sides: Sequence[Side]) -> Reading:
    """What is asked of every side: the reading without the names that make them."""
    return replace(reading, links=tuple(link for link in reading.links if link.kind != sides[0][2] or link.negated))


def filter_of(rest: Reading, own: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of one side."""
    base = rest.filter(text=True)
    merged = {**base, **own}
    if base.get("properties") and own.get("properties"):
        merged["properties"] = [*base["properties"], *own["properties"]]
    return merged


def figure_of(side: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    return next((figure for figure in side["figures"] if figure["metric"] == metric), {})


def _side(side: Mapping[str, Any], metrics: Sequence[str]) -> str:
    parts = []
    for metric in metrics:
        figure = figure_of(side, metric)
        n = f" (n = {number(figure.get('n'))})" if figure.get("unit") != "count" and figure.get("n") is not None else ""
        value = said(figure) if figure.get("unit") == "count" else measured(figure)
        parts.append(f"{'' if len(metrics) == 1 or figure.get('unit') in ('count',) else figure['title'] + ' '}{value}{n}")
    return f"**{side['name']}**: " + ", ".join(parts)


def _verdict(data: Mapping[str, Any], metric: str, reading: Reading) -> str:
    """Which side is ahead on the first metric, and whether chance would give such a difference."""
    sides = [side for side in data["sides"] if figure_of(side, metric).get("value") is not None]
    if len(sides) < 2:
        return ""
    good = lexicon.METRICS[metric].good if metric in lexicon.METRICS else 0
    best = max(sides, key=lambda side: figure_of(side, metric)["value"] * (good or 1))
    worst = min(sides, key=lambda side: figure_of(side, metric)["value"] * (good or 1))
    if figure_of(best, metric)["value"] == figure_of(worst, metric)["value"]:
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
