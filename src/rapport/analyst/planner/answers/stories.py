"""Answers made of several findings: topics, complaints, reasons, examples, quotes, people, overviews."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

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
from rapport.analyst.planner.answers.numbers import _none, breakdown, clear, level, periods, ranking
from rapport.analyst.planner.dates import Period
from rapport.analyst.planner.reading import Reading, days, spoken
from rapport.analyst.planner.subject import STOP
from rapport.analyst.planner.words import parts, stem

# --- What people talk about --------------------------------------------------------------------------------------------


def top_topics(asked: Asked) -> Answer:
    """Topics by the number of conversations."""
    reading = asked.reading
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "topic" or link.negated))
    shown = reading.limit or 5
    bad_first = reading.bad and not reading.conditions
    arguments = {"metrics": ["conversations", "negative_share", "rating"], "limit": shown, "filter": own.filter(text=True)}
    if bad_first:
        arguments |= {"filter": {**own.filter(text=True), "conditions": [*own.conditions, "unhappy"]}}
    topics, total = yield [Call("getTopics", arguments), Call("countConversations", {"filter": arguments["filter"]})]
    if not total.figure("conversations").get("value"):
        return (yield from _none(asked))
    groups = topics.data.get("groups", [])
    if not groups:
        return (yield from _keywords(asked, own))
    text = heading("topics by conversations", own.scope(), f"n = {number(total.figure('conversations')['value'])}")
    return text + bullets([_topic(group) for group in groups], numbered=True)


_ALIKE = 0.5
"""Least part of the words of the shorter name that two names of one cause have in common."""


def _one_cause(groups: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Topics whose names say the same are counted together, under the names of all, largest first. A topic model cuts a frequent cause
    into several topics; one by one each may come after a smaller cause that it left whole."""
    merged: list[tuple[set[str], list[Mapping[str, Any]]]] = []
    for group in groups:
        words = {stem(part) for part in parts(group["name"]) if part not in STOP and len(part) > 2}
        near = next((m for m in merged if _same_cause(m[0], words)), None)
        if near is None:
            merged.append((words, [group]))
        else:
            near[1].append(group)
    found = [_together(alike) for _, alike in merged]
    return sorted(found, key=lambda group: -group["conversations"])


def _same_cause(one: set[str], other: set[str]) -> bool:
    """One word in common is enough only where it is nearly all that both say."""
    shared, least = len(one & other), min(len(one), len(other))
    return shared >= max(2, _ALIKE * least) or (shared == 1 == least and max(len(one), len(other)) <= 2)


def _together(alike: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(alike) == 1:
        return alike[0]
    figures = []
    for metric in dict.fromkeys(figure["metric"] for group in alike for figure in group["figures"]):
        same = [figure for group in alike for figure in group["figures"] if figure["metric"] == metric and figure.get("value") is not None]
        n = sum(figure.get("n") or 0 for figure in same)
        if same and n and same[0]["unit"] != "count":
            figures.append({**same[0], "value": sum(figure["value"] * (figure.get("n") or 0) for figure in same) / n, "n": n})
    return {
        **alike[0], "name": " / ".join(group["name"] for group in alike), "figures": figures,
        "conversations": sum(group["conversations"] for group in alike),
    }  # fmt: skip


def _topic(group: Mapping[str, Any]) -> str:
    figures = {figure["metric"]: figure for figure in group["figures"]}
    text = f"**{group['name']}**: {counted(group['conversations'], 'conversations')}"
    if figures.get("negative_share", {}).get("value") is not None:
        text += f", {measured(figures['negative_share'])} negative"
    if figures.get("rating", {}).get("value") is not None:
        text += f", rated {figures['rating']['value']:.2f}"
    return text


GROWTH_DAYS = 14
"""Two weeks against the two before: long enough to hold each weekday twice."""


def growing_topics(asked: Asked) -> Answer:
    """Topics by how their number of conversations moved between two periods."""
    reading = asked.reading
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "topic" or link.negated))
    now, before = periods(reading) if reading.period else _last_days(reading)
    falling = bool(reading.slots.says(r"shrink\w*|declin\w*|fad(?:e|ing)|dying|fall\w*|decreas\w*|less|fewer|down"))
    arguments = {"metrics": ["conversations"], "limit": 50}
    new, old = yield [Call("getTopics", {**arguments, "filter": own.filter(period=span, text=True)}) for span in (now, before)]
    if new.error or old.error:
        return heading("topics", own.scope()) + str(new.error or old.error)
    counts = {group["name"]: [0, group["conversations"]] for group in old.data.get("groups", [])}
    for group in new.data.get("groups", []):
        counts.setdefault(group["name"], [0, 0])[0] = group["conversations"]
    moved = sorted(
        ((now_n - old_n, name) for name, (now_n, old_n) in counts.items()), key=lambda pair: (pair[0] if falling else -pair[0], pair[1])
    )
    moved = [(by, name) for by, name in moved if (by < 0 if falling else by > 0)][: reading.limit or 5]
    word = "falling" if falling else "growing"
    text = heading(f"topics that are {word}", own.scope(period=False), f"{reading.when(now)} vs {reading.when(before)}")
    if not moved:
        return text + f"No topic is {word}{phrase(own)}."
    rows = [
        f"**{name}** {'fell' if falling else 'rose'}: {counted(counts[name][0], 'conversations')} now, {number(counts[name][1])} before"
        for _, name in moved
    ]
    return text + bullets(rows, numbered=True)


