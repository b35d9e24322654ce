"""Tickets: a draft is kept until a human confirms it; only then a provider creates the ticket."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TicketTarget:
    """Where a ticket goes: a team (Linear), a repository (GitHub) or a project (Jira)."""

    team_id: str
    team_name: str
    team_key: str


@dataclass(frozen=True, slots=True)
class TicketLabel:
    id: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What would be filed. source_type: conversation | product | segment | user | inbox."""

    id: UUID
    provider: str
    title: str
    description: str
    target: TicketTarget
    label_ids: tuple[str, ...] = ()
    priority: str | None = None
    source_type: str = "conversation"
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that exists. `identifier` is what people say (LIN-99); `url` opens it."""

    provider: str
    identifier: str
    url: str
    title: str
