"""One foreground process that keeps others running, shows what they say and ends them in order."""

import os
import selectors
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from types import FrameType, TracebackType
from typing import Any, TextIO

from lib.processes import Child

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# A child that lived this long died for a new reason and is restarted without delay again.
STEADY_AFTER = 30.0
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
_TICK = 0.1


class Terminal:
    """Lines that name the process they come from, in columns, coloured where the stream is a terminal."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a line of a child may hold anything
        self._stream = stream
        self._width = max(map(len, names), default=0)
        self._colours = dict(zip(names, (_COLOURS * len(names)), strict=False)) if stream.isatty() else {}
        self._gone = False

    def line(self, name: str, text: str) -> None:
        prefix = f"{name:<{self._width}} |"
        if colour := self._colours.get(name):
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self.say(f"{prefix} {text}")

    def say(self, text: str) -> None:
        """Print a line of our own; a reader that went away (a closed pipe or terminal) stops nothing."""
        if self._gone:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:
            self._gone = True


@dataclass(kw_only=True)
class _Member:
    """A child, what is left of its last line, and when it may be started again."""

    child: Child
    started: float
    partial: bytes = b""
    deaths: int = 0
    restart_at: float | None = None


class Supervisor:
    """Runs children in stages; leaving the block ends them, the highest stage first.

    In the block SIGINT, SIGTERM and SIGHUP only set `stopping`; the second of them kills every child at once
    and ends this process with exit code 130.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.stopping = False
        self._terminal = terminal
        self._stages: defaultdict[int, list[_Member]] = defaultdict(list)
        self._selector = selectors.DefaultSelector()
        self._earlier_handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Supervisor":
        self._earlier_handlers = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)

    def start(self, *children: Child, stage: int) -> None:
        """Start these children and keep them running."""
        for child in children:
            child.start()
            self.adopt(child, stage=stage)

    def adopt(self, *children: Child, stage: int) -> None:
        """Keep these children running, which already do."""
        for child in children:
            member = _Member(child=child, started=time.monotonic())
            self._stages[stage].append(member)
            self._listen(member)

    def tend(self, *, until: Callable[[], bool]) -> None:
        """Show what the children say and restart those that die, until this holds or we are to stop."""
        while not self.stopping and not until():
            self._relay()
            for member in self._members():
                self._look_after(member)

    def _members(self) -> list[_Member]:
        return [member for stage in self._stages.values() for member in stage]

    def _listen(self, member: _Member) -> None:
        if member.child.output is not None:
            self._selector.register(member.child.output, selectors.EVENT_READ, member)

    def _relay(self) -> None:
        """Print the lines that are there, waiting a moment for the first."""
        if not self._selector.get_map():
            time.sleep(_TICK)
        for key, _ in self._selector.select(_TICK):
            member: _Member = key.data
            received = os.read(key.fd, 65536)
            *lines, member.partial = (member.partial + (received or b"\n")).split(b"\n")
            for line in lines:
                if line.strip():
                    self._terminal.line(member.child.name, line.decode(errors="replace").rstrip())
            if not received:
                self._selector.unregister(key.fileobj)

    def _look_after(self, member: _Member) -> None:
        child = member.child
        if child.alive:
            return
        now = time.monotonic()
        if member.restart_at is None:
            member.deaths = 1 if now - member.started > STEADY_AFTER else member.deaths + 1
            delay = min(FIRST_DELAY * 2 ** (member.deaths - 1), LONGEST_DELAY)
            member.restart_at = now + delay
            self._terminal.line(child.name, f"{child.ending}; starting it again in {delay:g} s")
        elif now >= member.restart_at:
            member.restart_at = None
            member.started = now
            child.start()
            self._listen(member)

    def _stop(self) -> None:
        for _, stage in sorted(self._stages.items(), reverse=True):
            for member in reversed(stage):
                member.child.ask_to_stop()
            deadline = time.monotonic() + max(member.child.program.patience for member in stage)
            while any(member.child.alive for member in stage) and time.monotonic() < deadline:
                self._relay()
            for member in stage:
                member.child.kill()
                member.child.await_end()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            for member in self._members():
                member.child.kill()
            sys.stderr.write("Killed.\n")
            os._exit(130)
        self.stopping = True
