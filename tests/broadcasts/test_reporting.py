from datetime import timedelta

import pytest
from django.utils import timezone

from broadcasts import reporting
from broadcasts.models import Broadcast, Chunk, Email, EmailEvent
from broadcasts.recounting import recount
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
    recount(broadcast)


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


def test_the_ledger_itself_is_not_counted(broadcast):
    Email.objects.filter(broadcast=broadcast).update(status=Status.SENT)

    assert reporting.report(broadcast).sent == 0


def test_outcomes_and_waiting_are_all_emails(broadcast):
    give(broadcast, sent=2, bounced=1, held=1)

    report = reporting.report(broadcast)

    assert report.outcomes == {"sent": 2, "bounced": 1, "held": 1}
    assert sum(report.outcomes.values()) + report.waiting == report.emails == 7


def test_emails_that_may_have_arrived_twice_are_counted(broadcast):
    Email.objects.filter(pk=Email.objects.filter(broadcast=broadcast)[0].pk).update(maybe_twice=True)
    recount(broadcast)

    assert reporting.report(broadcast).maybe_twice == 1


def test_what_was_refused_for_now_is_told_apart_from_what_was_not_tried(broadcast):
    due = timezone.now() + timedelta(minutes=4)
    give(broadcast, sent=5)
    Chunk.objects.update(due_at=due)

    report = reporting.report(broadcast)

    assert (report.waiting, report.retrying, report.next_try_at) == (2, 2, due)
    assert report.only_retries


@pytest.mark.parametrize(("seconds", "in_hand"), [(60, True), (-1, False)])
def test_a_chunk_is_in_hand_while_its_lease_holds(broadcast, seconds, in_hand):
    Chunk.objects.update(state=Chunk.State.LEASED, lease=timezone.now() + timedelta(seconds=seconds))

    assert reporting.report(broadcast).in_hand is in_hand


def test_the_pace_is_that_of_the_first_wave(broadcast):
    give(broadcast, sent=5)
    broadcast.queued_at = NOON

    pace = reporting.pace(broadcast, reporting.report(broadcast), now=NOON + timedelta(seconds=10))

    assert (pace.per_second, pace.seconds_left) == (0.5, 4)


def test_the_pace_of_a_later_wave_forgets_the_earlier_ones(broadcast):
    give(broadcast, sent=5)
    broadcast.queued_at = NOON - timedelta(days=3)
    broadcast.waves = [{"at": NOON.isoformat(), "by": "Bob Bell", "again": 2, "joined": 1}]

    pace = reporting.pace(broadcast, reporting.report(broadcast), now=NOON + timedelta(seconds=10))

    assert (pace.per_second, pace.seconds_left) == (0.1, 20)


def test_what_waits_for_its_next_try_is_not_estimated(broadcast):
    give(broadcast, sent=5)
    broadcast.queued_at = NOON
    Chunk.objects.update(due_at=timezone.now() + timedelta(hours=1))

    pace = reporting.pace(broadcast, reporting.report(broadcast), now=NOON + timedelta(seconds=10))

    assert pace.seconds_left == 0


def test_the_time_on_hold_is_no_time_of_sending(broadcast):
    broadcast.queued_at, broadcast.hold_until = NOON, NOON + timedelta(seconds=30)

    assert reporting.began_at(broadcast) == NOON + timedelta(seconds=30)


def test_waves_are_told_in_their_order():
    given = [{"at": f"2026-11-2{day}T12:00:00+00:00", "by": "Bob", "again": day, "joined": 0} for day in (3, 4)]

    assert [wave.again for wave in reporting.waves(Broadcast(waves=given))] == [3, 4]


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


def test_a_status_is_looked_for_only_in_chunks_that_count_it(broadcast, django_assert_num_queries):
    give(broadcast, bounced=1)

    with django_assert_num_queries(1):
        assert len(reporting.recipients(broadcast, "bounced")) == 1
    assert not reporting.recipients(broadcast, "held").exists()


def test_a_draft_has_no_recipients(team):
    assert not reporting.recipients(make_broadcast(team=team)).exists()
