"""Durable work: which conversations wait for analysis, and generic jobs. Both are rows; polling them is the truth."""

from datetime import datetime, timedelta
from uuid import UUID

from rapport.store.database import Connection

LONGEST_DEBOUNCE = timedelta(minutes=2)
"""A conversation that never rests is analysed at least this often."""


async def queue_analysis(connection: Connection, tenant_id: int, conversation_id: UUID, *, due_at: datetime) -> None:
    """Ask for a (new) analysis at `due_at`. Asking again moves the time, at most LONGEST_DEBOUNCE after the first asking,
    and forgives earlier failures. The conversation's analysis_revision grows, so that a running analysis knows it is stale."""
    await connection.execute(
        """
        INSERT INTO analysis_pending (tenant_id, conversation_id, due_at, first_due_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE
        SET due_at = least(excluded.due_at, analysis_pending.first_due_at + $4), attempts = 0, failed_at = NULL, last_error = NULL
        """,
        tenant_id, conversation_id, due_at, LONGEST_DEBOUNCE,
    )  # fmt: skip
    await connection.execute(
        "UPDATE conversation SET analysis_revision = analysis_revision + 1 WHERE tenant_id = $1 AND id = $2", tenant_id, conversation_id
    )
    await connection.execute(
        """
        INSERT INTO tenant_work (tenant_id, queue, next_due_at) VALUES ($1, 'analysis', $2)
        ON CONFLICT (tenant_id, queue) DO UPDATE SET next_due_at = least(tenant_work.next_due_at, excluded.next_due_at)
        WHERE tenant_work.next_due_at > excluded.next_due_at
        """,
        tenant_id, due_at,
    )  # fmt: skip
