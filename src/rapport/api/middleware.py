"""What every request passes before the routes, as plain ASGI: its id, the limit and the text of its body, and its path.

- `RequestId`: X-Request-Id of the caller, or a new one, in the answer and in every log line of the request.
- `Bodies`: 413 over the limit; JSON must be UTF-8; NUL characters and lone surrogates, which PostgreSQL cannot store, are taken
  out of JSON strings.
- `Paths`: 400 for NUL characters; `/v1/...` is `/api/v1/...`; a percent-encoded slash stays inside its path segment, and
  `decode_path_ids` decodes it after routing.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rapport.domain.ids import new_id
from rapport.errors import Invalid, RapportError, TooLarge

SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
ENCODED = "rapport.encoded_path"
Answer = Callable[[Request, RapportError], Awaitable[Any]]


class RequestId:
    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if SANE_ID.fullmatch(given) else new_id().hex.encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        await self.app(scope, receive, send_with_id)


class Bodies:
    def __init__(self, app: ASGIApp, *, limit: int, answer: Answer):
        self.app, self.limit, self.answer = app, limit, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "DELETE", "OPTIONS"):
            return await self.app(scope, receive, send)
        try:
            body = await self._read(scope, receive)
        except RapportError as error:
            return await (await self.answer(Request(scope), error))(scope, receive, send)
        except ConnectionResetError:
            return None  # the caller left before its request was whole
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return await self.app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.limit:
            raise self._too_large()
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.limit:
                raise self._too_large()
            if not message.get("more_body"):
                break
        body = b"".join(parts)
        return clean_json(body) if b"json" in headers.get(b"content-type", b"") else body

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request body is over {self.limit >> 20} MiB; send it in parts, or raise the setting `max_body_mb`.")


def clean_json(body: bytes) -> bytes:
    """The same JSON without NUL characters and lone surrogates. Raises Invalid where it is not UTF-8.
    Only bodies that hold such an escape are parsed here; all others are left to their route."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 (byte {error.start}); send JSON encoded as UTF-8.") from error
    if b"\x00" in body:
        raise Invalid("the body holds raw NUL bytes; send JSON encoded as UTF-8.")
    if b"\\u" not in body:
        return body
    return UNSTORABLE.sub(_without_unstorable, body)


# A backslash escape, or a surrogate pair as one piece, so that `\\u0000` (an escaped backslash and plain text) is left alone.
UNSTORABLE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
ALONE = re.compile(rb"\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})")


def _without_unstorable(found: re.Match[bytes]) -> bytes:
    return b"" if ALONE.fullmatch(found[0]) else found[0]


class Paths:
    def __init__(self, app: ASGIApp, *, answer: Answer):
        self.app, self.answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope.get("raw_path") or b""
            if b"%00" in raw or b"%00" in scope["query_string"]:
                refused = Invalid("the address holds a NUL character (%00), which nothing here contains; leave it out.")
                await (await self.answer(Request(scope), refused))(scope, receive, send)
                return
            if b"%2f" in raw.lower():
                segments = raw.decode("latin-1").split("?")[0].split("/")
                scope["path"] = "/".join(unquote(s).replace("%", "%25").replace("/", "%2F") for s in segments)
                scope[ENCODED] = True
            if scope["path"].startswith("/v1/"):
                scope["path"] = "/api" + scope["path"]
        await self.app(scope, receive, send)


async def decode_path_ids(request: Request) -> None:
    """Dependency of every route: gives path parameters their slashes back, after routing."""
    if request.scope.get(ENCODED):
        for name, value in request.path_params.items():
            request.path_params[name] = unquote(value) if isinstance(value, str) else value


class Browsers:
    """Lets pages of other origins use what visitors use (CORS), and nothing else: sessions, public questions, runs. Who may talk to
    whom is decided by the visitor's token and its representative's origins. No cookies are used, so answering any origin's preflight
    gives nothing away."""

    PATHS = ("/api/v1/chat/", "/api/v1/public/", "/api/v1/runs/", "/api/v1/profiles/p/")
    PREFLIGHT = (
        (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE, OPTIONS"),
        (
            b"access-control-allow-headers",
            b"authorization, content-type, idempotency-key, last-event-id, x-on-disconnect, x-stream-framing",
        ),
        (b"access-control-max-age", b"600"),
    )

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        origin = headers.get(b"origin")
        if not origin or not scope["path"].startswith(self.PATHS):
            return await self.app(scope, receive, send)
        shared = [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await send({"type": "http.response.start", "status": 204, "headers": [*shared, *self.PREFLIGHT]})
            return await send({"type": "http.response.body", "body": b""})

        async def send_shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                exposed = (b"access-control-expose-headers", b"x-run-id, x-ratelimit-remaining, retry-after")
                message["headers"] = [*message.get("headers", ()), *shared, exposed]
            await send(message)

        return await self.app(scope, receive, send_shared)
