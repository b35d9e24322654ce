"""`rapport doctor`: what an installation needs, looked at one by one. It changes nothing; what it says to do next is for the operator.

The embedded database is started for the look where there is one, and stopped again where nobody else uses it.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import numpy as np

from rapport.app import provider_for, vault_of
from rapport.config import Settings
from rapport.domain.agent import ChatMessage, ModelFinish, ModelRequest
from rapport.errors import RapportError
from rapport.providers import encoders
from rapport.store import checkup, database, embedded
from rapport.store.database import Connection

OK, WARN, FAIL = "ok", "warn", "fail"
LEVELS = (OK, WARN, FAIL)
GIB = 1 << 30
MODEL_PATIENCE_S = 30.0
CLOCK_S = 5.0
"""Seconds between the clocks of this machine and the database from which tokens and windows go wrong."""
WAITING_S = 120.0
"""Seconds after which work that is due and not done means that nobody does it."""


@dataclass(frozen=True, slots=True)
class Check:
    """level: ok | warn (works, but look) | fail (does not work). `told` says what was found and, unless ok, what to do next."""

    level: str
    name: str
    told: str


async def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which they should be mended."""
    found = [_folder(settings), _disk(settings), _secret(settings)]
    found += await _database(settings)
    found += [await asyncio.to_thread(_encoder, settings), await _model(settings), await _port(settings)]
    return found


def worst(checks: list[Check]) -> str:
    """The level of the worst check."""
    return max((check.level for check in checks), key=LEVELS.index)


# This machine ---------------------------------------------------------------------------------------------------------


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir.expanduser()
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not folder.exists():
        if os.access(there, os.W_OK):
            return Check(WARN, "data folder", f"{folder} does not exist yet; `rapport serve` makes it.")
        return Check(FAIL, "data folder", f"{folder} cannot be made: {there} is not writable; choose another with --data-dir.")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(FAIL, "data folder", f"{folder} cannot be written: {error.strerror}; give it to the user that runs Rapport.")
    return Check(OK, "data folder", f"{folder} can be written.")


def _disk(settings: Settings) -> Check:
    folder = settings.data_dir.expanduser().absolute()
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    told = f"{free / GIB:.1f} GiB are free."
    if free < GIB // 4:
        return Check(FAIL, "disk", f"{told} Free some space: PostgreSQL stops writing when the disk is full.")
    return Check(WARN, "disk", f"{told} Plan for more: logs and indexes grow by bursts.") if free < 2 * GIB else Check(OK, "disk", told)


def _secret(settings: Settings) -> Check:
    if settings.secret_key:
        return Check(OK, "secret key", "RAPPORT_SECRET_KEY is set.")
    path = settings.data_dir.expanduser() / "secret.key"
    if not path.exists():
        return Check(WARN, "secret key", f"{path} is made at its first use; keep it with your backups, or set RAPPORT_SECRET_KEY.")
    try:
        vault_of(settings)
    except (RapportError, OSError) as error:
        return Check(FAIL, "secret key", str(error))
    if path.stat().st_mode & 0o077:
        return Check(WARN, "secret key", f"{path} can be read by other users; run `chmod 600 {path}`.")
    return Check(OK, "secret key", f"{path} is in place; keep it with your backups.")


# The database ---------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Connection]:
    """A connection to the database as it is, without migrating it."""
    own = None if settings.database_url else embedded.start(settings.data_dir)
    try:
        opened = await database.connect(own.url if own else settings.database_url.get_secret_value(), connections=2)  # type: ignore[union-attr]
        try:
            async with opened.connection() as connection:
                yield connection
        finally:
            await opened.close()
    finally:
        if own:
            own.release()


async def _database(settings: Settings) -> list[Check]:
    cluster = settings.data_dir.expanduser() / "postgres" / "PG_VERSION"
    if settings.database_url is None and not cluster.exists():
        return [Check(WARN, "database", "There is none yet; `rapport serve` or `rapport key create` makes the embedded one.")]
    try:
        async with _opened(settings) as connection:
            found = await _server(settings, connection)
            known = await checkup.schema(connection)
            found.append(_schema(known))
            if known and not (known.missing or known.changed):
                found += [_work(settings, await checkup.work(connection)), *await _unsealed(settings, connection)]
            return found
    except RapportError as error:
        return [Check(FAIL, "database", error.message)]


async def _server(settings: Settings, connection: Connection) -> list[Check]:
    before = datetime.now(UTC)
    server = await checkup.server(connection)
    apart = max((before - server.now).total_seconds(), (server.now - datetime.now(UTC)).total_seconds(), 0.0)
    kind = "your own" if settings.database_url else "embedded"
    version = f"{server.version // 10000}.{server.version % 10000}"
    told = f"PostgreSQL {version} ({kind}), {server.size / (1 << 20):.0f} MiB; no extensions are needed."
    level = OK
    if not server.can_create:
        level, told = FAIL, f"{told} Its user may not make tables; run `GRANT CREATE ON SCHEMA public TO` that user."
    elif settings.database_connections > server.most_sessions - 3:
        level, told = WARN, f"{told} It allows {server.most_sessions} sessions; set RAPPORT_DATABASE_CONNECTIONS lower for each process."
    elif server.sessions > 0.9 * server.most_sessions:
        level, told = WARN, f"{told} {server.sessions} of {server.most_sessions} sessions are in use; raise max_connections."
    clock = Check(OK, "clock", f"This machine and the database agree within {max(apart, 0.1):.1f} s.")
    if apart > CLOCK_S:
        clock = Check(FAIL, "clock", f"This machine and the database are {apart:.0f} s apart; synchronise both with NTP.")
    return [Check(level, "database", told), clock]


