"""An audience's export, taken in again, changes nothing."""

import pytest
from django.core.files.storage import storages

from audiences.models import Audience
from exports import requesting
from tests.contacts.csv_files import imported, reviewed
from tests.factories import NOON, make_audience, make_contact

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["=1+1", "+49 30", "-", "@here", "'quoted", "'=1", "''+", "O'Neil", 'say "hi"', "a, b", "漢字", ""]


@pytest.fixture
def exported(team, audience, alice, settings, tmp_path) -> str:
    """The file of an audience with every awkward name and every status."""
    kept = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "kept"}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}
    for number, name in enumerate(NAMES):
        state = [{}, {"unsubscribed_at": NOON}, {"suppressed": "bounce"}][number % 3]
        make_contact(
            audience=audience, email=f"p{number}@x.test", first_name=name, last_name=NAMES[-number - 1], **state
        )
    export = requesting.request(team=team, resource="contacts", query=f"audience={audience.uuid}", by=alice)
    return storages["exports"].open(export.file).read().decode()


def _contacts(audience: Audience) -> set[tuple]:
    return {
        (each.email, each.first_name, each.last_name, each.unsubscribed_at is None) for each in audience.contacts.all()
    }


def test_into_the_same_audience_it_changes_nothing(audience, bob, exported):
    upload = reviewed(exported, audience=audience, by=bob)

    counts = upload.counts["review"]
    assert (counts["added"], counts["updated"], upload.counts["rejected"]) == (0, 0, 0)
    assert counts["unchanged"] == len(NAMES)


def test_into_another_audience_it_brings_the_same_people(team, audience, bob, exported):
    other = make_audience(team=team, name="Copy")

    imported(exported, audience=other, by=bob)

    assert _contacts(other) == _contacts(audience)
