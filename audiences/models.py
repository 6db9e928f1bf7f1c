"""An audience: the set a contact belongs to, with the counters its pages show."""

import uuid

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from audiences.querysets import AudienceQuerySet
from teams.models import Team, User

LONGEST_NAME = 200


class Audience(models.Model):
    """Deleting sets `deleted_at`: it is gone everywhere at once, a job removes its contacts, the row stays behind."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="audiences")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=LONGEST_NAME, validators=[MinLengthValidator(1)])
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, editable=False)
    contacts_gone_at = models.DateTimeField(null=True, editable=False)
    last_sent_at = models.DateTimeField(null=True, editable=False)

    # Changed by deltas as the last statement of the transaction that changes contacts: `audiences.counting`.
    subscribed = models.BigIntegerField(default=0, editable=False)
    unsubscribed = models.BigIntegerField(default=0, editable=False)
    bounced = models.BigIntegerField(default=0, editable=False)
    complained = models.BigIntegerField(default=0, editable=False)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(subscribed__gte=0, unsubscribed__gte=0, bounced__gte=0, complained__gte=0),
                name="audience_counters_are_not_negative",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("contacts:list", args=[self.team.slug, self.uuid])

    @property
    def total(self) -> int:
        return self.subscribed + self.unsubscribed + self.bounced + self.complained
