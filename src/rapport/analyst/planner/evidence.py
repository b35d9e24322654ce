"""What kind of evidence a question asks for: comments beside ratings, thanks, the error of a tool, the day when somebody or something
first or last appeared."""

import re

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Slots

_REMARK = r"comm?ents?|remarks?|notes?|feedback|reviews?|explanations?|(?:a |some |few )?(?:words?|lines?)|something|(?:some |any |written )?text|justifications?"
_MARKS = r"(?:rat(?:ings?|es?|ed|ing)|stars?|scores?|marks?|verdicts?|grades?|votes?|thumbs?|score)"
_BESIDE = r"beside|besides|next to|alongside|along with|together with|along|accompan\w+|attached to|underneath|under|below|with|to go with|coming with|that c[ao]me with|left (?:with|on|at)|on top of|in addition to|when (?:they|people|users|customers|someone)|as they"
_COMMENTS = (
    rf"(?:{_REMARK})(?:\W+\w+){{0,6}}?\W+(?:{_BESIDE})(?:\W+\w+){{0,5}}?\W+(?:[\w-]+[- ])?{_MARKS}"
    rf"|{_MARKS}(?:\W+\w+){{0,14}}?\W+(?:scribbl|add|leav|left|writ|wrot|typ|jot|attach|enter|put|append|not|ha[sd]|have|come|came|carr|includ|contain|with)\w*(?:\W+\w+){{0,3}}?\W+(?:comm?ents?|remarks?|notes?|(?:a |some )(?:words?|lines?)|something)"
    rf"|(?:scribbl|jot|typ|writ|wrot|add|note|say|said|leav|left)\w*(?: down)?(?: \w+){{0,2}} (?:{_BESIDE})(?:\W+\w+){{0,4}}?\W+(?:[\w-]+[- ])?{_MARKS}"
    rf"|{_MARKS}(?:\W+\w+){{0,10}}?\W+(?:scribbl|jot|not|typ|writ|wrot|add|put)\w* (?:down )?(?:along|next|beside|with|underneath|under|to go)\b"
    r"|(?:latest|last|newest|most recent|recent|first|earliest) (?:\w+ )?(?:comm?ents?|feedback)\b(?! (?:about|on|regarding|mention))"
    rf"|(?:what|which) (?:\w+ )?comm?ents?(?:\W+[\w-]+){{0,8}}?\W+{_MARKS}"
    r"|comm?ents?\W+(?:of|for|in|from|on|to)\W+(?:\w+\W+){0,4}?(?:ratings?|reviews?|votes?)"
    r"|reasons?\W+(?:do|did|are|were)\W+(?:\w+\W+){0,2}?(?:gives?|given|writes?|written|puts?|adds?|types?|states?|leaves?|left)\W+(?:\w+\W+){0,4}?(?:[\w-]+[- ])?(?:ratings?|stars?|marks?|scores?|reviews?|grades?|votes?)"
    r"|raters?(?:\W+\w+){0,6}?\W+(?:comm?ents?|remarks?|notes?|(?:a |some )?(?:few |couple of )?(?:words|lines?)|text|box)"
    r"|(?:rating|star|review|csat|survey) (?:feedback |survey |form )?(?:comments?|remarks?|notes?|feedback|texts?|box|field)|(?:written|free[- ]?text|typed) (?:comments?|remarks?|feedback|reviews?)|(?:feedback|comment) (?:box|field|form|text)"
)
_POOR = r"low(?:est)?|poor(?:est)?|bad|worst|lousy|awful|terrible|negative|harsh|crap(?:py)?|rotten|weak|dismal|miserable|disappointing"
_HIGH = r"high(?:est)?|good|best|great|top|positive|excellent|glowing|splendid|perfect|strong|brilliant"
_BY = r"(?:star |customer |user )?(?:ratings?|marks?|scores?|grades?|verdicts?|reviews?|stars?)"


GRADES = rf"(?:{_POOR}|{_HIGH})[- ](?:{_BY})(?! (?:average|mean))"


