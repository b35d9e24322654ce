"""Chooses the answer for a reading."""

import re
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from dataclasses import replace

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers import (
    absent,
    across,
    actions,
    attention,
    averages,
    breakdowns,
    causes,
    changes,
    comparisons,
    conversations,
    counts,
    cuts,
    dates,
    declines,
    events,
    facts,
    levels,
    movers,
    newcomers,
    people,
    rankings,
    segments,
    spans,
    summaries,
    tenure,
    tools,
    topics,
    turning,
    versions,
)
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, joined
from rapport.analyst.planner.answers.sides import compared, sets_failures_beside
from rapport.analyst.planner.asked import BROKEN, summed
from rapport.analyst.planner.conditions import FELL_OVER
from rapport.analyst.planner.dimensions import SPOKEN, asked_for
from rapport.analyst.planner.forced import is_bare
from rapport.analyst.planner.idioms import RISK
from rapport.analyst.planner.moving import moves
from rapport.analyst.planner.nested import nested
from rapport.analyst.planner.not_kept import TICKETS, not_kept
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.subject import STOP
from rapport.analyst.planner.understand import understand

ANSWERS: Mapping[str, Callable[[Asked], Answer]] = {
    "count": counts.count, "level": levels.level, "ranking": rankings.ranking, "compare": comparisons.compare, "growing_topics": topics.growing_topics, "breakdown": breakdowns.breakdown,
    "trend": changes.trend, "change": causes.changes, "movers": movers.movers, "average": averages.average, "spans": spans.each, "turning_point": turning.turning_point, "why": causes.why, "tool_failures": tools.tool_failures, "tool_onset": tools.tool_onset, "outcomes": events.outcomes,
    "anomalies": attention.anomalies, "recommend": attention.recommend, "inbox": attention.inbox, "top_topics": topics.top_topics, "complaints": topics.complaints,
    "examples": conversations.examples, "quotes": conversations.quotes, "conversation_detail": conversations.conversation_detail,
    "appearance": dates.appearance, "conversation_before": conversations.neighbour, "conversation_after": conversations.neighbour, "conversation_like": conversations.alike,
    "user_profile": people.user_profile, "facts": facts.facts, "at_risk": people.at_risk, "absent": absent.absent, "newcomers": newcomers.newcomers, "across": across.across, "cuts": cuts.cuts, "tenure": tenure.tenure, "summary": summaries.summary, "list_entities": summaries.list_entities,
    "prompt_versions": versions.prompt_versions, "what_was_changed": versions.what_was_changed, "ticket_draft": actions.ticket_draft, "ticket_create": actions.ticket_create,
    "segment_create": segments.segment_create, "segment_list": segments.segment_list, "segment_profile": segments.segment_profile,
    "segment_compare": segments.segment_compare, "segment_members": segments.segment_members, "inbox_list": segments.inbox_list, "definition": declines.definition, "help": declines.help, "smalltalk": declines.smalltalk,
    "refuse_write": declines.refuse_write, "refuse_secret": declines.refuse_secret, "refuse_out_of_scope": declines.refuse_out_of_scope,
}  # fmt: skip

NAMELESS = frozenset(
    {
        "refuse_write",
        "refuse_secret",
        "refuse_out_of_scope",
        "ticket_create",
        "ticket_draft",
        "help",
        "smalltalk",
        "definition",
        "segment_create",
    }
)
"""Intents for which a strange name is no reason to say that it is unknown."""


def answer(asked: Asked) -> Answer:
    """The generator that answers this reading; what is declined of it is said first."""
    text = yield from _answer(asked)
    topical = {word for name in asked.setting.names.of_kind("topic") for word in name.text.lower().split() if len(word) > 3}
    text += _left_out(asked.reading, text, topical) + ("" if text.startswith(_PLAIN) else _doubt(asked.reading, text))
    return f"{declines.sentence(asked.reading.declined)}\n\n{text}" if asked.reading.declined else text


