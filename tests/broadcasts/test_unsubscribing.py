from datetime import timedelta

import pytest

from broadcasts import messages, unsubscribing
from broadcasts.models import Email, EmailEvent
from contacts import adding, deleting, subscribing, suppressing
from contacts.models import ContactEvent, OptOut
from mail.addresses import Address
from mail.tokens import INERT, Purpose
from tests.factories import NOON, make_audience, make_contact, make_started_broadcast


@pytest.fixture
def ada(audience):
    return make_contact(audience=audience, email="ada@example.test")


@pytest.fixture
def token(audience, ada):
    """What Ada's e-mail carries."""
    email = Email.objects.get(broadcast=make_started_broadcast(audience=audience))
    return messages.tokens().make(Purpose.UNSUBSCRIBE, email.pk)


@pytest.fixture
def link(token):
    return unsubscribing.find(token)


def kinds():
    return list(EmailEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_the_contact_is_unsubscribed_with_when_and_by_which_email(link, ada):
    unsubscribing.unsubscribe(link, at=NOON)

    ada.refresh_from_db()
    assert ada.status_word == "unsubscribed"
    assert (ada.unsubscribed_at, ada.unsubscribed_by_email) == (NOON, link.email.pk)
    assert ada.unsubscribed_why == subscribing.Why.RECIPIENT
    assert kinds() == ["unsubscribed"]


def test_the_contacts_history_and_the_counters_tell_it(link, ada, audience):
    unsubscribing.unsubscribe(link, at=NOON)

    audience.refresh_from_db()
    assert (audience.subscribed, audience.unsubscribed) == (0, 1)
    assert ContactEvent.objects.get(contact=ada).email_id == link.email.pk


def test_unsubscribing_twice_changes_nothing_more(link, ada):
    unsubscribing.unsubscribe(link, at=NOON)

    again = unsubscribing.unsubscribe(link, at=NOON + timedelta(hours=1))

    assert again.contact.unsubscribed_at == NOON
    assert kinds() == ["unsubscribed"]


def test_the_same_address_in_another_audience_is_untouched(link, team):
    elsewhere = make_contact(audience=make_audience(team=team, name="Others"), email="ada@example.test")

    unsubscribing.unsubscribe(link, at=NOON)

    elsewhere.refresh_from_db()
    assert elsewhere.status_word == "subscribed"


def test_deleting_and_adding_again_keeps_the_unsubscribe(link, ada, audience):
    unsubscribing.unsubscribe(link, at=NOON)
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    added = adding.add(audience=audience, addresses=[Address("ada@example.test")], actor="")

    assert added.kept_out == ["ada@example.test"]
    assert audience.contacts.get().status_word == "unsubscribed"


def test_a_click_after_the_contact_was_deleted_is_remembered(token, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    unsubscribing.unsubscribe(unsubscribing.find(token), at=NOON)

    added = adding.add(audience=audience, addresses=[Address("ada@example.test")], actor="")
    assert added.kept_out == ["ada@example.test"]


def test_a_click_after_the_contact_was_deleted_is_recorded_once(token, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    links = [unsubscribing.unsubscribe(unsubscribing.find(token), at=NOON) for _ in range(2)]

    assert [link.unsubscribed for link in links] == [True, True]
    assert kinds() == ["unsubscribed"]


def test_a_contact_deleted_between_page_and_button_is_remembered(link, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    assert unsubscribing.unsubscribe(link, at=NOON).unsubscribed
    assert OptOut.objects.count() == 1


def test_a_contact_added_again_between_page_and_button_is_unsubscribed(token, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])
    link = unsubscribing.find(token)
    adding.add(audience=audience, addresses=[Address("ada@example.test")], actor="")

    unsubscribing.unsubscribe(link, at=NOON)

    assert audience.contacts.get().status_word == "unsubscribed"


def test_an_audience_deleted_between_page_and_button_does_no_harm(link, audience):
    audience.deleted_at = NOON
    audience.save()

    assert unsubscribing.unsubscribe(link, at=NOON).unsubscribed


def test_a_click_on_an_old_link_counts_for_the_contact_that_was_added_again(token, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])
    adding.add(audience=audience, addresses=[Address("ada@example.test")], actor="")

    unsubscribing.unsubscribe(unsubscribing.find(token), at=NOON)

    assert audience.contacts.get().status_word == "unsubscribed"


def test_a_click_after_the_audience_was_deleted_does_no_harm(token, audience):
    audience.deleted_at = NOON
    audience.save()

    unsubscribing.unsubscribe(unsubscribing.find(token), at=NOON)

    assert OptOut.objects.count() == 1


def test_an_undo_within_a_day_lifts_it_and_is_recorded(link, ada):
    unsubscribing.unsubscribe(link, at=NOON)

    unsubscribing.undo(link, at=NOON + timedelta(hours=23))

    ada.refresh_from_db()
    assert ada.status_word == "subscribed"
    assert kinds() == ["unsubscribed", "resubscribed"]


def test_an_undo_twice_changes_nothing_more(link):
    unsubscribing.unsubscribe(link, at=NOON)
    unsubscribing.undo(link, at=NOON)

    again = unsubscribing.undo(link, at=NOON)

    assert not again.unsubscribed
    assert kinds() == ["unsubscribed", "resubscribed"]


def test_an_undo_after_a_day_is_too_late(link, ada):
    unsubscribing.unsubscribe(link, at=NOON)

    with pytest.raises(unsubscribing.TooLate):
        unsubscribing.undo(link, at=NOON + timedelta(hours=24))

    ada.refresh_from_db()
    assert ada.status_word == "unsubscribed"


def test_a_link_undoes_only_its_own_unsubscribe(link, ada):
    subscribing.unsubscribe(contact_id=ada.pk, at=NOON, why=subscribing.Why.PERSON, actor="Alice")

    with pytest.raises(unsubscribing.TooLate):
        unsubscribing.undo(link, at=NOON)


def test_an_undo_does_not_lift_a_suppression(link, ada, team):
    unsubscribing.unsubscribe(link, at=NOON)
    suppressing.suppress(team=team, address=ada.email, reason="complaint", at=NOON)

    with pytest.raises(unsubscribing.TooLate):
        unsubscribing.undo(link, at=NOON)


@pytest.mark.parametrize("text", ["", "x", "A" * 28, "A" * 5000, "ünïcode", "../../etc/passwd"])
def test_made_up_tokens_lead_nowhere(db, text):
    assert unsubscribing.find(text) is None
    assert not unsubscribing.is_inert(text)


def test_cut_and_changed_tokens_lead_nowhere(token):
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")

    assert unsubscribing.find(token) is not None
    assert [unsubscribing.find(text) for text in (token[:-1], token + "A", token.lower(), swapped)] == [None] * 4


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.UNSUBSCRIBE])
def test_tokens_of_another_purpose_unsubscribe_nobody(token, link, purpose):
    assert unsubscribing.find(messages.tokens().make(purpose, link.email.pk)) is None


def test_the_token_of_a_test_stands_for_nobody(db):
    token = messages.tokens().make(Purpose.UNSUBSCRIBE, INERT)

    assert unsubscribing.is_inert(token)
    assert unsubscribing.find(token) is None


def test_the_token_of_an_email_that_was_never_sent_leads_nowhere(db):
    assert unsubscribing.find(messages.tokens().make(Purpose.UNSUBSCRIBE, 2**62)) is None
