from broadcasts import messages, unsubscribing
from broadcasts.activity import activity
from broadcasts.models import Email
from contacts import adding, deleting
from mail.addresses import Address
from mail.tokens import Purpose
from tests.factories import NOON, make_contact, make_started_broadcast


def test_the_email_that_unsubscribed_a_contact_added_again_is_named(audience):
    ada = make_contact(audience=audience, email="ada@example.test")
    broadcast = make_started_broadcast(audience=audience)
    token = messages.tokens().make(Purpose.UNSUBSCRIBE, Email.objects.get().pk)
    deleting.delete(audience=audience, contact_ids=[ada.pk])
    adding.add(audience=audience, addresses=[Address("ada@example.test")], actor="")

    unsubscribing.unsubscribe(unsubscribing.find(token), at=NOON)

    [entry] = [each for each in activity(audience.contacts.get()) if each.kind == "unsubscribed"]
    assert entry.broadcast == broadcast
