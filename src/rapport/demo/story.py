"""When what happened: the conversations of 60 days, and the seven stories that are planted among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from rapport.demo.dialogue import BAD_MOODS, GOOD_MOODS, Phrases, Script, Subject, Turn, phrases, slots
from rapport.demo.people import Person, people
from rapport.domain.ids import stable_id

DAYS = 60
SEED = 10  # of those tried, one where chance does not blur the planted stories
SPIKE_DAYS = range(24, 31)  # (a) late deliveries, days ago
TOOL_BROKE = 12  # (c) days ago; track_order times out since
PROMPT_WORSE = 18  # (d) days ago; version 3 of the travel desk's prompt
LOGIN_BROKE = 20  # (b) days ago; version 2 of the docs bot's prompt
BATCH_BROKE = 7  # (f) batch payments of enterprise customers fail in the last week
BATCH_DAYS = (0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6)  # most of it today and yesterday, so that "this week" holds it on a Monday too
UNHAPPY = "Northgate Robotics"
MODELS = ("claude-sonnet-4-5", "gpt-4o", "mistral-large", "gpt-4o-mini")
WORSE_ODDS = {"claude-sonnet-4-5": 0.1, "gpt-4o": 1.5, "mistral-large": 1.7, "gpt-4o-mini": 4.0}  # (e)


@dataclass(frozen=True, slots=True)
class Product:
    """One assistant. `prompts` are the versions of its instructions: since how many days ago, and the text."""

    name: str
    description: str
    color: str
    icon: str
    prompts: tuple[tuple[int, str], ...]
    thumbs: bool = False  # rated by thumbs (0..1) instead of stars (1..5)

    @property
    def id(self) -> str:
        return str(stable_id("demo", "product", self.name))

    @property
    def prompt_id(self) -> str:
        return f"{self.name.lower().replace(' ', '-')}-core"

    def version(self, days_ago: int) -> int:
        """Number of the prompt version in force, from 1."""
        return sum(since >= days_ago for since, _ in self.prompts)


PRODUCTS = (
    Product(
        "Tally", "Shop assistant of Marlow & Finch: orders, returns, vouchers, membership.", "#0F766E", "shopping-bag",
        ((DAYS, "You are Tally, the shop assistant of Marlow & Finch. Be friendly and short. Look up orders before you answer."),
         (40, "You are Tally, the shop assistant of Marlow & Finch. Be friendly and short. Look up orders before you answer. "
              "Offer a discount only when a voucher exists.")),
    ),
    Product(
        "Penny", "Helper of Larkfield Bank: cards, transfers, statements.", "#1D4ED8", "landmark",
        ((DAYS, "You are Penny, the helper of Larkfield Bank. Never ask for a PIN. Explain fees before you act."),),
    ),
    Product(
        "Compass Desk", "Travel desk: flights, hotels, invoices.", "#B45309", "plane",
        ((DAYS, "You are the travel desk. Solve the whole request: search, compare, book, confirm with a reference."),
         (38, "You are the travel desk. Solve the whole request: search, compare, book, confirm with a reference. Name the price first."),
         (PROMPT_WORSE, "You are the travel desk. Answer in at most ten words. Refer travellers to the airline or the hotel.")),
    ),
    Product(
        "Docsmith", "Docs bot of the developer platform Hexalane.", "#6D28D9", "code",
        ((DAYS, "You answer questions about Hexalane from its documentation, with working code."),
         (LOGIN_BROKE, "You answer questions about Hexalane from its documentation. For sign-in questions point to the setup wizard.")),
        thumbs=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """A business event after a conversation."""

    type: str
    value: str
    value_type: str
    influence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation with all that was logged about it. `rating` is on the product's own scale."""

    external_id: str
    at: datetime
    days_ago: int
    product: Product
    subject: str
    mood: str
    person: Person
    model: str
    version: int
    channel: str
    turns: tuple[Turn, ...]
    rating: int | None = None
    feedback: str | None = None
    event: Event | None = None

    @property
    def stars(self) -> float | None:
        """The rating on 1..5."""
        return None if self.rating is None else 1.0 + 4 * self.rating if self.product.thumbs else float(self.rating)


@dataclass(frozen=True, slots=True)
class Plan:
    """One conversation before it is written."""

    days_ago: int
    subject: Subject
    person: Person
    mood: str | None = None  # None: by odds


