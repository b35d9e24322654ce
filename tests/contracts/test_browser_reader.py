"""Readers in JavaScript, under Node against a running server: the ones that the documented APIs show or ship, with their limits, and
the page of examples/representative.html as it is, in a page made of four elements."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rapport.config import Settings

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no `node` on PATH; install Node 18 or newer to run these tests")

TRAPS = 'one\u2028two\u0085three\n\ndata: four "five" 🙂 日本語\n'
PAGE = Path(__file__).parents[2] / "examples" / "representative.html"

# The reader of the Agents API's JavaScript page. It keeps nothing between two reads and decodes each on its own, so it works only
# where a write holds whole events; it parses `[DONE]` too, which throws when all is printed.
LINE_READER = """
const [url, key, message] = process.argv.slice(1);
const answer = await fetch(url, { method: "POST", headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
                                  body: JSON.stringify({ message }) });
const chunks = [];
let sentinel = false;
const reader = answer.body.getReader();
for (;;) {
  const { done, value } = await reader.read();
  if (done) break;
  for (const line of new TextDecoder().decode(value).split("\\n")) {
    if (!line.startsWith("data: ")) continue;
    const data = line.slice(6);
    if (data === "[DONE]") sentinel = true; else chunks.push(JSON.parse(data));
  }
}
console.log(JSON.stringify({ chunks, sentinel }));
"""

# The reader of the Representatives API's command line: blocks end at a blank line, the name is in `event:` (else `message`), data
# that is not JSON is given as text, comments are skipped; bytes may be cut anywhere.
BLOCK_READER = """
const [url, key, body] = process.argv.slice(1);
const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
const events = [];
const decoder = new TextDecoder();
let buffer = "";
for await (const bytes of answer.body) {
  buffer += decoder.decode(bytes, { stream: true });
  let end;
  while ((end = buffer.indexOf("\\n\\n")) >= 0) {
    const block = buffer.slice(0, end);
    buffer = buffer.slice(end + 2);
    let name = "message", data = "";
    for (const line of block.split("\\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5).trim();
    }
    if (!data) continue;
    try { data = JSON.parse(data); } catch { /* text */ }
    events.push([name, data]);
  }
}
console.log(JSON.stringify({ status: answer.status, events, rest: buffer }));
"""

# As much of a browser's page as examples/representative.html touches. The first answer is cut after some bytes, inside an event.
FAKE_PAGE = """
const [token, cut, script] = process.argv.slice(1);
const node = () => ({ textContent: "", value: "", children: [], listeners: {},
  addEventListener(name, call) { this.listeners[name] = call; }, appendChild(child) { this.children.push(child); return child; } });
const nodes = Object.fromEntries(["name", "talk", "form", "text", "stop"].map((id) => [id, node()]));
globalThis.document = { getElementById: (id) => nodes[id], createElement: node };
globalThis.location = { pathname: "/pricing" };
const real = globalThis.fetch, called = [];
let cutAfter = Number(cut);
globalThis.fetch = async (address, options) => {
  if (address === "token.json") return { json: async () => JSON.parse(token) };
  called.push((options?.method ?? "GET") + " " + new URL(address).pathname.replace(/[0-9a-f-]{36}/g, "ID"));
  const answer = await real(address, { ...options, headers: { ...options?.headers, Origin: "http://page.test" } });
  if (!cutAfter || !address.endsWith("/messages")) return answer;
  const left = cutAfter;
  cutAfter = 0;
  const whole = answer.body.getReader();
  let given = 0;
  const getReader = () => ({ async read() {
    if (given >= left) throw new TypeError("terminated");
    const { done, value } = await whole.read();
    if (done) return { done };
    const part = value.slice(0, left - given);
    given += part.length;
    return { done: false, value: part };
  } });
  return { ok: true, headers: answer.headers, body: { getReader } };
};
const { start, say } = new Function(script + "; return { start, say };")();
while (!called.includes("POST /api/v1/chat/sessions")) await new Promise((r) => setTimeout(r, 10));
await new Promise((r) => setTimeout(r, 300));
let end, error = null;
try { end = await say("tell me the traps"); } catch (raised) { error = raised.message; }
console.log(JSON.stringify({ name: nodes.name.textContent, lines: nodes.talk.children.map((c) => c.textContent), end, error, called }));
"""


def node(program: str, *arguments: str) -> dict:
    assert NODE
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program, "--", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    path = tmp_path / "script.json"
    replies = [
        {"when": "traps", "rounds": [[{"text": TRAPS, "characters": 3}]]},
        {"when": "fail", "rounds": [[{"text": "half an "}, {"error": "error", "message": "The model broke."}]]},
        {"rounds": [[{"text": "Paint it blue."}]]},
    ]
    path.write_text(json.dumps({"replies": replies}))
    return settings.model_copy(update={"model": f"scripted:{path}"})


@pytest.fixture
def profile(client) -> dict:
    """A published representative that pages of one origin may talk to."""
    made = client.post("/api/v1/profiles", data={"name": "Mira", "title": "Advisor", "greeting": "Hello."}).json()
    client.patch(f"/api/v1/profiles/{made['id']}", json={"origins": ["http://page.test"]})
    return client.post(f"/api/v1/profiles/{made['id']}/publish").json()


def test_a_reader_that_keeps_nothing_between_reads_gets_every_character(server, client):
    agent = client.post("/api/agents", json={"name": "Ada"}).json()
    got = node(LINE_READER, f"{server.url}/api/agents/{agent['id']}/chat/stream", server.key, "traps please")
    assert "".join(c["content"] for c in got["chunks"] if c["type"] == "text") == TRAPS
    assert got["chunks"][-1] == {"type": "done", "content": ""}
    assert got["sentinel"]


def test_a_reader_that_keeps_nothing_between_reads_is_told_of_a_failure(server, client):
    agent = client.post("/api/agents", json={"name": "Ada"}).json()
    got = node(LINE_READER, f"{server.url}/api/agents/{agent['id']}/chat/stream", server.key, "fail please")
    assert [c["type"] for c in got["chunks"]][-1] == "error"
    assert got["sentinel"]


def test_the_command_lines_reader_gets_a_conversation_of_two_turns(server, profile):
    def ask(**body) -> dict:
        asked = {"profile_id": profile["slug"], "visitor_fingerprint": "cli-1", "conversation_history": [], **body}
        return node(BLOCK_READER, f"{server.url}/api/v1/public/ai/ask", "", json.dumps(asked))

    first = ask(question="the traps", session_id=None)
    names = [name for name, _ in first["events"]]
    assert names[:2] == ["connected", "meta"]
    assert names[-1] == "done"
    assert set(names[2:-1]) == {"text"}
    assert first["rest"] == ""
    assert "".join(data["content"] for name, data in first["events"] if name == "text") == TRAPS
    assert all(data["type"] == name for name, data in first["events"])
    session_id = first["events"][0][1]["session_id"]
    second = ask(question="and a colour?", session_id=session_id)
    assert second["events"][0][1]["session_id"] == session_id
    assert second["events"][1][1]["remaining_questions"] == first["events"][1][1]["remaining_questions"] - 1


def test_the_command_lines_reader_is_told_of_a_failure_and_of_a_refusal(server, profile):
    url = f"{server.url}/api/v1/public/ai/ask"
    failed = node(BLOCK_READER, url, "", json.dumps({"profile_id": profile["id"], "question": "fail"}))
    assert failed["events"][-1][0] == "error"
    assert failed["events"][-1][1]["message"] == "The model broke."
    refused = node(BLOCK_READER, url, "", json.dumps({"profile_id": "nobody", "question": "hello"}))
    assert (refused["status"], refused["events"]) == (404, [])


def page_of(server, client, profile: dict, *, cut: int = 0) -> dict:
    """What the example page shows after one question."""
    minted = client.post(f"/api/v1/profiles/{profile['id']}/visitor-tokens", json={"visitor": "visitor-7"}).json()
    script = re.findall(r"<script>(.*)</script>", PAGE.read_text(), re.DOTALL)[0]
    token = {"server": server.url, "profileId": profile["id"], "token": minted["token"]}
    return node(FAKE_PAGE, json.dumps(token), str(cut), script)


def test_the_example_page(server, client, profile):
    got = page_of(server, client, profile)
    assert got["error"] is None
    assert (got["name"], got["lines"]) == ("Mira", ["Hello.", TRAPS])
    assert got["end"]["content"] == TRAPS
    assert got["called"][-1] == "POST /api/v1/chat/sessions/ID/messages"


@pytest.mark.parametrize("cut", [20, 61, 130])
def test_the_example_page_goes_on_where_its_connection_broke(server, client, profile, cut: int):
    got = page_of(server, client, profile, cut=cut)
    assert got["error"] is None
    assert got["lines"] == ["Hello.", TRAPS]
    assert "GET /api/v1/runs/ID/events" in got["called"]


def test_the_example_page_of_another_origin_is_refused(server, client, profile):
    minted = client.post(f"/api/v1/profiles/{profile['id']}/visitor-tokens", json={"visitor": "visitor-7"}).json()
    headers = {"Authorization": f"Bearer {minted['token']}", "Origin": "http://elsewhere.test"}
    refused = client.post("/api/v1/chat/sessions", json={}, headers=headers)
    assert refused.status_code == 403
    assert "http://elsewhere.test" in refused.json()["detail"]
