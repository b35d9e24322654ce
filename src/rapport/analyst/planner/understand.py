"""From the turns of a chat to one Reading: the last question in the light of those before it.

Nothing is stored: the turns before are read again, oldest first, so that a client that only sends `messages` gets the same answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapport.analyst.planner import lexicon, vote
from rapport.analyst.planner.dates import mended
from rapport.analyst.planner.exemplars import bank, masked
from rapport.analyst.planner.intents import REFUSALS
from rapport.analyst.planner.names import Link, Names
from rapport.analyst.planner.reading import Reading, conditions, event_types, period_of, shifted
from rapport.analyst.planner.refusals import DISCARDS, OVERRIDE, divided, secrets, to_someone, writes
from rapport.analyst.planner.slots import Slots, read

TURNS = 6
"""Questions before this one that are read again; what was said earlier is not carried."""

SURE, LEAST, PLAIN = 0.45, 0.2, 0.8
"""Scores that an intent needs: where nothing else speaks of the tenant's data, where something does, and for a refusal by likeness alone.
Below, the slots decide, or the question is declined. Chosen on the exemplars, each judged by all the others."""

DATA_FREE = frozenset({"help", "smalltalk", "definition", *REFUSALS})
ACTIONS = frozenset({"ticket_draft", "ticket_create", "segment_create"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and the answer that was given."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is read against."""

    names: Names
    today: date
    product: str | None = None  # the chat is limited to it
    context: str = ""


def understand(question: str, before: Sequence[Turn], setting: Setting) -> Reading:
    """The reading of `question`."""
    question, declined = divided(question)
    previous: Reading | None = None
    answers: list[str] = []
    for turn in before[-TURNS:]:
        previous = _read(turn.question, previous, answers, setting)
        answers = [*answers, turn.answer]
    reading = _read(question, previous, answers, setting)
    reading = replace(reading, declined=declined)
    return _with_context(reading, setting) if setting.context else reading


def _read(question: str, previous: Reading | None, answers: Sequence[str], setting: Setting) -> Reading:
    question = mended(question)
    slots = read(question, setting.names, setting.today)
    spans = [(link.start, link.end) for link in slots.links]
    wording = masked(question, spans)
    ranked = vote.decide(bank().vote(bank().similarities(question, spans)), wording, shape(slots))
    reading = _resolve(slots, ranked, setting)
    if previous is not None and previous.intent in ("ticket_draft", "ticket_create") and DISCARDS.match(question):
        return replace(reading, intent="smalltalk", follows=True)
    if previous is not None and leans(slots, wording, reading, dict(ranked)):
        return _follow(previous, reading, answers, setting)
    return reading


def shape(slots: Slots) -> vote.Shape:
    """The slots as counts for the vote."""
    metrics = [name for name in slots.metrics if name not in lexicon.COUNTS]
    dimensions = [name for name in slots.dimensions if name != "conversation"]
    asked = [link for link in slots.links if not link.negated]
    same = max((sum(1 for link in asked if link.kind == kind) for kind in {link.kind for link in asked}), default=0)
    return vote.Shape(
        metrics=len(metrics),
        counts=any(name in lexicon.COUNTS for name in slots.metrics),
        dimension=bool(dimensions),
        extreme=bool(slots.values("extreme") or slots.values("order")),
        names=same,
        people=sum(1 for link in asked if link.kind in ("user", "organization")),
        periods=len(slots.periods),
        over=any(mention.kind == "over" for mention in slots.dates),
        bad="bad" in slots.values("polarity"),
        ids=len(slots.conversation_ids),
        events=bool(slots.values("event") or slots.of_kind("event_type")),
        limit=slots.limit is not None,
        words=len(slots.words),
    )


# --- One question by itself --------------------------------------------------------------------------------------------


def _resolve(slots: Slots, ranked: list[tuple[str, float]], setting: Setting) -> Reading:
    intent = _intent(slots, ranked)
    period, against = period_of(slots)
    known = [name.id for name in setting.names.of_kind("event_type")]
    events = event_types(slots, known)
    if intent == "count" and events and (not of_people(slots) or _counts_events(slots)):
        counted = counted_noun(slots)
        intent = intent if counted in ("conversations", "messages", "ratings", "tool_calls") else "outcomes"
    if events and intent in _OF_EVENTS and not of_people(slots) and not _measured(slots):
        intent = "outcomes"
    elif intent == "outcomes" and of_people(slots) and [name for name in slots.metrics if name not in lexicon.COUNTS]:
        intent = "breakdown" if dimension_of(slots, "breakdown", setting.names) else "level"
    if intent not in ("outcomes", "why", "at_risk") and not of_people(slots) and not _events_wanted(slots, intent):
        events = ()
    metrics = metrics_of(slots, intent)
    reading = Reading(
        intent=intent,
        slots=slots,
        today=setting.today,
        metrics=metrics,
        dimension=dimension_of(slots, intent, setting.names),
        links=tuple(link for link in slots.links if link.kind != "event_type"),
        period=period,
        against=against,
        order=order_of(slots, metrics),
        bad=bad(slots),
        limit=slots.limit,
        conditions=conditions(slots),
        thresholds=slots.thresholds,
        subject=slots.subject if slots.framed or intent in _LOOSE_SUBJECT else "",
        not_subject=slots.not_subject,
        events=events,
        languages=slots.languages,
        scores=dict(ranked),
        product=setting.product,
    )
    return _tidy(reading)


_OF_EVENTS = frozenset({"ranking", "breakdown", "list_entities", "level", "trend", "change"})
"""Intents that count something: of events where a type of event is named and no other figure."""


def _measured(slots: Slots) -> bool:
    """Whether a figure of conversations is asked for, so that an event only narrows whose."""
    noun = r"conversations?|chats?|messages?|dialogues?|sessions?|ratings?|topics?|tickets?"
    extremes = [extreme[0] for extreme in slots.values("extreme") if extreme[0] not in (None, "conversations")]
    return bool(extremes or slots.says(noun) or [name for name in slots.metrics if name not in lexicon.COUNTS])


def _events_wanted(slots: Slots, intent: str) -> bool:
    """ "conversation ids of purchase events": conversations are asked for by the event of their people."""
    return intent in ("examples", "quotes") and bool(slots.says("events?") or slots.of_kind("event_type"))


_EVENT = "|".join(phrase.replace(" ", r"\s+") for phrases in lexicon.EVENT_WORDS.values() for phrase in phrases.split("|"))
_OF_PEOPLE = re.compile(
    rf"\b(?:who|that|which|whose|having|have|has|had|with(?: an?)?|after|before|since|until)\s+(?:they\s+|he\s+|she\s+|people\s+|users\s+|customers\s+|then\s+|later\s+|recently\s+|have\s+|has\s+|had\s+|an?\s+|the\s+|their\s+|just\s+|already\s+)*(?:{_EVENT})\b|\b(?:{_EVENT})\s+(?:users?|customers?|people|accounts?|clients?|members?|organi[sz]ations?)\b",
    re.I,
)  # fmt: skip


