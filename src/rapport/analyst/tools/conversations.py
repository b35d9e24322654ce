"""Tools about single conversations and single users."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from rapport.analysis import struggle
from rapport.analyst.tools.desk import LIMIT, Asked, Reading, period, schema
from rapport.analytics import breakdown, examples, metrics, newcomers, people, search
from rapport.analytics.examples import Example
from rapport.domain.agent import ToolResult
from rapport.errors import ToolError

QUERY = {"type": "string", "minLength": 1, "maxLength": 500, "description": "what the conversations are about, in words"}
USER_FIGURES = ("conversations", "rating", "sentiment", "frustration", "struggle", "quality_index", "negative_share", "commercial_intent")


def conversation_tools() -> tuple[Reading, ...]:
    """The tools of this file."""
    one = {"conversation": {"type": "string", "description": "id of a conversation, yours or ours"}}
    account = {"organization": {"type": "string", "description": "id or name"}}
    user = {"user": {"type": "string", "description": "id, name or e-mail"}}
    found = {"query": QUERY, "order": {"enum": list(examples.ORDERS)}, "limit": LIMIT}
    noted = {"comments": {"type": "boolean", "description": "what was written beside ratings, instead of messages"}}
    return (
        Reading("getConversations", "Searching conversations",
                "Conversations by filter, order and words or meaning, with ids, figures and a quote.",
                schema(found), find, meaning="query"),
        Reading("getQuotes", "Collecting quotes", "What users said, word for word, with the ids of the conversations.",
                schema(found | noted), quote, meaning="query"),
        Reading("getConversationDetail", "Reading a conversation", "The transcript and the analysis of one conversation.",
                schema(one, ["conversation"], filtered=False), detail),
        Reading("getUserDetail", "Reading a user", "Who a user is, their figures, topics, events and latest conversations.",
                schema(user, ["user"]), user_detail),
        Reading("getOrganizationDetail", "Reading an organization",
                "Who an organization is: properties, people, first and last conversation.",
                schema(account, ["organization"], filtered=False), organization_detail),
        Reading("getUserTrajectory", "Following a user", "How one user fared from conversation to conversation.",
                schema(user, ["user"]), follow_user),
        Reading("getNewcomers", "Finding who is new", "Users or organizations with their first conversation in the filter's period.",
                schema({"who": {"enum": ["user", "organization"]}, "limit": LIMIT}), find_new),
        Reading("getAtRisk", "Finding who is at risk", "Users or organizations that are most likely to leave, and why.",
                schema({"who": {"enum": ["user", "organization"]}, "limit": LIMIT}), at_risk),
    )  # fmt: skip


async def find(asked: Asked) -> ToolResult:
    limit, query = asked.get("limit", 5), asked.get("query", None)
    (total,) = await metrics.level(asked.connection, asked.scope, metrics.find(["conversations"]))
    if query:
        hits = await _fitting(asked, query, asked.get("order", None), limit)
        found = await examples.load(asked.connection, asked.scope.tenant_id, [hit.id for hit in hits], about=query)
        scores: list[dict[str, Any]] = [{"fit": hit.score, "foundBy": hit.how} for hit in hits]
    else:
        signal = struggle.HANDOVER if "handover" in asked.scope.predicates else ""
        found = await examples.examples(asked.connection, asked.scope, order=asked.get("order", "newest"), limit=limit, signal=signal)
        scores = [{} for _ in found]
    return ToolResult(
        {
            "period": period(asked.scope),
            "inScope": total.metric.shown(total.value),
            "conversations": [example_json(example) | score for example, score in zip(found, scores, strict=True)],
        },
        evidence=tuple(example.reference for example in found),
    )


SEARCHED = 300
"""Most conversations that fit words and are put in an order: the newest about a subject is sought among so many that fit it best."""


async def _fitting(asked: Asked, query: str, order: str | None, limit: int) -> tuple[search.Hit, ...]:
    """Those that fit the words best; with an order, the first by it of those that hold all words, else of those that fit well."""
    hits = await search.search(asked.connection, asked.scope, query, meaning=asked.meaning, limit=SEARCHED if order else limit)
    if order is None:
        return hits
    fits = {hit.id: hit for hit in hits if hit.whole} or {hit.id: hit for hit in hits if hit.score >= search.FITS}
    within = replace(asked.scope, conversation_ids=tuple(fits))
    ordered = await examples.examples(asked.connection, within, order=order, limit=limit) if fits else ()
    return tuple(fits[one.id] for one in ordered) or hits[:limit]


async def quote(asked: Asked) -> ToolResult:
    if not asked.get("comments", False):
        return await find(asked)
    found, total = await examples.commented(
        asked.connection,
        asked.scope,
        about=asked.get("query", ""),
        order=asked.get("order", "newest"),
        limit=asked.get("limit", 5),
    )
    return ToolResult(
        {"period": period(asked.scope), "comments": total, "conversations": [example_json(example) for example in found]},
        evidence=tuple(example.reference for example in found),
    )


def example_json(example: Example) -> dict[str, Any]:
    """One conversation as tools give it."""
    shown = {name: metrics.METRICS[name].shown(getattr(example, name)) for name in ("rating", "sentiment", "frustration", "quality_index")}
    return {
        "id": example.reference, "internalId": str(example.id), "at": example.created_at.isoformat(timespec="minutes"),
        "user": example.user, "userId": example.user_reference, "organization": example.organization, "product": example.product,
        "model": example.model, "topic": example.topic, "messages": example.messages, "rating": shown["rating"],
        "sentiment": shown["sentiment"], "frustration": shown["frustration"], "qualityIndex": shown["quality_index"],
        "summary": examples.shorten(example.summary, 240), "quote": example.quote,
    }  # fmt: skip


async def detail(asked: Asked) -> ToolResult:
    tenant_id = asked.scope.tenant_id
    id = await examples.find_conversation(asked.connection, tenant_id, asked.arguments["conversation"])
    within = replace(asked.scope, conversation_ids=(id,))
    found = await examples.examples(asked.connection, within, limit=1)
    if not found:
        raise ToolError(f"There is no conversation {asked.arguments['conversation']} here.")
    measured = await people.measures(asked.connection, tenant_id, id)
    turns = await people.transcript(asked.connection, tenant_id, id)
    comments = await people.comments(asked.connection, tenant_id, id)
    return ToolResult(
        {
            "conversation": example_json(found[0]),
            "analysis": measured and {name: round(v, 2) if isinstance(v, float) else v for name, v in measured.items()},
            "ratingComments": [examples.shorten(comment, 400) for comment in comments],
            "transcript": [
                {
                    "role": turn["type"],
                    "text": turn["content"] or turn["error"] or turn["tool_name"] or turn["output"],
                    "tool": turn["tool_name"],
                }
                for turn in turns
            ],
        },
        evidence=(found[0].reference,),
    )


async def user_detail(asked: Asked) -> ToolResult:
    name = await asked.identify("user", asked.arguments["user"])
    scope = replace(asked.scope, user_ids=(UUID(name.id),))
    known = await people.profile(asked.connection, scope.tenant_id, UUID(name.id))
    figures = await metrics.level(asked.connection, scope, metrics.find(USER_FIGURES))
    topics = await breakdown.breakdown(asked.connection, scope, metrics.find(["conversations", "negative_share"]), "topic", limit=5)
    latest = await examples.examples(asked.connection, scope, limit=5)
    return ToolResult(
        {
            "period": period(scope),
            "user": {
                "id": name.id, "externalId": known["external_id"], "name": known["name"], "email": known["email"],
                "organization": known["organization"], "properties": known["properties"],
                "organizationProperties": known["organization_properties"] or {}, "events": known["events"],
                "firstConversation": known["first_at"] and known["first_at"].isoformat(timespec="minutes"),
                "lastConversation": known["last_at"] and known["last_at"].isoformat(timespec="minutes"),
            },
            "figures": [figure.json() for figure in figures],
            "topics": [{"name": group.label, "conversations": group.conversations} for group in topics.groups],
            "conversations": [example_json(example) for example in latest],
        },
        evidence=tuple(example.reference for example in latest),
    )  # fmt: skip


async def organization_detail(asked: Asked) -> ToolResult:
    name = await asked.identify("organization", asked.arguments["organization"])
    known = await people.organization_profile(asked.connection, asked.scope.tenant_id, UUID(name.id))
    return ToolResult(
        {
            "organization": {
                "id": name.id, "externalId": known["external_id"], "name": known["name"], "properties": known["properties"] or {},
                "people": known["people"], "conversations": known["conversations"],
                "firstConversation": known["first_at"] and known["first_at"].isoformat(timespec="minutes"),
                "lastConversation": known["last_at"] and known["last_at"].isoformat(timespec="minutes"),
            }
        }
    )  # fmt: skip


async def follow_user(asked: Asked) -> ToolResult:
    name = await asked.identify("user", asked.arguments["user"])
    found = await people.trajectory(asked.connection, replace(asked.scope, user_ids=(UUID(name.id),)))
    steps = [
        {
            "id": step.reference, "at": step.created_at.isoformat(timespec="minutes"), "topic": step.topic,
            "rating": metrics.METRICS["rating"].shown(step.rating), "sentiment": metrics.METRICS["sentiment"].shown(step.sentiment),
            "frustration": metrics.METRICS["frustration"].shown(step.frustration),
        }
        for step in found.steps
    ]  # fmt: skip
    output = {"period": period(asked.scope), "user": name.text, "direction": found.direction, "conversations": steps}
    return ToolResult(output, evidence=tuple(step.reference for step in found.steps))


async def at_risk(asked: Asked) -> ToolResult:
    who = asked.get("who", "user")
    found, total = await people.at_risk(asked.connection, asked.scope, who=who, limit=asked.get("limit", 10))
    return ToolResult(
        {
            "period": period(asked.scope),
            "who": who,
            "total": total,
            "leastRisk": people.LEAST_RISK,
            "found": [
                {
                    "id": str(one.id), "name": one.name, "externalId": one.reference, "conversations": one.conversations,
                    "badConversations": one.bad, "risk": round(one.risk, 2), "lastAt": one.last_at.date().isoformat(),
                    "reasons": {reason: round(value, 2) for reason, value in one.reasons.items()},
                }
                for one in found
            ],
        }
    )  # fmt: skip


async def find_new(asked: Asked) -> ToolResult:
    who = asked.get("who", "user")
    new = await newcomers.newcomers(asked.connection, asked.scope, who=who, limit=asked.get("limit", 10))
    found = [{"id": str(one.id), "name": one.name, "externalId": one.reference, "firstDay": one.first.isoformat()} for one in new.found]
    return ToolResult({"period": period(asked.scope), "who": who, "new": new.total, "active": new.active, "found": found})
