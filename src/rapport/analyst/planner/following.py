"""A question that leans on the one before ("and last month?"), completed from it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner import dates, lexicon
from rapport.analyst.planner.asked import EMPLOYER, USED_MOST, counts_heads, order_of
from rapport.analyst.planner.choosing import LEAST
from rapport.analyst.planner.conditions import FELL_OVER
from rapport.analyst.planner.filing import holds_back
from rapport.analyst.planner.forced import forced
from rapport.analyst.planner.leaning import asks_who_of_them
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.pointing import LIST_ITEM, NAMED, named_in, pointed_at
from rapport.analyst.planner.reading import Reading, shifted
from rapport.analyst.planner.scoping import joined
from rapport.analyst.planner.setting import Setting
from rapport.analyst.planner.slots import Slots

_FILES = re.compile(
    r"\W*(?:yes|yep|yeah|ok(?:ay)?|sure|fine|perfect|great|looks? (?:good|fine)|lgtm|approved?|confirm\w*|go ahead|do it|submit|file it|create it|ship it|all good|that(?: is|'s)? (?:fine|good|right))\b",
    re.I,
)
_BESIDE = re.compile(r"^(?:and |or )?(?:vs\.?|versus|compared? (?:it |that |this )?(?:to|with)|against|than)\b", re.I)
_OTHER_END = re.compile(
    r"\W*(?:and|or|what about|how about|now|ok)?\W*(?:which (?:one )?(?:is|was|has) )?(?:the |their |our |his |her |(?:people|users|customers|everyone)(?:['’]s|s['’]) |who is the |who has the )?(?:(?:least |most )?favou?rite|best|worst|highest|lowest|least|most|fewest|bottom|top|second)\b",
    re.I,
)


def follow(previous: Reading, reading: Reading, answers: Sequence[str], setting: Setting) -> Reading:
    """`reading` with what it leaves out taken from `previous`."""
    payload = reading.intent == "ticket_create" and "{" in reading.slots.text  # whatever the draft's own words compare or count
    if payload or _files_the_draft(previous, reading.slots):
        return replace(reading, intent="ticket_create", follows=True)
    own = _own_intent(previous, reading)
    pointed = pointed_at(previous, reading.slots, answers, setting)
    if _asks_the_place(previous, reading, own) and not (answers and LIST_ITEM.search(answers[-1])):
        pointed, reading = (), replace(reading, dimension=previous.dimension, order=previous.order)
    carried = _carried(previous, reading, own, pointed)
    carried = _beside_a_period(previous, reading, carried)
    if _sets_beside(previous, reading):
        carried = replace(carried, intent="compare", links=(*previous.links, *reading.links))
    if _turns_over(previous, reading):
        carried, pointed = _turned_over(previous, carried, own), ()
    if pair := _pair(previous, reading.slots):
        carried = replace(carried, intent="compare", links=pair)
    other = (
        reading.dimension in ("product", "model", "tool", "topic")
        and reading.dimension != previous.dimension
        and reading.slots.says("which|what")
    )
    if carried.intent == "ranking" and previous.intent == "ranking" and pointed and not other:
        told = "level" if _says_metric(reading.slots, reading) and own in (None, "ranking") else own
        carried = replace(carried, intent="user_profile" if told in (None, "ranking") else told)
    if carried.of_kind("user") and reading.slots.says(EMPLOYER) and not _says_metric(reading.slots, reading):
        carried = replace(carried, intent="user_profile", dimension=None)
    if own == "count" and not reading.metrics and _HOW_OFTEN.search(reading.slots.text):
        carried = replace(carried, metrics=("conversations",))
    carried = _on_that_day(previous, _as_a_level(own, carried), answers, setting)
    carried = _onset(previous, _property_of(reading, carried), answers, setting)
    if previous.intent == "outcomes" and carried.intent == "count" and counts_heads(reading.slots) and reading.slots.says(_STOOD_BEHIND):
        carried = replace(carried, intent="outcomes", events=previous.events, metrics=(), dimension=None, conditions=())
    if asks_who_of_them(previous, reading):
        carried = replace(carried, intent="outcomes", events=previous.events, metrics=(), subject="")
    return _strange(_about(previous, carried, by_itself=own is not None, points=bool(pointed)))


_STOOD_BEHIND = r"behind|involved|of (?:them|those|these)|account(?:s|ed)? for|ma[dk]e (?:up )?(?:that|those|these|them|it)|did (?:that|so|it)|asked|different|is that|are that|was that|were that"
""" "How many people are behind the first one?" after events of companies: those who had such an event."""

_WHICH_OF_THEM = r"which (?:one|of (?:them|those|these))"

_ANOTHER = re.compile(
    r"\W*(?i:(?:and|ok|so|now|then|but|or)\W+)*?(?i:and|(?:what|how) (?:about|of)|same (?:for|with|of|on|thing for)|the same (?:for|with|of|on)|ditto(?: for)?|likewise for|for|versus|vs\.?|compared (?:to|with))\s+"
    r"(?P<name>[a-z]+-[\w.-]*\d[\w.-]*\w|[A-Z][\w&.-]+(?: (?:of |and |& )?[A-Z][\w&.-]*)*)(?:[,\s]+(?i:please|pls|then|now|too|as well))*\W*$"
)
""" "And what about Gorbal Freight Ltd?": what has a capital there is a name."""


def _asks_the_place(previous: Reading, reading: Reading, own: str | None) -> bool:
    """ "And who is the runner-up?" after a ranking: the next place of the same one."""
    slots = reading.slots
    bare = not (reading.links or _says_metric(slots, reading) or reading.events) and len(slots.words) <= 6
    return bool(previous.intent == "ranking" and (slots.ordinal or 0) > 1 and not slots.says("other") and own in (None, "ranking") and bare)


def _strange(carried: Reading) -> Reading:
    """ "Same for Zanzibar Toys?": a name that nobody has stands for no one of the question before."""
    slots = carried.slots
    told = (
        slots.links or slots.dates or slots.languages or slots.metrics or slots.dimensions or slots.events_said or slots.values("polarity")
    )
    named = None if told else _ANOTHER.match(slots.text)
    unknown = (named["name"],) if named else slots.unknown or (slots.stray if carried.intent not in _OF_A_SUBJECT[:2] else ())
    if not unknown:
        return carried
    kept = tuple(link for link in carried.links if link.kind not in ("user", "organization"))
    return replace(carried, links=kept, slots=replace(slots, unknown=unknown))


def with_the_first(previous: Reading, reading: Reading, answers: Sequence[str], setting: Setting) -> Reading:
    """Cases are shown of the first that a ranking named; so it is with what its figure rests on."""
    listed = previous.intent in ("ranking", "tool_failures") and reading.intent in ("examples", "quotes", "count") and answers
    if not listed or previous.dimension in ("conversation", "day", "week", "month"):
        return reading
    items = LIST_ITEM.findall(answers[-1])
    body = re.sub(r"^\*[^*\n]+\*\n+", "", answers[-1])
    kind = "tool" if previous.intent == "tool_failures" else previous.dimension if previous.dimension in NAMED else None
    first = named_in(items[0] if items and LIST_ITEM.match(body) else body, kind, setting)
    return replace(reading, links=joined(reading.links, first, reading.slots))


def _files_the_draft(previous: Reading, slots: Slots) -> bool:
    return bool(
        previous.intent in ("ticket_draft", "ticket_create")
        and _FILES.match(slots.text)
        and not holds_back(slots.text)
        and not slots.says(r"another|new ticket|instead|draft|how|what|which|why|who")
    )


def _carried(previous: Reading, reading: Reading, own: str | None, pointed: tuple[Link, ...]) -> Reading:
    """Every slot that the question does not fill itself. Dimension, order and limit belong to the intent, and go with the old one."""
    slots = reading.slots
    metrics = reading.metrics if _says_metric(slots, reading) else previous.metrics
    kept = previous if own is None else None
    return replace(
        reading,
        intent=own or previous.intent,
        metrics=metrics,
        dimension=reading.dimension or (previous.dimension if kept or slots.says(_WHICH_OF_THEM) else None),
        links=joined(previous.links, (*reading.links, *pointed), slots),
        period=shifted(previous.period, slots) or reading.period or (None if slots.all_time else previous.period),
        order=reading.order or (_order_of(kept, metrics) if kept else None),
        bad=reading.bad if reading.bad is not None else previous.bad,
        limit=reading.limit or (kept.limit if kept else None),
        conditions=reading.conditions or previous.conditions,
        thresholds=reading.thresholds or previous.thresholds,
        not_subject=reading.not_subject or previous.not_subject,
        languages=reading.languages or previous.languages,
        hours=reading.hours or previous.hours,
        earlier=(*previous.earlier, *previous.links),
        former=previous,
        follows=True,
    )


def _beside_a_period(previous: Reading, reading: Reading, carried: Reading) -> Reading:
    """ "Compared to last week": the period before against the one that is named now."""
    said = reading.slots.says(r"compared? (?:to|with)|versus|vs\.?|against")
    if said and reading.period and previous.period and not reading.against:
        return replace(carried, intent="change", period=previous.period, against=reading.period)
    return carried


def _sets_beside(previous: Reading, reading: Reading) -> bool:
    """ "Versus Globex", "is it better than Globex": another name of a kind that the question before named."""
    slots = reading.slots
    alike = {link.kind for link in reading.links} & {link.kind for link in previous.links}
    than = slots.says(r"(?:better|worse|higher|lower|more|less|happier|busier|fewer)\b.*\bthan")
    return bool(alike and (than or _BESIDE.match(slots.text.strip())))


def _turns_over(previous: Reading, reading: Reading) -> bool:
    """ "And the lowest?" after a ranking: its other end."""
    slots = reading.slots
    return bool(
        previous.intent in ("ranking", "breakdown")
        and len(slots.words) <= 6
        and (reading.order or _OTHER_END.match(slots.text) or slots.says(_REVERSED))
        and not reading.links
        and (slots.ordinal is None or slots.says(_REVERSED))
        and not _says_metric(slots, reading)
        and (slots.says("favou?rite") or not slots.says(r"one|user|person|product|account|why|that|this"))
        and forced(slots) != "examples"  # "and their worst chat?"
    )


_REVERSED = r"(?:the )?other way (?:round|around)|vice versa|(?:in|the) reverse|reversed|upside down"


def _turned_over(previous: Reading, carried: Reading, own: str | None) -> Reading:
    turned = ("highest" if previous.order == "lowest" else "lowest") if carried.slots.says(_REVERSED) else None
    order = turned or order_of(carried.slots, previous.metrics) or (previous.order if own is None else None)
    return replace(carried, intent="ranking", metrics=previous.metrics, dimension=previous.dimension, links=previous.links, order=order)


_THEN = r"then|(?:on |at |in |of |for )?(?:that|this|the same|the said) (?:very )?(?:day|date|week|month|time|one)|(?:on|at|in|of|for) (?:it|that)|that (?:was|is) when"


def _on_that_day(previous: Reading, carried: Reading, answers: Sequence[str], setting: Setting) -> Reading:
    """ "How many were negative then?" after a ranking of days: the day that it named first."""
    ranked = previous.intent == "ranking" and previous.dimension in ("day", "week", "month")
    if not ranked or not answers or carried.slots.dates or not carried.slots.says(_THEN):
        return carried
    first = re.search(r"\*\*([^*]*\d[^*]*)\*\*", answers[-1])
    told = [mention.period for mention in dates.find(first.group(1), setting.today) if mention.period] if first else []
    return replace(carried, period=told[0], dimension=None, order=None, limit=None) if told else carried


def _as_a_level(own: str | None, carried: Reading) -> Reading:
    """ "And their average rating?" after a count is a level; "the rated ones?" stays a count."""
    slots = carried.slots
    strong = carried.metric not in (None, *lexicon.COUNTS) and not str(carried.metric).endswith("_share") and _says_metric(slots, carried)
    if own is not None or carried.intent != "count" or not strong or slots.says(r"how many|number|counts?|rated|of (?:them|those|these)"):
        return carried
    if carried.metric == "rating" and not slots.says(r"average|mean|rating|score|csat|mark|grade|star rating"):
        return carried
    return replace(carried, intent="level")


def _property_of(reading: Reading, carried: Reading) -> Reading:
    """ "On what plan are they?": the property itself of the one user or company that the chat is about, whatever was counted before."""
    slots = reading.slots
    one = carried.of_kind("user", "organization")
    asked = str(reading.dimension).startswith("property:") and len(one) == 1 and slots.says(r"what|which|whats|what's")
    if not asked or _says_metric(slots, reading) or slots.says(r"by|per|each|every|most|least|split|break\w*|across") or reading.conditions:
        return carried
    return replace(
        carried, intent="list_entities", metrics=(), order=None, limit=None, conditions=(), thresholds=(), period=None, links=one
    )


def _onset(previous: Reading, carried: Reading, answers: Sequence[str], setting: Setting) -> Reading:
    """ "Since when?" after a list of tools is about the first of them."""
    if previous.intent != "tool_failures" or carried.links or not answers or not carried.slots.says(r"since when|when|how long"):
        return carried
    first = next(iter(LIST_ITEM.findall(answers[-1])), answers[-1])
    return replace(carried, links=named_in(first, "tool", setting))


def _about(previous: Reading, carried: Reading, *, by_itself: bool, points: bool) -> Reading:
    """Subject, events and failed tools of the question before, where the intent has a use for them. `by_itself`: the intent is the
    question's own; `points`: it points at a name of the last answer, which then is the subject."""
    subject, events, conditions = carried.subject, carried.events, carried.conditions
    if not subject and carried.intent in (*_OF_A_SUBJECT, previous.intent) and not (points and not by_itself):
        subject = previous.subject
    if not events and carried.intent in (*_OF_EVENTS, previous.intent):
        events = previous.events
        if events and not carried.slots.framed:
            subject = " ".join(word for word in subject.split() if word not in _LED)
    used = carried.intent == "count" and carried.slots.says(_CALLED) and not carried.slots.says(FELL_OVER)
    if carried.intent in _ABOUT_FAILURES and not used and _of_failures(previous, carried):
        conditions = tuple(dict.fromkeys([*conditions, "tool_failed"]))
    return replace(carried, subject=subject, events=events, conditions=conditions)


