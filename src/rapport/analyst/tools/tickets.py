"""Tickets in two steps: a draft with evidence is stored and shown; only a confirmation creates the ticket, and only once."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from rapport.analyst import drafting
from rapport.analyst.drafting import Findings, Worst
from rapport.analyst.tools.desk import Asked, Desk, brief, check, encode, read_filter, schema
from rapport.analytics import breakdown, drivers, examples, metrics, outcomes, search
from rapport.analytics.lexicon import Lexicon
from rapport.analytics.queries import asking
from rapport.domain.agent import Tool, ToolResult
from rapport.domain.ids import new_id
from rapport.domain.scope import Scope
from rapport.domain.ticket import TicketDraft, TicketLabel, TicketTarget
from rapport.errors import Invalid, NotFound, ProviderError, ProviderNeedsSetup, ToolError
from rapport.ports import TicketProvider
from rapport.store import tickets

FITTING = 200
"""Most conversations that are counted as being about the problem."""
SIMILAR_MEANING, SIMILAR_WORDS = 0.75, 0.6
"""From here on an open ticket's title is warned of: cosine of sentence embeddings, or share of words in common (Jaccard)."""
FIGURES = ("conversations", "users", "rating", "sentiment", "unhappy_share", "frustrated_share")
PRIORITIES = ("urgent", "high", "medium", "low")

DRAFT_ARGUMENTS = schema(
    {
        "problem": {"type": "string", "maxLength": 1000, "description": "the problem in a few words, as the asker put it"},
        "conversation": {"type": "string", "description": "id of the conversation that the ticket comes from, where one was named"},
        "title": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 60000, "description": "Markdown; default: written from the evidence"},
        "target": {"type": "string", "description": "team, repository or project, by name, key or id"},
        "labels": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
        "priority": {"enum": list(PRIORITIES)},
        "edits": {
            "type": "object",
            "description": "changes to the draft that is there, as the person told them: title, description, append (a sentence), priority,"
            " labelIds, target; nothing else is looked up",
        },
    }
)
SHOWN_DRAFT = brief(DRAFT_ARGUMENTS)
PAYLOAD = {"type": "object", "description": "the confirmed draft, with the person's edits; what is absent stays as drafted"}
CREATE_ARGUMENTS = schema({"payload": PAYLOAD}, filtered=False)


CONFIRMING = re.compile(
    r"\{|create|ticket|confirm|\b(yes|yep|yeah|ok|okay|sure|file|submit|send|ship|push|post|open|make|go|do it|approved?|accept|good|"
    r"fine|great|perfect|right|correct|please|agreed?|si|oui|ja)\b",
    re.IGNORECASE,
)
"""A model may have been talked into a call by what it read in a conversation. So nothing is created in the turn of the draft, nor where
the person's own words could not be a confirmation."""


def ticket_tools(desk: Desk) -> tuple[Tool, ...]:
    """draftTicket and createTicket."""

    async def draft(arguments: Mapping[str, Any]) -> ToolResult:
        return await _answer(arguments, DRAFT_ARGUMENTS, lambda: _draft(desk, arguments))

    async def create(arguments: Mapping[str, Any]) -> ToolResult:
        return await _answer(arguments, CREATE_ARGUMENTS, lambda: _create(desk, arguments))

    return (
        Tool("draftTicket", "Drafting ticket",
             "Write a ticket about a problem or a conversation, with evidence. Nothing is filed: the person confirms first.",
             SHOWN_DRAFT, draft),
        Tool("createTicket", "Creating ticket",
             "File the draft of this conversation, only when the person has confirmed it in their last message.", CREATE_ARGUMENTS, create),
    )  # fmt: skip


async def _answer(arguments: Mapping[str, Any], parameters: Mapping[str, Any], work: Callable[[], Awaitable[ToolResult]]) -> ToolResult:
    """What went wrong at the provider is told to the person and the model alike; a missing set-up by its documented name."""
    check(arguments, parameters)
    try:
        return await work()
    except ProviderNeedsSetup as error:
        output = {"error": ProviderNeedsSetup.code, "message": error.message}
        return ToolResult(output, public=output, error=ProviderNeedsSetup.code)
    except ProviderError as error:
        output = {"error": error.message}
        return ToolResult(output, public=output, error=error.message)
    except (Invalid, NotFound) as error:
        raise ToolError(error.message) from error


