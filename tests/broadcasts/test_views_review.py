"""The last look before sending, and the button that names its deed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts.models import Broadcast
from tests import factories

pytestmark = pytest.mark.django_db


def url(broadcast, page: str) -> str:
    return reverse(f"broadcasts:{page}", args=[broadcast.team.slug, broadcast.uuid])


@pytest.fixture
def draft(team, audience):
    factories.make_contacts(audience=audience, number=3)
    return factories.make_broadcast(team=team, audience=audience)


def test_the_review_says_who_gets_it_and_who_is_left_out(as_bob, draft, audience):
    factories.make_contact(audience=audience, email="gone@x.example", unsubscribed_at=timezone.now())
    factories.make_contact(audience=audience, email="dead@x.example", suppressed="bounce")

    text = as_bob.get(url(draft, "review")).text

    assert "Send to 3 people" in text
    assert "1 unsubscribed, 1 bounced." in text


@pytest.mark.parametrize(
    ("opens", "clicks", "said"),
    [
        (True, True, "Opens and clicks"),
        (True, False, "Opens"),
        (False, True, "Clicks"),
        (False, False, "Neither opens nor clicks"),
    ],
)
def test_the_review_says_what_will_be_counted(as_bob, draft, opens, clicks, said):
    Broadcast.objects.update(track_opens=opens, track_clicks=clicks)

    assert f"<dt>Counted</dt><dd>{said}</dd>" in as_bob.get(url(draft, "review")).text


def test_the_button_can_count_to_one(as_bob, team):
    few = factories.make_audience(team=team, name="Few")
    factories.make_contact(audience=few, email="ada@x.example")
    draft = factories.make_broadcast(team=team, audience=few)

    assert "Send to 1 person\n" in as_bob.get(url(draft, "review")).text.replace("</button>", "\n")


def test_what_is_missing_blocks_and_leads_to_its_field(as_bob, team):
    draft = factories.make_broadcast(team=team, sender="", subject="", html="<p>{{{NOPE}}}</p>")

    text = as_bob.get(url(draft, "review")).text

    for field in ("audience", "sender", "subject", "html"):
        assert f'href="{url(draft, "edit")}#id_{field}"' in text
    assert "{{{NOPE}}}" in text
    assert "Send to" not in text


def test_a_body_without_an_unsubscribe_link_can_not_be_sent(as_bob, draft):
    Broadcast.objects.filter(pk=draft.pk).update(html="<p>No way out</p>")

    answer = as_bob.post(url(draft, "send"), {"version": "1"})

    draft.refresh_from_db()
    assert answer.status_code == 422
    assert "It was not sent" in answer.text
    assert "no unsubscribe link" in answer.text
    assert draft.status == Broadcast.Status.DRAFT


def test_sending_queues_the_broadcast_and_shows_its_report(as_bob, draft, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as rung:
        answer = as_bob.post(url(draft, "send"), {"version": "1"})

    draft.refresh_from_db()
    assert answer.url == url(draft, "report")
    assert draft.status == Broadcast.Status.QUEUED
    assert len(rung) == 1


def test_a_second_click_changes_nothing_and_leads_to_the_report(as_bob, draft, django_capture_on_commit_callbacks):
    as_bob.post(url(draft, "send"), {"version": "1"})

    with django_capture_on_commit_callbacks() as rung:
        answer = as_bob.post(url(draft, "send"), {"version": "1"})

    assert answer.url == url(draft, "report")
    assert rung == []


@pytest.mark.parametrize("reviewed", ["1", "", "nonsense"])
def test_what_was_changed_since_the_review_is_not_sent_unseen(as_bob, draft, reviewed):
    Broadcast.objects.filter(pk=draft.pk).update(version=2, subject="Not what you saw")

    answer = as_bob.post(url(draft, "send"), {"version": reviewed})

    draft.refresh_from_db()
    assert answer.status_code == 409
    assert "Look again" in answer.text
    assert draft.status == Broadcast.Status.DRAFT


def test_a_broadcast_on_its_way_has_no_review(as_bob, draft):
    Broadcast.objects.filter(pk=draft.pk).update(status=Broadcast.Status.SENDING)

    assert as_bob.get(url(draft, "review")).url == url(draft, "report")


def test_a_get_sends_nothing(as_bob, draft):
    answer = as_bob.get(url(draft, "send"))

    draft.refresh_from_db()
    assert answer.status_code == 405
    assert draft.status == Broadcast.Status.DRAFT


def test_an_audience_deleted_in_between_blocks(as_bob, draft, audience):
    audience.deleted_at = timezone.now()
    audience.save()

    text = as_bob.get(url(draft, "review")).text

    assert "has been deleted" in text
    assert "Send to" not in text


def test_markup_in_fields_is_shown_as_text(as_bob, draft):
    evil = "<script>alert(1)</script>"
    Broadcast.objects.filter(pk=draft.pk).update(
        name=evil, subject=evil, preview_text=evil, sender=f"{evil} <a@x.example>"
    )

    assert evil not in as_bob.get(url(draft, "review")).text
