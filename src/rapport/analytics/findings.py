"""What stands out in a set of conversations: which topic, tool, model, prompt version, organization or language goes badly more
often than the rest, since when, and what is talked about far more than usual.

Candidates are tested one by one against the rest (analytics.strata), at a level divided by how many are tested. The surest is
taken; the others are tested again among conversations that are alike in what was taken, so that what only travels with a
cause (the one customer who uses the bad model) is not named beside it. Where nothing passes, nothing is reported.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import numpy as np

from rapport.analytics.examples import Example, examples, load
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import poisson_p
from rapport.analytics.strata import LEAST, SURE, Difference, Stratum, compare
from rapport.domain.scope import Scope
from rapport.store.database import Connection

MOST_FACTS = 50_000
"""Conversations that are read, the latest first: what stands out now is in them, and memory stays bounded."""
MOST_CANDIDATES = 400
LEAST_DIFFERENCE = 0.1
MOST_FINDINGS = 4
SPIKE = 3.0
"""A week with so many times the usual number of conversations on a topic is a spike, where chance does not explain it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """`dimension` (topic, tool, model ...) and `name` of what goes badly more often; `since` where that began on some day.
    `also` names what only seems to, because it comes along with this."""

    dimension: str
    name: str
    difference: Difference
    since: date | None
    examples: tuple[Example, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spike:
    """A topic that was talked about far more than usual in the seven days from `start`. `usual` is per week."""

    topic: str
    start: date
    n: int
    usual: float
    bad: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """`n` conversations have a known outcome, `bad` of them went badly; `looked_at` is the number of candidates that were tested."""

    n: int
    bad: int
    causes: tuple[Cause, ...]
    spikes: tuple[Spike, ...]
    looked_at: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One entry per conversation: arrays of the same length. `bad` is 1, 0 or -1 (unknown); `groups` maps (dimension, name) to a mask."""

    ids: Sequence[UUID]
    days: np.ndarray
    bad: np.ndarray
    groups: dict[tuple[str, str], np.ndarray]

    def mask(self, dimension: str, name: str) -> np.ndarray:
        return self.groups.get((dimension, name), np.zeros(len(self.ids), dtype=bool))


DIMENSIONS = {
    "topic": "(SELECT t.name FROM topic t WHERE t.tenant_id = $1 AND t.id = a.topic_id)",
    "tool": "ARRAY(SELECT u ->> 0 FROM jsonb_array_elements(a.tools) AS u WHERE (u ->> 2)::int > 0)",
    "model": "coalesce((SELECT m.display_name FROM model m WHERE m.tenant_id = $1 AND m.id = c.model_id), c.model)",
    "prompt": "(SELECT coalesce(p.external_id, p.name, 'prompt') || ' v' || p.number"
    " FROM prompt p WHERE p.tenant_id = $1 AND p.id = c.prompt_id)",
    "organization": "(SELECT coalesce(o.name, o.external_id) FROM organization o WHERE o.tenant_id = $1 AND o.id = c.organization_id)",
    "language": "a.language",
}
"""What may be a cause, as SQL over `conversation c` and `analysis a`: one name, an array of names, or NULL."""


async def facts(connection: Connection, scope: Scope, dimensions: Sequence[str] = tuple(DIMENSIONS)) -> Facts:
    """The facts of the latest MOST_FACTS analysed conversations of the scope."""
    arguments = Arguments(scope.tenant_id)
    columns = ", ".join(f"{DIMENSIONS[name]} AS {name}" for name in dimensions)
    rows = await connection.fetch(
        f"""
        SELECT c.id, a.day, {PREDICATES["unhappy"].sql} AS bad, {columns} {relation(scope, arguments)} AND a.conversation_id IS NOT NULL
        ORDER BY c.created_at DESC LIMIT {arguments.add(MOST_FACTS)}
        """,
        *arguments,
    )
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for dimension in dimensions:
            value = row[dimension]
            for name in value if isinstance(value, list) else [value] if value else []:
                places[dimension, name].append(place)
    return Facts(
        [row["id"] for row in rows],
        np.array([row["day"].toordinal() for row in rows], dtype=np.int64),
        np.array([-1 if row["bad"] is None else int(row["bad"]) for row in rows], dtype=np.int8),
        _masks(places, len(rows)),
    )


def _masks(places: dict[tuple[str, str], list[int]], length: int) -> dict[tuple[str, str], np.ndarray]:
    """The groups as masks, the MOST_CANDIDATES largest ones."""
    masks = {}
    for key in sorted(places, key=lambda k: (-len(places[k]), k))[:MOST_CANDIDATES]:
        masks[key] = np.zeros(length, dtype=bool)
        masks[key][places[key]] = True
    return masks


async def find(connection: Connection, scope: Scope, *, dimensions: Sequence[str] = tuple(DIMENSIONS)) -> Findings:
    """What stands out in this scope. Reads only analysed conversations."""
    known = await facts(connection, scope, dimensions)
    candidates = {key: mask for key, mask in known.groups.items() if _outcomes(known, mask)[0] >= LEAST}
    causes = []
    for key, difference, also in _causes(known, candidates):
        ids = [known.ids[int(i)] for i in np.flatnonzero(candidates[key] & (known.bad == 1))]
        shown = await examples(connection, replace(scope, conversation_ids=tuple(ids[:200])), order="worst", limit=3)
        causes.append(Cause(*key, difference, _since(known, candidates[key]), shown, also))
    spikes = [spike async for spike in _spikes(connection, scope.tenant_id, known)]
    return Findings(int((known.bad >= 0).sum()), int((known.bad == 1).sum()), tuple(causes), tuple(spikes), len(candidates))


def _outcomes(known: Facts, mask: np.ndarray) -> tuple[int, int]:
    """(conversations with a known outcome, those that went badly) in the mask."""
    return int((mask & (known.bad >= 0)).sum()), int((mask & (known.bad == 1)).sum())


def contrast(known: Facts, mask: np.ndarray, others: np.ndarray, alike: Sequence[np.ndarray] = ()) -> Difference | None:
    """How much more often the mask goes badly than the others, among conversations that are alike in each of `alike`."""
    code = np.zeros(len(known.ids), dtype=np.int64)
    for place, part in enumerate(alike):
        code += part.astype(np.int64) << place
    strata = []
    for value in np.unique(code):
        here = code == value
        strata.append(Stratum(*_outcomes(known, mask & here), *_outcomes(known, others & here)))
    return compare(strata)


def _causes(known: Facts, candidates: dict[tuple[str, str], np.ndarray]) -> Iterator[tuple[tuple[str, str], Difference, tuple[str, ...]]]:
    """The surest cause, then the surest among what it does not explain, and so on; with what each one explains away."""
    alone = {key: found for key, mask in candidates.items() if (found := contrast(known, mask, ~mask)) and _counts(found, len(candidates))}
    taken: list[np.ndarray] = []
    left = dict(alone)
    while left and len(taken) < MOST_FINDINGS:
        key = min(left, key=lambda k: (left[k].p, -left[k].difference, k))
        difference = left.pop(key)
        taken.append(candidates[key])
        explained = []
        for other in list(left):
            again = contrast(known, candidates[other], ~candidates[other], taken)
            if again and _counts(again, len(candidates)):
                left[other] = again
            else:
                explained.append((alone[other].p, other))
                del left[other]
        yield key, alone.get(key, difference), tuple(f"{dimension} {name}" for _, (dimension, name) in sorted(explained)[:3])


def _counts(found: Difference, tested: int) -> bool:
    return found.sure and found.p < SURE / max(tested, 1) and found.difference >= LEAST_DIFFERENCE and found.bad >= 3


def _since(known: Facts, mask: np.ndarray) -> date | None:
    """The day on which the mask's conversations began to go badly, where the share before and after surely differ."""
    days = np.unique(known.days[mask & (known.bad >= 0)])
    best: tuple[float, date] | None = None
    for day in days[1:]:
        after, before = mask & (known.days >= day), mask & (known.days < day)
        found = compare([Stratum(*_outcomes(known, after), *_outcomes(known, before))])
        if found and found.sure and found.p < SURE / len(days) and found.difference >= 0.25 and (best is None or found.p < best[0]):
            best = (found.p, date.fromordinal(int(day)))
    return best and best[1]


async def _spikes(connection: Connection, tenant_id: int, known: Facts) -> AsyncIterator[Spike]:
    """The highest week of each topic, where it is a spike; the largest first, at most two."""
    if not len(known.days):
        return
    first, last = int(known.days.min()), int(known.days.max())
    span = last - first + 1
    topics = {name: mask for (dimension, name), mask in known.groups.items() if dimension == "topic"}
    found = []
    for name, mask in topics.items():
        counts = np.bincount(known.days[mask] - first, minlength=span)
        if span < 21 or counts.sum() < LEAST:
            continue
        weeks = np.convolve(counts, np.ones(7, dtype=np.int64), mode="valid")
        start = int(weeks.argmax())
        n, rest, rest_days = int(weeks[start]), int(counts.sum() - weeks[start]), span - 7
        usual = 7 * rest / rest_days
        if n >= LEAST and n >= SPIKE * max(usual, 1.0) and poisson_p(n, 7, rest, rest_days) < SURE / (len(topics) * span / 7):
            found.append((n - usual, name, first + start, n, usual))
    for _, name, start, n, usual in sorted(found, reverse=True)[:2]:
        week = topics[name] & (known.days >= start) & (known.days < start + 7)
        ids = [known.ids[int(i)] for i in np.flatnonzero(week)]
        shown = await load(connection, tenant_id, ids[:2])
        yield Spike(name, date.fromordinal(start), n, usual, _outcomes(known, week)[1], shown)


def week_of(start: date) -> str:
    """ "2026-03-02 to 2026-03-08"."""
    return f"{start:%Y-%m-%d} to {start + timedelta(days=6):%Y-%m-%d}"
