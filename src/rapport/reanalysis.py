"""`rapport reanalyse`: every conversation goes on the queue behind the fresh ones, and this process works the queue off.

The queue is the progress: a run that was killed goes on with what is still on it, and one that was killed while it filled the queue
goes on filling it. Memory is bounded by the worker's batches.
"""

import asyncio
from collections.abc import Collection

from rich.progress import Progress

from rapport.app import open_worker
from rapport.config import Settings
from rapport.errors import NotFound
from rapport.providers.encoders import open_encoder
from rapport.store import jobs, keys
from rapport.store.database import Database

PAGE = 5_000
LOOK_S = 0.5


async def run(settings: Settings, database: Database, tenant: str | None, progress: Progress) -> int:
    """Analyse all conversations of the tenant of this name (None: of all tenants) again; how many were. Raises NotFound."""
    async with database.connection() as connection:
        tenants = await keys.tenants(connection)
    chosen = {name: tenant_id for name, tenant_id in tenants.items() if tenant in (None, name)}
    if tenant and not chosen:
        raise NotFound(f"There is no tenant {tenant}; known: {', '.join(sorted(tenants))}.")
    if not await _left(database, chosen.values()):
        await _begin(database, chosen.values())
    await _queue(database, chosen.values())
    total = await _left(database, chosen.values())
    bar = progress.add_task("analysing", total=total)
    encoder = open_encoder(settings.encoder, settings.data_dir)
    async with open_worker(settings, database, encoder, backlog=True):
        while left := await _left(database, chosen.values()):
            progress.update(bar, completed=total - left)
            await asyncio.sleep(LOOK_S)
    progress.update(bar, completed=total)
    return total


async def _left(database: Database, tenant_ids: Collection[int]) -> int:
    async with database.connection() as connection:
        return sum([await jobs.backlog(connection, tenant_id) for tenant_id in tenant_ids])


async def _begin(database: Database, tenant_ids: Collection[int]) -> None:
    async with database.transaction() as connection:
        for tenant_id in tenant_ids:
            await jobs.begin_backlog(connection, tenant_id)


async def _queue(database: Database, tenant_ids: Collection[int]) -> None:
    """Queue everything that is asked for, page by page."""
    for tenant_id in tenant_ids:
        more = True
        while more:
            async with database.transaction() as connection:
                more = await jobs.queue_backlog(connection, tenant_id, limit=PAGE)
