"""Several broadcasts share the workers, and nothing short waits for a broadcast."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db.models import Value
from django.db.models.functions import Concat

from broadcasts import ledger, ringing, sending, slots, tasks
from broadcasts.models import Broadcast, Chunk
from config.celery import app
from config.running import Programs
from contacts.models import Contact
from lib import bells
from lib.processes import Roster
from tests.broadcasts.elsewhere import drain_in_a_thread
from tests.factories import make_audience, make_contacts, make_started_broadcast

transactional = pytest.mark.django_db(transaction=True)
NUMBER = 40


@pytest.fixture
def hurried(settings, monkeypatch, sink):
    """A sender that would take ten times its shared slice, and that soon notices who waits."""
    monkeypatch.setattr(ledger, "LOOK_EVERY", 0.05)
    settings.SEND_CONNECTIONS = 1
    settings.SEND_SLICE, settings.SEND_SLICE_SHARED = 30.0, 0.2
    sink.faults.answer_after = 0.02


def started(team, name):
    audience = make_audience(team=team, name=name)
    make_contacts(audience=audience, number=NUMBER)
    Contact.objects.filter(audience=audience).update(email=Concat(Value(name.lower()), "email"))
    return make_started_broadcast(audience=audience, name=name)


@pytest.fixture
def first(team):
    return started(team, "First")


@pytest.fixture
def second(team):
    return started(team, "Second")


@transactional
@pytest.mark.usefixtures("hurried")
def test_a_drain_makes_room_soon_when_another_broadcast_waits(first, second, sink):
    more = sending.drain(first)

    assert more is True
    assert 0 < len(sink.messages) < NUMBER / 2
    assert Chunk.objects.get(broadcast=first).state == Chunk.State.OPEN


@transactional
@pytest.mark.usefixtures("hurried")
def test_a_drain_alone_takes_its_whole_slice(first, sink):
    assert sending.drain(first) is False

    assert len(sink.messages) == NUMBER


@transactional
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("case", ["paused", "in hand", "due later", "done"])
def test_a_drain_makes_no_room_for_a_broadcast_that_does_not_wait(first, second, sink, case):
    if case == "in hand":
        slots.take(second, relay="relay.example:25")
    elif case == "paused":
        Broadcast.objects.filter(pk=second.pk).update(status="paused")
    elif case == "due later":
        Chunk.objects.filter(broadcast=second).update(due_at="2099-01-01T00:00Z")
    else:
        Chunk.objects.filter(broadcast=second).update(state=Chunk.State.CLOSED)

    assert sending.drain(first) is False

    assert len(sink.messages) == NUMBER


@transactional
@pytest.mark.usefixtures("hurried")
def test_with_one_worker_two_broadcasts_take_turns(first, second, sink, monkeypatch):
    """Bells queue up as they do for a worker with one process."""
    queue = deque()
    monkeypatch.setattr(bells, "ring", lambda task, *, in_seconds, **ids: queue.append((task, ids)))
    for broadcast in (first, second):
        ringing.ring(tasks.drain, broadcast_id=broadcast.pk)

    turns = []
    while queue:
        task, ids = queue.popleft()
        before = len(sink.messages)
        task(**ids)
        turns.append((ids["broadcast_id"], len(sink.messages) - before))

    assert set(Broadcast.objects.values_list("status", flat=True)) == {"sent"}
    assert len(set(sink.accepted_addresses())) == len(sink.messages) == 2 * NUMBER
    names = [broadcast_id for broadcast_id, _ in turns]
    assert names[:4] == [first.pk, second.pk, first.pk, second.pk]
    assert all(number < NUMBER / 2 for _, number in turns[:2])


@transactional
@pytest.mark.usefixtures("hurried")
def test_a_test_goes_out_while_a_broadcast_is_under_way(first, sink):
    with ThreadPoolExecutor(1) as thread:
        draining = thread.submit(drain_in_a_thread, first)
        while len(sink.messages) < 3:
            assert not draining.done()
        tasks.send_test(broadcast_id=first.pk, to="me@northwind.example", contact_id=None)
        arrived = len(sink.messages)
        draining.result(20)

    assert "me@northwind.example" in sink.accepted_addresses()[:arrived]
    assert arrived < NUMBER


def queue_of(task):
    return app.amqp.router.route({}, task.name)["queue"].name


def test_tests_and_broadcasts_wait_in_queues_of_their_own():
    assert queue_of(tasks.send_test) == "mail"
    assert queue_of(tasks.drain) == "sending"
    assert queue_of(tasks.start) == queue_of(tasks.cancel_rest) == queue_of(tasks.tally) == "ledger"
    assert queue_of(tasks.sweep) == "default"


def test_each_queue_has_a_worker_and_what_takes_long_has_one_of_its_own(tmp_path):
    programs = Programs(Roster(tmp_path / "roster"), checkout=Path(configured.BASE_DIR), var=tmp_path, environment={})

    consumers = {}
    for worker in programs.workers():
        command = worker.program.command
        for queue in command[command.index("--queues") + 1].split(","):
            assert queue not in consumers
            consumers[queue] = worker.name

    assert set(consumers) == {"default", "mail", "ledger", "importing", "dns", "sending"}
    assert len({consumers[queue] for queue in ("default", "ledger", "importing", "dns", "sending")}) == 5
    assert consumers["mail"] not in {consumers[queue] for queue in ("ledger", "importing", "dns", "sending")}
