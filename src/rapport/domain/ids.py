"""Identifiers. Ids made here are UUIDs of version 7 (RFC 9562): time-ordered, so that new rows land together in an index."""

import os
import time
import uuid
from uuid import UUID


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (2 << 62)
    return UUID(int=value)


def stable_id(*parts: object) -> UUID:
    """The same UUIDv5 for the same parts, for things that are named but not stored (a sampled-out request, a preset)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "rapport:" + "\x1f".join(str(p) for p in parts))


def parse_id(text: str) -> UUID | None:
    """The UUID that `text` spells, or None where it spells none (then it can only be an external id)."""
    try:
        return UUID(text)
    except ValueError:
        return None
