"""Contacts, what happened to them, and what a team must not do to an address."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Length, Lower, Now
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse

from audiences.models import Audience
from contacts.names import LONGEST_NAME
from contacts.querysets import ContactQuerySet, ImportQuerySet, SuppressionQuerySet
from lib import public_ids
from teams.models import Team, User

# The folder of uploaded files in the storage.
UPLOADS = "imports"


class Contact(models.Model):
    """A person at an address within one audience.

    `status` is computed by the database from `suppressed` and `unsubscribed_at`, so that no code can disagree about
    it: complained, then bounced, then unsubscribed, then subscribed.
    """

    class Status(models.IntegerChoices):
        SUBSCRIBED = 0, "Subscribed"
        UNSUBSCRIBED = 1, "Unsubscribed"
        BOUNCED = 2, "Bounced"
        COMPLAINED = 3, "Complained"

        @property
        def word(self) -> str:
            """The status in lower case, as counters, URLs and pills name it."""
            return self.name.lower()

    class Suppressed(models.TextChoices):
        NO = "", "Not suppressed"
        BOUNCE = "bounce", "Bounced for good"
        COMPLAINT = "complaint", "Complained"
        MANUAL = "manual", "Suppressed by hand"
        ERASED = "erased", "Erased"

    # No database constraint: checking it would more than double an import, and audiences are never deleted.
    audience = models.ForeignKey(
        Audience, models.DO_NOTHING, related_name="contacts", db_constraint=False, db_index=False
    )
    email = models.TextField(db_collation="C")
    first_name = models.TextField(blank=True, default="", db_default="")
    last_name = models.TextField(blank=True, default="", db_default="")
    properties = models.JSONField(default=dict, db_default={}, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_why = models.TextField(blank=True, default="", db_default="")
    unsubscribed_by_email = models.BigIntegerField(null=True)
    suppressed = models.TextField(choices=Suppressed, blank=True, default="", db_default="")
    status = models.GeneratedField(
        expression=models.Case(
            models.When(suppressed="complaint", then=models.Value(3)),
            models.When(suppressed="bounce", then=models.Value(2)),
            models.When(models.Q(unsubscribed_at__isnull=False) | ~models.Q(suppressed=""), then=models.Value(1)),
            default=models.Value(0),
        ),
        output_field=models.SmallIntegerField(choices=Status),
        db_persist=True,
    )
    import_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "audience",
                "email",
                name="one_contact_per_email",
                violation_error_code="duplicate",
                violation_error_message="Already in this audience.",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")) & models.Q(email__regex=r"^[!-~]+@[!-~]+$"),
                name="contact_email_is_normalised",
            ),
            models.CheckConstraint(condition=LessThanOrEqual(Length("email"), 254), name="contact_email_fits"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("first_name"), LONGEST_NAME)
                & LessThanOrEqual(Length("last_name"), LONGEST_NAME),
                name="contact_names_fit",
            ),
            models.CheckConstraint(
                condition=~models.Q(first_name__regex=r"[\x01-\x1f\x7f]")
                & ~models.Q(last_name__regex=r"[\x01-\x1f\x7f]"),
                name="contact_names_are_on_one_line",
            ),
        ]
        indexes = [
            models.Index("audience", "id", name="contact_in_audience"),
            models.Index(
                "audience",
                "status",
                "id",
                name="contact_not_subscribed",
                condition=models.Q(unsubscribed_at__isnull=False) | ~models.Q(suppressed=""),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        return reverse("contacts:detail", args=[self.audience.team.slug, self.public_id])

    @property
    def public_id(self) -> uuid.UUID:
        return public_ids.contacts.encode(self.pk)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def status_word(self) -> str:
        return self.Status(self.status).word

    @property
    def mailable(self) -> bool:
        return self.status == self.Status.SUBSCRIBED


class ContactProperty(models.Model):
    """Something that a team keeps about its contacts; `Contact.properties` holds the values by key."""

    class Type(models.TextChoices):
        STRING = "string", "Text"
        NUMBER = "number", "Number"
        BOOLEAN = "boolean", "Yes or no"

    team = models.ForeignKey(Team, models.CASCADE, related_name="contact_properties", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=50)
    type = models.CharField(max_length=10, choices=Type)
    fallback = models.JSONField(null=True, help_text="The value for contacts that have none.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "contact properties"
        constraints = [models.UniqueConstraint("team", "key", name="one_property_per_key")]

    def __str__(self) -> str:
        return self.key


class ContactEvent(models.Model):
    """Something that happened to one contact by itself; imports leave no events of what they did."""

    class Kind(models.TextChoices):
        ADDED = "added", "Added"
        EDITED = "edited", "Edited"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        RESUBSCRIBED = "resubscribed", "Subscribed again"
        SUPPRESSED = "suppressed", "Suppressed"

    contact = models.ForeignKey(Contact, models.DO_NOTHING, related_name="events", db_constraint=False, db_index=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.TextField(choices=Kind)
    actor = models.TextField(blank=True, default="")
    email_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index("contact", "id", name="event_of_contact")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class OptOut(models.Model):
    """Remembers, by digest, that an address had unsubscribed from an audience when its contact was deleted."""

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="opt_outs", db_index=False)
    digest = models.BinaryField()
    at = models.DateTimeField(db_default=Now())
    why = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint("audience", "digest", name="one_opt_out_per_address")]

    def __str__(self) -> str:
        return f"opted out of audience {self.audience_id}"


class Suppression(models.Model):
    """An address that the team must not mail in any audience, with its reason."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", "Bounced for good"
        COMPLAINT = "complaint", "Complained"
        MANUAL = "manual", "Suppressed by hand"
        ERASED = "erased", "Erased"

    team = models.ForeignKey(Team, models.CASCADE, related_name="suppressions", db_index=False)
    uuid = models.UUIDField(unique=True, db_default=RandomUUID(), default=uuid.uuid4, editable=False)
    address = models.TextField(
        db_collation="C", help_text="The address, or its keyed digest once the person is erased."
    )
    reason = models.TextField(choices=Reason)
    at = models.DateTimeField(db_default=Now())
    email_id = models.BigIntegerField(null=True)
    actor = models.TextField(blank=True, default="")

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("team", "address", name="one_suppression_per_address")]

    def __str__(self) -> str:
        return f"{self.address} ({self.reason})"


