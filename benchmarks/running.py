"""A run of the benchmarks: on servers of their own, in a data directory that is gone afterwards."""

import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import django

from benchmarks.measuring import Bench, Figure, Skipped
from lib import embedded

# What whoever starts the benchmarks has set for a Carillon of theirs must not change what is measured.
THEIRS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL", "RETURN_PATH_DOMAIN", "DEBUG", "SEND_")


def run(modules: Sequence[str], *, names: Iterable[str], rows: int, rounds: int, report: Path) -> None:
    """Let these modules of `benchmarks.figures` measure; print those figures that are named, and write `report`."""
    with _product() as folder:
        machine = _machine()
        print(*(f"{name}: {value}" for name, value in machine.items()), f"rows: {rows:,}", "", sep="\n", flush=True)
        bench = Bench(rows=rows, rounds=rounds, folder=folder, say=_say)
        figures = [figure for name in modules for figure in _measured(name, bench) if figure.name in names]
    print(*("\t".join(_line(figure)) for figure in figures), sep="\n")
    _write(report, figures, machine=machine, rows=rows)


@contextmanager
def _product() -> Iterator[Path]:
    """Django set up on fresh embedded servers, for this process and its children."""
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        for name in [name for name in os.environ if name.startswith(THEIRS)]:
            del os.environ[name]
        with embedded.servers(var=Path(folder)) as servers:
            os.environ.update(
                servers.environment, VAR=folder, DEVELOPMENT="1", DJANGO_SETTINGS_MODULE="config.settings"
            )
            django.setup()
            from django.core.management import call_command
            from django.db import connections

            call_command("migrate", verbosity=0, interactive=False)
            try:
                yield Path(folder)
            finally:
                connections.close_all()


def _measured(name: str, bench: Bench) -> list[Figure]:
    _say(f"{name} ...")
    try:
        return list(import_module(f"benchmarks.figures.{name}").measure(bench))
    except Skipped as reason:
        _say(f"  skipped: {reason}")
        return []


def _machine() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        version, buffers = cursor.fetchone()
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{version}, shared_buffers {buffers}",
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _line(figure: Figure) -> tuple[str, ...]:
    return (figure.name, _number(figure.ours), _number(figure.limit), f"{figure.ratio:.2f}")


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _write(report: Path, figures: Iterable[Figure], *, machine: dict[str, str], rows: int) -> None:
    report.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = [{**vars(figure), "ratio": figure.ratio} for figure in figures]
    report.write_text(json.dumps({"machine": machine, "rows": rows, "figures": told}, indent=2) + "\n")


def _say(words: str) -> None:
    print(words, flush=True)
