"""What is never done: changing data, acting outside, giving out secrets, following orders hidden in a text."""

import re
from collections.abc import Iterable

_VERBS = (
    r"get rid of|delete|erase|wipe|purge|truncate|destroy|reset|rename|overwrite|edit|modify|disable|deactivate|block|ban|suspend|unsubscribe|anonymi[sz]e|"
    r"e-?mail|mail|phone|text|notify|refund|reimburse|charge|pay|transfer|grant|revoke|invite|promote|demote|downgrade|upgrade|roll ?back|rollback|deploy|restart|reboot|shut ?down|"
    r"archive|unarchive|assign|reassign|merge|insert|alter|update|upload|import|publish|cancel|close|extend|activate|enable|apologi[sz]e|reply|respond|schedule|book|buy|order|ping|escalate|"
    r"(?:turn|switch) (?:off|on)|change|set|add|remove|drop|give|send|make|call|message|write to|reach out to|log (?:me |them |him |her )?(?:in|out)|sign|offer|credit|fix|retrain|train|migrate|move|replace|revert|kill|stop|start|pause|resume|mute|hide|redact|dismiss|mark"
)
_IMPERATIVE = re.compile(
    rf"^(?:(?:ok|okay|hey|hi|so|now|then|and|also|please|pls|kindly|just|great|thanks|well|yes|go ahead and|you may|you should|you must|you can|can you|could you|would you|will you|i want you to|i need you to|i would like you to|i'd like you to|we need to|we need you to|help me|let us|let's|lets|have someone|go and)[\s,:]+)*(?P<verb>{_VERBS})\b(?P<rest>.*)",
    re.I | re.S,
)  # fmt: skip
_ASKS_FOR_DATA = re.compile(
    r"^\s*(?:me\b|us\b|(?:in|of|rates?|off|over|between|since|for|from|by|per)\b|(?:a |an |the |this |that |it )?(?:segments?|cohorts?|audience|tickets?|issue|bug|draft|chart|table|list|summary|report|overview|filters?|date|period|conversation|breakdown|comparison|sense|top|id|ids|example|examples|quote|quotes)\b|sure|out|up a ticket|(?:it|them|that|this) (?:by|per|to last|to this|into a ticket)|one (?:id|example)|my attention|.*\b(?:into|as|for) (?:a |an )?(?:ticket|issue|segment|cohort)\b)",
    re.I,
)  # fmt: skip
_SOFT = frozenset(
    "give make send call change set add remove drop start fix stop order write update move close open mark turn hide merge book text message replace cancel upgrade downgrade extend reply respond buy pay offer sign ping promote import publish escalate".split()
) | {"write to"}
_ALWAYS_WRITES = frozenset(["get rid of"]) | frozenset(
    "delete erase wipe purge truncate destroy reset overwrite refund reimburse ban anonymize anonymise insert alter redact".split()
)
_SECRET = r"api[ _-]?keys?|secrets?\b|credentials?|access tokens?|private keys?|(?:admin|root|user|account|database|my|our|his|her|their|the|your)? ?passwords?\b|system prompt|your (?:instructions?|prompt|rules|guidelines|configuration|source code)|connection string|env(?:ironment)? variables?"
_SECRETS = re.compile(
    rf"\b(?:show|tell|give|reveal|print|what (?:is|are|was)|whats|list|share|leak|dump|need|get|repeat|display|output|know|send|expose|read|provide|hand|find|what['’]?s)\b(?:(?!\b(?:about|regarding|mention\w*|complain\w*|questions?|issues?|problems?|talk\w*|ask\w*|tickets?|conversations?|chats?|quotes?|examples?|struggl\w*|topics?)\b).){{0,50}}?\b(?:{_SECRET})|"
    r"\b(?:other|another|different|someone else'?s?|all|every) (?:\w+['’]?s?['’]? )?(?:tenants?|workspaces?)\b|\b(?:other|another|different) (?:companies['’]?|company['’]?s|customers['’]|tenants?['’]?s?) (?:data|conversations|records|accounts?)\b|\bselect\s+(?:\*|\w+(?:\s*,\s*\w+)*)\s+from\b|\bdrop\s+table\b|database (?:dump|schema|password|url|connection)|raw sql|run (?:this |the |an? )?(?:sql|query\b)|hidden (?:prompt|instructions)|secret (?:api[ _-]?)?(?:keys?|tokens?)\b|developer mode|\b(?:api keys?|passwords?|credentials) (?:of|for) (?:all|every|other|our|the|user|this)\b",
    re.I,
)  # fmt: skip
OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip|set aside|leave aside|throw away|break|suspend|lift)\b.{0,25}\b(?:your|all|any|the|previous|prior|above|these|those|every)\b.{0,25}\b(?:instructions?|rules?|prompts?|guidelines|limits|permissions?|restrictions?|safeguards|guardrails|polic(?:y|ies)|safety)\b|\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines|limits?|permissions?|filters?|restrictions?|scope|above|previous)\b|"
    r"you are now|(?:from (?:now|here|this point) on(?:wards?)?|henceforth|starting now),? you(?:['’]re| are| will| have| act| answer| obey)|(?:with|have|without) (?:no |any )?(?:rules|restrictions|guardrails|safeguards) (?:or|and|at all|any ?more|whatsoever)|(?:debug|god|maintenance|admin|root|sudo|dan|unrestricted|unfiltered) mode|obey (?:only |nobody but |just )?me|(?:listen|answer) (?:only )?to me (?:only|alone)|do (?:exactly )?as i say|act as|pretend (?:to be|you)|jailbreak yourself|</?system>|new system",
    re.I,
)

