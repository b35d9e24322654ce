"""A version of a prompt beside the other versions of its lineage, and what its conversations ask to be changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from rapport.analytics.comparisons import snippets, told
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.strata import Difference, Stratum, compare
from rapport.analytics.wording import about, many, percent
from rapport.domain.scope import Scope
from rapport.store.database import Connection


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the lineage and how its conversations went."""

    prompt_id: UUID
    version: int
    active: bool
    total_conversations: int
    avg_quality_index: float | None
    went_badly: int
    known_outcome: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to change, and the number of conversations that it rests on."""

    title: str
    description: str
    conversations: int


@dataclass(frozen=True, slots=True)
class PromptReport:
    """`active`: the prompt is in its product's active version. Versions oldest first."""

    active: bool
    last_used_at: datetime | None
    versions: tuple[Version, ...]
    suggestions: tuple[Suggestion, ...]
    summary: str


async def report(connection: Connection, scope: Scope, prompt_id: UUID) -> PromptReport:
    """This prompt beside the other versions of its lineage, and what its conversations ask to be changed."""
    versions, last_used_at = await _versions(connection, scope, prompt_id)
    mine = next(v for v in versions if v.prompt_id == prompt_id)
    before = [v for v in versions if v.version < mine.version and v.known_outcome]
    change = compare([Stratum(mine.known_outcome, mine.went_badly, before[-1].known_outcome, before[-1].went_badly)]) if before else None
    suggestions = []
    if change and change.sure and change.difference > 0:
        suggestions.append(
            Suggestion(
                f"Go back to version {before[-1].version}, or undo what changed",
                f"Version {mine.version} goes badly more often than version {before[-1].version}: {told(change)}.",
                mine.known_outcome,
            )
        )
    suggestions += await _topic_suggestions(connection, scope)
    return PromptReport(mine.active, last_used_at, versions, tuple(suggestions), _prompt_summary(mine, before, change))


async def _versions(connection: Connection, scope: Scope, prompt_id: UUID) -> tuple[tuple[Version, ...], datetime | None]:
    arguments = Arguments(scope.tenant_id)
    outcome = PREDICATES["unhappy"].sql
    lineage = await connection.fetch(
        """
        SELECT p.id, p.number, p.last_used_at, EXISTS (
                   SELECT 1 FROM product_version_prompt r JOIN product_version v ON v.tenant_id = $1 AND v.id = r.version_id AND v.is_active
                   WHERE r.tenant_id = $1 AND r.prompt_id = p.id) AS active
        FROM prompt p WHERE p.tenant_id = $1 AND p.lineage_id = (SELECT lineage_id FROM prompt WHERE tenant_id = $1 AND id = $2)
        ORDER BY p.number
        """,
        scope.tenant_id, prompt_id,
    )  # fmt: skip
    every = replace(scope, prompt_ids=tuple(row["id"] for row in lineage))
    rows = await connection.fetch(
        f"""
        SELECT c.prompt_id, count(a.conversation_id) AS n, avg(a.quality_index::float8) AS quality, count({outcome}) AS known,
               count(*) FILTER (WHERE {outcome}) AS bad
        {relation(every, arguments)} GROUP BY c.prompt_id
        """,
        *arguments,
    )
    by_id = {row["prompt_id"]: row for row in rows}
    versions = []
    for row in lineage:
        n, quality, known, bad = tuple(by_id[row["id"]])[1:] if row["id"] in by_id else (0, None, 0, 0)
        versions.append(Version(row["id"], row["number"], row["active"], n, quality, bad, known))
    return tuple(versions), next(row["last_used_at"] for row in lineage if row["id"] == prompt_id)


async def _topic_suggestions(connection: Connection, scope: Scope) -> list[Suggestion]:
    """Topics that surely go badly more often than the rest under this prompt, or that ask for what is missing; at most three."""
    arguments = Arguments(scope.tenant_id)
    outcome = PREDICATES["unhappy"].sql
    joins = "JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id"
    rows = await connection.fetch(
        f"""
        SELECT a.topic_id, t.name, count({outcome}) AS n, count(*) FILTER (WHERE {outcome}) AS bad,
               count(*) FILTER (WHERE 'missing_capability_detected' = ANY (a.flags)) AS missing
        {relation(scope, arguments, joins=joins)} GROUP BY 1, 2
        """,
        *arguments,
    )
    whole_n, whole_bad = sum(row["n"] for row in rows), sum(row["bad"] for row in rows)
    found: list[tuple[int, Suggestion]] = []
    for row in rows:
        rest = compare([Stratum(row["n"], row["bad"], whole_n - row["n"], whole_bad - row["bad"])])
        bad = rest is not None and rest.sure and rest.difference >= 0.1
        if not bad and row["missing"] < 3:
            continue
        topic = about(row["name"])
        quotes = await snippets(connection, replace(scope, topic_ids=(row["topic_id"],)))
        said = f" Users say: {'; '.join(quotes[:2])}." if quotes else ""
        if bad and rest:
            text = f"{row['bad']} of {many(row['n'], 'conversation')} about it went badly, {told(rest)}.{said}"
            found.append((row["bad"], Suggestion(f"Say what to do about {topic}", text, row["n"])))
        else:
            text = f"{many(row['missing'], 'conversation')} about it asked for something that is missing.{said}"
            found.append((row["missing"], Suggestion(f"Say plainly what is not possible with {topic}", text, row["missing"])))
    return [suggestion for _, suggestion in sorted(found, key=lambda item: -item[0])[:3]]


def _prompt_summary(mine: Version, before: Sequence[Version], change: Difference | None) -> str:
    if not mine.known_outcome:
        return f"Version {mine.version} has no analysed conversation yet."
    share = percent(mine.went_badly, mine.known_outcome)
    begin = f"Version {mine.version}: {mine.went_badly} of {many(mine.known_outcome, 'conversation')} went badly ({share})."
    if change is None:
        return f"{begin} There is no earlier version with conversations to compare it with."
    if not change.sure:
        return f"{begin} That is not surely different from version {before[-1].version}: {told(change)}."
    return f"{begin} That is {'worse' if change.difference > 0 else 'better'} than version {before[-1].version}: {told(change)}."
