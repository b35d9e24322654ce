"""Small builders for analysis tests: a conversation from what was said, and a toolkit without an encoder file."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from rapport.analysis import toolkit
from rapport.domain.conversation import ROLE_TYPES, BusinessEvent, Conversation, Message, Rating
from rapport.providers.encoder_lexical import LexicalEncoder

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRODUCT = UUID(int=77)
LEXICAL = toolkit.load(LexicalEncoder())


def conversation(*messages: tuple, ratings: tuple[Rating, ...] = (), events: tuple[BusinessEvent, ...] = ()) -> Conversation:
    """Messages as (role or type, content) or (type, content, other fields)."""
    said = tuple(
        Message(
            id=UUID(int=seq + 1),
            seq=seq,
            type=ROLE_TYPES.get(kind, kind),
            created_at=START + timedelta(seconds=seq),
            content=content,
            **(rest[0] if rest else {}),
        )
        for seq, (kind, content, *rest) in enumerate(messages)
    )
    return Conversation(1, UUID(int=5), PRODUCT, START, START, said, ratings=ratings, events=events)


def rating(score: float) -> Rating:
    return Rating(value=score, low=1, high=5, rated_at=START)


def event(impact: float) -> BusinessEvent:
    return BusinessEvent(type="refund", value="1", value_type="text", influence="neutral", quality_impact=impact, event_at=START)
