"""The governed metrics: every figure that an answer may hold is one of these, over conversations that a Scope selects.

`row` is SQL over `conversation c` and `analysis a`, one value for each conversation, NULL where there is none; the kind says how
rows become one figure. n is always the number of conversations that the figure rests on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapport.analytics.filters import local_time, relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.domain.analysis import FLAGS
from rapport.domain.scope import Scope
from rapport.errors import Invalid
from rapport.store.database import Connection

DIGITS = {"count": 0, "score": 2, "stars": 2, "percent": 1, "average": 1}
"""Decimal places by unit. Figures are rounded once, here, so that an answer and its evidence hold the same digits."""


@dataclass(frozen=True, slots=True)
class Metric:
    """kind: count | distinct | sum | mean | share (percent of conversations with a known answer) | ratio (percent, row per `per`)."""

    name: str
    title: str
    kind: str
    row: str
    unit: str
    low: float
    high: float | None
    higher_is_better: bool | None
    sentence: str
    per: str = ""

    @property
    def value(self) -> str:
        """SQL of the figure."""
        return {
            "count": "count(*)::float8",
            "distinct": f"count(DISTINCT {self.row})::float8",
            "sum": f"coalesce(sum({self.row}), 0)::float8",
            "mean": f"avg(({self.row})::float8)",
            "share": f"100 * avg(({self.row})::int::float8)",
            "ratio": f"100 * sum({self.row})::float8 / nullif(sum({self.per}), 0)",
        }[self.kind]

    @property
    def n(self) -> str:
        """SQL of the number of conversations that the figure rests on."""
        return "count(*)" if self.kind in ("count", "distinct", "sum") else f"count({self.row})"

    @property
    def sample(self) -> str | None:
        """SQL of one number for each conversation whose mean is the figure, where there is one (then it can be tested)."""
        if self.kind == "mean":
            return f"({self.row})::float8"
        return f"100 * ({self.row})::int::float8" if self.kind == "share" else None

    def shown(self, value: float | None) -> float | int | None:
        """The figure as it is printed."""
        if value is None:
            return None
        rounded = round(value, DIGITS[self.unit])
        return int(rounded) if DIGITS[self.unit] == 0 else rounded


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one set of conversations. `value` is None where n is 0 and the metric is not a count."""

    metric: Metric
    value: float | None
    n: int

    def json(self) -> dict[str, Any]:
        return {
            "metric": self.metric.name,
            "title": self.metric.title,
            "value": self.metric.shown(self.value),
            "unit": self.metric.unit,
            "n": self.n,
        }


def _number(name: str, title: str, kind: str, row: str, sentence: str) -> Metric:
    return Metric(name, title, kind, row, "average" if kind == "mean" else "count", 0, None, None, sentence)


def _score(name: str, title: str, low: float, high: float, better: bool, sentence: str) -> Metric:
    return Metric(name, title, "mean", f"a.{name}", "score", low, high, better, f"Mean {sentence}, {low} to {high}.")


def _share(name: str, predicate: str, title: str) -> Metric:
    found = PREDICATES[predicate]
    better = None if found.bad is None else not found.bad
    return Metric(name, title, "share", found.sql, "percent", 0, 100, better, f"Percent of conversations {found.title}.")


def _flag_share(flag: str) -> Metric:
    name = flag.removesuffix("_detected")
    return _share(f"{name}_share", flag, f"share of conversations flagged {name.replace('_', ' ')}")


_TABLE = (
    _number("conversations", "conversations", "count", "", "Conversations logged."),
    _number("messages", "messages", "sum", "c.chat_message_count", "Messages of users and assistants."),
    _number("user_messages", "user messages", "sum", "a.user_message_count", "Messages written by users, in analysed conversations."),
    _number("users", "users", "distinct", "c.user_id", "Different users with a conversation."),
    _number("organizations", "organizations", "distinct", "c.organization_id", "Different organizations with a conversation."),
    _number("messages_per_conversation", "messages per conversation", "mean", "c.chat_message_count",
            "Average number of messages of users and assistants in a conversation."),
    _number("ratings", "rated conversations", "sum", "(c.rating_score IS NOT NULL)::int", "Conversations with a rating."),
    Metric("rating", "average rating", "mean", "c.rating_score", "stars", 1, 5, True, "Plain mean over rated conversations, 1 to 5."),
    _score("sentiment", "average sentiment", -1, 1, True, "sentiment of users"),
    _score("sentiment_change", "sentiment change", -2, 2, True, "change of sentiment from beginning to end"),
    _score("frustration", "average frustration", 0, 1, False, "frustration"),
    _score("struggle", "average struggle", 0, 1, False, "struggle to get something done"),
    _score("dissatisfied", "average dissatisfaction", 0, 1, False, "probability that the user is dissatisfied"),
    _score("resolution", "average resolution", 0, 1, True, "degree to which conversations were resolved"),
    _score("commercial_intent", "average commercial intent", 0, 1, True, "interest in buying"),
    _score("quality_index", "quality index", 0, 1, True, "Conversation Quality Index"),
    _score("satisfaction", "satisfaction pillar", 0, 1, True, "satisfaction"),
    _score("friction", "friction pillar", 0, 1, True, "absence of friction"),
    _score("growth", "growth pillar", 0, 1, True, "growth"),
    _score("safety", "safety pillar", 0, 1, True, "safety"),
    _number("tool_calls", "tool calls", "sum", "a.tool_calls", "Calls of tools."),
    Metric("tool_failures", "failed tool calls", "sum", "a.tool_failures", "count", 0, None, False, "Calls of tools that failed."),
    Metric("tool_failure_rate", "tool failure rate", "ratio", "CASE WHEN a.tool_calls > 0 THEN a.tool_failures END", "percent", 0, 100,
           False, "Percent of tool calls that failed.", per="a.tool_calls"),
    _share("negative_share", "negative", "share of negative conversations"),
    _share("neutral_share", "neutral", "share of neutral conversations"),
    _share("positive_share", "positive", "share of positive conversations"),
    _share("dissatisfied_share", "dissatisfied", "share of conversations with a dissatisfied user"),
    _share("frustrated_share", "frustrated", "share of highly frustrated conversations"),
    _share("struggling_share", "struggling", "share of conversations with struggle"),
    _share("unhappy_share", "unhappy", "share of conversations that went badly"),
    _share("resolved_share", "resolved", "resolution rate"),
    _share("unresolved_share", "unresolved", "share of unresolved conversations"),
    _share("abandoned_share", "abandoned", "abandonment rate"),
    _share("handover_share", "handover", "handover rate"),
    _share("repeated_share", "repeated", "share of conversations with a repeated question"),
    _share("commercial_share", "commercial", "share of conversations with commercial intent"),
    _share("low_rated_share", "low_rated", "share of low ratings among rated conversations"),
    _share("high_rated_share", "high_rated", "share of high ratings among rated conversations"),
    _share("rated_share", "rated", "share of conversations with a rating"),
    _share("unrated_share", "unrated", "share of conversations without a rating"),
    _share("tool_failed_share", "tool_failed", "share of conversations with a failed tool call"),
    _share("flagged_share", "flagged", "share of conversations with a safety flag"),
    *map(_flag_share, FLAGS),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}