def of_people(slots: Slots) -> bool:
    """Whether an event is what people did ("customers who cancelled"), not what they talk about ("quotes about refunds")."""
    return bool(_OF_PEOPLE.search(slots.text)) or any(
        link.kind == "event_type" and len(link.text) > 4 and "_" in link.text for link in slots.links
    )


def _counts_events(slots: Slots) -> bool:
    """ "Count of plan_upgraded": the event type itself stands where the noun would."""
    return any(
        re.search(
            r"\b(?:how many|number of|counts? of|count|total(?: of)?)\s+(?:the\s+|all\s+|of\s+)*[\"'`]?$", slots.text[: link.start], re.I
        )
        for link in slots.of_kind("event_type")
    )


_LOOSE_SUBJECT = frozenset({"complaints", "examples", "quotes", "ticket_draft", "conversation_detail"})
"""Intents that take any words that are left over as what is looked for; for a figure they must follow "about", or stand before "chats"."""


def foreign(slots: Slots) -> bool:
    """Whether too many words are no English ones to trust a reading of the rest."""
    return len(slots.strange) >= 3 and len(slots.strange) >= 0.4 * len(slots.words) and not slots.links


def _intent(slots: Slots, ranked: list[tuple[str, float]]) -> str:
    forced = _forced(slots)
    if forced:
        return forced
    if foreign(slots):
        return "refuse_out_of_scope"
    data = substantial(slots)
    if re.match(
        r"\W*(?:show |list |give |me |us |all |our |the )*(?:plans?|tiers?|countries|regions?|industries|products?|models?|languages?|segments?) by (?:number of )?(?:conversations?|chats?|messages|users|ratings?|stars)\b",
        slots.text,
        re.I,
    ):
        return "breakdown"
    for place, (intent, score) in enumerate(ranked):
        if intent in ("refuse_write", "refuse_secret"):
            if place == 0 and score >= PLAIN and not slots.metrics and not slots.says(_TALK):
                return intent
            continue  # what is to be refused is mostly told by _forced; a likeness is not enough
        if intent == "follow_up" or (intent in ("smalltalk", "help") and len(slots.words) > 3 and data):
            continue
        if intent == "refuse_out_of_scope" and data and not slots.says(_ELSEWHERE):
            continue
        if score < (LEAST if data else SURE) or (
            not data
            and intent in _OF_SOMETHING
            and not (intent == "quotes" and (slots.framed or slots.says(r"(?:quotes?|verbatims?) (?:on|of|for|from|regarding)")))
        ):
            break
        return intent
    return _fallback(slots)


_OF_SOMETHING = frozenset(
    {
        "count",
        "level",
        "ranking",
        "compare",
        "breakdown",
        "trend",
        "list_entities",
        "outcomes",
        "user_profile",
        "conversation_detail",
        "prompt_versions",
        "quotes",
        "definition",
    }
)
"""Intents that mean nothing without a metric, a name or a noun of this tenant's data."""


def _fallback(slots: Slots) -> str:
    """What the slots alone say where the wording says little: a figure, a list, complaints, or the standard briefing."""
    if slots.unknown and slots.unknown[0][:1].isupper():
        return "summary"  # answered by saying that the name is unknown
    if not substantial(slots):
        return "refuse_out_of_scope"
    if [name for name in slots.metrics if name not in lexicon.COUNTS]:
        return "level"
    if "bad" in slots.values("polarity"):
        return "complaints"
    if slots.metrics:
        return "count"
    listed = [
        name for name in slots.dimensions if name in ("product", "user", "organization", "model", "tool", "topic", "event_type", "language")
    ]
    return "list_entities" if listed and not slots.of_kind("user", "organization", "product") else "summary"


_TALK = r"people|mention\w*|about|complain\w*|quotes?|conversations?|chats?|say|said|asking|talk\w*"
_ELSEWHERE = r"weather|poem|joke|recipe|capital of|president|stock price|bitcoin|hamlet|translate|haiku|lyrics|horoscope|world cup|movie"

_CONFIRMS = re.compile(
    r"\W*(?:(?:yes|yep|yeah|ok|okay|sure|fine|good|great|perfect|alright|right|please|thanks|looks? (?:good|fine|right)|lgtm|that is (?:fine|good|right)|that's (?:fine|good|right)|all good|approved?|confirmed?)[\s,.!]+)*(?:now |please |then |just |you can |you may |and |let us |let's )*(?:(?:create|file|submit|open|log|raise|send|push|ship|post|make) (?:it|this|that|this one|that one)(?: up| in| off| now| please| then| for me| as (?:is|drafted|written)| thanks| thank you)*|go ahead(?: and (?:create|file|submit|open) (?:it|this|that))?(?: please| now)?|do it(?: please| now)?|confirm(?:ed)?|lgtm|approved?)\W*$",
    re.I,
)  # fmt: skip


