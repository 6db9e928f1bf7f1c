"""An export's file is exactly the list, whole or not there at all."""

import csv
import dataclasses
import hashlib
import os
import time
from datetime import timedelta

import pytest
from django.db import InterfaceError, connection
from django.http import QueryDict
from django.utils import timezone

from contacts.models import Contact
from exports import claiming, files, registry, requesting, tasks, writing
from exports.models import Export, storage
from tests.factories import NOON, make_contact, make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)

AWKWARD = [
    "=1+1",
    "\uff1d1",
    "\uff20x",
    "+4",
    "-4",
    "@here",
    "'=1",
    "''@",
    "O'Neil",
    'say "hi"',
    "a,b",
    "é漢😀",
    " x ",
    "\\.",
    "null",
    "",
]


def export(team, query, by, **options):
    return requesting.request(team=team, resource="contacts", query=query, by=by, **options)


def content(done):
    return storage().open(done.file).read()


def cells(done):
    return list(csv.reader(content(done).decode().splitlines()))


def test_it_holds_the_list_as_filtered_newest_first(team, audience, alice, query):
    make_contact(audience=audience, email="ada@x.test", first_name="Ada", last_name="Okafor")
    make_contact(audience=audience, email="gone@x.test", unsubscribed_at=NOON)
    make_contact(audience=audience, email="dead@x.test", suppressed="bounce", unsubscribed_at=NOON)

    header, *rows = cells(export(team, query, alice))
    unsubscribed = cells(export(team, f"{query}&status=unsubscribed", alice))

    assert header == [
        "id", "email", "first_name", "last_name", "unsubscribed", "status", "unsubscribed_at", "created_at",
    ]  # fmt: skip
    assert [row[1] for row in rows] == ["dead@x.test", "gone@x.test", "ada@x.test"]
    assert rows[2][2:7] == ["Ada", "Okafor", "false", "subscribed", ""]
    assert rows[1][4:7] == ["true", "unsubscribed", "2026-11-22T12:00:00Z"]
    assert rows[0][0] == str(Contact.objects.get(email="dead@x.test").public_id)
    assert [row[1] for row in unsubscribed[1:]] == ["gone@x.test"]


def test_postgresql_and_the_library_write_the_same_cells(team, audience, alice, query):
    for number, name in enumerate(AWKWARD):
        state = [{}, {"unsubscribed_at": NOON}, {"suppressed": "complaint"}][number % 3]
        make_contact(audience=audience, email=f"{number}@x.test", first_name=name, last_name=name[::-1], **state)
    make_started_broadcast(audience=audience, name="=cmd", subject="-1")

    for resource, asked in (("contacts", query), ("broadcasts", ""), ("emails", "")):
        exportable = registry.find(resource)
        theirs = exportable.resource().export(exportable.rows(team, QueryDict(asked)))
        ours = cells(requesting.request(team=team, resource=resource, query=asked, by=alice))
        assert ours == [theirs.headers, *(list(row) for row in theirs)]


def test_lines_end_as_rfc_4180_wants_it_and_begin_with_a_mark_for_excel(team, audience, alice, query):
    make_contacts(audience=audience, number=2)

    plain, for_excel = content(export(team, query, alice)), content(export(team, query, alice, for_excel=True))

    assert plain.count(b"\r\n") == plain.count(b"\n") == 3
    assert for_excel == b"\xef\xbb\xbf" + plain


def test_the_row_tells_what_the_file_is(team, audience, alice, query):
    make_contacts(audience=audience, number=3)

    done = export(team, query, alice)

    written = content(done)
    assert (done.status, done.rows, done.size) == ("ready", 3, len(written))
    assert done.sha256 == hashlib.sha256(written).hexdigest()
    assert done.filename == f"contacts-newsletter-{done.requested_at:%Y-%m-%d}.csv"
    assert done.expires_at - done.finished_at == timedelta(days=7)


def test_both_ways_write_the_same_bytes(team, audience, alice, query, monkeypatch):
    make_contacts(audience=audience, number=50)
    at_once = export(team, query, alice)

    monkeypatch.setattr(requesting, "AT_ONCE", 0)
    waiting = export(team, query, alice)
    assert (waiting.status, waiting.in_background) == ("pending", True)
    tasks.write(export_id=waiting.pk)

    waiting.refresh_from_db()
    assert content(waiting) == content(at_once)
    assert waiting.sha256 == at_once.sha256


