"""Durable work: which conversations wait for analysis, and generic jobs. Both are rows; polling them is the truth.

A claim is a lease: `locked_until` passes, and the work is anybody's again. So work may be done twice and must bear it;
results are fenced (an analysis by the conversation's revision, see store.analyses.save). What fails is tried again with
growing pauses, and after MOST_ATTEMPTS it is given up visibly: `failed_at` and `last_error` stay until it is asked for again.
`tenant_work` is only a hint which tenant to look at next; `find_due` mends a hint that got lost.

Locks are taken in one order everywhere, conversation before analysis_pending, so that logging and analysing never wait
for each other in a circle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.store.database import Connection

LONGEST_DEBOUNCE = timedelta(minutes=2)
"""A conversation that never rests is analysed at least this often."""

LEASE = timedelta(seconds=15)
"""How long work of a process that died stays locked. A live process renews its leases well before."""

PER_MESSAGE = 500
"""Bytes that a message counts beside its contents: short ones take memory too, mostly for their vectors."""

MOST_ATTEMPTS = 5
"""Of an analysis. Trying again helps where the cause was outside; content that fails five times fails always."""

MOST_JOB_ATTEMPTS = 8
"""Of a job: about three hours of trying, as what it calls may be down."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A conversation to analyse. `revision` is the conversation's when it was claimed: what is loaded later is at least that new.
    `size` is about the bytes of its messages: of what was said, of what tools were given and gave back as it is stored, and PER_MESSAGE
    for each."""

    conversation_id: UUID
    revision: int
    attempts: int
    size: int


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `attempts` counts this one."""

    id: UUID
    kind: str
    key: str | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 1


# Conversations that wait for analysis ---------------------------------------------------------------------------------


async def queue_analysis(connection: Connection, tenant_id: int, conversation_id: UUID, *, due_at: datetime) -> None:
    """Ask for a (new) analysis of one conversation at `due_at`; see queue_analyses."""
    await queue_analyses(connection, tenant_id, [conversation_id], due_at=due_at)


