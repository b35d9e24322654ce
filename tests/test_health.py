"""The server starts and says so."""


def test_healthz_needs_no_key(server):
    with server.client(key="wrong") as client:
        assert client.get("/healthz").json()["status"] == "ok"


def test_unknown_path_answers_in_the_envelope(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "error": "Not Found", "code": "not_found"}