def _forced(slots: Slots) -> str | None:
    """Intents that a few unmistakable words decide."""
    text = slots.text
    if _CONFIRMS.match(text):
        return "ticket_create"
    if (
        slots.says(r"when did|since when|when (?:was|were) the first|how long has")
        and (slots.subject or slots.of_kind("topic", "tool"))
        and not slots.events_said
    ):
        return "trend"
    if re.match(
        r"\W*(?:thanks|thank you|thx|ty|cheers|merci|danke|much appreciated|well done|good (?:job|work))\b", text, re.I
    ) and not re.search(r"\?|\b(?:how|what|which|who|why|show|list|now|and then|draft|create)\b", text, re.I):
        return "smalltalk"
    if (
        not slots.links
        and not slots.dates
        and slots.says(
            r"what(?: is|'s|s| are| does| do)?(?: the| a| an| your)? (?:quality index|conversation quality index|cqi|frustration|sentiment|struggle|commercial intent|resolution rate|csat|quality score|sentiment score|frustration score|churn)(?: score| index| rate)?(?: exactly| mean| based on| stand for| here| in this context| computed from| made of)*\W*$"
        )
        and not slots.says("average|overall|our")
    ):
        return "definition"
    if slots.says(
        r"(?:most recent|latest|newest|oldest|longest|shortest|worst|best|last|lowest[ -]rated|highest[ -]rated|angriest|most negative)\s+(?:rated\s+|unhappy\s+|\w+\s+)?(?:conversation|chat|dialogue|session|transcript|interaction)s?"
    ) and not slots.says(r"how many|day|week|month|rating of|average"):
        return "examples"
    moving = re.match(
        r"\W*(?:and |so )?(?:did|has|have|is|are|was|were|does|do)\b.*\b(?:improv\w*|declin\w*|dropp?\w*|fall\w*|fell|ris(?:e|en|ing)|rose|increas\w*|decreas\w*|grow\w*|grew|(?:go|gone|going|went) (?:up|down)|(?:get|gets|getting|got) (?:better|worse))\b",
        text,
        re.I,
    )
    if (
        moving
        and not slots.says(r"why|than|or|versus|vs|compared")
        and (slots.metrics or slots.subject or slots.links or slots.says(_BROKEN))
        and "prompt_version" not in slots.dimensions
    ):
        return "change" if _since(slots) else "trend"
    if re.search(
        r"create_?ticket|\b(?:create|file|open|submit|log|push|ship) (?:the|this|that|my|our) (?:ticket|issue|draft)\b", text, re.I
    ) or (re.search(r"\{.*\"?title\"?\s*:", text, re.S)):
        return "ticket_create"
    if _AUTHORING.match(text):
        return "refuse_out_of_scope"
    if _of_each(slots) and conditions(slots) and not slots.values("extreme"):
        return "count"
    drafting = re.match(
        r"\W*(?:(?:please|ok(?:ay)?|can you|could you|now|then|and|just|i want you to|i need you to|let us|let's)[\s,]+)*(?:draft|write|prepare|compose|open|file|raise|log|create|make|turn)\b.{0,60}\b(?:ticket|bug report|issue|jira|story)",
        text,
        re.I,
    )
    if not drafting:
        written = writes(text)
        if written and not OVERRIDE.search(text):
            return "refuse_write"
        if to_someone(text, [(link.start, link.end) for link in slots.of_kind("user", "organization", "property", "product")]):
            return "refuse_write"
        if written or secrets(text):
            return "refuse_secret"
    if slots.says(
        r"(?:draft|write|prepare|compose|open|file|raise|log|create|make|put together|cut|add|turn|need|want|get)\b.{0,60}\b(?:ticket|bug report|jira|github issue|linear issue)s?|(?:draft|file|open|raise|log|create) (?:an?|the) (?:issue|bug|story|task)|write .{0,40} up as"
    ) and not slots.says(r"how many|which|count|create it|(?:create|file|open|submit) (?:the|this|that) ticket"):
        return "ticket_draft"
    if slots.says(
        r"(?:create|make|build|define|set up|save|add|start|form|put together|new)\b.{0,30}\b(?:segment|cohort|audience)s?|segment (?:of|for|from|where|with)|cohort (?:of|for|from|where|with)"
    ):
        return "segment_create"
    if (
        _BARE.match(text)
        and not slots.says(_SHOWS)
        and not _ASKING.match(text)
        and not slots.subject
        and not slots.values("extreme")
        and not slots.conversation_ids
        and not slots.says(r"by|per|each|every|versus|vs|or|compared|why|trend|daily|weekly|over time")
    ):
        return "count"
    if slots.says(_RISK) and not slots.says(r"how many|why|reasons?"):
        return "at_risk"
    return None


_AUTHORING = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|now|and|ok|hey)[\s,]+)*(?:write|code|program|implement|compose|generate|script|sing|tell)(?: me| us)?(?: up)?\s+(?:an?|the|some|this)?\s*(?:\w+ ){0,4}?(?:(?:python|javascript|typescript|java|rust|bash|perl|ruby|golang|php|haskell)\b|(?:poem|song|haiku|limerick|sonnet|joke|essay|novel|fairy tale|bedtime story|regex|algorithm|shell script|unit test)s?\b)",
    re.I,
)  # fmt: skip

SHARE = r"what (?:share|percentage|percent|proportion|fraction|portion|part)|(?:which|the) (?:share|percentage|proportion|fraction)|percentage|share of|proportion of|how big is the (?:share|portion)|%|percent"


def _since(slots: Slots) -> bool:
    """Whether a question about a movement names the day that it is to be judged from."""
    return any(period.grain == "range" and period.since and period.until is None for period in slots.periods) and bool(
        slots.says("since|after|from")
    )


def _of_each(slots: Slots) -> bool:
    """Whether one share is asked for, not one for each group."""
    return bool(slots.says(SHARE)) and not slots.says(
        r"by|per|each|every|which \w+ has|trend|over time|compared?|versus|vs|changed?|highest|lowest|most|least|quality|below|above|under|over"
    )


_BARE = re.compile(
    r"^\W*(?:and |so |ok |the |all |all the |our |total |any )*(?:[a-z]+ ){0,2}?(?:conversations|chats|dialogues|dialogs|sessions|interactions|traffic|volume)(?:\s+(?!(?:ids?|examples?|ranked|sorted)\b)\S+)*\W*$", re.I
)  # fmt: skip
"""A noun phrase without a verb that asks to be shown something: "chats on 10 November" wants a number."""
_SHOWS = r"show|list|find|give|get|pull|fetch|see|need|want|send|search|open|look|surface|bring|dig|display|read|examples?|ids?|transcripts?|summar\w+|explain|describe|draft|create|make|tell|rank|compare|quote\w*|flagged|random|top|bottom|some|any|few|newest|recent|latest|worst|best"
_ASKING = re.compile(r"\W*(?:and |so |ok )*(?:which|what|who|how|is|are|did|does|do|was|were|has|have|where|when|rate)\b", re.I)


_RISK = r"at risk|worr(?:y|ied|ying) about|(?:about|likely|going) to (?:leave|churn|cancel|quit)|(?:might|may|could|will) (?:leave|churn|cancel|quit|go)|going to lose|(?:lose|losing) (?:next|soon|as (?:a )?customers?)|risk of (?:leaving|churn\w*|losing)|churn risk|flight risk"


_ANYONE = frozenset("who whom someone somebody anyone anybody everyone human guy".split())


def substantial(slots: Slots) -> bool:
    """Whether anything in the question is about the tenant's data."""
    return bool(
        slots.links or slots.metrics or (slots.dates and (not slots.subject or slots.framed or slots.says(_TALK))) or slots.conversation_ids or slots.values("event") or slots.values("extreme")
        or [hit for hit in slots.hits if hit.kind == "dimension" and slots.text[hit.start : hit.end].lower() not in _ANYONE]
        or (slots.subject and slots.says("issues?|problems?|complaints?|conversations?|chats?|transcripts?"))
    )  # fmt: skip


