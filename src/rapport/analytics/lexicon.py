"""A tenant's own names: what people may mean when they write "Acme", "gpt-4o", "the refund prompt" or "enterprise customers".

The planner links questions to these; tools resolve the names in their arguments by them. Bounded: the most active users and
organizations, the rest is looked up one by one with `look_up`.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz, process

from rapport.domain.scope import Scope
from rapport.store.database import Connection

MOST_USERS = 20_000
MOST_NAMES = 2_000
"""Of each other kind."""


@dataclass(frozen=True, slots=True)
class Name:
    """One thing that has a name. `kind`: user | organization | product | model | prompt | prompt_version | topic | topic_group | tool |
    event_type | segment | property. `id` is what filters take (a UUID as text; the plain name for tools and event types; `key=value` for
    properties); `also` are other spellings (external id, e-mail, canonical id); `weight` is how often it occurs; `part_of` is the lineage
    of a prompt version, and `organization` for a property that only organizations have."""

    kind: str
    id: str
    text: str
    also: tuple[str, ...] = ()
    weight: int = 0
    part_of: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.id, self.text, *self.also)


@dataclass(frozen=True)
class Lexicon:
    """All names of one tenant, heaviest first within a kind; not `whole` where it holds those of one organization or user only."""

    names: tuple[Name, ...]
    whole: bool = True

    @cached_property
    def _by_spelling(self) -> Mapping[tuple[str, str], Name]:
        found: dict[tuple[str, str], Name] = {}
        for name in self.names:
            for spelling in name.spellings:
                found.setdefault((name.kind, spelling.casefold()), name)
        return found

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Name, ...]]:
        kinds: dict[str, list[Name]] = {}
        for name in self.names:
            kinds.setdefault(name.kind, []).append(name)
        return {kind: tuple(names) for kind, names in kinds.items()}

    def of(self, kind: str) -> tuple[Name, ...]:
        """The names of one kind."""
        return self._by_kind.get(kind, ())

    def find(self, kind: str, spelling: str) -> Name | None:
        """The thing of this kind with exactly this id or name, whatever its case."""
        return self._by_spelling.get((kind, spelling.casefold().strip()))


def _labels(*parts: Any) -> tuple[str, tuple[str, ...]]:
    """The first part that is there is the name, the others are further spellings."""
    there = list(dict.fromkeys(str(part) for part in parts if part))
    return (there[0], tuple(there[1:])) if there else ("", ())


_QUERIES: Mapping[str, str] = {
    "user": """
        SELECT u.id, ARRAY[u.name, u.email, u.external_id] AS names, n AS weight
        FROM app_user u LEFT JOIN (SELECT user_id, count(*) AS n FROM conversation
                                   WHERE tenant_id = $1 AND kind = 'conversation' GROUP BY 1) c ON c.user_id = u.id
        WHERE u.tenant_id = $1 ORDER BY n DESC NULLS LAST LIMIT $2
        """,
    "organization": """
        SELECT o.id, ARRAY[o.name, o.external_id] AS names, n AS weight
        FROM organization o LEFT JOIN (SELECT organization_id, count(*) AS n FROM conversation
                                       WHERE tenant_id = $1 AND kind = 'conversation' GROUP BY 1) c ON c.organization_id = o.id
        WHERE o.tenant_id = $1 ORDER BY n DESC NULLS LAST LIMIT $2
        """,
    "product": "SELECT id, ARRAY[name] AS names, 0 AS weight FROM product WHERE tenant_id = $1 ORDER BY created_at LIMIT $2",
    "model": """
        SELECT id, ARRAY[display_name, canonical_id] AS names, 0 AS weight FROM model WHERE tenant_id = $1
        ORDER BY last_used_at DESC NULLS LAST LIMIT $2
        """,
    "prompt": """
        SELECT DISTINCT ON (lineage_id) lineage_id AS id, ARRAY[external_id, name, 'prompt ' || left(lineage_id::text, 8)] AS names,
               number AS weight
        FROM prompt WHERE tenant_id = $1 AND fingerprint <> '' ORDER BY lineage_id, number DESC LIMIT $2
        """,
    "prompt_version": """
        SELECT id, ARRAY[coalesce(external_id, name, 'prompt ' || left(id::text, 8)) || ' v' || number,
                         coalesce(name, external_id) || ' v' || number] AS names, number AS weight, lineage_id AS part_of
        FROM prompt WHERE tenant_id = $1 AND fingerprint <> '' ORDER BY created_at DESC LIMIT $2
        """,
    "topic": """
        SELECT id, ARRAY[name] AS names, size AS weight FROM topic WHERE tenant_id = $1 AND retired_at IS NULL ORDER BY size DESC LIMIT $2
        """,
    "segment": """
        SELECT id, ARRAY[name, preset_id] AS names, member_count AS weight FROM segment WHERE tenant_id = $1
        ORDER BY type DESC, name LIMIT $2
        """,
    "topic_group": "SELECT id, ARRAY[name] AS names, 0 AS weight FROM topic_group WHERE tenant_id = $1 ORDER BY name LIMIT $2",
    "tool": """
        WITH RECURSIVE names(name) AS (
            SELECT min(tool_name) FROM message WHERE tenant_id = $1 AND tool_name IS NOT NULL
            UNION ALL
            SELECT (SELECT min(tool_name) FROM message WHERE tenant_id = $1 AND tool_name > names.name)
            FROM names WHERE names.name IS NOT NULL)
        SELECT name AS id, ARRAY[name] AS names, 0 AS weight FROM names WHERE name IS NOT NULL LIMIT $2
        """,
    "event_type": """
        WITH RECURSIVE names(name) AS (
            SELECT min(event_type) FROM event WHERE tenant_id = $1
            UNION ALL
            SELECT (SELECT min(event_type) FROM event WHERE tenant_id = $1 AND event_type > names.name)
            FROM names WHERE names.name IS NOT NULL)
        SELECT name AS id, ARRAY[name] AS names, 0 AS weight FROM names WHERE name IS NOT NULL LIMIT $2
        """,
    "property": """
        SELECT p.key || '=' || p.value AS id, ARRAY[p.value] AS names, count(*) AS weight,
               CASE WHEN bool_and(owners.kind = 'organization') THEN 'organization' ELSE '' END AS part_of
        FROM (SELECT 'organization' AS kind, properties FROM (SELECT properties FROM organization WHERE tenant_id = $1 LIMIT 20000) o
              UNION ALL SELECT 'user', properties FROM (SELECT properties FROM app_user WHERE tenant_id = $1 LIMIT 20000) u
              UNION ALL SELECT 'conversation', properties FROM (SELECT properties FROM conversation
                                                                WHERE tenant_id = $1 AND kind = 'conversation'
                                                                ORDER BY created_at DESC LIMIT 2000) c) owners
             CROSS JOIN LATERAL jsonb_each_text(owners.properties) p
        WHERE length(p.value) BETWEEN 1 AND 60 GROUP BY 1, p.value ORDER BY 3 DESC, 1 LIMIT $2
        """,
}  # fmt: skip


_MINE = f"""
    WITH mine AS MATERIALIZED (
        SELECT id, product_id, prompt_id, user_id, organization_id, model_id, properties FROM conversation
        WHERE tenant_id = $1 AND kind = 'conversation' AND (cardinality($3::uuid[]) = 0 OR organization_id = ANY ($3))
          AND (cardinality($4::uuid[]) = 0 OR user_id = ANY ($4))
        ORDER BY created_at DESC LIMIT {MOST_USERS})
