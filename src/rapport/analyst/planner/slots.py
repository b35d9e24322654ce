"""What a question mentions: metrics, dimensions, names, dates, numbers and what is left over. Finding, not deciding.

Each finder takes its place in the question, so that no word is read twice: dates, then ids and quotes, then the tenant's names, then the
lexicon. What nobody takes and is no everyday command word is the subject ("parcel never came").
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from rapport.analyst.planner import dates, lexicon
from rapport.analyst.planner.common import common
from rapport.analyst.planner.dates import Mention, Period
from rapport.analyst.planner.lexicon import Hit
from rapport.analyst.planner.names import Link, Names
from rapport.analyst.planner.words import CONTRACTIONS, Word, split, stem


@dataclass(frozen=True, slots=True)
class Threshold:
    """`rating < 3`: operator is one of < <= > >= =. metric is rating, messages, quality_index, frustration, conversations."""

    metric: str
    operator: str
    value: float


@dataclass(frozen=True, slots=True)
class Slots:
    """Everything that was found, each list in the order of the question."""

    text: str
    words: tuple[Word, ...] = ()
    dates: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    hits: tuple[Hit, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    quoted: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    limit: int | None = None
    ordinal: int | None = None
    subject: str = ""
    phrase: str = ""  # the same as it was written, with its small words
    not_subject: str = ""
    framed: bool = False  # the subject followed "about", "mentioning", "whose" ...
    unknown: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()  # words that are neither everyday English nor of the lexicon nor names
    languages: tuple[str, ...] = ()
    taken: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    def values(self, kind: str) -> list:
        return [hit.value for hit in self.hits if hit.kind == kind]

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(value) for value in self.values("metric")))

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(value) for value in self.values("dimension")))

    @property
    def events_said(self) -> bool:
        """Whether a kind of business event is named."""
        return bool(self.values("event") or self.of_kind("event_type"))

    @property
    def periods(self) -> tuple[Period, ...]:
        return tuple(mention.period for mention in self.dates if mention.period and mention.kind == "period")

    @property
    def all_time(self) -> bool:
        return any(mention.kind == "all" for mention in self.dates)

    def of_kind(self, *kinds: str) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.kind in kinds)

    def says(self, pattern: str) -> re.Match | None:
        return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", self.text, re.I)


def read(text: str, names: Names, today: date) -> Slots:
    """The slots of one question. Pure, and quick: a few milliseconds with 20,000 names."""
    words = tuple(split(text))
    ids = _conversation_ids(text, names)
    quoted = [(m.start(), m.end(), m.group(1) or m.group(2)) for m in re.finditer(r"\"([^\"]{2,80})\"|[“”]([^“”]{2,80})[“”]", text)]
    whole = names.link(text, words, taken=[(start, end) for start, end, _ in ids])
    firm = [(link.start, link.end) for link in whole if link.score >= 100 and (len(link.text.split()) > 1 or link.kind != "property")]
    found_dates = [d for d in dates.find(text, today) if not any(d.start < end and start < d.end for start, end in firm)]
    taken = [(d.start, d.end) for d in found_dates] + [(start, end) for start, end, _ in ids]
    mended = _mend(words, names, taken)
    hits = lexicon.find(text, [word for word in mended if not any(start <= word.start < end for start, end in taken)])
    links = [link for link in whole if not any(link.start < end and start < link.end for start, end in taken)]
    links, hits = _settle(text, _versions(text, links, names), hits)
    taken += [(link.start, link.end) for link in links]
    slots = Slots(
        text=text,
        words=mended,
        dates=tuple(found_dates),
        links=tuple(_negate(text, links)),
        hits=tuple(hits),
        thresholds=tuple(_thresholds(text)),
        quoted=tuple(q for start, end, q in quoted if not any(s < end and start < e for s, e in taken)),
        conversation_ids=tuple(value for _, _, value in ids),
        limit=_limit(text, taken),
        ordinal=_ordinal(text, taken),
        languages=_languages(text),
        taken=tuple(taken),
    )
    return _subject(slots, names)


# --- Ids and numbers -------------------------------------------------------------------------------------------------

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ID_AFTER = re.compile(
    r"(?:conversation|interaction|transcript|chat|dialogue|session|thread|convo)s?\s+(?:with\s+)?(?:(?:the\s+)?id\s+|number\s+|no\.?\s+|#\s*)?[\"'`#]?((?=[\w.:-]*\d)[\w][\w.:-]*[\w])", re.I
)  # fmt: skip
_ID_SHAPE = re.compile(
    r"(?<![\w@.-])(?!(?:gpt|claude|gemini|llama|mistral|o\d|v\d|q\d|px|sha|utf|covid)\b)([a-z][a-z0-9]{0,19}(?:[-_:][a-z0-9]+)*[-_:]\d{2,}[\w-]*)(?![\w@])",
    re.I,
)


def _conversation_ids(text: str, names: Names) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for pattern in (re.compile(f"({_UUID})", re.I), _ID_SHAPE, _ID_AFTER):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            value = match.group(1)
            if (
                any(start < e and s < end for s, e, _ in found)
                or names.named(value)
                or re.fullmatch(r"\d{1,3}|(?:19|20)\d\d|\d+(?:st|nd|rd|th)|[\d.]+", value)
            ):
                continue
            if re.fullmatch(r"\d{4}-\d\d?-\d\d?", value) or (pattern is _ID_SHAPE and _STRONG_BEFORE.search(text[:start])):
                continue
            found.append((start, end, value))
    return found


_NUMBER = "|".join(
    word for word in dates.NUMBERS if word not in ("a", "an", "few", "several", "couple", "a few", "couple of", "a couple of")
)
_LIMIT = re.compile(
    rf"(?:top|bottom|first|worst|best|last|give me|show me|list|name|find|get|pull|need|want|any)\s+(?:the\s+|me\s+|us\s+|my\s+|top\s+|up to\s+|at least\s+)*(\d{{1,3}}|{_NUMBER})\b(?!\s*(?:days?|weeks?|months?|quarters?|years?|hours?|stars?|%|percent|-star))"
    rf"|(?<!\bis )\b(\d{{1,2}}|{_NUMBER})\s+(?:most|least|worst|best|happiest|unhappiest|angriest|busiest|chattiest|biggest|highest|lowest|examples?|quotes?|conversations?|chats?|transcripts?|dialogues?|users?|people|customers?|accounts?|companies|organi[sz]ations?|orgs|topics?|tools?|products?|sessions?|ids?|comments?|things?|reasons?)\b",
    re.I,
)  # fmt: skip
_NOT_A_LIMIT = re.compile(
    r"(?:than|least|over|under|above|below|below|more|fewer|exactly|rated|with|of the|by|has|have|had|in|longer|after|before|gave)\s*$",
    re.I,
)


def _limit(text: str, taken: Sequence[tuple[int, int]]) -> int | None:
    for match in _LIMIT.finditer(text):
        group = 1 if match.group(1) else 2
        if any(start <= match.start(group) < end for start, end in taken) or _NOT_A_LIMIT.search(text[: match.start(group)]):
            continue
        return max(1, min(50, dates.number(match.group(group).lower())))
    return None


_ORDINAL = re.compile(
    r"(?:the\s+)?(first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th|last|other|former|latter)\s*(?:one|user|person|customer|conversation|chat|example|product|account|organization|company|topic|tool|model|quote)?\b",
    re.I,
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "former": 1, "latter": 2, "last": -1, "other": 2}


def _ordinal(text: str, taken: Sequence[tuple[int, int]]) -> int | None:
    for match in _ORDINAL.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            word = match.group(1).lower()
            bare = match.group().strip().lower() in (word, f"the {word}") and not re.match(r"\s*[?.!]*\s*$", text[match.end() :])
            if word in ("last", "first", "other") and (bare or (word == "last" and not match.group().lower().endswith("one"))):
                continue
            return _ORDINALS.get(word) or int(word[0])
    return None


_CMP = (
    (r"(?:at least|no less than|minimum of|>=|not less than)", ">="), (r"(?:at most|no more than|<=|up to|not more than)", "<="),
    (r"(?:below|under|less than|lower than|fewer than|worse than|<)", "<"), (r"(?:above|over|more than|higher than|greater than|better than|longer than|exceeding|>)", ">"),
    (r"(?:exactly|equal to|of exactly|=|of|with)?", "="),
)  # fmt: skip
_STARS = r"(?P<v>\d(?:[.,]\d+)?|one|two|three|four|five)"


def _thresholds(text: str) -> list[Threshold]:
    found: list[Threshold] = []

    def value(match: re.Match) -> float:
        word = match.group("v").lower().replace(",", ".")
        return float(dates.NUMBERS[word]) if word in dates.NUMBERS else float(word)

    for pattern, operator in _CMP:
        rating = rf"(?:rat(?:ed|ings?|e)|scor(?:ed|es?|ing)|stars?|csat|reviews?)\s*(?:are\s+|is\s+|was\s+|of\s+|them\s+|it\s+|with\s+|that\s+)*{pattern}\s*{_STARS}(?:\s*(?P<m>or\s+(?:less|lower|below|under|worse|fewer)|or\s+(?:more|higher|above|better)|and\s+(?:below|above|up|under)))?\b(?!\s*(?:conv|chat|days?|weeks?|times|months?|users?|%))"
        stars = rf"{pattern}\s*(?<![\d.]){_STARS}[\s-]*(?:stars?)\b(?:\s*(?P<m>or\s+(?:less|lower|below|under|worse|fewer)|or\s+(?:more|higher|above|better)|and\s+(?:below|above|up|under)))?"
        length = rf"{pattern}\s*(?P<v>\d{{1,3}}|{_NUMBER})\s*(?:messages|turns|utterances)"
        times = rf"{pattern}\s*(?P<v>\d{{1,3}}|{_NUMBER})\s*(?:conversations|chats|times|sessions|dialogues|dialogs|interactions)"
        for metric, shape in (("rating", rating), ("rating", stars), ("messages", length), ("conversations", times)):
            if operator == "=" and metric in ("messages", "conversations"):
                continue
            match = re.search(shape, text, re.I)
            if match and not any(t.metric == metric for t in found):
                tail = (match.groupdict().get("m") or "").lower()
                op = "<=" if re.search("less|lower|below|under|worse|fewer", tail) else ">=" if tail else operator
                found.append(Threshold(metric, op, value(match)))
    share = re.search(
        r"quality(?:\s+index|\s+score)?\s*(?:is\s+|of\s+)?(below|under|above|over|less than|more than|<|>)\s*(0?\.\d+|\d{1,3}\s*%)",
        text,
        re.I,
    )
    if share:
        amount = float(share.group(2).rstrip("% ")) / (100 if "%" in share.group(2) else 1)
        found.append(Threshold("quality_index", "<" if re.match("below|under|less|<", share.group(1), re.I) else ">", amount))
    return found


def _languages(text: str) -> tuple[str, ...]:
    found = re.findall(
        r"\b(?:in|speak|speaking|speaks|written in|wrote in)\s+("
        + "|".join(lexicon.LANGUAGES.values())
        + r")\b|\b("
        + "|".join(lexicon.LANGUAGES.values())
        + r")[\s-]+(?:speaking|language|speakers?|(?:conversation|chat|message|dialog(?:ue)?|session|transcript|example|user|customer|text|quote)s?)\b",
        text,
        re.I,
    )
    words = [a or b for a, b in found]
    return tuple(code for word in words for code, name in lexicon.LANGUAGES.items() if name == word.lower())


# --- The lexicon -----------------------------------------------------------------------------------------------------


def _mend(words: Sequence[Word], names: Names, taken: Sequence[tuple[int, int]]) -> tuple[Word, ...]:
    """Typing errors in words of the lexicon put right ("convresations"); names and everyday words stay."""
    known = lexicon.vocabulary()
    targets = _targets()
    mended = []
    for word in words:
        lower = word.lower
        strange = (
            len(lower) >= 5
            and lower.isalpha()
            and lower not in known
            and lower not in common()
            and stem(lower) not in _stems()
            and not names.knows(lower)
        )
        if strange and not any(start <= word.start < end for start, end in taken):
            best = process.extractOne(lower, targets, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=0.75)
            allowed = 1 if len(lower) <= 6 else 2
            if best and DamerauLevenshtein.distance(lower, best[0]) <= allowed and best[0][0] == lower[0]:
                word = replace(word, lower=best[0])
        mended.append(word)
    return tuple(mended)


_EXTRA = ("conversation conversations average yesterday customers compare segment ticket summary overview complaints examples transcript feedback refund billing january february october november december"
          " monday tuesday wednesday thursday friday saturday sunday improve recommend happening number product products organization organizations frustrated satisfaction")  # fmt: skip


@cache
def _targets() -> tuple[str, ...]:
    return tuple(
        sorted(
            {word for word in lexicon.vocabulary() if len(word) >= 5} | set(_EXTRA.split()) | {word for word in common() if len(word) >= 6}
        )
    )


@cache
def _stems() -> frozenset[str]:
    return frozenset(stem(word) for word in common()) | frozenset(stem(word) for word in lexicon.vocabulary())


def _settle(text: str, links: list[Link], hits: list[Hit]) -> tuple[list[Link], list[Hit]]:
    """Where a name and a phrase of the lexicon lie on the same words: an exact name wins, a guessed one does not."""
    kept = []
    for link in links:
        rival = [hit for hit in hits if hit.start < link.end and link.start < hit.end]
        if rival and link.score < 100 and not text[link.start].isupper():
            continue
        if link.kind in ("topic", "topic_group") and link.score < 100 and all(word.lower in STOP for word in split(link.text)):
            continue
        kept.append(link)
    hits = [hit for hit in hits if not any(hit.start < link.end and link.start < hit.end for link in kept)]
    return kept, hits


_VERSION = re.compile(r"\b(?:prompt\s+)?(?:version|revision|v)\s*(?:no\.?\s*|#\s*)?(\d{1,3})\b", re.I)


def _versions(text: str, links: Sequence[Link], names: Names) -> list[Link]:
    """ "version 2" is that version of the prompt that is named, or of any prompt."""
    kept = list(links)
    for match in _VERSION.finditer(text):
        prompts = {name.id for link in links if link.kind == "prompt" for name in link.names}
        found = tuple(
            name for name in names.of_kind("prompt_version")
            if re.search(rf"\bv{match.group(1)}$", name.text) and (not prompts or name.part_of in prompts)
        )  # fmt: skip
        if found:
            kept = [link for link in kept if link.kind != "prompt" and not (link.start < match.end() and match.start() < link.end)]
            kept.append(Link(match.start(), match.end(), match.group(), found))
    return sorted(kept, key=lambda link: link.start)


_NEGATION = re.compile(
    r"(?:\bnot\s+(?:about|for|from|in|on|with|including|counting|at|the)|\bexclud(?:e|ing|es)|\bexcept(?:\s+for)?|\bother\s+than|\bwithout|\bbut\s+not|\bbesides|\bapart\s+from|\bignor(?:e|ing)|\bleav(?:e|ing)\s+out|\bminus|\bnot|\bnon|\boutside(?:\s+of)?|\baside\s+from|\bexcl\.?|\banything\s+but|\beveryone\s+but|\ball\s+but)[\s-]+(?:the\s+|any\s+|of\s+|those\s+(?:from|about)\s+|people\s+from\s+|customers\s+(?:of|from)\s+)*[\"'“]?$",
    re.I,
)  # fmt: skip


def _negate(text: str, links: Sequence[Link]) -> list[Link]:
    result: list[Link] = []
    for link in links:
        before = text[: link.start]
        listed = (
            bool(result)
            and result[-1].negated
            and re.fullmatch(r"\s*(?:,|and|or|nor|&)\s*(?:the\s+)?", text[result[-1].end : link.start], re.I)
        )
        result.append(replace(link, negated=bool(_NEGATION.search(before) or listed)))
    return result


# --- What is left ----------------------------------------------------------------------------------------------------

_FRAME = re.compile(
    r"\b(?:about|regarding|mention(?:s|ed|ing)?|concerning|related to|relating to|involving|on the (?:subject|topic) of|discuss(?:es|ed|ing)?|talk(?:s|ed|ing)? of|ask(?:s|ed|ing)? for|contain(?:s|ing)?|"
    r"complain(?:s|ed|ing)?\s+(?:about|of|that)|(?:quotes?|feedback|comments?|opinions?|complaints?|verbatims?|voices|views|thoughts) (?:on|around|over)|the word|the phrase|the words|whose|where|who|that|because of|due to|with|had|having|keeps?|on|of|saying|says?|said|for|over|around)\b",
    re.I,
)  # fmt: skip
_STRONG = re.compile(
    r"^(?:about|regarding|mention|concerning|relat|involving|on the|discuss|talk|ask|contain|complain|quotes?|feedback|comments?|opinions?|verbatims?|voices|views|thoughts|the word|the phrase|whose|because|due)",
    re.I,
)

STOP = frozenset(CONTRACTIONS) | frozenset(
    """a an the and or but nor so if then than of to in on at by for from with without into onto over under about as is are was were be been being am do does did done doing have has had having can could
    will would shall should may might must not no yes i me my mine we us our ours you your yours he him his she her it its they them their theirs this that these those there here what which who whom whose when where
    why how all any both each few more most other others some such only own same too very just also even ever still again please kindly tell show give list name find get pull fetch want need needs wanted like liked let lets
    number count total amount many much figure figures figuring exact exactly one ones two three four five six seven eight nine ten per every everything anything something nothing everyone everybody anyone anybody someone somebody nobody
    see look looking know known knows think thinking say says said saying tells told held handled handle got gets getting go going gone come comes coming make makes made take took taken put use using used
    up down out off now then today right away back so far yet already till until since between within during before after across through against versus vs compared compare comparison side put overall general generally
    average mean median typical typically currently current present recent recently lately latest new newest old oldest thing things stuff way ways kind kinds sort type types example examples instance sample samples id ids transcript transcripts
    quote quotes verbatim word words line lines rows row data info information detail details report reports summary overview stat stats statistics quick quickly brief briefly short long big small large little lot lots bit
    hey hi hello please thanks thank ok okay well hmm um uh oh pls really actually basically literally maybe perhaps probably possibly roughly approximately around almost nearly
    happen happened happening happens going doing get gets seem seems seemed appear appears look looks sound feel feeling feels cause causes caused causing reason reasons why driver drivers drive driving behind explain explanation
    write draft create open file make turn raise log up ticket tickets issue bug report story task jira linear github fix fixing
    rank ranking ranked order ordered sort sorted highest lowest top bottom best worst most least more less better worse first last second third
    people person user users customer customers client clients account accounts organization organizations company companies product products conversation conversations chat chats dialogue dialogues session sessions interaction interactions message messages
    summarise summarize summarised analyse analyze prioritise prioritize categorise categorize visualise visualize recap outline describe characterise characterize organise organize
    did does do it's isn't don't doesn't there's what's who's i'm we're i'd we'd i'll can't just only share percent percentage proportion portion fraction rate ratio part half
    compared difference different differ differs change changed changes changing trend trends trending over time evolve evolved evolution develop developed development move moved moving rise rising fall falling grow growing drop dropping dropped increase increased increasing decrease decreased decreasing
    call called calls concern concerning regard regarding related relating involving mention mentions mentioned mentioning discuss discussing discussed talk talks talked talking ask asks asked asking wonder wondering complain complains complained complaining complaint complaints problem problems trouble troubles issues
    anything else besides except excluding exclude include including included also plus minus apart ignoring ignore filter filtered limited limit restrict restricted contain contains containing
    day days week weeks month months quarter quarters year years hour hours yesterday tomorrow daily weekly monthly morning evening night weekend weekday
    good bad badly great nice fine poor poorly well better happy unhappy went go wrong
    should focus improve improving improvement improvements suggest suggestion suggestions recommend recommendation recommendations action actions priority priorities next step steps attention address advice advise
    held with within side sides put together break breakdown split down by group grouped divide divided segment
    main major biggest common commonly frequent frequently often usually usual typical popular various
    give gave given matter matters notable interesting important particular particularly specific specifically certain
    wrote write writes writing written sent send sends contacted contact reached reach wrote messaged chatted spoke speak logged log running ran run occurred occur active doing performing performed perform fare fares fared stand stands standing score scores scored scoring rate rates rated rating
    reliable unreliable reliability stable broken working works work worked responsible expect expected roughly compared
    question questions request requests inquiry inquiries enquiry enquiries instances occasions times topic topics subject subjects theme themes
    sign signs start started starting starts begin began begins beginning trouble lately
    actual real true truly fact facts true honest honestly straight simple simply plain just plainly
    team colleague boss manager ceo deck slide meeting standup board
    lets' let's want wants wanna gonna gotta shall anyways anyway regards hows whats wheres whos
    every each whole entire complete full fully totally total overall altogether combined
    come came coming become became becoming turn turned turns keep kept keeps hold
    someone's anyone's peoples folks folk guys guy buyer buyers shopper shoppers student students visitor visitors member members subscriber subscribers individual individuals caller callers learner learners
    link links linked linking read reads reading present presenting display pull paste forward badly worst-rated best-rated investor investors management leadership stakeholder stakeholders exec execs executives
    suitable fit fits fitting gone star stars starred screenshot copy evidence proof showing
    their they've we've i've you've wasn't weren't haven't hasn't hadn't shouldn't wouldn't couldn't""".split()
)  # fmt: skip


_CLAUSE = re.compile(
    r"\b(?:people|users?|customers?|someone|somebody|anyone|person|buyers?|shoppers?|students?|clients?|folks|conversations?|chats?|dialogues?|sessions?|transcripts?|those|they|one|ids?)\s+(?:who|whom|whose|where|that|in which)\s+(?P<rest>[^?!;.]{4,80})", re.I
)  # fmt: skip
_SMALL = frozenset(
    "could can not did do does have has had was were is are be been being the a an to in on at for of with get got they their it its this that these we us our my me i you and or but so as by from".split()
)


def _clause(slots: Slots, spans: Sequence[tuple[int, int]], keys: Set[str]) -> str:
    """A clause of everyday words that says what is looked for: "people who could not log in"."""
    match = _CLAUSE.search(slots.text)
    if not match:
        return ""
    stop = min([start for start, end in spans if start >= match.start("rest")] + [match.end("rest")])
    rest = slots.text[match.start("rest") : stop].strip(" ,")
    inside = [word for word in split(rest) if word.lower not in _SMALL and word.lower not in keys]
    return rest if inside and stop - match.start("rest") > 5 else ""


def _subject(slots: Slots, names: Names) -> Slots:
    """Fills subject, not_subject, unknown and strange from the words that nothing else took."""
    solid = [hit for hit in slots.hits if hit.kind in ("extreme", "dimension", "metric", "order")]
    spans = [*slots.taken, *((hit.start, hit.end) for hit in solid)]
    free = [word for word in slots.words if not any(start <= word.start < end for start, end in spans)]
    keys = {name.id.partition("=")[0].lower() for name in names.of_kind("property")} | {"plan", "plans", "tier", "tiers"}
    content = [
        word
        for word in free
        if word.lower not in STOP
        and word.lower not in keys
        and word.lower.removesuffix("s") not in keys
        and stem(word.lower) not in lexicon.AFFECT
        and not word.lower.isdigit()
        and not re.fullmatch(r"[1-5][- ]?stars?|\w+[- ](?:rated|star)", word.lower)
        and not (slots.languages and word.lower in lexicon.LANGUAGES.values())
        and not (word.lower in _FAILED and slots.of_kind("tool"))
    ]
    content = [word for word in content if not (word.lower == "never" and len(content) == 1)]
    positive, negative = [], []
    for word in content:
        (negative if _is_negated(slots.text, word) else positive).append(word)
    strange = tuple(word.text for word in positive if word.lower not in common() and stem(word.lower) not in _stems())
    unknown = () if slots.conversation_ids else tuple(_unknown(slots.text, positive, names))
    framed = bool(positive) and bool(
        _framed(slots.text, positive[0]) or _SUBJECT_NOUN.match(slots.text[positive[-1].end :]) or slots.quoted
    )
    kept = [word for word in positive if word.text not in " ".join(unknown).split()]
    clause = "" if kept else _clause(slots, [*spans, *((hit.start, hit.end) for hit in slots.hits)], keys)
    if clause:
        return replace(slots, subject=clause.lower(), phrase=clause, not_subject=" ".join(word.lower for word in negative), framed=False)
    return replace(
        slots,
        subject=" ".join(word.lower for word in kept) if kept else "",
        phrase=_phrase(slots, kept, spans),
        not_subject=" ".join(word.lower for word in negative),
        framed=framed,
        unknown=unknown,
        strange=strange,
    )


_FAILED = frozenset("fail fails failed failing failure failures error errors broke broken break breaks crashed crashes".split())

_POLITE = re.compile(r"[\s,]*\b(?:please|pls|thanks|thank you|or so|if any|at all|right now)\b.*$|[?.!\s]+$", re.I)


def _phrase(slots: Slots, content: Sequence[Word], spans: Sequence[tuple[int, int]]) -> str:
    """From the first word of the subject to the end of its clause: "money back" keeps its "back"."""
    if not content:
        return ""
    start = content[0].start
    stop = min([end for end, _ in sorted(slots.taken) if end > start] + [len(slots.text)])
    clause = re.split(r"[?!;]|\.\s|,\s", slots.text[start:stop])[0]
    text = _POLITE.sub("", clause).strip(" .,?!\"'“”")
    return re.sub(r"\s+(?:for|from|on|in|at|of|by|with|and|or|to|the|a|since|over|during|last|this)$", "", text)[:200] or content[0].lower


_SUBJECT_NOUN = re.compile(
    r"[\s-]+(?:related\s+|based\s+)?(?:conversations?|chats?|questions?|issues?|problems?|complaints?|requests?|dialogues?|sessions?|tickets?|inquir(?:y|ies)|enquir(?:y|ies)|topics?|errors?|cases?)\b",
    re.I,
)


def _is_negated(text: str, word: Word) -> bool:
    return bool(
        re.search(
            r"\b(?:not\s+(?:about|mentioning|regarding|on|counting)|exclud\w+|except(?:\s+for)?|other\s+than|without|besides|apart\s+from|ignor\w+|nothing\s+to\s+do\s+with|anything\s+but)\s+(?:the\s+|any\s+)?(?:\w+\s+)?$",
            text[: word.start],
            re.I,
        )
    )


def _framed(text: str, word: Word) -> re.Match | None:
    last = None
    for match in _FRAME.finditer(text[: word.start]):
        last = match
    return last if last and _STRONG.match(last.group()) else None


_NAME_FRAME = re.compile(
    r"(?:\b(?:user|customer|person|account|client|organization|organisation|company|org|firm|product|bot|assistant|app|model|tool|called|named|for|at|from|with|by|and|vs\.?|versus|or|is|are|was|did|does|of|has|to|than)\s+(?:the\s+)?[\"'“]?|^\s*)$", re.I
)  # fmt: skip


_KIND_FRAME = re.compile(
    r"\b(?:user|customer|person|account|client|organi[sz]ation|company|org|firm|product|bot|assistant|app|model|tool|called|named)\s+[\"'“]?$",
    re.I,
)
_SMALL_FRAME = re.compile(
    _KIND_FRAME.pattern + r"|\b(?:for|at|from|vs\.?|versus|than|how(?:\s+\w+)?\s+(?:is|are|was|were|did|does|do|has))\s+[\"'“]?$",
    re.I,
)
"""Where a word without a capital may be a name; after "to" or "and" it is a verb or a noun that the word lists lack."""


def _unknown(text: str, content: Sequence[Word], names: Names) -> list[str]:
    """Runs of words that are written or placed like a name and are none: "Zorblax Ltd", "user q@x.io"."""
    found: list[str] = []
    at = 0
    while at < len(content):
        word = content[at]
        if not _looks_like_a_name(text, word):
            at += 1
            continue
        last = at
        while last + 1 < len(content) and text[content[last].end : content[last + 1].start] == " " and content[last + 1].text[:1].isupper():
            last += 1
        found.append(text[word.start : content[last].end])
        at = last + 1
    return found


def _looks_like_a_name(text: str, word: Word) -> bool:
    if re.fullmatch(r"[\w.+-]+@[\w-]+\.[\w.]+", word.text):
        return True
    if word.text.isupper() or not word.text[0].isalpha() or word.lower in common() or stem(word.lower) in _stems():
        return False
    before = text[: word.start]
    if _STRONG_BEFORE.search(before):
        return False
    if word.text[0].isupper() or re.search(r"\d", word.text):
        return bool(_NAME_FRAME.search(before))
    if len(word.lower) < 4 or word.lower.endswith(("s", "ing", "ed", "ly")):
        return bool(_KIND_FRAME.search(before)) and len(word.lower) >= 4
    return bool(_SMALL_FRAME.search(before))


_STRONG_BEFORE = re.compile(
    r"\b(?:about|mention\w*|regarding|concerning|word|phrase|saying|said|complain\w*\s+(?:about|of))\s+(?:the\s+|an?\s+)?(?:\w+\s+)?$", re.I
)
