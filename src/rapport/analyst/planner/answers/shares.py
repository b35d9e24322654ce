"""Which share: of conversations, ratings, users or calls, of one scope or of each of several that are named."""

from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, measured, nothing, number, phrase
from rapport.analyst.planner.answers.rankings import by_share
from rapport.analyst.planner.answers.sides import Side, compared, filter_of, rest_of, side_by_side
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.asked import BROKEN, SHARE
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading

SHARES = {
    "negative": "negative_share", "positive": "positive_share", "neutral": "neutral_share", "frustrated": "frustrated_share", "unhappy": "unhappy_share", "resolved": "resolved_share",
    "unresolved": "unresolved_share", "abandoned": "abandoned_share", "handover": "handover_share", "repeated": "repeated_share", "tool_failed": "tool_failed_share", "flagged": "flagged_share",
    "rated": "rated_share", "unrated": "unrated_share", "commercial": "commercial_share", "jailbreak_detected": "jailbreak_share", "hallucination_detected": "hallucination_share",
    "user_toxicity_detected": "user_toxicity_share", "missing_capability_detected": "missing_capability_share",
}  # fmt: skip


_PEOPLE = frozenset({"users", "organizations"})
_WHOLE = frozenset({"rated", "tool_used", "tool_unused"})
"""Conditions that every conversation meets or does not: no analysis is needed to tell, so the share is of all."""
_OF_RATED = r"(?:of|among) (?:\w+ ){0,3}(?:ratings|votes|stars|marks|scores|rated|reviews|grades)|\w+['’]s? (?:star )?(?:ratings|votes)|(?<!un)(?<!un-)(?:rated|graded|scored) (?:chats|conversations|convos|sessions|dialogues|dialogs|ones|threads|talks)|(?:chats|conversations|sessions|dialogues|threads) (?:that|which) (?:were|are|got|have been) (?:ever )?(?:rated|graded|scored)(?! (?:\w+ )?(?:\d|one|two|three|four|five|low|high|bad))"
_OF_PEOPLE = r"(?:%|percent\w*|per cent|share|part|fraction|proportion|portion|slice|hundred|100) (?:of |among )?(?:all |our |the |my |these |those |different )*(?:users?|people|customers?|clients?|persons?|visitors?|accounts?|organi[sz]ations?|compan(?:y|ies)|firms?)"
_RATERS = r"(?:of|among|amongst|out of) (?:all |the |our |those |everyone |everybody |people |users |customers |ones |anyone )*(?:who|that) (?:\w+ ){0,2}(?:rat|scor|vot|grad|mark|review)\w*|raters"
""" "Of those who rated": each time that somebody did."""
_OF_OTHERS = r"conversations?|chats?|dialog(?:ue)?s?|sessions?|threads?|interactions?|users?|people|customers?"
_OF_TOOLS = r"(?:tool )?calls?|tools?|invocations?"


def share_answer(asked: Asked) -> Answer | None:
    """The answer to a question that asks for a share; None where nothing says a share of what."""
    reading = asked.reading
    if _of_failed_calls(reading):
        metrics = ("tool_failure_rate", "tool_failures", "tool_calls")
        own = replace(reading, metrics=metrics, conditions=tuple(c for c in reading.conditions if c not in ("unhappy", "tool_failed")))
        return _of_calls(replace(asked, reading=own))
    sides = compared(reading)
    told = reading.conditions or reading.thresholds or reading.languages or reading.subject
    if len(sides) >= 2 and (told or reading.metric in (None, "conversations")) and not reading.slots.says("together|combined|jointly"):
        return _of_each(asked, sides)
    if set(reading.conditions) & _WHOLE and not reading.thresholds:
        if reading.metric in _PEOPLE and reading.slots.says(_OF_PEOPLE):
            return _share_of_all(asked, reading)
        return _share_of_all(asked, replace(reading, metrics=("conversations",)))
    starred = any(threshold.metric == "rating" for threshold in reading.thresholds)
    if starred and reading.slots.says(_RATERS):
        reading = replace(reading, metrics=("conversations",))
        asked = replace(asked, reading=reading)
    if starred and "happy" in reading.conditions:  # "delighted enough for a five": the stars say it
        reading = replace(reading, conditions=tuple(name for name in reading.conditions if name != "happy"))
    if starred and _of_groups(reading):
        return by_share(replace(asked, reading=reading))
    measured_by = reading.conditions and reading.conditions[-1] in SHARES
    if measured_by and not starred and reading.metric not in _PEOPLE:
        return _share(asked)
    named = [link for link in reading.links if not link.negated]
    told = told or reading.conditions
    of_talks = reading.metric in (None, "conversations", "rating", "ratings") or str(reading.metric).endswith("_share")
    if (named or told) and of_talks:
        return _share_of_all(asked, replace(reading, metrics=("conversations",)))
    often = any(threshold.metric == "conversations" for threshold in reading.thresholds)
    if reading.metric in _PEOPLE and not often and (told or [link for link in named if link.kind != "organization"]):
        return _share_of_all(asked, reading)
    return None


