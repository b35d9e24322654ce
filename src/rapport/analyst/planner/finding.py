"""The slots of a question. Finding, not deciding.

Each finder takes its place in the question, so that no word is read twice: dates, then ids and quotes, then the tenant's names, then the
lexicon. What nobody takes and is no everyday command word is the subject ("parcel never came").
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from rapport.analyst.planner import dates, lexicon
from rapport.analyst.planner.common import common
from rapport.analyst.planner.english import is_english
from rapport.analyst.planner.lexicon import Hit
from rapport.analyst.planner.mention import Mention
from rapport.analyst.planner.model_ids import MODEL
from rapport.analyst.planner.names import Link, Names
from rapport.analyst.planner.quantities import limit_of, ordinal_of, thresholds_of
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.small_talk import NOT_SO, TURNS_OF_PHRASE, moods
from rapport.analyst.planner.subject import FAILED, STOP, SUBJECT_BEFORE, with_subject
from rapport.analyst.planner.timeframe import idle_day
from rapport.analyst.planner.tongues import languages_of
from rapport.analyst.planner.words import Word, split, stem


def read(text: str, names: Names, today: date) -> Slots:
    """The slots of one question. Pure, and quick: a few milliseconds with 20,000 names."""
    words = tuple(split(text))
    ids = _conversation_ids(text, names)
    quoted = [(m.start(), m.end(), m.group(1) or m.group(2) or m.group(3)) for m in _QUOTED.finditer(text)]
    whole = names.link(text, words, taken=[(start, end) for start, end, _ in ids])
    firm = [(link.start, link.end) for link in whole if link.score >= 100 and (len(link.text.split()) > 1 or link.kind != "property")]
    found_dates = [d for d in dates.find(text, today) if not any(d.start < end and start < d.end for start, end in firm)]
    found_dates = [d for d in found_dates if not idle_day(text, d)]
    set_aside = [d for d in found_dates if d.kind == "period" and _without_days(text, d)]
    found_dates = [d for d in found_dates if d not in set_aside]
    taken = [(d.start, d.end) for d in (*found_dates, *set_aside)] + [(start, end) for start, end, _ in ids]
    mended = _mend(text, words, names, taken)
    hits = lexicon.find(text, [word for word in mended if not any(start <= word.start < end for start, end in taken)])
    hits = [hit for hit in hits if not (hit.kind in ("metric", "dimension", "extreme") and _SET_ASIDE.search(text[: hit.start]))]
    hits = [hit for hit in _without_idle(text, hits) if not (hit.kind == "event" and any(s <= hit.start < e for s, e, _ in quoted))]
    links = [link for link in whole if not any(link.start < end and start < link.end for start, end in taken)]
    links, hits, short = _settle(text, _versions(text, links, names), hits)
    links = [link for link in links if not (_inside_a_quote(text, link, quoted) or _of_stars(text, link))]
    languages = _spoken(text, links)
    tongues = {lexicon.LANGUAGES[code] for code in languages}
    links = [link for link in links if link.kind != "property" or link.text.lower() not in tongues]  # "a German chat" is no country
    taken += [(link.start, link.end) for link in links]
    slots = Slots(
        text=text,
        words=mended,
        dates=tuple(found_dates),
        links=tuple(negate(text, links)),
        hits=tuple(hits),
        thresholds=tuple(thresholds_of(_without(text, links, found_dates))),
        quoted=tuple(q for start, end, q in quoted if not any(s < end and start < e for s, e in taken)),
        conversation_ids=tuple(value for _, _, value in ids),
        limit=limit_of(text, taken),
        ordinal=ordinal_of(text, taken),
        languages=languages,
        taken=tuple(taken),
        short=short,
    )
    slots = _any_of(with_subject(slots, names))
    if set_aside:  # days cannot be left out of a figure: it is said that they are not
        slots = replace(slots, strange=(*slots.strange, *(f"without {text[d.start : d.end]}" for d in set_aside)))
    missing = _missing_version(text, slots, names)
    return replace(slots, unknown=(missing,)) if missing and not slots.unknown else slots


_QUOTED = re.compile(r"\"([^\"]{2,80})\"|[“”]([^“”]{2,80})[“”]|(?<![\w'’])['‘]([^'’]{2,60})['’](?!\w)")
_A_WORD = re.compile(
    r"\b(?:topics?|themes?|subjects?|words?|phrases?|terms?|keywords?|mention\w*|say|says|said|saying|talk\w*|about)\b", re.I
)


def _any_of(slots: Slots) -> Slots:
    """ "Mention 'refund' or 'money back'": one of them is enough (`or`, as the search of texts reads it)."""
    between = r"\W+or\W+".join(re.escape(quote) for quote in slots.quoted)
    if len(slots.quoted) < 2 or not slots.subject or not re.search(between, slots.text):
        return slots
    return replace(slots, subject=" or ".join(f'"{quote.lower()}"' for quote in slots.quoted), framed=True)


_SOME_STARS = re.compile(r"[1-5]\s*[-–/]\s*[1-5]")
_BOUNDED = re.compile(r"\b(?:below|under|above|over|than|at least|at most|exceeding|beyond|between|up to|[<>]=?)\s*$", re.I)


def _of_stars(text: str, link: Link) -> bool:
    """ "The low ratings (1-2)", "an average of more than 3.5": numbers of stars, and no part of an id or of a model."""
    bounds = bool(re.fullmatch(r"[1-5][.,]\d+", link.text) and _BOUNDED.search(text[: link.start]))
    return bounds or bool(_SOME_STARS.fullmatch(link.text))


def _inside_a_quote(text: str, link: Link, quoted: Sequence[tuple[int, int, str]]) -> bool:
    """Whether a topic is only a part of what is quoted: "seed shipment late" is looked for as it is written; so is 'locker', a word."""
    around = [told for start, end, told in quoted if start <= link.start and link.end <= end]
    if link.kind in ("topic", "topic_group"):
        return any(link.end - link.start < len(told) for told in around)
    whole = any(link.text.lower() == name.text.lower() for name in link.names)
    return bool(around) and not whole and bool(_A_WORD.search(text))


def _without_idle(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """`hits` without the events of turns of phrase ("lost their temper") and the moods of the person who asks ("I'm tired of bad news")."""
    idle = [match.span() for pattern in (TURNS_OF_PHRASE, _LEAVES_OUT) for match in pattern.finditer(text)]
    told = {"event": idle, "polarity": moods(text)}
    return [hit for hit in hits if not any(start <= hit.start < end for start, end in told.get(hit.kind, ()))]


_LEAVES_OUT = re.compile(
    r"(?<!people )(?<!users )(?<!customers )(?<!who )\b(?:leav\w*|left)\b(?=(?: [^\s.?!;]+){0,5}? (?:out|aside|off|to one side)\b)|(?:^|[.?!;,]\s+|\b(?:please|and|but|then|let['’]?s|let us) )leave (?=[^.?!;]{2,50}\b(?:out|aside)\b)",
    re.I,
)
"""What leaves something out of a figure, and is no customer who leaves."""
_DAYS_OUT = re.compile(
    r"\b(?:exclud(?:ing|e)|excl\.?|except(?:ing)?(?: for)?|without|leav(?:ing|e) out|ignor(?:ing|e)|not counting|apart from|other than|minus|besides|omit(?:ting)?|skip(?:ping)?|barring|disregard(?:ing)?)\s+(?:the (?:month|week|day)s? of |all of |the |what was )?$",
    re.I,
)
_PUT_ASIDE = re.compile(r"\b(?:leav|sett?|put|tak|keep)\w*\s+(?:the (?:month|week|day)s? of |all of |the )?$", re.I)


def _without_days(text: str, mention: Mention) -> bool:
    """ "Leaving October aside": days that are not to count."""
    before, after = text[: mention.start], text[mention.end :]
    aside = _PUT_ASIDE.search(before) and re.match(r"\s+(?:aside|out|apart|to one side|away)\b", after, re.I)
    return bool(_DAYS_OUT.search(before) or aside or _ASIDE.match(after))


_ASIDE = re.compile(r"(?:['’]s?)?(?:\s+(?!and\b|or\b)[\w-]+){0,2}?\s+(?:aside|apart|notwithstanding|excepted|excluded)\b", re.I)
""" "Thursday's outage aside, how did we do last week?" """


_SET_ASIDE = re.compile(
    r"(?:\bcount\b.{0,40}|\bby\b.{0,40}|\b(?:the|a|an) [\w ]{1,20}[,;–—-] ?|,\s*(?:and )?)\b(?:not|rather than|instead of|never mind|no)\s+(?:(?:by|of|from|in|on|counting)\s+)?(?:(?:the|a|an|its|their|any)\s+)?(?:(?:number|count|whole) (?:of )?)?$",
    re.I,
)
"""What is said only to be set aside: "count persons, not messages", "the person, not the company", "by number and not by money"."""


def _missing_version(text: str, slots: Slots, names: Names) -> str:
    """A version that is asked for by its number and that no prompt has."""
    match = _VERSION.search(text)
    if not match or not names.of_kind("prompt_version") or slots.of_kind("prompt_version"):
        return ""
    return match.group()


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_ID_AFTER = re.compile(
    r"(?:conversation|interaction|transcript|chat|dialogue|session|thread|convo)s?\s+(?:with\s+)?(?:(?:the\s+)?id\s+|number\s+|no\.?\s+|#\s*)?[\"'`#]?((?=[\w.:-]*\d)[\w][\w.:-]*[\w])", re.I
)  # fmt: skip

_ID_SHAPE = re.compile(
    r"(?<![\w@.-])(?!(?:gpt|claude|gemini|llama|mistral|o\d|v\d|q\d|px|sha|utf|covid)\b)([a-z][a-z0-9]{0,19}(?:[-_:][a-z0-9]+)*[-_:]\d{2,}[\w-]*)(?![\w@])",
    re.I,
)


_OF_ONE = re.compile(r"\b(?:happen(?:ed|s)?|went|going on|transcript|summar\w+|gist|story|open|walk|who)\b", re.I)
"""What is asked of one conversation, even where its id follows "mentions"."""


def _conversation_ids(text: str, names: Names) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for pattern in (re.compile(f"({_UUID})", re.I), _ID_SHAPE, _ID_AFTER):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            value = match.group(1)
            if (
                any(start < e and s < end for s, e, _ in found)
                or names.named(value)
                or MODEL.fullmatch(value.lower())
                or re.fullmatch(r"\d{1,3}(?:-\d{1,3}|[ap]m|[dwmh])?|(?:19|20)\d\d|\d+(?:st|nd|rd|th)|[\d.]+", value, re.I)
            ):
                continue
            if re.fullmatch(r"\d{4}-\d\d?-\d\d?", value) or (
                pattern is _ID_SHAPE and SUBJECT_BEFORE.search(text[:start]) and not _OF_ONE.search(text)
            ):
                continue
            found.append((start, end, value))
    return found


_PEOPLE_AFTER = re.compile(
    r"s?\s+(?:users?|customers?|people|clients?|buyers?|shoppers?|accounts?|compan(?:y|ies)|organi[sz]ations?)\b", re.I
)


def _spoken(text: str, links: Sequence[Link]) -> tuple[str, ...]:
    """The languages that are asked for; "German customers" are those of Germany where the tenant knows that country."""
    at_home = {link.text.lower() for link in links if link.kind == "property" and _PEOPLE_AFTER.match(text[link.end :])}
    return tuple(code for code in languages_of(text) if lexicon.LANGUAGES[code] not in at_home)


def _mend(text: str, words: Sequence[Word], names: Names, taken: Sequence[tuple[int, int]]) -> tuple[Word, ...]:
    """Typing errors in words of the lexicon put right ("convresations"); names, everyday words and what follows "about" stay."""
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
            and not is_english(lower)
            and lower not in STOP
            and stem(lower) not in lexicon.stems()
            and not names.knows(lower)
            and not SUBJECT_BEFORE.search(text[: word.start])
            and not _written_as_a_name(text, word)
        )
        if strange and not any(start <= word.start < end for start, end in taken):
            best = process.extractOne(lower, targets, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=0.75)
            allowed = 1 if len(lower) <= 6 else 2
            if best and DamerauLevenshtein.distance(lower, best[0]) <= allowed and best[0][0] == lower[0]:
                word = replace(word, lower=best[0])
        mended.append(word)
    return tuple(mended)


def _written_as_a_name(text: str, word: Word) -> bool:
    """A capital inside of a sentence that has small letters as well: "Ottoline" is no "outline"."""
    begins = text[: word.start].rstrip(" \"'“‘(")[-1:] in ("", ".", "?", "!", ":")
    return word.text[:1].isupper() and not begins and text not in (text.title(), text.upper())


_EXTRA = ("conversation conversations average yesterday customers compare segment ticket summary overview complaints examples transcript feedback refund billing january february october november december"
          " monday tuesday wednesday thursday friday saturday sunday improve recommend happening number product products organization organizations frustrated satisfaction")  # fmt: skip


@cache
def _targets() -> tuple[str, ...]:
    return tuple(
        sorted(
            {word for word in lexicon.vocabulary() if len(word) >= 5} | set(_EXTRA.split()) | {word for word in common() if len(word) >= 6}
        )
    )


_TOPIC_BEFORE = re.compile(
    r"(?:\b(?:about|topics?|on|regarding|mention\w*|concerning|around|over|subject|theme)\s+(?:the\s+)?|[\"“'])$", re.I
)


@cache
def _stop_stems() -> frozenset[str]:
    return frozenset(stem(word) for word in STOP) | frozenset(stem(word) for word in FAILED)


def _everyday(text: str) -> bool:
    """Whether a guessed topic is told by words that any question may hold: "fraction", "differently", "broke"."""
    return all(
        word.lower in STOP or stem(word.lower) in _stop_stems() or stem(word.lower.removesuffix("ly")) in _stop_stems()
        for word in split(text)
    )


_TOPIC_BESIDE = re.compile(r"\b(?:topics?|themes?|subjects?)\W{0,3}(?:of|called|named|on|is)?\W{0,3}$", re.I)
_TOPIC_AFTER = re.compile(r"^\W{0,3}(?:topics?|themes?|subjects?)\b", re.I)


def _said_as_a_topic(text: str, link: Link) -> bool:
    """Whether the topic itself is meant. Its name is mostly what people talk about in any words: "how many chats are about opening hours"
    asks for all that hold these words, not for the few that a topic of this name took in; and which phrase names a topic differs from one
    finding of the topics to the next."""
    return bool(_TOPIC_BESIDE.search(text[: link.start]) or _TOPIC_AFTER.match(text[link.end :]))


def _settle(text: str, links: list[Link], hits: list[Hit]) -> tuple[list[Link], list[Hit], tuple[tuple[int, int], ...]]:
    """Where a name and a phrase of the lexicon lie on the same words: an exact name wins, a guessed one does not. The places of short names
    of topics come third: their words are looked for as words."""
    kept, short = [], []
    for link in links:
        rival = [hit for hit in hits if hit.start < link.end and link.start < hit.end]
        if rival and link.score < 100 and not text[link.start].isupper():
            continue
        told = [hit for hit in rival if hit.kind in ("metric", "extreme") and hit.start <= link.start and link.end <= hit.end]
        if link.kind in ("topic", "topic_group") and told and not _TOPIC_BEFORE.search(text[: link.start]):
            continue  # "the most fed up contact" is no one who talks about "fed up"
        if link.score < 100 and link.kind not in ("topic", "topic_group") and _another_word(link):
            continue
        if link.kind in ("topic", "topic_group") and not _said_as_a_topic(text, link):
            plain = not _everyday(link.text) or _TOPIC_BEFORE.search(text[: link.start])
            short += [(link.start, link.end)] if plain and link.score >= 100 and len(link.text.split()) > 1 else []
            continue
        kept.append(link)
    spans = [*((link.start, link.end) for link in kept), *short]
    hits = [hit for hit in hits if not any(hit.start < end and start < hit.end for start, end in spans)]
    return kept, hits, tuple(short)


def _another_word(link: Link) -> bool:
    """Whether a guessed name is an everyday word that only looks like a part of it: "flesh" and gemini-2.0-flash."""
    told = [word.lower for word in split(link.text)]
    named = " ".join(name.text.lower() for name in link.names)
    return all(word in common() and stem(word)[:4] not in named and word not in named for word in told)


_VERSION = re.compile(r"\b(?:prompt\s+)?(?:version|revision|v)\s*(?:no\.?\s*|#\s*)?(\d{1,3})\b", re.I)


def _without(text: str, links: Sequence[Link], told: Sequence[Mention]) -> str:
    """`text` with its names blanked, and its days left out: the number in "gpt-4.1 stars" is no rating, "the ratings since 1 November
    below 3" are those below 3."""
    for mention in told:
        text = f"{text[: mention.start]}{' ' * (mention.end - mention.start)}{text[mention.end :]}"
    for link in links:
        text = f"{text[: link.start]}{'x' * (link.end - link.start)}{text[link.end :]}"
    return text


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
    r"(?:\bnot\s+(?:about|for|from|in|on|with|including|counting|at|the)|\bexclud(?:e|ing|es)|\bexcept(?:\s+for)?|\bother\s+than|\bwithout|\bbut\s+not|\bbesides|\bapart\s+from|\bignor(?:e|ing)|\bleav(?:e|ing)\s+(?:out|aside)|\bforget(?:ting)?(?:\s+about)?|\bnever\s+mind|\bdisregard(?:ing)?|\bdiscount(?:ing)?|\bomit(?:ting)?|\bskip(?:ping)?|\bbarring|\bbar|\bsave\s+for|\bbut\s+for|\bsans|\bsubtract(?:ing)?|\bdeduct(?:ing)?|\b(?:strip|tak|filter|screen|cut|carv|count|throw|chuck|toss|kick|weed|knock)\w*\s+(?:out|away|off)|\b(?:not|never)\s+(?:involving|touching|concerning|featuring|using|covering)|\b(?:not|never)\s+(?:tied|linked|related|owned|served|run|tagged|labell?ed|marked|filed|belonging|running|answered|handled|coming|originating|written|made|sent)\s+(?:with|as|under|by|to|on|from|in|for)|\b(?:is|are|was|were|do|does|did|has|have)(?:n['’]t|\s+not)\s+(?:\w+\s+)?(?:from|about|on|with|of|in|by|to)|(?:n['’]t|\bnot|\bnever)\s+(?:count|includ|consider|look\w* at|have|had|take)\w*(?:\s+in)?|\bthan\s+those\s+(?:of|from|about)|\bminus|\bnot|\bnon|\boutside(?:\s+of)?|\baside\s+from|\bexcl\.?|\b(?:anything|everything|everyone|everybody|anyone|anybody|all(?:\s+\w+){0,2}|every\s+\w+|each\s+\w+|any\s+\w+)\s+but|\bno\s+need\s+(?:for|of)|\bnot\s+interested\s+in|\b(?:don['’]t|do\s+not)\s+(?:need|want|care\s+(?:about|for)))[\s-]+(?:(?:the|any|all|our|of|those|these|ones|anything|everything|whatever|stuff|data|feedback|came|comes|coming|people|customers|users|accounts|chats|conversations|dialogues|sessions|anyone|everyone|everybody|somebody|anybody|traffic|counting|including|considering|from|about|by|on|with|at|in|to|handled\s+by|run\s+by|belonging\s+to|(?:who|that|which)\s+(?:are|is|come|came|were)(?:\s+(?:on|from|in|at|by))?)\s+)*[\"'“]?$",
    re.I,
)  # fmt: skip


