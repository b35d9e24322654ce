"""Segments and the inbox: made, listed, looked at and compared."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, joined, measured, number, phrase, quoted
from rapport.analyst.planner.conditions import conditions
from rapport.analyst.planner.days import number as number_of
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.quantities import feelings_of
from rapport.analyst.planner.reading import Reading, spoken

_SEGMENTS = r"(?:seg[emnt]{3,5}s?|cohorts?|audiences?)"
"""The noun, as it is typed in haste too."""
_QUOTES = r"[\"“”'‘’]"
_NAMED = re.compile(
    r"(?:and\s+)?(?:(?:is |be )?(?:called|named|titled|labell?ed|dubbed)|(?:name|call|label|title|dub) (?:it|them|this|that|the \w+)|under the name(?: of)?|name\s*:)\s+"
    rf"{_QUOTES}?(?P<told>[^\"”'’.,:;]+?){_QUOTES}?(?=\s+(?:with|containing|where|who|that|from|for all|of all)\b|[\"”'’.,:;!?]|\s*$)"
    rf"|(?:->|→|=>)\s*(?!(?:an? |new |the )*{_SEGMENTS}\b)(?P<arrow>[A-Z][\w&' -]{{1,60}}?)\s*[.!]*$"
    rf"|(?:\b(?:{_SEGMENTS}|group|bucket)|->|→|=>|\bas)\s*:?\s*[\"“'‘](?P<quoted>[^\"”’']{{1,80}})[\"”'’]",
    re.I,
)
_ASKING = re.compile(
    rf"^.*?\b(?:create_?)?{_SEGMENTS}\b\s*(?:pls|please)?[\s,:]*(?:(?:out )?of|with|for|from|where|containing|that (?:contains|has|holds))?\s*"
    r"(?:all |the |every )*",
    re.I | re.S,
)
_CALLED = re.compile(r"Created the segment \*\*([^*]+)\*\*")
_NUMBER = r"(\d+|an?|one|two|three|four|five|six|ten)"
_UNSEEN = re.compile(
    r"\b(?:inactive|(?:gone |been |fallen )?(?:quiet|silent|absent|away|dormant|dark)|not (?:been )?(?:seen|active|back|heard from)|(?:have|has)(?:n['’]t| not) (?:been (?:seen|active|back|around)|come back|returned|written|chatted))"
    rf"\s+(?:(?:for|in|since|within|over)\s+)?(?:more than |at least )?(?:the )?(?:last |past )?{_NUMBER}\s+(day|week|month)s?",
    re.I,
)  # fmt: skip
_SEEN = re.compile(r"\b(?:active|seen|were here|came back)\s+(?:with)?in (?:the )?(?:last |past )?(\d+)\s+(day|week|month)s?", re.I)
_ROLLING = re.compile(r"\b(?:last|past) (7|30|90) days\b", re.I)
_DAYS = {"day": 1, "week": 7, "month": 30}
_OPERATORS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "eq"}
_MEASURES = {
    "rating": "rating",
    "quality_index": "cqi",
    "frustration": "frustration",
    "conversations": "conversations",
}
_MARKS = r"(?:star )?(?:marks?|ratings?|scores?|stars|grades?|reviews?|raters?)"
_RATED = {
    "low_rated": rf"(?:low|lowly|badly|poorly)[- ]rated|(?:low|poor|bad|terrible|lousy|awful|weak) {_MARKS}|(?:rated|scored|marked|graded) (?:\w+ ){{0,3}}(?:low|poorly|badly)",
    "high_rated": rf"(?:high|highly|well)[- ]rated|(?:high|good|great|top|excellent|strong) {_MARKS}|(?:rated|scored|marked|graded) (?:\w+ ){{0,3}}(?:high|highly|well)",
}
_RULELESS = {
    "user": "single users", "prompt": "prompts", "prompt_version": "prompt versions",
    "topic": "topics", "topic_group": "topics", "segment": "other segments",
}  # fmt: skip


def segment_create(asked: Asked) -> Answer:
    """Makes the segment that the question describes, and says its rules; nothing is made where a part of it is no rule."""
    reading = _outside_its_name(asked.reading)
    missing = _without_rule(reading)
    if not _talked_about(reading):
        reading = replace(reading, subject="")
    arguments = rules_of(reading)
    if missing:
        (output,) = yield [Call("getUserRanking", {"metrics": ["conversations"], "limit": 3, "filter": reading.filter(text=True)})]
        fit = f" {counted(output.data['total'], 'users')} fit today." if output.data.get("total") is not None else ""
        return heading("segment", reading.scope()) + (
            f"No segment was created: a segment cannot have a rule about {joined(missing)}.{fit} Segments are made of properties (such as a"
            " plan), sentiment, frustration, ratings, quality, flags, numbers of conversations, when users were seen, organizations, models, tools, events, products and dates."
        )
    (output,) = yield [Call("createSegment", arguments)]
    if output.error:
        return heading("segment", reading.scope()) + f"No segment was created: {output.error}"
    made = output.data
    if made.get("error"):
        return heading("segment", reading.scope()) + f"No segment was created: {made.get('message', made['error'])}"
    segment = made["segment"]
    text = heading("segment", reading.scope()) + f"Created the segment **{segment['name']}** with {counted(segment['members'], 'users')}."
    return text + "\n\nAll of these hold for each of them:\n" + bullets([*segment["rules"], *_range(reading, arguments, segment)])


def _range(reading: Reading, arguments: Mapping[str, Any], segment: Mapping[str, Any]) -> list[str]:
    """The period and the products of a segment, in words."""
    filters = segment.get("filters", {})
    days = _ROLLING.search(reading.slots.text)
    found = [f"in conversations of the last {days.group(1)} days"] if days and arguments.get("rolling") else []
    if not found and filters.get("dateRange"):
        found.append(f"in conversations of {reading.when()}")
    if filters.get("productIds"):
        products = [name.text for link in reading.of_kind("product") for name in link.names] or [reading.product or "this product"]
        found.append(f"with {joined(products, 'or')}")
    return found


def _outside_its_name(reading: Reading) -> Reading:
    """The reading without the names that only the segment's own name holds ("call it Clinic folks"), each name once."""
    named = [match.span() for match in _NAMED.finditer(reading.slots.text)]
    own = [link for link in reading.slots.links if any(start <= link.start and link.end <= end for start, end in named)]
    kept: dict[tuple[str, bool, tuple[str, ...]], Link] = {}
    for link in reading.links:
        if link not in own or link.kind not in (*_LISTED, "user"):
            kept.setdefault((link.kind, link.negated, tuple(name.id for name in link.names)), link)
    return replace(reading, links=tuple(kept.values()))


