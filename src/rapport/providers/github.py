"""GitHub Issues over the REST API (https://docs.github.com/rest/issues). The repository is the team.

Creating twice is harmless: the body ends with an invisible mark of the draft, which is looked for among the newest issues first.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx2

from rapport.domain.ticket import Ticket, TicketDraft, TicketLabel, TicketTarget
from rapport.providers.tracker_http import call

API = "https://api.github.com"
REPOSITORY = re.compile(r"[A-Za-z0-9][\w-]*/[\w.-]*[\w-][\w.-]*")


class GitHub:
    """Tickets as GitHub issues. A target is a repository `owner/name`; `repositories` limits which, the first is the default."""

    name = "github"

    def __init__(self, client: httpx2.AsyncClient, token: str, *, url: str = API, repositories: tuple[str, ...] = ()):
        self._client, self._url, self._repositories = client, url.rstrip("/"), repositories
        self._headers = {
            "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
        }  # fmt: skip

    async def targets(self) -> tuple[TicketTarget, ...]:
        """The repositories that are set up, else the newest hundred that the token may write to."""
        if self._repositories:
            return tuple(TicketTarget(name, name, name) for name in self._repositories)
        found = await self._ask("GET", "/user/repos", params={"per_page": "100", "sort": "pushed"})
        return tuple(TicketTarget(r["full_name"], r["full_name"], r["full_name"]) for r in found if r.get("has_issues"))

    async def labels(self, target: TicketTarget) -> tuple[TicketLabel, ...]:
        """The repository's labels; their names are their ids."""
        found = await self._ask("GET", f"/repos/{_path(target)}/labels", params={"per_page": "100"})
        return tuple(TicketLabel(label["name"], label["name"], f"#{label['color']}") for label in found)

    async def create(self, draft: TicketDraft, *, idempotency_key: str) -> Ticket:
        """The issue of this draft: the one made before, or a new one. Priorities are labels of the kind `priority: high`, if they exist."""
        path = f"/repos/{_path(draft.target)}/issues"
        mark = f"<!-- draft {idempotency_key} -->"
        newest = await self._ask("GET", path, params={"state": "all", "sort": "created", "direction": "desc", "per_page": "50"})
        for issue in newest:
            if mark in (issue.get("body") or ""):
                return self._ticket(draft, issue)
        body = {"title": draft.title, "body": f"{draft.description}\n\n{mark}", "labels": list(draft.label_ids)}
        return self._ticket(draft, await self._ask("POST", path, body=body))

    def _ticket(self, draft: TicketDraft, issue: Mapping[str, Any]) -> Ticket:
        return Ticket(self.name, f"{draft.target.team_key}#{issue['number']}", issue["html_url"], issue["title"])

    async def _ask(self, method: str, path: str, *, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        return await call(
            self._client, "GitHub", method, self._url + path, headers=self._headers, body=body, params=params, reads=method == "GET"
        )


def _path(target: TicketTarget) -> str:
    return target.team_id if REPOSITORY.fullmatch(target.team_id) else "invalid/invalid"
