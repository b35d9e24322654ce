"""Side by side in one run: an agent behind Rapport's Agents API and one behind Agno's AgentOS, both over the same fake model server.

AgentOS is installed into a virtualenv of its own in a temporary folder; where that fails, the reason is printed and Rapport is measured
alone. What is compared is what both do: take a message, call the model, stream its answer, store both (AgentOS in its SQLite store,
Rapport in PostgreSQL, whose processes are not counted). The first event that counts is the first piece of text.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from bench import load, serving
from bench.peers import DELTA

PACKAGES = ("agno>=3.1,<4", "fastapi", "openai", "sqlalchemy[asyncio]", "aiosqlite", "python-multipart", "uvicorn[standard]")
SHAPE = (20, 220, 5.0)
"""Short answer, long answer (deltas of eight characters), pause between deltas in milliseconds."""
HOLD_S = 3.0


@dataclass(frozen=True)
class Side:
    """One server under measurement."""

    name: str
    pid: int
    port: int
    path: str
    good: bytes
    key: str = ""

    def request(self, question: str) -> bytes:
        """Of a user of its own: what one asks twice at once, Rapport answers once."""
        if self.key:
            return load.post(self.path, json.dumps({"message": question, "user_id": uuid4().hex}).encode(), key=self.key)
        return load.post(self.path, urlencode({"message": question, "stream": "true"}).encode(), kind="application/x-www-form-urlencoded")

    def load(self, question: str, *, streams: int) -> load.Load:
        asked = load.run(self.port, partial(self.request, question), self.good, streams=streams, each=1, first=DELTA.encode())
        return asyncio.run(asked)


def install(folder: Path) -> str:
    """The Python of a virtualenv with AgentOS. Raises CalledProcessError where it cannot be installed."""
    python = folder / "agno" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True, capture_output=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, capture_output=True, text=True)
    return str(python)


@contextlib.contextmanager
def agno(python: str, folder: Path, model: int) -> Iterator[Side]:
    port = serving.free_port()
    arguments = ["bench.agno_app", str(port), str(model), str(folder)]
    with serving.process(arguments, core=0, python=python, errors=subprocess.DEVNULL, AGNO_TELEMETRY="false") as pid:
        serving.wait(port)
        yield Side("agno AgentOS", pid, port, "/agents/ada/runs", b'"session_state"')


@contextlib.contextmanager
def rapport(folder: Path, model: int) -> Iterator[Side]:
    with serving.rapport(folder, f"openai:m@http://127.0.0.1:{model}/v1") as target:
        headers = {"authorization": f"Bearer {target.key}", "content-type": "application/json"}
        made = urllib.request.Request(f"http://127.0.0.1:{target.port}/api/agents", b'{"name": "Ada"}', headers)
        agent = json.load(urllib.request.urlopen(made))["id"]
        yield Side("rapport", target.pid, target.port, f"/api/agents/{agent}/chat/stream", b"[DONE]", target.key)


def costs(side: Side, *, streams: int) -> tuple[float, float, float, float, int]:
    """us of CPU for one more delta and for a request without any, ms to the first text (p50, p99), answers that failed."""
    short, long, pause_ms = SHAPE
    used, first, failed = {}, [], 0
    for deltas in (short, long):
        before = load.cpu_s(side.pid)
        done = side.load(f"{deltas} deltas {pause_ms:g} ms apart", streams=streams)
        used[deltas] = (load.cpu_s(side.pid) - before) / done.answers * 1e6
        first += done.first_event_ms
        failed += done.failed
    delta = (used[long] - used[short]) / (long - short)
    first.sort()
    return delta, used[short] - short * delta, first[len(first) // 2], first[len(first) * 99 // 100], failed


async def held(side: Side, streams: int) -> float:
    """KiB that each of `streams` open streams adds, when half as many are open already."""
    loop, opened = asyncio.get_running_loop(), []

    async def open_more(count: int) -> int:
        for _ in range(count):
            request = side.request("600 deltas 1000 ms apart")
            made = partial(load.Stream, request, side.good, 1, first=DELTA.encode())
            opened.append(await loop.create_connection(made, "127.0.0.1", side.port))
        async with asyncio.timeout(120):
            while not all(protocol.first_ms for _, protocol in opened):  # noqa: ASYNC110 - the wait is the measurement
                await asyncio.sleep(0.2)
        await asyncio.sleep(HOLD_S)
        return load.rss_kib(side.pid)

    try:
        return (-await open_more(max(8, streams // 2)) + await open_more(streams)) / streams
    finally:
        for transport, _ in opened:
            transport.abort()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench agents", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--held", type=int, nargs="*", default=[16, 128, 1000], help="open streams whose memory is measured")
    parser.add_argument("--python", help="a Python that has AgentOS already")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        try:
            python = options.python or install(folder)
        except subprocess.CalledProcessError as error:
            python = None
            print(f"agno is not installable: {(error.stderr or str(error)).strip().splitlines()[-1]}")
        serving.pin(-1)
        model = stack.enter_context(serving.peer("model", core=-1)).port
        sides = [stack.enter_context(rapport(folder, model))]
        if python:
            sides.append(stack.enter_context(agno(python, folder, model)))
        print(f"\nAgents over one model server, a piece every {SHAPE[2]:g} ms, medians of {options.rounds} in turns")
        print(f"{'':<16}{'streams':>8}{'us a delta':>12}{'us a request':>14}{'first text p50/p99 ms':>25}")
        for side in sides:
            side.load("20 deltas 0 ms apart", streams=8)  # warm up
        for streams in (16, 128):
            rounds = [[costs(side, streams=streams) for side in sides] for _ in range(options.rounds)]
            for place, side in enumerate(sides):
                delta, request, p50, p99 = (statistics.median(found[place][i] for found in rounds) for i in range(4))
                failed = sum(found[place][4] for found in rounds)
                print(f"{side.name:<16}{streams:>8}{delta:>12.1f}{request:>14.0f}{p50:>15.0f} /{p99:>8.0f}"
                      + (f"  {failed} FAILED" if failed else ""))  # fmt: skip
        print("\nMemory of an open stream, one delta a second, KiB")
        for streams in options.held:
            for side in sides:
                try:
                    shown = f"{asyncio.run(held(side, streams)):.1f}"
                except TimeoutError:
                    shown = "not all of them gave a first text in 120 s"
                print(f"{side.name:<16}{streams:>8}  {shown:>10}", flush=True)
