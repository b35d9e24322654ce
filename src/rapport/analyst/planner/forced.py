"""Intents that a few unmistakable words decide, whatever the exemplars say."""

import re
from collections.abc import Callable

from rapport.analyst.planner.asked import BROKEN, NO_CASE, PEOPLE_HIT, asks_a_share, asks_at_the_end, since
from rapport.analyst.planner.conditions import FELL_OVER, WENT_WELL, conditions
from rapport.analyst.planner.elsewhere import elsewhere
from rapport.analyst.planner.evidence import (
    HAPPENS,
    LAST_TO,
    SHOWS_IT,
    appearance,
    asks_the_last_day,
    asks_who_wrote,
    comments_wanted,
    error_wanted,
    last_words,
)
from rapport.analyst.planner.filing import holds_back
from rapport.analyst.planner.idioms import NO_RISK, RISK, idiom_of
from rapport.analyst.planner.moving import SPIKE, asks_for_days, breaks_at, moves, peak_day, undated
from rapport.analyst.planner.orders import ordered
from rapport.analyst.planner.refusals import OVERRIDE, obeys_a_quote, secrets, to_someone, writes
from rapport.analyst.planner.said import asks_of_a_number
from rapport.analyst.planner.slots import Slots


def forced(slots: Slots) -> str | None:
    """The intent of the first rule that holds; None where the words leave it open."""
    return next((intent for intent, holds in _RULES if holds(slots)), None) or idiom_of(slots)


