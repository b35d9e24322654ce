"""`python -m bench` runs all benchmarks, `python -m bench NAME ...` one of them.
The examination of the analyst has its own command, `python -m bench.exam`."""

import importlib
import sys

BENCHMARKS = ("serving", "agents", "ingest", "analytics", "lists", "analyst", "analysis")
ALONE = ("reanalysis",)
"""Takes half an hour: only where it is named."""


def main() -> None:
    name, *rest = sys.argv[1:] or ("all",)
    if name not in (*BENCHMARKS, *ALONE, "all"):
        sys.exit(f"There is no benchmark {name}; there are {', '.join((*BENCHMARKS, *ALONE))}.")
    for each in BENCHMARKS if name == "all" else (name,):
        importlib.import_module(f"bench.{each}").main(rest)


if __name__ == "__main__":
    main()
