"""`make train-heads`: every shipped weight from permissively licensed data and examples of our own, the same bytes on one machine.

Sources: the VADER tweets and word list (MIT; from RAPPORT_TEST_DATA and from the vaderSentiment package), training/turns.tsv and moods.tsv.
Evaluation-only sets are never read here. Prints cross-validated scores for the cards.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict

from rapport.analysis import dialogue, dissatisfied, heads, lexicon, repeats, sentiment, text
from rapport.analysis.heads import FeatureHead, Heads, SentimentHead
from rapport.analysis.lexicon import Lexicon
from rapport.analyst.planner import exemplars
from rapport.config import Settings
from rapport.domain.conversation import Conversation, Message
from rapport.ports import Encoder
from rapport.providers import encoders
from rapport.providers.encoder_install import NAME
from rapport.providers.encoder_lexical import LexicalEncoder

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "src" / "rapport" / "analysis" / "weights"
VADER = "vaderSentiment==3.3.2"
SENTIMENT_C, CLASS_BOUND, OWN_WEIGHT = 0.2, 0.5, 3.0
MOODS = ("negative", "neutral", "positive")
LEFT_OUT = frozenset(("no",))
"""In a dialogue `no` is an answer, not a mood."""
CERTAINTY = 0.7
"""Written examples are plainer than real turns: the curve is flattened by this factor around its base rate."""
RIDGE_ALPHA = 30.0
DISSATISFIED_AT = 2.25
BASE_RATE = 0.1
PLEASED_SHARE = 0.2
"""Scores above neutral count a fifth: how pleased somebody is says little about who is dissatisfied."""
EASING = frozenset(("thanks", "praise", "closing", "accept", "positive", "reply_done", "reply_positive"))
"""Features that can only lower the score; every other one can only raise it. Keeps few examples from teaching wrong signs."""
JUDGED = {"tool_failed": 0.15, "reply_repeated": 0.15, "failures": 0.05, "first": -0.1}
"""Weights of features that single turns do not show, set by judgement on the same scale."""


def main() -> None:
    settings = Settings()
    encoder = encoders.open_encoder(settings.encoder, settings.data_dir)
    if not encoder.semantic:
        sys.exit("train-heads needs the sentence encoder: run `rapport encoder install` first.")
    WEIGHTS.mkdir(exist_ok=True)
    write_lexicon(WEIGHTS / "lexicon.tsv")
    words = lexicon.parse((WEIGHTS / "lexicon.tsv").read_text(encoding="utf-8"))
    sentiment_head = train_sentiment(encoder, words)
    packed = heads.dump_sentiment(encoder.name, sentiment_head.weights, sentiment_head.bias)
    folder = encoders.locate(settings.encoder, settings.data_dir)
    if encoder.name != NAME and folder:
        (folder / "sentiment.npz").write_bytes(packed)  # an encoder of the operator's own: its head lies beside it
        return
    (WEIGHTS / "sentiment.npz").write_bytes(packed)
    write_exemplars(encoder)
    for name, used, head in ((heads.SEMANTIC, encoder, sentiment_head), (heads.LEXICAL, LexicalEncoder(), None)):
        trained = train_dissatisfied(used, Heads(FeatureHead({}, 0, 0, 0), words, head), told=name)
        (WEIGHTS / name).write_text(json.dumps(trained, indent=1) + "\n", encoding="utf-8")


def write_exemplars(encoder: Encoder) -> None:
    """Vectors and weights of the builtin analyst's exemplars."""
    made = exemplars.Fitted.made(encoder)
    (HERE.parent / "src/rapport/analyst/planner/exemplars.npz").write_bytes(made.packed())
    for told, rows in (("words", None), ("words and meaning", made.rows)):
        bank = exemplars.Bank(exemplars.exemplars(), made.index, rows=rows)
        guessed = [bank.intents[place] for place in bank.left_out().argmax(axis=1)]
        right = np.mean([intent == exemplar.intent for intent, exemplar in zip(guessed, bank.exemplars, strict=True)])
        print(f"exemplars, {told}, leaving one out: {right:.3f} of {len(guessed)}")