_THANKS = re.compile(r"\W*(?:thanks|thank you|thx|ty|cheers|merci|danke|much appreciated|well done|good (?:job|work))\b", re.I)
_GOES_ON = re.compile(r"\?|\b(?:how|what|which|who|why|show|list|now|and then|draft|create)\b", re.I)
_MEANING = r"what(?: is|'s|s| are| does| do)?(?: the| a| an| your)? (?:quality index|conversation quality index|cqi|frustration|sentiment|struggle|commercial intent|resolution rate|csat|quality score|sentiment score|frustration score|churn)(?: score| index| rate)?(?: exactly| mean| based on| stand for| here| in this context| computed from| made of)*\W*$"
_EXTREME = r"(?<!every )(?<!each )(?:very first|first ever|earliest|most recent|latest|newest|oldest|longest|shortest|worst|best|last|lowest[ -]rated|highest[ -]rated|angriest|most negative)\s+(?:rated\s+|unhappy\s+|\w+\s+)?(?:(?:conversation|chat|dialogue|session|transcript|interaction|thread|talk|exchange|convo)s?|message|line|remark)\b"
_HOLDS_MOST = r"(?:which|what) (?:single |one )?(?:conversation|chat|dialogue|session|transcript|interaction|thread|talk|exchange|convo) (?:has|had|got|ran|holds|held|contains|lasted|took|was|is) (?:on (?:for|the) )?(?:the )?(?:most|fewest|longest|shortest|worst|best|highest|lowest|oldest|newest)"
_MOVED = re.compile(
    r"\W*(?:and |so )?(?:did|has|have|is|are|was|were|does|do)\b.*\b(?:improv\w*|worsen\w*|deteriorat\w*|climb\w*|slip\w*|declin\w*|dropp?\w*|fall\w*|fell|ris(?:e|en|ing)|rose|increas\w*|decreas\w*|grow\w*|grew|(?:go|gone|going|went) (?:up|down)|(?:get|gets|getting|got) (?:better|worse))\b",
    re.I,
)
_FILES = re.compile(r"create_?ticket|\b(?:create|file|open|submit|log|push|ship) (?:the|this|that|my|our) (?:ticket|issue|draft)\b", re.I)
_DRAFTING = re.compile(
    r"\W*(?:(?:please|ok(?:ay)?|can you|could you|now|then|and|just|i want you to|i need you to|let us|let's)[\s,]+)*(?:draft|write|prepare|compose|open|file|raise|log|create|make|turn)\b.{0,60}\b(?:ticket|bug report|issue|jira|story)",
    re.I,
)
_TICKET = r"(?:draft|write|prepare|compose|open|file|raise|log|create|make|put together|cut|add|turn|need|want|get)\b.{0,60}\b(?:ticket|bug report|jira|github issue|linear issue)s?|(?:draft|file|open|raise|log|create) (?:an?|the) (?:issue|bug|story|task)|(?:turn|make|put|convert|get|write|document|log) .{1,80}?\b(?:in)?(?:to|as) (?:an? )?(?:\w+ )?(?:issue|bug|story|task|work item|defect|ticket)\b|write .{0,40} up as|(?:become|becomes|be|deserves?|merits?|needs?|warrants?|worth|calls for|turned? into|belongs? in) (?:an? |the |its own |some )?(?:\w+ )?(?:tickets?|bug reports?|jira)\b|(?:ticket|bug report|jira) drafts?|(?:->|→|=>) ?(?:ticket|bug|jira|issue)"
_WORK = r"(?:tickets?|bug reports?|bugs?|issues?|tasks?|work items?|user stor(?:y|ies)|stor(?:y|ies)|jira|defects?|feature requests?)"
_NOTED = rf"(?:->|→|=>|to|into|as|for) (?:an? |the )?(?:\w+ )?(?:tickets?|bug reports?|jira|work item)(?: drafts?)?(?: please| pls)?\W*$|^\W*(?:an? |new |another |one )*(?:\w+ )?{_WORK}(?: pls| please| drafts?)?(?: for (?:the |our )?(?:\w+ )?(?:devs?|developers|engineers|engineering|team|backlog|board))?[,:]? (?:on|about|for|regarding|that|re|:)|(?:set|write|put|note|jot|get|take) (?:\w+ ){{0,6}}?(?:down|up|on|onto|into|in)\b.{{0,30}}\b(?:as an? {_WORK}|backlog|for (?:the )?(?:devs?|developers|engineers|engineering|(?:platform|dev|product) team))|(?:formulate|phrase|word|draw up|knock up|rustle up|do|give) (?:me |us )?(?:an? |the )?(?:\w+ )?(?:tickets?|bug report|work item|user story|issue|story)\b|(?:log|file|raise|report|open) (?:an? |the )?(?:new )?(?:bug|defect|issue|ticket|story|task)\b|paste into (?:jira|linear|github)|draft (?:for|of) an? (?:ticket|bug|issue)|ticket (?:draft )?(?:on|about|for|re)\b"
_ORDERS_A_SEGMENT = re.compile(
    r"\W*(?:(?:please|ok(?:ay)?|can you|could you|would you|now|then|and|just|i want you to|i need you to|let us|let's)[\s,]+)*(?:create|make|build|define|set ?up|save|add|start|form|put(?: together)?|collect|gather|store|keep|bundle|assemble|group|establish|generate|have|turn|convert)\b(?:(?!\bto\b).){0,60}\b(?:segment|cohort|audience|(?:saved|user) group|group(?= (?:of|with|from|for|called|named)\b))\b",
    re.I,
)
_SEGMENT = r"(?:save|keep|store|collect|group|bundle|put|gather|pack|lump)\b.{0,80}(?:->|→|=>) ?[\"“'‘]?(?-i:[A-Z])\w*|(?:make|create|form|build|save|set up|define|new) (?:me |us )?(?:an? )?(?:new )?group (?:of|with|from|for|called|named)|(?:collect|gather|store|bundle|assemble|put|keep|kept|lump|group|throw|toss|pack|round up|stick|save)\b.{0,60}\b(?:in|into|under) (?:an?|one|the same|a single|their own) (?:\w+ )?(?:bucket|basket|pool|roof|umbrella|group (?:called|named))\b|(?:want|need|like|have)\b.{0,60}\b(?:in|into) (?:an?|one) (?:\w+ )?group (?:called|named)|(?:->|→|=>)\s*(?:an? |new |the )*(?:segment|cohort|audience)|(?:in|into|as|to) an? (?:\w+ )?(?:segment|cohort|audience|(?:saved|user) group)|(?:collect|gather|store|bundle|assemble|establish)\b.{0,60}\b(?:segment|cohort|audience|as a group)|(?:let us|let's|could (?:we|i)|can (?:we|i)|(?:we|i) (?:shall|should|must|will)? ?(?:have|need)) .{0,20}(?:segment|cohort|audience) (?:with|of|for|from)|(?:an? |new )?audience\s*:|(?:want|need|would like|'d like|get me) (?:a|another|one more) (?:new )?(?:segment|cohort|audience)|(?:segment|cohort)(?: (?:please|pls|plz))?\s*(?:[:,]|->|→|=>|[–—]| - )|(?:create|make|build|define|set up|save|add|start|form|put together|new)\b.{0,30}\b(?:segment|cohort|audience)s?|segment (?:of|for|from|where|with)|cohort (?:of|for|from|where|with)"

