"""Scheduling in words, starting what is due, and what the server slept through."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from audiences.models import Audience
from broadcasts import due, publishing, scheduling, tasks
from broadcasts.models import Broadcast, Email
from config.celery import app
from contacts.models import Contact
from tests.factories import make_broadcast, make_contacts

# A Sunday.
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def draft(team, audience):
    make_contacts(audience=audience, number=2)
    return make_broadcast(team=team, audience=audience)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow at 9am", "2026-11-23T09:00:00+01:00"),
        ("in 2 hours", "2026-11-22T15:00:00+01:00"),
        ("next friday 9am", "2026-11-27T09:00:00+01:00"),
        ("25 Dec 8:30", "2026-12-25T08:30:00+01:00"),
        ("tomorrow at noon", "2026-11-23T12:00:00+01:00"),
        ("2027-01-04 09:00", "2027-01-04T09:00:00+01:00"),
        ("2027-07-04T09:00:00Z", "2027-07-04T11:00:00+02:00"),
    ],
)
def test_words_and_iso_are_understood_in_the_persons_time_zone(text, expected):
    at = scheduling.parse(text, now=NOW, zone=BERLIN)

    assert at.astimezone(BERLIN).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Say when"),
        ("when pigs fly", "isn't a time"),
        ("2020-01-01 09:00", "in the past"),
        ("2029-01-01 09:00", "more than a year"),
        ("tomorrow", "at what time"),
    ],
)
def test_what_can_not_be_understood_is_said_in_a_sentence(text, words):
    with pytest.raises(scheduling.InvalidTime, match=words):
        scheduling.parse(text, now=NOW, zone=BERLIN)


def test_a_scheduled_broadcast_is_queued_when_it_is_due(draft, alice):
    publishing.schedule(draft, at=NOW, by=alice)
    due.start_due(NOW - timedelta(seconds=1))
    draft.refresh_from_db()
    assert draft.status == "scheduled"

    due.start_due(NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.queued_at) == ("queued", NOW)


def test_one_that_the_server_slept_through_waits_for_a_person(draft, alice):
    publishing.schedule(draft, at=NOW, by=alice)

    due.start_due(NOW + timedelta(minutes=61))

    draft.refresh_from_db()
    assert (draft.status, draft.missed_at, draft.scheduled_at) == ("draft", NOW, None)


def test_a_person_schedules_on_the_review_page_and_takes_it_back(as_bob, draft):
    def url(name):
        return reverse(f"broadcasts:{name}", args=[draft.team.slug, draft.uuid])

    page = as_bob.get(url("review"), {"when": "in 2 hours"})
    at = page.context["at"]
    as_bob.post(url("schedule"), {"at": at.isoformat(), "version": draft.version})
    report = as_bob.get(url("report")).content.decode()
    scheduled = Broadcast.objects.get()
    as_bob.post(url("unschedule"))

    assert (scheduled.status, scheduled.scheduled_at) == ("scheduled", at)
    assert "Goes out on" in report
    assert "Cancel schedule" in report
    assert Broadcast.objects.get().status == "draft"
    assert timedelta(0) < at - timezone.now() < timedelta(hours=2)


def test_nonsense_is_answered_beside_the_field(as_bob, draft):
    answer = as_bob.get(reverse("broadcasts:review", args=[draft.team.slug, draft.uuid]), {"when": "pigs fly"})

    assert answer.status_code == 422
    assert "isn&#x27;t a time" in answer.content.decode()


def empty(audience):
    Contact.objects.update(unsubscribed_at=NOW)


def remove(audience):
    Audience.objects.update(deleted_at=NOW)


@pytest.mark.parametrize(
    ("befall", "reason"),
    [
        (empty, "Nobody in the audience could be e-mailed when the broadcast was to start."),
        (remove, "The audience was deleted before the broadcast started."),
    ],
)
def test_one_whose_audience_is_gone_when_it_falls_due_fails_and_its_report_says_why(
    as_bob, alice, draft, audience, befall, reason, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    publishing.schedule(draft, at=timezone.now() + timedelta(hours=1), by=alice)
    befall(audience)
    Broadcast.objects.update(scheduled_at=timezone.now() - timedelta(seconds=1))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()

    draft.refresh_from_db()
    report = as_bob.get(reverse("broadcasts:report", args=[draft.team.slug, draft.uuid])).content.decode()
    assert (draft.status, draft.failure) == ("failed", reason)
    assert reason in report
    assert not Email.objects.exists()