_TELLS = frozenset(
    "count level ranking compare breakdown trend change why user_profile summary outcomes list_entities tool_failures top_topics complaints at_risk recommend".split()
)


UNSURE = 0.5
"""Score of the chosen intent below which an answer says so: on 2,032 turns by six writers, 5 in 100 answers were wrong, of the 7 in 100 below
it 21; a third of all that were wrong."""


_PLAIN = (
    "*users, every rating",
    "*users with",
    "*organizations with",
    "*products with",
    "*models with",
    "*since when tools fail",
    "*share of",
    "*average number of",
    "*change of",
    "*turning point of",
    "*first and last day",
)
"""Answers that are given by what the words say plainly, whatever the exemplars think."""


_BY_ANY_WORD = ("*change of", "*turning point of", "*since when tools fail")
"""Answers to questions that are told in words of all kinds: "took a knock", "has been shaky"."""


def _doubt(reading: Reading, text: str) -> str:
    """What is said where the exemplars hardly speak for the kind of answer that was given."""
    if reading.follows or reading.intent not in _TELLS or reading.slots.unknown or not text.startswith("*"):
        return ""
    if reading.intent == "change" and reading.against:
        return ""  # two periods are set beside each other, whatever the exemplars say
    if reading.intent == "count" and is_bare(reading.slots):
        return ""
    said = reading.slots.metrics or reading.slots.values("extreme")
    if reading.intent == "level" and reading.metric in reading.slots.metrics and not reading.slots.strange and not reading.slots.subject:
        return ""  # the figure is named, and nothing else is said
    if reading.intent == "tool_failures" and reading.of_kind("tool") and not reading.slots.strange:
        return ""
    by_what = (
        reading.intent == "ranking" and reading.metric in (None, "conversations") and not said and reading.slots.strange
    )  # "the touchiest"
    by_what = by_what or (
        reading.intent == "ranking"
        and not said
        and bool(reading.slots.says(r"(?!latest|earliest|most|least|best|worst)[a-z]{3,}(?<!requ)(?<!int)(?<!sugg)est"))
    )
    if not by_what and (not reading.scores or reading.scores.get(reading.intent, 0.0) >= UNSURE):
        return ""
    return "\n\nI could not tell for sure what is asked here; the first line says how I read it. If you mean something else, say it in other words."


def _left_out(reading: Reading, text: str, topical: Set[str] = frozenset()) -> str:
    """Names the words of the question that no part of the answer took into account: what looks sure may rest on half of the question."""
    if reading.intent not in _TELLS or reading.slots.unknown or not text.startswith("*") or text.startswith(_BY_ANY_WORD):
        return ""
    said = text.lower()
    if reading.intent == "at_risk":  # "likeliest to bolt", "whom I should ring first" are what it answers
        said += "".join(match.group().lower() for match in re.finditer(RISK, reading.slots.text, re.I))
    fresh = reading.slots.says(rf"{newcomers.NEW}|returning (?:users|people|customers|accounts|clients|visitors|companies)")
    if (
        fresh
        and reading.intent in ("count", "trend", "change", "breakdown", "level")
        and not text.startswith(("*new ", "*prompt versions"))
    ):
        return f"\n\nAll who wrote are counted here, not {fresh.group().lower()} alone; ask “how many new users” with a period for those."
    if sentence := not_kept(reading, said):
        return sentence
    words = [word for word in reading.slots.strange if (word.isalpha() or " " in word) and len(word) > 3 and word.lower() not in said]
    if reading.intent == "count" and not reading.subject:  # what the tenant's topics are named by is said of the conversations
        words += [word for word in reading.slots.subject.split() if word in topical and word not in said and word not in STOP]
    words = words or _clause_left(reading, text)
    return f"\n\nNot taken into account: {joined([f'“{word}”' for word in dict.fromkeys(words)])}." if words else ""


