"""A worker killed while it writes: the file is whole in the end, and never there in part."""

import hashlib
import os
import signal
import time
from datetime import timedelta
from multiprocessing import get_context

import pytest
from django.db import connections
from django.utils import timezone

from exports import claiming, requesting, tasks, writing
from exports.models import Export, storage
from tests.factories import make_contacts

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 400


@pytest.fixture
def waiting(team, audience, alice, query, in_background, monkeypatch):
    make_contacts(audience=audience, number=ROWS)
    return requesting.request(team=team, resource="contacts", query=query, by=alice)


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def killed(export, when, monkeypatch, place):
    """A worker of its own process, killed once `when` is true, with pauses at `place`."""
    with monkeypatch.context() as patched:
        patched.setattr(writing, "ROWS_AT_ONCE", 1)
        patched.setattr(writing, "TELL_EVERY", 0.0)
        real = writing.storing.store
        if place == "after storing":
            patched.setattr(writing.storing, "store", lambda *given: (real(*given), time.sleep(30))[0])
        else:
            tell = writing._tell
            patched.setattr(writing, "_tell", lambda *given: (tell(*given), time.sleep(0.02)))
        connections.close_all()
        process = get_context("fork").Process(
            target=writing.write, kwargs={"export_id": export.pk, "now": timezone.now()}, daemon=True
        )
        process.start()
        try:
            wait_until(when)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.join(20)


@pytest.mark.parametrize("place", ["while writing", "after storing"])
def test_another_worker_writes_it_whole(waiting, monkeypatch, folder, place):
    def is_there():
        return Export.objects.filter(written__gt=20).exists() and (
            place != "after storing" or list(folder.rglob("*.csv"))
        )

    killed(waiting, is_there, monkeypatch, place)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.file) == ("running", "")

    Export.objects.update(heartbeat_at=timezone.now() - claiming.LEASE - timedelta(seconds=1))
    tasks.write(export_id=waiting.pk)

    waiting.refresh_from_db()
    whole = storage().open(waiting.file).read()
    assert (waiting.status, waiting.rows, whole.count(b"\r\n")) == ("ready", ROWS, ROWS + 1)
    assert hashlib.sha256(whole).hexdigest() == waiting.sha256
    assert [path.name for path in folder.rglob("*.csv")] == [waiting.file.rpartition("/")[2]]


def test_while_it_is_written_there_is_no_file_to_take(waiting, as_alice, monkeypatch, folder):
    killed(waiting, lambda: Export.objects.filter(written__gt=20).exists(), monkeypatch, "while writing")

    answer = as_alice.get(f"{waiting.get_absolute_url()}download/", follow=True)

    assert "no file that could be downloaded" in answer.text
    assert list(folder.rglob("*.csv*")) == []
