"""Recognising the template of a literal prompt among 10,000 templates of one product that share most of their words.

    python -m bench.templates [--templates 10000]

Prints milliseconds per recognition (the whole `store.templates.find`: hashing, index, comparison) for renderings and for texts
that are no rendering, and the share recognised as the right template.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from rapport.app import open_database
from rapport.config import Settings
from rapport.domain import templates as texts
from rapport.domain.catalog import NewComponent, PromptGiven
from rapport.store import catalog, prompts, templates
from rapport.store.database import Database

PREAMBLE = (
    "You are the friendly assistant of {{shop}}. Answer in {{language}}, briefly and correctly. Never promise what the rules forbid. "
    "If you do not know the answer, say so and offer to ask a colleague. "
)
VERBS = "refund cancel ship exchange repair upgrade bill explain renew suspend deliver return".split()
THINGS = "orders parcels invoices accounts tickets phones cameras shoes books laptops plans vouchers deposits cables".split()


def template(number: int) -> str:
    """The shared preamble and three rules of its own."""
    randomness = random.Random(number)
    rules = (
        f"Rule {number}-{i}: {randomness.choice(VERBS)} {randomness.choice(THINGS)} in {randomness.randrange(2, 99)} days for {{{{name}}}}."
        for i in range(3)
    )
    return PREAMBLE + " ".join(rules)


async def measure(database: Database, count: int) -> None:
    async with database.transaction() as connection:
        product = (await catalog.create_product(connection, 1, "Bench")).id
    start = time.perf_counter()
    ids = []
    for first in range(0, count, 500):
        async with database.transaction() as connection:
            for number in range(first, min(first + 500, count)):
                given = PromptGiven((NewComponent(template(number)),), external_id=f"t-{number}")
                ids.append((await prompts.create(connection, 1, product, given, name=f"t-{number}", role="system"))[0])
    print(f"templates: {count} stored, {1000 * (time.perf_counter() - start) / count:.2f} ms each")
    async with database.connection() as connection:
        await connection.execute("ANALYZE")
    await recognise(database, product, ids)


async def recognise(database: Database, product, ids: list) -> None:
    values = {"shop": "Kiosk 9", "language": "plain English", "name": "Ann Lee"}
    numbers = random.Random(1).sample(range(len(ids)), min(300, len(ids)))
    right, took, missed = 0, [], []
    async with database.connection() as connection:
        for number in numbers:
            for filled, times in ((texts.fill(template(number), values), took), (" ".join(random.sample(VERBS + THINGS, 20) * 4), missed)):
                start = time.perf_counter()
                match = await templates.find(connection, 1, product, (NewComponent(filled),))
                times.append(time.perf_counter() - start)
                right += match is not None and match.prompt_id == ids[number] and match.confidence == "exact"
    for name, times in (("rendering", took), ("no rendering", missed)):
        print(f"templates: {name}: p50 {1000 * statistics.median(times):.2f} ms, p99 {1000 * sorted(times)[int(len(times) * 0.99)]:.2f} ms")
    print(f"templates: recognised exactly: {right} of {len(numbers)}")


async def run(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Settings(data_dir=Path(folder))) as database:  # type: ignore[call-arg]
            await measure(database, count)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--templates", type=int, default=10_000)
    asyncio.run(run(options.parse_args().templates))
