"""/api/admin/v1/webhooks: who is told of which events. The signing secret is shown once, when the webhook is made."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from rapport.api.auth import Administrator, Parts
from rapport.domain.alerts import EVENTS
from rapport.domain.ids import new_id
from rapport.errors import Conflict
from rapport.providers import webhook as wire
from rapport.store import webhooks
from rapport.store.webhooks import Delivery, Webhook

router = APIRouter(prefix="/api/admin/v1/webhooks", tags=["administration"])

MOST_WEBHOOKS = 20


class NewWebhook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=8, max_length=2000, description="http(s), public, without user name and password.")]
    events: Annotated[list[Literal[EVENTS]], Field(min_length=1, max_length=len(EVENTS))]  # type: ignore[valid-type]


@router.get("")
async def list_webhooks(parts: Parts, admin: Administrator) -> dict:
    """The webhooks of this tenant, and the events there are."""
    async with parts.database.connection() as connection:
        found = await webhooks.all_of(connection, admin.tenant_id)
    return {"webhooks": [_shown(one) for one in found], "events": list(EVENTS)}


@router.post("", status_code=201)
async def create_webhook(body: NewWebhook, parts: Parts, admin: Administrator) -> dict:
    """Make a webhook. Keep `secret`: X-Webhook-Signature is `t=<Unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>` made with it."""
    await wire.address_of(body.url, allow_private=parts.settings.allow_private_urls)
    async with parts.database.transaction() as connection:
        if len(await webhooks.all_of(connection, admin.tenant_id)) >= MOST_WEBHOOKS:
            raise Conflict(f"There are {MOST_WEBHOOKS} webhooks already; remove one first.")
        made, secret = await webhooks.create(connection, admin.tenant_id, body.url, body.events, vault=parts.trackers.vault)
    return _shown(made) | {"secret": secret}


@router.delete("/{webhook_id}")
async def remove_webhook(webhook_id: UUID, parts: Parts, admin: Administrator) -> dict:
    """Forget a webhook and its log."""
    async with parts.database.transaction() as connection:
        await webhooks.remove(connection, admin.tenant_id, webhook_id)
    return {"success": True}


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(webhook_id: UUID, parts: Parts, admin: Administrator) -> dict:
    """The latest 50 attempts, newest first."""
    async with parts.database.connection() as connection:
        await webhooks.get(connection, admin.tenant_id, webhook_id, vault=parts.trackers.vault)
        found = await webhooks.deliveries(connection, admin.tenant_id, webhook_id)
    return {"deliveries": [_attempt(one) for one in found]}


@router.post("/{webhook_id}/test")
async def test_webhook(webhook_id: UUID, parts: Parts, admin: Administrator) -> dict:
    """Send an event of type `test` now; what the receiver answered."""
    event = {"id": str(new_id()), "type": "test", "createdAt": datetime.now(UTC).isoformat(), "data": {}}
    return _attempt(await parts.deliver_webhook(admin.tenant_id, webhook_id, event))


def _shown(webhook: Webhook) -> dict:
    return {
        "id": webhook.id, "url": webhook.url, "events": list(webhook.events), "active": webhook.active, "createdAt": webhook.created_at,
    }  # fmt: skip


def _attempt(delivery: Delivery) -> dict:
    return {
        "eventId": delivery.event_id, "event": delivery.event_type, "attempt": delivery.attempt, "delivered": delivery.error is None,
        "status": delivery.status, "error": delivery.error, "durationMs": delivery.duration_ms, "at": delivery.at,
    }  # fmt: skip