_OWN = r"(?:instructions?|prompts?|rules|guidelines|directives|config(?:uration)?|source(?: code)?|system (?:prompt|message)|orders|setup|context(?: window)?|settings|parameters|training data|weights)"
_HIDDEN = re.compile(
    rf"\byour (?:own |very |initial |original |first |hidden |secret |internal |system |developer |core |underlying |full |complete |exact |whole )*{_OWN}\b|\b(?:hidden|secret|initial|internal|system|developer) (?:rules|instructions|guidelines|directives|messages?|prompt)\b(?! versions?)|"
    r"\b(?:text|words?|lines?|everything|anything|all|paragraphs?|messages?|instructions|what(?: is| stands| comes| was)?)\b.{0,25}\b(?:above|before|preced\w+|prior to|ahead of) (?:this|our|the|my) (?:conversation|chat|dialogue|message|line|question|text|first message|exchange|session)\b|"
    r"\bwhich (?:prompt|instructions?|rules) (?:makes?|tells?|lets?) you\b|\b(?:api|access|bearer|auth\w*|refresh) tokens?\b|\b(?:conversations|chats|data|messages|records|figures|numbers) (?:of|from) (?:another|other|different|all the other) (?:compan(?:y|ies)|tenants?|firms?|workspaces?|customers of (?:this|the) (?:server|platform))\b|\b(?:tenant|company|workspace) next door\b|"
    r"\b(?:what|which|how) .{0,25}\b(?:were|are|have|did) (?:you (?:been )?(?:told|instructed|given|configured|programmed|prompted|set up|taught)|they (?:tell|give|instruct) you)\b|"
    r"\b(?:session |auth\w* |login )?cookies?\b.{0,60}\b(?:log|sign|session|need|give|as (?:him|her|them))\b|\bsession (?:cookies?|tokens?|keys?)\b|\b(?:webhook|signing|client|shared|encryption|jwt|oauth|ssh|tls) (?:secrets?|tokens?|keys?|certificates?)\b|\btokens? (?:for|of) the\b|"
    r"\b(?:private|signing|encryption|master|ssh|root|license) keys?\b|\.env\b|\benv(?:ironment)? (?:variables?|vars?|file)\b|\b(?:secrets?|credentials|passwords?|keys?|config) file\b|/etc/|\bpasswd\b|\b(?:admin|root|database|db|server|postgres\w*|master) (?:passwords?|login|credentials|user)\b|"
    r"\b(?:other|another|different|neighbou?ring|rival|else'?s?) (?:compan(?:y|ies)|customers?|tenants?|firms?|clients?|organi[sz]ations?|businesses|installations?|instances?)(?:['’]s?)? (?:that |who |which |on |using |hosted |data|workspaces?|records?|accounts?|chats|conversations)(?:.{0,40}\b(?:server|platform|system|instance|installation|machine|database|rapport))?|\bwho else\b.{0,40}\b(?:server|platform|system|instance|machine|data)\b|"
    r"\b(?:truncate|alter|drop) (?:table|database)\b|\b(?:dump|export|print|show|read) (?:me )?(?:the |your |our |all )*(?:raw |whole |entire |full )*(?:database|db|tables?(?= of the (?:database|db))|schema|secrets?|memory|logs of the server|source code|environment)\b|\bthe secrets?\b",
    re.I,
)
"""What stands behind the analyst, and what is another's."""
_TALKED_OF = re.compile(
    r"\bhow (?:many|often|frequently)\b|\b(?:users?|people|customers?|visitors?|clients?|folks|somebody|someone|anybody|anyone|nobody|they|who|teachers?|students?|shoppers?)\b.{0,20}\b(?:ask\w*|mention\w*|talk\w*|complain\w*|typ(?:e|ed|ing)|writ\w*|wrote|want\w*|tr(?:y|ied|ies)|said|say|had|lost|forgot\w*)\b|"
    r"\b(?:conversations?|chats?|dialogues?|sessions?|threads?|transcripts?|questions?|requests?|complaints?|issues?|problems?|topics?|tickets?|segments?|quotes?) (?:\w+ )?(?:about|on|of|with|where|in which|mentioning|regarding|for|from)\b|\b(?:about|mentioning|regarding) (?:\w+ )?(?:leaked|lost|forgotten|api|passwords?|cookies?|keys?)\b",
    re.I,
)
"""Talk of such things in the conversations, which may be counted and read."""


