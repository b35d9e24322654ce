"""Business events: how many, of whom, worth what, and what was talked about before."""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rapport.analyst.planner.answers.amounts import of_whom
from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    bullets,
    counted,
    day,
    heading,
    joined,
    number,
    phrase,
)
from rapport.analyst.planner.answers.event_lack import lacks_event, without_event
from rapport.analyst.planner.answers.event_pairs import of_both, two_events
from rapport.analyst.planner.answers.event_repeats import of_so_many, set_aside, several
from rapport.analyst.planner.answers.event_shares import by_share, of_each, of_events, of_talks, share_of_events, share_of_talks
from rapport.analyst.planner.answers.event_values import by_property, values_told
from rapport.analyst.planner.dimensions import NAMED, asked_for
from rapport.analyst.planner.names import Link
from rapport.analyst.planner.reading import Reading


def outcomes(asked: Asked) -> Answer:
    """Business events: how many, of whom, worth what, and what was talked about before."""
    reading = asked.reading
    types = list(reading.events)[:20]
    own = replace(reading, events=(), conditions=(), subject="")
    special = _special(asked, own, types)
    return (yield from special if special else _counted(asked, own, types))


def _special(asked: Asked, own: Reading, types: list[str]) -> Answer | None:
    """The answer to what asks for more than how many events there are, and of whom; None where it asks for no more."""
    reading, slots = asked.reading, asked.reading.slots
    noun = asked_for(slots, asked.setting.names)
    if types and noun and noun.weight >= NAMED and noun.dimension.startswith("property:") and len(reading.of_kind("property")) != 1:
        return by_property(asked, types)
    if types and (key := values_told(reading)):
        return by_property(replace(asked, reading=replace(reading, dimension=f"property:{key}")), types)
    if size := _single_size(reading):
        return _single(asked, own, types, size)
    if end := _one_end(reading):
        return _by_time(asked, own, types, end)
    if reading.against:
        return _of_two_periods(asked, own, types)
    if both := two_events(reading, [name.id for name in asked.setting.names.of_kind("event_type")]):
        return of_both(asked, own, both, _event_grouping(reading))
    if types and noun and noun.weight >= NAMED and of_each(reading, noun.dimension):
        return by_share(asked, own, types, noun.dimension)
    if types and of_events(reading) and not _counts_people(reading):
        return share_of_events(own, types)
    if types and of_talks(reading):
        return share_of_talks(own, types)
    if lacks_event(reading):
        return without_event(asked, own, types, _event_grouping(reading))
    if types and (cut := _amount_asked(reading)):
        whose = _event_grouping(reading) == "user" and not slots.says("how many|number of|count")
        return of_whom(own, types, cut) if whose else _of_that_amount(own, types, cut)
    if types and _counts_people(reading) and not (noun and noun.weight >= NAMED):
        return _how_many_have(asked, own, types)
    return None


def _counted(asked: Asked, own: Reading, types: list[str]) -> Answer:
    reading, slots = asked.reading, asked.reading.slots
    group = _event_grouping(reading)
    some = 3 if slots.says(_SOMEBODY) else 50
    arguments: dict[str, Any] = {
        "filter": own.filter(),
        "groupBy": group,
        "limit": reading.limit or (100 if several(reading) else some if group == "user" else 60 if group in _TIMES else 12),
    }
    if types:
        arguments["types"] = types
    found, by_type = yield [
        Call("getOutcomes", arguments),
        Call("getOutcomes", {"filter": own.filter(), "limit": 12} | ({"types": types} if types else {})),
    ]
    if found.error:
        return heading("business events", own.scope()) + found.error
    named = ", ".join(types) or "business events"
    text = heading(named, own.scope())
    total = found.data["events"]
    if not total:
        known = [name.text for name in asked.setting.names.of_kind("event_type")]
        if not known:
            return text + "No business events are logged yet. Send them to `POST /api/v1/events`."
        if slots.values("event") and not types:
            return text + f"No event of that kind is logged. The types I know: {', '.join(known[:12])}."
        return text + f"**0 events**{phrase(own)}, {own.when()}{_of_any(types, known)}."
    groups = by_type.data["groups"]
    people = next((g["users"] for g in groups), None) if len(groups) == 1 else None
    bound = several(reading) if group in ("user", "organization", "product") else None
    if bound:
        kept = of_so_many(found.data["groups"], bound)
        words = f"{bound[0]} {counted(bound[1], 'events')} each"
        return text + f"**{counted(len(kept), f'{group}s')}**{phrase(own)}, {own.when()}, with {words}:\n" + _listed(reading, group, kept)
    text += f"**{number(total)} {named if types and len(types) == 1 else 'events'}{(' event' if total == 1 else ' events') if types and len(types) == 1 else ''}**{phrase(own)}, {own.when()}"
    text += f", of {counted(people, 'users')}." if people else "."
    worth = [f"{g['name']} {number(g['total'])} in all, {number(g['average'])} on average" for g in groups if g.get("total") is not None]
    if worth and (slots.says(r"worth|value|revenue|money|sum|total|amount|much|spent|paid|average|mrr|arr") or len(groups) == 1):
        text += f" Value: {'; '.join(worth)}."
    if len(groups) == 1 and slots.says(r"when|dates?|which day|what day|how long ago|latest|most recent|first"):
        text += f" The first was on {day(groups[0]['first'])}, the last on {day(groups[0]['last'])}."
    if group != "type" or len(groups) > 1:
        text += "\n" + _listed(reading, group, found.data["groups"])
    before = found.data.get("before")
    text += set_aside(reading)
    if before and (
        reading.intent == "why"
        or slots.says(
            r"before|prior|run-?up|ahead|why|lead\w* up|preced\w*|reasons?|talk\w*|about|cause\w*|complain\w*|said|say|driv\w*|because|led to|topics?|issues?|subjects?|themes?|problems?|matters?"
        )
    ):
        text += _lead_up(before)
    return text


