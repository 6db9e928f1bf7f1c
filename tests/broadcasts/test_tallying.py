"""Counting opens and clicks: who it was, what is new, and what is kept."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from broadcasts import auditing, tallying, tasks
from broadcasts.models import Broadcast, Email, EmailEvent
from config.celery import app
from tests.broadcasts.elsewhere import in_another_connection
from tests.broadcasts.responding import HTML, happened
from tests.factories import NOON, make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def broadcast(audience):
    """Sent to three people an hour before anything happens."""
    make_contacts(audience=audience, number=3)
    started = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
    Email.objects.update(status=Email.Status.SENT, sent_at=NOON - timedelta(hours=1))
    return started


@pytest.fixture
def emails(broadcast):
    return list(Email.objects.filter(broadcast=broadcast).order_by("pk"))


@pytest.fixture
def at_once():
    """A worker that hears every bell at once."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def counters(broadcast):
    """Opened, clicked, and both by machines."""
    broadcast.refresh_from_db()
    return (broadcast.opened, broadcast.clicked, broadcast.opened_by_machines, broadcast.clicked_by_machines)


def links(broadcast):
    return {link.number: (link.clicked, link.clicked_by_machines) for link in broadcast.links.all()}


def responses(discrepancies):
    return [each for each in discrepancies if "tell of" in each]


def test_an_open_and_a_click_are_counted_and_dated(broadcast, emails):
    happened(emails[0], "opened", at=NOON)
    happened(emails[1], "opened", at=NOON)
    happened(emails[1], "clicked", number=2, at=NOON + SECOND)

    tallying.tally(now=LATER)

    ada, ben, _ = Email.objects.order_by("pk")
    assert counters(broadcast) == (2, 1, 0, 0)
    assert links(broadcast) == {1: (0, 0), 2: (1, 0), 3: (0, 0), 4: (0, 0)}
    assert (ada.opened_at, ada.clicked_at) == (NOON, None)
    assert (ben.opened_at, ben.clicked_at) == (NOON, NOON + SECOND)
    assert not EmailEvent.objects.filter(to_fold=True).exists()


def test_counting_again_changes_nothing(broadcast, emails):
    happened(emails[0], "clicked", number=1, at=NOON)

    tallying.tally(now=LATER)
    tallying.tally(now=LATER)

    assert counters(broadcast) == (1, 1, 0, 0)


def test_what_happens_again_is_counted_once_and_not_kept(broadcast, emails):
    for number in range(3):
        happened(emails[0], "opened", at=NOON + number * SECOND)
    tallying.tally(now=LATER)
    happened(emails[0], "opened", at=LATER)
    tallying.tally(now=LATER + timedelta(hours=1))

    assert counters(broadcast) == (1, 0, 0, 0)
    assert EmailEvent.objects.get().at == NOON


def test_two_links_of_one_message_are_one_who_clicked(broadcast, emails):
    happened(emails[0], "clicked", number=1, at=NOON)
    tallying.tally(now=LATER)
    happened(emails[0], "clicked", number=2, at=LATER)
    tallying.tally(now=LATER + timedelta(hours=1))

    assert counters(broadcast) == (1, 1, 0, 0)
    assert links(broadcast) == {1: (1, 0), 2: (1, 0), 3: (0, 0), 4: (0, 0)}
    assert EmailEvent.objects.count() == 2


def test_a_click_tells_of_an_open(broadcast, emails):
    happened(emails[0], "clicked", number=1, at=NOON)
    tallying.tally(now=LATER)
    happened(emails[0], "opened", at=LATER)
    tallying.tally(now=LATER + timedelta(hours=1))

    assert counters(broadcast) == (1, 1, 0, 0)
    assert Email.objects.get(pk=emails[0].pk).opened_at == NOON