_RESTRICTS = re.compile(
    r"\b(?:conversations?|chats?|dialogues?|sessions?|threads?|messages?|users?|people|customers?) (?:that|which|who|where|in which) (?P<rest>[^.?!,;]{3,60}?)\s*(?:[.?!,;]|$)",
    re.I,
)
_SMALL_WORDS = re.compile(
    r"(?:(?:we|you|i|they|there|it|he|she|us|our|have|had|has|been|be|is|are|was|were|did|do|does|got|get|came|come|in|took|take|place|happened|happen|exist|existed|logged|stored|recorded|kept|held|on|record|file|here|so|far|now|ever|at|all|the|a|with|use|used|talked?|wrote|write|chat(?:ted)?|know)\b\W*)+",
    re.I,
)
_BARE = re.compile(r"\*(?:conversations|users|messages) · all time\*")


def _clause_left(reading: Reading, text: str) -> list[str]:
    """What says which conversations are meant, where the figure is of all: "chats that were just small talk"."""
    told = _RESTRICTS.search(reading.slots.text) if reading.intent == "count" and _BARE.match(text) and "Nobody wrote" not in text else None
    return [told["rest"].strip()] if told and not _SMALL_WORDS.fullmatch(told["rest"]) else []


def _answer(asked: Asked) -> Answer:
    if within := nested(asked.reading, asked.question):
        inner = understand(within.inner, (), asked.setting)
        first_of = people.at_risk if inner.intent == "at_risk" else rankings.ranking
        told = yield from first_of(replace(asked, reading=inner, question=within.inner, before=()))
        if first := re.search(r"\*\*([^*\n]+)\*\*(?:: ([^.\n]*?)(?: \(|,|$))?", told, re.M):
            outer = within.about(first[1])
            text = yield from _answer(replace(asked, reading=understand(outer, asked.before, asked.setting), question=outer))
            return f"{text}\n\n({within.told[:1].upper()}{within.told[1:]} is {first[1]}{', with ' + first[2] if first[2] and inner.intent != 'at_risk' else ''}.)"
    return (yield from _of_one_question(asked))


def _of_one_question(asked: Asked) -> Answer:
    if asked.reading.slots.says(TICKETS) and not asked.before:
        return "I draft and create tickets, and neither count nor list them: `GET /api/v1/tickets` lists those that were created here, newest first."
    if asked.reading.intent not in ("refuse_write", "refuse_secret", "ticket_create", "smalltalk", "help"):
        asked = yield from facts.with_ids(asked)
    reading = asked.reading
    if reading.slots.unknown and reading.intent not in NAMELESS and not reading.of_kind("user", "organization"):
        return (yield from declines.unknown_name(asked))
    outside = [name.text for link in reading.of_kind("product") for name in link.names if name.text != asked.setting.product]
    if asked.setting.product and outside and reading.intent not in NAMELESS:
        yield [Call("countConversations")]
        return (
            f"This chat is limited to {asked.setting.product}, so I cannot answer about {joined(outside)}. Ask again without `productId`."
        )
    intent = segments.wanted(asked, reading.intent) or route(asked)
    reading, loose = yield from _carried(conversations.of_tone(reading), intent)
    reading = replace(reading, intent=intent)
    text = yield from ANSWERS.get(intent, summaries.summary)(replace(asked, reading=reading))
    return f"{text}\n\nNobody wrote “{loose}” there, so these words are not taken into account." if loose else text


_SAID_ABOUT = r"about|mention\w*|regarding|concerning|complain\w*|words?|phrase|topics?|subjects?|related|say|said|saying|writ\w+|wrote|ask\w* for|discuss\w*|bring\w* up|brought up"

_SEEKS = _TELLS | {"examples", "quotes"}
_WAS_NOT = r"\w+n['’]t|(?:can|could|did|do|does|was|were|would|has|have|had|is|are) ?not|never|unable to"
"""In a clause that tells what went wrong: "people who could not reset their router"."""
MOST_WORDS = 6
"""Words of a subject that are looked up one by one."""


