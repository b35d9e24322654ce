"""People counted by how many different things they used: no tool tells that, so it is said, beside how many used each."""

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading
from rapport.analyst.planner.reading import Reading

_SEVERAL = r"at least (?:two|three|four|2|3|4)|more than (?:one|two|three|1|2|3|just one|a single)|(?:two|three|2|3) or more|several|multiple|both|all(?: four| three| of)?|exactly (?:one|two|three|1|2|3)|only (?:\w+ )?(?:one|a single)|just one|a single|more than a single|not just one|never more than one"
_THINGS = {
    "product": r"products?|assistants?|bots?|chatbots?|apps?",
    "model": r"models?|llms?",
    "tool": r"tools?",
    "language": r"languages?",
    "topic": r"topics?",
}
_USED = r"tr(?:y|ies|ied|ying)|us(?:e|es|ed|ing)|talk(?:s|ed|ing)?|chat(?:s|ted|ting)?|sp(?:eak|oke|oken)|touch(?:es|ed)?|work(?:s|ed)? with|visit(?:s|ed)?|wr(?:ite|ites|ote)|switch\w*|hop\w*|on|active|tested"
_WHO = r"who|whoever|users?|people|persons?|customers?|accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|clients?|individuals?|everyone|everybody|anyone|anybody|those|heads|souls"


def wanted(reading: Reading) -> bool:
    """Whether people are asked for by how many things they used."""
    return reading.intent in _COUNTING and _kind(reading) is not None


def _kind(reading: Reading) -> str | None:
    """The kind of thing of which they used several, or only one: "who has tried at least two of our assistants"."""
    says = reading.slots.says
    if not says(_WHO):
        return None
    for kind, nouns in _THINGS.items():
        several = says(rf"(?:{_SEVERAL}) (?:(?:of|our|the|these|those|your|different|distinct|separate|single) )*(?:{nouns})")
        if several and says(rf"(?:{_WHO})\b.{{0,60}}\b(?:{_USED})") and len(reading.of_kind(kind)) == 0:
            return kind
    return None


_COUNTING = frozenset("count ranking list_entities breakdown level compare outcomes user_profile summary".split())


def across(asked: Asked) -> Answer:
    """What cannot be told, and how many people used each."""
    reading = asked.reading
    kind = str(_kind(reading))
    group = "organizations" if reading.slots.says(r"accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|clients?") else "users"
    (output,) = yield [
        Call(
            "getBreakdown",
            {"dimension": kind, "metrics": [group, "conversations"], "order": "highest", "limit": 12, "filter": reading.filter()},
        )
    ]
    text = heading(f"{group} by {kind}", reading.scope())
    text += f"I cannot tell which {group} used several {kind}s, or only one: each figure here is of one {kind} at a time."
    if output.error:
        return text
    rows = [f"**{one['name']}**: {counted(one['figures'][0]['value'], group)}" for one in output.data.get("groups", ())]
    return f"{text} Of each alone:\n{bullets(rows)}" if rows else text
