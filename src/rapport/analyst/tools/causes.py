"""Tools that answer why: drivers, failing tools, business events, what moved, and unusual days."""

from typing import Any

from rapport.analyst.tools.desk import LIMIT, Asked, Reading, period, schema
from rapport.analyst.tools.numbers import METRIC_NAMES, PREVIOUS, comparison_json, previous
from rapport.analytics import breakdown, changes, examples, metrics, outcomes, trends
from rapport.analytics.drivers import Driver, drivers
from rapport.analytics.metrics import Figure
from rapport.analytics.predicates import PREDICATES
from rapport.domain.agent import ToolResult

BAD = {"enum": [name for name, predicate in PREDICATES.items() if predicate.bad], "description": "what went wrong; default: unhappy"}
TYPES = {"type": "array", "items": {"type": "string"}, "maxItems": 20, "description": "types of business events"}


def cause_tools() -> tuple[Reading, ...]:
    """The tools of this file."""
    return (
        Reading("getDrivers", "Looking for causes",
                "What distinguishes the conversations that went badly: topics, tools, models, organizations ... tested against each other.",
                schema({"outcome": BAD, "limit": LIMIT}), why),
        Reading("getToolFailures", "Checking failing tools", "Calls and failures of each tool.",
                schema({"order": {"enum": ["failures", "rate", "calls"]}, "limit": LIMIT}), failing),
        Reading("getToolOnset", "Finding when a tool began to fail",
                "Since which day a tool fails: the first day of a sustained rise of its failure rate.",
                schema({"tool": {"type": "string", "description": "name of the tool"}}, ["tool"]), onset),
        Reading("getOutcomes", "Reading business events",
                "Business events by type, user, organization, value or time, with sums; and what was talked about before them.",
                schema({"types": TYPES, "groupBy": {"enum": list(outcomes.EVENT_GROUPINGS)}, "limit": LIMIT}), events),
        Reading("getChanges", "Finding what changed", "How a metric changed between two periods, and which groups made it change.",
                schema({"metric": METRIC_NAMES, "previousSince": PREVIOUS, "previousUntil": PREVIOUS}), moved),
        Reading("getAnomalies", "Looking for unusual days", "Days with far more than usual of something.",
                schema({"limit": LIMIT}), unusual),
    )  # fmt: skip


async def why(asked: Asked) -> ToolResult:
    outcome = asked.get("outcome", "unhappy")
    found = await drivers(asked.connection, asked.scope, outcome, limit=asked.get("limit", 5))
    bad = asked.narrowed(predicates=(*asked.scope.predicates, outcome))
    subjects = await breakdown.breakdown(asked.connection, bad, metrics.find(["conversations"]), "topic", limit=3)
    return ToolResult(
        {
            "period": period(asked.scope), "outcome": outcome, "outcomeTitle": found.outcome.title, "conversations": found.n,
            "notJudged": found.unjudged, "bad": found.bad,
            "badShare": round(100 * found.bad / found.n, 1) if found.n else None, "tested": found.tested,
            "drivers": [driver_json(driver) for driver in found.drivers],
            "mostlyAbout": [{"name": g.label, "bad": g.conversations, "shareOfBad": round(100 * g.conversations / found.bad, 1)}
                            for g in subjects.groups if found.bad],
        }
    )  # fmt: skip


def driver_json(driver: Driver) -> dict[str, Any]:
    """One driver as tools give it: rates in percent, differences in percentage points."""
    return {
        "dimension": driver.dimension, "id": driver.key, "name": driver.label, "n": driver.n, "bad": driver.bad,
        "rate": round(driver.rate, 1), "rateElsewhere": round(driver.rest_rate, 1), "adjustedDifference": round(driver.adjusted, 1),
        "lift": driver.lift and round(driver.lift, 1), "p": float(f"{driver.p:.2g}"), "confidence": driver.confidence,
        "notSeparableFrom": list(driver.together_with), "explains": list(driver.explains),
    }  # fmt: skip


