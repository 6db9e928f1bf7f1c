from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q


class InvitationQuerySet(models.QuerySet[Any]):
    """The vocabulary of invitations; pages start from `request.team.invitations`."""

    def open(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn, whatever their age."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def usable(self, now: datetime) -> "InvitationQuerySet":
        """Whose link would let somebody in."""
        return self.open().filter(expires_at__gt=now)

    def to_notify(self, now: datetime) -> "InvitationQuerySet":
        """Whose e-mail nobody has sent, and whose next attempt is due."""
        due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
        return self.usable(now).filter(due, notified_at=None)
