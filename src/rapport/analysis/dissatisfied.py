"""How likely it is that a user turn is a dissatisfied one, 0..1.

A linear model over plain features of the turn and of the reply before it: what was said (thanks, denial, correction, anger), whether
the reply failed or apologised, whether the user repeats, and sentiment. Trained on examples of our own in a dozen domains
(training/turns.tsv) and on nothing else. Satisfaction of an average turn is neutral, so the model ranks better than it decides.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapport.analysis import failures, handover, phrases
from rapport.analysis.dialogue import Turn
from rapport.analysis.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Context:
    """What else is known about a turn. `repeat`: similarity 0..1 to the closest earlier user turn; `failures`: failed replies before."""

    sentiment: float | None
    repeat: float
    failures: int
    position: int
    reply_repeated: bool


USER_CUES: Mapping[str, Callable[[str], re.Match[str] | None]] = {
    "thanks": phrases.THANKS.search, "praise": phrases.PRAISE.search, "closing": phrases.CLOSING.search, "accept": phrases.ACCEPT.search,
    "deny": phrases.DENY.search, "negation": phrases.NEGATION.search, "correction": phrases.CORRECTION.search,
    "insisting": phrases.INSISTING.search, "alternative": phrases.ALTERNATIVE.search, "disappointed": phrases.DISAPPOINTED.search,
    "confused": phrases.CONFUSED.search, "anger": phrases.ANGER.search, "frustrated": phrases.FRUSTRATED.search,
    "handover": handover.asked, "leaving": phrases.URGENT_LEAVING.search,
}  # fmt: skip


def features(turn: Turn, context: Context, words: Lexicon) -> dict[str, float]:
    """All features by name; flags are 0 or 1, the rest about 0..1."""
    said = turn.user.masked
    found = {name: float(bool(cue(said))) for name, cue in USER_CUES.items()}
    sentiment = context.sentiment or 0.0
    capitals = sum(1 for word in turn.user.spoken.split() if len(word) > 2 and word.isupper())
    return {
        **found,
        **_reply_features(turn, words),
        "negative": max(0.0, -sentiment),
        "positive": max(0.0, sentiment),
        "repeat": context.repeat,
        "failures": min(context.failures, 3) / 3,
        "reply_repeated": float(context.reply_repeated),
        "tool_failed": float(turn.tool_failures > 0),
        "shouting": min(capitals, 3) / 3,
        "first": float(context.position == 0),
    }


def _reply_features(turn: Turn, words: Lexicon) -> dict[str, float]:
    reply = turn.reply.masked if turn.reply else ""
    valence = words.score(turn.reply.spoken[:400]) if turn.reply else 0.0
    failed = failures.find(turn.reply, turn.asked)
    return {
        "reply_failed": float(failed is not None and failed.signal != failures.MISUNDERSTOOD),
        "reply_apology": float(bool(phrases.APOLOGY.search(reply))),
        "reply_negation": float(bool(phrases.NEGATION.search(reply))),
        "reply_misunderstood": float(failed is not None and failed.signal == failures.MISUNDERSTOOD),
        "reply_done": float(bool(phrases.DONE.search(reply))),
        "reply_negative": max(0.0, -valence),
        "reply_positive": max(0.0, valence),
    }


def contexts(turns: Sequence[Turn], sentiments: Sequence[float | None], repeats: Sequence[float]) -> list[Context]:
    """The context of each turn of one dialogue, in order."""
    found, failed, replies = [], 0, set()
    for position, (turn, sentiment, repeat) in enumerate(zip(turns, sentiments, repeats, strict=True)):
        reply = turn.reply.spoken.lower() if turn.reply else ""
        found.append(Context(sentiment, repeat, failed, position, bool(reply) and reply in replies))
        replies.add(reply)
        failed += failures.find(turn.reply, turn.asked) is not None
    return found
