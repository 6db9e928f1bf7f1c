"""Seven days, then the file is gone, and before anybody deletes it it can't be had any more."""

from contextlib import suppress
from datetime import timedelta
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from exports import expiring, requesting, storing, tasks, writing
from exports.models import Export, storage
from tests.factories import make_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(team, audience, alice, query):
    make_contacts(audience=audience, number=2)
    return requesting.request(team=team, resource="contacts", query=query, by=alice)


def test_until_then_it_stays(ready):
    expiring.expire(now=ready.expires_at - timedelta(seconds=1))

    ready.refresh_from_db()
    assert ready.status == "ready"
    assert storage().exists(ready.file)


def test_then_the_file_is_deleted_and_the_row_says_so(ready, folder):
    expiring.expire(now=ready.expires_at)

    ready.refresh_from_db()
    assert (ready.status, ready.file, ready.rows) == ("expired", "", 2)
    assert list(folder.rglob("*.csv")) == []


def test_a_file_that_could_not_be_deleted_is_tried_again(ready, folder):
    path = folder / ready.file
    parent = path.parent.rename(folder / "elsewhere")
    path.parent.write_text("a file where the folder should be")
    expiring.expire(now=ready.expires_at)
    ready.refresh_from_db()
    assert ready.status == "expired"

    path.parent.unlink()
    parent.rename(path.parent)
    Export.objects.filter(file="").update(file=str(path.relative_to(folder)))
    expiring.expire(now=ready.expires_at)

    assert list(folder.rglob("*.csv")) == []


def torn(failed, folder):
    """What a worker that was killed left of it."""
    path = folder / f"exports/{failed.team.uuid}/{failed.uuid}.1.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("torn")
    return path


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError])
def test_what_a_failed_one_left_is_deleted_later(team, audience, alice, query, in_background, folder, trouble):
    make_contacts(audience=audience, number=2)
    failed = requesting.request(team=team, resource="contacts", query=query, by=alice)
    path = torn(failed, folder)
    Export.objects.update(attempts=3, tries=writing.MOST_TRIES)
    # Killed, or without its storage, in the moment in which it has failed.
    with mock.patch.object(type(storage()), "delete", side_effect=trouble), suppress(trouble):
        writing.write(export_id=failed.pk, now=timezone.now())
    failed.refresh_from_db()
    assert (failed.status, path.exists()) == ("failed", True)

    tasks.sweep()

    failed.refresh_from_db()
    assert (path.exists(), failed.leftovers) == (False, False)


def test_what_is_left_of_one_that_is_ready_is_deleted_and_its_file_stays(ready, folder):
    Export.objects.update(attempts=2, file=ready.file, leftovers=True)
    path = torn(ready, folder)
    kept = path.rename(path.with_name(f"{ready.uuid}.2.csv"))
    torn(ready, folder)
    Export.objects.update(file=str(kept.relative_to(folder)))

    tasks.sweep()

    assert list(folder.rglob("*.csv")) == [kept]


def test_while_the_storage_is_away_only_one_is_tried(ready, team, alice, query):
    requesting.request(team=team, resource="contacts", query=query, by=alice)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with mock.patch.object(storing, "forget", return_value=False) as tried:
        tasks.sweep()

    assert tried.call_count == 1


def test_before_the_sweep_it_reads_expired_and_is_refused(as_alice, ready):
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    arguments = [ready.team.slug, ready.uuid]

    answer = as_alice.get(reverse("exports:download", args=arguments), follow=True)
    listed = as_alice.get(reverse("exports:list", args=arguments[:1]))

    assert "This export has expired" in answer.text
    assert "text/csv" not in answer["Content-Type"]
    assert "Expired" in listed.text
    assert not ready.downloads.exists()


def test_the_sweep_expires(ready):
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    tasks.sweep()

    ready.refresh_from_db()
    assert ready.status == "expired"