_LEFT_OUT = re.compile(
    r"[^.?!;:]{0,40}\b(?:pretend|imagine|suppose|assume|act (?:as (?:if|though)|like))\b(?: that)? (?:it|they|he|she|these|those)\b[^.?!;:]{0,12}(?:n['’]t|\bnot|\bnever|\bno longer|\bgone)\b|['’]?s?\s+(?:is|are|was|were)(?:n['’]t| not| never) (?:there|here|around|with us|a customer|customers|on board|one of us)\b|['’]?s?\s*(?:(?:had|has|have|did|was|were|is|are|be|been|being)(?:n['’]?t)?\s+)+(?:never|not|no longer|all)?\s*(?:exist(?:ed)?|left out|taken out|excluded|ignored|removed|subtracted)\b|\s+(?:aside|(?:strip|stripp|filter|cut|carv|tak|weed|back|nett|screen)\w* out|set aside|put aside|omitted|deducted|discounted|disregarded|left out|excluded|excepted|exempted|to one side|not (?:included|counted)|from the (?:picture|count|total|sum|equation|figures?|numbers?|mix|tally)|out of (?:it|this|that|account|consideration|the (?:picture|count|total|sum|equation|figures?|numbers?|list|mix|tally|reckoning|way)))\b|\s+(?:does|did|do|would)(?:n['’]t| not) (?:count|exist)",
    re.I,
)
"""After a name: "if gpt-4o had never existed", "with Acme left out", "leave Acme out of it"."""
_ITS_NOUN = re.compile(
    r"^(?:['’]s?)?\s+(?:plan|tier|customers?|users?|people|folks|accounts?|crowd|lot|product|assistant|bot|model|tool|conversations?|chats?|traffic)(?=\s)",
    re.I,
)
"""The noun of a name, before what is said of it: "set the free plan aside"."""
_TAKES = re.compile(
    r"\b(?:leav|tak|keep|cut|drop|rul|strip|filter|carv|count|throw|kick|knock)\w*\s+(?:the\s+|our\s+|all\s+)?[\"'“]?$", re.I
)
_OUT = re.compile(r"['’]?s?[\"'”]?(?:\s+(?:customers|users|people|chats|conversations|stuff|data|traffic))?\s+(?:out|away|off)\b", re.I)
"""Around a name: "take Acme out", "leave their chats out"."""


