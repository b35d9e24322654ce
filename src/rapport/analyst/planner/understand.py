"""From the turns of a chat to one Reading: the last question in the light of those before it.

Nothing is stored: the turns before are read again, oldest first, so that a client that only sends `messages` gets the same answers.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner import hearing, lexicon, vote
from rapport.analyst.planner.asked import (
    EMPLOYER,
    RANGE,
    USED_MOST,
    bad,
    counted_noun,
    counts_events,
    counts_heads,
    done_most,
    events_wanted,
    hours,
    measured,
    metrics_of,
    of_a_length,
    of_people,
    order_of,
    shows_one,
    verbs_before_events,
)
from rapport.analyst.planner.choosing import counts_doers, intent_of, led_by_a_figure
from rapport.analyst.planner.conditions import conditions
from rapport.analyst.planner.dates import mended
from rapport.analyst.planner.detailing import of_the_shown
from rapport.analyst.planner.dimensions import HEAD, asked_for, asks_where, dimension_of, is_asked_for, property_keys, split_by
from rapport.analyst.planner.editing import beside_edits, edits
from rapport.analyst.planner.essence import essence
from rapport.analyst.planner.evidence import comments_wanted, on_the_day, quotes_wanted
from rapport.analyst.planner.exemplars import Heard, bank, masked
from rapport.analyst.planner.filing import asks_if_filed, holds_back, orders, without_what_is_not_asked
from rapport.analyst.planner.finding import read
from rapport.analyst.planner.following import follow, with_the_first
from rapport.analyst.planner.leaning import asks_how_many_failures, leans
from rapport.analyst.planner.led import led_there, of_holders
from rapport.analyst.planner.moving import peak_day, peak_unit, turned
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.orders import parted
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.pointing import placed, told_before, with_its_name
from rapport.analyst.planner.prompts_said import by_wording
from rapport.analyst.planner.quantities import MEAN_BOUND
from rapport.analyst.planner.reading import Reading, event_types, period_of, than_ago
from rapport.analyst.planner.refusals import DISCARDS
from rapport.analyst.planner.said import sought_instead
from rapport.analyst.planner.scoping import rescoped, where_it_failed
from rapport.analyst.planner.setting import Setting, Turn
from rapport.analyst.planner.short_forms import a_total
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.spelling import spelled
from rapport.analyst.planner.subject import by_nobody
from rapport.analyst.planner.tidying import TROUBLE, tidied
from rapport.analyst.planner.wordings import OLD_AND_NEW
from rapport.analyst.planner.words import stem

TURNS = 6
"""Questions before this one that are read again; what was said earlier is not carried."""

_PASSED_OVER = frozenset({"refuse_write", "refuse_secret", "refuse_out_of_scope"})
"""What was declined is nothing to go on from: what follows means the turn before it."""


def understand(question: str, before: Sequence[Turn], setting: Setting) -> Reading:
    """The reading of `question`."""
    question, declined = parted(question, setting.names)
    question = with_its_name(question, declined, setting)
    previous: Reading | None = None
    answers: list[str] = []
    for turn in before[-TURNS:]:
        told = _read(turn.question, previous, answers, setting)
        if previous is not None and told.intent in _PASSED_OVER and not previous.intent.startswith("ticket"):
            continue
        previous = told
        answers = [*answers, turn.answer]
    reading = _read(question, previous, answers, setting)
    reading = replace(reading, declined=declined)
    return _with_context(reading, setting) if setting.context else reading


def _read(question: str, previous: Reading | None, answers: Sequence[str], setting: Setting) -> Reading:
    question = without_what_is_not_asked(question)
    whole = spelled(mended(question if previous else a_total(question)), setting.names)
    question = placed(essence(whole, setting.names, setting.today), previous, answers, setting)
    slots = told_before(read(question, setting.names, setting.today), whole, setting)
    spans = [(link.start, link.end) for link in slots.links]
    wording = masked(question, spans)
    known = bank(with_meaning=setting.meaning is not None)
    alike = known.similarities(question, spans, setting.meaning)
    ranked = vote.decide(known.vote(alike), wording, vote.shape(slots))
    reading = by_wording(_resolve(slots, ranked, setting), whole)
    if previous is not None and previous.intent in ("ticket_draft", "ticket_create") and _discards(question, reading, previous):
        return replace(reading, intent="smalltalk", follows=True)
    if previous is not None and previous.intent == "ticket_draft" and (changes := edits(question)) and not _asks(reading):
        return replace(reading, intent="ticket_create" if orders(beside_edits(question)) else "ticket_draft", edits=changes, follows=True)
    if previous is not None:
        if changed := of_the_shown(reading, answers, setting) or rescoped(previous, reading):
            return where_it_failed(with_the_first(previous, changed, answers, setting))
        if leans(previous, reading):
            followed = follow(previous, reading, answers, setting)
            if asks_how_many_failures(previous, reading):
                followed = with_the_first(previous, replace(followed, intent="count"), answers, setting)
                followed = replace(followed, intent="tool_failures") if followed.of_kind("tool") else followed
            return where_it_failed(followed)
    return by_wording(_resolve(slots, ranked, setting, known.heard(alike)), whole)  # a question that stands by itself says what it asks for


def _discards(question: str, reading: Reading, previous: Reading) -> bool:
    """ "No, leave it", "please drop it, do not create it" after a draft; "not yet: how many ...?" is a question of its own."""
    if DISCARDS.match(question) and not orders(question):
        return True
    if previous.intent == "ticket_draft" and asks_if_filed(question):
        return True
    return holds_back(question) and not _asks(reading) and reading.intent != "ticket_draft"


def _asks(reading: Reading) -> bool:
    return bool(reading.slots.says(r"how many|how much|which|who|what|why|how|show|list"))


def _kind(slots: Slots, ranked: list[tuple[str, float]], setting: Setting, figure: str) -> tuple[str, tuple[str, ...]]:
    """(intent, types of events): whether a figure of conversations is asked for, or events are."""
    intent = intent_of(slots, ranked, figure=bool(figure))
    if intent == "refuse_out_of_scope" and _lists_values(slots, setting):
        intent = "list_entities"
    if (
        intent == "compare"
        and len(slots.of_kind("tool")) == 1
        and not slots.of_kind("product", "model", "organization", "property", "user")
    ):
        intent = "tool_failures"
    intent = hearing.intent(slots, intent, figure)
    if (intent == "complaints" or (intent == "summary" and slots.says(TROUBLE))) and asks_where(slots, setting.names):
        intent = "ranking"
    known = [name.id for name in setting.names.of_kind("event_type")]
    events = event_types(slots, known)
    intent = sought_instead(slots, intent, events)
    if intent == "tool_failures" and slots.of_kind("tool") and shows_one(slots):
        intent = "examples"  # "one chat where X let the user down"
    heads = intent in ("count", "outcomes") and figure in ("users", "organizations")  # "how many people left"
    of_whom = slots.of_kind("event_type") or of_people(slots) or led_there(slots) or done_most(slots)
    if figure and figure != "events" and not heads and intent not in _SHOWN and not of_whom:
        events = ()  # "put the plans in order", "what hour do we spend most on"
    if intent == "count" and events and (not of_people(slots) or counts_events(slots)):
        counted = counted_noun(slots)
        intent = intent if counted in ("conversations", "messages", "ratings", "tool_calls") else "outcomes"
    if events and (intent == "top_topics" or (intent == "complaints" and slots.says(_LEADING_TO))):
        intent = "outcomes"  # "what do people talk about before they cancel"
    if intent == "outcomes" and events and quotes_wanted(slots):
        intent = "quotes"  # "verbatims from chats where the person asked to cancel"
    elif intent == "outcomes" and events and shows_one(slots) and events_wanted(slots, "examples"):
        intent = "examples"  # "a conversation that was followed by a cancellation"
    elif events and intent in _OF_EVENTS and not measured(slots) and (not of_people(slots) or done_most(slots) or counts_doers(slots)):
        intent = "outcomes"
    elif (
        intent == "outcomes"
        and of_people(slots)
        and dimension_of(slots, "ranking", setting.names)
        in (("model", "tool", "language", "product") if slots.says(USED_MOST) and not done_most(slots) else ("model", "tool", "language"))
    ):
        intent = "ranking"  # "which model did the people who cancelled talk to most": events are of no model
    elif intent == "outcomes" and of_people(slots) and not done_most(slots) and led_by_a_figure(slots):
        intent = "ranking"  # "the most loyal user among those who upgraded"
    elif intent == "outcomes" and of_people(slots) and slots.says("how many") and counted_noun(slots) in ("conversations", "messages"):
        intent = "count"  # of the people who cancelled
    elif intent == "outcomes" and (of_people(slots) or led_there(slots)) and [name for name in slots.metrics if name not in lexicon.COUNTS]:
        best = slots.values("extreme") or slots.says(r"worst|best|most|least|highest|lowest|well|highly|badly|poorly|low|high")
        intent = ("ranking" if best else "breakdown") if dimension_of(slots, "breakdown", setting.names) else "level"
    return intent, events


_LEADING_TO = r"before|prior to|ahead of|(?:in the )?run-?up to|leading (?:up )?to|just until|preceding"


def _beside(slots: Slots, intent: str, period: Period | None, against: Period | None) -> str:
    """The intent where periods, and not names, are set side by side."""
    if (
        against
        and against.since is None
        and intent in ("summary", "why", "compare")
        and vote.shape(slots).names < 2
        and not slots.says("why|reasons?|causes?")
    ):
        return "change"
    if period is None and intent in ("count", "level") and any(mention.kind == "over" for mention in slots.dates):
        return "change"  # "week on week: how many 1-star ratings"
    alone = intent == "compare" and vote.shape(slots).names < 2  # nothing is named that could be set side by side
    if (against and (alone or intent in ("count", "level", "trend", "tool_failures", "ranking"))) or (
        alone and period and slots.says(rf"{_BEFORE_AND_AFTER}|{_THAN_BEFORE}")
    ):
        intent = "change"
    elif alone and any(threshold.metric == "conversations" for threshold in slots.thresholds):
        intent = "ranking"
    return intent


def _resolve(slots: Slots, ranked: list[tuple[str, float]], setting: Setting, heard: Heard | None = None) -> Reading:
    period, against = than_ago(slots, *period_of(slots), setting.today)
    intent, events = _kind(slots, ranked, setting, hearing.figure(heard, slots))
    intent = _beside(slots, intent, period, against)
    period = turned(slots, intent, period)
    period = on_the_day(slots, period) if intent in _SHOWN else period
    metrics = metrics_of(slots, intent) or (("users",) if intent == "change" and counts_heads(slots) else ())
    if heard and intent in hearing.FIGURES:
        told = hearing.metrics(slots, metrics, heard)
        metrics = metrics if told[:1] == ("events",) or of_a_length(slots) else told
        slots = replace(slots, thresholds=hearing.thresholds(slots, heard))
    intent = _whole_picture(slots, _form(intent, slots, metrics, setting))
    if intent == "at_risk":  # who may cancel, not who has
        events = ()
        period = None if period and period.since == period.until == setting.today else period  # "whom to call today"
    if comments_wanted(slots):  # "the remarks they left" are no leaving
        events = ()
    if intent not in ("outcomes", "why", "at_risk", "segment_create") and not of_people(slots) and not events_wanted(slots, intent):
        events = ()
    sought = slots.framed and not _OURS.fullmatch(slots.subject)
    of_heads = intent == "change" and metrics == ("users",)  # "the number of people who wrote"
    subject = slots.subject if sought or (intent in _LOOSE_SUBJECT and not of_heads) else ""
    if not slots.framed:  # "chats where people asked to cancel" are no chats about the word
        events_told = event_types(slots, [name.id for name in setting.names.of_kind("event_type")])
        subject = " ".join(word for word in subject.split() if stem(word) not in _event_stems(events_told)) if events_told else subject
    if events and subject:
        how = verbs_before_events(slots) if intent in _SHOWN and not slots.quoted else frozenset()
        subject = " ".join(w for w in subject.split() if w not in how and not {stem(part) for part in w.split("-")} <= _event_stems(events))
    if slots.stray and ((not subject and intent in _OF_NAMES) or (intent in _SHOWN and not slots.framed and by_nobody(slots, subject))):
        slots, subject = replace(slots, unknown=slots.stray), ""
    dimension, order = dimension_of(slots, intent, setting.names), order_of(slots, metrics)
    intent, dimension, order = _grouped(slots, heard, setting, intent, metrics, dimension, order)
    reading = Reading(
        intent=intent,
        slots=slots,
        today=setting.today,
        metrics=metrics,
        dimension=dimension,
        links=tuple(link for link in slots.links if link.kind != "event_type"),
        period=period,
        against=against,
        order=order,
        bad=bad(slots),
        limit=slots.limit,
        conditions=conditions(slots),
        thresholds=slots.thresholds,
        subject="" if intent == "at_risk" else subject,  # whoever it may be
        not_subject=slots.not_subject,
        events=events,
        led_to=(intent in _SHOWN and not of_holders(slots)) or (intent == "level" and led_there(slots)),
        languages=slots.languages,
        hours=hours(slots),
        scores=dict(ranked),
        product=setting.product,
    )
    return tidied(reading)


_IN_ORDER = r"(?:which|what) (?:\w+ ){1,2}(?:is |comes? |ranks? |stands? |follows?)(?:\w+ )?(?:next|second|third|first|last|on top|ahead)|who (?:comes?|is|ranks?|stands?) (?:next|second|third|first|last|on top|ahead)"
"""One of a list by its place in it: "which person comes next by number of conversations"."""


_OF_MEANS = frozenset("breakdown level list_entities why compare at_risk summary".split())


def _grouped(
    slots: Slots, heard: Heard | None, setting: Setting, intent: str, metrics: tuple[str, ...], dimension: str | None, order: str | None
) -> tuple[str, str | None, str | None]:
    """(intent, dimension, order) once it is heard what the answer runs over."""
    if intent == "count" and dimension in ("user", "organization", "product", "model") and slots.says(_IN_ORDER):
        intent = "ranking"
    if heard and intent in ("count", "level") and not slots.of_kind(str(dimension)) and hearing.splits(slots, dimension, metrics, heard):
        intent = "breakdown"
    if intent in _OF_MEANS and dimension in _LINED_UP and slots.says(MEAN_BOUND):
        intent = "ranking"  # "accounts averaging below 3"
    if (
        intent == "breakdown"
        and any(threshold.metric in ("rating", "conversations") for threshold in slots.thresholds)
        and slots.says("which|who|what")
    ):
        intent = "ranking"  # "which accounts rate us below 3"
    if heard and intent in ("ranking", "breakdown"):
        noun = asked_for(slots, setting.names)
        asked = noun is not None and noun.dimension == dimension and noun.weight >= HEAD
        held = [name.id.partition("=")[0] for link in slots.of_kind("property") for name in link.names if not link.negated]
        keys = property_keys(setting.names) - (
            {*held} if len(held) == 1 and intent == "ranking" else set()
        )  # "enterprise plan only: whose name ..."
        dimension = hearing.dimension(dimension, heard, keys, asked=asked)
        order = hearing.order(slots, metrics[0] if metrics else None, order, heard) if intent == "ranking" else order
    if intent == "tool_failures" and dimension not in (None, "tool") and not is_asked_for(slots, setting.names):
        dimension = None  # "something our bots call keeps crashing"
    if intent == "ranking" and dimension == "rating":
        intent = "breakdown"  # how many of each number of stars
    if intent == "ranking" and dimension != "weekday" and peak_day(slots) and not slots.says(r"who|which (?!day|date)\w+"):
        dimension = peak_unit(slots)
    return intent, dimension, order


_LISTED = r"(?:what|which|list|name|names? of|show|enumerate|give|all|our|the|choose|inventory|remind)\b"


def _lists_values(slots: Slots, setting: Setting) -> bool:
    """ "What plans are there?": the values of one of the tenant's own properties, and nothing that is strange."""
    if slots.strange or slots.links or not slots.says(_LISTED):
        return False
    return str(dimension_of(slots, "list_entities", setting.names)).startswith("property:")


