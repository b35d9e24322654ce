"""The seven analytics endpoints of a real server process at 100,000 conversations (`--conversations`), and at a tenth of them
(`--beside 10000`): simple mode, insights computed (each time for another period), insights from the cache. One keep-alive connection;
every answer must be 200.

    python -m bench.analytics [--conversations 100000] [--beside 10000] [--folder DIR] [--requests 200]
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from bench.tenant import Served, served

PATHS = {
    "product": "products/{}", "organization": "organizations/{}", "user": "users/{}", "segment": "segments/{}", "model": "models/{}",
    "prompt": "prompts/{}", "conversation": "interactions/{}",
}  # fmt: skip
PERIODS = 10


def timed(client: httpx2.Client, path: str, **parameters: str | int) -> float:
    """Milliseconds of one request."""
    start = time.perf_counter()
    answer = client.get(path, params=parameters)
    took = 1000 * (time.perf_counter() - start)
    if not answer.is_success:
        raise RuntimeError(f"{path} {parameters}: {answer.status_code} {answer.text}")
    return took


def spread(took: Sequence[float]) -> str:
    """Median and 95th percentile."""
    return f"p50 {statistics.median(took):7.1f} p95 {sorted(took)[int(len(took) * 0.95)]:7.1f} ms"


def measure(server: Served, requests: int) -> dict[str, float]:
    """Median milliseconds by endpoint in simple mode; prints all modes beside the cheapest route of the server."""
    medians, client = {}, server.client
    floor = [timed(client, "/products", limit=1) for _ in range(requests)]
    print(f"  {'GET /products?limit=1':13} {spread(floor)}, for comparison")
    today = datetime.now(UTC).date()
    for kind, path in PATHS.items():
        route = f"/{path.format(server.ids[kind])}/analytics"
        spent = server.cpu_ms()
        simple = [timed(client, route, mode="simple") for _ in range(requests)]
        spent = (server.cpu_ms() - spent) / requests
        periods = [{"from": str(today - timedelta(days=90 - i)), "to": str(today - timedelta(days=i))} for i in range(PERIODS)]
        computed = [timed(client, route, **period) for period in periods]
        cached = [timed(client, route, **period) for period in periods for _ in range(5)]
        medians[kind] = statistics.median(simple)
        print(f"  {kind:13} simple {spread(simple)} ({spent:.1f} CPU); insights {spread(computed)}; cached {spread(cached)}", flush=True)
    return medians


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--beside", type=int, help="Measure with so many conversations too, in another tenant, and compare.")
    options.add_argument("--folder", type=Path, help="A data folder to keep and to use again.")
    options.add_argument("--requests", type=int, default=200)
    asked = options.parse_args(arguments)
    found = []
    for conversations in [asked.beside] * bool(asked.beside) + [asked.conversations]:
        with served(asked.folder, conversations) as server:
            print(f"analytics at {conversations:,} conversations")
            found.append(measure(server, asked.requests))
            print(f"  memory of the server: {server.memory_mib():.0f} MiB")
    if asked.beside:
        ratios = ", ".join(f"{kind} {found[1][kind] / found[0][kind]:.2f}x" for kind in PATHS)
        print(f"simple mode with {asked.conversations / asked.beside:g}x the conversations takes: {ratios}")


if __name__ == "__main__":
    main()
