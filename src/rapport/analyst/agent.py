"""The analyst for one question: who answers, what it is told, and what it may use. Nothing else knows which provider is in use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rapport.analyst.instructions import system_prompt
from rapport.analyst.tools import BoundTools, Desk
from rapport.domain.agent import ChatMessage, ModelRequest
from rapport.domain.brand import OWN
from rapport.ports import ModelProvider
from rapport.runs.engine import Limits

LIMITS = Limits(steps=8, tokens=200_000)
"""Most model calls for one question, and tokens of input and output together. RAPPORT_RUN_MAX_SECONDS limits its time."""
LATEST_TURNS = 50
"""Messages of the history that a model is given, the limit of the documented request."""

ModelFor = Callable[[Desk, str | None], ModelProvider]
"""The model for the chats of a Desk with a context hint: the builtin analyst, or the configured language model."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question put to the analyst. `history` is without the question itself."""

    question: str
    history: Sequence[ChatMessage] = ()
    context: str | None = None
    product_name: str | None = None  # of the product that the chat is limited to
    brand: str = OWN.name  # whose analyst it is


def prepare(asking: Asking, desk: Desk, model_for: ModelFor, *, now: datetime) -> tuple[ModelProvider, ModelRequest]:
    """Who answers this question, and the request that starts it."""
    zone = desk.base.time_zone
    scope = f'the product "{asking.product_name}"' if asking.product_name else None
    system = system_prompt(brand=asking.brand, now=now.astimezone(ZoneInfo(zone)), time_zone=zone, scope=scope, context=asking.context)
    messages = (*asking.history[-LATEST_TURNS:], ChatMessage("user", asking.question))
    return model_for(desk, asking.context), ModelRequest(messages, system=system, tools=BoundTools(desk))
