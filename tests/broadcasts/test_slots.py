"""Places at a broadcast and connections to a relay, of which bells can't make more."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models.functions import Now

from broadcasts import sending, slots, tasks
from broadcasts.models import Broadcast, DrainSlot
from tests.broadcasts.elsewhere import in_another_connection
from tests.factories import make_audience, make_broadcast, make_contacts, make_started_broadcast

RELAY = "relay.example:25"


@pytest.fixture
def other(team):
    audience = make_audience(team=team, name="Others")
    make_contacts(audience=audience, number=3)
    return make_started_broadcast(audience=audience)


def take(broadcast, number=1):
    return [slots.take(broadcast, relay=RELAY) for _ in range(number)]


def expire(**fields):
    DrainSlot.objects.filter(**fields).update(lease=Now() - timedelta(seconds=1))


def test_a_broadcast_has_so_many_places_and_no_more(broadcast, other, settings):
    settings.SEND_DRAINS = 2

    mine, others = take(broadcast, 3), take(other)

    assert [slot is not None for slot in mine + others] == [True, True, False, True]


@pytest.mark.django_db(transaction=True)
def test_bells_that_ring_at_once_find_no_more_places_than_there_are(broadcast, settings):
    settings.SEND_DRAINS = 3

    together = Barrier(8)

    def take_one(_):
        with closing(connection):
            connection.ensure_connection()
            together.wait(10)
            return slots.take(broadcast, relay=RELAY)

    for _ in range(5):
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(take_one, range(8)))

        assert sum(slot is not None for slot in found) == DrainSlot.objects.count() == 3
        DrainSlot.objects.all().delete()


def test_a_place_that_was_left_is_free(broadcast, settings):
    settings.SEND_DRAINS = 1
    [slot] = take(broadcast)

    slots.leave(slot)

    assert take(broadcast) != [None]


def test_the_place_of_a_dead_sender_is_free_after_its_lease(broadcast, settings):
    settings.SEND_DRAINS = 1
    take(broadcast)
    before = take(broadcast)

    expire()

    assert before == [None]
    assert take(broadcast) != [None]
    assert DrainSlot.objects.count() == 1


def test_a_sign_of_life_keeps_the_place(broadcast, settings):
    settings.SEND_DRAINS = 1
    [slot] = take(broadcast)
    expire()

    is_kept = slots.keep(slot)

    assert is_kept
    assert take(broadcast) == [None]
    assert DrainSlot.objects.filter(lease__gt=Now() + timedelta(seconds=50)).exists()


def test_a_place_that_was_given_to_another_can_not_be_kept(broadcast, settings):
    settings.SEND_DRAINS = 1
    [slot] = take(broadcast)
    expire()
    take(broadcast)

    assert not slots.keep(slot)


def test_connections_are_given_out_until_there_are_none_left(broadcast, settings):
    settings.SEND_CONNECTIONS, settings.SEND_CONNECTIONS_IN_ALL = 10, 16

    assert [slot and slot.connections for slot in take(broadcast, 3)] == [10, 6, None]


def test_connections_of_a_dead_sender_are_given_out_again(broadcast, settings):
    settings.SEND_CONNECTIONS = settings.SEND_CONNECTIONS_IN_ALL = 10
    take(broadcast)
    expire()

    assert [slot.connections for slot in take(broadcast)] == [10]


def test_connections_to_another_relay_are_counted_apart(broadcast, settings):
    settings.SEND_CONNECTIONS = settings.SEND_CONNECTIONS_IN_ALL = 10
    take(broadcast)

    assert slots.take(broadcast, relay="other.example:25").connections == 10


def test_a_broadcast_leaves_others_that_wait_their_share_of_the_connections(broadcast, other, settings):
    settings.SEND_CONNECTIONS = settings.SEND_CONNECTIONS_IN_ALL = 10

    mine, theirs = take(broadcast, 2), take(other, 2)

    assert [slot and slot.connections for slot in mine + theirs] == [5, None, 5, None]


def test_a_broadcast_that_does_not_wait_has_no_share(broadcast, other, team, settings):
    settings.SEND_CONNECTIONS = settings.SEND_CONNECTIONS_IN_ALL = 10
    Broadcast.objects.filter(pk=other.pk).update(status="paused")
    make_broadcast(team=team, status="queued")

    assert [slot.connections for slot in take(broadcast)] == [10]


def test_with_more_broadcasts_than_connections_each_sender_has_one(broadcast, audience, settings):
    settings.SEND_CONNECTIONS = settings.SEND_CONNECTIONS_IN_ALL = 2
    others = [make_started_broadcast(audience=audience, name=f"Other {number}") for number in range(3)]

    found = [slots.take(each, relay=RELAY) for each in [*others, broadcast]]

    assert [slot and slot.connections for slot in found] == [1, 1, None, None]


@pytest.mark.django_db(transaction=True)
def test_a_bell_that_finds_no_place_changes_nothing_and_rings_no_other(
    broadcast, sink, settings, django_capture_on_commit_callbacks
):
    settings.SEND_DRAINS = 1
    slots.take(broadcast, relay=RELAY)

    with django_capture_on_commit_callbacks() as rung:
        tasks.drain(broadcast_id=broadcast.pk)

    broadcast.refresh_from_db()
    assert rung == []
    assert sink.counts.connections == 0
    assert (broadcast.status, broadcast.trouble) == ("sending", "")
    assert not broadcast.chunks.exclude(epoch=0).exists()


def test_the_sweep_rings_for_a_broadcast_only_while_it_has_a_place_free(broadcast, settings):
    settings.SEND_DRAINS = 1
    found = []

    found.append(list(sending.neglected()))
    take(broadcast)
    found.append(list(sending.neglected()))
    expire()
    found.append(list(sending.neglected()))

    assert found == [[broadcast], [], [broadcast]]


@pytest.mark.django_db(transaction=True)
def test_a_drain_leaves_its_place_however_it_ends(broadcast, sink, monkeypatch):
    def break_down(*_):
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(sending, "_drained", break_down)
        with pytest.raises(MemoryError):
            sending.drain(broadcast)
    after_the_fault = DrainSlot.objects.count()
    sending.drain(broadcast)

    assert (after_the_fault, DrainSlot.objects.count()) == (0, 0)
    assert len(sink.messages) == 3


@pytest.mark.django_db(transaction=True)
def test_a_sender_whose_place_was_given_away_ends(audience, sink, settings):
    settings.SEND_LEASE = 0.6
    settings.SEND_CONNECTIONS = 1
    sink.faults.answer_after = 0.05
    make_contacts(audience=audience, number=100)
    broadcast = make_started_broadcast(audience=audience)

    def give_its_place_away(address):
        if address == "person3@example.test":
            in_another_connection(DrainSlot.objects.all().delete)

    sink.faults.refuse_recipient = give_its_place_away
    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert broadcast.status == "sending"
    assert 3 < len(sink.messages) < 100