_CALLED = r"called|used|invoked|r[au]n(?! into\b)|triggered|reached for|successes|good (?:or|and) bad"
""" "How often was it called in all?" after a list of failing tools: whether it failed or not."""


def _of_failures(previous: Reading, carried: Reading) -> bool:
    """Whether the question before was about failures of tools; a figure of its own that was asked then is no condition of a count."""
    counted = str(previous.metric).startswith("tool_failure") or "tool_failed" in previous.conditions
    return previous.intent == "tool_failures" or (counted and carried.intent in ("examples", "quotes"))


_LED = frozenset("led leads lead leading ended ends ending resulted caused triggered prompted culminated event events".split())
_OF_A_SUBJECT = ("examples", "quotes", "count", "ticket_draft", "complaints", "top_topics", "trend")
_OF_EVENTS = ("outcomes", "top_topics", "complaints", "why", "examples", "quotes", "segment_create")


def _order_of(previous: Reading, metrics: Sequence[str]) -> str | None:
    """The order of the question before for another metric: the best by frustration are those with the least of it."""
    old, new = (lexicon.METRICS[m[0]].good if m and m[0] in lexicon.METRICS else 0 for m in (previous.metrics, metrics))
    if previous.order is None or old * new >= 0:
        return previous.order
    return "lowest" if previous.order == "highest" else "highest"


