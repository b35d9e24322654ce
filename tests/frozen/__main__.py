"""`python -m tests.frozen --out FILE`: the last look. Rates by category are printed; questions, answers and reasons go to FILE alone."""

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from bench import exam
from tests.frozen import questions, world
from tests.frozen.asking import Question
from tests.frozen.figures import unsupported
from tests.worlds.checks import DECLINES, Answer, form_failure


@dataclass(frozen=True)
class Marked:
    """One turn: why it failed (None: passed), whether it is confident and wrong, and its figures that follow from nothing."""

    kind: str
    asked: str
    answer: Answer
    failure: str | None
    stray: list[str]
    seconds: float

    @property
    def confidently_wrong(self) -> bool:
        return bool(self.failure) and self.answer.terminal == "done" and not DECLINES.search(self.answer.text.replace("’", "'"))


async def _loaded(url: str, folder: Path) -> exam.Loaded:
    note = folder / "frozen.json"
    if note.exists():
        kept = json.loads(note.read_text())
        return exam.Loaded(world.build(datetime.fromisoformat(kept["now"])), kept["key"], kept["known"])
    now = datetime.now(UTC).replace(microsecond=0)
    built = world.build(now)
    key, known = await exam.tell(url, folder, f"frozen-{now:%Y%m%d%H%M%S}", built)
    note.write_text(json.dumps({"now": now.isoformat(), "key": key, "known": known}))
    return exam.Loaded(built, key, known)


async def _examine(url: str, loaded: exam.Loaded, asked: list[Question]) -> list[Marked]:
    marked: list[Marked] = []
    headers = {"Authorization": f"Bearer {loaded.key}"}
    async with httpx2.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client:
        for question in asked:
            name, history, draft = f"frozen-{time.time_ns()}", [], {}
            for place, turn in enumerate(question.turns):
                text = turn.text.replace("{draft}", json.dumps(draft))
                conversation, told = (name, None) if question.stored else (f"{name}-{place}", history)
                started = time.monotonic()
                answer = await exam.ask(client, turn, text, conversation, told)
                seconds = time.monotonic() - started
                draft = (answer.output("draftTicket") or {}).get("draft") or draft
                history += [{"role": "user", "content": text}, {"role": "assistant", "content": answer.text[:8000]}]
                failures = [form_failure(answer, about_data=turn.about_data), *(check.failure(answer) for check in turn.checks)]
                heard = " ".join(each["content"] for each in history[:-1]) + f" {turn.context or ''}"
                stray = unsupported(loaded.world, heard, answer.text)
                marked.append(Marked(question.kind, text, answer, next(filter(None, failures), None), stray, seconds))
    return marked


def _summary(marked: list[Marked]) -> str:
    by_kind: dict[str, list[Marked]] = defaultdict(list)
    for mark in marked:
        by_kind[mark.kind].append(mark)
    lines = [f"{kind:<12} {sum(not m.failure for m in marks):>3} of {len(marks)}" for kind, marks in by_kind.items()]
    passed, wrong = sum(not m.failure for m in marked), sum(m.confidently_wrong for m in marked)
    stray, times = sum(len(m.stray) for m in marked), sorted(m.seconds for m in marked)
    lines.append(f"all          {passed:>3} of {len(marked)}  {100 * passed / len(marked):.1f} %")
    lines.append(f"wrong but confident  {wrong}  {100 * wrong / len(marked):.1f} %")
    lines.append(f"figures that do not follow as far as seen from outside  {stray}, in {sum(bool(m.stray) for m in marked)} answers")
    lines.append(f"seconds to done  median {times[len(times) // 2]:.3f}, 95 % {times[int(0.95 * len(times))]:.3f}")
    return "\n".join(lines)


def _cases(marked: list[Marked], *, everything: bool) -> str:
    parts = []
    for mark in marked:
        if mark.failure or mark.stray or everything:
            verdict = mark.failure or "passed"
            stray = "".join(f"\n  stray figure: {each}" for each in mark.stray)
            tools = ", ".join(mark.answer.calls)
            parts.append(
                f"[{mark.kind}] {mark.asked}\n  {verdict}{stray}\n  tools: {tools}\n  > " + mark.answer.text.replace("\n", "\n  > ")
            )
    return "\n\n".join(parts)


async def _main(arguments: argparse.Namespace, folder: Path) -> None:
    kept = (folder / "frozen.json").exists()
    with exam.serving(folder) as url:
        loaded = await _loaded(url, folder)
        asked = questions.build(loaded.world, loaded.known)
        if kept:
            print("a kept world holds the tickets of the last look: tickets are left out")
            asked = [question for question in asked if question.kind != "tickets"]
        if arguments.only:
            asked = [question for question in asked if question.kind in arguments.only]
        marked = await _examine(url, loaded, asked)
    summary = _summary(marked)
    arguments.out.write_text(f"{summary}\n\n{_cases(marked, everything=arguments.all)}\n")
    print(summary)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.frozen", description="Examine the analyst on the frozen world and questions.")
    parser.add_argument("--out", type=Path, required=True, help="file for the failing cases: question, answer, reason")
    parser.add_argument("--data-dir", type=Path, help="keep the loaded world here and use it again on the same day")
    parser.add_argument("--only", nargs="+", help="kinds of questions to ask")
    parser.add_argument("--all", action="store_true", help="write passed cases to the file too")
    arguments = parser.parse_args()
    with exam.data_folder(arguments.data_dir) as folder:
        asyncio.run(_main(arguments, folder))


if __name__ == "__main__":
    sys.exit(main())
