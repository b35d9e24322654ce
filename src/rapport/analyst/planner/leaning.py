"""Whether a turn only makes sense with the one before."""

import re

from rapport.analyst.planner.choosing import ELSEWHERE
from rapport.analyst.planner.forced import forced
from rapport.analyst.planner.pointing import IT_IS, OF_SOMEBODY
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Slots

_LEANING = re.compile(
    r"^(?:ok(?:ay)?[, ]+|so[, ]+|hm+[, ]+|great[, ]+|thanks[, ]+|cool[, ]+)*(?:and\b|but\b|or\b(?! else)|also\b|what about|how about|what of|only\b|just\b(?! (?:the|tell|give|show|how|what))|same\b|the same|instead|now (?:for|only|by|without|the|last|with|in)|then\b|for (?:the )?(?!each|all|every|me|my)|why\??$|why (?:is|was|did|does) (?:that|this|it|he|she|they)\b|why so|how come\??$|who else|what else|which else|anything else|any others?|others?\??$|more\b|and\?|compared? (?:to|with|that|it|this)|versus|vs\b|exclud\w+|without|except|ignore|leave out|drop the|narrow|limit|restrict|filter|by \w+\??$|per \w+\??$|in (?!total)\S+(?: \S+)?\??$|on (?!average)\S+(?: \S+)?\??$|one day|(?:two|three|\d+) (?:days?|weeks?|months?) (?:later|earlier|before)|a (?:day|week|month) (?:later|earlier|before)|the (?:day|week|month) (?:before|after)|the (?:next|following|previous|prior) |next (?:day|week)|(?:last|this|previous) (?:week|month|quarter|year)\??$|yesterday\??$|today\??$|show (?:me )?(?:some |a few |the |an? |one )?(?:examples?|quotes?|conversations?|them|those|it)\b|(?:any |some |give me (?:some |an? |the )?)?(?:examples?|quotes?|details?)\??$|example(?:s)? (?:please|pls)|break (?:it|that|this|them) |split (?:it|that|this|them)|trend\??$|over time\??$|since when|how many\??$|how bad|is that|was that|are they|were they|did (?:they|he|she|it|that)|do they|does (?:he|she|it|that)|what did (?:they|he|she|it)|what do they|what does (?:he|she|it)|what (?:is|was|were|are) (?:his|her|their|its|that|those|they|it)\b|who (?:is|are) (?:that|they|those|he|she)|tell me more|go deeper|dig|elaborate|explain|drill|is it|was it|where (?:do|did|are|is) (?:they|he|she|it)|yes|no\b|draft|write|turn (?:it|that|this)|make (?:it|that|this)|put (?:it|that|this)|file|open (?:a|an) (?:ticket|issue))",
    re.I,
)  # fmt: skip

_POINTING = re.compile(
    r"\b(?:that|this|the same|said) (?:[a-z]+ ){1,2}(?:soul|fellow|lady|gentleman|guy|chap|person|user|customer|client|character|man|woman|bloke|caller|champion|fan|devil|account|company|firm|bot|assistant|model|tool)\b|\b(?:that|this|those|these|same|the (?:first|second|third|fourth|fifth|last|other|top|worst|best|former|latter)) (?:user|person|customer|one|account|organi[sz]ation|company|org|product|bot|assistant|app|model|tool|topic|conversation|chat|day|week|month|period|group|segment|version|issue|problem|guy|client|team|plan|complaint)s?\b|\b(?:him|her|them|they|their|theirs|his|hers|it|its|those|these|there|he|she)\b|\bthat\b\s*[?.!]*$|\bfor (?:that|this|those)\b|\b(?:about|on|with|of|for|into|in) (?:that|this|it|them|those)\b|\bthe (?:first|second|third|fourth|fifth) one\b|\bsame for\b|\binstead\b|\bearlier\b$|\bas well\??$|\btoo\??$",
    re.I,
)  # fmt: skip

_CONFIRMING = re.compile(
    r"\W*(?:yes|yep|yeah|ok(?:ay)?|sure|fine|perfect|great|looks? (?:good|fine)|lgtm|approved?|go ahead|all good)\b.{0,60}$", re.I
)