def _without_rule(reading: Reading) -> list[str]:
    own = _told_name(reading.slots.text).lower()
    kinds = [_RULELESS[link.kind] for link in reading.links if link.kind in _RULELESS and link.text.lower() not in own]
    kinds += [f"who is left out ({spoken(link)})" for link in reading.links if link.negated and link.kind in _LISTED]
    kinds += ["languages"] if reading.languages else []
    kinds += [f"what people say (“{reading.subject}”)"] if _talked_about(reading) else []
    kinds += [f"{t.metric.replace('_', ' ')} a conversation" for t in reading.thresholds if t.metric not in _MEASURES]
    kinds += [f"who comes first (“{first}”)" for first in _extremes(reading)]
    return list(dict.fromkeys([*kinds, *_without_use(reading)]))


def _extremes(reading: Reading) -> list[str]:
    """ "The most active users": a place among others is no rule."""
    text, name = reading.slots.text, _NAMED.search(reading.slots.text)
    found = [hit for hit in reading.slots.hits if hit.kind == "extreme" and not (name and name.start() <= hit.start < name.end())]
    return [text[hit.start : hit.end] for hit in found if not any(link.start <= hit.start < link.end for link in reading.slots.links)]


_AMOUNT = re.compile(r"(?<![\w.,-])-?\d+(?:[.,]\d+)?(?![\w.]*\d)\+?(?=(?P<part> ?%| percent)?)")


