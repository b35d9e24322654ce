"""Commercial intent, 0..1: whether the user wants to buy, extend, compare prices, see a demo, or leave. English wordings.

The score is how plainly the strongest signal was said; `primarySignal` is its kind. Leaving has its own kind and no positive intent.
"""

import re

from rapport.analysis import phrases
from rapport.analysis.dialogue import Dialogue
from rapport.domain.analysis import Evidence

SIGNALS: dict[str, tuple[float, re.Pattern[str]]] = {
    name: (strength, re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE))
    for name, strength, pattern in (
        ("purchase", 0.85, r"\b(?:(?:want|like|ready|need|going|wish|how (?:do|can) i|can i|let me|i'll|let's) (?:to )?(?:buy|purchase|order|pay for|check ?out|subscribe|sign up)|i'll take (?:it|that|this|the|them)|add (?:it|that|this|them) to (?:my|the) (?:cart|basket|bag)|place (?:an?|the|my) order|send (?:me )?(?:an?|the) (?:invoice|quote)|purchase order|where (?:can|do) i (?:buy|pay|order))\b"),
        ("upgrade", 0.85, r"\b(?:upgrad\w+|(?:add|need|buy|get) (?:\d+ )?more (?:seats?|licen[sc]es?|users?|credits?|storage)|(?:higher|bigger|premium|pro|enterprise|business|team|annual) (?:plan|tier|package|subscription|licen[sc]e))\b"),
        ("demo", 0.75, r"\b(?:(?:book|schedule|see|get|request|arrange|have|want) (?:a |an |the |another )?(?:product )?demo|(?:talk|speak) (?:to|with) (?:the |your |someone in |somebody in )?sales|free trial|trial (?:account|period|version)|proof of concept|pilot project)\b"),
        ("pricing", 0.55, r"\b(?:pricing|price (?:list|of|for)|prices?\b|how much (?:is|are|does|do|would|will|for)|what(?:'s| is| are| does| would) (?:the |it |your )?(?:cost|price|fee|rate)s?|(?:volume|bulk|student|nonprofit|annual) (?:discount|pricing)|discount(?:s|ed)?|coupon|promo code|quote|cheaper)\b"),
        ("booking", 0.6, r"\b(?:(?:book|reserve) (?:it|that|this|them|me|us|the|a|an|one|two|\d+)|make (?:a|the|that) (?:reservation|booking)|(?:buy|get|need|want) (?:\w+ )?tickets?)\b"),
        ("renewal", 0.6, r"\b(?:renew(?:al|ing)?|extend (?:my|our|the) (?:contract|subscription|licen[sc]e|plan))\b"),
        ("comparison", 0.45, r"\b(?:compared? (?:to|with)|better than|versus|\bvs\b|difference between (?:the|your) (?:plans|tiers|packages)|competitors?|alternatives? to)\b"),
    )
}  # fmt: skip
LEAVING = "wants to leave"
AGAIN = 0.05
UNASKED = re.compile(r"\b(?:don['’]?t|do not|not|never|without|no) (?:\w+ ){0,2}$", re.IGNORECASE)


def intent(dialogue: Dialogue) -> tuple[float | None, str, list[Evidence]]:
    """Score 0..1, the primary signal (`churn_risk` where the user wants to leave and nothing else is said), and the evidence.
    Score None without a user turn."""
    if not dialogue.turns:
        return None, "none", []
    found: list[Evidence] = []
    for turn in dialogue.turns:
        for name, (strength, pattern) in SIGNALS.items():
            hit = pattern.search(turn.user.masked)
            if hit and not UNASKED.search(turn.user.masked[: hit.start()]):
                found.append(Evidence(f"commercial {name}", turn.user.seq, hit.start(), hit.end(), hit[0], strength))
    leaving = [
        evidence
        for turn in dialogue.turns
        for evidence in phrases.find(phrases.URGENT_LEAVING, LEAVING, turn.user.seq, turn.user.masked, 0.8)
    ]
    if not found:
        return 0.0, "churn_risk" if leaving else "none", leaving
    best = max(found, key=lambda evidence: evidence.strength)
    score = min(1.0, best.strength + AGAIN * (len({evidence.seq for evidence in found}) - 1))
    return score, best.signal.removeprefix("commercial "), [*found[:10], *leaving]