def find(names: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics of these names, in this order. Raises Invalid where one is unknown."""
    for name in names:
        if name not in METRICS:
            raise Invalid(f"There is no metric {name}; use one of {', '.join(METRICS)}.")
    return tuple(METRICS[name] for name in names)


def columns(metrics: Sequence[Metric]) -> str:
    """SELECT list of these metrics: v0, n0, v1, n1 ..."""
    return ", ".join(f"{metric.value} AS v{i}, {metric.n} AS n{i}" for i, metric in enumerate(metrics))


def figures(metrics: Sequence[Metric], row: Any) -> tuple[Figure, ...]:
    """What `columns` selected."""
    return tuple(Figure(metric, row[f"v{i}"], row[f"n{i}"]) for i, metric in enumerate(metrics))


async def level(connection: Connection, scope: Scope, metrics: Sequence[Metric]) -> tuple[Figure, ...]:
    """Each metric over the whole scope, in the order given."""
    arguments = Arguments(scope.tenant_id)
    source = relation(scope, arguments)
    kinds = [metric.row for metric in metrics if metric.kind == "distinct"]
    statement = _with_distinct(metrics, kinds, source) if kinds else f"SELECT {columns(metrics)} {source}"
    row = await connection.fetchrow(statement, *arguments)
    assert row is not None  # an aggregate without GROUP BY always gives one row
    return figures(metrics, row)


def _with_distinct(metrics: Sequence[Metric], kinds: Sequence[str], source: str) -> str:
    """SELECT of these metrics where some count different values: all in one pass over the source, which groups by each kind of value
    and by nothing. count(DISTINCT) would sort, and a subquery for each kind would read the source again."""
    whole = 2 ** len(kinds) - 1
    plain = [(i, metric) for i, metric in enumerate(metrics) if metric.kind != "distinct"]
    values = [f"max(v{i}) FILTER (WHERE g = {whole}) AS v{i}, max(n{i}) FILTER (WHERE g = {whole}) AS n{i}" for i, _ in plain]
    places = (i for i, metric in enumerate(metrics) if metric.kind == "distinct")
    for place, i in enumerate(places):
        of_kind = whole ^ 1 << (len(kinds) - 1 - place)
        values.append(
            f"count(*) FILTER (WHERE g = {of_kind} AND k{place} IS NOT NULL)::float8 AS v{i}, max(n) FILTER (WHERE g = {whole}) AS n{i}"
        )
    inner = [f"grouping({', '.join(kinds)}) AS g", "count(*) AS n", *(f"{kind} AS k{place}" for place, kind in enumerate(kinds))]
    inner += [f"{metric.value} AS v{i}, {metric.n} AS n{i}" for i, metric in plain]
    sets = ", ".join(f"({kind})" for kind in kinds)
    return f"SELECT {', '.join(values)} FROM (SELECT {', '.join(inner)} {source} GROUP BY GROUPING SETS ((), {sets})) s"


async def span(connection: Connection, scope: Scope) -> tuple[date | None, date | None]:
    """The first and the last day of the tenant's clock with a conversation in the scope; (None, None) where there is none."""
    arguments = Arguments(scope.tenant_id)
    local = local_time(scope, arguments)
    row = await connection.fetchrow(
        f"SELECT min({local})::date AS first, max({local})::date AS last {relation(scope, arguments)}", *arguments
    )
    assert row is not None  # an aggregate without GROUP BY always gives one row
    return row["first"], row["last"]
