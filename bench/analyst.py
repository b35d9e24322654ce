"""The analyst at 100,000 conversations: `POST /chat` of a real server process, without a model key. For each question the time to the
first event and to the end of the answer, each asked `--times` times in chats of their own; the first time is shown too, as it may load
what later ones find loaded.

    python -m bench.analyst [--conversations 100000] [--folder DIR] [--times 5]
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2

from bench.tenant import served

QUESTIONS = (
    "How many conversations did we have last week?",
    "How many users were there in the last 30 days?",
    "What is our average rating?",
    "What share of conversations is negative?",
    "Which users are the most frustrated?",
    "Which organizations have the lowest rating?",
    "Rank the models by rating",
    "Compare Tally and Penny",
    "Which product has the worst sentiment this month?",
    "How did the rating develop over the last 8 weeks?",
    "Is frustration going up?",
    "Why are users unhappy with Tally?",
    "Why is the rating of Docsmith low?",
    "What changed this week?",
    "What changed between this month and last month?",
    "What are the top topics?",
    "What do people complain about?",
    "Show me examples of conversations about late deliveries",
    "Which were the worst conversations this week?",
    "Which tools fail?",
    "Which customers are at risk?",
    "How do enterprise customers rate us compared to free ones?",
    "How many cancellations were there last month?",
    "What do people say about vouchers?",
    "How is Northgate Robotics doing?",
    "Break down conversations by language",
)


def ask(client: httpx2.Client, question: str) -> tuple[float, float, str]:
    """(milliseconds to the first event, to the end, what was streamed). Raises where the answer ends without `done`."""
    start = time.perf_counter()
    first, text = 0.0, []
    with client.stream("POST", "/chat", json={"question": question}) as answer:
        for chunk in answer.iter_text():
            if not first and "data:" in chunk:
                first = 1000 * (time.perf_counter() - start)
            text.append(chunk)
    streamed = "".join(text)
    if "event: done" not in streamed:
        raise RuntimeError(f"{question}: {answer.status_code} {streamed[-500:]}")
    return first, 1000 * (time.perf_counter() - start), streamed


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--folder", type=Path, help="A data folder to keep and to use again.")
    options.add_argument("--times", type=int, default=5)
    asked = options.parse_args(arguments)
    with served(asked.folder, asked.conversations) as server:
        print(
            f"the analyst at {asked.conversations:,} conversations; milliseconds: first event p50 and worst, done p50 and worst, first time"
        )
        everything = []
        for question in QUESTIONS:
            spent = server.cpu_ms()
            took = [ask(server.client, question)[:2] for _ in range(asked.times)]
            spent = (server.cpu_ms() - spent) / asked.times
            (began, ended), (first, done) = map(list, zip(*took[1:] or took, strict=True)), took[0]
            everything += ended
            print(
                f"  {statistics.median(began):6.0f} {max(began):6.0f}  {statistics.median(ended):6.0f} {max(ended):6.0f}"
                f"  {first:6.0f} {done:6.0f}  {spent:6.0f}  {question}",
                flush=True,
            )
        within = sum(took < 500 for took in everything) / len(everything)
        print(f"  {within:.0%} of the answers took less than 500 ms; memory of the server: {server.memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