def _last_days(reading: Reading) -> tuple[Period, Period]:
    since = reading.today - timedelta(days=GROWTH_DAYS - 1)
    now = Period(since, reading.today, "range")
    return now, Period(since - timedelta(days=GROWTH_DAYS), since - timedelta(days=1), "range")


def _keywords(asked: Asked, reading: Reading) -> Answer:
    """Where there are no topics yet, what words stand out."""
    (output,) = yield [
        Call(
            "getBreakdown",
            {"dimension": "keyword", "metrics": ["conversations"], "limit": reading.limit or 8, "filter": reading.filter(text=True)},
        )
    ]
    groups = output.data.get("groups", [])
    if not groups:
        return (
            heading("topics", reading.scope()) + "There are no topics yet: they are found once some dozens of conversations are analysed."
        )
    return heading("keywords by conversations (no topics are found yet)", reading.scope()) + bullets(
        [f"**{g['name']}**: {counted(g['conversations'], 'conversations')}" for g in groups], numbered=True
    )


_PRAISE = r"love|loves|like (?:most|best|about)|likes? (?:most|best|about)|prais\w*|happy (?:about|with)|enjoy\w*|appreciat\w*|compliment\w*|positive feedback|goes well|going well|works? well|satisfied with|good feedback"


def complaints(asked: Asked) -> Answer:
    """What conversations that went badly are about, with quotes."""
    reading = asked.reading
    kept = {"negative", "unhappy", "unresolved", "handover", "abandoned", "tool_failed"}
    if reading.slots.says(
        r"(?:frustrated|angry|annoyed|furious|irritated) (?:\w+ )?(?:users?|customers?|people|folks|clients?|conversations?|chats?)"
    ):
        kept.add("frustrated")
    conditions = tuple(c for c in reading.conditions if c in kept) or ("unhappy",)
    praised = bool(reading.slots.says(_PRAISE)) and not reading.slots.says(r"complain\w*|not|bad|worst|problems?")
    conditions = ("happy",) if praised else conditions
    own = replace(reading, conditions=conditions)
    filter = own.filter(text=True)
    arguments: dict[str, Any] = {"filter": own.filter(), "order": "best" if praised else "worst", "limit": 3}
    if reading.subject:
        arguments["query"] = reading.subject
    topics, quotes, total, whole = yield [
        Call("getTopics", {"metrics": ["conversations", "rating"], "limit": 20, "filter": own.filter(text=True)}),
        Call("getQuotes", arguments),
        Call("countConversations", {"filter": filter}),
        Call("countConversations", {"filter": replace(reading, conditions=()).filter(text=True)}),
    ]
    everything = whole.figure("conversations").get("value")
    if not everything and reading.subject and not reading.slots.framed:
        return (yield from complaints(replace(asked, reading=replace(reading, subject=""))))
    if not everything:
        return (yield from _none(replace(asked, reading=replace(reading, conditions=()))))
    bad = total.figure("conversations").get("value") or 0
    text = heading("what went well" if praised else "complaints", reading.scope())
    if not bad:
        return (
            text
            + f"None of {counted(everything, 'conversations')}{phrase(reading)}, {reading.when()}, went {'well' if praised else 'badly'}."
        )
    found = quotes.data.get("conversations", [])
    text += f"**{number(bad)} of {counted(everything, 'conversations')}**{phrase(reading)} went {'well' if praised else 'badly'}, {reading.when()}."
    groups = _one_cause(topics.data.get("groups", []))[: reading.limit or 5]
    if groups:
        text += " They are about:\n" + bullets([_topic(group) for group in groups], numbered=True)
    if found:
        text += "\n\nIn their words:\n" + bullets([quoted(one) for one in found])
    elif reading.subject:
        text += f"\nNone of them mentions “{reading.subject}”."
    return text


