"""A tenant with planted facts: telemedicine, fleet rental, tax filing and recipe planning over 60 days, and the requests that log it.

Planted: a day of failed van unlocks; a bad model that one organization alone uses; platinum customers who lose prescriptions this week;
a filing tool that fails since a date; a second prompt version that rates worse; cancellations after a hidden fee; three people at risk.
"""

import random
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

DAYS = 60
SPIKE_DAYS_AGO, SPIKE_TALKS = 19, 46
BROKEN_DAYS_AGO = 12
VERSION_DAYS_AGO = 26
GOOD_MODELS = ("orion-large", "orion-mini", "gpt-4o-mini")
BAD_MODEL = "quartz-7b"
MOOD_RATING = {"good": (0.85, 1.0), "ok": (0.5, 0.75), "bad": (0.0, 0.25)}
FIRST = (
    "Agnes Bruno Cleo Dario Edda Felix Greta Hamid Inez Jonas Katya Luis Mabel "
    "Nadia Oskar Priya Quinn Rosa Samir Tilda Umar Vera Wanda Yusuf Zora"
).split()
LAST = "Abernathy Bellweather Castellan Dragomir Eastlake Fontaine".split()


@dataclass(frozen=True)
class Org:
    external_id: str
    name: str
    plan: str
    region: str


