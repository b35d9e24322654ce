"""What the analysis needs to know of a tenant: its topics and its products' weights, beside the encoder that all share."""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from functools import partial

from rapport.analysis import pipeline, toolkit
from rapport.analysis.toolkit import Toolkit
from rapport.analysis.topics import TopicModel
from rapport.ports import Encoder
from rapport.store import catalog, topics
from rapport.store.database import Database
from rapport.worker.apart import Apart
from rapport.worker.loop import Analyse

MOST_TENANTS = 16
"""Topic models that are kept in memory, about 1 MB each."""


class Toolkits:
    """Toolkits by tenant. The encoder and the heads are loaded at the first use, in a thread."""

    def __init__(self, database: Database, encoder: Encoder, apart: Apart | None = None):
        self.encoder = encoder
        self._apart = apart
        self._database = database
        self._base: Toolkit | None = None
        self._models: OrderedDict[int, tuple[int, TopicModel]] = OrderedDict()  # tenant -> (version, model)

    async def analyser(self, tenant_id: int) -> Analyse:
        """The analysis as this tenant's conversations need it now: in the process apart where there is one, else in a thread."""
        async with self._database.connection() as connection:
            weights = await catalog.metric_weights(connection, tenant_id)
        model = await self.topic_model(tenant_id)
        if self._apart:
            return partial(self._apart.analyse, topics=model, weights=weights)
        if self._base is None:
            self._base = await asyncio.to_thread(toolkit.load, self.encoder)
        tools = replace(self._base, topics=model, weights=weights)
        return lambda conversations: asyncio.to_thread(pipeline.analyse, conversations, tools)

    async def topic_model(self, tenant_id: int) -> TopicModel | None:
        """The tenant's topics, read anew when another process has fitted them; None before the first fit."""
        version, model = self._models.get(tenant_id, (0, None))
        async with self._database.connection() as connection:
            newer = await topics.load(connection, tenant_id, newer_than=version)
        if newer:
            model = TopicModel.from_bytes(newer.blob)
            self._models[tenant_id] = (newer.version, model)
        if model:
            self._models.move_to_end(tenant_id)
        while len(self._models) > MOST_TENANTS:
            self._models.popitem(last=False)
        return model
