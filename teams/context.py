"""What the chrome of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from teams.access import PERMISSIONS, may_open_teams
from teams.models import Membership, Team
from teams.remembering import LAST_TEAM

THEMES = ("light", "dark")


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("light", "dark" or "" for the system's), whether development pages exist, what the person may do, whose
    teams these are.

    The database is asked for the teams only where a template shows them.
    """
    theme = request.COOKIES.get("theme", "")
    membership = getattr(request, "membership", None)
    return {
        "theme": theme if theme in THEMES else "",
        "development": settings.DEVELOPMENT,
        "permissions": PERMISSIONS[membership.role] if membership else frozenset(),
        "current_team": lambda: current_team(request),
        "memberships": lambda: _memberships(request),
        "may_open_teams": lambda: may_open_teams(_memberships(request)),
    }


def current_team(request: Any) -> Team | None:
    """The team whose pages these are; around pages of no team, the one that was used last."""
    if hasattr(request, "team"):
        return request.team
    teams = [each.team for each in _memberships(request)]
    last = request.COOKIES.get(LAST_TEAM, "")
    return next((team for team in teams if team.slug == last), teams[0] if teams else None)


def _memberships(request: Any) -> list[Membership]:
    """Those of the user, looked up at most once."""
    if not hasattr(request, "memberships"):
        request.memberships = list(request.user.memberships.select_related("team").order_by("pk"))
    return list(request.memberships)