_AROUND_EVENTS = "request requested led leads ended went asked date result resulted resulting brought made make drove pushed caused triggered prompted culminated produced became decided"


def _event_stems(events: Sequence[str]) -> frozenset[str]:
    """Stems of the words that a kind of event is told with: no subject of conversations."""
    words = [part for event in events for part in event.split("_")] + _AROUND_EVENTS.split()
    words += [word for phrases in lexicon.EVENT_WORDS.values() for phrase in phrases.split("|") for word in phrase.split()]
    return frozenset(stem(word) for word in words)


_BEFORE_AND_AFTER = r"(?:before|until|up to)\b.{0,40}\b(?:after|since|from)|(?:after|since|from)\b.{0,40}\b(?:before|earlier|previously|until)|now and then|then and now"
_THAN_BEFORE = r"(?:vs|versus|against|than|compared (?:to|with)|next to|over) (?:(?:how|what|where|the way) (?:it|they|things|that|this|he|she|we|those) (?:was|were|stood|looked|did|had been|used to be)|before|earlier|previously|the (?:time|days|weeks|stretch|period) before)"
_ONE_FIGURE = frozenset({"level", "count", "list_entities", "summary", "ranking", "compare"})


def _form(intent: str, slots: Slots, metrics: tuple[str, ...], setting: Setting) -> str:
    """The form of the answer where its nouns say it: one figure for each of something is a breakdown, versions are set side by side."""
    if (
        intent in ("count", "level", "breakdown")
        and slots.says(_BY_NUMBER)
        and str(dimension_of(slots, "ranking", setting.names)) in _LINED_UP
    ):
        return "ranking"
    split = split_by(slots, setting.names)
    if intent in ("count", "level") and not slots.thresholds and dimension_of(slots, "breakdown", setting.names) == "rating":
        return "breakdown"  # how many of each number of stars
    if intent in ("level", "compare", "ranking", "change") and slots.says(rf"(?:prompt )?versions|which (?:prompt )?version|{OLD_AND_NEW}"):
        return "prompt_versions"
    if intent == "outcomes" and split and split.startswith("property:") and metrics and not slots.of_kind("event_type"):
        others = [hit for hit in slots.hits if hit.kind == "event" and "subscri" not in slots.text[hit.start : hit.end].lower()]
        return intent if others else "breakdown"  # "dialogue count by subscription tier"
    counted = intent == "examples" and slots.says(r"counts?|numbers? of|how many|totals?")
    if split is None or not (intent in _ONE_FIGURE or counted) or not metrics:
        return intent
    if intent == "ranking" and (slots.values("extreme") or slots.values("order") or slots.says(RANGE)):
        return intent
    return "prompt_versions" if split == "prompt_version" else "breakdown"


