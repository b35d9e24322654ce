"""The composition root: settings in, a running application out. The only place that builds objects and joins rooms."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx2
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from rapport import __version__
from rapport.analysis import pii
from rapport.analyst.agent import ModelFor
from rapport.analyst.builtin import BuiltinAnalyst, Indexes, warm_up
from rapport.analyst.chat import Office
from rapport.analyst.planner.exemplars import Meaning
from rapport.analyst.tools import Desk
from rapport.analyst.trackers import Trackers
from rapport.analytics.lexicon import Lexicons
from rapport.api import brands, envelopes, middleware
from rapport.api.frames import DIALECTS
from rapport.api.greenflash import catalog, chat, inbox, interactions, messages, people, prompts, reports, segments, signals
from rapport.api.native import admin, connections, custom_analyses, health, judgements, reference, runs, tickets, webhooks
from rapport.api.pingrep import ask as pingrep_ask
from rapport.api.pingrep import messages as pingrep_messages
from rapport.api.pingrep import profiles as pingrep_profiles
from rapport.api.pingrep import sessions as pingrep_sessions
from rapport.api.state import State
from rapport.api.streaming import Streams
from rapport.api.teammate import agents as teammate_agents
from rapport.api.teammate import chat as teammate_chat
from rapport.api.teammate import conversations as teammate_conversations
from rapport.api.teammate import keys as teammate_keys
from rapport.api.teammate import memories as teammate_memories
from rapport.api.teammate import teams as teammate_teams
from rapport.api.teammate import webhooks as teammate_webhooks
from rapport.config import Settings
from rapport.domain.analysis import Analysis
from rapport.domain.brand import OWN
from rapport.errors import ModelNeeded
from rapport.ports import Encoder, ModelProvider
from rapport.providers.encoders import open_encoder
from rapport.providers.models import model_provider
from rapport.runs.desk import Desk as AgentDesk
from rapport.runs.http_tools import HttpTools
from rapport.runs.hub import Hub
from rapport.runs.knowledge import Knowledge
from rapport.runs.mcp_tools import McpTools
from rapport.store import database, embedded, rollups
from rapport.store.database import Database
from rapport.store.group_commit import GroupCommit
from rapport.store.vault import Vault, open_vault
from rapport.worker import inbox_jobs
from rapport.worker.apart import Apart
from rapport.worker.asker import Asker
from rapport.worker.judge_jobs import JudgeJobs
from rapport.worker.judge_loop import JudgeLoop
from rapport.worker.loop import Worker
from rapport.worker.retention import Retention
from rapport.worker.segment_jobs import SegmentJobs
from rapport.worker.toolkits import Toolkits
from rapport.worker.topic_jobs import TopicJobs
from rapport.worker.webhook_jobs import WebhookJobs

WORKER_PATIENCE_S = 15.0


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of these settings, migrated: RAPPORT_DATABASE_URL, else the embedded server of the data folder."""
    server = None if settings.database_url else embedded.start(settings.data_dir)
    try:
        url = server.url if server else settings.database_url.get_secret_value()  # type: ignore[union-attr]
        opened = await database.connect(url, connections=settings.database_connections)
        try:
            await database.migrate(opened)
            yield opened
        finally:
            await opened.close()
    finally:
        if server:
            server.release()


@contextlib.asynccontextmanager
async def open_hub(settings: Settings, database: Database) -> AsyncIterator[Hub]:
    """The run engine of this process, ready for runs."""
    hub = Hub(
        database, DIALECTS, max_seconds=settings.run_max_seconds, abandoned_seconds=settings.run_abandoned_seconds,
        keep_days=settings.run_keep_days,
    )  # fmt: skip
    await hub.open()
    try:
        yield hub
    finally:
        await hub.close()


@contextlib.asynccontextmanager
async def open_worker(
    settings: Settings, database: Database, encoder: Encoder, *, backlog: bool = False, apart: bool = False
) -> AsyncIterator[Worker]:
    """A worker of this process, at work until the block ends; then the batch or job in hand gets WORKER_PATIENCE_S to end. With `apart`
    it has conversations analysed in another process."""
    analysing = Apart(settings.encoder, settings.data_dir) if apart else None
    toolkits = Toolkits(database, encoder, analysing)
    topic_jobs = TopicJobs(database, toolkits)

    async def rebuild_rollups(tenant_id: int, payload: Mapping[str, Any]) -> None:
        async with database.transaction() as connection:
            await rollups.rebuild(connection, tenant_id)

    segment_jobs = SegmentJobs(database)
    webhook_jobs = webhooks_of(settings, database)

    async def heard(tenant_id: int, fresh: Sequence[Analysis]) -> None:
        await topic_jobs.heard(tenant_id, fresh)
        await segment_jobs.heard(tenant_id, fresh)
        async with database.connection() as connection:
            await inbox_jobs.ask(connection, tenant_id)

    judging = judge_jobs_of(settings, database)
    handlers = {
        "topics_fit": topic_jobs.fit, "rollup_rebuild": rebuild_rollups, "segments_refresh": segment_jobs.refresh,
        "inbox_refresh": inbox_jobs.InboxJobs(database).refresh, "retention": Retention(database).expire, "webhook": webhook_jobs.deliver,
        "agent_webhook": webhook_jobs.answer,
    }  # fmt: skip
    overlay = judging.overlaid if judging else None
    if judging is None:
        handlers |= {"judge": _no_model, "judge_existing": _no_model}
    worker = Worker(database, analyser=toolkits.analyser, handlers=handlers, heard=heard, overlay=overlay, backlog=backlog)
    loops = [worker, JudgeLoop(database, {"judge": judging.judge, "judge_existing": judging.judge_existing})] if judging else [worker]
    running = asyncio.gather(*(loop.run() for loop in loops))
    try:
        yield worker
    finally:
        for loop in loops:
            loop.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running, WORKER_PATIENCE_S)
        if analysing:
            await analysing.close()


