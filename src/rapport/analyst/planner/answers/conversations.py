"""Conversations that fit, quotes from them, and one conversation by its id."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, Output, bullets, counted, day, heading, number, phrase, quoted
from rapport.analyst.planner.answers.samples import kind_of, samples
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.evidence import LAST_TO, PRAISE, THANKS, comments_wanted, last_words
from rapport.analyst.planner.reading import CONDITION_WORDS, Reading
from rapport.analyst.planner.slots import Slots
from rapport.analytics.search import FITS

_TROUBLE = r"could ?n[o'’]t|can(?:not|['’]t| not)|did ?n[o'’]t|was ?n[o'’]t|is ?n[o'’]t|never|unable to|fail\w*|wrong(?:ly)?|broke\w*|broken|crash\w*|errors?|bugs?|charged|overcharged|double|twice|missing|lost|late|delayed|stuck|rude|refus\w*|reject\w*|allerg\w*|complain\w*|angry|problems?|issues?|trouble|not (?:work\w*|arriv\w*|receiv\w*|get\w*|come|help\w*)"

_CONTENT = (
    r"happy|satisf\w+|pleased|thank\w*|grateful|prais\w*|lov(?:e|ed|es)|good|great|positive|success\w*|delight\w*|went well|compliment\w*"
)

_SHOWN = r"(?:to|for) (?:\w+ )?(?:investors?|prospects?|marketing|the (?:press|website|board)|a (?:case study|pitch|demo))|testimonials?|success stor(?:y|ies)|show ?case|proud"

_JUDGED = frozenset({"unhappy", "happy", "negative", "positive", "frustrated", "low_rated", "high_rated", "tool_failed", "neutral"})

_ROLES = {
    "user_message": "User",
    "assistant_message": "Assistant",
    "final_response": "Assistant",
    "tool_call": "Tool call",
    "tool_error": "Tool error",
}


def examples(asked: Asked) -> Answer:
    """Conversations that fit, with ids and quotes."""
    reading = _of_thanks(asked.reading)
    asked = replace(asked, reading=reading)
    if reading.slots.conversation_ids and not reading.subject:
        return (yield from conversation_detail(asked))
    if kind := kind_of(reading):
        return (yield from samples(asked, kind, _search))
    wanted = shown_at_once(reading)
    output, note = yield from _found(asked, "getConversations", min(wanted, 20))
    if output.error:
        return heading("conversations", reading.scope()) + output.error
    found = output.data.get("conversations", [])
    if not found and reading.subject:
        (plain,) = yield [Call("countConversations", {"filter": reading.filter()})]
        if not plain.figure("conversations").get("value"):
            return (yield from none(replace(asked, reading=replace(reading, subject=""))))
        return (
            heading("conversations", reading.scope())
            + f"I found no conversation about “{reading.subject}” among {counted(plain.figure('conversations')['value'], 'conversations')}{phrase(reading)}, {reading.when()}."
        )
    if not found:
        return (yield from none(asked))
    text = heading("conversations", reading.scope()) + note
    if len(found) == 1:
        one = found[0]
        return (
            text
            + f"**`{one['id']}`**: {quoted(one, id=False)}, about {one['product']}{', ' + str(one['topic']) if one.get('topic') else ''}."
        )
    return text + bullets([f"`{one['id']}`: {quoted(one, id=False)}" for one in found], numbered=True)


_TALK = r"(?:conversation|chat|convo|dialogue|dialog|session|transcript|interaction|thread|talk|exchange|discussion)"
_ONE_CONVERSATION = rf"(?:the|our) (?:\w+ )?(?:longest|shortest|worst|best|latest|last|newest|oldest|most \w+|single)(?: [\w-]+){{0,3}} (?:{_TALK}|one)|(?:very )?(?:first|earliest|oldest|latest|newest|most recent|last|longest|shortest|worst|best|(?:lowest|highest|worst|best)[ -]rated)(?: ever)?(?: [\w-]+){{0,3}} (?:{_TALK}|message|mention)\b|{LAST_TO}|any (?:[\w-]+ ){{0,3}}?{_TALK}\b|(?:an?|one|which|what|the|single) (?:\w+ ){{0,2}}?(?:example|conversation|chat|transcript|dialogue|session|case|instance|thread|interaction|talk|exchange)|(?:one|an|the) id|one of (?:the|those|these|them|their|its|his|her|our)\b|(?:show|see|give|read|cite|name|pick|want|need)(?: me| us)? (?:just |only )?one(?! of)"


def shown_at_once(reading: Reading) -> int:
    """How many conversations are shown: as many as are asked for, one where one is, else three."""
    return reading.limit or (1 if reading.slots.says(_ONE_CONVERSATION) else 3)


def quotes(asked: Asked) -> Answer:
    """What users said, word for word."""
    if asked.reading.slots.conversation_ids and not asked.reading.subject:
        return (yield from conversation_detail(asked))
    if comments_wanted(asked.reading.slots):
        return (yield from _comments(asked))
    reading = _of_thanks(asked.reading)
    if kind := kind_of(reading):
        return (yield from samples(replace(asked, reading=reading), kind, _search))
    if last_words(reading.slots) and not reading.subject:
        return (yield from _end_of_words(replace(asked, reading=reading)))
    default = 1 if last_words(reading.slots) else 4
    output, note = yield from _found(replace(asked, reading=reading), "getQuotes", min(_how_many(reading, default), 15))
    if output.error:
        return heading("quotes", reading.scope()) + output.error
    found = output.data.get("conversations", [])
    if not found and reading.subject:
        return (
            heading("quotes", reading.scope())
            + f"Nobody said anything about “{reading.subject}”{phrase(reading)}, {reading.when()}, that I could find."
        )
    if not found:
        return (yield from none(asked))
    return heading("quotes", reading.scope()) + note + bullets([quoted(one) for one in found])


def _end_of_words(asked: Asked) -> Answer:
    """The first, or the last, message of somebody: of their first conversation, or their last, the message at that end."""
    reading = asked.reading
    order = _order_told(reading.slots) or "newest"
    (found,) = yield [Call("getConversations", {"filter": reading.filter(), "order": order, "limit": 1})]
    if found.error or not found.data.get("conversations"):
        return heading("quotes", reading.scope()) + found.error if found.error else (yield from none(asked))
    one = found.data["conversations"][0]
    (opened,) = yield [Call("getConversationDetail", {"conversation": one["id"]})]
    said = [turn["text"] for turn in opened.data.get("transcript", []) if turn["role"] == "user_message" and turn["text"]]
    line = said[0 if order == "oldest" else -1] if said else one["quote"]
    return heading("quotes", reading.scope()) + bullets([quoted({**one, "quote": _short(line)})])


_ONE = r"who (?:\w+ ){1,6}(?:most recently|last)\b|the (?:very )?(?:last|latest|newest|most recent|first|earliest) (?:\w+ )?(?:comm?ent|remark|note|quote|line|message|feedback|rating|review)\b|(?:exact|very|literal|actual|own) words of (?:an?|one) |(?:the|her|his|their) (?:\w+ )?(?:comment|remark|note)|(?:one|a|an|1|single)(?: (?:single|nice|literal|verbatim|real|typical|angry|happy|short|good|bad|kind|written))* (?:quotes?|quotations?|comments?|remarks?|thank[- ]?yous?|lines?|sentences?|statements?|words?|messages?|compliments?|voice|citation|note)|(?:one|an example) of (?:the|those|these|them|their|its|our)|quote (?:one|somebody|someone|me one)"


def _how_many(reading: Reading, default: int) -> int:
    return reading.limit or (1 if reading.slots.says(_ONE) else default)


_UNDER_STARS = r"(?:under|below|beneath) (?:an? |the |their |our )?(?:[1-5]|one|two|three|four|five)[- ]stars? (?:ratings?|reviews?|marks?|scores?|votes?)"


def _comments(asked: Asked) -> Answer:
    """What was written beside ratings."""
    reading = asked.reading if asked.reading.slots.framed else replace(asked.reading, subject="")
    if reading.slots.says(_UNDER_STARS):  # a place, no bound
        reading = replace(reading, thresholds=tuple(replace(one, operator="=") for one in reading.thresholds))
    arguments = {"filter": reading.filter(), "comments": True, "order": _order(reading), "limit": min(_how_many(reading, 4), 15)}
    (output,) = yield [Call("getQuotes", arguments | ({"query": reading.subject} if reading.subject else {}))]
    title = heading("comments written beside ratings", reading.scope())
    if output.error:
        return title + output.error
    found = output.data["conversations"]
    if not found:
        return title + f"No comment was written beside a rating{phrase(reading)}, {reading.when()}."
    return title + bullets([quoted(one) for one in found])


_NO_THANKS = rf"(?:nobody|no one|no-one|never|not|without|n['’]t|no)\W+(?:\w+\W+){{0,3}}?(?:{THANKS})"
_NASTY = r"nastiest|harshest|meanest|cruell?est|rudest|bitterest|angriest|ugliest|vilest|most (?:damning|scathing|cutting|hurtful)"
_KIND = r"nicest|kindest|sweetest|loveliest|warmest|friendliest|most (?:flattering|glowing|heartwarming)"


def of_tone(reading: Reading) -> Reading:
    """ "The nastiest thing anyone wrote": an order of conversations by their mood, no words that somebody wrote."""
    told = reading.slots.says(rf"{_NASTY}|{_KIND}")
    if not told or reading.intent not in ("examples", "quotes") or reading.slots.framed:
        return reading
    subject = " ".join(word for word in reading.subject.split() if word not in told.group().lower().split())
    slots = replace(reading.slots, subject=subject, phrase=subject)
    one = (
        1
        if reading.slots.says(
            rf"the (?:{_NASTY}|{_KIND}) (?:\w+ )?(?:thing|words?|message|line|comment|remark|sentence|user|customer|client|person|visitor|caller|soul|one|{_TALK})\b(?!s)"
        )
        else None
    )
    return replace(reading, slots=slots, subject=subject, limit=reading.limit or one, bad=bool(reading.slots.says(_NASTY)))


_FOR = r"(?:for|about|over|on|regarding|around|concerning|with)"


def _of_thanks(reading: Reading) -> Reading:
    """Praise and thanks are looked for by how a conversation went, and by the word "thanks" where thanks are asked for; they are no
    subject unless one is named with them ("praise about the opening hours")."""
    if reading.slots.says(_NO_THANKS):
        slots = replace(reading.slots, subject="", phrase="")
        return replace(reading, slots=slots, subject="", not_subject="thanks", bad=None)
    if not reading.slots.says(PRAISE) or reading.slots.framed or reading.slots.quoted:
        return reading
    if reading.subject and reading.slots.says(
        rf"(?:prais|compliment|applaud|rav|commend|lik|lov|enjoy|appreciat)\w* (?:the |our |your |its |this |that |how )?(?:\w+ )?{re.escape(reading.subject.split()[0])}|(?:{PRAISE})\W+(?:\w+\W+){{0,2}}?{_FOR}\W+(?:\w+\W+){{0,4}}?{re.escape(reading.subject.split()[0])}"
    ):
        return replace(reading, bad=False, conditions=tuple(dict.fromkeys([*reading.conditions, "happy"])))
    subject = "thanks" if reading.slots.says(THANKS) else ""
    slots = replace(reading.slots, subject=subject, phrase=subject, framed=bool(subject))
    return replace(reading, slots=slots, subject=subject, bad=False, conditions=tuple(dict.fromkeys([*reading.conditions, "happy"])))


def conversation_detail(asked: Asked) -> Answer:
    """One conversation that is named by its id."""
    reading = asked.reading
    wanted = reading.slots.conversation_ids
    if not wanted:
        return (yield from examples(replace(asked, reading=replace(reading, limit=reading.limit or 1))))
    (output,) = yield [Call("getConversationDetail", {"conversation": wanted[0]})]
    if output.error:
        return heading("one conversation") + f"I know no conversation {wanted[0]}. {output.error}"
    one, turns, analysis = output.data["conversation"], output.data["transcript"], output.data.get("analysis") or {}
    text = heading(f"conversation {one['id']}")
    text += f"**{one['id']}**: {one['user']}{', ' + one['organization'] if one.get('organization') else ''}, with {one['product']}, {day(one['at'])}, {counted(one['messages'], 'messages')}."
    if one.get("summary"):
        text += f" {one['summary']}"
    facts = [f"rated {one['rating']:g}" if one.get("rating") is not None else "not rated"]
    facts += [
        f"{name} {one[key]:.2f}"
        for name, key in (("sentiment", "sentiment"), ("frustration", "frustration"), ("quality", "qualityIndex"))
        if one.get(key) is not None
    ]
    facts += [f"topic {one['topic']}"] if one.get("topic") else []
    facts += [f"answered by {one['model']}"] if one.get("model") else []
    facts += [f"flags: {', '.join(analysis['flags'])}"] if analysis.get("flags") else []
    text += "\n" + ", ".join(facts) + "."
    text += _commented(output.data.get("ratingComments") or [], reading) + "\n\n"
    said_lines = [_line(turn) for turn in turns[:12]]
    return (
        text
        + bullets(said_lines)
        + (f"\n({number(len(turns))} turns in all.)" if len(turns) > 12 and len(turns) == one["messages"] else "")
    )


def _line(turn: Mapping[str, Any]) -> str:
    """One turn of a transcript; what people and assistants wrote stands in quotation marks."""
    role, text = _ROLES.get(turn["role"], turn["role"]), _short(str(turn["text"] or ""))
    if turn["role"] == "tool_call":
        return f"{role}: {text}"
    failed = f" of {turn['tool']}" if turn["role"] == "tool_error" and turn.get("tool") and turn["tool"] != text else ""
    return f"{role}{failed}: “{text}”"


def neighbour(asked: Asked) -> Answer:
    """The conversation that the user of the one that is shown had before it, or after it."""
    if not asked.reading.slots.conversation_ids:
        return (yield from examples(asked))
    id = asked.reading.slots.conversation_ids[0]
    after = asked.reading.intent == "conversation_after"
    (shown,) = yield [Call("getConversationDetail", {"conversation": id})]
    if shown.error:
        return heading("one conversation") + f"I know no conversation {id}. {shown.error}"
    one = shown.data["conversation"]
    (listed,) = yield [Call("getConversations", {"filter": {"users": [one["userId"]]}, "order": "newest", "limit": 100})]
    ids = [other["id"] for other in listed.data.get("conversations", [])]
    if after:
        ids.reverse()
    others = ids[ids.index(one["id"]) + 1 :] if one["id"] in ids else []
    side = "after" if after else "before"
    if not others:
        return heading("one conversation") + f"{one['user']} had no conversation {side} {one['id']}, which was on {day(one['at'])}."
    slots = replace(asked.reading.slots, conversation_ids=(others[0],))
    text = yield from conversation_detail(replace(asked, reading=replace(asked.reading, slots=slots)))
    return f"{text}\n\nThis is the one that {one['user']} had {side} {one['id']}."


def alike(asked: Asked) -> Answer:
    """Other conversations on the topic of the one that is shown, or with its product where it has none."""
    id, reading = asked.reading.slots.conversation_ids[0], asked.reading
    (shown,) = yield [Call("getConversationDetail", {"conversation": id})]
    if shown.error:
        return heading("one conversation") + f"I know no conversation {id}. {shown.error}"
    one = shown.data["conversation"]
    same = {"products": [one["product"]]} | ({"topics": [one["topic"]]} if one.get("topic") else {})
    limit = reading.limit or (3 if reading.slots.says(r"(?:ones|cases|examples|conversations|chats|sessions|threads)") else 1)
    filter = {**same, "without": {"conversations": [one["id"]]}}
    (output,) = yield [Call("getConversations", {"filter": filter, "order": "newest", "limit": limit})]
    found = output.data.get("conversations", [])
    like = f"{one['product']}, {one['topic']}" if one.get("topic") else str(one["product"])
    if not found:
        return heading("conversations", like) + f"I found no other conversation like {one['id']} ({like})."
    if len(found) == 1:
        return heading("conversations", like) + f"**`{found[0]['id']}`**: {quoted(found[0], id=False)}, on the same topic as {one['id']}."
    return heading("conversations", like) + bullets([f"`{other['id']}`: {quoted(other, id=False)}" for other in found], numbered=True)


def _commented(comments: Sequence[str], reading: Reading) -> str:
    """What was written beside the rating; that there is nothing only where it is asked for."""
    if comments:
        return "\nWith the rating: " + " ".join(f"“{_short(comment)}”" for comment in comments)
    return "\nNo comment was left with a rating." if reading.slots.says(r"(?:rating |written )?comments?|feedback") else ""


def _short(text: str, length: int = 220) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"


def _found(asked: Asked, tool: str, limit: int) -> Generator[Sequence[Call], Sequence[Output], tuple[Output, str]]:
    """Conversations about the subject that went as it says; else about the subject; else, where the words were no frame of a subject,
    those of the rest of the question. The text says so where what was found is not what was asked for."""
    reading = asked.reading
    plain = _search(reading, limit)
    attempts = [plain]
    if mood := _mood(reading):
        attempts = [{**plain, "filter": {**plain["filter"], "conditions": [*reading.conditions, mood]}}, plain]
    if topics := reading.of_kind("topic"):  # where no conversation has that topic, some may hold its words
        loose = replace(reading, links=tuple(link for link in reading.links if link not in topics))
        attempts.append({**_search(loose, limit), "query": " ".join(link.text for link in topics)})
    weaker = [(name, other) for name in reading.conditions for other in _WEAKER.get(name, ())]
    milder: list[dict[str, Any]] = []
    for name, other in weaker:
        kept = tuple(other if condition == name else condition for condition in reading.conditions)
        milder.append({**plain, "filter": {**plain["filter"], "conditions": list(kept)}})
    if weaker and reading.languages:  # the mood of what is not English is told less well
        milder.append({**plain, "filter": {**plain["filter"], "conditions": [c for c in reading.conditions if c not in _WEAKER]}})
        weaker.append((weaker[-1][0], "mood"))
    attempts += milder
    rest: dict[str, Any] = {}
    if reading.subject and not reading.slots.framed and (reading.links or reading.conditions or reading.thresholds or reading.languages):
        rest = _search(replace(reading, subject="", slots=replace(reading.slots, subject="", phrase="", quoted=())), limit)
        attempts.append(rest)
    output, arguments = Output(), plain
    for arguments in attempts:
        (output,) = yield [Call(tool, arguments)]
        if output.error or output.data.get("conversations"):
            break
    note = _unfit(reading, output, dropped=arguments is rest)
    if output.data.get("conversations") and any(arguments is one for one in milder):
        asked_for, found = weaker[next(place for place, one in enumerate(milder) if one is arguments)]
        nearest = f"by “{CONDITION_WORDS[found]}”" if found in CONDITION_WORDS else "in the order of their mood"
        note = f"None fits “{CONDITION_WORDS[asked_for]}”{phrase(reading)}, {reading.when()}. The nearest, {nearest}:\n\n{note}"
    return output, note


_WEAKER = {"frustrated": ("unhappy", "negative"), "happy": ("positive",), "unhappy": ("negative",)}
"""What is shown, and called the nearest, where no conversation meets a condition on how it went."""


def _unfit(reading: Reading, output: Output, *, dropped: bool) -> str:
    """What is said before conversations that do not say what was asked for."""
    found = output.data.get("conversations", [])
    if dropped and found:
        return f"I found none about “{reading.subject}”{phrase(reading)}, {reading.when()}. What fits the rest of the question:\n\n"
    if found and all(one.get("fit", 1) < FITS for one in found):
        return f"None says “{reading.subject or ' '.join(reading.slots.quoted)}” in so many words. The nearest by words and meaning:\n\n"
    return ""


def _search(reading: Reading, limit: int) -> dict[str, Any]:
    """The arguments of a search. What is looked for by words comes in the order of how well it fits, unless an order is asked for."""
    slots = reading.slots
    query = (slots.phrase if reading.subject == slots.subject else reading.subject) or " ".join(slots.quoted)
    if not query:
        return {"filter": reading.filter(), "order": _order(reading), "limit": limit}
    told = _order_told(slots)
    return {"filter": reading.filter(), "limit": limit, "query": query} | ({"order": told} if told else {})


def _order(reading: Reading) -> str:
    """The order that the question names, else the one that suits how the conversations are to have gone."""
    if told := _order_told(reading.slots):
        return told
    if reading.bad or {"unhappy", "negative", "frustrated"} & set(reading.conditions):
        return "most_frustrated" if "frustration" in reading.metrics or "frustrated" in reading.conditions else "worst"
    return "best" if reading.bad is False or set(reading.conditions) & {"happy", "positive", "high_rated"} else "newest"


def _order_told(slots: Slots) -> str | None:
    """The order of conversations that the question names: "the latest", "the shortest", "the lowest rated"."""
    if slots.says(r"longest|(?:most|largest number of|highest number of) (?:messages|turns)"):
        return "longest"
    if slots.says(r"shortest|(?:fewest|least|smallest number of|lowest number of) (?:messages|turns)"):
        return "shortest"
    if slots.says(rf"oldest|earliest|(?:very )?first(?: ever)?(?: [\w-]+){{0,2}} (?:{_TALK}|thing|words?|message|sentence|line)"):
        return "oldest"
    if slots.says(rf"(?:lowest|worst|poorest|harshest)[ -]rated|(?:lowest|worst|poorest|bottom|minimum|harshest|least){_GRADE}"):
        return "lowest_rated"
    if slots.says(rf"(?:highest|best|top)[ -]rated|(?:highest|best|top|full|maximum|perfect|most){_GRADE}"):
        return "highest_rated"
    if extreme := slots.says(rf"(?:worst|best)(?: [\w-]+){{0,2}} {_TALK}"):
        return extreme.group().split()[0].lower()
    if end := slots.says(LAST_TO):
        return "oldest" if re.search("first|earliest", end.group(), re.I) else "newest"
    return "newest" if slots.says(rf"latest|newest|freshest|most recent(?:ly)?|recent|(?:very )?last(?: [\w-]+){{0,2}} {_TALK}s?") else None


_GRADE = r"(?: possible| available| imaginable)? (?:star )?(?:ratings?|marks?|grades?|scores?|number of stars|stars?|verdicts?|reviews?)(?! (?:average|on average))"
"""What follows the end of the scale: "the lowest possible grade", "full marks", "a perfect score"."""


def _mood(reading: Reading) -> str | None:
    """unhappy | happy: how the conversations went that a question about a subject asks for; None where it does not say, or says
    it by a condition of its own."""
    says = reading.slots.says
    if set(reading.conditions) & _JUDGED or reading.thresholds or not reading.subject:
        return None
    if says(_TROUBLE) or reading.bad:
        return "unhappy"
    return "happy" if reading.bad is False or says(_CONTENT) or says(_SHOWN) else None