def _listed(reading: Reading, group: str, groups: Sequence[Mapping[str, Any]]) -> str:
    """The groups of events as rows: by number, or by money where that is asked for; times in their order unless a peak is."""
    says = reading.slots.says
    shown = list(groups)
    money = group in (*_RANKED, *_TIMES) and says(_MONEY) and not says(_BY_NUMBER) and any(g.get("total") for g in shown)
    dated = group in _RANKED and says(r"when|dates?|(?:which|what) days?")
    if group in _TIMES and says(_PEAK):
        shown = sorted(shown, key=lambda g: -g["events"])[: reading.limit or 5]
    if money and group in _RANKED:
        shown = sorted(shown, key=lambda g: g.get("total") or 0, reverse=reading.order != "lowest")
    return bullets(
        [
            f"**{_dated(g['name'], group)}**: {number(g['events'])}{_worth(g) if money else ''}{_by_users(g, group)}{_at(g) if dated else ''}"
            for g in shown
        ],
        numbered=group in _RANKED or (group in _TIMES and bool(says(_PEAK))),
    )


_TIMES = ("day", "week", "month")
_PEAK = r"(?:which|what) (?:single |one )?(?:day|week|month|date)|most|busiest|peak(?:ed)?|record|worst|highest|top(?: \d+)?"
"""One time is asked for, and not how it went."""


def _dated(name: str, group: str) -> str:
    if group not in _TIMES:
        return name
    return {"week": f"week of {day(name)}", "month": f"{date.fromisoformat(name[:10]):%B %Y}"}.get(group, day(name))


_WHO = r"people|persons?|users?|customers?|individuals?|subscribers?|members?"
_FIRMS = r"accounts?|compan(?:y|ies)|organi[sz]ations?|orgs?|firms?|clients?"
_OF_ALL = r"(?:what|which|how (?:large|big|great) an?) (?:share|percentage|percent|proportion|fraction|part|portion)|(?:share|percentage|percent|proportion|fraction|portion) of|what percent|% of"
_MOST_GROUPS = 100
_HOW_MANY_OF = rf"(?:how many|number of|(?:{_OF_ALL})(?: of)?) (?:(?:the|our|all|different|distinct|unique|separate|single|individual|of|\w+ing) )*(?:{_WHO}|{_FIRMS})"


def _counts_people(reading: Reading) -> bool:
    """ "How many users cancelled", "what share of the enterprise accounts bought an upgrade"."""
    text = reading.slots.text
    for link in sorted(reading.slots.of_kind("property", "organization", "product"), key=lambda link: -link.start):
        text = f"{text[: link.start]}{re.sub(r'^ ?(?:plan|tier)? ?', '', text[link.end :])}"
    return bool(re.search(rf"\b(?:{_HOW_MANY_OF})\b", text, re.I))


