"""What a question mentions, as `finding` found it: metrics, dimensions, names, dates, numbers and what is left over."""

import re
from dataclasses import dataclass, field

from rapport.analyst.planner.lexicon import Hit
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.words import Word


@dataclass(frozen=True, slots=True)
class Threshold:
    """`rating < 3`: operator is one of < <= > >= =. metric is rating, messages, quality_index, frustration, conversations."""

    metric: str
    operator: str
    value: float


@dataclass(frozen=True, slots=True)
class Slots:
    """Everything that was found, each list in the order of the question."""

    text: str
    words: tuple[Word, ...] = ()
    dates: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    hits: tuple[Hit, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    quoted: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    limit: int | None = None
    ordinal: int | None = None
    subject: str = ""
    phrase: str = ""  # the same as it was written, with its small words
    not_subject: str = ""
    framed: bool = False  # the subject followed "about", "mentioning", "whose" ...
    unknown: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()  # what looks like a name only where the question has no other use for it
    strange: tuple[str, ...] = ()  # words that are neither everyday English nor of the lexicon nor names
    languages: tuple[str, ...] = ()
    short: tuple[tuple[int, int], ...] = ()  # where words stand that are also the short name of a topic
    taken: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    def values(self, kind: str) -> list:
        return [hit.value for hit in self.hits if hit.kind == kind]

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(value) for value in self.values("metric")))

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(value) for value in self.values("dimension")))

    @property
    def events_said(self) -> bool:
        """Whether a kind of business event is named."""
        return bool(self.values("event") or self.of_kind("event_type"))

    @property
    def periods(self) -> tuple[Period, ...]:
        return tuple(mention.period for mention in self.dates if mention.period and mention.kind == "period")

    @property
    def all_time(self) -> bool:
        return any(mention.kind == "all" for mention in self.dates)

    def of_kind(self, *kinds: str) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.kind in kinds)

    def says(self, pattern: str) -> re.Match | None:
        return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", self.text, re.I)
