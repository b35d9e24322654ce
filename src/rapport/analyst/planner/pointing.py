"""Names of the last answer that a follow-up points at: "the second one", "that user", "why?" after a ranking."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner.names import Link
from rapport.analyst.planner.reading import WHO, Reading
from rapport.analyst.planner.setting import Setting
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.subject import told_of
from rapport.analyst.planner.words import split

IT_IS = re.compile(
    r"\b(?:(?:is|was) it(?! (?:\w+ )?(?:\w+ed|run|chosen|doing))|does it(?! (?:have|get|fail|rate|do)\b)|it is|it was|how is it|make it|there (?:is|are|was|were|any)|are there|is there|were there|was there|that (?:is|was|are|were|have|has|had|did|do|does|mention\w*|contain\w*|fail\w*|talk\w*|uses?|used|using|went|got|go|cost|never|we|you|i|the|our|people|users|customers)|this (?:week|month|year|quarter|morning|weekend|afternoon)|these days|those who|them(?:selves)|their own words)\b",
    re.I,
)

OF_SOMEBODY = re.compile(
    r"\W*(?:and |so |ok )*(?:works|working|employed|belongs|belonging|is from|comes from) (?:(?:for|at|with|to|by|in|from|under) )?(?:which|what|whom|who|where)\b",
    re.I,
)
""" "Works for which company?": somebody does, who was named before."""

LIST_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+(.*)$", re.M)

NAMED = ("user", "organization", "product", "model", "tool", "topic")
"""Kinds of things that an answer lists."""
_LISTS = ("ranking", "breakdown", "list_entities", "tool_failures")
_POINTED_INTO = (*_LISTS, "at_risk", "user_profile", "examples", "top_topics", "complaints")


def pointed_at(previous: Reading, slots: Slots, answers: Sequence[str], setting: Setting) -> tuple[Link, ...]:
    """Names of the last answer that the question points at: "the second one", "that user", "why?" after a ranking. An ordinal points into
    the last answer that was a list."""
    answer = answers[-1] if answers else ""
    if slots.ordinal is not None:
        lists = [text for text in reversed(answers) if len(_listed(text)) > 1]
        of_people = [text for text in lists if previous.of_kind("user", "organization") and _nth(slots, text, previous, setting)]
        answer = next(iter([*of_people, *lists]), answer)
    if not answer or any(link.kind in NAMED for link in slots.links):
        return ()
    items = _listed(answer) if slots.ordinal is not None else LIST_ITEM.findall(answer)
    kind = _pointed_kind(slots, previous)
    if (
        (previous.of_kind("user") or previous.dimension == "user")
        and slots.says(_EMPLOYER_OF)
        and not slots.says(rf"not (?:of |from |for |by )?{_EMPLOYER_OF}")
    ):
        found = (named_in(text, "organization", setting) for text in reversed(answers))
        return next((links for links in found if links), ())
    if items and previous.intent in ("complaints", "top_topics") and _wants_one(previous, slots):
        return named_in(items[0], "topic", setting)
    told = previous.of_kind("user", "organization")
    if slots.ordinal is None and told and previous.intent not in ("ranking", "at_risk", "list_entities"):
        return ()  # "they" are the people the turn before was about
    if items and previous.intent in ("complaints", "top_topics") and _is_of_the_first(slots):
        return named_in(items[0], "topic", setting)
    if slots.ordinal is not None and items:
        item = items[slots.ordinal - 1] if 0 < slots.ordinal <= len(items) else items[-1]
        return named_in(item, kind, setting)
    return _by_a_pronoun(previous, slots, answer, kind, setting)


def _nth(slots: Slots, answer: str, previous: Reading, setting: Setting) -> bool:
    """Whether the place that the question names in a list is held by a thing of the kind that the turn before was about."""
    items, place = _listed(answer), slots.ordinal or 0
    kinds = {link.kind for link in previous.of_kind("user", "organization")}
    return 0 < place <= len(items) and any(named_in(items[place - 1], kind, setting) for kind in kinds)


_FIRST_AND_NEXT = re.compile(r"^\*\*(?P<first>[^*\n]+)\*\*: .*? Next: (?P<next>.+?)\.$", re.M)


def _listed(answer: str) -> list[str]:
    """The items of a list, or those of a ranking that names the first and who comes next."""
    ranked = _FIRST_AND_NEXT.search(answer)
    return [ranked["first"], *re.findall(r"(\S[^()]*?) \(", ranked["next"])] if ranked else LIST_ITEM.findall(answer)


_EMPLOYER_OF = (
    r"(?:that|their|his|her|the|this|same|whole|entire) (?:whole |entire |same )?(?:company|organi[sz]ation|org|account|employer|firm)"
)
"""The organization of the person that the chat is about."""


_ONE_CASE = r"(?:one|1|an?|single|any|the) (?:\w+ )?(?:examples?|quotes?|conversations?|chats?|cases?|instances?|ids?|transcripts?|dialogues?|sessions?|messages?|lines?)|one|example|instance"
_SINGLE = r"(?:the |our |your )?(?:top|most \w+|main|chief|number one|biggest|commonest|leading|hottest) (?:topic|complaint|subject|theme|issue|problem|gripe|concern|matter|thing)\b"


def _wants_one(previous: Reading, slots: Slots) -> bool:
    """ "1 example, with id" after a list of topics is one of the first; after a single topic that was asked for, so are all."""
    if slots.ordinal is not None or not slots.says(
        r"examples?|quotes?|conversations?|chats?|cases?|instances?|ids?|transcripts?|one|verbatim"
    ):
        return False
    return bool(slots.says(_ONE_CASE) or previous.limit == 1 or previous.slots.says(_SINGLE)) and not slots.says(
        "tickets?|how many|each|every"
    )


def _is_of_the_first(slots: Slots) -> bool:
    return bool(re.search(r"\b(?:it|that|this)\b", slots.text, re.I)) and not slots.says("examples?|quotes?|ticket")


_SOME_CASE = (
    r"(?:one|an?|two|three|four|five|some|a few|\d) (?:\w+ )?(?:conversations?|chats?|dialogues?|sessions?|threads?|cases?|ids?|messages?)"
)


def _by_a_pronoun(previous: Reading, slots: Slots, answer: str, kind: str | None, setting: Setting) -> tuple[Link, ...]:
    """All that is listed for "them", the first for "it" or "why?"."""
    items = LIST_ITEM.findall(answer)
    said = _says_a_pronoun(previous, slots, kind)
    why = re.match(r"^(?:ok(?:ay)?[, ]+|and |but |so )*(?:why|how come)\b", slots.text.strip(), re.I)
    examples = slots.says(
        rf"examples?|quotes?|transcripts?|show me|complain\w*|ticket|proof|prove\w*|evidence|illustrat\w*|{_SOME_CASE}"
    ) and previous.intent in ("ranking", "tool_failures")
    if not (said or why or examples) or previous.intent not in _POINTED_INTO:
        return ()
    if slots.says(r"them|they|their|those|these") and len(items) > 1:
        if kind not in ("user", "organization") and not slots.says(r"(?:those|these) \w+"):
            return ()  # "they" are people, or the conversations themselves
        return tuple(link for item in items[:10] for link in named_in(item, kind, setting))
    if previous.intent in ("top_topics", "complaints", "breakdown", "list_entities", "examples") and not (said and kind):
        return ()
    first = re.sub(r"^\*[^*\n]+\*\n", "", answer)
    return named_in(items[0] if items and previous.limit != 1 and not _single(answer) else first, kind, setting)


def _says_a_pronoun(previous: Reading, slots: Slots, kind: str | None) -> bool:
    """ "It" is a thing, and counts only where the answer before listed some."""
    if kind == "user" and OF_SOMEBODY.match(slots.text):
        return True
    match = re.search(
        r"\b(?:that|this|these|those|it|its|the (?:top|worst|best)|him|her|he|she|his|them|they|their)\b", IT_IS.sub(" ", slots.text), re.I
    )
    if match and match.group().lower() in ("it", "its"):
        return kind in ("product", "model", "tool", "organization", "topic") and previous.intent in _LISTS
    return match is not None


def _single(answer: str) -> bool:
    """Whether an answer names its first finding before any list."""
    body = re.sub(r"^\*[^*\n]+\*\n+", "", answer)
    return not LIST_ITEM.match(body.lstrip())


def _pointed_kind(slots: Slots, previous: Reading) -> str | None:
    """The kind of thing that "that ..." points at; not the one whose name is carried on already ("that model there, in this product")."""
    kinds: list[str] = []
    for kind, words in (
        ("user", r"users?|person|people|customers?|him|her|he|she|his|guy|buyers?"), ("organization", r"accounts?|organi[sz]ations?|compan(?:y|ies)|orgs?|clients?"),
        ("product", r"products?|bots?|assistants?|apps?"), ("model", r"models?"), ("tool", r"tools?"), ("topic", r"topics?|complaint|issue|problem"),
    ):  # fmt: skip
        if slots.says(
            rf"(?:that|this|those|these|same|first|second|third|fourth|fifth|last|top|worst|best) (?:{words})|(?:him|her|he|she|his)"
        ) and slots.says(words):
            kinds.append(kind)
    if kinds:
        return next((kind for kind in kinds if not previous.of_kind(kind)), kinds[0])
    if previous.dimension in NAMED:
        return previous.dimension
    return "tool" if previous.intent == "tool_failures" else None


def named_in(text: str, kind: str | None, setting: Setting) -> tuple[Link, ...]:
    """The first name in a piece of an answer, of this kind where one is given."""
    found = [
        link for link in setting.names.link(text, split(text)) if link.score >= 100 and link.kind in (*NAMED, "prompt_version", "property")
    ]
    wanted = [link for link in found if link.kind == kind] or (found if kind is None else [])
    return wanted[:1]  # type: ignore[return-value]


_THERE = re.compile(
    r"(?<=\bwho )there\b|(?<!is )(?<!are )(?<!was )(?<!were )(?<!been )(?<!be )(?<!out )(?<!and )\bthere\b(?! (?:is|are|was|were|any|been|be|a|an)\b|'s)"
    r"|\b(?:in|at|from|of|within|inside) (?:that|this|the same|said) (?:company|firm|organi[sz]ation|account|outfit|client|business)\b",
    re.I,
)
_OF_PEOPLE = r"who(?:'s|m)?|users?|person|people|employees?|colleagues?|staff|regulars?|members?|heads|individuals?"


_FIRM = r"(?:compan(?:y|ies)|organi[sz]ations?|firms?|employers?|accounts?|outfits?|business)"
_BARE_EMPLOYER = re.compile(
    rf"\W*(?:(?:and|ok(?:ay)?|so)\s+)?(?:(?:works?|working|employed|sits?|belongs?|is|comes?)\s+(?:(?:for|at|by|to|with|from|in)\s+)?(?:which|what|whose)\s+{_FIRM}|(?:for|at|by|to|with|from|of|in)\s+(?:which|what)\s+{_FIRM}(?:\s+(?:then|again|is that|exactly))?|(?:which|what|whose)\s+{_FIRM}(?:\s+(?:then|again|is that|exactly))?|(?:the\s+|their\s+)?employer|(?:works?|employed)\s+where|where\s+employed)\s*(?:please|pls)?\W*$",
    re.I,
)
"""Asks where somebody works, and leaves out who: "works for which company?"."""


def placed(question: str, previous: Reading | None, answers: Sequence[str], setting: Setting) -> str:
    """ "Who is the most active user there?" after an answer that is about one company: the question with its name in it."""
    if previous is not None and answers and (previous.of_kind("user") or previous.dimension == "user") and _BARE_EMPLOYER.match(question):
        return "and which company do they work for?"
    said = _THERE.search(question)
    if said is None or previous is None or not answers or not re.search(rf"\b(?:{_OF_PEOPLE})\b", question, re.I):
        return question
    told = {name.text for link in previous.of_kind("organization") if not link.negated for name in link.names}
    if not told and previous.dimension == "organization" and previous.intent in _LISTS and _single(answers[-1]):
        first = re.search(r"\*\*([^*\n]+)\*\*", answers[-1])
        told = {link.names[0].text for link in named_in(first[1], "organization", setting)} if first else set()
    if len(told) != 1 or any(
        link.kind in WHO for link in setting.names.link(question, split(question)) if link.score >= 100 and link.kind != "property"
    ):
        return question
    return f"{question[: said.start()]}at {told.pop()}{question[said.end() :]}"


def with_its_name(question: str, declined: str, setting: Setting) -> str:
    """ "Refund Carmen Quist, then list her chats": what is answered keeps the name that is in what is declined."""
    told = [link for link in setting.names.link(declined, split(declined)) if link.kind in ("user", "organization") and link.score >= 100]
    if not told or setting.names.link(question, split(question)):
        return question
    whose = re.sub(r"\b(?:her|his|their|its)(?= \w)", f"{told[0].text}'s", question, count=1)
    return whose if whose != question else re.sub(r"\b(?:s?he|him|her|them|they|it)\b", told[0].text, question, count=1)


_POINTS_BACK = r"(?<!which )(?<!what )(?:he|she|it|its|his|her|him|they|their|them|that (?:one|person|user|customer|product|assistant|company|model|account|organization))"


def told_before(slots: Slots, whole: str, setting: Setting) -> Slots:
    """The slots of a request whose "she" or "it" is a name that nobody has, told in the sentences before it: it is not answered for all."""
    at = whole.rfind(slots.text.strip(" ?.!")[:40])
    before = whole[:at] if at > 0 else "" if slots.text == whole else whole
    if slots.unknown or slots.conversation_ids or slots.of_kind("user", "organization", "product", "model", "tool"):
        return slots
    if not before or not slots.says(_POINTS_BACK):
        return slots
    return replace(slots, unknown=told_of(before, setting.names))
