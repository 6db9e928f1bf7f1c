"""A broadcast sent to the sink: by our sender, or by the loop that one writes first."""

from django.utils import timezone

from audiences.models import Audience
from benchmarks import apart, draining, people
from benchmarks.measuring import Spent
from benchmarks.sinks import Sink
from broadcasts import claiming, messages
from broadcasts.models import Broadcast


def drained(to: Audience, sink: Sink, *, connections: int, sync: bool = True, gate: str = "") -> Spent:
    """Send a new broadcast as a worker does; `gate` is "" or `draining.OPEN`, `sync` the setting SEND_SYNC."""
    settings = {"SEND_CONNECTIONS": str(connections), "SEND_SYNC": "on" if sync else "off"}
    return _sent(to, sink, draining.__name__, gate, **settings)


def looped(to: Audience, sink: Sink) -> Spent:
    """Send a new broadcast with Django's own tools."""
    return _sent(to, sink, "benchmarks.naive")


def length(broadcast: Broadcast) -> int:
    """How many bytes the message to its first recipient has."""
    first = broadcast.chunks.earliest("pk")
    claim = claiming.Claim(broadcast.pk, first.pk, first.lo, first.hi, first.epoch)
    [waiting] = claiming.read(claim, after=0, most=1)
    compiled = messages.compile_for(broadcast)
    return len(compiled.fill(messages.recipient(waiting), at=timezone.now()).message())


def _sent(to: Audience, sink: Sink, module: str, *arguments: str, **settings: str) -> Spent:
    broadcast = people.started_broadcast(to)
    with sink.expecting(to.contacts.count()):
        return apart.run(module, str(broadcast.pk), *arguments, SMTP_URL=sink.url, **settings)
