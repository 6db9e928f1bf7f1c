"""A broadcast that is over goes to those who haven't got it, and to nobody else."""

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from broadcasts import auditing, freezing, gathering, publishing, reporting, sending, tasks
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.recounting import recount
from contacts.models import Contact
from tests.broadcasts.ledger import fetched, refusing, statuses
from tests.factories import NOON, make_contact, make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)

Status = Email.Status


@pytest.fixture
def over(audience):
    """A broadcast that was sent to eight people; what became of them is for the test to say."""
    make_contacts(audience=audience, number=8)
    broadcast = make_started_broadcast(audience=audience)
    end(broadcast)
    return broadcast


def end(broadcast, *words):
    """Give the e-mails these statuses in order, the others that of sent ones, and the broadcast its end."""
    emails = list(broadcast.emails.order_by("pk"))
    for number, email in enumerate(emails):
        word = words[number] if number < len(words) else "sent"
        Email.objects.filter(pk=email.pk).update(status=Status[word.upper()], attempts=3, reply="said before")
    broadcast.chunks.update(state=Chunk.State.CLOSED)
    recount(broadcast)
    Broadcast.objects.filter(pk=broadcast.pk).update(status="sent", sent_at=NOON)


def addresses(broadcast, word):
    return set(broadcast.emails.filter(status=Status[word.upper()]).values_list("address", flat=True))


def again(broadcast, by):
    publishing.send_to_rest(broadcast, by=by)
    freezing.freeze(broadcast)
    return Broadcast.objects.select_related("team", "audience").get(pk=broadcast.pk)


def test_who_failed_was_left_out_or_canceled_waits_again_and_who_got_it_does_not(over, alice):
    end(over, "failed", "skipped", "canceled", "sent", "delivered", "complained", "bounced", "held")

    wave = again(over, alice)

    assert statuses(wave) == ["queued"] * 3 + ["sent", "delivered", "complained", "bounced", "held"]
    assert list(wave.emails.filter(status=0).values_list("attempts", "reply")) == [(0, "")] * 3
    assert (wave.status, Chunk.objects.get().state) == ("sending", Chunk.State.OPEN)
    assert list(auditing.discrepancies()) == []


def test_who_joined_since_gets_it_too_and_the_account_still_adds_up(over, audience, alice):
    make_contact(audience=audience, email="new@example.test")
    make_contact(audience=audience, email="newly-gone@example.test", unsubscribed_at=NOON)

    wave = again(over, alice)

    numbers = reporting.report(wave)
    assert addresses(wave, "queued") == {"new@example.test"}
    assert (numbers.audience, numbers.emails, numbers.excluded) == (10, 9, {"unsubscribed": 1})
    assert list(auditing.discrepancies()) == []
    [told] = reporting.waves(wave)
    assert (told.by, told.again, told.joined) == ("Alice Arden", 0, 1)


def test_who_was_excluded_at_first_and_subscribed_since_is_counted_once(audience, alice):
    gone = make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)
    make_contacts(audience=audience, number=2)
    broadcast = make_started_broadcast(audience=audience)
    end(broadcast)
    Contact.objects.filter(pk=gone.pk).update(unsubscribed_at=None)

    numbers = reporting.report(again(broadcast, alice))

    assert (numbers.audience, numbers.emails, numbers.excluded) == (3, 3, {})


@pytest.mark.parametrize(
    "state", [{"unsubscribed_at": NOON}, {"suppressed": "bounce"}, {"suppressed": "complaint"}, None]
)
def test_who_may_not_be_mailed_now_is_not_tried_again(over, alice, state):
    end(over, "failed", "failed")
    first = Contact.objects.filter(email=fetched(over, "person0@example.test").address)
    first.update(**state) if state else first.delete()

    wave = again(over, alice)

    assert addresses(wave, "queued") == {"person1@example.test"}


def test_who_may_have_got_it_is_left_alone_and_counted(over, alice):
    end(over, "failed", "failed")
    Email.objects.filter(address="person0@example.test").update(maybe_twice=True)
    recount(over)

    assert gathering.gather(over).doubted == 1
    assert addresses(again(over, alice), "queued") == {"person1@example.test"}


@pytest.mark.parametrize(
    ("word", "doubted", "gets_it"),
    [
        ("sent", False, False),
        ("bounced", False, False),
        ("held", False, False),
        ("failed", True, False),
        ("failed", False, True),
        ("skipped", False, True),
    ],
)
def test_an_address_deleted_and_added_again_never_gets_it_twice(over, audience, alice, word, doubted, gets_it):
    make_contact(audience=audience, email="somebody-new@example.test")
    end(over, word)
    Email.objects.filter(address="person0@example.test").update(maybe_twice=doubted)
    recount(over)
    Contact.objects.filter(email="person0@example.test").delete()
    make_contact(audience=audience, email="person0@example.test")

    wave = again(over, alice)

    expected = {"somebody-new@example.test"} | ({"person0@example.test"} if gets_it else set())
    assert addresses(wave, "queued") == expected
    assert wave.emails.filter(address="person0@example.test").count() == (2 if gets_it else 1)