class ContactImport(models.Model):
    """A CSV on its way into an audience: a row with a status that survives any crash."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        MAPPED = "mapped", "Checking"
        REVIEWED = "reviewed", "Ready to import"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELED = "canceled", "Canceled"
        UNDONE = "undone", "Undone"

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="imports")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.UPLOADED)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)

    file = models.FileField(upload_to=UPLOADS, max_length=300)
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    encoding = models.CharField(max_length=40)
    delimiter = models.CharField(max_length=1)
    header = models.JSONField(default=list, help_text="The file's column names, in order.")
    samples = models.JSONField(default=list, help_text="The first rows, as lists of cells.")
    mapping = models.JSONField(default=dict, help_text="Field name to column number.")
    options = models.JSONField(default=dict)

    # What staging read, what review found and what finishing did, by name; `position` is the last row imported.
    counts = models.JSONField(default=dict)
    position = models.IntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(
        default=0, db_default=0, help_text="How often a worker has begun since the work last came a step further."
    )
    failure = models.TextField(blank=True, default="")

    objects = ImportQuerySet.as_manager()

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("contacts:import", args=[self.audience.team.slug, self.uuid])


class ImportReject(models.Model):
    """A row of a CSV that was not imported, with the reason and its original cells."""

    of = models.ForeignKey(ContactImport, models.CASCADE, related_name="rejects", db_index=False)
    line = models.BigIntegerField()
    reason = models.TextField()
    cells = models.JSONField()

    class Meta:
        indexes = [models.Index("of", "line", name="reject_of_import")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
