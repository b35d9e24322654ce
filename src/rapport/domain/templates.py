"""Prompt templates: filling `{{name}}` placeholders, and finding out which template a literal text was rendered from.

Recognition, in the order of confidence:
- `exact`: the literal runs of the template occur in the text in order, the first at its start and the last at its end, letter
  for letter; what lies between are the variables. Leftmost search is complete for this and takes linear time, where a regular
  expression with many lazy groups may take exponential time on a text that almost fits.
- `high`: the same after runs of white space are made one blank and letters small.
- `medium`: word by word, the literal words of template and text have a similarity (difflib ratio) of at least 0.85, and each
  placeholder stands against words of the text.
A placeholder that occurs twice must stand for the same text both times.

Which templates to compare with: `anchors` are the sequences of three words inside literal runs (a shorter run is one sequence).
The store keeps the rarest few of each template; a text is compared with those templates whose kept anchors it contains.
A template without any whole literal word cannot be recognised, for it would fit every text.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
SEQUENCE = 3  # words of an anchor
MOST_WORDS = 4_000  # of a text that are looked at for anchors
MOST_ALIGNED_WORDS = 2_000  # of a text for `medium`, which takes quadratic time
MEDIUM_SIMILARITY = 0.85


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a text fits a template. confidence: exact | high | medium."""

    confidence: str
    variables: Mapping[str, str]
    literal_length: int


def is_template(text: str) -> bool:
    return PLACEHOLDER.search(text) is not None


def fill(text: str, variables: Mapping[str, str]) -> str:
    """The text with known placeholders replaced; unknown ones stay as they are."""
    return PLACEHOLDER.sub(lambda found: variables.get(found[1], found[0]), text)


def recognise(template: str, text: str) -> Rendering | None:
    """How `text` was rendered from `template`, or None where it was not."""
    runs, names = PLACEHOLDER.split(template)[::2], PLACEHOLDER.findall(template)
    length = sum(map(len, runs))
    if (values := _between(runs, text, text)) and (variables := _agreeing(names, values)) is not None:
        return Rendering("exact", variables, length)
    plain = " ".join(text.split())
    folded_template = _lower(" ".join(template.split()))
    folded_runs = PLACEHOLDER.split(folded_template)[::2]
    if (values := _between(folded_runs, _lower(plain), plain)) and (variables := _agreeing(names, values)) is not None:
        return Rendering("high", variables, length)
    variables = _aligned(template, text)
    return None if variables is None else Rendering("medium", variables, length)


def _between(runs: list[str], searched: str, shown: str) -> list[str] | None:
    """The parts of `shown` between the literal runs found in `searched` (texts of equal length), or None."""
    first, last = runs[0], runs[-1]
    end = len(searched) - len(last)
    if not searched.startswith(first) or not searched.endswith(last) or end < len(first):
        return None
    values, position = [], len(first)
    for run in runs[1:-1]:
        found = searched.find(run, position, end)
        if found < 0:
            return None
        values.append(shown[position:found])
        position = found + len(run)
    values.append(shown[position:end])
    return values


def _agreeing(names: list[str], values: list[str]) -> dict[str, str] | None:
    variables: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        if variables.setdefault(name, value) != value:
            return None
    return variables


def _lower(text: str) -> str:
    """Small letters, without changing the length (some letters become two)."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _aligned(template: str, text: str) -> dict[str, str] | None:
    """Variables by the alignment of words; None where too little agrees or a placeholder stands against nothing."""
    wanted = [f"{{{{{part}}}}}" if i % 2 else part for i, part in enumerate(PLACEHOLDER.split(template))]
    template_words = [word for part in wanted for word in ([part] if PLACEHOLDER.fullmatch(part) else _lower(part).split())]
    shown = text.split()
    text_words = [_lower(word) for word in shown]
    if max(len(template_words), len(text_words)) > MOST_ALIGNED_WORDS:
        return None
    variables: dict[str, str] = {}
    taken = equal = 0
    for tag, t1, t2, s1, s2 in difflib.SequenceMatcher(None, template_words, text_words, autojunk=False).get_opcodes():
        held = [found[1] for word in template_words[t1:t2] if (found := PLACEHOLDER.fullmatch(word))]
        equal += t2 - t1 if tag == "equal" else 0
        if not held:
            continue
        if tag != "replace" or len(held) > 1:
            return None
        around = template_words[t1:t2].index(f"{{{{{held[0]}}}}}")  # changed literal words beside the placeholder are no value
        value = shown[s1 + around : s2 - (t2 - t1 - 1 - around)]
        if not value or variables.setdefault(held[0], " ".join(value)) != " ".join(value):
            return None
        taken += len(value)
    literal = sum(1 for word in template_words if not PLACEHOLDER.fullmatch(word))
    similarity = 2 * equal / max(1, literal + len(text_words) - taken)
    return variables if similarity >= MEDIUM_SIMILARITY else None


# Anchors --------------------------------------------------------------------------------------------------------------


def anchors(template: str) -> set[int]:
    """Hashes of the word sequences inside the template's literal runs. Words that touch a placeholder are not whole."""
    found: set[int] = set()
    parts = PLACEHOLDER.split(template)[::2]
    for i, run in enumerate(parts):
        words = run.split()
        if words and i > 0 and not run[0].isspace():
            words = words[1:]
        if words and i < len(parts) - 1 and not run[-1].isspace():
            words = words[:-1]
        found |= set(_hashes(words, (min(SEQUENCE, len(words)),)))
    return found


def text_anchors(text: str) -> set[int]:
    """Hashes of all sequences of one to three words of a text."""
    return set(_hashes(text.split()[:MOST_WORDS], range(1, SEQUENCE + 1)))


def _hashes(words: list[str], lengths: Iterable[int]) -> Iterable[int]:
    small = [_lower(word) for word in words]
    for length in lengths:
        if length:
            for start in range(len(small) - length + 1):
                sequence = " ".join(small[start : start + length])
                yield int.from_bytes(hashlib.blake2b(sequence.encode(), digest_size=8).digest(), "big", signed=True)
