"""The product as `manage.py run` runs it, a second sender as on another host, and the ways to kill their parts."""

import http.client
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from lib import embedded
from lib.processes import Child, Program, Roster, identity

ROOT = Path(__file__).resolve().parents[2]
LEASE = 2.5
START_WITHIN = 120.0
PROGRAMS = frozenset(
    {"postgres", "valkey", "web", "worker", "starter", "importer", "resolver", "sender", "beat", "second sender"}
)
SENDERS = ("sender", "second sender")
OURS = frozenset({"DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE"})
_TICK = 0.05
_ESTABLISHED, _HALF_CLOSED = "01", "08"


class ProductEnded(Exception):
    """The product as a whole went away, which no kill of a part may bring about."""


class Product:
    """A running Carillon in a directory of its own, which sends to the given port of this machine."""

    def __init__(self, folder: Path, *, smtp_port: int, connections: int) -> None:
        self.var = folder / "var"
        self.port = _free_port()
        self.log = folder / "product.log"
        self._smtp_port = smtp_port
        self._roster = Roster(folder / "processes.json")
        environment = {
            **{key: value for key, value in os.environ.items() if key not in OURS},
            "VAR": str(self.var),
            "PORT": str(self.port),
            "DEVELOPMENT": "1",
            "SECRET_KEY": "chaos",
            "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}?tls=none",
            "SMTP_TIMEOUT": "2",
            "SMTP_DATA_TIMEOUT": "2",
            "SEND_CONNECTIONS": str(connections),
            "SEND_LEASE": str(LEASE),
            "SEND_SLICE": "10",
            "SEND_RETRY_DELAYS": "0.5,0.5,1,1",
            "SEND_RETRY_FOR": "600",
            "SWEEP_EVERY": "0.5",
        }
        self._run = self._child("run", environment, "manage.py", "run", stop_signal=signal.SIGINT)
        worker = ["-m", "celery", "--app", "config", "--quiet", "worker", "--queues", "sending", "--pool", "solo"]
        options = ["--hostname", "second@%h", "--without-gossip", "--without-mingle", "--loglevel", "warning"]
        servers = embedded.addresses(self.var)
        self._second = self._child("second sender", {**environment, **servers}, *worker, *options)

    def start(self) -> None:
        """Start all of it, and wait until it is there."""
        self._run.start()
        self._await(self.answers)
        self._second.start()
        self._await(lambda: set(self.pids()) >= PROGRAMS)

    def stop(self) -> None:
        """End all of it in order, the servers last."""
        for child in (self._second, self._run):
            child.ask_to_stop()
            child.await_end()

    def tend(self) -> None:
        """Keep the second sender running; the others are looked after by `manage.py run`, which must not end."""
        if not self._run.alive:
            raise ProductEnded(f"`manage.py run` {self._run.ending}.")
        if not self._second.alive:
            self._second.start()

    def is_whole(self) -> bool:
        """Whether every program runs and the web server answers."""
        self.tend()
        return set(self.pids()) >= PROGRAMS and self.answers()

    def pids(self) -> dict[str, int]:
        """The living processes, by the names of their programs."""
        rosters = (self.var / "run.processes.json", self.var / "servers" / "processes.json", self._roster.path)
        found = {name: entry[0] for path in rosters for name, entry in Roster(path).recorded().items()}
        if children := _children(found.get("worker")):
            found["worker child"] = children[0]
        return found

    def connections(self, pid: int) -> set[int]:
        """The ports from which a process is connected to the relay."""
        sockets = set()
        with suppress(OSError):  # it has ended meanwhile
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):  # closed meanwhile
                    sockets.add(os.readlink(link))
        ports = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, *rest = line.split()
            is_ours = int(remote.rpartition(":")[2], 16) == self._smtp_port and f"socket:[{rest[5]}]" in sockets
            if is_ours and state in (_ESTABLISHED, _HALF_CLOSED):
                ports.add(int(local.rpartition(":")[2], 16))
        return ports

    def answers(self) -> bool:
        """Whether the web server does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def _child(
        self, name: str, environment: dict[str, str], *arguments: str, stop_signal: signal.Signals = signal.SIGTERM
    ) -> Child:
        program = Program(
            name=name,
            command=[sys.executable, *arguments],
            environment=environment,
            directory=ROOT,
            log=self.log,
            stop_signal=stop_signal,
            orphan_signal=stop_signal,
            patience=60,
        )
        return Child(program, self._roster)

    def _await(self, condition) -> None:
        deadline = time.monotonic() + START_WITHIN
        while not condition():
            if not self._run.alive or time.monotonic() > deadline:
                raise ProductEnded("The product doesn't start.")
            time.sleep(_TICK)


def _children(pid: int | None) -> list[int]:
    """The processes that a process has started, the oldest first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid is not None and int(fields[1]) == pid and identity(int(entry.name)):
            found.append(int(entry.name))
    return sorted(found)


def _free_port() -> int:
    # Not `config.running`'s: importing it reads the settings, before it is known where the servers are.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
