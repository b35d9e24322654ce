"""`rapport import`: resumable, because what is there already is recognised, and plain about bad lines."""

import gzip
import json
from pathlib import Path

import pytest

from rapport import importing
from rapport.config import Settings
from rapport.errors import Invalid
from rapport.store import catalog, keys
from rapport.store.database import Database

pytestmark = pytest.mark.anyio


def line(name: str | None, *texts: str) -> str:
    body: dict = {"externalUserId": "u", "messages": [{"role": "user", "content": text} for text in texts]}
    if name:
        body["externalConversationId"] = name
        for place, message in enumerate(body["messages"]):
            message["externalMessageId"] = f"{name}-{place}"
    return json.dumps(body)


@pytest.fixture
async def tenant_id(db: Database) -> int:
    async with db.transaction() as connection:
        tenant_id = await keys.ensure_tenant(connection, "t")
        await catalog.create_product(connection, tenant_id, "Shop")
        return tenant_id


async def _import(db: Database, tenant_id: int, path: Path, settings: Settings, **options) -> importing.Report:
    return await importing.run(db, importing.Import(path=path, tenant_id=tenant_id, settings=settings, **options))


async def _count(db: Database, tenant_id: int) -> tuple[int, int]:
    async with db.connection() as connection:
        return (
            await connection.fetchval("SELECT count(*) FROM conversation WHERE tenant_id = $1", tenant_id),
            await connection.fetchval("SELECT count(*) FROM message WHERE tenant_id = $1", tenant_id),
        )


async def test_again_stores_nothing_twice(db: Database, tenant_id: int, tmp_path: Path, settings: Settings):
    path = tmp_path / "c.jsonl.gz"
    lines = [line(f"c{n}", "hello", "bye") for n in range(250)] + [line(None, "no ids"), "", line(None, "no ids at all")]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    first = await _import(db, tenant_id, path, settings)
    again = await _import(db, tenant_id, path, settings)
    assert (first.lines, first.created, first.deduplicated) == (252, 502, 0)
    assert (again.lines, again.created, again.deduplicated) == (252, 0, 502)
    assert await _count(db, tenant_id) == (252, 502)


async def test_bad_lines_are_named_and_skipped_only_when_asked(db: Database, tenant_id: int, tmp_path: Path, settings: Settings):
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"\n".join([line("a", "x").encode(), b'{"messages": []}', b"\xff\xfe", line("b", "y").encode()]))
    with pytest.raises(Invalid, match="line 2 is bad: externalUserId"):
        await _import(db, tenant_id, path, settings)
    assert await _count(db, tenant_id) == (1, 1)
    heard: list[int] = []
    report = await _import(db, tenant_id, path, settings, skip_bad=True, complain=lambda bad: heard.append(bad.number))
    assert heard == [2, 3]
    assert (report.bad, report.created) == (2, 1)
    assert await _count(db, tenant_id) == (2, 2)
