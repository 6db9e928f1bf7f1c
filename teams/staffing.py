"""Who is in a team, and as what. A team always keeps an admin, also when two admins act at the same moment."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lib.errors import DomainError
from teams.locking import lock, lock_as_admin
from teams.models import Membership, Team, User

Role = Membership.Role


class LastAdmin(DomainError):
    code = "last_admin"
    field = "role"


class Gone(DomainError):
    code = "gone"
    message = "This person isn’t in the team any more."


@transaction.atomic
def change_role(membership: Membership, *, role: str, by: User) -> None:
    """Give somebody another role; raises LastAdmin, Gone or NotAdmin."""
    lock_as_admin(membership.team, by)
    if role != Role.ADMIN:
        _keep_an_admin(membership, "Nobody else is an admin. Make somebody else one first.")
    if not Membership.objects.filter(pk=membership.pk).update(role=role):
        raise Gone
    if role != Role.ADMIN:
        _withdraw_invitations_by(membership)


@transaction.atomic
def remove(membership: Membership, *, by: User) -> None:
    """End somebody's membership; what they made stays the team's. Raises LastAdmin, Gone or NotAdmin."""
    lock_as_admin(membership.team, by)
    _end(membership, "The team’s only admin can’t be removed. Make somebody else one first.")


@transaction.atomic
def leave(membership: Membership) -> None:
    """End one's own membership; raises LastAdmin or Gone."""
    lock(membership.team)
    _end(membership, "You are the team’s only admin. Make somebody else one before you leave.")


def is_last_admin(membership: Membership) -> bool:
    """Whether the team would be left without an admin; certain only while the team is locked."""
    admins = Membership.objects.filter(team=membership.team_id, role=Role.ADMIN)
    return list(admins.values_list("pk", flat=True)[:2]) == [membership.pk]


def withdraw_invitations_to(user: User, *, team: Team) -> None:
    """End what is open to any address of this person, confirmed or only claimed: whoever was put into the team, or out
    of it, has no other way in left. The team is locked by whoever calls.
    """
    addressed = Q(email=user.email) | Q(email__in=EmailAddress.objects.filter(user=user).values("email"))
    team.invitations.open().filter(addressed).update(withdrawn_at=timezone.now())


def _end(membership: Membership, why_not: str) -> None:
    _keep_an_admin(membership, why_not)
    deleted, _ = Membership.objects.filter(pk=membership.pk).delete()
    if not deleted:
        raise Gone
    _withdraw_invitations_by(membership)
    withdraw_invitations_to(membership.user, team=membership.team)


def _keep_an_admin(membership: Membership, why_not: str) -> None:
    if is_last_admin(membership):
        raise LastAdmin(why_not)


def _withdraw_invitations_by(membership: Membership) -> None:
    """Who may invite nobody any more has nobody invited: else a removed admin comes back through another address."""
    sent = membership.team.invitations.open().filter(invited_by=membership.user_id)
    sent.update(withdrawn_at=timezone.now())