def _of_those(reading: Reading) -> tuple[Link, ...]:
    """ "What share of the people who cancelled are on pro": the plan is what is asked of them, and not whose event it was."""
    told = min((hit.start for hit in reading.slots.hits if hit.kind == "event"), default=None)
    told = told if told is not None else min((link.start for link in reading.slots.of_kind("event_type")), default=None)
    after = [link for link in reading.of_kind("property", "organization") if told is not None and link.start > told]
    text = reading.slots.text
    return tuple(
        link
        for link in after
        if re.search(r"\b(?:is|are|was|were|belong\w*|come|comes|sit|sits|pay|pays|work|works)\b[^,.?!]{0,30}$", text[: link.start], re.I)
    )


def _how_many_have(asked: Asked, own: Reading, types: list[str]) -> Answer:
    """How many people, or companies, had such an event; of all that were there in that time where a share is asked for."""
    says, filter = own.slots.says, own.filter()
    part = _of_those(own) if says(_OF_ALL) else ()
    kinds = [kind for kind, nouns in (("user", _WHO), ("organization", _FIRMS)) if says(nouns)]
    outputs = yield [Call("getOutcomes", {"filter": filter, "types": types, "groupBy": kind, "limit": _MOST_GROUPS}) for kind in kinds]
    base = replace(own, links=tuple(link for link in own.links if link not in part)).filter() if part else filter
    whole, by_type = yield [
        Call("countConversations", {"filter": filter}),
        Call("getOutcomes", {"filter": filter, "types": types, "limit": 12}),
    ]
    all_of = (
        (yield [Call("getOutcomes", {"filter": base, "types": types, "groupBy": k, "limit": _MOST_GROUPS}) for k in kinds]) if part else ()
    )
    text = heading(", ".join(types), own.scope())
    if error := next((output.error for output in (*outputs, whole, by_type) if output.error), None):
        return text + error
    parts = []
    for place, (kind, output) in enumerate(zip(kinds, outputs, strict=True)):
        one = len(by_type.data["groups"]) == 1 and kind == "user"
        n = by_type.data["groups"][0]["users"] if one else len(output.data["groups"])
        least = "at least " if not one and n == _MOST_GROUPS else ""
        of = len(all_of[place].data.get("groups", ())) if part else whole.figure(f"{kind}s").get("value")
        share = (
            f"**{100 * n / of:.1f}%**: {n} of {counted(of, f'{kind}s')}" if says(_OF_ALL) and of else f"{least}**{counted(n, f'{kind}s')}**"
        )
        parts.append(share)
    each = [f"**{group['name']}**: {number(group['events'])}{_by_users(group, 'type')}" for group in by_type.data["groups"]]
    text += f"{joined(parts)}{phrase(own)}, {own.when()}. They had {counted(by_type.data['events'], 'events')}."
    return text + ("\n" + bullets(each) if len(each) > 1 else "")


_RANKED = ("user", "organization", "product")
_MONEY = r"sums?|cash|bucks|income|earn(?:s|ed|ings)?|turnover|worth|value|revenue|money|spen[dt]|paid|pays?|amounts?|mrr|arr|euros?|dollars?|biggest spender\w*"


_BY_NUMBER = rf"(?:not|rather than|instead of|never mind|regardless of|whatever) (?:by |in |on |for |the |its |their )*(?:{_MONEY})|by (?:the )?(?:number|count)|in (?:number|numbers)|(?:how|most|least) often|number of (?:purchases|upgrades|events|orders|sales)"
"""Events are to be counted, not summed up."""


def _worth(group: Mapping[str, Any]) -> str:
    return f", worth {number(group['total'])}" if group.get("total") else ""


def _at(group: Mapping[str, Any]) -> str:
    first, last = day(group["first"]), day(group["last"])
    return f", on {first}" if first == last else f", from {first} to {last}"


def _of_two_periods(asked: Asked, own: Reading, types: list[str]) -> Answer:
    """How many events one period had, and how many the other."""
    named = {"types": types} if types else {}
    periods = sorted((own.period, own.against), key=lambda period: str(period and period.since))
    outputs = yield [Call("getOutcomes", {"filter": own.filter(period=period), "limit": 12, **named}) for period in periods]
    text = heading(", ".join(types) or "business events", own.scope(period=False), " vs ".join(own.when(period) for period in periods))
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    before, now = (output.data["events"] for output in outputs)
    went = "rose" if now > before else "fell" if now < before else "stayed the same"
    rows = [f"**{own.when(period)}**: {counted(events, 'events')}" for period, events in zip(periods, (before, now), strict=True)]
    return text + f"The number of events **{went}**.\n\n" + bullets(rows)


