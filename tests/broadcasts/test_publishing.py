from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from broadcasts import publishing, reviewing, ringing, tasks
from broadcasts.models import Broadcast
from config.celery import app
from tests.factories import HTML, NOON, make_audience, make_broadcast, make_contact, make_contacts

FINE = '<p>Hello</p><a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Unsubscribe</a>'


@pytest.fixture
def draft(team, audience):
    make_contacts(audience=audience, number=2)
    return make_broadcast(team=team, audience=audience)


@pytest.fixture
def at_once():
    """Bells are heard at once, in the process that rings them."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def codes(problems):
    return [problem.code for problem in problems]


def test_a_review_says_who_gets_it_and_who_is_left_out(draft, audience):
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)
    make_contact(audience=audience, email="dead@example.test", suppressed="bounce")

    review = reviewing.review(draft)

    assert review.recipients == 2
    assert review.left_out == {"unsubscribed": 1, "bounced": 1}
    assert review.blockers == []


def test_a_review_costs_one_query(draft, django_assert_num_queries):
    with django_assert_num_queries(1):
        reviewing.review(draft)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"audience": None}, "audience_missing", "audience"),
        ({"sender": ""}, "sender_missing", "sender"),
        ({"sender": "Northwind"}, "sender_invalid", "sender"),
        ({"reply_to": "a@b@c.example"}, "reply_to_invalid", "reply_to"),
        ({"subject": "  "}, "subject_missing", "subject"),
        ({"subject": "Hi {{{NICKNAME}}}"}, "merge_tag_invalid", "subject"),
        ({"preview_text": "Hi {{{FIRST_NAME"}, "merge_tag_invalid", "preview_text"),
        ({"html": " "}, "body_empty", "html"),
        ({"html": "", "mode": "text"}, "body_empty", "text"),
        ({"html": "<p>No way out</p>"}, "unsubscribe_link_missing", "html"),
        ({"html": f"<!-- {FINE} -->"}, "unsubscribe_link_missing", "html"),
        ({"text": "No way out"}, "unsubscribe_link_missing", "text"),
        ({"html": FINE + "{{{FIRST_NAME|there"}, "merge_tag_invalid", "html"),
        ({"html": FINE + "{{{contact.shoe_size}}}"}, "merge_tag_invalid", "html"),
    ],
)
def test_a_review_names_what_blocks_and_in_which_field(team, draft, fields, code, field):
    for name, value in fields.items():
        setattr(draft, name, value)

    blockers = reviewing.review(draft).blockers

    assert [(problem.code, problem.field) for problem in blockers] == [(code, field)]


def test_a_deleted_audience_blocks(draft, audience):
    audience.deleted_at = NOON
    audience.save()

    assert codes(reviewing.review(draft).blockers) == ["audience_deleted"]


def test_an_audience_in_which_nobody_can_be_mailed_blocks(team):
    empty = make_audience(team=team, name="Empty")

    review = reviewing.review(make_broadcast(team=team, audience=empty))

    assert codes(review.blockers) == ["nobody_to_send_to"]


@pytest.mark.parametrize("link", ["{{{RESEND_UNSUBSCRIBE_URL}}}", "{{{UNSUBSCRIBE_URL}}}"])
def test_both_spellings_of_the_unsubscribe_link_do(draft, link):
    draft.html = f'<a href="{link}">Unsubscribe</a>'

    assert reviewing.review(draft).blockers == []


def test_an_unknown_merge_tag_is_named_with_its_line(draft):
    draft.html = f"{FINE}\n<p>{{{{{{SHOE_SIZE}}}}}}</p>"

    [blocker] = reviewing.review(draft).blockers

    assert "{{{SHOE_SIZE}}}" in blocker.message
    assert "Line 2" in blocker.message


def test_what_is_only_risky_is_a_warning(draft):
    draft.subject = "For {{{FIRST_NAME}}}"
    draft.html = FINE + "x" * 110_000

    review = reviewing.review(draft)

    assert review.blockers == []
    assert codes(review.warnings) == ["body_large", "fallback_missing"]


@pytest.mark.django_db(transaction=True)
def test_sending_a_draft_reaches_everybody(draft, alice, sink, at_once, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        publishing.send(draft, by=alice)

    draft.refresh_from_db()
    assert sink.accepted_addresses() == ["person0@example.test", "person1@example.test"]
    assert draft.status == "sent"
    assert draft.queued_at <= draft.sent_at


def test_sending_waits_in_the_queue_when_no_worker_hears(draft, alice):
    publishing.send(draft, by=alice)

    draft.refresh_from_db()
    assert draft.status == "queued"


@pytest.mark.django_db(transaction=True)
def test_a_lost_bell_is_made_good_by_the_sweep(draft, alice, sink, at_once, django_capture_on_commit_callbacks):
    publishing.send(draft, by=alice)
    Broadcast.objects.update(rung_at=NOON - timedelta(days=400))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()

    draft.refresh_from_db()
    assert draft.status == "sent"
    assert len(sink.messages) == 2


@pytest.mark.parametrize("status", ["queued", "sending"])
def test_however_often_the_sweep_looks_one_bell_is_out(team, status, django_capture_on_commit_callbacks):
    make_broadcast(team=team, status=status)

    with django_capture_on_commit_callbacks() as rung:
        for _ in range(3):
            tasks.sweep()

    assert len(rung) == 1


def test_a_bell_that_was_heard_may_ring_again(team, django_capture_on_commit_callbacks):
    broadcast = make_broadcast(team=team, status="queued", rung_at=timezone.now())

    with django_capture_on_commit_callbacks() as rung:
        ringing.answered(broadcast.pk)
        ringing.ring(tasks.start, broadcast_id=broadcast.pk)

    assert len(rung) == 1


def test_a_sweep_with_nothing_to_do_is_six_queries(db, django_assert_num_queries):
    with django_assert_num_queries(6):
        tasks.sweep()


def test_pressing_send_twice_sends_once(draft, alice):
    publishing.send(draft, by=alice)

    with pytest.raises(publishing.AlreadySending):
        publishing.send(Broadcast.objects.get(pk=draft.pk), by=alice)


def test_what_was_changed_after_its_review_is_not_sent(draft, alice):
    Broadcast.objects.update(version=2)

    with pytest.raises(publishing.ChangedSinceReview):
        publishing.send(draft, by=alice, version=1)

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_broadcast_with_a_blocker_is_not_sent(draft, alice):
    Broadcast.objects.update(subject="")

    with pytest.raises(publishing.NotReady, match="Write a subject") as refusal:
        publishing.send(draft, by=alice)

    draft.refresh_from_db()
    assert refusal.value.field == "subject"
    assert draft.status == "draft"


def test_the_next_broadcast_leaves_out_who_unsubscribed_and_says_so(
    draft, audience, alice, sink, at_once, django_capture_on_commit_callbacks
):
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)

    with django_capture_on_commit_callbacks(execute=True):
        publishing.send(draft, by=alice)

    draft.refresh_from_db()
    assert "gone@example.test" not in sink.accepted_addresses()
    assert draft.excluded == {"unsubscribed": 1}
    assert draft.audience_size == 3


def test_a_draft_can_be_deleted(draft):
    publishing.delete(draft)

    assert not Broadcast.objects.exists()


def test_deleting_holds_the_draft_so_that_it_can_not_be_sent_meanwhile(draft):
    with CaptureQueriesContext(connection) as queries:
        publishing.delete(draft)

    assert "FOR UPDATE" in next(each["sql"] for each in queries if "broadcasts_broadcast" in each["sql"])


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "failed"])
def test_only_a_draft_can_be_deleted(team, status):
    broadcast = make_broadcast(team=team, status=status)

    with pytest.raises(publishing.NotADraft):
        publishing.delete(broadcast)

    assert Broadcast.objects.exists()


def test_a_million_wrong_characters_get_a_short_answer(draft):
    draft.html = HTML + "<p>{{{" * 170_000

    review = reviewing.review(draft)

    assert codes(review.blockers) == ["merge_tag_invalid"] * 10