async def queue_analyses(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID], *, due_at: datetime) -> None:
    """Ask for (new) analyses at `due_at`. Asking again moves the time, at most LONGEST_DEBOUNCE after the first asking,
    and forgives earlier failures. The conversations' analysis_revision grows, so that a running analysis knows it is stale.
    Conversations with the analyst are left alone."""
    if not conversation_ids:
        return
    ids = sorted(set(conversation_ids))
    await connection.execute(
        """
        UPDATE conversation SET analysis_revision = analysis_revision + 1
        WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'conversation'
        """,
        tenant_id, ids,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO analysis_pending (tenant_id, conversation_id, due_at, first_due_at)
        SELECT tenant_id, id, $3, $3 FROM conversation
        WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'conversation' ORDER BY id
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE
        SET due_at = least(excluded.due_at, analysis_pending.first_due_at + $4), backlog = false, attempts = 0, failed_at = NULL,
            last_error = NULL
        """,
        tenant_id, ids, due_at, LONGEST_DEBOUNCE,
    )  # fmt: skip
    await _hint(connection, tenant_id, "analysis", due_at)


async def queue_first_analyses(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID], *, due_at: datetime) -> None:
    """queue_analyses for conversations that this transaction has made, with revision 1: nobody else can know them yet."""
    if not conversation_ids:
        return
    await connection.execute(
        """
        INSERT INTO analysis_pending (tenant_id, conversation_id, due_at, first_due_at)
        SELECT $1, id, $3, $3 FROM unnest($2::uuid[]) AS id
        """,
        tenant_id, conversation_ids, due_at,
    )  # fmt: skip
    await _hint(connection, tenant_id, "analysis", due_at)


async def begin_backlog(connection: Connection, tenant_id: int) -> None:
    """Ask for new analyses of all conversations of the tenant: queue_backlog puts them on the queue."""
    await connection.execute("INSERT INTO reanalysis (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", tenant_id)


async def queue_backlog(connection: Connection, tenant_id: int, *, limit: int) -> bool:
    """Put the next `limit` conversations by id on the queue, behind everything that is fresh; whether there may be more. What is on
    the queue already keeps its place. How far it came is kept, so whoever is killed between two pages leaves nothing out. Call inside
    a transaction."""
    after = await connection.fetchval("SELECT queued_to FROM reanalysis WHERE tenant_id = $1 FOR UPDATE", tenant_id)
    if after is None:
        return False
    last = await connection.fetchval(
        """
        WITH page AS (
            SELECT id FROM conversation WHERE tenant_id = $1 AND kind = 'conversation' AND id > $2 ORDER BY id LIMIT $3
        ), queued AS (
            INSERT INTO analysis_pending (tenant_id, conversation_id, due_at, backlog) SELECT $1, id, now(), true FROM page
            ON CONFLICT (tenant_id, conversation_id) DO NOTHING
        )
        SELECT id FROM page ORDER BY id DESC LIMIT 1
        """,
        tenant_id, after, limit,
    )  # fmt: skip
    if last is None:
        await connection.execute("DELETE FROM reanalysis WHERE tenant_id = $1", tenant_id)
        return False
    await connection.execute("UPDATE reanalysis SET queued_to = $2 WHERE tenant_id = $1", tenant_id, last)
    await _hint(connection, tenant_id, "backlog", datetime.now(UTC))
    return True


async def _hint(connection: Connection, tenant_id: int, queue: str, due_at: datetime) -> None:
    """Say that this tenant has work. Locks the hint only where it must move, or every request of a tenant would queue up here."""
    await connection.execute(
        "INSERT INTO tenant_work (tenant_id, queue, next_due_at) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, queue) DO NOTHING",
        tenant_id, queue, due_at,
    )  # fmt: skip
    await connection.execute(
        "UPDATE tenant_work SET next_due_at = $3 WHERE tenant_id = $1 AND queue = $2 AND next_due_at > $3", tenant_id, queue, due_at
    )


async def find_due(connection: Connection) -> None:
    """Rewrite the hints from the queues themselves. A hint is lost when work is added while a worker takes the last of it away."""
    await connection.execute(
        """
        INSERT INTO tenant_work (tenant_id, queue, next_due_at)
        SELECT tenant_id, CASE WHEN backlog THEN 'backlog' ELSE 'analysis' END, min(greatest(due_at, locked_until))
        FROM analysis_pending WHERE failed_at IS NULL GROUP BY tenant_id, backlog
        UNION ALL
        SELECT tenant_id, 'job', min(greatest(due_at, locked_until)) FROM job WHERE failed_at IS NULL GROUP BY tenant_id
        ORDER BY 1, 2
        ON CONFLICT (tenant_id, queue) DO UPDATE SET next_due_at = excluded.next_due_at
        WHERE tenant_work.next_due_at IS DISTINCT FROM excluded.next_due_at
        """
    )


async def tenants_due(connection: Connection, queue: str, *, limit: int = 50) -> list[int]:
    """Tenants that may have work of this queue now, the longest waiting first."""
    rows = await connection.fetch(
        "SELECT tenant_id FROM tenant_work WHERE queue = $1 AND next_due_at <= now() ORDER BY next_due_at, tenant_id LIMIT $2", queue, limit
    )
    return [row["tenant_id"] for row in rows]


async def claim_analyses(connection: Connection, tenant_id: int, *, limit: int, backlog: bool = False) -> list[Claim]:
    """Lease up to `limit` due conversations of this tenant, the fresh ones or those of the backlog. What failed before is taken in
    ever smaller batches, so that one conversation that kills its worker does not take others with it. Call inside a transaction."""
    await connection.execute(
        """
        UPDATE analysis_pending
        SET failed_at = now(), locked_until = NULL, last_error = coalesce(last_error, 'The worker died each time it analysed this.')
        WHERE tenant_id = $1 AND backlog = $3 AND failed_at IS NULL AND due_at <= now() AND attempts >= $2
          AND (locked_until IS NULL OR locked_until < now())
        """,
        tenant_id, MOST_ATTEMPTS, backlog,
    )  # fmt: skip
    attempts = await connection.fetchval(
        """
        SELECT attempts FROM analysis_pending
        WHERE tenant_id = $1 AND backlog = $2 AND failed_at IS NULL AND due_at <= now() AND (locked_until IS NULL OR locked_until < now())
        ORDER BY due_at LIMIT 1
        """,
        tenant_id, backlog,
    )  # fmt: skip
    if attempts is None:
        await _hint_later(connection, tenant_id, "backlog" if backlog else "analysis")
        return []
    rows = await connection.fetch(
        """
        WITH due AS (
            SELECT conversation_id FROM analysis_pending
            WHERE tenant_id = $1 AND backlog = $5 AND failed_at IS NULL AND due_at <= now() AND attempts = $2
              AND (locked_until IS NULL OR locked_until < now())
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        UPDATE analysis_pending p SET locked_until = now() + $4, attempts = p.attempts + 1
        FROM due JOIN conversation c ON c.tenant_id = $1 AND c.id = due.conversation_id
        WHERE p.tenant_id = $1 AND p.conversation_id = due.conversation_id
        RETURNING p.conversation_id, c.analysis_revision, p.attempts, (
            SELECT coalesce(sum($6 + coalesce(octet_length(content), 0) + coalesce(octet_length(context), 0)
                                + coalesce(pg_column_size(input), 0) + coalesce(pg_column_size(output), 0)), 0)
            FROM message WHERE tenant_id = $1 AND conversation_id = c.id
        ) AS size
        """,
        tenant_id, attempts, max(1, limit // 4**attempts), LEASE, backlog, PER_MESSAGE,
    )  # fmt: skip
    return [Claim(row["conversation_id"], row["analysis_revision"], row["attempts"], row["size"]) for row in rows]


HINTED_BY = {
    "analysis": "analysis_pending WHERE NOT backlog AND", "backlog": "analysis_pending WHERE backlog AND", "job": "job WHERE",
}  # fmt: skip


async def _hint_later(connection: Connection, tenant_id: int, queue: str) -> None:
    """There was nothing to take: look again when the next is due, or when a lease of another worker runs out."""
    await connection.execute(
        f"""
        WITH next AS (SELECT min(greatest(due_at, locked_until)) AS due_at FROM {HINTED_BY[queue]} tenant_id = $1 AND failed_at IS NULL),
        idle AS (DELETE FROM tenant_work WHERE tenant_id = $1 AND queue = $2 AND (SELECT due_at FROM next) IS NULL)
        UPDATE tenant_work SET next_due_at = next.due_at FROM next
        WHERE tenant_id = $1 AND queue = $2 AND next.due_at IS NOT NULL
        """,
        tenant_id, queue,
    )  # fmt: skip


async def renew_analyses(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID]) -> None:
    """Keep the leases of a batch that takes long."""
    await connection.execute(
        """
        UPDATE analysis_pending SET locked_until = now() + $3
        WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[]) AND locked_until IS NOT NULL
        """,
        tenant_id, list(conversation_ids), LEASE,
    )  # fmt: skip


async def finish(connection: Connection, tenant_id: int, revisions: Mapping[UUID, int]) -> None:
    """Take analysed conversations off the queue, unless something was added after `revision`: then they stay, free to be claimed."""
    ids = sorted(revisions)
    await connection.execute(
        """
        DELETE FROM analysis_pending p
        USING unnest($2::uuid[], $3::bigint[]) AS done (id, revision)
        JOIN conversation c ON c.tenant_id = $1 AND c.id = done.id AND c.analysis_revision <= done.revision
        WHERE p.tenant_id = $1 AND p.conversation_id = done.id
        """,
        tenant_id, ids, [revisions[i] for i in ids],
    )  # fmt: skip
    await release_analyses(connection, tenant_id, ids)


async def release_analyses(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID]) -> None:
    """Give leases back: not done, not failed."""
    await connection.execute(
        """
        UPDATE analysis_pending SET locked_until = NULL, attempts = greatest(attempts - 1, 0), first_due_at = due_at
        WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[]) AND locked_until IS NOT NULL
        """,
        tenant_id, list(conversation_ids),
    )  # fmt: skip


async def fail_analyses(connection: Connection, tenant_id: int, errors: Mapping[UUID, str]) -> None:
    """Note why these analyses failed, and try again later (10 s, 20 s, 40 s ...) or give up after MOST_ATTEMPTS."""
    ids = sorted(errors)
    await connection.execute(
        """
        UPDATE analysis_pending p
        SET locked_until = NULL, last_error = left(e.error, 2000), due_at = now() + interval '5 seconds' * power(2, p.attempts),
            failed_at = CASE WHEN p.attempts >= $4 THEN now() END
        FROM unnest($2::uuid[], $3::text[]) AS e (id, error)
        WHERE p.tenant_id = $1 AND p.conversation_id = e.id
        """,
        tenant_id, ids, [errors[i] for i in ids], MOST_ATTEMPTS,
    )  # fmt: skip


async def backlog(connection: Connection, tenant_id: int) -> int:
    """How many conversations of the tenant wait to be analysed again."""
    return await connection.fetchval(
        "SELECT count(*) FROM analysis_pending WHERE tenant_id = $1 AND backlog AND failed_at IS NULL", tenant_id
    )


async def all_analysed(connection: Connection, tenant_id: int) -> bool:
    """Whether no conversation of the tenant waits to be analysed."""
    return not await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM analysis_pending WHERE tenant_id = $1 AND failed_at IS NULL)", tenant_id
    )


async def counts(connection: Connection) -> dict[str, int]:
    """Of all tenants: analyses and jobs that wait, and those that were given up."""
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM analysis_pending WHERE failed_at IS NULL AND NOT backlog) AS pending_analyses,
               (SELECT count(*) FROM analysis_pending WHERE failed_at IS NULL AND backlog)     AS backlog_analyses,
               (SELECT count(*) FROM analysis_pending WHERE failed_at IS NOT NULL) AS failed_analyses,
               (SELECT count(*) FROM job WHERE failed_at IS NULL)                  AS pending_jobs,
               (SELECT count(*) FROM job WHERE failed_at IS NOT NULL)              AS failed_jobs
        """
    )
    return dict(row) if row else {}


