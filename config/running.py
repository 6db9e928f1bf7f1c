"""The programs that make up a running Carillon, and what must hold before they start."""

import fcntl
import http.client
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGQUIT, Signals

from lib.errors import DomainError
from lib.processes import Child, Program, Roster

HOST = "127.0.0.1"
WEB_PROCESSES = 2
WEB_THREADS = 4
CONCURRENT = ("--concurrency", "2")
LONGEST_PAGE = 10.0


class AlreadyRunning(DomainError):
    """Somebody runs Carillon from this data directory."""

    code = "already_running"


class PortTaken(DomainError):
    """The web server's port can't be had."""

    code = "port_taken"


@contextmanager
def only_instance(var: Path, *, port: int) -> Iterator[Roster]:
    """Hold this data directory for the length of the block, with the roster of what runs in it."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (var / "run.lock").open("a+") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"Carillon already runs from {var}{_where(lock.read())}.") from None
        require_free(port)
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}")
        lock.flush()
        roster = Roster(var / "run.processes.json")
        roster.sweep(patience=10.0)
        yield roster


def _where(note: str) -> str:
    pid, _, port = note.partition(" ")
    return f" at http://{HOST}:{port} (process {pid})" if port else ""


def require_free(port: int) -> None:
    """Refuse a port that another program listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "there is no such port"
            advice = f"choose another with PORT, as in `PORT={8000 if port != 8000 else 8080} make run`"
            raise PortTaken(f"Port {port} of {HOST} can't be used ({reason}): {advice}.") from None


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def page_answers(port: int) -> bool:
    """Whether the web server answers, be it with a page that says what is wrong."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LONGEST_PAGE)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


class Programs:
    """The programs of one running instance, as children of this process."""

    def __init__(self, roster: Roster, *, checkout: Path, var: Path, environment: Mapping[str, str]) -> None:
        self._roster = roster
        self._checkout = checkout
        self._var = var
        self._environment = environment

    def catcher(self, smtp_url: str) -> Child:
        """The development server that takes every mail and shows it under Outbox."""
        port = smtp_url.rpartition(":")[2]
        return self._child("catcher", [sys.executable, "manage.py", "catch_mail", "--port", port])

    def web(self, *, port: int) -> Child:
        """The web server, which loads the product once for all its processes."""
        options = {
            "--bind": f"{HOST}:{port}",
            "--worker-class": "gthread",
            "--workers": str(WEB_PROCESSES),
            "--threads": str(WEB_THREADS),
            "--log-level": "warning",
        }
        gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--preload", "--no-control-socket"]
        command = [*gunicorn, *(word for option in options.items() for word in option)]
        # Gunicorn's quick shutdown; killed, its workers would notice only after a second.
        return self._child("web", command, orphan_signal=SIGQUIT)

    def workers(self) -> list[Child]:
        """Everything that waits for bells."""
        return [self.worker(), self.starter(), self.importer(), self.resolver(), self.sender()]

    def worker(self) -> Child:
        """The worker for sweeps, test sends and whatever else is short."""
        return self._celery("worker", "worker", *_consuming("default,mail", name="worker"), *CONCURRENT)

    def starter(self) -> Child:
        """The worker that starts broadcasts, ends canceled ones and counts: a large one of them delays no sweep."""
        return self._celery("starter", "worker", *_consuming("ledger", name="starter"), *CONCURRENT)

    def importer(self) -> Child:
        """The worker that imports contacts and empties deleted audiences, so that nothing else waits for either."""
        return self._celery("importer", "worker", *_consuming("importing", name="importer"), *CONCURRENT)

    def resolver(self) -> Child:
        """The worker that asks DNS. It mostly waits for name servers, so threads are enough."""
        threads = ("--pool", "threads", "--concurrency", "4")
        return self._celery("resolver", "worker", *_consuming("dns", name="resolver"), *threads)

    def sender(self) -> Child:
        """The worker that sends broadcasts, apart from the other so that neither holds the other up.

        It works in its own process, where the signal to stop reaches the drain that is under way.
        """
        return self._celery("sender", "worker", *_consuming("sending", name="sender"), "--pool", "solo")

    def beat(self) -> Child:
        """The clock that rings the sweeps."""
        return self._celery("beat", "beat", "--schedule", str(self._var / "beat-schedule"), "--pidfile", "")

    def sample_data(self) -> Child:
        """The command that loads sample data once and prints how to sign in."""
        return self._child("sample data", [sys.executable, "manage.py", "load_sample_data"])

    def _celery(self, name: str, *arguments: str) -> Child:
        celery = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]
        return self._child(name, [*celery, *arguments, "--loglevel", "warning"])

    def _child(self, name: str, command: Sequence[str], *, orphan_signal: Signals = SIGKILL) -> Child:
        """A child of ours; orphaned it dies at once, for its database dies too."""
        program = Program(
            name=name,
            command=command,
            environment=self._environment,
            directory=self._checkout,
            orphan_signal=orphan_signal,
        )
        return Child(program, self._roster)


def _consuming(queues: str, *, name: str) -> list[str]:
    return ["--queues", queues, "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"]
