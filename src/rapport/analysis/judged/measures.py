"""The schema of an analysis, filled by a language model, and how its values take the place of embedded ones.

What the model leaves open (null), or puts outside the range, stays the embedded value. The quality index and its pillars are never
the model's: they follow from the signals by the documented formula, whosever they are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec

from rapport.analysis import commercial, emotion, quality, root_cause
from rapport.analysis.judged import question, quotes
from rapport.analysis.judged.excerpt import Excerpt
from rapport.analysis.judged.question import Question
from rapport.domain.analysis import FLAGS, Analysis, Evidence, MessageAnalysis, sentiment_label
from rapport.domain.conversation import Conversation

MAX_TOKENS = 2_000
MOST_MESSAGES = 60
"""User messages that are scored one by one; the last ones of a longer conversation."""
LONGEST_SUMMARY = 600
MOST_KEYWORDS = 10

SCORES: Mapping[str, tuple[float, float, str]] = {
    "sentiment": (-1, 1, "how the user feels about what they talk about, overall: -1 very negative, 0 neutral, 1 very positive"),
    "sentiment_change": (-2, 2, "sentiment of the last third of the user's messages less that of the first third"),
    "frustration": (0, 1, "how frustrated the user is"),
    "struggle": (0, 1, "how hard it is for the user to get what they came for: failures, repeats, corrections, misunderstandings"),
    "dissatisfied": (0, 1, "chance that the user is dissatisfied with the assistant"),
    "resolution": (0, 1, "chance that the user got what they came for; 0.5 is unknown"),
    "commercial_intent": (0, 1, "how plainly the user wants to buy, extend or compare prices"),
    "root_cause_confidence": (0, 1, "how sure the root cause is"),
}  # fmt: skip
CAUSES = tuple(sorted({cause for cause, _ in root_cause.SUPPORT.values()} | {cause for cause, *_ in root_cause.WORDED}))
SIGNALS = ("none", *commercial.SIGNALS, "churn_risk")
LABELS: Mapping[str, tuple[Sequence[str], str]] = {
    "emotion": (emotion.EMOTIONS, "the emotion that marks the user's messages"),
    "commercial_signal": (SIGNALS, "the strongest commercial signal; churn_risk where the user wants to leave"),
    "root_cause": (CAUSES, "what stood in the user's way; null where nothing went wrong"),
}
FACTS = {"abandoned": "the user left without an answer", "handover_requested": "the user asked for a person"}
STAYING = frozenset({"jailbreak_detected", "secret_leaked"})
"""Flags that a model adds but never takes away: whoever wrote the words that raised them also wrote what the model reads."""
SHOWN = ("root cause", "missing capability", "frustration", "struggle", "commercial intent")
"""Signals that the model backs with a quote."""


def _or_null(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]}


@cache
def _schema() -> dict[str, Any]:
    scores = {name: _or_null("number") | {"description": f"{low} to {high}: {text}"} for name, (low, high, text) in SCORES.items()}
    labels = {name: _or_null("string") | {"enum": [*known, None], "description": text} for name, (known, text) in LABELS.items()}
    facts = {name: _or_null("boolean") | {"description": text} for name, text in FACTS.items()}
    message = question.strict({"n": {"type": "integer"}, "sentiment": _or_null("number"), "dissatisfied": _or_null("number")})
    shown = question.strict({"signal": {"type": "string", "enum": list(SHOWN)}, "quote": {"type": "string"}})
    return question.strict({
        "summary": {"type": "string", "description": "what the user wanted and how it ended, in one or two sentences"},
        "messages": {"type": "array", "items": message, "description": "user messages by number n: sentiment -1 to 1, dissatisfied 0 to 1"},
        **scores, **labels, **facts,
        "flags": {"type": "array", "items": {"type": "string", "enum": list(FLAGS)}, "description": "what clearly occurred"},
        "keywords": {"type": "array", "items": {"type": "string"}, "description": "up to 10 words or phrases of the user's messages"},
        "evidence": {"type": "array", "items": shown, "description": "a quote for each signal that is there"},
    })  # fmt: skip


TASK = "Measure this conversation. Give null where it gives no ground for a value."


def ask(shown: Excerpt) -> Question:
    """The question for all measures of a conversation."""
    return question.ask(shown, TASK, _schema(), max_tokens=MAX_TOKENS)


def read(shown: Excerpt, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What of the answer can be used, by the names of domain.analysis.Analysis, as plain JSON. Keywords that nobody said and quotes
    that are not there are left out."""
    found: dict[str, Any] = {}
    for name, (low, high, _) in SCORES.items():
        found[name] = question.number(answer.get(name), low, high)
    for name, (known, _) in LABELS.items():
        found[name] = answer[name] if answer.get(name) in known else None
    for name in FACTS:
        found[name] = answer[name] if isinstance(answer.get(name), bool) else None
    if isinstance(answer.get("flags"), list):
        found["flags"] = sorted(set(question.texts(answer["flags"])) & set(FLAGS))
    summary = answer.get("summary")
    if isinstance(summary, str) and summary.strip():
        found["summary"] = quotes.plain(summary)[:LONGEST_SUMMARY]
    said = " ".join(quotes.plain(line.text) for line in shown.lines).casefold()
    words = [quotes.plain(word)[:60] for word in question.texts(answer.get("keywords"))]
    found["keywords"] = [word for word in dict.fromkeys(words) if word and word.casefold() in said][:MOST_KEYWORDS] or None
    found["messages"] = _messages(shown, answer.get("messages")) or None
    found["evidence"] = _evidence(shown, answer.get("evidence")) or None
    if not found["root_cause"]:
        found.pop("root_cause_confidence")
    return {name: value for name, value in found.items() if value is not None}


