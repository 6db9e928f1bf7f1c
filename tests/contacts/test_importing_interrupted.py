"""A worker in a process of its own, killed or overtaken while it imports."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import pytest
from django.db import connections
from django.utils import timezone

from audiences.models import Audience
from contacts import importing, staging, uploading
from contacts.models import Contact, ContactImport
from tests.contacts.csv_files import mapped, reviewed, work

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 2_000
CONTENT = (
    "email,first_name\n" + "".join(f"p{number % 1_900}@x.test,Person {number}\n" for number in range(ROWS)) + "bad\n"
)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 20)
    monkeypatch.setattr(staging, "ROWS_AT_ONCE", 20)


@contextmanager
def worker(upload: ContactImport) -> Iterator[BaseProcess]:
    """A process that does the import's work, as this one's fork."""
    # A connection that parent and child share would be closed under the parent's hands.
    connections.close_all()
    process = get_context("fork").Process(
        target=importing.run, kwargs={"import_id": upload.pk, "now": timezone.now()}, daemon=True
    )
    process.start()
    try:
        yield process
    finally:
        process.join(timeout=30)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


def now(upload: ContactImport) -> ContactImport:
    return ContactImport.objects.get(pk=upload.pk)


def people(audience: Audience) -> list[tuple[str, str]]:
    return list(audience.contacts.order_by("email").values_list("email", "first_name"))


def expected() -> list[tuple[str, str]]:
    last = {f"p{number % 1_900}@x.test": f"Person {number}" for number in range(ROWS)}
    return sorted(last.items())


def test_a_worker_killed_while_staging_loses_and_doubles_nothing(audience, bob):
    upload = mapped(CONTENT, audience=audience, by=bob)
    with worker(upload) as process:
        wait_until(lambda: now(upload).counts.get("read", 0) > 0)
        os.kill(process.pid, signal.SIGKILL)
    killed = now(upload).status

    resumed = work(upload)

    assert (process.exitcode, killed) == (-signal.SIGKILL, "mapped")
    assert resumed.status == "reviewed"
    assert (resumed.counts["rows"], resumed.counts["staged"], resumed.counts["duplicates"]) == (2_001, 1_900, 100)
    assert upload.rejects.count() == 1


def test_a_worker_killed_while_importing_loses_and_doubles_nothing(audience, bob):
    upload = reviewed(CONTENT, audience=audience, by=bob)
    uploading.start(upload)
    with worker(upload) as process:
        wait_until(lambda: now(upload).position >= 300)
        os.kill(process.pid, signal.SIGKILL)
    killed = now(upload)

    resumed = work(upload)

    audience.refresh_from_db()
    assert (process.exitcode, killed.status) == (-signal.SIGKILL, "importing")
    assert 300 <= killed.position < ROWS
    assert resumed.status == "done"
    assert people(audience) == expected()
    assert audience.subscribed == resumed.counts["done"]["added"] == 1_900


def test_canceling_while_importing_keeps_what_was_imported_and_says_how_much(audience, bob, stage_tables):
    upload = reviewed(CONTENT, audience=audience, by=bob)
    uploading.start(upload)
    with worker(upload) as process:
        wait_until(lambda: now(upload).position >= 300)
        uploading.cancel(upload)
    canceled = now(upload)

    audience.refresh_from_db()
    assert process.exitcode == 0
    assert canceled.status == "canceled"
    assert 0 < canceled.counts["done"]["added"] < 1_900
    assert canceled.counts["done"]["added"] == Contact.objects.count() == audience.subscribed
    assert stage_tables() == []


def test_canceling_while_staging_leaves_nothing_behind(audience, bob, stage_tables):
    upload = mapped(CONTENT, audience=audience, by=bob)
    with worker(upload) as process:
        wait_until(lambda: now(upload).counts.get("read", 0) > 0)
        uploading.cancel(upload)

    assert process.exitcode == 0
    assert now(upload).status == "canceled"
    assert not upload.rejects.exists()
    assert not os.path.exists(upload.file.path)
    assert stage_tables() == []


def test_two_imports_into_one_audience_at_once_both_arrive(audience, bob):
    first = reviewed(CONTENT, audience=audience, by=bob)
    second = reviewed(CONTENT.replace("Person", "Somebody"), audience=audience, by=bob)
    uploading.start(first)
    uploading.start(second)

    with worker(first), worker(second):
        pass

    audience.refresh_from_db()
    assert [now(first).status, now(second).status] == ["done", "done"]
    assert now(first).counts["done"]["added"] + now(second).counts["done"]["added"] == 1_900
    assert audience.subscribed == Contact.objects.count() == 1_900