async def _draft(desk: Desk, arguments: Mapping[str, Any]) -> ToolResult:
    if arguments.get("edits"):
        return await _redraft(desk, arguments["edits"])
    provider = await desk.provider()
    targets = await provider.targets()
    if not targets:
        raise ProviderError(f"{provider.name} has no team that a ticket can go to; make one there, or check what the token may see.")
    target = _target(targets, arguments["target"]) if arguments.get("target") else targets[0]
    labels = await provider.labels(target)
    findings = await _find(desk, arguments)
    source_type, source_id = _source(arguments, findings)
    draft = TicketDraft(
        id=new_id(), provider=provider.name, title=arguments.get("title") or drafting.title(findings),
        description=arguments.get("description") or drafting.description(findings), target=target,
        label_ids=_labels(labels, arguments.get("labels") or [], drafting.kind(findings)),
        priority=arguments.get("priority") or drafting.priority(findings), source_type=source_type, source_id=source_id,
    )  # fmt: skip
    output = await _kept(desk, draft, labels)
    found = {"found": findings.found, "inScope": findings.in_scope}
    return ToolResult(output | found, public=output, evidence=tuple(example.reference for example in findings.examples))


async def _redraft(desk: Desk, edits: Mapping[str, Any]) -> ToolResult:
    """The newest draft of the conversation with a person's edits, as a draft of its own. Raises ToolError where there is none."""
    async with desk.database.connection() as connection:
        stored = await tickets.drafts(connection, desk.base.tenant_id, desk.chat_id)
    if not stored:
        raise ToolError("There is no draft in this conversation to change; draft the ticket first.")
    provider = await desk.provider()
    last = stored[0]
    appended = {"description": f"{last.description}\n\n{edits['append']}"} if edits.get("append") else {}
    draft = replace(await edited(provider, last, {**edits, **appended}), id=new_id())
    output = await _kept(desk, draft, await provider.labels(draft.target))
    return ToolResult(output, public=output)


async def _kept(desk: Desk, draft: TicketDraft, labels: Sequence[TicketLabel]) -> dict[str, Any]:
    """Stores a draft; what is shown of it."""
    warning = await _warning(desk, draft)
    async with desk.database.transaction() as connection:
        await tickets.save_draft(connection, desk.base.tenant_id, desk.chat_id, draft)
    desk.drafted.add(draft.id)
    return {"draft": draft_json(draft), "availableLabels": [_label_json(label) for label in labels], "dedupWarning": warning}


def draft_json(draft: TicketDraft) -> dict[str, Any]:
    """A draft as the documented event carries it."""
    source: dict[str, Any] = {"type": draft.source_type}
    if draft.source_type == "conversation":
        source["conversationId"] = draft.source_id
    return {
        "provider": draft.provider, "title": draft.title, "description": draft.description,
        "target": {"teamId": draft.target.team_id, "teamName": draft.target.team_name, "teamKey": draft.target.team_key},
        "labelIds": list(draft.label_ids), "priority": draft.priority, "source": source,
    }  # fmt: skip


def _label_json(label: TicketLabel) -> dict[str, str]:
    return {"id": label.id, "name": label.name, "color": label.color}


def _target(targets: Sequence[TicketTarget], wanted: str) -> TicketTarget:
    for target in targets:
        if wanted.casefold() in (target.team_id.casefold(), target.team_name.casefold(), target.team_key.casefold()):
            return target
    raise ToolError(f"There is no team {wanted}; there are {', '.join(f'{t.team_name} ({t.team_key})' for t in targets[:20])}.")


