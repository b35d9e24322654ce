"""Prompts: lineages, versions, activation, variables, template matching, archiving."""

import uuid

import pytest


@pytest.fixture
def product(server) -> str:
    return server.new_product("Support")


def create(client, product, content, **given) -> dict:
    body = {"name": "Helpdesk", "productId": product, "role": "system", "components": [{"content": content}]} | given
    answer = client.post("/api/v1/prompts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def log(client, product, system_prompt, **given) -> dict:
    body = {"externalUserId": "u", "productId": product, "messages": [{"role": "user", "content": "Hi"}], "systemPrompt": system_prompt}
    answer = client.post("/api/v1/messages", json=body | given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def version_of(client, logged) -> str:
    return client.get(f"/api/v1/interactions/{logged['conversationId']}").json()["versionId"]


def test_created_prompt_is_listed_and_composed(client, product):
    made = create(client, product, "Help at {{shop}}, {{greeting}}.", externalPromptId="help/desk", tags=["a"], description="d")
    listed = client.get("/api/v1/prompts").json()
    assert [(p["id"], p["externalPromptId"], p["versionId"], p["archivedAt"]) for p in listed] == [
        (made["promptId"], "help/desk", made["versionId"], None)
    ]
    assert listed[0]["components"] == [{"id": made["componentIds"][0], "externalComponentId": None}]
    got = client.get("/api/v1/prompts/help%2Fdesk", params={"shop": "Kiosk 9"}).json()
    assert got["composedPrompt"] == "Help at Kiosk 9, {{greeting}}."
    assert got["prompt"]["components"][0]["content"] == "Help at {{shop}}, {{greeting}}."
    assert client.get("/api/v1/prompts", params={"activeOnly": True}).json() == []


def test_new_content_under_an_external_id_is_the_next_version(client, product):
    first = create(client, product, "one", externalPromptId="x")
    same = create(client, product, "one", externalPromptId="x")
    second = create(client, product, "two", externalPromptId="x")
    assert same == first
    assert second["promptId"] != first["promptId"]
    assert second["versionId"] != first["versionId"]
    assert client.get("/api/v1/prompts/x").json()["prompt"]["number"] == 2
    assert client.get(f"/api/v1/prompts/{first['promptId']}").json()["prompt"]["components"][0]["content"] == "one"


def test_messages_activate_the_version_that_they_ran_under(client, product):
    first = create(client, product, "one", externalPromptId="x")
    second = create(client, product, "two", externalPromptId="x")
    ran_first = log(client, product, {"promptId": first["promptId"]})
    ran_second = log(client, product, {"externalPromptId": "x", "components": [{"content": "two"}]})
    assert version_of(client, ran_first) == first["versionId"]
    assert version_of(client, ran_second) == second["versionId"]
    assert [p["id"] for p in client.get("/api/v1/prompts", params={"activeOnly": True}).json()] == [second["promptId"]]
    assert version_of(client, log(client, product, None)) == second["versionId"]


def test_same_text_is_one_prompt_and_dynamic_pieces_do_not_count(client, product):
    static = {"content": "Be kind."}
    one = log(client, product, {"components": [static, {"content": "doc 1", "isDynamic": True}]})
    two = log(client, product, {"components": [static, {"content": "doc 2", "isDynamic": True}]})
    assert one["systemPromptPromptId"] == two["systemPromptPromptId"]
    assert log(client, product, "Be kind.")["systemPromptPromptId"] == one["systemPromptPromptId"]
    assert log(client, product, "Be rude.")["systemPromptPromptId"] != one["systemPromptPromptId"]


def test_rendered_template_is_recognised(client, product):
    made = create(client, product, "You are the assistant of {{shop}}. Be kind and brief.")
    logged = log(client, product, "You are the assistant of Kiosk 9. Be kind and brief.")
    assert logged["systemPromptPromptId"] == made["promptId"]
    assert logged["templateMatch"] == {
        "matched": True, "confidence": "exact", "detectedVariables": {"shop": "Kiosk 9"}, "promptId": made["promptId"],
    }  # fmt: skip
    assert logged["promptVariables"] == {"shop": "Kiosk 9"}
    assert len(client.get("/api/v1/prompts").json()) == 1
    other = log(client, product, "Write poems about the sea at night.")
    assert "templateMatch" not in other
    assert other["systemPromptPromptId"] != made["promptId"]


def test_conversation_keeps_its_prompt(client, product):
    first = log(client, product, "Be kind.", externalConversationId="c")
    later = log(client, product, None, externalConversationId="c")
    assert later["systemPromptPromptId"] == first["systemPromptPromptId"]
    assert later["systemPromptComponentIds"] == first["systemPromptComponentIds"]


def test_update_with_components_makes_a_version_and_without_changes_in_place(client, product):
    made = create(client, product, "one", externalPromptId="x")
    changed = client.put(f"/api/v1/prompts/{made['promptId']}", json={"name": "New"}).json()
    assert changed == {"promptId": made["promptId"], "versionId": None, "externalPromptId": "x"}
    revised = client.put(f"/api/v1/prompts/{made['promptId']}", json={"components": [{"content": "two"}]}).json()
    assert revised["promptId"] != made["promptId"]
    assert revised["versionId"]
    assert client.get("/api/v1/prompts/x").json()["prompt"]["name"] == "New"


def test_archiving(client, product):
    made = create(client, product, "one", externalPromptId="x")
    log(client, product, {"promptId": made["promptId"]})
    refused = client.delete("/api/v1/prompts/x")
    assert refused.status_code == 400
    assert "active" in refused.json()["error"]
    log(client, product, "something else entirely")
    archived = client.delete("/api/v1/prompts/x").json()
    assert archived["promptId"] == made["promptId"]
    assert client.delete("/api/v1/prompts/x").json() == archived
    assert made["promptId"] not in [p["id"] for p in client.get("/api/v1/prompts").json()]
    assert made["promptId"] in [p["id"] for p in client.get("/api/v1/prompts", params={"includeArchived": True}).json()]
    assert client.get("/api/v1/prompts/x").json()["prompt"]["archivedAt"] == archived["archivedAt"]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"components": []}, 400, "components"),
        ({"role": ""}, 400, "role"),
        ({"name": None}, 400, "name"),
        ({"productId": str(uuid.uuid4())}, 404, "product"),
        ({"components": [{"content": "x", "type": "poem"}]}, 400, "type"),
    ],
)
def test_broken_rules_name_the_field(client, product, change, status, word):
    body = {"name": "n", "productId": product, "role": "r", "components": [{"content": "x"}]} | change
    answer = client.post("/api/v1/prompts", json=body)
    assert answer.status_code == status
    assert word in answer.json()["error"]


def test_page_sizes_of_both_styles(client, product):
    for i in range(5):
        create(client, product, f"text {i}", externalPromptId=f"p{i}")
    assert client.get("/api/v1/prompts", params={"pageSize": 31}).status_code == 400
    assert len(client.get("/api/v1/prompts", params={"limit": 100, "page": 1, "pageSize": 2}).json()) == 2
    first = client.get("/api/v1/prompts", params={"limit": 3})
    rest = client.get(first.links["next"]["url"])
    assert [p["externalPromptId"] for p in first.json() + rest.json()] == ["p4", "p3", "p2", "p1", "p0"]
