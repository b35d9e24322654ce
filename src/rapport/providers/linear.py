"""Linear over its GraphQL API (https://linear.app/developers/graphql). Every operation is checked against the published schema in tests.

Creating twice is harmless: the issue's id is chosen by us from the draft's, and looked for first.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2

from rapport.domain.ticket import Ticket, TicketDraft, TicketLabel, TicketTarget
from rapport.errors import ProviderError, ProviderNeedsSetup
from rapport.providers.tracker_http import call

API = "https://api.linear.app/graphql"
PRIORITIES = {"urgent": 1, "high": 2, "medium": 3, "low": 4}

TEAMS = "query Teams { teams(first: 100) { nodes { id name key } } }"
LABELS = """
query Labels($team: ID!) {
  issueLabels(first: 100, filter: { or: [{ team: { id: { eq: $team } } }, { team: { null: true } }] }) { nodes { id name color isGroup } }
}
"""
FIND = (
    "query Find($ids: [ID!]) { issues(first: 1, includeArchived: true, filter: { id: { in: $ids } }) { nodes { identifier url title } } }"
)
CREATE = "mutation Create($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { identifier url title } } }"
OPERATIONS = (TEAMS, LABELS, FIND, CREATE)


class Linear:
    """Tickets as Linear issues. A target is a team."""

    name = "linear"

    def __init__(self, client: httpx2.AsyncClient, token: str, *, url: str = API, default_team: str | None = None):
        self._client, self._token, self._url, self._default_team = client, token, url, default_team

    async def targets(self) -> tuple[TicketTarget, ...]:
        """The teams that the token sees, the default one first."""
        teams = (await self._ask(TEAMS, {}))["teams"]["nodes"]
        found = [TicketTarget(team["id"], team["name"], team["key"]) for team in teams]
        wanted = (self._default_team or "").casefold()
        found.sort(key=lambda target: wanted not in (target.team_id.casefold(), target.team_key.casefold(), target.team_name.casefold()))
        return tuple(found)

    async def labels(self, target: TicketTarget) -> tuple[TicketLabel, ...]:
        """Labels of the team and of the workspace; groups of labels cannot be put on an issue."""
        nodes = (await self._ask(LABELS, {"team": target.team_id}))["issueLabels"]["nodes"]
        return tuple(TicketLabel(node["id"], node["name"], node["color"]) for node in nodes if not node["isGroup"])

    async def create(self, draft: TicketDraft, *, idempotency_key: str) -> Ticket:
        """The issue of this draft: the one made before, or a new one."""
        issue_id = _uuid4(idempotency_key)
        nodes = (await self._ask(FIND, {"ids": [issue_id]}))["issues"]["nodes"]
        if nodes:
            return _ticket(nodes[0])
        given: dict[str, Any] = {
            "id": issue_id, "teamId": draft.target.team_id, "title": draft.title, "description": draft.description,
            "labelIds": list(draft.label_ids),
        }  # fmt: skip
        if draft.priority:
            given["priority"] = PRIORITIES[draft.priority]
        made = (await self._ask(CREATE, {"input": given}))["issueCreate"]
        if not made["success"] or not made["issue"]:
            raise ProviderError("Linear did not create the issue; confirm again.")
        return _ticket(made["issue"])

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Any:
        body = {"query": query, "variables": variables}
        answer = await call(self._client, "Linear", "POST", self._url, headers={"Authorization": self._token}, body=body,
                            reads=query != CREATE)  # fmt: skip
        if errors := (answer or {}).get("errors"):
            code = (errors[0].get("extensions") or {}).get("code")
            if code == "AUTHENTICATION_ERROR":
                raise ProviderNeedsSetup("Linear refused the token; set a new one under /api/admin/v1/connections.")
            raise ProviderError(f"Linear answered: {errors[0].get('message', 'an error')}"[:400])
        return answer["data"]


def _ticket(issue: Mapping[str, Any]) -> Ticket:
    return Ticket("linear", issue["identifier"], issue["url"], issue["title"])


def _uuid4(key: str) -> str:
    """A UUID in the form of version 4, which Linear asks for, always the same for the same key."""
    return str(UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4))