def _labels(labels: Sequence[TicketLabel], wanted: Sequence[str], kind: str) -> tuple[str, ...]:
    """Ids of the labels that were asked for; without any, the one that says what kind of ticket it is."""
    known = {spelling.casefold(): label.id for label in labels for spelling in (label.name, label.id)}
    if unknown := [name for name in wanted if name.casefold() not in known]:
        raise ToolError(f"There is no label {', '.join(unknown)}; there are {', '.join(label.name for label in labels[:30]) or 'none'}.")
    chosen = [known[name.casefold()] for name in wanted] or ([known[kind]] if kind in known else [])
    return tuple(dict.fromkeys(chosen))


def _source(arguments: Mapping[str, Any], findings: Findings) -> tuple[str, str | None]:
    if findings.examples:
        return "conversation", findings.examples[0].reference
    return ("product", None) if (arguments.get("filter") or {}).get("products") else ("conversation", None)


async def _find(desk: Desk, arguments: Mapping[str, Any]) -> Findings:
    """What is known about the problem: the conversation named, then those that fit the words, then the worst in the scope."""
    problem = str(arguments.get("problem") or arguments.get("title") or "")
    subject = drafting.subject(problem)
    async with asking(desk.database) as connection:
        lexicon = await desk.lexicons.of(connection, desk.base)
    wanted = _without_names(lexicon, subject)
    vectors = await encode(desk.encoder, [wanted]) if wanted else None
    meaning = None if vectors is None else vectors[0]
    async with asking(desk.database) as connection:
        scope = await read_filter(connection, lexicon, desk.base, arguments.get("filter") or {})
        named = await _named(connection, desk.base, arguments.get("conversation"))
        failing = tuple(name.id for name in lexicon.of("tool") if re.search(rf"\b{re.escape(name.text)}\b", subject, re.IGNORECASE))
        (total,) = await metrics.level(connection, scope, metrics.find(["conversations"]))
        worst = None if named or failing or not drafting.VAGUE.fullmatch(wanted) else await _worst(connection, scope)
        if worst:
            scope, wanted = _with(scope, worst), ""
        if failing:  # the ticket is about the tool: those conversations fit where it failed, whatever was said in them
            scope, wanted = replace(scope, failed_tools=failing), ""
        if topics := _topics(lexicon, wanted):
            scope, wanted = replace(scope, topic_ids=topics), ""
        hits = await search.search(connection, scope, wanted, meaning=meaning, limit=FITTING) if wanted else ()
        least = max(search.LEAST_COSINE, 0.6 * hits[0].score) if hits else 0.0
        fitting = [hit.id for hit in hits if hit.score >= least]
        if fitting and not failing:
            scope = replace(scope, conversation_ids=tuple(fitting))
        told = replace(scope, predicates=(*scope.predicates, "unhappy")) if worst else scope
        nothing = wanted and not fitting and not named  # words that nobody wrote: the worst of all the rest would be no evidence
        picked = fitting[:5] or ([] if nothing else [one.id for one in await examples.examples(connection, told, order="worst", limit=5)])
        about = worst.name if worst else wanted or " ".join(name.text for name in lexicon.of("topic") if UUID(name.id) in scope.topic_ids)
        shown = await examples.load(connection, scope.tenant_id, [*named, *(id for id in picked if id not in named)][:5], about=about)
        if named and not problem:
            scope = replace(scope, conversation_ids=tuple(named))
        found = await _measured(Asked(desk, connection, lexicon, scope, arguments), problem, shown, int(total.value or 0))
        return replace(found, worst=worst)


def _topics(lexicon: Lexicon, wanted: str) -> tuple[UUID, ...]:
    """The topic that the problem is called by its name, as an answer gave it: "closed although your opening hours". Two words are no name:
    they are looked for in what people wrote."""
    said = wanted.strip(" .!?").casefold()
    return tuple(UUID(name.id) for name in lexicon.of("topic") if name.text.casefold() == said and len(said.split()) > 2)


