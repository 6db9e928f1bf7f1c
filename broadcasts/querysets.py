import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lib import public_ids
from teams.models import Team


class BroadcastQuerySet(models.QuerySet[Any]):
    def under_way(self) -> "BroadcastQuerySet":
        """Broadcasts that a sender has work on, or will have."""
        return self.filter(status__in=[self.model.Status.QUEUED, self.model.Status.SENDING])


class ChunkQuerySet(models.QuerySet[Any]):
    """Which chunks a sender may claim; time is the database's."""

    def claimable(self) -> "ChunkQuerySet":
        state = self.model.State
        is_due = Q(due_at__isnull=True) | Q(due_at__lte=Now())
        return self.filter(Q(is_due, state=state.OPEN) | Q(state=state.LEASED, lease__lt=Now()))

    def in_hand(self) -> "ChunkQuerySet":
        """Chunks with a sender that gave a sign of life within its lease."""
        return self.filter(state=self.model.State.LEASED, lease__gte=Now())

    def unfinished(self) -> "ChunkQuerySet":
        return self.exclude(state=self.model.State.CLOSED)


class EmailQuerySet(models.QuerySet[Any]):
    """The vocabulary of the ledger."""

    def of(self, team: Team) -> "EmailQuerySet":
        return self.filter(team=team)

    def public(self, public_id: uuid.UUID) -> "EmailQuerySet":
        """The e-mail with this public id; none for an id that was never given out."""
        number = public_ids.emails.decode(public_id)
        return self.none() if number is None else self.filter(pk=number)
