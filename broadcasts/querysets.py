import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models import Contact
from lib import public_ids
from teams.models import Team


class BroadcastQuerySet(models.QuerySet[Any]):
    def without_content(self) -> "BroadcastQuerySet":
        """Without the bodies, which may be large, for those who look often and don't read them."""
        return self.defer("html", "text", "document")

    def startable(self) -> "BroadcastQuerySet":
        """Queued, and not to be taken back any more; time is the database's."""
        held = Q(hold_until__gt=Now())
        return self.filter(status=self.model.Status.QUEUED).exclude(held)


class ChunkQuerySet(models.QuerySet[Any]):
    """Which chunks a sender may claim; time is the database's."""

    def claimable(self) -> "ChunkQuerySet":
        state = self.model.State
        is_due = Q(due_at__isnull=True) | Q(due_at__lte=Now())
        return self.filter(Q(is_due, state=state.OPEN) | Q(state=state.LEASED, lease__lt=Now()))

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

    def addressed_to(self, address: str, *, team: Team) -> "EmailQuerySet":
        """E-mails to the team's contacts with this very address; the ledger itself isn't indexed by it."""
        contacts = Contact.objects.of(team).filter(email=address)
        return self.filter(contact_id__in=list(contacts.values_list("pk", flat=True)))
