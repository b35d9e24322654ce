"""What a language model judged: its answers, so that nothing is asked twice; measures and findings made of them; the daily budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from rapport.domain.judging import RESULTS, Finding, Judgement, Quote
from rapport.store.database import Connection

# Answers --------------------------------------------------------------------------------------------------------------


async def answer(connection: Connection, tenant_id: int, conversation_id: UUID, digest: bytes) -> dict[str, Any] | None:
    """The answer that was given to this question about this conversation, or None."""
    return await connection.fetchval(
        "SELECT answer FROM model_answer WHERE tenant_id = $1 AND conversation_id = $2 AND digest = $3", tenant_id, conversation_id, digest
    )


async def keep_answer(
    connection: Connection, tenant_id: int, conversation_id: UUID, digest: bytes, given: Mapping[str, Any], *,
    input_tokens: int, output_tokens: int,
) -> None:  # fmt: skip
    """Keep an answer as long as its conversation."""
    await connection.execute(
        """
        INSERT INTO model_answer (tenant_id, conversation_id, digest, answer, input_tokens, output_tokens)
        SELECT $1, id, $3, $4, $5, $6 FROM conversation WHERE tenant_id = $1 AND id = $2
        ON CONFLICT (tenant_id, conversation_id, digest) DO NOTHING
        """,
        tenant_id, conversation_id, digest, dict(given), input_tokens, output_tokens,
    )  # fmt: skip


# The daily budget -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """What a product used on one day of the tenant. `refused` calls were not made because the budget was spent."""

    day: date
    calls: int
    tokens: int
    refused: int


async def hold(connection: Connection, tenant_id: int, product_id: UUID, tokens: int, *, limit: int) -> date | None:
    """Take so many tokens from today's budget where they fit: the day to settle with, else None. Several processes can hold at once;
    what a process that dies has held stays used."""
    day = await _today(connection, tenant_id)
    await connection.execute(
        "INSERT INTO model_use (tenant_id, product_id, day) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, product_id, day) DO NOTHING",
        tenant_id, product_id, day,
    )  # fmt: skip
    held = await connection.fetchval(
        """
        UPDATE model_use SET tokens = tokens + $4 WHERE tenant_id = $1 AND product_id = $2 AND day = $3 AND tokens + $4 <= $5
        RETURNING true
        """,
        tenant_id, product_id, day, tokens, limit,
    )  # fmt: skip
    if held:
        return day
    await connection.execute(
        "UPDATE model_use SET refused = refused + 1 WHERE tenant_id = $1 AND product_id = $2 AND day = $3", tenant_id, product_id, day
    )
    return None


async def settle(connection: Connection, tenant_id: int, product_id: UUID, day: date, *, held: int, used: int) -> None:
    """Put used tokens in the place of held ones. A call that failed used none that we know of."""
    await connection.execute(
        """
        UPDATE model_use SET tokens = greatest(0, tokens - $4 + $5), calls = calls + 1
        WHERE tenant_id = $1 AND product_id = $2 AND day = $3
        """,
        tenant_id, product_id, day, held, used,
    )  # fmt: skip


async def used_today(connection: Connection, tenant_id: int, product_id: UUID) -> Use:
    """What the product has used since the tenant's midnight."""
    day = await _today(connection, tenant_id)
    row = await connection.fetchrow(
        "SELECT day, calls, tokens, refused FROM model_use WHERE tenant_id = $1 AND product_id = $2 AND day = $3",
        tenant_id, product_id, day,
    )  # fmt: skip
    return Use(**row) if row else Use(day, 0, 0, 0)


async def _today(connection: Connection, tenant_id: int) -> date:
    return await connection.fetchval("SELECT (now() AT TIME ZONE time_zone)::date FROM tenant WHERE id = $1", tenant_id)


# Measures -------------------------------------------------------------------------------------------------------------

JUDGEMENT = "conversation_id, product_id, status, measures, reason, message_count, omitted_messages, model, digest, judged_at"