# --- Conversations and quotes ------------------------------------------------------------------------------------------


def _search(reading: Reading, limit: int) -> dict[str, Any]:
    order = "newest"
    slots = reading.slots
    if reading.bad or "unhappy" in reading.conditions or "negative" in reading.conditions or "frustrated" in reading.conditions:
        order = "most_frustrated" if "frustration" in reading.metrics or "frustrated" in reading.conditions else "worst"
    elif reading.bad is False:
        order = "best"
    if slots.says("longest"):
        order = "longest"
    elif slots.says("shortest"):
        order = "shortest"
    elif slots.says("oldest|earliest|first (?:conversation|chat)"):
        order = "oldest"
    elif slots.says(r"(?:lowest|worst)[ -]rated|lowest rating"):
        order = "lowest_rated"
    elif slots.says(r"(?:highest|best|top)[ -]rated|highest rating"):
        order = "highest_rated"
    arguments: dict[str, Any] = {"filter": reading.filter(), "order": order, "limit": limit}
    query = (reading.slots.phrase if reading.subject == reading.slots.subject else reading.subject) or " ".join(reading.slots.quoted)
    if query:
        arguments["query"] = query
    return arguments


_TROUBLE = r"could ?n[o'’]t|can(?:not|['’]t| not)|did ?n[o'’]t|was ?n[o'’]t|is ?n[o'’]t|never|unable to|fail\w*|wrong(?:ly)?|broke\w*|broken|crash\w*|errors?|bugs?|charged|overcharged|double|twice|missing|lost|late|delayed|stuck|rude|refus\w*|reject\w*|allerg\w*|complain\w*|angry|problems?|issues?|trouble|not (?:work\w*|arriv\w*|receiv\w*|get\w*|come|help\w*)"
_CONTENT = (
    r"happy|satisf\w+|pleased|thank\w*|grateful|prais\w*|lov(?:e|ed|es)|good|great|positive|success\w*|delight\w*|went well|compliment\w*"
)
_SHOWN = r"(?:to|for) (?:\w+ )?(?:investors?|prospects?|marketing|the (?:press|website|board)|a (?:case study|pitch|demo))|testimonials?|success stor(?:y|ies)|show ?case|proud"
_JUDGED = frozenset({"unhappy", "happy", "negative", "positive", "frustrated", "low_rated", "high_rated", "tool_failed", "neutral"})


def _mood(reading: Reading) -> str | None:
    """unhappy | happy: how the conversations went that a question about a subject asks for; None where it does not say, or says
    it by a condition of its own."""
    says = reading.slots.says
    if set(reading.conditions) & _JUDGED or reading.thresholds or not reading.subject:
        return None
    if says(_TROUBLE) or reading.bad:
        return "unhappy"
    return "happy" if reading.bad is False or says(_CONTENT) or says(_SHOWN) else None