def _schema(found: checkup.Schema | None) -> Check:
    if found is None:
        return Check(WARN, "migrations", "The database is empty; `rapport migrate` or the first start makes the tables.")
    if found.changed:
        return Check(FAIL, "migrations", f"{', '.join(found.changed)} ran with another content; install the version that ran them.")
    if found.unknown:
        return Check(FAIL, "migrations", f"A newer version ran {', '.join(found.unknown)}; upgrade this installation.")
    if found.missing:
        return Check(WARN, "migrations", f"{len(found.missing)} have not run; `rapport migrate` or the next start runs them.")
    return Check(OK, "migrations", "All have run.")


def _work(settings: Settings, found: checkup.Work) -> Check:
    told = f"Servers alive: {found.servers}. {found.waiting} analyses and jobs wait, {found.failed} were given up."
    if found.oldest_s > WAITING_S:
        nobody = "Nobody does them" if found.servers == 0 else "They are not keeping up"
        return Check(WARN, "work", f"{told} The oldest is {found.oldest_s / 60:.0f} min late. {nobody}: start `rapport worker`.")
    if found.failed:
        return Check(WARN, "work", f"{told} The log says why; `rapport reanalyse` tries the analyses again.")
    return Check(OK, "work", told)


async def _unsealed(settings: Settings, connection: Connection) -> list[Check]:
    """Whether stored secrets open with the key of this machine; nothing where there are none."""
    one = await checkup.sealed(connection)
    if one is None:
        return []
    try:
        vault_of(settings).open(one.value, purpose=one.purpose)
    except RapportError as error:
        return [Check(FAIL, "stored tokens", error.message)]
    return [Check(OK, "stored tokens", "They open with this secret key.")]


# What it works with ---------------------------------------------------------------------------------------------------


def _encoder(settings: Settings) -> Check:
    folder = encoders.locate(settings.encoder, settings.data_dir)
    if folder is None:
        advice = "" if settings.encoder == encoders.OFF else " `rapport encoder install` fetches the sentence encoder."
        return Check(OK if settings.encoder == encoders.OFF else WARN, "encoder", f"The lexical methods are used.{advice}")
    try:
        strayed = _strayed(folder)
        encoder = encoders.open_encoder(settings.encoder, settings.data_dir)
        vectors = encoder.encode(["The upload fails again.", "Where is my parcel?"])
    except (RapportError, OSError, ValueError, RuntimeError) as error:
        return Check(FAIL, "encoder", f"{folder} cannot be used: {error} Remove it and run `rapport encoder install`.")
    if strayed or not np.isfinite(vectors).all():
        return Check(FAIL, "encoder", f"{strayed or folder} is not what was installed; remove {folder} and run `rapport encoder install`.")
    return Check(OK, "encoder", f"{encoder.name} in {folder}, {encoder.dimensions} dimensions.")


def _strayed(folder: Path) -> str | None:
    """The first file whose SHA-256 is not the one that its installation wrote down. Encoders of your own wrote down none."""
    described = folder / "encoder.json"
    kept = json.loads(described.read_text("utf-8")).get("sha256", {}) if described.exists() else {}
    for name, digest in kept.items():
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return name
    return None


async def _model(settings: Settings) -> Check:
    """One call of a few tokens, where a language model is set up."""
    try:
        provider = provider_for(settings)
        if provider is None:
            return Check(OK, "model", "None is set up; the builtin analyst answers.")
        began = time.perf_counter()
        request = ModelRequest((ChatMessage("user", "Answer with the one word ok."),), max_tokens=16)
        async with asyncio.timeout(MODEL_PATIENCE_S), contextlib.aclosing(provider.stream(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, ModelFinish):
                    return Check(OK, "model", f"{provider.name} answered in {time.perf_counter() - began:.1f} s.")
    except TimeoutError:
        return Check(FAIL, "model", f"No whole answer within {MODEL_PATIENCE_S:.0f} s; check RAPPORT_MODEL and that its server runs.")
    except (RapportError, OSError) as error:
        return Check(FAIL, "model", f"{error} (RAPPORT_MODEL, RAPPORT_MODEL_API_KEY)")
    return Check(FAIL, "model", "Its answer had no end; check RAPPORT_MODEL.")


async def _port(settings: Settings) -> Check:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    where = f"{settings.host}:{settings.port}"
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            return Check(OK, "port", f"{where} is free.")
        except OSError as error:
            reason = error.strerror or str(error)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with contextlib.suppress(httpx2.HTTPError, ValueError, KeyError, TypeError):
        async with httpx2.AsyncClient(timeout=5.0, trust_env=False) as client:
            health = (await client.get(f"http://{host}:{settings.port}/healthz")).json()
            if health["status"] == "ok":
                return Check(OK, "port", f"A server answers at {where}, version {health['version']}.")
            return Check(WARN, "port", f"A server answers at {where}, and is {health['status']}: {health['database']}")
    return Check(FAIL, "port", f"Cannot listen on {where}: {reason}. Choose another with --port, or stop what uses it.")


def lines(checks: list[Check], *, mark: Callable[[str], str] = str) -> list[str]:
    """One line for each check."""
    width = max(len(check.name) for check in checks)
    return [f"{mark(check.level.ljust(4))}  {check.name.ljust(width)}  {check.told}" for check in checks]
