"""The analyst's tools: typed questions over analytics, and tickets. Declared once; the planner and language models call the same.

Each is bound to a Desk, below the model: no argument can reach another tenant or, where the chat has one, another product.
"""

from functools import cache

from rapport.analyst.tools.causes import cause_tools
from rapport.analyst.tools.conversations import conversation_tools
from rapport.analyst.tools.desk import Desk, Reading
from rapport.analyst.tools.inbox import inbox_tools
from rapport.analyst.tools.numbers import number_tools
from rapport.analyst.tools.segments import segment_readings, segment_tools
from rapport.analyst.tools.tickets import ticket_tools
from rapport.domain.agent import Tool


@cache
def _readings() -> tuple[Reading, ...]:
    return (*number_tools(), *conversation_tools(), *cause_tools(), *inbox_tools(), *segment_readings())


def bind(desk: Desk) -> tuple[Tool, ...]:
    """All tools for one chat with the analyst."""
    return (*(reading.bound(desk) for reading in _readings()), *segment_tools(desk), *ticket_tools(desk))
