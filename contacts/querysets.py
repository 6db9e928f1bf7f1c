import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Collate, Concat, Lower, StrIndex

from lib import public_ids
from teams.models import Team


class ContactQuerySet(models.QuerySet[Any]):
    """The vocabulary of contacts; pages start from `Contact.objects.of(request.team)` or `audience.contacts`."""

    def of(self, team: Team) -> "ContactQuerySet":
        """Contacts of the team's standing audiences."""
        return self.standing().filter(audience__team=team)

    def standing(self) -> "ContactQuerySet":
        """Contacts of audiences that haven't been deleted."""
        return self.filter(audience__deleted_at__isnull=True)

    def public(self, public_id: uuid.UUID) -> "ContactQuerySet":
        """The contact with this public id; none for an id that was never given out."""
        number = public_ids.contacts.decode(public_id)
        return self.none() if number is None else self.filter(pk=number)

    def with_status(self, word: str) -> "ContactQuerySet":
        """Contacts whose status is `word`, "unsubscribed" say; the raw columns repeat it for the partial index."""
        status = self.model.Status[word.upper()]
        if status == self.model.Status.SUBSCRIBED:
            return self.mailable()
        return self.filter(models.Q(unsubscribed_at__isnull=False) | ~models.Q(suppressed=""), status=status)

    def mailable(self) -> "ContactQuerySet":
        """Contacts that a broadcast may go to."""
        return self.filter(unsubscribed_at__isnull=True, suppressed="")

    def matching(self, term: str) -> "ContactQuerySet":
        """Contacts whose e-mail or name contains `term`, whatever its case."""
        # Addresses have the collation "C", which would pass to the whole text and lower nothing but ASCII.
        email = Collate("email", "default")
        text = Concat(email, Value(" "), "first_name", Value(" "), "last_name", output_field=models.TextField())
        return self.alias(found=StrIndex(Lower(text), Lower(Value(term.strip())))).filter(found__gt=0)


class SuppressionQuerySet(models.QuerySet[Any]):
    def covers(self, address: str) -> bool:
        """Whether the team must not mail `address`."""
        return self.filter(address=address).exists()


class ImportQuerySet(models.QuerySet[Any]):
    def of(self, team: Team) -> "ImportQuerySet":
        """Imports into the team's standing audiences."""
        return self.filter(audience__team=team, audience__deleted_at__isnull=True)

    def stalled(self, since: datetime) -> "ImportQuerySet":
        """Imports at work that gave no sign of life after `since`: their worker died, or their bell was lost."""
        working = self.filter(status__in=[self.model.Status.MAPPED, self.model.Status.IMPORTING])
        return working.filter(models.Q(heartbeat_at__isnull=True) | models.Q(heartbeat_at__lt=since))