def _without_use(reading: Reading) -> list[str]:
    """Numbers of the question that no rule would hold: a segment without them is another one than was asked for."""
    text = reading.slots.text
    rules = rules_of(reading)
    values = {abs(float(each["value"])) for each in rules.get("measures", ())}
    values |= {abs(each.value) for each in feelings_of(text, "sentiment")}
    held = list(reading.slots.taken) + [match.span() for match in _NAMED.finditer(text)]
    held += [match.span() for pattern in (_UNSEEN, _SEEN, _ROLLING) for match in pattern.finditer(text)]
    left = []
    for match in _AMOUNT.finditer(text):
        value = abs(float(match.group().rstrip("+").replace(",", ".")))
        if any(start < match.end() and match.start() < end for start, end in held):
            continue
        if not {value, value / 100} & values and not (
            value in (1, 2, 4, 5) and {"low_rated", "high_rated"} & set(rules.get("conditions", ()))
        ):
            left.append(f"“{match.group()}” as it stands here")
    return left


def _talked_about(reading: Reading) -> bool:
    """Whether members are told by what they say; the segment's own name is nothing that they say."""
    own = reading.subject.lower() in _told_name(reading.slots.text).lower()
    made = _MAKES.fullmatch(reading.subject)
    return bool(reading.subject and reading.slots.framed and not own and not made and not _time_words(reading))


_MAKES = re.compile(
    r"(?:build|create|make|form|set|save|assemble|establish|define|generate|compile|eye|watch|track|monitor|observe|bucket|basket|roof|pool)(?: (?:eye|watch|track|monitor))?",
    re.I,
)
"""What is done with a segment, and by no member: "users who asked to cancel - build me a segment of them"."""
_LISTED = frozenset({"organization", "model", "product"})
"""Kinds of which a segment can have some, and not all but some."""


def _time_words(reading: Reading) -> bool:
    return bool(_UNSEEN.search(reading.slots.text) or _SEEN.search(reading.slots.text))


def called_so_already(reading: Reading) -> frozenset[str]:
    """Ids of the segments that bear the name that the question's own words give to the one that it wants: the one that was made a moment
    ago, or by the same words before. They are none that it speaks of."""
    name = str(rules_of(reading).get("name", "")).lower()
    return frozenset(name_.id for link in reading.of_kind("segment") for name_ in link.names if name_.text.lower() == name)


def rules_of(reading: Reading) -> dict[str, Any]:
    """The arguments of createSegment that the question stands for."""
    text = reading.slots.text
    told = _told_name(text)
    described = _described(reading, _NAMED.sub("", text))
    given = reading.filter()
    found: dict[str, Any] = {
        "name": (told or described[:1].upper() + described[1:])[:120] or None, "description": described[:500],
        "conditions": [*(name for name in _conditions(reading) if name != "tool_failed" or "failedTools" not in given), *(name for name, said in _RATED.items() if reading.slots.says(said))], "properties": given.get("properties", []), "products": given.get("products", []),
        "organizations": given.get("organizations", []), "models": given.get("models", []), "tools": given.get("tools", []), "failedTools": given.get("failedTools", []), "events": list(reading.events),
        "measures": [*({"measure": _MEASURES[t.metric], "operator": _OPERATORS[t.operator], "value": t.value}
                       for t in reading.thresholds if t.metric in _MEASURES),
                     *({"measure": "sentiment", "operator": _OPERATORS[t.operator], "value": round((t.value + 1) / 2, 4)}  # the rule's scale is 0 to 1
                       for t in feelings_of(text, "sentiment"))],
    }  # fmt: skip
    unseen, seen = _UNSEEN.search(text), _SEEN.search(text)
    if match := unseen or seen:
        found["lastSeen"] = {
            "operator": "before" if unseen else "within",
            "value": f"{number_of(match.group(1).lower()) * _DAYS[match.group(2).lower()]}d",
        }
    elif rolling := _ROLLING.search(text):
        found["rolling"] = f"{rolling.group(1)}d"
    else:
        found |= {key: given[key] for key in ("since", "until") if key in given}
    return {key: value for key, value in found.items() if value}