"""

_LIMITED_QUERIES: Mapping[str, str] = {
    "user": """
        SELECT u.id, ARRAY[u.name, u.email, u.external_id] AS names, count(*) AS weight
        FROM mine c JOIN app_user u ON u.tenant_id = $1 AND u.id = c.user_id GROUP BY u.id, u.name, u.email, u.external_id
        ORDER BY 3 DESC LIMIT $2
        """,
    "organization": """
        SELECT o.id, ARRAY[o.name, o.external_id] AS names, count(*) AS weight
        FROM mine c JOIN organization o ON o.tenant_id = $1 AND o.id = c.organization_id GROUP BY o.id, o.name, o.external_id
        ORDER BY 3 DESC LIMIT $2
        """,
    "product": """
        SELECT p.id, ARRAY[p.name] AS names, 0 AS weight FROM product p
        WHERE p.tenant_id = $1 AND p.id IN (SELECT product_id FROM mine) ORDER BY p.created_at LIMIT $2
        """,
    "model": """
        SELECT m.id, ARRAY[m.display_name, m.canonical_id] AS names, 0 AS weight FROM model m
        WHERE m.tenant_id = $1 AND m.id IN (SELECT model_id FROM mine) ORDER BY m.last_used_at DESC NULLS LAST LIMIT $2
        """,
    "topic": """
        SELECT t.id, ARRAY[t.name] AS names, count(*) AS weight
        FROM mine c JOIN analysis a ON a.tenant_id = $1 AND a.conversation_id = c.id
             JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id AND t.retired_at IS NULL
        GROUP BY t.id, t.name ORDER BY 3 DESC LIMIT $2
        """,
    "topic_group": """
        SELECT g.id, ARRAY[g.name] AS names, count(*) AS weight
        FROM mine c JOIN analysis a ON a.tenant_id = $1 AND a.conversation_id = c.id
             JOIN topic_group g ON g.tenant_id = $1 AND g.id = a.topic_group_id
        GROUP BY g.id, g.name ORDER BY g.name LIMIT $2
        """,
    "tool": """
        SELECT DISTINCT use ->> 0 AS id, ARRAY[use ->> 0] AS names, 0 AS weight
        FROM mine c JOIN analysis a ON a.tenant_id = $1 AND a.conversation_id = c.id CROSS JOIN LATERAL jsonb_array_elements(a.tools) use
        ORDER BY 1 LIMIT $2
        """,
    "event_type": """
        SELECT DISTINCT e.event_type AS id, ARRAY[e.event_type] AS names, 0 AS weight FROM event e
        WHERE e.tenant_id = $1 AND e.user_id IN (SELECT user_id FROM mine) ORDER BY 1 LIMIT $2
        """,
    "property": """
        SELECT p.key || '=' || p.value AS id, ARRAY[p.value] AS names, count(*) AS weight
        FROM (SELECT o.properties FROM organization o WHERE o.tenant_id = $1 AND o.id IN (SELECT organization_id FROM mine)
              UNION ALL SELECT u.properties FROM app_user u WHERE u.tenant_id = $1 AND u.id IN (SELECT user_id FROM mine)
              UNION ALL SELECT c.properties FROM mine c) owners
             CROSS JOIN LATERAL jsonb_each_text(owners.properties) p
        WHERE length(p.value) BETWEEN 1 AND 60 GROUP BY 1, p.value ORDER BY 3 DESC, 1 LIMIT $2
        """,
}  # fmt: skip
"""Of the conversations of one organization or user. Prompts and segments are of the whole tenant: such a reach has no names of them."""


async def load(connection: Connection, reach: Scope) -> Lexicon:
    """The names of a tenant, or of the organizations and users that the scope is limited to, as they are now."""
    whole = not (reach.organization_ids or reach.user_ids)
    limits = () if whole else (list(reach.organization_ids), list(reach.user_ids))
    names: list[Name] = []
    for kind, query in (_QUERIES if whole else _LIMITED_QUERIES).items():
        most = MOST_USERS if kind == "user" else MOST_NAMES
        for row in await connection.fetch(query if whole else _MINE + query, reach.tenant_id, most, *limits):
            text, also = _labels(*row["names"])
            names.append(Name(kind, str(row["id"]), text or str(row["id"]), also, row["weight"] or 0, str(row.get("part_of", ""))))
    return Lexicon(tuple(names), whole)


async def look_up(connection: Connection, tenant_id: int, kind: str, spelling: str) -> Name | None:
    """A user, organization or segment by id, name or e-mail, however rarely or lately it is seen; None where there is none."""
    table, columns = {
        "user": ("app_user", ("name", "email", "external_id")), "organization": ("organization", ("name", "external_id")),
        "segment": ("segment", ("name", "preset_id")),
    }[kind]  # fmt: skip
    matches = " OR ".join(f"lower({column}) = lower($2)" for column in columns)
    row = await connection.fetchrow(
        f"SELECT id, {', '.join(columns)} FROM {table} WHERE tenant_id = $1 AND (id::text = $2 OR {matches}) LIMIT 1", tenant_id, spelling
    )
    if row is None:
        return None
    text, also = _labels(*(row[column] for column in columns))
    return Name(kind, str(row["id"]), text, also)


def property_values(lexicon: Lexicon) -> Iterator[tuple[str, str, Name]]:
    """(key, value, name) of each property."""
    for name in lexicon.of("property"):
        key, _, value = name.id.partition("=")
        yield key, value, name


class Lexicons:
    """Lexicons of the tenants that asked lately. One is kept a hundred times as long as loading it took, at least 1 s and at most 30 s:
    a small tenant sees new names at once, a large one pays 1 % of its time. What is newer is found by `look_up`."""

    def __init__(self, *, most: int = 32):
        self._most = most
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Lexicon]] = OrderedDict()

    async def of(self, connection: Connection, reach: Scope) -> Lexicon:
        """The lexicon of the scope's tenant, or of what the scope is limited to, loaded where it is missing or old."""
        key = (reach.tenant_id, reach.organization_ids, reach.user_ids)
        kept, started = self._kept.get(key), time.monotonic()
        if kept and started < kept[0]:
            return kept[1]
        loaded = await load(connection, reach)
        now = time.monotonic()
        self._kept[key] = (now + min(max(100 * (now - started), 1.0), 30.0), loaded)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return loaded

    def forget(self, tenant_id: int) -> None:
        """Load anew at the next question."""
        for key in [key for key in self._kept if key[0] == tenant_id]:
            del self._kept[key]


def close_to(names: Sequence[Name], spelling: str, *, limit: int = 3) -> list[str]:
    """Names that look like this one, for "did you mean"."""
    found = process.extract(spelling, [name.text for name in names], scorer=fuzz.WRatio, limit=limit, score_cutoff=60)
    return [text for text, _, _ in found]
