"""Runs and the processes that serve them: one row when a run starts, one write when it ends, its frames in between only
while several processes share the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rapport.errors import NotFound
from rapport.store.database import Connection

_COLUMNS = """tenant_id, id, kind, dialect, conversation_id, thread, status, process_id, idempotency_key, request_hash, error_code,
              usage, metrics, frames, last_seq, started_at, ended_at, stop_requested_at"""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as its row tells it. `frames` is None while it runs, and again when they are no longer kept."""

    tenant_id: int
    id: UUID
    kind: str
    dialect: str
    thread: str
    process_id: UUID
    conversation_id: UUID | None = None
    status: str = "running"
    idempotency_key: str | None = None
    request_hash: bytes | None = None
    error_code: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    frames: bytes | None = None
    last_seq: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stop_requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndedRun:
    """What the end of a run writes. `frames` are packed by `pack`, or None where they must not be kept."""

    tenant_id: int
    id: UUID
    status: str  # complete | cancelled | interrupted | error
    error_code: str | None
    usage: Mapping[str, Any]
    metrics: Mapping[str, Any]
    frames: bytes | None
    last_seq: int


@dataclass(frozen=True, slots=True)
class Process:
    """A server or worker that has shown signs of life within the last `alive_within`."""

    id: UUID
    kind: str
    host: str
    pid: int


def pack(frames: Sequence[bytes]) -> bytes:
    """Frames as one value; PostgreSQL compresses it."""
    return msgspec.msgpack.encode(frames)


def unpack(packed: bytes) -> list[bytes]:
    """The frames that `pack` was given."""
    return msgspec.msgpack.decode(packed, type=list[bytes])


# Runs ------------------------------------------------------------------------------------------------------------------


async def start(connection: Connection, run: StoredRun) -> bool:
    """Store a run that starts now. False, and nothing stored, where its thread already has a running one."""
    return await connection.fetchval(
        """
        INSERT INTO run (tenant_id, id, kind, dialect, conversation_id, thread, status, process_id, idempotency_key, request_hash)
        VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9)
        ON CONFLICT (tenant_id, thread) WHERE status = 'running' DO NOTHING
        RETURNING true
        """,
        run.tenant_id, run.id, run.kind, run.dialect, run.conversation_id, run.thread, run.process_id,
        run.idempotency_key, run.request_hash,
    ) or False  # fmt: skip


async def get(connection: Connection, tenant_id: int, run_id: UUID) -> StoredRun:
    """The run of that id. Raises NotFound, also for another tenant's."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM run WHERE tenant_id = $1 AND id = $2", tenant_id, run_id)
    if row is None:
        raise NotFound("There is no such run.")
    return StoredRun(**row)


async def active(connection: Connection, tenant_id: int, thread: str) -> StoredRun | None:
    """The run that is answering in this thread now."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM run WHERE tenant_id = $1 AND thread = $2 AND status = 'running'", tenant_id, thread
    )
    return StoredRun(**row) if row else None


async def by_idempotency_key(connection: Connection, tenant_id: int, key: str, *, within: timedelta) -> StoredRun | None:
    """The latest run that was started with this key. Holds a lock on the key until the transaction ends, so that of two
    requests with one key the second finds the run of the first."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", tenant_id, key)
    row = await connection.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM run
        WHERE tenant_id = $1 AND idempotency_key = $2 AND started_at > now() - $3::interval
        ORDER BY started_at DESC LIMIT 1
        """,
        tenant_id, key, within,
    )  # fmt: skip
    return StoredRun(**row) if row else None


async def end(connection: Connection, runs: Iterable[EndedRun]) -> None:
    """Store how runs ended. A run that is no longer `running` stays as it is: whoever ended it first was right."""
    await connection.executemany(
        """
        UPDATE run SET status = $3, error_code = $4, usage = $5, metrics = $6, frames = $7, last_seq = $8, ended_at = now()
        WHERE tenant_id = $1 AND id = $2 AND status = 'running'
        """,
        [(r.tenant_id, r.id, r.status, r.error_code, r.usage, r.metrics, r.frames, r.last_seq) for r in runs],
    )


