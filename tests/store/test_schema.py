"""Rules that every table must keep."""

import pytest

from rapport.store import database

pytestmark = pytest.mark.anyio

CONTROL_TABLES = {"tenant", "api_key", "process", "tenant_work", "schema_migration", "public_handle"}


async def test_every_key_starts_with_the_tenant(db: database.Database):
    async with db.connection() as connection:
        rows = await connection.fetch(
            """
            SELECT t.relname AS table, i.relname AS index, a.attname AS first
            FROM pg_index x
            JOIN pg_class t ON t.oid = x.indrelid
            JOIN pg_class i ON i.oid = x.indexrelid
            JOIN pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
            WHERE n.nspname = 'public' AND (x.indisunique OR x.indisprimary)
            """
        )
    assert rows
    wrong = [(row["table"], row["index"]) for row in rows if row["first"] != "tenant_id" and row["table"] not in CONTROL_TABLES]
    assert wrong == []


async def test_migrations_run_once(db: database.Database):
    assert await database.migrate(db) == []
