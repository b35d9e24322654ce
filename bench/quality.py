"""`make bench-quality [SECTIONS="safety language"]`: the analyses against development sets, next to classic baselines, with the
encoder and without.

Each section is a function that gives a table; sections whose data is missing say so. Data: RAPPORT_TEST_DATA (not shipped).
Nothing that is measured here was trained on its set, except where the table says "5-fold".
"""

import gzip
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from bench import quality_text
from rapport.analysis import pipeline, toolkit, transcript
from rapport.analysis.toolkit import Toolkit
from rapport.config import Settings
from rapport.domain.analysis import FLAGS, Analysis
from rapport.providers import encoders
from rapport.providers.encoder_lexical import LexicalEncoder

DATA = Path(os.environ.get("RAPPORT_TEST_DATA", "../shared/data"))
LABELS = ("negative", "neutral", "positive")
BATCH = 256

Row = tuple[str, ...]


def main(chosen: Sequence[str]) -> None:
    for name, section in SECTIONS.items():
        if chosen and name not in chosen:
            continue
        print(f"\n{name}: {(section.__doc__ or '').splitlines()[0]}")
        try:
            rows = section()
        except FileNotFoundError as error:
            print(f"  left out: {error.filename} is not there")
            continue
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def load(name: str) -> list[dict]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def toolkits() -> list[tuple[str, Toolkit]]:
    """With the encoder where one is installed, and without."""
    settings = Settings()
    encoder = encoders.open_encoder(settings.encoder, settings.data_dir)
    both = [encoder, LexicalEncoder()] if encoder.semantic else [encoder]
    return [(used.name, toolkit.load(used)) for used in both]


def analysed(bodies: Sequence[dict], tools: Toolkit) -> list[Analysis]:
    """The analyses of POST /messages bodies; a failure stops the bench."""
    results: list[Analysis] = []
    for start in range(0, len(bodies), BATCH):
        for outcome in pipeline.analyse([transcript.conversation(body) for body in bodies[start : start + BATCH]], tools):
            if not isinstance(outcome, Analysis):
                raise RuntimeError(str(outcome))
            results.append(outcome)
    return results


def sentiment() -> list[Row]:
    """airline messages (7,251; evaluation only), nothing trained on them: macro-F1 of three labels, AUC of negative against the rest"""
    rows = load("sentiment_airline_a")
    truth = np.array([LABELS.index(row["label"]) for row in rows])
    table: list[Row] = [("method", "macro-F1", "negative AUC")]
    vader = _vader([row["text"] for row in rows])
    if vader is not None:
        labels = np.where(vader <= -0.05, 0, np.where(vader >= 0.05, 2, 1))
        table.append(("VADER", f"{f1_score(truth, labels, average='macro'):.3f}", f"{roc_auc_score(truth == 0, -vader):.3f}"))
    for name, tools in toolkits():
        messages = [result.messages[0] for result in analysed([_alone(row["text"]) for row in rows], tools)]
        scores = np.array([message.sentiment or 0.0 for message in messages])
        labels = np.array([LABELS.index(message.sentiment_label or "neutral") for message in messages])
        table.append((name, f"{f1_score(truth, labels, average='macro'):.3f}", f"{roc_auc_score(truth == 0, -scores):.3f}"))
    return table


def satisfaction() -> list[Row]:
    """USS MWOZ (1,000 dialogues, 11,553 rated turns; evaluation only): Spearman with the mean rating, AUC of dissatisfied turns (<= 2.5)"""
    rows = load("satisfaction_uss_mwoz")
    bodies = [{"messages": [{"role": turn["role"], "content": turn["text"]} for turn in row["turns"]]} for row in rows]
    rated = [
        (n, place, statistics.mean(turn["sat"])) for n, row in enumerate(rows) for place, turn in enumerate(row["turns"]) if turn.get("sat")
    ]
    truth = np.array([score for _, _, score in rated])
    table: list[Row] = [("method", "Spearman", "dissatisfied AUC", "Spearman with the overall rating")]
    vader = _vader([rows[n]["turns"][place]["text"] for n, place, _ in rated])
    if vader is not None:
        table.append(("VADER of the turn", f"{_spearman(vader, truth):.3f}", f"{roc_auc_score(truth <= 2.5, -vader):.3f}", ""))
    overall = np.array([statistics.mean(row["overall"]) for row in rows])
    for name, tools in toolkits():
        results = analysed(bodies, tools)
        chances = [{message.seq: message.dissatisfied for message in result.messages} for result in results]
        found = np.array([chances[n].get(place) or 0.0 for n, place, _ in rated])
        index = np.array([result.quality_index or 0.0 for result in results])
        auc = roc_auc_score(truth <= 2.5, found)
        table.append((name, f"{_spearman(-found, truth):.3f}", f"{auc:.3f}", f"{_spearman(index, overall):.3f}"))
    return table


