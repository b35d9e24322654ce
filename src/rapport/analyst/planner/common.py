"""Everyday English words, read once from `common.txt`."""

from functools import cache
from importlib import resources


@cache
def common() -> frozenset[str]:
    """Lower-case words that are never a name by themselves."""
    text = resources.files("rapport.analyst.planner").joinpath("common.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
