"""`rapport analyse`: a file of POST /messages bodies in, one analysis a line out, in the same order; no server, no database.

Bounded memory: lines are analysed in batches and written at once. Topics need to know all conversations first, so with them the
results wait in a temporary file, and a sample of the openings is what the topics are found in.
"""

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from rapport.analysis import pipeline, text, topics, transcript
from rapport.analysis.pipeline import AnalysisFailure
from rapport.analysis.toolkit import Toolkit
from rapport.analysis.topics import TopicModel
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import Conversation
from rapport.errors import Invalid, RapportError
from rapport.importing import BadLine, lines

BATCH = 64
BATCH_BYTES = 4 * 2**20
SAMPLE = topics.FIT_SAMPLE
OPENING_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Job:
    """What to analyse and whom to tell. `advanced` hears the bytes of the file read so far. `k` fixes the number of topics."""

    path: Path
    toolkit: Toolkit
    find_topics: bool = False
    k: int | None = None
    skip_bad: bool = False
    advanced: Callable[[int], None] = lambda read: None
    complain: Callable[[BadLine], None] = lambda bad: None


@dataclass(slots=True)
class Report:
    """What was done: lines written, bad lines left out, conversations that could not be analysed."""

    analysed: int = 0
    bad: int = 0
    failed: int = 0
    topics: int | None = None


def run(job: Job, out: IO[str]) -> Report:
    """Analyse the file. Without `skip_bad` the first bad line ends it (Invalid, with its number); all before it is written."""
    report = Report()
    if not job.find_topics:
        for read, outcome in _outcomes(job, report):
            out.write(_told(read, outcome, topics=False) + "\n")
        return report
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        model = _gather(job, report, waiting)
        report.topics = len(model.topics) if model else 0
        waiting.seek(0)
        _release(waiting, model, out)
    return report


def _outcomes(job: Job, report: Report) -> Iterator[tuple[Conversation, Analysis | AnalysisFailure]]:
    """Each conversation and its outcome, in order; told about bad lines on the way."""
    batch: list[Conversation] = []
    size = 0
    for number, line, read in lines(job.path):
        try:
            batch.append(transcript.conversation(json.loads(line)))
        except (Invalid, ValueError, RecursionError) as error:
            yield from _analysed(job, batch, report)
            batch, size = [], 0
            _refuse(BadLine(number, error.message if isinstance(error, RapportError) else f"not JSON: {error}."), job, report)
        size += len(line)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield from _analysed(job, batch, report)
            batch, size = [], 0
            job.advanced(read)
    yield from _analysed(job, batch, report)
    job.advanced(job.path.stat().st_size)


def _analysed(job: Job, batch: list[Conversation], report: Report) -> Iterator[tuple[Conversation, Analysis | AnalysisFailure]]:
    for read, outcome in zip(batch, pipeline.analyse(batch, job.toolkit), strict=True):
        report.analysed += isinstance(outcome, Analysis)
        report.failed += isinstance(outcome, AnalysisFailure)
        yield read, outcome


def _refuse(bad: BadLine, job: Job, report: Report) -> None:
    report.bad += 1
    job.complain(bad)
    if not job.skip_bad:
        raise Invalid(f"line {bad.number} is bad: {bad.reason} Mend it, or add --skip-bad to leave such lines out.")


def _told(read: Conversation, outcome: Analysis | AnalysisFailure, *, topics: bool) -> str:
    if isinstance(outcome, AnalysisFailure):
        return _json({"externalConversationId": read.external_id, "error": outcome.error})
    return _json(transcript.line(read, outcome, topics=topics))


def _gather(job: Job, report: Report, waiting: IO[str]) -> TopicModel | None:
    """Analyse all into the waiting file; give the topics found in a sample (reservoir of Vitter 1985, fixed seed)."""
    draw = random.Random(0)
    texts: list[str] = []
    vectors: list[np.ndarray] = []
    seen = 0
    for read, outcome in _outcomes(job, report):
        opening, embedding = _opening(read), outcome.embedding if isinstance(outcome, Analysis) else None
        known = embedding.hex() if embedding else None
        waiting.write(_json([json.loads(_told(read, outcome, topics=True)), opening, known]) + "\n")
        if not opening or (job.toolkit.encoder.semantic and embedding is None):
            continue
        seen += 1
        place = len(texts) if len(texts) < SAMPLE else draw.randrange(seen)
        vector = np.frombuffer(embedding, dtype=np.float16) if embedding else np.zeros(0, dtype=np.float16)
        if place == len(texts):
            texts.append(opening)
            vectors.append(vector)
        elif place < SAMPLE:
            texts[place], vectors[place] = opening, vector
    encoder = job.toolkit.encoder
    if not encoder.semantic:
        return topics.fit(texts, None, k=job.k)
    embeddings = np.stack(vectors) if vectors else np.zeros((0, 1), dtype=np.float16)
    del vectors
    return topics.fit(texts, embeddings, method=encoder.name, encode=encoder.encode, k=job.k)


def _opening(read: Conversation) -> str:
    said = [text.spoken(text.masked(message.content or "")) for message in read.user_messages[: topics.OPENING_MESSAGES * 4]]
    return " ".join(topics.opening(said))[:OPENING_CHARACTERS]


def _release(waiting: IO[str], model: TopicModel | None, out: IO[str]) -> None:
    """Write the waiting lines with their topics."""
    batch: list[Any] = []
    for line in waiting:
        batch.append(json.loads(line))
        if len(batch) == 1_000:
            _write_with_topics(batch, model, out)
            batch = []
    _write_with_topics(batch, model, out)


def _write_with_topics(batch: list[Any], model: TopicModel | None, out: IO[str]) -> None:
    lexical = model is not None and model.terms is not None
    places = [n for n, (told, opening, known) in enumerate(batch) if model and "error" not in told and (opening if lexical else known)]
    if model is not None and places:
        rows = (
            None if lexical else np.stack([np.frombuffer(bytes.fromhex(batch[n][2]), dtype=np.float16) for n in places]).astype(np.float32)
        )
        for place, hit in zip(places, model.assign(rows, [batch[n][1] for n in places]), strict=True):
            if hit is not None:
                batch[place][0]["topic"] = {"id": str(hit.topic_id), "name": hit.topic}
                batch[place][0]["topicGroup"] = {"id": str(hit.group_id), "name": hit.group}
    for told, _, _ in batch:
        out.write(_json(told) + "\n")


def _json(value: Any) -> str:
    """One line of JSON. Half surrogate pairs, which JSON may spell and UTF-8 may not hold, become question marks."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _vector(packed: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(packed), dtype=np.float16).astype(np.float32)
