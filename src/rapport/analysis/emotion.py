"""The emotion of a user message, and the one that marks a conversation.

Rules over wordings and sentiment, in order of strength: anger, frustration, confusion, worry, gratitude, joy, disappointment, neutral.
It tells what was put into words; what a person felt behind polite words it cannot see.
"""

from collections import Counter
from collections.abc import Sequence

from rapport.analysis import phrases
from rapport.domain.analysis import sentiment_label

EMOTIONS = ("anger", "frustration", "confusion", "worry", "gratitude", "joy", "disappointment", "neutral")
MARKED_SHARE = 1 / 3


def of_message(masked: str, sentiment: float | None, dissatisfied: float | None) -> str | None:
    """One of EMOTIONS; None where the message has no sentiment (no words, or a language that is not known)."""
    if sentiment is None:
        return None
    negative, positive = sentiment_label(sentiment) == "negative", sentiment_label(sentiment) == "positive"
    if not positive and phrases.ANGER.search(masked):
        return "anger"
    if phrases.FRUSTRATED.search(masked) and not positive:
        return "frustration"
    if phrases.CONFUSED.search(masked) and not positive:
        return "confusion"
    if phrases.WORRY.search(masked) and negative:
        return "worry"
    if phrases.THANKS.search(masked) and not negative:
        return "gratitude"
    if positive:
        return "joy"
    if negative:
        return "frustration" if (dissatisfied or 0) >= 0.6 else "disappointment"
    return "disappointment" if phrases.DISAPPOINTED.search(masked) else "neutral"


def of_conversation(emotions: Sequence[str | None]) -> str | None:
    """The most common emotion; neutral only where less than a third of the messages show another. Ties go to the stronger one."""
    known = [emotion for emotion in emotions if emotion]
    if not known:
        return None
    marked = Counter(emotion for emotion in known if emotion != "neutral")
    if sum(marked.values()) < MARKED_SHARE * len(known):
        return "neutral"
    return max(marked, key=lambda emotion: (marked[emotion], -EMOTIONS.index(emotion)))