def _carried(reading: Reading, intent: str) -> Generator[Sequence[Call], Sequence[Output], tuple[Reading, str]]:
    """(reading, words left out): of a subject that nothing frames, the words that some message of the tenant holds. What no message holds is
    how the question is put ("dig me out", "fell over"), or is said nowhere; a question that asks for nothing else keeps it."""
    words = reading.subject.split()
    if intent not in _SEEKS or not words or len(words) > MOST_WORDS or reading.slots.quoted:
        return reading, ""
    if reading.slots.framed and (intent not in _TELLS or reading.slots.says(_SAID_ABOUT)):
        return reading, ""
    if intent not in _TELLS and (STOP & set(words) or reading.slots.says(_WAS_NOT)):
        return reading, ""  # a clause: "people who could not log in"
    found = yield [Call("countConversations", {"filter": {"text": word}}) for word in words]
    kept = [word for word, one in zip(words, found, strict=True) if one.error or one.figure("conversations").get("value")]
    lost = [word for word in words if word not in kept]
    if kept and intent in _TELLS:
        (held,) = yield [Call("countConversations", {"filter": replace(reading, subject=" ".join(kept)).filter(text=True)})]
        kept, lost = (kept, lost) if held.error or held.figure("conversations").get("value") else ([], words)
    narrowed = bool(
        reading.links or reading.conditions or reading.thresholds or reading.languages or reading.events or reading.bad is not None
    )
    sought = re.search(
        rf"\b(?:with|over|on|of|for|re|\w+ing)\s+(?:an?\s+|the\s+|some\s+)?{re.escape(words[0])}\b", reading.slots.text, re.I
    )
    if not kept and intent not in _TELLS and (sought or not narrowed):
        return reading, ""  # "an enterprise customer with parachute lessons": nobody has them
    return (replace(reading, subject=" ".join(kept)), " ".join(lost)) if lost else (reading, "")


_AMOUNT = r"how many|how much|how often|number|count|total|sum|what (?:share|percent\w*|part|portion)"
_OF_CHANGES = frozenset(
    "change why level trend summary prompt_versions compare count breakdown list_entities anomalies inbox appearance".split()
)
_DOING = r"chang\w*|alter\w*|modif\w+|tweak\w*|swapp?\w*|introduc\w+|releas\w+|deploy\w*|roll\w* out|ship\w*|adjust\w*|tamper\w*|touch\w*|fiddl\w*|do|done"
_DONE_TO = (
    rf"what (?:else |exactly )?(?:(?:had|has|have) (?:we|you|they|the team|the engineers|anyone|somebody|someone|been)|was|were|did (?:we|you|they|the team|the engineers|anyone|somebody|someone))(?: \w+){{0,2}}? (?:{_DOING})\b(?! (?:people|users|customers|they|most|better|worse))"
    rf"|(?:did|have|had|has) (?:we|you|they|the team|the engineers|anyone|anybody|somebody|someone) (?:{_DOING}|go and change|mess with|play with|switch\w*)\b(?: \w+){{0,2}}? (?:something|anything|sth)\b|(?:did|has|had) (?:something|anything) (?:get )?(?:been )?(?:{_DOING})\b|(?:any|some) changes? (?:on|at|from|by) our (?:end|side)"
    rf"|(?:which|what) changes? (?:did we|have we|had we|was|were|had been|has been|(?:we|they|you|the team) made)"
)
"""What was done to the assistant; "what changed" alone asks how the figures moved."""
_MOVING = r"(?:wors|improv)\w+ (?:lately|recently)|(?:go|gone|went|going) (?:up|down)|climb\w*|worsen\w*|deteriorat\w*|ris(?:e|en|ing)|increas\w*|decreas\w*|trend\w*|over time|more (?:often|frequent)\w*|(?:getting|become|becoming) (?:better|worse|more|less)|per (?:day|week)|daily|weekly"
_SHAPED = r"trends?|develop\w*|evol\w*|chart|plot|graph|curve|timeline|history|by|per|each|dai?ly|weekly|monthly|hourly|chang\w*|grow\w*|grew|drop\w*|fall\w*|fell|rose|declin\w*|since when|pattern|week over week|day over day|peak\w*|over|across|direction|up|down|improv\w*|wors\w*|better|when"
_GROWING = r"grow\w*|grew|ris(?:e|en|ing)|rose|increas\w*|gain\w*|emerg\w*|trending|jump\w*|surg\w*|spik\w*|soar\w*|climb\w*|(?:taken|took|taking|takes) off|shot up|sho(?:o)?t(?:ing)? up|sky-?rocket\w*|rocket\w*|explod\w*|boom\w*|balloon\w*|swell\w*|swollen|mushroom\w*|(?:gather|pick)\w* (?:up|steam|pace|momentum)|up and coming|coming up|picking up|more often|more frequent\w*|on the up|new(?:ly)?|shr[aiu]nk\w*|declin\w*|fad(?:e|ed|ing)|dying|died (?:down|out)|f[ae]ll(?:en|ing)?|decreas\w*|dwindl\w*|wan(?:ed|ing)|ebb\w*|cool(?:ed|ing)|dropp\w*|lost (?:ground|steam|most)"
_LENGTH = r"average|mean|typical\w*|how long|per (?:chat|conversation|dialogue|session)|length"
_OF_TOOLS = frozenset({None, "tool_calls", "tool_failures", "tool_failure_rate", "conversations"})


