"""What a careless or hostile caller sends: refused with a reason, and nothing half done."""

import base64
import json
import re

import pytest

COUNT = {"type": "conversation_count", "operator": "gte", "value": 1}
BAD_RULES = {
    "unknown type": {"type": "teleport"},
    "unknown member": COUNT | {"extra": 1},
    "negative duration": {"type": "last_seen", "operator": "within", "value": "-5d"},
    "absurd duration": {"type": "last_seen", "operator": "within", "value": "9" * 30 + "d"},
    "no unit": {"type": "last_seen", "operator": "within", "value": "7"},
    "not a number": {"type": "conversation_count", "operator": "gte", "value": "many"},
    "infinite": {"type": "analysis", "field": "sentiment", "operator": "lte", "value": 1e400},
    "a list for a value": {"type": "property", "key": "plan", "operator": "eq", "value": ["a"] * 5},
    "an object for a value": {"type": "property", "key": "plan", "operator": "eq", "value": {"$ne": 1}},
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_rules(client, name):
    body = json.dumps({"filters": {"rules": [BAD_RULES[name]]}})
    answer = client.post("/api/v1/segments", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "validation_error"


def test_property_values_mean_themselves(client):
    product = client.post("/api/admin/v1/products", json={"name": "P"}).json()["id"]
    for user, plan in (("a", ".*"), ("b", "pro"), ("c", "100%"), ("d", "'; DROP TABLE app_user; --")):
        client.post("/api/v1/users", json={"externalUserId": user, "properties": {"plan": plan}})
        said = {"role": "user", "content": "hi"}
        client.post("/api/v1/messages", json={"externalUserId": user, "productId": product, "messages": [said]})
    for user, plan in (("a", ".*"), ("c", "100%"), ("d", "'; DROP TABLE app_user; --")):
        rule = {"type": "property", "key": "plan", "operator": "eq", "value": plan}
        made = client.post("/api/v1/segments", json={"filters": {"rules": [rule]}, "name": plan})
        assert made.status_code == 201, made.text
        inside = [u for u in "abcd" if made.json()["id"] in [s["id"] for s in client.get(f"/api/v1/users/{u}/segments").json()]]
        assert inside in ([user], []), plan  # [] until the job has run


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x", "http://10.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/x", "http://[::ffff:10.0.0.1]/x",
     "http://0.0.0.0/x", "https://user:secret@example.com/x", "ftp://example.com/x", "file:///etc/passwd", "//example.com", "x",
     "http://2130706433/x", "http://localhost/x"],
)  # fmt: skip
def test_webhook_targets(client, url):
    answer = client.post("/api/admin/v1/webhooks", json={"url": url, "events": ["conversation.rating"]})
    assert answer.status_code == 400, answer.text
    assert client.get("/api/admin/v1/webhooks").json()["webhooks"] == []


def test_cursors_of_others_and_changed_ones(client, server):
    def filled(own) -> str:
        for number in range(4):
            own.post("/api/v1/users", json={"externalUserId": f"u-{number}"})
        link = own.get("/api/v1/users?limit=2").headers["link"]
        return re.search(r"cursor=([^>&]+)", link)[1]  # type: ignore[index]

    with server.client(server.new_key("other")) as other:
        mine, theirs = filled(client), filled(other)
    assert client.get(f"/api/v1/users?limit=2&cursor={mine}").status_code == 200
    raw = bytearray(base64.urlsafe_b64decode(mine + "=" * (-len(mine) % 4)))
    raw[-1] ^= 1
    changed = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    for cursor in (theirs, changed, mine[:-3], "x", "%00", "é" * 9, "A" * 5_000):
        answer = client.get("/api/v1/users", params={"limit": 2, "cursor": cursor})
        assert answer.status_code == 400, (cursor, answer.text)
        assert answer.json()["code"] == "validation_error"
    assert client.get(f"/api/v1/interactions?cursor={mine}").status_code == 400  # of another list


def test_an_import_that_stops_half_way_is_sent_again(client, server):
    product = client.post("/api/admin/v1/products", json={"name": "P"}).json()["id"]
    for number in range(5):
        said = [{"role": "user", "content": f"hi {number}", "externalMessageId": "m"}]
        body = {"externalUserId": f"u{number}", "externalConversationId": f"c{number}", "productId": product, "messages": said}
        assert client.post("/api/v1/messages", json=body).status_code == 200
    whole = client.get("/api/admin/v1/export").content
    lines = whole.splitlines(keepends=True)
    with server.client(server.new_key("empty")) as empty:
        broken = b"".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:20]
        refused = empty.post("/api/admin/v1/import", content=broken)
        assert refused.status_code == 400
        assert str(len(lines) // 2 + 1) in refused.json()["error"]  # which line
        assert empty.get("/api/v1/interactions").json() == []  # a request that is not whole stores nothing
        assert empty.post("/api/admin/v1/import", content=b"".join(lines[: len(lines) // 2])).status_code == 200
        again = empty.post("/api/admin/v1/import", content=whole).json()
        assert again["rows"] == len(lines)
        assert empty.get("/api/admin/v1/export").content == whole
        assert empty.post("/api/admin/v1/import", content=whole).json()["stored"] == 0
