"""Frustration, struggle, resolution and abandonment of a whole conversation, 0..1 each.

All are built from turns: how likely each is a dissatisfied one, what it says, whether replies failed, and how it ended. The formulas
are ours; docs/reference/analysis.md shows how the numbers compare with what people said about real dialogues.
"""

from collections.abc import Iterator, Sequence

from rapport.analysis import failures, handover, phrases, repeats
from rapport.analysis.dialogue import Dialogue, Turn, Utterance
from rapport.domain.analysis import Evidence

PEAK, END, MEAN = 0.45, 0.35, 0.20
"""People remember the worst moment and the end (Kahneman et al. 1993, peak-end rule); the mean keeps length in view."""
ENDING, RECENT = 2, 4
UNRESOLVED, UNHAPPY = 0.3, 0.3
WORDS_OF_A_REQUEST = 4
HANDOVER = "asked for a person"
OBSTACLES = {
    "tool failure": 0.30, "failed reply": 0.22, "nothing found": 0.22, "misunderstood": 0.30, "correction": 0.25, "repeated question": 0.30,
    "confused": 0.25, "still failing": 0.30, HANDOVER: 0.35,
}  # fmt: skip
"""Chance that one such obstacle alone means the user struggles; several combine as 1 - product of (1 - chance)."""
CUES = (
    (0.85, phrases.ANGER.search), (0.65, phrases.FRUSTRATED.search), (0.5, phrases.URGENT_LEAVING.search), (0.45, handover.asked),
    (0.35, phrases.INSISTING.search),
)  # fmt: skip
"""How frustrated a user is who says such words, before the turn's chance of dissatisfaction is taken in."""
LONG_TURNS = 12


def turn_frustration(turn: Turn, unhappy: float | None) -> float | None:
    """0..1 for one user turn: the words of anger or annoyance, else the chance of dissatisfaction. None where neither can be told."""
    if unhappy is None:
        return None
    said = turn.user.masked
    spoken = max(strength * bool(cue(said)) for strength, cue in CUES)
    return 1 - (1 - spoken * (0.4 + 0.6 * unhappy)) * (1 - 0.6 * unhappy)


def frustration(levels: Sequence[float | None]) -> float | None:
    """Peak, end and mean of the turns; None without turns that can be told."""
    known = [level for level in levels if level is not None]
    if not known:
        return None
    return PEAK * max(known) + END * max(known[-ENDING:]) + MEAN * sum(known) / len(known)


def dissatisfaction(chances: Sequence[float | None]) -> float | None:
    """Chance that the user of a conversation is dissatisfied with it: the same peak, end and mean over the turns."""
    return frustration(chances)


def obstacles(dialogue: Dialogue, repeated: Sequence[float], *, semantic: bool) -> list[Evidence]:
    """What stood in the user's way, each with its place. English wordings; repeats and tool failures in any language."""
    found: list[Evidence] = []
    for turn, similarity in zip(dialogue.turns, repeated, strict=True):
        user = turn.user
        found.extend(_failure(turn.reply, turn.asked))
        if turn.reply is not None:
            found.extend(phrases.find(phrases.CORRECTION, "correction", user.seq, user.masked, OBSTACLES["correction"]))
            found.extend(phrases.find(phrases.CONFUSED, "confused", user.seq, user.masked, OBSTACLES["confused"]))
        found.extend(phrases.find(phrases.FRUSTRATED, "still failing", user.seq, user.masked, OBSTACLES["still failing"]))
        if person := handover.asked(user.masked):
            found.append(Evidence(HANDOVER, user.seq, person.start(), person.end(), person[0], OBSTACLES[HANDOVER]))
        if repeats.asks_again(user, similarity, semantic=semantic):
            text = user.content[:200]
            found.append(Evidence("repeated question", user.seq, 0, len(text), text, OBSTACLES["repeated question"]))
    found.extend(_failure(dialogue.last_reply, _last_asked(dialogue)))
    found.extend(Evidence("tool failure", seq, 0, 0, name, OBSTACLES["tool failure"]) for seq, name in dialogue.tool_failures)
    return found


