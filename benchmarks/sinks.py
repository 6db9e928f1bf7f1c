"""The relay that takes everything, as a process of its own."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from benchmarks.building import built
from benchmarks.measuring import WentWrong

HOST = "127.0.0.1"


class Sink:
    """`with Sink(folder=…) as sink`; replies take `delay` milliseconds. Raises Skipped where it can't be built."""

    def __init__(self, *, folder: Path, delay: int = 0) -> None:
        self._command = [str(built("sink", folder=folder)), str(delay)]
        self.port = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        if self._process.stdout is not None:
            self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}?tls=none"

    @contextmanager
    def expecting(self, messages: int) -> Iterator[None]:
        """Make sure that so many messages arrive during the block, no more and no less."""
        before = self._taken()
        yield
        if (arrived := self._taken() - before) != messages:
            raise WentWrong(f"{arrived} messages arrived at the sink instead of {messages}.")

    def _taken(self) -> int:
        with socket.create_connection((HOST, self.port)) as connection, connection.makefile("rwb") as lines:
            lines.readline()
            lines.write(b"STAT\r\n")
            lines.flush()
            return int(lines.readline().split()[1])
