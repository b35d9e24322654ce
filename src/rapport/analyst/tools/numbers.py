"""Tools that give figures: levels, breakdowns, rankings, comparisons and trends of the governed metrics."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapport.analyst.tools.desk import FILTER, LIMIT, Asked, Reading, period, read_day, read_filter, schema
from rapport.analytics import breakdown, dimensions, metrics, trends
from rapport.domain.agent import ToolResult
from rapport.domain.scope import Scope
from rapport.errors import ToolError

METRIC_NAMES = {"enum": list(metrics.METRICS)}
METRIC_LIST = {"type": "array", "items": METRIC_NAMES, "minItems": 1, "maxItems": 12}
ORDER = {"enum": list(breakdown.ORDERS), "description": "which groups come first, by the first metric"}
MIN_N = {"type": "integer", "minimum": 1, "description": "leave out groups whose first figure rests on fewer conversations"}
MAX_N = {"type": "integer", "minimum": 1, "description": "leave out groups whose first figure rests on more conversations"}
MIN_SIZE = {"type": "integer", "minimum": 1, "description": "leave out groups of fewer conversations in all"}
MAX_SIZE = {"type": "integer", "minimum": 1, "description": "leave out groups of more conversations in all"}
GROUPED = {
    "metrics": METRIC_LIST,
    "order": ORDER,
    "limit": LIMIT,
    "minConversations": MIN_N,
    "maxConversations": MAX_N,
    "minSize": MIN_SIZE,
    "maxSize": MAX_SIZE,
}
PRODUCTS = {"type": "array", "items": {"type": "string"}, "maxItems": 20, "description": "ids or names; none: all"}
SIDES = {
    "type": "array", "minItems": 2, "maxItems": 6,
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "filter": FILTER}, "required": ["name", "filter"]},
}  # fmt: skip
PREVIOUS = {"type": "string", "format": "date", "description": "YYYY-MM-DD; default: as many days just before"}
STEADY_ORDER = f"average, pulled towards that of all users by {breakdown.STEADY} conversations, so that few conversations weigh little"
OVERVIEW = ("conversations", "users", "rating", "sentiment", "frustration", "quality_index", "negative_share", "resolved_share")


def number_tools() -> tuple[Reading, ...]:
    """The tools of this file."""
    by = (*dimensions.DIMENSIONS, *dimensions.TIMES, "property:KEY")
    return (
        Reading("countConversations", "Counting conversations",
                "How many conversations, users, organizations and messages there are.", schema({}), count),
        Reading("getMetrics", "Reading metrics", "Figures over all conversations that a filter selects.",
                schema({"metrics": METRIC_LIST}, ["metrics"]), levels),
        Reading("getBreakdown", "Breaking down metrics", "Figures by group: product, topic, organization, model, language, day ...",
                schema({"dimension": {"type": "string", "description": ", ".join(by)}, **GROUPED}, ["dimension"]), groups),
        Reading("getUserRanking", "Ranking users by metrics", "Users by a metric, for example the most frustrated or the most active.",
                schema(GROUPED), rank("user")),
        Reading("getOrganizationRanking", "Ranking organizations by metrics", "Organizations by a metric.",
                schema(GROUPED), rank("organization")),
        Reading("getTopics", "Finding topics", "What conversations are about, by topic or group of topics.",
                schema(GROUPED | {"level": {"enum": ["topic", "topic_group"]}}), topics),
        Reading("getProductList", "Listing products", "All products, with their size and rating.", schema({}), rank("product")),
        Reading("getProductAnalytics", "Reading product analytics", "The main figures of a product (named in the filter) or of all.",
                schema({}), overview),
        Reading("compareProducts", "Comparing products", "The same figures for several products, side by side.",
                schema({"products": PRODUCTS, "metrics": METRIC_LIST}), compare_products),
        Reading("getModelMetrics", "Reading model metrics", "The same figures by language model.", schema(GROUPED), rank("model")),
        Reading("getPromptAnalytics", "Reading prompt analytics", "The same figures by version of a prompt (named in the filter).",
                schema(GROUPED), rank("prompt_version")),
        Reading("compareGroups", "Comparing groups", "The same figures for two to six sets of conversations, tested.",
                schema({"sides": SIDES, "metrics": METRIC_LIST}, ["sides"]), compare_groups),
        Reading("comparePeriods", "Comparing periods", "Figures of the filter's period against an earlier one.",
                schema({"metrics": METRIC_LIST, "previousSince": PREVIOUS, "previousUntil": PREVIOUS}), compare_periods),
        Reading("getTrends", "Following trends", "One metric by day, week or month, with its direction.",
                schema({"metric": METRIC_NAMES, "bucket": {"enum": list(trends.BUCKETS)}}, ["metric"]), follow),
    )  # fmt: skip


def chosen(asked: Asked, default: Sequence[str]) -> tuple[metrics.Metric, ...]:
    """The metrics that the arguments name."""
    return metrics.find(asked.get("metrics", default))


async def count(asked: Asked) -> ToolResult:
    """Also the first and the last day with a conversation, so that an empty period can be told from an empty tenant."""
    found = await _level(asked, metrics.find(("conversations", "users", "organizations", "messages")))
    first, last = await metrics.span(asked.connection, asked.scope)
    return replace(found, output=found.output | {"firstDay": first and first.isoformat(), "lastDay": last and last.isoformat()})


async def levels(asked: Asked) -> ToolResult:
    return await _level(asked, chosen(asked, OVERVIEW))


async def overview(asked: Asked) -> ToolResult:
    return await _level(asked, metrics.find(OVERVIEW))


async def _level(asked: Asked, measured: Sequence[metrics.Metric]) -> ToolResult:
    figures = await metrics.level(asked.connection, asked.scope, measured)
    return ToolResult({"period": period(asked.scope), "figures": [figure.json() for figure in figures]})


async def groups(asked: Asked) -> ToolResult:
    return await _grouped(asked, asked.arguments["dimension"], ("conversations",))


async def topics(asked: Asked) -> ToolResult:
    return await _grouped(asked, asked.get("level", "topic"), ("conversations", "negative_share", "rating"))


def rank(dimension: str):
    """A tool that groups by this dimension: by conversations unless asked otherwise."""

    async def answer(asked: Asked) -> ToolResult:
        return await _grouped(asked, dimension, ("conversations", "rating", "sentiment", "frustration", "quality_index"))

    return answer


async def _grouped(asked: Asked, dimension: str, default: Sequence[str]) -> ToolResult:
    measured = chosen(asked, default)
    whole = await metrics.level(asked.connection, asked.scope, measured)
    steady = whole[0].value if dimension == "user" and measured[0].sample else None
    found = await breakdown.breakdown(
        asked.connection, asked.scope, measured, dimension, steady=steady,
        order=asked.get("order", "highest"), limit=asked.get("limit", 10), min_n=asked.get("minConversations", 1),
        max_n=asked.get("maxConversations", None), min_size=asked.get("minSize", 1), max_size=asked.get("maxSize", None),
    )  # fmt: skip
    return ToolResult(
        {
            "period": period(asked.scope),
            "dimension": found.dimension.name,
            "total": found.total,
            "minConversations": found.min_n,
            "orderedBy": STEADY_ORDER if steady is not None else measured[0].title,
            "all": [figure.json() for figure in whole],
            "groups": [group_json(group) for group in found.groups],
        }
    )


def group_json(group: breakdown.Group) -> dict[str, Any]:
    """One group as tools give it."""
    return {
        "id": str(group.key), "name": group.label, "externalId": group.reference, "conversations": group.conversations,
        "figures": [figure.json() for figure in group.figures],
    }  # fmt: skip


async def compare_products(asked: Asked) -> ToolResult:
    """Products in the order asked for; all of them where none is named."""
    measured = chosen(asked, OVERVIEW)
    wanted = [(await asked.identify("product", name)).id for name in asked.get("products", [])]
    if asked.desk.base.product_ids and set(wanted) - set(map(str, asked.desk.base.product_ids)):
        raise ToolError("This conversation is limited to one product, so there is nothing to compare it with.")
    found = await breakdown.breakdown(asked.connection, asked.scope, measured, "product", limit=100)
    by_id = {str(group.key): group for group in found.groups}
    shown = [by_id[key] for key in wanted if key in by_id] if wanted else list(found.groups)
    empty = [asked.lexicon.find("product", key) for key in wanted if key not in by_id]
    return ToolResult(
        {
            "period": period(asked.scope),
            "groups": [group_json(group) for group in shown],
            "withoutConversations": [name.text for name in empty if name],
        }
    )


async def compare_groups(asked: Asked) -> ToolResult:
    """Each side's figures; differences are of the first side against each other one."""
    measured = chosen(asked, ("conversations", "rating", "sentiment", "quality_index"))
    sides: list[tuple[str, Scope]] = []
    for side in asked.arguments["sides"]:
        given = (asked.arguments.get("filter") or {}) | side["filter"]
        sides.append((side["name"], await read_filter(asked.connection, asked.lexicon, asked.desk.base, given)))
    figures = [await metrics.level(asked.connection, scope, measured) for _, scope in sides]
    comparisons = [await trends.compare(asked.connection, sides[0][1], scope, measured) for _, scope in sides[1:]]
    return ToolResult(
        {
            "sides": [
                {"name": name, "period": period(scope), "figures": [figure.json() for figure in own]}
                for (name, scope), own in zip(sides, figures, strict=True)
            ],
            "differences": [
                {"of": sides[0][0], "from": name, "changes": [comparison_json(c) for c in found]}
                for (name, _), found in zip(sides[1:], comparisons, strict=True)
            ],
        }
    )


