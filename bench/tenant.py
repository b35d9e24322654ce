"""A large tenant, filled through the store's own write path: the demo tenant's stories told again and again, to other people.

Some hundred dialogues are really analysed once, with real topics. Each copy of one is another conversation: other numbers in its
text, another user, another time; it is stored by `conversations.append_many` and its analysis by `analyses.save`, so that rows, indexes,
full text and rollups are what the server itself would have made. Ratings and events are COPYed.
"""

import asyncio
import contextlib
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from rich.progress import track

from bench.ingest import serve
from bench.load import cpu_s, postgres_cpu_s, rss_kib
from rapport.analysis import pipeline, toolkit, topics
from rapport.api.greenflash.messages import LogMessages, batch_of
from rapport.app import open_database
from rapport.config import Settings
from rapport.demo.requests import requests
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import Conversation, Message, Rating
from rapport.domain.ids import new_id
from rapport.providers.encoders import open_encoder
from rapport.store import analyses, catalog, conversations, keys, people, transcripts
from rapport.store import topics as topic_store
from rapport.store.batch import Batch
from rapport.store.database import Connection, Database
from rapport.worker.inbox_jobs import InboxJobs
from rapport.worker.segment_jobs import SegmentJobs
from rapport.worker.topic_jobs import openings, rows_of

SEEDS = (10, 11, 12)
SPREADS = 4  # copies reach so many times 60 days back
POPULATIONS = 75  # of 120 people each
COMPANIES = 20  # of 14 organizations each
CHUNK = 100
NUMBER = re.compile(r"\d{3,}")


@dataclass(frozen=True)
class Story:
    """One dialogue of the demo tenant, analysed; `rating` and `event` are bodies of the API."""

    batch: Batch
    at: datetime
    analysis: Analysis
    rating: dict[str, Any] | None
    event: dict[str, Any] | None


@dataclass(frozen=True)
class Served:
    """A server, its data folder, a client with the tenant's key, and the ids of `load`."""

    process: subprocess.Popen
    folder: Path
    client: httpx2.Client
    ids: dict[str, UUID]

    def cpu_ms(self) -> float:
        """CPU time of the server and of its PostgreSQL so far."""
        return 1000 * (cpu_s(self.process.pid) + postgres_cpu_s(self.folder))

    def memory_mib(self) -> float:
        return rss_kib(self.process.pid) / 1024


@contextlib.contextmanager
def served(folder: Path | None, conversations_wanted: int) -> Iterator[Served]:
    """A server over this folder (None: one that is thrown away) with a tenant of so many conversations."""
    with tempfile.TemporaryDirectory() as spare:
        os.environ["RAPPORT_WORKER"] = "false"
        chosen = folder or Path(spare)
        process, url = serve(chosen)
        try:
            key, ids = asyncio.run(_loaded(chosen, conversations_wanted))
            with httpx2.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
                yield Served(process, chosen, client, ids)
        finally:
            process.terminate()
            process.wait(20)


async def _loaded(folder: Path, wanted: int) -> tuple[str, dict[str, UUID]]:
    async with open_database(Settings(data_dir=folder)) as database:
        return await load(database, wanted)


async def load(database: Database, conversations_wanted: int) -> tuple[str, dict[str, UUID]]:
    """(key, ids by kind of one product, user, organization, model, prompt, conversation, segment) of the tenant `bench-N` with so many
    conversations. It is filled where it is not yet; a key is made each time."""
    name = f"bench-{conversations_wanted}"
    async with database.connection() as connection:
        is_new = name not in await keys.tenants(connection)
        tenant_id = await keys.ensure_tenant(connection, name)
        _, key = await keys.create_key(connection, tenant_id)
    if is_new:
        await _fill(database, tenant_id, conversations_wanted)
    async with database.connection() as connection:
        return key, await _ids(connection, tenant_id)


