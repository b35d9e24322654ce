"""The period of a request that is set outside of it: "I was off yesterday. How many chats came in?", "... only the 8th matters to me".

A day in a story is not yet the period of a question: what was asked yesterday, or is due on Friday, is no day to count in. So a period
is taken where it opens the sentence of the request, where a word of the request points at it ("that day", "in that time"), or where its
own sentence is there to set it.
"""

import re
from datetime import date

from rapport.analyst.planner import dates
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.words import sentences

_NO_DAY = re.compile(
    r"\b(?:tomorrow|tonight|on an? [a-z]+day|(?:an?|some|every|each|one) [a-z]+day|next (?:week|month|monday|tuesday|wednesday|thursday|friday)|today(?: so far)?|this (?:morning|afternoon|evening)|now)\b",
    re.I,
)
_BEFORE_THEN = re.compile(r"\b(?:(?:before|prior to|until|up to) (?:then|that(?: (?:day|date|point|time))?(?=\W|$))|beforehand)", re.I)
_SINCE_THEN = re.compile(
    r"\b(?:since then|since that day|from that day on(?:wards?)?|from then on(?:wards?)?|after that(?: day| date)?|since that date|as of then|ever since(?! [\w-]))\b",
    re.I,
)
_AT_THEN = re.compile(r"\b(?:(?:on )?that (?:very |same )?(?:day|date)|(?:back |just )?then(?=\W*$))", re.I)
_WINDOW = re.compile(
    r"\b(?:in|into|inside|during|over|within|for|of|throughout) (?:that|this|the said|these|those) (?:window|period|time|stretch|span|time ?frame|interval|phase|days|weeks|trial|campaign|sprint|pilot|test|outage|incident|promotion|sale|event|weekend|holiday|trip)\b"
    r"|\bin (?:the meantime|my absence|our absence)\b|\bwhile (?:i|we|it|they) (?:was|were|ran) (?:away|off|out|on|gone|there|running|absent)\b",
    re.I,
)
_SETS = re.compile(r"\s*(?:[,:;–—-]|and\b|i (?:would|need|want)|$)(?! (?:i (?:am|was|have)|we (?:are|were|have))\b)", re.I)
_IN_ALL = re.compile(
    r"\b(?:altogether|in all|of all|all told|on record|(?:whole|entire|full|complete) (?:log|history|data)|all the data)\b", re.I
)
_FILLING = re.compile(
    r"\W*(?:(?:so|ok|okay|now|just|only|for|in|on|over|please|the|well|right|about|it|it's|is|that|that's|this|all|of|hi|hello|hey|morning|again|and|period|range)\b\W*)*$",
    re.I,
)
_FRAME = re.compile(
    r"\b(?:only|just|solely|nothing but|period|range|window|time ?(?:frame|span)|matters?|care about|restrict\w*|limit\w*|focus\w*|narrow\w*|consider\w*|look(?:ing)? at|take|taking|interested in|concentrat\w*|stick\w* to|keep (?:it|this|that) to|(?:report|figures?|numbers?|data|stats|statistics) (?:for|of|from|on|about))\b",
    re.I,
)
_ABSENCE = re.compile(
    r"\b(?:i|we)\b.{0,20}\b(?:off|away|out|sick|ill|absent|on (?:holiday|vacation|leave|a break|a trip)|missed|not (?:in|at work|there|around))\b",
    re.I,
)
_TALK = re.compile(
    r"\b(?:ask(?:s|ed|ing)?|told|tells?|said|says?|meet(?:s|ing|ings)?|met|calls?|called|e?-?mail(?:s|ed)?|wrote|deadline|due|demo|stand-?up|board|promised|announced)\b",
    re.I,
)
_TALK_ON = re.compile(rf"{_TALK.pattern}(?: (?!about|for|of)\w+){{0,2}}\W*$", re.I)
_BY_A_DAY = re.compile(
    r"\W*(?:(?:by|until|till|up to)\s+(?:the\s+)?(?:[a-z]+day|now|today|tomorrow)\b|by\s+(?:the\s+)?(?:end|close)\s+of\s+(?:the|this|play|business)\b)",
    re.I,
)
"""What a deadline is told with: "by Friday I need ..."."""


