"""Quality of topics, names, language, identifiers and search on the development sets, beside classic methods and without the encoder.

`make bench-quality` runs it after bench.quality; `python -m bench.quality_text [SECTION ...]` runs it alone. Data is read from
RAPPORT_TEST_DATA (../shared/data). All seeds are fixed; the int8 encoder's rounding depends on the texts of a batch, so figures
move by about .01 where other sections run too.
"""

import gzip
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, roc_auc_score

from rapport.analysis import clustering, keywords, language, names, pii, topics
from rapport.analysis.terms import STOP_WORDS, TermSpace, stem, words
from rapport.domain import relevance
from rapport.ports import Encoder
from rapport.providers.encoders import open_encoder

DATA = Path(os.environ.get("RAPPORT_TEST_DATA", "../shared/data"))


def rows(name: str) -> list[dict]:
    """The lines of one data set."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def say(what: str, measured: str, *, target: str = "", baseline: str = "") -> None:
    """One line of the report."""
    print(f"  {what:<58} {measured:<26} {baseline and 'baseline ' + baseline:<32} {target and 'target ' + target}", flush=True)


class Vectors:
    """Vectors of the encoder, each text encoded once in a run."""

    def __init__(self, encoder: Encoder):
        self.encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self.encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


Fit = Callable[[Sequence[str], np.ndarray | None, int | None], topics.TopicModel]


def labels_of(model: topics.TopicModel, embeddings: np.ndarray | None, texts: Sequence[str]) -> np.ndarray:
    """Topic number of each text; -1 where it has none."""
    number = {topic.id: i for i, topic in enumerate(model.topics)}
    return np.array([-1 if hit is None else number[hit.topic_id] for hit in model.assign(embeddings, texts)])


def agreement(truth: Sequence, found: Sequence) -> str:
    return f"NMI {normalized_mutual_info_score(truth, found):.3f} ARI {adjusted_rand_score(truth, found):.3f}"


def tfidf_kmeans(texts: Sequence[str], k: int) -> np.ndarray:
    """The classic: TF-IDF of words and pairs, k-means."""
    matrix = TfidfVectorizer(stop_words="english", ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(texts)
    return KMeans(k, n_init=1, random_state=0).fit_predict(matrix)


def measure_topics(vectors: Vectors | None) -> None:
    """Intents of single messages and domains of dialogues, number of topics given and chosen."""
    train, test = rows("intents_banking77_train"), rows("intents_banking77_test")
    texts, truth = [row["text"] for row in train], [row["label"] for row in train]
    unseen, unseen_truth = [row["text"] for row in test], [row["label"] for row in test]

    def fit(said: Sequence[str], k: int | None) -> tuple[topics.TopicModel, np.ndarray | None]:
        given = vectors(said) if vectors else None
        encode, name = (vectors, vectors.encoder.name) if vectors else (None, "lexical")
        model = topics.fit(said, given, method=name, encode=encode, k=k)
        assert model
        return model, given

    started = time.perf_counter()
    model, given = fit(texts, 77)
    took = time.perf_counter() - started
    classic = agreement(truth, tfidf_kmeans(texts, 77)) if vectors else ""
    say("BANKING77 train, k = 77", agreement(truth, labels_of(model, given, texts)), target=".77 / .48", baseline=classic)
    rest = vectors(unseen) if vectors else None
    say("  its test messages, unseen", agreement(unseen_truth, labels_of(model, rest, unseen)), target=".77 / .48")
    model, given = fit(texts, None)
    say(f"BANKING77 train, k chosen: {len(model.topics)} of 77", agreement(truth, labels_of(model, given, texts)), target=".78")
    say("  fit without encoding", f"{took:.1f} s, {len(model.to_bytes()) >> 10} KiB stored")
    rng = np.random.default_rng(0)
    for count in (5, 10, 20, 40):
        chosen = set(rng.choice(sorted(set(truth)), count, replace=False))
        some = [(text, label) for text, label in zip(texts, truth, strict=True) if label in chosen]
        model, given = fit([text for text, _ in some], None)
        found = labels_of(model, given, [text for text, _ in some])
        say(f"{count} random intents, k chosen: {len(model.topics)}", agreement([label for _, label in some], found))
    _measure_dialogues(fit)
    if vectors:
        _measure_alarm(vectors, train, test)


def _measure_dialogues(fit: Callable) -> None:
    dialogues = [row for row in rows("conv_sgd_dev") if len(row["services"]) == 1]
    domains = [row["services"][0].split("_")[0] for row in dialogues]
    openings = ["\n".join(topics.opening([text for role, text in row["turns"] if role == "U"])) for row in dialogues]
    for k in (len(set(domains)), None):
        model, given = fit(openings, k)
        label = f"SGD domains of {len(dialogues)} dialogues, k {'given' if k else 'chosen'}: {len(model.topics)} of {len(set(domains))}"
        say(label, agreement(domains, labels_of(model, given, openings)), target=".86 / -")


def _measure_alarm(vectors: Vectors, train: Sequence[dict], test: Sequence[dict]) -> None:
    """A fifth of the intents is withheld from the fit; their test messages should look less familiar."""
    areas = []
    intents = sorted({row["label"] for row in train})
    for seed in range(3):
        withheld = set(np.random.default_rng(seed).choice(intents, 15, replace=False))
        kept = [row["text"] for row in train if row["label"] not in withheld]
        model = topics.fit(kept, vectors(kept), method=vectors.encoder.name, encode=vectors)
        assert model
        hits = model.assign(vectors([row["text"] for row in test]))
        familiarity = [hit.similarity if hit else -1.0 for hit in hits]
        areas.append(roc_auc_score([row["label"] not in withheld for row in test], familiarity))
    say("new topics: AUC of familiarity, 15 of 77 intents withheld", f"{np.mean(areas):.3f}", target=".86")


def measure_names(vectors: Vectors | None) -> None:
    """The name found for each gold intent: is that intent the nearest of 77 to it, and does it hold its words?"""
    train = rows("intents_banking77_train")
    texts = [row["text"] for row in train]
    intents = sorted({row["label"] for row in train})
    truth = np.array([intents.index(row["label"]) for row in train])
    space = vectors or TermSpace.fit(texts).encode
    points = space(texts)
    centroids = clustering.normalise(np.stack([points[truth == i].mean(axis=0) for i in range(len(intents))]))
    members = [np.flatnonzero(truth == i) for i in range(len(intents))]
    central = [[texts[j] for j in group[np.argsort(-(points[group] @ centroids[i]))]] for i, group in enumerate(members)]
    found = names.name_topics(central, centroids, space)
    classic = [" ".join(group[:3]) for group in keywords.distinctive(central)]
    judge = vectors or Vectors(open_encoder(None, Path(".rapport")))
    baseline = _name_scores(classic, intents, judge)
    say("names of gold intents", _name_scores(found, intents, judge), target="top1 .77 stems .62", baseline=baseline)
    lengths = [len(name.split()) for name in found]
    say("  longest name, mean words", f"{max(lengths)}, {np.mean(lengths):.1f}", target="<= 5")
    say("  for example", "; ".join(found[:5]))


def _name_scores(found: Sequence[str], intents: Sequence[str], judge: Vectors) -> str:
    plain = [intent.replace("_", " ").replace("?", "").lower() for intent in intents]
    right = (judge(found) @ judge(plain).T).argmax(axis=1) == np.arange(len(intents))
    gold = [{stem(word) for word in words(name) if word not in STOP_WORDS or word in ("not", "up")} for name in plain]
    recall = np.mean([len(stems & {stem(word) for word in words(name)}) / len(stems) for stems, name in zip(gold, found, strict=True)])
    return f"top1 {right.mean():.3f} stems {recall:.3f}"


def measure_language(vectors: Vectors | None) -> None:
    """Macro recall of interface strings; an abstention counts as wrong."""
    right: dict[str, list[bool]] = defaultdict(list)
    long: dict[str, list[bool]] = defaultdict(list)
    for row in rows("langid_ui_strings"):
        found = language.detect(row["text"])
        right[row["lang"]].append(found is not None and found.code == row["lang"])
        if len(row["text"]) >= 40:
            long[row["lang"]].append(right[row["lang"]][-1])
    say(f"all strings, {len(right)} languages", f"{np.mean([np.mean(hits) for hits in right.values()]):.3f}", target=".93", baseline=".901")
    say("strings of 40 characters and more", f"{np.mean([np.mean(hits) for hits in long.values()]):.3f}", target=".985", baseline=".961")
    chat = [row["text"] for row in rows("intents_banking77_test")]
    found = [language.detect(text) for text in chat]
    say("English chat called English", f"{np.mean([f is not None and f.code == 'en' for f in found]):.4f}")


LABELLED = {
    "CREDIT_CARD": "CREDIT_CARD", "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "US_SSN": "SSN", "IBAN_CODE": "IBAN",
    "DOMAIN_NAME": "URL", "IP_ADDRESS": "IP_ADDRESS",
}  # fmt: skip


def measure_identifiers(vectors: Vectors | None) -> None:
    """Recall on labelled synthetic texts; hits in chat that has no identifiers."""
    wanted, found_of, exact, elsewhere = defaultdict(int), defaultdict(int), 0, 0
    for row in rows("pii_presidio_large"):
        found = pii.find(row["text"])
        spans = [(start, end, LABELLED[kind]) for start, end, kind in row["spans"] if kind in LABELLED]
        for start, end, kind in spans:
            wanted[kind] += 1
            found_of[kind] += any(item.type == kind and item.start < end and item.end > start for item in found)
            exact += any((item.start, item.end, item.type) == (start, end, kind) for item in found)
        elsewhere += sum(not any(item.start < end and item.end > start for start, end, _ in spans) for item in found)
    total = sum(wanted.values())
    say(f"{total} labelled identifiers", f"recall {sum(found_of.values()) / total:.3f}, exact {exact / total:.3f}", target=".98")
    say("  by type", ", ".join(f"{kind} {found_of[kind] / wanted[kind]:.2f}" for kind in sorted(wanted)))
    say("  hits outside any labelled identifier, in 2,109 texts", str(elsewhere))
    chat = [row["text"] for name in ("train", "test") for row in rows(f"intents_banking77_{name}")]
    say(f"false alarms in {len(chat)} BANKING77 messages", str(sum(len(pii.find(text)) for text in chat)), target="<= 5")


def measure_search(vectors: Vectors | None) -> None:
    """Five messages of each intent are indexed; is the first found of the question's intent? Mean of four draws."""
    train, test = rows("intents_banking77_train"), rows("intents_banking77_test")[::2]
    truth = np.array([row["label"] for row in train])
    scores: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        indexed = np.concatenate([rng.choice(np.flatnonzero(truth == label), 5, replace=False) for label in sorted(set(truth))])
        texts = [train[i]["text"] for i in indexed]
        cosines = vectors([row["text"] for row in test]) @ vectors(texts).T if vectors else np.zeros((len(test), len(texts)))
        holds = [{stem(word) for word in words(text) if word not in STOP_WORDS} for text in texts]
        weights = _bm25(texts)
        for place, row in enumerate(test):
            asked = {stem(word) for word in words(row["text"]) if word not in STOP_WORDS}
            shared = relevance.shares(asked, dict(enumerate(asked & held for held in holds)))
            hybrid = relevance.fuse(dict(enumerate(cosines[place])) if vectors else {}, shared)
            by_words = weights(row["text"])
            for name, order in (
                ("hybrid", sorted(hybrid, key=lambda i: -hybrid[i])), ("meaning alone", np.argsort(-cosines[place])),
                ("BM25", np.argsort(-by_words, kind="stable")),
            ):  # fmt: skip
                ranked = [truth[indexed[i]] == row["label"] for i in order[:10]]
                scores[name].append((ranked[0], any(ranked)))
    means = {name: np.mean(hits, axis=0) for name, hits in scores.items()}
    told = {name: f"@1 {mean[0]:.3f} @10 {mean[1]:.3f}" for name, mean in means.items()}
    what = "words and meaning" if vectors else "words alone"
    say(f"five documents per intent: {what}", told["hybrid"], target="@1 .75", baseline=told["BM25"])
    if vectors:
        say("  meaning alone", told["meaning alone"])