async def _worst(connection: Any, scope: Scope) -> Worst | None:
    """The topic or failing tool with the most conversations that went badly beyond what is usual elsewhere; where none stands out, the
    topic with the most that went badly. None where nothing did."""
    found = await drivers.drivers(connection, scope, "unhappy", limit=20)
    likely = [driver for driver in found.drivers if driver.dimension in ("topic", "failed_tool")]
    if likely:
        one = max(likely, key=lambda driver: driver.bad - driver.n * driver.rest_rate / 100)
        return Worst(one.dimension, one.key, one.label, one.n, one.bad, one.rest_rate)
    bad = replace(scope, predicates=(*scope.predicates, "unhappy"))
    counted = await breakdown.breakdown(connection, bad, metrics.find(["conversations"]), "topic", limit=1)
    if not counted.groups:
        return None
    group = counted.groups[0]
    (share,) = await metrics.level(connection, replace(scope, topic_ids=(UUID(str(group.key)),)), metrics.find(["unhappy_share"]))
    return Worst("topic", str(group.key), group.label, share.n or group.conversations, group.conversations)


def _with(scope: Scope, worst: Worst) -> Scope:
    """The conversations that the worst problem is about."""
    return replace(scope, topic_ids=(UUID(worst.key),)) if worst.kind == "topic" else replace(scope, failed_tools=(worst.key,))


def _without_names(lexicon: Lexicon, subject: str) -> str:
    """The subject without names of products and organizations: what users write holds the problem, not where they have it."""
    for name in (*lexicon.of("product"), *lexicon.of("organization")):
        subject = re.sub(rf"\b(?:(?:in|at|of|with|for)\s+)?{re.escape(name.text)}\b", " ", subject, flags=re.IGNORECASE)
    return subject.strip()


async def _named(connection: Any, base: Scope, spelling: str | None) -> list[Any]:
    """The conversation that the ticket comes from, where one was named. Raises ToolError where this chat cannot see it."""
    if not spelling:
        return []
    id = await examples.find_conversation(connection, base.tenant_id, spelling)
    if not await examples.examples(connection, replace(base, conversation_ids=(id,)), limit=1):
        raise ToolError(f"There is no conversation {spelling} here.")
    return [id]


async def _measured(asked: Asked, problem: str, shown: tuple[examples.Example, ...], in_scope: int) -> Findings:
    figures = await metrics.level(asked.connection, asked.scope, metrics.find(FIGURES))
    organizations = await breakdown.breakdown(asked.connection, asked.scope, metrics.find(["conversations"]), "organization", limit=3)
    failing = await outcomes.tool_failures(asked.connection, asked.scope, limit=3)
    days = await breakdown.breakdown(asked.connection, asked.scope, metrics.find(["conversations"]), "day", order="key", limit=400)
    keys = [group.key for group in days.groups]
    return Findings(
        problem=problem, examples=shown, found=int(figures[0].value or 0), in_scope=in_scope, figures=figures,
        organizations=organizations.groups, since=keys[0] if keys else None, until=keys[-1] if keys else None,
        failing_tools=tuple((tool.name, tool.calls, tool.failures) for tool in failing if tool.failures),
    )  # fmt: skip


async def _warning(desk: Desk, draft: TicketDraft) -> dict[str, Any] | None:
    """The open ticket that this draft may repeat: the same conversation, the same title, or a title that means nearly the same."""
    async with desk.database.connection() as connection:
        same = await tickets.duplicate(connection, desk.base.tenant_id, draft)
        others = await tickets.recent(connection, desk.base.tenant_id, provider=draft.provider)
    similarity = 1.0
    if same is None and others:
        scores = [_overlap(draft.title, other.title) / SIMILAR_WORDS for other in others]
        vectors = await encode(desk.encoder, [draft.title, *(other.title for other in others)])
        if vectors is not None:
            scores = [max(a, float(b) / SIMILAR_MEANING) for a, b in zip(scores, vectors[1:] @ vectors[0], strict=True)]
        best = int(np.argmax(scores))
        if scores[best] >= 1:
            same, similarity = others[best], round(min(scores[best] * SIMILAR_WORDS, 1.0), 2)
    if same is None:
        return None
    return {"providerIdentifier": same.identifier, "providerTicketUrl": same.url, "title": same.title, "similarity": similarity}


