"""Versions of prompts: side by side, and since when each is in use."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, bullets, counted, day, heading, measured, number, said
from rapport.analyst.planner.answers.causes import why
from rapport.analyst.planner.answers.rankings import by_share
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.wordings import numbered, sets_wordings_beside

_WHEN = r"when|since|what day|which day|what date|which date|from what|the date|how long|first"
_NEWEST, _OLDEST = (
    r"newest|new|latest|current|present|most recent",
    r"old|older|oldest|previous|former|earlier|original|first|each|every|both|all",
)
_DATED = 6
"""Versions of which the first day is looked up."""


def prompt_versions(asked: Asked) -> Answer:
    """Versions of prompts side by side; the day on which the newest came in first, where that is asked for."""
    reading = asked.reading
    if (reading.thresholds or reading.conditions) and reading.slots.says(SHARE):
        return (yield from by_share(replace(asked, reading=replace(reading, dimension="prompt_version"))))
    usual = ("rating", "sentiment", "frustration", "quality_index", "conversations")
    asked_for = [metric for metric in reading.metrics if metric not in lexicon.COUNTS]
    counted_only = reading.metrics[:1] == ("conversations",) and not asked_for
    metrics = (
        list(dict.fromkeys([*asked_for, *(("rating", "conversations") if asked_for else usual)]))[:5]
        if not counted_only
        else ["conversations"]
    )
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "prompt_version"))
    pair = numbered(asked.question)
    named = (
        []
        if pair or sets_wordings_beside(asked.question)
        else [name.id for link in reading.of_kind("prompt_version") for name in link.names]
    )
    (output,) = yield [Call("getPromptAnalytics", {"metrics": metrics, "filter": own.filter(text=True), "limit": 12})]
    if output.error:
        return heading("prompt versions", reading.scope()) + output.error
    groups = [g for g in output.data.get("groups", []) if not named or g["id"] in named or len(named) == 1]
    if pair and (both := [g for g in groups if g["name"].rpartition(" v")[2] in pair]):
        groups = both
    if not groups:
        return (
            heading("prompt versions", reading.scope())
            + "No conversation names a prompt version. Send `systemPrompt` with `externalPromptId` in `POST /api/v1/messages`; each change of its content is a new version."
        )
    first = yield from _first_days(own, groups[:_DATED])
    if reading.slots.says(_NEWEST) and not reading.slots.says(_OLDEST):
        groups = sorted(groups, key=lambda g: first.get(g["id"], date.min), reverse=True)
    rated = [g for g in groups if g["figures"][0].get("value") is not None]
    if reading.slots.says(_WHEN) and first and not asked_for and not counted_only:
        return heading("prompt versions by first day", own.scope()) + _arrived(groups, first, named)
    text = heading(f"prompt versions by {rated[0]['figures'][0]['title'] if rated else metrics[0]}", own.scope())
    if len(rated) > 1 and "conversations" not in reading.metrics[:1]:
        metric = rated[0]["figures"][0]["metric"]
        ordered = sorted(rated, key=lambda g: g["figures"][0]["value"], reverse=not _less_is_better(metric))
        best, worst = ordered[0], ordered[-1]
        text += f"**{best['name']}** does best: {said(best['figures'][0])}; **{worst['name']}** worst: {said(worst['figures'][0])}.\n\n"
    return text + bullets([_row(group, first.get(group["id"])) for group in groups])


def _less_is_better(metric: str) -> bool:
    return metric in lexicon.METRICS and lexicon.METRICS[metric].good < 0


def what_was_changed(asked: Asked) -> Answer:
    """What was done to an assistant itself: prompt versions and models that came in later than the rest, nearest to the days of the
    question first, and tools since they fail; the causes where nothing of that is found."""
    reading = asked.reading
    own = replace(reading, conditions=(), thresholds=(), subject="", period=None, against=None, events=())
    calls = [Call(tool, {"metrics": ["rating", "conversations"], "filter": own.filter(), "limit": _DATED}) for tool in _KINDS]
    *ranked, failing, whole = yield [
        *calls,
        Call("getToolFailures", {"order": "failures", "limit": 2, "filter": own.filter()}),
        Call("countConversations", {"filter": own.filter()}),
    ]
    if not whole.data.get("firstDay"):
        return (yield from none(asked))
    start = date.fromisoformat(whole.data["firstDay"]) + _SETTLED
    found: list[tuple[date, str]] = []
    for output, (argument, noun) in zip(ranked, _KINDS.values(), strict=True):
        groups = output.data.get("groups", [])
        first = yield from _first_days(own, groups, argument)
        found += [(first[g["id"]], _came(g, noun, first, groups)) for g in groups if first.get(g["id"], start) > start]
    broken = yield [
        Call("getToolOnset", {"tool": t["name"], "filter": own.filter()}) for t in failing.data.get("tools", ()) if t["failures"]
    ]
    found += [
        (date.fromisoformat(o.data["since"]), f"the tool **{o.data['tool']}** has been failing since **{day(o.data['since'])}**")
        for o in broken
        if not o.error and o.data.get("since")
    ]
    at = reading.period and (reading.period.since or reading.period.until)
    found.sort(key=lambda one: abs((one[0] - at).days) if at else -one[0].toordinal())
    near = [text for when, text in found if not at or abs((when - at).days) <= _NEAR] or [text for _, text in found]
    if not near:
        return (yield from why(asked))
    return heading("what was changed", reading.scope(subject=False)) + bullets([text[0].upper() + text[1:] + "." for text in near[:4]])


_KINDS = {"getPromptAnalytics": ("promptVersions", "prompt version"), "getModelMetrics": ("models", "model")}
_SETTLED, _NEAR = timedelta(days=7), 10
"""What first shows up in the first days of all is not new; what came in within so many days of a day may be meant by it."""


def _came(group: Mapping[str, Any], noun: str, first: Mapping[str, date], groups: Sequence[Mapping[str, Any]]) -> str:
    """ "The prompt version X came in on 6 Nov: 2.00 stars since, against 3.79 for W before it"."""
    text = f"the {noun} **{group['name']}** came in on **{day(first[group['id']].isoformat())}**"
    rating = group["figures"][0]
    if rating.get("value") is None:
        return text
    stem = group["name"].rsplit(" ", 1)[0]
    older = [g for g in groups if g is not group and g["name"].rsplit(" ", 1)[0] == stem and g["id"] in first]
    before = max(older, key=lambda g: first[g["id"]], default=None)
    against = f", against {measured(before['figures'][0])} for {before['name']} before it" if before else ""
    return f"{text}: {measured(rating)} on average since (n = {number(rating['n'])}){against}"


def _first_days(
    own: Reading, groups: Sequence[Mapping[str, Any]], argument: str = "promptVersions"
) -> Generator[Sequence[Call], Sequence[Output], dict[str, date]]:
    """The id of each version or model, and the first day that a conversation of the scope ran on it."""
    outputs = yield [Call("countConversations", {"filter": own.filter() | {argument: [group["id"]]}}) for group in groups]
    days = {group["id"]: output.data.get("firstDay") for group, output in zip(groups, outputs, strict=True) if not output.error}
    return {version: date.fromisoformat(first) for version, first in days.items() if first}


def _arrived(groups: Sequence[Mapping[str, Any]], first: Mapping[str, date], named: Sequence[str]) -> str:
    """The newest version, or the one that is named, and its first day; the others behind it."""
    meant = [g for g in groups if g["id"] in first and (not named or g["id"] in named)]
    dated = sorted(meant, key=lambda g: first[g["id"]], reverse=True)
    if not dated:
        return "No conversation ran on that version."
    newest, *others = dated
    text = f"**{newest['name']}** was first in use on **{day(first[newest['id']].isoformat())}**; {counted(newest['conversations'], 'conversations')} since."
    return text + "".join(f"\n- {other['name']}: first on {day(first[other['id']].isoformat())}" for other in others)


def _row(group: Mapping[str, Any], first: date | None) -> str:
    parts = [
        f"{f['title']} {measured(f)}" + (f" (n = {number(f['n'])})" if f["metric"] == "rating" else "")
        for f in group["figures"]
        if f.get("value") is not None and f["unit"] != "count"
    ]
    since = f", first used on {day(first.isoformat())}" if first else ""
    return f"**{group['name']}**: " + ", ".join([*parts, counted(group["conversations"], "conversations")]) + since