def test_what_was_foretold_is_what_happens(over, audience, alice):
    end(over, "failed", "failed", "canceled", "skipped", "bounced")
    make_contact(audience=audience, email="new@example.test")

    foretold = gathering.gather(over)
    untouched = statuses(over)
    wave = again(over, alice)

    assert untouched == ["failed", "failed", "canceled", "skipped", "bounced", *(3 * ["sent"])]
    assert foretold.again == {"failed": 2, "skipped": 1, "canceled": 1}
    assert len(addresses(wave, "queued")) == foretold.total == 5


def test_it_goes_out_and_ends_again(over, audience, alice, sink):
    end(over, "failed", "canceled")
    make_contact(audience=audience, email="new@example.test")
    wave = again(over, alice)

    with refusing(sink, "person1@example.test", "550 5.1.1 No such mailbox"):
        sending.drain(wave)

    wave.refresh_from_db()
    received = sorted(to for message in sink.messages for to in message.recipients)
    assert received == ["new@example.test", "person0@example.test"]
    assert wave.status == "sent"
    assert addresses(wave, "bounced") == {"person1@example.test"}
    assert list(auditing.discrepancies()) == []


def test_waves_can_follow_each_other(over, audience, alice):
    for name in ("one", "two"):
        make_contact(audience=audience, email=f"{name}@example.test")
        end(again(over, alice))

    over.refresh_from_db()
    assert [wave.joined for wave in reporting.waves(over)] == [1, 1]
    assert reporting.report(over).emails == 10
    assert list(auditing.discrepancies()) == []


@pytest.mark.parametrize("status", ["draft", "scheduled", "queued", "sending", "paused"])
def test_what_is_not_over_has_no_rest(over, alice, status):
    end(over, "failed")
    Broadcast.objects.update(status=status)

    with pytest.raises(publishing.NotOver):
        publishing.send_to_rest(over, by=alice)


def test_what_is_still_being_withdrawn_has_no_rest_yet(over, alice):
    end(over, "failed")
    Broadcast.objects.update(status="canceled")
    Chunk.objects.update(state=Chunk.State.LEASED)

    with pytest.raises(publishing.NotOver):
        publishing.send_to_rest(over, by=alice)


def test_nobody_left_is_said(over, alice):
    with pytest.raises(publishing.NobodyLeft):
        publishing.send_to_rest(over, by=alice)


def test_a_deleted_audience_has_nobody_left(over, audience, alice):
    end(over, "failed")
    type(audience).objects.update(deleted_at=timezone.now())

    with pytest.raises(publishing.NotReady, match="audience has been deleted"):
        publishing.send_to_rest(over, by=alice)


def test_an_audience_deleted_before_the_wave_starts_leaves_the_broadcast_as_it_was(over, audience, alice):
    end(over, "failed")
    publishing.send_to_rest(over, by=alice)
    type(audience).objects.update(deleted_at=timezone.now())

    assert freezing.freeze(over) is False

    over.refresh_from_db()
    assert (over.status, over.waves) == ("sent", [])
    assert over.failure == "It couldn't be sent to the rest: The audience was deleted before the broadcast started."


def test_a_wave_that_has_not_started_is_taken_back_and_nothing_is_changed(over, alice):
    end(over, "failed")
    publishing.send_to_rest(over, by=alice, hold=30)
    assert freezing.freeze(over) is False

    publishing.take_back(over)

    over.refresh_from_db()
    assert (over.status, over.waves, over.hold_until) == ("sent", [], None)
    assert statuses(over)[0] == "failed"


def test_canceling_a_wave_that_has_not_started_leaves_the_broadcast_sent(over, alice):
    end(over, "failed")
    publishing.send_to_rest(over, by=alice)

    publishing.cancel(over)

    over.refresh_from_db()
    assert (over.status, over.waves) == ("sent", [])


def test_a_sweep_rings_for_a_wave_whose_bell_was_lost(over, alice):
    end(over, "failed")
    publishing.send_to_rest(over, by=alice)
    Broadcast.objects.update(rung_at=None)

    tasks.sweep()

    over.refresh_from_db()
    assert over.rung_at is not None


def test_a_person_sends_it_to_the_rest_from_the_report(as_bob, over, settings):
    settings.SEND_HOLD = 0
    end(over, "failed", "failed")
    address = reverse("broadcasts:rest", args=[over.team.slug, over.uuid])

    report = as_bob.get(reverse("broadcasts:report", args=[over.team.slug, over.uuid])).text
    question = as_bob.get(address).text
    first, second = as_bob.post(address), as_bob.post(address)

    over.refresh_from_db()
    assert address in report
    assert "Send to 2 people" in question
    assert first.url == second.url == over.get_absolute_url()
    assert (over.status, len(over.waves)) == ("queued", 1)


def test_the_page_says_when_nobody_is_left(as_bob, over):
    text = as_bob.get(reverse("broadcasts:rest", args=[over.team.slug, over.uuid])).text

    assert "Nobody is left" in text
    assert "Send to 0" not in text


def test_the_rest_is_planned_for_many_and_what_follows_as_usual(over):
    with transaction.atomic(), connection.cursor() as cursor:
        gathering.gather(over)
        cursor.execute("SELECT current_setting('enable_nestloop'), current_setting('work_mem')")
        afterwards = cursor.fetchone()
        cursor.execute("SET LOCAL enable_nestloop = DEFAULT; SET LOCAL work_mem = DEFAULT")
        cursor.execute("SELECT current_setting('enable_nestloop'), current_setting('work_mem')")

        assert afterwards == cursor.fetchone()
