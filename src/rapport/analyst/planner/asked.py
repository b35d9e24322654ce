"""What a question asks for: metrics, what they run over, their order, whether it is about the bad, and events of people."""

import itertools
import re
from collections.abc import Sequence

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.slots import Slots

SHARE = r"coverage|what (?:share|percentage|percent|proportion|fraction|portion|part)|(?:which|the) (?:share|percentage|proportion|fraction)|percentage|share of|proportion of|slice of|portion of|(?:which|what) portion|as a (?:percentage|share)|part of (?:all|our|the)|how big is the (?:share|portion)|shares? (?:are|is|do|does)|shares?(?= ?[:?,]| (?:by|per|for|in|on|among|across|each)\b|\W*$)|rates? of (?:(?:\w+|\d)[ -]){0,2}(?:stars?|marks?|ratings|votes|grades|scores)\b|how (?:big|large|great) an? (?:share|part|portion|slice|fraction)|(?:out of|in|per|of) (?:an?|one|every|each) (?:hundred|100)|out of (?:hundred|100)|per cent|pct|%|percent|(?:rated|positive|negative|resolved) share|share with (?=stars|ratings?|a rating|no rating)"


EMPLOYER = r"works?|working|employ\w*|compan(?:y|ies)|organi[sz]ation|org|firm|belongs?|where(?: (?:is|are|does|do|did|was))?(?: (?:he|she|they))?(?: come)? from|from where|comes? from"
"""Words that ask where a person works."""


def asks_a_share(slots: Slots) -> bool:
    """Whether one share is asked for, not one for each group."""
    actors = "|".join(re.escape(link.text) for link in slots.links if not link.negated)
    agent = rf"(?!\s+(?:the\s+)?(?:{actors})(?!\w))" if actors else ""  # "served by that model" splits nothing
    return bool(slots.says(SHARE)) and not slots.says(
        rf"by{agent}|per(?! (?:cent|hundred))|(?<!of )each(?! (?:hundred|100))|(?<!of )every(?! (?:hundred|100))|which \w+ has|trend|over time|compared?|versus|vs|changed?|highest|lowest|most|least|quality|below|above|under|over"
    )


AVERAGE = r"averages?|averaged|averaging|(?<!i )(?<!you )(?<!we )(?<!i don't )mean(?! (?:to|by|that|it)\b)|on average"
"""An average is asked for; "I mean to ring that person up" asks for none."""


BROKEN = (
    r"timed? ?out|time-?outs?|timing out|fail\w*|errors?|errored|erroring|break(?:s|ing|downs?)?|broke|broken|crash\w*|(?:went|go(?:es)?|going|gone) wrong|did not work|didn't work|not working|tool_failed"
    r"|c[ao]me to grief|f(?:e|a)lls? (?:over|flat)|on the blink|out of order|conk\w*|malfunction\w*|misfir\w*|misbehav\w*|glitch\w*|chok(?:e|es|ed|ing)|act(?:s|ed|ing) up|play(?:s|ed|ing)? up|g[ai]ve up the ghost|keel\w* over|blew up|blow(?:s|n|ing)? up"
    r"|(?:do|does|did|has|have|had)(?:n['’]t| not|n?t)(?: ever| even| always)? (?:c[ao]me (?:back|through)|go(?:ne)? through|return\w*|respond\w*|repl(?:y|ied)|answer\w*|succeed\w*|complet\w*|finish\w*|deliver\w*|work(?:ed)?)|never (?:c[ao]me back|return\w*|respond\w*|answer\w*)"
)


NO_CASE = r"how many|day|week|month|rating of|average|(?:which|what) (?:user|person|customer|client|compan\w+|account|organi[sz]ation|org|firm|product|bot|assistant|model)\b(?! did| do| does| of)"
"""Beside "the longest chats": a figure is asked for, or whose they are, and none of them."""


