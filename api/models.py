"""API keys, and what was asked with them."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from api.querysets import ApiKeyQuerySet, RequestLogQuerySet
from domains import names
from domains.models import Domain
from teams.models import Team, User

LONGEST_NAME = 50


class ApiKey(models.Model):
    """A program's way into a team. The token itself is kept nowhere, only its digest and how it begins."""

    class Permission(models.TextChoices):
        FULL_ACCESS = "full_access", "Full access"
        SENDING_ACCESS = "sending_access", "Sending access"

    team = models.ForeignKey(Team, models.CASCADE, related_name="api_keys")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=LONGEST_NAME)
    permission = models.CharField(max_length=14, choices=Permission, default=Permission.FULL_ACCESS)
    domain = models.ForeignKey(Domain, models.SET_NULL, null=True, related_name="+")
    domain_name = models.CharField(
        max_length=names.LONGEST, blank=True, help_text="The one domain it may send from, also after that was deleted."
    )
    digest = models.BinaryField(unique=True, editable=False)
    start = models.CharField(max_length=12, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(domain_name="") | models.Q(permission="sending_access"),
                name="only_sending_keys_are_limited_to_a_domain",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def opens(self) -> str:
        """What it is for, in words."""
        if not self.domain_name:
            return str(self.Permission(self.permission).label)
        gone = "" if self.domain_id else ", which is deleted"
        return f"{self.Permission(self.permission).label}, {self.domain_name} only{gone}"

    @property
    def actor(self) -> str:
        """Who this is in a contact's history."""
        return f"API key {self.name}"


class RequestLog(models.Model):
    """One request to the API and its answer, both cut to a length and without secrets."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="request_logs", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_default=Now())
    method = models.CharField(max_length=10)
    path = models.TextField(help_text="With its query, from below the API's own address.")
    status = models.SmallIntegerField()
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, related_name="+", db_index=False)
    user_agent = models.TextField(blank=True)
    milliseconds = models.FloatField()
    request_body = models.TextField(blank=True)
    response_body = models.TextField(blank=True)

    objects = RequestLogQuerySet.as_manager()

    class Meta:
        # One for each filter of the list, so that none has to look through all that doesn't match.
        indexes = [
            models.Index("team", "id", name="log_of_team"),
            models.Index("team", "at", name="log_by_time"),
            models.Index("team", "method", "id", name="log_by_method"),
            models.Index("team", "status", "id", name="log_by_status"),
            models.Index("team", "id", name="log_of_successes", condition=models.Q(status__lt=400)),
            models.Index("team", "id", name="log_of_errors", condition=models.Q(status__gte=400)),
            models.Index("key", "id", name="log_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status}"

    @property
    def whole_milliseconds(self) -> int:
        return round(self.milliseconds)

    def get_absolute_url(self) -> str:
        return reverse("logs:detail", args=[self.team.slug, self.uuid])

    @property
    def outcome(self) -> str:
        """The answer as pills know it."""
        return "failed" if self.status >= 400 else "done"
