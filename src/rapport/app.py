"""The composition root: settings in, a running application out. The only place that builds objects and joins rooms."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from rapport import __version__
from rapport.api import envelopes
from rapport.api.frames import DIALECTS
from rapport.api.native import health, runs
from rapport.api.state import State
from rapport.config import Settings
from rapport.runs.hub import Hub
from rapport.store import database, embedded
from rapport.store.database import Database


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


def create_app(settings: Settings) -> FastAPI:
    """The HTTP application. Its lifespan opens the database and starts the worker."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_database(settings) as opened, open_hub(settings, opened) as hub:
            app.state.rapport = State(settings=settings, database=opened, hub=hub)
            yield

    app = FastAPI(title="Rapport", version=__version__, lifespan=lifespan, redirect_slashes=False)
    envelopes.install(app)
    app.include_router(health.router)
    app.include_router(runs.router)
    return app
