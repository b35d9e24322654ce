"""Figures of an answer, and whether the tools gave them. Pure.

A figure is a number written in digits. No figures are: dates and times, the span of a question ("last 7 days"), places in a list,
scales ("of 5", "1 to 5"), and numbers inside names and ids (gpt-4o, c-17). Zero and one pass: they say "none" and "all".
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

NOT_FOUND = "Not found in the results of the tools: "
MOST_NAMED = 12

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
NO_FIGURES = re.compile(
    rf"""
      \b\d{{4}}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?\b         # 2026-11-03T10:00:00Z
    | \b\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[–-]\s?\d{{1,2}})?\s{MONTH}(?:,?\s\d{{4}}\b)?  # 3–9 Nov 2026
    | \b{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[–-]\s?\d{{1,2}})?\b(?:,?\s\d{{4}}\b)?  # November 3, 2026
    | \b{MONTH}\s\d{{4}}\b | \bQ[1-4](?:\s\d{{4}})?\b | \b(?:in|of|since|until|during)\s(?:19|20)\d\d\b(?![%.,]?\d)
    | \b\d{{1,2}}:\d\d(?::\d\d)?\b
    | \b(?:last|past|previous|next|top|first|worst|best)\s\d+\b                 # the last 7 days, the top 5
    | \bscale\sof\s-?\d+\sto\s\d+ | \b(?:0|1|-1)\s?(?:to|–|-)\s?(?:1|5|10)\b | \b(?:out\sof|/)\s?(?:5|10)\b | (?<=\d)/(?:5|10)\b
    | (?<=\.\d)\sof\s5\b | (?<=\.\d\d)\sof\s5\b                               # 3.5 of 5
    | ^\s*\d+[.)]\s                                                             # places in a list
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
WORD = re.compile(r"\w+(?:[-./]\w+)*")
NUMBER = re.compile(r"\d+(?:\.\d+)?[kKmM]?")
FIGURE = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s?([kKmM])\b|\s?(%|percent\b|per cent\b))?")
SCALES = {"k": 1_000.0, "m": 1_000_000.0}


def figures(text: str) -> Iterator[tuple[str, float, int, bool]]:
    """(as it is written, value, digits after the point, whether it is a percentage), without sign."""
    for found in FIGURE.finditer(WORD.sub(_without_names, NO_FIGURES.sub(" ", text))):
        number, suffix, percent = found.groups()
        digits = len(number.partition(".")[2])
        scale = SCALES.get((suffix or "").lower(), 1.0)
        yield found.group().strip(), float(number.replace(",", "")) * scale, digits - round(math.log10(scale)), bool(percent)


def _without_names(word: re.Match[str]) -> str:
    """A blank for a word that holds letters as well, such as an id."""
    found = word.group()
    mixed = any(map(str.isalpha, found)) and any(map(str.isdigit, found))
    return " " if mixed and not NUMBER.fullmatch(found) else found


def unsupported(text: str, results: Iterable[Any], *, said: str = "") -> tuple[str, ...]:
    """The figures of an answer that neither the tools' results (JSON) hold nor `said`, what the person wrote, each once and as it is
    written. A result supports its roundings, its percentage where it is a share, and how many things it lists."""
    known = {0.0, 1.0, *(value for _, value, _, _ in figures(said))}
    for result in results:
        known.update(_known(result))
    shares = {100 * value for value in known if value <= 1} | known
    missing = [
        written for written, value, digits, percent in figures(text)
        if not any(_rounds_to(one, value, digits) for one in (shares if percent else known))
    ]  # fmt: skip
    return tuple(dict.fromkeys(missing))


def _rounds_to(known: float, value: float, digits: int) -> bool:
    """Whether `known`, rounded half up or half to even, is written as `value`."""
    return abs(known - value) <= 0.5 * 10.0**-digits * (1 + 1e-9)


def _known(result: Any) -> Iterator[float]:
    """The figures of a tool's result. Strings count: quotes of conversations hold figures too, and may be quoted."""
    if isinstance(result, bool) or result is None:
        return
    if isinstance(result, int | float):
        if math.isfinite(result):
            yield abs(float(result))
    elif isinstance(result, str):
        yield from (value for _, value, _, _ in figures(result))
    elif isinstance(result, Mapping):
        for value in result.values():
            yield from _known(value)
    elif isinstance(result, Iterable):
        items = list(result)
        yield float(len(items))
        for item in items:
            yield from _known(item)


def warning(missing: tuple[str, ...]) -> str:
    """The line under an answer whose figures are not all the tools'."""
    named = ", ".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else "")
    return f"\n\n⚠ {NOT_FOUND}{named}. Do not rely on {'it' if len(missing) == 1 else 'them'}."


def without_warning(text: str) -> str:
    """An answer as the model wrote it."""
    return text.partition(f"\n\n⚠ {NOT_FOUND}")[0]
