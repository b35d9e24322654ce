"""Taking things back for good, with everything that belongs to them: analyses and their share of the rollups, ratings, runs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from rapport.store import analyses
from rapport.store.database import Connection


async def delete_conversations(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> int:
    """Removes these conversations; how many there were. Business events stay, without their conversation. Call it inside a
    transaction, with a few hundred ids at a time. Ids of other tenants are not found and change nothing."""
    rows = await connection.fetch(
        "SELECT id FROM conversation WHERE tenant_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE", tenant_id, list(ids)
    )
    found = [row["id"] for row in rows]
    if not found:
        return 0
    await analyses.remove(connection, tenant_id, found)
    await connection.execute(
        """
        DELETE FROM run_event e USING run r
        WHERE e.tenant_id = $1 AND r.tenant_id = $1 AND r.id = e.run_id AND r.conversation_id = ANY($2)
        """,
        tenant_id, found,
    )  # fmt: skip
    for table in ("message", "rating", "ticket_draft", "run", "inbox_item", "finding", "judgement", "model_answer"):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND conversation_id = ANY($2)", tenant_id, found)
    for table in ("ui_command", "inbox_message"):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND session_id = ANY($2)", tenant_id, found)
    await connection.execute("DELETE FROM session WHERE tenant_id = $1 AND id = ANY($2)", tenant_id, found)
    await connection.execute("UPDATE event SET conversation_id = NULL WHERE tenant_id = $1 AND conversation_id = ANY($2)", tenant_id, found)
    await connection.execute("DELETE FROM insight_cache WHERE tenant_id = $1", tenant_id)  # it may quote what is deleted
    await connection.execute("DELETE FROM conversation WHERE tenant_id = $1 AND id = ANY($2)", tenant_id, found)
    return len(found)


async def delete_user(connection: Connection, tenant_id: int, user_id: UUID) -> int:
    """Removes a user with all its conversations, events and memberships; how many conversations there were. Call inside a
    transaction. A user with very many conversations is removed in bounded batches of one transaction."""
    gone = 0
    while True:
        rows = await connection.fetch("SELECT id FROM conversation WHERE tenant_id = $1 AND user_id = $2 LIMIT 500", tenant_id, user_id)
        if not rows:
            break
        gone += await delete_conversations(connection, tenant_id, [row["id"] for row in rows])
    for table in ("event", "segment_user"):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND user_id = $2", tenant_id, user_id)
    await connection.execute("DELETE FROM app_user WHERE tenant_id = $1 AND id = $2", tenant_id, user_id)
    return gone


async def delete_expired(connection: Connection, tenant_id: int, *, older_than: datetime, limit: int = 200) -> int:
    """Removes up to `limit` conversations whose last message is older; how many."""
    rows = await connection.fetch(
        """
        SELECT id FROM conversation WHERE tenant_id = $1 AND last_message_at < $2 ORDER BY last_message_at LIMIT $3
        """,
        tenant_id, older_than, limit,
    )  # fmt: skip
    return await delete_conversations(connection, tenant_id, [row["id"] for row in rows])