def write_lexicon(file: Path) -> None:
    """The word list of the vaderSentiment package, one decimal, without the annotators' ballots."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", folder, VADER], check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            raw = wheel.read("vaderSentiment/vader_lexicon.txt").decode("utf-8")
    pairs = [line.split("\t")[:2] for line in raw.splitlines() if line.strip()]
    header = "# Word valence -4..4 of VADER (C.J. Hutto and E. Gilbert, 2014), MIT licence; see lexicon.card.md\n"
    file.write_text(header + "".join(f"{word}\t{float(score):g}\n" for word, score in pairs if word not in LEFT_OUT), encoding="utf-8")


def tweets() -> tuple[list[str], np.ndarray]:
    """Cleaned texts and mean human scores -4..4."""
    folder = Path(os.environ.get("RAPPORT_TEST_DATA", "../shared/data"))
    with gzip.open(folder / "sentiment_vader_tweets.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [text.spoken(text.masked(row["text"])) for row in rows], np.array([row["score"] for row in rows])


def train_sentiment(encoder: Encoder, words: Lexicon) -> SentimentHead:
    """The tweets, and those turns of our own whose sentiment is plain: dialogue says things that tweets do not."""
    texts, scores = tweets()
    classes = np.where(scores <= -CLASS_BOUND, 0, np.where(scores >= CLASS_BOUND, 2, 1))
    own, own_classes = plain_turns()
    vectors = encoder.encode([*texts, *own])
    labels = np.concatenate([classes, own_classes])
    weights = np.concatenate([np.ones(len(texts)), np.full(len(own), OWN_WEIGHT)])
    model = LogisticRegression(C=SENTIMENT_C, class_weight="balanced", max_iter=5000, tol=1e-6)
    said = np.array([words.score(text) for text in texts])
    chances = np.empty((len(texts), 3))
    for train, test in KFold(5, shuffle=True, random_state=0).split(texts):
        rows = np.concatenate([train, np.arange(len(texts), len(labels))])
        model.fit(vectors[rows], labels[rows], sample_weight=weights[rows])
        chances[test] = SentimentHead(encoder.name, model.coef_, model.intercept_).probabilities(vectors[test], said[test])
    macro = f1_score(classes, chances.argmax(axis=1), average="macro")
    correlation = np.corrcoef(sentiment.from_probabilities(chances), scores)[0, 1]
    print(
        f"sentiment, tweets, 5-fold: macro-F1 {macro:.3f}, AUC {roc_auc_score(classes == 0, chances[:, 0]):.3f}, Pearson {correlation:.3f}"
    )
    model.fit(vectors, labels, sample_weight=weights)
    return SentimentHead(encoder.name, model.coef_, model.intercept_)


def plain_turns() -> tuple[list[str], np.ndarray]:
    """Turns of training/turns.tsv (up to 1.5 negative, 3 neutral, from 4 positive; what lies between is left out) and of moods.tsv."""
    rows = [(float(score), said) for score, _, _, said in examples()]
    kept = [(said, 0 if score <= 1.5 else 2 if score >= 4 else 1) for score, said in rows if score <= 1.5 or score == 3 or score >= 4]
    kept += [(said, MOODS.index(label)) for label, said in written("moods.tsv")]
    return [text.spoken(text.masked(said)) for said, _ in kept], np.array([label for _, label in kept])


def examples() -> list[list[str]]:
    """[score, earlier user turn, reply, user turn] of training/turns.tsv; `-` where there is none."""
    return written("turns.tsv")


def written(name: str) -> list[list[str]]:
    """The fields of each line of a file of examples of our own."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines if not line.startswith("#")]