async def compare_periods(asked: Asked) -> ToolResult:
    measured = chosen(asked, OVERVIEW)
    now, before = asked.scope, previous(asked)
    found = await trends.compare(asked.connection, now, before, measured)
    return ToolResult({"period": period(now), "previous": period(before), "changes": [comparison_json(c) for c in found]})


def previous(asked: Asked) -> Scope:
    """The period to compare with: the one asked for, else as many days just before."""
    scope = asked.scope
    since, until = asked.get("previousSince", None), asked.get("previousUntil", None)
    if since or until:
        return replace(scope, since=read_day(since), until=read_day(until))
    if not scope.since:
        raise ToolError("A comparison of periods needs `since` in the filter.")
    until = scope.until or datetime.now(ZoneInfo(scope.time_zone)).date()
    length = until - scope.since + timedelta(days=1)
    return replace(scope, since=scope.since - length, until=scope.since - timedelta(days=1))


def comparison_json(found: trends.Comparison) -> dict[str, Any]:
    """One compared metric as tools give it; `p` has two significant digits."""
    metric = found.metric
    percent = None
    if metric.unit == "count" and found.other.value and found.difference is not None:
        percent = round(100 * found.difference / found.other.value, 1)
    return {
        "metric": metric.name, "title": metric.title, "unit": metric.unit, "value": metric.shown(found.one.value), "n": found.one.n,
        "other": metric.shown(found.other.value), "otherN": found.other.n, "difference": found.difference, "differencePercent": percent,
        "p": None if found.p is None else float(f"{found.p:.2g}"), "verdict": found.verdict,
        "better": None if metric.higher_is_better is None or found.verdict not in ("higher", "lower")
        else (found.verdict == "higher") == metric.higher_is_better,
    }  # fmt: skip


async def follow(asked: Asked) -> ToolResult:
    (metric,) = metrics.find([asked.arguments["metric"]])
    found = await trends.trend(asked.connection, asked.scope, metric, asked.get("bucket", None))
    points = [
        {"start": p.start.isoformat(), "value": metric.shown(p.figure.value), "n": p.figure.n, "partial": p.partial} for p in found.points
    ]
    line = found.line
    return ToolResult(
        {
            "period": period(asked.scope), "metric": metric.name, "title": metric.title, "unit": metric.unit, "bucket": found.bucket,
            "direction": found.direction, "from": line and metric.shown(line.first), "to": line and metric.shown(line.last),
            "p": line and float(f"{line.p:.2g}"), "points": points,
        }
    )  # fmt: skip
