"""What the questions are written with: slices of the world, their truths, and turns."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.frozen.world import ORGS, Talk, World, mean
from tests.worlds.asking import Turn
from tests.worlds.checks import Answer, Beside, Check, First, Number, Order, Words

CITED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bcv[b-z]{7}\b", re.I)


@dataclass(frozen=True)
class Question:
    """One to four turns. `stored`: the server keeps the turns; else each turn brings its history in `messages`."""

    kind: str
    turns: tuple[Turn, ...]
    stored: bool = True


@dataclass(frozen=True)
class Cites(Check):
    """Conversations are cited that exist; the first fits and at least 60 % of the first five do."""

    fitting: frozenset[str]
    known: Mapping[str, str]
    at_least: int = 1

    def failure(self, answer: Answer) -> str | None:
        cited = list(dict.fromkeys(self.known.get(found.group().lower(), "") for found in CITED.finditer(answer.text)))
        if "" in cited:
            return "cites an id that does not exist"
        if len(cited) < self.at_least:
            return f"cites {len(cited)} conversations, wanted {self.at_least}"
        fits = [found in self.fitting for found in cited[:5]]
        return (
            None
            if fits[0] and sum(fits) >= 0.6 * len(fits)
            else f"cites {len(cited)}, of the first five fit {sum(fits)}, first fits: {fits[0]}"
        )


@dataclass(frozen=True)
class Either(Check):
    """One of these checks holds."""

    checks: tuple[Check, ...]

    def failure(self, answer: Answer) -> str | None:
        failures = [check.failure(answer) for check in self.checks]
        return None if None in failures else " / ".join(str(each) for each in failures)


@dataclass(frozen=True)
class Quoted(Check):
    """Somebody's words are quoted, and so many quotes hold one of these stems."""

    stems: tuple[str, ...]
    at_least: int = 1

    def failure(self, answer: Answer) -> str | None:
        quotes = [found.lower() for pair in re.findall(r"“([^”]+)”|\"([^\"]+)\"", answer.text) for found in pair if found]
        fitting = [quote for quote in quotes if any(stem in quote for stem in self.stems)]
        return None if len(fitting) >= self.at_least else f"{len(fitting)} of {len(quotes)} quotes speak of {self.stems}"


@dataclass
class Facts:
    """The world, cut into slices. `known` maps conversation ids, internal and external, to external ones."""

    world: World
    known: Mapping[str, str]
    asked: list[Question] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.today: date = self.world.now.date()
        self.monday = self.today - timedelta(days=self.today.weekday())
        self.month = self.today.replace(day=1)
        self.last_month = (self.month - timedelta(days=1)).replace(day=1)
        self.products = tuple(product["name"] for product in self.world.products)
        self.orgs = tuple(org.name for org in ORGS)
        self.people = tuple(user.name for user in self.world.users)
        self.models = ("orion-large", "orion-mini", "gpt-4o-mini", "quartz-7b")
        self.tools = tuple({name for talk in self.world.talks for name, _ in talk.tools})

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def talks(
        self, *, product: str = "", org: str = "", plan: str = "", model: str = "", version: int = 0, subject: str = "", mood: str = "",
        since: date = date.min, until: date = date.max, where: Callable[[Talk], bool] | None = None,
    ) -> list[Talk]:  # fmt: skip
        return [
            talk for talk in self.world.talks
            if product in ("", talk.product["name"]) and org in ("", talk.user.org.name) and plan in ("", talk.user.org.plan)
            and model in ("", talk.model) and version in (0, talk.version) and subject in ("", talk.subject) and mood in ("", talk.mood)
            and since <= talk.at.date() <= until and (where is None or where(talk))
        ]  # fmt: skip

    def rolling(self, days: int, **fits) -> list[list[Talk]]:
        """The readings of "last N days": to the hour, N calendar days with today, and N full days before today with today."""
        start = self.world.now - timedelta(days=days)
        exact = [talk for talk in self.talks(**fits) if talk.at >= start]
        midnight = datetime.combine(start.date(), time(), self.world.now.tzinfo)
        full = self.talks(since=midnight.date(), until=self.ago(1), **fits)
        return [exact, self.talks(since=start.date() + timedelta(days=1), **fits), self.talks(since=start.date(), **fits), full]

    def count(self, *slices: Iterable[Talk]) -> Number:
        return Number(tuple(float(len(list(each))) for each in slices))

    def rating(self, *slices: Iterable[Talk]) -> Number:
        return Number(tuple(mean(each) for each in slices), 0.06)

    def share(self, part: Iterable[Talk], whole: Iterable[Talk]) -> Number:
        return Number((100 * len(list(part)) / len(list(whole)),), 0.6)

    def beside(self, slices: Mapping[str, Iterable[Talk]], *, rating: bool) -> Beside:
        if rating:
            return Beside({name: mean(each) for name, each in slices.items()}, 0.06)
        return Beside({name: float(len(list(each))) for name, each in slices.items()}, 0.0)

    def cites(self, talks: Iterable[Talk], at_least: int = 1) -> Cites:
        return Cites(frozenset(talk.id for talk in talks), self.known, at_least)

    def busiest(self, talks: Iterable[Talk], key: Callable[[Talk], str]) -> list[str]:
        return [name for name, _ in Counter(key(talk) for talk in talks).most_common()]

    def leaders(self, talks: Iterable[Talk], key: Callable[[Talk], str], candidates: tuple[str, ...]) -> First:
        """One of those with the most conversations comes first."""
        found = Counter(key(talk) for talk in talks)
        return First(frozenset(name for name, count in found.items() if count == max(found.values())), candidates)

    def first(self, name: str, candidates: tuple[str, ...], *absent: str) -> First:
        return First(frozenset({name}), candidates, absent)

    def order(self, names: Iterable[str], candidates: tuple[str, ...]) -> Order:
        return Order(tuple(names), candidates)

    def says(self, *groups: tuple[str, ...], without: tuple[str, ...] = ()) -> Words:
        return Words(groups, without)

    def ask(self, kind: str, text: str, *checks: Check, about_data: bool = True, within: str = "", context: str | None = None) -> None:
        self.asked.append(Question(kind, (self.turn(text, *checks, about_data=about_data, within=within, context=context),)))

    def turn(self, text: str, *checks: Check, about_data: bool = True, within: str = "", context: str | None = None) -> Turn:
        return Turn(text, checks, about_data, self.world.product(within)["id"] if within else None, context)

    def chain(self, kind: str, *turns: Turn, stored: bool = True) -> None:
        self.asked.append(Question(kind, turns, stored))