def _told_name(text: str) -> str:
    wanted = _NAMED.search(text)
    return next((name.strip() for name in wanted.groups() if name), "") if wanted else ""


def _conditions(reading: Reading) -> list[str]:
    """Conditions that the question asks of its people; those of the name ("call it Grumpy") ask for nothing."""
    blank = _NAMED.sub(lambda match: " " * len(match.group()), reading.slots.text)
    named = set(conditions(reading.slots)) - set(conditions(replace(reading.slots, text=blank)))
    return [name for name in reading.conditions if name not in named]


_GATHERED = re.compile(
    r"(?:collect|gather|put|save|store|group|keep|bundle|turn|convert|want|need|like|have|see|get|make)\s+(?:all |the |every )*(.+?)\s+(?:(?:collected|gathered|saved|put|kept|grouped|together) )?(?:in|into|as|to) (?:an?|one)\b.{0,20}\b(?:segment|cohort|audience|group|bucket|basket|pool)\b",
    re.I | re.S,
)
"""What stands before the segment: "collect the enterprise users into a segment"."""
_SAYS_NOTHING = re.compile(
    r"(?:of|out|them|those|these|they|it|that|this|him|her|us|me|you|all|the|a|an|one|please|pls|now|then|and|for|from|with|make|create|build|do|users?|people|customers?|who|are|is|too|new|so|just|same|called|named|ok|thanks)"
)


_TAIL = re.compile(
    r"(?:[\s,.;!?]+(?:so (?:that )?(?:i|we)|in order to|to (?:keep an eye|watch|follow|track|contact|write|call))\b.*|[\s,.;!?]+(?:save|make|keep|store|put|group|create|call|name) (?:them|it|this|these|that)\b.*|[\s,.;]+(?:thx|thanks|please|pls|plz|would you|will you|could you|can you|ok|okay|cheers|ty)\b)*[\s,.;:!?=>→-]*$",
    re.I | re.S,
)
"""What stands behind the members: thanks, and what is to be done with them."""
_TOGETHER = re.compile(r"\s+(?:(?:kept|keep|put|gathered|lumped|all) )*(?:together )?(?:under one roof|in one place|together)$", re.I)


def _cleared(told: str) -> str:
    return _TOGETHER.sub("", _TAIL.sub("", told)).strip(" .!?,:;=>→-")


def _described(reading: Reading, text: str) -> str:
    """The members of a segment in the words of the question; where these only point at them ("of them"), in those of its rules."""
    behind = _ASKING.sub("", text, count=1).strip(" .!?,:;=>→-")
    before = _GATHERED.search(text)
    for told in (before.group(1) if before else "", behind):
        if [word for word in re.findall(r"[\w'’-]+", _cleared(told)) if not _SAYS_NOTHING.fullmatch(word.lower())]:
            return _cleared(told)
    return reading.scope(period=False, subject=False).replace(" · ", ", ")


def segment_list(asked: Asked) -> Answer:
    """All segments with how many users are in each."""
    (output,) = yield [Call("getSegmentList")]
    listed = output.data.get("segments", [])
    text = heading("segments", asked.reading.product or "") + f"**{number(output.data.get('total', 0))}** segments.\n"
    return text + bullets([f"**{one['name']}**: {counted(one['members'], 'users')} ({joined(one['rules'])})" for one in listed[:30]])


