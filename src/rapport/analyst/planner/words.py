"""Words of a question with their places, and the forms they are compared in."""

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_](?:[\w@+&]|[.'’/:\-](?=[\w]))*", re.U)
_PARTS = re.compile(r"[^\W_]+", re.U)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

CONTRACTIONS = {
    "whats": "what is", "what's": "what is", "who's": "who is", "whos": "who is", "how's": "how is", "hows": "how is", "where's": "where is",
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not", "didn't": "did not", "didnt": "did not",
    "isn't": "is not", "isnt": "is not", "aren't": "are not", "arent": "are not", "can't": "can not", "cant": "can not",
    "won't": "will not", "i'm": "i am", "we're": "we are", "they're": "they are", "it's": "it is", "that's": "that is", "thats": "that is",
    "there's": "there is", "let's": "let us", "lets": "let us", "pls": "please", "plz": "please", "thx": "thanks", "u": "you", "ppl": "people",
    "vs.": "vs", "versus": "vs", "avg": "average", "convo": "conversation", "convos": "conversations", "conv": "conversation", "convs": "conversations",
    "msgs": "messages", "msg": "message", "orgs": "organizations", "org": "organization", "organisation": "organization",
    "organisations": "organizations", "prod": "product", "wat": "what", "mnay": "many", "teh": "the", "waht": "what", "hwo": "how", "adn": "and", "whcih": "which", "wich": "which", "abt": "about", "pct": "percent", "mgs": "messages", "cust": "customer", "custs": "customers", "hw": "how", "gimme": "give me", "wanna": "want to", "gonna": "going to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written (`text`), lower-cased without a possessive (`lower`), and where it stands."""

    text: str
    lower: str
    start: int
    end: int


def split(text: str) -> list[Word]:
    """The words of `text` in order. E-mail addresses, ids and model names ("gpt-4o", "v2.1") stay whole."""
    found = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        lower = raw.lower().replace("’", "'")
        if lower.endswith("'s") and lower not in CONTRACTIONS:
            lower = lower[:-2]
        found.append(Word(raw, lower, match.start(), match.start() + len(raw)))
    return found


_END = re.compile(r"(?<!\bi\.e)(?<!\be\.g)(?<!\bvs)(?<!\bresp)(?<!\bapprox)(?<!\bincl)(?<!\bexcl)[.!?;]+(?=\s|$)", re.I)


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; "i.e." ends none."""
    ends = [match.end() for match in _END.finditer(text)] + [len(text)]
    starts = [0, *ends[:-1]]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if text[a:b].strip()]


def parts(text: str) -> tuple[str, ...]:
    """The letters-and-digits parts of a name, lower-cased: "Forge-Pilot 2" is (forge, pilot, 2)."""
    return tuple(part.lower() for part in _PARTS.findall(_CAMEL.sub(" ", text)))


def plain(text: str) -> str:
    """Lower-cased text with contractions and short forms written out, for comparing wordings."""
    return " ".join(CONTRACTIONS.get(word.lower, word.lower) for word in split(text))


_ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ings", ""),
    ("ing", ""),
    ("ied", "y"),
    ("ed", ""),
    ("s", ""),
)
_VOWEL = re.compile("[aeiouy]")


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """A crude stem: enough that "rated", "ratings" and "rating" meet. Not for reading."""
    if word.endswith(("ss", "us", "is")):
        return word
    for ending, replacement in _ENDINGS:
        base = word[: -len(ending)]
        if word.endswith(ending) and len(base) >= 3 and _VOWEL.search(base):
            base += replacement
            if ending in ("ing", "ings", "ed") and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            return base[:-1] if base.endswith("e") and len(base) > 3 else base
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def singular(noun: str) -> str:
    known = {"people": "person", "folks": "person"}
    return known.get(noun.lower()) or (noun[:-3] + "y" if noun.endswith("ies") else noun.removesuffix("s"))