def _over_days(reading: Reading) -> bool:
    """Whether topics can grow in the time that is asked about: what there was most of on one day is no growth."""
    period = reading.period
    return not (period and period.since and period.since == period.until)


def _asks_for_onset(asked: Asked) -> bool:
    """ "Since when is this tool failing?", and "when did it start?" after an answer about tools."""
    reading = asked.reading
    says = reading.slots.says
    if reading.intent.startswith(("ticket", "refuse")) or not says(_WHEN) or says(r"last(?! (?:\d|week|month|few))|most recently"):
        return False
    failing = says(
        rf"{FELL_OVER}|fail\w*|br(?:ea|o)k\w*|crash\w*|errors?|erroring|down|go(?:ne|ing)? wrong|went wrong|trouble|problems?|act\w* up|time ?outs?|timing out|flaky|unreliable|unstable|shaky|wonky|patchy|erratic|out of order"
    )
    if reading.slots.of_kind("tool"):
        return bool(
            failing
            or says(BROKEN)
            or (says(rf"{_EVER_SINCE}|start\w*|beg[aiu]n\w*") and not says(_IN_USE))
            or says(r"(?:get|got|gotten|getting|become|became|turn|turned) (?:\w+ )?(?:worse|bad|unreliable|flaky)|worsen\w*|deteriorat\w*")
        )
    follows = reading.follows and bool(reading.of_kind("tool")) and bool(says(r"start\w*|beg[aiu]n\w*|since|first|onset") or failing)
    return follows or bool(failing and says(r"(?:the|a|any|our|these|those|which|what) (?:\w+ )?tools?(?: \w+)?"))


_EVER_SINCE = r"since when|since what (?:day|date)|since which (?:day|date)|from when|how long (?:has|have)|onset"
_IN_USE = r"us(?:e|es|ed|ing)|call\w*|called|live|exist\w*|introduc\w*|availab\w*|around|there|have we|we have|ha(?:s|ve) been (?:in|part)|add\w*|deploy\w*|work(?:s|ed|ing)?"
""" "Since when has X been acting the goat": of a tool only its trouble is asked, unless its use is."""
_WHEN = r"since when|since what (?:day|date)|since which (?:day|date)|when (?:did|has|have|was|were|is|does|do|exactly)|from when|how long (?:has|have|is)|(?:what|which) (?:day|date)|onset"


