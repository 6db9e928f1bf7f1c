"""What two sessions of the database do to one another's contacts."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audiences import locking
from contacts import claiming, deleting, expiring, importing, suppressing, uploading
from contacts.models import Contact
from tests.contacts.csv_files import mapped, reviewed
from tests.factories import NOON, make_audience, make_contact
from tests.sessions import elsewhere, waiting_meanwhile

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
