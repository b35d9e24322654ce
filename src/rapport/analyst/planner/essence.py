"""The request itself, without the courtesies and the story around it, in the words that the rest of the planner reads.

"We meet Acme tomorrow, so could you please tell me how many convos they had?" is "how many conversations they had, for Acme". People who
write whole sentences name things and days that the request only points at; those are put behind it. A question that is short, or whose
request holds nothing of this tenant's data by itself, stays as it is.
"""

import re
from collections.abc import Sequence
from datetime import date

from rapport.analyst.planner import dates, lexicon
from rapport.analyst.planner.asked import BROKEN
from rapport.analyst.planner.finding import negate
from rapport.analyst.planner.idioms import RISK
from rapport.analyst.planner.led import of_such_talks
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.occasion import is_of_a_line, points_at, without_occasion
from rapport.analyst.planner.refusals import secrets, writes
from rapport.analyst.planner.retold import told_in_full
from rapport.analyst.planner.short_forms import spelled_out
from rapport.analyst.planner.timeframe import timed
from rapport.analyst.planner.tongues import languages_of
from rapport.analyst.planner.words import sentences, singular, split

LONG = 9
"""Words from which a question may hold more than its request."""

_UNTOUCHED = re.compile(
    r"\{|create_?ticket|\b(?:draft|ticket|bug report|segment|cohort|jira|issue for|python|javascript|code|poem|password|api keys?)\b|[\"“]|\n",
    re.I,
)
"""A draft, a payload, a quotation or a segment may need every word."""

_ASK = r"how|what|which|who|whom|whose|why|when|where|whether|if"
_INDIRECT = re.compile(
    r"\b(?:know|learn|see|tell (?:me|us)|ask(?: you)?|asked me|understand|find out|wonder(?:ing|ed)?|curious|informed|let me know|figure out|check|hear|explain(?: to (?:me|us))?|describe(?: to (?:me|us))?|"
    r"interested|interesting|say|sure|question|information|matters|remind me|look up|work out|show me|recall|clear|idea|determine|establish)"
    rf"(?: (?:to|about|in|me|us|you|please|for (?:me|us)|of|is|here|just|exactly|now|again))*,? (?P<request>(?:(?:for|to|in|on|from|with|by|at|about) )?(?:{_ASK})\b)",
    re.I,
)
_DIRECT = re.compile(
    r"(?:^|[,:;–—-] ?|\. |\b(?:so|and|but|therefore|hence|thus|then|or|because|as|since)\s)\W*(?:and |so |but |ok |also )*"
    rf"(?P<request>(?:(?:for|to|in|on|from|with|by|at|amongst|among|of|about) )?(?:{_ASK}|(?:is|are|was|were|do|does|did|has|have)(?! not\b))\b(?! (?:I|we) (?:may|could|can|might)\b)(?! you (?:please|kindly|tell|give|show|have|had|be|so)\b))",
    re.I,
)
_DEMAND = re.compile(
    r"(?:^|[,:;–—-] ?|\b(?:please|kindly|so|and|to|you|then|now|just|also)\s)\W*"
    r"(?P<request>(?:show|list|name|give|find|compare|count|cite|rank|sort|order|split|break|pull|sum|add up|fetch|dig|hand|read(?: (?:me|us|out|aloud))|quote|bring|put|sample|pick|identify|summari[sz]e|outline|report|calculate|compute|state|describe)\b"
    r"(?! (?:that|of the (?:company|user|product)|is|was|it|them)\b))",
    re.I,
)
_AMOUNT = re.compile(r"\b(?P<request>how (?:many|much|often)|what (?:percent|share|fraction|proportion))\b", re.I)
_WISH = re.compile(
    r"\b(?:i(?:'d| would| should)?(?: also| still| only| really| very much| kindly| just)* (?:like|love|need|want|require|be (?:pleased|thankful|grateful|glad|happy|curious|interested)(?: for| about| in)?|appreciate|request|(?:am|was) (?:searching|looking) for)"
    r"|we(?:'d| would| should)?(?: also| still| only| really| just)* (?:like|love|need|want|require)|i am (?:searching|looking|hunting) for|ask you for|asking for|trouble you for|tell (?:me|us)|give (?:me|us)|hand me|provide (?:me|us) with|could i (?:get|have|see)|can i (?:get|have|see)|may i (?:have|see|get)|find out|let me have|learn|look (?:together )?at|read(?: through)?|mention)"
    r"(?: (?:to|also|now|just|please|kindly|see|have|get|receive|obtain|look|at|together|know|read|through|learn|be|given|told|the information|about|for|from you|your))*,? "
    r"(?P<request>(?:the|an?|some|all|any|our|my|their|its|his|her|your|every|each|only|just|one|two|three|four|five|ten|\d+|those|these|how|which|what|who|average|total|number|numbers|figures|names?)\b)",
    re.I,
)

