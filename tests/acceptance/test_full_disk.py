"""A disk that is full: refused with a reason, nothing that was stored is lost, and it goes on when there is space again."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.acceptance.conftest import Installation, last_line

pytestmark = pytest.mark.acceptance

DISK_MB = 320


@pytest.fixture
def small_disk(installation: Installation) -> Iterator[Path]:
    """The data folder on a file system of DISK_MB. Only root can mount one."""
    disk = installation.data_dir.parent / "disk"
    disk.mkdir(mode=0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    installation.data_dir = disk / "data"
    yield disk
    installation.close()
    deadline = time.monotonic() + 20
    while installation.postgres_pids() and time.monotonic() < deadline:
        time.sleep(0.1)
    subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.fixture(autouse=True)
def mount_is_there() -> None:
    if shutil.which("mount") is None:
        pytest.skip("there is no `mount`")


def log(client: httpx2.Client, product: str, name: str) -> httpx2.Response:
    said = {"role": "user", "content": secrets.token_hex(50_000), "externalMessageId": "m"}  # cannot be compressed to less than half
    return client.post(
        "/api/v1/messages", json={"productId": product, "externalUserId": "u", "externalConversationId": name, "messages": [said]}
    )


def until_it_stores(client: httpx2.Client, product: str, name: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        answer = log(client, product, name)
        if answer.status_code == 200:
            return
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)


def test_full_and_free_again(small_disk: Path, installation: Installation):
    installation.environment["RAPPORT_WORKER"] = "false"
    installation.start()
    key = installation.key()
    product = last_line("product", "create", "--data-dir", str(installation.data_dir), "--product", "Shop")
    with installation.client(key) as client:
        assert log(client, product, "first").status_code == 200
        ballast = small_disk / "ballast"
        with ballast.open("wb") as file:
            file.write(b"\0" * max(0, shutil.disk_usage(small_disk).free - (6 << 20)))
        stored, refused = ["first"], None
        for number in range(400):
            answer = log(client, product, f"c-{number}")
            if answer.status_code == 200:
                stored.append(f"c-{number}")
            else:
                refused = answer
                break
        assert refused is not None, "the disk did not fill"
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] == "database_unavailable"
        told = refused.json()["error"]
        assert "space" in told or "again" in told  # what to do next
        assert client.get("/healthz").status_code in (200, 503)
        ballast.unlink()
        until_it_stores(client, product, "last")
        for name in [*stored, "last"]:
            assert client.get(f"/api/v1/interactions/{name}").status_code == 200, name
        assert client.get("/healthz").status_code == 200
