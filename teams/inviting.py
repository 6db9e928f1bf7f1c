"""Inviting people to a team by e-mail. Pages write rows; a worker sends the e-mails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q

from lib import bells
from lib.errors import DomainError
from mail.addresses import Invalid
from teams import tasks
from teams.locking import lock_as_admin
from teams.models import Invitation, Membership, Team, User

LASTS = timedelta(days=7)
# So many may be open at once: nobody staffs a team faster, and nobody mails strangers at our expense.
MOST_OPEN = 100
AGAIN_AFTER = timedelta(minutes=1)


class TooSoon(DomainError):
    code = "too_soon"
    message = "The e-mail was sent a moment ago. Give it a minute to arrive."


class NotOpen(DomainError):
    code = "not_open"
    message = "This invitation has been accepted or withdrawn meanwhile."


class IsIn(DomainError):
    code = "is_in"
    message = "Whoever has this address is in the team by now. You can withdraw the invitation."


@dataclass
class Invited:
    """What became of the addresses."""

    invited: list[str] = field(default_factory=list)
    refused: list[Invalid] = field(default_factory=list)


@transaction.atomic
def invite(*, team: Team, emails: Sequence[str], role: str, by: User, now: datetime) -> Invited:
    """Invite each address that isn't in the team or invited already; one whose time is over is invited anew."""
    lock_as_admin(team, by)
    outcome = Invited()
    room = MOST_OPEN - team.invitations.usable(now).count()
    for email in emails:
        if reason := _reason_against(team, email, room, now):
            outcome.refused.append(Invalid(email, reason))
            continue
        room -= 1
        outcome.invited.append(email)
        values = {"role": role, "invited_by": by, "invited_by_name": str(by), "created_at": now, **_anew(now)}
        invitation, _ = team.invitations.open().update_or_create(email=email, team=team, defaults=values)
        bells.ring(tasks.send_invitation, invitation_id=invitation.pk)
    return outcome


@transaction.atomic
def send_again(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Send another e-mail with a link of its own; the earlier link ends. Raises TooSoon, IsIn, NotOpen or NotAdmin."""
    lock_as_admin(invitation.team, by)
    if _is_in(invitation.team, invitation.email):
        raise IsIn
    still = Invitation.objects.open().filter(pk=invitation.pk)
    rested = Q(attempted_at=None) | Q(attempted_at__lt=now - AGAIN_AFTER)
    if not still.filter(rested).update(**_anew(now)):
        raise TooSoon if still.exists() else NotOpen
    bells.ring(tasks.send_invitation, invitation_id=invitation.pk)


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Let its link open nothing any more; raises NotOpen or NotAdmin."""
    lock_as_admin(invitation.team, by)
    if not Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=now):
        raise NotOpen


def _anew(now: datetime) -> dict[str, object]:
    """The values of an invitation that is still to be sent."""
    unsent = {"digest": None, "attempted_at": None, "next_attempt_at": None, "notified_at": None}
    return {"expires_at": now + LASTS, "refusals": 0, "failure": "", **unsent}


def _reason_against(team: Team, email: str, room: int, now: datetime) -> str:
    if _is_in(team, email):
        return "is in the team already"
    if team.invitations.usable(now).filter(email=email).exists():
        return "is invited already; the list lets you send it again"
    return "" if room > 0 else f"is too many: a team has at most {MOST_OPEN} open invitations"


def _is_in(team: Team, email: str) -> bool:
    verified = EmailAddress.objects.filter(email=email, verified=True).values("user")
    return Membership.objects.filter(Q(user__email=email) | Q(user__in=verified), team=team).exists()
