"""Sending to a relay that takes 10 ms for each reply, beside the same code without the wait at the gate."""

from collections.abc import Iterator
from functools import partial

from benchmarks import draining, people, senders
from benchmarks.measuring import Bench, Figure, rates
from benchmarks.sinks import Sink

DELAY = 10
CONNECTIONS = 10
# Ten connections with a message each 10 ms: 1,000 a second at most.
PART = 25


def measure(bench: Bench) -> Iterator[Figure]:
    audience = people.audience(max(1, bench.rows // PART))
    with Sink(folder=bench.folder, delay=DELAY) as sink:
        send = partial(senders.drained, audience, sink, connections=CONNECTIONS)
        found = bench.interleaved(
            {
                "synchronous": partial(send, sync=True),
                "not synchronous": partial(send, sync=False),
                "without the gate": partial(send, sync=False, gate=draining.OPEN),
            }
        )
    synced, unsynced, without = found.values()
    yield rates("send_10ms", synced, without, unit="messages/s", beside="no gate; SEND_SYNC=on")
    yield rates("send_10ms_unsynced", unsynced, without, unit="messages/s", beside="no gate; SEND_SYNC=off")
