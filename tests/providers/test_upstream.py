"""The transport under the model adapters, against servers on loopback that are written byte by byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest

from rapport.providers import upstream

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\nX-Odd: \xe4\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world"
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"


class Server:
    """Plays one list of writes for each request; an empty one closes. What it read is kept."""

    def __init__(self, answers: Sequence[Sequence[bytes]], *, close: bool = False, pause_s: float = 0.0):
        self.answers, self.close, self.pause_s = answers, close, pause_s
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.written = 0
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                self.bodies.append(await reader.readexactly(length))
                for piece in self.answers[min(len(self.heads), len(self.answers)) - 1]:
                    writer.write(piece)
                    await writer.drain()
                    self.written += len(piece)
                    await asyncio.sleep(self.pause_s)
                if self.close:
                    break
        self.gone.set()
        writer.close()


@contextlib.asynccontextmanager
async def serving(server: Server) -> AsyncIterator[tuple[httpx2.AsyncClient, str]]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with httpx2.AsyncClient(transport=upstream.Upstream(), timeout=5) as client:
        yield client, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1?a=b%20c"
    listening.close()


@pytest.mark.parametrize("answer", [CHUNKED, SIZED, CLOSED, EARLY + CHUNKED], ids=["chunked", "sized", "closed", "early"])
async def test_answers_are_whole_at_any_split(answer: bytes):
    splits = [[answer[:at], answer[at:]] for at in range(1, len(answer), 3)]
    server = Server([*splits, [bytes([byte]) for byte in answer]], close=answer is CLOSED)
    async with serving(server) as (client, url):
        for _ in range(len(splits) + 1):
            got = await client.post(url, content=b"ask me")
            assert (got.status_code, got.text) == (200, "hello world")
        assert set(server.bodies) == {b"ask me"}
        assert server.heads[0].startswith(b"POST /v1?a=b%20c HTTP/1.1\r\n")
        assert server.connections == (len(splits) + 1 if answer is CLOSED else 1)


@pytest.mark.parametrize(
    "cut", [CHUNKED[:20], CHUNKED[:-20], SIZED[:-3], b"", b"not http at all\r\n\r\n", b"HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n"]
)
async def test_what_is_cut_off_or_garbage_is_an_error(cut: bytes):
    async with serving(Server([[cut]], close=True)) as (client, url):
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(url, content=b"x")


async def test_an_endless_head_is_refused():
    async with serving(Server([[b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"y" * 4_000 + b"\r\n"] * 200]])) as (client, url):
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(url, content=b"x")


async def test_a_connection_that_was_closed_while_idle_is_not_used():
    server = Server([[SIZED]], close=True)
    async with serving(server) as (client, url):
        for _ in range(3):
            assert (await client.post(url, content=b"x")).text == "hello world"
            await server.gone.wait()
            await asyncio.sleep(0.02)
        assert server.connections == 3


async def test_words_that_nobody_asked_for_end_an_idle_connection():
    server = Server([[SIZED, SIZED], [CHUNKED]], pause_s=0.02)
    async with serving(server) as (client, url):
        assert (await client.post(url, content=b"x")).text == "hello world"
        await asyncio.sleep(0.1)
        assert (await client.post(url, content=b"x")).text == "hello world"
        assert server.connections == 2


async def test_silence_before_and_within_an_answer_times_out():
    for answer in ([], [CHUNKED[:70]]):
        async with serving(Server([answer])) as (client, url):
            with pytest.raises(httpx2.ReadTimeout):
                await client.post(url, content=b"x", timeout=httpx2.Timeout(0.1))


async def test_pauses_shorter_than_the_patience_do_not():
    async with serving(Server([[CHUNKED[:60], CHUNKED[60:70], CHUNKED[70:]]], pause_s=0.15)) as (client, url):
        assert (await client.post(url, content=b"x", timeout=httpx2.Timeout(0.3))).text == "hello world"


async def test_nobody_there_is_a_connect_error():
    async with httpx2.AsyncClient(transport=upstream.Upstream()) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.post("http://127.0.0.1:1/", content=b"x")


async def test_leaving_closes_the_connection():
    server = Server([[CHUNKED[:70], *[b"1\r\nx\r\n"] * 1000]], pause_s=0.01)
    async with serving(server) as (client, url):
        async with client.stream("POST", url, content=b"x") as answer:
            async for _ in answer.aiter_raw():
                break
        async with asyncio.timeout(1):
            await server.gone.wait()


async def test_a_slow_reader_holds_the_server_back():
    piece = b"%x\r\n%b\r\n" % (65_536, b"x" * 65_536)
    server = Server([[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[piece] * 800, b"0\r\n\r\n"]])
    async with serving(server) as (client, url), client.stream("POST", url, content=b"x") as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        written = -1
        while server.written != written:  # until it cannot write more
            written = server.written
            await asyncio.sleep(0.3)
        assert written < 30_000_000
        size = sum([len(piece) async for piece in pieces])
        assert size > 50_000_000
