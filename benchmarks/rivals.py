"""The sender to compare with: Postfix's load generator, which composes nothing and remembers nothing.

Where it isn't installed a plain client of ours stands in, the harder rival: beside it, it needed a quarter less of the
processor (38 µs for a message of 17 KB instead of 50).
"""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.building import built
from benchmarks.measuring import Spent, WentWrong
from benchmarks.sinks import HOST, Sink

CONNECTIONS = 50
PLACES = ("/usr/sbin", "/usr/lib/postfix/sbin", "/usr/libexec/postfix")
STAND_IN = "a plain client, in place of smtp-source, which isn't installed"

Rival = Callable[[int, int], Spent]


def rival(sink: Sink, *, folder: Path) -> tuple[str, Rival]:
    """Its name, and what sends so many messages of so many bytes to the sink."""
    source = os.environ.get("SMTP_SOURCE") or shutil.which("smtp-source", path=os.pathsep.join(_places()))

    def command(messages: int, length: int) -> list[str]:
        if source:
            options = f"-d -s {CONNECTIONS} -m {messages} -l {length} -f news@northwind.example -t person@example.test"
            return [source, *options.split(), f"{HOST}:{sink.port}"]
        return [str(built("plain_client", folder=folder)), *map(str, (sink.port, CONNECTIONS, messages, length))]

    def send(messages: int, length: int) -> Spent:
        with sink.expecting(messages):
            return _timed(command(messages, length), rows=messages)

    return "smtp-source -d -s 50" if source else STAND_IN, send


def _places() -> list[str]:
    return [*os.environ.get("PATH", os.defpath).split(os.pathsep), *PLACES]


def _timed(command: list[str], *, rows: int) -> Spent:
    """Run a program to its end. No other child of ours may end meanwhile: its time would be counted too."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    if subprocess.run(command).returncode:
        raise WentWrong(f"{command[0]} failed.")
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(rows, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
