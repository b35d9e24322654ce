"""Metrics by group: one row for each product, user, topic, tool, week ... of a scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapport.analytics import dimensions, metrics
from rapport.analytics.dimensions import Dimension
from rapport.analytics.filters import relation
from rapport.analytics.metrics import Figure, Metric
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.store.database import Connection

ORDERS = ("highest", "lowest", "key")
MOST_GROUPS = 400
STEADY = 10
"""Empirical Bayes with a fixed prior weight, the size at which a user's own mean counts as much as that of all: the variance of measures
within a user is about ten times that between users."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group and its figures, in the order the metrics were asked for. `reference` is the tenant's own id of it."""

    key: Any
    label: str
    reference: str | None
    conversations: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`groups` are the first ones in the order asked for; `total` is how many there are. Groups below min_n are not counted."""

    dimension: Dimension
    groups: tuple[Group, ...]
    total: int
    min_n: int


async def breakdown(
    connection: Connection,
    scope: Scope,
    measured: Sequence[Metric],
    dimension: str,
    *,
    order: str = "highest",
    limit: int = 10,
    min_n: int = 1,
    max_n: int | None = None,
    min_size: int = 1,
    max_size: int | None = None,
    steady: float | None = None,
) -> Breakdown:
    """Each metric by group, ordered by the first one (or by key); groups that rest on fewer than `min_n` or more than `max_n`
    conversations are left out, and those of fewer than `min_size` or more than `max_size` in all, with the metric or without it.

    `steady`, the first metric's mean over all, orders by means that are pulled towards it by STEADY conversations: someone with three bad
    conversations does not come before someone with fifteen nearly as bad ones. The figures themselves stay plain.

    A conversation without a key (no organization, no topic) is in no group; one with several (tools, keywords) is in each.
    """
    arguments = Arguments(scope.tenant_id)
    found = dimensions.find(dimension, scope, arguments)
    source = relation(scope, arguments, joins=found.joins)
    value = "v0" if steady is None else f"(v0 * n0 + {STEADY} * {arguments.add(steady)}::float8) / (n0 + {STEADY})"
    direction = {"highest": f"{value} DESC, n0 DESC", "lowest": f"{value} ASC, n0 DESC", "key": "key ASC"}[order]
    rows = await connection.fetch(
        f"""
        SELECT g.*, {found.label} AS label, {found.reference} AS reference
        FROM (SELECT *, count(*) OVER () AS total
              FROM (SELECT {found.key} AS key, count(*) AS conversations, {metrics.columns(measured)}
                    {source} AND {found.key} IS NOT NULL
                    GROUP BY 1 HAVING {measured[0].n} >= {arguments.add(max(min_n, 1))}
                    AND {measured[0].n} <= coalesce({arguments.add(max_n)}::bigint, {measured[0].n})
                    AND count(*) >= {arguments.add(max(min_size, 1))}
                    AND count(*) <= coalesce({arguments.add(max_size)}::bigint, count(*))) every
              ORDER BY {direction}, key LIMIT {arguments.add(min(limit, MOST_GROUPS))}) g
        ORDER BY {direction}, {"label," if order != "key" else ""} key
        """,
        *arguments,
    )
    groups = tuple(
        Group(row["key"], row["label"] or str(row["key"]), row["reference"], row["conversations"], metrics.figures(measured, row))
        for row in rows
    )
    return Breakdown(found, groups, rows[0]["total"] if rows else 0, min_n)