def _of_groups(reading: Reading) -> bool:
    """ "Which model draws the greatest share of fives?": groups by their share."""
    return bool(
        reading.dimension not in (None, "conversation", "rating")
        and reading.slots.says(
            r"which|who(?:se)?|what (?:\w+ )?(?:product|model|company|organi[sz]ation|account|user|customer|plan|country|day|week)"
        )
        and reading.slots.says(r"highest|greatest|largest|biggest|most|lowest|least|smallest|larger|higher|lower|smaller|bigger|greater")
    )


def rated_share(asked: Asked) -> Answer | None:
    """The same where it is the share of ratings with some number of stars; None where none is asked for."""
    reading = asked.reading
    starred = any(threshold.metric == "rating" for threshold in reading.thresholds)
    return share_answer(asked) if starred and reading.slots.says(SHARE) else None


def _of_failed_calls(reading: Reading) -> bool:
    """ "What share of calls went wrong": of calls of tools, not of conversations."""
    says = reading.slots.says
    failed = says(BROKEN) or set(reading.conditions) & {"unhappy", "tool_failed"} or str(reading.metric).startswith("tool_failure")
    of_calls = says(rf"(?:of|percentage|share|proportion) (?:\w+ ){{0,4}}(?:{_OF_TOOLS})\b") and not says(
        "conversations?|chats?|users?|people"
    )
    return bool(failed and of_calls) or reading.metric == "tool_failure_rate"


def _of_calls(asked: Asked) -> Answer:
    reading = asked.reading
    sides = compared(reading)
    if len(sides) >= 2:
        return (yield from side_by_side(asked, sides))
    (output,) = yield [Call("getMetrics", {"metrics": list(reading.metrics), "filter": reading.filter(text=True)})]
    rate, failed, calls = (output.figure(metric) for metric in reading.metrics)
    if output.error or not calls.get("value"):
        return (yield from none(asked))
    return (
        heading("share of tool calls that failed", reading.scope(), f"n = {number(calls['value'])}")
        + f"**{measured(rate)}**: {number(failed['value'])} of {counted(calls['value'], 'tool_calls')} failed{phrase(reading)}, {reading.when()}."
    )


def _of_each(asked: Asked, sides: Sequence[Side]) -> Answer:
    """Each side's own share, beside its name; the one that is asked for first where one is."""
    reading = asked.reading
    metric = SHARES.get(reading.conditions[-1]) if reading.conditions and not reading.thresholds else None
    if metric:
        own = replace(reading, metrics=(metric,), conditions=reading.conditions[:-1])
        return (yield from side_by_side(replace(asked, reading=own), sides))
    rated = _of_ratings(reading)
    rest = rest_of(reading, sides)
    whole = replace(rest, conditions=("rated",) if rated else (), thresholds=(), languages=(), subject="")
    told = bool(rest.conditions or rest.thresholds or rest.languages or rest.subject)
    filters = [filter for _, own, _ in sides for filter in (filter_of(rest, own), filter_of(whole, own if told else {}))]
    outputs = yield [Call("countConversations", {"filter": filter}) for filter in filters]
    counts = [output.figure("conversations").get("value") or 0 for output in outputs]
    rows = [(name, n, of) for (name, _, _), n, of in zip(sides, counts[::2], counts[1::2], strict=True)]
    if not any(of for _, _, of in rows):
        return (yield from none(asked))
    of_what = "rated conversations" if rated else "conversations"
    if reading.slots.says("which|who|whose"):
        rows.sort(key=lambda row: row[1] / (row[2] or 1), reverse=reading.order != "lowest")
    lines = [
        f"**{name}**: {100 * n / of:.1f}% ({number(n)} of {counted(of, of_what)})" if of else f"**{name}**: no {of_what}"
        for name, n, of in rows
    ]
    names = " vs ".join(name for name, _, _ in sides)
    return heading("share of ratings" if rated else "share of conversations", names, rest.scope()) + bullets(lines)


