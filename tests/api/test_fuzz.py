"""The whole API against its own OpenAPI document: requests that fit it, and requests that nearly do, never break the server.

Requests come from schemathesis, a few per operation with a fixed seed, on one server with a tenant that has something to find.
"""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from tests import conftest
from tests.api.test_routes import assert_envelope

from rapport.app import create_app
from rapport.config import Settings
from rapport.store import database, fixtures

DOCUMENT = create_app(Settings()).openapi()
EXAMPLES = 2
LONGEST_S = 10.0
PAGES = "/tickets/"
"""Read by people: an error is a page too."""
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = sorted((method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def fuzzed(postgres, template, tmp_path_factory) -> Iterator[httpx2.Client]:
    name = "t_fuzz"
    url = conftest._sibling(postgres, name)
    asyncio.run(conftest._execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    asyncio.run(_write_fixtures(url))
    options = Settings(database_url=url, data_dir=tmp_path_factory.mktemp("fuzz"), encoder="off", run_max_seconds=5)  # type: ignore[arg-type]
    with conftest.running(options) as address:
        key = asyncio.run(conftest._make_key(url, fixtures.TENANT, "enterprise"))
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=LONGEST_S) as client:
            yield client
    asyncio.run(conftest._execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


async def _write_fixtures(url: str) -> None:
    opened = await database.connect(url, connections=2)
    async with opened.transaction() as connection:
        await fixtures.write_sdk_fixtures(connection)
    await opened.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "nearly-fits"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_operation_never_breaks(fuzzed, method, path, mode):
    operation = SCHEMA[path][method]

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: schemathesis.Case) -> None:
        check(fuzzed, path, case)

    try:
        run()
    except Unsatisfiable:
        pytest.skip("nothing can be wrong with a request that takes nothing but an id")


def check(client: httpx2.Client, path: str, case: schemathesis.Case) -> None:
    given = case.as_transport_kwargs(base_url=str(client.base_url))
    headers = {k: v for k, v in dict(given.pop("headers", {})).items() if k.lower() != "authorization"}
    if "files" in given:
        return  # what is not text or bytes cannot be sent as a file; uploads have tests of their own
    known = {k: v for k, v in given.items() if k in ("method", "url", "params", "json", "data", "files", "content")}
    with client.stream(headers=headers, **known) as answer:
        body = b"" if answer.headers["content-type"].startswith("text/event-stream") else answer.read()
        assert answer.status_code < 500, (answer.status_code, body[:500], given)
        if answer.status_code >= 400 and not path.startswith(PAGES):
            assert answer.headers["content-type"] == "application/json", (answer.status_code, answer.headers)
            assert_envelope(path, answer.json())
