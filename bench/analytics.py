"""The analytics endpoints of a real server process at 100,000 conversations (`--conversations`), and again with ten times as many
(`--times 10`): simple mode, insights computed, insights from the cache. One keep-alive connection; every answer must be 200.

    python -m bench.analytics [--conversations 100000] [--times 10] [--requests 200]
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import httpx2

from bench.ingest import serve
from bench.tenant import load
from rapport.app import open_database
from rapport.config import Settings

PATHS = {
    "product": "products/{}", "organization": "organizations/{}", "user": "users/{}", "model": "models/{}", "prompt": "prompts/{}",
    "conversation": "interactions/{}",
}  # fmt: skip


async def _load(folder: Path, conversations: int) -> tuple[str, dict[str, UUID], float]:
    start = time.perf_counter()
    async with open_database(Settings(data_dir=folder)) as database:
        key, ids = await load(database, conversations)
    return key, ids, time.perf_counter() - start


def _times(client: httpx2.Client, path: str, requests: int, **parameters: str) -> list[float]:
    """Milliseconds of each request, sorted."""
    took = []
    for _ in range(requests):
        start = time.perf_counter()
        answer = client.get(path, params=parameters)
        took.append(1000 * (time.perf_counter() - start))
        answer.raise_for_status()
    return sorted(took)


def measure(url: str, key: str, ids: dict[str, UUID], requests: int) -> dict[str, float]:
    """Median milliseconds by endpoint in simple mode; prints p50, p99 and the insights beside the cheapest route of the server."""
    medians = {}
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
        floor = statistics.median(_times(client, "/api/v1/products", requests, limit="1"))
        print(f"  GET /products?limit=1, for comparison    p50 {floor:7.2f} ms")
        for kind, path in PATHS.items():
            route = f"/api/v1/{path.format(ids[kind])}/analytics"
            simple = _times(client, route, requests, mode="simple")
            computed = _times(client, route, 1)[0]
            cached = statistics.median(_times(client, route, 20))
            medians[kind], p99 = statistics.median(simple), simple[int(len(simple) * 0.99)]
            print(
                f"  {kind:13} simple p50 {medians[kind]:7.2f} ms ({medians[kind] / floor:4.1f}x), p99 {p99:7.2f} ms;"
                f" insights {computed:8.1f} ms, cached {cached:6.2f} ms"
            )
    return medians


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--times", type=int, help="Measure again with so many times the conversations, in another tenant.")
    options.add_argument("--requests", type=int, default=200)
    asked = options.parse_args(arguments)
    os.environ["RAPPORT_WORKER"] = "false"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, url = serve(folder)
        try:
            found = []
            for conversations in [asked.conversations] + ([asked.conversations * asked.times] if asked.times else []):
                key, ids, seconds = asyncio.run(_load(folder, conversations))
                print(f"analytics at {conversations:,} conversations (loaded in {seconds:.0f} s)")
                found.append(measure(url, key, ids, asked.requests))
            if asked.times:
                ratios = ", ".join(f"{kind} {found[1][kind] / found[0][kind]:.2f}x" for kind in PATHS)
                print(f"with {asked.times}x the conversations, simple mode takes: {ratios}")
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
