"""A turn about the one conversation that is open: the one of the answer before, or of the page that the user looks at."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rapport.analyst.planner.forced import forced
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.pointing import LIST_ITEM, named_in
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.setting import Setting
from rapport.analyst.planner.slots import Slots

_SHOWN = re.compile(
    r"\s*\*conversation ([^*\s]+)\*|\s*\*conversations[^\n]*\*\s+(?:(?:None says|I found none)[^\n]*\s+)?\*\*`([^`\s]+)`\*\*"
)
_EVIDENCE = re.compile(r"\s*\*(?:quotes|comments|conversations|flagged|jailbreak|abusive|possible|missing|first and last day)\b")
_CITED = re.compile(r"`([\w-]*\d[\w-]*)`")
"""An answer that shows conversations: where it cites one alone, that one is open."""
_FACET = (
    r"rat(?:ings?|ed|e)|stars?|scores?|marks?|grades?|comment\w*|feedback|review\w*|who|whose|whom|user|customer|person|client|guy|compan(?:y|ies)|organi[sz]ation|account|firm|employer|works?|"
    r"product|assistant|bot|model|llm|answer\w*|tools?|when|date|day|time|language|topic|subject|sentiment|mood|tone|frustrat\w*|annoy\w*|angry|happy|unhappy|satisfied|end(?:ed|s|ing)?|finish\w*|conclu\w*|outcome|"
    r"resol\w*|solv\w*|help\w*|long|length|messages|happen\w*|sa(?:y|ys|id)|writ\w*|wrote|asked|about|problem|complain\w*|country|plan|tier|version|prompt|flag\w*|summar\w*|details?|transcript|read|open|from|behind|quality|went|go|wrong|fail\w*|whole|full|complete|entire|everything|all of it|bad|badly|poor"
)
_ELSEWHERE = r"(?:how many|number of|count of) (?:\w+ )?(?:conversations|chats|dialogues|sessions|times|others?)|others?|else|similar|more (?:like|of)|overall|in general|as a rule|average|altogether|in total|so far|in all|ever|usually|generally|most|least|best|worst|top|our|by|per|each|every|trend|segment|also|too"
_EVERYBODY = r"people|users|customers|clients|conversations|chats|sessions|dialogues|products|models|companies|organizations|accounts|everyone|anybody|anyone"
_THIS = r"(?:this|that|the|same) (?:one|conversation|chat|dialogue|dialog|session|thread|transcript|interaction|case|page|exchange|talk)|here|in there"
_PRONOUN = r"it|its|this|that|he|she|they|him|her|his|their|them|the (?:user|customer|person|client|guy|rating|comment|model|assistant|company|organi[sz]ation|account|end|topic|tool|product|transcript)"
_PERSON = r"(?:this|that|the|same) (?:user|person|customer|client|guy|man|woman|lady|gentleman|writer|individual|one)|he|she|they|him|her|his|their|them"
_COMPANY = r"(?:this|that|the|their|his|her|same|whole) (?:whole |same )?(?:compan(?:y|ies)|organi[sz]ation|account|firm|employer)"


_HAD = r"(?: (?:that )?(?:they|he|she|(?:this|that|the|same) \w+) (?:had|held|was in|started)| of theirs)?"
_BEFORE = rf"(?:the )?(?:one|conversation|chat|dialogue|session|thread|talk|time)s?{_HAD} (?:just |right |immediately )?(?:before|preceding|prior to) (?:that|it|this|{_THIS})|(?:the |his |her |their )(?:previous|preceding|prior|earlier) (?:one|conversation|chat|dialogue|session|thread)|what came before (?:it|that|this)|^\W*(?:and |what about |how about |ok |now )*(?:the one |one )?(?:just |right )?before(?: (?:that|it|this)(?: one)?)?\W*$"
_AFTER = rf"(?:the )?(?:one|conversation|chat|dialogue|session|thread|talk|time)s?{_HAD} (?:just |right |immediately )?(?:after|following) (?:that|it|this|{_THIS})|(?:the |his |her |their )(?:next|following|subsequent) (?:one|conversation|chat|dialogue|session|thread|talk)|what came (?:after|next)(?: (?:it|that|this))?|^\W*(?:and |what about |how about |ok |now )*(?:the one |one )?(?:just |right )?after(?: (?:that|it|this)(?: one)?)?\W*$"


_OF_THEM = r"user|person|customer|client|guy|he|she|they|him|her|them|their|his|compan\w+|firm|account|organi[sz]ation"
_LIKE = rf"(?:another|one more|(?:an? |any |some )?similar) (?:similar )?(?:ones?|cases?|examples?|conversations?|chats?|sessions?|threads?)\b(?! (?:who|that|which|where|in|on|with|by|about|for|from))|(?:like|similar to) (?:it|{_THIS})\b"
""" "Give me another one like it"."""


def shown(answers: Sequence[str]) -> str | None:
    """The id of the conversation that the last answer showed, where it showed one."""
    match = _SHOWN.match(answers[-1]) if answers else None
    if match:
        return next(filter(None, match.groups()), None)
    told = set(_CITED.findall(answers[-1])) if answers and _EVIDENCE.match(answers[-1]) else set()
    return told.pop() if len(told) == 1 else None


def _of_the_list(slots: Slots, answers: Sequence[str]) -> str | None:
    """The id of that one of the conversations listed last which the turn names by its place: "who was the first one?"."""
    if slots.ordinal is None or not answers or not (_EVIDENCE.match(answers[-1]) or _SHOWN.match(answers[-1])):
        return None
    lists = ([found.group(1) for item in LIST_ITEM.findall(told) if (found := _CITED.search(item))] for told in reversed(answers))
    listed = next((ids for ids in lists if len(ids) > 1), [])
    return listed[slots.ordinal - 1] if 0 < slots.ordinal <= len(listed) else listed[-1] if listed and slots.ordinal < 0 else None


def of_the_shown(reading: Reading, answers: Sequence[str], setting: Setting, *, at: str | None = None) -> Reading | None:
    """`reading` as one of the conversation that is open (`at`, else that of the last answer), or of the person or company in it; None
    where it asks for something else."""
    slots = reading.slots
    listed = None if at else _of_the_list(slots, answers)
    id = at or listed or shown(answers)
    if id is None or slots.links or slots.conversation_ids or slots.quoted or reading.intent.startswith(("refuse_write", "refuse_secret")):
        return None
    if reading.intent == "ticket_draft" or forced(slots) == "ticket_draft":
        pointed = slots.says(rf"{_THIS}|it|this|that") and not slots.subject
        return replace(reading, slots=replace(slots, conversation_ids=(id,)), intent="ticket_draft", follows=True) if pointed else None
    if not at and (slots.says(_BEFORE) or slots.says(_AFTER)):
        return replace(_detail(reading, id), intent="conversation_before" if slots.says(_BEFORE) else "conversation_after")
    if not at and slots.says(_LIKE) and len(slots.words) <= 10 and not slots.says(_OF_THEM) and not slots.dates:
        return replace(_detail(reading, id), intent="conversation_like")
    if _elsewhere(slots):
        return None if at else _of_whom(reading, slots, answers[-1], setting)
    if not slots.says(_FACET) or slots.dates or len(slots.words) > 16:
        return None
    points = listed or slots.says(_THIS) or (not slots.says(_EVERYBODY) and (slots.says(_PRONOUN) or (len(slots.words) <= 5 and not at)))
    return _detail(reading, id) if points else None


def _elsewhere(slots: Slots) -> bool:
    return bool(slots.says(_ELSEWHERE)) and not slots.says(
        rf"by (?:whom|who)|(?:rating|model|user|customer) of (?:{_THIS})|(?:what|anything) else\b.* (?:in (?:it|that|{_THIS})|there)"
    )


def _detail(reading: Reading, id: str) -> Reading:
    slots = replace(reading.slots, conversation_ids=(id,), subject="", phrase="", unknown=(), stray=())
    return replace(
        reading, intent="conversation_detail", slots=slots, subject="", metrics=(), dimension=None, conditions=(), period=None,
        against=None, links=(), events=(), follows=True,
    )  # fmt: skip


def _of_whom(reading: Reading, slots: Slots, answer: str, setting: Setting) -> Reading | None:
    """ "How many chats has this person had altogether?": the user, or the organization, of the conversation that is shown."""
    found: tuple[Link, ...] = ()
    if slots.says(_COMPANY):
        found = named_in(answer, "organization", setting)
    elif slots.says(_PERSON):
        found = named_in(answer, "user", setting)
    if not found:
        return None
    others = slots.says(r"others?|else|similar|more") and slots.says(
        r"conversations?|chats?|dialogues?|sessions?|ones?|write|wrote|written"
    )
    if others and not slots.says("how many|number of|count"):
        return replace(reading, intent="examples", links=found, dimension=None, subject="", metrics=(), follows=True)
    intent = reading.intent if reading.intent in _OF_SOMEBODY else "level" if reading.metrics else "user_profile"
    return replace(reading, intent=intent, links=found, dimension=None, subject="", follows=True)


_OF_SOMEBODY = frozenset({"count", "level", "trend", "change", "top_topics", "complaints", "user_profile", "summary", "outcomes", "why"})