class Teller:
    """Draws everything from one random source, so that a seed tells one story."""

    def __init__(self, now: datetime, seed: int) -> None:
        self.now, self.rng = now, Random(seed)
        self.book: Phrases = phrases()
        self.people = people(self.rng)
        self.products = {product.name: product for product in PRODUCTS}

    def tell(self) -> tuple[Dialogue, ...]:
        """All conversations, oldest first."""
        plans = [*self._everyday(450), *self._planted()]
        told = [self._write(number, plan) for number, plan in enumerate(plans, start=1)]
        told += [self._foreign(number) for number in range(len(told) + 1, len(told) + 25)]
        told += [self._jailbreak(number) for number in range(len(told) + 1, len(told) + 7)]
        return tuple(sorted(told, key=lambda dialogue: (dialogue.at, dialogue.external_id)))

    def _everyday(self, count: int) -> Iterator[Plan]:
        planted = {"batch payment rejected", "membership renewal"}
        usual = [subject for subject in self.book.subjects.values() if subject.name not in planted]
        weights = [subject.weight for subject in usual]
        for _ in range(count):
            subject = self.rng.choices(usual, weights)[0]
            yield Plan(self.rng.randrange(DAYS), subject, self._anyone())

    def _planted(self) -> Iterator[Plan]:
        subjects = self.book.subjects
        for _ in range(42):
            mood = self.rng.choice(("bad", "angry", "abandoned", "bad", "mixed"))
            yield Plan(self.rng.choice(SPIKE_DAYS), subjects["late delivery"], self._anyone(), mood)
        for _ in range(18):
            mood = self.rng.choice(("bad", "angry", "bad", "angry", "abandoned"))
            yield Plan(self.rng.randrange(3, LOGIN_BROKE), subjects["SSO login loop"], self._of(UNHAPPY), mood)
        for _ in range(20):
            mood = self.rng.choice(("bad", "angry", "bad", "angry", "mixed"))
            where = self.rng.choice(("Vellum Health", "Oakline Logistics", "Sunder & Blake"))
            yield Plan(self.rng.choice(BATCH_DAYS), subjects["batch payment rejected"], self._of(where), mood)
        for _ in range(20):  # what else these customers ask this week goes well
            subject = subjects[self.rng.choice(("statement export", "API keys", "pagination", "size advice", "transfer pending"))]
            where = self.rng.choice(("Vellum Health", "Oakline Logistics", "Sunder & Blake"))
            yield Plan(self.rng.choice(BATCH_DAYS), subject, self._of(where), self.rng.choice(("smooth", "smooth", "detailed")))
        for _ in range(26):
            mood = self.rng.choice(("bad", "angry", "bad", "bad", "smooth"))
            yield Plan(self.rng.randrange(2, 34), subjects["membership renewal"], self._anyone(), mood)
        for _ in range(24):
            yield Plan(self.rng.randrange(TOOL_BROKE), subjects["late delivery"], self._anyone())
        for _ in range(20):
            yield Plan(self.rng.randrange(PROMPT_WORSE), subjects[self.rng.choice(("flight change", "hotel booking"))], self._anyone())

    def _anyone(self) -> Person:
        return self.rng.choices(self.people, [person.activity for person in self.people])[0]

    def _of(self, organization: str) -> Person:
        return self.rng.choice([person for person in self.people if person.organization and person.organization.name == organization])

    def _mood(self, plan: Plan, product: Product, model: str) -> str:
        if plan.mood:
            return plan.mood
        tool = plan.subject.tool
        if tool and self.rng.random() < (0.75 if tool == "track_order" and plan.days_ago < TOOL_BROKE else 0.012):
            return "tool_failed"
        worse = product.version(plan.days_ago) > 2 or (plan.subject.name == "SSO login loop" and plan.days_ago < LOGIN_BROKE)
        odds = 0.72 if worse else 0.16 * WORSE_ODDS[model]
        if self.rng.random() < odds:
            return self.rng.choices(("bad", "abandoned", "angry"), (5, 3, 2))[0]
        return self.rng.choices(("smooth", "detailed", "mixed"), (5, 3, 1.5))[0]

    def _write(self, number: int, plan: Plan) -> Dialogue:
        product = self.products[plan.subject.product]
        model = self.rng.choices(MODELS, (3, 3, 2, 3))[0]
        mood = self._mood(plan, product, model)
        where = plan.person.organization.name if plan.person.organization else "Freiraum GmbH"
        words = slots(self.rng, email=plan.person.email, organization=where)
        turns = Script(self.book, plan.subject, self.rng, words, plan.person.style).write(mood)
        at = self._moment(plan.days_ago)
        rating, feedback = self._rated(mood, product)
        return Dialogue(
            f"demo-{number:04d}", at, plan.days_ago, product, plan.subject.name, mood, plan.person, model, product.version(plan.days_ago),
            self.rng.choice(("web", "web", "mobile", "e-mail")), turns, rating, feedback, self._event(plan.subject.name, mood, at),
        )  # fmt: skip

    def _moment(self, days_ago: int) -> datetime:
        """A time between 8 and 22 o'clock of that day, at least an hour before the story ends."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight - timedelta(days=days_ago) + timedelta(seconds=self.rng.randrange(8 * 3600, 22 * 3600))
        return min(at, self.now.replace(microsecond=0) - timedelta(seconds=self.rng.randrange(3600, 7200)))

    def _rated(self, mood: str, product: Product) -> tuple[int | None, str | None]:
        if self.rng.random() > (0.25 if mood == "abandoned" else 0.5):
            return None, None
        tone = "good" if mood in GOOD_MOODS else "poor" if mood in BAD_MOODS else "mixed"
        stars = self.rng.choice({"good": (5, 5, 4), "poor": (1, 1, 2), "mixed": (3, 4, 2)}[tone])
        feedback = self.rng.choice(self.book.feedback[tone]) if self.rng.random() < 0.4 else None
        return (int(stars >= 3) if product.thumbs else stars), feedback

    def _event(self, subject: str, mood: str, at: datetime) -> Event | None:
        def later(low: int, high: int) -> datetime:
            return min(at + timedelta(hours=self.rng.randint(low, high)), self.now.replace(microsecond=0))

        if subject == "membership renewal" and mood in BAD_MOODS and self.rng.random() < 0.85:
            return Event("cancellation_requested", "Tally Plus", "text", "negative", later(2, 40))
        if subject == "plan and pricing" and mood in GOOD_MOODS:
            return Event("upgrade_purchased", self.rng.choice(("240.00", "200.00", "720.00")), "currency", "positive", later(1, 48))
        if subject == "travel expenses" and mood in GOOD_MOODS and self.rng.random() < 0.4:
            return Event("upgrade_purchased", "160.00", "currency", "positive", later(1, 48))
        if subject == "loan question" and mood in GOOD_MOODS:
            return Event("meeting_booked", "adviser call", "text", "positive", later(1, 5))
        if subject in {"return and refund", "damaged item", "trip cancellation"} and self.rng.random() < 0.5:
            return Event("refund_requested", f"{self.rng.randint(18, 420)}.90", "currency", "negative", later(0, 4))
        return None

    def _foreign(self, number: int) -> Dialogue:
        script = self.rng.choice(self.book.foreign)
        person, product = self._anyone(), self.products[script["product"]]
        days_ago = self.rng.randrange(DAYS)
        words = slots(self.rng, email=person.email, organization="")
        turns = tuple(Turn(("user", "assistant")[place % 2], text.format(**words)) for place, text in enumerate(script["turns"]))
        rating, _ = self._rated(script["mood"], product)
        return Dialogue(
            f"demo-{number:04d}", self._moment(days_ago), days_ago, product, f"in {script['language']}", script["mood"], person,
            self.rng.choice(MODELS), product.version(days_ago), "web", turns, rating,
        )  # fmt: skip

    def _jailbreak(self, number: int) -> Dialogue:
        person, product = self._anyone(), self.rng.choice(PRODUCTS)
        days_ago = self.rng.randrange(DAYS)
        asked, again = self.rng.sample(self.book.jailbreak, 2)
        refusals = self.book.assistant["safe"]
        turns = tuple(
            Turn(kind, text.format(email="c.brown@mail.example"))
            for kind, text in (("user", asked), ("assistant", refusals[0]), ("user", again), ("assistant", refusals[1]))
        )
        return Dialogue(
            f"demo-{number:04d}", self._moment(days_ago), days_ago, product, "jailbreak", "abandoned", person,
            self.rng.choice(MODELS), product.version(days_ago), "web", turns,
        )  # fmt: skip


def dialogues(now: datetime, seed: int = SEED) -> tuple[Dialogue, ...]:
    """All conversations of the demo tenant, oldest first. `now` is UTC."""
    return Teller(now, seed).tell()
