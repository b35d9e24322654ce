"""Tickets: drafted when asked for, filed when confirmed."""

import json
import re
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, heading
from rapport.analyst.planner.editing import edits, priority_of, without_priority
from rapport.analyst.planner.filing import holds_back
from rapport.analyst.planner.problem import problem
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.subject import STOP


def ticket_draft(asked: Asked) -> Answer:
    """A draft with evidence; nothing is filed."""
    reading = asked.reading
    if reading.edits:
        (output,) = yield [Call("draftTicket", {"edits": reading.edits})]
        return _drafted(output)
    priority = priority_of(reading.slots.text)
    said = problem(without_priority(reading.slots.text) if priority else reading.slots.text)
    if _WORST.match(bare := problem(_undated(reading))):  # its days are in the filter, and no words of what people wrote
        said = "" if _is_all_scope(_WORST.sub("", bare, count=1), reading) else bare
    ids = reading.slots.conversation_ids
    for given in ids:
        said = said.replace(given, "").strip(" ,.#:'\"`“”‘’")
    said = re.sub(r"^(?:conversation|interaction|chat|session|transcript|dialogue)s?(?: id)?$", "", said, flags=re.I)
    if ids and all(word in STOP for word in re.findall(r"[\w'’-]+", said.lower())):
        said = ""  # "... went badly": what the conversation itself is about says more
    if ids or len(reading.slots.words) > 30:  # a date in a long message tells of the problem
        reading = replace(reading, period=None)
    arguments: dict[str, Any] = {"filter": {} if ids else reading.filter()}
    if asked.before and not _POINTING.sub("", said):
        said = _earlier_problem(asked)
        found = re.findall(r"`([^`\s]+)`", asked.before[-1].answer)
        if found and not ids and not said:
            ids = (found[_place(reading, len(found))],)
    if priority:
        arguments["priority"] = priority
    if said:
        arguments["problem"] = said[:1000]
    if ids:
        arguments["conversation"] = ids[0]
    (output,) = yield [Call("draftTicket", arguments)]
    if output.error and ids:
        (output,) = (
            yield [Call("draftTicket", {key: value for key, value in arguments.items() if key != "conversation"})]
            if said and not reading.slots.conversation_ids
            else [Call("countConversations")]
        )
        if "draft" not in output.data:
            return heading("ticket draft") + f"I could not draft a ticket: I know no conversation {ids[0]}."
    return _drafted(output)


_WORST = re.compile(r"(?:the |our )?(?:worst|biggest|top|main|number one|most \w+) (?:problem|issue|complaint|trouble|bug|thing)s?\b", re.I)


_OF_SCOPE = re.compile(
    r"\b(?:of|for|from|by|in|on|with|at|among|our|the|all|my|their|customers?|users?|people|accounts?|clients?|compan(?:y|ies)|tiers?|plans?|folks|right|now|currently|have|has|are|is|having|we|they|that)\b|\W",
    re.I,
)


def _is_all_scope(rest: str, reading: Reading) -> bool:
    """Whether what follows "the biggest complaint" only says whose: then the evidence tells what it is."""
    for link in reading.links:
        rest = rest.replace(link.text, " ")
    return bool(reading.links) and not _OF_SCOPE.sub("", rest)


def _undated(reading: Reading) -> str:
    """The text without the days that it names."""
    text = reading.slots.text
    for mention in sorted(reading.slots.dates, key=lambda each: -each.start):
        text = re.sub(r"\s+(?:on|in|of|for|from|since|during)?\s*$", " ", text[: mention.start]) + text[mention.end :]
    return text


_POINTING = re.compile(
    r"\b(?:that|this|it|those|them|these|which|worst|biggest|latest|problem|issue|trouble|matter|thing|ones?|first|second|third|top|last|most|the|of|from|about|above|named|mentioned|for|just|you|your|list|answer|result|finding)\b|\W",
    re.I,
)
"""Words that only point at the answer before: "the second one", "that problem"."""