def train_dissatisfied(encoder: Encoder, known: Heads, *, told: str) -> dict:
    """Ridge on the written scores, then a logistic curve on score <= 2.25. The examples hold far more unhappy turns than real
    dialogue, so the curve is fitted with weights that restore BASE_RATE."""
    labels, features = example_features(encoder, known)
    names = sorted(set(features[0]) - set(JUDGED))
    signs = np.array([-1.0 if name in EASING else 1.0 for name in names])
    table = np.array([[row[name] for name in names] for row in features]) * signs
    unhappy = labels <= DISSATISFIED_AT
    target = -np.where(labels > 3, 3 + (labels - 3) * PLEASED_SHARE, labels)
    model, groups = Ridge(alpha=RIDGE_ALPHA, positive=True), situations()
    guessed = cross_val_predict(model, table, target, cv=GroupKFold(10), groups=groups)
    print(f"{told}, own examples, 10-fold: Pearson {np.corrcoef(guessed, target)[0, 1]:.3f}, AUC {roc_auc_score(unhappy, guessed):.3f}")
    model.fit(table, target)
    weight = np.where(unhappy, BASE_RATE / unhappy.mean(), (1 - BASE_RATE) / (1 - unhappy.mean()))
    compare_curves(guessed, unhappy, weight, groups)
    curve = LogisticRegression(C=1e3).fit(guessed[:, None], unhappy, sample_weight=weight)
    slope, start = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    pivot = (np.log(BASE_RATE / (1 - BASE_RATE)) - start) / slope
    weights = dict(zip(names, (model.coef_ * signs).tolist(), strict=True)) | JUDGED
    return {
        "made": "make train-heads",
        "encoder": encoder.name,
        "bias": round(float(model.intercept_), 5),
        "slope": round(slope * CERTAINTY, 5),
        "intercept": round(start + slope * (1 - CERTAINTY) * pivot, 5),
        "weights": {name: round(value, 5) for name, value in sorted(weights.items()) if value},
    }


def situations() -> np.ndarray:
    """A number for each example of training/turns.tsv, the same where they answer the same reply: folds never part a situation."""
    known: dict[str, int] = {}
    replies = (reply if reply != "-" else said for _, _, reply, said in examples())
    return np.array([known.setdefault(reply, len(known)) for reply in replies])


def compare_curves(guessed: np.ndarray, unhappy: np.ndarray, weight: np.ndarray, groups: np.ndarray) -> None:
    """Prints the log loss, on situations left out, of the logistic curve and of an isotonic one: the lower is the more honest."""
    logistic, isotonic = np.empty(len(guessed)), np.empty(len(guessed))
    for train, test in GroupKFold(10).split(guessed, unhappy, groups):
        curve = LogisticRegression(C=1e3).fit(guessed[train, None], unhappy[train], sample_weight=weight[train])
        logistic[test] = curve.predict_proba(guessed[test, None])[:, 1]
        steps = IsotonicRegression(y_min=0.002, y_max=0.98, out_of_bounds="clip")
        isotonic[test] = steps.fit(guessed[train], unhappy[train], sample_weight=weight[train]).predict(guessed[test])
    losses = [log_loss(unhappy, chances, sample_weight=weight) for chances in (logistic, isotonic)]
    sure = logistic >= 0.4
    said, was = (np.average(values[sure], weights=weight[sure]) for values in (logistic, unhappy))
    print(f"  log loss, logistic {losses[0]:.3f}, isotonic {losses[1]:.3f}; from 0.4 on, unflattened: said {said:.2f}, was {was:.2f}")


def example_features(encoder: Encoder, known: Heads) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Scores and features of training/turns.tsv, computed by the code that analyses real conversations."""
    labels, rows = [], []
    for score, earlier, reply, said in examples():
        read = dialogue.read(_conversation((("user_message", earlier), ("assistant_message", reply), ("user_message", said))))
        utterances = [turn.user for turn in read.turns]
        vectors = encoder.encode([utterance.spoken for utterance in utterances])
        scores = sentiment.score_messages(utterances, vectors if encoder.semantic else None, known)
        contexts = dissatisfied.contexts(read.turns, scores, repeats.similarities(utterances, vectors if encoder.semantic else None))
        labels.append(float(score))
        rows.append(dissatisfied.features(read.turns[-1], contexts[-1], known.lexicon))
    return np.array(labels), rows


def _conversation(said: Sequence[tuple[str, str]]) -> Conversation:
    nobody, now = UUID(int=0), datetime(2026, 1, 1, tzinfo=UTC)
    messages = tuple(Message(UUID(int=n + 1), n, kind, now, content=content) for n, (kind, content) in enumerate(said) if content != "-")
    return Conversation(0, nobody, nobody, now, now, messages)


if __name__ == "__main__":
    main()
