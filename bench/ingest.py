"""Durable ingest against a real server process: conversations of six messages, each with its own external ids.

    python -m bench.ingest [--clients 16] [--seconds 8] [--url URL --key KEY --product ID]

Without --url it starts a server of its own on a fresh data folder. Clients are raw keep-alive connections, so that the client costs
little; every answer is read and must be 200. Prints conversations per second, latencies, and the CPU time a conversation of the server
and of PostgreSQL. With RAPPORT_WORKER=false that is storing alone; otherwise conversations are analysed meanwhile.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import cpu_s, postgres_cpu_s

WORDS = (
    "order parcel refund late broken invoice login password export report price upgrade cancel account team shipping address card "
    "payment failed error screen update version please thanks again today tomorrow help cannot find change email phone number"
).split()


def body(product: str, number: int, randomness: random.Random) -> bytes:
    """One request: six messages of 8 to 35 words, a user out of 5,000, an organization out of 200, one of three models."""
    messages = [
        {
            "role": "user" if i % 2 == 0 else "assistant", "externalMessageId": f"m{i}",
            "content": " ".join(randomness.choices(WORDS, k=randomness.randint(8, 35))),
        }
        for i in range(6)
    ]  # fmt: skip
    return json.dumps(
        {
            "externalUserId": f"u-{randomness.randrange(5000)}", "externalConversationId": f"c-{os.getpid()}-{number}",
            "productId": product, "externalOrganizationId": f"o-{randomness.randrange(200)}",
            "model": randomness.choice(("gpt-4o", "gpt-4o-mini", "claude-sonnet-4")),
            "systemPrompt": "You help customers of the shop.", "messages": messages,
        }
    ).encode()  # fmt: skip


async def client(url: str, key: str, bodies: list[bytes], deadline: float) -> list[float]:
    """Seconds that each request took. Raises where an answer is not 200."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    took = []
    for sent in bodies:
        start = time.perf_counter()
        if start > deadline:
            break
        head = (
            f"POST /api/v1/messages HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        writer.write(head.encode() + sent)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        content = await reader.readexactly(length)
        if b" 200 " not in answer.split(b"\r\n")[0]:
            raise RuntimeError(content.decode())
        took.append(time.perf_counter() - start)
    writer.close()
    return took


async def measure(url: str, key: str, product: str, *, clients: int, seconds: float) -> dict[str, float]:
    """{conversations_per_s, p50_ms, p99_ms}. Bodies are made before the clock starts."""
    randomness = random.Random(7)
    each = int(3000 * seconds / clients)
    start_number = int(time.time() * 1000) % 10**9 * 100_000
    bodies = [[body(product, start_number + c * each + i, randomness) for i in range(each)] for c in range(clients)]
    start = time.perf_counter()
    took = await asyncio.gather(*(client(url, key, mine, start + seconds) for mine in bodies))
    passed = time.perf_counter() - start
    all_of_them = sorted(t for mine in took for t in mine)
    return {
        "conversations_per_s": len(all_of_them) / passed,
        "p50_ms": 1000 * statistics.median(all_of_them),
        "p99_ms": 1000 * all_of_them[int(len(all_of_them) * 0.99)],
    }


def serve(folder: Path) -> tuple[subprocess.Popen, str]:
    """A server of its own, ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "rapport", "serve", "--data-dir", str(folder), "--port", str(port)])
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/healthz")
            return process, url
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the server did not become healthy within 30 s")


def command(folder: Path, *words: str) -> str:
    """The last line that a `rapport` command prints."""
    done = subprocess.run([sys.executable, "-m", "rapport", *words, "--data-dir", str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clients", type=int, nargs="*", default=[1, 16])
    options.add_argument("--seconds", type=float, default=8)
    options.add_argument("--url")
    options.add_argument("--key")
    options.add_argument("--product")
    asked = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, url = (None, asked.url) if asked.url else serve(folder)
        try:
            key = asked.key or command(folder, "key", "create")
            product = asked.product or command(folder, "product", "create", "--product", "Bench")
            for clients in asked.clients:
                before = (cpu_s(process.pid), postgres_cpu_s(folder)) if process else (0.0, 0.0)
                found = asyncio.run(measure(url, key, product, clients=clients, seconds=asked.seconds))
                if process:
                    stored = found["conversations_per_s"] * asked.seconds
                    found["server_cpu_ms"] = 1000 * (cpu_s(process.pid) - before[0]) / stored
                    found["postgres_cpu_ms"] = 1000 * (postgres_cpu_s(folder) - before[1]) / stored
                print(f"ingest, {clients:2} clients: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
        finally:
            if process:
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
