"""Orders that name a person, an account or a thing of this tenant: to change it, to tell it something, to have it changed.

The names are put as NAME first, so that one grammar reads them all. Words that only describe ("invoice problems at NAME") are no orders:
a verb that may also be a noun must be followed by what it acts on.
"""

import re
from collections.abc import Iterable

from rapport.analyst.planner.finding import negate
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.refusals import FROM_THE_SUM, divided, to_someone
from rapport.analyst.planner.words import split

_POLITELY = r"^\W*(?:(?:ok|okay|hey|hi|so|now|then|and|also|please|pls|plz|kindly|just|quickly|(?:can|could|would|will) (?:you|u)|i (?:want|need) (?:you|u) to|i(?: would|'d) like (?:you )?to|i (?:want|need) to|we (?:want|need|have) to|go (?:ahead and|and)|go|let us|let's|time to|try to|you (?:may|should|must|can)|do|asap|urgent(?:ly)?|someone|somebody)[\s,:!]+)*"
_DONE = (
    r"removed|deleted|erased|wiped|purged|nuked|scrubbed|refunded|reimbursed|credited|compensated|paid back|billed|charged|invoiced|blocked|unblocked|banned|unbanned|locked|unlocked|frozen|kicked|"
    r"cancell?ed|terminated|renewed|extended|upgraded|downgraded|bumped|promoted|demoted|moved|migrated|transferred|switched|flipped|reset|restored|re-?activated|activated|deactivated|enabled|disabled|"
    r"suspended|paused|stopped|halted|muted|closed|re-?opened|renamed|re-?written|replaced|corrected|amended|altered|edited|updated|changed|adjusted|merged|anonymi[sz]ed|redacted|whitelisted|blacklisted|"
    r"unsubscribed|subscribed|enrolled|registered|notified|informed|told|e-?mailed|mailed|phoned|called|contacted|messaged|texted|invited|deployed|rolled (?:back|out)|published|posted|restarted|rebooted|"
    r"retrained|raised|lowered|increased|reduced|doubled|turned (?:on|off|down|up)|switched (?:on|off)|shut (?:down|off)|taken (?:down|off|out|offline)|put (?:on|back|onto)|logged out|signed out|gone"
)
_ACTS = (
    r"get rid of|del|teach|educate|fill in|lock|unlock|freeze|unfreeze|nuke|bump|flip|raise|lower|increase|reduce|double|triple|halve|throttle|whitelist|blacklist|enrol+|register|onboard|offboard|terminate|renew|prolong|extend|shorten|waive|"
    r"discount|bill|invoice|swap|redirect|forward|post|publish|tweet|announce|install|configure|reconfigure|patch|correct|amend|adjust|rewrite|clear|empty|scrub|forget|subscribe|kick|expel|evict|approve|reject|"
    r"restore|recover|undo|sack|fire|reinstate|retire|sunset|decommission|push out|roll|warn|reward|compensate|elevate|lift|relax|tighten|rotate|regenerate|reissue|re-?open|unblock|unban|detach|disconnect|strip|"
    r"rip out|take down|take offline|spin up|shut off|shut|unplug|whack|zap|bin|trash|ditch|axe|blast|spam|tag|label|flag|pin|categori[sz]e|classify|hand over|sign up|opt out|opt in|silence|tweak|speed up|slow down|cap|uncap|boost|deduct|top up|switch|turn|block|move|pause|resume|hide|retrain|reset"
)
_DET = r"(?:NAME|the|their|his|her|its|our|my|your|this|that|these|those|all|every|each|any|him|them|everyone|everybody|anyone|an?)\b"
_FIGURES = r"(?!\s+(?:\w+\s+){0,2}(?:tickets?|issues?|bugs?|drafts?|lists?|tables?|charts?|rankings?|answers?|output|scope|period|window|view|selection|figures?|numbers?|results?|summary|report|segments?|cohorts?|question|hood|noise|veil|lid|air|story)\b)"
_THING = r"(?:accounts?|subscriptions?|plans?|passwords?|surname|e-?mail(?: address)?|address|phone number|seats?|licen[cs]es?|limits?|quotas?|access|rights|permissions?|roles?|records?|invoices?|bills?|payments?|webhooks?|prompts?|integrations?|profiles?|tools?|logins?|rate)"
_TIMES = r"(?:every|each) (?:single )?(?:day|morning|evening|night|week|month|hour|quarter|weekday|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|(?:daily|weekly|hourly) (?:from now on|at \d)|at \d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)? (?:sharp|daily|every)|from now on|whenever|as soon as|the (?:moment|minute|second)"
_VIA = r"(?:by|via|through|over|on) (?:e-?mail|mail|sms|text(?: message)?|slack|teams|phone|post|fax|whatsapp|discord)|(?:to|into|in) (?:my|our|the|his|her|their)? ?(?:\w+ )?(?:inbox|e-?mail|phone|slack|teams|channel|mailing list|boss|manager|calendar|crm|wiki|twitter|linkedin)|#[a-z][\w-]+|\S+@\S+"
_SENDS = r"(?:send|e-?mail|mail|post|deliver|notify|alert|ping|forward|text|dm|message|page|call|publish|push|fax|share)"

