"""Tickets: drafted when asked for, filed when confirmed."""

import json
import re
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, heading
from rapport.analyst.planner.filing import holds_back
from rapport.analyst.planner.reading import Reading, days
from rapport.analyst.planner.refusals import sentences

_NOT_THE_PROBLEM = re.compile(
    r"^(?:(?:ok(?:ay)?|please|pls|can you|could you|would you|i (?:want|need)(?: you)?(?: to)?|let us|let's|now|then|and|just|great|also|go ahead and)[\s,]+)*(?:draft|write(?: up)?|prepare|compose|open|file|raise|log|create|make|put together|cut|add|turn|need|want|get|report)?(?: me| us)?(?: up)?\s*(?:an?|the|one)?\s*(?:new |short |quick |linear |jira |github |support |engineering )*(?:(?:tickets?|issues?|bug reports?|jira|story|task|bug)\b(?: ready| done| going)?)?\s*(?:(?:(?:out )?of|on|about|for|from|regarding|concerning|that|describing|covering|because|saying|re)\b|:|-|\s)*",
    re.I,
)  # fmt: skip


_NAMES_A_TICKET = re.compile(r"\b(?:tickets?|issues?|bug reports?|jira|drafts?|createTicket|draftTicket)\b", re.I)
_OF_THE_ORDER = re.compile(
    r"\b(?:an?|the|that|this|it|those|these|them|me|us|you|i|we|and|so|of|on|about|for|from|into|as|out|up|with|to|please|pls|thanks?|kindly|now|then|first|just|only|"
    r"can|could|would|will|should|want|need|needs|like|deserves?|let|make|made|turn|draft(?:ed)?|drafts?|write|written|prepare|compose|open|file|raise|log|create|put|together|cut|get|give|report|ready|yet|not|no|do|"
    r"tickets?|issues?|bugs?|jira|linear|github|developers?|engineers?|engineering|team|desk|one|new|short|quick|proper|look|at|is|be|enough|moment|nothing|more)\b|\W",
    re.I,
)
"""Words of a sentence that only orders: "could you make a ticket of that, please"."""
_AT_THE_END = re.compile(
    r"[\s,;:(–—-]*(?:->|→|=>)?[\s,;:(–—-]*\b(?:(?:but |and )?(?:just|only|as|a|an|the|for now|first|please|pls|in|ticket|bug report)[\s,]+)*"
    r"(?:draft|ticket)(?:[\s,]+(?:only|first|please|pls|for now|thanks|ticket|it|me|us|that|this|draft))*[\s.!)]*$",
    re.I,
)

_LEFT_OF_THE_ORDER = re.compile(
    r"^(?:that|this|it|those|these|them|into|as)$|^(?:(?:can|could|would) (?:u|you) )?(?:turn|make)\b|^(?:what (?:happened|went on|was said) in|the (?:developers|engineers|team|dev team):?)\s|"
    r"\s+(?:deserves|needs|merits|into|as|to)$|[,;–-]+ ?(?:draft|write|open|file|raise|create)$",
    re.I,
)


def problem(reading: Reading) -> str:
    """What a ticket is about, as the asker put it, without the words that ask for a ticket."""
    text = reading.slots.text.strip().rstrip(".!?")
    told = [part for part in sentences(text) if not (_NAMES_A_TICKET.search(part) and not _OF_THE_ORDER.sub("", part))]
    text = " ".join(told).rstrip(".!?") if told else text
    rest = _NOT_THE_PROBLEM.sub("", _AT_THE_END.sub("", text), count=1).strip()
    rest = re.sub(
        r"\b(?:into|as) (?:an?|the) (?:ticket|issue|bug report|bug|task|story)\b.*$|\b(?:please|pls|thanks|thank you)\b",
        "",
        rest,
        flags=re.I,
    ).strip(" ,.")
    return _LEFT_OF_THE_ORDER.sub("", rest).strip(" ,.")


def ticket_draft(asked: Asked) -> Answer:
    """A draft with evidence; nothing is filed."""
    reading = asked.reading
    said = problem(reading)
    ids = reading.slots.conversation_ids
    for given in ids:
        said = said.replace(given, "").strip(" ,.#:'\"`“”‘’")
    said = re.sub(r"^(?:conversation|interaction|chat|session|transcript|dialogue)s?(?: id)?$", "", said, flags=re.I)
    if ids or len(reading.slots.words) > 30:  # a date in a long message tells of the problem
        reading = replace(reading, period=None)
    arguments: dict[str, Any] = {"filter": {} if ids else reading.filter()}
    if reading.follows and not re.search(
        r"\w{4,}", re.sub(r"\b(?:that|this|it|those|them|these|worst|problem|issue|one|first|second|third|top|most|the)\b", "", said)
    ):
        said = _earlier_problem(asked) or said
        found = re.findall(r"`([^`\s]+)`", asked.before[-1].answer) if asked.before else []
        if found and not ids:
            ids = (found[_place(reading, len(found))],)
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
    source = draft.get("source") or {}
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


def _edits(text: str) -> dict[str, Any]:
    """Edits in plain words: title "...", priority high."""
    title = re.search(r"\btitle\b[^\"“”']{0,30}[\"“']([^\"”']{3,200})[\"”']", text, re.I)
    priority = re.search(
        r"\b(?:priority\s+(?:to\s+|as\s+|is\s+|of\s+|:\s*)?(urgent|high|medium|low)|(urgent|high|medium|low)\s+priority)\b", text, re.I
    )
    found: dict[str, Any] = {"title": title.group(1)} if title else {}
    return found | ({"priority": (priority.group(1) or priority.group(2)).lower()} if priority else {})


def ticket_create(asked: Asked) -> Answer:
    """Files the draft of this conversation; the tool refuses where there is none, and nothing is filed where the order is taken back."""
    if holds_back(asked.question):
        yield from ()
        return heading("create ticket") + "All right: nothing is filed, and nothing was changed."
    given = payload(asked.question) or _edits(asked.question)
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


__all__ = ["days", "payload", "problem", "ticket_create", "ticket_draft"]
