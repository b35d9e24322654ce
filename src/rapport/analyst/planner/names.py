"""Links words of a question to the tenant's own names: products, people, models, tools, property values and the rest.

Exact names first, then distinctive parts ("Acme" for Acme Corp), then spelling (one or two letters off). Words of everyday language and of
the lexicon are never taken for a part of a name, unless they are written with a capital and the name is rare: "customer" is no hint of
"Customer Support Bot". Several names that fit equally well are all linked, and the answer says so.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from rapport.analyst.planner.common import common
from rapport.analyst.planner.english import is_english
from rapport.analyst.planner.hints import hinted
from rapport.analyst.planner.lexicon import COUNTRIES, stems, vocabulary
from rapport.analyst.planner.segment_names import stands_as_segment
from rapport.analyst.planner.words import Word, parts, stem
from rapport.analytics.lexicon import Name

KINDS = (
    "product", "organization", "user", "model", "prompt", "prompt_version", "segment", "tool", "property", "event_type", "topic", "topic_group",
)  # fmt: skip
"""In the order of preference where one wording fits several."""

MAX_PARTS = 7
MOST_ALIKE = 6
"""A part that more names of one kind than this share does not tell them apart."""

_SPELLING = {
    "product": 82,
    "organization": 82,
    "user": 84,
    "model": 88,
    "tool": 84,
    "segment": 86,
    "event_type": 88,
    "prompt": 88,
    "topic": 90,
}
_WHOLE = frozenset({"tool", "topic", "topic_group", "prompt", "prompt_version"})
"""Kinds that one word of many does not name, unless the word beside it says the kind."""
_GENERIC = frozenset(
    "inc corp corporation ltd llc gmbh co company group labs lab systems solutions technologies tech software services holding ag sa plc bot assistant ai app the of and for"
    " team agent chat help support customer test user org v".split()
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the question and the names it means, of one kind; more than one where it fits several equally well."""

    start: int
    end: int
    text: str
    names: tuple[Name, ...]
    score: float = 100.0
    negated: bool = False

    @property
    def kind(self) -> str:
        return self.names[0].kind


