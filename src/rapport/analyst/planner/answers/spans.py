"""One figure in each of three or more periods that are named: "how many chats in September, October and November"."""

from dataclasses import replace

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, measured
from rapport.analyst.planner.answers.totals import title
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading

_INTENTS = frozenset("count level change compare trend breakdown ranking summary".split())
_COUNTED = ("conversations", "users", "organizations", "messages")
_FEWEST, MOST = 3, 12


def told(reading: Reading) -> list[Period]:
    """The periods that are named, in their order of time."""
    named = {period for period in reading.slots.periods if period.since and period.until}
    return sorted(named, key=lambda period: (str(period.since), str(period.until)))


def wanted(reading: Reading) -> bool:
    """Whether three or more periods are named, for a figure and no list of anything else."""
    metric = reading.metric or "conversations"
    known = metric in _COUNTED or metric in lexicon.METRICS
    return bool(
        reading.intent in _INTENTS
        and known
        and _FEWEST <= len(told(reading)) <= MOST
        and not reading.events
        and not reading.slots.says("why|reasons?|who|whose")
    )


def each(asked: Asked) -> Answer:
    """The figure in each of the periods, in their order."""
    reading, metric = asked.reading, asked.reading.metric or "conversations"
    spans = [replace(reading, period=period, against=None) for period in told(reading)]
    tool = "countConversations" if metric in _COUNTED else "getMetrics"
    more = {} if metric in _COUNTED else {"metrics": [metric, "conversations"]}
    outputs = yield [Call(tool, {"filter": span.filter(text=True), **more}) for span in spans]
    text = heading(title(metric), reading.scope(period=False))
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    rows = []
    for span, output in zip(spans, outputs, strict=True):
        figure = output.figure(metric)
        of = output.figure("conversations").get("value") or 0
        value = counted(figure.get("value") or 0, metric) if metric in _COUNTED else f"{measured(figure)} ({counted(of, 'conversations')})"
        rows.append(f"**{span.when()}**: {value}")
    return text + bullets(rows)
