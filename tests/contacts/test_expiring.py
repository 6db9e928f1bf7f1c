from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from contacts import expiring, tasks
from contacts.models import ContactImport, ImportReject
from tests.contacts.csv_files import imported, received, reviewed

PEOPLE = "email,first_name\nada@x.test,Ada\nben@,Ben\n"


@pytest.fixture
def after(settings):
    """The moment so long after uploads are no longer kept."""
    return lambda **since: timezone.now() + timedelta(days=settings.KEEP_UPLOADS_DAYS, **since)


def test_old_imports_lose_their_file_and_rejected_rows(audience, bob, after, stage_tables):
    done = imported(PEOPLE, audience=audience, by=bob)
    unfinished = reviewed("email\ncleo@x.test\n", audience=audience, by=bob)

    expiring.expire(now=after(minutes=1))
    tasks.sweep()

    done.refresh_from_db()
    unfinished.refresh_from_db()
    assert (done.status, done.file.name, done.counts["done"]["added"]) == ("done", "", 1)
    assert (unfinished.status, unfinished.file.name) == ("canceled", "")
    assert "7 days" in unfinished.failure
    assert not ImportReject.objects.exists()
    assert default_storage.listdir("imports") == ([], [])
    assert stage_tables() == []


def test_young_imports_keep_what_they_have(audience, bob, after):
    upload = imported(PEOPLE, audience=audience, by=bob)

    expiring.expire(now=after(minutes=-1))

    upload.refresh_from_db()
    assert upload.file.name
    assert upload.rejects.count() == 1


def test_the_days_count_from_the_end_of_an_import(audience, bob, after):
    upload = imported(PEOPLE, audience=audience, by=bob)
    ContactImport.objects.update(created_at=timezone.now() - timedelta(days=30))

    expiring.expire(now=after(minutes=-1))

    assert ContactImport.objects.get().file.name == upload.file.name


def test_a_file_that_cannot_be_deleted_is_tried_again_and_stops_no_other(audience, bob, after, monkeypatch):
    stuck = received(PEOPLE, audience=audience, by=bob)
    received(PEOPLE, audience=audience, by=bob)
    delete = stuck.file.storage.delete

    def refuse(name: str) -> None:
        if name == stuck.file.name:
            raise PermissionError(name)
        delete(name)

    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped), "delete", lambda _, name: refuse(name))
        expiring.expire(now=after(minutes=1))
    left = list(ContactImport.objects.exclude(file=""))
    expiring.expire(now=after(minutes=1))

    assert left == [stuck]
    assert not ContactImport.objects.exclude(file="").exists()


def test_files_that_no_import_names_are_deleted_after_a_day(audience, bob):
    kept = received(PEOPLE, audience=audience, by=bob)
    orphan = default_storage.save("imports/orphan.csv", ContentFile(b"email\n"))

    expiring.delete_orphans(now=timezone.now() + timedelta(hours=23))
    young = default_storage.exists(orphan)
    expiring.delete_orphans(now=timezone.now() + timedelta(hours=25))

    assert young
    assert default_storage.listdir("imports")[1] == [Path(kept.file.name).name]


def test_without_any_upload_there_is_nothing_to_clear_away(db):
    expiring.delete_orphans(now=timezone.now())

    assert not default_storage.exists("imports")