_LINED_UP = frozenset({"user", "organization", "product", "model", "tool"})
_BY_NUMBER = r"(?:which|what|who|list|top|rank\w*|name|order|sort|biggest|largest|busiest)(?! (?:share|part|percent\w*))\b.{0,50}\b(?:by|in terms of) (?:the |their |its )?(?:number|count|amount|volume|total|conversations|chats|messages|traffic|how (?:many|much|often))\b"
""" "Which person comes next by number of conversations?": one of several that stand in a line."""

_CONTENT = (
    r"how (?:(?!many|much|often)\w+ )?(?:satisfied|happy|content|unhappy|pleased|frustrated)|are they (?:happy|satisfied|content|pleased)"
)


def _whole_picture(slots: Slots, intent: str) -> str:
    """One person, organization or product of which two different things are asked is described: where someone works and how much they
    chat, or how much an account chats and how content it is."""
    who = slots.of_kind("user", "organization", "product")
    if len(who) != 1 or who[0].negated or len(who[0].names) != 1:
        return intent
    if who[0].kind == "user" and intent in _DESCRIBED_BY_ONE and slots.says(EMPLOYER):
        return "user_profile"
    both = (
        not {"rated", "unrated"} & set(conditions(slots))
        and "conversations" in slots.metrics
        and (slots.says(_CONTENT) or {"rating", "sentiment"} & set(slots.metrics))
    )
    if intent == "count" and both and slots.says("how many|how much|number of|count|usage|volume|how often") and not slots.thresholds:
        return "user_profile" if not slots.says("rated|with (?:a )?ratings?|ratings? (?:of|below|above|under|over)|stars?") else intent
    return intent


