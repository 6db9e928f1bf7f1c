"""What became of a broadcast: numbers, trouble, every recipient."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from broadcasts import freezing, publishing
from broadcasts.models import Broadcast, Email
from contacts.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "report-summary"}


@pytest.fixture
def broadcast(team, alice, audience):
    """A broadcast to four contacts that has just begun to go out; a fifth one had unsubscribed."""
    factories.make_contacts(audience=audience, number=4)
    factories.make_contact(audience=audience, email="gone@x.example", unsubscribed_at=timezone.now())
    started = factories.make_broadcast(team=team, audience=audience)
    publishing.send(started, by=alice)
    freezing.freeze(started)
    started.refresh_from_db()
    return started


def url(broadcast) -> str:
    return reverse("broadcasts:report", args=[broadcast.team.slug, broadcast.uuid])


def settle(broadcast, *, number: int, **fields) -> None:
    """Give the first e-mails that still wait an outcome."""
    waiting = broadcast.emails.filter(status=Email.Status.QUEUED).order_by("pk")[:number]
    Email.objects.filter(pk__in=[email.pk for email in waiting]).update(**fields)


def finish(broadcast) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(status=Broadcast.Status.SENT, sent_at=timezone.now())


def figures(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([\d,]+)</dd>", text))


def test_the_numbers_have_their_denominators(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT)
    settle(broadcast, number=1, status=Email.Status.BOUNCED)
    settle(broadcast, number=1, status=Email.Status.SKIPPED)

    text = as_bob.get(url(broadcast)).text

    assert figures(text) == {
        "Emails": "4",
        "Sent": "1",
        "Waiting": "1",
        "Bounced or failed": "1",
        "Skipped": "1",
        "Unsubscribed": "0",
    }
    assert "of 5 in the audience" in text
    assert "75% done: 1 of 4 still to go." in text
    assert "Left out: 1 unsubscribed." in text


def test_a_draft_has_no_report(as_bob, team):
    draft = factories.make_broadcast(team=team)

    assert as_bob.get(url(draft)).url == draft.get_absolute_url()


def test_a_queued_broadcast_says_that_it_waits_to_start(as_bob, team, alice, audience):
    factories.make_contacts(audience=audience, number=1)
    queued = factories.make_broadcast(team=team, audience=audience)
    publishing.send(queued, by=alice)

    text = as_bob.get(url(queued)).text

    assert "Waiting to start" in text
    assert "No recipients yet" in text


def test_the_report_asks_again_each_second_while_it_is_under_way(as_bob, broadcast):
    answer = as_bob.get(url(broadcast), headers=HTMX)

    assert answer.status_code == 200
    assert 'hx-trigger="every 1s"' in answer.text
    assert "data-quiet" in answer.text
    assert "<html" not in answer.text


def test_the_report_slows_down_after_half_a_minute(as_bob, broadcast):
    Broadcast.objects.filter(pk=broadcast.pk).update(queued_at=timezone.now() - timedelta(seconds=31))

    assert 'hx-trigger="every 5s"' in as_bob.get(url(broadcast), headers=HTMX).text


def test_the_last_answer_stops_the_asking(as_bob, broadcast):
    finish(broadcast)

    answer = as_bob.get(url(broadcast), headers=HTMX)

    assert answer.status_code == 286
    assert "hx-trigger" not in answer.text


def test_a_finished_report_is_an_ordinary_page(as_bob, broadcast):
    finish(broadcast)

    answer = as_bob.get(url(broadcast))

    assert answer.status_code == 200
    assert "every" not in re.findall(r'hx-trigger="(\w+)', answer.text)


def test_trouble_with_the_relay_is_told_in_words(as_bob, broadcast):
    Broadcast.objects.filter(pk=broadcast.pk).update(trouble="The relay can't be reached: connection refused.")

    text = as_bob.get(url(broadcast)).text

    assert "The relay can&#x27;t be reached: connection refused." in text
    assert "goes on by itself" in text


def test_a_failed_broadcast_says_why(as_bob, team):
    failed = factories.make_broadcast(team=team, status=Broadcast.Status.FAILED, failure="The audience was deleted.")

    text = as_bob.get(url(failed)).text

    assert "It could not be sent" in text
    assert "The audience was deleted." in text


def test_each_recipient_is_listed_with_the_relays_reply_and_leads_to_the_contact(as_bob, broadcast):
    settle(broadcast, number=4, status=Email.Status.BOUNCED, reply="550 5.1.1 No such user")
    contact = Contact.objects.get(email="person0@example.test")

    text = as_bob.get(url(broadcast)).text

    assert contact.get_absolute_url() in text
    assert text.count("550 5.1.1 No such user") == 4
    assert "gone@x.example" not in text


def test_a_recipient_whose_contact_is_deleted_stays_listed(as_bob, broadcast):
    Contact.objects.filter(email="person0@example.test").delete()

    text = as_bob.get(url(broadcast)).text

    assert "person0@example.test" in text
    assert "Deleted since" in text


def test_recipients_are_filtered_by_status(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.BOUNCED)

    text = as_bob.get(url(broadcast), {"status": "bounced"}, headers={**HTMX, "HX-Target": "recipient-table"}).text

    assert "person0@example.test" in text
    assert "person1@example.test" not in text
    assert "1 e-mail<" in text


def test_a_status_that_no_email_has_says_so(as_bob, broadcast):
    assert "None of the e-mails has this status" in as_bob.get(url(broadcast), {"status": "complained"}).text


def test_an_unknown_status_shows_every_recipient(as_bob, broadcast):
    assert "4 e-mails" in as_bob.get(url(broadcast), {"status": "nonsense"}).text


def test_emails_that_may_have_arrived_twice_are_counted_and_listed(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT, maybe_twice=True)

    page = as_bob.get(url(broadcast)).text
    listed = as_bob.get(url(broadcast), {"status": "maybe_twice"}).text

    assert "1 e-mail may have arrived twice" in page
    assert f"{url(broadcast)}?status=maybe_twice" in page
    assert "person0@example.test" in listed
    assert "person1@example.test" not in listed


def test_asking_again_does_not_read_the_message(as_bob, broadcast):
    with CaptureQueriesContext(connection) as queries:
        as_bob.get(url(broadcast), headers=HTMX)

    assert not any('"html"' in each["sql"] for each in queries)


def test_a_page_of_the_report_costs_few_queries(as_bob, team, alice, audience, django_assert_max_num_queries):
    factories.make_contacts(audience=audience, number=60)
    broadcast = factories.make_broadcast(team=team, audience=audience)
    publishing.send(broadcast, by=alice)
    freezing.freeze(broadcast)
    # The keys of public ids are read once per process.
    as_bob.get(url(broadcast))

    with django_assert_max_num_queries(8):
        text = as_bob.get(url(broadcast)).text

    assert "Older" in text


def test_the_older_recipients_follow_the_newer_ones(as_bob, broadcast):
    second = broadcast.emails.order_by("pk")[1]

    text = as_bob.get(url(broadcast), {"after": str(second.public_id)}).text

    assert "person0@example.test" in text
    assert "person1@example.test" not in text


def test_markup_in_names_and_replies_is_shown_as_text(as_bob, broadcast):
    evil = "<script>alert(1)</script>"
    Broadcast.objects.filter(pk=broadcast.pk).update(name=evil, subject=evil, trouble=evil)
    Contact.objects.update(first_name=evil)
    settle(broadcast, number=4, status=Email.Status.BOUNCED, reply=evil)

    assert evil not in as_bob.get(url(broadcast)).text


def test_a_report_outlives_its_audience(as_bob, broadcast, audience):
    finish(broadcast)
    audience.deleted_at = timezone.now()
    audience.save()

    assert "(deleted since)" in as_bob.get(url(broadcast)).text
