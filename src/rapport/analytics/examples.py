"""Single conversations: by id, as examples of a finding, with short quotes of what users wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.analytics.filters import relation
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.errors import NotFound
from rapport.store.database import Connection

QUOTE_LENGTH = 180
ORDERS = {
    "newest": "c.created_at DESC",
    "oldest": "c.created_at",
    "worst": "c.rating_score ASC NULLS LAST, coalesce(a.dissatisfied, 0) + coalesce(a.frustration, 0) - coalesce(a.sentiment, 0) DESC",
    "best": "c.rating_score DESC NULLS LAST, coalesce(a.sentiment, 0) - coalesce(a.dissatisfied, 0) DESC",
    "lowest_rated": "c.rating_score ASC NULLS LAST",
    "highest_rated": "c.rating_score DESC NULLS LAST",
    "lowest_quality": "a.quality_index ASC NULLS LAST",
    "highest_quality": "a.quality_index DESC NULLS LAST",
    "most_negative": "a.sentiment ASC NULLS LAST",
    "most_positive": "a.sentiment DESC NULLS LAST",
    "most_frustrated": "a.frustration DESC NULLS LAST",
    "most_struggle": "a.struggle DESC NULLS LAST",
    "most_intent": "a.commercial_intent DESC NULLS LAST",
    "longest": "c.chat_message_count DESC",
    "shortest": "c.chat_message_count",
}
"""What comes first. "worst" is the lowest rating, then the most dissatisfied and frustrated."""


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation of a list. `reference` is the tenant's id where it gave one, else ours; `quote` is a user's message, shortened."""

    id: UUID
    reference: str
    created_at: datetime
    user: str
    user_reference: str
    organization: str | None
    product: str
    model: str | None
    rating: float | None
    sentiment: float | None
    frustration: float | None
    quality_index: float | None
    messages: int
    topic: str | None
    summary: str
    quote: str


_DETAILS = """
    SELECT c.id, coalesce(c.external_id, c.id::text) AS reference, c.created_at, c.rating_score AS rating, c.chat_message_count AS messages,
           coalesce(u.name, u.email, u.external_id) AS user, u.external_id AS user_reference,
           coalesce(o.name, o.external_id) AS organization,
           p.name AS product, coalesce(m.display_name, c.model) AS model, t.name AS topic,
           a.sentiment, a.frustration, a.quality_index, coalesce(a.summary, '') AS summary, a.messages AS user_messages, a.evidence
    FROM unnest($2::uuid[]) WITH ORDINALITY picked(id, place)
    JOIN conversation c ON c.tenant_id = $1 AND c.id = picked.id
    JOIN app_user u ON u.tenant_id = $1 AND u.id = c.user_id
    JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id
    LEFT JOIN organization o ON o.tenant_id = $1 AND o.id = c.organization_id
    LEFT JOIN model m ON m.tenant_id = $1 AND m.id = c.model_id
    LEFT JOIN analysis a ON a.tenant_id = $1 AND a.conversation_id = c.id
    LEFT JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id
    ORDER BY picked.place
"""


async def find_conversation(connection: Connection, tenant_id: int, spelling: str) -> UUID:
    """The id of the conversation with this internal or external id. Raises NotFound."""
    found = await connection.fetchval(
        """
        SELECT id FROM conversation WHERE tenant_id = $1 AND kind = 'conversation' AND (id::text = lower($2) OR external_id = $2)
        ORDER BY external_id IS NOT DISTINCT FROM $2 LIMIT 1
        """,
        tenant_id, spelling,
    )  # fmt: skip
    if found is None:
        raise NotFound(f"There is no conversation {spelling}.")
    return found


async def examples(connection: Connection, scope: Scope, *, order: str = "newest", limit: int = 5, signal: str = "") -> tuple[Example, ...]:
    """The first conversations of the scope in one of ORDERS, with quotes that show why; `signal` as in `load`."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"SELECT c.id {relation(scope, arguments)} ORDER BY {ORDERS[order]}, c.created_at DESC, c.id LIMIT {arguments.add(limit)}",
        *arguments,
    )
    happy = order in ("best", "most_positive", "highest_rated")
    return await load(connection, scope.tenant_id, [row["id"] for row in rows], happy=happy, signal=signal)


async def commented(
    connection: Connection, scope: Scope, *, about: str = "", order: str = "newest", limit: int = 5
) -> tuple[tuple[Example, ...], int]:
    """Conversations of the scope whose rating has a written comment, with that comment as the quote, and how many comments there are;
    those that hold most words of `about` first, then in one of ORDERS."""
    arguments = Arguments(scope.tenant_id)
    noted = "JOIN rating r ON r.tenant_id = c.tenant_id AND r.conversation_id = c.id AND btrim(coalesce(r.feedback, '')) <> ''"
    source, words = relation(scope, arguments, joins=noted), arguments.add(about)
    rows = await connection.fetch(
        f"""
        SELECT c.id, left(r.feedback, 2000) AS feedback, count(*) OVER () AS comments {source}
        ORDER BY (SELECT count(*) FROM unnest(tsvector_to_array(to_tsvector('english', left(r.feedback, 2000)))) lexeme
                  WHERE lexeme = ANY(tsvector_to_array(to_tsvector('english', {words})))) DESC,
                 {ORDERS[order]}, c.created_at DESC, c.id LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    found = {row["id"]: shorten(row["feedback"]) for row in reversed(rows)}
    loaded = await load(connection, scope.tenant_id, list(dict.fromkeys(row["id"] for row in rows)))
    return tuple(replace(example, quote=found[example.id]) for example in loaded), rows[0]["comments"] if rows else 0