def graded(slots: Slots) -> str | None:
    """low_rated | high_rated, where conversations are asked for by a rating that is told in words: "beside a poor rating"."""
    for name, degree, manner in (("low_rated", _POOR, "badly|poorly|low|terribly"), ("high_rated", _HIGH, "well|highly|high|top")):
        if slots.says(
            rf"(?:{degree})[- ](?:{_BY})|(?:{manner})[- ]rated|rated (?:us |it |them |the \w+ )?(?:very |so |quite )?(?:{manner})"
        ):
            return name
    return None


_ASKS_A_FIGURE = r"how many|how often|numbers? of|counts?|share|percent\w*|average|why|trend|tickets?"


def comments_counted(slots: Slots) -> bool:
    """Whether a figure is asked for of the ratings that have a comment: "how many raters added a remark?"."""
    return bool(slots.says(_COMMENTS) and slots.says(_ASKS_A_FIGURE) and not slots.says(r"tickets?|why"))


def comments_wanted(slots: Slots) -> bool:
    """Whether what people wrote beside their ratings is asked for, not what they wrote in conversations."""
    return bool(slots.says(_COMMENTS)) and not slots.says(_ASKS_A_FIGURE)


_VERBATIM = r"verbatims?|quot(?:es?|ations?)|word for word|in (?:their|his|her) own words|(?:actual|exact|literal|original|real|very) (?:words|wording|lines?|sentences?|phrases?|messages)"


def quotes_wanted(slots: Slots) -> bool:
    """Whether the words themselves are asked for, whatever else the question names."""
    return bool(slots.says(_VERBATIM)) and not slots.says(_ASKS_A_FIGURE)


THANKS = r"thank[- ]?yous?|thanks|thank|thanking|thanked|gratitude|grateful|thankful"
PRAISE = rf"{THANKS}|prais\w+|compliment\w*|flatter\w*|(?:nice|kind|warm|lovely|good|friendly) (?:words?|things?|remarks?|messages?|comments?|notes?|lines?|letters?|mails?|feedback)|applau\w+|raves?|bouquets?|something (?:nice|kind|good)"

_FLAGGED = {
    "handover_share": "handover", "abandoned_share": "abandoned", "jailbreak_share": "jailbreak_detected", "hallucination_share": "hallucination_detected",
    "user_toxicity_share": "user_toxicity_detected", "missing_capability_share": "missing_capability_detected", "struggle": "struggling",
    "commercial_intent": "commercial",
}  # fmt: skip


def told_by_metrics(reading: Reading) -> tuple[str, ...]:
    """What conversations that are shown must be, where the question says it with the words of a figure: "a chat where somebody was
    stuck", "one rude visitor". The end of a scale ("the most confused user") is an order."""
    if (
        reading.conditions
        or reading.slots.values("extreme")
        or reading.thresholds
        or reading.subject
        or reading.slots.says(r"not|never|no|without|n['’]t")
    ):
        return ()
    return tuple(condition for name, condition in _FLAGGED.items() if name in reading.metrics)


_FROM_THEN = re.compile(
    r"\b(?:conversation|chat|dialogue|dialog|session|transcript|interaction|thread|exchange|example|quote|one|message|comment|talk)s?(?: \w+){0,3} from (?:the )?(?:\d|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.I,
)


def on_the_day(slots: Slots, period: Period | None) -> Period | None:
    """ "A chat from 10 November" is one of that day; "chats from 10 November on" are those since."""
    open_ended = period is not None and period.since is not None and period.until is None
    if (
        not open_ended
        or not _FROM_THEN.search(slots.text)
        or slots.says(r"on(?:wards?)?\W*|from .{3,25} (?:on|onwards?|forward|to|until|till|through)|since|after|starting")
    ):
        return period
    return Period(period.since, period.since, "day") if period else None


