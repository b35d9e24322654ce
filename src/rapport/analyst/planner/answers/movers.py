"""Groups by how a figure of theirs moved between two periods: "which bot lost the most stars against the fortnight before"."""

from dataclasses import replace
from datetime import timedelta

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, bullets, heading, measured, number, phrase
from rapport.analyst.planner.answers.changes import earlier, periods
from rapport.analyst.planner.answers.rankings import MEANS, grouping, singular
from rapport.analyst.planner.answers.totals import none, title
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading

_OF = r"stars?|points?|ground|ratings?|scores?|marks?|traffic|users?|people|customers?|conversations?|chats?|popularity|the most|most"
_UP = rf"improv\w*|rose|ris(?:e|en|ing)|grew|grow(?:s|n|ing|th)?|climb\w*|increas\w*|jump\w*|gain\w*|picked up|went up|gone up|shot up|leap\w*|leapt|soar\w*|rocket\w*|recover\w*|rebound\w*|bounc\w*|(?:won|added) .{{0,20}}(?:{_OF})"
_DOWN = rf"declin\w*|dropp?\w*|f[ae]ll(?!.{{0,12}}(?:silent|quiet|over|flat))(?:s|en|ing)?|slip\w*|sank|sunk|slid|shr[aiu]nk\w*|decreas\w*|went down|gone down|tank\w*|plummet\w*|plung\w*|slump\w*|dip(?:s|ped|ping)?|sag\w*|nose-?div\w*|crater\w*|collaps\w*|(?:took|takes?|taken|taking|suffer\w*|saw|seen|had) (?:\w+ ){{0,3}}(?:hit|dive|tumble|knock|beating|nosedive|plunge|dip|fall|slump|setback|battering)|(?:lost|lose[sd]?|losing) .{{0,25}}(?:{_OF})"
_BETTER, _WORSE = (
    r"improv\w*|(?:g[eo]t(?:ten)?|gets|become|became) (?:much |most )?(?:better|happier)",
    r"worsen\w*|deteriorat\w*|(?:g[eo]t(?:ten)?|gets|become|became) (?:much )?(?:worse|unhappier)",
)
_EITHER = r"(?:chang|mov|shift|swing)\w* (?:the )?most|biggest (?:change|move|swing|shift)"
_RECENTLY = r"lately|recently|of late|these days|nowadays"
_FOR_EACH = r"(?:per|by|for each|for every|each|every|across(?: all)?(?: our)?|broken down by|split by)(?: of (?:our|the))? (?:\w+ )?(?:products?|assistants?|bots?|chatbots?|apps?|models?|plans?|tiers?|countr(?:y|ies)|industr(?:y|ies)|organi[sz]ations?|compan(?:y|ies)|accounts?|customers?|users?|firms?|clients?)"
_GROUPS = frozenset({"product", "model", "organization", "user"})
_FEW = 3
"""Conversations that a person or a company must have in each period, so that an average moves by more than one of them."""
LATELY = 14
"""Days that are set against as many before them where "lately" is all that is said."""


_MANY = 20
"""Groups that are shown where each of them is asked for."""


def wanted(reading: Reading) -> bool:
    """Whether it is asked which of several moved, and two periods are told, or one that a former one can be set beside."""
    says, dimension = reading.slots.says, str(reading.dimension)
    if reading.intent not in ("ranking", "change", "trend", "compare", "level", "breakdown"):
        return False
    if not (dimension in _GROUPS or dimension.startswith("property:")) or reading.events:
        return False
    if says(_FOR_EACH) and ((reading.intent == "breakdown" and reading.against) or (reading.intent == "change" and reading.period)):
        return True
    more = says(
        r"(?:which|what) (?:\w+ ){1,3}?(?:had|has|have|got|gets|get|gave|received|collected|saw|did|was|were) (?:more|fewer|less|higher|lower|better|worse)"
    )
    if reading.against and more:
        return True
    most = says(rf"(?:{_UP}|{_DOWN}|{_BETTER}|{_WORSE}) (?:the )?most")
    told = reading.against or (reading.period and reading.period.since) or says(_RECENTLY) or most
    asked = says(
        r"which|what|who|whose|whom|(?:biggest|largest|steepest|top) (?:\w+ )?(?:loser|gainer|drop|fall|rise|climb\w*|mover|jump)s?"
    )
    return bool(told and asked and says(rf"{_UP}|{_DOWN}|{_BETTER}|{_WORSE}|{_EITHER}"))