ORGS = tuple(
    Org(f"acct-{name.split()[0].lower()}", name, plan, region)
    for name, plan, region in (
        ("Alder Clinics", "platinum", "north"), ("Bramble Foods", "team", "south"), ("Cobalt Freight", "team", "north"),
        ("Dunmore Dental", "platinum", "south"), ("Elmtree Accounting", "basic", "north"), ("Fjord Bakeries", "basic", "south"),
        ("Granite Logistics", "team", "north"), ("Harbor Health", "platinum", "south"), ("Ivory Catering", "basic", "north"),
        ("Juniper Ledger Group", "team", "south"), ("Kestrel Couriers", "basic", "north"), ("Lumen Kitchens", "team", "south"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class User:
    external_id: str
    name: str
    email: str
    org: Org


@dataclass(frozen=True)
class Talk:
    """One conversation. rating is on 1..5, None where unrated; raws are the ratings as sent: (value, feedback, message or None)."""

    id: str
    product: dict[str, Any]
    subject: str
    mood: str
    user: User
    at: datetime
    model: str
    version: int
    turns: tuple[tuple[str, str], ...]
    tools: tuple[tuple[str, bool], ...]
    raws: tuple[tuple[float, str | None, int | None], ...] = ()
    event: tuple[str, str, str] | None = None

    @property
    def rating(self) -> float | None:
        whole = [value for value, _, message in self.raws if message is None]
        low, high = self.product["scale"]
        values = whole[-1:] or [value for value, _, _ in self.raws]
        return 1 + 4 * (fmean(values) - low) / (high - low) if values else None

    @property
    def said(self) -> str:
        return " ".join(text for _, text in self.turns)


@dataclass
class World:
    now: datetime
    products: list[dict[str, Any]]
    users: list[User]
    talks: list[Talk]
    plants: dict[str, Any] = field(default_factory=dict)

    def product(self, name: str) -> dict[str, Any]:
        return next(product for product in self.products if product["name"] == name)

    def requests(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """("PRODUCT", name, {id}) first, then ("POST", path, body) in an order that can be sent."""
        for product in self.products:
            yield "PRODUCT", product["name"], {"id": product["id"]}
        for org in ORGS:
            properties = {"plan": org.plan, "region": org.region}
            yield "POST", "/organizations", {"externalOrganizationId": org.external_id, "name": org.name, "properties": properties}
        for user in self.users:
            body = {"externalUserId": user.external_id, "name": user.name, "email": user.email}
            yield "POST", "/users", {**body, "externalOrganizationId": user.org.external_id}
        for talk in self.talks:
            yield "POST", "/messages", _logged(talk)
        for talk in self.talks:
            for place, raw in enumerate(talk.raws):
                yield "POST", "/ratings", _rated(talk, place, raw)
            if talk.event:
                yield "POST", "/events", _happened(talk)


def mean(talks: Iterable[Talk]) -> float:
    return fmean(talk.rating for talk in talks if talk.rating is not None)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _logged(talk: Talk) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    at, tools = talk.at, list(talk.tools)
    for role, text in talk.turns:
        if role == "assistant" and tools:
            name, failed = tools.pop(0)
            call = f"{talk.id}call{len(tools)}"
            messages.append(
                {"messageType": "tool_call", "toolName": name, "input": {"for": talk.id}, "externalMessageId": call, "createdAt": _iso(at)}
            )
            outcome = {"error": "upstream gateway timed out"} if failed else {"status": "fine"}
            kind = "tool_error" if failed else "observation"
            at += timedelta(seconds=6)
            messages.append(
                {"messageType": kind, "toolName": name, "output": outcome, "parentExternalMessageId": call, "createdAt": _iso(at)}
            )
        messages.append({"role": role, "content": text, "createdAt": _iso(at)})
        at += timedelta(seconds=40)
    style = "Explain every step and check what was understood." if talk.version == 1 else "Never use more than eight words."
    return {
        "externalUserId": talk.user.external_id, "externalOrganizationId": talk.user.org.external_id, "externalConversationId": talk.id,
        "productId": talk.product["id"], "model": talk.model,
        "systemPrompt": {"externalPromptId": talk.product["prompt"], "content": f"{talk.product['persona']} {style}"},
        "messages": [{"externalMessageId": f"{talk.id}m{place}", **message} for place, message in enumerate(messages)],
    }  # fmt: skip


def _rated(talk: Talk, place: int, raw: tuple[float, str | None, int | None]) -> dict[str, Any]:
    value, feedback, message = raw
    low, high = talk.product["scale"]
    body: dict[str, Any] = {
        "productId": talk.product["id"],
        "externalConversationId": talk.id,
        "rating": value,
        "ratingMin": low,
        "ratingMax": high,
    }
    body["ratedAt"] = _iso(talk.at + timedelta(minutes=8 + place))
    if feedback:
        body["feedback"] = feedback
    if message is not None:
        names = [each["externalMessageId"] for each in _logged(talk)["messages"] if each.get("role") == "assistant"]
        body["externalMessageId"] = names[message]
    return body


def _happened(talk: Talk) -> dict[str, Any]:
    assert talk.event
    kind, value, value_type = talk.event
    return {
        "eventType": kind, "productId": talk.product["id"], "value": value, "valueType": value_type, "externalConversationId": talk.id,
        "influence": "negative" if kind == "membership_cancelled" else "positive", "eventAt": _iso(talk.at + timedelta(minutes=20)),
        "externalUserId": talk.user.external_id, "externalOrganizationId": talk.user.org.external_id, "insertId": f"{talk.id}e",
    }  # fmt: skip


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text())


def build(now: datetime) -> World:
    """The frozen world, whose story ends at `now` (UTC)."""
    return _Builder(now.astimezone(UTC).replace(microsecond=0)).build()


class _Builder:
    def __init__(self, now: datetime) -> None:
        self.chance = random.Random(70211)
        self.now = now
        self.midnight = now.replace(hour=0, minute=0, second=0)
        products = [{**product, "prompt": product["prompt"]} for product in _texts()["products"]]
        self.world = World(now, products, self._people(), [])
        self.used: set[str] = set()

    def _people(self) -> list[User]:
        names = [f"{first} {last}" for last in LAST for first in FIRST]
        self.chance.shuffle(names)
        people = []
        for place, name in enumerate(names):
            org = ORGS[place % len(ORGS)]
            first, last = name.lower().split()
            domain = org.name.split()[0].lower()
            people.append(User(f"member-{first[:3]}{last[:3]}", name, f"{first}.{last}@{domain}.example", org))
        return people

    def build(self) -> World:
        plants, world = self.world.plants, self.world
        plants["chatty"] = next(user for user in world.users if user.org.name == "Kestrel Couriers")
        plants["risk"] = [
            next(u for u in world.users[30:] if u.org.name == name) for name in ("Ivory Catering", "Cobalt Freight", "Lumen Kitchens")
        ]
        plants["spike"] = (self.midnight - timedelta(days=SPIKE_DAYS_AGO)).date()
        plants["broken"] = (self.midnight - timedelta(days=BROKEN_DAYS_AGO)).date()
        self.special = {plants["chatty"], *plants["risk"]}
        self._background()
        self._spike()
        self._platinum_week()
        self._cancellations()
        self._persons()
        world.talks.sort(key=lambda talk: talk.at)
        return world

    def _background(self) -> None:
        for days_ago in range(DAYS - 1, -1, -1):
            recent = days_ago < 30
            for product, count in (
                ("CareCall", 4),
                ("Van Concierge", 4),
                ("TaxTurtle", 6 if recent else 2),
                ("Souschef", 2 if recent else 8),
            ):
                for _ in range(count):
                    self._talk(product, days_ago)

    def _spike(self) -> None:
        for _ in range(SPIKE_TALKS):
            self._talk("Van Concierge", SPIKE_DAYS_AGO, subject="unlock", mood="bad", rated=0.4)

    def _platinum_week(self) -> None:
        for place in range(60):
            self._talk("CareCall", place % (self.now.weekday() + 1), subject="prescription", mood="bad", plan="platinum", rated=0.8)

    def _cancellations(self) -> None:
        people = [user for user in self.world.users if user not in self.special]
        leaving = [user for name in ("Bramble Foods", "Juniper Ledger Group") for user in people if user.org.name == name]
        for place, user in enumerate(leaving[:17]):
            event = ("membership_cancelled", "yes", "text")
            self._talk("TaxTurtle", 3 + place * 2, subject="hidden fee", mood="bad", user=user, event=event, rated=0.6)
        for place in range(33):
            amount = str(40 + 15 * (place % 5))
            product = ("Van Concierge", "CareCall", "Souschef")[place % 3]
            self._talk(product, 1 + place, mood="good", event=("addon_purchased", amount, "currency"))

    def _persons(self) -> None:
        for place in range(41):
            self._talk(("Van Concierge", "Souschef")[place % 2], place, mood="ok", user=self.world.plants["chatty"], rated=0.2)
        for user in self.world.plants["risk"]:
            for days_ago in (55, 48, 41):
                self._talk("Souschef", days_ago, mood="good", user=user, rated=1.0)
            for place in range(17):
                self._talk(("Souschef", "Van Concierge")[place % 2], 1 + place * 5 // 3, mood="bad", user=user, rated=1.0)

    def _mood(self, product: str, days_ago: int, model: str, org: Org, version: int, failed: bool) -> str:
        if org.name == "Fjord Bakeries":
            return "good"
        bad = 0.16
        if model == BAD_MODEL:
            bad = 0.85
        elif version == 2:
            bad = 0.55
        elif product == "Van Concierge" and days_ago < 30:
            bad = 0.02
        elif product == "Van Concierge":
            bad = 0.7
        if failed:
            bad = max(bad, 0.8)
        draw = self.chance.random()
        return "bad" if draw < bad else "good" if draw < bad + (1 - bad) * 0.6 else "ok"

    def _talk(
        self, product_name: str, days_ago: int, *, subject: str | None = None, mood: str | None = None, user: User | None = None,
        plan: str | None = None, event: tuple[str, str, str] | None = None, rated: float = 0.55,
    ) -> None:  # fmt: skip
        chance, product = self.chance, self.world.product(product_name)
        user = user or chance.choice([u for u in self.world.users if u not in self.special and (not plan or u.org.plan == plan)])
        model = chance.choice(GOOD_MODELS)
        if user.org.name == "Granite Logistics" and chance.random() < 0.7 and not mood:
            model = BAD_MODEL
        version = 2 if product_name == "Souschef" and days_ago < VERSION_DAYS_AGO else 1
        spoken = next(s for s in product["subjects"] if s["key"] == subject) if subject else chance.choice(product["subjects"])
        tools = self._tools(spoken["tool"], days_ago)
        if not mood:
            failed = any(failed for _, failed in tools)
            mood = self._mood(product_name, days_ago, model, user.org, version, failed)
        turns = self._turns(spoken, mood)
        raws = self._raws(product, mood, len([1 for role, _ in turns if role == "assistant"])) if chance.random() < rated else ()
        talk = Talk(self._id(), product, spoken["key"], mood, user, self._at(days_ago), model, version, turns, tools, raws, event)
        self.world.talks.append(talk)

    def _tools(self, tool: str, days_ago: int) -> tuple[tuple[str, bool], ...]:
        if self.chance.random() > 0.75:
            return ()
        odds = 0.7 if tool == "efile_submit" and days_ago <= BROKEN_DAYS_AGO else 0.03
        return ((tool, self.chance.random() < odds),)

    def _turns(self, subject: dict[str, Any], mood: str) -> tuple[tuple[str, str], ...]:
        chance, lines = self.chance, _texts()[mood]
        turns = [("user", chance.choice(subject[mood])), ("assistant", chance.choice(subject["answer"]))]
        if mood == "bad":
            turns += [
                ("user", chance.choice(subject["more"] if chance.random() < 0.75 else lines["again"])),
                ("assistant", chance.choice(subject["answer"])),
            ]
        turns += [("user", chance.choice(lines["close"])), ("assistant", chance.choice(lines["reply"]))]
        slots = {"ref": f"R{chance.randrange(1000, 9999)}", "place": chance.choice(_texts()["places"]["names"])}
        return tuple((role, text.format(**slots)) for role, text in turns)

    def _raws(self, product: dict[str, Any], mood: str, answers: int) -> tuple[tuple[float, str | None, int | None], ...]:
        low, high = product["scale"]
        least, most = MOOD_RATING[mood]
        value = lambda: float(round(low + (high - low) * self.chance.uniform(least, most)))  # noqa: E731
        feedback = self.chance.choice(_texts()["bad"]["comment"]) if mood == "bad" and self.chance.random() < 0.4 else None
        draw = self.chance.random()
        if draw < 0.12:
            return tuple((value(), None, message) for message in range(min(answers, 2)))
        if draw < 0.2:
            return (float(high if mood == "bad" else low), None, None), (value(), feedback, None)
        return ((value(), feedback, None),)

    def _at(self, days_ago: int) -> datetime:
        latest = self.now - timedelta(minutes=30) if days_ago == 0 else self.midnight - timedelta(days=days_ago) + timedelta(hours=22)
        start = self.midnight - timedelta(days=days_ago)
        span = max(60, int((latest - start).total_seconds()))
        return start + timedelta(seconds=self.chance.randrange(span))

    def _id(self) -> str:
        while True:
            name = "cv" + "".join(self.chance.choice("bcdfghjklmnpqrstvwxz") for _ in range(7))
            if name not in self.used:
                self.used.add(name)
                return name
