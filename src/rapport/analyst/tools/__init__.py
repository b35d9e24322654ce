"""The analyst's tools: typed questions over analytics, and tickets. Declared once; the planner and language models call the same.

Each is bound to a Desk, below the model: no argument can reach another tenant or, where the chat has one, another product.
"""

from rapport.analyst.tools.causes import cause_tools
from rapport.analyst.tools.conversations import conversation_tools
from rapport.analyst.tools.desk import Desk
from rapport.analyst.tools.numbers import number_tools
from rapport.analyst.tools.tickets import ticket_tools
from rapport.domain.agent import Tool


def bind(desk: Desk) -> tuple[Tool, ...]:
    """All tools for one chat with the analyst."""
    return (*number_tools(desk), *conversation_tools(desk), *cause_tools(desk), *ticket_tools(desk))
