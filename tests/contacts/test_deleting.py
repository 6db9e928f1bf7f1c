from contacts import deleting, staging, tasks, uploading
from contacts.models import ContactEvent, ImportReject
from tests.contacts.csv_files import imported, reviewed
from tests.factories import NOON, make_audience, make_contacts

PEOPLE = "email,first_name\nada@x.test,Ada\nben@,Ben\n"


def test_a_deleted_audience_is_emptied_with_its_history(team):
    audience = make_audience(team=team, deleted_at=NOON)
    for contact in make_contacts(audience=audience, number=3):
        ContactEvent.objects.create(contact=contact, kind="added")

    more = deleting.empty(audience)

    audience.refresh_from_db()
    assert not more
    assert audience.contacts_gone_at
    assert not audience.contacts.exists()
    assert not ContactEvent.objects.exists()


def test_a_large_audience_is_emptied_in_slices_that_make_room(team, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(deleting, "BATCH", 2)
    monkeypatch.setattr(deleting, "BATCHES_AT_ONCE", 2)
    audience = make_audience(team=team, deleted_at=NOON)
    make_contacts(audience=audience, number=7)

    with django_capture_on_commit_callbacks() as rung:
        tasks.empty_audience(audience_id=audience.pk)
    left = audience.contacts.count()
    with django_capture_on_commit_callbacks() as rung_again:
        tasks.empty_audience(audience_id=audience.pk)

    assert (left, len(rung)) == (3, 1)
    assert (audience.contacts.count(), len(rung_again)) == (0, 1)


def test_emptying_an_audience_cancels_and_forgets_its_imports(team, bob, stage_tables):
    audience = make_audience(team=team, name="Old")
    done = imported(PEOPLE, audience=audience, by=bob)
    running = reviewed("email\ncleo@x.test\n", audience=audience, by=bob)
    uploading.start(running)
    paths = [done.file.name, running.file.name]
    audience.deleted_at = NOON
    audience.save()

    deleting.empty(audience)
    staging.drop_unneeded()

    storage = done.file.storage
    done.refresh_from_db()
    running.refresh_from_db()
    assert (done.status, done.failure) == ("done", "")
    assert (running.status, running.failure) == ("canceled", "Its audience was deleted.")
    assert [storage.exists(path) for path in paths] == [False, False]
    assert (done.samples, running.samples) == ([], [])
    assert not ImportReject.objects.exists()
    assert stage_tables() == []