_ORDERS = tuple(
    re.compile(pattern, re.I | re.S)
    for pattern in (
        rf"{_POLITELY}(?:{_ACTS})\s+{_DET}{_FIGURES}.{{0,60}}(?:NAME|\b{_THING}\b)",
        rf"{_POLITELY}(?:{_ACTS})\s+NAME(?!\s+(?:ratings?|scores?|stars?|complaints?|chats?|conversations?|problems?|issues?|numbers?|figures?|data)\b(?!.*\bto NAME))",
        rf"\b(?:i|we|she|he|they)(?:\s+(?:want|need|wants|needs|would like|would love|must have|should have|wish)|['’]d (?:like|love))\s+(?!to (?!have|get|see))(?:to (?:have|get|see)\s+)?(?!\w+ (?:who|that|which|how)\b)[^.?!]{{0,40}}?(?:\bNAME\b|\b{_THING}\b)(?![^.?!]*\b(?:segment|cohort|list|ticket|how|which|who|that|since)\b)[^.?!]{{0,30}}?\b(?:{_DONE})\b",
        rf"NAME (?:wants|needs|asks|asked|requires|would like|expects) (?:to (?:have|be|get) )?[^.?!]{{0,30}}\b(?:{_DONE})\b[^?]*$",
        rf"NAME (?:must|should|has to|needs to|ought to|shall) (?:be|go|move|get)(?: back)? (?:on|onto|to|off|{_DONE})\b[^?]*$",
        rf"{_POLITELY}(?:have|get|see(?: to it)? that|make sure(?: that)?|ensure(?: that)?|arrange for)\s+[^.?!]{{0,40}}?(?:NAME|\b{_THING}\b)[^.?!]{{0,30}}\b(?:{_DONE})\b(?![^?]*\?)",
        r"\b(?:mind|start by|begin by|go ahead with|proceed with|how about|consider)\s+(?:delet|eras|remov|wip|purg|refund|block|bann|lock|email|e-mail|mail|cancel\w?|upgrad|downgrad|mov|chang|renam|reset|switch|turn|send|call|notify|disabl|enabl|add|updat|merg|suspend|clos|restart|deploy|rais|lower)\w*ing\b|\b(?:mind|how about)\s+(?:delet|eras|remov|wip|purg|refund|block|bann|lock|email|mail|cancel\w?|upgrad|downgrad|mov|chang|renam|resett|switch|turn|send|call|notify|disabl|enabl|add|updat|merg|suspend|clos|restart|deploy|rais|lower)ing\b",
        rf"(?:{_TIMES})\b[^?]{{0,60}}\b{_SENDS}\b(?: (?:me|us|it|them|this|him|her|the|our|my|everyone|NAME)\b)",
        rf"{_POLITELY}{_SENDS}\b[^?]{{0,80}}(?:{_TIMES}|{_VIA})",
        rf"{_POLITELY}(?:notify|alert|warn|ping|page|wake) (?:me|us|him|her|them|everyone|the team)\b",
        rf"{_POLITELY}(?:remind (?:me|us) (?:to|in|on|at|tomorrow|every|next)|(?:set(?: up)?|create|schedule|add|put) (?:an? |the |up )*(?:\w+ )?(?:reminder|alarm|alert|meeting|appointment|call|webhook|user|account|login|api key|invite|event in|voucher|discount)\b)",
        rf"{_POLITELY}(?:correct|change|set|overwrite|edit|adjust|amend|fill in|fill|fake|falsify|alter) (?:the |all |this |that |my |our |any )*(?:\w+ )?(?:ratings?|scores?|stars|records?|names?|data|labels?)\b(?!.*\b(?:next to|beside|against|relation to|compared)\b).{{0,40}}\b(?:to|with|into)\b",
        rf"{_POLITELY}let NAME (?!us\b|me\b|aside\b|alone\b|out\b)[a-z]+ ",
        rf"{_POLITELY}(?:have|let|make) (?:the|our|your) (?:\w+ )?(?:bot|assistant|model|team|system|server)s? (?!been\b|had\b|ever\b|got\b)[a-z]+(?<!ed) [^?]*$",
        rf"{_POLITELY}answer NAME\b(?! (?:chats?|conversations?|questions?))",
        rf"{_POLITELY}(?:{_ACTS}|clean|flush) (?:the|my|our|your) (?:inbox|memory|history|cache|logs?|queue|database|index)\b",
        rf"{_POLITELY}make NAME (?!a\b|an\b|the\b|into\b|vs|and\b|or\b|look like a (?:ticket|chart))[a-z]+ ",
        rf"{_POLITELY}(?:teach|train|instruct|force|allow|permit|stop|prevent|forbid|get|program|configure|tell|ask|convince|persuade) NAME (?:to|from|how to|not to|that)\b",
        rf"{_POLITELY}(?:add|register|sign up|invite|create|enter|enrol+|hire|insert) (?!up\b|together\b)[^.?!]{{1,50}}? (?:as|to|into|for|under|in|at|on) (?:an? |the )?(?:new )?(?:user|member|admin|customer|contact|NAME)\b(?![^.?!]*\b(?:segment|cohort|chart|list|table)\b)",
        rf"{_POLITELY}(?:bin|chuck|toss|throw|scrap|dump|trash|ditch|expunge|obliterate|eradicate|destroy|remove|clear|sweep|shred|burn)(?: (?:out|away|off))? (?:all|every|each|the|any|everything|anything|whatever)\b[^?,]{{0,40}}\b(?:chats?|conversations?|messages?|dialogues?|threads?|sessions?|transcripts?|data|records?|ratings?|traces?|wrote|said|sent|has|have|did)\b[^?,]{{0,25}}$",
        rf"{_POLITELY}(?:bin|chuck|toss|throw|scrap|dump|trash|ditch|expunge|obliterate|eradicate|destroy|shred|burn)(?: (?:out|away|off))? (?:all|every|each|the|any|everything|anything|whatever)\b[^?,]{{0,50}}NAME[^?,]{{0,25}}$",
        rf"{_POLITELY}(?:get|take|kick|throw|chuck|toss|pull|wipe|clear|scrub|clean|sweep|strip)\b[^?]{{0,70}}\b(?:out of|off|from) (?:the|our|your|my|this|all) (?:\w+ )?(?:systems?|databases?|db|books|logs|platform|servers?|storage|files|archives?)\b",
        r"\bdo it(?:, (?:would|will|could|can) you| for (?:me|us|her|him|them)| (?:right )?(?:now|away|today))\b[^?]*\??$",
    )
)  # fmt: skip


