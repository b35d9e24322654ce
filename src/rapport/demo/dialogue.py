"""What is said in one conversation: a script is a subject's phrases put together by a mood.

The moods: smooth and detailed end well, mixed goes wrong and recovers, bad, angry and abandoned do not, tool_failed is a
conversation whose tool gave no answer.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from random import Random
from typing import Any

GOOD_MOODS = frozenset({"smooth", "detailed"})
BAD_MOODS = frozenset({"bad", "angry", "abandoned", "tool_failed"})
SYSTEMS = {
    "track_order": "tracking", "start_return": "returns", "check_voucher": "voucher", "card_status": "card",
    "list_transactions": "booking", "validate_payment_file": "payment", "rebook_flight": "airline", "search_hotels": "hotel",
    "search_docs": "search",
}  # fmt: skip
"""What the assistant calls the system behind each tool."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One logged message. `kind` is user, assistant, tool_call, observation or tool_error."""

    kind: str
    text: str | None = None
    tool: str | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What people come with, and how they and the assistant speak about it."""

    name: str
    product: str
    weight: int
    open: tuple[str, ...]
    more: tuple[str, ...]
    good: tuple[str, ...]
    poor: tuple[str, ...]
    cross: tuple[str, ...]
    glad: tuple[str, ...]
    tool: str | None = None
    fits: tuple[int, ...] = ()  # place in `good` of the answer to each of `open`; empty: any


@dataclass(frozen=True, slots=True)
class Phrases:
    """All that is said: subjects by name, and the talk that is shared by them."""

    subjects: Mapping[str, Subject]
    user: Mapping[str, list[str]]
    assistant: Mapping[str, list[str]]
    feedback: Mapping[str, list[str]]
    jailbreak: list[str]
    foreign: list[Mapping[str, Any]]
    extra: list[Mapping[str, str]]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("rapport.demo").joinpath(name).read_text("utf-8"))


def phrases() -> Phrases:
    """Read the phrases that are shipped with the package."""
    found: list[dict[str, Any]] = [*_toml("shop_and_bank.toml")["subject"], *_toml("travel_and_docs.toml")["subject"]]
    kept: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()} for item in found
    ]
    subjects = [Subject(**item) for item in kept]
    talk = _toml("talk.toml")
    shared = (talk["user"], talk["assistant"], talk["feedback"], talk["jailbreak"]["open"], talk["foreign"], talk["extra"])
    return Phrases({subject.name: subject for subject in subjects}, *shared)


def slots(rng: Random, *, email: str, organization: str) -> dict[str, str]:
    """One value for each word in braces; the same throughout a conversation."""
    return {
        "order": f"MF-{rng.randint(10000, 99999)}",
        "booking": "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6)),
        "flight": f"{rng.choice(('LH', 'KL', 'BA', 'IB'))}{rng.randint(100, 989)}",
        "item": rng.choice(("coffee grinder", "desk lamp", "rain jacket", "cast iron pan", "bike helmet", "bookshelf", "tent", "stroller")),
        "city": rng.choice(("Hamburg", "Lyon", "Porto", "Bristol", "Denver", "Utrecht", "Turin", "Valencia")),
        "country": rng.choice(("Turkey", "Japan", "Brazil", "Kenya", "Canada", "India")),
        "weekday": rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
        "nth": rng.choice(("3rd", "7th", "11th", "14th", "19th", "23rd", "28th")),
        "days": str(rng.randint(3, 9)),
        "amount": f"{rng.randint(18, 420)}.{rng.choice(('00', '50', '90', '99'))} euros",
        "fee": f"{rng.randint(5, 60)} euros",
        "last4": str(rng.randint(1000, 9999)),
        "phone": f"+49 151 {rng.randint(2000000, 8999999)}",
        "endpoint": rng.choice(("/v2/jobs", "/v2/projects", "/v2/events", "/v2/uploads")),
        "sdk": rng.choice(("Python", "Go", "TypeScript", "Ruby")),
        "email": email,
        "org": organization,
    }


class Script:
    """Writes the turns of one conversation. Phrases of one list are not used twice while others are left."""

    def __init__(self, book: Phrases, subject: Subject, rng: Random, words: Mapping[str, str], style: str) -> None:
        self.book, self.subject, self.rng, self.style = book, subject, rng, style
        self.words = dict(words, system=SYSTEMS.get(subject.tool or "", "order"))
        self.turns: list[Turn] = []
        self._left: dict[int, list[str]] = {}
        opening = self._pick(subject.open)
        self.first = self._fill(opening)
        self.reference = self.words["booking" if subject.product == "Compass Desk" else "last4" if subject.product == "Penny" else "order"]
        self.solutions = (subject.good[subject.fits[subject.open.index(opening)]],) if subject.fits else subject.good

    def write(self, mood: str) -> tuple[Turn, ...]:
        """The turns of a conversation in this mood."""
        {
            "smooth": self._smooth, "detailed": self._detailed, "mixed": self._mixed, "bad": self._bad, "angry": self._angry,
            "abandoned": self._abandoned, "tool_failed": self._tool_failed,
        }[mood]()  # fmt: skip
        return tuple(self.turns)

    def _pick(self, options: tuple[str, ...] | list[str]) -> str:
        left = self._left.setdefault(id(options), [])
        if not left:
            left.extend(self.rng.sample(options, len(options)))
        return left.pop()

    def _fill(self, text: str, **more: str) -> str:
        return text.format(**self.words, **more)

    def _user(self, text: str) -> None:
        if self.style == "sloppy":
            text = text[:1].lower() + text[1:]
            text = text.replace("I'm", "im").replace(" I ", " i ").replace("don't", "dont").replace("It's", "its").rstrip(".")
        self.turns.append(Turn("user", text))

    def _says(self, *pools: str) -> None:
        """The user says something of one of the shared lists or of the subject's own."""
        name = self.rng.choice(pools)
        own = {"cross": self.subject.cross, "glad": self.subject.glad, "more": self.subject.more}
        self._user(self._fill(self._pick(own.get(name) or self.book.user[name]), open=self.first))

    def _opens(self) -> None:
        greets = self.style == "plain" and self.rng.random() < 0.3
        self._user(f"{self._pick(self.book.user['hello'])} {self.first}" if greets else self.first)

    def _answers(self, pool: str) -> None:
        good, poor = self._fill(self._pick(self.solutions)), self._fill(self._pick(self.subject.poor))
        template = {"good": "{good}", "poor": "{poor}"}.get(pool) or self._pick(self.book.assistant[pool])
        self.turns.append(Turn("assistant", self._fill(template, good=good, poor=poor)))

    def _looks_up(self) -> None:
        tool = self.subject.tool
        if tool and self.rng.random() < 0.75:
            self.turns.append(Turn("tool_call", tool=tool, data={"reference": self.reference}))
            self.turns.append(Turn("observation", tool=tool, data={"status": "ok", "reference": self.reference}))

    def _fails_to_look_up(self) -> None:
        error = {"error": "TimeoutError", "message": f"{self.subject.tool} gave no answer within 10 s"}
        self.turns.append(Turn("tool_call", tool=self.subject.tool, data={"reference": self.reference}))
        self.turns.append(Turn("tool_error", tool=self.subject.tool, data=error))
        self._answers("tool_down")

    def _smooth(self) -> None:
        self._opens()
        self._looks_up()
        self._answers("good")
        self._says("glad", "thanks", "ack")
        if self.rng.random() < 0.5:
            self._answers("bye")

    def _detailed(self) -> None:
        self._opens()
        self._answers("ask")
        self._says("more", "more", "more", "pii")
        self._looks_up()
        self._answers("good")
        if self.rng.random() < 0.5:
            extra = self.rng.choice(self.book.extra)
            self._user(extra["ask"])
            self.turns.append(Turn("assistant", extra["answer"]))
        self._says("glad", "thanks")
        self._answers("bye")

    def _mixed(self) -> None:
        self._opens()
        self._answers("poor")
        self._says("cross", "correction", "repeat")
        self._looks_up()
        self._answers("recover")
        self._says("glad", "ack", "thanks")

    def _bad(self) -> None:
        self._opens()
        self._answers("poor")
        self._says("cross", "cross", "correction")
        self._answers("sorry")
        self._says("repeat", "cross", "frustration", "sarcasm")
        self._answers("sorry")
        self._says("leave", "frustration")

    def _angry(self) -> None:
        self._opens()
        self._answers("poor")
        self._says("cross")
        self._answers("sorry")
        self._says("frustration", "sarcasm", "repeat")
        self._answers("sorry")
        self._says("handover")
        self._answers("handover")
        if self.rng.random() < 0.4:
            self._says("frustration")

    def _abandoned(self) -> None:
        self._opens()
        if self.rng.random() < 0.4:
            self._answers("ask")
            self._says("more")
        self._answers("poor")
        if self.rng.random() < 0.5:
            self._says("correction", "leave")

    def _tool_failed(self) -> None:
        self._opens()
        self._fails_to_look_up()
        self._says("cross", "frustration", "more")
        self._fails_to_look_up()
        self._says("handover", "leave", "frustration", "sarcasm")
        if self.rng.random() < 0.5:
            self._answers("handover")