async def judgements(connection: Connection, tenant_id: int, conversation_ids: Sequence[UUID]) -> dict[UUID, Judgement]:
    """What is stored of these conversations."""
    rows = await connection.fetch(
        f"SELECT {JUDGEMENT} FROM judgement WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[])", tenant_id, list(conversation_ids)
    )
    return {row["conversation_id"]: Judgement(**row) for row in rows}


async def save_judgement(connection: Connection, tenant_id: int, judged: Judgement) -> None:
    """Store it in the place of the last one. A failure keeps the measures that were there: they still describe what was said then."""
    await connection.execute(
        """
        INSERT INTO judgement (tenant_id, conversation_id, product_id, status, measures, reason, message_count, omitted_messages, model,
                               digest)
        SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10 FROM conversation WHERE tenant_id = $1 AND id = $2
        ON CONFLICT (tenant_id, conversation_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, judged_at = now()
        """,
        tenant_id, judged.conversation_id, judged.product_id, judged.status, dict(judged.measures), judged.reason, judged.message_count,
        judged.omitted_messages, judged.model, judged.digest,
    )  # fmt: skip
    if judged.status in ("done", "nothing_said"):
        await connection.execute(
            """
            UPDATE judgement SET measures = $3, message_count = $4, omitted_messages = $5, model = $6, digest = $7
            WHERE tenant_id = $1 AND conversation_id = $2
            """,
            tenant_id, judged.conversation_id, dict(judged.measures), judged.message_count, judged.omitted_messages, judged.model,
            judged.digest,
        )  # fmt: skip


async def counts(connection: Connection, tenant_id: int, product_id: UUID) -> dict[str, int]:
    """Judgements of a product by status."""
    rows = await connection.fetch(
        "SELECT status, count(*) AS n FROM judgement WHERE tenant_id = $1 AND product_id = $2 GROUP BY status ORDER BY status",
        tenant_id, product_id,
    )  # fmt: skip
    return {row["status"]: row["n"] for row in rows}


# Findings -------------------------------------------------------------------------------------------------------------

FINDING = """conversation_id, custom_analysis_id, product_id, status, confidence, reasoning, quotes, dropped_quotes, omitted_messages,
    model, digest, evaluated_at"""


def _finding(row: asyncpg.Record) -> Finding:
    return Finding(**{**row, "quotes": msgspec.convert(row["quotes"], tuple[Quote, ...])})


async def findings_of(connection: Connection, tenant_id: int, conversation_id: UUID) -> dict[UUID, Finding]:
    """What each custom analysis found in this conversation, by the analysis."""
    rows = await connection.fetch(
        f"SELECT {FINDING} FROM finding WHERE tenant_id = $1 AND conversation_id = $2", tenant_id, conversation_id
    )
    return {row["custom_analysis_id"]: _finding(row) for row in rows}


