"""What figures are made of: runs beside each other, in turns, of which the median counts."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from lib.errors import DomainError


class Skipped(DomainError):
    """A figure can't be measured on this machine."""

    code = "skipped"


class WentWrong(DomainError):
    """What was measured didn't do its work."""

    code = "went_wrong"


@dataclass(frozen=True)
class Spent:
    """What work on so many rows took: seconds by the clock and of the processor, megabytes beyond an idle process."""

    rows: int
    seconds: float
    cpu: float = 0.0
    memory: float = 0.0

    @property
    def rate(self) -> float:
        """Rows in a second."""
        return self.rows / self.seconds

    @property
    def rate_of_cpu(self) -> float:
        """Rows in a second of the processor."""
        return self.rows / self.cpu

    def __str__(self) -> str:
        words = [f"{self.rate:,.0f} a second"]
        if self.cpu:
            words.append(f"{self.cpu / self.rows * 1e6:.1f} µs of processor each")
        if self.memory:
            words.append(f"{self.memory:.1f} MB")
        return ", ".join(words)


@dataclass(frozen=True)
class Figure:
    """A number of ours beside a limit or a rival of the same run; `unit` and `beside` say what they are."""

    name: str
    ours: float
    limit: float
    unit: str
    beside: str

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


def rates(name: str, ours: Sequence[Spent], limit: Sequence[Spent], *, unit: str, beside: str) -> Figure:
    """The figure of two medians of rows in a second."""
    return Figure(name, median(ours, "rate"), median(limit, "rate"), unit, beside)


def median(spent: Sequence[Spent], what: str) -> float:
    return statistics.median(getattr(each, what) for each in spent)


@dataclass(frozen=True)
class Bench:
    """One run of `make bench`: how many rows a figure is about, how many rounds, where its files may be."""

    rows: int
    rounds: int
    folder: Path
    say: Callable[[str], None] = field(default=print)

    def interleaved(self, runs: Mapping[str, Callable[[], Spent]]) -> dict[str, list[Spent]]:
        """Run each in turn, round after round, with nothing left for the disk to do; what each took, by name."""
        found: dict[str, list[Spent]] = {name: [] for name in runs}
        for number in range(1, self.rounds + 1):
            for name, run in runs.items():
                with connection.cursor() as cursor:
                    cursor.execute("CHECKPOINT")
                spent = run()
                found[name].append(spent)
                self.say(f"  {number}/{self.rounds} {name}: {spent}")
        return found
