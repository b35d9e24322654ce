"""Without a language model nothing is judged, and every answer says so."""

from tests.api.native.test_judging import analytics, judged, say, set_mode


def test_custom_analyses_wait_for_a_model(client, server):
    product = server.new_product("Shop")
    body = {"productId": product, "name": "Mine", "kind": "guardrail", "instruction": "No promises."}
    made = client.post("/api/admin/v1/custom-analyses", json=body)
    assert made.status_code == 201
    assert made.json()["status"] == "needs_model"
    assert "needs a language model" in made.json()["reason"]
    path = f"/api/admin/v1/custom-analyses/{made.json()['id']}"
    refused = client.post(f"{path}/run", json={})
    assert refused.status_code == 409
    assert refused.json()["code"] == "needs_model"
    set_mode(client, product, "model")
    say(client, product, "c-1", "Hello there, this is broken!", "I promise you a lot")
    found = judged(client, "c-1", "needs_model")
    assert [(one["status"], one["quotes"], one["confidence"]) for one in found["customAnalyses"]] == [("needs_model", [], None)]
    assert set(analytics(client, "c-1")["sources"].values()) == {"embedded"}
    assert client.get("/api/admin/v1/findings").json() == []
    state = client.get(f"/api/admin/v1/products/{product}/judgements").json()
    assert state["status"] == "needs_model"
    assert state["agreement"]["conversations"] == 0
    assert client.post(f"/api/admin/v1/products/{product}/judgements/run", json={}).json()["code"] == "needs_model"
    client.patch(path, json={"enabled": False})
    assert analytics(client, "c-1")["customAnalyses"] == []
