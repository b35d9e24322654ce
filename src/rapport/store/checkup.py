"""How the database stands, for `rapport doctor`: read only, and of a database that may be of any version, or empty."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapport.store.database import Connection, migrations
from rapport.store.jobs import counts

ALIVE_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Server:
    """`version` as 180001; sizes in bytes; `sessions` of all users, of at most `most_sessions`."""

    version: int
    now: datetime
    size: int
    sessions: int
    most_sessions: int
    can_create: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """Names of migrations: not yet run, changed after they ran, and run by another version that this one does not know."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Servers that showed a sign of life lately; analyses and jobs that wait, the longest `oldest_s` seconds; those given up."""

    servers: int
    waiting: int
    oldest_s: float
    failed: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored secret, and the purpose that it was sealed for."""

    value: bytes
    purpose: str


async def server(connection: Connection) -> Server:
    row = await connection.fetchrow(
        """
        SELECT current_setting('server_version_num')::int AS version, clock_timestamp() AS now,
               pg_database_size(current_database()) AS size,
               (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS sessions,
               current_setting('max_connections')::int AS most_sessions,
               has_schema_privilege(current_schema(), 'CREATE') AS can_create
        """
    )
    assert row
    return Server(**row)


async def schema(connection: Connection) -> Schema | None:
    """None for a database without our tables."""
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return None
    applied = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM schema_migration")}
    known = {name: hashlib.sha256(sql.encode()).hexdigest() for name, sql in migrations()}
    return Schema(
        tuple(name for name in known if name not in applied),
        tuple(name for name, digest in known.items() if applied.get(name, digest) != digest),
        tuple(sorted(set(applied) - set(known))),
    )


async def work(connection: Connection) -> Work:
    servers = await connection.fetchval("SELECT count(*) FROM process WHERE heartbeat_at > now() - $1::interval", ALIVE_WITHIN)
    oldest = await connection.fetchval(
        """
        SELECT extract(epoch FROM now() - least(
            (SELECT min(due_at) FROM analysis_pending WHERE failed_at IS NULL AND NOT backlog),
            (SELECT min(due_at) FROM job WHERE failed_at IS NULL)))::float8
        """
    )
    found = await counts(connection)
    return Work(
        servers, found["pending_analyses"] + found["pending_jobs"], max(oldest or 0.0, 0.0), found["failed_analyses"] + found["failed_jobs"]
    )


async def sealed(connection: Connection) -> Sealed | None:
    """The newest secret of a webhook, None where there is none: whoever has the right key can open it."""
    row = await connection.fetchrow("SELECT tenant_id, id, secret FROM webhook ORDER BY created_at DESC LIMIT 1")
    return Sealed(row["secret"], f"{row['tenant_id']}/webhook/{row['id']}") if row else None
