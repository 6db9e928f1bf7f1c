"""Between pressing Send and the first message there is time to think again."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts import due, freezing, publishing, tasks
from broadcasts.models import Broadcast, Email
from config.celery import app
from tests.factories import make_broadcast, make_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(team, audience):
    make_contacts(audience=audience, number=2)
    return make_broadcast(team=team, audience=audience)


def test_nothing_starts_before_the_hold_is_over(draft, alice):
    publishing.send(draft, by=alice, hold=30)

    assert freezing.freeze(draft) is False
    assert not Email.objects.exists()

    Broadcast.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    assert freezing.freeze(draft) is True


def test_the_bell_rings_when_the_hold_is_over(draft, alice, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(app, "send_task", lambda *a, **k: rung.append(k))
    monkeypatch.setattr(tasks.start, "apply_async", lambda **options: rung.append(options["countdown"]))

    with django_capture_on_commit_callbacks(execute=True):
        publishing.send(draft, by=alice, hold=30)

    assert rung == [30]


def test_the_sweep_leaves_a_held_broadcast_alone(draft, alice, django_capture_on_commit_callbacks):
    publishing.send(draft, by=alice, hold=30)
    Broadcast.objects.update(rung_at=None)

    with django_capture_on_commit_callbacks() as early:
        tasks.sweep()
    Broadcast.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks() as late:
        tasks.sweep()

    assert (len(early), len(late)) == (0, 1)


def test_taken_back_it_is_a_draft_that_can_be_sent_again_at_once(draft, alice, django_capture_on_commit_callbacks):
    publishing.send(draft, by=alice, hold=30)

    publishing.take_back(draft)

    draft.refresh_from_db()
    assert (draft.status, draft.queued_at, draft.hold_until) == ("draft", None, None)
    with django_capture_on_commit_callbacks() as bells:
        publishing.send(draft, by=alice, hold=30)
    assert len(bells) == 1


def test_the_hold_is_reckoned_by_the_clock_that_ends_it(draft, alice, monkeypatch):
    wrong = timezone.now() - timedelta(hours=5)
    monkeypatch.setattr(timezone, "now", lambda: wrong)

    publishing.send(draft, by=alice, hold=30)

    assert freezing.freeze(draft) is False


def test_one_that_was_scheduled_forgets_its_time_when_it_is_taken_back(draft, alice):
    publishing.schedule(draft, at=timezone.now() - timedelta(minutes=1), by=alice)
    due.start_due(timezone.now())

    publishing.take_back(draft)

    draft.refresh_from_db()
    assert (draft.status, draft.scheduled_at, draft.missed_at) == ("draft", None, None)


def test_a_bell_that_was_answered_may_ring_again(draft, alice):
    """Else a broadcast that could not start yet would wait for the bell to be given up."""
    publishing.send(draft, by=alice, hold=30)

    tasks.start(broadcast_id=draft.pk)

    assert Broadcast.objects.get().rung_at is None


@pytest.mark.parametrize("status", ["draft", "scheduled", "sending", "paused", "sent", "canceled", "failed"])
def test_what_has_started_or_was_never_sent_is_not_taken_back(draft, status):
    Broadcast.objects.update(status=status)

    with pytest.raises(publishing.AlreadyStarted):
        publishing.take_back(draft)

    draft.refresh_from_db()
    assert draft.status == status


def test_a_person_takes_it_back_from_the_report(as_bob, draft, settings):
    settings.SEND_HOLD = 30
    arguments = [draft.team.slug, draft.uuid]
    sent = as_bob.post(reverse("broadcasts:send", args=arguments), {"version": draft.version}, follow=True)

    taken_back = as_bob.post(reverse("broadcasts:take_back", args=arguments), follow=True)

    draft.refresh_from_db()
    assert "Until then you can take it back." in sent.text
    assert "Take it back" in sent.text
    assert draft.status == "draft"
    assert taken_back.redirect_chain[-1][0] == reverse("broadcasts:edit", args=arguments)
    assert "Taken back: nothing was sent." in taken_back.text


def test_a_click_that_comes_too_late_says_so(as_bob, draft, alice):
    publishing.send(draft, by=alice)
    freezing.freeze(draft)

    text = as_bob.post(reverse("broadcasts:take_back", args=[draft.team.slug, draft.uuid]), follow=True).text

    assert "It has started, so it can&#x27;t be taken back any more" in text


def test_a_get_takes_nothing_back(as_bob, draft, alice):
    publishing.send(draft, by=alice)

    assert as_bob.get(reverse("broadcasts:take_back", args=[draft.team.slug, draft.uuid])).status_code == 405
    draft.refresh_from_db()
    assert draft.status == "queued"
