import pytest

from contacts import deleting, subscribing, suppressing
from contacts.models import Contact, ContactEvent, OptOut
from tests.factories import NOON, make_audience, make_contact


@pytest.fixture
def ada(audience):
    return make_contact(audience=audience, email="ada@x.test", first_name="Ada")


def unsubscribe(contact, **fields):
    return subscribing.unsubscribe(contact_id=contact.pk, at=NOON, why="recipient", actor="ada@x.test", **fields)


def resubscribe(contact, reason="asked by phone"):
    return subscribing.resubscribe(contact_id=contact.pk, at=NOON, reason=reason, actor="Bob")


def test_unsubscribing_is_recorded_with_when_who_and_by_which_email(audience, ada):
    changed = unsubscribe(ada, email_id=12)

    ada.refresh_from_db()
    event = ada.events.get()
    assert changed
    assert (ada.status_word, ada.unsubscribed_at, ada.unsubscribed_by_email) == ("unsubscribed", NOON, 12)
    assert (event.kind, event.at, event.actor, event.email_id) == ("unsubscribed", NOON, "ada@x.test", 12)


def test_the_counters_follow(audience, ada):
    unsubscribe(ada)

    audience.refresh_from_db()
    assert (audience.subscribed, audience.unsubscribed) == (0, 1)


def test_unsubscribing_twice_changes_nothing_more(ada):
    unsubscribe(ada)

    assert not subscribing.unsubscribe(contact_id=ada.pk, at=NOON.replace(year=2027), why="person", actor="Bob")
    ada.refresh_from_db()
    assert (ada.unsubscribed_at, ada.events.count()) == (NOON, 1)


def test_the_same_address_in_another_audience_is_untouched(ada, team):
    elsewhere = make_contact(audience=make_audience(team=team, name="Other"), email=ada.email)

    unsubscribe(ada)

    elsewhere.refresh_from_db()
    assert elsewhere.status_word == "subscribed"


def test_subscribing_again_needs_a_reason(ada):
    unsubscribe(ada)

    with pytest.raises(subscribing.ReasonMissing):
        resubscribe(ada, reason="  ")


def test_subscribing_again_is_recorded_with_its_reason(audience, ada):
    unsubscribe(ada)

    assert resubscribe(ada)

    ada.refresh_from_db()
    audience.refresh_from_db()
    assert (ada.status_word, ada.unsubscribed_at) == ("subscribed", None)
    assert ada.events.last().data == {"reason": "asked by phone"}
    assert audience.subscribed == 1


def test_a_suppressed_address_is_not_subscribed_by_lifting_the_unsubscribe(ada, team):
    unsubscribe(ada)
    suppressing.suppress(team=team, address=ada.email, reason="bounce", at=NOON)

    with pytest.raises(subscribing.Suppressed):
        resubscribe(ada)


def test_a_contact_that_is_gone_changes_nothing(ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    assert not unsubscribe(ada)


def test_suppressing_reaches_every_audience_of_the_team_and_no_other_team(ada, team, mallory):
    there = make_contact(audience=make_audience(team=team, name="Other"), email=ada.email)
    foreign = make_contact(audience=make_audience(team=mallory.teams.get(), name="Foreign"), email=ada.email)

    suppressing.suppress(team=team, address=ada.email, reason="complaint", at=NOON)

    words = {c.pk: c.status_word for c in Contact.objects.all()}
    assert words == {ada.pk: "complained", there.pk: "complained", foreign.pk: "subscribed"}
    assert team.suppressions.covers(ada.email)


def test_a_lighter_reason_never_replaces_a_weightier_one(ada, team):
    suppressing.suppress(team=team, address=ada.email, reason="complaint", at=NOON)
    suppressing.suppress(team=team, address=ada.email, reason="bounce", at=NOON)

    ada.refresh_from_db()
    assert (team.suppressions.get().reason, ada.suppressed) == ("complaint", "complaint")


def test_deleting_remembers_an_opt_out_by_digest_only_and_forgets_the_history(audience, ada):
    unsubscribe(ada)

    deleting.delete(audience=audience, contact_ids=[ada.pk])

    kept = OptOut.objects.get()
    assert bytes(kept.digest) == subscribing.opt_out_digest("ada@x.test")
    assert not ContactEvent.objects.exists()


def test_deleting_moves_each_counter(audience, ada):
    gone = make_contact(audience=audience, email="bo@x.test", unsubscribed_at=NOON)

    assert deleting.delete(audience=audience, contact_ids=[ada.pk, gone.pk]) == 2

    audience.refresh_from_db()
    assert audience.total == 0


def test_deleting_reaches_no_other_audience(audience, ada, team):
    elsewhere = make_contact(audience=make_audience(team=team, name="Other"), email="bo@x.test")

    assert deleting.delete(audience=audience, contact_ids=[elsewhere.pk]) == 0
