"""Which figures of an answer follow from the world, as far as it can be seen from outside.

A figure is supported when it is in the question, is a count, mean rating or share of a slice that the question or the answer names
(products, organizations, plans, regions, models, versions, people, tools, subjects, weekdays, ratings, tools used or failed; two named
values of one kind together, and the rest, where "without", "other" or "rest" is said; all time, named days, or spans between named
days), or follows from two other figures of the answer by one operation. Figures beside a word of text analysis (sentiment, topic,
quality and the like) cannot be known from outside and are left out. Quotes and list numbers are no figures.
"""

import re
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from itertools import combinations, permutations, product

from tests.frozen.asking import CITED
from tests.frozen.world import Talk, User, World, mean
from tests.worlds.checks import DATES, IDS, MONTHS, NUMBER

ANALYSED = re.compile(
    r"sentiment|frustrat|quality|struggl|topic|theme|negativ|positiv|similar|confiden|intent|unresolved|resol|emotion|unhappy|dissatisf|risk|score|keyword"
    r"|cluster|priority|abandon|hand-?over|flag|complain|about|effect|unhandled|severity|angry|bad |worst|badly|trouble",
    re.I,
)  # fmt: skip
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|«[^»]*»|^\s*>.*$", re.M)
ORDINALS = re.compile(r"^\s*(?:[-*]\s*)?(?:#{1,4}\s*)?\d+[.)]\s|#\d+\b", re.M)
ADDRESSES = re.compile(r"https?://\S+|\b\d{1,2} ?[–-] ?(?=\d{1,2} [A-Z][a-z]{2}\b)")
BOUNDS = r"(?:at (?:most|least)|exactly|more than|fewer than|above|below) \d+(?:\.\d+)?(?=[ ·*])"
"""A bound that the answer states of what it looked at is no figure of it."""
NO_FIGURES = re.compile(
    BOUNDS + r"|(?:out of|of|/) ?5\b|\bv(?:ersion )?\d+|gpt-4o|\d{1,2}:\d\d|\b\d{4}\b(?= ?[·,–*]| vs)|95 %",
)
MOST_SLICES = 4_000
MOST_JOINED = 8


def days_named(text: str, today: date) -> set[date]:
    found = {date.fromisoformat(each) for each in re.findall(r"\d{4}-\d\d-\d\d", text)}
    months = {name[:3].lower(): place for place, name in enumerate(MONTHS, 1)}
    said = re.findall(r"\b(\d{1,2})\.? ([A-Z][a-z]{2})", text)
    said += [(day, month) for day, month in re.findall(r"\b(\d{1,2}) ?[–-] ?\d{1,2}\.? ([A-Z][a-z]{2})", text)]
    said += [(day, month) for month, day in re.findall(r"\b([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})\b", text)]
    for day, month in said:
        with suppress(KeyError, ValueError):
            found.add(date(today.year, months[month.lower()], int(day)))
    return found


def _values(world: World) -> dict[tuple[str, str], set[str]]:
    """The ids of the conversations that have each value of each dimension."""
    happened: dict[str, set[User]] = {}
    for talk in world.talks:
        if talk.event:
            happened.setdefault(talk.event[0], set()).add(talk.user)
    values: dict[tuple[str, str], set[str]] = {}
    for talk in world.talks:
        org = talk.user.org
        own = [("product", talk.product["name"]), ("org", org.name), ("plan", org.plan), ("region", org.region), ("user", talk.user.name)]
        own += [("model", talk.model), ("version", f"v{talk.version} of {talk.product['prompt']}"), ("subject", talk.subject)]
        own += [("tool", name) for name, _ in talk.tools] + ([("event", talk.event[0])] if talk.event else [])
        own += [("rated", f"rated exactly {talk.rating:g}")] if talk.rating is not None else []
        own += [("met", event) for event, met in happened.items() if talk.user in met]
        own += [("weekday", each) for each in (f"{talk.at:%A}", *(("weekend",) if talk.at.weekday() >= 5 else ("weekdays", "working day")))]
        own += [("called", "with tool calls" if talk.tools else "without tool calls")]
        own += [("failed", "with a failed tool call")] if any(failed for _, failed in talk.tools) else []
        own += [("rated", "not rated")] if talk.rating is None else []
        for key in own:
            values.setdefault(key, set()).add(talk.id)
    for stars in (2, 3, 4, 5):
        rated = {talk.id: talk.rating for talk in world.talks if talk.rating is not None}
        values["rated", f"rated at least {stars}"] = {talk for talk, rating in rated.items() if rating >= stars}
        values["rated", f"rated at most {stars - 1}"] = {talk for talk, rating in rated.items() if rating <= stars - 1}
    return values