_CONFIRMS = re.compile(
    r"\W*(?:(?:yes|yep|yeah|ok|okay|sure|fine|good|great|perfect|alright|right|please|thanks|looks? (?:good|fine|right)|lgtm|that is (?:fine|good|right)|that's (?:fine|good|right)|all good|approved?|confirmed?)[\s,.!]+)*(?:now |please |then |just |you can |you may |and |let us |let's )*(?:(?:create|file|submit|open|log|raise|send|push|ship|post|make) (?:it|this|that|this one|that one)(?: up| in| off| now| please| then| for me| as (?:is|drafted|written)| thanks| thank you)*|go ahead(?: and (?:create|file|submit|open) (?:it|this|that))?(?: please| now)?|do it(?: please| now)?|confirm(?:ed)?|lgtm|approved?)\W*$",
    re.I,
)  # fmt: skip

_AUTHORING = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|now|and|ok|hey)[\s,]+)*(?:write|code|program|implement|compose|generate|script|sing|tell)(?: me| us)?(?: up)?\s+(?:an?|the|some|this)?\s*(?:\w+ ){0,4}?(?:(?:python|javascript|typescript|java|rust|bash|perl|ruby|golang|php|haskell)\b|(?:poem|song|haiku|limerick|sonnet|joke|essay|novel|fairy tale|bedtime story|regex|algorithm|shell script|unit test)s?\b)",
    re.I,
)  # fmt: skip

_VERSE = re.compile(
    r"\b(?:make up|come up with|do|write|compose|need|want|give me|like|have|code|program|snippet|function|how (?:do|to|can))\b.{0,50}\b(?:poems?|poetry|rhymes?|haikus?|limericks?|sonnets?|verses?|python|javascript|typescript|golang|bash)\b|^\W*(?:an? )?(?:\w+ )?(?:poem|haiku|limerick|sonnet)\b", re.I
)  # fmt: skip

_BARE = re.compile(
    r"^\W*(?:and |so |ok |the |all |all the |our |total |any )*(?:[a-z]+ ){0,2}?(?:conversations|chats|dialogues|dialogs|sessions|interactions|traffic|volume)(?:\s+(?!(?:ids?|examples?|ranked|sorted)\b)\S+)*\W*$", re.I
)  # fmt: skip
"""A noun phrase without a verb that asks to be shown something: "chats on 10 November" wants a number."""

_SHOWS = r"show|list|find|give|get|pull|fetch|see|need|want|send|search|open|look|surface|bring|dig|display|read|examples?|ids?|transcripts?|summar\w+|explain|describe|draft|create|make|tell|rank|compare|quote\w*|flagged|random|top|bottom|some|any|few|newest|recent|latest|worst|best"

_ASKING = re.compile(r"\W*(?:and |so |ok )*(?:which|what|who|how|is|are|did|does|do|was|were|has|have|where|when|rate)\b", re.I)

_DOING = r"(?:(?:what|which (?:matters?|things?|issues?)) (?:do|did|does|are|were|is)|(?:things?|matters?|stuff)(?: that| which)?) (?:the |our |most )?(?:people|users|customers|visitors|clients|everyone|they|folks|students|learners|shoppers|buyers)\b(?! (?:rate|think|give|say|said))"


