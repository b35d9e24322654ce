"""The analyst's tools: typed questions over analytics, and tickets. Declared once; the planner and language models call the same.

Each is bound to a Desk, below the model: no argument can reach another tenant or, where the chat has one, another product.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from rapport.analyst.tools.causes import cause_tools
from rapport.analyst.tools.conversations import conversation_tools
from rapport.analyst.tools.custom import custom_tools
from rapport.analyst.tools.desk import Desk, Reading
from rapport.analyst.tools.inbox import inbox_tools
from rapport.analyst.tools.numbers import number_tools
from rapport.analyst.tools.segments import segment_readings, segment_tools
from rapport.analyst.tools.tickets import ticket_tools
from rapport.domain.agent import Tool


@cache
def _readings() -> tuple[Reading, ...]:
    return (*number_tools(), *conversation_tools(), *cause_tools(), *inbox_tools(), *custom_tools(), *segment_readings())


class BoundTools(Sequence[Tool]):
    """All tools for one chat with the analyst, bound each time they are looked at: only a request and a call look, and a thousand
    open chats would hold forty bound tools each."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk):
        self._desk = desk

    def __iter__(self) -> Iterator[Tool]:
        return iter(bind(self._desk))

    def __getitem__(self, index: Any) -> Any:
        return bind(self._desk)[index]

    def __len__(self) -> int:
        return len(bind(self._desk))


def bind(desk: Desk) -> tuple[Tool, ...]:
    """All tools for one chat with the analyst."""
    return (*(reading.bound(desk) for reading in _readings()), *segment_tools(desk), *ticket_tools(desk))