_OF_THE_TWO = r"(?:which|who|what)(?: one)? (?:of|among|out of) (?:them|those|these|the two|both|the pair)|(?:the|those|these|that) (?:two|pair|couple)|both(?: of (?:them|those|these))?|(?:of|between|out of|among) (?:them|those|these)"


def _pair(previous: Reading, slots: Slots) -> tuple[Link, ...]:
    """The last two different names of one kind that this chat was about, for "which of them"."""
    seen = [link for link in (*previous.earlier, *previous.links) if not link.negated]
    if not seen or not slots.says(_OF_THE_TWO):
        return ()
    kind = seen[-1].kind
    names = {link.names[0].id: link for link in seen if link.kind == kind}
    others = [link for link in previous.links if link.kind != kind]
    return (*others, *list(names.values())[-2:]) if len(names) >= 2 else ()


_MORE_TALKS = r"(?:more|most|fewer|fewest|less) (?:\w+ )?(?:chats?|dialogues?|dialogs?|sessions?|talks?|threads?)"


def _says_metric(slots: Slots, reading: Reading) -> bool:
    named = [name for name in reading.metrics if name not in ("conversations", "users", "organizations")]
    return bool(
        named
        or slots.values("extreme")
        or (reading.metrics and slots.says(f"how many|count|number|traffic|volume|conversations|users|messages|{_MORE_TALKS}|{USED_MOST}"))
    )