async def request_stop(connection: Connection, tenant_id: int, run_id: UUID) -> None:
    """Ask the process that serves this run to stop it."""
    await connection.execute(
        "UPDATE run SET stop_requested_at = now() WHERE tenant_id = $1 AND id = $2 AND status = 'running' AND stop_requested_at IS NULL",
        tenant_id, run_id,
    )  # fmt: skip


async def stop_requests(connection: Connection, tenant_ids: Sequence[int], process_id: UUID) -> list[UUID]:
    """Runs of this process that another one was asked to stop."""
    rows = await connection.fetch(
        "SELECT id FROM run WHERE tenant_id = ANY($1) AND process_id = $2 AND status = 'running' AND stop_requested_at IS NOT NULL",
        tenant_ids, process_id,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def orphans(connection: Connection, *, gone: Sequence[UUID], alive_within: timedelta, limit: int = 500) -> list[StoredRun]:
    """Runs that are marked as running although their process is `gone`, or has shown no sign of life for so long."""
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS} FROM run
        WHERE tenant_id IN (SELECT id FROM tenant) AND status = 'running'
          AND (process_id = ANY($1)
               OR NOT EXISTS (SELECT FROM process WHERE process.id = run.process_id AND heartbeat_at > now() - $2::interval))
        LIMIT $3
        """,
        gone, alive_within, limit,
    )  # fmt: skip
    return [StoredRun(**row) for row in rows]


async def forget_frames(connection: Connection, *, older_than: timedelta, limit: int = 1000) -> int:
    """Drop the frames of runs that ended longer ago; how many runs lost them."""
    done = await connection.execute(
        """
        UPDATE run SET frames = NULL
        WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM run
            WHERE tenant_id IN (SELECT id FROM tenant) AND frames IS NOT NULL AND ended_at < now() - $1::interval LIMIT $2)
        """,
        older_than, limit,
    )  # fmt: skip
    await connection.execute("DELETE FROM run_event WHERE tenant_id IN (SELECT id FROM tenant) AND created_at < now() - interval '1 day'")
    return int(done.split()[-1])


# Frames of runs that other processes may read --------------------------------------------------------------------------


async def add_events(connection: Connection, events: Iterable[tuple[int, UUID, int, bytes]]) -> None:
    """Store frames as (tenant, run, seq, frame)."""
    await connection.executemany(
        "INSERT INTO run_event (tenant_id, run_id, seq, frame) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", events
    )


async def events_after(connection: Connection, tenant_id: int, run_id: UUID, after: int, *, limit: int = 1000) -> list[bytes]:
    """Frames that follow `after` without a gap."""
    rows = await connection.fetch(
        "SELECT seq, frame FROM run_event WHERE tenant_id = $1 AND run_id = $2 AND seq > $3 ORDER BY seq LIMIT $4",
        tenant_id, run_id, after, limit,
    )  # fmt: skip
    return [row["frame"] for position, row in enumerate(rows, after + 1) if row["seq"] == position]


async def delete_events(connection: Connection, tenant_id: int, run_ids: Sequence[UUID]) -> None:
    """Drop the frames of ended runs; the run's own row has them."""
    await connection.execute("DELETE FROM run_event WHERE tenant_id = $1 AND run_id = ANY($2)", tenant_id, run_ids)


# Processes (a control table) -------------------------------------------------------------------------------------------


async def beat(connection: Connection, process: Process, *, alive_within: timedelta) -> list[Process]:
    """Show a sign of life; the processes that showed one lately, this one included."""
    await connection.execute(
        """
        INSERT INTO process (id, kind, host, pid) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET heartbeat_at = now()
        """,
        process.id, process.kind, process.host, process.pid,
    )  # fmt: skip
    rows = await connection.fetch("SELECT id, kind, host, pid FROM process WHERE heartbeat_at > now() - $1::interval", alive_within)
    return [Process(**row) for row in rows]


async def remove_processes(connection: Connection, ids: Sequence[UUID]) -> None:
    await connection.execute("DELETE FROM process WHERE id = ANY($1)", ids)
