"""Invitations hold addresses of people who may never have joined, so they don't stay for ever."""

from datetime import datetime, timedelta

from teams.models import Invitation

KEPT_FOR = timedelta(days=30)


def forget(*, now: datetime) -> None:
    """Delete invitations, however they ended, a while after their link would have ended anyway."""
    Invitation.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