_AMOUNT_SIGNS = {"over": ">", "above": ">", "more than": ">", "upwards of": ">=", "at least": ">=", "under": "<", "below": "<", "less than": "<", "up to": "<=", "at most": "<="}  # fmt: skip
_CURRENCY = r"\$|€|£|usd|eur|gbp|dollars?|euros?|pounds?|bucks|quid"
_AMOUNT_ASKED = re.compile(
    rf"\b(?P<lead>worth|valued|priced|cost(?:s|ing)?|value|amount\w*|price|brought in|paid|at|for|of)(?: (?:of|at|is|was|exactly|just|us))* ?(?P<sign>{'|'.join(_AMOUNT_SIGNS)})? ?(?P<money>{_CURRENCY})? ?(?P<n>\d{{1,3}}(?:[,' ]\d{{3}})+|\d{{1,7}})(?:\.00?)?(?![\w.]) ?(?P<after>{_CURRENCY}|each|apiece|a ?piece|a pop)?"
    rf"|\b(?P<n2>\d{{1,7}})[ -]?(?P<money2>{_CURRENCY})(?!\w)|(?P<money3>\$|€|£) ?(?P<n3>\d{{1,7}})(?!\w)",
    re.I,
)


def _amount_asked(reading: Reading) -> tuple[str, float] | None:
    """(sign, amount) of single events that are asked for: "upgrades worth 300 each", "of 120 dollars", "worth over 200"."""
    for found in _AMOUNT_ASKED.finditer(reading.slots.text):
        place = next(group for group in ("n", "n2", "n3") if found.group(group))
        named = (found.group("lead") or "").lower().startswith(("worth", "valued", "priced", "cost", "value", "price", "amount"))
        money = any(found.group(group) for group in ("money", "after", "money2", "money3"))
        inside = any(found.start(place) < end and start < found.end(place) for start, end in reading.slots.taken)
        if (named or money) and not inside:
            amount = float(re.sub(r"\D", "", found.group(place)))
            return _AMOUNT_SIGNS.get((found.group("sign") or "").lower(), "="), amount
    return None


def _of_that_amount(own: Reading, types: list[str], cut: tuple[str, float]) -> Answer:
    """How many single events are of an amount, or of more or less than it."""
    sign, amount = cut
    (found,) = yield [Call("getOutcomes", {"filter": own.filter(), "types": types, "groupBy": "value", "limit": 100})]
    words = f"{'' if sign == '=' else {'>': 'more than ', '>=': 'at least ', '<': 'less than ', '<=': 'at most '}[sign]}{number(amount)}"
    text = heading(", ".join(types), f"worth {words} each", own.scope())
    if found.error:
        return text + found.error
    fits = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}[sign]
    groups = [g for g in found.data["groups"] if g.get("largest") is not None and fits(float(g["largest"]), amount)]
    n, of = sum(g["events"] for g in groups), found.data["events"]
    people = f", of {counted(groups[0]['users'], 'users')}" if len(groups) == 1 else ""
    said = f"**{counted(n, 'events')}**{people} worth {words} each{phrase(own)}, {own.when()}"
    return text + said + (f", {number(sum(g['total'] for g in groups))} in all." if n else f", of {counted(of, 'events')}.")


_SIZE = r"(?P<large>biggest|largest|fattest|highest|greatest|priciest|dearest|costliest|heftiest|juiciest|top|maximum|max|most (?:expensive|costly|valuable|lucrative))|(?P<small>smallest|lowest|cheapest|tiniest|minimum|least (?:expensive|costly|valuable))"


_BY_ONE = r"(?:that |which )?(?:has |have )?(?:any(?:one|body)|some(?:one|body)|one (?:user|person|customer)|an? (?:user|person|customer)|ever)\b(?: \w+){0,2} (?:paid|spent|bought|gave)"


def _single_size(reading: Reading) -> str | None:
    """largest | smallest, where the size of one single event is asked for: "the biggest upgrade anyone bought", not the biggest number."""
    text = reading.slots.text
    if reading.slots.says(r"(?:which|what) (?:single|individual|one) [\w ]{3,40}\b(?:most|least|biggest|largest|highest)"):
        return "smallest" if reading.slots.says("least|smallest|lowest") else "largest"
    for match in re.finditer(
        rf"\b(?:{_SIZE})\s+(?P<of>(?:(?:single|individual|one-off|ever|one|sum|amount|price|payment)\s+)*)", text, re.I
    ):
        said = re.search(r"single|individual|one", match.group("of"), re.I) or re.match(_BY_ONE, text[match.end() :], re.I)
        said = said or any(hit.kind == "event" and hit.start == match.end() for hit in reading.slots.hits)
        if said and not re.match(r"\w+ (?:numbers?|counts?|customers?|users?|days?|weeks?)\b", text[match.end() :], re.I):
            return "largest" if match.group("large") else "smallest"
    return None


