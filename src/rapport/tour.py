"""`rapport demo`: a server with a tenant full of conversations, and three commands to paste.

The tenant's story is posted to the server's own front door, as any client would, so the demo also proves the API. Telling it
again adds nothing (every message has an external id); a data folder that holds it already is not told anew.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import httpx2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rapport import demo, serving
from rapport.app import open_database
from rapport.config import Settings
from rapport.errors import Conflict, RapportError
from rapport.store import catalog, jobs, keys
from rapport.store.database import Database

TENANT = "demo"
AT_ONCE = 16
QUESTION = "why are enterprise users unhappy this week?"


async def run(settings: Settings, notes: Console) -> None:
    """Start a server, fill the tenant `demo`, say how to use it, and serve until interrupted."""
    server = serving.server(settings)
    task = asyncio.create_task(server.serve(sockets=[serving.listen(settings)]))
    while not server.started:
        if task.done():
            await task
            raise RapportError("The server did not start; its messages are above.")
        await asyncio.sleep(0.05)
    url = f"http://{settings.host}:{settings.port}"
    try:
        async with open_database(settings) as database:
            key, product_id = await prepare(database, url, notes)
        for line in commands(url, key, product_id):
            print(line, flush=True)
    except BaseException:
        server.should_exit = True
        await task
        raise
    await task


async def prepare(database: Database, url: str, notes: Console) -> tuple[str, UUID]:
    """(key, id of the first product) of a tenant that has the whole story, analysed."""
    told = list(demo.requests(datetime.now(UTC)))
    products = [(name, body) for method, name, body in told if method == "PRODUCT"]
    async with database.transaction() as connection:
        tenant_id = await keys.ensure_tenant(connection, TENANT, plan="enterprise")
        _, key = await keys.create_key(connection, tenant_id, name="demo")
        for name, body in products:
            with contextlib.suppress(Conflict):  # it is there already
                await catalog.create_product(
                    connection, tenant_id, name, product_id=UUID(body["id"]), description=body["description"], color=body["color"],
                    icon=body["icon"],
                )  # fmt: skip
    requests = [(path, body) for method, path, body in told if method == "POST"]
    with Progress(TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), console=notes) as progress:
        async with httpx2.AsyncClient(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            if not (await client.get("/interactions", params={"limit": 1})).raise_for_status().json():
                bar = progress.add_task("logging conversations", total=len(requests))
                for stage in (("/organizations",), ("/users",), ("/messages",), ("/ratings", "/events")):
                    await _post(client, [r for r in requests if r[0] in stage], lambda: progress.advance(bar))
        await _wait_for_analysis(database, tenant_id, progress)
    return key, UUID(products[0][1]["id"])


async def _post(client: httpx2.AsyncClient, requests: Sequence[tuple[str, dict]], advance) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str, body: dict) -> None:
        async with gate:
            answer = await client.post(path, json=body)
        if answer.status_code >= 400:
            raise RapportError(f"The server refused demo data at {path}: {answer.text}")
        advance()

    await asyncio.gather(*(one(path, body) for path, body in requests))


async def _wait_for_analysis(database: Database, tenant_id: int, progress: Progress) -> None:
    """Until nothing of the tenant waits for analysis any more."""
    bar, total = None, 0
    while True:
        async with database.connection() as connection:
            waiting = await jobs.waiting(connection, tenant_id)
        total = max(total, waiting)
        if bar is None and waiting:
            bar = progress.add_task("analysing", total=total)
        if bar is not None:
            progress.update(bar, total=total, completed=total - waiting)
        if not waiting:
            return
        await asyncio.sleep(0.2)


def commands(url: str, key: str, product_id: UUID) -> Iterable[str]:
    """What is printed when all is ready: the address, a key, and three commands that work as they stand."""
    bearer = f"-H 'Authorization: Bearer {key}'"
    ask = f"curl -sN {url}/api/v1/chat {bearer} -H 'Content-Type: application/json' -d"
    yield ""
    yield f"Rapport runs at {url}  (API reference: {url}/docs)"
    yield f"API key of the tenant `{TENANT}`: {key}"
    yield ""
    yield "# The numbers of a product"
    yield f"curl -s '{url}/api/v1/products/{product_id}/analytics?mode=simple' {bearer}"
    yield ""
    yield "# Ask why (the answer streams)"
    yield f'{ask} \'{{"question": "{QUESTION}"}}\''
    yield ""
    yield "# Draft a ticket"
    yield f'{ask} \'{{"question": "draft a ticket for the worst problem"}}\''
    yield ""
    yield "Stop with Ctrl-C; the data stays."


def main(settings: Settings, notes: Console) -> None:
    """Run until interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(settings, notes))