def test_a_click_tells_of_no_open_where_opens_are_not_counted(broadcast, emails):
    Broadcast.objects.update(track_opens=False)
    happened(emails[0], "clicked", number=1, at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (0, 1, 0, 0)
    assert Email.objects.get(pk=emails[0].pk).opened_at is None


def test_machines_are_counted_apart_and_date_nothing(broadcast, emails):
    happened(emails[0], "opened", at=NOON, by_machine=True)
    happened(emails[0], "clicked", number=1, at=NOON, by_machine=True)
    happened(emails[1], "opened", at=NOON, by_machine=True)
    happened(emails[1], "opened", at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (1, 0, 2, 1)
    assert links(broadcast)[1] == (0, 1)
    assert Email.objects.get(pk=emails[0].pk).opened_at is None


def test_a_machine_that_comes_again_is_one(broadcast, emails):
    for number in (1, 2):
        happened(emails[0], "clicked", number=number, at=NOON + number * timedelta(minutes=5), by_machine=True)
        tallying.tally(now=LATER)

    assert counters(broadcast) == (0, 0, 0, 1)


def test_what_came_just_now_waits_for_what_may_belong_to_it(broadcast, emails):
    happened(emails[0], "opened", at=NOON)

    tallying.tally(now=NOON + 9 * SECOND)

    assert counters(broadcast) == (0, 0, 0, 0)
    assert not tallying.is_due(NOON + 9 * SECOND)
    assert tallying.is_due(NOON + 11 * SECOND)


@pytest.mark.parametrize(
    ("after_sending", "is_machine"),
    [(-60, False), (-2.5, True), (0, True), (0.9, True), (1.1, False), (5, False), (3600, False), (None, False)],
)
def test_a_click_at_the_very_moment_of_sending_is_a_machines(broadcast, emails, after_sending, is_machine):
    sent_at = None if after_sending is None else NOON - after_sending * SECOND
    Email.objects.update(sent_at=sent_at)
    happened(emails[0], "clicked", number=1, at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == ((0, 0, 0, 1) if is_machine else (1, 1, 0, 0))


def test_an_open_at_the_very_moment_of_sending_may_be_a_persons(broadcast, emails):
    Email.objects.update(sent_at=NOON)
    happened(emails[0], "opened", at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("clicks", "machines"),
    [
        ([(1, 0), (2, 1), (3, 2)], 1),
        ([(1, 0), (2, 0), (3, 0), (4, 0)], 1),
        ([(3, 0), (1, 4), (2, 5)], 1),
        ([(1, 0), (2, 1)], 0),
        ([(1, 0), (2, 6), (3, 12)], 0),
        ([(1, 0), (1, 1), (1, 2), (2, 3)], 0),
    ],
)
def test_who_follows_many_links_within_seconds_is_a_machine(broadcast, emails, clicks, machines):
    for number, second in clicks:
        happened(emails[0], "clicked", number=number, at=NOON + second * SECOND)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (1 - machines, 1 - machines, 0, machines)


def test_a_walk_is_seen_as_one_although_it_is_counted_in_two_goes(broadcast, emails):
    for number in (1, 2, 3):
        happened(emails[0], "clicked", number=number, at=NOON + number * SECOND)

    tallying.tally(now=NOON + 12 * SECOND)
    tallying.tally(now=LATER)

    assert counters(broadcast) == (0, 0, 0, 1)
    assert links(broadcast) == {1: (0, 1), 2: (0, 1), 3: (0, 1), 4: (0, 0)}


def test_what_a_walk_opens_on_its_way_is_its_own_and_a_person_may_come_later(broadcast, emails):
    happened(emails[0], "opened", at=NOON)
    for number in (1, 2, 3):
        happened(emails[0], "clicked", number=number, at=NOON + SECOND)
    happened(emails[0], "clicked", number=2, at=NOON + timedelta(minutes=9))

    tallying.tally(now=LATER)

    assert counters(broadcast) == (1, 1, 1, 1)
    assert links(broadcast)[2] == (1, 1)
    assert Email.objects.get(pk=emails[0].pk).clicked_at == NOON + timedelta(minutes=9)


def test_walks_of_two_recipients_are_no_walk(broadcast, emails):
    for number, email in enumerate(emails, 1):
        happened(email, "clicked", number=number, at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (3, 3, 0, 0)


def test_a_walk_that_is_repeated_leaves_no_more_rows(broadcast, emails):
    for round_ in range(3):
        for number in (1, 2, 3):
            happened(emails[0], "clicked", number=number, at=NOON + round_ * timedelta(minutes=9))
        tallying.tally(now=LATER)

    assert counters(broadcast) == (0, 0, 0, 1)
    assert EmailEvent.objects.count() == 3


def test_broadcasts_are_counted_each_for_itself(broadcast, emails, audience):
    other = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
    happened(emails[0], "opened", at=NOON)
    for email in Email.objects.filter(broadcast=other):
        happened(email, "clicked", number=1, at=NOON)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (1, 0, 0, 0)
    assert counters(other) == (3, 3, 0, 0)
    assert links(broadcast)[1] == (0, 0)


def test_any_number_is_counted_in_batches(broadcast, emails, monkeypatch):
    monkeypatch.setattr(tallying, "MOST", 2)
    for email in emails:
        happened(email, "opened", at=NOON)
        happened(email, "clicked", number=1, at=NOON + SECOND)
        happened(email, "opened", at=NOON + 2 * SECOND)

    tallying.tally(now=LATER)

    assert counters(broadcast) == (3, 3, 0, 0)
    assert EmailEvent.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_one_that_somebody_holds_does_not_keep_the_others_waiting(broadcast, emails, monkeypatch):
    monkeypatch.setattr(tallying, "MOST", 2)
    for email in emails:
        happened(email, "opened", at=NOON)
    with transaction.atomic():
        Email.objects.select_for_update().get(pk=emails[0].pk)
        in_another_connection(lambda: tallying.tally(now=LATER))

    assert counters(broadcast)[0] == 2
    assert EmailEvent.objects.get(to_fold=True).email_id == emails[0].pk


def test_unsubscribes_are_left_alone(broadcast, emails):
    happened(emails[0], "unsubscribed", at=NOON, to_fold=False)
    happened(emails[0], "opened", at=NOON)

    tallying.tally(now=LATER)

    assert set(EmailEvent.objects.values_list("kind", flat=True)) == {"unsubscribed", "opened"}


def test_the_sweep_has_it_counted(broadcast, emails, at_once, django_capture_on_commit_callbacks):
    Broadcast.objects.update(status=Broadcast.Status.SENT)
    happened(emails[0], "opened", at=timezone.now() - timedelta(minutes=1))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()

    assert counters(broadcast)[0] == 1


def test_the_audit_agrees_with_what_was_counted(broadcast, emails):
    for email in emails:
        happened(email, "opened", at=NOON)
        happened(email, "clicked", number=2, at=NOON, by_machine=email is emails[0])
    tallying.tally(now=LATER)
    happened(emails[0], "clicked", number=3, at=LATER)

    assert responses(auditing.discrepancies()) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"opened": 5}, "counts 5 opened but its events tell of 1"),
        ({"clicked": 0}, "counts 0 clicked but its e-mails tell of 1"),
        ({"clicked_by_machines": 2}, "counts 2 clicked by machines but its events tell of 0"),
    ],
)
def test_a_wrong_counter_of_a_broadcast_is_noticed(broadcast, emails, wrong, said):
    happened(emails[0], "clicked", number=1, at=NOON)
    tallying.tally(now=LATER)
    Broadcast.objects.update(**wrong)

    assert any(said in each for each in auditing.discrepancies())