_BEFORE = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear (?:\w+ )?(?:team|all|colleagues?)|good (?:morning|day|evening|afternoon)|thanks?(?: you)?(?: (?:very much|so much|a lot|for \w+(?: \w+)?|in advance))?|ok(?:ay)?|well|so|now|please|pls|sorry|quick (?:one|q|question)|one (?:more )?(?:question|thing)|to start with|first(?: of all|(?=[,:])|(?= (?:tell|show|give|list|how|what|which|who|please|could|can|i|we)\b))|for (?:comparison|the record|my own understanding)|"
    r"just (?:curious|checking|wondering)|honestly|seriously|actually|basically|real quick|be honest|for (?:the|my|our|an?|this|that) (?:[\w-]+ ){0,3}(?:slides?|decks?|report|presentation|newsletter|memo|minutes|handout|poster|write-?up|pitch|speech)(?: (?:about|on|regarding|for|to) [\w ]{1,30})?(?=[:,]))\b[\s,:;!.–—-]*)+",
    re.I,
)
_AFTER = re.compile(
    r"(?<!\bsay)(?<!\bsay )(?<!\bsays)(?<!\bsays )(?<!\bsaid)(?<!\bsaid )(?<!\bsaying)(?<!\bsaying )(?<!\bwrite)(?<!\bwrite )(?<!\bwrote)(?<!\bwrote )(?<!\bword)(?<!\bword )(?<!\btyped)(?<!\btyped )[\s,;–—-]*(?:\b(?:please|pls|plz|kindly|thanks?(?: you)?(?: (?:very much|so much|a lot|in advance))?|thx|ty|cheers|if (?:i may(?: ask)?|you (?:can|could|please|don't mind|would be so kind|have it|still have it)|possible|that'?s ok(?:ay)?)|if you would|"
    r"would you (?:please )?find (?:it|that|this) out|would you (?:look|check)(?: it up)?|for me|for us|asap|(?<!it )(?<!this )(?<!that )(?<!is )(?<!as )(?<!be )urgent(?:ly)?|be honest|am i right|right|no rush|when you have a (?:minute|moment|sec(?:ond)?)|as far as i (?:remember|know|recall)|or so i hear|so that (?:we|i) .*|because (?:we|i) (?:want|need|have|would|must|am|are) .*|copy pasting to \w+|in the end|after all|by the way|btw)\b[\s.!?,]*)+$",
    re.I,
)
_CARRIED = ("product", "organization", "user", "model", "tool", "segment", "property", "prompt")


def essence(text: str, names: Names, today: date) -> str:
    """The request in `text`. `names` and `today` tell what a part is about."""
    words = split(text)
    links = names.link(text, words)
    firm = [link for link in links if link.score >= 100]
    text = spelled_out(text, [(link.start, link.end) for link in firm])
    if _UNTOUCHED.search(text) or writes(text) or secrets(text):
        return text
    bare = without_occasion(_AFTER.sub("", _BEFORE.sub("", text)).strip(), names)
    text = bare if len(bare.split()) >= 2 else text
    text = told_in_full(text)
    if len(text.split()) < LONG:
        return text
    request = _request(text, names, today)
    if request is None or _stands_for(text[request[0] : request[1]], f"{text[: request[0]]} \n {text[request[1] :]}"):
        return text
    return _with_the_rest(text, request, names, today)


