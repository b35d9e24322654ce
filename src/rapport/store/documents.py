"""What agents know: uploaded documents as passages, found by words and by meaning.

Search takes the best passages of the full-text index and of a cosine scan over at most MAX_SCANNED of the agent's own
vectors, and orders them by domain.relevance.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import numpy as np

from rapport.domain import relevance
from rapport.domain.agent import Document, PassageHit
from rapport.domain.ids import new_id
from rapport.errors import NotFound
from rapport.store.database import Connection

COLUMNS = "id, agent_id, filename, file_type, file_size, status, passage_count, created_at"
MAX_SCANNED = 20_000
CANDIDATES = 60


async def add(connection: Connection, tenant_id: int, agent_id: UUID, *, filename: str, file_type: str, file_size: int) -> Document:
    """A new document, still without passages."""
    row = await connection.fetchrow(
        f"""
        INSERT INTO document (tenant_id, id, agent_id, filename, file_type, file_size, status)
        VALUES ($1, $2, $3, $4, $5, $6, 'processing') RETURNING {COLUMNS}
        """,
        tenant_id, new_id(), agent_id, filename, file_type, file_size,
    )  # fmt: skip
    assert row
    return Document(**row)


async def save_passages(
    connection: Connection, tenant_id: int, document_id: UUID, passages: Sequence[tuple[int, str, str | None, int | None]],
    embeddings: np.ndarray | None, *, method: str,
) -> Document:  # fmt: skip
    """Replaces the document's passages (position, text, heading, page) and makes it ready. Raises NotFound."""
    row = await connection.fetchrow(
        f"UPDATE document SET status = 'ready', passage_count = $3, error = NULL WHERE tenant_id = $1 AND id = $2 RETURNING {COLUMNS}",
        tenant_id, document_id, len(passages),
    )  # fmt: skip
    if row is None:
        raise NotFound(f"There is no document {document_id}.")
    await connection.execute(
        "DELETE FROM passage WHERE tenant_id = $1 AND agent_id = $2 AND document_id = $3", tenant_id, row["agent_id"], document_id
    )
    vectors = [None] * len(passages) if embeddings is None else [vector.astype(np.float16).tobytes() for vector in embeddings]
    await connection.executemany(
        """
        INSERT INTO passage (tenant_id, agent_id, document_id, position, text, heading, page, embedding, method)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            (tenant_id, row["agent_id"], document_id, position, text, heading, page, vector, method)
            for (position, text, heading, page), vector in zip(passages, vectors, strict=True)
        ],
    )
    return Document(**row)


async def list_(connection: Connection, tenant_id: int, agent_id: UUID) -> list[Document]:
    """Oldest first."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM document WHERE tenant_id = $1 AND agent_id = $2 ORDER BY created_at, id", tenant_id, agent_id
    )
    return [Document(**row) for row in rows]


async def delete(connection: Connection, tenant_id: int, agent_id: UUID, document_id: UUID) -> None:
    """Removes a document and its passages. Raises NotFound."""
    gone = await connection.fetchval(
        "DELETE FROM document WHERE tenant_id = $1 AND agent_id = $2 AND id = $3 RETURNING id", tenant_id, agent_id, document_id
    )
    if gone is None:
        raise NotFound(f"There is no document {document_id}.")
    await connection.execute(
        "DELETE FROM passage WHERE tenant_id = $1 AND agent_id = $2 AND document_id = $3", tenant_id, agent_id, document_id
    )


async def search(
    connection: Connection, tenant_id: int, agent_id: UUID, *, question: str, embedding: np.ndarray | None, method: str, limit: int = 6
) -> list[PassageHit]:
    """The passages of this agent's documents that fit the question best, best first; empty where nothing does."""
    words = await _words(connection, tenant_id, agent_id, question)
    similarities = await _similarities(connection, tenant_id, agent_id, embedding, method)
    nearest = sorted(similarities, key=lambda key: (-similarities[key], key))[:CANDIDATES]
    scores = relevance.fuse({key: similarities[key] for key in {*nearest, *(words.keys() & similarities.keys())}}, words)
    best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
    return await _hits(connection, tenant_id, agent_id, best, scores, similarities)


async def _words(connection: Connection, tenant_id: int, agent_id: UUID, question: str) -> dict[tuple[UUID, int], float]:
    """The share of the question's words that each passage holds, for the best of those that hold any."""
    rows = await connection.fetch(
        """
        SELECT p.document_id, p.position, tsvector_to_array(asked) AS asked,
               ARRAY(SELECT lexeme FROM unnest(asked) WHERE lexeme = ANY(tsvector_to_array(said))) AS found
        FROM passage p, to_tsvector('english', $3) AS asked,
             LATERAL (SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS any FROM unnest(asked)) AS words,
             LATERAL to_tsvector('english', coalesce(p.heading, '') || ' ' || p.text) AS said
        WHERE p.tenant_id = $1 AND p.agent_id = $2
          AND to_tsvector('english', 'zt' || p.tenant_id || ' ' || coalesce(p.heading, '') || ' ' || p.text) @@ words.any
        ORDER BY ts_rank_cd(said, words.any, 1) DESC, p.document_id, p.position
        LIMIT $4
        """,
        tenant_id, agent_id, question, CANDIDATES,
    )  # fmt: skip
    return relevance.shares(rows[0]["asked"], {(row["document_id"], row["position"]): row["found"] for row in rows}) if rows else {}


async def _similarities(
    connection: Connection, tenant_id: int, agent_id: UUID, embedding: np.ndarray | None, method: str
) -> dict[tuple[UUID, int], float]:
    if embedding is None:
        return {}
    rows = await connection.fetch(
        """
        SELECT document_id, position, embedding FROM passage
        WHERE tenant_id = $1 AND agent_id = $2 AND method = $3 AND embedding IS NOT NULL LIMIT $4
        """,
        tenant_id, agent_id, method, MAX_SCANNED,
    )  # fmt: skip
    if not rows:
        return {}
    vectors = np.frombuffer(b"".join(row["embedding"] for row in rows), dtype=np.float16).reshape(len(rows), -1).astype(np.float32)
    return {(row["document_id"], row["position"]): float(score) for row, score in zip(rows, vectors @ embedding, strict=True)}


async def _hits(
    connection: Connection, tenant_id: int, agent_id: UUID, keys: Sequence[tuple[UUID, int]],
    scores: dict[tuple[UUID, int], float], similarities: dict[tuple[UUID, int], float],
) -> list[PassageHit]:  # fmt: skip
    rows = await connection.fetch(
        """
        SELECT p.document_id, p.position, p.text, p.heading, p.page, d.filename
        FROM passage p
        JOIN document d ON d.tenant_id = p.tenant_id AND d.id = p.document_id
        JOIN unnest($3::uuid[], $4::int[]) AS wanted (document_id, position)
          ON wanted.document_id = p.document_id AND wanted.position = p.position
        WHERE p.tenant_id = $1 AND p.agent_id = $2
        """,
        tenant_id, agent_id, [key[0] for key in keys], [key[1] for key in keys],
    )  # fmt: skip
    found = {(row["document_id"], row["position"]): row for row in rows}
    return [PassageHit(*_fields(found[key]), score=min(1.0, scores[key]), similarity=similarities.get(key)) for key in keys if key in found]


def _fields(row: asyncpg.Record) -> tuple[UUID, str, int, str, str | None, int | None]:
    """A row in the order of PassageHit's fields."""
    return row["document_id"], row["filename"], row["position"], row["text"], row["heading"], row["page"]
