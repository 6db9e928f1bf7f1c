"""What became of a broadcast: numbers, trouble, every recipient."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from broadcasts import freezing, publishing
from broadcasts.models import Broadcast, Chunk, Email, EmailEvent
from broadcasts.recounting import recount
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
    recount(broadcast)


def finish(broadcast) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(status=Broadcast.Status.SENT, sent_at=timezone.now())


def figures(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([\d,–]+)</dd>", text))


def spoken(text: str) -> str:
    """The page's words without its markup."""
    return " ".join(re.sub(r"<[^>]+>", "", text.replace("<br>", " ")).split())


def test_the_numbers_have_their_denominators(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT)
    settle(broadcast, number=1, status=Email.Status.BOUNCED)
    settle(broadcast, number=1, status=Email.Status.SKIPPED)

    text = as_bob.get(url(broadcast)).text

    assert figures(text) == {
        "Emails": "4",
        "Sent": "1",
        "Bounced or failed": "1",
        "Opened": "–",
        "Clicked": "–",
        "Unsubscribed": "0",
    }
    assert "of 5 in the audience" in text
    assert "75% done: 1 of 4 still to go." in text


def test_the_account_adds_up_in_words(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT)
    settle(broadcast, number=1, status=Email.Status.HELD)

    words = spoken(as_bob.get(url(broadcast)).text)

    assert "5 = 4 e-mails + 1 left out (1 unsubscribed)" in words
    assert "4 = 1 sent (25.0%) + 1 held (25.0%) + 2 waiting (50.0%)" in words


def test_opens_and_clicks_stand_apart_from_those_of_machines(as_bob, broadcast):
    settle(broadcast, number=4, status=Email.Status.SENT)
    Broadcast.objects.update(
        track_opens=True,
        track_clicks=True,
        opened=2,
        clicked=1,
        opened_by_machines=3,
        clicked_by_machines=4,
    )
    broadcast.links.create(number=1, url="https://northwind.example/spring", clicked=1, clicked_by_machines=4)

    text = as_bob.get(url(broadcast)).text

    assert figures(text).items() >= {"Opened": "2", "Clicked": "1"}.items()
    assert "50.0% of 4 sent; by machines 3" in text
    assert "25.0% of 4 sent; by machines 4" in text
    assert "Opens are never exact" in text
    assert "https://northwind.example/spring" in text


def test_what_happened_by_the_hour_is_drawn_and_tabled(as_bob, broadcast):
    broadcast.queued_at = broadcast.queued_at.replace(minute=40)
    broadcast.save()
    event = {"email": broadcast.emails.all()[0], "kind": EmailEvent.Kind.UNSUBSCRIBED}
    EmailEvent.objects.create(at=broadcast.queued_at + timedelta(hours=3, minutes=5), **event)

    text = as_bob.get(url(broadcast)).text

    assert "First 48 hours" in text
    assert '<rect class="unsubscribed" x="33" width="2" height="100" />' in text
    assert (broadcast.queued_at + timedelta(hours=3)).strftime("%H:00</th>") in text


def test_nothing_by_the_hour_is_shown_while_nothing_happened(as_bob, broadcast):
    assert "First 48 hours" not in as_bob.get(url(broadcast)).text


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


def test_the_tab_tells_how_far_it_is(as_bob, broadcast):
    settle(broadcast, number=3, status=Email.Status.SENT)

    page, poll = as_bob.get(url(broadcast)).text, as_bob.get(url(broadcast), headers=HTMX).text

    assert "<title>75% · Spring news · Carillon</title>" in re.sub(r"\s+", " ", page).replace("> ", ">")
    assert "75% · Spring news" in poll.partition("<title>")[2].partition("</title>")[0]


def test_the_head_is_exchanged_only_when_the_status_changes(as_bob, broadcast):
    same = as_bob.get(url(broadcast), {"was": "sending"}, headers=HTMX).text
    other = as_bob.get(url(broadcast), {"was": "queued"}, headers=HTMX).text

    assert 'id="report-head"' not in same
    assert 'id="report-head" hx-swap-oob="true"' in other


def test_a_paused_report_asks_on_while_a_sender_finishes(as_bob, broadcast):
    Broadcast.objects.update(status=Broadcast.Status.PAUSED)
    Chunk.objects.update(state=Chunk.State.LEASED, lease=timezone.now() + timedelta(minutes=1))

    finishing = as_bob.get(url(broadcast), headers=HTMX)
    Chunk.objects.update(state=Chunk.State.OPEN, lease=None)
    paused = as_bob.get(url(broadcast), headers=HTMX)

    assert (finishing.status_code, paused.status_code) == (200, 286)
    assert "is being finished" in finishing.text
    assert "Paused: 4 of 4 still to go." in paused.text


def test_a_canceled_report_asks_on_while_anything_waits(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT)
    Broadcast.objects.update(status=Broadcast.Status.CANCELED)

    withdrawing = as_bob.get(url(broadcast), headers=HTMX)
    settle(broadcast, number=3, status=Email.Status.CANCELED)
    canceled = as_bob.get(url(broadcast), headers=HTMX)

    assert (withdrawing.status_code, canceled.status_code) == (200, 286)
    assert "3 are still being withdrawn" in withdrawing.text
    assert "Canceled: 1 of 4 had been sent." in canceled.text


def test_a_held_start_counts_down(as_bob, team, audience):
    factories.make_broadcast(
        team=team,
        audience=audience,
        status=Broadcast.Status.QUEUED,
        queued_at=timezone.now(),
        hold_until=timezone.now() + timedelta(seconds=27),
    )

    assert re.search(r"Starts in 2[67] s\.", as_bob.get(url(Broadcast.objects.get())).text)


def test_the_pace_is_told_while_it_goes(as_bob, broadcast):
    settle(broadcast, number=2, status=Email.Status.SENT)
    Broadcast.objects.update(queued_at=timezone.now() - timedelta(seconds=90))

    assert "About 1 a minute so far, some 2 min left." in spoken(as_bob.get(url(broadcast)).text)


def test_what_waits_for_its_next_try_says_when(as_bob, broadcast):
    due = timezone.now() + timedelta(minutes=4, seconds=30)
    settle(broadcast, number=4, reply="450 4.7.1 Greylisted", attempts=1, next_attempt_at=due)
    Chunk.objects.update(due_at=due)

    words = spoken(as_bob.get(url(broadcast)).text)

    assert "They were refused for now; the next try is due in 4 minutes" in words
    assert words.count("450 4.7.1 Greylisted Next try in 4 minutes (attempt 2)") == 4


def test_what_took_several_attempts_says_so(as_bob, broadcast):
    settle(broadcast, number=1, status=Email.Status.SENT, attempts=3)

    assert spoken(as_bob.get(url(broadcast)).text).count("After 3 attempts") == 1


def test_waves_are_told(as_bob, broadcast):
    Broadcast.objects.update(waves=[{"at": "2026-11-22T12:00:00+00:00", "by": "Bob Bell", "again": 1124, "joined": 12}])

    words = spoken(as_bob.get(url(broadcast)).text)

    assert "Sent to the rest 22 Nov 2026, 12:00 UTC by Bob Bell: 1,124 again, 12 joined." in words


def test_held_emails_are_pointed_out(as_bob, broadcast):
    settle(broadcast, number=2, status=Email.Status.HELD)

    assert "2 e-mails are held for you" in as_bob.get(url(broadcast)).text


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