DISCARDS = re.compile(
    r"(?:\W*(?:ah|oh|hm+|ok(?:ay)?|sorry|wait|actually|on second thoughts?|thanks|thank you|please)\b)*"
    r"\W*(?:no|nope|nah|never ?mind|don['’]?t|do not|cancel|stop|forget (?:it|that|about)|not (?:now|yet|today|this time|necessary|needed)|leave (?:it|that|this)|hold off|"
    r"drop (?:it|that|this|the (?:draft|ticket))|discard|scrap|skip (?:it|that|this)|bin (?:it|that|this)|throw (?:it|that|this) away|maybe later|later|let['’]?s not|rather not|i changed my mind)\b"
    r"(?!\s+(?:one|conversations?|users?|ratings?)\b)(?:\s*[\w'’,.!-]+){0,9}\W*$",
    re.I,
)
"""An answer to a draft that files nothing: "no, leave it", "not now"."""

_SORTS = re.compile(
    r"\bby\b|\bfrom (?:best|worst|high\w*|low\w*|most|least|top)\b|\bfrom (?:the )?\w+ (?:\w+ ){0,3}?(?:to|until|till|down to|up to|through to) (?:the )?(?:\w+ )?(?:\w+est|most|least|best|worst)\b|\b(?:best|worst|highest|lowest|most|\w+est)(?: one)? (?:first|last|on top)\b",
    re.I,
)
"""What "order" means where nothing is bought: "order the products by rating"."""

