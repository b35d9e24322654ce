"""Whether a question is about a movement: something that goes up or down, is better or worse than before, or jumped on a day."""

import re
from datetime import timedelta

from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.slots import Slots

_UP = r"better|happier|higher|bigger|larger|stronger|busier|(?<!fed )(?<!end )(?<!ended )(?<!ends )(?<!show )(?<!shows )(?<!turn )(?<!turned )(?<!come )(?<!came )(?<!sum )(?<!add )(?<!sign )(?<!signed )(?<!give )(?<!gave )(?<!bring )(?<!brought )(?<!pop )(?<!turns )up(?! (?:to|with|in)\b)|upwards?|more|ris(?:e|es|en|ing)|rose|improv\w+|climb\w*|grow(?:s|n|ing)?|grew|increas\w+|gain\w*"
_DOWN = r"worse|unhappier|lower|smaller|weaker|quieter|rarer|down|downwards?|less|fewer|fall(?:s|en|ing)?|fell|declin\w+|drop\w*|s[aiu]nk(?:ing)?|shr[aiu]nk(?:ing)?|decreas\w+|deteriorat\w+|worsen\w*|regress\w*"
_BETWEEN = r"(?:[,/]| or| and)(?: (?:is|are|has|have|did|do|does|it|its|they|been|getting|gotten|going|gone|rather|on|the|way|instead|become|rated)\b)*"
_EITHER = rf"(?:{_UP})(?: \w+)?{_BETWEEN} (?:{_DOWN})|(?:{_DOWN})(?: \w+)?{_BETWEEN} (?:{_UP})"
_ONE = rf"{_UP}|{_DOWN}|deterior\w+|flak(?:y|ier)|slower|faster|(?:un)?reliable|(?:un)?stable"
_BEFORE = r"than (?:before|earlier|previously|in the past|usual|ever|(?:it|they|he|she|we) (?:used to|did|was|were|had)|used to|in earlier \w+|at the (?:start|beginning))|used to"
_LATELY = r"lately|recently|these days|nowadays|of late|now|over time|any ?more"
_BECOMING = r"becom\w+|becam\w+|get(?:s|ting)?|got(?:ten)?|been|go(?:es|ing|ne)?|went|grown|growing|keeps?"
_HEADING = r"(?:which|what) (?:way|direction)|in (?:which|what) direction|on the (?:way )?(?:up|down|rise|decline|wane|mend)|upward|downward|uptrend|downtrend"
_ASKS_ELSE = r"why|who|whose|what (?:made|caused|drove|makes|drives|explains)|how come|reasons?|causes?|behind|which (?!way|direction)\w+|what (?!way|direction|is|has|was|do|did|does)\w+ (?:got|became|has|had|did|is|are|lost|gained)"

DIRECTION = rf"{_UP}|{_DOWN}"
"""Words for where something goes: none of a subject that is followed over time."""
SPIKE = r"spik\w*|surg\w+|flood\w*|rush(?:ed)?|jump\w*|peak\w*|unusual(?:ly)?|st[ao]nd out|stood out|swamp\w*|sky-?rocket\w*|explod\w*|explosion|bursts?|boom|avalanche|through the roof|shot up|shoot\w* up|boil\w* over|rocket\w*|outliers?|abnormal\w*|overrun|crazy|blips?|(?:more|fewer|less|busier|quieter|higher|lower|worse|better)(?: \w+)? than (?:usual|normal|typical|the rest)|pil(?:e[sd]?|ing) up|deviat\w+"
_DAY = r"when (?:did|was|were|has|have|is|exactly)|(?:on )?(?:which|what) (?:day|date)s?|(?:day|date)s? (?:of|was|were|is|are)|(?:any|some|the) (?:[\w-]+ ){0,2}(?:days|dates)|(?:were|was|are|is) there (?:[\w-]+ )?(?:days?|dates?)|(?:find|show|list|spot|name|detect) (?:me )?(?:[\w-]+ )?(?:days|dates)|what were the (?:days|dates)"


def moves(slots: Slots) -> bool:
    """ "Better or worse lately?", "does it fail more often than before?", "which way are the stars heading?": one thing over time."""
    if slots.says(_ASKS_ELSE) or _several(slots):
        return False
    if slots.says(_EITHER) or slots.says(_HEADING):
        return not slots.says(r"than (?:the )?(?:others?|average|most)")
    if re.match(
        rf"\W*(?:and |so |but )?(?:is|are|has|have)\b.{{0,80}}\b(?:getting|becoming|growing|turning|gotten|become|grown) (?:\w+ )?(?:{_ONE})\b",
        slots.text,
        re.I,
    ):
        return not slots.says(r"chats|conversations|users|people") or not slots.says("where|in which|whose|that")
    return bool(
        slots.says(rf"(?:{_ONE})\b.{{0,40}}\b(?:{_BEFORE})")
        or (slots.says(rf"(?:{_BECOMING}) (?:\w+ ){{0,2}}?(?:{_ONE})") and slots.says(_LATELY))
        or slots.says(rf"(?:{_ONE}) (?:often |frequent(?:ly)? |common |\w+ )?(?:{_LATELY})")
    )