_DESCRIBED_BY_ONE = frozenset({"count", "level", "ranking", "list_entities", "breakdown", "summary", "compare"})

_OF_EVENTS = frozenset({"ranking", "breakdown", "list_entities", "level", "trend", "change"})
"""Intents that count something: of events where a type of event is named and no other figure."""

_OURS = re.compile(
    r"(?:(?:our|its|their|the|good|bad|wrong) )*(?:answers?|responses?|repl(?:y|ies)|outputs?|help|work|service|performance)(?: (?:got|gets|get|receives?))?",
    re.I,
)
"""What an assistant or a model does is no subject of conversations: "the model whose answers are rated worst"."""
_OF_NAMES = frozenset(
    "count level ranking compare breakdown trend change why user_profile summary outcomes list_entities tool_failures top_topics at_risk conversation_detail".split()
)
"""Intents that would answer for everything where a name was not recognised."""

_SHOWN = frozenset({"examples", "quotes"})
"""Intents that show conversations themselves: an event says which of them, not whose."""

_LOOSE_SUBJECT = frozenset({"trend", "change", "examples", "quotes", "ticket_draft", "conversation_detail"})
"""Intents that take any words that are left over as what is looked for; for a figure they must follow "about", or stand before "chats"."""


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
    at = hint.conversation_ids[0] if len(hint.conversation_ids) == 1 else None
    if at and (opened := of_the_shown(reading, (), setting, at=at)):
        return opened
    return replace(reading, links=(*reading.links, *first.values()), period=period)
