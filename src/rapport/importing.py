"""`rapport import`: a file of POST /messages bodies, one JSON object a line, gzip accepted.

Written in transactions of GROUP lines through the single write path, so a killed import can be run again: what is there already is
recognised by its external ids. A line without them gets ids made from its own content (its SHA-256), for the same reason.
"""

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from rapport.analysis import pii
from rapport.api.greenflash.messages import LogMessages, batch_of
from rapport.config import Settings
from rapport.errors import Invalid, RapportError
from rapport.store import conversations, jobs, transfer
from rapport.store.batch import Batch
from rapport.store.conversations import Appended
from rapport.store.database import Database

GROUP = 100
MAX_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not stored; `number` counts from 1."""

    number: int
    reason: str


@dataclass(slots=True)
class Report:
    """What an import did so far."""

    lines: int = 0
    created: int = 0
    deduplicated: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """What to import, for whom, and whom to tell. `advanced` hears the bytes of the file read so far."""

    path: Path
    tenant_id: int
    settings: Settings
    product_id: UUID | None = None
    skip_bad: bool = False
    advanced: Callable[[int], None] = lambda read: None
    complain: Callable[[BadLine], None] = lambda bad: None


async def run(database: Database, job: Import) -> Report:
    """Import the whole file. Without `skip_bad` the first bad line ends it (Invalid, with its number); all before it is stored."""
    report = Report()
    group: list[tuple[int, Batch]] = []
    for number, line, read in lines(job.path):
        report.lines += 1
        try:
            group.append((number, _batch(line, job)))
        except (ValidationError, Invalid, UnicodeDecodeError) as error:
            await _store(database, job, group, report)
            group = []
            _refuse(BadLine(number, _reason(error)), job, report)
        if len(group) >= GROUP:
            await _store(database, job, group, report)
            group = []
            job.advanced(read)
    await _store(database, job, group, report)
    job.advanced(job.path.stat().st_size)
    return report


def lines(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """(number, line, bytes of the file read so far) of each line that is not blank."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        opened = io.BufferedReader(gzip.GzipFile(fileobj=file)) if packed else file  # type: ignore[arg-type]
        number = 0
        while line := opened.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise Invalid(f"line {number} is longer than {MAX_LINE_BYTES // 1024**2} MiB; split the conversation into several lines.")
            if line.strip():
                yield number, line, file.tell()


def _batch(line: bytes, job: Import) -> Batch:
    body = LogMessages.model_validate_json(line.decode("utf-8"))
    if job.product_id and not body.product_id:
        body = body.model_copy(update={"product_id": job.product_id})
    if body.conversation_id or body.external_conversation_id:
        return replace(batch_of(body, job.settings), source="import")
    digest = hashlib.sha256(line.strip()).hexdigest()[:24]
    batch = batch_of(body.model_copy(update={"external_conversation_id": f"import-{digest}"}), job.settings)
    messages = tuple(m if m.external_id else replace(m, external_id=f"{digest}-{n}") for n, m in enumerate(batch.messages))
    return replace(batch, source="import", messages=messages)


async def _store(database: Database, job: Import, group: list[tuple[int, Batch]], report: Report) -> None:
    if not group:
        return
    async with database.transaction() as connection:
        results = await conversations.append_many(connection, job.tenant_id, [batch for _, batch in group], redactor=pii.redactor)
    for result in results:
        if isinstance(result, Appended):
            report.created += sum(m.status == "created" for m in result.messages)
            report.deduplicated += sum(m.status == "deduplicated" for m in result.messages)
    for (number, _), result in zip(group, results, strict=True):
        if isinstance(result, RapportError):
            _refuse(BadLine(number, result.message), job, report)


def _refuse(bad: BadLine, job: Import, report: Report) -> None:
    report.bad += 1
    job.complain(bad)
    if not job.skip_bad:
        raise Invalid(
            f"line {bad.number} is bad: {bad.reason} Mend it and run the import again, or add --skip-bad to leave such lines out."
        )


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc']) or 'the line'}: {first['msg']}."
    return error.message if isinstance(error, RapportError) else f"{error}."


async def restore(database: Database, tenant_id: int, path: Path, *, advanced: Callable[[int], None]) -> Report:
    """Store what `rapport export` wrote, and ask for the analysis of its conversations. Running it again stores nothing twice.
    Raises Invalid, naming the line, for a file that is something else; what came before that line is stored."""
    report = Report()
    rows: list[tuple[str, Mapping[str, Any]]] = []

    async def flush() -> None:
        async with database.transaction() as connection:
            stored = await transfer.load(connection, tenant_id, rows)
        report.created += stored
        report.deduplicated += len(rows) - stored
        rows.clear()

    for number, line, read in lines(path):
        report.lines += 1
        rows.append(transfer.parse(line, number))
        if len(rows) >= transfer.PAGE:
            await flush()
            advanced(read)
    await flush()
    after = None
    while True:
        async with database.transaction() as connection:
            page = await transfer.conversations(connection, tenant_id, after)
            await jobs.queue_analyses(connection, tenant_id, page, due_at=datetime.now(UTC))
        if not page:
            break
        after = page[-1]
    return report