_ABOUT_FAILURES = frozenset({"examples", "quotes", "why", "top_topics", "complaints", "ranking", "count"})

_OWN = {
    "why": r"why|how come|reason|reasons|cause|because|driv\w+|explain|behind", "examples": r"examples?|show (?:me )?(?:them|those|it|some|a few|the conversations)|conversations?|transcripts?|ids?|chats?|cases?|instances?",
    "quotes": r"quotes?|verbatims?|say|said|words|comments?", "trend": r"trend|over time|develop\w*|going up|going down|rising|falling|since when|week by week|day by day|per day|per week|by day|by week|daily|weekly",
    "ticket_draft": r"ticket|issue for|bug report|jira|write (?:it|that|this) up|file (?:it|that|this)", "breakdown": r"by|per|split|break|each|across|breakdown",
    "complaints": r"complain\w*|pain points?|problems?|unhappy about|upset about|issues|wrong", "top_topics": r"topics?|about\?|talk(?:ing|ed)? about|ask(?:ing|ed)? about|themes?|ask|talk|discuss",
    "compare": r"compared?|vs|versus|than|or", "change": r"changed?|compared? to|versus|vs|different", "recommend": r"what (?:should|can|could) (?:we|i)|recommend|suggest|fix|improve|do about", "at_risk": r"risk|churn|leave",
    "count": r"how many|count|number", "level": r"how (?:happy|satisfied|frustrated|angry)|average|rating|score", "ranking": r"who|which|top|most|least|worst|best|else", "user_profile": r"tell me (?:more )?about|who is|profile|more about|how (?:is|are) (?:he|she|they|that)",
    "summary": r"summary|summari[sz]e|overview|recap|brief|how (?:is|are|was|were|did) (?:it|that|things)", "tool_failures": r"tools?|errors?|failures?|fail\w*", "outcomes": r"cancel\w*|churn\w*|upgrad\w*|events?|purchas\w*|refund\w*", "segment_create": r"segment|cohort|audience",
    "conversation_detail": r"transcript|conversation|chat|read|open|walk me|details?|happened", "anomalies": r"spikes?|unusual|anomal\w*|strange", "list_entities": r"list|which|names?", "inbox": r"flagged|jailbreak\w*|hallucinat\w*|toxic", "prompt_versions": r"prompts?|versions?",
    "ticket_create": r"create|file|yes|go ahead|submit|confirm\w*|do it|looks good|ok(?:ay)?|send it",
}  # fmt: skip

