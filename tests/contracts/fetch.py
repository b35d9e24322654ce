"""Fetch the official clients and their test suites into .venv/clients, so that the tests run with the network off.

Where no registry can be reached, nothing is fetched and the tests that need it are skipped with that reason.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CLIENTS = Path(sys.prefix) / "clients"
PACKAGES = CLIENTS / "packages"
GREENFLASH_TESTS = CLIENTS / "greenflash-1.4.0"
REQUIREMENTS = Path(__file__).parent / "clients.txt"


def fetch() -> None:
    """Install the packages, and unpack the test suites of their source distributions. Does nothing where that is done."""
    stamp = CLIENTS / "fetched"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return
    shutil.rmtree(CLIENTS, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--target", str(PACKAGES), "--requirement", str(REQUIREMENTS)], check=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*pip, "download", "--no-deps", "--no-binary", ":all:", "--dest", folder, "greenflash==1.4.0"], check=True)
        with tarfile.open(next(Path(folder).glob("greenflash-*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
        source = Path(folder) / "greenflash-1.4.0"
        shutil.copytree(source / "tests", GREENFLASH_TESTS / "tests")
        shutil.copy(source / "pyproject.toml", GREENFLASH_TESTS)
    stamp.write_text(REQUIREMENTS.read_text())


if __name__ == "__main__":
    try:
        fetch()
    except (subprocess.CalledProcessError, OSError, StopIteration) as error:
        print(f"official clients not fetched, their tests will be skipped: {error}", file=sys.stderr)