def metrics_of(slots: Slots, intent: str) -> tuple[str, ...]:
    """Governed metrics, those that are asked for first. The noun "conversations" is a metric only where no other is named."""
    found: list[str] = [extreme[0] for extreme in slots.values("extreme") if extreme[0]]
    if slots.says(r"ratings?|stars?|csat|rated") and found and found[0] == "sentiment":
        found = ["rating"]  # "the happiest users by rating"
    if intent == "ranking" and not found:
        most = slots.says(
            r"(?:most|fewest|least|more|highest number of|largest number of|lowest number of|number of|many) (?:\w+ )?(users|people|customers|organi[sz]ations|companies|accounts|conversations|chats|messages|tool calls|ratings|reviews)"
        )
        noun = most.group(1).lower() if most else ""
        found += [name for name, words in (("users", "users people customers"), ("organizations", "organizations organisations companies accounts"), ("conversations", "conversations chats"), ("messages", "messages"), ("tool_calls", "tool calls"), ("ratings", "ratings reviews")) if noun and noun in words]  # fmt: skip
    if intent == "count":
        counted = counted_noun(slots)
        found += [counted] if counted else []
    found += [name for name in slots.metrics if name not in found]
    if (
        not found
        and slots.says(r"(?:un)?happy|(?:dis)?satisfied|happier|unhappier|(?:un)?happily|cheerful|mood")
        and intent in ("level", "trend", "breakdown", "compare")
    ):
        found = ["sentiment"]
    by = slots.says(r"(?:by|in terms of|based on|judging by|measured by|according to|going by)(?: \w+){0,2}")
    if by and intent in ("ranking", "breakdown", "compare", "level"):
        told = [str(hit.value) for hit in slots.hits if hit.kind == "metric" and by.start() < hit.start < by.end()]
        found = list(dict.fromkeys([*told, *found]))
    strong = [name for name in found if name not in ("conversations", "messages", "users", "organizations", "events")]
    if strong and intent != "count" and not slots.values("extreme"):
        said = [
            name
            for name in found
            if name in ("messages", "conversations") and slots.says(rf"(?:and|,) (?:the )?(?:number of )?{name}|{name},|volume|traffic")
        ]
        found = [*strong, *said]
    return tuple(dict.fromkeys(found))


_COUNTED = {
    "user": "users", "organization": "organizations", "conversation": "conversations", "product": "products", "model": "models", "tool": "tools",
    "topic": "topics", "segment": "segments", "prompt_version": "prompt_versions", "day": "days", "event_type": "event_types", "language": "languages",
}  # fmt: skip


def counted_noun(slots: Slots) -> str | None:
    """What "how many ..." counts: the first noun after it."""
    if slots.says("how often|how frequently") and not slots.of_kind("tool"):
        return "conversations"
    match = slots.says(r"how many|number of|count(?:s)? of|count|total(?: number of)?|nr of|amount of|how much")
    start = match.end() if match else 0
    for hit in sorted(slots.hits, key=lambda hit: (hit.start, hit.kind != "metric")):
        if hit.start < start:
            continue
        if hit.kind == "metric" and hit.value in ("messages", "ratings", "tool_calls", "tool_failures", "events", "users", "organizations"):
            return str(hit.value)
        if (
            hit.kind == "metric"
            and hit.value == "rating"
            and slots.says(r"how many (?:\S+ ){0,3}(?:ratings|reviews|stars)|number of (?:ratings|reviews)")
        ):
            return "ratings"
        if hit.kind == "metric" and hit.value == "conversations":
            return "conversations"
        if hit.kind == "dimension" and str(hit.value) in _COUNTED:
            return _COUNTED[str(hit.value)]
    return None


_BY = re.compile(
    r"\b(?:by|per|each|every|across|between|for each|split|among|over|of every|of each|which|what|top|best|worst|rank|list|name)\s+(?:\w+\s+){0,2}$",
    re.I,
)


def dimension_of(slots: Slots, intent: str, names: Names) -> str | None:
    """What the answer runs over."""
    by = re.search(
        r"\b(?:by|per|each|every|for every|broken down (?:by|into)|split (?:by|across)|across(?: all)?(?: the)?(?: our)?|grouped by|for each(?: of the)?)\s+(?:the\s+|customer\s+|user\s+|pricing\s+)?([a-z_]+(?: version| of the week| of day| type)?)",
        slots.text,
        re.I,
    )
    keys = property_keys(names)
    over = re.match(
        r"\W*(?:show |list |give |rank |sort |order |compare |me |us |all |our |the |my )*([a-z_]+) (?:by|ranked|sorted|ordered|with|per)\b",
        slots.text,
        re.I,
    )
    if over and (found := _property(over.group(1).lower(), keys)):
        return found
    if by:
        word = by.group(1).lower()
        found = _property(word, keys) or _named_dimension(slots, by.start(1))
        if found and found != "conversation" and not (intent == "ranking" and found in ("rating", "sentiment")):
            return found
    which = re.search(
        r"\b(?:which|what|top|best|worst|whose|rank(?:ing)?(?: of| the)?|list|highest|lowest|most \w+|least \w+)\s+(?:\d+\s+|the\s+|our\s+|\w+\s+)?([a-z_]+)",
        slots.text,
        re.I,
    )
    if which:
        for word in which.group(0).lower().split():
            found = _property(word, keys)
            if found:
                return found
    if slots.of_kind("user", "organization") and (
        of := slots.says(r"(?:what|which)(?: is|'s)? (?:the |her |his |its |their )?(?P<key>[a-z_]+) (?:of|for|does|is|do|are)")
    ):
        found = _property(of.group("key").lower(), keys)
        if found:
            return found
    hits = [hit for hit in slots.hits if hit.kind == "dimension" and hit.value not in ("conversation",)]
    named = [hit for hit in hits if slots.text[hit.start : hit.end].lower() not in _ANYONE]
    hits = named if any(hit.value in ("user", "organization", "product", "model", "tool", "topic") for hit in named) else hits
    if slots.says(
        r"(?:ratings?|stars?|scores?) (?:distribution|histogram|spread)|(?:distribution|histogram|spread) of (?:the |our |all )?(?:ratings?|stars?|scores?)|how (?:do|are) the (?:ratings|stars) (?:spread|distributed)"
    ):
        return "rating"
    for hit in hits:
        if (hit.value == "prompt_version" and slots.says(r"prompts?|versions?|v\d+")) or hit.value != "prompt_version":
            return str(hit.value)
    return "conversation" if "conversation" in slots.dimensions and intent in ("ranking", "examples") else None


def _named_dimension(slots: Slots, at: int) -> str | None:
    for hit in slots.hits:
        if hit.kind == "dimension" and hit.start <= at < hit.end:
            return str(hit.value)
    word = re.match(r"[a-z]+", slots.text[at:], re.I)
    times = {
        "day": "day",
        "days": "day",
        "week": "week",
        "weeks": "week",
        "month": "month",
        "months": "month",
        "hour": "hour",
        "weekday": "weekday",
        "date": "day",
        "sentiment": "sentiment",
        "rating": "rating",
        "stars": "rating",
    }
    return times.get(word.group().lower()) if word else None


