"""Writes the reference pages that follow from the code: `python docs/generate.py`. A test fails where they are out of date."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from rapport import errors
from rapport.analyst.tools import Desk, bind
from rapport.analytics import dimensions, metrics
from rapport.analytics.lexicon import Lexicons
from rapport.analytics.predicates import PREDICATES
from rapport.app import create_app
from rapport.config import Settings
from rapport.domain.scope import Scope

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code; edit the code. -->\n"
ENVELOPES = """\
Insights and native routes answer `{"success": false, "error": "...", "code": "...", "details": [...]}`; the Representatives and
Agents APIs answer `{"detail": "...", "code": "..."}`, with status 422 instead of 400 for validation. 409 and 429 carry
`x-should-retry: false`, 429 also an integer `Retry-After`. In streams the code is in the `error` event.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def settings() -> str:
    """Every RAPPORT_* variable with its default and what it does."""
    lines = [
        "# Settings", NOTE,
        "Read from the environment once, at start. Command-line options win over the environment.\n",
        "| variable | default | what it does |", "|---|---|---|",
    ]  # fmt: skip
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `RAPPORT_{name.upper()}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def error_codes() -> str:
    """Every error code with its status and what to do."""
    lines = [
        "# Errors", NOTE,
        ENVELOPES,
        "| code | status | message unless a more exact one is given | worth repeating |", "|---|---|---|---|",
    ]  # fmt: skip
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.RapportError):
            message = (error.__doc__ or "").strip().splitlines()[0]
            lines.append(f"| `{error.code}` | {error.status} | {message} | {'yes' if error.retryable else 'no'} |")
    return "\n".join(lines) + "\n"


def routes() -> str:
    """Every operation with its sentence, by tag."""
    lines = ["# Routes", NOTE, "The same in machine-readable form: `/openapi.json`; to try them out: `/docs`.\n"]
    for tag, rows in _operations().items():
        lines += [f"## {tag}\n", "| operation | what it does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _operations() -> dict[str, list[str]]:
    by_tag: dict[str, list[str]] = {}
    for path, method, operation in _walk():
        text = (operation.get("description") or operation.get("summary") or "").strip()
        sentence = _cell(text.split("\n\n")[0].replace("\n", " "))
        tag = (operation.get("tags") or ["other"])[0]
        by_tag.setdefault(tag, []).append(f"| `{method.upper()} {path}` | {sentence} |")
    return by_tag


def _walk() -> Iterator[tuple[str, str, dict]]:
    for path, item in create_app(Settings()).openapi()["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def metric_table() -> str:
    """Every figure, grouping, fact and tool of the analyst."""
    lines = [
        "# Metrics, groupings and tools of the analyst", NOTE,
        "Every figure in an answer is one of these, over the conversations that a filter selects.\n",
        "| metric | unit | range | better when | what it is |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for metric in metrics.METRICS.values():
        span = f"{metric.low:g} to {metric.high:g}" if metric.high is not None else "0 and up"
        better = {None: "", True: "higher", False: "lower"}[metric.higher_is_better]
        lines.append(f"| {metric.name} | {metric.unit} | {span} | {better} | {_cell(metric.sentence)} |")
    lines += ["\n## Facts about a conversation (filter `conditions`)\n", "| fact | conversations |", "|---|---|"]
    lines += [f"| {predicate.name} | {_cell(predicate.title)} |" for predicate in PREDICATES.values()]
    lines += ["\n## Groupings\n", ", ".join(f"`{name}`" for name in (*dimensions.DIMENSIONS, *dimensions.TIMES, "property:KEY"))]
    lines += ["\n## Tools\n", "| tool | shown as | what it does |", "|---|---|---|"]
    desk = Desk(database=None, base=Scope(0), chat_id=UUID(int=0), lexicons=Lexicons())  # type: ignore[arg-type]
    lines += [f"| {tool.name} | {tool.display_name} | {_cell(tool.description)} |" for tool in bind(desk)]
    return "\n".join(lines) + "\n"


PAGES = {"settings.md": settings, "errors.md": error_codes, "routes.md": routes, "metrics.md": metric_table}


def main() -> None:
    for name, write in PAGES.items():
        (REFERENCE / name).write_text(write())


if __name__ == "__main__":
    main()