def test_a_wrong_counter_of_a_link_is_noticed(broadcast, team):
    broadcast.links.filter(number=2).update(clicked=4)

    [sentence] = responses(auditing.discrepancies(team))

    assert "counts 4 clicked on link 2 but its events tell of 0" in sentence


@pytest.mark.django_db(transaction=True)
class TestSeveralAtOnce:
    def test_every_event_is_counted_once(self, broadcast, emails, monkeypatch):
        monkeypatch.setattr(tallying, "MOST", 3)
        for email in emails:
            for number in (1, 2, 3, 4):
                happened(email, "clicked", number=number, at=NOON + number * timedelta(minutes=1))

        def work():
            for _ in range(20):
                tallying.tally(now=LATER)
            connection.close()

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert counters(broadcast) == (3, 3, 0, 0)
        assert links(broadcast) == dict.fromkeys((1, 2, 3, 4), (3, 0))

    @pytest.mark.parametrize(("model", "others"), [(Email, 2), (Broadcast, 0)])
    def test_what_a_sender_holds_is_not_waited_for(self, broadcast, emails, model, others):
        for email in emails:
            happened(email, "opened", at=NOON)

        def work():
            tallying.tally(now=LATER)
            connection.close()

        with transaction.atomic():
            model.objects.select_for_update().order_by("pk").first()
            worker = threading.Thread(target=work)
            worker.start()
            worker.join()
            meanwhile = counters(broadcast)
        tallying.tally(now=LATER)

        assert meanwhile == (others, 0, 0, 0)
        assert counters(broadcast) == (3, 0, 0, 0)

    def test_what_is_interrupted_is_counted_whole_the_next_time(self, broadcast, emails):
        happened(emails[0], "opened", at=NOON)

        @transaction.atomic
        def interrupted():
            tallying.tally(now=LATER)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            interrupted()
        before = counters(broadcast)
        tallying.tally(now=LATER)

        assert before == (0, 0, 0, 0)
        assert counters(broadcast) == (1, 0, 0, 0)