_KEY_WORDS = {
    "tier": "plan",
    "subscription": "plan",
    "pricing": "plan",
    "region": "country",
    "location": "country",
    "nation": "country",
    "sector": "industry",
    "vertical": "industry",
}


def property_keys(names: Names) -> frozenset[str]:
    return frozenset(name.id.partition("=")[0] for name in names.of_kind("property"))


def _property(word: str, keys: frozenset[str]) -> str | None:
    for form in (word, word[:-1] if word.endswith("s") else word, word[:-3] + "y" if word.endswith("ies") else word):
        form = form if form in keys else _KEY_WORDS.get(form, form)
        if form in keys:
            return f"property:{form}"
    return None


def order_of(slots: Slots, metrics: Sequence[str]) -> str | None:
    """highest | lowest: from "worst", "most", "lowest" and whether more of the metric is good."""
    for _, order, _ in slots.values("extreme"):
        return "highest" if order == "top" else "lowest"
    metric = metrics[0] if metrics else None
    good = lexicon.METRICS[metric].good if metric and metric in lexicon.METRICS else 1
    if slots.says(r"worst|weakest|poorest|worse|unhappiest"):
        return "highest" if good < 0 else "lowest"
    if slots.says(r"best|winner|healthiest|better"):
        return "lowest" if good < 0 else "highest"
    if slots.says(r"lowest|least|fewest|bottom|smallest|minimum"):
        return "lowest"
    if slots.says(r"highest|most|top|largest|biggest|maximum|greatest"):
        return "highest"
    return None


def bad(slots: Slots) -> bool | None:
    """Whether the question is about what went badly (True) or well (False)."""
    found = list(slots.values("polarity")) + [polarity for _, _, polarity in slots.values("extreme") if polarity]
    if slots.says(r"worst|unhappiest|angriest"):
        found.append("bad")
    return None if not found else "bad" in found


_BROKEN = r"fail\w*|errors?|errored|broke|broken|crash\w*|went wrong|did not work|didn't work|not working|tool_failed"


def _tidy(reading: Reading) -> Reading:
    """What the chosen intent makes of the slots."""
    slots = reading.slots
    if reading.metric == "messages" and slots.says(
        r"average|mean|on average|typical\w*|per (?:chat|conversation|dialogue|session|interaction)"
    ):
        reading = replace(reading, metrics=("messages_per_conversation",), intent="level" if reading.intent == "count" else reading.intent)
    if reading.intent in ("examples", "quotes", "count") and reading.of_kind("tool") and slots.says(_BROKEN):
        rest = " ".join(word for word in reading.subject.split() if not re.fullmatch(_BROKEN, word))
        reading = replace(reading, conditions=tuple(dict.fromkeys([*reading.conditions, "tool_failed"])), subject=rest)
    if reading.intent in ("ranking", "level", "trend", "compare", "breakdown", "count", "change", "summary", "at_risk", "why"):
        # an adjective that already chose the metric does not also filter
        told = {"frustrated": "frustration", "unhappy": "sentiment", "happy": "sentiment", "positive": "sentiment", "negative": "sentiment", "resolved": "resolved_share", "abandoned": "abandoned_share", "handover": "handover_share", "jailbreak_detected": "jailbreak_share", "hallucination_detected": "hallucination_share", "user_toxicity_detected": "user_toxicity_share", "missing_capability_detected": "missing_capability_share"}  # fmt: skip
        if reading.intent != "count":
            kept = tuple(name for name in reading.conditions if told.get(name) not in reading.metrics)
            reading = replace(reading, conditions=kept)
    if reading.intent == "level" and _since(slots) and slots.says(r"chang\w*|mov\w*|develop\w*|better|worse|improv\w*|happen\w*"):
        reading = replace(reading, intent="change")
    if reading.intent in ("trend", "change") and not reading.metrics and slots.says(r"errors?|failures?|fail\w*"):
        reading = replace(
            reading, metrics=("tool_failures",), subject="", conditions=tuple(c for c in reading.conditions if c != "tool_failed")
        )
    if (
        reading.intent in ("level", "ranking", "breakdown", "trend", "compare")
        and any(threshold.metric == "rating" for threshold in slots.thresholds)
        and reading.metric == "rating"
        and not slots.says("average|mean")
    ):
        reading = replace(reading, metrics=tuple(name for name in reading.metrics if name != "rating") or ("ratings",))
    return reading


# --- A question that leans on the one before -----------------------------------------------------------------------------

_LEANING = re.compile(
    r"^(?:ok(?:ay)?[, ]+|so[, ]+|hm+[, ]+|great[, ]+|thanks[, ]+|cool[, ]+)*(?:and\b|but\b|or\b(?! else)|also\b|what about|how about|what of|only\b|just\b(?! (?:the|tell|give|show|how|what))|same\b|the same|instead|now (?:for|only|by|without|the|last|with|in)|then\b|for (?:the )?(?!each|all|every|me|my)|why\??$|why (?:is|was|did|does) (?:that|this|it|he|she|they)\b|why so|how come\??$|who else|what else|which else|anything else|any others?|others?\??$|more\b|and\?|compared? (?:to|with|that|it|this)|versus|vs\b|exclud\w+|without|except|ignore|leave out|drop the|narrow|limit|restrict|filter|by \w+\??$|per \w+\??$|in (?!total)\S+(?: \S+)?\??$|on (?!average)\S+(?: \S+)?\??$|one day|(?:two|three|\d+) (?:days?|weeks?|months?) (?:later|earlier|before)|a (?:day|week|month) (?:later|earlier|before)|the (?:day|week|month) (?:before|after)|the (?:next|following|previous|prior) |next (?:day|week)|(?:last|this|previous) (?:week|month|quarter|year)\??$|yesterday\??$|today\??$|show (?:me )?(?:some |a few |the |an? |one )?(?:examples?|quotes?|conversations?|them|those|it)\b|(?:any |some |give me (?:some |an? |the )?)?(?:examples?|quotes?|details?)\??$|example(?:s)? (?:please|pls)|break (?:it|that|this|them) |split (?:it|that|this|them)|trend\??$|over time\??$|since when|how many\??$|how bad|is that|was that|are they|were they|did (?:they|he|she|it|that)|do they|does (?:he|she|it|that)|what did (?:they|he|she|it)|what do they|what does (?:he|she|it)|what (?:is|was|were|are) (?:his|her|their|its|that|those|they|it)\b|who (?:is|are) (?:that|they|those|he|she)|tell me more|go deeper|dig|elaborate|explain|drill|is it|was it|where (?:do|did|are|is) (?:they|he|she|it)|yes|no\b|draft|write|turn (?:it|that|this)|make (?:it|that|this)|put (?:it|that|this)|file|open (?:a|an) (?:ticket|issue))",
    re.I,
)  # fmt: skip
_POINTING = re.compile(
    r"\b(?:that|this|those|these|same|the (?:first|second|third|fourth|fifth|last|other|top|worst|best|former|latter)) (?:user|person|customer|one|account|organi[sz]ation|company|org|product|bot|assistant|app|model|tool|topic|conversation|chat|day|week|month|period|group|segment|version|issue|problem|guy|client|team|plan|complaint)s?\b|\b(?:him|her|them|they|their|theirs|his|hers|it|its|those|these|there|he|she)\b|\bthat\b\s*[?.!]*$|\bfor (?:that|this|those)\b|\b(?:about|on|with|of|for|into|in) (?:that|this|it|them|those)\b|\bthe (?:first|second|third|fourth|fifth) one\b|\bsame for\b|\binstead\b|\bearlier\b$|\bas well\??$|\btoo\??$",
    re.I,
)  # fmt: skip
_IT_IS = re.compile(
    r"\b(?:is it|was it|does it|it is|it was|how is it|make it|there (?:is|are|was|were|any)|are there|is there|were there|was there|that (?:is|was|are|were|have|has|had|did|do|does|mention\w*|contain\w*|fail\w*|talk\w*|uses?|used|using|went|got|go|cost|never|we|you|i|the|our|people|users|customers)|this (?:week|month|year|quarter|morning|weekend|afternoon)|these days|those who|them(?:selves)|their own words)\b",
    re.I,
)


