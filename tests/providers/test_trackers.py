"""Linear, GitHub and Jira against local services: Linear's is built from its published schema, which also checks every operation."""

import gzip
import json
import re
from functools import cache

import httpx2
import pytest
from graphql import GraphQLSchema, build_schema, graphql_sync, parse, validate
from tests.conftest import TEST_DATA

from rapport.domain.ids import new_id
from rapport.domain.ticket import TicketDraft, TicketTarget
from rapport.errors import ProviderError, ProviderNeedsSetup
from rapport.providers import linear
from rapport.providers.github import GitHub
from rapport.providers.jira import Jira, document
from rapport.providers.linear import Linear

pytestmark = pytest.mark.anyio

SCHEMA = TEST_DATA / "linear-schema.graphql.gz"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason="Linear's schema is not in RAPPORT_TEST_DATA")


@cache
def linear_schema() -> GraphQLSchema:
    return build_schema(gzip.decompress(SCHEMA.read_bytes()).decode())


def draft(provider: str, team: str = "t1", **changes) -> TicketDraft:
    text = "## Problem\nUploads fail.\n\n- one\n- two"
    return TicketDraft(new_id(), provider, "Uploads fail", text, TicketTarget(team, "Team", team), **changes)


class LinearServer:
    """Enough of Linear to keep issues. Answers follow the schema: a field that does not exist is an error."""

    def __init__(self):
        self.made: dict[str, dict] = {}
        self.lose_next_answer = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers["authorization"] != "lin_token":
            return httpx2.Response(401, json={"errors": [{"message": "Authentication required"}]})
        body = json.loads(request.content)
        result = graphql_sync(linear_schema(), body["query"], root_value=self, variable_values=body["variables"])
        if self.lose_next_answer and "issueCreate" in body["query"]:
            self.lose_next_answer = False
            return httpx2.Response(502, text="bad gateway")
        return httpx2.Response(200, json=result.formatted)

    def teams(self, info, **arguments):
        return {"nodes": [{"id": "t0", "name": "Design", "key": "DES"}, {"id": "t1", "name": "Engineering", "key": "ENG"}]}

    def issueLabels(self, info, **arguments):
        bug = {"id": "l1", "name": "Bug", "color": "#f00", "isGroup": False}
        return {"nodes": [bug, {"id": "l2", "name": "Area", "color": "#0f0", "isGroup": True}]}

    def issues(self, info, filter, **arguments):
        return {"nodes": [self.made[id] for id in filter["id"]["in"] if id in self.made]}

    def issueCreate(self, info, input):
        number = len(self.made) + 1
        self.made[input["id"]] = {
            "identifier": f"ENG-{number}",
            "url": f"https://linear.app/x/{number}",
            "title": input["title"],
            "input": input,
        }
        return {"success": True, "issue": self.made[input["id"]]}


def over(server) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.MockTransport(server))


@needs_schema
@pytest.mark.parametrize("operation", linear.OPERATIONS)
def test_every_linear_operation_fits_the_published_schema(operation: str):
    assert validate(linear_schema(), parse(operation)) == []


@needs_schema
async def test_linear_creates_an_issue_with_everything_in_the_draft():
    server = LinearServer()
    tracker = Linear(over(server), "lin_token", default_team="eng")
    targets = await tracker.targets()
    assert [target.team_key for target in targets] == ["ENG", "DES"]
    assert [label.name for label in await tracker.labels(targets[0])] == ["Bug"]
    made = draft("linear", label_ids=("l1",), priority="high")
    ticket = await tracker.create(made, idempotency_key=str(made.id))
    assert (ticket.identifier, ticket.url) == ("ENG-1", "https://linear.app/x/1")
    (issue,) = server.made.values()
    assert issue["input"] | {"id": ""} == {
        "id": "", "teamId": "t1", "title": "Uploads fail", "description": made.description, "labelIds": ["l1"], "priority": 2,
    }  # fmt: skip


@needs_schema
async def test_a_lost_answer_of_linear_does_not_double_the_issue():
    server = LinearServer()
    server.lose_next_answer = True
    tracker, made = Linear(over(server), "lin_token"), draft("linear")
    with pytest.raises(ProviderError, match="502"):
        await tracker.create(made, idempotency_key=str(made.id))
    assert (await tracker.create(made, idempotency_key=str(made.id))).identifier == "ENG-1"
    assert len(server.made) == 1