_POINTS_BACK = re.compile(
    r"\b(?:(?:is|are|was|were|would|makes?|does) (?:that|this|it|those|these|they)(?: make| be)?\W*$|(?:behind|of|in|by|with|under|from) (?:it|that|this|these|those|them)\b|(?:that|this|it) happen)",
    re.I,
)
_UNIT_LEFT_OUT = re.compile(
    rf"\b(?:last|past|previous|first|latter|former|recent) (?:{'|'.join(('two', 'three', 'four', 'five', 'six', 'seven', 'ten', 'fourteen', 'thirty', r'[0-9]+'))})\W*$",
    re.I,
)


_SHOWS_THAT = re.compile(
    r"\W*(?:and |then |please |just )*(?:show|give|read|quote|cite|link|send|open|pull up|let (?:me|us) (?:see|read))(?: me| us)?(?: out)? (?:the|that|this|it|one|them|their|his|her|those|some)(?: (?:conversations?|chats?|sessions?|transcripts?|dialogues?|threads?|ids?|one|lines?|words|messages?))?(?: (?:please|pls|too|as well|if so|to me))*\W*$",
    re.I,
)
""" "Why did Ann give one star? Show me the chat.": of what, the sentence before says."""


def _stands_for(said: str, rest: str) -> bool:
    """Whether a request for a number leaves to what stands around it of which event or failure it is, or of which days: "I know the
    number of cancellations, but how many people are behind it?"."""
    if _SHOWS_THAT.match(said):
        return True
    if _UNIT_LEFT_OUT.search(said) and re.search(r"\b(?:day|week|month)s?\b", rest, re.I):
        return True
    if not _AMOUNT.search(said) or not _POINTS_BACK.search(said):
        return False
    events = any(hit.kind == "event" for hit in lexicon.find(rest, split(rest))) and not any(
        hit.kind == "event" for hit in lexicon.find(said, split(said))
    )
    return events or bool(re.search(rf"\b(?:{BROKEN})\b", rest, re.I) and not re.search(rf"\b(?:{BROKEN})\b", said, re.I))


