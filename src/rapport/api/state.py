"""What routes may use: built once by app.py, handed to each request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request

from rapport.analyst.chat import Office
from rapport.analyst.trackers import Trackers
from rapport.config import Settings
from rapport.domain.brand import Brand
from rapport.domain.scope import Principal
from rapport.ports import Encoder, ModelProvider
from rapport.runs.desk import Desk
from rapport.runs.hub import Hub
from rapport.runs.knowledge import Knowledge
from rapport.store.database import Database
from rapport.store.group_commit import GroupCommit
from rapport.store.webhooks import Delivery


class WorkerView(Protocol):
    """What routes may know of the worker: conversations analysed since the start, and what went wrong last, if it still does."""

    analysed: int
    last_error: str | None


@dataclass(slots=True)
class State:
    """The parts of a running server."""

    settings: Settings
    database: Database
    hub: Hub
    conversations: GroupCommit
    knowledge: Knowledge
    desk: Desk
    office: Office
    trackers: Trackers
    model: ModelProvider | None  # of RAPPORT_MODEL; None: the builtin ones
    judge: str | None  # name of the language model that judges conversations; None: there is none
    encoder: Encoder
    worker: WorkerView | None  # None: another process analyses
    deliver_webhook: Callable[[int, UUID, Mapping[str, Any]], Awaitable[Delivery]]  # (tenant, webhook, event) -> one attempt
    key_cache: dict[bytes, tuple[float, Principal]] = field(default_factory=dict)  # SHA-256 of a key -> (until, holder)
    brands: dict[str | int, tuple[float, Brand | None]] = field(default_factory=dict)  # host or tenant -> (until, brand)
    secrets: dict[int, bytes] = field(default_factory=dict)  # by tenant: what signs its cursors

    @property
    def analysis_delay(self) -> timedelta:
        return timedelta(seconds=self.settings.analysis_delay_s)


async def state(request: Request) -> State:
    """Dependency: the parts of this server. A plain function would be sent through a thread."""
    return request.app.state.rapport