_NO_NOUN = re.compile(
    r"^\W*(?:and |so |but |ok |of (?:these|those|them),? )*how many(?:\W*$| (?:are|were|was|had|got|with|without|ended|came|went|of (?:these|those|them|which)|gave|carr\w+|rated|turned|remained|stayed|is that|was that|would that be)\b)",
    re.I,
)
""" "How many were negative then?", "how many with 5 stars": of what, only the question before says."""
_OF_EVENTS = r"worth|value|revenue|money|amount|earn\w*|(?:the |very )?(?:latest|last|first|most recent|earliest)(?: one)?"
"""What is asked of events that were counted: "worth how much in total?", "who was the latest?"."""


def asks_who_of_them(previous: Reading, reading: Reading) -> bool:
    """ "Which product took the brunt?" after a count of events: of which of them there were most, with no figure of its own."""
    slots = reading.slots
    dimension = str(reading.dimension)
    named = dimension in ("product", "organization", "user") or dimension.startswith("property:")
    named = named and slots.says(r"which|what|who|whose")
    if slots.says(r"he|she|him|her|his|hers|(?:that|this|the same) (?:\w+ )?(?:person|user|customer|one)"):
        return False  # somebody who was named
    own = (
        reading.links
        or set(reading.events) - set(previous.events)
        or slots.thresholds
        or [name for name in slots.metrics if name != "events"]
    )
    points = len(slots.words) <= 6 or slots.says(r"them|those|these|they|most|brunt|worst|hardest|affected")
    return bool(previous.intent == "outcomes" and named and not own and points and reading.intent not in ("at_risk", "facts"))


_TO_ONE = re.compile(
    r"\b(?:le[ad]d?s?|leading|ended|ends|ending|result(?:ed|s|ing)|culminat\w+|before|preced\w+|behind|caused|triggered|prompted|ahead of|prior to)(?: up)?(?: to| in| with| at)? (?:an? such |any |such |one |some )?(?:one|it|that|those|them|these|event)\b",
    re.I,
)


def asks_what_led_there(previous: Reading, reading: Reading) -> bool:
    """ "Show one conversation that led to one" after a count of events: to such an event."""
    return previous.intent == "outcomes" and reading.intent in ("examples", "quotes") and bool(_TO_ONE.search(reading.slots.text))


_COUNTS_THAT = re.compile(
    r"^\W*(?:and |so |but |ok )*(?:exactly |roughly )?how (?:many|much)(?: exactly)?(?: [a-z]+){1,3} (?:is|was|are|were|would|does) (?:that|this|those|these|it)\b(?: (?:be|make))?(?:[ ,]+(?:exactly|precisely|then|in (?:all|total|numbers)|now|all told|to the digit))?\W*$",
    re.I,
)
""" "How many errors is that exactly?": what is counted is that of the answer before."""
_ONE_TOOLS_FAILURES = r"how many|how often|number of|what number|count"
_OF_ALL_TOOLS = r"all|total|altogether|overall|tools|together|everything|sum|any"


def asks_how_many_failures(previous: Reading, reading: Reading) -> bool:
    """ "Exactly how many failures?" after a list of tools, with nothing named: those of the tool that leads it."""
    slots = reading.slots
    dated = [mention for mention in slots.dates if mention.kind != "all"]  # "in total" tells no days
    bare = not (slots.links or dated or reading.events or slots.thresholds) and len(slots.words) <= 8
    counted = slots.says(_ONE_TOOLS_FAILURES) and slots.says(r"errors?|failures?|fail\w*|crash\w*|calls?|mishaps?|times?")
    of_tools = previous.intent == "tool_failures" or (previous.intent == "ranking" and previous.dimension == "tool")
    of_that = _COUNTS_THAT.search(slots.text.strip())  # "how many failures are that, in total"
    that = slots.says(r"(?:is|are|was|were|make|makes) (?:that|it|those|this)|(?:that|it|those|this) (?:is|are|was|were|makes?)")
    return bool(of_tools and bare and counted and (of_that or that or not slots.says(_OF_ALL_TOOLS)))


