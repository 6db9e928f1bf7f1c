"""Child processes that end with us: how every program we run is started, recognised and stopped.

A child leads its own session, so that a terminal's Ctrl-C reaches us alone, and Linux tells it when we die
(`prctl`). Where it can't, and for what slipped through, a `Roster` on disk says which processes are ours.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

_SET_PARENT_DEATH_SIGNAL = 1
_TICK = 0.02
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Program:
    """A long running program; its output goes to `log`, or to a pipe when there is none."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    patience: float = 30.0
    user: int | None = None
    group: int | None = None
    prepare: Callable[[], None] | None = None


class Roster:
    """The processes that the holder of some lock has started, on disk for whoever holds it next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, tuple[int, str | None, int]] = {}

    def add(self, name: str, pid: int, orphan_signal: signal.Signals) -> None:
        """Remember the process under its program's name, in place of an earlier one."""
        self._entries[name] = (pid, identity(pid), int(orphan_signal))
        replace_file(self.path, json.dumps(self._entries))

    def sweep(self, *, patience: float) -> None:
        """End what an earlier holder left behind; what lives on after `patience` seconds is killed."""
        left = self.recorded().values()
        for pid, _, orphan_signal in left:
            _send(pid, orphan_signal)
        deadline = time.monotonic() + patience
        for pid, started, _ in left:
            _await_end(pid, started, deadline)
        self.path.unlink(missing_ok=True)

    def recorded(self) -> dict[str, tuple[int, str, int]]:
        """By name: number, identity and orphan signal of the processes that still live."""
        try:
            entries = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):  # none, or one that a crash of the machine left empty
            return {}
        return {name: entry for name, entry in entries.items() if entry[1] and identity(entry[0]) == entry[1]}


class Child:
    """One program and, while it runs, its process."""

    def __init__(self, program: Program, roster: Roster) -> None:
        self.program = program
        self.name = program.name
        self._roster = roster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program. Must be called in the main thread: a child dies with the thread that made it."""
        if self.program.prepare is not None:
            self.program.prepare()
        if self.program.log is None:
            self._process = popen(self.program, stdout=subprocess.PIPE)
        else:
            with self.program.log.open("ab") as log:
                self._process = popen(self.program, stdout=log)
        self._roster.add(self.name, self._process.pid, self.program.orphan_signal)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def output(self) -> IO[bytes] | None:
        return self._process.stdout if self._process else None

    @property
    def alive(self) -> bool:
        """Whether it runs; once it doesn't, what it had started is killed too."""
        if self._process is None or self._process.returncode is not None:
            return False
        if not _has_ended(self._process):
            return True
        self.kill()
        self._process.wait()
        return False

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self._process.returncode if self._process else None
        if code is not None and code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def ask_to_stop(self) -> None:
        """Send the signal on which it ends in good order."""
        if self.alive and self._process:
            _send(self._process.pid, self.program.stop_signal)

    def kill(self) -> None:
        """End it and whatever it started, at once; never after its number may have become somebody else's."""
        if self._process and self._process.returncode is None:
            _send_group(self._process.pid, signal.SIGKILL)

    def await_end(self) -> None:
        """Wait for its end; kill it when its patience is over."""
        deadline = time.monotonic() + self.program.patience
        while self.alive and time.monotonic() < deadline:
            time.sleep(_TICK)
        self.kill()
        if self._process:
            self._process.wait()


def popen(program: Program, **streams: Any) -> subprocess.Popen[bytes]:
    """A process for the program that leads its own session and dies with the calling thread."""
    return subprocess.Popen(  # noqa: S603 - every program is ours, no part of it comes from a request
        program.command,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        cwd=program.directory,
        user=program.user,
        group=program.group,
        extra_groups=None if program.user is None else [],
        start_new_session=True,
        preexec_fn=_die_with_parent(os.getpid(), program.orphan_signal),
        **streams,
    )


def end(pid: int, signum: signal.Signals, *, patience: float) -> None:
    """End a process that isn't our child; kills it after `patience` seconds."""
    if started := identity(pid):
        _send(pid, signum)
        _await_end(pid, started, time.monotonic() + patience)


def identity(pid: int) -> str | None:
    """What tells a process from any later one with its number; None when it is gone or a zombie."""
    if not Path("/proc/self/stat").exists():
        return _identity_by_ps(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{_era()} {started}"


def command_line(pid: int) -> str:
    """The command with which a living process was started, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else _ps(pid, "command=")


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old or the new text, never a part."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process is over, still a zombie if the system can tell without reaping it."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return process.poll() is not None


def _die_with_parent(parent: int, signum: int) -> Callable[[], None]:
    def arrange() -> None:
        if _prctl is not None:
            _prctl(_SET_PARENT_DEATH_SIGNAL, int(signum))
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)

    return arrange


def _await_end(pid: int, started: str, deadline: float) -> None:
    while identity(pid) == started and time.monotonic() < deadline:
        time.sleep(_TICK)
    # A number without a process still names the group of those that outlived their leader.
    if identity(pid) in (started, None):
        _send_group(pid, signal.SIGKILL)


@cache
def _era() -> str:
    """The boot and the process table in which a number means something."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{boot.read_text().strip()} {os.readlink('/proc/self/ns/pid')}" if boot.exists() else ""


def _identity_by_ps(pid: int) -> str | None:
    state, _, started = _ps(pid, "stat=,lstart=").partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def _ps(pid: int, columns: str) -> str:
    answer = subprocess.run(["ps", "-ww", "-o", columns, "-p", str(pid)], capture_output=True, text=True)  # noqa: S603, S607
    return answer.stdout.strip()


def _send(pid: int, signum: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signum)


def _send_group(pid: int, signum: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signum)
