"""Words of a text, which of them carry no subject, and the vector space of words that stands in for a missing encoder."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rapport.analysis.clustering import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*", re.UNICODE)

_STOP_WORDS = """
a about above after again all also am an and any anyone anything are aren't as at away be because been before being below between both but
by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else even ever every everything few
for from further get gets getting give given go goes going gonna gone got had hadn't has hasn't have haven't having he her here hers
herself him himself his how however i i'd i'll i'm i've if in into is isn't it it's its itself just kind know last let let's like ll lot
make makes many may maybe me might mine more most much must my myself need needed needs no nor not now of off ok okay on once one only
onto or other our ours ourselves out over own per perhaps please quite rather re really regarding s said same say see seem seems shall she
should shouldn't since so some someone something sort still such sure t take tell than that that's the their theirs them themselves then
there there's these they they're thing things think this those though through to too try trying under until up upon us use used using ve
very via wanna want wanted wants was wasn't way we we'd we'll we're we've well went were weren't what what's when where whether which
while who whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours yourself
yourselves hi hello hey dear thanks thank thankyou thx cheers welcome great good nice sorry bye goodbye morning afternoon evening alright
yeah yep nope im ive dont doesnt didnt cant wont isnt wasnt havent hasnt couldnt wouldnt shouldnt id ill youre theyre thats whats lets pls
plz today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february march april june july august
september october november december able anyway actually already always back bit come came currently help helped helping look looking
looks question questions wondering possible exactly right instead first two three four five six seven eight nine ten ah aha ahh argh aw aww
bah btw damn darn duh eh er erm fyi gee gosh ha haha hahaha hm hmm hmmm huh idk imo lol meh mhm mm mmm nah oh ohh omg oof ooh oops ouch phew
tbh tysm uh uhh um umm ugh whoa woah wow ya yay yikes yo yup ton tons bunch couple loads plenty others ones whatever whichever whoever
wherever anywhere somewhere everywhere nowhere nobody everyone everybody anybody somebody elsewhere otherwise somehow someday also besides
therefore meanwhile moreover furthermore nevertheless unless although despite among across toward towards along upon per regardless
definitely certainly probably absolutely literally basically honestly obviously apparently hopefully seriously totally simply especially
particularly specifically generally mostly nearly almost truly completely entirely finally eventually immediately quickly easily directly
helps take takes taken taking
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words without a subject of their own. Other languages rely on document frequencies."""


def words(text: str) -> list[str]:
    """Lower-case words and numbers in order; an apostrophe inside a word belongs to it."""
    return [match.group().replace("’", "'").lower() for match in _WORD.finditer(text)]


def stem(word: str) -> str:
    """A rough English stem, so that `charges`, `charged` and `charging` count as one word. Never shown to anyone."""
    word = word.removesuffix("'s").removesuffix("'")
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word[: -len(ending)] + replacement
            return root[:-1] if not replacement and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz" else root
    return word.removesuffix("e") if len(word) > 4 else word


_ENDINGS = (
    ("ations", ""), ("ation", ""), ("ements", ""), ("ement", ""), ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ions", ""),
    ("ion", ""), ("ers", ""), ("ed", ""), ("er", ""), ("es", ""), ("ly", ""), ("s", ""),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TermSpace:
    """TF-IDF of words and word pairs on its strongest axes (latent semantic analysis): vectors of texts without an encoder."""

    terms: dict[str, int]
    weights: np.ndarray  # float32 [terms]: inverse document frequencies
    axes: np.ndarray  # float32 [terms, d]

    @classmethod
    def fit(cls, texts: Sequence[str], *, axes: int = 100, most: int = 20_000, seed: int = 0) -> "TermSpace":
        """Learn the terms that at least two texts share (any term, where there are only a few texts)."""
        counts = Counter(term for text in texts for term in set(_terms(text)))
        least = 2 if len(texts) > 40 else 1
        kept = sorted((term for term, count in counts.items() if count >= least), key=lambda term: (-counts[term], term))[:most]
        terms = {term: number for number, term in enumerate(sorted(kept))}
        weights = np.log((1 + len(texts)) / (1 + np.array([counts[term] for term in terms], dtype=np.float32))) + 0.1
        if len(terms) <= axes or len(texts) <= axes:
            return cls(terms, weights.astype(np.float32), np.eye(len(terms), dtype=np.float32))
        from sklearn.decomposition import TruncatedSVD  # scikit-learn is 90 MB: loaded by those who fit

        svd = TruncatedSVD(axes, random_state=seed)
        svd.fit(_matrix(texts, terms, weights))
        return cls(terms, weights.astype(np.float32), np.asarray(svd.components_, dtype=np.float32).T.copy())

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), d], rows of length 1, or of zeros where no term is known."""
        return normalise(_matrix(texts, self.terms, self.weights) @ self.axes).astype(np.float32)


def _terms(text: str) -> list[str]:
    stems = [stem(w) for w in words(text) if w not in STOP_WORDS and not w[0].isdigit()]
    return stems + [f"{a} {b}" for a, b in pairwise(stems)]


def _matrix(texts: Sequence[str], terms: dict[str, int], weights: np.ndarray) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        for term, count in Counter(t for t in _terms(text) if t in terms).items():
            rows.append(row)
            columns.append(terms[term])
            values.append((1 + np.log(count)) * weights[terms[term]])
    matrix = csr_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=(len(texts), len(terms)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_matrix(matrix.multiply(1 / np.maximum(lengths, 1e-9)[:, None]))
