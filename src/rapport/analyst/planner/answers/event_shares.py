"""Groups by how large a part of their people had an event: "which company has the highest share of people who cancelled"."""

import re
from collections.abc import Sequence

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, number, phrase
from rapport.analyst.planner.answers.rankings import grouping
from rapport.analyst.planner.asked import SHARE
from rapport.analyst.planner.reading import Reading, replace, spoken

MOST = 50


def of_each(reading: Reading, group: str) -> bool:
    """Whether each company, or product, is asked for by the share of its people with the event, not by how many events it has."""
    says = reading.slots.says
    if group not in ("organization", "product") or reading.of_kind(group):
        return False
    shared = says(
        rf"{SHARE}|relative to|in proportion|proportionally|proportionate\w*|per (?:head|user|capita)|churn rate|cancell?ation rate|rate of"
    )
    return bool(shared) and not says("how many")


def by_share(asked: Asked, own: Reading, types: Sequence[str], group: str) -> Answer:
    """Each group with its people that had the event, as a part of all of its people; the largest part first."""
    had, every = yield [
        Call("getOutcomes", {"filter": own.filter(), "types": list(types), "groupBy": group, "limit": MOST}),
        grouping(group, ["users", "conversations"], "highest", MOST, {}, own.filter()),
    ]
    text = heading(f"{group}s by share of users with {', '.join(types)}", own.scope())
    if had.error or every.error:
        return text + str(had.error or every.error)
    users = {one["id"] or one["name"]: one["users"] for one in had.data["groups"]}
    rows = []
    for one in every.data["groups"]:
        of = one["figures"][0].get("value") or 0
        n = users.get(one.get("id") or one["name"], users.get(one["name"], 0))
        if of:
            rows.append((n / of, n, of, one["name"]))
    rows.sort(key=lambda row: (row[0], row[1]), reverse=own.order != "lowest")
    lines = [f"**{name}**: {100 * share:.1f}% ({n} of {of} users)" for share, n, of, name in rows[: own.limit or 12]]
    return text + (bullets(lines, numbered=True) if lines else f"**0 users**{phrase(own)}, {own.when()}.")


def of_events(reading: Reading) -> bool:
    """Whether the share is one of events: "what percent of cancellations came from pro accounts"."""
    named = reading.of_kind("property", "organization", "product", "user")
    return bool(named and reading.slots.says(SHARE)) and not _out_of(reading, f"{_PEOPLE}|{_TALKS}")


_PEOPLE = r"users?|people|customers?|clients?|accounts?|compan(?:y|ies)|organi[sz]ations?"
_TALKS = r"conversations?|chats?|dialog(?:ue)?s?|sessions?|threads?|talks"


def _out_of(reading: Reading, nouns: str) -> bool:
    """Whether the share is one of what `nouns` name, whatever names stand before them: "of all Basket Buddy chats"."""
    names = "".join(f"|{re.escape(link.text)}(?:['’]s?)?" for link in reading.links)
    whole = rf"(?:of|among|amongst|out of) (?:(?:all|our|the|my|those|these|every|its|their|plan{names}) )*(?:{nouns})"
    return bool(reading.slots.says(whole))


def of_talks(reading: Reading) -> bool:
    """ "What percentage of chats ended in a cancellation": of conversations, those that led to one."""
    return bool(reading.slots.says(SHARE)) and _out_of(reading, _TALKS)


def share_of_talks(own: Reading, types: Sequence[str]) -> Answer:
    """The conversations that led to such an event as a part of all conversations."""
    led = replace(own, events=tuple(types), led_to=True)
    part, base = yield [Call("countConversations", {"filter": scope.filter()}) for scope in (led, own)]
    text = heading(f"share of conversations that led to {', '.join(types)}", own.scope())
    if part.error or base.error:
        return text + str(part.error or base.error)
    n, of = (output.figure("conversations").get("value") or 0 for output in (part, base))
    if not of:
        return text + f"**0 conversations**{phrase(own)}, {own.when()}."
    return (
        text
        + f"**{100 * n / of:.1f}%**: {number(n)} of {counted(of, 'conversations')}{phrase(own)}, {own.when()}, led to {', '.join(types)}."
    )


def share_of_events(own: Reading, types: Sequence[str]) -> Answer:
    """The events of what is named as a part of all such events of that time."""
    part = own.of_kind("property", "organization", "product", "user")[-1:]
    whole = replace(own, links=tuple(link for link in own.links if link not in part))
    outputs = yield [Call("getOutcomes", {"filter": scope.filter(), "types": list(types), "limit": 12}) for scope in (own, whole)]
    text = heading(f"share of {', '.join(types)}", own.scope())
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    n, of = (output.data["events"] for output in outputs)
    if not of:
        return text + f"**0 events**{phrase(whole)}, {own.when()}."
    return (
        text + f"**{100 * n / of:.1f}%**: {number(n)} of {counted(of, 'events')}{phrase(whole)}, {own.when()}, came from {spoken(part[0])}."
    )
