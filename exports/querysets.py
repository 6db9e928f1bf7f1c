from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q


class ExportQuerySet(models.QuerySet[Any]):
    """The vocabulary of exports; pages start from `request.team.exports`."""

    def waiting(self, *, silent_since: datetime) -> "ExportQuerySet":
        """Exports for a worker to begin, or whose worker gave no sign of life after `silent_since`."""
        status = self.model.Status
        silent = Q(status=status.RUNNING) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=silent_since))
        return self.filter(Q(status=status.PENDING) | silent)

    def past(self, now: datetime) -> "ExportQuerySet":
        """Ready exports whose time is over."""
        return self.filter(status=self.model.Status.READY, expires_at__lte=now)

    def to_tidy(self) -> "ExportQuerySet":
        """Exports that have ended, of which files may be there that must be deleted."""
        status = self.model.Status
        return self.filter(leftovers=True).exclude(status__in=[status.PENDING, status.RUNNING])

    def to_notify(self, now: datetime) -> "ExportQuerySet":
        """Exports that ended in the background, of which somebody is to be told now."""
        status = self.model.Status
        due = Q(notify_after=None) | Q(notify_after__lte=now)
        return self.filter(due, in_background=True, notified_at=None, status__in=[status.READY, status.FAILED])
