"""One broadcast at a time, sent by the running product while it is killed and its relay misbehaves."""

import random
import signal
import time
from dataclasses import dataclass, field

from tests.chaos.judging import Entry, Verdict, judge
from tests.chaos.product import LEASE, Product
from tests.chaos.sink import Faults, Sink

# How often each is killed, and how many messages may be in flight then, as a share of the connections.
VICTIMS = {"sender": 8, "postgres": 2, "valkey": 1, "worker": 1, "beat": 1, "web": 1, "zombie": 1}
HOLDS_CONNECTIONS = frozenset({"sender", "postgres", "zombie"})
MIX = {
    "none": {},
    "450": {"refuse_for_now_every": 7},
    "550": {"refuse_for_good_every": 7},
    "dropped mid-DATA": {"drop_in_message_every": 97},
    "reply lost": {"lose_reply_every": 97},
    "421 after 50": {"messages_per_connection": 50},
    "stalls": {"stall_every": 307},
    "closed at connect": {"close_at_connect_every": 3},
    "all at once": {
        "refuse_for_now_every": 11,
        "refuse_for_good_every": 13,
        "drop_in_message_every": 197,
        "lose_reply_every": 301,
        "messages_per_connection": 100,
        "close_at_connect_every": 5,
    },
}
DATABASE_AWAY = 0.2


@dataclass
class Round:
    """What one round did and what came of it. `bound`: how many extra copies there may be at most."""

    mix: str
    kills: int = 0
    bound: int = 0
    took: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    discrepancies: list[str] = field(default_factory=list)
    ended: bool = True

    @property
    def is_good(self) -> bool:
        sound = not self.verdict.lost and not self.verdict.unlisted and not self.discrepancies
        return self.ended and sound and self.verdict.doubled <= self.bound


def play(
    product: Product, sink: Sink, *, mix: str, recipients: int, kills: int, chance: random.Random, within: float
) -> Round:
    """Send one broadcast through the mix of faults and so many kills, and judge it when it has ended."""
    from django.utils import timezone

    played = Round(mix)
    sink.faults = Faults(delay=0.02, **MIX[mix])
    sink.accepted.clear()
    sink.cuts = 0
    broadcast_id = _start(recipients, name=f"{mix} {timezone.now():%H%M%S%f}")
    began = time.monotonic()
    while (status := _persistently(lambda: _status(broadcast_id))) != "sent":
        if time.monotonic() - began > within or status == "failed":
            played.ended = False
            break
        if played.kills < kills and sink.accepted:
            _strike(product, played, chance)
            time.sleep(chance.uniform(0.1, 1.2))
        else:
            time.sleep(0.2)
    played.took = time.monotonic() - began
    played.bound += sink.cuts
    played.verdict = _persistently(lambda: judge(_ledger(broadcast_id), dict(sink.accepted)))
    played.discrepancies = _persistently(_discrepancies)
    return played


def _strike(product: Product, played: Round, chance: random.Random) -> None:
    [victim] = chance.choices(list(VICTIMS), list(VICTIMS.values()))
    if victim == "zombie":
        struck = product.kill("sender", signal.SIGSTOP)
        time.sleep(LEASE + 1)
        product.kill("sender", signal.SIGCONT)
    else:
        struck = product.kill(victim)
    if struck:
        played.kills += 1
        played.bound += product.connections if victim in HOLDS_CONNECTIONS else 0


def _start(recipients: int, *, name: str) -> int:
    from broadcasts import freezing
    from broadcasts.models import Broadcast
    from teams.models import Team
    from tests import factories

    team, _ = Team.objects.get_or_create(slug="chaos", defaults={"name": "Chaos"})
    audience = factories.make_audience(team=team, name=name)
    factories.make_contacts(audience=audience, number=recipients)
    broadcast = factories.make_broadcast(team=team, audience=audience, name=name, status=Broadcast.Status.QUEUED)
    freezing.freeze(broadcast)
    return broadcast.pk


def _persistently(look):
    """What it returns, as soon as the database is there to ask."""
    from django.db import Error, connection

    while True:
        try:
            return look()
        except Error:
            connection.close()
            time.sleep(DATABASE_AWAY)


def _status(broadcast_id: int) -> str:
    from broadcasts.models import Broadcast

    return Broadcast.objects.values_list("status", flat=True).get(pk=broadcast_id)


def _ledger(broadcast_id: int) -> list[Entry]:
    from broadcasts.models import Email

    emails = Email.objects.filter(broadcast_id=broadcast_id).only("address", "status", "maybe_twice")
    return [Entry(email.address, email.status_word, email.maybe_twice) for email in emails]


def _discrepancies() -> list[str]:
    from broadcasts import auditing

    return list(auditing.discrepancies())
