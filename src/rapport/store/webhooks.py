"""Webhooks of a tenant, the events they are to be told, and the log of every attempt.

Events of conversations are queued in the transaction that saves the analysis they follow from, one job for each webhook: what is
saved is told, at least once; receivers recognise a repetition by the event's id.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.domain import alerts
from rapport.domain.alerts import Alert
from rapport.domain.conversation import Conversation
from rapport.domain.ids import new_id
from rapport.domain.judging import CustomAnalysis, Finding
from rapport.errors import NotFound
from rapport.store import jobs
from rapport.store.database import Connection
from rapport.store.vault import Vault

FRESH = timedelta(days=7)
"""Older conversations (imported history) fire nothing but ratings."""
KEEP_LOG = timedelta(days=30)
PRODUCT_DAYS = 30
LEAST_CONVERSATIONS = 10
"""A product's averages are those of its last 30 days, and fire from ten conversations on."""

Change = tuple[Conversation, Mapping[str, Any] | None, Mapping[str, Any]]
"""A conversation, the row of its analysis before (None: the first), and now."""


@dataclass(frozen=True, slots=True)
class Webhook:
    id: UUID
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `error` is None where it was delivered; `status` is None where there was no answer."""

    at: datetime
    event_id: UUID
    event_type: str
    attempt: int
    status: int | None
    error: str | None
    duration_ms: int


async def create(connection: Connection, tenant_id: int, url: str, events: Sequence[str], *, vault: Vault) -> tuple[Webhook, str]:
    """A new webhook and its signing secret, which is shown once."""
    webhook_id, secret = new_id(), "whsec_" + secrets.token_urlsafe(32)
    row = await connection.fetchrow(
        """
        INSERT INTO webhook (tenant_id, id, url, events, secret) VALUES ($1, $2, $3, $4, $5)
        RETURNING id, url, events, active, created_at
        """,
        tenant_id, webhook_id, url, sorted(set(events)), vault.seal(secret, purpose=f"{tenant_id}/webhook/{webhook_id}"),
    )  # fmt: skip
    return _webhook(row), secret


def _webhook(row: Any) -> Webhook:
    return Webhook(row["id"], row["url"], tuple(row["events"]), row["active"], row["created_at"])


async def all_of(connection: Connection, tenant_id: int) -> list[Webhook]:
    """The tenant's webhooks, oldest first."""
    rows = await connection.fetch("SELECT id, url, events, active, created_at FROM webhook WHERE tenant_id = $1 ORDER BY id", tenant_id)
    return [_webhook(row) for row in rows]


async def get(connection: Connection, tenant_id: int, webhook_id: UUID, *, vault: Vault) -> tuple[Webhook, str]:
    """A webhook and its signing secret. Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT id, url, events, active, created_at, secret FROM webhook WHERE tenant_id = $1 AND id = $2", tenant_id, webhook_id
    )
    if row is None:
        raise NotFound("There is no such webhook; GET /api/admin/v1/webhooks lists them.")
    return _webhook(row), vault.open(row["secret"], purpose=f"{tenant_id}/webhook/{webhook_id}")


async def remove(connection: Connection, tenant_id: int, webhook_id: UUID) -> None:
    """Forget a webhook and its log; what is queued for it is dropped when it comes up. Raises NotFound."""
    await connection.execute("DELETE FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = $2", tenant_id, webhook_id)
    found = await connection.fetchval("DELETE FROM webhook WHERE tenant_id = $1 AND id = $2 RETURNING true", tenant_id, webhook_id)
    if not found:
        raise NotFound("There is no such webhook; GET /api/admin/v1/webhooks lists them.")


# Events ---------------------------------------------------------------------------------------------------------------


async def publish(connection: Connection, tenant_id: int, told: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Queue these (event type, data) for the webhooks that want them. Call inside the transaction that the events follow from."""
    listening = [webhook for webhook in await all_of(connection, tenant_id) if webhook.active]
    for event_type, data in told:
        for webhook in listening:
            if event_type in webhook.events:
                event = {"id": str(new_id()), "type": event_type, "createdAt": datetime.now(UTC).isoformat(), "data": dict(data)}
                await jobs.enqueue(connection, tenant_id, "webhook", {"webhookId": str(webhook.id), "event": event})


async def on_analysed(connection: Connection, tenant_id: int, changes: Sequence[Change]) -> None:
    """Queue what follows from these analyses. Reads one row where the tenant has no webhook."""
    wanted = await connection.fetchval(
        "SELECT array_agg(DISTINCT e) FROM webhook, unnest(events) e WHERE tenant_id = $1 AND active", tenant_id
    )
    if not wanted:
        return
    oldest = datetime.now(UTC) - FRESH
    told = [
        (alert.type, _conversation_data(conversation, alert))
        for conversation, old, new in changes
        for alert in alerts.alerts(old, new)
        if alert.type in wanted and (alert.type == "conversation.rating" or conversation.created_at >= oldest)
    ]
    for product_id in sorted({conversation.product_id for conversation, *_ in changes}):
        told += [(alert.type, _product_data(product_id, alert)) for alert in await _product_alerts(connection, tenant_id, product_id)]
    await publish(connection, tenant_id, told)


