"""Connections, and the numbered SQL files that make the tables.

`Database.connection()` for reads, `Database.transaction()` for anything that must hold together. JSON columns are Python
values on both sides. Migrations run under an advisory lock, once, each in its own transaction, and keep the SHA-256 of what
ran: a file that changes after it ran is an error, not a surprise.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from importlib import resources
from typing import Any, Protocol

import asyncpg
import msgspec
import structlog

from rapport.errors import DatabaseUnavailable

log = structlog.get_logger()


class Connection(Protocol):
    """What the store uses of an asyncpg connection, pooled or not. `fetchval` of an empty result is None."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str: ...
    async def executemany(self, command: str, args: Iterable[Sequence[Any]], *, timeout: float | None = None) -> None: ...
    async def fetch(self, query: str, *args: Any, timeout: float | None = None) -> list[asyncpg.Record]: ...
    async def fetchrow(self, query: str, *args: Any, timeout: float | None = None) -> asyncpg.Record | None: ...
    async def fetchval(self, query: str, *args: Any, column: int = 0, timeout: float | None = None) -> Any: ...
    async def copy_records_to_table(self, table_name: str, *, records: Any, columns: Sequence[str] | None = None) -> str: ...
    def cursor(self, query: str, *args: Any, prefetch: int | None = None) -> Any: ...
    def transaction(self) -> AbstractAsyncContextManager[Any]: ...


MIGRATION_LOCK = 7_236_701_118  # any constant; pg_advisory_lock has one number space per database


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: asyncpg.Pool):
        self._pool = pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction: each statement stands alone."""
        with _translated():
            async with self._pool.acquire() as connection:
                yield connection  # type: ignore[misc]

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: all of it is stored, or nothing."""
        with _translated():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection  # type: ignore[misc]

    async def ping(self) -> None:
        """Raises DatabaseUnavailable where PostgreSQL does not answer."""
        try:
            await self._pool.fetchval("SELECT 1", timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error

    async def close(self) -> None:
        """Close all connections; those in use get ten seconds."""
        try:
            await asyncio.wait_for(self._pool.close(), 10)
        except TimeoutError:
            self._pool.terminate()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What the operator must mend is said as such; errors of a statement stay what they are."""
    try:
        yield
    except asyncpg.DiskFullError as error:
        raise DatabaseUnavailable("The disk of the database is full; nothing was stored. Free some space and send it again.") from error
    except (asyncpg.InsufficientResourcesError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError, ConnectionError) as error:
        raise DatabaseUnavailable(f"PostgreSQL cannot work at the moment: {error}. Try again in a moment.") from error


async def connect(url: str, *, connections: int = 16) -> Database:
    """Open a pool. Raises DatabaseUnavailable where nothing answers, or where the server is older than 15."""
    try:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=connections, init=_prepare, command_timeout=120)
    except (OSError, asyncpg.PostgresError, ValueError) as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}. Check RAPPORT_DATABASE_URL.") from error
    version = await pool.fetchval("SELECT current_setting('server_version_num')::int")
    if version < 150000:
        await pool.close()
        raise DatabaseUnavailable(f"PostgreSQL {version // 10000} is too old; Rapport needs 15 or newer.")
    return Database(pool)


async def _prepare(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, encoder=lambda value: msgspec.json.encode(value).decode(), decoder=msgspec.json.decode, schema="pg_catalog"
        )


def migrations() -> list[tuple[str, str]]:
    """(name, SQL) of every migration, in order."""
    files = resources.files("rapport.store").joinpath("migrations").iterdir()
    return sorted((file.name, file.read_text()) for file in files if file.name.endswith(".sql"))


async def migrate(database: Database) -> list[str]:
    """Bring the tables up to date; the names of what ran. Safe to call from several processes at once."""
    ran = []
    async with database.connection() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        try:
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migration"
                " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            applied = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM schema_migration")}
            for name, sql in migrations():
                digest = hashlib.sha256(sql.encode()).hexdigest()
                if name in applied:
                    if applied[name] != digest:
                        raise DatabaseUnavailable(f"Migration {name} was changed after it ran; restore the file and add a new one.")
                    continue
                async with connection.transaction():
                    await connection.execute(sql)
                    await connection.execute("INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)", name, digest)
                log.info("migration applied", name=name)
                ran.append(name)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
    return ran