PEOPLE_HIT = r"how many (?:\w+ ){0,3}?(?:users?|people|persons?|customers?|clients?|visitors?|souls|folks|accounts?|compan(?:y|ies)|organi[sz]ations?|firms?|conversations?|chats?|dialog(?:ue)?s?|sessions?)|(?:number|count) of (?:\w+ ){0,2}(?:users?|people|customers?|accounts?|conversations?|chats?)"
"""How many were hit by something, not how often it happened."""


def summed(slots: Slots) -> bool:
    """ "Adding up every tool", "across all products": one figure for all of them, no split."""
    together = slots.says(
        r"add(?:ed|ing)? (?:\w+ ){0,4}?up|adding up|(?:taken|put|lump\w*|count\w*|add\w*) together|all (?:\w+ ){0,3}together|combined|altogether|sum(?:med)?(?: up)?|tot(?:t?ed|ting) up|in total|grand total|in all|overall|total"
    )
    return bool(
        together
        and not slots.says(
            r"\bby\b|\bper\b|each|respectively|separately|apiece|break\w* (?:it |them )?(?:down|up)|split|which|who|rank\w*|order|top"
        )
    )


def since(slots: Slots) -> bool:
    """Whether a question about a movement names the day that it is to be judged from."""
    return any(period.grain == "range" and period.since and period.until is None for period in slots.periods) and bool(
        slots.says("since|after|from")
    )


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekdays(slots: Slots) -> tuple[str, ...]:
    """The weekdays that are asked for in general ("on Saturdays", "at weekends"); none where one day is meant."""
    named = [day for day in _WEEKDAYS if slots.says(rf"{day}s")]
    if slots.says(r"(?:at|on|over|during|from|in)(?: the)? weekends|weekends"):
        named = [*named, "Saturday", "Sunday"]
    if slots.says(r"(?:on|during|over) (?:weekdays|working days|business days|workdays)"):
        named = [*named, *_WEEKDAYS[:5]]
    return tuple(dict.fromkeys(named))


_CLOCK = r"(\d{1,2})(?::00)?(?:\s*o['’]clock)?\s*(am|pm|a\.m\.|p\.m\.)?"
_PARTS_OF_DAY = {"morning": range(6, 12), "afternoon": range(12, 18), "evening": range(18, 22), "night": (*range(22, 24), *range(6))}
HOURS = (
    rf"(?:between|from) {_CLOCK} (?:and|to|until|till) {_CLOCK}(?! (?:conversations|chats|messages|stars|times|talks|sessions)|\w)"
    r"|\d{1,2}(?::00)? ?(?:am|pm) ?(?:to|-|–|until|till) ?\d{1,2}(?::00)? ?(?:am|pm)"
    rf"|(?:before|after|past|by) {_CLOCK}(?! \w+ ago)|(?:in|during|over) (?:the )?(mornings?|afternoons?|evenings?|nights?|night[- ]?time)|(?:at|by|over) night|(mornings|afternoons|evenings|nights|overnight)"
)
_OFFICE = (
    r"(outside|out of|after|before|beyond|during|in|within)(?: of)? (?:the |our |normal |regular )*(?:office|business|working|work) hours"
)
_OFFICE_HOURS = range(9, 17)


def _told_otherwise(slots: Slots) -> list[tuple[int, int]]:
    """Where names and dates stand, and the subject: "chats about noise at night"."""
    subject = re.search(re.escape(slots.phrase or slots.subject), slots.text, re.I) if slots.framed else None
    return [(each.start, each.end) for each in (*slots.links, *slots.dates)] + ([subject.span()] if subject else [])


