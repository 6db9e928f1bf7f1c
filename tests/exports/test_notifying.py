"""Whoever asked is told where it is, if they may still have it."""

import email
import email.policy
from datetime import timedelta

import pytest
from django.utils import timezone

from exports import notifying, requesting, tasks
from exports.models import Export
from teams.models import Membership
from tests.factories import make_contacts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def written(team, audience, alice, query, in_background, sink, settings):
    """An export that a worker has written, and of which somebody was told."""
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
    make_contacts(audience=audience, number=2)
    export = requesting.request(team=team, resource="contacts", query=query, by=alice)
    tasks.write(export_id=export.pk)
    return Export.objects.get()


def messages(sink):
    return [email.message_from_bytes(each.data, policy=email.policy.default) for each in sink.messages]


def test_the_e_mail_leads_to_the_page_and_not_to_the_file(written, team, alice, sink):
    [message] = messages(sink)

    assert message["To"] == alice.email
    assert message["Subject"] == "Your export is ready"
    assert f"/t/{team.slug}/settings/exports/{written.uuid}/\n" in message.get_content().replace("\r\n", "\n")
    assert "download/" not in message.get_content()
    assert message["Feedback-ID"] == f"{written.uuid}:{team.slug}:export:carillon"
    assert written.notified_at is not None


def test_it_is_told_once(written, sink):
    tasks.sweep()

    assert len(sink.messages) == 1


def test_a_failure_is_told_too(written, sink):
    Export.objects.update(status="failed", failure="The disk is full.", notified_at=None, notify_after=None)

    tasks.sweep()

    message = messages(sink)[-1]
    assert message["Subject"] == "Your export failed"
    assert "The disk is full." in message.get_content()


@pytest.mark.parametrize("change", [{"role": "member"}, None])
def test_who_may_not_have_it_any_more_is_told_nothing(written, alice, sink, change):
    Export.objects.update(notified_at=None, notify_after=None)
    membership = Membership.objects.filter(user=alice)
    membership.update(**change) if change else membership.delete()

    tasks.sweep()

    written.refresh_from_db()
    assert len(sink.messages) == 1
    assert written.notified_at is not None


def test_while_the_relay_is_away_it_waits_for_the_next_sweep(written, sink):
    Export.objects.update(notified_at=None, notify_after=None)
    sink.stop()

    notifying.notify_all(now=timezone.now())

    written.refresh_from_db()
    assert written.notified_at is None


def test_one_that_downloads_at_once_needs_no_e_mail(team, audience, alice, query, sink):
    make_contacts(audience=audience, number=2)
    requesting.request(team=team, resource="contacts", query=query, by=alice)

    tasks.sweep()

    assert sink.messages == []


def test_two_workers_at_the_same_moment_tell_it_once(written, sink, monkeypatch):
    Export.objects.update(notified_at=None, notify_after=None)
    message, others = notifying._message, [lambda: notifying.notify_all(now=timezone.now())]

    def meanwhile(*given):
        if others:
            others.pop()()
        return message(*given)

    monkeypatch.setattr(notifying, "_message", meanwhile)
    notifying.notify_all(now=timezone.now())

    assert (others, len(sink.messages)) == ([], 2)


def test_an_address_that_is_refused_for_good_is_tried_once(written, sink):
    Export.objects.update(notified_at=None, notify_after=None)
    sink.faults.refuse_recipient = lambda _address: "550 5.1.1 No such mailbox"
    notifying.notify_all(now=timezone.now())

    sink.faults.refuse_recipient = None
    notifying.notify_all(now=timezone.now() + timedelta(days=1))

    assert len(sink.messages) == 1


def test_after_each_try_in_vain_it_waits_as_long_as_before(written, sink):
    Export.objects.update(notified_at=None, notify_after=None)
    ended = written.finished_at
    sink.faults.refuse_recipient = lambda _address: "451 4.7.1 Later"
    notifying.notify_all(now=ended)
    notifying.notify_all(now=ended + timedelta(hours=1))

    sink.faults.refuse_recipient = None
    notifying.notify_all(now=ended + timedelta(minutes=119))
    assert len(sink.messages) == 1
    notifying.notify_all(now=ended + timedelta(minutes=121))

    assert len(sink.messages) == 2


def test_after_two_days_nobody_is_told_any_more(written, sink):
    Export.objects.update(notified_at=None, notify_after=None)
    sink.faults.refuse_recipient = lambda _address: "451 4.7.1 Later"

    notifying.notify_all(now=written.finished_at + timedelta(days=2))

    written.refresh_from_db()
    assert written.notified_at is not None