def _facets(world: World, text: str) -> list[tuple[str, frozenset[str]]]:
    """The named values of the text, each as (dimension, ids of the talks that have it)."""
    values, lower = _values(world), text.lower()
    if re.search(r"\b(?:without|except|excluding|not|others?|rest|everyone else)\b", lower):
        everything = {talk.id for talk in world.talks}
        values |= {(f"not {dimension}", value): everything - ids for (dimension, value), ids in values.items()}

    def named(dimension: str, value: str) -> bool:
        if dimension.endswith("version"):
            return bool(re.search(r"version|prompt|\bv[12]\b", lower))
        whole = dimension.endswith(("rated", "user", "model", "tool", "called", "failed", "weekday"))
        return (value if whole else re.split(r"[ _]", value)[0]).lower() in lower

    found = [(dimension, frozenset(ids)) for (dimension, value), ids in values.items() if named(dimension, value)]
    both = [(one, a | b) for (one, a), (two, b) in combinations(found, 2) if one == two and len(found) <= MOST_JOINED]
    return found + both


def _windows(world: World, heard: str, answer: str) -> list[tuple[date, date]]:
    """All time; each day that is named, and the week that begins with it; and the spans between days of the question or the first line."""
    today = world.now.date()
    named = sorted(days_named(f"{heard} {answer.partition(chr(10))[0]}", today))[:12]
    days = sorted({*named, *days_named(answer, today)})[:40]
    windows = (
        [(date.min, date.max)] + [(day, day + timedelta(days=length)) for day in days for length in (0, 6)] + list(combinations(named, 2))
    )
    for first, last in combinations(named, 2):
        span = last - first + timedelta(days=1)
        windows += [(first - span, first - timedelta(days=1)), (first, last - timedelta(days=1))]
    return windows + [(date.min, day) for first in named for day in (first - timedelta(days=1), first)]


def _amounts(talks: list[Talk]) -> set[float]:
    """Counts and means that an answer may give of these conversations."""
    calls = [failed for talk in talks for _, failed in talk.tools]
    rated = [talk for talk in talks if talk.rating is not None]
    events = [talk.event for talk in talks if talk.event]
    found = {len(talks), len(rated), len({t.user for t in talks}), len({t.user.org for t in talks}), len(calls), sum(calls), len(events)}
    found |= {sum(len(t.turns) for t in talks), sum(len(t.turns) + 2 * len(t.tools) for t in talks)}
    found |= {sum(t.mood == mood for t in talks) for mood in ("good", "ok", "bad")} | {len({t.at.date() for t in talks})}
    money = [float(value) for _, value, kind in events if kind == "currency"]
    found |= {sum(money), round(sum(money) / max(1, len(money)), 2), *_low(rated)}
    found |= {*_by_mean(rated), len({t.user for t in rated}), len({t.user.org for t in rated})}
    return {float(each) for each in found} | ({mean(rated)} if rated else set())


def _per_day(world: World, heard: str, answer: str) -> set[float]:
    """The mean number of conversations a day of what is named, one value or two together, without each short span of named days: over all
    time, and over each span of the question or the first line."""
    begin, end = min(t.at.date() for t in world.talks), max(t.at.date() for t in world.talks)
    windows = {(max(since, begin), min(until, end)) for since, until in _windows(world, heard, answer)}
    days = sorted(days_named(answer, world.now.date()))[:40]
    short = [(since, until) for since in days for until in days if 0 <= (until - since).days < 7]
    facets = _facets(world, f"{heard} {answer}")
    sets = [None, *(ids for _, ids in facets)] + [a & b for (one, a), (two, b) in combinations(facets, 2) if one != two]
    found = set()
    for ids in sets[:MOST_SLICES]:
        by_day = Counter(talk.at.date() for talk in world.talks if ids is None or talk.id in ids)
        for first, last in windows:
            whole = sum(n for day, n in by_day.items() if first <= day <= last)
            for since, until in short:
                if first <= since and until <= last and until - since < last - first:
                    apart = sum(n for day, n in by_day.items() if since <= day <= until)
                    found.add((whole - apart) / ((last - first).days - (until - since).days))
    return found


