import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from audiences.models import Audience
from broadcasts import auditing, messages, reporting, reviewing
from broadcasts.models import Broadcast
from config import sample_data
from config.sample_people import people
from contacts.models import Contact
from mail import addresses
from teams.models import Membership, Team, User
from tests.factories import NOON, make_team


@pytest.fixture(autouse=True)
def var(settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    return tmp_path


@pytest.fixture
def loaded(db) -> Team:
    sample_data.load(now=NOON)
    return Team.objects.get()


def test_the_team_has_an_admin_and_a_member_who_can_sign_in(loaded, var):
    kept = json.loads((var / "sign-ins.json").read_text())

    roles = {(each.role, each.user.email) for each in Membership.objects.filter(team=loaded)}
    assert roles == {(each["role"].lower(), each["email"]) for each in kept}
    assert all(check_password(each["password"], User.objects.get(email=each["email"]).password) for each in kept)


def test_the_passwords_are_readable_by_their_owner_only(loaded, var):
    assert stat.S_IMODE((var / "sign-ins.json").stat().st_mode) == 0o600


def test_the_sign_ins_are_an_aligned_block(loaded):
    lines = sample_data.sign_ins().splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["Admin", "mara@northwind.example"],
        ["Member", "jonas@northwind.example"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_there_are_two_audiences_with_people_in_every_state(loaded):
    newsletter = Audience.objects.get(name="Newsletter")

    assert newsletter.total == newsletter.contacts.count() == 250
    assert (newsletter.unsubscribed, newsletter.bounced, newsletter.complained) == (9, 5, 1)
    assert Audience.objects.get(name="Product updates").total == 12
    assert NOON - Contact.objects.earliest("created_at").created_at <= sample_data.OVER
    assert Contact.objects.latest("created_at").created_at <= NOON


def test_everything_adds_up(loaded):
    sent = Broadcast.objects.get(status=Broadcast.Status.SENT)
    report = reporting.report(sent)

    assert list(auditing.discrepancies()) == []
    assert report.audience == report.emails + sum(report.excluded.values())
    assert report.excluded == {"unsubscribed": 6, "bounced": 3, "complained": 1}
    assert (report.waiting, report.unsubscribed, report.by_status["bounced"]) == (0, 3, 2)


def test_three_left_by_the_link_of_the_sent_broadcast(loaded):
    sent = Broadcast.objects.get(status=Broadcast.Status.SENT)
    emails = set(sent.emails.values_list("pk", flat=True))

    by_link = Contact.objects.filter(unsubscribed_by_email__isnull=False)

    assert by_link.count() == 3
    assert {each.unsubscribed_by_email for each in by_link} <= emails
    assert all(each.unsubscribed_at > sent.sent_at for each in by_link)


def test_nothing_happened_before_its_cause_or_after_now(loaded):
    sent = Broadcast.objects.get(status=Broadcast.Status.SENT)

    contacts = Contact.objects.filter(pk__in=sent.emails.values("contact_id"))

    assert all(contact.created_at <= sent.queued_at for contact in contacts)
    assert all(contact.updated_at <= NOON for contact in Contact.objects.all())


def test_the_draft_is_ready_to_send(loaded):
    draft = Broadcast.objects.get(status=Broadcast.Status.DRAFT)

    review = reviewing.review(draft)

    assert review.blockers == []
    assert review.recipients == Audience.objects.get(name="Newsletter").subscribed


@pytest.mark.parametrize("status", ["draft", "sent"])
def test_both_broadcasts_greet_whoever_reads_them(loaded, status):
    contact = Contact.objects.exclude(first_name="").first()

    preview = messages.preview(Broadcast.objects.get(status=status), contact)

    assert contact.first_name in preview.html
    assert "{{{" not in preview.html + preview.text + preview.subject


def test_the_people_are_the_same_each_time_and_all_can_be_mailed():
    first = people(250)

    assert first == people(250)
    assert len({person.email for person in first}) == 250
    assert all(addresses.normalise(person.email) == person.email for person in first)
    assert all(person.email.endswith(".example") for person in first)


def test_loading_is_quick(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(250):
        sample_data.load(now=NOON)


def test_a_second_start_changes_nothing_and_prints_the_same(loaded, var):
    before = (var / "sign-ins.json").read_text(), Contact.objects.count()
    printed = StringIO()

    call_command("load_sample_data", stdout=printed)

    assert ((var / "sign-ins.json").read_text(), Contact.objects.count()) == before
    assert printed.getvalue().strip() == sample_data.sign_ins()


def test_a_team_of_ones_own_is_left_alone(db, var):
    make_team("Contoso")
    printed = StringIO()

    call_command("load_sample_data", stdout=printed)

    assert Team.objects.get().name == "Contoso"
    assert printed.getvalue() == ""
    assert not (var / "sign-ins.json").exists()


def test_in_production_there_is_no_sample_data(db, settings):
    settings.DEVELOPMENT = False

    with pytest.raises(CommandError, match="start_team"):
        call_command("load_sample_data")
