"""Never more than a few seconds of work are read ahead, and nothing is sent on what was read too long ago."""

import asyncio
import threading

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from audiences.models import Audience
from broadcasts import claiming, reading_ahead, sending
from broadcasts.bookkeeping import Books
from broadcasts.claiming import Claim, Waiting
from broadcasts.gate import Chunk as Held
from broadcasts.letters import Letters
from broadcasts.models import Chunk, Email
from broadcasts.reading_ahead import AHEAD, FRESH, LARGEST_SLICE, SMALLEST_SLICE, Reader
from contacts import deleting, subscribing
from contacts.models import Suppression
from tests.broadcasts.elsewhere import in_another_connection
from tests.factories import NOON, make_contacts, make_started_broadcast


class Gate:
    """Holds what a reader claims; commits nothing."""

    def __init__(self):
        self.held = {}
        self.touched = []

    def hold(self, chunk):
        self.held[chunk.claim.chunk_id] = chunk

    def touch(self, chunk):
        self.touched.append(chunk)


def reading(broadcast, scenario):
    """Run a scenario with a reader at work, its letters, and those that must not be sent to."""

    async def run():
        letters, obstructed, books = Letters(), [], Books()
        reader = Reader(
            broadcast,
            books=books,
            gate=Gate(),
            letters=letters,
            obstructed=lambda _, waiting: obstructed.append(waiting),
            loaded=lambda: None,
        )
        task = asyncio.create_task(reader.run())
        try:
            return await asyncio.wait_for(scenario(reader, letters, obstructed), 10)
        finally:
            reader.stop()
            await task
            await books.close()

    return asyncio.run(run())


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


def reader_of(broadcast):
    async def make():
        return Reader(broadcast, books=None, gate=None, letters=Letters(), obstructed=None, loaded=None)

    return asyncio.run(make())


@pytest.mark.parametrize("rate", [1, 3, 10, 100, 400, 5_000])
def test_what_is_read_ahead_is_no_more_than_the_work_of_some_seconds(rate):
    reader = reader_of(None)

    reader.pace(float(rate))

    # What is queued when the next slice is read is less than a slice.
    most = 2 * reader.slice
    assert most <= max(rate * FRESH, 2 * SMALLEST_SLICE)
    assert reader.slice == min(max(rate * AHEAD, SMALLEST_SLICE), LARGEST_SLICE)


@pytest.mark.django_db(transaction=True)
def test_a_reader_whose_letters_nobody_takes_stops_reading(audience):
    make_contacts(audience=audience, number=200)
    broadcast = make_started_broadcast(audience=audience)

    async def scenario(reader, letters, _):
        reader.pace(10.0)
        await until(lambda: letters)
        await asyncio.sleep(0.2)
        return len(letters)

    assert 20 <= reading(broadcast, scenario) <= 40


