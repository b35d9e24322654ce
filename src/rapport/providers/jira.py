"""Jira Cloud over its REST API, version 3 (https://developer.atlassian.com/cloud/jira/platform/rest/v3). The project is the team.

Creating twice is harmless: each issue carries a label with its draft's id, which is looked for first.
"""

import base64
from collections.abc import Mapping
from typing import Any

import httpx2

from rapport.domain.ticket import Ticket, TicketDraft, TicketLabel, TicketTarget
from rapport.errors import ProviderNeedsSetup
from rapport.providers.tracker_http import call

PRIORITIES = {"urgent": "Highest", "high": "High", "medium": "Medium", "low": "Low"}
KINDS = {"bug": "Bug", "feature": "Story", "question": "Task"}
LABEL_COLORS = {"bug": "#d73a4a", "feature": "#0e8a16", "question": "#d876e3"}


class Jira:
    """Tickets as Jira issues. A target is a project; labels in Jira are free words, ours choose the type of issue."""

    name = "jira"

    def __init__(self, client: httpx2.AsyncClient, token: str, *, url: str, email: str | None, default_project: str | None = None):
        if not url:
            raise ProviderNeedsSetup("Jira needs baseUrl (https://NAME.atlassian.net) in its connection.")
        self._client, self._url, self._default = client, url.rstrip("/"), (default_project or "").casefold()
        basic = base64.b64encode(f"{email}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}" if email else f"Bearer {token}", "Accept": "application/json"}

    async def targets(self) -> tuple[TicketTarget, ...]:
        """The projects that the token sees, the default one first."""
        found = (await self._ask("GET", "/rest/api/3/project/search", params={"maxResults": "100"}))["values"]
        targets = [TicketTarget(project["id"], project["name"], project["key"]) for project in found]
        targets.sort(key=lambda target: self._default not in (target.team_id, target.team_key.casefold(), target.team_name.casefold()))
        return tuple(targets)

    async def labels(self, target: TicketTarget) -> tuple[TicketLabel, ...]:
        """bug, feature and question."""
        return tuple(TicketLabel(name, name, color) for name, color in LABEL_COLORS.items())

    async def create(self, draft: TicketDraft, *, idempotency_key: str) -> Ticket:
        """The issue of this draft: the one made before, or a new one."""
        mark = f"draft-{idempotency_key}"
        search = {"jql": f'labels = "{mark}"', "fields": "summary", "maxResults": "1"}
        found = (await self._ask("GET", "/rest/api/3/search/jql", params=search))["issues"]
        if found:
            return self._ticket(found[0]["key"], found[0]["fields"]["summary"])
        kind = next((KINDS[label] for label in draft.label_ids if label in KINDS), "Task")
        fields: dict[str, Any] = {
            "project": {"id": draft.target.team_id}, "summary": draft.title[:255], "description": document(draft.description),
            "labels": [*draft.label_ids, mark], "issuetype": {"name": await self._issue_type(draft.target, kind)},
        }  # fmt: skip
        if draft.priority:
            fields["priority"] = {"name": PRIORITIES[draft.priority]}
        made = await self._ask("POST", "/rest/api/3/issue", body={"fields": fields})
        return self._ticket(made["key"], draft.title)

    async def _issue_type(self, target: TicketTarget, wanted: str) -> str:
        """The wanted type where the project has it, else its first ordinary one."""
        found = await self._ask("GET", f"/rest/api/3/issue/createmeta/{target.team_id}/issuetypes")
        names = [kind["name"] for kind in found.get("issueTypes", []) if not kind.get("subtask")]
        return wanted if wanted in names or not names else names[0]

    def _ticket(self, key: str, title: str) -> Ticket:
        return Ticket(self.name, key, f"{self._url}/browse/{key}", title)

    async def _ask(self, method: str, path: str, *, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        return await call(
            self._client, "Jira", method, self._url + path, headers=self._headers, body=body, params=params, reads=method == "GET"
        )


def document(markdown: str) -> dict[str, Any]:
    """Our Markdown (headings, bullet and numbered lines, paragraphs) in the Atlassian Document Format."""
    content: list[dict[str, Any]] = []
    for line in markdown.splitlines():
        text = line.strip()
        if not text:
            continue
        if text.startswith("#"):
            words = text.lstrip("#").strip()
            content.append({"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": words or "-"}]})
        elif text.startswith("- "):
            item = {"type": "listItem", "content": [_paragraph(text[2:])]}
            if content and content[-1]["type"] == "bulletList":
                content[-1]["content"].append(item)
            else:
                content.append({"type": "bulletList", "content": [item]})
        else:
            content.append(_paragraph(text))
    return {"type": "doc", "version": 1, "content": content or [_paragraph("-")]}


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text or "-"}]}