def _place(reading: Reading, count: int) -> int:
    at = (reading.slots.ordinal or 1) - 1
    return at if 0 <= at < count else 0


def _earlier_problem(asked: Asked) -> str:
    """What the turn before was about, for "draft a ticket for that": its subject, else the first finding of its list, else its question."""
    reading = asked.reading
    if reading.subject:
        return reading.subject
    last = asked.before[-1] if asked.before else None
    if last is None:
        return ""
    found = re.findall(r"^\d+\.\s+(?:Look into |Fix the tool |Improve answers on )?\*\*([^*]+)\*\*", last.answer, re.M)
    if found and re.match(r"\*(?:complaints|topics|causes|tools|what to do|unusual|keywords)", last.answer):
        return found[_place(reading, len(found))]
    if re.search(r"`[^`\s]+`", last.answer):
        return ""  # the conversation that was shown says it better
    return last.question.strip(" ?.!")


def _drafted(output: Any) -> str:
    if output.error:
        return heading("ticket draft") + output.error
    if output.data.get("error"):
        return (
            heading("ticket draft")
            + f"No ticket system is connected ({output.data['error']}). {output.data.get('message', '')} Connect one under `/api/admin/v1/connections`, then ask again."
        )
    draft = output.data["draft"]
    text = heading("ticket draft", draft["target"]["teamName"]) + f"**{draft['title']}**\n\n{_opening(draft['description'])}\n"
    text += f"\nPriority: {draft['priority']}." if draft.get("priority") else ""
    source = draft.get("source") or {}
    if output.data.get("inScope") and not source.get("conversationId"):
        text += "\nNo logged conversation holds this; the draft rests on your words alone."
    if source.get("conversationId"):
        text += f"\nEvidence: conversation `{source['conversationId']}`."
    if output.data.get("dedupWarning"):
        warning = output.data["dedupWarning"]
        text += f"\nA similar ticket exists: {warning['providerIdentifier']} ({warning['title']})."
    return text + "\n\nNothing is filed yet. Say “yes, create it”, or send the edited draft with “use createTicket with this: {...}”."


def _opening(description: str) -> str:
    """The first section of a description, without its heading: the whole of it is in the event."""
    sections = [part.strip() for part in re.split(r"^#+ .*$", description, flags=re.M) if part.strip()]
    return sections[0][:600] if sections else ""


def payload(text: str) -> dict[str, Any]:
    """The first JSON object in a text; {} where there is none that can be read."""
    decoder = json.JSONDecoder(strict=False)
    for match in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text[match.start() :])
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def ticket_create(asked: Asked) -> Answer:
    """Files the draft of this conversation; the tool refuses where there is none, and nothing is filed where the order is taken back."""
    if holds_back(asked.question):
        yield from ()
        return heading("create ticket") + "All right: nothing is filed, and nothing was changed."
    given = payload(asked.question) or edits(asked.question)
    if "{" in asked.question and not given and not re.search(r"\{\s*(?:draft|payload|\.\.\.)?\s*\}", asked.question):
        yield [Call("countConversations")]
        return (
            heading("create ticket")
            + "I could not read the payload: it is not valid JSON. Nothing was filed; send the draft again as one JSON object."
        )
    (output,) = yield [Call("createTicket", {"payload": given} if given else {})]
    if output.error:
        return heading("create ticket") + f"Nothing was filed: {output.error}"
    if output.data.get("error"):
        return heading("create ticket") + f"Nothing was filed ({output.data['error']}). {output.data.get('message', '')}"
    made = output.data
    if made["status"] == "already_exists":
        return (
            heading("create ticket")
            + f"This ticket already exists: **{made['providerIdentifier']}** ({made['providerTicketUrl']}). Nothing new was filed."
        )
    return heading("create ticket") + f"Created **{made['providerIdentifier']}**: {made['providerTicketUrl']}"