def hours(slots: Slots) -> tuple[int, ...]:
    """The hours of the day (0-23) that are asked for in general ("in the mornings", "between 9 am and 5 pm"); none where no time is told.
    Mornings are from 6 to 12, evenings from 18 to 22, lunch from 12 to 14, office hours from 9 to 17; a number without am or pm is one only where another has it, or in a pair."""
    if slots.says(r"(?:at|over|during|around) lunch(?: ?time)?"):
        return (12, 13)
    if office := slots.says(_OFFICE):
        within = office.group(1).lower() in ("during", "in", "within")
        return tuple(_OFFICE_HOURS) if within else (*range(_OFFICE_HOURS.stop, 24), *range(_OFFICE_HOURS.start))
    said = slots.says(HOURS)
    if not said or any(start < said.end() and said.start() < end for start, end in _told_otherwise(slots)):
        return ()
    words = said.group().lower()
    for part, of_day in _PARTS_OF_DAY.items():
        if part in words:
            return tuple(of_day)
    told = [(int(at), (half or "").replace(".", "")) for at, half in re.findall(_CLOCK, words)]
    if any(at > 24 for at, _ in told) or (len(told) == 1 and not told[0][1] and "clock" not in words and ":" not in words):
        return ()
    clock = [at % 12 + 12 if half == "pm" else at % 12 if half == "am" else at for at, half in told]
    if len(clock) == 1:
        return tuple(range(clock[0]) if words.startswith(("before", "by")) else range(clock[0], 24))
    first, end = clock
    if end <= first and not told[1][1]:
        end += 12  # "between 9 and 5"
    return tuple(range(first, min(end, 24))) if first < end else (*range(first, 24), *range(end))


USED_MOST = r"(?:bend|chew|talk|bash|bother|lean|hog|pester|hound|bombard|monopoli[sz]|occup|visit|ping|nag|drop|swamp|flood)\w* (?:(?:in |on |up |off )?[\w'’]+ ){0,5}?(?:the )?(?:most|least)(?: often)?|(?:us(?:e|es|ed|ing)|(?:talk|chat|speak|turn|writ|work)\w*(?: (?:to|with))?|prefer\w*|visit\w*|contact\w*)(?: us)? (?:the )?(?:most|least)(?: often)?"
"""What is done most: "which assistant does she use most"."""


def metrics_of(slots: Slots, intent: str) -> tuple[str, ...]:
    """Governed metrics, those that are asked for first. The noun "conversations" is a metric only where no other is named."""
    found: list[str] = [extreme[0] for extreme in slots.values("extreme") if extreme[0]]
    if found[:1] == ["messages"] and slots.says(
        r"(?:most|fewest|least) (?:different |distinct |of (?:its|their) )?(?:people|users|persons|staff|employees|individuals|heads|faces)"
    ):
        found = []  # "which firm sends the most people our way"
    if found and slots.says(r"(?:largest|biggest|smallest|most popular) (?:\w+ )?(?:number|count|amount|share|crowd|headcount|set|sum)"):
        found = [name for name in found if name != "conversations"]  # of what follows
    if (
        slots.says(
            r"ratings?|stars?|csat|rated|(?:best|highest|worst|lowest|top|poorest) average|average(?! (?:sentiment|mood|frustration|number|happiness|tone))"
        )
        and found
        and found[0] == "sentiment"
    ):
        found = ["rating"]  # "the happiest users by rating"
    if intent in ("ranking", "compare") and not found:
        most = slots.says(
            r"(?:most|fewest|least|more|highest number of|largest number of|lowest number of|number of|many) (?:of (?:its|their|the|our) )?(?:\w+ )?(users|people|persons|staff|employees|individuals|customers|organi[sz]ations|companies|accounts|conversations|chats|messages|tool calls|ratings|reviews)"
        )
        noun = most.group(1).lower() if most else ""
        found += [name for name, words in (("users", "users people persons staff employees individuals customers"), ("organizations", "organizations organisations companies accounts"), ("conversations", "conversations chats"), ("messages", "messages"), ("tool_calls", "tool calls"), ("ratings", "ratings reviews")) if noun and noun in words]  # fmt: skip
    if intent == "ranking" and not found and slots.says(USED_MOST):
        found += ["conversations"]
    if intent == "count":
        counted = counted_noun(slots)
        found += [counted] if counted else []
    found += [name for name in slots.metrics if name not in found]
    if (
        not found
        and slots.says(r"(?:un)?happy|(?:dis)?satisfied|happier|unhappier|(?:un)?happily|cheerful|mood")
        and intent in ("level", "trend", "breakdown", "compare")
    ):
        found = ["sentiment"]
    if intent in ("ranking", "breakdown", "count") and slots.says(
        r"(?:by|in terms of|based on) how many (?:\w+ )?(?:users|people|persons|employees|staff|heads|individuals|of their people)"
    ):
        return ("users",)
    if of_a_length(slots):
        found = [name for name in found if name not in _PARTS] or ["conversations"]
    by = slots.says(r"(?:by|in terms of|based on|judging by|measured by|according to|going by)(?: \w+){0,2}")
    if by and intent in ("ranking", "breakdown", "compare", "level"):
        told = [str(hit.value) for hit in slots.hits if hit.kind == "metric" and by.start() < hit.start < by.end()]
        found = list(dict.fromkeys([*told, *found]))
    strong = [name for name in found if name not in ("conversations", "messages", "users", "organizations", "events")]
    if strong and intent != "count" and not slots.values("extreme"):
        said = [
            name
            for name in found
            if name in ("messages", "conversations") and slots.says(rf"(?:and|,) (?:the )?(?:number of )?{name}|{name},|volume|traffic")
        ]
        found = list(dict.fromkeys([*strong, *said, *_in_a_list(slots)]))
    return tuple(dict.fromkeys(found))


