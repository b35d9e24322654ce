"""When topics are found anew, and how: fit on what is stored, keep names and ids of what is still there, give every conversation
its topic. Running the job twice does the same again."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import structlog

from rapport.analysis import dialogue
from rapport.analysis.topics import FIT_SAMPLE, TopicModel, fit, opening
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import Conversation
from rapport.store import analyses, jobs, rollups, topics, transcripts
from rapport.store.database import Database
from rapport.worker.toolkits import Toolkits

log = structlog.get_logger()

LEAST_CONVERSATIONS = 30
GROWTH = 1.3
"""Topics are found anew when there are so many times as many conversations as at the last fit."""
PAUSE = timedelta(seconds=5)
FRESH = timedelta(hours=1)
"""A fit this young may have been made in the middle of an import. Nobody knows its names yet: the next fit names anew what it finds."""
IMPORTED_GROWTH = 1.05
"""... or when nothing waits to be analysed, there are so many times as many, and the last fit is fresh: an import is over. Fits that
follow on each other are so many times as large, so that a tenant that grows by the minute is not fitted by the minute."""
NOVEL_SHARE = 0.25
NOVEL_OF = 200
"""... or when a quarter of the last 200 conversations is unlike all topics (0.05 is usual)."""
NOVEL_GROWTH = 1.02
"""... and there are at least so many times as many as at the last fit, since some tenants are never of one kind."""
PAGE = 200
LONGEST_OPENING = 2_000


class TopicJobs:
    """Watches fresh analyses for a reason to fit (`heard`), and does the job (`fit`)."""

    def __init__(self, database: Database, toolkits: Toolkits):
        self._database = database
        self._toolkits = toolkits
        self._familiar: dict[int, deque[bool]] = defaultdict(lambda: deque(maxlen=NOVEL_OF))
        self._fruitless: dict[int, int] = {}  # tenant -> conversations when they said too little for topics

    async def heard(self, tenant_id: int, fresh: Sequence[Analysis]) -> None:
        """Ask for a fit where the tenant has grown, where its conversations are about something new, or where they have been
        analysed with another encoder since."""
        model = await self._toolkits.topic_model(tenant_id)
        unfamiliar = model is not None and self._is_new(tenant_id, model, fresh)
        async with self._database.connection() as connection:
            count = await rollups.conversations(connection, tenant_id)
            if count < max(LEAST_CONVERSATIONS, GROWTH * self._fruitless.get(tenant_id, 0)):
                return
            method, fitted_on, fitted_at = await topics.last_fit(connection, tenant_id) or ("", 0, datetime.now(UTC))
            due = count >= GROWTH * fitted_on or (unfamiliar and count >= NOVEL_GROWTH * fitted_on)
            if not due and count >= IMPORTED_GROWTH * fitted_on and _is_fresh(fitted_at):
                due = await jobs.all_analysed(connection, tenant_id)
            if due or (method != self._method and not await jobs.backlog(connection, tenant_id)):
                await jobs.enqueue(connection, tenant_id, "topics_fit", key="topics", due_at=datetime.now(UTC) + PAUSE)

    @property
    def _method(self) -> str:
        return self._toolkits.encoder.name if self._toolkits.encoder.semantic else "lexical"

    def _is_new(self, tenant_id: int, model: TopicModel, fresh: Sequence[Analysis]) -> bool:
        """Whether many of the last conversations that could have a topic lie far from all of them."""
        seen = self._familiar[tenant_id]
        placed = [a for a in fresh if a.user_message_count and (model.terms is not None or a.embedding)]
        seen.extend(a.topic_similarity is not None and a.topic_similarity >= model.alarm for a in placed)
        if len(seen) < NOVEL_OF or seen.count(False) < NOVEL_SHARE * NOVEL_OF:
            return False
        seen.clear()
        return True

    async def fit(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `topics_fit`."""
        encoder = self._toolkits.encoder
        every, texts, vectors = await self._sample(tenant_id)
        previous = await self._toolkits.topic_model(tenant_id)
        async with self._database.connection() as connection:
            last = await topics.last_fit(connection, tenant_id)
        embeddings = rows_of(vectors, encoder.dimensions) if encoder.semantic else None
        model = await asyncio.to_thread(
            fit, texts, embeddings, method=encoder.name, encode=encoder.encode if encoder.semantic else None,
            previous=previous, keep_names=not (last and _is_fresh(last[2])),
        )  # fmt: skip
        if model is None:
            self._fruitless[tenant_id] = len(texts) * every
            log.info("too little is said for topics", tenant_id=tenant_id, conversations=len(texts))
            return
        async with self._database.transaction() as connection:
            await topics.save(
                connection, tenant_id, blob=model.to_bytes(), method=model.method,
                fitted_on=await rollups.conversations(connection, tenant_id),
                topics=[(t.id, t.group_id, t.name, t.size * every) for t in model.topics], groups=[(g.id, g.name) for g in model.groups],
            )  # fmt: skip
        self._familiar.pop(tenant_id, None)
        self._fruitless.pop(tenant_id, None)
        assigned = 0
        async for page in self._pages(tenant_id, texts_wanted=model.terms is not None):
            assigned += await self._assign(tenant_id, model, page)
        log.info("topics found", tenant_id=tenant_id, topics=len(model.topics), groups=len(model.groups), conversations=assigned)

    async def _sample(self, tenant_id: int) -> tuple[int, list[str], list[bytes | None]]:
        """Openings and embeddings of one in so many analysed conversations that there are about FIT_SAMPLE of them at most."""
        async with self._database.connection() as connection:
            every = max(1, -(-await rollups.conversations(connection, tenant_id) // FIT_SAMPLE))
        texts: list[str] = []
        vectors: list[bytes | None] = []
        async for page in self._pages(tenant_id, texts_wanted=True, every=every):
            texts += [text for _, text, _ in page]
            vectors += [vector for *_, vector in page]
        return every, texts, vectors

    async def _pages(self, tenant_id: int, *, texts_wanted: bool, every: int = 1) -> AsyncIterator[list[tuple[UUID, str, bytes | None]]]:
        """(id, opening, embedding of the present encoder) of one in `every` analysed conversations, page by page."""
        after = None
        while True:
            async with self._database.connection() as connection:
                rows = await analyses.embeddings(connection, tenant_id, after=after, limit=PAGE, every=every)
                if not rows:
                    return
                after = rows[-1][0]
                found = await transcripts.load_many(connection, tenant_id, [row[0] for row in rows]) if texts_wanted else []
            texts = dict(await asyncio.to_thread(openings, found))
            name = self._toolkits.encoder.name
            yield [(i, texts.get(i, ""), vector if method == name else None) for i, method, vector in rows]

    async def _assign(self, tenant_id: int, model: TopicModel, page: Sequence[tuple[UUID, str, bytes | None]]) -> int:
        embeddings = None if model.terms is not None else rows_of([vector for *_, vector in page], model.mean.shape[0])
        hits = await asyncio.to_thread(model.assign, embeddings, [text for _, text, _ in page])
        assigned = {
            conversation_id: (hit.topic_id, hit.group_id, hit.similarity) if hit else (None, None, None)
            for (conversation_id, *_), hit in zip(page, hits, strict=True)
        }
        async with self._database.transaction() as connection:
            await analyses.assign_topics(connection, tenant_id, assigned)
        return len(assigned)


def _is_fresh(fitted_at: datetime) -> bool:
    return datetime.now(UTC) - fitted_at < FRESH


def openings(found: Sequence[Conversation]) -> list[tuple[UUID, str]]:
    """As the pipeline reads them, so that a conversation keeps its topic when it is analysed again."""
    return [(c.id, "\n".join(opening([turn.user.spoken for turn in dialogue.read(c).turns]))[:LONGEST_OPENING]) for c in found]


def rows_of(vectors: Sequence[bytes | None], dimensions: int) -> np.ndarray:
    """float32 [n, dimensions]; a row of zeros where there is no embedding."""
    rows = np.zeros((len(vectors), dimensions), dtype=np.float32)
    for place, vector in enumerate(vectors):
        if vector:
            rows[place] = np.frombuffer(vector, dtype=np.float16)
    return rows