@needs_schema
async def test_a_refused_token_asks_for_setup():
    with pytest.raises(ProviderNeedsSetup):
        await Linear(over(LinearServer()), "wrong").targets()


class GitHubServer:
    def __init__(self):
        self.issues: list[dict] = []
        self.busy = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.headers["authorization"] == "Bearer gh_token"
        if self.busy:
            self.busy -= 1
            return httpx2.Response(503, text="busy")
        if request.url.path == "/repos/acme/app/labels":
            return httpx2.Response(200, json=[{"name": "bug", "color": "d73a4a"}])
        assert request.url.path == "/repos/acme/app/issues"
        if request.method == "GET":
            return httpx2.Response(200, json=self.issues[::-1])
        number = len(self.issues) + 1
        self.issues.append(json.loads(request.content) | {"number": number, "html_url": f"https://github.com/acme/app/issues/{number}"})
        return httpx2.Response(201, json=self.issues[-1])


async def test_github_creates_an_issue_once_also_when_it_was_busy():
    server = GitHubServer()
    tracker = GitHub(over(server), "gh_token", repositories=("acme/app",))
    (target,) = await tracker.targets()
    assert (target.team_key, (await tracker.labels(target))[0].color) == ("acme/app", "#d73a4a")
    made = draft("github", "acme/app", label_ids=("bug",))
    server.busy = 1
    first = await tracker.create(made, idempotency_key=str(made.id))
    again = await tracker.create(made, idempotency_key=str(made.id))
    assert first == again
    assert first.identifier == "acme/app#1"
    assert (server.issues[0]["title"], server.issues[0]["labels"]) == ("Uploads fail", ["bug"])
    assert server.issues[0]["body"].startswith(made.description)


class JiraServer:
    def __init__(self):
        self.issues: list[dict] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/rest/api/3")
        if path == "/project/search":
            return httpx2.Response(
                200, json={"values": [{"id": "10", "name": "Ops", "key": "OPS"}, {"id": "11", "name": "Web", "key": "WEB"}]}
            )
        if path == "/issue/createmeta/11/issuetypes":
            return httpx2.Response(200, json={"issueTypes": [{"name": "Sub-task", "subtask": True}, {"name": "Bug", "subtask": False}]})
        if path == "/search/jql":
            mark = re.search(r'"(.+)"', request.url.params["jql"])[1]
            found = [issue for issue in self.issues if mark in issue["fields"]["labels"]]
            return httpx2.Response(
                200, json={"issues": [{"key": one["key"], "fields": {"summary": one["fields"]["summary"]}} for one in found]}
            )
        self.issues.append(json.loads(request.content) | {"key": f"WEB-{len(self.issues) + 1}"})
        return httpx2.Response(201, json={"id": "1", "key": self.issues[-1]["key"]})


async def test_jira_creates_an_issue_once():
    server = JiraServer()
    tracker = Jira(over(server), "token", url="https://acme.atlassian.net/", email="a@b.c", default_project="WEB")
    targets = await tracker.targets()
    assert [target.team_key for target in targets] == ["WEB", "OPS"]
    made = draft("jira", targets[0].team_id, label_ids=("bug",), priority="urgent")
    first = await tracker.create(made, idempotency_key=str(made.id))
    assert await tracker.create(made, idempotency_key=str(made.id)) == first
    assert (first.identifier, first.url) == ("WEB-1", "https://acme.atlassian.net/browse/WEB-1")
    fields = server.issues[0]["fields"]
    assert (fields["issuetype"], fields["priority"], fields["project"]) == ({"name": "Bug"}, {"name": "Highest"}, {"id": "11"})


def test_markdown_becomes_a_document():
    kinds = [node["type"] for node in document("## Problem\nIt fails.\n\n- one\n- two\n\n1. first")["content"]]
    assert kinds == ["heading", "paragraph", "bulletList", "paragraph"]


async def test_a_service_that_cannot_be_reached_is_told_as_such():
    def nobody(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    with pytest.raises(ProviderError, match="cannot be reached"):
        await Linear(over(nobody), "lin_token").targets()
