"""POST /messages: what is logged comes back, once, in order, under the right product, person and prompt."""

import concurrent.futures

import pytest


@pytest.fixture
def product(server) -> str:
    return server.new_product("Support")


def log(client, product, **given) -> dict:
    body = {"externalUserId": "u-1", "productId": product, "messages": [{"role": "user", "content": "Hello"}]} | given
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def turns(*ids: str) -> list[dict]:
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": f"text {key}", "externalMessageId": key} for i, key in enumerate(ids)]


def transcript(client, conversation: str) -> list[str]:
    return [m["content"] for m in client.get(f"/api/v1/interactions/{conversation}").json()["messages"]]


def test_worked_example_of_the_contract(client, product):
    body = {
        "externalUserId": "u-7", "externalConversationId": "c-31", "productId": product, "model": "small-llm",
        "systemPrompt": {
            "externalPromptId": "helpdesk", "components": [{"type": "system", "content": "Help customers of {{shop}}."}],
            "variables": {"shop": "Kiosk 9"},
        },
        "messages": [
            {"role": "user", "content": "Where is my parcel?", "externalMessageId": "m1"},
            {"messageType": "tool_call", "toolName": "track", "input": {"id": "P4"}, "externalMessageId": "m2"},
            {"messageType": "observation", "output": {"state": "in transit"}, "externalMessageId": "m3", "parentExternalMessageId": "m2"},
            {"role": "assistant", "content": "It arrives on Friday.", "externalMessageId": "m4"},
        ],
    }  # fmt: skip
    first = client.post("/api/v1/messages", json=body).json()
    assert [(m["externalMessageId"], m["messageType"], m["status"]) for m in first["messages"]] == [
        ("m1", "user_message", "created"), ("m2", "tool_call", "created"), ("m3", "observation", "created"),
        ("m4", "assistant_message", "created"),
    ]  # fmt: skip
    assert first["promptVariables"] == {"shop": "Kiosk 9"}
    assert len(first["systemPromptComponentIds"]) == 1
    body["messages"].append({"role": "user", "content": "Thanks!", "externalMessageId": "m5"})
    again = client.post("/api/v1/messages", json=body).json()
    assert again["conversationId"] == first["conversationId"]
    assert again["systemPromptPromptId"] == first["systemPromptPromptId"]
    assert [m["status"] for m in again["messages"]] == ["deduplicated"] * 4 + ["created"]
    assert [m["messageId"] for m in again["messages"]][:4] == [m["messageId"] for m in first["messages"]]
    detail = client.get(f"/api/v1/interactions/{first['conversationId']}").json()
    assert [(m["role"], m["content"]) for m in detail["messages"]] == [
        ("user", "Where is my parcel?"), ("tool_call", 'track({"id":"P4"})'), ("observation", '{"state":"in transit"}'),
        ("assistant", "It arrives on Friday."), ("user", "Thanks!"),
    ]  # fmt: skip
    assert detail["messages"][2]["parentMessageId"] == first["messages"][1]["messageId"]
    assert detail["participant"]["externalId"] == "u-7"


def test_parallel_first_batches_share_one_conversation(client, product):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: log(client, product, externalConversationId="c", messages=turns(f"m{i}")), range(16)))
    assert len({a["conversationId"] for a in answers}) == 1
    assert sorted(transcript(client, "c")) == sorted(f"text m{i}" for i in range(16))


def test_twins_within_a_batch_are_stored_once(client, product):
    answer = log(client, product, externalConversationId="c", messages=turns("a", "a", "b"))
    assert [m["status"] for m in answer["messages"]] == ["created", "deduplicated", "created"]
    assert answer["messages"][0]["messageId"] == answer["messages"][1]["messageId"]


def test_parent_that_arrives_later_is_linked(client, product):
    child = {"role": "assistant", "content": "answer", "externalMessageId": "child", "parentExternalMessageId": "parent"}
    log(client, product, externalConversationId="c", messages=[child])
    parent = log(client, product, externalConversationId="c", messages=turns("parent"))["messages"][0]["messageId"]
    messages = client.get("/api/v1/interactions/c").json()["messages"]
    assert {m["externalMessageId"]: m.get("parentMessageId") for m in messages} == {"child": parent, "parent": None}


def test_history_is_ordered_by_created_at(client, product):
    messages = [
        {"role": "assistant", "content": "second", "createdAt": "2024-03-01T10:00:05Z"},
        {"role": "user", "content": "first", "createdAt": "2024-03-01"},
        {"role": "user", "content": "third", "createdAt": "2024-03-01T12:00:00+01:00"},
    ]
    answer = log(client, product, messages=messages)
    assert transcript(client, answer["conversationId"]) == ["first", "second", "third"]
    log(client, product, conversationId=answer["conversationId"], messages=[{"role": "user", "content": "zero", "createdAt": "2023-12-31"}])
    detail = client.get(f"/api/v1/interactions/{answer['conversationId']}").json()
    assert detail["messages"][0]["content"] == "zero"
    assert detail["createdAt"] == "2023-12-31T00:00:00Z"


