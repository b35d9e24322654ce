"""Whether a word is English: of the list `english.txt`, or a form of one of it ("stinkers", "likeliest", "curdled").

The list says nothing of names: a customer may be called Apex. It tells that a word that stands without a capital, or that no exemplar
holds, is no typing error and need not be a name that nobody has.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("iest", "y"), ("ier", "y"), ("iers", "y"), ("ily", "y"), ("s", ""), ("es", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
    ("er", ""), ("er", "e"), ("ers", ""), ("ers", "e"), ("est", ""), ("est", "e"), ("ly", ""),
)  # fmt: skip
_DOUBLES = frozenset({"ed", "ing", "er", "ers", "est"})

_PAST = frozenset(
    """arose awoke began begun bent bet bit bitten bled blew blown bore borne bought bound bowed bred broke broken brought built burnt burst came cast caught chose chosen clung cost crept cut dealt
    did dived done dove drank drawn dreamt drew driven drove drunk dug ate eaten fallen fed fell felt fled flew flown flung forbade forbidden forgave forgiven forgot forgotten fought found froze frozen
    gave given gone got gotten grew grown ground had heard held hid hidden hit hung hurt kept knelt knew known laid lain lay leapt learnt led left lent let lit lost made meant met mistook mown outdone overcame
    paid proved proven put quit ran rang read rid ridden risen rode rose rung said sang sank sat saw sawn seen sent set sewn shaken shed shone shook shot shown shrank shrunk shut slain slept slid slung slunk
    smelt sold sought sown span spat sped spelt spent spilt split spoilt spoke spoken spun sprang spread sprung stole stolen stood strewn stricken stridden strode stuck stung stunk sung sunk swam swept swollen
    swore sworn swum swung taken taught thought threw thrown told took tore torn trod trodden understood undone upset went wept woke woken won wore worn wound woven wove written wrote wrung""".split()
)  # fmt: skip


_PREFIX = re.compile(r"(?:re|un|mis|over|out|non|pre)([a-z]{4,})")


@cache
def _listed() -> frozenset[str]:
    text = resources.files("rapport.analyst.planner").joinpath("english.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def is_english(word: str) -> bool:
    """Whether `word`, in lower case, is an English word or a form of one."""
    if "-" in word:
        return all(is_english(part) or len(part) < 3 for part in word.split("-"))
    if (led := _PREFIX.match(word)) and is_english(led.group(1)):
        return True
    return word in _listed() or word in _PAST or (word.isalpha() and len(word) >= 5 and any(is_english(base) for base in _bases(word)))


def is_form(word: str) -> bool:
    """Whether `word` is an English word that is inflected ("bitten", "sweetest", "fellows"), as a name of one word hardly is; a "toaster"
    is a thing like any other."""
    return (
        word in _PAST
        or word.endswith("liest")
        or (not word.endswith("er") and is_english(word) and any(is_english(base) for base in _bases(word)))
    )


def _bases(word: str) -> Iterator[str]:
    """What `word` may be a form of."""
    for ending, put in _ENDINGS:
        if len(word) > len(ending) + 2 and word.endswith(ending):
            base = word[: -len(ending)] + put
            yield base
            if not put and ending in _DOUBLES and len(base) > 3 and base[-1] == base[-2]:
                yield base[:-1]
