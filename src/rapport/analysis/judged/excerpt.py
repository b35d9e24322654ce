"""The transcript of a conversation as a language model is shown it: JSON lines of data, bounded, the middle left out first.

What was said is untrusted. It stands inside JSON strings, which nothing that was said can close, apart from the instructions.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapport.domain.conversation import Conversation, Message

MOST_CHARACTERS = 24_000
"""Of a transcript, about 6,000 tokens: what is judged by a small model should fit its window with room to answer."""
MOST_OF_ONE = 2_000
"""Characters of one message; of longer ones the beginning and the end are shown."""
HEAD = 1 / 3
"""Share of the room that the beginning gets where the middle is left out: how a conversation ends says more than how it starts."""
ROLES = {
    "user_message": "user", "assistant_message": "assistant", "final_response": "assistant", "tool_call": "tool_call",
    "observation": "tool_result", "tool_error": "tool_error", "retrieval": "retrieved",
}  # fmt: skip
"""What is shown, and as what. Thoughts and events of frameworks are not."""

Redact = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is shown, and nothing else of it."""

    seq: int
    message_id: UUID
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown: the beginning and the end. `omitted` messages between them are not."""

    head: tuple[Line, ...]
    tail: tuple[Line, ...] = ()
    omitted: int = 0

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.head + self.tail

    @property
    def is_empty(self) -> bool:
        """Whether nobody said anything."""
        return not any(line.role in ("user", "assistant") for line in self.lines)

    def as_data(self) -> str:
        """JSON lines: {"n": number, "role": ..., "text": ...}; where messages are left out, {"omitted": how many}."""
        gap = [json.dumps({"omitted": self.omitted})] if self.omitted else []
        return "\n".join([*map(_row, self.head), *gap, *map(_row, self.tail)])


def _row(line: Line) -> str:
    return json.dumps({"n": line.seq, "role": line.role, "text": line.text}, ensure_ascii=False)


def excerpt(conversation: Conversation, redact: Redact) -> Excerpt:
    """What is shown of a conversation. `redact` takes out what the product keeps from being stored, should an older message hold it."""
    lines = [_line(message, redact) for message in conversation.messages if message.type in ROLES]
    lines = [line for line in lines if line.text.strip()]
    if sum(len(line.text) for line in lines) <= MOST_CHARACTERS:
        return Excerpt(tuple(lines))
    head = _fitting(lines, MOST_CHARACTERS * HEAD)
    tail = _fitting(lines[:head:-1], MOST_CHARACTERS * (1 - HEAD))
    return Excerpt(tuple(lines[:head]), tuple(lines[len(lines) - tail :]), len(lines) - head - tail)


def _fitting(lines: list[Line], room: float) -> int:
    """How many of the first lines fit."""
    for n, line in enumerate(lines):
        room -= len(line.text)
        if room < 0:
            return n
    return len(lines)


def _line(message: Message, redact: Redact) -> Line:
    role = ROLES[message.type]
    text = redact(message.content) or ""
    if not text and role == "tool_call":
        text = f"{message.tool_name or 'tool'}({_compact(redact(message.input))})"
    elif not text:
        text = _compact(redact(message.output))
    return Line(message.seq, message.id, role, _shortened(text))


def _compact(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _shortened(text: str) -> str:
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")  # neither JSON nor the database takes half a pair
    return text if len(text) <= MOST_OF_ONE else f"{text[: MOST_OF_ONE // 2]} [...] {text[-MOST_OF_ONE // 2 :]}"
