"""Readers of live runs over real connections: cut off at any event, and too slow for what is said."""

import json
import re
import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.acceptance.conftest import Installation

pytestmark = pytest.mark.acceptance

WORDS = "one two \u2028 three 😀 four five"
SCRIPT = {
    "replies": [
        {"when": "^slow", "rounds": [[{"tool": "getProductList"}], [{"text": WORDS, "characters": 3, "delay_s": 0.06}]]},
        {"when": "^long", "rounds": [[{"text": "0123456789abcdef" * 4096, "characters": 65536, "delay_s": 0.03} for _ in range(96)]]},
        {"when": "^much", "rounds": [[{"text": "0123456789abcdef" * 8192, "characters": 16384, "delay_s": 0.05}]]},
    ]
}  # fmt: skip
READERS = 200
KIB = 1024


@pytest.fixture
def served(installation: Installation) -> Installation:
    script = installation.data_dir.parent / "script.json"
    script.write_text(json.dumps(SCRIPT))
    installation.environment |= {"RAPPORT_MODEL": f"scripted:{script}", "RAPPORT_WORKER": "false"}
    installation.start()
    return installation


class Connection:
    """A raw connection: nothing is read that was not asked for."""

    def __init__(self, installation: Installation, key: str, method: str, path: str, body: object = None, *, buffer: int | None = None):
        self._socket = socket.socket()
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(30)
        self._socket.connect(("127.0.0.1", installation.port))
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
        self._socket.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        self._raw = b""
        while b"\r\n\r\n" not in self._raw:
            self._raw += self._socket.recv(1)
        self.head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        assert b" 200 " in self.head, self.head

    @property
    def run(self) -> str:
        found = re.search(rb"x-run-id: (\S+)", self.head)
        assert found
        return found[1].decode()

    def frames(self, most: int | None = None) -> list[bytes]:
        """The next events, up to `most`; all where there is no such number."""
        body = b""
        while most is None or body.count(b"\n\n") < most:
            piece = self._chunk()
            if not piece:
                break
            body += piece
        return [block + b"\n\n" for block in body.split(b"\n\n")[:-1]][:most]

    def kill(self) -> None:
        """End the connection with a reset, as a machine that has gone."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _chunk(self) -> bytes:
        """One chunk of the transfer encoding; empty at the end."""
        while b"\r\n" not in self._raw:
            self._raw += self._socket.recv(4096)
        size, _, rest = self._raw.partition(b"\r\n")
        length = int(size, 16)
        while len(rest) < length + 2:
            rest += self._socket.recv(65536)
        self._raw = rest[length + 2 :]
        return rest[:length]


def resident_kib(installation: Installation) -> int:
    assert installation.process
    status = Path(f"/proc/{installation.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]


def test_a_reader_killed_at_every_event_of_a_live_run_gets_the_rest_exactly_once(served):
    key = served.key()
    count = len(Connection(served, key, "POST", "/api/v1/chat", {"question": "slow"}).frames())
    assert count > 8
    for seen in range(count + 1):
        first = Connection(served, key, "POST", "/api/v1/chat", {"question": "slow"})
        part = first.frames(seen)
        first.kill()
        rest = []
        if not part or b"event: done" not in part[-1]:
            resumed = Connection(served, key, "GET", f"/api/v1/runs/{first.run}/events?after={len(part)}")
            rest = [frame.partition(b"\n")[2] for frame in resumed.frames()]
        whole = Connection(served, key, "GET", f"/api/v1/runs/{first.run}/events").frames()
        assert part + rest == [frame.partition(b"\n")[2] for frame in whole]
        assert [int(frame.partition(b"\n")[0].removeprefix(b"id: ")) for frame in whole] == list(range(1, len(whole) + 1))
        assert sum(b"event: done" in frame or b"event: error" in frame for frame in whole) == 1


def test_slow_readers_of_a_long_answer_take_no_memory(served):
    """One answer of 6 MiB and 200 readers that take nothing: a queue for each would be 1.2 GiB."""
    key = served.key()
    with served.client(key) as client, ExitStack() as stack:
        asking = Connection(served, key, "POST", "/api/v1/chat", {"question": "long"}, buffer=4096)
        events = f"/api/v1/runs/{asking.run}/events"
        readers = [Connection(served, key, "GET", events, buffer=4096) for _ in range(READERS)]
        for reader in [asking, *readers]:
            stack.callback(reader.kill)
        before = resident_kib(served)
        deadline = time.monotonic() + 60
        while client.get(f"/api/v1/runs/{asking.run}").json()["status"] == "running":
            assert time.monotonic() < deadline
            time.sleep(0.3)
        grown = resident_kib(served) - before
        assert grown < 96 * KIB  # the log, its packing, and at most two writes of 64 KiB for each reader
        whole = b"".join(frame.partition(b"\n")[2] for frame in readers[-1].frames())
        assert whole.count(b"0123456789abcdef") == 96 * 4096
        assert client.get("/healthz").status_code == 200


def test_many_answers_with_slow_readers_take_no_more_than_their_words(served):
    """200 answers of 128 KiB at once, none of which is read."""
    key = served.key()
    with served.client(key) as client, ExitStack() as stack:
        before = resident_kib(served)
        opened = []
        for _ in range(READERS):
            opened.append(Connection(served, key, "POST", "/api/v1/chat", {"question": "much"}, buffer=4096))
            stack.callback(opened[-1].kill)
        deadline = time.monotonic() + 60
        while any(client.get(f"/api/v1/runs/{one.run}").json()["status"] == "running" for one in opened):
            assert time.monotonic() < deadline
            time.sleep(0.3)
        peak = resident_kib(served) - before
        time.sleep(2)
        assert resident_kib(served) - before < peak + 8 * KIB
        assert peak < READERS * 3 * 128 + 64 * KIB
        assert b"".join(opened[-1].frames()).count(b"0123456789abcdef") == 8192
