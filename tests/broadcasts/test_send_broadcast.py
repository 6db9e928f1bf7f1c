import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from broadcasts.models import Broadcast
from tests.factories import make_broadcast, make_contact, make_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(team, audience):
    make_contacts(audience=audience, number=2)
    return make_broadcast(team=team, audience=audience)


def send(broadcast_id, by, **options):
    printed = io.StringIO()
    call_command("send_broadcast", str(broadcast_id), by=by.email, stdout=printed, **options)
    return printed.getvalue()


def test_a_draft_is_sent_now(draft, bob):
    assert send(draft.uuid, bob) == "“Spring news” is on its way to 2 people.\n"

    draft.refresh_from_db()
    assert (draft.status, draft.hold_until) == ("queued", None)


def test_a_time_in_words_schedules_it(draft, bob):
    said = send(draft.uuid, bob, at="in 2 hours")

    draft.refresh_from_db()
    assert draft.status == "scheduled"
    assert abs(draft.scheduled_at - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert f"{draft.scheduled_at:%Y-%m-%d %H:%M} UTC" in said


def test_one_that_is_over_goes_to_the_rest(draft, audience, bob):
    Broadcast.objects.update(status="sent", audience_size=0)
    make_contact(audience=audience, email="new@example.test")

    assert "on its way to the rest" in send(draft.uuid, bob, rest=True)

    draft.refresh_from_db()
    assert draft.pending_wave["by"] == "Bob Bell"


@pytest.mark.parametrize(
    ("fields", "options", "words"),
    [
        ({"subject": ""}, {}, "Write a subject"),
        ({"status": "sent"}, {}, "isn't a draft any more"),
        ({}, {"at": "whenever"}, "isn't a time that can be understood"),
        ({}, {"rest": True}, "isn't over yet"),
        ({}, {"rest": True, "at": "in 2 hours"}, "doesn't go with"),
    ],
)
def test_what_forbids_it_is_said_in_a_sentence(draft, bob, fields, options, words):
    Broadcast.objects.update(**fields)

    with pytest.raises(CommandError, match=words):
        send(draft.uuid, bob, **options)


def test_only_people_of_the_team_send_its_broadcasts(draft, mallory):
    with pytest.raises(CommandError, match="isn't somebody of"):
        send(draft.uuid, mallory)

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_broadcast_that_is_not_there_is_named(bob):
    with pytest.raises(CommandError, match="There is no broadcast"):
        send(uuid4(), bob)
