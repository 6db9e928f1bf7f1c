"""`manage.py run` as a person sees it: started in a terminal, used, killed in parts, and ended with Ctrl-C."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.running import free_port
from lib.processes import Roster
from tests.leftovers import processes_of

CHECKOUT = Path(__file__).parents[1]
NAMES = ["postgres", "valkey", "catcher", "web", "worker", "starter", "importer", "resolver", "sender", "beat"]
OURS = {"DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL", "DEVELOPMENT", "DJANGO_SETTINGS_MODULE"}
# The tests share instances, so one worker runs them all.
pytestmark = pytest.mark.xdist_group("run")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


class Instance:
    """A `manage.py run` of its own, with what it has printed so far."""

    def __init__(self, var: Path, *, port: int | None = None) -> None:
        self.var = var
        self.port = port or free_port()
        self.log = var.with_suffix(".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        return {**inherited, "VAR": str(self.var), "PORT": str(self.port)}

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def pids(self) -> dict[str, int]:
        rosters = (self.var / "run.processes.json", self.var / "servers" / "processes.json")
        return {name: entry[0] for path in rosters for name, entry in Roster(path).recorded().items()}

    def ready(self) -> "Instance":
        self.wait_until(lambda: "Carillon is ready" in self.said and set(NAMES) <= set(self.pids))
        return self

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; it said:\n{self.said}"
            time.sleep(0.05)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=60)

    def page(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/")
        return connection.getresponse().status

    def end(self, *signals: signal.Signals) -> int:
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.2)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="carillon-test-"))
    path.chmod(0o755)  # or root's PostgreSQL, unable to enter, would leave its data elsewhere
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Instance]:
    """One instance that all tests may use which leave it running."""
    instance = Instance(folder / "running").ready()
    yield instance
    instance.end(signal.SIGINT)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Instance]]:
    """Starts instances that a test ends itself, all in one data directory so that only the first is slow."""
    started: list[Instance] = []

    def start_instance(*, port: int | None = None) -> Instance:
        started.append(Instance(folder / "ending", port=port))
        return started[-1]

    yield start_instance
    for instance in started:
        instance.process.kill()
        instance.process.wait()


def test_it_says_where_to_go_and_how_to_sign_in(running: Instance) -> None:
    status = running.page()

    assert status < 400
    assert f"Carillon is ready: http://127.0.0.1:{running.port}" in running.said
    assert "@northwind.example" in running.said


def test_a_second_instance_is_refused_in_one_sentence(running: Instance) -> None:
    second = running.command("run")

    where = f"http://127.0.0.1:{running.port} (process {running.process.pid})"
    assert second.returncode == 1
    assert second.stderr == f"Carillon already runs from {running.var} at {where}.\n"


def test_a_command_finds_the_running_servers_and_the_mail_catcher(running: Instance) -> None:
    before = running.pids

    shell = running.command("shell", "--no-imports", "-c", "from django.conf import settings; print(settings.SMTP_URL)")

    assert shell.stdout.startswith("smtp://127.0.0.1:")
    assert running.pids == before


@pytest.mark.parametrize("name", NAMES)
def test_a_process_that_is_killed_is_started_again(running: Instance, name: str) -> None:
    assert name in running.pids, running.said
    killed = running.pids[name]

    os.kill(killed, signal.SIGKILL)
    running.wait_until(lambda: running.pids.get(name, killed) != killed)

    assert f"{name:8} | was killed by SIGKILL; starting it again in" in running.said


def test_pages_are_back_after_everything_was_killed(running: Instance) -> None:
    def answers() -> bool:
        try:
            return running.page() < 400
        except OSError:
            return False

    for pid in running.pids.values():
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)

    running.wait_until(answers)


def test_a_taken_port_is_refused_before_anything_starts(start: Callable[..., Instance]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        instance = start(port=taken.getsockname()[1])
        code = instance.process.wait(30)

    assert code == 1
    assert instance.said == (
        f"Port {instance.port} of 127.0.0.1 can't be used (Address already in use): "
        "choose another with PORT, as in `PORT=8000 make run`.\n"
    )
    assert instance.pids == {}


@on_linux
def test_ctrl_c_leaves_no_process(start: Callable[..., Instance]) -> None:
    instance = start().ready()

    code = instance.end(signal.SIGINT)

    assert code == 0
    assert "Carillon has stopped." in instance.said
    assert processes_of(instance.var) == set()


@on_linux
def test_a_second_ctrl_c_ends_everything_at_once(start: Callable[..., Instance]) -> None:
    instance = start().ready()

    code = instance.end(signal.SIGINT, signal.SIGINT)

    assert code == 130
    instance.wait_until(lambda: processes_of(instance.var) == set(), seconds=5)


@on_linux
def test_nothing_survives_a_killed_supervisor_or_is_in_the_way_of_the_next(start: Callable[..., Instance]) -> None:
    killed = start().ready()

    killed.end(signal.SIGKILL)
    killed.wait_until(lambda: processes_of(killed.var) == set(), seconds=10)
    code = start().ready().end(signal.SIGTERM)

    assert code == 0
    assert processes_of(killed.var) == set()
