"""Reading event streams in tests, strictly: one `event:` and one `data:` line per event."""

import json
from typing import Any


def events(body: bytes | str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of each event of a Greenflash stream; comments are skipped, ids too. Fails on anything else."""
    text = body if isinstance(body, str) else body.decode()
    assert text.endswith("\n\n")
    found = []
    for block in text[:-2].split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith((":", "id: "))]
        if not lines:
            continue
        name, data = lines
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def text_of(found: list[tuple[str, dict[str, Any]]]) -> str:
    return "".join(data["text"] for name, data in found if name == "text_delta")
