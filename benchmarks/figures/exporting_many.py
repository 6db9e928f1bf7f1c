"""Exporting ten times as many contacts, beside the usual number: nothing may grow slower with the size."""

from collections.abc import Iterator

from benchmarks import people
from benchmarks.exporters import exported
from benchmarks.measuring import Bench, Figure, rates

# Of the rows of this run: half a million and five million by default.
USUAL, MANY = 5, 50


def measure(bench: Bench) -> Iterator[Figure]:
    usual, many = people.audience(bench.rows * USUAL), people.audience(bench.rows * MANY)
    found = bench.interleaved({"usual": lambda: exported(usual), "many": lambda: exported(many)})
    yield rates("export_5m", found["many"], found["usual"], unit="rows/s", beside=f"{bench.rows * USUAL:,} contacts")
