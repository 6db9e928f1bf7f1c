"""Senders that die, freeze and compete: nobody is lost, and whoever may have been mailed twice is listed."""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from broadcasts import auditing, claiming, freezing, reading_ahead, ringing, sending, slots, tasks
from broadcasts.claiming import Claim
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.outcomes import Code
from contacts import subscribing
from contacts.models import Contact
from tests.broadcasts.elsewhere import drain_elsewhere, drain_in_a_thread, drain_to_the_end, in_another_connection
from tests.factories import NOON, make_broadcast, make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 4


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 20)


def test_kill9_duplicates_le_k_and_listed(audience, sink):
    make_contacts(audience=audience, number=50)
    broadcast = make_started_broadcast(audience=audience)
    worker = drain_elsewhere(broadcast, sink, SEND_LEASE="1", SEND_CONNECTIONS=str(CONNECTIONS))
    while len(sink.messages) < 27:
        assert worker.poll() is None
        time.sleep(0.001)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    drain_to_the_end(broadcast)

    number_of = Counter(sink.accepted_addresses())
    doubled = {address for address, number in number_of.items() if number > 1}
    listed = set(Email.objects.filter(maybe_twice=True).values_list("address", flat=True))
    assert len(number_of) == 50
    assert sum(number_of.values()) - 50 <= CONNECTIONS
    assert doubled <= listed
    assert len(listed) <= CONNECTIONS
    assert list(auditing.discrepancies()) == []


def test_a_sender_killed_before_the_answer_leaves_exactly_that_one_in_doubt(audience, sink):
    make_contacts(audience=audience, number=5)
    broadcast = make_started_broadcast(audience=audience)
    worker = drain_elsewhere(broadcast, sink, SEND_LEASE="1")

    def kill_at_the_third(address):
        if address == "person2@example.test":
            os.kill(worker.pid, signal.SIGKILL)

    sink.faults.refuse_recipient = kill_at_the_third
    worker.wait(20)
    sink.faults.refuse_recipient = None
    drain_to_the_end(broadcast)

    # The third's envelope came along with the second's message; the answer to that was committed, or it wasn't.
    expected = [f"person{number}@example.test" for number in range(5)]
    [in_doubt] = Email.objects.filter(maybe_twice=True).values_list("address", flat=True)
    doubled = sorted((Counter(sink.accepted_addresses()) - Counter(expected)).elements())
    assert in_doubt in expected[1:3]
    assert set(sink.accepted_addresses()) == set(expected)
    assert doubled in ([], [in_doubt])


def test_a_sender_whose_chunk_was_taken_over_stops_at_once(audience, sink):
    make_contacts(audience=audience, number=4)
    broadcast = make_started_broadcast(audience=audience)
    taken_until = timezone.now() + timedelta(minutes=1)

    def take_over_at_the_second(address):
        if address == "person1@example.test":
            in_another_connection(lambda: Chunk.objects.update(epoch=7, lease=taken_until))

    sink.faults.refuse_recipient = take_over_at_the_second
    sending.drain(broadcast)
    sink.faults.refuse_recipient = None

    words = [each.status_word for each in Email.objects.order_by("pk")]
    assert len(sink.messages) < 4
    assert words == ["queued"] * 4
    assert Chunk.objects.get().epoch == 7


def test_the_new_owner_sends_the_one_in_doubt_again_and_lists_it(audience, sink):
    make_contacts(audience=audience, number=3)
    broadcast = make_started_broadcast(audience=audience)
    out = bytes([Code.SENT, Code.IN_FLIGHT, Code.NOT_TRIED])
    Chunk.objects.update(state=Chunk.State.LEASED, lease=NOON - timedelta(days=400), out=out)

    sending.drain(broadcast)

    assert sink.accepted_addresses() == ["person1@example.test", "person2@example.test"]
    assert [each.address for each in Email.objects.filter(maybe_twice=True)] == ["person1@example.test"]


def claim(broadcast):
    claiming.claim(broadcast)


