import pytest

from broadcasts import freezing
from broadcasts.models import Broadcast, Chunk, Email
from contacts import deleting
from tests.factories import NOON, make_audience, make_broadcast, make_contact, make_contacts


@pytest.fixture
def queued(team, audience):
    return make_broadcast(team=team, audience=audience, status="queued")


def test_every_mailable_contact_gets_one_email_in_the_order_of_the_contacts(audience, queued):
    make_contacts(audience=audience, number=3)

    freezing.freeze(queued)

    emails = Email.objects.order_by("pk")
    assert [each.address for each in emails] == [f"person{number}@example.test" for number in range(3)]
    assert {each.status_word for each in emails} == {"queued"}
    assert {each.team for each in emails} == {audience.team}


def test_those_left_out_are_counted_by_status_and_all_adds_up(audience, queued):
    make_contacts(audience=audience, number=4)
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)
    make_contact(audience=audience, email="left@example.test", unsubscribed_at=NOON)
    make_contact(audience=audience, email="dead@example.test", suppressed="bounce")
    make_contact(audience=audience, email="angry@example.test", suppressed="complaint")

    freezing.freeze(queued)

    queued.refresh_from_db()
    assert queued.status == "sending"
    assert queued.excluded == {"unsubscribed": 2, "bounced": 1, "complained": 1}
    assert queued.audience_size == 8 == Email.objects.count() + queued.excluded_total


def test_a_suppression_by_hand_is_counted_as_one_and_not_as_an_unsubscribe(audience, queued):
    make_contacts(audience=audience, number=1)
    make_contact(audience=audience, email="left@example.test", unsubscribed_at=NOON)
    make_contact(audience=audience, email="told@example.test", suppressed="manual")
    make_contact(audience=audience, email="gone@example.test", suppressed="erased")

    freezing.freeze(queued)

    queued.refresh_from_db()
    assert queued.excluded == {"unsubscribed": 1, "suppressed": 2}


def test_another_audience_is_not_touched(team, audience, queued):
    make_contact(audience=audience, email="ada@example.test")
    make_contact(audience=make_audience(team=team, name="Others"), email="eve@example.test")

    freezing.freeze(queued)

    assert [each.address for each in Email.objects.all()] == ["ada@example.test"]


def test_chunks_cover_every_email_once(audience, queued, monkeypatch):
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 4)
    make_contacts(audience=audience, number=10)

    freezing.freeze(queued)

    chunks = [
        list(Email.objects.filter(pk__range=(chunk.lo, chunk.hi)).order_by("pk"))
        for chunk in Chunk.objects.order_by("pk")
    ]
    assert [len(emails) for emails in chunks] == [4, 4, 2]
    assert [each for emails in chunks for each in emails] == list(Email.objects.order_by("pk"))


def test_a_second_bell_changes_nothing(audience, queued):
    make_contacts(audience=audience, number=2)

    assert [freezing.freeze(queued), freezing.freeze(queued)] == [True, False]

    assert Email.objects.count() == 2


def test_the_audience_shows_when_it_was_last_sent_to(audience, queued):
    make_contacts(audience=audience, number=1)

    freezing.freeze(queued)

    audience.refresh_from_db()
    assert audience.last_sent_at is not None


def test_a_broadcast_to_nobody_fails_and_says_why(audience, queued):
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)

    assert freezing.freeze(queued) is False

    queued.refresh_from_db()
    assert queued.status == "failed"
    assert "Nobody" in queued.failure
    assert not Email.objects.exists()


def test_a_broadcast_to_a_deleted_audience_fails_and_says_why(audience, queued):
    make_contacts(audience=audience, number=1)
    audience.deleted_at = NOON
    audience.save()

    assert freezing.freeze(queued) is False

    queued.refresh_from_db()
    assert (queued.status, queued.failure) == (
        "failed",
        "The audience was deleted before the broadcast started.",
    )


def test_a_broadcast_that_cannot_be_composed_fails_instead_of_starting(audience, queued):
    make_contacts(audience=audience, number=1)
    Broadcast.objects.update(sender="nobody at all")

    assert freezing.freeze(queued) is False

    queued.refresh_from_db()
    assert (queued.status, Email.objects.count()) == ("failed", 0)
    assert "nobody at all" in queued.failure


def test_the_ledger_outlives_the_contact(audience, queued):
    contact = make_contact(audience=audience, email="ada@example.test")
    freezing.freeze(queued)

    deleting.delete(audience=audience, contact_ids=[contact.pk])

    assert Email.objects.get().contact_id == contact.pk


def test_the_links_to_count_are_numbered_when_it_starts(team, audience):
    make_contacts(audience=audience, number=1)
    html = '<a href="https://x.test/?a&amp;b">1</a><a href="https://y.test">2</a><a href="https://x.test/?a&b">3</a>'
    queued = make_broadcast(team=team, audience=audience, status="queued", html=html, track_clicks=True)

    freezing.freeze(queued)

    assert list(queued.links.values_list("number", "url")) == [(1, "https://x.test/?a&b"), (2, "https://y.test")]


@pytest.mark.parametrize("fields", [{"track_clicks": False}, {"track_clicks": True, "mode": "text", "text": "Hello"}])
def test_there_are_no_links_where_none_are_counted(team, audience, fields):
    make_contacts(audience=audience, number=1)
    html = '<a href="https://x.test">1</a>'
    queued = make_broadcast(team=team, audience=audience, status="queued", html=html, **fields)

    freezing.freeze(queued)

    assert not queued.links.exists()


def test_a_broadcast_that_can_not_start_leaves_no_links_behind(team, audience):
    html = '<a href="https://x.test">1</a>'
    queued = make_broadcast(team=team, audience=audience, status="queued", html=html, track_clicks=True)

    freezing.freeze(queued)

    assert not queued.links.exists()