_BRIEFING = re.compile(
    r"\b(?:(?:an? |the |some |quick |short |brief |high-level )*(?:overview|run-?down|low-?down|status report|summary|recap|briefing|profile|(?<!from the )(?<!of the )(?<!in the )picture)\b|(?:tell (?:me|us)|know|learn|hear) (?:something |more |everything |a bit |a little )?about\b)",
    re.I,
)
"""What asks for everything about something: what follows only gives examples of it."""
_ABOUT = re.compile(
    r"\b(?:about|around|regarding|concerning|mentioning|related to|to do with|in connection with|on the (?:topic|subject) of|goes on with) (?!(?:a|an|one|two|three|five|ten|\d+|it|them|this|that|these|those|us|me|you|how|what|which|who|why|when|where|whether|the (?:last|past|previous|same|data|numbers?|figures?|product|users?|customers?))\b)\w",
    re.I,
)
_NAMED = re.compile(r"\b(?:called|named|by the name of|goes by) [\"'“]?[A-Z]")
_AN_ID = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[a-z])\w+-\d{3,}\b|[0-9a-f]{8}-[0-9a-f]{4}-", re.I)
_SUCH = re.compile(
    r"\b(?:such|like (?:that|this)|(?:one|some|any|a few|two|three|examples?|instances?|cases?|ids?|list|quote) of (?:those|these|them)|(?:those|these) (?:comments|remarks|notes|chats|conversations|sessions|dialogues|threads|messages|lines|words|cases))\b",
    re.I,
)
_LEAD = 5
"""Words before the request, in its sentence, that are kept with it: "past 7 days, how many ...", "of all companies, whose ..."."""
_LEAD_OF_MANY = 16
_OUT_OF = re.compile(
    r"\s*(?:and |now |so )?(?:(?:of|out of|among|amongst|between|across|comparing|considering|looking at|within)|for (?:every|each|all|any|both)) ",
    re.I,
)
"""What the request chooses from, before it: "of the prompt versions that X had, which one ...", "for every product we have, ..."."""
_POINTING = re.compile(
    r"(?:who|which|what)(?: one)? (?:is|was|are|were|would) (?:that|it|this|those|they|he|she)(?: be)?\W*(?:please\W*)?$", re.I
)
"""Asks for what was described just before: "the most active user, who is that?"."""
_MANNER = re.compile(
    r"\b(?:rank\w*|order\w*|sort\w*|list\w*|top|biggest|largest|most|accounts?|customers?|users?|compan(?:y|ies)|[\w-]+est)\b.*\b(?:by|on|according to|in terms of|measured by)\s+$",
    re.I,
)
"""Before "how many": it only says by what a list is put in order ("top three accounts, by how many chats they had")."""
_BARE_AMOUNT = re.compile(
    r"(?:how (?:many|much|often)(?: times| of (?:them|those|these)| in all| exactly)?|what percent\w*)\W*(?:please\W*)?$", re.I
)
"""Says once more that a number is wanted, of what was asked before: "just say how many times"."""
_BARE_FORM = re.compile(
    r"(?:(?:just |only )?(?:give|name|tell|say|hand|state)(?: me| us)? )?(?:just |only )?(?:an?|one|the) (?:single |exact |plain |one |calendar )?(?:day|date|number|figure|percentage|percent|share|value|word)\W*(?:please\W*|pls\W*|will do\W*|is enough\W*)?$",
    re.I,
)
""" "Give me a day.": the form of the answer, of what was asked before."""
_OF_BEFORE = re.compile(
    r"\b(?:which|what) one\b|\bwhich of (?:them|these|those|the two|both)\b|\bboth(?: of (?:them|these))?\b|\b(?:these|those|the) (?:two|three)\b|\bfor each of them\b",
    re.I,
)
"""Words that stand for what the sentence named before: "we want to drop the product that is used least, which one is it?"."""
_WHICH_IT_WAS = re.compile(
    r"\W*(?:and |so |but )*(?:which|what) (?:\w+ ){1,2}(?:was|is|were|are|would|might|could) (?:it|that|this|they|those|these|be|to blame|responsible)\b.{0,20}$"
    r"|\W*(?:and |so |but |roughly |about )*(?:since |from )?(?:when|(?:which|what) (?:day|date|week|moment)|how long ago)(?: \w+){0,2} (?:it|this|that|the (?:fall|drop|slide|decline|rot|dip|trouble|slump|rise|climb)) (?:all )?(?:start\w*|beg[aiu]n|happen\w*|set in|occur\w*|turn\w*|come about|go wrong)\b.{0,20}$",
    re.I,
)
""" "Something in X went wrong ten days ago. Which tool was it?": what it was is said before."""
_REASON = re.compile(
    r"\s*(?:and |so )?(?:why|how come|what (?:has )?(?:changed|happened)|what did we change|what(?:'s| is| was) (?:the )?(?:reason|cause|going on|behind))\b.{0,40}$"
    r"|\s*(?:i mean|i['’]m talking|that is|i\.?e\.?|namely|specifically|meaning|to be (?:clear|exact|precise|specific)|compar(?:e|ing)(?: that)? (?:to|with|against)|as against)\b.*\b(?:versus|vs|against|compared|than|before|and)\b.*$",
    re.I,
)
_TAIL = 9
"""Words of a sentence after it that is kept where it names something: "Please name the companies.", "By average rating."."""


_WHEN = re.compile(
    r"\W*(?:and |so |right |just |shortly )*(?:before|after|once|when|whenever|until|prior to|ahead of|leading up to)\b", re.I
)
"""Opens a clause that says of whom something is asked, where it tells an event: "before they ask to be let go, what ..."."""
_PRECISELY = re.compile(
    r"\W*(?:(?:and |so |please |i mean |that is )*(?:count(?:ing|ed)?|by|measured|judged|going by|rank(?:ed)?)\b.{0,40}\b(?:not|rather than|instead of)\b|(?:and |so |please )*count (?:the )?(?:different|distinct|unique|separate|single)\b)",
    re.I,
)
"""How the question before is to be counted: "count different persons, not messages"."""
_CHOSEN = re.compile(
    r"\b(?:person|who|whom|names?|customers?|clients?|accounts?|one|people|compan(?:y|ies)|firms?|users?|organi[sz]ations?)\b", re.I
)


