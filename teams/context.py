"""What the chrome of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from teams.access import may_open_teams
from teams.models import Membership

THEMES = ("light", "dark")


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("light", "dark" or "" for the system's), whether development pages exist, and the user's memberships.

    The database is asked for the last two only where a template shows them.
    """
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in THEMES else "",
        "development": settings.DEVELOPMENT,
        "memberships": lambda: _memberships(request),
        "may_open_teams": lambda: may_open_teams(_memberships(request)),
    }


def _memberships(request: Any) -> list[Membership]:
    """Those of the user, looked up at most once."""
    if not hasattr(request, "memberships"):
        request.memberships = list(request.user.memberships.select_related("team").order_by("pk"))
    return list(request.memberships)