_CONFIRMING = re.compile(
    r"\W*(?:yes|yep|yeah|ok(?:ay)?|sure|fine|perfect|great|looks? (?:good|fine)|lgtm|approved?|go ahead|all good)\b.{0,60}$", re.I
)


def leans(slots: Slots, wording: str, reading: Reading, scores: dict[str, float]) -> bool:
    """Whether the question only makes sense with the one before."""
    text = slots.text.strip()
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
    short = len(slots.words) <= 4 and not (reading.metrics and (reading.links or reading.period or slots.says("how many|top|which|who")))
    pointing = bool(_POINTING.search(_IT_IS.sub(" ", text)))
    if pointing or any(mention.shift and mention.kind == "period" for mention in slots.dates):
        return True
    if (
        re.search(r"\b(?:which|who|what) of (?:them|those|these|the two|both)\b|\bthe two\b|\bboth\b", text, re.I)
        and len(slots.of_kind("user", "organization", "product", "model")) < 2
    ):
        return True
    if _LEANING.match(text):
        return not _complete(slots, reading)
    return short and not _complete(slots, reading)


def _complete(slots: Slots, reading: Reading) -> bool:
    """A question of its own: it says what is wanted, in more than a few words."""
    opener = slots.says(r"how many|how much|which|who|what|list|show|compare|give me|tell me|find|draft|write|open|create|file") is not None
    asked = bool(reading.metrics or reading.dimension or reading.events or slots.subject)
    return opener and asked and len(slots.words) >= 6


def _follow(previous: Reading, reading: Reading, answers: Sequence[str], setting: Setting) -> Reading:
    """`reading` with what it leaves out taken from `previous`."""
    slots = reading.slots
    if (
        previous.intent in ("ticket_draft", "ticket_create")
        and re.match(
            r"\W*(?:yes|yep|yeah|ok(?:ay)?|sure|fine|perfect|great|looks? (?:good|fine)|lgtm|approved?|confirm\w*|go ahead|do it|submit|file it|create it|ship it|all good|that(?: is|'s)? (?:fine|good|right))\b",
            slots.text,
            re.I,
        )
        and not slots.says(r"another|new ticket|instead|draft|how|what|which|why|who")
    ):
        return replace(reading, intent="ticket_create", follows=True)
    pointed = _pointed(previous, slots, answers, setting)
    links = _joined(previous.links, (*reading.links, *pointed), slots)
    period = shifted(previous.period, slots) or reading.period or (None if slots.all_time else previous.period)
    own = _own_intent(previous, reading)
    intent = own or previous.intent
    metrics = reading.metrics if _says_metric(slots, reading) else previous.metrics
    dimension = reading.dimension or (previous.dimension if own is None else None)
    against = reading.against
    if slots.says(r"compared? (?:to|with)|versus|vs\.?|against") and reading.period and previous.period and not reading.against:
        period, against, intent = previous.period, reading.period, "change"
    if (
        re.match(r"^(?:and |or )?(?:vs\.?|versus|compared? (?:it |that |this )?(?:to|with)|against|than)\b", slots.text.strip(), re.I)
        and reading.links
        and {link.kind for link in reading.links} & {link.kind for link in previous.links}
    ):
        links, intent = (*previous.links, *reading.links), "compare"
    than = slots.says(r"(?:better|worse|higher|lower|more|less|happier|busier|fewer)\b.*\bthan")
    if than and reading.links and {link.kind for link in reading.links} & {link.kind for link in previous.links}:
        links, intent = (*previous.links, *reading.links), "compare"
    flipped = (
        previous.intent in ("ranking", "breakdown")
        and reading.order is None
        and re.match(
            r"\W*(?:and|or|what about|how about|now|ok)?\W*(?:which (?:one )?(?:is|was|has) )?(?:the |who is the |who has the )?(?:best|worst|highest|lowest|least|most|fewest|bottom|top|second)\b",
            slots.text,
            re.I,
        )
    )
    if (
        previous.intent in ("ranking", "breakdown")
        and len(slots.words) <= 6
        and (reading.order or flipped)
        and not reading.links
        and not _says_metric(slots, reading)
        and not slots.says(r"one|user|person|product|account|why|that|this")
    ):
        links, intent, metrics, pointed = previous.links, "ranking", previous.metrics, ()
        dimension = previous.dimension
        reading = replace(reading, order=order_of(slots, previous.metrics))
    pair = _pair(previous) if slots.says(r"(?:which|who|what) of (?:them|those|these|the two|both)|the two|both") else ()
    if pair:
        links, intent = pair, "compare"
    if intent == "ranking" and previous.intent == "ranking" and pointed:
        intent = own or "user_profile"
    if previous.intent == "tool_failures" and not links and slots.says(r"since when|when|how long") and answers:
        links = _named_in(next(iter(_LIST_ITEM.findall(answers[-1])), answers[-1]), "tool", setting)
    extra = ("tool_failed",) if previous.intent == "tool_failures" and intent in _ABOUT_FAILURES else ()
    subject = reading.subject or (
        previous.subject
        if intent in ("examples", "quotes", "count", "ticket_draft", "complaints", "top_topics", "trend", previous.intent)
        else ""
    )
    if pointed and not reading.subject and own is None:
        subject = ""
    return replace(
        reading,
        intent=intent,
        metrics=metrics,
        dimension=dimension,
        links=links,
        period=period,
        against=against,
        order=reading.order or (_order_of(previous, metrics) if own is None else None),
        bad=reading.bad if reading.bad is not None else previous.bad,
        limit=reading.limit or (previous.limit if own is None else None),
        conditions=(*(reading.conditions or previous.conditions), *extra),
        thresholds=reading.thresholds or previous.thresholds,
        subject=subject,
        not_subject=reading.not_subject or previous.not_subject,
        events=reading.events
        or (previous.events if intent in ("outcomes", previous.intent, "top_topics", "complaints", "why", "examples", "quotes") else ()),
        languages=reading.languages or previous.languages,
        earlier=(*previous.earlier, *previous.links),
        follows=True,
    )


