"""What surrounds a question: the turns before it, the tenant's names, the day, and what the chat is limited to."""

from dataclasses import dataclass
from datetime import date

from rapport.analyst.planner.exemplars import Meaning
from rapport.analyst.planner.names import Names


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and the answer that was given."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is read against."""

    names: Names
    today: date
    product: str | None = None  # the chat is limited to it
    context: str = ""
    meaning: Meaning | None = None  # of the wordings, where there is an encoder
