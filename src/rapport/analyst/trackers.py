"""The ticket system of a tenant: the connected one with its token, else the local one."""

from dataclasses import dataclass

import httpx2

from rapport.errors import ProviderNeedsSetup
from rapport.ports import TicketProvider
from rapport.providers.github import API as GITHUB
from rapport.providers.github import GitHub
from rapport.providers.jira import Jira
from rapport.providers.linear import API as LINEAR
from rapport.providers.linear import Linear
from rapport.store import ticket_connections
from rapport.store.database import Database
from rapport.store.ticket_connections import TicketConnection
from rapport.store.tickets import LocalTickets
from rapport.store.vault import Vault

DISABLED = "The local ticket system is disabled and no other is connected; connect one under /api/admin/v1/connections."
NO_TOKEN = "{name} is chosen for tickets but has no token; set one under /api/admin/v1/connections."


@dataclass(frozen=True, slots=True)
class Trackers:
    """Opens ticket systems. One HTTP client serves all tenants: it holds no tokens."""

    database: Database
    vault: Vault
    client: httpx2.AsyncClient

    async def of(self, tenant_id: int, origin: str) -> TicketProvider:
        """The ticket system that the tenant chose. `origin` is this server's address as the asker sees it, for links to local tickets.
        Raises ProviderNeedsSetup where there is none, or it has no token."""
        async with self.database.connection() as connection:
            found = await ticket_connections.chosen(connection, tenant_id)
            if found is None:
                raise ProviderNeedsSetup(DISABLED)
            if found.provider == "local":
                return LocalTickets(self.database, tenant_id, origin)
            token = await ticket_connections.secret(connection, tenant_id, found.provider, self.vault)
        if not token:
            raise ProviderNeedsSetup(NO_TOKEN.format(name=found.provider.capitalize()))
        return self.connected(found, token)

    def connected(self, found: TicketConnection, token: str) -> TicketProvider:
        """The provider of an external connection. Raises ProviderNeedsSetup where its settings lack something."""
        settings = found.settings
        url = settings.get("baseUrl") or ""
        if found.provider == "linear":
            return Linear(self.client, token, url=url or LINEAR, default_team=settings.get("defaultTeam"))
        if found.provider == "github":
            return GitHub(self.client, token, url=url or GITHUB, repositories=tuple(settings.get("repositories") or ()))
        return Jira(self.client, token, url=url, email=settings.get("email"), default_project=settings.get("defaultTeam"))
