"""The e-mails of invitations: they leave once, wait for a relay that is away, and hold the only copy of the token."""

from datetime import timedelta

import pytest
from django.core.mail import send_mail
from django.utils import timezone

from mail.backend import MessageRefused
from teams import inviting, notifying, tasks
from teams.models import Invitation
from tests.sessions import elsewhere

pytestmark = pytest.mark.django_db


def later(minutes):
    return timezone.now() + timedelta(minutes=minutes)


def test_it_says_who_invites_whom_to_what_and_as_what(invite, received, link, team, alice):
    invitation = invite(role="admin")
    tasks.send_invitation(invitation_id=invitation.pk)

    [message] = received()
    assert message["To"] == "new@x.test"
    assert message["Subject"] == "Alice Arden invites you to Northwind on Carillon"
    assert "as admin" in message.get_content()
    assert message["Feedback-ID"].strip() == f"{invitation.uuid}:{team.slug}:invitation:carillon"
    invitation.refresh_from_db()
    assert invitation.status_at(timezone.now()) == ("sent", "Sent")


def test_the_database_holds_nothing_that_lets_anybody_in(invited):
    token = invited().split("/")[-2]

    [row] = Invitation.objects.values_list()
    assert token not in repr(row)
    assert token.encode() not in bytes(Invitation.objects.get().digest)


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_once_however_many_bells_ring(invite, relay):
    invitation = invite()

    for _ in range(2):
        elsewhere(lambda: tasks.send_invitation(invitation_id=invitation.pk))
    tasks.sweep()

    assert len(relay.messages) == 1


def test_while_the_relay_is_away_it_waits_and_a_sweep_sends_it_later(invite, relay):
    relay.stop()
    invitation = invite()
    tasks.send_invitation(invitation_id=invitation.pk)
    invitation.refresh_from_db()
    assert invitation.status_at(timezone.now()) == ("queued", "Being sent")

    relay.start()
    notifying.notify_all(now=later(0))
    assert relay.messages == []
    notifying.notify_all(now=later(2))

    assert relay.accepted_addresses() == ["new@x.test"]


def test_a_sweep_does_not_knock_for_each_at_a_relay_that_is_away(invite, relay):
    first, second = invite("a@x.test"), invite("b@x.test")
    relay.stop()

    tasks.sweep()

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.attempted_at is not None
    assert second.attempted_at is None


def test_a_refusal_for_good_is_shown_and_not_tried_again(invite, relay):
    relay.faults.refuse_every = 1
    invitation = invite()

    tasks.send_invitation(invitation_id=invitation.pk)
    relay.faults.refuse_every = 0
    notifying.notify_all(now=later(2))

    invitation.refresh_from_db()
    assert invitation.status_at(timezone.now()) == ("failed", "Not delivered")
    assert "550 5.1.1" in invitation.failure
    assert relay.messages == []


def test_a_refusal_for_now_is_shown_and_tried_again_ever_later(invite, relay, settings):
    settings.SEND_RETRY_DELAYS = [60.0, 600.0]
    relay.faults.refuse_every, relay.faults.refuse_with = 1, "450 4.2.1 Greylisted"
    invitation = invite()

    waits = []
    for _ in range(3):
        invitation.refresh_from_db()
        now = invitation.next_attempt_at or timezone.now()
        notifying.notify_all(now=now)
        invitation.refresh_from_db()
        waits.append((invitation.next_attempt_at - now).total_seconds())
    assert waits == [60, 600, 600]
    assert invitation.status_at(timezone.now()) == ("temporary_failure", "Waiting")
    assert "4.2.1 Greylisted" in invitation.failure

    relay.faults.refuse_every = 0
    notifying.notify_all(now=invitation.next_attempt_at - timedelta(seconds=1))
    assert relay.messages == []
    notifying.notify_all(now=invitation.next_attempt_at)

    invitation.refresh_from_db()
    assert relay.accepted_addresses() == ["new@x.test"]
    assert invitation.status_at(timezone.now()) == ("sent", "Sent")


def test_one_that_was_renewed_while_its_e_mail_left_is_still_to_be_sent(invite, relay, monkeypatch):
    invitation, write = invite(), notifying._message

    def renewed_meanwhile(*args):
        Invitation.objects.update(digest=None, attempted_at=None, next_attempt_at=None)
        return write(*args)

    with monkeypatch.context() as patch:
        patch.setattr(notifying, "_message", renewed_meanwhile)
        notifying.notify(invitation, now=timezone.now())
    invitation.refresh_from_db()
    assert invitation.notified_at is None

    notifying.notify_all(now=timezone.now())

    assert len(relay.messages) == 2


def test_the_backend_tells_which_refusals_are_for_good(relay):
    for code, permanent in (("550 5.1.1 No", True), ("450 4.2.1 Later", False)):
        relay.faults.refuse_every, relay.faults.refuse_with = 1, code
        with pytest.raises(MessageRefused) as refusal:
            send_mail("Hi", "text", "s@n.test", ["ada@x.test"])
        assert refusal.value.permanent is permanent


def test_sending_again_ends_the_earlier_link(invited, link, client, alice):
    first = invited()
    invitation = Invitation.objects.select_related("team").get()

    inviting.send_again(invitation, by=alice, now=later(2))
    tasks.sweep()

    assert link() != first
    assert client.get(first).status_code == 404
    assert client.get(link()).status_code == 200


def test_it_is_not_sent_again_at_once(invited, alice):
    invited()

    with pytest.raises(inviting.TooSoon):
        inviting.send_again(Invitation.objects.get(), by=alice, now=timezone.now())


def test_one_that_was_withdrawn_before_it_was_sent_is_not_sent(invite, relay, alice):
    invitation = invite()
    inviting.withdraw(invitation, by=alice, now=timezone.now())

    tasks.send_invitation(invitation_id=invitation.pk)

    assert relay.messages == []


def test_names_that_hold_line_breaks_add_no_headers(invite, received, team, alice):
    type(team).objects.update(name="North\r\nBcc: eve@x.test")
    invitation = invite()

    tasks.send_invitation(invitation_id=invitation.pk)

    assert received()[0]["Bcc"] is None


def test_whoever_is_in_by_now_gets_no_second_e_mail(invited, relay, team, alice, bob):
    invited("bob@home.test")
    bob.emailaddress_set.create(email="bob@home.test", verified=True)

    with pytest.raises(inviting.IsIn):
        inviting.send_again(Invitation.objects.select_related("team").get(), by=alice, now=later(2))