def segment_members(asked: Asked) -> Answer:
    """How many are in the segment that was made or named before."""
    named = [name.text for link in asked.reading.of_kind("segment") for name in link.names]
    made = [match.group(1) for turn in asked.before for match in _CALLED.finditer(turn.answer)]
    return (yield from _profile(asked, (named or made[-1:] or [""])[0]))


def segment_profile(asked: Asked) -> Answer:
    """One segment beside everyone else."""
    return (yield from _profile(asked, asked.reading.of_kind("segment")[0].names[0].text))


def _profile(asked: Asked, name: str) -> Answer:
    rest = _outside(asked.reading)
    (output,) = yield [Call("getSegmentAnalytics", {"segment": name, "filter": rest.filter()})]
    text = heading("segment", name, rest.scope())
    if output.error:
        return text + output.error
    segment, others = output.data["segment"], {change["metric"]: change for change in output.data["everyoneElse"]}
    text += f"**{segment['name']}** has {counted(segment['members'], 'users')}: {joined(segment['rules'])}."
    conversations = output.figure("conversations").get("value")
    if not conversations:
        return text + f" They have no conversations, {rest.when()}."
    lines = [
        f"{figure['title']}: {measured(figure)} (n = {number(figure.get('n'))}){_beside(figure, others.get(figure['metric'], {}))}"
        for figure in output.data["figures"]
        if figure["unit"] != "count" and figure.get("value") is not None
    ]
    text += f" {counted(conversations, 'conversations')}, {rest.when()}.\n\n" + bullets(lines)
    topics = [f"{topic['name']} ({number(topic['conversations'])})" for topic in output.data["topics"]]
    return text + (f"\n\nThey talk about: {', '.join(topics)}." if topics else "")