_LISTED_WITH = r"\s*(?:,|&|\+|/|\band\b|\bplus\b)+\s*(?:(?:and|the|their|its|average|number of|count of|total|star|how many) )*"


def _in_a_list(slots: Slots) -> list[str]:
    """Counts that stand in one list with other figures: "chats, stars and messages of each"."""
    people = {"user": "users", "organization": "organizations"}
    named = [(hit.start, hit.end, str(hit.value), True) for hit in slots.hits if hit.kind == "metric"]
    named += [(hit.start, hit.end, people[str(hit.value)], False) for hit in slots.hits if hit.kind == "dimension" and hit.value in people]
    found: list[str] = []
    for one, other in itertools.pairwise(sorted(named)):
        between = slots.text[one[1] : other[0]]
        if (one[3] or other[3]) and re.fullmatch(_LISTED_WITH, between, re.I):
            found += [value for _, _, value, _ in (one, other) if value in lexicon.COUNTS]
    return found


def asks_at_the_end(slots: Slots) -> bool:
    """ "Users with 18 chats or more: how many?", "accounts below 80 chats, how many are they?": what is counted stands first."""
    return bool(
        re.search(
            r"(?:\w\W+how many|[:,;?.–-]\s*(?:the |their )?(?:number|count|tally|total))(?: (?:is|are|were|do|does) (?:they|there|it|that|those|these|we (?:have|see|count)))?(?: of (?:them|those|these))?(?: (?:are|were) there)?\W*$",
            slots.text,
            re.I,
        )
    )


_VOTES = r"ratings|scores|reviews|votes|star votes|marks|grades|stars"

_COUNTED = {
    "user": "users", "organization": "organizations", "conversation": "conversations", "product": "products", "model": "models", "tool": "tools",
    "topic": "topics", "segment": "segments", "prompt_version": "prompt_versions", "day": "days", "event_type": "event_types", "language": "languages",
}  # fmt: skip


_WHERE = re.compile(
    r"\b(?:one of|any of|all|every|each|both|across|over|on|whole|that|this|the same)\s+(?:of\s+)?(?:our|the|my|your|their|these|those)?\s*(?:\w+\s+)?$",
    re.I,
)
_DETERMINED = re.compile(
    r"\W*(?:(?:and|so|ok|of|all|our|the|my|your|different|distinct|unique|separate|single|individual|\d+)\b\W*)*$", re.I
)


def _says_where(text: str, start: int, at: int) -> bool:
    """Whether a noun only says where or when is counted: "how many heads ever touched one of our bots", "whole month, all bots, chats"."""
    return bool(_WHERE.search(text[start:at])) and not _DETERMINED.match(text[start:at])


