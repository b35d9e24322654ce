"""A date phrase that was found in a text."""

from collections.abc import Callable
from dataclasses import dataclass

from rapport.analyst.planner.periods import Period


@dataclass(frozen=True, slots=True)
class Mention:
    """A date phrase in a text: where it stands and what it means. `shift` (count, unit) moves the period of the turn before; `moves` makes
    another one of it ("its first half", "everything after")."""

    start: int
    end: int
    period: Period | None = None
    shift: tuple[int, str] | None = None
    kind: str = "period"  # period | all | over (unit over unit) | none (a day that is still to come, "today included")
    moves: Callable[[Period], Period] | None = None