class Names:
    """The index of a tenant's names. Build it once for a set of names; linking a question takes a few milliseconds at 20,000 names."""

    def __init__(self, names: Iterable[Name]):
        self.all = tuple(names)
        self._exact: dict[str, list[Name]] = defaultdict(list)
        self._parts: dict[str, dict[str, list[Name]]] = defaultdict(lambda: defaultdict(list))
        self._spelled: dict[Name, list[tuple[str, ...]]] = {}
        self._ids: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            self._add(name)
        self._by_kind = {kind: tuple(name for name in self.all if name.kind == kind) for kind in KINDS}
        self._vocabulary = [part for part in self._parts if len(part) >= 4 and not part.isdigit()]
        self._known, self._common = vocabulary(), common()

    def _add(self, name: Name) -> None:
        spellings = []
        _append(self._ids[name.id.lower()], name)
        for alias in dict.fromkeys((name.text, *name.also)):
            split = parts(alias)
            if not split:
                continue
            spellings.append(split)
            _append(self._exact[" ".join(split)], name)
            _append(self._exact["".join(split)], name)
            _append(self._ids[alias.lower()], name)
            if name.kind == "tool" and len(split) == 2:  # "the price check" is check_price
                _append(self._exact[" ".join(reversed(split))], name)
            if name.kind == "segment":  # only whole: "happy users" is mostly no name at all
                continue
            if "@" not in alias and name.kind != "property":
                for part in split:
                    if not part.isdigit():  # the ten of "org-10" is that of every "10 chats"
                        _append(self._parts[part][name.kind], name)
        self._spelled[name] = spellings
        if name.kind == "property":
            self._add_country(name)

    def _add_country(self, name: Name) -> None:
        """ "German customers" for country=DE, country=Germany."""
        value = name.text.lower()
        for code, forms in COUNTRIES.items():
            known = forms.split("|")
            if value == code or value in known:
                for form in known:
                    _append(self._exact[form], name)
                    if form.endswith(("an", "ian", "ard")):  # "what Germans ask for"
                        _append(self._exact[f"{form}s"], name)

    def of_kind(self, kind: str) -> tuple[Name, ...]:
        return self._by_kind.get(kind, ())

    def knows(self, part: str) -> bool:
        return part in self._parts or part in self._exact

    def named(self, text: str) -> bool:
        """Whether this is exactly an id, an e-mail address or a name of something."""
        return text.lower() in self._ids

    def link(self, text: str, words: Sequence[Word], *, taken: Sequence[tuple[int, int]] = ()) -> list[Link]:
        """The names that `words` mention, in order, none overlapping; words inside `taken` spans are not looked at."""
        found = self._link(text, words, taken)
        return sorted([*found, *self._sister_values(text, words, found)], key=lambda link: link.start)

    def _sister_values(self, text: str, words: Sequence[Word], found: Sequence[Link]) -> list[Link]:
        """ "free vs pro customers": an everyday word is a value of a property where another value of it stands beside it."""
        said = {word.lower for word in words}
        values = {name.text.lower(): name for name in self.of_kind("property") if name.text.lower() in said}
        keys = {link.names[0].id.partition("=")[0] for link in found if link.kind == "property"}
        listed = [
            word
            for word in words
            if (
                word.lower in values
                and re.match(r"\s*(?:,|vs\b|versus\b|and\b|or\b|against\b|to\b|with\b|than\b|how (?:many|much)\b|&|/)", text[word.end :])
            )
            or (
                re.search(
                    r"(?:,|\bhow (?:many|much|often)(?: \w+)? (?:did|does|do|has|had|have|are|is|were)|\bvs\.?|\bversus|\band|\bor|\bagainst|\bto|\bwith|\bthan|&|/)\s*$",
                    text[: word.start],
                )
                and word.lower in values
            )
        ]
        by_key: dict[str, list[Word]] = defaultdict(list)
        for word in listed:
            if not values[word.lower].text.isdigit():
                by_key[values[word.lower].id.partition("=")[0]].append(word)
        links = []
        for key, mentioned in by_key.items():
            if key in keys or len(mentioned) > 1:
                links += [
                    _link(text, [word], [values[word.lower]], 100.0)
                    for word in mentioned
                    if not any(link.start <= word.start < link.end for link in found)
                ]
        return links

    def _link(self, text: str, words: Sequence[Word], taken: Sequence[tuple[int, int]]) -> list[Link]:
        free = [word for word in words if not any(start <= word.start < end for start, end in taken)]
        found: list[Link] = []
        for step in (self._whole, self._misspelled, self._partly, self._part_misspelled):
            for link in step(text, free):
                if not any(link.start < other.end and other.start < link.end for other in found):
                    found.append(link)
            free = [word for word in free if not any(link.start <= word.start < link.end for link in found)]
        return sorted(found, key=lambda link: link.start)

    # -- Exact names, longest first

    def _whole(self, text: str, words: Sequence[Word]) -> list[Link]:
        links: list[Link] = []
        used: set[int] = set()
        for size in range(min(MAX_PARTS, len(words)), 0, -1):
            for at in range(len(words) - size + 1):
                window = words[at : at + size]
                if used & set(range(at, at + size)) or not _adjacent(text, window):
                    continue
                names = self._lookup(text, window)
                if names:
                    used |= set(range(at, at + size))
                    links.append(_link(text, window, names, 100.0))
        return links

    def _lookup(self, text: str, window: Sequence[Word]) -> list[Name]:
        raw = text[window[0].start : window[-1].end].lower()
        names = self._ids.get(raw) or self._ids.get(" ".join(word.lower for word in window))
        if not names:
            split = tuple(part for word in window for part in parts(word.lower if word.text.lower() != word.lower else word.text))
            names = self._exact.get(" ".join(split)) or (self._exact.get("".join(split)) if len("".join(split)) >= 5 else None)
        if not names and len(window) == 1 and len(raw) > 4 and raw.endswith("s"):
            names = [name for name in self._exact.get(raw[:-1], ()) if name.kind in ("event_type", "tool", "topic")]
        names = [name for name in names or () if self._plausible(name, text, window)]
        return _preferred(names, text, window)

    def _plausible(self, name: Name, text: str, window: Sequence[Word]) -> bool:
        """Everyday words are names only where a kind or a capital says so: "free users", "the search tool", "Will"."""
        if name.kind == "property" and not self._plausible_value(name, text, window):
            return False
        if name.kind == "segment":
            return stands_as_segment(name, text, window, self.of_kind("segment"), self._is_value)
        of_lexicon = name.kind in ("topic", "topic_group") and stem(window[0].lower) in stems()  # a topic that is called "topics"
        if len(window) > 1 or not (self._everyday(window[0]) or of_lexicon):
            return True
        key = re.escape(name.id.partition("=")[0].lower().replace("_", " ")) if name.kind == "property" else ""
        if key and re.search(rf"\b{key}\s*(?:is|was|=|:|equals)\s*[\"'“]?$", text[: window[0].start], re.I):
            return True
        if hinted(text, window) == name.kind or hinted(text, window) == "property" == name.kind:
            return True
        if name.kind == "property" and _stands_as_a_value(text, window):
            return True
        capital = window[0].text[:1].isupper() and window[0].start > 0
        country = capital and name.kind == "property" and name.text[:1].isupper()  # "chats from France"
        return country or (capital and name.kind in ("product", "organization", "user", "model"))

    def _is_value(self, word: str) -> bool:
        return any(name.kind == "property" for name in self._exact.get(word, ()))

    def _plausible_value(self, name: Name, text: str, window: Sequence[Word]) -> bool:
        """A number, a yes or no, or two letters are a property's value only beside the name of the property, or in capitals."""
        value = name.text.lower()
        if text[window[0].start : window[-1].end].lower() != value:  # another form of it, such as "german" for DE
            return True
        if not (value.replace(".", "").isdigit() or value in ("true", "false", "yes", "no") or len(value) <= 2):
            return True
        around = text[max(0, window[0].start - 24) : window[-1].end + 24].lower()
        if name.id.partition("=")[0].lower().replace("_", " ") in around:
            return True
        return len(value) == 2 and value.isalpha() and window[0].text.isupper()

    def _everyday(self, word: Word) -> bool:
        return word.lower in self._known or word.lower in self._common or stem(word.lower) in self._common

    # -- Distinctive parts

    def _partly(self, text: str, words: Sequence[Word]) -> list[Link]:
        links: list[Link] = []
        at = 0
        while at < len(words):
            size, names = self._longest_part(text, words, at)
            if names:
                links.append(_link(text, words[at : at + size], names, 90.0))
            at += max(size, 1)
        return links

    def _longest_part(self, text: str, words: Sequence[Word], at: int) -> tuple[int, list[Name]]:
        for size in (3, 2, 1):
            window = words[at : at + size]
            if len(window) < size or not _adjacent(text, window):
                continue
            if size == 1 and (not self._distinctive(text, window[0]) or self._torn(text, words, at)):
                continue
            if size > 1 and all(self._everyday(word) for word in window):
                continue
            split = [part for word in window for part in parts(word.lower)]
            candidates = [name for name in self._sharing(split) if not (name.kind == "model" and _other_size(split, name))]
            candidates = [name for name in candidates if size > 1 or name.kind not in _WHOLE or hinted(text, window) == name.kind]
            names = _preferred(candidates, text, window)
            if names and len(names) <= MOST_ALIKE:
                return size, names
        return 1, []

    def _torn(self, text: str, words: Sequence[Word], at: int) -> bool:
        """Whether a capital word beside this one makes it a part of another name: "Newhaven Academy" is not Newhaven Marine."""
        for a, b in ((at - 1, at), (at, at + 1)):
            if a < 0 or b >= len(words) or text[words[a].end : words[b].start] != " ":
                continue
            here, other = (words[a], words[b]) if a == at else (words[b], words[a])
            if not (other.text[:1].isupper() and here.text[:1].isupper()) or other.start == 0:
                continue
            foreign = other.lower in self._parts or not self._everyday(other)
            if foreign and other.lower not in _GENERIC and not self._sharing([*parts(here.lower), *parts(other.lower)]):
                return True
        return False

    def _distinctive(self, text: str, word: Word) -> bool:
        if len(word.lower) < 3 or word.lower in _GENERIC or word.lower.isdigit():
            return False
        if not self._everyday(word):
            return True
        return word.text[:1].isupper() and word.start > 0 and not text[: word.start].rstrip().endswith((".", "!", "?", ":"))

    def _sharing(self, split: Sequence[str]) -> list[Name]:
        by_kind = [self._parts.get(part) for part in split]
        if not by_kind or any(found is None for found in by_kind):
            return []
        names = []
        for kind in KINDS:
            if kind in ("property", "event_type"):
                continue
            sets = [set(found.get(kind, ())) for found in by_kind if found is not None]
            names += sorted(set.intersection(*sets), key=lambda name: name.text)
        return names

    # -- Spelling

    def _strange(self, words: Sequence[Word]) -> list[int]:
        """Places of words that may be a misspelt name."""
        return [
            i for i, word in enumerate(words)
            if len(word.lower) >= 4 and not self._everyday(word) and not word.lower.isdigit() and "@" not in word.lower and word.lower not in self._parts
        ][:12]  # fmt: skip

    def _misspelled(self, text: str, words: Sequence[Word]) -> list[Link]:
        return self._respell(text, words, self._closest)

    def _part_misspelled(self, text: str, words: Sequence[Word]) -> list[Link]:
        return self._respell(text, words, self._one_part)

    def _respell(self, text: str, words: Sequence[Word], search: Callable) -> list[Link]:
        links: list[Link] = []
        used: set[int] = set()
        for i in self._strange(words):
            best = None if i in used else search(text, words, i)
            if best:
                first, last, names, score = best
                used |= set(range(first, last))
                links.append(_link(text, words[first:last], names, score))
        return links

    def _alike(self, word: str) -> list[tuple[str, float, int]]:
        return process.extract(word, self._vocabulary, scorer=fuzz.ratio, score_cutoff=74, limit=8)

    def _closest(self, text: str, words: Sequence[Word], at: int) -> tuple[int, int, list[Name], float] | None:
        word = words[at].lower
        alike = self._alike(word)
        candidates = {name for part, _, _ in alike for names in self._parts[part].values() for name in names}
        best: tuple[float, int, int, list[Name]] | None = None
        for name in sorted(candidates, key=lambda name: (KINDS.index(name.kind), name.text))[:300]:
            for spelling in self._spelled[name]:
                for first, last in _windows(at, len(spelling), len(words)):
                    window = words[first:last]
                    if not _adjacent(text, window):
                        continue
                    score = _similarity(window, spelling)
                    if score < _SPELLING.get(name.kind, 90):
                        continue
                    if best is None or score > best[0] or (score == best[0] and last - first > best[2] - best[1]):
                        best = (score, first, last, [name])
                    elif score == best[0] and (first, last) == (best[1], best[2]) and name not in best[3]:
                        best[3].append(name)
        if best is None:
            return None
        score, first, last, names = best
        return first, last, _preferred(names, text, words[first:last]), score

    def _one_part(self, text: str, words: Sequence[Word], at: int) -> tuple[int, int, list[Name], float] | None:
        """A misspelt part of a longer name: "Marai" for Maria Lopez."""
        word = words[at].lower
        if words[at].text.islower() and is_english(word):
            return None  # who "took the brunt" is not Bruno
        for part, score, _ in self._alike(word):
            if (
                score >= 80
                and len(word) >= 5
                and DamerauLevenshtein.distance(word, part) <= (1 if len(word) < 8 else 2)
                and part not in _GENERIC
            ):
                window = words[at : at + 1]
                shared = [name for name in self._sharing([part]) if name.kind not in _WHOLE or hinted(text, window) == name.kind]
                names = _preferred(shared, text, window)
                if names and len(names) <= MOST_ALIKE:
                    return at, at + 1, names, score
        return None

    def similar(self, text: str, kinds: Sequence[str], limit: int = 3) -> list[Name]:
        """Names to offer where none was linked."""
        pool = {name.text: name for kind in kinds for name in self.of_kind(kind)}
        found = process.extract(text, list(pool), scorer=fuzz.WRatio, score_cutoff=70, limit=limit)
        return [pool[label] for label, _, _ in found]