def _sets_side_by_side(reading: Reading) -> bool:
    """Several names of one kind, and no other kind of thing that is ranked: "which of A, B and C has the most chats"."""
    sides = compared(reading)
    if len(sides) < 2:
        return False
    kind = sides[0][2]
    key = f"property:{reading.of_kind('property')[0].names[0].id.partition('=')[0]}" if kind == "property" else ""
    if key and reading.dimension == key and reading.slots.says(r"by|per|each|every|according"):
        return False
    if key:
        return str(reading.dimension).startswith("property:") or (
            reading.dimension in (None, "user", "organization", "product") and reading.intent == "breakdown"
        )
    if kind == str(reading.dimension):
        return True
    weighed = reading.slots.says(r"more|less|fewer|better|worse|higher|lower|or|versus|vs|between|which of")
    return reading.dimension in (None, kind) or bool(weighed and kind == "organization" and reading.dimension == "user")


_OF_GROUPS = frozenset("ranking at_risk list_entities count level breakdown compare user_profile summary examples outcomes".split())
_LIST_AND_COUNT = r"(?:(?:which|what|list|name|names of) (?:\w+ ){0,2}(?:compan(?:y|ies)|organi[sz]ations?|accounts?|clients?|firms?|users?|people|customers?)|who)\b.*(?:and|,|plus) how many(?: (?:are (?:they|there|those)|of them|in all|altogether|is that))?\W*$|^\W*how many (?:\w+ ){0,2}(?:compan(?:y|ies)|organi[sz]ations?|accounts?|clients?|firms?|users?|people|customers?)\b.*(?:and|,) (?:which|who|what are they|which ones)(?: (?:are they|ones|of them))?\W*$"
""" "Which companies are on the pro plan, and how many?": a list, that also tells its length."""
_CHOSEN = r"who|which|any(?:one|body)?|some(?:one|body)|list|names?|name|what|how many|users?|people|customers?|clients?|accounts?|compan(?:y|ies)"


_WHICH_SHARE = r"(?:what|which|how (?:large|big) an?) (?:share|percent\w*|part|proportion|fraction|portion|slice)"


def route(asked: Asked) -> str:
    """The intent, once its slots are looked at: some readings are better served by a neighbour."""
    reading = asked.reading
    dimension, intent, says = reading.dimension, reading.intent, reading.slots.says
    named = reading.of_kind("tool")
    if facts.wanted(reading):
        return "facts"
    one_kind = dimension in ("user", "organization") and not reading.of_kind(str(dimension))
    if intent in ("user_profile", "summary") and one_kind and reading.bad is not None and says("who|which"):
        return "ranking"  # "who from Acme is unhappy?"
    if intent in ("tool_failures", "compare", "why", "level", "count", "outcomes", "change") and sets_failures_beside(reading):
        return "compare"
    if tenure.wanted(reading):
        return "tenure"
    if newcomers.wanted(reading):
        return "newcomers"
    listed_with = intent == "list_entities" and [name for name in reading.metrics if name not in lexicon.COUNTS]
    if listed_with and dimension in ("user", "organization", "product", "model"):
        return "ranking"  # "list all people of X with their average rating"
    if cuts.wanted(reading):
        return "cuts"
    if across.wanted(reading):
        return "across"
    if (
        intent == "count"
        and (dimension or f"{reading.metric}"[:-1]) in ("organization", "user")
        and says(_LIST_AND_COUNT)
        and not reading.thresholds
    ):
        return "list_entities"
    if intent in _OF_GROUPS and says(_CHOSEN) and absent.lack_of(reading):
        return "absent"
    if intent in ("breakdown", "tool_failures", "ranking") and reading.metrics and not named and summed(reading.slots) and says(_AMOUNT):
        return "count" if reading.metric in (*lexicon.COUNTS, "tool_failures", "tool_calls", "events") else "level"
    often = any(threshold.metric == "conversations" for threshold in reading.thresholds)
    if often and intent in ("ranking", "count", "level") and dimension in ("user", "organization") and says(_WHICH_SHARE):
        return "count"
    listed = intent == "count" and says(r"^\W*(?:which|who|list|name|show|give)\b")
    if often and (listed or intent in ("examples", "list_entities", "user_profile", "summary", "level", "ranking")):
        return "ranking"
    return _of_figures(asked)