def _found(asked: Asked, tool: str, limit: int) -> Generator[Sequence[Call], Sequence[Output], Output]:
    """Conversations about the subject that went as it says; else about the subject; else, where the words were no frame of a subject,
    those of the rest of the question."""
    reading = asked.reading
    plain = _search(reading, limit)
    attempts = [plain]
    if mood := _mood(reading):
        attempts = [{**plain, "filter": {**plain["filter"], "conditions": [*reading.conditions, mood]}}, plain]
    if topics := [link for link in reading.of_kind("topic") if link.score < 100]:  # a likeness to a topic's name: its words mean more
        loose = replace(reading, links=tuple(link for link in reading.links if link not in topics))
        attempts.append({**_search(loose, limit), "query": " ".join(link.text for link in topics)})
    if reading.subject and not reading.slots.framed and (reading.links or reading.conditions or reading.thresholds or reading.languages):
        attempts.append(_search(replace(reading, subject="", slots=replace(reading.slots, subject="", phrase="", quoted=())), limit))
    output = Output()
    for arguments in attempts:
        (output,) = yield [Call(tool, arguments)]
        if output.error or output.data.get("conversations"):
            break
    return output


def examples(asked: Asked) -> Answer:
    """Conversations that fit, with ids and quotes."""
    reading = asked.reading
    if reading.slots.conversation_ids and not reading.subject:
        return (yield from conversation_detail(asked))
    wanted = reading.limit or (
        1
        if reading.slots.says(
            r"(?:the|our) (?:\w+ )?(?:longest|shortest|worst|best|latest|last|newest|oldest|most \w+|single)(?: \w+)? (?:conversation|chat|dialogue|dialog|session|transcript|interaction|one)|an? (?:example|conversation|chat|transcript|dialogue|session|case|instance)|one (?:example|conversation|chat|transcript)"
        )
        else 3
    )
    output = yield from _found(asked, "getConversations", min(wanted, 20))
    if output.error:
        return heading("conversations", reading.scope()) + output.error
    found = output.data.get("conversations", [])
    if not found and reading.subject:
        (plain,) = yield [Call("countConversations", {"filter": reading.filter()})]
        if not plain.figure("conversations").get("value"):
            return (yield from _none(replace(asked, reading=replace(reading, subject=""))))
        return (
            heading("conversations", reading.scope())
            + f"I found no conversation about “{reading.subject}” among {counted(plain.figure('conversations')['value'], 'conversations')}{phrase(reading)}, {reading.when()}."
        )
    if not found:
        return (yield from _none(asked))
    text = heading("conversations", reading.scope())
    if len(found) == 1:
        one = found[0]
        return (
            text
            + f"**`{one['id']}`**: {quoted(one, id=False)}, about {one['product']}{', ' + str(one['topic']) if one.get('topic') else ''}."
        )
    return text + bullets([f"`{one['id']}`: {quoted(one, id=False)}" for one in found], numbered=True)


def quotes(asked: Asked) -> Answer:
    """What users said, word for word."""
    reading = asked.reading
    output = yield from _found(asked, "getQuotes", min(reading.limit or 4, 15))
    if output.error:
        return heading("quotes", reading.scope()) + output.error
    found = output.data.get("conversations", [])
    if not found and reading.subject:
        return (
            heading("quotes", reading.scope())
            + f"Nobody said anything about “{reading.subject}”{phrase(reading)}, {reading.when()}, that I could find."
        )
    if not found:
        return (yield from _none(asked))
    return heading("quotes", reading.scope()) + bullets([quoted(one) for one in found])


def conversation_detail(asked: Asked) -> Answer:
    """One conversation that is named by its id."""
    reading = asked.reading
    wanted = reading.slots.conversation_ids
    if not wanted:
        return (yield from examples(replace(asked, reading=replace(reading, limit=reading.limit or 1))))
    (output,) = yield [Call("getConversationDetail", {"conversation": wanted[0]})]
    if output.error:
        return heading("one conversation") + f"I know no conversation {wanted[0]}. {output.error}"
    one, turns, analysis = output.data["conversation"], output.data["transcript"], output.data.get("analysis") or {}
    text = heading(f"conversation {one['id']}")
    text += f"**{one['id']}**: {one['user']}{', ' + one['organization'] if one.get('organization') else ''}, with {one['product']}, {day(one['at'])}, {counted(one['messages'], 'messages')}."
    if one.get("summary"):
        text += f" {one['summary']}"
    facts = [f"rated {one['rating']:g}" if one.get("rating") is not None else "not rated"]
    facts += [
        f"{name} {one[key]:.2f}"
        for name, key in (("sentiment", "sentiment"), ("frustration", "frustration"), ("quality", "qualityIndex"))
        if one.get(key) is not None
    ]
    facts += [f"topic {one['topic']}"] if one.get("topic") else []
    facts += [f"flags: {', '.join(analysis['flags'])}"] if analysis.get("flags") else []
    text += "\n" + ", ".join(facts) + ".\n\n"
    said_lines = [f"{_ROLES.get(turn['role'], turn['role'])}: {_short(str(turn['text'] or ''))}" for turn in turns[:12]]
    return (
        text
        + bullets(said_lines)
        + (f"\n({number(len(turns))} turns in all.)" if len(turns) > 12 and len(turns) == one["messages"] else "")
    )