_WITH_IT = re.compile(rf"{NOT_SO}\s+(?:about|with|on|of|to|by|at|in)\s+(?:the\s+|our\s+)?[\"'“]?$", re.I)
"""Before a name: how people are with it ("not gentle with X"), no name that is left out."""


_DROPS = re.compile(
    r"(?:^\W*|[.;:!?,]\s*|\b(?:please|now|ok|okay|and|then|so|but|we|i|let['’]s|let us)\s+)(?:drop|scratch|strike|lose|discard|deduct|cut|kick)\s+(?:the\s+|our\s+)?[\"'“]?$",
    re.I,
)
_GOES_ON = re.compile(
    r"(?:['’]s)?(?:\s+(?:customers|users|people|chats|conversations|traffic|data|plan|tier|numbers))?\s*(?:[,;.–—-]+\s*|\s(?:and|then)\s+)(?:and |then |so |please |now )*(?:tell|give|show|what|who|how|which|where|rank|list|count|re-?(?:do|run|count|compute|calculate|rank)\w*|is|does|do|are)\b",
    re.I,
)
"""Around a name: "drop Acme, then tell me who is the busiest"."""


def negate(text: str, links: Sequence[Link]) -> list[Link]:
    """`links` with those marked that `text` leaves out."""
    result: list[Link] = []
    for link in links:
        before = text[: link.start]
        listed = (
            bool(result)
            and result[-1].negated
            and re.fullmatch(r"\s*(?:,|and|or|nor|&)\s*(?:the\s+)?", text[result[-1].end : link.start], re.I)
        )
        left_out = _LEFT_OUT.match(_ITS_NOUN.sub("", text[link.end :])) or (_TAKES.search(before) and _OUT.match(text[link.end :]))
        negated = bool(_NEGATION.search(before)) and not _WITH_IT.search(before)
        dropped = _DROPS.search(before) and _GOES_ON.match(text[link.end :])
        result.append(replace(link, negated=negated or bool(left_out or listed or dropped)))
    return result