async def _fill(database: Database, tenant_id: int, wanted: int) -> None:
    told = [list(requests(datetime.now(UTC), seed)) for seed in SEEDS]
    await _catalog(database, tenant_id, told[0], (1 + wanted // 600))
    stories = await _stories(database, tenant_id, told)
    chance = random.Random(1)
    plan = ((number, stories[number % len(stories)], number // len(stories)) for number in range(wanted))
    for chunk in track(_chunks(plan, CHUNK), description="storing", total=-(-wanted // CHUNK)):
        await _store(database, tenant_id, chunk, chance)
    await _derive(database, tenant_id)
    async with database.connection() as connection:
        await connection.execute("VACUUM ANALYZE", timeout=900)


async def _derive(database: Database, tenant_id: int) -> None:
    """Segments and the inbox, as the worker's jobs make them."""
    start = time.perf_counter()
    await SegmentJobs(database).refresh(tenant_id, {})
    print(f"segments refreshed in {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    await InboxJobs(database).refresh(tenant_id, {})
    print(f"inbox refreshed in {time.perf_counter() - start:.1f} s")


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := [item for item, _ in zip(items, range(size), strict=False)]:
        yield chunk


# People, products, stories --------------------------------------------------------------------------------------------


async def _catalog(database: Database, tenant_id: int, told: Sequence[tuple[str, str, dict]], copies: int) -> None:
    async with database.transaction() as connection:
        for _, name, body in (each for each in told if each[0] == "PRODUCT"):
            await catalog.create_product(connection, tenant_id, name, product_id=UUID(body["id"]))
        for _, path, body in (each for each in told if each[1] in ("/organizations", "/users")):
            change = {name: body.get(name) for name in ("name", "email")} | {"properties": body.get("properties", {})}
            if path == "/organizations":
                for copy in range(min(COMPANIES, copies)):
                    name = f"{body['name']} {copy + 1}" if copy else body["name"]
                    given = people.PersonChange(**change | {"name": name})
                    await people.upsert_organization(connection, tenant_id, _company(body["externalOrganizationId"], copy), given)
                continue
            for copy in range(min(POPULATIONS, copies)):
                given = people.PersonChange(
                    **change | ({"name": f"{body['name']} {copy + 1}", "email": f"{copy}.{body['email']}"} if copy else {})
                )
                await people.upsert_user(connection, tenant_id, _person(body["externalUserId"], copy), given)


def _company(external_id: str, copy: int) -> str:
    return f"{external_id}-{copy % COMPANIES}"


def _person(external_id: str, copy: int) -> str:
    return f"{external_id}-{copy % POPULATIONS}"


async def _stories(database: Database, tenant_id: int, told: Sequence[Sequence[tuple[str, str, dict]]]) -> list[Story]:
    """Every dialogue of these tellings with its real analysis; the tenant gets the topics that were found in them."""
    settings = Settings()
    bodies: dict[tuple[int, str], dict[str, dict]] = {}
    for seed, sent in enumerate(told):
        for _, path, body in sent:
            if path in ("/messages", "/ratings", "/events"):
                bodies.setdefault((seed, body["externalConversationId"]), {})[path] = body
    batches = [batch_of(LogMessages.model_validate(each["/messages"]), settings) for each in bodies.values()]
    talks = [_talk(batch) for batch in batches]
    encoder = open_encoder(settings.encoder, settings.data_dir)
    tools = toolkit.load(encoder)
    found = [analysis for analysis in pipeline.analyse(talks, tools) if isinstance(analysis, Analysis)]
    texts = [text for _, text in openings(talks)]
    vectors = rows_of([analysis.embedding for analysis in found], encoder.dimensions) if encoder.semantic else None
    model = topics.fit(texts, vectors, method=encoder.name, encode=encoder.encode if encoder.semantic else None)
    assert model is not None
    async with database.transaction() as connection:
        await topic_store.save(
            connection, tenant_id, blob=model.to_bytes(), method=model.method, fitted_on=10**9,  # nothing here is a reason to fit anew
            topics=[(t.id, t.group_id, t.name, t.size) for t in model.topics], groups=[(g.id, g.name) for g in model.groups],
        )  # fmt: skip
    found = pipeline.analyse(talks, replace(tools, topics=model))
    return [
        Story(batch, talk.created_at, analysis, each.get("/ratings"), each.get("/events"))
        for batch, talk, analysis, each in zip(batches, talks, found, bodies.values(), strict=True)
        if isinstance(analysis, Analysis)
    ]


def _talk(batch: Batch) -> Conversation:
    """A batch as the analysis reads it."""
    at = batch.messages[0].created_at
    assert at
    assert batch.product_id
    fields = ("type", "content", "external_id", "parent_external_id", "tool_name", "input", "output")
    messages = tuple(
        Message(new_id(), seq, created_at=m.created_at or at, **{name: getattr(m, name) for name in fields})
        for seq, m in enumerate(batch.messages)
    )
    return Conversation(1, new_id(), batch.product_id, at, at, messages)


# Storing --------------------------------------------------------------------------------------------------------------


async def _store(database: Database, tenant_id: int, chunk: Sequence[tuple[int, Story, int]], chance: random.Random) -> None:
    """One chunk: messages, ratings and events, then the analyses."""
    batches, shifts = [], []
    for number, story, copy in chunk:
        shift = timedelta(days=-60 * (copy % SPREADS), minutes=-chance.randrange(720) if copy else 0)
        digits = str(chance.randrange(10**11, 10**12))
        batches.append(_copy(story.batch, f"c-{number}", copy, shift, digits))
        shifts.append(shift)
    async with database.transaction() as connection:
        stored = await conversations.append_many(connection, tenant_id, batches)
        ids = [each.conversation_id for each in stored if isinstance(each, conversations.Appended)]
        await _signals(connection, tenant_id, ids, chunk, shifts)
    async with database.transaction() as connection:
        loaded = await transcripts.load_many(connection, tenant_id, ids)
        results = [(talk, story.analysis, 1) for talk, (_, story, _) in zip(loaded, chunk, strict=True)]
        await analyses.save(connection, tenant_id, results)


def _copy(batch: Batch, external_id: str, copy: int, shift: timedelta, digits: str) -> Batch:
    def other(text: str | None) -> str | None:
        return text and NUMBER.sub(lambda found: digits[: len(found[0])].ljust(len(found[0]), "7"), text)

    messages = tuple(
        replace(
            m, content=other(m.content), created_at=m.created_at and m.created_at + shift,
            external_id=f"{external_id}-{seq}", parent_external_id=m.parent_external_id and f"{external_id}-{seq - 1}",
        )
        for seq, m in enumerate(batch.messages)
    )  # fmt: skip
    return replace(
        batch, messages=messages, external_id=external_id, external_user_id=_person(batch.external_user_id, copy),
        external_organization_id=batch.external_organization_id and _company(batch.external_organization_id, copy % POPULATIONS),
    )  # fmt: skip


async def _signals(
    connection: Connection, tenant_id: int, ids: Sequence[UUID], chunk: Sequence[tuple[int, Story, int]], shifts: Sequence[timedelta]
) -> None:
    """The ratings and events of a chunk."""
    rated, happened = [], []
    for conversation_id, (_, story, _), shift in zip(ids, chunk, shifts, strict=True):
        if given := story.rating:
            rating = Rating(given["rating"], given["ratingMin"], given["ratingMax"], datetime.fromisoformat(given["ratedAt"]) + shift)
            numbers = (rating.value, rating.low, rating.high, rating.score)
            rated.append((tenant_id, conversation_id, *numbers, given.get("feedback"), rating.rated_at, new_id()))
        if given := story.event:
            number = float(given["value"]) if given["valueType"] == "currency" else None
            what = (given["eventType"], given["value"], given["valueType"], number, given["influence"])
            happened.append((tenant_id, conversation_id, new_id(), *what, datetime.fromisoformat(given["eventAt"]) + shift))
    await connection.executemany(
        """
        WITH kept AS (
            UPDATE conversation SET rating = $3, rating_min = $4, rating_max = $5, rating_score = $6, feedback = $7, rated_at = $8
            WHERE tenant_id = $1 AND id = $2 RETURNING product_id
        )
        INSERT INTO rating (tenant_id, id, product_id, conversation_id, rating, rating_min, rating_max, feedback, rated_at)
        SELECT $1, $9, product_id, $2, $3, $4, $5, $7, $8 FROM kept
        """,
        rated,
    )
    await connection.executemany(
        """
        INSERT INTO event (tenant_id, id, product_id, event_type, value, value_type, value_number, influence, user_id, organization_id,
                           conversation_id, event_at, quality_impact)
        SELECT $1, $3, product_id, $4, $5, $6, $7, $8, user_id, organization_id, id, $9, 0
        FROM conversation WHERE tenant_id = $1 AND id = $2
        """,
        happened,
    )


async def _ids(connection: Connection, tenant_id: int) -> dict[str, UUID]:
    """One busy product, user, organization, model and prompt, and one of its conversations."""
    row = await connection.fetchrow(
        """
        SELECT product_id AS product, user_id AS user, organization_id AS organization, model_id AS model, prompt_id AS prompt,
               id AS conversation,
               (SELECT id FROM segment WHERE tenant_id = $1 AND member_count > 0 ORDER BY member_count DESC LIMIT 1) AS segment
        FROM conversation WHERE tenant_id = $1 AND organization_id IS NOT NULL AND external_id LIKE 'c-1%'
        ORDER BY external_id LIMIT 1
        """,
        tenant_id,
    )  # fmt: skip
    assert row
    return dict(row)