def test_a_large_one_is_compressed(team, audience, alice, query, monkeypatch):
    make_contacts(audience=audience, number=50)
    monkeypatch.setattr(files.Draft.__init__, "__kwdefaults__", {"beyond": 100})

    done = export(team, query, alice)

    assert done.filename.endswith(".csv.gz")
    assert content(done)[:2] == b"\x1f\x8b"


def test_progress_is_told_while_it_is_written(team, audience, alice, query, monkeypatch, in_background):
    make_contacts(audience=audience, number=20)
    monkeypatch.setattr(writing, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(writing, "TELL_EVERY", 0.0)
    waiting = export(team, query, alice)
    claimed = claiming.claim(waiting.pk, now=timezone.now())
    told = []

    with files.Draft() as draft:
        writing.copy_to(draft, claimed, told=told.append)

    assert told == list(range(1, 21))


def test_one_snapshot_however_rows_change_meanwhile(team, audience, alice, query, monkeypatch, in_background):
    # More than fits between PostgreSQL and us: it is still reading when the rows change.
    make_contacts(audience=audience, number=3_000)
    Contact.objects.update(last_name="long " * 40)
    monkeypatch.setattr(writing, "TELL_EVERY", 0.0)
    claimed = claiming.claim(export(team, query, alice).pk, now=timezone.now())
    beside = connection.copy()

    def change(written):
        with beside.cursor() as cursor:
            cursor.execute("UPDATE contacts_contact SET first_name = 'changed' WHERE first_name <> 'changed'")
            cursor.execute("DELETE FROM contacts_contact WHERE id %% 7 = 0", [])

    with files.Draft() as draft:
        rows = writing.copy_to(draft, claimed, told=change)
        draft.finish()
        written = draft.file.read()
    beside.close()

    assert Contact.objects.filter(first_name="changed").count() < 3_000
    assert (rows, written.count(b"\r\n")) == (3_000, 3_001)
    assert b"changed" not in written


def test_a_slow_storage_is_no_silence(team, audience, alice, query, in_background, monkeypatch):
    make_contacts(audience=audience, number=1)
    monkeypatch.setattr(claiming, "PULSE", 0.02)
    waiting = export(team, query, alice)
    long_ago = timezone.now() - 2 * claiming.LEASE
    store = writing.storing.store

    def slowly(*given):
        Export.objects.update(heartbeat_at=long_ago)
        deadline = time.monotonic() + 20
        while Export.objects.waiting(silent_since=timezone.now() - claiming.LEASE).exists():
            assert time.monotonic() < deadline, "no sign of life"
        return store(*given)

    monkeypatch.setattr(writing.storing, "store", slowly)
    writing.write(export_id=waiting.pk, now=timezone.now())

    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("ready", 1)


@pytest.mark.parametrize("silent", [True, False])
def test_another_worker_takes_over_only_after_a_silence(team, audience, alice, query, in_background, silent):
    make_contacts(audience=audience, number=3)
    waiting = export(team, query, alice)
    dead = claiming.claim(waiting.pk, now=timezone.now() - (2 * claiming.LEASE if silent else timedelta()))

    writing.write(export_id=waiting.pk, now=timezone.now())

    waiting.refresh_from_db()
    assert waiting.status == ("ready" if silent else "running")
    if silent:
        with pytest.raises(claiming.ExportTaken):
            claiming.keep(dead, status="ready")


def test_a_worker_that_lost_it_stores_nothing_over_the_others_file(team, audience, alice, query, in_background, folder):
    make_contacts(audience=audience, number=3)
    waiting = export(team, query, alice)
    zombie = claiming.claim(waiting.pk, now=timezone.now() - 2 * claiming.LEASE)
    writing.write(export_id=waiting.pk, now=timezone.now())
    waiting.refresh_from_db()
    whole = content(waiting)
    Contact.objects.all().delete()

    with pytest.raises(claiming.ExportTaken):
        writing._write(zombie)

    waiting.refresh_from_db()
    assert (waiting.status, content(waiting)) == ("ready", whole)
    assert [each.name for each in folder.rglob("*.csv")] == [f"{waiting.uuid}.2.csv"]


def test_one_that_kills_its_worker_again_and_again_fails_with_words(
    team, audience, alice, query, in_background, folder
):
    make_contacts(audience=audience, number=1)
    waiting = export(team, query, alice)
    torn = folder / f"exports/{team.uuid}/{waiting.uuid}.2.csv"
    torn.parent.mkdir(parents=True)
    torn.write_text("torn")
    Export.objects.update(attempts=4, tries=writing.MOST_TRIES)

    writing.write(export_id=waiting.pk, now=timezone.now())

    waiting.refresh_from_db()
    assert waiting.status == "failed"
    assert "stopped 3 times" in waiting.failure
    assert not torn.exists()


def test_a_storage_that_is_full_is_said_and_it_can_be_tried_again(team, audience, alice, query, folder):
    make_contacts(audience=audience, number=3)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")

    failed = export(team, query, alice)
    assert failed.status == "failed"
    assert "couldn’t be stored" in failed.failure
    folder.unlink()
    requesting.try_again(failed)

    failed.refresh_from_db()
    assert (failed.status, failed.rows, failed.failure) == ("ready", 3, "")


def test_a_worker_of_before_the_retry_touches_no_file_of_after_it(team, audience, alice, query, in_background, folder):
    make_contacts(audience=audience, number=3)
    waiting = export(team, query, alice)
    zombie = claiming.claim(waiting.pk, now=timezone.now() - 2 * claiming.LEASE)
    Export.objects.update(tries=writing.MOST_TRIES)
    writing.write(export_id=waiting.pk, now=timezone.now())
    waiting.refresh_from_db()
    assert waiting.status == "failed"
    requesting.try_again(waiting)
    writing.write(export_id=waiting.pk, now=timezone.now())

    writing._fail(zombie, "It came back to life.")
    with pytest.raises(claiming.ExportTaken):
        writing._write(zombie)

    waiting.refresh_from_db()
    assert (waiting.status, content(waiting).count(b"\r\n")) == ("ready", 4)
    assert [each.name for each in folder.rglob("*.csv")] == [f"{waiting.uuid}.3.csv"]


def test_a_list_that_has_grown_is_tried_again_in_the_background(team, audience, alice, query, folder, monkeypatch):
    make_contacts(audience=audience, number=3)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    failed = export(team, query, alice)
    make_contact(audience=audience, email="fourth@x.test")
    monkeypatch.setattr(requesting, "AT_ONCE", 3)

    requesting.try_again(failed)

    failed.refresh_from_db()
    assert (failed.status, failed.in_background, failed.expected) == ("pending", True, 4)


def test_the_disk_has_the_file_before_the_row_says_so(team, audience, alice, query, folder, monkeypatch):
    make_contacts(audience=audience, number=3)
    fsync, flushed = os.fsync, []

    def seen(file):
        flushed.append((os.readlink(f"/proc/self/fd/{file}"), Export.objects.get().status))
        fsync(file)

    monkeypatch.setattr(os, "fsync", seen)
    done = export(team, query, alice)

    path = folder / done.file
    assert flushed == [(str(each), "running") for each in (path, path.parent, path.parent.parent, folder)]


def test_a_list_that_django_knows_to_be_empty_is_a_header(team, audience, alice, query, monkeypatch):
    contacts = registry.find("contacts")
    nobody = dataclasses.replace(contacts, rows=lambda *asked: contacts.rows(*asked).none())
    monkeypatch.setitem(registry._known, "contacts", nobody)

    done = export(team, query, alice)

    assert (done.status, done.rows, len(cells(done))) == ("ready", 0, 1)


def test_signs_of_life_go_on_after_a_broken_connection(team, audience, alice, query, in_background, monkeypatch):
    make_contacts(audience=audience, number=1)
    claimed = claiming.claim(export(team, query, alice).pk, now=timezone.now())
    began = claimed.heartbeat_at
    keep, broken = claiming.keep, [InterfaceError("connection already closed")]

    def breaking(*given, **changes):
        if broken:
            raise broken.pop()
        keep(*given, **changes)

    monkeypatch.setattr(claiming, "PULSE", 0.02)
    monkeypatch.setattr(claiming, "keep", breaking)
    with claiming.pulse(claimed):
        deadline = time.monotonic() + 20
        while Export.objects.filter(heartbeat_at=began).exists():
            assert time.monotonic() < deadline, "no sign of life"


def test_only_one_that_failed_is_tried_again(team, audience, alice, query):
    done = export(team, query, alice)

    with pytest.raises(requesting.NotFailed):
        requesting.try_again(done)


def test_an_audience_deleted_before_it_is_written_fails_with_words(team, audience, alice, query, in_background):
    make_contacts(audience=audience, number=1)
    waiting = export(team, query, alice)
    type(audience).objects.update(deleted_at=NOON)

    writing.write(export_id=waiting.pk, now=timezone.now())

    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure) == ("failed", "There is no such list.")
