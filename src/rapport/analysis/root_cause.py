"""Why a conversation went wrong: one cause out of a fixed list, so that like conversations group together, with its evidence.

Named only where something went wrong (frustration, struggle or dissatisfaction of at least 0.3). Each cause is supported by what was
found; the best supported wins, and its share of all support is the confidence. A cause says what stood in the way, not who is to blame.
"""

import re
from collections.abc import Sequence

from rapport.analysis.dialogue import Dialogue
from rapport.domain.analysis import Evidence

WRONG_FROM = 0.3
SUPPORT = {
    "tool failure": ("tool failure", 1.0), "missing capability": ("missing capability", 0.9), "misunderstood": ("request misunderstood", 0.9),
    "correction": ("request misunderstood", 0.6), "repeated question": ("question not answered", 0.6), "nothing found": ("nothing suitable found", 0.5),
    "failed reply": ("request failed", 0.5),     "confused": ("unclear answer", 0.6), "hallucination": ("unsupported answer", 0.7),
}  # fmt: skip
"""Signal to (cause, support of one occurrence)."""
WORDED = (
    ("waiting too long", 0.8, re.compile(r"\b(?:still waiting|been waiting|waited|on hold|(?:takes?|taking|took) (?:too|so|very) long|(?:for|over|in|past) (?:\w+ )?(?:hours?|days|weeks?|months?) (?:now|already|and)|no (?:response|reply|answer|update)|nobody (?:answer|repl|respond)\w*|slow|delay(?:ed|s)?|late)\b", re.I)),
    ("billing or charge", 0.8, re.compile(r"\b(?:(?:double|over|wrongly |incorrectly )[- ]?charged|charged (?:me )?(?:twice|double|again|for)|(?:hidden|unexpected|extra) (?:fee|charge)s?|refund|money back|invoice is wrong|billing (?:error|issue|problem))\b", re.I)),
    ("product defect", 0.7, re.compile(r"\b(?:crash\w*|bug(?:gy|s)?|broken|defect\w*|(?:does|do|is|did)(?:n['’]?t| not) work\w*|stopped working|error (?:message|code)?|freez\w+|won['’]?t (?:load|open|start)|keeps? (?:failing|crashing|disconnecting))\b", re.I)),
    ("access or login", 0.7, re.compile(r"\b(?:log ?in|sign ?in|password|locked out|2fa|verification code|can['’]?t access|account is (?:locked|blocked|suspended))\b", re.I)),
    ("delivery", 0.6, re.compile(r"\b(?:parcel|package|delivery|shipment|shipping|tracking|never arrived|not arrived|hasn['’]?t arrived)\b", re.I)),
    ("price", 0.5, re.compile(r"\b(?:too expensive|overpriced|price (?:increase|hike|went up)|rip[- ]?off|too much money)\b", re.I)),
)  # fmt: skip


def find(
    dialogue: Dialogue, levels: Sequence[float | None], signals: Sequence[Evidence]
) -> tuple[str | None, float | None, list[Evidence]]:
    """(cause, confidence 0..1, its evidence), or (None, None, []) where nothing went wrong or nothing tells why.
    `levels`: frustration, struggle, dissatisfaction. A tool failure names the tool: `tool failure: search_orders`."""
    if max((level for level in levels if level is not None), default=0.0) < WRONG_FROM:
        return None, None, []
    support: dict[str, float] = {}
    shown: dict[str, Evidence] = {}
    for evidence in signals:
        if evidence.signal in SUPPORT:
            cause, weight = SUPPORT[evidence.signal]
            cause = f"{cause}: {evidence.text}" if evidence.signal == "tool failure" else cause
            _add(support, shown, cause, weight, evidence)
    for turn in dialogue.turns:
        for cause, weight, pattern in WORDED:
            hit = pattern.search(turn.user.masked)
            if hit:
                _add(support, shown, cause, weight, Evidence("root cause", turn.user.seq, hit.start(), hit.end(), hit[0], weight))
    if not support:
        return None, None, []
    best = max(support, key=lambda cause: support[cause])
    place = shown[best]
    confidence = support[best] / (sum(support.values()) + 0.5)
    return best, confidence, [Evidence("root cause", place.seq, place.start, place.end, place.text)]


def _add(support: dict[str, float], shown: dict[str, Evidence], cause: str, weight: float, evidence: Evidence) -> None:
    """Later occurrences of one cause count half, so that a word said often does not drown the rest."""
    support[cause] = support.get(cause, 0.0) + (weight if cause not in support else weight / 2)
    shown.setdefault(cause, evidence)
