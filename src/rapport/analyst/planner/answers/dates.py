"""The day on which somebody or something first or last appeared."""

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, day, heading, joined, number
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.evidence import A_TOPIC
from rapport.analyst.planner.evidence import appearance as asked_for
from rapport.analyst.planner.reading import Reading, spoken

_NUMBER = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_OF_A_VERSION = r"versions?|prompts?|instructions?|wording"


def appearance(asked: Asked) -> Answer:
    """First and last day with a conversation of what the question names, the one that is asked for first."""
    reading = replace(asked.reading, period=None, dimension=None, conditions=())
    if not reading.subject and reading.slots.says(A_TOPIC):
        reading = replace(reading, subject=reading.slots.subject)
    end = asked_for(reading.slots) or "first"
    filter, what = reading.filter(text=True), ""
    if reading.slots.says(_OF_A_VERSION) and not reading.of_kind("prompt_version"):
        version = yield from _version(reading)
        if version is None:
            return heading("first and last day", reading.scope()) + "No conversation names a prompt version there."
        filter, what = {**reading.filter(leave_out=("prompt",), text=True), "promptVersions": [version["id"]]}, str(version["name"])
    (output,) = yield [Call("countConversations", {"filter": filter})]
    if output.error:
        return heading("first and last day", reading.scope()) + output.error
    if not output.figure("conversations").get("value"):
        return (yield from none(replace(asked, reading=reading)))
    first, last = day(output.data["firstDay"]), day(output.data["lastDay"])
    named = what or joined([spoken(link) for link in reading.links if not link.negated]) or f"“{reading.subject}”"
    total = number(output.figure("conversations")["value"])
    told = f"The last conversation of **{named}** was on **{last}**" if end == "last" else f"**{named}** first appears on **{first}**"
    rest = f"the first on {first}" if end == "last" else f"the last time on {last}"
    return heading("first and last day", reading.scope(), what) + f"{told}, {rest} ({total} conversations in all)."


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
