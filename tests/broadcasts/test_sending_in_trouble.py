"""A relay that is away, hangs up, or refuses us, and faults of our own: words for people, and an end to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.utils import timezone

from broadcasts import auditing, claiming, failing, freezing, sending
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.outcomes import Code
from contacts import suppressing
from contacts.models import Suppression
from mail.compiling import Compiled
from tests.broadcasts.ledger import everything_due, fetched, refusing, statuses
from tests.factories import make_contacts, make_started_broadcast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_waiting")]
ADA, BEN, CAT = (f"person{number}@example.test" for number in range(3))


def test_while_the_relay_is_down_the_broadcast_waits_and_says_so_in_words(broadcast, sink):
    sink.stop()

    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert broadcast.status == "sending"
    assert "refuses connections" in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 3
    assert set(Email.objects.values_list("attempts", "maybe_twice")) == {(0, False)}
    assert Chunk.objects.get().due_at > timezone.now()


def test_it_goes_on_by_itself_when_the_relay_is_back(broadcast, sink):
    sink.stop()
    sending.drain(broadcast)
    sink.start()
    everything_due()

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert sink.accepted_addresses() == [ADA, BEN, CAT]
    assert (broadcast.status, broadcast.trouble) == ("sent", "")


@pytest.mark.parametrize("reply", ["451 4.7.1 Slow down", "530 5.7.0 Sign in"])
def test_a_refused_sender_is_trouble_of_the_relay_and_nobodys_bounce(broadcast, sink, reply):
    sink.faults.refuse_sender = reply

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert reply.partition(" ")[2] in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 3
    assert set(Email.objects.values_list("attempts", flat=True)) == {0}


def test_a_sender_refused_for_good_before_anything_was_sent_fails_the_broadcast(broadcast, sink):
    sink.faults.refuse_sender = "550 5.7.1 Sender not allowed"

    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert broadcast.status == "failed"
    assert "550 5.7.1 Sender not allowed" in broadcast.failure
    assert statuses(broadcast) == ["failed"] * 3
    assert list(auditing.discrepancies()) == []


@pytest.mark.parametrize("earlier", [{"status": Email.Status.SENT}, {"maybe_twice": True}])
def test_a_sender_refused_later_on_waits_and_says_what_to_do(broadcast, sink, earlier):
    Email.objects.filter(address=CAT).update(**earlier)
    sink.faults.refuse_sender = "550 5.7.1 Sender not allowed"

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert broadcast.status == "sending"
    assert broadcast.trouble.endswith("550 5.7.1 Sender not allowed Allow this sender at the relay.")
    assert statuses(broadcast)[:2] == ["queued", "queued"]
    assert fetched(broadcast, ADA).attempts == 0


def test_it_does_not_fail_while_another_sender_holds_a_part_of_it(broadcast, sink):
    """Nor when that one died: what it did is in its chunk's bytes, and the ledger doesn't tell of it yet."""
    claiming.claim(broadcast)
    Chunk.objects.update(out=bytes([Code.SENT, Code.IN_FLIGHT, Code.NOT_TRIED]))

    assert failing.fail_unsent(broadcast, reason="550 5.7.1 Sender not allowed") is False
    Chunk.objects.update(lease=timezone.now() - timedelta(seconds=1))
    assert failing.fail_unsent(broadcast, reason="550 5.7.1 Sender not allowed") is False

    broadcast.refresh_from_db()
    assert (broadcast.status, broadcast.failure) == ("sending", "")
    assert statuses(broadcast) == ["queued"] * 3


def test_a_refused_sender_fails_nothing_that_another_sender_may_have_sent(audience, sink, monkeypatch):
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 2)
    make_contacts(audience=audience, number=4)
    broadcast = make_started_broadcast(audience=audience)
    claiming.claim(broadcast)
    Chunk.objects.filter(state=Chunk.State.LEASED).update(out=bytes([Code.SENT, Code.IN_FLIGHT]))
    sink.faults.refuse_sender = "550 5.7.1 Sender not allowed"

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert broadcast.status == "sending"
    assert "Allow this sender at the relay" in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 4


@pytest.mark.parametrize("status", ["paused", "canceled"])
def test_what_was_stopped_meanwhile_is_left_as_it_is(broadcast, status):
    Broadcast.objects.update(status=status)

    assert failing.fail_unsent(broadcast, reason="550 5.7.1 Sender not allowed") is False

    assert statuses(broadcast) == ["queued"] * 3
    assert Chunk.objects.get().state == Chunk.State.OPEN


def test_a_fault_of_the_ledger_that_would_come_again_ends_the_drain_in_its_own_words(broadcast, sink):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE broadcasts_email ADD CONSTRAINT never_sent CHECK (status <> 2)")
    try:
        with pytest.raises(IntegrityError):
            sending.drain(broadcast)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE broadcasts_email DROP CONSTRAINT never_sent")

    broadcast.refresh_from_db()
    assert broadcast.trouble == "Carillon itself failed (IntegrityError); its log says more."
    assert len(sink.messages) == 3
    Chunk.objects.update(lease=timezone.now() - timedelta(seconds=1), due_at=None)
    sending.drain(Broadcast.objects.get())
    assert statuses(broadcast) == ["sent"] * 3
    assert len(sink.messages) == 3


def test_a_limit_that_can_not_be_reserved_ends_the_drain_in_its_own_words(broadcast, sink, settings):
    settings.SEND_PER_HOUR = 1000
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE broadcasts_transport RENAME hour_used TO hour_lost")
    try:
        with pytest.raises(ProgrammingError):
            sending.drain(broadcast)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE broadcasts_transport RENAME hour_lost TO hour_used")

    broadcast.refresh_from_db()
    assert "ProgrammingError" in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 3


def test_every_bad_address_of_a_large_broadcast_is_suppressed(audience, sink):
    make_contacts(audience=audience, number=1_200)
    broadcast = make_started_broadcast(audience=audience)
    sink.faults.refuse_recipient = lambda address: "550 5.1.1 No such mailbox" if "7@" in address else None

    while sending.drain(broadcast):
        pass

    bounced = set(broadcast.emails.filter(status=Email.Status.BOUNCED).values_list("address", flat=True))
    assert len(bounced) == 120
    assert set(Suppression.objects.values_list("address", flat=True)) == bounced
    assert list(auditing.discrepancies()) == []


def test_a_relay_that_stops_answering_is_given_up_after_the_set_time(broadcast, sink, settings):
    settings.SMTP_TIMEOUT = settings.SMTP_DATA_TIMEOUT = 0.2
    sink.faults.stall_at = "MAIL"

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert "didn't answer within 0.2 seconds" in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 3


def test_a_relay_url_that_cannot_be_read_is_said_in_words(broadcast, settings):
    settings.SMTP_URL = "gopher://relay.example"

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert "smtp://" in broadcast.trouble


def test_a_lost_reply_marks_the_message_as_maybe_sent_twice(broadcast, sink):
    sink.faults.lose_reply_every = 2
    sending.drain(broadcast)
    doubtful = fetched(broadcast, BEN)
    assert (doubtful.status_word, doubtful.maybe_twice, doubtful.attempts) == ("queued", True, 1)
    assert fetched(broadcast, CAT).status_word == "sent"

    sink.faults.lose_reply_every = 0
    everything_due()
    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, BEN, CAT, BEN]
    assert list(Email.objects.filter(maybe_twice=True)) == [doubtful]
    assert statuses(broadcast) == ["sent"] * 3


def test_when_the_reply_is_lost_twice_a_person_decides(broadcast, sink):
    sink.faults.lose_reply_every = 1
    for _ in range(9):
        sending.drain(broadcast)
        everything_due()

    broadcast.refresh_from_db()
    assert sorted(sink.accepted_addresses()) == [ADA, ADA, BEN, BEN, CAT, CAT]
    assert statuses(broadcast) == ["held"] * 3
    assert set(Email.objects.values_list("maybe_twice", "attempts")) == {(True, 2)}
    assert broadcast.status == "sent"
    assert list(auditing.discrepancies()) == []


def test_a_relay_that_takes_few_messages_per_connection_is_no_trouble(broadcast, sink):
    sink.faults.messages_per_connection = 1

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert sink.accepted_addresses() == [ADA, BEN, CAT]
    assert (broadcast.status, broadcast.trouble) == ("sent", "")


def test_a_message_on_which_the_relay_breaks_down_does_not_hold_up_the_others(broadcast, sink):
    sink.faults.drop_in_data_every = 1
    sending.drain(broadcast)
    sink.faults.drop_in_data_every = 0
    Chunk.objects.update(due_at=None)

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [BEN, CAT]
    assert statuses(broadcast) == ["queued", "sent", "sent"]


def test_messages_on_which_the_relay_breaks_down_each_time_fail_in_the_end(broadcast, sink, settings):
    settings.SMTP_TIMEOUT = 0.1
    sink.faults.stall_at = "RCPT"
    for _ in range(20):
        sending.drain(broadcast)
        everything_due()

    broadcast.refresh_from_db()
    assert statuses(broadcast) == ["failed"] * 3
    assert "didn't answer" in fetched(broadcast, ADA).reply
    assert broadcast.status == "sent"
    assert not Email.objects.filter(maybe_twice=True).exists()


@pytest.mark.parametrize(
    ("setting", "value"), [("PUBLIC_URL", "https://é.example"), ("RETURN_PATH_DOMAIN", "not a domain")]
)
def test_a_fault_of_the_installation_is_said_in_words_and_is_nobodys_failure(broadcast, sink, settings, setting, value):
    setattr(settings, setting, value)

    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert setting in broadcast.trouble
    assert statuses(broadcast) == ["queued"] * 3
    assert Chunk.objects.get().epoch == 0


def test_what_nobody_foresaw_is_said_in_words_and_tried_again_later(broadcast, sink, monkeypatch):
    fill = Compiled.fill

    def break_down(compiled, recipient, *, at):
        if recipient.email == BEN:
            raise MemoryError
        return fill(compiled, recipient, at=at)

    monkeypatch.setattr(Compiled, "fill", break_down)
    with pytest.raises(MemoryError):
        sending.drain(broadcast)

    broadcast.refresh_from_db()
    doubtful = fetched(broadcast, BEN)
    assert "MemoryError" in broadcast.trouble
    assert statuses(broadcast) == ["sent", "queued", "queued"]
    assert (doubtful.attempts, doubtful.maybe_twice) == (1, False)
    assert Chunk.objects.get().state == Chunk.State.OPEN
    assert Chunk.objects.get().due_at > timezone.now()


def test_nobody_is_bounced_in_the_ledger_before_the_address_is_suppressed(broadcast, sink, monkeypatch):
    def break_down(**_):
        raise RuntimeError

    with monkeypatch.context() as broken, refusing(sink, ADA, "550 5.1.1 No such mailbox"):
        broken.setattr(suppressing, "suppress_all", break_down)
        with pytest.raises(RuntimeError):
            sending.drain(broadcast)

    assert statuses(broadcast) == ["queued"] * 3
    Chunk.objects.update(lease=timezone.now() - timedelta(seconds=1))
    sending.drain(broadcast)

    assert statuses(broadcast) == ["bounced", "sent", "sent"]
    assert sink.accepted_addresses() == [BEN, CAT]
    assert [each.address for each in Suppression.objects.all()] == [ADA]
