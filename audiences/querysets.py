from typing import Any

from django.db import models


class AudienceQuerySet(models.QuerySet[Any]):
    """The vocabulary of audiences; `team.audiences.standing()` is where pages start."""

    def standing(self) -> "AudienceQuerySet":
        """Audiences that haven't been deleted."""
        return self.filter(deleted_at__isnull=True)

    def to_empty(self) -> "AudienceQuerySet":
        """Deleted audiences that may still have contacts."""
        return self.filter(deleted_at__isnull=False, contacts_gone_at__isnull=True)
