from datetime import datetime
from typing import Any

from django.db import models


class DomainQuerySet(models.QuerySet[Any]):
    """The vocabulary of domains; pages start from `request.team.domains`."""

    def due(self, now: datetime) -> "DomainQuerySet":
        """Domains whose records are to be looked at by now, the longest overdue first."""
        return self.filter(due_at__lte=now).order_by("due_at")

    def to_tell(self, now: datetime) -> "DomainQuerySet":
        """Domains that broke, about which somebody is to be told by now."""
        return self.filter(is_untold=True, tell_at__lte=now)

    def held(self) -> "DomainQuerySet":
        """Domains that are their team's alone: verified, be it with a trouble that isn't old."""
        return self.filter(status__in=self.model.HOLDING)
