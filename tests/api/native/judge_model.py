"""A server of the chat completions API on loopback that answers by a function, and keeps what it was asked."""

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = dict[str, Any] | str | int
"""The answer as an object or a text; a number is an HTTP status instead."""


class JudgeModel:
    """`answer` is called with each request; `usage` is what the server reports as used (input, output)."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], Reply] = lambda request: 500
        self.usage = (100, 20)
        self.requests: list[dict[str, Any]] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                model.requests.append(request)
                reply = model.answer(request)
                if isinstance(reply, int):
                    self.send_response(reply)
                    self.end_headers()
                    return
                text = reply if isinstance(reply, str) else json.dumps(reply)
                usage = dict(zip(("prompt_tokens", "completion_tokens"), model.usage, strict=True))
                chunks = [
                    {"choices": [{"delta": {"content": text}}]},
                    {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage},
                ]
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                self.wfile.write("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n")

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def is_custom(request: dict[str, Any]) -> bool:
    """Whether this is a question of a custom analysis, else one for all measures."""
    return "verdict" in request["response_format"]["json_schema"]["schema"]["properties"]


def asked(request: dict[str, Any]) -> str:
    """All that is not the transcript: the instructions, and the task after it."""
    system, user = (message["content"] for message in request["messages"])
    return system + re.sub(r"BEGIN CONVERSATION\n.*\nEND CONVERSATION", "", user, flags=re.DOTALL)


def transcript(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the transcript, as data."""
    found = re.search(r"BEGIN CONVERSATION\n(.*)\nEND CONVERSATION", request["messages"][1]["content"], flags=re.DOTALL)
    return [json.loads(line) for line in found[1].split("\n")] if found else []


def measured(**values: Any) -> dict[str, Any]:
    """An answer for all measures, null where nothing is given."""
    blank = dict.fromkeys((
        "sentiment", "sentiment_change", "frustration", "struggle", "dissatisfied", "resolution", "commercial_intent",
        "root_cause_confidence", "emotion", "commercial_signal", "root_cause", "abandoned", "handover_requested",
    ))  # fmt: skip
    return {"summary": "", "messages": [], "flags": [], "keywords": [], "evidence": [], **blank, **values}


def verdict(name: str, *quotes: str, confidence: float = 0.9, reasoning: str = "Because.") -> dict[str, Any]:
    """An answer to a custom analysis."""
    return {"verdict": name, "quotes": list(quotes), "confidence": confidence, "reasoning": reasoning}
