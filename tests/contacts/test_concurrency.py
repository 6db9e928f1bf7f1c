"""What two sessions of the database do to one another's contacts."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audiences import locking
from broadcasts import messages, unsubscribing
from contacts import adding, claiming, deleting, expiring, importing, keeping, spreading, suppressing, uploading
from contacts.models import Contact, Suppression
from mail.addresses import Address
from tests.contacts.csv_files import mapped, reviewed
from tests.factories import NOON, make_audience, make_contact, make_contacts, make_started_broadcast
from tests.sessions import elsewhere, session, waiting_meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_address_that_an_import_adds_meanwhile_is_suppressed_too(team, audience, bob):
    upload = reviewed("email\nada@x.test\n", audience=audience, by=bob)
    uploading.start(upload)
    holder = claiming.claim(upload.pk, now=timezone.now())

    def suppress() -> None:
        suppressing.suppress(team=team, address="ada@x.test", reason="bounce", at=NOON)

    with waiting_meanwhile(suppress):
        importing._apply_chunk(holder)
    claiming.let_go(holder)

    audience.refresh_from_db()
    assert Contact.objects.get().status_word == "bounced"
    assert (audience.subscribed, audience.bounced) == (0, 1)


def test_an_import_that_waited_for_a_suppression_sees_it(team, audience, bob):
    upload = reviewed("email\nada@x.test\n", audience=audience, by=bob)
    uploading.start(upload)

    with waiting_meanwhile(lambda: importing.run(import_id=upload.pk, now=timezone.now())):
        suppressing.suppress(team=team, address="ada@x.test", reason="complaint", at=NOON)

    assert Contact.objects.get().status_word == "complained"


def test_an_import_in_the_hands_of_a_living_worker_is_not_taken_over_however_long_it_takes(audience, bob):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    claimed = []
    holder = claiming.claim(upload.pk, now=NOON)

    elsewhere(lambda: claimed.append(claiming.claim(upload.pk, now=timezone.now())))
    claiming.let_go(holder)
    elsewhere(lambda: claimed.append(claiming.claim(upload.pk, now=timezone.now())))

    assert claimed[0] is None
    assert claimed[1] == upload


def test_a_cancellation_waits_for_the_step_that_is_under_way(audience, bob):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    holder = claiming.claim(upload.pk, now=timezone.now())

    with waiting_meanwhile(lambda: uploading.cancel(upload)), claiming.step(holder):
        pass

    with pytest.raises(claiming.ImportTaken), claiming.step(holder):
        pytest.fail("a step began after the cancellation")
    claiming.let_go(holder)


def test_an_import_that_is_started_while_it_expires_is_left_alone(audience, bob, settings):
    upload = reviewed("email\nada@x.test\n", audience=audience, by=bob)
    later = timezone.now() + timedelta(days=settings.KEEP_UPLOADS_DAYS, minutes=1)

    with waiting_meanwhile(lambda: expiring.expire(now=later)):
        uploading.start(upload)

    upload.refresh_from_db()
    assert upload.status == "importing"
    assert upload.file.storage.exists(upload.file.name)


def test_emptying_an_audience_twice_at_once_does_not_wait_in_a_row(team):
    audience = make_audience(team=team, deleted_at=NOON)
    make_contact(audience=audience, email="ada@x.test")
    again = []

    with transaction.atomic():
        locking.lock_exclusively(audience.pk)
        elsewhere(lambda: again.append(deleting.empty(audience)))

    assert again == [False]
    assert audience.contacts.exists()


ADA = Address("ada@x.test")


def add_one(audience):
    adding.add_one(audience=audience, address=ADA, properties={}, actor="Bob")


def add_several(audience):
    adding.add(audience=audience, addresses=[ADA, Address("ben@x.test")], actor="Bob")


def add_to_several(audience):
    other = make_audience(team=audience.team, name="Other")
    given = [other, audience]
    by = keeping.By("API key deploy", NOON)
    spreading.keep(team=audience.team, email=ADA.email, audiences_given=given, details=keeping.Details(), by=by)


def suppress(audience):
    suppressing.suppress(team=audience.team, address=ADA.email, reason="manual", at=NOON)


ADDING = pytest.mark.parametrize("add", [add_one, add_several, add_to_several])


@ADDING
def test_who_is_added_while_the_address_is_being_suppressed_is_not_mailed(audience, add):
    with waiting_meanwhile(lambda: add(audience)):
        suppress(audience)

    assert {contact.suppressed for contact in Contact.objects.filter(email=ADA.email)} == {"manual"}
    assert not Contact.objects.filter(email=ADA.email, status=Contact.Status.SUBSCRIBED).exists()


@ADDING
def test_who_is_being_added_while_the_address_is_suppressed_is_not_mailed(audience, add):
    with waiting_meanwhile(lambda: suppress(audience)):
        add(audience)

    audience.refresh_from_db()
    assert {contact.suppressed for contact in Contact.objects.filter(email=ADA.email)} == {"manual"}
    assert (audience.subscribed, audience.unsubscribed) == (audience.total - 1, 1)


def test_who_is_added_while_a_suppression_is_lifted_may_be_mailed(audience):
    suppress(audience)

    with waiting_meanwhile(lambda: add_one(audience)):
        suppressing.lift(suppression=Suppression.objects.get(), at=NOON, reason="asked", actor="Bob")

    assert Contact.objects.get().status_word == "subscribed"


def test_who_is_deleted_while_being_added_again_stays_unsubscribed(audience):
    contact = make_contact(audience=audience, email=ADA.email, unsubscribed_at=NOON)

    with waiting_meanwhile(lambda: add_one(audience)):
        deleting.delete(audience=audience, contact_ids=[contact.pk])

    assert Contact.objects.get().status_word == "unsubscribed"


def test_who_leaves_by_an_old_link_while_being_added_again_stays_unsubscribed(audience):
    contact = make_contact(audience=audience, email=ADA.email)
    email = make_started_broadcast(audience=audience).emails.get()
    deleting.delete(audience=audience, contact_ids=[contact.pk])
    link = unsubscribing.find(messages.unsubscribe_url(email.pk).rpartition("/")[2])

    with waiting_meanwhile(lambda: add_one(audience)):
        unsubscribing.unsubscribe(link, at=NOON)
    assert Contact.objects.get().status_word == "unsubscribed"


def test_two_that_add_do_not_wait_for_each_other(audience):
    other = make_audience(team=audience.team, name="Other")
    with transaction.atomic():
        add_one(audience)
        elsewhere(lambda: add_one(other))

    assert Contact.objects.count() == 2


def test_two_that_suppress_many_in_different_order_do_not_lock_each_other_out(audience):
    make_contacts(audience=audience, number=4)
    addresses = list(audience.contacts.values_list("email", flat=True))

    def suppress_all(ordered):
        with transaction.atomic():
            for address in ordered:
                suppressing.suppress(team=audience.team, address=address, reason="bounce", at=NOON)

    with session(lambda: suppress_all(addresses)) as begin:
        begin()
        suppress_all(addresses[::-1])

    audience.refresh_from_db()
    assert (audience.subscribed, audience.bounced) == (0, 4)
    assert Suppression.objects.count() == 4
