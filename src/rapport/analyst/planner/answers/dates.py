"""The day on which somebody or something first or last appeared."""

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, day, heading, joined, number
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.evidence import A_TOPIC, asks_the_last_day, of_facts
from rapport.analyst.planner.evidence import appearance as asked_for
from rapport.analyst.planner.reading import Reading, spoken

_NUMBER = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_OF_A_VERSION = r"versions?|prompts?|instructions?|wording"


def appearance(asked: Asked) -> Answer:
    """First and last day with a conversation of what the question names, the one that is asked for first."""
    end = asked_for(asked.reading.slots) or ("last" if asks_the_last_day(asked.reading.slots) else "first")
    reading = replace(asked.reading, period=None, dimension=None)
    if of_facts(reading.slots):
        reading = replace(reading, subject="")
    elif not reading.subject and reading.slots.says(A_TOPIC):
        reading = replace(reading, subject=reading.slots.subject)
    filter, what = reading.filter(text=True), ""
    if reading.slots.says(_OF_A_VERSION) and not reading.of_kind("prompt_version"):
        version = yield from _version(reading)
        if version is None:
            return heading("first and last day", reading.scope()) + "No conversation names a prompt version there."
        filter, what = {**reading.filter(leave_out=("prompt",), text=True), "promptVersions": [version["id"]]}, str(version["name"])
    output, shown = yield [
        Call("countConversations", {"filter": filter}),
        Call("getConversations", {"filter": filter, "order": "newest" if end == "last" else "oldest", "limit": 1}),
    ]
    if output.error:
        return heading("first and last day", reading.scope()) + output.error
    if not output.figure("conversations").get("value"):
        return (yield from none(replace(asked, reading=reading)))
    first, last = day(output.data["firstDay"]), day(output.data["lastDay"])
    links = [spoken(link) for link in reading.links if not link.negated]
    whose = f" of **{what or joined(links)}**" if what or links else ""
    about = f" about **“{reading.subject}”**" if reading.subject else ""
    facts = replace(reading, links=(), subject="", languages=()).scope(period=False)
    named = whose + about + (f" ({facts})" if facts else "")
    total = number(output.figure("conversations")["value"])
    told = f"The last conversation{named} was on **{last}**" if end == "last" else f"The first conversation{named} was on **{first}**"
    rest = f"the first on {first}" if end == "last" else f"the last on {last}"
    ids = [f" It is `{one['id']}`." for one in shown.data.get("conversations", [])]
    return heading("first and last day", reading.scope(), what) + f"{told}, {rest} ({total} conversations in all).{''.join(ids)}"


def _version(reading: Reading) -> Generator[Sequence[Call], Sequence[Output], dict[str, Any] | None]:
    """The version that "the new prompt version" or "the second one" means: by its number, else the newest."""
    (output,) = yield [Call("getPromptAnalytics", {"metrics": ["conversations"], "filter": reading.filter(text=True), "limit": 100})]
    found = []
    for group in output.data.get("groups", []):
        if match := re.search(r"v(\d+)$", group["name"]):
            found.append((int(match.group(1)), group))
    if not found:
        return None
    found.sort(key=lambda one: one[0])
    said = reading.slots.says(rf"({'|'.join(_NUMBER)}) (?:prompt |system prompt )?(?:version|prompt|wording)")
    wanted = (
        _NUMBER[said.group(1).lower()] if said else 1 if reading.slots.says(r"(?:old|oldest|original|initial|former|previous)") else None
    )
    return next((group for at, group in found if at == wanted), found[-1][1])
