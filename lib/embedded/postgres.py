"""The embedded PostgreSQL: initialised once, run in the foreground, reached through a Unix socket alone."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from lib import processes
from lib.embedded.places import Account, Places, ServersFailed, postgres_binaries
from lib.processes import Program

USER = DATABASE = "carillon"
SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "fsync": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "wal_compression": "off",
    "log_checkpoints": "off",
}
SOCKET = ".s.PGSQL.5432"
# What it says when processes of a killed server still hold its memory: they are on their way out.
LEFTOVERS = "pre-existing shared memory block"


def url(places: Places) -> str:
    """The address of the database, for libpq and Django alike."""
    return f"postgresql://{USER}@{quote(str(places.sockets), safe='')}/{DATABASE}"


def program(places: Places, *, settings: Mapping[str, str]) -> Program:
    """The server of these places; `settings` override ours."""
    binaries = postgres_binaries(places.account)
    options = {**SETTINGS, **settings, "listen_addresses": "", "unix_socket_directories": str(places.sockets)}
    return Program(
        name="postgres",
        command=[
            str(binaries / "postgres"),
            "-D",
            str(places.postgres_data),
            *(argument for name, value in options.items() for argument in ("-c", f"{name}={value}")),
        ],
        environment=_environment(),
        directory=Path("/"),
        log=places.control / "postgres.log",
        # SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and doesn't wait for its clients.
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        patience=60.0,
        user=places.account.uid if places.account else None,
        group=places.account.gid if places.account else None,
        prepare=lambda: _prepare(places, binaries),
    )


def is_ready(places: Places) -> bool:
    """Whether the server takes connections; makes the database if it isn't there yet."""
    try:
        psycopg.connect(url(places), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return f'"{DATABASE}" does not exist' in str(error) and _create_database(places)
    return True


def _create_database(places: Places) -> bool:
    with psycopg.connect(url(places), dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return True


def _prepare(places: Places, binaries: Path) -> None:
    data = places.postgres_data
    if not (data / "PG_VERSION").exists():
        _initialise(data, binaries, places.account)
    for note in (data / "postmaster.pid", places.sockets / f"{SOCKET}.lock"):
        _clear(note, data)


def _initialise(data: Path, binaries: Path, account: Account | None) -> None:
    """Make the cluster beside its place and move it there: an interrupted start leaves no half of one."""
    fresh = data.with_name(f"{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    if account is not None:
        os.chown(fresh, account.uid, account.gid)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb = Program(
        name="initdb",
        command=[str(binaries / "initdb"), "-D", str(fresh), "-U", USER, "--auth=trust", *locale],
        environment=_environment(),
        directory=Path("/"),
        orphan_signal=signal.SIGKILL,
        user=account.uid if account else None,
        group=account.gid if account else None,
    )
    process = processes.popen(initdb, stdout=subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        raise ServersFailed(f"PostgreSQL can't be set up in {data}:\n{output.decode(errors='replace')}")
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def _clear(note: Path, data: Path) -> None:
    """Remove a lock file that was left behind; a server of ours that nobody recorded is ended first.

    PostgreSQL sees through a number that is free, but not through one that now is another program's or a zombie's
    (nobody reaps orphans in some containers). Shared memory still keeps two servers from one data directory.
    """
    try:
        pid = int(note.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if f"-D {data} " in processes.command_line(pid):
        processes.end(pid, signal.SIGINT, patience=60.0)
    note.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """No variable of ours may change what PostgreSQL does."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