def _asks_when(slots: Slots) -> bool:
    """The day on which somebody or something first or last appeared, or on which something last happened in a conversation."""
    return appearance(slots) is not None or (asks_the_last_day(slots) and bool(HAPPENS & set(conditions(slots))))


def _confirms(slots: Slots) -> bool:
    return bool(_CONFIRMS.match(slots.text))


def _asks_since_when(slots: Slots) -> bool:
    """Of a topic or a tool; since when there are events is no trend."""
    asked = slots.says(r"when did|since when|when (?:was|were) the first|how long has")
    return bool(asked and (slots.subject or slots.of_kind("topic", "tool")) and not slots.events_said)


def _thanks(slots: Slots) -> bool:
    return bool(_THANKS.match(slots.text)) and not _GOES_ON.search(slots.text)


def _asks_a_meaning(slots: Slots) -> bool:
    """ "What is the quality index?": no name and no date, so that no value is wanted."""
    return bool(not slots.links and not slots.dates and slots.says(_MEANING) and not slots.says("average|overall|our"))


def _asks_for_an_extreme(slots: Slots) -> bool:
    last = slots.says(LAST_TO) and (HAPPENS & set(conditions(slots)) or slots.framed)
    return bool(last or slots.says(_HOLDS_MOST) or (slots.says(_EXTREME) and not slots.says(NO_CASE) and not last_words(slots)))


def _moved(slots: Slots) -> bool:
    """ "Did the rating improve?" """
    return bool(
        _MOVED.match(slots.text)
        and not slots.says(r"why|than|or|versus|vs|compared|explanations?|explain\w*|reasons?|causes?")
        and (slots.metrics or slots.subject or slots.links or slots.says(rf"{BROKEN}|things?|everything|we|matters"))
        and "prompt_version" not in slots.dimensions
    )


def _broke(slots: Slots) -> bool:
    """ "What broke most last week?": tools do."""
    return bool(
        slots.says(
            r"(?:what|which things?|anything)(?: has| have| had| is| was| 's|'s)? (?:been )?(?:broke|broken|breaks?|breaking|failed|fails?|failing|crash\w*|down)"
        )
        and not (slots.subject or slots.values("dimension") or slots.says("chats?|conversations?|users?|people"))
    )


def _moved_since(slots: Slots) -> bool:
    return _moved(slots) and since(slots)


def _about_something(slots: Slots) -> bool:
    return bool(slots.metrics or slots.subject or slots.links or slots.says(BROKEN) or slots.values("polarity"))


def _over_time(slots: Slots) -> bool:
    return moves(slots) and _about_something(slots) and "prompt_version" not in slots.dimensions


_THAN_BEFORE = r"(?:than|to|with|from|against|versus|vs) (?:before|earlier|previously|(?:the )?(?:time|days|weeks|period|stretch) before|what it was|it (?:was|did) before)|than (?:it )?used to"


def _over_a_span(slots: Slots) -> bool:
    """ "More often these past ten days than before?": that span against as long a one before it."""
    spans = [period for period in slots.periods if period.since and period.until and period.until > period.since]
    return bool(spans and slots.says(_THAN_BEFORE) and _over_time(slots))


def _over_a_day(slots: Slots) -> bool:
    """ "Better or worse after 9 November?", "the rating before and after the release on Monday"."""
    if not breaks_at(slots) or slots.says(
        r"why|reasons?|causes?|who|spike|which (?:users?|customers?|products?|models?|org\w*|compan\w*|accounts?|tools?|topics?|people)"
    ):
        return False
    return _over_time(slots) or bool(
        slots.says(
            r"before and (?:after|since)|after and before|before (?:versus|vs) after|before/after|compared (?:with|to) (?:before|earlier|previously|the (?:time|days|weeks) before)|than before"
        )
    )


def _asks_for_unusual_days(slots: Slots) -> bool:
    return asks_for_days(slots) and not slots.values("extreme")


