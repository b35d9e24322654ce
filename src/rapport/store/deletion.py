"""Taking things back for good, with everything that belongs to them: analyses and their share of the rollups, ratings, runs."""

from collections.abc import Sequence
from uuid import UUID

from rapport.store import analyses
from rapport.store.database import Connection


async def delete_conversations(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> int:
    """Removes these conversations; how many there were. Business events stay, without their conversation. Call it inside a
    transaction, with a few hundred ids at a time. Ids of other tenants are not found and change nothing."""
    wanted = list(ids)
    await analyses.remove(connection, tenant_id, wanted)
    for table in ("analysis_pending", "message", "rating", "ui_command", "ticket_draft", "run"):
        column = "session_id" if table == "ui_command" else "conversation_id"
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND {column} = ANY($2)", tenant_id, wanted)
    await connection.execute(
        "UPDATE event SET conversation_id = NULL WHERE tenant_id = $1 AND conversation_id = ANY($2)", tenant_id, wanted
    )
    rows = await connection.fetch("DELETE FROM conversation WHERE tenant_id = $1 AND id = ANY($2) RETURNING id", tenant_id, wanted)
    return len(rows)