async def waiting(connection: Connection, tenant_id: int) -> int:
    """Analyses and jobs of this tenant that are still to be done; those that were given up do not count."""
    return await connection.fetchval(
        """
        SELECT (SELECT count(*) FROM analysis_pending WHERE tenant_id = $1 AND failed_at IS NULL)
             + (SELECT count(*) FROM job WHERE tenant_id = $1 AND failed_at IS NULL)
        """,
        tenant_id,
    )


# Generic jobs ---------------------------------------------------------------------------------------------------------


async def enqueue(
    connection: Connection,
    tenant_id: int,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Put a job on the queue, due now or at `due_at`. Jobs of the same kind and `key` that have not started are one job:
    the newest payload, the earliest time."""
    due_at = due_at or datetime.now(UTC)
    await connection.execute(
        """
        INSERT INTO job (tenant_id, id, kind, key, payload, due_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, kind, key) WHERE key IS NOT NULL AND locked_until IS NULL AND failed_at IS NULL
        DO UPDATE SET payload = excluded.payload, due_at = least(job.due_at, excluded.due_at)
        """,
        tenant_id, new_id(), kind, key, dict(payload or {}), due_at,
    )  # fmt: skip
    await _hint(connection, tenant_id, "job", due_at)


async def claim(connection: Connection, tenant_id: int, *, kinds: Sequence[str], lease: timedelta = LEASE) -> Job | None:
    """Lease the longest due job of these kinds, or None. Call inside a transaction."""
    await connection.execute(
        """
        UPDATE job SET failed_at = now(), locked_until = NULL, last_error = coalesce(last_error, 'The worker died each time it did this.')
        WHERE tenant_id = $1 AND failed_at IS NULL AND attempts >= $2 AND due_at <= now() AND locked_until < now()
        """,
        tenant_id, MOST_JOB_ATTEMPTS,
    )  # fmt: skip
    row = await connection.fetchrow(
        """
        WITH due AS (
            SELECT id FROM job
            WHERE tenant_id = $1 AND kind = ANY($2::text[]) AND failed_at IS NULL AND due_at <= now()
              AND (locked_until IS NULL OR locked_until < now())
            ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        UPDATE job j SET locked_until = now() + $3, attempts = j.attempts + 1
        FROM due WHERE j.tenant_id = $1 AND j.id = due.id
        RETURNING j.id, j.kind, j.key, j.payload, j.attempts
        """,
        tenant_id, list(kinds), lease,
    )  # fmt: skip
    if row is None:
        await _hint_later(connection, tenant_id, "job")
        return None
    return Job(row["id"], row["kind"], row["key"], row["payload"], row["attempts"])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job on the queue, as it can be told of."""

    payload: Mapping[str, Any]
    due_at: datetime
    last_error: str | None
    failed: bool


async def find(connection: Connection, tenant_id: int, kind: str, key: str) -> Waiting | None:
    """The latest job of this kind and key that is not done, or None."""
    row = await connection.fetchrow(
        """
        SELECT payload, due_at, last_error, failed_at IS NOT NULL AS failed FROM job
        WHERE tenant_id = $1 AND kind = $2 AND key = $3 ORDER BY failed_at IS NOT NULL, id DESC LIMIT 1
        """,
        tenant_id, kind, key,
    )  # fmt: skip
    return Waiting(**row) if row else None


async def renew(connection: Connection, tenant_id: int, job_id: UUID) -> None:
    """Keep the lease of a job that takes long."""
    await connection.execute("UPDATE job SET locked_until = now() + $3 WHERE tenant_id = $1 AND id = $2", tenant_id, job_id, LEASE)


async def finish_job(connection: Connection, tenant_id: int, job_id: UUID) -> None:
    """The job is done."""
    await connection.execute("DELETE FROM job WHERE tenant_id = $1 AND id = $2", tenant_id, job_id)


async def fail(connection: Connection, tenant_id: int, job: Job, error: str) -> None:
    """Note why the job failed, and try again later (10 s, 40 s, 160 s ... at most an hour) or give up after MOST_JOB_ATTEMPTS.
    A job of the same key that was added meanwhile takes over. Call inside a transaction."""
    replaced = await connection.fetchval(
        """
        SELECT true FROM job
        WHERE tenant_id = $1 AND kind = $2 AND key = $3 AND id <> $4 AND locked_until IS NULL AND failed_at IS NULL FOR UPDATE
        """,
        tenant_id, job.kind, job.key, job.id,
    )  # fmt: skip
    if replaced:
        await finish_job(connection, tenant_id, job.id)
        return
    due_at = datetime.now(UTC) + min(timedelta(hours=1), timedelta(seconds=2.5 * 4**job.attempts))
    await connection.execute(
        """
        UPDATE job SET locked_until = NULL, last_error = left($3, 2000), due_at = $4, failed_at = CASE WHEN $5 THEN now() END
        WHERE tenant_id = $1 AND id = $2
        """,
        tenant_id, job.id, error, due_at, job.attempts >= MOST_JOB_ATTEMPTS,
    )  # fmt: skip
    await _hint(connection, tenant_id, "job", due_at)