_ERROR = r"(?:errors?|error (?:messages?|texts?|codes?|strings?)|failure (?:messages?|reasons?)|messages?|replies|reply|exceptions?)"
_ERROR_TOLD = (
    rf"(?:what|which|the|exact|literal|actual|precise|its|latest|last|most recent) (?:\w+ ){{0,3}}?{_ERROR}\b.{{0,50}}\b(?:return|get|got|give|throw|say|come|came|show|spit|report|see|saw|from|of|text|raise|produce|answer|respond|yield|is|was|does|do|with|behind)\w*"
    r"|error (?:messages?|texts?|codes?|strings?)|what (?:does|did|do) .{1,40} (?:say|return|answer|report|come back with|spit out|throw) (?:when|if|as|while|each time|every time)"
)


def error_wanted(slots: Slots) -> bool:
    """Whether the error is asked for that a tool gives back, in its own words."""
    return bool(slots.of_kind("tool") and slots.says(_ERROR_TOLD)) and not slots.says(
        r"how many|how often|users?|people|customers?|conversations?|chats?|tickets?|rates?|why"
    )


_THING = r"(?:thing|words?|message|sentence|line|remark|text|question)s?"
_LAST_WORDS = rf"(?:the |his |her |their )?(?:very )?(?:last|latest|most recent|first|final|earliest)(?: \w+)? {_THING}\b.{{0,40}}\b(?:wrote|writ\w*|said|sa(?:y|ys)|sent|typed?|told|asked|from|by|of|to us)"


def last_words(slots: Slots) -> bool:
    """Whether what somebody wrote first or last is asked for, word for word."""
    return bool(slots.says(_LAST_WORDS) and slots.of_kind("user", "organization")) and not slots.says(
        r"when|how (?:many|long)|what (?:day|date)|which (?:day|date)"
    )


_WHEN = r"when|since when|as of when|(?:what|which)(?: \w+)? (?:day|date|time|morning)|how long ago|(?:the )?(?:date|day) (?:of|that|when|on which|we|they|somebody|someone|people)|(?:the )?(?:last|first|latest|most recent) (?:time|day|date|contact|appearance|sighting|sign of life|sign)|how recently"
_FIRST = r"first(?! (?:\d|week|half|month|quarter|ten|few))|earliest|initial(?:ly)?|debut\w*|introduced|rolled out|roll(?:ed)? out|launch\w*|go(?:ne|es)? live|went live|live|in (?:use|service|production)|deployed|released|appear(?:ed|s)?|show(?:ed|n|s)? up|turn(?:ed|s)? up|surfac\w*|pop(?:ped)? up|began|begin|start(?:ed|s)?|came up|come up|put in"
_LAST = r"last(?! (?:\d|week|month|quarter|year|few|seven|ten|thirty|night|two|three))|latest|most recent(?:ly)?|newest|lately|recently|any more|anymore|stop\w*|disappear\w*|sign of life"
_MEETS = r"(?:g[eo]t|been) in (?:touch|contact)|contact\w*|hear\w*|talk\w*|chat\w*|writ\w*|wrote|spoke|speak\w*|seen|see|saw|active|message\w*|conversations?|dialogues?|sessions?|show\w* up|turn\w* up|appear\w*|around|here|log\w*|approach\w*|reach\w*|came|come|complain\w*|grumbl\w*|moan\w*|rat(?:ed|ings?)|drop\w* in|pop\w* (?:in|up)|knock\w*|visit\w*|ask\w*|use\w*|been|mention\w*|raise\w*|surfac\w*|sign of life|time"


_ONE_OF_ALL = r"(?:very )?(?:first|earliest|oldest|last|latest|newest|most recent)(?: ever)?(?: [\w-]+){0,3} (?:conversation|chat|dialogue|session|message|rating|interaction|transcript)s?"


_ONE_RATING = r"(?:very )?(?:first|earliest|last|latest|most recent)(?: ever)?(?: [\w-]+){0,2} (?:ratings?|marks?|scores?|stars?|reviews?|grades?|votes?)"


def of_facts(slots: Slots) -> bool:
    """Whether the day is asked of something that nothing names: "when was the last one-star rating?", "the date of the earliest chat"."""
    told = set(slots.subject.split()) - {"date", "earliest", "day", "data", "very", "ever"}
    if slots.thresholds and not slots.subject and not slots.of_kind("tool", "topic") and slots.says(_ONE_RATING):
        return True
    return bool(not slots.links and not told and (slots.says(_ONE_OF_ALL) and slots.says(rf"{_FIRST}|{_LAST}|oldest")))


