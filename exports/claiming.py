"""One worker at a time writes an export: whoever's mark stands in the row. Another may take it after a silence."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from exports.models import Export

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
PULSE = 10.0
Status = Export.Status


class ExportTaken(Exception):
    """Another worker writes the export by now, or it is gone."""


def claim(export_id: int, *, now: datetime) -> Export | None:
    """Take an export that waits for a worker, or whose worker fell silent; None when there is nothing to do."""
    owner = uuid4()
    waiting = Export.objects.waiting(silent_since=now - LEASE).filter(pk=export_id)
    again = {"attempts": F("attempts") + 1, "tries": F("tries") + 1, "written": 0}
    taken = waiting.update(status=Status.RUNNING, owner=owner, heartbeat_at=now, **again)
    return Export.objects.select_related("team", "requested_by").get(pk=export_id) if taken else None


def keep(export: Export, *, using: str = "default", **changes: Any) -> None:
    """Write a change, if the export is still ours; raises ExportTaken."""
    ours = Export.objects.using(using).filter(pk=export.pk, owner=export.owner, status=Status.RUNNING)
    if not ours.update(**changes):
        raise ExportTaken
    for field, value in changes.items():
        setattr(export, field, value)


@contextmanager
def pulse(export: Export) -> Iterator[None]:
    """Give signs of life for the length of the block, whatever it waits for: the first row, a slow storage."""
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(export, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(export: Export, over: threading.Event) -> None:
    while not over.wait(PULSE):
        try:
            keep(export, heartbeat_at=timezone.now())
        except ExportTaken:
            break
        except Error as trouble:
            log.warning("Export %s could give no sign of life: %s", export.pk, trouble)
            # It may be what is broken; the next beat opens another.
            connection.close()
    # Of this thread alone.
    connection.close()
