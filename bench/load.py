"""A load client that costs little: raw sockets, no parsing beyond the end of each answer. And the CPU time of other processes."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Load:
    """What `requests` answers over `streams` connections took."""

    answers: int
    failed: int
    seconds: float
    first_event_ms: list[float]


class Stream(asyncio.Protocol):
    """One connection that asks again as soon as an answer has ended. `good` is in the last event of a whole answer, `first` in what
    counts as its first event."""

    def __init__(self, request: bytes, good: bytes, times: int, *, first: bytes = b"data: "):
        self.request, self.good, self.left, self.first = request, good, times, first
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.first_ms: list[float] = []
        self.failed = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.tail, self.begun, self.asked_at = b"", False, time.perf_counter()
        self.transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self.begun and self.first in data:
            self.begun = True
            self.first_ms.append((time.perf_counter() - self.asked_at) * 1000)
        self.tail = (self.tail + data)[-2000:]
        if not self.tail.endswith(b"0\r\n\r\n"):
            return
        self.left -= 1
        self.failed += self.good not in self.tail
        if self.left:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.failed += self.left
        if not self.done.done():
            self.done.set_result(None)


async def run(port: int, request: bytes | Callable[[], bytes], good: bytes, *, streams: int, each: int, first: bytes = b"data: ") -> Load:
    """`streams` connections that ask `each` times; a callable gives each connection a request of its own."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: Stream(request() if callable(request) else request, good, each, first=first), "127.0.0.1", port
        )
        for _ in range(streams)
    ]
    protocols = [protocol for _, protocol in opened]
    await asyncio.gather(*(protocol.done for protocol in protocols))
    begun = sorted(ms for protocol in protocols for ms in protocol.first_ms)
    return Load(streams * each, sum(p.failed for p in protocols), time.perf_counter() - started, begun)


def cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue  # the thread has ended
    return total / 1e9


def postgres_cpu_s(folder: Path) -> float:
    """CPU seconds of the embedded PostgreSQL of a data folder: of its running processes, and of those that have ended."""
    postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    ended = sum(map(int, Path(f"/proc/{postmaster}/stat").read_text().rsplit(")", 1)[1].split()[13:15])) / os.sysconf("SC_CLK_TCK")
    running = [postmaster, *map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]
    return ended + sum(cpu_s(pid) for pid in running)


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def post(path: str, body: bytes, *, key: str = "", kind: str = "application/json") -> bytes:
    """A keep-alive POST."""
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
