"""Turns for tests: what a run does, written out, without a model."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rapport.runs.run import Ending, Order, Run


class Told:
    """Runs `script(run)` as the answer, and remembers how it ended."""

    def __init__(self, script: Callable[[Run], Awaitable[None]], data: Mapping[str, Any] | None = None):
        self._script = script
        self._data = data or {}
        self.begun = 0
        self.endings: list[Ending] = []

    async def begin(self, run: Run) -> None:
        self.begun += 1

    async def answer(self, run: Run) -> None:
        await self._script(run)

    async def conclude(self, run: Run, ending: Ending) -> Mapping[str, Any]:
        self.endings.append(ending)
        return self._data


def saying(*pieces: str, pause_s: float = 0.0) -> Callable[[Run], Awaitable[None]]:
    """A script that says these pieces."""

    async def script(run: Run) -> None:
        for piece in pieces:
            run.say(piece)
            await asyncio.sleep(pause_s)

    return script


async def hanging(run: Run) -> None:
    """A script that starts to speak and then says nothing more."""
    run.say("I think ")
    run.say("that")
    await asyncio.Event().wait()


def order(dialect, *, tenant_id: int = 1, thread: str = "t", body: bytes = b"body", key: str | None = None) -> Order:
    return Order(tenant_id, "agent", thread, dialect, body, idempotency_key=key)
