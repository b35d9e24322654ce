"""What the three ticket systems have in common: one bounded JSON request, and their failures in our words."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from rapport.errors import ProviderError, ProviderNeedsSetup

TIMEOUT_S = 15.0
ATTEMPTS = 3


async def call(
    client: httpx2.AsyncClient, name: str, method: str, url: str, *, headers: Mapping[str, str], body: Any = None,
    params: Mapping[str, str] | None = None, reads: bool = True,
) -> Any:  # fmt: skip
    """The decoded answer. A request that only `reads` is sent again where it did not arrive or was answered with 429 or 5xx.

    Raises ProviderNeedsSetup where the token is refused, ProviderError otherwise.
    """
    answer: httpx2.Response | None = None
    failure: httpx2.HTTPError | None = None
    for attempt in range(ATTEMPTS if reads else 1):
        if attempt:
            await asyncio.sleep(0.3 * 2**attempt)
        try:
            answer, failure = await client.request(method, url, headers=dict(headers), json=body, params=params, timeout=TIMEOUT_S), None
        except httpx2.HTTPError as error:
            failure = error
            continue
        if answer.status_code != 429 and answer.status_code < 500:
            break
    if failure or answer is None:
        raise ProviderError(f"{name} cannot be reached ({type(failure).__name__}); nothing was lost, confirm again later.") from failure
    if answer.status_code in (401, 403):
        raise ProviderNeedsSetup(f"{name} refused the token ({answer.status_code}); set a new one under /api/admin/v1/connections.")
    if answer.status_code >= 300:
        raise ProviderError(f"{name} answered {answer.status_code}: {answer.text[:300]}")
    try:
        return msgspec.json.decode(answer.content) if answer.content else None
    except msgspec.DecodeError as error:
        raise ProviderError(f"{name} answered with something that is not JSON; check its address.") from error
