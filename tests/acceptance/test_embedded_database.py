"""The embedded database: shared, stopped by the last who leaves, and found again after any kind of death."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rapport.errors import DatabaseUnavailable
from rapport.store import embedded

pytestmark = pytest.mark.acceptance


def _wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_sigterm_leaves_no_process_behind(installation):
    installation.start()
    assert installation.postgres_pids()
    installation.end(signal.SIGTERM)
    assert installation.postgres_pids() == []


def test_command_line_shares_the_running_database(installation):
    installation.start()
    key = installation.key()
    with installation.client(key) as client:
        assert client.get("/healthz").status_code == 200
    assert installation.postgres_pids()  # the command has left; the server still needs the database


def test_starts_again_after_kill_of_the_server_alone(installation):
    installation.start()
    installation.end(signal.SIGKILL)
    before = installation.postgres_pids()
    assert before  # the database outlives its server
    installation.start()
    assert installation.postgres_pids() == before
    installation.end(signal.SIGTERM)
    assert installation.postgres_pids() == []


def test_starts_again_after_kill_of_both(installation):
    installation.start()
    key = installation.key()
    database = installation.postgres_pids()
    installation.end(signal.SIGKILL)
    for pid in database:
        os.kill(pid, signal.SIGKILL)
    _wait_until_gone(database)
    assert (installation.data_dir / "postgres" / "postmaster.pid").exists()  # the stale lock
    installation.start()
    with installation.client(key) as client:
        assert client.get("/healthz").json()["database"] == "ok"


def test_stale_lock_whose_number_is_now_another_program(tmp_path: Path):
    first = embedded.start(tmp_path)
    first.release()
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path / 'postgres'}\n1\n5432\n/tmp\n\n1 1\nready\n")
    second = embedded.start(tmp_path)
    second.release()


def test_half_made_cluster_is_made_anew(tmp_path: Path):
    leftover = tmp_path / "postgres.new"
    leftover.mkdir(parents=True)
    (leftover / "PG_VERSION").write_text("18")
    embedded.start(tmp_path).release()
    assert (tmp_path / "postgres" / "PG_VERSION").exists()


def test_long_folder_names_work(tmp_path: Path):
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    embedded.start(deep).release()


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable, match="Choose another --data-dir"):
        embedded.start(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_runs_as_an_ordinary_user():
    folder = Path(tempfile.mkdtemp(prefix="rapport-ordinary-"))  # pytest's own folders are root's alone
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    script = f"from pathlib import Path; from rapport.store import embedded; embedded.start(Path({str(folder / 'data')!r})).release()"
    paths = os.pathsep.join([str(Path(embedded.__file__).parents[2]), *(path for path in sys.path if "site-packages" in path)])
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONPATH": paths, "PATH": os.defpath},
            user=account.pw_uid, group=account.pw_gid, extra_groups=[], capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert (folder / "data" / "postgres").stat().st_uid == account.pw_uid
    except PermissionError:
        pytest.skip(f"the interpreter {sys.executable} is in a folder that only root may enter")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
