"""The HTTP server of one process: the address it listens on, and an end that finishes what is being answered."""

import asyncio
import gc
import socket

import uvicorn

from rapport.api.state import State
from rapport.app import create_app
from rapport.config import Settings
from rapport.errors import RapportError

BACKLOG = 2_048


def listen(settings: Settings) -> socket.socket:
    """The socket of these settings. Raises RapportError where the address is taken or is not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise RapportError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another with --port, or stop what uses it."
        ) from error
    listening.listen(BACKLOG)
    listening.set_inheritable(True)
    return listening


def server(settings: Settings) -> "Server":
    """A server of the application, not yet running; run it on the socket of `listen`."""
    config = uvicorn.Config(
        create_app(settings, apart=True), log_level="warning", access_log=False, loop="uvloop", http="httptools",
        timeout_graceful_shutdown=int(settings.run_drain_seconds) + 5, server_header=False,
    )  # fmt: skip
    return Server(config, drain_s=settings.run_drain_seconds)


class Server(uvicorn.Server):
    """A server that ends running answers when it is told to stop, instead of cutting their connections."""

    def __init__(self, config: uvicorn.Config, *, drain_s: float):
        super().__init__(config)
        self._drain_s = drain_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is loaded now stays: looking through it again makes collections dear, and so rare that garbage piles up

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state: State = self.config.app.state.rapport  # type: ignore[union-attr]
        draining = asyncio.create_task(state.hub.drain(self._drain_s))
        await super().shutdown(sockets)
        await draining
