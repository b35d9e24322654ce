"""One streamed call of a language model over HTTP: retried only before the first byte, cut off by time limits, and closed as soon
as nobody wants the rest.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.request import getproxies

import httpx2
import msgspec
import stamina

from rapport.domain.agent import ModelEvent
from rapport.errors import ModelTimeout, ModelUnavailable
from rapport.providers.decoding import Decoder
from rapport.providers.model_errors import RETRY_STATUSES, error_of_response
from rapport.providers.sse import EventDecoder
from rapport.providers.upstream import Upstream

CONNECT_S = 10.0
SILENCE_S = 120.0
"""Longest wait for the next bytes. Reasoning models think for a minute before the first."""
ATTEMPTS = 3
LARGEST_ERROR = 64 * 1024


class _TryAgain(Exception):
    """Nothing was received yet, so the same request may be sent again."""

    def __init__(self, error: Exception):
        self.error = error


def new_client(silence_s: float) -> httpx2.AsyncClient:
    """A client whose connections are shared by all calls of one provider; it gives up after `silence_s` without a byte."""
    timeout = httpx2.Timeout(silence_s, connect=CONNECT_S, pool=CONNECT_S)
    if getproxies():  # only httpx2's own transport goes through a proxy
        return httpx2.AsyncClient(timeout=timeout, limits=httpx2.Limits(max_connections=2000, max_keepalive_connections=100))
    return httpx2.AsyncClient(timeout=timeout, transport=Upstream())


async def stream_events(
    client: httpx2.AsyncClient, url: str, *, headers: Mapping[str, str], body: Any, decoder: Decoder
) -> AsyncIterator[ModelEvent]:
    """POST `body` and yield what `decoder` makes of the answer. Raises ModelError and its kin. Closing the iterator closes the
    connection."""
    response = await _open(client, url, headers, msgspec.json.encode(body))
    del body  # an answer may take minutes, and a request hundreds of kilobytes
    try:
        events = EventDecoder()
        is_stream = "event-stream" in response.headers.get("content-type", "event-stream")
        whole = bytearray()
        encoded = "content-encoding" in response.headers
        async for chunk in response.aiter_bytes() if encoded else response.aiter_raw():
            if not is_stream:
                whole += chunk
                continue
            for name, data in events.feed(chunk):
                for event in decoder.decode(name, data):
                    yield event
            if decoder.done:
                return
        for name, data in [("message", bytes(whole))] if whole else events.end():
            for event in decoder.decode(name, data):
                yield event
        for event in decoder.end():
            yield event
    except httpx2.TimeoutException as error:
        raise ModelTimeout from error
    except httpx2.HTTPError as error:
        raise ModelUnavailable("The connection to the language model broke off in the middle of its answer; ask again.") from error
    finally:
        await response.aclose()


async def _open(client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
    """A response with status 200 whose body has not been read."""
    try:
        async for attempt in stamina.retry_context(on=_TryAgain, attempts=ATTEMPTS, timeout=30, wait_initial=0.2, wait_max=3.0):
            with attempt:
                return await _try(client, url, headers, body)
    except _TryAgain as failed:
        raise failed.error from failed.error.__cause__
    raise ModelUnavailable


async def _given_up(body: bytes) -> AsyncIterator[bytes]:
    """A body that is not kept once it was sent: a response holds its request as long as it is read."""
    yield body


async def _try(client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
    own = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    sent = client.build_request("POST", url, headers=own, content=_given_up(body))
    try:
        response = await client.send(sent, stream=True)
    except httpx2.ConnectTimeout as error:
        raise _TryAgain(ModelUnavailable()) from error
    except httpx2.TimeoutException as error:
        raise ModelTimeout from error
    except httpx2.HTTPError as error:
        raise _TryAgain(ModelUnavailable()) from error
    except httpx2.InvalidURL as error:
        raise ModelUnavailable("The base URL in the setting `model` cannot be used; check its spelling.") from error
    if response.status_code == 200:
        return response
    try:
        answer = (await response.aread())[:LARGEST_ERROR]
    except httpx2.HTTPError:
        answer = b""
    finally:
        await response.aclose()
    error = error_of_response(response.status_code, answer)
    if response.status_code in RETRY_STATUSES:
        raise _TryAgain(error)
    raise error
