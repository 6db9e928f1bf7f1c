"""The list of the team's e-mails, and the page of one of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from broadcasts import tracing
from broadcasts.models import Email, EmailEvent
from contacts.models import Contact
from tests.factories import NOON, make_contact, make_started_broadcast

pytestmark = pytest.mark.django_db


@pytest.fixture
def email(audience):
    make_contact(audience=audience, email="ada@x.test", first_name="Ada")
    broadcast = make_started_broadcast(audience=audience)
    return broadcast.emails.get()


def page(client, email, **query):
    return client.get(reverse("emails:detail", args=[email.team.slug, email.public_id]), query)


def listed(client, team, **query):
    return client.get(reverse("emails:list", args=[team.slug]), query)


def test_the_list_shows_each_with_its_status_and_broadcast(as_bob, team, email):
    text = listed(as_bob, team).text

    assert "ada@x.test" in text
    assert "Spring news" in text
    assert "1 e-mail</p>" in text


def test_the_list_says_when_nothing_matches(as_bob, team, email):
    assert "No e-mail matches" in listed(as_bob, team, status="failed").text
    assert "Nothing went to “bo@x.test”" in listed(as_bob, team, q="bo@x.test").text


def test_an_empty_ledger_says_what_comes(as_bob, team):
    assert "No e-mails yet" in listed(as_bob, team).text


def test_a_page_of_the_list_costs_few_queries(as_bob, team, email, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        listed(as_bob, team, status="queued", days="7")


def test_the_steps_are_in_order(email):
    Email.objects.update(
        status=2, created_at=NOON, sent_at=NOON + timedelta(minutes=5), attempts=2, reply="250 2.0.0 Queued as 4F1"
    )
    for kind, minutes, by_machine in (("clicked", 9, False), ("opened", 8, False), ("opened", 6, True)):
        EmailEvent.objects.create(email=email, kind=kind, at=NOON + timedelta(minutes=minutes), by_machine=by_machine)
    email.refresh_from_db()

    assert [(step.text, step.detail) for step in tracing.steps(email)] == [
        ("Queued for sending", ""),
        ("Taken by the relay after 2 attempts", "250 2.0.0 Queued as 4F1"),
        ("Opened, probably by a program", ""),
        ("Opened", ""),
        ("Clicked", ""),
    ]


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        ({"status": 6, "reply": "450 Later", "attempts": 5}, ("Failed after 5 attempts", "450 Later")),
        ({"status": 7, "reply": "Unsubscribed before it was sent."}, ("Skipped", "Unsubscribed before it was sent.")),
        ({"status": 4, "bounced_at": NOON + timedelta(days=900), "reply": "550 No"}, ("Bounced", "550 No")),
        ({"next_attempt_at": NOON, "attempts": 1, "reply": "450 Later"}, ("Tried again later", "450 Later")),
    ],
)
def test_the_last_step_says_how_it_stands(email, fields, last):
    Email.objects.update(**fields)
    email.refresh_from_db()

    step = tracing.steps(email)[-1]
    assert (step.text, step.detail) == last


def test_the_page_shows_message_text_and_source(as_bob, email):
    html = page(as_bob, email).text
    frame = as_bob.get(reverse("emails:frame", args=[email.team.slug, email.public_id]))

    assert "Queued for sending" in html
    assert "Hello Ada" in frame.text
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "Hello Ada" in page(as_bob, email, view="text").text
    source = page(as_bob, email, view="source").text
    assert "To: Ada &lt;ada@x.test&gt;" in source
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in source


def test_nobody_can_unsubscribe_a_recipient_from_there(as_bob, client, email):
    source = page(as_bob, email, view="source").text

    link = source.partition("List-Unsubscribe: &lt;")[2].partition("&gt;")[0]
    answer = client.post("/u/" + link.rpartition("/u/")[2], {"List-Unsubscribe": "One-Click"})
    assert "test" in answer.text
    assert Contact.objects.get().unsubscribed_at is None


def test_a_deleted_contact_leaves_the_page(as_bob, email):
    Contact.objects.all().delete()

    assert "without the contact, who is deleted" in page(as_bob, email).text
    assert "To: ada@x.test" in page(as_bob, email, view="source").text