def _risk_elsewhere(said: str, rest: str) -> bool:
    """ "Who is about to walk out on us? Give me the person I should ring first.": whom the request means is said outside of it."""
    feared = re.compile(rf"(?<!\w)(?:{RISK})(?!\w)", re.I)
    figures = [hit for hit in lexicon.find(said, split(said)) if hit.kind == "metric" and hit.value != "conversations"]
    return bool(feared.search(rest) and not feared.search(said) and _CHOSEN.search(said) and not figures and not _AMOUNT.search(said))


def _by_what(before: str, request: str) -> bool:
    """Whether `request` only says by what something before it is put in order; its preposition may belong to it."""
    lead = re.match(r"(?:by|on)\s+(?=how\b)", request, re.I)
    return bool(_MANNER.search(before + (lead.group() if lead else "")))


def _asking(text: str, parts: Sequence[tuple[int, int]], names: Names, today: date) -> list[tuple[float, int, int]]:
    """Where something may be asked for: (how much it says, begin, end of its sentence)."""
    found: list[tuple[float, int, int]] = []
    for start, end in parts:
        patterns = (_INDIRECT, _DIRECT, _DEMAND, _WISH, _AMOUNT)
        places = {match.start("request") for pattern in patterns for match in pattern.finditer(text[start:end])}
        places = {
            place
            for place in places
            if not (_POINTING.match(text[start + place : end]) or _by_what(text[start : start + place], text[start + place : end]))
        }
        if start > parts[0][0]:
            places = {
                place
                for place in places
                if not (_BARE_AMOUNT.match(text[start + place : end]) or _BARE_FORM.match(text[start + place : end]))
            }
        found += [(_content(text[start + place : end], names, today), start + place, end) for place in places]
        found += [
            (_content(text[start + m.start() : end], names, today) + 1, start + m.start(), end)
            for m in _AMOUNT.finditer(text[start:end])
            if start > parts[0][0]
            and not _by_what(text[start : start + m.start()], "")
            and not _BARE_AMOUNT.match(text[start + m.start() : end])
        ]
    return found


def _request(text: str, names: Names, today: date) -> tuple[int, int] | None:
    """Where the part stands that asks; None where none does, or where it says nothing of its own."""
    parts = sentences(text)
    for start, end in parts:
        if brief := _BRIEFING.search(text[start:end]):
            return start + brief.start(), parts[-1][1]
    found = _asking(text, parts, names, today)
    if not found or max(content for content, _, _ in found) < 1:
        return None
    most = max(content for content, _, _ in found)
    _, begin, end = max((item for item in found if item[0] >= most - 0.5), key=lambda item: item[1])
    *before, (sentence, _) = [span for span in parts if span[0] <= begin]
    if re.search(
        r"\band (?:(?:at|in|on|for|by|with|to|from|of|during) )?$", text[sentence:begin]
    ):  # "whether it is better or worse, and at which average"
        begin = min([at for content, at, _ in found if content >= 1 and sentence <= at < begin] + [begin])
    if re.search(r"[,;:]? (?:and|plus|&) $", text[sentence:begin]) and _extreme(text[sentence:begin]):
        begin = sentence  # "busiest day ever on X, and how many chats"
    asked = [place for _, place, _ in found if sentence <= place < begin and re.match(rf"(?:{_ASK})\b", text[place:], re.I)]
    if asked and re.search(r"(?:\band|\bplus|&|,)\s*$", text[:begin]):  # "where does she work and how many ..." asks for both
        begin = min(asked)
    lead = text[sentence:begin]
    told, dated = _content(lead, names, today), dates.find(lead, today)
    whose = _WHEN.match(lead) and any(hit.kind == "event" for hit in lexicon.find(lead, split(lead)))
    if whose or (len(lead.split()) <= (_LEAD_OF_MANY if _OUT_OF.match(lead) else _LEAD) and not (re.search(r":\s*$", lead) and not told)):
        begin = sentence
    elif dated and re.search(r":\s*$" if not dates.find(text[begin:end], today) else r"[,:]\s*$", lead):
        begin = sentence  # "X from 3 to 9 May: how many, and how many from 10 to 12 May?"
    rest = f"{text[:begin]} {text[end:]}"
    if _risk_elsewhere(text[begin:end], rest):
        return None
    if _PRECISELY.match(text[begin:end]) and before and text[slice(*parts[len(before) - 1])].rstrip().endswith("?"):
        return parts[len(before) - 1][0], end
    if _NAMED.search(rest) or (_AN_ID.search(rest) and not _AN_ID.search(text[begin:end])):
        return None  # whose, or which one, is said outside of it
    if _only_conversations(text[begin:end]) and (_ABOUT.search(rest) or _content(rest, names, today) >= 1.5):
        return None  # which conversations is said outside of it
    if before and _SUCH.search(text[begin:end]):
        begin = before[-1][0]
    if _points_away(text[begin:end], text[before[-1][0] if before else sentence : begin], names):
        begin = sentence if text[sentence:begin].strip() else before[-1][0]
    if _OF_BEFORE.search(text[begin:end]) or of_such_talks(text[sentence:begin], text[begin:end]):
        begin = sentence
    if before and is_of_a_line(text[begin:end], text[slice(*before[-1])]):
        begin = before[-1][0]
    if before and points_at(text[begin:end], text[slice(*before[-1])]):
        begin = before[0][0]
    if before and _WHICH_IT_WAS.match(text[begin:end]) and text[sentence:begin].strip(" ,;-–—") == "":
        begin = before[-1][0]
    for start, after in parts:
        if start == end and (_REASON.match(text[start:after]) or AS_EVIDENCE.match(text[start:after])):
            end = after
        if start == end and len(text[start:after].split()) <= _TAIL and _content(text[start:after], names, today) >= 1:
            end = after
    return begin, end


