"""Who had a first conversation in a period, and how many: new users, new organizations."""

import re
from dataclasses import replace

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, day, heading, number, phrase
from rapport.analyst.planner.periods import last
from rapport.analyst.planner.reading import Reading

_FIRMS = r"organi[sz]ations?|compan(?:y|ies)|accounts?|firms?|logos"
_PEOPLE = r"(?:users?|customers?|people|clients?|visitors?|faces|persons|contacts|folks|sign-?ups?)"
NEW = (
    rf"(?:brand[- ])?new (?:{_PEOPLE}|{_FIRMS})|first[- ]time (?:{_PEOPLE}|{_FIRMS})|newcomers"
    rf"|(?:{_PEOPLE}|{_FIRMS}|who) (?:\w+ ){{0,4}}for the (?:very )?first time|(?:{_PEOPLE}|{_FIRMS}) (?:are|were|is) new|who(?:['’]s| is| are| was| were) (?:brand[- ])?new(?! \w+(?:ion|el|ol|pt)s?\b)"
)
_LISTED = r"which|who|list|names?|show"
_INTENTS = frozenset("count change level summary list_entities ranking trend at_risk".split())
_SPREAD = r"per|each|every|by|trend\w*|growth|compare\w*|vs\.?|versus|than"
NEW_DAYS = 30
"""Days that "new" means where no period is said."""


def wanted(reading: Reading) -> bool:
    """Whether people or organizations are asked for because they are new, and nothing else of them."""
    told = reading.slots.says(NEW)
    if not told or reading.intent not in _INTENTS or reading.against or reading.slots.says(_SPREAD):
        return False
    return not reading.thresholds and reading.metric in (None, "users", "organizations", "conversations")


def newcomers(asked: Asked) -> Answer:
    """How many are new, of how many that wrote, and the latest of them where they are asked for."""
    reading = asked.reading
    told = reading.slots.says(NEW)
    who = "organization" if told and re.search(_FIRMS, told.group(), re.I) else "user"
    period = reading.period if reading.period and reading.period.since else last(NEW_DAYS, "day", reading.today)
    own = replace(reading, period=period, conditions=(), subject="", links=tuple(k for k in reading.links if k.kind != "user"))
    listed = bool(reading.slots.says(_LISTED))
    (output,) = yield [Call("getNewcomers", {"who": who, "limit": reading.limit or 15, "filter": own.filter()})]
    text = heading(f"new {who}s", own.scope())
    if output.error:
        return text + output.error
    new = output.data["new"]
    text += f"**{counted(new, f'{who}s')}** had {'its' if new == 1 and who == 'organization' else 'their'} first conversation{phrase(own)}, {own.when()}, of {number(output.data['active'])} with a conversation in that time."
    if not (listed and new):
        return text
    rows = [f"**{one['name']}**: first on {day(one['firstDay'])}" for one in output.data["found"]]
    more = f"\nThe latest {len(rows)} of them:\n" if len(rows) < new else "\n"
    return text + "\n" + more + bullets(rows, numbered=len(rows) > 1)
