"""Users and organizations: upserts, partial changes, properties, anonymity."""

import pytest


def put_user(client, external_id="u", **given) -> dict:
    answer = client.post("/api/v1/users", json={"externalUserId": external_id} | given)
    assert answer.status_code == 200, answer.text
    return answer.json()["participant"]


def test_given_fields_overwrite_and_absent_ones_stay(client):
    first = put_user(client, name="Ann", email="ann@example.org", properties={"plan": "pro", "seats": 3})
    second = put_user(client, phone="+1 555", properties={"seats": 5, "plan": None})
    assert second["id"] == first["id"]
    assert (second["name"], second["email"], second["phone"]) == ("Ann", "ann@example.org", "+1 555")
    assert second["properties"] == {"seats": 5}
    assert second["updatedAt"] > first["updatedAt"]


def test_unknown_fields_are_left_out(client):
    user = put_user(client)
    assert {"name", "email", "phone"}.isdisjoint(user)
    assert user["organizationId"] is None
    assert user["properties"] == {}


def test_user_is_named_by_either_id_and_external_ids_may_hold_anything(client):
    external = "team a/user 1 ü%2F?#"
    user = put_user(client, external)
    for ref in (user["id"], "team%20a%2Fuser%201%20%C3%BC%252F%3F%23"):
        changed = client.put(f"/api/v1/users/{ref}", json={"name": f"by {ref[:4]}"}).json()["participant"]
        assert (changed["id"], changed["externalId"], changed["name"]) == (user["id"], external, f"by {ref[:4]}")
    assert client.put(f"/api/v1/users/{user['id']}", json={}).json()["participant"]["name"] == "by team"


def test_anonymous_users_keep_no_personal_data(client):
    put_user(client, name="Ann", email="ann@example.org")
    user = put_user(client, anonymized=True, phone="+1 555", properties={"plan": "pro"})
    assert user["anonymized"] is True
    assert {"name", "email", "phone"}.isdisjoint(user)
    assert {"name", "email", "phone"}.isdisjoint(put_user(client, name="Ann again"))
    assert user["properties"] == {"plan": "pro"}


def test_organizations_are_made_and_joined(client):
    user = put_user(client, externalOrganizationId="acme")
    organization = client.put("/api/v1/organizations/acme", json={"name": "Acme", "properties": {"size": 9}}).json()["organization"]
    assert user["organizationId"] == organization["id"]
    assert user["externalOrganizationId"] == "acme"
    moved = put_user(client, externalOrganizationId="other")
    assert moved["externalOrganizationId"] == "other"
    assert put_user(client)["externalOrganizationId"] == "other"
    assert put_user(client, organizationId=organization["id"])["externalOrganizationId"] == "acme"
    listed = client.get("/api/v1/users", params={"organizationId": "acme"}).json()
    assert [u["id"] for u in listed] == [user["id"]]
    assert [o["externalId"] for o in client.get("/api/v1/organizations").json()] == ["other", "acme"]


def test_organization_upsert_merges_properties(client):
    client.post("/api/v1/organizations", json={"externalOrganizationId": "acme", "name": "Acme", "properties": {"a": 1, "b": 2}})
    body = {"externalOrganizationId": "acme", "properties": {"b": None, "c": {"deep": [1]}}}
    organization = client.post("/api/v1/organizations", json=body).json()["organization"]
    assert organization["name"] == "Acme"
    assert organization["properties"] == {"a": 1, "c": {"deep": [1]}}


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/api/v1/users", {}, 400, "externalUserId"),
        ("/api/v1/users", {"externalUserId": "u", "email": "not an address"}, 400, "email"),
        ("/api/v1/users", {"externalUserId": "u", "organizationId": "x"}, 400, "organizationId"),
        ("/api/v1/users", {"externalUserId": "u", "organizationId": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}, 404, "organization"),
        ("/api/v1/users", {"externalUserId": "u", "properties": [1]}, 400, "properties"),
        ("/api/v1/organizations", {"name": "Acme"}, 400, "externalOrganizationId"),
        ("/api/v1/organizations", {"externalOrganizationId": "x" * 513}, 400, "externalOrganizationId"),
    ],
)
def test_broken_rules_name_the_field_and_store_nothing(client, path, body, status, word):
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert word in answer.json()["error"]
    assert client.get("/api/v1/users").json() == []


def test_unknown_users_are_not_made_by_put(client):
    assert client.put("/api/v1/users/nobody", json={"name": "x"}).status_code == 404
    assert client.put("/api/v1/organizations/nobody", json={"name": "x"}).status_code == 404