_ROLES = {
    "user_message": "User",
    "assistant_message": "Assistant",
    "final_response": "Assistant",
    "tool_call": "Tool call",
    "tool_error": "Tool error",
}


def _short(text: str, length: int = 220) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"


# --- People ------------------------------------------------------------------------------------------------------------


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
    return _profile(output, reading)


def _profile(output: Output, reading: Reading) -> str:
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
    lines = [_measure(f) for f in figures.values() if f["metric"] != "conversations" and f.get("value") is not None]
    text += bullets(lines)
    if output.data["topics"]:
        text += "\n- talks about: " + ", ".join(f"{t['name']} ({number(t['conversations'])})" for t in output.data["topics"])
    if user.get("events"):
        text += "\n- events: " + ", ".join(f"{e['type']} on {day(e['at'])}" for e in user["events"][:4])
    latest = output.data["conversations"][:3]
    return text + "\n\nLatest conversations:\n" + bullets([f"`{one['id']}`: {quoted(one, who=False, id=False)}" for one in latest])


def _measure(figure: Mapping[str, Any]) -> str:
    rests = f", n = {number(figure['n'])}" if figure["metric"] == "rating" else ""
    return f"{figure['title']}: {said(figure)}{rests}"


def at_risk(asked: Asked) -> Answer:
    """Who is most likely to leave, and on what grounds."""
    reading = asked.reading
    who = (
        "organization"
        if reading.dimension == "organization" or reading.slots.says(r"accounts?|organi[sz]ations?|compan(?:y|ies)|orgs?|clients?")
        else "user"
    )
    shown = reading.limit or 5
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
    rows = [
        f"**{one['name']}**: {number(one['badConversations'])} of {counted(one['conversations'], 'conversations')} went badly{_grounds(one)}, last on {day(one['lastAt'])} (risk {one['risk']:.2f})"
        for one in found
    ]
    return heading(
        f"{who}s at risk, highest first",
        own.scope(),
        "risk 0 to 1: bad conversations, frustration, falling sentiment, negative events; it ranks, it is no probability",
    ) + bullets(rows, numbered=True)


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


# --- Overviews ---------------------------------------------------------------------------------------------------------


def summary(asked: Asked) -> Answer:
    """The standard briefing of a scope: level, what people talk about, what went badly, examples."""
    reading = asked.reading
    own = replace(reading, conditions=reading.conditions)
    calls = [
        Call("getProductAnalytics", {"filter": own.filter(text=True)}),
        Call("getTopics", {"metrics": ["conversations", "negative_share"], "limit": 4, "filter": own.filter(text=True)}),
        Call(
            "getConversations",
            {"filter": {**own.filter(), "conditions": [*own.conditions, "unhappy"]}, "order": "worst", "limit": 2}
            | ({"query": reading.subject} if reading.subject else {}),
        ),
    ]
    if reading.period and reading.period.since:
        calls.append(Call("comparePeriods", _compared_periods(own)))
    level_of, topics, worst, *compared = yield calls
    if level_of.error:
        return heading(reading.scope()) + level_of.error
    figures = {figure["metric"]: figure for figure in level_of.data["figures"]}
    if not figures["conversations"]["value"]:
        return (yield from _none(asked))
    text = heading("briefing", own.scope())
    text += f"**{counted(figures['conversations']['value'], 'conversations')}** by {counted(figures['users']['value'], 'users')}{phrase(own)}, {own.when()}.\n"
    lines = [_measure(f) for name, f in figures.items() if name not in ("conversations", "users") and f.get("value") is not None]
    text += bullets(lines)
    if compared and not compared[0].error:
        moved = [c for c in compared[0].data["changes"] if clear(c) and c["other"] is not None]
        if moved:
            text += (
                "\n\nAgainst the period before: "
                + "; ".join(
                    f"{c['title']} {measured({'value': c['value'], 'unit': c['unit']})} after {measured({'value': c['other'], 'unit': c['unit']})}"
                    for c in moved[:4]
                )
                + "."
            )
    groups = topics.data.get("groups", [])
    if groups:
        text += "\n\nPeople talk about: " + ", ".join(f"{g['name']} ({number(g['conversations'])})" for g in groups) + "."
    found = worst.data.get("conversations", [])
    if found:
        text += "\n\nWent worst:\n" + bullets([quoted(one) for one in found])
    return text


