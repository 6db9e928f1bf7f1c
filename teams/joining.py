"""Following an invitation. The link lets in only whoever owns the address it was sent to.

An account that has the address, confirmed, must be signed in; where there is none, the link is what proves that the
address is theirs, as it would for a new password (docs/decisions/0014).
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from lib.errors import DomainError
from teams.accounts import owner_of
from teams.locking import lock
from teams.models import Invitation, Membership, User
from teams.staffing import withdraw_invitations_to
from teams.starting import SECOND_CLICK, make_user
from teams.tokens import digest


class Unusable(DomainError):
    """Forged, used, withdrawn, renewed or too old: nobody is told which."""

    code = "unusable"
    message = "This invitation doesn’t work any more."


class NotYours(DomainError):
    code = "not_yours"
    message = "This invitation is for another address."


class AccountExists(DomainError):
    code = "account_exists"
    message = "This address has an account by now. Sign in to join."


def find(token: str, *, now: datetime) -> Invitation:
    """The invitation that the token opens; raises Unusable."""
    invitation = Invitation.objects.usable(now).select_related("team").filter(digest=digest(token)).first()
    if invitation is None:
        raise Unusable
    return invitation


def joined_with(token: str, user: User) -> Membership | None:
    """The membership that this user got by this token, so that a link followed twice still leads home."""
    used = Invitation.objects.filter(digest=digest(token), accepted_by=user).values("team")
    return user.memberships.select_related("team").filter(team__in=used).first()


def account_made(token: str, *, now: datetime) -> bool:
    """Whether this token made an account a moment ago, so that a second click isn't told that the link is broken."""
    just_used = Invitation.objects.filter(digest=digest(token), accepted_at__gt=now - SECOND_CLICK)
    return just_used.exclude(accepted_by=None).exists()


def owns(user: User, email: str) -> bool:
    """Whether the address is one of the user's, and confirmed."""
    return EmailAddress.objects.filter(user=user, email=email, verified=True).exists()


@transaction.atomic
def join(invitation: Invitation, *, by: User, now: datetime) -> Membership:
    """Put the owner of the address into the team; raises NotYours or Unusable. Nobody's role changes by it."""
    if not owns(by, invitation.email):
        raise NotYours
    _use(invitation, now)
    return _membership(invitation, by)


@transaction.atomic
def join_as_new(
    invitation: Invitation, *, name: str, password: str, time_zone: str = "UTC", now: datetime
) -> Membership:
    """Make an account for the invited address and put it into the team; raises Unusable or AccountExists."""
    _use(invitation, now)
    if owner_of(invitation.email):
        raise AccountExists
    try:
        with transaction.atomic():
            user = make_user(email=invitation.email, password=password, name=name, time_zone=time_zone)
    except IntegrityError as twice:
        # Invited by two teams, and joining both at the same moment.
        raise AccountExists from twice
    return _membership(invitation, user)


def _use(invitation: Invitation, now: datetime) -> None:
    """End the invitation; of two who try at once, the second waits here and is refused."""
    lock(invitation.team)
    asked = Invitation.objects.usable(now).filter(pk=invitation.pk, digest=invitation.digest)
    if not asked.update(accepted_at=now):
        raise Unusable


def _membership(invitation: Invitation, user: User) -> Membership:
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    withdraw_invitations_to(user, team=invitation.team)
    values = {"role": invitation.role}
    return Membership.objects.get_or_create(team=invitation.team, user=user, defaults=values)[0]
