"""`rapport doctor` as an operator runs it."""

import socket

import pytest
from tests.acceptance.conftest import Installation, rapport

pytestmark = pytest.mark.acceptance


def run(installation: Installation, *more: str) -> tuple[int, list[str]]:
    process = rapport(
        "doctor", "--data-dir", str(installation.data_dir), "--port", str(installation.port), *more, **installation.environment
    )
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.strip().splitlines()


def test_before_during_and_after(installation: Installation):
    code, lines = run(installation)
    assert (code, lines[-1]) == (0, "warn")
    assert not installation.data_dir.exists()
    installation.start()
    code, lines = run(installation)
    assert code == 0, lines
    assert any(line.startswith("ok    port") and "A server answers" in line for line in lines)
    assert any(line.startswith("ok    work") and "Servers alive: 1" in line for line in lines)
    installation.end()
    code, lines = run(installation)
    assert (code, lines[-1]) == (0, "ok"), lines
    assert installation.postgres_pids() == []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        code, lines = run(installation)
    assert (code, lines[-1]) == (1, "fail")