_IT = re.compile(r"\b(?:it|that|this|he|she|him|her)\b", re.I)
"""One thing of the answer before."""

_BRIEF = (
    "examples", "quotes", "trend", "breakdown", "why", "complaints", "top_topics", "ticket_draft", "recommend", "at_risk", "tool_failures",
    "count",
)  # fmt: skip
"""What "and ..." in a few words may ask for instead, first match first."""


_HOW_OFTEN = re.compile(
    r"\bhow (?:often|frequently|much)\b.{0,40}\b(?:used?|called|run|ran|chosen|happen\w*|occur\w*|come up|came up|talk\w*|chat\w*)\b", re.I
)
_SEES_SOME = re.compile(
    r"^(?:(?:and|ok|so|please|now|then|could you|can you|would you|let me|can i|could i|may i|i want to|i'd like to)[\s,]+)*(?:see|show|read|open|cite|look at|pull up|give me|get me)\s+(?:me\s+|us\s+)?(?:one|some|a few|any|two|three|those|these|them|a couple|an? (?:case|instance))(?: (?:of|for|from) (?:these|those|them|it|that))?(?: (?:please|pls|with ids?))?\W*$",
    re.I,
)

_QUOTES = re.compile(r"^(?:(?:and|ok|so|please|now|then|could you|can you|would you)[\s,]+)*(?:quote|cite)\b", re.I)
_WHY = re.compile(
    r"^(?:ok(?:ay)?[, ]+|and |but |so |hm+[, ]+)*(?:why|how come|what(?:'s|s| is| was| are| were)? (?:explains?|causes?|caused|drives?|drove|behind|the (?:reasons?|causes?|explanation)|to blame)|(?:the |any |for what |what )?reasons?\b|(?:how|can|could) (?:do |can |could |would )?(?:you|we) explain)",
    re.I,
)


