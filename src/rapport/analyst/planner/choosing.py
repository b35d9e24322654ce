"""The intent of a question: what its words force, else the likeliest by the vote of the exemplars, else what the slots alone say."""

import re

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.asked import USED_MOST, asks_a_share, of_people
from rapport.analyst.planner.dimensions import ANYONE
from rapport.analyst.planner.elsewhere import TALKED, is_shopping
from rapport.analyst.planner.forced import forced
from rapport.analyst.planner.hearing import FIGURES
from rapport.analyst.planner.slots import Slots

SURE, LEAST = 0.3, 0.2
PLAIN = {"refuse_write": 0.8, "refuse_secret": 0.5}
"""Scores that an intent needs: where nothing else speaks of the tenant's data, where something does, and for a refusal by likeness alone.
Below, the slots decide, or the question is declined. Chosen on the exemplars, each judged by all the others."""

TALK = r"people|mention\w*|about|complain\w*|quotes?|conversations?|chats?|say|said|asking|talk\w*|(?:users?|customers?|clients?|visitors?|any(?:one|body)|some(?:one|body)|who|they) (?:\w+ )?(?:wrote|typed|tried|sent|put|used|demanded|wanted)"

ELSEWHERE = r"weather|poem|joke|recipe|capital of|president|stock price|bitcoin|hamlet|translate|haiku|lyrics|horoscope|world cup|movie|poetry|rhymes?|umbrella|forecast for|president|capital city"

YIELDS = {"count": 0.6, "trend": 0.9, "refuse_out_of_scope": 0.5, "complaints": 1.2, "at_risk": 1.2, "tool_failures": 1.2}
"""Intents that a few words force although the vote is often right against them, with the score from which it decides. On 4,545 questions by
six writers whose wordings the bank did not hold: "count" was right in 4 of 31 where they differed and the vote in 26; of the others, above
these scores, in 4 of 27 and in 20."""
_OF_THE_DATA = frozenset(
    "count level ranking compare breakdown trend change examples quotes outcomes complaints top_topics tool_failures why".split()
)
"""Intents that speak against a question about the world outside; "recommend a hotel" is alike to "recommend what to fix"."""


_FLAGGED = r"inbox|flag\w*|jailbreak\w*|hallucinat\w*|toxic\w*|abus\w+|safety|guard ?rails?|injections?|rules|instructions"


def intent_of(slots: Slots, ranked: list[tuple[str, float]], *, figure: bool = False) -> str:
    """The intent of a question by itself. `ranked` are intents with their scores (0 to 1), the likeliest first; `figure`: a metric was
    heard, whatever the words."""
    best, score = ranked[0] if ranked else ("", 0.0)
    if (told := forced(slots)) and not _outvoted(told, best, score, slots):
        return told
    if foreign(slots):
        return "refuse_out_of_scope"
    data = figure or substantial(slots)
    if re.match(
        r"\W*(?:show |list |give |me |us |all |our |the )*(?:plans?|tiers?|countries|regions?|industries|products?|models?|languages?|segments?) by (?:number of )?(?:conversations?|chats?|messages|users|ratings?|stars)\b",
        slots.text,
        re.I,
    ):
        return "breakdown"
    for place, (intent, score) in enumerate(ranked):
        if intent in ("refuse_write", "refuse_secret"):
            if place == 0 and score >= PLAIN[intent] and not slots.metrics and not slots.says(TALK):
                return intent
            continue  # what is to be refused is mostly told by `forced`; a likeness is not enough
        if intent == "follow_up" or (intent in ("smalltalk", "help") and len(slots.words) > 3 and data):
            continue
        if intent == "inbox" and slots.subject and slots.framed and not slots.says(_FLAGGED):
            continue  # "what do people say about weather alerts"
        if intent == "refuse_out_of_scope" and data and (not slots.says(ELSEWHERE) or slots.says(TALKED)):
            continue
        if score < (LEAST if data else SURE):
            break
        return intent
    return _fallback(slots)


_RANKED = r"who|whom|whose|top|rank\w*|list|order\w*|which (?:of (?:our|the) )?(?:\w+ )?(?:users?|persons?|people|customers?|clients?|compan(?:y|ies)|accounts?|firms?|organi[sz]ations?|products?|assistants?|bots?|models?|tools?|plans?|ones?|days?)"
"""What a ranking is asked with."""


_NAMES_RISK = r"at[ -]risk|riskiest|shakiest|churn risks?|likeliest to (?:leave|churn|cancel|quit)"


def _outvoted(told: str, best: str, score: float, slots: Slots) -> bool:
    """Whether the vote for another intent outweighs the words that force this one."""
    if told == "count" and (best not in FIGURES or (best != "trend" and asks_a_share(slots))):
        return False
    if told == "refuse_out_of_scope" and (best not in _OF_THE_DATA or is_shopping(slots)):
        return False
    if told == "at_risk" and slots.says(_NAMES_RISK):
        return False  # "users at risk: how many?"
    if told == "complaints" and best == "outcomes" and of_people(slots):
        return False  # "people who asked to cancel: what is bugging them"
    if told == "complaints" and best == "ranking" and not slots.says(_RANKED):
        return False  # "with what did they struggle the most"
    return told in YIELDS and best != told and best != "follow_up" and score >= YIELDS[told]


_DOERS = r"(?:quitters?|cancell?ers?|leavers?|churners?|upgraders?|downgraders?|unsubscribers?|defectors?)"


def counts_doers(slots: Slots) -> bool:
    """ "Which plan do most of the quitters sit on", "cancellers by country": people are told by what they did, and nothing else of them."""
    return bool(slots.says(_DOERS)) and not slots.says(rf"{USED_MOST}|models?|tools?|languages?|topics?|complain\w*|say|said")


def led_by_a_figure(slots: Slots) -> bool:
    """ "The most loyal user among those who upgraded": an end of a figure of conversations is asked for."""
    return any(extreme[0] not in (None, "events") for extreme in slots.values("extreme")) and not slots.says(
        r"(?:biggest|largest|smallest)"
    )


def _fallback(slots: Slots) -> str:
    """What the slots alone say where the wording says little: a figure, a list, complaints, or the standard briefing."""
    if slots.unknown and (slots.unknown[0][:1].isupper() or re.search(r"[@_\d]|\w-\w", slots.unknown[0])):
        return "summary"  # answered by saying that the name is unknown
    if slots.framed and slots.subject and slots.says(TALK):
        return "quotes"
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


def substantial(slots: Slots) -> bool:
    """Whether anything in the question is about the tenant's data."""
    return bool(
        slots.links or slots.metrics or slots.languages or (slots.dates and (not slots.subject or slots.framed or slots.says(TALK))) or slots.conversation_ids or slots.values("event") or slots.values("extreme")
        or [hit for hit in slots.hits if hit.kind == "dimension" and slots.text[hit.start : hit.end].lower() not in ANYONE]
        or (slots.subject and slots.framed and slots.says(r"asked|mention\w*|talk\w*|complain\w*|wrote|writ\w+|said|says?|how (?:many|often)"))
        or (slots.subject and slots.says("issues?|problems?|complaints?|conversations?|chats?|transcripts?"))
    )  # fmt: skip


def foreign(slots: Slots) -> bool:
    """Whether too many words are no English ones to trust a reading of the rest."""
    return len(slots.strange) >= 3 and len(slots.strange) >= 0.4 * len(slots.words) and not (slots.links or slots.languages)
