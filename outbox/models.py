"""What the development mail catcher received."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from outbox.querysets import MessageQuerySet
from teams.models import Team


class Message(models.Model):
    """A message exactly as it came over SMTP, filed under the team that its `Feedback-ID` header names."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="outbox")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    received_at = models.DateTimeField(db_default=Now())
    mail_from = models.TextField(blank=True)
    rcpt_to = models.TextField()
    subject = models.TextField(blank=True)
    raw = models.BinaryField()
    for_admins = models.BooleanField(
        default=False, db_default=False, help_text="An invitation: its link is meant for nobody but whom it invites."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("team", "id", name="message_of_team")]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("outbox:detail", args=[self.team.slug, self.uuid])