AS_EVIDENCE = re.compile(
    r"\W*(?:(?:please|and|just|also|i need|i want|give me|send me|show me|with|need|want)\W+)*(?:an?|one|two|three|four|five|some|a few|a couple(?: of)?|the|\d) (?:(?!of\b)\w+ )?(?:ids?|examples?|cases?|instances?|transcripts?|chats?|conversations?|sessions?|threads?|quotes?|verbatims?|of (?:them|those|these))(?: (?:with ids?|as|for|to|by|will|would|is|are|of|please|pls|enough|do)\b.{0,40})?\W*$"
    r"|\W*(?:(?:please|and|just|then|if so)\W+)*(?:show|quote|cite|read)(?: me| us)? (?:it|one|them|that|some)(?: (?:please|pls|if so|to me))?\W*$",
    re.I,
)
"""A sentence that only asks for evidence of what was asked before it: "Two ids as evidence."."""
_POINTS_AWAY = re.compile(
    r"\b(?:behind|with|by|of|in|for|from|about|to) (?:it|that|this|them|those|these)\b(?! (?:\w+ )?(?:week|month|year|day|time|period|span|quarter))|\b(?:is|was|are|were|has|had|did|does|would) (?:that|it|this|they|those|these)(?: (?:happen\w*|occur\w*|be|in all|altogether|exactly))?(?= (?:till|until|so|up|since|in|over|during|to|by|on)\b|\W*$)",
    re.I,
)


_OPENING = 10
"""Characters that may stand before "how many": " and so "."""


def _points_away(said: str, before: str, names: Names) -> bool:
    """Whether a request counts what only the words before it say: "they ran into a failing X. How many users is that?"."""
    amount = _AMOUNT.search(said)
    if (
        len(before.split()) < 4
        or amount is None
        or amount.start() > _OPENING
        or not _POINTS_AWAY.search(said)
        or names.link(said, split(said))
    ):
        return False
    named = {str(hit.value) for hit in lexicon.find(said, split(said)) if hit.kind in ("metric", "extreme", "event")}
    return named <= {"conversations", "users", "organizations"}


_COUNTED = re.compile(r"\b(?:number|count|total|volume|amount|share|traffic)\b", re.I)