_SIZES = frozenset("mini nano micro tiny lite small medium large xl turbo pro max plus flash instruct preview thinking fast".split())


def _other_size(split: Sequence[str], name: Name) -> bool:
    """Whether a model that is named with its number ("gpt-4o") is a sister of this one ("gpt-4o-mini"), not a short form of it."""
    numbered = any(part[-1:].isdigit() or part[:1].isdigit() for part in split)
    return numbered and bool((set(parts(name.text)) - set(split)) & _SIZES)


def _append(names: list[Name], name: Name) -> None:
    """Adds a name once: names come one after the other, so that only the last one can be the same."""
    if not names or names[-1] is not name:
        names.append(name)


def _windows(at: int, size: int, count: int) -> Iterable[tuple[int, int]]:
    for first in range(max(0, at - size + 1), at + 1):
        if first + size <= count:
            yield first, first + size
    if size > 1:  # "forgepilot" for two parts, written as one
        yield at, at + 1


def _similarity(window: Sequence[Word], spelling: tuple[str, ...]) -> float:
    """Of 100. Each part must be close on its own, so that "Nova Help" is not "Beacon Help"."""
    split = [part for word in window for part in parts(word.lower)]
    if len(split) == len(spelling):
        scores = [100 * DamerauLevenshtein.normalized_similarity(a, b) for a, b in zip(split, spelling, strict=True)]
        return sum(scores) / len(scores) if min(scores) >= 60 else 0.0
    joined, wanted = "".join(split), "".join(spelling)
    return 100 * DamerauLevenshtein.normalized_similarity(joined, wanted) if min(len(joined), len(wanted)) >= 6 else 0.0