def leans(previous: Reading, reading: Reading) -> bool:
    """Whether the question only makes sense with the one before."""
    slots = reading.slots
    text = slots.text.strip()
    if any(mention.moves for mention in slots.dates):
        return True
    if previous.intent == "outcomes" and slots.says(_OF_EVENTS) and len(slots.words) <= 8 and not slots.links:
        return True
    if asks_how_many_failures(previous, reading) or (_COUNTS_THAT.search(text) and not slots.links):
        return True
    if asks_who_of_them(previous, reading) or asks_what_led_there(previous, reading):
        return True
    if reading.intent in ("refuse_secret", "refuse_write", "smalltalk", "help", "definition") and not _CONFIRMING.match(text):
        return False
    if _CONFIRMING.match(text):
        return True
    if (
        reading.intent == "user_profile"
        and reading.of_kind("user", "organization")
        and slots.says(r"who(?: is|'s|s)|tell me about|how(?: is|'s|s)")
    ):
        return False
    if _NO_NOUN.search(text) and not (reading.events or slots.of_kind("user", "organization")):
        return True
    if slots.ordinal is not None or _says_nothing_alone(slots, reading) or _VALUE_OF.search(text) or OF_SOMEBODY.match(text):
        return True
    short = len(slots.words) <= 4 and not (reading.metrics and (reading.links or reading.period or slots.says("how many|top|which|who")))
    pointing = bool(_POINTING.search(IT_IS.sub(" ", text)))
    if pointing or any((mention.shift or mention.moves) and mention.kind == "period" for mention in slots.dates):
        return True
    if (
        re.search(r"\b(?:which|who|what) of (?:them|those|these|the two|both)\b|\bthe two\b|\bboth\b", text, re.I)
        and len(slots.of_kind("user", "organization", "product", "model")) < 2
    ):
        return True
    if (
        re.search(
            r"\b(?:that|the|this) (?:same )?(?:figure|number|one|value|count|total)(?: be| look like)? (?:for|of|at|with|in)\b", text, re.I
        )
        and len(slots.words) <= 9
    ):
        return True
    if _LEANING.match(text):
        return not _complete(slots, reading)
    return short and not _complete(slots, reading)


_VALUE_OF = re.compile(
    r"\b(?:which|what) (?:\w+ ){1,2}(?:is|are|was|were|does|do|did) (?:it|they|he|she|that one|this one) (?:from|in|on|at|have|has|belong\w*|based|located|pay\w*|live|sit)\b",
    re.I,
)
""" "Which country is it from?": something that a person or a company has."""


def _says_nothing_alone(slots: Slots, reading: Reading) -> bool:
    """ "How often was it used?", "a few examples with ids": words that fit no data, or any, without the question before."""
    if reading.intent == "refuse_out_of_scope":
        return bool(_PRONOUN.search(slots.text)) and not forced(slots) and not slots.says(ELSEWHERE)
    bare = not (slots.subject or slots.links or slots.dates or slots.thresholds or slots.languages or reading.conditions or reading.events)
    general = slots.says(r"any|random|newest|latest|recent|worst|best|longest|shortest|last|oldest|bad|good|unhappy|happy")
    return reading.intent in ("examples", "quotes") and bare and reading.bad is None and not slots.conversation_ids and not general


_PRONOUN = re.compile(r"\b(?:it|its|that|this|they|them|their|those|these|he|she|him|her|his|one|same|there)\b", re.I)


def _complete(slots: Slots, reading: Reading) -> bool:
    """A question of its own: it says what is wanted, in more than a few words."""
    opener = (
        slots.says(
            r"how many|how much|which|who|what(?! (?:about|of|if))|list|show|compare|give me|tell me|find|draft|write|open|create|file"
        )
        is not None
    )
    asked = bool(reading.metrics or reading.dimension or reading.events or slots.subject)
    return opener and asked and len(slots.words) >= 6
