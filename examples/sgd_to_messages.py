"""Turns dialogues of the Schema-Guided Dialogue data set into lines for `rapport import --format messages`.

    python examples/sgd_to_messages.py conv_sgd_dev.jsonl.gz --product PRODUCT_ID > sgd.jsonl
    rapport import sgd.jsonl --format messages

Input: JSON lines (gzip or plain) with `id`, `services`, `intents` and `turns` [["U" or "S", text]]. The data set has no times
and no people, so both are made up here, always alike: dialogue i is put on day i mod DAYS of the last DAYS days, one minute a
turn, and belongs to one of USERS users. Anything said about days or users of this import therefore describes the converter.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS = 30
USERS = 200
ROLES = {"U": "user", "S": "assistant"}


def bodies(path: Path, product_id: str, end: datetime) -> Iterator[dict]:
    """One POST /messages body for each dialogue; days count back from `end`."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            dialogue = json.loads(line)
            start = end - timedelta(days=DAYS - 1 - index % DAYS, minutes=index % 600 + 60)
            yield {
                "externalConversationId": f"sgd-{dialogue['id']}",
                "externalUserId": f"sgd-user-{index * 7919 % USERS}",
                "productId": product_id,
                "properties": {
                    "services": ",".join(dialogue["services"]),
                    "intents": ",".join(sorted({i for _, i in dialogue["intents"]})),
                },
                "messages": [
                    {
                        "externalMessageId": f"{dialogue['id']}-{turn}",
                        "role": ROLES[role],
                        "content": text,
                        "createdAt": (start + timedelta(minutes=turn)).isoformat(),
                    }
                    for turn, (role, text) in enumerate(dialogue["turns"])
                ],
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--product", required=True, help="id of the product that the dialogues belong to")
    parser.add_argument("--end", type=datetime.fromisoformat, help="last day, ISO date; default: today")
    options = parser.parse_args()
    end = (options.end or datetime.now(UTC)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=UTC)
    for body in bodies(options.file, options.product, end):
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
