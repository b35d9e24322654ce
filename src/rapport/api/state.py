"""What routes may use: built once by app.py, handed to each request."""

from dataclasses import dataclass

from fastapi import Request

from rapport.config import Settings
from rapport.runs.hub import Hub
from rapport.store.database import Database


@dataclass(slots=True)
class State:
    """The parts of a running server."""

    settings: Settings
    database: Database
    hub: Hub


def state(request: Request) -> State:
    """Dependency: the parts of this server."""
    return request.app.state.rapport
