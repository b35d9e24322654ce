"""The words people use for metrics, dimensions, extremes and groups. Tables only; `finding` reads them.

A phrase is matched by the stems of its words, longest phrase first. "|" separates phrases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapport.analyst.planner.common import common
from rapport.analyst.planner.words import Word, stem

_RATES = re.compile(
    r"\s+(?:us|this|that|one|them|it|him|her|our|the (?:bot|assistant|product|answers?)|highly|higher|lower|better|worse|well|poorly|badly|lowest|highest|best|worst|most|least)\b",
    re.I,
)
_BY_PLAN = re.compile(r"\b(?:by|per|each|every|their|customer|pricing)\s+$", re.I)
"""Before "subscription" it is a plan, not an event."""
_LEFT = re.compile(r"left(?: us)?|leav(?:e|es|ing)", re.I)
_LEFT_SO = re.compile(
    r"\s+(?:(?:very|so|quite|rather|really|feeling|being|looking) )*(?:people|users|customers|clients|them|someone|somebody|everyone|over|open|un\w+ed|without|out|in (?:an? |the |their )?(?:\w+ )?(?:tears|huff|temper|mood|moods|spirits|anger|rage|peace|despair|dark|lurch|disgust|frustration)|on an? \w+ (?:note|high)|with (?:an? )?(?:\w+ )?(?:smile|thanks|thank|grin|solution|answer|headache|feeling|taste)|none the wiser|empty-handed|smiling|grinning|fuming|seething|beaming|crying|swearing|content|happy|unhappy|angry|cross|mad|glad|sad|sour|bitter|furious|livid|better off|[a-z]{3,}(?:ful|less|ed))\b",
    re.I,
)
_LOST_SO = re.compile(
    r"\s+(?:it|(?:their|his|her|all|any|some|a lot of|every bit of|the|your|our|its|my)?\s*(?:\w+ )?(?:patience|tempers?|cool|nerves?|rag|minds?|control|composure|faith|trust|heart|hope|confidence|plot|thread|interest|stars?|points?|ground|parcels?|packages?|orders?|shipments?|passwords?|access|data|files?|connection))\b",
    re.I,
)
""" "Lost their patience", "lost the most stars": nobody left."""
_FEEDBACK = re.compile(
    r"\b(?:left|leav(?:e|es|ing))\b(?:[ -](?!after|because|since|when|while|before|despite|due|over|and|but|who|where|following|without|within|during|although|though|if|for)[\w'’]+){0,6}?[ -](?:ratings?|stars?|votes?|reviews?|feedback|comments?|marks?|scores?|grades?)\b|"
    r"\b(?:ratings?|stars?|votes?|reviews?|feedback|comments?|marks?|scores?|grades?)\b[^.?!]{0,50}\b(?:left|leav(?:e|es|ing))\b",
    re.I,
)
_RATERS = re.compile(
    r"\b(?:to|people|users|customers|clients|they|who|somebody|someone|anyone|everyone|nobody|visitors|did \w+|do \w+|does \w+|not|ever|even|actually|never) $",
    re.I,
)
_BREAK = re.compile(r"[?!;,]|\.\s")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of the lexicon at a place in the question. kind: metric | dimension | extreme | order | polarity | event."""

    kind: str
    value: object
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that can be asked for. good: 1 more is better, -1 less is better, 0 neither. unit: '' | stars | score | share | count."""

    label: str
    unit: str
    good: int
    phrases: str


METRICS: Mapping[str, Metric] = {
    "conversations": Metric("conversations", "count", 0,
        "conversation|conversation count|conversation volume|chat|chat volume|dialogue|dialog|session|interaction|thread|traffic|volume|usage|activity|load|demand|"
        "inquiry|enquiry|contact|discussion|talk|exchange|support request|incoming request|busy|throughput|engagement"),
    "messages": Metric("messages", "count", 0, "message|user message|turn|utterance|text message|line|talkative|chatty|message count|message volume|reply|replies"),
    "users": Metric("users", "count", 0, "active user|unique user|distinct user|user count|headcount|audience"),
    "organizations": Metric("organizations", "count", 0, "active organization|organization count"),
    "rating": Metric("rating", "stars", 1,
        "rating|rated|star|star rating|vote|star vote|csat|customer satisfaction|satisfaction|satisfaction score|satisfied|score|user score|review|review score|mark|grade|"
        "thumb|feedback score|average rating|mean rating|rating average|stars rating|nps|give us on average|gave us on average"),
    "ratings": Metric("ratings", "count", 0, "number of rating|count of rating|rating count|how many rating|how many star rating|number of review|how many review"),
    "sentiment": Metric("sentiment", "score", 1,
        "sentiment|mood|happiness|tone|feeling|feel|vibe|morale|emotion|attitude|sentiment score|average sentiment|temper|positivity|negativity"),
    "negative_share": Metric("share of negative conversations", "share", -1,
        "share of negative|percentage of negative|negative share|percent negative|proportion of negative|negative rate|how many negative percent"),
    "frustration": Metric("frustration", "score", -1,
        "frustration|frustrated|frustrating|annoyance|annoyed|annoying|irritation|irritated|anger|angry|mad|furious|fed up|pissed off|pissed|exasperated|rage|frustration score|"
        "frustration level|ticked off"),
    "struggle": Metric("struggle", "score", -1, "struggle|struggling|struggled|difficulty|stuck|confusion|confused|hard time|trouble|effort|friction"),
    "quality_index": Metric("quality index", "score", 1,
        "quality|quality index|conversation quality|conversation quality index|cqi|quality score|answer quality|response quality|performance|health"),
    "unhappy_share": Metric("share of conversations that went badly", "share", -1, "share of bad|share of unhappy|percentage of bad|percentage of unhappy|bad conversation rate"),
    "commercial_intent": Metric("commercial intent", "score", 1, "commercial intent|buying intent|purchase intent|buying signal|sales signal|purchase signal|upsell signal|intent to buy|sales intent"),
    "resolved_share": Metric("resolution rate", "share", 1, "resolution|resolution rate|resolved|solved|solve rate|success rate|fixed|unresolved|resolve rate|completion rate"),
    "abandoned_share": Metric("abandoned conversations", "share", -1, "abandoned|abandon|abandonment|drop off|gave up|give up|walked away"),
    "handover_share": Metric("requests for a human", "share", -1, "handover|hand over|handoff|hand off|escalation|escalated|asked for a human|human agent|talk to a human|real person|live agent|speak to a person"),
    "messages_per_conversation": Metric("messages per conversation", "count", 0,
        "message per conversation|conversation length|chat length|length of conversation|average length|turn per conversation|message per chat|long conversation|average number of message|longest conversation|session length|how long are"),
    "tool_calls": Metric("tool calls", "count", 0, "tool call|tool usage|tool use|tool invocation|function call|call to"),
    "tool_failures": Metric("tool failures", "count", -1,
        "tool failure|tool error|failed tool call|failing tool|broken tool|tool fail|tool break|failed call|tool crash|function failure|failing function|failing call|broken integration|failing integration|"
        "tool problem|tool issue|tool outage|integration failure|integration error|tool that fail|tool not working"),
    "tool_failure_rate": Metric("tool failure rate", "share", -1, "failure rate|error rate|fail rate|rate of failure|tool reliability|tool success rate|percentage of failure|percent of call fail|share of failed|rate of failed tool call|rate of tool failure|rate of failed call|rate of tool error"),
    "events": Metric("business events", "count", 0, "business event|event|event count"),
    "jailbreak_share": Metric("jailbreak attempts", "count", -1, "jailbreak|jailbreak attempt|prompt injection|injection attempt"),
    "hallucination_share": Metric("hallucinations", "count", -1, "hallucination|hallucinate|hallucinated|made things up|making things up|invented fact"),
    "user_toxicity_share": Metric("toxic messages", "count", -1, "toxicity|toxic|abusive|abuse|insult|swearing|offensive|rude"),
    "missing_capability_share": Metric("missing capabilities", "count", -1, "missing capability|missing feature|feature request|could not do|unsupported request|feature gap|capability gap"),
}  # fmt: skip

COUNTS = frozenset(name for name, metric in METRICS.items() if metric.unit == "count" and name != "messages_per_conversation")

# Things that a list, a ranking or a breakdown can run over.
DIMENSIONS: Mapping[str, str] = {
    "product": "product|assistant|bot|chatbot|app|application|service|our product|surface",
    "organization": "organization|organisation|company|companies|outfit|corporation|establishment|account|client|business|firm|workspace|employer|customer company|customer organization|customer account|tenant account",
    "user": "user|employee|staff|person|people|customer|visitor|folk|individual|buyer|shopper|learner|student|subscriber|caller|guy|human|end user|contact person|who|whom|somebody|someone|anyone|anybody|everyone|everybody|member|persona",
    "model": "model|llm|language model|ai model|engine",
    "prompt_version": "prompt version|version|prompt|prompt revision|system prompt version|prompt variant|revision|variant",
    "topic": "topic|theme|subject|issue type|category|categories|area|keyword|question type|kind of question",
    "tool": "tool|function|integration|api call|plugin|connector",
    "language": "language|locale|tongue",
    "segment": "segment|cohort",
    "event_type": "event type|type of event|kind of event",
    "sentiment": "sentiment label|sentiment bucket",
    "emotion": "emotion type|emotions",
    "day": "day|daily|by date|per date|each date|every date|day by day|each day|per day|day to day",
    "week": "week|weekly|week by week|each week|per week",
    "month": "month|monthly|month by month|each month|per month",
    "weekday": "weekday|day of the week|day of week",
    "hour": "hour|hourly|time of day|hour of day",
    "conversation": "conversation|chat|dialogue|dialog|session|interaction|thread|transcript",
}  # fmt: skip

# phrase: (metric, order, polarity). order: top = largest first, bottom = smallest first.
EXTREMES: Mapping[str, tuple[str | None, str, str | None]] = {
    "chattiest|most talkative|most chatty|wordiest|most messages|most verbose|talk the most|talks the most|write the most|writes the most|wrote the most|sent the most|messaged the most|send the most|sends the most|loudest|types the most|says the most":
        ("messages", "top", None),
    "least talkative|fewest messages|least messages|least chatty": ("messages", "bottom", None),
    "most active|keenest|most devoted|most faithful|most avid|busiest|most conversations|most chats|most dialogues|most sessions|most traffic|most volume|most interactions|heaviest|heaviest user|power user|most engaged|biggest|largest|uses us the most|use us the most|used the most|most used|most popular|popular|most usage|chats the most|chat the most|most often|most frequent|most frequently|contacts us the most|most loyal|most contact|on it the most|on it most|on there the most|on there most|in there the most|on here the most|on here most|around the most":
        ("conversations", "top", None),
    "least active|quietest|fewest conversations|fewest chats|least conversations|least used|smallest|least engaged|fewest sessions|least traffic|least popular|fewest dialogues|slowest day":
        ("conversations", "bottom", None),
    "rudest|nastiest|most abusive|most rude|most toxic|foulest|most insulting|most offensive|swears the most|swear the most|curses the most":
        ("user_toxicity_share", "top", "bad"),
    "happiest|nicest|sweetest|friendliest|politest|loveliest|jolliest|cheerfullest|most cheerful|most polite|most friendly|nicest to us|most happy|most positive|best mood|most content|most pleased|most delighted|cheeriest|sunniest": ("sentiment", "top", "good"),
    "unhappiest|most unhappy|saddest|most negative|least happy|grumpiest|worst mood|least positive|most upset|gloomiest|most disappointed": ("sentiment", "bottom", "bad"),
    "angriest|touchiest|crankiest|moodiest|prickliest|testiest|crossest|snappiest|surliest|tetchiest|stroppiest|hottest head|quickest to anger|shortest fuse|shortest temper|quickest temper|least patience|least patient|most impatient|thinnest skin|thinnest patience|most frustrated|most annoyed|most irritated|most angry|most frustration|most furious|maddest|most fed up|highest frustration": ("frustration", "top", "bad"),
    "least frustrated|calmest|least annoyed|lowest frustration": ("frustration", "bottom", "good"),
    "most satisfied|best rated|top rated|highest rated|best reviewed|most stars|best rating|highest rating|best score|highest score|best scores|most loved|highest stars|best stars|most generous|biggest fan|kindest|easiest to please": ("rating", "top", "good"),
    "least satisfied|most dissatisfied|worst rated|lowest rated|worst rating|lowest rating|least stars|fewest stars|worst score|lowest score|poorest rating|poorly rated|worst reviewed|worst stars|lowest stars|hardest to please|stingiest|harshest|strictest|toughest grader|most critical": ("rating", "bottom", "bad"),
    "struggle the most|struggling most|struggles the most|most confused|struggled the most|most stuck|most trouble": ("struggle", "top", "bad"),
    "most unreliable|least reliable|breaks the most|break the most|fails the most|fail the most|fail most|fails most|fails most often|most failures|most errors|most broken|flakiest|breaks most often|errors out the most|most failed": ("tool_failures", "top", "bad"),
    "complain the most|complains the most|complained the most|most complaints|most problems|most issues|most trouble with": ("unhappy_share", "top", "bad"),
    "longest": ("messages_per_conversation", "top", None),
    "shortest": ("messages_per_conversation", "bottom", None),
}  # fmt: skip

ORDERS: Mapping[str, str] = {
    "top": "top|most|highest|greatest|best|leading|first|more|max|maximum|strongest|favourite|favorite|winner|number one|peak|lead|rank highest|come out on top|comes out on top|ahead|better",
    "bottom": "bottom|least|lowest|fewest|worst|weakest|poorest|min|minimum|less|fewer|bottommost|loser|worse|trail|trailing behind|behind",
}  # fmt: skip

BAD = (
    "unhappy|dissatisfied|angry|bad|badly|terrible|awful|worst|worse|negative|poor|poorly|upset|disappointed|hate|complain|complaint|complaining|frustrated|annoyed|furious|mad|problem|"
    "pear shaped|go south|went south|gone south|go sideways|went sideways|gone sideways|go awry|went awry|went downhill|go to pieces|went to pieces|struggle|struggling|pain|painful|sad|displeased|unsatisfied|grumpy|suffering|sour|low|horrible|irritated|not happy|do not like|dislike|went wrong|gone wrong|wrong|fail|failing|fed up|lousy|disgruntled|whine|whining|moan|moaning|gripe|griping|grumble|grumbling|grouse"
)
GOOD = "happy|satisfied|good|great|best|better|positive|love|delighted|praise|like|likes|pleased|excellent|well|glad|thankful|grateful|compliment|enjoy|thrilled|smooth|went well|win"

# Words that describe people or conversations but are no names of anything.
AFFECT = frozenset(stem(word) for word in ("unhappy happy angry dissatisfied satisfied frustrated annoyed upset negative positive neutral "
    "furious confused irritated disappointed mad pleased delighted grumpy displeased unsatisfied sad").split())  # fmt: skip

COUNTRIES: Mapping[str, str] = {
    "us": "united states|usa|america|american", "gb": "united kingdom|uk|britain|british|england|english customers", "de": "germany|german|deutschland",
    "fr": "france|french", "es": "spain|spanish", "it": "italy|italian", "nl": "netherlands|dutch|holland", "ch": "switzerland|swiss", "at": "austria|austrian",
    "be": "belgium|belgian", "pl": "poland|polish", "se": "sweden|swedish", "no": "norway|norwegian", "dk": "denmark|danish", "fi": "finland|finnish",
    "pt": "portugal|portuguese", "ie": "ireland|irish", "ca": "canada|canadian", "mx": "mexico|mexican", "br": "brazil|brazilian", "ar": "argentina|argentinian",
    "in": "india|indian", "cn": "china|chinese", "jp": "japan|japanese", "kr": "south korea|korea|korean", "au": "australia|australian", "nz": "new zealand",
    "sg": "singapore", "za": "south africa|south african", "ng": "nigeria|nigerian", "ke": "kenya|kenyan", "eg": "egypt|egyptian", "tr": "turkey|turkish",
    "il": "israel|israeli", "ae": "united arab emirates|uae|emirati", "cz": "czech republic|czechia|czech", "gr": "greece|greek", "ro": "romania|romanian",
    "hu": "hungary|hungarian", "ua": "ukraine|ukrainian", "id": "indonesia|indonesian", "ph": "philippines|filipino", "vn": "vietnam|vietnamese", "th": "thailand|thai",
}  # fmt: skip

LANGUAGES: Mapping[str, str] = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch", "pl": "polish", "sv": "swedish",
    "da": "danish", "no": "norwegian", "fi": "finnish", "ru": "russian", "uk": "ukrainian", "tr": "turkish", "ar": "arabic", "zh": "chinese", "ja": "japanese",
    "ko": "korean", "hi": "hindi", "cs": "czech", "ro": "romanian", "hu": "hungarian", "el": "greek",
}  # fmt: skip

EVENT_WORDS: Mapping[str, str] = {
    "churn": "canceller|canceler|quitter|churner|churn|churned|churning|left us|left|leave|leaving|leaver|cancel|cancelled|canceled|cancellation|cancelation|cancels|unsubscribe|unsubscribed|terminated|termination|quit|offboard|stopped paying|lost customer|lost|want out|wanted out|wanting out|wants out|i want out|want out of|lose us customer|loses us customer|lose us the most customer|lose us most customer|lost us the most customer|cost us the most customer|lose the most customer|let go|pull the plug|pulled the plug|call it quits|called it quits|throw in the towel|threw in the towel|hand in their notice|handed in their notice|gave notice|give notice|opt out|opted out|asked to leave|close their account|closed their account|cost us a customer|cost us the customer|lost us a customer|lost us the customer|cost us an account|drove a customer away|scared a customer off",
    "upgrade": "upgrader|upgrade|upgraded|upgrades|expansion|expanded|moved up|upsold|upsell|went pro|plan upgrade",
    "downgrade": "downgrade|downgraded|downgrades|moved down|contraction",
    "purchase": "purchase|purchased|bought|buy|order placed|sale|sold|sell|sales|checkout|revenue|payment|paid|spend|spent|ordered",
    "refund": "refund|refunded|refunds|money back|chargeback|reimbursement|return|returned",
    "signup": "signup|signed up|sign up|registration|registered|joined|subscribe|subscribed|subscription|activated|activation|trial|onboarded",
    "renewal": "renew|renewal|renewed",
}  # fmt: skip


@cache
def phrase_table() -> Mapping[tuple[str, ...], tuple[tuple[str, object], ...]]:
    """Stem sequence to its readings, each (kind, value): ('metric', name), ('dimension', name), ('extreme', (metric, order, polarity)), ('order', ...), ('polarity', ...), ('event', ...)."""
    table: dict[tuple[str, ...], list[tuple[str, object]]] = {}

    def add(phrases: str, kind: str, value: object) -> None:
        for phrase in phrases.split("|"):
            readings = table.setdefault(tuple(stem(word) for word in phrase.split()), [])
            if (kind, value) not in readings:
                readings.append((kind, value))

    for name, metric in METRICS.items():
        add(metric.phrases, "metric", name)
    for name, phrases in DIMENSIONS.items():
        add(phrases, "dimension", name)
    for phrases, value in EXTREMES.items():
        add(phrases, "extreme", value)
    for value, phrases in ORDERS.items():
        add(phrases, "order", value)
    add(BAD, "polarity", "bad")
    add(GOOD, "polarity", "good")
    for value, phrases in EVENT_WORDS.items():
        add(phrases, "event", value)
    return {stems: tuple(readings) for stems, readings in table.items()}


@cache
def vocabulary() -> frozenset[str]:
    """Every word of the tables: words that are never names of the tenant and that typing errors are mended towards."""
    tables = (
        [m.phrases for m in METRICS.values()]
        + list(DIMENSIONS.values())
        + list(EXTREMES)
        + list(ORDERS.values())
        + [BAD, GOOD]
        + list(EVENT_WORDS.values())
    )
    return frozenset(word for phrases in tables for phrase in phrases.split("|") for word in phrase.split())


def find(text: str, words: Sequence[Word]) -> list[Hit]:
    """The phrases of the tables among `words`, longest first, none across a comma or a full stop."""
    table = phrase_table()
    stems = [[stem(part) for part in word.lower.replace("-", " ").split()] for word in words]
    hits: list[Hit] = []
    at = 0
    while at < len(words):
        for size in range(min(6, len(words) - at), 0, -1):
            readings = table.get(tuple(part for group in stems[at : at + size] for part in group))
            start, end = words[at].start, words[at + size - 1].end
            if size == 1 and words[at].lower == "them":  # the stem of "theme" too
                readings = None
            if readings and text[start:end].lower().startswith("subscription") and _BY_PLAN.search(text[:start]):
                readings = tuple(reading for reading in readings if reading[0] != "event")
            if readings and _LEFT.fullmatch(text[start:end]) and (_FEEDBACK.search(text) or _LEFT_SO.match(text[end:])):
                readings = tuple(reading for reading in readings if reading[0] != "event")  # "the ratings they left" is no leaving
            if size == 1 and words[at].lower in ("least", "most") and at and words[at - 1].lower == "at":
                readings = None  # "at least twice" is no end of a list
            if size == 1 and words[at].lower == "made":  # the stem of "mad" too
                readings = None
            if readings and size == 1 and words[at].lower == "lost" and _LOST_SO.match(text[end:]):
                readings = tuple(reading for reading in readings if reading[0] != "event")
            if size == 1 and words[at].lower == "rate" and not (_RATES.match(text[end:]) or _RATERS.search(text[:start])):
                readings = None  # a share ("the rate of failed calls"), not a rating
            if readings and not _BREAK.search(text[start:end]):
                hits += [Hit(kind, value, start, end) for kind, value in readings]
                at += size
                break
        else:
            at += 1
    return hits


@cache
def stems() -> frozenset[str]:
    """Stems of everyday words and of the lexicon: a word with another stem is strange."""
    return frozenset(stem(word) for word in common()) | frozenset(stem(word) for word in vocabulary())
