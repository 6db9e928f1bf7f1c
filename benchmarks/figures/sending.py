"""Sending at full speed, everything included, beside a load generator and beside the loop that one writes first."""

from collections.abc import Iterator

from benchmarks import people, senders
from benchmarks.measuring import Bench, Figure, median, rates
from benchmarks.rivals import rival
from benchmarks.sinks import Sink

CONNECTIONS = 32
# The loop would take minutes over all of them.
SAMPLE = 1_500
MOST_MEMORY = 32.0


def measure(bench: Bench) -> Iterator[Figure]:
    with Sink(folder=bench.folder) as sink:
        everybody, sample = people.audience(bench.rows), people.audience(min(bench.rows, SAMPLE))
        name, send_plainly = rival(sink, folder=bench.folder)
        length = senders.length(people.started_broadcast(sample))
        bench.say(f"  {bench.rows:,} messages of {length:,} bytes, beside {name}")
        found = bench.interleaved(
            {
                "ours": lambda: senders.drained(everybody, sink, connections=CONNECTIONS),
                "rival": lambda: send_plainly(bench.rows, length),
                "naive loop": lambda: senders.looped(sample, sink),
            }
        )
    ours, theirs, loop = found.values()
    yield rates("send", ours, theirs, unit="messages/s", beside=name)
    cpu = (median(ours, "rate_of_cpu"), median(theirs, "rate_of_cpu"))
    yield Figure("send_cpu", *cpu, unit="messages per second of the client's processor", beside=name)
    yield Figure("send_rss_mb", median(ours, "memory"), MOST_MEMORY, unit="MB beyond an idle worker", beside="the goal")
    yield rates("send_naive", ours, loop, unit="messages/s", beside="templates, EmailMultiAlternatives and save()")