_CALLS_OF_TOOLS = r"(?:how many|number of|count of|total) (?:of )?(?:the |our |all |of |failed |failing )*(?:calls?|invocations?) (?:of|by|to|from|across) (?:\w+ ){0,3}tools?"


def counted_noun(slots: Slots) -> str | None:
    """What "how many ..." counts: the first noun after it."""
    if slots.says(_CALLS_OF_TOOLS):
        return "tool_failures" if slots.says(BROKEN) else "tool_calls"
    if slots.says("how often|how frequently|how many times") and not slots.of_kind("tool") and not slots.events_said:
        return "ratings" if slots.says(rf"rat(?:e|ed|ings?)|{_VOTES}") else "conversations"
    if slots.says(
        rf"(?:how many|numbers? of|counts? of|total(?: number)?(?: of)?|tally of|all|sum of|amount of) (?:(?:star|given|submitted|customer|user|single|different|the|our|of|all|individual|\d[ -]star|one[ -]star) ?)*(?:{_VOTES})|(?:ratings?|reviews?|votes?) (?:count|total|tally|received|so far)"
    ):
        return "ratings"
    match = slots.says(r"how many|number of|count(?:s)? of|count|total(?: number of)?|nr of|amount of|how much")
    start = match.end() if match and not asks_at_the_end(slots) else 0
    places = sorted(slots.hits, key=lambda hit: (hit.start, hit.kind != "metric"))
    lengths = of_a_length(slots)
    aside = [hit for hit in places if hit.kind == "dimension" and hit.start >= start and _says_where(slots.text, start, hit.start)]
    for hit in [hit for hit in places if hit not in aside] + aside:
        if hit.start < start or (hit.value in _PARTS and lengths):
            continue
        if hit.kind == "metric" and hit.value in ("messages", "ratings", "tool_calls", "tool_failures", "events", "users", "organizations"):
            return str(hit.value)
        if (
            hit.kind == "metric"
            and hit.value == "rating"
            and slots.says(r"how many (?:\S+ ){0,3}(?:ratings|reviews|stars)|number of (?:ratings|reviews)")
        ):
            return "ratings"
        if hit.kind == "metric" and hit.value == "conversations":
            return "conversations"
        if hit.kind == "dimension" and str(hit.value) in _COUNTED:
            return _COUNTED[str(hit.value)]
    return None


def of_a_length(slots: Slots) -> bool:
    """Whether messages, or calls of tools, are told of to say which conversations: "chats with 6-8 messages"."""
    return any(each.metric in _PARTS for each in slots.thresholds) and bool(slots.says(_TALKS))


_PARTS = ("messages", "tool_calls")


_TALKS = r"conversations?|chats?|threads?|dialogues?|dialogs?|sessions?|talks?|interactions?|exchanges?|transcripts?"
_END = r"best|worst|happiest|unhappiest|strongest|weakest|highest|lowest|most|least|fewest|largest|smallest|biggest|top|bottom|high|low|busiest|quietest|ugliest|ugly|weak|poorest|poor|bad|good|saddest|nastiest|laggards?|losers?|stragglers?|winners?|leaders?|champions?|prettiest|nicest"
_GOOD_ENDS = frozenset("best happiest strongest good winner winners leader leaders champion champions prettiest nicest".split())
_BAD_ENDS = frozenset(
    "worst unhappiest weakest ugliest ugly weak poorest poor bad saddest nastiest laggard laggards loser losers straggler stragglers".split()
)
RANGE = rf"(?:from |starting with |beginning with )?(?:the )?({_END})(?:[ -]rated| one| ones| on top)?(?: (?:down|through|all the way))? ?(?:to|->|→|=>|until|–) ?(?:the )?(?:{_END})(?: rated)?|({_END})(?:[ -]rated| ones?| average| value| end| side| performers?| scorers?| marks?)? (?:goes |go |comes? |stands? |listed |right )?(?:first|on top|at the (?:top|head)|up top|up front|upfront|foremost)|(descending|ascending)|(?:start\w*|begin\w*) (?:with|from|at) (?:the )?(?:one )?(?:(?:which|that) (?:has|is) )?(?:the )?({_END})"
"""A whole list and which end of it comes first: "from best to worst", "highest first", "in descending order"."""


