"""A sending domain: the key made for it, and what was found of its DNS records."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from domains import names
from domains.querysets import DomainQuerySet
from teams.models import Team, User


class Domain(models.Model):
    """Its wanted records follow from name and key (`domains.records`); `findings` holds what DNS answered, by purpose.

    The row is the work: whoever finds it due looks at DNS. While one does, `due_at` lies a little ahead, so that
    another takes over from one that was killed.
    """

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", "Not started"
        PENDING = "pending", "Pending"
        VERIFIED = "verified", "Verified"
        TEMPORARY_FAILURE = "temporary_failure", "Temporary failure"
        FAILED = "failed", "Failed"

    HOLDING = (Status.VERIFIED, Status.TEMPORARY_FAILURE)

    team = models.ForeignKey(Team, models.CASCADE, related_name="domains", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=names.LONGEST, help_text="In lower case and punycode, without a last dot.")
    selector = models.CharField(max_length=63, editable=False)
    public_key = models.TextField(editable=False, help_text="As DNS holds it: DER in base64.")
    private_key = models.BinaryField(editable=False, help_text="DER, encrypted by lib.encryption.")

    status = models.CharField(max_length=17, choices=Status, default=Status.NOT_STARTED)
    since = models.DateTimeField(default=timezone.now, help_text="Since when it has this status.")
    findings = models.JSONField(default=dict)
    zone = models.CharField(max_length=253, blank=True, help_text="What its DNS provider calls the domain.")
    checked_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, default=timezone.now, help_text="Since when somebody waits for a look.")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    silent_since = models.DateTimeField(null=True, help_text="Since when DNS has given no answer about its records.")
    is_untold = models.BooleanField(default=False, help_text="Whether admins are still to be told that it broke.")
    tell_at = models.DateTimeField(default=timezone.now, help_text="From when on a worker may tell them.")
    told = models.JSONField(default=list, help_text="Ids of the users who have been told of it.")

    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = DomainQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("team", "id", name="domain_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_domain_per_name_and_team"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(status__in=["verified", "temporary_failure"]),
                name="domain_is_held_by_one_team",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="domain_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("domains:detail", args=[self.team.slug, self.uuid])

    @property
    def spelled_out(self) -> str:
        """An international name as people write it; nothing for any other."""
        return names.spelled_out(self.name)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has asked for a look at DNS that hasn't been had."""
        return self.asked_at is not None

    @property
    def failed_in_silence(self) -> bool:
        """Whether it has failed because DNS didn't answer for long; any answer would have ended the silence."""
        return self.status == self.Status.FAILED and self.silent_since is not None and self.silent_since < self.since

    @property
    def version(self) -> str:
        """Changes with everything that a page which is being watched could show anew."""
        moment = self.asked_at or self.checked_at
        return f"{self.status}-{moment.timestamp()}" if moment else self.status