def vault_of(settings: Settings) -> Vault:
    """Where this installation keeps secrets that must be read again."""
    return open_vault(settings.data_dir, settings.secret_key.get_secret_value() if settings.secret_key else None)


def webhooks_of(settings: Settings, database: Database) -> WebhookJobs:
    """How webhooks are told."""
    return WebhookJobs(database, vault_of(settings), allow_private=settings.allow_private_urls)


def provider_for(settings: Settings) -> ModelProvider | None:
    """The language model of RAPPORT_MODEL; None for `builtin`. Raises Invalid for a setting that names none."""
    key = settings.model_api_key
    return model_provider(settings.model, key=key.get_secret_value() if key else None)


def judge_for(settings: Settings) -> ModelProvider | None:
    """The language model that judges conversations: of RAPPORT_ANALYSIS_MODEL, else of RAPPORT_MODEL. Raises Invalid."""
    if settings.analysis_model is None:
        return provider_for(settings)
    key = settings.analysis_model_api_key or settings.model_api_key
    return model_provider(settings.analysis_model, key=key.get_secret_value() if key else None)


def judge_jobs_of(settings: Settings, database: Database) -> JudgeJobs | None:
    """How conversations are judged by a language model; None without one."""
    judge = judge_for(settings)
    if judge is None:
        return None
    asker = Asker(database, judge, tokens_per_day=settings.analysis_tokens_per_day, at_once=settings.analysis_model_calls)
    return JudgeJobs(database, asker, pii.redactor, delay=timedelta(seconds=settings.analysis_model_delay_s))


async def _no_model(tenant_id: int, payload: Mapping[str, Any]) -> None:
    """Judging that was asked for when there was a model is given up in time, and until then left to processes that have one."""
    raise ModelNeeded


def analyst_model(model: ModelProvider | None, meaning: Meaning | None) -> ModelFor:
    """Who answers in chats with the analyst: the language model of RAPPORT_MODEL, else the builtin analyst."""
    indexes = Indexes()

    def model_for(desk: Desk, context: str | None) -> ModelProvider:
        return model or BuiltinAnalyst(desk, indexes, context, meaning)

    return model_for


class Application(FastAPI):
    """FastAPI, inside of what sends the bodies of streams."""

    def build_middleware_stack(self) -> ASGIApp:
        return Streams(super().build_middleware_stack())


def create_app(settings: Settings, *, apart: bool = False) -> FastAPI:
    """The HTTP application. Its lifespan opens the database and starts the worker; with `apart`, analyses happen in another process."""
    model = provider_for(settings)
    judge = judge_for(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_database(settings) as opened, open_hub(settings, opened) as hub, contextlib.AsyncExitStack() as stack:
            outside = await stack.enter_async_context(httpx2.AsyncClient())
            trackers = Trackers(opened, vault_of(settings), outside)
            writer = GroupCommit(opened, redactor=pii.redactor, analysis_delay=timedelta(seconds=settings.analysis_delay_s))
            encoder = open_encoder(settings.encoder, settings.data_dir)
            knowledge, meaning = Knowledge(opened, encoder), Meaning.of(encoder)
            worker = await stack.enter_async_context(open_worker(settings, opened, encoder, apart=apart)) if settings.worker else None
            app.state.rapport = State(
                settings=settings, database=opened, hub=hub, conversations=writer, knowledge=knowledge,
                desk=AgentDesk(
                    opened, knowledge, provider=model,
                    http_tools=HttpTools(trackers.vault, settings.allow_private_urls),
                    mcp_tools=McpTools(trackers.vault, settings.allow_private_urls),
                ),
                model=model, judge=judge.name if judge else None,
                office=Office(opened, Lexicons(), analyst_model(model, meaning), encoder, trackers), trackers=trackers,
                encoder=encoder, worker=worker, deliver_webhook=webhooks_of(settings, opened).tell,
            )  # fmt: skip
            warming = None if model else asyncio.get_running_loop().run_in_executor(None, warm_up, meaning)
            yield
            if warming:
                await warming

    app = Application(
        title=OWN.name, version=__version__, lifespan=lifespan, redirect_slashes=False, dependencies=[Depends(middleware.decode_path_ids)],
        openapi_url=None, docs_url=None, redoc_url=None,
    )  # fmt: skip
    envelopes.install(app)
    for router in (
        messages.router,  # routes are tried in this order, and this is the busiest
        health.router, reference.router, runs.router, admin.router, connections.router, tickets.router, webhooks.router,
        custom_analyses.router, judgements.router,
        interactions.router, people.router, signals.router, catalog.router,
        prompts.router, chat.router, reports.router, segments.router, inbox.router,
        pingrep_sessions.router, pingrep_messages.router, pingrep_profiles.router, pingrep_ask.router,
        teammate_agents.router, teammate_chat.router, teammate_conversations.router,
        teammate_teams.router, teammate_webhooks.router, teammate_keys.router, teammate_memories.router,
    ):  # fmt: skip
        app.include_router(router)
    # The last one added is the first to see a request.
    app.add_middleware(middleware.Paths, answer=envelopes.on_rapport_error)
    app.add_middleware(middleware.Bodies, limit=settings.max_body_mb << 20, answer=envelopes.on_rapport_error)
    app.add_middleware(middleware.Browsers)
    app.add_middleware(brands.Hosts)
    app.add_middleware(middleware.RequestId)
    return app