HARD_ON_US = r"(?:mark|rat|scor|grad|judg|vot|slat)\w* (?:[\w-]+ ){0,5}?(?:down|low|poorly|badly|harsh\w*|hard\w*|tough\w*|strict\w*|sever\w*|stingi\w*|mean\w*)|(?:hard(?:est)?|tough(?:est)?|harsh(?:est)?|strict(?:est)?|rough(?:est)?|mean(?:est)?) (?:on|to|with) (?:us|our|the|it)|stingi\w*|least (?:generous|kind|lenient)"
"""Low marks in other words: "marks us down the hardest"."""


_GRIPES = r"complain|gripe|grip|grumbl|moan|whin|grous|rant|kvetch|carp|bellyach|object|curs|vent|disappoint|annoy|upset|frustrat|dislik|hat|struggl|suffer"
_BADLY_MOST = rf"most (?:\w+ )?(?:negative|unhappy|bad|dissatisfied|miserable)|(?:{_GRIPES})\w* (?:\w+ ){{0,3}}(?:the )?most|most (?:\w+ )?(?:{_GRIPES})\w*|most (?:often )?(?:{_GRIPES})\w*"


def badly_most(slots: Slots, metric: str | None) -> bool:
    """ "Which plan complains most": the most of what goes badly, and not the highest value of a figure."""
    return metric is None and "bad" in slots.values("polarity") and bool(slots.says(_BADLY_MOST))


def order_of(slots: Slots, metrics: Sequence[str]) -> str | None:
    """highest | lowest: from "worst", "most", "lowest" and whether more of the metric is good."""
    metric = metrics[0] if metrics else None
    good = lexicon.METRICS[metric].good if metric and metric in lexicon.METRICS else 1
    if said := slots.says(RANGE):
        first = next(word.lower() for word in said.groups() if word)
        if first in _GOOD_ENDS:
            return "lowest" if good < 0 else "highest"
        if first in _BAD_ENDS:
            return "highest" if good < 0 else "lowest"
        return "highest" if first in ("highest", "most", "largest", "biggest", "top", "high", "descending", "busiest") else "lowest"
    if (
        good
        and "bad" in slots.values("polarity")
        and slots.says(r"(?:disappoint|annoy|upset|frustrat|displeas|irritat)\w* (?:\w+ ){0,2}most")
    ):
        return "lowest" if good > 0 else "highest"
    if badly_most(slots, metric):
        return None  # of what goes badly, whichever figure tells it
    for of, order, polarity in slots.values("extreme"):
        if polarity and good and of != metric:  # "the unhappiest user by frustration"
            return "highest" if (polarity == "good") == (good > 0) else "lowest"
        return "highest" if order == "top" else "lowest"
    if good and slots.says(HARD_ON_US):
        return "lowest" if good > 0 else "highest"
    if slots.says(r"worst|weakest|poorest|worse|unhappiest|least (?:favou?rites?|liked|loved|popular)"):
        return "highest" if good < 0 else "lowest"
    if slots.says(r"best|winner|healthiest|better|favou?rites?|darlings?"):
        return "lowest" if good < 0 else "highest"
    if slots.says(r"lowest|(?<!at )least|fewest|bottom|smallest|minimum"):
        return "lowest"
    if slots.says(r"highest|most|top|largest|biggest|maximum|greatest"):
        return "highest"
    return None


def bad(slots: Slots) -> bool | None:
    """Whether the question is about what went badly (True) or well (False)."""
    found = list(slots.values("polarity")) + [polarity for _, _, polarity in slots.values("extreme") if polarity]
    if slots.says(r"worst|unhappiest|angriest"):
        found.append("bad")
    return None if not found else "bad" in found


