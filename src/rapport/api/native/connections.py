"""/api/admin/v1/connections: which ticket system a tenant's tickets go to. Tokens go in and never come out."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rapport.api.auth import Administrator, Parts
from rapport.errors import NotFound, ProviderNeedsSetup
from rapport.store import ticket_connections
from rapport.store.ticket_connections import TicketConnection

router = APIRouter(prefix="/api/admin/v1/connections", tags=["administration"])

Provider = Literal["local", "linear", "github", "jira"]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class ConnectionSettings(BaseModel):
    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    base_url: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s@]+$")] | None = Field(
        None, alias="baseUrl", description="Of the service; Jira needs it, the others have their public one."
    )
    email: Text | None = Field(None, description="Jira Cloud: the account that the token belongs to.")
    default_team: Text | None = Field(
        None, alias="defaultTeam", description="Team (Linear) or project (Jira) that drafts go to: id, key or name."
    )
    repositories: (
        Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]*/[\w.-]*[\w-][\w.-]*$")]], Field(max_length=50)] | None
    ) = Field(None, description="GitHub: owner/name, the first is the default.")


class ConnectionChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr | None = Field(None, description="Stored encrypted; absent: the stored one stays.")
    settings: ConnectionSettings | None = Field(None, description="Absent: the stored ones stay.")
    active: bool = Field(True, description="Whether tickets go there. `local` with false disables the local ticket system.")


@router.get("")
async def list_connections(parts: Parts, admin: Administrator) -> dict:
    """All connections of this tenant, without their tokens, and which one tickets go to."""
    async with parts.database.connection() as connection:
        found = await ticket_connections.all_of(connection, admin.tenant_id)
        chosen = await ticket_connections.chosen(connection, admin.tenant_id)
    return {"connections": [_shown(one) for one in found], "chosen": chosen and chosen.provider}


@router.put("/{provider}")
async def save_connection(provider: Provider, body: ConnectionChange, parts: Parts, admin: Administrator) -> dict:
    """Set up, change or switch off a connection."""
    settings = body.settings.model_dump(by_alias=True, exclude_none=True) if body.settings else None
    token = body.token.get_secret_value() if body.token else None
    async with parts.database.transaction() as connection:
        await ticket_connections.save(
            connection, admin.tenant_id, provider, settings=settings, token=token, active=body.active, vault=parts.trackers.vault
        )
        found = await ticket_connections.all_of(connection, admin.tenant_id)
    return _shown(next(one for one in found if one.provider == provider))


@router.post("/{provider}/test")
async def test_connection(provider: Provider, parts: Parts, admin: Administrator) -> dict:
    """Ask the service which teams tickets can go to. 409 where it is not set up or refuses the token, 502 where it fails."""
    async with parts.database.connection() as connection:
        found = next((one for one in await ticket_connections.all_of(connection, admin.tenant_id) if one.provider == provider), None)
        token = await ticket_connections.secret(connection, admin.tenant_id, provider, parts.trackers.vault)
    if provider == "local":
        return {"provider": "local", "targets": [{"teamId": "local", "teamName": "Local", "teamKey": "LOC"}]}
    if found is None or not token:
        raise ProviderNeedsSetup(f"{provider.capitalize()} has no token; set one with PUT.")
    targets = await parts.trackers.connected(found, token).targets()
    return {
        "provider": provider,
        "targets": [{"teamId": target.team_id, "teamName": target.team_name, "teamKey": target.team_key} for target in targets],
    }


@router.delete("/{provider}")
async def remove_connection(provider: Provider, parts: Parts, admin: Administrator) -> dict:
    """Forget a connection and its token. Tickets that exist stay known."""
    async with parts.database.transaction() as connection:
        if not await ticket_connections.remove(connection, admin.tenant_id, provider):
            raise NotFound(f"There is no connection {provider}.")
    return {"success": True}


def _shown(found: TicketConnection) -> dict:
    return {
        "provider": found.provider, "active": found.active, "hasToken": found.has_token, "settings": found.settings,
        "updatedAt": found.updated_at,
    }  # fmt: skip