def _overlap(one: str, other: str) -> float:
    """Share of the words of two titles that both have (Jaccard)."""
    a, b = set(tickets.title_key(one).split()), set(tickets.title_key(other).split())
    return len(a & b) / len(a | b) if a | b else 0.0


async def _create(desk: Desk, arguments: Mapping[str, Any]) -> ToolResult:
    tenant_id = desk.base.tenant_id
    if desk.question is not None and not CONFIRMING.search(desk.question):
        raise ToolError("The person has not confirmed the draft; ask them to.")
    async with desk.database.connection() as connection:
        every = await tickets.drafts(connection, tenant_id, desk.chat_id)
    stored = [draft for draft in every if draft.id not in desk.drafted]
    if not stored:
        missing = "The draft was only just made; show it, and wait for a confirmation in the next message."
        raise ToolError(missing if every else "There is no draft in this conversation to confirm; draft the ticket first.")
    provider = await desk.provider()
    payload = arguments.get("payload") or {}
    draft = await edited(provider, _chosen(stored, payload), payload)
    async with tickets.one_at_a_time(desk.database, tenant_id, draft.provider):
        async with desk.database.connection() as connection:
            same = await tickets.duplicate(connection, tenant_id, draft)
        if same is not None:
            return _outcome("already_exists", same.identifier, same.url)
        ticket = await provider.create(draft, idempotency_key=str(draft.id))
        async with desk.database.transaction() as connection:
            await tickets.record(connection, tenant_id, draft, ticket)
    return _outcome("created", ticket.identifier, ticket.url)


def _outcome(status: str, identifier: str, url: str) -> ToolResult:
    output = {"status": status, "providerIdentifier": identifier, "providerTicketUrl": url}
    return ToolResult(output, public=output)


def _content(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The draft inside what was sent: clients send it bare, or as they received it."""
    inner = payload.get("draft")
    return inner if isinstance(inner, dict) else payload


def _chosen(stored: Sequence[TicketDraft], payload: Mapping[str, Any]) -> TicketDraft:
    """The newest draft of the conversation that the payload names; the newest of all where it names none of them."""
    source = _content(payload).get("source")
    named = source.get("conversationId") if isinstance(source, dict) else None
    title = _content(payload).get("title")
    by_title = [draft for draft in stored if draft.title == title and named in (None, draft.source_id)]
    by_source = [draft for draft in stored if named and draft.source_id == named]
    return next(iter([*by_title, *by_source, *stored]))


async def edited(provider: TicketProvider, draft: TicketDraft, payload: Mapping[str, Any]) -> TicketDraft:
    """The draft with a person's edits. Raises ToolError that names the field where an edit makes no sense."""
    given = _content(payload)
    if provider.name != draft.provider or given.get("provider") not in (None, draft.provider):
        raise ToolError(f"The draft is for {draft.provider}; draft it again for {given.get('provider') or provider.name}.")
    changes: dict[str, Any] = {}
    for field, longest in (("title", 255), ("description", 60_000)):
        text = given.get(field)
        if text is None:
            continue
        if not isinstance(text, str) or not re.search(r"\S", text) or len(text) > longest:
            raise ToolError(f"{field} must be a text of 1 to {longest} characters.")
        changes[field] = text.strip()
    target = given.get("target")
    if target is not None:
        wanted = target if isinstance(target, str) else isinstance(target, dict) and (target.get("teamId") or target.get("teamKey"))
        if not isinstance(wanted, str):
            raise ToolError("target must be an object with a teamId.")
        changes["target"] = _target(await provider.targets(), wanted)
    labels = given.get("labelIds")
    if labels is not None:
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise ToolError("labelIds must be a list of texts.")
        changes["label_ids"] = _labels(await provider.labels(changes.get("target", draft.target)), labels, "")
    if given.get("priority") is not None:
        if given["priority"] not in PRIORITIES:
            raise ToolError(f"priority must be one of {', '.join(PRIORITIES)}.")
        changes["priority"] = given["priority"]
    return replace(draft, **changes)
