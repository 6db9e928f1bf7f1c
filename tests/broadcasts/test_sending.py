"""What becomes of each recipient while the relay is well; trouble and crashes are in modules of their own."""

import email
import email.policy
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import Audience
from broadcasts import freezing, sending
from broadcasts.models import Broadcast, Chunk, Email
from contacts import deleting, subscribing
from contacts.models import Contact, Suppression
from tests.broadcasts.ledger import everything_due, fetched, refusing, statuses
from tests.factories import NOON, make_audience, make_contact, make_contacts, make_started_broadcast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_waiting")]
ADA, BEN, CAT = (f"person{number}@example.test" for number in range(3))


def test_everybody_gets_one_message_and_the_broadcast_is_sent(broadcast, sink):
    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert sink.accepted_addresses() == [ADA, BEN, CAT]
    assert statuses(broadcast) == ["sent"] * 3
    assert broadcast.status == "sent"
    assert broadcast.sent_at is not None


def test_one_connection_carries_them_all(broadcast, sink):
    sending.drain(broadcast)

    assert {message.connection for message in sink.messages} == {1}


def test_the_ledger_keeps_what_the_relay_said_and_when(broadcast, sink):
    sending.drain(broadcast)

    sent = fetched(broadcast, ADA)
    assert (sent.reply, sent.attempts) == ("250 2.0.0 Message taken", 1)
    assert timezone.now() - sent.sent_at < timedelta(minutes=1)


def test_each_message_is_personal_and_carries_its_own_unsubscribe_link(broadcast, sink):
    sending.drain(broadcast)

    received = email.message_from_bytes(sink.messages[1].data, policy=email.policy.default)
    link = received["List-Unsubscribe"].strip("<>")
    assert "Hello Person 1" in received.get_body(("html",)).get_content()
    assert link in received.get_body(("html",)).get_content()
    assert link in received.get_body(("plain",)).get_content()
    assert len({email.message_from_bytes(each.data)["List-Unsubscribe"] for each in sink.messages}) == 3


def test_who_unsubscribed_in_the_meantime_is_skipped_with_the_reason(broadcast, sink):
    contact = Contact.objects.get(email=BEN)
    subscribing.unsubscribe(contact_id=contact.pk, at=NOON, why=subscribing.Why.RECIPIENT, actor="")

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, CAT]
    assert statuses(broadcast) == ["sent", "skipped", "sent"]
    assert fetched(broadcast, BEN).reply == "Unsubscribed before it was sent."


def test_a_deleted_contact_is_skipped_with_the_reason(broadcast, audience, sink):
    deleting.delete(audience=audience, contact_ids=[Contact.objects.get(email=ADA).pk])

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [BEN, CAT]
    assert fetched(broadcast, ADA).reply == "The contact was deleted before it was sent."


def test_a_suppressed_address_is_skipped_with_the_reason(broadcast, sink):
    Contact.objects.filter(email=CAT).update(suppressed="complaint")

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, BEN]
    assert fetched(broadcast, CAT).reply == "Complained before it was sent."


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("manual", "The address was suppressed before it was sent."),
        ("bounce", "The address bounced for good before it was sent."),
    ],
)
def test_an_address_suppressed_without_its_contact_knowing_is_skipped(broadcast, team, sink, reason, words):
    Suppression.objects.create(team=team, address=CAT, reason=reason)

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, BEN]
    assert fetched(broadcast, CAT).reply == words


def test_a_suppression_of_another_team_is_no_reason_to_skip(broadcast, mallory, sink):
    Suppression.objects.create(team=mallory.memberships.get().team, address=CAT, reason="manual")

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, BEN, CAT]


def test_the_rest_is_skipped_when_the_audience_is_deleted(broadcast, audience, sink):
    Audience.objects.filter(pk=audience.pk).update(deleted_at=NOON)

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert sink.messages == []
    assert statuses(broadcast) == ["skipped"] * 3
    assert broadcast.status == "sent"


def test_a_temporary_refusal_waits_and_is_tried_again(broadcast, sink):
    with refusing(sink, BEN, "450 4.2.1 Mailbox busy"):
        sending.drain(broadcast)
    waiting = fetched(broadcast, BEN)
    broadcast.refresh_from_db()
    assert (waiting.status_word, waiting.attempts, waiting.reply) == ("queued", 1, "450 4.2.1 Mailbox busy")
    assert 50 < (waiting.next_attempt_at - timezone.now()).total_seconds() < 61
    assert Chunk.objects.get().due_at == waiting.next_attempt_at
    assert broadcast.status == "sending"

    everything_due()
    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert sink.accepted_addresses() == [ADA, CAT, BEN]
    assert broadcast.status == "sent"


