"""One broadcast at a time, sent by the running product while it is killed and its relay misbehaves."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.chaos.judging import Entry, Relayed, Verdict, judge
from tests.chaos.product import Product, ProductEnded
from tests.chaos.sink import Faults, Sink
from tests.chaos.striking import strike

# What happens in a round of so many kills, in any order; one whose lease runs out while it is frozen isn't a kill.
STROKES = [
    *["sender", "sender", "second sender", "second sender", "second sender", "postgres", "postgres"],
    *["valkey", "worker", "worker child", "beat", "web", "zombie"],
]
QUICK_STROKES = ["any sender", "postgres", "valkey", "zombie"]
MIX = {
    "none": Faults(),
    "450": Faults(refuse_for_now_every=7),
    "550": Faults(refuse_for_good_every=7),
    "dropped mid-DATA": Faults(drop_in_message_every=97),
    "reply lost": Faults(lose_reply_every=97),
    "421 after 50": Faults(messages_per_connection=50),
    "stalls": Faults(stall_every=997),
    "closed at connect": Faults(close_at_connect_every=3),
    "all at once": Faults(
        refuse_for_now_every=11,
        refuse_for_good_every=13,
        drop_in_message_every=197,
        lose_reply_every=301,
        messages_per_connection=100,
        stall_every=1999,
        close_at_connect_every=20,
    ),
}
# Connections turned away are rare in it, because each time the product halves how many it holds for a while.
QUICK_MIX = {
    "all at once": Faults(
        refuse_for_now_every=11,
        refuse_for_good_every=13,
        drop_in_message_every=197,
        lose_reply_every=201,
        messages_per_connection=20,
        stall_every=1499,
        close_at_connect_every=15,
        delay=0.01,
    ),
}
# Seconds until the relay answers: usually, and while somebody is to be struck who isn't there or at work yet.
DELAY, DELAY_FOR_STROKE = 0.03, 0.25
# When strokes are due, as a share of the recipients who have got it: some before it goes out at all, while it is being
# frozen, and none later than this, because some of the recipients are refused for good.
FIRST_STROKE, LAST_STROKE = -0.06, 0.8
TICK, DATABASE_AWAY, LATE_COPIES, BACK_WITHIN = 0.02, 0.2, 0.5, 90.0


@dataclass
class Round:
    """What one round did and what came of it.

    `bound`: how many extra copies there may be at most. One more may be listed for each of the `losses`, connections
    lost in between, whose sender may be killed before it has noted that nothing had gone out. `doubts` are other
    reasons to call it bad, a sentence each.
    """

    mix: str
    recipients: int
    strokes: Counter[str] = field(default_factory=Counter)
    bound: int = 0
    losses: int = 0
    took: float = 0.0
    fired: dict[str, int] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)
    doubts: list[str] = field(default_factory=list)
    ended: bool = True

    @property
    def kills(self) -> int:
        return self.strokes.total() - self.strokes["zombie"]

    @property
    def is_good(self) -> bool:
        sound = not self.verdict.lost and not self.verdict.unlisted and not self.doubts
        bounded = self.verdict.doubled <= self.bound and self.verdict.listed <= self.bound + self.losses
        return self.ended and sound and bounded


def play(
    product: Product,
    sink: Sink,
    *,
    mix: str,
    faults: Faults,
    recipients: int,
    strokes: list[str],
    chance: random.Random,
    within: float,
) -> Round:
    """Send one broadcast through the faults and strokes, at random moments, and judge it when it has ended."""
    played = Round(mix, recipients)
    delay = faults.delay or DELAY
    sink.reset(replace(faults, delay=delay))
    moments = sorted(chance.uniform(FIRST_STROKE, LAST_STROKE) * recipients for _ in strokes)
    due = list(zip(moments, strokes, strict=True))
    broadcast_id = _persistently(lambda: _start(recipients, name=f"{mix} {time.time():f}"))
    began = time.monotonic()
    while (status := _persistently(lambda: _status(broadcast_id))) != "sent":
        if time.monotonic() - began > within or status == "failed":
            played.ended = False
            break
        product.tend()
        sink.faults.delay = DELAY_FOR_STROKE if _strike_what_is_due(product, sink, due, played) else delay
        time.sleep(TICK)
    played.took = time.monotonic() - began
    time.sleep(LATE_COPIES)
    _judge(played, sink, broadcast_id)
    if not _comes_back(product):
        played.doubts.append(f"Not all programs are back: {', '.join(sorted(product.pids()))} run.")
    return played


def _strike_what_is_due(product: Product, sink: Sink, due: list[tuple[float, str]], played: Round) -> bool:
    """Strike once, the first victim that is due and there: one that is being started again waits; whether any does."""
    waits = False
    for each in due:
        at, victim = each
        if len(sink.accepted) < at:
            break
        if stroke := _persistently(lambda: strike(product, sink, victim)):  # noqa: B023 - called at once
            due.remove(each)
            played.strokes[victim] += 1
            played.bound += stroke.connections
            played.doubts += [stroke.doubt] if stroke.doubt else []
            break
        waits = True
    return waits


def _judge(played: Round, sink: Sink, broadcast_id: int) -> None:
    played.bound += sink.cuts
    played.losses = sink.losses
    played.fired = dict(sink.fired)
    played.doubts += [f"It never happened: {name}." for name in sorted(sink.faults.wanted) if not sink.fired[name]]
    relayed = Relayed(Counter(sink.accepted), frozenset(sink.refused_for_good), frozenset(sink.put_off))
    ledger = _persistently(lambda: _ledger(broadcast_id))
    played.verdict = judge(ledger, relayed)
    if len(ledger) != played.recipients:
        played.doubts.append(f"The ledger has {len(ledger)} of {played.recipients} recipients.")
    played.doubts += _persistently(lambda: _discrepancies(broadcast_id, ledger))


def _comes_back(product: Product) -> bool:
    deadline = time.monotonic() + BACK_WITHIN
    while not (is_whole := product.is_whole()) and time.monotonic() < deadline:
        time.sleep(TICK)
    return is_whole


def _start(recipients: int, *, name: str) -> int:
    """Each broadcast has a team of its own, because an address that was refused for good is suppressed in its team."""
    from django.db import transaction

    from broadcasts.models import Broadcast
    from tests import factories

    with transaction.atomic():
        team = factories.make_team(name)
        audience = factories.make_audience(team=team, name=name)
        factories.make_contacts(audience=audience, number=recipients)
        return factories.make_broadcast(team=team, audience=audience, name=name, status=Broadcast.Status.QUEUED).pk


def _persistently(look):
    """What it returns, as soon as the database is there to ask; raises ProductEnded when it never is."""
    from django.db import Error, connection

    deadline = time.monotonic() + BACK_WITHIN
    while True:
        try:
            return look()
        except Error as away:
            connection.close()
            if time.monotonic() > deadline:
                raise ProductEnded(f"The database doesn't come back: {away}") from away
            time.sleep(DATABASE_AWAY)


def _status(broadcast_id: int) -> str:
    from broadcasts.models import Broadcast

    return Broadcast.objects.values_list("status", flat=True).get(pk=broadcast_id)


def _ledger(broadcast_id: int) -> list[Entry]:
    from broadcasts.models import Email

    emails = Email.objects.filter(broadcast_id=broadcast_id).only("address", "status", "maybe_twice")
    return [Entry(email.address, email.status_word, email.maybe_twice) for email in emails]


def _discrepancies(broadcast_id: int, ledger: list[Entry]) -> list[str]:
    """What doesn't add up: by the product's own recount, and in the report, counted once more here."""
    from broadcasts import auditing, reporting
    from broadcasts.models import Broadcast

    found = list(auditing.discrepancies())
    report = reporting.report(Broadcast.objects.get(pk=broadcast_id))
    if report.by_status != dict.fromkeys(report.by_status, 0) | Counter(entry.status for entry in ledger):
        found.append(f"The report counts {report.by_status}.")
    if report.maybe_twice != sum(entry.maybe_twice for entry in ledger):
        found.append(f"The report counts {report.maybe_twice} possibly doubled.")
    if report.audience != len(ledger) + sum(report.excluded.values()):
        found.append(f"The report counts an audience of {report.audience}.")
    return found