async def failing(asked: Asked) -> ToolResult:
    found = await outcomes.tool_failures(asked.connection, asked.scope, order=asked.get("order", "failures"), limit=asked.get("limit", 10))
    calls, failures = sum(t.calls for t in found), sum(t.failures for t in found)
    return ToolResult(
        {
            "period": period(asked.scope), "calls": calls, "failures": failures,
            "failureRate": round(100 * failures / calls, 1) if calls else None,
            "tools": [
                {
                    "name": t.name, "calls": t.calls, "failures": t.failures, "failureRate": round(t.failure_rate, 1),
                    "conversations": t.conversations, "conversationsWithFailure": t.broken,
                    "latestError": t.error and examples.shorten(t.error),
                }
                for t in found
            ],
        }
    )  # fmt: skip


async def onset(asked: Asked) -> ToolResult:
    name = await asked.identify("tool", asked.arguments["tool"])
    found = await outcomes.tool_onset(asked.connection, asked.scope, name.id)
    return ToolResult(
        {
            "period": period(asked.scope), "tool": found.name, "calls": found.calls, "failures": found.failures,
            "firstFailure": found.first_failure and found.first_failure.isoformat(),
            "lastFailure": found.last_failure and found.last_failure.isoformat(),
            "since": found.since and found.since.isoformat(),
            "rateBefore": _rounded(found.rate_before), "rateAfter": _rounded(found.rate_after),
        }
    )  # fmt: skip


async def events(asked: Asked) -> ToolResult:
    types = [(await asked.identify("event_type", name)).id for name in asked.get("types", [])]
    scope = asked.scope if not types else asked.narrowed(event_types=tuple(types))
    found = await outcomes.events(asked.connection, scope, by=asked.get("groupBy", "type"), limit=asked.get("limit", 20))
    whole = await outcomes.events(asked.connection, scope, by="all")
    output: dict[str, Any] = {
        "period": period(scope), "groupBy": asked.get("groupBy", "type"), "events": sum(group.events for group in whole),
        "groups": [
            {
                "id": group.key, "name": group.label, "events": group.events, "users": group.users, "influence": group.influence,
                "total": None if group.total is None else round(group.total, 2),
                "average": None if group.average is None else round(group.average, 2), "largest": group.largest, "smallest": group.smallest,
                "first": group.first_at.isoformat(timespec="minutes"), "last": group.last_at.isoformat(timespec="minutes"),
            }
            for group in found
        ],
    }  # fmt: skip
    if not types:
        return ToolResult(output)
    before = await outcomes.lead_up(asked.connection, asked.scope, types)
    shown = await examples.load(asked.connection, scope.tenant_id, before.conversation_ids)
    output["before"] = {
        "days": outcomes.BEFORE_DAYS, "people": before.people, "conversations": before.conversations,
        "unhappyShare": _rounded(before.unhappy_share), "usualUnhappyShare": _rounded(before.usual_unhappy_share),
        "topics": [
            {"name": t.topic, "conversations": t.conversations, "users": t.users, "share": round(t.share, 1),
             "usualShare": round(t.usual_share, 1)}
            for t in before.topics
        ],
        "examples": [{"id": one.reference, "user": one.user, "quote": one.quote} for one in shown],
    }  # fmt: skip
    return ToolResult(output, evidence=tuple(one.reference for one in shown))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 1)


async def moved(asked: Asked) -> ToolResult:
    (metric,) = metrics.find([asked.get("metric", "unhappy_share")])
    now, before = asked.scope, previous(asked)
    (change,) = await trends.compare(asked.connection, now, before, [metric])
    found = await changes.movers(asked.connection, now, before, metric)
    return ToolResult(
        {
            "period": period(now), "previous": period(before), "change": comparison_json(change),
            "movers": [
                {"dimension": m.dimension, "name": m.label, "value": _shown(m.now), "n": m.now.n if m.now else 0,
                 "other": _shown(m.before), "otherN": m.before.n if m.before else 0, "contribution": metric.shown(m.contribution)}
                for m in found
            ],
        }
    )  # fmt: skip


def _shown(figure: Figure | None) -> float | int | None:
    return figure.metric.shown(figure.value) if figure else None


async def unusual(asked: Asked) -> ToolResult:
    found = await changes.spikes(asked.connection, asked.scope, limit=asked.get("limit", 8))
    return ToolResult({"period": period(asked.scope), "spikes": [changes.spike_json(spike) for spike in found]})
