"""Killing a program, or freezing one for longer than its lease, and what that may cost."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.chaos.product import SENDERS, Product
from tests.chaos.sink import Sink

# Another sender may have to be started first.
TAKEN_OVER_WITHIN = 60.0
TICK = 0.05


@dataclass(frozen=True)
class Stroke:
    """What was done; `connections` were open to the relay and may each have a message in doubt.

    `doubt`: why it counts against the product.
    """

    connections: int
    doubt: str = ""


def strike(product: Product, sink: Sink, victim: str) -> Stroke | None:
    """Strike once; None when the victim isn't there at present."""
    if victim == "zombie":
        return _freeze(product)
    pids = product.pids()
    if victim == "any sender":
        victim = next((each for each in SENDERS if each in pids and product.connections(pids[each])), "")
    pid = pids.get(victim)
    if pid is None:
        return None
    with suppress(ProcessLookupError):
        if victim in SENDERS:
            return _kill_sender(product, sink, pid)
        # While the database is away a sender holds what is in doubt until its lease is over, and then it is another's.
        doubtful = len(sink.open) if victim == "postgres" else 0
        os.kill(pid, signal.SIGKILL)
        return Stroke(doubtful)
    return None


def _kill_sender(product: Product, sink: Sink, pid: int) -> Stroke | None:
    """Kill a sender that is at work: one that only starts has nothing to lose."""
    if not product.connections(pid):
        return None
    # Stopped first, so that the connections counted are those that are lost.
    os.kill(pid, signal.SIGSTOP)
    lost = product.connections(pid)
    sink.condemned |= lost
    os.kill(pid, signal.SIGKILL)
    return Stroke(len(lost))


def _freeze(product: Product) -> Stroke | None:
    """Stop a sender at work and wake it when the other has taken over what it held; None when nobody is at work."""
    from broadcasts.models import Chunk

    pids = product.pids()
    if set(SENDERS) - set(pids):
        return None
    for pid in map(pids.__getitem__, SENDERS):
        mine = Chunk.objects.filter(owner__endswith=f":{pid}", state=Chunk.State.LEASED)
        if not mine.exists():
            continue
        os.kill(pid, signal.SIGSTOP)
        try:
            held = dict(mine.values_list("pk", "epoch"))
            connections = len(product.connections(pid))
            was_taken = _is_taken_over(held)
        finally:
            os.kill(pid, signal.SIGCONT)
        if held:
            return Stroke(connections, "" if was_taken else "Nobody took over from a frozen sender.")
    return None


def _is_taken_over(held: dict[int, int]) -> bool:
    from broadcasts.models import Chunk

    deadline = time.monotonic() + TAKEN_OVER_WITHIN
    while held and time.monotonic() < deadline:
        now = Chunk.objects.filter(pk__in=held).values_list("pk", "epoch")
        if any(epoch > held[pk] for pk, epoch in now):
            return True
        time.sleep(TICK)
    return False