_OF_NOW = re.compile(
    r"(?:later |first thing |by (?:the end of )?|until |before (?:the end of )?)?(?:today|tonight|tomorrow|this (?:morning|afternoon|evening|week|month)|(?:right )?now|next \w+|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\W*",
    re.I,
)
_OF_ME = re.compile(
    r"\W*(?:(?:and|but|so|well|ok(?:ay)?|look|hi|hello|hey|since|because|as|given that)\W+)*(?:i|i['’](?:m|ve|d|ll)|we|we['’](?:re|ve|d|ll)|my|our|somebody|someone|it['’]s|it is|happy|greetings|(?:it|this|that|they|these|those) (?:goes?|will|must|shall|ha(?:s|ve) to|needs? to|is (?:for|due|going)|are (?:for|due|going))) ?",
    re.I,
)
_OF_DATA = re.compile(
    r"\b(?:how|what|which|who|whose|number|count|figures?|data|stats|ratings?|rated|stars|conversations?|chats?|messages?|volume|like to (?:know|see)|show|tell me|list|give me|compare|interested in|curious|only|just the|look(?:ing)? at)\b",
    re.I,
)


_PLANNED = re.compile(
    r"\W*(?:(?:and|but|so|well|ok(?:ay)?)\W+)*(?:i|we|they|the \w+)(?:['’]ll| will| shall| (?:am|are|is) going to| (?:plan|intend|hope|want) to)\b(?!.*\b(?:know|see|learn|how|what|which|who)\b)",
    re.I,
)
"""Before a day that is still to come: "we'll celebrate in December if ..."."""


_BY_WHEN = re.compile(
    r"\b(?:by|before|until|no later than|in time for) (?:the end of )?(?:(?:next |this |coming |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:morning|noon|afternoon|evening|night))?|tomorrow|tonight|noon|next week|(?:the )?(?:day|week))$",
    re.I,
)
_WANTED = re.compile(
    r"\b(?:wants?|needs?|asks?|asked|expects?|requires?|due|deadline|must|ha(?:s|ve) to|would like|wishes|'d like|promised|owe)\b", re.I
)
"""When something is to be delivered: "my boss wants the average by Friday"."""


_OCCASION = re.compile(
    r"(?:['’]s)?\s+(?:\w+[ -])?(?:shout-?outs?|stand-?ups?|meetings?|calls?(?! (?:that|which|failed|volume))|newsletters?|digests?|decks?|syncs?|demos?|all-hands|retros?|planning|e-?mails?|posts?|workshops?|catch-?ups?|briefings?|town hall|board|presentations?|slots?|offsite|lunch|drinks|huddle|memos?|slides?|one-on-ones?|1:1s?|pitch|agenda|party|show and tell|kudos|wins)\b",
    re.I,
)
"""What a day only names: "the Friday shout-out", "Monday's board meeting"."""
_A_DAY_NAME = re.compile(r"(?:on |this |next |the )*(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|tonight|next week", re.I)
_DELIVERED = re.compile(
    r"\W*(?:(?:and|so|because|since|as|cause|cos)\W+)*(?:it|this|that|these|those|they|the (?:\w+ ){0,2}?(?:slides?|decks?|reports?|mail|memo|boss|board|ceo|management|investors?|meeting))(?:['’]s|['’]re|['’]ll)?"
    r"(?: (?:is|are|will|has|have|must|needs?|should|only|all|just|also|to|be|get|getting|being))*(?: (?:goes?|going|due|needed|wanted|for|presented|shown|sent|printed|published|out|wants?|meets?|asks?|expects?|starts?|begins?|sits?))\b",
    re.I,
)
"""A part of a sentence that says where the answer goes: "..., it goes to the investor update tonight"."""


