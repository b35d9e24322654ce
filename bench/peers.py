"""The other sides of the serving benchmark: a raw ASGI app that writes the same bytes, and a model server that answers at a given pace.

`python -m bench.peers raw PORT` or `python -m bench.peers model PORT`.
"""

import asyncio
import json
import sys
from typing import Any

import uvicorn

DELTA = "12345678"
FRAME = f'event: text_delta\ndata: {{"text":"{DELTA}"}}\n\n'.encode()
DONE = b'event: done\ndata: {"conversationId":"c","status":"complete","usage":{"toolCalls":0,"tools":[]}}\n\n'
CHUNK = json.dumps({"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": DELTA}}]})
MODEL_DELTA = f"data: {CHUNK}\n\n".encode()
MODEL_END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def plan(question: str) -> tuple[int, float]:
    """`200 deltas 5 ms apart` -> (200, 0.005)."""
    words = question.split()
    return int(words[0]), float(words[2]) / 1000


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI app can do: one write for each delta."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    deltas, pause_s = plan(json.loads(body)["question"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(deltas):
        if pause_s:
            await asyncio.sleep(pause_s)
        await send({"type": "http.response.body", "body": FRAME, "more_body": True})
    await send({"type": "http.response.body", "body": DONE, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class ModelServer(asyncio.Protocol):
    """Chat completions: each delta is a write and an HTTP chunk of its own, as model servers send them."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        if len(body) >= length:
            self.buffer = body[length:]
            self.answering = asyncio.ensure_future(self.answer(json.loads(body[:length])["messages"][-1]["content"]))

    async def answer(self, question: str) -> None:
        deltas, pause_s = plan(question)
        write = self.transport.write
        write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%b\r\n" % (len(MODEL_DELTA), MODEL_DELTA)
        for _ in range(deltas):
            await asyncio.sleep(pause_s)
            if self.transport.is_closing():
                return
            write(chunk)
        write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(MODEL_END), MODEL_END))


async def model(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(ModelServer, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "raw":
        uvicorn.run(raw, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="error", access_log=False)
    else:
        import uvloop

        uvloop.run(model(port))
