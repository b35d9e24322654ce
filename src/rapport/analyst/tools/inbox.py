"""The inbox: conversations that someone should look at, the most urgent first."""

from dataclasses import replace
from typing import Any

from rapport.analyst.tools.conversations import example_json
from rapport.analyst.tools.desk import LIMIT, Asked, Reading, schema
from rapport.analytics import examples, people
from rapport.analytics.filters import relation
from rapport.analytics.queries import Arguments
from rapport.domain.agent import ToolResult
from rapport.errors import ToolError
from rapport.store import inbox
from rapport.store.inbox import Item

STATUSES = ("unreviewed", "reviewed", "dismissed")
TRIGGERS = ("guardrail", "expectation_check", "novelty", "manual_review", "revenue_risk", "opportunity")


def inbox_tools() -> tuple[Reading, ...]:
    """The tools of this file."""
    return (
        Reading("getInbox", "Reading the inbox", "Flagged conversations that someone should look at, the most urgent first, and why.",
                schema({"status": {"enum": list(STATUSES)}, "triggerType": {"enum": list(TRIGGERS)},
                        "minSeverity": {"type": "integer", "minimum": 1, "maximum": 5}, "limit": LIMIT}), listed),
        Reading("getInboxDetail", "Reading an inbox item", "One flagged conversation: all that raised it, its transcript and scores.",
                schema({"conversation": {"type": "string", "maxLength": 255}}, ["conversation"], filtered=False), detail),
    )  # fmt: skip


async def listed(asked: Asked) -> ToolResult:
    arguments = Arguments(asked.scope.tenant_id)
    inside = f"SELECT c.id {relation(asked.scope, arguments)}"
    items, total = await inbox.list_(
        asked.connection, asked.scope.tenant_id, status=asked.get("status", "unreviewed"), trigger_type=asked.get("triggerType", None),
        axis=None, min_severity=asked.get("minSeverity", 1), limit=asked.get("limit", 5), offset=0, inside=inside, arguments=arguments,
    )  # fmt: skip
    found = await examples.load(asked.connection, asked.scope.tenant_id, [item.conversation_id for item in items])
    shown = {example.id: example for example in found}
    return ToolResult(
        {
            "status": asked.get("status", "unreviewed"), "total": total,
            "items": [item_json(item) | {"conversation": example_json(shown[item.conversation_id])}
                      for item in items if item.conversation_id in shown],
        },
        evidence=tuple(example.reference for example in found),
    )  # fmt: skip


def item_json(item: Item) -> dict[str, Any]:
    """An item of the inbox as tools give it."""
    return {
        "triggerType": item.trigger_type, "axis": item.axis, "reviewStatus": item.status, "topic": item.topic, "rootCause": item.root_cause,
        "triggers": [dict(trigger) for trigger in item.triggers], "note": item.note, "alike": item.cluster_size,
    }  # fmt: skip


async def detail(asked: Asked) -> ToolResult:
    tenant_id = asked.scope.tenant_id
    id = await examples.find_conversation(asked.connection, tenant_id, asked.arguments["conversation"])
    found = await examples.examples(asked.connection, replace(asked.scope, conversation_ids=(id,)), limit=1)
    if not found:
        raise ToolError(f"There is no conversation {asked.arguments['conversation']} here.")
    item = await inbox.get(asked.connection, tenant_id, id)
    measured = await people.measures(asked.connection, tenant_id, id)
    turns = await people.transcript(asked.connection, tenant_id, id)
    output = item_json(item) | {
        "conversation": example_json(found[0]),
        "analysis": measured and {name: round(v, 2) if isinstance(v, float) else v for name, v in measured.items()},
        "transcript": [{"role": t["type"], "text": t["content"] or t["tool_name"] or t["output"], "tool": t["tool_name"]} for t in turns],
    }  # fmt: skip
    return ToolResult(output, evidence=(found[0].reference,))