def idle_day(text: str, mention: Mention, *, part: bool = False) -> bool:
    """Whether a day tells when the person has time, a meeting or a deadline, beside the part that asks: "I've time to save one account
    today: the one that ...". `part`: the text is only what stands around that part."""
    if re.search(r"\bnow$", text[: mention.end], re.I) and re.match(r"\s+on(?:wards?)?\b", text[mention.end :], re.I):
        return True  # "obey me from now on" counts nothing
    if _A_DAY_NAME.fullmatch(text[mention.start : mention.end].strip()) and _OCCASION.match(text[mention.end :]):
        return True
    part_begins = max((match.end() for match in re.finditer(r"[.!?:;,]\s|[–—(]|\s-\s", text[: mention.start])), default=0)
    if part_begins and _DELIVERED.match(text[part_begins : mention.start]) and not _OF_DATA.search(text[part_begins : mention.start]):
        return True
    begin = max((match.end() for match in re.finditer(r"[.!?:;]\s|[–—]", text[: mention.start])), default=0)
    if _PLANNED.match(text[begin : mention.start]):
        return True
    if _BY_WHEN.search(text[: mention.end]) and _WANTED.search(text[begin : mention.start]):
        return True
    if not _OF_NOW.fullmatch(text[mention.start : mention.end]):
        return False
    stop = re.compile(r"[.!?:;](?=\s|$)|[–—]").search(text, mention.end)
    rest = f"{text[:begin]} {text[stop.end() :] if stop else ''}"
    clause = text[begin : stop.start() if stop else len(text)]
    aside = f"{text[begin : mention.start]}{clause[mention.end - begin :]}".strip()
    return bool((_OF_ME.match(clause) or _OF_ME.match(aside)) and not _OF_DATA.search(clause) and (part or re.search(r"\w", rest)))


def timed(said: str, text: str, span: tuple[int, int], today: date) -> str:
    """The request `said`, cut out of `text` at `span`, with the period that is set around it; as it is where it has its own."""
    begin, end = span
    around = f"{text[:begin]} \n {text[end:]}"
    if pointed := _pointed(said, around, today):
        return pointed
    if _WINDOW.search(said) and (told := _set_before(text[:begin], today, loosely=True)):
        return _WINDOW.sub(told, said, count=1)
    own = dates.find(said, today)
    if any(mention.kind != "all" for mention in own):
        return said
    opening = _opening(text, begin, today)
    when = opening if own else opening or _set_before(text[:begin], today) or _framed(said, text, span, today)
    comma = "," if re.search(r"\b(?:rat(?:e|ed|ing|ings)|stars?|scores?)\W*$", said, re.I) else ""  # "rated 3 to 9 May" is no grade
    return f"{said.rstrip(' ?.!')}{comma} {when.strip(' ,')}" if when else said


def _pointed(said: str, around: str, today: date) -> str | None:
    """ "Since then", "before that date", "on that day" in the request, with the period that the text around it tells."""
    for pattern, lead in ((_BEFORE_THEN, "before"), (_SINCE_THEN, "since"), (_AT_THEN, "")):
        if pattern.search(said) and (period := _told(around, today)) and period.since:
            first = _written(period.since)
            whole = f"since {first}" if period.until is None else f"from {first} to {_written(period.until)}"
            return pattern.sub(f"{lead} {first}" if lead else first if period.since == period.until else whole, said, count=1)
    return None


def _told(around: str, today: date) -> Period | None:
    for mention in _periods(around, today):
        if mention.period and mention.period.since:
            return mention.period
    return None


def _periods(text: str, today: date) -> list[Mention]:
    """Periods that `text` tells, without days that are still to come and without those of the moment."""
    return [
        mention
        for mention in dates.find(text, today)
        if mention.kind == "period"
        and mention.period
        and (mention.period.since or date.min) <= today
        and not _NO_DAY.fullmatch(text[mention.start : mention.end].strip(" ,"))
        and not idle_day(text, mention, part=True)
    ]