async def save_finding(connection: Connection, tenant_id: int, found: Finding) -> Finding | None:
    """Store it in the place of the last one, and give that one; the conversation's analysis counts as new, so that the inbox looks at
    it again. A failure does not take the place of a result: that still describes what was said then. Nothing is stored for a
    conversation or a custom analysis that is gone. Call inside a transaction."""
    before = await connection.fetchrow(
        f"SELECT {FINDING} FROM finding WHERE tenant_id = $1 AND conversation_id = $2 AND custom_analysis_id = $3 FOR UPDATE",
        tenant_id, found.conversation_id, found.custom_analysis_id,
    )  # fmt: skip
    await connection.execute(
        """
        INSERT INTO finding (tenant_id, conversation_id, custom_analysis_id, product_id, status, confidence, reasoning, quotes,
                             dropped_quotes, omitted_messages, model, digest)
        SELECT $1, c.id, a.id, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM conversation c, custom_analysis a
        WHERE c.tenant_id = $1 AND c.id = $2 AND a.tenant_id = $1 AND a.id = $3
        ON CONFLICT (tenant_id, conversation_id, custom_analysis_id) DO UPDATE
        SET status = excluded.status, confidence = excluded.confidence, reasoning = excluded.reasoning, quotes = excluded.quotes,
            dropped_quotes = excluded.dropped_quotes, omitted_messages = excluded.omitted_messages, model = excluded.model,
            digest = excluded.digest, evaluated_at = now()
        WHERE NOT (excluded.status IN ('budget_spent', 'failed') AND finding.status = ANY($13::text[]))
        """,
        tenant_id, found.conversation_id, found.custom_analysis_id, found.product_id, found.status, found.confidence, found.reasoning,
        msgspec.to_builtins(found.quotes), found.dropped_quotes, found.omitted_messages, found.model, found.digest, list(RESULTS),
    )  # fmt: skip
    await connection.execute(
        "UPDATE analysis SET analysed_at = now() WHERE tenant_id = $1 AND conversation_id = $2", tenant_id, found.conversation_id
    )
    return _finding(before) if before else None


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings; None is any. Times are of the evaluation."""

    product_id: UUID | None = None
    custom_analysis_id: UUID | None = None
    conversation_id: UUID | None = None
    kind: str | None = None
    status: str | None = None
    min_severity: int = 1
    since: datetime | None = None


WHERE = """
    FROM finding f JOIN custom_analysis a ON a.tenant_id = f.tenant_id AND a.id = f.custom_analysis_id
    WHERE f.tenant_id = $1 AND ($2::uuid IS NULL OR f.product_id = $2) AND ($3::uuid IS NULL OR f.custom_analysis_id = $3)
      AND ($4::uuid IS NULL OR f.conversation_id = $4) AND ($5::text IS NULL OR a.kind = $5) AND ($6::text IS NULL OR f.status = $6)
      AND a.severity >= $7 AND ($8::timestamptz IS NULL OR f.evaluated_at >= $8)
"""


async def findings(connection: Connection, tenant_id: int, asked: FindingFilter, *, limit: int, offset: int) -> tuple[list[Finding], int]:
    """(one page, the latest first; how many there are)."""
    given = (
        tenant_id, asked.product_id, asked.custom_analysis_id, asked.conversation_id, asked.kind, asked.status, asked.min_severity,
        asked.since,
    )  # fmt: skip
    columns = ", ".join(f"f.{name.strip()}" for name in FINDING.split(","))
    rows = await connection.fetch(
        f"SELECT {columns} {WHERE} ORDER BY f.evaluated_at DESC, f.conversation_id, f.custom_analysis_id LIMIT $9 OFFSET $10",
        *given, limit, offset,
    )  # fmt: skip
    return [_finding(row) for row in rows], await connection.fetchval(f"SELECT count(*) {WHERE}", *given)


async def finding_counts(connection: Connection, tenant_id: int, custom_analysis_id: UUID) -> dict[str, int]:
    """Findings of a custom analysis by status, and the quotes that were dropped (`droppedQuotes`)."""
    rows = await connection.fetch(
        """
        SELECT status, count(*) AS n, sum(dropped_quotes) AS dropped FROM finding
        WHERE tenant_id = $1 AND custom_analysis_id = $2 GROUP BY status ORDER BY status
        """,
        tenant_id, custom_analysis_id,
    )  # fmt: skip
    return {row["status"]: row["n"] for row in rows} | {"droppedQuotes": sum(row["dropped"] for row in rows)}


# Existing conversations -----------------------------------------------------------------------------------------------


async def page_of_product(
    connection: Connection, tenant_id: int, product_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, UUID]]:
    """The next (created at, id) of a product's conversations, the newest first, `before` the last one of the page before."""
    at, last = before or (None, None)
    rows = await connection.fetch(
        """
        SELECT created_at, id FROM conversation
        WHERE tenant_id = $1 AND product_id = $2 AND kind = 'conversation'
          AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $5
        """,
        tenant_id, product_id, at, last, limit,
    )  # fmt: skip
    return [(row["created_at"], row["id"]) for row in rows]
