"""How many messages the analysis takes a second on one core, with the encoder of RAPPORT_DATA_DIR and with the lexical methods.

    python -m bench.analysis [--conversations 400] [--data-dir DIR]

Conversations are those of the demo tenant. Prints messages per second and the memory of this process.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rapport.analysis import pipeline, toolkit
from rapport.config import Settings
from rapport.demo.requests import requests
from rapport.domain.conversation import ROLE_TYPES, Conversation, Message
from rapport.domain.ids import new_id
from rapport.ports import Encoder
from rapport.providers.encoders import open_encoder

BATCH = 64


def conversations(n: int) -> list[Conversation]:
    """The first n of the demo tenant."""
    now = datetime.now(UTC)
    bodies = (body for _, path, body in requests(now) if path == "/messages")
    found = []
    for body in islice(bodies, n):
        messages = tuple(
            Message(new_id(), seq, ROLE_TYPES.get(m.get("role"), m.get("messageType", "user_message")), now, m.get("content"))
            for seq, m in enumerate(body["messages"])
        )
        found.append(Conversation(1, new_id(), new_id(), now, now, messages))
    return found


def measure(encoder: Encoder, asked: Sequence[Conversation]) -> float:
    """Messages of users and assistants per second."""
    tools = toolkit.load(encoder)
    pipeline.analyse(asked[:BATCH], tools)  # what is loaded at the first use is not counted
    start = time.process_time()
    for first in range(0, len(asked), BATCH):
        pipeline.analyse(asked[first : first + BATCH], tools)
    return sum(m.is_user or m.is_assistant for c in asked for m in c.messages) / (time.process_time() - start)


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=400)
    options.add_argument("--data-dir", type=Path, default=Settings().data_dir)
    asked = options.parse_args(arguments)
    given = conversations(asked.conversations)
    print(f"analysis of {len(given)} conversations, CPU time of all threads")
    rates = {}
    for setting in ("off", None):
        encoder = open_encoder(setting, asked.data_dir)
        if setting is None and not encoder.semantic:
            print("  no encoder here; `rapport encoder install` fetches it")
            continue
        rates[encoder.name] = measure(encoder, given)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {encoder.name:24} {rates[encoder.name]:8.0f} messages/s a core, most memory so far {memory:.0f} MiB")


if __name__ == "__main__":
    main()
