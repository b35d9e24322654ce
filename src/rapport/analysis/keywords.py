"""Words and phrases that tell what a conversation is about, or what sets one group of conversations apart from others.

`extract` needs nothing but the conversation: phrases of one to three words without stop words, weighted by how many messages hold
them, where they stand, and how rare they are if a table of document frequencies is given. `distinctive` is class-based TF-IDF
(Grootendorst 2022, equation 2) over groups of texts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log

from rapport.analysis import pii
from rapport.analysis.terms import STOP_WORDS, stem, words

LONGEST = 3
READ = 4_000
"""Characters read of one message."""

_CLAUSE = re.compile(r"[.!?;:,()\[\]{}\"“”„«»\n\r\t|/\\<>*#=~_…]+|\s[-–—]+\s")
_FILLER_WORDS = """
able add added am amazing amount answer appreciate appreciated arriving ask asked asking available awful bad believe best better big bit
book bought bring brought buy call called check checked checking choose chosen coming confirm confirmed cool correct day days decide
departing different dollar dollars double early easy eat end enough euro euros exactly excellent explain far fast feel felt figure fill
find finding fine follow following forget found full great guy guys half happen happened happening hear heard hello high hold hope hour
hours idea impossible information interested interesting issue issues keep kept kindly last late later least leave left less like listen
little long looking love low made main making matter mean means meant mention message mind minute minutes mistaken month months name nd
never new next night nope nothing noticed number old open option options order paid part past pay people perfect person place plan pm
point possible pound pounds prefer problem problems provide put quarter rd read ready reason receive received recently reply result run
said send sent serve serves set show showing shown simple single small someone soon sound sounds speak spend st start started stay stop
stuff sure talk tell terrible th thing time times told took total tried true turn twice unacceptable understand unfortunately use used
using usual usually visit wait waiting way week weeks wonder wonderful work worked working works worst wrong yeah year years yup
alright annoying assist assistance assume awesome care chance concern couple directed fair fairly fantastic frustrating fun funny glad
guess hand happy helpful honest horrible lovely luck lucky mad mine odd pity pretty previous rest ridiculous sad sense shame silly similar
sort specific strange suppose tired type types upcoming upset useless variety various weird whole wish
"""
_FILLER = frozenset(map(stem, _FILLER_WORDS.split()))
"""Words that mean something only in a phrase: `order` alone says little, `order status` says much."""
_SHORT = frozenset("ai cv db dj eu hd hr id ip it os pc qr tv uk ui un us ux vr".split())
"""Words of two letters that are subjects. Others of plain letters are sounds and fragments, unless written in capitals."""
_BREAKING = "show keep put sound call leave bring happen start stop add ask try tell send receive explain notice arrive prefer make"
_BREAKS = frozenset(map(stem, _BREAKING.split()))
"""Verbs that end a phrase: of `account shows a chargeback` remain `account` and `chargeback`."""
_INTRODUCTION = re.compile(
    r"\b(?:[Mm]y name(?:'s| is)|[Tt]his is|[Cc]all me|I'm|I am|[Rr]egards|[Ss]incerely|[Dd]ear|Mr|Mrs|Ms|Dr)\b"
    r"\.?,?\s+(?:[A-Z][\w'’-]+\s*){1,3}|@\w+"
)
_COMPOUND = re.compile(r"\b(top|log|sign|check|pick|set|opt|roll|back|pay|start|shut|wi)[ -](up|in|out|off|fi)\b", re.IGNORECASE)
"""Verbs whose particle belongs to them: `top up` is a keyword, `top` is not."""
_CAPITALS = re.compile(r"\b[A-Z]{2}\b")
_PROPER = re.compile(r"(?<=[\w,] )[A-Z]\w+")


def extract(messages: Sequence[str], *, shares: Mapping[str, float] | None = None, limit: int = 8) -> tuple[str, ...]:
    """The strongest phrases of the user's messages, lower-case and singular, strongest first; empty where nothing stands out.

    shares: how large a share of the tenant's conversations holds a word (its `stem`), 0..1; rarer words weigh more.
    Identifiers, numbers and introduced names never become keywords.
    """
    scores: defaultdict[tuple[str, ...], float] = defaultdict(float)
    shown: dict[tuple[str, ...], Counter[str]] = {}
    for position, message in enumerate(messages):
        weight = 1.5 if position == 0 else 1.0
        proper = {name.lower() for name in _PROPER.findall(message[:READ])}
        for phrase in {tuple(phrase) for phrase in phrases(message)}:
            key = tuple(stem(word) for word in phrase)
            scores[key] += weight
            last = phrase[-1] if phrase[-1] in proper else singular(phrase[-1])
            shown.setdefault(key, Counter())[" ".join([*phrase[:-1], last]).replace("_", " ")] += 1
    ranked = sorted(scores, key=lambda key: (-scores[key] * _strength(key, shares), key))
    chosen: list[tuple[str, ...]] = []
    for key in ranked:
        if len(chosen) < limit and not any(_covers(other, key) for other in chosen):
            chosen.append(key)
    return tuple(min(shown[key], key=lambda text: (-shown[key][text], text)) for key in chosen)


def phrases(message: str) -> list[list[str]]:
    """All runs of one to three words that hold no stop word, number or identifier."""
    text = _COMPOUND.sub(r"\1xqx\2", _without_people(message[:READ]))
    capitals = frozenset(word.lower() for word in _CAPITALS.findall(text))
    found = []
    for clause in _CLAUSE.split(text):
        run: list[str] = []
        for word in [*(word.replace("xqx", "_") for word in words(clause)), ""]:
            if _carries(word) and (len(word) > 2 or not word.isascii() or word in _SHORT or word in capitals):
                run.append(word)
                continue
            found += [run[i : i + n] for i in range(len(run)) for n in range(1, LONGEST + 1) if i + n <= len(run)]
            run = []
    return [phrase for phrase in found if not _FILLER.issuperset(map(stem, phrase))]


def _carries(word: str) -> bool:
    return 1 < len(word) < 30 and word not in STOP_WORDS and not word[0].isdigit() and stem(word) not in _BREAKS


def distinctive(groups: Sequence[Sequence[str]], *, limit: int = 10) -> list[list[str]]:
    """For each group of texts, the phrases that are frequent in it and rare elsewhere, strongest first.

    Weight: share of the group's texts with the phrase, times log(1 + mean phrases per group / occurrences overall).
    """
    counts = [Counter(" ".join(p) for text in texts for p in {tuple(p) for p in phrases(text)}) for texts in groups]
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    mean = sum(total.values()) / max(1, len(groups))
    result = []
    for texts, count in zip(groups, counts, strict=True):
        least = 2 if len(texts) > 5 else 1
        weight = {p: n / len(texts) * log(1 + mean / total[p]) * len(p.split()) ** 0.5 for p, n in count.items() if n >= least}
        result.append(_without_parts(sorted(weight, key=lambda p: (-weight[p], p)), limit))
    return result


def singular(word: str) -> str:
    """A plural noun's singular, by its ending; other words as they are."""
    if len(word) < 4 or not word.endswith("s") or word == "series" or word.endswith(("ss", "us", "is", "'s", "news", "as", "os")):
        return word
    if word.endswith("ies") and word not in ("movies", "cookies", "ties", "series", "selfies", "calories"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "shes", "ches", "xes", "zes")) else word[:-1]


def _strength(key: tuple[str, ...], shares: Mapping[str, float] | None) -> float:
    rarity = sum(-log(max(shares.get(word, 0.0), 1e-4)) / 4 for word in key) / len(key) if shares else 1.0
    return rarity * (1.0, 1.35, 1.45)[len(key) - 1]


def _covers(chosen: tuple[str, ...], key: tuple[str, ...]) -> bool:
    return set(key) <= set(chosen) or set(chosen) <= set(key)


def _without_parts(ranked: Sequence[str], limit: int) -> list[str]:
    chosen: list[str] = []
    for phrase in ranked:
        if len(chosen) < limit and not any(_covers(tuple(other.split()), tuple(phrase.split())) for other in chosen):
            chosen.append(phrase)
    return chosen


def _without_people(text: str) -> str:
    for identifier in reversed(pii.find(text)):
        text = f"{text[: identifier.start]}. {text[identifier.end :]}"
    return _INTRODUCTION.sub(". ", text)
