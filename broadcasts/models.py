"""Broadcasts, the ledger of their e-mails, and the chunks that senders claim."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from audiences.models import Audience
from broadcasts.querysets import BroadcastQuerySet, ChunkQuerySet, EmailQuerySet
from lib import public_ids
from teams.models import Team, User


class Broadcast(models.Model):
    """One message to one audience. Its content is stored here once, never per recipient."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Failed"

    class Mode(models.TextChoices):
        BLOCKS = "blocks", "Blocks"
        HTML = "html", "HTML"
        TEXT = "text", "Plain text"

    team = models.ForeignKey(Team, models.CASCADE, related_name="broadcasts")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    audience = models.ForeignKey(Audience, models.PROTECT, null=True, blank=True, related_name="broadcasts")
    name = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=400, blank=True, help_text="The From header: Name <address>.")
    reply_to = models.CharField(max_length=400, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    preview_text = models.CharField(max_length=500, blank=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.HTML)
    document = models.JSONField(null=True, blank=True, help_text="What the block editor edits.")
    html = models.TextField(blank=True)
    text = models.TextField(blank=True, help_text="The plain-text alternative; empty: derived from the HTML.")
    version = models.IntegerField(default=1, help_text="Counts edits, so that two editors can't overwrite each other.")

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, db_index=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True, default="")
    trouble = models.TextField(blank=True, default="", help_text="What keeps it waiting, in words; empty when it goes.")
    rung_at = models.DateTimeField(null=True, editable=False, help_text="Since when a bell is out for a worker.")

    # Frozen at the start: audience_size = e-mails + the sum of excluded, always.
    audience_size = models.BigIntegerField(null=True)
    excluded = models.JSONField(default=dict, help_text="Contacts left out at freezing, by status.")

    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = BroadcastQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or self.subject or "Untitled"

    def get_absolute_url(self) -> str:
        page = "broadcasts:edit" if self.editable else "broadcasts:report"
        return reverse(page, args=[self.team.slug, self.uuid])

    @property
    def editable(self) -> bool:
        return self.status in (self.Status.DRAFT, self.Status.SCHEDULED)

    @property
    def under_way(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.SENDING)

    @property
    def excluded_total(self) -> int:
        return sum(self.excluded.values())


class Email(models.Model):
    """One message to one recipient: a row of the ledger, which outlives the contact it was sent to."""

    class Status(models.IntegerChoices):
        QUEUED = 0, "Queued"
        SENDING = 1, "Sending"
        SENT = 2, "Sent"
        DELIVERED = 3, "Delivered"
        BOUNCED = 4, "Bounced"
        COMPLAINED = 5, "Complained"
        FAILED = 6, "Failed"
        SKIPPED = 7, "Skipped"
        HELD = 8, "Held"
        CANCELED = 9, "Canceled"

        @property
        def word(self) -> str:
            return self.name.lower()

    # Neither database constraints nor Django's own indexes: each would cost more at freezing than the row itself.
    team = models.ForeignKey(Team, models.DO_NOTHING, related_name="emails", db_constraint=False, db_index=False)
    broadcast = models.ForeignKey(
        Broadcast, models.DO_NOTHING, null=True, related_name="emails", db_constraint=False, db_index=False
    )
    contact_id = models.BigIntegerField(null=True)
    address = models.TextField(db_collation="C")
    status = models.SmallIntegerField(choices=Status, default=Status.QUEUED, db_default=0)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    maybe_twice = models.BooleanField(default=False, db_default=False)
    message_id = models.TextField(null=True, help_text="The receiving side's own id, where it gives one.")
    reply = models.TextField(
        blank=True, default="", db_default="", help_text="What the relay said, or why it was skipped."
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)

    objects = EmailQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("contact_id", "broadcast", name="one_email_per_contact_and_broadcast")]
        indexes = [
            models.Index("team", "id", name="email_of_team"),
            models.Index("broadcast", "status", "id", name="email_rare_status", condition=models.Q(status__gte=4)),
            models.Index("broadcast", "id", name="email_maybe_twice", condition=models.Q(maybe_twice=True)),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.get_status_display()})"

    @property
    def public_id(self) -> uuid.UUID:
        return public_ids.emails.encode(self.pk)

    @property
    def status_word(self) -> str:
        return self.Status(self.status).word


class Chunk(models.Model):
    """About a thousand of a broadcast's e-mails, `lo` to `hi` by id: what a sender claims, leases and closes.

    Ids of another broadcast frozen at the same time may lie between; every statement filters by broadcast. `epoch`
    grows with each claim and fences off a sender that lost its lease.
    """

    class State(models.IntegerChoices):
        OPEN = 0, "Open"
        LEASED = 1, "Leased"
        CLOSED = 2, "Closed"

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="chunks")
    lo = models.BigIntegerField()
    hi = models.BigIntegerField()
    state = models.SmallIntegerField(choices=State, default=State.OPEN, db_default=0)
    owner = models.TextField(blank=True, default="", db_default="")
    epoch = models.IntegerField(default=0, db_default=0)
    lease = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="When a temporary refusal in it may be tried again.")
    out = models.BinaryField(null=True, help_text="One byte per id from lo to hi: the sending engine's gate.")

    objects = ChunkQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(lo__lte=models.F("hi")), name="chunk_is_a_range")]

    def __str__(self) -> str:
        return f"e-mails {self.lo} to {self.hi}"


class EmailEvent(models.Model):
    """Something that happened to an e-mail after it was sent; append-only."""

    class Kind(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        RESUBSCRIBED = "resubscribed", "Subscribed again"

    email = models.ForeignKey(Email, models.DO_NOTHING, related_name="events", db_constraint=False, db_index=False)
    kind = models.TextField(choices=Kind)
    at = models.DateTimeField(db_default=Now())
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index("email", "id", name="event_of_email")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"
