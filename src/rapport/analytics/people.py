"""One user or conversation in full, and who is at risk of leaving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import SIGNIFICANT, fit_line
from rapport.domain.scope import Scope
from rapport.errors import NotFound
from rapport.store.database import Connection

MOST_TURNS = 60
TURN_LENGTH = 600
LEAST_RISK = 0.4


@dataclass(frozen=True, slots=True)
class Step:
    """One conversation on a user's way."""

    reference: str
    created_at: datetime
    topic: str | None
    rating: float | None
    sentiment: float | None
    frustration: float | None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The user's last conversations, oldest first. direction: improving | worsening | steady (no slope beyond chance) | unknown."""

    steps: tuple[Step, ...]
    direction: str


async def trajectory(connection: Connection, scope: Scope, *, limit: int = 30) -> Trajectory:
    """How the users of this scope fared from conversation to conversation, by sentiment."""
    arguments = Arguments(scope.tenant_id)
    rows = await connection.fetch(
        f"""
        SELECT coalesce(c.external_id, c.id::text) AS reference, c.created_at, c.rating_score AS rating, a.sentiment, a.frustration,
               (SELECT name FROM topic t WHERE t.tenant_id = $1 AND t.id = a.topic_id) AS topic
        {relation(scope, arguments)} ORDER BY c.created_at DESC LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    steps = tuple(Step(**row) for row in reversed(rows))
    line = fit_line([s.sentiment or 0.0 for s in steps], [0.0 if s.sentiment is None else 1.0 for s in steps])
    direction = "unknown" if line is None else "steady" if line.p >= SIGNIFICANT else "improving" if line.slope > 0 else "worsening"
    return Trajectory(steps, direction)


async def profile(connection: Connection, tenant_id: int, user_id: UUID) -> Mapping[str, Any]:
    """What is known about a user: names, organization, properties, first and last conversation, latest events. Raises NotFound."""
    row = await connection.fetchrow(
        """
        SELECT u.id, u.external_id, u.name, u.email, u.properties, u.created_at, coalesce(o.name, o.external_id) AS organization,
               o.id AS organization_id, o.properties AS organization_properties,
               (SELECT min(created_at) FROM conversation WHERE tenant_id = $1 AND user_id = u.id AND kind = 'conversation') AS first_at,
               (SELECT max(created_at) FROM conversation WHERE tenant_id = $1 AND user_id = u.id AND kind = 'conversation') AS last_at,
               ARRAY(SELECT jsonb_build_object('type', event_type, 'value', value, 'at', event_at, 'influence', influence)
                     FROM event e WHERE e.tenant_id = $1 AND e.user_id = u.id ORDER BY event_at DESC LIMIT 10) AS events
        FROM app_user u LEFT JOIN organization o ON o.tenant_id = $1 AND o.id = u.organization_id
        WHERE u.tenant_id = $1 AND u.id = $2
        """,
        tenant_id, user_id,
    )  # fmt: skip
    if row is None:
        raise NotFound("There is no such user.")
    return dict(row)


async def organization_profile(connection: Connection, tenant_id: int, organization_id: UUID) -> Mapping[str, Any]:
    """What is known about an organization: names, properties, its people, first and last conversation. Raises NotFound."""
    row = await connection.fetchrow(
        """
        SELECT o.id, o.external_id, o.name, o.properties, c.conversations, c.first_at, c.last_at,
               (SELECT count(*) FROM app_user u WHERE u.tenant_id = $1 AND u.organization_id = o.id) AS people
        FROM organization o,
             LATERAL (SELECT count(*) AS conversations, min(created_at) AS first_at, max(created_at) AS last_at
                      FROM conversation WHERE tenant_id = $1 AND organization_id = o.id AND kind = 'conversation') c
        WHERE o.tenant_id = $1 AND o.id = $2
        """,
        tenant_id, organization_id,
    )  # fmt: skip
    if row is None:
        raise NotFound("There is no such organization.")
    return dict(row)


async def transcript(connection: Connection, tenant_id: int, conversation_id: UUID) -> Sequence[Mapping[str, Any]]:
    """What was said and which tools were called, in order: at most MOST_TURNS turns of TURN_LENGTH characters."""
    rows = await connection.fetch(
        """
        SELECT type, left(content, $3) AS content, tool_name, created_at, left(output::text, 200) AS output,
               left(coalesce(output ->> 'error', output ->> 'message'), 200) AS error
        FROM message WHERE tenant_id = $1 AND conversation_id = $2
          AND type IN ('user_message', 'assistant_message', 'final_response', 'tool_call', 'tool_error')
        ORDER BY created_at, seq LIMIT $4
        """,
        tenant_id, conversation_id, TURN_LENGTH, MOST_TURNS,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def measures(connection: Connection, tenant_id: int, conversation_id: UUID) -> Mapping[str, Any] | None:
    """The stored analysis of a conversation, without its vectors; None where it is not analysed yet."""
    row = await connection.fetchrow(
        """
        SELECT language, sentiment, sentiment_change, emotion, frustration, struggle, dissatisfied, resolution, abandoned,
               handover_requested, repeated_questions, commercial_intent, quality_index, satisfaction, friction, growth, safety,
               keywords, summary, root_cause,
               flags, tools, evidence
        FROM analysis WHERE tenant_id = $1 AND conversation_id = $2
        """,
        tenant_id, conversation_id,
    )  # fmt: skip
    return dict(row) if row else None


async def comments(connection: Connection, tenant_id: int, conversation_id: UUID) -> list[str]:
    """What people wrote beside their ratings of a conversation, oldest first."""
    rows = await connection.fetch(
        """
        SELECT feedback FROM rating
        WHERE tenant_id = $1 AND conversation_id = $2 AND feedback <> ''
        ORDER BY rated_at
        """,
        tenant_id, conversation_id,
    )  # fmt: skip
    return [row["feedback"] for row in rows]


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Someone whose recent conversations went badly. `risk` is 0..1; `reasons` say what it is made of, each a name and a figure."""

    id: UUID
    name: str
    reference: str | None
    conversations: int
    bad: int
    risk: float
    last_at: datetime
    reasons: Mapping[str, float]


async def at_risk(connection: Connection, scope: Scope, *, who: str = "user", limit: int = 10) -> tuple[tuple[AtRisk, ...], int]:
    """Users or organizations (`who`) most likely to leave, most at risk first, and how many there are; those below LEAST_RISK are none.

    Risk = 0.6 share of conversations that went badly (one good one more is assumed, so that a single bad one is not 100 %), 0.15 average
    frustration, 0.1 fall of sentiment along a line through their conversations, 0.15 any negative business event. It ranks; it is no
    probability.
    """
    arguments = Arguments(scope.tenant_id)
    column, table, names = {
        "user": ("user_id", "app_user", "coalesce(h.name, h.email, h.external_id)"),
        "organization": ("organization_id", "organization", "coalesce(h.name, h.external_id)"),
    }[who]
    bad = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        WITH base AS (
            SELECT c.{column} AS holder, c.created_at, a.sentiment, coalesce(a.frustration, 0) AS frustration,
                   coalesce({bad}, false) AS bad, extract(epoch FROM c.created_at)::float8 AS at
            {relation(scope, arguments)} AND c.{column} IS NOT NULL),
        judged AS (
            SELECT holder, count(*) AS conversations, count(*) FILTER (WHERE bad) AS bad, max(created_at) AS last_at,
                   avg(frustration) AS frustration,
                   greatest(coalesce(-regr_slope(sentiment, at) * (max(at) - min(at)), 0), 0) AS fall,
                   EXISTS (SELECT 1 FROM event e WHERE e.tenant_id = $1 AND e.{column} = holder AND e.influence = 'negative') AS event
            FROM base GROUP BY holder HAVING count(*) FILTER (WHERE bad) > 0),
        risky AS (
            SELECT *, 0.6 * bad / (conversations + 1.0) + 0.15 * frustration + 0.1 * least(fall, 1) + 0.15 * event::int AS risk
            FROM judged)
        SELECT r.holder AS id, {names} AS name, h.external_id AS reference, r.conversations, r.bad, r.risk, r.last_at,
               r.frustration, r.fall, r.event, count(*) OVER () AS of_all
        FROM risky r JOIN {table} h ON h.tenant_id = $1 AND h.id = r.holder
        WHERE r.risk >= {arguments.add(LEAST_RISK)} ORDER BY r.risk DESC, r.bad DESC, name LIMIT {arguments.add(limit)}
        """,
        *arguments,
    )
    plain = ("id", "name", "reference", "conversations", "bad", "last_at")
    found = tuple(
        AtRisk(
            **{name: row[name] for name in plain}, risk=float(row["risk"]),
            reasons={"frustration": row["frustration"], "sentiment_fall": row["fall"], "negative_event": float(row["event"])},
        )
        for row in rows
    )  # fmt: skip
    return found, rows[0]["of_all"] if rows else 0
