"""Who may act: users, teams and the roles that join them."""

import uuid
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Length, Lower, Now
from django.db.models.lookups import LessThanOrEqual

from teams.colours import WRITTEN, Palette
from teams.querysets import InvitationQuerySet

# In bytes, as kept in a row.
LARGEST_LOGO = 200 * 1024


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("This isn't the name of a time zone, such as Europe/Berlin.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    single_keys = models.BooleanField(
        default=True, db_default=True, help_text="Whether single keys, such as / for the search, do something."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_cased")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class Team(models.Model):
    """Whose audiences, broadcasts and exports these are. Everything hangs off a team."""

    class InDoubt(models.TextChoices):
        SEND_AGAIN = "send_again", "Send it again"
        HOLD = "hold", "Hold it for me"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    in_doubt = models.CharField(
        max_length=10,
        choices=InDoubt,
        default=InDoubt.SEND_AGAIN,
        db_default=InDoubt.SEND_AGAIN,
        help_text="What becomes of an e-mail that may have arrived, because the relay's answer was lost.",
    )
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a team."""

    class Role(models.TextChoices):
        MEMBER = "member", "Member"
        ADMIN = "admin", "Admin"

    uuid = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_user_and_team")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"


class Invitation(models.Model):
    """An offer to whoever owns an address to join a team; at most one is open for each address.

    Its token is made when the e-mail is sent and only the digest is kept, so nobody who reads the database can join.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.MEMBER)
    digest = models.BinaryField(max_length=32, unique=True, null=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    invited_by_name = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    attempted_at = models.DateTimeField(null=True, help_text="When a worker last took it to send the e-mail.")
    notified_at = models.DateTimeField(null=True, help_text="When there was nothing left to try: sent, or refused.")
    next_attempt_at = models.DateTimeField(null=True, help_text="Before then no worker tries; empty: at once.")
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="For now, in a row.")
    failure = models.TextField(blank=True, help_text="What the relay said when it last refused the e-mail.")

    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_is_lower_cased"),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None), name="invitation_ends_one_way"
            ),
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_team_and_email",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.team}"

    def status_at(self, now: datetime) -> tuple[str, str]:
        """How an open one stands, as a pill's status and its word."""
        if self.expires_at <= now:
            return "expired", "Expired"
        if self.failure:
            return ("failed", "Not delivered") if self.notified_at else ("temporary_failure", "Waiting")
        return ("sent", "Sent") if self.notified_at else ("queued", "Being sent")


class UnsubscribePage(models.Model):
    """How a team's recipients see the page that an unsubscribe link opens. Whatever is empty is as without a row."""

    LONGEST_TITLE = 80
    LONGEST_TEXT = 600

    team = models.OneToOneField(Team, models.CASCADE, related_name="unsubscribe_page")
    title = models.CharField(max_length=LONGEST_TITLE, blank=True, help_text="Instead of “Unsubscribe?”.")
    text = models.CharField(max_length=LONGEST_TEXT, blank=True, help_text="Paragraphs above whom it is about.")
    background = models.CharField(max_length=7, blank=True)
    text_colour = models.CharField(max_length=7, blank=True)
    accent = models.CharField(max_length=7, blank=True)
    logo = models.BinaryField(blank=True, default=b"", help_text="WebP, written by us; small enough to live here.")
    logo_digest = models.CharField(max_length=64, blank=True, db_index=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(background="", text_colour="", accent="")
                | models.Q(background__regex=WRITTEN, text_colour__regex=WRITTEN, accent__regex=WRITTEN),
                name="unsubscribe_page_has_all_colours_or_none",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("logo"), LARGEST_LOGO), name="unsubscribe_page_has_a_small_logo"
            ),
        ]

    def __str__(self) -> str:
        return f"Unsubscribe page of {self.team}"

    @classmethod
    def of(cls, team: Team) -> "UnsubscribePage":
        """The team's page, or one that isn't saved and changes nothing."""
        try:
            return team.unsubscribe_page
        except cls.DoesNotExist:
            return cls(team=team)

    @property
    def palette(self) -> Palette | None:
        """The team's colours; None while it has chosen none and the page goes with the recipient's light or dark."""
        if not self.background:
            return None
        return Palette(background=self.background, text=self.text_colour, accent=self.accent)