@pytest.mark.django_db(transaction=True)
def test_a_reader_goes_on_when_letters_are_taken(audience):
    make_contacts(audience=audience, number=200)
    broadcast = make_started_broadcast(audience=audience)

    async def scenario(reader, letters, _):
        reader.pace(10.0)
        taken = []
        while len(taken) < 200:
            await until(lambda: letters)
            taken.append(letters.next(0.0).email_id)
            reader.nudge()
            assert len(letters) <= 40
        return taken

    taken = reading(broadcast, scenario)

    assert taken == list(Email.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_drain_that_ends_while_something_is_being_read_takes_none_of_it(audience, monkeypatch):
    make_contacts(audience=audience, number=3)
    broadcast = make_started_broadcast(audience=audience)
    asked, may_answer, read = threading.Event(), threading.Event(), claiming.read

    def read_slowly(*args, **kwargs):
        asked.set()
        may_answer.wait(10)
        return read(*args, **kwargs)

    monkeypatch.setattr(claiming, "read", read_slowly)

    async def scenario(reader, letters, _):
        await until(asked.is_set)
        reader.stop()
        letters.clear()
        may_answer.set()
        await asyncio.sleep(0.1)
        return len(letters)

    assert reading(broadcast, scenario) == 0


@pytest.mark.django_db(transaction=True)
def test_what_became_stale_while_more_was_being_read_is_read_again_as_well(audience, monkeypatch):
    make_contacts(audience=audience, number=30)
    broadcast = make_started_broadcast(audience=audience)
    calls, read = [], claiming.read

    def read_at_last(*args, **kwargs):
        calls.append(kwargs["after"])
        if len(calls) == 2:
            stale.set()
            went_stale.wait(10)
        return read(*args, **kwargs)

    stale, went_stale = threading.Event(), threading.Event()
    monkeypatch.setattr(claiming, "read", read_at_last)

    async def scenario(reader, letters, _):
        reader.pace(1.0)
        await until(lambda: letters)
        letters.next(0.0)
        reader.nudge()
        await until(stale.is_set)
        # Long after: all that is queued is stale.
        assert letters.next(float("inf")) is None
        went_stale.set()
        taken = []
        while len(taken) < 29:
            await until(lambda: letters)
            taken.append(letters.next(0.0).email_id)
            reader.nudge()
        return taken

    assert reading(broadcast, scenario) == list(Email.objects.order_by("pk").values_list("pk", flat=True))[1:]


def chunk_of(number):
    return Held(Claim(1, 1, 1, number, 1), deadline=0.0)


def rows(*ids):
    return [Waiting(each, f"p{each}@x.test", None, None, None, None) for each in ids]


def test_letters_are_taken_while_they_are_fresh_and_read_again_when_they_are_not():
    letters, chunk = Letters(), chunk_of(3)
    letters.load(chunk, rows(1, 2, 3), stale_at=5.0)
    first = letters.next(5.0)

    second = letters.next(5.1)

    assert (first.email_id, second, len(letters)) == (1, None, 0)
    assert list(letters.to_read) == [chunk]
    assert (chunk.cursor, chunk.open, bytes(chunk.loaded)) == (1, 1, b"\1\0\0")


def test_a_stale_letter_takes_only_those_of_its_own_chunk_with_it():
    letters, old, new = Letters(), chunk_of(2), Held(Claim(1, 2, 3, 4, 1), deadline=0.0)
    letters.load(old, rows(1, 2), stale_at=5.0)
    letters.load(new, rows(3, 4), stale_at=9.0)

    letter = letters.next(6.0)

    assert letter.email_id == 3
    assert list(letters.to_read) == [old]


def unsubscribe(contact):
    subscribing.unsubscribe(contact_id=contact.pk, at=NOON, why=subscribing.Why.RECIPIENT, actor="")


def suppress(contact):
    Suppression.objects.create(team=contact.audience.team, address=contact.email, reason="manual")


def delete(contact):
    deleting.delete(audience=contact.audience, contact_ids=[contact.pk])


def delete_audience(contact):
    Audience.objects.filter(pk=contact.audience_id).update(deleted_at=timezone.now())


LEAVING = {
    unsubscribe: "Unsubscribed before it was sent.",
    suppress: "The address was suppressed before it was sent.",
    delete: "The contact was deleted before it was sent.",
    delete_audience: "The audience was deleted before it was sent.",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leave", LEAVING)
def test_who_leaves_while_it_is_under_way_is_skipped(audience, sink, settings, monkeypatch, leave):
    monkeypatch.setattr(reading_ahead, "FRESH", 0.05)
    settings.SEND_CONNECTIONS = 1
    sink.faults.answer_after = 0.1
    contacts = make_contacts(audience=audience, number=6)
    broadcast = make_started_broadcast(audience=audience)

    def leave_at_the_second(address):
        if address == contacts[1].email:
            in_another_connection(lambda: leave(contacts[5]))

    sink.faults.refuse_recipient = leave_at_the_second
    drain(broadcast)

    assert contacts[5].email not in sink.accepted_addresses()
    assert Email.objects.get(address=contacts[5].email).reply == LEAVING[leave]
    assert Email.objects.get(address=contacts[5].email).status_word == "skipped"
    assert sink.accepted_addresses()[0] == contacts[0].email


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("no_pipelining", [False, True])
def test_who_leaves_while_the_relay_has_no_more_than_the_envelope_is_skipped(
    audience, sink, settings, monkeypatch, leave, no_pipelining
):
    monkeypatch.setattr(reading_ahead, "FRESH", 0.2)
    settings.SEND_CONNECTIONS = 1
    sink.faults.no_pipelining = no_pipelining
    contacts = make_contacts(audience=audience, number=3)
    broadcast = make_started_broadcast(audience=audience)

    def leave_and_wait(address):
        if address == contacts[1].email and not gone:
            gone.append(address)
            in_another_connection(lambda: leave(contacts[1]))
            threading.Event().wait(0.4)

    gone = []
    sink.faults.refuse_recipient = leave_and_wait
    drain(broadcast)

    assert contacts[1].email not in sink.accepted_addresses()
    assert Email.objects.get(address=contacts[1].email).reply == LEAVING[leave]
    expected = [contacts[0].email] if leave is delete_audience else [contacts[0].email, contacts[2].email]
    assert sink.accepted_addresses() == expected
    assert not Email.objects.filter(maybe_twice=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_letter_waits_at_the_gate_while_its_contact_can_not_be_read(audience, sink, settings, monkeypatch):
    monkeypatch.setattr(reading_ahead, "FRESH", 0.05)
    settings.SEND_CONNECTIONS = 1
    make_contacts(audience=audience, number=2)
    broadcast = make_started_broadcast(audience=audience)
    sink.faults.refuse_recipient = lambda _: threading.Event().wait(0.1) or None
    looked, read = [], claiming.read

    def fail_at_first(held, *, after, most):
        if most == 1:
            looked.append(after)
            if len(looked) < 3:
                raise OperationalError("away")
        return read(held, after=after, most=most)

    monkeypatch.setattr(claiming, "read", fail_at_first)
    drain(broadcast)

    assert looked[0] == looked[1] == looked[2]
    assert len(sink.messages) == 2
    assert set(Email.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_takes_longer_over_each_envelope_than_anything_is_fresh_still_gets_all(
    audience, sink, settings, monkeypatch
):
    monkeypatch.setattr(reading_ahead, "FRESH", 0.02)
    settings.SEND_CONNECTIONS = 1
    make_contacts(audience=audience, number=4)
    broadcast = make_started_broadcast(audience=audience)
    sink.faults.refuse_recipient = lambda _: threading.Event().wait(0.06) or None

    drain(broadcast)

    assert len(sink.messages) == 4
    assert {message.connection for message in sink.messages} == {1}
    assert set(Email.objects.values_list("attempts", flat=True)) == {1}


def drain(broadcast):
    while Chunk.objects.unfinished().exists():
        sending.drain(broadcast)


@pytest.fixture(autouse=True)
def _threads_leave_no_connection():
    yield
    database.close()


def test_what_is_read_holds_for_five_seconds():
    assert FRESH == 5.0