def _compared_periods(reading: Reading) -> dict[str, Any]:
    now, before = periods(reading)
    return {
        "filter": {**reading.filter(text=True), **days(now)},
        "previousSince": days(before).get("since"),
        "previousUntil": days(before).get("until"),
    }


def list_entities(asked: Asked) -> Answer:
    """The names of products, models, organizations ..."""
    reading = asked.reading
    dimension = reading.dimension or "product"
    if dimension in ("event_type", "segment"):
        names = [name.text for name in asked.setting.names.of_kind(dimension)]
        yield [Call("countConversations")]
        return heading(dimension.replace("_", " ") + "s") + (
            bullets(names[:30]) if names else f"There are no {dimension.replace('_', ' ')}s yet."
        )
    if dimension in ("conversation", "day", "week", "month"):
        return (yield from examples(asked))
    own = replace(
        reading,
        dimension=dimension,
        metrics=("conversations",),
        limit=reading.limit or 20,
        order="highest",
        links=tuple(link for link in reading.links if link.kind != dimension),
    )
    return (yield from breakdown(replace(asked, reading=own)))


def prompt_versions(asked: Asked) -> Answer:
    """Versions of prompts side by side."""
    reading = asked.reading
    metrics = list(
        dict.fromkeys(
            [*[m for m in reading.metrics if m != "conversations"], "rating", "sentiment", "frustration", "quality_index", "conversations"]
        )
    )[:5]
    own = replace(reading, links=tuple(link for link in reading.links if link.kind != "prompt_version"))
    named = [name.id for link in reading.of_kind("prompt_version") for name in link.names]
    (output,) = yield [Call("getPromptAnalytics", {"metrics": metrics, "filter": own.filter(text=True), "limit": 12})]
    if output.error:
        return heading("prompt versions", reading.scope()) + output.error
    groups = [g for g in output.data.get("groups", []) if not named or g["id"] in named or len(named) == 1]
    if not groups:
        return (
            heading("prompt versions", reading.scope())
            + "No conversation names a prompt version. Send `systemPrompt` with `externalPromptId` in `POST /api/v1/messages`; each change of its content is a new version."
        )
    metric = metrics[0]
    rated = [g for g in groups if g["figures"][0].get("value") is not None]
    text = heading(f"prompt versions by {rated[0]['figures'][0]['title'] if rated else metric}", own.scope())
    rows = []
    for group in groups:
        parts = [
            f"{f['title']} {measured(f)}" + (f" (n = {number(f['n'])})" if f["metric"] == "rating" else "")
            for f in group["figures"]
            if f.get("value") is not None and f["unit"] != "count"
        ]
        rows.append(f"**{group['name']}**: " + ", ".join([*parts, counted(group["conversations"], "conversations")]))
    if len(rated) > 1:
        best, worst = rated[0], rated[-1]
        text += f"**{best['name']}** does best: {said(best['figures'][0])}; **{worst['name']}** worst: {said(worst['figures'][0])}.\n\n"
    return text + bullets(rows)


__all__ = [
    "at_risk",
    "complaints",
    "conversation_detail",
    "examples",
    "level",
    "list_entities",
    "prompt_versions",
    "quotes",
    "ranking",
    "spoken",
    "summary",
    "top_topics",
    "user_profile",
]