def _only_conversations(said: str) -> bool:
    """Whether a request names nothing but conversations ("which chats should I open")."""
    named = {str(hit.value) for hit in lexicon.find(said, split(said)) if hit.kind in ("metric", "dimension", "extreme", "event")}
    return named <= {"conversations", "conversation"} and not (_AMOUNT.search(said) or _COUNTED.search(said))


def _extreme(said: str) -> bool:
    """Whether a part names the end of a list, so that it asks by itself: "our busiest day"."""
    return any(hit.kind in ("extreme", "order") for hit in lexicon.find(said, split(said))) or bool(
        re.search(r"\b[a-z]{3,}iest\b", said, re.I)
    )


def _content(said: str, names: Names, today: date) -> float:
    """How much of this tenant's data a part names: metrics, things, extremes, days; names count less, they can be carried."""
    hits = lexicon.find(said, split(said))
    kinds = {(hit.kind, str(hit.value)) for hit in hits if hit.kind in ("metric", "dimension", "extreme", "event")}
    kinds |= {("polarity", "") for hit in hits if hit.kind == "polarity"}
    return len({value for _, value in kinds}) + 0.25 * len(names.link(said, split(said))) + 0.5 * len(dates.find(said, today))


def _with_the_rest(text: str, request: tuple[int, int], names: Names, today: date) -> str:
    """The request, with the names and the days that it leaves to what stands around it."""
    begin, end = request
    said = _AFTER.sub("", text[begin:end].strip(" ,;"))
    around = f"{text[:begin]} \n {text[end:]}"
    said = timed(said, text, request, today)
    told = dates.find(text[:begin], today) if _SINCE_THEN.search(said) else []
    if told and not dates.find(said, today):
        said = f"{_SINCE_THEN.sub('', said)} since {text[told[-1].start : told[-1].end]}"
    for code in languages_of(around) if not languages_of(said) else ():
        said = f"{said.rstrip(' ?.!')} in {lexicon.LANGUAGES[code].title()}"
    return _named_before(_of_the_event(_with_its_noun(said, text[:begin]), text[:begin], today), around, names)


_SINCE_THEN = re.compile(r",?\s+(?:ever )?(?:since(?: then| that| that day)?|after that|afterwards|thereafter|from then on)\W*$", re.I)
""" "Two weeks ago Sarah left my team. How many chats did we have since?" """
_BEHIND = re.compile(
    r"\b(?:behind|of|in|to|with|from|for|by|on|after|before|did|done|made|make|makes|account for) (?:it|this|that|these|those|them|such|so)\b|\b(?:these|those|such|this|that) (?:requests?|events?|purchases?|people|users?|customers?|cases|ones?|sales|wish(?:es)?)\b",
    re.I,
)


_SO_MANY_OF_THEM = re.compile(r"\W*(?:and |so )?how many(?= (?:did|have|has|had|were|was|do|so far|in all|in total)\b|\W*$)", re.I)
""" "Upgrades, last 30 days. How many did we close?": what is counted was told before."""
_OFTEN = re.compile(r"(?:left|leav|los[et]|return|pa[iy]|spen|activ|join|quit|order)", re.I)
"""Words that mean an event less often than not."""


def _of_the_event(said: str, before: str, today: date) -> str:
    """ "I know the number of cancellation requests, but how many people are behind it?": "it" is the event that was told just before."""
    if not (_BEHIND.search(said) or _SO_MANY_OF_THEM.match(said)) or any(hit.kind == "event" for hit in lexicon.find(said, split(said))):
        return said
    told = [hit for hit in lexicon.find(before, split(before)) if hit.kind == "event" and not _OFTEN.match(before[hit.start : hit.end])]
    if not told:
        return said
    when = dates.find(before, today) if not dates.find(said, today) else []
    days = f" {before[when[-1].start : when[-1].end]}" if when else ""
    return f"{said.rstrip(' ?.!')} ({' '.join(dict.fromkeys(before[hit.start : hit.end] for hit in told[-2:]))}){days}"


