"""The list of a team's e-mails, narrowed by status, period and address."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from broadcasts.filtering import EmailFilterForm
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.recounting import recount
from tests.factories import make_audience, make_contact, make_contacts, make_started_broadcast, make_team

pytestmark = pytest.mark.django_db

Status = Email.Status


@pytest.fixture
def broadcast(audience):
    make_contacts(audience=audience, number=12)
    broadcast = make_started_broadcast(audience=audience)
    for status, email in zip(Status, broadcast.emails.order_by("pk"), strict=False):
        Email.objects.filter(pk=email.pk).update(status=status)
    recount(broadcast)
    return broadcast


def found(team, **filters):
    return {email.address for email in EmailFilterForm(filters).filter(team)}


@pytest.mark.parametrize("status", list(Status))
def test_each_status_is_found(team, broadcast, status):
    expected = {email.address for email in broadcast.emails.filter(status=status)}

    assert found(team, status=status.word) == expected
    assert expected


def test_what_waits_is_found_also_when_a_broadcast_is_sent_again(team, broadcast):
    Chunk.objects.update(state=Chunk.State.CLOSED)
    Broadcast.objects.update(status="sent")
    assert found(team, status="queued") == set()

    Chunk.objects.update(state=Chunk.State.OPEN)
    Broadcast.objects.update(status="sending")
    assert len(found(team, status="queued")) == 3


def test_a_period_holds_what_was_written_in_it_and_nothing_else(team, audience, broadcast):
    Email.objects.update(created_at=timezone.now() - timedelta(days=8))
    Broadcast.objects.update(updated_at=timezone.now() - timedelta(days=8))
    make_contact(audience=audience, email="new@example.test")
    newer = make_started_broadcast(audience=audience)
    Email.objects.filter(broadcast=newer, address="person0@example.test").update(
        created_at=timezone.now() - timedelta(days=8)
    )

    assert found(team, days="7") == {email.address for email in newer.emails.all()} - {"person0@example.test"}
    assert len(found(team, days="30")) == 13


def test_a_wave_of_an_old_broadcast_belongs_to_the_period(team, broadcast):
    old = timezone.now() - timedelta(days=8)
    Email.objects.update(created_at=old)
    last = broadcast.emails.order_by("-pk")[0]
    Email.objects.filter(pk=last.pk).update(created_at=timezone.now())

    assert found(team, days="1") == {last.address}


@pytest.mark.parametrize("written", ["person3@example.test", "Person3@Example.Test", "  person3@example.test "])
def test_an_address_is_found_whole_and_whatever_its_case(team, broadcast, written):
    assert found(team, q=written) == {"person3@example.test"}


@pytest.mark.parametrize("written", ["person", "person3", "@", "nobody@example.test", "\x00"])
def test_no_part_of_an_address_finds_anybody(team, broadcast, written):
    if written != "\x00":
        assert found(team, q=written) == set()
    else:
        assert len(found(team, q=written)) == 12


def test_filters_go_together(team, broadcast):
    assert found(team, q="person3@example.test", status="delivered", days="7") == {"person3@example.test"}
    assert found(team, q="person3@example.test", status="sent") == set()


def test_nonsense_narrows_nothing(team, broadcast):
    assert len(found(team, status="lost", days="-1")) == 12


def test_another_teams_e_mails_are_never_there(team, broadcast):
    theirs = make_audience(team=make_team("Tailspin"))
    make_contact(audience=theirs, email="person3@example.test")
    make_started_broadcast(audience=theirs)

    assert EmailFilterForm({"q": "person3@example.test"}).filter(team).count() == 1
    assert EmailFilterForm({}).filter(team).count() == 12


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "email_of_team"),
        ({"status": "failed"}, "email_of_team_rare"),
        ({"q": "person3@example.test"}, "one_email_per_contact_and_broadcast"),
    ],
)
def test_a_page_is_an_index_walk(team, broadcast, filters, index):
    # So many that no plan but the right one is cheap.
    Email.objects.bulk_create(
        Email(
            team_id=team.pk + number % 10, broadcast=broadcast, contact_id=10**9 + number, address=f"x{number}@x.test"
        )
        for number in range(5_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE broadcasts_email")
    plan = EmailFilterForm(filters).filter(team).order_by("-pk")[:51].explain()

    assert f"using {index} " in plan or f"on {index} " in plan
    assert "Seq Scan on broadcasts_email" not in plan


def test_the_filters_in_words():
    form = EmailFilterForm({"status": "bounced", "days": "7", "q": " a@x.test "})

    assert form.words == [("Status", "Bounced"), ("Period", "Last 7 days"), ("To", "a@x.test")]