def movers(asked: Asked) -> Answer:
    """Groups by the change of one figure, the furthest in the direction that is asked for first."""
    reading = asked.reading
    dimension = str(reading.dimension)
    named = next((name for name in reading.metrics if name in MEANS), None)  # "whose star average took the biggest hit"
    metric = (
        named or reading.metric or ("rating" if reading.slots.says(rf"{_BETTER}|{_WORSE}") or reading.bad is not None else "conversations")
    )
    if (
        not named
        and reading.metric in (None, "conversations")
        and (
            noun := reading.slots.says(
                r"(?:gain|lost|lose|add|win|won|grew|grow)\w* .{0,20}(users|people|customers|messages)|in (users|messages)"
            )
        )
    ):
        metric = "messages" if "messages" in noun.groups() else "users"
    metric = "rating" if metric == "ratings" and not reading.thresholds and reading.slots.says("stars?|lost|lose|gain\\w*") else metric
    own = replace(reading, links=tuple(k for k in reading.links if k.kind != dimension or k.negated or len(k.names) > 1), subject="")
    now, before = periods(reading) if reading.period else _lately(reading)
    least = {"minConversations": _FEW if metric in MEANS and dimension in ("user", "organization") else 1}
    outputs = yield [
        grouping(dimension, [metric, "conversations"], "highest", 50, least, own.filter(period=span, text=True)) for span in (now, before)
    ]
    text = heading(
        f"change of {title(metric)} by {dimension.removeprefix('property:')}",
        own.scope(period=False),
        f"{reading.when(now)} vs {earlier(reading, before)}",
    )
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    new, old = ({group["name"]: group["figures"][0] for group in output.data.get("groups", [])} for output in outputs)
    counted = metric in lexicon.COUNTS
    rows = []
    for name in dict.fromkeys([*new, *old]):
        to, of = (side.get(name, {"value": 0 if counted else None}).get("value") for side in (new, old))
        if to is not None and of is not None:
            rows.append((to - of, name, to, of))
    if not rows:
        return (yield from none(replace(asked, reading=replace(reading, period=now))))
    apart = bool(reading.slots.says(_FOR_EACH)) and not reading.slots.says("which|what|who|whose|whom|most|biggest|largest|top")
    down = None if apart else _falls(reading, metric)
    rows.sort(key=lambda row: -abs(row[0]) if down is None else row[0] if down else -row[0])
    unit = next(iter((new or old).values()))["unit"]
    shown = rows[: reading.limit or (_MANY if apart else 3 if singular(reading) else 6)]
    lines = [_line(name, by, to, of, unit) for by, name, to, of in shown]
    head = "" if down is None or ((rows[0][0] < 0) == down and rows[0][0]) else f"None {'fell' if down else 'rose'}{phrase(own)}.\n"
    return text + head + bullets(lines, numbered=True)


def _falls(reading: Reading, metric: str) -> bool | None:
    """Whether the figure that went down most comes first; None: the one that moved most, either way."""
    says = reading.slots.says
    good = lexicon.METRICS[metric].good if metric in lexicon.METRICS else 1
    if says(_EITHER):
        return None
    if says(_WORSE) or says(_BETTER):
        return bool(says(_WORSE)) == (good >= 0)
    return bool(says(_DOWN))


def _line(name: str, by: float, to: float, of: float, unit: str) -> str:
    shown = [number(value) if unit == "count" else measured({"value": value, "unit": unit}) for value in (to, of)]
    went = "rose" if by > 0 else "fell" if by < 0 else "is unchanged"
    return f"**{name}** {went}: {shown[0]} now, {shown[1]} before"


def _lately(reading: Reading) -> tuple[Period, Period]:
    now = Period(reading.today - timedelta(days=LATELY - 1), reading.today, "range")
    return now, now.before()