_POLITELY = r"^\W*(?:(?:ok|okay|hey|hi|so|now|then|and|also|please|pls|kindly|just|can you|could you|would you|will you|i want you to|i need you to|i(?: would|'d) like (?:you )?to|i (?:want|need) to|we (?:want|need) to|go ahead and|let us|let's)[\s,:]+)*"
_UNDONE = "removed|deleted|erased|wiped|purged|refunded|blocked|banned|cancelled|canceled|upgraded|downgraded|moved|switched|reset|suspended|closed|renamed|merged|credited|anonymi[sz]ed"
_TO_SOMEONE = tuple(
    re.compile(rf"{_POLITELY}(?:{pattern})", re.I)
    for pattern in (
        r"(?:drop|shoot|fire|slip|give|send|write|leave|get)\s+NAME\s+(?:off )?(?:an?|the|our|some|my)\s+(?:\w+ )?(?:note|line|mail|e-?mail|message|call|ring|bell|buzz|shout|apology|heads-?up|reminder|text|letter|card)\b",
        r"(?:give|send|offer|grant|refund|credit|comp|reimburse|pay|gift|return|hand|wire)\s+NAME\s+(?:back\b|\$|€|£|\d|(?:(?:an?|the|their|his|her|its|some|another|one|two|three|free|full|more)\s+)+(?!.*\b(?:ratings?|scores?|counts?|summary|overview|number|average|look|check|rundown|report|figures?|stats)\b))",
        r"(?:let)\s+NAME\s+know\b|(?:tell|inform|remind|thank|warn|ask|congratulate|notify|alert|phone|ring|ping|dm|slack|mail|e-?mail|text|call|contact|message|write|write to|reach out to|apologi[sz]e to|reply to|respond to)\s+(?:all |every |each |the )?(?:(?:users?|people|customers?|everyone|admins?|team|staff|members?|contacts?|owners?) (?:of|at|from|in) )?NAME\b(?!\s+(?:a |the )?(?:ratings?|complaints?|issues?))",
        r"(?:put|move|switch|migrate|transfer|bump|upgrade|downgrade|assign|add|enrol\w*|set|convert|change)\s+NAME(?:'s plan)?\s+(?:on|to|onto|into|back to|over to)\b",
        rf"(?:(?:i|we)\s+)?(?:get|have|want|need|make)\s+(?:\w+\s+){{0,6}}NAME(?:(?! (?:that|who|which|whose) ).){{0,40}}\b(?:gone|{_UNDONE})\b",
        rf"(?:can|could|should|may|will)\s+(?:\w+\s+){{0,5}}NAME.{{0,40}}\bbe\s+(?:{_UNDONE})\b",
        rf"NAME.{{0,30}}\b(?:should|must|needs? to|has to|ought to)\s+be\s+(?:on\s+NAME|{_UNDONE}|put|made)\b",
        r"(?:raise|lift|elevate|bring)\s+NAME\s+(?:up\s+)?to\s+(?:the\s+)?NAME",
        r"let\s+NAME\s+(?:back\s+)?in\b|(?:an?\s+)?(?:new|fresh)\s+password\s+for\s+NAME",
        r"(?:give|send|pay|return|hand|wire|transfer)\s+(?:back\s+)?(?:\$|€|£)?\d[\d.,]*\s*\S{0,8}\s+(?:back\s+)?to\s+NAME",
        r"(?:shoot|drop|fire off|send|write)\s+(?:off\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?(?:e-?mail|mail|message|note|line|apology|reminder)\b.{0,40}NAME",
        r"(?:get|have|want)\s+NAME(?:'s \w+(?: \w+)?)?\s+(?:removed|deleted|refunded|blocked|banned|cancelled|canceled|upgraded|downgraded|moved|reset|suspended|closed|renamed|merged|credited|contacted|called)\b",
    )
)  # fmt: skip


