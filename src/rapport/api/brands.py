"""Whose name stands on what is served: the custom domain of the Host header selects a tenant and its brand; elsewhere the brand is
that of the caller's tenant, and the product's own where nobody has said who is asking.

On a custom domain there is nothing but its tenant: a key of another tenant is refused like an unknown one (401), and another tenant's
public representatives, webhooks and tickets are not found (404). Brands are looked up at most once in two seconds per process.
"""

import time
from urllib.parse import urlsplit

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from rapport.api.state import State
from rapport.domain.brand import OWN, Brand, host_name
from rapport.errors import DatabaseUnavailable
from rapport.store import brands

HELD_S = 2.0
MOST_HELD = 10_000
BRAND = "brand"

log = structlog.get_logger()


class Hosts:
    """Puts the brand of the custom domain that a request came by into its scope."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"")
            scope[BRAND] = await _of_host(scope["app"].state.rapport, host_name(host.decode("latin-1")))
        await self.app(scope, receive, send)


async def _of_host(parts: State, host: str) -> Brand | None:
    known = parts.brands.get(host)
    if known and known[0] > time.monotonic():
        return known[1]
    try:
        async with parts.database.connection() as connection:
            found = await brands.of_host(connection, host)
    except DatabaseUnavailable as error:  # the request fails by itself where it needs the database; its answer keeps the name
        log.warning("brand not looked up", error=error.message)
        return known[1] if known else None
    _hold(parts, host, found)
    return found


def _hold(parts: State, name: str | int, brand: Brand | None) -> None:
    if len(parts.brands) >= MOST_HELD:
        parts.brands.clear()
    parts.brands[name] = (time.monotonic() + HELD_S, brand)


def served(request: Request) -> Brand | None:
    """The brand of the custom domain that this request came by; None on any other host."""
    return request.scope.get(BRAND)


def only_tenant(request: Request) -> int | None:
    """The tenant that alone exists on this host; None where all do."""
    brand = served(request)
    return brand.tenant_id if brand else None


async def of_tenant(request: Request, parts: State, tenant_id: int) -> Brand:
    """The brand of what is served to this tenant."""
    if brand := served(request):
        return brand
    known = parts.brands.get(tenant_id)
    if known and known[0] > time.monotonic():
        return known[1] or OWN
    async with parts.database.connection() as connection:
        found = await brands.of_tenant(connection, tenant_id)
    _hold(parts, tenant_id, found)
    return found


def origin(request: Request, parts: State) -> str:
    """This server's address as the caller of this request sees it, without a path."""
    public = parts.settings.public_url
    if served(request):
        return f"{urlsplit(public).scheme if public else request.url.scheme}://{request.url.netloc}"
    return (public or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


async def lasting_origin(request: Request, parts: State, tenant_id: int) -> str:
    """The address for links that are kept and shown to others, such as those of tickets: the tenant's first custom domain, if any."""
    here = origin(request, parts)
    brand = await of_tenant(request, parts, tenant_id)
    if served(request) or not brand.domains:
        return here
    return f"{urlsplit(here).scheme}://{brand.domains[0]}"