def _bm25(texts: Sequence[str]) -> Callable[[str], np.ndarray]:
    """Okapi BM25, k1 1.2, b 0.75, English stop words left out."""
    counter = CountVectorizer(stop_words="english")
    counts = counter.fit_transform(texts).toarray().astype(float)
    held = (counts > 0).sum(axis=0)
    rarity = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
    lengths = counts.sum(axis=1, keepdims=True)
    weights = rarity * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * lengths / lengths.mean()))
    return lambda question: weights @ np.minimum(counter.transform([question]).toarray()[0], 1)


SECTIONS = {
    "topics": measure_topics, "names": measure_names, "search": measure_search, "language": measure_language,
    "identifiers": measure_identifiers,
}  # fmt: skip
NEEDS_VECTORS = ("topics", "names", "search")


def main(chosen: Sequence[str]) -> None:
    """Print the sections, with the encoder where it is installed, and without it."""
    if not DATA.is_dir():
        print(f"There is no development data in {DATA}; set RAPPORT_TEST_DATA.")
        return
    encoder = open_encoder(None, Path(".rapport"))
    vectors = Vectors(encoder) if encoder.semantic else None
    if vectors is None:
        print("The encoder is not installed (`rapport encoder install`); the figures are those of the lexical methods.")
    for name in chosen or SECTIONS:
        if vectors or name not in NEEDS_VECTORS:
            print(f"{name}{f' with {encoder.name}' if name in NEEDS_VECTORS else ''}")
            SECTIONS[name](vectors)
        if name in NEEDS_VECTORS:
            print(f"{name} without an encoder")
            SECTIONS[name](None)


if __name__ == "__main__":
    main(sys.argv[1:])