def calibration() -> list[Row]:
    """how often a turn of USS MWOZ was rated dissatisfied (<= 2.5), by the predicted chance"""
    rows = load("satisfaction_uss_mwoz")
    bodies = [{"messages": [{"role": turn["role"], "content": turn["text"]} for turn in row["turns"]]} for row in rows]
    name, tools = toolkits()[0]
    found, truth = [], []
    for row, result in zip(rows, analysed(bodies, tools), strict=True):
        for message in result.messages:
            if row["turns"][message.seq].get("sat") and message.dissatisfied is not None:
                found.append(message.dissatisfied)
                truth.append(statistics.mean(row["turns"][message.seq]["sat"]) <= 2.5)
    chances, unhappy = np.array(found), np.array(truth)
    table: list[Row] = [(f"chance ({name})", "turns", "mean chance", "rated dissatisfied")]
    for low, high in ((0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1.01)):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            share = f"{unhappy[inside].mean():.3f}"
            table.append((f"{low:.2f}-{min(high, 1):.2f}", str(inside.sum()), f"{chances[inside].mean():.3f}", share))
    return table


def safety() -> list[Row]:
    """training/safety.tsv (written for this project, never used for fitting): precision and recall of each flag"""
    lines = (Path(__file__).parent.parent / "training" / "safety.tsv").read_text(encoding="utf-8").splitlines()
    cases = [line.split("|") for line in lines if line and not line.startswith("#")]
    bodies = [_case(source, said, reply) for _, source, said, reply in cases]
    results = analysed(bodies, toolkits()[-1][1])
    table: list[Row] = [("flag", "cases", "precision", "recall", "missed or wrong")]
    for flag in FLAGS:
        wanted = [flag in labels.split(",") for labels, _, _, _ in cases]
        found = [flag in result.flags for result in results]
        right = sum(a and b for a, b in zip(wanted, found, strict=True))
        wrong = [n for n, (a, b) in enumerate(zip(wanted, found, strict=True)) if a != b]
        shown = "; ".join((cases[n][2] if cases[n][2] != "-" else cases[n][3])[:40] for n in wrong[:3])
        table.append((flag, str(sum(wanted)), f"{right / max(1, sum(found)):.2f}", f"{right / max(1, sum(wanted)):.2f}", shown))
    return table


def _case(source: str, said: str, reply: str) -> dict:
    messages: list[dict] = []
    if said != "-":
        messages.append({"role": "user", "content": said})
    if source != "-":
        messages.append({"messageType": "retrieval", "output": {"text": source}})
    if reply != "-":
        messages.append({"role": "assistant", "content": reply})
    return {"messages": messages}


def _alone(text: str) -> dict:
    return {"messages": [{"role": "user", "content": text}]}


def _vader(texts: Sequence[str]) -> np.ndarray | None:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        print("  VADER is left out: pip install vaderSentiment measures it too")
        return None
    analyser = SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(text)["compound"] for text in texts])


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)  # type: ignore[union-attr]


SECTIONS: dict[str, Callable[[], list[Row]]] = {
    "sentiment": sentiment,
    "satisfaction": satisfaction,
    "calibration": calibration,
    "safety": safety,
}


def report(chosen: Sequence[str]) -> None:
    """The chosen sections, or all, of this file and of quality_text, in one report. Exits with a message where one is unknown."""
    known = [*SECTIONS, *quality_text.SECTIONS]
    if unknown := sorted(set(chosen) - set(known)):
        sys.exit(f"There is no section {', '.join(unknown)}; there are {', '.join(known)}.")
    if mine := [name for name in chosen or SECTIONS if name in SECTIONS]:
        main(mine)
    if others := [name for name in chosen or quality_text.SECTIONS if name in quality_text.SECTIONS]:
        print()
        quality_text.main(others)


if __name__ == "__main__":
    report(sys.argv[1:])
