"""One worker at a time carries an import: the row's heartbeat says that somebody does, and is also their proof.

A worker that was frozen past its lease finds another heartbeat in the row, so nothing it still wants to write counts.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from contacts.models import ContactImport

LEASE = timedelta(seconds=60)


class ImportTaken(Exception):
    """The import was canceled, or another worker took it over: whoever held it must leave it alone."""


def claim(import_id: int, *, now: datetime) -> ContactImport | None:
    """Take over an import that is waiting for a worker; None when there is nothing to do or somebody does it."""
    waiting = ContactImport.objects.stalled(since=now - LEASE).filter(pk=import_id)
    if not waiting.update(heartbeat_at=now):
        return None
    return ContactImport.objects.select_related("audience__team").filter(pk=import_id, heartbeat_at=now).first()


def keep(upload: ContactImport, **changes: Any) -> None:
    """Write a sign of life and `changes` (by field), or raise ImportTaken; the end of each transaction of the work.

    The row stays locked until that transaction ends, so a cancellation either comes before it or after it.
    """
    written = {"heartbeat_at": timezone.now(), **changes}
    ours = ContactImport.objects.filter(pk=upload.pk, status=upload.status, heartbeat_at=upload.heartbeat_at)
    if not ours.update(**written):
        raise ImportTaken
    for field, value in written.items():
        setattr(upload, field, value)


def release(upload: ContactImport, **changes: Any) -> None:
    """Write `changes` and let go of the import, which now waits for a person or has come to its end."""
    keep(upload, heartbeat_at=None, **changes)