def _asks_what_is_talked_about(slots: Slots) -> bool:
    """ "What do customers come to X for most?": people who do something with it are not ranked."""
    if (
        slots.says(SPIKE)
        and slots.periods
        and slots.says(r"what (?:was|were|is|are|did) .*\babout|(?:what|which) (?:topic|subject|matter|issue|theme)s?")
    ):
        return True
    return bool(
        slots.says(_DOING)
        and slots.says(r"most(?! \w+ (?:users?|people|customers?))|more than|often|frequent\w*|mainly|mostly|usually|number one")
    ) and not slots.says(
        r"rat(?:e|es|ed|ings?)|stars?|scores?|cancel\w*|churn\w*|leav\w*|complain\w*|unhappy|annoy\w*|frustrat\w*|hate|dislike|upset|fail\w*"
    )


def _what_changed(slots: Slots) -> bool:
    """ "The rating fell over the past two weeks. What changed?" """
    return bool(
        slots.says(r"what (?:has |have we |did we )?(?:changed?|happened)|what(?:'s| is) (?:going on|wrong)")
        and slots.says(r"fell|fallen|falling|dropp\w*|worse|lower|declin\w*|gone down|went down|dip\w*|sank|slump\w*|tank\w*|plummet\w*")
        and (slots.periods or slots.links)
    )


def _what_to_fix(slots: Slots) -> bool:
    """ "Which trouble should be repaired before all others?", "budget for one fix: what hurts users most": causes, never users."""
    fixes = slots.says(
        r"fix(?:es|ed|ing)?|repair\w*|tackle[ds]?|remed(?:y|ied)|improvement|(?:be )?solved|(?:to|should|must|be|we|i) address(?:ed)?|priorit\w+|highest-priority"
    )
    chosen = slots.says(
        r"first|before (?:all|any|every)\w*|most|priority|prioriti[sz]e|urgent\w*|soonest|one|only|single|1|next|top|biggest|worst|start\w*"
    )
    asked = slots.says(
        r"what|where|which (?:trouble|issue|problem|thing|one|bug|defect|matter|fix)s?|(?:issue|problem|thing|bug|defect|fix)s? to|name the|priority (?:issue|problem)"
    )
    hurts = slots.says(
        r"what (?:is |has been )?(?:hurt\w*|harm\w*|damag\w*|cost\w*) (?:our |the )?(?:users?|customers?|people|us|clients?)"
    )
    return (
        bool((fixes and chosen and asked) or hurts)
        and not _SOME.match(slots.text)
        and not slots.says(r"resolved|unresolved|how many|share|percent|tickets?|draft")
    )


def _went_wrong(slots: Slots) -> bool:
    return bool(
        slots.says(
            r"what (?:is|was|went|has gone|goes|'s|has been|had gone|has been going) (?:so )?wrong (?:with|at|in|on)|what(?:'s| is| was| has been) (?:the matter|up) with"
        )
        and slots.of_kind("product", "model", "tool")
        and slots.periods
    )


def _files_the_draft(slots: Slots) -> bool:
    """By its words, or by the payload of `createTicket` itself."""
    return bool((_FILES.search(slots.text) and not holds_back(slots.text)) or re.search(r"\{.*\"?title\"?\s*:", slots.text, re.S))


def _orders_a_text(slots: Slots) -> bool:
    return bool(
        _AUTHORING.match(slots.text)
        or (
            _VERSE.search(slots.text)
            and not slots.links
            and not slots.says(r"conversations?|chats?|users?|people|customers?|how many|topics?")
        )
    )


def _asks_one_share(slots: Slots) -> bool:
    narrowed = conditions(slots) or slots.thresholds or slots.of_kind("property", "product", "organization", "model", "user")
    return bool(asks_a_share(slots) and narrowed and not slots.values("extreme") and not slots.of_kind("tool"))


