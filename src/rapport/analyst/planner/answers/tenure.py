"""People or companies by when they came: no figure tells that of many at once, so it is said, and how to ask it of one."""

import re

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, day, heading
from rapport.analyst.planner.reading import Reading

_CAME = r"(?:joined|signed up|came aboard|came on board|onboarded|arrived|started with us|registered|became (?:a )?customers?)(?: us)? (?:\w+ )?(?:most recently|last|first|latest|earliest|longest ago)|(?:been|stayed|stuck) (?:with us|around|here|(?:a |our )?(?:users?|customers?|clients?|companies))(?: for)? (?:the )?(?:longest|shortest)|(?:newest|oldest|longest[- ](?:standing|serving|running)|most recently (?:joined|added)) (?:\w+ )?(?:users?|persons?|people|customers?|clients?|accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|members?|regulars?)"
_GONE = r"(?:longest|greatest|biggest|lengthiest) (?:absences?|silences?|gaps?|pauses?|breaks?)|(?:been|gone|stayed|was|were) (?:away|silent|quiet|absent|missing|inactive|idle|dark|unseen)(?: from us)?(?: for)? (?:the )?longest|longest (?:time )?(?:silent|absent|away|inactive|unseen|since|without (?:a |any )?(?:chat|conversation|word|contact)s?)|least recently"
_JOINS = re.compile(r"sign|join|regist|activat|onboard|trial", re.I)
"""An event that tells when somebody came: people are then listed by that."""
_INTENTS = frozenset("ranking list_entities count level breakdown user_profile summary facts outcomes".split())


def wanted(reading: Reading) -> bool:
    """Whether people or companies are asked for by when they came: "who has been with us the longest"."""
    if reading.intent not in _INTENTS or reading.of_kind("user", "organization") or any(_JOINS.search(event) for event in reading.events):
        return False
    return bool(reading.slots.says(_CAME) or reading.slots.says(_GONE))


def tenure(asked: Asked) -> Answer:
    """What cannot be told, and since when anything is known."""
    if asked.reading.slots.says(_GONE):
        return heading("when they were last here") + (
            "I cannot rank people or companies by how long they have been away. I can list who has not been in touch for a time that you"
            " name, such as “Which users had 5 or more chats but none in the last 14 days?”."
        )
        yield []
    (whole,) = yield [Call("countConversations")]
    first = whole.data.get("firstDay")
    since = f" Conversations are logged from {day(first)} on; who was there before is not known." if first else ""
    return heading("when they came") + (
        f"I cannot rank people or companies by when they came: that is told of one at a time.{since}"
        " Ask for one by name, such as “When did NAME first write to us?”."
    )
