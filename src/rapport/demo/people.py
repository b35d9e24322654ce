"""Who the demo tenant's customers are: fourteen organizations and 120 people, some of whom belong to none."""

from dataclasses import dataclass
from random import Random

ORGANIZATIONS: tuple[tuple[str, str, str, str, int], ...] = (
    # name, plan, country, industry, seats
    ("Northgate Robotics", "enterprise", "DE", "manufacturing", 240),
    ("Vellum Health", "enterprise", "US", "health", 410),
    ("Oakline Logistics", "enterprise", "NL", "logistics", 180),
    ("Sunder & Blake", "enterprise", "GB", "law", 95),
    ("Pixel Orchard", "pro", "US", "games", 32),
    ("Cobalt Kitchens", "pro", "FR", "retail", 26),
    ("Meridian Dental", "pro", "ES", "health", 18),
    ("Fernhill School", "pro", "GB", "education", 44),
    ("Tidewater Energy", "pro", "US", "energy", 51),
    ("Lumen Bikes", "free", "DE", "retail", 6),
    ("Harbor Yoga", "free", "PT", "sport", 3),
    ("Quill Press", "free", "GB", "media", 5),
    ("Sprout Garden", "free", "FR", "retail", 4),
    ("Nimbus Freelance", "free", "IT", "consulting", 2),
)

FIRST_NAMES = (
    "Maya", "Jonas", "Priya", "Luca", "Amelia", "Tomas", "Hana", "Oliver", "Zoe", "Mateo", "Freya", "Samir", "Ines", "Noah", "Yuki",
    "Clara", "Femi", "Greta", "Hugo", "Leila", "Marek", "Nadia", "Oskar", "Paula", "Quentin", "Rosa", "Stefan", "Tessa", "Umar", "Vera",
)  # fmt: skip
LAST_NAMES = (
    "Lindqvist", "Okafor", "Brandt", "Moreau", "Castillo", "Haddad", "Novak", "Whitfield", "Sato", "Ferrari", "Kowalski", "Duarte",
    "Iyer", "Petersen", "Vargas", "Bennett", "Rossi", "Keller", "Ahmed", "Thorne",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organization:
    external_id: str
    name: str
    plan: str
    country: str
    industry: str
    seats: int


@dataclass(frozen=True, slots=True)
class Person:
    """`style` is how they type: plain, sloppy (lower case, few marks) or brief (no greetings). `activity` weighs how often they write."""

    external_id: str
    name: str
    email: str
    organization: Organization | None
    plan: str
    style: str
    activity: float


def organizations() -> tuple[Organization, ...]:
    return tuple(Organization(f"org-{row[0].split()[0].lower()}", *row) for row in ORGANIZATIONS)


def people(rng: Random, count: int = 120) -> tuple[Person, ...]:
    """`count` people with different names; every sixth belongs to no organization and has a plan of their own."""
    groups = organizations()
    names = rng.sample([(first, last) for first in FIRST_NAMES for last in LAST_NAMES], count)
    found = []
    for number, (first, last) in enumerate(names, start=1):
        group = None if number % 6 == 0 else groups[number % len(groups)]
        domain = "mail.example" if group is None else f"{group.name.lower().replace(' & ', '-').replace(' ', '-')}.example"
        found.append(
            Person(
                external_id=f"user-{number:03d}",
                name=f"{first} {last}",
                email=f"{first}.{last}@{domain}".lower(),
                organization=group,
                plan=group.plan if group else rng.choice(("free", "free", "pro")),
                style=rng.choice(("plain", "plain", "sloppy", "brief")),
                activity=1 / (1 + number % 17),
            )
        )
    return tuple(found)