HAPPENS = frozenset(
    {"handover", "tool_failed", "repeated", "jailbreak_detected", "user_toxicity_detected", "hallucination_detected", "abandoned"}
)
"""Conditions on what happened in a conversation, which has a last day: "when did someone last ask for a human?"."""


def asks_the_last_day(slots: Slots) -> bool:
    """ "When did ... last ...?": of what, the conditions say."""
    return bool(slots.says(_WHEN) and slots.says(_LAST)) and not slots.says(
        r"how many|how often|why|average|share|percent\w*|most|per|tickets?|and (?:how|what|who)"
    )


_MOODS = frozenset({"struggle", "frustration", "sentiment"})
"""Figures that "trouble" and "annoyance" mean, which beside a subject only say that people complain about it."""
A_TOPIC = r"(?:the |this |that )(?:topic|subject|theme|issue|matter)"


def appearance(slots: Slots) -> str | None:
    """first | last, where the day is asked on which somebody, a version, a topic or a tool first or last appeared; None otherwise."""
    if (
        not slots.says(_WHEN)
        or (slots.events_said and not slots.framed)
        or slots.says(r"how many|how often|why|average|share|percent\w*|most|per|tickets?|and (?:how|what|who)")
    ):
        return None
    figures = [name for name in slots.metrics if name not in lexicon.COUNTS and not (name in _MOODS and slots.subject and slots.framed)]
    if figures and not slots.thresholds and "handover_share" not in slots.metrics:
        return None
    if of_facts(slots):
        return "last" if slots.says(_LAST) else "first"
    called = slots.of_kind("tool") and slots.says(r"called|used|invoked|run|ran|triggered")
    if called and (slots.says(_LAST) or slots.says("first")):
        return "last" if slots.says(_LAST) else "first"
    versions = slots.of_kind("prompt", "prompt_version") or slots.says(r"(?:prompt|instructions?)(?: text)?(?: versions?)?|versions?")
    if not (
        versions
        or slots.of_kind("user", "organization", "topic", "topic_group", "model")
        or (slots.subject and (slots.framed or slots.says(A_TOPIC)))
    ):
        return None
    if slots.says(_LAST) and (slots.says(_MEETS) or versions):
        return "last"
    return "first" if slots.says(_FIRST) and (slots.says(_MEETS) or versions) else None


LAST_TO = r"who (?:was|is|were) the (?:very )?(?:first|last|latest|most recent|earliest)(?: \w+)? (?:to|who|that)\b|who (?:\w+ ){0,2}?(?:last(?! (?:week|month|quarter|year|night|\d))|first|most recently)(?: \w+){0,2}? (?:about|for)\b|who \w+ (?:about|for) (?:[\w'’-]+ ){1,5}?(?:last|first|most recently)\W*$"
""" "Who was the last person to ask for a human?": the last conversation of that kind, with its user."""

_WHO_WROTE = re.compile(
    r"(?:^|[-–—:,;?.!\"”]|\b(?:and|so|know|see|me|us|out))\s*(?:who|whose)(?: (?:was|is|are) it(?: that)?)? (?:wrote|writes|said|says|typed|sent|words?|has written|has said|had written)\b",
    re.I,
)


def asks_who_wrote(slots: Slots) -> bool:
    """ "Who said “you took the fee twice”?": the conversations that hold these words, with their users."""
    return bool(slots.quoted and _WHO_WROTE.search(slots.text)) and not slots.says("segment|cohort|audience|tickets?|how many")


SHOWS_IT = re.compile(
    r"^\W*(?:is there|are there|did|has|have|do|was|were)\b[^?]*\?\s*(?:if so |please |and |then |just )*(?:show|read|quote|cite) (?:me |us )?(?:it|one|them|that|some)\b",
    re.I,
)
""" "Did anybody complain about the towels? Show me one." """