def test_a_refusal_that_stays_temporary_fails_when_the_time_is_over(broadcast, sink):
    with refusing(sink, BEN, "450 4.2.1 Mailbox busy"):
        for _ in range(5):
            sending.drain(broadcast)
            everything_due()

    failed = fetched(broadcast, BEN)
    assert (failed.status_word, failed.attempts) == ("failed", 5)
    assert failed.reply == "450 4.2.1 Mailbox busy"


def test_a_permanent_refusal_of_the_address_bounces_and_suppresses_it(broadcast, audience, team, sink):
    elsewhere = make_contact(audience=make_audience(team=team, name="Others"), email=BEN)

    with refusing(sink, BEN, "550 5.1.1 No such mailbox"):
        sending.drain(broadcast)

    bounced = fetched(broadcast, BEN)
    elsewhere.refresh_from_db()
    assert (bounced.status_word, bounced.reply) == ("bounced", "550 5.1.1 No such mailbox")
    assert bounced.bounced_at is not None
    assert Suppression.objects.get().email_id == bounced.pk
    assert elsewhere.status_word == "bounced"


@pytest.mark.parametrize("reply", ["550 5.7.1 Not from you", "554 No thanks", "552 5.2.2 Mailbox full"])
def test_a_refusal_for_another_reason_bounces_without_suppressing(broadcast, sink, reply):
    with refusing(sink, BEN, reply):
        sending.drain(broadcast)

    assert statuses(broadcast) == ["sent", "bounced", "sent"]
    assert not Suppression.objects.exists()


def test_a_message_that_cannot_be_composed_fails_alone(broadcast, sink):
    Email.objects.filter(address=BEN).update(address="not an address")

    sending.drain(broadcast)

    assert sink.accepted_addresses() == [ADA, CAT]
    assert statuses(broadcast) == ["sent", "failed", "sent"]
    assert "not an address" in fetched(broadcast, "not an address").reply


def test_a_drain_out_of_time_gives_its_chunk_back_and_asks_to_be_called_again(broadcast, sink, settings):
    settings.SEND_SLICE = 0.0

    assert sending.drain(broadcast) is True

    settings.SEND_SLICE = 45.0
    assert sending.drain(broadcast) is False
    assert sink.accepted_addresses() == [ADA, BEN, CAT]


def test_a_worker_that_shuts_down_leaves_the_rest_for_others(broadcast, sink):
    sending.stopping.set()
    try:
        assert sending.drain(broadcast) is True
    finally:
        sending.stopping.clear()

    assert sink.messages == []


def test_several_chunks_are_worked_off_one_after_another(audience, sink, monkeypatch):
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 2)
    make_contacts(audience=audience, number=5)
    broadcast = make_started_broadcast(audience=audience)

    sending.drain(broadcast)

    assert sorted(sink.accepted_addresses()) == [f"person{number}@example.test" for number in range(5)]
    assert set(Chunk.objects.values_list("state", flat=True)) == {Chunk.State.CLOSED}


def test_feedback_that_came_earlier_stays(broadcast, sink):
    Email.objects.filter(address=ADA).update(status=Email.Status.COMPLAINED)

    sending.drain(broadcast)

    assert statuses(broadcast) == ["complained", "sent", "sent"]
    assert sink.accepted_addresses() == [BEN, CAT]


def test_a_broadcast_whose_last_chunk_was_closed_by_a_worker_that_died_is_finished(broadcast, sink):
    Chunk.objects.update(state=Chunk.State.CLOSED)
    assert list(sending.neglected()) == [broadcast]

    sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert broadcast.status == "sent"


def test_a_broadcast_is_neglected_only_when_nobody_is_at_it_and_something_is_due(broadcast):
    soon = timezone.now() + timedelta(minutes=1)
    found = {}

    for case, fields in {
        "open": {"state": 0, "due_at": None},
        "due later": {"state": 0, "due_at": soon},
        "in hand": {"state": 1, "lease": soon, "due_at": None},
        "sender died": {"state": 1, "lease": NOON - timedelta(days=400)},
    }.items():
        Chunk.objects.update(**fields)
        found[case] = sending.neglected().exists()

    assert found == {"open": True, "due later": False, "in hand": False, "sender died": True}
    assert Broadcast.objects.get().status == "sending"