def _of_ratings(reading: Reading) -> bool:
    """Whether the share is one of ratings, not of all conversations."""
    says = reading.slots.says
    if "commented" in reading.conditions:
        return not says(_OF_OTHERS)
    return any(t.metric == "rating" for t in reading.thresholds) and bool(says(_OF_RATED) or says(_RATERS) or not says(_OF_OTHERS))


def _share(asked: Asked) -> Answer:
    reading = asked.reading
    name = reading.conditions[-1]
    metric = SHARES[name]
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


def share_change(asked: Asked, now: Period, before: Period) -> Answer:
    """The share of ratings, or of conversations, that meet what is asked of them, in two periods."""
    reading = asked.reading
    rated = _of_ratings(reading)
    whole = replace(reading, conditions=("rated",) if rated else (), thresholds=(), languages=(), subject="")
    calls = [
        Call("countConversations", {"filter": scope.filter(period=span, text=True)}) for span in (now, before) for scope in (reading, whole)
    ]
    outputs = yield calls
    counts = [output.figure("conversations").get("value") or 0 for output in outputs]
    text = heading(
        "share of ratings" if rated else "share of conversations",
        reading.scope(period=False),
        f"{reading.when(now)} vs {reading.when(before)}",
    )
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    if not counts[1] or not counts[3]:
        return (
            text + f"There is nothing to compare: {counted(counts[1], 'conversations')} now, {counted(counts[3], 'conversations')} before."
        )
    shares = [100 * counts[0] / counts[1], 100 * counts[2] / counts[3]]
    went = "rose" if shares[0] > shares[1] else "fell" if shares[0] < shares[1] else "is unchanged"
    of = "rated conversations" if rated else "conversations"
    return (
        text
        + f"The share **{went}**: {shares[0]:.1f}% now ({number(counts[0])} of {counted(counts[1], of)}), {shares[1]:.1f}% before ({number(counts[2])} of {number(counts[3])})."
    )


def share_of(asked: Asked, whole: Reading) -> Answer:
    """How large a part the count of this scope is of another's."""
    reading, metric = asked.reading, asked.reading.metric or "conversations"
    part, base = yield [
        Call("countConversations", {"filter": reading.filter(text=True)}),
        Call("countConversations", {"filter": whole.filter(text=True)}),
    ]
    n, of = part.figure(metric).get("value") or 0, base.figure(metric).get("value") or 0
    if part.error or base.error or not of:
        return (yield from nothing(asked))
    return (
        heading(f"share of {metric}", reading.scope(), f"n = {number(of)}")
        + f"**{100 * n / of:.1f}%**: {number(n)} of {counted(of, metric)} ({whole.scope()})."
    )


def _share_of_all(asked: Asked, reading: Reading) -> Answer:
    """How large a part of all of the same days has the last thing that is named: "what share was Harbor Guide"."""
    metric = str(reading.metric)
    of_rated = _of_ratings(reading) and metric not in _PEOPLE
    whole = replace(reading, conditions=("rated",) if of_rated else (), thresholds=(), languages=(), subject="")
    if not (reading.conditions or reading.thresholds or reading.languages or reading.subject):
        asked_of = [link for link in reading.links if not link.negated]
        kinds = {link.kind for link in asked_of[:1]}
        whole = replace(whole, links=tuple(link for link in reading.links if link.negated or link.kind not in kinds))
    part, base = yield [
        Call("countConversations", {"filter": reading.filter(text=True)}),
        Call("countConversations", {"filter": whole.filter()}),
    ]
    n, of = part.figure(metric).get("value") or 0, base.figure(metric).get("value") or 0
    if part.error or base.error or not of:
        return (yield from nothing(asked))
    text = heading("share of ratings" if of_rated else f"share of {metric}", reading.scope(), f"n = {number(of)}")
    of_what = f"{number(of)} rated conversations" if of_rated else counted(of, metric)
    return text + f"**{100 * n / of:.1f}%**: {number(n)} of {of_what}{phrase(whole)}, {reading.when()}."
