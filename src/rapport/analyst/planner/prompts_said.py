"""Questions about the versions of a prompt, whatever words they are told in."""

from dataclasses import replace

from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.wordings import SINCE_WHEN, asks_when_new, numbered, sets_wordings_beside

_OF_WORDINGS = frozenset(
    "appearance level compare ranking count change trend breakdown summary why list_entities definition prompt_versions".split()
)


def by_wording(reading: Reading, whole: str) -> Reading:
    """The reading of a question that sets what an assistant was told before beside what it is told now, or asks when that came in."""
    plain = set(reading.metrics) <= {"conversations", "tool_failures"} and not reading.of_kind("tool")
    since_when = reading.of_kind("prompt_version") and plain and reading.slots.says(SINCE_WHEN)
    others = reading.intent not in _OF_WORDINGS and not (since_when and reading.intent in ("tool_failures", "outcomes", "anomalies"))
    if others or (reading.intent == "why" and not sets_wordings_beside(whole)):
        return reading
    if not (since_when or sets_wordings_beside(whole) or asks_when_new(whole) or (reading.of_kind("prompt_version") and numbered(whole))):
        return reading
    return replace(reading, intent="prompt_versions", dimension="prompt_version", subject="")