_ONE_OF = re.compile(
    r"which(?: (?:single )?ones?\b| (?:of|among|amongst|out of) (?:them|these|those|the (?:lot|bunch)|(?:all )?the \w+ of them)\b)+"
    r"|which(?= (?:has|have|had|is|are|was|were|gets?|got|does|did|do|comes?|came|performs?|scores?|breaks?|fails?|makes?)\b)",
    re.I,
)
_THINGS = frozenset({"product", "model", "organization", "user", "tool", "prompt_version"})


_SO_MANY = re.compile(
    r"\b(?:the (?P<one>one)(?= (?:with|that|which|who|whose|having|of)\b|\W*$)|the (?P<some>two|three|four|five|six|seven|eight|nine|ten|\d+)(?= (?:ones )?(?:with|that|which|who|whose|having|by|of (?:the )?(?:lowest|highest))\b|\W*$))",
    re.I,
)
""" "There are firms we hardly hear from. Name the three with the fewest conversations": three of what was spoken of."""


def _with_its_noun(said: str, before: str) -> str:
    """ "We run several models. Which of them is rated worst?": "which" asks for the noun of the sentence before."""
    if [hit for hit in lexicon.find(said, split(said)) if hit.kind == "dimension" and hit.value != "conversation"]:
        return said
    told = [hit for hit in lexicon.find(before, split(before)) if hit.kind == "dimension" and hit.value in _THINGS]
    if told and (some := _SO_MANY.search(said)):
        noun = before[told[-1].start : told[-1].end]
        many = f"{some.group()} {noun}" if some["some"] else f"the {singular(noun)}"
        return f"{said[: some.start()]}{many}{said[some.end() :]}"
    if not told or not _ONE_OF.match(said):
        return said
    noun = before[told[-1].start : told[-1].end]
    plural = re.match(r"which(?: ones\b| (?:have|are|were|get|do|did|come|perform|score|break|fail|make)\b)", said, re.I)
    return _ONE_OF.sub(f"which {noun if plural else singular(noun)}", said, count=1)


_SEVERAL = re.compile(
    r"\b(?:each|both|either|one .{0,30}\bother|the two|the three|them|compar\w+|versus|vs|difference|whose|who (?:talks|writes|chats|rates|gives|has|is)|more|fewer|less|better|worse|higher|lower)\b",
    re.I,
)


_THE_SAME = re.compile(
    r"\b(?:in|to|about|with|of|on|at) (?:the|this|that|said) (?:assistant|bot|product|app)\b(?= itself|\W*$| (?:at|then|in|on|when|since|after|before|around)\b)",
    re.I,
)
"""The one that was just named: "what had been changed in the assistant itself"."""


_FAILS = re.compile(rf"(?<!\w)(?:{BROKEN})(?!\w)", re.I)


def _named_before(said: str, around: str, names: Names) -> str:
    """The request with the names of what stands around it: of each kind that it has not, one, or all where it speaks of several."""
    inside = {link.kind for link in names.link(said, split(said)) if not link.negated}
    told = [link for link in negate(around, names.link(around, split(around))) if link.kind in _CARRIED and link.score >= 100]
    outside = [link for link in told if link.kind not in inside and not link.negated]
    left_out = dict.fromkeys(f"{link.text}{' customers' if link.kind == 'property' else ''}" for link in told if link.negated)
    said = f"{said.rstrip(' ?.!')} excluding {' and '.join(left_out)}" if left_out else said
    several = _SEVERAL.search(said)
    nouns = {str(hit.value) for hit in lexicon.find(said, split(said)) if hit.kind == "dimension"} & {
        "product",
        "model",
        "organization",
        "tool",
    }
    if _THE_SAME.search(said):
        nouns = nouns - {"product"}
    over = nouns | ({"property"} if re.search(r"\b(?:plans|tiers|countries|subscriptions)\b", said, re.I) else set())
    for kind in dict.fromkeys(link.kind for link in outside if several or link.kind not in over):
        found = list(dict.fromkeys(link.text for link in outside if link.kind == kind))
        meant = " and ".join(found if several else found[:1])
        broken = "failing " if kind == "tool" and _FAILS.search(around) and not _FAILS.search(said) else ""
        said = f"{said.rstrip(' ?.!')} for {broken}{meant}{' customers' if kind == 'property' else ''}"
    return said
