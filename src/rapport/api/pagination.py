"""Pages of a list: `page` + `limit`, `pageSize`, `offset`, or the opaque cursor of the last answer's `rel="next"` link.

A list is a flat JSON array; where to go on stands in the `Link` header (RFC 8288: first, prev, next; no next: the last page),
how much there is in `X-Total-Count`. `cursor` wins over `offset`, `offset` over `page`. A cursor is a position (the last row's
sort key), signed for one tenant and one path: what was changed or belongs elsewhere is a 400.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from fastapi import Query, Request, Response

from rapport.api.auth import Administrator, Caller, Parts
from rapport.api.brands import origin
from rapport.api.state import State
from rapport.domain.scope import Principal
from rapport.errors import Invalid
from rapport.store import keys

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100
LARGEST_OFFSET = 10_000_000

SIZE_NAMES = ("limit", "pageSize")


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. `after` is the sort key of the last row of the page before (then `offset` is 0), else None."""

    limit: int
    offset: int
    number: int
    after: tuple[Any, ...] | None
    request: Request
    principal: Principal
    parts: State


def _whole(name: str, value: float | None, least: int, most: int) -> int | None:
    """Clients send numbers as 1 or 1.0."""
    if value is None:
        return None
    if value != int(value) or not least <= value <= most:
        raise Invalid(f"{name}: must be a whole number from {least} to {most}.")
    return int(value)


async def page(
    request: Request,
    parts: Parts,
    principal: Caller,
    page: Annotated[float | None, Query(description="Number of the page, from 1.", allow_inf_nan=False)] = None,
    limit: Annotated[float | None, Query(description="Size of a page, 1 to 100; 50 if not given.", allow_inf_nan=False)] = None,
    pageSize: Annotated[float | None, Query(description="The same as `limit`.", allow_inf_nan=False)] = None,
    offset: Annotated[float | None, Query(description="Rows to skip; wins over `page`.", allow_inf_nan=False)] = None,
    cursor: Annotated[str | None, Query(description="Position from the last answer's `rel=next` link; wins over all.")] = None,
) -> Page:
    """Dependency: the page that a request asks for. Raises Invalid, naming the parameter."""
    number = _whole("page", page, 1, LARGEST_OFFSET) or 1
    by_page_size = page is not None and pageSize is not None  # given both styles, page + pageSize is meant
    sizes = (_whole("limit", limit, 1, LARGEST_LIMIT), _whole("pageSize", pageSize, 1, LARGEST_LIMIT))
    size = (sizes[1] if by_page_size else None) or sizes[0] or sizes[1] or DEFAULT_LIMIT
    skip = _whole("offset", offset, 0, LARGEST_OFFSET)
    after = None
    if cursor is not None:
        after = tuple(await _open(parts, principal, request, cursor))
    elif skip is not None:
        number = skip // size + 1
    start = 0 if after is not None else skip if skip is not None else (number - 1) * size
    return Page(size, start, number, after, request, principal, parts)


async def administrators_page(
    request: Request,
    parts: Parts,
    principal: Administrator,
    page: Annotated[int, Query(description="Number of the page, from 1.", ge=1, le=LARGEST_OFFSET)] = 1,
    limit: Annotated[int, Query(description="Size of a page.", ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
) -> Page:
    """Dependency: the page that a request of an administrator asks for."""
    return Page(limit, (page - 1) * limit, page, None, request, principal, parts)


async def finish(response: Response, asked: Page, *, count: int, total: int, last_key: tuple[Any, ...] | None) -> None:
    """Set Link and X-Total-Count. `count` rows are on this page; `last_key` is the sort key of its last row (None where the list
    is ordered by something that changes: then the next page is found by its number)."""
    reached = (asked.number - 1) * asked.limit if asked.after is not None else asked.offset
    has_next = count == asked.limit and reached + count < total
    links = [_link(asked, 1, "first")]
    if asked.number > 1:
        links.append(_link(asked, asked.number - 1, "prev"))
    if has_next:
        cursor = await _sealed(asked, last_key) if last_key is not None else None
        links.append(_link(asked, asked.number + 1, "next", cursor))
    response.headers["Link"] = ", ".join(links)
    response.headers["X-Total-Count"] = str(total)


def _link(asked: Page, number: int, rel: str, cursor: str | None = None) -> str:
    """The caller's own URL with another page: every other parameter stays, the size keeps the caller's name for it."""
    given = parse_qsl(asked.request.url.query, keep_blank_values=True)
    by_offset = any(name == "offset" for name, _ in given)
    kept = [(name, value) for name, value in given if name != "cursor"]
    position = ("offset", str((number - 1) * asked.limit)) if by_offset else ("page", str(number))
    query = [position if name == position[0] else (name, value) for name, value in kept]
    if position not in query:
        query.insert(0, position)
    if cursor:
        query.append(("cursor", cursor))
    return f'<{public_url(asked.request, asked.parts)}?{urlencode(query, quote_via=quote)}>; rel="{rel}"'


def public_url(request: Request, parts: State) -> str:
    """The URL of this request as its caller sees it, without the query."""
    path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1").split("?")[0]
    return origin(request, parts) + path


# Cursors --------------------------------------------------------------------------------------------------------------


async def _secret(parts: State, tenant_id: int) -> bytes:
    if tenant_id not in parts.secrets:
        async with parts.database.connection() as connection:
            parts.secrets[tenant_id] = await keys.secret(connection, tenant_id, "cursor")
    return parts.secrets[tenant_id]


async def _signature(parts: State, principal: Principal, request: Request, body: bytes) -> bytes:
    secret = await _secret(parts, principal.tenant_id)
    return hmac.digest(secret, request.scope["path"].encode() + b"\n" + body, hashlib.sha256)[:16]


async def _sealed(asked: Page, key: tuple[Any, ...]) -> str:
    body = msgspec.json.encode(key)
    signature = await _signature(asked.parts, asked.principal, asked.request, body)
    return base64.urlsafe_b64encode(signature + body).rstrip(b"=").decode()


async def _open(parts: State, principal: Principal, request: Request, cursor: str) -> list[Any]:
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        sealed = b""
    signature, body = sealed[:16], sealed[16:]
    if not body or not hmac.compare_digest(signature, await _signature(parts, principal, request, body)):
        raise Invalid('cursor: it is not one of this list; follow the rel="next" link as it came, or start at page 1.')
    return msgspec.json.decode(body)
