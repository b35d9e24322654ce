"""RAPPORT_COMPAT=strict refuses what is odd but harmless; --sdk-conformance relaxes three rules and no more."""

import pytest

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def product(server) -> str:
    return server.new_product("Support")


class TestStrict:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"compat": "strict"})

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"messages": [{"role": "user", "messageType": "user_message", "content": "x"}]}, "messages.0.role"),
            (
                {"messages": [{"role": "user", "parentMessageId": "a", "parentExternalMessageId": "b"}]},
                "messages.0.parentMessageId",
            ),
            ({"messages": HELLO, "systemPrompt": {"content": "a", "components": [{"content": "b"}]}}, "systemPrompt.content"),
        ],
    )
    def test_what_cannot_be_used_together(self, client, product, change, word):
        answer = client.post("/api/v1/messages", json={"externalUserId": "u", "productId": product} | change)
        assert answer.status_code == 400
        assert word in answer.json()["error"]

    def test_values_must_fit_their_type(self, client, product):
        body = {"eventType": "e", "productId": product, "value": "a lot", "valueType": "currency"}
        assert client.post("/api/v1/events", json=body).status_code == 400
        assert client.post("/api/v1/events", json=body | {"value": "1,149.50"}).status_code == 200

    def test_organization_ids_must_agree(self, client):
        other = client.post("/api/v1/organizations", json={"externalOrganizationId": "other"}).json()["organization"]["id"]
        body = {"externalUserId": "u", "organizationId": other, "externalOrganizationId": "acme"}
        assert client.post("/api/v1/users", json=body).status_code == 400


class TestConformance:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"sdk_conformance": True})

    def test_ratings_need_no_target(self, client, product):
        body = {"productId": product, "rating": 1, "ratingMin": 1, "ratingMax": 5}
        assert client.post("/api/v1/ratings", json=body).status_code == 200

    def test_active_prompts_can_be_archived(self, client, product):
        body = {"externalUserId": "u", "productId": product, "messages": HELLO, "systemPrompt": "Be kind."}
        prompt = client.post("/api/v1/messages", json=body).json()["systemPromptPromptId"]
        assert client.delete(f"/api/v1/prompts/{prompt}").status_code == 200

    def test_all_else_is_as_usual(self, client, product):
        assert client.post("/api/v1/messages", json={"externalUserId": "u", "messages": HELLO}).status_code == 404
        body = {"productId": product, "rating": 9, "ratingMin": 1, "ratingMax": 5}
        assert client.post("/api/v1/ratings", json=body).status_code == 400
        assert client.get("/api/v1/users/nobody/segments").status_code == 404
