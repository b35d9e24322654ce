"""`rapport doctor` finds what was broken on purpose, and says what to do."""

import asyncio
import http.server
import json
import shutil
import socketserver
import threading
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from tests.conftest import Server

from rapport import doctor
from rapport.config import Settings
from rapport.providers import encoder_install


def examine(settings: Settings, **changed) -> dict[str, doctor.Check]:
    return {check.name: check for check in asyncio.run(doctor.examine(settings.model_copy(update={"port": 0} | changed)))}


def execute(settings: Settings, statement: str, *arguments) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(settings.database_url.get_secret_value())  # type: ignore[union-attr]
        await connection.execute(statement, *arguments)
        await connection.close()

    asyncio.run(run())


def test_a_sound_installation(settings: Settings):
    found = examine(settings)
    assert {name: check.level for name, check in found.items() if check.level != doctor.OK} == {"secret key": doctor.WARN}
    assert set(found) == {"data folder", "disk", "secret key", "database", "clock", "migrations", "work", "encoder", "model", "port"}
    assert doctor.worst(list(found.values())) == doctor.WARN
    assert len({line.index(check.told) for line, check in zip(doctor.lines(list(found.values())), found.values(), strict=True)}) == 1


def test_nothing_is_made_by_looking(tmp_path: Path):
    found = examine(Settings(data_dir=tmp_path / "new", encoder="off"))
    assert (found["data folder"].level, found["database"].level) == (doctor.WARN, doctor.WARN)
    assert "rapport serve" in found["database"].told
    assert not (tmp_path / "new").exists()


def test_a_database_that_does_not_answer(settings: Settings):
    found = examine(settings, database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    assert found["database"].level == doctor.FAIL
    assert "RAPPORT_DATABASE_URL" in found["database"].told
    assert "migrations" not in found


@pytest.mark.parametrize(
    ("statement", "level", "told"),
    [
        ("UPDATE schema_migration SET sha256 = 'x' WHERE name = '0012_webhooks.sql'", doctor.FAIL, "0012_webhooks.sql"),
        ("INSERT INTO schema_migration (name, sha256) VALUES ('9999_future.sql', 'x')", doctor.FAIL, "newer version"),
        ("DELETE FROM schema_migration WHERE name = '0012_webhooks.sql'", doctor.WARN, "rapport migrate"),
        ("DROP TABLE schema_migration", doctor.WARN, "empty"),
    ],
)
def test_migrations(settings: Settings, statement, level, told):
    execute(settings, statement)
    found = examine(settings)["migrations"]
    assert found.level == level
    assert told in found.told


def test_work_that_nobody_does(settings: Settings):
    execute(
        settings,
        "INSERT INTO job (tenant_id, id, kind, due_at) VALUES (1, gen_random_uuid(), 'topics_fit', now() - interval '3 hours')",
    )
    found = examine(settings)["work"]
    assert found.level == doctor.WARN
    assert "180 min late" in found.told
    assert "rapport worker" in found.told
    execute(settings, "UPDATE job SET failed_at = now()")
    assert "1 were given up" in examine(settings)["work"].told


def test_secrets_that_this_key_does_not_open(client, settings: Settings):
    sent = {"url": "https://93.184.216.34/hook", "events": ["conversation.rating"]}
    assert client.post("/api/admin/v1/webhooks", json=sent).status_code < 300
    assert examine(settings)["stored tokens"].level == doctor.OK
    (settings.data_dir / "secret.key").unlink()
    found = examine(settings)
    assert found["secret key"].level == doctor.WARN
    assert found["stored tokens"].level == doctor.FAIL
    assert "restore secret.key" in found["stored tokens"].told


def test_a_damaged_and_an_open_secret_key(settings: Settings):
    path = settings.data_dir / "secret.key"
    path.write_text("not a key")
    assert examine(settings)["secret key"].level == doctor.FAIL
    path.unlink()
    examine(settings, secret_key=None)
    doctor.vault_of(settings)
    path.chmod(0o644)
    assert "chmod 600" in examine(settings)["secret key"].told


def test_the_port(server: Server, settings: Settings):
    port = int(server.url.rsplit(":", 1)[1])
    assert "A server answers" in examine(settings, port=port)["port"].told
    with socketserver.TCPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        found = examine(settings, port=other.server_address[1])["port"]
        other.shutdown()
    assert found.level == doctor.FAIL
    assert "--port" in found.told


def test_the_model_is_called_once(settings: Settings, tmp_path: Path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"rounds": [[{"text": "ok"}]]}]}))
    assert "answered" in examine(settings, model=f"scripted:{script}")["model"].told
    for broken in ("openai:m@http://127.0.0.1:1/v1", "nonsense", f"scripted:{tmp_path / 'none.json'}"):
        found = examine(settings, model=broken)["model"]
        assert found.level == doctor.FAIL, found
        assert "RAPPORT_MODEL" in found.told


def test_an_encoder_that_was_changed(settings: Settings, tmp_path: Path):
    shared = encoder_install.shared_folder()
    if not (shared / "model.onnx").exists():
        pytest.skip("no sentence encoder is installed; `rapport encoder install` fetches one")
    folder = tmp_path / "encoder"
    shutil.copytree(shared, folder)
    assert examine(settings, encoder=str(folder))["encoder"].level == doctor.OK
    described = json.loads((folder / "encoder.json").read_text())
    names = ("model.onnx", "vocab.txt")
    (folder / "encoder.json").write_text(
        json.dumps(described | {"sha256": {name: encoder_install._digest(folder / name) for name in names}})
    )
    assert examine(settings, encoder=str(folder))["encoder"].level == doctor.OK
    with (folder / "vocab.txt").open("a") as file:
        file.write("oops\n")
    found = examine(settings, encoder=str(folder))["encoder"]
    assert found.level == doctor.FAIL
    assert "vocab.txt" in found.told
    assert "rapport encoder install" in found.told
    assert examine(settings, encoder=str(tmp_path / "nowhere"))["encoder"].level == doctor.FAIL