def _of_figures(asked: Asked) -> str:
    """The intent of what asks for a figure of a special shape: over spans, by group, at a turning point."""
    reading = asked.reading
    dimension, intent, says = reading.dimension, reading.intent, reading.slots.says
    named = reading.of_kind("tool")
    if _asks_for_onset(asked):
        return "tool_onset"
    if intent in _OF_CHANGES and says(_DONE_TO):
        return "what_was_changed"
    if spans.wanted(reading):
        return "spans"
    if averages.wanted(reading):
        return "average"
    if turning.wanted(reading):
        return "turning_point"
    if movers.wanted(reading):
        return "movers"
    if intent in ("count", "tool_failures", "outcomes") and not named and says(tools.HOW_MANY_TOOLS) and says(rf"{BROKEN}|{FELL_OVER}"):
        return "tool_failures"
    if (intent in ("ranking", "breakdown", "list_entities") and dimension == "tool") or (intent == "compare" and len(named) >= 2):
        return "tool_failures"
    if (
        intent in ("why", "summary", "change", "anomalies")
        and dimension == "tool"
        and not named
        and says(r"(?:which|what) (?:\w+ )?tools?")
    ):
        return "tool_failures"  # "something went wrong ten days ago. Which tool was it?"
    if "messages_per_conversation" in reading.metrics and intent in ("count", "examples", "summary") and says(_LENGTH):
        return "level"
    listed = dimension in ("organization", "user") and not reading.of_kind("user", "organization") and reading.of_kind("property")
    if intent in ("user_profile", "summary") and listed and says(r"which|what|list|names?|who"):
        return "list_entities"
    if (
        intent == "level"
        and dimension in ("user", "organization", "product", "model")
        and reading.slots.thresholds
        and says(r"which|what|who|list|show|any")
    ):
        return "ranking"
    if (
        intent == "trend"
        and (reading.metric in (None, "conversations", "messages", "users"))
        and reading.period
        and not says(_MOVING)
        and not says(_SHAPED)
    ):
        return "count"
    return _of_things(asked)


def _of_things(asked: Asked) -> str:
    """The intent of what asks for topics, tools, conversations or groups of them."""
    reading = asked.reading
    dimension, intent, says = reading.dimension, reading.intent, reading.slots.says
    named = reading.of_kind("tool")
    if intent == "top_topics" and reading.against and says(r"more|less|fewer|than") and not reading.of_kind("topic"):
        return "growing_topics"
    if dimension == "topic" and says(_GROWING) and not reading.of_kind("topic") and _over_days(reading):
        return "growing_topics"
    if intent == "ranking" and dimension == "topic" and not (reading.metric in rankings.MEANS and reading.order):
        return "top_topics"
    if intent == "ranking" and dimension == "conversation" and not reading.of_kind("user"):
        return "examples"
    if intent == "anomalies" or (named and intent == "trend" and moves(reading.slots)):
        return intent
    if named and intent in ("trend", "tool_failures", "level") and (says(_MOVING) or moves(reading.slots)):
        return "trend"
    if intent in ("ranking", "breakdown", "list_entities") and _sets_side_by_side(reading):
        return "compare"
    about_tools = intent in ("summary", "level", "user_profile", "count", "outcomes", "definition", "trend") and reading.metric in _OF_TOOLS
    if named and about_tools and not says(r"conversations?|chats?|users?|people"):
        return "tool_failures"
    if intent == "tool_failures" and not named and says(_MOVING):
        return "trend"
    noun = asked_for(reading.slots, asked.setting.names)
    spoken = noun is not None and noun.weight <= SPOKEN and dimension in ("product", "model")  # "something that our bots call"
    if (
        intent == "tool_failures"
        and not spoken
        and (dimension in ("user", "organization", "product", "model", "day", "week") or str(dimension).startswith("property:"))
    ):
        return "ranking"
    if intent == "level" and dimension and not reading.metrics and not reading.links:
        return "breakdown"
    return intent
