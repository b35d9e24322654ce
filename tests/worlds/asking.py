"""What questions are made of: turns, wordings, and counts over the talks of a world."""

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import fmean

from tests.worlds.checks import Check, Conversations
from tests.worlds.world import Talk, World

HOUSE = Path(__file__).with_name("wordings.toml")
STARS = 0.06
SHARE = 0.6


@dataclass(frozen=True)
class Turn:
    """One message to the analyst. `about_data`: a right answer needs a tool. `product_id`, `context` go into the request."""

    text: str
    checks: tuple[Check, ...]
    about_data: bool = True
    product_id: str | None = None
    context: str | None = None


@dataclass(frozen=True)
class Question:
    """One to four turns of one conversation."""

    kind: str
    turns: tuple[Turn, ...]


def mean(talks: Iterable[Talk]) -> float:
    return fmean(talk.rating for talk in talks if talk.rating is not None)


def day_words(day: date) -> str:
    return f"{day.day} {day.strftime('%B')}"


class Asker:
    """Helpers of a question builder: wordings, filters over the talks of a world, and the fair readings of a period."""

    def __init__(self, world: World, known: Mapping[str, str], writer: Path = HOUSE, place: int | None = None) -> None:
        """`writer`: a file of wordings; `place`: which wording of each key is used (None: see `_say`)."""
        self.world, self.known, self.place = world, known, place
        self.rng = Random(world.seed)
        self.wordings: dict[str, list[str]] = tomllib.loads(writer.read_text("utf-8"))
        self.found: list[Question] = []
        self.today = world.now.date()
        self.plants = world.plants
        self.users = tuple(user.name for user in world.users)
        self.orgs = tuple(org.name for org in world.orgs)
        self.names = tuple(product.name for product in world.products)

    def _say(self, key: str, **slots: object) -> str:
        """One of the wordings of this key; the last one is only for seeds that nobody tunes on."""
        *tuning, kept = self.wordings[key]
        text = kept if self.world.seed > 3 or not tuning else self.rng.choice(tuning)
        if self.place is not None:
            text = self.wordings[key][self.place % len(self.wordings[key])]
        for slot, value in slots.items():
            text = text.replace(f"{{{slot}}}", str(value))
        return text

    def _ask(self, kind: str, text: str, *checks: Check, **more) -> None:
        self.found.append(Question(kind, (Turn(text, checks, **more),)))

    def _chain(self, kind: str, *turns: Turn) -> None:
        self.found.append(Question(kind, turns))

    def _talks(self, **fits) -> list[Talk]:
        """Talks by product, org, plan, user, model, subject, mood, version, days (the last n, today included) or a test."""
        tests: dict[str, Callable[[Talk, object], bool]] = {
            "product": lambda t, v: t.product == v, "org": lambda t, v: t.user.org == v, "plan": lambda t, v: t.user.org.plan == v,
            "user": lambda t, v: t.user == v, "model": lambda t, v: t.model == v, "subject": lambda t, v: t.subject == v,
            "mood": lambda t, v: t.mood == v, "version": lambda t, v: t.version == v,
            "on": lambda t, v: t.at.date() == v, "since": lambda t, v: t.at.date() >= v, "until": lambda t, v: t.at.date() <= v,
            "country": lambda t, v: t.user.org.country == v,
        }  # fmt: skip
        return [talk for talk in self.world.talks if all(tests[name](talk, value) for name, value in fits.items())]

    def _last(self, days: int) -> date:
        return self.today - timedelta(days=days - 1)

    def _ids(self, talks: Iterable[Talk]) -> frozenset[str]:
        return frozenset(talk.id for talk in talks)

    def _fits(self, talks: Iterable[Talk], at_least: int = 1) -> Conversations:
        return Conversations(self._ids(talks), self.known, at_least)

    def _rolling(self, talks: Collection[Talk], days: int, *filters: Callable[[Talk], bool]) -> tuple[float, ...]:
        """Counts of the last n days in both fair readings: n calendar days with today, or n times 24 hours."""
        inside = [t for t in talks if all(f(t) for f in filters)]
        calendar = sum(t.at.date() >= self._last(days) for t in inside)
        hours = sum(t.at >= self.world.now - timedelta(days=days) for t in inside)
        return (float(calendar), float(hours), float(sum(t.at.date() >= self._last(days + 1) for t in inside)))

    def _week(self) -> tuple[date, date]:
        """Last calendar week, Monday to Sunday."""
        monday = self.today - timedelta(days=self.today.weekday() + 7)
        return monday, monday + timedelta(days=6)