def _beside(figure: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    other = change.get("other")
    return f"; everyone else {measured({**figure, 'value': other})}" if other is not None else ""


def _outside(reading: Reading) -> Reading:
    """The reading without its segments, which the tools take by name, and without the words that named them."""
    return replace(
        reading, links=tuple(link for link in reading.links if link.kind != "segment"), conditions=(), subject="", not_subject=""
    )


def segment_compare(asked: Asked) -> Answer:
    """Segments side by side."""
    reading = asked.reading
    names = list(dict.fromkeys(name.text for link in reading.of_kind("segment") for name in link.names))[:6]
    rest = _outside(reading)
    metrics = list(dict.fromkeys([*(reading.metrics or ("rating", "sentiment", "frustration", "quality_index")), "conversations"]))[:6]
    (output,) = yield [Call("compareSegments", {"segments": names, "metrics": metrics, "filter": rest.filter()})]
    text = heading("segments", " vs ".join(names), rest.scope())
    if output.error:
        return text + output.error
    return text + bullets([_side(side["name"], side["figures"]) for side in output.data["sides"]])


def _side(name: str, figures: Sequence[Mapping[str, Any]]) -> str:
    parts = [
        counted(figure.get("value"), "conversations")
        if figure["unit"] == "count"
        else f"{figure['title']} {measured(figure)} (n = {number(figure.get('n'))})"
        for figure in figures
    ]
    return f"**{name}**: " + ", ".join(parts)


TRIGGERS = {
    "guardrail": "guardrail", "expectation_check": "expectation not met", "novelty": "something new", "manual_review": "flagged by a teammate",
    "revenue_risk": "revenue at risk", "opportunity": "opportunity",
}  # fmt: skip


def inbox_list(asked: Asked) -> Answer:
    """What waits for a review, the most urgent first."""
    reading = replace(asked.reading, subject="", conditions=())
    status = next((s for s in ("dismissed", "reviewed") if reading.slots.says(rf"(?:have been |were |already |the )?{s}")), "unreviewed")
    arguments = {"filter": reading.filter(), "status": status, "limit": min(reading.limit or 5, 20)}
    (output,) = yield [Call("getInbox", arguments)]
    text = heading("inbox", status, reading.scope())
    if output.error:
        return text + output.error
    total = output.data["total"]
    if not total:
        return (
            text
            + f"**0 conversations**{phrase(reading)} are {'waiting for a review' if status == 'unreviewed' else status}, {reading.when()}."
        )
    what = "wait for a review" if status == "unreviewed" else f"are {status}"
    text += f"**{counted(total, 'conversations')}**{phrase(reading)} {what if total != 1 else what.replace('wait ', 'waits ').replace('are ', 'is ')}"
    items = [
        f"**{TRIGGERS.get(item['triggerType'], item['triggerType'])}**: {quoted(item['conversation'])}" for item in output.data["items"]
    ]
    return text + ", the most urgent first:\n" + bullets(items, numbered=True)


def wanted(asked: Asked, intent: str) -> str | None:
    """Which of these answers a reading of another intent is better served by; None where none."""
    reading, says = asked.reading, asked.reading.slots.says
    linked = {name.id for link in reading.of_kind("segment") for name in link.names}
    made = asked.before and _CALLED.search(asked.before[-1].answer)
    if made and says(r"(?:how many|who|size|members?)") and says(r"in (?:it|there|that|this)|members?|that segment|the segment|how big"):
        return "segment_members"
    if intent.startswith(("refuse", "ticket")):
        return None
    if intent == "segment_create":  # nothing is made by a question that only speaks of a segment
        asks = re.match(r"\W*(?:which|what|how many|list|show)\b[^:>]*$", reading.slots.text, re.I)
        return None if says(_MAKING) and not asks else "segment_profile" if linked else "segment_list"
    if len(linked) >= 2 and intent in (
        "compare",
        "level",
        "summary",
        "ranking",
        "breakdown",
        "change",
        "at_risk",
        "list_entities",
        "outcomes",
    ):
        return "segment_compare"
    if (
        linked
        and intent in ("summary", "level", "user_profile", "list_entities", "at_risk", "count", "segment_create")
        and not reading.subject
    ):
        named = reading.metrics and intent == "level"
        return None if named or (intent == "count" and reading.metric not in (None, "users")) else "segment_profile"
    if not linked and says(r"segments?|cohorts?") and intent in ("list_entities", "summary", "count", "breakdown", "ranking", "help"):
        return "segment_list"
    if intent == "inbox" and "getInbox" in asked.tools and not set(reading.conditions) - {"flagged"} and says(_REVIEW):
        return "inbox_list"
    if says(r"(?:the|my|our) inbox") and intent in ("summary", "count", "examples", "list_entities", "recommend", "at_risk"):
        return "inbox_list"
    return None


_MAKING = (
    r"create\w*|would like|'d like|make|build|define|set ?up|save|add|start|form|put|new|turn|group|want|need|give me|collect|gather|store|keep|bundle|assemble|kept|collected|gathered|stored|bundled|grouped|saved|built|made|set aside|filed|convert|establish|have|shall|could|(?:segment|cohort|audience)(?:,? (?:please|pls|plz))?\s*(?:[\"“'‘][^\"”’']{1,80}[\"”’']\s*)?(?:[:,]|->|→|=>|[–—]| - )|(?:->|→|=>)\s*(?:\w+ )?(?:segment|cohort|audience)|segment (?:of|for|from|where|with|the|all|users?|"
    r"people|customers?)|cohort (?:of|for|from|where|with)"
)
_REVIEW = r"inbox|(?:needs?|needing|require\w*|for|to|waiting for|awaiting|un)[ -]?(?:be )?(?:my |our |a |manual |human )*review\w*|reviewed|dismissed|look at|triage|attention"

__all__ = ["inbox_list", "segment_compare", "segment_create", "segment_list", "segment_members", "segment_profile", "wanted"]
