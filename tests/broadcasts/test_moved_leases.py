"""Leases that somebody moved in the row: the database's time decides, and the epoch says who may go on."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from broadcasts import auditing, claiming, sending
from broadcasts.models import Chunk, Email
from broadcasts.outcomes import Code
from tests.broadcasts.elsewhere import drain_in_a_thread, drain_to_the_end, in_another_connection
from tests.broadcasts.ledger import statuses
from tests.factories import make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broadcast(audience):
    make_contacts(audience=audience, number=6)
    return make_started_broadcast(audience=audience)


def move_lease(**by):
    Chunk.objects.update(lease=Now() + timedelta(**by))


def epoch():
    return Chunk.objects.values_list("epoch", flat=True).get()


def test_a_lease_moved_into_the_past_hands_the_chunk_over_and_lists_what_was_in_flight(
    broadcast, sink, settings, caplog
):
    settings.SEND_CONNECTIONS = 1
    settings.SEND_SLICE = 5.0
    takers = ThreadPoolExecutor(1)
    taken = []

    def take_over():
        """The database takes the lease for over, so the next sender claims, while the first waits for the relay."""
        move_lease(hours=-1)
        taken.append(takers.submit(drain_in_a_thread, broadcast))
        while epoch() == 1:
            Event().wait(0.01)

    def take_over_at_the_third(address):
        if address == "person2@example.test" and not taken:
            # The flush that marks it as in flight is on its way; let it land.
            Event().wait(0.2)
            in_another_connection(take_over)

    sink.faults.refuse_recipient = take_over_at_the_third
    sending.drain(broadcast)
    taken[0].result(20)
    drain_to_the_end(broadcast)
    takers.shutdown()

    # The third was committed as in flight and its body may go; whoever took over sends it again, and says so.
    number_of = Counter(sink.accepted_addresses())
    listed = list(Email.objects.filter(maybe_twice=True).values_list("address", flat=True))
    assert set(number_of) == {f"person{number}@example.test" for number in range(6)}
    assert listed == ["person2@example.test"]
    assert [address for address, number in number_of.items() if number > 1] == listed
    assert sum(number_of.values()) == 7
    assert statuses(broadcast) == ["sent"] * 6
    assert "was taken over by another sender" in caplog.text
    assert list(auditing.discrepancies()) == []


def test_a_sender_whose_lease_is_moved_back_while_nobody_else_is_there_loses_nobody(broadcast, sink):
    def move_at_the_third(address):
        if address == "person2@example.test":
            in_another_connection(lambda: move_lease(hours=-1))

    sink.faults.refuse_recipient = move_at_the_third
    sending.drain(broadcast)
    drain_to_the_end(broadcast)

    # Its next flush renewed it, or it took the chunk over from itself: then what was in flight is listed.
    number_of = Counter(sink.accepted_addresses())
    listed = set(Email.objects.filter(maybe_twice=True).values_list("address", flat=True))
    assert set(number_of) == {f"person{number}@example.test" for number in range(6)}
    assert {address for address, number in number_of.items() if number > 1} <= listed
    assert statuses(broadcast) == ["sent"] * 6
    assert list(auditing.discrepancies()) == []


def test_a_lease_moved_ahead_on_a_dead_senders_chunk_only_delays(broadcast, sink):
    claiming.claim(broadcast)
    Chunk.objects.update(out=bytes([Code.SENT, Code.IN_FLIGHT, *4 * [Code.NOT_TRIED]]))
    move_lease(days=1)

    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert (more, broadcast.status, len(sink.messages)) == (False, "sending", 0)
    assert not sending.neglected().exists()

    move_lease(seconds=-1)
    assert list(sending.neglected()) == [broadcast]
    drain_to_the_end(broadcast)

    assert sink.accepted_addresses() == [f"person{number}@example.test" for number in range(1, 6)]
    assert statuses(broadcast) == ["sent"] * 6
    assert [each.address for each in Email.objects.filter(maybe_twice=True)] == ["person1@example.test"]


def test_the_time_of_a_retry_moved_ahead_only_delays(broadcast, sink):
    Chunk.objects.update(due_at=timezone.now() + timedelta(days=300))

    assert sending.drain(broadcast) is False
    assert sink.messages == []

    Chunk.objects.update(due_at=timezone.now() - timedelta(days=300))
    sending.drain(broadcast)

    assert len(sink.messages) == 6


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_host_whose_clock_is_wrong_takes_nobodys_chunk_and_keeps_its_own(broadcast, monkeypatch, hours):
    wrong = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: wrong)

    held = claiming.claim(broadcast)

    assert held.epoch == 1
    assert claiming.claim(broadcast) is None
    assert Chunk.objects.unfinished().exclude(pk__in=Chunk.objects.claimable()).count() == 1
    assert not Chunk.objects.claimable().exists()
