"""The token budget of a model call."""

import math
from collections.abc import Iterable

from rapport.domain.agent import ChatMessage, ModelRequest

MESSAGE_TOKENS = 4
"""What a chat format adds around each message (role and separators)."""


def estimate_tokens(text: str) -> int:
    """About how many tokens a current tokenizer makes of `text`, 0 or more. Four characters a token for ASCII and one and a
    half for other scripts: within a fifth of published counts for English prose, and on the high side for code and CJK."""
    if text.isascii():
        return math.ceil(len(text) / 4)
    ascii_count = sum(1 for character in text if character < "\x80")
    return math.ceil(ascii_count / 4 + (len(text) - ascii_count) / 1.5)


def estimate_messages(messages: Iterable[ChatMessage]) -> int:
    """Estimated tokens of messages, calls of tools included."""
    return sum(
        MESSAGE_TOKENS + estimate_tokens(m.content) + sum(estimate_tokens(c.name) + estimate_tokens(c.arguments) for c in m.tool_calls)
        for m in messages
    )


def estimate_request(request: ModelRequest) -> int:
    """Estimated input tokens of a model call, without the schemas of its tools."""
    return estimate_tokens(request.system) + estimate_messages(request.messages)
