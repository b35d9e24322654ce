"""The day from which a figure is not what it was before: "when did its stars start to fall?"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.answers.asking import Answer, Asked, Call, day, heading, measured, number, phrase
from rapport.analyst.planner.answers.totals import none, title
from rapport.analyst.planner.reading import Reading

_WHEN = r"since when|when(?: exactly)? (?:did|does|do|has|have|was|were|is|are)|(?:what|which) (?:day|date|point|moment)|from when|as of when|(?:a|the|name the|give me a) (?:day|date) (?:when|on which|that|from which)"
_DOWN = r"start\w* (?:to )?(?:drop|fall|slip|sink|declin|slid|go(?:ing)? (?:down|south|downhill|wrong)|worsen|deteriorat|dislik|hat|tank)\w*|beg[aiu]n\w* (?:to )?(?:drop|fall|slip|sink|declin|slid|worsen|deteriorat|dislik|go(?:ing)? (?:down|south|downhill|wrong))\w*|(?:been|keep|kept) (?:falling|dropping|sinking|declining|sliding|slipping)|(?:go|went|gone|going) (?:south|downhill|sour|bad|off a cliff)|worsen\w*|deteriorat\w*|(?:get|got|getting|gotten|turn|turned|become|became) (?:\w+ )?(?:worse|bad|sour|nasty)|tank(?:ed)?|(?:rat|scor|mark)\w* (?:us |it |them )?(?:lower|worse|down)|plummet\w*|collaps\w*|nose-?div\w*|slump\w*|lost (?:its|their) (?:shine|charm|lustre|luster)|stopp?\w* (?:lik|lov|enjoy)\w+|tip\w* over"
_UP = r"start\w* (?:to )?(?:ris|climb|improv|recover|grow|go(?:ing)? up|like|love)\w*|beg[aiu]n\w* (?:to )?(?:ris|climb|improv|recover|grow)\w*|(?:been) (?:rising|climbing|improving|growing|recovering)|(?:get|got|getting|gotten|turn|turned|become|became) (?:\w+ )?(?:better|good)|recover\w*|take off|took off"
_EITHER = r"turn(?:ed|ing)?(?: point| of the tide| around)?|(?:take|took|taken|taking) (?:a|their|its|the|that) (?:\w+ )?(?:turn|dive|hit|tumble)|turning point|chang\w*|shift\w*|brea?k(?: point)?|tipp\w*"
_PLAINLY = r"f[ae]ll(?:en|ing)?|dropp?(?:ed|ing)?|s[aiu]nk|slid|slipp?(?:ed|ing)?|declin(?:e|ed|ing)|dipp?(?:ed)?|crash(?:ed)?|crater(?:ed)?|tumbl(?:e|ed)|sag(?:ged)?|off a cliff"
_STARS = r"stars?|ratings?|scores?|marks?|mood|sentiment|satisfaction|reviews?|quality"
"""What falls by itself: "when did its stars drop"; chats that drop are counted."""
_FIGURE = r"stars?|ratings?|scores?|marks?|moods?|sentiment|satisfaction|reviews?|quality|frustration|people|users|customers"
_FEWEST = 8
"""Conversations with a value that either side of the day must have, at least."""
_CLEAR = 3.0
"""Standard errors by which the two sides must differ."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """`start`: first day of the later side; means and numbers of both sides; `errors`: by how many standard errors they differ."""

    start: str
    before: float
    after: float
    n_before: int
    n_after: int
    errors: float


def wanted(reading: Reading) -> bool:
    """Whether the day is asked for on which a figure turned, and not the day with the most of something."""
    says = reading.slots.says
    if (
        reading.intent.startswith(("ticket", "refuse", "segment", "why"))
        or reading.of_kind("tool", "prompt_version", "topic")
        or reading.events
    ):
        return False
    if reading.slots.framed and reading.subject not in ("", "date", "day", "time", "point"):
        return False
    if not says(_WHEN) or says(r"most|least|peak\w*|record|why|how come|prompt|version|instructions?|wording"):
        return False
    turned = says(rf"{_DOWN}|{_UP}") or (says(_EITHER) and says(_FIGURE)) or (says(_PLAINLY) and says(_STARS))
    return bool(turned and (says(_FIGURE) or reading.of_kind("product", "organization", "user", "model")))


def turning_point(asked: Asked) -> Answer:
    """The day from which the figure differs most clearly from the days before it, and what it was on both sides."""
    reading = asked.reading
    measured_by = next((m for m in reading.metrics if m in lexicon.METRICS and m not in lexicon.COUNTS), "rating")
    own = replace(reading, conditions=(), thresholds=(), subject="")
    (output,) = yield [Call("getTrends", {"metric": measured_by, "bucket": "day", "filter": own.filter(text=True)})]
    text = heading(f"turning point of {title(measured_by)}", own.scope())
    if output.error:
        return text + output.error
    days = [(p["start"], float(p["value"]), int(p["n"])) for p in output.data.get("points", ()) if p["value"] is not None and p["n"]]
    if not days:
        return (yield from none(replace(asked, reading=own)))
    fell = True if reading.slots.says(rf"{_DOWN}|{_PLAINLY}") else False if reading.slots.says(_UP) else None
    falls = None if fell is None else fell == (lexicon.METRICS[measured_by].good >= 0)
    turn = _turn(days, falls)
    unit = output.data["unit"]
    if turn is None or turn.errors < _CLEAR:
        return (
            text
            + f"There is no day from which {title(measured_by)}{phrase(own)} is clearly {'different' if falls is None else 'lower' if falls else 'higher'} than before, {own.when()}."
        )
    before, after = (measured({"value": value, "unit": unit}) for value in (turn.before, turn.after))
    went = "fell" if turn.after < turn.before else "rose"
    return (
        text
        + f"**{day(turn.start)}**: from about that day on {title(measured_by)}{phrase(own)} {went}: **{after}** since (n = {number(turn.n_after)}), {before} before (n = {number(turn.n_before)})."
    )


def _turn(days: Sequence[tuple[str, float, int]], falls: bool | None) -> _Turn | None:
    """The day that parts the days into the two sides which differ most, in standard errors; their spread is that of daily means, each
    weighted by its number of conversations."""
    best: _Turn | None = None
    for at in range(1, len(days)):
        sides = days[:at], days[at:]
        counts = [sum(n for _, _, n in side) for side in sides]
        if min(counts) < _FEWEST:
            continue
        means = [sum(value * n for _, value, n in side) / count for side, count in zip(sides, counts, strict=True)]
        if falls is not None and (means[1] < means[0]) != falls:
            continue
        spread = sum(n * (value - mean) ** 2 for side, mean in zip(sides, means, strict=True) for _, value, n in side) / max(
            1, len(days) - 2
        )
        error = sqrt(spread * (1 / counts[0] + 1 / counts[1])) or 1e-9
        found = _Turn(days[at][0], means[0], means[1], counts[0], counts[1], abs(means[1] - means[0]) / error)
        if best is None or found.errors > best.errors:
            best = found
    return best
