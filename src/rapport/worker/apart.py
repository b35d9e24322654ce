"""Analysis in a process of its own, at low priority, so that requests never wait for it: one process has one interpreter lock, and
an analysis that holds it holds up every answer. The process is started for the first batch and ended when nothing was to be analysed
for IDLE_S, which gives its memory back. One that dies fails its batch, which is then tried again in smaller ones.

Parent and child talk in pickles over the child's own pipes, each with its length before it; nobody else has an end of them.
"""

import asyncio
import contextlib
import os
import pickle
import struct
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from rapport.analysis import pipeline, toolkit
from rapport.analysis.pipeline import AnalysisFailure
from rapport.analysis.topics import TopicModel
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import Conversation
from rapport.providers.encoders import open_encoder

IDLE_S = 60.0
NICE = 10
LENGTH = struct.Struct("!Q")


class Apart:
    """The analysing process of a server. `encoder` and `data_dir` are those of the settings."""

    def __init__(self, encoder: str | None, data_dir: Path):
        self._command = (sys.executable, "-m", "rapport.worker.apart", encoder or "", str(data_dir))
        self._one_at_a_time = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None where there is none."""
        return self._process.pid if self._process else None

    async def analyse(
        self, conversations: Sequence[Conversation], *, topics: TopicModel | None, weights: Mapping[UUID, Mapping[str, float]]
    ) -> list[Analysis | AnalysisFailure]:
        """What pipeline.analyse gives. Raises ChildProcessError where the process dies, and what the analysis raised there."""
        async with self._one_at_a_time:
            process = await self._running()
            assert process.stdin
            assert process.stdout
            try:
                process.stdin.write(_framed((conversations, topics, weights)))
                await process.stdin.drain()
                (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
                answer = pickle.loads(await process.stdout.readexactly(length))
            except BaseException as error:  # what is still in the pipes belongs to nobody: not even a cancelled batch may leave it there
                self._kill()
                if isinstance(error, asyncio.IncompleteReadError | OSError):
                    raise ChildProcessError("The analysing process died; the batch is tried again.") from error
                raise
            self._ending = asyncio.get_running_loop().call_later(IDLE_S, self._kill)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """End the process."""
        process = self._process
        self._kill()
        if process:
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._ending:
            self._ending.cancel()
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, start_new_session=True
            )  # a session of its own: Ctrl-C is for the server, which ends this in its time
        return self._process

    def _kill(self) -> None:
        if self._ending:
            self._ending.cancel()
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._process = None


def _framed(value: Any) -> bytes:
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def _read(source: BinaryIO) -> Any:
    """The next value; None where the other end is closed."""
    head = source.read(LENGTH.size)
    return pickle.loads(source.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


def main(encoder: str, data_dir: str) -> None:
    """The child: answers until its parent is gone."""
    os.nice(NICE)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    base = toolkit.load(open_encoder(encoder or None, Path(data_dir)))
    while (asked := _read(sys.stdin.buffer)) is not None:
        conversations, topics, weights = asked
        try:
            answer: Any = pipeline.analyse(conversations, replace(base, topics=topics, weights=weights))
        except Exception as error:  # the edge of the process: the server hears of it, its log gets the place
            traceback.print_exc()
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        answers.write(_framed(answer))
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
