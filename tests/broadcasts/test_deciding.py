"""Held e-mails wait for a person, who has them sent again or leaves them."""

import pytest
from django.urls import reverse

from broadcasts import auditing, claiming, deciding, gathering, sending
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.outcomes import Code
from broadcasts.recounting import recount
from tests.broadcasts.ledger import statuses
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(broadcast):
    """A broadcast that is sent but for two e-mails in doubt."""
    ids = list(Email.objects.order_by("pk").values_list("pk", flat=True))
    Email.objects.update(status=Email.Status.SENT, attempts=1)
    Email.objects.filter(pk__in=ids[1:]).update(status=Email.Status.HELD, maybe_twice=True)
    Chunk.objects.update(state=Chunk.State.CLOSED)
    recount(broadcast)
    Broadcast.objects.update(status="sent", sent_at=NOON)
    return Broadcast.objects.select_related("team", "audience").get()


def test_sent_again_they_go_out_and_stay_listed(held, alice, sink):
    assert deciding.send_held_again(held, by=alice) == 2

    held.refresh_from_db()
    assert (held.status, statuses(held)) == ("sending", ["sent", "queued", "queued"])
    sending.drain(held)

    held.refresh_from_db()
    assert (held.status, statuses(held)) == ("sent", ["sent"] * 3)
    assert len(sink.messages) == 2
    assert Email.objects.filter(maybe_twice=True).count() == 2
    assert list(auditing.discrepancies()) == []


def test_left_they_count_as_failed_and_belong_to_no_rest(held, alice):
    assert deciding.leave_held(held, by=alice) == 2

    held.refresh_from_db()
    assert (held.status, statuses(held)) == ("sent", ["sent", "failed", "failed"])
    assert set(Email.objects.filter(status=6).values_list("reply", flat=True)) == {
        "It may have arrived; Alice Arden decided not to send it again."
    }
    assert gathering.gather(held).total == 0
    assert list(auditing.discrepancies()) == []


def test_deciding_twice_changes_nothing(held, alice):
    deciding.leave_held(held, by=alice)

    assert deciding.leave_held(held, by=alice) == 0
    assert deciding.send_held_again(held, by=alice) == 0
    held.refresh_from_db()
    assert held.status == "sent"


@pytest.mark.parametrize("status", ["canceled", "failed"])
def test_nothing_of_a_broadcast_that_was_ended_is_sent_again(held, alice, status):
    Broadcast.objects.update(status=status)

    with pytest.raises(deciding.NotSending):
        deciding.send_held_again(held, by=alice)

    assert statuses(held) == ["sent", "held", "held"]


def test_a_chunk_in_a_senders_hands_stays_there_and_comes_due_again(held, alice):
    Broadcast.objects.update(status="sending")
    Email.objects.filter(status=Email.Status.SENT).update(status=0)
    Chunk.objects.update(state=Chunk.State.OPEN)
    recount(held)
    claim = claiming.claim(held)

    deciding.send_held_again(held, by=alice)
    assert Chunk.objects.get().state == Chunk.State.LEASED
    Chunk.objects.update(out=bytes([Code.SENT, Code.NOT_TRIED, Code.NOT_TRIED]))
    claiming.release(claim, team=held.team)

    assert statuses(held) == ["sent", "queued", "queued"]
    assert Chunk.objects.get().state == Chunk.State.OPEN
    assert list(auditing.discrepancies()) == []


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("send_held_again", "2 held e-mails are sent again.", "queued"),
        ("leave_held", "2 held e-mails are left as failed.", "failed"),
    ],
)
def test_a_person_decides_on_the_report(as_bob, held, name, said, expected):
    report = as_bob.get(held.get_absolute_url()).text
    answer = as_bob.post(reverse(f"broadcasts:{name}", args=[held.team.slug, held.uuid]), follow=True)

    assert reverse(f"broadcasts:{name}", args=[held.team.slug, held.uuid]) in report
    assert said in answer.text
    assert statuses(held) == ["sent", expected, expected]
