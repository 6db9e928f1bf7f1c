"""One at a time: whoever changes who is in a team, or who may come in, holds the team's row."""

from lib.errors import DomainError
from teams.models import Membership, Team, User


class NotAdmin(DomainError):
    code = "not_admin"
    message = "Nothing was changed: you aren’t an admin of this team any more."


def lock(team: Team) -> None:
    """Wait for whoever else changes the team's people; holds until the transaction ends."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def lock_as_admin(team: Team, by: User) -> None:
    """The same for an admin's deeds, asked again now that nobody can take the role away: raises NotAdmin."""
    lock(team)
    if not Membership.objects.filter(team=team, user=by, role=Membership.Role.ADMIN).exists():
        raise NotAdmin