def _own_intent(previous: Reading, reading: Reading) -> str | None:
    """The intent that the follow-up itself asks for; None where it only changes the slots of the question before."""
    slots, text = reading.slots, reading.slots.text.strip()
    if told := forced(slots):
        return told
    if _WHY.match(text):
        return "why"
    grouped = previous.intent in ("ranking", "breakdown", "compare") and not _IT.search(text)
    if not grouped and _HOW_OFTEN.search(text) and not slots.events_said:
        return "count"
    if _QUOTES.match(text):
        return "quotes"
    if _SEES_SOME.match(text):
        return "examples"
    if slots.says("how many|number of") and reading.metrics and not grouped and reading.intent != "breakdown":
        return "outcomes" if reading.intent == "outcomes" else "count"
    opens = re.match(r"^(?:and|what about|how about|only|just|same|now|for|in|on|without|excluding|except|but|ok)\b", text, re.I)
    if opens and len(slots.words) <= 7:
        return _brief_intent(previous, reading)
    ranked = sorted(reading.scores.items(), key=lambda item: -item[1])
    for intent, score in ranked[:5]:
        if intent in ("follow_up", "refuse_write", "refuse_secret", "refuse_out_of_scope", "smalltalk", "help", "definition"):
            continue
        if intent == "breakdown" and reading.dimension is None:
            continue
        if score >= LEAST and intent in _OWN and slots.says(_OWN[intent]):
            return intent
    return None


_NARROWS = re.compile(
    r"^(?:(?:and|ok|now) )?(?:only|just|for|in|on|without|excluding|except)\b(?!.*\b(?:examples?|ids?|transcripts?|show|see|read)\b)", re.I
)


def _brief_intent(previous: Reading, reading: Reading) -> str | None:
    """The intent that a follow-up of a few words names; None where its words only narrow the question before."""
    slots = reading.slots
    said = [name for name in _BRIEF if slots.says(_OWN[name])]
    if _NARROWS.match(slots.text.strip()):  # "only the gpt-4o chats" wants the same figure
        said = [name for name in said if name != "examples"]
    about = re.match(r"^(?:and |ok )?(?:what|how) about\b", slots.text.strip(), re.I)
    if about and not slots.says(r"topics?|themes?|talk\w*|ask\w*|discuss\w*"):
        said = [name for name in said if name != "top_topics"]
    if reading.dimension is None:
        said = [name for name in said if name != "breakdown"]
    if reading.metrics or previous.intent in ("ranking", "breakdown", "compare"):
        said = [name for name in said if name != "count"]
    return said[0] if said else None
