"""Real processes: what an operator starts, kills and starts again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from tests.conftest import database_folder

SOURCE = Path(__file__).parents[2] / "src"


def rapport(*arguments: str, **environment: str) -> subprocess.Popen:
    """Start the command line with these arguments, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "rapport", *arguments],
        env=os.environ | {"PYTHONPATH": str(SOURCE), "RAPPORT_ENCODER": "off", "RAPPORT_ANALYSIS_DELAY_S": "0.05"} | environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip


def last_line(*arguments: str, **environment: str) -> str:
    """What a command prints alone on its last line."""
    process = rapport(*arguments, **environment)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output.strip().splitlines()[-1]


@dataclass
class Installation:
    """A data folder, and the server that is running on it."""

    data_dir: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        self.process = rapport("serve", "--data-dir", str(self.data_dir), "--port", str(self.port), *options, **self.environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{self.url}/healthz").status_code == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError("the server did not become ready in a minute")

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(30)

    def key(self, tenant: str = "default", plan: str = "enterprise") -> str:
        return last_line("key", "create", "--data-dir", str(self.data_dir), "--tenant", tenant, "--plan", plan)

    def client(self, key: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def postgres_pids(self) -> list[int]:
        """Postmasters that work in this data folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes().decode(errors="replace")
                    if str(self.data_dir) in command and "-D" in command and "postgres" in command:
                        found.append(int(entry.name))
        return found

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)
        for pid in self.postgres_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A fresh data folder; start the server with `.start()`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with database_folder() as folder:
        made = Installation(folder / "data", port)
        yield made
        made.close()