def _adjacent(text: str, window: Sequence[Word]) -> bool:
    return all(not re.search(r"[?!;:,]|\.\s", text[a.end : b.start]) for a, b in itertools.pairwise(window))


def _stands_as_a_value(text: str, window: Sequence[Word]) -> bool:
    """ "Customers on free", "only free, please", "how many of those are free": an everyday word where only a group can stand."""
    before, after = text[: window[0].start], text[window[-1].end :]
    if re.match(r"\W*(?:ones?|only|please|pls|plan|tier|(?:[a-z]+ )?(?:customers|users|accounts|people))?\W*$", after, re.I):
        return bool(_VALUE_BEFORE.search(before) or _GROUP_BEFORE.search(before))
    return bool(_GROUP_BEFORE.search(before) or (re.search(r"[,:]\s*$", before) and re.match(r"\s*(?:[,;]|$)", after)))


_VALUE_BEFORE = re.compile(
    r"^\W*(?:(?:ok|and|now|only|just|then|but|so|or|same|what|how|about|for|the|those|ones|on|restrict|narrow|limit|filter|reduce|it|that|this|them|down|to)\W+)*$|\b(?:of (?:those|them|these)|they|those|these) (?:are|were|is|was)\s+(?:on\s+)?(?:the\s+)?$|\b(?:are|were|is|was|sit|sits|being)\s+on\s+(?:the\s+)?$", re.I
)  # fmt: skip
_GROUP_BEFORE = re.compile(
    r"\b(?:customers?|users?|people|persons?|folks?|guys|punters?|buyers?|shoppers?|visitors?|students?|learners?|teachers?|firms?|logos?|every(?:one|body)|any(?:one|body)|some(?:one|body)|accounts?|organi[sz]ations?|orgs?|compan(?:y|ies)|clients?|those|them|ones|subscribers?|members?)\s+(?:(?:who|that|which)\s+(?:are|were|sit|live|reside|come|work)\s+(?:based\s+|located\s+)?)?(?:on|in|from|with)\s+(?:the\s+)?$", re.I
)  # fmt: skip


def _preferred(names: Sequence[Name], text: str, window: Sequence[Word]) -> list[Name]:
    """Of names that fit equally well, those of the kind the question says, else of the kind that comes first."""
    if not names:
        return []
    hint = hinted(text, window)
    kinds = sorted({name.kind for name in names}, key=lambda kind: (kind != hint, KINDS.index(kind)))
    chosen = [name for name in dict.fromkeys(names) if name.kind == kinds[0]]
    return chosen if kinds[0] != "property" else _same_property(chosen)


def _same_property(names: list[Name]) -> list[Name]:
    return sorted(names, key=lambda name: name.id)[:1] if len({name.id.split("=")[0] for name in names}) > 1 else names


def _link(text: str, window: Sequence[Word], names: list[Name], score: float) -> Link:
    start, end = window[0].start, window[-1].end
    if text[end - 2 : end] in ("'s", "’s"):
        end -= 2
    return Link(start, end, text[start:end], tuple(names), score)
