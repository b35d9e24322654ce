"""One request to a URL that a customer gave: signed, bounded in time, and never to a private address unless the operator allows it.

The host is resolved here and the connection goes to the address that was checked, so a name that answers differently the second
time gains nothing. Redirects are not followed.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import time
from urllib.parse import SplitResult, urlsplit

import httpx2

from rapport.errors import Invalid, ProviderError

PATIENCE_S = 10.0
MOST_ANSWER_BYTES = 64 * 1024


def signature(secret: str, body: bytes, at: int) -> str:
    """`t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` with the webhook's secret."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def address_of(url: str, *, allow_private: bool) -> str:
    """The address to connect to. Raises Invalid where the URL is not plain http(s), or any of its addresses is not public."""
    parts = _parts(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise Invalid(f"url: the host {parts.hostname} cannot be resolved; check its spelling.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise Invalid("url: points to a private address; use a public one, or turn on the setting `allow_private_urls`.")
    return addresses[0]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Invalid("url: is not a URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid("url: must begin with https:// or http:// and name a host.")
    if parts.username or parts.password:
        raise Invalid("url: must not hold a user name or password; check the signature instead.")
    return parts


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed.sixtofour or parsed
    return parsed.is_global and not parsed.is_multicast


async def post(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool) -> int:
    """The status of the answer. Raises ProviderError where there is none, or where it is not 2xx; Invalid for a refused URL."""
    status, _ = await fetch("POST", url, body, headers, allow_private=allow_private)
    if not 200 <= status < 300:
        raise Refused(status)
    return status


async def fetch(method: str, url: str, body: bytes | None, headers: dict[str, str], *, allow_private: bool) -> tuple[int, bytes]:
    """Status and body of the answer, of which no more than MOST_ANSWER_BYTES is read. Raises ProviderError where there is none,
    Invalid for a refused URL."""
    address, parts = await address_of(url, allow_private=allow_private), _parts(url)
    target = httpx2.URL(url).copy_with(host=address)
    sent = {
        "Host": parts.netloc,
        "Accept-Encoding": "identity",
        **({"Content-Type": "application/json"} if body is not None else {}),
        **headers,
    }
    got = bytearray()
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            httpx2.AsyncClient(timeout=PATIENCE_S, follow_redirects=False, trust_env=False) as client,
            client.stream(method, target, content=body, headers=sent, extensions={"sni_hostname": parts.hostname}) as answer,
        ):
            async for chunk in answer.aiter_raw():
                got += chunk
                if len(got) > MOST_ANSWER_BYTES:
                    break
            status = answer.status_code
    except TimeoutError as error:
        raise ProviderError(f"No answer within {PATIENCE_S:.0f} s.") from error
    except httpx2.HTTPError as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error
    return status, bytes(got[:MOST_ANSWER_BYTES])


class Refused(ProviderError):
    """The receiver answered, but not with 2xx."""

    def __init__(self, status: int):
        super().__init__(f"Answered with {status}.")
        self.answered = status


def now() -> int:
    """Unix seconds, for signatures."""
    return int(time.time())
