"""One worker at a time carries an import: whoever holds its lock in the database, which ends with their session.

The heartbeat in the row says how the work goes on, and is the worker's proof: one that has lost its session, and with
it the lock, finds another heartbeat there, so nothing it still wants to write counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from contacts.models import ContactImport

LEASE = timedelta(seconds=60)
# The first half of the two-part key, as `audiences.locking` has its own.
NAMESPACE = 78
_REMEMBERED = ("status", "counts", "position", "attempts", "heartbeat_at")


class ImportTaken(Exception):
    """The import was canceled, or another worker took it over: whoever held it must leave it alone."""


def claim(import_id: int, *, now: datetime) -> ContactImport | None:
    """Take over an import that is waiting for a worker; None when there is nothing to do or somebody does it.

    Whoever got it calls `let_go` in the end. However long a statement runs without a heartbeat, nobody else gets it.
    """
    if not _call("pg_try_advisory_lock", import_id):
        return None
    waiting = ContactImport.objects.stalled(since=now - LEASE).filter(pk=import_id)
    upload: ContactImport | None = None
    if waiting.update(heartbeat_at=now, attempts=F("attempts") + 1):
        # It may have been canceled since.
        upload = ContactImport.objects.select_related("audience__team").filter(pk=import_id, heartbeat_at=now).first()
    if upload is None:
        _call("pg_advisory_unlock", import_id)
    return upload


def let_go(upload: ContactImport) -> None:
    """Let other workers claim the import, as soon as its heartbeat allows."""
    _call("pg_advisory_unlock", upload.pk)


@contextmanager
def step(upload: ContactImport) -> Iterator[None]:
    """One transaction of the work, which begins with the proof that the import is still ours, or with ImportTaken.

    The row stays locked until it ends, so a cancellation comes either before all of it or after it.
    """
    before = {field: getattr(upload, field) for field in _REMEMBERED}
    try:
        with transaction.atomic():
            keep(upload)
            yield
    except BaseException:
        for field, value in before.items():
            setattr(upload, field, value)
        raise


def keep(upload: ContactImport, **changes: Any) -> None:
    """Write a sign of life and `changes` (by field), or raise ImportTaken."""
    written = {"heartbeat_at": timezone.now(), **changes}
    ours = ContactImport.objects.filter(pk=upload.pk, status=upload.status, heartbeat_at=upload.heartbeat_at)
    if not ours.update(**written):
        raise ImportTaken
    for field, value in written.items():
        setattr(upload, field, value)


def release(upload: ContactImport, **changes: Any) -> None:
    """Write `changes` and let go of the import, which now waits for a person or has come to its end."""
    keep(upload, heartbeat_at=None, attempts=0, **changes)


def _call(function: str, import_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [NAMESPACE, import_id % 2**31])
        return bool(cursor.fetchone()[0])
