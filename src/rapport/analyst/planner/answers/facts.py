"""Plain facts about one user, organization or conversation: a property, the last contact, how many people, whose it was."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, counted, day, heading
from rapport.analyst.planner.evidence import appearance
from rapport.analyst.planner.reading import Reading

_PEOPLE = r"how many (?:people|users?|members?|employees|seats|colleagues|persons)|(?:number|count) of (?:people|users|members|employees)|headcount"


_WHICH_VALUE = r"(?:what|which) (?:\w+ ){1,2}(?:is|are|do|does|has|have|were|was)|what(?:['’]s| is| are) (?:their|its|his|her|the)|(?:in|on|of|from) (?:what|which)"
"""A value is asked for, and no figure for each: "on what plan are they?"."""


def wanted(reading: Reading) -> str | None:
    """first | last | people | property:KEY where a plain fact about the one name of the question is asked for; None otherwise."""
    who = reading.of_kind("user", "organization")
    if len(who) != 1 or len(who[0].names) != 1 or reading.intent.startswith(("ticket", "refuse", "segment")):
        return None
    says = reading.slots.says
    narrowed = reading.period or reading.conditions or reading.thresholds or reading.events or reading.subject or len(reading.links) > 1
    if (end := appearance(reading.slots)) and not narrowed:
        return end
    if who[0].kind == "organization" and says(_PEOPLE) and not narrowed:
        return "people"
    dimension = str(reading.dimension or "")
    if (
        dimension.startswith("property:")
        and (not reading.metrics or (reading.follows and not reading.slots.metrics and says(_WHICH_VALUE)))
        and not narrowed
        and (says(r"what|which|whats|what's|on|is|has|have") or len(reading.slots.words) <= 6)
    ):
        return dimension
    return None


def facts(asked: Asked) -> Answer:
    """One fact about one user or organization."""
    reading = asked.reading
    (link,) = reading.of_kind("user", "organization")
    fact = str(wanted(reading))
    if link.kind == "organization":
        (output,) = yield [Call("getOrganizationDetail", {"organization": link.names[0].id})]
    else:
        (output,) = yield [Call("getUserDetail", {"user": link.names[0].id})]
    if output.error:
        return heading(reading.scope()) + output.error
    known = output.data[link.kind]
    label = known.get("name") or known.get("email") or known["externalId"]
    return heading(f"{link.kind} {label}") + _sentence(fact, known, label)


def _sentence(fact: str, known: Mapping[str, Any], label: str) -> str:
    if fact == "people":
        return f"**{label}** has **{counted(known['people'], 'users')}**, with {counted(known['conversations'], 'conversations')} in all."
    if fact in ("first", "last"):
        if not known.get("lastConversation"):
            return f"**{label}** has had no conversation yet."
        first, last = day(known["firstConversation"]), day(known["lastConversation"])
        label += f" ({known['organization']})" if known.get("organization") else ""
        if fact == "first":
            return f"The first conversation of **{label}** was on **{first}**, the last on {last}."
        return f"The last conversation of **{label}** was on **{last}**, the first on {first}."
    properties = {**(known.get("organizationProperties") or {}), **(known.get("properties") or {})}
    key = fact.partition(":")[2]
    if properties.get(key) is None:
        others = ", ".join(f"{name} {value}" for name, value in list(properties.items())[:8])
        return f"No {key} is logged for **{label}**" + (f"; what is: {others}." if others else ".")
    others = ", ".join(f"{name} {value}" for name, value in list(properties.items())[:8] if name != key)
    of = known.get("organization")
    company = f" Organization: **{of}**." if of else ""
    return f"The {key} of **{label}** is **{properties[key]}**.{company}" + (f" Also logged: {others}." if others else "")


# --- Ids of conversations in any form ----------------------------------------------------------------------------------

_CONVERSATION = r"conversations?|chats?|transcripts?|dialogues?|dialogs?|sessions?|interactions?|threads?|convos?|tickets?|issue|bug report"
_TOKEN = re.compile(r"[\"'`“”‘’«»]([^\s\"'`“”‘’«»]{2,120})[\"'`“”‘’«»]|(?<![^\s(\[:#])([^\s\"'`“”()\[\],;?!]{3,120})")


def tokens(asked: Asked) -> Sequence[str]:
    """Words of the question that may be the id of a conversation, at most four: those in quotes, and those with a digit or a sign in
    them that are no name and no date."""
    reading = asked.reading
    if reading.slots.conversation_ids or not reading.slots.says(_CONVERSATION):
        return ()
    found = []
    for match in _TOKEN.finditer(asked.question):
        text = match.group(1) or match.group(2).rstrip(".:")
        dated = any(mention.start <= match.start() < mention.end for mention in reading.slots.dates)
        odd = re.search(r"\d", text) and (re.search(r"[A-Za-z_:/#-]", text) or len(text) >= 5)
        if (match.group(1) or odd) and not dated and not asked.setting.names.named(text) and text not in found:
            found.append(text)
    return found[:4]


def with_ids(asked: Asked) -> Generator[Sequence[Call], Sequence[Output], Asked]:
    """`asked` with the conversation that a token of the question is the exact id of, where there is one."""
    maybe = tokens(asked)
    if not maybe:
        return asked
    outputs = yield [Call("getConversationDetail", {"conversation": token}) for token in maybe]
    ids = tuple(token for token, output in zip(maybe, outputs, strict=True) if not output.error)
    if not ids:
        return asked
    reading = asked.reading
    drafting = reading.intent in ("ticket_draft", "ticket_create", "segment_create")
    slots = replace(reading.slots, conversation_ids=ids, unknown=())
    return replace(asked, reading=replace(reading, slots=slots, subject="", intent=reading.intent if drafting else "conversation_detail"))


__all__ = ["facts", "wanted", "with_ids"]
