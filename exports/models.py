"""Exports: a list as it was filtered, written to a file that an admin may download for some days."""

import uuid
from datetime import datetime

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from exports.querysets import ExportQuerySet
from teams.models import Team, User


def storage() -> Storage:
    """Where files are kept: a folder, or a bucket that all hosts share."""
    return storages["exports"]


class Export(models.Model):
    """One CSV of a list. `query` is the list's own query string; `filters` says it in words, label by label."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        RUNNING = "running", "Running"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    team = models.ForeignKey(Team, models.CASCADE, related_name="exports")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    resource = models.TextField(help_text="What is exported, as the registry knows it.")
    query = models.TextField(blank=True)
    filters = models.JSONField(default=list)
    for_excel = models.BooleanField(default=False, help_text="Begin with the byte order mark that Excel looks for.")
    expected = models.BigIntegerField(help_text="How many rows there were when it was asked for.")

    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING, db_index=True)
    written = models.BigIntegerField(default=0, help_text="Rows written so far.")
    rows = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True, help_text="Of the file as it is downloaded, in bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.TextField(blank=True, help_text="Its name in the storage.")
    filename = models.CharField(max_length=200, blank=True)
    failure = models.TextField(blank=True)

    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    requested_by_name = models.TextField()
    requested_at = models.DateTimeField(db_default=Now())
    in_background = models.BooleanField(default=True, help_text="Whether an e-mail tells when it is done.")
    owner = models.UUIDField(null=True, help_text="The worker's proof that it is still its to write.")
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0, help_text="All that there were: each has a file name of its own.")
    tries = models.SmallIntegerField(default=0, help_text="Attempts since it was last asked for.")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)
    notify_after = models.DateTimeField(null=True)
    leftovers = models.BooleanField(default=False, help_text="Whether files of it may be there that must be deleted.")

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("team", "id", name="export_of_team")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="ready")
                | models.Q(rows__isnull=False, size__isnull=False, expires_at__isnull=False) & ~models.Q(file=""),
                name="ready_export_has_its_file",
            )
        ]

    def __str__(self) -> str:
        return self.filename or f"export of {self.resource}"

    def get_absolute_url(self) -> str:
        return reverse("exports:detail", args=[self.team.slug, self.uuid])

    def status_at(self, now: datetime) -> str:
        """The status; past its time a file has expired even before anybody deleted it."""
        is_past = self.status == self.Status.READY and self.expires_at is not None and self.expires_at <= now
        return self.Status.EXPIRED if is_past else self.status

    @property
    def under_way(self) -> bool:
        return self.status in (self.Status.PENDING, self.Status.RUNNING)


class Download(models.Model):
    """Who took an export's file, when and from where."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="downloads")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.TextField(help_text="The user's name at that time.")
    at = models.DateTimeField(db_default=Now())
    address = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M}"
