"""The composition root: settings in, a running application out. The only place that builds objects and joins rooms."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from rapport import __version__
from rapport.api import envelopes
from rapport.api.native import health
from rapport.api.state import State
from rapport.config import Settings
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


def create_app(settings: Settings) -> FastAPI:
    """The HTTP application. Its lifespan opens the database and starts the worker."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_database(settings) as opened:
            app.state.rapport = State(settings=settings, database=opened)
            yield

    app = FastAPI(title="Rapport", version=__version__, lifespan=lifespan, redirect_slashes=False)
    envelopes.install(app)
    app.include_router(health.router)
    return app
