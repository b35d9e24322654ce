"""The official Greenflash Python SDK, unmodified: its own test suite, and a day of work with it."""

import asyncio
import json
import os
import re
import subprocess
import sys
import textwrap

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
        return await fixtures.wait_until_analysed(opened, tenant_id, seconds=30)
    finally:
        await opened.close()


def test_the_sdks_own_suite(server):
    assert asyncio.run(write_fixtures(server.database_url))
    with server.client() as client:  # the inbox is a part of its own, which this build may lack
        has_inbox = "/api/v1/inbox" in client.get("/openapi.json").json()["paths"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/api_resources", "-q", "-n", "0", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=line",
         "-k", "" if has_inbox else "not test_inbox"],
        cwd=GREENFLASH_TESTS, env=environment(server.url), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    summary = done.stdout.strip().splitlines()[-1]
    failures = sorted(set(re.findall(r"^FAILED \S+", done.stdout, re.MULTILINE)))
    expected = "720 passed" if has_inbox else "680 passed, 40 deselected"
    assert summary.startswith(f"{expected} in "), "\n".join([summary, *failures])


DAY_OF_WORK = """
    import json, sys
    from greenflash import Greenflash

    product, key = sys.argv[1:]
    client = Greenflash(api_key=key, _strict_response_validation=True)
    logged = client.messages.create(
        external_user_id="u-7", external_conversation_id="c-31", product_id=product, model="gpt-4o",
        messages=[
            {"role": "user", "content": "Where is my parcel? It is late again.", "external_message_id": "m1"},
            {"role": "assistant", "content": "It arrives on Friday.", "external_message_id": "m2"},
        ],
    )
    rated = client.ratings.log(product_id=product, external_conversation_id="c-31", rating=2, rating_min=1, rating_max=5)
    listed = client.interactions.list(limit=5)
    chat = b""
    with client.chat.with_streaming_response.create(question="What are people asking about most?", product_id=product) as answer:
        chat = b"".join(answer.iter_bytes())
    for _ in range(100):
        analytics = client.products.get_product_analytics(product)
        if analytics.to_dict().get("totalConversations"):
            break
        import time
        time.sleep(0.1)
    print(json.dumps({
        "status": [m.status for m in logged.messages], "rated": rated.success,
        "listed": [[i.external_id, i.rating, i.external_participant_id] for i in listed],
        "analysed": analytics.to_dict()["totalConversations"], "chat": chat.decode(),
    }))
"""


def test_a_day_of_work(server):
    product = server.new_product("Parcels")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DAY_OF_WORK), product, server.key],
        env=environment(server.url), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["status"] == ["created", "created"]
    assert told["rated"] is True
    assert told["listed"] == [["c-31", 2, "u-7"]]
    assert told["analysed"] == 1
    events = [block.split("\n")[0].removeprefix("event: ") for block in told["chat"].strip().split("\n\n") if block.startswith("event: ")]
    assert events[-1] == "done"
    assert "text_delta" in events