EVENT = "|".join(phrase.replace(" ", r"\s+") for phrases in lexicon.EVENT_WORDS.values() for phrase in phrases.split("|"))

_OF_PEOPLE = re.compile(
    rf"\b(?:(?:who|that|which)['’](?:ve|d|s)|who|that|which|whose|having|have|has|had|with(?: an?)?|after|before|since|until)\s+(?:(?:asked|requested|wanted|decided|chosen|chose|threatened|tried|begun|begged|been asking|demanded) (?:to\s+|for\s+)?|they\s+|he\s+|she\s+|people\s+|users\s+|customers\s+|then\s+|later\s+|recently\s+|have\s+|has\s+|had\s+|an?\s+|the\s+|their\s+|just\s+|already\s+)*(?:{EVENT})\b|\b(?:{EVENT})\s+(?:users?|customers?|people|accounts?|clients?|members?|organi[sz]ations?)\b|\b(?:quitters?|cancell?ers?|leavers?|churners?|upgraders?|downgraders?)\b",
    re.I,
)  # fmt: skip


def of_people(slots: Slots) -> bool:
    """Whether an event is what people did ("customers who cancelled"), not what they talk about ("quotes about refunds")."""
    return bool(_OF_PEOPLE.search(slots.text)) or any(
        link.kind == "event_type" and len(link.text) > 4 and "_" in link.text for link in slots.links
    )


_DONE_MOST = re.compile(
    rf"\b(?:{EVENT})(?:\s+(?!chat|talk|wr[io]t|us(?:e|es|ed|ing)\b|contact|sp[eo]|call|messag|rat)\w+){{0,3}}?\s+(?:the\s+)?(?:most|least)(?:\s+(?:often|frequently|times|of all))?\s*(?:$|[.?!,;]|\b(?:in|since|during|over|on|this|last)\b)"
    rf"|\b(?:most|least)\s+(?:often|frequently|times)\s+(?:\w+\s+){{0,4}}?(?:{EVENT})\b",
    re.I,
)


def done_most(slots: Slots) -> bool:
    """Whether an event is what is done most: "which firms have asked to cancel most often" counts events, of firms."""
    return bool(_DONE_MOST.search(slots.text)) or bool(slots.events_said and slots.says(_LOSES_MOST))


_LOSES_MOST = (
    r"(?:los(?:e|es|t|ing)|cost(?:s|ing)?|dr(?:ive|ives|iving|ove) (?:away|off)|scar(?:e|es|ed|ing) (?:away|off)) (?:us )?(?:the )?"
    r"(?:most|more|fewest) (?:of our )?(?:customers|users|people|accounts|clients|subscribers)"
)


def measured(slots: Slots) -> bool:
    """Whether a figure of conversations is asked for, so that an event only narrows whose."""
    noun = r"conversations?|chats?|messages?|dialogues?|sessions?|ratings?|topics?|tickets?"
    extremes = [extreme[0] for extreme in slots.values("extreme") if extreme[0] not in (None, "conversations")]
    return bool(extremes or slots.says(noun) or [name for name in slots.metrics if name not in lexicon.COUNTS])


_NOUNS = frozenset(("payment", "order placed", "checkout", "revenue", "sale", "sales"))
_SAID = [phrase for phrases in lexicon.EVENT_WORDS.values() for phrase in phrases.split("|") if phrase not in _NOUNS]
_DONE = "|".join(phrase.replace(" ", r"\s+") for phrase in (*_SAID, *(f"{phrase[:-1]}ing" for phrase in _SAID if phrase.endswith("e"))))
"""What people did; a payment is as often what they talk about ("where the payment upload broke")."""


_HEADS_ALONE = re.compile(r"(?:^|[:,;–—-]\s*)(?:active |distinct |unique )?(?:users|people|customers)\W*$|^\W*users\b", re.I)


