"""What a question is about beyond the lexicon: the words that nothing else took, and whether they look like a name that nobody has."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.clause import FAILS, clause_of
from rapport.analyst.planner.common import common
from rapport.analyst.planner.conditions import told_in
from rapport.analyst.planner.english import is_english, is_form
from rapport.analyst.planner.frames import APART, FRAME, STRONG
from rapport.analyst.planner.model_ids import A_FIELD, CODE_NAME, MODEL
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.said import told_in_quotes
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.small_talk import of_the_request
from rapport.analyst.planner.tongues import told_as_others
from rapport.analyst.planner.words import CONTRACTIONS, Word, split, stem

STOP = frozenset(CONTRACTIONS) | frozenset(
    """a an the and or but nor so if then than of to in on at by for from with without into onto over under about as is are was were be been being am do does did done doing have has had having can could
    will would shall should may might must not no yes i me my mine we us our ours you your yours he him his she her it its they them their theirs this that these those there here what which who whom whose when where
    why how all any both each few more most other others some such only own same too very just also even ever still again please kindly tell show give list name find get pull fetch want need needs wanted like liked let lets
    furthest hear earlier period periods number count total amount many much figure figures figuring exact exactly one ones two three four five six seven eight nine ten per every everything anything something nothing everyone everybody anyone anybody someone somebody nobody
    see look looking know known knows think thinking say says said saying tells told held handled handle got gets getting go going gone come comes coming make makes made take took taken put use using used
    up down out off now then today right away back so far yet already till until since between within during before after across through against versus vs compared compare comparison side put overall general generally
    average mean median typical typically currently current present recent recently lately latest new newest old oldest thing things stuff way ways kind kinds sort type types example examples instance sample samples id ids transcript transcripts
    quote quotes verbatim word words line lines rows row data info information detail details report reports summary overview stat stats statistics quick quickly brief briefly short long big small large little lot lots bit
    mainly mostly chiefly primarily largely hands handed sting stings somehow apparently hey hi hello please thanks thank ok okay well hmm um uh oh pls really actually basically literally maybe perhaps probably possibly roughly approximately around almost nearly
    happen happened happening happens going doing get gets seem seems seemed appear appears look looks sound feel feeling feels cause causes caused causing reason reasons why driver drivers drive driving behind explain explanation
    write draft create open file make turn raise log up ticket tickets issue bug report story task jira linear github fix fixing
    rank ranking ranked order ordered sort sorted highest lowest top bottom best worst most least more less better worse first last second third
    people person user users customer customers client clients account accounts organization organizations company companies product products conversation conversations chat chats dialogue dialogues session sessions interaction interactions message messages
    summarise summarize summarised analyse analyze prioritise prioritize categorise categorize visualise visualize recap outline describe characterise characterize organise organize
    did does do it's isn't don't doesn't there's what's who's i'm we're i'd we'd i'll can't just only share percent percentage proportion portion fraction rate ratio part half
    compared difference different differ differs change changed changes changing trend trends trending over time evolve evolved evolution develop developed development move moved moving rise rising fall falling grow growing drop dropping dropped increase increased increasing decrease decreased decreasing
    call called calls concern concerning regard regarding related relating involving mention mentions mentioned mentioning discuss discussing discussed talk talks talked talking ask asks asked asking wonder wondering complain complains complained complaining gripe gripes griped griping moan moans moaned moaning grumble grumbles grumbling whinge whinges whinged whinging whine whines whining rant rants ranted ranting grouse grousing bellyache bellyaching complaint complaints problem problems trouble troubles issues
    anything else besides except excluding exclude include including included also plus minus apart ignoring ignore filter filtered limited limit restrict restricted contain contains containing
    day days week weeks month months quarter quarters year years hour hours yesterday tomorrow daily weekly monthly morning mornings afternoon afternoons evening evenings night nights overnight am pm weekend weekday
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
    robot robots bot bots chatbot chatbots machine machines ai assistant assistants
    every each whole entire complete full fully totally total overall altogether combined
    come came coming become became becoming turn turned turns keep kept keeps hold
    someone's anyone's peoples folks folk guys guy buyer buyers shopper shoppers student students visitor visitors member members subscriber subscribers individual individuals caller callers learner learners
    link links linked linking read reads reading present presenting display pull paste forward badly worst-rated best-rated investor investors management leadership stakeholder stakeholders exec execs executives
    separate separately located based residing headquartered sits sit sitting seated lives resides reside hails hail attached surge surged surges surging spike spiked spikes peaked skyrocketed near suitable fit fits fitting gone star stars starred screenshot copy evidence proof showing
    verbatims verbatim literal literally handful couple cite cited cites phrase phrased gist rundown lowdown glance excerpt excerpts snippet snippets scoop walk rid clearly obviously possible bring brings brought deal deals dealing dealt staff
    higher lower bigger smaller larger greater stronger weaker longer shorter sooner faster slower busier quieter happier angrier calmer
    prepare prepares prepared preparing compliment compliments praise praises praised kudos
    comment comments commented typed typing remark remarks scribble scribbled jotted earn earned earns starters newcomers colleagues
    numbers showing shows illustrate illustrates demonstrate demonstrates reflects affected accumulate single lone
    dig digs fetch grab locate surface hunt earn earned earns received receive receives awarded award awards collected obtained scored deserved culminated culminate culminating wanting preceding preceded prior
    during whichever whoever left leaving hand dwindled exploded hear pick picked picking resulted resulting prove proves proving risen chief build builds built set grew grown grows shrink shrinks shrank shrunk swell swells swelled swollen climb climbs climbed climbing soar soars soared soaring leap leaps leapt jump jumps jumped jumping
    sink sinks sank sunk sinking slip slips slipped slipping gain gains gained gaining sit sits sat sitting reside resides residing situated seated nowadays among amongst amid grumble grumbles grumbling grumbled gripe gripes grouse moan moans whine whinge whinging grievance grievances beefs criticism criticisms objection objections annoyance annoyances favourite favourites favorite favorites overtake overtook overtaken hand handing
    followed following follows preceded came counting considering
    agent agents random randomly arbitrary praising grateful gratitude thankful rater raters their they've we've i've you've wasn't weren't haven't hasn't hadn't shouldn't wouldn't couldn't""".split()
)  # fmt: skip


def with_subject(slots: Slots, names: Names) -> Slots:
    """Fills subject, not_subject, unknown and strange from the words that nothing else took."""
    solid = [hit for hit in slots.hits if hit.kind in ("extreme", "dimension", "metric", "order")]
    told_already = (*told_in(slots), *told_as_others(slots.text))
    spans = [*slots.taken, *told_already, *((hit.start, hit.end) for hit in solid)]
    free = [word for word in slots.words if not any(start <= word.start < end for start, end in spans)]
    keys = {name.id.partition("=")[0].lower() for name in names.of_kind("property")} | {"plan", "plans", "tier", "tiers"}
    content = [
        word
        for word in free
        if any(start <= word.start < end for start, end in slots.short)
        or (
            word.lower not in STOP
            and word.lower not in keys
            and word.lower.removesuffix("s") not in keys
            and stem(word.lower) not in lexicon.AFFECT
            and not word.lower.rstrip("+").isdigit()
            and not _SHORTENED.fullmatch(word.lower)
            and not re.fullmatch(r"[1-5][- ]?stars?|[1-5]/5|\w+-wise|\w+[- ](?:rated|star)|[a-z]+-(?:language|speaking)", word.lower)
            and not (slots.languages and word.lower in lexicon.LANGUAGES.values())
            and not (word.lower in FAILED and slots.of_kind("tool"))
        )
    ]
    content = [word for word in content if not (word.lower == "never" and len(content) == 1)]
    content = of_the_request(slots.text, content)
    positive, negative = [], []
    for word in content:
        (negative if _is_negated(slots.text, word) else positive).append(word)
    positive = _in_quotes(slots, positive) or _with_its_kind(slots, _after_frame(slots.text, positive))
    strange = tuple(word.text for word in positive if word.lower not in common() and stem(word.lower) not in lexicon.stems())
    unknown = () if slots.conversation_ids else tuple(_unknown(slots.text, positive, slots.taken))
    framed = bool(positive) and bool(
        _framed(slots.text, positive[0]) or _SUBJECT_NOUN.match(slots.text[positive[-1].end :]) or slots.quoted
    )
    kept = [word for word in positive if word.text not in " ".join(unknown).split()]
    if told := told_in_quotes(slots):
        return replace(
            slots, subject=told.lower(), phrase=told, not_subject=" ".join(word.lower for word in negative), framed=True, unknown=unknown
        )
    within = [*spans, *((hit.start, hit.end) for hit in slots.hits if hit.kind != "polarity")]
    clause = "" if told_already or framed or unknown or (kept and not slots.says(FAILS)) else clause_of(slots, within, keys, kept)
    if clause:
        return replace(
            slots, subject=clause.lower(), phrase=clause, not_subject=" ".join(word.lower for word in negative), framed=_is_counted(slots)
        )
    return replace(
        slots,
        subject=" ".join(_SAID_AS.get(word.lower, word.lower) for word in kept) if kept else "",
        phrase=" ".join(slots.quoted) if kept and _in_quotes(slots, kept) else _phrase(slots, kept, spans),
        not_subject=" ".join(word.lower for word in negative),
        framed=framed,
        unknown=unknown,
        stray=() if slots.conversation_ids or unknown else tuple(_stray(slots.text, positive)),
        strange=strange,
    )


_SHORTENED = re.compile(r"[a-z]+(?:['’](?:d|ll|ve|re|m|em)|n['’]t)(?:['’]ve)?", re.I)
"""A word that a verb is drawn into: "who'd", "there'll"."""


def _in_quotes(slots: Slots, words: list[Word]) -> list[Word]:
    """The words that stand in quotation marks: what is quoted is looked for, and nothing beside it."""
    spans = [(place, place + len(quote)) for quote in slots.quoted if (place := slots.text.find(quote)) >= 0]
    return [word for word in words if any(start <= word.start < end for start, end in spans)]


_SAID_AS = {"thank-you": "thank you", "thankyou": "thank you", "thank-yous": "thank you"}

FAILED = frozenset("fail fails failed failing failure failures error errors broke broken break breaks crashed crashes".split())


def _after_frame(text: str, words: list[Word]) -> list[Word]:
    """Where a frame ("about", "concerning") says what is looked for: the words after it, to the end of their clause."""
    first = next((place for place, word in enumerate(words) if _framed(text, word)), None)
    if first is None:
        return words
    end = (_CLAUSE_END if first else _FRAME_END).search(text, words[first].start)
    return [word for word in words[first:] if end is None or word.start < end.start()]


_KIND = frozenset(
    "student member visitor account user customer client subscriber team staff company product order wrong late early broken double short free new old missing lost open closed".split()
)


def _is_counted(slots: Slots) -> bool:
    """ "How many chats where people can't log in": what went wrong is looked for, whatever its words."""
    told = slots.says(r"(?:conversations?|chats?|sessions?|dialogues?|threads?) (?:where|in which|when)") and slots.says(FAILS)
    return bool(told and slots.says(r"how many|how often|number of|count|what (?:share|percent\w*)"))


def _with_its_kind(slots: Slots, words: list[Word]) -> list[Word]:
    """`words` with the plain word that stands right before the first and belongs to it: "about wrong invoices"."""
    if not words or not _framed(slots.text, words[0]):
        return words
    before = [word for word in slots.words if word.end < words[0].start]
    if not before or before[-1].lower not in _KIND or slots.text[before[-1].end : words[0].start] != " ":
        return words
    return [before[-1], *words] if _framed(slots.text, before[-1]) else words


_FRAME_END = re.compile(
    r"[.?!;]\s|,?\s(?:which|that|who)\s+(?:\w+\s+)?(?:got|earned|gained|won|scored|received|ended|gave|left|rated|carr(?:y|ied))\b|,\s+(?:so|and (?:what|which|how|who|is|are))\b|$",
    re.I,
)
_CLAUSE_END = re.compile(rf"{_FRAME_END.pattern}|,\s", re.I)


def _framed(text: str, word: Word) -> re.Match | None:
    last = None
    for match in FRAME.finditer(text[: word.start]):
        weak = _WEAK.fullmatch(match.group()) and last is not None and STRONG.match(last.group())
        last = last if weak else match  # "about getting more of the pills"
    apart = last is not None and APART.search(text[last.end() : word.start])
    told = last is not None and (re.search(r"\bto\s+$", text[: last.start()]) or last.group().lower().startswith("due"))
    return last if last and not apart and not told and STRONG.match(last.group()) else None  # "I would like to mention" frames nothing


_WEAK = re.compile(r"of|on|for|over|with", re.I)


_SUBJECT_NOUN = re.compile(
    r"[\s-]+(?:related\s+|based\s+)?(?:conversations?|chats?|questions?(?!\s*:)|issues?|problems?|complaints?|requests?|dialogues?|sessions?|tickets?|inquir(?:y|ies)|enquir(?:y|ies)|topics?|errors?|cases?|troubles?|grief|mess|fuss|hassles?|saga|fiasco|drama|disaster)\b",
    re.I,
)


def _is_negated(text: str, word: Word) -> bool:
    return bool(
        re.search(
            r"\b(?:not\s+(?:about|mentioning|regarding|on|counting)|(?:but|and|yet|though)\s+not|exclud\w+|except(?:\s+for)?|other\s+than|without|besides|apart\s+from|ignor\w+|nothing\s+to\s+do\s+with|anything\s+but)\s+(?:the\s+|any\s+)?(?:\w+\s+)?[\"'“]?$",
            text[: word.start],
            re.I,
        )
    )


_POLITE = re.compile(r"[\s,]*\b(?:please|pls|thanks|thank you|or so|if any|at all|right now)\b.*$|[?.!\s]+$", re.I)


_BEYOND = re.compile(r"\s(?:which|that|who|whose|where|when|so)\b")
"""What goes on after the last word of a subject says something else of the conversations: "opening hours which earned five stars"."""


def _phrase(slots: Slots, content: Sequence[Word], spans: Sequence[tuple[int, int]]) -> str:
    """From the first word of the subject to the end of its clause: "money back" keeps its "back"."""
    if not content:
        return ""
    frame = _framed(slots.text, content[0])
    start = (
        frame.end() + (lead.end() if (lead := re.match(r"[\s:=]*(?:(?:the|an?|our|their)\s+)?", slots.text[frame.end() :])) else 0)
        if frame
        else content[0].start
    )
    stop = min([end for end, _ in sorted(slots.taken) if end > start] + [len(slots.text)])
    clause = re.split(r"[?!;]|\.\s|,\s", slots.text[start:stop])[0]
    last = max(word.end for word in content) - start
    if beyond := _BEYOND.search(clause, last if last <= len(clause) else 0):
        clause = clause[: beyond.start()]
    text = _POLITE.sub("", clause).strip(" .,?!\"'“”()")
    return re.sub(r"\s+(?:for|from|on|in|at|of|by|with|and|or|to|the|a|since|over|during|last|this)$", "", text)[:200] or content[0].lower


def _unknown(text: str, content: Sequence[Word], taken: Sequence[tuple[int, int]]) -> list[str]:
    """Runs of words that are written or placed like a name and are none: "Zorblax Ltd", "user q@x.io"."""
    found: list[str] = []
    at = 0
    while at < len(content):
        word = content[at]
        leads = not text[: word.start].strip() and any(text[word.end : start].isspace() for start, _ in taken if start > word.end)
        if (leads and not MODEL.fullmatch(word.lower)) or not _looks_like_a_name(
            text, word
        ):  # "Teach Lantern Harvest ..." begins with a verb
            at += 1
            continue
        last = at
        while last + 1 < len(content) and text[content[last].end : content[last + 1].start] == " ":
            if not (content[last + 1].text[:1].isupper() or (word.text.islower() and _is_odd(content[last + 1]))):
                break
            last += 1
        found.append(text[word.start : content[last].end])
        at = last + 1
    return found


def told_of(text: str, names: Names) -> tuple[str, ...]:
    """Names that `text` speaks of and nobody has, wherever they stand: two words with capitals, or the id of a model."""
    words = split(text)
    taken = [(link.start, link.end) for link in names.link(text, words)]
    free = [word for word in words if not any(start <= word.start < end for start, end in taken)]
    models = tuple(word.text for word in free if MODEL.fullmatch(word.lower))
    if models:
        return models
    runs = list(re.finditer(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+", text))
    found = []
    for match in runs:
        inside = [word for word in words if match.start() <= word.start < match.end()]
        if any(start < match.end() and match.start() < end for start, end in taken) or not any(_is_odd(word) for word in inside):
            continue
        if _A_DAY.search(match.group()):
            continue
        while len(inside) > 2 and not _is_odd(inside[0]):  # "Somebody told Wilma Zorn"
            inside = inside[1:]
        found.append(text[inside[0].start : inside[-1].end])
    return tuple(found)


_A_DAY = re.compile(
    r"day\b|Christmas|Easter|New Year|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)


def _looks_like_a_name(text: str, word: Word) -> bool:
    if re.fullmatch(r"[\w.+-]+@[\w-]+\.[\w.]+", word.text):
        return True
    if _SHORTENED.fullmatch(word.text):
        return False
    if MODEL.fullmatch(word.lower):
        return not SUBJECT_BEFORE.search(text[: word.start])
    if word.text.isupper() or not word.text[0].isalpha() or word.lower in common() or stem(word.lower) in lexicon.stems():
        return False
    if word.lower.endswith("est") or (re.fullmatch(r"\w+\d", word.lower) and not re.search(r"-", word.lower)):
        return False  # "the hardest", "top3"
    before = text[: word.start]
    if word.text[0].isupper():
        before = re.sub(r"(?<=\s)(?:[A-Z][\w'’-]* )+$", "", before)  # the first name before it
        if _TOLD_ABOUT.search(before) or (before.strip() and _PEOPLE_OF.match(text[word.start + len(word.text) :])):
            return True
    if SUBJECT_BEFORE.search(before):
        return False
    if CODE_NAME.fullmatch(word.text) and word.lower not in lexicon.METRICS and not A_FIELD.search(word.lower):
        return True
    if word.text[0].isupper() or re.search(r"\d", word.text):
        numbered = re.search(r"[a-z]-?\d", word.text, re.I) and re.search(r"\b(?:on|using|via|through)\s+$", before, re.I)
        after = text[word.start + len(word.text) :]
        if not before.strip() and not numbered:  # every sentence begins with a capital
            return bool(_NAME_AFTER_START.match(after))
        return bool(numbered or _NAME_FRAME.search(before))
    return _placed_as_a_name(word.lower, before, text[word.end :])


def _placed_as_a_name(word: str, before: str, after: str) -> bool:
    """Whether a word without a capital stands where a name would. An English word does so less often than not: "a bot hammering us",
    "for breakfast", "how many were bitten"."""
    if re.search(r"\b(?:called|named)\s+[\"'“]?$", before, re.I) or _FIRM_AFTER.match(after):
        return True
    if is_form(word):
        return False
    if is_english(word):
        return bool(
            (_KIND_FRAME.search(before) and not _ANY_KIND.search(before)) or (_DOER_FRAME.search(before) and not _OBJECT.match(after))
        )
    if len(word) < 4 or word.endswith(("s", "ing", "ed", "ly")):
        return len(word) >= 4 and not word.endswith(("ing", "ed", "ly")) and bool(_KIND_FRAME.search(before))
    return bool(_SMALL_FRAME.search(before))


def _stray(text: str, content: Sequence[Word]) -> list[str]:
    """Runs of words that are no everyday English and stand where a figure's name would: "by zerbinetta umlaut", "did plasma toaster get".
    Only a question that has no other use for them may take them for a name."""
    found: list[str] = []
    run: list[Word] = []
    for word in [*content, None]:
        if run and (word is None or text[run[-1].end : word.start] != " "):
            named = _named_by(text, run)
            found += [text[named[0].start : named[-1].end]] if named else []
            run = []
        if word is not None:
            run.append(word)
    return found


def _named_by(text: str, run: Sequence[Word]) -> Sequence[Word]:
    """The words at the start of a run that may be a name by their place; none where it is a noun like any other."""
    odd = list(itertools.takewhile(_is_odd, run))
    if not odd or SUBJECT_BEFORE.search(text[: odd[0].start]) or _INDEFINITE.search(text[: odd[0].start]):
        return ()
    before, after = text[: odd[0].start], text[odd[-1].end :]
    word = odd[0]
    rest = [one for one in run if one.start > odd[-1].start]
    for place in range(min(2, len(rest)), -1, -1):  # "how many chats has umbrella shipping had"
        if _DID.search(before) and _HAD.match(text[[odd[-1], *rest][place].end :]) and (place or not is_form(word.lower)):
            return [*odd, *rest[:place]]
    if word.lower.endswith("s") and _OBJECT.match(after):
        return ()
    placed = _NAMED_BEFORE.search(re.sub(r"\bthe\s+$", "", before) if len(odd) >= 2 else before)
    if all(is_english(one.lower) for one in odd):
        named = placed and not any(is_form(one.lower) for one in (odd[0], odd[-1])) and _DOES.match(after)
        return odd if named and (len(odd) >= 2 or _DID.search(before)) else ()
    if word.lower.endswith("ly") or len(odd) >= 2:
        return odd if len(odd) >= 2 and not word.lower.endswith("ly") else ()
    if len(word.lower) < 4 or word.lower.endswith(("ing", "ed", "est")) or word.text.isupper():
        return ()  # "who is sweetest on us"
    numbered = re.search(r"\d", word.text) and not word.text[0].isdigit()
    alone = not before.strip() and re.match(r"\s*(?:[:–—]|-\s|'s\b|\?)", after)
    return odd if numbered or alone or placed else ()


_HAD = re.compile(r"\s+(?:had|have|get|got|log|logged|receive|received|made|give|given|send|sent|write|written|rate|rated)\b", re.I)
_DID = re.compile(r"\b(?:did|does|has|had|have|vs\.?|versus|called|named)\s+[\"'“]?$", re.I)
_DOES = re.compile(
    r"\W*$|\s*[,?]|['’]s\b|\s+(?:did|has|had|have|get|gets|got|receive|chat|talk|write|rate|give|bring|log|send|doing|do|in|during|over|since|last|this|so far)\b",
    re.I,
)
"""What follows a name that a figure is asked of: "how many chats did plasma toaster get"."""


_OBJECT = re.compile(
    r"\s+(?:the|our|us|a|an|its|their|his|her|my|most|least|more|less|it|them|him|best|worst|out|up|down|off|on|when|while|if|things?)\b",
    re.I,
)
"""What follows a verb, and no name: "which model wears the crown", "what model vexes people least"."""


def _is_odd(word: Word) -> bool:
    """Neither everyday English nor of the lexicon."""
    return word.text[0].isalpha() and word.lower not in common() and stem(word.lower) not in lexicon.stems()


_INDEFINITE = re.compile(r"\b(?:an?|my|our|your|their|his|her|its|this|that|these|those|some|any|every|each|no)\s+(?:\w+\s+)?$", re.I)
_NAMED_BEFORE = re.compile(
    r"\b(?:by|of|from|for|with|at|on|than|vs\.?|versus|did|does|do|has|have|had|is|was|are|were|user|customer|person|account|client|organi[sz]ation|company|org|firm|product|bot|assistant|app|model|tool|called|named)\s+[\"'“]?$", re.I
)  # fmt: skip

_NAME_AFTER_START = re.compile(
    r"\s+(?-i:[A-Z])|\s*(?:[:–—?,]|-\s|['’]s\b|$)|\s+(?:did|has|had|have|is|was|does|rates?|rated|gave|gives|got|gets|chats?|conversations?|rating|ratings|volume|average|stars)\b", re.I
)  # fmt: skip

_NAME_FRAME = re.compile(
    r"(?:\b(?:our|user|customer|person|account|client|organization|organisation|company|org|firm|product|bot|assistant|app|model|tool|agent|mrs?\.?|ms\.?|dr\.?|colleague|operator|rep|called|named|for|at|from|with|by|and|vs\.?|versus|or|is|are|was|did|does|of|has|to|than)\s+(?:the\s+)?[\"'“]?|^\s*)$", re.I
)  # fmt: skip

_PEOPLE_OF = re.compile(r"(?:['’]s)?\s+(?:users|customers|people|clients|visitors|buyers|staff|employees)\b", re.I)
_TOLD_ABOUT = re.compile(
    r"(?:^\W*(?:and |so |ok |now )*(?:what|how) about\s+$)|\b(?:tell (?:me|us)(?: more| something| everything)?|(?:know|hear|learn|see)(?: anything| more| something| everything)?|info(?:rmation)?|details?|anything|everything|something|background|brief (?:me|us)|fill (?:me|us) in|update (?:me|us)|news|profile|report|summary|lowdown|rundown)\s+(?:about|on|of|regarding)\s+$",
    re.I,
)
"""Where a name stands for all that is known of it."""
_KIND_FRAME = re.compile(
    r"\b(?:user|customer|person|account|client|organi[sz]ation|company|org|firm|product|bot|assistant|app|model|tool|called|named)\s+[\"'“]?$",
    re.I,
)

_ANY_KIND = re.compile(r"\b(?:which|what|whose|any|an?|one|no|some|every|each|another|of (?:our|the))\s+(?:\w+\s+)?\w+\s+$", re.I)
"""Before a noun that is no name's: "which product sank"."""
_DOER_FRAME = re.compile(r"\b(?:vs\.?|versus|than|how(?:\s+\w+)?\s+(?:is|are|was|were|did|does|do|has))\s+[\"'“]?$", re.I)
_FIRM_AFTER = re.compile(r"\s+(?:inc|corp|corporation|ltd|llc|gmbh|plc)\b", re.I)
"""After a word that is a company's name whatever it means else: "acme corp"."""

_SMALL_FRAME = re.compile(
    _KIND_FRAME.pattern + r"|\b(?:for|at|from|vs\.?|versus|than|how(?:\s+\w+)?\s+(?:is|are|was|were|did|does|do|has))\s+[\"'“]?$",
    re.I,
)
"""Where a word without a capital may be a name; after "to" or "and" it is a verb or a noun that the word lists lack."""

SUBJECT_BEFORE = re.compile(
    r"\b(?:about|around|mention\w*|regarding|concerning|word|phrase|saying|said|complain\w*\s+(?:about|of))\s+(?:the\s+|an?\s+)?(?:\w+\s+)?$",
    re.I,
)


def by_nobody(slots: Slots, subject: str) -> bool:
    """ "What did brixham say about us": all that is looked for is who said it, and nobody has that name."""
    told = slots.stray[0].lower()
    return subject in ("", told) and bool(
        slots.says(rf"(?:did|does|has|had|have) {re.escape(told)} (?:say|said|write|written|tell|think|have|want|ask|complain|report)")
    )
