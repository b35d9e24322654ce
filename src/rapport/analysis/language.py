"""Which language people write, by py3langid (naive Bayes on byte sequences) over the languages that support teams meet.

Two changes to the plain identifier, both measured on interface strings of 34 languages (macro recall of all strings, and of those of
40 characters and more: .901 / .961 plain, .943 / .995 here with abstention counted as wrong): dialects and rare or dead languages
that it confuses with their large neighbours are left out or counted as the neighbour, and smaller languages need twice the
likelihood of the common ones.
"""

import functools
import re
from dataclasses import dataclass

from py3langid.langid import MODEL_FILE, LanguageIdentifier

READ = 2_000
"""Characters that are read: the identifier is sure long before."""
LETTERS_TO_BE_SURE = 12

_COMMON = frozenset("ar bg cs da de el en es fa fi fr he hi hu id it ja ko nb nl pl pt ro ru sk sv th tr uk vi zh".split())
_SMALLER = 0.5
"""Weight of the other languages, relative to the common ones."""
_SAME_AS = {"no": "nb", "nn": "nb", "yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "bs": "hr"}
_LEFT_OUT = frozenset("an br dz fo la oc sa se st vo wa zxx".split())

_NO_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|\d+")
_OWN_SCRIPT = re.compile(r"[\u0370-\u03ff\u0530-\u06ff\u0900-\u0dff\u0e00-\u0eff\u10a0-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts that few languages share: a handful of them tells what twelve Latin letters tell."""


@dataclass(frozen=True, slots=True)
class Language:
    """code: ISO 639-1 (Norwegian is `nb`). confidence: 0..1, probability among the languages that are told apart."""

    code: str
    confidence: float


def detect(text: str) -> Language | None:
    """The language of the text, or None where it holds too few letters to tell: under about 12 Latin ones, unless these are clear."""
    cleaned = _NO_LANGUAGE.sub(" ", text[:READ])
    letters = sum(map(str.isalpha, cleaned))
    weight = letters + 4 * len(_OWN_SCRIPT.findall(cleaned))
    if weight < 3:
        return None
    likely: dict[str, float] = {}
    for code, probability in _identifier().rank(cleaned):
        code = _SAME_AS.get(str(code), str(code))
        likely[code] = likely.get(code, 0.0) + probability * (1.0 if code in _COMMON else _SMALLER)
    best = max(likely, key=lambda code: likely[code])
    confidence = likely[best] / sum(likely.values())
    if weight < LETTERS_TO_BE_SURE and confidence < 0.5:
        return None
    return Language(best, round(confidence, 4))


@functools.cache
def _identifier() -> LanguageIdentifier:
    """Loaded at first use (1 s, 75 MB) and kept: it never changes."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([c for c in map(str, identifier.labels) if c in _SAME_AS or (len(c) == 2 and c not in _LEFT_OUT)])
    # Without the columns of the languages that are left out, which the identifier would keep for `set_languages`: 28 MB.
    return LanguageIdentifier(
        identifier.nb_ptc, identifier.nb_pc, identifier.nb_classes, identifier.tk_nextmove, identifier.tk_output,
        norm_probs=True, tk_row=identifier.tk_row,
    )  # fmt: skip
