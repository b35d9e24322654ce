"""Finding conversations by what was said: words first, then meaning where there are embeddings.

Candidates are bounded (CANDIDATES newest of each way of finding), so the cost does not grow with the tenant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from rapport.analytics.filters import mentions, relation
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.store.database import Connection

CANDIDATES = 2_000
VECTORS = 5_000
ALL_WORDS, SOME_WORDS = 0.35, 0.35
"""What finding all words of the question in one message adds to a cosine, and at most finding some of them."""
MANY_WORDS, HALF_OF_WORDS, FEW_WORDS = 0.7, 0.5, 0.3
"""Share of the question's words, by rarity, that a conversation found by words alone holds: where meaning could say otherwise, where
there are no embeddings, and where nothing else is found at all."""
FITS = 0.55
"""Score from which a conversation's words or its meaning are those that are looked for."""
LEAST_COSINE = 0.35
"""Two texts on one subject lie above this for MiniLM sentence embeddings; unrelated ones mostly lie below 0.25."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation and how well it fits: 0.35 is weak, above 1 is as good as certain. `how`: words | meaning | both; `whole`: one
    message holds all words."""

    id: UUID
    score: float
    how: str
    whole: bool = False


async def search(connection: Connection, scope: Scope, text: str, *, meaning: np.ndarray | None = None, limit: int = 10) -> tuple[Hit, ...]:
    """The conversations of the scope that fit `text` best, best first. `meaning` is the encoded text, float32 of length 1;
    without it, conversations are found by their words alone."""
    whole = await _with_all_words(connection, scope, text)
    words = await _with_some_words(connection, scope, text)  # where meaning speaks too, a few of the words say little
    scores = dict.fromkeys(whole, ALL_WORDS)
    for id, rank in words.items():
        scores[id] = scores.get(id, 0.0) + SOME_WORDS * (rank if meaning is None else rank * rank)
    cosines = await _cosines(connection, scope, meaning, list(scores)) if meaning is not None else {}
    enough = MANY_WORDS if meaning is not None else HALF_OF_WORDS
    if not whole and not any(share >= enough for share in words.values()) and max(cosines.values(), default=0) < LEAST_COSINE:
        enough = FEW_WORDS  # of a long question the rare words alone
    hits = []
    for id in scores.keys() | cosines.keys():
        cosine = cosines.get(id, 0.0)
        if id in whole or cosine >= LEAST_COSINE or words.get(id, 0) >= enough:
            how = "both" if id in scores and cosine >= LEAST_COSINE else "words" if id in scores else "meaning"
            hits.append(Hit(id, round(scores.get(id, 0.0) + max(cosine, 0.0), 3), how, id in whole))
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.id.bytes)))[:limit]


async def _with_all_words(connection: Connection, scope: Scope, text: str) -> frozenset[UUID]:
    """Conversations where one message holds all words."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"SELECT c.id {relation(scope, arguments)} AND c.id IN ({mentions(text, arguments)}) ORDER BY c.created_at DESC LIMIT {CANDIDATES}",
        *arguments,
    )
    return frozenset(row["id"] for row in rows)


async def _with_some_words(connection: Connection, scope: Scope, text: str) -> Mapping[UUID, float]:
    """Conversations whose users wrote any of the words; the value is the best message's share of the words, 0..1.

    Common words decide little, so a word counts by how rare it is among the candidates.
    """
    arguments = Arguments(scope.tenant_id)
    source = relation(scope, arguments)
    question = arguments.add(text)
    rows = await connection.fetch(
        f"""
        WITH wanted AS (SELECT lexeme FROM unnest(to_tsvector('english', {question}))),
        query AS (SELECT to_tsquery('english', 'zt' || $1::int) && string_agg(quote_literal(lexeme), '|')::tsquery AS q FROM wanted),
        found AS MATERIALIZED (
            SELECT m.conversation_id, m.content FROM message m
            WHERE m.tenant_id = $1 AND m.type = 'user_message' AND m.type IN ('user_message', 'assistant_message', 'final_response')
              AND to_tsvector('english', 'zt' || tenant_id || ' ' || left(coalesce(content, ''), 200000)) @@ (SELECT q FROM query)
            LIMIT {CANDIDATES * 2})
        SELECT f.conversation_id AS id, (SELECT count(*) FROM wanted) AS asked,
               ARRAY(SELECT lexeme FROM wanted WHERE lexeme = ANY(said.lexemes)) AS words
        FROM found f CROSS JOIN LATERAL (SELECT tsvector_to_array(to_tsvector('english', left(f.content, 5000))) AS lexemes) said
        WHERE f.conversation_id IN (SELECT c.id {source})
        """,
        *arguments,
    )
    if not rows:
        return {}
    common: dict[str, int] = {}
    for row in rows:
        for word in row["words"]:
            common[word] = common.get(word, 0) + 1
    rarity = {word: np.log1p(len(rows) / n) for word, n in common.items()}
    missing = rows[0]["asked"] - len(rarity)
    most = sum(rarity.values()) + missing * max(rarity.values())
    best: dict[UUID, float] = {}
    for row in rows:
        share = float(sum(rarity[word] for word in row["words"]) / most)
        best[row["id"]] = max(best.get(row["id"], 0.0), share)
    return best


async def _cosines(connection: Connection, scope: Scope, meaning: np.ndarray, also: list[UUID]) -> Mapping[UUID, float]:
    """Cosine of the newest embedded conversations, and of those already found by words."""
    arguments = Arguments(scope.tenant_id)
    source, width = relation(scope, arguments), arguments.add(2 * len(meaning))
    rows = await connection.fetch(  # ids first: the planner cannot know how many embeddings have that length, and would read all of them
        f"""
        WITH newest AS MATERIALIZED (SELECT c.id {source} ORDER BY c.created_at DESC LIMIT {VECTORS})
        SELECT n.id, e.embedding FROM newest n JOIN analysis e ON e.tenant_id = $1 AND e.conversation_id = n.id
        WHERE length(e.embedding) = {width}
        """,
        *arguments,
    )
    there = {row["id"] for row in rows}
    rows += await connection.fetch(
        "SELECT conversation_id AS id, embedding FROM analysis"
        " WHERE tenant_id = $1 AND conversation_id = ANY($2::uuid[]) AND length(embedding) = $3",
        scope.tenant_id, [id for id in also if id not in there], 2 * len(meaning),
    )  # fmt: skip
    if not rows:
        return {}
    vectors = np.frombuffer(b"".join(row["embedding"] for row in rows), dtype=np.float16).reshape(len(rows), -1).astype(np.float32)
    cosines = vectors @ meaning
    return {row["id"]: float(cosine) for row, cosine in zip(rows, cosines, strict=True)}
