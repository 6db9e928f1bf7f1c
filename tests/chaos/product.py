"""The product as `manage.py run` runs it, and the ways to kill its parts."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEASE = 3.0
START_WITHIN = 120.0


class Product:
    """A running Carillon in a directory of its own, which sends to the given port of this machine."""

    def __init__(self, var: Path, *, smtp_port: int, connections: int) -> None:
        self.var = var
        self.port = _free_port()
        self.connections = connections
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")},
            "VAR": str(var),
            "PORT": str(self.port),
            "DEVELOPMENT": "1",
            "SECRET_KEY": "chaos",
            "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}?tls=none",
            "SMTP_TIMEOUT": "2",
            "SMTP_DATA_TIMEOUT": "2",
            "SEND_CONNECTIONS": str(connections),
            "SEND_LEASE": str(LEASE),
            "SEND_SLICE": "10",
            "SEND_RETRY_DELAYS": "0.5,1,1,2",
            "SEND_RETRY_FOR": "600",
            "SWEEP_EVERY": "1",
        }
        self._log = (var.parent / "product.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._await_start()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
        self._log.close()

    def pid(self, name: str) -> int | None:
        """The process of one of its programs."""
        for roster in (self.var / "run.processes.json", self.var / "servers" / "processes.json"):
            try:
                entries = json.loads(roster.read_text())
            except (OSError, ValueError):
                continue
            if name in entries:
                return int(entries[name][0])
        return None

    def kill(self, name: str, signum: int = signal.SIGKILL) -> bool:
        """Send a signal to a program; whether it was there."""
        pid = self.pid(name)
        try:
            if pid is not None:
                os.kill(pid, signum)
        except ProcessLookupError:
            return False
        return pid is not None

    def _await_start(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The product doesn't start: see {self._log.name}.")
            time.sleep(0.2)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def _free_port() -> int:
    # Not `config.running`'s: importing it reads the settings, before it is known where the servers are.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