def struggle(found: Sequence[Evidence], turns: int) -> float | None:
    """1 - product of (1 - chance) over the obstacles, each kind counted up to three times and thinned out in long conversations;
    None without a user turn."""
    if not turns:
        return None
    thin = min(1.0, LONG_TURNS / turns) ** 0.5
    free = 1.0
    for signal in OBSTACLES:
        for evidence in [item for item in found if item.signal == signal][:3]:
            free *= 1 - evidence.strength * thin
    return 1 - free


def resolution(dialogue: Dialogue, chances: Sequence[float | None]) -> float | None:
    """How likely it is that the user got what they came for, from how the conversation ended. 0.5 is unknown; None without turns
    in a language that is known. Thanks or praise in the last two user turns speak for it, the more where they follow an answer, a
    closing a little, and so does a reply that reports success. Against it speak recent dissatisfaction, most in the last turn, a
    failure that was not made good, a request for a person and a request that nobody answered."""
    known = [chance for chance in chances if chance is not None]
    if not known:
        return None
    last = dialogue.turns[-ENDING:]
    pleased = any(_pleased(turn) for turn in last)
    asking = _asking(last[-1])
    replies = [turn.reply for turn in last if turn.reply] + ([dialogue.last_reply] if dialogue.last_reply else [])
    failed = _left_failed(dialogue, last)
    odds = 0.0
    odds += 1.6 if pleased else -0.2
    odds += 0.8 * (pleased and bool(replies) and not failed and not asking)
    odds += 0.5 * bool(phrases.CLOSING.search(last[-1].user.masked))
    odds += 0.9 * any(phrases.DONE.search(reply.masked) for reply in replies)
    odds -= 1.6 * known[-1] + 1.2 * max(known[-RECENT:])
    odds -= 1.6 * failed
    odds -= 1.2 * any(handover.asked(turn.user.masked) for turn in last)
    odds -= 0.8 * (dialogue.last_reply is None and asking and not pleased)
    odds -= 1.6 * (not dialogue.replies)
    odds -= 0.8 * (dialogue.open_tool_failures > 0)
    return 1 / (1 + 2.718281828**-odds)


def abandoned(dialogue: Dialogue, resolved: float | None, chances: Sequence[float | None]) -> bool | None:
    """Whether the user left without an answer: more than one user turn, an end that looks unresolved, after a failure or a
    dissatisfied turn; asking for a person is not leaving. None where there is too little to tell."""
    if resolved is None or len(dialogue.turns) < 2:
        return None
    asked_for_person = any(handover.asked(turn.user.masked) for turn in dialogue.turns[-ENDING:])
    failed = _left_failed(dialogue, dialogue.turns[-1:])
    return resolved < UNRESOLVED and not asked_for_person and (failed or (chances[-1] or 0.0) >= UNHAPPY)


def _pleased(turn: Turn) -> bool:
    """Thanks, or praise that is not part of a request ("I need a good hotel")."""
    return bool(phrases.THANKS.search(turn.user.masked)) or (
        bool(phrases.PRAISE.search(turn.user.masked)) and not phrases.SEARCHING.search(turn.user.masked)
    )


def _asking(turn: Turn) -> bool:
    return "?" in turn.user.masked or (len(turn.user.spoken.split()) > WORDS_OF_A_REQUEST and not _pleased(turn))


def _left_failed(dialogue: Dialogue, last: Sequence[Turn]) -> bool:
    """Whether the last reply that failed or reported success was a failure."""
    failed = False
    for reply, asked in [*((turn.reply, turn.asked) for turn in last), (dialogue.last_reply, _last_asked(dialogue))]:
        if reply is not None:
            failed = (failed or failures.find(reply, asked) is not None) and not phrases.DONE.search(reply.masked)
    return failed


def _last_asked(dialogue: Dialogue) -> Utterance | None:
    return dialogue.turns[-1].user if dialogue.turns else None


def _failure(reply: Utterance | None, asked: Utterance | None) -> Iterator[Evidence]:
    failure = failures.find(reply, asked)
    if reply is not None and failure is not None:
        yield Evidence(failure.signal, reply.seq, failure.start, failure.end, failure.text, OBSTACLES[failure.signal])
