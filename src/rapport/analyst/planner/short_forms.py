"""Short forms and bureaucratic ones in everyday words: "avg" is "average", "30d" is "last 30 days"."""

import re
from collections.abc import Sequence

_NOT_LAST = "".join(
    f"(?<!{word} )"
    for word in (
        "last",
        "past",
        "prev",
        "previous",
        "prior",
        "the",
        "trailing",
        "rolling",
        "than",
        "within",
        "first",
        "next",
        "every",
        "latest",
    )
)
"""Before "30d" that stands alone, and so for the last thirty days."""
_MON_SUN = r"\(?mon(?:day)?s?(?: ?[-–—/] ?| (?:to|through|till|until) )sun(?:day)?s?\)?"
_BARRING = r"(?:excluding|excl\.?|without|not counting|ignoring|ignore|except(?:ing)?(?: for)?|leaving out|leave out|other than|apart from|minus|besides|disregard(?:ing)?|omit(?:ting)?|skip(?:ping)?|setting aside|discard(?:ing)?|barring)"
"""Before what is left out."""
_SHORT_FORMS: tuple[tuple[str, str], ...] = (
    (r"(how many|number of|count of) (?:\w+ )?(?:heads|souls|mortals|bodies|faces|punters|patrons|individuals|human beings)(?! of\b)", r"\1 users"),
    (r"(two|three|four|five|six|seven|eight|nine|ten|\d{1,3}) (?:last|past|latest|most recent) (days|weeks|months)", r"last \1 \2"),
    (r"(since|from|after|before|until|on) (?:about|around|roughly|approximately|circa|some time around)(?= (?:the )?(?:\d{1,2}|[a-z]+day)\b(?! (?:users|people|chats|conversations|stars|percent)))", r"\1"),
    (r"(?:the )?(?:lowest|worst|poorest) (?:possible|available|imaginable) (?:grade|mark|score|rating)s?", "1-star rating"), (r"(?:the )?(?:highest|best|top) (?:possible|available|imaginable) (?:grade|mark|score|rating)s?", "5-star rating"),
    (r"on the mend|back on track|turning the corner|bouncing back|on the road to recovery", "getting better"),
    (r"going (?:to the dogs|downhill|to seed|to pot|south|to the wall)|off the boil|losing (?:its|their) touch|going from bad to worse", "getting worse"),
    (r"min(?:imum|\.)?(?= \d)", "at least"), (r"max(?:imum|\.)?(?= \d)", "at most"),
    (r"fns?|funcs?", "function"), (r"(?:throws? |returns? )?(?:500s|5xx(?:es|s)?|http 500s?)(?! ?(?:users?|conversations?|chats?))", "fails"),
    (r"calender", "calendar"), (r"wk", "week"), (r"b4", "before"), (r"mny", "many"), (r"hw", "how"), (r"frm", "from"), (r"jst", "just"), (r"wat", "what"), (r"wich", "which"), (r"thier", "their"), (r"frist", "first"),
    (r"(\w+)-(plan|tier)", r"\1 \2"),
    (r"(?-i:([A-Z][a-z]{2,}))[ -]based (accounts?|customers?|users?|people|compan(?:y|ies)|clients?|organi[sz]ations?|firms?|folks|buyers?|ones)", r"\2 in \1"),
    (r"((?-i:[A-Z])\w+)-(?:based|located|headquartered)(?= \w)", r"\1"),
    (r"coments?", "comment"),
    (r"convos|convs", "conversations"), (r"convo|conv", "conversation"), (r"orgs", "organizations"), (r"org", "organization"), (r"ppl", "people"), (r"gimme", "give me"), (r"(1|one)\*(?! ?\d)", "1-star"), (r"avg", "average"), (r"accts", "accounts"), (r"acct", "account"), (r"custs", "customers"), (r"cust", "customer"), (r"msgs", "messages"), (r"msg", "message"), (r"usrs", "users"), (r"frust", "frustration"), (r"neg", "negative"), (r"usr", "user"), (r"cnts", "counts"), (r"cnt", "count"), (r"qs", "questions"),
    (rf"{_NOT_LAST}(\d{{1,3}}) ?d(?! (?:before|prior|earlier|ago))", r"last \1 days"), (r"(\d{1,3}) ?d", r"\1 days"), (r"(\d{1,2}) ?wks?", r"\1 weeks"), (r"(\d{1,2}) ?(?:mos|mths?)", r"\1 months"), (r"(\d{1,2}) exs?(?=\W|$)", r"\1 examples"), (r"(?<=\ban )ex(?= (?:of|with|w/))|^ex(?= (?:of|with|w/)|:)", "example"), (r"(\d{1,2}) e\.g\.", r"\1 examples"),
    (r"(\d)\*s", r"\1-star ratings"), (r"([2-5])\*(?! ?\d)", r"\1-star"), (r"ids? only|just (?:the )?ids?", "id"), (r"(?<=\w) nr|num(?= of)|#(?= of)", "number"), (r"w/o", "without"),
    (r"whcih", "which"), (r"(?<=our )logos|(?<=customer )logos|(?<=client )logos|(?<=\x00 )logos|(?<=paying )logos|logos(?= (?:that|who|at|with|by|are|should|might|may)\b)", "accounts"),
    (r"(?<=, )ex\.?(?= \x00)", "excluding"),
    (r"(?<!top )(?<!last )(?<!the )(?<!of )(?<!or )(?<!and )(?<!to )(?<!than )(?<!is )(?<!with )(?<!first )(?<!rated )4(?= (?:the|our|my|us|me|this|every|each|pro|free|enterprise|basic|premium)\b)", "for"), (r"(?<=talk |alkd |lked |rote |rite |poke )2(?= \w)", "to"),
    (r"w/|w(?= [\w\x00])", "with"), (r"(?<=how many )(?:heads|souls|faces|bodies|humans)|(?<=number of )(?:heads|souls|faces|bodies|humans)", "people"), (r"llms|ai models|language models", "models"), (r"llm|ai model|language model", "model"), (r"pct|pc(?=\W|$)", "percent"),
    (r"mean(?= (?:rating|score|stars?|star rating|grade|mark|value|sentiment|quality|of)\b)|(?<=the )mean(?=\W|$)|(?<=arithmetic )mean", "average"),
    (r"(?:the )?(?:calendar )?(week|month|quarter) (?:before|preceding|prior to) (?:the (?:current|present|running) one|this one)", r"last \1"),
    (r"(?:the )?(?:last|previous|past|preceding|prior) (?:complete |full |whole |finished |entire )?calendar[ -](week|month|quarter|year)s?(?:'s)?", r"last \1"),
    (r"(?:the )?(?:this|current|running|present) calendar[ -](week|month|quarter|year)", r"this \1"),
    (rf"(?:the )?(?:(?:last|previous|latest|most recent) (?:(?:complete|completed|full|whole|finished|entire) (?:calendar )?(?:{_MON_SUN} )?|{_MON_SUN} )|(?:last|previous) (?=week {_MON_SUN}))(week|month|quarter|year)(?: {_MON_SUN})?", r"last \1"),
    (r"(?<!the )(?<!these )(yesterday|today|last week|last month|this week|this month)s", r"\1's"),
    (r"calendar[ -](week|month|quarter|year)", r"\1"), (r"how many percent|how many per cent|what per cent|wh?at %|which percentage|what pct", "what percent"),
    (r"#2|(?:number|no\.?|nr\.?) ?2(?= (?:on|of|in|there)\b|\W*$)|(?:the )?(?:one|company|organization|user|person|product|account|customer) (?:in|on) second place|number two|the runner-up|runner-up|(?:the )?silver medal(?:l?ist)?|(?:the )?silver(?=\W*$)|(?:in |the )?second place(?=\W*$)", "the second one"),
    (r"(?:#1|(?:number|no\.?|nr\.?) ?(?:1|one))(?= (?:on|of|in|from) (?:that|the|this|your|our|said) (?:list|ranking|table|line-?up|league)\b)", "the first one"),
    (r"#3|(?:number|no\.?|nr\.?) ?3(?= (?:on|of|in|there)\b|\W*$)|(?:the )?(?:one|company|organization|user|person|product|account|customer) (?:in|on) third place|number three|(?:the )?bronze medal(?:l?ist)?|(?:the )?bronze(?=\W*$)|(?:in |the )?third place(?=\W*$)", "the third one"),
    (r"(?:a |the )?(?:rating|score|grade|mark)s? (?:of|equal to|that (?:is|are)|=) ?(?:just |only |exactly )?(?:1|one)(?: out of (?:5|five))?(?!\s*(?:or|and|to|of|-|–)|,? (?:\w+ ){0,3}other\b|[.\d])", "1-star ratings"),
    (r"(rated|scored|graded|marked|gave|given|got|awarded|with) (?:us )?(?:just |only |exactly )?(?:(?:a |with )?(?:1|one)) out of (?:5|five)", r"\1 1 star"),
    (r"one-stars|1-stars", "1-star ratings"), (r"(?:single|lone|lowest possible)-star", "1-star"), (r"(?:just |only )?(?:a |one )?(?:single|lone|solitary) star", "1 star"),
    (r"(first|second|third|last) ones(?= \w)", r"\1 one's"), (r"grand total", "total number"), (r"(?:left|given|submitted|collected|received|gave|leave) (?:us )?(?:a )?star ratings?", "given ratings"),
    (r"(?<!my )(?<!his )(?<!her )(?<!an )(?<!the )ex\.?(?= (?:the|our|all|any|those|anything|(?-i:[A-Z\x00])))", "excluding"), (r"every (?:last|single|blessed|damn(?:ed)?|bloody|one of the)(?= (?!week|month|year|quarter|day|mon|tue|wed|thu|fri|sat|sun)\w)", "every"),
    (rf"{_BARRING} (?:(?:the|all|any|our|those|with|rated|chats|conversations|ratings|of) )*(?:1|one|a single)[- ]stars?(?: (?:ratings?|chats?|conversations?|ones?|reviews?|votes?))?", "rated above 1 star"),
    (rf"{_BARRING} (?:(?:the|all|any|our|those|with|rated|chats|conversations|ratings|of) )*(?:5|five)[- ]stars?(?: (?:ratings?|chats?|conversations?|ones?|reviews?|votes?))?", "rated below 5 stars"),
    (r"(msgs?|messages?|convs?|conversations?|chats?|ratings?|users?|failures?|calls?|requests?|cancellations?|upgrades?|sessions?)/(conv(?:ersation|o)?|chat|session|user|person|customer|cust|org|organization|company|account|product|bot|model|tool|plan|day|week|month)", r"\1 per \2"),
    (r"ent\.?(?= (?:accts?|accounts?|customers?|custs?|users?|clients?|plan|tier|orgs?|folks|ppl|people|compan(?:y|ies))\b)", "enterprise"),
    (r"(?<!day )(?<!days )(?<!time )(?<!end )(?<!start )(?<!part )(?<!middle )(?<!hour )(?<!rest )(?<!beginning )of the (week|month)(?=\W*$)", r"of this \1"),
    (r"(how many|numbers? of|counts? of|tally of) (?:requests?|calls?|demands?|pleas?|cries|appeals?|wishes)(?: (?:for|to (?:speak|talk) (?:to|with)|to get|to see)(?= (?:an? |the |some )?(?:\w+ )?(?:humans?|persons?|agents?|operators?|real|live|staff|member)\b))", r"\1 conversations that asked for"),
    (r"grp", "group"), (r"grps", "groups"), (r"diff", "difference"), (r"diffs", "differences"),
    (r"whence|wherefore", "why"), (r"y(?= (?:tho|did|do|does|is|are|was|were|the|so)\b)", "why"), (r"tho", "though"), (r"some1", "someone"), (r"smth", "something"), (r"preceeding|preceding", "preceding"), (r"tot up|tally up", "count"),
    (r"(?:nr|no\.?|number|#) ?(?:1|one)(?= (?:user|person|customer|account|company|organization|product|model|assistant|bot)s?\b)", "most active"), (r"(?:nr|no\.?|number|#) ?(?:1|one)(?= (?:chatter\w*|talker|fan|complainer|grumbler|moaner|regular|visitor|heavy user|power user|spender|buyer|critic)s?\b)", "biggest"), (r"(?:biggest|greatest|top|most avid|keenest) (?:chatter(?:box(?:es)?|er)?|talker|gossip|blabbermouth|windbag|regular|visitor|heavy user|frequent flyer)(?=\W|$)", "most active user"), (r"(?:(?:how many|number of|active|used|paid|the|licen[cs]ed?|user) )*(?:seats|licen[cs]es) (?:are |is |were |got |being )?(?:\w+ )?(?:in use|taken|used|occupied|filled)|(?:(?:how many|number of) )?(?:active|used|occupied) seats", "how many users"), (r"(?:should|could|can|shall|would) (?:we|i) (?:feature|showcase|present|interview|invite|pick)\b[^.?!]{0,40}\b(?:success stor(?:y|ies)|case stud(?:y|ies)|testimonials?|references?)(?: customers?)?", "rates us the highest on average"), (r"(?:biggest|worst|main|harshest|number one) detractors?", "user with the lowest average rating"), (r"(?:biggest|main|number one) (?:promoter|advocate|cheerleader)s?", "user with the highest average rating"), (r"nr of", "number of"), (r"top ?(\d+)", r"top \1"),
    (r"(?<=the |our |hat |his |'s a|hos )(?:nr\.?|no\.?|number|#) ?(?:1|one)(?= (?!of\b|in\b|is\b|and\b|or\b|to\b|for\b|on\b|at\b|has\b|was\b)[a-z]+)", "top"),
    (r"4(?= (?!(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)(?-i:[A-Z\x00]))", "for"), (r"(?:out of|in|of|for) (?:(?:every|each|a|one) )?(?:hundred|100) (?:of )?(?:our |the |all )?(conversations|chats|dialogues|sessions|talks|threads),? how many", r"what percent of \1"),
    (r"(?:a )?(?:just |only )?(?:single|lone|lonely|sole|solitary)(?: (?:lone|lonely|sole|solitary))? star", "1 star"), (r"(?:mark|grade|score|rating|stars?)?,? ?(?:one|1) out of (?:five|5)", " 1 star"),
    (r"(?:the )?(week|month) (?:just )?(?:gone|past|that (?:has )?(?:just )?(?:ended|finished|closed)(?: last sunday)?)", r"last \1"),
    (r"(first|second) half of ((?:(?:this|last|the) )?[a-z]+),? (vs\.?|versus|and|against|or|to|with|than|compared (?:to|with))(?: in| during| over)? (?:the |its )?(first|second|latter|other|last) half(?! of)", r"\1 half of \2 \3 \4 half of \2"),
    (r"(?:before|until|up to) ((?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? [a-z]{3,9}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?),? (vs\.?|versus|against|compared (?:to|with)) (?:(?:it|that) )?(?:after(?:wards)?|since|from then on)(?: (?:it|that|then))?(?! (?:the )?\d| [a-z]+ \d)", r"before \1 \2 since \1"),
    (r"(\d{1,2})(?:st|nd|rd|th)?, (\d{1,2})(?:st|nd|rd|th)?,? (?:and|&|or|plus) (\d{1,2})(?:st|nd|rd|th)?(?: of)? (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)([a-z]*)", r"\1 \4\5, \2 \4\5 and \3 \4\5"),
    (r"(?:before|until|up to) ((?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? [a-z]{3,9}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?),? and (?:after(?:wards)?|since(?: then)?|from then on)(?: (?:it|that|then))?(?=\W*$)", r"before \1 vs since \1"),
    (r"going back (two|three|four|\d+) (days|weeks|months)(?: from (?:now|today))?", r"in the last \1 \2"), (r"through to", "to"), (r"a fortnight's worth", "the last two weeks"),
)  # fmt: skip
_COMPILED = tuple((re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.I), put) for pattern, put in _SHORT_FORMS)


def spelled_out(text: str, spans: Sequence[tuple[int, int]] = ()) -> str:
    """`text` with short forms and bureaucratic ones in everyday words; what lies in `spans` (names) stays."""
    kept = [text[start:end] for start, end in spans]
    for place, (start, end) in sorted(enumerate(spans), key=lambda item: -item[1][0]):
        text = f"{text[:start]}\x00{place}\x00{text[end:]}"
    for pattern, put in _COMPILED:
        text = pattern.sub(put, text)
    return re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match.group(1))], text)


_A_TOTAL = re.compile(
    r"((?:^|[.?!:;,–—]\s*|\b(?:and|so|then|but)\s+)\W*)(?:(?:what(?:['’]s| is| was| would be| remains? as)?|give me|tell me|show me|i need) (?:our|the|my|your) (?:new |remaining |overall |adjusted |grand |resulting )?(?:total|sum total|grand total|overall count|count|tally))(?= (?:then|now|be|left|otherwise)\b|\W*$)",
    re.I,
)
"""A total of nothing that is named: of conversations, where no turn before says otherwise."""


def a_total(text: str) -> str:
    """`text` with a total of nothing that is named as one of conversations: "what is our total then?"."""
    return _A_TOTAL.sub(r"\1how many conversations in total", text)