def counts_heads(slots: Slots) -> bool:
    """Whether the number of people is asked for: "how many people", "past 30 days vs the 30 before: users"."""
    told = slots.says(r"how many|numbers? of|counts? of") or _HEADS_ALONE.search(slots.text)
    return bool(told) and counted_noun(slots) == "users"


def events_wanted(slots: Slots, intent: str) -> bool:
    """ "conversation ids of purchase events": conversations are asked for by the event that they led to, or that their people had."""
    before = slots.says(
        rf"(?:led|leads?|leading|ended|ending|ends?|finish\w*|clos\w*|result\w*|culminat\w*|conclud\w*|before|preced\w*|followed|up|ahead|prior|after which|after that|upon which|whereupon|and then|then|later|afterwards|eventually|promptly|only|wound|made|makes?|drove|drives?|push\w*|spark\w*|trigger\w*|prompt\w*|brought|caus\w*|where|in which|during which|that|whose|with|of|behind) (?:[\w'’]+ ){{0,6}}?(?:{_DONE})(?:s|l?ing|ed|d)?\b"
    )
    return intent in ("examples", "quotes", "level") and bool(
        slots.says("events?") or slots.of_kind("event_type") or (before and slots.events_said and not _talked_about(slots))
    )


_TOPIC = re.compile(r"\b(?:about|regarding|concerning|mention\w*|to do with|(?:topic|subject|theme|re)\s?[:=])", re.I)
_ON_TO_AN_EVENT = re.compile(
    r"[.?!;]|\b(?:who|whose|and|then|before|after|until|led|leads?|leading|end\w*|follow\w*|result\w*|made|drove|prior|ahead|when|where)\b",
    re.I,
)


def _talked_about(slots: Slots) -> bool:
    """Whether the words of an event only stand in what is talked about: "about the pills the doctor ordered"."""
    starts = [hit.start for hit in slots.hits if hit.kind == "event"]
    frames = [[match.end() for match in _TOPIC.finditer(slots.text[:start])] for start in starts]
    return bool(starts) and all(
        ends and not _ON_TO_AN_EVENT.search(slots.text[ends[-1] : start]) for start, ends in zip(starts, frames, strict=True)
    )


def verbs_before_events(slots: Slots) -> frozenset[str]:
    """Words between a conversation and the event it led to ("a chat that tipped someone into cancelling"): how, not about what."""
    told = re.finditer(rf"\b(?:that|which|chats?|conversations?|talks?|sessions?)\W+((?:[\w'’]+\W+){{1,5}}?)(?:{_DONE})", slots.text, re.I)
    ways = [re.findall(r"[\w'’]+", match.group(1).lower()) for match in told]
    return frozenset(word for way in ways if not {"about", "mention", "mentions", "mentioning", "on", "with"} & {*way} for word in way)


_A_TALK = r"(?:which|what) (?:\w+ ){0,1}(?:conversations|chats|dialogues|sessions|talks|threads|exchanges)|(?:an?|one|two|three|some|any|another|the (?:latest|last|newest|first)|\d) (?:\w+ ){0,2}(?:conversations?|chats?|dialogues?|sessions?|talks?|threads?|exchanges?)"


def shows_one(slots: Slots) -> bool:
    """ "Might I see a conversation that ...", "one chat which ...": conversations are asked for, no figure."""
    figures = r"how (?:many|much|often|long)|number|count|share|percent\w*|average|mean|value|worth|most|topics?|what do|per (?:conversation|chat)"
    return bool(slots.says(_A_TALK)) and not slots.says(figures)


def counts_events(slots: Slots) -> bool:
    """ "Count of plan_upgraded": the event type itself stands where the noun would."""
    return any(
        re.search(
            r"\b(?:how many|number of|counts? of|count|total(?: of)?)\s+(?:the\s+|all\s+|of\s+)*[\"'`]?$", slots.text[: link.start], re.I
        )
        for link in slots.of_kind("event_type")
    )