async def on_finding(
    connection: Connection, tenant_id: int, conversation: Conversation, asked: CustomAnalysis, found: Finding, event_type: str
) -> None:
    """Queue what a custom analysis found. `value` is the model's confidence; there is no threshold. Call inside the transaction that
    stores the finding."""
    if conversation.created_at < datetime.now(UTC) - FRESH:
        return
    data = _conversation_data(conversation, Alert(event_type, None if found.confidence is None else round(found.confidence, 4))) | {
        "customAnalysis": {"id": str(asked.id), "name": asked.name, "kind": asked.kind, "severity": asked.severity},
        "result": found.status, "reasoning": found.reasoning,
        "quotes": [{"text": quote.text, "messageId": str(quote.message_id), "role": quote.role} for quote in found.quotes],
    }  # fmt: skip
    await publish(connection, tenant_id, [(event_type, data)])


def _conversation_data(conversation: Conversation, alert: Alert) -> dict[str, Any]:
    return {
        "conversationId": str(conversation.id), "externalConversationId": conversation.external_id,
        "productId": str(conversation.product_id), "userId": str(conversation.user_id),
        "organizationId": conversation.organization_id and str(conversation.organization_id),
        "value": alert.value, "threshold": alert.threshold,
    }  # fmt: skip


def _product_data(product_id: UUID, alert: Alert) -> dict[str, Any]:
    return {"productId": str(product_id), "value": alert.value, "threshold": alert.threshold, "days": PRODUCT_DAYS}


async def _product_alerts(connection: Connection, tenant_id: int, product_id: UUID) -> list[Alert]:
    """What the product has fallen below since it was last looked at; remembers it, and forgets what it has risen above."""
    row = await connection.fetchrow(
        """
        SELECT sum(quality_sum) / nullif(sum(quality_n), 0) AS quality, sum(sentiment_sum) / nullif(sum(sentiment_n), 0) AS sentiment
        FROM rollup_day WHERE tenant_id = $1 AND kind = 'product' AND entity_id = $2 AND day >= $3
        HAVING sum(conversations) >= $4
        """,
        tenant_id, product_id, (datetime.now(UTC) - timedelta(days=PRODUCT_DAYS)).date(), LEAST_CONVERSATIONS,
    )  # fmt: skip
    if row is None:
        return []
    fallen = []
    for event_type, value, threshold in (
        ("product.quality_index", row["quality"], alerts.QUALITY_BELOW),
        ("product.sentiment", row["sentiment"], alerts.PRODUCT_SENTIMENT_BELOW),
    ):
        if value is not None and await _crossed(connection, tenant_id, product_id, event_type, below=value < threshold):
            fallen.append(Alert(event_type, round(value, 4), threshold))
    return fallen


async def _crossed(connection: Connection, tenant_id: int, product_id: UUID, event_type: str, *, below: bool) -> bool:
    """Whether the product is below now and was not before."""
    if not below:
        await connection.execute(
            "DELETE FROM webhook_alert WHERE tenant_id = $1 AND product_id = $2 AND event_type = $3", tenant_id, product_id, event_type
        )
        return False
    fresh = await connection.fetchval(
        """
        INSERT INTO webhook_alert (tenant_id, product_id, event_type) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, product_id, event_type) DO NOTHING RETURNING true
        """,
        tenant_id, product_id, event_type,
    )  # fmt: skip
    return bool(fresh)


# Log ------------------------------------------------------------------------------------------------------------------


async def log_delivery(connection: Connection, tenant_id: int, webhook_id: UUID, delivery: Delivery) -> None:
    """Keep one attempt, and drop those older than KEEP_LOG."""
    await connection.execute(
        "DELETE FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = $2 AND at < $3",
        tenant_id, webhook_id, datetime.now(UTC) - KEEP_LOG,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO webhook_delivery (tenant_id, webhook_id, at, event_id, event_type, attempt, status, error, duration_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, left($8, 500), $9)
        """,
        tenant_id, webhook_id, delivery.at, delivery.event_id, delivery.event_type, delivery.attempt, delivery.status, delivery.error,
        delivery.duration_ms,
    )  # fmt: skip


async def deliveries(connection: Connection, tenant_id: int, webhook_id: UUID, *, limit: int = 50) -> list[Delivery]:
    """The latest attempts, newest first."""
    rows = await connection.fetch(
        """
        SELECT at, event_id, event_type, attempt, status, error, duration_ms FROM webhook_delivery
        WHERE tenant_id = $1 AND webhook_id = $2 ORDER BY at DESC LIMIT $3
        """,
        tenant_id, webhook_id, limit,
    )  # fmt: skip
    return [Delivery(**row) for row in rows]


async def attempts(connection: Connection, tenant_id: int, webhook_id: UUID, event_id: UUID) -> int:
    """How often this event was tried."""
    return await connection.fetchval(
        "SELECT count(*) FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = $2 AND event_id = $3", tenant_id, webhook_id, event_id
    )
