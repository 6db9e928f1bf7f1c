"""The report of a broadcast before it starts, after a pause and while it goes to the rest."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts import reporting
from broadcasts.models import Broadcast, Email
from broadcasts.reporting import Report

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "report-summary"}


def url(broadcast):
    return reverse("broadcasts:report", args=[broadcast.team.slug, broadcast.uuid])


def test_the_page_of_a_scheduled_one_waits_for_it_and_then_loads_anew(as_bob, broadcast):
    soon = timezone.now() + timedelta(seconds=20)
    Broadcast.objects.update(status="scheduled", scheduled_at=soon, audience_size=None)
    near = as_bob.get(url(broadcast)).text
    Broadcast.objects.update(scheduled_at=soon + timedelta(days=1))
    far = as_bob.get(url(broadcast)).text
    poll = f"{url(broadcast)}?was=scheduled"
    unchanged = as_bob.get(poll, headers=HTMX)
    Broadcast.objects.update(status="sending")
    started = as_bob.get(poll, headers=HTMX)
    Broadcast.objects.update(status="draft")
    taken_back = as_bob.get(poll, headers=HTMX)

    assert 'hx-trigger="every 5s"' in near
    assert 'hx-trigger="every 60s"' in far
    assert "HX-Refresh" not in unchanged
    assert started["HX-Refresh"] == "true"
    assert taken_back["HX-Redirect"].endswith("/edit/")


def test_the_pace_is_measured_anew_after_a_pause(broadcast):
    now = timezone.now()
    hours_ago = now - timedelta(hours=3)
    Broadcast.objects.update(
        queued_at=hours_ago, hold_until=None, resumed_at=now - timedelta(seconds=10), done_before=1
    )
    broadcast.refresh_from_db()
    numbers = Report(
        audience=101, excluded={}, by_status={status.word: 0 for status in Email.Status} | {"sent": 51, "queued": 50}
    )

    pace = reporting.pace(broadcast, numbers, now=now)

    assert (pace.per_second, pace.seconds_left) == (5.0, 10.0)


def test_a_wave_under_way_is_not_called_sent(as_bob, broadcast):
    Broadcast.objects.update(status="sending", sent_at=timezone.now() - timedelta(days=2))

    head = as_bob.get(url(broadcast)).text.partition('id="report-head"')[2].partition("</header>")[0]

    assert "Sending" in head
    assert "Sent" not in head