def _order_of(previous: Reading, metrics: Sequence[str]) -> str | None:
    """The order of the question before for another metric: the best by frustration are those with the least of it."""
    old, new = (lexicon.METRICS[m[0]].good if m and m[0] in lexicon.METRICS else 0 for m in (previous.metrics, metrics))
    if previous.order is None or old * new >= 0:
        return previous.order
    return "lowest" if previous.order == "highest" else "highest"


def _pair(previous: Reading) -> tuple[Link, ...]:
    """The last two different names of one kind that this chat was about, for "which of them"."""
    seen = [link for link in (*previous.earlier, *previous.links) if not link.negated]
    if not seen:
        return ()
    kind = seen[-1].kind
    names = {link.names[0].id: link for link in seen if link.kind == kind}
    others = [link for link in previous.links if link.kind != kind]
    return (*others, *list(names.values())[-2:]) if len(names) >= 2 else ()


def _says_metric(slots: Slots, reading: Reading) -> bool:
    named = [name for name in reading.metrics if name not in ("conversations", "users", "organizations")]
    return bool(
        named
        or slots.values("extreme")
        or (reading.metrics and slots.says("how many|count|number|traffic|volume|conversations|users|messages"))
    )


_ABOUT_FAILURES = frozenset({"examples", "quotes", "why", "top_topics", "complaints", "ranking", "count"})

_OWN = {
    "why": r"why|how come|reason|reasons|cause|because|driv\w+|explain|behind", "examples": r"examples?|show (?:me )?(?:them|those|it|some|a few|the conversations)|conversations?|transcripts?|ids?|chats?|cases?|instances?",
    "quotes": r"quotes?|verbatims?|say|said|words|comments?", "trend": r"trend|over time|develop\w*|going up|going down|rising|falling|since when|week by week|day by day|per day|per week|by day|by week|daily|weekly",
    "ticket_draft": r"ticket|issue for|bug report|jira|write (?:it|that|this) up|file (?:it|that|this)", "breakdown": r"by|per|split|break|each|across|breakdown",
    "complaints": r"complain\w*|pain points?|problems?|unhappy about|upset about|issues|wrong", "top_topics": r"topics?|about\?|talk(?:ing|ed)? about|ask(?:ing|ed)? about|themes?|ask|talk|discuss",
    "compare": r"compared?|vs|versus|than|or", "change": r"changed?|compared? to|versus|vs|different", "recommend": r"what (?:should|can|could) (?:we|i)|recommend|suggest|fix|improve|do about", "at_risk": r"risk|churn|leave",
    "count": r"how many|count|number", "level": r"how (?:happy|satisfied|frustrated|angry)|average|rating|score", "ranking": r"who|which|top|most|least|worst|best|else", "user_profile": r"tell me (?:more )?about|who is|profile|more about|how (?:is|are) (?:he|she|they|that)",
    "summary": r"summary|summari[sz]e|overview|recap|brief|how (?:is|are|was|were|did) (?:it|that|things)", "tool_failures": r"tools?|errors?|failures?|fail\w*", "outcomes": r"cancel\w*|churn\w*|upgrad\w*|events?|purchas\w*|refund\w*", "segment_create": r"segment|cohort|audience",
    "conversation_detail": r"transcript|conversation|chat|read|open|walk me|details?|happened", "anomalies": r"spikes?|unusual|anomal\w*|strange", "list_entities": r"list|which|names?", "inbox": r"flagged|jailbreak\w*|hallucinat\w*|toxic", "prompt_versions": r"prompts?|versions?",
    "ticket_create": r"create|file|yes|go ahead|submit|confirm\w*|do it|looks good|ok(?:ay)?|send it",
}  # fmt: skip


_IT = re.compile(r"\b(?:it|that|this|he|she|him|her)\b", re.I)
"""One thing of the answer before."""


def _own_intent(previous: Reading, reading: Reading) -> str | None:
    """The intent that the follow-up itself asks for; None where it only changes the slots of the question before."""
    slots, text = reading.slots, reading.slots.text.strip()
    forced = _forced(slots)
    if forced:
        return forced
    if re.match(r"^(?:ok(?:ay)?[, ]+|and |but |so )*(?:why|how come)\b", text, re.I):
        return "why"
    grouped = previous.intent in ("ranking", "breakdown", "compare") and not _IT.search(text)
    if slots.says("how many|number of") and reading.metrics and not grouped and reading.intent != "breakdown":
        return "outcomes" if reading.intent == "outcomes" else "count"
    if (
        re.match(r"^(?:and|what about|how about|only|just|same|now|for|in|on|without|excluding|except|but|ok)\b", text, re.I)
        and len(slots.words) <= 7
    ):
        strong = [
            name
            for name in (
                "examples",
                "quotes",
                "trend",
                "breakdown",
                "why",
                "complaints",
                "top_topics",
                "ticket_draft",
                "recommend",
                "at_risk",
                "tool_failures",
                "count",
            )
            if slots.says(_OWN[name])
        ]
        if (
            "top_topics" in strong
            and re.match(r"^(?:and |ok )?(?:what|how) about\b", text, re.I)
            and not slots.says(r"topics?|themes?|talk\w*|ask\w*|discuss\w*")
        ):
            strong.remove("top_topics")
        strong = [name for name in strong if name not in ("complaints", "examples", "count") or not (reading.metrics and name == "count")]
        if "breakdown" in strong and reading.dimension is None:
            strong.remove("breakdown")
        if previous.intent in ("ranking", "breakdown", "compare") and "count" in strong:
            strong.remove("count")
        return strong[0] if strong else None
    ranked = sorted(reading.scores.items(), key=lambda item: -item[1])
    for intent, score in ranked[:5]:
        if intent in ("follow_up", "refuse_write", "refuse_secret", "refuse_out_of_scope", "smalltalk", "help", "definition"):
            continue
        if intent == "breakdown" and reading.dimension is None:
            continue
        if score >= LEAST and intent in _OWN and slots.says(_OWN[intent]):
            return intent
    return None


