"""Sets of conversations side by side: named things, a thing against the rest, or all values of a dimension."""

from dataclasses import replace

from rapport.analyst.planner.answers.asking import Answer, Asked
from rapport.analyst.planner.answers.breakdowns import breakdown
from rapport.analyst.planner.answers.changes import change
from rapport.analyst.planner.answers.levels import level
from rapport.analyst.planner.answers.shares import rated_share
from rapport.analyst.planner.answers.sides import Side, compared, opposed, sets_failures_beside, side_by_side
from rapport.analyst.planner.asked import weekdays
from rapport.analyst.planner.moving import breaks_at
from rapport.analyst.planner.periods import Period
from rapport.analyst.planner.reading import Reading, spoken


def compare(asked: Asked) -> Answer:
    """Sets of conversations side by side: named things, a thing against the rest, or all values of a dimension."""
    reading = asked.reading
    if weekdays(reading.slots):
        return (yield from breakdown(replace(asked, reading=replace(reading, dimension="weekday", period=None))))
    if answer := rated_share(asked):
        return (yield from answer)
    plain, poles = opposed(reading)
    if poles:
        told = ("rating", "unhappy_share") if sets_failures_beside(reading) else ("messages_per_conversation", "rating")
        metrics = plain.metrics if set(plain.metrics) - {"conversations"} else tuple(dict.fromkeys([*plain.metrics, *told]))
        return (yield from side_by_side(replace(asked, reading=replace(plain, metrics=metrics)), poles))
    sides = compared(reading)
    if not sides and (reading.against or breaks_at(reading.slots) or any(mention.kind == "over" for mention in reading.slots.dates)):
        return (yield from change(asked))
    if not sides and reading.follows and reading.links and reading.metrics:
        return (yield from level(asked))
    if not sides:
        sides = _against_the_rest(reading)
    if not sides:
        return (
            yield from breakdown(
                replace(
                    asked,
                    reading=replace(reading, dimension=reading.dimension or "product", metrics=reading.metrics or ("rating", "sentiment")),
                )
            )
        )
    return (yield from side_by_side(asked, sides))


def _against_the_rest(reading: Reading) -> list[Side]:
    """ "Is Acme worse than the others": the one thing named, and everything without it."""
    links = [link for link in reading.links if not link.negated]
    if len(links) != 1 or not reading.slots.says(
        r"others?|rest|everyone else|everybody else|(?:than|to|with|against|versus|vs) (?:the |our )?(?:overall )?average|all (?:the )?(?:others|users|customers|products)|everything else|the remaining|than most"
    ):
        return []
    own = replace(
        reading, links=(links[0],), period=Period(), conditions=(), thresholds=(), events=(), not_subject="", languages=()
    ).filter()
    return [(spoken(links[0]), own, links[0].kind), ("everyone else", {"without": own}, links[0].kind)]