def ordered(text: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether `text` orders something to be done to, with or for what is named in it. `spans` are the names."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}NAME{text[end:]}"
    parts = [
        part for part in re.split(r"(?<=[.!?;:])\s+|\n+|\s+(?:--?|→|->)\s+|,\s+(?=(?:so|then|please|and then)\b)", text) if part.strip()
    ]
    return any(pattern.search(part) for part in parts for pattern in _ORDERS)


_AND_TELL = re.compile(
    r"(?:,?\s+(?:(?:and|then|but)\b|&)|[,;.!])(?:\s+(?:then|also|please|after(?:wards| that)))*,?\s+(?=(?:tell|show|give|list|let me know|say|count|name)\b|how (?:many|much|often|is|are|did|does)\b|what\b|which\b|who\b|when\b)",
    re.I,
)
_AND_DO = re.compile(r",?\s+(?:and|then)\b(?:\s+(?:then|also|please|afterwards))*\s+(?=[a-z])|[.!?]\s+(?=[A-Z])", re.I)
_MADE = re.compile(r"\b(?:tickets?|segments?|cohorts?|drafts?|issue|story|audience)\b|[\"“{]", re.I)
"""What is made on demand, and needs every word."""
LEAST = 3
"""Words that a question has beside an order."""


_DELIVERS = re.compile(
    r"(?:(?<=^)|(?<=\bplease )|(?<=\bpls )|(?<=\byou )|(?<=\bu )|(?<=[.!?] ))(?P<how>e-?mail|mail|text|slack|dm|fax|sms|whatsapp) (?:me|us)\b(?= (?:the|a|an|our|all|every|that|this|it|those)\b)",
    re.I,
)
"""Beside a question of its own: "email me the list and tell me who is first"; what is listed is told here."""


def parted(question: str, names: Names) -> tuple[str, str]:
    """(what can be answered, what is to be declined) of a question that asks for both; ("...", "") of any other."""
    if (sent := _DELIVERS.search(question)) and _AND_TELL.search(question):
        return f"{question[: sent.start()]}give me{question[sent.end() :]}", f"{sent['how']} that to me"
    rest, declined = divided(question)
    return (rest, declined) if declined else beside_an_order(question, names)


def beside_an_order(question: str, names: Names) -> tuple[str, str]:
    """(what is asked, the order that stands before or behind it): "can you bump Kaito to pro and tell me how many chats he had"."""
    if _MADE.search(question):
        return question, ""
    for match in _AND_TELL.finditer(question):
        first, rest = question[: match.start()].strip(), question[match.end() :].strip()
        if len(rest.split()) >= LEAST and _orders_alone(first, names):
            return rest, first
    for match in _AND_DO.finditer(question):
        first, rest = question[: match.start()].strip(), question[match.end() :].strip()
        if len(first.split()) >= LEAST and not _orders_alone(first, names) and _orders_alone(rest, names):
            return first, rest
    return question, ""


_TO_THE_SHOWN = re.compile(
    rf"{_POLITELY}(?:{_ACTS})\s+(?:it|them|those|these|each(?: of them)?|all of (?:them|those)|the (?:worst|best|top|first|last|bottom|lot|one|[a-z]+est)(?: (?:one|ones|two|three|user|account|customer|company|product|bot|\d+))?)\W*(?:\b(?:as|to|for|from|with|right away|now|today|please|immediately)\b.*)?$",
    re.I | re.S,
)
"""An order for what the other part of a question finds: "rank the products and tag the worst one"."""


def _orders_alone(part: str, names: Names) -> bool:
    if _TO_THE_SHOWN.search(part):
        return True
    links = [link for link in negate(part, names.link(part, split(part))) if link.score >= LIKE]
    spans = [(link.start, link.end) for link in links]
    if any(link.negated for link in links) or FROM_THE_SUM.search(part):
        return False  # "forget Acme for a moment", "throw Acme out of the count"
    return bool(spans) and (ordered(part, spans) or to_someone(part, spans))


LIKE = 80
"""How alike a name has to be to be the one that an order is for."""