def _messages(shown: Excerpt, given: Any) -> list[list[Any]]:
    """[number, sentiment, dissatisfied] of the user's messages that were shown."""
    users = {line.seq for line in shown.lines if line.role == "user"}
    said = given if isinstance(given, list) else []
    rows = [item for item in said if isinstance(item, dict) and isinstance(item.get("n"), int) and item["n"] in users]
    scored = {row["n"]: (question.number(row.get("sentiment"), -1, 1), question.number(row.get("dissatisfied"), 0, 1)) for row in rows}
    return [[n, *scored[n]] for n in sorted(scored)][-MOST_MESSAGES:]


def _evidence(shown: Excerpt, given: Any) -> list[dict[str, Any]]:
    """[{signal, seq, text}] whose quote stands in the transcript."""
    found = []
    for item in given if isinstance(given, list) else ():
        if isinstance(item, dict) and item.get("signal") in SHOWN and isinstance(item.get("quote"), str):
            known, _ = quotes.checked([item["quote"]], shown)
            found += [{"signal": item["signal"], "seq": quote.seq, "text": quote.text} for quote in known]
    return found[:20]


# In place of the embedded values ----------------------------------------------------------------------------------------


def overlaid(
    conversation: Conversation, embedded: Analysis, measures: Mapping[str, Any], *, model: str, weights: Mapping[str, float]
) -> Analysis:
    """The analysis with the model's values where it gave one; `embedded` of it keeps what they replaced, by field."""
    given: dict[str, Any] = {name: measures[name] for name in (*SCORES, *LABELS, *FACTS, "summary") if name in measures}
    if "flags" in measures:
        given["flags"] = frozenset(measures["flags"]) | (embedded.flags & STAYING)
    if "keywords" in measures:
        given["keywords"] = tuple(measures["keywords"])
    if "root_cause" in given and embedded.root_cause and embedded.root_cause.startswith(f"{given['root_cause']}: "):
        given["root_cause"] = embedded.root_cause  # the same cause, and it names the tool
    if "messages" in measures:
        given["messages"] = _scored(embedded.messages, {n: (mood, chance) for n, mood, chance in measures["messages"]})
    if "evidence" in measures:
        given["evidence"] = _shown(conversation, embedded.evidence, measures["evidence"])
    judged = replace(embedded, **given)
    signals = _signals(conversation, judged)
    judged = replace(judged, pillars=quality.pillars(signals))
    judged = replace(judged, quality_index=quality.index(judged.pillars, signals, weights), judged_by=model)
    kept = {name: _plain(getattr(embedded, name)) for name in (*given, "pillars", "quality_index")}
    return replace(judged, embedded=kept)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else msgspec.to_builtins(value)


def _scored(messages: Sequence[MessageAnalysis], given: Mapping[int, tuple[float | None, float | None]]) -> tuple[MessageAnalysis, ...]:
    changed = []
    for message in messages:
        mood, chance = given.get(message.seq, (None, None))
        mood = message.sentiment if mood is None else mood
        label = None if mood is None else sentiment_label(mood)
        chance = message.dissatisfied if chance is None else chance
        changed.append(replace(message, sentiment=mood, sentiment_label=label, dissatisfied=chance))
    return tuple(changed)


def _shown(conversation: Conversation, embedded: Sequence[Evidence], given: Sequence[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """The model's quotes, and the embedded evidence for signals that it does not quote for."""
    contents = {message.seq: message.content or "" for message in conversation.messages}
    own = []
    for item in given:
        place = re.search(r"\s+".join(map(re.escape, item["text"].split())), contents.get(item["seq"], ""))
        start, end = place.span() if place else (0, 0)
        own.append(Evidence(item["signal"], item["seq"], start, end, item["text"]))
    quoted = {item.signal for item in own}
    kept = [item for item in embedded if item.signal not in quoted]
    return tuple(sorted([*own, *kept], key=lambda item: (item.seq, item.start, item.signal)))


def _signals(conversation: Conversation, judged: Analysis) -> quality.Signals:
    return quality.Signals(
        sentiment=judged.sentiment, dissatisfied=judged.dissatisfied, resolution=judged.resolution, frustration=judged.frustration,
        struggle=judged.struggle, commercial_intent=judged.commercial_intent, leaving=judged.commercial_signal == "churn_risk",
        flags=judged.flags, rating=quality.conversation_rating(conversation.ratings),
        event_impact=quality.event_impact(conversation.events),
    )  # fmt: skip
