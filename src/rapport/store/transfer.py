"""A tenant as JSON lines, and back: {"table": name, "row": {...}} in an order in which each row's references are there before it.

Ids are kept, so export, import into an empty tenant, export again gives the same lines. What can be computed (analyses, rollups,
topics, memberships, caches) is not written; it is computed anew. Keys, runs and secrets are not written.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from rapport.errors import Invalid
from rapport.store.database import Connection, Database

PAGE = 500

TABLES: Mapping[str, tuple[str, ...]] = {
    "product": ("id",),
    "product_version": ("id",),
    "prompt": ("id",),
    "prompt_component": ("prompt_id", "position"),
    "product_version_prompt": ("version_id", "role"),
    "model": ("id",),
    "organization": ("id",),
    "app_user": ("id",),
    "agent": ("id",),
    "team": ("id",),
    "team_agent": ("team_id", "agent_id"),
    "document": ("id",),
    "agent_memory": ("id",),
    "passage": ("agent_id", "document_id", "position"),
    "session": ("id",),
    "conversation": ("id",),
    "message": ("conversation_id", "seq"),
    "rating": ("id",),
    "event": ("id",),
    "ticket": ("id",),
    "lead": ("id",),
    "custom_analysis": ("id",),
}
"""Table -> its primary key after tenant_id, in the order of export."""

LEFT_OUT = {"conversation": ("analysis_revision",), "segment": ("member_count", "refreshed_at")}


async def export(database: Database, tenant_id: int) -> AsyncIterator[bytes]:
    """Lines, page by page: each page is one short read, so rows that are written meanwhile may or may not be among them."""
    for table, key in TABLES.items():
        after: Sequence[Any] | None = None
        while True:
            async with database.connection() as connection:
                rows = await _page(connection, tenant_id, table, key, after)
            for row in rows:
                kept = {name: value for name, value in row["row"].items() if name not in LEFT_OUT.get(table, ())}
                yield msgspec.json.encode({"table": table, "row": kept}) + b"\n"
            if len(rows) < PAGE:
                break
            after = [rows[-1][name] for name in key]


async def _page(connection: Connection, tenant_id: int, table: str, key: tuple[str, ...], after: Sequence[Any] | None) -> list:
    columns = ", ".join(f"t.{name}" for name in key)
    places = ", ".join(f"${n}" for n in range(2, 2 + len(key)))
    further = f"AND ({columns}) > ({places})" if after is not None else ""
    return await connection.fetch(
        f"SELECT {columns}, to_jsonb(t) - 'tenant_id' AS row FROM {table} t WHERE tenant_id = $1 {further} ORDER BY {columns} LIMIT {PAGE}",
        tenant_id, *(after or ()),
    )  # fmt: skip


def parse(line: bytes, number: int) -> tuple[str, Mapping[str, Any]]:
    """(table, row) of a line. Raises Invalid, naming the line."""
    try:
        read = msgspec.json.decode(line)
        table, row = read["table"], read["row"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise Invalid(f'line {number}: is not {{"table": ..., "row": {{...}}}}; import a file that the export wrote.') from error
    if table not in TABLES or not isinstance(row, dict):
        raise Invalid(f"line {number}: {str(table)[:40]!r} is not a table of an export.")
    return table, row


async def load(connection: Connection, tenant_id: int, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
    """Stores rows of an export, of one or more tables in their order; how many were new. What is there stays as it is, so an import
    that stopped half-way can be sent again. Call inside a transaction."""
    stored = 0
    start = 0
    while start < len(rows):
        table = rows[start][0]
        end = next((n for n in range(start, len(rows)) if rows[n][0] != table), len(rows))
        done = await connection.execute(
            f"""
            INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, defaults.row || given.row || tenant.row)).*
            FROM jsonb_array_elements($2::jsonb) AS given (row),
                 LATERAL (SELECT jsonb_build_object('tenant_id', $1::int) AS row) AS tenant,
                 LATERAL (SELECT $3::jsonb AS row) AS defaults
            ON CONFLICT DO NOTHING
            """,
            tenant_id, [row for _, row in rows[start:end]], dict.fromkeys(LEFT_OUT.get(table, ()), 0),
        )  # fmt: skip
        stored += int(done.rpartition(" ")[2])
        start = end
    return stored


async def conversations(connection: Connection, tenant_id: int, after: UUID | None, *, limit: int = 500) -> list[UUID]:
    """Ids of conversations that are analysed, page by page, to ask for their analysis after an import."""
    rows = await connection.fetch(
        """
        SELECT id FROM conversation WHERE tenant_id = $1 AND kind = 'conversation' AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
        """,
        tenant_id, after, limit,
    )  # fmt: skip
    return [row["id"] for row in rows]