def _acts(slots: Slots) -> bool:
    """Whether something is to be changed or somebody to be told; a ticket may be drafted."""
    if _DRAFTING.match(slots.text) or slots.says(_NOTED) or _ORDERS_A_SEGMENT.match(slots.text):
        return False
    if writes(slots.text) and not OVERRIDE.search(slots.text):
        return True
    if to_someone(slots.text, [(link.start, link.end) for link in slots.of_kind("user", "organization", "property", "product")]):
        return True
    named = slots.of_kind("user", "organization", "property", "product", "model", "tool", "prompt", "prompt_version")
    return not _drafts(slots) and not _makes_a_segment(slots) and ordered(slots.text, [(link.start, link.end) for link in named])


_OTHERS = r"any ?(?:one|body)|some ?(?:one|body)|no ?body|users?|customers?|people|visitors?|clients?|folks|they|attempts?|tried|typed|wrote|said|quot\w*|chats?|conversations?|threads?|dialogues?|sessions?|transcripts?"
_MENTIONED = re.compile(r"'[^']{3,80}'|\"[^\"]{3,80}\"|[“‘][^”’]{3,80}[”’]")
"""Words in quotes, in a question about what users said: they are looked for, not spoken to us."""


def _asks_a_secret(slots: Slots) -> bool:
    text = _MENTIONED.sub(" ", slots.text) if slots.says(_OTHERS) else slots.text
    drafts = _DRAFTING.match(text) or slots.says(_NOTED) or (_ORDERS_A_SEGMENT.match(text) and not secrets(text))
    return not drafts and bool(writes(text) or secrets(text))


_TALKS = r"(?:conversation|chat|dialogue|dialog|session|transcript|interaction|thread|convo)s?"
_HAND_OVER = r"give|get|got|show|see|find|fetch|pull|dig|read|look|cite|pick|sample|hand|send|bring|locate|surface|grab|produce|spot|share|present|supply|provide|search|hunt|track|open|point|link|name|tell"
_SOME = re.compile(
    rf"^(?:[^:?!.]{{0,40}}:\s*)?\W*(?:and |so |ok |just |please |now |then )*(?:(?:can|could|may|might|should|would|will) (?:i|we|you) (?:please |kindly |perhaps |possibly )?|let me |let us |do we have |is there |have (?:you|we) (?:got )?|i (?:want|need|would like|wanna|would love) (?:to )?|i'd (?:like|love) (?:to )?|wanna |gimme |(?:{_HAND_OVER}) (?:(?:me|us|out|up|for|at|to|down|with) )*)*(?:see |read |have |look at |how |the ids? of )*(?:an? |some |any |one |two |three |four |five |\d{{1,2}} |two or three |half a dozen |a dozen |(?:six|seven|eight|nine|ten|several) |a (?:few|couple of|handful of) |(?:me|us|out|up) )(?:(?!how|number|count|average)[a-z1-5-]+ ){{0,2}}{_TALKS}\b(?! (?:count|volume|total|number|(?<=s )per|by|ids? per))",
    re.I,
)
"""A number of conversations that is ordered, not counted: "three one-star sessions", "let me read a chat about refunds"."""


_TO_AN_EVENT = rf"(?:the|an?|any|one|some|which|what) (?:\w+ )?{_TALKS}(?: (?:that|which|was|were|is|came|happened|held|took place|just|right|immediately|shortly|directly|people|users|customers|had|they))* (?:before|follow\w+|preced\w+|prior|ahead of|leading|led|leads?|end(?:ed|ing|s)|culminat\w+|result\w+|conclud\w+|clos\w+|finish\w*|trigger\w*|behind|made|makes|drove|drives|pushed|prompt\w*|caus\w*|spark\w*|brought)"
"""One conversation by the business event that came of it."""


def _asks_for_some(slots: Slots) -> bool:
    ordered = (
        _SOME.match(slots.text)
        or (slots.events_said and slots.says(_TO_AN_EVENT))
        or slots.says(r"show (?:me|us) (?:one|some|a few|two|three)\W*$")
    )
    return (
        bool(ordered)
        and not slots.conversation_ids
        and not slots.says(r"how many|how often|number of|tickets?|why|average|percent\w*|segment|quotes?|verbatims?|summar\w+")
    )


