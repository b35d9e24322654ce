"""/products and /models."""

import uuid

import pytest

from rapport.store.model_families import canonical


def test_products_are_listed_by_name(server, client):
    for name in ("Charlie", "alpha", "Bravo"):
        server.new_product(name)
    first = client.get("/api/v1/products", params={"pageSize": 2})
    rest = client.get(first.links["next"]["url"])
    names = [p["name"] for p in first.json() + rest.json()]
    assert sorted(names) == sorted(("Charlie", "alpha", "Bravo"))
    assert names == [p["name"] for p in client.get("/api/v1/products").json()]


def test_product_has_its_metric_weights(server, client):
    product = client.get(f"/api/v1/products/{server.new_product('P')}").json()
    weights = {w["key"]: w["weight"] for w in product["qualityIndexMetricWeights"]}
    assert weights == {"satisfaction": 0.35, "safety": 0.30, "friction": 0.20, "growth": 0.15}
    assert product["members"] == []
    assert product["userPrivacy"] == "standard"
    assert client.get(f"/api/v1/products/{uuid.uuid4()}").status_code == 404


def test_models_are_those_that_conversations_named(server, client):
    product = server.new_product("P")
    for i, name in enumerate(["openai/GPT-4o-2024-08-06", "gpt-4o", "house-model v2", "gpt-4o"]):
        body = {"externalUserId": "u", "productId": product, "model": name, "messages": [{"role": "user", "content": str(i)}]}
        assert client.post("/api/v1/messages", json=body).status_code == 200
    listed = client.get("/api/v1/models").json()
    assert [(m["canonicalId"], m["provider"], m["usageCount"]) for m in listed] == [
        ("gpt-4o", "openai", 3),
        ("house-model v2", "unknown", 1),
    ]
    for ref in (listed[0]["id"], "gpt-4o", "openai/gpt-4o"):
        model = client.get(f"/api/v1/models/{ref.replace('/', '%2F')}").json()
        assert (model["contextWindow"], model["inputCostPer1k"], model["outputCostPer1k"]) == (128_000, 0.0025, 0.01)
        assert [(p["id"], p["conversationCount"]) for p in model["products"]] == [(product, 3)]
    assert client.get(f"/api/v1/models/{listed[1]['id']}").json()["inputCostPer1k"] is None
    assert client.get("/api/v1/models/nothing").status_code == 404


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o-mini-2024-07-18", ("gpt-4o-mini", "gpt-4o", "openai")),
        ("anthropic/claude-3-5-sonnet-20241022", ("claude-3-5-sonnet", "claude-3.5", "anthropic")),
        ("claude-sonnet-4-5", ("claude-sonnet-4-5", "claude-4", "anthropic")),
        ("gemini-2.5-flash-latest", ("gemini-2.5-flash", "gemini-2.5", "google")),
        ("gpt-4ever", ("gpt-4ever", None, "unknown")),
        ("  My   Model ", ("my model", None, "unknown")),
    ],
)
def test_names_stand_for_families(name, expected):
    family = canonical(name)
    assert (family.canonical_id, family.family, family.provider) == expected
