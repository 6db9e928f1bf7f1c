"""What the chrome of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from teams.access import PERMISSIONS

THEMES = ("light", "dark")


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("light", "dark" or "" for the system's), whether development pages exist, and what the person may do."""
    theme = request.COOKIES.get("theme", "")
    membership = getattr(request, "membership", None)
    return {
        "theme": theme if theme in THEMES else "",
        "development": settings.DEVELOPMENT,
        "permissions": PERMISSIONS[membership.role] if membership else frozenset(),
    }