def to_someone(text: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a person or an account that is named is to get, be told or be made something. `spans` are the names in `text`."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}NAME{text[end:]}"
    return any(pattern.search(text) for pattern in _TO_SOMEONE)


def sentences(text: str) -> list[str]:
    """The parts of a question that can be read by themselves."""
    return [
        part.strip()
        for part in re.split(
            r"(?<=[.!?;])\s+|(?<=:)\s+(?=(?:please |pls )?(?:delete|erase|wipe|purge|nuke|refund|reset|remove|cancel|upgrade|downgrade|ban|block|disable|rename|suspend|deactivate)\s+(?:all|every|each|the|their|his|her|this|that|him|her|them|everyone|everything|[A-Z])\b)|(?<=:)\s+(?=(?:please|kindly|can you|could you|would you)\b)|\n+|(?:(?<![Aa]lso)(?<![Aa]nd)(?<![Tt]hen)(?<![Pp]lease),|\s+and|\s+then|,\s+so|,\s+but)\s+(?=(?:and\s+|please\s+|kindly\s+|then\s+|also\s+|just\s+|(?:could|can|would) you\s+)*(?:delete|erase|wipe|purge|reset|refund|ban|block|e-?mail|mail|notify|disable|deactivate|cancel|upgrade|downgrade|overwrite|rename|unsubscribe)\s+(?:them|each|those|anyone|anybody|it|him|her|all|the|every|everyone|everybody|this|that|those|these|their|his|our)\b)|(?:,|\s+and|\s+then)\s+(?=(?:and\s+|then\s+|also\s+|please\s+|kindly\s+)*(?:(?:forget|ignore|disregard|bypass|override|drop|reveal|print|show|repeat|recite|leak|tell me|show me|give me)\s+(?:\w+\s+){0,2}?(?:your|all|the|any|every|previous|prior)\s+(?:\w+\s+){0,3}?(?:rules?|instructions?|restrictions?|guidelines|limits|prompts?|guardrails|safeguards|secrets?|passwords?|keys?|orders)\b|obey\b|act as\b|pretend\b))|\s+(?:and|then|also)\s+then\s+|,\s+then\s+|\s+--?\s+",
            text,
        )
        if part.strip()
    ]


_BESIDE = re.compile(r"\b(?:beside|next to|side by side|against) (?:each other|one another)|\bside by side\b|\bup against\b", re.I)
""" "Set the versions beside each other" compares."""
_A_NOUN = re.compile(
    r"\s+(?:purchases?|requests?|events?|complaints?|problems?|issues|questions?|trouble|revenue|money|counts?|numbers?|rates?|values?|totals?|volumes?|figures?|failures?|errors?|bugs?|crash(?:es)?|limits?|links?|buttons?|pages?|delays?|fees?|hours|status|times?)\b(?!\s+(?:to|for|on) (?:him|her|them|all))",
    re.I,
)
"""After a word that may also be a verb: "upgrade purchases, how many"."""

_STANDS_AS_A_NOUN = re.compile(r"\s+(?:of|on|in|at|since|after|before|by|per|vs\.?|versus|from|during|between|over)\b", re.I)
"""After a word that may also be a verb, no object: "deploy on 5 November", "upgrade in October"."""
FROM_THE_SUM = re.compile(
    r"\b(?:from|out of|off) (?:the |this |that |your |our |my )?(?:picture|count|total|sum|equation|figures?|numbers?|mix|tally|reckoning|calculation|result|average|ranking|comparison|consideration|account)\b(?! of\b)",
    re.I,
)
"""What leaves something out of a figure, and changes nothing: "remove Acme from the picture"."""
_PUT = frozenset("add set call mark write block move".split())
_PUTS_DOWN = re.compile(
    r"^\s*(?:up|down|out|together|beside|against|forth)\b|\b(?:beside|next to|alongside|against|side by side|aside|to one side)\b", re.I
)
"""What sums or notes, and changes nothing: "add up what people paid", "set down as a task"."""


_GIFTS = re.compile(
    r"(?:^|[,;.!:–—-]\s*|\b(?:please|kindly|and|so|then|just|let['’]?s|let us|to|should|must|could you|can you|would you)\s+)(?:give|send|offer|grant|hand|get|slip|treat|credit|comp|issue|gift|award)\s+(?:them|him|her|each|all|everyone|everybody|those|these|the (?:user|customer|person|company|account)s?|this (?:user|customer|person|company|account))\b.{0,30}\b(?:coupons?|vouchers?|discounts?|refunds?|credits?|rebates?|gifts?|free (?:months?|weeks?|days?|plan|upgrade)|compensation|money back|freebies?|bonus|presents?|flowers|gift cards?|off (?:the|their|his|her))\b",
    re.I,
)
"""Something of worth for those who were spoken of: "she had a rough ride, give her a coupon"."""
_TAMPERS = re.compile(
    rf"{_POLITELY}(?:bump|raise|lift|push|nudge|correct|adjust|tweak|alter|amend|boost|lower|knock|turn|put|bring|flip|revise|round|set|change|make)\b.{{0,30}}\b(?:ratings?|scores?|stars?|marks?|sentiment|tags?|labels?|status|grades?)\b.{{0,50}}\b(?:up |down |back )?(?:in)?to\b (?:a |an )?(?<!from one to )(?<!from 1 to )(?:\d|one|two|three|four|five|zero|positive|negative|neutral|resolved|solved|closed|open|full)\b"
    rf"|(?:^|[,;.:]\s*|{_POLITELY}|\b(?:and|so|please|then)\s+)(?:make|turn|change|switch|flip|set|bump|convert)\b.{{0,20}}\b(?:1|2|3|4|5|one|two|three|four|five)[- ]?(?:stars?|rating|mark|out of)\b.{{0,12}} (?:an? |into )+(?:1|2|3|4|5|one|two|three|four|five)\b(?!\s*-?\w*\s*(?:segment|cohort|group|bucket|ticket|list))",
    re.I,
)
"""That a figure of a conversation be another: "bump the rating of it up to five"."""


def writes(text: str) -> str | None:
    """The part of `text` that asks to change something or to act outside; None where there is none."""
    for part in sentences(text):
        if told := _TAMPERS.search(part) or _GIFTS.search(part):
            return re.sub(r"^\W*(?:(?:and|so|then|but)\b\W*)*", "", part[told.start() :])
        match = _IMPERATIVE.match(part) or re.match(
            rf"^(?P<rest0>.*?)\b(?:and|then|also)\s+(?:please\s+|then\s+|kindly\s+|just\s+|(?:could|can|would|will)\s+you\s+)*(?P<verb>{_VERBS})\s+(?P<rest>(?:all|the|every|my|our|his|her|their|this|that|him|them|user|users|everyone)\b.*)",
            part,
            re.I,
        )
        if not match:
            continue
        verb, rest = match.group("verb").lower(), match.group("rest")
        if _BESIDE.search(rest) or _A_NOUN.match(rest) or FROM_THE_SUM.search(rest):
            continue
        if verb in _ALWAYS_WRITES and rest.strip():
            return part
        if _STANDS_AS_A_NOUN.match(rest) or (verb in _PUT and _PUTS_DOWN.search(rest)):
            continue
        if not rest.strip(" .!?") or (verb in _SOFT and _ASKS_FOR_DATA.match(rest)) or (verb == "order" and _SORTS.search(rest)):
            continue
        if verb in (
            "make",
            "write to",
            "call",
            "order",
            "move",
            "start",
            "stop",
            "set",
            "add",
            "drop",
            "give",
            "send",
            "change",
            "update",
            "remove",
            "text",
            "message",
            "sign",
            "fix",
            "close",
            "book",
            "mark",
            "train",
        ) and not re.search(
            r"\b(?:users?|accounts?|customers?|him|her|them|everyone|everybody|all|prompts?|models?|products?|ratings?|conversations?|messages?|names?|plans?|webhooks?|members?|admin|discounts?|vouchers?|credits?|e-?mails?|data|tables?|records?|settings?|keys?|permissions?|roles?|bot|assistant|tools?|servers?|topic|tickets?|someone|team|slack|our|his|their|apolog(?:y|ies)|reminders?|invoices?|gifts?|notifications?|refunds?)\b",
            rest,
            re.I,
        ):
            continue
        return part
    return None


def secrets(text: str) -> str | None:
    """The part of `text` that asks for what is nobody's to see, or to set the rules aside."""
    for part in sentences(text):
        if _OF_OTHERS.search(part):
            continue
        if OVERRIDE.search(part) or _RECITES.search(part):
            return part
        if _REWORDED.search(part) and not _MINE.search(part):
            continue
        if _SECRETS.search(part) or (_HIDDEN.search(part) and not _TALKED_OF.search(part)):
            return part
    return None


_OF_OTHERS = re.compile(
    r"\b(?:any ?(?:one|body)|some ?(?:one|body)|who|users?|people|customers?|visitors?|folks)\b(?:(?!\b(?:and|then|now)\b)[^.?!;:,]){0,40}\b(?:tr(?:y|ied|ies|ying)|attempt\w*|manag\w*|want\w*|been|ever|have|has|had|did)\b"
    r"(?:(?!\b(?:and|then|now)\b)[^.?!;:,]){0,40}\b(?:our|the|an?|one of our|its|their) (?:\w+ )?(?:bots?|assistants?|chatbots?|ai|agents?|models?)\b",
    re.I,
)
"""What people tried with the assistants, which is counted and shown."""
_RECITES = re.compile(
    r"\b(?:texts?|words?|lines?|briefs?|message|sheet|script|notes?|stuff|everything|anything|paragraphs?|what) (?:that |which )?(?:was |were )?(?:you (?:were|are|have been|got|had been)|they) (?:\w+ )?(?:primed|fed|loaded|seeded|trained|initiali[sz]ed|bootstrapped|briefed|instructed|programmed|configured|set up|told to (?:do|say|be|act|behave|follow|keep)|started (?:up )?with)\b|"
    r"\b(?:instructions?|rules|prompt|orders|guidelines|directives|briefing) (?:that |which )?you (?:were|have been|had been|got|received|follow|obey|work|run|operate|started|began|live by|are (?:given|following|under|bound))\b",
    re.I,
)
_REWORDED = re.compile(
    r"\b(?:we|i|they|somebody|someone|the (?:team|engineers?|devs?|developers?|vendor))\b.{0,25}\b(?:re-?word|rewr[io]t|chang|edit|updat|tweak|adjust|replac|swap|rework|revis|alter|modif|switch|polish|overhaul|gave|introduc)\w*\b.{0,40}\b(?:prompts?|instructions)\b"
    r"|\b(?:re-?word|rewrit|chang|edit|updat|tweak|adjust|replac|swapp|rework|revis|alter|modify|polish|overhaul)ing (?:of )?(?:the |our |its |their |that )?(?:\w+ )?(?:prompts?|instructions)\b"
    r"|\b(?:re-?word(?:ing)?|rewrites?|change|edit|update|tweak|revision|overhaul) (?:of|to|in) (?:the |our |its |their |that )?(?:system )?(?:prompts?|instructions)\b"
    r"|\b(?:prompts?|instructions)\b (?:\w+ ){0,2}?(?:got|was|were|been|being|is|are|gets?) (?:\w+ )?(?:re-?worded|rewritten|changed|edited|updated|tweaked|adjusted|replaced|swapped|reworked|revised|altered|modified|polished|overhauled)\b"
    r"|\b(?:old|new|newer|older|previous|former|earlier|current|first|second|two|both|different|latest) (?:system )?(?:prompts?|instructions)\b.{0,60}\b(?:old|new|newer|older|previous|former|earlier|current|second|latest|other)\b",
    re.I,
)
"""That the instructions of a product were changed, which may be asked about; their text is not given out."""
_MINE = re.compile(r"\byours?\b|\b(?:reveal|print|repeat|dump|leak|verbatim|word for word|text of|wording of the system)\b", re.I)
_PUT_IN_MY_MOUTH = re.compile(
    r"(?:^|[,;:.!?(\n]\s*|\s+(?=and|then|but|also|please))(?:\b(?:and|then|but|also|please|you|must|should|assistant|ai|bot|p\.?s\.?)\b[\s:,]*)*"
    r"\b(?:(?:end|begin|start|finish|close|conclude|preface|prefix|open) (?:your|the|every|each|this|all) (?:\w+ )?(?:answer|reply|response|message|sentence|line)s?|(?:reply|respond|answer|say|print|output|write|sign off)(?: to (?:me|this))?)"
    r"(?:,? (?:only|just|simply|exclusively|nothing but|exactly))*(?: (?:with|by (?:saying|writing)))?(?: (?:only|just|exactly))?(?: the (?:words?|phrase|sentence|text|line))?\s*(?-i:[:\"“'‘]\s*\S|[A-Z]{3,})[^.!?\n]*[.!?)\"”]*",
    re.I,
)
DICTATES = re.compile(
    _PUT_IN_MY_MOUTH.pattern
    + r"|<!--|-->|\[/?(?:system|inst|note)|</?(?:system|note|instructions?)\b|\bnote to (?:the )?(?:assistant|ai|bot|model|self)\b",
    re.I,
)
"""An instruction that a text holds for whoever reads it; its words are not repeated."""


IN_A_TONGUE = re.compile(
    r"\W*(?:please |pls |kindly |you must |always )*(?:reply|answer|respond|speak|talk|write back)(?: to me| me| us)?(?: only| just| always)? in (?:english|german|french|spanish|italian|dutch|portuguese|polish|swedish|latin|klingon|rhymes?|verse|capitals|emojis?)(?: only| please| pls)?\s*[:;.,–—-]\s*",
    re.I,
)
"""How the answer is to be put, before what is asked: "reply only in French: how many chats"."""
_QUOTED = re.compile(r"(?<!\w)'[^']{8,600}'(?!\w)|\"[^\"]{8,600}\"|“[^”]{8,600}”|‘[^’]{8,600}’|`[^`]{8,600}`", re.S)
_OBEYS = re.compile(
    r"(?<!not )(?<!n't )(?<!n’t )(?<!never )\b(?:(?:do|follow|obey|execute|carry out|act on|comply with|heed|perform|go along with|act) (?:exactly |just |precisely )?"
    r"(?:(?:what|whatever|as|like) (?:it|they|he|she|that|this|the \w+)\b|as (?:told|instructed|asked|written|ordered)|(?:it|that|this|them|those|these)\b(?! (?:chat|conversation|user|customer|week|month))|(?:the|this|that|his|her|their) (?:note|text|message|instructions?|orders?|request|commands?))|obey\b|comply\b)",
    re.I,
)
"""Outside of what is quoted: "go on, do what it says"."""


def obeys_a_quote(text: str) -> bool:
    """Whether a text that is pasted in holds an order that is refused, and the rest asks to carry it out."""
    quoted = [match.group()[1:-1] for match in _QUOTED.finditer(text)]
    return any(secrets(part) or writes(part) for part in quoted) and bool(_OBEYS.search(_QUOTED.sub(" ", text)))


_BY_OTHERS = re.compile(
    r"\b(?:any ?(?:one|body)|some ?(?:one|body)|users?|customers?|people|visitors?|folks|who|they)\b.{0,25}\b(?:try|tries|tried|trying|attempt\w*|manag\w*|succeed\w*|want\w*|ask\w*|got|getting|been|tricks?|tricked|fools?|fooled|con(?:ned|ning)?|coax\w*|persuad\w*|talk\w*)\b.{0,30}\b(?:bots?|assistants?|models?|ais?|machines?|it|them)\b",
    re.I,
)
""" "Is anybody trying to talk our bots into giving away their instructions?": what others tried, which may be asked."""


def divided(question: str) -> tuple[str, str]:
    """(what can be answered, what is to be declined) of a question that asks for both; ("...", "") of any other."""
    if re.search(r"create_?ticket|\{", question, re.I) or obeys_a_quote(question):
        return question, ""
    if (form := IN_A_TONGUE.match(question)) and len(question[form.end() :].split()) >= 3:
        return question[form.end() :].strip(), form.group().strip(" ,.:;")
    dictated = _PUT_IN_MY_MOUTH.search(question)
    if dictated and not secrets(question) and not writes(question):
        rest = f"{question[: dictated.start()]} {question[dictated.end() :]}".strip()
        return (rest, dictated.group().strip()) if len(rest.split()) >= 3 and _ASKS.search(rest) else (question, "")
    parts = sentences(question)
    if len(parts) < 2:
        return question, ""
    refused = [part for part in parts if (secrets(part) or writes(part)) and not _BY_OTHERS.search(part)]
    rest = " ".join(part for part in parts if part not in refused)
    if not refused or len(rest.split()) < 2 or not _ASKS.search(rest):
        return question, ""
    return rest, " ".join(refused)


_ASKS = re.compile(
    r"\b(?:how|what|which|who|why|when|show|list|compare|give|tell|count|top|average|number|find|rank|summar\w+|is|are|did|does)\b|\?", re.I
)
