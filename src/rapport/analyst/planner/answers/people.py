"""One user or organization, and who is likely to leave."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    Output,
    bullets,
    counted,
    day,
    heading,
    joined,
    measured,
    nothing,
    number,
    phrase,
    quoted,
    said,
)
from rapport.analyst.planner.answers.summaries import measure, summary
from rapport.analyst.planner.asked import EMPLOYER
from rapport.analyst.planner.reading import Reading, days


def user_profile(asked: Asked) -> Answer:
    """One user or organization: figures, topics, latest conversations."""
    reading = asked.reading
    people = reading.of_kind("user")
    if not people:
        return (yield from summary(asked))
    names = list(people[0].names)
    if len(names) > 1:
        (output,) = yield [
            Call("getUserRanking", {"metrics": ["conversations", "rating", "sentiment"], "filter": reading.filter(), "limit": 6})
        ]
        rows = [
            f"**{g['name']}** ({g['externalId']}): {', '.join(said(f) for f in g['figures'] if f.get('value') is not None)}"
            for g in output.data.get("groups", [])
        ]
        return (
            heading("users", reading.scope())
            + f"“{people[0].text}” fits {number(len(names))} users:\n"
            + bullets(rows or [name.text for name in names])
            + "\n\nName one of them in full for the details."
        )
    (output,) = yield [Call("getUserDetail", {"user": names[0].id, "filter": days(reading.period)})]
    if output.error:
        return heading(reading.scope()) + output.error
    return profile(output, reading)


def profile(output: Output, reading: Reading) -> str:
    user, figures = output.data["user"], {f["metric"]: f for f in output.data["figures"]}
    total = figures["conversations"]["value"]
    properties = {**(user.get("organizationProperties") or {}), **(user.get("properties") or {})}
    who = ", ".join(
        part
        for part in (user.get("organization"), f"plan {properties['plan']}" if properties.get("plan") else None, user.get("email"))
        if part
    )
    label = user.get("name") or user.get("email") or user["externalId"]
    text = heading(f"user {label}", reading.when())
    text += f"**{label}**{f' ({who})' if who else ''}: {counted(total, 'conversations')}"
    if not total:
        return text + f", {reading.when()}."
    text += f", the last on {day(user['lastConversation'])}.\n"
    lines = [measure(f) for f in figures.values() if f["metric"] != "conversations" and f.get("value") is not None]
    text += bullets(lines)
    if output.data["topics"]:
        text += "\n- talks about: " + ", ".join(f"{t['name']} ({number(t['conversations'])})" for t in output.data["topics"])
    if user.get("events"):
        text += "\n- events: " + ", ".join(f"{e['type']} on {day(e['at'])}" for e in user["events"][:4])
    latest = output.data["conversations"][:3]
    return text + "\n\nLatest conversations:\n" + bullets([f"`{one['id']}`: {quoted(one, who=False, id=False)}" for one in latest])


def at_risk(asked: Asked) -> Answer:
    """Who is most likely to leave, and on what grounds."""
    reading = asked.reading
    who = _risky_kind(reading)
    shown = reading.limit or (3 if reading.slots.says(_ONE) else 5)
    own = replace(reading, conditions=(), subject="", events=())
    (output,) = yield [Call("getAtRisk", {"who": who, "limit": shown, "filter": own.filter()})]
    if output.error:
        return heading("at risk", own.scope()) + output.error
    found = output.data.get("found", [])
    if not found:
        (whole,) = yield [Call("countConversations", {"filter": own.filter()})]
        if not whole.figure("conversations").get("value"):
            return (yield from nothing(asked))
        return (
            heading(f"{who}s at risk", own.scope())
            + f"Nobody stands out: no {who}{phrase(own)} has enough bad conversations, {own.when()}."
        )
    beside = yield from _also_asked(own, who)
    rows = [
        f"**{one['name']}**: {number(one['badConversations'])} of {counted(one['conversations'], 'conversations')} went badly{_grounds(one)}, last on {day(one['lastAt'])} (risk {one['risk']:.2f})"
        for one in found
    ]
    beside += yield from _of_the_others(asked, own, who)
    text = heading(
        f"{who}s at risk, highest first",
        own.scope(),
        "risk 0 to 1: bad conversations, frustration, falling sentiment, negative events; it ranks, it is no probability",
    )
    if reading.slots.says("how many|numbers? of|counts?(?: of)?"):
        total, least = output.data["total"], output.data["leastRisk"]
        text += f"**{counted(total, f'{who}s')}**{phrase(own)}, {own.when()}, with a risk of {least:g} or more. Most at risk:\n"
    return text + bullets(rows, numbered=len(rows) > 1) + beside


_ONE = r"(?:just|only) the (?:top|first|likeliest|worst)(?: one)?|the (?:top|likeliest|worst) one|just one|the (?:one )?(?:person|user|customer|client|account|company|organi[sz]ation|firm|one)|which (?:single |one )*(?:\w+ )?(?:person|user|customer|client|account|company|organi[sz]ation|firm|one)|who(?:['’]s| is)|one name|(?:a|one|single) (?:name|person|account|company)"
"""What is said where the likeliest one is wanted."""
_GROUPS = r"contracts?|renewals?|accounts?|organi[sz]ations?|compan(?:y|ies)|orgs?|clients?|firms?|business(?:es)?"
_PERSONS = r"anyone|anybody|someone|somebody|everyone|everybody|which ones|users?|people|persons?|employees?|staff|individuals?|members?|folks?|contacts?|who|whom"


def _risky_kind(reading: Reading) -> str:
    """user | organization: those of an account that is named are its people where people are asked for, else the account itself."""
    says = reading.slots.says
    if reading.of_kind("user"):
        return "user"
    if reading.of_kind("organization"):
        former = reading.former
        if former is not None and (former.dimension == "user" or "users" in former.metrics) and says("them|those|these|they"):
            return "user"  # "how many people use us there?", "which of them is most at risk?"
        return "user" if says(_PERSONS) else "organization"
    if says(r"contracts?|renewals?"):
        return "organization"
    return "organization" if reading.dimension == "organization" or (says(_GROUPS) and reading.dimension != "user") else "user"


def _of_the_others(asked: Asked, own: Reading, who: str) -> Generator[Sequence[Call], Sequence[Output], str]:
    """Where the customers that may leave are people as well as companies: the likeliest of the others."""
    if own.links or own.slots.says(rf"{_GROUPS}|users?|persons?|people|who|whom") or not own.slots.says("customers?"):
        return ""
    if not asked.setting.names.of_kind("organization"):
        return ""
    kind, noun = ("user", "single people") if who == "organization" else ("organization", "companies")
    (output,) = yield [Call("getAtRisk", {"who": kind, "limit": 1, "filter": own.filter()})]
    found = output.data.get("found", [])
    return f"\n\nIf you mean {noun}: {found[0]['name']} (risk {found[0]['risk']:.2f})." if found else ""


def _also_asked(reading: Reading, who: str) -> Generator[Sequence[Call], Sequence[Output], str]:
    """A figure that the question asks for beside the risk of the one who is named: "back it up with the average stars"."""
    metrics = [name for name in reading.metrics if name not in lexicon.COUNTS][:3]
    if len(reading.of_kind(who)) != 1:
        return ""
    employer = ""
    if who == "user" and reading.slots.says(EMPLOYER) and len(reading.of_kind("user")[0].names) == 1:
        (known,) = yield [Call("getUserDetail", {"user": reading.of_kind("user")[0].names[0].id})]
        user = known.data.get("user") or {}
        employer = f"\n\n{user['name']} is with **{user['organization']}**." if user.get("organization") else ""
    if not metrics:
        return employer
    (output,) = yield [Call("getMetrics", {"metrics": metrics, "filter": reading.filter()})]
    figures = [f for f in output.data.get("figures", ()) if f["metric"] in metrics and f.get("value") is not None]
    return employer + "".join(f"\n\n{f['title'].capitalize()}: **{measured(f)}** (n = {number(f.get('n'))})." for f in figures)


def _grounds(one: Mapping[str, Any]) -> str:
    reasons = one.get("reasons", {})
    found = []
    if reasons.get("negative_event"):
        found.append("a negative event")
    if reasons.get("frustration", 0) >= 0.4:
        found.append(f"frustration {reasons['frustration']:.2f}")
    if reasons.get("sentiment_fall", 0) >= 0.1:
        found.append("sentiment falling")
    return f", {joined(found)}" if found else ""
