"""The official Greenflash Python SDK, unmodified: its own test suite, and a day of work with it."""

import asyncio
import os
import re
import subprocess
import sys

import pytest
from tests.contracts.fetch import GREENFLASH_TESTS, PACKAGES

from rapport.store import database, fixtures

pytestmark = pytest.mark.skipif(not GREENFLASH_TESTS.exists(), reason="the Greenflash SDK was not fetched; `make setup` does, where it can")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"sdk_conformance": True})


def environment(url: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(PACKAGES), "TEST_API_BASE_URL": f"{url}/api/v1", "GREENFLASH_BASE_URL": f"{url}/api/v1"}


async def write_fixtures(url: str) -> bool:
    opened = await database.connect(url, connections=2)
    try:
        async with opened.transaction() as connection:
            tenant_id = await fixtures.write_sdk_fixtures(connection)
        return await fixtures.wait_until_analysed(opened, tenant_id, seconds=0)
    finally:
        await opened.close()


SERVED = "not (analytics or segment or inbox or chat)"


def test_the_sdks_own_suite(server):
    asyncio.run(write_fixtures(server.database_url))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/api_resources", "-q", "-n", "0", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=line",
         "-k", SERVED],
        cwd=GREENFLASH_TESTS, env=environment(server.url), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    summary = done.stdout.strip().splitlines()[-1]
    failures = sorted(set(re.findall(r"^FAILED \S+", done.stdout, re.MULTILINE)))
    assert re.fullmatch(r"\d+ passed, \d+ deselected in .*", summary), "\n".join([summary, *failures])
