"""`rapport reanalyse` of a whole tenant beside a real server: killed in the middle once, gone on with, and what it does to logging.

    python -m bench.reanalysis [--conversations 100000] [--folder DIR] [--clients 16] [--seconds 10]

Conversations are logged into another tenant, and their analysis is put off, so that before, beside and after differ in the re-analysis
alone. Each time beside it is followed by one while it is stopped (SIGSTOP): on a machine with other work only such pairs compare.
Memory is the proportional share (PSS) of the process that analyses, PostgreSQL not counted. An analysis and its leaving the queue are
one transaction: the writes of the table show what was done twice.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.ingest import command, measure
from bench.load import cpu_s, postgres_cpu_s
from bench.tenant import Served, served
from rapport.app import open_database
from rapport.config import Settings

PERIOD_S = 1.0


@dataclass
class Reanalysis:
    """A running `rapport reanalyse` and what it has needed so far: CPU seconds, MiB."""

    process: subprocess.Popen
    nice: int = 0
    cpu: float = 0.0
    pss: float = 0.0
    peak_rss: float = 0.0

    def watch(self) -> None:
        """Until it ends."""
        while self.process.poll() is None:
            with suppress(OSError):
                self.nice = os.getpriority(os.PRIO_PROCESS, self.process.pid)
                self.cpu = max(self.cpu, cpu_s(self.process.pid))  # what its threads needed goes with them
                self.pss = max(self.pss, _mib(self.process.pid, "smaps_rollup", "Pss:"))
                self.peak_rss = max(self.peak_rss, _mib(self.process.pid, "status", "VmHWM:"))
            time.sleep(PERIOD_S)

    def told(self) -> str:
        return f"{self.cpu:.0f} s of CPU, PSS at most {self.pss:.0f} MiB, RSS at most {self.peak_rss:.0f} MiB, nice {self.nice}"


def _mib(pid: int, file: str, name: str) -> float:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def start(folder: Path, tenant: str) -> Reanalysis:
    words = ("reanalyse", "--data-dir", str(folder), "--tenant", tenant)
    started = Reanalysis(subprocess.Popen([sys.executable, "-m", "rapport", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    threading.Thread(target=started.watch, daemon=True).start()
    return started


def queued(server: Served) -> int:
    """Conversations that wait to be analysed again."""
    return server.client.get(f"http://{server.client.base_url.netloc.decode()}/healthz").json()["worker"]["backlog"]


@dataclass(frozen=True)
class Rows:
    """`conversations` of the tenant, analyses that were ever `written` over, conversations that a re-analysis has `in_hand`."""

    conversations: int
    written: int
    in_hand: int


async def _rows(folder: Path, tenant: str) -> Rows:
    async with open_database(Settings(data_dir=folder)) as database, database.connection() as connection:
        await asyncio.sleep(2)  # counters of other connections are a second late
        row = await connection.fetchrow(
            """
            SELECT (SELECT count(*) FROM conversation c JOIN tenant t ON t.id = c.tenant_id WHERE t.name = $1) AS conversations,
                   (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'analysis') AS written,
                   (SELECT count(*) FROM analysis_pending WHERE backlog AND locked_until IS NOT NULL) AS in_hand
            """,
            tenant,
        )
    assert row
    return Rows(**row)


class Bench:
    """One measurement over one server."""

    def __init__(self, server: Served, tenant: str, clients: int, seconds: float):
        self.server, self.tenant, self.clients, self.seconds = server, tenant, clients, seconds
        self._key = command(server.folder, "key", "create")
        self._product = command(server.folder, "product", "create", "--product", "Bench")

    def log(self, when: str) -> None:
        """Log conversations for a while and print how many went."""
        base = self.server.client.base_url
        url = f"{base.scheme}://{base.netloc.decode()}"
        found = asyncio.run(measure(url, self._key, self._product, clients=self.clients, seconds=self.seconds))
        load = os.getloadavg()[0]
        print(f"  logging {when}: " + ", ".join(f"{k} {v:.0f}" for k, v in found.items()) + f"; load average {load:.1f}", flush=True)

    def rows(self) -> Rows:
        return asyncio.run(_rows(self.server.folder, self.tenant))

    def pair(self, running: Reanalysis) -> None:
        """Log beside it, and while it is stopped, for less than the lease of what it has in hand."""
        self.log("beside")
        running.process.send_signal(signal.SIGSTOP)
        try:
            self.log("with it stopped")
        finally:
            running.process.send_signal(signal.SIGCONT)

    def until(self, left: int, running: Reanalysis) -> int:
        """Wait until no more than so many are left (or it has ended); how many are."""
        while (now := queued(self.server)) > left and running.process.poll() is None:
            time.sleep(PERIOD_S)
        return now

    def run(self) -> None:
        before = self.rows()
        wanted = before.conversations
        for _ in range(3):
            self.log("before")
        postgres, began = postgres_cpu_s(self.server.folder), time.perf_counter()
        first = start(self.server.folder, self.tenant)
        while (total := queued(self.server)) < wanted * 0.95:
            time.sleep(0.1)
        print(f"  {total} on the queue after {time.perf_counter() - began:.1f} s")
        for share in (0.9, 0.75, 0.6):
            self.until(int(wanted * share), first)
            self.pair(first)
        self.until(wanted // 2, first)
        first.process.kill()
        first.process.wait()
        print(f"  killed after {time.perf_counter() - began:.0f} s: {first.told()}")
        left, now = queued(self.server), self.rows()
        print(
            f"  {left} left, {now.in_hand} of them in hand; {now.written - before.written} analyses written of {wanted - left}", flush=True
        )
        second = start(self.server.folder, self.tenant)
        for share in (0.4, 0.25):
            self.until(int(wanted * share), second)
            self.pair(second)
        done = second.process.communicate()[0].decode().strip()
        print(f"  ended after {time.perf_counter() - began:.0f} s in all: {done} in the second call, {second.told()}")
        print(f"  PostgreSQL {postgres_cpu_s(self.server.folder) - postgres:.0f} s of CPU, logging included")
        print(f"  {self.rows().written - before.written} analyses written in all, {queued(self.server)} left", flush=True)
        for _ in range(3):
            self.log("after")


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--folder", type=Path, help="A data folder to keep and to use again.")
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--seconds", type=float, default=10)
    asked = options.parse_args(arguments)
    os.environ["RAPPORT_ANALYSIS_DELAY_S"] = "86400"
    with served(asked.folder, asked.conversations) as server:
        print(f"re-analysis of {asked.conversations:,} conversations")
        Bench(server, f"bench-{asked.conversations}", asked.clients, asked.seconds).run()


if __name__ == "__main__":
    main()