async def load(
    connection: Connection, tenant_id: int, ids: Sequence[UUID], *, happy: bool = False, about: str = "", signal: str = ""
) -> tuple[Example, ...]:
    """These conversations in this order. The quote is the user's message that holds most words of `about`, else the first that is more
    than a greeting; without `about`, the one with the strongest evidence of a signal that begins with `signal`, else, of those nearly as
    negative as the most negative one (as positive with `happy`), the one that holds most words of the conversation's topic."""
    rows = await connection.fetch(_DETAILS, tenant_id, list(ids))
    wanted = {row["id"]: _telling(row["user_messages"] or [], happy=happy) for row in rows}
    if signal:
        wanted |= {row["id"]: [seq] for row in rows if (seq := _evident(row, signal)) is not None}
    quotes = await _quotes(connection, tenant_id, wanted, about)
    names = [name for name in Example.__slots__ if name != "quote"]
    return tuple(Example(**{name: row[name] for name in names}, quote=quotes.get(row["id"], "")) for row in rows)


def _evident(row: Any, signal: str) -> int | None:
    """seq of the user's message with the strongest evidence of this signal."""
    said = {message["seq"] for message in row["user_messages"] or []}
    shown = [one for one in row["evidence"] or [] if one["signal"].startswith(signal) and one["seq"] in said]
    return max(shown, key=lambda one: (one["strength"], -one["seq"]))["seq"] if shown else None


NEARLY = 0.35
"""Sentiment (-1 to 1) between two messages that are about as strong."""


def _telling(messages: list[dict[str, Any]], *, happy: bool) -> list[int]:
    """seq of the user messages that say most, the strongest first, where the analysis scored any."""
    scored = sorted((-m["sentiment"] if happy else m["sentiment"], m["seq"]) for m in messages if m.get("sentiment") is not None)
    return [seq for sentiment, seq in scored if sentiment <= scored[0][0] + (0 if happy else NEARLY)]


async def _quotes(connection: Connection, tenant_id: int, wanted: dict[UUID, list[int]], about: str) -> dict[UUID, str]:
    """One message of each conversation; `wanted`: seq of those that tell most, the first of them before the others."""
    told = [(id, seq, place) for id, seqs in wanted.items() for place, seq in enumerate(seqs)]
    rows = await connection.fetch(
        """
        WITH told AS (SELECT * FROM unnest($3::uuid[], $4::int[], $5::int[]) t(id, seq, place)),
        said AS (
            SELECT m.conversation_id, left(m.content, 2000) AS content, m.created_at, m.seq, t.place, coalesce(p.name, '') AS topic,
                   tsvector_to_array(to_tsvector('english', left(m.content, 2000))) AS lexemes
            FROM unnest($2::uuid[]) w(id)
            JOIN message m ON m.tenant_id = $1 AND m.conversation_id = w.id AND m.type = 'user_message' AND coalesce(m.content, '') <> ''
            LEFT JOIN analysis a ON a.tenant_id = $1 AND a.conversation_id = w.id
            LEFT JOIN topic p ON p.tenant_id = $1 AND p.id = a.topic_id
            LEFT JOIN told t ON t.id = w.id AND t.seq = m.seq),
        held AS (
            SELECT *, (SELECT count(*) FROM unnest(lexemes) l WHERE l = ANY(tsvector_to_array(to_tsvector('english', $6)))) AS of_query,
                   (SELECT count(*) FROM unnest(lexemes) l WHERE l = ANY(tsvector_to_array(to_tsvector('english', topic)))) AS of_topic
            FROM said)
        SELECT DISTINCT ON (conversation_id) conversation_id, content FROM held
        ORDER BY conversation_id, of_query DESC, CASE WHEN $6 <> '' AND of_query = 0 THEN (cardinality(lexemes) < 2)::int END,
                 CASE WHEN $6 <> '' AND of_query = 0 THEN seq END, (place IS NULL), of_topic DESC, place, created_at, seq
        """,
        tenant_id, list(wanted), *(list(column) for column in zip(*told, strict=True)), *([] if told else [[], [], []]), about,
    )  # fmt: skip
    return {row["conversation_id"]: shorten(row["content"]) for row in rows}


def shorten(text: str, length: int = QUOTE_LENGTH) -> str:
    """One line of at most `length` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0] + "…"