_ENDS_WITH_IDS = re.compile(
    r"(?:^|[?.,;:–—-])\s*(?:just |only |please |with |and |give me |i need |show (?:me )?)*(?:the |an? |one|two|three|four|five|\d|a couple of|a few|some)\s?(?:(?:conversation|chat|session) )?(?:ids?|examples?|samples?)\b(?: (?:as|for|of|to|please|pls|will|would|is|are|each|suffices?|evidence|proof|them|it|those)\b[\w ]{0,25})?\W*$",
    re.I,
)


def _ends_with_ids(slots: Slots) -> bool:
    """ "Does anyone write in another language? Two ids as evidence." """
    if SHOWS_IT.search(slots.text):
        return not slots.conversation_ids
    return (
        bool(_ENDS_WITH_IDS.search(slots.text))
        and not slots.conversation_ids
        and not slots.says(
            r"how many|how often|number of|who|tickets?|why|average|percent\w*|segment|quotes?|verbatims?|summar\w+|which|what"
        )
    )


_LEADS = r"comes? (?:next|first|second|third|top|out on top|in first)|(?:leads?|tops|heads) the|is (?:ahead|in front|on top|next in line|in the lead)|takes? (?:the lead|first place|the crown|the cake)|by (?:the )?(?:number|count|volume|amount|total|tally) of"


def _asks_who_leads(slots: Slots) -> bool:
    """ "Which person comes next by number of conversations?": one of many, and no count of all."""
    asked = slots.says(rf"(?:which|what|whose) (?:\w+ ){{1,4}}?(?:{_LEADS})|who (?:\w+ ){{0,3}}?(?:{_LEADS})")
    named = set(slots.dimensions) & {"user", "organization", "product", "model", "tool", "topic"}
    return bool(asked and named) and not slots.says(r"how many|how much|why|per|each|trend|share|percent\w*")


def _drafts(slots: Slots) -> bool:
    if slots.says("tickets?") and slots.says(r"(?:draft|write|file|raise|open) (?:me |us )?(?:one|(?:it|that|this)(?: up)?)"):
        return True
    return bool(slots.says(_TICKET) or slots.says(_NOTED)) and not slots.says(
        r"how many|which|count|create it|(?:create|file|open|submit) (?:the|this|that) ticket"
    )


def _makes_a_segment(slots: Slots) -> bool:
    return bool(slots.says(_SEGMENT))


def is_bare(slots: Slots) -> bool:
    """A noun phrase alone, that asks neither to be shown something nor for a split."""
    return bool(
        _BARE.match(undated(slots))
        and not slots.says(_SHOWS)
        and not _ASKING.match(slots.text)
        and not slots.subject
        and not slots.values("extreme")
        and not slots.conversation_ids
        and not slots.says(r"by|per|each|every|versus|vs|or|compared|why|trend|daily|weekly|over time")
    )


def _fears_a_loss(slots: Slots) -> bool:
    return bool(slots.says(RISK)) and not slots.says(NO_RISK)


def _obeys(slots: Slots) -> bool:
    return obeys_a_quote(slots.text)


def _fears_a_trick(slots: Slots) -> bool:
    """Whether somebody tried to talk the assistant out of its rules; how many did is a count."""
    told = slots.says(
        r"any ?(?:one|body)|some ?(?:one|body)|users?|customers?|people|attempts?|tried|conversations?|chats?|transcripts?|sessions?"
    )
    return (
        bool(told)
        and not re.match(r"\W*(?:please )?(?:ignore|disregard|forget)\b", slots.text, re.I)
        and "jailbreak_detected" in conditions(slots)
        and not slots.says(r"how many|number of|count|share|percent\w*|trend|why|rate|over time|per|most|quot\w*|cite|verbatims?|wording")
    )


