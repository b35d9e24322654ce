"""Lists, filters, search and the inbox of a real server process at 100,000 conversations. One keep-alive connection.

python -m bench.lists [--conversations 100000] [--folder DIR] [--requests 30]
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.analytics import spread, timed
from bench.tenant import served

WEEK = {"from": str((datetime.now(UTC) - timedelta(days=7)).date())}
QUESTIONS: tuple[tuple[str, dict[str, str | int]], ...] = (
    ("/interactions", {}),
    ("/interactions", {"page": 1_000, "limit": 20}),
    ("/interactions", {"text": "refund for a damaged parcel"}),
    ("/interactions", {"text": "vouchers", **WEEK}),
    ("/interactions", {"sentiment": "negative", **WEEK}),
    ("/interactions", {"maxRating": 2}),
    ("/interactions", {"flags": "jailbreak_detected"}),
    ("/interactions", {"productId": "{product}"}),
    ("/interactions", {"userId": "{user}"}),
    ("/interactions", {"topic": "invoice"}),
    ("/interactions/{conversation}", {}),
    ("/users", {}),
    ("/users", {"page": 200}),
    ("/users/{user}/segments", {}),
    ("/organizations", {}),
    ("/prompts", {}),
    ("/models", {}),
    ("/segments", {}),
    ("/inbox", {}),
    ("/inbox", {"page": 20}),
    ("/inbox", {"minSeverity": 4}),
    ("/inbox", {"axis": "opportunity"}),
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--folder", type=Path, help="A data folder to keep and to use again.")
    options.add_argument("--requests", type=int, default=30)
    asked = options.parse_args(arguments)
    with served(asked.folder, asked.conversations) as server:
        print(f"lists at {asked.conversations:,} conversations")
        for path, parameters in QUESTIONS:
            given = {name: value.format(**server.ids) if isinstance(value, str) else value for name, value in parameters.items()}
            spent = server.cpu_ms()
            took = [timed(server.client, path.format(**server.ids), **given) for _ in range(asked.requests)]
            spent = (server.cpu_ms() - spent) / asked.requests
            print(f"  {spread(took)}, CPU {spent:6.1f}  GET {path} {parameters or ''}", flush=True)
        print(f"  memory of the server: {server.memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
