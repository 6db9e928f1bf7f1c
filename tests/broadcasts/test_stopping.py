"""Pausing, resuming and canceling a broadcast that is under way."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts import auditing, claiming, drafting, freezing, publishing, sending, stopping, tasks
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.outcomes import Code
from tests.broadcasts.elsewhere import in_another_connection
from tests.broadcasts.ledger import statuses
from tests.factories import make_broadcast

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_paused_broadcast_is_not_sent_until_it_is_resumed(broadcast, sink):
    publishing.pause(broadcast)
    tasks.drain(broadcast_id=broadcast.pk)
    assert sink.messages == []

    publishing.resume(broadcast)
    broadcast.refresh_from_db()
    assert broadcast.resumed_at is not None
    tasks.drain(broadcast_id=broadcast.pk)

    assert len(sink.messages) == 3
    assert statuses(broadcast) == ["sent"] * 3


def test_a_drain_lets_go_when_its_broadcast_is_paused(broadcast, sink, settings):
    settings.SEND_PER_SECOND = 1.0

    def pause_at_once():
        Broadcast.objects.update(status="paused")

    sink.faults.refuse_recipient = lambda _: in_another_connection(pause_at_once)
    more = sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert more is False
    assert broadcast.status == "paused"
    assert len(sink.messages) < 3
    assert Chunk.objects.get().state == Chunk.State.OPEN


def test_canceling_ends_what_waits_and_keeps_what_was_sent(broadcast):
    held = claiming.claim(broadcast)
    Chunk.objects.update(out=bytes([Code.SENT, Code.DEFERRED, Code.NOT_TRIED]))
    claiming.release(held, team=broadcast.team)

    publishing.cancel(broadcast)
    stopping.cancel_rest(broadcast)

    broadcast.refresh_from_db()
    assert broadcast.status == "canceled"
    assert statuses(broadcast) == ["sent", "canceled", "canceled"]
    assert Chunk.objects.get().counts == [0, 0, 1, 0, 0, 0, 0, 0, 0, 2]
    assert set(Email.objects.filter(status=9).values_list("reply", flat=True)) == {stopping.CANCELED}
    assert list(auditing.discrepancies()) == []


def test_what_a_dead_sender_left_is_folded_before_the_rest_is_canceled(broadcast):
    claiming.claim(broadcast)
    gone = timezone.now() - timedelta(seconds=1)
    Chunk.objects.update(out=bytes([Code.SENT, Code.IN_FLIGHT, Code.NOT_TRIED]), lease=gone)
    publishing.cancel(broadcast)

    stopping.cancel_rest(broadcast)

    assert statuses(broadcast) == ["sent", "canceled", "canceled"]
    assert list(Email.objects.order_by("pk").values_list("maybe_twice", flat=True)) == [False, True, False]


def test_a_chunk_that_a_sender_holds_is_canceled_once_it_is_back(broadcast):
    held = claiming.claim(broadcast)
    publishing.cancel(broadcast)
    stopping.cancel_rest(broadcast)
    assert list(stopping.unfinished()) == [broadcast]

    claiming.release(held, team=broadcast.team)
    tasks.cancel_rest(broadcast_id=broadcast.pk)

    assert statuses(broadcast) == ["canceled"] * 3
    assert not stopping.unfinished().exists()


def test_the_account_adds_up_while_a_sender_still_holds_what_is_canceled(broadcast):
    claiming.claim(broadcast)
    publishing.cancel(broadcast)
    stopping.cancel_rest(broadcast)

    assert list(auditing.discrepancies()) == []


def test_a_late_bell_cancels_nothing_of_a_wave(broadcast, alice):
    publishing.cancel(broadcast)
    stopping.cancel_rest(broadcast)
    publishing.send_to_rest(broadcast, by=alice)
    freezing.freeze(broadcast)
    later = timezone.now() + timedelta(hours=1)
    Chunk.objects.update(due_at=later)

    tasks.cancel_rest(broadcast_id=broadcast.pk)

    broadcast.refresh_from_db()
    assert Chunk.objects.get().due_at == later
    assert broadcast.status == "sending"
    assert statuses(broadcast) == ["queued"] * 3


def test_one_that_may_have_arrived_keeps_the_words_that_say_so(broadcast):
    Email.objects.filter(address="person0@example.test").update(maybe_twice=True, reply=claiming.SENDER_DIED)
    publishing.cancel(broadcast)

    stopping.cancel_rest(broadcast)

    assert [each.reply for each in Email.objects.order_by("pk")] == [claiming.SENDER_DIED] + 2 * [stopping.CANCELED]


def test_what_is_over_can_not_be_canceled(broadcast):
    Broadcast.objects.update(status="sent")

    with pytest.raises(publishing.AlreadyOver):
        publishing.cancel(broadcast)


def test_a_person_pauses_resumes_and_cancels_from_the_report(as_bob, broadcast):
    def post(name):
        as_bob.post(reverse(f"broadcasts:{name}", args=[broadcast.team.slug, broadcast.uuid]))
        broadcast.refresh_from_db()
        return broadcast.status

    report = as_bob.get(broadcast.get_absolute_url()).content.decode()
    question = as_bob.get(reverse("broadcasts:cancel", args=[broadcast.team.slug, broadcast.uuid])).content.decode()

    assert "Pause" in report
    assert "The 3 that wait won’t be" in question
    assert [post("pause"), post("pause"), post("resume"), post("cancel"), post("cancel")] == [
        "paused",
        "paused",
        "sending",
        "canceled",
        "canceled",
    ]


def test_a_duplicate_is_a_draft_with_the_same_content(broadcast, alice, audience):
    broadcast.audience.deleted_at = timezone.now()

    copy = drafting.duplicate(broadcast, by=alice)

    assert (copy.name, copy.status, copy.html, copy.subject) == (
        "Copy of Spring news",
        "draft",
        broadcast.html,
        broadcast.subject,
    )
    assert copy.audience is None
    assert make_broadcast(team=audience.team).uuid != copy.uuid
