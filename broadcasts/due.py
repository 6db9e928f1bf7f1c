"""Scheduled broadcasts whose time has come."""

from datetime import datetime, timedelta

from django.db.models import F

from broadcasts.models import Broadcast

# Beyond this a person must look first: what was right for the morning may be wrong for the evening.
LATEST = timedelta(hours=1)
Status = Broadcast.Status


def start_due(now: datetime) -> None:
    """Queue what is due; make what the server slept through for too long a draft that missed its time."""
    due = Broadcast.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=now)
    due.filter(scheduled_at__lt=now - LATEST).update(
        status=Status.DRAFT, missed_at=F("scheduled_at"), scheduled_at=None, updated_at=now
    )
    due.update(status=Status.QUEUED, queued_at=now, hold_until=None, updated_at=now)
