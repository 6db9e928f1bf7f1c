"""PostgreSQL and Valkey without anything to install: the servers of one data directory (VAR).

    with embedded.servers(var=Path("var")) as servers:
        servers.database_url, servers.redis_url, servers.environment

finds the servers of that VAR if somebody runs them, else runs them for the length of the block. Any number of
processes may be in such a block: the one that started the servers waits for the others before it stops them.
Tests start them once in the pytest controller, set the environment, and the workers inherit it; `settings`
override those of PostgreSQL (`{"fsync": "off"}`).

`own` is for `manage.py run`, which restarts its servers whatever happens and waits for nobody at its end.
`addresses` tells where the servers are, or will be, without starting any: settings can be read before.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lib import processes
from lib.embedded import postgres, valkey
from lib.embedded.places import Places, ServersFailed, claim_sockets, find, release_sockets
from lib.processes import Child, Roster

__all__ = ["OwnServers", "Servers", "ServersFailed", "addresses", "own", "servers"]

LONGEST_START = 300.0
LONGEST_SILENCE = 60.0
_TICK = 0.02


@dataclass(kw_only=True)
class Servers:
    """Running servers, and what their owner offers besides as environment variables."""

    places: Places
    offered: dict[str, str] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return postgres.url(self.places)

    @property
    def redis_url(self) -> str:
        return valkey.url(self.places)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.offered, "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


@dataclass(kw_only=True)
class OwnServers(Servers):
    """Servers that this process runs: `children` are its to watch, restart and stop."""

    children: list[Child]

    def offer(self, **variables: str) -> None:
        """Let every command that uses these servers see further environment variables."""
        self.offered.update(variables)
        note = {
            "pid": os.getpid(),
            "identity": processes.identity(os.getpid()),
            "sockets": str(self.places.sockets),
            "offered": self.offered,
        }
        processes.replace_file(_note(self.places), json.dumps(note))


def addresses(var: Path) -> dict[str, str]:
    """The environment variables that lead to the servers of this VAR, running or not."""
    return Servers(places=find(var)).environment


@contextmanager
def servers(*, var: Path, settings: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """The servers of this VAR: found running, or run for the length of the block."""
    places = find(var)
    while True:
        with _lock(places, "owner", fcntl.LOCK_EX | fcntl.LOCK_NB) as first:
            if first:
                with _running(places, settings or {}) as ours:
                    try:
                        yield ours
                    finally:
                        _await_users(places)
                return
        with _lock(places, "users", fcntl.LOCK_SH):
            if (found := _found(places)) is not None:
                _await_answers(found.places, child=None, patience=LONGEST_SILENCE)
                yield found
                return
        time.sleep(_TICK)


@contextmanager
def own(
    *, var: Path, waiting: Callable[[str], None], settings: Mapping[str, str] | None = None
) -> Iterator[OwnServers]:
    """Run the servers of this VAR, after any other command that does; `waiting` is told of the wait."""
    places = find(var)
    said = False
    while True:
        with _lock(places, "owner", fcntl.LOCK_EX | fcntl.LOCK_NB) as first:
            if first:
                with _running(places, settings or {}) as ours:
                    yield ours
                return
        if not said:
            waiting("Another command is using the database of this data directory; waiting for it to end.")
            said = True
        time.sleep(_TICK)


@contextmanager
def _running(places: Places, settings: Mapping[str, str]) -> Iterator[OwnServers]:
    """Start both servers and stop them at the end; the caller holds the owner's lock."""
    _note(places).unlink(missing_ok=True)
    roster = Roster(places.control / "processes.json")
    roster.sweep(patience=LONGEST_SILENCE)
    claim_sockets(places)
    ours = OwnServers(
        places=places,
        children=[
            Child(valkey.program(places), roster),
            Child(postgres.program(places, settings=settings), roster),
        ],
    )
    for child in ours.children:
        if child.program.log is not None:
            child.program.log.write_text("")
    try:
        _start(ours)
        yield ours
    finally:
        _note(places).unlink(missing_ok=True)
        for child in ours.children:
            child.ask_to_stop()
        for child in ours.children:
            child.await_end()
        release_sockets(places)


def _start(ours: OwnServers) -> None:
    for child in ours.children:
        child.start()
    for child in ours.children:
        _await_answers(ours.places, child=child, patience=LONGEST_START)
    ours.offer()


def _await_answers(places: Places, *, child: Child | None, patience: float) -> None:
    """Wait until the servers answer: those of somebody else, or the one that is our child."""
    checks = {"valkey": valkey.is_ready, "postgres": postgres.is_ready}
    deadline = time.monotonic() + patience
    for name, is_ready in checks.items() if child is None else [(child.name, checks[child.name])]:
        while not is_ready(places):
            if time.monotonic() > deadline or (child is not None and not _revived(child)):
                raise ServersFailed(_failure(places, name))
            time.sleep(_TICK)


def _revived(child: Child) -> bool:
    """Whether the child lives, started again if only the leftovers of a killed one were in its way."""
    log = child.program.log
    if not child.alive and log is not None and postgres.LEFTOVERS in log.read_text(errors="replace"):
        time.sleep(_TICK)
        log.write_text("")
        child.start()
    return child.alive


def _failure(places: Places, name: str) -> str:
    log = places.control / f"{name}.log"
    said = log.read_text(errors="replace").strip().split("\n") if log.exists() else []
    return "\n".join([f"The embedded {name} server doesn't answer. Its last words ({log}):", *said[-8:]])


def _found(places: Places) -> Servers | None:
    """What the present owner says of its servers; None while it starts or stops them."""
    try:
        note = json.loads(_note(places).read_text())
    except FileNotFoundError:
        return None
    if processes.identity(note["pid"]) != note["identity"]:
        return None
    return Servers(places=replace(places, sockets=Path(note["sockets"])), offered=note["offered"])


def _await_users(places: Places) -> None:
    """Wait for the other commands; the note goes while nobody can read it, so that none comes too late."""
    with _lock(places, "users", fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        if alone:
            _note(places).unlink(missing_ok=True)
            return
    sys.stderr.write("Other commands are using these servers; waiting for them to end.\n")
    with _lock(places, "users", fcntl.LOCK_EX):
        _note(places).unlink(missing_ok=True)


def _note(places: Places) -> Path:
    return places.control / "running.json"


@contextmanager
def _lock(places: Places, name: str, operation: int) -> Iterator[bool]:
    """Hold a lock file for the length of the block; False when somebody else holds it and we don't wait."""
    with (places.control / f"{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, operation)
        except BlockingIOError:
            yield False
        else:
            yield True