def _set_before(before: str, today: date, *, loosely: bool = False) -> str | None:
    """A period that is set before the request ("For the time from 3 to 9 May, I would like ..."), not one that a story is told of."""
    told = [
        mention
        for mention in _periods(before, today)
        if (loosely or before[mention.end - 1] == "," or (before[mention.end - 1] != "." and _SETS.match(before[mention.end :])))
        and not _BY_A_DAY.match(before[mention.start : mention.end])
        and not _TALK_ON.search(before[: mention.start])
    ]
    return _again(before, told[-1], today) if told else None


def _opening(text: str, begin: int, today: date) -> str | None:
    """A period with an open end that opens a sentence: "Before the 1st of November came round, what was ...", "Ever since 3 May ..."."""
    for start, end in sentences(text):
        for mention in _periods(text[start:end], today) if start < begin else []:
            opens = not re.search(r"\w", text[start : start + mention.start]) and _open(mention)
            phrase, rest = text[start + mention.start : start + mention.end], text[start + mention.end : end]
            of_me = re.match(r"\W*i\b", rest, re.I) or _TALK.search(rest[: max(0, begin - start - mention.end)])
            if opens and not _BY_A_DAY.match(phrase) and not of_me:
                return _again(text[start:end], mention, today)
    return None


def _open(mention: Mention) -> bool:
    return mention.period is not None and (mention.period.since is None or mention.period.until is None)


def _framed(said: str, text: str, span: tuple[int, int], today: date) -> str | None:
    """A period whose own sentence sets it: it says nothing else, that only this counts, or when someone was away."""
    if _IN_ALL.search(said):
        return None
    for start, end in sentences(text):
        if span[0] <= start < span[1]:
            continue
        clause = text[start:end]
        for mention in _periods(clause, today):
            rest = clause[: mention.start] + clause[mention.end :]
            if _BY_A_DAY.match(clause[mention.start :]) or _TALK.search(rest):
                continue
            asks = start < span[0] and clause.rstrip().endswith("?") and _ASKS_OF_DATA.search(clause)
            if _FILLING.match(rest) or asks or _is_headline(rest) or _FRAME.search(rest) or _ABSENCE.search(clause):
                return _again(clause, mention, today)
    return None


def _is_headline(rest: str) -> bool:
    """Whether what stands beside a period names things and tells nothing: "Ripple Chalk, ..., both included", "upgrades purchased, ..."."""
    return len(rest.split()) <= _HEADLINE and not _TELLS_OF.search(rest)


_ASKS_OF_DATA = re.compile(
    r"\b(?:busy|quiet|traffic|volume|users?|customers?|people|chats?|conversations?|ratings?|rated|stars?|assistants?|bots?)\b", re.I
)
""" "Were we busy on Tuesday? How many ...": a question before the request sets its days."""
_HEADLINE = 6
_TELLS_OF = re.compile(
    r"\b(?:i|we|you|he|she|they|it|my|our|your|me|us|is|am|are|was|were|has|have|had|did|do|does|will|shall|can|could|would|should|must|got|getting|meeting|call|review|deck|presentation|report|party|holiday|lunch|dinner|trip|since|because|when|while|monday|board|[a-z]+['’](?:s|m|re|ve|ll|d))\b|\?",
    re.I,
)


def _again(text: str, mention: Mention, today: date) -> str:
    """The words of a mention where they say the same without those around them; else its days, as `dates` reads them."""
    phrase, period = text[mention.start : mention.end].strip(" ,"), mention.period
    if [found.period for found in dates.find(phrase, today)] == [period]:
        return phrase
    assert period is not None
    if period.since is None:
        return f"up to {_written(period.until)}" if period.until else ""
    first = _written(period.since)
    if period.until is None:
        return f"since {first}"
    return f"on {first}" if period.since == period.until else f"from {first} to {_written(period.until)}"


def _written(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
