"""Sentiment by words: the fallback without an encoder, a cue for what assistants say, and the meaning of emoji.

Word scores are those of VADER (Hutto and Gilbert 2014, MIT licence; see weights/lexicon.card.md); the rules for negation, emphasis
and "but" follow its paper in a shorter form. English only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[:;=8xX][-^']?[)(DPpOo/\\|3*]+|<3|!+|\?+", re.UNICODE)
NEGATIONS = frozenset("not no never neither nor none nothing nobody nowhere without hardly barely scarcely rarely seldom cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt hasnt havent hadnt aint".split())  # fmt: skip
STRONGER = frozenset("absolutely completely especially extremely fully highly incredibly most particularly really so super totally truly utterly very".split())  # fmt: skip
WEAKER = frozenset("almost fairly kinda little less marginally partly slightly somewhat".split())
STEP, CAPITALS, EXCLAMATION, NEGATED, REACH = 0.293, 0.733, 0.292, -0.74, 3
"""VADER's constants: effect of a degree word, of capitals, of an exclamation mark (up to four), of negation within three words."""
ALPHA = 15.0

SET_PHRASES = (
    (re.compile(
        r"(?:\b(?:i|we)\s+(?:(?:really|honestly|personally|do)\s+)?|(?:^|[.,;!?])\s*)(?:don['’]?t|do\s+not)\s+(?:(?:really|particularly|much|even)\s+)?(?:care|mind)\b"
        r"|\b(?:not|\w+n['’]t)\s+(?:(?:really|particularly|at\s+all|too|very|that|much|of)\s+)*(?:(?:an?|my|any|our)\s+)?(?:(?:big|major|real|huge|great|main)\s+)?(?:concerns?|problem|issue|worry|preferences?|deal[\s-]?breaker|concerned|worried|bothered|fussed|fussy|picky|important)\b"
        r"|\bno\s+(?:(?:big|major|real|great|particular|special|strong)\s+)*(?:concerns?|issue|preferences?)\b", re.IGNORECASE), " "),
    (re.compile(r"\b(?:out\s+of\s+luck|(?:no|no\s+such|just\s+my|tough|bad|hard)\s+luck|not\s+(?:so|very|that)\s+lucky)\b", re.IGNORECASE), " unfortunate "),
)  # fmt: skip
"""Wordings that mean something else than their words, and what they count as: indifference and unconcern as nothing, ill luck as such."""

EMOJI: Mapping[str, float] = {
    **dict.fromkeys("😀😃😄😁😆😊🙂😍🥰😘🤩😎🤗👍👏🙌🎉🥳💪💯❤♥💕💖✨🌟⭐😇😂🤣👌🙏😋☺😌✅🏆", 0.6),
    **dict.fromkeys("😡🤬😠😤💔👎😭😢😞😔😟🙁☹😣😖😫😩😒🙄😑😕😰😨😱🤮🤢💩😓😥😿🤦🖕❌", -0.6),
    **dict.fromkeys("😐🤔😶😅😳🤷", -0.1),
}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word to valence, about -4..4."""

    words: Mapping[str, float]

    def score(self, text: str) -> float:
        """-1..1; 0 where no word is known. `text` as spoken (see text.py)."""
        for pattern, meant in SET_PHRASES:
            text = pattern.sub(meant, text)
        tokens = WORD.findall(text)
        lowered = [token.lower().replace("’", "'") for token in tokens]
        shouting = any(token.isupper() and len(token) > 1 for token in tokens) and not all(
            token.isupper() for token in tokens if token.isalpha()
        )
        values = [self._valence(index, tokens, lowered, shouting) for index in range(len(tokens))]
        if "but" in lowered:
            turn = len(lowered) - 1 - lowered[::-1].index("but")
            values = [value * (0.5 if index < turn else 1.5) for index, value in enumerate(values)]
        total = sum(values)
        if total:
            total += (EXCLAMATION if total > 0 else -EXCLAMATION) * min(text.count("!"), 4)
        return total / sqrt(total * total + ALPHA)

    def _valence(self, index: int, tokens: list[str], lowered: list[str], shouting: bool) -> float:
        value = self.words.get(lowered[index], 0.0)
        if not value:
            return 0.0
        sign = 1 if value > 0 else -1
        if shouting and tokens[index].isupper():
            value += sign * CAPITALS
        for distance, before in enumerate(reversed(lowered[max(0, index - REACH) : index])):
            fading = 1 - 0.05 * distance
            if before in STRONGER:
                value += sign * STEP * fading
            elif before in WEAKER:
                value -= sign * STEP * fading
            elif (before in NEGATIONS or before.endswith("n't")) and not (before == "no" and _answers(lowered[index], distance)):
                value *= NEGATED
        return value


def _answers(word: str, distance: int) -> bool:
    """Whether a "no" before a word is an answer rather than its negation: "no, that's wrong", "no thanks"."""
    return distance > 0 or word.startswith("thank")


def emoji_score(text: str) -> float | None:
    """Mean of the emoji in a text, -1..1; None where there is none that has a meaning here."""
    found = [EMOJI[char] for char in text if char in EMOJI]
    return sum(found) / len(found) if found else None


def parse(lines: str) -> Lexicon:
    """From lines of `word<TAB>valence`; lines starting with # are comments."""
    pairs = (line.split("\t") for line in lines.splitlines() if line and not line.startswith("#\x20"))
    return Lexicon({word: float(valence) for word, valence in pairs})
