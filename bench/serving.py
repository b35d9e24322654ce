"""What serving costs: server CPU per text delta against a raw ASGI app that writes the same bytes, CPU from the bytes of a model server
to the bytes of a client, and memory per open stream.

The server runs on the first core, client and model server on the last. CPU is the kernel's run time of all threads of the server
process. The cost of a delta is the difference between long and short answers, so that what a request costs once (authorisation, rows at
start and end) is shown apart. The database is a process of its own and is not counted.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import load

GOOD = b'"status":"complete"'
SHAPES = {"burst": (40, 2040, 0.0), "paced 5 ms": (20, 220, 5.0), "one by one, 25 ms": (8, 48, 25.0)}
"""Short answer, long answer (deltas of eight characters), pause between deltas in milliseconds."""


@dataclass(frozen=True)
class Target:
    """A running server."""

    pid: int
    port: int
    key: str = ""

    def request(self, question: str) -> bytes:
        return load.post("/api/v1/chat", json.dumps({"question": question}).encode(), key=self.key)


@dataclass(frozen=True)
class Cost:
    """us of CPU for one more delta, and for a request without any; p50 and p99 of the time to the first event."""

    delta_us: float
    request_us: float
    first_ms: tuple[float, float]
    failed: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core]})


@contextlib.contextmanager
def process(
    arguments: list[str], *, core: int, python: str = sys.executable, errors: int | None = None, **environment: str
) -> Iterator[int]:
    started = subprocess.Popen(
        [python, "-m", *arguments], env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=errors,
        preexec_fn=lambda: pin(core),
    )  # fmt: skip
    try:
        yield started.pid
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:  # a peer that does not notice that its readers left
            started.kill()
            started.wait()


def wait(port: int, path: str | None = None) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if path:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).read()
            else:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


@contextlib.contextmanager
def peer(kind: str, *, core: int) -> Iterator[Target]:
    port = free_port()
    with process(["bench.peers", kind, str(port)], core=core) as pid:
        wait(port)
        yield Target(pid, port)


@contextlib.contextmanager
def rapport(folder: Path, model: str) -> Iterator[Target]:
    port = free_port()
    data = ["--data-dir", str(folder / "data")]
    environment = {"RAPPORT_MODEL": model, "RAPPORT_ENCODER": "off", "RAPPORT_WORKER": "false", "RAPPORT_LOG_LEVEL": "error"}
    with process(["rapport", "serve", "--port", str(port), *data], core=0, **environment) as pid:
        wait(port, "/healthz")
        made = subprocess.run([sys.executable, "-m", "rapport", "key", "create", *data], capture_output=True, text=True, check=True)
        yield Target(pid, port, made.stdout.strip().splitlines()[-1])


def _script(folder: Path) -> str:
    """A scripted model that answers `N deltas P ms` as bench.peers does."""
    replies = [
        {"when": f"^{deltas} deltas {pause_ms:g} ", "rounds": [[{"text": "12345678" * deltas, "delay_s": pause_ms / 1000}]]}
        for short, long, pause_ms in [*SHAPES.values(), (600, 600, 1000.0)]
        for deltas in (short, long)
    ]
    path = folder / "script.json"
    path.write_text(json.dumps({"replies": replies, "usage": False}))
    return f"scripted:{path}"


def measure(target: Target, shape: tuple[int, int, float], *, streams: int, each: int) -> Cost:
    """The slope between short and long answers, each asked `each` times on every stream."""
    short, long, pause_ms = shape
    used, first, failed = {}, [], 0
    for deltas in (short, long):
        request = target.request(f"{deltas} deltas {pause_ms:g} ms apart")
        before = load.cpu_s(target.pid)
        done = asyncio.run(load.run(target.port, request, GOOD, streams=streams, each=each))
        used[deltas] = (load.cpu_s(target.pid) - before) / done.answers * 1e6
        first += done.first_event_ms
        failed += done.failed
    delta_us = (used[long] - used[short]) / (long - short)
    first.sort()
    return Cost(delta_us, used[short] - short * delta_us, (first[len(first) // 2], first[len(first) * 99 // 100]), failed)


def compare(folder: Path, *, rounds: int) -> None:
    """Raw app and Rapport in turns, medians of `rounds`."""
    print(f"\nServing, CPU per delta, medians of {rounds} rounds in turns; target <= 0.6x merged (burst, 5 ms), <= 1.6x one by one")
    print(f"{'shape':<20}{'streams':>8}{'raw us':>9}{'rapport us':>12}{'ratio':>8}{'us a request':>14}{'first event p50/p99 ms':>25}")
    with peer("raw", core=0) as raw, rapport(folder, _script(folder)) as ours:
        measure(ours, SHAPES["burst"], streams=4, each=4)  # warm up
        for name, shape in SHAPES.items():
            for streams in (1, 16, 128):
                each = max(1, (64 if not shape[2] else 4) // streams)
                costs = [[measure(target, shape, streams=streams, each=each) for target in (raw, ours)] for _ in range(rounds)]
                base = statistics.median(pair[0].delta_us for pair in costs)
                own = statistics.median(pair[1].delta_us for pair in costs)
                request = statistics.median(pair[1].request_us for pair in costs)
                p50, p99 = (statistics.median(pair[1].first_ms[i] for pair in costs) for i in (0, 1))
                failed = sum(cost.failed for pair in costs for cost in pair)
                print(f"{name:<20}{streams:>8}{base:>9.2f}{own:>12.2f}{own / base:>7.2f}x{request:>14.0f}{p50:>15.1f} /{p99:>8.1f}"
                      + (f"  {failed} FAILED" if failed else ""))  # fmt: skip


def bridge(folder: Path, *, rounds: int) -> None:
    """From the bytes of an OpenAI-compatible model server to the bytes of a client."""
    print("\nProvider bytes to client bytes, CPU per delta; target <= 25 us")
    print(f"{'shape':<20}{'streams':>8}{'rapport us':>12}{'us a request':>14}{'first event p50/p99 ms':>25}")
    with peer("model", core=-1) as model, rapport(folder, f"openai:m@http://127.0.0.1:{model.port}/v1") as ours:
        measure(ours, (20, 220, 0.0), streams=4, each=2)
        for name, shape in {"as fast as it goes": (40, 1040, 0.0), "paced 5 ms": (20, 220, 5.0)}.items():
            for streams in (16, 128):
                costs = [measure(ours, shape, streams=streams, each=1) for _ in range(rounds)]
                delta, request = (statistics.median(getattr(cost, field) for cost in costs) for field in ("delta_us", "request_us"))
                p50, p99 = (statistics.median(cost.first_ms[i] for cost in costs) for i in (0, 1))
                failed = sum(cost.failed for cost in costs)
                print(
                    f"{name:<20}{streams:>8}{delta:>12.2f}{request:>14.0f}{p50:>15.1f} /{p99:>8.1f}"
                    + (f"  {failed} FAILED" if failed else "")
                )


async def _hold(target: Target, streams: int) -> int:
    """KiB that `streams` open streams add, one delta a second each, when half as many are open already: connections to the database
    and the like are not theirs."""
    loop = asyncio.get_running_loop()
    request = target.request("600 deltas 1000 ms apart")
    opened: list[tuple[asyncio.Transport, load.Stream]] = []

    async def open_more(count: int) -> int:
        for _ in range(count):
            opened.append(await loop.create_connection(lambda: load.Stream(request, GOOD, 1), "127.0.0.1", target.port))
        while not all(protocol.first_ms for _, protocol in opened):  # noqa: ASYNC110 - the wait is the measurement
            await asyncio.sleep(0.2)
        await asyncio.sleep(3)
        return load.rss_kib(target.pid)

    grown = -await open_more(streams // 2) + await open_more(streams)
    for transport, _ in opened:
        transport.abort()
    return grown


def memory(folder: Path, *, streams: int) -> None:
    print(f"\nMemory of {streams} open streams, one delta a second each; target <= 30 KiB a stream")
    with peer("raw", core=0) as raw, rapport(folder, _script(folder)) as ours:
        for name, target in (("raw", raw), ("rapport", ours)):
            asyncio.run(load.run(target.port, target.request("40 deltas 0 ms apart"), GOOD, streams=16, each=4))
            print(f"{name:<20}{asyncio.run(_hold(target, streams)) / streams:>8.1f} KiB a stream")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench serving", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("compare", "bridge", "memory"))
    options = parser.parse_args(arguments)
    pin(-1)
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        folder = Path(name)
        if options.only in (None, "compare"):
            compare(folder, rounds=options.rounds)
        if options.only in (None, "bridge"):
            bridge(folder, rounds=options.rounds)
        if options.only in (None, "memory"):
            memory(folder, streams=1000)
