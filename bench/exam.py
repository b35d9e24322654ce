"""`python -m bench.exam --seed N`: examine the analyst on an invented tenant.

Starts a server in a data folder, logs the world of the seed through the public API, waits until it is analysed, asks the world's
questions at POST /api/v1/chat without any model key, judges the answers by program, and prints the pass rate by kind and every
failure. Seeds 1 to 3 are for tuning. With `--data-dir`, a world that was loaded there on the same day is used again.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from tests.worlds import further
from tests.worlds.asking import Question, Turn
from tests.worlds.checks import DECLINES, Answer, form_failure
from tests.worlds.questions import build
from tests.worlds.world import World
from tests.worlds.world import build as build_world

from rapport.app import open_database
from rapport.config import Settings
from rapport.store import catalog, jobs, keys
from rapport.store.database import Database

TENANT = "exam"
STAGES = (("/organizations",), ("/users",), ("/messages",), ("/ratings", "/events"))
AT_ONCE = 8
STALLED_S = 45


@dataclass(frozen=True)
class Loaded:
    """A world that a server holds. `known` maps conversation ids, internal and external, to external ones."""

    world: World
    key: str
    known: dict[str, str]


@contextmanager
def data_folder(kept: Path | None) -> Iterator[Path]:
    """The folder `kept`, made where it is missing; without one, a folder that is gone afterwards."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="rapport-exam-") as folder:
        yield Path(folder)


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """A server of this checkout as its own process; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "rapport", "serve", "--port", str(port), "--data-dir", str(data_dir)]
    with (data_dir / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, env=os.environ) as process:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_healthy(url: str, process: subprocess.Popen) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the server did not start; see server.log in its data folder")
        try:
            if httpx2.get(url, timeout=1).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("the server did not become healthy within a minute")


async def load(url: str, data_dir: Path, seed: int) -> Loaded:
    """The world of this seed in the server at `url`: loaded now, or found in the folder where it was loaded today."""
    note = data_dir / f"exam-{seed}.json"
    if note.exists():
        kept = json.loads(note.read_text())
        now = datetime.fromisoformat(kept["now"])
        if now.date() == datetime.now(UTC).date():
            return Loaded(build_world(seed, now), kept["key"], kept["known"])
    now = datetime.now(UTC).replace(microsecond=0)
    tenant = f"{TENANT}-{seed}-{now:%Y%m%d%H%M%S}"
    world = build_world(seed, now)
    key, known = await tell(url, data_dir, tenant, world)
    note.write_text(json.dumps({"now": now.isoformat(), "key": key, "known": known}))
    return Loaded(world, key, known)


async def tell(url: str, data_dir: Path, tenant: str, world: World) -> tuple[str, dict[str, str]]:
    """Log a world into a new tenant and wait until it is analysed; its key, and its conversation ids as `Loaded.known` holds them."""
    told = list(world.requests())
    known: dict[str, str] = {}
    async with open_database(Settings(data_dir=data_dir)) as database:
        async with database.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant, plan="enterprise")
            _, key = await keys.create_key(connection, tenant_id, name="exam")
            for name, body in [(path, body) for method, path, body in told if method == "PRODUCT"]:
                await catalog.create_product(connection, tenant_id, name, product_id=UUID(body["id"]))
        started = time.monotonic()
        async with httpx2.AsyncClient(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            for stage in STAGES:
                await _post(client, [(path, body) for method, path, body in told if method == "POST" and path in stage], known)
        print(f"logged {len(world.talks)} conversations in {time.monotonic() - started:.1f} s", file=sys.stderr)
        await _wait_for_analysis(database, tenant_id)
        print(f"analysed after {time.monotonic() - started:.1f} s", file=sys.stderr)
    return key, known


async def _wait_for_analysis(database: Database, tenant_id: int) -> None:
    """Until nothing waits three times in a row: topics are found when all is analysed, and then analyses are queued once more."""
    quiet, least, since = 0, 10**9, time.monotonic()
    while quiet < 3:
        async with database.connection() as connection:
            waiting = await jobs.waiting(connection, tenant_id)
        quiet = 0 if waiting else quiet + 1
        if waiting < least:
            least, since = waiting, time.monotonic()
        if time.monotonic() - since > STALLED_S:
            print(f"analysis stands still with {waiting} waiting; asking all the same", file=sys.stderr)
            return
        await asyncio.sleep(1)


async def _post(client: httpx2.AsyncClient, requests: Iterable[tuple[str, dict[str, Any]]], known: dict[str, str]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str, body: dict[str, Any]) -> None:
        async with gate:
            answer = await client.post(path, json=body)
        if answer.status_code >= 400:
            raise SystemExit(f"the server refused {path}: {answer.status_code} {answer.text}")
        if path == "/messages":
            external = body["externalConversationId"]
            known[external.lower()] = known[answer.json()["conversationId"].lower()] = external

    await asyncio.gather(*(one(path, body) for path, body in requests))


def read_stream(body: str) -> Answer:
    """The answer that a whole stream of POST /chat holds."""
    answer = Answer("", terminal="nothing")
    event = ""
    for line in body.splitlines():
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            data = json.loads(line[6:])
            if event == "text_delta":
                answer.text += data["text"]
            elif event == "tool_call":
                answer.calls.append(data["toolName"])
            elif event == "tool_result":
                error = data.get("error") or (data.get("output") or {}).get("error")
                answer.results.append((data["toolName"], data.get("output"), error))
            elif event in ("done", "error"):
                answer.terminal = event
    return answer


async def ask(client: httpx2.AsyncClient, turn: Turn, text: str, conversation: str, history: list[dict[str, str]] | None) -> Answer:
    """One question at POST /chat; `history` goes into `messages`."""
    body: dict[str, Any] = {"question": text, "conversationId": conversation}
    if history:
        body["messages"] = history
    if turn.product_id:
        body["productId"] = turn.product_id
    if turn.context:
        body["context"] = turn.context
    answer = await client.post("/chat", json=body)
    return read_stream(answer.text) if answer.status_code == 200 else Answer(answer.text, terminal=f"status {answer.status_code}")


@dataclass(frozen=True)
class Marked:
    """One turn with its answer, the seconds it took, and why it failed (None: it passed)."""

    kind: str
    asked: str
    answer: Answer
    seconds: float
    failure: str | None


async def examine(url: str, loaded: Loaded, questions: list[Question]) -> list[Marked]:
    """Ask all questions one after the other. Every other chain is told by `messages` alone, in conversations that are not stored."""
    marked: list[Marked] = []
    async with httpx2.AsyncClient(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {loaded.key}"}, timeout=60) as client:
        for number, question in enumerate(questions):
            stored = question.kind == "ticket" or number % 2 == 0
            name, history, draft = f"exam-{time.time_ns()}", [], {}
            for place, turn in enumerate(question.turns):
                text = turn.text.replace("{draft}", json.dumps(draft))
                started = time.monotonic()
                answer = await ask(client, turn, text, name if stored else f"{name}-{place}", None if stored else history)
                seconds = time.monotonic() - started
                draft = (answer.output("draftTicket") or {}).get("draft") or draft
                history += [{"role": "user", "content": text}, {"role": "assistant", "content": answer.text[:8000]}]
                failures = (form_failure(answer, about_data=turn.about_data), *(check.failure(answer) for check in turn.checks))
                marked.append(Marked(question.kind, text, answer, seconds, next(filter(None, failures), None)))
    return marked


def report(marked: list[Marked], *, show: bool) -> float:
    """Print pass rates and failures; the overall pass rate, 0..1."""
    by_kind: dict[str, list[Marked]] = defaultdict(list)
    for mark in marked:
        by_kind[mark.kind].append(mark)
    for mark in marked:
        if mark.failure or show:
            print(f"\n[{mark.kind}] {mark.asked}\n  {mark.failure or 'passed'}\n  > " + mark.answer.text[:600].replace("\n", "\n  > "))
    print("\nkind              passed")
    for kind, marks in sorted(by_kind.items()):
        print(f"{kind:<16} {sum(not m.failure for m in marks):>3} of {len(marks)}")
    passed = sum(not mark.failure for mark in marked) / len(marked)
    times = sorted(mark.seconds for mark in marked)
    wrong = [mark for mark in marked if mark.failure and mark.answer.terminal == "done" and not DECLINES.search(mark.answer.text)]
    print(f"all              {sum(not m.failure for m in marked):>3} of {len(marked)}  {100 * passed:.1f} %")
    print(f"wrong and not declined {len(wrong)}  {100 * len(wrong) / len(marked):.1f} %")
    print(f"seconds to done  median {times[len(times) // 2]:.3f}, 95 % {times[int(0.95 * len(times))]:.3f}")
    return passed


async def _main(arguments: argparse.Namespace, data_dir: Path) -> None:
    with serving(data_dir) as url:
        for seed in arguments.seed:
            loaded = await load(url, data_dir, seed)
            questions = [*build(loaded.world, loaded.known), *further.build(loaded.world, loaded.known)]
            if arguments.writer:
                questions = [
                    each for place in range(arguments.places) for each in build(loaded.world, loaded.known, arguments.writer, place)
                ]
            if arguments.only:
                questions = [question for question in questions if question.kind in arguments.only]
            print(f"\nseed {seed}: {len(loaded.world.talks)} conversations, {sum(len(q.turns) for q in questions)} turns")
            report(await examine(url, loaded, questions), show=arguments.show)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.exam", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="worlds to examine on; 1 to 3 are for tuning")
    parser.add_argument("--data-dir", type=Path, help="keep the database here and use it again on the same day")
    parser.add_argument("--writer", type=Path, help="another file of wordings, e.g. tests/worlds/phone.toml; tickets only fit once")
    parser.add_argument("--places", type=int, default=1, help="how many wordings of each key are asked with --writer")
    parser.add_argument("--only", nargs="+", help="kinds of questions to ask")
    parser.add_argument("--show", action="store_true", help="print passed answers too")
    arguments = parser.parse_args()
    with data_folder(arguments.data_dir) as folder:
        asyncio.run(_main(arguments, folder))


if __name__ == "__main__":
    main()