def _single(asked: Asked, own: Reading, types: list[str], size: str) -> Answer:
    """The largest, or smallest, amount of a single event and whose it was."""
    named: dict[str, Any] = {"filter": own.filter()} | ({"types": types} if types else {})
    whole, people = yield [Call("getOutcomes", {**named, "limit": 12}), Call("getOutcomes", {**named, "groupBy": "user", "limit": 100})]
    text = heading(", ".join(types) or "business events", f"{size} single one", own.scope())
    if whole.error or people.error:
        return text + str(whole.error or people.error)
    amounts = [group[size] for group in whole.data["groups"] if group.get(size) is not None]
    if not amounts:
        return text + f"**{counted(whole.data['events'], 'events')}**{phrase(own)}, {own.when()}, and none of them with an amount."
    amount = max(amounts) if size == "largest" else min(amounts)
    whose = [group for group in people.data["groups"] if group.get(size) == amount]
    text += f"**{number(amount)}** is the {size} amount of a single event{phrase(own)}, {own.when()}"
    shown = [group["name"] for group in whose[:5]]
    return text + (f": {joined(shown)}{' and others' if len(whose) > 5 else ''}." if shown else ".")


def _one_end(reading: Reading) -> str | None:
    """latest | first, where it is asked who was that: "who was the latest to request a cancellation?"."""
    says = reading.slots.says
    if _counts_people(reading) or not says(
        r"(?:very )?(?:first|last|latest|earliest|newest|most recent) (?:(?:enterprise|pro|free|paying) )?(?:person|user|customer|client|one|compan\w+|organi[sz]ation|account|firm)|who|whose|whom|which (?:user|customer|person|client|compan\w+|organi[sz]ation|account)|what (?:user|customer|person|company|organi[sz]ation|account)"
    ):
        return None
    if says(
        rf"most recent(?:ly)?|latest|last (?:\d{{1,2}}|two|three|four|five|ten) (?:{_WHO}|{_FIRMS})|last(?! (?:\d|week|month|quarter|year|few|two|three|seven|thirty|ten|night))|newest"
    ):
        return "latest"
    return "first" if says(r"(?:the )?(?:very )?first(?! (?:\d|week|half|of))|earliest") else None


def _by_time(asked: Asked, own: Reading, types: list[str], end: str) -> Answer:
    """Whose the latest, or the first, event was."""
    firm = own.slots.says(r"compan(?:y|ies)|organi[sz]ations?|accounts?|orgs?|firms?|employer")
    kind = "organization" if firm and not own.slots.says(r"who|which (?:user|person|customer)|whose name") else "user"
    named = {"types": types} if types else {}
    (whole,) = yield [Call("getOutcomes", {"filter": own.filter(), "limit": 12, **named})]
    text = heading(f"{', '.join(types) or 'business events'}, {end}", own.scope())
    if whole.error or not whole.data["groups"]:
        return text + (whole.error or f"**0 events**{phrase(own)}, {own.when()}.")
    key, pick = ("last", max) if end == "latest" else ("first", min)
    at = pick(str(group[key]) for group in whole.data["groups"])
    several = (own.limit or 1) > 1
    bounds = {} if several else {"since": at[:10]} if end == "latest" else {"until": at[:10]}
    (found,) = yield [Call("getOutcomes", {"filter": {**own.filter(), **bounds}, "groupBy": kind, "limit": 100, **named})]
    groups = sorted(found.data.get("groups", []), key=lambda group: str(group[key]), reverse=end == "latest")
    if found.error or not groups:
        return text + (found.error or f"The {end} was on {day(at)}.")
    if several:
        return text + bullets([f"**{group['name']}**: {day(group[key])}" for group in groups[: own.limit]], numbered=True)
    rest = ", ".join(f"{group['name']} ({day(group[key])})" for group in groups[1:4])
    if firm and kind == "user":
        (known,) = yield [Call("getUserDetail", {"user": groups[0]["id"]})]
        employer = (known.data.get("user") or {}).get("organization")
        groups = [{**groups[0], "name": f"{groups[0]['name']} ({employer})" if employer else groups[0]["name"]}]
    return (
        text
        + f"**{groups[0]['name']}**, on {day(at)}, was the {end} of {counted(whole.data['events'], 'events')}{_worth(groups[0]) if own.slots.says(rf'{_MONEY}|how much|how big') else ''}."
        + (f" That day too: {rest}." if rest else "")
    )


