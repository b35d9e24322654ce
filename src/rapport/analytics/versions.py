"""A version of a prompt beside the other versions of its lineage, and what its conversations ask to be changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from rapport.analytics.comparisons import snippets, told
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.statistics import SIGNIFICANT
from rapport.analytics.strata import LEAST, SURE, Difference, Stratum, compare
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
    change = beside_earlier(mine, before)
    suggestions = []
    if change and is_sure(change) and change.difference > 0:
        suggestions.append(
            Suggestion(
                f"Go back to version {before[-1].version}, or undo what changed",
                f"Version {mine.version} goes badly more often than {_earlier(before)}: {told(change)}.",
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
               count(*) FILTER (WHERE {outcome}) AS bad, max(c.last_message_at) AS used
        {relation(every, arguments)} GROUP BY c.prompt_id
        """,
        *arguments,
    )
    by_id = {row["prompt_id"]: row for row in rows}
    versions = []
    for row in lineage:
        n, quality, known, bad = tuple(by_id[row["id"]])[1:5] if row["id"] in by_id else (0, None, 0, 0)
        versions.append(Version(row["id"], row["number"], row["active"], n, quality, bad, known))
    used = by_id[prompt_id]["used"] if prompt_id in by_id else None
    return tuple(versions), used or next(row["last_used_at"] for row in lineage if row["id"] == prompt_id)


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
    if not is_sure(change):
        return f"{begin} That is not surely different from {_earlier(before)}: {told(change)}."
    return f"{begin} That is {'worse' if change.difference > 0 else 'better'} than {_earlier(before)}: {told(change)}."


def _earlier(before: Sequence[Version]) -> str:
    return f"version {before[0].version}" if len(before) == 1 else f"the {len(before)} versions before"


def beside_earlier(mine: Version, before: Sequence[Version]) -> Difference | None:
    """The version beside all earlier ones together; None where there is none with conversations."""
    return compare([Stratum(mine.known_outcome, mine.went_badly, sum(v.known_outcome for v in before), sum(v.went_badly for v in before))])


def is_sure(change: Difference) -> bool:
    """One comparison that was asked for, not one of many that were tried: the usual 5 %, and a difference that matters."""
    return change.p < SIGNIFICANT and abs(change.difference) >= 0.1 and min(change.n, change.other_n) >= LEAST


@dataclass(frozen=True, slots=True)
class Regression:
    """The newest version of a prompt, surely worse than the earlier ones together."""

    prompt: str
    mine: Version
    before: tuple[Version, ...]
    change: Difference


async def regressions(connection: Connection, scope: Scope) -> list[Regression]:
    """Prompts whose newest version goes surely worse than those before, at 1 % divided by the number of prompts."""
    arguments = Arguments(scope.tenant_id)
    joins = "JOIN prompt p ON p.tenant_id = c.tenant_id AND p.id = c.prompt_id"
    outcome = PREDICATES["unhappy"].sql
    rows = await connection.fetch(
        f"""
        SELECT p.lineage_id, min(coalesce(p.external_id, p.name, 'prompt')) AS name, p.id, p.number, count({outcome}) AS known,
               count(*) FILTER (WHERE {outcome}) AS bad
        {relation(scope, arguments, joins=joins)} GROUP BY p.lineage_id, p.id, p.number ORDER BY p.lineage_id, p.number
        """,
        *arguments,
    )
    lineages: dict[UUID, list[Version]] = defaultdict(list)
    for row in rows:
        lineages[row["lineage_id"]].append(Version(row["id"], row["number"], False, row["known"], None, row["bad"], row["known"]))
    names = {row["lineage_id"]: row["name"] for row in rows}
    found = []
    for lineage_id, known in lineages.items():
        change = beside_earlier(known[-1], known[:-1])
        if change and is_sure(change) and change.difference > 0 and change.p < SURE / len(lineages):
            found.append(Regression(names[lineage_id], known[-1], tuple(known[:-1]), change))
    return sorted(found, key=lambda regression: regression.change.p)