def give_back(broadcast):
    [(pk, lo, hi, epoch)] = Chunk.objects.values_list("pk", "lo", "hi", "epoch")
    claiming.release(Claim(broadcast.pk, pk, lo, hi, epoch), team=broadcast.team)


def take_slot(broadcast):
    slots.take(broadcast, relay="smtp://relay.example:25")


def ring(broadcast):
    ringing.ring(tasks.drain, broadcast_id=broadcast.pk)


def open_transactions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize("work", [claim, give_back, take_slot, ring])
def test_a_sender_frozen_inside_a_transaction_loses_its_locks(audience, settings, work):
    settings.SEND_LEASE = 0.2
    make_contacts(audience=audience, number=1)
    broadcast = make_started_broadcast(audience=audience)
    is_frozen, wakes = threading.Event(), threading.Event()

    def freeze_within():
        with closing(connection), transaction.atomic():
            work(broadcast)
            is_frozen.set()
            wakes.wait(60)

    with ThreadPoolExecutor(1) as thread:
        sender = thread.submit(freeze_within)
        is_frozen.wait(20)
        deadline = time.monotonic() + 20
        while open_transactions() and time.monotonic() < deadline:
            time.sleep(0.05)
        still_open = open_transactions()
        wakes.set()

    assert still_open == 0
    assert isinstance(sender.exception(), Error)


def test_a_relay_that_answers_late_costs_nobody_the_chunk(audience, sink, settings):
    settings.SEND_LEASE = 0.6
    sink.faults.answer_after = 1.5
    make_contacts(audience=audience, number=1)
    broadcast = make_started_broadcast(audience=audience)

    with ThreadPoolExecutor(1) as thread:
        draining = thread.submit(drain_in_a_thread, broadcast)
        while not draining.done():
            assert not Chunk.objects.filter(state=Chunk.State.LEASED, lease__lt=Now()).exists()
            time.sleep(0.05)

    assert draining.result() is False
    assert Chunk.objects.get().epoch == 1
    assert sink.accepted_addresses() == ["person0@example.test"]


def test_a_second_bell_does_not_wait_for_the_one_that_freezes(audience):
    make_contacts(audience=audience, number=2)
    queued = make_broadcast(team=audience.team, audience=audience, status="queued")
    answers = []

    with transaction.atomic():
        Broadcast.objects.select_for_update().get(pk=queued.pk)
        in_another_connection(lambda: answers.append(freezing.freeze(queued)))

    assert answers == [False]
    assert freezing.freeze(queued) is True


def test_two_drains_at_once_send_to_each_recipient_once(audience, sink):
    make_contacts(audience=audience, number=120)
    broadcast = make_started_broadcast(audience=audience)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(drain_in_a_thread, [broadcast, broadcast]))

    broadcast.refresh_from_db()
    assert set(Counter(sink.accepted_addresses()).values()) == {1}
    assert len(sink.messages) == 120
    assert not Email.objects.filter(maybe_twice=True).exists()
    assert len({message.connection for message in sink.messages}) > 1
    assert broadcast.status == "sent"


def test_an_unsubscribe_while_the_broadcast_is_under_way_is_honoured(audience, sink, monkeypatch):
    monkeypatch.setattr(reading_ahead, "FRESH", 0.05)
    sink.faults.answer_after = 0.2
    contact = make_contacts(audience=audience, number=5)[3]
    broadcast = make_started_broadcast(audience=audience)

    def unsubscribe_the_fourth(address):
        if address == "person1@example.test":
            in_another_connection(
                lambda: subscribing.unsubscribe(contact_id=contact.pk, at=NOON, why=subscribing.Why.RECIPIENT, actor="")
            )

    sink.faults.refuse_recipient = unsubscribe_the_fourth
    sending.drain(broadcast)

    assert "person3@example.test" not in sink.accepted_addresses()
    assert Email.objects.get(contact_id=contact.pk).reply == "Unsubscribed before it was sent."
    assert Contact.objects.get(pk=contact.pk).status_word == "unsubscribed"
