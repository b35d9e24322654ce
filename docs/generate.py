"""Writes the reference pages that follow from the code: `python docs/generate.py`. A test fails where they are out of date."""

from collections.abc import Iterator
from pathlib import Path

from rapport import errors
from rapport.app import create_app
from rapport.config import Settings

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


PAGES = {"settings.md": settings, "errors.md": error_codes, "routes.md": routes}


def main() -> None:
    for name, write in PAGES.items():
        (REFERENCE / name).write_text(write())


if __name__ == "__main__":
    main()
