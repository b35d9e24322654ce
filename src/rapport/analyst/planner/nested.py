"""A question within a question: "the most loyal person at our largest customer" first asks which customer is the largest."""

import re
from dataclasses import dataclass

from rapport.analyst.planner.reading import Reading

_NOUN = r"customers?|clients?|accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|products?|assistants?|bots?|apps?|models?|users?|person"
_END = r"(?:(?:second|third)[ -])?(?:biggest|largest|smallest|busiest|quietest|best|worst|top|highest|lowest|happiest|unhappiest|angriest|grumpiest|riskiest|shakiest|harshest|kindest|stingiest|weakest|strongest|(?:most|least)[ -][a-z]+)(?:[ -](?:rated|rating|scoring|paying|performing))?"
_INNER = re.compile(
    rf"\b(?:at|of|from|in|within|inside|with|for|by|on|to|did|does|do|has|have|had|about)\s+(?P<inner>(?:our|the|your|my)\s+(?:single\s+|very\s+)?(?P<end>{_END})\s+(?:(?:enterprise|pro|free|paying|\w+-plan)\s+)?(?P<noun>{_NOUN}))\b(?!\s+(?:by|in|on|with|who|that|of|for)\b)",
    re.I,
)
_ASKS = re.compile(
    r"\b(?:who|which|what|how many|how much|how often|how|average|mean|list|name|show|top|most|least|fewest|worst|best|complain\w*|topics?|rating|stars|chats|conversations)\b",
    re.I,
)
_ONLY_NAMES = re.compile(
    r"\W*(?:(?:and|so|please|tell me|do you know|remind me|give me|show me)\W+)*(?:(?:who|what|which)(?:'s| is| are| was)?|(?:what(?:'s| is) )?(?:the )?names?)\W*(?:of)?\W*$",
    re.I,
)
_OF_WHO = re.compile(r"customers?|clients?|accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|users?|person", re.I)
_TELLS = frozenset(
    "count level ranking breakdown trend change why user_profile summary outcomes list_entities tool_failures top_topics complaints examples quotes at_risk".split()
)


@dataclass(frozen=True, slots=True)
class Nested:
    """`inner` is a question by itself; `told` are its words in the question, and `before` and `after` what stands around them."""

    inner: str
    told: str
    before: str
    after: str

    def about(self, name: str) -> str:
        """The question about `name`, which answers the inner one."""
        return f"{self.before}{name}{self.after}"


def nested(reading: Reading, question: str) -> Nested | None:
    """The question that `question` holds in itself; None where it holds none, or names one that it is about."""
    if reading.intent not in _TELLS or reading.slots.unknown or reading.of_kind("user", "organization"):
        return None
    match = _INNER.search(question)
    if match is None or (
        reading.of_kind("product", "model") and not (_OF_WHO.fullmatch(match["noun"]) and match.end() < len(question) - 2)
    ):
        return None
    before, after = question[: match.start("inner")], question[match.end("inner") :]
    if _ONLY_NAMES.match(before) or not _ASKS.search(f"{before} {after}") or re.match(r"\s*,?\s*(?:by|and|or|first)\b", after, re.I):
        return None
    inner = match["inner"].split(maxsplit=1)[1]
    return Nested(f"Which is the {inner}?", match["inner"], before, after)