def test_fast_batches_stay_in_order(client, product):
    for start in range(0, 12, 3):
        log(client, product, externalConversationId="c", messages=turns(*(f"m{i}" for i in range(start, start + 3))))
    assert transcript(client, "c") == [f"text m{i}" for i in range(12)]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"messages": []}, 400, "messages"),
        ({"externalUserId": ""}, 400, "externalUserId"),
        ({"externalUserId": None}, 400, "externalUserId"),
        ({"sampleRate": 1.5}, 400, "sampleRate"),
        ({"productId": "not-a-uuid"}, 400, "productId"),
        ({"productId": None}, 400, "conversationId"),
        ({"productId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "product"),
        ({"conversationId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "conversation"),
        ({"messages": [{"content": "x"}]}, 400, "messages.0.role"),
        ({"messages": [{"messageType": "tool_call"}]}, 400, "messages.0.toolName"),
        ({"messages": [{"messageType": "shout", "content": "x"}]}, 400, "messageType"),
        ({"messages": [{"role": "user", "content": "x", "createdAt": "1066-10-14"}]}, 400, "createdAt"),
        ({"messages": [{"role": "user", "content": "x", "createdAt": "9999-01-01T00:00:00Z"}]}, 400, "createdAt"),
        ({"messages": [{"role": "user", "content": "x", "createdAt": "soon"}]}, 400, "createdAt"),
        ({"messages": [{"role": "user", "content": "x", "voice": {"asrConfidence": 2}}]}, 400, "asrConfidence"),
        ({"messages": [{"role": "user", "content": "x", "externalMessageId": "x" * 513}]}, 400, "externalMessageId"),
        ({"messages": [{"role": "user", "content": "x"}] * 1001}, 400, "messages"),
        ({"systemPrompt": {"promptId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}}, 404, "prompt"),
        ({"voiceCall": {"platform": "carrier pigeon"}}, 400, "platform"),
    ],
)
def test_broken_rules_name_the_field_and_store_nothing(client, product, change, status, word):
    body = {"externalUserId": "u-1", "productId": product, "messages": [{"role": "user", "content": "Hello"}]} | change
    answer = client.post("/api/v1/messages", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is False
    assert word in answer.json()["error"]
    assert client.get("/api/v1/interactions").json() == []
    assert client.get("/api/v1/users").json() == []


def test_conversation_of_another_product_is_refused(server, client, product):
    log(client, product, externalConversationId="c")
    other = server.new_product("Sales")
    body = {"externalUserId": "u-1", "productId": other, "externalConversationId": "c", "messages": [{"role": "user", "content": "Hello"}]}
    assert client.post("/api/v1/messages", json=body).status_code == 400


def test_only_product_is_used_where_none_is_named(client, product):
    answer = log(client, None, externalConversationId="c")
    assert client.get(f"/api/v1/interactions/{answer['conversationId']}").json()["productId"] == product


def test_sampling_keeps_all_of_a_conversation_or_nothing(client, product):
    kept = 0
    for i in range(60):
        answers = [log(client, product, externalConversationId=f"c{i}", sampleRate=0.5, messages=turns(f"{i}-{n}")) for n in range(2)]
        assert answers[0]["conversationId"] == answers[1]["conversationId"]
        assert answers[0].get("sampled") == answers[1].get("sampled")
        kept += "sampled" not in answers[0]
    assert 10 < kept < 50
    assert client.get("/api/v1/interactions").headers["X-Total-Count"] == str(kept)
    forced = log(client, product, externalConversationId="forced", sampleRate=0, forceSample=True)
    assert client.get(f"/api/v1/interactions/{forced['conversationId']}").status_code == 200


def test_unstorable_characters_are_taken_out(client, product):
    body = (
        b'{"externalUserId": "u\\u0000-1", "productId": "%s",'
        b' "properties": {"k\\u0000": "v\\ud800w", "n": [1e400, 123456789012345678901234567890]},'
        b' "messages": [{"role": "user", "content": "a\\u0000b \\ud83d\\ude00 \\\\u0000 \\udc00c"}]}' % product.encode()
    )
    answer = client.post("/api/v1/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    detail = client.get(f"/api/v1/interactions/{answer.json()['conversationId']}").json()
    assert detail["externalParticipantId"] == "u-1"
    assert detail["messages"][0]["content"] == "ab \N{GRINNING FACE} \\u0000 c"
    assert detail["properties"]["k"] == "vw"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400), (b"{", 400), (b"[1]", 400), (b'"text"', 400), (b"\xff\xfe{}", 400), (b'{"externalUserId": "\xe9"}', 400),
        (b"[" * 100_000, 400), (b"{}" + b"\x00", 400), (b'{"a": ' + b"9" * 5_000 + b"}", 400), (b" " * (13 << 20), 413),
    ],
)  # fmt: skip
def test_bodies_that_are_no_request(client, content, status):
    answer = client.post("/api/v1/messages", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["success"] is False


def test_large_messages_are_stored_whole(client, product):
    text = "word " * 1_600_000
    answer = log(client, product, messages=[{"role": "user", "content": text}])
    assert transcript(client, answer["conversationId"]) == [text]