_LIST_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+(.*)$", re.M)


def _pointed(previous: Reading, slots: Slots, answers: Sequence[str], setting: Setting) -> tuple[Link, ...]:
    """Names of the last answer that the question points at: "the second one", "that user", "why?" after a ranking. An ordinal points into
    the last answer that was a list."""
    answer = answers[-1] if answers else ""
    if slots.ordinal is not None:
        answer = next((text for text in reversed(answers) if len(_LIST_ITEM.findall(text)) > 1), answer)
    if not answer or [link for link in slots.links if link.kind in ("user", "organization", "product", "model", "tool", "topic")]:
        return ()
    items = _LIST_ITEM.findall(answer)
    kind = _pointed_kind(slots, previous)
    told = previous.of_kind("user", "organization")
    if slots.ordinal is None and told and previous.intent not in ("ranking", "at_risk", "list_entities"):
        return ()  # "they" are the people the turn before was about
    if (
        previous.intent in ("complaints", "top_topics")
        and items
        and re.search(r"\b(?:it|that|this)\b", slots.text, re.I)
        and not slots.says("examples?|quotes?|ticket")
    ):
        return _named_in(items[0], "topic", setting)
    if slots.ordinal is not None and items:
        item = items[slots.ordinal - 1] if 0 < slots.ordinal <= len(items) else items[-1]
        return _named_in(item, kind, setting)
    match = re.search(
        r"\b(?:that|this|it|its|the (?:top|worst|best)|him|her|he|she|his|them|they|their)\b", _IT_IS.sub(" ", slots.text), re.I
    )
    why = re.match(r"^(?:ok(?:ay)?[, ]+|and |but |so )*(?:why|how come)\b", slots.text.strip(), re.I)
    examples = slots.says(r"examples?|quotes?|transcripts?|show me|complain\w*|ticket") and previous.intent in ("ranking", "tool_failures")
    if (
        match
        and match.group().lower() in ("it", "its")
        and not (
            kind in ("product", "model", "tool", "organization", "topic")
            and previous.intent in ("ranking", "breakdown", "list_entities", "tool_failures")
        )
    ):
        match = None  # a thing, and only where the answer before listed some
    if not (match or why or examples) or previous.intent not in (
        "ranking",
        "at_risk",
        "user_profile",
        "examples",
        "tool_failures",
        "top_topics",
        "complaints",
        "list_entities",
        "breakdown",
    ):
        return ()
    if (
        slots.says(r"them|they|their|those|these")
        and len(items) > 1
        and kind not in ("user", "organization")
        and not slots.says(r"(?:those|these) \w+")
    ):
        return ()  # "they" are people, or the conversations themselves
    if slots.says(r"them|they|their|those|these") and len(items) > 1:
        return tuple(link for item in items[:10] for link in _named_in(item, kind, setting))
    if previous.intent in ("top_topics", "complaints", "breakdown", "list_entities", "examples") and not (match and kind):
        return ()
    first = re.sub(r"^\*[^*\n]+\*\n", "", answer)
    return _named_in(items[0] if items and previous.limit != 1 and not _single(answer) else first, kind, setting)


def _single(answer: str) -> bool:
    """Whether an answer names its first finding before any list."""
    body = re.sub(r"^\*[^*\n]+\*\n+", "", answer)
    return not _LIST_ITEM.match(body.lstrip())


def _pointed_kind(slots: Slots, previous: Reading) -> str | None:
    """The kind of thing that "that ..." points at."""
    for kind, words in (
        ("user", r"users?|person|people|customers?|him|her|he|she|his|guy|buyers?"), ("organization", r"accounts?|organi[sz]ations?|compan(?:y|ies)|orgs?|clients?"),
        ("product", r"products?|bots?|assistants?|apps?"), ("model", r"models?"), ("tool", r"tools?"), ("topic", r"topics?|complaint|issue|problem"),
    ):  # fmt: skip
        if slots.says(
            rf"(?:that|this|those|these|same|first|second|third|fourth|fifth|last|top|worst|best) (?:{words})|(?:him|her|he|she|his)"
        ) and slots.says(words):
            return kind
    return previous.dimension if previous.dimension in ("user", "organization", "product", "model", "tool", "topic") else None


def _named_in(text: str, kind: str | None, setting: Setting) -> tuple[Link, ...]:
    """The first name in a piece of an answer, of this kind where one is given."""
    from rapport.analyst.planner.words import split

    found = [
        link
        for link in setting.names.link(text, split(text))
        if link.score >= 100 and link.kind in ("user", "organization", "product", "model", "tool", "topic", "prompt_version", "property")
    ]
    wanted = [link for link in found if link.kind == kind] or (found if kind is None else [])
    return wanted[:1]  # type: ignore[return-value]


def _joined(old: Sequence[Link], new: Sequence[Link], slots: Slots) -> tuple[Link, ...]:
    """New names take the place of old ones of their kind, and of people where they are people; others stay."""
    replaced = {link.kind for link in new if not link.negated}
    if replaced & {"user", "organization"}:
        replaced |= {"user", "organization"}
    if slots.says(r"everyone|everybody|all (?:users|customers|products|accounts|of them)|overall|in general"):
        return tuple(new)
    properties = {link.names[0].id.partition("=")[0] for link in new if link.kind == "property" and not link.negated}
    kept = [
        link
        for link in old
        if (link.kind not in replaced or (link.kind == "property" and link.names[0].id.partition("=")[0] not in properties))
    ]
    return (*kept, *new)


def _with_context(reading: Reading, setting: Setting) -> Reading:
    """Names and dates of the context hint, where the question itself says none of that kind. A hint never asks for anything."""
    hint = read(setting.context[:2000], setting.names, setting.today)
    mine = {link.kind for link in reading.links}
    links = tuple(
        link
        for link in hint.links
        if link.kind not in mine
        and link.score >= 100
        and link.kind in ("product", "organization", "user", "model", "property")
        and not link.negated
    )
    first: dict[str, Link] = {}
    for link in links:
        first.setdefault(link.kind, link)
    period = reading.period or (hint.periods[0] if hint.periods and not reading.slots.all_time else None)
    return replace(reading, links=(*reading.links, *first.values()), period=period)


__all__ = ["Setting", "Turn", "understand"]
