"""Senders that keep to what the relay may be given, and that slow down when it asks them to."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from broadcasts import auditing, sending, throttling
from broadcasts.models import Chunk, Email, Transport
from tests.broadcasts.elsewhere import drain_in_a_thread
from tests.broadcasts.ledger import everything_due, statuses
from tests.factories import make_audience, make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broadcast(audience):
    make_contacts(audience=audience, number=40)
    return make_started_broadcast(audience=audience)


@pytest.fixture
def other(team):
    audience = make_audience(team=team, name="Others")
    make_contacts(audience=audience, number=40)
    return make_started_broadcast(audience=audience)


def drain_at_once(*broadcasts):
    with ThreadPoolExecutor(len(broadcasts)) as threads:
        return list(threads.map(drain_in_a_thread, broadcasts))


def an_hour_passes():
    Transport.objects.update(hour=F("hour") - timedelta(minutes=61))
    everything_due()


def pace_of(sink):
    return sending._paces[f"127.0.0.1:{sink.port}"]


@pytest.mark.parametrize("setting", ["SEND_PER_HOUR", "SEND_PER_DAY"])
def test_at_the_limit_the_broadcast_waits_and_says_so_in_words(broadcast, sink, settings, setting):
    setattr(settings, setting, 13)
    began = time.monotonic()

    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert len(sink.messages) == 13
    assert broadcast.status == "sending"
    assert broadcast.trouble.startswith("The relay has been given all it may be given for now; sending goes on at ")
    assert Email.objects.filter(attempts=0, status=Email.Status.QUEUED).count() == 27
    assert time.monotonic() - began < settings.SEND_SLICE / 2, "it kept its place with nothing to do"
    assert list(auditing.discrepancies()) == []


def test_it_goes_on_by_itself_when_the_hour_is_over(broadcast, sink, settings):
    settings.SEND_PER_HOUR = 25
    sending.drain(broadcast)
    an_hour_passes()

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert len(set(sink.accepted_addresses())) == len(sink.messages) == 40
    assert (broadcast.status, broadcast.trouble) == ("sent", "")


def test_while_the_limit_is_reached_no_connection_is_opened(broadcast, sink, settings):
    settings.SEND_PER_HOUR = 25
    sending.drain(broadcast)
    everything_due()
    before = sink.counts.connections

    sending.drain(broadcast)

    assert (sink.counts.connections, len(sink.messages)) == (before, 25)


def test_one_that_waits_for_the_limit_looks_again_before_long(broadcast, sink, settings):
    settings.SEND_PER_DAY = 13

    sending.drain(broadcast)

    # Another sender may give back what it reserved, and a person may raise the limit.
    assert Chunk.objects.get().due_at - timezone.now() <= timedelta(seconds=60)


def test_what_was_reserved_and_not_used_is_given_back(broadcast, sink, settings):
    settings.SEND_PER_HOUR = settings.SEND_PER_DAY = 10_000

    sending.drain(broadcast)

    row = Transport.objects.get()
    assert (row.hour_used, row.day_used) == (40, 40)


def test_what_came_back_unsent_is_given_back_too(broadcast, sink, settings):
    settings.SEND_PER_HOUR = 10_000
    sink.faults.messages_per_connection = 3

    sending.drain(broadcast)

    assert len(sink.messages) == 40
    assert Transport.objects.get().hour_used == 40


def test_a_broadcast_to_a_few_leaves_the_rest_of_the_limit_to_others(audience, broadcast, sink, settings):
    settings.SEND_PER_HOUR = 50
    few = make_started_broadcast(audience=audience, name="Few")
    Email.objects.filter(broadcast=few, pk__gt=Chunk.objects.get(broadcast=few).lo + 2).update(status=2)
    sink.faults.answer_after = 0.5

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(drain_in_a_thread, few)
        while not sink.messages:
            time.sleep(0.01)
        reserved = Transport.objects.get().hour_used
        first.result()

    assert reserved <= 3


def test_several_senders_share_the_limit(broadcast, other, sink, settings):
    settings.SEND_PER_HOUR = 50

    drain_at_once(broadcast, other, broadcast)

    assert len(sink.messages) <= 50
    for each in (broadcast, other):
        everything_due()
        sending.drain(each)
    assert len(sink.messages) == 50
    assert Transport.objects.get().hour_used == 50


def test_messages_per_second_are_spread(broadcast, other, sink, settings):
    settings.SEND_PER_SECOND = 10.0
    settings.SEND_SLICE = settings.SEND_SLICE_SHARED = 2.0
    began = time.monotonic()

    drain_at_once(broadcast, other)

    # Each may hold a second's worth of leave when a second begins.
    passed = time.monotonic() - began
    assert len(sink.messages) <= 10 * (passed + 2)
    assert len(sink.messages) < 80


def test_all_senders_together_hold_so_many_connections(broadcast, other, sink, settings):
    settings.SEND_CONNECTIONS_IN_ALL = 3
    sink.faults.answer_after = 0.02
    seen = []
    sink.faults.refuse_recipient = lambda _: seen.append(len(sink.transports))

    drain_at_once(broadcast, other)
    for each in (broadcast, other):
        sending.drain(each)

    assert len(sink.messages) == 80
    assert max(seen) <= 3


def test_a_relay_that_takes_few_connections_gets_few(broadcast, sink, settings):
    settings.SEND_CONNECTIONS = 8
    sink.faults.most_connections = 2
    sink.faults.answer_after = 0.05

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert len(set(sink.accepted_addresses())) == len(sink.messages) == 40
    assert statuses(broadcast) == ["sent"] * 40
    assert pace_of(sink).limit < 5
    assert (broadcast.status, broadcast.trouble) == ("sent", "")


def test_a_relay_that_asks_for_less_gets_less_and_nobody_bounces(broadcast, sink, settings):
    settings.SEND_RETRY_DELAYS = [0.0]
    asked = []

    def slow_down(address):
        asked.append(address)
        return "451 4.7.0 Too fast, slow down" if len(asked) <= 3 else None

    sink.faults.refuse_recipient = slow_down
    sending.drain(broadcast)
    while Chunk.objects.unfinished().exists():
        sending.drain(broadcast)

    assert pace_of(sink).limit < pace_of(sink).most
    assert statuses(broadcast) == ["sent"] * 40
    assert Email.objects.filter(attempts=2).count() == 3
    assert list(auditing.discrepancies()) == []


def test_the_limits_are_the_relays_and_not_the_broadcasts(broadcast, other, sink, settings):
    settings.SEND_PER_HOUR = 60
    sending.drain(broadcast)

    sending.drain(other)

    assert len(sink.messages) == 60
    assert throttling.transport(f"127.0.0.1:{sink.port}").hour_used == 60
