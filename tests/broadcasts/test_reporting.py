import pytest

from broadcasts import reporting
from broadcasts.models import Email, EmailEvent
from tests.factories import NOON, make_broadcast, make_contact, make_contacts, make_started_broadcast

Status = Email.Status


@pytest.fixture
def broadcast(audience):
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)
    make_contacts(audience=audience, number=7)
    return make_started_broadcast(audience=audience)


def give(broadcast, **statuses):
    """Give so many e-mails each status, in order."""
    emails = iter(Email.objects.filter(broadcast=broadcast).order_by("pk"))
    for word, number in statuses.items():
        for _ in range(number):
            Email.objects.filter(pk=next(emails).pk).update(status=Status[word.upper()])


def test_a_draft_has_a_report_of_zeros(team):
    report = reporting.report(make_broadcast(team=team))

    assert (report.audience, report.emails, report.sent, report.percent) == (0, 0, 0, 0)


def test_audience_emails_and_statuses_add_up(broadcast):
    give(broadcast, sent=2, bounced=1, skipped=1, failed=1, sending=1)

    report = reporting.report(broadcast)

    assert report.audience == 8 == report.emails + sum(report.excluded.values())
    assert report.emails == 7 == sum(report.by_status.values())
    assert report.by_status["queued"] == 1


def test_sent_counts_what_the_relay_took_whatever_came_afterwards(broadcast):
    give(broadcast, sent=2, delivered=1, complained=1, bounced=1)

    report = reporting.report(broadcast)

    assert (report.sent, report.waiting, report.percent) == (4, 2, 71)


def test_a_hundred_percent_means_all(broadcast):
    give(broadcast, sent=7)

    assert reporting.report(broadcast).percent == 100


def test_unsubscribes_by_its_links_are_counted_and_undone_ones_are_not(broadcast):
    emails = list(Email.objects.filter(broadcast=broadcast)[:2])
    for email in emails:
        EmailEvent.objects.create(email=email, kind="unsubscribed")
    EmailEvent.objects.create(email=emails[0], kind="resubscribed")

    assert reporting.report(broadcast).unsubscribed == 1


def test_who_unsubscribes_again_and_again_is_counted_once(broadcast):
    email = Email.objects.filter(broadcast=broadcast)[0]
    for kind in ("unsubscribed", "unsubscribed", "resubscribed", "unsubscribed"):
        EmailEvent.objects.create(email=email, kind=kind)

    assert reporting.report(broadcast).unsubscribed == 1


def test_another_broadcast_to_the_same_people_counts_for_itself(broadcast, audience):
    other = make_started_broadcast(audience=audience)
    give(other, sent=7)
    EmailEvent.objects.create(email=Email.objects.filter(broadcast=other)[0], kind="unsubscribed")

    report = reporting.report(broadcast)

    assert (report.emails, report.sent, report.unsubscribed) == (7, 0, 0)


def test_a_report_is_two_queries(broadcast, django_assert_num_queries):
    with django_assert_num_queries(2):
        reporting.report(broadcast)


@pytest.mark.parametrize(
    ("status", "number"), [(None, 7), ("", 7), ("bounced", 2), ("queued", 5), ("maybe_twice", 1), ("absurd", 0)]
)
def test_recipients_can_be_filtered_by_status(broadcast, status, number):
    give(broadcast, bounced=2)
    Email.objects.filter(pk=Email.objects.filter(broadcast=broadcast)[0].pk).update(maybe_twice=True)

    assert reporting.recipients(broadcast, status).count() == number


def test_a_draft_has_no_recipients(team):
    assert not reporting.recipients(make_broadcast(team=team)).exists()