def breaks_at(slots: Slots) -> bool:
    """Whether a day is named that the movement is judged from: "before and after 9 November", "since the release on Monday"."""
    return any(period.since and period.grain == "range" for period in slots.periods) and bool(
        slots.says("since|after|following|from|starting")
    )


def asks_for_days(slots: Slots) -> bool:
    """ "When was the surge?", "which days stand out?": days with far more than usual."""
    return bool(
        slots.says(SPIKE)
        and slots.says(_DAY)
        and not slots.says(r"why|reasons?|caused?|drove|driv\w+|behind|(?:on )?about(?: what)?|ask\w*")
    )


_TOP = r"peak|record|busiest|fullest|heaviest|strongest|biggest|top|all-time high|quietest|slackest"


def peak_unit(slots: Slots) -> str:
    """day | week | month: of which the one with the most is asked for."""
    told = slots.says(
        rf"(?:{_TOP}|most|highest number|maximum)\b.{{0,60}}\b(?:in|on|of|for|within) (?:a|any|one) (?:single |given |one |calendar )?(week|month)|(weekly|monthly) (?:record|peak|high)"
    )
    said = (told.group(1) or told.group(2)).lower() if told else "day"
    return said.removesuffix("ly")


def peak_day(slots: Slots) -> bool:
    """Whether the one day with the most, or the fewest, is asked for: "peak day", "the record in a single day", "when did chats peak?"."""
    return bool(
        slots.says(rf"(?:{_TOP}) (?:[\w-]+ ){{0,2}}(?:day|date)")
        or slots.says(
            rf"(?:{_TOP}|most|highest number|maximum)\b.{{0,60}}\b(?:in|on|of|for|within) (?:a|any|one) (?:single |given |one )?day"
        )
        or slots.says(r"(?:which|what) (?:day|date)\b.{0,60}\b(?:peak(?:ed|s)?|record|all-time high|most|maximum)")
        or peak_unit(slots) != "day"
        or slots.says(r"when did .{1,50} peak|when was .{1,40} (?:peak|record)|(?:daily|one-day|single-day) (?:record|peak|high)")
    )


def _several(slots: Slots) -> bool:
    """Two names of a kind: a comparison of them, not a movement."""
    kinds = [link.kind for link in slots.links if not link.negated and link.kind != "prompt_version"]
    return any(kinds.count(kind) >= 2 for kind in kinds)


_THEN = r"(?:and|but|;|,) ?(?:then|thereafter|afterwards?|after (?:that|which)|since(?: then)?|from then on|all at once|overnight|suddenly|now)|then (?:it|they|the|its|things)|no longer|ever since|not any ?more|not since"


_FELL = r"tank(?:ed|ing)|fell|fallen|dropp\w*|plummet\w*|plung\w*|collaps\w*|slump\w*|nose-?div\w*|crater\w*|sank|sunk|slid|turned|sour(?:ed)?|deteriorat\w*|worsen\w*|(?:went|gone|going) (?:south|downhill|bad|sour|wrong|awry|off a cliff)|g[eo]t(?:ten)? worse|took a (?:dive|turn|hit|tumble|nosedive)|start\w*|beg[au]n|marked down|lost (?:its|their) \w+"


def turned(slots: Slots, intent: str, period: Period | None) -> Period | None:
    """ "Until 5 November it was loved, and then the stars went out. Why?": the time after that day is asked about."""
    if intent == "why" and period and period.since and period.since == period.until and slots.says(_FELL):
        return Period(period.since, None, "range")  # "it tanked on 5 November": from then on
    if intent not in ("why", "change") or period is None or period.since or not period.until or not slots.says(_THEN):
        return period
    return Period(period.until + timedelta(days=1), None, "range")


def undated(slots: Slots) -> str:
    """The text without its dates: "past 48h traffic" is a noun phrase like "traffic"."""
    text = slots.text
    for mention in sorted(slots.dates, key=lambda each: -each.start):
        text = f"{text[: mention.start]}{text[mention.end :]}" if text[: mention.start].strip() == "" else text
    return text
