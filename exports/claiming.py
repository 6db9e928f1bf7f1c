"""One worker at a time writes an export: whoever's mark stands in the row. Another may take it after a silence."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F

from exports.models import Export

LEASE = timedelta(seconds=60)
Status = Export.Status


class ExportTaken(Exception):
    """Another worker writes the export by now, or it is gone."""


def claim(export_id: int, *, now: datetime) -> Export | None:
    """Take an export that waits for a worker, or whose worker fell silent; None when there is nothing to do."""
    owner = uuid4()
    waiting = Export.objects.waiting(silent_since=now - LEASE).filter(pk=export_id)
    taken = waiting.update(status=Status.RUNNING, owner=owner, heartbeat_at=now, written=0, attempts=F("attempts") + 1)
    return Export.objects.select_related("team", "requested_by").get(pk=export_id) if taken else None


def keep(export: Export, *, using: str = "default", **changes: Any) -> None:
    """Write a change, if the export is still ours; raises ExportTaken."""
    ours = Export.objects.using(using).filter(pk=export.pk, owner=export.owner, status=Status.RUNNING)
    if not ours.update(**changes):
        raise ExportTaken
    for field, value in changes.items():
        setattr(export, field, value)
