"""The job `webhook`: tell one webhook of one event, log the attempt, raise to be tried again.

An event can arrive twice (a worker that dies after the POST); receivers recognise it by its id.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from rapport.errors import Invalid, NotFound, ProviderError
from rapport.providers import webhook as wire
from rapport.store import webhooks
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
        body = msgspec.json.encode(event)
        headers = {
            "X-Webhook-Id": event["id"], "X-Webhook-Event": event["type"],
            "X-Webhook-Signature": wire.signature(secret, body, wire.now()),
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