def _is_out_of_order(slots: Slots) -> bool:
    """Whether a tool that is named works, or whom it let down."""
    works = r"(?:anything|something|what(?:['’]s| is)) (?:wrong|up|the matter) with|outages?|downtime|acting up|acts up|misbehav\w+|healthy|(?:broken|fine|ok|okay|dead|down|back up|up again|stable|reliable|flaky)\W*$|(?:hit|affected|bitten|plagued) by|glitch\w*|malfunction\w*|stall(?:s|ed|ing)|hangs|hung|bl(?:own|ew) up|chok(?:es|ed|ing)|(?:un)?successful\w*|does .{1,40} work|still work\w*|out of order"
    return bool(slots.of_kind("tool") and slots.says(works) and not slots.says(PEOPLE_HIT)) and not slots.says(
        r"why|tickets?|since when|when did|quotes?|examples?|ids?|chats?|conversations?"
    )


def _counts_the_hit(slots: Slots) -> bool:
    """ "How many people were hit by a failing X", "in how many chats did a tool call fail": they are counted, not the calls."""
    return bool(
        (slots.of_kind("tool") or "tool_failed" in conditions(slots))
        and slots.says(PEOPLE_HIT)
        and slots.says(rf"{BROKEN}|hit by|bitten|affected|let (?:\w+ )?down|suffer\w*|stung")
    )


_CALLS = r"calls?|runs?|invocations?|requests?|attempts?|look-?ups?|executions?|uses"


def _share_of_calls(slots: Slots) -> bool:
    """ "What slice of X calls went belly up?", "what percentage goes through without an error?": of the calls of a tool, not of chats."""
    named = len(slots.of_kind("tool")) == 1
    return bool(
        named and asks_a_share(slots) and slots.says(_CALLS) and slots.says(rf"{BROKEN}|{FELL_OVER}|{WENT_WELL}")
    ) and not slots.says(r"chats?|conversations?|users?|people|customers?|sessions?")


def _asks_for_a_peak(slots: Slots) -> bool:
    """ "Peak day by chats?", "the record for a single day": the day with the most, not the days that stand out."""
    return peak_day(slots) and not slots.says(
        r"why|reasons?|about what|what (?:was|were|is|are) (?:\w+ ){0,4}about|unusual\w*|stand out|stood out"
    )


_RULES: tuple[tuple[str, Callable[[Slots], bool]], ...] = (
    ("ticket_create", _confirms),
    ("ticket_create", _files_the_draft),
    ("refuse_secret", _obeys),
    ("inbox", _fears_a_trick),
    ("examples", asks_who_wrote),
    ("examples", asks_of_a_number),
    ("ranking", _asks_for_a_peak),
    ("anomalies", _asks_for_unusual_days),
    ("appearance", _asks_when),
    ("trend", _asks_since_when),
    ("smalltalk", _thanks),
    ("definition", _asks_a_meaning),
    ("examples", _asks_for_an_extreme),
    ("change", _moved_since),
    ("tool_failures", _broke),
    ("change", _over_a_day),
    ("trend", _moved),
    ("change", _over_a_span),
    ("trend", _over_time),
    ("why", _went_wrong),
    ("why", _what_changed),
    ("recommend", _what_to_fix),
    ("top_topics", _asks_what_is_talked_about),
    ("refuse_out_of_scope", _orders_a_text),
    ("tool_failures", _share_of_calls),
    ("count", _asks_one_share),
    ("examples", _asks_for_some),
    ("examples", _ends_with_ids),
    ("refuse_write", _acts),
    ("refuse_secret", _asks_a_secret),
    ("ticket_draft", _drafts),
    ("segment_create", _makes_a_segment),
    ("refuse_out_of_scope", elsewhere),
    ("tool_failures", _is_out_of_order),
    ("tool_failures", error_wanted),
    ("quotes", comments_wanted),
    ("quotes", last_words),
    ("at_risk", _fears_a_loss),
    ("ranking", _asks_who_leads),
    ("count", is_bare),
    ("count", asks_at_the_end),
    ("count", _counts_the_hit),
)
"""In this order: "create the ticket" is no order to write a text, and drafting a ticket is no change of data."""