def _of_any(types: list[str], known: list[str]) -> str:
    return "" if types else f", of any type: {', '.join(known[:8])}"


def _by_users(group: Mapping[str, Any], kind: str) -> str:
    return f", by {counted(group['users'], 'users')}" if kind in ("type", "product", "organization") else ""


_NAMES_THEM = r"by user|by name|whose names|(?:list|name|names of|name of|show|give|enumerate|print|spell out)\b.{0,24}\b(?:users?|people|persons?|customers?|individuals?|members?|subscribers?|buyers?|cancellers?|leavers?|everyone|everybody|those|whoever|anyone|all (?:of )?(?:who|that))"


_SOMEBODY = r"names? (?:of )?(?:me |us )?(?:an?|one|any|some) (?:\w+ )?(?:user|person|customer|client|member|subscriber)(?! each)|names? (?:of )?(?:some|any)(?:one|body)|(?:a|one|any) (?:single )?name"
"""The name of one is enough."""


def _event_grouping(reading: Reading) -> str:
    slots = reading.slots
    for kind in ("organization", "product", "user"):
        if len({name.id for link in reading.of_kind(kind) for name in link.names[:1]}) >= 2:
            return kind  # "between Acme and Globex, who cancels more?"
    if reading.dimension in ("organization", "product") and slots.says(
        r"compan(?:y|ies)|organi[sz]ations?|accounts?|orgs?|firms?|products?|assistants?|bots?|apps?"
    ):
        return str(reading.dimension)
    if re.match(
        r"(?:^|.*[:;.?!–-]\s|\W*(?:in|over|during|for|since|from|on|at|between|within|last|past|this|these)\b[^,]{2,40},)\W*(?:and |so |ok |tell me |show me |list |do you know |can you tell me )*(?:who\b(?! else)|which (?:users?|people|persons?|customers?)|names?\b|everyone who|the (?:users|people|customers) who)",
        slots.text,
        re.I,
    ) or slots.says(_NAMES_THEM):
        return "user"
    if reading.dimension == "user" and slots.says(r"names?(?! of (?:the |our )?(?:event|product|bot|assistant))"):
        return "user"
    if reading.dimension == "organization" or slots.says(
        r"(?:which|what|by|per|each|top(?: \d+)?) (?:accounts?|organi[sz]ations?|orgs?|compan(?:y|ies)|clients?|business(?:es)?)"
    ):
        return "organization"
    if reading.dimension == "user" and slots.says(r"(?:which|what|by|per|each|top(?: \d+)?) (?:users?|people|persons?|customers?)"):
        return "user"
    if reading.dimension in ("product", "day", "week", "month"):
        return str(reading.dimension)
    if slots.says(r"(?:which|what|by|per|each|every|across(?: the| our)?) (?:products?|bots?|assistants?|apps?)"):
        return "product"
    if slots.says(r"trend|over time|per week|by week|weekly"):
        return "week"
    return "day" if slots.says(r"daily|per day|by day|when") else "type"


def _lead_up(before: Mapping[str, Any]) -> str:
    if not before["conversations"]:
        return f"\n\nNo conversation of theirs is logged in the {number(before['days'])} days before."
    text = f"\n\nIn the {number(before['days'])} days before: {counted(before['conversations'], 'conversations')} of {counted(before['people'], 'users')}"
    if before.get("unhappyShare") is not None and before.get("usualUnhappyShare") is not None:
        text += f", {before['unhappyShare']:g}% went badly, against {before['usualUnhappyShare']:g}% usually"
    text += "."
    if before["topics"]:
        text += (
            " They talked about: "
            + ", ".join(
                f"{t['name']} ({number(t['conversations'])}; {t['share']:g}%, usually {t['usualShare']:g}%)" for t in before["topics"][:4]
            )
            + "."
        )
    if before["examples"]:
        text += "\n" + bullets([f"“{one['quote']}” ({one['user']}; `{one['id']}`)" for one in before["examples"][:2]])
    return text
