"""Broadcasts, the ledger of their e-mails, the chunks that senders claim, and what limits the senders."""

import uuid

from django.contrib.postgres.fields import ArrayField
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

    track_opens = models.BooleanField(default=False)
    track_clicks = models.BooleanField(default=False)

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, db_index=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, help_text="When it should have gone out while the server was down.")
    hold_until = models.DateTimeField(null=True, help_text="Until when a queued broadcast waits, to be taken back.")
    queued_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True, default="")
    trouble = models.TextField(blank=True, default="", help_text="What keeps it waiting, in words; empty when it goes.")
    rung_at = models.DateTimeField(null=True, editable=False, help_text="Since when a bell is out for a worker.")

    # Where the pace is measured from once it has been paused.
    resumed_at = models.DateTimeField(null=True)
    done_before = models.BigIntegerField(default=0, db_default=0, help_text="How many were done when it was resumed.")

    # Frozen at the start: audience_size = e-mails + the sum of excluded, always.
    audience_size = models.BigIntegerField(null=True)
    excluded = models.JSONField(default=dict, help_text="Contacts left out at freezing, by status.")
    waves = models.JSONField(default=list, help_text="Each time it was sent to the rest: at, by, again, joined.")

    # How many of its e-mails were opened and clicked, by people and by programs that look at mail for them.
    opened = models.IntegerField(default=0, db_default=0)
    clicked = models.IntegerField(default=0, db_default=0)
    opened_by_machines = models.IntegerField(default=0, db_default=0)
    clicked_by_machines = models.IntegerField(default=0, db_default=0)

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
        return self.status == self.Status.DRAFT

    @property
    def under_way(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.SENDING)

    @property
    def stoppable(self) -> bool:
        """Whether it is on its way, paused or not, and can be canceled."""
        return self.under_way or self.status == self.Status.PAUSED

    @property
    def is_over(self) -> bool:
        """Whether it has been sent, to all or not: what it did is in the ledger, and nothing more happens by itself."""
        over = (self.Status.SENT, self.Status.CANCELED, self.Status.FAILED)
        return self.status in over and self.audience_size is not None

    @property
    def pending_wave(self) -> dict[str, str] | None:
        """The wave to the rest that waits to start, if any; `was` is the status that the broadcast had before."""
        return self.waves[-1] if self.waves and "was" in self.waves[-1] else None

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
            models.Index("team", "status", "id", name="email_of_team_rare", condition=models.Q(status__gte=4)),
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
    out = models.BinaryField(
        null=True,
        help_text="One byte per id from lo to hi, an outcomes.Code, since the last fold; null: all is folded.",
    )
    counts = ArrayField(
        models.IntegerField(), help_text="How many e-mails have each Email.Status, as of the last fold."
    )
    maybe_twice = models.IntegerField(default=0, db_default=0)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(lo__lte=models.F("hi")), name="chunk_is_a_range")]
        indexes = [models.Index("broadcast", "id", name="chunk_unfinished", condition=~models.Q(state=2))]

    def __str__(self) -> str:
        return f"e-mails {self.lo} to {self.hi}"


class EmailEvent(models.Model):
    """Something that happened to an e-mail after it was sent; append-only.

    Of opens, and of clicks on one link, only the first by a person and the first by a machine stay once they are
    counted. A click's `data` has the number of the `link`.
    """

    class Kind(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        RESUBSCRIBED = "resubscribed", "Subscribed again"
        OPENED = "opened", "Opened"
        CLICKED = "clicked", "Clicked"

    email = models.ForeignKey(Email, models.DO_NOTHING, related_name="events", db_constraint=False, db_index=False)
    kind = models.TextField(choices=Kind)
    at = models.DateTimeField(db_default=Now())
    by_machine = models.BooleanField(default=False, db_default=False, help_text="Not a person, as far as one can tell.")
    to_fold = models.BooleanField(default=False, db_default=False, help_text="Not yet counted on e-mail and broadcast.")
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index("email", "id", name="event_of_email"),
            models.Index("id", name="event_to_fold", condition=models.Q(to_fold=True)),
            models.Index(
                "email",
                "id",
                name="event_of_unsubscribing",
                condition=models.Q(kind__in=["unsubscribed", "resubscribed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class Link(models.Model):
    """A link of a broadcast whose clicks are counted; tracked links name its number, so they lead nowhere else."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="links")
    number = models.IntegerField()
    url = models.TextField()
    clicked = models.IntegerField(default=0, db_default=0, help_text="E-mails in which a person clicked it.")
    clicked_by_machines = models.IntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint("broadcast", "number", name="one_link_per_number")]

    def __str__(self) -> str:
        return self.url


class ResponseHour(models.Model):
    """How many recipients first opened a broadcast, and first clicked in it, in the hour that begins `at`."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="response_hours", db_index=False)
    at = models.DateTimeField()
    opened = models.IntegerField(default=0, db_default=0)
    clicked = models.IntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint("broadcast", "at", name="one_row_per_response_hour")]

    def __str__(self) -> str:
        return f"{self.opened} opened, {self.clicked} clicked from {self.at:%Y-%m-%d %H:%M}"


class Transport(models.Model):
    """What a relay has been given lately by all hosts together: senders reserve from it what they may send."""

    name = models.TextField(unique=True)
    free_at = models.DateTimeField(db_default=Now(), help_text="Up to when messages per second are given away.")
    hour = models.DateTimeField(db_default=Now())
    hour_used = models.IntegerField(default=0, db_default=0)
    day = models.DateTimeField(db_default=Now())
    day_used = models.IntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.name


class DrainSlot(models.Model):
    """A sender at work on a broadcast, with how many connections it may hold open; free again after its lease."""

    transport = models.ForeignKey(Transport, models.CASCADE, related_name="slots")
    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="slots")
    owner = models.TextField()
    connections = models.IntegerField()
    lease = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner}: {self.connections} connections"
