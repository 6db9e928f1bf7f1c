"""A worker killed while it writes, or out of room: the file is whole in the end, and never there in part."""

import hashlib
import os
import resource
import signal
import tempfile
import time
from datetime import timedelta
from multiprocessing import get_context
from uuid import uuid4

import pytest
from django.core.files import File
from django.db import connections
from django.utils import timezone

from exports import claiming, requesting, tasks, writing
from exports.models import Export, storage
from lib import public_ids
from lib.installation_keys import installation_key
from tests.factories import make_contacts

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 400


@pytest.fixture
def waiting(team, audience, alice, query, in_background, monkeypatch):
    make_contacts(audience=audience, number=ROWS)
    return requesting.request(team=team, resource="contacts", query=query, by=alice)


class SlowFile(File):
    """A file that goes into the storage byte by byte."""

    def chunks(self, chunk_size=None):
        for chunk in super().chunks(64):
            yield chunk
            time.sleep(0.02)


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def worker(export, *, before=None):
    """A process of its own that writes the export, started."""

    def write():
        if before:
            before()
        writing.write(export_id=export.pk, now=timezone.now())

    connections.close_all()
    process = get_context("fork").Process(target=write, daemon=True)
    process.start()
    return process


def killed(export, monkeypatch, place, folder):
    """Have a worker killed at that place, where it pauses."""
    with monkeypatch.context() as patched:
        patched.setattr(writing, "ROWS_AT_ONCE", 1)
        patched.setattr(writing, "TELL_EVERY", 0.0)
        real, tell = writing.storing.store, writing._tell
        if place == "after storing":
            patched.setattr(writing.storing, "store", lambda *given: (real(*given), time.sleep(30))[0])
        elif place == "while storing":
            patched.setattr(writing.storing, "File", SlowFile)
        else:
            patched.setattr(writing, "_tell", lambda *given: (tell(*given), time.sleep(0.02)))
        process = worker(export)
        try:
            wait_until(lambda: Export.objects.filter(written__gt=20).exists())
            if place != "while writing":
                wait_until(lambda: [path for path in folder.rglob("*.csv") if path.stat().st_size])
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.join(20)


@pytest.mark.parametrize("place", ["while writing", "while storing", "after storing"])
def test_another_worker_writes_it_whole(waiting, as_alice, monkeypatch, folder, tmp_path, place):
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(drafts))
    killed(waiting, monkeypatch, place, folder)
    waiting.refresh_from_db()
    refused = as_alice.get(f"{waiting.get_absolute_url()}download/", follow=True)
    assert (waiting.status, waiting.file) == ("running", "")
    assert "no file that could be downloaded" in refused.text
    assert list(drafts.iterdir()) == []

    Export.objects.update(heartbeat_at=timezone.now() - claiming.LEASE - timedelta(seconds=1))
    tasks.write(export_id=waiting.pk)

    waiting.refresh_from_db()
    whole = storage().open(waiting.file).read()
    assert (waiting.status, waiting.rows, whole.count(b"\r\n")) == ("ready", ROWS, ROWS + 1)
    assert hashlib.sha256(whole).hexdigest() == waiting.sha256
    assert [path.name for path in folder.rglob("*.csv")] == [waiting.file.rpartition("/")[2]]


def test_a_worker_that_has_just_started_knows_no_keys_of_ids_yet(waiting):
    def forget():
        installation_key.cache_clear()
        public_ids.contacts.__dict__.pop("keys", None)

    process = worker(waiting, before=forget)
    process.join(20)
    process.kill()

    waiting.refresh_from_db()
    assert (waiting.status, waiting.rows) == ("ready", ROWS)


def ended(process):
    """Whether it came to its end by itself; else it is stopped."""
    process.join(20)
    process.kill()
    process.join()
    return process.exitcode == 0


# With rows still to come, and when all of them have.
@pytest.mark.parametrize("at_once", [20, writing.ROWS_AT_ONCE])
def test_a_full_disk_is_said_and_it_can_be_tried_again(waiting, as_alice, folder, monkeypatch, at_once):
    monkeypatch.setattr(writing, "ROWS_AT_ONCE", at_once)

    # No file may grow beyond this, as on a disk that is full.
    process = worker(waiting, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192)))

    assert ended(process)
    waiting.refresh_from_db()
    page = as_alice.get(waiting.get_absolute_url()).text
    assert waiting.status == "failed"
    assert "couldn’t be written: File too large" in page
    assert "Try again" in page
    assert list(folder.rglob("*.csv")) == []

    as_alice.post(f"{waiting.get_absolute_url()}retry/")
    tasks.write(export_id=waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.rows) == ("ready", ROWS)


def test_a_worker_that_loses_it_between_rows_ends_and_leaves_it_to_the_other(waiting, folder, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_AT_ONCE", 20)
    monkeypatch.setattr(writing, "TELL_EVERY", 0.0)
    tell, other = writing._tell, uuid4()

    def taken(beside, export, written):
        with beside.cursor() as cursor:
            cursor.execute("UPDATE exports_export SET owner = %s", [other])
        tell(beside, export, written)

    monkeypatch.setattr(writing, "_tell", taken)

    assert ended(worker(waiting))
    waiting.refresh_from_db()
    assert (waiting.status, waiting.owner) == ("running", other)
    assert list(folder.rglob("*.csv")) == []
