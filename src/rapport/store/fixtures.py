"""What the official SDKs' own test suites expect to find: written for a mock, they use one UUID for almost everything.

All of it lives in a tenant of its own. Writing it again changes nothing.
"""

import asyncio
import time
from uuid import UUID

from rapport.domain.catalog import NewComponent, PromptGiven
from rapport.domain.people import PersonChange
from rapport.errors import Conflict
from rapport.store import catalog, conversations, jobs, keys, people, prompts, segments
from rapport.store.batch import Batch, NewMessage
from rapport.store.database import Connection, Database

TENANT = "sdk-conformance"
SDK_KEY = "My API Key"
SDK_ID = UUID("182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e")
CHAT_PRODUCT = UUID("123e4567-e89b-12d3-a456-426614174000")
MESSAGES_PRODUCT = UUID("123e4567-e89b-12d3-a456-426614174001")
NAMED_PROMPT = UUID("123e4567-e89b-12d3-a456-426614174004")
RATED_CONVERSATION = "123e4567-e89b-12d3-a456-426614174000"  # an external id that looks like an internal one

DIALOGUE = (
    ("user_message", "externalMessageId", "My export fails every time, this is really frustrating. It never works!"),
    ("assistant_message", "messageId", "I am sorry. Which format do you export to?"),
    ("user_message", "m-3", "CSV. I have asked this three times now and I still get the same error. Please let me talk to a human."),
    ("tool_call", "m-4", None),
    ("tool_error", "m-5", None),
    ("assistant_message", "m-6", "I cannot export CSV files of this size. I am sorry for the trouble."),
    ("user_message", "m-7", "That is terrible. Then I want my money back, cancel my subscription."),
)


async def write_sdk_fixtures(connection: Connection) -> int:
    """Make the tenant, its key and everything that the suites name. The tenant's id. Call it inside a transaction."""
    tenant_id = await keys.ensure_tenant(connection, TENANT, plan="enterprise")
    await keys.create_key(connection, tenant_id, name="SDK test suites", secret=SDK_KEY)
    await _products(connection, tenant_id)
    await _people(connection, tenant_id)
    await connection.execute(
        """
        INSERT INTO model (tenant_id, id, canonical_id, display_name, last_used_at) VALUES ($1, $2, 'sdk-model', 'sdk-model', now())
        ON CONFLICT DO NOTHING
        """,
        tenant_id, SDK_ID,
    )  # fmt: skip
    await _prompts(connection, tenant_id)
    await _conversations(connection, tenant_id)
    await _segment(connection, tenant_id)
    return tenant_id


async def _products(connection: Connection, tenant_id: int) -> None:
    for product_id, name, version_id in (
        (SDK_ID, "SDK", SDK_ID), (CHAT_PRODUCT, "SDK chat", None), (MESSAGES_PRODUCT, "SDK messages", None),
    ):  # fmt: skip
        known = await connection.fetchval("SELECT 1 FROM product WHERE tenant_id = $1 AND id = $2", tenant_id, product_id)
        if not known:
            await catalog.create_product(connection, tenant_id, name, product_id=product_id, version_id=version_id)


async def _people(connection: Connection, tenant_id: int) -> None:
    await connection.execute(
        "INSERT INTO organization (tenant_id, id, external_id) VALUES ($1, $2, 'sdk-organization') ON CONFLICT DO NOTHING",
        tenant_id,
        SDK_ID,
    )
    await connection.execute(
        """
        INSERT INTO app_user (tenant_id, id, external_id, organization_id) VALUES ($1, $2, 'sdk-user', $2) ON CONFLICT DO NOTHING
        """,
        tenant_id, SDK_ID,
    )  # fmt: skip
    await people.ensure_organizations(connection, tenant_id, ["organizationId", "org-456", "org-789"])
    for external_id in ("userId", "user-123"):
        await people.upsert_user(connection, tenant_id, external_id, PersonChange())


async def _prompts(connection: Connection, tenant_id: int) -> None:
    for prompt_id, external_id, content in (
        (SDK_ID, "id", "You help customers of {{shop}}."),
        (NAMED_PROMPT, "externalPromptId", "You answer questions."),
        (None, "support-v1", "You support customers."),
    ):
        known = await connection.fetchval("SELECT 1 FROM prompt WHERE tenant_id = $1 AND external_id = $2", tenant_id, external_id)
        if not known:
            component = NewComponent(content, id=SDK_ID if prompt_id else None)
            given = PromptGiven((component,), external_id=external_id)
            await prompts.create(connection, tenant_id, SDK_ID, given, name=external_id, role="system", prompt_id=prompt_id)


async def _conversations(connection: Connection, tenant_id: int) -> None:
    """One conversation that went badly, so that it has an analysis and a reason to be in the inbox, and two that are only named."""
    messages = tuple(
        NewMessage(
            kind, content, external_id=external_id, tool_name="export_csv" if kind.startswith("tool") else None,
            output={"error": "file too large"} if kind == "tool_error" else None,
            input={"format": "csv"} if kind == "tool_call" else None, parent_external_id="m-4" if kind == "tool_error" else None,
        )
        for kind, external_id, content in DIALOGUE
    )  # fmt: skip
    main = Batch(
        "sdk-user", messages, conversation_id=SDK_ID, external_id="sdk-conversation", product_id=SDK_ID, version_id=SDK_ID,
        external_organization_id="sdk-organization", model="sdk-model", make=True,
    )  # fmt: skip
    named = [
        Batch("sdk-user", (NewMessage("user_message", "Hello", external_id="m-1"),), external_id=external_id, product_id=SDK_ID)
        for external_id in ("conv-456", RATED_CONVERSATION)
    ]
    for result in await conversations.append_many(connection, tenant_id, [main, *named]):
        if isinstance(result, Exception):
            raise Conflict(f"The fixtures could not be written: {result}") from result


async def _segment(connection: Connection, tenant_id: int) -> None:
    """The segment of the suites, and its refresh, which puts the user with the bad conversation into it."""
    known = await connection.fetchval("SELECT 1 FROM segment WHERE tenant_id = $1 AND id = $2", tenant_id, SDK_ID)
    if not known:
        filters = {"rules": [{"type": "conversation_count", "operator": "gte", "value": 1}]}
        await segments.create(
            connection, tenant_id, name="segmentId", description=None, icon=None, filters=filters, created_by=None, limit=None,
            segment_id=SDK_ID,
        )  # fmt: skip
        await jobs.enqueue(connection, tenant_id, "segments_refresh", {"segmentId": str(SDK_ID)}, key=str(SDK_ID))


async def wait_until_analysed(database: Database, tenant_id: int, *, seconds: float = 20) -> bool:
    """Whether the main conversation has its analysis; waits for the worker of a running server."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with database.connection() as connection:
            found = await connection.fetchval("SELECT 1 FROM analysis WHERE tenant_id = $1 AND conversation_id = $2", tenant_id, SDK_ID)
        if found:
            return True
        await asyncio.sleep(0.1)
    return False