def _by_mean(rated: list[Talk]) -> tuple[int, int]:
    """How many users rate 2 or lower, and 4 or higher, on average."""
    by_user: dict[User, list[Talk]] = {}
    for talk in rated:
        by_user.setdefault(talk.user, []).append(talk)
    means = [mean(talks) for talks in by_user.values()]
    return sum(each <= 2 for each in means), sum(each >= 4 for each in means)


def _low(rated: list[Talk]) -> set[int]:
    low = [talk for talk in rated if (talk.rating or 5) <= 2]
    return {len(low), len({talk.user for talk in low}), len({talk.user.org for talk in low})}


def _people(world: World, text: str) -> set[float]:
    """How many users are known of each organization, plan and region that is named, whether they ever wrote or not."""
    lower = text.lower()
    values = {value for user in world.users for value in (user.org.name, user.org.plan, user.org.region)}
    named = [value for value in values if re.split(r"[ _]", value)[0].lower() in lower]
    return {float(sum(value in (user.org.name, user.org.plan, user.org.region) for user in world.users)) for value in named}


def plausible(world: World, heard: str, answer: str) -> set[float]:
    facets, windows = _facets(world, f"{heard} {answer}"), _windows(world, heard, answer)
    sets = [None, *(ids for _, ids in facets)] + [a & b for (one, a), (two, b) in combinations(facets, 2) if one != two]
    told = _facets(world, f"{heard} {answer.partition(chr(10))[0]}")  # three at once only where the question or the first line names them
    sets += [a & b & c for (one, a), (two, b), (three, c) in combinations(told, 3) if len({one, two, three}) == 3][:60]
    found = _people(world, f"{heard} {answer}")
    for ids, (first, last) in list(product(sets, windows))[:MOST_SLICES]:
        found |= _amounts([t for t in world.talks if (ids is None or t.id in ids) and first <= t.at.date() <= last])
    return found


def _follows(figure: float, amounts: set[float], others: list[float], *, unit: str) -> bool:
    def near(value: float, slack: float) -> bool:
        return abs(abs(figure) - abs(value)) <= slack + 1e-9

    if any(near(value, 0.06 if figure % 1 else 0.001) for value in amounts):
        return True
    for one, two in permutations(others, 2):
        if unit != "stars" and not figure % 1 and (near(one - two, 0.001) or near(one + two, 0.001)):
            return True
        if figure % 1 and near(one - two, 0.011):
            return True
        if unit == "times" and two and near(one / two, 0.06):
            return True
        if unit == "%" and two and (near(100 * one / two, 0.6) or near(100 * (one - two) / two, 1)):
            return True
    counts = sorted(value for value in amounts if value == int(value) and value > 0)
    return unit == "%" and any(
        near(100 * one / two, 0.6 if figure % 1 == 0 else 0.06) for one, two in product(counts, counts) if one <= two
    )


def _unit(after: str) -> str:
    found = re.match(r"[\s*]*(%|percent|points|stars?|times|x\b)", after)
    said = found.group(1) if found else ""
    return {"percent": "%", "points": "%", "star": "stars", "x": "times"}.get(said, said)


def unsupported(world: World, asked: str, answer: str) -> list[str]:
    """The figures of an answer that follow from nothing, each with the words around it."""
    bare = answer
    for pattern in (QUOTED, ORDINALS, ADDRESSES, IDS, CITED, DATES, NO_FIGURES):
        bare = pattern.sub(lambda found: " " * len(found.group()), bare)
    found = [(float(re.sub(r"[, ]", "", each.group())), each.start(), each.end()) for each in NUMBER.finditer(bare)]
    given = {float(each) for each in re.findall(r"\d+(?:\.\d+)?", asked)} | {1.0}
    amounts = plausible(world, asked, answer) if found else set()
    flagged = []
    listed = ANALYSED.search(answer.partition("\n")[0])
    for place, (figure, start, end) in enumerate(found):
        around = bare[max(0, start - 60) : end + 45]
        unit = _unit(bare[end : end + 12])
        others = [each for other, (each, _, _) in enumerate(found) if other != place][:40]
        in_list = listed and re.match(r"\s*(?:[-*]|\d+\.)\s", answer[answer.rfind("\n", 0, start) + 1 :])
        signed = listed and abs(figure) <= 1 and unit == ""
        daily = re.match(r"[\s*]*a day", bare[end:]) and any(abs(figure - mean) <= 0.06 for mean in _per_day(world, asked, answer))
        if daily or figure in given or in_list or signed or ANALYSED.search(around) or _follows(figure, amounts, others, unit=unit):
            continue
        flagged.append(f"{figure:g} in '{' '.join(around.split())}'")
    return flagged
