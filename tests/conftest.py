"""One embedded PostgreSQL for a test run, one fresh database for each test (a copy of a migrated template)."""

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx2
import pytest
import uvicorn

from rapport.app import create_app
from rapport.config import Settings
from rapport.domain.ids import new_id
from rapport.store import catalog, database, embedded, keys

TEST_DATA = Path(os.environ.get("RAPPORT_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@contextlib.contextmanager
def database_folder() -> Iterator[Path]:
    """A folder for a database server. Not one of pytest's: it closes its folders to the user that the server runs as under root."""
    folder = Path(tempfile.mkdtemp(prefix="rapport-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of the maintenance database of a server that this run owns."""
    with database_folder() as folder:
        server = embedded.start(folder)
        try:
            yield server.url
        finally:
            server.release()


def _sibling(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """Name of a database with all migrations applied."""

    async def build() -> None:
        await _execute(postgres, "CREATE DATABASE template_rapport")
        opened = await database.connect(_sibling(postgres, "template_rapport"), connections=2)
        await database.migrate(opened)
        await opened.close()

    asyncio.run(build())
    return "template_rapport"


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """A fresh, migrated database."""
    name = f"t_{new_id().hex}"
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _sibling(postgres, name)
    asyncio.run(_execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[database.Database]:
    """The fresh database, opened."""
    opened = await database.connect(database_url, connections=8)
    yield opened
    await opened.close()


@dataclass
class Server:
    """A running server. `key` opens the tenant `default` on the enterprise plan."""

    url: str
    key: str
    database_url: str

    def new_key(self, tenant: str, plan: str = "enterprise") -> str:
        """A key of another tenant."""
        return asyncio.run(_make_key(self.database_url, tenant, plan))

    def new_product(self, name: str, tenant: str = "default", product_id: UUID | None = None) -> str:
        """The id of a new product."""
        return str(asyncio.run(_make_product(self.database_url, tenant, name, product_id)))

    def client(self, key: str | None = None, **options) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key or self.key}"}, timeout=30, **options)


async def _make_key(url: str, tenant: str, plan: str) -> str:
    opened = await database.connect(url, connections=2)
    try:
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant, plan=plan)
            return (await keys.create_key(connection, tenant_id))[1]
    finally:
        await opened.close()


async def _make_product(url: str, tenant: str, name: str, product_id: UUID | None) -> UUID:
    opened = await database.connect(url, connections=2)
    try:
        async with opened.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant)
            return (await catalog.create_product(connection, tenant_id, name, product_id=product_id)).id
    finally:
        await opened.close()


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """A real server in this process on a free port; the URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of the test server: lexical encoder, no waiting before analysis. Override this fixture to change one."""
    return Settings(database_url=database_url, data_dir=tmp_path, encoder="off", analysis_delay_s=0.05, database_connections=8)  # type: ignore[arg-type]


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """A running server with an empty tenant `default`."""
    url = settings.database_url.get_secret_value()  # type: ignore[union-attr]
    key = asyncio.run(_make_key(url, "default", "enterprise"))
    with running(settings) as address:
        yield Server(address, key, url)


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    """A client of the test server that sends the key."""
    with server.client() as opened:
        yield opened
