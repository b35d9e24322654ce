"""The job `webhook`: tell one webhook of one event, log the attempt, raise to be tried again. The job `agent_webhook`: post an
agent's answer to the `outgoing_url` of the webhook that asked.

An event can arrive twice (a worker that dies after the POST); receivers recognise it by its id.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from rapport.domain.brand import Brand
from rapport.errors import Invalid, NotFound, ProviderError
from rapport.providers import webhook as wire
from rapport.store import agent_webhooks, brands, webhooks
from rapport.store.database import Database
from rapport.store.vault import Vault
from rapport.store.webhooks import Delivery


class WebhookJobs:
    """Delivers with the tenant's secrets."""

    def __init__(self, database: Database, vault: Vault, *, allow_private: bool):
        self._database = database
        self._vault = vault
        self._allow_private = allow_private

    async def deliver(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `webhook`. A webhook that was removed meanwhile is told nothing. Raises ProviderError or Invalid."""
        webhook_id, event = UUID(payload["webhookId"]), payload["event"]
        try:
            attempt = await self.tell(tenant_id, webhook_id, event)
        except NotFound:
            return
        if attempt.error:
            raise ProviderError(attempt.error)

    async def tell(self, tenant_id: int, webhook_id: UUID, event: Mapping[str, Any]) -> Delivery:
        """One attempt, logged. Raises NotFound."""
        async with self._database.connection() as connection:
            hook, secret = await webhooks.get(connection, tenant_id, webhook_id, vault=self._vault)
            number = 1 + await webhooks.attempts(connection, tenant_id, webhook_id, UUID(event["id"]))
            brand = await brands.of_tenant(connection, tenant_id)
        body = msgspec.json.encode(event)
        headers = {
            "X-Webhook-Id": event["id"], "X-Webhook-Event": event["type"],
            "X-Webhook-Signature": wire.signature(secret, body, wire.now()), "User-Agent": _agent(brand),
        }  # fmt: skip
        start, status, problem = time.perf_counter(), None, None
        try:
            status = await wire.post(hook.url, body, headers, allow_private=self._allow_private)
        except wire.Refused as error:
            status, problem = error.answered, error.message
        except (ProviderError, Invalid) as error:
            problem = error.message
        took = int(1000 * (time.perf_counter() - start))
        delivery = Delivery(datetime.now(UTC), UUID(event["id"]), event["type"], number, status, problem, took)
        async with self._database.connection() as connection:
            await webhooks.log_delivery(connection, tenant_id, webhook_id, delivery)
        return delivery

    async def answer(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `agent_webhook`. A webhook that was removed or switched off meanwhile is told nothing. Raises ProviderError, or
        Invalid for a URL that is refused."""
        webhook_id, answer = UUID(payload["webhookId"]), payload["answer"]
        async with self._database.connection() as connection:
            try:
                webhook = await agent_webhooks.get(connection, tenant_id, webhook_id)
            except NotFound:
                return
            secret = await agent_webhooks.signing_secret(connection, tenant_id, webhook_id)
            brand = await brands.of_tenant(connection, tenant_id)
        if not webhook.outgoing_url or not webhook.is_active or secret is None:
            return
        body = msgspec.json.encode(answer)
        headers = {
            "X-Webhook-Id": answer["id"], "X-Webhook-Signature": wire.signature(secret, body, wire.now()), "User-Agent": _agent(brand),
        }  # fmt: skip
        await wire.post(webhook.outgoing_url, body, headers, allow_private=self._allow_private)


def _agent(brand: Brand) -> str:
    """Who the receiver's log says was there."""
    return f"{brand.token}-Webhooks/1"
