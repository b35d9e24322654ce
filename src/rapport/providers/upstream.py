"""An httpx2 transport for long streams of small pieces: asyncio's own connections and httptools, HTTP/1.1, no proxies.

A model sends an answer in hundreds of pieces. The default transport spends 25 to 35 us of CPU on each (locks, timeouts and a parser in
Python) and holds 20 KiB for an open stream; this one 2 us and 4 KiB.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import httptools
import httpx2

IDLE_S = 20.0
"""An idle connection is used again this long: less than servers keep theirs."""
MOST_IDLE = 100
AHEAD_BYTES = 256 * 1024
"""Bytes that are read ahead of who reads the answer."""
LARGEST_HEAD = 256 * 1024
LAST_BYTES_S = 0.1
"""An answer whose reader has all that it wants gets this long for the bytes that end it, so that its connection can be used again."""

Origin = tuple[str, str, int]


class Upstream(httpx2.AsyncBaseTransport):
    """Bodies of requests need a content-length. Raises httpx2's own errors."""

    def __init__(self) -> None:
        self._idle: deque[_Connection] = deque()
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        timeouts = request.extensions.get("timeout", {})
        url = request.url
        origin = (url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))
        connection = self._known(origin) or await self._connect(origin, timeouts.get("connect"))
        try:
            body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
            connection.send(_head(request) + body, patience_s=timeouts.get("read"))
            await connection.begun()
        except BaseException:
            connection.abort()
            raise
        stream = _Body(self, connection)
        return httpx2.Response(connection.status, headers=connection.headers, stream=stream, request=request)

    def keep(self, connection: "_Connection") -> None:
        """Use this connection again, if it can be."""
        if connection.reusable and len(self._idle) < MOST_IDLE:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()

    async def aclose(self) -> None:
        while self._idle:
            self._idle.pop().abort()

    def _known(self, origin: Origin) -> "_Connection | None":
        """An idle connection to this server. Those that have grown old are closed."""
        now = asyncio.get_running_loop().time()
        while self._idle and now - self._idle[0].idle_since > IDLE_S:
            self._idle.popleft().abort()
        found = next((c for c in reversed(self._idle) if c.origin == origin and not c.transport.is_closing()), None)
        if found:
            self._idle.remove(found)
        return found

    async def _connect(self, origin: Origin, seconds: float | None) -> "_Connection":
        scheme, host, port = origin
        if scheme == "https" and self._tls is None:
            self._tls = await asyncio.to_thread(httpx2.create_ssl_context)
        tls = self._tls if scheme == "https" else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                _, made = await loop.create_connection(lambda: _Connection(origin), host, port, ssl=tls)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(f"No connection to {host}:{port} within {seconds:g} s.") from error
        except (OSError, ssl.SSLError, UnicodeError) as error:
            raise httpx2.ConnectError(str(error)) from error
        return made


def _head(request: httpx2.Request) -> bytes:
    if "transfer-encoding" in request.headers:
        raise httpx2.UnsupportedProtocol("A body without a content-length cannot be sent.")
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%b: %b" % (name, value) for name, value in request.headers.raw]
    return b"\r\n".join([*lines, b"", b""])


class _Connection(asyncio.Protocol):
    """One exchange at a time: `send`, `begun`, then `next` until it gives None."""

    def __init__(self, origin: Origin):
        self.origin = origin
        self.idle_since = 0.0
        self.transport: Any = None
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._reset()

    def _reset(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._has_head = False
        self._whole = False
        self._sized = False  # else it ends with its connection
        self._lasting = False
        self._error: httpx2.TransportError | None = None
        self._pieces: list[bytes] = []
        self._ahead = 0
        self._heard_at = 0.0

    def send(self, message: bytes, *, patience_s: float | None) -> None:
        """Send a request; give its answer up after `patience_s` of silence."""
        self._reset()
        self._heard_at = self._loop.time()
        if patience_s is not None:
            self._watch = self._loop.call_later(patience_s, self._look, patience_s)
        self.transport.write(message)

    async def begun(self) -> None:
        """Returns when status and headers are known."""
        while not self._has_head:
            if self._error:
                raise self._error
            await self._wait()

    async def next(self) -> bytes | None:
        """What has come of the body; None at its end."""
        while not self._pieces:
            if self._error:
                raise self._error
            if self._whole:
                return None
            await self._wait()
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        if self._ahead > AHEAD_BYTES:
            self.transport.resume_reading()
        self._ahead = 0
        return piece

    @property
    def reusable(self) -> bool:
        return self._whole and self._lasting and not self._error and not self.transport.is_closing()

    def rest(self) -> None:
        """The exchange is over."""
        if self._watch:
            self._watch.cancel()
            self._watch = None

    def abort(self) -> None:
        self.rest()
        if self.transport:
            self.transport.abort()

    async def _wait(self) -> None:
        self._heard_at = self._loop.time()  # silence counts while someone listens
        self._waiting = self._loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, error: httpx2.TransportError) -> None:
        if not self._whole and self._error is None:
            self._error = error
            self._wake()

    def _look(self, patience_s: float) -> None:
        """One timer for a whole answer: it looks when silence could have become too long."""
        left = patience_s - (self._loop.time() - self._heard_at)
        if left <= 0 and self._waiting:
            self._fail(httpx2.ReadTimeout(f"Nothing came for {patience_s:g} s."))
        else:
            self._watch = self._loop.call_later(max(left, 0.05), self._look, patience_s)

    # What asyncio says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._whole:  # nothing was asked
            self.transport.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx2.RemoteProtocolError(str(error)))
            self.transport.abort()
        self._wake()

    def eof_received(self) -> None:
        if self._has_head and not self._sized:
            self._whole = True

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self.eof_received()
        self._fail(httpx2.RemoteProtocolError("The server closed the connection before its answer was complete."))
        self._wake()

    # What the parser says

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > LARGEST_HEAD:
            raise ValueError("the head of the answer is too large")
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:  # more is to come
            self.headers = []
            return
        self._has_head = True
        self._sized = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        self._sized = self._sized or self.status in (204, 304)
        self._lasting = self._sized and self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._ahead += len(body)
        if self._ahead > AHEAD_BYTES:
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        self._whole = self._has_head


class _Body(httpx2.AsyncByteStream):
    __slots__ = ("_connection", "_upstream")

    def __init__(self, upstream: Upstream, connection: _Connection):
        self._upstream = upstream
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        connection = self._connection
        while connection is not None and (piece := await connection.next()) is not None:
            yield piece

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.rest()
        if connection.reusable:
            self._upstream.keep(connection)
        else:
            asyncio.get_running_loop().call_later(LAST_BYTES_S, self._upstream.keep, connection)
