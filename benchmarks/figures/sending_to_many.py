"""Sending to ten times as many, beside sending to the usual number: nothing may grow slower with the size."""

from collections.abc import Iterator

from benchmarks import people, senders
from benchmarks.measuring import Bench, Figure, rates
from benchmarks.sinks import Sink

CONNECTIONS = 32
TIMES = 10


def measure(bench: Bench) -> Iterator[Figure]:
    with Sink(folder=bench.folder) as sink:
        usual, many = people.audience(bench.rows), people.audience(bench.rows * TIMES)
        found = bench.interleaved(
            {
                "usual": lambda: senders.drained(usual, sink, connections=CONNECTIONS),
                "many": lambda: senders.drained(many, sink, connections=CONNECTIONS),
            }
        )
    yield rates("send_1m", found["many"], found["usual"], unit="messages/s", beside=f"{bench.rows:,} recipients")
