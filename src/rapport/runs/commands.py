"""Commands for the page that a visitor looks at: proposed by an answer, allowed only where the representative declares them.

What a representative declares (`interface`): {"pages": ["/pricing", {"path": "/orders", "title": "Your orders"}], "modals": ["contact"],
"hosts": ["docs.example.com"]}. Where nothing is declared, `navigate` to a relative path is allowed and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rapport.domain.agent import Tool, ToolResult
from rapport.domain.ids import new_id
from rapport.errors import Invalid, ToolError

TYPES = (
    "navigate", "open_modal", "close_modal", "scroll_to", "highlight", "prefill_form", "copy_text", "download_vcard", "open_link", "custom",
)  # fmt: skip
MOST_PROPOSED = 5


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    title: str


def pages(interface: Mapping[str, Any]) -> tuple[Page, ...]:
    """The declared pages; one given as a bare path is titled by its last part."""
    found = []
    for page in interface.get("pages") or ():
        path = page if isinstance(page, str) else str(page.get("path") or page.get("url") or "")
        title = "" if isinstance(page, str) else str(page.get("title") or page.get("name") or "")
        if path:
            found.append(Page(path, title or path.strip("/").rpartition("/")[2].replace("-", " ") or "home"))
    return tuple(found)


def _modals(interface: Mapping[str, Any]) -> set[str]:
    return {modal if isinstance(modal, str) else str(modal.get("name") or modal.get("id")) for modal in interface.get("modals") or ()}


def check(interface: Mapping[str, Any], command: Mapping[str, Any]) -> None:
    """Raises Invalid where the command is unknown or points outside of what is declared."""
    kind = command.get("type")
    if kind not in TYPES:
        raise Invalid(f"Unknown command {kind!r}; known: {', '.join(TYPES)}.")
    args = command.get("args") or {}
    target = str(args.get("url") or args.get("path") or command.get("target") or "")
    if kind in ("navigate", "open_link"):
        _check_address(interface, target)
    elif not any(interface.get(part) for part in ("pages", "modals", "hosts", "commands")):
        raise Invalid(f"{kind} is not allowed: this representative declares no interface; only `navigate` to a relative path is.")
    elif kind in ("open_modal", "close_modal"):
        modal = str(args.get("modal") or args.get("name") or args.get("id") or command.get("target") or "")
        if modal not in _modals(interface):
            raise Invalid(f"There is no modal {modal!r}; declared: {', '.join(sorted(_modals(interface))) or 'none'}.")
    elif kind == "custom" and str(args.get("name") or command.get("target")) not in (interface.get("commands") or ()):
        raise Invalid("This custom command is not declared.")


def _check_address(interface: Mapping[str, Any], target: str) -> None:
    if any(ord(character) < 33 for character in target) or "\\" in target:
        raise Invalid("The address holds characters that do not belong there.")
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        hosts = {str(host).lower() for host in interface.get("hosts") or ()}
        if parts.scheme not in ("http", "https") or (parts.hostname or "") not in hosts:
            raise Invalid(f"The address {target!r} is not on a declared host.")
        return
    if not target.startswith("/"):
        raise Invalid("`navigate` needs `args.url`: a path that starts with /.")
    declared = {page.path for page in pages(interface)}
    if declared and parts.path.rstrip("/") not in {path.rstrip("/") for path in declared}:
        raise Invalid(f"There is no page {parts.path!r}; declared: {', '.join(sorted(declared))}.")


def tool(interface: Mapping[str, Any], proposed: list[dict[str, Any]]) -> Tool:
    """`proposeCommand`: puts a checked command into `proposed`. The visitor's page decides whether to carry it out."""

    async def call(arguments) -> ToolResult:
        command = {
            "id": f"cmd_{new_id().hex}", "type": arguments.get("type"), "target": arguments.get("target"),
            "args": arguments.get("args") or {}, "requiresConfirmation": arguments.get("type") in ("prefill_form", "open_link", "custom"),
        }  # fmt: skip
        try:
            check(interface, command)
        except Invalid as refusal:
            raise ToolError(refusal.message) from refusal
        if len(proposed) >= MOST_PROPOSED:
            raise ToolError(f"At most {MOST_PROPOSED} commands can be proposed in one answer.")
        proposed.append(command)
        return ToolResult({"proposed": command["type"], "args": command["args"]}, public={"proposed": command["type"]})

    described = "; ".join(f"{page.path} ({page.title})" for page in pages(interface)) or "any relative path"
    return Tool(
        "proposeCommand",
        "Preparing the page",
        f"Propose that the visitor's page does something, only when the visitor asks for it. Pages: {described}. "
        f"Modals: {', '.join(sorted(_modals(interface))) or 'none'}. `navigate` takes args.url.",
        {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": list(TYPES)}, "target": {"type": "string"}, "args": {"type": "object"}},
            "required": ["type"],
        },
        call,
    )


def page_wanted(question_words: Sequence[str], declared: Sequence[Page], stems) -> Page | None:
    """The declared page whose title or path the question names, None where it names none. `stems` cuts a text into content words."""
    wanted = set(question_words)
    best, most = None, 0
    for page in declared:
        named = set(stems(f"{page.title} {page.path.replace('/', ' ').replace('-', ' ')}"))
        common = len(named & wanted)
        if common > most:
            best, most = page, common
    return best
